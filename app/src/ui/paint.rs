//! Paints the timeline on a canvas. Knows pixels and colours, nothing of the state.
//!
//! Each class of event has a shape besides its colour: 4031 is a diamond on a pole, errors are
//! triangles that hang from the top of the lane, warnings are dots, the rest are plain bars.

use std::cell::RefCell;
use std::rc::Rc;

use etlens_parser::view::TimeRange;
use wasm_bindgen::JsValue;
use web_sys::CanvasRenderingContext2d;

use crate::state::viewport::x_of;

/// Height of the overview strip.
pub const OVERVIEW_PX: f64 = 34.0;
/// Height of the time axis below it.
pub const AXIS_PX: f64 = 20.0;
/// Height of one lane.
pub const LANE_PX: f64 = 28.0;

/// Classes per column, as the worker counts them.
pub const CLASSES: usize = 4;
const MARKED: usize = 0;
const ERROR: usize = 1;
const WARNING: usize = 2;

/// Markers of one lane are at least this far apart, else they are merged.
const MARKER_GAP: f64 = 10.0;
/// A merged diamond covers this much.
const DIAMOND_GAP: f64 = 14.0;
/// What the count beside a merged diamond needs.
const LABEL_ROOM: f64 = 36.0;
/// Counts below this fill no more of a lane than this many would.
const LEAST_FULL: u32 = 6;

/// The colours, from the style sheet.
pub struct Palette {
    surface: String,
    lane: String,
    line: String,
    text: String,
    faint: String,
    rest: String,
    warning: String,
    error: String,
    marked: String,
    accent: String,
    veil: String,
}

thread_local! {
    static PALETTE: RefCell<Option<Rc<Palette>>> = const { RefCell::new(None) };
}

/// The colours must be read again: the theme changed.
pub fn forget_palette() {
    PALETTE.set(None);
}

/// The colours in force, read from the style sheet once per theme.
pub fn palette() -> Rc<Palette> {
    PALETTE.with_borrow_mut(|palette| {
        let read = palette.get_or_insert_with(|| {
            let window = leptos::prelude::window();
            let style = leptos::prelude::document()
                .document_element()
                .and_then(|root| window.get_computed_style(&root).ok().flatten());
            let color = |name: &str| {
                let value = style.as_ref().and_then(|style| style.get_property_value(name).ok());
                value.unwrap_or_default().trim().to_owned()
            };
            Rc::new(Palette {
                surface: color("--surface"),
                lane: color("--lane"),
                line: color("--line"),
                text: color("--text"),
                faint: color("--text-faint"),
                rest: color("--bar"),
                warning: color("--warning"),
                error: color("--error"),
                marked: color("--marked"),
                accent: color("--accent"),
                veil: color("--veil"),
            })
        });
        Rc::clone(read)
    })
}

/// Counts as fetched: `counts[(lane * CLASSES + class) * pixels + x]`.
pub struct Columns {
    /// What they cover.
    pub range: TimeRange,
    /// Columns per lane and class.
    pub pixels: usize,
    /// Lanes.
    pub lanes: usize,
    /// The counts.
    pub counts: Vec<u32>,
}

impl Columns {
    /// The count of a class in a column.
    #[must_use]
    pub fn count(&self, lane: usize, class: usize, column: usize) -> u32 {
        self.counts.get((lane * CLASSES + class) * self.pixels + column).copied().unwrap_or(0)
    }

    fn total(&self, lane: usize, column: usize) -> u32 {
        (0..CLASSES).fold(0, |sum, class| sum.saturating_add(self.count(lane, class, column)))
    }

    /// The columns that a range touches.
    #[must_use]
    pub fn touching(&self, range: TimeRange) -> std::ops::Range<usize> {
        let pixels = self.pixels as f64;
        let first = x_of(self.range, range.start, pixels).floor().clamp(0.0, pixels);
        let last = x_of(self.range, range.end, pixels).ceil().clamp(0.0, pixels);
        first as usize..last as usize
    }
}

