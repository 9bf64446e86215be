//! One record: from the bytes of a buffer to a [`Record`].

use std::hint::cold_path;

use zerocopy::FromBytes as _;

use super::group::class_of;
use super::raw::{
    CompactTraceHeader, EVENT_HEADER_FLAG_EXTENDED_INFO, EventHeader, EventInstanceGuidHeader,
    EventTraceHeader, ExtendedItemHeader, MessageTraceHeader, PerfInfoTraceHeader, RecordHead,
    SystemTraceHeader, message_flag, perfinfo_version,
};
use crate::guid::Guid;
use crate::record::{Extended, HeaderKind, Record};

/// Kind and bytes of the record that begins at `at`, if there is one that fits before the end of
/// `bytes` and is large enough for its own header.
#[inline(always)]
pub(crate) fn frame(bytes: &[u8], at: usize) -> Option<(HeaderKind, &[u8])> {
    let rest = bytes.get(at..)?;
    let (kind, size) = frame_of(*rest.first_chunk::<8>()?, rest.len())?;
    Some((kind, rest.get(..size)?))
}

/// The record that begins `bytes`, if it fits and has a header that [`decode_usual`] knows: that of
/// most records. For others `None`, which says nothing of them.
///
/// A walk waits for the size to know where the next record begins. So where it stands is branched
/// on, which can be guessed, not computed.
#[inline(always)]
pub(crate) fn usual_frame(bytes: &[u8]) -> Option<&[u8]> {
    let (head, _) = RecordHead::ref_from_prefix(bytes).ok()?;
    let (size, header_bytes) = match Usual::of(head)?.0 {
        Usual::Event => (head.first.get(), size_of::<EventHeader>()),
        Usual::PerfInfo => (head.third.get(), size_of::<PerfInfoTraceHeader>()),
        Usual::System => (head.third.get(), size_of::<SystemTraceHeader>()),
        Usual::Compact => (head.third.get(), size_of::<CompactTraceHeader>()),
    };
    bytes.get(..usize::from(size)).filter(|raw| raw.len() >= header_bytes)
}

/// Whether a record of a kind may be one of [`usual_frame`].
#[inline]
pub(crate) const fn is_usual(kind: HeaderKind) -> bool {
    matches!(
        kind,
        HeaderKind::Event32
            | HeaderKind::Event64
            | HeaderKind::PerfInfo32
            | HeaderKind::PerfInfo64
            | HeaderKind::System32
            | HeaderKind::System64
            | HeaderKind::Compact32
            | HeaderKind::Compact64
    )
}

/// What most records are.
#[derive(Clone, Copy)]
enum Usual {
    Event,
    PerfInfo,
    System,
    Compact,
}

impl Usual {
    /// What a record is, and whether its data is 64-bit.
    ///
    /// By pairs, of 32-bit and 64-bit data: a `match` of single markers would become a table to jump
    /// through, which costs more than two branches.
    #[inline(always)]
    fn of(head: &RecordHead) -> Option<(Self, bool)> {
        const EVENT32: u16 = 0xc000 | HeaderKind::Event32 as u16;
        const PERFINFO32: u16 = 0xc000 | HeaderKind::PerfInfo32 as u16;
        const SYSTEM64: u16 = 0xc000 | HeaderKind::System64 as u16;
        const COMPACT64: u16 = 0xc000 | HeaderKind::Compact64 as u16;
        let marker = head.marker.get();
        let odd = marker & 1 != 0;
        let (from_even, from_odd) = (marker & !1, marker.wrapping_add(1) & !1);
        if from_even == EVENT32 {
            Some((Self::Event, odd))
        } else if from_even == PERFINFO32 {
            Some((Self::PerfInfo, odd))
        } else if from_odd == SYSTEM64 {
            Some((Self::System, !odd))
        } else if from_odd == COMPACT64 {
            Some((Self::Compact, !odd))
        } else {
            None
        }
    }
}

