//! Times as a person writes them in a filter: a date, a minute, a second or a fraction of one,
//! each standing for all the time it covers.

use std::fmt;

use crate::time::{civil_from_days, parse_iso8601};

/// Units of 100 ns in a second.
const SECOND: i64 = 10_000_000;
const MINUTE: i64 = 60 * SECOND;
const HOUR: i64 = 60 * MINUTE;
const DAY: i64 = 24 * HOUR;

/// What an [`Instant`] is counted from.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub enum Anchor {
    /// Nothing: it is a FILETIME.
    #[default]
    Absolute,
    /// The first event of the trace.
    Start,
    /// The last event of the trace.
    End,
}

/// A stretch of time: a second for `…T03:04:05Z`, a day for a date.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Instant {
    /// FILETIME of its beginning, or its distance from the anchor in units of 100 ns.
    pub start: i64,
    /// Its length in units of 100 ns.
    pub width: i64,
    /// What `start` is counted from.
    pub anchor: Anchor,
}

impl Instant {
    /// Reads `2026-01-02`, `2026-01-02T03:04`, `2026-01-02T03:04:05.1234567` (a space may stand
    /// for the `T`), with `Z`, `+09:00` or nothing (UTC) after a time of day.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let start = parse_iso8601(text)?;
        let time = text.trim().get(10..).unwrap_or_default();
        // The zone follows the first sign after the time; none of the rest has one.
        let clock = time.split(['Z', 'z', '+', '-']).next().unwrap_or_default();
        let width = match (clock.split_once(['.', ',']), clock.matches(':').count()) {
            (Some((_, fraction)), _) => 10_i64.pow(7 - u32::try_from(fraction.len().min(7)).ok()?),
            (None, 0) => DAY,
            (None, 1) => MINUTE,
            (None, _) => SECOND,
        };
        Some(Self { start, width, anchor: Anchor::Absolute })
    }

    /// Reads `+1.5s`, counted from the first event, and `-2m30s`, counted back from the last.
    /// Units are `h`, `m` or `min`, `s`, `ms`, `us` or `µs`, and `ns`.
    #[must_use]
    pub fn parse_offset(text: &str) -> Option<Self> {
        let (anchor, mut rest) = match text.strip_prefix('+') {
            Some(rest) => (Anchor::Start, rest),
            None => (Anchor::End, text.strip_prefix('-')?),
        };
        let mut ns = 0_i128;
        while !rest.is_empty() {
            let digits = rest.find(|c: char| !c.is_ascii_digit() && c != '.')?;
            let (number, unit) = rest.split_at_checked(digits)?;
            let letters = unit.find(|c: char| !c.is_alphabetic()).unwrap_or(unit.len());
            let (unit, after) = unit.split_at_checked(letters)?;
            let unit_ns = match unit {
                "h" => 3_600_000_000_000,
                "m" | "min" => 60_000_000_000,
                "s" => 1_000_000_000,
                "ms" => 1_000_000,
                "us" | "µs" | "μs" => 1_000,
                "ns" => 1,
                _ => return None,
            };
            let (whole, fraction) = number.split_once('.').unwrap_or((number, ""));
            ns += whole.parse::<i64>().ok().map(i128::from)? * unit_ns;
            if number.contains('.') {
                let digits = fraction.get(..fraction.len().min(15))?;
                let parts = digits.parse::<i64>().ok().map(i128::from)?;
                ns += parts * unit_ns / 10_i128.pow(u32::try_from(digits.len()).ok()?);
            }
            rest = after;
        }
        let units = i64::try_from(ns / 100).ok().filter(|_| text.len() > 1)?;
        let start = if anchor == Anchor::End { -units } else { units };
        Some(Self { start, width: 1, anchor })
    }

    /// The same, counted from nothing, in a trace whose first and last events have these times.
    #[must_use]
    pub const fn anchored(self, first: i64, last: i64) -> Self {
        let from = match self.anchor {
            Anchor::Absolute => 0,
            Anchor::Start => first,
            Anchor::End => last,
        };
        let start = self.start.saturating_add(from);
        Self { start, width: self.width, anchor: Anchor::Absolute }
    }

    /// One past its last instant.
    #[must_use]
    pub const fn end(&self) -> i64 {
        self.start.saturating_add(self.width)
    }
}

impl fmt::Display for Instant {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sign = match self.anchor {
            Anchor::Absolute => ' ',
            Anchor::Start => '+',
            Anchor::End => '-',
        };
        if self.anchor != Anchor::Absolute {
            let units = self.start.unsigned_abs();
            let (whole, rest) = (units / SECOND as u64, units % SECOND as u64);
            let fraction = format!("{rest:07}");
            let fraction = fraction.trim_end_matches('0');
            let point = if fraction.is_empty() { "" } else { "." };
            return write!(f, "{sign}{whole}{point}{fraction}s");
        }
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
