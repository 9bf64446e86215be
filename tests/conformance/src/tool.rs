//! The command line tool, run within the test.

use std::ffi::OsString;

use etlens_parser::cli;

/// What a run wrote.
#[derive(Debug)]
pub struct Run {
    /// How it ended.
    pub code: u8,
    /// Its standard output.
    pub out: String,
    /// Its standard error.
    pub err: String,
}

/// Runs `etlens` with these arguments.
///
/// # Panics
/// When what it wrote is not UTF-8.
pub fn etlens(arguments: &[&str]) -> Run {
    let arguments: Vec<OsString> = arguments.iter().map(OsString::from).collect();
    let (mut out, mut err) = (Vec::new(), Vec::new());
    let code = cli::run(&arguments, &mut out, &mut err);
    let text = |bytes| String::from_utf8(bytes).expect("UTF-8");
    Run { code, out: text(out), err: text(err) }
}
