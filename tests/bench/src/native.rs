//! The native side of the measurements.

use std::cell::RefCell;
use std::fs::{self, File};
use std::io::{BufWriter, Error, Read as _, Result, Seek as _, SeekFrom, Write as _};
use std::path::Path;
use std::process::ExitCode;
use std::sync::LazyLock;
use std::time::Instant;

use etlens_bench::{Index, SLICE_BYTES, checksum};
use etlens_parser::error::ErrorKind;
use etlens_parser::export::{Export, Format, Text};
use etlens_parser::source::ReadAt;
use etlens_parser::store::{Loader, Trace};
use etlens_synth::big;

const USAGE: &str = "usage: etlens-bench make SHAPE MIB OUT | \
                     etlens-bench floor|index|load|jsonl FILE TIMES";

/// Events exported between two looks at the clock.
const EXPORT_EVENTS: u32 = 512;

pub fn main() -> ExitCode {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    let done = match words.as_slice() {
        ["make", shape, mib, out] => make(shape, mib, Path::new(out)),
        [stage, file, times] => measure(stage, Path::new(file), times),
        _ => Err(Error::other(USAGE)),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error}");
            ExitCode::from(2)
        }
    }
}

/// Writes a trace of a shape.
fn make(shape: &str, mib: &str, out: &Path) -> Result<()> {
    let usage = |_| Error::other(USAGE);
    let shape = shape.parse().map_err(usage)?;
    let mib: u64 = mib.parse().map_err(|_| Error::other(USAGE))?;
    let big = big::write(BufWriter::new(File::create(out)?), shape, mib << 20)?;
    let mut file = big.out.into_inner()?;
    file.seek(SeekFrom::Start(0))?;
    file.write_all(&big.header)
}

fn measure(stage: &str, path: &Path, times: &str) -> Result<()> {
    let times: u32 = times.parse().map_err(|_| Error::other(USAGE))?;
    let before = memory("VmRSS")?;
    for round in 0..times {
        let (start, wall) = (processor_seconds(), Instant::now());
        let found = match stage {
            "floor" => floor(path)?,
            "index" => index(path)?,
            "load" => load(path)?.0,
            "jsonl" => jsonl(path)?,
            _ => return Err(Error::other(USAGE)),
        };
        println!("engine {}", found.engine_seconds);
        println!("whole {}", processor_seconds() - start);
        println!("wall {}", wall.elapsed().as_secs_f64());
        println!("events {}", found.events);
        println!("written {}", found.written_bytes);
        if round == 0 {
            // Later repetitions find memory that the first has freed.
            println!("kept {}", found.kept_memory.saturating_sub(before));
            println!("peak {}", memory("VmHWM")?.saturating_sub(before));
        }
    }
    println!("bytes {}", fs::metadata(path)?.len());
    Ok(())
}

/// Seconds this thread has spent on a processor, so that other work on the machine counts less;
/// where the system does not tell, seconds that passed.
fn processor_seconds() -> f64 {
    static BEGAN: LazyLock<Instant> = LazyLock::new(Instant::now);
    // Linux brings the number up to date when a thread yields.
    std::thread::yield_now();
    let nanoseconds = fs::read_to_string("/proc/thread-self/schedstat")
        .ok()
        .and_then(|line| line.split_whitespace().next()?.parse::<u64>().ok());
    nanoseconds.map_or_else(|| BEGAN.elapsed().as_secs_f64(), |ns| ns as f64 / 1e9)
}

/// A line of `/proc/self/status`, in bytes; 0 where there is no such file.
fn memory(name: &str) -> Result<u64> {
    let Ok(status) = fs::read_to_string("/proc/self/status") else { return Ok(0) };
    let kilobytes = status.lines().find_map(|line| {
        let (key, value) = line.split_once(':')?;
        (key == name).then(|| value.split_whitespace().next()?.parse::<u64>().ok()).flatten()
    });
    Ok(kilobytes.unwrap_or(0) << 10)
}

