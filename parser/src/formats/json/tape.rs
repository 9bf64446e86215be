//! One JSON value as a flat list of tokens over its text.
//!
//! Why not `serde_json`: exports are not always JSON. Python writes `NaN`, killed writers leave
//! trailing commas, PowerShell transcripts wrap lines inside strings, and `JSON.parse` would lose
//! repeated keys and digits beyond 53 bits. Here the text of every number is kept, every member
//! and their order, and the list is reused from event to event without allocating.

use std::borrow::Cow;

use crate::limits::MAX_DEPTH;

#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Kind {
    Null,
    Bool,
    /// Also `NaN` and `Infinity`.
    Number,
    Text,
    Array,
    Object,
}

#[derive(Clone, Copy, Debug)]
struct Entry {
    kind: Kind,
    /// A text with escapes.
    escaped: bool,
    /// Its text: without quotes for [`Kind::Text`].
    start: u32,
    end: u32,
    /// The entry after it and all it holds.
    next: u32,
}

/// The token list of one value.
#[derive(Clone, Debug, Default)]
pub(crate) struct Tape {
    entries: Vec<Entry>,
    open: Vec<u32>,
    /// A member's name was read, its value not yet.
    owes_value: bool,
}

/// Why a text is not a JSON value.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) struct Malformed {
    /// Byte of the text where it fails.
    pub(crate) at: usize,
    pub(crate) reason: Reason,
}

#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Reason {
    /// Something else was expected here.
    Unexpected,
    /// The text ends inside the value.
    Ends,
    /// Nested deeper than [`MAX_DEPTH`].
    TooDeep,
}

#[derive(Clone, Copy, PartialEq)]
enum State {
    Value,
    ValueOrClose,
    KeyOrClose,
    After,
}

impl Tape {
    /// Reads the value at the beginning of `text`. With `cut`, a text that ends inside the value,
    /// or is no JSON from somewhere on, is read as if everything open were closed there.
    pub(crate) fn read<'t>(&'t mut self, text: &'t str, cut: bool) -> Result<Json<'t>, Malformed> {
        self.entries.clear();
        self.open.clear();
        self.owes_value = false;
        if let Err((at, reason)) = self.fill(text) {
            if !cut || self.entries.is_empty() {
                return Err(Malformed { at, reason });
            }
            self.close_all(at);
        }
        Ok(Json { text, entries: &self.entries, at: 0 })
    }

    fn fill(&mut self, text: &str) -> Result<(), (usize, Reason)> {
        let bytes = text.as_bytes();
        let mut at = 0;
        let mut state = State::Value;
        loop {
            at += bytes.get(at..).map_or(0, blank_bytes);
            let Some(&byte) = bytes.get(at) else {
                return Err((at, Reason::Ends));
            };
            match (state, byte) {
                (State::After, b',') => {
                    at += 1;
                    state = self.inside(at)?;
                }
                (State::After | State::ValueOrClose | State::KeyOrClose, b'}' | b']') => {
                    let kind = if byte == b'}' { Kind::Object } else { Kind::Array };
                    at += 1;
                    self.close(kind, at)?;
                    if self.open.is_empty() {
                        return Ok(());
                    }
                    state = State::After;
                }
                (State::KeyOrClose, b'"') => {
                    let Some(after) = self.text(bytes, at) else {
                        return Err((bytes.len(), Reason::Ends));
                    };
                    self.owes_value = true;
                    at = after + bytes.get(after..).map_or(0, blank_bytes);
                    match bytes.get(at) {
                        Some(b':') => at += 1,
                        None => return Err((at, Reason::Ends)),
                        Some(_) => return Err((at, Reason::Unexpected)),
                    }
                    state = State::Value;
                }
                (State::Value | State::ValueOrClose, b'{' | b'[') => {
                    if self.open.len() >= MAX_DEPTH {
                        return Err((at, Reason::TooDeep));
                    }
                    self.open.push(index(self.entries.len()));
                    let (kind, inside) = if byte == b'{' {
                        (Kind::Object, State::KeyOrClose)
                    } else {
                        (Kind::Array, State::ValueOrClose)
                    };
                    self.push(kind, false, at, at);
                    state = inside;
                    at += 1;
                }
                (State::Value | State::ValueOrClose, b'"') => {
                    match self.text(bytes, at) {
                        Some(after) => at = after,
                        None => {
                            self.push(Kind::Text, true, at + 1, bytes.len());
                            return Err((bytes.len(), Reason::Ends));
                        }
                    }
                    state = State::After;
                }
                (State::Value | State::ValueOrClose, _) => {
                    at = self.word(bytes, at)?;
                    state = State::After;
                }
                _ => return Err((at, Reason::Unexpected)),
            }
            if state == State::After && self.open.is_empty() {
                return Ok(());
            }
        }
    }

