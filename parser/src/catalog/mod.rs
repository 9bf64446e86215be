//! What is built in about one provider: *Microsoft-Windows-Application Server-Applications*,
//! with which WCF, Workflow Foundation and the activation services of .NET Framework trace.
//!
//! The tables beside this file hold facts of the provider's manifest (ids, levels, tasks,
//! keywords, payload fields) as Windows machines have them registered, and messages in our own
//! words. `build.rs` turns them into statics.

mod locale;
mod message;
mod names;
#[cfg(test)]
mod tests;

use std::sync::OnceLock;

pub use locale::{LOCALES, best_locale};
pub use message::{level_name, message};
pub use names::{CHANNELS, KEYWORDS, channel_name, keyword_names, opcode_name, task_name};

use crate::guid::Guid;

/// The statics `build.rs` makes of the tables.
mod table {
    use super::{CatalogEvent, CatalogField, InType};

    include!(concat!(env!("OUT_DIR"), "/catalog.rs"));

    pub(super) static EVENTS: &[CatalogEvent] = EVENT_TABLE;
    pub(super) static TASKS: &[(u16, &str)] = TASK_NAMES;
    pub(super) static OPCODES: &[(u16, u8, &str)] = OPCODE_NAMES;
    pub(super) static KEYWORDS: &[(u64, &str, &str)] = KEYWORD_NAMES;
    pub(super) static CHANNELS: &[(u8, u64, &str)] = CHANNEL_NAMES;
    pub(super) static LOCALES: [&str; 14] = LOCALE_TAGS;
    pub(super) static LEVELS: [[&str; 6]; 14] = LEVEL_NAMES;
    pub(super) static TEXTS: [&[(u16, &str)]; 14] = MESSAGES;
}

/// The provider's registered GUID.
pub const PROVIDER: Guid =
    Guid::from_parts(0xc651_f5f6, 0x1c0d, 0x492e, [0x8a, 0xe1, 0xb4, 0xef, 0xd7, 0xc9, 0xd5, 0x03]);

/// The GUID under which `SMSvcHost.exe` writes the same events: its shipped configuration sets
/// it as `etwProviderId`, and no machine has it registered.
pub const SMSVCHOST: Guid =
    Guid::from_parts(0xf188_39f5, 0x27ff, 0x4e66, [0xbd, 0x2d, 0x63, 0x9b, 0x76, 0x8c, 0xf1, 0x8b]);

/// The provider's registered name.
pub const PROVIDER_NAME: &str = "Microsoft-Windows-Application Server-Applications";

/// What is shown as the name of [`SMSVCHOST`], which has none of its own.
pub const SMSVCHOST_NAME: &str = "SMSvcHost";

/// Id of `DispatchSessionFailed`, the event the whole viewer is about.
pub const DISPATCH_SESSION_FAILED: u16 = 4031;

/// Task `ActivationDispatchSession`, to which [`DISPATCH_SESSION_FAILED`] belongs.
pub const TASK_ACTIVATION_DISPATCH_SESSION: u16 = 2500;

/// Input type of a payload field, those this provider uses.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub enum InType {
    /// UTF-16LE up to and including a terminating zero.
    UnicodeString,
    /// 16 bytes.
    Guid,
    /// Signed, 4 bytes.
    Int32,
    /// Signed, 8 bytes.
    Int64,
    /// Unsigned, 8 bytes.
    UInt64,
    /// Unsigned, 1 byte.
    UInt8,
    /// 8 bytes, 100 ns since 1601-01-01 UTC.
    Filetime,
}

impl InType {
    /// The name manifests use.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::UnicodeString => "UnicodeString",
            Self::Guid => "GUID",
            Self::Int32 => "Int32",
            Self::Int64 => "Int64",
            Self::UInt64 => "UInt64",
            Self::UInt8 => "UInt8",
            Self::Filetime => "FILETIME",
        }
    }
}

/// One field of a payload.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct CatalogField {
    /// Its name in the manifest.
    pub name: &'static str,
    /// How it lies in the payload.
    pub in_type: InType,
}

