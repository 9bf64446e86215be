//! The keys of the timeline.

use etlens_parser::view::TimeRange;
use web_sys::KeyboardEvent;

use super::{Shared, cursors, goto, pan_by, zoom_by};
use crate::state::actions;
use crate::state::app::App;
use crate::state::viewport::time_at;

/// How far one press zooms.
const ZOOM: f64 = 0.7;

/// Does what a key says; tells whether it says anything.
pub fn key(app: App, shared: &Shared, event: &KeyboardEvent) -> bool {
    // Keys of the choices and buttons inside are theirs.
    if event.target() != event.current_target() {
        return false;
    }
    if event.ctrl_key() || event.alt_key() || event.meta_key() {
        return false;
    }
    let (hover, width) = {
        let timeline = shared.borrow();
        (timeline.hover, timeline.width.max(1.0))
    };
    let middle = hover.map_or(0.5, |(x, _)| x / width);
    let single = app.settings.with_untracked(|settings| settings.single_keys);
    // W, A, S, D by where they lie, whatever the layout of the keyboard writes there.
    if single && !event.shift_key() {
        match event.code().as_str() {
            "KeyW" => zoom_by(app, middle, ZOOM),
            "KeyS" => zoom_by(app, middle, 1.0 / ZOOM),
            "KeyA" => pan_by(app, -0.1),
            "KeyD" => pan_by(app, 0.1),
            _ => return named(app, middle, hover.map(|(x, _)| x / width), event),
        }
        return true;
    }
    named(app, middle, hover.map(|(x, _)| x / width), event)
}

fn named(app: App, middle: f64, hover: Option<f64>, event: &KeyboardEvent) -> bool {
    match event.key().as_str() {
        "ArrowLeft" if event.shift_key() => stretch(app, -0.05),
        "ArrowRight" if event.shift_key() => stretch(app, 0.05),
        "ArrowLeft" => pan_by(app, -0.1),
        "ArrowRight" => pan_by(app, 0.1),
        "PageUp" => pan_by(app, -0.9),
        "PageDown" => pan_by(app, 0.9),
        "ArrowUp" | "+" | "=" => zoom_by(app, middle, ZOOM),
        "ArrowDown" | "-" | "_" => zoom_by(app, middle, 1.0 / ZOOM),
        "Home" => pan_by(app, -1e9),
        "End" => pan_by(app, 1e9),
        "0" => zoom_by(app, 0.5, f64::INFINITY),
        "Backspace" => actions::zoom_back(app, event.shift_key()),
        "[" | "]" => return mark_edge(app, event.key() == "]"),
        "g" => goto::open(app),
        "A" | "B" => place_cursor(app, usize::from(event.key() == "B"), hover),
        "z" if app.selection.get_untracked().is_some() => actions::zoom_to_selection(app),
        "Enter" if app.selection.get_untracked().is_some() => {
            actions::set_range(app, app.selection.get_untracked());
        }
        "Escape" if app.selection.get_untracked().is_some() => app.selection.set(None),
        "Escape" if app.cursors.get_untracked() != [None; 2] => app.cursors.set([None; 2]),
        _ => return false,
    }
    true
}

/// Places a cursor under the mouse, else at the selected event, else in the middle.
fn place_cursor(app: App, which: usize, hover: Option<f64>) {
    let Some(visible) = app.visible.get_untracked() else { return };
    let hovered = hover.map(|part| time_at(visible, part, 1.0));
    let time = hovered.or_else(|| event_in_view(app, visible));
    let middle = visible.start.saturating_add(visible.duration() / 2);
    cursors::place(app, which, time.unwrap_or(middle));
}

/// Time of the selected event, where it is visible.
fn event_in_view(app: App, visible: TimeRange) -> Option<i64> {
    let time = app.details.with_untracked(|details| details.as_ref().map(|d| d.row.time));
    time.filter(|time| (visible.start..visible.end).contains(time))
}

/// Moves the end of the selected range by a part of what is visible. A new range begins at the
/// selected event where it is visible, else in the middle.
fn stretch(app: App, part: f64) {
    let Some(visible) = app.visible.get_untracked() else { return };
    let by = ((visible.duration() as f64 * part) as i64).saturating_add(part.signum() as i64);
    let middle = visible.start.saturating_add(visible.duration() / 2);
    let old = app.selection.get_untracked().unwrap_or_else(|| {
        let start = event_in_view(app, visible).unwrap_or(middle);
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
