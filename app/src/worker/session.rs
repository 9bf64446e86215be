//! What the worker holds: the trace, where its bytes are, the filter in force; and the short
//! answers.

use std::rc::Rc;

use etlens_parser::limits::MAX_ROWS;
use etlens_parser::query::{self, Completions as _, Field, Filter};
use etlens_parser::store::{Loader, Order, Step, Trace, View};
use etlens_parser::view::{EventIndex, FacetValue, TimeRange};
use etlens_parser::{Error, ErrorKind, Result};
use js_sys::Uint32Array;

use super::Outcome;
use super::file::FileSource;
use super::filter::HeldBack;
use super::job::now;
use super::schemas::Schemas;
use crate::protocol::{Answer, Request, StepTo};

/// Events are read for so long to know payloads, each of which may cost a read of the file: for a
/// completion, while someone types, and for who waits for nothing else.
const SAMPLE_MS: f64 = 4.0;
const LONG_SAMPLE_MS: f64 = 16.0;

/// The state between requests.
#[derive(Default)]
pub struct Session {
    /// Locale of event texts.
    pub locale: String,
    /// The trace that is open, or being opened.
    pub opened: Option<Opened>,
    /// The schema files of the user.
    pub schemas: Schemas,
    /// A filter that looks at payloads and waits until all is read.
    pub held_back: Option<HeldBack>,
    /// Milliseconds spent on short answers: while a trace is read they take time from that.
    pub answering_ms: f64,
}

/// A trace with its source and filter.
pub struct Opened {
    /// The trace, or what makes it.
    pub stage: Stage,
    /// Its bytes.
    pub source: FileSource,
    /// The filter in force.
    pub selection: Selection,
    /// What filters that look at payloads left, the newest last: reading all again takes long.
    pub scanned: Vec<Scanned>,
}

/// What a filter that looks at payloads left of the whole trace.
pub struct Scanned {
    filter: Filter,
    /// Texts are searched in a language.
    locale: String,
    view: View,
}

/// Filters whose outcome is kept; each takes a bit per event.
const SCANNED_KEPT: usize = 8;

/// How far the trace is.
pub enum Stage {
    /// Still read; what there is can be looked at.
    Loading(Box<Loader>),
    /// All there.
    Loaded(Box<Trace>),
}

/// The filter in force and the events it leaves.
pub struct Selection {
    /// The filter.
    pub filter: Filter,
    /// Only events in this range.
    pub range: Option<TimeRange>,
    /// What they leave; `None` before it is worked out.
    pub view: Option<View>,
    /// Events of the trace when `view` was worked out: while loading they become more.
    pub events: u32,
    /// The order of rows where it is not that of time.
    pub order: Option<Rc<Order>>,
}

impl Default for Selection {
    fn default() -> Self {
        Self { filter: Filter::all(), range: None, view: None, events: 0, order: None }
    }
}

impl Stage {
    /// The trace, as far as it is.
    pub fn trace(&self) -> &Trace {
        match self {
            Self::Loading(loader) => loader.trace(),
            Self::Loaded(trace) => trace,
        }
    }

    /// Whether the trace is still read.
    pub fn is_loading(&self) -> bool {
        matches!(self, Self::Loading(_))
    }
}

impl Selection {
    /// The events left. A filter that looks at headers only is worked out here and now; one that
    /// looks at payloads never gets here without its view (see `filter`).
    fn view(&mut self, trace: &Trace, source: &FileSource) -> Result<View> {
        let stale = self.events != trace.len();
        if let Some(view) = self.view.as_ref().filter(|_| !stale) {
            return Ok(view.clone());
        }
        let view = if self.filter.is_all() {
            trace.within(&trace.all(), self.range)
        } else {
            let mut scan = trace.scan(self.filter.clone(), self.range);
            let done = scan.step(trace, source, u64::MAX)?;
            done.unwrap_or_else(|| scan.partial(trace))
        };
        self.events = trace.len();
        self.view = Some(view.clone());
        Ok(view)
    }
}

impl Opened {
    /// A trace that is there, or on its way.
    pub fn new(stage: Stage, source: FileSource, selection: Selection) -> Self {
        Self { stage, source, selection, scanned: Vec::new() }
    }

