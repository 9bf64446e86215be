//! Spans: what lies between a start and its stop.
//!
//! Events of opcode start and stop are paired by provider and task, within an activity where they
//! have one and within a thread where not; the last start is stopped first. Dispatch sessions are
//! spans from their first event to their outcome. Spans are found once, in one pass over the
//! columns, step by step, and kept as pairs of events.

use std::cmp::{Ordering, Reverse};
use std::ops::Range;

use super::column::CHUNK_ROWS;
use super::columns::partition_point;
use super::keys::Key;
use super::passes;
use super::selection::View;
use super::terms;
use super::trace::Trace;
use crate::guid::Guid;
use crate::insight::SessionSpans;
use crate::limits::{MAX_LONGEST_SPANS, MAX_OPEN_SPANS, MAX_PIXELS, MAX_SPAN_BARS, MAX_SPANS};
use crate::map::Map;
use crate::query;
use crate::view::{EventIndex, SpanBar, SpanRow, Spans, SpansRequest};

/// Opcodes that begin and end something (winmeta.xml); classic classes use the same numbers.
const START: u8 = 1;
const STOP: u8 = 2;

/// A span that never ended.
const OPEN: EventIndex = EventIndex::MAX;

/// Spans whose ends and lengths are summed up together.
const BLOCK: usize = 64;

/// Pixels a span must be long to be a bar of its own.
const LEAST_BAR_PIXELS: i64 = 2;

/// What dispatch sessions are called, and the term that selects their first events: the lane is
/// known by it.
const SESSIONS: [&str; 2] = ["dispatch-sessions", "id:4001"];

/// Kernel classes whose start and stop are joined by what their payload names, not by the thread
/// that wrote them: Process, Thread, Image (docs/FORMATS.md, "Kernel classes").
const PROCESS: Guid =
    Guid::from_parts(0x3d6f_a8d0, 0xfe05, 0x11d0, [0x9d, 0xda, 0x00, 0xc0, 0x4f, 0xd7, 0xba, 0x7c]);
const BY_PAYLOAD: [Guid; 3] = [
    PROCESS,
    Guid::from_parts(0x3d6f_a8d1, 0xfe05, 0x11d0, [0x9d, 0xda, 0x00, 0xc0, 0x4f, 0xd7, 0xba, 0x7c]),
    Guid::from_parts(0x2cb1_5d1d, 0x5fc1, 0x11d2, [0xab, 0xe1, 0x00, 0xa0, 0xc9, 0x11, 0xf5, 0x18]),
];

/// One span: its first and last event. Events are in time order, so these are its times too.
#[derive(Clone, Copy, Debug)]
struct Span {
    first: EventIndex,
    /// [`OPEN`] when it never ended.
    last: EventIndex,
    failed: bool,
    /// How many bits its duration has, which mostly tells it from longer and shorter ones.
    bits: u8,
}

/// What the spans of a block have at most.
#[derive(Clone, Copy, Debug, Default)]
struct Most {
    last: EventIndex,
    duration: i64,
}

/// Spans of one kind, by their first event.
#[derive(Debug, Default)]
struct Kind {
    /// What the lane is known by, called and filtered with.
    key: String,
    label: String,
    filter: String,
    spans: Vec<Span>,
    /// How many of them are in order; the others came after.
    in_order: usize,
    /// How many never ended.
    open: u64,
    most: Vec<Most>,
}

/// All spans of a trace.
#[derive(Debug, Default)]
pub(super) struct SpanIndex {
    kinds: Vec<Kind>,
    /// Stops without a start.
    unstarted: u64,
    /// Whether there were more than are kept.
    full: bool,
}

/// What spans of a kind of start event are called, and the term that selects its events.
pub(super) fn kind_of(trace: &Trace, key: &Key) -> Option<(String, String)> {
    if trace.schemas().speaks_catalog(key.event.provider) {
        let [label, filter] = SESSIONS;
        return (key.event.id == 4001).then(|| (label.to_owned(), filter.to_owned()));
    }
    if key.event.opcode != START || key.event.provider.is_zero() {
        return None;
    }
    if is_by_payload(key) && key.event.provider != PROCESS {
        return None;
    }
    let names = &key.names;
    let name = match (names.task.as_str(), key.event.task) {
        ("", 0) => stem(&names.event),
        ("", task) => {
            let stem = stem(&names.event);
            let label = if stem.is_empty() { task.to_string() } else { stem.to_owned() };
            return Some((
                label,
                format!("{} and {}", terms::provider(key), terms::term("task", task)),
            ));
        }
        (name, _) => {
            let term = query::term("task", name);
            return Some((name.to_owned(), format!("{} and {term}", terms::provider(key))));
        }
    };
    let label = if name.is_empty() { names.provider.as_str() } else { name };
    Some((label.to_owned(), terms::event(key)))
}

