//! The canonical export: Windows' event schema as JSON, and `_etw` with what it has no place for.

use std::fmt::Write as _;

use super::{Line, is_undecoded};
use crate::catalog;
use crate::guid::Guid;
use crate::record::HeaderKind;
use crate::store::upper_hex;
use crate::time::iso8601;
use crate::value::{Field, Value};
use crate::value_text::ValueText;
use crate::view::MessageSource;

/// Whole numbers that every reader of JSON keeps: up to 2^53 − 1.
const MAX_EXACT: u64 = (1 << 53) - 1;

/// `ERROR_EVT_INVALID_EVENT_DATA`, which Windows writes for a payload it cannot decode.
const INVALID_EVENT_DATA: u32 = 15_005;

/// Writes an event as one line, without the line end. The first line also says what the trace is.
pub(super) fn write(line: &Line<'_>, first: bool, out: &mut Vec<u8>) {
    let mut json = Json { text: String::with_capacity(1024) };
    json.open('{');
    json.key("Event");
    json.open('{');
    json.attributes_of("xmlns", "http://schemas.microsoft.com/win/2004/08/events/event");
    json.system(line);
    json.data(line);
    json.rendering(line);
    if line.seen.record.kind.is_classic() {
        json.key("ExtendedTracingInfo");
        json.open('{');
        json.guid("EventGuid", line.seen.record.provider);
        json.close('}');
    }
    json.close('}');
    json.etw(line, first);
    json.close('}');
    out.extend_from_slice(json.text.as_bytes());
}

/// JSON text in the making. Writing to a `String` cannot fail: results of `write!` are dropped.
struct Json {
    text: String,
}

impl Json {
    fn open(&mut self, bracket: char) {
        self.text.push(bracket);
    }

    fn close(&mut self, bracket: char) {
        self.text.push(bracket);
    }

    /// The comma before the next member or element, unless it is the first.
    fn separate(&mut self) {
        if !self.text.ends_with(['{', '[']) {
            self.text.push(',');
        }
    }

    fn key(&mut self, key: &str) {
        self.separate();
        self.string(key);
        self.text.push(':');
    }

    fn string(&mut self, value: &str) {
        self.text.push('"');
        let mut rest = value;
        while let Some(at) = rest.find(|c| matches!(c, '"' | '\\') || c < ' ') {
            let (plain, special) = rest.split_at(at);
            self.text.push_str(plain);
            let mut characters = special.chars();
            match characters.next() {
                Some('\n') => self.text.push_str("\\n"),
                Some('\r') => self.text.push_str("\\r"),
                Some('\t') => self.text.push_str("\\t"),
                Some(c @ ('"' | '\\')) => self.text.extend(['\\', c]),
                Some(c) => {
                    let _ = write!(self.text, "\\u{:04x}", u32::from(c));
                }
                None => {}
            }
            rest = characters.as_str();
        }
        self.text.push_str(rest);
        self.text.push('"');
    }

    fn member(&mut self, key: &str, value: &str) {
        self.key(key);
        self.string(value);
    }

    fn member_if_any(&mut self, key: &str, value: &str) {
        if !value.is_empty() {
            self.member(key, value);
        }
    }

    fn number(&mut self, key: &str, value: impl Into<u64>) {
        self.key(key);
        self.unsigned(value.into());
    }

    fn unsigned(&mut self, value: u64) {
        let _ = match value {
            0..=MAX_EXACT => write!(self.text, "{value}"),
            _ => write!(self.text, "\"{value:#x}\""),
        };
    }

    fn guid(&mut self, key: &str, value: Guid) {
        self.key(key);
        let _ = write!(self.text, "\"{value:#}\"");
    }

    fn attributes(&mut self, key: &str) {
        self.key(key);
        self.open('{');
        self.key("#attributes");
        self.open('{');
    }

    fn end_attributes(&mut self) {
        self.close('}');
        self.close('}');
    }

    /// `#attributes` with a single member.
    fn attributes_of(&mut self, key: &str, value: &str) {
        self.key("#attributes");
        self.open('{');
        self.member(key, value);
        self.close('}');
    }

