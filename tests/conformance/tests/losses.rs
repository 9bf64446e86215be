//! What a trace lost, at its place.

use etlens_conformance::collect::load;
use etlens_parser::view::{Loss, LossCause};
use etlens_synth::bytes::Put as _;
use etlens_synth::record::{Event, Full};
use etlens_synth::session::BUFFER_HEADER_BYTES;
use etlens_synth::{LogFile, TraceBuilder, guid};

const BUFFER_BYTES: usize = 4096;
const SECOND: i64 = 10_000_000;

/// Ten buffers of events of one processor, one event a second, each buffer full.
fn trace() -> TraceBuilder {
    let log = LogFile { buffer_bytes: BUFFER_BYTES as u32, ..LogFile::default() };
    let mut builder = TraceBuilder::new(log);
    let start = builder.log.start_time;
    let provider = guid("11223344-5566-7788-99aa-bbccddeeff00");
    for second in 1..=40 {
        // Four to a buffer.
        let event = Event { provider, payload: vec![7; 900], ..Event::default() };
        builder.push_at(0, start + second * SECOND, &event);
    }
    builder
}

/// Seconds since the start of the trace, first and last of a loss.
fn seconds(builder: &TraceBuilder, loss: &Loss) -> (i64, i64) {
    let second = |time: i64| (time - builder.log.start_time) / SECOND;
    (second(loss.range.start), second(loss.range.end - 1))
}

fn losses(file: &[u8]) -> Vec<Loss> {
    load("lost.etl", file).info().losses.clone()
}

#[test]
fn a_trace_that_lost_nothing_lists_nothing() {
    assert_eq!(losses(&trace().build()), []);
}

#[test]
fn a_buffer_cut_out_is_missed_where_it_was() {
    let builder = trace();
    let mut file = builder.build();
    // The header buffer is the first; the fourth after it holds the events of seconds 13 to 16.
    file.drain(4 * BUFFER_BYTES..5 * BUFFER_BYTES);
    let losses = losses(&file);
    let [loss] = losses.as_slice() else { panic!("{losses:?}") };
    assert_eq!((loss.cause, loss.count, loss.cpu), (LossCause::NumbersMissing, 1, Some(0)));
    assert_eq!(seconds(&builder, loss), (12, 17));
}

#[test]
fn what_cannot_be_read_lies_between_its_neighbours() {
    let builder = trace();
    let mut file = builder.build();
    file[4 * BUFFER_BYTES..5 * BUFFER_BYTES].fill(0x5a);
    let losses = losses(&file);
    let unreadable: Vec<&Loss> =
        losses.iter().filter(|loss| loss.cause == LossCause::Unreadable).collect();
    let [loss] = unreadable.as_slice() else { panic!("{losses:?}") };
    assert_eq!(loss.count, BUFFER_BYTES as u64);
    assert_eq!(seconds(&builder, loss), (12, 17));
    // A damaged record costs its buffer's time at most.
    let mut file = builder.build();
    let record = 4 * BUFFER_BYTES + BUFFER_HEADER_BYTES;
    file[record..record + 4].fill(0x5a);
    let losses = self::losses(&file);
    let [loss] = losses.as_slice() else { panic!("{losses:?}") };
    assert_eq!((loss.cause, loss.cpu), (LossCause::Unreadable, Some(0)));
    assert_eq!(seconds(&builder, loss), (14, 16));
}

#[test]
fn flags_and_counts_of_the_recorder_are_told() {
    let builder = trace();
    let mut file = builder.build();
    // BufferFlag: events lost, and a buffer lost, before the fourth buffer.
    file[4 * BUFFER_BYTES + 0x34] |= 2 | 4;
    let losses = losses(&file);
    let causes: Vec<LossCause> = losses.iter().map(|loss| loss.cause).collect();
    assert_eq!(causes, [LossCause::EventsBefore, LossCause::BufferBefore]);
    assert!(losses.iter().all(|loss| seconds(&builder, loss) == (12, 13)), "{losses:?}");

    let mut builder = trace();
    builder.log.events_lost = 41;
    let start = builder.log.start_time;
    let class = guid("6a399ae0-4bc6-4de9-870b-3657f8947e7e");
    let lost = Full { opcode: 33, class, ..Full::default() };
    builder.push_at(0, start + 20 * SECOND + 1, &lost);
    let losses = self::losses(&builder.build());
    let [counted, told] = losses.as_slice() else { panic!("{losses:?}") };
    assert_eq!((counted.cause, counted.count), (LossCause::EventsCounted, 41));
    assert_eq!(seconds(&builder, counted), (0, 40));
    assert_eq!((told.cause, told.cpu), (LossCause::RealTimeBuffers, Some(0)));
    assert_eq!(seconds(&builder, told), (20, 20));
}

#[test]
fn times_of_the_last_drops_are_places() {
    let mut builder = trace();
    let start = builder.log.start_time;
    let mut payload = Vec::new();
    payload.put_u32(3);
    payload.put_u32(0);
    // In ticks of the clock, as FILETIME, and never.
    payload.put_i64(builder.log.ticks_at(start + 7 * SECOND));
    payload.put_i64(start + 30 * SECOND);
    payload.put_i64(0);
    builder.log.header_records.push((82, payload));
    let losses = losses(&builder.build());
    let places: Vec<(LossCause, i64)> =
        losses.iter().map(|loss| (loss.cause, seconds(&builder, loss).0)).collect();
    assert_eq!(places, [(LossCause::EventsDropped, 7), (LossCause::EventsDropped, 30)]);
}
