//! The .etl engine against real traces: every record, every byte, whole and in chunks, again by
//! locator, by scan, and after damage.

use std::collections::{BTreeMap, HashMap};
use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::sync::atomic::{AtomicUsize, Ordering};

use etlens_conformance::{Seeded, Trace, traces, truth};
use etlens_parser::Issue;
use etlens_parser::etl::{BufferCache, Reader, is_etl};
use etlens_parser::record::{Locator, Record, Sink};
use etlens_parser::source::ReadAt;

/// A record as it can be kept: its place, its identity, and a hash of everything else.
#[derive(Clone, Debug, Eq, PartialEq)]
struct Seen {
    locator: Locator,
    offset: u64,
    key: (String, u16, u8, u8),
    /// Hash of all fields and bytes but the place.
    contents: u64,
}

impl Seen {
    fn new(record: &Record<'_>, locator: Locator) -> Self {
        let key = (record.provider.to_string(), record.id, record.version, record.opcode);
        Self { locator, offset: record.offset, key, contents: contents(record) }
    }
}

fn contents(record: &Record<'_>) -> u64 {
    let mut hasher = DefaultHasher::new();
    (record.kind, record.ticks, record.pid, record.tid, record.cpu).hash(&mut hasher);
    (record.provider, record.id, record.version, record.channel).hash(&mut hasher);
    (record.level, record.opcode, record.task, record.keywords).hash(&mut hasher);
    (record.flags, record.property, record.kernel_time, record.user_time).hash(&mut hasher);
    (record.activity, record.raw, record.payload).hash(&mut hasher);
    for item in record.extended {
        (item.item_type, item.data).hash(&mut hasher);
    }
    hasher.finish()
}

#[derive(Debug, Default, Eq, PartialEq)]
struct Collected {
    records: Vec<Seen>,
    issues: Vec<Issue>,
}

impl Sink for Collected {
    fn record(&mut self, record: &Record<'_>, locator: Locator) {
        self.records.push(Seen::new(record, locator));
    }

    fn issue(&mut self, issue: Issue) {
        self.issues.push(issue);
    }
}

fn read(bytes: &[u8], chunks: impl IntoIterator<Item = usize>) -> (Collected, Reader) {
    let mut reader = Reader::new(bytes.len() as u64);
    let mut collected = Collected::default();
    let mut rest = bytes;
    for chunk in chunks {
        let (chunk, tail) = rest.split_at(chunk.min(rest.len()));
        reader.push(chunk, &mut collected);
        rest = tail;
        if rest.is_empty() {
            break;
        }
    }
    reader.push(rest, &mut collected);
    reader.finish(&mut collected);
    (collected, reader)
}

fn whole(bytes: &[u8]) -> (Collected, Reader) {
    read(bytes, [])
}

#[test]
fn every_record_of_every_trace() {
    for trace in traces() {
        let bytes = trace.read();
        assert!(is_etl(&bytes[..512]), "{}", trace.file);
        let (collected, reader) = whole(&bytes);
        assert_eq!(collected.issues, [], "{}: nothing is damaged", trace.file);
        assert_eq!(collected.records.len() as u64, trace.records, "{}: total", trace.file);
        let mut counts = BTreeMap::new();
        for seen in &collected.records {
            *counts.entry(seen.key.clone()).or_insert(0) += 1;
        }
        let truth: BTreeMap<_, _> = truth(&trace)
            .into_iter()
            .map(|row| ((row.provider, row.id, row.version, row.opcode), row.count))
            .collect();
        assert_eq!(counts, truth, "{}: counts per event", trace.file);
        let accounting = reader.accounting();
        assert_eq!(accounting.total_bytes(), trace.bytes, "{}: each byte", trace.file);
        assert_eq!(accounting.skipped_bytes, 0, "{}", trace.file);
    }
}

#[test]
fn chunks_of_any_size_give_the_same() {
    for (number, trace) in traces().iter().enumerate() {
        let bytes = trace.read();
        let expected = whole(&bytes).0;
        let mut sizes = Seeded::new(number as u64);
        for largest in [700, 70_000, 3_000_000] {
            let chunked = read(&bytes, std::iter::repeat_with(|| 1 + sizes.below(largest))).0;
            assert!(chunked == expected, "{}: chunks up to {largest}", trace.file);
        }
        if bytes.len() < 40_000 {
            assert!(read(&bytes, std::iter::repeat(1)).0 == expected, "{}: bytes", trace.file);
        }
    }
}

