//! What lanes stand for: events grouped by a field of their header.

use std::hash::Hash;

use super::cells;
use super::columns::CPUS;
use super::keys::Key;
use super::spans::kind_of;
use super::terms;
use super::trace::Trace;
use crate::map::Map;
use crate::record::UNKNOWN_ID;
use crate::view::LaneGroup;

/// Number of a group among those of its [`LaneGrouping`], from 0.
pub(super) type GroupId = u32;

/// Maps events to groups by way of what is interned.
#[derive(Debug)]
pub(super) struct LaneGrouping {
    by: By,
    /// How many groups there may be.
    count: usize,
}

#[derive(Debug)]
enum By {
    /// A field of the event key, with the value each group stands for.
    Key {
        /// Groups of each key, all keys in a row.
        groups: Vec<GroupId>,
        /// Where those of each key end.
        ends: Vec<u32>,
        /// Label and filter term of each group.
        values: Vec<(String, String)>,
    },
    /// The process, or the thread, of a (process, thread) pair.
    Thread {
        /// Group of each pair.
        groups: Vec<GroupId>,
        /// A pair of each group.
        pairs: Vec<u32>,
        is_process: bool,
    },
    Activity,
    Cpu,
}

/// What a lane is called.
#[derive(Clone, Debug, Default)]
pub(super) struct Described {
    pub label: String,
    /// A filter term that selects the group; empty when there is none.
    pub filter: String,
}

/// The field of [`Trace::labels_of_key`] a group is by.
fn key_field(group: LaneGroup) -> &'static str {
    match group {
        LaneGroup::Event => "event",
        LaneGroup::Level => "level",
        LaneGroup::Keyword => "keyword",
        LaneGroup::Opcode => "opcode",
        LaneGroup::Task => "task",
        LaneGroup::Channel => "channel",
        _ => "provider",
    }
}

impl LaneGrouping {
    pub fn of(trace: &Trace, group: LaneGroup) -> Self {
        match group {
            LaneGroup::Process | LaneGroup::Thread => {
                let is_process = group == LaneGroup::Process;
                let mut numbers = Numbers::default();
                let mut pairs = Vec::new();
                let groups = (0..)
                    .zip(trace.threads())
                    .map(|(number, &(pid, tid))| {
                        let value = if is_process { (pid, 0) } else { (pid, tid) };
                        let (id, new) = numbers.of(value);
                        if new {
                            pairs.push(number);
                        }
                        id
                    })
                    .collect();
                let count = pairs.len();
                Self { by: By::Thread { groups, pairs, is_process }, count }
            }
            LaneGroup::Activity => Self { by: By::Activity, count: trace.activities().len() },
            LaneGroup::Cpu => Self { by: By::Cpu, count: CPUS },
            LaneGroup::Span => Self::by_key(trace, |key| match kind_of(trace, key) {
                Some(kind) => vec![kind],
                None => Vec::new(),
            }),
            _ => {
                let (field, locale) = (key_field(group), trace.locale());
                Self::by_key(trace, |key| {
                    let mut found = trace.labels_of_key(key, field, &locale);
                    if found.is_empty() {
                        found.push((String::new(), String::new()));
                    }
                    found
                })
            }
        }
    }

    fn by_key(trace: &Trace, values_of: impl Fn(&Key) -> Vec<(String, String)>) -> Self {
        let mut numbers = Numbers::default();
        let (mut groups, mut ends, mut values) = (Vec::new(), Vec::new(), Vec::new());
        for key in trace.keys() {
            let first = groups.len();
            for value in values_of(key) {
                let (id, new) = numbers.of(value.clone());
                if new {
                    values.push(value);
                }
                // An event counts once in a lane, also when two of its keywords share a name.
                if groups.get(first..).is_some_and(|own| !own.contains(&id)) {
                    groups.push(id);
                }
            }
            ends.push(u32::try_from(groups.len()).unwrap_or(u32::MAX));
        }
        let count = values.len();
        Self { by: By::Key { groups, ends, values }, count }
    }

