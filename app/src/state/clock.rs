//! Times as people read them. A time is a FILETIME (100 ns since 1601-01-01 UTC) kept as an
//! integer to the end, so no digit is invented or lost.

use std::fmt::Write as _;

use super::i18n::{Key, fill};

/// FILETIME units in a second.
pub const SECOND: i64 = 10_000_000;
/// FILETIME units in a millisecond.
pub const MILLISECOND: i64 = 10_000;
/// FILETIME units in a minute.
pub const MINUTE: i64 = 60 * SECOND;
/// FILETIME units in a day.
pub const DAY: i64 = 24 * 60 * MINUTE;
/// Days from 0000-03-01, where the civil calendar below counts from, to 1601-01-01.
const DAYS_TO_1601: i64 = 584_694;
/// Milliseconds from 1601 to 1970, where JavaScript counts from.
const UNIX_EPOCH_MS: i64 = 11_644_473_600_000;

/// How times are written.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub enum Zone {
    /// In the zone of this browser.
    #[default]
    Local,
    /// In UTC.
    Utc,
    /// In the zone of the machine that recorded the trace.
    Recorder,
    /// As seconds since the first event.
    Relative,
}

impl Zone {
    /// All, in the order of the menu.
    pub const ALL: [Self; 4] = [Self::Local, Self::Utc, Self::Recorder, Self::Relative];

    /// The name in settings.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Local => "local",
            Self::Utc => "utc",
            Self::Recorder => "recorder",
            Self::Relative => "relative",
        }
    }

    /// The zone of a name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|zone| zone.name() == name)
    }
}

/// Milliseconds since 1970, for JavaScript's `Date`.
#[must_use]
pub fn unix_ms(filetime: i64) -> f64 {
    (filetime.div_euclid(MILLISECOND) - UNIX_EPOCH_MS) as f64
}

/// A moment in the Gregorian calendar.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Civil {
    /// Year.
    pub year: i64,
    /// Month, 1 to 12.
    pub month: i64,
    /// Day, 1 to 31.
    pub day: i64,
    /// 100 ns units since midnight.
    pub of_day: i64,
}

