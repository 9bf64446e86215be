//! The one form in which every source of schemas describes a payload.
//!
//! TraceLogging metadata, in-band manifests, `TRACE_EVENT_INFO` records, loaded manifests, the
//! built-in catalog and the built-in classic classes are all compiled into a [`Layout`]; the
//! interpreter (`decode.rs`) is the only code that walks payload bytes.

use std::borrow::Cow;

use serde::Serialize;

use crate::guid::Guid;
use crate::limits::MAX_BITMAP_ENTRIES;
use crate::map::Map;
use crate::schema::event_schema::Text;

/// How a value is stored: TDH's input types (`_TDH_IN_TYPE` in tdh.h).
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq, Serialize)]
pub enum InType {
    /// No bytes at all.
    Null,
    /// UTF-16 up to a zero, or of a given length in characters.
    UnicodeString,
    /// Code page text up to a zero, or of a given length in bytes.
    AnsiString,
    /// 8 bits, signed.
    Int8,
    /// 8 bits.
    UInt8,
    /// 16 bits, signed.
    Int16,
    /// 16 bits.
    UInt16,
    /// 32 bits, signed.
    Int32,
    /// 32 bits.
    UInt32,
    /// 64 bits, signed.
    Int64,
    /// 64 bits.
    UInt64,
    /// 32-bit floating point.
    Float,
    /// 64-bit floating point.
    Double,
    /// Four bytes, zero or not.
    Boolean,
    /// Bytes whose number another field or the schema gives.
    Binary,
    /// 16 bytes.
    Guid,
    /// As wide as the pointers of the process that wrote the event.
    Pointer,
    /// 100 ns since 1601.
    Filetime,
    /// Eight words.
    SystemTime,
    /// A security identifier.
    Sid,
    /// 32 bits, shown in hexadecimal.
    HexInt32,
    /// 64 bits, shown in hexadecimal.
    HexInt64,
    /// u16 number of *bytes*, then UTF-16.
    CountedString,
    /// u16 number of bytes, then code page text.
    CountedAnsiString,
    /// u16 number of bytes, then bytes.
    CountedBinary,
    /// Big-endian u16 number of bytes, then UTF-16.
    ReversedCountedString,
    /// Big-endian u16 number of bytes, then code page text.
    ReversedCountedAnsiString,
    /// UTF-16 to the end of the payload.
    NonNullTerminatedString,
    /// Code page text to the end of the payload.
    NonNullTerminatedAnsiString,
    /// One UTF-16 unit.
    UnicodeChar,
    /// One byte of text.
    AnsiChar,
    /// As wide as a pointer, a size.
    SizeT,
    /// u32 number of bytes, then bytes.
    HexDump,
    /// `TOKEN_USER` (two pointers) and a SID; four zero bytes when there is none.
    WbemSid,
    /// TraceLogging's custom encoding: u16 number of bytes, then bytes.
    Custom,
}

impl InType {
    /// The type for a number of `TRACE_EVENT_INFO` (tdh.h).
    #[must_use]
    pub fn from_tdh(number: u16) -> Option<Self> {
        Some(match number {
            0 => Self::Null,
            1 => Self::UnicodeString,
            2 => Self::AnsiString,
            3 => Self::Int8,
            4 => Self::UInt8,
            5 => Self::Int16,
            6 => Self::UInt16,
            7 => Self::Int32,
            8 => Self::UInt32,
            9 => Self::Int64,
            10 => Self::UInt64,
            11 => Self::Float,
            12 => Self::Double,
            13 => Self::Boolean,
            14 => Self::Binary,
            15 => Self::Guid,
            16 => Self::Pointer,
            17 => Self::Filetime,
            18 => Self::SystemTime,
            19 => Self::Sid,
            20 => Self::HexInt32,
            21 => Self::HexInt64,
            22 | 300 => Self::CountedString,
            23 | 301 => Self::CountedAnsiString,
            25 => Self::CountedBinary,
            302 => Self::ReversedCountedString,
            303 => Self::ReversedCountedAnsiString,
            304 => Self::NonNullTerminatedString,
            305 => Self::NonNullTerminatedAnsiString,
            306 => Self::UnicodeChar,
            307 => Self::AnsiChar,
            308 => Self::SizeT,
            309 => Self::HexDump,
            310 => Self::WbemSid,
            _ => return None,
        })
    }

