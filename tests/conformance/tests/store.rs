//! A loaded trace against the file it came from: previews, rows, details, text filters.

use std::collections::BTreeSet;

use etlens_conformance::{Seeded, traces};
use etlens_parser::query::Filter;
use etlens_parser::source::ReadAt;
use etlens_parser::store::{Loader, Step, Trace, View};
use etlens_parser::value_text::FieldsText;
use etlens_parser::view::{MessageSource, PropertyGroup};
use etlens_parser::{ErrorKind, Guid};
use etlens_synth::{sample, variants};

fn load(bytes: &[u8], chunk: usize) -> Trace {
    let mut loader = Loader::new("test", bytes.len() as u64);
    bytes.chunks(chunk).for_each(|chunk| loader.push(chunk).expect("a trace"));
    loader.finish().expect("a trace")
}

fn filtered(trace: &Trace, source: &dyn ReadAt, filter: &str, step_bytes: u64) -> View {
    let mut scan = trace.scan(Filter::parse(filter).expect("a filter"), None);
    loop {
        let view = scan.step(trace, source, step_bytes).expect("the file is there");
        assert!(scan.done_bytes() <= scan.total_bytes());
        if let Some(view) = view {
            assert_eq!(scan.matches(), view.shown());
            return view;
        }
    }
}

/// Everything the table shows of every event.
fn all_rows(trace: &Trace, source: &dyn ReadAt) -> Vec<etlens_parser::view::Row> {
    let mut rows = Vec::new();
    while rows.len() < trace.len() as usize {
        let page = trace.rows(&trace.all(), rows.len() as u64, 1000, source, "en-us");
        assert!(!page.is_empty());
        rows.extend(page);
    }
    rows
}

#[test]
fn a_trace_does_not_depend_on_how_it_was_read() {
    let bytes = sample::build();
    let whole = load(&bytes, usize::MAX);
    let rows = all_rows(&whole, &bytes);
    assert_eq!(whole.info().events, sample::truth().records);
    assert_eq!(whole.info().marked, sample::truth().marked);
    for chunk in [4_097, 100_000] {
        let mut loader = Loader::new("test", bytes.len() as u64);
        let mut previews = BTreeSet::new();
        for part in bytes.chunks(chunk) {
            loader.push(part).expect("a trace");
            let events = loader.info().events;
            loader.update();
            let preview = loader.trace();
            assert!(u64::from(preview.len()) <= events);
            previews.insert(preview.len());
            // What a preview shows can be shown in full while loading goes on.
            let first = preview.rows(&preview.all(), 0, 3, &bytes, "en-us");
            assert_eq!(first.len(), preview.len().min(3) as usize);
            assert!(first.windows(2).all(|pair| pair[0].time <= pair[1].time));
        }
        assert!(previews.len() > 3, "rows appear while loading: {previews:?}");
        let trace = loader.finish().expect("a trace");
        assert_eq!(trace.info(), whole.info());
        assert_eq!(all_rows(&trace, &bytes), rows, "in chunks of {chunk}");
    }
    assert!(rows.windows(2).all(|pair| pair[0].time <= pair[1].time));
}

#[test]
fn stopping_early_keeps_what_was_read() {
    let bytes = sample::build();
    let mut loader = Loader::new("test", bytes.len() as u64);
    let half = &bytes[..bytes.len() / 2];
    half.chunks(50_000).for_each(|chunk| loader.push(chunk).expect("a trace"));
    let trace = loader.finish().expect("half a trace");
    assert!(trace.len() > 100 && u64::from(trace.len()) < sample::truth().records);
    assert_eq!(trace.info().lost.issue_count, 0, "nobody says the file is damaged");
    assert_eq!(trace.info().fingerprint, None, "the tail was not seen");
    assert_eq!(trace.info().events, u64::from(trace.len()));
}

