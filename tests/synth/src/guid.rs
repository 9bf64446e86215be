//! GUIDs as the 16 bytes Windows stores: three little-endian parts, then eight bytes.

/// The 16 bytes as they stand in a file.
pub type Guid = [u8; 16];

/// No GUID.
pub const ZERO: Guid = [0; 16];

/// Position in the file of each printed byte.
const FILE_ORDER: [usize; 16] = [3, 2, 1, 0, 5, 4, 7, 6, 8, 9, 10, 11, 12, 13, 14, 15];

/// Reads `xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx`; braces and dashes may be left out.
///
/// # Panics
/// When the text is not 32 hexadecimal digits; in a constant that is a compile error.
#[must_use]
pub const fn guid(text: &str) -> Guid {
    let text = text.as_bytes();
    let mut bytes = [0_u8; 16];
    let (mut from, mut digit) = (0, 0);
    while from < text.len() {
        let nibble = match text[from] {
            c @ b'0'..=b'9' => c - b'0',
            c @ b'a'..=b'f' => c - b'a' + 10,
            c @ b'A'..=b'F' => c - b'A' + 10,
            b'-' | b'{' | b'}' => {
                from += 1;
                continue;
            }
            _ => panic!("not a GUID"),
        };
        let at = FILE_ORDER[digit / 2];
        bytes[at] = bytes[at] << 4 | nibble;
        digit += 1;
        from += 1;
    }
    assert!(digit == 32, "a GUID has 32 digits");
    bytes
}

/// Lower case with dashes, without braces.
#[must_use]
pub fn guid_text(guid: &Guid) -> String {
    let mut text = String::with_capacity(36);
    for (i, &at) in FILE_ORDER.iter().enumerate() {
        if matches!(i, 4 | 6 | 8 | 10) {
            text.push('-');
        }
        text.push_str(&format!("{:02x}", guid[at]));
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_three_parts_are_little_endian() {
        let id = guid("{00112233-4455-6677-8899-aabbccddeeff}");
        assert_eq!(id[..8], [0x33, 0x22, 0x11, 0x00, 0x55, 0x44, 0x77, 0x66]);
        assert_eq!(id[8..], [0x88, 0x99, 0xaa, 0xbb, 0xcc, 0xdd, 0xee, 0xff]);
        assert_eq!(guid_text(&id), "00112233-4455-6677-8899-aabbccddeeff");
    }
}
