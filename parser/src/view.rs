//! The answers: what the page and the command line ask of a loaded trace, as plain data.
//!
//! These types cross the worker boundary, so they hold only what is shown: a row is its cells, a
//! details answer is one event. Times are FILETIME: 100 ns since 1601-01-01 UTC.

use serde::{Deserialize, Serialize};

use crate::error::Issue;
use crate::guid::Guid;
use crate::value::SchemaSource;

/// Index of an event in the whole trace, in time order (ties in file order). It is the same
/// whenever the same file is opened, so links may carry it.
pub type EventIndex = u32;

/// A range of time, FILETIME, start inclusive, end exclusive.
#[derive(Clone, Copy, Debug, Default, Eq, Hash, PartialEq, Serialize, Deserialize)]
pub struct TimeRange {
    /// First instant.
    pub start: i64,
    /// One past the last instant.
    pub end: i64,
}

impl TimeRange {
    /// Length in units of 100 ns.
    #[must_use]
    pub const fn duration(&self) -> i64 {
        self.end.saturating_sub(self.start)
    }
}

/// Identity of a trace, for links: the same bytes give the same fingerprint, on any machine.
/// Size, and a 64-bit hash (FNV-1a) over the first and the last 64 KiB.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq, Serialize, Deserialize)]
pub struct Fingerprint {
    /// Size of the file in bytes.
    pub len_bytes: u64,
    /// Hash of head and tail.
    pub hash: u64,
}

/// What a loaded (or loading) trace is.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct TraceInfo {
    /// File name as dropped.
    pub file_name: String,
    /// Size of the file.
    pub file_bytes: u64,
    /// Format, e.g. `etl`, `json/powershell`, `json/evtx_dump`, `json/etlens`.
    pub format: String,
    /// Identity for links.
    pub fingerprint: Option<Fingerprint>,
    /// Events in the trace, the log header's included.
    pub events: u64,
    /// Time of the first and last event (end exclusive: last + 1). `None` without events.
    pub range: Option<TimeRange>,
    /// How many events are marked (4031 `DispatchSessionFailed`), without any filter.
    pub marked: u64,
    /// Operating system, e.g. `10.0.22621`; empty when unknown.
    pub os: String,
    /// Computer name; empty when unknown.
    pub computer: String,
    /// Trace session name (`LoggerName`); empty when unknown.
    pub session: String,
    /// Clock, e.g. `QPC 10000000 Hz`; empty when unknown.
    pub clock: String,
    /// Minutes to add to local time of the recording machine to get UTC.
    pub bias_minutes: Option<i32>,
    /// Pointer size of the recorder in bytes, when known.
    pub pointer_bytes: Option<u8>,
    /// Processors of the recorder, when known.
    pub processors: Option<u32>,
    /// What was lost or could not be read.
    pub lost: Lost,
    /// Where it was lost, in time order; at most `limits::MAX_LOSSES`.
    pub losses: Vec<Loss>,
    /// Providers without schema whose events fit the catalog: offer "decode with the catalog".
    pub catalog_candidates: Vec<Guid>,
}

/// What the trace lost, and what could not be read of it.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Lost {
    /// Events the recorder says it lost.
    pub events: u64,
    /// Buffers the recorder says it lost.
    pub buffers: u64,
    /// Bytes of the file that could not be read.
    pub skipped_bytes: u64,
    /// Events without a known schema.
    pub undecoded: u64,
    /// Each damage met, in file order; at most `limits::MAX_ISSUES` are kept.
    pub issues: Vec<Issue>,
    /// How many issues there were in all.
    pub issue_count: u64,
}

/// A place where something is missing.
#[derive(Clone, Copy, Debug, Eq, PartialEq, Serialize, Deserialize)]
pub struct Loss {
    /// Between which events it lies: from the last known one before to the first after (FILETIME,
    /// both included). The whole trace when no more is known.
    pub range: TimeRange,
    /// The processor whose events are missing, when they are of one.
    pub cpu: Option<u16>,
    /// Why they are missing.
    pub cause: LossCause,
    /// How many of what the cause says; 0 when nobody counted.
    pub count: u64,
}

/// Why something is missing.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd, Serialize, Deserialize)]
pub enum LossCause {
    /// The recorder counts events it had no room for, and does not say when.
    EventsCounted,
    /// The recorder counts buffers it could not write, and does not say when.
    BuffersCounted,
    /// The header of a buffer says that events were lost before it.
    EventsBefore,
    /// The header of a buffer says that a buffer was lost before it.
    BufferBefore,
    /// The recorder says when it dropped events last.
    EventsDropped,
    /// Numbers of buffers are missing.
    NumbersMissing,
    /// Bytes of the file could not be read.
    Unreadable,
    /// A real-time session says that its reader lost events (`RT_LostEvent`).
    RealTimeEvents,
    /// A real-time session says that its reader lost buffers.
    RealTimeBuffers,
    /// A real-time session says that its file was lost.
    RealTimeFile,
}

