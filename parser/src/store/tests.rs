//! The store against plain lists: whatever it answers, counting one event after another must say
//! the same. Chunks are small here, so that their borders are crossed.

use std::collections::BTreeMap;

use super::trace::{Step, Trace};
use super::{Grouping, Loader, Sorting, View};
use crate::catalog;
use crate::guid::Guid;
use crate::query::Filter;
use crate::record::{HeaderKind, Locator, Record, UNKNOWN_ID};
use crate::source::ReadAt;
use crate::time::iso8601;
use crate::view::{
    FacetValue, LaneGroup, LaneLayout, LaneRows, Lanes, LanesRequest, SpansRequest, TimeRange,
};

/// What a made-up event is.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Made {
    time: i64,
    place: u32,
    provider: Guid,
    id: u16,
    level: u8,
    task: u16,
    pid: u32,
    tid: u32,
    cpu: u16,
    activity: Guid,
}

impl Made {
    fn marked(&self) -> bool {
        self.provider == catalog::SMSVCHOST && self.id == 4031
    }

    fn class(&self) -> usize {
        match (self.marked(), self.level) {
            (true, _) => 0,
            (_, 1 | 2) => 1,
            (_, 3) => 2,
            _ => 3,
        }
    }

    fn give(&self, loader: &mut Loader) {
        let record = Record {
            ticks: self.time,
            pid: self.pid,
            tid: self.tid,
            provider: self.provider,
            id: self.id,
            level: self.level,
            task: self.task,
            activity: self.activity,
            ..Record::undecoded(HeaderKind::Event64, &[], 0, self.cpu)
        };
        loader.record(&record, Locator(self.place));
    }
}

/// A repeatable stream of numbers (splitmix64).
struct Numbers(u64);

impl Numbers {
    fn below(&mut self, end: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (mixed ^ (mixed >> 31)) % end
    }
}

const OTHER: Guid = Guid([7; 16]);

/// Events as they arrive: buffers of four processors, each in order within itself.
fn arrivals(count: u32, seed: u64) -> Vec<Made> {
    let mut numbers = Numbers(seed);
    let mut clocks = [1_000_i64; 4];
    let mut events = Vec::new();
    while events.len() < count as usize {
        let cpu = numbers.below(4) as usize;
        for _ in 0..=numbers.below(9) {
            clocks[cpu] += numbers.below(4) as i64 * 25;
            let (provider, id) = match numbers.below(10) {
                0 => (catalog::SMSVCHOST, 4031),
                1..=4 => (catalog::SMSVCHOST, 4016),
                _ => (OTHER, 1 + numbers.below(3) as u16),
            };
            let speaks = provider == catalog::SMSVCHOST;
            let thread = numbers.below(5) as u32;
            events.push(Made {
                time: clocks[cpu],
                place: events.len() as u32 * 3,
                provider,
                id,
                level: if speaks { 2 + 3 * u8::from(id == 4016) } else { id as u8 + 1 },
                task: if speaks { catalog::TASK_ACTIVATION_DISPATCH_SESSION } else { 0 },
                pid: if thread == 4 { UNKNOWN_ID } else { 100 + thread / 2 },
                tid: if thread == 4 { UNKNOWN_ID } else { 200 + thread },
                cpu: cpu as u16,
                activity: Guid([numbers.below(4) as u8; 16]),
            });
        }
    }
    events.truncate(count as usize);
    events
}

/// The events in the order the store must have, and the store.
fn made(count: u32, seed: u64, previews: usize) -> (Vec<Made>, Loader) {
    let mut events = arrivals(count, seed);
    let mut loader = Loader::new("made", 0);
    for (i, event) in events.iter().enumerate() {
        event.give(&mut loader);
        if previews > 0 && (i + 1) % previews == 0 {
            loader.settled();
        }
    }
    events.sort_by_key(|event| (event.time, event.place));
    (events, loader)
}

fn view(trace: &Trace, filter: &str, range: Option<TimeRange>) -> View {
    let filter = Filter::parse(filter).expect("a filter");
    let source: &dyn ReadAt = &Vec::new();
    let mut scan = trace.scan(filter, range);
    scan.step(trace, source, 1).expect("no source is needed").expect("done in one step")
}

