//! The timeline: lanes of counts, an overview above them, and all the ways to move in time.

use std::cell::RefCell;
use std::rc::Rc;

use etlens_parser::view::{Lane, LaneGroup, LanesRequest, TimeRange};
use js_sys::Uint32Array;
use leptos::prelude::window;
use wasm_bindgen::{JsCast, JsValue};
use web_sys::{Event, HtmlCanvasElement, HtmlElement, KeyboardEvent, PointerEvent, WheelEvent};

use super::dom::{El, button, diamond, el, sign_button, watch_size as observe};
use super::paint::{self, AXIS_PX, Columns, LANE_PX, OVERVIEW_PX, Scene};
use super::set_style;
use super::shell::choice;
use crate::protocol::{Answer, Request};
use crate::state::app::App;
use crate::state::clock::{DAY, MINUTE, Zone, duration};
use crate::state::format::{count, number};
use crate::state::frame::{self, Layer};
use crate::state::i18n::{Key, Plural, fill, t};
use crate::state::link::{group_from_name, group_name, groups};
use crate::state::reactive::{State, effect};
use crate::state::viewport::{self, time_at};
use crate::state::{actions, requests};

/// Least distance of axis labels in pixels, for a time of day and for one with its date.
const TICK_GAPS: [f64; 2] = [96.0, 168.0];
/// A pointer that moved less than this has clicked.
const CLICK_PX: f64 = 4.0;
/// Zoom per wheel pixel; a usual notch of 100 zooms by a fifth.
const WHEEL_ZOOM: f64 = 0.0018;

/// What a pressed pointer does.
#[derive(Clone, Copy, PartialEq)]
enum Drag {
    /// Draws a range from this instant.
    Select { from: i64, x: f64 },
    /// Moves the visible range along.
    Pan { visible: TimeRange, x: f64 },
    /// Moves the window of the overview.
    Overview,
}

#[derive(Default)]
struct Timeline {
    width: f64,
    height: f64,
    lanes: Option<Fetched>,
    overview: Option<Fetched>,
    lanes_asked: bool,
    overview_asked: bool,
    drag: Option<Drag>,
    /// Pressed touches: pointer and place.
    touches: Vec<(i32, f64)>,
    /// Where the mouse is.
    hover: Option<(f64, f64)>,
}

struct Fetched {
    columns: Columns,
    generation: u32,
    group: LaneGroup,
    max_lanes: u32,
}

type Shared = Rc<RefCell<Timeline>>;
type Labels = State<Rc<Vec<Lane>>>;

/// The timeline.
pub fn timeline(app: App) -> El {
    let labels: Labels = State::new(Rc::default());
    let spoken = State::new(String::new());
    let shared = Shared::default();
    let canvas = el("canvas");
    let tip = el("div").class("tip").attr("aria-hidden", "true").attr("hidden", "");
    watch_size(&shared, canvas.cast());
    let (painted, ground, hint) = (Rc::clone(&shared), canvas.cast(), tip.node().clone());
    frame::paint_with(Layer::Timeline, move || draw(app, &painted, labels, &ground, &hint));
    effect(move || {
        app.lanes.track();
        app.visible.track();
        app.selection.track();
        app.range.track();
        app.details.track();
        app.settings.track();
        frame::request(Layer::Timeline);
    });
    let stage = el("div")
        .class("stage")
        .child(handled(app, &shared, canvas))
        .child(tip)
        .live(move || selection_tools(app))
        .child(zoom_tools(app));
    let edge =
        move |pick: fn(TimeRange) -> i64| app.visible.get().map(|range| pick(range).to_string());
    let on_key = move |event: &KeyboardEvent| {
        if key(app, &shared, event) {
            event.prevent_default();
            speak(app, spoken);
        }
    };
    el("div")
        .class("timeline")
        .id("timeline")
        .test("timeline")
        .attr("role", "application")
        .attr("tabindex", "0")
        .attr("aria-roledescription", t(Key::Timeline))
        .live_attr("aria-label", move || Some(summary(app)))
        .live_attr("data-start", move || edge(|range| range.start))
        .live_attr("data-end", move || edge(|range| range.end))
        .live_attr("data-marked", move || Some(app.marked.get().to_string()))
        .on("keydown", on_key)
        .child(gutter(app, labels))
        .child(stage)
        .child(el("p").class("unseen").attr("aria-live", "polite").live_text(move || spoken.get()))
}

