//! The first pass over a file: chunks in, records out.
//!
//! What is decided about a buffer depends on its bytes alone, never on where a chunk ends: each
//! step says how many bytes it must see, and looks at no more. Whole buffers inside a chunk are
//! walked where they lie; only a buffer that a chunk cuts is copied.

mod part;

use std::ops::Range;

use serde::{Deserialize, Serialize};

use super::accounting::{Accounting, Losses, Sequence};
use super::buffer::{BufferHeader, Format, PEEK_BYTES, Session};
use super::file::{Entry, File, Mark};
use super::header::LogHeader;
use super::raw::buffer_flag;
use super::walk::{self, HEADER_BYTES, Tally, Visitor};
use crate::error::{ErrorKind, Issue};
use crate::limits::{MAX_INFLATED_AT_FIRST_BYTES, MAX_INFLATED_PER_BYTE};
use crate::record::{Record, Sink};
use part::PartStart;
pub use part::{Known, Part};

/// How much of a place where no buffer begins is searched at once.
const SEARCH_BYTES: usize = 64 << 10;

/// How much of a header buffer is looked at for the log header; the record is some 600 bytes.
const LOG_HEADER_BYTES: usize = 4 << 10;

/// Reads a file from its beginning to its end, in chunks.
#[derive(Debug)]
pub struct Reader {
    file_bytes: u64,
    pushed_bytes: u64,
    /// Absolute offset of the next byte to decide about.
    position: u64,
    /// The bytes from `position` on, when a chunk ended inside what a step must see.
    carry: Vec<u8>,
    /// How many bytes the next step must see.
    needed_bytes: usize,
    session: Session,
    lost: Option<LostPlace>,
    file: File,
    next_start: u32,
    accounting: Accounting,
    losses: Losses,
    sequence: Sequence,
    inflated: Vec<u8>,
    /// Bytes inflated so far, failed attempts included.
    inflated_bytes: u64,
    /// Whether a buffer was not inflated because that went too far, or found no room.
    refused: bool,
    /// No buffer is read that begins at or after this offset.
    limit: u64,
    part_start: PartStart,
}

/// A place where a buffer should begin and none does.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
struct LostPlace {
    start: u64,
    all_zero: bool,
}

/// What a step did.
enum Step {
    /// It must see this many bytes.
    Need(usize),
    /// It is done with this many bytes.
    Advance(usize),
}

impl Reader {
    /// A reader of a file of `file_bytes`.
    #[must_use]
    pub fn new(file_bytes: u64) -> Self {
        Self {
            file_bytes,
            pushed_bytes: 0,
            position: 0,
            carry: Vec::new(),
            needed_bytes: 0,
            session: Session::default(),
            lost: None,
            file: File::default(),
            next_start: 0,
            accounting: Accounting::default(),
            losses: Losses::default(),
            sequence: Sequence::default(),
            inflated: Vec::new(),
            inflated_bytes: 0,
            refused: false,
            limit: u64::MAX,
            part_start: PartStart::None,
        }
    }

    /// Takes the next chunk of the file, of any size.
    pub fn push<S: Sink>(&mut self, chunk: &[u8], sink: &mut S) {
        self.pushed_bytes += chunk.len() as u64;
        let mut used = 0;
        while !self.carry.is_empty() && self.position < self.limit {
            let missing = self.needed_bytes.saturating_sub(self.carry.len());
            let rest = chunk.get(used..).unwrap_or_default();
            let Some(more) = rest.get(..missing) else {
                self.carry.extend_from_slice(rest);
                return;
            };
            self.carry.extend_from_slice(more);
            used += missing;
            let carry = std::mem::take(&mut self.carry);
            let step = self.step(&carry, false, sink);
            self.carry = carry;
            match step {
                Step::Need(bytes) => self.needed_bytes = bytes,
                Step::Advance(bytes) => {
                    let left = self.carry.len().saturating_sub(bytes);
                    if left <= used {
                        // What was copied beyond this buffer lies in the chunk too.
                        used -= left;
                        self.carry.clear();
                    } else {
                        self.carry.drain(..bytes);
                        self.needed_bytes = 0;
                    }
                }
            }
        }
        while self.position < self.limit
            && let Some(window) = chunk.get(used..).filter(|window| !window.is_empty())
        {
            match self.step(window, false, sink) {
                Step::Need(bytes) => {
                    self.carry.reserve(bytes);
                    self.carry.extend_from_slice(window);
                    self.needed_bytes = bytes;
                    return;
                }
                Step::Advance(bytes) => used += bytes,
            }
        }
    }

