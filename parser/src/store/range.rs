//! Statistics of a range of time, exact, in steps that can be stopped.

use std::cmp::Reverse;

use super::selection::View;
use super::terms;
use super::trace::Trace;
use crate::catalog;
use crate::view::{EventIndex, FacetValue, Gap, RangeStats, TimeRange};

/// Counts the events of a range, as far as it has come.
#[derive(Debug)]
pub struct RangeScan {
    range: TimeRange,
    view: View,
    /// Rows to look at.
    next: EventIndex,
    end: EventIndex,
    /// Events by key.
    counts: Vec<u64>,
    first: Option<(EventIndex, i64)>,
    last: Option<(EventIndex, i64)>,
    gap: Option<Gap>,
}

impl Trace {
    /// Begins to count the events of a view within a range; the view's own range is not applied.
    #[must_use]
    pub fn measure(&self, view: &View, range: TimeRange) -> RangeScan {
        let view = self.within(view, Some(range));
        let (next, end) = (self.at_or_after(range.start), self.at_or_after(range.end));
        let (counts, first, last, gap) = (Vec::new(), None, None, None);
        RangeScan { range, view, next, end: end.max(next), counts, first, last, gap }
    }
}

impl RangeScan {
    /// Looks at about so many more rows; says whether all are done.
    pub fn step(&mut self, trace: &Trace, rows: u32) -> bool {
        let until = self.next.saturating_add(rows).min(self.end);
        for event in self.view.walk(self.next, until) {
            let key = trace.key_id(event) as usize;
            if key >= self.counts.len() {
                self.counts.resize(key + 1, 0);
            }
            if let Some(count) = self.counts.get_mut(key) {
                *count += 1;
            }
            let time = trace.time(event);
            if let Some((before, start)) = self.last {
                let longest = self.gap.as_ref().map_or(0, |gap| gap.end.saturating_sub(gap.start));
                if time.saturating_sub(start) > longest {
                    self.gap = Some(Gap { before, after: event, start, end: time });
                }
            }
            self.first.get_or_insert((event, time));
            self.last = Some((event, time));
        }
        self.next = until;
        self.next >= self.end
    }

    /// What was counted, with at most `limit` kinds of events.
    #[must_use]
    pub fn stats(&self, trace: &Trace, limit: usize) -> RangeStats {
        let locale = trace.locale();
        let mut stats = RangeStats {
            range: self.range,
            events: self.counts.iter().sum(),
            marked: 0,
            errors: 0,
            levels: Vec::new(),
            top: Vec::new(),
            kinds: 0,
            first: self.first,
            last: self.last,
            gap: self.gap,
        };
        let mut levels = vec![0_u64; 256];
        for (key, &events) in trace.keys().iter().zip(&self.counts).filter(|(_, n)| **n > 0) {
            match key.class() {
                0 => stats.marked += events,
                1 => stats.errors += events,
                _ => {}
            }
            if let Some(count) = levels.get_mut(usize::from(key.event.level)) {
                *count += events;
            }
            // Kinds that differ only in what has no name are one.
            for (label, filter) in trace.labels_of_key(key, "event", &locale) {
                match stats.top.iter_mut().find(|value| value.filter == filter) {
                    Some(value) => value.events += events,
                    None => stats.top.push(FacetValue { label, filter, events, chosen: None }),
                }
            }
        }
        for (level, events) in (0_u8..=255).zip(levels).filter(|(_, events)| *events > 0) {
            let label = match catalog::level_name(level, &locale) {
                "" => level.to_string(),
                name => name.to_owned(),
            };
            stats.levels.push(FacetValue {
                label,
                filter: terms::level(level),
                events,
                chosen: None,
            });
        }
        stats.kinds = stats.top.len() as u64;
        crate::sort::by(&mut stats.top, |a, b| {
            (Reverse(a.events), &a.label).cmp(&(Reverse(b.events), &b.label))
        });
        stats.top.truncate(limit);
        stats
    }
}
