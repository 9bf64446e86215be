//! Dispatch sessions: what became of each connection the activation service took, and why.
//!
//! `SMSvcHost.exe` gives every connection a fresh ActivityID and writes the events of its
//! dispatch with it; 4031 itself says nothing but that it failed. [`Builder`] joins the events of
//! a whole trace in one pass, [`session_of`] those of one activity; both read the fields of
//! single events only where a failure needs them.

mod join;
#[cfg(test)]
mod tests;
mod verdict;

use crate::catalog;
use crate::guid::Guid;
use crate::limits;
use crate::map::Set;
use crate::view::{DispatchSession, DispatchStep, DispatchVerdict, EventIndex, Insights};

use self::join::{Joiner, Session, Step};
use self::verdict::Cause;

/// Units of FILETIME in a second.
const SECOND: i64 = 10_000_000;

/// How long before the end of a failed session the troubles of the service around it matter:
/// `WasConnectionTimedout` alone waits two minutes, most others follow within seconds.
const NEARBY_BEFORE: i64 = 120 * SECOND;

/// How long after its end: what a failed dispatch sets off follows at once.
const NEARBY_AFTER: i64 = 5 * SECOND;

/// Fields of one event by name, as text, in payload order.
pub type Fields = Vec<(String, String)>;

/// What the columns of a store know of an event, enough to join it.
#[derive(Clone, Copy, Debug)]
pub struct LightEvent {
    /// Index in the trace.
    pub event: EventIndex,
    /// FILETIME.
    pub time: i64,
    /// The provider it was written under: the catalog's, SMSvcHost's or an alias.
    pub provider: Guid,
    /// ActivityID, zero for none.
    pub activity: Guid,
    /// Event id.
    pub id: u16,
    /// Task; 0 where an export dropped it.
    pub task: u16,
    /// Process id, or `record::UNKNOWN_ID`.
    pub pid: u32,
}

impl LightEvent {
    /// Whether it belongs to the dispatch itself and not to what happens on the same thread.
    fn is_dispatch(&self) -> bool {
        matches!(self.id, 4001 | 4008 | 4010 | 4016 | 4019 | 4030 | 4031)
            && matches!(self.task, 0 | catalog::TASK_ACTIVATION_DISPATCH_SESSION)
    }
}

/// Joins the events of a trace into [`Insights`].
///
/// Feed it every event of the catalog's providers in time order; others are ignored at no harm.
#[derive(Debug, Default)]
pub struct Builder {
    joiner: Joiner,
    sessions: u64,
    counts: Vec<(DispatchVerdict, u64)>,
    /// Failures whose verdict depends on a field, read in [`Builder::conclude`].
    unread: Vec<Cause>,
    failed: Vec<Session>,
    /// Faults that no session on record explains, until it is known whether their process is an
    /// activation service.
    strays: Vec<(Session, Guid)>,
    /// Processes that dispatch.
    services: Set<u32>,
    /// 4022 events, whose `hresult` tells whether they mean anything.
    unregistered: Vec<EventIndex>,
    /// Troubles of the service that carry no session's activity.
    troubles: Vec<Step>,
    failures_seen: bool,
    verbose_seen: bool,
    /// What [`Builder::conclude`] has done: whether the sessions are closed, those explained, and
    /// the 4022 that mean nothing.
    closed: bool,
    explained: Vec<DispatchSession>,
    benign_unregister: u64,
}

impl Builder {
    /// A builder without events.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Takes the next event in time order.
    pub fn event(&mut self, event: LightEvent) {
        let dispatch = event.is_dispatch();
        match event.id {
            4031 if dispatch => self.failures_seen = true,
            4001 | 4008 if dispatch => self.verbose_seen = true,
            4022 => self.unregistered.push(event.event),
            _ if is_trouble(event.id) && self.troubles.len() < limits::MAX_SERVICE_TROUBLES => {
                self.troubles.push(Step { event: event.event, time: event.time, id: event.id });
            }
            _ => {}
        }
        if dispatch {
            self.services.add(event.pid);
        }
        let mut closed = Vec::new();
        let stray = self.joiner.event(&event, &mut closed);
        closed.into_iter().for_each(|session| self.close(session));
        if let Some(session) = stray {
            self.strays.push((session, event.provider));
            if self.strays.len() >= limits::MAX_OPEN_SESSIONS {
                self.settle_strays();
            }
        }
    }

