//! The visible part of the timeline: zooming, panning, axis ticks, and what to ask the worker
//! for. Pure arithmetic on FILETIME integers.

use etlens_parser::view::TimeRange;

use super::clock::{DAY, MINUTE, SECOND};

/// The shortest visible range: 1 µs, ten units of the clock.
pub const SHORTEST: i64 = 10;

/// How many screens of columns one request asks for: the visible one and one on each side, so
/// that panning draws from what is there.
const SCREENS: i64 = 3;

/// A range moved so that it lies within `bounds`, shortened when it is longer.
#[must_use]
pub fn clamp(range: TimeRange, bounds: TimeRange) -> TimeRange {
    let length = range.duration().clamp(SHORTEST, bounds.duration().max(SHORTEST));
    let latest = bounds.end.saturating_sub(length).max(bounds.start);
    let start = range.start.clamp(bounds.start, latest);
    TimeRange { start, end: start.saturating_add(length) }
}

/// Zooms by `factor` (below 1 zooms in) so that the instant at `fraction` of the width stays.
#[must_use]
pub fn zoom(range: TimeRange, fraction: f64, factor: f64, bounds: TimeRange) -> TimeRange {
    let fraction = fraction.clamp(0.0, 1.0);
    let old = range.duration() as f64;
    let new = (old * factor).round().clamp(SHORTEST as f64, bounds.duration().max(SHORTEST) as f64);
    let start = range.start.saturating_add((fraction * (old - new)).round() as i64);
    clamp(TimeRange { start, end: start.saturating_add(new as i64) }, bounds)
}

/// Moves by a fraction of the visible length; negative is earlier.
#[must_use]
pub fn pan(range: TimeRange, fraction: f64, bounds: TimeRange) -> TimeRange {
    let by = (range.duration() as f64 * fraction).round() as i64;
    let start = range.start.saturating_add(by);
    clamp(TimeRange { start, end: start.saturating_add(range.duration()) }, bounds)
}

/// A range of the same length around an instant.
#[must_use]
pub fn centred(range: TimeRange, time: i64, bounds: TimeRange) -> TimeRange {
    let start = time.saturating_sub(range.duration() / 2);
    clamp(TimeRange { start, end: start.saturating_add(range.duration()) }, bounds)
}

/// A range of the same length in which `time` is visible: unchanged when it already is and not
/// at the very edge, else centred on it.
#[must_use]
pub fn reveal(range: TimeRange, time: i64, bounds: TimeRange) -> TimeRange {
    let margin = range.duration() / 50;
    if time >= range.start.saturating_add(margin) && time < range.end.saturating_sub(margin) {
        return range;
    }
    centred(range, time, bounds)
}

/// Where an instant lies in a width of pixels; outside the range it lies outside the width.
#[must_use]
pub fn x_of(range: TimeRange, time: i64, width: f64) -> f64 {
    (time.saturating_sub(range.start)) as f64 / range.duration().max(1) as f64 * width
}

/// The instant at a pixel.
#[must_use]
pub fn time_at(range: TimeRange, x: f64, width: f64) -> i64 {
    let by = x / width.max(1.0) * range.duration() as f64;
    range.start.saturating_add(by.floor() as i64)
}

/// Whether what was fetched serves a view: it covers it (as far as the trace reaches), and its
/// columns are as wide as the view's.
#[must_use]
pub fn serves(
    fetched: TimeRange,
    pixels: u32,
    visible: TimeRange,
    width: u32,
    bounds: TimeRange,
) -> bool {
    let covered = fetched.start <= visible.start.max(bounds.start)
        && fetched.end >= visible.end.min(bounds.end);
    covered && fetched.duration() / i64::from(pixels.max(1)) == column(visible, width)
}

/// Length of one pixel column.
fn column(visible: TimeRange, width: u32) -> i64 {
    let width = i64::from(width.max(1));
    ((visible.duration() + width - 1) / width).max(1)
}

/// The columns to ask for to draw `visible` on `width` pixels, and how many they are. Columns begin
/// at multiples of their length, so the same events fall into the same column while panning and
/// nothing shimmers.
#[must_use]
pub fn columns(visible: TimeRange, width: u32) -> (TimeRange, u32) {
    let column = column(visible, width);
    let wanted = visible.duration() / column + 1;
    let most = i64::from(etlens_parser::limits::MAX_PIXELS);
    let pixels = (wanted * SCREENS).clamp(1, most);
    let before = (pixels - wanted).max(0) / 2;
    let first = visible.start.div_euclid(column).saturating_sub(before);
    let start = first.saturating_mul(column);
    let range = TimeRange { start, end: start.saturating_add(pixels * column) };
    (range, pixels as u32)
}

/// One labelled line of the time axis.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Tick {
    /// FILETIME.
    pub time: i64,
    /// Digits of the fraction of a second its label needs.
    pub digits: u32,
}