impl LossCause {
    /// A stable name for locale files and JSON.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::EventsCounted => "events-counted",
            Self::BuffersCounted => "buffers-counted",
            Self::EventsBefore => "events-before",
            Self::BufferBefore => "buffer-before",
            Self::EventsDropped => "events-dropped",
            Self::NumbersMissing => "numbers-missing",
            Self::Unreadable => "unreadable",
            Self::RealTimeEvents => "real-time-events",
            Self::RealTimeBuffers => "real-time-buffers",
            Self::RealTimeFile => "real-time-file",
        }
    }
}

/// One row of the event table.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Row {
    /// Position in the filtered view, from 0.
    pub position: u64,
    /// Index in the trace.
    pub event: EventIndex,
    /// Time, FILETIME.
    pub time: i64,
    /// Level number (0 to 5, sometimes more).
    pub level: u8,
    /// Localized level name.
    pub level_name: String,
    /// Provider name, or its GUID in braces.
    pub provider: String,
    /// Event id (a classic record: 0).
    pub id: u32,
    /// Event name: symbol, task/opcode or class/type.
    pub name: String,
    /// Process id, `None` when the record does not say.
    pub pid: Option<u32>,
    /// File name of the process's image at the time; empty when the trace does not tell.
    pub process: String,
    /// Thread id, `None` when the record does not say.
    pub tid: Option<u32>,
    /// Processor.
    pub cpu: u16,
    /// Activity id, `None` for zero.
    pub activity: Option<Guid>,
    /// Localized message with its insertions, or the fields as `name=value`, one line.
    pub message: String,
    /// Whether this is event 4031 `DispatchSessionFailed`.
    pub marked: bool,
    /// Texts of the further columns that were asked for, in their order.
    pub more: Vec<String>,
}

/// Which part of an event a property belongs to.
#[derive(Clone, Copy, Debug, Eq, PartialEq, Serialize, Deserialize)]
pub enum PropertyGroup {
    /// The event header (`System` in Windows' schema).
    System,
    /// What the trace tells of the process and thread that wrote it.
    Writer,
    /// The payload.
    EventData,
    /// Extended items.
    Extended,
    /// Where and how the record lies in the file.
    Record,
}

/// One property of the details panel.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Property {
    /// Windows' name, the test id of the element: `EventID`, `Level`, `Keywords`, `ActivityID`,
    /// `EventData.AppDomain`, `EventData.Items[3].Name`.
    pub name: String,
    /// Which part of the event.
    pub group: PropertyGroup,
    /// The type as Windows names it.
    pub type_name: String,
    /// The value as text, whole.
    pub text: String,
    /// The value's bytes in hexadecimal, for numbers the number; empty when there is none.
    pub hex: String,
    /// A filter term that includes events with this value (`id:4031`); its exclusion is
    /// `not ` before it. Empty when the property cannot be filtered.
    pub filter: String,
    /// Nesting depth, 0 at the top.
    pub depth: u8,
}

/// Where a message came from; the panel always says it.
#[derive(Clone, Copy, Debug, Eq, PartialEq, Serialize, Deserialize)]
pub enum MessageSource {
    /// Text in the file itself.
    File,
    /// A manifest or resource the user loaded.
    Loaded,
    /// The built-in catalog, in the language asked for.
    Catalog,
    /// The built-in catalog, in English because it lacks the language asked for.
    CatalogEnglish,
    /// There is no message: the fields are shown.
    Fields,
}

/// A localized message with its insertions substituted.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Message {
    /// The text.
    pub text: String,
    /// Where it came from.
    pub source: MessageSource,
    /// Locale tag of the text (`ko-kr`), empty when unknown.
    pub locale: String,
}

/// Everything about one event.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Details {
    /// Its row. `position` is the position in the whole trace here.
    pub row: Row,
    /// The message.
    pub message: Message,
    /// Header, payload, extended items and place, in the order to show them.
    pub properties: Vec<Property>,
    /// The payload's bytes (for text formats the source text of the event), cut at
    /// `limits::MAX_HEX_BYTES`.
    pub raw: Vec<u8>,
    /// Uncut length of `raw`.
    pub raw_bytes: u64,
    /// Which schema decoded the payload.
    pub schema: SchemaSource,
    /// Name of the loaded file that describes the event; empty when none does.
    pub schema_file: String,
    /// The version of the event that the schema is of, when it is not the event's own.
    pub schema_version: Option<u8>,
    /// Why the payload is not (fully) decoded; empty when it is.
    pub problem: String,
    /// Its stack, innermost first.
    pub stack: Vec<Frame>,
    /// The event as one line of canonical JSON.
    pub json: String,
    /// The dispatch session this event belongs to, with its verdict.
    pub dispatch: Option<DispatchSession>,
}

