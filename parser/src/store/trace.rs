//! A trace: columns, names, and the questions they answer.

use std::cell::{Cell, OnceCell, RefCell};
use std::sync::Arc;

use super::activities::Activities;
use super::columns::Columns;
use super::directory::{Cache, Directory, Seen};
use super::intern::Interner;
use super::keys::{Key, KeyId, Keys};
use super::lanes::LaneCache;
use super::passes;
use super::samples::Samples;
use super::selection::{Bits, View};
use super::spans::{SpanIndex, SpanSearch};
use super::transfers::Transfers;
use crate::catalog;
use crate::error::{Error, ErrorKind, Result};
use crate::formats::TextBody;
use crate::guid::Guid;
use crate::record::{Locator, Record, UNKNOWN_ID};
use crate::schema::Schemas;
use crate::schema::loaded::Loaded;
use crate::source::ReadAt;
use crate::system::{Process, System};
use crate::view::{
    ActivityTree, EventIndex, Lanes, LanesRequest, Message, Spans, SpansRequest, TimeRange,
    TraceInfo,
};

/// What [`Trace::step`] looks for.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Step {
    /// A marked event (4031 `DispatchSessionFailed`).
    Marked,
    /// Level error or critical.
    Error,
    /// Any event of the view.
    Any,
}

/// All events of a file in time order, and what is needed to show them.
#[derive(Debug)]
pub struct Trace {
    pub(super) info: TraceInfo,
    pub(super) columns: Columns,
    pub(super) keys: Keys,
    /// (process, thread) pairs.
    pub(super) threads: Interner<(u32, u32)>,
    /// Activities; number 0 is the zero GUID.
    pub(super) activities: Interner<Guid>,
    /// Which activities belong together.
    pub(super) transfers: Transfers,
    pub(super) schemas: Schemas,
    /// What a few events of each kind hold.
    pub(super) samples: RefCell<Samples>,
    pub(super) system: System,
    pub(super) directory: Directory,
    /// Language of texts that are not part of a row: lane labels.
    locale: RefCell<String>,
    pub(super) cache: RefCell<Cache>,
    marked: OnceCell<Bits>,
    errors: OnceCell<Bits>,
    lanes: RefCell<LaneCache>,
    spans: OnceCell<SpanIndex>,
    /// The search for them.
    span_search: RefCell<Option<Box<SpanSearch>>>,
    activity_counts: OnceCell<Activities>,
    /// Counts catalog switches, so that what was worked out before one is not used after it.
    generation: Cell<u32>,
}

impl Trace {
    pub(super) fn new(info: TraceInfo) -> Self {
        let mut activities = Interner::default();
        activities.intern(Guid::ZERO);
        Self {
            info,
            columns: Columns::default(),
            keys: Keys::default(),
            threads: Interner::default(),
            activities,
            transfers: Transfers::default(),
            schemas: Schemas::new(),
            samples: RefCell::default(),
            system: System::default(),
            directory: Directory::Empty,
            locale: RefCell::new("en-us".to_owned()),
            cache: RefCell::default(),
            marked: OnceCell::new(),
            errors: OnceCell::new(),
            lanes: RefCell::default(),
            spans: OnceCell::new(),
            span_search: RefCell::default(),
            activity_counts: OnceCell::new(),
            generation: Cell::new(0),
        }
    }

    /// Forgets what was worked out from rows and keys: they have changed.
    pub(super) fn forget(&mut self) {
        self.marked = OnceCell::new();
        self.errors = OnceCell::new();
        self.lanes = RefCell::default();
        self.samples = RefCell::default();
        self.spans = OnceCell::new();
        self.span_search.take();
        self.activity_counts = OnceCell::new();
        self.generation.set(self.generation.get().wrapping_add(1));
    }

    /// What the trace is.
    #[must_use]
    pub fn info(&self) -> &TraceInfo {
        &self.info
    }

    /// Number of events, those of them that are in order (all, once loading has ended).
    #[must_use]
    pub fn len(&self) -> u32 {
        u32::try_from(self.columns.sorted()).unwrap_or(u32::MAX)
    }

    /// Bytes of memory that the columns take, spare room included.
    #[must_use]
    pub fn columns_bytes(&self) -> usize {
        self.columns.heap_bytes()
    }

    /// Whether there is no event.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Language of lane labels from now on; a locale tag.
    pub fn set_locale(&self, locale: &str) {
        locale.clone_into(&mut self.locale.borrow_mut());
        self.lanes.take();
    }

    pub(super) fn locale(&self) -> String {
        self.locale.borrow().clone()
    }

