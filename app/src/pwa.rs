//! Installed, offline and handed files by the operating system: the page's side of public/sw.js
//! and of the manifest's `file_handlers`.

use std::cell::Cell;
use std::rc::Rc;

use js_sys::{Array, Function, Promise, Reflect};
use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::{JsFuture, spawn_local};
use web_sys::{Event, File, ServiceWorkerContainer, ServiceWorkerRegistration, ServiceWorkerState};

/// What the page is told.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Offline {
    /// Everything is kept: the page now works without a network.
    Ready,
    /// A newer build is kept and waits for [`apply_update`].
    UpdateReady,
}

/// Registers the service worker and tells what becomes of it. Does nothing in a development
/// build, where a cache would hide changes, and where the browser has no service workers.
pub fn register(tell: impl Fn(Offline) + 'static) {
    if let (true, Some(container)) = (is_release(), container()) {
        let tell: Rc<dyn Fn(Offline)> = Rc::new(tell);
        spawn_local(async move {
            // Refused in private windows and on file shares: the page works without.
            if let Ok(registration) = JsFuture::from(container.register("./sw.js")).await {
                watch(&registration.unchecked_into(), &container, &tell);
            }
        });
    }
}

/// Puts the waiting build in force and reloads the page.
pub fn apply_update() {
    let Some(container) = container() else { return };
    spawn_local(async move {
        let Ok(registration) = JsFuture::from(container.get_registration()).await else { return };
        let Ok(registration) = registration.dyn_into::<ServiceWorkerRegistration>() else { return };
        let Some(waiting) = registration.waiting() else { return };
        let reload = Closure::once_into_js(|| {
            if let Some(window) = web_sys::window() {
                // Fails only for a page that is going away already.
                let _ = window.location().reload();
            }
        });
        container.set_oncontrollerchange(Some(reload.unchecked_ref()));
        // Fails only for what cannot be cloned, and a string can.
        let _ = waiting.post_message(&JsValue::from_str("skip-waiting"));
    });
}

/// Hands over files that the person opened with the installed page.
pub fn on_launch_files(open: impl Fn(Vec<File>) + 'static) {
    let Some(window) = web_sys::window() else { return };
    let Ok(queue) = Reflect::get(&window, &JsValue::from_str("launchQueue")) else { return };
    if queue.is_undefined() {
        return;
    }
    let open = Rc::new(open);
    let consumer = Closure::<dyn FnMut(LaunchParams)>::new(move |launch: LaunchParams| {
        let handles = launch.files();
        let open = Rc::clone(&open);
        spawn_local(async move {
            let mut files = Vec::new();
            for handle in handles.unchecked_into::<Array>().iter() {
                let file = JsFuture::from(handle.unchecked_into::<FileHandle>().get_file()).await;
                files.extend(file.ok().and_then(|file| file.dyn_into::<File>().ok()));
            }
            if !files.is_empty() {
                open(files);
            }
        });
    });
    queue.unchecked_into::<LaunchQueue>().set_consumer(consumer.as_ref().unchecked_ref());
    // The queue keeps it as long as the page lives.
    consumer.forget();
}

fn watch(
    registration: &ServiceWorkerRegistration,
    container: &ServiceWorkerContainer,
    tell: &Rc<dyn Fn(Offline)>,
) {
    // Without a controller this is the first visit: what gets installed is no update.
    let had_controller = Rc::new(Cell::new(container.controller().is_some()));
    if registration.waiting().is_some() && had_controller.get() {
        tell(Offline::UpdateReady);
    }
    let (watched, tell) = (registration.clone(), Rc::clone(tell));
    let container = container.clone();
    let found = Closure::<dyn FnMut(Event)>::new(move |_| {
        let Some(installing) = watched.installing() else { return };
        let (worker, tell) = (installing.clone(), Rc::clone(&tell));
        let (container, had_controller) = (container.clone(), Rc::clone(&had_controller));
        let changed = Closure::<dyn FnMut(Event)>::new(move |_| match worker.state() {
            ServiceWorkerState::Installed if had_controller.get() => tell(Offline::UpdateReady),
            ServiceWorkerState::Activated if !had_controller.get() => {
                had_controller.set(container.controller().is_some());
                tell(Offline::Ready);
            }
            _ => {}
        });
        installing.set_onstatechange(Some(changed.as_ref().unchecked_ref()));
        // One small closure per update of a page that lives as long as the service worker does.
        changed.forget();
    });
    registration.set_onupdatefound(Some(found.as_ref().unchecked_ref()));
    found.forget();
}

fn container() -> Option<ServiceWorkerContainer> {
    let navigator = web_sys::window()?.navigator();
    // Absent outside of secure contexts.
    let container = Reflect::get(&navigator, &JsValue::from_str("serviceWorker")).ok()?;
    container.dyn_into().ok()
}

/// Whether the build was finished for a host (xtask/src/finish.rs names it then).
fn is_release() -> bool {
    build().is_some_and(|build| build != "dev")
}

/// The name of this build.
#[must_use]
pub fn build() -> Option<String> {
    let page = web_sys::window()?.document()?;
    page.query_selector("meta[name=etlens-build]").ok()??.get_attribute("content")
}

#[wasm_bindgen]
extern "C" {
    // Not in web-sys.
    type LaunchQueue;
    #[wasm_bindgen(method, js_name = setConsumer)]
    fn set_consumer(this: &LaunchQueue, consumer: &Function);

    type LaunchParams;
    #[wasm_bindgen(method, getter)]
    fn files(this: &LaunchParams) -> JsValue;

    type FileHandle;
    #[wasm_bindgen(method, js_name = getFile)]
    fn get_file(this: &FileHandle) -> Promise;
}
