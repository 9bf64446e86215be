//! Sorting and grouping by a column: long work where events must be read, a few steps where not.

use std::cell::RefCell;
use std::rc::Rc;

use etlens_parser::export::{Export, Text};
use etlens_parser::query::Field;
use etlens_parser::store::{Grouping, Sorting, Trace, View};
use etlens_parser::{Error, ErrorKind, Result};

use super::Worker;
use super::file::FileSource;
use super::filter::Pace;
use super::job::{Job, Kind, Stop};
use super::session::{Opened, Session, still_loading};
use crate::protocol::Answer;

impl Worker {
    /// Puts rows into the order of a column.
    pub(super) fn sort(self: &Rc<Self>, request: u32, column: String, descending: bool) {
        self.stop(Stop::Replaced, |job| job.kind == Kind::Sort);
        self.spawn(request, Kind::Sort, move |worker, job| async move {
            let field = Field::named(&column);
            if field == Field::Time && !descending {
                worker.session.borrow_mut().opened()?.selection.order = None;
                return Ok((Answer::Sorted { cancelled: false }, None));
            }
            let begin = |trace: &Trace, view| Ok(Sorting::new(trace, view, field, descending));
            let step = |sorting: &mut Sorting, trace: &Trace, source: &FileSource, bytes| {
                let order = sorting.step(trace, source, bytes)?;
                Ok((order, sorting.done_bytes()))
            };
            let order = run(&worker.session, &job, begin, step).await?;
            let cancelled = order.is_none();
            if job.stopped() != Stop::Replaced {
                worker.session.borrow_mut().opened()?.selection.order = order.map(Rc::new);
            }
            Ok((Answer::Sorted { cancelled }, None))
        });
    }

    /// Groups the events left by the filter.
    pub(super) fn group(self: &Rc<Self>, request: u32, column: String) {
        self.stop(Stop::Replaced, |job| job.kind == Kind::Group);
        self.spawn(request, Kind::Group, move |worker, job| async move {
            let begin = |trace: &Trace, view| Grouping::new(trace, view, &column);
            let step = |grouping: &mut Grouping, trace: &Trace, source: &FileSource, bytes| {
                let groups = grouping.step(trace, source, bytes)?;
                Ok((groups, grouping.done_bytes()))
            };
            let groups = run(&worker.session, &job, begin, step).await?;
            Ok((groups.map_or(Answer::Done, Answer::Grouped), None))
        });
    }
}

/// Goes through the view in steps; `None` when it was stopped.
async fn run<W, R>(
    session: &RefCell<Session>,
    job: &Job,
    begin: impl FnOnce(&Trace, View) -> Result<W>,
    step: impl Fn(&mut W, &Trace, &FileSource, u64) -> Result<(Option<R>, u64)>,
) -> Result<Option<R>> {
    let (mut work, total) = {
        let mut session = session.borrow_mut();
        let opened = session.opened()?;
        if opened.stage.is_loading() {
            return Err(still_loading());
        }
        let (trace, view, _) = opened.parts()?;
        (begin(trace, view)?, trace.info().file_bytes)
    };
    let mut pace = Pace::default();
    loop {
        let (found, done) = {
            let mut session = session.borrow_mut();
            let Opened { stage, source, .. } = session.opened()?;
            let trace = stage.trace();
            pace.step(|bytes| step(&mut work, trace, source, bytes))?
        };
        if found.is_some() {
            return Ok(found);
        }
        job.progress(done, total, 0);
        if !job.breathe().await {
            return Ok(None);
        }
    }
}

/// Copies at most so many events: more belongs into a file.
const MOST_COPIED: usize = etlens_parser::limits::MAX_ROWS as usize;

impl Opened {
    /// Some rows as text in a format of the export, in time order.
    pub(super) fn copy(
        &mut self,
        first: u64,
        count: u32,
        format: &str,
        locale: &str,
    ) -> Result<Answer> {
        let order = self.selection.order.clone();
        let (trace, view, source) = self.parts()?;
        let events = super::session::events(&view, order.as_deref(), first);
        let events: Vec<_> = events.take((count as usize).min(MOST_COPIED)).collect();
        let mut export = Export::new(trace.only(&events), format.parse()?, locale, None);
        let mut text = Text::default();
        while !export.step(trace, source, u32::MAX, &mut text)? {}
        let text = text
            .into_string()
            .map_err(|_| Error::new(ErrorKind::BadText, "The export is no text"))?;
        Ok(Answer::Copied { text, events: export.written() })
    }
}
