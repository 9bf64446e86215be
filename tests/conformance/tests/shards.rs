//! A file read in shards against the same file read in order: whatever is asked of the two traces,
//! the answers must be equal.

use std::collections::BTreeSet;

use etlens_conformance::{Seeded, traces};
use etlens_parser::export::{Export, Format, Text};
use etlens_parser::query::Filter;
use etlens_parser::source::ReadAt;
use etlens_parser::store::{FINGERPRINT_BYTES, Loader, Rows, Shard, ShardLoader, Trace, View};
use etlens_parser::view::{LaneGroup, LaneLayout, LaneRows, LanesRequest, TimeRange};
use etlens_synth::{big, sample, variants};

fn in_order(bytes: &[u8]) -> Option<Trace> {
    let mut loader = Loader::new("test", bytes.len() as u64);
    loader.push(bytes).ok()?;
    loader.finish().ok()
}

/// How a file was read in shards.
#[derive(Debug, Default)]
struct Tally {
    accepted: usize,
    refused: usize,
}

/// Reads the shards of a file, backwards, to show that none knows of another.
fn shards(
    bytes: &[u8],
    known: &etlens_parser::etl::Known,
    segments: &[(u64, u64)],
) -> Vec<Option<(Shard, Rows)>> {
    let mut shards: Vec<_> = segments
        .iter()
        .rev()
        .map(|&(from, until)| {
            let mut loader = ShardLoader::new(known.clone(), from, until);
            let reach = (until + known.reach_bytes()).min(bytes.len() as u64);
            for chunk in bytes[from as usize..reach as usize].chunks(9_999) {
                loader.push(chunk);
            }
            let mut rows = Rows::default();
            loader.finish(&mut rows).map(|shard| (shard, rows))
        })
        .collect();
    shards.reverse();
    shards
}

/// Reads a file in shards of a size, its beginning and what does not fit in order.
fn in_shards(bytes: &[u8], segment_bytes: u64, tally: &mut Tally) -> Option<Trace> {
    let len = bytes.len() as u64;
    let mut loader = Loader::new("test", len);
    let on = |loader: &mut Loader, limit: u64| {
        while loader.decided_bytes() < limit && loader.next_byte() < len {
            let from = loader.next_byte() as usize;
            let chunk = &bytes[from..bytes.len().min(from + 7_001)];
            loader.push_until(chunk, limit).ok()?;
        }
        Some(())
    };
    on(&mut loader, FINGERPRINT_BYTES as u64 + 10_000)?;
    if let Some(known) = loader.fork() {
        loader.set_tail(&bytes[bytes.len().saturating_sub(FINGERPRINT_BYTES)..]);
        let mut segments = Vec::new();
        let mut from = loader.decided_bytes();
        while from < len {
            let until = from + segment_bytes;
            segments.push((from, until));
            from = until;
        }
        for (shard, (_, until)) in shards(bytes, &known, &segments).into_iter().zip(segments) {
            if let Some((shard, mut rows)) = shard {
                if shard.start() <= until {
                    on(&mut loader, shard.start())?;
                }
                if loader.accept(&shard, &mut rows) {
                    tally.accepted += 1;
                    // Somebody looks meanwhile.
                    loader.update();
                    continue;
                }
            }
            tally.refused += 1;
            on(&mut loader, until)?;
        }
    }
    on(&mut loader, u64::MAX)?;
    loader.finish().ok()
}

fn filtered(trace: &Trace, source: &dyn ReadAt, filter: &str) -> View {
    let mut scan = trace.scan(Filter::parse(filter).expect("a filter"), None);
    loop {
        if let Some(view) = scan.step(trace, source, u64::MAX).expect("the file is there") {
            return view;
        }
    }
}

