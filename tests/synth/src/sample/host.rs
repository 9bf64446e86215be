//! The machine of the sample: its processes, and how each step of a dispatch session looks in a
//! trace. The order of events follows what SMSvcHost's public source does.

use super::orders;
use super::{Failed, Truth};
use crate::activation::{Arg, PROVIDER, SMSVCHOST, event};
use crate::extended::related_activity;
use crate::guid::{Guid, ZERO};
use crate::kernel::{self, Process, process_type};
use crate::metadata::manifest_events;
use crate::random::Random;
use crate::record::{Event, Record, System};
use crate::session::{LogFile, Pointer};
use crate::time::{MS, SECOND, US};
use crate::trace::TraceBuilder;

/// `AppDomain` of everything SMSvcHost writes.
const SMSVCHOST_DOMAIN: &str = "SMSvcHost.exe";
/// Process id of the service host of WAS, which starts worker processes.
pub const WAS_PID: u32 = 1_884;
/// Most sessions a queue keeps.
pub const MAX_PENDING: i32 = 100;

/// A web application that is activated over net.tcp or net.pipe.
#[derive(Clone, Debug)]
pub struct App {
    /// Its name.
    pub name: &'static str,
    /// Address of its service.
    pub via: &'static str,
    /// `HostReference` of its service events.
    pub host_reference: &'static str,
    /// Process id of its worker, 0 when none runs.
    pub pid: u32,
    /// `AppDomain` of its worker.
    pub domain: String,
    /// Whether the address is a pipe.
    pub is_pipe: bool,
}

/// A session that was received and waits for its dispatch.
#[derive(Clone, Debug)]
pub struct Pending {
    /// Its activity id.
    pub activity: Guid,
    /// Thread it was received on.
    pub tid: u32,
    /// Time of its last event so far.
    pub time: i64,
    /// Its address.
    pub via: String,
}

enum Body {
    Event(Event),
    System(System),
}

struct Planned {
    time: i64,
    cpu: u16,
    level: u8,
    pid: u32,
    body: Body,
}

/// The machine.
pub struct Host {
    /// Source of jitter.
    pub random: Random,
    /// Process id of SMSvcHost.
    pub smsvchost: u32,
    start: i64,
    planned: Vec<Planned>,
    truth: Truth,
    running: Vec<Process>,
    next_pid: u32,
    next_order: i64,
    /// Activity the last session left on each thread.
    stale: Vec<(u32, Guid)>,
}

impl Host {
    /// A machine whose trace begins at a FILETIME.
    pub fn new(start: i64) -> Self {
        let mut host = Self {
            random: Random::new(0x4031),
            smsvchost: 2_540,
            start,
            planned: Vec::new(),
            truth: Truth::default(),
            running: Vec::new(),
            next_pid: 9_200,
            next_order: 481_516,
            stale: Vec::new(),
        };
        for (pid, parent, image, command, user) in [
            (4, 0, "System", "", vec![18]),
            (724, 612, "services.exe", r"C:\Windows\system32\services.exe", vec![18]),
            (WAS_PID, 724, "svchost.exe", r"C:\Windows\system32\svchost.exe -k iissvcs", vec![18]),
            (1_212, 724, "svchost.exe", r"C:\Windows\system32\svchost.exe -k netsvcs -p", vec![18]),
            (2_540, 724, "SMSvcHost.exe", SMSVCHOST_COMMAND, vec![19]),
            (
                7_316,
                5_004,
                "logman.exe",
                "logman start \"net.tcp dispatch\" -ets",
                vec![21, 1_004_336_348, 1_177_238_915, 682_003_330, 500],
            ),
        ] {
            host.running.push(process(pid, parent, image, command, user));
        }
        for i in 0..host.running.len() {
            let (time, process) = (host.start + (i as i64 + 2) * 23 * US, host.running[i].clone());
            host.process_event(time, process_type::DC_START, (7_316, 7_320), &process);
        }
        host
    }

    /// FILETIME of an instant of the story, given in milliseconds.
    pub fn at(&self, ms: i64) -> i64 {
        self.start + ms * MS
    }

    fn after(&mut self, time: i64, low_us: i64, high_us: i64) -> i64 {
        // Not whole microseconds: the performance counter resolves 100 ns.
        time + self.random.between(low_us * US, high_us * US)
    }

    /// A thread of a process: one of a few pool threads.
    fn thread(&mut self, pid: u32) -> u32 {
        pid + 4 * self.random.between(3, 15) as u32
    }