    /// Says that no more chunks come. After the last byte of the file this reads what is left, and
    /// reports a tail that is cut off; when reading stopped earlier, what is left stays unread.
    pub fn finish<S: Sink>(&mut self, sink: &mut S) {
        let carry = std::mem::take(&mut self.carry);
        if self.pushed_bytes >= self.file_bytes {
            let mut used = 0;
            while let Some(window) = carry.get(used..).filter(|window| !window.is_empty()) {
                match self.step(window, true, sink) {
                    Step::Need(_) => break,
                    Step::Advance(bytes) => used += bytes,
                }
            }
        }
        self.close_lost(true, sink);
        self.losses.sequence_gaps += std::mem::take(&mut self.sequence).gaps();
    }

    /// The first log header, once it was read.
    #[must_use]
    pub fn header(&self) -> Option<&LogHeader> {
        self.file.headers.first()
    }

    /// All log headers so far.
    #[must_use]
    pub fn headers(&self) -> &[LogHeader] {
        &self.file.headers
    }

    /// What the bytes read so far are.
    #[must_use]
    pub const fn accounting(&self) -> Accounting {
        self.accounting
    }

    /// What the recorder lost; complete after [`Reader::finish`].
    #[must_use]
    pub fn losses(&self) -> Losses {
        let mut losses = self.losses;
        for header in &self.file.headers {
            losses.events += u64::from(header.events_lost);
            losses.buffers += u64::from(header.buffers_lost);
        }
        losses
    }

    /// The directory of the buffers read so far.
    #[must_use]
    pub const fn file(&self) -> &File {
        &self.file
    }

    /// The directory of the buffers, to find records again.
    #[must_use]
    pub fn into_file(self) -> File {
        self.file
    }

    /// Looks at `window`, the file from `position` on (`at_end`: to its end), and decides.
    fn step<S: Sink>(&mut self, window: &[u8], at_end: bool, sink: &mut S) -> Step {
        let step = match self.lost {
            _ if self.part_start == PartStart::Sought => self.seek(window),
            Some(_) => self.search(window, at_end, sink),
            None => self.buffer(window, at_end, sink),
        };
        if let Step::Advance(bytes) = step {
            self.position += bytes as u64;
        }
        step
    }

