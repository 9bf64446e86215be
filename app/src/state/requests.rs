//! Requests to the worker, each with what to do with its answer.

use std::cell::RefCell;

use wasm_bindgen::JsValue;

use crate::client::Client;
use crate::protocol::{Answer, Progress, Request, ToPage};

/// What the worker says unasked.
pub enum News {
    /// A long request goes on.
    Progress(Box<Progress>),
    /// The worker died, with its last words; a new one has been started and knows nothing.
    Died(String),
}

type Then = Box<dyn FnOnce(Answer, JsValue)>;

thread_local! {
    static CLIENT: RefCell<Option<Client>> = const { RefCell::new(None) };
    static WAITING: RefCell<Vec<(u32, Then)>> = const { RefCell::new(Vec::new()) };
}

/// Starts the worker.
pub fn start(listener: impl Fn(News) + 'static) {
    let client = Client::spawn(move |message, attachment| match message {
        ToPage::Hello { .. } => {}
        ToPage::Progress(progress) => listener(News::Progress(Box::new(progress))),
        ToPage::Answer { request, body } => {
            let then = WAITING.with_borrow_mut(|waiting| {
                let at = waiting.iter().position(|(number, _)| *number == request)?;
                Some(waiting.swap_remove(at).1)
            });
            if let Some(then) = then {
                then(body, attachment.unwrap_or(JsValue::UNDEFINED));
            }
        }
        ToPage::Panicked { message } => {
            WAITING.with_borrow_mut(Vec::clear);
            listener(News::Died(message));
        }
    });
    CLIENT.set(Some(client));
}

/// Sends a request; `then` gets its answer and the attachment. When the worker dies before
/// answering, `then` is dropped and [`News::Died`] tells why. Returns the request's number.
pub fn ask(request: Request, then: impl FnOnce(Answer, JsValue) + 'static) -> u32 {
    send(request, None, Box::new(then))
}

/// [`ask`], with what goes along: a file to open, schema files.
pub fn send(request: Request, attachment: Option<&JsValue>, then: Then) -> u32 {
    let client = CLIENT.with_borrow(Clone::clone);
    let Some(client) = client else { return 0 };
    let number = client.send(request, attachment);
    WAITING.with_borrow_mut(|waiting| waiting.push((number, then)));
    number
}
