//! One line in the making, written in blocks of fixed size: a block too long costs less than a
//! copy of the exact length, and what stands beyond the end is written over by what follows.

use crate::guid::Guid;
use crate::text::utf16le_to_string;
use crate::time::{FILETIME_PER_SECOND, write_iso8601};

/// Bytes copied at once. Most pieces are shorter.
pub(super) const BLOCK: usize = 32;

/// Whole numbers that every reader of JSON keeps: up to 2^53 − 1.
pub(super) const MAX_EXACT: u64 = (1 << 53) - 1;

/// A text of at most a block, with what is copied along.
#[derive(Clone, Copy, Debug)]
pub(super) struct Piece {
    block: [u8; BLOCK],
    length: usize,
}

/// A piece known when compiling.
pub(super) const fn piece(text: &str) -> Piece {
    let mut block = [0; BLOCK];
    let mut at = 0;
    while at < text.len() {
        block[at] = text.as_bytes()[at];
        at += 1;
    }
    Piece { block, length: at }
}

/// The two digits of each number below 100, decimal or hexadecimal of each byte.
const fn pairs<const N: usize>(base: usize, digits: &[u8]) -> [[u8; 2]; N] {
    let mut pairs = [[0; 2]; N];
    let mut number = 0;
    while number < N {
        pairs[number] = [digits[number / base], digits[number % base]];
        number += 1;
    }
    pairs
}

static DECIMAL: [[u8; 2]; 100] = pairs(10, b"0123456789");
static HEXADECIMAL: [[u8; 2]; 256] = pairs(16, b"0123456789abcdef");
static UPPER_HEXADECIMAL: [[u8; 2]; 256] = pairs(16, b"0123456789ABCDEF");

/// A line of JSON, and room behind it.
#[derive(Debug, Default)]
pub(super) struct Line {
    bytes: Vec<u8>,
    length: usize,
}

impl Line {
    /// Begins anew.
    pub fn clear(&mut self) {
        self.length = 0;
    }

    /// What was written.
    pub fn text(&self) -> &[u8] {
        self.bytes.get(..self.length).unwrap_or_default()
    }

    /// Where the next byte comes to stand.
    #[inline]
    pub fn end(&self) -> usize {
        self.length
    }

    #[cold]
    #[inline(never)]
    fn grow(&mut self, more: usize) {
        self.bytes.resize((self.length + more).next_power_of_two().max(4_096), 0);
    }

    /// Makes sure of room for `more` bytes.
    #[inline]
    fn reserve(&mut self, more: usize) {
        if self.bytes.len() - self.length < more {
            self.grow(more);
        }
    }

    /// Writes the first `length` bytes of a block.
    #[inline(always)]
    fn block<const N: usize>(&mut self, block: &[u8; N], length: usize) {
        self.reserve(N);
        if let Some(room) =
            self.bytes.get_mut(self.length..).and_then(|room| room.first_chunk_mut::<N>())
        {
            *room = *block;
            self.length += length.min(N);
        }
    }

    #[inline(always)]
    pub fn piece(&mut self, piece: &Piece) {
        self.block(&piece.block, piece.length);
    }

    /// A part of `text`, which goes on for a block after it.
    #[inline]
    pub fn part(&mut self, text: &[u8], start: usize, length: usize) {
        if length > 4 * BLOCK {
            return self.slice(text.get(start..start + length).unwrap_or_default());
        }
        let mut at = start;
        let end = start + length;
        while at < end {
            let Some(block) = text.get(at..).and_then(|rest| rest.first_chunk::<BLOCK>()) else {
                return self.slice(text.get(at..end).unwrap_or_default());
            };
            self.block(block, end - at);
            at += BLOCK;
        }
    }

    /// Text of any length.
    #[inline]
    pub fn slice(&mut self, text: &[u8]) {
        self.reserve(text.len() + BLOCK);
        if let Some(room) = self.bytes.get_mut(self.length..self.length + text.len()) {
            room.copy_from_slice(text);
            self.length += text.len();
        }
    }

    /// Writes again what stands from `start` to `end`.
    #[inline]
    pub fn again(&mut self, start: usize, end: usize) {
        self.reserve(BLOCK);
        let length = end.saturating_sub(start);
        if length <= BLOCK
            && let Some(block) =
                self.bytes.get(start..).and_then(|rest| rest.first_chunk::<BLOCK>())
        {
            let block = *block;
            return self.block(&block, length);
        }
        self.reserve(length + BLOCK);
        if end <= self.length {
            self.bytes.copy_within(start..end, self.length);
            self.length += length;
        }
    }

