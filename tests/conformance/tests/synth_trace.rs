//! The store over built traces: what the page shows is what was put in.

use std::collections::BTreeMap;
use std::ops::Range;

use etlens_conformance::collect::{filtered, load};
use etlens_parser::query::Field;
use etlens_parser::source::ReadAt;
use etlens_parser::store::Step;
use etlens_parser::value::SchemaSource;
use etlens_parser::view::{
    Details, DispatchVerdict, LaneGroup, LaneLayout, LaneRows, LanesRequest, MessageSource,
};
use etlens_parser::{Error, ErrorKind, Guid, Result};
use etlens_synth::activation::{PROVIDER, SMSVCHOST};
use etlens_synth::sample::{self, Truth};
use etlens_synth::variants;

fn property(details: &Details, name: &str) -> String {
    let found = details.properties.iter().find(|property| property.name == name);
    found.unwrap_or_else(|| panic!("no {name}")).text.clone()
}

fn count(truth: &Truth, provider: [u8; 16], ids: &[u16]) -> u64 {
    ids.iter().map(|id| truth.by_event.get(&(provider, *id)).copied().unwrap_or(0)).sum()
}

#[test]
fn the_sample_has_all_its_events_in_time_order() {
    let (file, truth) = (sample::build(), sample::truth());
    let trace = load("sample.etl", &file);
    let info = trace.info();
    assert_eq!((info.format.as_str(), info.file_bytes), ("etl", file.len() as u64));
    assert_eq!((info.events, info.marked), (truth.records, truth.marked));
    let range = info.range.expect("events");
    assert_eq!((range.start, range.end), (truth.start, truth.end + 1));
    assert_eq!(info.session, "net.tcp dispatch");
    assert_eq!((info.processors, info.pointer_bytes), (Some(4), Some(8)));
    assert_eq!(info.bias_minutes, Some(-540));
    assert_eq!(info.lost.issue_count, 0);
    let times: Vec<i64> = (0..trace.len()).map(|event| trace.time(event)).collect();
    assert!(times.is_sorted());
    // Every 4031 at its exact time.
    let mut found = Vec::new();
    let mut from = None;
    while let Some((event, _)) = trace.step(&trace.all(), from, true, Step::Marked) {
        found.push(trace.time(event));
        from = Some(event);
    }
    assert_eq!(found, truth.marked_times);
}

#[test]
fn filters_select_what_was_put_in() {
    let (file, truth) = (sample::build(), sample::truth());
    let trace = load("sample.etl", &file);
    let level = |n: u8| truth.by_level.get(&n).copied().unwrap_or(0);
    let provider = |guid: [u8; 16]| -> u64 {
        truth.by_event.iter().filter(|((g, _), _)| *g == guid).map(|(_, n)| n).sum()
    };
    let cases = [
        ("", truth.records),
        ("id:4031", truth.marked),
        ("id:4016 or id:4031", count(&truth, SMSVCHOST, &[4016, 4031])),
        ("level<=error", level(1) + level(2)),
        ("level<=error and not id:4031", level(1) + level(2) - truth.marked),
        ("provider:f18839f5-27ff-4e66-bd2d-639b768cf18b", provider(SMSVCHOST)),
        ("provider:{c651f5f6-1c0d-492e-8ae1-b4efd7c9d503}", provider(PROVIDER)),
        ("pid:2540", truth.by_pid[&2540]),
        ("not pid:2540", truth.records - truth.by_pid[&2540]),
        ("ConnectionDispatchFailed", truth.marked),
        ("EndpointNotFound", truth.verdicts["endpoint-not-found"]),
        ("id:4010 and count:100", truth.verdicts["queue-full"]),
        ("id:65533", 0),
    ];
    for (text, expected) in cases {
        assert_eq!(filtered(&trace, &file, text).shown(), expected, "{text}");
    }
}

#[test]
fn a_failed_dispatch_is_told_in_each_language_with_its_properties() {
    let file = sample::build();
    let trace = load("sample.etl", &file);
    let (event, _) = trace.step(&trace.all(), None, true, Step::Marked).expect("a 4031");
    for (locale, text) in [
        ("ko-kr", "세션을 디스패치하지 못했습니다."),
        ("en-us", "Session dispatch failed."),
        ("de-de", "Fehler bei der Sitzungsverteilung."),
    ] {
        let details = trace.details(event, &file, locale).expect("details");
        assert_eq!(details.message.text, text);
        assert_eq!(details.message.source, MessageSource::Catalog);
        assert_eq!(details.message.locale, locale);
    }
    let details = trace.details(event, &file, "en-us").expect("details");
    assert_eq!(details.schema, SchemaSource::Catalog);
    assert!(details.row.marked);
    assert_eq!(property(&details, "EventID"), "4031");
    assert_eq!(property(&details, "EventData.AppDomain"), "SMSvcHost.exe");
    assert!(property(&details, "ProviderGuid").to_lowercase().contains("f18839f5-27ff-4e66"));
    for name in ["Level", "Task", "Opcode", "Keywords", "Channel", "Version", "ActivityID"] {
        assert_ne!(property(&details, name), "", "{name}");
    }
    let dispatch = details.dispatch.expect("a dispatch session");
    assert_eq!(dispatch.verdict, DispatchVerdict::SocketDuplicationFailed);
    assert_eq!(dispatch.via, "net.tcp://orders.contoso.example:808/Reports/ReportService.svc");
    assert!(dispatch.exception.contains("SocketException"), "{}", dispatch.exception);
    let ids: Vec<u32> = dispatch.events.iter().map(|step| step.id).collect();
    for id in [4001, 4008, 4016, 57410, 4031, 3346] {
        assert!(ids.contains(&id), "{id} in {ids:?}");
    }
}

