//! Paints the timeline on a canvas. Knows pixels and colours, nothing of the state.
//!
//! Each class of event has a shape besides its colour: 4031 is a diamond on a pole, errors are
//! triangles that hang from the top of the lane, warnings are dots, the rest are plain bars.

use std::rc::Rc;

use etlens_parser::view::{SpanRow, TimeRange};
use web_sys::CanvasRenderingContext2d;

use super::fetch::Columns;
use super::palette::{self, Palette};
use crate::state::lanes::Place;
use crate::state::viewport::x_of;

/// Height of the overview strip.
pub const OVERVIEW_PX: f64 = 34.0;
/// Height of the time axis below it.
pub const AXIS_PX: f64 = 20.0;
/// Where lanes begin.
pub const HEAD_PX: f64 = OVERVIEW_PX + AXIS_PX;

/// Width and height of the flag of a cursor.
const FLAG_PX: f64 = 14.0;

/// Width and height of the teeth that mark a loss.
const TOOTH_PX: f64 = 5.0;

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
    /// Where lanes lie.
    pub places: &'a [Place],
    /// Bars of lanes of spans.
    pub spans: &'a [(Place, &'a SpanRow)],
    /// Counts of the whole trace.
    pub overview: Option<&'a Columns>,
    /// Where the trace lacks something.
    pub losses: &'a [TimeRange],
    /// Range being selected.
    pub selection: Option<TimeRange>,
    /// Range of the filter.
    pub filtered: Option<TimeRange>,
    /// Time of the selected event.
    pub event: Option<i64>,
    /// The cursors A and B.
    pub cursors: [Option<i64>; 2],
    /// Where the mouse is.
    pub hover: Option<f64>,
    /// Axis: times and labels.
    pub ticks: &'a [(i64, String)],
}

/// Paints a scene.
pub struct Painter<'a> {
    /// Where to.
    pub context: &'a CanvasRenderingContext2d,
    /// The colours.
    pub palette: Rc<Palette>,
    /// What.
    pub scene: &'a Scene<'a>,
}

/// Paints a scene.
pub fn paint(context: &CanvasRenderingContext2d, scene: &Scene<'_>) {
    let painter = Painter { context, palette: palette::get(), scene };
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
        let tall = (height - HEAD_PX).max(0.0);
        self.clipped(HEAD_PX, tall, || {
            // Under the markers, so that the line does not hide the one it stands for.
            if let Some(time) = self.scene.event {
                let x = x_of(visible, time, width);
                self.rect(&self.palette.accent, x.round() - 1.0, HEAD_PX, 2.0, tall);
            }
            self.lanes();
            if let Some(range) = self.scene.filtered {
                self.veil_outside(range, tall);
            }
            if let Some(range) = self.scene.selection {
                let (x0, x1) = (x_of(visible, range.start, width), x_of(visible, range.end, width));
                self.context.set_global_alpha(0.16);
                self.rect(&self.palette.accent, x0, HEAD_PX, (x1 - x0).max(1.0), tall);
                self.context.set_global_alpha(1.0);
                self.rect(&self.palette.accent, x0.round(), HEAD_PX, 1.0, tall);
                self.rect(&self.palette.accent, x1.round() - 1.0, HEAD_PX, 1.0, tall);
            }
            if let Some(x) = self.scene.hover {
                self.context.set_global_alpha(0.5);
                self.rect(&self.palette.faint, x.round(), HEAD_PX, 1.0, tall);
                self.context.set_global_alpha(1.0);
            }
        });
        self.cursors();
    }

    /// Paints within a band over the whole width.
    pub fn clipped(&self, top: f64, height: f64, paint: impl FnOnce()) {
        self.context.save();
        self.context.begin_path();
        self.context.rect(0.0, top, self.scene.width, height);
        self.context.clip();
        paint();
        self.context.restore();
    }

    /// A filled rectangle.
    pub fn rect(&self, color: &str, x: f64, y: f64, width: f64, height: f64) {
        self.context.set_fill_style_str(color);
        self.context.fill_rect(x, y, width, height);
    }

    fn veil_outside(&self, range: TimeRange, height: f64) {
        let Scene { width, visible, .. } = *self.scene;
        let x0 = x_of(visible, range.start, width).clamp(0.0, width);
        let x1 = x_of(visible, range.end, width).clamp(0.0, width);
        self.rect(&self.palette.veil, 0.0, HEAD_PX, x0, height);
        self.rect(&self.palette.veil, x1, HEAD_PX, width - x1, height);
    }

    /// The strip with the whole trace, and the window that is visible of it.
    fn overview(&self) {
        let Scene { width, visible, bounds, .. } = *self.scene;
        let bottom = OVERVIEW_PX - 1.0;
        self.rect(&self.palette.lane, 0.0, 0.0, width, bottom);
        if let Some(columns) = self.scene.overview {
            self.clipped(0.0, bottom, || {
                self.bars(columns, &[(0, bottom, bottom - 9.0)], bounds);
                self.diamonds(columns, 0, bounds, 6.0, 4.0, None);
            });
        }
        self.losses(bottom);
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

    /// Where something is missing: teeth along the lower edge of the overview.
    fn losses(&self, bottom: f64) {
        let Scene { width, bounds, .. } = *self.scene;
        // Places too near to be told apart are one.
        let mut last = f64::NEG_INFINITY;
        self.context.begin_path();
        for loss in self.scene.losses {
            let from = x_of(bounds, loss.start, width).clamp(0.0, width);
            let to = x_of(bounds, loss.end, width).clamp(0.0, width);
            if from < last && to <= last {
                continue;
            }
            let mut x = from.max(last);
            let end = to.max(x + TOOTH_PX);
            while x < end && x < width {
                self.context.move_to(x, bottom);
                self.context.line_to(x + TOOTH_PX / 2.0, bottom - TOOTH_PX);
                self.context.line_to(x + TOOTH_PX, bottom);
                x += TOOTH_PX;
            }
            last = x;
        }
        if last > f64::NEG_INFINITY {
            self.context.set_fill_style_str(&self.palette.error);
            self.context.fill();
        }
    }

    /// A, B: dashed lines with a flag on the axis.
    fn cursors(&self) {
        let Scene { width, height, visible, .. } = *self.scene;
        for (time, name) in self.scene.cursors.iter().zip(["A", "B"]) {
            let Some(x) = time.map(|time| x_of(visible, time, width).round()) else { continue };
            if x < -FLAG_PX || x > width + FLAG_PX {
                continue;
            }
            let mut y = HEAD_PX;
            self.context.set_fill_style_str(&self.palette.text);
            while y < height {
                self.context.fill_rect(x, y, 1.0, 6.0);
                y += 9.0;
            }
            let left = x - FLAG_PX / 2.0;
            let top = HEAD_PX - FLAG_PX - 1.0;
            self.context.fill_rect(left, top, FLAG_PX, FLAG_PX);
            self.context.set_font("600 10px system-ui, sans-serif");
            self.context.set_text_baseline("middle");
            self.context.set_text_align("center");
            self.context.set_fill_style_str(&self.palette.surface);
            // Drawing text does not fail.
            let _ = self.context.fill_text(name, x, top + FLAG_PX / 2.0 + 0.5);
            self.context.set_text_align("start");
        }
    }
}

/// The 2d context of a canvas.
pub fn context(canvas: &web_sys::HtmlCanvasElement) -> Option<CanvasRenderingContext2d> {
    use wasm_bindgen::JsCast as _;
    let context = canvas.get_context("2d");
    context.ok().flatten()?.dyn_into().ok()
}
