//! Paints lanes: bars of counts, and the signs of what must not be overlooked on top of them.
//!
//! A frame costs pixels, not events: what a column holds was worked out when it came, neighbours
//! of one height are one rectangle, and each colour is set once.

use etlens_parser::view::{SpanRow, TimeRange};

use super::fetch::{Columns, ERROR, WARNING};
use super::paint::{HEAD_PX, Painter, Scene};
use crate::state::lanes::{Place, THIN_PX};
use crate::state::viewport::x_of;

/// Markers of one lane are at least this far apart, else they are merged.
const MARKER_GAP: f64 = 10.0;
/// A merged diamond covers this much.
const DIAMOND_GAP: f64 = 14.0;
/// What the count beside a merged diamond needs.
const LABEL_ROOM: f64 = 36.0;
/// One event is never lower than this.
const LEAST_PX: f64 = 3.0;
/// Room for signs above the bars of a lane.
const SIGNS_PX: f64 = 6.0;

/// A row of the columns with the lower edge and the full height of its bars.
type BarRow = (usize, f64, f64);

impl Painter<'_> {
    /// All lanes.
    pub fn lanes(&self) {
        let Scene { width, height, visible, places, .. } = *self.scene;
        let pinned_px = places
            .iter()
            .filter(|place| place.pinned)
            .map(|p| p.top + p.height)
            .fold(0.0, f64::max);
        let (pinned, scrolled): (Vec<Place>, Vec<Place>) = places.iter().partition(|p| p.pinned);
        let top = HEAD_PX + pinned_px;
        for (places, top, tall) in
            [(pinned, HEAD_PX, pinned_px), (scrolled, top, (height - top).max(0.0))]
        {
            self.clipped(top, tall, || {
                for place in &places {
                    let bottom = HEAD_PX + place.top + place.height - 1.0;
                    self.rect(&self.palette.line, 0.0, bottom, width, 1.0);
                }
                let Some(columns) = self.scene.lanes else { return };
                let row = |lane| columns.rows.iter().position(|row| row.lane == lane);
                let rows: Vec<(usize, &Place)> =
                    places.iter().filter_map(|place| Some((row(place.lane)?, place))).collect();
                let bars: Vec<BarRow> = rows
                    .iter()
                    .map(|(row, place)| {
                        let bottom = HEAD_PX + place.top + place.height - 1.0;
                        let signs = if place.height > THIN_PX { SIGNS_PX } else { 1.0 };
                        (*row, bottom, place.height - 1.0 - signs)
                    })
                    .collect();
                self.bars(columns, &bars, visible);
                let pinned = places.first().is_some_and(|place| place.pinned);
                let spans = self.scene.spans.iter().filter(|(place, _)| place.pinned == pinned);
                let spans: Vec<(Place, &SpanRow)> = spans.copied().collect();
                if !spans.is_empty() {
                    self.spans(&spans);
                }
                for &(row, place) in &rows {
                    self.signs(columns, row, HEAD_PX + place.top, place.height);
                }
                if spans.is_empty() {
                    self.scales(columns, &rows);
                }
                for &(row, place) in &rows {
                    let thin = place.height <= THIN_PX;
                    let (half, top) = if thin { (4.0, 6.0) } else { (6.0, 9.0) };
                    let pole = HEAD_PX + place.top + place.height - 1.0;
                    let y = HEAD_PX + place.top + top;
                    self.diamonds(columns, row, visible, y, half, Some(pole));
                }
            });
        }
    }

    /// Edges of a column: on device pixels, so that neighbours neither overlap nor part, and at
    /// least a pixel wide.
    fn edges(&self, columns: &Columns, view: TimeRange) -> impl Fn(usize) -> f64 + use<> {
        let Scene { width, scale, .. } = *self.scene;
        let column = columns.range.duration() as f64 / columns.pixels.max(1) as f64;
        let per_column = column / view.duration().max(1) as f64 * width;
        let origin = x_of(view, columns.range.start, width);
        move |index| ((origin + index as f64 * per_column) * scale).floor() / scale
    }

    /// Bars from the bottom upwards: all events in the colour of the rest, then the share of
    /// warnings and errors, each visible however few they are.
    pub fn bars(&self, columns: &Columns, rows: &[BarRow], view: TimeRange) {
        let edge = self.edges(columns, view);
        let least_px = 1.0;
        let palette = &self.palette;
        for (part, color) in [&palette.rest, &palette.warning, &palette.error].iter().enumerate() {
            self.context.set_fill_style_str(color);
            for &(row, bottom, full) in rows {
                let Some(levels) = columns.rows.get(row).and_then(|row| row.levels.get(part))
                else {
                    continue;
                };
                // The run of equal columns: where it begins and how high it is.
                let (mut left, mut right, mut tall) = (0.0, 0.0, 0.0);
                for column in columns.touching(view) {
                    let level = levels.get(column).copied().unwrap_or(0);
                    let height = match level {
                        0 => 0.0,
                        _ => (LEAST_PX + (full - LEAST_PX) * f64::from(level) / 255.0).round(),
                    };
                    if height == tall && height == 0.0 {
                        continue;
                    }
                    let from = edge(column);
                    if height != tall || from > right {
                        if tall > 0.0 {
                            self.context.fill_rect(left, bottom - tall, right - left, tall);
                        }
                        (left, tall) = (from, height);
                    }
                    right = edge(column + 1).max(from + least_px);
                }
                if tall > 0.0 {
                    self.context.fill_rect(left, bottom - tall, right - left, tall);
                }
            }
        }
    }

    /// Triangles for errors and dots for warnings at the top of a lane.
    fn signs(&self, columns: &Columns, row: usize, top: f64, height: f64) {
        let Some(found) = columns.rows.get(row) else { return };
        let view = self.scene.visible;
        let edge = self.edges(columns, view);
        let touching = columns.touching(view);
        let size = if height > THIN_PX { 4.0 } else { 3.0 };
        let [warnings, errors] = &found.signs;
        for (class, list, color) in
            [(WARNING, warnings, &self.palette.warning), (ERROR, errors, &self.palette.error)]
        {
            let mut last = f64::NEG_INFINITY;
            let first = list.partition_point(|&column| (column as usize) < touching.start);
            let list = list.get(first..).unwrap_or_default();
            if list.first().is_none_or(|&column| column as usize >= touching.end) {
                continue;
            }
            self.context.begin_path();
            for &column in list.iter().take_while(|&&column| (column as usize) < touching.end) {
                let x = (edge(column as usize) + edge(column as usize + 1)) / 2.0;
                if x - last < MARKER_GAP {
                    continue;
                }
                last = x;
                if class == ERROR {
                    self.context.move_to(x - size, top + 1.0);
                    self.context.line_to(x + size, top + 1.0);
                    self.context.line_to(x, top + 1.0 + size * 1.75);
                    self.context.close_path();
                } else {
                    let radius = size * 0.625;
                    self.context.move_to(x + radius, top + 2.5 + radius);
                    // An arc of positive radius does not fail.
                    let _ =
                        self.context.arc(x, top + 2.5 + radius, radius, 0.0, std::f64::consts::TAU);
                }
            }
            self.context.set_fill_style_str(color);
            self.context.fill();
        }
    }

    /// What a full column of each lane counts: lanes have scales of their own.
    fn scales(&self, columns: &Columns, rows: &[(usize, &Place)]) {
        self.prepare_text("500 9px system-ui, sans-serif");
        for (row, place) in rows.iter().filter(|(_, place)| place.height > THIN_PX) {
            if let Some(row) = columns.rows.get(*row).filter(|row| !row.scale.is_empty()) {
                self.outlined(&row.scale, 3.0, HEAD_PX + place.top + 7.0);
            }
        }
    }

    /// Diamonds for 4031, merged with a count where they would cover each other. `pole` is where
    /// the pole of each ends.
    pub fn diamonds(
        &self,
        columns: &Columns,
        row: usize,
        view: TimeRange,
        y: f64,
        half: f64,
        pole: Option<f64>,
    ) {
        let Some(found) = columns.rows.get(row) else { return };
        let edge = self.edges(columns, view);
        let touching = columns.touching(view);
        let mut clusters: Vec<(f64, u32)> = Vec::new();
        let first = found.marked.partition_point(|(column, _)| (*column as usize) < touching.start);
        for &(column, count) in found.marked.iter().skip(first) {
            let column = column as usize;
            if column >= touching.end {
                break;
            }
            let x = (edge(column) + edge(column + 1)) / 2.0;
            match clusters.last_mut() {
                Some((first, sum)) if x - *first < DIAMOND_GAP * half / 6.0 => {
                    *sum = sum.saturating_add(count);
                }
                _ => clusters.push((x, count)),
            }
        }
        if clusters.is_empty() {
            return;
        }
        self.context.set_fill_style_str(&self.palette.marked);
        if let Some(pole) = pole {
            for (x, _) in &clusters {
                self.context.fill_rect(x.round() - 1.0, y, 2.0, pole - y);
            }
        }
        self.context.begin_path();
        for (x, _) in &clusters {
            self.context.move_to(*x, y - half);
            self.context.line_to(x + half, y);
            self.context.line_to(*x, y + half);
            self.context.line_to(x - half, y);
            self.context.close_path();
        }
        self.context.fill();
        self.context.set_stroke_style_str(&self.palette.surface);
        self.context.set_line_width(1.5);
        self.context.stroke();
        if pole.is_none() {
            return;
        }
        self.prepare_text("600 10px system-ui, sans-serif");
        for (index, &(x, count)) in clusters.iter().enumerate() {
            // The count is written where the next diamond leaves room for it.
            let room = clusters.get(index + 1).map_or(f64::INFINITY, |next| next.0 - x);
            if count > 1 && room > LABEL_ROOM {
                self.outlined(&format!("×{count}"), x + half + 2.0, y);
            }
        }
    }

    fn prepare_text(&self, font: &str) {
        self.context.set_font(font);
        self.context.set_text_baseline("middle");
        self.context.set_stroke_style_str(&self.palette.surface);
        self.context.set_line_width(3.0);
        self.context.set_fill_style_str(&self.palette.text);
    }

    /// Text with an outline in the colour of the ground, readable on bars.
    fn outlined(&self, text: &str, x: f64, y: f64) {
        // Drawing text does not fail.
        let _ = self.context.stroke_text(text, x, y);
        let _ = self.context.fill_text(text, x, y);
    }
}
