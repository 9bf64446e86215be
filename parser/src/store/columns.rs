//! All columns together: events come in file order, and the rows are kept in time order.
//!
//! Events arrive in runs, the buffers of the processors, and only those of about one time overlap.
//! So they are gathered in batches; a batch is sorted, and merged with the end of what is there.
//! Sorting thus costs the same for each event however many there are, and there is no long sort at
//! the end.

use zerocopy::{FromBytes, Immutable, IntoBytes, KnownLayout};

use super::column::{CHUNK_ROWS, Column};
use super::intern::Interner;
use crate::guid::Guid;
use crate::record::Locator;
use crate::view::EventIndex;

/// Bits of a packed word that hold the key; the rest holds the processor.
pub(super) const KEY_BITS: u32 = 20;
const KEY_MASK: u32 = (1 << KEY_BITS) - 1;
/// Windows has at most 2,048 processors; a larger number is a damaged one.
const MAX_CPU: u32 = (1 << (32 - KEY_BITS)) - 1;
/// Processors that can be told apart.
pub(super) const CPUS: usize = MAX_CPU as usize + 1;

/// Rows that go through all columns together: they stay in the processor's nearest cache.
const ROWS_AT_ONCE: usize = 1 << 10;

/// One event as the columns hold it.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub(super) struct Entry {
    /// Ticks; FILETIME once [`Columns::settle`] has converted it.
    pub time: i64,
    pub key: u32,
    pub cpu: u16,
    /// Number of the (process, thread) pair.
    pub thread: u32,
    /// Number of the activity; 0 is none.
    pub activity: u32,
    pub locator: Locator,
}

/// One event on its way into the columns, or moved within them.
#[derive(Clone, Copy, Debug, Default, FromBytes, Immutable, IntoBytes, KnownLayout)]
#[repr(C)]
pub(super) struct Row {
    pub time: i64,
    pub key_cpu: u32,
    pub thread: u32,
    pub activity: u32,
    pub locator: u32,
}

/// The rows of a shard, in order: what travels from those that read shards.
#[derive(Clone, Debug, Default)]
pub struct Rows {
    sorted: Vec<Row>,
    /// Where they come together first.
    tail: Vec<Row>,
    /// The memory in which activities were numbered: growing it costs more than filling it.
    pub(super) activities: Interner<Guid>,
}

impl Rows {
    /// Their bytes, in the order of this machine.
    #[must_use]
    pub fn bytes(&self) -> &[u8] {
        self.sorted.as_bytes()
    }

    /// Makes room for as many rows as so many bytes are, to be filled with what [`Rows::bytes`]
    /// gave.
    pub fn of_bytes(&mut self, bytes: usize) -> &mut [u8] {
        self.sorted.resize(bytes / size_of::<Row>(), Row::default());
        self.sorted.as_mut_bytes()
    }

    pub(super) fn all(&self) -> &[Row] {
        &self.sorted
    }

    pub(super) fn all_mut(&mut self) -> &mut Vec<Row> {
        &mut self.sorted
    }
}

impl Row {
    fn new(entry: &Entry) -> Self {
        let cpu = u32::from(entry.cpu).min(MAX_CPU);
        Self {
            time: entry.time,
            key_cpu: cpu << KEY_BITS | entry.key & KEY_MASK,
            thread: entry.thread,
            activity: entry.activity,
            locator: entry.locator.0,
        }
    }

    pub fn key(&self) -> u32 {
        self.key_cpu & KEY_MASK
    }

    pub fn set_key(&mut self, key: u32) {
        self.key_cpu = self.key_cpu & !KEY_MASK | key & KEY_MASK;
    }

    pub fn cpu(&self) -> u16 {
        // 12 bits are left.
        (self.key_cpu >> KEY_BITS) as u16
    }

    /// What rows are ordered by: time, then the place in the file.
    fn place(&self) -> (i64, u32) {
        (self.time, self.locator)
    }
}

