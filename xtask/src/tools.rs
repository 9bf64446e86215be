//! Gets what a build needs, at the pinned versions: the wasm target, Trunk and wasm-bindgen.

use std::path::{Path, PathBuf};
use std::process::Command;

use crate::Result;
use crate::run::{self, command, output, run, step};

/// Trunk of the newest line that builds with the pinned Rust.
const TRUNK: &str = "0.21.14";
/// Equal to the crate's version in Cargo.lock; the two speak a private format.
const WASM_BINDGEN: &str = "0.2.130";
const TARGET: &str = "wasm32-unknown-unknown";
/// Windows, as far as type checking goes: nothing is linked for it.
pub const WINDOWS: &str = "x86_64-pc-windows-gnu";

/// Makes sure the page can be built.
pub fn ensure_build_tools() -> Result<()> {
    ensure_target()?;
    // Trunk's lock file is complete; wasm-bindgen-cli's names crates that registries may not
    // carry any more, so its dependencies are resolved afresh.
    ensure_program("trunk", "trunk", TRUNK, true)?;
    ensure_program("wasm-bindgen", "wasm-bindgen-cli", WASM_BINDGEN, false)
}

fn ensure_target() -> Result<()> {
    if target_is_installed()? {
        return Ok(());
    }
    step(&format!("Getting Rust's standard library for {TARGET}"));
    match run(command("rustup")?.args(["target", "add", TARGET])) {
        Ok(()) if target_is_installed()? => Ok(()),
        Ok(()) => Err(format!(
            "rustup installed {TARGET}, but the rustc in use ({}) does not see it. Is another \
             Rust before rustup's in PATH?",
            output(command("rustc")?.arg("--version")).unwrap_or_default().trim()
        )),
        Err(reason) => {
            println!("   rustup cannot download the target ({reason}).");
            build_target_from_debian()
        }
    }
}

/// Makes sure that the Windows side of the command line tool can be type-checked.
pub fn ensure_windows_target() -> Result<()> {
    let is_installed = || {
        Ok::<_, String>(target_folder("rustc", WINDOWS)?.is_some_and(|folder| holds_std(&folder)))
    };
    if is_installed()? {
        return Ok(());
    }
    let added = run(command("rustup")?.args(["target", "add", WINDOWS]));
    match added {
        Ok(()) if is_installed()? => Ok(()),
        Ok(()) => Err(format!("rustup installed {WINDOWS}, but the rustc in use does not see it")),
        Err(reason) => Err(format!("no standard library for {WINDOWS} can be had ({reason})")),
    }
}

fn target_folder(rustc: &str, target: &str) -> Result<Option<PathBuf>> {
    let folder = output(command(rustc)?.args(["--print", "target-libdir", "--target", target]));
    Ok(folder.map(|text| PathBuf::from(text.trim())))
}

fn holds_std(folder: &Path) -> bool {
    std::fs::read_dir(folder).is_ok_and(|mut entries| {
        entries.any(|entry| {
            entry.is_ok_and(|entry| entry.file_name().to_string_lossy().starts_with("libstd-"))
        })
    })
}

fn target_is_installed() -> Result<bool> {
    Ok(target_folder("rustc", TARGET)?.is_some_and(|folder| holds_std(&folder)))
}