/// The canvas with all that a pointer can do on it.
fn handled(app: App, shared: &Shared, canvas: El) -> El {
    let (wheeled, pressed, moved) = (Rc::clone(shared), Rc::clone(shared), Rc::clone(shared));
    let (released, cancelled, left) = (Rc::clone(shared), Rc::clone(shared), Rc::clone(shared));
    canvas
        .on("wheel", move |event: &WheelEvent| wheel(app, &wheeled, event))
        .on("pointerdown", move |event: &PointerEvent| press(app, &pressed, event))
        .on("pointermove", move |event: &PointerEvent| drag(app, &moved, event))
        .on("pointerup", move |event: &PointerEvent| release(app, &released, event, true))
        .on("pointercancel", move |event: &PointerEvent| release(app, &cancelled, event, false))
        .on("pointerleave", move |_: &Event| {
            left.borrow_mut().hover = None;
            frame::request(Layer::Timeline);
        })
        .on("dblclick", move |_: &Event| {
            if let Some(bounds) = app.bounds() {
                actions::see(app, bounds);
            }
        })
}

/// What the timeline shows, in a sentence.
fn summary(app: App) -> String {
    let Some(visible) = app.visible.get() else { return t(Key::Timeline).to_owned() };
    let start = app.time_style().label(visible.start, 3);
    let events = count(Plural::Events, app.shown.get());
    let marked = count(Plural::Marked, app.marked.get());
    fill(Key::TimelineSummary, &[&start, &duration(visible.duration()), &events, &marked])
}

/// What a screen reader hears after a key: the part now visible.
fn speak(app: App, spoken: State<String>) {
    let Some(visible) = app.visible.get_untracked() else { return };
    let style = app.time_style_now();
    spoken.set(fill(
        Key::VisibleIs,
        &[&style.label(visible.start, 3), &duration(visible.duration())],
    ));
}

/// The heads of the lanes, with the choice of what a lane is.
fn gutter(app: App, labels: Labels) -> El {
    let options: Vec<_> = groups().map(|group| (group_name(group), group_text(group))).collect();
    let group = choice(
        t(Key::LanesBy),
        "group",
        &options,
        false,
        move || app.settings.with(|settings| group_name(settings.group)),
        move |name| app.set(|s| s.group = group_from_name(name).unwrap_or_default()),
    );
    let heads = move || labels.get().iter().map(|lane| lane_head(app, lane)).collect();
    el("div").class("gutter").child(group).child(el("ul").class("lane-heads").live(heads))
}

/// What to call a lane.
fn lane_label(lane: &Lane) -> &str {
    if lane.filter.is_empty() { t(Key::OtherLanes) } else { &lane.label }
}

fn lane_head(app: App, lane: &Lane) -> El {
    let label = lane_label(lane);
    let head = if lane.filter.is_empty() {
        el("span").attr("title", label)
    } else {
        let filter = lane.filter.clone();
        let title = fill(Key::FilterToLane, &[label]);
        button("", move || actions::add_term(app, &filter, false)).attr("title", &title)
    };
    let marked = (lane.marked > 0)
        .then(|| el("span").class("lane-marked").child(diamond()).text(&number(lane.marked)));
    let head = head
        .class("lane-head")
        .child(el("span").class("lane-name").text(label))
        .maybe(marked)
        .child(el("span").class("lane-count").text(&number(lane.events)));
    el("li").child(head)
}

fn group_text(group: LaneGroup) -> &'static str {
    match group {
        LaneGroup::Provider => t(Key::ByProvider),
        LaneGroup::Process => t(Key::ByProcess),
        LaneGroup::Thread => t(Key::ByThread),
        LaneGroup::Level => t(Key::ByLevel),
        LaneGroup::Event => t(Key::ByEvent),
        LaneGroup::Activity => t(Key::ByActivity),
        LaneGroup::Cpu => t(Key::ByCpu),
    }
}

/// What can be done with a drawn range.
fn selection_tools(app: App) -> Vec<El> {
    let Some(range) = app.selection.get() else { return Vec::new() };
    let filter = button(t(Key::FilterRange), move || actions::set_range(app, Some(range)));
    let clear = sign_button("✕", t(Key::ClearRange), move || app.selection.set(None));
    let tools = el("div")
        .class("range-tools")
        .attr("role", "group")
        .label(t(Key::SelectedRange))
        .child(el("b").text(&duration(range.duration())))
        .child(button(t(Key::ZoomRange), move || zoom_to_selection(app)).test("range-zoom"))
        .child(filter.test("range-filter"))
        .child(clear.class("plain"));
    vec![tools]
}

