//! Traces unlike those of the corpus: what other recorders, tools and providers may write. Every
//! record is found, every byte is accounted for, and what can be decoded is.

use etlens_conformance::collect::{load, read, read_in};
use etlens_parser::store::Trace;
use etlens_parser::value::SchemaSource;
use etlens_parser::view::Details;
use etlens_synth::bytes::{Put as _, set_u16};
use etlens_synth::extended::{container_id, provider_traits, schema_tl};
use etlens_synth::metadata::manifest_events;
use etlens_synth::record::{Event, Message, Record as _, System, plain_event};
use etlens_synth::session::{BUFFER_HEADER_BYTES, Clock};
use etlens_synth::trace::append;
use etlens_synth::tracelogging::{Blob, Count, in_type};
use etlens_synth::{LogFile, Pointer, TraceBuilder, guid, wpp};

const PROVIDER: [u8; 16] = guid("0c7a5b1e-9d24-4f6a-8c31-7e5d2b9f4a60");
const SECOND: i64 = 10_000_000;

/// Reads a file whole and in small pieces: how many records there are. Each byte is accounted for
/// and nothing is skipped.
fn whole_records(file: &[u8]) -> u64 {
    let (found, reader) = read(file);
    assert_eq!(found.issues, [], "nothing is wrong with it");
    let accounting = reader.accounting();
    assert_eq!(accounting.total_bytes(), file.len() as u64, "{accounting:?}");
    assert_eq!(accounting.skipped_bytes, 0);
    let (pieces, _) = read_in(file, 10_007);
    assert_eq!(pieces, found, "in pieces as whole");
    found.records.len() as u64
}

fn details(trace: &Trace, file: &[u8], event: u32) -> Details {
    trace.details(event, &file.to_vec(), "en-us").expect("details")
}

/// An event of TraceLogging as a trace that holds nothing else shows it.
fn self_described(name: &str, blob: Vec<u8>, payload: Vec<u8>) -> Details {
    let event = Event { payload, ..plain_event(PROVIDER, 0, Vec::new()) }
        .with(provider_traits("Unlike", None))
        .with(schema_tl(blob));
    let mut trace = TraceBuilder::default();
    trace.push_at(0, trace.log.start_time + 1, &event);
    let file = trace.build();
    details(&load(name, &file), &file, 1)
}

#[test]
fn containers_are_told_by_text_or_by_bytes() {
    const CONTAINER: &str = "3f2504e0-4f89-11d3-9a0c-0305e82c3301";
    // What both forms stand for, and what is neither.
    let items = [container_id(CONTAINER), (16, guid(CONTAINER).to_vec()), (16, b"none".to_vec())];
    let mut trace = TraceBuilder::default();
    for (i, item) in items.into_iter().enumerate() {
        let event = plain_event(PROVIDER, 9, vec![1]).with(item);
        trace.push_at(0, trace.log.start_time + 1 + i as i64, &event);
    }
    let file = trace.build();
    let loaded = load("container.etl", &file);
    let shown = |event| {
        let details = details(&loaded, &file, event);
        let item = details.properties.into_iter().find(|property| property.name == "ContainerID");
        item.expect("the container").text
    };
    assert_eq!(shown(1), format!("{{{CONTAINER}}}"));
    assert_eq!(shown(2), format!("{{{CONTAINER}}}"));
    assert_eq!(shown(3), "6E6F6E65");
}

fn value(details: &Details, name: &str) -> String {
    let name = format!("EventData.{name}");
    let found = details.properties.iter().find(|property| property.name == name);
    found.unwrap_or_else(|| panic!("no {name} in {:?}", details.properties)).text.clone()
}

/// Some events on several processors, enough for several buffers.
fn events(log: LogFile, processors: u16) -> TraceBuilder {
    let mut trace = TraceBuilder::new(log);
    let start = trace.log.start_time;
    for i in 0..400_i64 {
        let event = plain_event(PROVIDER, i as u16, vec![i as u8; (i % 50) as usize]);
        trace.push_at((i % i64::from(processors)) as u16, start + i * SECOND / 100, &event);
    }
    trace
}