fn is_by_payload(key: &Key) -> bool {
    key.event.kind.is_classic() && BY_PAYLOAD.contains(&key.event.provider)
}

/// A name without what says that something starts.
fn stem(name: &str) -> &str {
    let cut = ["/Start", "/win:Start", "Start", "_Start", "Begin"];
    let stem = cut.iter().find_map(|end| name.strip_suffix(end)).unwrap_or(name);
    stem.trim_end_matches(['/', '_', ' ', '-'])
}

/// Where a key stands in the pairing.
#[derive(Clone, Copy, Debug)]
enum Role {
    Neither,
    /// Number of its kind among `kinds`.
    Start(u32),
    Stop,
    Catalog,
}

/// What start and stop have in common. TraceLogging has no tasks: there, the name without its
/// last word stands for one.
type Pairing = (Guid, u16, u32);

/// Chunks of rows looked at in one step, and spans.
const STEP_CHUNKS: usize = (1 << 16) / CHUNK_ROWS;
const STEP_SPANS: usize = BLOCK << 10;

/// The search for the spans of a trace, as far as it has come.
#[derive(Debug)]
pub(super) struct SpanSearch {
    found: SpanIndex,
    roles: Vec<Role>,
    pairings: Vec<Pairing>,
    /// Which keys have a role.
    codes: Vec<u8>,
    next_chunk: usize,
    /// Starts that wait for their stop, each with its kind.
    open: Map<(Pairing, u32), Vec<(EventIndex, u32)>>,
    opened: usize,
    sessions: SessionSpans,
    total: usize,
    /// Kinds whose blocks were summed up.
    summed: usize,
}

impl SpanSearch {
    /// Begins to look for spans.
    pub fn new(trace: &Trace) -> Self {
        let mut found = SpanIndex::default();
        let (roles, pairings) = found.roles(trace);
        let code = |role: &Role| match role {
            Role::Neither => passes::NO,
            _ => passes::YES,
        };
        Self {
            codes: roles.iter().map(code).collect(),
            found,
            roles,
            pairings,
            next_chunk: 0,
            open: Map::default(),
            opened: 0,
            sessions: SessionSpans::default(),
            total: 0,
            summed: 0,
        }
    }

    /// Goes on; the spans once all are found.
    pub fn step(&mut self, trace: &Trace) -> Option<SpanIndex> {
        let chunks = passes::chunks(trace);
        // Of no rows there is an end too.
        if self.next_chunk < chunks.max(1) {
            let end = chunks.min(self.next_chunk + STEP_CHUNKS);
            let codes = std::mem::take(&mut self.codes);
            for chunk in self.next_chunk..end {
                passes::each_of_keys(trace, chunk, &codes, &mut |event| self.event(trace, event));
            }
            self.codes = codes;
            self.next_chunk = end.max(1);
            if end == chunks {
                self.end(trace);
            }
            self.found.kinds.iter_mut().for_each(Kind::put_in_order);
        } else if let Some(kind) = self.found.kinds.get_mut(self.summed) {
            let from = kind.most.len() * BLOCK;
            let end = kind.spans.len().min(from + STEP_SPANS);
            let left = kind.spans.get_mut(from..end).unwrap_or_default();
            kind.open += left.iter().filter(|span| span.last == OPEN).count() as u64;
            kind.most.extend(left.chunks_mut(BLOCK).map(|block| most(trace, block)));
            self.summed += usize::from(end == kind.spans.len());
        } else {
            return Some(std::mem::take(&mut self.found));
        }
        None
    }

