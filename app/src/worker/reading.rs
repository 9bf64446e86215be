//! Reading a file from its beginning to its end into the loader: in order, several slices ahead, or
//! where it is large and there are helpers, in shards.

use std::cell::RefCell;
use std::collections::VecDeque;
use std::rc::Rc;
use std::sync::Arc;

use etlens_parser::etl::Known;
use etlens_parser::source::ReadAt as _;
use etlens_parser::store::{FINGERPRINT_BYTES, Loader, Rows};
use etlens_parser::{Error, ErrorKind, Issue, Result};
use js_sys::Uint8Array;
use wasm_bindgen::JsValue;
use wasm_bindgen_futures::JsFuture;
use web_sys::Blob;

use super::file::{FileSource, len_bytes, read_error};
use super::job::{Job, now};
use super::memory;
use super::port;
use super::session::{Opened, Selection, Session, Stage};
use crate::pool::Means;
use crate::pool::messages::ToMember;
use crate::pool::team::{Found, Heard, Team};

/// Measured best (docs/DESIGN.md): smaller slices cost more calls, larger ones hold up messages.
const SLICE_BYTES: u64 = 4 << 20;
/// The first slice is what the first rows wait for.
const FIRST_SLICE_BYTES: u64 = 1 << 20;
/// Slices asked for ahead of the one that is parsed.
const SLICES_AHEAD: usize = 3;
/// Parsed between two looks at the clock: a few milliseconds.
const PIECE_BYTES: usize = 256 << 10;
/// What a helper reads at once, at most: what the browser reads in one go comes fastest, but the
/// rows of later stretches wait for those before them.
const STRETCH_BYTES: u64 = 64 << 20;
/// And at least: towards the end stretches become shorter, so that all helpers end together.
const LEAST_STRETCH_BYTES: u64 = 8 << 20;
/// Smaller files are read before helpers have come up.
const LEAST_SHARED_BYTES: u64 = 32 << 20;

/// See [`Previews`].
const PREVIEW_PARTS: f64 = 30.0;
/// The page looks again after so long, unless that costs much.
const MOST_PREVIEW_MS: f64 = 2_000.0;

/// How reading ended.
pub enum End {
    /// All was read, or it was stopped.
    Over,
    /// What was read is all that can be shown.
    Broken(Issue),
}

/// A file on its way into the loader.
pub struct Reading<'a> {
    session: &'a RefCell<Session>,
    job: &'a Rc<Job>,
    blob: Blob,
    total: u64,
    /// The loader waits here until it has recognised the file, then in the session.
    fresh: Option<(Box<Loader>, FileSource)>,
    buffer: Vec<u8>,
    means: Means,
    previews: Previews,
}

/// A stretch of the file that a helper reads.
struct Stretch {
    until: u64,
    /// What was found, in file order.
    found: VecDeque<Found>,
    /// Whether nothing more comes.
    over: bool,
}

impl<'a> Reading<'a> {
    /// Begins a file.
    pub fn new(
        session: &'a RefCell<Session>,
        job: &'a Rc<Job>,
        source: FileSource,
        name: &str,
    ) -> Self {
        let total = source.len_bytes();
        let blob = source.blob().clone();
        let fresh = Some((Box::new(Loader::new(name, total)), source));
        let means = Means::from_name(&port::scope().map(|scope| scope.name()).unwrap_or_default());
        let previews = Previews::new(session.borrow().answering_ms);
        Self { session, job, blob, total, fresh, buffer: Vec::new(), means, previews }
    }

    /// The loader, when the file was never recognised.
    pub fn into_fresh(self) -> Option<(Box<Loader>, FileSource)> {
        self.fresh
    }

    /// Reads it.
    pub async fn read(&mut self) -> Result<End> {
        let mut team = match port::scope() {
            Some(scope) if self.total >= LEAST_SHARED_BYTES && self.means.members > 0 => {
                Some(Team::start(&scope, self.means.members))
            }
            _ => None,
        };
        if let Some(end) = self.in_order(u64::MAX, team.as_mut()).await? {
            return Ok(end);
        }
        if let Some(mut team) = team {
            let known = self.with_loader(|loader| loader.fork())?;
            if let Some(known) = known
                && let Some(end) = self.in_shards(&mut team, known).await?
            {
                return Ok(end);
            }
        }
        let end = self.in_order(u64::MAX, None).await?;
        Ok(end.unwrap_or(End::Over))
    }

    fn with_loader<R>(&mut self, f: impl FnOnce(&mut Loader) -> R) -> Result<R> {
        if let Some((loader, _)) = &mut self.fresh {
            return Ok(f(loader));
        }
        match self.session.borrow_mut().opened.as_mut().map(|opened| &mut opened.stage) {
            Some(Stage::Loading(loader)) => Ok(f(loader)),
            _ => Err(Error::new(ErrorKind::OutOfRange, "The trace was closed")),
        }
    }