#[test]
fn buffers_above_a_mebibyte_and_many_processors() {
    const CPUS: [u16; 6] = [0, 63, 64, 255, 256, 319];
    let log = LogFile { buffer_bytes: 2 << 20, processors: 320, ..LogFile::default() };
    let mut trace = TraceBuilder::new(log);
    for (i, cpu) in CPUS.into_iter().cycle().take(60).enumerate() {
        let time = trace.log.start_time + (i as i64 + 1) * SECOND;
        trace.push_at(cpu, time, &plain_event(PROVIDER, i as u16, vec![7; 30_000]));
    }
    let file = trace.build();
    assert_eq!(whole_records(&file), trace.record_count());
    let loaded = load("big.etl", &file);
    let cpus: Vec<u16> = (1..7).map(|event| loaded.cpu(event)).collect();
    assert_eq!(cpus, CPUS, "each processor is told from the others");
}

#[test]
fn sessions_of_other_sizes_clocks_and_bitness_in_one_file() {
    let old = LogFile { pointer: Pointer::P32, buffer_bytes: 4_096, ..LogFile::default() };
    let later = old.start_time + 3_600 * SECOND;
    let new = LogFile {
        buffer_bytes: 131_072,
        clock: Clock::SystemTime,
        start_time: later,
        end_time: later + 60 * SECOND,
        ..LogFile::default()
    };
    let packed = LogFile {
        compressed: true,
        start_time: later + 3_600 * SECOND,
        end_time: later + 3_660 * SECOND,
        clock: Clock::Qpc { frequency: 2_435_898, start: 77 },
        ..LogFile::default()
    };
    let sessions = [events(old, 2), events(new, 3), events(packed, 2)];
    let count: u64 = sessions.iter().map(TraceBuilder::record_count).sum();
    let file = append(&sessions);
    assert_eq!(whole_records(&file), count);
    let trace = load("append.etl", &file);
    let last = trace.time(trace.len() - 1) - (later + 3_600 * SECOND);
    assert!((399 * SECOND / 100 - last).abs() < 10, "by its own clock: {last}");
}

#[test]
fn a_session_of_a_process_says_less_in_its_buffers() {
    // One processor of which the header says nothing; flags that Windows sets for private sessions.
    let log = LogFile { mode: 0x0002_0800 | 1, processors: 1, ..LogFile::default() };
    let mut trace = TraceBuilder::new(log);
    for i in 0..10_i64 {
        let event = Event { flags: 2, ..plain_event(PROVIDER, 3, vec![1, 2, 3]) };
        trace.push_at(0, trace.log.start_time + i * SECOND, &event);
    }
    let mut file = trace.build();
    let buffers = file.len() / trace.log.buffer_bytes as usize;
    for buffer in 0..buffers {
        let start = buffer * trace.log.buffer_bytes as usize;
        // Without the flag, processor 0 and an alignment of 8, as before Windows 8.
        set_u16(&mut file, start + 0x28, 8 << 8);
        set_u16(&mut file, start + 0x34, 1);
    }
    assert_eq!(whole_records(&file), trace.record_count());
    let loaded = load("private.etl", &file);
    assert!((0..loaded.len()).all(|event| loaded.cpu(event) == 0));
}

#[test]
fn nothing_is_asked_of_the_first_buffers_sequence_or_counts() {
    let log = LogFile { first_sequence: 9_000, buffers_lost: 0, ..LogFile::default() };
    let trace = events(LogFile { end_time: 0, ..log }, 2);
    let mut file = trace.build();
    etlens_synth::session::forget_buffers_written(&mut file);
    // A reader must not need the number of processors either.
    let processors = BUFFER_HEADER_BYTES + 0x20 + 0x0c;
    file[processors..processors + 4].copy_from_slice(&2_048_u32.to_le_bytes());
    assert_eq!(whole_records(&file), trace.record_count());
}

