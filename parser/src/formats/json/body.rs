//! What an exported event says beyond its header: payload, message, and whatever else it holds.

use std::borrow::Cow;

use super::dialect::{Dialect, Payload};
use super::header::{catalog_event, first};
use super::scalar;
use super::tape::{Json, Kind, Tape};
use crate::catalog::CatalogField;
use crate::formats::{TextBody, TextEvent};
use crate::limits::{MAX_DEPTH, MAX_FIELDS};
use crate::time::parse_iso8601;
use crate::value::{Decoded, Field, SchemaSource, Value};
use crate::view::{Message, MessageSource};

/// What `ConvertTo-Json` of Windows PowerShell writes for an item below its depth.
const DEPTH_LOST: &str = "System.Diagnostics.Eventing.Reader.EventProperty";

/// Reads the body of an event whose header is known.
pub(super) fn read(object: Json<'_>, dialect: &Dialect, event: &TextEvent<'_>) -> TextBody {
    let record = &event.record;
    let version = Some(record.version);
    let known = catalog_event(record.provider, event.id, version, Some(record.task));
    let names = known.map_or(&[][..], |event| event.fields);
    let mut reader = Reader { names, fields: 0, problem: None };
    let mut used = None;
    let mut fields = Vec::new();
    for payload in dialect.payload {
        if let Some(found) = reader.payload(object, dialect, *payload) {
            (used, fields) = (Some(*payload), found);
            break;
        }
    }
    let extra = extra(object, dialect, used);
    let decoded = Decoded {
        fields,
        source: SchemaSource::Export,
        version: None,
        extra: 0..0,
        problem: reader.problem.map(str::to_owned),
    };
    let problem = first(object, dialect.problem, scalar::text).map(Cow::into_owned);
    let decoded = Decoded { problem: decoded.problem.or(problem), ..decoded };
    let message = first(object, dialect.message, scalar::text).filter(|text| !text.is_empty());
    let culture = first(object, dialect.culture, scalar::text);
    TextBody {
        decoded,
        message: message.map(|text| Message {
            text: text.into_owned(),
            source: MessageSource::File,
            locale: culture.map(|tag| tag.to_ascii_lowercase()).unwrap_or_default(),
        }),
        keywords: first(object, dialect.keyword_names, keyword_names).unwrap_or_default(),
        record_id: first(object, dialect.record_id, scalar::number),
        related_activity: first(object, dialect.related, scalar::guid).unwrap_or_default(),
        sid: first(object, dialect.sid, scalar::sid).map(Cow::into_owned).unwrap_or_default(),
        computer: event.computer.to_string(),
        stack: first(object, dialect.stack, stack).unwrap_or_default(),
        extra,
    }
}

/// Keyword names: a list, or one text.
fn keyword_names(json: Json<'_>) -> Option<Vec<String>> {
    let names: Vec<String> = match json.kind() {
        Kind::Array => json.items().filter_map(scalar::text).map(Cow::into_owned).collect(),
        Kind::Text => scalar::text(json).map(Cow::into_owned).into_iter().collect(),
        _ => return None,
    };
    // A mask is no name.
    let is_name =
        |name: &String| !name.is_empty() && !name.starts_with(|c: char| c.is_ascii_digit());
    Some(names.into_iter().filter(is_name).collect())
}

/// Stack addresses, innermost first.
fn stack(json: Json<'_>) -> Option<Vec<u64>> {
    (json.kind() == Kind::Array).then(|| json.items().filter_map(scalar::number).collect())
}

struct Reader {
    /// The catalog's fields of the event, for values without names and types.
    names: &'static [CatalogField],
    fields: usize,
    problem: Option<&'static str>,
}

