//! `bench`: measures the engine on generated traces, beside the machine's floor, WebAssembly and
//! other readers, all in one run; or the page in a browser.

mod browser;

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

use crate::run::{command, output, root, run, step, tool, tools_folder};
use crate::{Result, finish, node, page, tools};

/// Where it is recorded.
const PAGE: &str = "docs/BENCHMARKS.md";

const SHAPES: [&str; 4] = ["manifest", "tracelogging", "kernel", "mixed"];
/// Repetitions of each measurement; the best counts.
const TIMES: usize = 7;
/// The export writes ten times what it reads: a smaller trace tells as much.
const EXPORT_MIB: u64 = 64;
/// Python readers take a second for this.
const PEER_MIB: u64 = 4;
const PEERS: [(&str, &str); 2] = [("dissect", "dissect.etl"), ("etl-parser", "etl-parser")];
const MODULE: &str = "etlens_bench";
const TARGET: &str = "wasm32-unknown-unknown";

/// What is measured.
#[derive(Clone, Copy, Debug)]
pub struct Options {
    mib: u64,
    peers: bool,
    wasm: bool,
    browser: bool,
    record: bool,
}

impl Options {
    /// Reads the words after `bench`.
    pub fn parse(mut words: &[&str]) -> Result<Self> {
        let mut options = Self { mib: 0, peers: false, wasm: false, browser: false, record: false };
        loop {
            words = match words {
                [] => break,
                ["--mib", number, rest @ ..] => {
                    options.mib =
                        number.parse().map_err(|_| format!("Not a number of MiB: {number}"))?;
                    rest
                }
                ["--peers", rest @ ..] => {
                    options.peers = true;
                    rest
                }
                ["--wasm", rest @ ..] => {
                    options.wasm = true;
                    rest
                }
                ["--browser", rest @ ..] => {
                    options.browser = true;
                    rest
                }
                ["--record", rest @ ..] => {
                    // What is recorded is whole.
                    (options.record, options.peers, options.wasm) = (true, true, true);
                    rest
                }
                [other, ..] => return Err(format!("bench does not know {other}")),
            };
        }
        if options.mib == 0 {
            options.mib = if options.record { 1024 } else { 256 };
        }
        Ok(options)
    }
}

/// Measures, prints, and with `--record` writes docs/BENCHMARKS.md.
pub fn bench(options: Options) -> Result<()> {
    if options.browser {
        return browser::bench(options);
    }
    let bench = Bench::build(options)?;
    let mut report = String::new();
    bench.speeds(&mut report)?;
    bench.sizes(&mut report)?;
    if options.peers {
        bench.peers(&mut report)?;
    }
    println!("\n{report}");
    if options.record {
        page::write(PAGE, "engine", &format!("{HEAD}\n{}\n{report}", machine()?))?;
    }
    Ok(())
}

const HEAD: &str = "## The engine

Written by `cargo xtask bench --record`; `cargo xtask bench` measures less, `--mib`, `--wasm` and
`--peers` say what. Traces are generated (tests/synth) and lie in the page cache. Every number is
processor time of one thread, the best of several repetitions; *spread* is how far the median lies
above the best. MB = 10^6 bytes of the trace.

* **floor**: the file is read and its bytes are added up; nothing is understood.
* **index**: every record is found and its header decoded; nothing is kept.
* **load**: as the page loads: all columns of the store, in time order, names worked out.
* **export**: after loading, every event decoded and written as the canonical JSON lines to nowhere.
* **wasm**: the same code for WebAssembly in Chromium, slices copied into its memory; time that
  passed, as a page is not told processor time.";

/// One process's answer: values by name, in order.
struct Answer(Vec<(String, f64)>);

impl Answer {
    fn of(mut program: std::process::Command) -> Result<Self> {
        let name = program.get_program().to_string_lossy().into_owned();
        let text = output(&mut program).ok_or_else(|| format!("{name} failed"))?;
        let values = text.lines().filter_map(|line| {
            let (key, value) = line.split_once(' ')?;
            Some((key.to_owned(), value.parse().ok()?))
        });
        Ok(Self(values.collect()))
    }

    fn all(&self, name: &str) -> Vec<f64> {
        let mut all: Vec<f64> =
            self.0.iter().filter(|(key, _)| key == name).map(|(_, value)| *value).collect();
        all.sort_by(f64::total_cmp);
        all
    }