    /// Counts the sessions, reads what failed ones need and explains them: at most so many at a
    /// time. The answer comes once all is done; then nothing is left in here.
    ///
    /// `fetch` decodes the fields of one event; it is asked only about events given before, and
    /// mostly in file order.
    pub fn conclude(
        &mut self,
        most: usize,
        fetch: &mut dyn FnMut(EventIndex) -> Fields,
    ) -> Option<Insights> {
        if !std::mem::replace(&mut self.closed, true) {
            let mut closed = Vec::new();
            self.joiner.finish(&mut closed);
            closed.into_iter().for_each(|session| self.close(session));
            self.settle_strays();
            self.keep_first_failures();
            // They are taken from the end.
            self.unread.reverse();
            self.unregistered.reverse();
        }
        for _ in 0..most {
            let cause = self.unread.last().map(Cause::event);
            let failed = self.failed.get(self.explained.len());
            let unregistered = self.unregistered.last().copied();
            // What stands first in the file is read first, so that the file is read about once.
            let next = [cause, failed.map(Session::first_event), unregistered];
            let Some(next) = next.into_iter().flatten().min() else {
                return Some(std::mem::take(self).outcome());
            };
            if cause == Some(next)
                && let Some(cause) = self.unread.pop()
            {
                self.count(cause.verdict(fetch));
            } else if unregistered == Some(next) {
                self.unregistered.pop();
                self.benign_unregister += u64::from(is_zero(&field(&fetch(next), "hresult")));
            } else if let Some(session) = failed {
                self.explained.push(describe(session, &self.troubles, fetch));
            }
        }
        None
    }

    fn outcome(mut self) -> Insights {
        // Failures first, the most frequent at the top; equal ones in the order of the verdicts.
        crate::sort::by_key(&mut self.counts, |(verdict, count)| {
            (*verdict == DispatchVerdict::Succeeded, std::cmp::Reverse(*count), *verdict as u8)
        });
        Insights {
            sessions: self.sessions,
            verdicts: self.counts,
            failed: self.explained,
            benign_unregister: self.benign_unregister,
            recorded_below_verbose: self.failures_seen && !self.verbose_seen,
        }
    }

    /// Counts a session that gets no more events.
    fn close(&mut self, session: Session) {
        self.sessions = self.sessions.saturating_add(1);
        match verdict::cause(&session) {
            Cause::Known(DispatchVerdict::Succeeded) => {
                self.count(DispatchVerdict::Succeeded);
                return;
            }
            Cause::Known(verdict) => self.count(verdict),
            cause => self.unread.push(cause),
        }
        self.failed.push(session);
        if self.failed.len() >= 2 * limits::MAX_FAILED_SESSIONS {
            self.keep_first_failures();
        }
    }

    fn count(&mut self, verdict: DispatchVerdict) {
        match self.counts.iter_mut().find(|row| row.0 == verdict) {
            Some(row) => row.1 = row.1.saturating_add(1),
            None => self.counts.push((verdict, 1)),
        }
    }

    fn keep_first_failures(&mut self) {
        crate::sort::by_key(&mut self.failed, Session::first_event);
        self.failed.truncate(limits::MAX_FAILED_SESSIONS);
    }

    /// A fault without a session is a refused connection when an activation service sent it;
    /// the same event of any other WCF host is not about dispatch.
    fn settle_strays(&mut self) {
        for (session, provider) in std::mem::take(&mut self.strays) {
            if provider == catalog::SMSVCHOST || self.services.contains(&session.pid()) {
                self.close(session);
            }
        }
    }
}

/// Dispatch sessions as spans: the first event, the outcome (`EventIndex::MAX` when there is none)
/// and whether that is a failure.
#[derive(Debug, Default)]
pub struct SessionSpans {
    joiner: Joiner,
}

impl SessionSpans {
    /// Takes the next event of the catalog's providers in time order; `tell` hears of the sessions
    /// it completes.
    pub fn event(
        &mut self,
        event: &LightEvent,
        tell: &mut dyn FnMut(EventIndex, EventIndex, bool),
    ) {
        let mut closed = Vec::new();
        // A fault without a session is an instant, not a span.
        let _ = self.joiner.event(event, &mut closed);
        closed.iter().for_each(|session| tell_span(session, tell));
    }

