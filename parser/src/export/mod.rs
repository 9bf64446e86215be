//! Writing events: the canonical export (JSON lines that are read back without loss), and JSON,
//! CSV and XML for other tools. docs/json-schema.md describes the JSON.

mod csv;
mod json;
mod text;
mod xml;

use std::ops::Range;
use std::str::FromStr;

use crate::error::{Error, ErrorKind, Result};
use crate::source::ReadAt;
use crate::store::{Seen, Trace, View};
use crate::value::SchemaSource;
use crate::view::EventIndex;

pub use self::text::Text;

/// What an export is written as.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Format {
    /// The canonical export: one JSON object per line.
    Jsonl,
    /// The same objects in one array.
    Json,
    /// A table, for spreadsheets.
    Csv,
    /// Windows' event XML.
    Xml,
}

impl Format {
    /// The ending of a file of it, without the dot.
    #[must_use]
    pub const fn extension(self) -> &'static str {
        match self {
            Self::Jsonl => "jsonl",
            Self::Json => "json",
            Self::Csv => "csv",
            Self::Xml => "xml",
        }
    }
}

impl FromStr for Format {
    type Err = Error;

    fn from_str(name: &str) -> Result<Self> {
        [Self::Jsonl, Self::Json, Self::Csv, Self::Xml]
            .into_iter()
            .find(|format| format.extension() == name)
            .ok_or_else(|| {
                let message = format!("There is no export format {name}: jsonl, json, csv or xml");
                Error::new(ErrorKind::Unsupported, message)
            })
    }
}

/// An export on its way, in time order.
#[derive(Debug)]
pub struct Export {
    format: Format,
    view: View,
    locale: String,
    json: json::Writer,
    /// Room for an event that is written by itself.
    spare: Vec<u8>,
    /// Position of the next event in the view, and of the first not to write.
    next: u64,
    end: u64,
    begun: bool,
    written: u64,
    damaged: u64,
    first_damage: Option<String>,
}

impl Export {
    /// Begins to export a view, at most `limit` events of it.
    #[must_use]
    pub fn new(view: View, format: Format, locale: &str, limit: Option<u64>) -> Self {
        let end = view.shown().min(limit.unwrap_or(u64::MAX));
        Self {
            format,
            view,
            locale: locale.to_owned(),
            json: json::Writer::default(),
            spare: Vec::new(),
            next: 0,
            end,
            begun: false,
            written: 0,
            damaged: 0,
            first_damage: None,
        }
    }

    /// Appends at most `max_events` more events to `out`. The answer is whether that was all.
    ///
    /// # Errors
    /// [`ErrorKind::Read`] when the source fails. An event that cannot be read for another reason
    /// is left out and counted.
    pub fn step(
        &mut self,
        trace: &Trace,
        source: &dyn ReadAt,
        max_events: u32,
        out: &mut Text,
    ) -> Result<bool> {
        if !std::mem::replace(&mut self.begun, true) {
            out.push(match self.format {
                Format::Jsonl => b"",
                Format::Json => b"[\n",
                Format::Csv => csv::HEADER,
                Format::Xml => xml::HEADER,
            });
        }
        let count = self.end.saturating_sub(self.next).min(max_events.into());
        let mut done = 0;
        for event in self.view.events_from(self.next).take(count as usize) {
            let first = self.written == 0;
            let answer = trace.read_raw(event, source, |record, body| {
                let (before, after): (&[u8], &[u8]) = match self.format {
                    Format::Jsonl => (b"", b"\n"),
                    Format::Json if !first => (b",\n", b""),
                    Format::Json | Format::Csv | Format::Xml => (b"", b""),
                };
                out.push(before);
                let is_json = matches!(self.format, Format::Jsonl | Format::Json);
                if is_json
                    && !first
                    && body.is_none()
                    && self.json.write_alike(trace, event, record, out)
                {
                    out.push(after);
                    return None;
                }
                trace.seen(record, body, |seen| {
                    let line = Line { trace, event, seen, locale: &self.locale };
                    let spare = &mut self.spare;
                    spare.clear();
                    match self.format {
                        Format::Jsonl | Format::Json => self.json.write(&line, first, spare),
                        Format::Csv => csv::write(&line, spare),
                        Format::Xml => xml::write(&line, spare),
                    }
                    out.push(spare);
                    out.push(after);
                    is_undecoded(seen).then(|| {
                        let problem = seen.decoded.problem.clone();
                        problem.unwrap_or_else(|| "no schema is known".to_owned())
                    })
                })
            });
            let problem = match answer {
                Ok(problem) => {
                    self.written += 1;
                    problem
                }
                Err(error) if error.kind() == ErrorKind::Read => return Err(error),
                Err(error) => Some(error.to_string()),
            };
            if let Some(problem) = problem {
                self.damaged += 1;
                self.first_damage.get_or_insert_with(|| format!("event {}: {problem}", event + 1));
            }
            done += 1;
        }
        self.next += done;
        if self.next < self.end && done > 0 {
            return Ok(false);
        }
        out.push(match self.format {
            Format::Json => b"\n]\n",
            Format::Xml => xml::FOOTER,
            Format::Jsonl | Format::Csv => b"",
        });
        Ok(true)
    }

    /// Where the next so many events lie: who has those bytes ready need not be asked for them piece
    /// by piece. `None` where that is not known, or they lie far apart.
    #[must_use]
    pub fn next_bytes(&self, trace: &Trace, events: u32) -> Option<Range<u64>> {
        let left = self.end.saturating_sub(self.next).min(events.into());
        trace.stretch(&mut self.view.events_from(self.next).take(left as usize))
    }

    /// Breaks off: the next step only closes what was begun, so that what was written is whole.
    pub fn stop(&mut self) {
        self.end = self.next;
    }

    /// Events written so far.
    #[must_use]
    pub fn written(&self) -> u64 {
        self.written
    }

    /// Events to write in all.
    #[must_use]
    pub fn total(&self) -> u64 {
        self.end
    }

    /// Events whose payload could not be decoded, or that could not be read.
    #[must_use]
    pub fn damaged(&self) -> u64 {
        self.damaged
    }

    /// The first of them, and why.
    #[must_use]
    pub fn first_damage(&self) -> Option<&str> {
        self.first_damage.as_deref()
    }
}

/// One event to write.
struct Line<'a> {
    trace: &'a Trace,
    event: EventIndex,
    seen: &'a Seen<'a>,
    locale: &'a str,
}

impl Line<'_> {
    /// `EventRecordID`: the export's own, else the place in time order, from 1.
    fn record_id(&self) -> u64 {
        let own = self.seen.body.and_then(|body| body.record_id);
        own.unwrap_or(u64::from(self.event) + 1)
    }

    /// The keywords' names.
    fn keywords(&self) -> &[String] {
        match (self.seen.body, self.trace.key(self.event)) {
            (Some(body), _) => &body.keywords,
            (None, Some(key)) => &key.names.keywords,
            (None, None) => &[],
        }
    }
}

/// Whether some of a payload could not be decoded.
fn is_undecoded(seen: &Seen<'_>) -> bool {
    let decoded = seen.decoded;
    let unknown = decoded.source == SchemaSource::None && !seen.record.payload.is_empty();
    unknown || decoded.problem.is_some()
}

/// An event as one line of the canonical export, without the line end.
pub(crate) fn json_line(trace: &Trace, event: EventIndex, seen: &Seen<'_>, locale: &str) -> String {
    let mut out = Vec::new();
    json::Writer::default().write(&Line { trace, event, seen, locale }, false, &mut out);
    String::from_utf8(out).unwrap_or_default()
}
