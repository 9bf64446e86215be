//! The identity of a trace, computed while its bytes go by.

use crate::view::Fingerprint;

/// Bytes hashed at the head and at the tail.
pub const FINGERPRINT_BYTES: usize = 64 << 10;

/// Keeps head and tail of what it is given.
#[derive(Debug, Default)]
pub(super) struct Fingerprinter {
    head: Vec<u8>,
    tail: Vec<u8>,
    len_bytes: u64,
    /// Whether the tail is known beforehand.
    has_tail: bool,
}

impl Fingerprinter {
    pub fn push(&mut self, chunk: &[u8]) {
        self.len_bytes += chunk.len() as u64;
        let missing = FINGERPRINT_BYTES - self.head.len().min(FINGERPRINT_BYTES);
        self.head.extend_from_slice(chunk.get(..missing.min(chunk.len())).unwrap_or_default());
        if self.has_tail {
            return;
        }
        let last = chunk.get(chunk.len().saturating_sub(FINGERPRINT_BYTES)..).unwrap_or_default();
        let keep = (FINGERPRINT_BYTES - last.len()).min(self.tail.len());
        self.tail.drain(..self.tail.len() - keep);
        self.tail.extend_from_slice(last);
    }

    pub const fn len_bytes(&self) -> u64 {
        self.len_bytes
    }

    /// Whether the head is complete.
    pub fn has_head(&self) -> bool {
        self.head.len() == FINGERPRINT_BYTES
    }

    /// Tells the tail beforehand.
    pub fn set_tail(&mut self, tail: &[u8]) {
        let last = tail.len().saturating_sub(FINGERPRINT_BYTES);
        self.tail = tail.get(last..).unwrap_or_default().to_vec();
        self.has_tail = true;
    }

    /// Goes on at another place; head and tail are known.
    pub fn go_to(&mut self, offset: u64) {
        self.len_bytes = offset;
    }

    /// FNV-1a (64 bits) over the first 64 KiB, then over the last: of a shorter file, all of it
    /// twice.
    pub fn fingerprint(&self) -> Fingerprint {
        let hash =
            self.head.iter().chain(&self.tail).fold(0xcbf2_9ce4_8422_2325_u64, |hash, &byte| {
                (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
            });
        Fingerprint { len_bytes: self.len_bytes, hash }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn does_not_depend_on_how_the_bytes_arrive() {
        let bytes: Vec<u8> = (0..300_000_u32).map(|i| ((i * 31) >> 3) as u8).collect();
        for len in
            [0, 1, 1000, FINGERPRINT_BYTES, FINGERPRINT_BYTES + 1, 2 * FINGERPRINT_BYTES, 300_000]
        {
            let bytes = &bytes[..len];
            let of = |size: usize| {
                let mut fingerprinter = Fingerprinter::default();
                bytes.chunks(size).for_each(|chunk| fingerprinter.push(chunk));
                fingerprinter.fingerprint()
            };
            let whole = of(usize::MAX);
            for size in [7, 1000, FINGERPRINT_BYTES, FINGERPRINT_BYTES + 9] {
                assert_eq!(of(size), whole, "{len} bytes in pieces of {size}");
            }
        }
        // The empty hash is FNV's offset basis (Fowler, Noll, Vo).
        assert_eq!(Fingerprinter::default().fingerprint().hash, 14_695_981_039_346_656_037);
    }
}
