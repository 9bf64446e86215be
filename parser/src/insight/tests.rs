//! Sequences as `SMSvcHost` writes them, path by path.

use super::*;
use crate::view::DispatchVerdict as V;

const SERVICE: u32 = 1200;
const WORKER: u32 = 4711;
const TCP: &str = "net.tcp://host/App/Service.svc";
const PIPE: &str = "net.pipe://host/App/Service.svc";
const NOT_FOUND: &str = "http://schemas.microsoft.com/ws/2006/05/framing/faults/EndpointNotFound";
const UNAVAILABLE: &str =
    "http://schemas.microsoft.com/ws/2006/05/framing/faults/EndpointUnavailable";
const DISPATCH_FAILED: &str =
    "http://schemas.microsoft.com/ws/2006/05/framing/faults/ConnectionDispatchFailed";

/// A trace being written: one event per millisecond unless told otherwise.
#[derive(Default)]
struct Script {
    events: Vec<LightEvent>,
    fields: Vec<Fields>,
    time: i64,
}

impl Script {
    /// An event of process `pid` with activity number `activity` (0: none).
    fn by(mut self, pid: u32, activity: u8, id: u16, fields: &[(&str, &str)]) -> Self {
        self.time += 10_000;
        let task = catalog::event_any_task(id).map_or(0, |event| event.task);
        self.events.push(LightEvent {
            event: self.events.len() as u32,
            time: self.time,
            provider: if pid == SERVICE { catalog::SMSVCHOST } else { catalog::PROVIDER },
            activity: Guid([activity; 16]),
            id,
            task,
            pid,
        });
        let fields = fields.iter().map(|(n, v)| ((*n).to_owned(), (*v).to_owned()));
        self.fields.push(fields.collect());
        self
    }

    fn on(self, activity: u8, id: u16, fields: &[(&str, &str)]) -> Self {
        self.by(SERVICE, activity, id, fields)
    }

    /// Events without fields of interest.
    fn all(self, activity: u8, ids: &[u16]) -> Self {
        ids.iter().fold(self, |script, &id| script.on(activity, id, &[]))
    }

    fn received(self, activity: u8, via: &str) -> Self {
        self.on(activity, 4001, &[("via", via), ("AppDomain", "SMSvcHost.exe")])
            .all(activity, &[4033, 4034])
    }

    fn thrown(self, activity: u8, text: &str) -> Self {
        self.on(activity, 57410, &[("data1", "SMSvcHost.exe"), ("data2", text)])
    }

    fn fault(self, activity: u8, fault: &str) -> Self {
        self.on(activity, 3346, &[("FaultString", fault)])
    }

    fn wait(mut self, seconds: i64) -> Self {
        self.time += seconds * SECOND;
        self
    }

    fn insights(&self) -> Insights {
        let mut builder = Builder::new();
        self.events.iter().for_each(|event| builder.event(*event));
        loop {
            let mut fetch = |event: u32| self.fields[event as usize].clone();
            if let Some(insights) = builder.conclude(1, &mut fetch) {
                return insights;
            }
        }
    }

    /// The one failure of the script.
    fn failure(&self) -> DispatchSession {
        let insights = self.insights();
        assert_eq!(insights.failed.len(), 1, "{:?}", insights.failed);
        let failed = insights.failed.into_iter().next().expect("one");
        assert!(insights.verdicts.contains(&(failed.verdict, 1)), "{:?}", insights.verdicts);
        failed
    }

    fn session_of(&self, event: u32) -> Option<DispatchSession> {
        let activity = self.events[event as usize].activity;
        let same = self.events.iter().copied().filter(|event| event.activity == activity);
        session_of(event, same, &mut |event| self.fields[event as usize].clone())
    }
}

fn ids(session: &DispatchSession) -> Vec<u32> {
    session.events.iter().map(|step| step.id).collect()
}