    /// The type for a name as manifests (`win:UInt32`), and this crate's tables and schema packs
    /// (`UInt32`) write it.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Some(match name.strip_prefix("win:").unwrap_or(name) {
            "Null" => Self::Null,
            "UnicodeString" => Self::UnicodeString,
            "AnsiString" => Self::AnsiString,
            "Int8" => Self::Int8,
            "UInt8" => Self::UInt8,
            "Int16" => Self::Int16,
            "UInt16" => Self::UInt16,
            "Int32" => Self::Int32,
            "UInt32" => Self::UInt32,
            "Int64" => Self::Int64,
            "UInt64" => Self::UInt64,
            "Float" => Self::Float,
            "Double" => Self::Double,
            "Boolean" => Self::Boolean,
            "Binary" => Self::Binary,
            "GUID" | "Guid" => Self::Guid,
            "Pointer" => Self::Pointer,
            "FILETIME" | "Filetime" => Self::Filetime,
            "SYSTEMTIME" | "SystemTime" => Self::SystemTime,
            "SID" | "Sid" => Self::Sid,
            "HexInt32" => Self::HexInt32,
            "HexInt64" => Self::HexInt64,
            "CountedUnicodeString" | "CountedString" => Self::CountedString,
            "CountedAnsiString" => Self::CountedAnsiString,
            "CountedBinary" => Self::CountedBinary,
            "ReversedCountedString" => Self::ReversedCountedString,
            "ReversedCountedAnsiString" => Self::ReversedCountedAnsiString,
            "UnicodeChar" => Self::UnicodeChar,
            "AnsiChar" => Self::AnsiChar,
            "SizeT" => Self::SizeT,
            "WbemSid" => Self::WbemSid,
            "RestString" | "NonNullTerminatedString" => Self::NonNullTerminatedString,
            "NonNullTerminatedAnsiString" => Self::NonNullTerminatedAnsiString,
            "HexDump" => Self::HexDump,
            "Custom" => Self::Custom,
            _ => return None,
        })
    }

    /// The name shown to people.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Null => "Null",
            Self::UnicodeString => "UnicodeString",
            Self::AnsiString => "AnsiString",
            Self::Int8 => "Int8",
            Self::UInt8 => "UInt8",
            Self::Int16 => "Int16",
            Self::UInt16 => "UInt16",
            Self::Int32 => "Int32",
            Self::UInt32 => "UInt32",
            Self::Int64 => "Int64",
            Self::UInt64 => "UInt64",
            Self::Float => "Float",
            Self::Double => "Double",
            Self::Boolean => "Boolean",
            Self::Binary => "Binary",
            Self::Guid => "GUID",
            Self::Pointer => "Pointer",
            Self::Filetime => "FILETIME",
            Self::SystemTime => "SYSTEMTIME",
            Self::Sid => "SID",
            Self::HexInt32 => "HexInt32",
            Self::HexInt64 => "HexInt64",
            Self::CountedString => "CountedString",
            Self::CountedAnsiString => "CountedAnsiString",
            Self::CountedBinary => "CountedBinary",
            Self::ReversedCountedString => "ReversedCountedString",
            Self::ReversedCountedAnsiString => "ReversedCountedAnsiString",
            Self::NonNullTerminatedString => "NonNullTerminatedString",
            Self::NonNullTerminatedAnsiString => "NonNullTerminatedAnsiString",
            Self::UnicodeChar => "UnicodeChar",
            Self::AnsiChar => "AnsiChar",
            Self::SizeT => "SizeT",
            Self::HexDump => "HexDump",
            Self::WbemSid => "WbemSid",
            Self::Custom => "Custom",
        }
    }

    /// Whether a value of this type is text.
    #[must_use]
    pub const fn is_string(self) -> bool {
        matches!(
            self,
            Self::UnicodeString
                | Self::AnsiString
                | Self::CountedString
                | Self::CountedAnsiString
                | Self::ReversedCountedString
                | Self::ReversedCountedAnsiString
                | Self::NonNullTerminatedString
                | Self::NonNullTerminatedAnsiString
        )
    }
}

