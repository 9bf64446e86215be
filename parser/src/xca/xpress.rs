//! XPRESS, the plain LZ77 variant (MS-XCA 2.3 and 2.4; `COMPRESSION_FORMAT_XPRESS`): what merged
//! and relogged traces use.
//!
//! A 32-bit word of flags, high bit first, says for each of the next 32 items: literal byte (0) or
//! match (1). A match is 16 bits: distance − 1 above, length − 3 in the low three bits; longer
//! lengths continue in a half byte shared by two matches, then a byte, 16 bits, 32 bits.

use super::{Outcome, Output};

/// Decompresses `source` to at most `wanted_bytes` appended to `out`.
pub fn decompress(source: &[u8], wanted_bytes: usize, out: &mut Vec<u8>) -> Outcome {
    Output::append(out, wanted_bytes, |output| decode(source, output))
}

fn decode(source: &[u8], output: &mut Output<'_>) -> usize {
    let mut at = 0;
    // Where the half byte of the last match of length 7 lies, if its upper half is still free.
    let mut half: Option<u8> = None;
    while !output.is_full() {
        let Some(word) = source.get(at..).and_then(|rest| rest.first_chunk::<4>()) else {
            return at;
        };
        at += 4;
        let mut flags = u32::from_le_bytes(*word);
        let mut items = 32;
        while items > 0 && !output.is_full() {
            let literals = flags.leading_zeros().min(items);
            if literals > 0 {
                let rest = source.get(at..).unwrap_or_default();
                let count = (literals as usize).min(rest.len()).min(output.left());
                output.push_all(rest.get(..count).unwrap_or_default());
                at += count;
                if count < literals as usize {
                    return at;
                }
                flags = flags.checked_shl(literals).unwrap_or(0);
                items -= literals;
                continue;
            }
            flags <<= 1;
            items -= 1;
            let Some((length, distance, next)) = read_match(source, at, &mut half) else {
                return at;
            };
            if !output.repeat(distance, length) {
                return at;
            }
            at = next;
        }
    }
    at
}

/// Length, distance, and where the next item begins.
#[inline]
fn read_match(source: &[u8], at: usize, half: &mut Option<u8>) -> Option<(usize, usize, usize)> {
    let word = u16::from_le_bytes(*source.get(at..)?.first_chunk::<2>()?);
    let mut at = at + 2;
    let distance = usize::from(word >> 3) + 1;
    let mut length = usize::from(word & 7);
    if length == 7 {
        let nibble = match half.take() {
            Some(upper) => upper,
            None => {
                let byte = *source.get(at)?;
                at += 1;
                *half = Some(byte >> 4);
                byte & 15
            }
        };
        length = usize::from(nibble);
        if length == 15 {
            length = usize::from(*source.get(at)?);
            at += 1;
            if length == 255 {
                length = usize::from(u16::from_le_bytes(*source.get(at..)?.first_chunk::<2>()?));
                at += 2;
                if length == 0 {
                    let wide = u32::from_le_bytes(*source.get(at..)?.first_chunk::<4>()?);
                    length = usize::try_from(wide).ok()?;
                    at += 4;
                }
                // The wide forms count from what the short ones could say.
                length = length.checked_sub(15 + 7)?;
            }
            length = length.checked_add(15)?;
        }
        length = length.checked_add(7)?;
    }
    Some((length.checked_add(3)?, distance, at))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn inflate(source: &[u8], wanted: usize) -> (Vec<u8>, Outcome) {
        let mut out = b"before".to_vec();
        let outcome = decompress(source, wanted, &mut out);
        (out.split_off(6), outcome)
    }

    /// The two worked examples of MS-XCA section 3.2.
    #[test]
    fn examples_of_the_specification() {
        let mut source = vec![0x3f, 0, 0, 0];
        source.extend(b'a'..=b'z');
        let (text, outcome) = inflate(&source, 26);
        assert_eq!(text, b"abcdefghijklmnopqrstuvwxyz");
        assert_eq!(outcome, Outcome { consumed_bytes: source.len(), complete: true });

        let source = [0xff, 0xff, 0xff, 0x1f, b'a', b'b', b'c', 0x17, 0, 0x0f, 0xff, 0x26, 0x01];
        let (text, outcome) = inflate(&source, 300);
        assert_eq!(text, b"abc".repeat(100));
        assert_eq!(outcome, Outcome { consumed_bytes: source.len(), complete: true });
    }

    #[test]
    fn two_matches_share_a_half_byte() {
        // "ab", then a match of 7 + 3 + 2 = 12 at distance 2, "c", then 7 + 3 + 4 = 14 at 1.
        let source = [0, 0, 0, 0b0010_1000, b'a', b'b', 0x0f, 0, 0x42, b'c', 0x07, 0];
        let (text, outcome) = inflate(&source, 2 + 12 + 1 + 14);
        assert_eq!(text, b"ababababababab\x63cccccccccccccc");
        assert!(outcome.complete);
        assert_eq!(outcome.consumed_bytes, source.len());
    }

    #[test]
    fn damage_keeps_what_was_read_and_never_more_than_wanted() {
        let source = [0xff, 0xff, 0xff, 0x1f, b'a', b'b', b'c', 0x17, 0, 0x0f, 0xff, 0x26, 0x01];
        for cut in 0..source.len() {
            let (text, outcome) = inflate(&source[..cut], 300);
            assert!(!outcome.complete && b"abc".repeat(100).starts_with(&text), "cut at {cut}");
        }
        assert_eq!(inflate(&source, 7).0, b"abcabca");
        // A match that reaches before the output.
        let (text, outcome) = inflate(&[0, 0, 0, 0x40, b'a', 0x08, 0], 10);
        assert_eq!((text.as_slice(), outcome.complete), (&b"a"[..], false));
    }
}
