//! The page's side of the worker: starts it, sends requests, hands over what it says, and starts
//! a new one when it dies.

use std::cell::{Cell, RefCell};
use std::rc::Rc;

use js_sys::Array;
use wasm_bindgen::prelude::*;
use web_sys::{ErrorEvent, MessageEvent, Worker, WorkerOptions, WorkerType};

use crate::pool::Means;
use crate::protocol::{PROTOCOL_VERSION, Request, ToPage, ToWorker};
use crate::wire;

/// Where the worker's loader lies; the build replaces it by a name with a hash.
const WORKER_META: &str = "etlens-worker";

/// A handle of the worker; clones share it.
///
/// A worker that panics, or that cannot start, is reported as [`ToPage::Panicked`] and replaced
/// at once. The new one knows no trace: requests without an answer are gone, and the page opens
/// the file again if the person wishes so. A worker that dies before it has said hello is
/// replaced only by the next request, so that a broken build does not restart for ever.
#[derive(Clone)]
pub struct Client {
    inner: Rc<Inner>,
}

struct Inner {
    on_message: Box<dyn Fn(ToPage, Option<JsValue>)>,
    next_request: Cell<u32>,
    running: RefCell<Option<Running>>,
}

struct Running {
    worker: Worker,
    /// Whether it has said hello.
    ready: bool,
    /// What was sent before it said hello; it would be lost while the module compiles.
    waiting: Vec<Array>,
    _on_message: Closure<dyn FnMut(MessageEvent)>,
    _on_error: Closure<dyn FnMut(ErrorEvent)>,
}

impl Client {
    /// Starts the worker. `on_message` is called for everything it says, with the attachment:
    /// the `Uint32Array` of lanes, the `Blob` of an export.
    #[must_use]
    pub fn spawn(on_message: impl Fn(ToPage, Option<JsValue>) + 'static) -> Self {
        let inner = Rc::new(Inner {
            on_message: Box::new(on_message),
            next_request: Cell::new(1),
            running: RefCell::new(None),
        });
        Inner::start(&inner);
        Self { inner }
    }

    /// Sends a request and returns its number, which the answer carries. The attachment is the
    /// `File` of [`Request::Open`], or the files of [`Request::LoadSchemas`].
    pub fn send(&self, body: Request, attachment: Option<&JsValue>) -> u32 {
        let request = self.inner.next_request.get();
        self.inner.next_request.set(request.wrapping_add(1).max(1));
        if self.inner.running.borrow().is_none() {
            Inner::start(&self.inner);
        }
        match wire::pack(&ToWorker { request, body }, attachment) {
            Some(message) => self.inner.post(message),
            None => self.inner.lost("A request could not be encoded"),
        }
        request
    }

    /// Ends the worker, whatever it does, and starts a new one without a trace.
    pub fn restart(&self) {
        self.inner.stop();
        Inner::start(&self.inner);
    }
}

impl Inner {
    fn start(inner: &Rc<Self>) {
        let weak = Rc::downgrade(inner);
        let on_message = Closure::<dyn FnMut(MessageEvent)>::new(move |event: MessageEvent| {
            if let Some(inner) = weak.upgrade() {
                Self::receive(&inner, &event.data());
            }
        });
        let weak = Rc::downgrade(inner);
        let on_error = Closure::<dyn FnMut(ErrorEvent)>::new(move |event: ErrorEvent| {
            // A failed load of the script is a plain Event without a message.
            let message = js_sys::Reflect::get(&event, &JsValue::from_str("message"))
                .ok()
                .and_then(|message| message.as_string())
                .unwrap_or_else(|| "The worker could not be loaded".to_owned());
            event.prevent_default();
            if let Some(inner) = weak.upgrade() {
                Self::died(&inner, message);
            }
        });
        let options = WorkerOptions::new();
        options.set_type(WorkerType::Module);
        options.set_name(&means().to_name());
        match Worker::new_with_options(&worker_address(), &options) {
            Ok(worker) => {
                worker.set_onmessage(Some(on_message.as_ref().unchecked_ref()));
                worker.set_onerror(Some(on_error.as_ref().unchecked_ref()));
                *inner.running.borrow_mut() = Some(Running {
                    worker,
                    ready: false,
                    waiting: Vec::new(),
                    _on_message: on_message,
                    _on_error: on_error,
                });
            }
            Err(_) => inner.lost("This browser cannot start a worker"),
        }
    }

    fn post(&self, message: Array) {
        let mut running = self.running.borrow_mut();
        let Some(running) = running.as_mut() else { return };
        if running.ready {
            running.post(&message);
        } else {
            running.waiting.push(message);
        }
    }

    fn receive(inner: &Rc<Self>, data: &JsValue) {
        let Some((message, attachment)) = wire::unpack::<ToPage>(data) else {
            return Self::died(inner, "The worker said something unintelligible".to_owned());
        };
        match message {
            ToPage::Hello { protocol } if protocol != PROTOCOL_VERSION => {
                // Two builds are mixed up; starting the same file again would not help.
                inner.stop();
                inner.lost("The worker is of another version than the page; reload the page");
            }
            ToPage::Hello { .. } => {
                if let Some(running) = inner.running.borrow_mut().as_mut() {
                    running.ready = true;
                    for message in std::mem::take(&mut running.waiting) {
                        running.post(&message);
                    }
                }
                (inner.on_message)(message, None);
            }
            ToPage::Panicked { message } => Self::died(inner, message),
            ToPage::Progress(_) | ToPage::Answer { .. } => {
                (inner.on_message)(message, attachment);
            }
        }
    }

    fn died(inner: &Rc<Self>, message: String) {
        let was_ready = inner.stop();
        if was_ready {
            Self::start(inner);
        }
        (inner.on_message)(ToPage::Panicked { message }, None);
    }

    /// Ends the worker; says whether it had got ready.
    fn stop(&self) -> bool {
        let Some(running) = self.running.borrow_mut().take() else { return false };
        running.worker.set_onmessage(None);
        running.worker.set_onerror(None);
        running.worker.terminate();
        let ready = running.ready;
        // This may run inside one of the closures that `running` owns: they are dropped later.
        wasm_bindgen_futures::spawn_local(async move { drop(running) });
        ready
    }

    fn lost(&self, message: &str) {
        (self.on_message)(ToPage::Panicked { message: message.to_owned() }, None);
    }
}

impl Running {
    fn post(&self, message: &Array) {
        // Fails only for what cannot be cloned, and bytes and files can.
        let _ = self.worker.post_message_with_transfer(message, &wire::transferred(message));
    }
}

/// What the browser tells of the machine.
fn means() -> Means {
    let Some(navigator) = web_sys::window().map(|window| window.navigator()) else {
        return Means::of_machine(1, None);
    };
    // Not in web-sys, and not in every browser.
    let memory = js_sys::Reflect::get(&navigator, &"deviceMemory".into()).ok();
    let memory_gib = memory.and_then(|gib| gib.as_f64());
    Means::of_machine(navigator.hardware_concurrency() as usize, memory_gib)
}

fn worker_address() -> String {
    web_sys::window()
        .and_then(|window| window.document())
        .and_then(|page| page.query_selector(&format!("meta[name={WORKER_META}]")).ok().flatten())
        .and_then(|meta| meta.get_attribute("content"))
        .unwrap_or_else(|| "./worker_loader.js".to_owned())
}
