//! Keys that work everywhere on the page. Single characters can be turned off and never work
//! while text is typed.

use leptos::prelude::{document, window};
use wasm_bindgen::JsCast;
use web_sys::{Element, KeyboardEvent};

use super::focus;
use crate::protocol::StepTo;
use crate::state::actions;
use crate::state::app::{App, Phase};
use crate::state::reactive;

/// Listens on the whole window.
pub fn listen(app: App) {
    let pressed = move |event: web_sys::Event| {
        let event: KeyboardEvent = event.unchecked_into();
        let taken = event.default_prevented() || event.is_composing() || is_text(&event);
        if !taken && handle(app, &event) {
            event.prevent_default();
        }
    };
    reactive::listen(&window(), "keydown", Box::new(pressed));
}

/// Whether the key goes into a text field or a list of choices.
fn is_text(event: &KeyboardEvent) -> bool {
    let element = event.target().and_then(|target| target.dyn_into::<Element>().ok());
    element.is_some_and(|element| {
        let name = element.tag_name();
        let is_button =
            element.get_attribute("type").is_some_and(|t| t == "checkbox" || t == "file");
        matches!(name.as_str(), "TEXTAREA" | "SELECT") || (name == "INPUT" && !is_button)
    })
}

fn handle(app: App, event: &KeyboardEvent) -> bool {
    if event.ctrl_key() || event.alt_key() || event.meta_key() {
        return false;
    }
    let key = event.key();
    if key == "Escape" {
        if app.work.get_untracked().is_some() {
            actions::cancel(app);
            return true;
        }
        return false;
    }
    if !app.settings.with_untracked(|settings| settings.single_keys) || app.help.get_untracked() {
        return false;
    }
    match key.as_str() {
        "?" => app.help.set(true),
        "o" => open_picker(),
        _ if app.phase.get_untracked() != Phase::Ready => return false,
        "." => actions::step(app, true, StepTo::Marked),
        "," => actions::step(app, false, StepTo::Marked),
        "e" => actions::step(app, true, StepTo::Error),
        "E" => actions::step(app, false, StepTo::Error),
        "/" => focus("filter"),
        "t" => focus("timeline"),
        "r" => focus("event-table"),
        "d" => focus("details-title"),
        _ => return false,
    }
    true
}

/// Opens the browser's file dialog.
pub fn open_picker() {
    let input = document().get_element_by_id("open-file");
    if let Some(input) = input.and_then(|i| i.dyn_into::<web_sys::HtmlInputElement>().ok()) {
        input.click();
    }
}