/// What to paint.
pub struct Scene<'a> {
    /// CSS pixels.
    pub width: f64,
    /// CSS pixels.
    pub height: f64,
    /// Device pixels per CSS pixel.
    pub scale: f64,
    /// Visible range.
    pub visible: TimeRange,
    /// Range of the trace.
    pub bounds: TimeRange,
    /// Counts of the lanes.
    pub lanes: Option<&'a Columns>,
    /// Counts of the whole trace.
    pub overview: Option<&'a Columns>,
    /// Range being selected.
    pub selection: Option<TimeRange>,
    /// Range of the filter.
    pub filtered: Option<TimeRange>,
    /// Time of the selected event.
    pub event: Option<i64>,
    /// Where the mouse is.
    pub hover: Option<f64>,
    /// Axis: times and labels.
    pub ticks: &'a [(i64, String)],
}

struct Painter<'a> {
    context: &'a CanvasRenderingContext2d,
    palette: Rc<Palette>,
    scene: &'a Scene<'a>,
}

/// Paints a scene.
pub fn paint(context: &CanvasRenderingContext2d, scene: &Scene<'_>) {
    let painter = Painter { context, palette: palette(), scene };
    // A transform of finite numbers does not fail.
    let _ = context.set_transform(scene.scale, 0.0, 0.0, scene.scale, 0.0, 0.0);
    painter.all();
}