#[test]
fn a_session_the_worker_took_succeeded() {
    let script = Script::default().received(1, TCP).all(1, &[4035, 4008, 4019, 4030]).by(
        WORKER,
        9,
        3358,
        &[("Uri", TCP)],
    );
    let insights = script.insights();
    assert_eq!((insights.sessions, insights.verdicts), (1, vec![(V::Succeeded, 1)]));
    assert_eq!(insights.failed, []);
    assert!(!insights.recorded_below_verbose);
    let session = script.session_of(4).expect("4008 is of the session");
    assert_eq!(session.verdict, V::Succeeded);
    assert_eq!(session.via, TCP);
    assert_eq!(ids(&session), [4001, 4033, 4034, 4035, 4008, 4019, 4030]);
    assert_eq!(session.events[4].name, "DispatchSessionStart");
    assert_eq!(session.outcome, 6);
    assert_eq!(script.session_of(7), None, "the worker's event has an activity of its own");
}

#[test]
fn path_a_the_socket_could_not_be_duplicated() {
    let text = "System.ServiceModel.ServiceActivationException: … ---> SocketException 10022";
    let failed = Script::default()
        .received(1, TCP)
        .all(1, &[4008, 4016])
        .thrown(1, text)
        .all(1, &[4031])
        .fault(1, DISPATCH_FAILED)
        .failure();
    assert_eq!(failed.verdict, V::SocketDuplicationFailed);
    assert_eq!((failed.via.as_str(), failed.exception.as_str()), (TCP, text));
    assert_eq!(ids(&failed), [4001, 4033, 4034, 4008, 4016, 57410, 4031, 3346]);
    assert_eq!(failed.outcome, 6);
    assert_eq!(failed.end - failed.start, 70_000);
}

#[test]
fn path_b_the_pipe_could_not_be_duplicated() {
    let text = "System.ServiceModel.ServiceActivationException: the pipe ---> Win32Exception: 87";
    let script = Script::default().received(1, PIPE).all(1, &[4008]);
    let failed = script.thrown(1, text).all(1, &[4031]).failure();
    assert_eq!(failed.verdict, V::PipeDuplicationFailed);
    assert_eq!(failed.exception, text);
    // The same without the exception on record, and with a scheme in capitals.
    let shouted = PIPE.replace("net.pipe", "NET.PIPE");
    let failed = Script::default().received(1, &shouted).all(1, &[4008, 4031]).failure();
    assert_eq!(failed.verdict, V::PipeDuplicationFailed);
}

#[test]
fn path_c_the_worker_could_not_be_told() {
    let text = "System.TimeoutException: no answer within 00:01:00";
    let tcp = Script::default().received(1, TCP).all(1, &[4008, 4019]).wait(60);
    let failed = tcp.thrown(1, text).all(1, &[4031]).fault(1, DISPATCH_FAILED).failure();
    assert_eq!(failed.verdict, V::WorkerNotTold);
    assert_eq!(failed.exception, text);
    assert!(failed.end - failed.start > 60 * SECOND);
    // A pipe leaves no 4019; the exception tells that the call failed, not the duplication.
    for text in [
        text,
        "System.ServiceModel.CommunicationException: the pipe is broken",
        "System.ServiceModel.CommunicationObjectFaultedException: faulted",
        "System.ObjectDisposedException: gone",
    ] {
        let pipe = Script::default().received(1, PIPE).all(1, &[4008]);
        let failed = pipe.thrown(1, text).all(1, &[4031]).failure();
        assert_eq!(failed.verdict, V::WorkerNotTold, "{text}");
    }
}

#[test]
fn a_recording_below_verbose_says_so() {
    let insights = Script::default().all(1, &[4031]).all(2, &[4030]).insights();
    assert!(insights.recorded_below_verbose);
    assert_eq!(insights.verdicts, [(V::FailedUnexplained, 1), (V::Succeeded, 1)]);
    assert_eq!(insights.failed[0].via, "");
    // 4016 is an error, so it is there at level 2 and still explains.
    let insights = Script::default().all(1, &[4016, 4031]).insights();
    assert!(insights.recorded_below_verbose);
    assert_eq!(insights.verdicts, [(V::SocketDuplicationFailed, 1)]);
}

#[test]
fn lost_events_are_not_guessed_at() {
    let failed = Script::default().received(1, TCP).all(1, &[4008, 4031]).failure();
    assert_eq!(failed.verdict, V::FailedUnexplained, "a socket leaves 4016 or 4019");
    assert_eq!(failed.via, TCP);
    let failed = Script::default().received(1, TCP).fault(1, DISPATCH_FAILED).failure();
    assert_eq!(failed.verdict, V::FailedUnexplained);
}

