//! The timeline: exact counts per lane, class and pixel column.
//!
//! The events of a view are grouped by lane and class once; a frame then only finds where its
//! pixel borders fall in each group, so panning costs lanes × pixels however many events there
//! are.

use std::cmp::Reverse;
use std::collections::HashMap;
use std::ops::Range;

use rustc_hash::FxBuildHasher;

use super::columns::partition_point;
use super::selection::View;
use super::terms;
use super::trace::Trace;
use crate::catalog;
use crate::limits::{MAX_LANE_COUNTS, MAX_LANES, MAX_PIXELS};
use crate::record::UNKNOWN_ID;
use crate::view::{EventIndex, Lane, LaneGroup, Lanes, LanesRequest};

/// Classes of the counts; see [`Lanes::counts`].
const CLASSES: usize = 4;

/// The events of one view, grouped.
#[derive(Debug)]
pub(super) struct LaneIndex {
    view: View,
    group: LaneGroup,
    max_lanes: usize,
    lanes: Vec<Lane>,
    /// `lanes × classes` ranges of `events`.
    groups: Vec<Range<usize>>,
    /// Events by lane and class, in time order within each.
    events: Vec<EventIndex>,
}

/// What a lane stands for: a number whose meaning depends on the grouping.
type GroupId = u32;

/// Maps events to groups by way of what is interned.
enum Grouping {
    /// Group of each event key.
    Key(Vec<GroupId>),
    /// Group of each (process, thread) pair.
    Thread(Vec<GroupId>),
    Activity,
    Cpu,
}

impl Grouping {
    fn of(trace: &Trace, group: LaneGroup) -> Self {
        match group {
            LaneGroup::Provider => {
                let mut seen: HashMap<_, GroupId, FxBuildHasher> = HashMap::default();
                Self::Key(representatives(
                    trace
                        .keys()
                        .iter()
                        .map(|key| (key.event.provider, key.names.provider.as_str())),
                    &mut seen,
                ))
            }
            LaneGroup::Event => {
                let mut seen: HashMap<_, GroupId, FxBuildHasher> = HashMap::default();
                Self::Key(representatives(
                    trace.keys().iter().map(|key| {
                        let names = &key.names;
                        (
                            key.event.provider,
                            key.event.id,
                            names.provider.as_str(),
                            names.event.as_str(),
                        )
                    }),
                    &mut seen,
                ))
            }
            LaneGroup::Level => {
                let levels = trace.keys().iter().map(|key| GroupId::from(key.event.level));
                Self::Key(levels.collect())
            }
            LaneGroup::Process => {
                let mut seen: HashMap<_, GroupId, FxBuildHasher> = HashMap::default();
                Self::Thread(representatives(trace.threads().iter().map(|pair| pair.0), &mut seen))
            }
            LaneGroup::Thread => Self::Thread((0..trace.threads().len() as u32).collect()),
            LaneGroup::Activity => Self::Activity,
            LaneGroup::Cpu => Self::Cpu,
        }
    }

    fn group(&self, trace: &Trace, event: EventIndex) -> GroupId {
        let columns = trace.columns();
        let of = |groups: &Vec<GroupId>, i: u32| groups.get(i as usize).copied().unwrap_or(0);
        match self {
            Self::Key(groups) => of(groups, columns.key(event)),
            Self::Thread(groups) => of(groups, columns.thread.get(event as usize)),
            Self::Activity => columns.activity.get(event as usize),
            Self::Cpu => GroupId::from(columns.cpu(event)),
        }
    }
}

/// Gives each value the number of the first that equals it.
fn representatives<T: std::hash::Hash + Eq>(
    values: impl Iterator<Item = T>,
    seen: &mut HashMap<T, GroupId, FxBuildHasher>,
) -> Vec<GroupId> {
    values.zip(0..).map(|(value, number)| *seen.entry(value).or_insert(number)).collect()
}

/// Label and filter term of a group.
fn describe(trace: &Trace, group: LaneGroup, id: GroupId) -> (String, String) {
    let thread = || trace.threads().get(id as usize).copied().unwrap_or((UNKNOWN_ID, UNKNOWN_ID));
    match group {
        LaneGroup::Provider => match trace.keys().get(id as usize) {
            Some(key) => terms::provider_label(key),
            None => Default::default(),
        },
        LaneGroup::Event => match trace.keys().get(id as usize) {
            Some(key) => (trace.event_label(key), terms::event(key)),
            None => Default::default(),
        },
        LaneGroup::Level => {
            let level = u8::try_from(id).unwrap_or(u8::MAX);
            (catalog::level_name(level, &trace.locale()).to_owned(), terms::level(level))
        }
        LaneGroup::Process => number("pid", thread().0),
        LaneGroup::Thread => {
            let (pid, tid) = thread();
            let (label, filter) = number("tid", tid);
            (format!("{} / {label}", number("pid", pid).0), filter)
        }
        LaneGroup::Activity => match trace.activity(id) {
            Some(activity) => (format!("{activity:#}"), terms::guid("activity", activity)),
            None => (String::new(), String::new()),
        },
        LaneGroup::Cpu => (id.to_string(), terms::term("cpu", id)),
    }
}

/// Label and term of a process or thread; Windows prints an unknown one as −1.
pub(super) fn number(field: &str, id: u32) -> (String, String) {
    match id {
        UNKNOWN_ID => ("-1".to_owned(), String::new()),
        _ => (id.to_string(), terms::term(field, id)),
    }
}

