//! `test`: every stage runs, whatever the ones before it found; the numbers are added up in one
//! line at the end.

use std::process::{Command, ExitCode};

use crate::run::{command, output, root, run, run_lines, step, tool};
use crate::{Result, node, server, size, tools, trunk};

/// Clippy for the browser has a list of its own: what compiles for wasm but panics there.
const WASM_LINTS: &str = "clippy-wasm";
/// Tests that pass may still have to say that they skipped something.
const SHOW_OUTPUT: [&str; 2] = ["--", "--show-output"];
const TARGET: &str = "wasm32-unknown-unknown";

type Stage = fn(&mut Tally) -> Result<()>;

#[derive(Default)]
struct Tally {
    passed: u64,
    failed: u64,
    skipped: u64,
    failures: Vec<String>,
}

impl Tally {
    /// Counts a step that either works or does not.
    fn check(&mut self, name: &str, outcome: Result<()>) {
        match outcome {
            Ok(()) => self.passed += 1,
            Err(reason) => self.fail(name, &reason),
        }
    }

    fn fail(&mut self, name: &str, reason: &str) {
        eprintln!("   {name}: {reason}");
        self.failed += 1;
        self.failures.push(name.to_owned());
    }

    /// Adds what a runner of many tests reported. A runner that fails without a failed test (it
    /// did not compile, it crashed) counts as one.
    fn add(&mut self, name: &str, counts: &Counts, succeeded: bool) {
        self.passed += counts.passed;
        self.failed += counts.failed;
        self.skipped += counts.skipped;
        if counts.failed > 0 {
            self.failures.push(name.to_owned());
        } else if !succeeded {
            self.fail(name, "did not run to its end");
        } else if counts.passed == 0 {
            self.fail(name, "ran no test");
        }
    }
}

#[derive(Clone, Debug, Default, PartialEq)]
struct Counts {
    passed: u64,
    failed: u64,
    skipped: u64,
}