#[test]
fn events_are_what_was_given_in_time_order() {
    for previews in [0, 1, 17] {
        let (events, mut loader) = made(700, 1, previews);
        let trace = loader.settled();
        assert_eq!(trace.len() as usize, events.len());
        assert_eq!(trace.info().marked, events.iter().filter(|e| e.marked()).count() as u64);
        let last = events[events.len() - 1].time;
        assert_eq!(trace.info().range, Some(TimeRange { start: events[0].time, end: last + 1 }));
        for (event, made) in (0..).zip(&events) {
            let key = trace.key(event).expect("a key");
            assert_eq!((key.event.provider, key.event.id), (made.provider, made.id.into()));
            assert_eq!((trace.time(event), trace.cpu(event)), (made.time, made.cpu));
            let known = |id: u32| (id != UNKNOWN_ID).then_some(id);
            assert_eq!(trace.thread(event), (known(made.pid), known(made.tid)));
            let activity = trace.activity(trace.activity_id(event)).unwrap_or(Guid::ZERO);
            assert_eq!(activity, made.activity);
        }
        let order = trace.columns.file_order().expect("processors interleave");
        assert!(order.iter().map(|&e| events[e as usize].place).eq((0..700).map(|i| i * 3)));
    }
}

#[test]
fn filters_select_what_a_loop_selects() {
    let (events, mut loader) = made(1_000, 2, 100);
    let trace = loader.settled();
    let (from, to) = (events[200].time, events[700].time);
    let within = format!(
        "time:{}..{} and (cpu:1 or not tid:200)",
        iso8601(events[130].time),
        iso8601(events[611].time)
    );
    let outside = format!("not time:{} or activity:*", iso8601(events[400].time));
    type Test = fn(&Made) -> bool;
    let cases: [(&str, Test); 12] = [
        ("not pid:100", |e| e.pid != 100),
        ("tid:* and level>=info or cpu:(0,2)", |e| {
            e.tid != UNKNOWN_ID && e.level >= 4 || matches!(e.cpu, 0 | 2)
        }),
        (&within, |e| e.cpu == 1 || e.tid != 200),
        (&outside, |_| true),
        ("", |_| true),
        ("id:4031", |e| e.id == 4031),
        ("level<=error", |e| (1..=2).contains(&e.level)),
        ("pid:100 and not cpu:2", |e| e.pid == 100 && e.cpu != 2),
        ("tid:203 or marked:true", |e| e.tid == 203 || e.marked()),
        ("activity:{01010101-0101-0101-0101-010101010101}", |e| e.activity == Guid([1; 16])),
        ("provider:{07070707-0707-0707-0707-070707070707}", |e| e.provider == OTHER),
        ("pid:999", |_| false),
    ];
    for (filter, of_fields) in cases {
        let passes = |e: &Made| {
            of_fields(e)
                && (filter != within || (events[130].time..=events[611].time).contains(&e.time))
                && (filter != outside || e.time != events[400].time || !e.activity.is_zero())
        };
        for range in [None, Some(TimeRange { start: from, end: to })] {
            let view = view(trace, filter, range);
            let inside = |e: &Made| range.is_none_or(|r| (r.start..r.end).contains(&e.time));
            let expected: Vec<u32> = (0..)
                .zip(&events)
                .filter(|(_, e)| passes(e) && inside(e))
                .map(|(i, _)| i)
                .collect();
            assert!(view.events_from(0).eq(expected.iter().copied()), "{filter}");
            assert_eq!(view.shown(), expected.len() as u64, "{filter}");
            let marked = events.iter().filter(|e| passes(e) && e.marked()).count();
            assert_eq!(view.marked(), marked as u64, "{filter}: the range is not applied");
            for from in [None, Some(0), Some(500), Some(999)] {
                for (what, wanted) in [
                    (Step::Marked, Made::marked as Test),
                    (Step::Error, |e: &Made| matches!(e.level, 1 | 2)),
                    (Step::Any, |_: &Made| true),
                ] {
                    let stand = |e: &u32| expected.iter().position(|x| x == e).expect("shown");
                    let wanted = |e: &&u32| wanted(&events[**e as usize]);
                    let next =
                        expected.iter().filter(wanted).find(|e| from.is_none_or(|f| **e > f));
                    let step = trace.step(&view, from, true, what);
                    assert_eq!(step, next.map(|e| (*e, stand(e) as u64)), "{filter}");
                    let mut back = expected.iter().rev().filter(wanted);
                    let back = back.find(|e| from.is_none_or(|f| **e < f));
                    let step = trace.step(&view, from, false, what);
                    assert_eq!(step, back.map(|e| (*e, stand(e) as u64)), "{filter}");
                }
            }
            for event in [0, 321, 999] {
                let before = expected.iter().filter(|&&e| e < event).count() as u64;
                let found = trace.locate(&view, event);
                assert_eq!(found, (before, expected.contains(&event)), "{filter}");
            }
            let after = expected.iter().find(|e| events[**e as usize].time >= to);
            assert_eq!(trace.seek(&view, to).map(|found| found.0), after.copied(), "{filter}");
        }
    }
}

