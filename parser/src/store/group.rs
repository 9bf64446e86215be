//! Grouping: the different values of a column, and the events of a view that have each.

use std::cmp::{Ordering, Reverse};
use std::ops::Range;

use super::cells::{By, TextNumbers};
use super::counted::Events;
use super::selection::View;
use super::trace::Trace;
use crate::error::{Error, ErrorKind, Result};
use crate::limits::MAX_GROUPS;
use crate::map::Map;
use crate::query::{self, Field};
use crate::source::ReadAt;
use crate::view::{EventIndex, FacetValue, Group, Groups};

/// Rows counted in one step at most, and values named.
const STEP_ROWS: u32 = 1 << 20;
#[cfg(not(test))]
const STEP_VALUES: usize = 1 << 15;
#[cfg(test)]
const STEP_VALUES: usize = 4;

/// Texts longer than this have no filter term of their own.
const MAX_TERM_BYTES: usize = 512;

/// What the events of one number have in common.
#[derive(Clone, Copy, Debug, Default)]
struct Sum {
    events: u64,
    errors: u64,
    marked: u64,
    first: EventIndex,
    last: EventIndex,
}

impl Sum {
    fn add(&mut self, other: Self) {
        let (first, last) = match self.events {
            0 => (other.first, other.last),
            _ => (self.first.min(other.first), self.last.max(other.last)),
        };
        *self = Self {
            events: self.events + other.events,
            errors: self.errors + other.errors,
            marked: self.marked + other.marked,
            first,
            last,
        };
    }
}

/// A grouping on its way through a view.
#[derive(Debug)]
pub struct Grouping {
    name: String,
    by: By,
    view: View,
    texts: Option<TextNumbers>,
    /// Whether the texts are all known.
    read: bool,
    sums: Vec<Sum>,
    /// Rows to count.
    rows: Range<EventIndex>,
    /// Events whose text was counted.
    position: usize,
    /// What was counted of each value, label and term, and of how many numbers.
    found: Map<(String, String), Sum>,
    named: usize,
}

/// A value with its label and term, and what was counted of it.
type Found = ((String, String), Sum);

/// The most frequent first.
fn order(a: &Found, b: &Found) -> Ordering {
    let ((a_label, _), (b_label, _)) = (&a.0, &b.0);
    (Reverse(a.1.events), a_label).cmp(&(Reverse(b.1.events), b_label))
}

fn keep_first(found: &mut Vec<Found>) {
    crate::sort::by(found, order);
    found.truncate(MAX_GROUPS);
}

impl Grouping {
    /// Begins to group the events of a view by a column: a field as a filter names it, or `event`
    /// for provider and id together.
    ///
    /// # Errors
    /// [`ErrorKind::Unsupported`] for the time, which each event has for itself.
    pub fn new(trace: &Trace, view: View, column: &str) -> Result<Self> {
        let field = Field::named(column);
        let by = if column == "event" { By::Key } else { By::of(&field) };
        if by == By::Time {
            let message = "Each event has a time of its own".to_owned();
            return Err(Error::new(ErrorKind::Unsupported, message));
        }
        let name = match &field {
            _ if column == "event" => column.to_owned(),
            Field::Payload(path) => format!("EventData.{path}"),
            header => header.name().to_owned(),
        };
        let texts = (by == By::Text).then(|| TextNumbers::new(trace, &view, field));
        let sums =
            if texts.is_some() { Vec::new() } else { vec![Sum::default(); by.numbers(trace)] };
        let (rows, read) = (view.rows(), by != By::Text);
        let (position, found, named) = (0, Map::default(), 0);
        Ok(Self { name, by, view, texts, read, sums, rows, position, found, named })
    }

