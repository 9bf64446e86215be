//! Moving with mouse, touchpad, pen and fingers: what is under the pointer stays under it, and
//! nothing moves on after the hand has stopped.

use etlens_parser::view::TimeRange;
use wasm_bindgen::JsCast;
use web_sys::{HtmlElement, PointerEvent, WheelEvent};

use super::paint::{HEAD_PX, OVERVIEW_PX};
use super::{Shared, Timeline, cursors, spans, zoom_by};
use crate::state::actions;
use crate::state::app::App;
use crate::state::frame::{self, Layer};
use crate::state::viewport::{self, time_at};

/// A pointer that moved less than this has clicked.
const CLICK_PX: f64 = 4.0;
/// Zoom per wheel pixel; a usual notch of 100 zooms by a fifth.
const WHEEL_ZOOM: f64 = 0.0018;

/// What a pressed pointer does.
#[derive(Clone, Copy, PartialEq)]
pub enum Drag {
    /// Draws a range from this instant.
    Select {
        /// Where it began.
        from: i64,
        /// The same in pixels.
        x: f64,
    },
    /// Moves the visible range along.
    Pan {
        /// What was visible.
        visible: TimeRange,
        /// Where it began.
        x: f64,
    },
    /// Moves the window of the overview.
    Overview,
}

/// The wheel zooms at the pointer; with shift, or sideways, it moves; with alt it scrolls lanes.
pub fn wheel(app: App, shared: &Shared, event: &WheelEvent) {
    event.prevent_default();
    // Lines and pages in pixels.
    let unit = match event.delta_mode() {
        WheelEvent::DOM_DELTA_LINE => 33.0,
        WheelEvent::DOM_DELTA_PAGE => 300.0,
        _ => 1.0,
    };
    let (dx, dy) = (event.delta_x() * unit, event.delta_y() * unit);
    let width = shared.borrow().width.max(1.0);
    if event.alt_key() {
        let list = event.current_target().and_then(|canvas| {
            let canvas: HtmlElement = canvas.unchecked_into();
            canvas.closest(".timeline").ok()??.query_selector(".lane-heads:not(.pinned)").ok()?
        });
        if let Some(list) = list {
            list.set_scroll_top(list.scroll_top().saturating_add(dy.round() as i32));
        }
    } else if event.shift_key() || dx.abs() > dy.abs() {
        let by = if dx == 0.0 { dy } else { dx };
        super::pan_by(app, by / width);
    } else {
        // A pinch on a touchpad comes as small deltas with the control key.
        let strength = if event.ctrl_key() { 5.0 } else { 1.0 };
        let x = f64::from(event.offset_x());
        zoom_by(app, x / width, (dy * WHEEL_ZOOM * strength).exp());
    }
}

/// A pointer goes down.
pub fn press(app: App, shared: &Shared, event: &PointerEvent) {
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
        0 if !touch && !event.shift_key() && y >= HEAD_PX => {
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
    actions::see(app, viewport::centred(visible, time, bounds));
}

/// A pointer moves.
pub fn drag(app: App, shared: &Shared, event: &PointerEvent) {
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
    if let Some((before, after, factor)) = pinch {
        // What was between the fingers stays there, also when both move.
        let moved = viewport::pan(visible, (before - after) / width, bounds);
        actions::see(app, viewport::zoom(moved, after / width, factor, bounds));
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

/// Two fingers: where their middle was and is, and by how much they moved apart.
fn pinch(timeline: &mut Timeline, pointer: i32, x: f64) -> Option<(f64, f64, f64)> {
    let fingers = |timeline: &Timeline| match *timeline.touches.as_slice() {
        [a, b] => Some(((a.1 + b.1) / 2.0, (a.1 - b.1).abs().max(8.0))),
        _ => None,
    };
    let before = fingers(timeline);
    if let Some(touch) = timeline.touches.iter_mut().find(|touch| touch.0 == pointer) {
        touch.1 = x;
    }
    let (old, after) = (before?, fingers(timeline)?);
    timeline.drag = None;
    Some((old.0, after.0, old.1 / after.1))
}

/// A pointer goes up, or is taken away.
pub fn release(app: App, shared: &Shared, event: &PointerEvent, done: bool) {
    let x = f64::from(event.offset_x());
    let mut timeline = shared.borrow_mut();
    timeline.touches.retain(|touch| touch.0 != event.pointer_id());
    let drag = timeline.drag.take();
    let width = timeline.width;
    drop(timeline);
    if !done {
        return;
    }
    match drag {
        Some(Drag::Select { from, x: began }) if (x - began).abs() < CLICK_PX => {
            if event.alt_key() {
                return cursors::place_next(app, from);
            }
            app.selection.set(None);
            let y = f64::from(event.offset_y());
            if !click_span(app, shared, (x, y)) {
                click(app, width, from);
            }
        }
        Some(Drag::Pan { visible, x: began })
            if (x - began).abs() < CLICK_PX && event.pointer_type() == "touch" =>
        {
            click(app, width, time_at(visible, x, width));
        }
        _ => {}
    }
}

/// Selects the first event of the span at a point; tells whether there is one.
fn click_span(app: App, shared: &Shared, at: (f64, f64)) -> bool {
    let Some(visible) = app.visible.get_untracked() else { return false };
    let timeline = shared.borrow();
    let rows = spans::rows(&timeline, &timeline.places(app));
    let Some((_, bar)) = spans::hit(&rows, visible, timeline.width, at) else { return false };
    drop(rows);
    drop(timeline);
    actions::select(app, bar.first, None, false);
    true
}

/// Selects the event at an instant, or a few pixels later: nobody hits the pixel.
fn click(app: App, width: f64, time: i64) {
    let Some(visible) = app.visible.get_untracked() else { return };
    let slack = (visible.duration() as f64 * CLICK_PX / width.max(1.0)) as i64;
    actions::seek(app, time.saturating_sub(slack));
}