/// What a lane stands for, counted by hand.
fn lane_of(event: &Made, group: LaneGroup) -> String {
    let id = |id: u32| if id == UNKNOWN_ID { "-1".to_owned() } else { id.to_string() };
    match group {
        LaneGroup::Provider => event.provider.to_string(),
        LaneGroup::Process => id(event.pid),
        LaneGroup::Thread => format!("{} / {}", id(event.pid), id(event.tid)),
        LaneGroup::Level => event.level.to_string(),
        LaneGroup::Event => format!("{} {}", event.provider, event.id),
        LaneGroup::Activity => event.activity.to_string(),
        LaneGroup::Cpu => event.cpu.to_string(),
        LaneGroup::Keyword
        | LaneGroup::Channel
        | LaneGroup::Opcode
        | LaneGroup::Task
        | LaneGroup::Span => {
            unreachable!("not among GROUPS")
        }
    }
}

const GROUPS: [LaneGroup; 7] = [
    LaneGroup::Provider,
    LaneGroup::Process,
    LaneGroup::Thread,
    LaneGroup::Level,
    LaneGroup::Event,
    LaneGroup::Activity,
    LaneGroup::Cpu,
];

/// A request for all lanes.
fn wants(range: TimeRange, pixels: u32, group: LaneGroup, layout: LaneLayout) -> LanesRequest {
    let rows = LaneRows::Some { first: 0, count: 100 };
    LanesRequest { range, pixels, group, layout, rows }
}

/// The counts of each lane, as a set: lanes are compared by what they count.
fn counted(lanes: &Lanes) -> Vec<Vec<u32>> {
    let size = 4 * lanes.pixels as usize;
    lanes.counts.chunks(size).map(<[u32]>::to_vec).collect()
}

#[test]
fn lanes_count_every_event_once_in_its_column() {
    let (events, mut loader) = made(2_000, 3, 0);
    let trace = loader.settled();
    let (first, last) = (events[0].time, events[1_999].time);
    let ranges = [
        TimeRange { start: first, end: last + 1 },
        TimeRange { start: first - 500, end: last + 77 },
        TimeRange { start: events[300].time, end: events[1_000].time },
        TimeRange { start: events[300].time, end: events[300].time + 3 },
        TimeRange { start: last + 10, end: last + 20 },
    ];
    for filter in ["", "pid:100 or level:error"] {
        let passes = |e: &Made| filter.is_empty() || e.pid == 100 || e.level == 2;
        let view = view(trace, filter, None);
        for group in GROUPS {
            for range in ranges {
                for pixels in [1_u32, 7, 100, 1_999] {
                    let request = wants(range, pixels, group, LaneLayout::default());
                    let lanes = trace.lanes(&view, &request);
                    assert_eq!(lanes.counts.len(), lanes.lanes.len() * 4 * pixels as usize);
                    let size = 4 * pixels as usize;
                    let mut expected: BTreeMap<String, (u64, u64, Vec<u32>)> = BTreeMap::new();
                    for event in events.iter().filter(|e| passes(e)) {
                        let lane = expected
                            .entry(lane_of(event, group))
                            .or_insert_with(|| (0, 0, vec![0; size]));
                        lane.0 += 1;
                        lane.1 += u64::from(event.marked());
                        if (range.start..range.end).contains(&event.time) {
                            let x = i128::from(event.time - range.start) * i128::from(pixels)
                                / i128::from(range.duration());
                            lane.2[event.class() * pixels as usize + x as usize] += 1;
                        }
                    }
                    let mut by_lane: Vec<_> = lanes
                        .lanes
                        .iter()
                        .zip(counted(&lanes))
                        .map(|(lane, counts)| (lane.events, lane.marked, counts))
                        .collect();
                    let mut expected: Vec<_> = expected.into_values().collect();
                    by_lane.sort();
                    expected.sort();
                    assert_eq!(by_lane, expected, "{group:?} {filter} {range:?} {pixels}");
                }
            }
        }
    }
}

