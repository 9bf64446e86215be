//! Times as a person writes them in a filter: a date, a minute, a second or a fraction of one,
//! each standing for all the time it covers.

use std::fmt;

/// Units of 100 ns in a second.
const SECOND: i64 = 10_000_000;
const MINUTE: i64 = 60 * SECOND;
const HOUR: i64 = 60 * MINUTE;
const DAY: i64 = 24 * HOUR;
/// Days from 1601-01-01 (FILETIME's zero) to 1970-01-01.
const DAYS_TO_UNIX: i64 = 134_774;

/// A stretch of time: a second for `…T03:04:05Z`, a day for a date.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Instant {
    /// FILETIME of its beginning.
    pub start: i64,
    /// Its length in units of 100 ns.
    pub width: i64,
}

impl Instant {
    /// Reads `2026-01-02`, `2026-01-02T03:04`, `2026-01-02T03:04:05.1234567` (a space may stand
    /// for the `T`), with `Z`, `+09:00` or nothing (UTC) after a time of day.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let mut cursor = Digits(text);
        let year = cursor.number(4)?;
        cursor.take("-")?;
        let month = cursor.number(2)?;
        cursor.take("-")?;
        let day = cursor.number(2)?;
        let days = days_from_civil(year, month, day)?;
        let mut start = days.checked_mul(DAY)?;
        if cursor.0.is_empty() {
            return Some(Self { start, width: DAY });
        }
        cursor.take("T").or_else(|| cursor.take("t")).or_else(|| cursor.take(" "))?;
        let hour = cursor.number(2).filter(|h| *h < 24)?;
        cursor.take(":")?;
        let minute = cursor.number(2).filter(|m| *m < 60)?;
        start += hour * HOUR + minute * MINUTE;
        let mut width = MINUTE;
        if cursor.take(":").is_some() {
            // A leap second is the last of its minute.
            start += cursor.number(2).filter(|s| *s <= 60)?.min(59) * SECOND;
            width = SECOND;
            if cursor.take(".").or_else(|| cursor.take(",")).is_some() {
                let (value, unit) = cursor.fraction()?;
                start += value;
                width = unit;
            }
        }
        let offset = match cursor.0 {
            "" | "Z" | "z" => 0,
            zone => {
                let sign = if zone.starts_with('+') { 1 } else { -1 };
                cursor.take("+").or_else(|| cursor.take("-"))?;
                let hours = cursor.number(2).filter(|h| *h <= 14)?;
                let _ = cursor.take(":");
                let minutes = if cursor.0.is_empty() { 0 } else { cursor.number(2)? };
                if !cursor.0.is_empty() || minutes >= 60 {
                    return None;
                }
                sign * (hours * HOUR + minutes * MINUTE)
            }
        };
        Some(Self { start: start - offset, width })
    }

    /// One past its last instant.
    #[must_use]
    pub const fn end(&self) -> i64 {
        self.start.saturating_add(self.width)
    }
}

impl fmt::Display for Instant {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (days, within) = (self.start.div_euclid(DAY), self.start.rem_euclid(DAY));
        let (year, month, day) = civil_from_days(days);
        write!(f, "{year:04}-{month:02}-{day:02}")?;
        if self.width == DAY && within == 0 {
            return Ok(());
        }
        write!(f, "T{:02}:{:02}", within / HOUR, within / MINUTE % 60)?;
        if self.width < MINUTE {
            write!(f, ":{:02}", within / SECOND % 60)?;
        }
        if self.width < SECOND {
            let mut digits = 7;
            let mut unit = 1;
            while unit < self.width {
                unit *= 10;
                digits -= 1;
            }
            write!(f, ".{:0digits$}", within % SECOND / unit)?;
        }
        f.write_str("Z")
    }
}

/// The rest of a text that is read number by number.
struct Digits<'a>(&'a str);