#[test]
fn every_event_of_the_sample_is_decoded() {
    let file = sample::build();
    let trace = load("sample.etl", &file);
    let mut undecoded = BTreeMap::new();
    for event in 0..trace.len() {
        let details = trace.details(event, &file, "en-us").expect("details");
        if details.schema == SchemaSource::None || !details.problem.is_empty() {
            let row = details.row;
            let what = (row.provider, row.id, row.name, details.problem);
            *undecoded.entry(what).or_insert(0) += 1;
        }
    }
    assert_eq!(undecoded, BTreeMap::new());
}

fn verdicts(found: &[(DispatchVerdict, u64)]) -> BTreeMap<&'static str, u64> {
    found.iter().map(|(verdict, count)| (verdict.code(), *count)).collect()
}

#[test]
fn each_dispatch_session_has_the_verdict_it_was_given() {
    for file in [sample::build(), sample::build_compressed()] {
        let truth = sample::truth();
        let insights = load("sample.etl", &file).insights(&file);
        assert_eq!(insights.sessions, truth.sessions);
        assert_eq!(verdicts(&insights.verdicts), truth.verdicts);
        assert_eq!(insights.benign_unregister, truth.benign_unregister);
        assert!(!insights.recorded_below_verbose);
        let found: BTreeMap<Guid, (&str, &str)> = insights
            .failed
            .iter()
            .map(|session| (session.activity, (session.verdict.code(), session.via.as_str())))
            .collect();
        assert_eq!(found.len(), truth.failed.len());
        for failed in &truth.failed {
            let expected = (failed.verdict, failed.via.as_str());
            assert_eq!(found.get(&Guid(failed.activity)), Some(&expected));
        }
    }
}

#[test]
fn a_trace_without_verbose_events_says_so() {
    let (trace, truth) = sample::trace(4);
    let file = trace.build();
    let insights = load("level4.etl", &file).insights(&file);
    assert!(insights.recorded_below_verbose);
    let found = verdicts(&insights.verdicts);
    // 4016 is an error and was recorded; what else made a session fail was not.
    let full = sample::truth().verdicts;
    assert_eq!(found["socket-duplication-failed"], full["socket-duplication-failed"]);
    let explained = full["socket-duplication-failed"];
    assert_eq!(found["failed-unexplained"], truth.marked - explained);
}

#[test]
fn an_unknown_id_is_decoded_with_the_catalog_when_asked() {
    let file = variants::own_id().build();
    let own_id = Guid(variants::OWN_ID);
    let mut trace = load("own-id.etl", &file);
    assert_eq!(trace.info().catalog_candidates, [own_id]);
    assert_eq!(trace.info().marked, 0);
    trace.set_catalog_alias(own_id, true);
    assert_eq!(trace.info().marked, 4);
    let (event, _) = trace.step(&trace.all(), None, true, Step::Marked).expect("a 4031");
    let details = trace.details(event, &file, "ko-kr").expect("details");
    assert_eq!(details.message.text, "세션을 디스패치하지 못했습니다.");
    let found = verdicts(&trace.insights(&file).verdicts);
    assert_eq!(found, BTreeMap::from([("succeeded", 16), ("worker-not-told", 4)]));
    trace.set_catalog_alias(own_id, false);
    assert_eq!(trace.info().marked, 0);
}

#[test]
fn nothing_of_an_unknown_record_is_lost() {
    for pointer in [etlens_synth::Pointer::P32, etlens_synth::Pointer::P64] {
        let file = variants::kinds(pointer).build();
        let trace = load("kinds.etl", &file);
        assert_eq!(trace.len(), 8);
        for event in 1..8 {
            let details = trace.details(event, &file, "en-us").expect("details");
            assert_eq!(details.raw, [0xde, 0xad, 0xbe, 0xef, 1, 2, 3]);
            assert_eq!(details.schema, SchemaSource::None);
        }
        // The third is of an instance: its header says which, and of which parent.
        let details = trace.details(3, &file, "en-us").expect("details");
        let property = |name: &str| {
            let property = details.properties.iter().find(|property| property.name == name);
            property.map(|property| property.text.clone()).expect("of an instance")
        };
        assert_eq!(
            (property("InstanceId"), property("ParentInstanceId")),
            ("5".into(), "6".into())
        );
        assert_eq!(property("ParentGuid").len(), 38);
        assert_eq!(trace.info().lost.undecoded, 7);
    }
}

