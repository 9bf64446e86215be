//! Reading many events again, in file order: rows that stand near each other lie near each other,
//! so a window of them at a time is put into the order of the file, which is then read about once,
//! and no order of all events is needed.

use std::cell::RefCell;
use std::ops::Range;

use super::directory::Directory;
use super::trace::Trace;
use crate::error::{Error, ErrorKind, Result};
use crate::etl;
use crate::record::Locator;
use crate::source::ReadAt;
use crate::view::EventIndex;

/// Bytes read at once where most events must be read: many small reads are slow in a browser.
const READ_AHEAD_BYTES: usize = 4 << 20;

/// Events looked at in one step at most, whatever their size: a step must end soon.
const STEP_EVENTS: usize = 50_000;

/// Events that lie further apart than this on average are read buffer by buffer: that costs a
/// browser as much as half a MiB of a stream.
const SPARSE_BYTES: u64 = 256 << 10;

/// Rows of a window.
#[cfg(not(test))]
pub(super) const WINDOW_ROWS: u32 = 1 << 18;
#[cfg(test)]
pub(super) const WINDOW_ROWS: u32 = 128;

/// An event to read, and its position among those that are read.
pub(super) type Wanted = (EventIndex, u32);

/// Takes the events of a window, each with its place in the file.
pub(super) type Want<'a> = &'a mut dyn FnMut(Locator, Wanted);

/// Events on their way to be read again.
#[derive(Debug, Default)]
pub(super) struct Windows {
    /// Those at hand, in file order.
    window: Vec<(Locator, Wanted)>,
    /// How many of them are done.
    done: usize,
    /// What was read ahead.
    held: Held,
    /// Where the last event that was read lies.
    pub done_bytes: u64,
}

