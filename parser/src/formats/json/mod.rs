//! Events exported as JSON, by whichever tool: containers and encodings are taken apart while the
//! file streams by, the meaning of members is one table entry per dialect.
//!
//! Only where each event begins is kept. To show an event, its text is read and mapped again.

mod body;
mod dialect;
mod dialects;
mod encoding;
mod header;
mod offsets;
mod scalar;
mod splitter;
mod tape;
#[cfg(test)]
mod tests;

use std::borrow::Cow;
use std::fmt;

use self::dialect::Dialect;
use self::encoding::Decoder;
use self::offsets::Offsets;
use self::splitter::{Splitter, Taker, Verdict};
use self::tape::Reason;
pub(crate) use self::tape::{Json, Kind, Tape};
use crate::encoding::{Encoding, decode};
use crate::error::{Error, ErrorKind, Issue, Result};
use crate::formats::{TextBody, TextEvent, TextSink};
use crate::limits::{DETECT_BYTES, MAX_JSON_EVENT_BYTES};
use crate::record::Locator;
use crate::source::ReadAt;
use crate::text::cp1252_to_string;

/// Bytes read at once when events are shown again: neighbours come from the same read.
const WINDOW_BYTES: u64 = 256 << 10;

/// Whether a file may be JSON events by how it begins, in any encoding: `{`, `[` or `Record 1`;
/// or lines of other text before the first event, as tools print them on a console.
#[must_use]
pub fn is_json(head: &[u8]) -> bool {
    let text = decoded_head(head);
    let text = text.trim_start_matches('\u{feff}').trim_start();
    let after_record = text
        .strip_prefix("Record ")
        .map(|text| text.trim_start_matches(|c: char| c.is_ascii_digit()).trim_start());
    if after_record.unwrap_or(text).starts_with(['{', '[']) {
        return true;
    }
    let first = text.find("\n{").or_else(|| text.find("\n["));
    let is_text = |before: &str| !before.contains(|c: char| c.is_control() && !c.is_whitespace());
    first
        .and_then(|at| text.split_at_checked(at))
        .is_some_and(|(before, rest)| is_text(before) && detect(rest).is_ok())
}

fn decoded_head(head: &[u8]) -> String {
    let head = head.get(..DETECT_BYTES).unwrap_or(head);
    let text = decode(Encoding::detect(head), head);
    String::from_utf8_lossy(&text).into_owned()
}

/// Reads a file of JSON events, chunk by chunk.
#[derive(Debug)]
pub struct Reader {
    decoder: Decoder,
    splitter: Splitter,
    intake: Intake,
}

/// Where the events of a file are, and how to read one again.
#[derive(Clone, Debug)]
pub struct File {
    encoding: Encoding,
    dialect: &'static Dialect,
    offsets: Offsets,
}

/// What was read last, so that neighbours come cheap.
#[derive(Default)]
pub struct TextCache {
    offset: u64,
    bytes: Vec<u8>,
    tape: Tape,
}

impl fmt::Debug for TextCache {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "TextCache({} bytes at {:#x})", self.bytes.len(), self.offset)
    }
}

impl Reader {
    /// Recognises container, encoding and dialect by the head of a file, which is still to be
    /// pushed.
    ///
    /// # Errors
    /// [`ErrorKind::Unsupported`] for JSON that is known to be something else (the phrase names
    /// it), [`ErrorKind::NotATrace`] for any other.
    pub fn new(head: &[u8]) -> Result<Self> {
        let encoding = Encoding::detect(head);
        let text = decoded_head(head);
        let Detected { dialect, wrapped, first } = detect(&text)?;
        let (before, first) = text.split_at_checked(first).unwrap_or(("", ""));
        let before = before.trim_end_matches('\u{feff}');
        let line_start = before.is_empty() || before.ends_with('\n');
        let file = File { encoding, dialect, offsets: Offsets::default() };
        let (tape, last_time, timeless) = (Tape::default(), 0, false);
        Ok(Self {
            decoder: Decoder::new(encoding),
            splitter: Splitter::new(encoding, wrapped, first, line_start),
            intake: Intake { file, tape, last_time, timeless },
        })
    }

