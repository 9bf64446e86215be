//! The timeline: exact counts per lane, class and pixel column.
//!
//! The events of a view are counted once, block by block: what came before each block is kept per
//! lane and class. A frame finds the events at which its pixel columns begin and counts each
//! column by the blocks it spans and the few events at both ends, so panning costs lanes × pixels
//! however many events there are, and an event costs one byte.

use std::cmp::Reverse;
use std::ops::Range;

use super::columns::partition_point;
use super::counted::Events;
use super::lane_groups::{Described, GroupId, LaneGrouping};
use super::selection::View;
use super::trace::Trace;
use crate::limits::{MAX_LANE_COUNTS, MAX_LANES, MAX_PIXELS};
use crate::view::{
    EventIndex, Lane, LaneGroup, LaneLayout, LaneRows, Lanes, LanesRequest, TimeRange,
};

/// Classes of the counts; see [`Lanes::counts`].
const CLASSES: usize = 4;

/// Events of a block at least, as a power of two. Tests use small blocks to cross their borders.
#[cfg(not(test))]
const LEAST_BLOCK_BITS: u32 = 6;
#[cfg(test)]
const LEAST_BLOCK_BITS: u32 = 3;

/// Bytes of counts per event of the view at most: blocks are as long as that takes.
const BYTES_PER_EVENT: usize = 1;

/// No lane.
const NONE: u32 = u32::MAX;

type Counts = [u32; CLASSES];

/// One lane of its own, or the last that holds all others.
#[derive(Debug)]
struct Tracked {
    described: Described,
    counts: Counts,
    /// How many groups are merged in it; 0 for a lane of its own.
    others: u32,
    /// Where its counts stand among those of a block, in [`CLASSES`].
    place: u32,
}

impl Tracked {
    fn key(&self) -> &str {
        if self.others > 0 { "" } else { self.described.key() }
    }
}

/// What was counted last.
#[derive(Debug, Default)]
pub(super) struct LaneCache {
    /// All events: that stays for when a filter is taken away.
    of_all: Option<LaneIndex>,
    /// What the last filter left.
    filtered: Option<LaneIndex>,
    /// At which events the pixels of ranges begin, the last asked for last: no filter changes that.
    borders: Vec<(TimeRange, usize, Vec<EventIndex>)>,
}

impl LaneCache {
    /// The counts of one frame.
    pub fn frame(&mut self, trace: &Trace, view: &View, request: &LanesRequest) -> Lanes {
        let place = if view.is_all() { &mut self.of_all } else { &mut self.filtered };
        let index = match place.take() {
            Some(index) if index.serves(view, request.group, &request.layout) => index,
            _ => LaneIndex::build(trace, view, request.group, &request.layout),
        };
        let pixels = request.pixels.min(MAX_PIXELS) as usize;
        let known = |(range, of, _): &_| *range == request.range && *of == pixels;
        let (.., borders) = match self.borders.iter().position(known) {
            Some(at) => self.borders.remove(at),
            None => (request.range, pixels, borders(trace, request.range, pixels)),
        };
        let lanes = place.insert(index).frame(trace, request, &borders);
        self.borders.push((request.range, pixels, borders));
        // The lanes and the whole trace.
        let old = self.borders.len().saturating_sub(2);
        self.borders.drain(..old);
        lanes
    }
}

/// The events of one view, counted.
#[derive(Debug)]
pub(super) struct LaneIndex {
    view: View,
    group: LaneGroup,
    grouping: LaneGrouping,
    /// Lanes, most severe then most frequent first, the merged rest last.
    tracked: Vec<Tracked>,
    /// [`Tracked::place`] of the lane of each group; [`NONE`] for a group without events.
    place_of: Vec<u32>,
    /// How many places there are.
    places: usize,
    /// Class of each event key.
    class_of: Vec<u8>,
    /// Events of a block, as a power of two.
    block_bits: u32,
    /// What came before each block: counts by lane and class, then by class of all events (an
    /// event may be in several lanes, or in none).
    before: Vec<u32>,
}

