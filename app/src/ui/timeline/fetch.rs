//! What the timeline draws, as the worker counted it: asking for it, and keeping it ready to be
//! drawn.

use std::ops::Range;
use std::rc::Rc;

use etlens_parser::view::{
    Lane, LaneGroup, LaneLayout, LaneRows, Lanes, LanesRequest, Spans, SpansRequest, TimeRange,
};
use js_sys::Uint32Array;
use wasm_bindgen::{JsCast, JsValue};

use super::Shared;
use crate::protocol::{Answer, Request};
use crate::state::app::App;
use crate::state::format::number;
use crate::state::frame::{self, Layer};
use crate::state::lanes::Place;
use crate::state::requests;
use crate::state::viewport::{self, x_of};

/// Classes per column, as the worker counts them.
pub const CLASSES: usize = 4;
/// 4031.
pub const MARKED: usize = 0;
/// Errors and critical events.
pub const ERROR: usize = 1;
/// Warnings.
pub const WARNING: usize = 2;

/// Rows asked for beyond those visible, so that scrolling draws from what is there.
const SPARE_ROWS: u32 = 4;

/// Counts below this fill no more of a lane than this many would.
const LEAST_FULL: u32 = 6;

/// Columns of one row.
#[derive(Default)]
pub struct Row {
    /// The lane, as a place among all.
    pub lane: usize,
    /// Height of each column as a part of 255: of all events, of warnings, of errors. 0 is none.
    pub levels: [Vec<u8>; 3],
    /// Columns with a 4031, and how many.
    pub marked: Vec<(u32, u32)>,
    /// Columns with errors, and with warnings.
    pub signs: [Vec<u32>; 2],
    /// What a full column counts.
    pub scale: String,
}

/// Counts as fetched, and what is drawn of them.
pub struct Columns {
    /// What they cover.
    pub range: TimeRange,
    /// Columns per row.
    pub pixels: usize,
    /// The rows.
    pub rows: Vec<Row>,
    /// `counts[(row * CLASSES + class) * pixels + x]`.
    counts: Vec<u32>,
}

impl Columns {
    fn new(lanes: &Lanes, counts: Vec<u32>) -> Self {
        let pixels = lanes.pixels as usize;
        let parts = counts.chunks((pixels * CLASSES).max(1));
        let rows = lanes.rows.iter().zip(parts).map(|(&lane, part)| row(lane, part, pixels));
        Self { range: lanes.range, pixels, rows: rows.collect(), counts }
    }

    /// The count of a class in a column.
    #[must_use]
    pub fn count(&self, row: usize, class: usize, column: usize) -> u32 {
        self.counts.get((row * CLASSES + class) * self.pixels + column).copied().unwrap_or(0)
    }

    /// The columns that a range touches.
    #[must_use]
    pub fn touching(&self, range: TimeRange) -> Range<usize> {
        let pixels = self.pixels as f64;
        let first = x_of(self.range, range.start, pixels).floor().clamp(0.0, pixels);
        let last = x_of(self.range, range.end, pixels).ceil().clamp(0.0, pixels);
        first as usize..last as usize
    }
}