fn zoom_tools(app: App) -> El {
    let tools = el("div").class("zoom-tools").attr("role", "group").label(t(Key::Zoom));
    [("−", Key::ZoomOut, 2.0), ("+", Key::ZoomIn, 0.5), ("⤢", Key::ZoomAll, f64::INFINITY)]
        .into_iter()
        .fold(tools, |tools, (sign, key, factor)| {
            tools.child(sign_button(sign, t(key), move || zoom_by(app, 0.5, factor)))
        })
}

fn zoom_by(app: App, fraction: f64, factor: f64) {
    if let (Some(visible), Some(bounds)) = (app.visible.get_untracked(), app.bounds()) {
        actions::see(app, viewport::zoom(visible, fraction, factor.min(1e12), bounds));
    }
}

fn zoom_to_selection(app: App) {
    if let (Some(range), Some(bounds)) = (app.selection.get_untracked(), app.bounds()) {
        app.selection.set(None);
        actions::see(app, viewport::clamp(range, bounds));
    }
}

fn pan_by(app: App, fraction: f64) {
    if let (Some(visible), Some(bounds)) = (app.visible.get_untracked(), app.bounds()) {
        actions::see(app, viewport::pan(visible, fraction, bounds));
    }
}

fn key(app: App, shared: &Shared, event: &KeyboardEvent) -> bool {
    // Keys of the choices and buttons inside are theirs.
    if event.target() != event.current_target() {
        return false;
    }
    if event.ctrl_key() || event.alt_key() || event.meta_key() {
        return false;
    }
    let middle = shared.borrow().hover.map_or(0.5, |(x, _)| x / shared.borrow().width.max(1.0));
    match event.key().as_str() {
        "ArrowLeft" if event.shift_key() => stretch(app, -0.05),
        "ArrowRight" if event.shift_key() => stretch(app, 0.05),
        "ArrowLeft" => pan_by(app, -0.1),
        "ArrowRight" => pan_by(app, 0.1),
        "PageUp" => pan_by(app, -0.9),
        "PageDown" => pan_by(app, 0.9),
        "ArrowUp" | "+" | "=" => zoom_by(app, middle, 0.7),
        "ArrowDown" | "-" | "_" => zoom_by(app, middle, 1.0 / 0.7),
        "Home" => pan_by(app, -1e9),
        "End" => pan_by(app, 1e9),
        "0" => zoom_by(app, 0.5, f64::INFINITY),
        "[" | "]" => return mark_edge(app, event.key() == "]"),
        "z" if app.selection.get_untracked().is_some() => zoom_to_selection(app),
        "Enter" if app.selection.get_untracked().is_some() => {
            actions::set_range(app, app.selection.get_untracked());
        }
        "Escape" if app.selection.get_untracked().is_some() => app.selection.set(None),
        _ => return false,
    }
    true
}

/// Moves the end of the selected range by a part of what is visible. A new range begins at the
/// selected event where it is visible, else in the middle.
fn stretch(app: App, part: f64) {
    let Some(visible) = app.visible.get_untracked() else { return };
    let by = ((visible.duration() as f64 * part) as i64).saturating_add(part.signum() as i64);
    let event = app.details.with_untracked(|details| details.as_ref().map(|d| d.row.time));
    let event = event.filter(|time| (visible.start..visible.end).contains(time));
    let middle = visible.start.saturating_add(visible.duration() / 2);
    let old = app.selection.get_untracked().unwrap_or_else(|| {
        let start = event.unwrap_or(middle);
        TimeRange { start, end: start }
    });
    let end = old.end.saturating_add(by).clamp(visible.start, visible.end);
    let range = TimeRange { start: old.start.min(end), end: old.start.max(end) };
    app.selection.set((range.duration() > 0).then_some(range));
}

/// Sets an edge of the range at the selected event; the other edge is at the end of what is
/// visible until it is set too.
fn mark_edge(app: App, end: bool) -> bool {
    let time = app.details.with_untracked(|details| details.as_ref().map(|d| d.row.time));
    let (Some(time), Some(visible)) = (time, app.visible.get_untracked()) else { return false };
    let old = app.selection.get_untracked().unwrap_or(visible);
    let range = if end {
        TimeRange { start: old.start.min(time), end: time.saturating_add(1) }
    } else {
        TimeRange { start: time, end: old.end.max(time.saturating_add(1)) }
    };
    app.selection.set(Some(range));
    true
}