    /// The dialect, as `TraceInfo::format` has it.
    #[must_use]
    pub fn format(&self) -> &'static str {
        self.intake.file.dialect.name
    }

    /// Takes the next bytes of the file. Damage goes to the sink.
    pub fn push<S: TextSink>(&mut self, chunk: &[u8], sink: &mut S) {
        let (text, offset) = self.decoder.push(chunk);
        let mut taker = Both { intake: &mut self.intake, sink };
        self.splitter.push(text, offset, &mut taker);
    }

    /// Ends the file: what is cut off is reported.
    pub fn finish<S: TextSink>(&mut self, sink: &mut S) {
        let file_bytes = self.decoder.taken_bytes();
        let left_over = self.decoder.left_over_bytes();
        self.splitter.finish(file_bytes - left_over, &mut Both { intake: &mut self.intake, sink });
        if left_over > 0 {
            sink.issue(Issue {
                kind: ErrorKind::Truncated,
                offset: file_bytes - left_over,
                skipped_bytes: left_over,
                message: "The file ends inside a character".to_owned(),
            });
        }
    }

    /// The directory so far.
    #[must_use]
    pub fn file(&self) -> &File {
        &self.intake.file
    }

    /// The directory of all events.
    #[must_use]
    pub fn into_file(self) -> File {
        self.intake.file
    }
}

/// Maps events and keeps where they are.
#[derive(Debug)]
struct Intake {
    file: File,
    tape: Tape,
    /// Time of the event before, for one that does not say its own.
    last_time: i64,
    /// Whether an event without a time was reported.
    timeless: bool,
}

/// [`Intake`] with the sink it passes events on to.
struct Both<'a, S> {
    intake: &'a mut Intake,
    sink: &'a mut S,
}

impl<S: TextSink> Taker for Both<'_, S> {
    fn object(&mut self, text: &[u8], offset: u64) -> Verdict {
        let Intake { file, tape, last_time, timeless } = &mut *self.intake;
        let text = characters(text);
        let object = match tape.read(&text, false) {
            Ok(object) => object,
            Err(malformed) => return broken(malformed, &text),
        };
        let Some(dialect) = dialect::of(object, Some(file.dialect)) else {
            let what = dialect::foreign(object).unwrap_or("This object is no event");
            return Verdict::Foreign(ErrorKind::BadRecord, what.to_owned());
        };
        let (event, has_time) = header::read(object, dialect, &text, offset, *last_time);
        let Some(number) = file.offsets.push(offset) else {
            let what = "There are more events than can be numbered".to_owned();
            return Verdict::Foreign(ErrorKind::Limit, what);
        };
        *last_time = event.record.ticks;
        if !has_time && !std::mem::replace(timeless, true) {
            // Nothing is skipped: the event is shown beside its neighbours.
            self.sink.issue(Issue {
                kind: ErrorKind::BadRecord,
                offset,
                skipped_bytes: 0,
                message: "This event has no time that can be read: it is shown at the time of the \
                          event before; others may follow"
                    .to_owned(),
            });
        }
        self.sink.event(&event, Locator(number));
        Verdict::Taken
    }

    fn issue(&mut self, issue: Issue) {
        self.sink.issue(issue);
    }
}

/// The characters of an event; bytes that are no UTF-8 are what older Windows writes.
fn characters(text: &[u8]) -> Cow<'_, str> {
    match std::str::from_utf8(text) {
        Ok(text) => Cow::Borrowed(text),
        Err(_) => Cow::Owned(cp1252_to_string(text)),
    }
}

fn broken(malformed: tape::Malformed, text: &str) -> Verdict {
    match malformed.reason {
        Reason::TooDeep => {
            Verdict::Foreign(ErrorKind::Limit, "This event is nested too deep".to_owned())
        }
        Reason::Ends => Verdict::Broken(ErrorKind::BadText, "This event ends too early".to_owned()),
        Reason::Unexpected => {
            let rest = text.get(malformed.at..).unwrap_or_default();
            let near: String = rest.chars().take(12).collect();
            let at = malformed.at;
            Verdict::Broken(
                ErrorKind::BadText,
                format!("This is no JSON from byte {at} on: {near:?}"),
            )
        }
    }
}

/// What the head of a file tells.
struct Detected {
    dialect: &'static Dialect,
    /// Whether the events are in an array of an object.
    wrapped: bool,
    /// Where the first event begins in the text of the head.
    first: usize,
}