/// Works out once what every frame draws of a row.
fn row(lane: u32, counts: &[u32], pixels: usize) -> Row {
    let mut classes = counts.chunks(pixels.max(1));
    let mut next = || classes.next().unwrap_or_default();
    let (marked, errors, warnings, rest) = (next(), next(), next(), next());
    let sums: Vec<u32> = marked
        .iter()
        .zip(errors)
        .zip(warnings.iter().zip(rest))
        .map(|((a, b), (c, d))| a.saturating_add(*b).saturating_add(*c).saturating_add(*d))
        .collect();
    let most = sums.iter().copied().max().unwrap_or(0);
    // A logarithm shows one event beside a million.
    let full = f64::from(most.max(LEAST_FULL)).ln_1p();
    let level = |count: u32| match count {
        0 => 0,
        count => (f64::from(count).ln_1p() / full * 255.0).clamp(1.0, 255.0) as u8,
    };
    let share = |part: u32, sum: u32| match part {
        0 => 0,
        part => (f64::from(level(sum)) * f64::from(part) / f64::from(sum)).clamp(1.0, 255.0) as u8,
    };
    let shares = |parts: &[u32]| parts.iter().zip(&sums).map(|(p, s)| share(*p, *s)).collect();
    let where_some = |counts: &[u32]| -> Vec<u32> {
        (0..).zip(counts).filter(|(_, count)| **count > 0).map(|(x, _)| x).collect()
    };
    Row {
        lane: lane as usize,
        levels: [sums.iter().copied().map(level).collect(), shares(warnings), shares(errors)],
        marked: (0..).zip(marked.iter().copied()).filter(|(_, count)| *count > 0).collect(),
        signs: [where_some(warnings), where_some(errors)],
        scale: if most > 0 { number(most.into()) } else { String::new() },
    }
}

/// What an answer is good for.
#[derive(Clone, PartialEq)]
struct Ask {
    generation: u32,
    group: LaneGroup,
    layout: LaneLayout,
    rows: LaneRows,
}

/// An answer, and what it answers.
pub struct Fetched {
    /// The counts.
    pub columns: Columns,
    ask: Ask,
}

/// Spans, and what they answer.
pub struct FetchedSpans {
    /// The spans.
    pub found: Spans,
    pixels: u32,
    generation: u32,
}

/// What has been fetched, and whether more is on its way.
#[derive(Default)]
pub struct Store {
    /// The lanes.
    pub lanes: Option<Fetched>,
    /// The whole trace.
    pub overview: Option<Fetched>,
    /// Bars of spans, while lanes are kinds of spans.
    pub spans: Option<FetchedSpans>,
    spans_asked: bool,
    lanes_asked: bool,
    overview_asked: bool,
}

/// Asks for what is missing to draw the view; one request of a kind is on its way at a time, and
/// what has changed meanwhile is asked for when it has come.
pub fn fetch(app: App, shared: &Shared, visible: TimeRange, bounds: TimeRange, places: &[Place]) {
    let generation = app.lanes.get_untracked();
    let group = app.settings.with_untracked(|settings| settings.group);
    let (layout, merged) =
        app.arrangements.with_untracked(|all| (all.of(group).layout, all.merged));
    let mut timeline = shared.borrow_mut();
    let width = timeline.width as u32;
    if width == 0 {
        return;
    }
    // Rows that are pinned always come; of the others those on the canvas and some more.
    let pins = layout.pinned.len();
    let on_canvas = places.iter().filter(|place| !place.pinned).map(|place| place.lane);
    let (first, end) =
        on_canvas.fold((usize::MAX, 0), |(first, end), lane| (first.min(lane), end.max(lane + 1)));
    let first = if first == usize::MAX { 0 } else { first.saturating_sub(pins) };
    let least = (timeline.lanes_height() / crate::state::lanes::LANE_PX).ceil() as usize + 1;
    let count = end.saturating_sub(pins + first).max(least) as u32;
    let rows = if merged {
        LaneRows::Merged
    } else {
        let first = (first as u32).saturating_sub(SPARE_ROWS);
        LaneRows::Some { first, count: count + 2 * SPARE_ROWS }
    };
    let ask = Ask { generation, group, layout, rows };
    let wanted = (first as u32, first as u32 + count);
    let is_served = timeline.store.lanes.as_ref().is_some_and(|fetched| {
        let Columns { range, pixels, .. } = &fetched.columns;
        has(&fetched.ask, &ask, wanted)
            && viewport::serves(*range, *pixels as u32, visible, width, bounds)
    });
    if !is_served && !timeline.store.lanes_asked {
        timeline.store.lanes_asked = true;
        let (range, pixels) = viewport::columns(visible, width);
        let request = LanesRequest {
            range,
            pixels,
            group: ask.group,
            layout: ask.layout.clone(),
            rows: ask.rows,
        };
        let shared = Rc::clone(shared);
        let then = move |answer, counts: JsValue| {
            let mut timeline = shared.borrow_mut();
            timeline.store.lanes_asked = false;
            if let Some((columns, lanes)) = columns_of(answer, &counts) {
                timeline.store.lanes = Some(Fetched { columns, ask });
                let labels = timeline.labels;
                drop(timeline);
                if *labels.get_untracked() != lanes {
                    labels.set(Rc::new(lanes));
                }
            }
            frame::request(Layer::Timeline);
        };
        requests::ask(Request::Lanes(request), then);
    }
    drop(timeline);
    fetch_spans(shared, (generation, group), visible, bounds);
    let mut timeline = shared.borrow_mut();
    let ask = Ask { generation, group, layout: LaneLayout::default(), rows: LaneRows::Whole };
    let is_served = timeline.store.overview.as_ref().is_some_and(|fetched| {
        fetched.ask.generation == generation
            && fetched.columns.pixels as u32 == width
            && fetched.columns.range.start == bounds.start
            && fetched.columns.range.end >= bounds.end
    });
    if !is_served && !timeline.store.overview_asked {
        timeline.store.overview_asked = true;
        let column = (bounds.duration() / i64::from(width) + 1).max(1);
        let end = bounds.start.saturating_add(column * i64::from(width));
        let range = TimeRange { start: bounds.start, end };
        // With the layout in force the worker counts for both at once.
        let layout = app.arrangements.with_untracked(|all| all.of(group).layout);
        let request = LanesRequest { range, pixels: width, group, layout, rows: ask.rows };
        let shared = Rc::clone(shared);
        let then = move |answer, counts: JsValue| {
            let mut timeline = shared.borrow_mut();
            timeline.store.overview_asked = false;
            if let Some((columns, _)) = columns_of(answer, &counts) {
                timeline.store.overview = Some(Fetched { columns, ask });
                frame::request(Layer::Timeline);
            }
        };
        requests::ask(Request::Lanes(request), then);
    }
}

