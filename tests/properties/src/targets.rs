//! The properties as libFuzzer runs them. A target is what one corpus of inputs serves: layers
//! that read the same bytes, or that a first byte tells apart, share one, so that the hours go to
//! few.

use crate::{Property, classic, container, etl, manifest, round_trip, store, xca};
use crate::{trace_event_info, trace_logging};

/// All targets.
pub const ALL: [(&str, Property); 6] = [
    ("files", files),
    ("containers", containers),
    ("json", json),
    ("decode", decode),
    ("schema_files", schema_files),
    ("filter", filter),
];

/// What the first byte of an input of [`decode`] chooses from.
pub const DECODERS: [(&str, Property); 5] = [
    ("trace_logging", trace_logging),
    ("trace_event_info", trace_event_info),
    ("manifest", manifest),
    ("round_trip", round_trip),
    ("classic", classic),
];

/// `data` is a file of any kind: its records, and all that the store makes of them.
pub fn files(data: &[u8]) {
    etl(data);
    store(data);
}

/// `data` is an archive and, its first bytes taken for numbers, a compressed buffer.
pub fn containers(data: &[u8]) {
    container(data);
    xca(data);
}

/// `data` is a JSON export: its events, and all that the store makes of them.
pub fn json(data: &[u8]) {
    if crate::json(data) {
        store(data);
    }
}

/// The first byte of `data` chooses the decoder, the rest is its input.
pub fn decode(data: &[u8]) {
    let Some((&choice, rest)) = data.split_first() else { return };
    if let Some((_, property)) = DECODERS.get(usize::from(choice) % DECODERS.len()) {
        property(rest);
    }
}

/// `data` is a schema file.
pub fn schema_files(data: &[u8]) {
    crate::schema_files(data);
}

/// `data` is a filter text.
pub fn filter(data: &[u8]) {
    crate::filter(data);
}