    pub(super) fn columns(&self) -> &Columns {
        &self.columns
    }

    /// The kinds of events, by [`KeyId`].
    #[must_use]
    pub fn keys(&self) -> &[Key] {
        self.keys.all()
    }

    /// Whether all events of a key are of one kind: there were not more kinds than keys.
    pub(super) fn keys_are_exact(&self) -> bool {
        !self.keys.overflowed()
    }

    /// The kind of an event.
    #[must_use]
    pub fn key_id(&self, event: EventIndex) -> KeyId {
        self.columns.key(event)
    }

    /// The kind of an event; `None` past the end.
    #[must_use]
    pub fn key(&self, event: EventIndex) -> Option<&Key> {
        self.keys().get(self.key_id(event) as usize)
    }

    /// Time of an event, FILETIME.
    #[must_use]
    pub fn time(&self, event: EventIndex) -> i64 {
        self.columns.time.get(event as usize)
    }

    /// Processor of an event.
    #[must_use]
    pub fn cpu(&self, event: EventIndex) -> u16 {
        self.columns.cpu(event)
    }

    /// Number of the (process, thread) pair of an event, for [`Trace::threads`].
    #[must_use]
    pub fn thread_id(&self, event: EventIndex) -> u32 {
        self.columns.thread.get(event as usize)
    }

    /// All (process, thread) pairs; [`UNKNOWN_ID`] where a record does not say.
    #[must_use]
    pub fn threads(&self) -> &[(u32, u32)] {
        self.threads.values()
    }

    /// Number of the activity of an event, for [`Trace::activities`]; 0 is none.
    #[must_use]
    pub fn activity_id(&self, event: EventIndex) -> u32 {
        self.columns.activity.get(event as usize)
    }

    /// All activity ids; the first is the zero GUID.
    #[must_use]
    pub fn activities(&self) -> &[Guid] {
        self.activities.values()
    }

    /// The activity of a number, `None` for 0.
    #[must_use]
    pub fn activity(&self, number: u32) -> Option<Guid> {
        self.activities.get(number).copied().filter(|activity| !activity.is_zero())
    }

    /// The number of an activity, when an event has it.
    #[must_use]
    pub fn find_activity(&self, activity: Guid) -> Option<u32> {
        self.activities.find(&activity)
    }

    /// What is known of payloads and names.
    #[must_use]
    pub fn schemas(&self) -> &Schemas {
        &self.schemas
    }

    /// The processes, threads, images and volumes the trace tells of.
    #[must_use]
    pub fn system(&self) -> &System {
        &self.system
    }

    /// The first event at or after an instant, which may be one past the last.
    #[must_use]
    pub fn at_or_after(&self, time: i64) -> EventIndex {
        self.columns.at_or_after(time)
    }

    /// The view without a filter.
    #[must_use]
    pub fn all(&self) -> View {
        View::new(None, self.len(), false).with_marked(self.marks())
    }

    /// The view of some events, in time order.
    #[must_use]
    pub fn only(&self, events: &[EventIndex]) -> View {
        let mut words = vec![0_u64; (self.len() as usize).div_ceil(64)];
        for &event in events {
            if let Some(word) = words.get_mut(event as usize / 64) {
                *word |= 1 << (event % 64);
            }
        }
        View::new(Some(Bits::new(words)), self.len(), false)
    }

    /// A view with its range replaced.
    #[must_use]
    pub fn within(&self, view: &View, range: Option<TimeRange>) -> View {
        let (first, end) = range.map_or((0, u32::MAX), |range| {
            (self.at_or_after(range.start), self.at_or_after(range.end))
        });
        view.clone().cut(first, end)
    }

    pub(super) fn marks(&self) -> &Bits {
        self.marked.get_or_init(|| self.of_keys(|key| key.marked))
    }

    fn errors(&self) -> &Bits {
        self.errors.get_or_init(|| self.of_keys(|key| matches!(key.event.level, 1 | 2)))
    }

    fn of_keys(&self, holds: impl Fn(&Key) -> bool) -> Bits {
        let code = |key: &Key| if holds(key) { passes::YES } else { passes::NO };
        let by_key: Vec<u8> = self.keys().iter().map(code).collect();
        let of_chunk = |number| passes::of_keys(self, number, &by_key);
        let words = (0..passes::chunks(self)).flat_map(of_chunk).map(|word| word.yes);
        Bits::new(words.collect())
    }