/// Asks both the same questions.
fn compare(name: &str, bytes: &[u8], one: &Trace, other: &Trace) {
    let source: &dyn ReadAt = &bytes;
    assert_eq!(one.info(), other.info(), "{name}");
    assert_eq!(one.threads(), other.threads(), "{name}");
    assert_eq!(one.activities(), other.activities(), "{name}");
    let keys = |trace: &Trace| -> Vec<_> {
        trace.keys().iter().map(|k| (k.event, k.names.clone(), k.marked, k.events)).collect()
    };
    assert_eq!(keys(one), keys(other), "{name}");
    for event in 0..one.len() {
        let row = |trace: &Trace| {
            let thread = trace.thread_id(event);
            (trace.time(event), trace.key_id(event), trace.cpu(event), thread)
        };
        assert_eq!(row(one), row(other), "{name} {event}");
        assert_eq!(one.activity_id(event), other.activity_id(event), "{name} {event}");
    }
    let step = (one.len() / 500).max(1);
    for first in (0..one.len()).step_by(step as usize) {
        let rows = |trace: &Trace| trace.rows(&trace.all(), first.into(), 1, source, "en-us");
        assert_eq!(rows(one), rows(other), "{name}");
    }
    let mut seen = BTreeSet::new();
    for event in (0..one.len()).filter(|&event| seen.insert(one.key_id(event))).take(100) {
        let details = |trace: &Trace| trace.details(event, source, "ko").expect("details");
        assert_eq!(details(one), details(other), "{name} {event}");
    }
    let range = one.info().range.unwrap_or(TimeRange { start: 0, end: 1 });
    for group in [LaneGroup::Provider, LaneGroup::Thread, LaneGroup::Activity, LaneGroup::Cpu] {
        let (layout, rows) = (LaneLayout::default(), LaneRows::Some { first: 0, count: 50 });
        let request = LanesRequest { range, pixels: 97, group, layout, rows };
        let lanes = |trace: &Trace| trace.lanes(&trace.all(), &request);
        assert_eq!(lanes(one), lanes(other), "{name}");
    }
    for filter in ["level<=error or cpu:1", "\"1\" and not id:1", "marked:true"] {
        let events = |trace: &Trace| {
            let view = filtered(trace, source, filter);
            view.events_from(0).collect::<Vec<u32>>()
        };
        assert_eq!(events(one), events(other), "{name}: {filter}");
    }
    assert_eq!(one.insights(source), other.insights(source), "{name}");
    let exported = |trace: &Trace| {
        let mut export = Export::new(trace.all(), Format::Jsonl, "en-us", Some(300));
        let mut out = Text::default();
        while !export.step(trace, source, 50, &mut out).expect("the file is there") {}
        out.as_bytes().to_vec()
    };
    assert_eq!(exported(one), exported(other), "{name}");
}

/// Compares the two ways for several sizes of shards; gives how the shards fared.
fn check(name: &str, bytes: &[u8], sizes: &[u64]) -> Tally {
    let mut tally = Tally::default();
    let whole = in_order(bytes);
    for &size in sizes {
        let parts = in_shards(bytes, size, &mut tally);
        match (&whole, &parts) {
            (Some(whole), Some(parts)) => {
                compare(&format!("{name}, shards of {size}"), bytes, whole, parts);
            }
            (None, None) => {}
            _ => panic!("{name}: one is a trace and the other is none"),
        }
    }
    tally
}

fn big(shape: big::Shape) -> Vec<u8> {
    let mut big = big::write(Vec::new(), shape, 3 << 20).expect("written");
    big.out[..big.header.len()].copy_from_slice(&big.header);
    big.out
}

#[test]
fn generated_traces_are_split_everywhere() {
    for shape in [big::Shape::Mixed, big::Shape::TraceLogging] {
        let bytes = big(shape);
        let tally = check("big", &bytes, &[65_536, 400_000, bytes.len() as u64 / 2 + 77]);
        assert!(tally.accepted > 40, "{tally:?}");
        assert!(tally.refused <= 3, "only where the file ends: {tally:?}");
    }
}

#[test]
fn built_traces_are_the_same_in_shards() {
    for variant in variants::all() {
        check(variant.name, &variant.bytes, &[10_000, 70_000]);
    }
    let sample = sample::build();
    let tally =
        check("sample", &sample, &[sample.len() as u64 / 2, sample.len() as u64 / 3, 90_000]);
    assert!(tally.accepted > tally.refused, "{tally:?}");
}

#[test]
fn a_file_that_goes_on_with_another_session_is_read_in_order_from_there() {
    let (mut bytes, sample) = (big(big::Shape::Manifest), sample::build());
    bytes.extend_from_slice(&sample);
    bytes.extend_from_slice(&big(big::Shape::Kernel)[..1 << 20]);
    let tally = check("appended", &bytes, &[200_000]);
    assert!(tally.accepted > 5 && tally.refused > 5, "{tally:?}");
}

#[test]
fn damage_is_the_same_in_shards() {
    let bytes = big(big::Shape::Mixed);
    let mut numbers = Seeded::new(5);
    let mut all = Tally::default();
    for round in 0..12 {
        let mut damaged = bytes.clone();
        for _ in 0..4 {
            let at = 100_000 + numbers.below(damaged.len() - 200_000);
            let length = [300, 5_000, 200_000][numbers.below(3)].min(damaged.len() - at);
            match numbers.below(3) {
                0 => damaged[at..at + length].fill(0),
                1 => drop(damaged.drain(at..at + length)),
                _ => {
                    let noise = damaged[at..at + length].iter_mut();
                    noise.for_each(|byte| *byte = numbers.next_u64() as u8);
                }
            }
        }
        let size = 150_000 + numbers.below(300_000) as u64;
        let tally = check(&format!("damage {round}"), &damaged, &[size]);
        all.accepted += tally.accepted;
        all.refused += tally.refused;
    }
    assert!(all.accepted > all.refused, "most is not damaged: {all:?}");
}

#[test]
fn real_traces_are_the_same_in_shards() {
    for trace in traces() {
        let bytes = trace.read();
        let length = bytes.len() as u64;
        check(&trace.file, &bytes, &[length / 2 + 1, length / 7 + 1]);
    }
}
