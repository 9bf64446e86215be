//! Rows of the table: what the columns tell of an event, and its message.

use std::ops::Range;

use super::keys::KeyId;
use super::selection::View;
use super::sieve;
use super::trace::Trace;
use crate::catalog;
use crate::limits::MAX_ROWS;
use crate::query::Field;
use crate::record::Locator;
use crate::source::ReadAt;
use crate::view::{EventIndex, Row};

impl Trace {
    /// Rows of a view.
    #[must_use]
    pub fn rows(
        &self,
        view: &View,
        first: u64,
        count: u32,
        source: &dyn ReadAt,
        locale: &str,
    ) -> Vec<Row> {
        let events = view.events_from(first).take(count.min(MAX_ROWS) as usize);
        self.rows_of(events, first, &[], source, locale)
    }

    /// Rows of events that stand at positions from `first` on, with the texts of more columns.
    #[must_use]
    pub fn rows_of(
        &self,
        events: impl Iterator<Item = EventIndex>,
        first: u64,
        more: &[Field],
        source: &dyn ReadAt,
        locale: &str,
    ) -> Vec<Row> {
        let row = |(event, position)| {
            let same = || self.same_for_all(self.key_id(event), &Field::Message, locale);
            let known = more.is_empty().then(same).flatten();
            let (text, more) = known.map(|text| (text, Vec::new())).unwrap_or_else(|| {
                let answer = self.read(event, source, |seen| {
                    let cell = |field| one_line(self.cell(event, seen, field, locale));
                    (self.message(seen, locale).text, more.iter().map(cell).collect())
                });
                // An unreadable event keeps its row; the reason stands where its text would.
                answer.unwrap_or_else(|error| (error.to_string(), Vec::new()))
            });
            let mut row = self.row(event, position, locale, one_line(text));
            row.more = more;
            row
        };
        events.zip(first..).map(row).collect()
    }

    /// Where the bytes lie that must be read for rows of some events, in file order; nothing where
    /// that is not known. Who can read them in one go need not read them one after the other.
    #[must_use]
    pub fn bytes_of_rows(
        &self,
        events: &[EventIndex],
        more: &[Field],
        locale: &str,
    ) -> Vec<Range<u64>> {
        let is_needed = |&event: &EventIndex| {
            let key = self.key_id(event);
            !more.is_empty() || self.same_for_all(key, &Field::Message, locale).is_none()
        };
        let events = events.iter().copied().filter(is_needed);
        // In the order of the file.
        let mut locators: Vec<u32> = events.map(|event| self.columns.locator(event).0).collect();
        crate::sort::plain(&mut locators);
        let cache = self.cache.borrow();
        let of = |&locator: &u32| self.directory.bytes_of(&cache, Locator(locator));
        let mut ranges: Vec<Range<u64>> = locators.iter().filter_map(of).collect();
        ranges.dedup();
        ranges
    }

    /// What all events of a key show in a column, where their payloads do not matter.
    pub(super) fn same_for_all(&self, key: KeyId, field: &Field, locale: &str) -> Option<String> {
        self.keys.ask(key, |record| sieve::same_for_all(self, record, field, locale))?
    }

    /// The row of an event, given its message.
    pub(super) fn row(
        &self,
        event: EventIndex,
        position: u64,
        locale: &str,
        message: String,
    ) -> Row {
        let key = self.key(event);
        let level = key.map_or(0, |key| key.event.level);
        let (pid, tid) = self.thread(event);
        Row {
            position,
            event,
            time: self.time(event),
            level,
            level_name: catalog::level_name(level, locale).to_owned(),
            provider: key.map(|key| key.names.provider.clone()).unwrap_or_default(),
            id: key.map_or(0, |key| key.event.id),
            name: key.map(|key| key.names.event.clone()).unwrap_or_default(),
            pid,
            process: self.process(event).map(|known| known.name.to_string()).unwrap_or_default(),
            tid,
            cpu: self.cpu(event),
            activity: self.activity(self.activity_id(event)),
            message,
            marked: key.is_some_and(|key| key.marked),
            more: Vec::new(),
        }
    }
}

/// A text as one line: a row has room for one.
pub(super) fn one_line(text: String) -> String {
    if !text.contains(['\n', '\r', '\t']) {
        return text;
    }
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}
