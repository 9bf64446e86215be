//! What is seen: views that read the state and call its actions, nothing else.
//!
//! The page is built anew when its language changes, so texts are plain strings. What is drawn
//! many times a second (timeline, table rows) is drawn by hand in `frame` callbacks.

mod activities;
mod details;
mod dispatch;
pub mod dom;
mod drop;
mod facets;
mod filter;
mod help;
mod hex;
mod keys;
mod lost;
mod range;
mod schemas;
mod shell;
mod spans;
mod start;
mod table;
mod timeline;

use std::time::Duration;

use leptos::prelude::{
    document, mount_to_body, request_animation_frame, set_timeout, untrack, window,
};
use wasm_bindgen::JsCast as _;
use web_sys::{Element, HtmlElement};

use crate::pwa::{self, Offline};
use crate::state::app::{App, first_language};
use crate::state::i18n::{Key, set_language, t};
use crate::state::language::with_texts;
use crate::state::reactive::{State, effect, listen};
use crate::state::settings::Theme;
use crate::state::{actions, format, history};
use dom::El;

/// The first paint comes before what only files need.
const PREPARED_AFTER: Duration = Duration::from_millis(50);

/// Starts the page: state, worker, views.
pub fn start() {
    with_texts(first_language(), begin);
}

fn begin() {
    mount_to_body(|| {
        let app = App::new();
        set_language(untrack(|| app.language()));
        actions::start(app);
        follow_document(app);
        history::start(app);
        drop::listen(app);
        keys::listen(app);
        listen(&window(), "online", Box::new(move |_| actions::retry_language(app)));
        pwa::register(move |news| match news {
            Offline::Ready => app.say(|| t(Key::OfflineReady).to_owned()),
            Offline::UpdateReady => app.update.set(true),
        });
        pwa::on_launch_files(move |files| actions::open_files(app, &files));
        show(app);
        // After the page has been painted.
        set_timeout(format::prepare, PREPARED_AFTER);
    });
}

/// Shows the page, anew for each language it is written in.
fn show(app: App) {
    let language = State::new(untrack(|| app.language()));
    effect(move || language.set_if_new(app.language()));
    let shown = std::cell::RefCell::new(None::<El>);
    effect(move || {
        set_language(language.get());
        let page = shell::page(app);
        let old = shown.replace(Some(page.clone()));
        // The first page replaces the one that was shown before the program was there.
        let old =
            old.map(|old| old.cast::<Element>()).or_else(|| document().get_element_by_id("shell"));
        match (old, document().body()) {
            // Both are in the document, so neither fails.
            (Some(old), _) => drop_result(old.replace_with_with_node_1(page.node())),
            (None, Some(body)) => drop_result(body.append_child(page.node())),
            (None, None) => {}
        }
    });
}

/// Keeps language, theme and title of the document in step with the state.
fn follow_document(app: App) {
    effect(move || {
        let language = app.language();
        if let Some(html) = document().document_element() {
            set_attribute(&html, "lang", language.tag());
        }
    });
    effect(move || {
        let theme = app.settings.with(|settings| settings.theme);
        if let Some(html) = document().document_element() {
            set_attribute(&html, "data-theme", theme.name());
        }
        paint_anew(app);
    });
    if let Ok(Some(query)) = window().match_media("(prefers-color-scheme: dark)") {
        let changed = move |_| {
            if app.settings.with_untracked(|settings| settings.theme == Theme::System) {
                paint_anew(app);
            }
        };
        listen(&query, "change", Box::new(changed));
        // The query is heard only as long as somebody holds it.
        std::mem::forget(query);
    }
    effect(move || {
        let name = app.info.with(|info| info.as_ref().map(|info| info.file_name.clone()));
        document().set_title(&match name {
            Some(name) => format!("{name} · ETLens"),
            None => "ETLens".to_owned(),
        });
    });
}

/// The colours changed: the canvas reads them from the style sheet again.
fn paint_anew(app: App) {
    timeline::palette::forget();
    app.visible.update(|_| ());
}

/// For calls on the document that cannot fail as they are made here.
fn drop_result<T>(result: Result<T, wasm_bindgen::JsValue>) {
    drop(result);
}

/// Sets an attribute of a valid name.
fn set_attribute(element: &Element, name: &str, value: &str) {
    drop_result(element.set_attribute(name, value));
}

/// Removes an attribute.
fn remove_attribute(element: &Element, name: &str) {
    drop_result(element.remove_attribute(name));
}

/// Adds or removes a class of a valid name.
fn toggle_class(element: &Element, name: &str, on: bool) {
    drop_result(element.class_list().toggle_with_force(name, on));
}

/// Sets a style property through the object model, which a strict content security policy allows.
fn set_style(element: &HtmlElement, name: &str, value: &str) {
    drop_result(element.style().set_property(name, value));
}

/// Moves the keyboard focus to an element by its id.
fn focus(id: &str) {
    if let Some(element) = document().get_element_by_id(id) {
        drop_result(element.unchecked_into::<HtmlElement>().focus());
    }
}

/// Things that are made anew, each known by an attribute: the control of one that has the focus
/// gets it again, wherever its thing goes.
fn keep_focus(attribute: &'static str) {
    let Some(control) = document().active_element() else { return };
    let selector = format!("[{attribute}]");
    let Some(thing) = control.closest(&selector).ok().flatten() else { return };
    let (name, class) = (thing.get_attribute(attribute), control.class_name());
    request_animation_frame(move || {
        let Ok(things) = document().query_selector_all(&selector) else { return };
        let things =
            (0..things.length()).filter_map(|i| things.item(i)?.dyn_into::<Element>().ok());
        for thing in things.filter(|thing| thing.get_attribute(attribute) == name) {
            let children = thing.children();
            for control in (0..children.length()).filter_map(|i| children.item(i)) {
                if control.class_name() == class
                    && let Some(control) = control.dyn_ref::<HtmlElement>()
                {
                    drop_result(control.focus());
                }
            }
        }
    });
}
