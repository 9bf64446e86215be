//! The columns: chunked, so that growing neither copies what is there nor needs twice its room,
//! and random access stays one division away.

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::collections::binary_heap::PeekMut;

use crate::record::Locator;
use crate::view::EventIndex;

/// Rows of one chunk, as a power of two. Tests use small chunks to cross their borders.
#[cfg(not(test))]
const CHUNK_BITS: u32 = 16;
#[cfg(test)]
const CHUNK_BITS: u32 = 4;
const CHUNK_ROWS: usize = 1 << CHUNK_BITS;
const IN_CHUNK: usize = CHUNK_ROWS - 1;

/// A growing array of fixed-size values.
#[derive(Clone, Debug, Default)]
pub(super) struct Column<T> {
    chunks: Vec<Vec<T>>,
    len: usize,
}

impl<T: Copy + Default> Column<T> {
    pub fn push(&mut self, value: T) {
        match self.chunks.last_mut() {
            Some(chunk) if chunk.len() < CHUNK_ROWS => chunk.push(value),
            _ => {
                let mut chunk = Vec::with_capacity(CHUNK_ROWS);
                chunk.push(value);
                self.chunks.push(chunk);
            }
        }
        self.len += 1;
    }

    pub fn len(&self) -> usize {
        self.len
    }

    /// The value of a row; the default for a row past the end.
    pub fn get(&self, row: usize) -> T {
        self.chunks
            .get(row >> CHUNK_BITS)
            .and_then(|chunk| chunk.get(row & IN_CHUNK))
            .copied()
            .unwrap_or_default()
    }

    pub fn get_mut(&mut self, row: usize) -> Option<&mut T> {
        self.chunks.get_mut(row >> CHUNK_BITS)?.get_mut(row & IN_CHUNK)
    }

    pub fn iter(&self) -> impl Iterator<Item = T> + '_ {
        self.chunks.iter().flatten().copied()
    }

    /// Puts the value of row `order[i]` at row `from + i`, for all rows from `from` on.
    fn permute(&mut self, from: usize, order: &[u32]) {
        let first = from >> CHUNK_BITS;
        let kept = self.chunks.get(first).and_then(|chunk| chunk.get(..from & IN_CHUNK));
        let mut chunk = Vec::with_capacity(CHUNK_ROWS);
        chunk.extend_from_slice(kept.unwrap_or_default());
        let mut moved = Vec::with_capacity(self.chunks.len() - first);
        for &row in order {
            if chunk.len() == CHUNK_ROWS {
                moved.push(std::mem::replace(&mut chunk, Vec::with_capacity(CHUNK_ROWS)));
            }
            chunk.push(self.get(row as usize));
        }
        moved.push(chunk);
        self.chunks.truncate(first);
        self.chunks.append(&mut moved);
    }
}

/// Bits of a packed word that hold the key; the rest holds the processor.
pub(super) const KEY_BITS: u32 = 20;
const KEY_MASK: u32 = (1 << KEY_BITS) - 1;
/// Windows has at most 2,048 processors; a larger number is a damaged one.
const MAX_CPU: u32 = (1 << (32 - KEY_BITS)) - 1;

/// One event as the columns hold it.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub(super) struct Entry {
    /// Ticks; FILETIME once [`Columns::sort`] has converted it.
    pub time: i64,
    pub key: u32,
    pub cpu: u16,
    /// Number of the (process, thread) pair.
    pub thread: u32,
    /// Number of the activity; 0 is none.
    pub activity: u32,
    pub locator: Locator,
}

/// Rows that are in order, by their first.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
struct Run {
    place: (i64, u32),
    row: usize,
    end: usize,
}

/// All events, 24 bytes each.
#[derive(Clone, Debug, Default)]
pub(super) struct Columns {
    pub time: Column<i64>,
    key_cpu: Column<u32>,
    pub thread: Column<u32>,
    pub activity: Column<u32>,
    locator: Column<u32>,
    /// Rows before this one have FILETIMEs and are in order.
    sorted: usize,
}

impl Columns {
    pub fn push(&mut self, entry: Entry) {
        self.time.push(entry.time);
        let cpu = u32::from(entry.cpu).min(MAX_CPU);
        self.key_cpu.push(cpu << KEY_BITS | entry.key & KEY_MASK);
        self.thread.push(entry.thread);
        self.activity.push(entry.activity);
        self.locator.push(entry.locator.0);
    }

    pub fn len(&self) -> usize {
        self.time.len()
    }

    pub fn key(&self, event: EventIndex) -> u32 {
        self.key_cpu.get(event as usize) & KEY_MASK
    }

    pub fn cpu(&self, event: EventIndex) -> u16 {
        // The mask leaves 12 bits.
        (self.key_cpu.get(event as usize) >> KEY_BITS) as u16
    }

