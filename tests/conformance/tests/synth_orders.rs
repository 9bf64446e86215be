//! Files whose buffers do not lie in the order of time, and records that carry more than their
//! payload: circular files, buffers flushed late, private sessions, hardware counters.

use etlens_conformance::collect::read;
use etlens_parser::store::{Loader, Trace};
use etlens_synth::random::Random;
use etlens_synth::record::{Event, PerfInfo, plain_event};
use etlens_synth::{LogFile, TraceBuilder, guid};

const PROVIDER: [u8; 16] = guid("5c3e9d10-8a41-4f6b-9d27-61c07be4a813");
const BUFFER_BYTES: u32 = 8 << 10;
const CIRCULAR: u32 = 2;
const PRIVATE: u32 = 0x800;

fn load(bytes: &[u8]) -> Trace {
    let mut loader = Loader::new("test.etl", bytes.len() as u64);
    loader.push(bytes).expect("a trace");
    loader.finish().expect("a trace")
}

/// Events of four processors, numbered in the order of time.
fn numbered(mode: u32) -> Vec<u8> {
    let log = LogFile { buffer_bytes: BUFFER_BYTES, processors: 4, mode, ..LogFile::default() };
    let mut trace = TraceBuilder::new(log);
    let mut random = Random::new(7);
    for id in 0..4_000_u16 {
        let cpu = random.between(0, 4) as u16;
        let time = trace.log.start_time + 1_000 * (1 + i64::from(id));
        trace.push_at(cpu, time, &plain_event(PROVIDER, id, vec![0; 24]));
    }
    trace.build()
}

/// The header buffer, and the others.
fn buffers(file: &[u8]) -> (&[u8], Vec<&[u8]>) {
    let (header, rest) = file.split_at(BUFFER_BYTES as usize);
    (header, rest.chunks(BUFFER_BYTES as usize).collect())
}

/// All events are there, in the order of their numbers, and nothing is called damaged or lost.
fn assert_in_order(file: &[u8], what: &str) {
    let (collected, reader) = read(file);
    assert_eq!(collected.issues, [], "{what}");
    assert_eq!(collected.records.len(), 4_001, "{what}");
    assert_eq!(reader.accounting().total_bytes(), file.len() as u64, "{what}");
    let trace = load(file);
    let ids: Vec<u32> = (0..trace.len())
        .filter_map(|event| trace.key(event))
        .filter(|key| key.event.provider.0 == PROVIDER)
        .map(|key| key.event.id)
        .collect();
    assert!(ids.iter().copied().eq(0..4_000), "{what}: {:?}…", &ids[..20]);
}

#[test]
fn a_circular_file_that_has_wrapped_is_in_time_order() {
    let file = numbered(CIRCULAR);
    assert_in_order(&file, "not wrapped");
    let (header, body) = buffers(&file);
    // The newest buffers have been written over where the oldest were.
    for wrapped in [1, 5, body.len() / 2, body.len() - 1] {
        let (old, new) = body.split_at(body.len() - wrapped);
        let turned: Vec<u8> =
            [header].iter().chain(new).chain(old).copied().flatten().copied().collect();
        assert_in_order(&turned, &format!("{wrapped} buffers wrapped"));
    }
}

#[test]
fn a_buffer_flushed_late_takes_its_place_in_time() {
    let file = numbered(0);
    let (header, body) = buffers(&file);
    let mut late = body.clone();
    // The first is written after all others, and two neighbours change places.
    let first = late.remove(0);
    late.push(first);
    late.swap(6, 7);
    let late: Vec<u8> = [header].iter().chain(&late).copied().flatten().copied().collect();
    assert_in_order(&late, "flushed late");
    let mut backwards = body;
    backwards.reverse();
    let backwards: Vec<u8> =
        [header].iter().chain(&backwards).copied().flatten().copied().collect();
    assert_in_order(&backwards, "backwards");
}

#[test]
fn events_of_a_private_session_know_their_thread() {
    const PRIVATE_SESSION: u16 = 2;
    const NO_CPUTIME: u16 = 0x10;
    let log = LogFile { mode: PRIVATE, processors: 1, ..LogFile::default() };
    let mut trace = TraceBuilder::new(log);
    let time = trace.log.start_time + 5_000;
    let event = Event {
        flags: PRIVATE_SESSION | NO_CPUTIME,
        // One count of cycles in the place of the two times.
        kernel_time: 0x89ab_cdef,
        user_time: 1,
        ..plain_event(PROVIDER, 9, b"own".to_vec())
    };
    trace.push_at(0, time, &event);
    let file = trace.build();
    let (collected, reader) = read(&file);
    assert_eq!(collected.issues, []);
    let [_, kept] = collected.records.as_slice() else { panic!("two records") };
    assert_eq!((kept.writer, kept.payload.as_slice()), ((1000, 1001), &b"own"[..]));
    assert_eq!(reader.header().expect("a log header").log_file_mode & PRIVATE, PRIVATE);
    assert_eq!(load(&file).time(1), time);
}

#[test]
fn hardware_counters_are_not_payload() {
    const PEBS_INDEX: u16 = 0x8000;
    let mut trace = TraceBuilder::new(LogFile::default());
    let time = trace.log.start_time;
    let sample = [0x10, 0x20, 0x30, 0x40, 0, 0, 0, 0, 7, 0, 0, 0, 1, 0, 0, 0];
    for (counters, index) in [(0, 0), (1, 0), (4, 0), (7, 0), (0, PEBS_INDEX), (3, PEBS_INDEX)] {
        let mut payload = vec![0xee; 8 * (usize::from(counters) + usize::from(index != 0))];
        payload.extend_from_slice(&sample);
        let version = 2 | counters << 8 | index;
        let record =
            PerfInfo { version, event_type: 46, group: 0x0f, payload, ..PerfInfo::default() };
        trace.push_at(0, time + 100, &record);
    }
    let (collected, _) = read(&trace.build());
    assert_eq!(collected.issues, []);
    assert_eq!(collected.records.len(), 7);
    for kept in &collected.records[1..] {
        assert_eq!(kept.payload, sample);
        assert_eq!(kept.descriptor.1, 2, "the version without the counters");
    }
}
