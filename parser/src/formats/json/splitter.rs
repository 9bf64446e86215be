//! Cuts a stream of text into the objects that are events, whatever holds them: an array, lines,
//! objects one after another, an object with an array in it. Chunks may end anywhere.

use memchr::memmem;

use crate::encoding::Encoding;
use crate::error::{ErrorKind, Issue};
use crate::limits::{MAX_JSON_EVENT_BYTES, MAX_JSON_RESCAN_BYTES};

/// What the taker of an object made of it.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Verdict {
    /// It is an event.
    Taken,
    /// It is well-formed, but no event.
    Foreign(ErrorKind, String),
    /// It is damaged; the next event may begin inside of it.
    Broken(ErrorKind, String),
}

/// Takes what the splitter finds.
pub(super) trait Taker {
    /// The text of one object and its place in the file.
    fn object(&mut self, text: &[u8], offset: u64) -> Verdict;
    /// Damage that was stepped over.
    fn issue(&mut self, issue: Issue);
}

/// The state between two chunks.
#[derive(Debug, Default)]
pub(super) struct Splitter {
    encoding: Encoding,
    /// Events are in an array of an object.
    wrapped: bool,
    /// Brackets around the events, as bytes; only `[` when not wrapped.
    around: Vec<u8>,
    /// Inside a string around the events.
    around_text: Option<Text>,
    event: Option<Open>,
    /// The part of an open event that came in earlier chunks.
    pending: Vec<u8>,
    /// The end of the chunk before, which is read with the next.
    held: Vec<u8>,
    junk: Junk,
    /// How an event begins: through its first colon.
    opening: Vec<u8>,
    /// Each event begins a line with `{"`.
    by_lines: bool,
    rescanned_bytes: u64,
    truncated: bool,
}

/// A string being passed over.
#[derive(Clone, Copy, Debug, Default)]
struct Text {
    escaped: bool,
}

/// An event being passed over.
#[derive(Clone, Copy, Debug)]
struct Open {
    offset: u64,
    depth: u32,
    text: Option<Text>,
    /// It became too large: it is passed over without being kept. So many bytes of text are gone.
    dropped_bytes: Option<u64>,
}

/// Text that stands between events but is none.
#[derive(Debug, Default)]
struct Junk {
    /// Where it begins and how much there is, finished lines.
    lines: Option<(u64, u64)>,
    /// The line at hand: where it begins, how long it is, how it begins.
    line: Option<(u64, u64)>,
    head: Vec<u8>,
}

/// Where passing over an event stopped.
enum Stop {
    /// At the end of the chunk.
    Chunk,
    /// One past the closing brace.
    Closed(usize),
    /// At the beginning of a line that begins an event, though this one is open.
    Line(usize),
    /// At the size limit.
    TooLarge(usize),
}

/// Beginning of a line-oriented event, after its line break.
const LINE_OPENING: &[u8] = b"\n{\"";
/// Longest opening remembered.
const MAX_OPENING_BYTES: usize = 96;
/// Longest line that can be `Record N`.
const MAX_RECORD_LINE_BYTES: usize = 24;

impl Splitter {
    /// `first` is the text from the first event of the file on, `line_start` whether it stands at
    /// the beginning of a line: how it begins tells where the next event is after damage.
    pub(super) fn new(encoding: Encoding, wrapped: bool, first: &str, line_start: bool) -> Self {
        let first = first.as_bytes();
        let end = memchr::memchr(b':', first).map_or(first.len(), |colon| colon + 1);
        Self {
            encoding,
            wrapped,
            opening: first.get(..end.min(MAX_OPENING_BYTES)).unwrap_or_default().to_vec(),
            by_lines: line_start && first.starts_with(b"{\""),
            ..Self::default()
        }
    }

    /// Takes the next piece of text, which begins at `offset` of the file.
    pub(super) fn push(&mut self, text: &[u8], offset: u64, taker: &mut dyn Taker) {
        // Whether a line begins an event shows two bytes later: they are waited for.
        let mut joined = std::mem::take(&mut self.held);
        let offset = offset - self.encoding.file_bytes(&joined);
        let text = if joined.is_empty() {
            text
        } else {
            joined.extend_from_slice(text);
            joined.as_slice()
        };
        let held_bytes = match text {
            _ if !self.by_lines => 0,
            [.., b'\n'] => 1,
            [.., b'\n', b'{'] => 2,
            _ => 0,
        };
        let (text, held) = text.split_at(text.len() - held_bytes);
        self.held.extend_from_slice(held);
        self.all(text, offset, taker);
    }

