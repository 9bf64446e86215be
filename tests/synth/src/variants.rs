//! The built files the end-to-end tests drop, and what they hold.

use crate::activation::{Arg, PROVIDER, event};
use crate::bytes::Put;
use crate::extended::{provider_traits, schema_tl};
use crate::guid::{Guid, ZERO, guid};
use crate::record::{Event, Full, Instance, Message, PerfInfo, System, plain_event};
use crate::session::{Clock, LogFile, Pointer};
use crate::time::SECOND;
use crate::trace::{TraceBuilder, append};
use crate::tracelogging::{Blob, Count, in_type};
use crate::{contoso, damage, sample, wpp};

/// An id an application chose for itself (`etwProviderId`).
pub const OWN_ID: Guid = guid("2720e974-9fe9-477a-bb60-81fe3bf91eec");
/// A provider no schema is known of.
pub const UNKNOWN: Guid = guid("e1ab7c55-0d13-4c7e-8d2c-6f0a5b9d4477");
/// A class no schema is known of.
pub const UNKNOWN_CLASS: Guid = guid("5a1f3b0c-77c1-4e9e-a0d4-2f6e8c9b1d30");
/// A TraceLogging provider.
pub const TELEMETRY: Guid = guid("3f1c9a52-6b7e-4d43-8a55-90be2c1f77d1");

/// A file and what a reader must find in it.
#[derive(Clone, Debug)]
pub struct Variant {
    /// File name.
    pub name: &'static str,
    /// The file.
    pub bytes: Vec<u8>,
    /// Records that can be read.
    pub records: u64,
    /// Events 4031 among them that are recognised without help.
    pub marked: u64,
    /// Where it is damaged.
    pub damaged_at: Option<usize>,
}

/// All of them, the sample first.
#[must_use]
pub fn all() -> Vec<Variant> {
    let truth = sample::truth();
    let whole =
        |name, bytes, records, marked| Variant { name, bytes, records, marked, damaged_at: None };
    let (records, marked) = (truth.records, truth.marked);
    let (level4, truth4) = sample::trace(4);
    let mut later = level4.clone();
    later.log.start_time += 86_400 * SECOND;
    later.log.end_time += 86_400 * SECOND;
    vec![
        whole("sample.etl", sample::build(), records, marked),
        whole("compressed.etl", sample::build_compressed(), records, marked),
        whole("level4.etl", level4.build(), truth4.records, truth4.marked),
        whole("append.etl", append(&[level4, later]), 2 * truth4.records, 2 * truth4.marked),
        built("kinds.etl", &kinds(Pointer::P64), 0),
        built("kinds32.etl", &kinds(Pointer::P32), 0),
        built("tracelogging.etl", &tracelogging(), 0),
        built("own-id.etl", &own_id(), 0),
        built("html.etl", &html(), 1),
        built("contoso.etl", &contoso::trace(), 0),
        built("wpp.etl", &wpp::trace(), 0),
        damaged(),
        cut(),
    ]
}

/// What all of them hold, as JSON: an object by file name, and the sample's truth.
#[must_use]
pub fn truth_json(variants: &[Variant]) -> String {
    let files: Vec<String> = variants
        .iter()
        .map(|v| {
            let damaged = v.damaged_at.map_or("null".into(), |at| at.to_string());
            let (name, bytes) = (v.name, v.bytes.len());
            let (records, marked) = (v.records, v.marked);
            format!(
                "\"{name}\":{{\"bytes\":{bytes},\"records\":{records},\"marked\":{marked},\
                 \"damaged_at\":{damaged}}}"
            )
        })
        .collect();
    format!("{{\"sample\":{},\"files\":{{{}}}}}\n", sample::truth().to_json(), files.join(","))
}

fn built(name: &'static str, trace: &TraceBuilder, marked: u64) -> Variant {
    let bytes = trace.build();
    Variant { name, bytes, records: trace.record_count(), marked, damaged_at: None }
}

/// The sample with the buffer in its middle overwritten by zeros.
fn damaged() -> Variant {
    let mut bytes = sample::build();
    let truth = sample::truth();
    let buffers = damage::buffers(&bytes);
    let victim = buffers[buffers.len() / 2].clone();
    let lost = damage::records(&bytes, &victim);
    let lost_marked = lost.iter().filter(|record| damage::is_marked(&bytes, record)).count();
    damage::zero(&mut bytes, victim.clone());
    Variant {
        name: "damaged.etl",
        bytes,
        records: truth.records - lost.len() as u64,
        marked: truth.marked - lost_marked as u64,
        damaged_at: Some(victim.start),
    }
}

/// The sample cut in the middle of a record: what lies before the cut is still there.
fn cut() -> Variant {
    let bytes = sample::build();
    let buffers = damage::buffers(&bytes);
    let last = buffers[buffers.len() * 2 / 3].clone();
    let in_last = damage::records(&bytes, &last);
    let split = &in_last[in_last.len() / 2];
    let cut_at = split.start + 20;
    let whole: Vec<_> = buffers
        .iter()
        .flat_map(|buffer| damage::records(&bytes, buffer))
        .filter(|record| record.end <= cut_at)
        .collect();
    let marked = whole.iter().filter(|record| damage::is_marked(&bytes, record)).count();
    Variant {
        name: "cut.etl",
        records: whole.len() as u64,
        marked: marked as u64,
        damaged_at: Some(split.start),
        bytes: damage::cut(&bytes, cut_at),
    }
}