    /// The next or previous event of a view, from an event (exclusive) or from the beginning (or
    /// the end), and its position.
    #[must_use]
    pub fn step(
        &self,
        view: &View,
        from: Option<EventIndex>,
        forward: bool,
        what: Step,
    ) -> Option<(EventIndex, u64)> {
        let of = match what {
            Step::Marked => Some(self.marks()),
            Step::Error => Some(self.errors()),
            Step::Any => None,
        };
        view.step(from, forward, of).map(|event| (event, view.position(event)))
    }

    /// The first event of a view at or after an instant, and its position.
    #[must_use]
    pub fn seek(&self, view: &View, time: i64) -> Option<(EventIndex, u64)> {
        let position = view.position(self.at_or_after(time));
        view.event_at(position).map(|event| (event, position))
    }

    /// Where an event stands in a view: its position or that of the first after it, and whether
    /// it is in the view.
    #[must_use]
    pub fn locate(&self, view: &View, event: EventIndex) -> (u64, bool) {
        (view.position(event), view.contains(event))
    }

    /// The activities that transfers join with that of an event; `None` when it has none, or when
    /// no event of the trace names two.
    #[must_use]
    pub fn activity_tree_of(&self, event: EventIndex) -> Option<ActivityTree> {
        if self.transfers.pairs().is_empty() {
            return None;
        }
        self.activity_counts.get_or_init(|| Activities::count(self)).tree(self, event)
    }

    /// Goes on looking for spans; says whether all are found.
    pub fn find_spans(&self) -> bool {
        if self.spans.get().is_none() {
            let mut search = self.span_search.borrow_mut();
            let step = search.get_or_insert_with(|| Box::new(SpanSearch::new(self))).step(self);
            let Some(found) = step else { return false };
            *search = None;
            self.spans.get_or_init(|| found);
        }
        true
    }

    /// Spans of a range, their starts in a view. Those that were not found yet are looked for.
    #[must_use]
    pub fn spans(&self, view: &View, request: &SpansRequest) -> Spans {
        while !self.find_spans() {}
        self.spans.get_or_init(SpanIndex::default).frame(self, view, request)
    }

    /// What the timeline shows of a view, its range not applied.
    #[must_use]
    pub fn lanes(&self, view: &View, request: &LanesRequest) -> Lanes {
        self.lanes.borrow_mut().frame(self, view, request)
    }