    /// Takes a piece of text to its end.
    fn all(&mut self, text: &[u8], offset: u64, taker: &mut dyn Taker) {
        let mut at = 0;
        while let Some((rest, rest_offset)) = self.run(text, offset, &mut at, taker) {
            // What is left of a damaged event from an earlier chunk, before going on in this one.
            self.run(&rest, rest_offset, &mut 0, taker);
        }
    }

    /// Reads on from `at`. Stops early when an event that began in an earlier chunk is damaged:
    /// then its rest, from where the next event seems to begin, is to be read first.
    fn run(
        &mut self,
        text: &[u8],
        offset: u64,
        at: &mut usize,
        taker: &mut dyn Taker,
    ) -> Option<(Vec<u8>, u64)> {
        // A place in the text up to which offsets were counted, and its offset.
        let mut place = (0, offset);
        while *at < text.len() {
            let Some(mut open) = self.event else {
                *at = self.between(text, *at, &mut place, taker);
                continue;
            };
            let begin = *at;
            let stop = self.inside(text, begin, &mut open);
            self.event = Some(open);
            let end = match stop {
                Stop::Chunk => text.len(),
                Stop::Closed(end) | Stop::Line(end) | Stop::TooLarge(end) => end,
            };
            let part = text.get(begin..end).unwrap_or_default();
            *at = end;
            if open.dropped_bytes.is_some() {
                self.drop_part(part, &stop, taker);
            } else if matches!(stop, Stop::Chunk) {
                self.pending.extend_from_slice(part);
            } else if self.pending.is_empty() {
                if let Some(next) = self.deliver(part, open, &stop, taker) {
                    *at = begin + next;
                    // Offsets are counted from here again.
                    place = (*at, offset + self.encoding.file_bytes(text.get(..*at)?));
                }
            } else {
                self.pending.extend_from_slice(part);
                let mut whole = std::mem::take(&mut self.pending);
                if let Some(next) = self.deliver(&whole, open, &stop, taker) {
                    let skipped = whole.drain(..next);
                    let offset = open.offset + self.encoding.file_bytes(skipped.as_slice());
                    drop(skipped);
                    return Some((whole, offset));
                }
                // Keep the allocation for the next event that straddles chunks.
                whole.clear();
                self.pending = whole;
            }
        }
        None
    }

    /// Reports what the end of the file cut off.
    pub(super) fn finish(&mut self, file_bytes: u64, taker: &mut dyn Taker) {
        let held = std::mem::take(&mut self.held);
        self.all(&held, file_bytes - self.encoding.file_bytes(&held), taker);
        while let Some(open) = self.event.take() {
            self.truncated = true;
            if let Some(dropped) = open.dropped_bytes {
                taker.issue(too_large(open.offset, dropped));
                continue;
            }
            let whole = std::mem::take(&mut self.pending);
            let (kind, message) = (ErrorKind::Truncated, "The file ends inside this event");
            if let Some(next) = self.skip(&whole, open, kind, message.to_owned(), taker) {
                let (skipped, rest) = whole.split_at_checked(next).unwrap_or((&whole, &[]));
                self.all(rest, open.offset + self.encoding.file_bytes(skipped), taker);
            }
        }
        self.end_junk(taker);
        if !self.around.is_empty() && !self.truncated {
            taker.issue(Issue {
                kind: ErrorKind::Truncated,
                offset: file_bytes,
                skipped_bytes: 0,
                message: "The file ends before its list of events is closed".to_owned(),
            });
        }
    }