#[test]
fn a_text_filter_finds_what_reading_everything_finds() {
    let bytes = sample::build();
    let trace = load(&bytes, usize::MAX);
    let rows = all_rows(&trace, &bytes);
    // Some application domain of the sample.
    let marked = trace.step(&trace.all(), None, true, Step::Marked).expect("a 4031").0;
    let domain = |event| {
        let read = trace.read(event, &bytes, |seen| {
            let fields = seen.decoded.fields.iter();
            fields
                .filter(|f| f.name == "AppDomain")
                .map(|f| FieldsText(std::slice::from_ref(f)).to_string())
                .next()
        });
        read.expect("an event").unwrap_or_default()
    };
    let wanted = domain(marked);
    let value = wanted.strip_prefix("AppDomain=").expect("4031 has one").to_owned();
    let expected: Vec<u32> = (0..trace.len()).filter(|&event| domain(event) == wanted).collect();
    for step_bytes in [1, 10_000, u64::MAX] {
        let view = filtered(&trace, &bytes, &format!("AppDomain=\"{value}\""), step_bytes);
        assert!(view.events_from(0).eq(expected.iter().copied()), "{value}");
    }
    // Free text is looked for in the message too, in the language shown.
    trace.set_locale("ko");
    let korean = filtered(&trace, &bytes, "디스패치하지", u64::MAX);
    assert!(korean.contains(marked));
    trace.set_locale("en");
    let text = "Session";
    let view = filtered(&trace, &bytes, &format!("message:{text}"), u64::MAX);
    let holds = |row: &&etlens_parser::view::Row| row.message.to_lowercase().contains("session");
    let expected: Vec<u32> = rows.iter().filter(holds).map(|row| row.event).collect();
    assert!(view.events_from(0).eq(expected.iter().copied()));
}

#[test]
fn a_stopped_scan_gives_what_it_found() {
    let bytes = sample::build();
    let trace = load(&bytes, usize::MAX);
    let all = filtered(&trace, &bytes, "AppDomain:1", u64::MAX);
    let mut scan = trace.scan(Filter::parse("AppDomain:1").expect("a filter"), None);
    assert!(scan.step(&trace, &bytes, 1).expect("read").is_none(), "there is more to do");
    let part = scan.partial(&trace);
    assert!(part.is_partial() && part.shown() < all.shown());
    assert!(part.events_from(0).all(|event| all.contains(event)));
}

#[test]
fn details_of_a_4031_say_everything() {
    let bytes = sample::build();
    let trace = load(&bytes, usize::MAX);
    let (event, position) = trace.step(&trace.all(), None, true, Step::Marked).expect("a 4031");
    assert_eq!(position, u64::from(event));
    let details = trace.details(event, &bytes, "ko").expect("details");
    assert_eq!(details.message.text, "세션을 디스패치하지 못했습니다.");
    assert_eq!(details.message.source, MessageSource::Catalog);
    assert_eq!(details.row.message, details.message.text);
    let property = |name: &str| {
        let mut found = details.properties.iter().filter(|p| p.name == name);
        let property = found.next().unwrap_or_else(|| panic!("{name} is there"));
        assert!(found.next().is_none(), "{name} is there once");
        property
    };
    assert_eq!(property("EventID").text, "4031");
    assert_eq!(property("EventID").hex, "0xfbf");
    assert_eq!(property("EventID").filter, "id:4031");
    // SMSvcHost's own id (its shipped configuration file).
    assert_eq!(property("ProviderGuid").text, "{f18839f5-27ff-4e66-bd2d-639b768cf18b}");
    assert!(property("Level").text.contains("(2)"));
    assert_eq!(property("Task").text, "ActivationDispatchSession (2500)");
    assert!(property("Channel").text.contains("Analytic"));
    assert!(property("ActivityID").text.starts_with('{'));
    assert!(property("TimeCreated").text.ends_with('Z'));
    assert!(!property("EventData.AppDomain").text.is_empty());
    for name in ["ProcessID", "ThreadID", "ProcessorID", "Keywords", "Version", "Opcode"] {
        assert_eq!(property(name).group, PropertyGroup::System);
    }
    assert!(details.dispatch.is_some(), "it ends a dispatch session");
    let payload = trace.read(event, &bytes, |seen| seen.record.payload.to_vec()).expect("read");
    assert_eq!((details.raw_bytes, &details.raw), (payload.len() as u64, &payload));
    // Each term of the panel selects the event it stands at.
    for property in details.properties.iter().filter(|p| !p.filter.is_empty()) {
        let view = filtered(&trace, &bytes, &property.filter, u64::MAX);
        assert!(view.contains(event), "{}: {}", property.name, property.filter);
        let without = filtered(&trace, &bytes, &format!("not ({})", property.filter), u64::MAX);
        assert!(!without.contains(event), "{}: not {}", property.name, property.filter);
    }
}