    /// Reads an event again and decodes it.
    ///
    /// # Errors
    /// When there is no such event, when the source fails, or when the file has changed.
    pub fn read<R>(
        &self,
        event: EventIndex,
        source: &dyn ReadAt,
        f: impl FnOnce(&Seen<'_>) -> R,
    ) -> Result<R> {
        self.read_raw(event, source, |record, body| self.seen(record, body, f))
    }

    /// Decodes a record that [`Trace::read_raw`] gave.
    pub(crate) fn seen<R>(
        &self,
        record: &Record<'_>,
        body: Option<&TextBody>,
        f: impl FnOnce(&Seen<'_>) -> R,
    ) -> R {
        match body {
            Some(body) => f(&Seen { record, decoded: &body.decoded, body: Some(body) }),
            None => f(&Seen { record, decoded: &self.schemas.decode(record), body: None }),
        }
    }

    /// Reads an event again without decoding it.
    ///
    /// # Errors
    /// Those of [`Trace::read`].
    pub(crate) fn read_raw<R>(
        &self,
        event: EventIndex,
        source: &dyn ReadAt,
        f: impl FnOnce(&Record<'_>, Option<&TextBody>) -> R,
    ) -> Result<R> {
        if event >= self.len() {
            return Err(Error::new(ErrorKind::OutOfRange, format!("There is no event {event}")));
        }
        self.read_at(self.columns.locator(event), source, f)
    }

    /// Reads the event of a locator again without decoding it.
    ///
    /// # Errors
    /// Those of [`Trace::read`].
    pub(super) fn read_at<R>(
        &self,
        locator: Locator,
        source: &dyn ReadAt,
        f: impl FnOnce(&Record<'_>, Option<&TextBody>) -> R,
    ) -> Result<R> {
        let (mut f, mut answer) = (Some(f), None);
        let mut ask = |record: &Record<'_>, body: Option<&TextBody>| {
            answer = f.take().map(|f| f(record, body));
        };
        match self.cache.try_borrow_mut() {
            Ok(mut cache) => self.directory.with_event(source, &mut cache, locator, &mut ask)?,
            // A closure that reads another event finds an empty cache, not a lock.
            Err(_) => {
                self.directory.with_event(source, &mut Cache::default(), locator, &mut ask)?;
            }
        }
        // A directory that answers without error has asked.
        answer.ok_or_else(|| Error::new(ErrorKind::OutOfRange, "The event was not found"))
    }

    /// The message of an event that was read.
    #[must_use]
    pub fn message(&self, seen: &Seen<'_>, locale: &str) -> Message {
        match seen.body.and_then(|body| body.message.clone()) {
            Some(message) => message,
            None => self.schemas.message(seen.record, seen.decoded, locale),
        }
    }

    /// The same, when there is more to say than the fields.
    #[must_use]
    pub fn own_message(&self, seen: &Seen<'_>, locale: &str) -> Option<Message> {
        match seen.body.and_then(|body| body.message.clone()) {
            Some(message) => Some(message),
            None => self.schemas.own_message(seen.record, seen.decoded, locale),
        }
    }

    /// Process and thread of an event, where known: as its header says, else as its payload, the
    /// context switches of its processor and the thread's process tell.
    #[must_use]
    pub fn thread(&self, event: EventIndex) -> (Option<u32>, Option<u32>) {
        let known = |id: u32| (id != UNKNOWN_ID).then_some(id);
        let Some(&(pid, tid)) = self.threads.get(self.thread_id(event)) else {
            return (None, None);
        };
        let (pid, tid) = (known(pid), known(tid));
        let of_thread = || self.system.thread(tid?, self.time(event)).map(|thread| thread.pid);
        (pid.or_else(of_thread), tid)
    }

    /// The process of an event, as far as the trace tells of it.
    #[must_use]
    pub fn process(&self, event: EventIndex) -> Option<&Process> {
        self.system.process(self.thread(event).0?, self.time(event))
    }

    /// Gives threads of which only the id is known the process they are of, where they are of one
    /// only.
    pub(super) fn find_processes(&mut self) {
        let unknown = |pair: &(u32, u32)| pair.0 == UNKNOWN_ID && pair.1 != UNKNOWN_ID;
        let numbers: Vec<u32> =
            (0..).zip(self.threads()).filter(|(_, pair)| unknown(pair)).map(|(n, _)| n).collect();
        for number in numbers {
            let Some(&(_, tid)) = self.threads.get(number) else { continue };
            if let Some(pid) = self.system.only_process_of(tid) {
                self.threads.replace(number, (pid, tid));
            }
        }
    }

    /// What to call a kind of event on its own: its name, with the id where it has one.
    pub(super) fn event_label(&self, key: &Key) -> String {
        match (key.event.id, key.names.event.as_str()) {
            (0, name) => name.to_owned(),
            (id, "") => id.to_string(),
            (id, name) => format!("{id} {name}"),
        }
    }

    /// Decodes a provider with the built-in catalog, or stops doing so, and counts anew what is
    /// marked.
    pub fn set_catalog_alias(&mut self, provider: Guid, on: bool) {
        self.schemas.alias_to_catalog(provider, on);
        self.forget();
        self.describe();
    }

    /// Decodes with these schema files of the user in place of those before, and names and
    /// counts anew.
    pub fn set_loaded(&mut self, loaded: Arc<Loaded>) {
        self.schemas.set_loaded(loaded);
        self.forget();
        self.describe();
    }

    /// Works out names, marks and what follows from them.
    pub(super) fn describe(&mut self) {
        self.keys.describe(&self.schemas);
        let keys = self.keys.all();
        let sum = |of: &dyn Fn(&&Key) -> bool| keys.iter().filter(of).map(|key| key.events).sum();
        self.info.marked = sum(&|key| key.marked);
        self.info.lost.undecoded = sum(&|key| !key.names.decodable);
        self.info.catalog_candidates = catalog_candidates(keys);
    }
}

/// Providers of whose events none has a schema, but which all fit the catalog.
fn catalog_candidates(keys: &[Key]) -> Vec<Guid> {
    let plain = |key: &&Key| !key.event.kind.is_classic() && !key.event.provider.is_zero();
    let mut providers: Vec<Guid> =
        keys.iter().filter(plain).map(|key| key.event.provider).collect();
    crate::sort::plain(&mut providers);
    providers.dedup();
    providers.retain(|provider| {
        let of = || keys.iter().filter(plain).filter(|key| key.event.provider == *provider);
        let descriptors = of().map(|key| {
            let event = &key.event;
            let id = u16::try_from(event.id).unwrap_or(u16::MAX);
            let (version, channel, level) = (event.version, event.channel, event.level);
            (id, version, channel, level, event.opcode, event.task, event.keywords)
        });
        of().all(|key| !key.names.decodable) && catalog::fits(descriptors)
    });
    providers
}