    /// Tells of the sessions that are still open.
    pub fn finish(mut self, tell: &mut dyn FnMut(EventIndex, EventIndex, bool)) {
        let mut closed = Vec::new();
        self.joiner.finish(&mut closed);
        crate::sort::by_key(&mut closed, Session::first_event);
        closed.iter().for_each(|session| tell_span(session, tell));
    }
}

fn tell_span(session: &Session, tell: &mut dyn FnMut(EventIndex, EventIndex, bool)) {
    let ended = |id: u16| session.last(id);
    let failed = [4031, 4010, 3346].into_iter().find_map(ended);
    let outcome = ended(4030).or(failed).unwrap_or(EventIndex::MAX);
    tell(session.first_event(), outcome, ended(4030).is_none() && failed.is_some());
}

/// The dispatch session an event belongs to.
///
/// `events` are the catalog's events with the activity of `event`, in time order (the same
/// activity may serve several sessions over time). `None` when the event is of no session.
pub fn session_of(
    event: EventIndex,
    events: impl IntoIterator<Item = LightEvent>,
    fetch: &mut dyn FnMut(EventIndex) -> Fields,
) -> Option<DispatchSession> {
    let mut joiner = Joiner::default();
    let mut closed = Vec::new();
    for light in events {
        let stray = joiner.event(&light, &mut closed);
        closed.extend(stray.filter(|_| light.provider == catalog::SMSVCHOST));
        if let Some(session) = closed.drain(..).find(|session| session.holds(event)) {
            return Some(describe(&session, &[], fetch));
        }
    }
    joiner.finish(&mut closed);
    let session = closed.into_iter().find(|session| session.holds(event))?;
    Some(describe(&session, &[], fetch))
}

/// Spells a session out, reading the fields it needs.
fn describe(
    session: &Session,
    troubles: &[Step],
    fetch: &mut dyn FnMut(EventIndex) -> Fields,
) -> DispatchSession {
    let verdict = verdict::cause(session).verdict(fetch);
    let (start, end) = session.times();
    DispatchSession {
        activity: session.activity(),
        verdict,
        via: session.via().map(|(event, name)| field(&fetch(event), name)).unwrap_or_default(),
        start,
        end,
        outcome: session.outcome(),
        exception: verdict::exception(session, verdict, fetch),
        events: session.steps().iter().map(named).collect(),
        nearby: nearby(troubles, start, end),
    }
}

/// The troubles around a session, the nearest to its end where there are many, in time order.
fn nearby(troubles: &[Step], start: i64, end: i64) -> Vec<DispatchStep> {
    let from = start.min(end.saturating_sub(NEARBY_BEFORE));
    let until = end.saturating_add(NEARBY_AFTER);
    let first = troubles.partition_point(|step| step.time < from);
    let last = troubles.partition_point(|step| step.time <= until);
    let mut near: Vec<&Step> = troubles.get(first..last).unwrap_or_default().iter().collect();
    crate::sort::by_key(&mut near, |step| step.time.abs_diff(end));
    near.truncate(limits::MAX_NEARBY_TROUBLES);
    crate::sort::by_key(&mut near, |step| step.event);
    near.into_iter().map(named).collect()
}

fn named(step: &Step) -> DispatchStep {
    let name = catalog::event_any_task(step.id).map_or("", |event| event.symbol);
    DispatchStep {
        event: step.event,
        id: u32::from(step.id),
        name: name.to_owned(),
        time: step.time,
    }
}

/// Events of the listener adapter, of message queues and of workers that explain why sessions
/// fail or wait, though they carry an activity of their own: an adapter's fatal error, a pipe
/// that could not be opened, workers that could not register or went, WAS out of reach, a
/// service that could not be activated.
const fn is_trouble(id: u16) -> bool {
    matches!(id, 3366 | 3561 | 4002 | 4003 | 4012 | 4013 | 4014 | 4024 | 4025 | 4027 | 4032)
}

/// The value of a field, empty when the event has none of that name.
fn field(fields: &Fields, name: &str) -> String {
    let found = fields.iter().find(|(key, _)| key.eq_ignore_ascii_case(name));
    found.map(|(_, value)| value.clone()).unwrap_or_default()
}

/// Whether a result code, decimal or hexadecimal, is 0.
fn is_zero(code: &str) -> bool {
    let code = code.trim();
    let digits = code.strip_prefix("0x").or_else(|| code.strip_prefix("0X")).unwrap_or(code);
    !digits.is_empty() && digits.bytes().all(|digit| digit == b'0')
}
