//! Builds the page with Trunk (Trunk.toml).

use crate::Result;
use crate::run::{command, run, step};

/// Builds dist/ as a static host gets it.
pub fn build_release() -> Result<()> {
    step("Building the page (release)");
    run(command("trunk")?.args(["--skip-version-check", "build", "--release"]))
}

/// Builds without optimisation, serves, and rebuilds and reloads on every change.
pub fn watch(port: u16) -> Result<()> {
    step("Building the page (dev), watching for changes");
    let port = port.to_string();
    run(command("trunk")?.args(["--skip-version-check", "serve", "--port", &port]))
}