/// How a value is shown, as far as it differs from what its input type suggests.
#[derive(Clone, Copy, Debug, Default, Eq, Hash, PartialEq, Serialize)]
pub enum OutType {
    /// As the input type suggests.
    #[default]
    Default,
    /// Small integers are characters.
    String,
    /// Integers are booleans.
    Boolean,
    /// Hexadecimal.
    Hex,
    /// Signed, whatever the input type.
    Signed,
    /// Unsigned, whatever the input type.
    Unsigned,
    /// A port in network byte order.
    Port,
    /// Four bytes of an address.
    IpV4,
    /// Sixteen bytes of an address.
    IpV6,
    /// A `sockaddr`.
    SocketAddress,
    /// A Win32 error code.
    Win32Error,
    /// An `NTSTATUS`.
    NtStatus,
    /// An `HRESULT`.
    HResult,
    /// A time: `Int64`/`UInt64` hold a FILETIME.
    DateTime,
    /// Bytes of text are UTF-8 (also XML and JSON).
    Utf8,
}

impl OutType {
    /// The type for a number of `TRACE_EVENT_INFO` (`_TDH_OUT_TYPE` in tdh.h).
    #[must_use]
    pub const fn from_tdh(number: u16) -> Self {
        match number {
            1 => Self::String,
            2 | 33 | 38 => Self::DateTime,
            3 | 5 | 7 | 9 => Self::Signed,
            4 | 6 | 8 | 10 => Self::Unsigned,
            13 => Self::Boolean,
            16..=19 | 37 => Self::Hex,
            22 => Self::Port,
            23 => Self::IpV4,
            24 => Self::IpV6,
            25 => Self::SocketAddress,
            29 | 30 => Self::Win32Error,
            31 => Self::NtStatus,
            32 => Self::HResult,
            28 | 34 | 35 => Self::Utf8,
            _ => Self::Default,
        }
    }

    /// The type for a number of TraceLogging metadata (TraceLoggingProvider.h, `TlgOut`).
    #[must_use]
    pub const fn from_tracelogging(number: u8) -> Self {
        match number {
            2 => Self::String,
            3 => Self::Boolean,
            4 | 37 => Self::Hex,
            7 => Self::Port,
            8 => Self::IpV4,
            9 => Self::IpV6,
            10 => Self::SocketAddress,
            11 | 12 | 35 => Self::Utf8,
            13 => Self::Win32Error,
            14 => Self::NtStatus,
            15 => Self::HResult,
            16 | 33 | 38 => Self::DateTime,
            17 => Self::Signed,
            18 => Self::Unsigned,
            _ => Self::Default,
        }
    }

    /// The type for the `outType` of a manifest (`win:IPv4`, `xs:string`).
    #[must_use]
    pub fn from_name(name: &str) -> Self {
        match name {
            "xs:string" | "win:Utf8" | "win:Xml" | "win:Json" => Self::Utf8,
            "xs:dateTime" | "win:DateTimeUtc" | "win:DateTimeCultureInsensitive" => Self::DateTime,
            "xs:boolean" => Self::Boolean,
            "xs:byte" | "xs:short" | "xs:int" | "xs:long" => Self::Signed,
            "xs:unsignedByte" | "xs:unsignedShort" | "xs:unsignedInt" | "xs:unsignedLong" => {
                Self::Unsigned
            }
            "win:HexInt8" | "win:HexInt16" | "win:HexInt32" | "win:HexInt64"
            | "win:CodePointer" => Self::Hex,
            "win:Port" => Self::Port,
            "win:IPv4" => Self::IpV4,
            "win:IPv6" => Self::IpV6,
            "win:SocketAddress" => Self::SocketAddress,
            "win:ErrorCode" | "win:Win32Error" => Self::Win32Error,
            "win:NTSTATUS" => Self::NtStatus,
            "win:HResult" | "win:HRESULT" => Self::HResult,
            _ => Self::Default,
        }
    }
}

/// How many values a field holds.
#[derive(Clone, Copy, Debug, Eq, PartialEq, Serialize)]
pub enum Count {
    /// One, and it is not an array.
    One,
    /// An array of so many.
    Fixed(u16),
    /// An array; the number is the value of an earlier field, kept in this slot.
    Slot(u16),
    /// An array after a u16 that says how many.
    Prefixed,
    /// An array to the end of the payload.
    Rest,
}

