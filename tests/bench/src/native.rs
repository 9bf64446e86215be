//! The native side of the measurements.

use std::fs::{self, File};
use std::io::{BufWriter, Error, Read as _, Result, Seek as _, SeekFrom, Write as _};
use std::path::Path;
use std::process::ExitCode;
use std::time::Instant;

use etlens_bench::{Index, SLICE_BYTES, checksum};
use etlens_synth::big;

const USAGE: &str = "usage: etlens-bench make SHAPE MIB OUT | \
                     etlens-bench floor|index FILE TIMES";

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
    let (file, header, _) = big::write(BufWriter::new(File::create(out)?), shape, mib << 20)?;
    let mut file = file.into_inner()?;
    file.seek(SeekFrom::Start(0))?;
    file.write_all(&header)
}

fn measure(stage: &str, path: &Path, times: &str) -> Result<()> {
    let times: u32 = times.parse().map_err(|_| Error::other(USAGE))?;
    for _ in 0..times {
        let start = Instant::now();
        let found = match stage {
            "floor" => floor(path)?,
            "index" => index(path)?,
            _ => return Err(Error::other(USAGE)),
        };
        println!("engine {}", found.engine_seconds);
        println!("whole {}", start.elapsed().as_secs_f64());
        println!("events {}", found.events);
    }
    println!("bytes {}", fs::metadata(path)?.len());
    Ok(())
}

/// What one repetition of a stage did.
struct Found {
    /// Seconds of it without reading the file.
    engine_seconds: f64,
    /// Events it saw.
    events: u64,
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
        let start = Instant::now();
        take(read);
        seconds += start.elapsed().as_secs_f64();
    }
}

fn floor(path: &Path) -> Result<Found> {
    let mut sum = 0_u64;
    let engine_seconds = each_slice(path, |slice| sum = sum.wrapping_add(checksum(slice)))?;
    std::hint::black_box(sum);
    Ok(Found { engine_seconds, events: 0 })
}

fn index(path: &Path) -> Result<Found> {
    let mut index = Index::begin(fs::metadata(path)?.len());
    let engine_seconds = each_slice(path, |slice| index.take(slice))?;
    let found = std::hint::black_box(index.end());
    if found.issues > 0 {
        return Err(Error::other("A generated trace is damaged"));
    }
    Ok(Found { engine_seconds, events: found.records })
}