#[test]
fn nested_arrays_of_structures_and_what_only_few_write() {
    use in_type::*;
    let blob = Blob::new(0, "Batch")
        .structure("Items", 3, Count::Variable)
        .field("Name", UTF16Z, 0)
        .structure("Points", 2, Count::Fixed(2))
        .field("X", I8, 0)
        .field("Y", I8, 0)
        .array("Tags", COUNTED_ANSI, Count::Variable)
        .field("Address", BINARY, 9)
        .field("Endpoint", COUNTED_BINARY, 10)
        .field("Document", COUNTED_ANSI, 12)
        .field("At", SYSTEMTIME, 38)
        .field("Nothing", BINARY, 0)
        .build();
    let mut payload = Vec::new();
    payload.put_u16(2);
    for (name, tags) in [("a", 0_u16), ("b", 2)] {
        payload.put_utf16z(name);
        payload.put_bytes(&[1, 2, 0xff, 0xfe]);
        payload.put_u16(tags);
        for _ in 0..tags {
            payload.put_u16(2);
            payload.put_bytes(b"hi");
        }
    }
    payload.put_u16(16);
    payload.put_bytes(&[0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1]);
    payload.put_u16(16);
    // AF_INET, port 443, 127.0.0.1.
    payload.put_bytes(&[2, 0, 1, 187, 127, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0]);
    payload.put_u16(7);
    payload.put_bytes(b"{\"a\":1}");
    for word in [2026, 1, 5, 2, 3, 4, 5, 6] {
        payload.put_u16(word);
    }
    payload.put_u16(0);
    let found = self_described("nested.etl", blob, payload);
    assert_eq!((found.problem.as_str(), found.schema), ("", SchemaSource::TraceLogging));
    assert_eq!(value(&found, "Address"), "::1");
    assert_eq!(value(&found, "Endpoint"), "127.0.0.1:443");
    assert_eq!(value(&found, "Document"), "{\"a\":1}");
    assert!(value(&found, "At").starts_with("2026-01-02"), "{}", value(&found, "At"));
    let texts: Vec<&str> = found.properties.iter().map(|p| p.text.as_str()).collect();
    assert!(texts.contains(&"b") && texts.iter().any(|text| text.contains("hi")), "{texts:?}");
}

#[test]
fn a_field_of_an_unknown_type_keeps_the_events_name() {
    // Type 30 is none; what it names after that cannot be read, what came before can.
    let mut blob = Blob::new(0, "Newer").field("Before", in_type::U32, 0).build();
    blob.extend_from_slice(b"Odd\0\x1e");
    let size = blob.len() as u16;
    set_u16(&mut blob, 0, size);
    let payload = vec![7, 0, 0, 0, 1, 2, 3];
    let found = self_described("newer.etl", blob, payload);
    assert_eq!(found.row.provider, "Unlike");
    assert_eq!(found.row.name, "Newer");
    assert_eq!(value(&found, "Before"), "7");
}

#[test]
fn manifests_of_two_versions_and_of_two_processes_at_once() {
    let xml = |version: u32, field: &str| {
        format!(
            "<instrumentationManifest xmlns=\"http://schemas.microsoft.com/win/2004/08/events\">\
             <instrumentation><events><provider name=\"Unlike\" \
             guid=\"{{0c7a5b1e-9d24-4f6a-8c31-7e5d2b9f4a60}}\" symbol=\"U\" resourceFileName=\"U\" \
             messageFileName=\"U\"><templates><template tid=\"T\">\
             <data name=\"{field}\" inType=\"win:UInt32\"/></template></templates><events>\
             <event value=\"5\" version=\"{version}\" level=\"win:Informational\" template=\"T\" \
             symbol=\"Five\"/></events></provider></events></instrumentation>\
             </instrumentationManifest>{}",
            " ".repeat(70_000)
        )
    };
    let mut trace = TraceBuilder::new(LogFile { buffer_bytes: 131_072, ..LogFile::default() });
    let start = trace.log.start_time;
    // Events first; then the chunks of two processes in turn.
    for (i, version) in [0_u8, 1].into_iter().enumerate() {
        let payload = vec![version + 40, 0, 0, 0];
        let event = Event { version, ..plain_event(PROVIDER, 5, payload) };
        trace.push_at(0, start + i as i64 + 1, &event);
    }
    let chunks =
        |version, field, pid| manifest_events(&PROVIDER, pid, pid, &xml(version, field), 30_000);
    for (i, (one, other)) in chunks(0, "Old", 10).iter().zip(&chunks(1, "New", 11)).enumerate() {
        trace.push_at(0, start + SECOND + i as i64, one);
        trace.push_at(0, start + SECOND + i as i64, other);
    }
    let file = trace.build();
    let loaded = load("two.etl", &file);
    for (event, name) in [(1, "Old"), (2, "New")] {
        let found = details(&loaded, &file, event);
        assert_eq!(value(&found, name), (39 + event).to_string());
    }
}

