//! What happens in the ten minutes, minute by minute.

use super::host::{App, Host, MAX_PENDING, Pending};
use crate::activation::Arg;
use crate::time::{MS, SECOND, US};

/// Fills a host with ten minutes.
pub fn tell(host: &mut Host) {
    let mut apps = Apps::new(host);
    apps.steady_traffic(host);
    reports_may_not_be_duplicated_into(host, &mut apps.reports);
    pipe_may_not_be_duplicated(host, &mut apps.inventory);
    orders_is_recycled(host, &mut apps.orders);
    pipe_adapter_loses_was(host, &apps.inventory);
    billing_hangs(host, &mut apps.billing);
    billing_is_disabled(host, &mut apps.billing);
    wrong_addresses(host);
    reports_cannot_register(host, &mut apps.reports);
    dispatch_throws(host, &apps.orders);
    service_fails_fast(host, &mut apps);
    last_minute(host, &apps);
}

struct Apps {
    orders: App,
    billing: App,
    reports: App,
    inventory: App,
}

impl Apps {
    fn new(host: &mut Host) -> Self {
        let app = |name, via: &'static str, host_reference| App {
            name,
            via,
            host_reference,
            pid: 0,
            domain: String::new(),
            is_pipe: via.starts_with("net.pipe:"),
        };
        let mut apps = Self {
            orders: app(
                "Orders",
                "net.tcp://orders.contoso.example:808/Orders/OrderService.svc",
                "Default Web Site/Orders|/Orders/OrderService.svc|OrderService",
            ),
            billing: app(
                "Billing",
                "net.tcp://orders.contoso.example:808/Billing/BillingService.svc",
                "Default Web Site/Billing|/Billing/BillingService.svc|BillingService",
            ),
            reports: app(
                "Reports",
                "net.tcp://orders.contoso.example:808/Reports/ReportService.svc",
                "Default Web Site/Reports|/Reports/ReportService.svc|ReportService",
            ),
            inventory: app(
                "Inventory",
                "net.pipe://web01.contoso.example/Inventory/StockService.svc",
                "Default Web Site/Inventory|/Inventory/StockService.svc|StockService",
            ),
        };
        host.already_running(&mut apps.orders);
        host.already_running(&mut apps.billing);
        apps
    }

    /// Sessions that succeed, while nothing is wrong with their application. The workers change
    /// over time, so each stretch is told before the trouble that ends it.
    fn steady_traffic(&mut self, host: &mut Host) {
        // Inventory is cold until its first client comes.
        let first = host.receive(host.at(11_400), &self.inventory, 1);
        let ready = host.cold_start(host.at(11_403), &mut self.inventory);
        host.dispatch(ready, first, &self.inventory);
        traffic(host, &self.orders, (1_300, 236_500), 4_000);
        traffic(host, &self.billing, (2_100, 327_000), 8_000);
        traffic(host, &self.inventory, (16_000, 174_000), 9_000);
    }
}

/// Sessions of one application, about one every `mean_ms`, between two instants (milliseconds).
fn traffic(host: &mut Host, app: &App, (from_ms, to_ms): (i64, i64), mean_ms: i64) {
    let mut time = host.at(from_ms);
    let end = host.at(to_ms);
    while time < end {
        let length = host.random.between(0, 3) as i32;
        let pending = host.receive(time, app, length);
        let begin = pending.time + host.random.between(15 * US, 90 * US);
        host.dispatch(begin, pending, app);
        time += host.random.wait(mean_ms * MS) + 3 * MS;
    }
}

fn exception_xml(kind: &str, message: &str) -> String {
    format!(
        "<Exception><ExceptionType>{kind}</ExceptionType><Message>{message}</Message></Exception>"
    )
}

/// 57410: the exception SMSvcHost throws while it duplicates a handle.
fn throwing(host: &mut Host, pending: &mut Pending, kind: &str, message: &str, from: &str) {
    pending.time += host.random.between(50 * US, 200 * US);
    let text = format!("{kind}: {message}\r\n   at System.ServiceModel.Activation.{from}");
    let xml = exception_xml(kind, message);
    let args = [Arg::Text("SMSvcHost 4.0.0.0"), Arg::Text(&text), Arg::Text(&xml)];
    host.service(pending.time, 57410, pending.tid, &pending.activity, &args);
}

