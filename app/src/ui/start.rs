//! The page without a trace: what it is for, and the ways in.

use super::dom::{El, button, el, picture};
use super::keys::open_picker;
use super::schemas;
use crate::state::actions;
use crate::state::app::{App, Phase};
use crate::state::i18n::{Key, fill, t};

/// The start view.
pub fn start(app: App) -> El {
    let waiting = move || {
        let link = app.link.get();
        let note = link.map(|link| {
            let text = fill(Key::LinkWaiting, &[&actions::wanted_file(&link)]);
            el("p").class("start-link").test("link-waiting").text(&text)
        });
        note.into_iter().collect()
    };
    let mark = picture(
        "start-mark",
        "0 0 64 64",
        &[("", "M4 46h8l6-24 8 34 8-46 8 40 6-14h12"), ("diamond", "M34 2l7 8-7 8-7-8z")],
    );
    let ways = el("p")
        .class("start-ways")
        .child(button(t(Key::ChooseFile), open_picker).class("primary"))
        .child(button(t(Key::TrySample), move || actions::open_sample(app)));
    let notes = [Key::StartFormats, Key::StartPrivate, Key::StartMarked]
        .into_iter()
        .fold(el("ul").class("start-notes"), |list, key| list.child(el("li").text(t(key))));
    el("section")
        .class("start")
        .live_class("busy", move || app.phase.get() == Phase::Loading)
        .child(mark)
        .child(el("h1").text(t(Key::StartTitle)))
        .child(el("p").class("start-lead").text(t(Key::StartLead)))
        .live(waiting)
        .child(ways)
        .child(notes)
        .live(move || schemas::schemas(app))
}
