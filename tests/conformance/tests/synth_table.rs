//! The table over the built sample: further columns, order and groups by what payloads hold.

use etlens_conformance::collect::{filtered, load};
use etlens_parser::query::{Completions, Field};
use etlens_parser::source::ReadAt;
use etlens_parser::store::{Grouping, Sorting, Trace, View};
use etlens_parser::view::{EventIndex, Group};
use etlens_synth::sample;

/// Bytes of one step: so few that many are needed.
const STEP_BYTES: u64 = 1 << 10;

fn sorted(trace: &Trace, view: &View, file: &dyn ReadAt, field: &str) -> Vec<EventIndex> {
    let mut sorting = Sorting::new(trace, view.clone(), Field::named(field), false);
    loop {
        let step = sorting.step(trace, file, STEP_BYTES).expect("the file can be read");
        if let Some(order) = step {
            return (0..view.shown()).map_while(|position| order.event_at(position)).collect();
        }
    }
}

fn grouped(trace: &Trace, view: &View, file: &dyn ReadAt, column: &str) -> Vec<Group> {
    let mut grouping = Grouping::new(trace, view.clone(), column).expect("can be grouped");
    loop {
        let step = grouping.step(trace, file, STEP_BYTES).expect("the file can be read");
        if let Some(groups) = step {
            return groups.groups;
        }
    }
}

fn cells(trace: &Trace, events: &[EventIndex], file: &dyn ReadAt, field: &str) -> Vec<String> {
    let fields = [Field::named(field)];
    let rows = trace.rows_of(events.iter().copied(), 0, &fields, file, "en-us");
    rows.into_iter().map(|row| row.more.concat()).collect()
}

#[test]
fn a_payload_column_shows_the_field_of_each_event_that_has_it() {
    let file = sample::build();
    let trace = load("sample.etl", &file);
    let view = filtered(&trace, &file, "id:4010 or id:4031");
    let events: Vec<EventIndex> = view.events_from(0).collect();
    for (&event, uri) in events.iter().zip(cells(&trace, &events, &file, "EventData.Uri")) {
        let has_uri = trace.key(event).is_some_and(|key| key.event.id == 4010);
        assert_eq!(uri.starts_with("net."), has_uri, "{uri}");
    }
}

#[test]
fn rows_are_ordered_by_what_their_payloads_hold() {
    let file = sample::build();
    let trace = load("sample.etl", &file);
    let view = filtered(&trace, &file, "id:(4001,4010,4031)");
    for field in ["EventData.Uri", "EventData.count", "EventData.Via", "message", "name", "Process"]
    {
        let events = sorted(&trace, &view, &file, field);
        let mut each = events.clone();
        each.sort_unstable();
        assert!(view.events_from(0).eq(each), "{field}: every event once");
        let shown = cells(&trace, &events, &file, field);
        let there = shown.iter().position(String::is_empty).unwrap_or(shown.len());
        assert!(shown[there..].iter().all(String::is_empty), "{field}: what is missing is last");
        let values: Vec<(Option<i64>, String)> =
            shown[..there].iter().map(|text| (text.parse().ok(), text.to_lowercase())).collect();
        // Numbers come first, by size; texts in any case.
        let key = |(number, text): &(Option<i64>, String)| match number {
            Some(number) => (0, *number, String::new()),
            None => (1, 0, text.clone()),
        };
        assert!(values.is_sorted_by_key(key), "{field}");
        let ties = events.windows(2).zip(shown.windows(2));
        assert!(ties.filter(|(_, s)| s[0] == s[1]).all(|(e, _)| e[0] < e[1]), "{field}: by time");
    }
}

#[test]
fn groups_of_a_payload_field_select_what_they_count() {
    let file = sample::build();
    let trace = load("sample.etl", &file);
    let base = "id:(4001,4010,4031)";
    let view = filtered(&trace, &file, base);
    for column in ["EventData.Uri", "EventData.count", "message", "Keywords", "Process"] {
        let groups = grouped(&trace, &view, &file, column);
        if column != "Keywords" {
            let events: u64 = groups.iter().map(|group| group.events).sum();
            assert_eq!(events, view.shown(), "{column}");
        }
        for group in groups.iter().filter(|group| !group.filter.is_empty()).take(12) {
            let these = filtered(&trace, &file, &format!("{base} and ({})", group.filter));
            assert_eq!(these.shown(), group.events, "{}", group.filter);
            assert_eq!(these.marked(), group.marked, "{}", group.filter);
        }
    }
}

#[test]
fn samples_tell_the_fields_of_payloads_and_their_values() {
    let file = sample::build();
    let trace = load("sample.etl", &file);
    assert!(trace.sample(&file, usize::MAX), "all samples are read");
    let fields = trace.payload_fields();
    for name in ["Uri", "count", "AppDomain"] {
        assert!(fields.iter().any(|field| field == name), "{name}");
    }
    assert_eq!(trace.values(&Field::named("COUNT"))[0], "100");
}

#[test]
fn an_activity_tree_is_the_same_from_each_of_its_activities() {
    let file = sample::build();
    let trace = load("sample.etl", &file);
    let transfers = filtered(&trace, &file, "related:* activity:*");
    let Some(event) = transfers.event_at(0) else { return };
    let details = trace.details(event, &file, "en-us").expect("can be read");
    let id = |name: &str| {
        let property = details.properties.iter().find(|property| property.name == name);
        property.expect("there").text.clone()
    };
    let tree = |id: String| filtered(&trace, &file, &format!("activity-tree:{id}")).shown();
    let of_activity = tree(id("ActivityID"));
    assert_eq!(tree(id("RelatedActivityID")), of_activity);
    let alone = filtered(&trace, &file, &format!("activity:{}", id("ActivityID"))).shown();
    assert!(of_activity >= alone && alone > 0);
}