    /// Forgets what filters left: names, fields or texts have changed.
    pub fn forget_views(&mut self) {
        self.selection.view = None;
        self.selection.order = None;
        self.scanned.clear();
    }

    /// Keeps what a filter left, when that is all.
    pub fn keep_scanned(&mut self, filter: &Filter, locale: &str, view: &View) {
        if view.is_partial() {
            return;
        }
        if self.scanned.len() == SCANNED_KEPT {
            self.scanned.remove(0);
        }
        let (filter, locale, view) = (filter.clone(), locale.to_owned(), view.clone());
        self.scanned.push(Scanned { filter, locale, view });
    }

    /// What a filter left when it was last in force.
    pub fn find_scanned(&mut self, filter: &Filter, locale: &str) -> Option<View> {
        let same = |scanned: &Scanned| scanned.filter == *filter && scanned.locale == locale;
        let found = self.scanned.remove(self.scanned.iter().position(same)?);
        let view = found.view.clone();
        self.scanned.push(found);
        Some(view)
    }

    /// The events left by the filter without the terms of a column: so other values of it can be
    /// chosen from. Where events would have to be read for that, those of the whole filter.
    pub fn view_without(&mut self, column: &str, locale: &str) -> Result<View> {
        let filter = self.selection.filter.without_column(column);
        let range = self.selection.range;
        if filter == self.selection.filter {
            return Ok(self.parts()?.1);
        }
        if !filter.needs_payload() {
            let mut other = Selection { filter, range, ..Selection::default() };
            return other.view(self.stage.trace(), &self.source);
        }
        match self.find_scanned(&filter, locale) {
            Some(view) => Ok(self.stage.trace().within(&view, range)),
            None => Ok(self.parts()?.1),
        }
    }

    /// The trace, the events left by the filter, and the source.
    pub fn parts(&mut self) -> Result<(&Trace, View, &FileSource)> {
        let Self { stage, source, selection, .. } = self;
        let trace = stage.trace();
        let view = selection.view(trace, source)?;
        Ok((trace, view, source))
    }
}

impl Session {
    /// What is open.
    ///
    /// # Errors
    /// [`ErrorKind::OutOfRange`] when nothing is.
    pub fn opened(&mut self) -> Result<&mut Opened> {
        self.opened.as_mut().ok_or_else(nothing_open)
    }

