//! Long work in small steps: between them the worker hears what the page says.

use std::cell::{Cell, RefCell};
use std::rc::Rc;
use std::task::Waker;

use js_sys::Promise;
use wasm_bindgen_futures::JsFuture;
use web_sys::MessageChannel;

use super::port;
use crate::protocol::{Progress, ToPage};
use etlens_parser::view::TraceInfo;

/// Work is interrupted after so long to hear of a cancel, which must be answered within 100 ms.
const STEP_MS: f64 = 25.0;
/// Work that nobody waits for lets others in so often, and lets them finish: what follows from an
/// answer is asked for within this time.
const UNASKED_STEP_MS: f64 = 4.0;
const QUIET_MS: f64 = 40.0;
/// Progress is told so often: a person reads no faster, and each telling costs.
const PROGRESS_MS: f64 = 200.0;

thread_local! {
    /// When the page last asked for something.
    static HEARD: Cell<f64> = const { Cell::new(0.0) };
}

/// The page asks for something.
pub fn heard() {
    HEARD.set(now());
}

/// What is being done.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Kind {
    /// A trace is opened.
    Open,
    /// A filter looks at payloads.
    Filter,
    /// A file is written.
    Export,
    /// A range is counted.
    Measure,
    /// Rows are put in order.
    Sort,
    /// Rows are grouped.
    Group,
    /// Dispatch sessions are looked for.
    Insights,
    /// Spans are looked for.
    Spans,
}

impl Kind {
    /// Whether nobody sees it going on, so that cancelling does not mean it.
    pub fn is_unasked(self) -> bool {
        matches!(self, Self::Measure | Self::Insights | Self::Spans)
    }

    /// Whether its outcome is of the filter in force, and of no use after another.
    pub fn is_of_filter(self) -> bool {
        matches!(self, Self::Filter | Self::Sort | Self::Group)
    }
}

/// Whether to go on.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Stop {
    /// Go on.
    No,
    /// The person stopped it: what was done so far is kept.
    Cancelled,
    /// Something else was asked for in its place: forget it.
    Replaced,
}

/// One long request.
pub struct Job {
    /// Its number.
    pub request: u32,
    /// What is being done.
    pub kind: Kind,
    stop: Cell<Stop>,
    /// Who waits for something and must hear of a stop.
    waker: RefCell<Option<Waker>>,
    started: f64,
    paused: Cell<f64>,
    told: Cell<f64>,
}

impl Job {
    /// Begins a request.
    pub fn new(request: u32, kind: Kind) -> Rc<Self> {
        let now = now();
        let (stop, paused, told) = (Cell::new(Stop::No), Cell::new(now), Cell::new(0.0));
        let waker = RefCell::new(None);
        Rc::new(Self { request, kind, stop, waker, started: now, paused, told })
    }

    /// Asks it to stop at the next step.
    pub fn stop(&self, stop: Stop) {
        self.stop.set(stop);
        if let Some(waker) = self.waker.borrow_mut().take() {
            waker.wake();
        }
    }

    /// Wakes who waits when the job is stopped.
    pub fn wake_when_stopped(&self, waker: Waker) {
        *self.waker.borrow_mut() = Some(waker);
    }

    /// Whether it was asked to stop.
    pub fn stopped(&self) -> Stop {
        self.stop.get()
    }

    /// Lets messages in when it is time to; says whether to go on.
    pub async fn breathe(&self) -> bool {
        if now() - self.paused.get() >= STEP_MS {
            pause().await;
            self.paused.set(now());
        }
        self.stop.get() == Stop::No
    }

    /// As [`Job::breathe`], for work that nobody waits for.
    pub async fn give_way(&self) -> bool {
        if now() - self.paused.get() >= UNASKED_STEP_MS {
            pause().await;
            if now() - HEARD.get() < QUIET_MS {
                sleep(QUIET_MS).await;
            }
            self.paused.set(now());
        }
        self.stop.get() == Stop::No
    }

    /// Tells the page how far it is, unless it was told just now.
    pub fn progress(&self, done: u64, total: u64, events: u64) {
        self.progress_with(done, total, || (events, None));
    }

    /// As [`Job::progress`], with what costs something to say.
    pub fn progress_with(
        &self,
        done_bytes: u64,
        total_bytes: u64,
        what: impl FnOnce() -> (u64, Option<TraceInfo>),
    ) {
        let now = now();
        if now - self.told.get() < PROGRESS_MS {
            return;
        }
        let (events, info) = what();
        let progress = Progress {
            request: self.request,
            done_bytes,
            total_bytes,
            events,
            elapsed_ms: now - self.started,
            info: info.map(Box::new),
        };
        port::say(&ToPage::Progress(progress), None);
        self.told.set(self::now());
    }
}

/// Milliseconds since the worker began.
pub fn now() -> f64 {
    port::scope().and_then(|scope| scope.performance()).map_or(0.0, |clock| clock.now())
}

/// Lets the browser deliver waiting messages. A message to oneself comes after those that wait
/// already, and at once (a timer would wait 4 ms).
async fn pause() {
    let Ok(channel) = MessageChannel::new() else { return };
    let delivered = Promise::new(&mut |resolve, _| {
        channel.port1().set_onmessage(Some(&resolve));
        // Fails only for what cannot be cloned, and null can.
        let _ = channel.port2().post_message(&wasm_bindgen::JsValue::NULL);
    });
    // Never rejected.
    let _ = JsFuture::from(delivered).await;
    channel.port1().close();
}

/// Waits.
async fn sleep(milliseconds: f64) {
    let Some(scope) = port::scope() else { return };
    let over = Promise::new(&mut |resolve, _| {
        // Fails only where there are no timers at all; then nothing waits.
        let set = scope
            .set_timeout_with_callback_and_timeout_and_arguments_0(&resolve, milliseconds as i32);
        if set.is_err() {
            let _ = resolve.call0(&wasm_bindgen::JsValue::NULL);
        }
    });
    // Never rejected.
    let _ = JsFuture::from(over).await;
}
