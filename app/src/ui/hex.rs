//! Bytes as people read them: offset, sixteen bytes, their characters.

use std::fmt::Write as _;

/// Bytes of one line.
const LINE: usize = 16;

/// A hex view of a payload.
#[must_use]
pub fn dump(bytes: &[u8]) -> String {
    let mut out = String::with_capacity(bytes.len() / LINE * 76 + 76);
    for (number, line) in bytes.chunks(LINE).enumerate() {
        let _ = write!(out, "{:05x}  ", number * LINE);
        for place in 0..LINE {
            match line.get(place) {
                Some(byte) => {
                    let _ = write!(out, "{byte:02x} ");
                }
                None => out.push_str("   "),
            }
            if place == LINE / 2 - 1 {
                out.push(' ');
            }
        }
        out.push(' ');
        for byte in line {
            out.push(if matches!(byte, 0x20..=0x7e) { char::from(*byte) } else { '·' });
        }
        out.push('\n');
    }
    out
}

#[cfg(test)]
mod tests {
    use super::dump;

    #[test]
    fn lines_hold_offset_bytes_and_characters() {
        let bytes: Vec<u8> = (0x3a..=0x4b).collect();
        assert_eq!(
            dump(&bytes),
            "00000  3a 3b 3c 3d 3e 3f 40 41  42 43 44 45 46 47 48 49  :;<=>?@ABCDEFGHI\n\
             00010  4a 4b                                             JK\n"
        );
        assert_eq!(dump(&[]), "");
    }
}
