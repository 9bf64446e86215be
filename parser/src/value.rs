//! Decoded payloads: ordered, typed, named fields.

use std::ops::Range;

use serde::{Deserialize, Serialize};

use crate::guid::Guid;
use crate::status::Status;

/// One property of a decoded payload.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Field {
    /// The name in the schema; may be empty (positional data) and may repeat.
    pub name: String,
    /// The type as Windows names it (`UnicodeString`, `UInt32`, `HexInt64`, `GUID`, `Struct`, …),
    /// with `[]` for arrays.
    pub type_name: String,
    /// What it holds.
    pub value: Value,
    /// Which bytes of the payload it came from; empty for text formats.
    pub bytes: Range<u32>,
}

/// A value, in the type it has in the trace. How it is written as text is decided in one place,
/// [`crate::value_text::ValueText`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Value {
    /// Present without a value (JSON null, TDH null type).
    Null,
    /// A boolean of any width.
    Bool(bool),
    /// A signed integer of any width.
    Int(i64),
    /// An unsigned integer of any width.
    UInt(u64),
    /// An unsigned integer shown in hexadecimal (HexInt32/64, pointers, keyword masks).
    Hex(u64),
    /// A status code.
    Status(Status),
    /// 32-bit floating point.
    Float(f32),
    /// 64-bit floating point.
    Double(f64),
    /// Text.
    Text(String),
    /// A GUID.
    Guid(Guid),
    /// 100 ns since 1601-01-01 UTC.
    Filetime(i64),
    /// A SYSTEMTIME as its eight words: year, month, day of week, day, hour, minute, second, ms.
    SystemTime([u16; 8]),
    /// A security identifier in its `S-1-…` form.
    Sid(String),
    /// Bytes without a meaning of their own.
    Binary(Vec<u8>),
    /// An IP or socket address, formatted.
    Address(String),
    /// An integer with the name a value map (or an error table) gives it.
    Named {
        /// The integer.
        value: u64,
        /// Its name, e.g. `ERROR_ACCESS_DENIED`, `Start | Stop`.
        name: String,
    },
    /// A structure.
    Struct(Vec<Field>),
    /// An array.
    Array(Vec<Value>),
}

/// Where the layout of a payload came from.
#[derive(Clone, Copy, Debug, Eq, PartialEq, Hash, Serialize, Deserialize)]
pub enum SchemaSource {
    /// No layout is known: the payload is shown as bytes.
    None,
    /// TraceLogging metadata in the record itself.
    TraceLogging,
    /// A manifest the provider wrote into the trace (EventSource).
    EventSource,
    /// `TRACE_EVENT_INFO` that a merge embedded in the trace.
    TraceEventInfo,
    /// A manifest, PE resource or schema pack the user loaded.
    Loaded,
    /// The built-in catalog.
    Catalog,
    /// A kernel or other classic class built in.
    Classic,
    /// The file is an export: its fields were decoded by whoever wrote it.
    Export,
    /// `EVENT_HEADER_FLAG_STRING_ONLY`: the payload is one string.
    StringOnly,
}

/// A decoded payload.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Decoded {
    /// The fields in order.
    pub fields: Vec<Field>,
    /// Which schema was used.
    pub source: SchemaSource,
    /// The version of the event that the schema is of, when the event's own is not described and
    /// this one fits.
    pub version: Option<u8>,
    /// Bytes of the payload that no field covers (`extra data`); empty when all is explained.
    pub extra: Range<u32>,
    /// Why decoding stopped early, if it did.
    pub problem: Option<String>,
}

impl Decoded {
    /// Whether a schema was known and explained every byte.
    #[must_use]
    pub fn is_complete(&self) -> bool {
        self.source != SchemaSource::None && self.extra.is_empty() && self.problem.is_none()
    }
}
