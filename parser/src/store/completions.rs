//! What a trace offers to whoever types a filter: its values, most frequent first.

use std::cmp::Reverse;
use std::collections::BTreeMap;

use super::keys::Key;
use super::trace::Trace;
use crate::catalog;
use crate::query::{Completions, Field};

/// Activities offered at most: beyond, nobody finds one by reading.
const MAX_ACTIVITIES: usize = 200;

impl Completions for Trace {
    fn values(&self, field: &Field) -> Vec<String> {
        let text = |text: &str| vec![text.to_owned()];
        let named = |name: &str, number: u32| {
            if name.is_empty() { vec![number.to_string()] } else { vec![name.to_owned()] }
        };
        match field {
            Field::Id => self.by_key(&|key| vec![key.event.id.to_string()]),
            Field::Version => self.by_key(&|key| vec![key.event.version.to_string()]),
            Field::Provider => self.by_key(&|key| text(&key.names.provider)),
            Field::Name => self.by_key(&|key| text(&key.names.event)),
            Field::Task => self.by_key(&|key| named(&key.names.task, key.event.task.into())),
            Field::Opcode => self.by_key(&|key| named(&key.names.opcode, key.event.opcode.into())),
            Field::Channel => {
                self.by_key(&|key| named(&key.names.channel, key.event.channel.into()))
            }
            Field::Keyword => self.by_key(&|key| key.names.keywords.clone()),
            Field::Kind => self.by_key(&|key| text(key.event.kind.name())),
            Field::Pid | Field::Tid => {
                let of = |&(pid, tid): &(u32, u32)| if *field == Field::Pid { pid } else { tid };
                let mut ids: Vec<u32> = self.threads().iter().map(of).collect();
                crate::sort::plain(&mut ids);
                ids.dedup();
                let known = ids.into_iter().filter(|id| *id != crate::record::UNKNOWN_ID);
                known.map(|id| id.to_string()).collect()
            }
            Field::Process => {
                let processes = self.system().processes().iter();
                let mut names: Vec<&str> = processes.map(|process| &*process.name).collect();
                crate::sort::plain(&mut names);
                names.dedup();
                names.into_iter().filter(|name| !name.is_empty()).map(str::to_owned).collect()
            }
            Field::Activity => {
                let activities = self.activities().iter().filter(|id| !id.is_zero());
                activities.take(MAX_ACTIVITIES).map(|id| format!("{id:#}")).collect()
            }
            Field::Payload(name) => self.samples.borrow().values(name),
            Field::ActivityTree => self.values(&Field::Activity),
            Field::Computer => text(&self.info().computer),
            _ => Vec::new(),
        }
    }

    fn payload_fields(&self) -> Vec<String> {
        let mut names = Vec::new();
        for key in self.keys() {
            let event = &key.event;
            let own = event.provider == catalog::PROVIDER || event.provider == catalog::SMSVCHOST;
            let id = u16::try_from(event.id).ok().filter(|_| own);
            let known = id.and_then(|id| catalog::event(id, event.version, event.task));
            names.extend(known.into_iter().flat_map(|event| event.fields).map(|f| f.name));
        }
        let samples = self.samples.borrow();
        names.extend(samples.names());
        crate::sort::plain(&mut names);
        names.dedup();
        names.into_iter().map(str::to_owned).collect()
    }
}

impl Trace {
    /// Values of the kinds of events, those of the most events first.
    fn by_key(&self, values: &dyn Fn(&Key) -> Vec<String>) -> Vec<String> {
        let mut events: BTreeMap<String, u64> = BTreeMap::new();
        for key in self.keys() {
            for value in values(key) {
                *events.entry(value).or_default() += key.events;
            }
        }
        events.remove("");
        let mut values: Vec<(String, u64)> = events.into_iter().collect();
        crate::sort::by_key(&mut values, |(_, events)| Reverse(*events));
        values.into_iter().map(|(value, _)| value).collect()
    }
}
