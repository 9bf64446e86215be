//! Threads by id and time.

use std::sync::Arc;

use super::{Fields, Sight, Texts, at_time, of_id};
use crate::limits::MAX_SYSTEM_SIGHTS;

/// One thread, as far as the trace tells.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Thread {
    /// Its id.
    pub tid: u32,
    /// Its process.
    pub pid: u32,
    /// When it began within the trace, FILETIME; `i64::MIN` when it ran before.
    pub start: i64,
    /// When it ended within the trace, FILETIME; `i64::MAX` when it ran on.
    pub end: i64,
    /// The name it was given; empty when it has none.
    pub name: Arc<str>,
}

#[derive(Clone, Debug)]
struct Observation {
    ticks: i64,
    sight: Sight,
    tid: u32,
    pid: u32,
    name: Arc<str>,
}

#[derive(Clone, Debug, Default)]
pub(super) struct Threads {
    observations: Vec<Observation>,
    settled: Vec<Thread>,
}

impl Threads {
    pub fn see(&mut self, ticks: i64, sight: Sight, fields: &Fields<'_>, texts: &mut Texts) {
        let pid = fields.id(&["ProcessId", "ProcessID"]);
        let tid = fields.id(&["TThreadId", "ThreadId", "ThreadID"]);
        let (Some(pid), Some(tid)) = (pid, tid) else { return };
        if self.observations.len() < MAX_SYSTEM_SIGHTS {
            let name = fields.text("ThreadName").and_then(|name| texts.keep(name));
            let name = name.unwrap_or_default();
            self.observations.push(Observation { ticks, sight, tid, pid, name });
        }
    }

    pub fn settle(&mut self, to_filetime: &impl Fn(i64) -> i64) {
        crate::sort::by_key(&mut self.observations, |seen| (seen.tid, seen.ticks));
        self.settled.clear();
        for seen in &self.observations {
            let time = to_filetime(seen.ticks);
            // The idle threads all have the id 0.
            let last = self.settled.last_mut().filter(|last| last.tid == seen.tid);
            let start = match (&last, seen.sight) {
                (_, Sight::Start) => time,
                (Some(last), _) => last.end.min(time),
                (None, _) => i64::MIN,
            };
            match last {
                Some(last) if last.pid == seen.pid && last.end == i64::MAX => {
                    if seen.sight == Sight::End {
                        last.end = time;
                    }
                    if !seen.name.is_empty() {
                        last.name = seen.name.clone();
                    }
                    continue;
                }
                // Logged by two providers, or once more at the end of the trace.
                Some(last) if last.pid == seen.pid && seen.sight != Sight::Start => continue,
                Some(last) => last.end = last.end.min(start),
                None => {}
            }
            let (tid, pid, name) = (seen.tid, seen.pid, seen.name.clone());
            let end = if seen.sight == Sight::End { time } else { i64::MAX };
            self.settled.push(Thread { tid, pid, start, end, name });
        }
    }

    pub fn at(&self, tid: u32, time: i64) -> Option<&Thread> {
        let list = of_id(&self.settled, tid, |known| known.tid);
        at_time(list, time, |known| (known.start, known.end))
    }

    pub fn only_process_of(&self, tid: u32) -> Option<u32> {
        let list = of_id(&self.settled, tid, |known| known.tid);
        let first = list.first()?.pid;
        list.iter().all(|known| known.pid == first).then_some(first)
    }
}
