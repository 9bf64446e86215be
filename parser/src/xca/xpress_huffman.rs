//! XPRESS with Huffman codes (MS-XCA 2.1 and 2.2; `COMPRESSION_FORMAT_XPRESS_HUFF`).
//!
//! Blocks of 64 KiB of output. Each begins with 256 bytes: the code lengths, four bits each, of 512
//! symbols. Symbols below 256 are literals; the others say how many bits the distance has and how
//! long the match is. Codes come from 16-bit words, high bit first; the bytes that continue a long
//! length are taken from between those words.

use super::{Outcome, Output};

/// Decompresses `source` to at most `wanted_bytes` appended to `out`.
pub fn decompress(source: &[u8], wanted_bytes: usize, out: &mut Vec<u8>) -> Outcome {
    Output::append(out, wanted_bytes, |output| {
        let mut at = 0;
        while !output.is_full() {
            match decode_block(source, at, output) {
                (next, true) => at = next,
                (next, false) => return next,
            }
        }
        at
    })
}

/// Bytes of the table of code lengths.
const TABLE_BYTES: usize = 256;
/// Symbols of the alphabet.
const SYMBOLS: usize = 512;
/// The longest code, in bits.
const MAX_CODE_BITS: u32 = 15;
/// Bytes of output after which a new table comes.
const BLOCK_BYTES: usize = 65_536;

/// For every 15 bits that may come next: the symbol, and its code's length (0: no such code).
struct Codes(Vec<(u16, u8)>);

impl Codes {
    fn new(table: &[u8; TABLE_BYTES]) -> Option<Self> {
        let lengths = |symbol: usize| {
            let pair = table[symbol / 2];
            if symbol.is_multiple_of(2) { pair & 15 } else { pair >> 4 }
        };
        let mut codes = Vec::with_capacity(1 << MAX_CODE_BITS);
        for bits in 1..=MAX_CODE_BITS as u8 {
            for symbol in (0..SYMBOLS).filter(|&symbol| lengths(symbol) == bits) {
                let count = 1 << (MAX_CODE_BITS - u32::from(bits));
                if codes.len() + count > 1 << MAX_CODE_BITS {
                    return None;
                }
                codes.resize(codes.len() + count, (symbol as u16, bits));
            }
        }
        codes.resize(1 << MAX_CODE_BITS, (0, 0));
        Some(Self(codes))
    }
}

/// The bit reader: 32 bits in advance, filled by words.
struct Bits<'a> {
    source: &'a [u8],
    at: usize,
    bits: u32,
    /// How many bits beyond the 16 that must be there are loaded; below zero a word is due.
    spare: i32,
    /// Bits that came from the source and are not used yet. Past its end come zeros, which must
    /// not be taken for data.
    left: i64,
}

impl<'a> Bits<'a> {
    fn new(source: &'a [u8], at: usize) -> Option<Self> {
        let high = word(source, at)?;
        // A last block may be shorter than what is read in advance.
        let low = word(source, at + 2);
        Some(Self {
            source,
            at: at + 4,
            bits: high << 16 | low.unwrap_or_default(),
            spare: 16,
            left: if low.is_some() { 32 } else { 16 },
        })
    }

    /// Uses bits; `None` when the source did not have them.
    fn skip(&mut self, count: u32) -> Option<()> {
        self.bits = self.bits.checked_shl(count).unwrap_or(0);
        self.spare -= count as i32;
        self.left -= i64::from(count);
        if self.left < 0 {
            return None;
        }
        if self.spare < 0 {
            if let Some(next) = word(self.source, self.at) {
                self.bits |= next << -self.spare;
                self.left += 16;
            }
            self.spare += 16;
            self.at += 2;
        }
        Some(())
    }

    fn byte(&mut self) -> Option<u8> {
        let byte = *self.source.get(self.at)?;
        self.at += 1;
        Some(byte)
    }
}

fn word(source: &[u8], at: usize) -> Option<u32> {
    let bytes = source.get(at..)?.first_chunk::<2>()?;
    Some(u32::from(u16::from_le_bytes(*bytes)))
}

/// Where the next block begins, and whether this one was good.
fn decode_block(source: &[u8], at: usize, output: &mut Output<'_>) -> (usize, bool) {
    let Some(codes) =
        source.get(at..).and_then(|rest| rest.first_chunk::<TABLE_BYTES>()).and_then(Codes::new)
    else {
        return (at, false);
    };
    let Some(mut bits) = Bits::new(source, at + TABLE_BYTES) else {
        return (at, false);
    };
    let block_end = output.length() + BLOCK_BYTES;
    while !output.is_full() && output.length() < block_end {
        let peek = (bits.bits >> (32 - MAX_CODE_BITS)) as usize;
        let Some(&(symbol, code_bits)) = codes.0.get(peek).filter(|&&(_, bits)| bits > 0) else {
            return (bits.at.min(source.len()), false);
        };
        if bits.skip(u32::from(code_bits)).is_none() {
            return (source.len(), false);
        }
        if let Ok(literal) = u8::try_from(symbol) {
            output.push(literal);
            continue;
        }
        let Some((length, distance)) = read_match(&mut bits, symbol - 256) else {
            return (bits.at.min(source.len()), false);
        };
        if !output.repeat(distance, length) {
            return (bits.at.min(source.len()), false);
        }
    }
    (bits.at.min(source.len()), true)
}

