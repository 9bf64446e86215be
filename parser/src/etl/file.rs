//! The directory of a file's buffers: finds a record again by its [`Locator`], and walks them all
//! again in the same order.

use std::ops::Range;

use serde::{Deserialize, Serialize};

use super::buffer::Format;
use super::cache::BufferCache;
use super::header::LogHeader;
use super::raw::buffer_flag;
use super::walk::{self, ALIGNMENT, Context, Visitor};
use crate::error::{Error, ErrorKind, Result};
use crate::record::{Locator, Record};
use crate::source::ReadAt;

/// One buffer, 24 bytes: a file of 10 GiB in 64 KiB buffers has a directory of 4 MB.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub(crate) struct Entry {
    /// Absolute file offset.
    pub offset: u64,
    /// Bytes of it in the file.
    pub disk_bytes: u32,
    /// Bytes from its header to the end of its valid data, inflated.
    pub valid_bytes: u32,
    /// Where it begins in the concatenation of all inflated buffers, in units of 8 bytes.
    pub start: u32,
    /// Processor whose buffer it is.
    pub cpu: u16,
    /// How it is stored.
    pub format: Format,
}

/// What the header of a buffer says of buffers and events that are not there, 16 bytes.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub(crate) struct Mark {
    /// Its number in the session.
    pub sequence: i64,
    /// `BufferFlag`.
    pub flags: u16,
    /// Whether a session begins with it: its number is not one of the others'.
    pub is_header: bool,
}

/// What the header of a buffer says of others.
#[derive(Clone, Copy, Debug)]
pub(crate) struct BufferMark {
    /// Its number in the session; `None` where a session begins.
    pub sequence: Option<i64>,
    /// Its processor; `None` where a session begins.
    pub cpu: Option<u16>,
    /// Whether events were lost before it.
    pub events_lost: bool,
    /// Whether a buffer was lost before it.
    pub buffer_lost: bool,
}

impl Entry {
    /// Units of 8 bytes it takes in the concatenation of all inflated buffers.
    pub fn units(&self) -> u32 {
        self.valid_bytes.div_ceil(ALIGNMENT as u32)
    }

    /// Bytes to read from the file.
    fn read_bytes(&self) -> usize {
        let bytes = if self.format == Format::Plain { self.valid_bytes } else { self.disk_bytes };
        bytes as usize
    }

    /// The locator of the record at `at` in the buffer.
    pub fn locator(&self, at: usize) -> Locator {
        Locator(self.start + (at / ALIGNMENT) as u32)
    }
}

/// Where each buffer of a file lies, and the log headers that rule them.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct File {
    pub(crate) entries: Vec<Entry>,
    /// One for each of `entries`; not with those who only look for records.
    #[serde(skip)]
    pub(crate) marks: Vec<Mark>,
    pub(crate) headers: Vec<LogHeader>,
}

impl File {
    /// The log headers, in file order: one, or one per session in a file that was appended to.
    #[must_use]
    pub fn headers(&self) -> &[LogHeader] {
        &self.headers
    }

    /// Buffers with readable data.
    #[must_use]
    pub fn buffer_count(&self) -> usize {
        self.entries.len()
    }

    /// The bytes of the file that hold the buffer of a record; `None` for a locator of another file.
    #[must_use]
    pub fn extent(&self, locator: Locator) -> Option<Range<u64>> {
        let entry = self.entries.get(self.index_of(locator)?)?;
        Some(entry.offset..entry.offset + u64::from(entry.disk_bytes))
    }

    /// The number of the buffer of a record.
    pub(crate) fn buffer_of(&self, locator: Locator) -> Option<usize> {
        self.index_of(locator)
    }

    /// The processor of a buffer; `None` for a header buffer, which is of none.
    pub(crate) fn cpu_of(&self, buffer: usize) -> Option<u16> {
        let is_header = self.marks.get(buffer)?.is_header;
        self.entries.get(buffer).filter(|_| !is_header).map(|entry| entry.cpu)
    }

    /// The buffers before and after a place in the file; the same one when it lies inside.
    pub(crate) fn around(&self, offset: u64) -> (Option<usize>, Option<usize>) {
        let after = self.entries.partition_point(|entry| entry.offset <= offset);
        let before = after.checked_sub(1);
        let holds = |entry: &Entry| offset < entry.offset + u64::from(entry.disk_bytes);
        match before.filter(|&buffer| self.entries.get(buffer).is_some_and(holds)) {
            Some(inside) => (Some(inside), Some(inside)),
            None => (before, Some(after).filter(|&after| after < self.entries.len())),
        }
    }