fn wheel(app: App, shared: &Shared, event: &WheelEvent) {
    event.prevent_default();
    // Lines and pages in pixels.
    let unit = match event.delta_mode() {
        WheelEvent::DOM_DELTA_LINE => 33.0,
        WheelEvent::DOM_DELTA_PAGE => 300.0,
        _ => 1.0,
    };
    let (dx, dy) = (event.delta_x() * unit, event.delta_y() * unit);
    let width = shared.borrow().width.max(1.0);
    if event.shift_key() || dx.abs() > dy.abs() {
        let by = if dx == 0.0 { dy } else { dx };
        pan_by(app, by / width);
    } else {
        // A pinch on a touchpad comes as small deltas with the control key.
        let strength = if event.ctrl_key() { 5.0 } else { 1.0 };
        let x = f64::from(event.offset_x());
        zoom_by(app, x / width, (dy * WHEEL_ZOOM * strength).exp());
    }
}

fn press(app: App, shared: &Shared, event: &PointerEvent) {
    let Some(visible) = app.visible.get_untracked() else { return };
    let (x, y) = (f64::from(event.offset_x()), f64::from(event.offset_y()));
    let target = event.target().and_then(|t| t.dyn_into::<HtmlElement>().ok());
    if let Some(target) = target {
        // Fails only for a pointer that is gone already.
        let _ = target.set_pointer_capture(event.pointer_id());
    }
    let mut timeline = shared.borrow_mut();
    let touch = event.pointer_type() == "touch";
    if touch {
        timeline.touches.push((event.pointer_id(), x));
    }
    timeline.drag = match event.button() {
        0 if y < OVERVIEW_PX => Some(Drag::Overview),
        0 if !touch && !event.shift_key() && y >= OVERVIEW_PX + AXIS_PX => {
            Some(Drag::Select { from: time_at(visible, x, timeline.width), x })
        }
        0 | 1 => Some(Drag::Pan { visible, x }),
        _ => None,
    };
    let overview = timeline.drag == Some(Drag::Overview);
    drop(timeline);
    if event.button() == 1 {
        event.prevent_default();
    }
    if overview {
        center_at(app, shared, x);
    }
}

/// Centres the visible range on a place of the overview.
fn center_at(app: App, shared: &Shared, x: f64) {
    let (Some(visible), Some(bounds)) = (app.visible.get_untracked(), app.bounds()) else {
        return;
    };
    let time = time_at(bounds, x, shared.borrow().width);
    let start = time.saturating_sub(visible.duration() / 2);
    let moved = TimeRange { start, end: start.saturating_add(visible.duration()) };
    actions::see(app, viewport::clamp(moved, bounds));
}

fn drag(app: App, shared: &Shared, event: &PointerEvent) {
    let (x, y) = (f64::from(event.offset_x()), f64::from(event.offset_y()));
    let (Some(visible), Some(bounds)) = (app.visible.get_untracked(), app.bounds()) else {
        return;
    };
    let mut timeline = shared.borrow_mut();
    let width = timeline.width.max(1.0);
    timeline.hover = (event.pointer_type() != "touch").then_some((x, y));
    let pinch = pinch(&mut timeline, event.pointer_id(), x);
    let drag = timeline.drag;
    drop(timeline);
    frame::request(Layer::Timeline);
    if let Some((middle, factor)) = pinch {
        actions::see(app, viewport::zoom(visible, middle / width, factor, bounds));
        return;
    }
    match drag {
        Some(Drag::Select { from, x: began }) if (x - began).abs() >= CLICK_PX => {
            let to = time_at(visible, x.clamp(0.0, width), width);
            let range = TimeRange { start: from.min(to), end: from.max(to).saturating_add(1) };
            app.selection.set(Some(range));
        }
        Some(Drag::Pan { visible, x: began }) => {
            actions::see(app, viewport::pan(visible, (began - x) / width, bounds));
        }
        Some(Drag::Overview) => center_at(app, shared, x),
        _ => {}
    }
}

/// Two fingers: where their middle is and by how much they moved apart.
fn pinch(timeline: &mut Timeline, pointer: i32, x: f64) -> Option<(f64, f64)> {
    let [a, b] = *timeline.touches.as_slice() else {
        if let Some(touch) = timeline.touches.iter_mut().find(|touch| touch.0 == pointer) {
            touch.1 = x;
        }
        return None;
    };
    let old = (a.1 - b.1).abs().max(8.0);
    if let Some(touch) = timeline.touches.iter_mut().find(|touch| touch.0 == pointer) {
        touch.1 = x;
    }
    let [a, b] = *timeline.touches.as_slice() else { return None };
    timeline.drag = None;
    Some(((a.1 + b.1) / 2.0, old / (a.1 - b.1).abs().max(8.0)))
}

