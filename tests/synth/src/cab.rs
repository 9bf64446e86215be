//! Cabinets (MS-CAB), with blocks as they are or in MSZIP (MS-MCI): one folder, one cabinet.

use crate::bytes::Put;

/// Bytes of a block.
pub const BLOCK_BYTES: usize = 32 << 10;

/// How the blocks of a cabinet are written.
pub struct Packing<'a> {
    /// `CFFOLDER.typeCompress`.
    pub number: u16,
    /// Packs a block, given all of the folder to its end and where it begins.
    pub pack: &'a dyn Fn(&[u8], usize) -> Vec<u8>,
}

/// Blocks as they are.
pub const STORED: Packing<'static> =
    Packing { number: 0, pack: &|folder: &[u8], from: usize| folder[from..].to_vec() };

/// MSZIP, with matches that reach into the blocks before.
pub const MSZIP: Packing<'static> = Packing { number: 1, pack: &mszip };

/// A cabinet of files. With `reserved` it has room for signatures in each of its parts, as
/// cabinets of drivers do.
#[must_use]
pub fn build(files: &[(&str, &[u8])], packing: &Packing<'_>, reserved: bool) -> Vec<u8> {
    let folder: Vec<u8> = files.iter().flat_map(|(_, bytes)| bytes.iter().copied()).collect();
    let (header_reserve, folder_reserve, block_reserve) =
        if reserved { (20, 4, 8) } else { (0, 0, 0) };
    let mut list = Vec::new();
    let mut start = 0;
    for (name, bytes) in files {
        list.put_u32(bytes.len() as u32);
        list.put_u32(start);
        list.put_u16(0); // folder
        list.put_u16(0x5c22); // date
        list.put_u16(0x1883); // time
        list.put_u16(if name.is_ascii() { 0x20 } else { 0xa0 });
        list.put_bytes(name.as_bytes());
        list.put_u8(0);
        start += bytes.len() as u32;
    }
    let blocks: Vec<usize> = (0..folder.len()).step_by(BLOCK_BYTES).collect();
    let head_bytes = 36 + if reserved { 4 + header_reserve } else { 0 } + 8 + folder_reserve;
    let mut data = Vec::new();
    for &from in &blocks {
        let end = folder.len().min(from + BLOCK_BYTES);
        let packed = (packing.pack)(&folder[..end], from);
        let mut counts = Vec::new();
        counts.put_u16(packed.len() as u16);
        counts.put_u16((end - from) as u16);
        let mut rest = counts;
        rest.resize(rest.len() + block_reserve, 0);
        let sum = checksum(&packed, 0);
        data.put_u32(checksum(&rest, sum));
        data.put_bytes(&rest);
        data.put_bytes(&packed);
    }
    let mut out = b"MSCF".to_vec();
    let total = head_bytes + list.len() + data.len();
    for value in [0, total as u32, 0, head_bytes as u32, 0] {
        out.put_u32(value);
    }
    out.put_u8(3);
    out.put_u8(1);
    for value in [1, files.len() as u16, if reserved { 4 } else { 0 }, 4711, 0] {
        out.put_u16(value);
    }
    if reserved {
        out.put_u16(header_reserve as u16);
        out.put_u8(folder_reserve as u8);
        out.put_u8(block_reserve as u8);
        out.resize(out.len() + header_reserve, 0);
    }
    out.put_u32((head_bytes + list.len()) as u32);
    out.put_u16(blocks.len() as u16);
    out.put_u16(packing.number);
    out.resize(out.len() + folder_reserve, 0);
    assert_eq!(out.len(), head_bytes);
    out.put_bytes(&list);
    out.put_bytes(&data);
    out
}

/// `CFDATA.csum`: the XOR of 32-bit words; what is left over counts from its highest byte.
fn checksum(bytes: &[u8], seed: u32) -> u32 {
    let (words, rest) = bytes.as_chunks::<4>();
    let sum = words.iter().fold(seed, |sum, word| sum ^ u32::from_le_bytes(*word));
    sum ^ rest.iter().fold(0, |value, byte| value << 8 | u32::from(*byte))
}

/// One block of MSZIP in the fixed codes of deflate (RFC 1951, 3.2.6).
fn mszip(folder: &[u8], from: usize) -> Vec<u8> {
    let mut bits = Bits { out: b"CK".to_vec(), held: 0, count: 0 };
    bits.put(1, 1); // the last block
    bits.put(1, 2); // fixed codes
    let mut places = std::collections::HashMap::<[u8; 4], usize>::new();
    let mut at = from.saturating_sub(BLOCK_BYTES);
    while at < folder.len() {
        let key = folder.get(at..at + 4).map(|key| [key[0], key[1], key[2], key[3]]);
        let earlier = key.and_then(|key| places.insert(key, at));
        if at < from {
            at += 1;
            continue;
        }
        let length = earlier.filter(|earlier| at - earlier <= BLOCK_BYTES).map_or(0, |earlier| {
            let same = folder[earlier..].iter().zip(&folder[at..]);
            same.take(258).take_while(|(a, b)| a == b).count()
        });
        if length < 4 {
            bits.symbol(folder[at].into());
            at += 1;
        } else {
            bits.length(length);
            bits.distance(at - earlier.unwrap_or(at));
            at += length;
        }
    }
    bits.symbol(256);
    bits.finish()
}

/// Bits, the lowest of each byte first.
struct Bits {
    out: Vec<u8>,
    held: u64,
    count: u32,
}

impl Bits {
    fn put(&mut self, value: usize, bits: u32) {
        self.held |= (value as u64) << self.count;
        self.count += bits;
        while self.count >= 8 {
            self.out.push(self.held as u8);
            self.held >>= 8;
            self.count -= 8;
        }
    }

    /// A code, whose highest bit comes first.
    fn code(&mut self, code: usize, bits: u32) {
        self.put((code as u32).reverse_bits() as usize >> (32 - bits), bits);
    }

    fn symbol(&mut self, symbol: usize) {
        match symbol {
            0..144 => self.code(0x30 + symbol, 8),
            144..256 => self.code(0x190 + symbol - 144, 9),
            256..280 => self.code(symbol - 256, 7),
            _ => self.code(0xc0 + symbol - 280, 8),
        }
    }

    fn length(&mut self, length: usize) {
        match length {
            3..=10 => self.symbol(254 + length),
            258 => self.symbol(285),
            _ => {
                // Groups of four symbols share a number of further bits.
                let extra = (length - 3).ilog2() - 2;
                let at = (length - 3) >> extra;
                self.symbol(257 + 4 * extra as usize + at);
                self.put((length - 3) & ((1 << extra) - 1), extra);
            }
        }
    }

    fn distance(&mut self, distance: usize) {
        if distance <= 4 {
            return self.code(distance - 1, 5);
        }
        let extra = (distance - 1).ilog2() - 1;
        let at = (distance - 1) >> extra;
        self.code(2 * extra as usize + at, 5);
        self.put((distance - 1) & ((1 << extra) - 1), extra);
    }

    fn finish(mut self) -> Vec<u8> {
        self.put(0, 7);
        self.out
    }
}