/// Path a: the socket cannot be duplicated into the worker.
fn socket_fails(host: &mut Host, mut pending: Pending, begin: i64, message: &str) -> i64 {
    host.begin(begin, &mut pending);
    pending.time += host.random.between(200 * US, 700 * US);
    host.service(pending.time, 4016, pending.tid, &pending.activity, &[]);
    let kind = "System.Net.Sockets.SocketException";
    throwing(
        host,
        &mut pending,
        kind,
        message,
        "TcpWorkerProcess.DuplicateConnection(ListenerSessionConnection session)",
    );
    let time = pending.time + host.random.between(300 * US, 1_200 * US);
    host.fail(time, &pending, "socket-duplication-failed")
}

/// 1:32 to 2:00. The Reports pool runs as an account SMSvcHost may not open, until someone adds
/// it to `allowAccounts`.
fn reports_may_not_be_duplicated_into(host: &mut Host, app: &mut App) {
    for attempt in 0..6 {
        let time = host.at(92_000 + attempt * 4_300);
        let pending = host.receive(time, app, 1);
        let ready = host.cold_start(pending.time + 2 * MS, app);
        let failed = socket_fails(host, pending, ready, "An invalid argument was supplied");
        host.end_process(failed + 900 * MS, app.pid, 0);
    }
    let pending = host.receive(host.at(121_000), app, 1);
    let ready = host.cold_start(host.at(121_002), app);
    host.dispatch(ready, pending, app);
    traffic(host, app, (124_000, 451_000), 15_000);
}

/// 2:56 to 3:10. Path b: the pipe handle cannot be duplicated.
fn pipe_may_not_be_duplicated(host: &mut Host, app: &mut App) {
    host.end_process(host.at(175_200), app.pid, 0);
    for attempt in 0..5 {
        let mut pending = host.receive(host.at(176_000 + attempt * 2_900), app, 1);
        let ready = host.cold_start(pending.time + 2 * MS, app);
        host.begin(ready, &mut pending);
        let kind = "System.ComponentModel.Win32Exception (0x80004005)";
        throwing(
            host,
            &mut pending,
            kind,
            "The parameter is incorrect",
            "NamedPipeWorkerProcess.DuplicateConnection(ListenerSessionConnection session)",
        );
        let time = pending.time + host.random.between(300 * US, 1_200 * US);
        let failed = host.fail(time, &pending, "pipe-duplication-failed");
        host.end_process(failed + 700 * MS, app.pid, 0);
    }
    let pending = host.receive(host.at(192_000), app, 1);
    let ready = host.cold_start(host.at(192_002), app);
    host.dispatch(ready, pending, app);
    traffic(host, app, (195_000, 298_000), 9_000);
}

/// 3:58. Orders is recycled while sessions are on their way; clients retry all at once.
fn orders_is_recycled(host: &mut Host, app: &mut App) {
    // Path c: duplicated, but the worker is gone before it can be told.
    for i in 0..8 {
        let mut pending = host.receive(host.at(238_000) + i * 9 * MS, app, 1 + i as i32 / 2);
        host.begin(pending.time + 40 * US, &mut pending);
        host.duplicate(&mut pending, app);
        host.tell(&mut pending, app);
        let time = pending.time + host.random.between(12 * MS, 240 * MS);
        host.fail(time, &pending, "worker-not-told");
    }
    // Path a again, now because the worker exits.
    for i in 0..3 {
        let pending = host.receive(host.at(238_090) + i * 6 * MS, app, 2);
        let begin = pending.time + 40 * US;
        socket_fails(host, pending, begin, "Too many open sockets");
    }
    host.end_process(host.at(238_400), app.pid, 0);
    // The queue fills up to its limit; who comes later is turned away.
    let mut queue = Vec::new();
    for i in 0..107_i64 {
        let time = host.at(238_700) + i * 41 * MS + host.random.between(0, 30 * MS);
        if i < i64::from(MAX_PENDING) {
            queue.push(host.receive(time, app, i as i32 + 1));
        } else {
            let mut pending = host.accept(time, app.via);
            host.queue(&mut pending, MAX_PENDING);
            let time = pending.time + 30 * US;
            let args = [Arg::Text(app.via), Arg::Int32(MAX_PENDING)];
            host.service(time, 4010, pending.tid, &pending.activity, &args);
            host.verdict("queue-full", &pending);
        }
    }
    let mut time = host.cold_start(host.at(243_600), app);
    for pending in queue {
        time += host.random.between(4 * MS, 14 * MS);
        host.dispatch(time, pending, app);
    }
    traffic(host, app, (247_500, 503_000), 4_600);
}

