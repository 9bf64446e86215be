//! Setting the filter. One that looks at headers only is in force at once; one that looks at
//! payloads reads the events again, in steps.

use std::rc::Rc;

use etlens_parser::query::{Filter, FilterFault};
use etlens_parser::store::View;
use etlens_parser::view::TimeRange;
use etlens_parser::{Guid, Result};

use super::ahead::{AHEAD_BYTES, Ahead};
use super::job::{Job, Kind, Stop, now};
use super::session::{Opened, Selection, Session, Stage, nothing_open};
use super::{Outcome, Worker, answer};
use crate::pool::help::Help;
use crate::protocol::{self, Answer};

/// Bytes of the first step; later ones follow what a step takes.
const FIRST_STEP_BYTES: u64 = 1 << 20;
const LEAST_STEP_BYTES: u64 = 64 << 10;
const MOST_STEP_BYTES: u64 = AHEAD_BYTES;
/// A step shorter than this may grow, one longer than twice this shrinks.
const STEP_MS: f64 = 15.0;

/// A filter that must wait until the trace is read.
pub struct HeldBack {
    request: u32,
    filter: Filter,
    range: Option<TimeRange>,
}

impl Worker {
    /// Sets the filter in force.
    pub(super) fn filter(self: &Rc<Self>, request: u32, text: &str, range: Option<TimeRange>) {
        let filter = match Filter::parse(text) {
            Ok(filter) => filter,
            Err(fault) => return answer(request, Ok((Answer::BadFilter(fault.into()), None))),
        };
        self.stop(Stop::Replaced, |job| job.kind.is_of_filter());
        self.drop_held_back();
        let mut session = self.session.borrow_mut();
        let locale = session.locale.clone();
        let outcome = session.opened().and_then(|opened| {
            if !filter.needs_payload() {
                opened.set_filter(filter, range).map(Next::Answer)
            } else if let Some(view) = opened.find_scanned(&filter, &locale) {
                // The events need not be read again.
                Ok(Next::Answer(opened.set_view(filter, range, &view)))
            } else if opened.stage.is_loading() {
                Ok(Next::HoldBack(filter))
            } else {
                Ok(Next::Scan(filter))
            }
        });
        drop(session);
        match outcome {
            Err(error) => answer(request, Err(error)),
            Ok(Next::Answer(body)) => answer(request, Ok((body, None))),
            Ok(Next::HoldBack(filter)) => {
                let waiting = HeldBack { request, filter, range };
                self.session.borrow_mut().held_back = Some(waiting);
            }
            Ok(Next::Scan(filter)) => self.scan(request, filter, range),
        }
    }

    fn scan(self: &Rc<Self>, request: u32, filter: Filter, range: Option<TimeRange>) {
        self.spawn(request, Kind::Filter, move |worker, job| async move {
            worker.scan_in_steps(&job, filter, range).await
        });
    }

    /// The trace is read: now the filter that waited for it.
    pub(super) fn filter_held_back(self: &Rc<Self>) {
        let waiting = self.session.borrow_mut().held_back.take();
        if let Some(HeldBack { request, filter, range }) = waiting {
            self.scan(request, filter, range);
        }
    }

    /// The filter that waits will not come into force.
    pub(super) fn drop_held_back(&self) {
        let waiting = self.session.borrow_mut().held_back.take();
        if let Some(waiting) = waiting {
            answer(waiting.request, Ok((nothing_done(), None)));
        }
    }

    /// Decodes a provider with the catalog, or stops doing so. The filter in force is applied
    /// anew, as events have become marked or got fields.
    pub(super) fn decode_with_catalog(self: &Rc<Self>, request: u32, provider: Guid, on: bool) {
        self.stop(Stop::Replaced, |job| job.kind.is_of_filter());
        let outcome = self.session.borrow_mut().opened().and_then(|opened| {
            let Stage::Loaded(trace) = &mut opened.stage else {
                return Err(super::session::still_loading());
            };
            trace.set_catalog_alias(provider, on);
            opened.forget_views();
            Ok((opened.selection.filter.clone(), opened.selection.range))
        });
        match outcome {
            Err(error) => answer(request, Err(error)),
            Ok((filter, range)) => {
                self.spawn(request, Kind::Filter, move |worker, job| async move {
                    worker.scan_in_steps(&job, filter, range).await?;
                    let mut session = worker.session.borrow_mut();
                    let info = Box::new(session.opened()?.stage.trace().info().clone());
                    Ok((Answer::Opened { info, cancelled: job.stopped() != Stop::No }, None))
                });
            }
        }
    }

