//! Samples of payloads: which fields the events of a trace have, and values they often hold.
//!
//! The columns know nothing of payloads, and reading all of them takes as long as a search does. A
//! few events of each kind tell what completions and hints need.

use std::cmp::Reverse;
use std::collections::BTreeMap;

use super::passes;
use super::trace::Trace;
use crate::query::fold;
use crate::source::ReadAt;
use crate::value::{Field, Value};
use crate::value_text::ValueText;
use crate::view::EventIndex;

/// Kinds of events that are looked at, the most frequent.
const MAX_KINDS: usize = 512;
/// Events of each that are read, evenly spread.
const EVENTS_OF_KIND: u64 = 4;
/// Chunks of rows that are looked through for them, where they hold all kinds.
const MOST_CHUNKS: usize = 64;
/// Different values of a field that are kept, and the longest of them in bytes.
const MAX_VALUES: usize = 64;
const MAX_VALUE_BYTES: usize = 80;

/// What the events that were read hold.
#[derive(Debug, Default)]
pub(super) struct Samples {
    /// Events to read, the last first; `None` before they are chosen.
    rest: Option<Vec<EventIndex>>,
    /// Field names in lower case: as written, and values with how often each was seen.
    fields: BTreeMap<String, (String, BTreeMap<String, u32>)>,
}

impl Samples {
    fn add(&mut self, fields: &[Field]) {
        for field in fields {
            if !field.name.is_empty() {
                let entry = self.fields.entry(fold(&field.name).into_owned());
                let (_, values) = entry.or_insert_with(|| (field.name.clone(), BTreeMap::new()));
                let text = match &field.value {
                    Value::Struct(_) | Value::Array(_) | Value::Binary(_) | Value::Null => None,
                    Value::Named { value, .. } => Some(value.to_string()),
                    Value::Status(status) => Some(format!("{:#x}", status.value)),
                    value => Some(ValueText(value).to_string()),
                };
                let text = text.filter(|t| (1..=MAX_VALUE_BYTES).contains(&t.len()));
                if let Some(text) = text
                    && (values.len() < MAX_VALUES || values.contains_key(&text))
                {
                    *values.entry(text).or_default() += 1;
                }
            }
            self.inside(&field.value);
        }
    }

    fn inside(&mut self, value: &Value) {
        match value {
            Value::Struct(fields) => self.add(fields),
            // The items of an array are alike.
            Value::Array(items) => items.iter().take(1).for_each(|item| self.inside(item)),
            _ => {}
        }
    }

    /// The names of all fields seen.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.fields.values().map(|(name, _)| name.as_str())
    }

    /// Values of a field, the one seen most often first.
    pub fn values(&self, name: &str) -> Vec<String> {
        let Some((_, values)) = self.fields.get(fold(name).as_ref()) else { return Vec::new() };
        let mut values: Vec<(&String, &u32)> = values.iter().collect();
        crate::sort::by_key(&mut values, |(_, seen)| Reverse(**seen));
        values.into_iter().map(|(value, _)| value.clone()).collect()
    }
}

impl Trace {
    /// Reads some more samples, so that completions and hints know more; says whether that were
    /// all. What cannot be read tells nothing.
    pub fn sample(&self, source: &dyn ReadAt, events: usize) -> bool {
        let mut rest = {
            let mut samples = self.samples.borrow_mut();
            match samples.rest.take() {
                Some(rest) => rest,
                None => self.choose_samples(),
            }
        };
        for _ in 0..events {
            let Some(event) = rest.pop() else { break };
            let add = |seen: &super::Seen<'_>| {
                self.samples.borrow_mut().add(&seen.decoded.fields);
            };
            drop(self.read(event, source, add));
        }
        let all = rest.is_empty();
        self.samples.borrow_mut().rest = Some(rest);
        all
    }

    fn choose_samples(&self) -> Vec<EventIndex> {
        let keys = self.keys();
        let mut frequent: Vec<usize> = (0..keys.len()).collect();
        crate::sort::by_key(&mut frequent, |&key| {
            Reverse(keys.get(key).map_or(0, |key| key.events))
        });
        let mut chosen = Vec::new();
        // In a part of the trace first; what is not there is looked for in all of it.
        let chunks = passes::chunks(self);
        let mut open = frequent.get(..MAX_KINDS.min(keys.len())).unwrap_or_default().to_vec();
        for part in [chunks.div_ceil(MOST_CHUNKS).max(1), 1] {
            // Of each key: events until the next one is taken, between two, and how many are wanted.
            let mut waits = vec![(0, 0, 0); keys.len()];
            let mut codes = vec![passes::NO; keys.len()];
            for &key in &open {
                let events = keys.get(key).map_or(0, |key| key.events);
                let every = (events / part as u64 / EVENTS_OF_KIND).max(1);
                if let (Some(wait), Some(code)) = (waits.get_mut(key), codes.get_mut(key)) {
                    (*wait, *code) = ((1, every, EVENTS_OF_KIND), passes::YES);
                }
            }
            for chunk in (0..chunks).step_by(part) {
                let mut done = Vec::new();
                passes::each_of_keys(self, chunk, &codes, &mut |event| {
                    let key = self.key_id(event) as usize;
                    let Some((wait, every, wanted)) = waits.get_mut(key) else { return };
                    *wait = u64::saturating_sub(*wait, 1);
                    if *wait == 0 && *wanted > 0 {
                        (*wait, *wanted) = (*every, *wanted - 1);
                        chosen.push(event);
                        if *wanted == 0 {
                            done.push(key);
                        }
                    }
                });
                for key in done {
                    if let Some(code) = codes.get_mut(key) {
                        *code = passes::NO;
                    }
                }
            }
            open.retain(|&key| waits.get(key).is_some_and(|wait| wait.2 == EVENTS_OF_KIND));
        }
        crate::sort::plain(&mut chosen);
        // Taken from the end, in time order: neighbours lie together in the file.
        chosen.reverse();
        chosen
    }
}
