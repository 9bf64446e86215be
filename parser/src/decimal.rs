//! Decimal numbers as doubles, rounded as IEEE 754 says: to the nearest, of two the even one.
//!
//! The standard library does the same with tables that alone are a fortieth of the download. Here
//! what fits is one exact multiplication or division, and the rest is divided as whole numbers.

/// Significant digits looked at. 768 are enough to tell which double is nearest; that more follow
/// is remembered as one more.
const MOST_DIGITS: usize = 800;

/// Powers of ten up to this are doubles, exactly.
const EXACT_POWER: u64 = 22;

/// Reads a number as the standard library does: digits with a point and an exponent, or `inf`,
/// `infinity` or `nan` in any case, perhaps after a sign.
#[must_use]
pub fn parse(text: &str) -> Option<f64> {
    let (negative, text) = match text.as_bytes() {
        [sign @ (b'+' | b'-'), rest @ ..] => (*sign == b'-', rest),
        all => (false, all),
    };
    let is = |word: &[u8]| text.eq_ignore_ascii_case(word);
    let size = match text {
        _ if is(b"inf") || is(b"infinity") => f64::INFINITY,
        _ if is(b"nan") => f64::NAN,
        _ => without_sign(text)?,
    };
    Some(if negative { -size } else { size })
}

fn without_sign(text: &[u8]) -> Option<f64> {
    let (digits, exponent) = match text.iter().position(|byte| matches!(byte, b'e' | b'E')) {
        Some(at) => (text.get(..at)?, exponent(text.get(at + 1..)?)?),
        None => (text, 0),
    };
    let mut kept = Vec::new();
    let (mut power, mut any, mut after_point) = (exponent, false, false);
    for &byte in digits {
        match byte {
            b'.' if !after_point => after_point = true,
            b'0'..=b'9' => {
                any = true;
                power = power.saturating_sub(i64::from(after_point));
                if kept.len() <= MOST_DIGITS {
                    if !kept.is_empty() || byte != b'0' {
                        kept.push(byte - b'0');
                    }
                } else {
                    power = power.saturating_add(1);
                    if byte != b'0'
                        && let Some(last) = kept.last_mut()
                    {
                        *last = 1.max(*last);
                    }
                }
            }
            _ => return None,
        }
    }
    any.then(|| nearest(&kept, power))
}

/// The digits of an exponent, which may have a sign.
fn exponent(text: &[u8]) -> Option<i64> {
    let (negative, digits) = match text {
        [b'-', rest @ ..] => (true, rest),
        [b'+', rest @ ..] | rest => (false, rest),
    };
    let mut all = (!digits.is_empty()).then_some(0_i64)?;
    for byte in digits {
        all = all
            .saturating_mul(10)
            .saturating_add(i64::from(byte.checked_sub(b'0').filter(|d| *d < 10)?));
    }
    // Far beyond any double, and no sum with it overflows.
    let all = all.min(1 << 40);
    Some(if negative { -all } else { all })
}

/// The double nearest to `digits`, a whole number without zeros before it, times a power of ten.
fn nearest(digits: &[u8], power: i64) -> f64 {
    let end = digits.len() as i64 + power;
    if digits.is_empty() || end < -330 {
        return 0.0;
    }
    if end > 310 {
        return f64::INFINITY;
    }
    let steps = power.unsigned_abs();
    if digits.len() <= 15 && steps <= EXACT_POWER {
        // Both are exact, so the one operation rounds as it should.
        let whole = digits.iter().fold(0.0, |whole, &digit| whole * 10.0 + f64::from(digit));
        let ten = (0..steps).fold(1.0, |ten, _| ten * 10.0);
        return if power < 0 { whole / ten } else { whole * ten };
    }
    let (mut over, mut under) = (Whole::default(), Whole(vec![1]));
    digits.iter().for_each(|&digit| over.times_ten_and(digit.into()));
    let scaled = if power < 0 { &mut under } else { &mut over };
    (0..steps).for_each(|_| scaled.times_ten_and(0));
    // So that the quotient has 64 or 65 bits.
    let up = 64 + under.bits() - over.bits();
    (if up < 0 { &mut under } else { &mut over }).shift_up(up.unsigned_abs());
    let mut quotient = 0_u128;
    under.shift_up(65);
    for _ in 0..=65 {
        quotient <<= 1;
        if over.less(&under) {
            quotient |= 1;
        }
        under.shift_down();
    }
    rounded(quotient << 1 | u128::from(!over.is_zero()), -up - 1)
}

/// The double nearest to a number of 65 bits or more, times a power of two. Its last bit says
/// whether anything follows it.
fn rounded(number: u128, power: i64) -> f64 {
    let bits = i64::from(u128::BITS - number.leading_zeros());
    // The place of the highest bit; numbers below the least normal one have fewer bits.
    let top = bits - 1 + power;
    let kept = 53.min(53 + 1022 + top);
    if top > 1023 {
        return f64::INFINITY;
    }
    if kept < 0 {
        return 0.0;
    }
    let drop = bits - kept;
    let (whole, rest) = (number >> drop, number & ((1 << drop) - 1));
    let half = 1 << (drop - 1);
    let up = rest > half || rest == half && whole & 1 == 1;
    let whole = whole as u64 + u64::from(up);
    // What carries beyond its bits goes into the exponent, as it should.
    let exponent = if top < -1022 { 0 } else { (top + 1022) as u64 };
    f64::from_bits((exponent << 52) + whole)
}