/// How long a string or a block of bytes is, where its type does not say: characters of UTF-16,
/// else bytes.
#[derive(Clone, Copy, Debug, Eq, PartialEq, Serialize)]
pub enum Length {
    /// As the type says.
    Implied,
    /// So much.
    Fixed(u16),
    /// The value of an earlier field, kept in this slot.
    Slot(u16),
    /// Everything to the end of the payload.
    Rest,
}

/// What a field holds.
#[derive(Clone, Debug, PartialEq)]
pub enum Kind {
    /// A value.
    Scalar(InType, OutType),
    /// A structure.
    Struct(Vec<LayoutField>),
}

/// A value map, by its place in [`Maps`].
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub struct MapId(pub u32);

/// One field of a payload.
#[derive(Clone, Debug, PartialEq)]
pub struct LayoutField {
    /// Its name.
    pub name: Cow<'static, str>,
    /// What it holds.
    pub kind: Kind,
    /// How many.
    pub count: Count,
    /// How long.
    pub length: Length,
    /// Names for its values.
    pub map: Option<MapId>,
    /// Keep its value in this slot, because a later field's count or length is that.
    pub keep: Option<u16>,
    /// Whether the payload may end before it (writers append fields without a new version).
    pub optional: bool,
}

impl LayoutField {
    /// A single value.
    #[must_use]
    pub const fn scalar(name: Cow<'static, str>, in_type: InType, out_type: OutType) -> Self {
        Self {
            name,
            kind: Kind::Scalar(in_type, out_type),
            count: Count::One,
            length: Length::Implied,
            map: None,
            keep: None,
            optional: false,
        }
    }

    /// The type as shown to people, with `[]` for arrays.
    #[must_use]
    pub fn type_name(&self) -> String {
        let base = match &self.kind {
            Kind::Scalar(in_type, _) => in_type.name(),
            Kind::Struct(_) => "Struct",
        };
        let array = if self.count == Count::One { "" } else { "[]" };
        [base, array].concat()
    }
}

/// How a payload is laid out.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Layout {
    /// Its fields in order.
    pub fields: Vec<LayoutField>,
    /// How many slots [`Count::Slot`], [`Length::Slot`] and [`LayoutField::keep`] refer to.
    pub slots: u16,
}

/// Names for the values of a field.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ValueMap {
    is_bitmap: bool,
    /// Value (or bits) and name, ascending and distinct.
    entries: Vec<(u64, String)>,
    /// The same in several languages, by locale tag.
    texts: Vec<(String, Vec<(u64, String)>)>,
}

impl ValueMap {
    /// A map of values and their names; with `is_bitmap` the values are bits that combine. Of
    /// entries with the same value the first counts.
    #[must_use]
    pub fn new(is_bitmap: bool, mut entries: Vec<(u64, String)>) -> Self {
        tidy(is_bitmap, &mut entries);
        Self { is_bitmap, entries, texts: Vec::new() }
    }

    /// The same with names in several languages: locale tag, and values with their names.
    #[must_use]
    pub fn with_texts(mut self, mut texts: Vec<(String, Vec<(u64, String)>)>) -> Self {
        for (_, entries) in &mut texts {
            tidy(self.is_bitmap, entries);
        }
        self.texts = texts;
        self
    }

    /// A map of values and their texts; where only one language has a place, that is English.
    #[must_use]
    pub fn localized(is_bitmap: bool, entries: &[(u64, Text)]) -> Self {
        let english = |text: &Text| {
            text.pick("en-us").map(|(text, _)| text.trim().to_owned()).unwrap_or_default()
        };
        let names = entries.iter().map(|(value, text)| (*value, english(text)));
        let mut texts: Vec<(String, Vec<(u64, String)>)> = Vec::new();
        for (value, text) in entries {
            let Text::Localized(all) = text else { continue };
            for (tag, text) in all.iter() {
                let entry = (*value, text.trim().to_owned());
                match texts.iter_mut().find(|(known, _)| known == tag) {
                    Some((_, entries)) => entries.push(entry),
                    None => texts.push((tag.clone(), vec![entry])),
                }
            }
        }
        Self::new(is_bitmap, names.collect()).with_texts(texts)
    }

    /// Whether the values are bits that combine.
    #[must_use]
    pub fn is_bitmap(&self) -> bool {
        self.is_bitmap
    }

    /// Values and their names, ascending.
    #[must_use]
    pub fn entries(&self) -> &[(u64, String)] {
        &self.entries
    }