/// Dialect and container of a file by the text of its head.
fn detect(head: &str) -> Result<Detected> {
    let mut tape = Tape::default();
    let mut known = None;
    // Up to a few objects: headers and index lines may stand before the first event.
    let mut rest = head;
    for _ in 0..16 {
        let Some(start) = rest.find('{') else { break };
        rest = rest.get(start..).unwrap_or_default();
        let Ok(object) = tape.read(rest, true) else { break };
        if let Some(dialect) = dialect::of(object, None) {
            let first = head.len() - rest.len();
            return Ok(Detected { dialect, wrapped: false, first });
        }
        if known.is_none() {
            known = dialect::foreign(object);
        }
        if known.is_none()
            && let Some((dialect, start)) = wrapped(object)
        {
            let first = head.len() - rest.len() + start;
            return Ok(Detected { dialect, wrapped: true, first });
        }
        rest = rest.get(object.end().max(1)..).unwrap_or_default();
    }
    Err(match known {
        Some(what) => Error::at(ErrorKind::Unsupported, 0, what),
        None => Error::at(ErrorKind::NotATrace, 0, "This is JSON, but not an export of events"),
    })
}

/// The dialect of the events in an array of an object, and where the first begins.
fn wrapped(object: Json<'_>) -> Option<(&'static Dialect, usize)> {
    let arrays = object.members().map(|(_, value)| value).filter(|v| v.kind() == Kind::Array);
    arrays
        .flat_map(Json::items)
        .take(16)
        .find_map(|item| Some((dialect::of(item, None)?, item.start())))
}

impl File {
    /// Reads an event again and gives it to `f`. The record's time is only right where the event
    /// says its own.
    ///
    /// # Errors
    /// [`ErrorKind::OutOfRange`] for a locator of another file, [`ErrorKind::Read`] and
    /// [`ErrorKind::Truncated`] of the source, [`ErrorKind::BadText`] when the file has changed.
    pub fn with_event<R>(
        &self,
        source: &dyn ReadAt,
        cache: &mut TextCache,
        locator: Locator,
        f: impl FnOnce(&TextEvent<'_>, &TextBody) -> R,
    ) -> Result<R> {
        let Some(offset) = self.offsets.get(locator.0) else {
            return Err(Error::new(ErrorKind::OutOfRange, "There is no such event in the file"));
        };
        // The next event begins after this one; the last one ends with the file.
        let next = locator.0.checked_add(1).and_then(|next| self.offsets.get(next));
        let most = 2 * MAX_JSON_EVENT_BYTES as u64;
        let end = next.unwrap_or(source.len_bytes()).min(offset.saturating_add(most));
        let TextCache { offset: cached, bytes, tape } = cache;
        let held = *cached..cached.saturating_add(bytes.len() as u64);
        if !(held.contains(&offset) && end <= held.end) {
            let window = end.max(offset.saturating_add(WINDOW_BYTES)).min(source.len_bytes());
            let length = usize::try_from(window.saturating_sub(offset)).unwrap_or(0);
            bytes.clear();
            bytes.resize(length, 0);
            *cached = offset;
            if let Err(error) = source.read_exact_at(offset, bytes) {
                bytes.clear();
                return Err(error);
            }
        }
        let place = |at: u64| usize::try_from(at.saturating_sub(*cached)).unwrap_or(usize::MAX);
        let raw = bytes.get(place(offset)..place(end)).unwrap_or_default();
        let changed = |_| Error::at(ErrorKind::BadText, offset, "The event cannot be read again");
        let text = match self.encoding {
            Encoding::Utf8 => characters_of_first(raw),
            utf16 => Cow::Owned(String::from_utf8_lossy(&decode(utf16, raw)).into_owned()),
        };
        let object = tape.read(&text, false).map_err(changed)?;
        let text = text.get(..object.end()).unwrap_or(&text);
        let dialect = dialect::of(object, Some(self.dialect)).unwrap_or(self.dialect);
        let (event, _) = header::read(object, dialect, text, offset, 0);
        let body = body::read(object, dialect, &event);
        Ok(f(&event, &body))
    }
}

/// The characters of an event with whatever stands behind it: only the event must be UTF-8.
fn characters_of_first(raw: &[u8]) -> Cow<'_, str> {
    match std::str::from_utf8(raw) {
        Ok(text) => Cow::Borrowed(text),
        Err(error) => {
            let valid = raw.get(..error.valid_up_to()).unwrap_or_default();
            let mut tape = Tape::default();
            match std::str::from_utf8(valid) {
                Ok(text) if tape.read(text, false).is_ok() => Cow::Borrowed(text),
                _ => Cow::Owned(cp1252_to_string(raw)),
            }
        }
    }
}
