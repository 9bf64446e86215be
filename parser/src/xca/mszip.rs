//! MSZIP, the usual compression of cabinets (MS-MCI): each block of at most 32 KiB is `CK` and
//! a deflate stream (RFC 1951) of its own, whose matches may reach back into the blocks before it.

/// Bytes of a block, unpacked.
pub const BLOCK_BYTES: usize = 32 << 10;

/// Longest code of a symbol, in bits.
const MAX_CODE_BITS: usize = 15;

/// Symbols of the literal and length alphabet, and of the distance alphabet.
const LITERALS: usize = 288;
const DISTANCES: usize = 30;

/// End of a deflate block, and the first of the lengths.
const END: u16 = 256;

/// The blocks of one folder, in order.
#[derive(Clone, Debug, Default)]
pub struct Mszip {
    /// The block before, then the one at hand.
    bytes: Vec<u8>,
    literals: Code,
    distances: Code,
}

impl Mszip {
    /// Unpacks the next block, which has `wanted_bytes`; `None` when it is damaged or has another
    /// length.
    pub fn block(&mut self, data: &[u8], wanted_bytes: usize) -> Option<&[u8]> {
        let kept = self.bytes.len().min(BLOCK_BYTES);
        self.bytes.drain(..self.bytes.len() - kept);
        let [b'C', b'K', stream @ ..] = data else { return None };
        let end = kept + wanted_bytes;
        let mut bits = Bits { bytes: stream, held: 0, count: 0 };
        loop {
            let is_last = bits.take(1)? == 1;
            match bits.take(2)? {
                0 => self.stored(&mut bits, end)?,
                1 => {
                    self.fixed();
                    self.compressed(&mut bits, end)?;
                }
                2 => {
                    self.dynamic(&mut bits)?;
                    self.compressed(&mut bits, end)?;
                }
                _ => return None,
            }
            if is_last {
                break;
            }
        }
        if self.bytes.len() == end { self.bytes.get(kept..) } else { None }
    }

    fn stored(&mut self, bits: &mut Bits<'_>, end: usize) -> Option<()> {
        bits.skip_to_byte();
        let (length, inverse) = (bits.take(16)?, bits.take(16)?);
        if length ^ inverse != 0xffff || self.bytes.len() + length as usize > end {
            return None;
        }
        for _ in 0..length {
            self.bytes.push(bits.take(8)? as u8);
        }
        Some(())
    }

    /// The codes of a block that describes none (RFC 1951, 3.2.6).
    fn fixed(&mut self) {
        let mut lengths = [8; LITERALS];
        lengths[144..256].fill(9);
        lengths[256..280].fill(7);
        // These are whole codes.
        let _ = self.literals.build(&lengths);
        let _ = self.distances.build(&[5; DISTANCES]);
    }

    /// The codes a block begins with (RFC 1951, 3.2.7).
    fn dynamic(&mut self, bits: &mut Bits<'_>) -> Option<()> {
        const ORDER: [usize; 19] =
            [16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15];
        let literals = 257 + bits.take(5)? as usize;
        let distances = 1 + bits.take(5)? as usize;
        let count = 4 + bits.take(4)? as usize;
        let mut lengths = [0_u8; 19];
        for &symbol in ORDER.iter().take(count) {
            *lengths.get_mut(symbol)? = bits.take(3)? as u8;
        }
        self.distances.build(&lengths)?;
        let mut all = Vec::with_capacity(literals + distances);
        while all.len() < literals + distances {
            let (length, times) = match self.distances.next(bits)? {
                length @ 0..16 => (length as u8, 1),
                16 => (*all.last()?, 3 + bits.take(2)?),
                17 => (0, 3 + bits.take(3)?),
                _ => (0, 11 + bits.take(7)?),
            };
            all.resize(all.len() + times as usize, length);
        }
        if all.len() > literals + distances {
            return None;
        }
        let (of_literals, of_distances) = all.split_at_checked(literals)?;
        self.literals.build(of_literals)?;
        self.distances.build(of_distances)
    }

    fn compressed(&mut self, bits: &mut Bits<'_>, end: usize) -> Option<()> {
        loop {
            let symbol = self.literals.next(bits)?;
            if symbol < END {
                self.bytes.push(symbol as u8);
            } else if symbol == END {
                return Some(());
            } else {
                let (base, extra) = length_of(symbol)?;
                let length = base + bits.take(extra)? as usize;
                let (base, extra) = distance_of(self.distances.next(bits)?)?;
                let distance = base + bits.take(extra)? as usize;
                let from = self.bytes.len().checked_sub(distance)?;
                if distance >= length {
                    self.bytes.extend_from_within(from..from + length);
                } else {
                    for at in from..from + length {
                        self.bytes.push(*self.bytes.get(at)?);
                    }
                }
            }
            if self.bytes.len() > end {
                return None;
            }
        }
    }
}

/// Shortest length of a symbol, and bits that are added to it (RFC 1951, 3.2.5).
fn length_of(symbol: u16) -> Option<(usize, u32)> {
    let at = symbol.checked_sub(257)?;
    Some(match at {
        0..8 => (3 + usize::from(at), 0),
        8..28 => {
            let extra = u32::from(at / 4) - 1;
            (3 + ((4 + usize::from(at % 4)) << extra), extra)
        }
        28 => (258, 0),
        _ => return None,
    })
}