/// Decodes a record that [`usual_frame`] found. All of them have a time.
#[inline(always)]
pub(crate) fn decode_usual(raw: &[u8], offset: u64, cpu: u16) -> Option<Record<'_>> {
    let (head, _) = RecordHead::ref_from_prefix(raw).ok()?;
    let (usual, is_64) = Usual::of(head)?;
    let mut record = Record::undecoded(HeaderKind::Event64, raw, offset, cpu);
    match usual {
        Usual::Event => {
            record.kind = if is_64 { HeaderKind::Event64 } else { HeaderKind::Event32 };
            event(&mut record)?;
        }
        Usual::PerfInfo => {
            record.kind = if is_64 { HeaderKind::PerfInfo64 } else { HeaderKind::PerfInfo32 };
            perfinfo(&mut record)?;
        }
        Usual::System => {
            record.kind = if is_64 { HeaderKind::System64 } else { HeaderKind::System32 };
            system(&mut record)?;
        }
        Usual::Compact => {
            record.kind = if is_64 { HeaderKind::Compact64 } else { HeaderKind::Compact32 };
            compact(&mut record)?;
        }
    }
    Some(record)
}

/// Kind and size of the record that begins with `head`, if it fits in `room_bytes`.
#[inline]
pub(crate) fn frame_of(head: [u8; 8], room_bytes: usize) -> Option<(HeaderKind, usize)> {
    let head = u64::from_le_bytes(head);
    let flags = (head >> 24) as u8;
    let header_type = if flags & 0xc0 == 0xc0 {
        (head >> 16) as u8
    } else if flags & 0xd0 == 0x90 {
        HeaderKind::Message as u8
    } else {
        return None;
    };
    let framing = FRAMINGS.get(usize::from(header_type))?.as_ref()?;
    let size = ((head >> framing.size_shift) & 0xffff) as usize;
    if size < usize::from(framing.header_bytes) || size > room_bytes {
        cold_path();
        return None;
    }
    Some((framing.kind, size))
}

/// What [`frame_of`] needs to know of a header type.
#[derive(Clone, Copy)]
struct Framing {
    kind: HeaderKind,
    header_bytes: u8,
    /// How far right the size is to be shifted out of the first 8 bytes.
    size_shift: u8,
}

/// By header type.
static FRAMINGS: [Option<Framing>; 0x16] = {
    let mut framings = [None; 0x16];
    let mut header_type = 0;
    while header_type < framings.len() {
        if let Some(kind) = kind_of(header_type as u8) {
            // Headers are shorter than 256 bytes.
            let header_bytes = header_bytes(kind) as u8;
            let size_shift = if has_version_first(kind) { 32 } else { 0 };
            framings[header_type] = Some(Framing { kind, header_bytes, size_shift });
        }
        header_type += 1;
    }
    framings
};

/// Like [`frame_of`], for a place that may hold anything: the marker must be one that real traces
/// have, where other flag bits and a type in messages never occur.
pub(crate) fn strict_frame_of(head: [u8; 8], room_bytes: usize) -> Option<(HeaderKind, usize)> {
    let [_, _, header_type, flags, ..] = head;
    if flags == 0xc0 || (flags, header_type) == (0x90, 0) {
        frame_of(head, room_bytes)
    } else {
        None
    }
}

const fn kind_of(header_type: u8) -> Option<HeaderKind> {
    Some(match header_type {
        0x01 => HeaderKind::System32,
        0x02 => HeaderKind::System64,
        0x03 => HeaderKind::Compact32,
        0x04 => HeaderKind::Compact64,
        0x0a => HeaderKind::Full32,
        0x0b => HeaderKind::Instance32,
        0x0c => HeaderKind::Timed,
        0x0d => HeaderKind::Error,
        0x0e => HeaderKind::Wnode,
        0x0f => HeaderKind::Message,
        0x10 => HeaderKind::PerfInfo32,
        0x11 => HeaderKind::PerfInfo64,
        0x12 => HeaderKind::Event32,
        0x13 => HeaderKind::Event64,
        0x14 => HeaderKind::Full64,
        0x15 => HeaderKind::Instance64,
        _ => return None,
    })
}

/// Whether the header begins with a version and has its size at offset 4.
const fn has_version_first(kind: HeaderKind) -> bool {
    matches!(
        kind,
        HeaderKind::System32
            | HeaderKind::System64
            | HeaderKind::Compact32
            | HeaderKind::Compact64
            | HeaderKind::PerfInfo32
            | HeaderKind::PerfInfo64
    )
}