    /// Takes the next event that has a role.
    fn event(&mut self, trace: &Trace, event: EventIndex) {
        let Self { found, open, opened, total, .. } = self;
        let key = trace.key_id(event) as usize;
        let role = self.roles.get(key).copied().unwrap_or(Role::Neither);
        if matches!(role, Role::Catalog) {
            if let Some(light) = trace.light(event) {
                self.sessions.event(&light, &mut |first, last, failed| {
                    found.add(0, Span::new(first, last, failed), total);
                });
            }
            return;
        }
        let pairing = self.pairings.get(key).copied().unwrap_or((Guid::ZERO, 0, 0));
        // Threads and activities are numbered from 0: one bit tells them apart.
        let within = match trace.activity_id(event) {
            0 => trace.thread_id(event) << 1,
            activity => activity << 1 | 1,
        };
        match role {
            Role::Start(kind) => {
                if *opened < MAX_OPEN_SPANS {
                    open.entry((pairing, within)).or_default().push((event, kind));
                    *opened += 1;
                } else {
                    found.full = true;
                }
            }
            _ => match open.get_mut(&(pairing, within)).and_then(Vec::pop) {
                Some((first, kind)) => {
                    *opened -= 1;
                    found.add(kind, Span::new(first, event, false), total);
                }
                None => found.unstarted += 1,
            },
        }
    }

    /// There are no more events: what has not ended never did.
    fn end(&mut self, trace: &Trace) {
        let Self { found, total, .. } = self;
        std::mem::take(&mut self.sessions).finish(&mut |first, last, failed| {
            found.add(0, Span::new(first, last, failed), total);
        });
        found.processes(trace, total);
        let open = std::mem::take(&mut self.open);
        let mut left: Vec<(EventIndex, u32)> = open.into_values().flatten().collect();
        crate::sort::plain(&mut left);
        for (first, kind) in left {
            found.add(kind, Span::new(first, OPEN, false), total);
        }
        found.kinds.retain(|kind| !kind.spans.is_empty());
    }
}

impl SpanIndex {
    /// The role of each key, and what joins it with its counterpart. The first kind is that of
    /// dispatch sessions.
    fn roles(&mut self, trace: &Trace) -> (Vec<Role>, Vec<Pairing>) {
        self.kinds.push(Kind {
            key: SESSIONS[1].to_owned(),
            label: SESSIONS[0].to_owned(),
            filter: SESSIONS[1].to_owned(),
            ..Kind::default()
        });
        let mut names: Map<String, u32> = Map::default();
        let mut by_filter: Map<String, u32> = Map::default();
        let mut roles = Vec::with_capacity(trace.keys().len());
        let mut pairings = Vec::with_capacity(trace.keys().len());
        for key in trace.keys() {
            let event = &key.event;
            let name = match event.task {
                0 => {
                    let stop = ["/Stop", "/win:Stop", "Stop", "_Stop", "End"];
                    let name = key.names.event.as_str();
                    let name = match event.opcode {
                        STOP => stop.iter().find_map(|end| name.strip_suffix(end)).unwrap_or(name),
                        _ => stem(name),
                    };
                    let next = names.len() as u32 + 1;
                    *names
                        .entry(name.trim_end_matches(['/', '_', ' ', '-']).to_owned())
                        .or_insert(next)
                }
                _ => 0,
            };
            pairings.push((event.provider, event.task, name));
            roles.push(if trace.schemas().speaks_catalog(event.provider) {
                Role::Catalog
            } else if is_by_payload(key) && (event.opcode != START || event.provider != PROCESS) {
                Role::Neither
            } else if event.opcode == STOP && !event.provider.is_zero() {
                Role::Stop
            } else if let Some((label, filter)) = kind_of(trace, key) {
                let next = self.kinds.len() as u32;
                let kind = *by_filter.entry(filter.clone()).or_insert(next);
                if kind == next {
                    self.kinds.push(Kind { key: filter.clone(), label, filter, ..Kind::default() });
                }
                match is_by_payload(key) {
                    true => Role::Neither,
                    false => Role::Start(kind),
                }
            } else {
                Role::Neither
            });
        }
        (roles, pairings)
    }

