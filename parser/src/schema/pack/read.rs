//! Reads a pack from its JSON.
//!
//! By hand, over the list of tokens that JSON exports are read with: a derived reader of the same
//! form took 20 KB of the compressed worker.

use std::borrow::Cow;
use std::collections::BTreeMap;

use super::{Event, Field, Pack, PackMap};
use crate::formats::json::{Json, Kind, Tape};
use crate::schema::layout::{Count, InType, Length, OutType};

/// Where a text is not a pack, and what was expected there.
#[derive(Debug)]
pub(super) struct Fault {
    pub(super) at: usize,
    pub(super) expected: &'static str,
}

type Read<T> = Result<T, Fault>;

/// Reads a pack of whatever version.
pub(super) fn pack(text: &str) -> Read<Pack> {
    let mut tape = Tape::default();
    let json =
        tape.read(text, false).map_err(|e| Fault { at: e.at, expected: "JSON was expected" })?;
    if let Some(at) =
        text.get(json.end()..).and_then(|rest| rest.find(|c: char| !c.is_whitespace()))
    {
        return Err(Fault { at: json.end() + at, expected: "the end was expected" });
    }
    Ok(Pack {
        etlens_schema_pack: required(json, "etlens_schema_pack", number)?,
        trace: usual(json, "trace", string)?,
        providers: usual(json, "providers", |json| by_name(json, string))?,
        maps: usual(json, "maps", |json| list(json, map))?,
        layouts: usual(json, "layouts", |json| list(json, fields))?,
        events: usual(json, "events", events)?,
        classes: usual(json, "classes", events)?,
        messages: usual(json, "messages", events)?,
    })
}

fn map(json: Json<'_>) -> Read<PackMap> {
    Ok(PackMap {
        provider: required(json, "provider", string)?,
        name: required(json, "name", string)?,
        bits: usual(json, "bits", flag)?,
        entries: required(json, "entries", entries)?,
        texts: usual(json, "texts", |json| by_name(json, entries))?,
    })
}

fn entries(json: Json<'_>) -> Read<Vec<(u64, String)>> {
    list(json, |json| {
        let (value, name) = pair(json)?;
        Ok((number(value)?, string(name)?))
    })
}

fn events(json: Json<'_>) -> Read<Vec<Event>> {
    list(json, |json| {
        let keyword = |json: Json<'_>| {
            let (bits, name) = pair(json)?;
            Ok((string(bits)?, string(name)?))
        };
        Ok(Event {
            provider: required(json, "provider", string)?,
            id: required(json, "id", number)?,
            version: usual(json, "version", number)?,
            event: usual(json, "event", string)?,
            task: usual(json, "task", string)?,
            opcode: usual(json, "opcode", string)?,
            channel: usual(json, "channel", string)?,
            keywords: usual(json, "keywords", |json| list(json, keyword))?,
            layout: optional(json, "layout", number)?,
            message: usual(json, "message", string)?,
            texts: usual(json, "texts", |json| by_name(json, string))?,
        })
    })
}

fn fields(json: Json<'_>) -> Read<Vec<Field>> {
    list(json, |json| {
        Ok(Field {
            name: required(json, "name", string)?,
            in_type: optional(json, "in", |json| named(json, InType::from_name))?,
            out_type: optional(json, "out", |json| named(json, out_type))?,
            count: optional(json, "count", count)?,
            length: optional(json, "length", length)?,
            map: optional(json, "map", number)?,
            keep: optional(json, "keep", number)?,
            optional: usual(json, "optional", flag)?,
            members: optional(json, "members", fields)?,
        })
    })
}