/// One record with each header, and unknown payloads: nothing of it can be decoded, all of it
/// must be shown.
#[must_use]
pub fn kinds(pointer: Pointer) -> TraceBuilder {
    let mut trace = TraceBuilder::new(LogFile { pointer, ..LogFile::default() });
    let start = trace.log.start_time;
    let at = |n: i64| start + n * SECOND + 1;
    let payload = vec![0xde, 0xad, 0xbe, 0xef, 1, 2, 3];
    let full = Full {
        pointer,
        opcode: 17,
        level: 3,
        version: 2,
        pid: 11,
        tid: 12,
        class: UNKNOWN_CLASS,
        payload: payload.clone(),
        ..Full::default()
    };
    let system = System {
        pointer,
        version: 1,
        event_type: 99,
        group: 0x0b,
        pid: 13,
        tid: 14,
        kernel_time: 3,
        user_time: 4,
        payload: payload.clone(),
        ..System::default()
    };
    let compact = System { compact: true, ..system.clone() };
    let perf_info =
        PerfInfo { pointer, version: 1, event_type: 250, group: 0x0f, payload: payload.clone() };
    let instance =
        Instance { full: full.clone(), instance: 5, parent_instance: 6, parent_class: UNKNOWN };
    let message = Message {
        number: 10,
        sequence: Some(77),
        guid: Some(UNKNOWN),
        stamped: true,
        thread: Some((16, 15)),
        pointer,
        payload: payload.clone(),
        ..Message::default()
    };
    let event = Event { pointer, ..plain_event(UNKNOWN, 7, payload) };
    trace.push_at(0, at(1), &event);
    trace.push_at(0, at(2), &full);
    trace.push_at(0, at(3), &instance);
    trace.push_at(0, at(4), &system);
    trace.push_at(0, at(5), &compact);
    trace.push_at(1, at(6), &perf_info);
    trace.push_at(1, at(7), &message);
    trace
}

/// TraceLogging events with scalars, strings, arrays and structures.
#[must_use]
pub fn tracelogging() -> TraceBuilder {
    let mut trace = TraceBuilder::default();
    let blob = Blob::new(0, "RequestCompleted")
        .field("Path", in_type::UTF16Z, 0)
        .field("Status", in_type::U16, 0)
        .field("Result", in_type::HEX32, 15)
        .array("Timings", in_type::U32, Count::Variable)
        .structure("Client", 2, Count::One)
        .field("Name", in_type::ANSI_Z, 35)
        .field("Port", in_type::U16, 7)
        .build();
    for i in 0..40_u32 {
        let mut payload = Vec::new();
        payload.put_utf16z(&format!("/orders/{i}"));
        payload.put_u16(200);
        payload.put_u32(0x8007_0005);
        payload.put_u16(3);
        for timing in [i, i + 1, i + 2] {
            payload.put_u32(timing);
        }
        payload.put_ansi_z("Grüße");
        payload.put_u16(808_u16.swap_bytes());
        let event = Event {
            provider: TELEMETRY,
            channel: 11,
            level: 4,
            pid: 4_100,
            tid: 4_104,
            activity: ZERO,
            payload,
            ..Event::default()
        };
        let event =
            event.with(provider_traits("Contoso.Telemetry", None)).with(schema_tl(blob.clone()));
        trace.push_at((i % 2) as u16, trace.log.start_time + i64::from(i) * SECOND, &event);
    }
    trace
}

/// Dispatch sessions under an id the application chose: the catalog fits but is not asked yet.
#[must_use]
pub fn own_id() -> TraceBuilder {
    let mut trace = TraceBuilder::default();
    let domain = Arg::Text("SMSvcHost.exe");
    let via = Arg::Text("net.tcp://orders.contoso.example:808/Orders/OrderService.svc");
    for i in 0..20_u8 {
        let mut activity = guid("9a3f5c10-0000-4000-8000-000000000000");
        activity[15] = i;
        let base = trace.log.start_time + i64::from(i) * 2 * SECOND;
        let last = if i % 5 == 4 { 4031 } else { 4030 };
        for (step, id) in [4001, 4033, 4034, 4008, 4019, last].into_iter().enumerate() {
            let args: &[Arg<'_>] = if id == 4001 { &[via, domain] } else { &[domain] };
            let event = event(&OWN_ID, id, (2_540, 2_560), &activity, args);
            trace.push_at(u16::from(i % 2), base + step as i64 * 1_000, &event);
        }
    }
    trace
}

/// Payloads that would do harm if a page took text for markup.
#[must_use]
pub fn html() -> TraceBuilder {
    let mut trace = TraceBuilder::default();
    let activity = guid("11111111-2222-4333-8444-555555555555");
    let evil =
        "<img src=x onerror=\"document.title='harmed'\"><script>document.title='harmed'</script>";
    let time = trace.log.start_time + SECOND;
    let writer = (2_540, 2_560);
    let received = event(&PROVIDER, 4001, writer, &activity, &[Arg::Text(evil), Arg::Text(evil)]);
    let failed = event(&PROVIDER, 4031, writer, &activity, &[Arg::Text(evil)]);
    trace.push_at(0, time, &received);
    trace.push_at(0, time + 10, &failed);
    trace
}

/// A trace whose clock is not 10 MHz, for exactness of time.
#[must_use]
pub fn with_clock(clock: Clock) -> TraceBuilder {
    TraceBuilder::new(LogFile { clock, ..LogFile::default() })
}
