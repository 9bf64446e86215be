//! The compression formats of Windows (MS-XCA and MS-FSCC's LZNT1), decompression only.
//!
//! Input is hostile: each decoder writes at most the bytes asked for, checks every length and
//! distance, and on damage keeps what it had, since the records before the damage are still good.

pub mod lznt1;
pub mod xpress;
pub mod xpress_huffman;

/// How far a decoder came.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Outcome {
    /// Bytes of the source used.
    pub consumed_bytes: usize,
    /// Whether all the bytes asked for were produced.
    pub complete: bool,
}

/// Bytes being produced, at the end of a vector that may hold others before them. Matches reach
/// back only to where this output began.
pub(crate) struct Output<'a> {
    bytes: &'a mut [u8],
    length: usize,
}

impl<'a> Output<'a> {
    /// Runs a decoder on `wanted_bytes` appended to `out`; what it did not fill is cut off again.
    fn append(
        out: &'a mut Vec<u8>,
        wanted_bytes: usize,
        decode: impl FnOnce(&mut Output<'_>) -> usize,
    ) -> Outcome {
        let base = out.len();
        out.resize(base + wanted_bytes, 0);
        let mut output = Output { bytes: out.get_mut(base..).unwrap_or_default(), length: 0 };
        let consumed_bytes = decode(&mut output);
        let length = output.length;
        out.truncate(base + length);
        Outcome { consumed_bytes, complete: length == wanted_bytes }
    }

    #[inline]
    fn is_full(&self) -> bool {
        self.length == self.bytes.len()
    }

    #[inline]
    fn left(&self) -> usize {
        self.bytes.len() - self.length
    }

    /// Appends a byte; false when full.
    #[inline]
    fn push(&mut self, byte: u8) -> bool {
        match self.bytes.get_mut(self.length) {
            Some(slot) => {
                *slot = byte;
                self.length += 1;
                true
            }
            None => false,
        }
    }

    /// Appends as many of `literals` as fit.
    #[inline]
    fn push_all(&mut self, literals: &[u8]) {
        let count = literals.len().min(self.left());
        let end = self.length + count;
        if let (Some(to), Some(from)) =
            (self.bytes.get_mut(self.length..end), literals.get(..count))
        {
            to.copy_from_slice(from);
            self.length = end;
        }
    }

    /// Repeats `length` bytes from `distance` back, as many as fit. The copy may overlap what it
    /// writes. False when the distance reaches before the output.
    #[inline]
    fn repeat(&mut self, distance: usize, length: usize) -> bool {
        let Some(from) = self.length.checked_sub(distance).filter(|_| distance > 0) else {
            return false;
        };
        let length = length.min(self.left());
        let end = self.length + length;
        if distance >= length {
            self.bytes.copy_within(from..from + length, self.length);
        } else if let Some(window) = self.bytes.get_mut(from..end) {
            // Doubling: each round copies what the rounds before it produced.
            let mut done = distance;
            while done < window.len() {
                let count = done.min(window.len() - done);
                window.copy_within(..count, done);
                done += count;
            }
        }
        self.length = end;
        true
    }
}