/// The calendar date and time of day of a FILETIME, `offset_minutes` east of UTC.
#[must_use]
pub fn civil(filetime: i64, offset_minutes: i32) -> Civil {
    let local = filetime.saturating_add(i64::from(offset_minutes) * MINUTE);
    let (days, of_day) = (local.div_euclid(DAY), local.rem_euclid(DAY));
    // Years begin in March here, so that the leap day is the last of its year.
    let days = days + DAYS_TO_1601;
    let era = days.div_euclid(146_097);
    let of_era = days.rem_euclid(146_097);
    let year_of_era = (of_era - of_era / 1_460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let shifted = (5 * of_year + 2) / 153;
    let day = of_year - (153 * shifted + 2) / 5 + 1;
    let month = if shifted < 10 { shifted + 3 } else { shifted - 9 };
    let year = era * 400 + year_of_era + i64::from(month <= 2);
    Civil { year, month, day, of_day }
}

/// `14:03:05.1234567`, with as many digits of the fraction as asked for (0 to 7).
pub fn push_time_of_day(out: &mut String, of_day: i64, digits: u32) {
    let seconds = of_day / SECOND;
    let _ = write!(out, "{:02}:{:02}:{:02}", seconds / 3600, seconds / 60 % 60, seconds % 60);
    push_fraction(out, of_day % SECOND, digits);
}

/// `.1234567`, cut (not rounded) to `digits`.
fn push_fraction(out: &mut String, ticks: i64, digits: u32) {
    if digits > 0 {
        let digits = digits.min(7);
        let cut = ticks / 10_i64.pow(7 - digits);
        let _ = write!(out, ".{cut:0width$}", width = digits as usize);
    }
}

/// `2026-01-02`.
pub fn push_date(out: &mut String, civil: &Civil) {
    let _ = write!(out, "{:04}-{:02}-{:02}", civil.year, civil.month, civil.day);
}

/// `2026-01-02 14:03:05.1234567`.
#[must_use]
pub fn date_time(filetime: i64, offset_minutes: i32, digits: u32) -> String {
    let civil = civil(filetime, offset_minutes);
    let mut out = String::with_capacity(28);
    push_date(&mut out, &civil);
    out.push(' ');
    push_time_of_day(&mut out, civil.of_day, digits);
    out
}

/// `+12.3456789`: seconds since the first event, with as many digits as asked for.
#[must_use]
pub fn relative(ticks: i64, digits: u32) -> String {
    let mut out = String::from(if ticks < 0 { "−" } else { "+" });
    let ticks = ticks.unsigned_abs() as i64;
    let _ = write!(out, "{}", ticks / SECOND);
    push_fraction(&mut out, ticks % SECOND, digits);
    out
}

/// A length of time with the unit that suits it and three significant digits: `12.3 ms`,
/// `1:02:03`.
#[must_use]
pub fn duration(ticks: i64) -> String {
    let ticks = ticks.max(0);
    if ticks >= MINUTE {
        let seconds = ticks / SECOND;
        let (h, m, s) = (seconds / 3600, seconds / 60 % 60, seconds % 60);
        let two = |number: i64| format!("{number:02}");
        return match h {
            0 => fill(Key::DurationMinutes, &[&m.to_string(), &two(s)]),
            _ => fill(Key::DurationHours, &[&h.to_string(), &two(m), &two(s)]),
        };
    }
    let (unit, name) = match ticks {
        SECOND.. => (SECOND, "s"),
        MILLISECOND.. => (MILLISECOND, "ms"),
        _ => (10, "µs"),
    };
    let whole = ticks / unit;
    let mut out = whole.to_string();
    let digits = match whole {
        100.. => 0,
        10..=99 => 1,
        _ => 2,
    };
    let fraction = (ticks % unit) * 10_i64.pow(digits) / unit;
    if digits > 0 && fraction > 0 {
        let _ = write!(out, ".{fraction:0width$}", width = digits as usize);
    }
    let _ = write!(out, "\u{202f}{name}");
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    /// 2024-02-29T23:59:59.1234567Z, by Windows' own count.
    const LEAP: i64 = 133_537_247_991_234_567;

    #[test]
    fn dates_follow_the_calendar() {
        assert_eq!(date_time(0, 0, 7), "1601-01-01 00:00:00.0000000");
        assert_eq!(date_time(116_444_736_000_000_000, 0, 0), "1970-01-01 00:00:00");
        assert_eq!(date_time(LEAP, 0, 7), "2024-02-29 23:59:59.1234567");
        assert_eq!(date_time(LEAP, 9 * 60, 3), "2024-03-01 08:59:59.123");
        assert_eq!(date_time(LEAP, -30, 0), "2024-02-29 23:29:59");
    }

    #[test]
    fn javascript_gets_milliseconds_of_1970() {
        assert_eq!(unix_ms(116_444_736_000_000_000), 0.0);
        assert_eq!(unix_ms(LEAP), 1_709_251_199_123.0);
    }

    #[test]
    fn lengths_take_the_unit_that_suits_them() {
        assert_eq!(duration(7), "0.70\u{202f}µs");
        assert_eq!(duration(123_456), "12.3\u{202f}ms");
        assert_eq!(duration(5 * SECOND), "5\u{202f}s");
        assert_eq!(duration(90 * SECOND), "1:30 min");
        assert_eq!(duration(3_723 * SECOND), "1:02:03 h");
    }

    #[test]
    fn relative_times_keep_their_sign_and_digits() {
        assert_eq!(relative(12_345_678, 7), "+1.2345678");
        assert_eq!(relative(-5, 7), "−0.0000005");
    }
}