/// 5:00 to 7:08. The net.pipe adapter loses WAS; nothing can be started for it.
fn pipe_adapter_loses_was(host: &mut Host, app: &App) {
    let (adapter, tid) = host.other_activity();
    host.service(host.at(300_000), 4027, tid, &adapter, &[]);
    host.end_process(host.at(300_450), app.pid, 0);
    for i in 0..6 {
        unavailable(host, app, host.at(303_000 + i * 17_500), None);
    }
    host.service(host.at(420_000), 4032, tid, &adapter, &[]);
    host.service(host.at(428_000), 4026, tid, &adapter, &[]);
    let mut again = app.clone();
    let pending = host.receive(host.at(429_500), app, 1);
    let ready = host.cold_start(host.at(429_502), &mut again);
    host.dispatch(ready, pending, &again);
    traffic(host, &again, (432_000, 519_000), 9_000);
    host.end_process(host.at(519_600), again.pid, 0);
}

/// A session whose queue cannot dispatch.
fn unavailable(host: &mut Host, app: &App, time: i64, hresult: Option<&str>) {
    let pending = host.accept(time, app.via);
    let mut time = pending.time;
    if let Some(hresult) = hresult {
        let (adapter, tid) = host.other_activity();
        time += host.random.between(900 * US, 4_000 * US);
        host.service(time, 4025, tid, &adapter, &[Arg::Text(hresult)]);
    }
    time += host.random.between(60 * US, 400 * US);
    host.fault(time, &pending, "EndpointUnavailable");
    host.verdict("endpoint-unavailable", &pending);
}

/// 5:28 to 6:38. Path c with a worker that does not answer: a minute passes first.
fn billing_hangs(host: &mut Host, app: &mut App) {
    for i in 0..4 {
        let mut pending = host.receive(host.at(328_000 + i * 1_700), app, i as i32);
        host.begin(pending.time + 40 * US, &mut pending);
        host.duplicate(&mut pending, app);
        host.tell(&mut pending, app);
        let time = pending.time + 60 * SECOND + host.random.between(MS, 16 * MS);
        host.fail(time, &pending, "worker-not-told");
    }
    host.end_process(host.at(396_000), app.pid, -1);
    let pending = host.receive(host.at(397_000), app, 1);
    let ready = host.cold_start(host.at(397_002), app);
    host.dispatch(ready, pending, app);
    traffic(host, app, (400_000, 418_000), 5_000);
}

/// 7:00 to 7:32. The Billing pool is disabled: ERROR_SERVICE_DISABLED as an HRESULT.
fn billing_is_disabled(host: &mut Host, app: &mut App) {
    host.end_process(host.at(419_000), app.pid, 0);
    for i in 0..9 {
        unavailable(host, app, host.at(420_500 + i * 3_300), Some("-2147023838"));
    }
    let pending = host.receive(host.at(453_000), app, 1);
    let ready = host.cold_start(host.at(453_002), app);
    host.dispatch(ready, pending, app);
    traffic(host, app, (456_000, 519_000), 7_000);
}

/// All along. Clients that ask for what does not exist.
fn wrong_addresses(host: &mut Host) {
    for i in 0..11_i64 {
        let via = if i % 3 == 0 {
            "net.tcp://orders.contoso.example:808/Legacy/Orders.svc"
        } else {
            "net.tcp://orders.contoso.example:808/Orders/OrderServce.svc"
        };
        let time = host.at(21_000 + i * 45_700);
        let pending = host.accept(time, via);
        host.fault(pending.time + 90 * US, &pending, "EndpointNotFound");
        host.verdict("endpoint-not-found", &pending);
    }
}

