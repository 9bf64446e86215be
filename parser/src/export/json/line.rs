//! One line in the making, written in blocks of fixed size: a block too long costs less than a
//! copy of the exact length, and what stands beyond the end is written over by what follows.

use crate::guid::Guid;
use crate::text::utf16le_to_string;
use crate::time::{FILETIME_PER_SECOND, write_iso8601};

/// Bytes copied at once. Most pieces are shorter.
const BLOCK: usize = 32;
/// And what most of the others are shorter than.
pub(super) const LONG_BLOCK: usize = 2 * BLOCK;

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

/// The two hexadecimal digits of each byte.
const fn pairs(digits: &[u8]) -> [[u8; 2]; 256] {
    let mut pairs = [[0; 2]; 256];
    let mut number = 0;
    while number < pairs.len() {
        pairs[number] = [digits[number / 16], digits[number % 16]];
        number += 1;
    }
    pairs
}

static HEXADECIMAL: [[u8; 2]; 256] = pairs(b"0123456789abcdef");
static UPPER_HEXADECIMAL: [[u8; 2]; 256] = pairs(b"0123456789ABCDEF");

/// A line of JSON in the making: what is longer than its text is room.
///
/// Where it ends must stay in a register: a hundred pieces that each wait for the end that the one
/// before stored take longer than their bytes. So methods are inlined, or hand the end to a
/// function and take it back.
#[derive(Debug)]
pub(super) struct Line<'a> {
    bytes: &'a mut Vec<u8>,
    end: usize,
}

impl<'a> Line<'a> {
    /// Begins at `start` in the room that `bytes` are.
    #[inline(always)]
    pub fn new(bytes: &'a mut Vec<u8>, start: usize) -> Self {
        Self { bytes, end: start }
    }