/// What one repetition of a stage did.
struct Found {
    /// Seconds of it without reading the file.
    engine_seconds: f64,
    /// Events it saw.
    events: u64,
    /// Bytes it wrote.
    written_bytes: u64,
    /// Resident memory at its end, while what it made is still held.
    kept_memory: u64,
}

impl Found {
    fn new(engine_seconds: f64, events: u64) -> Result<Self> {
        Ok(Self { engine_seconds, events, written_bytes: 0, kept_memory: memory("VmRSS")? })
    }
}

/// A file read where it is asked for.
struct Source {
    file: RefCell<File>,
    bytes: u64,
}

impl Source {
    fn open(path: &Path) -> Result<Self> {
        let file = File::open(path)?;
        let bytes = file.metadata()?.len();
        Ok(Self { file: RefCell::new(file), bytes })
    }
}

impl ReadAt for Source {
    fn len_bytes(&self) -> u64 {
        self.bytes
    }

    fn read_exact_at(&self, offset: u64, buffer: &mut [u8]) -> etlens_parser::Result<()> {
        let mut file = self.file.borrow_mut();
        file.seek(SeekFrom::Start(offset))
            .and_then(|_| file.read_exact(buffer))
            .map_err(|error| etlens_parser::Error::at(ErrorKind::Read, offset, error.to_string()))
    }
}

/// Reads a file slice by slice; the seconds spent in `take`.
fn each_slice(path: &Path, mut take: impl FnMut(&[u8])) -> Result<f64> {
    let mut file = File::open(path)?;
    let mut slice = vec![0; SLICE_BYTES];
    let mut seconds = 0.0;
    loop {
        let length = file.read(&mut slice)?;
        let Some(read) = slice.get(..length).filter(|read| !read.is_empty()) else {
            return Ok(seconds);
        };
        let start = processor_seconds();
        take(read);
        seconds += processor_seconds() - start;
    }
}

fn floor(path: &Path) -> Result<Found> {
    let mut sum = 0_u64;
    let engine_seconds = each_slice(path, |slice| sum = sum.wrapping_add(checksum(slice)))?;
    std::hint::black_box(sum);
    Found::new(engine_seconds, 0)
}

fn index(path: &Path) -> Result<Found> {
    let mut index = Index::begin(fs::metadata(path)?.len());
    let engine_seconds = each_slice(path, |slice| index.take(slice))?;
    let found = std::hint::black_box(index.end());
    if found.issues > 0 {
        return Err(Error::other("A generated trace is damaged"));
    }
    Found::new(engine_seconds, found.records)
}

/// All columns of the store, in time order, as the page has them when loading has ended.
fn load(path: &Path) -> Result<(Found, Trace)> {
    let mut loader = Loader::new("trace.etl", fs::metadata(path)?.len());
    let mut outcome = Ok(());
    let mut engine_seconds = each_slice(path, |slice| {
        if outcome.is_ok() {
            outcome = loader.push(slice);
        }
    })?;
    outcome.map_err(Error::other)?;
    let start = processor_seconds();
    let trace = loader.finish().map_err(Error::other)?;
    engine_seconds += processor_seconds() - start;
    Ok((Found::new(engine_seconds, u64::from(trace.len()))?, trace))
}

/// Every event decoded and written as the canonical export, to nowhere. Loading is not counted.
fn jsonl(path: &Path) -> Result<Found> {
    let (_, trace) = load(path)?;
    let source = Source::open(path)?;
    let mut export = Export::new(trace.all(), Format::Jsonl, "en-US", None);
    let mut out = Text::default();
    let (mut seconds, mut written_bytes, mut done) = (0.0, 0, false);
    while !done {
        let start = processor_seconds();
        done = export.step(&trace, &source, EXPORT_EVENTS, &mut out).map_err(Error::other)?;
        seconds += processor_seconds() - start;
        written_bytes += std::hint::black_box(&out).as_bytes().len() as u64;
        out.clear();
    }
    let mut found = Found::new(seconds, export.written())?;
    found.written_bytes = written_bytes;
    Ok(found)
}
