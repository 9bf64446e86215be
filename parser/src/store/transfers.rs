//! Transfers: which activities events join, by writing both an activity and a related one.

use super::intern::Interner;
use super::trace::Trace;
use crate::guid::Guid;
use crate::map::{Map, Set};
use crate::query::{ProcessSpan, TraceFacts};

/// Pairs of activities, each once.
#[derive(Clone, Debug, Default)]
pub(super) struct Transfers {
    pairs: Interner<(Guid, Guid)>,
}

impl Transfers {
    /// An event of one activity names another.
    pub fn add(&mut self, activity: Guid, related: Guid) {
        if !activity.is_zero() && !related.is_zero() && activity != related {
            self.pairs.intern((activity, related));
        }
    }

    /// All pairs, by first sight.
    pub fn pairs(&self) -> &[(Guid, Guid)] {
        self.pairs.values()
    }

    /// All that transfers join with an activity, whichever way they go, itself included.
    fn tree(&self, activity: Guid) -> Vec<Guid> {
        let mut beside: Map<Guid, Vec<Guid>> = Map::default();
        for &(a, b) in self.pairs.values() {
            beside.entry(a).or_default().push(b);
            beside.entry(b).or_default().push(a);
        }
        let mut seen: Set<Guid> = Set::default();
        seen.add(activity);
        let mut found = vec![activity];
        let mut next = 0;
        while let Some(here) = found.get(next).copied() {
            next += 1;
            for &other in beside.get(&here).into_iter().flatten() {
                if seen.add(other) {
                    found.push(other);
                }
            }
        }
        found
    }
}

impl Trace {
    /// All activities that transfers join with one, itself included.
    pub(super) fn joined_activities(&self, activity: Guid) -> Vec<Guid> {
        self.transfers.tree(activity)
    }
}

impl TraceFacts for Trace {
    fn ends(&self) -> (i64, i64) {
        (self.time(0), self.time(self.len().saturating_sub(1)))
    }

    fn activity_tree(&self, activity: Guid) -> Vec<Guid> {
        self.transfers.tree(activity)
    }

    fn processes(&self, fits: &dyn Fn(&str) -> bool) -> Vec<ProcessSpan> {
        self.system().spans(fits)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tree_is_all_that_transfers_join() {
        let id = |n: u8| Guid([n; 16]);
        let mut transfers = Transfers::default();
        // 1 → 2 → 3, 4 → 2; 7 → 8 is another tree; 5 names itself and nothing.
        for (a, b) in [(1, 2), (2, 3), (4, 2), (7, 8), (5, 5), (5, 0), (1, 2)] {
            transfers.add(id(a), id(b));
        }
        let tree = |n| {
            let mut found: Vec<u8> = transfers.tree(id(n)).iter().map(|g| g.0[0]).collect();
            crate::sort::plain(&mut found);
            found
        };
        assert_eq!(tree(3), [1, 2, 3, 4]);
        assert_eq!(tree(8), [7, 8]);
        assert_eq!(tree(5), [5]);
        assert_eq!(tree(9), [9]);
    }
}