/// A schema file that the user loaded.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SchemaFileInfo {
    /// Its name.
    pub name: String,
    /// What it is, a key of the locale files: `manifest`.
    pub kind: String,
    /// Names (else GUIDs) of the providers it describes.
    pub providers: Vec<String>,
    /// How many events, versions counted apart, it describes.
    pub events: u64,
    /// Locale tags of its texts.
    pub languages: Vec<String>,
    /// What in it could not be used.
    pub issues: Vec<Issue>,
}

/// One frame of a stack.
#[derive(Clone, Debug, Eq, PartialEq, Serialize, Deserialize)]
pub struct Frame {
    /// The address.
    pub address: u64,
    /// File name of the image that held it at the time; empty when the trace does not tell.
    pub module: String,
    /// The address from the beginning of the image.
    pub offset: u64,
}

/// What the timeline groups by.
#[derive(Clone, Copy, Debug, Default, Eq, Hash, PartialEq, Serialize, Deserialize)]
pub enum LaneGroup {
    /// One lane per provider.
    #[default]
    Provider,
    /// One lane per process.
    Process,
    /// One lane per thread.
    Thread,
    /// One lane per level.
    Level,
    /// One lane per event (provider, id).
    Event,
    /// One lane per activity.
    Activity,
    /// One lane per processor.
    Cpu,
    /// One lane per keyword: an event is in the lane of each of its keywords.
    Keyword,
    /// One lane per opcode.
    Opcode,
    /// One lane per task.
    Task,
    /// One lane per channel.
    Channel,
    /// One lane per kind of span: it counts their starts.
    Span,
}

/// What a person did to the lanes of a grouping. Lanes are named by [`Lane::key`].
#[derive(Clone, Debug, Default, Eq, Hash, PartialEq, Serialize, Deserialize)]
pub struct LaneLayout {
    /// Lanes that stay on top, in their order.
    pub pinned: Vec<String>,
    /// Lanes that come after them, in their order; all others follow, most severe first.
    pub order: Vec<String>,
    /// Lanes that are not shown.
    pub hidden: Vec<String>,
}

impl LaneLayout {
    /// All lanes it names.
    pub fn keys(&self) -> impl Iterator<Item = &String> {
        self.pinned.iter().chain(&self.order).chain(&self.hidden)
    }
}

/// Which counts a [`LanesRequest`] wants.
#[derive(Clone, Copy, Debug, Eq, PartialEq, Serialize, Deserialize)]
pub enum LaneRows {
    /// All events of the filter in one row, those of hidden lanes too.
    Whole,
    /// All lanes that are not hidden in one row.
    Merged,
    /// The pinned lanes, and so many of the others.
    Some {
        /// The first of those that are not pinned.
        first: u32,
        /// How many.
        count: u32,
    },
}

/// A request for what the timeline draws.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct LanesRequest {
    /// The visible range.
    pub range: TimeRange,
    /// Number of pixel columns, at most `limits::MAX_PIXELS`.
    pub pixels: u32,
    /// What a lane is.
    pub group: LaneGroup,
    /// Their order, and which are hidden.
    pub layout: LaneLayout,
    /// Which of them are wanted.
    pub rows: LaneRows,
}

/// Counts per pixel column are exact at every zoom: they are counted, not sampled.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Lanes {
    /// The range the columns divide evenly.
    pub range: TimeRange,
    /// Number of pixel columns.
    pub pixels: u32,
    /// All lanes: pinned, ordered, the rest most severe then most frequent first, hidden.
    pub lanes: Vec<Lane>,
    /// The lanes that `counts` counts, as places in `lanes`; of a single row 0.
    pub rows: Vec<u32>,
    /// `rows × pixels × 4` counts, row by row and class by class
    /// (`counts[(row * 4 + class) * pixels + x]`): class 0 marked, 1 error and critical,
    /// 2 warning, 3 the rest. Sent as a transferred buffer, so skipped here.
    #[serde(skip)]
    pub counts: Vec<u32>,
}