    /// The same line, for a function that answers with its end.
    #[inline(always)]
    pub fn lend(&mut self) -> Line<'_> {
        Line { bytes: self.bytes, end: self.end }
    }

    /// Goes on at the end that a function answered with.
    #[inline(always)]
    pub fn go_on(&mut self, end: usize) {
        self.end = end;
    }

    /// Where the next byte comes to stand.
    #[inline(always)]
    pub fn end(&self) -> usize {
        self.end
    }

    /// Writes the first `length` bytes of a block.
    #[inline(always)]
    fn block<const N: usize>(&mut self, block: &[u8; N], length: usize) {
        match self.bytes.get_mut(self.end..).and_then(|room| room.first_chunk_mut::<N>()) {
            Some(room) => *room = *block,
            None => grow(self.bytes, self.end, block),
        }
        self.end += length.min(N);
    }

    #[inline(always)]
    pub fn piece(&mut self, piece: &Piece) {
        self.block(&piece.block, piece.length);
    }

    /// A part of `text`, which goes on for a [`LONG_BLOCK`] after it.
    #[inline(always)]
    pub fn part(&mut self, text: &[u8], start: usize, length: usize) {
        let rest = text.get(start..).unwrap_or_default();
        match (rest.first_chunk::<BLOCK>(), rest.first_chunk::<LONG_BLOCK>()) {
            (Some(block), _) if length <= BLOCK => self.block(block, length),
            (_, Some(block)) if length <= LONG_BLOCK => self.block(block, length),
            _ => self.slice(rest.get(..length).unwrap_or_default()),
        }
    }

    /// Text of any length.
    #[inline(always)]
    pub fn slice(&mut self, text: &[u8]) {
        match self.bytes.get_mut(self.end..self.end + text.len()) {
            Some(room) => room.copy_from_slice(text),
            None => grow(self.bytes, self.end, text),
        }
        self.end += text.len();
    }

    /// Writes again what stands from `start` to `end`.
    #[inline(always)]
    pub fn again(&mut self, start: usize, end: usize) {
        /// Most of what is repeated are small numbers.
        const SMALL: usize = 8;
        let length = end.saturating_sub(start);
        match self.bytes.get(start..).and_then(|rest| rest.first_chunk::<SMALL>()) {
            Some(block) if length <= SMALL => {
                let block = *block;
                self.block(&block, length);
            }
            _ => self.end = long_again(self.lend(), start, length),
        }
    }

    /// Whether the byte at `at` is a quotation mark.
    #[inline]
    pub fn is_quoted(&self, at: usize) -> bool {
        self.bytes.get(at) == Some(&b'"')
    }

    #[inline(always)]
    pub fn byte(&mut self, byte: u8) {
        self.block(&[byte], 1);
    }

    /// A whole number; beyond what every reader keeps, in hexadecimal.
    #[inline(always)]
    pub fn unsigned(&mut self, value: u64) {
        match value {
            0..=MAX_EXACT => self.decimal(value),
            _ => self.hexadecimal(value),
        }
    }

    /// A whole number, however large.
    #[inline(always)]
    pub fn integer(&mut self, value: i64) {
        if value < 0 {
            self.byte(b'-');
        }
        self.decimal(value.unsigned_abs());
    }

    /// A whole number; beyond what every reader keeps, its 64 bits in hexadecimal.
    #[inline(always)]
    pub fn signed(&mut self, value: i64) {
        if value.unsigned_abs() > MAX_EXACT {
            return self.hexadecimal(value.cast_unsigned());
        }
        self.integer(value);
    }

    #[inline(always)]
    pub fn decimal(&mut self, value: u64) {
        match value {
            0..10 => self.byte(b'0' + value as u8),
            _ => self.end = long_decimal(self.lend(), value),
        }
    }

    /// `"0x…"`, as JSON has no such numbers.
    #[inline(always)]
    pub fn hexadecimal(&mut self, value: u64) {
        self.end = hexadecimal(self.lend(), value);
    }

    /// `"{…}"`
    #[inline(always)]
    pub fn guid(&mut self, value: Guid) {
        self.end = guid(self.lend(), value);
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
    #[inline(always)]
    pub fn utf16(&mut self, bytes: &[u8], to_zero: bool) -> Option<usize> {
        let (taken, end) = utf16(self.lend(), bytes, to_zero)?;
        self.end = end;
        Some(taken)
    }

    /// UTF-8 as it stands in a JSON string.
    fn escaped(&mut self, text: &[u8]) {
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
    #[inline(always)]
    pub fn time(&mut self, filetime: i64, clock: &mut Clock) {
        self.end = time(self.lend(), filetime, clock);
    }
}

/// Makes room for a block, and writes it.
#[cold]
#[inline(never)]
fn grow(bytes: &mut Vec<u8>, end: usize, block: &[u8]) {
    /// Added at once: little enough to be written for nothing where the text soon ends.
    const ROOM: usize = 4 << 10;
    let whole = end + block.len();
    bytes.resize(whole + ROOM, 0);
    if let Some(room) = bytes.get_mut(end..whole) {
        room.copy_from_slice(block);
    }
}

#[inline(never)]
fn long_again(mut line: Line<'_>, start: usize, length: usize) -> usize {
    match line.bytes.get(start..).and_then(|rest| rest.first_chunk::<BLOCK>()) {
        Some(block) if length <= BLOCK => {
            let block = *block;
            line.block(&block, length);
        }
        _ => {
            let end = line.end + length;
            if line.bytes.len() < end {
                line.bytes.resize(end, 0);
            }
            if start + length <= line.end {
                line.bytes.copy_within(start..start + length, line.end);
                line.end = end;
            }
        }
    }
    line.end
}

#[inline(never)]
fn long_decimal(mut line: Line<'_>, value: u64) -> usize {
    const EIGHT: u64 = 100_000_000;
    let mut low = value;
    if value >= EIGHT {
        let high = value / EIGHT;
        low = value % EIGHT;
        line.end = match high {
            0..EIGHT => significant(line.lend(), high as u32),
            _ => long_decimal(line.lend(), high),
        };
        line.block(&eight_digits(low as u32).to_le_bytes(), 8);
        return line.end;
    }
    significant(line, low as u32)
}

/// A number below 10^8 without zeros before it.
#[inline(always)]
fn significant(mut line: Line<'_>, value: u32) -> usize {
    // How many digits there are is not read off them: the end would wait for all of that.
    let count = value.checked_ilog10().map_or(1, |last| last + 1).min(8);
    // The first digit lies lowest.
    line.block(&(eight_digits(value) >> (64 - 8 * count)).to_le_bytes(), count as usize);
    line.end
}

#[inline(never)]
fn hexadecimal(mut line: Line<'_>, value: u64) -> usize {
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
        line.block(block, digits + 4);
    }
    line.end
}

#[inline(never)]
fn guid(mut line: Line<'_>, value: Guid) -> usize {
    let mut text = [b'"'; 40];
    text[1..39].copy_from_slice(&value.braced());
    line.block(&text, 40);
    line.end
}

