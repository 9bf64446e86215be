//! What Trunk does not do itself, run by its post_build hook on the staged files: the sample
//! trace, names by content, a boot file instead of an inline script (so that the content security
//! policy needs no exception), the service worker's list.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

use crate::run::{command, output, run};
use crate::{Result, sha256};

/// Hexadecimal digits of a content hash in a file name: 64 bits.
const NAME_DIGITS: usize = 16;

/// Takes the place of the script that Trunk puts into the page.
const BOOT: &str = include_str!("boot.js");

/// Set to leave out wasm-opt even where it is installed.
pub const NO_WASM_OPT: &str = "ETLENS_NO_WASM_OPT";

/// Finishes the files that Trunk has staged.
pub fn finish() -> Result<()> {
    let staged = std::env::var_os("TRUNK_STAGING_DIR")
        .ok_or("`finish` is called by Trunk; see `cargo xtask dist`")?;
    let folder = Folder { path: PathBuf::from(staged) };
    // Built, not stored: it is the same on every machine.
    folder.write("sample.etl", &etlens_synth::sample::build())?;
    if std::env::var("TRUNK_PROFILE").is_ok_and(|profile| profile == "release") {
        release(&folder)
    } else {
        dev(&folder)
    }
}

/// While developing, Trunk adds its reloading script to the page, which the policy would stop.
fn dev(folder: &Folder) -> Result<()> {
    let page = folder.text("index.html")?;
    let (before, rest) = split(&page, "<meta http-equiv=\"Content-Security-Policy\"", 0)?;
    let (_, after) = split(rest, ">", 1)?;
    folder.write("index.html", format!("{before}{after}").as_bytes())
}

fn release(folder: &Folder) -> Result<()> {
    optimise(folder)?;
    let mut page = folder.text("index.html")?;

    // Names by content, innermost first: each file names the one before it.
    let worker_wasm = folder.rename_by_content("worker_bg.wasm")?;
    folder.replace("worker.js", "worker_bg.wasm", &worker_wasm)?;
    let worker_glue = folder.rename_by_content("worker.js")?;
    folder.replace("worker_loader.js", "./worker.js", &format!("./{worker_glue}"))?;
    let worker = folder.rename_by_content("worker_loader.js")?;
    page = replaced("index.html", &page, "./worker_loader.js", &format!("./{worker}"))?;

    let korean = folder.rename_by_content("ko.tsv")?;
    page = replaced("index.html", &page, "./ko.tsv", &format!("./{korean}"))?;

    let app_wasm = folder.rename_by_content("app_bg.wasm")?;
    page = replaced("index.html", &page, "app_bg.wasm", &app_wasm)?;
    folder.replace("app.js", "app_bg.wasm", &app_wasm)?;
    let app_glue = folder.rename_by_content("app.js")?;
    page = replaced("index.html", &page, "app.js", &app_glue)?;
    let boot = BOOT.replace("app_bg.wasm", &app_wasm).replace("app.js", &app_glue);
    folder.write("boot.js", boot.as_bytes())?;
    let boot = folder.rename_by_content("boot.js")?;
    let (before, rest) = split(&page, "<script type=\"module\">", 0)?;
    let (_, after) = split(rest, "</script>", 0)?;
    page = format!("{before}<script type=\"module\" src=\"./{boot}\">{after}");

    for name in folder.names()?.iter().filter(|name| has_extension(name, "css")) {
        if page.contains(name.as_str()) {
            let hashed = folder.rename_by_content(name)?;
            page = replaced("index.html", &page, name, &hashed)?;
        }
    }

    let build = build_id(folder, &page)?;
    let mark = "<meta name=\"etlens-build\" content=\"dev\"";
    page = replaced("index.html", &page, mark, &mark.replace("dev", &build))?;
    folder.write("index.html", page.as_bytes())?;
    list_for_service_worker(folder, &build)
}

/// Shrinks the modules where wasm-opt (binaryen) is installed: some 15 %.
fn optimise(folder: &Folder) -> Result<()> {
    // The page is small before it is fast; the worker reads gigabytes.
    optimise_module(&folder.path.join("app_bg.wasm"), &["-Os"])?;
    optimise_module(&folder.path.join("worker_bg.wasm"), &WORKER_PASSES)
}

/// How wasm-opt optimises the worker. Large functions stay apart: put into the loop that calls them,
/// they would take its variables out of the processor's registers.
pub const WORKER_PASSES: [&str; 5] = [
    "-O3",
    "--one-caller-inline-max-function-size",
    "60",
    "--duplicate-function-elimination",
    "--reorder-functions",
];

/// Runs wasm-opt on a module where it is installed.
pub fn optimise_module(path: &Path, passes: &[&str]) -> Result<()> {
    if std::env::var_os(NO_WASM_OPT).is_some() {
        return Ok(());
    }
    let Some(program) = wasm_opt()? else { return Ok(()) };
    run(command(&program)?
        .args(passes)
        .args(["--enable-simd", "--enable-bulk-memory", "--enable-sign-ext"])
        .args(["--enable-nontrapping-float-to-int", "--enable-mutable-globals"])
        .args(["--enable-reference-types", "--enable-multivalue"])
        .arg(path)
        .arg("-o")
        .arg(path))
}

