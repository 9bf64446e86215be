//! Text of any encoding exports come in, as UTF-8, without losing the place in the file.

/// How the characters of a file are encoded.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub(super) enum Encoding {
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
    pub(super) fn detect(head: &[u8]) -> Self {
        match head {
            [0xff, 0xfe, ..] => Self::Utf16Le,
            [0xfe, 0xff, ..] => Self::Utf16Be,
            [a, 0, b, 0, ..] if *a != 0 && *b != 0 => Self::Utf16Le,
            [0, a, 0, b, ..] if *a != 0 && *b != 0 => Self::Utf16Be,
            _ => Self::Utf8,
        }
    }

    /// How many bytes of the file a piece of decoded text stands for.
    pub(super) fn file_bytes(self, text: &[u8]) -> u64 {
        if self == Self::Utf8 {
            return text.len() as u64;
        }
        // Four-byte sequences are two units, continuation bytes none.
        let units: usize =
            text.iter().map(|&b| usize::from(b & 0xc0 != 0x80) + usize::from(b >= 0xf0)).sum();
        2 * units as u64
    }

    /// Decodes whole UTF-16 units and appends them as UTF-8; half a surrogate pair becomes U+FFFD.
    fn append_utf16(self, bytes: &[u8], text: &mut Vec<u8>) {
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

/// Decodes a file chunk by chunk.
#[derive(Debug, Default)]
pub(super) struct Decoder {
    encoding: Encoding,
    /// Bytes of the file taken so far, `carry` included.
    taken_bytes: u64,
    /// The start of a character whose rest has not come yet.
    carry: Vec<u8>,
    text: Vec<u8>,
}

impl Decoder {
    pub(super) fn new(encoding: Encoding) -> Self {
        Self { encoding, ..Self::default() }
    }

    /// Decodes what can be decoded so far: the text, and the file offset of its first byte.
    pub(super) fn push<'a>(&'a mut self, chunk: &'a [u8]) -> (&'a [u8], u64) {
        let offset = self.taken_bytes - self.carry.len() as u64;
        self.taken_bytes += chunk.len() as u64;
        if self.encoding == Encoding::Utf8 {
            return (chunk, offset);
        }
        self.text.clear();
        self.carry.extend_from_slice(chunk);
        let mut whole = self.carry.len() & !1;
        // The high half of a surrogate pair waits for the low one.
        let last = match (self.encoding, self.carry.get(whole.saturating_sub(2)..whole)) {
            (Encoding::Utf16Be, Some([high, _])) | (_, Some([_, high])) => *high,
            _ => 0,
        };
        if (0xd8..0xdc).contains(&last) {
            whole -= 2;
        }
        let bytes = self.carry.get(..whole).unwrap_or_default();
        self.encoding.append_utf16(bytes, &mut self.text);
        self.carry.drain(..whole);
        (&self.text, offset)
    }

    /// Bytes at the end of the file that are no whole character.
    pub(super) fn left_over_bytes(&self) -> u64 {
        self.carry.len() as u64
    }

    /// Bytes of the file taken so far.
    pub(super) fn taken_bytes(&self) -> u64 {
        self.taken_bytes
    }
}

/// Decodes a piece of a file as a whole.
pub(super) fn decode(encoding: Encoding, bytes: &[u8]) -> Vec<u8> {
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
    fn utf16_in_chunks_of_any_size_is_the_text() {
        let text = "{\"a\":\"세션 😀 x\"}";
        for (encoding, bytes) in [
            (Encoding::Utf16Le, text.encode_utf16().flat_map(u16::to_le_bytes).collect::<Vec<_>>()),
            (Encoding::Utf16Be, text.encode_utf16().flat_map(u16::to_be_bytes).collect()),
        ] {
            for size in 1..bytes.len() {
                let mut decoder = Decoder::new(encoding);
                let mut out = Vec::new();
                for chunk in bytes.chunks(size) {
                    let (piece, offset) = decoder.push(chunk);
                    assert_eq!(offset, encoding.file_bytes(&out), "chunks of {size}");
                    out.extend_from_slice(piece);
                }
                assert_eq!(String::from_utf8_lossy(&out), text);
                assert_eq!(decoder.left_over_bytes(), 0);
            }
            assert_eq!(decode(encoding, &bytes), text.as_bytes());
        }
    }

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
