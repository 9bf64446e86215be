//! Little-endian writing into a byte vector.

use crate::guid::Guid;

/// Appends values the way Windows lays them out.
pub trait Put {
    /// One byte.
    fn put_u8(&mut self, value: u8);
    /// Two bytes, little-endian.
    fn put_u16(&mut self, value: u16);
    /// Four bytes, little-endian.
    fn put_u32(&mut self, value: u32);
    /// Eight bytes, little-endian.
    fn put_u64(&mut self, value: u64);
    /// Eight bytes, little-endian.
    fn put_i64(&mut self, value: i64);
    /// A GUID.
    fn put_guid(&mut self, value: &Guid);
    /// Bytes as they are.
    fn put_bytes(&mut self, value: &[u8]);
    /// UTF-16 text with its terminator.
    fn put_utf16z(&mut self, value: &str);
    /// UTF-16 text without a terminator.
    fn put_utf16(&mut self, value: &str);
    /// Single-byte text (UTF-8 as given) with its terminator.
    fn put_ansi_z(&mut self, value: &str);
    /// Zeros until the length is a multiple of `to`.
    fn align(&mut self, to: usize);
}

impl Put for Vec<u8> {
    fn put_u8(&mut self, value: u8) {
        self.push(value);
    }

    fn put_u16(&mut self, value: u16) {
        self.extend_from_slice(&value.to_le_bytes());
    }

    fn put_u32(&mut self, value: u32) {
        self.extend_from_slice(&value.to_le_bytes());
    }

    fn put_u64(&mut self, value: u64) {
        self.extend_from_slice(&value.to_le_bytes());
    }

    fn put_i64(&mut self, value: i64) {
        self.extend_from_slice(&value.to_le_bytes());
    }

    fn put_guid(&mut self, value: &Guid) {
        self.extend_from_slice(value);
    }

    fn put_bytes(&mut self, value: &[u8]) {
        self.extend_from_slice(value);
    }

    fn put_utf16z(&mut self, value: &str) {
        self.put_utf16(value);
        self.put_u16(0);
    }

    fn put_utf16(&mut self, value: &str) {
        for unit in value.encode_utf16() {
            self.put_u16(unit);
        }
    }

    fn put_ansi_z(&mut self, value: &str) {
        self.extend_from_slice(value.as_bytes());
        self.push(0);
    }

    fn align(&mut self, to: usize) {
        self.resize(self.len().next_multiple_of(to), 0);
    }
}

/// Overwrites two bytes at `at`.
pub fn set_u16(bytes: &mut [u8], at: usize, value: u16) {
    bytes[at..at + 2].copy_from_slice(&value.to_le_bytes());
}

/// Overwrites four bytes at `at`.
pub fn set_u32(bytes: &mut [u8], at: usize, value: u32) {
    bytes[at..at + 4].copy_from_slice(&value.to_le_bytes());
}

/// Overwrites eight bytes at `at`.
pub fn set_i64(bytes: &mut [u8], at: usize, value: i64) {
    bytes[at..at + 8].copy_from_slice(&value.to_le_bytes());
}

/// Reads four bytes at `at`.
#[must_use]
pub fn get_u32(bytes: &[u8], at: usize) -> u32 {
    u32::from_le_bytes([bytes[at], bytes[at + 1], bytes[at + 2], bytes[at + 3]])
}

/// UTF-16 text with its terminator, as bytes.
#[must_use]
pub fn utf16z(text: &str) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(text.len() * 2 + 2);
    bytes.put_utf16z(text);
    bytes
}
