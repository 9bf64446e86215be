//! Walks the records of one buffer. The first pass, a scan and a re-read all come through here, so
//! that they agree on what is a record, in damaged buffers too.

use std::ops::Range;

use super::event::{decode, decode_usual, frame, is_usual, strict_frame_of, usual_frame};
use super::raw::WmiBufferHeader;
use crate::error::ErrorKind;
use crate::record::{HeaderKind, Record};
use crate::time::Clock;

/// Bytes of a buffer's header; its first record follows.
pub(crate) const HEADER_BYTES: usize = size_of::<WmiBufferHeader>();

/// Records begin at multiples of this from the start of their buffer.
pub(crate) const ALIGNMENT: usize = 8;

/// How many records in a row must make sense before a place inside a damaged buffer is believed.
const CHAIN: usize = 3;

/// How much fill must be seen to end a chain. Bounded, so that a hostile buffer cannot make the
/// search for a chain read the rest of the buffer again and again.
const FILL_SEEN_BYTES: usize = 64;

/// What the records of a buffer cannot say themselves.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Context {
    /// Absolute file offset of the buffer.
    pub offset: u64,
    /// Whether the buffer is compressed: then its records have no offset of their own.
    pub compressed: bool,
    /// Processor whose buffer it is.
    pub cpu: u16,
    /// For the records of a later session in the same file: its clock, and that of the first, in
    /// whose ticks all are given.
    pub rebase: Option<(Clock, Clock)>,
    /// Ticks for records without a time before any that has one.
    pub start_ticks: i64,
}

impl Context {
    /// Absolute file offset of the record at `at`.
    #[inline(always)]
    fn offset_of(&self, at: usize) -> u64 {
        if self.compressed { self.offset } else { self.offset + at as u64 }
    }

    /// The record at `at`, not yet decoded.
    #[inline(always)]
    fn undecoded<'a>(&self, kind: HeaderKind, raw: &'a [u8], at: usize) -> Record<'a> {
        Record::undecoded(kind, raw, self.offset_of(at), self.cpu)
    }

    /// Decodes a record; the answer says whether it had a time.
    #[inline(always)]
    fn decode(&self, record: &mut Record<'_>) -> bool {
        let timed = decode(record);
        if let Some((from, to)) = &self.rebase {
            record.ticks = from.rebase(to, record.ticks);
        }
        timed
    }
}