#[test]
fn lanes_go_by_severity_unless_they_are_arranged() {
    let (events, mut loader) = made(2_000, 4, 0);
    let trace = loader.settled();
    let range = TimeRange { start: events[0].time, end: events[1_999].time + 1 };
    let by_key = [LaneGroup::Keyword, LaneGroup::Opcode, LaneGroup::Task, LaneGroup::Channel];
    for group in GROUPS.into_iter().chain(by_key) {
        let ask = |layout| trace.lanes(&trace.all(), &wants(range, 50, group, layout));
        let all = ask(LaneLayout::default());
        let worst = |lane: usize| {
            let classes = counted(&all)[lane].clone();
            classes.iter().position(|&count| count > 0).map(|at| at / 50)
        };
        for lane in 1..all.lanes.len() {
            let order = |lane: usize| (worst(lane), std::cmp::Reverse(all.lanes[lane].events));
            assert!(order(lane - 1) <= order(lane), "{group:?}");
        }
        let sum: u32 = all.counts.iter().sum();
        assert_eq!(sum, 2_000, "{group:?}: nothing is lost");
        // A lane's term selects the lane, and no two lanes are known by one name.
        for lane in &all.lanes {
            if !lane.filter.is_empty() {
                assert_eq!(view(trace, &lane.filter, None).shown(), lane.events, "{}", lane.filter);
            }
            assert_eq!(all.lanes.iter().filter(|other| other.key == lane.key).count(), 1);
        }
        // Any lane can be put first, kept on top, or hidden, and no other changes its counts.
        let keys: Vec<String> = all.lanes.iter().map(|lane| lane.key.clone()).collect();
        let last = keys[keys.len() - 1].clone();
        let first = keys[0].clone();
        let pinned = ask(LaneLayout { pinned: vec![last.clone()], ..LaneLayout::default() });
        assert_eq!((&pinned.lanes[0].key, pinned.lanes[0].pinned), (&last, true));
        assert_eq!(counted(&pinned)[0], counted(&all)[keys.len() - 1]);
        let ordered = ask(LaneLayout { order: vec![last.clone()], ..LaneLayout::default() });
        assert_eq!((&ordered.lanes[0].key, ordered.lanes[0].pinned), (&last, false));
        let less = ask(LaneLayout { hidden: vec![first.clone()], ..LaneLayout::default() });
        let lane = less.lanes.last().expect("it is told of");
        assert_eq!((&lane.key, lane.hidden, lane.events), (&first, true, all.lanes[0].events));
        assert_eq!(counted(&less), counted(&all)[1..]);
        // One row: all that is shown, or all that there is.
        let row = |rows, layout: &LaneLayout| {
            let request = LanesRequest { rows, ..wants(range, 50, group, layout.clone()) };
            trace.lanes(&trace.all(), &request).counts.iter().sum::<u32>()
        };
        let hide = LaneLayout { hidden: vec![first], ..LaneLayout::default() };
        assert_eq!(row(LaneRows::Whole, &hide), 2_000, "{group:?}");
        assert_eq!(u64::from(row(LaneRows::Merged, &hide)), 2_000 - all.lanes[0].events);
    }
}

#[test]
fn lanes_beyond_the_most_are_merged_but_for_those_named() {
    const MOST: usize = crate::limits::MAX_LANES as usize;
    let activities = 200;
    let mut loader = Loader::new("made", 0);
    for (place, event) in (0..).zip(arrivals(2_000, 6)) {
        let activity = Guid([(place % activities) as u8 + 1; 16]);
        Made { time: i64::from(place), place, activity, ..event }.give(&mut loader);
    }
    let trace = loader.settled();
    let range = TimeRange { start: 0, end: 2_000 };
    let ask = |layout| trace.lanes(&trace.all(), &wants(range, 40, LaneGroup::Activity, layout));
    let all = ask(LaneLayout::default());
    assert_eq!(all.lanes.len(), MOST);
    let rest = all.lanes.last().expect("a rest");
    assert_eq!((rest.others as usize, rest.key.as_str()), (200 - (MOST - 1), ""));
    assert_eq!(all.counts.iter().sum::<u32>(), 2_000);
    // One of the rest becomes a lane when it is named.
    let known: Vec<&str> = all.lanes.iter().map(|lane| lane.key.as_str()).collect();
    let far = (1..=200_u8)
        .map(|n| format!("activity:{:#}", Guid([n; 16])))
        .find(|key| !known.contains(&key.as_str()))
        .expect("one of the rest");
    let pinned = ask(LaneLayout { pinned: vec![far.clone()], ..LaneLayout::default() });
    assert_eq!((&pinned.lanes[0].key, pinned.lanes[0].events), (&far, 10));
    assert_eq!(pinned.lanes.len(), MOST);
    assert_eq!(pinned.counts.iter().sum::<u32>(), 2_000);
    // A window of the lanes holds the pinned one and those asked for.
    let rows = LaneRows::Some { first: 5, count: 3 };
    let layout = LaneLayout { pinned: vec![far], ..LaneLayout::default() };
    let request = LanesRequest { rows, ..wants(range, 40, LaneGroup::Activity, layout) };
    let some = trace.lanes(&trace.all(), &request);
    assert_eq!(some.rows, [0, 6, 7, 8]);
    let pick = |row: usize| counted(&pinned)[row].clone();
    assert_eq!(counted(&some), [pick(0), pick(6), pick(7), pick(8)]);
}

