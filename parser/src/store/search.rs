//! Searching with others: what a filter must read again is read by several workers.
//!
//! The owner of the trace decides what keys and columns tell, and lends out the rest by and by:
//! rows that stand together, each as its key and its place in the file. Those who help know no
//! rows. They are told once what was learned of schemas, where the buffers lie, and what is left of
//! the filter for each key; a bit for each event comes back. What does not come back the owner
//! reads itself.

use std::ops::Range;
use std::sync::Arc;

use serde::{Deserialize, Serialize};
use zerocopy::IntoBytes as _;

use super::directory::Directory;
use super::judge::{Judge, NO_ROW};
use super::loader::new_info;
use super::scan::Scan;
use super::trace::Trace;
use super::windows::{WINDOW_ROWS, Wanted, Windows};
use crate::error::Result;
use crate::etl;
use crate::query::{Expr, Filter, Residual};
use crate::record::Locator;
use crate::schema::loaded::Loaded;
use crate::schema::{Schemas, Taught};
use crate::source::ReadAt;

/// What is to be known to search a file.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Briefing {
    file: etl::File,
    taught: Taught,
    computer: String,
    locale: String,
    /// What is left of the filter for some keys.
    questions: Vec<Vec<u8>>,
    /// Which of them, by key; a number past the last for keys that are not searched.
    of_keys: Vec<u32>,
}

/// Events to read.
#[derive(Clone, Debug)]
pub struct Share {
    /// Number of the share.
    pub number: u32,
    /// Key and locator of each.
    events: Vec<[u32; 2]>,
}

impl Share {
    /// Its events as bytes, in the order of this machine.
    #[must_use]
    pub fn bytes(&self) -> &[u8] {
        self.events.as_bytes()
    }

    /// A share with room for as many events as so many bytes are.
    #[must_use]
    pub fn with_room(number: u32, bytes: usize) -> Self {
        Self { number, events: vec![[0; 2]; bytes / size_of::<[u32; 2]>()] }
    }

    /// To be filled with what [`Share::bytes`] gave.
    pub fn bytes_mut(&mut self) -> &mut [u8] {
        self.events.as_mut_bytes()
    }
}

/// What was found in a share.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Finds {
    /// Number of the share.
    pub share: u32,
    /// A bit for each of its events: whether it passes.
    passed: Vec<u64>,
    /// Where the last of them lies.
    done_bytes: u64,
}

impl Scan {
    /// What others must know to help; `None` when they cannot. They need the file and the schema
    /// files of the user too.
    #[cold]
    pub fn brief(&self, trace: &Trace) -> Option<Briefing> {
        let Directory::Etl(file) = &trace.directory else { return None };
        let mut questions = Vec::new();
        let mut of_keys = Vec::new();
        for residual in &self.passes.residuals {
            of_keys.push(match residual {
                Residual::Depends(expr) if residual.needs_payload() => {
                    let question = Filter::from(of_payload(expr)?);
                    let text = question.to_string().into_bytes();
                    let known = questions.iter().position(|known| *known == text);
                    let number = known.unwrap_or(questions.len());
                    if known.is_none() {
                        // What a trace makes of a filter is not always what can be written.
                        parsed(&text).filter(|parsed| *parsed == question)?;
                        questions.push(text);
                    }
                    number as u32
                }
                _ => u32::MAX,
            });
        }
        trace.keys_are_exact().then_some(())?;
        Some(Briefing {
            file: file.clone(),
            taught: trace.schemas.to_teach()?,
            computer: trace.info.computer.clone(),
            locale: trace.locale(),
            questions,
            of_keys,
        })
    }

    /// Lends out some of what is left to read, of so many rows at most, rounded up; `None` when
    /// nothing is left.
    pub fn lend(&mut self, trace: &Trace, most_rows: u32) -> Option<Share> {
        let most_rows = most_rows.clamp(1, WINDOW_ROWS).next_multiple_of(64);
        let events = self.next_lent(trace, most_rows)?;
        let columns = trace.columns();
        let event = |&event: &u32| [columns.key(event), columns.locator(event).0];
        Some(Share { number: self.lent.last()?.start, events: events.iter().map(event).collect() })
    }

    /// Takes what was found in a share that is lent out.
    pub fn accept(&mut self, finds: &Finds) {
        if let Some(at) = self.lent.iter().position(|rows| rows.start == finds.share) {
            let rows = self.lent.swap_remove(at);
            self.take(rows, &finds.passed, finds.done_bytes);
        }
    }

    /// Takes back a share of which no more will be heard: it is read here.
    pub fn take_back(&mut self, share: u32) {
        if let Some(at) = self.lent.iter().position(|rows| rows.start == share) {
            self.returned.push(self.lent.swap_remove(at));
        }
    }
}

