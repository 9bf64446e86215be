//! Builds the page with Trunk (Trunk.toml).

use crate::Result;
use crate::finish::NO_WASM_OPT;
use crate::run::{command, run, step};

/// Builds dist/ for use on this machine: without wasm-opt, which takes longer than the rest.
pub fn build_release() -> Result<()> {
    step("Building the page (release)");
    run(command("trunk")?
        .args(["--skip-version-check", "build", "--release"])
        .env(NO_WASM_OPT, "1"))
}

/// Builds dist/ as a static host gets it: with wasm-opt, where it is installed.
pub fn build_for_host() -> Result<()> {
    step("Building the page (release, for a host)");
    run(command("trunk")?
        .args(["--skip-version-check", "build", "--release"])
        .env_remove(NO_WASM_OPT))
}

/// Builds without optimisation, serves, and rebuilds and reloads on every change.
pub fn watch(port: u16) -> Result<()> {
    step("Building the page (dev), watching for changes");
    let port = port.to_string();
    run(command("trunk")?.args(["--skip-version-check", "serve", "--port", &port]))
}
