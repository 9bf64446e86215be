//! Where bytes come from: a slice, a native file, a `File` of the browser. The parser does no
//! I/O of its own; whoever owns the bytes implements [`ReadAt`].

use crate::error::{Error, ErrorKind, Result};

/// Random access to the bytes of one trace.
pub trait ReadAt {
    /// Length in bytes.
    fn len_bytes(&self) -> u64;

    /// Fills `buffer` with the bytes at `offset`.
    ///
    /// # Errors
    /// [`ErrorKind::Truncated`] when the range passes the end, [`ErrorKind::Read`] when the
    /// source itself fails.
    fn read_exact_at(&self, offset: u64, buffer: &mut [u8]) -> Result<()>;

    /// Whether bytes are in memory, so that reading them in small pieces costs nothing more.
    fn is_at_hand(&self) -> bool {
        false
    }
}

impl ReadAt for [u8] {
    fn len_bytes(&self) -> u64 {
        self.len() as u64
    }

    fn read_exact_at(&self, offset: u64, buffer: &mut [u8]) -> Result<()> {
        let bytes = usize::try_from(offset)
            .ok()
            .and_then(|start| self.get(start..start.checked_add(buffer.len())?))
            .ok_or_else(|| Error::at(ErrorKind::Truncated, offset, "Read past the end"))?;
        buffer.copy_from_slice(bytes);
        Ok(())
    }
}

impl ReadAt for Vec<u8> {
    fn len_bytes(&self) -> u64 {
        self.as_slice().len_bytes()
    }

    fn read_exact_at(&self, offset: u64, buffer: &mut [u8]) -> Result<()> {
        self.as_slice().read_exact_at(offset, buffer)
    }

    fn is_at_hand(&self) -> bool {
        true
    }
}

impl<T: ReadAt + ?Sized> ReadAt for &T {
    fn len_bytes(&self) -> u64 {
        (**self).len_bytes()
    }

    fn read_exact_at(&self, offset: u64, buffer: &mut [u8]) -> Result<()> {
        (**self).read_exact_at(offset, buffer)
    }

    fn is_at_hand(&self) -> bool {
        (**self).is_at_hand()
    }
}
