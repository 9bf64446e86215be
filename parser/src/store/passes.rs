//! What a filter leaves of the events of a chunk, decided from their columns: sixty-four events in
//! a word, one column at a time.
//!
//! Whatever a test looks at is interned or has few values, so each value is decided once and a row
//! costs a look into a table. A chunk whose values all say the same is not gone through.

use std::cell::RefCell;

use super::cells::By;
use super::column::{CHUNK_ROWS, Column};
use super::trace::Trace;
use crate::guid::Guid;
use crate::query::{Expr, Field, Residual, RowFacts, Test, Value};
use crate::record::UNKNOWN_ID;
use crate::view::EventIndex;

/// What a value says of its events: codes are bits, so that those of 64 events become words.
const OPEN: u8 = 0;
pub(super) const YES: u8 = 1;
pub(super) const NO: u8 = 2;
/// The value alone does not tell, but the row does.
const ROW: u8 = 4;

/// As many values are looked through to see whether a whole chunk says the same.
const MOST_LOOKED_THROUGH: i64 = 1 << 10;

/// The rows of so many values are searched for instead of looked up one by one, where they are few.
const FEW_VALUES: usize = 4;
const FEW_ROWS: usize = CHUNK_ROWS / 16;

/// The answers for 64 events: which pass, and which do not. Of the others the columns do not tell.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Word {
    pub yes: u64,
    pub no: u64,
}

/// A filter made ready for the rows of a trace.
#[derive(Debug)]
pub(super) struct Passes {
    /// What is left of the filter once the key of an event is known.
    pub residuals: Vec<Residual>,
    by_key: Codes,
    expr: Expr,
    /// The tests and texts of `expr`, in order; none where keys decide all.
    leaves: Vec<Leaf>,
}

#[derive(Debug)]
enum Leaf {
    /// A code for each number of a column; the test, for rows of which that does not tell.
    Table(By, Codes, Option<Test>),
    /// The first row of each stretch of time of which all events say the same, and what.
    Times(Vec<(EventIndex, bool)>),
}

/// What the numbers of a column say.
#[derive(Debug)]
struct Codes {
    all: Vec<u8>,
    /// The numbers that do not say no, where they are few, until a chunk had many rows of them.
    few: RefCell<Vec<u32>>,
}

impl FromIterator<u8> for Codes {
    fn from_iter<I: IntoIterator<Item = u8>>(codes: I) -> Self {
        let all: Vec<u8> = codes.into_iter().collect();
        let others = (0..).zip(&all).filter(|(_, code)| **code != NO);
        let mut few: Vec<u32> = others.map(|(number, _)| number).take(FEW_VALUES + 1).collect();
        if few.len() > FEW_VALUES {
            few.clear();
        }
        Self { all, few: RefCell::new(few) }
    }
}

/// The rows of a chunk.
struct Chunk<'a> {
    trace: &'a Trace,
    number: usize,
    rows: usize,
    /// Codes of the rows, by the column looked at last.
    codes: Vec<u8>,
}

impl Passes {
    pub fn new(trace: &Trace, expr: &Expr) -> Self {
        let residuals: Vec<Residual> = trace.keys().iter().map(|key| key.residual(expr)).collect();
        let code = |residual: &Residual| match residual {
            Residual::Depends(_) => OPEN,
            Residual::Yes => YES,
            Residual::No => NO,
        };
        let by_key: Codes = residuals.iter().map(code).collect();
        let mut leaves = Vec::new();
        if by_key.all.contains(&OPEN) {
            expr.visit_leaves(&mut |leaf| {
                leaves.push(match leaf {
                    Expr::Test(test) if test.field == Field::Time => times(trace, test),
                    Expr::Test(test) if test.is_of_row() => table(trace, test),
                    _ => {
                        let keys = trace.keys().iter();
                        let codes = keys.map(|key| code(&key.residual(leaf)));
                        Leaf::Table(By::Key, codes.collect(), None)
                    }
                });
            });
        }
        Self { residuals, by_key, expr: expr.clone(), leaves }
    }

    /// Whether some events may have to be read again.
    pub fn may_leave_open(&self) -> bool {
        self.residuals.iter().any(Residual::needs_payload)
    }

    /// The answers for the rows of a chunk. Those past the last row do not pass.
    pub fn chunk(&self, trace: &Trace, number: usize) -> Vec<Word> {
        let rows = (trace.len() as usize).saturating_sub(number * CHUNK_ROWS).min(CHUNK_ROWS);
        let mut chunk = Chunk { trace, number, rows, codes: Vec::new() };
        let mut words = chunk.look_up(By::Key, &self.by_key, None);
        if words.iter().any(|word| word.yes | word.no != u64::MAX) {
            let rest = chunk.evaluate(&self.expr, &mut self.leaves.iter());
            for (word, rest) in words.iter_mut().zip(rest) {
                let open = !(word.yes | word.no);
                word.yes |= rest.yes & open;
                word.no |= rest.no & open;
            }
        }
        words
    }
}

