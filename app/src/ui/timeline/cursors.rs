//! The cursors A and B: two instants, and what lies between them.

use etlens_parser::view::TimeRange;

use crate::protocol::{Answer, Request};
use crate::state::app::App;
use crate::state::clock::duration;
use crate::state::format::count;
use crate::state::frame::{self, Layer};
use crate::state::i18n::{Key, Plural, fill, t};
use crate::state::reactive::effect;
use crate::state::{actions, requests, viewport};
use crate::ui::dom::{El, button, el, sign_button};

const NAMES: [&str; 2] = ["A", "B"];

/// Places a cursor.
pub fn place(app: App, which: usize, time: i64) {
    let mut cursors = app.cursors.get_untracked();
    if let Some(cursor) = cursors.get_mut(which) {
        *cursor = Some(time);
    }
    app.cursors.set(cursors);
}

/// Places the cursor that is not there yet, or the one that is nearer.
pub fn place_next(app: App, time: i64) {
    let which = match app.cursors.get_untracked() {
        [None, _] => 0,
        [_, None] => 1,
        [Some(a), Some(b)] => usize::from(time.abs_diff(b) < time.abs_diff(a)),
    };
    place(app, which, time);
}

/// The range between both.
fn between(cursors: [Option<i64>; 2]) -> Option<TimeRange> {
    let [Some(a), Some(b)] = cursors else { return None };
    Some(TimeRange { start: a.min(b), end: a.max(b) })
}

/// Counts the events between the cursors whenever these or the events change.
pub fn follow(app: App) {
    effect(move || {
        let range = between(app.cursors.get());
        app.lanes.track();
        frame::request(Layer::Timeline);
        let Some(range) = range else { return app.between.set_if_new(None) };
        requests::ask(Request::Count { range }, move |answer, _| {
            let still = between(app.cursors.get_untracked()) == Some(range);
            if let Answer::Counted { events } = answer
                && still
            {
                app.between.set_if_new(Some(events));
            }
        });
    });
}

/// What the cursors say, in words: for those who see the canvas and those who do not.
pub fn view(app: App) -> Vec<El> {
    let cursors = app.cursors.get();
    if cursors == [None; 2] {
        return Vec::new();
    }
    let style = app.time_style();
    let mut parts =
        el("div").class("cursors").test("cursors").attr("role", "group").label(t(Key::Cursors));
    for (time, name) in cursors.iter().zip(NAMES) {
        let Some(time) = *time else { continue };
        let text = style.label(time, 7);
        let label = fill(Key::CursorAt, &[name, &text]);
        let go = button("", move || see(app, time)).class("cursor").label(&label);
        parts = parts.child(go.child(el("b").text(name)).text(&text));
    }
    if let Some(range) = between(cursors) {
        let mut text = fill(Key::CursorDelta, &[&duration(range.duration())]);
        if let Some(events) = app.between.get() {
            text.push_str(" · ");
            text.push_str(&count(Plural::Events, events));
        }
        let text = el("span").test("cursor-delta").attr("aria-live", "polite").text(&text);
        let select = button(t(Key::CursorSelect), move || app.selection.set(between(cursors)));
        parts = parts.child(text).child(select);
    }
    let clear = sign_button("✕", t(Key::CursorsClear), move || app.cursors.set([None; 2]));
    vec![parts.child(clear.class("plain"))]
}

/// Shows an instant.
fn see(app: App, time: i64) {
    if let (Some(visible), Some(bounds)) = (app.visible.get_untracked(), app.bounds()) {
        actions::see(app, viewport::reveal(visible, time, bounds));
    }
}