    /// The lowest value, which for times is the best; 0 when there is none.
    fn best(&self, name: &str) -> f64 {
        self.all(name).first().copied().unwrap_or(0.0)
    }

    /// How far the median lies above the best, in percent.
    fn spread(&self, name: &str) -> f64 {
        let all = self.all(name);
        let median = all.get(all.len() / 2).copied().unwrap_or(0.0);
        (median / self.best(name) - 1.0) * 100.0
    }

    fn megabytes_per_second(&self, name: &str) -> f64 {
        self.best("bytes") / self.best(name) / 1e6
    }

    fn nanoseconds_per_event(&self, name: &str) -> f64 {
        self.best(name) / self.best("events") * 1e9
    }
}

struct Bench {
    options: Options,
    program: PathBuf,
    module: Option<Module>,
    folder: PathBuf,
}

/// The measured code as WebAssembly.
struct Module {
    /// Where wasm-bindgen put it.
    folder: PathBuf,
    /// The browser it runs in.
    chromium: PathBuf,
}

impl Bench {
    fn build(options: Options) -> Result<Self> {
        step("Building");
        // Where xtask itself was built.
        let target = std::env::current_exe()
            .ok()
            .and_then(|exe| exe.parent()?.parent().map(Path::to_owned))
            .ok_or("Cannot tell where xtask lies")?;
        let mut native = command("cargo")?;
        native.args(["build", "--locked", "--profile", "native", "--package", "etlens-bench"]);
        run(native.arg("--target-dir").arg(&target))?;
        let program =
            target.join("native").join(format!("etlens-bench{}", std::env::consts::EXE_SUFFIX));
        let folder = tools_folder()?.join("bench");
        fs::create_dir_all(&folder).map_err(|e| format!("{}: {e}", folder.display()))?;
        let module = match options.wasm {
            true => Self::build_wasm(&target, &folder)?,
            false => None,
        };
        Ok(Self { options, program, module, folder })
    }

    /// The module for a browser, optimised as the page's worker is; `None` without node or browser.
    fn build_wasm(target: &Path, folder: &Path) -> Result<Option<Module>> {
        if output(command("node")?.arg("--version")).is_none() {
            println!("   There is no node: WebAssembly is not measured");
            return Ok(None);
        }
        let chromium = node::ensure_browser()?.chromium;
        node::ensure_e2e_packages()?;
        node::try_binaryen()?;
        tools::ensure_build_tools()?;
        let mut wasm = command("cargo")?;
        wasm.args(["build", "--locked", "--release", "--package", "etlens-bench", "--lib"]);
        run(wasm.args(["--target", TARGET, "--target-dir"]).arg(target))?;
        let built = target.join(TARGET).join("release").join(format!("{MODULE}.wasm"));
        let folder = folder.join("web");
        let mut bindgen = command(&tool("wasm-bindgen")?.to_string_lossy())?;
        bindgen.args(["--target", "web", "--out-dir"]).arg(&folder).arg(built);
        run(&mut bindgen)?;
        finish::optimise_module(&folder.join(format!("{MODULE}_bg.wasm")), &finish::WORKER_PASSES)?;
        Ok(Some(Module { folder, chromium }))
    }

    /// A trace of a shape and size, generated unless it is there.
    fn trace(&self, shape: &str, mib: u64) -> Result<PathBuf> {
        let path = self.folder.join(format!("{shape}-{mib}.etl"));
        // Whether the generator changed cannot be told from outside: always anew.
        let mut make = command(&self.program.to_string_lossy())?;
        make.args(["make", shape, &mib.to_string()]).arg(&path);
        output(&mut make).ok_or_else(|| format!("Cannot write {}", path.display()))?;
        Ok(path)
    }

    fn measure(&self, stage: &str, trace: &Path, times: usize) -> Result<Answer> {
        let mut program = command(&self.program.to_string_lossy())?;
        program.arg(stage).arg(trace).arg(times.to_string());
        Answer::of(program)
    }

