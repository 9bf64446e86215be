//! XPRESS plain LZ77 (MS-XCA 2.3): enough of an encoder to write valid compressed buffers.

use std::collections::HashMap;

use crate::bytes::{Put, set_u16, set_u32};

/// How far back a match may reach: 13 bits hold the distance less one.
const WINDOW: usize = 8192;
/// Shortest match.
const MIN_MATCH: usize = 3;

/// Compresses `input` into a stream of its own.
#[must_use]
pub fn compress(input: &[u8]) -> Vec<u8> {
    let mut encoder =
        Encoder { out: vec![0; 4], flags_at: 0, flags: 0, flag_count: 0, half_byte: None };
    // Last place where each three bytes were seen: one candidate is enough for a test encoder.
    let mut seen: HashMap<[u8; 3], usize> = HashMap::new();
    let mut at = 0;
    while at < input.len() {
        let key = input.get(at..at + 3).map(|b| [b[0], b[1], b[2]]);
        let found = key.and_then(|key| seen.insert(key, at)).filter(|&from| at - from <= WINDOW);
        let length = found.map_or(0, |from| {
            input[at..].iter().zip(&input[from..]).take_while(|(a, b)| a == b).count()
        });
        if let (Some(from), true) = (found, length >= MIN_MATCH) {
            encoder.copy(at - from, length);
            at += length;
        } else {
            encoder.out.put_u8(input[at]);
            encoder.flag(false);
            at += 1;
        }
    }
    encoder.finish()
}

struct Encoder {
    out: Vec<u8>,
    flags_at: usize,
    flags: u32,
    flag_count: u32,
    /// Where a byte stands whose upper four bits are still free for a length.
    half_byte: Option<usize>,
}

impl Encoder {
    /// Must be called after the bytes the flag speaks of: a new flag word stands before the bytes
    /// of the 33rd item, that is, right after those of the 32nd.
    fn flag(&mut self, is_match: bool) {
        self.flags = self.flags << 1 | u32::from(is_match);
        self.flag_count += 1;
        if self.flag_count == 32 {
            set_u32(&mut self.out, self.flags_at, self.flags);
            self.flags_at = self.out.len();
            self.out.put_u32(0);
            self.flag_count = 0;
            self.flags = 0;
        }
    }

    fn copy(&mut self, distance: usize, length: usize) {
        let head = ((distance - 1) << 3) as u16;
        let mut rest = length - MIN_MATCH;
        if rest < 7 {
            self.out.put_u16(head | rest as u16);
        } else {
            self.out.put_u16(head | 7);
            rest -= 7;
            let nibble = rest.min(15) as u8;
            match self.half_byte.take() {
                Some(at) => self.out[at] |= nibble << 4,
                None => {
                    self.half_byte = Some(self.out.len());
                    self.out.put_u8(nibble);
                }
            }
            if nibble == 15 {
                rest -= 15;
                if rest < 255 {
                    self.out.put_u8(rest as u8);
                } else {
                    self.out.put_u8(255);
                    rest += 7 + 15;
                    if rest < 1 << 16 {
                        self.out.put_u16(rest as u16);
                    } else {
                        self.out.put_u16(0);
                        self.out.put_u32(rest as u32);
                    }
                }
            }
        }
        self.flag(true);
    }

    fn finish(mut self) -> Vec<u8> {
        // Free flag bits are ones: a decoder that still wants an item finds a match with no bytes
        // left and stops.
        let free = 32 - self.flag_count;
        let flags = ((u64::from(self.flags) << free) | ((1_u64 << free) - 1)) as u32;
        set_u32(&mut self.out, self.flags_at, flags);
        self.out
    }
}

/// Damages a compressed stream so that its first item is a match that reaches before its start.
pub fn break_stream(stream: &mut [u8]) {
    set_u32(stream, 0, u32::MAX);
    set_u16(stream, 4, 0xfff8);
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A decoder written from the same document, for this test only.
    fn inflate(stream: &[u8], wanted: usize) -> Vec<u8> {
        let (mut out, mut at, mut flags, mut left) = (Vec::new(), 0, 0_u32, 0);
        let mut half: Option<usize> = None;
        let word = |at: usize| u16::from_le_bytes([stream[at], stream[at + 1]]);
        while out.len() < wanted {
            if left == 0 {
                flags = crate::bytes::get_u32(stream, at);
                at += 4;
                left = 32;
            }
            left -= 1;
            if flags >> left & 1 == 0 {
                out.push(stream[at]);
                at += 1;
                continue;
            }
            let head = usize::from(word(at));
            at += 2;
            let (distance, mut length) = ((head >> 3) + 1, head & 7);
            if length == 7 {
                let nibble = match half.take() {
                    Some(place) => stream[place] >> 4,
                    None => {
                        half = Some(at);
                        at += 1;
                        stream[at - 1] & 15
                    }
                };
                length = usize::from(nibble);
                if length == 15 {
                    length = usize::from(stream[at]);
                    at += 1;
                    if length == 255 {
                        length = usize::from(word(at));
                        at += 2;
                        if length == 0 {
                            length = crate::bytes::get_u32(stream, at) as usize;
                            at += 4;
                        }
                        length -= 15 + 7;
                    }
                    length += 15;
                }
                length += 7;
            }
            length += 3;
            for _ in 0..length {
                out.push(out[out.len() - distance]);
            }
        }
        out
    }

    #[test]
    fn what_was_compressed_inflates_to_itself() {
        let mut random = crate::random::Random::new(3);
        let noise: Vec<u8> = (0..3000).map(|_| random.bits() as u8).collect();
        let words: Vec<u8> = (0..4000).map(|_| *random.pick(b"abc ")).collect();
        let cases =
            [Vec::new(), b"a".to_vec(), vec![0; 40], vec![7; 70_000], vec![1; 300], noise, words];
        for input in cases {
            let stream = compress(&input);
            assert_eq!(inflate(&stream, input.len()), input);
        }
    }
}
