//! Schemas that a merge (WPR, xperf, PerfView, pktmon) embedded in the trace: `TRACE_EVENT_INFO`
//! and `EVENT_MAP_INFO` as TDH returns them (tdh.h), in records of the class [`CLASS`].

use std::sync::Arc;

use crate::guid::Guid;
use crate::limits::MAX_FIELDS;
use crate::schema::event_schema::{EventSchema, Text, plain, win_opcode};
use crate::schema::layout::{Maps, ValueMap};
use crate::schema::properties::{self, Property};
use crate::text::{utf16le_to_string, utf16le_until_zero};

/// Class of the records that KernelTraceControl injects with metadata.
pub const CLASS: Guid =
    Guid::from_parts(0xbbcc_f6c1, 0x6cd1, 0x48c4, [0x80, 0xff, 0x83, 0x94, 0x82, 0xe3, 0x76, 0x71]);
/// Record type (opcode) of a `TRACE_EVENT_INFO`.
pub const EVENT_INFO: u8 = 32;
/// Record type (opcode) of a provider GUID and an `EVENT_MAP_INFO`.
pub const MAP_INFO: u8 = 33;

/// Which records a `TRACE_EVENT_INFO` describes.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub enum Describes {
    /// Manifest-based events of a provider: id and version.
    Event(Guid, u16, u8),
    /// Classic records of a class: opcode and version.
    Class(Guid, u8, u8),
}

const HEADER_BYTES: usize = 0x70;
const PROPERTY_BYTES: usize = 24;

fn u16_at(bytes: &[u8], at: usize) -> Option<u16> {
    Some(u16::from_le_bytes(*bytes.get(at..)?.first_chunk()?))
}

fn u32_at(bytes: &[u8], at: usize) -> Option<u32> {
    Some(u32::from_le_bytes(*bytes.get(at..)?.first_chunk()?))
}

fn guid_at(bytes: &[u8], at: usize) -> Option<Guid> {
    Some(Guid(*bytes.get(at..)?.first_chunk()?))
}

/// The UTF-16 string at a byte offset, up to a zero or the end.
fn utf16z_at(bytes: &[u8], offset: u32) -> Option<String> {
    let rest = bytes.get(usize::try_from(offset).ok()?..)?;
    Some(utf16le_to_string(utf16le_until_zero(rest).0))
}

/// The string an offset field of the header points to; 0 means there is none.
fn text_at(bytes: &[u8], field: usize) -> String {
    u32_at(bytes, field)
        .filter(|&offset| offset != 0)
        .and_then(|offset| utf16z_at(bytes, offset))
        .map(|text| text.trim().to_owned())
        .unwrap_or_default()
}

/// The same for a name that may carry the prefix `win:`.
fn name_at(bytes: &[u8], field: usize) -> String {
    plain(&text_at(bytes, field)).into_owned()
}

/// Reads a `TRACE_EVENT_INFO`. `None` when it is not well formed.
#[must_use]
pub fn parse_event(bytes: &[u8], maps: &mut Maps) -> Option<(Describes, EventSchema)> {
    let provider = guid_at(bytes, 0)?;
    let event_class = guid_at(bytes, 16)?;
    let (id, version) = (u16_at(bytes, 32)?, *bytes.get(34)?);
    let opcode = *bytes.get(37)?;
    let keyword = u64::from_le_bytes(*bytes.get(40..)?.first_chunk()?);
    let decoding_source = u32_at(bytes, 48)?;
    let properties = usize::try_from(u32_at(bytes, 100)?).ok()?;
    let top_level = usize::try_from(u32_at(bytes, 104)?).ok()?;
    let table = bytes.get(HEADER_BYTES..)?;
    if top_level > properties || properties > MAX_FIELDS.min(table.len() / PROPERTY_BYTES) {
        return None;
    }

    let properties = (0..properties).map(|index| property(bytes, provider, index, maps));
    let layout = properties::layout(&properties.collect::<Option<Vec<_>>>()?, top_level)?;

    // A list of names for the set bits, each zero-ended, an empty one at the end.
    let mut keywords = Vec::new();
    if let Some(mut at) = u32_at(bytes, 64).filter(|&at| at != 0) {
        while let Some(name) = utf16z_at(bytes, at).filter(|name| !name.is_empty()) {
            let units = u32::try_from(name.encode_utf16().count()).ok()?;
            at = at.checked_add(2 * units + 2)?;
            keywords.push((keyword, plain(&name).into_owned()));
            if keywords.len() >= 64 {
                break;
            }
        }
    }
    let is_class = decoding_source == 1;
    let mut opcode_name = name_at(bytes, 72);
    if opcode_name.is_empty() && !is_class {
        opcode_name = win_opcode(opcode).unwrap_or_default().to_owned();
    }
    let message = text_at(bytes, 76);
    let message = if message.is_empty() { Text::None } else { Text::Plain(message) };
    let schema = EventSchema {
        layout: Arc::new(layout),
        provider: text_at(bytes, 52),
        // For EventSource providers this field is the event's name; else an activity's, which
        // is no name of the event.
        event: String::new(),
        task: name_at(bytes, 68),
        opcode: opcode_name,
        channel: name_at(bytes, 60),
        keywords,
        message,
    };
    let describes = if is_class {
        Describes::Class(event_class, opcode, version)
    } else {
        Describes::Event(provider, id, version)
    };
    Some((describes, schema))
}

