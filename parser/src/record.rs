//! One record as a format reader sees it: borrowed, undecoded, with the names Windows uses.
//!
//! Data flows one way. A reader (`etl`, `formats`) yields [`Record`]s to a [`Sink`]; the sink
//! (`store`) keeps columns and a [`Locator`] and forgets the bytes. To show a record again, the
//! reader re-reads the one buffer that holds it.

use serde::{Deserialize, Serialize};
use zerocopy::{Immutable, IntoBytes};

use crate::error::Issue;
use crate::guid::Guid;

/// The header a record was written with.
///
/// The names are those `etlens stat` prints; the numbers are ETW's header types.
#[derive(
    Clone,
    Copy,
    Debug,
    Eq,
    Hash,
    Immutable,
    IntoBytes,
    Ord,
    PartialEq,
    PartialOrd,
    Serialize,
    Deserialize,
)]
#[repr(u8)]
pub enum HeaderKind {
    /// `SYSTEM_TRACE_HEADER`, 32-bit data.
    System32 = 0x01,
    /// `SYSTEM_TRACE_HEADER`, 64-bit data.
    System64 = 0x02,
    /// `SYSTEM_TRACE_HEADER` without CPU times, 32-bit data.
    Compact32 = 0x03,
    /// `SYSTEM_TRACE_HEADER` without CPU times, 64-bit data.
    Compact64 = 0x04,
    /// `EVENT_TRACE_HEADER`, 32-bit data.
    Full32 = 0x0a,
    /// `EVENT_INSTANCE_GUID_HEADER`, 32-bit data.
    Instance32 = 0x0b,
    /// Obsolete timed record.
    Timed = 0x0c,
    /// Obsolete error record.
    Error = 0x0d,
    /// Obsolete `WNODE_HEADER` record.
    Wnode = 0x0e,
    /// `MESSAGE_TRACE_HEADER` (WPP).
    Message = 0x0f,
    /// `PERFINFO_TRACE_HEADER`, 32-bit data.
    PerfInfo32 = 0x10,
    /// `PERFINFO_TRACE_HEADER`, 64-bit data.
    PerfInfo64 = 0x11,
    /// `EVENT_HEADER`, 32-bit data.
    Event32 = 0x12,
    /// `EVENT_HEADER`, 64-bit data.
    Event64 = 0x13,
    /// `EVENT_TRACE_HEADER`, 64-bit data.
    Full64 = 0x14,
    /// `EVENT_INSTANCE_GUID_HEADER`, 64-bit data.
    Instance64 = 0x15,
    /// One event of a text export (JSON, XML, CSV) or of an event log.
    Export = 0x40,
}

impl HeaderKind {
    /// The name `etlens stat` and the details panel print.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::System32 => "SYSTEM32",
            Self::System64 => "SYSTEM64",
            Self::Compact32 => "COMPACT32",
            Self::Compact64 => "COMPACT64",
            Self::Full32 => "FULL32",
            Self::Instance32 => "INSTANCE32",
            Self::Timed => "TIMED",
            Self::Error => "ERROR",
            Self::Wnode => "WNODE",
            Self::Message => "MESSAGE",
            Self::PerfInfo32 => "PERFINFO32",
            Self::PerfInfo64 => "PERFINFO64",
            Self::Event32 => "EVENT32",
            Self::Event64 => "EVENT64",
            Self::Full64 => "FULL64",
            Self::Instance64 => "INSTANCE64",
            Self::Export => "EXPORT",
        }
    }

    /// Size of a pointer in the payload, in bytes.
    #[must_use]
    pub const fn pointer_bytes(self) -> u8 {
        match self {
            Self::System32
            | Self::Compact32
            | Self::Full32
            | Self::Instance32
            | Self::PerfInfo32
            | Self::Event32 => 4,
            _ => 8,
        }
    }

    /// Whether the provider GUID is a MOF class (or kernel group) GUID and the record has no
    /// event id: its type is the opcode.
    #[must_use]
    pub const fn is_classic(self) -> bool {
        !matches!(self, Self::Event32 | Self::Event64 | Self::Message | Self::Export)
    }
}

/// `EVENT_HEADER_EXTENDED_DATA_ITEM` types (evntcons.h).
pub mod ext_type {
    /// Related activity id: a GUID.
    pub const RELATED_ACTIVITYID: u16 = 1;
    /// Security identifier of the writer.
    pub const SID: u16 = 2;
    /// Terminal session: u32.
    pub const TS_ID: u16 = 3;
    /// `EVENT_EXTENDED_ITEM_INSTANCE`.
    pub const INSTANCE_INFO: u16 = 4;
    /// Stack of 32-bit addresses.
    pub const STACK_TRACE32: u16 = 5;
    /// Stack of 64-bit addresses.
    pub const STACK_TRACE64: u16 = 6;
    /// PEBS index: u64.
    pub const PEBS_INDEX: u16 = 7;
    /// Performance counters: u64 each.
    pub const PMC_COUNTERS: u16 = 8;
    /// Power state manager key.
    pub const PSM_KEY: u16 = 9;
    /// Event key: u64.
    pub const EVENT_KEY: u16 = 10;
    /// TraceLogging metadata of the event.
    pub const EVENT_SCHEMA_TL: u16 = 11;
    /// Provider traits: name, group GUID, decode GUID.
    pub const PROV_TRAITS: u16 = 12;
    /// Process start key: u64.
    pub const PROCESS_START_KEY: u16 = 13;
    /// Control GUID.
    pub const CONTROL_GUID: u16 = 14;
    /// Difference of the performance counter: i64.
    pub const QPC_DELTA: u16 = 15;
    /// Container id.
    pub const CONTAINER_ID: u16 = 16;
    /// Key of a 32-bit stack.
    pub const STACK_KEY32: u16 = 17;
    /// Key of a 64-bit stack.
    pub const STACK_KEY64: u16 = 18;
}

