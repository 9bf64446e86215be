//! Clocks of a trace, and FILETIME as text.
//!
//! A FILETIME counts 100 ns since 1601-01-01 00:00 UTC. Records carry ticks of the session's
//! clock; one [`Clock`] per log header turns them into FILETIME and back, exactly.

/// FILETIME units in a second.
pub const FILETIME_PER_SECOND: i64 = 10_000_000;

/// Frequencies up to here convert in 64-bit arithmetic: the remainder times 10^7 must fit.
const MAX_FAST_FREQUENCY: i64 = i64::MAX / FILETIME_PER_SECOND;

/// What the ticks of a trace mean.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Clock {
    /// The performance counter: `start_time + (ticks − t0) / frequency`.
    Qpc {
        /// Ticks at `start_time`: the time stamp of the log header's own record.
        t0: i64,
        /// Ticks per second, at least 1.
        frequency: i64,
        /// FILETIME at `t0`.
        start_time: i64,
    },
    /// The system time: ticks are FILETIME already.
    SystemTime,
    /// The processor's cycle counter, converted like [`Clock::Qpc`] with the nominal frequency.
    Cycles {
        /// Cycles at `start_time`.
        t0: i64,
        /// Cycles per second, at least 1.
        frequency: i64,
        /// FILETIME at `t0`.
        start_time: i64,
    },
}

impl Clock {
    /// Ticks per second.
    #[must_use]
    pub const fn frequency(&self) -> i64 {
        match *self {
            Self::Qpc { frequency, .. } | Self::Cycles { frequency, .. } => frequency,
            Self::SystemTime => FILETIME_PER_SECOND,
        }
    }

    /// The FILETIME of a tick, rounded towards the past. Beyond the range of FILETIME it saturates.
    #[inline]
    #[must_use]
    pub fn to_filetime(&self, ticks: i64) -> i64 {
        match *self {
            Self::SystemTime => ticks,
            Self::Qpc { t0, frequency, start_time }
            | Self::Cycles { t0, frequency, start_time } => {
                let delta = match ticks.checked_sub(t0) {
                    Some(delta) if frequency <= MAX_FAST_FREQUENCY && frequency > 0 => delta,
                    _ => return wide_to_filetime(ticks, t0, frequency, start_time),
                };
                if frequency == FILETIME_PER_SECOND {
                    return start_time.saturating_add(delta);
                }
                let seconds = delta.div_euclid(frequency);
                let rest = delta.rem_euclid(frequency) * FILETIME_PER_SECOND / frequency;
                match seconds.checked_mul(FILETIME_PER_SECOND) {
                    Some(whole) => start_time.saturating_add(whole.saturating_add(rest)),
                    None => wide_to_filetime(ticks, t0, frequency, start_time),
                }
            }
        }
    }

    /// The first tick at or after a FILETIME, so that `ticks >= to_ticks(f)` says the same as
    /// `to_filetime(ticks) >= f`. Beyond the range of ticks it saturates.
    #[must_use]
    pub fn to_ticks(&self, filetime: i64) -> i64 {
        match *self {
            Self::SystemTime => filetime,
            Self::Qpc { t0, frequency, start_time }
            | Self::Cycles { t0, frequency, start_time } => {
                let scaled =
                    (i128::from(filetime) - i128::from(start_time)) * i128::from(frequency.max(1));
                let unit = i128::from(FILETIME_PER_SECOND);
                saturate(i128::from(t0) + (scaled + unit - 1).div_euclid(unit))
            }
        }
    }

    /// Converts a tick of `self` to the tick of `other` that means the same instant, rounded
    /// towards the past. With equal frequencies nothing is rounded but the start times.
    #[must_use]
    pub fn rebase(&self, other: &Self, ticks: i64) -> i64 {
        let (t0, frequency, start) = self.parts();
        let (other_t0, other_frequency, other_start) = other.parts();
        let (frequency, other_frequency) = (i128::from(frequency), i128::from(other_frequency));
        let starts = (i128::from(start) - i128::from(other_start)) * other_frequency;
        let delta = (i128::from(ticks) - i128::from(t0)) * other_frequency;
        saturate(
            i128::from(other_t0)
                + starts.div_euclid(i128::from(FILETIME_PER_SECOND))
                + delta.div_euclid(frequency),
        )
    }