impl LaneIndex {
    /// Groups the events of a view.
    pub fn build(trace: &Trace, view: &View, group: LaneGroup, max_lanes: usize) -> Self {
        let grouping = Grouping::of(trace, group);
        let class: Vec<u8> = trace.keys().iter().map(super::Key::class).collect();
        let class_of = |event| {
            usize::from(class.get(trace.columns().key(event) as usize).copied().unwrap_or(3))
        };
        let mut counts: Vec<[u32; CLASSES]> = Vec::new();
        for event in view.unranged() {
            let group = grouping.group(trace, event) as usize;
            if group >= counts.len() {
                counts.resize(group + 1, [0; CLASSES]);
            }
            if let Some(count) = counts.get_mut(group).and_then(|c| c.get_mut(class_of(event))) {
                *count += 1;
            }
        }
        let mut groups: Vec<(GroupId, [u32; CLASSES])> = (0..)
            .zip(counts.iter().copied())
            .filter(|(_, counts)| *counts != [0; CLASSES])
            .collect();
        groups.sort_by_key(|(id, counts)| {
            let worst = counts.iter().position(|&count| count > 0);
            (worst, Reverse(total(counts)), *id)
        });
        let shown = match groups.len() > max_lanes {
            true => max_lanes.saturating_sub(1),
            false => groups.len(),
        };
        let mut lane_of = vec![0_u32; counts.len()];
        let mut lanes = Vec::new();
        let mut sizes: Vec<[u32; CLASSES]> = Vec::new();
        for (i, (id, counts)) in groups.iter().enumerate() {
            let lane = i.min(shown);
            if let Some(slot) = lane_of.get_mut(*id as usize) {
                *slot = lane as u32;
            }
            if lane == lanes.len() {
                let (label, filter) = match lane < shown {
                    true => describe(trace, group, *id),
                    false => (format!("+{}", groups.len() - shown), String::new()),
                };
                lanes.push(Lane { label, filter, events: 0, marked: 0 });
                sizes.push([0; CLASSES]);
            }
            if let (Some(lane), Some(size)) = (lanes.last_mut(), sizes.last_mut()) {
                lane.events += total(counts);
                lane.marked += u64::from(counts[0]);
                for (size, count) in size.iter_mut().zip(counts) {
                    *size += count;
                }
            }
        }
        let mut next = Vec::with_capacity(sizes.len() * CLASSES);
        let mut at = 0_usize;
        for &size in sizes.iter().flatten() {
            next.push(at);
            at += size as usize;
        }
        let starts = next.clone();
        let mut events = vec![0; at];
        for event in view.unranged() {
            let group = grouping.group(trace, event) as usize;
            let lane = lane_of.get(group).copied().unwrap_or(0) as usize;
            if let Some(place) = next.get_mut(lane * CLASSES + class_of(event)) {
                if let Some(slot) = events.get_mut(*place) {
                    *slot = event;
                }
                *place += 1;
            }
        }
        let groups = starts.into_iter().zip(next).map(|(start, end)| start..end).collect();
        Self { view: view.clone(), group, max_lanes, lanes, groups, events }
    }

    /// Whether it answers for this view and grouping.
    pub fn serves(&self, view: &View, group: LaneGroup, max_lanes: usize) -> bool {
        self.group == group && self.max_lanes == max_lanes && self.view.same_set(view)
    }

    /// The counts of one frame.
    pub fn frame(&self, trace: &Trace, request: &LanesRequest, pixels: usize) -> Lanes {
        let borders = borders(trace, request, pixels);
        let mut counts = vec![0; self.groups.len() * pixels];
        for (group, counts) in self.groups.iter().zip(counts.chunks_mut(pixels.max(1))) {
            count(self.events.get(group.clone()).unwrap_or_default(), &borders, counts);
        }
        Lanes { range: request.range, pixels: pixels as u32, lanes: self.lanes.clone(), counts }
    }
}

fn total(counts: &[u32; CLASSES]) -> u64 {
    counts.iter().map(|&count| u64::from(count)).sum()
}

/// Clamps what a request may ask for: pixels and lanes.
pub(super) fn clamp(request: &LanesRequest) -> (usize, usize) {
    let pixels = request.pixels.min(MAX_PIXELS) as usize;
    let room = MAX_LANE_COUNTS / (pixels.max(1) * CLASSES);
    (pixels, (request.max_lanes.min(MAX_LANES) as usize).clamp(1, room.max(1)))
}

/// The first event of each pixel column, and the end of the last: column `x` holds the times
/// for which ⌊(time − start) × pixels / duration⌋ is `x`.
fn borders(trace: &Trace, request: &LanesRequest, pixels: usize) -> Vec<EventIndex> {
    let range = request.range;
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

/// Counts sorted events between consecutive borders.
fn count(events: &[EventIndex], borders: &[EventIndex], counts: &mut [u32]) {
    let (Some(&first), Some(&last)) = (borders.first(), borders.last()) else { return };
    let start = events.partition_point(|&event| event < first);
    let end = events.partition_point(|&event| event < last);
    let events = events.get(start..end).unwrap_or_default();
    if events.len() < counts.len() * 4 {
        // Few: each finds its column.
        let mut x = 0;
        for &event in events {
            let rest = borders.get(x + 1..).unwrap_or_default();
            x += match rest.first() {
                Some(&border) if event < border => 0,
                _ => rest.partition_point(|&border| border <= event),
            };
            if let Some(count) = counts.get_mut(x) {
                *count += 1;
            }
        }
        return;
    }
    // Many: each column finds its end.
    let mut from = 0;
    for (count, &border) in counts.iter_mut().zip(borders.get(1..).unwrap_or_default()) {
        let mut step = 1;
        while events.get(from + step).is_some_and(|&event| event < border) {
            step *= 2;
        }
        let near = events.get(from..events.len().min(from + step + 1)).unwrap_or_default();
        let passed = near.partition_point(|&event| event < border);
        from += passed;
        *count = passed as u32;
    }
}