/// The bytes taken and the end of the line.
#[inline(never)]
fn utf16(mut line: Line<'_>, bytes: &[u8], to_zero: bool) -> Option<(usize, usize)> {
    line.byte(b'"');
    let mut at = 0;
    // Eight units at once, while all of them are ASCII that stands for itself.
    while let Some(units) = bytes.get(at..).and_then(|rest| rest.first_chunk::<16>()) {
        let Some(text) = plain_ascii(units) else { break };
        line.block(&text, 8);
        at += 16;
    }
    while let Some(unit) = bytes.get(at..).and_then(|rest| rest.first_chunk::<2>()) {
        match u16::from_le_bytes(*unit) {
            0 if to_zero => {
                line.byte(b'"');
                return Some((at + 2, line.end));
            }
            unit @ 0..=0x7f => line.ascii(unit as u8),
            // Rare enough to be decoded as a whole.
            _ => return rest_of_utf16(line, bytes, at, to_zero),
        }
        at += 2;
    }
    if to_zero {
        return None;
    }
    if at < bytes.len() {
        // An odd last byte is half a unit.
        line.slice("\u{fffd}".as_bytes());
    }
    line.byte(b'"');
    Some((bytes.len(), line.end))
}

#[cold]
fn rest_of_utf16(
    mut line: Line<'_>,
    bytes: &[u8],
    at: usize,
    to_zero: bool,
) -> Option<(usize, usize)> {
    let rest = bytes.get(at..).unwrap_or_default();
    let (text, taken) = if to_zero {
        let units = rest.as_chunks::<2>().0.iter().position(|unit| *unit == [0, 0])?;
        (rest.get(..2 * units).unwrap_or_default(), 2 * units + 2)
    } else {
        (rest, rest.len())
    };
    line.escaped(utf16le_to_string(text).as_bytes());
    line.byte(b'"');
    Some((at + taken, line.end))
}

#[inline(never)]
fn time(mut line: Line<'_>, filetime: i64, clock: &mut Clock) -> usize {
    clock.turn(filetime.div_euclid(FILETIME_PER_SECOND));
    let fraction = filetime.rem_euclid(FILETIME_PER_SECOND) as u32;
    if clock.length == Clock::USUAL {
        // Eight digits, the first of them 0, and the two characters behind them.
        let digits = eight_digits(fraction) >> 8 | u64::from(b'Z') << 56;
        let mut text = clock.text;
        text[Clock::USUAL..Clock::USUAL + 8].copy_from_slice(&digits.to_le_bytes());
        line.block(&text, Clock::USUAL + 9);
        return line.end;
    }
    let mut text = vec![b'"'];
    write_iso8601(filetime, &mut text);
    text.push(b'"');
    line.slice(&text);
    line.end
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

/// Eight zeros.
const ZEROS: u64 = u64::from_le_bytes([b'0'; 8]);

/// The eight digits of a number below 10^8, the first one lowest: halves, quarters and digits are
/// split off by one multiplication each, all at once.
#[inline(always)]
fn eight_digits(value: u32) -> u64 {
    let halves = u64::from(value / 10_000) | u64::from(value % 10_000) << 32;
    // 10486 / 2^20 is a hundredth, exact enough below 10^4; 103 / 2^10 a tenth below 100.
    let hundreds = ((halves * 10_486) >> 20) & 0x0000_007f_0000_007f;
    let quarters = hundreds | (halves - hundreds * 100) << 16;
    let tens = ((quarters * 103) >> 10) & 0x000f_000f_000f_000f;
    (tens | (quarters - tens * 10) << 8) + ZEROS
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

    fn text(write: impl FnOnce(&mut Line<'_>)) -> String {
        let mut bytes = Vec::new();
        let mut line = Line::new(&mut bytes, 0);
        write(&mut line);
        let end = line.end();
        bytes.truncate(end);
        String::from_utf8(bytes).expect("UTF-8")
    }

    #[test]
    fn numbers_are_written_as_the_standard_library_does() {
        let mut number = 1_u64;
        let mut numbers = vec![0, MAX_EXACT, MAX_EXACT + 1, u64::MAX];
        while let Some(next) = number.checked_mul(10) {
            numbers.extend([number - 1, number, number + 1, number * 7]);
            number = next;
        }
        // Each way to split four digits, in both halves.
        numbers.extend((0..10_000).flat_map(|n| [n, n * 10_001]));
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
            text(|line| assert_eq!(line.utf16(&bytes, true), None, "no zero unit"));
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
        padded.resize(long.len() + LONG_BLOCK, 0);
        for length in [0, 1, 8, 9, 31, 32, 33, 64, 65, 300] {
            let twice = text(|line| {
                line.part(&padded, 0, length);
                line.again(0, length);
            });
            let once = &long[..length];
            assert_eq!(twice.as_bytes(), [once, once].concat());
        }
    }
}