/// All events.
#[derive(Clone, Debug, Default)]
pub(super) struct Columns {
    pub time: Column<i64>,
    key: Column<u32>,
    cpu: Column<u32>,
    pub thread: Column<u32>,
    pub activity: Column<u32>,
    locator: Column<u32>,
    /// Rows that may be asked for: they stay where they are until [`Columns::show`].
    shown: usize,
    /// How many rows there are but for those in `tail`.
    settled: usize,
    /// Rows in order, after those in the columns: what comes next may still belong among them.
    end: Vec<Row>,
    /// Rows at the start of `end` that were taken from it.
    taken: usize,
    /// What has come since the last batch, in file order, with ticks.
    tail: Vec<Row>,
    /// Where a batch is sorted, or merged.
    dealt: Vec<Row>,
    /// Rows in order that belong among those shown.
    late: Vec<Row>,
}

impl Columns {
    pub fn push(&mut self, entry: &Entry) {
        self.tail.push(Row::new(entry));
    }

    /// All events there are.
    #[inline]
    pub fn len(&self) -> usize {
        self.settled + self.tail.len()
    }

    /// As many of the rows that came last; they are not settled yet.
    pub fn last_pushed(&mut self, rows: usize) -> &mut [Row] {
        let from = self.tail.len().saturating_sub(rows);
        self.tail.get_mut(from..).unwrap_or_default()
    }

    /// How many came since the last [`Columns::settle`].
    pub fn unsettled(&self) -> usize {
        self.tail.len()
    }

    /// How many rows from the start are in their final form.
    pub fn sorted(&self) -> usize {
        self.shown
    }

    pub fn key(&self, event: EventIndex) -> u32 {
        self.key.get(event as usize)
    }

    pub fn cpu(&self, event: EventIndex) -> u16 {
        self.cpu.get(event as usize) as u16
    }

    /// The keys, to go through chunk by chunk.
    pub fn key_column(&self) -> &Column<u32> {
        &self.key
    }

    /// The processors, to go through chunk by chunk.
    pub fn cpu_column(&self) -> &Column<u32> {
        &self.cpu
    }

    pub fn locator(&self, event: EventIndex) -> Locator {
        Locator(self.locator.get(event as usize))
    }

    /// Bytes of memory the rows take.
    pub fn heap_bytes(&self) -> usize {
        let rows = [&self.end, &self.tail, &self.dealt, &self.late].map(Vec::capacity);
        self.time.heap_bytes()
            + self.key.heap_bytes()
            + self.cpu.heap_bytes()
            + self.thread.heap_bytes()
            + self.activity.heap_bytes()
            + self.locator.heap_bytes()
            + rows.iter().sum::<usize>() * size_of::<Row>()
    }

    /// Takes what has come into the columns. `to_filetime` converts its ticks. Rows that are shown
    /// do not change.
    pub fn settle(&mut self, to_filetime: impl Fn(i64) -> i64) {
        let mut batch = std::mem::take(&mut self.dealt);
        self.sort_tail(&mut batch, to_filetime);
        self.settle_sorted(&mut batch);
        if self.dealt.capacity() < batch.capacity() {
            self.dealt = batch;
        }
    }

    /// Uses the memory that [`Columns::take_sorted`] left.
    pub fn reuse(&mut self, rows: &mut Rows) {
        self.tail = std::mem::take(&mut rows.tail);
    }

    /// Takes away what has come and was not settled: in order, with FILETIMEs.
    pub fn take_sorted(&mut self, to_filetime: impl Fn(i64) -> i64, rows: &mut Rows) {
        self.sort_tail(&mut rows.sorted, to_filetime);
        rows.tail = std::mem::take(&mut self.tail);
    }

    fn sort_tail(&mut self, sorted: &mut Vec<Row>, to_filetime: impl Fn(i64) -> i64) {
        for row in &mut self.tail {
            row.time = to_filetime(row.time);
        }
        if !spread(&self.tail, sorted) {
            sorted.clear();
            sorted.extend_from_slice(&self.tail);
            // Finds the runs, the buffers, and merges them.
            sorted.sort_by_key(Row::place);
        }
        self.tail.clear();
    }