#[test]
fn facets_count_what_their_terms_select() {
    let (events, mut loader) = made(1_500, 5, 0);
    let trace = loader.settled();
    let range = TimeRange { start: events[100].time, end: events[1_200].time };
    let shown = |e: &Made| e.level == 2 && (range.start..range.end).contains(&e.time);
    let base = view(trace, "level:error", Some(range));
    for field in ["provider", "event", "level", "pid", "tid", "cpu", "activity", "task"] {
        let values: Vec<FacetValue> = trace.facet(&base, field, 100);
        assert!(!values.is_empty(), "{field}");
        assert!(values.windows(2).all(|pair| pair[0].events >= pair[1].events), "{field}");
        for value in values.iter().filter(|value| !value.filter.is_empty()) {
            let filter = format!("level:error and ({})", value.filter);
            assert_eq!(view(trace, &filter, Some(range)).shown(), value.events, "{filter}");
        }
        let total: u64 = values.iter().map(|value| value.events).sum();
        let expected =
            events.iter().filter(|e| shown(e) && (field != "activity" || e.activity != Guid::ZERO));
        assert_eq!(total, expected.count() as u64, "{field}");
    }
    assert_eq!(trace.facet(&base, "provider", 0), []);
    assert_eq!(trace.facet(&base, "weather", 10), []);
}

/// Runs a sort to its end.
fn sorted(trace: &Trace, view: &View, field: &str, descending: bool) -> Vec<u32> {
    let field = crate::query::Field::named(field);
    let mut sorting = Sorting::new(trace, view.clone(), field, descending);
    let source: &dyn ReadAt = &Vec::new();
    let order = loop {
        if let Some(order) = sorting.step(trace, source, 1).expect("no source is needed") {
            break order;
        }
    };
    let events: Vec<u32> = (0..view.shown()).map_while(|at| order.event_at(at)).collect();
    assert_eq!(order.event_at(view.shown()), None);
    for (position, &event) in (0..).zip(&events) {
        assert_eq!(order.position(event), position);
    }
    events
}

#[test]
fn sorting_orders_by_value_and_keeps_time_order_within_one() {
    let (events, mut loader) = made(900, 9, 0);
    let trace = loader.settled();
    let all = view(trace, "", None);
    let some = view(trace, "level:error", None);
    let made_of = |event: u32| &events[event as usize];
    // What is unknown comes last, whichever way is sorted.
    type By = fn(&Made) -> (bool, i64);
    let by: [(&str, By); 5] = [
        ("id", |e| (false, e.id.into())),
        ("level", |e| (false, e.level.into())),
        ("pid", |e| (e.pid == UNKNOWN_ID, e.pid.into())),
        ("tid", |e| (e.tid == UNKNOWN_ID, e.tid.into())),
        ("time", |e| (false, e.time)),
    ];
    for base in [&all, &some] {
        for (field, value) in by {
            for descending in [false, true] {
                let mut expected: Vec<u32> = base.events_from(0).collect();
                let sign = if descending { -1 } else { 1 };
                if field == "time" && descending {
                    expected.reverse();
                } else {
                    expected.sort_by_key(|&event| {
                        let (unknown, value) = value(made_of(event));
                        (unknown, sign * value)
                    });
                }
                assert_eq!(sorted(trace, base, field, descending), expected, "{field}");
            }
        }
        for field in ["provider", "name", "activity", "cpu"] {
            let mut events = sorted(trace, base, field, true);
            events.sort_unstable();
            assert!(base.events_from(0).eq(events), "{field}: each event once");
        }
    }
}