    fn plan(&mut self, time: i64, event: Event) {
        let (level, pid) = (event.level, event.pid);
        *self.truth.by_event.entry((event.provider, event.id)).or_default() += 1;
        // A thread stays on its processor for a while.
        let cpu = ((u64::from(event.tid) / 4 + time as u64 / (200 * MS as u64)) % 4) as u16;
        self.planned.push(Planned { time, cpu, level, pid, body: Body::Event(event) });
    }

    fn process_event(&mut self, time: i64, event_type: u8, writer: (u32, u32), process: &Process) {
        let record = kernel::process(Pointer::P64, event_type, writer, process);
        self.planned.push(Planned {
            time,
            cpu: 0,
            level: 0,
            pid: writer.0,
            body: Body::System(record),
        });
    }

    /// An event SMSvcHost writes; `args` without the closing AppDomain.
    pub fn service(&mut self, time: i64, id: u16, tid: u32, activity: &Guid, args: &[Arg<'_>]) {
        let args = [args, &[Arg::Text(SMSVCHOST_DOMAIN)]].concat();
        let event = event(&SMSVCHOST, id, (self.smsvchost, tid), activity, &args);
        self.plan(time, event);
    }

    /// An event a worker writes; `args` without the closing AppDomain.
    pub fn worker(
        &mut self,
        time: i64,
        id: u16,
        app: &App,
        tid: u32,
        activity: &Guid,
        args: &[Arg<'_>],
    ) {
        let args = [args, &[Arg::Text(&app.domain)]].concat();
        self.plan(time, event(&PROVIDER, id, (app.pid, tid), activity, &args));
    }

    /// An activity and a thread of SMSvcHost for what is not a session.
    pub fn other_activity(&mut self) -> (Guid, u32) {
        (self.random.guid(), self.thread(self.smsvchost))
    }

    // ---- processes -----------------------------------------------------------------------------

    /// WAS starts a worker; the application gets its process id and domain.
    pub fn start_worker(&mut self, time: i64, app: &mut App) {
        self.next_pid += 4 * self.random.between(20, 300) as u32;
        app.pid = self.next_pid;
        app.domain = format!(
            "/LM/W3SVC/1/ROOT/{}-1-{}",
            app.name,
            (time + 2_613 * MS) % 1_000_000_000_000_000_000
        );
        let command = format!(
            r#"c:\windows\system32\inetsrv\w3wp.exe -ap "{0}" -v "v4.0" -l "webengine4.dll" -a \\.\pipe\iisipm{1:08x}-3c1c-4a5f-9f0b-6f1f0a7d3f52 -h "C:\inetpub\temp\apppools\{0}\{0}.config" -w "" -m 1 -t 20 -ta 0"#,
            app.name,
            app.pid.wrapping_mul(2_654_435_761),
        );
        let rid =
            app.name.bytes().fold(1_u32, |sum, b| sum.wrapping_mul(31).wrapping_add(b.into()));
        let process = process(
            app.pid,
            WAS_PID,
            "w3wp.exe",
            &command,
            vec![82, rid, 2_813_301_904, 1_207_884_112, 3_420_019_875, 771_390_446],
        );
        self.process_event(time, process_type::START, (WAS_PID, WAS_PID + 36), &process);
        self.running.push(process);
    }

    /// Workers that ran before the trace began.
    pub fn already_running(&mut self, app: &mut App) {
        let before = self.planned.len();
        self.start_worker(self.start, app);
        self.planned.truncate(before);
        if let Some(process) = self.running.last().cloned() {
            let time = self.start + 400 * US + self.running.len() as i64 * 23 * US;
            self.process_event(time, process_type::DC_START, (7_316, 7_320), &process);
        }
        self.orders_manifest(self.start + 2 * MS, app);
    }

    /// A process ends.
    pub fn end_process(&mut self, time: i64, pid: u32, exit: i32) {
        if let Some(at) = self.running.iter().position(|process| process.pid == pid) {
            let mut process = self.running.remove(at);
            process.exit = exit;
            self.process_event(time, process_type::END, (pid, pid + 8), &process);
        }
    }

    /// SMSvcHost is started again after it failed.
    pub fn restart_smsvchost(&mut self, time: i64) {
        self.next_pid += 412;
        self.smsvchost = self.next_pid;
        let process = process(self.smsvchost, 724, "SMSvcHost.exe", SMSVCHOST_COMMAND, vec![19]);
        self.process_event(time, process_type::START, (724, 3_104), &process);
        self.running.push(process);
    }

    /// The recorder lists what still runs.
    pub fn rundown(&mut self, time: i64) {
        for (i, process) in self.running.clone().iter().enumerate() {
            let time = time + i as i64 * 19 * US;
            self.process_event(time, process_type::DC_END, (7_316, 7_320), process);
        }
    }

    /// An EventSource writes its manifest when a session turns it on.
    fn orders_manifest(&mut self, time: i64, app: &App) {
        if app.name == "Orders" {
            let tid = self.thread(app.pid);
            for event in manifest_events(
                &orders::ORDERS,
                app.pid,
                tid,
                orders::MANIFEST,
                orders::CHUNK_BYTES,
            ) {
                self.plan(time, event);
            }
        }
    }

    // ---- registration of workers ---------------------------------------------------------------

    /// A worker registers its queue: 3364, 4011, 4015, 3365. Returns when it is ready.
    pub fn register(&mut self, time: i64, app: &App) -> i64 {
        let (own, tid) = (self.random.guid(), self.thread(app.pid));
        self.worker(time, 3364, app, tid, &ZERO, &[Arg::Text(app.via)]);
        let (worker, service_tid) = (own, self.thread(self.smsvchost));
        let time = self.after(time, 700, 2_400);
        self.service(time, 4011, service_tid, &worker, &[]);
        let time = self.after(time, 180, 900);
        self.service(time, 4015, service_tid, &worker, &[Arg::Text(app.via)]);
        let time = self.after(time, 90, 400);
        self.worker(time, 3365, app, tid, &ZERO, &[]);
        time
    }

    /// A worker process is started and activates its service. Returns when it can take sessions.
    pub fn cold_start(&mut self, time: i64, app: &mut App) -> i64 {
        self.start_worker(time, app);
        let time = self.after(time, 410_000, 880_000);
        self.orders_manifest(time, app);
        let time = self.after(time, 210_000, 520_000);
        let registered = self.register(time, app);
        let (activity, tid) = (self.random.guid(), self.thread(app.pid));
        let mut time = self.after(registered, 300, 900);
        let steps: [(u16, i64); 12] = [
            (3558, 400),
            (507, 1_900),
            (508, 14_000),
            (501, 700),
            (502, 96_000),
            (503, 300),
            (505, 2_200),
            (506, 4_100),
            (504, 200),
            (509, 500),
            (510, 38_000),
            (3559, 600),
        ];
        for (id, wait_us) in steps {
            time = self.after(time, wait_us / 2, wait_us * 2);
            self.worker(time, id, app, tid, &activity, &[]);
        }
        let (service, host) = (service_type(app), app.host_reference);
        self.worker(time + 41, 213, app, tid, &activity, &[Arg::Text(service), Arg::Text(host)]);
        time + 200 * US
    }

    /// A worker is refused: 3364, 4011, then 4014 and 4012, and 3366 in the worker.
    pub fn register_refused(&mut self, time: i64, app: &App, status: &str) {
        let (worker, tid) = (self.random.guid(), self.thread(app.pid));
        self.worker(time, 3364, app, tid, &ZERO, &[Arg::Text(app.via)]);
        let service_tid = self.thread(self.smsvchost);
        let time = self.after(time, 700, 2_400);
        self.service(time, 4011, service_tid, &worker, &[]);
        let time = self.after(time, 500, 1_500);
        self.service(time, 4014, service_tid, &worker, &[Arg::Text(app.via), Arg::Text(status)]);
        let time = self.after(time, 40, 160);
        self.service(time, 4012, service_tid, &worker, &[Arg::Text(status), Arg::Text(app.via)]);
        let time = self.after(time, 90, 400);
        self.worker(time, 3366, app, tid, &ZERO, &[Arg::Text(status)]);
    }

    // ---- a session -----------------------------------------------------------------------------

    /// A connection is accepted and its preamble read: 4001, 4033, 4034.
    pub fn accept(&mut self, time: i64, via: &str) -> Pending {
        let (activity, tid) = self.other_activity();
        self.service(time, 4001, tid, &activity, &[Arg::Text(via)]);
        let time = self.after(time, 25, 120);
        self.service(time, 4033, tid, &activity, &[]);
        let time = self.after(time, 4, 30);
        self.service(time, 4034, tid, &activity, &[]);
        self.truth.sessions += 1;
        Pending { activity, tid, time, via: via.to_owned() }
    }

    /// The session joins the queue of its application: 4035 says how long the queue is.
    pub fn queue(&mut self, pending: &mut Pending, length: i32) {
        let time = self.after(pending.time, 8, 60);
        // 4035 sets no activity of its own: now and then the thread still carries an older one.
        let activity = if self.random.one_in(40) {
            let tid = pending.tid;
            self.stale.iter().rev().find(|(t, _)| *t == tid).map_or(ZERO, |(_, a)| *a)
        } else {
            pending.activity
        };
        self.service(
            time,
            4035,
            pending.tid,
            &activity,
            &[Arg::Int32(length), Arg::Int32(MAX_PENDING)],
        );
        self.stale.push((pending.tid, pending.activity));
        pending.time = time;
    }

    /// Accepted and queued.
    pub fn receive(&mut self, time: i64, app: &App, length: i32) -> Pending {
        let mut pending = self.accept(time, app.via);
        self.queue(&mut pending, length);
        pending
    }

    /// 4008, with which every attempt to dispatch begins.
    pub fn begin(&mut self, time: i64, pending: &mut Pending) {
        self.service(time, 4008, pending.tid, &pending.activity, &[]);
        pending.time = time;
    }

    /// 4019: the socket is duplicated (pipes have no such event).
    pub fn duplicate(&mut self, pending: &mut Pending, app: &App) {
        if !app.is_pipe {
            pending.time = self.after(pending.time, 110, 650);
            self.service(pending.time, 4019, pending.tid, &pending.activity, &[]);
        }
    }

    /// 217: the call that tells the worker is prepared. Returns the id of its message.
    pub fn tell(&mut self, pending: &mut Pending, app: &App) -> Guid {
        let message = self.random.guid();
        pending.time = self.after(pending.time, 15, 90);
        let destination =
            format!("net.pipe://localhost/{:08x}/{}", app.pid.wrapping_mul(40_503), app.pid);
        let args = [
            Arg::Text("http://tempuri.org/IConnectionDuplicator/Duplicate"),
            Arg::Text("IConnectionDuplicator"),
            Arg::Text(&destination),
            Arg::Text(""),
            Arg::Text(SMSVCHOST_DOMAIN),
        ];
        let writer = (self.smsvchost, pending.tid);
        let event = event(&SMSVCHOST, 217, writer, &pending.activity, &args);
        self.plan(pending.time, event.with(related_activity(&message)));
        message
    }

    /// A whole successful dispatch, and the call the client then makes.
    pub fn dispatch(&mut self, time: i64, mut pending: Pending, app: &App) -> i64 {
        self.begin(time, &mut pending);
        self.duplicate(&mut pending, app);
        let message = self.tell(&mut pending, app);
        let told = self.after(pending.time, 120, 700);
        let tid = self.thread(app.pid);
        self.worker(told, 3358, app, tid, &message, &[Arg::Text(app.via)]);
        let done = self.after(told, 90, 500);
        self.service(done, 4030, pending.tid, &pending.activity, &[]);
        self.verdict("succeeded", &pending);
        self.call(told + 300 * US, app, &message);
        done
    }

    /// The service receives a message, runs its operation and answers.
    fn call(&mut self, time: i64, app: &App, message: &Guid) {
        let (activity, tid) = (self.random.guid(), self.thread(app.pid));
        let host = Arg::Text(app.host_reference);
        let (method, mean_ms) = operation(app);
        let mut time = self.after(time, 200, 1_500);
        let received = event(
            &PROVIDER,
            215,
            (app.pid, tid),
            &activity,
            &[Arg::Text(app.via), host, Arg::Text(&app.domain)],
        );
        self.plan(time, received.with(related_activity(message)));
        time = self.after(time, 80, 600);
        self.worker(time, 205, app, tid, &activity, &[Arg::Text(method), Arg::Text(""), host]);
        let began = time;
        time += self.random.wait(mean_ms * MS).max(200 * US);
        let fails = self.random.one_in(60);
        if app.name == "Orders" {
            self.next_order += 1;
            let (order, writer) = (self.next_order, (app.pid, tid));
            let event = if fails {
                orders::rejected(writer, &activity, order, "credit limit exceeded")
            } else {
                let customer = *self.random.pick(&[
                    "Fabrikam",
                    "Adventure Works",
                    "Tailspin Toys",
                    "Wingtip",
                    "Litware",
                ]);
                let lines = self.random.between(1, 24) as i32;
                let total = self.random.between(500, 900_000) as f64 / 100.0;
                orders::accepted(writer, &activity, order, customer, total, lines)
            };
            self.plan(time - 60 * US, event);
        }
        let took = (time - began) / MS;
        if fails {
            let text = "System.ServiceModel.FaultException: The operation was refused.\r\n   at Contoso.Services.Guard.Check(Decimal limit)";
            self.worker(
                time - 40 * US,
                206,
                app,
                tid,
                &activity,
                &[
                    Arg::Text("Contoso.Services.FaultLogger"),
                    Arg::UInt8(1),
                    Arg::Text("System.ServiceModel.FaultException"),
                    host,
                ],
            );
            self.worker(
                time - 20 * US,
                219,
                app,
                tid,
                &activity,
                &[Arg::Text(text), Arg::Text("System.ServiceModel.FaultException"), host],
            );
            self.worker(
                time,
                222,
                app,
                tid,
                &activity,
                &[Arg::Text(method), Arg::Int64(took), host],
            );
        } else {
            self.worker(
                time,
                214,
                app,
                tid,
                &activity,
                &[Arg::Text(method), Arg::Int64(took), host],
            );
        }
        time = self.after(time, 60, 500);
        self.worker(
            time,
            216,
            app,
            tid,
            &activity,
            &[Arg::Text("http://www.w3.org/2005/08/addressing/anonymous"), host],
        );
    }

    // ---- endings -------------------------------------------------------------------------------

    /// 4031 and the fault the client gets.
    pub fn fail(&mut self, time: i64, pending: &Pending, verdict: &'static str) -> i64 {
        self.service(time, 4031, pending.tid, &pending.activity, &[]);
        self.truth.marked += 1;
        self.truth.marked_times.push(time);
        self.verdict(verdict, pending);
        let time = self.after(time, 60, 300);
        self.fault(time, pending, "ConnectionDispatchFailed");
        time
    }

    /// 3346: the fault SMSvcHost sends to a client.
    pub fn fault(&mut self, time: i64, pending: &Pending, name: &str) {
        let fault = format!("http://schemas.microsoft.com/ws/2006/05/framing/faults/{name}");
        self.service(time, 3346, pending.tid, &pending.activity, &[Arg::Text(&fault)]);
    }

    /// Notes what became of a session.
    pub fn verdict(&mut self, verdict: &'static str, pending: &Pending) {
        *self.truth.verdicts.entry(verdict).or_default() += 1;
        if verdict != "succeeded" {
            let via = pending.via.clone();
            self.truth.failed.push(Failed { activity: pending.activity, verdict, via });
        }
    }

    /// 4022 with hresult 0, which a clean stop always writes.
    pub fn benign_unregister(&mut self, time: i64, tid: u32, activity: &Guid) {
        self.service(time, 4022, tid, activity, &[Arg::Text("0")]);
        self.truth.benign_unregister += 1;
    }

    /// Everything recorded at or below a level, as a trace.
    pub fn into_trace(mut self, mut log: LogFile, max_level: u8) -> (TraceBuilder, Truth) {
        self.planned.sort_by_key(|planned| planned.time);
        let end = self.planned.last().map_or(self.start, |planned| planned.time);
        log.end_time = end + SECOND / 4;
        let mut trace = TraceBuilder::new(log);
        for planned in &self.planned {
            if planned.level > max_level {
                continue;
            }
            *self.truth.by_level.entry(planned.level).or_default() += 1;
            *self.truth.by_pid.entry(planned.pid).or_default() += 1;
            let record: &dyn Record = match &planned.body {
                Body::Event(event) => event,
                Body::System(system) => system,
            };
            trace.push_at(planned.cpu, planned.time, record);
        }
        let mut truth = self.truth;
        // The records of the header buffer have no level.
        let own = 1 + trace.log.header_records.len() as u64;
        *truth.by_level.entry(0).or_default() += own;
        *truth.by_pid.entry(trace.log.writer.0).or_default() += own;
        truth.records = trace.record_count();
        truth.start = self.start;
        truth.end = end;
        truth.marked_times.sort_unstable();
        (trace, truth)
    }
}

const SMSVCHOST_COMMAND: &str = r"C:\Windows\Microsoft.NET\Framework64\v4.0.30319\SMSvcHost.exe";

fn process(pid: u32, parent: u32, image: &str, command: &str, user: Vec<u32>) -> Process {
    Process {
        pid,
        parent,
        session: 0,
        exit: 259, // still active
        user,
        image: image.into(),
        command_line: command.into(),
    }
}

fn service_type(app: &App) -> &'static str {
    match app.name {
        "Orders" => "Contoso.Services.OrderService",
        "Billing" => "Contoso.Services.BillingService",
        "Reports" => "Contoso.Services.ReportService",
        _ => "Contoso.Services.StockService",
    }
}

fn operation(app: &App) -> (&'static str, i64) {
    match app.name {
        "Orders" => ("PlaceOrder", 14),
        "Billing" => ("GetInvoice", 31),
        "Reports" => ("RunReport", 420),
        _ => ("GetStock", 6),
    }
}