    /// Takes rows that are in order, and have FILETIMEs, into the columns; what is left in `batch`
    /// means nothing. Nothing may be waiting for [`Columns::settle`].
    pub fn settle_sorted(&mut self, batch: &mut Vec<Row>) {
        self.settled += batch.len();
        let last_shown = self.shown.checked_sub(1).map(|last| self.place(last));
        let late = batch.partition_point(|row| Some(row.place()) < last_shown);
        let (before_shown, new) = batch.split_at_checked(late).unwrap_or((batch, &[]));
        self.late.extend_from_slice(before_shown);
        let Some(first) = new.first().map(Row::place) else { return };
        let last = self.time.len().checked_sub(1).map(|last| self.place(last));
        if last > Some(first) {
            // It goes far back.
            self.append_end();
            self.merge(new);
            return;
        }
        let mut end = std::mem::take(&mut self.end);
        let old = end.get(self.taken..).unwrap_or_default();
        let from = old.partition_point(|row| row.place() < first);
        let (before, among) = old.split_at_checked(from).unwrap_or((old, &[]));
        self.append(before);
        // The rest of the batch stays where it is.
        let last = among.last().map(Row::place);
        let until = new.partition_point(|row| Some(row.place()) < last);
        let mut rest = new.get(..until).unwrap_or_default();
        let mut merged = std::mem::take(&mut self.dealt);
        merged.clear();
        merged.reserve(among.len() + rest.len());
        for row in among {
            let at = rest.iter().position(|new| new.place() > row.place()).unwrap_or(rest.len());
            let (new, after) = rest.split_at_checked(at).unwrap_or((rest, &[]));
            merged.extend_from_slice(new);
            merged.push(*row);
            rest = after;
        }
        self.append(&merged);
        (self.dealt, self.taken) = (merged, late + until);
        std::mem::swap(&mut end, batch);
        self.end = end;
    }

    /// Takes the rows at the end into the columns.
    fn append_end(&mut self) {
        let mut end = std::mem::take(&mut self.end);
        self.append(end.get(self.taken..).unwrap_or_default());
        end.clear();
        (self.end, self.taken) = (end, 0);
    }

    /// Brings all rows into time order, ties in file order, and shows them; while there are
    /// `more` to come perhaps without those at the end, which the next batch may still change.
    /// The order does not depend on how often this is called.
    pub fn show(&mut self, more: bool, to_filetime: impl Fn(i64) -> i64) {
        self.settle(to_filetime);
        if !self.late.is_empty() {
            let mut late = std::mem::take(&mut self.late);
            late.sort_by_key(Row::place);
            self.merge(&late);
        }
        let waiting = self.end.len() - self.taken;
        if !more {
            self.append_end();
        } else if waiting > self.time.len() {
            // What comes next belongs among the last of them: all that is shown after it would have
            // to be moved.
            let until = self.taken + waiting.div_ceil(2);
            let end = std::mem::take(&mut self.end);
            self.append(end.get(self.taken..until).unwrap_or_default());
            (self.end, self.taken) = (end, until);
        }
        self.shown = self.time.len();
        if !more {
            // Nothing more comes.
            (self.end, self.tail, self.dealt) = (Vec::new(), Vec::new(), Vec::new());
        }
    }

    fn place(&self, row: usize) -> (i64, u32) {
        (self.time.get(row), self.locator.get(row))
    }

    /// Merges rows that are in order with those in the columns.
    fn merge(&mut self, new: &[Row]) {
        let len = self.time.len();
        let Some(first) = new.first().map(Row::place) else { return };
        let from = partition_point(len, |row| self.place(row) < first);
        if from == len {
            return self.append(new);
        }
        let mut old = self.cut(from);
        let mut merged = Vec::with_capacity(CHUNK_ROWS.min(len - from + new.len()));
        let mut take = |columns: &mut Self, row: Row| {
            if merged.len() == CHUNK_ROWS {
                columns.append(&merged);
                merged.clear();
            }
            merged.push(row);
        };
        for row in new {
            while let Some(before) = old.next_before(row.place()) {
                take(self, before);
            }
            take(self, *row);
        }
        while let Some(row) = old.next() {
            take(self, row);
        }
        self.append(&merged);
    }