    /// What may follow a comma.
    fn inside(&self, at: usize) -> Result<State, (usize, Reason)> {
        let open = self.open.last().and_then(|&open| self.entries.get(open as usize));
        match open.map(|entry| entry.kind) {
            Some(Kind::Object) => Ok(State::KeyOrClose),
            Some(_) => Ok(State::ValueOrClose),
            None => Err((at, Reason::Unexpected)),
        }
    }

    fn push(&mut self, kind: Kind, escaped: bool, start: usize, end: usize) {
        self.owes_value = false;
        let next = index(self.entries.len() + 1);
        self.entries.push(Entry { kind, escaped, start: index(start), end: index(end), next });
    }

    fn close(&mut self, kind: Kind, end: usize) -> Result<(), (usize, Reason)> {
        let next = index(self.entries.len());
        let open = self.open.last().and_then(|open| self.entries.get_mut(*open as usize));
        match open {
            Some(entry) if entry.kind == kind => (entry.end, entry.next) = (index(end), next),
            _ => return Err((end.saturating_sub(1), Reason::Unexpected)),
        }
        self.open.pop();
        Ok(())
    }

    /// Closes everything that is open where the text ends.
    fn close_all(&mut self, at: usize) {
        if self.owes_value {
            self.push(Kind::Null, false, at, at);
        }
        while let Some(open) = self.open.last() {
            let kind = self.entries.get(*open as usize).map_or(Kind::Object, |e| e.kind);
            if self.close(kind, at).is_err() {
                break;
            }
        }
    }

    /// A string from its opening quote; where it ends, or nothing when it does not.
    fn text(&mut self, bytes: &[u8], quote: usize) -> Option<usize> {
        let start = quote + 1;
        let mut at = start;
        let mut escaped = false;
        loop {
            at += memchr::memchr2(b'"', b'\\', bytes.get(at..)?)?;
            if bytes.get(at) == Some(&b'"') {
                self.push(Kind::Text, escaped, start, at);
                return Some(at + 1);
            }
            escaped = true;
            at += 2;
        }
    }

    /// A number or a literal; where it ends.
    fn word(&mut self, bytes: &[u8], start: usize) -> Result<usize, (usize, Reason)> {
        let rest = bytes.get(start..).unwrap_or_default();
        let length = rest
            .iter()
            .position(|b| !b.is_ascii_alphanumeric() && !matches!(b, b'+' | b'-' | b'.'))
            .unwrap_or(rest.len());
        let kind = match rest.get(..length).unwrap_or_default() {
            b"null" => Kind::Null,
            b"true" | b"false" => Kind::Bool,
            b"NaN" | b"Infinity" | b"-Infinity" => Kind::Number,
            [b'0'..=b'9', ..] | [b'-', b'0'..=b'9', ..] => Kind::Number,
            word if start + length == bytes.len() && is_literal_start(word) => {
                return Err((start, Reason::Ends));
            }
            _ => return Err((start, Reason::Unexpected)),
        };
        self.push(kind, false, start, start + length);
        Ok(start + length)
    }
}

/// Whether a word at the end of a text may be the beginning of a longer one.
fn is_literal_start(word: &[u8]) -> bool {
    [&b"null"[..], b"true", b"false", b"NaN", b"Infinity", b"-Infinity"]
        .iter()
        .any(|literal| literal.starts_with(word))
}

fn blank_bytes(bytes: &[u8]) -> usize {
    bytes.iter().take_while(|b| matches!(b, b' ' | b'\t' | b'\r' | b'\n')).count()
}