    /// A buffer should begin here.
    fn buffer<S: Sink>(&mut self, window: &[u8], at_end: bool, sink: &mut S) -> Step {
        let first = self.file.headers.is_empty();
        let needed = if first { LOG_HEADER_BYTES } else { PEEK_BYTES };
        let Some(peek) = see(window, needed, at_end) else { return Step::Need(needed) };
        let Some(header) = BufferHeader::parse(peek) else {
            return self.lose(window, at_end, sink);
        };
        if self.part_start != PartStart::None && header.is_header_buffer() {
            // Perhaps another session begins: that is for the reader of the whole.
            self.limit = self.position;
            return Step::Need(0);
        }
        if first {
            // The first buffer's own size may be damaged; its log header repeats it.
            if let Some(log) = self.log_header(peek) {
                self.session = Session::new(&log, &header);
            }
        }
        let peek = peek.get(..PEEK_BYTES.min(peek.len())).unwrap_or_default();
        if !self.session.trusts(&header, peek) {
            return if self.session.compressed {
                self.doubtful_compressed(&header, window, at_end, sink)
            } else {
                self.doubtful(&header, window, at_end, sink)
            };
        }
        let needed = header.buffer_bytes + PEEK_BYTES;
        let Some(seen) = see(window, needed, at_end) else { return Step::Need(needed) };
        // In a file that is not compressed, the flag on a buffer with plain records is damage.
        let plain = !header.is_compressed()
            || (!self.session.compressed
                && header.buffer_bytes == self.session.buffer_bytes
                && walk::is_chain(seen, HEADER_BYTES));
        let disk_bytes = self.disk_bytes(&header, seen, at_end);
        let disk = seen.get(..disk_bytes).unwrap_or(seen);
        if plain {
            self.report_size(&header, disk_bytes, seen.len(), sink);
            self.plain_buffer(&header, disk, sink);
            return Step::Advance(disk_bytes);
        }
        if !self.may_inflate(header.valid_bytes) {
            let message = "A compressed buffer that grows too much".to_owned();
            self.skip(ErrorKind::Limit, self.position, disk_bytes as u64, message, sink);
            return Step::Advance(disk_bytes);
        }
        let mut inflated = std::mem::take(&mut self.inflated);
        let (format, outcome) = self.session.inflate(disk, header.valid_bytes, &mut inflated);
        self.inflated_bytes += inflated.len() as u64;
        let mut found = Inflated { disk_bytes, format, outcome };
        let following = seen.get(disk_bytes..).unwrap_or_default();
        if !outcome.complete && !following.is_empty() && !self.session.recognises(following) {
            // Perhaps its size is damaged: try up to where the next buffer begins.
            let needed = self.session.max_disk_bytes().max(needed);
            let Some(seen) = see(window, needed, at_end) else {
                self.inflated = inflated;
                return Step::Need(needed);
            };
            if let Some(end) = self.session.find(seen, HEADER_BYTES, at_end) {
                let disk = seen.get(..end).unwrap_or(seen);
                let (format, outcome) =
                    self.session.inflate(disk, header.valid_bytes, &mut inflated);
                self.inflated_bytes += inflated.len() as u64;
                found = Inflated { disk_bytes: end, format, outcome };
            }
        }
        if found.outcome.complete {
            self.session.format = found.format;
        }
        self.report_size(&header, found.disk_bytes, window.len(), sink);
        self.inflated_buffer(&header, &found, &inflated, sink);
        self.inflated = inflated;
        Step::Advance(found.disk_bytes)
    }

    /// Whether inflating so many bytes more stays within what a file of this length may grow to,
    /// and within what locators reach.
    fn may_inflate(&mut self, valid_bytes: usize) -> bool {
        let units = u32::try_from(valid_bytes.div_ceil(walk::ALIGNMENT)).unwrap_or(u32::MAX);
        let allowed = MAX_INFLATED_PER_BYTE
            .saturating_mul(self.position)
            .saturating_add(MAX_INFLATED_AT_FIRST_BYTES);
        let may = self.next_start.checked_add(units).is_some()
            && self.inflated_bytes.saturating_add(valid_bytes as u64) <= allowed;
        self.refused |= !may;
        may
    }

    /// How many bytes of a buffer are in the file: what its header says, unless the next buffer
    /// begins earlier because bytes are missing.
    fn disk_bytes(&self, header: &BufferHeader, seen: &[u8], at_end: bool) -> usize {
        let whole = header.buffer_bytes.min(seen.len());
        let following = seen.get(header.buffer_bytes..).unwrap_or_default();
        if seen.len() == header.buffer_bytes || self.session.recognises(following) {
            return whole;
        }
        self.session.find(seen, HEADER_BYTES, at_end).map_or(whole, |next| next.min(whole))
    }

    /// A buffer whose header is damaged, in a file of buffers of one size.
    fn doubtful<S: Sink>(
        &mut self,
        header: &BufferHeader,
        window: &[u8],
        at_end: bool,
        sink: &mut S,
    ) -> Step {
        let size = self.session.buffer_bytes;
        if size == 0 {
            return self.lose(window, at_end, sink);
        }
        let needed = size + PEEK_BYTES;
        let Some(seen) = see(window, needed, at_end) else { return Step::Need(needed) };
        let disk = seen.get(..size.min(seen.len())).unwrap_or_default();
        let following = seen.get(size..).unwrap_or_default();
        let ends_well = following.len() < HEADER_BYTES || self.session.recognises(following);
        if !ends_well || !walk::is_chain(disk, HEADER_BYTES) {
            return self.lose(window, at_end, sink);
        }
        let mut header = *header;
        header.buffer_bytes = size;
        if !header.offsets_agree || !(HEADER_BYTES..=size).contains(&header.valid_bytes) {
            // Fill ends the walk.
            header.valid_bytes = size;
        }
        self.report_header(sink);
        self.report_size(&header, disk.len(), seen.len(), sink);
        self.plain_buffer(&header, disk, sink);
        Step::Advance(disk.len())
    }

