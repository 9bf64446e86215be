//! Walks the bytes of a payload along a [`Layout`].
//!
//! It never fails: what fits is decoded, the first field that does not fit is named as the
//! problem, and bytes that no field covers are reported as extra data.

use crate::guid::Guid;
use crate::limits::{MAX_DEPTH, MAX_FIELDS};
use crate::schema::address;
use crate::schema::layout::{Count, InType, Kind, Layout, LayoutField, Length, Maps, OutType};
use crate::status::{Status, StatusKind};
use crate::text::{cp1252_to_string, utf16le_to_string};
use crate::value::{Decoded, Field, SchemaSource, Value};

/// Decodes a payload. `pointer_bytes` is 4 or 8, from the record's header type.
#[must_use]
pub fn decode(
    layout: &Layout,
    payload: &[u8],
    pointer_bytes: u8,
    maps: &Maps,
    source: SchemaSource,
) -> Decoded {
    let mut walk = Walk::new(layout.slots, payload, pointer_bytes, maps);
    let mut fields = Vec::with_capacity(layout.fields.len());
    walk.fields(&layout.fields, 0, &mut fields);
    let extra = offset(walk.at)..offset(payload.len());
    Decoded { fields, source, version: None, extra, problem: walk.problem }
}

/// Decodes some of the top-level fields, as [`decode`] would, without the names of their types:
/// those of which `wanted` says so. It ends where `wanted` does.
pub(crate) fn decode_some(
    layout: &Layout,
    wanted: &[bool],
    payload: &[u8],
    pointer_bytes: u8,
    maps: &Maps,
) -> Vec<Field> {
    let mut walk = Walk::new(layout.slots, payload, pointer_bytes, maps);
    walk.wanted = Some(wanted);
    let mut fields = Vec::new();
    walk.fields(&layout.fields, 0, &mut fields);
    fields
}

/// Decodes a payload field by field, for who walks a part of the fields without it.
pub(crate) struct Stepper<'a>(Walk<'a>);

impl<'a> Stepper<'a> {
    /// At the start of a payload whose layout has so many slots.
    pub fn new(slots: u16, payload: &'a [u8], pointer_bytes: u8, maps: &'a Maps) -> Self {
        Self(Walk::new(slots, payload, pointer_bytes, maps))
    }

    /// The top-level field that begins at `at`, and where it ends; `None` when it does not fit.
    /// Every field that is kept for later ones must come through here.
    pub fn field(&mut self, field: &LayoutField, at: usize) -> Option<(Value, usize)> {
        self.0.at = at;
        let value = self.0.field(field, 0)?;
        self.0.problem.is_none().then_some((value, self.0.at))
    }
}

/// What a field's integer becomes, whatever its bytes are.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Integer {
    /// [`Value::Bool`]
    Bool,
    /// [`Value::Int`]
    Int,
    /// [`Value::UInt`]
    UInt,
    /// [`Value::Hex`]
    Hex,
    /// [`Value::Filetime`]
    Filetime,
}

/// Bytes of a field that is one little-endian integer and nothing more, and what it becomes.
pub(crate) fn integer_field(field: &LayoutField, pointer_bytes: u8) -> Option<(usize, Integer)> {
    let Kind::Scalar(in_type, out) = field.kind else { return None };
    if field.count != Count::One || field.map.is_some() || field.keep.is_some() {
        return None;
    }
    let bytes = integer_bytes(in_type, pointer_bytes.into())?;
    if out == OutType::Port {
        return None;
    }
    let becomes = match integer_value(in_type, out, [0; 8].get(..bytes)?) {
        Value::Bool(_) => Integer::Bool,
        Value::Int(_) => Integer::Int,
        Value::UInt(_) => Integer::UInt,
        Value::Hex(_) => Integer::Hex,
        // Written as the number alone.
        Value::Status(Status { kind: StatusKind::Win32, .. }) => Integer::UInt,
        Value::Status(_) => Integer::Hex,
        Value::Filetime(_) => Integer::Filetime,
        _ => return None,
    };
    Some((bytes, becomes))
}

/// Bytes of an integer type; `None` of any other.
fn integer_bytes(in_type: InType, pointer_bytes: usize) -> Option<usize> {
    Some(match in_type {
        InType::Int8 | InType::UInt8 | InType::AnsiChar => 1,
        InType::Int16 | InType::UInt16 | InType::UnicodeChar => 2,
        InType::Int32 | InType::UInt32 | InType::HexInt32 | InType::Boolean => 4,
        InType::Int64 | InType::UInt64 | InType::HexInt64 => 8,
        InType::Pointer | InType::SizeT => pointer_bytes,
        _ => return None,
    })
}

