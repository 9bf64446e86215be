//! What is seen: views that read the state and call its actions, nothing else.
//!
//! The page is built anew when its language changes, so texts are plain strings. What is drawn
//! many times a second (timeline, table rows) is drawn by hand in `frame` callbacks.

mod details;
mod dispatch;
mod drop;
mod filter;
mod help;
mod hex;
mod keys;
mod lost;
mod paint;
mod shell;
mod start;
mod table;
mod timeline;

use leptos::prelude::*;
use web_sys::HtmlElement;

use crate::pwa::{self, Offline};
use crate::state::app::App;
use crate::state::i18n::{Key, set_language, t};
use crate::state::{actions, history};

/// Starts the page: state, worker, views.
pub fn start() {
    mount_to_body(|| {
        let app = App::new();
        set_language(untrack(|| app.language()));
        actions::start(app);
        follow_document(app);
        history::start(app);
        drop::listen(app);
        keys::listen(app);
        pwa::register(move |news| match news {
            Offline::Ready => app.said.set(t(Key::OfflineReady).to_owned()),
            Offline::UpdateReady => app.update.set(true),
        });
        pwa::on_launch_files(move |files| actions::open_files(app, &files));
        if let Some(shell) = document().get_element_by_id("shell") {
            shell.remove();
        }
        root(app)
    });
}

/// The page, anew for each language it is written in.
fn root(app: App) -> impl IntoView {
    let language = Memo::new(move |_| app.language());
    move || {
        set_language(language.get());
        shell::page(app)
    }
}

/// Keeps language, theme and title of the document in step with the state.
fn follow_document(app: App) {
    Effect::new(move |_| {
        let language = app.language();
        if let Some(html) = document().document_element() {
            set_attribute(&html, "lang", language.tag());
        }
    });
    Effect::new(move |_| {
        let theme = app.settings.with(|settings| settings.theme);
        if let Some(html) = document().document_element() {
            set_attribute(&html, "data-theme", theme.name());
        }
        // Colours of the canvas are read from the style sheet.
        paint::forget_palette();
        app.lanes.update(|generation| *generation = generation.wrapping_add(1));
    });
    Effect::new(move |_| {
        let name = app.info.with(|info| info.as_ref().map(|info| info.file_name.clone()));
        document().set_title(&match name {
            Some(name) => format!("{name} · ETLens"),
            None => "ETLens".to_owned(),
        });
    });
}

/// Sets an attribute of a valid name, which does not fail.
fn set_attribute(element: &web_sys::Element, name: &str, value: &str) {
    let _ = element.set_attribute(name, value);
}

/// Sets a style property through the object model, which a strict content security policy allows.
fn set_style(element: &HtmlElement, name: &str, value: &str) {
    let _ = element.style().set_property(name, value);
}

/// Moves the keyboard focus to an element by its id.
fn focus(id: &str) {
    use wasm_bindgen::JsCast as _;
    let element = document().get_element_by_id(id);
    if let Some(element) = element.and_then(|e| e.dyn_into::<HtmlElement>().ok()) {
        // Focus of an element that is there does not fail.
        let _ = element.focus();
    }
}