    fn system(&mut self, line: &Line<'_>) {
        let (trace, seen, record) = (line.trace, line.seen, line.seen.record);
        let key = trace.key(line.event);
        self.key("System");
        self.open('{');
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
        self.member("Keywords", &format!("{:#x}", record.keywords));
        self.attributes("TimeCreated");
        self.member("SystemTime", &iso8601(trace.time(line.event)));
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
            self.text.push_str("null");
        } else {
            self.attributes("Security");
            self.member("UserID", &sid);
            self.end_attributes();
        }
        self.close('}');
    }

    /// `EventData`, and `ProcessingErrorData` for what could not be decoded.
    fn data(&mut self, line: &Line<'_>) {
        let (seen, undecoded) = (line.seen, is_undecoded(line.seen));
        let fields = &seen.decoded.fields;
        if !fields.is_empty() || !undecoded {
            self.key("EventData");
            match fields.is_empty() {
                true => self.text.push_str("null"),
                false => self.fields(fields),
            }
        }
        if undecoded {
            self.key("ProcessingErrorData");
            self.open('{');
            self.number("ErrorCode", INVALID_EVENT_DATA);
            self.member("EventPayload", &upper_hex(seen.record.payload));
            self.close('}');
        }
    }

    /// Fields by name where that loses nothing, else their values in order.
    fn fields(&mut self, fields: &[Field]) {
        self.open('{');
        if are_names(fields) {
            for field in fields {
                self.key(&field.name);
                self.value(&field.value);
            }
        } else {
            self.key("Data");
            self.open('{');
            self.key("#text");
            self.list(fields, |json, field| json.value(&field.value));
            self.close('}');
        }
        self.close('}');
    }

    fn list<T>(&mut self, items: &[T], write: impl Fn(&mut Self, &T)) {
        self.open('[');
        for item in items {
            self.separate();
            write(self, item);
        }
        self.close(']');
    }

    fn value(&mut self, value: &Value) {
        match value {
            Value::Null => self.text.push_str("null"),
            Value::Bool(flag) => self.text.push_str(if *flag { "true" } else { "false" }),
            Value::Int(n) if n.unsigned_abs() <= MAX_EXACT => {
                let _ = write!(self.text, "{n}");
            }
            // Beyond, the 64 bits as they are.
            Value::Int(n) => {
                let _ = write!(self.text, "\"{n:#x}\"");
            }
            Value::UInt(n) | Value::Named { value: n, .. } => self.unsigned(*n),
            Value::Hex(n) => {
                let _ = write!(self.text, "\"{n:#x}\"");
            }
            Value::Float(x) => self.float(f64::from(*x), &x.to_string()),
            Value::Double(x) => self.float(*x, &x.to_string()),
            Value::SystemTime([year, month, _, day, hour, minute, second, ms]) => {
                let _ = write!(
                    self.text,
                    "\"{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}.{ms:03}0000Z\""
                );
            }
            Value::Struct(fields) => self.fields(fields),
            Value::Array(values) => self.list(values, Self::value),
            Value::Text(_)
            | Value::Guid(_)
            | Value::Filetime(_)
            | Value::Sid(_)
            | Value::Binary(_)
            | Value::Address(_) => self.string(&ValueText(value).to_string()),
        }
    }

    /// A number, or the XML Schema name of what JSON has no number for.
    fn float(&mut self, value: f64, text: &str) {
        self.text.push_str(match value {
            _ if value.is_nan() => "\"NaN\"",
            f64::INFINITY => "\"INF\"",
            f64::NEG_INFINITY => "\"-INF\"",
            _ => text,
        });
    }

    fn rendering(&mut self, line: &Line<'_>) {
        let Some(key) = line.trace.key(line.event) else { return };
        let message = line.trace.message(line.seen, line.locale);
        let has_message = message.source != MessageSource::Fields;
        let culture = match has_message && !message.locale.is_empty() {
            true => &message.locale,
            false => line.locale,
        };
        self.key("RenderingInfo");
        self.open('{');
        self.attributes_of("Culture", culture);
        if has_message {
            self.member("Message", &message.text);
        }
        self.member_if_any("Level", catalog::level_name(line.seen.record.level, line.locale));
        self.member_if_any("Task", &key.names.task);
        self.member_if_any("Opcode", &key.names.opcode);
        let keywords = line.keywords();
        if !keywords.is_empty() {
            self.key("Keywords");
            self.open('{');
            self.key("Keyword");
            self.list(keywords, |json, keyword| json.string(keyword));
            self.close('}');
        }
        self.member_if_any("EventName", &key.names.event);
        self.close('}');
    }

    /// What Windows' schema has no place for.
    fn etw(&mut self, line: &Line<'_>, first: bool) {
        let (seen, record, decoded) = (line.seen, line.seen.record, line.seen.decoded);
        self.key("_etw");
        self.open('{');
        self.number("v", 1_u32);
        self.number("seq", u64::from(line.event) + 1);
        self.member("kind", record.kind.name());
        if record.kind != HeaderKind::Export {
            self.member("raw_time", &record.ticks.to_string());
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
            self.list(&stack, |json, address| json.string(&format!("{address:#x}")));
        }
        let extra = seen.body.map(|body| body.extra.as_slice()).unwrap_or_default();
        if !extra.is_empty() {
            self.key("extra");
            self.open('{');
            for (path, text) in extra {
                self.member(path, text);
            }
            self.close('}');
        }
        if first {
            self.trace(line);
        }
        self.close('}');
    }

    /// `[name, type, value]` of each field, in order; a fourth member is the name that a map
    /// gives the value. The value of a structure is such a list again.
    fn typed(&mut self, fields: &[Field]) {
        self.list(fields, |json, field| {
            json.open('[');
            json.string(&field.name);
            json.text.push(',');
            json.string(&field.type_name);
            json.text.push(',');
            json.typed_value(&field.value);
            if let Value::Named { name, .. } = &field.value {
                json.text.push(',');
                json.string(name);
            }
            json.close(']');
        });
    }

    fn typed_value(&mut self, value: &Value) {
        match value {
            Value::Struct(fields) => self.typed(fields),
            Value::Array(values) => self.list(values, Self::typed_value),
            value => self.value(value),
        }
    }

    /// What the trace is.
    fn trace(&mut self, line: &Line<'_>) {
        let info = line.trace.info();
        self.key("trace");
        self.open('{');
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
            let _ = write!(self.text, "{bias}");
        }
        if let Some(bytes) = info.pointer_bytes {
            self.number("pointer_bytes", bytes);
        }
        if let Some(processors) = info.processors {
            self.number("processors", processors);
        }
        self.number("events_lost", info.lost.events);
        self.number("buffers_lost", info.lost.buffers);
        self.close('}');
    }
}

/// Whether the names of fields can be the keys of an object: all there, all different, and none
/// that readers would take for an index and reorder.
fn are_names(fields: &[Field]) -> bool {
    let like_index = |name: &str| name.bytes().all(|byte| byte.is_ascii_digit());
    let mut names: Vec<&str> = fields.iter().map(|field| field.name.as_str()).collect();
    names.sort_unstable();
    names.windows(2).all(|pair| pair.first() != pair.last())
        && names.iter().all(|name| !like_index(name))
        && names != ["Data"]
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(write: impl FnOnce(&mut Json)) -> String {
        let mut json = Json { text: String::new() };
        write(&mut json);
        json.text
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
