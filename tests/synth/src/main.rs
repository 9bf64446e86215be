//! `etlens-synth`: writes built traces to files.
//!
//! `etlens-synth sample OUT` writes the bundled sample, `etlens-synth variants DIR` the files the
//! end-to-end tests drop, `etlens-synth big --mib N --shape S OUT` a trace of N MiB for
//! measurements, and prints how many records it has and how many of them are 4031.

use std::fs::{self, File};
use std::io::{BufWriter, Error, Result, Seek, SeekFrom, Write};
use std::path::Path;
use std::process::ExitCode;

use etlens_synth::{big, contoso, sample, variants};

const USAGE: &str = "usage: etlens-synth sample OUT | variants DIR | big [--mib N] \
                     [--shape manifest|tracelogging|kernel|mixed|needle] OUT";

fn main() -> ExitCode {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let args: Vec<&str> = args.iter().map(String::as_str).collect();
    let done = match args.as_slice() {
        ["sample", out] => fs::write(out, sample::build()),
        ["variants", dir] => write_variants(Path::new(dir)),
        ["big", options @ .., out] => write_big(options, Path::new(out)),
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

fn write_variants(dir: &Path) -> Result<()> {
    fs::create_dir_all(dir)?;
    let variants = variants::all();
    for variant in &variants {
        fs::write(dir.join(variant.name), &variant.bytes)?;
    }
    for (name, bytes) in contoso::schema_files() {
        let path = dir.join(name);
        fs::create_dir_all(path.parent().unwrap_or(dir))?;
        fs::write(path, bytes)?;
    }
    fs::write(dir.join("truth.json"), variants::truth_json(&variants))
}

fn write_big(options: &[&str], out: &Path) -> Result<()> {
    let (mut mib, mut shape) = (1024, big::Shape::Mixed);
    for pair in options.chunks(2) {
        match pair {
            ["--mib", n] => mib = n.parse().map_err(|_| Error::other(USAGE))?,
            ["--shape", name] => shape = name.parse().map_err(|()| Error::other(USAGE))?,
            _ => return Err(Error::other(USAGE)),
        }
    }
    let big = big::write(BufWriter::new(File::create(out)?), shape, mib << 20)?;
    let mut file = big.out.into_inner()?;
    file.seek(SeekFrom::Start(0))?;
    file.write_all(&big.header)?;
    println!("{{\"records\": {}, \"marked\": {}}}", big.written.records, big.marked);
    Ok(())
}
