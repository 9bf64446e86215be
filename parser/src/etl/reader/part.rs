//! A file read in parts, by readers that know nothing of each other, and put together again.
//!
//! What a reader finds from a place on depends on the bytes from there and on a few things that it
//! knows then: the session and its headers. A reader of a part begins at the first buffer it
//! recognises, with what the reader of the beginning knew. Its findings are taken only if reading
//! from the beginning would have come to that very place knowing the same: so parts, put together,
//! are what reading it all in order gives. Where they do not fit, the file is read on in order.

use serde::{Deserialize, Serialize};

use super::super::accounting::{Accounting, Losses, Sequence};
use super::super::buffer::Session;
use super::super::file::{Entry, Mark};
use super::super::header::LogHeader;
use super::{LostPlace, Reader, SEARCH_BYTES, Step};
use crate::limits::{MAX_BUFFER_BYTES, MAX_INFLATED_AT_FIRST_BYTES, MAX_INFLATED_PER_BYTE};
use crate::record::Sink;

/// What the reader of a part must know.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Known {
    file_bytes: u64,
    session: Session,
    headers: Vec<LogHeader>,
}

impl Known {
    /// The log headers so far; the first tells the clock.
    #[must_use]
    pub fn headers(&self) -> &[LogHeader] {
        &self.headers
    }

    /// How many bytes after the end of a part its reader may have to see.
    #[must_use]
    pub fn reach_bytes(&self) -> u64 {
        (self.session.max_disk_bytes() + 2 * super::PEEK_BYTES).max(SEARCH_BYTES) as u64
    }
}

/// What was found in a part.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Part {
    /// Offset of its first buffer.
    start: u64,
    /// Offset of the next byte to decide about.
    end: u64,
    known: Known,
    session: Session,
    lost: Option<LostPlace>,
    /// Buffers; their units count from the start of the part.
    entries: Vec<Entry>,
    /// One for each of `entries`.
    marks: Vec<Mark>,
    units: u32,
    accounting: Accounting,
    losses: Losses,
    sequence: Sequence,
    inflated_bytes: u64,
    refused: bool,
}

impl Part {
    /// Offset of its first buffer.
    #[must_use]
    pub const fn start(&self) -> u64 {
        self.start
    }

    /// Where it ends: what follows is not looked at.
    #[must_use]
    pub const fn end(&self) -> u64 {
        self.end
    }
}

impl Reader {
    /// What readers of later parts must know; `None` before the log header was read.
    #[must_use]
    pub fn known(&self) -> Option<Known> {
        self.header()?;
        Some(Known {
            file_bytes: self.file_bytes,
            session: self.session,
            headers: self.file.headers.clone(),
        })
    }

    /// A reader that begins with the first buffer at or after `from`, and stops at the first that
    /// begins at or after `until`, or at a header buffer. The bytes from `from` on are to be
    /// pushed, [`Known::reach_bytes`] after `until` included.
    #[must_use]
    pub fn of_part(known: &Known, from: u64, until: u64) -> Self {
        let mut reader = Self::new(known.file_bytes);
        (reader.position, reader.pushed_bytes, reader.limit) = (from, from, until);
        reader.session = known.session;
        reader.file.headers.clone_from(&known.headers);
        reader.part_start = PartStart::Sought;
        reader
    }

    /// Whether the part was read to its end.
    #[must_use]
    pub const fn is_part_done(&self) -> bool {
        self.position >= self.limit
    }

    /// What was found; `None` when no buffer was.
    #[must_use]
    pub fn into_part(self, known: Known) -> Option<Part> {
        let PartStart::At(start) = self.part_start else { return None };
        Some(Part {
            start,
            end: self.position,
            known,
            session: self.session,
            lost: self.lost,
            entries: self.file.entries,
            marks: self.file.marks,
            units: self.next_start,
            accounting: self.accounting,
            losses: self.losses,
            sequence: self.sequence,
            inflated_bytes: self.inflated_bytes,
            refused: self.refused,
        })
    }

    /// Offset of the next byte to decide about.
    #[must_use]
    pub const fn position(&self) -> u64 {
        self.position
    }

    /// Takes the next chunk, as [`Reader::push`], but stops at the first buffer that begins at or
    /// after `limit`. Then the next chunk must begin at [`Reader::position`].
    pub fn push_until<S: Sink>(&mut self, chunk: &[u8], limit: u64, sink: &mut S) {
        self.limit = limit;
        self.push(chunk, sink);
        self.limit = u64::MAX;
        if self.position >= limit {
            self.forget_ahead();
        }
    }

    /// Takes what was found in a part, if this reader would have found the same; then the next
    /// chunk must begin at the end of the part. The answer is what is to be added to the part's
    /// locators.
    pub fn accept(&mut self, part: &Part) -> Option<u32> {
        let comes_here = self.position == part.start
            && self.lost.is_none()
            && self.session == part.known.session
            && self.file.headers == part.known.headers;
        // Nothing was inflated that this reader would have refused.
        let inflates = part.inflated_bytes == 0 || {
            let most = self.inflated_bytes.saturating_add(part.inflated_bytes);
            let allowed = MAX_INFLATED_PER_BYTE.saturating_mul(part.start);
            most.saturating_add(u64::from(MAX_BUFFER_BYTES))
                <= allowed.saturating_add(MAX_INFLATED_AT_FIRST_BYTES)
        };
        if !comes_here || !inflates || part.refused {
            return None;
        }
        let base = self.next_start;
        self.next_start = base.checked_add(part.units)?;
        let entries = part.entries.iter();
        // Its units end before `next_start`.
        let moved = entries.map(|entry| Entry { start: base.wrapping_add(entry.start), ..*entry });
        self.file.entries.extend(moved);
        self.file.marks.extend_from_slice(&part.marks);
        self.position = part.end;
        self.session = part.session;
        self.lost = part.lost;
        self.accounting.add(&part.accounting);
        self.losses.flagged_events += part.losses.flagged_events;
        self.losses.flagged_buffers += part.losses.flagged_buffers;
        self.sequence.join(&part.sequence);
        self.inflated_bytes += part.inflated_bytes;
        self.forget_ahead();
        Some(base)
    }

    /// Forgets the bytes after `position`: they are pushed again.
    fn forget_ahead(&mut self) {
        self.carry.clear();
        self.needed_bytes = 0;
        self.pushed_bytes = self.position;
    }

    /// Looks for the first buffer of a part.
    pub(super) fn seek(&mut self, window: &[u8]) -> Step {
        let Some(seen) = window.get(..SEARCH_BYTES) else { return Step::Need(SEARCH_BYTES) };
        match self.session.find(seen, 0, false) {
            Some(at) => {
                self.part_start = PartStart::At(self.position + at as u64);
                Step::Advance(at)
            }
            None => Step::Advance(seen.len() - super::PEEK_BYTES + 1),
        }
    }
}

/// Whether a reader is one of a part, and where its first buffer is.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub(super) enum PartStart {
    /// It reads from the beginning.
    #[default]
    None,
    Sought,
    At(u64),
}
