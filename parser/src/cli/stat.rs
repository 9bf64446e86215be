//! `etlens stat`: what is in a trace.

use std::collections::BTreeMap;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use serde::Serialize;

use super::input::{Input, load};
use super::schema_files::Schemas;
use super::{EXIT_DAMAGED, EXIT_FAILED, EXIT_FINE, say, tell_damage};
use crate::error::Result;
use crate::schema::undecoded::Undecoded;
use crate::store::Trace;
use crate::time::iso8601;

/// What the events of a kind are counted by: provider, id, version, opcode, level.
type Kind = (String, u32, u8, u8, u8);

/// How often a kind occurs.
#[derive(Default)]
struct Count {
    provider_name: String,
    name: String,
    events: u64,
    undecoded: BTreeMap<Undecoded, u64>,
}

impl Count {
    fn decoded(&self) -> u64 {
        self.events.saturating_sub(self.undecoded.values().sum())
    }
}

/// What `--json` prints of a file, members in the order of the contract.
#[derive(Serialize)]
struct Object<'a> {
    file: String,
    /// Name in the archive, for a file that is one.
    #[serde(skip_serializing_if = "Option::is_none")]
    inner: Option<String>,
    format: String,
    bytes: u64,
    events: u64,
    start: Option<String>,
    end: Option<String>,
    duration_ns: Option<i128>,
    lost: LostCount,
    losses: Vec<LossPlace>,
    os: Os,
    clock: String,
    pointer_bytes: Option<u8>,
    headers: &'a BTreeMap<&'static str, u64>,
    by_event: Vec<EventCount>,
    undecoded: Vec<UndecodedCount>,
    marked: u64,
    errors: Vec<Damage>,
}

#[derive(Serialize)]
struct LostCount {
    events: u64,
    buffers: u64,
    bytes_skipped: u64,
}

/// Where something is missing.
#[derive(Serialize)]
struct LossPlace {
    cause: &'static str,
    start: String,
    end: String,
    processor: Option<u16>,
    count: u64,
}

#[derive(Serialize)]
struct Os {
    major: Option<u32>,
    minor: Option<u32>,
    build: Option<u32>,
    processors: Option<u32>,
    computer: String,
}

#[derive(Serialize)]
struct EventCount {
    provider: String,
    provider_name: String,
    id: u32,
    version: u8,
    opcode: u8,
    level: u8,
    count: u64,
    decoded: u64,
}

/// Events of a kind that are not fully decoded for one reason.
#[derive(Serialize)]
struct UndecodedCount {
    provider: String,
    provider_name: String,
    id: u32,
    version: u8,
    opcode: u8,
    level: u8,
    count: u64,
    reason: &'static str,
}

#[derive(Serialize)]
struct Damage {
    offset: u64,
    message: String,
}

struct Stat<'a> {
    trace: &'a Trace,
    by_event: BTreeMap<Kind, Count>,
    headers: BTreeMap<&'static str, u64>,
}

/// Runs the command over its files; each has its own object or paragraph.
pub(super) fn run(
    files: &[PathBuf],
    json: bool,
    schemas: &Schemas,
    out: &mut dyn Write,
    err: &mut dyn Write,
) -> io::Result<u8> {
    let mut code = EXIT_FINE;
    for path in files {
        let name = path.display().to_string();
        let answer = load(path, schemas).and_then(|input| {
            let undecoded = input.trace.count_undecoded(input.source.as_ref())?;
            Ok((input, undecoded))
        });
        match answer {
            Ok((input, undecoded)) => {
                let stat = Stat::new(&input.trace, &undecoded);
                if json {
                    serde_json::to_writer(&mut *out, &stat.json(path, &input))?;
                    writeln!(out)?;
                } else {
                    stat.text(&name, &input, out)?;
                }
                let damaged = tell_damage(&input.trace, &name, err);
                let undecoded = stat.undecoded();
                if undecoded > 0 {
                    say(err, format_args!("{name}: {undecoded} events could not be decoded"));
                }
                if damaged || undecoded > 0 || schemas.damaged {
                    code = code.max(EXIT_DAMAGED);
                }
            }
            Err(error) => {
                say(err, format_args!("{name}: {error}"));
                code = EXIT_FAILED;
            }
        }
    }
    Ok(code)
}

impl<'a> Stat<'a> {
    fn new(trace: &'a Trace, undecoded: &[BTreeMap<Undecoded, u64>]) -> Self {
        let mut by_event: BTreeMap<Kind, Count> = BTreeMap::new();
        let mut headers = BTreeMap::new();
        for (key, undecoded) in trace.keys().iter().zip(undecoded) {
            let event = &key.event;
            let provider = event.provider.to_string();
            let kind = (provider, event.id, event.version, event.opcode, event.level);
            let count = by_event.entry(kind).or_default();
            count.events += key.events;
            for (reason, events) in undecoded {
                *count.undecoded.entry(*reason).or_default() += events;
            }
            count.name.clone_from(&key.names.event);
            if key.names.provider != format!("{:#}", event.provider) {
                count.provider_name.clone_from(&key.names.provider);
            }
            *headers.entry(event.kind.name()).or_default() += key.events;
        }
        Self { trace, by_event, headers }
    }

    fn undecoded(&self) -> u64 {
        self.by_event.values().flat_map(|count| count.undecoded.values()).sum()
    }

    /// Every kind with every reason why some of its events are not fully decoded.
    fn reasons(&self) -> impl Iterator<Item = (&Kind, &Count, Undecoded, u64)> {
        self.by_event.iter().flat_map(|(kind, count)| {
            count.undecoded.iter().map(move |(reason, events)| (kind, count, *reason, *events))
        })
    }

