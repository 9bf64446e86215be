//! The worker owns the trace: it reads the file the page hands over, and answers what is asked
//! of it. Nothing of the file but what is asked for leaves it.
//!
//! Short requests are answered as they come, also while something long is on its way. Long ones
//! ([`job::Job`]: opening, filtering by payload, exporting) go in small steps and never hold the
//! state between two of them.

pub mod ahead;
mod arrange;
mod export;
pub mod file;
mod filter;
pub mod job;
mod measure;
mod memory;
pub mod open;
pub mod port;
mod reading;
pub mod schemas;
pub mod session;
mod unpack;

use std::cell::RefCell;
use std::pin::Pin;
use std::rc::Rc;

use etlens_parser::{Error, ErrorKind};
use js_sys::Array;
use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::spawn_local;
use web_sys::{Blob, File, MessageEvent};

use crate::pool;
use crate::protocol::{Answer, Failure, PROTOCOL_VERSION, Request, ToPage, ToWorker};
use crate::wire;
use job::{Job, Kind, Stop};
use session::Session;

/// The sample trace, beside the page.
const SAMPLE: &str = "sample.etl";

/// Runs the worker: says hello, then answers requests until it is ended. Under the name of a helper it
/// is one.
pub fn start() {
    let Some(scope) = port::scope() else { return };
    if scope.name() == pool::MEMBER_NAME {
        return pool::member::start(&scope);
    }
    port::install_panic_hook();
    let worker = Rc::new(Worker { session: RefCell::default(), jobs: RefCell::default() });
    let on_message = Closure::<dyn FnMut(MessageEvent)>::new(move |event: MessageEvent| {
        if let Some((message, attachment)) = wire::unpack::<ToWorker>(&event.data()) {
            worker.receive(message, attachment);
        }
    });
    scope.set_onmessage(Some(on_message.as_ref().unchecked_ref()));
    // It listens as long as the worker lives.
    on_message.forget();
    port::say(&ToPage::Hello { protocol: PROTOCOL_VERSION }, None);
}

struct Worker {
    session: RefCell<Session>,
    jobs: RefCell<Vec<Rc<Job>>>,
}

/// What a request comes to: an answer, with an attachment.
type Outcome = Result<(Answer, Option<JsValue>), Error>;

impl Worker {
    fn receive(self: &Rc<Self>, message: ToWorker, attachment: Option<JsValue>) {
        job::heard();
        let ToWorker { request, body } = message;
        match body {
            Request::Open { locale } => match attachment.map(JsCast::dyn_into::<File>) {
                Some(Ok(file)) => {
                    let name = file.name();
                    self.open(request, locale, async move { Ok((file.into(), name)) });
                }
                _ => answer(request, Err(Error::new(ErrorKind::Read, "No file came with this"))),
            },
            Request::OpenSample { locale } => {
                self.open(request, locale, async {
                    Ok((open::fetch(SAMPLE).await?, SAMPLE.to_owned()))
                });
            }
            Request::Cancel => self.stop(Stop::Cancelled, |job| !job.kind.is_unasked()),
            Request::Close => {
                self.stop(Stop::Replaced, |_| true);
                self.drop_held_back();
                self.session.borrow_mut().opened = None;
                answer(request, Ok((Answer::Done, None)));
            }
            Request::Filter { text, range } => self.filter(request, &text, range),
            Request::Measure { range } => self.measure(request, range),
            Request::Insights => self.explain(request),
            Request::Spans(wanted) => self.spans(request, wanted),
            Request::DecodeWithCatalog { provider, on } => {
                self.decode_with_catalog(request, provider, on);
            }
            Request::LoadSchemas => self.load_schemas(request, files_of(attachment)),
            Request::RemoveSchema { id } => self.remove_schema(request, id),
            Request::Sort { column, descending } => self.sort(request, column, descending),
            Request::Group { column } => self.group(request, column),
            Request::Export { format } => {
                self.spawn(request, Kind::Export, move |worker, job| async move {
                    export::export(&worker.session, &job, &format).await
                });
            }
            short => {
                let begun = job::now();
                let mut session = self.session.borrow_mut();
                answer(request, session.answer(short));
                session.answering_ms += job::now() - begun;
            }
        }
    }

    fn open(
        self: &Rc<Self>,
        request: u32,
        locale: String,
        file: impl Future<Output = Result<(Blob, String), Error>> + 'static,
    ) {
        self.stop(Stop::Replaced, |_| true);
        self.drop_held_back();
        {
            let mut session = self.session.borrow_mut();
            session.locale = locale;
            // What is half read will not be read to its end.
            session.opened.take_if(|opened| opened.stage.is_loading());
        }
        self.spawn(request, Kind::Open, move |worker, job| async move {
            let (blob, name) = file.await?;
            if schemas::describes_events(&blob).await {
                worker.drop_held_back();
                return worker.take_schemas(&job, vec![(blob, name)]).await;
            }
            let outcome = open::open(&worker.session, &job, blob, &name).await;
            match outcome {
                Ok(_) if job.stopped() != Stop::Replaced => worker.filter_held_back(),
                _ => worker.drop_held_back(),
            }
            outcome
        });
    }

    /// Starts a long request; its outcome is its answer.
    fn spawn<F: Future<Output = Outcome> + 'static>(
        self: &Rc<Self>,
        request: u32,
        kind: Kind,
        work: impl FnOnce(Rc<Self>, Rc<Job>) -> F,
    ) {
        let job = Job::new(request, kind);
        self.jobs.borrow_mut().push(Rc::clone(&job));
        let work = work(Rc::clone(self), Rc::clone(&job));
        self.run(job, Box::pin(work));
    }

    /// Waits for a job: in one copy for all kinds.
    fn run(self: &Rc<Self>, job: Rc<Job>, work: Pin<Box<dyn Future<Output = Outcome>>>) {
        let worker = Rc::clone(self);
        spawn_local(async move {
            let outcome = work.await;
            worker.jobs.borrow_mut().retain(|other| !Rc::ptr_eq(other, &job));
            answer(job.request, outcome);
        });
    }

    /// Stops what is on its way.
    fn stop(&self, how: Stop, which: impl Fn(&Job) -> bool) {
        for job in self.jobs.borrow().iter().filter(|job| which(job)) {
            job.stop(how);
        }
    }
}

/// The files of a message, with their names.
fn files_of(attachment: Option<JsValue>) -> Vec<(Blob, String)> {
    let list = attachment.and_then(|list| list.dyn_into::<Array>().ok()).unwrap_or_default();
    let files = list.iter().filter_map(|file| file.dyn_into::<File>().ok());
    files.map(|file| (file.clone().into(), file.name())).collect()
}

/// Answers a request.
fn answer(request: u32, outcome: Outcome) {
    let (body, attachment) =
        outcome.unwrap_or_else(|error| (Answer::Failed(Failure::from(error)), None));
    port::say(&ToPage::Answer { request, body }, attachment.as_ref());
}