    pub(super) async fn scan_in_steps(
        &self,
        job: &Job,
        filter: Filter,
        range: Option<TimeRange>,
    ) -> Outcome {
        let mut scan = {
            let mut session = self.session.borrow_mut();
            session.opened()?.stage.trace().scan(filter.clone(), range)
        };
        let (mut pace, mut help, mut ahead) = (Pace::default(), Help::default(), Ahead::default());
        loop {
            let next = {
                let mut session = self.session.borrow_mut();
                let Opened { stage, source, .. } = session.opened()?;
                let next = scan.next_bytes(stage.trace(), AHEAD_BYTES);
                next.map(|range| (source.blob().clone(), range))
            };
            if let Some((file, range)) = next {
                ahead.read(&file, range, pace.bytes()).await;
            }
            // Meanwhile much may have changed.
            let view = if job.stopped() == Stop::No {
                let mut session = self.session.borrow_mut();
                let Session { opened, schemas, .. } = &mut *session;
                let Opened { stage, source, .. } = opened.as_mut().ok_or_else(nothing_open)?;
                help.turn(&mut scan, stage.trace(), source.blob(), schemas);
                pace.step(|bytes| scan.step(stage.trace(), &ahead.over(source), bytes))?
            } else {
                None
            };
            job.progress(scan.done_bytes(), scan.total_bytes(), scan.matches());
            // A stop counts only while there is something to stop.
            if view.is_none() && help.wait(job, &mut scan).await && job.breathe().await {
                continue;
            }
            if job.stopped() == Stop::Replaced {
                return Ok((nothing_done(), None));
            }
            let mut session = self.session.borrow_mut();
            let locale = session.locale.clone();
            let opened = session.opened()?;
            let trace = opened.stage.trace();
            let view = view.unwrap_or_else(|| scan.partial(trace));
            let body = filtered(&view);
            let events = trace.len();
            if filter.needs_payload() {
                opened.keep_scanned(&filter, &locale, &view);
            }
            opened.selection = Selection { filter, range, view: Some(view), events, order: None };
            return Ok((body, None));
        }
    }
}

/// How many bytes a step may take, so that it takes neither long nor next to nothing.
pub(super) struct Pace {
    step_bytes: u64,
}

impl Default for Pace {
    fn default() -> Self {
        Self { step_bytes: FIRST_STEP_BYTES }
    }
}

impl Pace {
    /// Bytes of the next step.
    pub(super) fn bytes(&self) -> u64 {
        self.step_bytes
    }

    /// Does a step.
    pub(super) fn step<R>(&mut self, step: impl FnOnce(u64) -> R) -> R {
        let started = now();
        let answer = step(self.step_bytes);
        let took = now() - started;
        if took < STEP_MS {
            self.step_bytes = (self.step_bytes * 2).min(MOST_STEP_BYTES);
        } else if took > 2.0 * STEP_MS {
            self.step_bytes = (self.step_bytes / 2).max(LEAST_STEP_BYTES);
        }
        answer
    }
}

/// What to do with a filter.
enum Next {
    Answer(Answer),
    HoldBack(Filter),
    Scan(Filter),
}

impl Opened {
    fn set_filter(&mut self, filter: Filter, range: Option<TimeRange>) -> Result<Answer> {
        self.selection = Selection { filter, range, ..Selection::default() };
        let (_, view, _) = self.parts()?;
        Ok(filtered(&view))
    }

    /// Puts a filter into force whose outcome is known, in a range.
    fn set_view(&mut self, filter: Filter, range: Option<TimeRange>, view: &View) -> Answer {
        let trace = self.stage.trace();
        let view = trace.within(view, range);
        let events = trace.len();
        let body = filtered(&view);
        self.selection = Selection { filter, range, view: Some(view), events, order: None };
        body
    }
}

fn filtered(view: &View) -> Answer {
    let (shown, marked, cancelled) = (view.shown(), view.marked(), view.is_partial());
    Answer::Filtered { shown, marked, cancelled }
}

/// The answer of a filter that another one replaced.
fn nothing_done() -> Answer {
    Answer::Filtered { shown: 0, marked: 0, cancelled: true }
}

impl From<FilterFault> for protocol::FilterFault {
    fn from(fault: FilterFault) -> Self {
        let FilterFault { code, start, end, column, argument, suggestion } = fault;
        Self { code: code.to_owned(), start, end, column, argument, suggestion }
    }
}
