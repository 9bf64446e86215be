//! The events of a view on their way to be counted, a chunk of rows at a time.

use std::ops::Range;

use super::cells::By;
use super::column::CHUNK_ROWS;
use super::selection::View;
use super::trace::Trace;
use crate::view::EventIndex;

/// As many events of a chunk are looked up one by one.
const FEW: usize = CHUNK_ROWS / 16;

/// An event with what it is counted by.
#[derive(Clone, Copy, Debug)]
pub(super) struct Counted {
    pub event: EventIndex,
    pub key: u32,
    /// Number of the column that is counted.
    pub number: u32,
}

/// The events of a view among some rows.
pub(super) struct Events<'a> {
    trace: &'a Trace,
    view: &'a View,
    rows: Range<EventIndex>,
    by: By,
    words: Vec<u64>,
    keys: Vec<u32>,
    numbers: Vec<u32>,
    chunk: Vec<Counted>,
}

impl<'a> Events<'a> {
    pub fn of(trace: &'a Trace, view: &'a View, rows: Range<EventIndex>, by: By) -> Self {
        let (words, keys, numbers, chunk) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
        Self { trace, view, rows, by, words, keys, numbers, chunk }
    }

    /// The events of the next chunk.
    pub fn next_chunk(&mut self) -> Option<&[Counted]> {
        if self.rows.is_empty() {
            return None;
        }
        let number = self.rows.start as usize / CHUNK_ROWS;
        let first = (number * CHUNK_ROWS) as EventIndex;
        let end = self.rows.end.min(first.saturating_add(CHUNK_ROWS as EventIndex));
        let rows = self.rows.start..end;
        self.rows.start = end;
        let (trace, by) = (self.trace, self.by);
        self.words.clear();
        self.words.extend(self.view.words(first, &rows));
        self.chunk.clear();
        // Where there are few, the chunk need not be unpacked.
        if self.words.iter().map(|word| word.count_ones() as usize).sum::<usize>() < FEW {
            self.chunk.extend(self.view.walk(rows.start, rows.end).map(|event| Counted {
                event,
                key: trace.key_id(event),
                number: by.number(trace, event),
            }));
            return Some(&self.chunk);
        }
        By::Key.chunk(trace, number, &mut self.keys);
        if by != By::Key {
            by.chunk(trace, number, &mut self.numbers);
            // What no column tells has no numbers.
            self.numbers.resize(self.keys.len(), 0);
        }
        let numbers = if by == By::Key { &self.keys } else { &self.numbers };
        let rows = self.keys.chunks(64).zip(numbers.chunks(64));
        for ((&word, (keys, numbers)), first) in
            self.words.iter().zip(rows).zip((first..).step_by(64))
        {
            let counted = (first..).zip(keys.iter().zip(numbers));
            let counted = counted.map(|(event, (&key, &number))| Counted { event, key, number });
            if word == u64::MAX {
                self.chunk.extend(counted);
            } else if word != 0 {
                let mut rest = word;
                self.chunk.extend(counted.filter(|_| {
                    let passes = rest & 1 == 1;
                    rest >>= 1;
                    passes
                }));
            }
        }
        Some(&self.chunk)
    }
}
