//! `bench --browser`: the page in Chromium on generated traces (tests/e2e/bench.mjs).

use std::fs;
use std::path::PathBuf;
use std::process::Command;

use super::{Bench, Options, PAGE, machine};
use crate::run::{command, root, run, step, tools_folder};
use crate::{Result, node, page, server, tools, trunk};

/// MIT; the release that was measured.
const RIVAL: &str = "speedscope@1.25.0";

/// MiB of the traces; 128 MiB are a million events, 6400 fifty million.
const SIZES: [u64; 5] = [10, 128, 1024, 4096, 6400];

const HEAD: &str = "## The page in Chromium

Written by `cargo xtask bench --browser --record`. The build is the one a host would serve. Traces
are generated (manifest events, tests/synth) and lie in the page cache; each number is the best of
three rounds in one tab (one above 2 GiB), load and floor turn by turn. Times are taken in the page, from choosing
the file.

* **floor**: the same file read in the same tab and not looked at, by the fastest of four ways.
* **peak**: the most memory of its own that the page's process had while loading, worker included,
  above what it had before; aim: 24 B per event and 150 MB.
* **payload text**: every payload is decoded again.

evtx-web holds its file five times over and reads 15 to 23 MB/s by what is published of it; it
reads no .etl and was not run.";

/// Measures, prints, and with `--record` writes its section of docs/BENCHMARKS.md.
pub fn bench(options: Options) -> Result<()> {
    let bench = Bench::build(Options { wasm: false, ..options })?;
    tools::ensure_build_tools()?;
    let browser = node::ensure_browser()?;
    node::ensure_e2e_packages()?;
    node::try_binaryen()?;
    trunk::build_for_host()?;
    let server = server::Server::start(root()?.join("dist"), 0)?;

    let sizes: Vec<u64> = SIZES.into_iter().filter(|&mib| mib <= options.mib).collect();
    step(&format!("Writing traces of {sizes:?} MiB"));
    let traces =
        sizes.iter().map(|&mib| bench.trace("manifest", mib)).collect::<Result<Vec<_>>>()?;

    step("Measuring the page");
    let mut program = command("node")?;
    program.arg(root()?.join("tests/e2e/bench.mjs"));
    if let Some(rival) = rival()? {
        program.arg("--rival").arg(rival);
    }
    program.args(&traces).env("ETLENS_URL", server.address()).env("CHROMIUM", browser.chromium);
    let report = measured(&mut program)?;
    for trace in traces {
        // They are large and made anew each time.
        let _ = fs::remove_file(trace);
    }
    println!("\n{report}");
    if options.record {
        page::write(PAGE, "browser", &format!("{HEAD}\n{}\n{report}", machine()?))?;
    }
    Ok(())
}

/// Runs the measurement with what it says on the way on the terminal.
fn measured(program: &mut Command) -> Result<String> {
    let output = program
        .stderr(std::process::Stdio::inherit())
        .output()
        .map_err(|e| format!("node: {e}"))?;
    if !output.status.success() {
        return Err(format!("The measurement failed: {}", output.status));
    }
    Ok(String::from_utf8_lossy(&output.stdout).into_owned())
}

/// The other viewer's page, from npm; `None` where it cannot be had.
fn rival() -> Result<Option<PathBuf>> {
    let folder = tools_folder()?.join("rival");
    let page = folder.join("node_modules/speedscope/dist/release");
    if !page.join("index.html").is_file() {
        step("Installing speedscope from npm");
        let mut install = command(node::NPM)?;
        install.args(["install", "--no-save", "--no-audit", "--no-fund", "--prefix"]);
        if run(install.arg(&folder).arg(RIVAL)).is_err() {
            println!("   speedscope cannot be installed: it is not measured");
        }
    }
    Ok(page.join("index.html").is_file().then_some(page))
}
