//! All of it together: load, filter, show, export, and read the export back.

use etlens_parser::export::{Export, Format, Text};
use etlens_parser::query::Filter;
use etlens_parser::store::{Loader, Trace};

use crate::chunks;

/// Rows looked at, and events exported.
const MANY: u32 = 100;

fn load(name: &str, data: &[u8], chunks: &mut dyn Iterator<Item = &[u8]>) -> Option<Trace> {
    let mut loader = Loader::new(name, data.len() as u64);
    for chunk in chunks {
        loader.push(chunk).ok()?;
        loader.update();
    }
    loader.finish().ok()
}

/// `data` is a file. A trace is the same whole and in chunks, previews in between; its rows are
/// in order; each can be shown; and the canonical export is read back with as many events.
pub fn store(data: &[u8]) {
    let Some(trace) = load("a", data, &mut std::iter::once(data)) else { return };
    let chunked = load("a", data, &mut chunks(data)).expect("it was one before");
    assert_eq!(trace.len(), chunked.len(), "whole and in chunks");
    let rows = trace.rows(&trace.all(), 0, MANY, &data, "en-us");
    assert_eq!(rows, chunked.rows(&chunked.all(), 0, MANY, &data, "en-us"));
    assert_eq!(rows.len() as u32, trace.len().min(MANY));
    for event in 1..trace.len() {
        assert!(trace.time(event - 1) <= trace.time(event), "rows are in order");
    }
    for event in (0..trace.len()).take(MANY as usize) {
        trace.details(event, &data, "ko-kr").expect("the details of an event");
    }
    let filter = Filter::parse("level<=error or \"a\"").expect("a filter");
    let mut scan = trace.scan(filter, None);
    let view = loop {
        if let Some(view) = scan.step(&trace, &data, 1 << 20).expect("the file can be read") {
            break view;
        }
    };
    assert!(view.shown() <= u64::from(trace.len()));
    let _ = trace.insights(&data);
    for format in [Format::Json, Format::Csv, Format::Xml, Format::Jsonl] {
        let mut export = Export::new(trace.all(), format, "en-us", Some(MANY.into()));
        let mut out = Text::default();
        while !export.step(&trace, &data, 7, &mut out).expect("the file can be read") {}
        let out = out.as_bytes();
        assert!(std::str::from_utf8(out).is_ok(), "{format:?} is UTF-8");
        if format == Format::Jsonl && export.written() > 0 {
            let again = load("b", out, &mut std::iter::once(out)).expect("the export is read");
            assert_eq!(u64::from(again.len()), export.written(), "the export is read back");
        }
    }
}
