//! TraceLogging: the record carries its own schema (extended item `EVENT_SCHEMA_TL`).
//!
//! The blob: u16 size of the whole, an event tag (7 bits a byte, the high bit says more follows),
//! the event's name (UTF-8, zero-ended), then per field its name, an input type byte and what its
//! flags announce (TraceLoggingProvider.h).

use std::borrow::Cow;

use crate::limits::MAX_DEPTH;
use crate::schema::layout::{Count, InType, Kind, Layout, LayoutField, OutType};

/// What a TraceLogging blob says.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct TraceLoggingEvent {
    /// The event's name.
    pub name: String,
    /// The event's tag: 28 bits the provider gives a meaning to.
    pub tag: u32,
    /// The payload.
    pub layout: Layout,
}

// Bits of the input type byte.
const TYPE: u8 = 0x1f;
const COUNT_KIND: u8 = 0x60;
const COUNT_FIXED: u8 = 0x20;
const COUNT_PREFIXED: u8 = 0x40;
const COUNT_CUSTOM: u8 = 0x60;
/// On any metadata byte: another one belongs to it.
const MORE: u8 = 0x80;

/// Reads a blob. `None` when not even the event's name can be read. Of fields that are not well
/// formed, or of a type that is newer than this, those before count: what they do not explain of a
/// payload is shown as bytes.
#[must_use]
pub fn parse(blob: &[u8]) -> Option<TraceLoggingEvent> {
    let bytes = usize::from(u16::from_le_bytes(*blob.first_chunk()?));
    let mut cursor = Blob { rest: blob.get(2..bytes)? };
    let tag = cursor.tag()?;
    let name = cursor.text()?.into_owned();
    let mut flat = Vec::new();
    let mut is_cut = false;
    while !cursor.rest.is_empty() && !is_cut {
        match cursor.field() {
            Some(field) => flat.push(field),
            None => is_cut = true,
        }
    }
    let mut flat = flat.into_iter();
    let mut fields = Vec::new();
    while let Some(field) = nest(&mut flat, 0, &mut is_cut) {
        fields.push(field);
    }
    // Fields are left when a structure nests deeper than anyone writes.
    flat.next().is_none().then_some(TraceLoggingEvent {
        name,
        tag,
        layout: Layout { fields, slots: 0 },
    })
}

/// A field as it stands in the blob, and how many of the following ones are its members.
struct Flat {
    field: LayoutField,
    members: Option<u8>,
}

/// Gives structures their members, which follow them; a nested structure counts as one. Of a
/// structure whose members are cut off none is of use.
fn nest(
    flat: &mut impl Iterator<Item = Flat>,
    depth: usize,
    is_cut: &mut bool,
) -> Option<LayoutField> {
    if depth > MAX_DEPTH {
        return None;
    }
    let Flat { mut field, members } = flat.next()?;
    if let Some(count) = members {
        let mut inner = Vec::new();
        for _ in 0..count {
            match nest(flat, depth + 1, is_cut) {
                Some(member) => inner.push(member),
                None if *is_cut => return None,
                None => break,
            }
        }
        field.kind = Kind::Struct(inner);
    }
    Some(field)
}

struct Blob<'a> {
    rest: &'a [u8],
}

impl<'a> Blob<'a> {
    fn byte(&mut self) -> Option<u8> {
        let (first, rest) = self.rest.split_first()?;
        self.rest = rest;
        Some(*first)
    }

    fn word(&mut self) -> Option<u16> {
        let (word, rest) = self.rest.split_first_chunk()?;
        self.rest = rest;
        Some(u16::from_le_bytes(*word))
    }