impl LaneIndex {
    /// Counts the events of a view. The lanes that `layout` names are lanes of their own, whatever
    /// they count.
    pub fn build(trace: &Trace, view: &View, group: LaneGroup, layout: &LaneLayout) -> Self {
        let grouping = LaneGrouping::of(trace, group);
        let class_of = trace.keys().iter().map(super::Key::class).collect();
        let mut index = Self {
            view: view.clone(),
            group,
            grouping,
            tracked: Vec::new(),
            place_of: Vec::new(),
            places: 0,
            class_of,
            block_bits: 0,
            before: Vec::new(),
        };
        let groups = index.grouping.count();
        if groups <= MAX_LANES as usize {
            // Each group is a lane: they are counted first, and put in order then.
            let places: Vec<u32> = (0..groups as u32).collect();
            index.places = groups;
            index.place_of.clone_from(&places);
            let sums = index.count_blocks(trace);
            let counts: Vec<Counts> = sums.as_chunks::<CLASSES>().0.to_vec();
            let counts = counts.get(..groups).unwrap_or_default();
            let lane_of;
            (index.tracked, lane_of) = choose(trace, &index.grouping, counts, layout);
            for (lane, place) in lane_of.into_iter().zip(places) {
                if let Some(tracked) = index.tracked.get_mut(lane as usize) {
                    tracked.place = place;
                }
            }
        } else {
            let counts = index.count_groups(trace);
            (index.tracked, index.place_of) = choose(trace, &index.grouping, &counts, layout);
            index.places = index.tracked.len();
            for (tracked, place) in index.tracked.iter_mut().zip(0..) {
                tracked.place = place;
            }
            index.count_blocks(trace);
        }
        index
    }

    /// Counts of each group.
    fn count_groups(&self, trace: &Trace) -> Vec<Counts> {
        let by = self.grouping.column();
        let mut of_numbers: Vec<Counts> = vec![[0; CLASSES]; by.numbers(trace)];
        let mut events = Events::of(trace, &self.view, 0..trace.len(), by);
        while let Some(chunk) = events.next_chunk() {
            for event in chunk {
                let counts = of_numbers.get_mut(event.number as usize);
                if let Some(count) =
                    counts.and_then(|counts| counts.get_mut(class(&self.class_of, event.key)))
                {
                    *count += 1;
                }
            }
        }
        let mut counts: Vec<Counts> = vec![[0; CLASSES]; self.grouping.count()];
        for (number, of_number) in (0..).zip(&of_numbers) {
            if *of_number != [0; CLASSES] {
                self.grouping.each(number, |group| {
                    let sums = counts.get_mut(group as usize).into_iter().flatten();
                    sums.zip(of_number).for_each(|(sum, count)| *sum += count);
                });
            }
        }
        counts
    }