    /// Whether the byte at `at` is a quotation mark.
    #[inline]
    pub fn is_quoted(&self, at: usize) -> bool {
        self.bytes.get(at) == Some(&b'"')
    }

    #[inline]
    pub fn byte(&mut self, byte: u8) {
        self.reserve(BLOCK);
        if let Some(room) = self.bytes.get_mut(self.length) {
            *room = byte;
            self.length += 1;
        }
    }

    /// A whole number; beyond what every reader keeps, in hexadecimal.
    #[inline]
    pub fn unsigned(&mut self, value: u64) {
        match value {
            0..=MAX_EXACT => self.decimal(value),
            _ => self.hexadecimal(value),
        }
    }

    /// A whole number, however large.
    #[inline]
    pub fn integer(&mut self, value: i64) {
        if value < 0 {
            self.byte(b'-');
        }
        self.decimal(value.unsigned_abs());
    }

    /// A whole number; beyond what every reader keeps, its 64 bits in hexadecimal.
    #[inline]
    pub fn signed(&mut self, value: i64) {
        if value.unsigned_abs() > MAX_EXACT {
            return self.hexadecimal(value.cast_unsigned());
        }
        self.integer(value);
    }

    #[inline]
    pub fn decimal(&mut self, value: u64) {
        if value < 10 {
            return self.byte(b'0' + value as u8);
        }
        self.long_decimal(value);
    }

    fn long_decimal(&mut self, value: u64) {
        const WIDTH: usize = 20;
        // The digits end at WIDTH; room behind, so that a block can begin at any of them.
        let mut text = [0; WIDTH + 24];
        let mut start = WIDTH;
        let mut put = |pair: u64| {
            start -= 2;
            // Less than 100 of them.
            let digits = DECIMAL[pair as usize % 100];
            text[start] = digits[0];
            text[start + 1] = digits[1];
        };
        let mut rest = value;
        while let Some(high) = (rest / 10_000 != 0).then_some(rest / 10_000) {
            let low = (rest % 10_000) as u32;
            put(u64::from(low % 100));
            put(u64::from(low / 100));
            rest = high;
        }
        // At most four digits.
        let low = rest as u32;
        put(u64::from(low % 100));
        if low >= 100 {
            put(u64::from(low / 100));
        }
        let start = start + usize::from(text[start] == b'0');
        if let Some(block) = text.get(start..).and_then(|rest| rest.first_chunk::<24>()) {
            self.block(block, WIDTH - start);
        }
    }

    /// `"0x…"`, as JSON has no such numbers.
    #[inline]
    pub fn hexadecimal(&mut self, value: u64) {
        // `"0x` before as many digits as are there, and `"` behind them.
        let mut text = [0; 3 + 16 + 1 + BLOCK];
        for (pair, byte) in text[3..19].as_chunks_mut::<2>().0.iter_mut().zip(value.to_be_bytes()) {
            *pair = HEXADECIMAL[usize::from(byte)];
        }
        text[19] = b'"';
        let digits = (64 - value.leading_zeros()).div_ceil(4).max(1) as usize;
        let start = 16 - digits;
        text[start..start + 3].copy_from_slice(b"\"0x");
        if let Some(block) = text.get(start..).and_then(|rest| rest.first_chunk::<BLOCK>()) {
            self.block(block, digits + 4);
        }
    }

    /// `"{…}"`
    #[inline]
    pub fn guid(&mut self, value: Guid) {
        let mut text = [b'"'; 40];
        text[1..39].copy_from_slice(&value.braced());
        self.block(&text, 40);
    }

    /// Bytes as upper-case hexadecimal digits between quotation marks.
    pub fn upper_hexadecimal(&mut self, bytes: &[u8]) {
        self.byte(b'"');
        for byte in bytes {
            self.block(&UPPER_HEXADECIMAL[usize::from(*byte)], 2);
        }
        self.byte(b'"');
    }

