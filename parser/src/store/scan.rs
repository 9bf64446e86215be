//! Filtering: what the key decides for all its events, then the columns, then, for the events
//! that are still open, the events themselves, read again in file order.

use std::ops::Range;

use super::directory::{Directory, Seen};
use super::judge::Judge;
use super::keys::Key;
use super::passes::{self, Passes};
use super::selection::{Bits, View};
use super::trace::Trace;
use super::windows::{ReadAhead, WINDOW_ROWS, Want, Wanted, Windows};
use crate::error::{ErrorKind, Result};
use crate::guid::Guid;
use crate::query::{Expr, Filter, KeyFacts, Residual, RowFacts};
use crate::record::Locator;
use crate::source::ReadAt;
use crate::view::{EventIndex, TimeRange};

/// A filter on its way through a trace.
#[derive(Debug)]
pub struct Scan {
    pub(super) filter: Filter,
    range: Option<TimeRange>,
    /// What the columns decide.
    pub(super) passes: Passes,
    /// Events that pass.
    words: Vec<u64>,
    /// Events to read again; `None` before the columns were looked at.
    open: Option<Vec<u64>>,
    /// The first row that nobody was given.
    next_row: u32,
    /// Rows that others read.
    pub(super) lent: Vec<Range<u32>>,
    /// Rows that others were to read and did not.
    pub(super) returned: Vec<Range<u32>>,
    /// Reads them.
    windows: Windows,
    /// Whether all that was not given away was read.
    is_over: bool,
    judge: Judge,
    total_bytes: u64,
    matches: u64,
}

impl Trace {
    /// Begins to filter; [`Scan::step`] does the work. `range` becomes the range of the view.
    #[must_use]
    pub fn scan(&self, filter: Filter, range: Option<TimeRange>) -> Scan {
        let filter = filter.resolved(self);
        let passes = Passes::new(self, filter.expr());
        let judge = Judge::new(self, self.keys().len(), filter.needs_message());
        Scan {
            filter,
            range,
            passes,
            words: Vec::new(),
            open: None,
            next_row: 0,
            lent: Vec::new(),
            returned: Vec::new(),
            windows: Windows::default(),
            is_over: false,
            judge,
            total_bytes: self.info().file_bytes,
            matches: 0,
        }
    }

    /// Reads all events, in file order, while `visit` wants more. An event that cannot be read is
    /// left out.
    ///
    /// # Errors
    /// [`ErrorKind::Read`] when the source fails.
    pub fn read_all(
        &self,
        source: &dyn ReadAt,
        mut visit: impl FnMut(EventIndex, &Seen<'_>) -> bool,
    ) -> Result<()> {
        let ahead = ReadAhead::new(source);
        let order = self.columns().file_order();
        for place in 0..self.len() {
            let event = match &order {
                Some(order) => order.get(place as usize).copied().unwrap_or(place),
                None => place,
            };
            match self.read(event, &ahead, |seen| visit(event, seen)) {
                Ok(true) => {}
                Ok(false) => break,
                Err(error) if error.kind() == ErrorKind::Read => return Err(error),
                Err(_) => {}
            }
        }
        Ok(())
    }

    pub(super) fn row_facts(&self, event: EventIndex) -> RowFacts {
        let (pid, tid) = self.thread(event);
        RowFacts {
            pid,
            tid,
            cpu: self.cpu(event),
            activity: self.activity(self.activity_id(event)).unwrap_or(Guid::ZERO),
            time: self.time(event),
        }
    }
}

impl Key {
    /// What is left of a filter for the events of this key.
    pub(super) fn residual(&self, expr: &Expr) -> Residual {
        expr.for_key(&key_facts(self))
    }
}

/// What a filter may ask of a key.
fn key_facts(key: &Key) -> KeyFacts<'_> {
    let (event, names) = (&key.event, &key.names);
    KeyFacts {
        id: event.id,
        version: event.version,
        level: event.level,
        opcode: event.opcode,
        task: event.task,
        channel: event.channel,
        keywords: event.keywords,
        provider: event.provider,
        provider_name: &names.provider,
        event_name: &names.event,
        task_name: &names.task,
        opcode_name: &names.opcode,
        channel_name: &names.channel,
        keyword_names: &names.keywords,
        kind: event.kind.name(),
        marked: key.marked,
    }
}

