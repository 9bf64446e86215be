//! Bytes of a file that were read before they are asked for: a stream hands over gigabytes in a
//! fraction of the time that the browser takes to read them piece by piece while the worker waits.

use std::ops::Range;
use std::pin::Pin;

use etlens_parser::Result;
use etlens_parser::source::ReadAt;

use web_sys::Blob;

use super::file::FileSource;
use crate::pool::stream::Stream;

/// What is read ahead at once.
pub const AHEAD_BYTES: u64 = 32 << 20;
/// More is never held: what lies so far apart is read as it is asked for.
const MOST_HELD_BYTES: u64 = 3 * AHEAD_BYTES;

/// A stretch of a file in memory.
#[derive(Default)]
pub struct Ahead {
    offset: u64,
    bytes: Vec<u8>,
}

impl Ahead {
    /// Reads a stretch of a file, unless its first `least` bytes are there. What cannot be read
    /// fails when it is asked for.
    pub fn read<'a>(
        &'a mut self,
        file: &'a Blob,
        range: Range<u64>,
        least: u64,
    ) -> Pin<Box<dyn Future<Output = ()> + 'a>> {
        // Boxed, so that it is there once, and not in each who waits for it.
        Box::pin(async move {
            let end = self.offset + self.bytes.len() as u64;
            if !(self.offset..end).contains(&range.start) {
                self.bytes.clear();
                self.offset = range.start;
            } else if end >= range.end.min(range.start.saturating_add(least)) {
                return;
            }
            self.bytes.drain(..(range.start - self.offset) as usize);
            self.offset = range.start;
            let end = self.offset + self.bytes.len() as u64;
            if range.end.saturating_sub(range.start) > MOST_HELD_BYTES {
                return;
            }
            let Ok(mut stream) = Stream::new(file, end, range.end) else { return };
            while let Ok(true) = stream.next().await {
                self.bytes.extend_from_slice(stream.bytes());
            }
        })
    }

    /// The file, with what is held of it at hand.
    pub fn over<'a>(&'a self, source: &'a FileSource) -> impl ReadAt + 'a {
        Over { ahead: self, source }
    }
}

struct Over<'a> {
    ahead: &'a Ahead,
    source: &'a FileSource,
}

impl ReadAt for Over<'_> {
    fn len_bytes(&self) -> u64 {
        self.source.len_bytes()
    }

    fn read_exact_at(&self, offset: u64, buffer: &mut [u8]) -> Result<()> {
        let from =
            offset.checked_sub(self.ahead.offset).and_then(|from| usize::try_from(from).ok());
        let held = from.and_then(|from| self.ahead.bytes.get(from..)?.get(..buffer.len()));
        match held {
            Some(held) => buffer.copy_from_slice(held),
            None => self.source.read_exact_at(offset, buffer)?,
        }
        Ok(())
    }

    fn is_at_hand(&self) -> bool {
        !self.ahead.bytes.is_empty()
    }
}
