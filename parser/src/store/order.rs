//! Sorting a view by a column.
//!
//! The values of a column are few beside its events: they are ranked once, and the events dealt to
//! their ranks in two passes. That keeps events of one value in time order, and takes a permutation
//! of four bytes an event, which only a view has that is not in time order.

use std::cmp::Ordering;
use std::ops::Range;

use super::cells::{By, TextNumbers};
use super::selection::View;
use super::trace::Trace;
use crate::error::Result;
use crate::query::{Field, Number, fold};
use crate::source::ReadAt;
use crate::view::EventIndex;

/// Events counted or dealt in one step at most, and values put in order.
const STEP_EVENTS: usize = 1 << 20;
#[cfg(not(test))]
const STEP_VALUES: usize = 1 << 15;
#[cfg(test)]
const STEP_VALUES: usize = 4;

/// A view in another order than that of time.
#[derive(Debug)]
pub struct Order {
    view: View,
    /// `None` is the latest first.
    events: Option<Vec<EventIndex>>,
}

impl Order {
    /// The event at a position.
    #[must_use]
    pub fn event_at(&self, position: u64) -> Option<EventIndex> {
        match &self.events {
            Some(events) => events.get(usize::try_from(position).ok()?).copied(),
            None => self.view.event_at(self.view.shown().checked_sub(position)?.checked_sub(1)?),
        }
    }

    /// The position of an event of the view; of another one 0.
    #[must_use]
    pub fn position(&self, event: EventIndex) -> u64 {
        match &self.events {
            // Looked for only when a person goes to an event, so no second table is kept.
            Some(events) => events.iter().position(|&e| e == event).unwrap_or(0) as u64,
            None => self.view.shown().saturating_sub(self.view.position(event) + 1),
        }
    }
}

#[derive(Debug)]
enum Phase {
    /// Values are read.
    Read,
    /// Values are put in order.
    Rank,
    /// Events of each rank are counted.
    Count,
    /// Events are dealt to their ranks.
    Deal,
}

/// A sort on its way.
#[derive(Debug)]
pub struct Sorting {
    by: By,
    field: Field,
    descending: bool,
    view: View,
    texts: Option<TextNumbers>,
    phase: Phase,
    /// What numbers are sorted by, in order so far.
    values: Vec<(Worth, u32)>,
    /// Rank of each number.
    ranks: Vec<u32>,
    /// Events of each rank, then where the next of it goes.
    next: Vec<u32>,
    events: Vec<EventIndex>,
    position: u64,
}

impl Sorting {
    /// Begins to sort a view by a field.
    #[must_use]
    pub fn new(trace: &Trace, view: View, field: Field, descending: bool) -> Self {
        let by = By::of(&field);
        let texts = (by == By::Text).then(|| TextNumbers::new(trace, &view, field.clone()));
        Self {
            by,
            field,
            descending,
            view,
            texts,
            phase: Phase::Read,
            values: Vec::new(),
            ranks: Vec::new(),
            next: Vec::new(),
            events: Vec::new(),
            position: 0,
        }
    }

    /// Goes on, over about so many bytes of the file where events must be read; the order once
    /// all is done.
    ///
    /// # Errors
    /// As `source`, and [`crate::ErrorKind::Limit`] when the values take more room than they may.
    pub fn step(
        &mut self,
        trace: &Trace,
        source: &dyn ReadAt,
        max_bytes: u64,
    ) -> Result<Option<Order>> {
        if self.by == By::Time {
            let events = (!self.descending).then(|| self.view.events_from(0).collect());
            return Ok(Some(Order { view: self.view.clone(), events }));
        }
        match self.phase {
            Phase::Read => {
                if let Some(texts) = &mut self.texts
                    && !texts.step(trace, &self.view, source, max_bytes)?
                {
                    return Ok(None);
                }
                self.phase = Phase::Rank;
            }
            Phase::Rank => {
                let numbers = match &self.texts {
                    Some(texts) => texts.numbers(),
                    None => self.by.numbers(trace),
                };
                let next = self.values.len()..numbers.min(self.values.len() + STEP_VALUES);
                let end = next.end;
                let mut next = self.worths(trace, next);
                self.put_in_order(&mut next);
                self.values.extend(next);
                if end < numbers {
                    return Ok(None);
                }
                // Runs that are in order are only merged.
                let mut values = std::mem::take(&mut self.values);
                self.put_in_order(&mut values);
                self.ranks = ranked(&values);
                let ranks = self.ranks.iter().max().map_or(0, |&last| last as usize + 1);
                self.next = vec![0; ranks + 1];
                self.phase = Phase::Count;
            }
            Phase::Count => {
                let end = self.pass(trace, |this, rank, _| {
                    if let Some(count) = this.next.get_mut(rank + 1) {
                        *count += 1;
                    }
                });
                if end {
                    let mut sum = 0;
                    for start in &mut self.next {
                        sum += *start;
                        *start = sum;
                    }
                    self.events = vec![0; sum as usize];
                    self.position = 0;
                    self.phase = Phase::Deal;
                }
            }
            Phase::Deal => {
                let end = self.pass(trace, |this, rank, event| {
                    let Some(next) = this.next.get_mut(rank) else { return };
                    if let Some(slot) = this.events.get_mut(*next as usize) {
                        *slot = event;
                    }
                    *next += 1;
                });
                if end {
                    let events = Some(std::mem::take(&mut self.events));
                    return Ok(Some(Order { view: self.view.clone(), events }));
                }
            }
        }
        Ok(None)
    }

