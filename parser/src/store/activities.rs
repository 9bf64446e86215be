//! The activities around an event: what transfers join with its own, as a tree.

use super::cells::By;
use super::counted::Events;
use super::terms;
use super::trace::Trace;
use crate::guid::Guid;
use crate::limits::MAX_TREE_ACTIVITIES;
use crate::map::Map;
use crate::view::{ActivityNode, ActivityTree, EventIndex};

/// How often an activity occurs, and where first.
#[derive(Clone, Copy, Debug, Default)]
struct Seen {
    events: u32,
    marked: u32,
    errors: u32,
    first: EventIndex,
}

/// What is known of each activity, by its number.
#[derive(Debug, Default)]
pub(super) struct Activities {
    seen: Vec<Seen>,
}

impl Activities {
    /// Counts the events of every activity.
    pub fn count(trace: &Trace) -> Self {
        let mut seen = vec![Seen::default(); trace.activities().len()];
        let class: Vec<u8> = trace.keys().iter().map(super::Key::class).collect();
        let all = trace.all();
        let mut events = Events::of(trace, &all, all.rows(), By::Activity);
        while let Some(chunk) = events.next_chunk() {
            for event in chunk.iter().filter(|event| event.number > 0) {
                let Some(seen) = seen.get_mut(event.number as usize) else { continue };
                if seen.events == 0 {
                    seen.first = event.event;
                }
                seen.events = seen.events.saturating_add(1);
                match class.get(event.key as usize) {
                    Some(0) => seen.marked = seen.marked.saturating_add(1),
                    Some(1) => seen.errors = seen.errors.saturating_add(1),
                    _ => {}
                }
            }
        }
        Self { seen }
    }

    fn of(&self, trace: &Trace, activity: Guid) -> Seen {
        let number = trace.find_activity(activity).unwrap_or(0) as usize;
        self.seen.get(number).copied().unwrap_or_default()
    }

    /// The tree of an event's activity: the one that was there first is the root, the others hang
    /// where they are joined, the earlier first. `None` for an event without an activity.
    pub fn tree(&self, trace: &Trace, event: EventIndex) -> Option<ActivityTree> {
        let own = trace.activity(trace.activity_id(event))?;
        let all = trace.joined_activities(own);
        let total = all.len();
        let mut members: Vec<(EventIndex, Guid)> =
            all.iter().map(|&activity| (self.first(trace, activity), activity)).collect();
        crate::sort::plain(&mut members);
        let known: Map<Guid, ()> = members.iter().map(|(_, activity)| (*activity, ())).collect();
        let mut beside: Map<Guid, Vec<Guid>> = Map::default();
        for &(a, b) in trace.transfers.pairs() {
            if known.contains_key(&a) {
                beside.entry(a).or_default().push(b);
                beside.entry(b).or_default().push(a);
            }
        }
        let mut tree = ActivityTree {
            own,
            filter: terms::guid("activity-tree", own),
            events: members.iter().map(|m| u64::from(self.of(trace, m.1).events)).sum(),
            activities: total as u64,
            nodes: Vec::new(),
        };
        // Depth first, so that the list reads as a tree.
        let mut waiting: Vec<(Guid, u32)> = members.first().map(|m| (m.1, 0)).into_iter().collect();
        let mut placed: Map<Guid, ()> = Map::default();
        while let Some((activity, depth)) = waiting.pop() {
            if placed.insert(activity, ()).is_some() {
                continue;
            }
            tree.nodes.push(self.node(trace, activity, depth));
            let mut next: Vec<(EventIndex, Guid)> = beside
                .get(&activity)
                .into_iter()
                .flatten()
                .filter(|other| !placed.contains_key(*other))
                .map(|&other| (self.first(trace, other), other))
                .collect();
            crate::sort::plain(&mut next);
            waiting.extend(next.into_iter().rev().map(|(_, other)| (other, depth + 1)));
        }
        self.cut(&mut tree, own);
        Some(tree)
    }

    /// Keeps the part of a large tree around its own activity.
    fn cut(&self, tree: &mut ActivityTree, own: Guid) {
        if tree.nodes.len() > MAX_TREE_ACTIVITIES {
            let at = tree.nodes.iter().position(|node| node.activity == own).unwrap_or(0);
            let from = at.saturating_sub(MAX_TREE_ACTIVITIES / 2);
            tree.nodes.drain(..from);
            tree.nodes.truncate(MAX_TREE_ACTIVITIES);
        }
    }

    /// Where an activity is first seen; at the end when only others name it.
    fn first(&self, trace: &Trace, activity: Guid) -> EventIndex {
        let seen = self.of(trace, activity);
        if seen.events > 0 { seen.first } else { EventIndex::MAX }
    }

    fn node(&self, trace: &Trace, activity: Guid, depth: u32) -> ActivityNode {
        let seen = self.of(trace, activity);
        let first = (seen.events > 0).then_some(seen.first);
        let key = first.and_then(|event| trace.key(event));
        ActivityNode {
            activity,
            depth: u16::try_from(depth).unwrap_or(u16::MAX),
            events: u64::from(seen.events),
            marked: u64::from(seen.marked),
            errors: u64::from(seen.errors),
            first,
            time: first.map(|event| trace.time(event)),
            label: key.map(|key| trace.event_label(key)).unwrap_or_default(),
            filter: terms::guid("activity", activity),
        }
    }
}