/// One extended item: its type and its bytes without the item header.
#[derive(Clone, Copy, Debug)]
pub struct ExtendedItem<'a> {
    /// One of [`ext_type`].
    pub item_type: u16,
    /// The item's data.
    pub data: &'a [u8],
}

/// The extended items of an `EVENT_HEADER`, still packed as on disk; walking never fails, it
/// stops at the first item that does not fit.
#[derive(Clone, Copy, Debug, Default)]
pub struct Extended<'a> {
    bytes: &'a [u8],
}

impl<'a> Extended<'a> {
    /// Wraps the bytes between the header and the payload.
    #[must_use]
    pub const fn new(bytes: &'a [u8]) -> Self {
        Self { bytes }
    }

    /// Whether there is none.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.bytes.is_empty()
    }

    /// The first item of a type.
    #[must_use]
    pub fn find(self, item_type: u16) -> Option<&'a [u8]> {
        self.into_iter().find(|item| item.item_type == item_type).map(|item| item.data)
    }
}

impl<'a> IntoIterator for Extended<'a> {
    type Item = ExtendedItem<'a>;
    type IntoIter = ExtendedIter<'a>;

    fn into_iter(self) -> ExtendedIter<'a> {
        ExtendedIter { bytes: self.bytes }
    }
}

/// Walks [`Extended`]: u16 size of the item with its 8-byte header, u16 type, u16 linkage,
/// u16 size of the data (evntcons.h; docs/FORMATS.md, "Extended items").
#[derive(Clone, Debug)]
pub struct ExtendedIter<'a> {
    bytes: &'a [u8],
}

impl<'a> Iterator for ExtendedIter<'a> {
    type Item = ExtendedItem<'a>;

    fn next(&mut self) -> Option<ExtendedItem<'a>> {
        let header = self.bytes.first_chunk::<8>()?;
        let word = |i: usize| u16::from_le_bytes([header[i], header[i + 1]]);
        let (total_bytes, item_type, data_bytes) = (word(0), word(2), word(6));
        let data = self.bytes.get(8..8 + usize::from(data_bytes));
        let rest = self.bytes.get(usize::from(total_bytes).max(8)..);
        self.bytes = rest.unwrap_or_default();
        Some(ExtendedItem { item_type, data: data? })
    }
}

/// What a record could not know is this, in `pid` and `tid`: Windows shows −1.
pub const UNKNOWN_ID: u32 = u32::MAX;

/// One record, borrowed from the buffer it was read from.
#[derive(Clone, Copy, Debug)]
pub struct Record<'a> {
    /// Absolute offset of the record in the file; in a compressed buffer, the offset of the
    /// buffer (the record has no place of its own in the file).
    pub offset: u64,
    /// Which header it had.
    pub kind: HeaderKind,
    /// Time in ticks of the trace's clock (raw; see `Clock`).
    pub ticks: i64,
    /// Process id or [`UNKNOWN_ID`].
    pub pid: u32,
    /// Thread id or [`UNKNOWN_ID`].
    pub tid: u32,
    /// Processor whose buffer held it.
    pub cpu: u16,
    /// Provider, or for classic records the MOF class or kernel group.
    pub provider: Guid,
    /// Event id; 0 for classic records, the message number for WPP.
    pub id: u16,
    /// Version of the event.
    pub version: u8,
    /// Channel number.
    pub channel: u8,
    /// Level, 0 to 5 in practice.
    pub level: u8,
    /// Opcode; a classic record's type.
    pub opcode: u8,
    /// Task.
    pub task: u16,
    /// Keyword mask.
    pub keywords: u64,
    /// `EVENT_HEADER.Flags` as on disk (WPP: its option flags).
    pub flags: u16,
    /// `EVENT_HEADER.EventProperty`.
    pub property: u16,
    /// Kernel time, in timer ticks; 0 when the header has none.
    pub kernel_time: u32,
    /// User time, in timer ticks; 0 when the header has none.
    pub user_time: u32,
    /// Activity id or zero.
    pub activity: Guid,
    /// Extended items.
    pub extended: Extended<'a>,
    /// The whole record as in the buffer, header included.
    pub raw: &'a [u8],
    /// The user data.
    pub payload: &'a [u8],
}

impl<'a> Record<'a> {
    /// A record whose bytes are exactly `raw`, at an absolute file offset, before its header is
    /// decoded.
    #[inline(always)]
    #[must_use]
    pub fn undecoded(kind: HeaderKind, raw: &'a [u8], offset: u64, cpu: u16) -> Self {
        Self {
            offset,
            kind,
            ticks: 0,
            pid: UNKNOWN_ID,
            tid: UNKNOWN_ID,
            cpu,
            provider: Guid::ZERO,
            id: 0,
            version: 0,
            channel: 0,
            level: 0,
            opcode: 0,
            task: 0,
            keywords: 0,
            flags: 0,
            property: 0,
            kernel_time: 0,
            user_time: 0,
            activity: Guid::ZERO,
            extended: Extended::default(),
            raw,
            payload: &[],
        }
    }
}

/// Where a record can be found again. Only the reader that issued it knows what it means
/// (for .etl: the position in the inflated stream, in units of 8 bytes).
#[derive(Clone, Copy, Debug, Default, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct Locator(pub u32);

/// Takes what a reader finds.
pub trait Sink {
    /// One record, in file order.
    fn record(&mut self, record: &Record<'_>, locator: Locator);

    /// Damage that was stepped over.
    fn issue(&mut self, issue: Issue);
}
