//! The view in the address: writes the fragment when the view changes, and follows it when a
//! person goes back, forward, or opens a link.

use std::cell::{Cell, RefCell};
use std::sync::Arc;
use std::time::Duration;

use leptos::prelude::{TimeoutHandle, set_timeout_with_handle, untrack, window};
use wasm_bindgen::JsValue;

use super::actions;
use super::app::{App, Phase, known_locale};
use super::columns::{self, Sort};
use super::i18n::{Key, t};
use super::link::{Link, LinkFault, parse, print};
use super::reactive::{effect, listen};

/// How long the view must rest before it is written.
const REST: Duration = Duration::from_millis(250);

thread_local! {
    /// The last link written or followed.
    static LAST: RefCell<Link> = RefCell::new(Link::default());
    static PENDING: Cell<Option<TimeoutHandle>> = const { Cell::new(None) };
}

/// The link of the view as it is.
#[must_use]
pub fn current(app: App) -> Link {
    let info = app.info.get();
    let bounds = info.as_ref().and_then(|info| info.range);
    let group = app.settings.with(|settings| settings.group);
    Link {
        filter: app.filter.get(),
        range: app.range.get(),
        visible: app.visible.get().filter(|visible| Some(*visible) != bounds),
        event: app.event.get(),
        group,
        lanes: app.arrangements.with(|all| all.of(group).layout),
        cursors: app.cursors.get(),
        locale: app.locale.get().to_owned(),
        fingerprint: info.as_ref().and_then(|info| info.fingerprint),
        name: info.as_ref().map(|info| info.file_name.clone()).unwrap_or_default(),
        columns: app.columns.with(|columns| columns::print(columns)),
        sort: app.sort.with(Sort::print),
        grouped: app.grouped.get().unwrap_or_default(),
    }
}

/// The whole address of the view.
#[must_use]
pub fn address(app: App) -> String {
    let href = window().location().href().unwrap_or_default();
    let page = href.split('#').next().unwrap_or_default();
    format!("{page}{}", print(&untrack(|| current(app))))
}

/// Follows the address the page was opened with, and from then on keeps both in step.
pub fn start(app: App) {
    follow(app);
    listen(&window(), "hashchange", Box::new(move |_| follow(app)));
    effect(move || {
        let ready = app.phase.get() == Phase::Ready;
        let link = current(app);
        if !ready || app.link.with(Option::is_some) {
            return;
        }
        if let Some(pending) = PENDING.take() {
            pending.clear();
        }
        // The first view of a trace is an entry to come back to.
        if LAST.with_borrow(|last| last.fingerprint != link.fingerprint) {
            return write(link);
        }
        let write = move || {
            PENDING.set(None);
            write(link.clone());
        };
        PENDING.set(set_timeout_with_handle(write, REST).ok());
    });
}

/// Writes a link. A step a person would want to undo makes an entry of its own in the history;
/// scrolling and zooming do not.
fn write(link: Link) {
    let old = LAST.with_borrow(Clone::clone);
    if old == link {
        return;
    }
    let is_step = old.fingerprint == link.fingerprint
        && (old.filter != link.filter || old.range != link.range || old.event != link.event);
    let Ok(history) = window().history() else { return };
    let fragment = print(&link);
    let written = if is_step && old.fingerprint.is_some() {
        history.push_state_with_url(&JsValue::NULL, "", Some(&fragment))
    } else {
        history.replace_state_with_url(&JsValue::NULL, "", Some(&fragment))
    };
    // A browser refuses when it is asked too often; the next change tries again.
    if written.is_ok() {
        LAST.set(link);
    }
}

/// Takes the view of the address.
fn follow(app: App) {
    let fragment = window().location().hash().unwrap_or_default();
    let link = match parse(&fragment) {
        Ok(link) => link,
        Err(LinkFault::NotALink) => return,
        Err(LinkFault::TooNew) => {
            actions::tell(app, || t(Key::LinkTooNew).to_owned(), String::new(), false);
            return;
        }
    };
    if let Some(locale) = known_locale(&link.locale) {
        actions::apply_locale(app, locale);
    }
    LAST.set(link.clone());
    let shown = app.info.with_untracked(|info| info.as_ref().and_then(|info| info.fingerprint));
    let ready = app.phase.get_untracked() == Phase::Ready;
    if ready && (link.fingerprint.is_none() || link.fingerprint == shown) {
        actions::restore(app, &link);
    } else {
        app.link.set(Some(Arc::new(link)));
    }
}