/// A place in a payload as the event model writes it.
fn offset(at: usize) -> u32 {
    u32::try_from(at).unwrap_or(u32::MAX)
}

struct Walk<'a> {
    payload: &'a [u8],
    at: usize,
    pointer_bytes: usize,
    slots: Vec<u64>,
    /// How many more values may be made.
    values_left: usize,
    maps: &'a Maps,
    /// Which top-level fields are of interest, if not all.
    wanted: Option<&'a [bool]>,
    /// Whether the field at hand is not.
    is_skipping: bool,
    /// Set once; everything stops then, and what was read stays.
    problem: Option<String>,
}

impl<'a> Walk<'a> {
    fn new(slots: u16, payload: &'a [u8], pointer_bytes: u8, maps: &'a Maps) -> Self {
        Self {
            payload,
            at: 0,
            pointer_bytes: usize::from(pointer_bytes),
            slots: vec![0; usize::from(slots)],
            values_left: MAX_FIELDS,
            maps,
            wanted: None,
            is_skipping: false,
            problem: None,
        }
    }

    fn fields(&mut self, layout: &[LayoutField], depth: usize, out: &mut Vec<Field>) {
        let last = layout.len().saturating_sub(1);
        for (i, field) in layout.iter().enumerate() {
            if let Some(wanted) = self.wanted.filter(|_| depth == 0) {
                let Some(wanted) = wanted.get(i) else { return };
                self.is_skipping = !wanted;
            }
            let at_end = self.at >= self.payload.len();
            if at_end && field.optional {
                return;
            }
            // A string without its terminator is accepted at the very end, an empty one too.
            let empty_tail = depth == 0
                && i == last
                && matches!(
                    field.kind,
                    Kind::Scalar(InType::UnicodeString | InType::AnsiString, _)
                );
            if at_end && !empty_tail && self.needs_bytes(field) {
                self.fail(field, "ends before");
                return;
            }
            let start = self.at;
            let value = self.field(field, depth);
            if let Some(value) = value.filter(|_| !self.is_skipping) {
                out.push(Field {
                    name: field.name.clone().into_owned(),
                    type_name: match self.wanted {
                        None => field.type_name(),
                        Some(_) => String::new(),
                    },
                    value,
                    bytes: offset(start)..offset(self.at),
                });
            }
            if self.problem.is_some() {
                return;
            }
        }
    }

    /// Whether a field cannot be there without a byte of its own.
    fn needs_bytes(&self, field: &LayoutField) -> bool {
        let some_values = match field.count {
            Count::One | Count::Prefixed => true,
            Count::Fixed(n) => n > 0,
            Count::Slot(slot) => self.slot(slot) > 0,
            Count::Rest => false,
        };
        let some_bytes = match field.length {
            Length::Implied => true,
            Length::Fixed(n) => n > 0,
            Length::Slot(slot) => self.slot(slot) > 0,
            Length::Rest => false,
        };
        let bare = matches!(
            field.kind,
            Kind::Struct(_)
                | Kind::Scalar(
                    InType::Null
                        | InType::NonNullTerminatedString
                        | InType::NonNullTerminatedAnsiString,
                    _
                )
        );
        some_values && some_bytes && !(bare && field.count != Count::Prefixed)
    }

    fn slot(&self, slot: u16) -> u64 {
        self.slots.get(usize::from(slot)).copied().unwrap_or_default()
    }

    #[cold]
    fn fail(&mut self, field: &LayoutField, what: &str) {
        if self.problem.is_none() {
            self.problem = Some(format!("the payload {what} field {}", field.name));
        }
    }

    fn field(&mut self, field: &LayoutField, depth: usize) -> Option<Value> {
        let count = match field.count {
            Count::One => return self.one(field, depth),
            Count::Fixed(n) => u64::from(n),
            Count::Slot(slot) => self.slot(slot),
            Count::Prefixed => {
                let Some(bytes) = self.take(2) else {
                    self.fail(field, "ends inside");
                    return None;
                };
                little_endian(bytes)
            }
            Count::Rest => u64::MAX,
        };
        let to_end = field.count == Count::Rest;
        let mut values = Vec::new();
        let mut done = 0;
        while done < count && self.problem.is_none() {
            if to_end && self.at >= self.payload.len() {
                break;
            }
            match self.one(field, depth) {
                Some(value) => values.push(value),
                None => break,
            }
            done += 1;
        }
        Some(match characters(field, &values) {
            Some(text) => Value::Text(text),
            None => Value::Array(values),
        })
    }

