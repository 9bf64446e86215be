//! Text as Windows stores it: UTF-16 and the Western code page.

/// Turns UTF-16, little-endian, into a string.
///
/// Lone surrogates become U+FFFD, as does an odd last byte. Zero units are kept: where a string
/// ends is for the caller to know.
#[must_use]
pub fn utf16le_to_string(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(bytes.len() / 2);
    let mut rest = bytes;
    loop {
        rest = push_ascii_blocks(rest, &mut text);
        // What is not a block of ASCII goes unit by unit, until eight plain units follow again.
        let mut plain_units = 0;
        while plain_units < 8 {
            let Some((unit, tail)) = rest.split_first_chunk::<2>() else {
                if !rest.is_empty() {
                    text.push(char::REPLACEMENT_CHARACTER);
                }
                return text;
            };
            rest = tail;
            let unit = u16::from_le_bytes(*unit);
            match unit {
                0..=0x7f => {
                    text.push(char::from(unit as u8));
                    plain_units += 1;
                    continue;
                }
                0xd800..=0xdbff => {
                    let low = rest.first_chunk::<2>().map(|low| u16::from_le_bytes(*low));
                    if let Some(low @ 0xdc00..=0xdfff) = low {
                        rest = rest.get(2..).unwrap_or_default();
                        let scalar =
                            0x1_0000 + (u32::from(unit - 0xd800) << 10) + u32::from(low - 0xdc00);
                        text.push(char::from_u32(scalar).unwrap_or(char::REPLACEMENT_CHARACTER));
                    } else {
                        text.push(char::REPLACEMENT_CHARACTER);
                    }
                }
                _ => text
                    .push(char::from_u32(u32::from(unit)).unwrap_or(char::REPLACEMENT_CHARACTER)),
            }
            plain_units = 0;
        }
    }
}

/// Appends blocks of eight ASCII units and returns what is left.
fn push_ascii_blocks<'a>(mut bytes: &'a [u8], text: &mut String) -> &'a [u8] {
    while let Some((block, rest)) = bytes.split_first_chunk::<16>() {
        let word = u128::from_le_bytes(*block);
        // Any bit but the low seven of each unit.
        if word & 0xff80_ff80_ff80_ff80_ff80_ff80_ff80_ff80 != 0 {
            break;
        }
        let mut ascii = [0_u8; 8];
        for (out, unit) in ascii.iter_mut().zip(block.chunks_exact(2)) {
            *out = unit[0];
        }
        text.push_str(std::str::from_utf8(&ascii).unwrap_or_default());
        bytes = rest;
    }
    bytes
}

/// The bytes of a UTF-16 string up to its zero unit, and all bytes it occupies with that unit.
/// Without a zero unit the string ends with the bytes (an odd last byte belongs to neither).
#[must_use]
pub fn utf16le_until_zero(bytes: &[u8]) -> (&[u8], usize) {
    for (i, unit) in bytes.chunks_exact(2).enumerate() {
        if unit == [0, 0] {
            return (bytes.get(..i * 2).unwrap_or_default(), i * 2 + 2);
        }
    }
    let whole = bytes.len() & !1;
    (bytes.get(..whole).unwrap_or_default(), whole)
}

/// What Windows-1252 has in 0x80 to 0x9f; its five holes map to the C1 control of the same number,
/// as Windows itself does.
const CP1252_HIGH: [char; 32] = [
    '€', '\u{81}', '‚', 'ƒ', '„', '…', '†', '‡', 'ˆ', '‰', 'Š', '‹', 'Œ', '\u{8d}', 'Ž', '\u{8f}',
    '\u{90}', '‘', '’', '“', '”', '•', '–', '—', '˜', '™', 'š', '›', 'œ', '\u{9d}', 'ž', 'Ÿ',
];

/// Turns text in Windows' Western code page (1252) into a string. Files do not say which code page
/// their ANSI strings use; names of images and programs are nearly always ASCII.
#[must_use]
pub fn cp1252_to_string(bytes: &[u8]) -> String {
    match std::str::from_utf8(bytes) {
        Ok(text) if text.is_ascii() => text.to_owned(),
        _ => bytes
            .iter()
            .map(|&byte| match byte {
                0x80..=0x9f => CP1252_HIGH[usize::from(byte - 0x80)],
                _ => char::from(byte),
            })
            .collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn utf16(text: &str) -> Vec<u8> {
        text.encode_utf16().flat_map(u16::to_le_bytes).collect()
    }

    #[test]
    fn text_of_any_length_and_script_survives() {
        for text in [
            "",
            "a",
            "AppDomain",
            "/LM/W3SVC/2/ROOT/Orders-1-133400000000000000",
            "세션을 디스패치하지 못했습니다.",
            "mixed 세션 then a long run of plain ASCII, then 🚀 and more plain text after it",
            "nul\0inside, kept as it is",
        ] {
            assert_eq!(utf16le_to_string(&utf16(text)), text);
        }
    }

    #[test]
    fn broken_utf16_is_replaced_not_dropped() {
        assert_eq!(utf16le_to_string(&[0x00, 0xd8, 0x41, 0x00]), "\u{fffd}A", "lone high");
        assert_eq!(utf16le_to_string(&[0x00, 0xdc]), "\u{fffd}", "lone low");
        assert_eq!(utf16le_to_string(&[0x41, 0x00, 0x42]), "A\u{fffd}", "odd byte");
        for length in 0..70 {
            let bytes: Vec<u8> = (0..length).map(|i: u8| i.wrapping_mul(173)).collect();
            let units: Vec<u16> =
                bytes.chunks_exact(2).map(|unit| u16::from_le_bytes([unit[0], unit[1]])).collect();
            let mut expected = String::from_utf16_lossy(&units);
            if length % 2 == 1 {
                expected.push('\u{fffd}');
            }
            assert_eq!(utf16le_to_string(&bytes), expected);
        }
    }

    #[test]
    fn strings_end_at_the_zero_unit() {
        assert_eq!(utf16le_until_zero(&[0x41, 0, 0, 0, 9, 9]), (&[0x41, 0][..], 4));
        assert_eq!(utf16le_until_zero(&[0, 0x41, 0, 0]), (&[0, 0x41][..], 4), "unit, not byte");
        assert_eq!(utf16le_until_zero(&[0x41, 0, 0x42]), (&[0x41, 0][..], 2));
    }

    #[test]
    fn western_text() {
        assert_eq!(cp1252_to_string(b"w3wp.exe"), "w3wp.exe");
        assert_eq!(cp1252_to_string(&[0x80, 0xe9, 0x9f, 0x81]), "€éŸ\u{81}");
    }
}