    /// Reads on in order up to the first buffer after `limit`; with helpers until they could go on,
    /// or it is clear that they cannot. `None` when there is more to do.
    async fn in_order(&mut self, limit: u64, mut team: Option<&mut Team>) -> Result<Option<End>> {
        let start = self.with_loader(|loader| loader.next_byte())?;
        let mut slices = Slices::new(self.blob.clone(), start, team.is_some());
        while let Some(slice) = slices.next(limit).await {
            let slice = match slice {
                Ok(slice) => slice,
                // What was read is shown, with what happened.
                Err(error) if self.fresh.is_none() => {
                    let read = self.with_loader(|loader| loader.next_byte())?;
                    let issue = Issue::from_error(&error, self.total.saturating_sub(read));
                    return Ok(Some(End::Broken(issue)));
                }
                Err(error) => return Err(error),
            };
            let mut buffer = std::mem::take(&mut self.buffer);
            buffer.resize(slice.length() as usize, 0);
            slice.copy_to(&mut buffer);
            // The first rows are shown when all of the first slice is known: the buffers of several
            // processors cover the same time, and what comes to lie among rows that are shown costs
            // moving all that follow.
            let piece_bytes =
                if self.fresh.is_some() { slice.length() as usize } else { PIECE_BYTES };
            for piece in buffer.chunks(piece_bytes.max(1)) {
                self.with_loader(|loader| loader.push_until(piece, limit))??;
                self.recognise();
                if let Some(end) = self.breathe().await? {
                    return Ok(Some(end));
                }
                if self.with_loader(|loader| loader.decided_bytes())? >= limit {
                    return Ok(None);
                }
            }
            self.buffer = buffer;
            if let Some(team) = &mut team {
                let can_split = self.with_loader(|loader| loader.fork().is_some())?;
                if !can_split || team.is_ready() {
                    return Ok(None);
                }
            }
        }
        Ok(None)
    }

    /// Reads on in shards, as far as helpers are alive. `None` when there is more to do.
    async fn in_shards(&mut self, team: &mut Team, known: Known) -> Result<Option<End>> {
        let mut tail = vec![0; (self.total as usize).min(FINGERPRINT_BYTES)];
        let at = self.total - tail.len() as u64;
        if FileSource::new(self.blob.clone())?.read_exact_at(at, &mut tail).is_err() {
            // Reading in order will say so.
            return Ok(None);
        }
        self.with_loader(|loader| loader.set_tail(&tail))?;
        let begin = self.with_loader(|loader| loader.decided_bytes())?;
        let job = Rc::clone(self.job);
        team.begin(ToMember::Begin { known }, self.blob.clone().into());
        // Stretches that were dealt out; the number of the first of them.
        let (mut stretches, mut first) = (VecDeque::<Stretch>::new(), 0);
        let (mut from, share) = (begin, 2 * self.means.members as u64);
        let mut rows = Rows::default();
        loop {
            let most = team.most_stretches();
            team.deal(&mut || {
                let left = self.total.saturating_sub(from);
                if left == 0 || stretches.len() == most {
                    return None;
                }
                let length = (left / share).clamp(LEAST_STRETCH_BYTES, STRETCH_BYTES).min(left);
                let (number, begin) = (first + stretches.len() as u32, from);
                from += length;
                stretches.push_back(Stretch { until: from, found: VecDeque::new(), over: false });
                Some((number, ToMember::Read { stretch: number, from: begin, until: from }, None))
            });
            // Nothing is dealt out any more when all was read, or nobody is left to read.
            let Some(stretch) = stretches.front_mut() else {
                if team.alive() == 0 || from == self.total {
                    return Ok(None);
                }
                if team.hear(&job).await.is_none() {
                    return Ok(Some(End::Over));
                }
                continue;
            };
            if let Some(found) = stretch.found.pop_front() {
                if let Some(end) = self.take(&found, team, &mut rows).await? {
                    return Ok(Some(end));
                }
            } else if stretch.over {
                let until = stretch.until;
                stretches.pop_front();
                first += 1;
                if let Some(end) = self.up_to(until).await? {
                    return Ok(Some(end));
                }
            } else {
                let at = |number: u32| number.wrapping_sub(first) as usize;
                match team.hear(&job).await {
                    Some(Heard::Found(number, found)) => {
                        if let Some(stretch) = stretches.get_mut(at(number)) {
                            stretch.found.push_back(found);
                        }
                    }
                    Some(Heard::Over(numbers)) => {
                        for number in numbers {
                            if let Some(stretch) = stretches.get_mut(at(number)) {
                                stretch.over = true;
                            }
                        }
                    }
                    Some(Heard::Ready | Heard::Searched(_)) => {}
                    None => return Ok(Some(End::Over)),
                }
                continue;
            }
            if let Some(end) = self.breathe().await? {
                return Ok(Some(end));
            }
        }
    }

