//! The canonical export: Windows' event schema as JSON, and `_etw` with what it has no place for.

mod line;
mod recipe;

use std::io::Write as _;

use self::line::{MAX_EXACT, plain_bytes};
use self::recipe::{Desk, Recipe};
use super::{Line, Text, is_undecoded};
use crate::catalog;
use crate::guid::Guid;
use crate::limits::{MAX_EXPORT_RECIPES, MAX_KEYS};
use crate::record::{HeaderKind, Record};
use crate::status::StatusKind;
use crate::store::{Key, Trace, upper_hex};
use crate::time::write_iso8601;
use crate::value::{Field, Value};
use crate::value_text::ValueText;
use crate::view::{EventIndex, MessageSource};

/// `ERROR_EVT_INVALID_EVENT_DATA`, which Windows writes for a payload it cannot decode.
const INVALID_EVENT_DATA: u32 = 15_005;

/// Writes events, and remembers what all events of one key have in common.
#[derive(Debug, Default)]
pub(super) struct Writer {
    keys: Vec<Common>,
    /// How many of them have a recipe.
    recipes: usize,
    /// The language of the names.
    locale: String,
    desk: Desk,
}

/// What the lines of a key have in common.
#[derive(Debug, Default)]
enum Common {
    /// None was written yet.
    #[default]
    Unknown,
    /// Enough to write them without decoding.
    Recipe(Box<Recipe>),
    /// Too little.
    Nothing,
}

impl Writer {
    /// Writes a record as one line, without the line end, if it is like others before it. What it
    /// writes is what [`Writer::write`] writes, and the record can be decoded wholly.
    pub fn write_alike(
        &mut self,
        trace: &Trace,
        event: EventIndex,
        record: &Record<'_>,
        out: &mut Text,
    ) -> bool {
        let Some(Common::Recipe(recipe)) = self.keys.get(trace.key_id(event) as usize) else {
            return false;
        };
        let (bytes, start) = out.room();
        let line = line::Line::new(bytes, start);
        let Some(end) = recipe.write(trace, event, record, line, &mut self.desk) else {
            return false;
        };
        out.go_on(end);
        true
    }

    /// Writes an event as one line, without the line end. The first line also says what the trace
    /// is.
    pub fn write(&mut self, line: &Line<'_>, first: bool, out: &mut Vec<u8>) {
        if self.locale != line.locale {
            line.locale.clone_into(&mut self.locale);
            self.keys.clear();
            self.recipes = 0;
        }
        self.learn(line);
        let mut json = Json { out };
        json.head(line);
        json.out.push(b'"');
        write_iso8601(line.trace.time(line.event), json.out);
        json.out.push(b'"');
        json.rest_of_system(line);
        json.data(line);
        json.rendering(line);
        if line.seen.record.kind.is_classic() {
            json.event_guid(line.seen.record.provider);
        }
        json.close(b'}');
        json.etw(line, first);
        json.close(b'}');
    }

    /// Works out how events like this one are written, unless that was done.
    fn learn(&mut self, line: &Line<'_>) {
        let key = line.trace.key_id(line.event) as usize;
        // The last key may stand for events that have little in common, and exported events are
        // decoded already.
        if key >= MAX_KEYS - 1 || line.seen.body.is_some() || self.recipes >= MAX_EXPORT_RECIPES {
            return;
        }
        if self.keys.len() <= key {
            self.keys.resize_with(key + 1, Common::default);
        }
        let Some(common @ Common::Unknown) = self.keys.get_mut(key) else { return };
        *common = match Recipe::new(line) {
            Some(recipe) => {
                self.recipes += 1;
                Common::Recipe(Box::new(recipe))
            }
            None => Common::Nothing,
        };
    }
}

/// JSON text in the making; what is written is UTF-8.
struct Json<'a> {
    out: &'a mut Vec<u8>,
}