    /// Processes that began within the trace.
    fn processes(&mut self, trace: &Trace, total: &mut usize) {
        let start = trace.keys().iter().find(|key| {
            key.event.kind.is_classic()
                && key.event.provider == PROCESS
                && key.event.opcode == START
        });
        let filter = start.and_then(|key| kind_of(trace, key)).map(|(_, filter)| filter);
        let kind = self.kinds.iter().position(|kind| Some(&kind.key) == filter.as_ref());
        let Some(kind) = kind.and_then(|kind| u32::try_from(kind).ok()) else { return };
        // The event of the class at an instant; the payload is not read again, and two processes
        // that begin in the same 100 ns are told apart by nothing a timeline could show.
        let find = |time: i64, opcode: u8| {
            let first = trace.at_or_after(time);
            (first..trace.len()).take_while(|&event| trace.time(event) == time).find(|&event| {
                let key = trace.key(event).map(|key| (key.event.provider, key.event.opcode));
                key == Some((PROCESS, opcode))
            })
        };
        for process in trace.system().processes() {
            if let Some(first) = find(process.start, START) {
                let last = find(process.end, STOP).unwrap_or(OPEN);
                self.add(kind, Span::new(first, last, false), total);
            }
        }
    }

    fn add(&mut self, kind: u32, span: Span, total: &mut usize) {
        if *total >= MAX_SPANS {
            self.full = true;
        } else if let Some(kind) = self.kinds.get_mut(kind as usize) {
            kind.spans.push(span);
            *total += 1;
        }
    }

    /// What a frame draws, and the longest spans of its range.
    pub fn frame(&self, trace: &Trace, view: &View, request: &SpansRequest) -> Spans {
        let range = request.range;
        let pixels = i64::from(request.pixels.clamp(1, MAX_PIXELS));
        // Shorter than this is a matter of counts, not of bars.
        let least = (range.duration() / pixels).saturating_mul(LEAST_BAR_PIXELS).max(1);
        let most = request.longest.min(MAX_LONGEST_SPANS) as usize;
        let bound = if most == 0 { i64::MAX } else { -1 };
        let mut longest = Longest { most, bound, found: Vec::new() };
        let mut rows = Vec::with_capacity(self.kinds.len());
        let rows_of = trace.at_or_after(range.start)..trace.at_or_after(range.end);
        for (number, kind) in (0..).zip(&self.kinds) {
            let mut row = SpanRow {
                key: kind.key.clone(),
                label: kind.label.clone(),
                filter: kind.filter.clone(),
                spans: kind.spans.len() as u64,
                open: kind.open,
                bars: Vec::new(),
                depths: 0,
                left_out: 0,
            };
            kind.each(
                &rows_of,
                |most| most >= least,
                |span| {
                    if span.lasts(trace, least) && view.passes(span.first) {
                        if row.bars.len() < MAX_SPAN_BARS {
                            row.bars.push(bar(trace, number, span));
                        } else {
                            row.left_out += 1;
                        }
                    }
                },
            );
            row.depths = depths(&mut row.bars);
            rows.push(row);
            let shortest = std::cell::Cell::new(longest.shortest());
            kind.each(
                &rows_of,
                |most| most > shortest.get(),
                |span| {
                    let longer = shortest.get().saturating_add(1);
                    if span.last != OPEN && span.lasts(trace, longer) && view.passes(span.first) {
                        longest.add(span.duration(trace), number, span);
                        shortest.set(longest.shortest());
                    }
                },
            );
        }
        let longest = longest.sorted().into_iter().map(|(kind, span)| bar(trace, kind, span));
        let longest = longest.collect();
        Spans { range, rows, longest, unstarted: self.unstarted, full: self.full }
    }
}

/// The longest spans met so far.
struct Longest {
    most: usize,
    /// As many as wanted are at least as long.
    bound: i64,
    found: Vec<(i64, u32, Span)>,
}

impl Longest {
    /// A span must be longer than this to be one of them.
    fn shortest(&self) -> i64 {
        self.bound
    }

    fn add(&mut self, duration: i64, kind: u32, span: Span) {
        self.found.push((duration, kind, span));
        // In order only now and then: the first of them bound what may come in.
        if self.found.len() >= 2 * self.most.max(1) {
            self.settle();
        }
    }

