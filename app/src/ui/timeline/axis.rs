//! The labels of the time axis.

use etlens_parser::view::TimeRange;

use crate::state::app::App;
use crate::state::clock::{DAY, MINUTE, Zone};
use crate::state::viewport;

/// Least distance of labels in pixels, for a time of day and for one with its date.
const TICK_GAPS: [f64; 2] = [96.0, 168.0];

/// Times and labels of the axis.
pub fn labels(app: App, visible: TimeRange, width: f64) -> Vec<(i64, String)> {
    let style = app.time_style_now();
    let (gap, origin) = if style.zone == Zone::Relative {
        (TICK_GAPS[0], style.start)
    } else {
        let offset = i64::from(style.offset(visible.start)) * MINUTE;
        let gap = TICK_GAPS[usize::from(style.several_days)];
        // Midnight of the zone; days count from a midnight in any zone.
        (gap, (-offset).rem_euclid(DAY))
    };
    viewport::ticks(visible, width, gap, origin)
        .into_iter()
        .map(|tick| (tick.time, style.label(tick.time, tick.digits)))
        .collect()
}
