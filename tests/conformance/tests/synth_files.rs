//! Whole files: every record of every built file, in chunks of any size, and with damage.

use etlens_conformance::collect::{Collected, Kept, read, read_in};
use etlens_parser::etl::{BufferCache, is_etl};
use etlens_parser::record::Locator;
use etlens_synth::random::Random;
use etlens_synth::record::plain_event;
use etlens_synth::variants::{self, Variant};
use etlens_synth::{Clock, LogFile, TraceBuilder, damage, guid, sample, xpress};

const PROVIDER: [u8; 16] = guid("11223344-5566-7788-99aa-bbccddeeff00");

fn variant(name: &str) -> Variant {
    variants::all().into_iter().find(|variant| variant.name == name).expect("a built file")
}

#[test]
fn every_record_of_every_built_file() {
    for variant in variants::all() {
        assert!(is_etl(&variant.bytes[..1024.min(variant.bytes.len())]), "{}", variant.name);
        let (collected, reader) = read(&variant.bytes);
        assert_eq!(collected.records.len() as u64, variant.records, "{}", variant.name);
        let accounted = reader.accounting().total_bytes();
        assert_eq!(accounted, variant.bytes.len() as u64, "{}: bytes", variant.name);
        match variant.damaged_at {
            None => assert_eq!(collected.issues, [], "{}", variant.name),
            Some(at) => {
                let places: Vec<u64> = collected.issues.iter().map(|issue| issue.offset).collect();
                assert!(places.contains(&(at as u64)), "{}: {places:x?} not {at:x}", variant.name);
                let skipped: u64 = collected.issues.iter().map(|issue| issue.skipped_bytes).sum();
                assert_eq!(skipped, reader.accounting().skipped_bytes, "{}", variant.name);
            }
        }
    }
}

#[test]
fn chunks_of_any_size_give_the_same() {
    for name in ["kinds.etl", "damaged.etl", "cut.etl", "compressed.etl", "append.etl"] {
        let bytes = variant(name).bytes;
        let (whole, _) = read(&bytes);
        for chunk_bytes in [4_093, 32 << 10, 1 << 20] {
            let (pieces, _) = read_in(&bytes, chunk_bytes);
            assert!(pieces == whole, "{name} in chunks of {chunk_bytes}");
        }
    }
    let small = variant("kinds.etl").bytes;
    let (whole, _) = read(&small);
    for chunk_bytes in [1, 7, 72] {
        assert!(read_in(&small, chunk_bytes).0 == whole, "chunks of {chunk_bytes}");
    }
}

/// All that a record says, without its place in the file.
fn without_place(collected: &Collected) -> Vec<Kept> {
    let strip = |kept: &Kept| Kept { locator: 0, offset: 0, ..kept.clone() };
    collected.records.iter().map(strip).collect()
}

#[test]
fn compressed_or_not_the_records_are_the_same() {
    let (plain, _) = read(&sample::build());
    let (packed, reader) = read(&sample::build_compressed());
    // The log headers differ: mode, log version.
    assert_eq!(without_place(&plain)[1..], without_place(&packed)[1..]);
    assert_ne!(reader.header().map(|h| h.log_file_mode & 0x0400_0000), Some(0));
}

#[test]
fn a_record_is_found_again_by_its_locator() {
    for name in ["sample.etl", "compressed.etl", "damaged.etl", "append.etl"] {
        let bytes = variant(name).bytes;
        let (collected, reader) = read(&bytes);
        let file = reader.into_file();
        let mut cache = BufferCache::default();
        for kept in collected.records.iter().step_by(97) {
            let locator = Locator(kept.locator);
            let again = file
                .with_record(&bytes, &mut cache, locator, |record| Kept::new(record, locator))
                .expect("a record");
            assert_eq!(&again, kept, "{name}");
            let extent = file.extent(locator).expect("a buffer");
            assert!(extent.contains(&kept.offset), "{name}");
        }
    }
}

#[test]
fn a_file_that_was_appended_to_has_a_header_per_session() {
    let (collected, reader) = read(&variant("append.etl").bytes);
    let [first, second] = reader.headers() else { panic!("two sessions") };
    let day = 86_400 * 10_000_000;
    assert_eq!(second.start_time - first.start_time, day);
    // Both sessions began at the same counter; their records are a day apart all the same.
    let clock = first.clock();
    let half = collected.records.len() / 2;
    let (a, b) = (&collected.records[half - 1], &collected.records[2 * half - 1]);
    assert_eq!(clock.to_filetime(b.ticks) - clock.to_filetime(a.ticks), day);
}

#[test]
fn appended_sessions_with_other_clocks_share_one_time_line() {
    let start = LogFile::default().start_time;
    let session = |clock, start_time| {
        let mut trace = TraceBuilder::new(LogFile { clock, start_time, ..LogFile::default() });
        trace.push_at(0, start_time + 10_000_000, &plain_event(PROVIDER, 1, Vec::new()));
        trace
    };
    let file = etlens_synth::trace::append(&[
        session(Clock::Qpc { frequency: 10_000_000, start: 500 }, start),
        session(Clock::Qpc { frequency: 2_435_937, start: 9_000_000_000 }, start + 900_000_000),
        session(Clock::SystemTime, start + 1_900_000_000),
    ]);
    let (collected, reader) = read(&file);
    let clock = reader.header().expect("a log header").clock();
    let times: Vec<i64> = collected
        .records
        .iter()
        .filter(|kept| kept.descriptor.0 == 1)
        .map(|kept| clock.to_filetime(kept.ticks) - start)
        .collect();
    assert_eq!(times, [10_000_000, 910_000_000, 1_910_000_000]);
}