    /// As [`super::Scan::next_bytes`].
    pub fn next_bytes(&mut self, trace: &Trace, max_bytes: u64) -> Option<Range<u64>> {
        let Self { texts: Some(texts), phase: Phase::Read, view, .. } = self else { return None };
        texts.next_bytes(trace, view, max_bytes)
    }

    /// Gives some more events with their ranks; says whether those were the last.
    fn pass(&mut self, trace: &Trace, mut take: impl FnMut(&mut Self, usize, EventIndex)) -> bool {
        let view = self.view.clone();
        for event in view.events_from(self.position).take(STEP_EVENTS) {
            let number = match &self.texts {
                Some(texts) => texts.number(usize::try_from(self.position).unwrap_or(usize::MAX)),
                None => self.by.number(trace, event),
            };
            let rank = self.ranks.get(number as usize).copied().unwrap_or(0);
            take(self, rank as usize, event);
            self.position += 1;
        }
        self.position >= view.shown()
    }

    /// What some numbers are sorted by.
    fn worths(&self, trace: &Trace, numbers: Range<usize>) -> Vec<(Worth, u32)> {
        let locale = trace.locale();
        let worth = |number| match &self.texts {
            Some(texts) => Worth::of(texts.text(number)),
            None => self.worth(trace, number, &locale),
        };
        let numbers = numbers.map(|number| number as u32);
        numbers.map(|number| (worth(number), number)).collect()
    }

    /// Events without a value come last, whichever way is sorted.
    fn put_in_order(&self, values: &mut Vec<(Worth, u32)>) {
        crate::sort::by(values, |(a, _), (b, _)| match (a, b) {
            (Worth::Missing, _) | (_, Worth::Missing) => a.cmp(b),
            _ if self.descending => b.cmp(a),
            _ => a.cmp(b),
        });
    }

    /// What a header value is sorted by.
    fn worth(&self, trace: &Trace, number: u32, locale: &str) -> Worth {
        if self.field == Field::Level {
            let level = trace.keys().get(number as usize).map_or(0, |key| key.event.level);
            return Worth::Number(Number::Whole(level.into()));
        }
        let labels = trace.labels(self.field.name(), self.by, number, locale);
        // What has no filter term stands for what is unknown.
        let known = labels.into_iter().filter(|(_, filter)| !filter.is_empty());
        let labels: Vec<String> = known.map(|(label, _)| label).collect();
        Worth::of(&labels.join(", "))
    }

    /// Bytes of the file gone through.
    #[must_use]
    pub fn done_bytes(&self) -> u64 {
        self.texts.as_ref().map_or(0, |texts| texts.done_bytes())
    }
}

/// The rank of each number, given the values in order.
fn ranked(values: &[(Worth, u32)]) -> Vec<u32> {
    let mut ranks = vec![0; values.len()];
    let (mut rank, mut before) = (0, None::<&Worth>);
    for (worth, number) in values {
        rank += u32::from(before.is_some_and(|before| before.cmp(worth).is_ne()));
        before = Some(worth);
        if let Some(slot) = ranks.get_mut(*number as usize) {
            *slot = rank;
        }
    }
    ranks
}

/// What values are sorted by: numbers before texts, texts in any case, what is missing last.
#[derive(Debug)]
enum Worth {
    Number(Number),
    Text(String),
    Missing,
}

impl Worth {
    fn of(text: &str) -> Self {
        match (text, Number::parse(text)) {
            ("", _) => Self::Missing,
            (_, Some(number)) => Self::Number(number),
            (text, None) => Self::Text(fold(text).into_owned()),
        }
    }

    fn cmp(&self, other: &Self) -> Ordering {
        let class = |worth: &Self| match worth {
            Self::Number(_) => 0,
            Self::Text(_) => 1,
            Self::Missing => 2,
        };
        match (self, other) {
            (Self::Number(a), Self::Number(b)) => a.compare(*b).unwrap_or(Ordering::Equal),
            (Self::Text(a), Self::Text(b)) => a.cmp(b),
            (a, b) => class(a).cmp(&class(b)),
        }
    }
}