    fn one(&mut self, field: &LayoutField, depth: usize) -> Option<Value> {
        if self.values_left == 0 {
            self.fail(field, "holds more values than an event can have, at");
            return None;
        }
        self.values_left -= 1;
        match &field.kind {
            Kind::Struct(members) => {
                if depth >= MAX_DEPTH {
                    self.fail(field, "nests too deep at");
                    return None;
                }
                let mut fields = Vec::with_capacity(members.len());
                self.fields(members, depth + 1, &mut fields);
                Some(Value::Struct(fields))
            }
            Kind::Scalar(in_type, out_type) => {
                let start = self.at;
                let value = self.scalar(*in_type, *out_type, field.length);
                let Some(value) = value else {
                    self.at = start;
                    self.fail(field, "ends inside");
                    return None;
                };
                if let Some(slot) = field.keep.and_then(|s| self.slots.get_mut(usize::from(s))) {
                    *slot = integer(&value).unwrap_or_default();
                }
                Some(self.named(field, value))
            }
        }
    }

    fn named(&self, field: &LayoutField, value: Value) -> Value {
        if self.is_skipping {
            return value;
        }
        let Some(map) = field.map.and_then(|id| self.maps.get(id)) else { return value };
        let Some(number) = integer(&value) else { return value };
        match map.name(number) {
            Some(name) => Value::Named { value: number, name },
            None => value,
        }
    }