    /// Counts the events of the view by place and class, block by block; gives the sums.
    fn count_blocks(&mut self, trace: &Trace) -> Vec<u32> {
        let slots = self.slots();
        let (rows, shown) = (u64::from(trace.len()), self.view.passing().max(1));
        let block_rows = (slots * size_of::<u32>() / BYTES_PER_EVENT) as u64 * rows.div_ceil(shown);
        // Of a block of all rows there is no end to be counted.
        let most = rows.max(1).next_power_of_two().ilog2();
        self.block_bits =
            block_rows.next_power_of_two().ilog2().min(most).clamp(LEAST_BLOCK_BITS, 31);
        let block_events = 1_u32 << self.block_bits;
        let blocks = (trace.len() as usize).div_ceil(block_events as usize);
        let whole = (blocks + 1) * slots;
        let mut before = Vec::with_capacity(whole);
        let mut sum = vec![0_u32; slots];
        let mut next_block = 0_u32;
        // Mostly a number is of one lane.
        let lanes: Vec<u32> = (0..)
            .take(self.grouping.column().numbers(trace))
            .map(|number| {
                let (mut place, mut groups) = (NONE, 0);
                self.grouping.each(number, |group| {
                    place = self.place_of.get(group as usize).copied().unwrap_or(NONE);
                    groups += 1;
                });
                if groups == 1 { place } else { NONE }
            })
            .collect();
        let all = self.places * CLASSES;
        let mut events = Events::of(trace, &self.view, 0..trace.len(), self.grouping.column());
        while let Some(chunk) = events.next_chunk() {
            for event in chunk {
                while next_block <= event.event && before.len() < whole {
                    before.extend_from_slice(&sum);
                    next_block = next_block.saturating_add(block_events);
                }
                let mut add = |slot: usize| {
                    if let Some(count) = sum.get_mut(slot) {
                        *count += 1;
                    }
                };
                match lanes.get(event.number as usize) {
                    Some(&place) if place != NONE => {
                        let class = class(&self.class_of, event.key);
                        add(place as usize * CLASSES + class);
                        add(all + class);
                    }
                    _ => self.slots_of(event.key, event.number, add),
                }
            }
        }
        while before.len() < whole {
            before.extend_from_slice(&sum);
        }
        self.before = before;
        sum
    }

    /// Counts per block: lanes and all events, by class.
    fn slots(&self) -> usize {
        (self.places + 1) * CLASSES
    }

    /// Tells the places of the events of a range of rows that are in the view.
    fn each_slot(&self, trace: &Trace, rows: Range<EventIndex>, mut tell: impl FnMut(usize)) {
        let by = self.grouping.column();
        for event in self.view.walk(rows.start, rows.end) {
            self.slots_of(trace.key_id(event), by.number(trace, event), &mut tell);
        }
    }

    /// Tells the places of an event.
    fn slots_of(&self, key: u32, number: u32, mut tell: impl FnMut(usize)) {
        let class = class(&self.class_of, key);
        self.grouping.each(number, |group| {
            let place = self.place_of.get(group as usize).copied().unwrap_or(NONE);
            if place != NONE {
                tell(place as usize * CLASSES + class);
            }
        });
        tell(self.places * CLASSES + class);
    }

    /// Whether it answers for this view and grouping, with lanes of their own for those named.
    pub fn serves(&self, view: &View, group: LaneGroup, layout: &LaneLayout) -> bool {
        let merged = self.tracked.last().is_some_and(|lane| lane.others > 0);
        self.group == group
            && self.view.same_set(view)
            && (!merged || layout.keys().all(|key| self.tracked.iter().any(|t| t.key() == key)))
    }

    /// The lanes in the order to show them, hidden ones last, and how many are not hidden.
    fn arranged(&self, layout: &LaneLayout) -> (Vec<(usize, bool, bool)>, usize) {
        let of = |key: &String| self.tracked.iter().position(|lane| lane.key() == key);
        let hidden: Vec<usize> = layout.hidden.iter().filter_map(of).collect();
        let pinned: Vec<usize> = layout.pinned.iter().filter_map(of).collect();
        let placed = pinned.iter().copied().chain(layout.order.iter().filter_map(of));
        let mut order: Vec<usize> = Vec::with_capacity(self.tracked.len());
        for lane in placed.chain(0..self.tracked.len()) {
            if !order.contains(&lane) && !hidden.contains(&lane) {
                order.push(lane);
            }
        }
        let shown = order.len();
        let lanes = order.into_iter().map(|lane| (lane, pinned.contains(&lane), false));
        let lanes = lanes.chain(hidden.into_iter().map(|lane| (lane, false, true)));
        (lanes.collect(), shown)
    }

