//! Damage as disks, copies and crashes do it.

use std::ops::Range;

use crate::bytes::get_u32;

/// The buffers of an undamaged file, in file order.
///
/// # Panics
/// When the file is damaged.
#[must_use]
pub fn buffers(file: &[u8]) -> Vec<Range<usize>> {
    let mut found = Vec::new();
    let mut at = 0;
    while at < file.len() {
        let size = get_u32(file, at) as usize;
        assert!(size >= 0x48 && at + size <= file.len(), "not a whole buffer at {at:#x}");
        found.push(at..at + size);
        at += size;
    }
    found
}

/// How many bytes of an uncompressed buffer hold records, its header included.
#[must_use]
pub fn used_bytes(file: &[u8], buffer: &Range<usize>) -> usize {
    get_u32(file, buffer.start + 0x30) as usize
}

/// Overwrites a range with zeros.
pub fn zero(file: &mut [u8], range: Range<usize>) {
    file[range].fill(0);
}

/// Flips bits of one byte.
pub fn flip(file: &mut [u8], at: usize, mask: u8) {
    file[at] ^= mask;
}

/// Cuts the file after `len` bytes.
#[must_use]
pub fn cut(file: &[u8], len: usize) -> Vec<u8> {
    file[..len].to_vec()
}