/// One event of the provider.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct CatalogEvent {
    /// Event id.
    pub id: u16,
    /// Version; 0 for all that are known.
    pub version: u8,
    /// The manifest's symbol, shown as the event's name.
    pub symbol: &'static str,
    /// Level.
    pub level: u8,
    /// Opcode.
    pub opcode: u8,
    /// Task, 0 for none.
    pub task: u16,
    /// Keywords as written in the event header: the channel's bit is set.
    pub keywords: u64,
    /// Channel number.
    pub channel: u8,
    /// The payload, in order and without gaps.
    pub fields: &'static [CatalogField],
}

/// All 481 events, by id.
pub static EVENTS: &[CatalogEvent] = table::EVENTS;

/// The event of an id, version and task.
///
/// The task must match because ids collide inside the provider: `System.ServiceModel.Channels`
/// writes 4801 and 4802 with task 2555 (byte stream coding), where the manifest has Discovery
/// events.
#[must_use]
pub fn event(id: u16, version: u8, task: u16) -> Option<&'static CatalogEvent> {
    event_any_task(id).filter(|event| event.version == version && event.task == task)
}

/// The event of an id, for exports that drop version and task. Prefer [`event`].
#[must_use]
pub fn event_any_task(id: u16) -> Option<&'static CatalogEvent> {
    EVENTS.get(place(id)?)
}

/// Where the event of an id stands in [`EVENTS`]. It is asked several times for every event of a
/// trace, so a table of all ids answers.
#[must_use]
pub fn place(id: u16) -> Option<usize> {
    /// By id; one past the end of [`EVENTS`] for ids it lacks.
    static PLACES: OnceLock<Vec<u16>> = OnceLock::new();
    let places = PLACES.get_or_init(|| {
        let last = EVENTS.last().map_or(0, |event| usize::from(event.id));
        let mut places = vec![EVENTS.len() as u16; last + 1];
        // There are 481.
        for (event, place) in EVENTS.iter().zip(0..) {
            if let Some(slot) = places.get_mut(usize::from(event.id)) {
                *slot = place;
            }
        }
        places
    });
    let place = usize::from(*places.get(usize::from(id))?);
    (place < EVENTS.len()).then_some(place)
}

/// Id, version, channel, level, opcode, task and keywords of an event header.
pub type Descriptor = (u16, u8, u8, u8, u8, u16, u64);

/// Whether the events of an unknown provider are the catalog's, written under another GUID (any
/// application may choose one with `etwProviderId`).
///
/// `descriptors` are the distinct event descriptors of the provider. The rule:
/// - an event *agrees* when all seven numbers are those of the catalog; keywords count with the
///   channel's bit, which hardly another provider shares;
/// - an event whose id is the catalog's but another number is not *contradicts*, and one
///   contradiction is enough for no;
/// - an event whose id the catalog lacks says little, as do 4801 and 4802 of task 2555 (see
///   [`event`]) and the EventSource manifest 65534: these may not outnumber those that agree;
/// - one agreeing event with a task is enough, as tasks from 2500 are the provider's own
///   numbers; without a task (the infrastructure events) two are needed.
#[must_use]
pub fn fits(descriptors: impl IntoIterator<Item = Descriptor>) -> bool {
    /// Task of the byte stream encoder's events that collide with Discovery's.
    const TASK_MESSAGE_DECODING: u16 = 2555;
    let (mut with_task, mut without_task, mut unlisted) = (0_u32, 0_u32, 0_u32);
    for (id, version, channel, level, opcode, task, keywords) in descriptors {
        let Some(known) = event_any_task(id) else {
            unlisted = unlisted.saturating_add(1);
            continue;
        };
        if (version, channel, level, opcode, task, keywords)
            == (known.version, known.channel, known.level, known.opcode, known.task, known.keywords)
        {
            let count = if task == 0 { &mut without_task } else { &mut with_task };
            *count = count.saturating_add(1);
        } else if matches!(id, 4801 | 4802) && task == TASK_MESSAGE_DECODING {
            unlisted = unlisted.saturating_add(1);
        } else {
            return false;
        }
    }
    (with_task >= 1 || without_task >= 2) && unlisted <= with_task.saturating_add(without_task)
}