    /// A buffer whose header is damaged, in a compressed file: try what lies before the next.
    fn doubtful_compressed<S: Sink>(
        &mut self,
        header: &BufferHeader,
        window: &[u8],
        at_end: bool,
        sink: &mut S,
    ) -> Step {
        let needed = self.session.max_disk_bytes() + PEEK_BYTES;
        let Some(seen) = see(window, needed, at_end) else { return Step::Need(needed) };
        let end = self.session.find(seen, HEADER_BYTES, at_end).or(at_end.then_some(seen.len()));
        let Some(disk) = end.and_then(|end| seen.get(..end)) else {
            return self.lose(window, at_end, sink);
        };
        let possible = HEADER_BYTES + 1..=self.session.buffer_bytes;
        let known = header.offsets_agree && possible.contains(&header.valid_bytes);
        let valid_bytes = if known { header.valid_bytes } else { self.session.buffer_bytes };
        if !self.may_inflate(valid_bytes) {
            return self.lose(window, at_end, sink);
        }
        let mut inflated = std::mem::take(&mut self.inflated);
        let (format, mut outcome) = self.session.inflate(disk, valid_bytes, &mut inflated);
        self.inflated_bytes += inflated.len() as u64;
        if !walk::is_chain(&inflated, HEADER_BYTES) {
            self.inflated = inflated;
            return self.lose(window, at_end, sink);
        }
        if !known {
            // It could not be complete: how long it should be is not known.
            outcome.complete = outcome.consumed_bytes + HEADER_BYTES == disk.len();
        }
        self.report_header(sink);
        let found = Inflated { disk_bytes: disk.len(), format, outcome };
        self.inflated_buffer(header, &found, &inflated, sink);
        self.inflated = inflated;
        Step::Advance(found.disk_bytes)
    }

    /// Reports that a buffer's header was not believed although its records are.
    fn report_header<S: Sink>(&mut self, sink: &mut S) {
        sink.issue(Issue {
            kind: ErrorKind::BadBuffer,
            offset: self.position,
            skipped_bytes: 0,
            message: "A buffer's header cannot be right; its records were read".to_owned(),
        });
    }

    /// Reports a buffer that takes fewer bytes than its header says.
    fn report_size<S: Sink>(
        &mut self,
        header: &BufferHeader,
        disk_bytes: usize,
        seen_bytes: usize,
        sink: &mut S,
    ) {
        if disk_bytes >= header.buffer_bytes {
            return;
        }
        let missing = header.buffer_bytes - disk_bytes;
        let (kind, message) = if disk_bytes == seen_bytes {
            (ErrorKind::Truncated, format!("The file ends {missing} bytes before its last buffer"))
        } else {
            (ErrorKind::BadBuffer, format!("A buffer is {missing} bytes shorter than it says"))
        };
        let offset = self.position + disk_bytes as u64;
        sink.issue(Issue { kind, offset, skipped_bytes: 0, message });
    }

    /// Reads the records of a buffer that is not compressed; `disk` is all of it in the file.
    fn plain_buffer<S: Sink>(&mut self, header: &BufferHeader, disk: &[u8], sink: &mut S) {
        let valid = header.valid_bytes.clamp(HEADER_BYTES.min(disk.len()), disk.len());
        let (data, fill) = disk.split_at_checked(valid).unwrap_or((disk, &[]));
        let Some(tally) = self.records(header, data, disk.len(), Format::Plain, None, sink) else {
            return;
        };
        self.accounting.headers_bytes += HEADER_BYTES.min(disk.len()) as u64;
        self.accounting.records_bytes += tally.records_bytes;
        self.accounting.fill_bytes += tally.fill_bytes;
        self.accounting.skipped_bytes += tally.skipped_bytes;
        if walk::is_fill(fill) || fill.iter().all(|&byte| byte == 0) {
            self.accounting.fill_bytes += fill.len() as u64;
        } else {
            self.skip(
                ErrorKind::BadBuffer,
                self.position + valid as u64,
                fill.len() as u64,
                "Data after the end that the buffer's header names".to_owned(),
                sink,
            );
        }
    }