    /// A tick, its frequency and its FILETIME.
    fn parts(&self) -> (i64, i64, i64) {
        match *self {
            Self::SystemTime => (0, FILETIME_PER_SECOND, 0),
            Self::Qpc { t0, frequency, start_time }
            | Self::Cycles { t0, frequency, start_time } => (t0, frequency.max(1), start_time),
        }
    }
}

#[cold]
fn wide_to_filetime(ticks: i64, t0: i64, frequency: i64, start_time: i64) -> i64 {
    let delta = (i128::from(ticks) - i128::from(t0)) * i128::from(FILETIME_PER_SECOND);
    saturate(i128::from(start_time) + delta.div_euclid(i128::from(frequency.max(1))))
}

fn saturate(value: i128) -> i64 {
    i64::try_from(value).unwrap_or(if value < 0 { i64::MIN } else { i64::MAX })
}

const FILETIME_PER_DAY: i64 = 86_400 * FILETIME_PER_SECOND;

/// Days from 1601-01-01 to the first day of the civil calendar's computational era used below,
/// 0000-03-01: 584,694 by the Gregorian rules.
const DAYS_TO_1601: i64 = 584_694;

/// Days in 400 Gregorian years.
const DAYS_PER_ERA: i64 = 146_097;

/// Writes a FILETIME as ISO 8601 in UTC with all seven digits: `2026-01-02T03:04:05.1234567Z`.
/// Years before 0 or beyond 9999 are written with a sign.
#[must_use]
pub fn iso8601(filetime: i64) -> String {
    let mut text = Vec::with_capacity(28);
    write_iso8601(filetime, &mut text);
    String::from_utf8(text).unwrap_or_default()
}

/// Appends what [`iso8601`] gives.
pub(crate) fn write_iso8601(filetime: i64, out: &mut Vec<u8>) {
    let (year, month, day) = civil_from_days(filetime.div_euclid(FILETIME_PER_DAY));
    let in_day = filetime.rem_euclid(FILETIME_PER_DAY);
    let (seconds, fraction) = (in_day / FILETIME_PER_SECOND, in_day % FILETIME_PER_SECOND);
    if !(0..=9_999).contains(&year) {
        out.push(if year < 0 { b'-' } else { b'+' });
    }
    // A FILETIME has years of five digits at most.
    let width = if year.unsigned_abs() > 9_999 { 5 } else { 4 };
    put_digits(out, year.unsigned_abs(), width);
    for (before, number, width) in [
        (b'-', month, 2),
        (b'-', day, 2),
        (b'T', seconds / 3_600, 2),
        (b':', seconds / 60 % 60, 2),
        (b':', seconds % 60, 2),
        (b'.', fraction, 7),
    ] {
        out.push(before);
        put_digits(out, i64::unsigned_abs(number), width);
    }
    out.push(b'Z');
}

/// Appends the last `width` digits of a number.
fn put_digits(out: &mut Vec<u8>, mut number: u64, width: usize) {
    let start = out.len();
    out.resize(start + width, b'0');
    for digit in out.iter_mut().skip(start).rev() {
        // The remainder is below 10.
        *digit = b'0' + (number % 10) as u8;
        number /= 10;
    }
}