impl Scan {
    /// Goes on, over about so many bytes of the file. The answer is the view once all is done;
    /// a filter that looks at headers only is done in the first step.
    ///
    /// # Errors
    /// [`ErrorKind::Read`] when the source fails. An event that cannot be read for another reason
    /// does not pass.
    pub fn step(
        &mut self,
        trace: &Trace,
        source: &dyn ReadAt,
        max_bytes: u64,
    ) -> Result<Option<View>> {
        if self.filter.is_all() {
            self.matches = u64::from(trace.len());
            return Ok(Some(self.view(trace, false)));
        }
        self.look_at_columns(trace);
        self.is_over = self.read_again(trace, source, max_bytes)?;
        if !self.is_over || !self.lent.is_empty() {
            return Ok(None);
        }
        self.windows.done_bytes = self.total_bytes;
        Ok(Some(self.view(trace, false)))
    }

    /// Whether nothing is left to read here, but others still read.
    #[must_use]
    pub fn is_waiting(&self) -> bool {
        self.is_over && self.returned.is_empty() && !self.lent.is_empty()
    }

    /// Reads open events again, and says whether that was all of them.
    fn read_again(&mut self, trace: &Trace, source: &dyn ReadAt, max_bytes: u64) -> Result<bool> {
        let Self { passes, words, open, next_row, returned, windows, judge, matches, .. } = self;
        let open = open.as_deref().unwrap_or_default();
        let mut more = |want: Want<'_>| next_window(trace, open, next_row, returned, want);
        let mut visit = |locator: Locator, (event, _): Wanted, source: &dyn ReadAt| {
            let key = trace.key_id(event);
            let residual = passes.residuals.get(key as usize).unwrap_or(&Residual::No);
            let row = || trace.row_facts(event);
            let place = (key, locator);
            let (passed, offset) = judge.judge(trace, source, place, residual, &row)?;
            *matches += u64::from(passed);
            if passed && let Some(word) = words.get_mut(event as usize / 64) {
                *word |= 1 << (event % 64);
            }
            Ok(offset)
        };
        windows.step(source, max_bytes, &mut more, &mut visit)
    }

    /// Where the bytes lie that the next step reads, so many at most: who has them ready need not
    /// be asked for them piece by piece. `None` when that is not known, or single buffers are read.
    pub fn next_bytes(&mut self, trace: &Trace, max_bytes: u64) -> Option<Range<u64>> {
        let Directory::Etl(file) = &trace.directory else { return None };
        let Self { open, next_row, returned, windows, .. } = self;
        let open = open.as_deref()?;
        windows.fill(&mut |want| next_window(trace, open, next_row, returned, want));
        windows.next_bytes(file, max_bytes)
    }

    /// Gives away the next rows of which some are to be read again, and which of them. Those that
    /// their keys decide by now are decided here.
    pub(super) fn next_lent(&mut self, trace: &Trace, most: u32) -> Option<Vec<EventIndex>> {
        self.look_at_columns(trace);
        let Self { words, open, next_row, lent, judge, matches, .. } = self;
        let open = open.as_mut()?;
        loop {
            let rows = next_rows(trace.len(), open, next_row, most)?;
            let mut left: Vec<EventIndex> = open_events(open, rows.clone()).collect();
            left.retain(|&event| {
                let Some(passes) = judge.known(trace.key_id(event)) else { return true };
                let (at, bit) = (event as usize / 64, 1 << (event % 64));
                if let (Some(open), Some(word)) = (open.get_mut(at), words.get_mut(at)) {
                    *open &= !bit;
                    *word |= if passes { bit } else { 0 };
                    *matches += u64::from(passes);
                }
                false
            });
            if !left.is_empty() {
                lent.push(rows);
                return Some(left);
            }
        }
    }

