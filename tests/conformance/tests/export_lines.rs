//! The canonical export writes most events without decoding them first. Here each of its lines is
//! held against what the details of the event say, which come the long way.

use std::collections::HashMap;

use etlens_conformance::traces;
use etlens_parser::export::{Export, Format, Text};
use etlens_parser::store::{Loader, Trace};
use etlens_synth::{big, sample, variants};

/// Events compared of one kind.
const OF_ONE_KIND: u32 = 40;

fn load(bytes: &[u8]) -> Trace {
    let mut loader = Loader::new("test", bytes.len() as u64);
    loader.push(bytes).expect("a trace");
    loader.finish().expect("a trace")
}

fn compare(name: &str, bytes: &[u8], locale: &str) {
    let trace = load(bytes);
    let source = bytes.to_vec();
    let mut export = Export::new(trace.all(), Format::Jsonl, locale, None);
    let mut out = Text::default();
    while !export.step(&trace, &source, 1_000, &mut out).expect("the file is there") {}
    let lines: Vec<&str> = std::str::from_utf8(out.as_bytes()).expect("UTF-8").lines().collect();
    assert_eq!(lines.len(), trace.len() as usize, "{name}");
    let mut seen = HashMap::<u32, u32>::new();
    // The first line also says what the trace is.
    for (line, event) in lines.into_iter().zip(0..).skip(1) {
        let seen = seen.entry(trace.key_id(event)).or_default();
        *seen += 1;
        if *seen <= OF_ONE_KIND {
            let details = trace.details(event, &source, locale).expect("the event is there");
            assert_eq!(line, details.json, "{name}: event {event}");
        }
    }
}

#[test]
fn lines_of_built_traces_are_what_the_details_say() {
    compare("sample", &sample::build(), "ko-kr");
    for variant in variants::all() {
        compare(variant.name, &variant.bytes, "en-us");
    }
    let mixed = big::build(big::Shape::Mixed, 1 << 20).expect("memory");
    compare("mixed", &mixed, "en-us");
}

#[test]
fn lines_of_real_traces_are_what_the_details_say() {
    for trace in traces() {
        compare(&trace.file, &trace.read(), "en-us");
    }
}