    pub fn keys(&self) -> impl Iterator<Item = u32> + '_ {
        self.key_cpu.iter().map(|word| word & KEY_MASK)
    }

    pub fn locator(&self, event: EventIndex) -> Locator {
        Locator(self.locator.get(event as usize))
    }

    /// How many rows from the start are in their final form.
    pub fn sorted(&self) -> usize {
        self.sorted
    }

    /// Brings all rows into time order, ties in file order. `to_filetime` converts
    /// the ticks of the rows that came since the last call. The outcome does not depend on how
    /// often it is called.
    pub fn sort(&mut self, to_filetime: impl Fn(i64) -> i64) {
        let len = self.len();
        for row in self.sorted..len {
            if let Some(time) = self.time.get_mut(row) {
                *time = to_filetime(*time);
            }
        }
        // What came new is mostly later than all that was there: only the rows from the first
        // that one of the new ones precedes take part.
        let earliest = (self.sorted..len).map(|row| self.place(row)).min();
        let from = earliest
            .map_or(len, |first| partition_point(self.sorted, |row| self.place(row) < first));
        self.sorted = len;
        let Some(order) = self.merged(from, len) else { return };
        self.time.permute(from, &order);
        self.key_cpu.permute(from, &order);
        self.thread.permute(from, &order);
        self.activity.permute(from, &order);
        self.locator.permute(from, &order);
    }

    /// What rows are ordered by: time, then the place in the file.
    fn place(&self, row: usize) -> (i64, u32) {
        (self.time.get(row), self.locator.get(row))
    }

    /// The order of the rows from `from` on; `None` when they are in order.
    ///
    /// Rows arrive in runs, the buffers of the processors, and only those of one moment overlap:
    /// a merge of the runs that are open at a time costs little more than a copy.
    fn merged(&self, from: usize, len: usize) -> Option<Vec<u32>> {
        let mut runs: Vec<Run> = Vec::new();
        let mut last = None;
        for row in from..len {
            let place = self.place(row);
            match runs.last_mut() {
                Some(run) if last <= Some(place) => run.end += 1,
                _ => runs.push(Run { place, row, end: row + 1 }),
            }
            last = Some(place);
        }
        if runs.len() <= 1 {
            return None;
        }
        // The one that begins first is taken first: from the end.
        runs.sort_unstable_by(|a, b| b.cmp(a));
        let mut open: BinaryHeap<Reverse<Run>> = BinaryHeap::new();
        let mut order = Vec::with_capacity(len - from);
        loop {
            let next = runs.last();
            let Some(mut first) = open.peek_mut() else {
                let Some(run) = runs.pop() else { break };
                open.push(Reverse(run));
                continue;
            };
            if next.is_some_and(|run| run.place < first.0.place) {
                drop(first);
                open.extend(runs.pop().map(Reverse));
                continue;
            }
            // Rows are numbered with 32 bits (`Loader` sees to it).
            order.push(first.0.row as u32);
            let row = first.0.row + 1;
            if row == first.0.end {
                PeekMut::pop(first);
            } else {
                first.0.row = row;
                first.0.place = self.place(row);
            }
        }
        Some(order)
    }

    /// Row numbers in file order, `None` when rows are in file order.
    pub fn file_order(&self) -> Option<Vec<EventIndex>> {
        let locators = || self.locator.iter().take(self.sorted);
        let mut last = 0;
        if locators().all(|locator| std::mem::replace(&mut last, locator) <= locator) {
            return None;
        }
        // Rows are dealt to short stretches of the file; within one they are in order, mostly.
        let highest = locators().max().unwrap_or(0);
        let shift = (32 - highest.leading_zeros()).saturating_sub(16);
        let mut next = vec![0_u32; (highest >> shift) as usize + 2];
        for locator in locators() {
            if let Some(count) = next.get_mut((locator >> shift) as usize + 1) {
                *count += 1;
            }
        }
        let mut sum = 0;
        for start in &mut next {
            sum += *start;
            *start = sum;
        }
        let mut order = vec![0; self.sorted];
        for (row, locator) in (0..).zip(locators()) {
            if let Some(place) = next.get_mut((locator >> shift) as usize) {
                if let Some(slot) = order.get_mut(*place as usize) {
                    *slot = row;
                }
                *place += 1;
            }
        }
        let mut start = 0;
        for end in next {
            if let Some(stretch) = order.get_mut(start..end as usize) {
                stretch.sort_unstable_by_key(|&row| self.locator.get(row as usize));
            }
            start = end as usize;
        }
        Some(order)
    }

    /// The first event at or after an instant.
    pub fn at_or_after(&self, time: i64) -> EventIndex {
        partition_point(self.sorted, |row| self.time.get(row) < time) as EventIndex
    }
}

/// The first number below `len` for which `before` is false, when it is true up to there.
pub(super) fn partition_point(len: usize, mut before: impl FnMut(usize) -> bool) -> usize {
    let (mut low, mut high) = (0, len);
    while low < high {
        let middle = low + (high - low) / 2;
        if before(middle) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    low
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry(time: i64, locator: u32) -> Entry {
        Entry {
            time,
            locator: Locator(locator),
            key: locator % 5,
            cpu: (locator % 3) as u16,
            thread: locator * 2,
            activity: locator * 3,
        }
    }

    #[test]
    fn order_is_by_time_then_file_however_often_sorted() {
        // Three processors whose buffers arrive one after another, with equal times between.
        let arrivals: Vec<Entry> =
            (0..300_u32).map(|i| entry(i64::from((i % 20) * 7 + i / 60 * 50) / 3, i)).collect();
        let mut expected = arrivals.clone();
        expected.sort_by_key(|e| (e.time * 10, e.locator.0));
        for steps in [1, 7, 50, 300] {
            let mut columns = Columns::default();
            for (i, entry) in arrivals.iter().enumerate() {
                columns.push(*entry);
                if (i + 1) % steps == 0 {
                    columns.sort(|ticks| ticks * 10);
                }
            }
            columns.sort(|ticks| ticks * 10);
            assert_eq!(columns.len(), 300);
            for (row, want) in expected.iter().enumerate() {
                let event = row as u32;
                assert_eq!(columns.time.get(row), want.time * 10);
                assert_eq!(columns.locator(event), want.locator);
                assert_eq!((columns.key(event), columns.cpu(event)), (want.key, want.cpu));
                assert_eq!(columns.thread.get(row), want.thread);
                assert_eq!(columns.activity.get(row), want.activity);
            }
            let first = expected.iter().position(|e| e.time >= 40).expect("times pass 40");
            assert_eq!(columns.at_or_after(400) as usize, first);
            assert_eq!(columns.at_or_after(i64::MAX), 300);
        }
    }
}
