//! The values of header columns: how each is shown, and the filter term that selects it.

use super::cells::By;
use super::keys::Key;
use super::trace::Trace;
use super::{lane_groups, terms};
use crate::catalog;
use crate::query;

impl Trace {
    /// What a column shows of the events of a number, with filter terms: one value, none, or
    /// several (keywords).
    pub(super) fn labels(
        &self,
        column: &str,
        by: By,
        number: u32,
        locale: &str,
    ) -> Vec<(String, String)> {
        match by {
            By::Key => match self.keys().get(number as usize) {
                Some(key) => self.labels_of_key(key, column, locale),
                None => Vec::new(),
            },
            By::Thread => {
                let pair = self.threads().get(number as usize).copied();
                let id = pair.map(|(pid, tid)| if column == "pid" { pid } else { tid });
                id.map(|id| lane_groups::number(column, id)).into_iter().collect()
            }
            By::Activity => {
                let activity = self.activity(number);
                let label = |id| (format!("{id:#}"), terms::guid("activity", id));
                activity.map(label).into_iter().collect()
            }
            By::Cpu => vec![(number.to_string(), terms::term(column, number))],
            By::Time | By::Text => Vec::new(),
        }
    }

    /// The values a kind of event has in a field, with their filter terms.
    pub(super) fn labels_of_key(
        &self,
        key: &Key,
        field: &str,
        locale: &str,
    ) -> Vec<(String, String)> {
        let names = &key.names;
        let named = |name: &str, number: u32| match name {
            "" => (number.to_string(), terms::term(field, number)),
            name => (name.to_owned(), query::term(field, name)),
        };
        let text = |text: &str| match text {
            "" => Vec::new(),
            text => vec![(text.to_owned(), query::term(field, text))],
        };
        match field {
            "provider" => vec![terms::provider_label(key)],
            "event" => {
                let label = self.event_label(key);
                vec![(label, terms::event(key))]
            }
            "level" => {
                let level = key.event.level;
                let name = catalog::level_name(level, locale);
                let label = if name.is_empty() { level.to_string() } else { name.to_owned() };
                vec![(label, terms::level(level))]
            }
            "id" => vec![(key.event.id.to_string(), terms::term(field, key.event.id))],
            "version" => {
                vec![(key.event.version.to_string(), terms::term(field, key.event.version))]
            }
            "name" => text(&names.event),
            "kind" => text(key.event.kind.name()),
            "marked" => vec![(key.marked.to_string(), terms::term(field, key.marked))],
            "channel" => vec![named(&names.channel, key.event.channel.into())],
            "task" => vec![named(&names.task, key.event.task.into())],
            "opcode" => vec![named(&names.opcode, key.event.opcode.into())],
            "keyword" => {
                let known = names.keywords.iter();
                known.map(|name| (name.clone(), query::term(field, name))).collect()
            }
            _ => Vec::new(),
        }
    }
}
