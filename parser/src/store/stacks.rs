//! The stack of an event: its own, or those that the kernel logs beside it, with the images its
//! addresses lie in.
//!
//! A StackWalk record names its event by time stamp and thread. It follows its event; the part of
//! user mode may follow later, when the thread is about to return there. Instead of addresses it may
//! hold a key, which another record, later still, gives addresses.

use super::directory::Seen;
use super::trace::Trace;
use crate::guid::Guid;
use crate::limits::{MAX_STACK_READS, MAX_STACK_ROWS};
use crate::record::{Record, ext_type};
use crate::source::ReadAt;
use crate::view::{EventIndex, Frame};

/// `StackWalk`.
const STACK_WALK: Guid =
    Guid::from_parts(0xdef2_fe46, 0x7bd6, 0x4b80, [0xbd, 0x94, 0xf5, 0x7f, 0xe2, 0x0d, 0x0c, 0xe3]);
/// Addresses of a stack.
const STACK: u8 = 32;
/// Addresses of a key.
const DEFINITIONS: std::ops::RangeInclusive<u8> = 34..=36;
/// A key in place of addresses.
const KEYS: std::ops::RangeInclusive<u8> = 37..=38;

/// An event has a stack of the kernel and one of user mode at most.
const MOST_STACKS: usize = 2;

/// How long after its event a stack is looked for: 1 s.
const LONGEST_WAIT: i64 = 10_000_000;

/// What an event itself says of its stack.
pub(super) struct OwnStack {
    ticks: i64,
    addresses: Vec<u64>,
    keys: Vec<u64>,
    /// Whether other records may hold it.
    may_follow: bool,
}

/// What a StackWalk record holds.
enum Walked {
    Addresses(Vec<u64>),
    Key(u64),
}

impl OwnStack {
    pub fn of(seen: &Seen<'_>) -> Self {
        let record = seen.record;
        let mut own = Self {
            ticks: record.ticks,
            addresses: seen.stack(),
            keys: Vec::new(),
            may_follow: seen.body.is_none() && record.provider != STACK_WALK,
        };
        for item in record.extended {
            // A match id, then the key.
            let key = item.data.get(8..).unwrap_or_default();
            match item.item_type {
                ext_type::STACK_KEY64 => own.keys.extend(word(key, 8)),
                ext_type::STACK_KEY32 => own.keys.extend(word(key, 4)),
                _ => {}
            }
        }
        match walked(record) {
            Some((_, _, Walked::Addresses(addresses))) => own.addresses = addresses,
            Some((_, _, Walked::Key(key))) => own.keys.push(key),
            None => {}
        }
        own
    }
}

/// A little-endian number of 4 or 8 bytes at the beginning.
fn word(bytes: &[u8], width: usize) -> Option<u64> {
    match width {
        4 => bytes.first_chunk().map(|word| u32::from_le_bytes(*word).into()),
        _ => bytes.first_chunk().map(|word| u64::from_le_bytes(*word)),
    }
}

/// Numbers as wide as a pointer, to the end.
fn words(bytes: &[u8], width: usize) -> Vec<u64> {
    bytes.chunks_exact(width.max(1)).filter_map(|bytes| word(bytes, width)).collect()
}

/// Time stamp and thread of the event whose stack a record holds, and the stack.
fn walked(record: &Record<'_>) -> Option<(i64, u32, Walked)> {
    if record.provider != STACK_WALK {
        return None;
    }
    let ticks = word(record.payload, 8)?.cast_signed();
    let thread = u32::from_le_bytes(*record.payload.get(12..)?.first_chunk()?);
    let rest = record.payload.get(16..)?;
    let width = usize::from(record.kind.pointer_bytes());
    match record.opcode {
        STACK => Some((ticks, thread, Walked::Addresses(words(rest, width)))),
        opcode if KEYS.contains(&opcode) => Some((ticks, thread, Walked::Key(word(rest, width)?))),
        _ => None,
    }
}

