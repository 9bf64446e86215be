//! Inputs to begin with, cut from the corpus of real files, where it is there. They are made when
//! they are needed and lie in the tool folder only.

use std::collections::HashSet;
use std::path::Path;

use etlens_conformance::{Trace, corpus, traces};
use etlens_parser::Issue;
use etlens_parser::etl::{Reader, class_of};
use etlens_parser::record::{HeaderKind, Locator, Record, Sink, ext_type};
use etlens_parser::schema::{event_source, trace_event_info as tei};
use etlens_properties::seeds;
use etlens_properties::targets::DECODERS;
use etlens_synth::Pointer;
use etlens_synth::record::Raw;
use etlens_synth::trace::TraceBuilder;

/// libFuzzer changes short inputs best.
const MOST_BYTES: usize = 24 << 10;
/// Kernel groups there are.
const GROUPS: u8 = 31;

/// Seeds of a target: its files, so to speak, with one record of each kind.
pub fn of_target(target: &str) -> Vec<Vec<u8>> {
    match target {
        "files" => traces().iter().flat_map(|trace| kinds(trace).files).collect(),
        "decode" => traces().iter().flat_map(|trace| kinds(trace).inputs).collect(),
        "containers" => folder("etl", &["zip", "gz"]),
        "json" => folder("exports", &["json", "jsonl", "ndjson", "jsoncls"]),
        _ => Vec::new(),
    }
}

/// The beginnings of the files in a folder of the corpus that end so.
fn folder(name: &str, endings: &[&str]) -> Vec<Vec<u8>> {
    fn walk(folder: &Path, endings: &[&str], out: &mut Vec<Vec<u8>>) {
        let Ok(entries) = std::fs::read_dir(folder) else { return };
        for path in entries.flatten().map(|entry| entry.path()) {
            if path.is_dir() {
                walk(&path, endings, out);
            } else if path.extension().is_some_and(|e| endings.iter().any(|ending| e == *ending))
                && let Ok(mut bytes) = std::fs::read(&path)
            {
                bytes.truncate(MOST_BYTES);
                out.push(bytes);
            }
        }
    }
    let mut out = Vec::new();
    if let Some(corpus) = corpus() {
        walk(&corpus.join(name), endings, &mut out);
    }
    out
}

/// One record of each kind of a trace, as small traces and as inputs of the decoders.
struct Kinds {
    seen: HashSet<(u8, [u8; 16], u16, u8, u8)>,
    trace: TraceBuilder,
    trace_bytes: usize,
    files: Vec<Vec<u8>>,
    inputs: Vec<Vec<u8>>,
}

fn kinds(trace: &Trace) -> Kinds {
    let mut kinds = Kinds {
        seen: HashSet::new(),
        trace: empty(),
        trace_bytes: 0,
        files: Vec::new(),
        inputs: Vec::new(),
    };
    let bytes = trace.read();
    let mut reader = Reader::new(bytes.len() as u64);
    reader.push(&bytes, &mut kinds);
    reader.finish(&mut kinds);
    kinds.close();
    kinds
}

fn empty() -> TraceBuilder {
    let mut trace = TraceBuilder::default().in_given_order();
    trace.log.buffer_bytes = MOST_BYTES as u32;
    trace
}

impl Kinds {
    fn close(&mut self) {
        let trace = std::mem::replace(&mut self.trace, empty());
        if std::mem::take(&mut self.trace_bytes) > 0 {
            self.files.push(trace.build());
        }
    }

    fn input(&mut self, decoder: &str, input: &[u8]) {
        if let Some(choice) = DECODERS.iter().position(|(name, _)| *name == decoder)
            && input.len() < MOST_BYTES
        {
            self.inputs.push(seeds::chosen(choice as u8, input));
        }
    }
}

impl Sink for Kinds {
    fn record(&mut self, record: &Record<'_>, _: Locator) {
        let provider = record.provider.0;
        let kind = (record.kind as u8, provider, record.id, record.version, record.opcode);
        if record.raw.len() > MOST_BYTES / 2 || !self.seen.insert(kind) {
            return;
        }
        if self.trace_bytes + record.raw.len() > MOST_BYTES * 3 / 4 {
            self.close();
        }
        self.trace.log.pointer =
            if record.kind.pointer_bytes() == 4 { Pointer::P32 } else { Pointer::P64 };
        self.trace.push(record.cpu, record.ticks, &Raw(record.raw.to_vec()));
        self.trace_bytes += record.raw.len();
        if let Some(blob) = record.extended.find(ext_type::EVENT_SCHEMA_TL) {
            self.input("trace_logging", &[&with_length(blob), record.payload].concat());
        }
        if record.kind.is_classic() && record.provider == tei::CLASS {
            let part = with_length(record.payload);
            self.input("trace_event_info", &[&part[..], &[0, 0], &record.payload[..16]].concat());
        } else if record.id == event_source::MANIFEST_ID && !record.kind.is_classic() {
            self.input("manifest", record.payload.get(8..).unwrap_or_default());
        } else if record.kind.is_classic()
            && let Some(group) =
                (0..GROUPS).find(|group| class_of(*group, record.opcode) == record.provider)
        {
            let wide = u8::from(record.kind != HeaderKind::System32);
            let head = [group, record.opcode, record.version, wide];
            self.input("classic", &[&head[..], record.payload].concat());
        }
    }

    fn issue(&mut self, _: Issue) {}
}

fn with_length(part: &[u8]) -> Vec<u8> {
    [&(part.len() as u16).to_le_bytes()[..], part].concat()
}