/// 7:35 to 8:20. Workers of Reports start but may not register; their sessions wait for ever.
fn reports_cannot_register(host: &mut Host, app: &mut App) {
    host.end_process(host.at(452_000), app.pid, 0);
    for i in 0..6 {
        let pending = host.receive(host.at(455_000 + i * 7_100), app, i as i32 + 1);
        host.verdict("never-dispatched", &pending);
        if i % 2 == 0 {
            let time = host.at(455_010 + i * 7_100);
            host.start_worker(time, app);
            host.register_refused(time + 800 * MS, app, "AccessDenied");
            host.end_process(time + 2 * SECOND, app.pid, -1);
        }
    }
}

/// 8:25. The dispatch itself throws: 4008, an exception that is handled, and nothing more.
fn dispatch_throws(host: &mut Host, app: &App) {
    for i in 0..4_i64 {
        let mut pending = host.receive(host.at(505_000 + i * 1_900), app, 1);
        host.begin(pending.time + 40 * US, &mut pending);
        let kind = "System.ObjectDisposedException";
        let message = "Cannot access a disposed object.";
        let text = format!(
            "{kind}: {message}\r\n   at System.ServiceModel.Activation.WorkerProcess.BeginDispatchSession(ListenerSessionConnection session, AsyncCallback callback, Object state)"
        );
        let args = [Arg::Text(&text), Arg::Text(&exception_xml(kind, message))];
        let time = pending.time + host.random.between(80 * US, 400 * US);
        host.service(
            time,
            if i % 2 == 0 { 57394 } else { 57404 },
            pending.tid,
            &pending.activity,
            &args,
        );
        host.verdict("never-answered", &pending);
    }
}

/// 8:41. An unknown error in a listener adapter ends SMSvcHost; the service manager starts it
/// again and the workers register anew.
fn service_fails_fast(host: &mut Host, apps: &mut Apps) {
    let waiting = host.receive(host.at(521_000), &apps.orders, 1);
    host.verdict("never-dispatched", &waiting);
    let mut dispatching = host.receive(host.at(521_001), &apps.billing, 1);
    host.begin(dispatching.time + 40 * US, &mut dispatching);
    host.duplicate(&mut dispatching, &apps.billing);
    host.verdict("never-answered", &dispatching);

    let (adapter, tid) = host.other_activity();
    let kind = "System.InvalidOperationException";
    let message = "The protocol was closed while an application was being added.";
    host.service(
        host.at(521_002),
        4002,
        tid,
        &adapter,
        &[Arg::Text(&exception_xml(kind, message))],
    );
    host.end_process(host.at(521_040), host.smsvchost, -2_146_232_797);

    host.restart_smsvchost(host.at(531_000));
    let (listener, tid) = host.other_activity();
    host.service(host.at(531_640), 4020, tid, &listener, &[Arg::Text("net.tcp://+:808/")]);
    host.service(host.at(531_644), 4021, tid, &listener, &[]);
    let (listener, tid) = host.other_activity();
    host.service(host.at(531_650), 4028, tid, &listener, &[Arg::Text("net.pipe://+/")]);
    host.service(host.at(531_653), 4029, tid, &listener, &[]);
    for i in 0..2 {
        let (adapter, tid) = host.other_activity();
        host.service(host.at(531_900 + i * 31), 4026, tid, &adapter, &[]);
    }
    host.register(host.at(532_400), &apps.orders);
    host.register(host.at(532_460), &apps.billing);
}

/// To the end: traffic as before, then the service is stopped cleanly.
fn last_minute(host: &mut Host, apps: &Apps) {
    traffic(host, &apps.orders, (534_000, 596_000), 2_200);
    traffic(host, &apps.billing, (535_000, 595_500), 6_000);
    let (_, tid) = host.other_activity();
    for (i, app) in [&apps.orders, &apps.billing].into_iter().enumerate() {
        let (queue, _) = host.other_activity();
        host.service(host.at(597_000 + i as i64 * 12), 4013, tid, &queue, &[Arg::Text(app.via)]);
    }
    for i in 0..2 {
        let (adapter, tid) = host.other_activity();
        host.service(host.at(597_400 + i * 60), 4023, tid, &adapter, &[]);
        host.benign_unregister(host.at(597_420 + i * 60), tid, &adapter);
    }
    host.end_process(host.at(598_100), host.smsvchost, 0);
    host.rundown(host.at(599_700));
}