#[test]
fn a_record_is_found_again() {
    for trace in traces() {
        let bytes = trace.read();
        let (expected, reader) = whole(&bytes);
        let file = reader.into_file();
        let mut cache = BufferCache::new(1 << 20);
        for seen in &expected.records {
            let again = file
                .with_record(&bytes, &mut cache, seen.locator, |record| {
                    Seen::new(record, seen.locator)
                })
                .expect("the record");
            assert_eq!(again, *seen, "{}", trace.file);
            let extent = file.extent(seen.locator).expect("its buffer");
            assert!(extent.contains(&seen.offset), "{}: {extent:?}", trace.file);
        }
        assert!(cache.held_bytes() <= 1 << 20);
        assert_same_scan(&expected, &file, &bytes, &trace.file);
    }
}

/// A scan in small steps gives what the first pass gave.
fn assert_same_scan(
    expected: &Collected,
    file: &etlens_parser::etl::File,
    source: &dyn ReadAt,
    name: &str,
) {
    let mut scan = file.scan();
    let mut records = Vec::new();
    let mut steps = 0;
    while scan
        .step(file, source, 100_000, |locator, record| records.push(Seen::new(record, locator)))
        .expect("a step")
    {
        steps += 1;
        assert!(steps < 1_000_000, "{name}: ends");
    }
    assert!(records == expected.records, "{name}: the scan gives the same");
    assert_eq!(scan.done_bytes(), scan.total_bytes(), "{name}");
}

#[test]
fn times_are_those_windows_prints() {
    let mut compared = 0;
    for trace in traces() {
        let Some(baseline) = trace.baseline() else { continue };
        let bytes = trace.read();
        let mut times = Times::default();
        let mut reader = Reader::new(bytes.len() as u64);
        reader.push(&bytes, &mut times);
        reader.finish(&mut times);
        let header = reader.header().expect("a log header");
        let clock = header.clock();
        // By milliseconds as printed, pid and tid: how many records.
        let mut ours: HashMap<(String, i64, i64), usize> = HashMap::new();
        for &(ticks, pid, tid) in &times.0 {
            let elapsed = i128::from(ticks) - i128::from(header.start_ticks);
            let nanoseconds = elapsed * 1_000_000_000 / i128::from(clock.frequency());
            let microseconds = clock.to_filetime(ticks) - header.start_time;
            assert!((nanoseconds / 100 - i128::from(microseconds)).abs() <= 1, "clock and formula");
            // Rounding of halves may go either way in floating point.
            for rounded in [(nanoseconds + 499) / 1_000, (nanoseconds + 501) / 1_000] {
                let text = format!("{}.{:03}", rounded / 1_000, rounded % 1_000);
                *ours.entry((text, i64::from(pid), i64::from(tid))).or_default() += 1;
            }
        }
        for line in baseline.lines().filter_map(|line| line.strip_prefix("EVENT ")) {
            let (time, rest) = line.split_once(": ").expect("a time");
            let number = |name: &str| -> i64 {
                let at = rest.find(name).expect("a number") + name.len();
                let end = rest[at..].find(';').expect("its end");
                rest[at..at + end].parse().expect("a number")
            };
            let (pid, tid) = (number("PID="), number("TID="));
            if pid == -1 || tid == -1 || time == "0.000" {
                // Windows takes the ids of these from elsewhere, and puts early ones at 0.
                continue;
            }
            let key = (time.replace(',', ""), pid, tid);
            // The ids of some kernel records are taken from their payload.
            let known = ours.contains_key(&key) || ours.keys().any(|(ours, ..)| *ours == key.0);
            assert!(known, "{}: {line}", trace.file);
            compared += 1;
        }
    }
    if !traces().is_empty() {
        assert!(compared > 400, "{compared} times compared");
    }
}

#[derive(Default)]
struct Times(Vec<(i64, u32, u32)>);

impl Sink for Times {
    fn record(&mut self, record: &Record<'_>, _: Locator) {
        self.0.push((record.ticks, record.pid, record.tid));
    }

    fn issue(&mut self, _: Issue) {}
}

/// What is done to a file.
#[derive(Debug)]
enum Damage {
    /// The file ends here.
    Truncated(usize),
    /// These bits are flipped (byte, bit).
    Flipped(Vec<(usize, u8)>),
    /// These bytes are zeros, as after a disk error.
    Zeroed(usize, usize),
    /// These bytes are missing.
    Removed(usize, usize),
}

