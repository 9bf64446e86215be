//! A helper: reads parts of the file as it is told, the next one already on its way while it looks
//! at one.

use std::cell::{Cell, RefCell};
use std::collections::VecDeque;
use std::rc::Rc;

use etlens_parser::etl::Known;
use etlens_parser::store::{Shard, ShardLoader};
use js_sys::Uint8Array;
use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::{JsFuture, spawn_local};
use web_sys::{Blob, DedicatedWorkerGlobalScope, MessageEvent};

use super::messages::{ToMember, ToOwner};
use crate::wire;
use crate::worker::port;

/// Copied from the browser's memory at once.
const PIECE_BYTES: usize = 256 << 10;

/// Runs a helper until it is ended.
pub fn start(scope: &DedicatedWorkerGlobalScope) {
    std::panic::set_hook(Box::new(|panic| {
        port::post(&ToOwner::Panicked { message: panic.to_string() }, None);
    }));
    let member = Rc::new(Member::default());
    let on_message = Closure::<dyn FnMut(MessageEvent)>::new(move |event: MessageEvent| {
        if let Some((message, attachment)) = wire::unpack::<ToMember>(&event.data()) {
            member.receive(message, attachment);
        }
    });
    scope.set_onmessage(Some(on_message.as_ref().unchecked_ref()));
    // It listens as long as the worker lives.
    on_message.forget();
    port::post(&ToOwner::Ready, None);
}

#[derive(Default)]
struct Member {
    job: RefCell<Option<(Known, Blob)>>,
    waiting: RefCell<VecDeque<Task>>,
    busy: Cell<bool>,
}

/// A part to read; its bytes are on their way.
struct Task {
    shard: u32,
    from: u64,
    until: u64,
    bytes: Result<JsFuture<JsValue>, JsValue>,
}

impl Member {
    fn receive(self: &Rc<Self>, message: ToMember, attachment: Option<JsValue>) {
        match message {
            ToMember::Begin { known } => {
                let file = attachment.and_then(|file| file.dyn_into::<Blob>().ok());
                *self.job.borrow_mut() = file.map(|file| (known, file));
            }
            ToMember::Read { shard, from, until } => {
                let job = self.job.borrow();
                let Some((known, file)) = job.as_ref() else {
                    return port::post(&ToOwner::Failed { shard }, None);
                };
                let end = (until + known.reach_bytes()) as f64;
                let slice = file.slice_with_f64_and_f64(from as f64, end.min(file.size()));
                let bytes = slice.map(|slice| JsFuture::from(slice.array_buffer()));
                self.waiting.borrow_mut().push_back(Task { shard, from, until, bytes });
                if !self.busy.replace(true) {
                    let member = Rc::clone(self);
                    spawn_local(async move { member.work().await });
                }
            }
        }
    }

    async fn work(&self) {
        let mut buffer = Vec::new();
        let mut rows = Vec::new();
        loop {
            let task = self.waiting.borrow_mut().pop_front();
            let Some(Task { shard, from, until, bytes }) = task else { break };
            let bytes = match bytes {
                Ok(bytes) => bytes.await,
                Err(error) => Err(error),
            };
            let known = self.job.borrow().as_ref().map(|(known, _)| known.clone());
            let (Ok(bytes), Some(known)) = (bytes, known) else {
                port::post(&ToOwner::Failed { shard }, None);
                continue;
            };
            let loader = ShardLoader::new(known, from, until);
            let found = read(loader, &Uint8Array::new(&bytes), &mut buffer, &mut rows);
            let attached = Uint8Array::from(rows.as_slice());
            let found = found.map(Box::new);
            port::post(&ToOwner::Found { shard, found }, Some(&attached));
        }
        self.busy.set(false);
    }
}

/// Reads one part.
fn read(
    mut loader: ShardLoader,
    bytes: &Uint8Array,
    buffer: &mut Vec<u8>,
    rows: &mut Vec<u8>,
) -> Option<Shard> {
    let mut at = 0;
    while at < bytes.length() && !loader.is_done() {
        let end = bytes.length().min(at + PIECE_BYTES as u32);
        buffer.resize((end - at) as usize, 0);
        bytes.subarray(at, end).copy_to(buffer);
        loader.push(buffer);
        at = end;
    }
    loader.finish(rows)
}