fn out_type(name: &str) -> Option<OutType> {
    Some(match name {
        "Default" => OutType::Default,
        "String" => OutType::String,
        "Boolean" => OutType::Boolean,
        "Hex" => OutType::Hex,
        "Signed" => OutType::Signed,
        "Unsigned" => OutType::Unsigned,
        "Port" => OutType::Port,
        "IpV4" => OutType::IpV4,
        "IpV6" => OutType::IpV6,
        "SocketAddress" => OutType::SocketAddress,
        "Win32Error" => OutType::Win32Error,
        "NtStatus" => OutType::NtStatus,
        "HResult" => OutType::HResult,
        "DateTime" => OutType::DateTime,
        "Utf8" => OutType::Utf8,
        _ => return None,
    })
}

fn count(json: Json<'_>) -> Read<Count> {
    numbered_or_named(json, Count::Fixed, Count::Slot, |name| match name {
        "One" => Some(Count::One),
        "Prefixed" => Some(Count::Prefixed),
        "Rest" => Some(Count::Rest),
        _ => None,
    })
}

fn length(json: Json<'_>) -> Read<Length> {
    numbered_or_named(json, Length::Fixed, Length::Slot, |name| match name {
        "Implied" => Some(Length::Implied),
        "Rest" => Some(Length::Rest),
        _ => None,
    })
}

/// A number that is fixed or that of a slot, else one of the names.
fn numbered_or_named<T>(
    json: Json<'_>,
    fixed: fn(u16) -> T,
    slot: fn(u16) -> T,
    find: impl Fn(&str) -> Option<T>,
) -> Read<T> {
    if let Some(number) = optional(json, "Fixed", number)? {
        return Ok(fixed(number));
    }
    match optional(json, "Slot", number)? {
        Some(number) => Ok(slot(number)),
        None => named(json, find),
    }
}

fn fault<T>(json: Json<'_>, expected: &'static str) -> Read<T> {
    Err(Fault { at: json.start(), expected })
}

fn string(json: Json<'_>) -> Read<String> {
    json.as_text().map_or_else(|| fault(json, "a text was expected"), |text| Ok(text.into_owned()))
}

fn number<T: TryFrom<u64>>(json: Json<'_>) -> Read<T> {
    let number = (json.kind() == Kind::Number).then(|| json.source().parse::<u64>().ok());
    let number = number.flatten().and_then(|number| T::try_from(number).ok());
    number.map_or_else(|| fault(json, "another number was expected"), Ok)
}

fn flag(json: Json<'_>) -> Read<bool> {
    match json.kind() {
        Kind::Bool => Ok(json.source() == "true"),
        _ => fault(json, "true or false was expected"),
    }
}

fn named<T>(json: Json<'_>, find: impl Fn(&str) -> Option<T>) -> Read<T> {
    let name: Option<Cow<'_, str>> = json.as_text();
    name.and_then(|name| find(&name)).map_or_else(|| fault(json, "a known name was expected"), Ok)
}

fn list<T>(json: Json<'_>, read: impl Fn(Json<'_>) -> Read<T>) -> Read<Vec<T>> {
    match json.kind() {
        Kind::Array => json.items().map(read).collect(),
        _ => fault(json, "a list was expected"),
    }
}

fn pair(json: Json<'_>) -> Read<(Json<'_>, Json<'_>)> {
    let mut items = json.items();
    match (items.next(), items.next(), items.next()) {
        (Some(first), Some(second), None) => Ok((first, second)),
        _ => fault(json, "a list of two was expected"),
    }
}

fn by_name<T>(json: Json<'_>, read: impl Fn(Json<'_>) -> Read<T>) -> Read<BTreeMap<String, T>> {
    match json.kind() {
        Kind::Object => {
            let mut values = BTreeMap::new();
            for (key, value) in json.members() {
                values.insert(string(key)?, read(value)?);
            }
            Ok(values)
        }
        _ => fault(json, "an object was expected"),
    }
}

fn optional<'t, T>(
    json: Json<'t>,
    name: &str,
    read: impl Fn(Json<'t>) -> Read<T>,
) -> Read<Option<T>> {
    json.get(name).filter(|json| json.kind() != Kind::Null).map(read).transpose()
}

