//! The worker's end of the line to the page.

use serde::Serialize;
use wasm_bindgen::{JsCast as _, JsValue};
use web_sys::DedicatedWorkerGlobalScope;

use crate::protocol::ToPage;
use crate::wire;

/// The worker itself; `None` anywhere else.
pub fn scope() -> Option<DedicatedWorkerGlobalScope> {
    js_sys::global().dyn_into().ok()
}

/// Says something to the page.
pub fn say(message: &ToPage, attachment: Option<&JsValue>) {
    post(message, attachment);
}

/// Says something to whoever started the worker.
pub fn post<T: Serialize>(message: &T, attachment: Option<&JsValue>) {
    if let (Some(scope), Some(packed)) = (scope(), wire::pack(message, attachment)) {
        // Fails only for what cannot be cloned, and bytes, columns and blobs can.
        let _ = scope.post_message_with_transfer(&packed, &wire::transferred(&packed));
    }
}

/// A panic leaves the worker's memory in an unknown state: it says so, and the page replaces it.
pub fn install_panic_hook() {
    std::panic::set_hook(Box::new(|panic| {
        say(&ToPage::Panicked { message: panic.to_string() }, None);
    }));
}