#[test]
fn groups_hold_every_event_once() {
    let (events, mut loader) = made(900, 9, 0);
    let trace = loader.settled();
    let base = view(trace, "level<=warning", None);
    for column in ["provider", "event", "level", "pid", "cpu", "activity", "id", "name", "marked"] {
        let mut grouping = Grouping::new(trace, base.clone(), column).expect("can be grouped");
        let source: &dyn ReadAt = &Vec::new();
        let groups = loop {
            let answer = grouping.step(trace, source, 1).expect("no source is needed");
            if let Some(groups) = answer {
                break groups;
            }
        };
        assert_eq!(groups.total, groups.groups.len() as u64);
        let sum = |of: fn(&crate::view::Group) -> u64| groups.groups.iter().map(of).sum::<u64>();
        assert_eq!(sum(|g| g.events), base.shown(), "{column}");
        let of = |holds: &dyn Fn(&&Made) -> bool| {
            let shown = events.iter().filter(|e| (1..=3).contains(&e.level));
            shown.filter(holds).count() as u64
        };
        assert_eq!(sum(|g| g.errors), of(&|e| matches!(e.level, 1 | 2)), "{column}");
        assert_eq!(sum(|g| g.marked), of(&|e| e.marked()), "{column}");
        for group in &groups.groups {
            let filter = format!("level<=warning and ({})", group.filter);
            if !group.filter.is_empty() {
                let these = view(trace, &filter, None);
                assert_eq!(these.shown(), group.events, "{filter}");
                let times: Vec<i64> = these.events_from(0).map(|e| trace.time(e)).collect();
                assert_eq!((times[0], times[times.len() - 1]), (group.first, group.last));
            }
        }
    }
    assert!(Grouping::new(trace, base, "time").is_err());
}

#[test]
fn a_provider_that_speaks_the_catalog_is_offered_and_marked() {
    let mut loader = Loader::new("made", 0);
    let stranger = Guid([9; 16]);
    let known = catalog::event(4031, 0, catalog::TASK_ACTIVATION_DISPATCH_SESSION).expect("listed");
    for place in 0..5 {
        let record = Record {
            ticks: i64::from(place),
            pid: 1,
            tid: 2,
            provider: stranger,
            id: 4031,
            version: known.version,
            channel: known.channel,
            level: known.level,
            opcode: known.opcode,
            task: known.task,
            keywords: known.keywords,
            ..Record::undecoded(HeaderKind::Event64, &[], 0, 0)
        };
        loader.record(&record, Locator(place));
    }
    let trace = loader.settled();
    assert_eq!((trace.info().marked, trace.all().marked()), (0, 0));
    assert_eq!(trace.info().catalog_candidates, [stranger]);
    assert_eq!(trace.info().lost.undecoded, 5);
    trace.set_catalog_alias(stranger, true);
    assert_eq!((trace.info().marked, trace.all().marked()), (5, 5));
    assert_eq!(trace.info().lost.undecoded, 0);
    assert_eq!(trace.key(0).expect("a key").names.event, known.symbol);
    trace.set_catalog_alias(stranger, false);
    assert_eq!((trace.info().marked, trace.all().marked()), (0, 0));
}

#[test]
fn an_event_costs_less_than_24_bytes() {
    let (_, mut loader) = made(20_000, 6, 1_000);
    let trace = loader.settled();
    assert_eq!(trace.len(), 20_000);
    let bytes = trace.columns_bytes();
    assert!(bytes < 24 * 20_000, "{bytes} bytes with all spare room");
}

/// An event of a thread and an activity, with an opcode.
fn event_at(loader: &mut Loader, place: u32, task: u16, opcode: u8, tid: u32, activity: u8) {
    let record = Record {
        ticks: i64::from(place) * 10,
        pid: 7,
        tid,
        provider: OTHER,
        id: 1,
        level: 4,
        opcode,
        task,
        activity: Guid([activity; 16]),
        ..Record::undecoded(HeaderKind::Event64, &[], 0, 0)
    };
    loader.record(&record, Locator(place));
}

#[test]
fn of_too_many_groups_the_most_frequent_are_shown() {
    let mut loader = Loader::new("made", 0);
    // Threads of one event each, then of two, then of three, so that later ones come first.
    let threads: Vec<(u32, usize)> =
        (0..3_000).map(|tid| (tid, 1 + tid as usize / 1_100)).collect();
    let tids = threads.iter().flat_map(|&(tid, events)| std::iter::repeat_n(tid, events));
    for (place, tid) in (0..).zip(tids) {
        event_at(&mut loader, place, 1, 0, tid, 0);
    }
    let trace = loader.settled();
    let mut grouping = Grouping::new(trace, trace.all(), "tid").expect("can be grouped");
    let source: &dyn ReadAt = &Vec::new();
    let groups = loop {
        if let Some(groups) = grouping.step(trace, source, 1).expect("no source is needed") {
            break groups;
        }
    };
    let mut expected: Vec<(std::cmp::Reverse<usize>, String)> =
        threads.iter().map(|(tid, events)| (std::cmp::Reverse(*events), tid.to_string())).collect();
    expected.sort();
    expected.truncate(crate::limits::MAX_GROUPS);
    let shown: Vec<_> = groups.groups.iter().map(|g| (g.events, g.label.clone())).collect();
    let expected: Vec<_> = expected.into_iter().map(|(n, label)| (n.0 as u64, label)).collect();
    assert_eq!((shown, groups.total), (expected, 3_000));
}