    /// Puts what a helper found to the rest; reads it itself where that does not fit.
    async fn take(&mut self, found: &Found, team: &Team, rows: &mut Rows) -> Result<Option<End>> {
        let shard = &found.shard;
        if let Some(end) = self.up_to(shard.start()).await? {
            return Ok(Some(end));
        }
        found.rows.copy_to(rows.of_bytes(found.rows.length() as usize));
        team.give_back(found);
        if self.with_loader(|loader| loader.accept(shard, rows))? {
            return Ok(None);
        }
        self.up_to(shard.end()).await
    }

    /// Reads on in order unless that place is reached.
    async fn up_to(&mut self, limit: u64) -> Result<Option<End>> {
        if self.with_loader(|loader| loader.decided_bytes())? >= limit {
            return Ok(None);
        }
        self.in_order(limit, None).await
    }

    /// Hands the loader to the session once it has recognised the file.
    fn recognise(&mut self) {
        let recognised = self.fresh.take_if(|(loader, _)| !loader.info().format.is_empty());
        if let Some((mut loader, source)) = recognised {
            let mut session = self.session.borrow_mut();
            loader.set_loaded(Arc::clone(&session.schemas.linked));
            let stage = Stage::Loading(loader);
            stage.trace().set_locale(&session.locale);
            session.opened = Some(Opened::new(stage, source, Selection::default()));
        }
    }

    /// Tells how far it is and lets messages in; says how to end, when not to go on.
    async fn breathe(&mut self) -> Result<Option<End>> {
        if self.fresh.is_none() {
            let (job, total) = (Rc::clone(self.job), self.total);
            let mut previews = self.previews;
            let answering_ms = self.session.borrow().answering_ms;
            self.with_loader(|loader| {
                job.progress_with(loader.next_byte(), total, || {
                    let shown = previews.show(answering_ms, || loader.update());
                    let info = loader.info();
                    (info.events, shown.then_some(info))
                });
            })?;
            self.previews = previews;
            if memory::is_nearly_full(self.means.memory_mib) {
                let read = self.with_loader(|loader| loader.next_byte())?;
                return Ok(Some(End::Broken(memory::nearly_full(read, self.total))));
            }
        }
        Ok((!self.job.breathe().await).then_some(End::Over))
    }
}

/// When the page is told to look again. Looking at a trace costs the more the larger it is, and
/// takes time from reading it: about one part in [`PREVIEW_PARTS`].
#[derive(Clone, Copy)]
struct Previews {
    started: f64,
    last: f64,
    /// What had been spent on answers when the last was shown.
    answering_ms: f64,
    /// What bringing the trace up to date took then.
    update_ms: f64,
}

impl Previews {
    fn new(answering_ms: f64) -> Self {
        let started = now();
        Self { started, last: started, answering_ms, update_ms: 0.0 }
    }

    /// Brings up to date what is shown, if it is time to; says whether it was.
    fn show(&mut self, answering_ms: f64, update: impl FnOnce() -> bool) -> bool {
        let begun = now();
        let cost = self.update_ms + answering_ms - self.answering_ms;
        // What it costs the page is not known here; that is about the same each time.
        let pace = (2.0 * (self.last - self.started)).min(MOST_PREVIEW_MS);
        if begun - self.last < pace.max(cost * PREVIEW_PARTS) || !update() {
            return false;
        }
        (self.last, self.answering_ms) = (now(), answering_ms);
        self.update_ms = self.last - begun;
        true
    }
}

/// The file in slices, some asked for ahead.
struct Slices {
    blob: Blob,
    asked: u64,
    slice_bytes: u64,
    slices_ahead: usize,
    ahead: VecDeque<(u64, std::result::Result<JsFuture<JsValue>, JsValue>)>,
}

impl Slices {
    /// From an offset on; `briefly` when somebody else will soon go on.
    fn new(blob: Blob, start: u64, briefly: bool) -> Self {
        let slice_bytes = if start == 0 { FIRST_SLICE_BYTES } else { SLICE_BYTES };
        let slices_ahead = if briefly { 1 } else { SLICES_AHEAD };
        Self { blob, asked: start, slice_bytes, slices_ahead, ahead: VecDeque::new() }
    }

    /// The next slice; none are asked for that begin a slice or more after `limit`.
    async fn next(&mut self, limit: u64) -> Option<Result<Uint8Array>> {
        let end = len_bytes(&self.blob).min(limit.saturating_add(SLICE_BYTES));
        while self.asked < end && self.ahead.len() <= self.slices_ahead {
            let (start, until) = (self.asked, end.min(self.asked + self.slice_bytes));
            let slice = self.blob.slice_with_f64_and_f64(start as f64, until as f64);
            let bytes = slice.map(|slice| JsFuture::from(slice.array_buffer()));
            self.ahead.push_back((start, bytes));
            (self.asked, self.slice_bytes) = (until, SLICE_BYTES);
        }
        let (start, bytes) = self.ahead.pop_front()?;
        let bytes = match bytes {
            Ok(bytes) => bytes.await,
            Err(error) => Err(error),
        };
        Some(bytes.map(|b| Uint8Array::new(&b)).map_err(|error| read_error(start, &error)))
    }
}
