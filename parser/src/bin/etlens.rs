//! `etlens`: reads event traces on the command line.
#![forbid(unsafe_code)]

use std::io::{BufWriter, Write as _, stderr, stdout};
use std::process::ExitCode;

fn main() -> ExitCode {
    let arguments: Vec<_> = std::env::args_os().skip(1).collect();
    let mut out = BufWriter::new(stdout().lock());
    let code = etlens_parser::cli::run(&arguments, &mut out, &mut stderr().lock());
    // Whoever read our output may have gone; there is nobody left to tell.
    let _ = out.flush();
    ExitCode::from(code)
}