#[test]
fn starts_and_stops_are_paired_within_their_activity_or_thread() {
    const START: u8 = 1;
    const STOP: u8 = 2;
    let mut loader = Loader::new("made", 0);
    let events = [
        // task, opcode, thread, activity
        (3, START, 1, 0),
        (3, START, 1, 5), // An activity of its own, on the same thread.
        (3, START, 1, 0), // Nested in the first.
        (4, START, 1, 0), // Another task.
        (3, STOP, 2, 0),  // Another thread: no start.
        (3, STOP, 1, 0),
        (3, STOP, 9, 5), // The activity ends on another thread.
        (3, STOP, 1, 0),
        (0, 0, 1, 0),
    ];
    for (place, (task, opcode, tid, activity)) in (0..).zip(events) {
        event_at(&mut loader, place, task, opcode, tid, activity);
    }
    let trace = loader.settled();
    let range = TimeRange { start: 0, end: 100 };
    let request = SpansRequest { range, pixels: 100, longest: 10 };
    let spans = trace.spans(&trace.all(), &request);
    assert_eq!((spans.unstarted, spans.full), (1, false));
    let [task3, task4] = spans.rows.as_slice() else { panic!("{:?}", spans.rows) };
    assert_eq!((task3.spans, task3.open), (3, 0));
    assert_eq!((task4.spans, task4.open), (1, 1));
    let pairs: Vec<_> = task3.bars.iter().map(|bar| (bar.first, bar.last, bar.depth)).collect();
    assert_eq!(pairs, [(0, Some(7), 0), (1, Some(6), 1), (2, Some(5), 2)]);
    assert_eq!(task3.depths, 3);
    // What did not end lasts to the end of the trace and is not among the longest.
    assert_eq!((task4.bars[0].last, task4.bars[0].end), (None, 80));
    let longest: Vec<_> =
        spans.longest.iter().map(|bar| (bar.first, bar.end - bar.start)).collect();
    assert_eq!(longest, [(0, 70), (1, 50), (2, 30)]);
    // The lanes of spans are known by the same keys, and count starts.
    let request = wants(range, 10, LaneGroup::Span, LaneLayout::default());
    let lanes = trace.lanes(&trace.all(), &request);
    let counted: Vec<_> = lanes.lanes.iter().map(|lane| (&lane.key, lane.events)).collect();
    assert_eq!(counted, [(&task3.key, 3), (&task4.key, 1)]);
    // A range they only reach into, a filter that hides one, and pixels too coarse for any.
    let inside = SpansRequest { range: TimeRange { start: 55, end: 58 }, pixels: 3, longest: 0 };
    let found = trace.spans(&trace.all(), &inside);
    assert_eq!(found.rows[0].bars.iter().map(|bar| bar.first).collect::<Vec<_>>(), [0, 1]);
    let one = view(trace, "activity:{05050505-0505-0505-0505-050505050505}", None);
    assert_eq!(trace.spans(&one, &inside).rows[0].bars.len(), 1);
    let coarse = SpansRequest { range, pixels: 1, longest: 2 };
    let found = trace.spans(&trace.all(), &coarse);
    assert!(found.rows.iter().all(|row| row.bars.is_empty()));
    assert_eq!(found.longest.len(), 2);
}

#[test]
fn spans_of_any_range_are_those_of_a_plain_list() {
    let mut numbers = Numbers(77);
    let mut loader = Loader::new("made", 0);
    let mut open: Vec<Vec<u32>> = vec![Vec::new(); 4];
    let mut expected: Vec<(u32, u32)> = Vec::new();
    for place in 0..4_000_u32 {
        let thread = numbers.below(4) as usize;
        let stops = numbers.below(2) == 0 && !open[thread].is_empty();
        event_at(&mut loader, place, 9, 1 + u8::from(stops), thread as u32, 0);
        match stops {
            true => expected.push((open[thread].pop().expect("one is open"), place)),
            false => open[thread].push(place),
        }
    }
    let last = 3_999;
    expected.extend(open.into_iter().flatten().map(|first| (first, last)));
    expected.sort_unstable();
    let trace = loader.settled();
    for (from, to) in [(0, 40_000), (5_000, 5_010), (20_000, 20_500), (39_990, 50_000)] {
        let range = TimeRange { start: from, end: to };
        let request = SpansRequest { range, pixels: 50, longest: 7 };
        let found = trace.spans(&trace.all(), &request);
        let least = ((to - from) / 50 * 2).max(1);
        let touches =
            |&(first, end): &(u32, u32)| i64::from(first) * 10 < to && i64::from(end) * 10 >= from;
        let long = |&(first, end): &(u32, u32)| i64::from(end - first) * 10 >= least;
        let bars: Vec<u32> = expected
            .iter()
            .filter(|span| touches(span) && long(span))
            .map(|span| span.0)
            .take(crate::limits::MAX_SPAN_BARS)
            .collect();
        let drawn: Vec<u32> = found.rows[0].bars.iter().map(|bar| bar.first).collect();
        assert_eq!(drawn, bars, "{range:?}");
        let mut closed: Vec<u32> =
            found.longest.iter().map(|bar| (bar.end - bar.start) as u32).collect();
        closed.dedup();
        assert!(closed.windows(2).all(|pair| pair[0] > pair[1]), "longest first: {closed:?}");
    }
}

