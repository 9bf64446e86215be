//! Spans on the timeline: bars from a start to its stop, where they are long enough to be seen.

use etlens_parser::view::{SpanBar, SpanRow, TimeRange};

use super::Timeline;
use super::paint::{HEAD_PX, Painter, Scene};
use crate::state::clock::duration;
use crate::state::lanes::{Place, THIN_PX};
use crate::state::viewport::x_of;

/// Bars of a lane lie in so many rows at most; deeper ones begin at the top again.
const DEPTHS: u8 = 6;
/// Rows lower than this have no text.
const TEXT_ROW_PX: f64 = 7.0;
/// What the duration needs.
const LABEL_PX: f64 = 46.0;
/// Bars begin so far below the upper edge of their lane.
const TOP_PX: f64 = 3.0;

/// Upper edge and height of a bar among those of its lane.
fn band(place: &Place, row: &SpanRow, depth: u8) -> (f64, f64) {
    let top = HEAD_PX + place.top;
    if place.height <= THIN_PX {
        return (top + 2.0, place.height - 4.0);
    }
    let rows = row.depths.clamp(1, DEPTHS);
    let step = (place.height - 1.0 - TOP_PX) / f64::from(rows.max(2));
    (top + TOP_PX + f64::from(depth % rows) * step, step - 1.0)
}

impl Painter<'_> {
    /// The bars of lanes of spans, over the counts of their starts.
    pub fn spans(&self, rows: &[(Place, &SpanRow)]) {
        let Scene { width, visible, .. } = *self.scene;
        let edges = |bar: &SpanBar| {
            let left = x_of(visible, bar.start, width).max(-2.0);
            let right = x_of(visible, bar.end, width).min(width + 2.0);
            (left, right.max(left + 1.0))
        };
        let seen = |bar: &&SpanBar| bar.end >= visible.start && bar.start < visible.end;
        for (failed, color) in [(false, &self.palette.accent), (true, &self.palette.error)] {
            self.context.set_fill_style_str(color);
            for (place, row) in rows {
                for bar in row.bars.iter().filter(seen).filter(|bar| bar.failed == failed) {
                    let ((left, right), (top, tall)) = (edges(bar), band(place, row, bar.depth));
                    self.context.set_global_alpha(0.3);
                    self.context.fill_rect(left, top, right - left, tall);
                    self.context.set_global_alpha(1.0);
                    self.context.fill_rect(left, top, 1.5, tall);
                    if bar.last.is_some() {
                        self.context.fill_rect(right - 1.5, top, 1.5, tall);
                    }
                    if failed {
                        // A foot tells a failure apart without its colour.
                        self.context.fill_rect(left, top + tall - 2.0, right - left, 2.0);
                    }
                }
            }
        }
        self.context.set_fill_style_str(&self.palette.text);
        self.context.set_font("500 9px system-ui, sans-serif");
        self.context.set_text_baseline("middle");
        for (place, row) in rows.iter().filter(|(place, _)| place.height > THIN_PX) {
            for bar in row.bars.iter().filter(seen) {
                let ((left, right), (top, tall)) = (edges(bar), band(place, row, bar.depth));
                let left = left.max(0.0);
                if right - left < LABEL_PX || tall < TEXT_ROW_PX {
                    continue;
                }
                let took = duration(bar.end.saturating_sub(bar.start));
                let text = if bar.last.is_some() { took } else { format!("{took} …") };
                // Drawing text does not fail.
                let _ = self.context.fill_text(&text, left + 4.0, top + tall / 2.0 + 0.5);
            }
        }
    }
}

/// The lanes of spans with their bars.
pub fn rows<'a>(timeline: &'a Timeline, places: &[Place]) -> Vec<(Place, &'a SpanRow)> {
    let Some(spans) = &timeline.store.spans else { return Vec::new() };
    let lanes = timeline.labels.get_untracked();
    let shown: Vec<&str> =
        lanes.iter().filter(|lane| !lane.hidden).map(|lane| lane.key.as_str()).collect();
    let row = |place: &Place| {
        let key = shown.get(place.lane)?;
        spans.found.rows.iter().find(|row| row.key == *key).map(|row| (*place, row))
    };
    places.iter().filter_map(row).collect()
}

/// The bar under a point, and its kind.
pub fn hit<'a>(
    rows: &[(Place, &'a SpanRow)],
    visible: TimeRange,
    width: f64,
    (x, y): (f64, f64),
) -> Option<(&'a SpanRow, SpanBar)> {
    let inside = |place: &Place| (place.top..place.top + place.height).contains(&(y - HEAD_PX));
    let (place, row) = rows.iter().find(|(place, _)| inside(place))?;
    let near = |bar: &&SpanBar| {
        let (top, tall) = band(place, row, bar.depth);
        let left = x_of(visible, bar.start, width);
        let right = x_of(visible, bar.end, width);
        (left - 2.0..=right + 2.0).contains(&x) && (top - 1.0..top + tall + 1.0).contains(&y)
    };
    // The one that began last is the one that is seen where several overlap.
    row.bars.iter().rev().find(near).map(|bar| (*row, *bar))
}