impl Reader {
    fn payload(
        &mut self,
        object: Json<'_>,
        dialect: &Dialect,
        payload: Payload,
    ) -> Option<Vec<Field>> {
        match payload {
            Payload::Triples(path) => {
                let fields = self.triples(of_kind(object, path, Kind::Array)?, 0);
                (!fields.is_empty()).then_some(fields)
            }
            Payload::Map(path) => self.map(of_kind(object, path, Kind::Object)?),
            Payload::Xml(path) => {
                let data = object.path(path)?;
                (data.kind() == Kind::Object).then(|| self.xml(data))
            }
            Payload::Positional(path) => Some(self.positional(of_kind(object, path, Kind::Array)?)),
            Payload::Undecoded(path) => {
                let data = of_kind(object, path, Kind::Object)?;
                self.problem = Some("Whoever wrote this export could not decode the payload");
                let members = data.members().map(|(key, value)| {
                    let name = name_of(key);
                    let type_name = if name == "EventPayload" { "Binary" } else { "UInt32" };
                    field(&name, type_name, typed(type_name, value))
                });
                Some(members.collect())
            }
            Payload::Maps(path) => {
                let maps = of_kind(object, path, Kind::Array)?;
                let members = maps.items().flat_map(Json::members);
                Some(members.map(|(key, value)| self.field(&name_of(key), value)).collect())
            }
            Payload::JsonText(path) => {
                let text = object.path(path)?.as_text()?;
                let mut tape = Tape::default();
                let json = tape.read(text.trim(), false).ok()?;
                let data = ["EventData", "UserData"].iter().find_map(|name| json.get(name));
                Some(self.xml(data.unwrap_or(json)))
            }
            Payload::Text(path) => {
                let text = scalar::text(object.path(path)?)?;
                let value = Value::Text(text.into_owned());
                Some(vec![field(last_name(path), "UnicodeString", value)])
            }
            Payload::Rest => {
                let known = |name: &str| {
                    let mut all = dialect.facts().chain(dialect.extra.iter().copied());
                    all.any(|path| path.split('/').next() == Some(name))
                };
                let rest = object.members().map(|(key, value)| (name_of(key), value));
                let rest = rest.filter(|(name, _)| !known(name));
                Some(rest.map(|(name, value)| self.field(&name, value)).collect())
            }
        }
    }

    fn map(&mut self, map: Json<'_>) -> Option<Vec<Field>> {
        Some(map.members().map(|(key, value)| self.field(&name_of(key), value)).collect())
    }

    /// `EventData` as JSON. Attributes are no data, `Data` holds values without names, or with
    /// their names in `@Name`; a single element is the whole of `UserData`.
    fn xml(&mut self, data: Json<'_>) -> Vec<Field> {
        let is_data = |key: &str| {
            !key.starts_with(['#', '@']) && !key.ends_with("_attributes") && key != "xmlns"
        };
        let members: Vec<(Cow<'_, str>, Json<'_>)> = data
            .members()
            .map(|(key, value)| (name_of(key), value))
            .filter(|(key, _)| is_data(key))
            .collect();
        if let [(key, only)] = members.as_slice()
            && only.kind() == Kind::Object
            && key != "Data"
        {
            return self.xml(*only);
        }
        let mut fields = Vec::new();
        for (key, value) in members {
            if key != "Data" {
                fields.push(self.field(&key, value));
                continue;
            }
            let values = scalar::bare(value);
            match values.kind() {
                Kind::Array => {
                    for (position, item) in values.items().enumerate() {
                        match item.get("@Name").and_then(scalar::text) {
                            Some(name) => fields.push(self.field(&name, scalar::bare(item))),
                            None => fields.push(self.unnamed(position, scalar::bare(item))),
                        }
                    }
                }
                _ => match value.get("@Name").and_then(scalar::text) {
                    Some(name) => fields.push(self.field(&name, values)),
                    None => fields.push(self.unnamed(0, values)),
                },
            }
        }
        fields
    }

    fn positional(&mut self, list: Json<'_>) -> Vec<Field> {
        if list.items().any(|item| item.source() == DEPTH_LOST) {
            self.problem = Some("The export left the payload out: repeat it with -Depth 4");
            return Vec::new();
        }
        let items = list.items().enumerate();
        items.map(|(position, item)| self.unnamed(position, scalar::bare(item))).collect()
    }

    /// A value by position: the catalog may know its name.
    fn unnamed(&mut self, position: usize, value: Json<'_>) -> Field {
        match self.names.get(position) {
            Some(known) => {
                field(known.name, known.in_type.name(), typed(known.in_type.name(), value))
            }
            None => self.field("", value),
        }
    }

    fn field(&mut self, name: &str, value: Json<'_>) -> Field {
        if let Some(known) = self.names.iter().find(|known| known.name == name) {
            return field(name, known.in_type.name(), typed(known.in_type.name(), value));
        }
        let (type_name, value) = self.value(value, 0);
        field(name, type_name, value)
    }

    /// A value in the type JSON gives it, under the name Windows has for that type.
    fn value(&mut self, json: Json<'_>, depth: usize) -> (&'static str, Value) {
        self.fields += 1;
        if self.fields > MAX_FIELDS || depth > MAX_DEPTH {
            self.problem = Some("The event has more values than are shown");
            return ("Null", Value::Null);
        }
        match json.kind() {
            Kind::Null => ("Null", Value::Null),
            Kind::Bool => ("Boolean", Value::Bool(json.source() == "true")),
            Kind::Text => ("UnicodeString", text_value(json)),
            Kind::Number => number_value(json.source()),
            Kind::Array => {
                let items = json.items().map(|item| self.value(item, depth + 1).1).collect();
                ("Array", Value::Array(items))
            }
            Kind::Object => {
                let members = json.members().map(|(key, value)| {
                    let (type_name, value) = self.value(value, depth + 1);
                    field(&name_of(key), type_name, value)
                });
                ("Struct", Value::Struct(members.collect()))
            }
        }
    }