    /// The names by locale tag.
    #[must_use]
    pub fn texts(&self) -> &[(String, Vec<(u64, String)>)] {
        &self.texts
    }

    /// The name of a value: that of the entry, or of every bit that is set joined by ` | `, with
    /// bits nobody names in hexadecimal. `None` when the map says nothing about it.
    #[must_use]
    pub fn name(&self, value: u64) -> Option<String> {
        name_of(self.is_bitmap, &self.entries, value)
    }

    /// The same in a language; `None` where the map has no names in just that one.
    #[must_use]
    pub fn name_in(&self, value: u64, locale: &str) -> Option<String> {
        let (_, entries) = self.texts.iter().find(|(tag, _)| tag == locale)?;
        name_of(self.is_bitmap, entries, value)
    }
}

fn tidy(is_bitmap: bool, entries: &mut Vec<(u64, String)>) {
    crate::sort::by_key(entries, |(value, _)| *value);
    entries.dedup_by_key(|(value, _)| *value);
    if is_bitmap {
        entries.truncate(MAX_BITMAP_ENTRIES);
    }
}

fn name_of(is_bitmap: bool, entries: &[(u64, String)], value: u64) -> Option<String> {
    if let Ok(at) = entries.binary_search_by_key(&value, |(value, _)| *value) {
        return entries.get(at).map(|(_, name)| name.clone());
    }
    if !is_bitmap || value == 0 {
        return None;
    }
    let mut rest = value;
    let mut names = Vec::new();
    for (bits, name) in entries {
        if value & bits == *bits && rest & bits != 0 {
            rest &= !bits;
            names.push(Cow::Borrowed(name.as_str()));
        }
    }
    if names.is_empty() {
        return None;
    }
    if rest != 0 {
        names.push(Cow::Owned(format!("{rest:#x}")));
    }
    Some(names.join(" | "))
}

/// All value maps. A layout may refer to a map before it is described: map info records come
/// before or after their events.
#[derive(Clone, Debug, Default)]
pub struct Maps {
    maps: Vec<ValueMap>,
    by_name: Map<(Guid, String), MapId>,
}

impl Maps {
    /// The place of a provider's map, made empty when it is new.
    pub fn id(&mut self, provider: Guid, name: &str) -> MapId {
        let key = (provider, name.to_owned());
        if let Some(id) = self.by_name.get(&key) {
            return *id;
        }
        let id = MapId(u32::try_from(self.maps.len()).unwrap_or(u32::MAX));
        self.maps.push(ValueMap::default());
        self.by_name.insert(key, id);
        id
    }

    /// Describes a map.
    pub fn set(&mut self, provider: Guid, name: &str, map: ValueMap) {
        let id = self.id(provider, name);
        if let Some(slot) = self.maps.get_mut(id.0 as usize) {
            *slot = map;
        }
    }

    /// A map.
    #[must_use]
    pub fn get(&self, id: MapId) -> Option<&ValueMap> {
        self.maps.get(id.0 as usize)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn maps_name_values_and_combine_bits() {
        let entries: Vec<_> =
            [(2, "Write"), (1, "Read"), (0, "None")].map(|(v, n)| (v, n.to_owned())).into();
        let map = ValueMap::new(true, entries.clone());
        assert_eq!(map.name(0).as_deref(), Some("None"));
        assert_eq!(map.name(3).as_deref(), Some("Read | Write"));
        assert_eq!(map.name(0x12).as_deref(), Some("Write | 0x10"));
        assert_eq!(map.name(0x10), None, "a bit nobody named stays a number");
        let map = ValueMap::new(false, entries);
        assert_eq!(map.name(2).as_deref(), Some("Write"));
        assert_eq!(map.name(3), None, "a value map does not combine");
    }

    #[test]
    fn a_map_may_be_described_after_it_is_used() {
        let mut maps = Maps::default();
        let id = maps.id(Guid::ZERO, "Kinds");
        assert_eq!(maps.get(id).and_then(|m| m.name(1)), None);
        let map = ValueMap::new(false, vec![(1, "First".into())]);
        maps.set(Guid::ZERO, "Kinds", map);
        assert_eq!(maps.get(id).and_then(|m| m.name(1)).as_deref(), Some("First"));
    }
}
