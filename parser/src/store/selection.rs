//! Which events a filter left: a bitmap with rank blocks, cut by a range of time.

use std::ops::Range;
use std::sync::Arc;

use crate::view::EventIndex;

/// Words of one rank block: 512 events, so that the ranks cost an eighth of a bit per event.
const BLOCK_WORDS: usize = 8;

/// A set of events with fast counting.
#[derive(Debug, Default)]
pub(super) struct Bits {
    words: Vec<u64>,
    /// Events before each block, and the total at the end.
    ranks: Vec<u32>,
}

impl Bits {
    /// A set from its words.
    pub fn new(words: Vec<u64>) -> Self {
        let mut ranks = Vec::with_capacity(words.len() / BLOCK_WORDS + 2);
        let mut total = 0;
        ranks.push(0);
        for block in words.chunks(BLOCK_WORDS) {
            total += block.iter().map(|word| word.count_ones()).sum::<u32>();
            ranks.push(total);
        }
        Self { words, ranks }
    }

    fn total(&self) -> u32 {
        self.ranks.last().copied().unwrap_or(0)
    }

    fn word(&self, index: usize) -> u64 {
        self.words.get(index).copied().unwrap_or(0)
    }

    pub fn contains(&self, event: EventIndex) -> bool {
        self.word(event as usize / 64) >> (event % 64) & 1 == 1
    }

    /// How many events of the set come before this one.
    fn rank(&self, event: EventIndex) -> u32 {
        let index = event as usize / 64;
        let block = index / BLOCK_WORDS;
        let Some(&before) = self.ranks.get(block) else { return self.total() };
        let whole = self.words.get(block * BLOCK_WORDS..index).unwrap_or_default();
        let part = self.word(index) & ((1 << (event % 64)) - 1);
        before + whole.iter().map(|word| word.count_ones()).sum::<u32>() + part.count_ones()
    }

    /// The event with so many of the set before it.
    fn select(&self, rank: u32) -> Option<EventIndex> {
        if rank >= self.total() {
            return None;
        }
        let block = self.ranks.partition_point(|&before| before <= rank).checked_sub(1)?;
        let mut rest = rank - self.ranks.get(block)?;
        let first = block * BLOCK_WORDS;
        for (i, &word) in self.words.get(first..)?.iter().enumerate() {
            let ones = word.count_ones();
            if rest < ones {
                let mut word = word;
                for _ in 0..rest {
                    word &= word - 1;
                }
                return u32::try_from((first + i) * 64).ok()?.checked_add(word.trailing_zeros());
            }
            rest -= ones;
        }
        None
    }
}

/// The events a filter left, in time order, cut by a range of time. Cheap to clone.
#[derive(Clone, Debug)]
pub struct View {
    /// `None` selects all.
    set: Option<Arc<Bits>>,
    /// Events of the trace.
    len: u32,
    /// The range, as events.
    first: u32,
    end: u32,
    /// Marked events of the filter, the range not applied.
    marked: u64,
    /// Whether the scan that made it was stopped before its end.
    partial: bool,
}

impl View {
    pub(super) fn new(set: Option<Bits>, len: u32, partial: bool) -> Self {
        Self { set: set.map(Arc::new), len, first: 0, end: len, marked: 0, partial }
    }

    pub(super) fn cut(mut self, first: EventIndex, end: EventIndex) -> Self {
        self.end = end.min(self.len);
        self.first = first.min(self.end);
        self
    }

    pub(super) fn with_marked(mut self, marks: &Bits) -> Self {
        self.marked = match &self.set {
            None => u64::from(marks.total()),
            Some(set) => {
                let both = set.words.iter().zip(&marks.words);
                both.map(|(a, b)| u64::from((a & b).count_ones())).sum()
            }
        };
        self
    }

    /// Events shown: those that pass filter and range.
    #[must_use]
    pub fn shown(&self) -> u64 {
        u64::from(self.rank(self.end) - self.rank(self.first))
    }