    fn text(&mut self) -> Option<Cow<'a, str>> {
        let end = memchr::memchr(0, self.rest)?;
        let text = self.rest.get(..end)?;
        self.rest = self.rest.get(end + 1..)?;
        Some(String::from_utf8_lossy(text))
    }

    /// One to four bytes, seven bits each, the first on top of 28 bits.
    fn tag(&mut self) -> Option<u32> {
        let mut tag = 0;
        for shift in [21_u32, 14, 7, 0] {
            let byte = self.byte()?;
            tag |= u32::from(byte & !MORE) << shift;
            if byte & MORE == 0 {
                break;
            }
        }
        Some(tag)
    }

    fn field(&mut self) -> Option<Flat> {
        let name = self.text()?.into_owned();
        let in_byte = self.byte()?;
        let mut out_byte = 0;
        if in_byte & MORE != 0 {
            out_byte = self.byte()?;
            if out_byte & MORE != 0 {
                self.tag()?;
            }
        }
        let out_byte = out_byte & !MORE;
        let count = match in_byte & COUNT_KIND {
            COUNT_FIXED => Count::Fixed(self.word()?),
            COUNT_PREFIXED => Count::Prefixed,
            COUNT_CUSTOM => {
                let type_info = self.word()?;
                self.rest = self.rest.get(usize::from(type_info)..)?;
                let field = LayoutField::scalar(name.into(), InType::Custom, OutType::Default);
                return Some(Flat { field, members: None });
            }
            _ => Count::One,
        };
        let code = in_byte & TYPE;
        let (in_type, members) = match code {
            24 => (InType::Null, Some(out_byte)),
            // Bytes carry their own count here, unlike in manifests.
            14 => (InType::CountedBinary, None),
            _ => (InType::from_tdh(u16::from(code))?, None),
        };
        let out_type = OutType::from_tracelogging(out_byte);
        let mut field = LayoutField::scalar(name.into(), in_type, out_type);
        field.count = count;
        Some(Flat { field, members })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::schema::decode::decode;
    use crate::schema::layout::Maps;
    use crate::value::{Field, SchemaSource, Value};
    use crate::value_text::ValueText;

    fn blob(fields: &[u8]) -> Vec<u8> {
        // Tag 0x0200000 in one byte, name "Test".
        let mut all = vec![0, 0, 0x01];
        all.extend(b"Test\0");
        all.extend(fields);
        let bytes = u16::try_from(all.len()).expect("short").to_le_bytes();
        all[..2].copy_from_slice(&bytes);
        all
    }

    fn values(fields: &[u8], payload: &[u8]) -> (Vec<Field>, Option<String>, usize) {
        let event = parse(&blob(fields)).expect("a schema");
        let decoded =
            decode(&event.layout, payload, 8, &Maps::default(), SchemaSource::TraceLogging);
        (decoded.fields, decoded.problem, decoded.extra.len())
    }

    #[test]
    fn reads_name_tag_and_scalars() {
        let event = parse(&blob(b"")).expect("a schema");
        assert_eq!((event.name.as_str(), event.tag), ("Test", 0x20_0000));
        // x: u32; hr: i32 shown as HRESULT with a field tag of two bytes; s: counted UTF-8.
        let (fields, problem, extra) = values(
            b"x\0\x08hr\0\x87\x8f\x81\x00s\0\x97\x23",
            b"\x2a\0\0\0\x05\x40\x00\x80\x04\0\xc3\xa9ok",
        );
        assert_eq!((problem, extra), (None, 0));
        assert_eq!(fields[0].value, Value::UInt(42));
        assert_eq!(ValueText(&fields[1].value).to_string(), "0x80004005 E_FAIL");
        assert_eq!(fields[2].value, Value::Text("éok".into()));
        assert_eq!(fields[2].bytes, 8..14);
    }

    #[test]
    fn reads_arrays_structures_and_custom_fields() {
        // a: u16[2]; items: struct[] of {n: u8, t: UTF-16}; c: custom with two bytes of type info.
        let (fields, problem, extra) = values(
            b"a\0\x26\x02\0items\0\xd8\x02n\0\x04t\0\x01c\0\x60\x02\0\x09\x09",
            b"\x01\0\x02\0\x02\0\x07A\0\0\0\x08B\0\0\0\x01\0\xff",
        );
        assert_eq!((problem, extra), (None, 0));
        assert_eq!(fields[0].type_name, "UInt16[]");
        assert_eq!(fields[0].value, Value::Array(vec![Value::UInt(1), Value::UInt(2)]));
        let Value::Array(items) = &fields[1].value else { panic!("{:?}", fields[1]) };
        let Value::Struct(second) = &items[1] else { panic!("{items:?}") };
        assert_eq!(second[1].value, Value::Text("B".into()));
        assert_eq!(fields[2].value, Value::Binary(vec![0xff]));
    }

    #[test]
    fn an_array_of_character_units_is_text() {
        let (fields, ..) = values(b"c\0\xc6\x02", b"\x02\0H\0i\0");
        assert_eq!(fields[0].value, Value::Text("Hi".into()));
    }

    #[test]
    fn a_short_payload_keeps_what_was_read() {
        let (fields, problem, extra) = values(b"x\0\x08y\0\x0a", b"\x01\0\0\0\x02\0");
        assert_eq!(fields.len(), 1);
        assert!(problem.expect("a problem").contains('y'));
        assert_eq!(extra, 2);
    }

    #[test]
    fn broken_blobs_keep_what_can_be_read() {
        assert!(parse(b"").is_none());
        assert!(parse(b"\xff\xff\0x\0").is_none(), "longer than its bytes");
        // A name without an end, an unknown type, half a count; a structure that is cut off.
        for broken in [&b"x"[..], b"x\0\x1e", b"x\0\x22\x01", b"s\0\x98\x02a\0\x04b\0\x1e"] {
            let fields = [b"n\0\x08", broken].concat();
            let event = parse(&blob(&fields)).expect("a name");
            let names: Vec<&str> = event.layout.fields.iter().map(|f| &*f.name).collect();
            assert_eq!((event.name.as_str(), names), ("Test", vec!["n"]));
        }
    }
}