impl Json<'_> {
    #[inline]
    fn open(&mut self, bracket: u8) {
        self.out.push(bracket);
    }

    #[inline]
    fn close(&mut self, bracket: u8) {
        self.out.push(bracket);
    }

    #[inline]
    fn raw(&mut self, text: &str) {
        self.out.extend_from_slice(text.as_bytes());
    }

    /// The comma before the next member or element, unless it is the first.
    #[inline]
    fn separate(&mut self) {
        if !self.out.ends_with(b"{") && !self.out.ends_with(b"[") {
            self.out.push(b',');
        }
    }

    /// A key of ours, which has no special characters.
    #[inline(always)]
    fn key(&mut self, key: &'static str) {
        self.separate();
        self.out.push(b'"');
        self.raw(key);
        self.raw("\":");
    }

    /// A key that may be anything.
    fn any_key(&mut self, key: &str) {
        self.separate();
        self.string(key);
        self.out.push(b':');
    }

    fn string(&mut self, value: &str) {
        self.out.push(b'"');
        self.escaped(value);
        self.out.push(b'"');
    }

    /// Text as it stands in a string.
    fn escaped(&mut self, value: &str) {
        let mut rest = value.as_bytes();
        loop {
            let (plain, special) = rest.split_at(plain_bytes(rest));
            self.out.extend_from_slice(plain);
            let Some((&byte, after)) = special.split_first() else { break };
            match byte {
                b'\n' => self.raw("\\n"),
                b'\r' => self.raw("\\r"),
                b'\t' => self.raw("\\t"),
                b'"' | b'\\' => self.out.extend([b'\\', byte]),
                _ => {
                    let _ = write!(self.out, "\\u{byte:04x}");
                }
            }
            rest = after;
        }
    }

    #[inline]
    fn member(&mut self, key: &'static str, value: &str) {
        self.key(key);
        self.string(value);
    }

    #[inline]
    fn member_if_any(&mut self, key: &'static str, value: &str) {
        if !value.is_empty() {
            self.member(key, value);
        }
    }

    #[inline]
    fn number(&mut self, key: &'static str, value: impl Into<u64>) {
        self.key(key);
        self.unsigned(value.into());
    }

    #[inline]
    fn unsigned(&mut self, value: u64) {
        match value {
            0..=MAX_EXACT => self.decimal(value),
            _ => self.hexadecimal(value),
        }
    }

    fn decimal(&mut self, mut value: u64) {
        let mut digits = [b'0'; 20];
        let mut at = digits.len();
        let (pairs, _) = digits.as_chunks_mut::<2>();
        for pair in pairs.iter_mut().rev() {
            // The remainder is below 100.
            let two = (value % 100) as u8;
            *pair = [b'0' + two / 10, b'0' + two % 10];
            value /= 100;
            at -= 2;
            if value == 0 {
                at += usize::from(two < 10);
                break;
            }
        }
        self.out.extend_from_slice(digits.get(at..).unwrap_or_default());
    }

    /// `"0x…"`, as JSON has no such numbers.
    fn hexadecimal(&mut self, value: u64) {
        self.raw("\"0x");
        let digits = (64 - value.leading_zeros()).div_ceil(4).max(1);
        self.out.extend((0..digits).rev().map(|digit| {
            // Masked to four bits.
            let nibble = (value >> (4 * digit) & 15) as u8;
            if nibble < 10 { b'0' + nibble } else { b'a' - 10 + nibble }
        }));
        self.out.push(b'"');
    }

    #[inline]
    fn guid(&mut self, key: &'static str, value: Guid) {
        self.key(key);
        self.out.push(b'"');
        self.out.extend_from_slice(&value.braced());
        self.out.push(b'"');
    }

    #[inline]
    fn attributes(&mut self, key: &'static str) {
        self.key(key);
        self.open(b'{');
        self.key("#attributes");
        self.open(b'{');
    }

    #[inline]
    fn end_attributes(&mut self) {
        self.close(b'}');
        self.close(b'}');
    }

    /// `#attributes` with a single member.
    fn attributes_of(&mut self, key: &'static str, value: &str) {
        self.key("#attributes");
        self.open(b'{');
        self.member(key, value);
        self.close(b'}');
    }

    /// What all events of a key begin with, to the time.
    fn head(&mut self, line: &Line<'_>) {
        let record = line.seen.record;
        let key = line.trace.key(line.event);
        self.open(b'{');
        self.key("Event");
        self.open(b'{');
        self.attributes_of("xmlns", "http://schemas.microsoft.com/win/2004/08/events/event");
        self.key("System");
        self.open(b'{');
        self.attributes("Provider");
        let guid = format!("{:#}", record.provider);
        if let Some(key) = key
            && key.names.provider != guid
        {
            self.member_if_any("Name", &key.names.provider);
        }
        if !record.provider.is_zero() {
            self.member("Guid", &guid);
        }
        self.end_attributes();
        self.number("EventID", key.map_or(u32::from(record.id), |key| key.event.id));
        self.number("Version", record.version);
        self.number("Level", record.level);
        self.number("Task", record.task);
        self.number("Opcode", record.opcode);
        self.key("Keywords");
        self.hexadecimal(record.keywords);
        self.attributes("TimeCreated");
        self.key("SystemTime");
    }

    fn rest_of_system(&mut self, line: &Line<'_>) {
        let (trace, seen, record) = (line.trace, line.seen, line.seen.record);
        let key = trace.key(line.event);
        self.end_attributes();
        self.number("EventRecordID", line.record_id());
        let related = seen.related_activity();
        if !record.activity.is_zero() || related.is_some() {
            self.attributes("Correlation");
            if !record.activity.is_zero() {
                self.guid("ActivityID", record.activity);
            }
            if let Some(related) = related {
                self.guid("RelatedActivityID", related);
            }
            self.end_attributes();
        }
        self.attributes("Execution");
        let (pid, tid) = trace.thread(line.event);
        if let Some(pid) = pid {
            self.number("ProcessID", pid);
        }
        if let Some(tid) = tid {
            self.number("ThreadID", tid);
        }
        self.number("ProcessorID", record.cpu);
        if record.kernel_time != 0 || record.user_time != 0 {
            self.number("KernelTime", record.kernel_time);
            self.number("UserTime", record.user_time);
        }
        self.end_attributes();
        if let Some(key) = key {
            self.member_if_any("Channel", &key.names.channel);
        }
        self.member_if_any("Computer", seen.computer(trace));
        let sid = seen.sid();
        if sid.is_empty() {
            self.key("Security");
            self.raw("null");
        } else {
            self.attributes("Security");
            self.member("UserID", &sid);
            self.end_attributes();
        }
        self.close(b'}');
    }

    /// `EventData`, and `ProcessingErrorData` for what could not be decoded.
    fn data(&mut self, line: &Line<'_>) {
        let (seen, undecoded) = (line.seen, is_undecoded(line.seen));
        let fields = &seen.decoded.fields;
        if !fields.is_empty() || !undecoded {
            self.key("EventData");
            match fields.is_empty() {
                true => self.raw("null"),
                false => self.fields(fields),
            }
        }
        if undecoded {
            self.key("ProcessingErrorData");
            self.open(b'{');
            self.number("ErrorCode", INVALID_EVENT_DATA);
            self.member("EventPayload", &upper_hex(seen.record.payload));
            self.close(b'}');
        }
    }

    /// Fields by name where that loses nothing, else their values in order.
    fn fields(&mut self, fields: &[Field]) {
        self.open(b'{');
        if are_names(fields) {
            for field in fields {
                self.any_key(&field.name);
                self.value(&field.value);
            }
        } else {
            self.key("Data");
            self.open(b'{');
            self.key("#text");
            self.list(fields, |json, field| json.value(&field.value));
            self.close(b'}');
        }
        self.close(b'}');
    }

    fn list<T>(&mut self, items: &[T], write: impl Fn(&mut Self, &T)) {
        self.open(b'[');
        for item in items {
            self.separate();
            write(self, item);
        }
        self.close(b']');
    }

    fn value(&mut self, value: &Value) {
        match value {
            Value::Null => self.raw("null"),
            Value::Bool(flag) => self.raw(if *flag { "true" } else { "false" }),
            Value::Int(n) if n.unsigned_abs() <= MAX_EXACT => self.signed(*n),
            // Beyond, the 64 bits as they are.
            Value::Int(n) => self.hexadecimal(n.cast_unsigned()),
            Value::UInt(n) | Value::Named { value: n, .. } => self.unsigned(*n),
            Value::Hex(n) => self.hexadecimal(*n),
            Value::Status(status) => match status.kind {
                StatusKind::Win32 => self.unsigned(status.value.into()),
                StatusKind::NtStatus | StatusKind::HResult => {
                    self.hexadecimal(status.value.into());
                }
            },
            Value::Text(text) => self.string(text),
            Value::Float(x) => self.float(f64::from(*x), &x.to_string()),
            Value::Double(x) => self.float(*x, &x.to_string()),
            Value::SystemTime([year, month, _, day, hour, minute, second, ms]) => {
                let _ = write!(
                    self.out,
                    "\"{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}.{ms:03}0000Z\""
                );
            }
            Value::Struct(fields) => self.fields(fields),
            Value::Array(values) => self.list(values, Self::value),
            Value::Guid(_)
            | Value::Filetime(_)
            | Value::Sid(_)
            | Value::Binary(_)
            | Value::Address(_) => self.string(&ValueText(value).to_string()),
        }
    }

    fn signed(&mut self, value: i64) {
        if value < 0 {
            self.out.push(b'-');
        }
        self.decimal(value.unsigned_abs());
    }

    /// A number, or the XML Schema name of what JSON has no number for.
    fn float(&mut self, value: f64, text: &str) {
        self.raw(match value {
            _ if value.is_nan() => "\"NaN\"",
            f64::INFINITY => "\"INF\"",
            f64::NEG_INFINITY => "\"-INF\"",
            _ => text,
        });
    }

    fn rendering(&mut self, line: &Line<'_>) {
        let Some(key) = line.trace.key(line.event) else { return };
        // What exports hold may say that it is no more than the fields.
        let message = line.trace.own_message(line.seen, line.locale);
        let message = message.filter(|message| message.source != MessageSource::Fields);
        let culture = match &message {
            Some(message) if !message.locale.is_empty() => &message.locale,
            _ => line.locale,
        };
        self.key("RenderingInfo");
        self.open(b'{');
        self.attributes_of("Culture", culture);
        if let Some(message) = &message {
            self.member("Message", &message.text);
        }
        self.names(line, key);
    }

    /// The names of an event's numbers, to the end of `RenderingInfo`.
    fn names(&mut self, line: &Line<'_>, key: &Key) {
        self.member_if_any("Level", catalog::level_name(line.seen.record.level, line.locale));
        self.member_if_any("Task", &key.names.task);
        self.member_if_any("Opcode", &key.names.opcode);
        let keywords = line.keywords();
        if !keywords.is_empty() {
            self.key("Keywords");
            self.open(b'{');
            self.key("Keyword");
            self.list(keywords, |json, keyword| json.string(keyword));
            self.close(b'}');
        }
        self.member_if_any("EventName", &key.names.event);
        self.close(b'}');
    }

    /// `ExtendedTracingInfo`, of classic records.
    fn event_guid(&mut self, class: Guid) {
        self.key("ExtendedTracingInfo");
        self.open(b'{');
        self.guid("EventGuid", class);
        self.close(b'}');
    }

    /// `_etw` to the value of `seq`.
    fn begin_etw(&mut self) {
        self.key("_etw");
        self.open(b'{');
        self.number("v", 1_u32);
        self.key("seq");
    }

    /// What Windows' schema has no place for.
    fn etw(&mut self, line: &Line<'_>, first: bool) {
        let (seen, record, decoded) = (line.seen, line.seen.record, line.seen.decoded);
        self.begin_etw();
        self.decimal(u64::from(line.event) + 1);
        self.member("kind", record.kind.name());
        if record.kind != HeaderKind::Export {
            self.key("raw_time");
            self.out.push(b'"');
            self.signed(record.ticks);
            self.out.push(b'"');
            self.number("flags", record.flags);
            self.number("property", record.property);
        }
        self.number("channel_id", record.channel);
        self.number("offset", record.offset);
        self.member("src", &line.trace.info().file_name);
        self.key("fields");
        self.typed(&decoded.fields);
        let extra = decoded.extra.start as usize..decoded.extra.end as usize;
        if !is_undecoded(seen) && !extra.is_empty() {
            let bytes = record.payload.get(extra).unwrap_or_default();
            self.member("extra_data", &upper_hex(bytes));
        }
        if let Some(problem) = &decoded.problem {
            self.member("problem", problem);
        }
        let stack = seen.stack();
        if !stack.is_empty() {
            self.key("stack");
            self.list(&stack, |json, address| json.hexadecimal(*address));
        }
        let extra = seen.body.map(|body| body.extra.as_slice()).unwrap_or_default();
        if !extra.is_empty() {
            self.key("extra");
            self.open(b'{');
            for (path, text) in extra {
                self.any_key(path);
                self.string(text);
            }
            self.close(b'}');
        }
        if first {
            self.trace(line);
        }
        self.close(b'}');
    }

    /// `[name, type, value]` of each field, in order; a fourth member is the name that a map
    /// gives the value. The value of a structure is such a list again.
    fn typed(&mut self, fields: &[Field]) {
        self.list(fields, |json, field| {
            json.open(b'[');
            json.string(&field.name);
            json.out.push(b',');
            json.string(&field.type_name);
            json.out.push(b',');
            json.typed_field(&field.value);
            json.close(b']');
        });
    }

    fn typed_value(&mut self, value: &Value) {
        match value {
            Value::Struct(fields) => self.typed(fields),
            Value::Array(values) => self.list(values, Self::typed_value),
            value => self.value(value),
        }
    }

    /// A value in `fields`, and the name that a map gives it.
    fn typed_field(&mut self, value: &Value) {
        self.typed_value(value);
        if let Value::Named { name, .. } = value {
            self.out.push(b',');
            self.string(name);
        }
    }

    /// What the trace is.
    fn trace(&mut self, line: &Line<'_>) {
        let info = line.trace.info();
        self.key("trace");
        self.open(b'{');
        self.member("file", &info.file_name);
        self.member("format", &info.format);
        self.number("bytes", info.file_bytes);
        self.number("events", info.events);
        self.member_if_any("os", &info.os);
        self.member_if_any("computer", &info.computer);
        self.member_if_any("session", &info.session);
        self.member_if_any("clock", &info.clock);
        if let Some(bias) = info.bias_minutes {
            self.key("bias_minutes");
            self.signed(bias.into());
        }
        if let Some(bytes) = info.pointer_bytes {
            self.number("pointer_bytes", bytes);
        }
        if let Some(processors) = info.processors {
            self.number("processors", processors);
        }
        self.number("events_lost", info.lost.events);
        self.number("buffers_lost", info.lost.buffers);
        self.close(b'}');
    }
}

