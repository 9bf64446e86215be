//! GUIDs as Windows stores them: the first three parts little-endian, the rest as bytes.

use std::fmt;
use std::hash::{Hash, Hasher};
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use zerocopy::{Immutable, IntoBytes};

/// A GUID, kept as the 16 bytes found in the file.
#[derive(
    Clone, Copy, Default, Eq, Immutable, IntoBytes, Ord, PartialOrd, Serialize, Deserialize,
)]
#[repr(transparent)]
pub struct Guid(pub [u8; 16]);

impl Guid {
    /// The GUID of zeros, which Windows uses for "none".
    pub const ZERO: Self = Self([0; 16]);

    /// A GUID from its printed parts: `{d1-d2-d3-d4[0..2]-d4[2..8]}`.
    #[must_use]
    pub const fn from_parts(d1: u32, d2: u16, d3: u16, d4: [u8; 8]) -> Self {
        let (a, b, c) = (d1.to_le_bytes(), d2.to_le_bytes(), d3.to_le_bytes());
        Self([
            a[0], a[1], a[2], a[3], b[0], b[1], c[0], c[1], d4[0], d4[1], d4[2], d4[3], d4[4],
            d4[5], d4[6], d4[7],
        ])
    }

    /// The text Windows prints, in lower case, as ASCII.
    pub(crate) fn braced(&self) -> [u8; 38] {
        const HEX: &[u8; 16] = b"0123456789abcdef";
        // Where the digits of each byte stand.
        const PLACES: [usize; 16] = [7, 5, 3, 1, 12, 10, 17, 15, 20, 22, 25, 27, 29, 31, 33, 35];
        let mut text = *b"{------------------------------------}";
        for (byte, place) in self.0.into_iter().zip(PLACES) {
            text[place] = HEX[usize::from(byte >> 4)];
            text[place + 1] = HEX[usize::from(byte & 15)];
        }
        text
    }

    /// Its bytes as two numbers: 32-bit machines compare and hash those much faster than 16 bytes.
    #[inline]
    fn halves(&self) -> (u64, u64) {
        let [low, high] = [0, 8].map(|from| {
            let mut half = [0; 8];
            half.copy_from_slice(&self.0[from..from + 8]);
            u64::from_le_bytes(half)
        });
        (low, high)
    }

    /// Whether this is [`Guid::ZERO`].
    #[must_use]
    pub fn is_zero(&self) -> bool {
        *self == Self::ZERO
    }
}

impl PartialEq for Guid {
    #[inline]
    fn eq(&self, other: &Self) -> bool {
        self.halves() == other.halves()
    }
}

impl Hash for Guid {
    #[inline]
    fn hash<H: Hasher>(&self, state: &mut H) {
        let (low, high) = self.halves();
        state.write_u64(low);
        state.write_u64(high);
    }
}

impl fmt::Display for Guid {
    /// Lower case, with dashes; `{:#}` adds the braces Windows prints.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let text = self.braced();
        let text = if f.alternate() { &text[..] } else { &text[1..text.len() - 1] };
        f.write_str(std::str::from_utf8(text).unwrap_or_default())
    }
}

impl fmt::Debug for Guid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// The text is not a GUID.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct ParseGuidError;

impl FromStr for Guid {
    type Err = ParseGuidError;

    /// Accepts what Windows tools write: with or without braces, dashes and capitals.
    fn from_str(text: &str) -> Result<Self, ParseGuidError> {
        let text = text.trim();
        let text = text.strip_prefix('{').and_then(|t| t.strip_suffix('}')).unwrap_or(text);
        let mut nibbles = [0_u8; 32];
        let mut count = 0;
        for (i, c) in text.bytes().enumerate() {
            let nibble = match c {
                b'0'..=b'9' => c - b'0',
                b'a'..=b'f' => c - b'a' + 10,
                b'A'..=b'F' => c - b'A' + 10,
                b'-' if text.len() == 36 && matches!(i, 8 | 13 | 18 | 23) => continue,
                _ => return Err(ParseGuidError),
            };
            *nibbles.get_mut(count).ok_or(ParseGuidError)? = nibble;
            count += 1;
        }
        if count != 32 {
            return Err(ParseGuidError);
        }
        let byte = |i: usize| nibbles[2 * i] << 4 | nibbles[2 * i + 1];
        const ORDER: [usize; 16] = [3, 2, 1, 0, 5, 4, 7, 6, 8, 9, 10, 11, 12, 13, 14, 15];
        Ok(Self(ORDER.map(byte)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn prints_and_reads_what_windows_prints() {
        let text = "c651f5f6-1c0d-492e-8ae1-b4efd7c9d503";
        let guid: Guid = text.parse().expect("a GUID");
        assert_eq!(guid.0[..4], [0xf6, 0xf5, 0x51, 0xc6], "the first part is little-endian");
        assert_eq!(guid.to_string(), text);
        assert_eq!(format!("{guid:#}"), format!("{{{text}}}"));
        assert_eq!("{C651F5F6-1C0D-492E-8AE1-B4EFD7C9D503}".parse(), Ok(guid));
        assert_eq!("c651f5f61c0d492e8ae1b4efd7c9d503".parse(), Ok(guid));
        for bad in [
            "",
            "c651f5f6",
            "g651f5f6-1c0d-492e-8ae1-b4efd7c9d503",
            "{c651f5f6-1c0d-492e-8ae1-b4efd7c9d503",
        ] {
            assert_eq!(bad.parse::<Guid>(), Err(ParseGuidError), "{bad}");
        }
    }
}
