//! Sorting and grouping by a column: long work where events must be read, a few steps where not.

use std::cell::RefCell;
use std::ops::Range;
use std::rc::Rc;

use etlens_parser::export::{Export, Text};
use etlens_parser::query::Field;
use etlens_parser::source::ReadAt;
use etlens_parser::store::{Grouping, Order, Sorting, Trace, View};
use etlens_parser::view::Groups;
use etlens_parser::{Error, ErrorKind, Result};

use super::Worker;
use super::ahead::{AHEAD_BYTES, Ahead};
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
            let work = begin(&worker.session, |trace, view| {
                Ok(Work::Sort(Sorting::new(trace, view, field, descending)))
            })?;
            let order = match run(&worker.session, &job, work).await? {
                Some(Arranged::Order(order)) => Some(order),
                _ => None,
            };
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
            let work = begin(&worker.session, |trace, view| {
                Ok(Work::Group(Grouping::new(trace, view, &column)?))
            })?;
            Ok(match run(&worker.session, &job, work).await? {
                Some(Arranged::Groups(groups)) => (Answer::Grouped(groups), None),
                _ => (Answer::Done, None),
            })
        });
    }
}

/// What is being done.
enum Work {
    Sort(Sorting),
    Group(Grouping),
}

/// What came of it.
enum Arranged {
    Order(Order),
    Groups(Groups),
}

impl Work {
    fn next_bytes(&mut self, trace: &Trace) -> Option<Range<u64>> {
        match self {
            Self::Sort(sorting) => sorting.next_bytes(trace, AHEAD_BYTES),
            Self::Group(grouping) => grouping.next_bytes(trace, AHEAD_BYTES),
        }
    }

    fn step(&mut self, trace: &Trace, source: &dyn ReadAt, bytes: u64) -> Result<Option<Arranged>> {
        Ok(match self {
            Self::Sort(sorting) => sorting.step(trace, source, bytes)?.map(Arranged::Order),
            Self::Group(grouping) => grouping.step(trace, source, bytes)?.map(Arranged::Groups),
        })
    }

    fn done_bytes(&self) -> u64 {
        match self {
            Self::Sort(sorting) => sorting.done_bytes(),
            Self::Group(grouping) => grouping.done_bytes(),
        }
    }
}

/// Begins with the view in force; also says how many bytes the file has.
fn begin(
    session: &RefCell<Session>,
    begin: impl FnOnce(&Trace, View) -> Result<Work>,
) -> Result<(Work, u64)> {
    let mut session = session.borrow_mut();
    let opened = session.opened()?;
    if opened.stage.is_loading() {
        return Err(still_loading());
    }
    let (trace, view, _) = opened.parts()?;
    Ok((begin(trace, view)?, trace.info().file_bytes))
}

/// Goes through the view in steps; `None` when it was stopped.
async fn run(
    session: &RefCell<Session>,
    job: &Job,
    (mut work, total): (Work, u64),
) -> Result<Option<Arranged>> {
    let (mut pace, mut ahead) = (Pace::default(), Ahead::default());
    loop {
        let next = {
            let mut session = session.borrow_mut();
            let Opened { stage, source, .. } = session.opened()?;
            work.next_bytes(stage.trace()).map(|range| (source.blob().clone(), range))
        };
        if let Some((file, range)) = next {
            ahead.read(&file, range, pace.bytes()).await;
            // Meanwhile much may have changed.
            if job.stopped() != Stop::No {
                return Ok(None);
            }
        }
        let found = {
            let mut session = session.borrow_mut();
            let Opened { stage, source, .. } = session.opened()?;
            let source = ahead.over(source);
            pace.step(|bytes| work.step(stage.trace(), &source, bytes))?
        };
        if found.is_some() {
            return Ok(found);
        }
        job.progress(work.done_bytes(), total, 0);
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