    fn settle(&mut self) {
        self.found.sort_unstable_by_key(|(duration, _, span)| (Reverse(*duration), span.first));
        self.found.truncate(self.most);
        if let Some((duration, ..)) = self.found.last().filter(|_| self.found.len() == self.most) {
            self.bound = *duration;
        }
    }

    fn sorted(mut self) -> Vec<(u32, Span)> {
        self.settle();
        self.found.into_iter().map(|(_, kind, span)| (kind, span)).collect()
    }
}

impl Span {
    fn new(first: EventIndex, last: EventIndex, failed: bool) -> Self {
        Self { first, last, failed, bits: 0 }
    }

    /// When it ended; one that did not lasts to the end of the trace.
    fn end(self, trace: &Trace) -> i64 {
        trace.time(self.last.min(trace.len().saturating_sub(1)))
    }

    fn duration(self, trace: &Trace) -> i64 {
        self.end(trace).saturating_sub(trace.time(self.first))
    }

    /// Whether it is so long at least.
    fn lasts(self, trace: &Trace, least: i64) -> bool {
        match self.bits.cmp(&bits(least)) {
            Ordering::Less => false,
            Ordering::Equal => self.duration(trace) >= least,
            Ordering::Greater => true,
        }
    }
}

/// How many bits a duration has.
fn bits(duration: i64) -> u8 {
    (i64::BITS - duration.max(0).leading_zeros()) as u8
}

impl Kind {
    /// Puts spans that came lately in order: they belong near the end mostly.
    fn put_in_order(&mut self) {
        let place = |span: &Span| u64::from(span.first) << 32 | u64::from(span.last);
        let mut new = self.spans.split_off(self.in_order);
        new.sort_unstable_by_key(place);
        let first = new.first().map_or(u64::MAX, place);
        let at = self.spans.partition_point(|span| place(span) < first);
        let mut old = self.spans.split_off(at).into_iter().peekable();
        for span in new {
            while let Some(before) = old.next_if(|old| place(old) < place(&span)) {
                self.spans.push(before);
            }
            self.spans.push(span);
        }
        self.spans.extend(old);
        self.in_order = self.spans.len();
    }

    /// Tells the spans that touch some rows, but for blocks whose longest one is not `wanted`.
    fn each(
        &self,
        rows: &Range<EventIndex>,
        wanted: impl Fn(i64) -> bool,
        mut tell: impl FnMut(Span),
    ) {
        let end = partition_point(self.spans.len(), |at| {
            self.spans.get(at).is_some_and(|span| span.first < rows.end)
        });
        for (block, most) in self.most.iter().enumerate().take(end.div_ceil(BLOCK)) {
            if most.last < rows.start || !wanted(most.duration) {
                continue;
            }
            let from = block * BLOCK;
            for &span in self.spans.get(from..end.min(from + BLOCK)).unwrap_or_default() {
                if span.last >= rows.start {
                    tell(span);
                }
            }
        }
    }
}

/// What the spans of a block have at most; notes how long each is.
fn most(trace: &Trace, block: &mut [Span]) -> Most {
    let last_row = trace.len().saturating_sub(1);
    block.iter_mut().fold(Most::default(), |most, span| {
        let duration = span.duration(trace);
        span.bits = bits(duration);
        Most { last: most.last.max(span.last.min(last_row)), duration: most.duration.max(duration) }
    })
}

fn bar(trace: &Trace, kind: u32, span: Span) -> SpanBar {
    let is_open = span.last == OPEN;
    SpanBar {
        kind,
        first: span.first,
        last: (!is_open).then_some(span.last),
        start: trace.time(span.first),
        end: span.end(trace),
        depth: 0,
        failed: span.failed,
    }
}

/// Gives each bar the least depth at which it overlaps no earlier one; tells how many there are.
fn depths(bars: &mut [SpanBar]) -> u8 {
    let mut ends: Vec<i64> = Vec::new();
    for bar in bars {
        let free = ends.iter().position(|&end| end <= bar.start).unwrap_or(ends.len());
        bar.depth = u8::try_from(free).unwrap_or(u8::MAX);
        if let Some(end) = ends.get_mut(free) {
            *end = bar.end;
        } else if ends.len() < usize::from(u8::MAX) {
            ends.push(bar.end);
        }
    }
    u8::try_from(ends.len()).unwrap_or(u8::MAX)
}