impl Windows {
    /// Takes the events of the next window, if all at hand are done.
    pub fn fill(&mut self, more: &mut dyn FnMut(Want<'_>)) {
        if self.done == self.window.len() {
            self.window.clear();
            self.done = 0;
            more(&mut |locator, wanted| self.window.push((locator, wanted)));
            self.window.sort_unstable_by_key(|(locator, _)| *locator);
        }
    }

    /// Few events lie far from each other.
    fn is_dense(&self) -> bool {
        self.window.len() >= WINDOW_ROWS as usize / 32
    }

    /// Where the bytes lie that are read next, so many at most; `None` where single buffers are.
    pub fn next_bytes(&self, file: &etl::File, max_bytes: u64) -> Option<Range<u64>> {
        let left = self.window.get(self.done..)?;
        let (first, last) = (left.first()?.0, left.last()?.0);
        let Range { start, end } = stretch(file, first, last, left.len())?;
        let most = self.done_bytes.max(file.extent(first)?.end).saturating_add(max_bytes);
        Some(start..end.min(most))
    }

    /// Goes on over about so many bytes of the file; says whether that was all. `more` gives the
    /// events of the next window, none at the end. `visit` reads an event from the source it is
    /// given, and says where the event lies.
    ///
    /// # Errors
    /// [`ErrorKind::Read`] when the source fails. Events that cannot be read for another reason are
    /// passed over.
    pub fn step(
        &mut self,
        source: &dyn ReadAt,
        max_bytes: u64,
        more: &mut dyn FnMut(Want<'_>),
        visit: &mut dyn FnMut(Locator, Wanted, &dyn ReadAt) -> Result<u64>,
    ) -> Result<bool> {
        let ahead = ReadAhead { source, held: RefCell::new(std::mem::take(&mut self.held)) };
        let reads_ahead = |windows: &Self| windows.is_dense() && !source.is_at_hand();
        let end_bytes = self.done_bytes.saturating_add(max_bytes);
        let mut outcome = Ok(false);
        for _ in 0..STEP_EVENTS {
            self.fill(more);
            let Some(&(locator, wanted)) = self.window.get(self.done) else {
                outcome = Ok(true);
                break;
            };
            if self.done_bytes >= end_bytes {
                break;
            }
            let from: &dyn ReadAt = if reads_ahead(self) { &ahead } else { source };
            match visit(locator, wanted, from) {
                Ok(offset) => self.done_bytes = self.done_bytes.max(offset),
                Err(error) if error.kind() == ErrorKind::Read => {
                    outcome = Err(error);
                    break;
                }
                Err(_) => {}
            }
            self.done += 1;
        }
        self.held = ahead.held.into_inner();
        outcome
    }
}

/// Where so many events lie, the first and the last of them in the file given; `None` where they
/// are better read one by one.
fn stretch(file: &etl::File, first: Locator, last: Locator, events: usize) -> Option<Range<u64>> {
    let (start, end) = (file.extent(first)?.start, file.extent(last)?.end);
    (end.checked_sub(start)? <= SPARSE_BYTES.saturating_mul(events as u64)).then_some(start..end)
}

impl Trace {
    /// Where some events lie; `None` where that is not known, or they are better read one by one.
    pub(crate) fn stretch(
        &self,
        events: &mut dyn Iterator<Item = EventIndex>,
    ) -> Option<Range<u64>> {
        let Directory::Etl(file) = &self.directory else { return None };
        let (mut first, mut last, mut count) = (Locator(u32::MAX), Locator(0), 0);
        for event in events {
            let locator = self.columns.locator(event);
            (first, last, count) = (first.min(locator), last.max(locator), count + 1);
        }
        stretch(file, first, last, count)
    }
}

/// Bytes that were read, and the offset of the first.
#[derive(Debug, Default)]
struct Held {
    offset: u64,
    bytes: Vec<u8>,
}

impl Held {
    fn range(&self, offset: u64, length: usize) -> Option<Range<usize>> {
        let start = usize::try_from(offset.checked_sub(self.offset)?).ok()?;
        let end = start.checked_add(length)?;
        (end <= self.bytes.len()).then_some(start..end)
    }

    /// Whether reading there goes on from what is held.
    fn goes_on_at(&self, offset: u64) -> bool {
        let end = self.offset + self.bytes.len() as u64;
        (self.offset..=end + READ_AHEAD_BYTES as u64).contains(&offset)
    }
}

/// A source that reads ahead as long as it is read from its beginning to its end.
pub(super) struct ReadAhead<'a> {
    source: &'a dyn ReadAt,
    held: RefCell<Held>,
}

impl<'a> ReadAhead<'a> {
    pub fn new(source: &'a dyn ReadAt) -> Self {
        Self { source, held: RefCell::default() }
    }
}

impl ReadAt for ReadAhead<'_> {
    fn len_bytes(&self) -> u64 {
        self.source.len_bytes()
    }

    fn read_exact_at(&self, offset: u64, buffer: &mut [u8]) -> Result<()> {
        if buffer.len() >= READ_AHEAD_BYTES {
            return self.source.read_exact_at(offset, buffer);
        }
        let mut held = self.held.borrow_mut();
        let mut place = held.range(offset, buffer.len());
        if place.is_none() {
            let rest = self.len_bytes().saturating_sub(offset);
            let wanted = if held.goes_on_at(offset) { READ_AHEAD_BYTES } else { buffer.len() };
            held.bytes.resize(rest.min(wanted as u64) as usize, 0);
            held.offset = offset;
            if let Err(error) = self.source.read_exact_at(offset, &mut held.bytes) {
                // What is there now is not from there.
                held.bytes.clear();
                return Err(error);
            }
            place = held.range(offset, buffer.len());
        }
        let bytes = place.and_then(|place| held.bytes.get(place));
        let bytes =
            bytes.ok_or_else(|| Error::at(ErrorKind::Truncated, offset, "Read past the end"))?;
        buffer.copy_from_slice(bytes);
        Ok(())
    }
}
