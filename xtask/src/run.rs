//! Running other programs: every step is shown before it runs.

use std::ffi::OsString;
use std::io::{BufRead as _, BufReader, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use crate::Result;

/// The root of the workspace. Cargo tells where xtask lies whenever it runs it.
pub fn root() -> Result<PathBuf> {
    let manifest = std::env::var_os("CARGO_MANIFEST_DIR")
        .ok_or("Run this as `cargo xtask …`: CARGO_MANIFEST_DIR is not set")?;
    let folder = Path::new(&manifest);
    Ok(folder.parent().unwrap_or(folder).to_owned())
}

/// The folder that tools are installed into.
pub fn tools_folder() -> Result<PathBuf> {
    match std::env::var_os("ETLENS_TOOLS") {
        Some(folder) if !folder.is_empty() => Ok(PathBuf::from(folder)),
        _ => Ok(root()?.join(".tools")),
    }
}

/// Where a tool's program lies, were it installed.
pub fn tool(name: &str) -> Result<PathBuf> {
    Ok(tools_folder()?.join("bin").join(format!("{name}{}", std::env::consts::EXE_SUFFIX)))
}

/// A command that runs in the root and finds the project's tools before the system's.
pub fn command(program: &str) -> Result<Command> {
    let mut command = Command::new(program);
    let mut path = vec![tools_folder()?.join("bin")];
    path.extend(std::env::split_paths(&std::env::var_os("PATH").unwrap_or_default()));
    let path: OsString = std::env::join_paths(path).map_err(|e| format!("PATH: {e}"))?;
    command.current_dir(root()?).env("PATH", path);
    // Trunk takes the value of NO_COLOR for a truth value and stops at `1`.
    command.env_remove("NO_COLOR");
    Ok(command)
}

/// Runs a command with its output on the terminal.
pub fn run(command: &mut Command) -> Result<()> {
    show(command);
    let status = command.status().map_err(|e| format!("{}: {e}", name_of(command)))?;
    if status.success() { Ok(()) } else { Err(format!("{} failed: {status}", name_of(command))) }
}

/// Runs a command quietly; its standard output, or `None` when it cannot be run or fails.
pub fn output(command: &mut Command) -> Option<String> {
    let output = command.stderr(Stdio::null()).output().ok()?;
    output.status.success().then(|| String::from_utf8_lossy(&output.stdout).into_owned())
}

/// Runs a command, hands each line of its standard output to `line` (which says whether to show
/// it), and says whether the command succeeded.
pub fn run_lines(command: &mut Command, mut line: impl FnMut(&str) -> bool) -> Result<bool> {
    show(command);
    let name = name_of(command);
    let mut child = command.stdout(Stdio::piped()).spawn().map_err(|e| format!("{name}: {e}"))?;
    if let Some(stdout) = child.stdout.take() {
        let mut terminal = std::io::stdout();
        for bytes in BufReader::new(stdout).split(b'\n') {
            let bytes = bytes.map_err(|e| format!("{name}: {e}"))?;
            let text = String::from_utf8_lossy(&bytes);
            if line(text.trim_end_matches('\r')) {
                // A terminal that went away is no reason to stop the tests.
                let _ = writeln!(terminal, "{text}");
            }
        }
    }
    let status = child.wait().map_err(|e| format!("{name}: {e}"))?;
    Ok(status.success())
}

/// Says a step.
pub fn step(text: &str) {
    println!("\n== {text}");
}

fn name_of(command: &Command) -> String {
    Path::new(command.get_program())
        .file_stem()
        .unwrap_or(command.get_program())
        .to_string_lossy()
        .into_owned()
}

fn show(command: &Command) {
    let arguments: Vec<_> = command.get_args().map(|a| a.to_string_lossy()).collect();
    println!("   {} {}", name_of(command), arguments.join(" "));
}