    /// The counts of one frame.
    pub fn frame(&self, trace: &Trace, request: &LanesRequest, borders: &[EventIndex]) -> Lanes {
        let (order, shown) = self.arranged(&request.layout);
        let lanes: Vec<Lane> = order
            .iter()
            .filter_map(|&(lane, pinned, hidden)| {
                let tracked = self.tracked.get(lane)?;
                Some(Lane {
                    key: tracked.key().to_owned(),
                    label: tracked.described.label.clone(),
                    filter: tracked.described.filter.clone(),
                    events: tracked.counts.iter().map(|&count| u64::from(count)).sum(),
                    marked: tracked.counts.first().map_or(0, |&count| count.into()),
                    errors: tracked.counts.get(1).map_or(0, |&count| count.into()),
                    others: tracked.others,
                    pinned,
                    hidden,
                })
            })
            .collect();
        // Row in the answer of each place.
        let pixels = borders.len().saturating_sub(1);
        let room = (MAX_LANE_COUNTS / (pixels.max(1) * CLASSES)).max(1);
        let mut row_of = vec![NONE; self.places + 1];
        let place = |lane: usize| self.tracked.get(lane).map(|lane| lane.place as usize);
        let mut rows = Vec::new();
        match request.rows {
            LaneRows::Whole => {
                if let Some(row) = row_of.last_mut() {
                    *row = 0;
                }
                rows.push(0);
            }
            LaneRows::Merged => {
                for &(lane, _, hidden) in &order {
                    let row = place(lane).and_then(|place| row_of.get_mut(place));
                    if let Some(row) = row.filter(|_| !hidden) {
                        *row = 0;
                    }
                }
                rows.push(0);
            }
            LaneRows::Some { first, count } => {
                let pins = order.iter().filter(|lane| lane.1).count();
                let first = (first as usize).saturating_add(pins).min(shown);
                let end = first.saturating_add(count.min(MAX_LANES) as usize).min(shown);
                for at in (0..pins).chain(first..end).take(room) {
                    let place = order.get(at).and_then(|lane| place(lane.0));
                    if let Some(row) = place.and_then(|place| row_of.get_mut(place)) {
                        *row = u32::try_from(rows.len()).unwrap_or(NONE);
                        rows.push(u32::try_from(at).unwrap_or(NONE));
                    }
                }
            }
        }
        let counts = self.columns(trace, borders, &row_of, rows.len());
        let pixels = u32::try_from(pixels).unwrap_or(MAX_PIXELS);
        Lanes { range: request.range, pixels, lanes, rows, counts }
    }

    /// Counts between consecutive borders, for the lanes that have a row.
    fn columns(
        &self,
        trace: &Trace,
        borders: &[EventIndex],
        row_of: &[u32],
        rows: usize,
    ) -> Vec<u32> {
        let pixels = borders.len().saturating_sub(1);
        let mut counts = vec![0; rows * CLASSES * pixels];
        // Place of each slot's first column in the answer.
        let bases: Vec<usize> = (0..self.slots())
            .map(|slot| match row_of.get(slot / CLASSES) {
                Some(&row) if row != NONE => {
                    (row as usize * CLASSES + slot % CLASSES).saturating_mul(pixels)
                }
                _ => usize::MAX,
            })
            .collect();
        let wanted: Vec<(usize, usize)> =
            bases.iter().copied().enumerate().filter(|(_, base)| *base != usize::MAX).collect();
        let before = |block: usize, slot: usize| {
            self.before.get(block * self.slots() + slot).copied().unwrap_or(0)
        };
        for (x, pair) in borders.windows(2).enumerate() {
            let &[from, to] = pair else { continue };
            if from >= to {
                continue;
            }
            // Whole blocks between the two.
            let first_block = (from as usize).div_ceil(1 << self.block_bits);
            let end_block = (to >> self.block_bits) as usize;
            let (head, tail) = if first_block < end_block {
                for &(slot, base) in &wanted {
                    let sum = before(end_block, slot).saturating_sub(before(first_block, slot));
                    if let Some(count) = counts.get_mut(base + x) {
                        *count += sum;
                    }
                }
                let start = |block: usize| (block << self.block_bits) as EventIndex;
                (from..start(first_block), start(end_block)..to)
            } else {
                (from..to, to..to)
            };
            for rows in [head, tail] {
                self.each_slot(trace, rows, |slot| {
                    let base = bases.get(slot).copied().unwrap_or(usize::MAX);
                    if let Some(count) = base.checked_add(x).and_then(|at| counts.get_mut(at)) {
                        *count += 1;
                    }
                });
            }
        }
        counts
    }
}