/// One lane of the timeline.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Lane {
    /// What it is known by in a [`LaneLayout`]; empty for the merged rest.
    pub key: String,
    /// What to print at its head; empty where events have no such value, and for the rest.
    pub label: String,
    /// A filter term that selects it; empty when there is none.
    pub filter: String,
    /// Events in it, in the filtered trace (not only in the visible range).
    pub events: u64,
    /// Marked events in it.
    pub marked: u64,
    /// Errors in it, marked events not among them.
    pub errors: u64,
    /// How many lanes are merged in it: 0 for one lane.
    pub others: u32,
    /// Whether it stays on top.
    pub pinned: bool,
    /// Whether it is hidden.
    pub hidden: bool,
}

/// The longest time without an event.
#[derive(Clone, Copy, Debug, Eq, PartialEq, Serialize, Deserialize)]
pub struct Gap {
    /// The event before it.
    pub before: EventIndex,
    /// The event after it.
    pub after: EventIndex,
    /// Time of the event before it.
    pub start: i64,
    /// Time of the event after it.
    pub end: i64,
}

/// Statistics of a range, exact, of the events that pass the filter text.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct RangeStats {
    /// The range.
    pub range: TimeRange,
    /// Events in it.
    pub events: u64,
    /// Marked events in it.
    pub marked: u64,
    /// Errors and critical events, marked ones not among them.
    pub errors: u64,
    /// Events by level, in the order of the levels.
    pub levels: Vec<FacetValue>,
    /// The most frequent kinds of events.
    pub top: Vec<FacetValue>,
    /// How many kinds there are.
    pub kinds: u64,
    /// The first event and its time.
    pub first: Option<(EventIndex, i64)>,
    /// The last event and its time.
    pub last: Option<(EventIndex, i64)>,
    /// The longest time between two events.
    pub gap: Option<Gap>,
}

/// A request for spans.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SpansRequest {
    /// The range.
    pub range: TimeRange,
    /// Pixel columns it is drawn on: shorter spans are no bars.
    pub pixels: u32,
    /// How many of the longest are wanted.
    pub longest: u32,
}

/// Spans of a range: what lies between a start and its stop.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Spans {
    /// The range.
    pub range: TimeRange,
    /// The kinds of spans of the trace with their bars in the range.
    pub rows: Vec<SpanRow>,
    /// The longest that ended, longest first.
    pub longest: Vec<SpanBar>,
    /// Stops of the trace whose start is not in it.
    pub unstarted: u64,
    /// Whether the trace has more spans than are kept.
    pub full: bool,
}

/// Spans of one kind.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SpanRow {
    /// The lane they are drawn in ([`Lane::key`] of [`LaneGroup::Span`]).
    pub key: String,
    /// What to call them; `dispatch-sessions` for dispatch sessions.
    pub label: String,
    /// A filter term that selects their first events.
    pub filter: String,
    /// How many the trace has, the filter not applied.
    pub spans: u64,
    /// How many of them never ended.
    pub open: u64,
    /// Those of the range that are long enough, by start, those filtered out left out.
    pub bars: Vec<SpanBar>,
    /// How many of them overlap at most: one more than the greatest depth.
    pub depths: u8,
    /// How many more bars there would be.
    pub left_out: u64,
}

/// One span.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct SpanBar {
    /// Its kind, as a place among the rows.
    pub kind: u32,
    /// Its first event.
    pub first: EventIndex,
    /// Its last event; `None` when it never ended.
    pub last: Option<EventIndex>,
    /// Time of the first event.
    pub start: i64,
    /// Time of the last event; the end of the trace when it never ended.
    pub end: i64,
    /// How many earlier ones it overlaps at least.
    pub depth: u8,
    /// Whether it is known to have failed.
    pub failed: bool,
}

/// The activities that transfers join with that of an event.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ActivityTree {
    /// The event's own activity.
    pub own: Guid,
    /// A filter term that selects the events of all of them.
    pub filter: String,
    /// Events of all of them, no filter applied.
    pub events: u64,
    /// How many activities there are.
    pub activities: u64,
    /// They, depth first from the one that was seen first; of many, those around the own one.
    pub nodes: Vec<ActivityNode>,
}

/// One activity of an [`ActivityTree`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ActivityNode {
    /// Which.
    pub activity: Guid,
    /// Transfers from the root.
    pub depth: u16,
    /// Its events.
    pub events: u64,
    /// Marked ones among them.
    pub marked: u64,
    /// Errors among them, marked ones not counted.
    pub errors: u64,
    /// Its first event; `None` when other activities only name it.
    pub first: Option<EventIndex>,
    /// Time of that.
    pub time: Option<i64>,
    /// What that event is called.
    pub label: String,
    /// A filter term that selects its events.
    pub filter: String,
}