    /// Goes on, over about so many bytes of the file where events must be read; the groups once
    /// all is done.
    ///
    /// # Errors
    /// As `source`, and [`ErrorKind::Limit`] when the values take more room than they may.
    pub fn step(
        &mut self,
        trace: &Trace,
        source: &dyn ReadAt,
        max_bytes: u64,
    ) -> Result<Option<Groups>> {
        if let Some(texts) = self.texts.as_mut().filter(|_| !self.read) {
            self.read = texts.step(trace, &self.view, source, max_bytes)?;
            return Ok(None);
        }
        if self.rows.is_empty() {
            let end = self.sums.len().min(self.named + STEP_VALUES);
            self.name_sums(trace, self.named..end);
            self.named = end;
            return Ok((end == self.sums.len()).then(|| self.groups(trace)));
        }
        let class: Vec<(bool, bool)> =
            trace.keys().iter().map(|key| (matches!(key.event.level, 1 | 2), key.marked)).collect();
        let end = self.rows.end.min(self.rows.start.saturating_add(STEP_ROWS));
        let mut events = Events::of(trace, &self.view, self.rows.start..end, self.by);
        while let Some(chunk) = events.next_chunk() {
            for event in chunk {
                let number = match &self.texts {
                    Some(texts) => {
                        self.position += 1;
                        texts.number(self.position - 1)
                    }
                    None => event.number,
                } as usize;
                if number >= self.sums.len() {
                    self.sums.resize(number + 1, Sum::default());
                }
                let (error, marked) = class.get(event.key as usize).copied().unwrap_or_default();
                if let Some(sum) = self.sums.get_mut(number) {
                    if sum.events == 0 {
                        sum.first = event.event;
                    }
                    sum.last = event.event;
                    sum.events += 1;
                    sum.errors += u64::from(error);
                    sum.marked += u64::from(marked);
                }
            }
        }
        self.rows.start = end;
        Ok(None)
    }

    /// As [`super::Scan::next_bytes`].
    pub fn next_bytes(&mut self, trace: &Trace, max_bytes: u64) -> Option<Range<u64>> {
        let Self { texts: Some(texts), read: false, view, .. } = self else { return None };
        texts.next_bytes(trace, view, max_bytes)
    }

    /// Takes the sums of some more numbers to the values they stand for.
    fn name_sums(&mut self, trace: &Trace, numbers: Range<usize>) {
        let locale = trace.locale();
        let sums = self.sums.get(numbers.clone()).unwrap_or_default();
        for (number, sum) in (numbers.start as u32..).zip(sums).filter(|(_, sum)| sum.events > 0) {
            let mut labels = match &self.texts {
                Some(texts) => vec![self.text_label(texts.text(number))],
                None => trace.labels(&self.name, self.by, number, &locale),
            };
            if labels.is_empty() {
                labels.push((String::new(), format!("not {}:*", self.name)));
            }
            for label in labels {
                self.found.entry(label).or_default().add(*sum);
            }
        }
    }

    fn groups(&mut self, trace: &Trace) -> Groups {
        let total = self.found.len() as u64;
        let mut first = Vec::new();
        let mut is_full = false;
        for found in std::mem::take(&mut self.found) {
            let last = first.get(MAX_GROUPS - 1).filter(|_| is_full);
            if last.is_some_and(|last| order(last, &found).is_lt()) {
                continue;
            }
            first.push(found);
            if first.len() == 2 * MAX_GROUPS {
                keep_first(&mut first);
                is_full = true;
            }
        }
        keep_first(&mut first);
        let group = |((label, filter), Sum { events, errors, marked, first, last })| Group {
            label,
            filter,
            events,
            errors,
            marked,
            first: trace.time(first),
            last: trace.time(last),
        };
        Groups { groups: first.into_iter().map(group).collect(), total }
    }

    fn text_label(&self, text: &str) -> (String, String) {
        let term = match text {
            "" => format!("not {}:*", Field::named(&self.name)),
            _ if text.len() > MAX_TERM_BYTES => String::new(),
            text => query::term(&self.name, text),
        };
        (text.to_owned(), term)
    }

    /// Bytes of the file gone through.
    #[must_use]
    pub fn done_bytes(&self) -> u64 {
        self.texts.as_ref().map_or(0, |texts| texts.done_bytes())
    }
}

impl Trace {
    /// The values of a header column and how often each occurs in a view, most frequent first; of
    /// a column that only the events themselves tell there are none.
    #[must_use]
    pub fn facet(&self, view: &View, column: &str, limit: usize) -> Vec<FacetValue> {
        let Ok(mut grouping) = Grouping::new(self, view.clone(), column) else { return Vec::new() };
        if grouping.texts.is_some() {
            return Vec::new();
        }
        let nothing: &dyn ReadAt = &Vec::new();
        loop {
            match grouping.step(self, nothing, 0) {
                Ok(None) => {}
                Ok(Some(groups)) => {
                    let named = groups.groups.into_iter().filter(|group| !group.label.is_empty());
                    let value = |Group { label, filter, events, .. }| FacetValue {
                        label,
                        filter,
                        events,
                        chosen: None,
                    };
                    return named.map(value).take(limit).collect();
                }
                Err(_) => return Vec::new(),
            }
        }
    }
}