#[test]
fn a_range_is_measured_as_a_loop_would() {
    let (events, mut loader) = made(1_500, 8, 0);
    let trace = loader.settled();
    for (filter, passes) in [
        ("", (|_| true) as fn(&Made) -> bool),
        ("level:error", |e| e.level == 2),
        ("pid:999", |_| false),
    ] {
        for (from, to) in [(0, 1_500), (100, 101), (300, 1_200), (700, 700)] {
            let end = events.get(to).map_or(i64::MAX, |event| event.time);
            let range = TimeRange { start: events[from].time, end };
            let inside = |e: &&Made| passes(e) && (range.start..range.end).contains(&e.time);
            let list: Vec<&Made> = events.iter().filter(inside).collect();
            for rows in [1, 64, 10_000] {
                // The range of the filter does not matter.
                let view = view(trace, filter, Some(TimeRange { start: 0, end: 1 }));
                let mut scan = trace.measure(&view, range);
                while !scan.step(trace, rows) {}
                let stats = scan.stats(trace, 3);
                assert_eq!(stats.events, list.len() as u64);
                let marked = list.iter().filter(|e| e.marked()).count() as u64;
                let errors = list.iter().filter(|e| e.class() == 1).count() as u64;
                assert_eq!((stats.marked, stats.errors), (marked, errors));
                assert_eq!(stats.first.map(|(_, time)| time), list.first().map(|e| e.time));
                assert_eq!(stats.last.map(|(_, time)| time), list.last().map(|e| e.time));
                let gap = list.windows(2).map(|pair| pair[1].time - pair[0].time).max();
                assert_eq!(stats.gap.map_or(0, |gap| gap.end - gap.start), gap.unwrap_or(0));
                let levels: u64 = stats.levels.iter().map(|level| level.events).sum();
                assert_eq!(levels, stats.events);
                assert!(stats.top.len() <= 3 && stats.top.len() as u64 <= stats.kinds);
                assert!(stats.top.windows(2).all(|pair| pair[0].events >= pair[1].events));
            }
        }
    }
}

#[test]
fn the_tree_of_an_activity_begins_with_the_one_seen_first() {
    let mut loader = Loader::new("made", 0);
    for (place, activity) in (0..).zip([1, 2, 2, 3, 9, 0]) {
        event_at(&mut loader, place, 1, 0, 1, activity);
    }
    let trace = loader.settled();
    let id = |n: u8| Guid([n; 16]);
    // 2 names 1, 3 names 2, 3 names 4, which no event has.
    for (activity, related) in [(2, 1), (3, 2), (3, 4), (2, 1)] {
        trace.transfers.add(id(activity), id(related));
    }
    let tree = trace.activity_tree_of(3).expect("it has an activity");
    let nodes: Vec<_> =
        tree.nodes.iter().map(|n| (n.activity.0[0], n.depth, n.events, n.first)).collect();
    assert_eq!(
        nodes,
        [(1, 0, 1, Some(0)), (2, 1, 2, Some(1)), (3, 2, 1, Some(3)), (4, 3, 0, None)]
    );
    assert_eq!((tree.own, tree.activities, tree.events), (id(3), 4, 4));
    assert_eq!(view(trace, &tree.filter, None).shown(), 4);
    assert_eq!(view(trace, &tree.nodes[1].filter, None).shown(), 2);
    // An activity of its own, and an event without one.
    assert_eq!(trace.activity_tree_of(4).map(|tree| tree.nodes.len()), Some(1));
    assert_eq!(trace.activity_tree_of(5), None);
}