    /// Hands over a whole event, or reports why it is none. Of a damaged one, says from where in
    /// it to read on.
    fn deliver(
        &mut self,
        whole: &[u8],
        open: Open,
        stop: &Stop,
        taker: &mut dyn Taker,
    ) -> Option<usize> {
        self.event = None;
        let file_bytes = self.encoding.file_bytes(whole);
        match stop {
            Stop::Line(_) => {
                let (kind, message) = unfinished();
                let offset = open.offset;
                taker.issue(Issue { kind, offset, skipped_bytes: file_bytes, message });
                return None;
            }
            Stop::TooLarge(_) => {
                if self.next_opening(whole).is_none() {
                    // It is damaged, or it is that large: it is passed over to its end.
                    self.event = Some(Open { dropped_bytes: Some(file_bytes), ..open });
                    return None;
                }
                return self.skip(whole, open, ErrorKind::BadText, String::new(), taker);
            }
            Stop::Closed(_) | Stop::Chunk => {}
        }
        match taker.object(whole, open.offset) {
            Verdict::Taken => None,
            Verdict::Foreign(kind, message) => {
                let offset = open.offset;
                taker.issue(Issue { kind, offset, skipped_bytes: file_bytes, message });
                None
            }
            Verdict::Broken(kind, message) => self.skip(whole, open, kind, message, taker),
        }
    }

    /// Reports a damaged event up to where the next one seems to begin in it, and says where.
    fn skip(
        &mut self,
        broken: &[u8],
        open: Open,
        kind: ErrorKind,
        message: String,
        taker: &mut dyn Taker,
    ) -> Option<usize> {
        let next = self.next_opening(broken);
        let skipped = broken.get(..next.unwrap_or(broken.len())).unwrap_or(broken);
        let skipped_bytes = self.encoding.file_bytes(skipped);
        let (kind, message) = if next.is_some() { unfinished() } else { (kind, message) };
        taker.issue(Issue { kind, offset: open.offset, skipped_bytes, message });
        if next.is_some() {
            self.rescanned_bytes += (broken.len() - skipped.len()) as u64;
        }
        next
    }

    /// Where inside a damaged event the next one begins.
    fn next_opening(&self, broken: &[u8]) -> Option<usize> {
        if self.opening.is_empty() || self.rescanned_bytes > MAX_JSON_RESCAN_BYTES {
            return None;
        }
        let inside = broken.get(1..)?;
        if self.by_lines {
            return Some(memmem::find(inside, LINE_OPENING)? + 2);
        }
        Some(memmem::find(inside, &self.opening)? + 1)
    }

    /// Passes over a part of an event that is too large to keep.
    fn drop_part(&mut self, part: &[u8], stop: &Stop, taker: &mut dyn Taker) {
        let Some(open) = &mut self.event else { return };
        let dropped = open.dropped_bytes.unwrap_or(0) + self.encoding.file_bytes(part);
        open.dropped_bytes = Some(dropped);
        if matches!(stop, Stop::Closed(_) | Stop::Line(_)) {
            taker.issue(too_large(open.offset, dropped));
            self.event = None;
        }
    }

    /// Passes over an open event from `at` on.
    fn inside(&self, text: &[u8], begin: usize, open: &mut Open) -> Stop {
        let room = MAX_JSON_EVENT_BYTES.saturating_sub(self.pending.len());
        let limit = if open.dropped_bytes.is_some() { usize::MAX } else { begin + room };
        let end = text.len().min(limit);
        let text_here = text.get(..end).unwrap_or_default();
        let line_begins =
            |at: usize| self.by_lines && text.get(at..at + 3).is_some_and(|b| b == LINE_OPENING);
        let mut at = begin;
        loop {
            if let Some(string) = &mut open.text {
                if string.escaped && at < end {
                    string.escaped = false;
                    at += 1;
                }
                let rest = text_here.get(at..).unwrap_or_default();
                let Some(found) = memchr::memchr3(b'"', b'\\', b'\n', rest) else { break };
                at += found;
                match text_here.get(at) {
                    Some(b'"') => open.text = None,
                    Some(b'\\') => string.escaped = true,
                    _ if line_begins(at) => return Stop::Line(at + 1),
                    _ => {}
                }
                at += 1;
                continue;
            }
            let Some(&byte) = text_here.get(at) else { break };
            at += 1;
            match byte {
                b'"' => open.text = Some(Text::default()),
                b'{' | b'[' => open.depth += 1,
                b'}' | b']' => {
                    open.depth = open.depth.saturating_sub(1);
                    if open.depth == 0 {
                        return Stop::Closed(at);
                    }
                }
                b'\n' if line_begins(at - 1) => return Stop::Line(at),
                _ => {}
            }
        }
        if end < text.len() || end == limit { Stop::TooLarge(end) } else { Stop::Chunk }
    }