    /// Events that pass the filter, the range not applied.
    pub(super) fn passing(&self) -> u64 {
        u64::from(self.rank(self.len))
    }

    /// Marked events that pass the filter, the range not applied.
    #[must_use]
    pub fn marked(&self) -> u64 {
        self.marked
    }

    /// Whether the scan behind it was stopped, so that it may lack events.
    #[must_use]
    pub fn is_partial(&self) -> bool {
        self.partial
    }

    /// Whether an event is shown.
    #[must_use]
    pub fn contains(&self, event: EventIndex) -> bool {
        (self.first..self.end).contains(&event) && self.passes(event)
    }

    /// Whether an event passes the filter, the range not applied.
    pub(super) fn passes(&self, event: EventIndex) -> bool {
        self.set.as_ref().is_none_or(|set| set.contains(event))
    }

    /// The rows of its range.
    pub(super) fn rows(&self) -> Range<EventIndex> {
        self.first..self.end
    }

    fn rank(&self, event: EventIndex) -> u32 {
        self.set.as_ref().map_or(event, |set| set.rank(event))
    }

    /// How many shown events come before an event.
    #[must_use]
    pub fn position(&self, event: EventIndex) -> u64 {
        let event = event.clamp(self.first, self.end);
        u64::from(self.rank(event) - self.rank(self.first))
    }

    /// The shown event at a position.
    #[must_use]
    pub fn event_at(&self, position: u64) -> Option<EventIndex> {
        let rank = u32::try_from(position).ok()?.checked_add(self.rank(self.first))?;
        let event = match &self.set {
            None => rank,
            Some(set) => set.select(rank)?,
        };
        (event < self.end).then_some(event)
    }