/// Round steps, shortest first: 1, 2, 5 of each decade of a second, then clock steps.
fn steps() -> impl Iterator<Item = i64> {
    let decades = (0..7).flat_map(|power| [1, 2, 5].map(|m| m * 10_i64.pow(power)));
    let clock = [1, 2, 5, 10, 15, 30].map(|s| s * SECOND);
    let minutes = [1, 2, 5, 10, 15, 30, 60, 120, 180, 360, 720].map(|m| m * MINUTE);
    let days = [1, 2, 7, 14, 28, 91, 182, 365, 730, 1_825, 3_650, 36_500].map(|d| d * DAY);
    decades.chain(clock).chain(minutes).chain(days)
}

/// Ticks of the axis: round times of the zone whose midnight is at `origin`, at least `gap`
/// pixels apart.
#[must_use]
pub fn ticks(range: TimeRange, width: f64, gap: f64, origin: i64) -> Vec<Tick> {
    let least = range.duration() as f64 * gap / width.max(1.0);
    let step = steps().find(|step| *step as f64 >= least).unwrap_or(100 * 365 * DAY);
    let digits = (0..7).find(|d| step % 10_i64.pow(7 - d) == 0).unwrap_or(7);
    let first = range.start.saturating_sub(origin).div_euclid(step).saturating_add(1);
    let mut found = Vec::new();
    let mut time = first.saturating_mul(step).saturating_add(origin);
    // A pixel holds at most one tick, whatever the arithmetic above says.
    while time < range.end && (found.len() as f64) < width {
        found.push(Tick { time, digits });
        time = time.saturating_add(step);
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    const BOUNDS: TimeRange = TimeRange { start: 1_000, end: 1_001_000 };

    #[test]
    fn zooming_keeps_the_instant_under_the_cursor() {
        let half = zoom(BOUNDS, 0.25, 0.5, BOUNDS);
        assert_eq!(half.duration(), 500_000);
        assert_eq!(x_of(half, 251_000, 100.0), 25.0);
        assert_eq!(zoom(half, 0.9, 100.0, BOUNDS), BOUNDS);
        assert_eq!(zoom(half, 0.5, 0.0, BOUNDS).duration(), SHORTEST);
    }

    #[test]
    fn panning_stops_at_the_ends() {
        let part = TimeRange { start: 1_000, end: 101_000 };
        assert_eq!(pan(part, -1.0, BOUNDS), part);
        assert_eq!(pan(part, 0.5, BOUNDS).start, 51_000);
        assert_eq!(pan(part, 1e9, BOUNDS).end, BOUNDS.end);
    }

    #[test]
    fn revealing_moves_only_when_it_must() {
        let part = TimeRange { start: 1_000, end: 101_000 };
        assert_eq!(reveal(part, 50_000, BOUNDS), part);
        assert_eq!(reveal(part, 500_000, BOUNDS), TimeRange { start: 450_000, end: 550_000 });
        assert_eq!(reveal(part, 1_000_999, BOUNDS).end, BOUNDS.end);
    }

    #[test]
    fn a_request_covers_the_view_and_both_sides_in_whole_columns() {
        let visible = TimeRange { start: 400_123, end: 500_123 };
        let (range, pixels) = columns(visible, 100);
        assert!(range.start <= visible.start - 90_000 && range.end >= visible.end + 90_000);
        assert_eq!(range.duration() % i64::from(pixels), 0);
        assert!(serves(range, pixels, visible, 100, BOUNDS));
        let later = pan(visible, 0.4, BOUNDS);
        assert!(serves(range, pixels, later, 100, BOUNDS));
        assert!(!serves(range, pixels, pan(visible, 2.0, BOUNDS), 100, BOUNDS));
        assert!(!serves(range, pixels, zoom(visible, 0.5, 0.5, BOUNDS), 100, BOUNDS));
    }

    #[test]
    fn a_request_of_the_shortest_view_has_a_column_per_unit() {
        let (range, pixels) = columns(TimeRange { start: 7, end: 17 }, 1_000);
        assert_eq!(range.duration(), i64::from(pixels));
    }

    #[test]
    fn ticks_are_round_and_apart() {
        let range = TimeRange { start: 3 * SECOND, end: 63 * SECOND };
        let found = ticks(range, 600.0, 90.0, 0);
        let times: Vec<i64> = found.iter().map(|tick| tick.time / SECOND).collect();
        assert_eq!(times, [10, 20, 30, 40, 50, 60]);
        assert!(found.iter().all(|tick| tick.digits == 0));
        let short = ticks(TimeRange { start: 0, end: 100 }, 500.0, 90.0, 0);
        assert_eq!(short.first(), Some(&Tick { time: 20, digits: 6 }));
    }
}