/// Reads ISO 8601: date, `T` or a blank, time with 0 to 9 fractional digits (beyond seven they are
/// cut), then `Z`, `±hh:mm`, `±hhmm`, `±hh` or nothing, which means UTC. A date alone is its midnight.
/// Gives a FILETIME, or `None` when the text is something else.
#[must_use]
pub fn parse_iso8601(text: &str) -> Option<i64> {
    let mut rest = text.trim().as_bytes();
    let year = digits(&mut rest, 4)?;
    expect(&mut rest, b"-")?;
    let month = digits(&mut rest, 2)?;
    expect(&mut rest, b"-")?;
    let day = digits(&mut rest, 2)?;
    if !(1..=12).contains(&month) || day < 1 || day > days_in_month(year, month) {
        return None;
    }
    let date = days_from_civil(year, month, day).checked_mul(FILETIME_PER_DAY)?;
    if rest.is_empty() {
        return Some(date);
    }
    expect(&mut rest, b"Tt ")?;
    let hour = digits(&mut rest, 2)?;
    expect(&mut rest, b":")?;
    let minute = digits(&mut rest, 2)?;
    let second = if expect(&mut rest, b":").is_some() { digits(&mut rest, 2)? } else { 0 };
    let mut fraction = 0;
    if expect(&mut rest, b".,").is_some() {
        let count = rest.iter().take_while(|byte| byte.is_ascii_digit()).count();
        if !(1..=9).contains(&count) {
            return None;
        }
        for place in 0..count.max(7) {
            let digit = rest.get(place).filter(|_| place < count).map_or(0, |byte| byte - b'0');
            if place < 7 {
                fraction = fraction * 10 + i64::from(digit);
            }
        }
        rest = rest.get(count..)?;
    }
    if hour > 23 || minute > 59 || second > 59 {
        return None;
    }
    let bias_minutes = match rest {
        [] | [b'Z' | b'z'] => 0,
        [sign @ (b'+' | b'-'), zone @ ..] => {
            let mut zone = zone;
            let hours = digits(&mut zone, 2)?;
            let minutes = if zone.is_empty() {
                0
            } else {
                let _ = expect(&mut zone, b":");
                digits(&mut zone, 2)?
            };
            if !zone.is_empty() || hours > 23 || minutes > 59 {
                return None;
            }
            let minutes = hours * 60 + minutes;
            if *sign == b'+' { minutes } else { -minutes }
        }
        _ => return None,
    };
    let seconds = hour * 3_600 + (minute - bias_minutes) * 60 + second;
    date.checked_add(seconds * FILETIME_PER_SECOND + fraction)
}

/// Takes exactly `count` digits.
fn digits(rest: &mut &[u8], count: usize) -> Option<i64> {
    let (number, tail) = rest.split_at_checked(count)?;
    let mut value = 0;
    for &byte in number {
        if !byte.is_ascii_digit() {
            return None;
        }
        value = value * 10 + i64::from(byte - b'0');
    }
    *rest = tail;
    Some(value)
}

/// Takes one byte if it is among those expected.
fn expect(rest: &mut &[u8], among: &[u8]) -> Option<()> {
    let (first, tail) = rest.split_first()?;
    if !among.contains(first) {
        return None;
    }
    *rest = tail;
    Some(())
}

