//! Text of network addresses and security identifiers.

use std::fmt::Write as _;
use std::net::{Ipv4Addr, Ipv6Addr};

/// An IPv4 (4 bytes) or IPv6 (16 bytes) address in network byte order.
#[must_use]
pub fn ip(bytes: &[u8]) -> String {
    match bytes {
        [a, b, c, d] => Ipv4Addr::new(*a, *b, *c, *d).to_string(),
        _ => bytes
            .first_chunk::<16>()
            .map(|octets| Ipv6Addr::from(*octets).to_string())
            .unwrap_or_default(),
    }
}

/// A `SOCKADDR_IN` or `SOCKADDR_IN6`: `address:port`, an IPv6 address in brackets.
#[must_use]
pub fn socket(bytes: &[u8]) -> Option<String> {
    let family = u16::from_le_bytes(*bytes.first_chunk()?);
    let port = u16::from_be_bytes(*bytes.get(2..4)?.first_chunk()?);
    let address = match family {
        2 => ip(bytes.get(4..8)?),
        // Port, flow information, address.
        23 => format!("[{}]", ip(bytes.get(8..24)?)),
        _ => return None,
    };
    Some(format!("{address}:{port}"))
}

/// A security identifier in its `S-1-…` form.
#[must_use]
pub fn sid(bytes: &[u8]) -> Option<String> {
    let (revision, subs) = (*bytes.first()?, usize::from(*bytes.get(1)?));
    let authority =
        bytes.get(2..8)?.iter().fold(0_u64, |value, byte| value << 8 | u64::from(*byte));
    let mut text = format!("S-{revision}-{authority}");
    let (words, _) = bytes.get(8..8 + 4 * subs)?.as_chunks::<4>();
    for word in words {
        write!(text, "-{}", u32::from_le_bytes(*word)).ok()?;
    }
    Some(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_written_as_windows_writes_them() {
        assert_eq!(ip(&[10, 0, 0, 1]), "10.0.0.1");
        let v4 = [2, 0, 0x1f, 0x90, 127, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0];
        assert_eq!(socket(&v4).as_deref(), Some("127.0.0.1:8080"));
        let mut v6 = [0; 28];
        (v6[0], v6[3], v6[23]) = (23, 53, 1);
        assert_eq!(socket(&v6).as_deref(), Some("[::1]:53"));
        assert_eq!(socket(&[7, 0, 0, 0]), None, "another family is not an address");
    }

    #[test]
    fn sids() {
        let administrators = [1, 2, 0, 0, 0, 0, 0, 5, 32, 0, 0, 0, 0x20, 2, 0, 0];
        assert_eq!(sid(&administrators).as_deref(), Some("S-1-5-32-544"));
        assert_eq!(sid(&administrators[..12]), None, "cut off");
    }
}