/// The key a record defines, and its addresses.
fn defined(record: &Record<'_>) -> Option<(u64, Vec<u64>)> {
    let width = usize::from(record.kind.pointer_bytes());
    let is_definition = record.provider == STACK_WALK && DEFINITIONS.contains(&record.opcode);
    let key = word(record.payload, width).filter(|_| is_definition)?;
    Some((key, words(record.payload.get(width..)?, width)))
}

impl Trace {
    /// The stack of an event, innermost frame first.
    pub(super) fn stack(
        &self,
        event: EventIndex,
        own: OwnStack,
        source: &dyn ReadAt,
    ) -> Vec<Frame> {
        let mut addresses = own.addresses;
        let mut keys = own.keys;
        if own.may_follow && addresses.is_empty() && keys.is_empty() {
            for walked in self.walked_after(event, own.ticks, source) {
                match walked {
                    Walked::Addresses(more) => addresses.extend(more),
                    Walked::Key(key) => keys.push(key),
                }
            }
        }
        for key in keys {
            addresses.extend(self.definition(event, key, source).unwrap_or_default());
        }
        let (time, pid) = (self.time(event), self.thread(event).0);
        let frame = |address| match self.system().image(pid, address, time) {
            Some(image) => {
                let module = image.name().to_owned();
                Frame { address, module, offset: address - image.base }
            }
            None => Frame { address, module: String::new(), offset: 0 },
        };
        addresses.into_iter().map(frame).collect()
    }

    /// Keys whose events satisfy a test of their type, when they are stacks.
    fn stack_keys(&self, is_wanted: impl Fn(u8) -> bool) -> Vec<bool> {
        let of = |key: &super::Key| key.event.provider == STACK_WALK && is_wanted(key.event.opcode);
        self.keys().iter().map(of).collect()
    }

    /// What StackWalk records hold of an event.
    fn walked_after(&self, event: EventIndex, ticks: i64, source: &dyn ReadAt) -> Vec<Walked> {
        let stacks = self.stack_keys(|opcode| opcode == STACK || KEYS.contains(&opcode));
        if stacks.iter().all(|is_stack| !is_stack) {
            return Vec::new();
        }
        let (tid, latest) = (self.thread(event).1, self.time(event).saturating_add(LONGEST_WAIT));
        let end = self.len().min(event.saturating_add(MAX_STACK_ROWS));
        let mut found = Vec::new();
        let mut reads = 0;
        for other in event.saturating_add(1)..end {
            if stacks.get(self.key_id(other) as usize) != Some(&true) {
                continue;
            }
            reads += 1;
            if reads > MAX_STACK_READS || self.time(other) > latest {
                break;
            }
            let walked = self.read(other, source, |seen| walked(seen.record));
            if let Ok(Some((of_ticks, of_thread, stack))) = walked
                && of_ticks == ticks
                && tid.is_none_or(|tid| tid == of_thread)
            {
                found.push(stack);
                if found.len() == MOST_STACKS {
                    break;
                }
            }
        }
        found
    }

    /// The addresses of a key: defined after the event, most likely at the end of the trace.
    fn definition(&self, event: EventIndex, key: u64, source: &dyn ReadAt) -> Option<Vec<u64>> {
        let definitions = self.stack_keys(|opcode| DEFINITIONS.contains(&opcode));
        let is_one =
            |other: &EventIndex| definitions.get(self.key_id(*other) as usize) == Some(&true);
        let read = |other| self.read(other, source, |seen| defined(seen.record)).ok().flatten();
        let of_key = |other| read(other).filter(|(of, _)| *of == key).map(|(_, stack)| stack);
        let after = (event..self.len()).filter(is_one).take(MAX_STACK_READS);
        let before_end = (event..self.len()).rev().filter(is_one).take(MAX_STACK_READS);
        after.chain(before_end).find_map(of_key)
    }
}