    /// UTF-16 as a JSON string: to its zero unit where `to_zero` says so, else to its end. The
    /// answer is the bytes taken, `None` where the zero unit is missing.
    #[inline]
    pub fn utf16(&mut self, bytes: &[u8], to_zero: bool) -> Option<usize> {
        self.byte(b'"');
        let mut at = 0;
        // Eight units at once, while all of them are ASCII that stands for itself.
        while let Some(units) = bytes.get(at..).and_then(|rest| rest.first_chunk::<16>()) {
            let Some(text) = plain_ascii(units) else { break };
            self.block(&text, 8);
            at += 16;
        }
        while let Some(unit) = bytes.get(at..).and_then(|rest| rest.first_chunk::<2>()) {
            match u16::from_le_bytes(*unit) {
                0 if to_zero => {
                    self.byte(b'"');
                    return Some(at + 2);
                }
                unit @ 0..=0x7f => self.ascii(unit as u8),
                // Rare enough to be decoded as a whole.
                _ => return self.rest_of_utf16(bytes, at, to_zero),
            }
            at += 2;
        }
        if to_zero {
            return None;
        }
        if at < bytes.len() {
            // An odd last byte is half a unit.
            self.slice("\u{fffd}".as_bytes());
        }
        self.byte(b'"');
        Some(bytes.len())
    }

    fn rest_of_utf16(&mut self, bytes: &[u8], at: usize, to_zero: bool) -> Option<usize> {
        let rest = bytes.get(at..).unwrap_or_default();
        let (text, taken) = if to_zero {
            let units = rest.as_chunks::<2>().0.iter().position(|unit| *unit == [0, 0])?;
            (rest.get(..2 * units).unwrap_or_default(), 2 * units + 2)
        } else {
            (rest, rest.len())
        };
        self.escaped(utf16le_to_string(text).as_bytes());
        self.byte(b'"');
        Some(at + taken)
    }

    /// UTF-8 as it stands in a JSON string.
    pub fn escaped(&mut self, text: &[u8]) {
        let mut rest = text;
        loop {
            let (plain, special) = rest.split_at(plain_bytes(rest));
            self.slice(plain);
            let Some((&byte, after)) = special.split_first() else { return };
            self.ascii(byte);
            rest = after;
        }
    }

    /// An ASCII character as it stands in a JSON string.
    #[inline]
    fn ascii(&mut self, byte: u8) {
        match byte {
            b'\n' => self.piece(&const { piece("\\n") }),
            b'\r' => self.piece(&const { piece("\\r") }),
            b'\t' => self.piece(&const { piece("\\t") }),
            b'"' => self.piece(&const { piece("\\\"") }),
            b'\\' => self.piece(&const { piece("\\\\") }),
            0..b' ' => {
                self.piece(&const { piece("\\u00") });
                self.block(&HEXADECIMAL[usize::from(byte)], 2);
            }
            _ => self.byte(byte),
        }
    }

    /// A time as [`write_iso8601`] writes it, between quotation marks.
    pub fn time(&mut self, filetime: i64, clock: &mut Clock) {
        clock.turn(filetime.div_euclid(FILETIME_PER_SECOND));
        let fraction = filetime.rem_euclid(FILETIME_PER_SECOND) as u32;
        if clock.length == Clock::USUAL {
            let text = &mut clock.text;
            let digits = [fraction / 100_000, fraction / 1_000 % 100, fraction / 10 % 100];
            for (place, pair) in [21, 23, 25].into_iter().zip(digits) {
                // Each is below 100.
                text[place..place + 2].copy_from_slice(&DECIMAL[pair as usize % 100]);
            }
            text[27] = b'0' + (fraction % 10) as u8;
            let text = clock.text;
            return self.block(&text, Clock::USUAL + 9);
        }
        let mut text = vec![b'"'];
        write_iso8601(filetime, &mut text);
        text.push(b'"');
        self.slice(&text);
    }
}

/// The time written last: events of one second share all but its fraction.
#[derive(Debug, Default)]
pub(super) struct Clock {
    second: Option<i64>,
    /// `"2026-01-02T03:04:05.0000000Z"`, when that is how long it is.
    text: [u8; BLOCK],
    /// Bytes to the point, the quotation mark included.
    length: usize,
}

impl Clock {
    /// Bytes of a time to its point, when the year has four digits.
    const USUAL: usize = 21;

    #[inline]
    fn turn(&mut self, second: i64) {
        if self.second != Some(second) {
            self.second = Some(second);
            let mut text = vec![b'"'];
            write_iso8601(second.saturating_mul(FILETIME_PER_SECOND), &mut text);
            text.push(b'"');
            self.length = text.len().saturating_sub(9);
            if let Some(room) = self.text.get_mut(..text.len()) {
                room.copy_from_slice(&text);
            }
        }
    }
}