fn days_in_month(year: i64, month: i64) -> i64 {
    match month {
        2 if year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}

/// Days since 1601-01-01 of a Gregorian date. Years are counted from March, so that the leap day
/// is the last of its year.
fn days_from_civil(year: i64, month: i64, day: i64) -> i64 {
    let year = if month <= 2 { year - 1 } else { year };
    let (era, year_of_era) = (year.div_euclid(400), year.rem_euclid(400));
    let month_from_march = (month + 9) % 12;
    let day_of_year = (153 * month_from_march + 2) / 5 + day - 1;
    let day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
    era * DAYS_PER_ERA + day_of_era - DAYS_TO_1601
}

/// The Gregorian date (year, month, day) of a count of days since 1601-01-01.
#[must_use]
pub fn civil_from_days(days: i64) -> (i64, i64, i64) {
    let days = days + DAYS_TO_1601;
    let (era, day_of_era) = (days.div_euclid(DAYS_PER_ERA), days.rem_euclid(DAYS_PER_ERA));
    // Take out the leap days met so far: one per 4 years, not per 100, but per 400.
    let year_of_era =
        (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let month_from_march = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * month_from_march + 2) / 5 + 1;
    let month = if month_from_march < 10 { month_from_march + 3 } else { month_from_march - 9 };
    let year = era * 400 + year_of_era + i64::from(month <= 2);
    (year, month, day)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn known_instants() {
        // The epoch; Unix's epoch (116444736000000000 by Microsoft's documentation); a leap day.
        assert_eq!(iso8601(0), "1601-01-01T00:00:00.0000000Z");
        assert_eq!(iso8601(116_444_736_000_000_000), "1970-01-01T00:00:00.0000000Z");
        assert_eq!(iso8601(125_962_560_000_000_001), "2000-02-29T00:00:00.0000001Z");
        assert_eq!(parse_iso8601("1970-01-01T00:00:00Z"), Some(116_444_736_000_000_000));
        assert_eq!(iso8601(-1), "1600-12-31T23:59:59.9999999Z");
    }

    #[test]
    fn every_day_of_four_centuries_and_more_survives() {
        let mut expected = (1600, 1, 1);
        for days in -366..200_000 {
            assert_eq!(civil_from_days(days), expected);
            assert_eq!(days_from_civil(expected.0, expected.1, expected.2), days);
            let (year, month, day) = expected;
            expected = if day < days_in_month(year, month) {
                (year, month, day + 1)
            } else if month < 12 {
                (year, month + 1, 1)
            } else {
                (year + 1, 1, 1)
            };
        }
    }

    #[test]
    fn what_people_and_tools_write() {
        let noon = parse_iso8601("2026-01-02T03:04:05.1234567Z").expect("a time");
        assert_eq!(iso8601(noon), "2026-01-02T03:04:05.1234567Z");
        for same in [
            "2026-01-02 03:04:05.1234567",
            "2026-01-02T03:04:05.123456789Z",
            "2026-01-02T12:04:05.1234567+09:00",
            "2026-01-01T22:04:05.1234567-0500",
            " 2026-01-02T03:04:05,1234567z ",
            "2026-01-02T04:04:05.1234567+01",
        ] {
            assert_eq!(parse_iso8601(same), Some(noon), "{same}");
        }
        assert_eq!(parse_iso8601("2026-01-02"), parse_iso8601("2026-01-02T00:00:00.0Z"));
        assert_eq!(parse_iso8601("2026-01-02T03:04"), parse_iso8601("2026-01-02T03:04:00"));
        for bad in [
            "",
            "2026",
            "2026-13-01",
            "2026-02-29",
            "2026-01-02T",
            "2026-01-02T25:00:00",
            "2026-01-02T03:04:05.",
            "2026-01-02T03:04:05.1234567890",
            "2026-01-02T03:04:05 UTC",
            "2026-01-02T03:04:05+9",
            "２０26-01-02",
        ] {
            assert_eq!(parse_iso8601(bad), None, "{bad}");
        }
    }

    #[test]
    fn ticks_convert_exactly_both_ways() {
        for frequency in [1, 3, 1_818_300, 2_630_627, 10_000_000, 3_592_000_000, i64::MAX] {
            let clock =
                Clock::Qpc { t0: 1_534_352_496, frequency, start_time: 132_404_547_797_984_230 };
            assert_eq!(clock.to_filetime(1_534_352_496), 132_404_547_797_984_230);
            for delta in [-7_654_321_012_i64, -1, 0, 1, 2, 999, 123_456_789_012] {
                let exact = (i128::from(delta) * 10_000_000).div_euclid(i128::from(frequency));
                let filetime = clock.to_filetime(1_534_352_496 + delta);
                assert_eq!(i128::from(filetime - 132_404_547_797_984_230), exact);
                // The first tick of that unit of time, and none before it.
                let first = clock.to_ticks(filetime);
                assert!(first <= 1_534_352_496 + delta);
                assert_eq!(clock.to_filetime(first), filetime);
                assert!(clock.to_filetime(first - 1) < filetime);
            }
        }
    }

    #[test]
    fn hostile_clocks_saturate() {
        let clock = Clock::Qpc { t0: i64::MIN, frequency: 1, start_time: i64::MAX };
        assert_eq!(clock.to_filetime(i64::MAX), i64::MAX);
        assert_eq!(clock.to_ticks(i64::MIN), i64::MIN);
        let zero = Clock::Cycles { t0: 0, frequency: 0, start_time: 0 };
        assert_eq!(zero.to_filetime(i64::MAX), i64::MAX);
        assert_eq!(Clock::SystemTime.to_filetime(5), 5);
    }

    #[test]
    fn sessions_with_different_counters_share_a_time_line() {
        let first = Clock::Qpc { t0: 1_000, frequency: 2_000_000, start_time: 50_000_000 };
        let second = Clock::Qpc { t0: 7, frequency: 10_000_000, start_time: 90_000_000 };
        // 3 s into the second session, which began 4 s after the first.
        let ticks = second.rebase(&first, 7 + 30_000_000);
        assert_eq!(ticks, 1_000 + 7 * 2_000_000);
        assert_eq!(first.to_filetime(ticks), second.to_filetime(7 + 30_000_000));
        assert_eq!(first.rebase(&first, 12_345), 12_345);
    }
}