#[inline]
const fn header_bytes(kind: HeaderKind) -> usize {
    match kind {
        HeaderKind::System32 | HeaderKind::System64 => size_of::<SystemTraceHeader>(),
        HeaderKind::Compact32 | HeaderKind::Compact64 => size_of::<CompactTraceHeader>(),
        HeaderKind::PerfInfo32 | HeaderKind::PerfInfo64 => size_of::<PerfInfoTraceHeader>(),
        HeaderKind::Full32 | HeaderKind::Full64 => size_of::<EventTraceHeader>(),
        HeaderKind::Instance32 | HeaderKind::Instance64 => size_of::<EventInstanceGuidHeader>(),
        HeaderKind::Event32 | HeaderKind::Event64 => size_of::<EventHeader>(),
        HeaderKind::Message
        | HeaderKind::Timed
        | HeaderKind::Error
        | HeaderKind::Wnode
        | HeaderKind::Export => size_of::<MessageTraceHeader>(),
    }
}

/// Decodes the header of a record, in place: to copy what was just written in pieces waits for all
/// of it. The answer is whether its header had a time; without one `ticks` is 0.
#[inline]
pub(crate) fn decode(record: &mut Record<'_>) -> bool {
    let timed = match record.kind {
        HeaderKind::Event32 | HeaderKind::Event64 => event(record),
        HeaderKind::PerfInfo32 | HeaderKind::PerfInfo64 => perfinfo(record),
        HeaderKind::System32 | HeaderKind::System64 => system(record),
        HeaderKind::Compact32 | HeaderKind::Compact64 => compact(record),
        HeaderKind::Full32 | HeaderKind::Full64 => full(record, size_of::<EventTraceHeader>()),
        HeaderKind::Instance32 | HeaderKind::Instance64 => {
            full(record, size_of::<EventInstanceGuidHeader>())
        }
        HeaderKind::Message => message(record),
        HeaderKind::Timed | HeaderKind::Error | HeaderKind::Wnode | HeaderKind::Export => {
            record.payload = record.raw.get(header_bytes(record.kind)..).unwrap_or_default();
            None
        }
    };
    timed.is_some()
}

/// Each of the following fills in what its header knows, and gives `None` without a time.
#[inline(always)]
fn event(record: &mut Record<'_>) -> Option<()> {
    let (header, rest) = EventHeader::ref_from_prefix(record.raw).ok()?;
    record.ticks = header.time_stamp.get();
    record.pid = header.process_id.get();
    record.tid = header.thread_id.get();
    record.provider = Guid(header.provider_id);
    record.id = header.descriptor.id.get();
    record.version = header.descriptor.version;
    record.channel = header.descriptor.channel;
    record.level = header.descriptor.level;
    record.opcode = header.descriptor.opcode;
    record.task = header.descriptor.task.get();
    record.keywords = header.descriptor.keyword.get();
    record.flags = header.flags.get();
    record.property = header.event_property.get();
    record.kernel_time = header.kernel_time.get();
    record.user_time = header.user_time.get();
    record.activity = Guid(header.activity_id);
    if record.flags & EVENT_HEADER_FLAG_EXTENDED_INFO == 0 {
        record.payload = rest;
    } else {
        let (extended, payload) =
            rest.split_at_checked(extended_bytes(rest)).unwrap_or((rest, &[]));
        record.extended = Extended::new(extended);
        record.payload = payload;
    }
    Some(())
}

/// How many bytes the chain of extended items takes. A chain that breaks off takes them all: where
/// the payload begins is then unknown.
#[inline]
fn extended_bytes(rest: &[u8]) -> usize {
    let mut at = 0;
    loop {
        let Some((item, _)) =
            rest.get(at..).and_then(|item| ExtendedItemHeader::ref_from_prefix(item).ok())
        else {
            return rest.len();
        };
        let total_bytes = usize::from(item.total_size.get());
        if total_bytes < size_of::<ExtendedItemHeader>() {
            return rest.len();
        }
        at += total_bytes;
        if item.linkage.get() & 1 == 0 {
            return at.min(rest.len());
        }
    }
}