fn release(app: App, shared: &Shared, event: &PointerEvent, done: bool) {
    let x = f64::from(event.offset_x());
    let mut timeline = shared.borrow_mut();
    timeline.touches.retain(|touch| touch.0 != event.pointer_id());
    let drag = timeline.drag.take();
    drop(timeline);
    if !done {
        return;
    }
    match drag {
        Some(Drag::Select { from, x: began }) if (x - began).abs() < CLICK_PX => {
            app.selection.set(None);
            click(app, shared, from);
        }
        Some(Drag::Pan { visible, x: began })
            if (x - began).abs() < CLICK_PX && event.pointer_type() == "touch" =>
        {
            click(app, shared, time_at(visible, x, shared.borrow().width));
        }
        _ => {}
    }
}

/// Selects the event at an instant, or a few pixels later: nobody hits the pixel.
fn click(app: App, shared: &Shared, time: i64) {
    let Some(visible) = app.visible.get_untracked() else { return };
    let slack = (visible.duration() as f64 * CLICK_PX / shared.borrow().width.max(1.0)) as i64;
    actions::seek(app, time.saturating_sub(slack));
}

/// Keeps the size of the canvas that of its place on the page.
fn watch_size(shared: &Shared, canvas: HtmlCanvasElement) {
    let (shared, observed) = (Rc::clone(shared), canvas.clone());
    observe(&canvas, move || {
        let mut timeline = shared.borrow_mut();
        timeline.width = f64::from(observed.client_width());
        timeline.height = f64::from(observed.client_height());
        drop(timeline);
        frame::request(Layer::Timeline);
    });
}

fn draw(app: App, shared: &Shared, labels: Labels, canvas: &HtmlCanvasElement, tip: &HtmlElement) {
    let (Some(visible), Some(bounds)) = (app.visible.get_untracked(), app.bounds()) else {
        return;
    };
    fetch(app, shared, labels, visible, bounds);
    let timeline = shared.borrow();
    let (width, height) = (timeline.width, timeline.height);
    if width < 1.0 || height < 1.0 {
        return;
    }
    let scale = window().device_pixel_ratio().max(1.0);
    let (pixels_x, pixels_y) = ((width * scale).round() as u32, (height * scale).round() as u32);
    if canvas.width() != pixels_x || canvas.height() != pixels_y {
        canvas.set_width(pixels_x);
        canvas.set_height(pixels_y);
    }
    let Some(context) = paint::context(canvas) else { return };
    let ticks = axis(app, visible, width);
    let scene = Scene {
        width,
        height,
        scale,
        visible,
        bounds,
        lanes: timeline.lanes.as_ref().map(|fetched| &fetched.columns),
        overview: timeline.overview.as_ref().map(|fetched| &fetched.columns),
        selection: app.selection.get_untracked(),
        filtered: app.range.get_untracked(),
        event: app.details.with_untracked(|details| details.as_ref().map(|d| d.row.time)),
        hover: timeline.hover.filter(|(_, y)| *y > OVERVIEW_PX).map(|(x, _)| x),
        ticks: &ticks,
    };
    paint::paint(&context, &scene);
    show_tip(app, &timeline, labels, visible, tip);
}