/// Runs the stages.
pub fn test(words: &[&str]) -> ExitCode {
    let stages: [(&str, Stage); 4] =
        [("lint", lint), ("native", native), ("wasm", wasm), ("e2e", e2e)];
    let only = match words {
        [] => None,
        ["--only", stage] if stages.iter().any(|(name, _)| name == stage) => Some(*stage),
        _ => {
            eprintln!("test takes nothing, or --only with one of lint, native, wasm, e2e");
            return ExitCode::FAILURE;
        }
    };
    let mut tally = Tally::default();
    for (name, stage) in stages {
        if only.is_none_or(|only| only == name)
            && let Err(reason) = stage(&mut tally)
        {
            tally.fail(name, &reason);
        }
    }
    println!();
    if tally.skipped > 0 {
        println!("{} skipped; each says why above", tally.skipped);
    }
    if !tally.failures.is_empty() {
        println!("failed: {}", tally.failures.join(", "));
    }
    println!("{} passed, {} failed", tally.passed, tally.failed);
    if tally.failed == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

fn lint(tally: &mut Tally) -> Result<()> {
    step("Format");
    tally.check("rustfmt", run(command("cargo")?.args(["fmt", "--all", "--check"])));

    step("Lints, native");
    let native = ["clippy", "--locked", "--workspace", "--all-targets", "--", "-D", "warnings"];
    tally.check("clippy", run(command("cargo")?.args(native)));

    step("Lints, browser");
    tools::ensure_build_tools()?;
    let wasm = ["clippy", "--locked", "--target", TARGET, "--package", "etlens-app"];
    tally.check(
        "clippy for wasm",
        run(command("cargo")?
            .args(wasm)
            .args(["--all-targets", "--", "-D", "warnings"])
            .env("CLIPPY_CONF_DIR", root()?.join(WASM_LINTS))),
    );

    step("Windows side of the command line tool");
    match tools::ensure_windows_target() {
        Ok(()) => {
            let check = ["clippy", "--locked", "--target", tools::WINDOWS, "--features", "cli"];
            let packages = ["-p", "etlens-parser", "-p", "etlens-tdh", "--", "-D", "warnings"];
            let check = run(command("cargo")?.args(check).args(packages));
            tally.check("clippy for Windows", check);
        }
        // Without the network there may be no such target; continuous integration has one.
        Err(reason) if std::env::var("CI").as_deref() == Ok("true") => {
            tally.fail("clippy for Windows", &reason);
        }
        Err(reason) => {
            println!("   skipped: {reason}");
            tally.skipped += 1;
        }
    }

    if output(command("cargo")?.args(["deny", "--version"])).is_some() {
        step("Licences and advisories of dependencies");
        let deny = ["deny", "--offline", "check", "bans", "licenses", "sources"];
        tally.check("cargo deny", run(command("cargo")?.args(deny)));
    } else {
        println!("\n   cargo-deny is not installed: deny.toml is not checked");
    }
    Ok(())
}

fn native(tally: &mut Tally) -> Result<()> {
    step("Native tests");
    let mut cargo = command("cargo")?;
    cargo.args(["test", "--locked", "--workspace", "--exclude", "etlens-app", "--no-fail-fast"]);
    cargo.args(SHOW_OUTPUT);
    cargo_tests(tally, "native tests", &mut cargo)?;
    step("Native tests of the page's pure parts");
    let mut cargo = command("cargo")?;
    cargo.args(["test", "--locked", "--package", "etlens-app", "--lib", "--no-fail-fast"]);
    cargo.args(SHOW_OUTPUT);
    cargo_tests(tally, "native tests of the page", &mut cargo)
}

fn wasm(tally: &mut Tally) -> Result<()> {
    tools::ensure_build_tools()?;
    let browser = node::ensure_browser()?;
    step("Tests in the browser's engine");
    let mut cargo = command("cargo")?;
    cargo
        .args(["test", "--locked", "--target", TARGET, "--package", "etlens-app"])
        .args(["--test", "web_page", "--test", "web_worker", "--no-fail-fast"])
        .env("CHROMEDRIVER", browser.driver)
        .env("CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_RUNNER", tool("wasm-bindgen-test-runner")?);
    cargo_tests(tally, "wasm tests", &mut cargo)
}

fn e2e(tally: &mut Tally) -> Result<()> {
    tools::ensure_build_tools()?;
    let browser = node::ensure_browser()?;
    node::ensure_e2e_packages()?;
    // What is tested is what a host would send.
    node::try_binaryen()?;
    trunk::build_for_host()?;
    step("Size against its budgets");
    tally.check("size", size::within_budgets());
    let server = server::Server::start(root()?.join("dist"), 0)?;
    step(&format!("End-to-end tests against {}", server.address()));
    let mut counts = Counts::default();
    let mut files: Vec<_> = std::fs::read_dir(root()?.join("tests/e2e"))
        .map_err(|e| format!("tests/e2e: {e}"))?
        .flatten()
        .map(|entry| entry.path())
        .filter(|path| path.to_string_lossy().ends_with(".test.mjs"))
        .collect();
    files.sort();
    let succeeded = run_lines(
        command("node")?
            .args(["--test", "--test-reporter=tap", "--test-concurrency=1"])
            .args(files)
            .env("ETLENS_URL", server.address())
            .env("ETLENS_DIST", root()?.join("dist"))
            .env("CHROMIUM", browser.chromium),
        |line| {
            count_node(line, &mut counts);
            !is_tap_detail(line)
        },
    )?;
    tally.add("end-to-end tests", &counts, succeeded);
    Ok(())
}

fn cargo_tests(tally: &mut Tally, name: &str, cargo: &mut Command) -> Result<()> {
    let mut counts = Counts::default();
    // Of what passed tests print, only what they skipped is shown.
    let mut in_output_of_passed = false;
    let succeeded = run_lines(cargo, |line| {
        match line {
            "successes:" => in_output_of_passed = true,
            "failures:" => in_output_of_passed = false,
            _ => {}
        }
        if line.starts_with("test result:") {
            in_output_of_passed = false;
            count_cargo(line, &mut counts);
        }
        let skip = line.trim_start().starts_with("skipped:");
        counts.skipped += u64::from(skip);
        skip || !in_output_of_passed
    })?;
    tally.add(name, &counts, succeeded);
    Ok(())
}

/// Adds a line `test result: ok. 3 passed; 0 failed; 1 ignored; …`.
fn count_cargo(line: &str, counts: &mut Counts) {
    let words: Vec<&str> = line.split_whitespace().collect();
    for pair in words.windows(2) {
        let [number, what] = pair else { continue };
        let Ok(number) = number.parse::<u64>() else { continue };
        match what.trim_end_matches(';') {
            "passed" => counts.passed += number,
            "failed" => counts.failed += number,
            "ignored" => counts.skipped += number,
            _ => {}
        }
    }
}

/// Adds a summary line of node's TAP: `# pass 3`.
fn count_node(line: &str, counts: &mut Counts) {
    let Some((what, number)) = line.strip_prefix("# ").and_then(|rest| rest.split_once(' ')) else {
        return;
    };
    let Ok(number) = number.parse::<u64>() else { return };
    match what {
        "pass" => counts.passed += number,
        "fail" | "cancelled" => counts.failed += number,
        "skipped" | "todo" => counts.skipped += number,
        _ => {}
    }
}

/// Lines of TAP that only programs read.
fn is_tap_detail(line: &str) -> bool {
    let line = line.trim_start();
    ["---", "...", "duration_ms:", "type:", "TAP version"].iter().any(|mark| line.starts_with(mark))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_what_the_runners_say() {
        let mut counts = Counts::default();
        count_cargo(
            "test result: FAILED. 12 passed; 2 failed; 1 ignored; 0 measured; 3 filtered out; \
             finished in 0.01s",
            &mut counts,
        );
        count_cargo("test result: ok. 5 passed; 0 failed; 0 ignored", &mut counts);
        assert_eq!(counts, Counts { passed: 17, failed: 2, skipped: 1 });

        let mut counts = Counts::default();
        for line in
            ["# tests 9", "# suites 2", "# pass 6", "# fail 1", "# cancelled 1", "# skipped 1"]
        {
            count_node(line, &mut counts);
        }
        assert_eq!(counts, Counts { passed: 6, failed: 2, skipped: 1 });
    }

    #[test]
    fn a_runner_that_dies_counts_as_a_failure() {
        let mut tally = Tally::default();
        tally.add("x", &Counts { passed: 3, failed: 0, skipped: 0 }, false);
        tally.add("y", &Counts::default(), true);
        assert_eq!((tally.passed, tally.failed), (3, 2));
    }
}
