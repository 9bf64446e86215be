//! Text of any encoding exports come in, as UTF-8, without losing the place in the file.

use crate::encoding::Encoding;

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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::encoding::decode;

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
}
