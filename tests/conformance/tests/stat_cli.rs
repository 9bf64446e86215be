//! The command line tool, as people and scripts use it.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use etlens_conformance::tool::{Run, etlens};
use etlens_conformance::{corpus, traces, truth};
use etlens_parser::cli;
use etlens_synth::{sample, variants};
use serde_json::Value;

/// A folder of this test, empty at first.
fn folder(test: &str) -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(test);
    let _ = std::fs::remove_dir_all(&folder);
    std::fs::create_dir_all(&folder).expect("a folder for the test");
    folder
}

fn write(folder: &Path, name: &str, bytes: &[u8]) -> String {
    let path = folder.join(name);
    std::fs::write(&path, bytes).expect("the file is written");
    path.to_str().expect("a path in UTF-8").to_owned()
}

fn stat(path: &str) -> (Run, Value) {
    let run = etlens(&["stat", "--json", path]);
    let stat = serde_json::from_str(&run.out).expect("one JSON object");
    (run, stat)
}

/// Counts of the kinds of events that `stat --json` prints.
fn kinds(stat: &Value) -> BTreeMap<(String, u64, u64, u64), u64> {
    let mut kinds = BTreeMap::new();
    for event in stat["by_event"].as_array().expect("by_event") {
        let number = |name: &str| event[name].as_u64().expect("a number");
        let provider = event["provider"].as_str().expect("a GUID").to_owned();
        let kind = (provider, number("id"), number("version"), number("opcode"));
        *kinds.entry(kind).or_default() += number("count");
        assert!(number("decoded") <= number("count"));
    }
    kinds
}

#[test]
fn stat_counts_what_other_readers_count() {
    let Some(corpus) = corpus() else { return };
    for trace in traces() {
        let path = corpus.join("etl").join(&trace.file);
        let (run, stat) = stat(path.to_str().expect("UTF-8"));
        let name = &trace.file;
        assert_eq!(stat["events"], trace.records, "{name}");
        assert_eq!(stat["bytes"], trace.bytes, "{name}");
        assert_eq!(stat["format"], "etl", "{name}");
        assert_eq!(stat["errors"], serde_json::json!([]), "{name}");
        let inner = stat.get("inner").and_then(Value::as_str).unwrap_or_default();
        assert_eq!(inner, trace.inner, "{name}");
        let kinds = kinds(&stat);
        assert_eq!(kinds.values().sum::<u64>(), trace.records, "{name}: every record is of a kind");
        for row in truth(&trace) {
            let kind = (row.provider, row.id.into(), row.version.into(), row.opcode.into());
            assert_eq!(kinds.get(&kind), Some(&row.count), "{name} {kind:?}");
        }
        let headers = stat["headers"].as_object().expect("headers");
        let by_header: u64 = headers.values().filter_map(Value::as_u64).sum();
        assert_eq!(by_header, trace.records, "{name}");
        let order: Vec<_> = stat["by_event"].as_array().expect("by_event").iter().collect();
        let key = |e: &Value| {
            let number = |name: &str| e[name].as_u64();
            let provider = e["provider"].as_str().map(str::to_owned);
            (provider, number("id"), number("version"), number("opcode"))
        };
        assert!(order.windows(2).all(|pair| key(pair[0]) <= key(pair[1])), "{name}: sorted");
        let (start, end) = (stat["start"].as_str(), stat["end"].as_str());
        assert!(start <= end && start.is_some_and(|text| text.len() == 28 && text.ends_with('Z')));
        let decoded: u64 = stat["by_event"]
            .as_array()
            .expect("by_event")
            .iter()
            .filter_map(|event| event["decoded"].as_u64())
            .sum();
        assert_eq!(run.code, u8::from(decoded < trace.records), "{name}: {}", run.err);
    }
}

#[test]
fn what_is_described_is_decoded_and_the_rest_is_listed_with_its_reason() {
    let Some(corpus) = corpus() else { return };
    for trace in traces() {
        let path = corpus.join("etl").join(&trace.file);
        let (_, stat) = stat(path.to_str().expect("UTF-8"));
        let sum = |list: &str, member: &str, of: &dyn Fn(&Value) -> bool| -> u64 {
            let list = stat[list].as_array().expect("a list");
            list.iter().filter(|e| of(e)).filter_map(|e| e[member].as_u64()).sum()
        };
        let decoded = sum("by_event", "decoded", &|_| true);
        let listed = sum("undecoded", "count", &|_| true);
        let name = &trace.file;
        assert_eq!(decoded + listed, trace.records, "{name}: each event is decoded or listed");
        let undescribed = sum("undecoded", "count", &|e| e["reason"] == "no-schema");
        let described = trace.records - undescribed;
        println!("{name}: {decoded} of {described} with a schema, {undescribed} without");
        assert!(decoded * 100 >= described * 99, "{name}: {}", stat["undecoded"]);
        // Classes of the kernel and of the tools that merge traces are all described.
        for event in stat["undecoded"].as_array().expect("a list") {
            let provider = event["provider_name"].as_str().unwrap_or_default();
            assert!(!["Windows Kernel Trace", "KernelTraceControl"].contains(&provider), "{event}");
        }
    }
}

