//! The owner's side of the pool: starts helpers, deals out stretches of the file, hears what was found.

use std::cell::RefCell;
use std::collections::VecDeque;
use std::rc::Rc;
use std::task::{Poll, Waker};

use etlens_parser::store::{Finds, Shard};
use js_sys::{Array, Uint8Array};
use wasm_bindgen::prelude::*;
use web_sys::{ErrorEvent, MessageEvent, Worker, WorkerGlobalScope, WorkerOptions, WorkerType};

use super::MEMBER_NAME;
use super::messages::{ToMember, ToOwner};
use crate::wire;
use crate::worker::job::{Job, Stop};

/// Stretches a helper has at once: one it reads, and the next, so that it need not wait.
const STRETCHES_EACH: usize = 2;

/// The helpers.
pub struct Team {
    members: Vec<Member>,
    inbox: Rc<Inbox>,
    /// What each is told first.
    beginning: Option<(ToMember, JsValue)>,
}

struct Member {
    worker: Worker,
    ready: bool,
    alive: bool,
    /// Stretches, or shares, it was given and has not ended.
    stretches: Vec<u32>,
    _on_message: Closure<dyn FnMut(MessageEvent)>,
    _on_error: Closure<dyn FnMut(ErrorEvent)>,
}

/// What was heard.
pub enum Heard {
    /// A part of a stretch was read.
    Found(u32, Found),
    /// A share was searched.
    Searched(Finds),
    /// Nothing more comes of these stretches, or shares.
    Over(Vec<u32>),
    /// A helper is up.
    Ready,
}

/// A part of a stretch.
pub struct Found {
    /// What it holds.
    pub shard: Box<Shard>,
    /// Its rows.
    pub rows: Uint8Array,
    /// The helper they are of.
    member: usize,
}

/// What the helpers said and nobody has looked at.
#[derive(Default)]
struct Inbox {
    waiting: RefCell<VecDeque<(usize, Said)>>,
    waker: RefCell<Option<Waker>>,
}

enum Said {
    Message(ToOwner, Option<JsValue>),
    Died,
}

impl Inbox {
    fn put(&self, member: usize, said: Said) {
        self.waiting.borrow_mut().push_back((member, said));
        if let Some(waker) = self.waker.borrow_mut().take() {
            waker.wake();
        }
    }
}

impl Team {
    /// Starts so many helpers; fewer, where the browser does not let a worker start workers.
    #[must_use]
    pub fn start(scope: &WorkerGlobalScope, members: usize) -> Self {
        let inbox = Rc::new(Inbox::default());
        let address = scope.location().href();
        let members = (0..members).map_while(|number| Member::start(&address, number, &inbox));
        let members = members.collect();
        Self { members, inbox, beginning: None }
    }

    /// How many helpers are left.
    #[must_use]
    pub fn alive(&self) -> usize {
        self.members.iter().filter(|member| member.alive).count()
    }

    /// Whether a helper is up by now.
    pub fn is_ready(&mut self) -> bool {
        while self.heard().is_some() {}
        self.members.iter().any(|member| member.alive && member.ready)
    }

    /// Tells all what they must know for what they are given then. Those that come up later learn it
    /// then.
    pub fn begin(&mut self, beginning: ToMember, attachment: JsValue) {
        for member in self.members.iter().filter(|member| member.ready) {
            member.post(&beginning, Some(&attachment));
        }
        self.beginning = Some((beginning, attachment));
    }

    /// Gives stretches, or shares, to those that have room, as long as there are any.
    pub fn deal(&mut self, next: &mut dyn FnMut() -> Option<(u32, ToMember, Option<JsValue>)>) {
        for round in 1..=STRETCHES_EACH {
            for member in self.members.iter_mut().filter(|member| member.alive && member.ready) {
                if member.stretches.len() >= round {
                    continue;
                }
                let Some((stretch, what, attachment)) = next() else { return };
                member.post(&what, attachment.as_ref());
                member.stretches.push(stretch);
            }
        }
    }

    /// Gives back the memory of rows that were taken.
    pub fn give_back(&self, found: &Found) {
        if let Some(member) = self.members.get(found.member).filter(|member| member.alive) {
            member.post(&ToMember::Spare, Some(&found.rows));
        }
    }

    /// How many stretches may be read before the first of them is put to the others: so much memory
    /// waits at most.
    #[must_use]
    pub fn most_stretches(&self) -> usize {
        self.members.len() * STRETCHES_EACH
    }