impl Damage {
    fn new(seeded: &mut Seeded, length: usize) -> Self {
        let at = seeded.below(length);
        let span = (1 + seeded.below(100_000)).min(length - at);
        match seeded.below(10) {
            // In the header of a buffer, or just after it: buffers begin at multiples of 512 in
            // most traces.
            9 => Self::Flipped(vec![(
                (at / 512 * 512 + seeded.below(0x50)).min(length - 1),
                seeded.below(8) as u8,
            )]),
            0 | 1 => Self::Truncated(at),
            2 => Self::Zeroed(at, span),
            3 => Self::Removed(at, span),
            _ => Self::Flipped(
                (0..1 + seeded.below(4))
                    .map(|_| (seeded.below(length), seeded.below(8) as u8))
                    .collect(),
            ),
        }
    }

    fn apply(&self, bytes: &[u8]) -> Vec<u8> {
        let mut bytes = bytes.to_vec();
        match self {
            Self::Truncated(at) => bytes.truncate(*at),
            Self::Flipped(bits) => bits.iter().for_each(|&(at, bit)| bytes[at] ^= 1 << bit),
            Self::Zeroed(at, span) => bytes[*at..at + span].fill(0),
            Self::Removed(at, span) => drop(bytes.drain(*at..at + span)),
        }
        bytes
    }

    fn touches(&self, buffer: &std::ops::Range<u64>) -> bool {
        let hits = |at: usize, end: usize| (at as u64) < buffer.end && end as u64 > buffer.start;
        match self {
            Self::Truncated(at) => (*at as u64) < buffer.end,
            Self::Flipped(bits) => bits.iter().any(|&(at, _)| hits(at, at + 1)),
            Self::Zeroed(at, span) | Self::Removed(at, span) => hits(*at, at + span),
        }
    }
}

#[test]
fn damage_costs_only_the_buffer_it_hits() {
    let given = std::env::var("ETLENS_DAMAGE_ROUNDS").ok().and_then(|text| text.parse().ok());
    let in_ci = std::env::var("CI").as_deref() == Ok("true");
    let rounds: u64 = given.unwrap_or(if in_ci { 50 } else { 20 });
    let traces = traces();
    let next = AtomicUsize::new(0);
    let threads = std::thread::available_parallelism().map_or(1, usize::from);
    std::thread::scope(|scope| {
        for _ in 0..threads {
            scope.spawn(|| {
                loop {
                    let number = next.fetch_add(1, Ordering::Relaxed);
                    let Some(trace) = traces.get(number) else { break };
                    let bytes = trace.read();
                    let (expected, reader) = whole(&bytes);
                    let file = reader.into_file();
                    for round in 0..rounds {
                        let mut seeded = Seeded::new(round << 8 | number as u64);
                        let damage = Damage::new(&mut seeded, bytes.len());
                        let damaged = damage.apply(&bytes);
                        assert_survives(trace, &expected, &file, &damaged, &damage, &mut seeded);
                    }
                }
            });
        }
    });
}

fn assert_survives(
    trace: &Trace,
    expected: &Collected,
    file: &etlens_parser::etl::File,
    damaged: &[u8],
    damage: &Damage,
    seeded: &mut Seeded,
) {
    let name = format!("{} {damage:?}", trace.file);
    let (collected, reader) = whole(damaged);
    let accounting = reader.accounting();
    assert_eq!(accounting.total_bytes(), damaged.len() as u64, "{name}: each byte");
    let skipped: u64 = collected.issues.iter().map(|issue| issue.skipped_bytes).sum();
    assert_eq!(accounting.skipped_bytes, skipped, "{name}: each skipped byte is reported");

    let mut left: HashMap<u64, i64> = HashMap::new();
    for seen in &collected.records {
        *left.entry(seen.contents).or_default() += 1;
    }
    for seen in &expected.records {
        let buffer = file.extent(seen.locator).expect("its buffer");
        if !damage.touches(&buffer) {
            let left = left.entry(seen.contents).or_default();
            *left -= 1;
            assert!(
                *left >= 0,
                "{name}: lost {seen:?} of buffer {buffer:?}\n{:?}",
                collected.issues
            );
        }
    }

    let chunked = read(damaged, std::iter::repeat_with(|| 1 + seeded.below(90_000))).0;
    assert!(chunked == collected, "{name}: chunked is whole");
    let file = reader.into_file();
    assert_same_scan(&collected, &file, &damaged, &name);
    let mut cache = BufferCache::default();
    for seen in collected.records.iter().step_by(17) {
        let again = file
            .with_record(&damaged, &mut cache, seen.locator, |record| {
                Seen::new(record, seen.locator)
            })
            .expect("the record");
        assert_eq!(again, *seen, "{name}: found again");
    }
}
