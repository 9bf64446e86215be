//! The command line tool `etlens`, as a function of its arguments.
//!
//! Exit codes: 0 all is well; 1 some of the input was damaged or could not be decoded (said on
//! standard error, the rest is written); 2 wrong usage, or nothing could be read.

mod args;
mod dump;
mod input;
mod schema;
mod schema_files;
mod stat;
mod tdh;

use std::ffi::OsString;
use std::fmt::Display;
use std::io::{self, Write};

use crate::store::Trace;

use self::args::Command;

/// All is well.
pub const EXIT_FINE: u8 = 0;
/// Some of the input was damaged or could not be decoded.
pub const EXIT_DAMAGED: u8 = 1;
/// Wrong usage, or nothing could be read.
pub const EXIT_FAILED: u8 = 2;

/// Issues told one by one on standard error; more are only counted.
const MAX_TOLD_ISSUES: usize = 10;

/// Runs the tool with the arguments after its name; the answer is the exit code.
pub fn run(arguments: &[OsString], out: &mut dyn Write, err: &mut dyn Write) -> u8 {
    let command = match args::parse(arguments) {
        Ok(command) => command,
        Err(message) => {
            say(err, format_args!("{message}\nTry: etlens --help"));
            return EXIT_FAILED;
        }
    };
    let result = match &command {
        Command::Help => out.write_all(args::HELP.as_bytes()).map(|()| EXIT_FINE),
        Command::Version => {
            writeln!(out, "etlens {}", env!("CARGO_PKG_VERSION")).map(|()| EXIT_FINE)
        }
        Command::Stat { files, json, schemas } => match schema_files::load(schemas, err) {
            Some(schemas) => stat::run(files, *json, &schemas, out, err),
            None => Ok(EXIT_FAILED),
        },
        Command::Dump(dump) => match schema_files::load(&dump.schemas, err) {
            Some(schemas) => dump::run(dump, &schemas, out, err),
            None => Ok(EXIT_FAILED),
        },
        Command::Schema(schema) => match schema_files::load(&schema.schemas, err) {
            Some(schemas) => schema::run(schema, &schemas, out, err),
            None => Ok(EXIT_FAILED),
        },
    };
    match result {
        Ok(code) => code,
        // The reader of our output has seen enough.
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => EXIT_FINE,
        Err(error) => {
            say(err, format_args!("cannot write: {error}"));
            EXIT_FAILED
        }
    }
}

/// Tells something on standard error; if that fails there is no other place to tell it.
fn say(err: &mut dyn Write, what: impl Display) {
    let _ = writeln!(err, "etlens: {what}");
}

/// Tells the damage of a trace; the answer is whether there was any.
fn tell_damage(trace: &Trace, name: &str, err: &mut dyn Write) -> bool {
    let lost = &trace.info().lost;
    for issue in lost.issues.iter().take(MAX_TOLD_ISSUES) {
        let (message, offset, bytes) = (&issue.message, issue.offset, issue.skipped_bytes);
        say(err, format_args!("{name}: {message} (at offset {offset:#x}, {bytes} bytes skipped)"));
    }
    if let Some(more) = lost.issue_count.checked_sub(MAX_TOLD_ISSUES as u64 + 1) {
        say(err, format_args!("{name}: and {} more places", more + 1));
    }
    lost.issue_count > 0
}