    /// Reads the records of a compressed buffer.
    fn inflated_buffer<S: Sink>(
        &mut self,
        header: &BufferHeader,
        found: &Inflated,
        inflated: &[u8],
        sink: &mut S,
    ) {
        let Inflated { disk_bytes, format, outcome } = *found;
        let consumed = outcome.consumed_bytes.min(disk_bytes.saturating_sub(HEADER_BYTES)) as u64;
        let inflated_bytes = inflated.len().saturating_sub(HEADER_BYTES) as u64;
        let ratio = Some((consumed, inflated_bytes));
        let Some(tally) = self.records(header, inflated, disk_bytes, format, ratio, sink) else {
            return;
        };
        self.accounting.headers_bytes += HEADER_BYTES.min(disk_bytes) as u64;
        self.accounting.records_bytes += consumed - tally.skipped_bytes.min(consumed);
        self.accounting.skipped_bytes += tally.skipped_bytes;
        let rest = (disk_bytes.saturating_sub(HEADER_BYTES) as u64).saturating_sub(consumed);
        if outcome.complete {
            self.accounting.fill_bytes += rest;
        } else {
            self.skip(
                ErrorKind::BadCompression,
                self.position + HEADER_BYTES as u64 + consumed,
                rest,
                format!(
                    "A compressed buffer gave {inflated_bytes} of {} bytes",
                    header.valid_bytes.saturating_sub(HEADER_BYTES)
                ),
                sink,
            );
        }
    }

    /// Enters a buffer in the directory and walks its records. `None` when there is no room for its
    /// locators; that is reported. For a compressed buffer `ratio` is its bytes in the file and
    /// inflated, and the skipped bytes of the answer are bytes of the file.
    fn records<S: Sink>(
        &mut self,
        header: &BufferHeader,
        data: &[u8],
        disk_bytes: usize,
        format: Format,
        ratio: Option<(u64, u64)>,
        sink: &mut S,
    ) -> Option<Tally> {
        if header.is_header_buffer() || self.file.headers.is_empty() {
            self.begin_session(header, data);
        }
        if !header.is_header_buffer() {
            self.sequence.add(header.sequence);
        }
        self.losses.flagged_events += u64::from(header.flags & buffer_flag::EVENTS_LOST != 0);
        self.losses.flagged_buffers += u64::from(header.flags & buffer_flag::BUFFER_LOST != 0);
        let entry = Entry {
            offset: self.position,
            disk_bytes: disk_bytes as u32,
            valid_bytes: data.len() as u32,
            start: self.next_start,
            cpu: header.cpu,
            format,
        };
        let Some(next_start) = self.next_start.checked_add(entry.units()) else {
            self.refused = true;
            self.skip(
                ErrorKind::Limit,
                self.position,
                disk_bytes as u64,
                "More than 32 GiB of records".to_owned(),
                sink,
            );
            return None;
        };
        self.next_start = next_start;
        self.file.entries.push(entry);
        let (sequence, flags) = (header.sequence, header.flags);
        self.file.marks.push(Mark { sequence, flags, is_header: header.is_header_buffer() });
        let context = self.file.context(&entry);
        let mut visit = Visit { entry, ratio, skipped_disk_bytes: 0, sink };
        let mut tally = walk::walk(data, &context, &mut visit);
        if ratio.is_some() {
            tally.skipped_bytes = visit.skipped_disk_bytes;
        }
        Some(tally)
    }

    /// Learns from the log header, if the buffer has one.
    fn begin_session(&mut self, header: &BufferHeader, data: &[u8]) {
        if let Some(log) = self.log_header(data) {
            self.session = Session::new(&log, header);
            self.file.headers.push(log);
            self.losses.sequence_gaps += std::mem::take(&mut self.sequence).gaps();
        }
    }

