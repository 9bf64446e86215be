//! What a column shows of an event, and the numbers its values have while a whole column is
//! looked at (sorting, grouping).

use std::ops::Range;

use super::directory::{Directory, Seen};
use super::intern::Strings;
use super::rows::one_line;
use super::selection::View;
use super::sieve::Asked;
use super::trace::Trace;
use super::windows::{WINDOW_ROWS, Want, Wanted, Windows};
use crate::error::{Error, ErrorKind, Result};
use crate::guid::Guid;
use crate::limits::MAX_COLUMN_BYTES;
use crate::query::{self, Field};
use crate::record::Locator;
use crate::source::ReadAt;
use crate::time::iso8601;
use crate::value::{self, Value};
use crate::value_text::ValueText;
use crate::view::EventIndex;

/// Which of the numbers that columns hold tells the value of a field.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum By {
    Key,
    Thread,
    Activity,
    Cpu,
    /// Each event has its own.
    Time,
    /// None: the event must be read.
    Text,
}

impl By {
    pub fn of(field: &Field) -> Self {
        match field {
            Field::Pid | Field::Tid => Self::Thread,
            Field::Cpu => Self::Cpu,
            Field::Activity | Field::ActivityTree => Self::Activity,
            Field::Time => Self::Time,
            field => match field.stage() {
                query::Stage::Key => Self::Key,
                _ => Self::Text,
            },
        }
    }

    /// The number of an event.
    pub fn number(self, trace: &Trace, event: EventIndex) -> u32 {
        match self {
            Self::Key => trace.key_id(event),
            Self::Thread => trace.thread_id(event),
            Self::Activity => trace.activity_id(event),
            Self::Cpu => trace.cpu(event).into(),
            Self::Time | Self::Text => 0,
        }
    }

    /// How many numbers there are.
    pub fn numbers(self, trace: &Trace) -> usize {
        match self {
            Self::Key => trace.keys().len(),
            Self::Thread => trace.threads().len(),
            Self::Activity => trace.activities().len(),
            Self::Cpu => usize::from(u16::MAX) + 1,
            Self::Time | Self::Text => 1,
        }
    }
}

impl Trace {
    /// What a column shows of an event; empty when the event has no such field.
    pub(super) fn cell(
        &self,
        event: EventIndex,
        seen: &Seen<'_>,
        field: &Field,
        locale: &str,
    ) -> String {
        match field {
            Field::Time => iso8601(self.time(event)),
            Field::Message => self.message(seen, locale).text,
            Field::Process => self.process_name(event),
            Field::Related => seen.related_activity().map(shown).unwrap_or_default(),
            Field::Computer => seen.computer(self).to_owned(),
            Field::User => seen.sid(),
            Field::Payload(path) => payload_text(&seen.decoded.fields, path),
            header => {
                let by = By::of(header);
                let labels = self.labels(header.name(), by, by.number(self, event), locale);
                labels.into_iter().map(|(label, _)| label).collect::<Vec<_>>().join(", ")
            }
        }
    }
}

/// What a column shows of a payload.
fn payload_text(fields: &[value::Field], path: &str) -> String {
    match query::find(fields, path) {
        None | Some(Value::Null) => String::new(),
        Some(Value::Named { value, name }) => format!("{name} ({value})"),
        Some(value) => ValueText(value).to_string(),
    }
}

fn shown(guid: Guid) -> String {
    format!("{guid:#}")
}

impl Trace {
    /// The name of an event's process, where the trace tells it.
    fn process_name(&self, event: EventIndex) -> String {
        self.process(event).map(|known| known.name.to_string()).unwrap_or_default()
    }
}

/// Reads the events of a view and numbers the different texts that a column shows of them. Number
/// 0 is no text. Rows that stand near each other are read in file order, as a filter reads them.
#[derive(Debug)]
pub(super) struct TextNumbers {
    field: Field,
    locale: String,
    texts: Strings,
    text_bytes: usize,
    /// By position in the view.
    numbers: Vec<u32>,
    /// The first position after the events at hand.
    next: u64,
    /// Reads them.
    windows: Windows,
    /// The number of all events of a key, where one tells that of all.
    of_keys: Vec<Option<Option<u32>>>,
    /// What must be decoded of the events of a key, where that is not all.
    asked: Vec<Option<Option<Box<Asked>>>>,
}

impl TextNumbers {
    pub fn new(trace: &Trace, view: &View, field: Field) -> Self {
        let numbers = vec![0; usize::try_from(view.shown()).unwrap_or(0)];
        Self {
            field,
            locale: trace.locale(),
            texts: Strings::default(),
            text_bytes: 0,
            numbers,
            next: 0,
            windows: Windows::default(),
            of_keys: Vec::new(),
            asked: Vec::new(),
        }
    }