/// An `EVENT_PROPERTY_INFO`.
fn property(bytes: &[u8], provider: Guid, index: usize, maps: &mut Maps) -> Option<Property> {
    let at = HEADER_BYTES + PROPERTY_BYTES * index;
    let flags = u32_at(bytes, at)?;
    let map_offset = u32_at(bytes, at + 12)?;
    let map = match map_offset {
        offset if offset != 0 && flags & properties::IS_STRUCT == 0 => {
            Some(maps.id(provider, utf16z_at(bytes, offset)?.trim()))
        }
        _ => None,
    };
    Some(Property {
        flags,
        name: text_at(bytes, at + 4),
        types: (u16_at(bytes, at + 8)?, u16_at(bytes, at + 10)?),
        map,
        count: u16_at(bytes, at + 16)?,
        length: u16_at(bytes, at + 18)?,
    })
}

/// Reads a map info record into `maps`. `None` when it is not well formed.
pub fn parse_map(payload: &[u8], maps: &mut Maps) -> Option<()> {
    let provider = guid_at(payload, 0)?;
    let info = payload.get(16..)?;
    let name = utf16z_at(info, u32_at(info, 0)?)?;
    let flags = u32_at(info, 4)?;
    let count = usize::try_from(u32_at(info, 8)?).ok()?;
    let table = info.get(16..)?;
    let (entries, _) = table.as_chunks::<8>();
    let entries: Vec<(u64, String)> = entries
        .get(..count)?
        .iter()
        .filter_map(|entry| {
            let text = utf16z_at(info, u32_at(entry, 0)?)?;
            Some((u64::from(u32_at(entry, 4)?), text.trim().to_owned()))
        })
        .collect();
    // EVENTMAP_INFO_FLAG_MANIFEST_BITMAP, and its WBEM relative.
    let is_bitmap = flags & (2 | 0x10) != 0;
    maps.set(provider, name.trim(), ValueMap::new(is_bitmap, entries));
    Some(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::schema::decode::decode;
    use crate::schema::properties::{IS_STRUCT, PARAM_COUNT, PARAM_LENGTH};
    use crate::value::{SchemaSource, Value};

    struct Property {
        name: &'static str,
        flags: u32,
        types: (u16, u16),
        map: &'static str,
        count: u16,
        length: u16,
    }

    const PLAIN: Property =
        Property { name: "", flags: 0, types: (0, 0), map: "", count: 1, length: 0 };

    /// A TRACE_EVENT_INFO of an event with id 7 version 2.
    fn info(properties: &[Property], top_level: u32) -> Vec<u8> {
        let mut bytes = vec![0; HEADER_BYTES + PROPERTY_BYTES * properties.len()];
        let put = |bytes: &mut Vec<u8>, text: &str| {
            let at = u32::try_from(bytes.len()).expect("short");
            bytes.extend(text.encode_utf16().chain([0]).flat_map(u16::to_le_bytes));
            at.to_le_bytes()
        };
        bytes[0..16].copy_from_slice(&[1; 16]);
        (bytes[32], bytes[34]) = (7, 2);
        bytes[100] = u8::try_from(properties.len()).expect("few");
        bytes[104..108].copy_from_slice(&top_level.to_le_bytes());
        for (field, text) in [(52, "Some-Provider"), (68, "Work "), (76, "Did %1.")] {
            let at = put(&mut bytes, text);
            bytes[field..field + 4].copy_from_slice(&at);
        }
        for (i, p) in properties.iter().enumerate() {
            let at = HEADER_BYTES + PROPERTY_BYTES * i;
            bytes[at..at + 4].copy_from_slice(&p.flags.to_le_bytes());
            let name = put(&mut bytes, p.name);
            bytes[at + 4..at + 8].copy_from_slice(&name);
            bytes[at + 8..at + 10].copy_from_slice(&p.types.0.to_le_bytes());
            bytes[at + 10..at + 12].copy_from_slice(&p.types.1.to_le_bytes());
            if !p.map.is_empty() {
                let map = put(&mut bytes, p.map);
                bytes[at + 12..at + 16].copy_from_slice(&map);
            }
            bytes[at + 16..at + 18].copy_from_slice(&p.count.to_le_bytes());
            bytes[at + 18..at + 20].copy_from_slice(&p.length.to_le_bytes());
        }
        bytes
    }

    #[test]
    fn reads_names_counts_lengths_maps_and_structures() {
        let bytes = info(
            &[
                Property { name: "Kind", types: (8, 0), map: "Kinds", length: 4, ..PLAIN },
                Property { name: "Count", types: (4, 0), length: 1, ..PLAIN },
                Property {
                    name: "Pairs",
                    flags: IS_STRUCT | PARAM_COUNT,
                    types: (4, 2),
                    count: 1,
                    ..PLAIN
                },
                Property { name: "Text", types: (1, 0), length: 3, ..PLAIN },
                Property { name: "Size", types: (6, 0), length: 2, ..PLAIN },
                Property { name: "Data", flags: PARAM_LENGTH, types: (14, 0), length: 4, ..PLAIN },
            ],
            4,
        );
        let mut maps = Maps::default();
        let (describes, schema) = parse_event(&bytes, &mut maps).expect("a schema");
        assert_eq!(describes, Describes::Event(Guid([1; 16]), 7, 2));
        assert_eq!((schema.provider.as_str(), schema.task.as_str()), ("Some-Provider", "Work"));
        assert_eq!(schema.message.pick("").map(|m| m.0), Some("Did %1."));

        // The map arrives after its event, as in real traces.
        let mut map = vec![1; 16];
        let mut map_info = vec![0; 24];
        (map_info[0], map_info[4], map_info[8]) = (24, 1, 1);
        (map_info[16], map_info[20]) = (36, 5);
        map_info.extend("Kinds\0Fifth\0".encode_utf16().flat_map(u16::to_le_bytes));
        map.extend(map_info);
        parse_map(&map, &mut maps).expect("a map");

        let payload = b"\x05\0\0\0\x02\x01\0\xaa\x02\0\xbb\xccH\0i\0\0\0";
        let decoded = decode(&schema.layout, payload, 8, &maps, SchemaSource::TraceEventInfo);
        assert!(decoded.is_complete(), "{decoded:?}");
        let [kind, _, pairs, text] = decoded.fields.as_slice() else { panic!("{decoded:?}") };
        assert_eq!(kind.value, Value::Named { value: 5, name: "Fifth".into() });
        assert_eq!(text.value, Value::Text("Hi".into()));
        let Value::Array(pairs) = &pairs.value else { panic!("{pairs:?}") };
        let Value::Struct(second) = &pairs[1] else { panic!("{pairs:?}") };
        assert_eq!(second[1].value, Value::Binary(vec![0xbb, 0xcc]));
    }

    #[test]
    fn damaged_infos_are_refused() {
        let mut maps = Maps::default();
        let good = info(&[Property { name: "A", types: (8, 0), ..PLAIN }], 1);
        for cut in 0..good.len() {
            // Never a panic; the strings are at the end, so a late cut only shortens a name.
            let _ = parse_event(&good[..cut], &mut maps);
        }
        let mut endless =
            info(&[Property { name: "A", flags: IS_STRUCT, types: (0, 1), ..PLAIN }], 1);
        assert_eq!(parse_event(&endless, &mut maps), None, "a structure inside itself");
        endless[100] = 0xff;
        assert_eq!(parse_event(&endless, &mut maps), None, "more properties than bytes");
    }
}
