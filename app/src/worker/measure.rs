//! What is worked out in steps beside what a person does: statistics of a range (a drawn range
//! changes many times a second, and only the last one matters), dispatch sessions and spans.

use std::rc::Rc;

use etlens_parser::Result;
use etlens_parser::store::{InsightScan, RangeScan};
use etlens_parser::view::{SpansRequest, TimeRange};

use super::job::{Job, Kind, Stop, now};
use super::{Outcome, Worker};
use crate::protocol::{Answer, Request};

/// Rows of one step: a few milliseconds.
const STEP_ROWS: u32 = 100_000;
/// Kinds of events listed: as many as are read without scrolling far.
const TOP: usize = 12;

impl Worker {
    /// Counts a range, in place of one that is still counted.
    pub(super) fn measure(self: &Rc<Self>, request: u32, range: TimeRange) {
        self.stop(Stop::Replaced, |job| job.kind == Kind::Measure);
        self.spawn(request, Kind::Measure, move |worker, job| async move {
            worker.measure_in_steps(&job, range).await
        });
    }

    /// Looks for dispatch sessions, anew where names and marks have changed meanwhile.
    pub(super) fn explain(self: &Rc<Self>, request: u32) {
        self.stop(Stop::Replaced, |job| job.kind == Kind::Insights);
        self.spawn(request, Kind::Insights, move |worker, job| async move {
            let mut scan = {
                let mut session = worker.session.borrow_mut();
                InsightScan::new(session.opened()?.parts()?.0)
            };
            loop {
                let answer = {
                    let mut session = worker.session.borrow_mut();
                    let (trace, _, source) = session.opened()?.parts()?;
                    scan.step(trace, source)
                };
                match answer {
                    Some(insights) => return Ok((Answer::Insights(insights), None)),
                    None if job.give_way().await => {}
                    None => return Ok((Answer::Done, None)),
                }
            }
        });
    }

    /// Spans, after they have been looked for. Who asks meanwhile waits for the same search.
    pub(super) fn spans(self: &Rc<Self>, request: u32, wanted: SpansRequest) {
        self.spawn(request, Kind::Spans, move |worker, job| async move {
            loop {
                {
                    let mut session = worker.session.borrow_mut();
                    let begun = now();
                    let found = session.opened()?.stage.trace().find_spans();
                    session.answering_ms += now() - begun;
                    if found {
                        return session.answer(Request::Spans(wanted));
                    }
                }
                if !job.breathe().await {
                    return Ok((Answer::Done, None));
                }
            }
        });
    }

    async fn measure_in_steps(&self, job: &Job, range: TimeRange) -> Outcome {
        let mut scan = self.begin(range)?;
        loop {
            let answer = {
                let mut session = self.session.borrow_mut();
                let (trace, _, _) = session.opened()?.parts()?;
                scan.step(trace, STEP_ROWS).then(|| scan.stats(trace, TOP))
            };
            match answer {
                Some(stats) => return Ok((Answer::Measured(Box::new(stats)), None)),
                None if job.breathe().await => {}
                None => return Ok((Answer::Done, None)),
            }
        }
    }

    fn begin(&self, range: TimeRange) -> Result<RangeScan> {
        let mut session = self.session.borrow_mut();
        let (trace, view, _) = session.opened()?.parts()?;
        Ok(trace.measure(&view, range))
    }
}
