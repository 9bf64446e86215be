//! Going to a time that is typed.

use leptos::prelude::request_animation_frame;
use web_sys::{Event, HtmlInputElement, KeyboardEvent};

use crate::state::app::App;
use crate::state::clock::Zone;
use crate::state::i18n::{Key, fill, t};
use crate::state::reactive::State;
use crate::state::{actions, goto, viewport};
use crate::ui::dom::{El, el, sign_button};
use crate::ui::focus;

/// Opens the field.
pub fn open(app: App) {
    app.goto.set(true);
    request_animation_frame(|| focus("goto"));
}

fn close(app: App) {
    app.goto.set(false);
    focus("timeline");
}

/// The field, while it is open.
pub fn view(app: App) -> Vec<El> {
    if !app.goto.get() {
        return Vec::new();
    }
    let fault = State::new(false);
    let style = app.time_style_now();
    let example = app.visible.get_untracked().map(|visible| style.label(visible.start, 3));
    let example = example.unwrap_or_default();
    let input = el("input")
        .id("goto")
        .test("goto")
        .attr("type", "text")
        .attr("autocomplete", "off")
        .attr("spellcheck", "false")
        .attr("placeholder", &example)
        .label(t(Key::GotoTitle))
        .attr("aria-describedby", "goto-hint")
        .live_attr("aria-invalid", move || fault.get().then(|| "true".to_owned()));
    let node: HtmlInputElement = input.cast();
    let hint = move || match fault.get() {
        true => fill(Key::GotoFault, &[&example]),
        false => t(Key::GotoHint).to_owned(),
    };
    let hint = el("p").id("goto-hint").class("source").attr("aria-live", "polite").live_text(hint);
    let go = el("button").attr("type", "submit").text(t(Key::GotoGo));
    let form = el("form")
        .class("goto")
        .on("submit", move |event: &Event| {
            event.prevent_default();
            match go_to(app, &node.value()) {
                true => close(app),
                false => fault.set(true),
            }
        })
        .on("keydown", move |event: &KeyboardEvent| {
            if event.key() == "Escape" {
                event.prevent_default();
                close(app);
            }
            event.stop_propagation();
        });
    let close = sign_button("✕", t(Key::Close), move || close(app)).class("plain");
    let close: El = close.attr("type", "button");
    vec![form.child(el("div").child(input).child(go).child(close)).child(hint)]
}

/// Centres the view on a time, and selects the first event from it on; `false` for what is none.
fn go_to(app: App, text: &str) -> bool {
    let (Some(visible), Some(bounds)) = (app.visible.get_untracked(), app.bounds()) else {
        return false;
    };
    let style = app.time_style_now();
    let relative = style.zone == Zone::Relative;
    let Some(time) = goto::parse(text, bounds, relative, |time| style.offset(time)) else {
        return false;
    };
    let time = time.clamp(bounds.start, bounds.end.saturating_sub(1));
    actions::see(app, viewport::centred(visible, time, bounds));
    actions::seek(app, time);
    true
}
