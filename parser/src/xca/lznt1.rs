//! LZNT1 (MS-XCA 2.5; `COMPRESSION_FORMAT_LZNT1`): chunks of at most 4 KiB, each with a 16-bit
//! header: size − 1 in the low twelve bits, bit 15 set when compressed.
//!
//! In a compressed chunk a byte of flags, low bit first, rules eight items: literal byte, or 16
//! bits that split into distance − 1 and length − 3 at a place that moves as the chunk fills.

use super::{Outcome, Output};

/// Decompresses `source` to at most `wanted_bytes` appended to `out`.
pub fn decompress(source: &[u8], wanted_bytes: usize, out: &mut Vec<u8>) -> Outcome {
    Output::append(out, wanted_bytes, |output| decode(source, output))
}

/// Bytes a chunk expands to at most.
const CHUNK_BYTES: usize = 4096;

fn decode(source: &[u8], output: &mut Output<'_>) -> usize {
    let mut at = 0;
    while !output.is_full() {
        let Some(header) = source.get(at..).and_then(|rest| rest.first_chunk::<2>()) else {
            return at;
        };
        let header = u16::from_le_bytes(*header);
        if header == 0 {
            return at;
        }
        let start = at + 2;
        let end = start + usize::from(header & 0x0fff) + 1;
        let whole = end <= source.len();
        let chunk = source.get(start..end.min(source.len())).unwrap_or_default();
        if header & 0x8000 == 0 {
            output.push_all(chunk);
        } else if !decode_chunk(chunk, output) {
            return at;
        }
        if !whole {
            return source.len();
        }
        at = end;
    }
    at
}

/// False when the chunk is damaged.
fn decode_chunk(chunk: &[u8], output: &mut Output<'_>) -> bool {
    let chunk_start = output.length();
    let mut at = 0;
    while let Some(&flags) = chunk.get(at) {
        at += 1;
        for bit in 0..8 {
            if at >= chunk.len() || output.is_full() {
                return true;
            }
            let written = output.length() - chunk_start;
            if written >= CHUNK_BYTES {
                return false;
            }
            if flags >> bit & 1 == 0 {
                output.push(chunk.get(at).copied().unwrap_or_default());
                at += 1;
                continue;
            }
            let Some(word) = chunk.get(at..).and_then(|rest| rest.first_chunk::<2>()) else {
                return false;
            };
            at += 2;
            let word = usize::from(u16::from_le_bytes(*word));
            // As many bits for the distance as the bytes written so far need, at least four.
            let distance_bits =
                written.saturating_sub(1).checked_ilog2().map_or(4, |log| (log + 1).max(4));
            let length_bits = 16 - distance_bits;
            let length = (word & ((1 << length_bits) - 1)) + 3;
            let distance = (word >> length_bits) + 1;
            if distance > written || !output.repeat(distance, length.min(CHUNK_BYTES - written)) {
                return false;
            }
        }
    }
    true
}

#[cfg(test)]
mod tests {
    use super::*;

    fn inflate(source: &[u8], wanted: usize) -> (Vec<u8>, Outcome) {
        let mut out = b"before".to_vec();
        let outcome = decompress(source, wanted, &mut out);
        (out.split_off(6), outcome)
    }

    /// The worked example of MS-XCA section 3.3.
    #[test]
    fn example_of_the_specification() {
        let source = [
            0x38, 0xb0, 0x88, 0x46, 0x23, 0x20, 0x00, 0x20, 0x47, 0x20, 0x41, 0x00, 0x10, 0xa2,
            0x47, 0x01, 0xa0, 0x45, 0x20, 0x44, 0x00, 0x08, 0x45, 0x01, 0x50, 0x79, 0x00, 0xc0,
            0x45, 0x20, 0x05, 0x24, 0x13, 0x88, 0x05, 0xb4, 0x02, 0x4a, 0x44, 0xef, 0x03, 0x58,
            0x02, 0x8c, 0x09, 0x16, 0x01, 0x48, 0x45, 0x00, 0xbe, 0x00, 0x9e, 0x00, 0x04, 0x01,
            0x18, 0x90, 0x00,
        ];
        let text = "F# F# G A A G F# E D D E F# F# E E F# F# G A A G F# E D D E F# E D D E E \
                    F# D E F# G F# D E F# G F# E D E A F# F# G A A G F# E D D E F# E D D\0";
        let (inflated, outcome) = inflate(&source, text.len());
        assert_eq!(String::from_utf8_lossy(&inflated), text);
        assert!(outcome.complete);
    }

    #[test]
    fn stored_chunks_and_the_end_mark() {
        let source = [0x02, 0x30, b'a', b'b', b'c', 0x00, 0x30, b'd', 0, 0, 9, 9];
        let (text, outcome) = inflate(&source, 100);
        assert_eq!(text, b"abcd");
        assert_eq!(outcome, Outcome { consumed_bytes: 8, complete: false });
        assert_eq!(inflate(&source, 2).0, b"ab");
    }

    #[test]
    fn a_distance_before_the_chunk_is_damage() {
        let (text, outcome) = inflate(&[0x03, 0xb0, 0x02, b'a', 0xff, 0xff], 10);
        assert_eq!((text.as_slice(), outcome.complete), (&b"a"[..], false));
    }
}
