//! The measured code that natively and in WebAssembly is the same: an index pass that keeps
//! nothing, and the floor beneath it.

use etlens_parser::Issue;
use etlens_parser::etl::Reader;
use etlens_parser::record::{Locator, Record, Sink};

#[cfg(target_arch = "wasm32")]
mod wasm;

/// How much of a file is read at a time.
pub const SLICE_BYTES: usize = 4 << 20;

/// Looks at each record as little as a sink can that depends on all of them.
#[derive(Debug, Default)]
pub struct Counter {
    /// Records seen.
    pub records: u64,
    /// Damaged places seen.
    pub issues: u64,
    /// Depends on time, key and place of each record, so that no work can be left out.
    pub mixed: u64,
}

impl Sink for Counter {
    #[inline]
    fn record(&mut self, record: &Record<'_>, locator: Locator) {
        self.records += 1;
        let provider =
            record.provider.0.first_chunk().map_or(0, |first| u32::from_le_bytes(*first));
        let key = u64::from(provider) << 32 | u64::from(record.id) << 8 | u64::from(record.opcode);
        let thread = u64::from(record.pid) << 32 | u64::from(record.tid);
        self.mixed = self.mixed.rotate_left(5)
            ^ key
            ^ thread
            ^ record.ticks as u64
            ^ u64::from(locator.0)
            ^ record.payload.len() as u64;
    }

    fn issue(&mut self, _: Issue) {
        self.issues += 1;
    }
}

/// An index pass: every record is found and its header decoded, nothing is kept.
#[derive(Debug)]
pub struct Index {
    reader: Reader,
    counter: Counter,
}

impl Index {
    /// Begins a file of `file_bytes`.
    #[must_use]
    pub fn begin(file_bytes: u64) -> Self {
        Self { reader: Reader::new(file_bytes), counter: Counter::default() }
    }

    /// Takes the next slice of the file.
    pub fn take(&mut self, slice: &[u8]) {
        self.reader.push(slice, &mut self.counter);
    }

    /// Ends the file: what was found.
    #[must_use]
    pub fn end(mut self) -> Counter {
        self.reader.finish(&mut self.counter);
        self.counter
    }
}

/// The floor: each byte is looked at once and nothing is understood.
#[must_use]
pub fn checksum(slice: &[u8]) -> u64 {
    let words = slice.chunks_exact(8);
    let rest = words.remainder().iter().fold(0, |sum: u64, &byte| sum + u64::from(byte));
    words.fold(rest, |sum, word| {
        let mut bytes = [0; 8];
        bytes.copy_from_slice(word);
        sum.wrapping_add(u64::from_le_bytes(bytes))
    })
}
