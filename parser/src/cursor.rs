//! Steps through bytes with the absolute file offset at hand, so that each error can say where.

use crate::error::{Error, ErrorKind, Result};
use crate::guid::Guid;

/// A position in borrowed bytes. Reading never panics: past the end it is an error that carries
/// the absolute offset.
#[derive(Clone, Copy, Debug)]
pub struct Cursor<'a> {
    bytes: &'a [u8],
    position: usize,
    base_offset: u64,
}

impl<'a> Cursor<'a> {
    /// Starts at the first of `bytes`, which lie at `base_offset` of the file.
    #[must_use]
    pub const fn new(bytes: &'a [u8], base_offset: u64) -> Self {
        Self { bytes, position: 0, base_offset }
    }

    /// Bytes read so far.
    #[must_use]
    pub const fn position(&self) -> usize {
        self.position
    }

    /// Absolute file offset of the next byte.
    #[must_use]
    pub const fn offset(&self) -> u64 {
        self.base_offset.saturating_add(self.position as u64)
    }

    /// The bytes not read yet.
    #[must_use]
    pub fn rest(&self) -> &'a [u8] {
        self.bytes.get(self.position..).unwrap_or_default()
    }

    /// Whether everything was read.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.rest().is_empty()
    }

    /// Takes the next `count` bytes.
    ///
    /// # Errors
    /// [`ErrorKind::Truncated`] at the current offset when fewer are left; nothing is consumed.
    #[inline]
    pub fn take(&mut self, count: usize) -> Result<&'a [u8]> {
        let taken = self
            .position
            .checked_add(count)
            .and_then(|end| self.bytes.get(self.position..end))
            .ok_or_else(|| self.truncated(count))?;
        self.position += count;
        Ok(taken)
    }

    /// Takes the next `N` bytes.
    ///
    /// # Errors
    /// As [`Cursor::take`].
    #[inline]
    pub fn array<const N: usize>(&mut self) -> Result<[u8; N]> {
        let array = *self.rest().first_chunk().ok_or_else(|| self.truncated(N))?;
        self.position += N;
        Ok(array)
    }

    /// Takes a byte.
    ///
    /// # Errors
    /// As [`Cursor::take`].
    pub fn u8(&mut self) -> Result<u8> {
        self.array::<1>().map(|[byte]| byte)
    }

    /// Takes a little-endian 16-bit number.
    ///
    /// # Errors
    /// As [`Cursor::take`].
    pub fn u16(&mut self) -> Result<u16> {
        self.array().map(u16::from_le_bytes)
    }

    /// Takes a little-endian 32-bit number.
    ///
    /// # Errors
    /// As [`Cursor::take`].
    pub fn u32(&mut self) -> Result<u32> {
        self.array().map(u32::from_le_bytes)
    }

    /// Takes a little-endian 64-bit number.
    ///
    /// # Errors
    /// As [`Cursor::take`].
    pub fn u64(&mut self) -> Result<u64> {
        self.array().map(u64::from_le_bytes)
    }

    /// Takes a GUID.
    ///
    /// # Errors
    /// As [`Cursor::take`].
    pub fn guid(&mut self) -> Result<Guid> {
        self.array().map(Guid)
    }

    #[cold]
    fn truncated(&self, count: usize) -> Error {
        let left = self.rest().len();
        Error::at(
            ErrorKind::Truncated,
            self.offset(),
            format!("{count} bytes expected, {left} left"),
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_error_says_where_in_the_file() {
        let mut cursor = Cursor::new(&[1, 2, 0, 4, 0, 0, 0], 0x1000);
        assert_eq!(cursor.u8().expect("a byte"), 1);
        assert_eq!(cursor.u16().expect("a word"), 2);
        assert_eq!(cursor.u32().expect("a double word"), 4);
        assert!(cursor.is_empty());
        let mut cursor = Cursor::new(&[1, 2, 0], 0x1000);
        cursor.u8().expect("a byte");
        let error = cursor.u32().expect_err("two bytes are left");
        assert_eq!((error.kind(), error.offset()), (ErrorKind::Truncated, Some(0x1001)));
        assert_eq!(cursor.rest(), [2, 0], "a failed read consumes nothing");
    }
}