/// What is the type's default where it is left out.
fn usual<'t, T: Default>(
    json: Json<'t>,
    name: &str,
    read: impl Fn(Json<'t>) -> Read<T>,
) -> Read<T> {
    Ok(optional(json, name, read)?.unwrap_or_default())
}

fn required<'t, T>(json: Json<'t>, name: &str, read: impl Fn(Json<'t>) -> Read<T>) -> Read<T> {
    let expected = "a member that must be there is missing";
    optional(json, name, read)?.map_or_else(|| fault(json, expected), Ok)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_pack_writes_is_read_again() {
        let ins = (0..=310).filter_map(InType::from_tdh).chain([InType::Custom]);
        let field = |in_type| Field {
            name: "a\"\n한".to_owned(),
            in_type: Some(in_type),
            out_type: None,
            count: None,
            length: None,
            map: None,
            keep: None,
            optional: false,
            members: None,
        };
        let mut layout: Vec<Field> = ins.map(field).collect();
        let outs = (0..40).map(OutType::from_tdh).chain((0..40).map(OutType::from_tracelogging));
        layout.extend(outs.map(|out| Field { out_type: Some(out), ..field(InType::UInt32) }));
        let counts = [Count::One, Count::Fixed(3), Count::Slot(4), Count::Prefixed, Count::Rest];
        layout.extend(counts.map(|count| Field { count: Some(count), ..field(InType::UInt8) }));
        let lengths = [Length::Implied, Length::Fixed(3), Length::Slot(4), Length::Rest];
        layout.extend(lengths.map(|length| Field {
            length: Some(length),
            map: Some(1),
            keep: Some(2),
            optional: true,
            ..field(InType::Binary)
        }));
        layout.push(Field { in_type: None, members: Some(layout.clone()), ..field(InType::Null) });
        let texts = BTreeMap::from([("ko".to_owned(), "세션".to_owned())]);
        let event = Event {
            provider: "{c651f5f6-1c0d-492e-8ae1-b4efd7c9d503}".to_owned(),
            id: 4031,
            version: 1,
            event: "E".to_owned(),
            task: "T".to_owned(),
            opcode: "O".to_owned(),
            channel: "C".to_owned(),
            keywords: vec![("0x8000000000000000".to_owned(), "K".to_owned())],
            layout: Some(0),
            message: "M".to_owned(),
            texts,
        };
        let least = Event { provider: event.provider.clone(), id: 1, ..Event::default() };
        let entries = vec![(u64::MAX, "all".to_owned())];
        let pack = Pack {
            etlens_schema_pack: super::super::VERSION,
            trace: "a.etl".to_owned(),
            providers: BTreeMap::from([(event.provider.clone(), "P".to_owned())]),
            maps: vec![PackMap {
                provider: event.provider.clone(),
                name: "0".to_owned(),
                bits: true,
                entries: entries.clone(),
                texts: BTreeMap::from([("en".to_owned(), entries)]),
            }],
            layouts: vec![layout, Vec::new()],
            events: vec![event, least.clone()],
            classes: vec![least.clone()],
            messages: vec![least],
        };
        assert_eq!(Pack::parse(&pack.to_json()).expect("a pack"), pack);
    }

    #[test]
    fn faults_are_placed() {
        // Each at the place of the mark, which is not part of the text.
        for marked in [
            "{\"etlens_schema_pack\":1,\"events\":^7}",
            "\u{feff}{\"etlens_schema_pack\":1,^",
            "{\"etlens_schema_pack\":1} ^{}",
            "{\"etlens_schema_pack\":1,\"events\":[^{\"id\":1}]}",
            "{\"etlens_schema_pack\":1,\"events\":[{\"provider\":\"\",\"id\":^65536}]}",
        ] {
            let fault = Pack::parse(&marked.replace('^', "")).expect_err(marked);
            assert_eq!(fault.offset(), marked.find('^').map(|at| at as u64), "{marked}");
        }
    }
}