/// The events of a chunk that have one of some keys, as words.
pub(super) fn of_keys(trace: &Trace, number: usize, by_key: &[u8]) -> Vec<Word> {
    let rows = (trace.len() as usize).saturating_sub(number * CHUNK_ROWS).min(CHUNK_ROWS);
    Chunk { trace, number, rows, codes: Vec::new() }.look_up_all(By::Key, by_key, None)
}

/// Chunks that the rows of a trace take.
pub(super) fn chunks(trace: &Trace) -> usize {
    (trace.len() as usize).div_ceil(CHUNK_ROWS)
}

impl Chunk<'_> {
    fn words(&self) -> usize {
        self.rows.div_ceil(64)
    }

    fn evaluate(&mut self, expr: &Expr, leaves: &mut dyn Iterator<Item = &Leaf>) -> Vec<Word> {
        match expr {
            Expr::All => vec![Word { yes: u64::MAX, no: 0 }; self.words()],
            Expr::And(parts) | Expr::Or(parts) => {
                let is_and = matches!(expr, Expr::And(_));
                let mut all = Vec::new();
                for part in parts {
                    let part = self.evaluate(part, leaves);
                    if all.is_empty() {
                        all = part;
                        continue;
                    }
                    for (word, other) in all.iter_mut().zip(part) {
                        *word = match is_and {
                            true => Word { yes: word.yes & other.yes, no: word.no | other.no },
                            false => Word { yes: word.yes | other.yes, no: word.no & other.no },
                        };
                    }
                }
                all
            }
            Expr::Not(inner) => {
                let mut words = self.evaluate(inner, leaves);
                for word in &mut words {
                    *word = Word { yes: word.no, no: word.yes };
                }
                words
            }
            Expr::Text(_) | Expr::Test(_) => match leaves.next() {
                Some(Leaf::Table(by, codes, test)) => self.look_up(*by, codes, test.as_ref()),
                Some(Leaf::Times(stretches)) => self.stretches(stretches),
                None => vec![Word::default(); self.words()],
            },
        }
    }

    /// The answers where few rows do not say no; `None` where there may be many.
    fn search(&self, by: By, codes: &Codes, test: Option<&Test>) -> Option<Vec<Word>> {
        let few = codes.few.borrow();
        let column = by.column(self.trace).filter(|_| !few.is_empty())?;
        let mut words = vec![Word { yes: 0, no: u64::MAX }; self.words()];
        let mut rows = 0;
        for &number in few.iter() {
            let code = codes.all.get(number as usize).copied().unwrap_or(NO);
            column.find(self.number, number, &mut |at| {
                rows += 1;
                let Some(word) = words.get_mut(at / 64) else { return };
                let bit = 1 << (at % 64);
                let code = match test.filter(|_| code == ROW) {
                    Some(test) => {
                        let row = self.number * CHUNK_ROWS + at;
                        self::code(test.holds(&self.trace.row_facts(row as EventIndex)))
                    }
                    None => code,
                };
                word.yes |= if code == YES { bit } else { 0 };
                word.no &= if code == NO { u64::MAX } else { !bit };
            });
        }
        drop(few);
        if rows > FEW_ROWS {
            codes.few.take();
        }
        Some(words)
    }

    fn look_up(&mut self, by: By, codes: &Codes, test: Option<&Test>) -> Vec<Word> {
        match self.search(by, codes, test) {
            Some(words) => words,
            None => self.look_up_all(by, &codes.all, test),
        }
    }

    fn look_up_all(&mut self, by: By, codes: &[u8], test: Option<&Test>) -> Vec<Word> {
        if let Some(code) = self.all_say(by, codes) {
            let every = |bit: u8| if code & bit == 0 { 0 } else { u64::MAX };
            return vec![Word { yes: every(YES), no: every(NO) }; self.words()];
        }
        self.codes.clear();
        if let Some(column) = by.column(self.trace) {
            column.look_up(self.number, codes, NO, &mut self.codes);
        }
        self.codes.truncate(self.rows);
        let mut first = self.number * CHUNK_ROWS;
        let mut words = Vec::with_capacity(self.codes.len().div_ceil(64));
        for part in self.codes.chunks(64) {
            let mut bytes = [NO; 64];
            bytes.iter_mut().zip(part).for_each(|(byte, code)| *byte = *code);
            let mut word = Word { yes: bits(&bytes, YES), no: bits(&bytes, NO) };
            let mut rows = if test.is_some() { bits(&bytes, ROW) } else { 0 };
            while rows != 0 {
                let at = rows.trailing_zeros();
                let row = self.trace.row_facts(first as EventIndex + at);
                let passes = test.is_some_and(|test| test.holds(&row));
                *(if passes { &mut word.yes } else { &mut word.no }) |= 1 << at;
                rows &= rows - 1;
            }
            words.push(word);
            first += 64;
        }
        words
    }

    /// The code that all values of the chunk have.
    fn all_say(&self, by: By, codes: &[u8]) -> Option<u8> {
        // Rows past the end must not say yes.
        if self.rows < CHUNK_ROWS {
            return None;
        }
        let (low, high) = by.column(self.trace)?.bounds(self.number)?;
        if high - low > MOST_LOOKED_THROUGH {
            return None;
        }
        let low = usize::try_from(low).ok()?;
        let high = usize::try_from(high).ok()?.min(codes.len().checked_sub(1)?);
        let (first, rest) = codes.get(low..=high)?.split_first()?;
        (*first != ROW && rest.iter().all(|code| code == first)).then_some(*first)
    }

    fn stretches(&self, stretches: &[(EventIndex, bool)]) -> Vec<Word> {
        let mut words = vec![Word { yes: 0, no: u64::MAX }; self.words()];
        let begin = self.number * CHUNK_ROWS;
        let ends = stretches.iter().skip(1).map(|stretch| stretch.0 as usize);
        for (&(first, passes), end) in stretches.iter().zip(ends.chain([usize::MAX])) {
            let from = (first as usize).saturating_sub(begin);
            let until = end.saturating_sub(begin).min(self.rows);
            if !passes || from >= until {
                continue;
            }
            for (at, word) in words.iter_mut().enumerate().skip(from / 64) {
                let (low, high) = (from.max(at * 64), until.min(at * 64 + 64));
                if low >= high {
                    break;
                }
                let rows = u64::MAX >> (64 - (high - low)) << (low % 64);
                *word = Word { yes: word.yes | rows, no: word.no & !rows };
            }
        }
        words
    }
}