    /// Takes what others found of the open events of some rows, a bit for each.
    pub(super) fn take(&mut self, rows: Range<u32>, passed: &[u64], done_bytes: u64) {
        let Self { words, open, matches, .. } = self;
        let open = open.as_deref().unwrap_or_default();
        for (at, event) in open_events(open, rows).enumerate() {
            let bit = passed.get(at / 64).copied().unwrap_or(0) >> (at % 64) & 1;
            *matches += bit;
            if let Some(word) = words.get_mut(event as usize / 64) {
                *word |= bit << (event % 64);
            }
        }
        self.windows.done_bytes = self.windows.done_bytes.max(done_bytes);
    }

    /// Decides what keys and columns decide, if that was not done; the events that are left are
    /// open.
    fn look_at_columns(&mut self, trace: &Trace) {
        if self.open.is_some() {
            return;
        }
        let len = trace.len() as usize;
        let mut open = vec![0; if self.passes.may_leave_open() { len.div_ceil(64) } else { 0 }];
        self.words.reserve_exact(len.div_ceil(64));
        for number in 0..passes::chunks(trace) {
            for word in self.passes.chunk(trace, number) {
                if let Some(open) = open.get_mut(self.words.len()) {
                    *open = !(word.yes | word.no);
                }
                self.matches += u64::from(word.yes.count_ones());
                self.words.push(word.yes);
            }
        }
        self.open = Some(open);
    }

    /// The events that passed so far, as a view: for a scan that is stopped.
    #[must_use]
    pub fn partial(&self, trace: &Trace) -> View {
        self.view(trace, true)
    }

    fn view(&self, trace: &Trace, partial: bool) -> View {
        if self.filter.is_all() {
            return trace.within(&trace.all(), self.range);
        }
        let mut words = self.words.clone();
        words.resize((trace.len() as usize).div_ceil(64), 0);
        let view = View::new(Some(Bits::new(words)), trace.len(), partial);
        trace.within(&view.with_marked(trace.marks()), self.range)
    }

    /// Bytes of the file gone through.
    #[must_use]
    pub fn done_bytes(&self) -> u64 {
        self.windows.done_bytes
    }

    /// Bytes of the file.
    #[must_use]
    pub fn total_bytes(&self) -> u64 {
        self.total_bytes
    }

    /// Events that passed so far, the range not applied.
    #[must_use]
    pub fn matches(&self) -> u64 {
        self.matches
    }
}

/// Goes on to the next window: rows that were given back, or the next ones.
fn next_window(
    trace: &Trace,
    open: &[u64],
    next_row: &mut u32,
    returned: &mut Vec<Range<u32>>,
    want: Want<'_>,
) {
    let given = returned.pop();
    let rows = given.or_else(|| next_rows(trace.len(), open, next_row, WINDOW_ROWS));
    open_events(open, rows.unwrap_or_default())
        .for_each(|event| want(trace.columns().locator(event), (event, event)));
}

/// Goes on to the next rows of which some are to be read again, so many at most.
fn next_rows(rows: u32, open: &[u64], next_row: &mut u32, most: u32) -> Option<Range<u32>> {
    while *next_row < rows {
        let next = *next_row..rows.min(next_row.saturating_add(most));
        *next_row = next.end;
        if open_events(open, next.clone()).next().is_some() {
            return Some(next);
        }
    }
    None
}

/// The events of some rows that are to be read again. The first row begins a word.
fn open_events(open: &[u64], rows: Range<u32>) -> impl Iterator<Item = EventIndex> {
    let words = open.get(rows.start as usize / 64..).unwrap_or_default();
    rows.step_by(64).zip(words).flat_map(|(first, &word)| {
        let mut word = word;
        std::iter::from_fn(move || {
            let at = (word != 0).then(|| word.trailing_zeros())?;
            word &= word - 1;
            Some(first + at)
        })
    })
}
