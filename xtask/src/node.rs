//! What comes from outside Rust, for tests and sizes only: npm packages, Chromium, binaryen.

use std::path::PathBuf;

use crate::Result;
use crate::run::{self, command, output, root, run, step};

/// The release of binaryen whose wasm-opt was measured.
const BINARYEN: &str = "132.0.0";
/// npm's program; it is a script on Windows.
pub const NPM: &str = if cfg!(windows) { "npm.cmd" } else { "npm" };

/// Where npm puts binaryen's wasm-opt when it is installed into the tool folder.
pub fn binaryen_program() -> Result<PathBuf> {
    let name = if cfg!(windows) { "wasm-opt.cmd" } else { "wasm-opt" };
    Ok(run::tools_folder()?.join("node_modules").join(".bin").join(name))
}

/// Gets wasm-opt by npm when there is npm. Nothing depends on it: builds are larger without.
pub fn try_binaryen() -> Result<()> {
    if crate::finish::wasm_opt()?.is_some() || output(command(NPM)?.arg("--version")).is_none() {
        return Ok(());
    }
    step("Installing binaryen for wasm-opt (optional)");
    let package = format!("binaryen@{BINARYEN}");
    let folder = run::tools_folder()?;
    let outcome = run(command(NPM)?
        .args(["install", "--no-save", "--no-audit", "--no-fund", "--prefix"])
        .arg(folder)
        .arg(package));
    if let Err(reason) = outcome {
        println!("   Going on without wasm-opt: {reason}");
    }
    Ok(())
}

/// The packages of the end-to-end tests, as their lock file has them.
pub fn ensure_e2e_packages() -> Result<()> {
    let folder = root()?.join("tests/e2e");
    let lock = folder.join("package-lock.json");
    // npm leaves a copy of the lock file it installed; it is newer when nothing changed since.
    let installed = folder.join("node_modules/.package-lock.json");
    let time = |path: &PathBuf| std::fs::metadata(path).and_then(|m| m.modified()).ok();
    if time(&installed).is_some_and(|installed| time(&lock).is_some_and(|lock| lock <= installed)) {
        return Ok(());
    }
    step("Installing the packages of the end-to-end tests");
    run(command(NPM)?.current_dir(folder).args(["ci", "--no-audit", "--no-fund"]))
}

/// Chromium and its driver, as programs to run.
pub struct Browser {
    /// The browser.
    pub chromium: PathBuf,
    /// Its WebDriver server.
    pub driver: PathBuf,
}

/// Finds Chromium and chromedriver; installs them by apt where that works.
pub fn ensure_browser() -> Result<Browser> {
    if let Some(browser) = find_browser() {
        return Ok(browser);
    }
    let is_root = output(command("id")?.arg("-u")).is_some_and(|id| id.trim() == "0");
    if is_root && output(command("apt-get")?.arg("--version")).is_some() {
        step("Installing Chromium and chromedriver");
        let install = ["install", "-y", "--no-install-recommends", "chromium", "chromium-driver"];
        if run(command("apt-get")?.args(install)).is_err() {
            // Package lists may be old or absent.
            run(command("apt-get")?.arg("update"))?;
            run(command("apt-get")?.args(install))?;
        }
    }
    find_browser().ok_or_else(|| {
        "Chromium and chromedriver of the same major version are needed (Debian: `apt-get install \
         chromium chromium-driver`). Elsewhere, name them with the variables CHROMIUM and \
         CHROMEDRIVER."
            .to_owned()
    })
}

fn find_browser() -> Option<Browser> {
    let chromium = find(
        "CHROMIUM",
        &["chromium", "chromium-browser", "google-chrome", "google-chrome-stable"],
    )?;
    let driver = find("CHROMEDRIVER", &["chromedriver"])?;
    Some(Browser { chromium, driver })
}

/// A program by a variable that names it, else by its usual names in PATH.
fn find(variable: &str, names: &[&str]) -> Option<PathBuf> {
    if let Some(named) = std::env::var_os(variable).filter(|named| !named.is_empty()) {
        return Some(PathBuf::from(named));
    }
    let path = std::env::var_os("PATH")?;
    std::env::split_paths(&path)
        .flat_map(|folder| {
            names
                .iter()
                .map(move |name| folder.join(format!("{name}{}", std::env::consts::EXE_SUFFIX)))
        })
        .find(|candidate| candidate.is_file())
}