#[test]
fn look_alikes_are_told_apart() {
    let refused = |fault| Script::default().received(1, TCP).fault(1, fault).failure();
    let failed = refused(NOT_FOUND);
    assert_eq!((failed.verdict, failed.outcome), (V::EndpointNotFound, 3));
    assert_eq!(refused(UNAVAILABLE).verdict, V::EndpointUnavailable);
    let other = "http://schemas.microsoft.com/ws/2006/05/framing/faults/ServerTooBusy";
    let failed = refused(other);
    assert_eq!((failed.verdict, failed.exception.as_str()), (V::NeverDispatched, other));

    let full = Script::default().received(1, TCP).all(1, &[4035]);
    let failed = full.on(1, 4010, &[("Uri", TCP), ("count", "100")]).failure();
    assert_eq!((failed.verdict, failed.via.as_str()), (V::QueueFull, TCP));
    let failed = Script::default().on(1, 4010, &[("Uri", PIPE), ("count", "100")]).failure();
    assert_eq!((failed.verdict, failed.via.as_str()), (V::QueueFull, PIPE), "without 4001");

    let failed = Script::default().received(1, TCP).all(1, &[4035]).failure();
    assert_eq!((failed.verdict, failed.outcome), (V::NeverDispatched, 3));

    let begun = || Script::default().received(1, TCP).all(1, &[4008]);
    let text = "System.ObjectDisposedException: gone";
    let fields = [("data1", text), ("SerializedException", "<Exception/>")];
    let failed = begun().on(1, 57404, &fields).failure();
    assert_eq!((failed.verdict, failed.exception.as_str()), (V::NeverAnswered, text));
    let fields = [("data1", ""), ("SerializedException", "<Exception/>")];
    assert_eq!(begun().on(1, 57394, &fields).failure().exception, "<Exception/>");
}

#[test]
fn what_a_thread_writes_after_a_success_is_not_about_it() {
    // The thread keeps the activity and refuses another connection, of which nothing else shows.
    let script = Script::default().all(1, &[4008, 4030]).fault(1, NOT_FOUND).thrown(1, "text");
    let insights = script.insights();
    assert_eq!(insights.verdicts, [(V::EndpointNotFound, 1), (V::Succeeded, 1)]);
    assert_eq!(ids(&insights.failed[0]), [3346]);
    assert_eq!(script.session_of(0).map(|s| ids(&s)), Some(vec![4008, 4030]));
    assert_eq!(script.session_of(2).map(|s| s.verdict), Some(V::EndpointNotFound));
    assert_eq!(script.session_of(3), None);
}

#[test]
fn a_fault_of_another_connection_does_not_end_a_waiting_session() {
    let script = Script::default().received(1, TCP).fault(1, UNAVAILABLE);
    let insights = script.all(1, &[4008, 4019, 4030]).insights();
    assert_eq!((insights.sessions, insights.verdicts), (1, vec![(V::Succeeded, 1)]));
}

#[test]
fn faults_of_other_hosts_are_not_dispatches() {
    let script = Script::default().by(WORKER, 7, 3346, &[("FaultString", NOT_FOUND)]);
    assert_eq!(script.insights().sessions, 0);
    assert_eq!(script.session_of(0), None);
    // The service may write under the registered GUID too; then its dispatches give it away.
    let script = Script::default().by(WORKER, 7, 3346, &[("FaultString", NOT_FOUND)]).by(
        WORKER,
        8,
        4030,
        &[],
    );
    assert_eq!(script.insights().verdicts, [(V::EndpointNotFound, 1), (V::Succeeded, 1)]);
}

#[test]
fn an_activity_that_comes_back_is_another_session() {
    let script = Script::default()
        .received(1, TCP)
        .all(1, &[4008, 4019, 4031])
        .fault(1, DISPATCH_FAILED)
        .received(1, PIPE)
        .all(1, &[4008, 4030])
        .received(1, TCP);
    let insights = script.insights();
    assert_eq!(insights.sessions, 3);
    assert_eq!(
        insights.verdicts,
        [(V::WorkerNotTold, 1), (V::NeverDispatched, 1), (V::Succeeded, 1)]
    );
    assert_eq!(insights.failed.len(), 2);
    assert_eq!(script.session_of(8).map(|s| s.via), Some(PIPE.to_owned()));
    // Another process with the same activity is another session as well.
    let script = Script::default().received(1, TCP).by(WORKER, 1, 4030, &[]);
    assert_eq!(script.insights().sessions, 2);
}

