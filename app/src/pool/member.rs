//! A helper: reads stretches of the file as it is told, and hands over what it finds part by part.

use std::cell::{Cell, RefCell};
use std::collections::VecDeque;
use std::rc::Rc;

use etlens_parser::etl::Known;
use etlens_parser::store::{Rows, ShardLoader};
use js_sys::{ArrayBuffer, Uint8Array};
use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::spawn_local;
use web_sys::{Blob, DedicatedWorkerGlobalScope, MessageEvent};

use super::messages::{ToMember, ToOwner};
use super::searcher::Shares;
use super::stream::Stream;
use crate::wire;
use crate::worker::port;

/// What is handed over at once: less means to name the same threads and activities more often,
/// more means more memory, as its rows take a fifth to as much again.
const SHARD_BYTES: u64 = 16 << 20;

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
    waiting: RefCell<VecDeque<Stretch>>,
    busy: Cell<bool>,
    shares: Rc<Shares>,
    /// What rows were handed over in, and came back: new memory costs more than filling it.
    spare: RefCell<Vec<ArrayBuffer>>,
}

/// Buffers that begin at or after `from` and before `until`.
struct Stretch {
    number: u32,
    from: u64,
    until: u64,
}

impl Member {
    fn receive(self: &Rc<Self>, message: ToMember, attachment: Option<JsValue>) {
        match message {
            ToMember::Begin { known } => {
                let file = attachment.and_then(|file| file.dyn_into::<Blob>().ok());
                *self.job.borrow_mut() = file.map(|file| (known, file));
            }
            ToMember::Search { briefing, schemas } => {
                self.shares.begin(*briefing, &schemas, attachment);
            }
            ToMember::Share { number } => self.shares.take(number, attachment),
            ToMember::Spare => {
                let rows = attachment.and_then(|rows| rows.dyn_into::<Uint8Array>().ok());
                self.spare.borrow_mut().extend(rows.map(|rows| rows.buffer()));
            }
            ToMember::Read { stretch: number, from, until } => {
                self.waiting.borrow_mut().push_back(Stretch { number, from, until });
                if !self.busy.replace(true) {
                    let member = Rc::clone(self);
                    spawn_local(async move { member.work().await });
                }
            }
        }
    }

    async fn work(&self) {
        let mut rows = Rows::default();
        loop {
            let next = self.waiting.borrow_mut().pop_front();
            let Some(stretch) = next else { break };
            let job = self.job.borrow().clone();
            if let Some((known, file)) = job {
                // The owner reads what is not handed over, and says what is wrong.
                let _ = self.read(&stretch, &known, &file, &mut rows).await;
            }
            port::post(&ToOwner::Over { stretch: stretch.number }, None);
        }
        self.busy.set(false);
    }

    /// Reads a stretch, part by part.
    async fn read(
        &self,
        stretch: &Stretch,
        known: &Known,
        file: &Blob,
        rows: &mut Rows,
    ) -> Result<(), JsValue> {
        let end = stretch.until + known.reach_bytes();
        let (mut at, mut from) = (stretch.from, stretch.from);
        let mut stream = Stream::new(file, at, end)?;
        while from < stretch.until {
            let until = stretch.until.min(from + SHARD_BYTES);
            let mut loader = ShardLoader::new(known.clone(), from, until);
            loader.reuse(rows);
            if from < at {
                // It looked far ahead.
                (stream, at) = (Stream::new(file, from, end)?, from);
            }
            let is_last = loop {
                // What is left of the last piece is of this part too.
                let piece = stream.bytes();
                let skipped = piece.len().min((from - at) as usize);
                loader.push(piece.get(skipped..).unwrap_or_default());
                if loader.is_done() {
                    break false;
                }
                at += piece.len() as u64;
                from = from.max(at);
                if !stream.next().await? {
                    break true;
                }
            };
            let ended_at = loader.position();
            if let Some(found) = loader.finish(rows) {
                let attached = self.copied(rows.bytes());
                let found = Box::new(found);
                port::post(&ToOwner::Found { stretch: stretch.number, found }, Some(&attached));
            }
            if is_last {
                break;
            }
            from = ended_at.max(until);
        }
        Ok(())
    }

    /// Bytes outside of this worker's own memory.
    fn copied(&self, bytes: &[u8]) -> Uint8Array {
        let length = bytes.len() as u32;
        let spare = self.spare.borrow_mut().pop().filter(|spare| spare.byte_length() >= length);
        // A little larger than needed, so that what comes next fits too.
        let buffer = spare.unwrap_or_else(|| ArrayBuffer::new(length + length / 8));
        let copy = Uint8Array::new_with_byte_offset_and_length(&buffer, 0, length);
        copy.copy_from(bytes);
        copy
    }
}