    /// Answers a short request.
    pub fn answer(&mut self, request: Request) -> Outcome {
        if let Request::Locale { locale } = request {
            self.locale = locale;
            if let Some(opened) = &mut self.opened {
                opened.stage.trace().set_locale(&self.locale);
            }
            return Ok((Answer::Done, None));
        }
        if let Request::Choose { text, term, choice } = request {
            let answer = match query::choose(&text, &term, choice) {
                Ok(text) => Answer::Chosen { text },
                Err(fault) => Answer::BadFilter(fault.into()),
            };
            return Ok((answer, None));
        }
        let opened = self.opened.as_mut().ok_or_else(nothing_open)?;
        let locale = self.locale.as_str();
        if let Request::Copy { first, count, format } = request {
            return Ok((opened.copy(first, count, &format, locale)?, None));
        }
        let loading = opened.stage.is_loading();
        let order = opened.selection.order.clone();
        let order = order.as_deref();
        let place = |(event, position)| (event, order.map_or(position, |o| o.position(event)));
        let (trace, view, source) = opened.parts()?;
        let body = match request {
            Request::Rows { first, count, more } => {
                let more: Vec<Field> = more.iter().map(|name| Field::named(name)).collect();
                let count = count.min(MAX_ROWS) as usize;
                let events: Vec<EventIndex> = events(&view, order, first).take(count).collect();
                source.fetch(&trace.bytes_of_rows(&events, &more, locale));
                Answer::Rows(trace.rows_of(events.into_iter(), first, &more, source, locale))
            }
            Request::Lanes(request) => {
                let mut lanes = trace.lanes(&view, &request);
                let counts = Uint32Array::from(std::mem::take(&mut lanes.counts).as_slice());
                return Ok((Answer::Lanes(lanes), Some(counts.into())));
            }
            Request::Details { event } => {
                Answer::Details(Box::new(trace.details(event, source, locale)?))
            }
            Request::Step { from, forward, what } => {
                let what = match what {
                    StepTo::Marked => Step::Marked,
                    StepTo::Error => Step::Error,
                    StepTo::Any => Step::Any,
                };
                Answer::Stepped { found: trace.step(&view, from, forward, what).map(place) }
            }
            Request::Seek { time } => Answer::Stepped { found: trace.seek(&view, time).map(place) },
            Request::Locate { event } => {
                let (position, exact) = trace.locate(&view, event);
                let position = if exact { place((event, position)).1 } else { position };
                Answer::Located { position, exact }
            }
            Request::Count { range } => {
                Answer::Counted { events: trace.within(&view, Some(range)).shown() }
            }
            Request::ActivityTree { event } => {
                Answer::ActivityTree(trace.activity_tree_of(event).map(Box::new))
            }
            Request::Spans(request) => Answer::Spans(trace.spans(&view, &request)),
            Request::Facet { field, limit } if field == "EventData" => {
                if !loading {
                    sample(trace, source, LONG_SAMPLE_MS);
                }
                let names = trace.payload_fields().into_iter().take(limit as usize);
                let value = |label: String| FacetValue {
                    filter: format!("EventData.{label}:*"),
                    label,
                    events: 0,
                    chosen: None,
                };
                Answer::Facet(names.map(value).collect())
            }
            Request::Facet { field, limit } => {
                let view = opened.view_without(&field, &self.locale)?;
                let trace = opened.stage.trace();
                let mut values = trace.facet(&view, &field, limit as usize);
                for value in &mut values {
                    value.chosen = opened.selection.filter.chosen(&value.filter);
                }
                Answer::Facet(values)
            }
            Request::Complete { text, cursor } => {
                if !loading {
                    sample(trace, source, SAMPLE_MS);
                }
                let completed = query::complete(&text, cursor as usize, trace);
                let from = u32::try_from(completed.from).unwrap_or(cursor);
                Answer::Completions { from, candidates: completed.candidates }
            }
            Request::Hints { text } => {
                // Only fields of the payload may be unknown.
                let filter = Filter::parse(&text).ok().filter(Filter::names_payload_fields);
                let Some(filter) = filter else {
                    return Ok((Answer::Hints(Some(Vec::new())), None));
                };
                let all = !loading && sample(trace, source, LONG_SAMPLE_MS);
                let hints = filter.hints(&text, &trace.payload_fields());
                Answer::Hints(all.then(|| hints.into_iter().map(Into::into).collect()))
            }
            // `Worker::receive` answers these itself.
            Request::Open { .. }
            | Request::OpenSample { .. }
            | Request::Cancel
            | Request::Close
            | Request::Locale { .. }
            | Request::Choose { .. }
            | Request::Filter { .. }
            | Request::Measure { .. }
            | Request::Insights
            | Request::DecodeWithCatalog { .. }
            | Request::LoadSchemas
            | Request::RemoveSchema { .. }
            | Request::Sort { .. }
            | Request::Group { .. }
            | Request::Copy { .. }
            | Request::Export { .. } => Answer::Done,
        };
        Ok((body, None))
    }
}

/// The events of a view from a position on, in order.
pub fn events(view: &View, order: Option<&Order>, first: u64) -> impl Iterator<Item = EventIndex> {
    let in_time = order.is_none().then(|| view.events_from(first)).into_iter().flatten();
    let sorted = order
        .into_iter()
        .flat_map(move |order| (first..).map_while(move |position| order.event_at(position)));
    in_time.chain(sorted)
}

/// Reads samples of payloads for a while, one at least; says whether that were all.
fn sample(trace: &Trace, source: &FileSource, most_ms: f64) -> bool {
    let end = now() + most_ms;
    loop {
        if trace.sample(source, 1) {
            return true;
        }
        if now() >= end {
            return false;
        }
    }
}

/// Why something cannot be done yet.
pub fn still_loading() -> Error {
    Error::new(ErrorKind::OutOfRange, "The trace is still being read")
}

/// Why nothing can be asked.
pub fn nothing_open() -> Error {
    Error::new(ErrorKind::OutOfRange, "No trace is open")
}