/// One value of a facet, with its count under the current filter.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct FacetValue {
    /// What to print.
    pub label: String,
    /// A filter term that selects it.
    pub filter: String,
    /// Events with it.
    pub events: u64,
    /// Whether the filter in force wants it (`true`) or does not; `None` when it says neither.
    pub chosen: Option<bool>,
}

/// The events that have one value in a column.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Group {
    /// The value; empty for events that have none.
    pub label: String,
    /// A filter term that selects it; empty when there is none.
    pub filter: String,
    /// Events with it.
    pub events: u64,
    /// Of these, with level error or critical.
    pub errors: u64,
    /// Of these, marked.
    pub marked: u64,
    /// Time of the first.
    pub first: i64,
    /// Time of the last.
    pub last: i64,
}

/// The values of a column, most frequent first.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Groups {
    /// At most `limits::MAX_GROUPS` of them.
    pub groups: Vec<Group>,
    /// How many different values there are in all.
    pub total: u64,
}

/// Why a dispatch session failed, as far as the trace shows. The order is that of
/// docs/DESIGN.md, "How a session fails".
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq, Serialize, Deserialize)]
pub enum DispatchVerdict {
    /// 4030: the worker took it.
    Succeeded,
    /// 4031 after 4016: the socket could not be duplicated into the worker.
    SocketDuplicationFailed,
    /// 4031 after 4008 with neither 4016 nor 4019, with a pipe via: the pipe handle could not be
    /// duplicated.
    PipeDuplicationFailed,
    /// 4031 after 4019: duplicated, but the worker could not be told.
    WorkerNotTold,
    /// 4031 without the Verbose events that say more (level below 5).
    FailedUnexplained,
    /// No queue for the Via: 3346 EndpointNotFound, no 4008.
    EndpointNotFound,
    /// 3346 EndpointUnavailable, no 4008.
    EndpointUnavailable,
    /// 4010: the pending queue was full.
    QueueFull,
    /// Received, never dispatched within the trace.
    NeverDispatched,
    /// 4008 with neither 4030 nor 4031.
    NeverAnswered,
}

impl DispatchVerdict {
    /// A stable name for locale files and JSON.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::Succeeded => "succeeded",
            Self::SocketDuplicationFailed => "socket-duplication-failed",
            Self::PipeDuplicationFailed => "pipe-duplication-failed",
            Self::WorkerNotTold => "worker-not-told",
            Self::FailedUnexplained => "failed-unexplained",
            Self::EndpointNotFound => "endpoint-not-found",
            Self::EndpointUnavailable => "endpoint-unavailable",
            Self::QueueFull => "queue-full",
            Self::NeverDispatched => "never-dispatched",
            Self::NeverAnswered => "never-answered",
        }
    }
}

/// One dispatch session: the events of one ActivityID of the activation service.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct DispatchSession {
    /// The activity id that joins its events.
    pub activity: Guid,
    /// What became of it.
    pub verdict: DispatchVerdict,
    /// The address the client asked for (`via` of 4001, `Uri` of 4010); empty when unknown.
    pub via: String,
    /// Time of its first event.
    pub start: i64,
    /// Time of its last event.
    pub end: i64,
    /// The event that tells the outcome (4031, 4030, 4010, 3346), else its last event.
    pub outcome: EventIndex,
    /// Text of the exception, when a neighbour carries one; empty otherwise.
    pub exception: String,
    /// Its events in time order: index, id, name, time.
    pub events: Vec<DispatchStep>,
    /// Of a failed session in the insights: troubles of the activation service around it, which
    /// carry other activities (WAS disconnected, registration refused, worker gone), in time
    /// order. They are hints by time only.
    pub nearby: Vec<DispatchStep>,
}

/// One event of a dispatch session.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct DispatchStep {
    /// Index in the trace.
    pub event: EventIndex,
    /// Event id.
    pub id: u32,
    /// Event name.
    pub name: String,
    /// Time.
    pub time: i64,
}

/// All dispatch sessions in short, for the insights panel.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Insights {
    /// Dispatch sessions seen.
    pub sessions: u64,
    /// How many ended each way, most frequent failure first.
    pub verdicts: Vec<(DispatchVerdict, u64)>,
    /// Failed sessions, in time order, at most `limits::MAX_FAILED_SESSIONS`.
    pub failed: Vec<DispatchSession>,
    /// 4022 events with hresult 0: written at every clean stop, not failures.
    pub benign_unregister: u64,
    /// Whether the trace holds 4031 but no 4001/4008: it was recorded below level 5.
    pub recorded_below_verbose: bool,
}