impl Context {
    /// The time that a record without one takes from those before it.
    pub fn ticks_before(&self, bytes: &[u8], before: usize) -> i64 {
        struct Last {
            ticks: i64,
            before: usize,
        }
        impl Visitor for Last {
            fn record(&mut self, record: &Record<'_>, at: usize) {
                if at < self.before {
                    self.ticks = record.ticks;
                }
            }
            fn skipped(&mut self, _: Range<usize>, _: ErrorKind, _: &'static str) {}
        }
        let mut last = Last { ticks: self.start_ticks, before };
        walk(bytes, self, &mut last);
        last.ticks
    }
}

/// Takes what a walk finds, in order. Positions count from the start of the buffer.
pub(crate) trait Visitor {
    /// A record.
    fn record(&mut self, record: &Record<'_>, at: usize);
    /// Bytes that are no record and should be.
    fn skipped(&mut self, range: Range<usize>, kind: ErrorKind, message: &'static str);
}

/// The bytes of a walk by what they are; together they are the bytes after the buffer header.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub(crate) struct Tally {
    pub records_bytes: u64,
    pub fill_bytes: u64,
    pub skipped_bytes: u64,
}

/// How far a walk has come.
struct Place {
    at: usize,
    /// For a record without a time: that of the last that has one.
    ticks: i64,
    tally: Tally,
}

impl Place {
    /// Goes on to `at`, over records of so many bytes.
    fn advance(&mut self, at: usize, ticks: i64, records_bytes: usize) {
        self.tally.records_bytes += records_bytes as u64;
        self.tally.fill_bytes += (at - self.at - records_bytes) as u64;
        (self.at, self.ticks) = (at, ticks);
    }
}

/// Walks the records in `bytes`, a buffer from its header to the end of its valid data.
pub(crate) fn walk<V: Visitor>(bytes: &[u8], context: &Context, visitor: &mut V) -> Tally {
    let mut place = Place { at: HEADER_BYTES, ticks: context.start_ticks, tally: Tally::default() };
    loop {
        if context.rebase.is_none() {
            usual(bytes, context, visitor, &mut place);
        }
        if !others(bytes, context, visitor, &mut place) {
            return place.tally;
        }
    }
}

/// Walks on as long as a record and what follows it are usual, which a file is nearly whole. Apart
/// from the rest and without a call, so that all of it stays in registers, of which WebAssembly has
/// few.
#[inline(never)]
fn usual<V: Visitor>(bytes: &[u8], context: &Context, visitor: &mut V, place: &mut Place) {
    let mut rest = bytes.get(place.at..).unwrap_or_default();
    let Some(mut raw) = usual_frame(rest) else { return };
    let (mut ticks, mut records_bytes) = (place.ticks, 0);
    while let Some(following) = rest.get(aligned(raw.len())..)
        && let Some(following_raw) = usual_frame(following)
    {
        let at = bytes.len() - rest.len();
        let Some(record) = decode_usual(raw, context.offset_of(at), context.cpu) else { break };
        ticks = record.ticks;
        visitor.record(&record, at);
        records_bytes += raw.len();
        (rest, raw) = (following, following_raw);
    }
    place.advance(bytes.len() - rest.len(), ticks, records_bytes);
}

/// Bytes that a record takes with the padding after it.
const fn aligned(size: usize) -> usize {
    (size + ALIGNMENT - 1) & !(ALIGNMENT - 1)
}

/// Walks the next record, whatever it is, and those after it that are not usual, or what is none and
/// should be. `false` at the end.
#[inline(never)]
fn others<V: Visitor>(bytes: &[u8], context: &Context, visitor: &mut V, place: &mut Place) -> bool {
    // What a call may change cannot stay in registers, so these are apart.
    let (mut at, mut ticks, mut records_bytes) = (place.at, place.ticks, 0);
    let mut current = frame(bytes, at);
    let mut swallowed = None;
    while let Some((kind, raw)) = current {
        let next = at + aligned(raw.len());
        current = frame(bytes, next);
        if current.is_none() && next < bytes.len() {
            swallowed = overlong(bytes, at, next);
            if swallowed.is_some() {
                break;
            }
        }
        let mut record = context.undecoded(kind, raw, at);
        if context.decode(&mut record) {
            ticks = record.ticks;
        } else {
            record.ticks = ticks;
        }
        visitor.record(&record, at);
        records_bytes += raw.len();
        at = next.min(bytes.len());
        if context.rebase.is_none() && current.is_some_and(|(kind, _)| is_usual(kind)) {
            break;
        }
    }
    place.advance(at, ticks, records_bytes);
    if let Some(resumed) = swallowed {
        // A damaged size swallowed the records after it.
        place.tally.skipped_bytes += (resumed - at) as u64;
        visitor.skipped(at..resumed, ErrorKind::BadRecord, "A record's size cannot be right");
        place.at = resumed;
        return true;
    }
    if current.is_none() && at < bytes.len() {
        place.at = gap(bytes, at, &mut place.tally, visitor);
    }
    at < bytes.len()
}

/// Hands on the one record at `at`, without walking what comes before, if it begins there, and
/// whether it has a time of its own.
pub(crate) fn at<R>(
    bytes: &[u8],
    context: &Context,
    at: usize,
    f: impl FnOnce(&mut Record<'_>, bool) -> R,
) -> Option<R> {
    let (kind, raw) = frame(bytes, at)?;
    let mut record = context.undecoded(kind, raw, at);
    let timed = context.decode(&mut record);
    Some(f(&mut record, timed))
}

/// Whether a believable chain of records begins at `at`.
pub(crate) fn is_chain(bytes: &[u8], mut at: usize) -> bool {
    for _ in 0..CHAIN {
        let rest = bytes.get(at..).unwrap_or_default();
        let Some((_, size)) =
            rest.first_chunk::<8>().and_then(|head| strict_frame_of(*head, rest.len()))
        else {
            return false;
        };
        at += size.next_multiple_of(ALIGNMENT);
        let fill = at..bytes.len().min(at + FILL_SEEN_BYTES);
        if at >= bytes.len() || is_fill(bytes.get(fill).unwrap_or_default()) {
            return true;
        }
    }
    true
}

/// If the record at `at` is followed by nonsense at `next` and a chain begins inside it: where.
#[cold]
#[inline(never)]
fn overlong(bytes: &[u8], at: usize, next: usize) -> Option<usize> {
    if is_fill(bytes.get(next..)?) {
        return None;
    }
    (at + ALIGNMENT..next).step_by(ALIGNMENT).find(|&at| is_chain(bytes, at))
}

/// Steps over what is no record, from `start` to the next chain or the end, and accounts for it.
/// Gives where to go on.
#[cold]
#[inline(never)]
fn gap<V: Visitor>(bytes: &[u8], start: usize, tally: &mut Tally, visitor: &mut V) -> usize {
    let rest = bytes.get(start..).unwrap_or_default();
    if is_fill(rest) {
        tally.fill_bytes += rest.len() as u64;
        return bytes.len();
    }
    let end = (start..bytes.len())
        .step_by(ALIGNMENT)
        .find(|&at| is_chain(bytes, at))
        .unwrap_or(bytes.len());
    let skipped = start..end;
    if is_fill(bytes.get(skipped.clone()).unwrap_or_default()) {
        // Reserved and never written.
        tally.fill_bytes += skipped.len() as u64;
    } else {
        tally.skipped_bytes += skipped.len() as u64;
        visitor.skipped(skipped, ErrorKind::BadRecord, "No record begins here");
    }
    end
}

/// What Windows writes after the last record of a buffer.
pub(crate) fn is_fill(bytes: &[u8]) -> bool {
    bytes.iter().all(|&byte| byte == 0xff)
}