    /// How many groups there may be.
    pub fn count(&self) -> usize {
        self.count
    }

    /// The column whose numbers tell the groups of an event.
    pub fn column(&self) -> cells::By {
        match &self.by {
            By::Key { .. } => cells::By::Key,
            By::Thread { .. } => cells::By::Thread,
            By::Activity => cells::By::Activity,
            By::Cpu => cells::By::Cpu,
        }
    }

    /// Tells the groups of a number of that column.
    pub fn each(&self, number: u32, mut tell: impl FnMut(GroupId)) {
        match &self.by {
            By::Key { groups, ends, .. } => {
                let key = number as usize;
                let end = |key: usize| ends.get(key).copied().unwrap_or(0) as usize;
                let first = key.checked_sub(1).map_or(0, end);
                groups.get(first..end(key)).unwrap_or_default().iter().for_each(|&id| tell(id));
            }
            By::Thread { groups, .. } => tell(groups.get(number as usize).copied().unwrap_or(0)),
            By::Activity | By::Cpu => tell(number),
        }
    }

    /// What a group is called.
    pub fn describe(&self, trace: &Trace, id: GroupId) -> Described {
        let (label, filter) = match &self.by {
            By::Key { values, .. } => values.get(id as usize).cloned().unwrap_or_default(),
            By::Thread { pairs, is_process, .. } => {
                let pair = pairs
                    .get(id as usize)
                    .and_then(|&pair| trace.threads().get(pair as usize).copied());
                let (pid, tid) = pair.unwrap_or((UNKNOWN_ID, UNKNOWN_ID));
                if *is_process {
                    let (label, filter) = number("pid", pid);
                    let processes = trace.system().processes();
                    let name = processes.iter().find(|p| p.pid == pid && !p.name.is_empty());
                    match name.filter(|_| pid != UNKNOWN_ID) {
                        Some(process) => (format!("{} ({label})", process.name), filter),
                        None => (label, filter),
                    }
                } else {
                    let (label, tid) = number("tid", tid);
                    let (process, pid) = number("pid", pid);
                    // A thread id is used again by another process.
                    let filter = match (pid.is_empty(), tid.is_empty()) {
                        (false, false) => format!("{pid} and {tid}"),
                        _ => pid + &tid,
                    };
                    (format!("{process} / {label}"), filter)
                }
            }
            By::Activity => match trace.activity(id) {
                Some(activity) => (format!("{activity:#}"), terms::guid("activity", activity)),
                None => (String::new(), String::new()),
            },
            By::Cpu => (id.to_string(), terms::term("cpu", id)),
        };
        Described { label, filter }
    }
}

impl Described {
    /// What the lane is known by: the same in every run over the same kind of trace.
    pub fn key(&self) -> &str {
        match (self.filter.as_str(), self.label.as_str()) {
            ("", "") => "none",
            ("", label) => label,
            (filter, _) => filter,
        }
    }
}

/// Numbers values in order of first sight.
struct Numbers<T> {
    seen: Map<T, GroupId>,
}

impl<T> Default for Numbers<T> {
    fn default() -> Self {
        Self { seen: Map::default() }
    }
}

impl<T: Eq + Hash> Numbers<T> {
    /// The number of a value, and whether it is new.
    fn of(&mut self, value: T) -> (GroupId, bool) {
        let next = GroupId::try_from(self.seen.len()).unwrap_or(GroupId::MAX);
        let id = *self.seen.entry(value).or_insert(next);
        (id, id == next)
    }
}

/// Label and term of a process or thread; Windows prints an unknown one as −1.
pub(super) fn number(field: &str, id: u32) -> (String, String) {
    match id {
        UNKNOWN_ID => ("-1".to_owned(), String::new()),
        _ => (id.to_string(), terms::term(field, id)),
    }
}