/// A question, as a filter.
fn parsed(text: &[u8]) -> Option<Filter> {
    Filter::parse(std::str::from_utf8(text).ok()?).ok()
}

/// What is left of a filter for the events that the columns leave open, without what the columns
/// decide; `None` where that differs from event to event.
#[cold]
fn of_payload(expr: &Expr) -> Option<Expr> {
    match expr {
        Expr::And(parts) | Expr::Or(parts) => {
            // An event is open only where each part that is decided is so that the others matter.
            let left: Vec<Expr> = parts.iter().filter(|part| any(part, false)).cloned().collect();
            match left.as_slice() {
                [one] => of_payload(one),
                left if left.iter().any(|part| any(part, true)) => None,
                _ if matches!(expr, Expr::And(_)) => Some(Expr::and(left)),
                _ => Some(Expr::or(left)),
            }
        }
        Expr::Not(inner) => Some(Expr::Not(Box::new(of_payload(inner)?))),
        Expr::All | Expr::Text(_) | Expr::Test(_) => Some(expr.clone()),
    }
}

/// Whether a part of a filter asks anything of the columns, or of the payload. Of the key nothing
/// is left to ask.
fn any(expr: &Expr, of_row: bool) -> bool {
    let mut any = false;
    expr.visit_leaves(&mut |leaf| {
        any |= matches!(leaf, Expr::Test(test) if test.is_of_row()) == of_row;
    });
    any
}

/// One who helps to search a file.
#[derive(Debug)]
pub struct Searcher {
    /// It has no rows.
    trace: Trace,
    questions: Vec<Residual>,
    of_keys: Vec<u32>,
    judge: Judge,
    /// The events of the share at hand.
    windows: Windows,
    finds: Finds,
}

impl Searcher {
    /// Begins with what [`Scan::brief`] told, and the schema files of the user. `None` when that is
    /// not understood.
    #[must_use]
    #[cold]
    pub fn new(briefing: Briefing, loaded: Arc<Loaded>) -> Option<Self> {
        let Briefing { file, taught, computer, locale, questions, of_keys } = briefing;
        let mut needs_message = false;
        let mut residuals = Vec::new();
        for text in &questions {
            let filter = parsed(text)?;
            needs_message |= filter.needs_message();
            residuals.push(Residual::Depends(filter.expr().clone()));
        }
        let mut trace = Trace::new(new_info("", 0));
        trace.info.computer = computer;
        trace.schemas = Schemas::of(&taught, loaded);
        trace.directory = Directory::Etl(file);
        trace.set_locale(&locale);
        let judge = Judge::new(&trace, of_keys.len(), needs_message);
        Some(Self {
            trace,
            questions: residuals,
            of_keys,
            judge,
            windows: Windows::default(),
            finds: Finds::default(),
        })
    }

    /// Begins a share; [`Searcher::step`] does the work.
    pub fn begin(&mut self, share: &Share) {
        let events = share.events.iter().zip(0..);
        self.windows = Windows::default();
        self.windows.fill(&mut |want| {
            for (&[key, locator], at) in events.clone() {
                want(Locator(locator), (key, at));
            }
        });
        let passed = vec![0; share.events.len().div_ceil(64)];
        self.finds = Finds { share: share.number, passed, done_bytes: 0 };
    }

    /// As [`Scan::next_bytes`].
    #[must_use]
    pub fn next_bytes(&self, max_bytes: u64) -> Option<Range<u64>> {
        let Directory::Etl(file) = &self.trace.directory else { return None };
        self.windows.next_bytes(file, max_bytes)
    }

    /// Reads on, over about so many bytes; what was found when that is all.
    ///
    /// # Errors
    /// [`crate::ErrorKind::Read`] when the source fails. An event that cannot be read for another
    /// reason does not pass.
    pub fn step(&mut self, source: &dyn ReadAt, max_bytes: u64) -> Result<Option<Finds>> {
        let Self { trace, questions, of_keys, judge, windows, finds } = self;
        // The columns were asked before.
        let row = || NO_ROW;
        let mut visit = |locator: Locator, (key, at): Wanted, source: &dyn ReadAt| {
            let question = of_keys.get(key as usize).and_then(|&at| questions.get(at as usize));
            let question = question.unwrap_or(&Residual::No);
            let (passes, offset) = judge.judge(trace, source, (key, locator), question, &row)?;
            if let Some(word) = finds.passed.get_mut(at as usize / 64) {
                *word |= u64::from(passes) << (at % 64);
            }
            Ok(offset)
        };
        let over = windows.step(source, max_bytes, &mut |_| {}, &mut visit)?;
        finds.done_bytes = windows.done_bytes;
        Ok(over.then(|| std::mem::take(finds)))
    }
}