#[test]
fn dump_writes_each_event_as_the_contract_says() {
    let Some(corpus) = corpus() else { return };
    for trace in traces() {
        let path = corpus.join("etl").join(&trace.file);
        let run = etlens(&["dump", path.to_str().expect("UTF-8")]);
        assert_eq!(run.out.lines().count() as u64, trace.records, "{}", trace.file);
        assert!(run.out.ends_with('\n') && !run.out.contains('\r'));
        let mut before = String::new();
        for (number, line) in (1..).zip(run.out.lines()) {
            // Of the largest trace a part is enough, wherever its kinds are rare.
            if number > 20_000 && number % 16 != 0 {
                continue;
            }
            let event: Value = serde_json::from_str(line).expect("a JSON object");
            check_event(&event, number, &trace.file);
            let time =
                event["Event"]["System"]["TimeCreated"]["#attributes"]["SystemTime"].as_str();
            let time = time.expect("a time").to_owned();
            assert!(before <= time, "{}: time order", trace.file);
            before = time;
        }
    }
}

/// One line of the canonical export, member by member.
fn check_event(line: &Value, number: u64, file: &str) {
    let (event, etw) = (&line["Event"], &line["_etw"]);
    let system = &event["System"];
    for name in ["EventID", "Version", "Level", "Task", "Opcode", "EventRecordID"] {
        assert!(system[name].is_u64(), "{file} line {number}: {name} is a number");
    }
    let keywords = system["Keywords"].as_str().expect("keywords are text");
    assert!(keywords.starts_with("0x"));
    let guid = system["Provider"]["#attributes"]["Guid"].as_str().expect("a GUID");
    assert!(guid.starts_with('{') && guid.ends_with('}') && guid == guid.to_lowercase());
    assert_eq!(etw["seq"], number);
    assert_eq!(etw.get("trace").is_some(), number == 1, "the first line says what the trace is");
    let fields = etw["fields"].as_array().expect("fields");
    for field in fields {
        let parts = field.as_array().expect("a field is a list");
        assert!(parts.len() >= 3 && parts[0].is_string() && parts[1].is_string());
    }
    let undecoded = event.get("ProcessingErrorData").is_some();
    assert!(undecoded || event.get("EventData").is_some(), "{file} line {number}");
    if let Some(data) = event.get("EventData").and_then(Value::as_object)
        && data.get("Data").is_none()
    {
        let of_fields = fields.iter().filter_map(|field| field[0].as_str());
        let mut names: Vec<&str> = of_fields.collect();
        names.sort_unstable();
        let mut keys: Vec<&str> = data.keys().map(String::as_str).collect();
        keys.sort_unstable();
        assert_eq!(keys, names, "{file} line {number}");
    }
    assert_exact(line);
}

/// No number is beyond what every reader keeps.
fn assert_exact(value: &Value) {
    match value {
        Value::Number(number) => {
            let exact = 1_u64 << 53;
            assert!(number.as_i64().is_none_or(|n| n.unsigned_abs() < exact), "{number}");
            assert!(number.as_u64().is_none_or(|n| n < exact), "{number}");
        }
        Value::Array(values) => values.iter().for_each(assert_exact),
        Value::Object(members) => members.values().for_each(assert_exact),
        _ => {}
    }
}

#[test]
fn filter_language_and_limit() {
    let folder = folder("filter");
    let path = write(&folder, "sample.etl", &sample::build());
    let truth = sample::truth();
    let run = etlens(&["dump", &path, "--filter", "id:4031", "--lang", "ko"]);
    assert_eq!(run.out.lines().count() as u64, truth.marked);
    for line in run.out.lines() {
        let event: Value = serde_json::from_str(line).expect("JSON");
        let rendering = &event["Event"]["RenderingInfo"];
        // catalog/event-4031.tsv, ko-kr.
        assert_eq!(rendering["Message"], "세션을 디스패치하지 못했습니다.");
        assert_eq!(rendering["#attributes"]["Culture"], "ko-kr");
        assert!(event["Event"]["EventData"]["AppDomain"].is_string());
    }
    let limited = etlens(&["dump", &path, "--limit", "3"]);
    assert_eq!(limited.out.lines().count(), 3);
    let out = folder.join("out.json");
    let out = out.to_str().expect("UTF-8");
    let to_file = etlens(&["dump", &path, "--format=json", "--filter", "id:4031", "-o", out]);
    assert_eq!(to_file.out, "");
    let written = std::fs::read_to_string(out).expect("written");
    let array: Value = serde_json::from_str(&written).expect("one JSON array");
    assert_eq!(array.as_array().map(Vec::len), Some(truth.marked as usize));
    let csv = etlens(&["dump", &path, "--format", "csv", "--limit", "10"]);
    assert!(csv.out.starts_with("\u{feff}TimeCreated,Level,ProviderName"), "{}", csv.out);
    let xml = etlens(&["dump", &path, "--format", "xml", "--limit", "10"]);
    assert_eq!(xml.out.matches("<Event ").count(), 10);
    assert_eq!(xml.out.matches("</Event>").count(), 10);
}

