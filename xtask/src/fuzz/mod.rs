//! `fuzz`: libFuzzer on the properties of the parser, in the targets of fuzz/.

mod runs;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Child, Command};
use std::sync::Mutex;
use std::time::{Duration, Instant};

use crate::Result;
use crate::run::{command, output, root, run, step, tools_folder};

const CARGO_FUZZ: &str = "0.13.2";
/// As fuzz/Cargo.toml has them.
const TARGETS: [&str; 6] = ["files", "containers", "json", "decode", "schema_files", "filter"];
/// An input that takes longer is a hang, and one that takes more memory a leak.
const INPUT_SECONDS: u32 = 10;
const MEMORY_MIB: u32 = 1_024;
const MAX_INPUT_BYTES: u32 = 64 << 10;

struct Options<'a> {
    seconds: u32,
    jobs: usize,
    record: bool,
    targets: Vec<&'a str>,
}

impl<'a> Options<'a> {
    fn parse(mut words: &[&'a str]) -> Result<Self> {
        let mut options = Self { seconds: 60, jobs: 1, record: false, targets: Vec::new() };
        let number = |word: &str| word.parse::<u32>().map_err(|_| format!("Not a number: {word}"));
        loop {
            words = match words {
                [] => return Ok(options),
                ["--seconds", seconds, rest @ ..] => {
                    options.seconds = number(seconds)?;
                    rest
                }
                ["--jobs", jobs, rest @ ..] => {
                    options.jobs = number(jobs)?.max(1) as usize;
                    rest
                }
                ["--record", rest @ ..] => {
                    options.record = true;
                    rest
                }
                [target, rest @ ..] if TARGETS.contains(target) => {
                    options.targets.push(target);
                    rest
                }
                [other, ..] => {
                    return Err(format!("fuzz knows no {other}; targets: {}", TARGETS.join(", ")));
                }
            };
        }
    }
}

/// Runs some targets, or all, for some seconds each. `--record` alone only writes what was run.
pub fn fuzz(words: &[&str]) -> Result<()> {
    let mut options = Options::parse(words)?;
    if words == ["--record"] {
        return runs::record(&TARGETS);
    }
    if options.targets.is_empty() {
        options.targets.extend(TARGETS);
    }
    ensure_tools()?;
    let corpus = folder()?.join("corpus");
    let mut seeds = command("cargo")?;
    seeds.args(["run", "--quiet", "--locked", "--package", "etlens-conformance", "--bin"]);
    run(seeds.args(["etlens-seeds", "--"]).arg(&corpus))?;
    let programs = build()?;
    step(&format!("Fuzzing {} for {} s each", options.targets.join(", "), options.seconds));
    let queue = Mutex::new(options.targets.iter());
    let broken = Mutex::new(Vec::new());
    std::thread::scope(|scope| {
        for _ in 0..options.jobs {
            scope.spawn(|| {
                loop {
                    let next = queue.lock().ok().and_then(|mut queue| queue.next().copied());
                    let Some(target) = next else { break };
                    if let Err(reason) = fuzz_one(&programs, &corpus, target, options.seconds) {
                        eprintln!("   {target}: {reason}");
                        broken.lock().iter_mut().for_each(|broken| broken.push(target));
                    }
                }
            });
        }
    });
    if options.record {
        runs::record(&TARGETS)?;
    }
    match broken.into_inner().unwrap_or_default().as_slice() {
        [] => Ok(()),
        broken => Err(format!(
            "Broken: {}. The inputs are in fuzz/artifacts; docs/FUZZING.md says what to do with \
             them.",
            broken.join(", ")
        )),
    }
}

/// Builds the targets; the folder of their programs. The parser has no unsafe code, so that the
/// address sanitizer would find nothing and cost half of the speed.
fn build() -> Result<PathBuf> {
    let target = folder()?.join("target");
    let mut build = cargo_fuzz()?;
    run(build.args(["fuzz", "build", "-s", "none"]).env("CARGO_TARGET_DIR", &target))?;
    let version = output(command("rustup")?.args(["run", "nightly", "rustc", "-vV"]));
    let version = version.unwrap_or_default();
    let host = version.lines().find_map(|line| line.strip_prefix("host: "));
    Ok(target.join(host.ok_or("rustc does not say its host")?).join("release"))
}

/// Runs a target to its end, and notes it.
fn fuzz_one(programs: &Path, corpus: &Path, target: &str, seconds: u32) -> Result<()> {
    let logs = folder()?.join("logs");
    let artifacts = root()?.join("fuzz").join("artifacts").join(target);
    for made in [&logs, &artifacts] {
        fs::create_dir_all(made).map_err(|e| format!("{}: {e}", made.display()))?;
    }
    let log = logs.join(format!("{target}.txt"));
    let said = |e: std::io::Error| format!("{}: {e}", log.display());
    let output = fs::File::create(&log).map_err(said)?;
    let mut fuzzer =
        Command::new(programs.join(format!("{target}{}", std::env::consts::EXE_SUFFIX)));
    fuzzer.arg(format!("-artifact_prefix={}/", artifacts.display()));
    fuzzer.arg(format!("-max_total_time={seconds}"));
    fuzzer.arg(format!("-timeout={INPUT_SECONDS}"));
    fuzzer.arg(format!("-rss_limit_mb={MEMORY_MIB}"));
    fuzzer.arg(format!("-max_len={MAX_INPUT_BYTES}"));
    fuzzer.arg("-print_final_stats=1").arg(corpus.join(target));
    fuzzer.stdout(output.try_clone().map_err(said)?).stderr(output);
    let mut child = fuzzer.spawn().map_err(|e| format!("{}: {e}", programs.display()))?;
    let spent = spent_seconds(&mut child);
    let status = child.wait().map_err(|e| format!("{target}: {e}"))?;
    let outcome = match status.success() {
        true => "nothing".to_owned(),
        false => status.to_string(),
    };
    let text = String::from_utf8_lossy(&fs::read(&log).map_err(said)?).into_owned();
    let done = runs::Run::now(target, spent, &text, &outcome)?;
    println!(
        "   {target}: {spent:.0} s of processor time, {} inputs, {} edges, found: {outcome}",
        done.executions, done.edges
    );
    runs::add(&done)?;
    match status.success() {
        true => Ok(()),
        false => Err(format!("{status}; {} says more", log.display())),
    }
}

/// Waits for the end of a process: its processor time, where the system tells it, else the
/// seconds that passed.
fn spent_seconds(child: &mut Child) -> f64 {
    /// The unit of the times in /proc, on every Linux there is.
    const TICKS_PER_SECOND: f64 = 100.0;
    let began = Instant::now();
    let path = format!("/proc/{}/stat", child.id());
    let mut spent = None;
    // An ended process keeps its line until it is waited for.
    while let Ok(stat) = fs::read_to_string(&path) {
        // After the name, which may hold anything but ends with the last bracket: the state, ten
        // numbers, the time as user and as system.
        let cells: Vec<&str> =
            stat.rsplit(')').next().unwrap_or_default().split_whitespace().collect();
        let ticks = |i: usize| cells.get(i)?.parse::<f64>().ok();
        spent = ticks(11).zip(ticks(12)).map(|(user, system)| (user + system) / TICKS_PER_SECOND);
        if cells.first() == Some(&"Z") {
            break;
        }
        std::thread::sleep(Duration::from_millis(200));
    }
    spent.unwrap_or_else(|| {
        let _ = child.wait();
        began.elapsed().as_secs_f64()
    })
}

/// cargo-fuzz with the nightly compiler that it needs.
fn cargo_fuzz() -> Result<Command> {
    let mut paths = vec![folder()?.join("bin")];
    paths.extend(std::env::split_paths(&std::env::var_os("PATH").unwrap_or_default()));
    let mut cargo = command("rustup")?;
    cargo.env("PATH", std::env::join_paths(paths).map_err(|e| format!("PATH: {e}"))?);
    cargo.args(["run", "nightly", "cargo"]);
    Ok(cargo)
}

fn folder() -> Result<PathBuf> {
    Ok(tools_folder()?.join("fuzz"))
}

fn ensure_tools() -> Result<()> {
    let nightly = output(command("rustup")?.args(["run", "nightly", "rustc", "--version"]));
    if nightly.is_none() {
        return Err("libFuzzer needs a nightly compiler, which is not installed here \
                    (`rustup toolchain install nightly`). `cargo test -p etlens-properties` checks \
                    the same properties on fewer inputs with any compiler."
            .to_owned());
    }
    let folder = folder()?;
    let program = folder.join("bin").join(format!("cargo-fuzz{}", std::env::consts::EXE_SUFFIX));
    let version = output(Command::new(&program).args(["fuzz", "--version"]))
        .or_else(|| output(Command::new(&program).arg("--version")));
    if version.is_some_and(|said| said.split_whitespace().any(|word| word == CARGO_FUZZ)) {
        return Ok(());
    }
    step(&format!("Installing cargo-fuzz {CARGO_FUZZ} (once)"));
    let build = folder.join("build");
    let mut install = command("cargo")?;
    install.args(["install", "cargo-fuzz", "--locked", "--force", "--version"]);
    install.arg(format!("={CARGO_FUZZ}")).arg("--root").arg(&folder);
    run(install.arg("--target-dir").arg(&build))?;
    // Only what was installed is needed; should this fail, disk space is all that is lost.
    let _ = fs::remove_dir_all(&build);
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_target_is_built_and_no_other() {
        let manifest = fs::read_to_string(root().expect("the root").join("fuzz/Cargo.toml"));
        let manifest = manifest.expect("fuzz/Cargo.toml");
        let built: Vec<&str> =
            manifest.split("[[bin]]").skip(1).filter_map(|bin| bin.split('"').nth(1)).collect();
        assert_eq!(built, TARGETS);
    }
}