    /// What the headers of the buffers say of others, in file order.
    pub(crate) fn buffer_marks(&self) -> impl Iterator<Item = BufferMark> + '_ {
        self.marks.iter().zip(&self.entries).map(|(mark, entry)| BufferMark {
            sequence: (!mark.is_header).then_some(mark.sequence),
            cpu: (!mark.is_header).then_some(entry.cpu),
            events_lost: mark.flags & buffer_flag::EVENTS_LOST != 0,
            buffer_lost: mark.flags & buffer_flag::BUFFER_LOST != 0,
        })
    }

    fn index_of(&self, locator: Locator) -> Option<usize> {
        let index =
            self.entries.partition_point(|entry| entry.start <= locator.0).checked_sub(1)?;
        let entry = self.entries.get(index)?;
        (locator.0 - entry.start < entry.units()).then_some(index)
    }

    /// What the records of a buffer cannot say themselves.
    pub(crate) fn context(&self, entry: &Entry) -> Context {
        let ruled_by =
            self.headers.partition_point(|header| header.offset < entry.offset + HEADER_REACH);
        let own = ruled_by.checked_sub(1).and_then(|index| self.headers.get(index));
        let first = self.headers.first();
        let rebase = match (own, first) {
            (Some(own), Some(first)) if own.offset != first.offset => {
                Some((own.clock(), first.clock())).filter(|(own, first)| own != first)
            }
            _ => None,
        };
        let start_ticks = own.map_or(0, |own| match &rebase {
            Some((from, to)) => from.rebase(to, own.start_ticks),
            None => own.start_ticks,
        });
        Context {
            offset: entry.offset,
            compressed: entry.format != Format::Plain,
            cpu: entry.cpu,
            rebase,
            start_ticks,
        }
    }

    /// Reads one record again and hands it to `f`.
    ///
    /// # Errors
    /// [`ErrorKind::OutOfRange`] when the locator is not one this file's reader gave out, and
    /// whatever the source says when it cannot be read.
    pub fn with_record<R>(
        &self,
        source: &dyn ReadAt,
        cache: &mut BufferCache,
        locator: Locator,
        f: impl FnOnce(&Record<'_>) -> R,
    ) -> Result<R> {
        let unknown = || Error::new(ErrorKind::OutOfRange, "No record has this locator");
        let held = match cache.holding(locator.0) {
            Some(held) => held,
            None => {
                let index = self.index_of(locator).ok_or_else(unknown)?;
                let entry = self.entries.get(index).ok_or_else(unknown)?;
                cache.load(index, entry.start, entry.units(), |out| entry.load(source, out))?
            }
        };
        let entry = self.entries.get(held.buffer).ok_or_else(unknown)?;
        let bytes = cache.bytes(held);
        let at = (locator.0 - entry.start) as usize * ALIGNMENT;
        let context = self.context(entry);
        let read = walk::at(bytes, &context, at, |record, timed| {
            if !timed {
                // Its time is that of the record before it.
                record.ticks = context.ticks_before(bytes, at);
            }
            f(record)
        });
        read.ok_or_else(unknown)
    }

    /// Starts a walk over all records of the file.
    #[must_use]
    pub fn scan(&self) -> Scan {
        self.scan_between(Locator(0), Locator(u32::MAX))
    }

    /// Starts a walk over the buffers that hold the records from `first` to `last`; records of the
    /// same buffers outside that range are not given.
    #[must_use]
    pub fn scan_between(&self, first: Locator, last: Locator) -> Scan {
        let begin = self.entries.partition_point(|entry| entry.start <= first.0).saturating_sub(1);
        let end = self.entries.partition_point(|entry| entry.start <= last.0);
        let entries = self.entries.get(begin..end).unwrap_or_default();
        Scan {
            next: begin,
            end,
            first,
            last,
            done_bytes: 0,
            total_bytes: entries.iter().map(|entry| entry.read_bytes() as u64).sum(),
            read: Vec::new(),
            inflated: Vec::new(),
        }
    }
}

/// A log header's record lies this far after the start of the buffer it rules, at most.
const HEADER_REACH: u64 = walk::HEADER_BYTES as u64 + 1;