#[test]
fn messages_with_any_options_and_no_level() {
    let mut trace = TraceBuilder::default();
    let start = trace.log.start_time;
    let options = [
        Message { guid: Some(wpp::DISK), ..Message::default() },
        Message { component: Some(7), sequence: Some(1), ..Message::default() },
        Message {
            guid: Some(wpp::DISK),
            stamped: true,
            pointer: Pointer::P32,
            ..Message::default()
        },
        Message { ..Message::default() },
    ];
    for (i, message) in options.iter().enumerate() {
        trace.push_at(0, start + (i as i64 + 1) * SECOND, message);
    }
    let file = trace.build();
    assert_eq!(whole_records(&file), trace.record_count());
    let loaded = load("wpp.etl", &file);
    // Those without a time stand where the one before them does.
    assert_eq!(u64::from(loaded.len()), trace.record_count());
    assert!((0..loaded.len()).all(|event| loaded.time(event) >= start));
    for event in 1..loaded.len() {
        let found = details(&loaded, &file, event);
        assert_eq!(found.row.level, 0, "no level is said, none is made up");
    }
}

#[test]
fn kernel_records_of_a_32_bit_machine_and_of_versions_to_come() {
    let log = LogFile { pointer: Pointer::P32, os: (6, 0, 6_002), ..LogFile::default() };
    let mut trace = TraceBuilder::new(log);
    let start = trace.log.start_time;
    let mut payload = Vec::new();
    // UniqueProcessKey, ProcessId, ParentId, SessionId, ExitStatus, a null SID, the name.
    for word in [0x8000_1000_u32, 4_321, 4, 1, 0, 0] {
        payload.put_u32(word);
    }
    payload.put_ansi_z("old.exe");
    payload.put_utf16z("old.exe /now");
    let process = System {
        pointer: Pointer::P32,
        version: 2,
        event_type: 1,
        group: 3,
        pid: u32::MAX,
        tid: u32::MAX,
        payload,
        ..System::default()
    };
    trace.push_at(0, start + SECOND, &process);
    let newer = System { version: 9, event_type: 36, group: 5, ..process.clone() };
    let mut payload = Vec::new();
    payload.put_u32(7);
    payload.put_u32(8);
    payload.put_bytes(&[9, 10, 1, 0, 13, 1, 5, 3, 44, 0, 0, 0, 0, 0, 0, 0, 0xaa, 0xbb]);
    trace.push_at(0, start + 2 * SECOND, &System { payload, ..newer });
    let file = trace.build();
    assert_eq!(whole_records(&file), trace.record_count());
    let loaded = load("old.etl", &file);
    assert_eq!(value(&details(&loaded, &file, 1), "CommandLine"), "old.exe /now");
    let found = details(&loaded, &file, 2);
    assert_eq!(value(&found, "NewThreadId"), "7", "a newer version is read as far as it is known");
    assert!(found.problem.starts_with("2 bytes at 24 "), "and the rest is said: {}", found.problem);
}

#[test]
fn a_record_as_large_as_records_can_be() {
    let log = LogFile { buffer_bytes: 1 << 20, ..LogFile::default() };
    let mut trace = TraceBuilder::new(log);
    let room = usize::from(u16::MAX) - plain_event(PROVIDER, 1, Vec::new()).to_bytes(0).len();
    for i in 0..40_i64 {
        let event = plain_event(PROVIDER, 1, vec![i as u8; room]);
        trace.push_at(0, trace.log.start_time + i * SECOND, &event);
    }
    assert_eq!(whole_records(&trace.build()), trace.record_count());
}