/// An event is at most `MAX_JSON_EVENT_BYTES`, so 32 bits are enough.
fn index(n: usize) -> u32 {
    u32::try_from(n).unwrap_or(u32::MAX)
}

/// A value in a [`Tape`].
#[derive(Clone, Copy, Debug)]
pub(crate) struct Json<'t> {
    text: &'t str,
    entries: &'t [Entry],
    at: u32,
}

impl<'t> Json<'t> {
    fn entry(self) -> Entry {
        const NOTHING: Entry =
            Entry { kind: Kind::Null, escaped: false, start: 0, end: 0, next: 0 };
        self.entries.get(self.at as usize).copied().unwrap_or(NOTHING)
    }

    pub(crate) fn kind(self) -> Kind {
        self.entry().kind
    }

    /// Where its text begins in the text read.
    pub(crate) fn start(self) -> usize {
        self.entry().start as usize
    }

    /// Where its text ends in the text read.
    pub(crate) fn end(self) -> usize {
        self.entry().end as usize
    }

    /// Its text as in the file; a string's without quotes and with escapes.
    pub(crate) fn source(self) -> &'t str {
        let entry = self.entry();
        self.text.get(entry.start as usize..entry.end as usize).unwrap_or_default()
    }

    /// The text of a string.
    pub(crate) fn as_text(self) -> Option<Cow<'t, str>> {
        let entry = self.entry();
        (entry.kind == Kind::Text).then(|| {
            if entry.escaped { unescape(self.source()) } else { Cow::Borrowed(self.source()) }
        })
    }

    /// The members of an object, repeated ones too, in the order of the file.
    pub(crate) fn members(self) -> impl Iterator<Item = (Self, Self)> {
        let entry = self.entry();
        let last = if entry.kind == Kind::Object { entry.next } else { 0 };
        let mut at = self.at + 1;
        std::iter::from_fn(move || {
            if at + 1 >= last {
                return None;
            }
            let (key, value) = (Self { at, ..self }, Self { at: at + 1, ..self });
            at = value.entry().next.max(at + 2);
            Some((key, value))
        })
    }

    /// The items of an array.
    pub(crate) fn items(self) -> impl Iterator<Item = Self> {
        let entry = self.entry();
        let last = if entry.kind == Kind::Array { entry.next } else { 0 };
        let mut at = self.at + 1;
        std::iter::from_fn(move || {
            if at >= last {
                return None;
            }
            let item = Self { at, ..self };
            at = item.entry().next.max(at + 1);
            Some(item)
        })
    }

    /// The first member of a name: where a writer put payload beside the header under the same
    /// name, the header came first.
    pub(crate) fn get(self, name: &str) -> Option<Self> {
        self.members().find(|(key, _)| key.is_key(name)).map(|(_, value)| value)
    }

    /// The value at a path of member names joined by `/`.
    pub(super) fn path(self, path: &str) -> Option<Self> {
        path.split('/').try_fold(self, Self::get)
    }

    fn is_key(self, name: &str) -> bool {
        let entry = self.entry();
        if entry.escaped { unescape(self.source()) == name } else { self.source() == name }
    }
}

/// Resolves escapes; half a surrogate pair becomes U+FFFD, an unknown escape stays.
fn unescape(source: &str) -> Cow<'_, str> {
    let mut text = String::with_capacity(source.len());
    let mut rest = source;
    while let Some(at) = rest.find('\\') {
        text.push_str(rest.get(..at).unwrap_or_default());
        rest = rest.get(at + 1..).unwrap_or_default();
        let mut characters = rest.chars();
        let Some(escape) = characters.next() else { break };
        rest = characters.as_str();
        let character = match escape {
            'n' => '\n',
            'r' => '\r',
            't' => '\t',
            'b' => '\u{8}',
            'f' => '\u{c}',
            '"' | '\\' | '/' => escape,
            'u' => match hex4(rest) {
                Some((unit, after)) => {
                    rest = after;
                    let pair = (0xd800..0xdc00)
                        .contains(&unit)
                        .then(|| after.strip_prefix("\\u").and_then(hex4))
                        .flatten()
                        .filter(|(low, _)| (0xdc00..0xe000).contains(low));
                    if let Some((low, after)) = pair {
                        rest = after;
                        let code = 0x1_0000 + ((unit - 0xd800) << 10) + (low - 0xdc00);
                        char::from_u32(code).unwrap_or(char::REPLACEMENT_CHARACTER)
                    } else {
                        char::from_u32(unit).unwrap_or(char::REPLACEMENT_CHARACTER)
                    }
                }
                None => {
                    text.push('\\');
                    'u'
                }
            },
            other => {
                text.push('\\');
                other
            }
        };
        text.push(character);
    }
    text.push_str(rest);
    Cow::Owned(text)
}