/// Fields whose names are compared one with another; more are sorted.
const FEW_FIELDS: usize = 12;

/// Whether the names of fields can be the keys of an object: all there, all different, and none
/// that readers would take for an index and reorder.
fn are_names(fields: &[Field]) -> bool {
    let name = |field: &Field| !field.name.bytes().all(|byte| byte.is_ascii_digit());
    if !fields.iter().all(name) || matches!(fields, [only] if only.name == "Data") {
        return false;
    }
    if fields.len() <= FEW_FIELDS {
        let mut rest = fields;
        while let Some((field, others)) = rest.split_first() {
            if others.iter().any(|other| other.name == field.name) {
                return false;
            }
            rest = others;
        }
        return true;
    }
    let mut names: Vec<&str> = fields.iter().map(|field| field.name.as_str()).collect();
    crate::sort::plain(&mut names);
    names.windows(2).all(|pair| pair.first() != pair.last())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(write: impl FnOnce(&mut Json<'_>)) -> String {
        let mut out = Vec::new();
        write(&mut Json { out: &mut out });
        String::from_utf8(out).expect("UTF-8")
    }

    fn field(name: &str, value: Value) -> Field {
        Field { name: name.to_owned(), type_name: "T".to_owned(), value, bytes: 0..0 }
    }

    #[test]
    fn values_keep_what_json_would_lose() {
        for (value, expected) in [
            (Value::UInt((1 << 53) - 1), "9007199254740991"),
            (Value::UInt(1 << 53), "\"0x20000000000000\""),
            (Value::Int(-5), "-5"),
            (Value::Int(i64::MIN), "\"0x8000000000000000\""),
            (Value::Hex(16), "\"0x10\""),
            (Value::Null, "null"),
            (Value::Text(String::new()), "\"\""),
            (Value::Double(f64::NAN), "\"NaN\""),
            (Value::Float(f32::NEG_INFINITY), "\"-INF\""),
            (Value::Float(0.1), "0.1"),
            (Value::Binary(vec![0xab, 1]), "\"AB01\""),
            (Value::SystemTime([2026, 1, 5, 2, 3, 4, 5, 6]), "\"2026-01-02T03:04:05.0060000Z\""),
            (Value::Text("a\"\\\u{1}\n\u{1f600}".to_owned()), "\"a\\\"\\\\\\u0001\\n\u{1f600}\""),
        ] {
            assert_eq!(text(|json| json.value(&value)), expected);
        }
    }

    #[test]
    fn numbers_are_written_as_the_standard_library_does() {
        for number in [0, 7, 10, 99, 100, 101, 12_345, u64::from(u32::MAX), u64::MAX] {
            assert_eq!(text(|json| json.decimal(number)), number.to_string());
            assert_eq!(text(|json| json.hexadecimal(number)), format!("\"{number:#x}\""));
        }
    }

    #[test]
    fn names_that_are_no_keys_give_way_to_a_list() {
        let of = |fields: &[Field]| text(|json| json.fields(fields));
        let (one, two) = (|| Value::UInt(1), || Value::UInt(2));
        assert_eq!(of(&[field("b", one()), field("a", two())]), r#"{"b":1,"a":2}"#);
        for (first, second) in [("a", "a"), ("", "a"), ("0", "1")] {
            let listed = of(&[field(first, one()), field(second, two())]);
            assert_eq!(listed, r##"{"Data":{"#text":[1,2]}}"##);
        }
        let named = Value::Named { value: 2, name: "Stop".to_owned() };
        let nested = field("s", Value::Struct(vec![field("", one()), field("m", named)]));
        let typed = text(|json| json.typed(&[nested]));
        assert_eq!(typed, r#"[["s","T",[["","T",1],["m","T",2,"Stop"]]]]"#);
    }
}