/// The program, from the tool folder (npm's binaryen) or the system; `None` when there is none.
pub fn wasm_opt() -> Result<Option<String>> {
    let npm = crate::node::binaryen_program()?;
    if npm.is_file() && output(command("node")?.arg("--version")).is_some() {
        return Ok(Some(npm.to_string_lossy().into_owned()));
    }
    let found = output(command("wasm-opt")?.arg("--version")).is_some();
    Ok(found.then(|| "wasm-opt".to_owned()))
}

/// One name for everything the build consists of.
fn build_id(folder: &Folder, page: &str) -> Result<String> {
    let mut list = sha256::hex(page.as_bytes());
    for (name, hash) in folder.hashes()? {
        if name != "index.html" {
            let _ = write!(list, "\n{name} {hash}");
        }
    }
    Ok(short(&sha256::hex(list.as_bytes())))
}

fn list_for_service_worker(folder: &Folder, build: &str) -> Result<()> {
    let mut list = String::from("{");
    for (name, hash) in folder.hashes()? {
        if name != "sw.js" {
            // Names of built files need no escaping: `hashes` refuses others.
            let _ = write!(list, "\n  \"{name}\": \"{hash}\",");
        }
    }
    list.push_str("\n}");
    folder.replace("sw.js", "const FILES = {}", &format!("const FILES = {list}"))?;
    folder.replace("sw.js", "const BUILD = \"dev\"", &format!("const BUILD = \"{build}\""))
}

fn short(hash: &str) -> String {
    hash.chars().take(NAME_DIGITS).collect()
}

fn has_extension(name: &str, extension: &str) -> bool {
    Path::new(name).extension().is_some_and(|e| e == extension)
}

/// Splits before the first `mark`, or after it with `skip` = its length.
fn split<'a>(text: &'a str, mark: &str, skip: usize) -> Result<(&'a str, &'a str)> {
    let at = text.find(mark).ok_or_else(|| format!("The page Trunk made has no {mark}"))?;
    Ok((&text[..at], &text[at + skip..]))
}

fn replaced(file: &str, text: &str, old: &str, new: &str) -> Result<String> {
    if text.contains(old) {
        Ok(text.replace(old, new))
    } else {
        Err(format!("{file} does not mention {old}: the build changed and finish.rs must follow"))
    }
}

/// The folder of staged files.
struct Folder {
    path: PathBuf,
}

impl Folder {
    fn text(&self, name: &str) -> Result<String> {
        fs::read_to_string(self.path.join(name)).map_err(|e| format!("{name}: {e}"))
    }

    fn write(&self, name: &str, bytes: &[u8]) -> Result<()> {
        fs::write(self.path.join(name), bytes).map_err(|e| format!("{name}: {e}"))
    }

    fn replace(&self, name: &str, old: &str, new: &str) -> Result<()> {
        let text = replaced(name, &self.text(name)?, old, new)?;
        self.write(name, text.as_bytes())
    }

    /// `worker_bg.wasm` → `worker_bg-0123456789abcdef.wasm`; the new name.
    fn rename_by_content(&self, name: &str) -> Result<String> {
        let said = |e: std::io::Error| format!("{name}: {e}");
        let hash = short(&sha256::hex(&fs::read(self.path.join(name)).map_err(said)?));
        let (stem, extension) =
            name.rsplit_once('.').ok_or_else(|| format!("{name} has no extension"))?;
        let hashed = format!("{stem}-{hash}.{extension}");
        fs::rename(self.path.join(name), self.path.join(&hashed)).map_err(said)?;
        Ok(hashed)
    }

    /// Names of all files, relative, with `/`.
    fn names(&self) -> Result<Vec<String>> {
        let mut names = Vec::new();
        self.collect("", &mut names)?;
        names.sort();
        Ok(names)
    }

    fn collect(&self, prefix: &str, names: &mut Vec<String>) -> Result<()> {
        let said = |e: std::io::Error| format!("{}/{prefix}: {e}", self.path.display());
        for entry in fs::read_dir(self.path.join(prefix)).map_err(said)? {
            let entry = entry.map_err(said)?;
            let name = format!("{prefix}{}", entry.file_name().to_string_lossy());
            if entry.file_type().map_err(said)?.is_dir() {
                self.collect(&format!("{name}/"), names)?;
            } else {
                names.push(name);
            }
        }
        Ok(())
    }

    fn hashes(&self) -> Result<BTreeMap<String, String>> {
        let mut hashes = BTreeMap::new();
        for name in self.names()? {
            let plain = |c: char| c.is_ascii_alphanumeric() || "-_./".contains(c);
            if !name.chars().all(plain) {
                return Err(format!("{name}: only letters, digits, - _ . in names of built files"));
            }
            let bytes = fs::read(self.path.join(&name)).map_err(|e| format!("{name}: {e}"))?;
            hashes.insert(name, sha256::hex(&bytes));
        }
        Ok(hashes)
    }
}