/// Asks for the bars of spans while lanes are kinds of spans.
fn fetch_spans(
    shared: &Shared,
    (generation, group): (u32, LaneGroup),
    visible: TimeRange,
    bounds: TimeRange,
) {
    let mut timeline = shared.borrow_mut();
    let width = timeline.width as u32;
    if group != LaneGroup::Span {
        timeline.store.spans = None;
        return;
    }
    let is_served = timeline.store.spans.as_ref().is_some_and(|fetched| {
        fetched.generation == generation
            && viewport::serves(fetched.found.range, fetched.pixels, visible, width, bounds)
    });
    if is_served || timeline.store.spans_asked {
        return;
    }
    timeline.store.spans_asked = true;
    let (range, pixels) = viewport::columns(visible, width);
    let shared = Rc::clone(shared);
    let request = SpansRequest { range, pixels, longest: 0 };
    requests::ask(Request::Spans(request), move |answer, _| {
        let mut timeline = shared.borrow_mut();
        timeline.store.spans_asked = false;
        if let Answer::Spans(found) = answer {
            timeline.store.spans = Some(FetchedSpans { found, pixels, generation });
        }
        frame::request(Layer::Timeline);
    });
}

/// Whether what was asked has all that is wanted.
fn has(asked: &Ask, wanted: &Ask, (first, end): (u32, u32)) -> bool {
    let rows = match (asked.rows, wanted.rows) {
        (LaneRows::Some { first: from, count }, LaneRows::Some { .. }) => {
            from <= first && end <= from.saturating_add(count)
        }
        (asked, wanted) => asked == wanted,
    };
    rows && (asked.generation, asked.group) == (wanted.generation, wanted.group)
        && asked.layout == wanted.layout
}

fn columns_of(answer: Answer, counts: &JsValue) -> Option<(Columns, Vec<Lane>)> {
    let Answer::Lanes(lanes) = answer else { return None };
    let counts = counts.dyn_ref::<Uint32Array>()?.to_vec();
    Some((Columns::new(&lanes, counts), lanes.lanes))
}
