//! A time as a person types it to go there.

use etlens_parser::time::parse_iso8601;
use etlens_parser::view::TimeRange;

use super::clock::{DAY, MINUTE, SECOND};

/// Reads a time: `12.5` and `1:30` are since the start, as is all when `relative` or with a sign;
/// `14:03:05.123` is a time of day within the trace, `2026-01-02 14:03` is a moment in the zone
/// of the page unless it names one. `offset` tells the zone's minutes east of UTC at a moment.
#[must_use]
pub fn parse(
    text: &str,
    bounds: TimeRange,
    relative: bool,
    offset: impl Fn(i64) -> i32,
) -> Option<i64> {
    let text = text.trim();
    let zone = |time: i64| i64::from(offset(time)) * MINUTE;
    if let Some(since) = text.strip_prefix(['+', '−', '-']) {
        let since = length(since)?;
        let sign = if text.starts_with('+') { 1 } else { -1 };
        return Some(bounds.start.saturating_add(sign * since));
    }
    if let Some(time) = parse_iso8601(text) {
        let of_day = text.get(10..).unwrap_or_default();
        let has_zone = of_day.contains(['Z', 'z', '+', '-']);
        // The zone of a moment depends on the moment, which is what is asked for: near enough.
        return Some(if has_zone { time } else { time.saturating_sub(zone(time)) });
    }
    let of_day = length(text)?;
    // Two parts are minutes and seconds, as a clock that began with the trace shows them.
    if relative || text.matches(':').count() < 2 {
        return Some(bounds.start.saturating_add(of_day));
    }
    // A time of day: the first that is not before the trace begins.
    let east = zone(bounds.start);
    let midnight = bounds.start.saturating_add(east).div_euclid(DAY).saturating_mul(DAY);
    let first = midnight.saturating_add(of_day).saturating_sub(east);
    let next = first.saturating_add(DAY);
    Some(if first < bounds.start && next < bounds.end { next } else { first })
}

/// `12.5`, `1:30`, `14:03:05.1234567` in units of 100 ns.
fn length(text: &str) -> Option<i64> {
    let text = text.trim().trim_end_matches('s').trim_end();
    let (whole, fraction) = text.split_once(['.', ',']).unwrap_or((text, ""));
    let mut seconds = 0_i64;
    for (place, part) in whole.split(':').enumerate() {
        let number: u32 = part.parse().ok()?;
        if place > 2 || (place > 0 && number > 59) {
            return None;
        }
        seconds = seconds.checked_mul(60)?.checked_add(number.into())?;
    }
    let mut units = 0;
    for place in 0..7 {
        let digit = match fraction.as_bytes().get(place) {
            Some(digit @ b'0'..=b'9') => i64::from(digit - b'0'),
            Some(_) => return None,
            None => 0,
        };
        units = units * 10 + digit;
    }
    seconds.checked_mul(SECOND)?.checked_add(units)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// 2026-01-02T03:04:05Z, ten minutes long.
    const START: i64 = 134_117_966_450_000_000;
    const BOUNDS: TimeRange = TimeRange { start: START, end: START + 600 * SECOND };

    fn at(text: &str) -> Option<i64> {
        parse(text, BOUNDS, false, |_| 540).map(|time| time - START)
    }

    #[test]
    fn the_start_is_where_it_was_recorded() {
        assert_eq!(parse_iso8601("2026-01-02T03:04:05Z"), Some(START));
    }

    #[test]
    fn times_are_read_as_they_are_written_on_the_page() {
        assert_eq!(at("+12.5"), Some(125_000_000));
        assert_eq!(at("12.5 s"), Some(125_000_000));
        assert_eq!(at("+1:30"), Some(90 * SECOND));
        assert_eq!(at("12:04:06"), Some(SECOND));
        assert_eq!(at("12:04:06.0000001"), Some(SECOND + 1));
        assert_eq!(at("2026-01-02 12:05:05"), Some(MINUTE));
        assert_eq!(at("2026-01-02T03:05:05Z"), Some(MINUTE));
        assert_eq!(at("2026-01-02T04:05:05+01:00"), Some(MINUTE));
        assert_eq!(parse("1:30", BOUNDS, true, |_| 0), Some(START + 90 * SECOND));
    }

    #[test]
    fn what_is_no_time_is_refused() {
        for text in ["", "noon", "12:61:00", "1:2:3:4", "+", "1.2.3", "2026-13-01"] {
            assert_eq!(at(text), None, "{text}");
        }
    }

    #[test]
    fn a_time_of_day_after_midnight_is_of_the_next_day() {
        let start = parse_iso8601("2026-01-02T23:59:00Z").expect("a time");
        let bounds = TimeRange { start, end: start + 600 * SECOND };
        let found = parse("00:01:00", bounds, false, |_| 0);
        assert_eq!(found, parse_iso8601("2026-01-03T00:01:00Z"));
    }
}