    fn speeds(&self, report: &mut String) -> Result<()> {
        let mib = self.options.mib;
        let _ = write!(
            report,
            "### Speed\n\nTraces of {mib} MiB; export: {} MiB. *MB/s* and *events* without reading \
             the file, *read too* with it.\n\n\
             | trace | stage | MB/s | M events/s | ns/event | MB/s, read too | spread % |\n\
             |---|---|--:|--:|--:|--:|--:|\n",
            EXPORT_MIB.min(mib)
        );
        let mut ratios = String::new();
        for shape in SHAPES {
            step(&format!("Measuring: {shape}, {mib} MiB"));
            let trace = self.trace(shape, mib)?;
            let floor = self.measure("floor", &trace, TIMES)?;
            let index = self.measure("index", &trace, TIMES)?;
            let load = self.measure("load", &trace, TIMES)?;
            let exported = self.trace(shape, EXPORT_MIB.min(mib))?;
            let export = self.measure("jsonl", &exported, TIMES)?;
            let event_bytes = index.best("bytes") / index.best("events");
            let title = format!("{shape}, {event_bytes:.0} B/event");
            row(report, &title, "floor", &floor);
            row(report, "", "index", &index);
            if let Some(module) = &self.module {
                let mut node = command("node")?;
                node.arg(root()?.join("tests/e2e/index-pass.mjs")).arg(&module.folder).arg(&trace);
                node.arg(TIMES.to_string()).env("CHROMIUM", &module.chromium);
                let wasm = Answer::of(node)?;
                row(report, "", "index, wasm", &wasm);
                let _ = writeln!(
                    ratios,
                    "| {shape} | {:.2} | {:.2} |",
                    index.best("engine") / wasm.best("engine"),
                    index.best("engine") / wasm.best("in-place")
                );
            }
            row(report, "", "load", &load);
            row(report, "", "export", &export);
            let _ = writeln!(
                report,
                "| | export, by what it writes | {:.0} | | | | |",
                export.best("written") / export.best("engine") / 1e6
            );
        }
        if !ratios.is_empty() {
            let _ = write!(
                report,
                "\n### WebAssembly against native, index pass\n\nNative time divided by wasm time in \
                 Chromium; 1 is parity. *in place*: slices lie in the module's memory, as native \
                 slices lie in the program's; *copied*: each is copied from JavaScript's memory, \
                 where the browser left it, into the module's first, and that counts.\n\n\
                 | trace | copied | in place |\n|---|--:|--:|\n{ratios}"
            );
        }
        Ok(())
    }

    fn sizes(&self, report: &mut String) -> Result<()> {
        let _ = write!(
            report,
            "\n### Memory, and cost by size\n\nManifest traces. *kept*: resident memory of a loaded \
             trace; *peak*: the most while loading, sorting included. The file itself is never \
             held.\n\n\
             | MiB | M events | index ns/event | load ns/event | kept B/event | peak B/event | \
             index peak MB |\n|--:|--:|--:|--:|--:|--:|--:|\n"
        );
        let mut sizes = vec![10, 100];
        sizes.extend([1024].into_iter().filter(|&mib| mib <= self.options.mib));
        // What is recorded shows how cost grows to four times the usual size.
        sizes.extend(self.options.record.then_some(4096));
        for mib in sizes {
            step(&format!("Measuring: manifest, {mib} MiB"));
            let trace = self.trace("manifest", mib)?;
            let index = self.measure("index", &trace, TIMES)?;
            let load = self.measure("load", &trace, 3)?;
            let events = load.best("events");
            let _ = writeln!(
                report,
                "| {mib} | {:.2} | {:.1} | {:.1} | {:.1} | {:.1} | {:.1} |",
                events / 1e6,
                index.nanoseconds_per_event("engine"),
                load.nanoseconds_per_event("engine"),
                load.best("kept") / events,
                load.best("peak") / events,
                index.best("peak") / 1e6
            );
        }
        Ok(())
    }