/// One bit of each of 64 codes, as a word.
fn bits(codes: &[u8; 64], bit: u8) -> u64 {
    let mut word = [0; 8];
    for (bits, eight) in word.iter_mut().zip(codes.as_chunks::<8>().0) {
        let ones = u64::from_le_bytes(*eight) >> bit.trailing_zeros() & 0x0101_0101_0101_0101;
        // Each of the eight bytes moves its bit to a place of its own in the highest byte.
        *bits = (ones.wrapping_mul(0x0102_0408_1020_4080) >> 56) as u8;
    }
    u64::from_le_bytes(word)
}

fn code(passes: bool) -> u8 {
    if passes { YES } else { NO }
}

/// The events of a chunk that have one of some keys, in order.
pub(super) fn each_of_keys(
    trace: &Trace,
    number: usize,
    by_key: &[u8],
    tell: &mut dyn FnMut(EventIndex),
) {
    let words = of_keys(trace, number, by_key);
    for (word, first) in words.iter().zip((number * CHUNK_ROWS..).step_by(64)) {
        let mut word = word.yes;
        while word != 0 {
            tell(first as EventIndex + word.trailing_zeros());
            word &= word - 1;
        }
    }
}

/// What each number of the column that a test looks at says.
fn table(trace: &Trace, test: &Test) -> Leaf {
    let known = |id: u32| (id != UNKNOWN_ID).then_some(id);
    let by = if test.field == Field::Process { By::Thread } else { By::of(&test.field) };
    let codes = (0..by.numbers(trace) as u32).map(|number| {
        let (pid, tid) = match by {
            By::Thread => trace.threads().get(number as usize).copied().unwrap_or_default(),
            _ => (UNKNOWN_ID, UNKNOWN_ID),
        };
        let row = RowFacts {
            pid: known(pid),
            tid: known(tid),
            cpu: number as u16,
            activity: trace.activity(number).unwrap_or(Guid::ZERO),
            time: 0,
        };
        // The process of a thread, and the name of a process, may be one now and another later.
        let by_time = match row.pid {
            None => row.tid.is_some() && test.field != Field::Tid,
            Some(pid) => test.values.iter().any(|value| {
                matches!(value, Value::Processes(of) if of.iter().any(|span| span.0 == pid))
            }),
        };
        if by_time { ROW } else { code(test.holds(&row)) }
    });
    let codes = codes.collect();
    Leaf::Table(by, codes, Some(test.clone()))
}

/// Where in the trace the answer of a test of the time changes: rows are in its order.
fn times(trace: &Trace, test: &Test) -> Leaf {
    let mut firsts = vec![0];
    for value in &test.values {
        let (from, to) = match value {
            Value::Time(time) => (Some(*time), Some(*time)),
            Value::TimeRange(from, to) => (*from, *to),
            _ => (None, None),
        };
        firsts.extend(from.map(|time| trace.at_or_after(time.start)));
        firsts.extend(to.map(|time| trace.at_or_after(time.end())));
    }
    crate::sort::plain(&mut firsts);
    firsts.dedup();
    let stretch = |first: EventIndex| (first, test.holds(&trace.row_facts(first)));
    Leaf::Times(firsts.into_iter().map(stretch).collect())
}

impl By {
    /// The column that holds the numbers.
    fn column(self, trace: &Trace) -> Option<&Column<u32>> {
        let columns = trace.columns();
        match self {
            Self::Key => Some(columns.key_column()),
            Self::Thread => Some(&columns.thread),
            Self::Activity => Some(&columns.activity),
            Self::Cpu => Some(columns.cpu_column()),
            Self::Time | Self::Text => None,
        }
    }

    /// Fills `out` with the numbers of a chunk.
    pub fn chunk(self, trace: &Trace, number: usize, out: &mut Vec<u32>) {
        if let Some(column) = self.column(trace) {
            column.chunk(number, out);
        }
    }
}