/// Eight units of UTF-16 as ASCII, if each stands for itself in a JSON string.
#[inline]
fn plain_ascii(units: &[u8; 16]) -> Option<[u8; 8]> {
    const ONES: u64 = 0x0101_0101_0101_0101;
    const HIGHS: u64 = 0x8080_8080_8080_8080;
    let mut text = [0; 8];
    let mut high = 0;
    for (byte, unit) in text.iter_mut().zip(units.as_chunks::<2>().0) {
        *byte = unit[0];
        high |= unit[1];
    }
    let word = u64::from_le_bytes(text);
    // A byte below `n` sets its high bit in the difference (or one after it does so by a borrow,
    // which only calls plain text special).
    let zeros = |word: u64| word.wrapping_sub(ONES) & !word;
    let below_blank = word.wrapping_sub(ONES * 0x20) & !word;
    let special = below_blank | zeros(word ^ (ONES * 0x22)) | zeros(word ^ (ONES * 0x5c)) | word;
    (high == 0 && special & HIGHS == 0).then_some(text)
}

/// How many bytes from the start can stand in a JSON string as they are.
pub(super) fn plain_bytes(text: &[u8]) -> usize {
    /// Bytes looked at together, which compilers do at once.
    const TOGETHER: usize = 16;
    let special = |byte: u8| byte < b' ' || byte == b'"' || byte == b'\\';
    let (blocks, _) = text.as_chunks::<TOGETHER>();
    let plain = blocks
        .iter()
        .take_while(|block| !block.iter().fold(false, |any, &byte| any | special(byte)))
        .count()
        * TOGETHER;
    let rest = text.get(plain..).unwrap_or_default();
    plain + rest.iter().position(|&byte| special(byte)).unwrap_or(rest.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(write: impl FnOnce(&mut Line)) -> String {
        let mut line = Line::default();
        write(&mut line);
        String::from_utf8(line.text().to_vec()).expect("UTF-8")
    }

    #[test]
    fn numbers_are_written_as_the_standard_library_does() {
        let mut number = 1_u64;
        let mut numbers = vec![0, MAX_EXACT, MAX_EXACT + 1, u64::MAX];
        while let Some(next) = number.checked_mul(10) {
            numbers.extend([number - 1, number, number + 1, number * 7]);
            number = next;
        }
        for number in numbers {
            assert_eq!(text(|line| line.decimal(number)), number.to_string());
            assert_eq!(text(|line| line.hexadecimal(number)), format!("\"{number:#x}\""));
        }
        assert_eq!(text(|line| line.signed(-12_345)), "-12345");
        assert_eq!(text(|line| line.signed(i64::MIN)), "\"0x8000000000000000\"");
    }

    #[test]
    fn times_are_written_as_ever() {
        let (mut clock, day) = (Clock::default(), 864_000_000_000);
        for time in [day, day + 1, day + 9_999_999, day + 12_345_678, -1, i64::MIN, i64::MAX] {
            let expected = format!("\"{}\"", crate::time::iso8601(time));
            assert_eq!(text(|line| line.time(time, &mut clock)), expected);
        }
    }

    #[test]
    fn utf16_becomes_what_serde_reads_back() {
        for sample in [
            "",
            "plain",
            "a longer text of plain ASCII, more than a block",
            "quote \" in the middle of a block of eight",
            "C:\\Windows\\System32, and a tab\tand a bell\u{7}",
            "세션을 디스패치하지 못했습니다: ok",
            "seven 7 😀 and more \u{7f} after it",
        ] {
            let mut bytes: Vec<u8> = sample.encode_utf16().flat_map(u16::to_le_bytes).collect();
            let open = text(|line| assert_eq!(line.utf16(&bytes, false), Some(bytes.len())));
            assert_eq!(serde_json::from_str::<String>(&open).expect("JSON"), sample);
            assert_eq!(Line::default().utf16(&bytes, true), None, "no zero unit");
            let length = bytes.len() + 2;
            bytes.extend([0, 0, b'x', 0]);
            let ended = text(|line| assert_eq!(line.utf16(&bytes, true), Some(length)));
            assert_eq!(ended, open);
        }
        assert_eq!(text(|line| assert_eq!(line.utf16(b"a\0b", false), Some(3))), "\"a\u{fffd}\"");
    }

    #[test]
    fn pieces_of_any_length_are_copied_and_repeated() {
        let long: Vec<u8> = (0..300_u32).map(|i| b'a' + (i % 26) as u8).collect();
        let mut padded = long.clone();
        padded.resize(long.len() + BLOCK, 0);
        for length in [0, 1, 31, 32, 33, 128, 129, 300] {
            let twice = text(|line| {
                line.part(&padded, 0, length);
                line.again(0, length);
            });
            let once = &long[..length];
            assert_eq!(twice.as_bytes(), [once, once].concat());
        }
    }
}