impl Entry {
    /// Fills `out` with the buffer from its header to the end of its valid data.
    fn load(&self, source: &dyn ReadAt, out: &mut Vec<u8>) -> Result<()> {
        if self.format == Format::Plain {
            out.resize(self.read_bytes(), 0);
            return source.read_exact_at(self.offset, out);
        }
        let mut disk = vec![0; self.read_bytes()];
        source.read_exact_at(self.offset, &mut disk)?;
        self.format.inflate_buffer(&disk, self.valid_bytes as usize, out);
        Ok(())
    }
}

/// A walk over the records of a file after the first pass, in file order, in steps of bounded
/// work. It gives the same records with the same locators as the first pass, in damaged buffers
/// too.
#[derive(Clone, Debug)]
pub struct Scan {
    next: usize,
    end: usize,
    first: Locator,
    last: Locator,
    done_bytes: u64,
    total_bytes: u64,
    read: Vec<u8>,
    inflated: Vec<u8>,
}

/// What one read of a scan takes at most, unless a single buffer is larger. Browsers read slowly
/// in small pieces (research: 4 to 8 MiB is best).
const SCAN_READ_BYTES: u64 = 4 << 20;

impl Scan {
    /// File bytes walked so far.
    #[must_use]
    pub const fn done_bytes(&self) -> u64 {
        self.done_bytes
    }

    /// File bytes this scan reads in all.
    #[must_use]
    pub const fn total_bytes(&self) -> u64 {
        self.total_bytes
    }

    /// Walks on for about `max_bytes` of the file, at least one buffer, and says whether there is
    /// more.
    ///
    /// # Errors
    /// Whatever the source says. The buffers of the read that failed are not walked; the next step
    /// tries them again.
    pub fn step(
        &mut self,
        file: &File,
        source: &dyn ReadAt,
        max_bytes: u64,
        mut f: impl FnMut(Locator, &Record<'_>),
    ) -> Result<bool> {
        let mut budget_bytes = max_bytes.max(1);
        while budget_bytes > 0 && self.next < self.end {
            let entries = file.entries.get(self.next..self.end).unwrap_or_default();
            let Some((offset, count, length)) = next_read(entries, budget_bytes) else { break };
            self.read.resize(length, 0);
            source.read_exact_at(offset, &mut self.read)?;
            let mut walked_bytes = 0;
            for entry in entries.iter().take(count) {
                let at = usize::try_from(entry.offset - offset).unwrap_or(usize::MAX);
                let disk =
                    self.read.get(at..at.saturating_add(entry.read_bytes())).unwrap_or_default();
                let bytes = if entry.format == Format::Plain {
                    disk
                } else {
                    let valid_bytes = entry.valid_bytes as usize;
                    entry.format.inflate_buffer(disk, valid_bytes, &mut self.inflated);
                    &self.inflated
                };
                let mut visit = Visit { entry, first: self.first, last: self.last, f: &mut f };
                walk::walk(bytes, &file.context(entry), &mut visit);
                walked_bytes += entry.read_bytes() as u64;
            }
            self.next += count;
            self.done_bytes += walked_bytes;
            budget_bytes = budget_bytes.saturating_sub(walked_bytes.max(1));
        }
        Ok(self.next < self.end)
    }
}

/// How many of the next buffers to read at once: from which offset, how many, how many bytes.
fn next_read(entries: &[Entry], budget_bytes: u64) -> Option<(u64, usize, usize)> {
    let first = entries.first()?;
    let mut read_end = first.offset + first.read_bytes() as u64;
    let mut count = 1;
    for entry in entries.iter().skip(1) {
        let end = entry.offset + entry.read_bytes() as u64;
        if end - first.offset > SCAN_READ_BYTES.min(budget_bytes) {
            break;
        }
        read_end = end;
        count += 1;
    }
    Some((first.offset, count, usize::try_from(read_end - first.offset).ok()?))
}

/// Hands the records of a scan on.
struct Visit<'a, F> {
    entry: &'a Entry,
    first: Locator,
    last: Locator,
    f: &'a mut F,
}

impl<F: FnMut(Locator, &Record<'_>)> Visitor for Visit<'_, F> {
    #[inline]
    fn record(&mut self, record: &Record<'_>, at: usize) {
        let locator = self.entry.locator(at);
        if locator >= self.first && locator <= self.last {
            (self.f)(locator, record);
        }
    }

    fn skipped(&mut self, _: Range<usize>, _: ErrorKind, _: &'static str) {
        // The first pass reported it.
    }
}