/// The same of a distance.
fn distance_of(symbol: u16) -> Option<(usize, u32)> {
    Some(match symbol {
        0..4 => (1 + usize::from(symbol), 0),
        4..30 => {
            let extra = u32::from(symbol / 2) - 1;
            (1 + ((2 + usize::from(symbol % 2)) << extra), extra)
        }
        _ => return None,
    })
}

/// Bits, the lowest of each byte first.
struct Bits<'a> {
    bytes: &'a [u8],
    held: u64,
    count: u32,
}

impl Bits<'_> {
    /// Holds as many bits as there are, at least 32 where they are.
    #[inline]
    fn fill(&mut self) {
        while self.count <= 56
            && let Some((&byte, rest)) = self.bytes.split_first()
        {
            self.held |= u64::from(byte) << self.count;
            self.count += 8;
            self.bytes = rest;
        }
    }

    /// The next bits, at most 16.
    #[inline]
    fn take(&mut self, bits: u32) -> Option<u32> {
        if self.count < bits {
            self.fill();
        }
        self.count = self.count.checked_sub(bits)?;
        let taken = self.held & ((1 << bits) - 1);
        self.held >>= bits;
        Some(taken as u32)
    }

    /// Skips to the next whole byte.
    fn skip_to_byte(&mut self) {
        let odd = self.count % 8;
        self.held >>= odd;
        self.count -= odd;
    }
}

/// A code of symbols.
#[derive(Clone, Debug, Default)]
struct Code {
    /// Symbol and length of its code, by the next bits; a length of 0 is no code.
    table: Vec<(u16, u8)>,
    bits: u32,
}

impl Code {
    /// From the length of each symbol's code; `None` when they cannot all be told apart.
    fn build(&mut self, lengths: &[u8]) -> Option<()> {
        let mut counts = [0_u32; MAX_CODE_BITS + 1];
        for &length in lengths {
            *counts.get_mut(usize::from(length))? += 1;
        }
        counts[0] = 0;
        let longest = counts.iter().rposition(|&count| count > 0).unwrap_or(0);
        let (mut next, mut code) = ([0_u32; MAX_CODE_BITS + 2], 0);
        for bits in 1..=MAX_CODE_BITS {
            code = (code + counts[bits - 1]) << 1;
            next[bits] = code;
            if code + counts[bits] > 1 << bits {
                return None;
            }
        }
        self.bits = longest as u32;
        self.table.clear();
        self.table.resize(1 << longest, (0, 0));
        for (symbol, &length) in (0_u16..).zip(lengths) {
            let slot = next.get_mut(usize::from(length))?;
            if length == 0 {
                continue;
            }
            // Codes are written from their highest bit.
            let first = slot.reverse_bits() >> (32 - u32::from(length));
            *slot += 1;
            let entries = self.table.iter_mut().skip(first as usize).step_by(1 << length);
            entries.for_each(|entry| *entry = (symbol, length));
        }
        Some(())
    }

    #[inline]
    fn next(&self, bits: &mut Bits<'_>) -> Option<u16> {
        if bits.count < self.bits {
            bits.fill();
        }
        let at = bits.held as usize & ((1 << self.bits) - 1);
        let &(symbol, length) = self.table.get(at)?;
        let length = u32::from(length);
        if length == 0 || length > bits.count {
            return None;
        }
        bits.held >>= length;
        bits.count -= length;
        Some(symbol)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stored_block_and_one_of_fixed_codes_that_reaches_back_into_it() {
        let mut mszip = Mszip::default();
        let stored = [b'C', b'K', 1, 3, 0, 0xfc, 0xff, b'a', b'b', b'c'];
        assert_eq!(mszip.block(&stored, 3), Some(&b"abc"[..]));
        // Last block, fixed codes: length 6 (symbol 260, 0000100), distance 3 (00010), end.
        let mut bits = String::from("1") + "10" + "0000100" + "00010" + "0000000";
        bits.extend(std::iter::repeat_n('0', (8 - bits.len() % 8) % 8));
        let bytes = bits.as_bytes().chunks(8).map(|byte| {
            byte.iter().rev().fold(0_u8, |value, bit| value << 1 | u8::from(*bit == b'1'))
        });
        let block: Vec<u8> = b"CK".iter().copied().chain(bytes).collect();
        assert_eq!(mszip.block(&block, 6), Some(&b"abcabc"[..]));
        assert_eq!(mszip.clone().block(&block, 7), None, "another length than promised");
        for end in 0..block.len() {
            assert_eq!(mszip.clone().block(&block[..end], 6), None, "cut at {end}");
        }
    }

    #[test]
    fn lengths_and_distances_of_every_symbol() {
        let of = |symbol| length_of(symbol).expect("a length");
        assert_eq!(
            [257, 264, 265, 284, 285].map(of),
            [(3, 0), (10, 0), (11, 1), (227, 5), (258, 0)]
        );
        let of = |symbol| distance_of(symbol).expect("a distance");
        assert_eq!([0, 3, 4, 29].map(of), [(1, 0), (4, 0), (5, 1), (24_577, 13)]);
        assert_eq!((length_of(286), distance_of(30)), (None, None));
    }

    #[test]
    fn codes_that_overlap_are_refused() {
        assert_eq!(Code::default().build(&[1, 1, 1]), None);
        assert_eq!(Code::default().build(&[1, 2, 2]), Some(()));
        assert_eq!(Code::default().build(&[16]), None);
    }
}
