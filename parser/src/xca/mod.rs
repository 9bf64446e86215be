//! The compression formats of Windows (MS-XCA, MS-FSCC's LZNT1 and MS-MCI's MSZIP), decompression
//! only.
//!
//! Input is hostile: each decoder writes at most the bytes asked for, checks every length and
//! distance, and on damage keeps what it had, since the records before the damage are still good.

pub mod lznt1;
pub mod mszip;
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
/// back only to where this output began. Room is made as it is needed, so that a source of few
/// bytes that promises many costs nothing.
pub(crate) struct Output<'a> {
    bytes: &'a mut Vec<u8>,
    base: usize,
    end: usize,
    limit: usize,
}

/// Room made at first: that of a usual buffer.
const FIRST_ROOM_BYTES: usize = 64 << 10;

impl<'a> Output<'a> {
    /// Runs a decoder on `wanted_bytes` appended to `out`; what it did not fill is cut off again.
    fn append(
        out: &'a mut Vec<u8>,
        wanted_bytes: usize,
        decode: impl FnOnce(&mut Output<'_>) -> usize,
    ) -> Outcome {
        let base = out.len();
        let limit = base + wanted_bytes;
        out.resize(limit.min(base + FIRST_ROOM_BYTES), 0);
        let mut output = Output { bytes: out, base, end: base, limit };
        let consumed_bytes = decode(&mut output);
        let Output { bytes, end, .. } = output;
        bytes.truncate(end);
        Outcome { consumed_bytes, complete: end == limit }
    }

    /// Bytes produced so far.
    #[inline]
    fn length(&self) -> usize {
        self.end - self.base
    }

    #[inline]
    fn is_full(&self) -> bool {
        self.end == self.limit
    }

    #[inline]
    fn left(&self) -> usize {
        self.limit - self.end
    }

    /// Makes room up to `end`, which is not beyond the limit.
    #[inline]
    fn make_room(&mut self, end: usize) {
        if end > self.bytes.len() {
            self.grow(end);
        }
    }

    #[cold]
    fn grow(&mut self, end: usize) {
        self.bytes.resize(end.max(self.bytes.len() * 2).min(self.limit), 0);
    }

    /// Appends a byte if there is room.
    #[inline]
    fn push(&mut self, byte: u8) {
        self.push_all(&[byte]);
    }

    /// Appends as many of `literals` as fit.
    #[inline]
    fn push_all(&mut self, literals: &[u8]) {
        let count = literals.len().min(self.left());
        let end = self.end + count;
        self.make_room(end);
        if let (Some(to), Some(from)) = (self.bytes.get_mut(self.end..end), literals.get(..count)) {
            to.copy_from_slice(from);
            self.end = end;
        }
    }

    /// Repeats `length` bytes from `distance` back, as many as fit. The copy may overlap what it
    /// writes. False when the distance reaches before the output.
    #[inline]
    fn repeat(&mut self, distance: usize, length: usize) -> bool {
        if distance == 0 || distance > self.length() {
            return false;
        }
        let from = self.end - distance;
        let length = length.min(self.left());
        let end = self.end + length;
        self.make_room(end);
        if distance >= length {
            self.bytes.copy_within(from..from + length, self.end);
        } else if let Some(window) = self.bytes.get_mut(from..end) {
            // Doubling: each round copies what the rounds before it produced.
            let mut done = distance;
            while done < window.len() {
                let count = done.min(window.len() - done);
                window.copy_within(..count, done);
                done += count;
            }
        }
        self.end = end;
        true
    }
}