    fn append(&mut self, rows: &[Row]) {
        for rows in rows.chunks(ROWS_AT_ONCE) {
            self.time.extend(rows, |row| row.time);
            self.key.extend(rows, Row::key);
            self.cpu.extend(rows, |row| row.cpu().into());
            self.thread.extend(rows, |row| row.thread);
            self.activity.extend(rows, |row| row.activity);
            self.locator.extend(rows, |row| row.locator);
        }
    }

    /// Cuts off the rows from `from` on, to be put back among others.
    fn cut(&mut self, from: usize) -> Cut {
        let columns = Self {
            time: self.time.split_off(from),
            key: self.key.split_off(from),
            cpu: self.cpu.split_off(from),
            thread: self.thread.split_off(from),
            activity: self.activity.split_off(from),
            locator: self.locator.split_off(from),
            ..Self::default()
        };
        let mut cut = Cut { columns, next_chunk: 0, rows: Vec::new(), at: 0 };
        cut.load();
        cut.at = from % CHUNK_ROWS;
        cut
    }

    /// Row numbers in file order, `None` when rows are in file order.
    pub fn file_order(&self) -> Option<Vec<EventIndex>> {
        let locators = || self.locator.iter().take(self.shown);
        let mut last = 0;
        if locators().all(|locator| std::mem::replace(&mut last, locator) <= locator) {
            return None;
        }
        let mut order: Vec<(u32, EventIndex)> = locators().zip(0..).collect();
        order.sort_unstable();
        Some(order.into_iter().map(|(_, event)| event).collect())
    }

    /// The first event at or after an instant.
    pub fn at_or_after(&self, time: i64) -> EventIndex {
        partition_point(self.shown, |row| self.time.get(row) < time) as EventIndex
    }
}

/// Rows that were cut off; their memory goes as they are taken.
struct Cut {
    columns: Columns,
    next_chunk: usize,
    rows: Vec<Row>,
    at: usize,
}

impl Cut {
    /// Moves the next chunk into `rows`.
    fn load(&mut self) {
        let columns = &mut self.columns;
        let (mut wide, mut narrow, mut cpus) = (Vec::new(), Vec::new(), Vec::new());
        columns.time.take_chunk(self.next_chunk, &mut wide);
        self.rows.clear();
        self.rows.extend(wide.iter().map(|&time| Row { time, ..Row::default() }));
        columns.key.take_chunk(self.next_chunk, &mut narrow);
        columns.cpu.take_chunk(self.next_chunk, &mut cpus);
        for ((row, &key), &cpu) in self.rows.iter_mut().zip(&narrow).zip(&cpus) {
            row.key_cpu = cpu << KEY_BITS | key;
        }
        columns.thread.take_chunk(self.next_chunk, &mut narrow);
        self.rows.iter_mut().zip(&narrow).for_each(|(row, &thread)| row.thread = thread);
        columns.activity.take_chunk(self.next_chunk, &mut narrow);
        self.rows.iter_mut().zip(&narrow).for_each(|(row, &activity)| row.activity = activity);
        columns.locator.take_chunk(self.next_chunk, &mut narrow);
        self.rows.iter_mut().zip(&narrow).for_each(|(row, &locator)| row.locator = locator);
        self.next_chunk += 1;
        self.at = 0;
    }

    fn peek(&mut self) -> Option<Row> {
        if self.at == self.rows.len() {
            self.load();
        }
        self.rows.get(self.at).copied()
    }

    fn next(&mut self) -> Option<Row> {
        let row = self.peek()?;
        self.at += 1;
        Some(row)
    }

    /// The next row, if it stands before a place.
    fn next_before(&mut self, place: (i64, u32)) -> Option<Row> {
        let row = self.peek().filter(|row| row.place() <= place)?;
        self.at += 1;
        Some(row)
    }
}

