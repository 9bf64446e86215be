//! Filtering: what the key decides for all its events, then the columns, then, for the events
//! that are still open, the events themselves, read again in file order.

use std::cell::{OnceCell, RefCell};
use std::ops::Range;

use super::column::CHUNK_ROWS;
use super::directory::Seen;
use super::keys::Key;
use super::passes::Passes;
use super::selection::{Bits, View};
use super::trace::Trace;
use crate::error::{Error, ErrorKind, Result};
use crate::guid::Guid;
use crate::query::{Expr, Filter, KeyFacts, PayloadFacts, Residual, RowFacts};
use crate::record::{Locator, ext_type};
use crate::schema::address::sid;
use crate::source::ReadAt;
use crate::value::Field;
use crate::view::{EventIndex, TimeRange};

/// Bytes read at once where most events must be read: many small reads are slow in a browser.
const READ_AHEAD_BYTES: usize = 4 << 20;

/// Events read again in one step at most, whatever their size: a step must end soon.
const STEP_EVENTS: usize = 50_000;

/// Rows whose events are read again together, in file order: rows that stand near each other lie
/// near each other, so that the file is read about once, and no order of all events is needed.
#[cfg(not(test))]
pub(super) const WINDOW_ROWS: u32 = 1 << 18;
#[cfg(test)]
pub(super) const WINDOW_ROWS: u32 = 128;

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
    /// The events of the window at hand that are to be read again, in file order.
    window: Vec<(Locator, EventIndex)>,
    /// How many of them are done.
    done: usize,
    done_bytes: u64,
    total_bytes: u64,
    matches: u64,
    /// What was read ahead.
    held: Held,
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
            window: Vec::new(),
            done: 0,
            done_bytes: 0,
            total_bytes: self.info().file_bytes,
            matches: 0,
            held: Held::default(),
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
        let ahead = ReadAhead::new(source, Held::default());
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
        let ahead = ReadAhead::new(source, std::mem::take(&mut self.held));
        let outcome = self.read_again(trace, &ahead, max_bytes);
        self.held = ahead.into_held();
        if !outcome? {
            return Ok(None);
        }
        self.done_bytes = self.total_bytes;
        Ok(Some(self.view(trace, false)))
    }

    /// Reads open events again, and says whether that was all of them.
    fn read_again(&mut self, trace: &Trace, ahead: &ReadAhead<'_>, max_bytes: u64) -> Result<bool> {
        let locale = trace.locale();
        let needs_message = self.filter.needs_message();
        let end_bytes = self.done_bytes.saturating_add(max_bytes);
        let mut left = STEP_EVENTS;
        loop {
            let Some(&(_, event)) = self.window.get(self.done) else {
                if self.next_row >= trace.len() {
                    return Ok(true);
                }
                self.next_window(trace);
                continue;
            };
            if left == 0 || self.done_bytes >= end_bytes {
                return Ok(false);
            }
            left -= 1;
            let dense = self.window.len() >= WINDOW_ROWS as usize / 32;
            let source: &dyn ReadAt = if dense { ahead } else { ahead.source };
            let residual = self.passes.residuals.get(trace.key_id(event) as usize);
            let row = trace.row_facts(event);
            let answer = trace.read(event, source, |seen| {
                let facts = Facts {
                    trace,
                    seen,
                    locale: &locale,
                    needs_message,
                    text: OnceCell::new(),
                    sid: OnceCell::new(),
                };
                (
                    seen.record.offset,
                    residual.is_some_and(|residual| residual.matches(&row, &facts)),
                )
            });
            match answer {
                Ok((offset, passes)) => {
                    self.done_bytes = self.done_bytes.max(offset);
                    self.matches += u64::from(passes);
                    if passes && let Some(word) = self.words.get_mut(event as usize / 64) {
                        *word |= 1 << (event % 64);
                    }
                }
                Err(error) if error.kind() == ErrorKind::Read => return Err(error),
                Err(_) => {}
            }
            self.done += 1;
        }
    }

    /// Goes on to the next rows of which some are to be read again.
    fn next_window(&mut self, trace: &Trace) {
        self.window.clear();
        self.done = 0;
        let open = self.open.as_deref().unwrap_or_default();
        while self.window.is_empty() && self.next_row < trace.len() {
            let end = trace.len().min(self.next_row.saturating_add(WINDOW_ROWS));
            let words = open.get(self.next_row as usize / 64..).unwrap_or_default();
            for (first, &word) in (self.next_row..end).step_by(64).zip(words) {
                let mut word = word;
                while word != 0 {
                    let event = first + word.trailing_zeros();
                    self.window.push((trace.columns().locator(event), event));
                    word &= word - 1;
                }
            }
            self.next_row = end;
        }
        self.window.sort_unstable();
    }

    /// Decides what keys and columns decide; gives the events that are left, as bits.
    fn look_at_columns(&mut self, trace: &Trace) -> Vec<u64> {
        let len = trace.len() as usize;
        let mut open = vec![0; if self.passes.may_leave_open() { len.div_ceil(64) } else { 0 }];
        self.words.reserve_exact(len.div_ceil(64));
        for number in 0..len.div_ceil(CHUNK_ROWS) {
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
        self.done_bytes
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

/// Bytes that were read, and the offset of the first.
#[derive(Debug, Default)]
pub(super) struct Held {
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
    pub(super) fn new(source: &'a dyn ReadAt, held: Held) -> Self {
        Self { source, held: RefCell::new(held) }
    }

    /// What was read last, for the next step.
    pub(super) fn into_held(self) -> Held {
        self.held.into_inner()
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
