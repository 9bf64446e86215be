//! Text of the encodings that Windows' tools write, as UTF-8.

/// How the characters of a file are encoded.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub(crate) enum Encoding {
    /// UTF-8; an event that is not is taken for Windows-1252.
    #[default]
    Utf8,
    /// UTF-16, little-endian: `>` and `Out-File` of Windows PowerShell 5.1.
    Utf16Le,
    /// UTF-16, big-endian.
    Utf16Be,
}

impl Encoding {
    /// The encoding by a byte order mark, else by where the zeros of ASCII text lie.
    pub(crate) fn detect(head: &[u8]) -> Self {
        match head {
            [0xff, 0xfe, ..] => Self::Utf16Le,
            [0xfe, 0xff, ..] => Self::Utf16Be,
            [a, 0, b, 0, ..] if *a != 0 && *b != 0 => Self::Utf16Le,
            [0, a, 0, b, ..] if *a != 0 && *b != 0 => Self::Utf16Be,
            _ => Self::Utf8,
        }
    }

    /// How many bytes of the file a piece of decoded text stands for.
    pub(crate) fn file_bytes(self, text: &[u8]) -> u64 {
        if self == Self::Utf8 {
            return text.len() as u64;
        }
        // Four-byte sequences are two units, continuation bytes none.
        let units: usize =
            text.iter().map(|&b| usize::from(b & 0xc0 != 0x80) + usize::from(b >= 0xf0)).sum();
        2 * units as u64
    }

    /// Decodes whole UTF-16 units and appends them as UTF-8; half a surrogate pair becomes U+FFFD.
    pub(crate) fn append_utf16(self, bytes: &[u8], text: &mut Vec<u8>) {
        let unit = |pair: &[u8]| match (self, pair) {
            (Self::Utf16Be, [high, low]) => u16::from_be_bytes([*high, *low]),
            (_, [low, high]) => u16::from_le_bytes([*low, *high]),
            _ => 0,
        };
        text.reserve(bytes.len() / 2);
        for character in char::decode_utf16(bytes.chunks_exact(2).map(unit)) {
            let character = character.unwrap_or(char::REPLACEMENT_CHARACTER);
            if character.is_ascii() {
                text.push(character as u8);
            } else {
                text.extend_from_slice(character.encode_utf8(&mut [0; 4]).as_bytes());
            }
        }
    }
}

/// Decodes a file, or a piece of one, as a whole. A byte order mark is kept.
pub(crate) fn decode(encoding: Encoding, bytes: &[u8]) -> Vec<u8> {
    if encoding == Encoding::Utf8 {
        return bytes.to_vec();
    }
    let mut text = Vec::new();
    encoding.append_utf16(bytes, &mut text);
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn encodings_are_told_by_mark_or_zeros() {
        assert_eq!(Encoding::detect(b"{\"a\""), Encoding::Utf8);
        assert_eq!(Encoding::detect(b"\xef\xbb\xbf["), Encoding::Utf8);
        assert_eq!(Encoding::detect(b"\xff\xfe[\0"), Encoding::Utf16Le);
        assert_eq!(Encoding::detect(b"[\0{\0"), Encoding::Utf16Le);
        assert_eq!(Encoding::detect(b"\xfe\xff\0["), Encoding::Utf16Be);
        assert_eq!(Encoding::detect(b"\0[\0{"), Encoding::Utf16Be);
    }
}