    fn rest(&self) -> &'a [u8] {
        self.payload.get(self.at..).unwrap_or_default()
    }

    fn take(&mut self, bytes: usize) -> Option<&'a [u8]> {
        let taken = self.rest().get(..bytes)?;
        self.at += bytes;
        Some(taken)
    }

    fn length(&self, length: Length) -> Option<usize> {
        match length {
            Length::Implied => None,
            Length::Fixed(n) => Some(usize::from(n)),
            Length::Slot(slot) => Some(usize::try_from(self.slot(slot)).unwrap_or(usize::MAX)),
            Length::Rest => Some(self.rest().len()),
        }
    }

    fn scalar(&mut self, in_type: InType, out: OutType, length: Length) -> Option<Value> {
        let Some(int_bytes) = integer_bytes(in_type, self.pointer_bytes) else {
            return self.wide(in_type, out, length);
        };
        let bytes = self.take(int_bytes)?;
        Some(integer_value(in_type, out, bytes))
    }

    /// Everything that is not an integer.
    fn wide(&mut self, in_type: InType, out: OutType, length: Length) -> Option<Value> {
        let utf8 = out == OutType::Utf8;
        Some(match in_type {
            InType::UnicodeString => match self.length(length) {
                None => self.utf16_to_zero(),
                Some(units) => {
                    let text = utf16le_to_string(self.take(units.checked_mul(2)?)?);
                    Value::Text(text.trim_end_matches('\0').to_owned())
                }
            },
            InType::AnsiString => match self.length(length) {
                None => self.ansi_to_zero(utf8),
                Some(bytes) => {
                    let text = ansi_text(self.take(bytes)?, utf8);
                    Value::Text(text.trim_end_matches('\0').to_owned())
                }
            },
            InType::CountedString => Value::Text(utf16le_to_string(self.counted(false)?)),
            InType::ReversedCountedString => Value::Text(utf16le_to_string(self.counted(true)?)),
            InType::CountedAnsiString => Value::Text(ansi_text(self.counted(false)?, utf8)),
            InType::ReversedCountedAnsiString => Value::Text(ansi_text(self.counted(true)?, utf8)),
            InType::NonNullTerminatedString => {
                let bytes = self.rest();
                Value::Text(utf16le_to_string(self.take(bytes.len() & !1)?))
            }
            InType::NonNullTerminatedAnsiString => {
                let bytes = self.rest();
                Value::Text(ansi_text(self.take(bytes.len())?, utf8))
            }
            InType::CountedBinary | InType::Custom => bytes_value(self.counted(false)?, out),
            InType::HexDump => {
                let bytes = usize::try_from(little_endian(self.take(4)?)).ok()?;
                Value::Binary(self.take(bytes)?.to_vec())
            }
            InType::Binary => {
                // An IPv6 address needs no declared length.
                let implied = if out == OutType::IpV6 { 16 } else { 0 };
                let bytes = self.length(length).filter(|&n| n > 0).unwrap_or(implied);
                bytes_value(self.take(bytes)?, out)
            }
            InType::Float => {
                Value::Float(f32::from_bits(u32::try_from(little_endian(self.take(4)?)).ok()?))
            }
            InType::Double => Value::Double(f64::from_bits(little_endian(self.take(8)?))),
            InType::Guid => Value::Guid(Guid(*self.take(16)?.first_chunk()?)),
            InType::Filetime => Value::Filetime(little_endian(self.take(8)?).cast_signed()),
            InType::SystemTime => {
                let bytes = self.take(16)?;
                let mut words = [0; 8];
                for (word, pair) in words.iter_mut().zip(bytes.as_chunks::<2>().0) {
                    *word = u16::from_le_bytes(*pair);
                }
                Value::SystemTime(words)
            }
            InType::Sid => self.sid()?,
            InType::WbemSid => {
                // An absent user is one zero u32.
                if little_endian(self.rest().get(..4)?) == 0 && !self.sid_after_zeros() {
                    self.take(4)?;
                    return Some(Value::Null);
                }
                self.take(2 * self.pointer_bytes)?;
                self.sid()?
            }
            InType::Null => Value::Null,
            // Integers are handled by the caller.
            _ => return None,
        })
    }

    fn counted(&mut self, big_endian: bool) -> Option<&'a [u8]> {
        let count: [u8; 2] = *self.take(2)?.first_chunk()?;
        let bytes = if big_endian { u16::from_be_bytes(count) } else { u16::from_le_bytes(count) };
        self.take(usize::from(bytes))
    }

    fn utf16_to_zero(&mut self) -> Value {
        let rest = self.rest();
        let (units, _) = rest.as_chunks::<2>();
        let end = units.iter().position(|unit| *unit == [0, 0]);
        let (text_bytes, taken) = match end {
            Some(units) => (units * 2, units * 2 + 2),
            None => (units.len() * 2, units.len() * 2),
        };
        self.at += taken;
        if self.is_skipping {
            return Value::Null;
        }
        Value::Text(utf16le_to_string(rest.get(..text_bytes).unwrap_or_default()))
    }

    fn ansi_to_zero(&mut self, utf8: bool) -> Value {
        let rest = self.rest();
        let end = memchr::memchr(0, rest);
        let text = rest.get(..end.unwrap_or(rest.len())).unwrap_or_default();
        self.at += text.len() + usize::from(end.is_some());
        Value::Text(ansi_text(text, utf8))
    }

    /// Whether a SID follows a `TOKEN_USER` of zeros, as some re-loggers write it: revision 1, at
    /// most 15 sub-authorities, an authority below 256.
    fn sid_after_zeros(&self) -> bool {
        let user_bytes = 2 * self.pointer_bytes;
        let Some((user, rest)) = self.rest().split_at_checked(user_bytes) else { return false };
        user.iter().all(|byte| *byte == 0)
            && matches!(rest, [1, 1..=15, 0, 0, 0, 0, 0, 1..=255, ..])
    }

    /// A SID: revision, number of sub-authorities, 48-bit big-endian authority, sub-authorities.
    fn sid(&mut self) -> Option<Value> {
        let subs = usize::from(*self.rest().get(1)?);
        let bytes = self.take(8 + 4 * subs)?;
        address::sid(bytes).map(Value::Sid)
    }
}

/// Bytes of text. A trace does not say in which code page its ANSI strings are: what is valid
/// UTF-8 is taken as that (plain ASCII is), else windows-1252 is assumed.
fn ansi_text(bytes: &[u8], is_utf8: bool) -> String {
    match std::str::from_utf8(bytes) {
        Ok(text) => text.to_owned(),
        Err(_) if is_utf8 => String::from_utf8_lossy(bytes).into_owned(),
        Err(_) => cp1252_to_string(bytes),
    }
}