    /// Our own list of `[name, type, value]`.
    fn triples(&mut self, list: Json<'_>, depth: usize) -> Vec<Field> {
        let mut fields = Vec::new();
        for triple in list.items() {
            self.fields += 1;
            if self.fields > MAX_FIELDS {
                self.problem = Some("The event has more values than are shown");
                break;
            }
            let mut parts = triple.items();
            let (Some(name), Some(kind), Some(value)) = (parts.next(), parts.next(), parts.next())
            else {
                self.problem = Some("A field is not written as [name, type, value]");
                continue;
            };
            let name = name.as_text().unwrap_or_default();
            let type_name = kind.as_text().unwrap_or_default();
            let value = match (parts.next().and_then(Json::as_text), scalar::number(value)) {
                (Some(name), Some(value)) => Value::Named { value, name: name.into_owned() },
                _ => self.canonical(&type_name, value, depth),
            };
            fields.push(field(&name, &type_name, value));
        }
        fields
    }

    fn canonical(&mut self, type_name: &str, value: Json<'_>, depth: usize) -> Value {
        if depth > MAX_DEPTH || value.kind() == Kind::Null {
            return Value::Null;
        }
        if let Some(item_type) = type_name.strip_suffix("[]")
            && value.kind() == Kind::Array
        {
            let items = value.items().map(|item| self.canonical(item_type, item, depth + 1));
            return Value::Array(items.collect());
        }
        if type_name == "Struct" && value.kind() == Kind::Array {
            return Value::Struct(self.triples(value, depth + 1));
        }
        typed(type_name, value)
    }
}

/// A value in a type Windows names; text that does not fit the type stays text.
fn typed(type_name: &str, json: Json<'_>) -> Value {
    let Some(text) = scalar::text(json) else {
        let mut reader = Reader { names: &[], fields: 0, problem: None };
        return reader.value(json, 0).1;
    };
    let value = match type_name {
        // Hexadecimal is how the schema wants it shown, or a number beyond 2^53.
        "Int8" | "Int16" | "Int32" | "Int64" | "UInt8" | "UInt16" | "UInt32" | "UInt64"
            if text.starts_with("0x") =>
        {
            scalar::number(json).map(|bits: u64| match bits {
                ..0x20_0000_0000_0000 => Value::Hex(bits),
                _ if type_name == "Int64" => Value::Int(bits.cast_signed()),
                _ => Value::UInt(bits),
            })
        }
        "Int8" | "Int16" | "Int32" | "Int64" => scalar::number(json).map(Value::Int),
        "UInt8" | "UInt16" | "UInt32" | "UInt64" => scalar::number(json).map(Value::UInt),
        "HexInt8" | "HexInt16" | "HexInt32" | "HexInt64" | "Pointer" | "SizeT" => {
            scalar::number(json).map(Value::Hex)
        }
        "Boolean" => match text.as_ref() {
            "true" | "True" | "1" => Some(Value::Bool(true)),
            "false" | "False" | "0" => Some(Value::Bool(false)),
            _ => None,
        },
        "Float" => float(&text).map(|double| {
            // Written from 32 bits, so it goes back without loss.
            #[expect(clippy::cast_possible_truncation, reason = "the type says 32 bits")]
            Value::Float(double as f32)
        }),
        "Double" => float(&text).map(Value::Double),
        "GUID" => text.parse().ok().map(Value::Guid),
        "SID" => text.starts_with("S-").then(|| Value::Sid(text.to_string())),
        "FILETIME" => scalar::time(json, super::dialect::TimeUnit::BySize).map(Value::Filetime),
        "SYSTEMTIME" => system_time(&text).map(Value::SystemTime),
        "Binary" => hex_bytes(&text).map(Value::Binary),
        "IPv4" | "IPv6" | "SocketAddress" => Some(Value::Address(text.to_string())),
        _ if json.kind() != Kind::Text => Some(number_value(json.source()).1),
        _ => None,
    };
    value.unwrap_or_else(|| Value::Text(text.into_owned()))
}

fn float(text: &str) -> Option<f64> {
    match text {
        "INF" | "Infinity" => Some(f64::INFINITY),
        "-INF" | "-Infinity" => Some(f64::NEG_INFINITY),
        _ => crate::decimal::parse(text),
    }
}