#[inline(always)]
fn compact(record: &mut Record<'_>) -> Option<()> {
    let (header, rest) = CompactTraceHeader::ref_from_prefix(record.raw).ok()?;
    record.ticks = header.system_time.get();
    record.pid = header.process_id.get();
    record.tid = header.thread_id.get();
    record.provider = class_of(header.hook_group, header.hook_type);
    record.opcode = header.hook_type;
    record.version = header.version.get() as u8;
    record.payload = rest;
    Some(())
}

#[inline(always)]
fn system(record: &mut Record<'_>) -> Option<()> {
    compact(record)?;
    let (header, rest) = SystemTraceHeader::ref_from_prefix(record.raw).ok()?;
    record.kernel_time = header.kernel_time.get();
    record.user_time = header.user_time.get();
    record.payload = rest;
    Some(())
}

#[inline(always)]
fn perfinfo(record: &mut Record<'_>) -> Option<()> {
    let (header, rest) = PerfInfoTraceHeader::ref_from_prefix(record.raw).ok()?;
    let version = header.version.get();
    record.ticks = header.system_time.get();
    record.provider = class_of(header.hook_group, header.hook_type);
    record.opcode = header.hook_type;
    record.version = version as u8;
    record.payload = rest;
    if version & (perfinfo_version::PMC_COUNT | perfinfo_version::PEBS_INDEX) != 0 {
        cold_path();
        let counters = (version & perfinfo_version::PMC_COUNT) >> perfinfo_version::PMC_COUNT_SHIFT;
        let index = u16::from(version & perfinfo_version::PEBS_INDEX != 0);
        record.payload = rest.get(usize::from(counters + index) * 8..).unwrap_or_default();
    }
    Some(())
}

#[inline]
fn full(record: &mut Record<'_>, header_bytes: usize) -> Option<()> {
    let (header, _) = EventTraceHeader::ref_from_prefix(record.raw).ok()?;
    record.ticks = header.time_stamp.get();
    record.pid = header.process_id.get();
    record.tid = header.thread_id.get();
    record.provider = Guid(header.guid);
    record.opcode = header.class_type;
    record.level = header.class_level;
    record.version = header.class_version.get() as u8;
    record.kernel_time = header.kernel_time.get();
    record.user_time = header.user_time.get();
    record.payload = record.raw.get(header_bytes..).unwrap_or_default();
    Some(())
}

/// WPP: what follows the header depends on its option flags. A component id stands in the first
/// part of the provider GUID, the rest zero.
#[inline(never)]
fn message(record: &mut Record<'_>) -> Option<()> {
    let (header, mut rest) = MessageTraceHeader::ref_from_prefix(record.raw).ok()?;
    let flags = header.option_flags.get();
    record.id = header.message_number.get();
    record.flags = flags;
    let mut timed = None;
    let mut read = || {
        if flags & message_flag::SEQUENCE != 0 {
            take::<4>(&mut rest)?;
        }
        if flags & message_flag::COMPONENT_ID != 0 {
            let component = u32::from_le_bytes(take(&mut rest)?);
            record.provider = Guid::from_parts(component, 0, 0, [0; 8]);
        } else if flags & message_flag::GUID != 0 {
            record.provider = Guid(take(&mut rest)?);
        }
        if flags & (message_flag::TIMESTAMP | message_flag::PERFORMANCE_TIMESTAMP) != 0 {
            record.ticks = i64::from_le_bytes(take(&mut rest)?);
            timed = Some(());
        }
        if flags & message_flag::SYSTEMINFO != 0 {
            record.tid = u32::from_le_bytes(take(&mut rest)?);
            record.pid = u32::from_le_bytes(take(&mut rest)?);
        }
        Some(())
    };
    // What is missing at the end of a short record stays unknown.
    let whole = read();
    record.payload = if whole.is_some() { rest } else { &[] };
    timed
}

fn take<const N: usize>(rest: &mut &[u8]) -> Option<[u8; N]> {
    let (taken, tail) = rest.split_first_chunk::<N>()?;
    *rest = tail;
    Some(*taken)
}
