//! Filtering: what the key decides for all its events, then the columns, then, for the events
//! that are still open, the events themselves, read again in file order.

use std::cell::OnceCell;

use super::directory::Seen;
use super::keys::Key;
use super::passes::{self, Passes};
use super::selection::{Bits, View};
use super::sieve::Sieve;
use super::trace::Trace;
use super::windows::{ReadAhead, WINDOW_ROWS, Want, Wanted, Windows};
use crate::error::{ErrorKind, Result};
use crate::guid::Guid;
use crate::query::{Expr, Filter, KeyFacts, PayloadFacts, Residual, RowFacts};
use crate::record::ext_type;
use crate::schema::address::sid;
use crate::source::ReadAt;
use crate::value::Field;
use crate::view::{EventIndex, TimeRange};

/// A filter on its way through a trace.
#[derive(Debug)]
pub struct Scan {
    filter: Filter,
    range: Option<TimeRange>,
    /// What the columns decide.
    passes: Passes,
    /// Events that pass.
    words: Vec<u64>,
    /// Events to read again; `None` before the columns were looked at.
    open: Option<Vec<u64>>,
    /// The first row after the window at hand.
    next_row: u32,
    /// Reads them.
    windows: Windows,
    /// What the raw payloads of each key decide, once one was seen.
    sieves: Vec<Option<Sieve>>,
    total_bytes: u64,
    matches: u64,
}

impl Trace {
    /// Begins to filter; [`Scan::step`] does the work. `range` becomes the range of the view.
    #[must_use]
    pub fn scan(&self, filter: Filter, range: Option<TimeRange>) -> Scan {
        let filter = filter.resolved(self);
        let passes = Passes::new(self, filter.expr());
        Scan {
            filter,
            range,
            passes,
            words: Vec::new(),
            open: None,
            next_row: 0,
            windows: Windows::default(),
            sieves: Vec::new(),
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
        if self.open.is_none() {
            self.open = Some(self.look_at_columns(trace));
        }
        if !self.read_again(trace, source, max_bytes)? {
            return Ok(None);
        }
        self.windows.done_bytes = self.total_bytes;
        Ok(Some(self.view(trace, false)))
    }

    /// Reads open events again, and says whether that was all of them.
    fn read_again(&mut self, trace: &Trace, source: &dyn ReadAt, max_bytes: u64) -> Result<bool> {
        let Self { filter, passes, words, open, next_row, windows, sieves, matches, .. } = self;
        let locale = trace.locale();
        let needs_message = filter.needs_message();
        let open = open.as_deref().unwrap_or_default();
        sieves.resize_with(trace.keys().len(), || None);
        let mut more = |want: Want<'_>| {
            next_window(trace.len(), open, next_row, want);
        };
        let mut visit = |(event, _): Wanted, source: &dyn ReadAt| {
            let key = trace.key_id(event) as usize;
            let residual = passes.residuals.get(key);
            let known = sieves.get(key).and_then(Option::as_ref).and_then(Sieve::of_all);
            let mut take = |passed: bool| {
                *matches += u64::from(passed);
                if passed && let Some(word) = words.get_mut(event as usize / 64) {
                    *word |= 1 << (event % 64);
                }
            };
            if let Some(passes) = known {
                take(passes);
                return Ok(0);
            }
            trace.read_raw(event, source, |record, body| {
                if let Some(sieve) = sieves.get_mut(key) {
                    let sieve = sieve.get_or_insert_with(|| match residual {
                        Some(Residual::Depends(expr)) => Sieve::new(trace, record, expr, &locale),
                        _ => Sieve::default(),
                    });
                    let passes = match sieve.of_all() {
                        None if sieve.lets_through(record.payload) => None,
                        known => known.or(Some(false)),
                    };
                    if let Some(passes) = passes {
                        take(passes);
                        return record.offset;
                    }
                }
                trace.seen(record, body, |seen| {
                    let facts = Facts {
                        trace,
                        seen,
                        locale: &locale,
                        needs_message,
                        text: OnceCell::new(),
                        sid: OnceCell::new(),
                    };
                    let row = trace.row_facts(event);
                    take(residual.is_some_and(|residual| residual.matches(&row, &facts)));
                });
                record.offset
            })
        };
        windows.step(trace, source, max_bytes, &mut more, &mut visit)
    }

    /// Decides what keys and columns decide; gives the events that are left, as bits.
    fn look_at_columns(&mut self, trace: &Trace) -> Vec<u64> {
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
        open
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

/// Goes on to the next rows of which some are to be read again.
fn next_window(rows: u32, open: &[u64], next_row: &mut u32, want: Want<'_>) {
    let mut any = false;
    while !any && *next_row < rows {
        let end = rows.min(next_row.saturating_add(WINDOW_ROWS));
        let words = open.get(*next_row as usize / 64..).unwrap_or_default();
        for (first, &word) in (*next_row..end).step_by(64).zip(words) {
            let mut word = word;
            while word != 0 {
                let event = first + word.trailing_zeros();
                want((event, event));
                any = true;
                word &= word - 1;
            }
        }
        *next_row = end;
    }
}

/// What a filter may ask of an event that was read.
struct Facts<'a> {
    trace: &'a Trace,
    seen: &'a Seen<'a>,
    locale: &'a str,
    needs_message: bool,
    text: OnceCell<String>,
    sid: OnceCell<String>,
}

impl PayloadFacts for Facts<'_> {
    fn fields(&self) -> &[Field] {
        &self.seen.decoded.fields
    }

    fn message(&self) -> &str {
        if !self.needs_message {
            return "";
        }
        self.text.get_or_init(|| self.trace.message(self.seen, self.locale).text)
    }

    fn related(&self) -> Option<Guid> {
        self.seen.related_activity()
    }

    fn computer(&self) -> &str {
        self.seen.computer(self.trace)
    }

    fn user(&self) -> &str {
        self.sid.get_or_init(|| self.seen.sid())
    }
}

/// The related activity of an .etl record.
pub(super) fn related_activity(data: Option<&[u8]>) -> Option<Guid> {
    data?.first_chunk().map(|bytes| Guid(*bytes)).filter(|guid| !guid.is_zero())
}

impl Seen<'_> {
    /// The related activity id, `None` for zero.
    #[must_use]
    pub fn related_activity(&self) -> Option<Guid> {
        match self.body {
            Some(body) => Some(body.related_activity).filter(|guid| !guid.is_zero()),
            None => related_activity(self.record.extended.find(ext_type::RELATED_ACTIVITYID)),
        }
    }

    /// The computer that wrote the event; empty when unknown.
    #[must_use]
    pub fn computer<'s>(&'s self, trace: &'s Trace) -> &'s str {
        match self.body {
            Some(body) if !body.computer.is_empty() => &body.computer,
            _ => &trace.info.computer,
        }
    }

    /// The security identifier of the writer as `S-1-…`; empty when unknown.
    #[must_use]
    pub fn sid(&self) -> String {
        match self.body {
            Some(body) => body.sid.clone(),
            None => self.record.extended.find(ext_type::SID).and_then(sid).unwrap_or_default(),
        }
    }
}