/// The words of a SYSTEMTIME from ISO 8601; the day of the week follows from the date.
fn system_time(text: &str) -> Option<[u16; 8]> {
    let time = parse_iso8601(text)?;
    let number = |from: usize, to: usize| text.get(from..to)?.parse::<u16>().ok();
    // FILETIME's zero, 1601-01-01, was a Monday.
    let weekday = u16::try_from((time.div_euclid(864_000_000_000) + 1).rem_euclid(7)).ok()?;
    let part = |from, to| number(from, to).unwrap_or(0);
    let (year, month, day) = (number(0, 4)?, number(5, 7)?, number(8, 10)?);
    let ms = u16::try_from(time.rem_euclid(10_000_000) / 10_000).ok()?;
    Some([year, month, weekday, day, part(11, 13), part(14, 16), part(17, 19), ms])
}

fn hex_bytes(text: &str) -> Option<Vec<u8>> {
    let digits = text.strip_prefix("0x").unwrap_or(text);
    if !digits.len().is_multiple_of(2) || !digits.bytes().all(|b| b.is_ascii_hexdigit()) {
        return None;
    }
    let pairs = (0..digits.len()).step_by(2);
    pairs.map(|at| u8::from_str_radix(digits.get(at..at + 2)?, 16).ok()).collect()
}

fn text_value(json: Json<'_>) -> Value {
    Value::Text(json.as_text().unwrap_or_default().into_owned())
}

fn number_value(source: &str) -> (&'static str, Value) {
    if let Ok(number) = source.parse() {
        return ("Int64", Value::Int(number));
    }
    if let Ok(number) = source.parse() {
        return ("UInt64", Value::UInt(number));
    }
    match float(source) {
        Some(number) => ("Double", Value::Double(number)),
        None => ("UnicodeString", Value::Text(source.to_owned())),
    }
}

fn field(name: &str, type_name: &str, value: Value) -> Field {
    Field { name: name.to_owned(), type_name: type_name.to_owned(), value, bytes: 0..0 }
}

fn name_of(key: Json<'_>) -> Cow<'_, str> {
    key.as_text().unwrap_or_default()
}

fn last_name(path: &str) -> &str {
    path.rsplit('/').next().unwrap_or(path)
}

fn of_kind<'t>(object: Json<'t>, path: &str, kind: Kind) -> Option<Json<'t>> {
    object.path(path).filter(|json| json.kind() == kind)
}

/// Members that are neither fact nor payload, as (path, text).
fn extra(object: Json<'_>, dialect: &Dialect, used: Option<Payload>) -> Vec<(String, String)> {
    let mut explained: Vec<&str> = dialect.facts().collect();
    for payload in dialect.payload {
        match payload {
            Payload::Triples(path)
            | Payload::Map(path)
            | Payload::Xml(path)
            | Payload::Positional(path)
            | Payload::Undecoded(path)
            | Payload::Maps(path)
            | Payload::JsonText(path)
            | Payload::Text(path) => explained.push(path),
            Payload::Rest => {}
        }
    }
    // When the payload is all the rest, only what the dialect lists is extra.
    let all = used != Some(Payload::Rest);
    let mut found = Vec::new();
    for (key, value) in object.members() {
        let name = name_of(key);
        if all || dialect.extra.contains(&name.as_ref()) {
            collect_extra(value, name.into_owned(), &explained, &mut found);
        }
    }
    found
}

fn collect_extra(
    value: Json<'_>,
    path: String,
    explained: &[&str],
    found: &mut Vec<(String, String)>,
) {
    let is_namespace = path.rsplit('/').next() == Some("xmlns");
    if explained.contains(&path.as_str()) || is_namespace || found.len() >= MAX_FIELDS {
        return;
    }
    let below =
        |fact: &&str| fact.strip_prefix(path.as_str()).is_some_and(|rest| rest.starts_with('/'));
    let is_extra = path == "_etw/extra";
    let holds_facts = is_extra || explained.iter().any(below);
    let attributes = path.ends_with("#attributes") || path.ends_with("_attributes");
    if value.kind() == Kind::Object && (holds_facts || attributes) {
        for (key, inner) in value.members() {
            collect_extra(inner, format!("{path}/{}", name_of(key)), explained, found);
        }
        return;
    }
    // What an export of an export kept keeps its path.
    let path = path.strip_prefix("_etw/extra/").map(str::to_owned).unwrap_or(path);
    let text = match value.kind() {
        Kind::Null => return,
        Kind::Text => value.as_text().unwrap_or_default().into_owned(),
        _ => value.source().to_owned(),
    };
    found.push((path, text));
}