/// Times and labels of the axis.
fn axis(app: App, visible: TimeRange, width: f64) -> Vec<(i64, String)> {
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

/// Asks for what is missing to draw the view; one request of a kind is on its way at a time.
fn fetch(app: App, shared: &Shared, labels: Labels, visible: TimeRange, bounds: TimeRange) {
    let generation = app.lanes.get_untracked();
    let group = app.settings.with_untracked(|settings| settings.group);
    let mut timeline = shared.borrow_mut();
    let width = timeline.width as u32;
    if width == 0 {
        return;
    }
    let room = (timeline.height - OVERVIEW_PX - AXIS_PX) / LANE_PX;
    let max_lanes = (room.floor().max(1.0) as u32).min(etlens_parser::limits::MAX_LANES);
    let is_served = timeline.lanes.as_ref().is_some_and(|fetched| {
        let Fetched { columns, .. } = fetched;
        (fetched.generation, fetched.group, fetched.max_lanes) == (generation, group, max_lanes)
            && viewport::serves(columns.range, columns.pixels as u32, visible, width, bounds)
    });
    if !is_served && !timeline.lanes_asked {
        timeline.lanes_asked = true;
        let request = viewport::request(visible, width, group, max_lanes);
        let shared = Rc::clone(shared);
        let then = move |answer, counts: JsValue| {
            let mut timeline = shared.borrow_mut();
            timeline.lanes_asked = false;
            if let Some((columns, lanes)) = columns_of(answer, &counts) {
                timeline.lanes = Some(Fetched { columns, generation, group, max_lanes });
                drop(timeline);
                if *labels.get_untracked() != lanes {
                    labels.set(Rc::new(lanes));
                }
                frame::request(Layer::Timeline);
            }
        };
        requests::ask(Request::Lanes(request), then);
    }
    let is_served = timeline.overview.as_ref().is_some_and(|fetched| {
        fetched.generation == generation
            && fetched.columns.pixels as u32 == width
            && fetched.columns.range.start == bounds.start
            && fetched.columns.range.end >= bounds.end
    });
    if !is_served && !timeline.overview_asked {
        timeline.overview_asked = true;
        let column = (bounds.duration() / i64::from(width) + 1).max(1);
        let end = bounds.start.saturating_add(column * i64::from(width));
        let range = TimeRange { start: bounds.start, end };
        let group = LaneGroup::Level;
        let request = LanesRequest { range, pixels: width, group, max_lanes: 1 };
        let shared = Rc::clone(shared);
        let then = move |answer, counts: JsValue| {
            let mut timeline = shared.borrow_mut();
            timeline.overview_asked = false;
            if let Some((columns, _)) = columns_of(answer, &counts) {
                timeline.overview = Some(Fetched { columns, generation, group, max_lanes: 1 });
                frame::request(Layer::Timeline);
            }
        };
        requests::ask(Request::Lanes(request), then);
    }
}

fn columns_of(answer: Answer, counts: &JsValue) -> Option<(Columns, Vec<Lane>)> {
    let Answer::Lanes(lanes) = answer else { return None };
    let counts = counts.dyn_ref::<Uint32Array>()?.to_vec();
    let columns = Columns {
        range: lanes.range,
        pixels: lanes.pixels as usize,
        lanes: lanes.lanes.len(),
        counts,
    };
    Some((columns, lanes.lanes))
}

/// What is under the mouse.
fn show_tip(app: App, timeline: &Timeline, labels: Labels, visible: TimeRange, tip: &HtmlElement) {
    let hover = timeline.hover.filter(|(_, y)| *y > OVERVIEW_PX + AXIS_PX);
    let (Some((x, y)), Some(fetched)) = (hover, &timeline.lanes) else {
        tip.set_hidden(true);
        return;
    };
    let width = timeline.width;
    let lane = ((y - OVERVIEW_PX - AXIS_PX) / LANE_PX) as usize;
    let around = TimeRange {
        start: time_at(visible, x - 2.0, width),
        end: time_at(visible, x + 3.0, width).saturating_add(1),
    };
    let columns = &fetched.columns;
    let sum = |class: usize| -> u64 {
        columns.touching(around).map(|column| u64::from(columns.count(lane, class, column))).sum()
    };
    let counts: [u64; paint::CLASSES] = std::array::from_fn(sum);
    let style = app.time_style_now();
    let mut text = style.label(time_at(visible, x, width), 7);
    let total: u64 = counts.iter().sum();
    if let Some(lane) = labels.get_untracked().get(lane)
        && total > 0
    {
        text.push('\n');
        text.push_str(lane_label(lane));
        text.push('\n');
        text.push_str(&count(Plural::Events, total));
        for (key, n) in [
            (Plural::TipMarked, counts[0]),
            (Plural::TipErrors, counts[1]),
            (Plural::TipWarnings, counts[2]),
        ] {
            if n > 0 {
                text.push('\n');
                text.push_str(&count(key, n));
            }
        }
    }
    tip.set_text_content(Some(&text));
    tip.set_hidden(false);
    let to_left = x > width - 240.0;
    let left = (if to_left { x - 12.0 } else { x + 12.0 }).round() as i32;
    let top = (y + 12.0).round() as i32;
    let shift = if to_left { "-100%" } else { "0" };
    set_style(tip, "transform", &format!("translate({left}px, {top}px) translateX({shift})"));
}