/// Length and distance of a match.
fn read_match(bits: &mut Bits<'_>, symbol: u16) -> Option<(usize, usize)> {
    let mut length = u32::from(symbol & 15);
    let distance_bits = u32::from(symbol >> 4);
    if length == 15 {
        let byte = bits.byte()?;
        length = u32::from(byte) + 15;
        if byte == 255 {
            length = word(bits.source, bits.at)?;
            bits.at += 2;
            if length == 0 {
                let wide = bits.source.get(bits.at..)?.first_chunk::<4>()?;
                length = u32::from_le_bytes(*wide);
                bits.at += 4;
            }
            if length < 15 {
                return None;
            }
        }
    }
    let extra = if distance_bits == 0 { 0 } else { bits.bits >> (32 - distance_bits) };
    bits.skip(distance_bits)?;
    Some((usize::try_from(length).ok()?.checked_add(3)?, (1 << distance_bits) | extra as usize))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A block whose 512 symbols all have nine bits, so a symbol is its own code. Made by hand from
    /// the specification and read alike by dissect.util: "dispatch", a match of 5 at distance 8, one
    /// of 40 at 3 (length continued in a byte), "!", one of 1000 at 1 (in a word), one of 7 at 1053.
    const DATA: [u8; 24] = [
        0x1a, 0x32, 0x67, 0x4e, 0x09, 0x03, 0xc6, 0xd0, 0x99, 0x68, 0xfc, 0x08, 0x0f, 0x43, 0x16,
        0x03, 0xd2, 0xff, 0xe5, 0x03, 0x00, 0xa0, 0x00, 0x00,
    ];

    fn block() -> Vec<u8> {
        [[0x99; TABLE_BYTES].as_slice(), &DATA].concat()
    }

    fn text() -> Vec<u8> {
        let mut text = b"dispatchdispa".to_vec();
        for (distance, length) in [(3, 40), (0, 0), (1, 1_000), (1_053, 7)] {
            if length == 0 {
                text.push(b'!');
            }
            for _ in 0..length {
                text.push(text[text.len() - distance]);
            }
        }
        text
    }

    fn inflate(source: &[u8], wanted: usize) -> (Vec<u8>, Outcome) {
        let mut out = b"before".to_vec();
        let outcome = decompress(source, wanted, &mut out);
        (out.split_off(6), outcome)
    }

    #[test]
    fn literals_and_matches_of_each_form() {
        let (inflated, outcome) = inflate(&block(), text().len());
        assert_eq!(inflated, text());
        assert!(outcome.complete);
    }

    #[test]
    fn a_new_table_comes_every_64_kib() {
        // Only literals, eight bits each: words with the earlier byte above. The decoder reads one
        // word ahead, so each block ends with one that means nothing.
        let mut source = Vec::new();
        for block in 0..2_u8 {
            source.extend([0x88; 128]);
            source.extend([0; 128]);
            let bytes: Vec<u8> = (0..BLOCK_BYTES).map(|i| (i % 251) as u8 ^ block).collect();
            source.extend(bytes.chunks_exact(2).flat_map(|pair| [pair[1], pair[0]]));
            source.extend([0, 0]);
        }
        let (inflated, outcome) = inflate(&source, 2 * BLOCK_BYTES);
        assert!(outcome.complete);
        assert!(
            inflated.iter().enumerate().all(|(i, &byte)| {
                byte == (i % BLOCK_BYTES % 251) as u8 ^ (i / BLOCK_BYTES) as u8
            })
        );
    }

    #[test]
    fn damage_keeps_what_was_read() {
        let source = block();
        for cut in 0..source.len() {
            let (inflated, outcome) = inflate(&source[..cut], 5_000);
            assert!(!outcome.complete);
            let common = inflated.len().min(text().len());
            assert_eq!(inflated[..common], text()[..common], "cut at {cut}");
            // Padding at the very end may pass for a symbol.
            assert!(inflated.len() <= text().len() + 1, "cut at {cut}");
        }
        let mut oversubscribed = source;
        oversubscribed[..TABLE_BYTES].fill(0x11);
        assert_eq!(inflate(&oversubscribed, 10).0, b"", "512 codes of one bit cannot be");
    }
}
