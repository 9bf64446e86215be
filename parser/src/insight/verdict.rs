//! Why a session ended as it did. The paths are those in which `SMSvcHost` gives up a dispatch,
//! and the refusals a client cannot tell from them.

use super::join::{Session, is_exception, is_thrown};
use super::{Fields, field};
use crate::view::{DispatchVerdict, EventIndex};

/// What the ids of a session's events say, and which field decides where they do not.
#[derive(Clone, Copy, Debug)]
pub(super) enum Cause {
    /// Nothing needs reading.
    Known(DispatchVerdict),
    /// Refused before any dispatch: the fault (3346) tells why.
    Refused {
        /// The fault.
        fault: EventIndex,
    },
    /// Failed without a trace of the socket: the address and the exception tell whether it was
    /// a pipe, and whether it had been duplicated already.
    NoSocket {
        /// 4001.
        via: EventIndex,
        /// What was thrown.
        exception: Option<EventIndex>,
    },
}

/// Judges by event ids.
pub(super) fn cause(session: &Session) -> Cause {
    use DispatchVerdict as V;
    let has = |id| session.has(id);
    Cause::Known(if has(4031) {
        match (session.last(4001), has(4008)) {
            _ if has(4016) => V::SocketDuplicationFailed,
            _ if has(4019) => V::WorkerNotTold,
            (Some(via), true) => {
                return Cause::NoSocket { via, exception: exception_event(session) };
            }
            _ => V::FailedUnexplained,
        }
    } else if has(4030) {
        V::Succeeded
    } else if has(4010) {
        V::QueueFull
    } else if has(4008) || has(4016) || has(4019) {
        V::NeverAnswered
    } else if let Some(fault) = session.last(3346) {
        return Cause::Refused { fault };
    } else {
        V::NeverDispatched
    })
}

impl Cause {
    /// The event that is read first.
    pub fn event(&self) -> EventIndex {
        match self {
            Self::Known(_) => 0,
            Self::Refused { fault } => *fault,
            Self::NoSocket { via, .. } => *via,
        }
    }

    /// Judges by fields where ids are not enough.
    pub fn verdict(self, fetch: &mut dyn FnMut(EventIndex) -> Fields) -> DispatchVerdict {
        use DispatchVerdict as V;
        match self {
            Self::Known(verdict) => verdict,
            Self::Refused { fault } => {
                let text = field(&fetch(fault), "FaultString");
                match text.trim().rsplit('/').next().unwrap_or_default() {
                    "EndpointNotFound" => V::EndpointNotFound,
                    "EndpointUnavailable" => V::EndpointUnavailable,
                    // The dispatch did fail; its events were lost or left out.
                    "ConnectionDispatchFailed" => V::FailedUnexplained,
                    _ => V::NeverDispatched,
                }
            }
            Self::NoSocket { via, exception } => {
                let via = field(&fetch(via), "via");
                let scheme = via.split(':').next().unwrap_or_default();
                if !scheme.eq_ignore_ascii_case("net.pipe") {
                    // A socket leaves 4016 or 4019; without either, events were lost.
                    return V::FailedUnexplained;
                }
                let thrown = exception.map(|event| exception_text(&fetch(event)));
                match thrown.as_deref().map(thrown_by_telling) {
                    Some(true) => V::WorkerNotTold,
                    _ => V::PipeDuplicationFailed,
                }
            }
        }
    }
}

/// Text of the exception behind a session that did not succeed; for a refusal of no known kind
/// the fault itself.
pub(super) fn exception(
    session: &Session,
    verdict: DispatchVerdict,
    fetch: &mut dyn FnMut(EventIndex) -> Fields,
) -> String {
    if verdict == DispatchVerdict::Succeeded {
        return String::new();
    }
    if let Some(event) = exception_event(session) {
        return exception_text(&fetch(event));
    }
    match (verdict, session.last(3346)) {
        (DispatchVerdict::NeverDispatched, Some(fault)) => field(&fetch(fault), "FaultString"),
        _ => String::new(),
    }
}

/// The exception that says most: the last one thrown, else the last one handled.
fn exception_event(session: &Session) -> Option<EventIndex> {
    let steps = session.steps().iter().rev();
    let thrown = steps.clone().find(|step| is_thrown(step.id));
    thrown.or_else(|| steps.clone().find(|step| is_exception(step.id))).map(|step| step.event)
}

/// `data2` of an exception thrown (`data1` is who throws it), `data1` of one handled,
/// `SerializedException` failing these.
fn exception_text(fields: &Fields) -> String {
    let is_thrown = fields.iter().any(|(name, _)| name.eq_ignore_ascii_case("data2"));
    let text = field(fields, if is_thrown { "data2" } else { "data1" });
    if text.trim().is_empty() { field(fields, "SerializedException") } else { text }
}

/// Whether an exception comes from the call to the worker, not from duplicating the handle
/// (`ServiceActivationException`). The text begins with the type's full name in any language.
fn thrown_by_telling(text: &str) -> bool {
    let type_name = text.trim_start().split([':', '\r', '\n', ' ']).next().unwrap_or_default();
    let name = type_name.rsplit('.').next().unwrap_or_default();
    matches!(name, "TimeoutException" | "ObjectDisposedException" | "EndpointNotFoundException")
        || name.starts_with("Communication")
}
