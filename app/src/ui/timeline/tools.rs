//! The buttons on the timeline.

use web_sys::HtmlButtonElement;

use super::{goto, zoom_by};
use crate::state::actions;
use crate::state::app::App;
use crate::state::clock::duration;
use crate::state::i18n::{Key, t};
use crate::state::reactive::effect;
use crate::ui::dom::{El, button, el, sign_button};

/// What can be done with a drawn range.
pub fn selection(app: App) -> Vec<El> {
    let Some(range) = app.selection.get() else { return Vec::new() };
    let filter = button(t(Key::FilterRange), move || actions::set_range(app, Some(range)));
    let clear = sign_button("✕", t(Key::ClearRange), move || app.selection.set(None));
    let tools = el("div")
        .class("range-tools")
        .attr("role", "group")
        .label(t(Key::SelectedRange))
        .child(el("b").text(&duration(range.duration())))
        .child(
            button(t(Key::ZoomRange), move || actions::zoom_to_selection(app)).test("range-zoom"),
        )
        .child(filter.test("range-filter"))
        .child(clear.class("plain"));
    vec![tools]
}

/// Zooming, going back, going to a time.
pub fn zoom(app: App) -> El {
    let tools = el("div").class("zoom-tools").attr("role", "group").label(t(Key::Zoom));
    let back = |sign: &str, key, test: &str, forth: bool| {
        let step = sign_button(sign, t(key), move || actions::zoom_back(app, forth)).test(test);
        let node: HtmlButtonElement = step.cast();
        effect(move || {
            let (back, forward) = app.zooms.get();
            node.set_disabled(!if forth { forward } else { back });
        });
        step
    };
    let tools = tools
        .child(back("↶", Key::ZoomBack, "zoom-back", false))
        .child(back("↷", Key::ZoomForth, "zoom-forth", true))
        .child(sign_button("⇥", t(Key::GotoTitle), move || goto::open(app)).test("goto-open"));
    [("−", Key::ZoomOut, 2.0), ("+", Key::ZoomIn, 0.5), ("⤢", Key::ZoomAll, f64::INFINITY)]
        .into_iter()
        .fold(tools, |tools, (sign, key, factor)| {
            tools.child(sign_button(sign, t(key), move || zoom_by(app, 0.5, factor)))
        })
}