impl Digits<'_> {
    fn take(&mut self, what: &str) -> Option<()> {
        self.0 = self.0.strip_prefix(what)?;
        Some(())
    }

    /// Exactly `count` digits.
    fn number(&mut self, count: usize) -> Option<i64> {
        let digits = self.0.get(..count)?;
        if !digits.bytes().all(|b| b.is_ascii_digit()) {
            return None;
        }
        self.0 = self.0.get(count..)?;
        digits.parse().ok()
    }

    /// One to nine digits after the point: the value and the unit of the last kept digit.
    fn fraction(&mut self) -> Option<(i64, i64)> {
        let count = self.0.bytes().take_while(u8::is_ascii_digit).count();
        if !(1..=9).contains(&count) {
            return None;
        }
        let digits = self.0.get(..count.min(7))?;
        self.0 = self.0.get(count..)?;
        let unit = 10_i64.pow(7 - u32::try_from(digits.len()).ok()?);
        Some((digits.parse::<i64>().ok()? * unit, unit))
    }
}

/// Days from 1601-01-01 to a date of the Gregorian calendar.
pub(crate) fn days_from_civil(year: i64, month: i64, day: i64) -> Option<i64> {
    let leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
    let length = match month {
        1 | 3 | 5 | 7 | 8 | 10 | 12 => 31,
        4 | 6 | 9 | 11 => 30,
        2 => 28 + i64::from(leap),
        _ => return None,
    };
    if !(1..=length).contains(&day) || !(1601..=9999).contains(&year) {
        return None;
    }
    // Years begin in March, so that the leap day is the last of its year.
    let shifted = if month <= 2 { year - 1 } else { year };
    let of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    let days = shifted * 365 + shifted / 4 - shifted / 100 + shifted / 400 + of_year;
    // 719_468 is the same sum for 1970-01-01.
    Some(days - 719_468 + DAYS_TO_UNIX)
}

/// The date of a number of days from 1601-01-01.
pub(crate) fn civil_from_days(days: i64) -> (i64, i64, i64) {
    let days = days - DAYS_TO_UNIX + 719_468;
    let era = days.div_euclid(146_097);
    let of_era = days.rem_euclid(146_097);
    let year = (of_era - of_era / 1_460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year + year / 4 - year / 100);
    let month = (5 * of_year + 2) / 153;
    let day = of_year - (153 * month + 2) / 5 + 1;
    let (month, carry) = if month < 10 { (month + 3, 0) } else { (month - 9, 1) };
    (era * 400 + year + carry, month, day)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_known_instants() {
        // 1970-01-01 is FILETIME 116444736000000000 (Windows documentation of FILETIME).
        let unix = |seconds: i64| 116_444_736_000_000_000 + seconds * SECOND;
        let at = |text| Instant::parse(text).map(|i| i.start);
        assert_eq!(at("1970-01-01"), Some(unix(0)));
        // `date -u -d 2026-01-02T03:04:05 +%s` prints 1767323045.
        assert_eq!(at("2026-01-02T03:04:05Z"), Some(unix(1_767_323_045)));
        assert_eq!(at("2026-01-02 03:04:05"), Some(unix(1_767_323_045)));
        assert_eq!(at("2026-01-02T12:04:05+09:00"), Some(unix(1_767_323_045)));
        assert_eq!(at("2026-01-01T22:04:05-0500"), Some(unix(1_767_323_045)));
        assert_eq!(at("2026-01-02T03:04:05.1234567Z"), Some(unix(1_767_323_045) + 1_234_567));
        assert_eq!(at("2026-01-02T03:04:05.123456789Z"), Some(unix(1_767_323_045) + 1_234_567));
        assert_eq!(at("2024-02-29T00:00Z"), Some(unix(1_709_164_800)));
        for bad in [
            "",
            "2026",
            "2026-13-01",
            "2026-02-29",
            "2026-01-02T25:00",
            "2026-01-02T03",
            "2026-01-02T03:04:05.Z",
            "2026-01-02T03:04:05X",
            "2026-01-02Z",
            "a026-01-02",
        ] {
            assert_eq!(Instant::parse(bad), None, "{bad}");
        }
    }

    #[test]
    fn prints_as_precisely_as_it_was_written() {
        for text in [
            "2026-01-02",
            "2026-01-02T03:04Z",
            "2026-01-02T03:04:05Z",
            "2026-12-31T23:59:59.5Z",
            "2000-02-29T00:00:00.1234567Z",
            "1601-01-01T00:00:00.0000001Z",
        ] {
            assert_eq!(Instant::parse(text).map(|i| i.to_string()).as_deref(), Some(text));
        }
    }
}