fn hex4(text: &str) -> Option<(u32, &str)> {
    let digits = text.get(..4)?;
    if !digits.bytes().all(|b| b.is_ascii_hexdigit()) {
        return None;
    }
    Some((u32::from_str_radix(digits, 16).ok()?, text.get(4..)?))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Tape {
        let mut tape = Tape::default();
        tape.read(text, false).unwrap_or_else(|e| panic!("{text}: {e:?}"));
        tape
    }

    #[test]
    fn keeps_numbers_order_and_repeated_members() {
        let text = r#" {"b":18446744073709551615,"a":[1,-2.50e3,[]],"b":null,"c":{"x":true}} tail"#;
        let mut tape = Tape::default();
        let json = tape.read(text, false).expect("JSON");
        assert_eq!(json.get("b").map(Json::source), Some("18446744073709551615"));
        let keys: Vec<_> = json.members().map(|(key, _)| key.source()).collect();
        assert_eq!(keys, ["b", "a", "b", "c"]);
        assert_eq!(json.members().next().map(|(_, v)| v.source()), Some("18446744073709551615"));
        let items: Vec<_> = json.get("a").expect("a").items().map(Json::source).collect();
        assert_eq!(items, ["1", "-2.50e3", "[]"]);
        assert_eq!(json.path("c/x").map(Json::source), Some("true"));
        assert!(json.path("c/y").is_none() && json.path("a/x").is_none());
        assert_eq!(json.end(), text.len() - 5);
    }

    #[test]
    fn tolerates_what_writers_do() {
        for text in [
            "{\"a\":NaN,\"b\":-Infinity}",
            "{\"a\":1,}",
            "[1,2,]",
            "{\"a\":\"line\nbreak\u{1}\"}",
            "{\"\\u0061\":1}",
        ] {
            read(text);
        }
        let mut tape = Tape::default();
        let json = tape
            .read(r#"["\u0027\/Date(1)\/ \ud83d\ude00 \ud83d x \q \u12 \"\n"]"#, false)
            .expect("JSON");
        let texts: Vec<_> = json.items().filter_map(Json::as_text).collect();
        assert_eq!(texts, ["'/Date(1)/ 😀 \u{fffd} x \\q \\u12 \"\n"]);
    }

    #[test]
    fn refuses_what_is_no_json() {
        for (text, at, reason) in [
            ("", 0, Reason::Ends),
            ("{\"a\"", 4, Reason::Ends),
            ("{\"a\":\"x", 7, Reason::Ends),
            ("[1,2", 4, Reason::Ends),
            ("[tru", 1, Reason::Ends),
            ("{a:1}", 1, Reason::Unexpected),
            ("{\"a\" 1}", 5, Reason::Unexpected),
            ("[1 2]", 3, Reason::Unexpected),
            ("[1}", 2, Reason::Unexpected),
            ("nonsense", 0, Reason::Unexpected),
        ] {
            let mut tape = Tape::default();
            assert_eq!(tape.read(text, false).err(), Some(Malformed { at, reason }), "{text}");
        }
        let deep = "[".repeat(MAX_DEPTH + 1);
        let mut tape = Tape::default();
        assert_eq!(tape.read(&deep, false).err().map(|e| e.reason), Some(Reason::TooDeep));
    }

    #[test]
    fn reads_a_cut_text_up_to_the_cut() {
        let whole = r#"{"a":{"b":[1,"two"]},"c":null}"#;
        for length in 1..whole.len() {
            let mut tape = Tape::default();
            let text = &whole[..length];
            let json = tape.read(text, true).expect("what there is");
            assert_eq!(json.get("a").is_some(), length > 3, "{text}");
            assert_eq!(json.get("c").is_some(), length > 23, "{text}");
        }
    }
}