    fn json(&self, path: &Path, input: &Input) -> Object<'_> {
        let info = self.trace.info();
        let mut numbers = info.os.split('.').map(|part| part.parse().ok());
        let by_event =
            self.by_event.iter().map(|((provider, id, version, opcode, level), count)| {
                EventCount {
                    provider: provider.clone(),
                    provider_name: count.provider_name.clone(),
                    id: *id,
                    version: *version,
                    opcode: *opcode,
                    level: *level,
                    count: count.events,
                    decoded: count.decoded(),
                }
            });
        let undecoded = self.reasons().map(|(kind, count, reason, events)| UndecodedCount {
            provider: kind.0.clone(),
            provider_name: count.provider_name.clone(),
            id: kind.1,
            version: kind.2,
            opcode: kind.3,
            level: kind.4,
            count: events,
            reason: reason.code(),
        });
        let errors = info.lost.issues.iter();
        Object {
            file: path.display().to_string(),
            inner: input.inner.clone(),
            format: info.format.clone(),
            bytes: info.file_bytes,
            events: info.events,
            start: info.range.map(|range| iso8601(range.start)),
            end: info.range.map(|range| iso8601(range.end - 1)),
            duration_ns: info.range.map(|range| i128::from(range.duration() - 1) * 100),
            lost: LostCount {
                events: info.lost.events,
                buffers: info.lost.buffers,
                bytes_skipped: info.lost.skipped_bytes,
            },
            losses: info
                .losses
                .iter()
                .map(|loss| LossPlace {
                    cause: loss.cause.code(),
                    start: iso8601(loss.range.start),
                    end: iso8601(loss.range.end - 1),
                    processor: loss.cpu,
                    count: loss.count,
                })
                .collect(),
            os: Os {
                major: numbers.next().flatten(),
                minor: numbers.next().flatten(),
                build: numbers.next().flatten(),
                processors: info.processors,
                computer: info.computer.clone(),
            },
            clock: info.clock.clone(),
            pointer_bytes: info.pointer_bytes,
            headers: &self.headers,
            by_event: by_event.collect(),
            undecoded: undecoded.collect(),
            marked: info.marked,
            errors: errors
                .map(|issue| Damage { offset: issue.offset, message: issue.message.clone() })
                .collect(),
        }
    }

    fn text(&self, name: &str, input: &Input, out: &mut dyn Write) -> io::Result<()> {
        let info = self.trace.info();
        writeln!(out, "{name}")?;
        if let Some(inner) = &input.inner {
            writeln!(out, "  holds     {inner}")?;
        }
        writeln!(out, "  format    {}, {} bytes", info.format, info.file_bytes)?;
        writeln!(out, "  events    {}, {} of them 4031", info.events, info.marked)?;
        if let Some(range) = info.range {
            writeln!(out, "  from      {}", iso8601(range.start))?;
            writeln!(out, "  to        {}", iso8601(range.end - 1))?;
        }
        for (what, text) in [
            ("windows", &info.os),
            ("computer", &info.computer),
            ("session", &info.session),
            ("clock", &info.clock),
        ] {
            if !text.is_empty() {
                writeln!(out, "  {what:9} {text}")?;
            }
        }
        let lost = &info.lost;
        writeln!(
            out,
            "  lost      {} events, {} buffers by the recorder; {} bytes not readable",
            lost.events, lost.buffers, lost.skipped_bytes
        )?;
        for loss in &info.losses {
            let (cause, count) = (loss.cause.code(), loss.count);
            let (start, end) = (iso8601(loss.range.start), iso8601(loss.range.end - 1));
            let cpu = loss.cpu.map(|cpu| format!(", processor {cpu}")).unwrap_or_default();
            writeln!(out, "            {cause} ({count}) {start} to {end}{cpu}")?;
        }
        writeln!(out, "     count   decoded  provider, event")?;
        for (kind, count) in &self.by_event {
            let what = describe(kind, count);
            writeln!(out, "{:10}{:10}  {what}", count.events, count.decoded())?;
        }
        if self.undecoded() > 0 {
            writeln!(out, "     not decoded    provider, event")?;
            for (kind, count, reason, events) in self.reasons() {
                let (reason, what) = (reason.reason(), describe(kind, count));
                writeln!(out, "{events:10}  {reason}: {what}")?;
            }
        }
        Ok(())
    }
}

/// Provider, name and numbers of a kind of event.
fn describe((provider, id, version, opcode, level): &Kind, count: &Count) -> String {
    let provider = match count.provider_name.as_str() {
        "" => provider,
        name => name,
    };
    let name = &count.name;
    format!("{provider} {name} (id {id} version {version} opcode {opcode} level {level})")
}

impl Trace {
    /// Reads every event and counts, by key, those whose payload is not fully decoded, and why.
    fn count_undecoded(
        &self,
        source: &dyn crate::source::ReadAt,
    ) -> Result<Vec<BTreeMap<Undecoded, u64>>> {
        let mut counts = vec![BTreeMap::new(); self.keys().len()];
        self.read_all(source, |event, seen| {
            if !seen.decoded.is_complete()
                && let Some(why) = self.schemas().why_undecoded(seen.record, seen.decoded)
                && let Some(count) = counts.get_mut(self.key_id(event) as usize)
            {
                *count.entry(why).or_insert(0) += 1;
            }
            true
        })?;
        Ok(counts)
    }
}