    /// Waits for what a helper has to say; `None` when the job was stopped.
    pub async fn hear(&mut self, job: &Job) -> Option<Heard> {
        loop {
            let (member, said) = self.next(job).await?;
            if let Some(heard) = self.note(member, said) {
                return Some(heard);
            }
        }
    }

    /// What a helper said meanwhile.
    pub fn heard(&mut self) -> Option<Heard> {
        while let Some((member, said)) = self.next_waiting() {
            if let Some(heard) = self.note(member, said) {
                return Some(heard);
            }
        }
        None
    }

    fn next_waiting(&self) -> Option<(usize, Said)> {
        self.inbox.waiting.borrow_mut().pop_front()
    }

    async fn next(&self, job: &Job) -> Option<(usize, Said)> {
        std::future::poll_fn(|context| {
            if job.stopped() != Stop::No {
                return Poll::Ready(None);
            }
            if let Some(next) = self.next_waiting() {
                return Poll::Ready(Some(next));
            }
            job.wake_when_stopped(context.waker().clone());
            *self.inbox.waker.borrow_mut() = Some(context.waker().clone());
            Poll::Pending
        })
        .await
    }

    /// Keeps account of who does what.
    fn note(&mut self, number: usize, said: Said) -> Option<Heard> {
        let member = self.members.get_mut(number)?;
        match said {
            Said::Message(ToOwner::Ready, _) => {
                member.ready = true;
                if let Some((beginning, attachment)) = &self.beginning {
                    member.post(beginning, Some(attachment));
                }
                Some(Heard::Ready)
            }
            Said::Message(ToOwner::Found { stretch, found }, rows) => {
                let rows = rows.and_then(|rows| rows.dyn_into().ok())?;
                Some(Heard::Found(stretch, Found { shard: found, rows, member: number }))
            }
            Said::Message(ToOwner::Searched(finds), _) => {
                member.stretches.retain(|&other| other != finds.share);
                Some(Heard::Searched(finds))
            }
            Said::Message(ToOwner::Over { stretch }, _) => {
                member.stretches.retain(|&other| other != stretch);
                Some(Heard::Over(vec![stretch]))
            }
            Said::Message(ToOwner::Panicked { message }, _) => {
                web_sys::console::warn_2(&"A helper stopped:".into(), &message.into());
                Some(Heard::Over(member.end()))
            }
            Said::Died => Some(Heard::Over(member.end())),
        }
    }
}

impl Drop for Team {
    fn drop(&mut self) {
        for member in &mut self.members {
            member.end();
        }
    }
}

impl Member {
    fn start(address: &str, number: usize, inbox: &Rc<Inbox>) -> Option<Self> {
        let options = WorkerOptions::new();
        options.set_type(WorkerType::Module);
        options.set_name(MEMBER_NAME);
        let worker = Worker::new_with_options(address, &options).ok()?;
        let heard = Rc::clone(inbox);
        let on_message = Closure::<dyn FnMut(MessageEvent)>::new(move |event: MessageEvent| {
            let said = match wire::unpack::<ToOwner>(&event.data()) {
                Some((message, attachment)) => Said::Message(message, attachment),
                None => Said::Died,
            };
            heard.put(number, said);
        });
        let heard = Rc::clone(inbox);
        let on_error = Closure::<dyn FnMut(ErrorEvent)>::new(move |event: ErrorEvent| {
            event.prevent_default();
            heard.put(number, Said::Died);
        });
        worker.set_onmessage(Some(on_message.as_ref().unchecked_ref()));
        worker.set_onerror(Some(on_error.as_ref().unchecked_ref()));
        let (_on_message, _on_error) = (on_message, on_error);
        Some(Self {
            worker,
            ready: false,
            alive: true,
            stretches: Vec::new(),
            _on_message,
            _on_error,
        })
    }

    fn post(&self, message: &ToMember, attachment: Option<&JsValue>) {
        if let Some(packed) = wire::pack(message, attachment) {
            let packed: &Array = &packed;
            // Fails only for what cannot be cloned, and bytes and files can.
            let _ = self.worker.post_message_with_transfer(packed, &wire::transferred(packed));
        }
    }

    /// Ends it; gives the stretches that are not read to their end.
    fn end(&mut self) -> Vec<u32> {
        self.worker.set_onmessage(None);
        self.worker.set_onerror(None);
        self.worker.terminate();
        self.alive = false;
        std::mem::take(&mut self.stretches)
    }
}
