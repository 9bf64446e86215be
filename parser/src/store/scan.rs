//! Filtering: what the key decides for all its events, then the columns, then, for the events
//! that are still open, the events themselves, read again in file order.

use std::cell::{OnceCell, RefCell};

use super::directory::Seen;
use super::keys::Key;
use super::selection::{Bits, View};
use super::trace::Trace;
use crate::error::{Error, ErrorKind, Result};
use crate::guid::Guid;
use crate::query::{Filter, KeyFacts, PayloadFacts, Residual, RowFacts, Tri};
use crate::record::ext_type;
use crate::schema::address::sid;
use crate::source::ReadAt;
use crate::value::Field;
use crate::view::{EventIndex, TimeRange};

/// Bytes read at once where most events must be read: many small reads are slow in a browser.
const READ_AHEAD_BYTES: usize = 4 << 20;

/// Events read again in one step at most, whatever their size: a step must end soon.
const STEP_EVENTS: usize = 50_000;

/// A filter on its way through a trace.
#[derive(Debug)]
pub struct Scan {
    filter: Filter,
    range: Option<TimeRange>,
    /// What is left of the filter, by key.
    residuals: Vec<Residual>,
    words: Vec<u64>,
    /// Events to read again, in file order; `None` before the columns were looked at.
    open: Option<Vec<EventIndex>>,
    /// How many of them are done.
    done: usize,
    done_bytes: u64,
    total_bytes: u64,
    matches: u64,
}

impl Trace {
    /// Begins to filter; [`Scan::step`] does the work. `range` becomes the range of the view.
    #[must_use]
    pub fn scan(&self, filter: Filter, range: Option<TimeRange>) -> Scan {
        let filter = filter.resolved(self);
        let residuals = self.keys().iter().map(|key| filter.for_key(&key_facts(key))).collect();
        Scan {
            filter,
            range,
            residuals,
            words: Vec::new(),
            open: None,
            done: 0,
            done_bytes: 0,
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
        let order = self.file_order();
        for place in 0..self.len() {
            let event =
                order.map_or(place, |order| order.get(place as usize).copied().unwrap_or(place));
            match self.read(event, &ahead, |seen| visit(event, seen)) {
                Ok(true) => {}
                Ok(false) => break,
                Err(error) if error.kind() == ErrorKind::Read => return Err(error),
                Err(_) => {}
            }
        }
        Ok(())
    }

    fn row_facts(&self, event: EventIndex) -> RowFacts {
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
        let open = self.open.as_deref().unwrap_or_default();
        let ahead = ReadAhead::new(source);
        let dense = open.len() >= trace.len() as usize / 32;
        let source: &dyn ReadAt = if dense { &ahead } else { source };
        let locale = trace.locale();
        let needs_message = self.filter.needs_message();
        let end_bytes = self.done_bytes.saturating_add(max_bytes);
        let end = open.len().min(self.done + STEP_EVENTS);
        while self.done < end && self.done_bytes < end_bytes {
            let Some(&event) = open.get(self.done) else { break };
            let residual = self.residuals.get(trace.key_id(event) as usize);
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
        if self.done < open.len() {
            return Ok(None);
        }
        self.done_bytes = self.total_bytes;
        Ok(Some(self.view(trace, false)))
    }

    /// Decides what keys and columns decide; gives the rest, in file order.
    fn look_at_columns(&mut self, trace: &Trace) -> Vec<EventIndex> {
        let mut open = Vec::new();
        let mut events = 0..trace.len();
        while !events.is_empty() {
            let mut word = 0;
            for (bit, event) in events.by_ref().take(64).enumerate() {
                let tri = match self.residuals.get(trace.key_id(event) as usize) {
                    Some(Residual::Yes) => Tri::Yes,
                    Some(residual @ Residual::Depends(_)) => {
                        residual.for_row(&trace.row_facts(event))
                    }
                    Some(Residual::No) | None => Tri::No,
                };
                match tri {
                    Tri::Yes => word |= 1 << bit,
                    Tri::No => {}
                    Tri::Unknown => open.push(event),
                }
            }
            self.matches += u64::from(u64::count_ones(word));
            self.words.push(word);
        }
        if open.is_empty() {
            return open;
        }
        let Some(order) = trace.file_order() else { return open };
        if open.len() >= order.len() / 8 {
            let wanted = Bits::collect(trace.len(), membership(&open, trace.len()));
            return order.iter().copied().filter(|&event| wanted.contains(event)).collect();
        }
        open.sort_by_key(|&event| trace.columns().locator(event).0);
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

/// Whether each event is one of a sorted list.
fn membership(events: &[EventIndex], len: u32) -> impl Iterator<Item = bool> + '_ {
    let mut rest = events.iter().peekable();
    (0..len).map(move |event| rest.next_if(|&&next| next == event).is_some())
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

/// A source that reads ahead.
struct ReadAhead<'a> {
    source: &'a dyn ReadAt,
    /// Offset of the first byte held, and the bytes.
    held: RefCell<(u64, Vec<u8>)>,
}

impl<'a> ReadAhead<'a> {
    fn new(source: &'a dyn ReadAt) -> Self {
        Self { source, held: RefCell::new((0, Vec::new())) }
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
        let within = |held: &(u64, Vec<u8>)| {
            let start = usize::try_from(offset.checked_sub(held.0)?).ok()?;
            let end = start.checked_add(buffer.len())?;
            (end <= held.1.len()).then_some(start..end)
        };
        let mut place = within(&held);
        if place.is_none() {
            let rest = self.len_bytes().saturating_sub(offset);
            let bytes = rest.min(READ_AHEAD_BYTES as u64) as usize;
            held.1.resize(bytes, 0);
            held.0 = offset;
            self.source.read_exact_at(offset, &mut held.1)?;
            place = within(&held);
        }
        let bytes = place.and_then(|place| held.1.get(place));
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
