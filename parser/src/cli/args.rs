//! Arguments.

use std::ffi::OsString;
use std::path::PathBuf;

use crate::catalog::best_locale;
use crate::export::Format;

/// What `--help` prints.
pub(super) const HELP: &str = "\
etlens reads Windows event traces (.etl, also in .zip and .gz) and JSON exports of events.

  etlens stat FILE… [options]     what is in a trace: events by kind, time, losses, damage
      --json                      as JSON
  etlens dump FILE [options]      its events
      --format FORMAT             jsonl (canonical, the default), json, csv or xml
      --filter FILTER             only these, such as 'id:4031 and level<=error'
      --lang TAG                  language of messages, such as ko (default en)
      --limit N                   at most N events
      -o FILE                     write there, not to standard output
      --tdh                       on Windows: decode what the trace does not describe as the
                                  providers installed there do, messages in Windows' language
      --pack PACK                 with --tdh: also write what they say, as a schema pack
  etlens schema FILE [--json]     which kinds of events can be decoded, and their fields
      -o PACK                     write a schema pack instead: a JSON file with what is known of the
                                  trace's providers, for --schema and the page elsewhere

  With each of these, --schema FILE (as often as needed, or a folder) decodes what the trace
  does not describe itself: manifests (.man), programs (.dll, .exe, .mui), WPP
  message formats (.tmf), schema packs (.json).

  etlens --version

Exit code: 0 fine; 1 some input was damaged or could not be decoded (said on standard error, the
rest is written); 2 wrong usage, or nothing could be read.
";

/// What is asked.
#[derive(Debug)]
pub(super) enum Command {
    Help,
    Version,
    Stat { files: Vec<PathBuf>, json: bool, schemas: Vec<PathBuf> },
    Dump(Dump),
    Schema(Schema),
}

/// What to tell of the schemas of a file.
#[derive(Debug)]
pub(super) struct Schema {
    pub file: PathBuf,
    pub json: bool,
    pub schemas: Vec<PathBuf>,
    /// Where to write a schema pack.
    pub pack: Option<PathBuf>,
}

/// What to dump.
#[derive(Debug)]
pub(super) struct Dump {
    pub file: PathBuf,
    pub format: Format,
    pub filter: String,
    pub locale: &'static str,
    pub limit: Option<u64>,
    pub out: Option<PathBuf>,
    pub schemas: Vec<PathBuf>,
    /// Ask Windows about what the trace does not describe.
    pub tdh: bool,
    /// Where to write what Windows says.
    pub pack: Option<PathBuf>,
}

/// Understands the arguments, or says what is wrong with them.
pub(super) fn parse(arguments: &[OsString]) -> Result<Command, String> {
    let mut words = arguments.iter();
    let Some(command) = words.next() else { return Err("no command is given".to_owned()) };
    let mut files = Vec::new();
    let mut json = false;
    let mut options: Vec<(&str, String)> = Vec::new();
    let mut schemas = Vec::new();
    let mut tdh = false;
    let mut only_files = false;
    while let Some(word) = words.next() {
        let text = word.to_str().unwrap_or_default();
        if only_files || !text.starts_with('-') || text == "-" {
            files.push(PathBuf::from(word));
            continue;
        }
        let (name, given) = match text.split_once('=') {
            Some((name, value)) => (name, Some(value.to_owned())),
            None => (text, None),
        };
        let known = ["--format", "--filter", "--lang", "--limit", "--pack", "-o", "--out"];
        match name {
            "--" => only_files = true,
            "--help" | "-h" => return Ok(Command::Help),
            "--json" if given.is_none() => json = true,
            "--tdh" if given.is_none() => tdh = true,
            "--schema" => {
                let value = given.map(PathBuf::from).or_else(|| words.next().map(PathBuf::from));
                schemas.push(value.ok_or("--schema needs a file or folder")?);
            }
            _ => {
                let Some(name) = known.iter().find(|option| **option == name) else {
                    return Err(format!("there is no option {name}"));
                };
                let value = given.or_else(|| Some(words.next()?.to_str()?.to_owned()));
                options.push((name, value.ok_or_else(|| format!("{name} needs a value"))?));
            }
        }
    }
    match command.to_str().unwrap_or_default() {
        "--help" | "-h" | "help" => Ok(Command::Help),
        "--version" | "-V" => Ok(Command::Version),
        "stat" | "schema" if tdh => Err("--tdh belongs to dump".to_owned()),
        "stat" if !options.is_empty() => Err(misplaced("stat", &options)),
        "stat" if files.is_empty() => Err("stat needs a file".to_owned()),
        "stat" => Ok(Command::Stat { files, json, schemas }),
        "dump" if json => Err("dump has --format json, not --json".to_owned()),
        "dump" => dump(one("dump", files)?, options, schemas, tdh).map(Command::Dump),
        "schema" => {
            let mut pack = None;
            for (name, value) in options {
                if !matches!(name, "-o" | "--out") {
                    return Err(format!("schema has no option {name}"));
                }
                pack = Some(value.into());
            }
            let file = one("schema", files)?;
            Ok(Command::Schema(Schema { file, json, schemas, pack }))
        }
        "convert" => Err("convert (to Parquet) is not built into this version".to_owned()),
        other => Err(format!("there is no command {other}")),
    }
}

fn misplaced(command: &str, options: &[(&str, String)]) -> String {
    let name = options.first().map_or("", |(name, _)| name);
    format!("{command} has no option {name}")
}

fn one(command: &str, files: Vec<PathBuf>) -> Result<PathBuf, String> {
    let count = files.len();
    let mut files = files.into_iter();
    match (files.next(), count) {
        (Some(file), 1) => Ok(file),
        _ => Err(format!("{command} needs one file, not {count}")),
    }
}

fn dump(
    file: PathBuf,
    options: Vec<(&str, String)>,
    schemas: Vec<PathBuf>,
    tdh: bool,
) -> Result<Dump, String> {
    let mut dump = Dump {
        file,
        format: Format::Jsonl,
        filter: String::new(),
        locale: best_locale("en"),
        limit: None,
        out: None,
        schemas,
        tdh,
        pack: None,
    };
    for (name, value) in options {
        match name {
            "--format" => {
                dump.format = value.parse().map_err(|error: crate::Error| error.to_string())?;
            }
            "--filter" => dump.filter = value,
            "--lang" => dump.locale = best_locale(&value),
            "--limit" => {
                let limit = value.parse();
                dump.limit = Some(limit.map_err(|_| format!("--limit {value} is no number"))?);
            }
            "--pack" => dump.pack = Some(value.into()),
            _ => dump.out = Some(value.into()),
        }
    }
    if dump.pack.is_some() && !tdh {
        return Err("--pack goes with --tdh; etlens schema -o writes one without".to_owned());
    }
    Ok(dump)
}