fn class(class_of: &[u8], key: u32) -> usize {
    usize::from(class_of.get(key as usize).copied().unwrap_or(3)) % CLASSES
}

/// Which groups are lanes of their own, and the lane of each group.
fn choose(
    trace: &Trace,
    grouping: &LaneGrouping,
    counts: &[Counts],
    layout: &LaneLayout,
) -> (Vec<Tracked>, Vec<u32>) {
    let mut groups: Vec<(GroupId, &Counts)> =
        (0..).zip(counts).filter(|(_, counts)| **counts != [0; CLASSES]).collect();
    crate::sort::by_key(&mut groups, |(id, counts)| {
        let worst = counts.iter().position(|&count| count > 0);
        (worst, Reverse(total(counts)), *id)
    });
    let most = MAX_LANES as usize;
    if groups.len() > most {
        // Those the layout names come first, wherever they stand.
        let named: Vec<&String> = layout.keys().take(most / 2).collect();
        if !named.is_empty() {
            let is_named = |(id, _): &(GroupId, &Counts)| {
                let described = grouping.describe(trace, *id);
                named.iter().any(|key| *key == described.key())
            };
            let (mut first, rest): (Vec<_>, Vec<_>) = groups.into_iter().partition(is_named);
            first.extend(rest);
            groups = first;
        }
    }
    let own = if groups.len() > most { most - 1 } else { groups.len() };
    let mut lane_of = vec![NONE; counts.len()];
    let mut tracked: Vec<Tracked> = Vec::with_capacity(own + 1);
    for (i, (id, counts)) in groups.iter().enumerate() {
        let lane = i.min(own);
        if let Some(slot) = lane_of.get_mut(*id as usize) {
            *slot = lane as u32;
        }
        match tracked.get_mut(lane) {
            Some(rest) => {
                rest.others += 1;
                for (sum, count) in rest.counts.iter_mut().zip(*counts) {
                    *sum += count;
                }
            }
            None => {
                let is_own = lane < own;
                let described = match is_own {
                    true => grouping.describe(trace, *id),
                    false => Described::default(),
                };
                let others = u32::from(!is_own);
                tracked.push(Tracked { described, counts: **counts, others, place: 0 });
            }
        }
    }
    (tracked, lane_of)
}

fn total(counts: &Counts) -> u64 {
    counts.iter().map(|&count| u64::from(count)).sum()
}

/// The first event of each pixel column, and the end of the last: column `x` holds the times
/// for which ⌊(time − start) × pixels / duration⌋ is `x`.
fn borders(trace: &Trace, range: TimeRange, pixels: usize) -> Vec<EventIndex> {
    let duration = i128::from(range.end) - i128::from(range.start);
    let mut borders = Vec::with_capacity(pixels + 1);
    let mut from = trace.at_or_after(range.start) as usize;
    let end = trace.at_or_after(range.end.max(range.start)) as usize;
    let times = &trace.columns().time;
    for x in 0..=pixels {
        let ticks = duration.max(0) * x as i128;
        let time =
            i128::from(range.start) + (ticks + pixels.max(1) as i128 - 1) / pixels.max(1) as i128;
        let before = |row: usize| i128::from(times.get(row)) < time;
        // Gallop: the next border is mostly near.
        let mut step = 1;
        while from + step < end && before(from + step) {
            step *= 2;
        }
        let width = (step + 1).min(end.saturating_sub(from));
        from += partition_point(width, |i| before(from + i));
        borders.push(from as EventIndex);
    }
    borders
}