#[test]
fn failures_come_in_time_order_and_counts_most_frequent_first() {
    let mut script = Script::default();
    for activity in 1..=3 {
        script = script.received(activity, TCP);
    }
    // They fail in another order than they came.
    script = script.all(3, &[4008, 4019, 4031]).all(1, &[4008, 4019, 4031]);
    let insights = script.all(4, &[4008, 4030]).all(5, &[4008, 4030]).insights();
    assert_eq!(
        insights.verdicts,
        [(V::WorkerNotTold, 2), (V::NeverDispatched, 1), (V::Succeeded, 2)]
    );
    let order: Vec<u8> = insights.failed.iter().map(|s| s.activity.0[0]).collect();
    assert_eq!(order, [1, 2, 3]);
}

#[test]
fn an_export_without_activities_still_counts_outcomes() {
    let mut script = Script::default();
    for id in [4001, 4008, 4031, 4001, 4008, 4030] {
        script = script.on(0, id, &[]);
    }
    script.events.iter_mut().for_each(|event| event.task = 0);
    let insights = script.insights();
    assert_eq!(insights.verdicts, [(V::FailedUnexplained, 1), (V::Succeeded, 1)]);
    assert!(!insights.recorded_below_verbose, "the verbose events are there");
}

#[test]
fn a_clean_stop_is_no_failure() {
    let insights = Script::default()
        .on(20, 4022, &[("hresult", "0"), ("AppDomain", "SMSvcHost.exe")])
        .on(21, 4022, &[("hresult", "0x00000000")])
        .on(22, 4022, &[("hresult", "-2147024891")])
        .on(23, 4022, &[])
        .insights();
    assert_eq!(insights.benign_unregister, 2);
    assert_eq!(insights.sessions, 0);
}

#[test]
fn troubles_of_the_service_stand_beside_the_failures_they_surround() {
    let script = Script::default()
        .all(30, &[4027])
        .wait(600)
        .all(30, &[4027])
        .by(WORKER, 31, 3366, &[("Status", "x")])
        .received(1, TCP)
        .all(1, &[4008, 4019, 4031])
        .all(32, &[4013]);
    let failed = script.failure();
    let nearby: Vec<u32> = failed.nearby.iter().map(|step| step.id).collect();
    assert_eq!(nearby, [4027, 3366, 4013], "not the one ten minutes before");
    assert_eq!(failed.nearby[0].name, "WasDisconnected");
}

#[test]
fn ambient_noise_does_not_grow_a_session_without_end() {
    let mut script = Script::default().received(1, TCP);
    for _ in 0..1000 {
        script = script.all(1, &[217]);
    }
    let failed = script.all(1, &[4008, 4016, 4031]).fault(1, DISPATCH_FAILED).failure();
    assert_eq!(failed.verdict, V::SocketDuplicationFailed);
    assert_eq!(failed.events.len(), limits::MAX_SESSION_STEPS + 4);
}

#[test]
fn many_waiting_sessions_are_counted_within_bounds() {
    let mut builder = Builder::new();
    let total = limits::MAX_OPEN_SESSIONS as u32 + 100;
    for event in 0..total {
        let activity = Guid::from_parts(event + 1, 0, 0, [0; 8]);
        builder.event(LightEvent {
            event,
            time: i64::from(event),
            provider: catalog::SMSVCHOST,
            activity,
            id: 4001,
            task: 2500,
            pid: SERVICE,
        });
    }
    let insights = builder.conclude(usize::MAX, &mut |_| Fields::new()).expect("all");
    assert_eq!(insights.sessions, u64::from(total));
    assert_eq!(insights.verdicts, [(V::NeverDispatched, u64::from(total))]);
    assert_eq!(insights.failed.len(), limits::MAX_FAILED_SESSIONS);
    assert_eq!(insights.failed[0].outcome, 0, "the first ones are listed");
}