    /// The shown events from a position on.
    pub fn events_from(&self, position: u64) -> impl Iterator<Item = EventIndex> + '_ {
        let first = self.event_at(position).unwrap_or(self.end);
        self.walk(first, self.end)
    }

    /// Whether no filter left it, the range not applied.
    pub(super) fn is_all(&self) -> bool {
        self.set.is_none()
    }

    /// The events of the filter among a range of rows.
    pub(super) fn walk(
        &self,
        first: EventIndex,
        end: EventIndex,
    ) -> impl Iterator<Item = EventIndex> + '_ {
        let set = self.set.as_deref();
        let mut next = first;
        std::iter::from_fn(move || {
            while next < end {
                let event = match set {
                    None => next,
                    Some(set) => {
                        let rest = set.word(next as usize / 64) >> (next % 64);
                        if rest == 0 {
                            next = (next | 63).saturating_add(1);
                            continue;
                        }
                        next + rest.trailing_zeros()
                    }
                };
                next = event.saturating_add(1);
                return (event < end).then_some(event);
            }
            None
        })
    }

    /// The events of the filter among `rows`, as words of 64 events from `first` on, which begins a
    /// word and is not past the rows.
    pub(super) fn words(
        &self,
        first: EventIndex,
        rows: &Range<EventIndex>,
    ) -> impl Iterator<Item = u64> + '_ {
        let rows = rows.clone();
        (first..rows.end).step_by(64).map(move |first| {
            let word = self.set.as_ref().map_or(u64::MAX, |set| set.word(first as usize / 64));
            let before = rows.start.saturating_sub(first);
            let past = 64_u32.saturating_sub(rows.end - first);
            word & u64::MAX.checked_shl(before).unwrap_or(0) & u64::MAX >> past
        })
    }

    /// The next shown event after `from` that is also in `of`; without `from`, the first.
    pub(super) fn step(
        &self,
        from: Option<EventIndex>,
        forward: bool,
        of: Option<&Bits>,
    ) -> Option<EventIndex> {
        let word = |index: usize| {
            let set = self.set.as_ref().map_or(u64::MAX, |set| set.word(index));
            set & of.map_or(u64::MAX, |of| of.word(index))
        };
        if forward {
            let start = from.map_or(Some(0), |from| from.checked_add(1))?.max(self.first);
            let mut index = start as usize / 64;
            let mut bits = word(index) & u64::MAX << (start % 64);
            while bits == 0 {
                index += 1;
                if index > self.end as usize / 64 {
                    return None;
                }
                bits = word(index);
            }
            let event = u32::try_from(index * 64).ok()?.checked_add(bits.trailing_zeros())?;
            (event < self.end).then_some(event)
        } else {
            let last = from.unwrap_or(self.end).min(self.end).checked_sub(1)?;
            let mut index = last as usize / 64;
            let mut bits = word(index) & u64::MAX >> (63 - last % 64);
            while bits == 0 {
                if index <= self.first as usize / 64 {
                    return None;
                }
                index -= 1;
                bits = word(index);
            }
            let event = u32::try_from(index * 64).ok()? + (63 - bits.leading_zeros());
            (event >= self.first).then_some(event)
        }
    }

    /// Whether two views are of one filter result (their ranges may differ).
    pub(super) fn same_set(&self, other: &Self) -> bool {
        self.len == other.len
            && match (&self.set, &other.set) {
                (None, None) => true,
                (Some(a), Some(b)) => Arc::ptr_eq(a, b),
                _ => false,
            }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn set(member: &[bool]) -> Bits {
        let word = |part: &[bool]| {
            part.iter().zip(0..).fold(0, |word, (&member, at)| word | u64::from(member) << at)
        };
        Bits::new(member.chunks(64).map(word).collect())
    }

    /// A repeatable stream of numbers (xorshift).
    fn numbers(mut state: u64) -> impl FnMut() -> u64 {
        move || {
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            state
        }
    }

    #[test]
    fn positions_and_steps_are_those_of_a_plain_list() {
        for (len, of_8, seed) in [(0_u32, 4, 1), (1, 8, 2), (64, 1, 3), (1500, 2, 4), (5000, 1, 5)]
        {
            let mut next = numbers(seed);
            let member: Vec<bool> = (0..len).map(|_| next() % 8 < of_8).collect();
            let special: Vec<bool> = (0..len).map(|_| next() % 100 < 2).collect();
            let marks = set(&special);
            for (first, end) in [(0, len), (len / 3, len / 2), (len / 2, len), (len, len)] {
                for members in [None, Some(set(&member))] {
                    let all = members.is_none();
                    let view = View::new(members, len, false).with_marked(&marks).cut(first, end);
                    let passes = |e: u32| all || member[e as usize];
                    let list: Vec<u32> = (first..end).filter(|&e| passes(e)).collect();
                    assert_eq!(view.shown(), list.len() as u64);
                    let marked = (0..len).filter(|&e| passes(e) && special[e as usize]).count();
                    assert_eq!(view.marked(), marked as u64, "the range is not applied");
                    for (position, &event) in list.iter().enumerate() {
                        assert_eq!(view.event_at(position as u64), Some(event));
                        assert_eq!(view.position(event), position as u64);
                    }
                    assert_eq!(view.event_at(list.len() as u64), None);
                    let half = list.len() / 2;
                    assert!(view.events_from(half as u64).eq(list[half..].iter().copied()));
                    for from in (0..len).step_by(7).map(Some).chain([None]) {
                        for of in [None, Some(&marks)] {
                            let wanted = |e: &&u32| of.is_none() || special[**e as usize];
                            let after = |e: &&u32| from.is_none_or(|from| **e > from);
                            let before = |e: &&u32| from.is_none_or(|from| **e < from);
                            let next = list.iter().filter(wanted).find(after).copied();
                            let back = list.iter().rev().filter(wanted).find(before).copied();
                            assert_eq!(view.step(from, true, of), next);
                            assert_eq!(view.step(from, false, of), back);
                        }
                    }
                }
            }
        }
    }
}
