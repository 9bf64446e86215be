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

/// The records of an undamaged, uncompressed buffer, as ranges of the file.
#[must_use]
pub fn records(file: &[u8], buffer: &Range<usize>) -> Vec<Range<usize>> {
    let end = buffer.start + used_bytes(file, buffer);
    let mut found = Vec::new();
    let mut at = buffer.start + 0x48;
    while at + 8 <= end {
        // SYSTEM, COMPACT and PERFINFO headers keep their size at 4, all others at 0.
        let at_four = file[at + 3] == 0xc0 && matches!(file[at + 2], 1..=4 | 0x10 | 0x11);
        let size_at = if at_four { at + 4 } else { at };
        let size = usize::from(u16::from_le_bytes([file[size_at], file[size_at + 1]]));
        found.push(at..at + size);
        at += size.next_multiple_of(8);
    }
    found
}

/// Whether a record is event 4031 of the activation service.
#[must_use]
pub fn is_marked(file: &[u8], record: &Range<usize>) -> bool {
    let record = &file[record.clone()];
    record.len() > 0x50
        && matches!(record[2], 0x12 | 0x13)
        && record[0x18..0x28] == crate::activation::SMSVCHOST
        && record[0x28..0x2a] == 4031_u16.to_le_bytes()
}