/// What a line says of its event, apart from where it was read.
fn said(line: &str) -> Value {
    let mut line: Value = serde_json::from_str(line).expect("JSON");
    let etw = line["_etw"].as_object_mut().expect("_etw");
    // The place in the file read, what only an .etl has, and what the reader sets aside.
    for name in ["kind", "raw_time", "flags", "property", "offset", "src", "trace", "extra"] {
        etw.remove(name);
    }
    line["Event"].as_object_mut().expect("Event").remove("ExtendedTracingInfo");
    line
}

#[test]
fn the_canonical_export_is_read_back() {
    let folder = folder("back");
    let etl = write(&folder, "sample.etl", &sample::build());
    let first = etlens(&["dump", &etl]);
    let export = write(&folder, "sample.etw.jsonl", first.out.as_bytes());
    let (_, stat) = stat(&export);
    assert_eq!(stat["events"], sample::truth().records);
    assert_eq!(stat["marked"], sample::truth().marked);
    let second = etlens(&["dump", &export]);
    assert_eq!(second.out.lines().count(), first.out.lines().count());
    for (before, after) in first.out.lines().zip(second.out.lines()) {
        assert_eq!(said(after), said(before));
    }
    let array = etlens(&["dump", &etl, "--format", "json", "--filter", "id:4031"]);
    let export = write(&folder, "failed.json", array.out.as_bytes());
    let again = etlens(&["dump", &export]);
    assert_eq!(again.out.lines().count() as u64, sample::truth().marked);
}

#[test]
fn variants_are_counted_and_damage_is_told() {
    let folder = folder("variants");
    for variant in variants::all() {
        let path = write(&folder, variant.name, &variant.bytes);
        let (run, stat) = stat(&path);
        assert_eq!(stat["events"], variant.records, "{}", variant.name);
        assert_eq!(stat["marked"], variant.marked, "{}", variant.name);
        let errors = stat["errors"].as_array().expect("errors").len();
        assert_eq!(errors > 0, variant.damaged_at.is_some(), "{}", variant.name);
        if errors > 0 {
            assert_eq!(run.code, cli::EXIT_DAMAGED);
            assert!(run.err.contains("at offset 0x"), "{}", run.err);
        }
    }
}

#[test]
fn what_cannot_be_read_is_said_in_one_line() {
    let folder = folder("bad");
    let text = write(&folder, "notes.txt", b"Meeting at ten.");
    let empty = write(&folder, "empty.etl", b"");
    let missing = folder.join("missing.etl");
    let archive = write(&folder, "cut.zip", b"PK\x03\x04 and no more");
    let cases = [
        (text.as_str(), "not an export"),
        (empty.as_str(), "empty"),
        (missing.to_str().expect("UTF-8"), "missing.etl"),
        (folder.to_str().expect("UTF-8"), "folder"),
        (archive.as_str(), "archive"),
    ];
    for (path, word) in cases {
        for command in ["stat", "dump", "schema"] {
            let run = etlens(&[command, path]);
            assert_eq!((run.code, run.out.as_str()), (cli::EXIT_FAILED, ""), "{command} {path}");
            assert_eq!(run.err.lines().count(), 1, "{}", run.err);
            assert!(run.err.contains(path) && run.err.contains(word), "{}", run.err);
        }
    }
    // What is readable among several is still written.
    let good = write(&folder, "sample.etl", &sample::build());
    let both = etlens(&["stat", "--json", &text, &good]);
    assert_eq!((both.code, both.out.lines().count()), (cli::EXIT_FAILED, 1));
}

#[test]
fn wrong_usage_is_said() {
    for arguments in [
        &[][..],
        &["fly"],
        &["stat"],
        &["stat", "--colour", "x.etl"],
        &["dump"],
        &["dump", "a.etl", "b.etl"],
        &["dump", "a.etl", "--limit", "many"],
        &["dump", "a.etl", "--format", "yaml"],
        &["dump", "a.etl", "--filter"],
        &["dump", "a.etl", "--filter", "id:"],
        &["convert", "a.etl", "-o", "a.parquet"],
    ] {
        let run = etlens(arguments);
        assert_eq!((run.code, run.out.as_str()), (cli::EXIT_FAILED, ""), "{arguments:?}");
        assert!(run.err.starts_with("etlens: "), "{arguments:?}: {}", run.err);
    }
    let help = etlens(&["--help"]);
    assert_eq!((help.code, help.err.as_str()), (cli::EXIT_FINE, ""));
    assert!(help.out.contains("etlens dump FILE"));
}