#[test]
fn damage_is_reported_and_the_rest_is_there() {
    for variant in variants::all() {
        let trace = load(variant.name, &variant.bytes);
        let info = trace.info();
        assert_eq!(
            (info.events, info.marked),
            (variant.records, variant.marked),
            "{}",
            variant.name
        );
        assert_eq!(info.lost.issue_count > 0, variant.damaged_at.is_some(), "{}", variant.name);
    }
}

#[test]
fn the_timeline_counts_every_event_once() {
    let (file, truth) = (sample::build(), sample::truth());
    let trace = load("sample.etl", &file);
    let range = trace.info().range.expect("events");
    for group in [LaneGroup::Provider, LaneGroup::Process, LaneGroup::Level, LaneGroup::Cpu] {
        let all = LaneRows::Some { first: 0, count: 50 };
        for (pixels, rows) in [(1, all), (997, all), (1_280, LaneRows::Whole)] {
            let layout = LaneLayout::default();
            let request = LanesRequest { range, pixels, group, layout, rows };
            let lanes = trace.lanes(&trace.all(), &request);
            let total: u64 = lanes.counts.iter().map(|count| u64::from(*count)).sum();
            assert_eq!(total, truth.records, "{group:?} {pixels} {rows:?}");
            let per_class: Vec<u64> = (0..4)
                .map(|class| {
                    (0..lanes.rows.len())
                        .flat_map(|lane| {
                            let start = (lane * 4 + class) * pixels as usize;
                            lanes.counts[start..start + pixels as usize].iter()
                        })
                        .map(|count| u64::from(*count))
                        .sum()
                })
                .collect();
            assert_eq!(per_class[0], truth.marked);
            let errors = truth.by_level[&1] + truth.by_level[&2] - truth.marked;
            assert_eq!(per_class[1], errors);
            assert_eq!(per_class[2], truth.by_level[&3]);
        }
    }
}

#[test]
fn rows_are_the_events_of_the_view() {
    let file = sample::build();
    let trace = load("sample.etl", &file);
    let view = filtered(&trace, &file, "id:4010");
    let rows = trace.rows(&view, 0, 100, &file, "en-us");
    assert_eq!(rows.len(), 7);
    for (position, row) in rows.iter().enumerate() {
        assert_eq!(row.position, position as u64);
        assert_eq!((row.id, row.level, row.pid), (4010, 3, Some(2540)));
        assert_eq!(row.name, "PendingSessionQueueFull");
        assert!(row.message.contains("net.tcp://orders.contoso.example:808/Orders"));
        assert!(row.message.contains("100"), "{}", row.message);
        assert_eq!(trace.locate(&view, row.event), (position as u64, true));
    }
    assert_eq!(trace.rows(&view, 7, 100, &file, "en-us"), []);
}

/// A file of which only some bytes can be read.
struct Fetched<'a> {
    file: &'a [u8],
    ranges: Vec<Range<u64>>,
}

impl ReadAt for Fetched<'_> {
    fn len_bytes(&self) -> u64 {
        self.file.len_bytes()
    }

    fn read_exact_at(&self, offset: u64, buffer: &mut [u8]) -> Result<()> {
        let end = offset + buffer.len() as u64;
        match self.ranges.iter().any(|range| range.start <= offset && end <= range.end) {
            true => self.file.read_exact_at(offset, buffer),
            false => Err(Error::at(ErrorKind::Read, offset, "was not fetched")),
        }
    }
}

#[test]
fn rows_read_only_the_bytes_they_name() {
    let file = sample::build();
    let more = [Field::named("AppDomain")];
    for (filter, more) in [("id:4010", &[][..]), ("level:error", &[]), ("", &[]), ("", &more)] {
        let trace = load("sample.etl", &file);
        let view = filtered(&trace, &file, filter);
        let events: Vec<u32> = view.events_from(0).step_by(97).collect();
        let whole = load("sample.etl", &file);
        let wanted = whole.rows_of(events.iter().copied(), 0, more, &file, "ko-kr");
        let ranges = trace.bytes_of_rows(&events, more, "ko-kr");
        assert!(!ranges.is_empty() && ranges.is_sorted_by(|a, b| a.end <= b.start), "{filter}");
        let fetched = Fetched { file: &file, ranges };
        let rows = trace.rows_of(events.iter().copied(), 0, more, &fetched, "ko-kr");
        assert_eq!(rows, wanted, "{filter}");
        // What was read is kept.
        assert_eq!(trace.bytes_of_rows(&events[..1], more, "ko-kr"), []);
    }
}

#[test]
fn a_message_without_values_needs_no_reading() {
    let file = sample::build();
    let trace = load("sample.etl", &file);
    let view = filtered(&trace, &file, "id:4031");
    let nothing = Fetched { file: &file, ranges: Vec::new() };
    for locale in ["en-us", "ko-kr"] {
        let rows = trace.rows(&view, 0, 100, &nothing, locale);
        assert_eq!(rows.len() as u64, sample::truth().marked);
        for row in rows {
            let details = trace.details(row.event, &file, locale).expect("it is there");
            assert_eq!(row.message, details.message.text);
        }
    }
}