/// A whole number of any size, its lowest 32 bits first, without zeros at the end.
#[derive(Default)]
struct Whole(Vec<u32>);

impl Whole {
    fn times_ten_and(&mut self, digit: u64) {
        let mut carry = digit;
        for part in &mut self.0 {
            let all = u64::from(*part) * 10 + carry;
            (*part, carry) = (all as u32, all >> 32);
        }
        if carry > 0 {
            self.0.push(carry as u32);
        }
    }

    fn is_zero(&self) -> bool {
        self.0.is_empty()
    }

    fn bits(&self) -> i64 {
        let last = self.0.last().map_or(0, |last| 32 - i64::from(last.leading_zeros()));
        (self.0.len() as i64 - 1) * 32 + last
    }

    fn shift_up(&mut self, bits: u64) {
        let mut carry = 0;
        for part in &mut self.0 {
            let all = u64::from(*part) << (bits % 32) | carry;
            (*part, carry) = (all as u32, all >> 32);
        }
        if carry > 0 {
            self.0.push(carry as u32);
        }
        self.0.splice(..0, std::iter::repeat_n(0, (bits / 32) as usize));
    }

    fn shift_down(&mut self) {
        let mut carry = 0;
        for part in self.0.iter_mut().rev() {
            (*part, carry) = (*part >> 1 | carry, *part << 31);
        }
        self.0.pop_if(|last| *last == 0);
    }

    /// Takes another away, unless that is more; says whether it did.
    fn less(&mut self, other: &Self) -> bool {
        let order = self.0.len().cmp(&other.0.len());
        if order.then_with(|| self.0.iter().rev().cmp(other.0.iter().rev())).is_lt() {
            return false;
        }
        let mut borrow = false;
        let others = other.0.iter().copied().chain(std::iter::repeat(0));
        for (part, other) in self.0.iter_mut().zip(others) {
            let (one, first) = part.overflowing_sub(other);
            let (two, second) = one.overflowing_sub(borrow.into());
            (*part, borrow) = (two, first || second);
        }
        while self.0.pop_if(|last| *last == 0).is_some() {}
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn same(text: &str) {
        let (ours, theirs) = (parse(text), text.parse::<f64>().ok());
        assert_eq!(ours.map(f64::to_bits), theirs.map(f64::to_bits), "{text}: {ours:?} {theirs:?}");
    }

    #[test]
    fn numbers_are_those_of_the_standard_library() {
        for text in [
            "0",
            "-0",
            "1.",
            ".5",
            "0.1",
            "123456789012345678",
            "9007199254740993",
            "1e22",
            "1e23",
            "8.5e-324",
            "4.9e-324",
            "2.4703282292062327e-324",
            "2.4703282292062328e-324",
            "1e-400",
            "2.2250738585072011e-308",
            "2.2250738585072014e-308",
            "1.7976931348623157e308",
            "1.7976931348623158e308",
            "1.797693134862315808e308",
            "1e309",
            "1e99999999999999999999",
            "1e-99999999999999999999",
            "0e999",
            "000000123.4500e+03",
            "-12.5E-1",
            "9e0",
            "5e-1",
            "1.00000000000000011102230246251565404236316680908203125",
            "1.00000000000000011102230246251565404236316680908203124",
            "1.00000000000000011102230246251565404236316680908203126",
            "inf",
            "-Infinity",
            "+nan",
            "INF",
        ] {
            if text.ends_with("nan") {
                assert!(parse(text).is_some_and(f64::is_nan));
            } else {
                same(text);
            }
        }
        // Halfway between two doubles, and a little more after a thousand digits.
        let half = format!("9007199254740993.{}", "0".repeat(1_000));
        same(&half);
        same(&format!("{half}1"));
        same(&format!("{}e-1000", "7".repeat(1_100)));
    }

    #[test]
    fn what_is_no_number_is_none() {
        for text in ["", ".", "-", "e5", "1e", "1e+", "1.2.3", "--1", "0x10", "1 ", "1e5.0", "in"] {
            same(text);
            assert_eq!(parse(text), None, "{text}");
        }
    }

    #[test]
    fn doubles_come_back_from_their_digits() {
        let mut state = 0x9e37_79b9_7f4a_7c15_u64;
        for _ in 0..20_000 {
            state = state.wrapping_mul(0xd134_2543_de82_ef95).wrapping_add(0x2545_f491_4f6c_dd1d);
            let value = f64::from_bits(state ^ state >> 29);
            if value.is_finite() {
                same(&value.to_string());
                same(&format!("{value:e}"));
                same(&format!("{value:.3e}"));
                same(&format!("{:.25e}", value));
                let small = (state >> 20) % 1_000_000;
                same(&format!("{small}.{:03}e{}", state % 1000, (state % 40) as i64 - 20));
            }
        }
    }
}