    fn log_header(&self, buffer: &[u8]) -> Option<LogHeader> {
        LogHeader::of_buffer(buffer, self.position)
    }

    /// Begins to search for a buffer.
    fn lose<S: Sink>(&mut self, window: &[u8], at_end: bool, sink: &mut S) -> Step {
        self.lost = Some(LostPlace { start: self.position, all_zero: true });
        self.search(window, at_end, sink)
    }

    /// Searches for the next buffer, a bounded piece at a time.
    fn search<S: Sink>(&mut self, window: &[u8], at_end: bool, sink: &mut S) -> Step {
        let Some(seen) = see(window, SEARCH_BYTES, at_end) else { return Step::Need(SEARCH_BYTES) };
        let Some(lost) = &mut self.lost else { return Step::Advance(0) };
        // A buffer was refused where the lost place starts.
        let from = usize::from(lost.start == self.position);
        let ends_here = at_end && seen.len() == window.len();
        let found = self.session.find(seen, from, ends_here);
        let done = match found {
            Some(at) => at,
            None if ends_here => seen.len(),
            None => seen.len() - PEEK_BYTES + 1,
        };
        lost.all_zero &= seen.get(..done).unwrap_or(seen).iter().all(|&byte| byte == 0);
        if found.is_some() {
            self.position += done as u64;
            self.close_lost(false, sink);
            self.position -= done as u64;
        }
        Step::Advance(done)
    }

    /// Reports the place that was lost, which ends at `position`.
    fn close_lost<S: Sink>(&mut self, at_end: bool, sink: &mut S) {
        let Some(lost) = self.lost.take() else { return };
        let bytes = self.position - lost.start;
        let (kind, message) = match (lost.all_zero, at_end) {
            (true, true) if self.session.preallocated => {
                self.accounting.fill_bytes += bytes;
                return;
            }
            (true, true) => (ErrorKind::Truncated, "The file ends in zeros"),
            (true, false) => (ErrorKind::BadBuffer, "Zeros where a buffer should be"),
            (false, true) if bytes < HEADER_BYTES as u64 => {
                (ErrorKind::Truncated, "The file ends inside a buffer's header")
            }
            (false, _) => (ErrorKind::BadBuffer, "No buffer begins here"),
        };
        self.skip(kind, lost.start, bytes, message.to_owned(), sink);
    }

    fn skip<S: Sink>(
        &mut self,
        kind: ErrorKind,
        offset: u64,
        skipped_bytes: u64,
        message: String,
        sink: &mut S,
    ) {
        self.accounting.skipped_bytes += skipped_bytes;
        sink.issue(Issue { kind, offset, skipped_bytes, message });
    }
}

/// A compressed buffer that was inflated.
#[derive(Clone, Copy, Debug)]
struct Inflated {
    disk_bytes: usize,
    format: Format,
    outcome: crate::xca::Outcome,
}

/// The first `needed` bytes, or at the end of the file as many as there are.
fn see(window: &[u8], needed: usize, at_end: bool) -> Option<&[u8]> {
    match window.get(..needed) {
        Some(seen) => Some(seen),
        None => at_end.then_some(window),
    }
}

/// Hands what a walk finds to the sink.
struct Visit<'a, S> {
    entry: Entry,
    ratio: Option<(u64, u64)>,
    skipped_disk_bytes: u64,
    sink: &'a mut S,
}

impl<S: Sink> Visitor for Visit<'_, S> {
    #[inline]
    fn record(&mut self, record: &Record<'_>, at: usize) {
        self.sink.record(record, self.entry.locator(at));
    }

    fn skipped(&mut self, range: Range<usize>, kind: ErrorKind, message: &'static str) {
        let (offset, skipped_bytes) = match self.ratio {
            None => (self.entry.offset + range.start as u64, range.len() as u64),
            // Which bytes of the file they were cannot be told; count their share.
            Some((disk, inflated)) => {
                let share = range.len() as u128 * u128::from(disk) / u128::from(inflated.max(1));
                (self.entry.offset, share as u64)
            }
        };
        self.skipped_disk_bytes += skipped_bytes;
        self.sink.issue(Issue { kind, offset, skipped_bytes, message: message.to_owned() });
    }
}