    /// Goes on over about so many bytes of the file; says whether that was all.
    ///
    /// # Errors
    /// [`ErrorKind::Read`] when the source fails, [`ErrorKind::Limit`] when the texts take more
    /// room than they may. Of an event that cannot be read for another reason there is no text.
    pub fn step(
        &mut self,
        trace: &Trace,
        view: &View,
        source: &dyn ReadAt,
        max_bytes: u64,
    ) -> Result<bool> {
        let mut windows = std::mem::take(&mut self.windows);
        self.of_keys.resize(trace.keys().len(), None);
        self.asked.resize_with(trace.keys().len(), || None);
        let mut next = self.next;
        let mut more = |want: Want<'_>| next_window(trace, view, &mut next, want);
        let mut visit = |_: Locator, (event, position): Wanted, source: &dyn ReadAt| {
            self.visit(trace, event, position as usize, source)
        };
        let outcome = windows.step(source, max_bytes, &mut more, &mut visit);
        (self.windows, self.next) = (windows, next);
        outcome
    }

    /// As [`super::Scan::next_bytes`].
    pub fn next_bytes(&mut self, trace: &Trace, view: &View, max_bytes: u64) -> Option<Range<u64>> {
        let Directory::Etl(file) = &trace.directory else { return None };
        let Self { windows, next, .. } = self;
        windows.fill(&mut |want| next_window(trace, view, next, want));
        windows.next_bytes(file, max_bytes).filter(|_| self.field != Field::Process)
    }

    /// Numbers the text of an event; gives the offset of what was read.
    fn visit(
        &mut self,
        trace: &Trace,
        event: EventIndex,
        position: usize,
        source: &dyn ReadAt,
    ) -> Result<u64> {
        if self.field == Field::Process {
            // The columns and what the trace tells of processes suffice.
            self.set(position, &trace.process_name(event))?;
            return Ok(0);
        }
        let key = trace.key_id(event) as usize;
        if let Some(Some(Some(number))) = self.of_keys.get(key) {
            if let Some(slot) = self.numbers.get_mut(position) {
                *slot = *number;
            }
            return Ok(0);
        }
        if self.of_keys.get(key) == Some(&None) {
            let of_all = trace.same_for_all(key as u32, &self.field, &self.locale);
            let number = of_all.map(|text| self.set(position, &one_line(text))).transpose()?;
            if let Some(of_key) = self.of_keys.get_mut(key) {
                *of_key = Some(number);
            }
            if number.is_some() {
                return Ok(0);
            }
        }
        let Self { field, locale, asked, .. } = self;
        let (offset, text) = trace.read_raw(event, source, |record, body| {
            let asked = asked.get_mut(key).and_then(|asked| {
                let of_column = || Asked::of_column(trace, record, field, locale).map(Box::new);
                asked.get_or_insert_with(of_column).as_deref()
            });
            let text = match (field, asked) {
                (Field::Payload(path), Some(asked)) => {
                    payload_text(&asked.decode(trace, record), path)
                }
                (field, _) => {
                    trace.seen(record, body, |seen| trace.cell(event, seen, field, locale))
                }
            };
            (record.offset, one_line(text))
        })?;
        self.set(position, &text)?;
        Ok(offset)
    }

    fn set(&mut self, position: usize, text: &str) -> Result<u32> {
        let before = self.texts.len();
        let number = self.texts.intern(text.as_bytes());
        if self.texts.len() > before {
            self.text_bytes += text.len();
            if self.text_bytes > MAX_COLUMN_BYTES {
                let name = self.field.name();
                let message = format!(
                    "The different values of {name} take more than {MAX_COLUMN_BYTES} bytes: \
                     filter first"
                );
                return Err(Error::new(ErrorKind::Limit, message));
            }
        }
        if let Some(slot) = self.numbers.get_mut(position) {
            *slot = number;
        }
        Ok(number)
    }

    /// Where the last event that was read lies.
    pub fn done_bytes(&self) -> u64 {
        self.windows.done_bytes
    }

    /// The number of the event at a position of the view.
    pub fn number(&self, position: usize) -> u32 {
        self.numbers.get(position).copied().unwrap_or(0)
    }

    /// How many numbers there are.
    pub fn numbers(&self) -> usize {
        self.texts.len()
    }

    /// The text of a number.
    pub fn text(&self, number: u32) -> &str {
        // It was interned as text.
        std::str::from_utf8(self.texts.get(number)).unwrap_or_default()
    }
}

/// Goes on to the next events of a view.
fn next_window(trace: &Trace, view: &View, next: &mut u64, want: Want<'_>) {
    let events = view.events_from(*next).take(WINDOW_ROWS as usize);
    // Events are numbered with 32 bits, and so are positions.
    let positions = u32::try_from(*next).unwrap_or(u32::MAX)..;
    for (event, position) in events.zip(positions) {
        want(trace.columns().locator(event), (event, position));
        *next += 1;
    }
}
