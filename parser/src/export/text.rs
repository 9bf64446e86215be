//! The text that exports are written to.

use std::string::FromUtf8Error;

/// What an export has written. Behind its end lies room whose bytes are written already: writing
/// into it costs less than appending, and it stays when the text is cleared.
#[derive(Debug, Default)]
pub struct Text {
    bytes: Vec<u8>,
    end: usize,
}

impl Text {
    /// The text so far.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        self.bytes.get(..self.end).unwrap_or_default()
    }

    /// Forgets the text.
    pub fn clear(&mut self) {
        self.end = 0;
    }

    /// The text so far, as UTF-8.
    ///
    /// # Errors
    /// When it is none.
    pub fn into_string(mut self) -> Result<String, FromUtf8Error> {
        self.bytes.truncate(self.end);
        String::from_utf8(self.bytes)
    }

    /// Appends bytes.
    pub(super) fn push(&mut self, bytes: &[u8]) {
        match self.bytes.get_mut(self.end..self.end + bytes.len()) {
            Some(room) => room.copy_from_slice(bytes),
            None => {
                self.bytes.truncate(self.end);
                self.bytes.extend_from_slice(bytes);
            }
        }
        self.end += bytes.len();
    }

    /// The bytes with the room behind them, and the end of the text.
    pub(super) fn room(&mut self) -> (&mut Vec<u8>, usize) {
        (&mut self.bytes, self.end)
    }

    /// Says where the text ends now, after something was written into its room.
    pub(super) fn go_on(&mut self, end: usize) {
        self.end = end.min(self.bytes.len());
    }
}