    /// Looks for the next event from `at` on; where it begins, or the end of the text.
    fn between(
        &mut self,
        text: &[u8],
        mut at: usize,
        place: &mut (usize, u64),
        taker: &mut dyn Taker,
    ) -> usize {
        while let Some(&byte) = text.get(at) {
            if let Some(string) = &mut self.around_text {
                match byte {
                    _ if string.escaped => string.escaped = false,
                    b'\\' => string.escaped = true,
                    b'"' => self.around_text = None,
                    _ => {}
                }
                at += 1;
                continue;
            }
            let starts_event = byte == b'{' && (!self.wrapped || self.around == b"{[");
            if starts_event {
                self.end_junk(taker);
                let offset = self.offset(text, at, place);
                let (depth, text, dropped_bytes) = (0, None, None);
                self.event = Some(Open { offset, depth, text, dropped_bytes });
                return at;
            }
            match byte {
                b'{' | b'[' => self.around.push(byte),
                b'}' | b']' if self.wrapped => {
                    self.around.pop();
                }
                b']' if !self.around.is_empty() => {
                    self.around.pop();
                }
                b'"' if self.wrapped => self.around_text = Some(Text::default()),
                _ if self.wrapped => {}
                b'\n' => self.junk.end_line(),
                // White space, separators, byte order marks of files put together.
                b' ' | b'\t' | b'\r' | b',' | 0xef | 0xbb | 0xbf | b']' => {}
                _ => {
                    let offset = self.offset(text, at, place);
                    self.junk.add(byte, offset, self.encoding);
                }
            }
            at += 1;
        }
        at
    }

    /// File offset of a place in the text; asked for in rising order.
    fn offset(&self, text: &[u8], at: usize, place: &mut (usize, u64)) -> u64 {
        let between = text.get(place.0..at).unwrap_or_default();
        *place = (at, place.1 + self.encoding.file_bytes(between));
        place.1
    }

    fn end_junk(&mut self, taker: &mut dyn Taker) {
        self.junk.end_line();
        if let Some((offset, skipped_bytes)) = self.junk.lines.take() {
            taker.issue(Issue {
                kind: ErrorKind::BadText,
                offset,
                skipped_bytes,
                message: "This text between the events is no event".to_owned(),
            });
        }
    }
}

impl Junk {
    fn add(&mut self, byte: u8, offset: u64, encoding: Encoding) {
        let bytes = encoding.file_bytes(&[byte]);
        match &mut self.line {
            // Up to here, with the blanks between.
            Some((start, length)) => *length = offset + bytes - *start,
            None => self.line = Some((offset, bytes)),
        }
        if self.head.len() <= MAX_RECORD_LINE_BYTES {
            self.head.push(byte);
        }
    }

    /// Ends a line; `Record 12`, which evtx_dump writes before each event, is no junk.
    fn end_line(&mut self) {
        let Some((offset, bytes)) = self.line.take() else { return };
        let number = self.head.strip_prefix(b"Record");
        let is_record = number.is_some_and(|digits| {
            digits.iter().all(u8::is_ascii_digit) && self.head.len() <= MAX_RECORD_LINE_BYTES
        });
        self.head.clear();
        if !is_record {
            let (start, _) = *self.lines.get_or_insert((offset, 0));
            self.lines = Some((start, offset + bytes - start));
        }
    }
}

/// What is said of an event inside of which the next one begins, however that was found out.
fn unfinished() -> (ErrorKind, String) {
    (ErrorKind::BadText, "An event begins before this one is finished".to_owned())
}

fn too_large(offset: u64, skipped_bytes: u64) -> Issue {
    Issue {
        kind: ErrorKind::Limit,
        offset,
        skipped_bytes,
        message: format!("This event is larger than {MAX_JSON_EVENT_BYTES} bytes"),
    }
}