/// Copies rows into order by the time at which they would be if they came at a steady rate, and puts
/// in order what is not. `false` when they come too unsteadily for that.
fn spread(rows: &[Row], spread: &mut Vec<Row>) -> bool {
    let first = rows.first().map_or(0, |row| row.time);
    let least = rows.iter().fold(first, |least, row| least.min(row.time));
    let most = rows.iter().fold(first, |most, row| most.max(row.time));
    let length = most.wrapping_sub(least) as u64;
    // As many places as rows, or up to twice as many.
    let room = rows.len().next_power_of_two().ilog2();
    let shift = length.checked_ilog2().map_or(0, |bits| (bits + 1).saturating_sub(room));
    let place = |row: &Row| (row.time.wrapping_sub(least) as u64 >> shift) as usize;
    let mut next = vec![0_u32; (1 << room) + 1];
    for row in rows {
        if let Some(count) = next.get_mut(place(row) + 1) {
            *count += 1;
        }
    }
    let (mut sum, mut cost) = (0, 0);
    for start in &mut next {
        sum += *start;
        cost += u64::from(*start) * u64::from(*start);
        *start = sum;
    }
    if cost > MOST_SPREAD_COST * rows.len() as u64 {
        return false;
    }
    // All of it is written below, whatever it held.
    spread.resize(rows.len(), Row::default());
    for row in rows {
        if let Some(next) = next.get_mut(place(row)) {
            if let Some(slot) = spread.get_mut(*next as usize) {
                *slot = *row;
            }
            *next += 1;
        }
    }
    for at in 1..spread.len() {
        let mut at = at;
        while let Some([before, row]) = spread.get_mut(at.wrapping_sub(1)..=at)
            && before.place() > row.place()
        {
            std::mem::swap(before, row);
            at -= 1;
        }
    }
    true
}

/// Rows that fall into one place are put in order one by one: what that costs each, about, at most.
const MOST_SPREAD_COST: u64 = 16;

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

    /// Three processors whose buffers arrive one after another, with equal times between; one of
    /// them now and then writes what is long past.
    fn arrivals() -> Vec<Entry> {
        let time = |i: u32| match i % 60 {
            59 => i64::from(i) / 20,
            _ => i64::from((i % 20) * 7 + i / 60 * 50) / 3,
        };
        (0..300).map(|i| entry(time(i), i)).collect()
    }

    #[test]
    fn order_is_by_time_then_file_however_often_settled_and_shown() {
        let mut expected = arrivals();
        expected.sort_by_key(|e| (e.time * 10, e.locator.0));
        for (settle, show) in [(1, 1), (7, 300), (7, 50), (50, 60), (300, 300), (1, 299)] {
            let mut columns = Columns::default();
            for (i, entry) in arrivals().iter().enumerate() {
                columns.push(entry);
                if (i + 1) % settle == 0 {
                    let before: Vec<i64> =
                        (0..columns.sorted()).map(|r| columns.time.get(r)).collect();
                    columns.settle(|ticks| ticks * 10);
                    let after: Vec<i64> =
                        (0..columns.sorted()).map(|r| columns.time.get(r)).collect();
                    assert_eq!(before, after, "what is shown stays");
                }
                if (i + 1) % show == 0 {
                    columns.show(true, |ticks| ticks * 10);
                    assert!(columns.sorted() > i / 3, "most is shown");
                }
                assert_eq!(columns.len(), i + 1);
            }
            columns.show(false, |ticks| ticks * 10);
            assert_eq!((columns.len(), columns.sorted()), (300, 300));
            for (row, want) in expected.iter().enumerate() {
                let event = row as u32;
                assert_eq!(columns.time.get(row), want.time * 10, "{settle} {show}");
                assert_eq!(columns.locator(event), want.locator);
                assert_eq!((columns.key(event), columns.cpu(event)), (want.key, want.cpu));
                assert_eq!(columns.thread.get(row), want.thread);
                assert_eq!(columns.activity.get(row), want.activity);
            }
            let first = expected.iter().position(|e| e.time >= 40).expect("times pass 40");
            assert_eq!(columns.at_or_after(400) as usize, first);
            assert_eq!(columns.at_or_after(i64::MAX), 300);
            let order = columns.file_order().expect("they overlap");
            assert!(order.iter().map(|&row| columns.locator(row).0).eq(0..300));
        }
    }
}
