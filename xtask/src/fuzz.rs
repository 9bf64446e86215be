//! `fuzz`: libFuzzer on the properties of the parser, in the targets of fuzz/.

use std::fs;
use std::path::PathBuf;

use crate::Result;
use crate::run::{command, output, run, step, tools_folder};

const CARGO_FUZZ: &str = "0.13.2";
/// As fuzz/Cargo.toml has them.
const TARGETS: [&str; 11] = [
    "etl",
    "xca",
    "round_trip",
    "trace_logging",
    "trace_event_info",
    "manifest",
    "schema_files",
    "json",
    "filter",
    "container",
    "store",
];
/// An input that takes longer is a hang, and one that takes more memory a leak.
const INPUT_SECONDS: u32 = 10;
const MEMORY_MIB: u32 = 1_024;
const MAX_INPUT_BYTES: u32 = 64 << 10;

/// Runs one target, or all one after another, for some seconds each.
pub fn fuzz(mut words: &[&str]) -> Result<()> {
    let mut seconds = 60_u32;
    let mut chosen: Vec<&str> = Vec::new();
    loop {
        words = match words {
            [] => break,
            ["--seconds", number, rest @ ..] => {
                seconds =
                    number.parse().map_err(|_| format!("Not a number of seconds: {number}"))?;
                rest
            }
            [target, rest @ ..] if TARGETS.contains(target) => {
                chosen.push(target);
                rest
            }
            [other, ..] => {
                return Err(format!("fuzz knows no {other}; targets: {}", TARGETS.join(", ")));
            }
        };
    }
    if chosen.is_empty() {
        chosen.extend(TARGETS);
    }
    ensure_tools()?;
    let corpus = tools_folder()?.join("fuzz").join("corpus");
    let mut seeds = command("cargo")?;
    seeds.args(["run", "--quiet", "--locked", "--package", "etlens-properties", "--"]);
    run(seeds.arg(&corpus))?;
    let mut broken = Vec::new();
    for target in chosen {
        step(&format!("Fuzzing {target} for {seconds} s"));
        let mut fuzz = cargo_fuzz()?;
        fuzz.args(["fuzz", "run", target]).arg(corpus.join(target)).arg("--");
        fuzz.arg(format!("-max_total_time={seconds}"));
        fuzz.arg(format!("-timeout={INPUT_SECONDS}"));
        fuzz.arg(format!("-rss_limit_mb={MEMORY_MIB}"));
        fuzz.arg(format!("-max_len={MAX_INPUT_BYTES}"));
        fuzz.args(["-print_final_stats=1", "-verbosity=0"]);
        if let Err(reason) = run(&mut fuzz) {
            eprintln!("   {target}: {reason}");
            broken.push(target);
        }
    }
    match broken.as_slice() {
        [] => Ok(()),
        broken => Err(format!(
            "Broken: {}. The inputs are in fuzz/artifacts; docs/FUZZING.md says what to do with \
             them.",
            broken.join(", ")
        )),
    }
}

/// cargo-fuzz with the nightly compiler that it needs.
fn cargo_fuzz() -> Result<std::process::Command> {
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
    let version = output(std::process::Command::new(&program).args(["fuzz", "--version"]))
        .or_else(|| output(std::process::Command::new(&program).arg("--version")));
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
        let manifest =
            fs::read_to_string(crate::run::root().expect("the root").join("fuzz/Cargo.toml"));
        let manifest = manifest.expect("fuzz/Cargo.toml");
        let built: Vec<&str> =
            manifest.split("[[bin]]").skip(1).filter_map(|bin| bin.split('"').nth(1)).collect();
        assert_eq!(built, TARGETS);
    }
}
