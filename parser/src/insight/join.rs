//! Joins events by ActivityID into sessions.
//!
//! Every event of the dispatch names its activity. Others ("ambient") only inherit the one their
//! thread had last, which the service never resets, so they are believed only while the session
//! lives: until 4030, or the fault that follows 4031. A GUID may come back: 4001, or any event of
//! the dispatch after an end, begins a new session.

use super::LightEvent;
use crate::guid::Guid;
use crate::limits;
use crate::map::Map;
use crate::view::EventIndex;

/// One event of a session.
#[derive(Clone, Copy, Debug)]
pub(super) struct Step {
    /// Index in the trace.
    pub event: EventIndex,
    /// FILETIME.
    pub time: i64,
    /// Event id.
    pub id: u16,
}

/// The events of one connection. There is at least one.
#[derive(Clone, Debug)]
pub(super) struct Session {
    key: Key,
    steps: Vec<Step>,
    /// Its outcome was seen: only the fault (and what was thrown) may still follow.
    ended: bool,
}

/// `ConnectionReaderSendFault`: the client is told no. Ambient.
const FAULT: u16 = 3346;

/// Process and activity. The process matters: an activity that a client passes on end to end
/// also appears in the worker.
type Key = (u32, Guid);

impl Session {
    fn new(event: &LightEvent) -> Self {
        let mut session =
            Self { key: (event.pid, event.activity), steps: Vec::new(), ended: false };
        session.push(event);
        session
    }

    fn push(&mut self, event: &LightEvent) {
        self.steps.push(Step { event: event.event, time: event.time, id: event.id });
    }

    pub fn activity(&self) -> Guid {
        self.key.1
    }

    pub fn pid(&self) -> u32 {
        self.key.0
    }

    pub fn steps(&self) -> &[Step] {
        &self.steps
    }

    /// The last event of an id.
    pub fn last(&self, id: u16) -> Option<EventIndex> {
        self.steps.iter().rev().find(|step| step.id == id).map(|step| step.event)
    }

    pub fn has(&self, id: u16) -> bool {
        self.last(id).is_some()
    }

    pub fn holds(&self, event: EventIndex) -> bool {
        self.steps.iter().any(|step| step.event == event)
    }

    pub fn first_event(&self) -> EventIndex {
        self.steps.first().map_or(0, |step| step.event)
    }

    fn last_event(&self) -> EventIndex {
        self.steps.last().map_or(0, |step| step.event)
    }

    /// Whether its client was told no, so that nothing ambient belongs to it any more. (A dispatch
    /// that follows all the same shows that the fault was another's.)
    fn is_refused(&self) -> bool {
        self.steps.last().is_some_and(|step| step.id == FAULT) && (self.ended || !self.has(4008))
    }

    /// Times of the first and the last event.
    pub fn times(&self) -> (i64, i64) {
        let time = |step: Option<&Step>| step.map_or(0, |step| step.time);
        (time(self.steps.first()), time(self.steps.last()))
    }

    /// The event and field that hold the address the client asked for.
    pub fn via(&self) -> Option<(EventIndex, &'static str)> {
        let received = self.last(4001).map(|event| (event, "via"));
        received.or_else(|| self.last(4010).map(|event| (event, "Uri")))
    }

    /// The event that tells how it ended.
    pub fn outcome(&self) -> EventIndex {
        [4031, 4030, 4010, FAULT]
            .into_iter()
            .find_map(|id| self.last(id))
            .unwrap_or_else(|| self.last_event())
    }
}

/// The sessions that may still get events.
#[derive(Debug, Default)]
pub(super) struct Joiner {
    open: Map<Key, Session>,
}

impl Joiner {
    /// Takes an event in time order; sessions it completes go to `closed`. What is returned is a
    /// fault no open session explains, as a session of its own.
    pub fn event(&mut self, event: &LightEvent, closed: &mut Vec<Session>) -> Option<Session> {
        if event.is_dispatch() {
            self.dispatch(event, closed);
            return None;
        }
        let key = (event.pid, event.activity);
        if let Some(session) = self.open.get_mut(&key).filter(|session| !session.is_refused()) {
            let fault = event.id == FAULT;
            if fault || is_exception(event.id) || !session.ended {
                if fault || session.steps.len() < limits::MAX_SESSION_STEPS {
                    session.push(event);
                }
                return None;
            }
        }
        (event.id == FAULT).then(|| Session::new(event))
    }

    fn dispatch(&mut self, event: &LightEvent, closed: &mut Vec<Session>) {
        // Exports may lack the activity: then nothing can be joined, and only an event that is
        // an outcome by itself tells of a session.
        if event.activity.is_zero() {
            if matches!(event.id, 4010 | 4030 | 4031) {
                closed.push(Session::new(event));
            }
            return;
        }
        let key = (event.pid, event.activity);
        match self.open.get_mut(&key) {
            Some(session) if event.id == 4001 || session.ended => {
                closed.push(std::mem::replace(session, Session::new(event)));
            }
            Some(session) => session.push(event),
            None => {
                if self.open.len() >= limits::MAX_OPEN_SESSIONS {
                    self.close_idle(closed);
                }
                self.open.insert(key, Session::new(event));
            }
        }
        match event.id {
            // Whatever the thread writes after a success is no longer about this session.
            4030 => closed.extend(self.open.remove(&key)),
            4010 | 4031 => {
                if let Some(session) = self.open.get_mut(&key) {
                    session.ended = true;
                }
            }
            _ => {}
        }
    }

    /// Closes the half of the sessions that has been silent longest.
    fn close_idle(&mut self, closed: &mut Vec<Session>) {
        let mut last: Vec<EventIndex> = self.open.values().map(Session::last_event).collect();
        let middle = last.len() / 2;
        let (_, &mut bound, _) = last.select_nth_unstable(middle);
        for (key, session) in std::mem::take(&mut self.open) {
            if session.last_event() <= bound {
                closed.push(session);
            } else {
                self.open.insert(key, session);
            }
        }
    }

    /// Closes what is open.
    pub fn finish(&mut self, closed: &mut Vec<Session>) {
        closed.extend(std::mem::take(&mut self.open).into_values());
    }
}

/// Whether an event tells of an exception thrown or handled.
pub(super) const fn is_exception(id: u16) -> bool {
    is_thrown(id) || matches!(id, 57394 | 57404 | 57405 | 57406)
}

/// Whether an event tells of an exception thrown (its text is the second field).
pub(super) const fn is_thrown(id: u16) -> bool {
    matches!(id, 57396 | 57407 | 57409 | 57410)
}