impl Painter<'_> {
    fn all(&self) {
        let Scene { width, height, visible, .. } = *self.scene;
        self.rect(&self.palette.surface, 0.0, 0.0, width, height);
        self.overview();
        self.axis();
        let top = OVERVIEW_PX + AXIS_PX;
        self.context.save();
        self.context.begin_path();
        self.context.rect(0.0, top, width, (height - top).max(0.0));
        self.context.clip();
        // Under the markers, so that the line does not hide the one it stands for.
        if let Some(time) = self.scene.event {
            let x = x_of(visible, time, width);
            self.rect(&self.palette.accent, x.round() - 1.0, top, 2.0, height - top);
        }
        self.lanes(top);
        if let Some(range) = self.scene.filtered {
            self.veil_outside(range, top, height - top);
        }
        if let Some(range) = self.scene.selection {
            let (x0, x1) = (x_of(visible, range.start, width), x_of(visible, range.end, width));
            self.context.set_global_alpha(0.16);
            self.rect(&self.palette.accent, x0, top, (x1 - x0).max(1.0), height - top);
            self.context.set_global_alpha(1.0);
            self.rect(&self.palette.accent, x0.round(), top, 1.0, height - top);
            self.rect(&self.palette.accent, x1.round() - 1.0, top, 1.0, height - top);
        }
        if let Some(x) = self.scene.hover {
            self.context.set_global_alpha(0.5);
            self.rect(&self.palette.faint, x.round(), top, 1.0, height - top);
            self.context.set_global_alpha(1.0);
        }
        self.context.restore();
    }

    fn rect(&self, color: &str, x: f64, y: f64, width: f64, height: f64) {
        self.context.set_fill_style_str(color);
        self.context.fill_rect(x, y, width, height);
    }

    fn veil_outside(&self, range: TimeRange, top: f64, height: f64) {
        let Scene { width, visible, .. } = *self.scene;
        let x0 = x_of(visible, range.start, width).clamp(0.0, width);
        let x1 = x_of(visible, range.end, width).clamp(0.0, width);
        self.rect(&self.palette.veil, 0.0, top, x0, height);
        self.rect(&self.palette.veil, x1, top, width - x1, height);
    }

    fn overview(&self) {
        let Scene { width, visible, bounds, .. } = *self.scene;
        let bottom = OVERVIEW_PX - 1.0;
        self.rect(&self.palette.lane, 0.0, 0.0, width, bottom);
        if let Some(columns) = self.scene.overview {
            self.context.save();
            self.context.begin_path();
            self.context.rect(0.0, 0.0, width, bottom);
            self.context.clip();
            let fullest = fullest(columns, 0..columns.pixels);
            for lane in 0..columns.lanes {
                self.bars(columns, lane, bounds, bottom, bottom - 9.0, fullest);
            }
            for lane in 0..columns.lanes {
                self.diamonds(columns, lane, bounds, 6.0, 4.0, None);
            }
            self.context.restore();
        }
        let x0 = x_of(bounds, visible.start, width).clamp(0.0, width);
        let x1 = x_of(bounds, visible.end, width).clamp(0.0, width).max(x0 + 2.0);
        self.rect(&self.palette.veil, 0.0, 0.0, x0, bottom);
        self.rect(&self.palette.veil, x1, 0.0, (width - x1).max(0.0), bottom);
        self.context.set_stroke_style_str(&self.palette.accent);
        self.context.set_line_width(1.5);
        self.context.stroke_rect(x0 + 0.75, 0.75, (x1 - x0 - 1.5).max(1.0), bottom - 1.5);
    }

    fn axis(&self) {
        let Scene { width, height, visible, .. } = *self.scene;
        let bottom = OVERVIEW_PX + AXIS_PX;
        self.context.set_font("11px system-ui, sans-serif");
        self.context.set_text_baseline("middle");
        for (time, label) in self.scene.ticks {
            let x = x_of(visible, *time, width).round();
            self.rect(&self.palette.line, x, bottom - 5.0, 1.0, height - bottom + 5.0);
            self.context.set_fill_style_str(&self.palette.faint);
            // Text of a known font at a finite place does not fail.
            let _ = self.context.fill_text(label, x + 4.0, bottom - 9.0);
        }
        self.rect(&self.palette.line, 0.0, bottom - 1.0, width, 1.0);
    }

    fn lanes(&self, top: f64) {
        let Some(columns) = self.scene.lanes else { return };
        let width = self.scene.width;
        let fullest = fullest(columns, columns.touching(self.scene.visible));
        for lane in 0..columns.lanes {
            let bottom = top + (lane + 1) as f64 * LANE_PX;
            self.rect(&self.palette.line, 0.0, bottom - 1.0, width, 1.0);
            self.bars(columns, lane, self.scene.visible, bottom - 1.0, LANE_PX - 10.0, fullest);
        }
        for lane in 0..columns.lanes {
            let y = top + lane as f64 * LANE_PX;
            self.markers(columns, lane, y);
        }
        // Diamonds of all lanes come last, so that nothing hides one.
        for lane in 0..columns.lanes {
            let y = top + lane as f64 * LANE_PX;
            self.diamonds(
                columns,
                lane,
                self.scene.visible,
                y + 10.0,
                6.0,
                Some(y + LANE_PX - 1.0),
            );
        }
    }

    /// Where a column lies, on whole device pixels so that bars stay crisp.
    fn place(&self, columns: &Columns, column: usize, view: TimeRange) -> (f64, f64) {
        let length = columns.range.duration() / columns.pixels.max(1) as i64;
        let start = columns.range.start.saturating_add(length.saturating_mul(column as i64));
        let Scene { width, scale, .. } = *self.scene;
        let left = (x_of(view, start, width) * scale).floor() / scale;
        let right = (x_of(view, start.saturating_add(length), width) * scale).floor() / scale;
        (left, right.max(left + 1.0))
    }

    /// Bars from `bottom` upwards: all events in the colour of the rest, then the share of
    /// warnings and errors on top of each bar.
    fn bars(
        &self,
        columns: &Columns,
        lane: usize,
        view: TimeRange,
        bottom: f64,
        full: f64,
        fullest: f64,
    ) {
        let palette = &self.palette;
        let height = |count: u32| (3.0 + (full - 3.0) * f64::from(count).ln_1p() / fullest).round();
        for (class, color) in [
            (None, &palette.rest),
            (Some(WARNING), &palette.warning),
            (Some(ERROR), &palette.error),
        ] {
            let mut any = false;
            for column in columns.touching(view) {
                let total = columns.total(lane, column);
                let part = class.map_or(total, |class| columns.count(lane, class, column));
                if part == 0 {
                    continue;
                }
                if !any {
                    any = true;
                    self.context.begin_path();
                }
                let (left, right) = self.place(columns, column, view);
                let whole = height(total);
                let share = f64::from(part) / f64::from(total.max(1));
                let tall =
                    if class.is_some() { (whole * share).max(3.0).min(whole) } else { whole };
                self.context.rect(left, bottom - whole, right - left, tall);
            }
            if any {
                self.context.set_fill_style_str(color);
                self.context.fill();
            }
        }
    }

    /// Triangles for errors and dots for warnings at the top of a lane.
    fn markers(&self, columns: &Columns, lane: usize, top: f64) {
        let view = self.scene.visible;
        for (class, color) in [(WARNING, &self.palette.warning), (ERROR, &self.palette.error)] {
            let mut last = f64::NEG_INFINITY;
            self.context.begin_path();
            for column in columns.touching(view) {
                if columns.count(lane, class, column) == 0 {
                    continue;
                }
                let (left, right) = self.place(columns, column, view);
                let x = (left + right) / 2.0;
                if x - last < MARKER_GAP {
                    continue;
                }
                last = x;
                if class == ERROR {
                    self.context.move_to(x - 4.0, top + 1.0);
                    self.context.line_to(x + 4.0, top + 1.0);
                    self.context.line_to(x, top + 8.0);
                    self.context.close_path();
                } else {
                    self.context.move_to(x + 2.5, top + 5.0);
                    // An arc of positive radius does not fail.
                    let _ = self.context.arc(x, top + 5.0, 2.5, 0.0, std::f64::consts::TAU);
                }
            }
            self.context.set_fill_style_str(color);
            self.context.fill();
        }
    }

    /// Diamonds for 4031, merged with a count where they would cover each other. `pole` is where
    /// the pole of each ends.
    fn diamonds(
        &self,
        columns: &Columns,
        lane: usize,
        view: TimeRange,
        y: f64,
        half: f64,
        pole: Option<f64>,
    ) {
        let mut clusters: Vec<(f64, u32)> = Vec::new();
        for column in columns.touching(view) {
            let count = columns.count(lane, MARKED, column);
            if count == 0 {
                continue;
            }
            let (left, right) = self.place(columns, column, view);
            let x = (left + right) / 2.0;
            match clusters.last_mut() {
                Some((first, sum)) if x - *first < DIAMOND_GAP * half / 6.0 => {
                    *sum = sum.saturating_add(count);
                }
                _ => clusters.push((x, count)),
            }
        }
        for (index, &(x, count)) in clusters.iter().enumerate() {
            if let Some(pole) = pole {
                self.rect(&self.palette.marked, x.round() - 1.0, y, 2.0, pole - y);
            }
            self.context.begin_path();
            self.context.move_to(x, y - half);
            self.context.line_to(x + half, y);
            self.context.line_to(x, y + half);
            self.context.line_to(x - half, y);
            self.context.close_path();
            self.context.set_fill_style_str(&self.palette.marked);
            self.context.fill();
            self.context.set_stroke_style_str(&self.palette.surface);
            self.context.set_line_width(1.5);
            self.context.stroke();
            // The count is written where the next diamond leaves room for it.
            let room = clusters.get(index + 1).map_or(f64::INFINITY, |next| next.0 - x);
            if count > 1 && pole.is_some() && room > LABEL_ROOM {
                self.label(&format!("×{count}"), x + half + 2.0, y);
            }
        }
    }

    /// Text with an outline in the colour of the ground, readable on bars.
    fn label(&self, text: &str, x: f64, y: f64) {
        self.context.set_font("600 10px system-ui, sans-serif");
        self.context.set_text_baseline("middle");
        self.context.set_stroke_style_str(&self.palette.surface);
        self.context.set_line_width(3.0);
        let _ = self.context.stroke_text(text, x, y);
        self.context.set_fill_style_str(&self.palette.text);
        let _ = self.context.fill_text(text, x, y);
    }
}

/// The logarithm that fills a lane: of the largest count among some columns.
fn fullest(columns: &Columns, among: std::ops::Range<usize>) -> f64 {
    let most = (0..columns.lanes)
        .flat_map(|lane| among.clone().map(move |column| (lane, column)))
        .map(|(lane, column)| columns.total(lane, column))
        .max()
        .unwrap_or(0);
    f64::from(most.max(LEAST_FULL)).ln_1p()
}

/// The 2d context of a canvas.
pub fn context(canvas: &web_sys::HtmlCanvasElement) -> Option<CanvasRenderingContext2d> {
    use wasm_bindgen::JsCast as _;
    let context: Result<Option<js_sys::Object>, JsValue> = canvas.get_context("2d");
    context.ok().flatten()?.dyn_into().ok()
}