#[test]
fn details_of_every_kind_of_event_can_be_shown() {
    let mut inputs: Vec<(String, Vec<u8>)> =
        variants::all().into_iter().map(|v| (v.name.to_owned(), v.bytes)).collect();
    inputs.extend(traces().into_iter().map(|trace| (trace.file.clone(), trace.read())));
    for (name, bytes) in inputs {
        let trace = load(&bytes, 1 << 20);
        let mut seen = BTreeSet::new();
        for event in (0..trace.len()).filter(|&event| seen.insert(trace.key_id(event))) {
            let details = trace.details(event, &bytes, "en").expect("details");
            assert_eq!(details.row.event, event, "{name}");
            let line: serde_json::Value = serde_json::from_str(&details.json).expect("JSON");
            assert_eq!(line["_etw"]["seq"], event + 1, "{name}");
            let system =
                details.properties.iter().filter(|p| p.group == PropertyGroup::System).count();
            assert!(system >= 9, "{name}");
            let header_terms = details
                .properties
                .iter()
                .filter(|p| p.group == PropertyGroup::System && !p.filter.is_empty());
            for property in header_terms.take(12) {
                let filter: Filter = property.filter.parse().expect("a filter");
                if !filter.needs_payload() {
                    let view = filtered(&trace, &bytes, &property.filter, u64::MAX);
                    assert!(view.contains(event), "{name} {event}: {}", property.filter);
                }
            }
        }
        let missing = trace.details(trace.len(), &bytes, "en").expect_err("past the end");
        assert_eq!(missing.kind(), ErrorKind::OutOfRange);
    }
}

#[test]
fn insights_are_those_of_the_sample() {
    let bytes = sample::build();
    let trace = load(&bytes, usize::MAX);
    let insights = trace.insights(&bytes);
    assert!(insights.sessions > 100);
    assert!(!insights.failed.is_empty());
    assert!(!insights.recorded_below_verbose);
}

#[test]
fn a_foreign_provider_is_offered_to_the_catalog() {
    let own = variants::all().into_iter().find(|v| v.name == "own-id.etl").expect("built");
    let mut trace = load(&own.bytes, usize::MAX);
    let provider = Guid(variants::OWN_ID);
    assert_eq!(trace.info().catalog_candidates, [provider]);
    assert_eq!(trace.info().marked, 0);
    trace.set_catalog_alias(provider, true);
    assert!(trace.info().marked > 0);
    let marked = trace.step(&trace.all(), None, true, Step::Marked).expect("a 4031").0;
    let details = trace.details(marked, &own.bytes, "en").expect("details");
    assert!(details.properties.iter().any(|p| p.name == "EventData.AppDomain"));
}

#[test]
fn damage_never_panics_and_the_rest_is_shown() {
    let bytes = sample::build();
    let mut numbers = Seeded::new(11);
    for round in 0..60 {
        let mut damaged = bytes.clone();
        for _ in 0..=round % 7 {
            let at = numbers.below(damaged.len());
            let end = (at + numbers.below(300)).min(damaged.len());
            damaged[at..end].iter_mut().for_each(|byte| *byte = numbers.next_u64() as u8);
        }
        damaged.truncate(damaged.len() - numbers.below(damaged.len() / 2));
        let mut loader = Loader::new("damaged", damaged.len() as u64);
        if damaged.chunks(70_000).any(|chunk| loader.push(chunk).is_err()) {
            continue;
        }
        let Ok(trace) = loader.finish() else { continue };
        for _ in 0..20.min(trace.len()) {
            let event = numbers.below(trace.len() as usize) as u32;
            let _ = trace.details(event, &damaged, "en");
        }
        let rows = trace.rows(&trace.all(), u64::from(trace.len() / 2), 50, &damaged, "en");
        assert!(rows.windows(2).all(|pair| pair[0].time <= pair[1].time));
    }
}

#[test]
fn what_is_no_trace_is_an_error() {
    let refuse = |bytes: &[u8]| {
        let mut loader = Loader::new("x", bytes.len() as u64);
        let pushed = loader.push(bytes);
        pushed.and_then(|()| loader.finish().map(|_| ())).expect_err("no trace").kind()
    };
    assert_eq!(refuse(b""), ErrorKind::Empty);
    assert_eq!(refuse(b"some text"), ErrorKind::NotATrace);
    assert_eq!(refuse(b"ElfFile\0........"), ErrorKind::Unsupported);
    assert_eq!(refuse(&[0; 100_000]), ErrorKind::NotATrace);
}