#[test]
fn what_a_session_left_unsaid_does_not_matter() {
    let mut bytes = sample::build();
    etlens_synth::session::forget_end_time(&mut bytes);
    etlens_synth::session::forget_buffers_written(&mut bytes);
    let (collected, _) = read(&bytes);
    assert_eq!(collected.records.len() as u64, sample::truth().records);
    assert_eq!(collected.issues, []);
}

#[test]
fn a_damaged_record_costs_only_itself() {
    let mut bytes = sample::build();
    let buffers = damage::buffers(&bytes);
    let records = damage::records(&bytes, &buffers[9]);
    let victim = records[records.len() / 2].clone();
    // The marker becomes one that no record has.
    bytes[victim.start + 3] = 0x33;
    let (collected, reader) = read(&bytes);
    assert_eq!(collected.records.len() as u64, sample::truth().records - 1);
    let [issue] = collected.issues.as_slice() else { panic!("{:?}", collected.issues) };
    assert_eq!(issue.offset, victim.start as u64);
    assert!(issue.skipped_bytes >= victim.len() as u64);
    assert!(issue.skipped_bytes < victim.len() as u64 + 8);
    assert_eq!(reader.accounting().total_bytes(), bytes.len() as u64);
}

#[test]
fn a_damaged_compressed_buffer_costs_only_itself() {
    let mut bytes = sample::build_compressed();
    let buffers = damage::buffers(&bytes);
    let victim = buffers[buffers.len() / 2].clone();
    xpress::break_stream(&mut bytes[victim.start + 0x48..victim.end]);
    let (collected, reader) = read(&bytes);
    // The sample in plain form says how many records that buffer held.
    let plain = sample::build();
    let in_buffer = damage::records(&plain, &damage::buffers(&plain)[buffers.len() / 2]).len();
    assert_eq!(collected.records.len() as u64, sample::truth().records - in_buffer as u64);
    assert_eq!(collected.issues.first().map(|issue| issue.offset), Some(victim.start as u64));
    assert_eq!(reader.accounting().total_bytes(), bytes.len() as u64);
}

#[test]
fn several_damaged_buffers_in_a_row() {
    let mut bytes = sample::build();
    let buffers = damage::buffers(&bytes);
    let victims = &buffers[5..9];
    let lost: usize = victims.iter().map(|buffer| damage::records(&bytes, buffer).len()).sum();
    damage::zero(&mut bytes, victims[0].start..victims[3].end);
    let (collected, reader) = read(&bytes);
    assert_eq!(collected.records.len() as u64, sample::truth().records - lost as u64);
    assert_eq!(collected.issues.first().map(|issue| issue.offset), Some(victims[0].start as u64));
    assert_eq!(reader.accounting().skipped_bytes, 4 * (32 << 10));
}

#[test]
fn a_file_cut_anywhere_keeps_what_lies_before_the_cut() {
    let whole = variant("kinds.etl").bytes;
    let ends: Vec<usize> = damage::buffers(&whole)
        .iter()
        .flat_map(|buffer| damage::records(&whole, buffer))
        .map(|record| record.end)
        .collect();
    for len in (1_000..whole.len()).step_by(509) {
        let (collected, reader) = read(&damage::cut(&whole, len));
        let expected = ends.iter().filter(|&&end| end <= len).count();
        assert_eq!(collected.records.len(), expected, "cut at {len}");
        assert_eq!(reader.accounting().total_bytes(), len as u64, "cut at {len}");
    }
}

#[test]
fn flipped_bits_never_stop_the_reader() {
    let mut random = Random::new(17);
    let plain = variant("tracelogging.etl").bytes;
    let packed = sample::build_compressed();
    for original in [&plain, &packed] {
        for _ in 0..60 {
            let mut bytes = original.clone();
            for _ in 0..random.between(1, 30) {
                let at = random.between(0, bytes.len() as i64) as usize;
                damage::flip(&mut bytes, at, 1 << random.between(0, 8));
            }
            let (_, reader) = read(&bytes);
            assert_eq!(reader.accounting().total_bytes(), bytes.len() as u64);
        }
    }
}

#[test]
fn events_and_buffers_of_any_size() {
    for buffer_bytes in [1 << 10, 4 << 10, 1 << 20, 4 << 20] {
        let mut random = Random::new(buffer_bytes.into());
        let mut trace = TraceBuilder::new(LogFile { buffer_bytes, ..LogFile::default() });
        for i in 0..400 {
            let payload = vec![i as u8; random.between(0, 700) as usize];
            trace.push_at(
                (i % 3) as u16,
                trace.log.start_time + i * 1_000,
                &plain_event(PROVIDER, i as u16, payload),
            );
        }
        let (collected, reader) = read(&trace.build());
        assert_eq!(collected.issues, []);
        assert_eq!(collected.records.len(), 401, "buffers of {buffer_bytes}");
        assert_eq!(reader.losses().sequence_gaps, 0);
        for kept in &collected.records[1..] {
            assert!(kept.payload.iter().all(|byte| *byte == kept.descriptor.0 as u8));
        }
    }
}
