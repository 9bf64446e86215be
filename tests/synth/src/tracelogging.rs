//! TraceLogging metadata: the blob that travels with each event and names its fields.

use crate::bytes::{Put, set_u16};

/// Input types of fields.
pub mod in_type {
    #![allow(missing_docs)]
    pub const UTF16Z: u8 = 1;
    pub const ANSI_Z: u8 = 2;
    pub const I8: u8 = 3;
    pub const U8: u8 = 4;
    pub const I16: u8 = 5;
    pub const U16: u8 = 6;
    pub const I32: u8 = 7;
    pub const U32: u8 = 8;
    pub const I64: u8 = 9;
    pub const U64: u8 = 10;
    pub const F32: u8 = 11;
    pub const F64: u8 = 12;
    pub const BOOL32: u8 = 13;
    pub const BINARY: u8 = 14;
    pub const GUID: u8 = 15;
    pub const FILETIME: u8 = 17;
    pub const SYSTEMTIME: u8 = 18;
    pub const SID: u8 = 19;
    pub const HEX32: u8 = 20;
    pub const HEX64: u8 = 21;
    pub const COUNTED_UTF16: u8 = 22;
    pub const COUNTED_ANSI: u8 = 23;
    pub const STRUCT: u8 = 24;
    pub const COUNTED_BINARY: u8 = 25;
}

/// How many values a field has.
#[derive(Clone, Copy, Debug, Default)]
pub enum Count {
    /// One.
    #[default]
    One,
    /// Always this many.
    Fixed(u16),
    /// A u16 before the values says it.
    Variable,
}

/// Builds the metadata blob of one event.
#[derive(Clone, Debug)]
pub struct Blob(Vec<u8>);

impl Blob {
    /// Starts with the event's tag (28 bits) and name.
    #[must_use]
    pub fn new(tag: u32, name: &str) -> Self {
        let mut out = Vec::new();
        out.put_u16(0); // size, set by `build`
        put_tag(&mut out, tag);
        out.put_ansi_z(name);
        Self(out)
    }

    /// Adds a field; `out_type` 0 is the default.
    #[must_use]
    pub fn field(self, name: &str, in_type: u8, out_type: u8) -> Self {
        self.full(name, in_type, out_type, 0, Count::One)
    }

    /// Adds an array.
    #[must_use]
    pub fn array(self, name: &str, in_type: u8, count: Count) -> Self {
        self.full(name, in_type, 0, 0, count)
    }

    /// Adds a structure of the next `members` logical fields.
    #[must_use]
    pub fn structure(self, name: &str, members: u8, count: Count) -> Self {
        self.full(name, in_type::STRUCT, members, 0, count)
    }

    /// Adds a field with everything said.
    #[must_use]
    pub fn full(mut self, name: &str, in_type: u8, out_type: u8, tag: u32, count: Count) -> Self {
        let out = &mut self.0;
        out.put_ansi_z(name);
        let flags = match count {
            Count::One => 0,
            Count::Fixed(_) => 0x20,
            Count::Variable => 0x40,
        };
        let has_out = out_type != 0 || tag != 0;
        out.put_u8(in_type | flags | if has_out { 0x80 } else { 0 });
        if has_out {
            out.put_u8(out_type | if tag == 0 { 0 } else { 0x80 });
            if tag != 0 {
                put_tag(out, tag);
            }
        }
        if let Count::Fixed(n) = count {
            out.put_u16(n);
        }
        self
    }

    /// The blob's bytes.
    ///
    /// # Panics
    /// When it is longer than its 16-bit size can say.
    #[must_use]
    pub fn build(mut self) -> Vec<u8> {
        let size = u16::try_from(self.0.len()).expect("a blob is at most 65,535 bytes");
        set_u16(&mut self.0, 0, size);
        self.0
    }
}

/// 28 bits, seven per byte from the top, high bit set while more bytes follow; trailing zero
/// groups are left out.
fn put_tag(out: &mut Vec<u8>, tag: u32) {
    let mut rest = tag & 0x0fff_ffff;
    loop {
        let byte = (rest >> 21) as u8 & 0x7f;
        rest = rest << 7 & 0x0fff_ffff;
        if rest == 0 {
            out.put_u8(byte);
            return;
        }
        out.put_u8(byte | 0x80);
    }
}