/// The number a value stands for, as counts, lengths and maps use it.
fn integer(value: &Value) -> Option<u64> {
    match value {
        Value::UInt(n) | Value::Hex(n) | Value::Named { value: n, .. } => Some(*n),
        Value::Status(status) => Some(status.value.into()),
        // Maps list 32-bit patterns, so a negative number is looked up as one.
        Value::Int(n) if *n < 0 && *n >= i64::from(i32::MIN) => {
            Some(n.cast_unsigned() & 0xffff_ffff)
        }
        Value::Int(n) => Some(n.cast_unsigned()),
        Value::Bool(b) => Some(u64::from(*b)),
        _ => None,
    }
}

/// Up to eight bytes as a little-endian number.
fn little_endian(bytes: &[u8]) -> u64 {
    let mut all = [0; 8];
    for (to, from) in all.iter_mut().zip(bytes) {
        *to = *from;
    }
    u64::from_le_bytes(all)
}

/// The status code of four bytes.
fn status(value: u64, kind: StatusKind) -> Value {
    Value::Status(Status { value: value as u32, kind })
}

fn integer_value(in_type: InType, out: OutType, bytes: &[u8]) -> Value {
    let unsigned = little_endian(bytes);
    // Moves the sign bit to the top and back, which copies it.
    let shift = 64 - 8 * u32::try_from(bytes.len().clamp(1, 8)).unwrap_or(8);
    let signed = (unsigned << shift).cast_signed() >> shift;
    let is_signed = matches!(in_type, InType::Int8 | InType::Int16 | InType::Int32 | InType::Int64);
    match out {
        OutType::Boolean => Value::Bool(unsigned != 0),
        OutType::NtStatus if bytes.len() == 4 => status(unsigned, StatusKind::NtStatus),
        OutType::HResult if bytes.len() == 4 => status(unsigned, StatusKind::HResult),
        OutType::Win32Error if bytes.len() == 4 => status(unsigned, StatusKind::Win32),
        OutType::Hex | OutType::NtStatus | OutType::HResult => Value::Hex(unsigned),
        OutType::Port if bytes.len() == 2 => Value::UInt(u64::from(bytes_be(bytes))),
        OutType::IpV4 if bytes.len() == 4 => Value::Address(address::ip(bytes)),
        OutType::DateTime if bytes.len() == 8 => Value::Filetime(signed),
        OutType::String if bytes.len() <= 2 => {
            let unit = u32::try_from(unsigned).unwrap_or_default();
            Value::Text(char::from_u32(unit).unwrap_or(char::REPLACEMENT_CHARACTER).to_string())
        }
        OutType::Signed if in_type == InType::Pointer => Value::Int(signed),
        _ => match in_type {
            InType::Boolean => Value::Bool(unsigned != 0),
            InType::HexInt32 | InType::HexInt64 | InType::Pointer => Value::Hex(unsigned),
            InType::UnicodeChar | InType::AnsiChar => {
                let unit = u32::try_from(unsigned).unwrap_or_default();
                let c = char::from_u32(unit).unwrap_or(char::REPLACEMENT_CHARACTER);
                Value::Text(c.to_string())
            }
            _ if is_signed && out != OutType::Unsigned => Value::Int(signed),
            _ if out == OutType::Signed => Value::Int(signed),
            _ => Value::UInt(unsigned),
        },
    }
}

fn bytes_be(bytes: &[u8]) -> u16 {
    bytes.first_chunk::<2>().map_or(0, |pair| u16::from_be_bytes(*pair))
}

fn bytes_value(bytes: &[u8], out: OutType) -> Value {
    match out {
        OutType::IpV6 | OutType::IpV4 if matches!(bytes.len(), 4 | 16) => {
            Value::Address(address::ip(bytes))
        }
        OutType::SocketAddress => match address::socket(bytes) {
            Some(text) => Value::Address(text),
            None => Value::Binary(bytes.to_vec()),
        },
        _ => Value::Binary(bytes.to_vec()),
    }
}

/// An array of characters is text.
fn characters(field: &LayoutField, values: &[Value]) -> Option<String> {
    let Kind::Scalar(in_type, out) = field.kind else { return None };
    let is_char = matches!(in_type, InType::UnicodeChar | InType::AnsiChar)
        || (out == OutType::String
            && matches!(in_type, InType::Int8 | InType::UInt8 | InType::Int16 | InType::UInt16));
    if !is_char {
        return None;
    }
    let text: String = values
        .iter()
        .filter_map(|v| if let Value::Text(t) = v { Some(t.as_str()) } else { None })
        .collect();
    Some(text.trim_end_matches('\0').to_owned())
}
