//! `etlens dump`: the events of a trace.

use std::fs::{self, File};
use std::io::{self, BufWriter, Write};
use std::sync::Arc;

use super::args::Dump;
use super::input::{Input, load};
use super::schema_files::Schemas;
use super::{EXIT_DAMAGED, EXIT_FAILED, EXIT_FINE, say, tdh, tell_damage};
use crate::error::Result;
use crate::export::{Export, Text};
use crate::query::Filter;
use crate::schema::loaded::Loaded;
use crate::schema::schema_file::SchemaFile;
use crate::store::View;

/// Events written between two writes to the output.
const STEP_EVENTS: u32 = 1_000;

/// Bytes of the file searched in one step of a filter. Nobody waits in between here.
const STEP_BYTES: u64 = 1 << 30;

/// Runs the command.
pub(super) fn run(
    dump: &Dump,
    schemas: &Schemas,
    out: &mut dyn Write,
    err: &mut dyn Write,
) -> io::Result<u8> {
    let filter = match Filter::parse(&dump.filter) {
        Ok(filter) => filter,
        Err(fault) => {
            let (column, code) = (fault.column, &fault.code);
            say(err, format_args!("--filter: {code} at column {column}: {}", fault.argument));
            say(err, format_args!("  {}", dump.filter));
            say(err, format_args!("  {:>width$}", "^", width = column as usize));
            return Ok(EXIT_FAILED);
        }
    };
    let name = dump.file.display().to_string();
    let asked;
    let schemas = if dump.tdh {
        match ask_windows(dump, schemas, err) {
            Ok(with) => {
                asked = with;
                &asked
            }
            Err(message) => {
                say(err, format_args!("{name}: {message}"));
                return Ok(EXIT_FAILED);
            }
        }
    } else {
        schemas
    };
    let loaded = load(&dump.file, schemas).and_then(|input| {
        let view = select(&input, filter, dump.locale)?;
        Ok((input, view))
    });
    let (input, view) = match loaded {
        Ok(loaded) => loaded,
        Err(error) => {
            say(err, format_args!("{name}: {error}"));
            return Ok(EXIT_FAILED);
        }
    };
    let mut file;
    let out: &mut dyn Write = match &dump.out {
        None => out,
        Some(path) => match File::create(path) {
            Ok(created) => {
                file = BufWriter::new(created);
                &mut file
            }
            Err(error) => {
                say(err, format_args!("{}: {error}", path.display()));
                return Ok(EXIT_FAILED);
            }
        },
    };
    let mut export = Export::new(view, dump.format, dump.locale, dump.limit);
    let mut text = Text::default();
    loop {
        let done = match export.step(&input.trace, input.source.as_ref(), STEP_EVENTS, &mut text) {
            Ok(done) => done,
            Err(error) => {
                say(err, format_args!("{name}: {error}"));
                return Ok(EXIT_FAILED);
            }
        };
        out.write_all(text.as_bytes())?;
        text.clear();
        if done {
            break;
        }
    }
    out.flush()?;
    let mut damaged = tell_damage(&input.trace, &name, err) || schemas.damaged;
    if let Some(first) = export.first_damage() {
        damaged = true;
        let count = export.damaged();
        say(err, format_args!("{name}: {count} events could not be decoded; first {first}"));
    }
    Ok(if damaged { EXIT_DAMAGED } else { EXIT_FINE })
}

/// The schemas given, and those that Windows has of the events of the trace.
fn ask_windows(dump: &Dump, schemas: &Schemas, err: &mut dyn Write) -> Result<Schemas, String> {
    let (pack, unknown) = tdh::pack(&dump.file)?;
    let json = pack.to_json();
    if let Some(path) = &dump.pack {
        let written = fs::write(path, &json);
        written.map_err(|error| format!("{}: {error}", path.display()))?;
    }
    if unknown > 0 {
        say(err, format_args!("{unknown} kinds of events are unknown to this Windows"));
    }
    let pack = SchemaFile::read("Windows", json.as_bytes()).map_err(|error| error.to_string())?;
    // What was named by hand wins over what is installed.
    let files = [vec![Arc::new(pack)], schemas.loaded.files().to_vec()].concat();
    Ok(Schemas { loaded: Arc::new(Loaded::link(files)), damaged: schemas.damaged })
}

/// The events a filter leaves.
fn select(input: &Input, filter: Filter, locale: &str) -> Result<View> {
    input.trace.set_locale(locale);
    let mut scan = input.trace.scan(filter, None);
    loop {
        if let Some(view) = scan.step(&input.trace, input.source.as_ref(), STEP_BYTES)? {
            return Ok(view);
        }
    }
}
