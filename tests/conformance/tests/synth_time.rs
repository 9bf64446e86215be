//! Times are exact to 100 ns, whatever the clock.

use etlens_conformance::collect::read;
use etlens_parser::time::{iso8601, parse_iso8601};
use etlens_synth::record::plain_event;
use etlens_synth::time::filetime;
use etlens_synth::{Clock, LogFile, TraceBuilder, guid};

const PROVIDER: [u8; 16] = guid("11223344-5566-7788-99aa-bbccddeeff00");

/// Checks that a clock's ticks become the FILETIME nearest to (or just below) the exact instant.
fn assert_exact(clock: Clock, offsets: &[i64]) {
    let log = LogFile { clock, ..LogFile::default() };
    let (start, frequency) = (log.start_ticks(), i128::from(log.frequency()));
    let start_time = log.start_time;
    let mut trace = TraceBuilder::new(log).in_given_order();
    for &offset in offsets {
        trace.push(0, start + offset, &plain_event(PROVIDER, 1, Vec::new()));
    }
    let (collected, reader) = read(&trace.build());
    let header = reader.header().expect("a log header");
    assert_eq!(header.clock().to_filetime(header.start_ticks), start_time);
    for (kept, &offset) in collected.records[1..].iter().zip(offsets) {
        assert_eq!(kept.ticks, start + offset);
        let found = i128::from(header.clock().to_filetime(kept.ticks) - start_time);
        // |found - offset * 10^7 / F| < 1, without dividing.
        let error = found * frequency - i128::from(offset) * 10_000_000;
        assert!(error.abs() < frequency, "{clock:?} at {offset}: {found}");
    }
}

const YEAR_SECONDS: i64 = 31_556_952;

#[test]
fn performance_counters_of_every_rate() {
    for frequency in
        [1, 1_000, 2_435_937, 3_125_000, 3_579_545, 10_000_000, 24_000_000, 2_994_373_000]
    {
        let clock = Clock::Qpc { frequency, start: 7_777_777 };
        let far = frequency.saturating_mul(3 * YEAR_SECONDS) + 12_345;
        assert_exact(clock, &[0, 1, 2, 3, 999, 1_000_001, frequency, frequency * 600 + 1, far, -5]);
    }
}

#[test]
fn system_time_is_the_time() {
    assert_exact(Clock::SystemTime, &[0, 1, 10_000_000, 600 * 10_000_000 + 7, -3]);
}

#[test]
fn cpu_cycles() {
    for cpu_mhz in [800, 2_594, 5_700] {
        let rate = i64::from(cpu_mhz) * 1_000_000;
        let clock = Clock::Cycles { cpu_mhz, start: 1 << 50 };
        assert_exact(clock, &[0, 1, 259, rate, rate * 3_600 + 11, rate * YEAR_SECONDS]);
    }
}

#[test]
fn an_old_header_without_a_clock_type_counts_by_its_frequency() {
    let clock = Clock::Qpc { frequency: 3_579_545, start: 10 };
    let mut trace =
        TraceBuilder::new(LogFile { clock, reserved_flags: Some(0), ..LogFile::default() });
    trace.push(0, 10 + 3_579_545, &plain_event(PROVIDER, 1, Vec::new()));
    let (collected, reader) = read(&trace.build());
    let clock = reader.header().expect("a log header").clock();
    assert_eq!(clock.to_filetime(collected.records[1].ticks), trace.log.start_time + 10_000_000);
}

#[test]
fn a_time_becomes_ticks_and_back_within_a_tick() {
    for frequency in [2_435_937, 10_000_000, 24_000_000] {
        let log = LogFile { clock: Clock::Qpc { frequency, start: 99 }, ..LogFile::default() };
        let start_time = log.start_time;
        let (_, reader) = read(&TraceBuilder::new(log).build());
        let clock = reader.header().expect("a log header").clock();
        for time in
            [start_time, start_time + 1, start_time + 12_345_678, start_time + 6_000_000_001]
        {
            let back = clock.to_filetime(clock.to_ticks(time));
            let tick = 10_000_000 / frequency + 1;
            assert!((back - time).abs() <= tick, "{frequency}: {time} became {back}");
        }
    }
}

#[test]
fn the_header_tells_who_recorded_when_and_what_was_lost() {
    let log = LogFile {
        events_lost: 41,
        buffers_lost: 3,
        bias_minutes: 300,
        os: (6, 1, 7601),
        logger_name: "세션".into(),
        log_file_name: r"C:\추적\a.etl".into(),
        ..LogFile::default()
    };
    for pointer in [etlens_synth::Pointer::P32, etlens_synth::Pointer::P64] {
        let log = LogFile { pointer, ..log.clone() };
        let (collected, reader) = read(&TraceBuilder::new(log.clone()).build());
        assert_eq!(collected.records.len(), 1);
        let header = reader.header().expect("a log header");
        assert_eq!(header.pointer_bytes, pointer.pick(4, 8));
        assert_eq!((header.events_lost, header.buffers_lost), (41, 3));
        assert_eq!((header.os_major, header.os_minor, header.build), (6, 1, 7601));
        assert_eq!(header.bias_minutes, 300);
        assert_eq!(header.processors, log.processors);
        assert_eq!(header.start_time, log.start_time);
        assert_eq!(header.end_time, log.end_time);
        assert_eq!(header.boot_time, log.boot_time);
        assert_eq!(header.timer_resolution, log.timer_resolution);
        assert_eq!(header.log_file_mode, log.mode);
        assert_eq!(header.logger_name, log.logger_name);
        assert_eq!(header.log_file_name, log.log_file_name);
        let losses = reader.losses();
        assert_eq!((losses.events, losses.buffers), (41, 3));
    }
}

#[test]
fn a_time_is_written_as_windows_writes_it_and_read_back() {
    let time = filetime((2026, 3, 17), (0, 14, 5), 1_234_567);
    assert_eq!(iso8601(time), "2026-03-17T00:14:05.1234567Z");
    assert_eq!(parse_iso8601("2026-03-17T00:14:05.1234567Z"), Some(time));
    assert_eq!(parse_iso8601("2026-03-17T09:14:05.1234567+09:00"), Some(time));
    let leap = filetime((2024, 2, 29), (23, 59, 59), 9_999_999);
    assert_eq!(iso8601(leap), "2024-02-29T23:59:59.9999999Z");
    assert_eq!(iso8601(leap + 1), "2024-03-01T00:00:00.0000000Z");
}