/// Debian ships a compiler that knows the target, and the source of the standard library, but
/// not the library itself: it is built here once and put where that compiler looks for it.
fn build_target_from_debian() -> Result<()> {
    const PACKAGES: [&str; 4] = ["rustc-web", "cargo-web", "rust-web-src", "lld-22"];
    const RUSTC: &str = "/usr/bin/rustc";
    const LINKER: &str = "/usr/bin/lld-22";
    let advice = format!(
        "Without rustup's download the target can be built from Debian's packages. As root:\n  \
         apt-get install -y {}\nthen run this again with PATH=/usr/bin:$PATH. docs/DESIGN.md \
         says more.",
        PACKAGES.join(" ")
    );
    step("Falling back on Debian's Rust, whose standard library can be built for the target");
    let has_apt = output(command("apt-get")?.arg("--version")).is_some();
    let is_root = output(command("id")?.arg("-u")).is_some_and(|id| id.trim() == "0");
    if !has_apt || !is_root {
        return Err(advice);
    }
    run(command("apt-get")?.args(["install", "-y", "--no-install-recommends"]).args(PACKAGES))
        .map_err(|reason| format!("{reason}\n{advice}"))?;
    // The compiler looks for LLVM's linker under the name that rustup's copy has.
    let tools = run::tools_folder()?.join("bin");
    std::fs::create_dir_all(&tools).map_err(|e| format!("{}: {e}", tools.display()))?;
    run(command("ln")?.args(["-sf", LINKER]).arg(tools.join("rust-lld")))?;
    let library = target_folder(RUSTC, TARGET)?.ok_or_else(|| advice.clone())?;
    if !holds_std(&library) {
        let work = run::tools_folder()?.join("std");
        write_empty_crate(&work)?;
        // std of a release compiler builds only with the features of a nightly one allowed;
        // bitcode lets the release profile optimise across crates.
        run(command("/usr/bin/cargo")?
            .current_dir(&work)
            .args(["build", "--release", "--target", TARGET])
            .arg("-Zbuild-std=std,test,panic_abort")
            .env("RUSTC", RUSTC)
            .env("RUSTC_BOOTSTRAP", "1")
            .env("RUSTFLAGS", "-Cembed-bitcode=yes")
            .env("CARGO_TARGET_DIR", work.join("target")))?;
        copy_libraries(&work.join("target").join(TARGET).join("release/deps"), &library)?;
    }
    Err("The target is ready for Debian's compiler. Run this again with PATH=/usr/bin:$PATH."
        .to_owned())
}

fn write_empty_crate(folder: &Path) -> Result<()> {
    let said = |e: std::io::Error| format!("{}: {e}", folder.display());
    std::fs::create_dir_all(folder.join("src")).map_err(said)?;
    let manifest = "[package]\nname = \"std-for-wasm\"\nversion = \"0.0.0\"\nedition = \"2024\"\n\
                    [workspace]\n";
    std::fs::write(folder.join("Cargo.toml"), manifest).map_err(said)?;
    std::fs::write(folder.join("src/lib.rs"), "").map_err(said)
}

fn copy_libraries(from: &Path, to: &Path) -> Result<()> {
    let said = |e: std::io::Error| format!("{} → {}: {e}", from.display(), to.display());
    std::fs::create_dir_all(to).map_err(said)?;
    for entry in std::fs::read_dir(from).map_err(said)? {
        let entry = entry.map_err(said)?;
        let name = entry.file_name();
        if entry.path().extension().is_some_and(|e| e == "rlib")
            && !name.to_string_lossy().starts_with("libstd_for_wasm")
        {
            std::fs::copy(entry.path(), to.join(name)).map_err(said)?;
        }
    }
    Ok(())
}

/// Installs a program of a crate unless it is there at the version wanted.
fn ensure_program(program: &str, package: &str, version: &str, locked: bool) -> Result<()> {
    let installed = run::tool(program)?;
    let said = output(Command::new(&installed).arg("--version").env_remove("NO_COLOR"));
    if said.is_some_and(|said| said.split_whitespace().any(|word| word == version)) {
        return Ok(());
    }
    step(&format!("Installing {package} {version} (once; takes some minutes)"));
    let folder = run::tools_folder()?;
    let build = folder.join("build");
    let mut install = command("cargo")?;
    install.args(["install", package, "--version"]).arg(format!("={version}"));
    install.arg("--root").arg(&folder).arg("--target-dir").arg(&build).arg("--force");
    if locked {
        install.arg("--locked");
    }
    run(&mut install)?;
    // Only what was installed is needed; should this fail, disk space is all that is lost.
    let _ = std::fs::remove_dir_all(&build);
    Ok(())
}
