//! The file formats other than `.etl`, and how any format is recognised.
//!
//! A text export carries names and decoded values where an `.etl` carries numbers and bytes, so
//! its readers yield [`TextEvent`]s to a [`TextSink`]: a [`Record`] for all that has a number,
//! and the names beside it. What an event says beyond that ([`TextBody`]) is read again from the
//! file when somebody looks at it.

pub mod cab;
pub mod container;
pub mod detect;
pub mod json;

use std::borrow::Cow;

use crate::error::Issue;
use crate::record::{Locator, Record};
use crate::value::Decoded;
use crate::view::Message;

/// One event of a text export as it is indexed.
#[derive(Clone, Debug)]
pub struct TextEvent<'a> {
    /// All that has a number. `kind` is [`crate::record::HeaderKind::Export`], `ticks` a FILETIME,
    /// `offset` where the event's text begins, `raw` that text.
    pub record: Record<'a>,
    /// The event id, which some exports write beyond 16 bits.
    pub id: u32,
    /// Provider name; empty when the export has none.
    pub provider: Cow<'a, str>,
    /// Event name where the export has one; empty otherwise.
    pub event: Cow<'a, str>,
    /// Task name; empty when unknown.
    pub task: Cow<'a, str>,
    /// Opcode name; empty when unknown.
    pub opcode: Cow<'a, str>,
    /// Channel name; empty when unknown.
    pub channel: Cow<'a, str>,
    /// Computer that wrote the event; empty when unknown.
    pub computer: Cow<'a, str>,
    /// Related activity id or zero.
    pub related: crate::Guid,
}

/// What one event of a text export says beyond its header.
#[derive(Clone, Debug)]
pub struct TextBody {
    /// The payload.
    pub decoded: Decoded,
    /// The message text of the file, when it has one.
    pub message: Option<Message>,
    /// Names of the keywords; empty when the export has none.
    pub keywords: Vec<String>,
    /// `EventRecordID`, when the export has one.
    pub record_id: Option<u64>,
    /// Related activity id or zero.
    pub related_activity: crate::Guid,
    /// Security identifier of the writer; empty when unknown.
    pub sid: String,
    /// Computer that wrote the event; empty when unknown.
    pub computer: String,
    /// Stack addresses, innermost first.
    pub stack: Vec<u64>,
    /// Members the dialect does not explain, as (path, text), shown with the event.
    pub extra: Vec<(String, String)>,
}

/// Takes what a reader of a text export finds.
pub trait TextSink {
    /// One event, in file order.
    fn event(&mut self, event: &TextEvent<'_>, locator: Locator);

    /// Damage that was stepped over.
    fn issue(&mut self, issue: Issue);
}