    /// Other readers, on smaller traces of the same shapes.
    fn peers(&self, report: &mut String) -> Result<()> {
        let Some(python) = self.peers_python()? else {
            println!("   Readers from PyPI cannot be installed: they are not measured");
            return Ok(());
        };
        let _ = write!(
            report,
            "\n### Beside portable readers from PyPI\n\nTraces of {PEER_MIB} MiB; records walked \
             and headers decoded. *times* is the peer's time divided by that of our index pass on \
             the same file.\n\n| trace | reader | events found | MB/s | times |\n|---|---|--:|--:|--:|\n"
        );
        for shape in SHAPES {
            step(&format!("Measuring peers: {shape}"));
            let trace = self.trace(shape, PEER_MIB)?;
            let ours = self.measure("index", &trace, TIMES)?;
            let bytes = ours.best("bytes");
            let line = |name: &str, answer: &Answer| {
                let times = answer.best("engine") / ours.best("engine");
                format!(
                    "| {shape} | {name} | {} | {:.2} | {times:.0} |\n",
                    answer.best("events"),
                    bytes / answer.best("engine") / 1e6
                )
            };
            report.push_str(&line("ETLens", &ours));
            for (reader, package) in PEERS {
                let mut program = command(&python.to_string_lossy())?;
                program.arg(root()?.join("tests/bench/peers.py")).arg(reader).arg(&trace);
                match Answer::of(program) {
                    Ok(answer) => report.push_str(&line(package, &answer)),
                    Err(_) => {
                        let _ = writeln!(report, "| {shape} | {package} | fails | | |");
                    }
                }
            }
        }
        Ok(())
    }

    /// Python of an environment that holds the peers.
    fn peers_python(&self) -> Result<Option<PathBuf>> {
        let environment = self.folder.join("peers");
        let programs = environment.join(if cfg!(windows) { "Scripts" } else { "bin" });
        let python = programs.join("python");
        let imports = ["-c", "import dissect.etl, etl.etl"];
        if output(command(&python.to_string_lossy())?.args(imports)).is_some() {
            return Ok(Some(python));
        }
        step("Installing readers from PyPI");
        let made = run(command("python3")?.args(["-m", "venv"]).arg(&environment));
        let mut install = command(&python.to_string_lossy())?;
        install.args(["-m", "pip", "install", "--quiet"]).args(PEERS.map(|(_, package)| package));
        Ok(made.and_then(|()| run(&mut install)).is_ok().then_some(python))
    }
}

fn row(report: &mut String, title: &str, stage: &str, answer: &Answer) {
    let rate = answer.best("events") / answer.best("engine") / 1e6;
    let (rate, nanoseconds) = match answer.best("events") > 0.0 {
        true => (format!("{rate:.1}"), format!("{:.1}", answer.nanoseconds_per_event("engine"))),
        false => (String::new(), String::new()),
    };
    // An export begins with loading, which is measured on its own; the page's reading is too.
    let whole = match stage {
        "export" | "index, wasm" => String::new(),
        _ => format!("{:.0}", answer.megabytes_per_second("whole")),
    };
    let _ = writeln!(
        report,
        "| {title} | {stage} | {:.0} | {rate} | {nanoseconds} | {whole} | {:.0} |",
        answer.megabytes_per_second("engine"),
        answer.spread("engine")
    );
}

/// The machine, as far as it tells.
fn machine() -> Result<String> {
    let read = |path: &str| fs::read_to_string(path).unwrap_or_default();
    let field = |text: &str, name: &str| {
        let line = text.lines().find(|line| line.starts_with(name))?;
        Some(line.split_once(':')?.1.trim().to_owned())
    };
    let said = |program: &str, words: &[&str]| -> Result<String> {
        Ok(output(command(program)?.args(words)).unwrap_or_default().trim().to_owned())
    };
    let processor = field(&read("/proc/cpuinfo"), "model name").unwrap_or_default();
    let cores = std::thread::available_parallelism().map_or(0, usize::from);
    let memory = field(&read("/proc/meminfo"), "MemTotal")
        .and_then(|text| text.split_whitespace().next()?.parse::<u64>().ok())
        .map_or(0.0, |kilobytes| kilobytes as f64 / 1e6);
    let load = read("/proc/loadavg").split_whitespace().next().unwrap_or_default().to_owned();
    Ok(format!(
        "\nMeasured on {date}: {processor}, {cores} cores, {memory:.0} GB, {os}, {rustc}, node \
         {node}. A shared machine with a load of {load} at the end of the run: read one digit, two at \
         most.\n",
        date = said("date", &["-u", "+%Y-%m-%d"])?,
        os = said("uname", &["-sr"])?,
        rustc = said("rustc", &["--version"])?,
        node = said("node", &["--version"])?
    ))
}
