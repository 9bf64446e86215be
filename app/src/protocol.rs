//! What the page and the worker say to each other.
//!
//! Every message is one JS array `[bytes, attachment?]`: `bytes` is a postcard-encoded
//! [`ToWorker`] or [`ToPage`] in a transferred `Uint8Array`; the attachment is the `File` of an
//! [`Request::Open`] (an `Array` of them for [`Request::LoadSchemas`]) or the transferred bulk buffer of an answer ([`Answer::Lanes`]:
//! `Uint32Array`; [`Answer::Exported`]: a `Blob`). The worker says [`ToPage::Hello`] first;
//! nothing may be sent before, as it would be dropped while the module still compiles.

use etlens_parser::Guid;
use etlens_parser::query::Choice;
use etlens_parser::view::{
    ActivityTree, Details, EventIndex, FacetValue, Groups, Insights, Lanes, LanesRequest,
    RangeStats, Row, SchemaFileInfo, Spans, SpansRequest, TimeRange, TraceInfo,
};
use serde::{Deserialize, Serialize};

/// Bumped when a message changes its shape; page and worker of different builds must not talk.
pub const PROTOCOL_VERSION: u32 = 4;

/// A message from the page to the worker.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ToWorker {
    /// Chosen by the page; the answer carries it back.
    pub request: u32,
    /// What is asked.
    pub body: Request,
}

/// What the page asks.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Request {
    /// Open the attached `File`. Progress comes as [`ToPage::Progress`]; the answer
    /// [`Answer::Opened`] comes when all is read. A second `Open` replaces the first trace as
    /// soon as its format is recognised, and then has no filter; when it is not recognised, the
    /// answer is [`Answer::Failed`] and a trace that was read before stays. An `Open` that
    /// another one (or `Close`) interrupts is answered by [`Answer::Done`].
    Open {
        /// Locale of event texts.
        locale: String,
    },
    /// Open the bundled sample (fetched by the worker from its own origin).
    OpenSample {
        /// Locale of event texts.
        locale: String,
    },
    /// Stop opening, scanning or exporting; what was read stays usable. Answered by the answer
    /// of what was stopped; not at all when nothing is on its way.
    Cancel,
    /// Close the trace and free its memory.
    Close,
    /// Language of event texts from now on.
    Locale {
        /// A locale tag, `ko-kr`.
        locale: String,
    },
    /// Set the filter; rows, lanes and steps of later requests refer to it. Answered by
    /// [`Answer::Filtered`], or [`Answer::BadFilter`] and the old filter stays. While a trace is
    /// opened, a filter that looks at headers only is in force at once and follows the trace as
    /// it grows; one that looks at payloads is applied (and answered) when all is read. A filter
    /// replaced before it was done is answered as cancelled.
    Filter {
        /// Filter text; empty selects all.
        text: String,
        /// Only events in this range.
        range: Option<TimeRange>,
    },
    /// Choose a value in a filter; answered by [`Answer::Chosen`], or [`Answer::BadFilter`].
    /// Nothing comes into force yet.
    Choose {
        /// The filter.
        text: String,
        /// Selects the events of the value.
        term: String,
        /// What is wanted of it.
        choice: Choice,
    },
    /// Rows of the filtered view.
    Rows {
        /// First position.
        first: u64,
        /// How many.
        count: u32,
        /// Columns beside those that every row has, as a filter names them.
        more: Vec<String>,
    },
    /// Put the filtered view into the order of a column; positions of later requests are those of
    /// that order. Answered by [`Answer::Sorted`]; a new filter brings time order back.
    Sort {
        /// The column, as a filter names it; `time`, not descending, is the usual order.
        column: String,
        /// Whether the greatest comes first.
        descending: bool,
    },
    /// The values of a column in the filtered view; answered by [`Answer::Grouped`].
    Group {
        /// The column, as a filter names it, or `event` for provider and id.
        column: String,
    },
    /// Rows as text, at most `limits::MAX_ROWS`; answered by [`Answer::Copied`].
    Copy {
        /// First position.
        first: u64,
        /// How many.
        count: u32,
        /// A format of [`Request::Export`].
        format: String,
    },
    /// What may be misspelt in a filter; answered by [`Answer::Hints`].
    Hints {
        /// The filter.
        text: String,
    },
    /// What the timeline shows (of the filter text, not cut by the filter's range).
    Lanes(LanesRequest),
    /// Everything about one event.
    Details {
        /// Which.
        event: EventIndex,
    },
    /// The next or previous event of a kind in the filtered view.
    Step {
        /// From this event (exclusive); `None` starts at the beginning (or end).
        from: Option<EventIndex>,
        /// Forward in time, or back.
        forward: bool,
        /// What to look for.
        what: StepTo,
    },
    /// Where an event stands in the filtered view.
    Locate {
        /// Which.
        event: EventIndex,
    },
    /// The first event of the filtered view at or after an instant; answered by
    /// [`Answer::Stepped`]. A click on the timeline asks this.
    Seek {
        /// FILETIME.
        time: i64,
    },
    /// How many events pass the filter text within a range; answered by [`Answer::Counted`].
    Count {
        /// The range.
        range: TimeRange,
    },
    /// Statistics of the events of a range that pass the filter text. A later one replaces an
    /// earlier one, which is then answered by [`Answer::Done`].
    Measure {
        /// The range.
        range: TimeRange,
    },
    /// The activities that transfers join with that of an event; answered by
    /// [`Answer::ActivityTree`].
    ActivityTree {
        /// The event.
        event: EventIndex,
    },
    /// Spans of a range; answered by [`Answer::Spans`].
    Spans(SpansRequest),
    /// Values of a field with counts under the filter.
    Facet {
        /// `provider`, `event`, `level`, `pid`, `tid`, `activity`, `keyword`, or another column
        /// that headers tell. Values of `EventData` are the fields of the payloads seen so far,
        /// which are not counted.
        field: String,
        /// At most this many.
        limit: u32,
    },
    /// Completions for the filter at a cursor.
    Complete {
        /// The text.
        text: String,
        /// Byte offset of the cursor.
        cursor: u32,
    },
    /// Dispatch sessions and why they failed.
    Insights,
    /// Decode (or stop decoding) a provider with the built-in catalog. Answered by
    /// [`Answer::Opened`] with what the trace is now, as events may have become marked.
    DecodeWithCatalog {
        /// The provider.
        provider: Guid,
        /// On or off.
        on: bool,
    },
    /// Take the attached files (an `Array` of `File`) as schemas, beside those loaded before; what
    /// is open is decoded anew. They stay until the worker ends. Answered by [`Answer::Schemas`].
    LoadSchemas,
    /// Forget a schema file. Answered by [`Answer::Schemas`].
    RemoveSchema {
        /// Its number.
        id: u32,
    },
    /// Write the filtered view as a file; answered by [`Answer::Exported`].
    Export {
        /// `jsonl`, `json` or `csv`.
        format: String,
    },
}

/// What [`Request::Step`] looks for.
#[derive(Clone, Copy, Debug, Eq, PartialEq, Serialize, Deserialize)]
pub enum StepTo {
    /// A marked event (4031).
    Marked,
    /// Level error or critical.
    Error,
    /// Any event of the view.
    Any,
}

/// A message from the worker to the page.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum ToPage {
    /// The worker is up.
    Hello {
        /// [`PROTOCOL_VERSION`].
        protocol: u32,
    },
    /// Opening, filtering by payload or exporting goes on.
    Progress(Progress),
    /// The answer to a request.
    Answer {
        /// The request's number.
        request: u32,
        /// The answer.
        body: Answer,
    },
    /// The worker panicked; it is gone and must be started anew.
    Panicked {
        /// What it said.
        message: String,
    },
}

/// How far a long request has come. While opening, `info` holds what is known so far and rows
/// and lanes may be asked for.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Progress {
    /// The request it belongs to.
    pub request: u32,
    /// Bytes done.
    pub done_bytes: u64,
    /// Bytes in all.
    pub total_bytes: u64,
    /// Events found so far (opening), matches (filtering).
    pub events: u64,
    /// Milliseconds since the request began.
    pub elapsed_ms: f64,
    /// Opening only: the trace so far, sent a few times a second.
    pub info: Option<Box<TraceInfo>>,
}

/// The answers.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Answer {
    /// The trace is loaded (or as much of it as was read before a cancel).
    Opened {
        /// What it is.
        info: Box<TraceInfo>,
        /// Whether it was cancelled.
        cancelled: bool,
    },
    /// The schema files that are loaded now. Also the answer to an [`Request::Open`] of a file
    /// that turns out to be one: then the trace before it stays.
    Schemas {
        /// In the order in which they were loaded.
        files: Vec<LoadedSchema>,
        /// Files that were not taken, by name: why.
        refused: Vec<(String, Failure)>,
        /// What the trace is now, when one is open: names, marks and messages may have changed.
        info: Option<Box<TraceInfo>>,
    },
    /// The request failed.
    Failed(Failure),
    /// Nothing to say.
    Done,
    /// A filter is in force.
    Filtered {
        /// Events that pass filter and range.
        shown: u64,
        /// Marked events that pass the filter text (range not applied).
        marked: u64,
        /// Whether the scan was cancelled, so that counts are of a part.
        cancelled: bool,
    },
    /// The filter cannot be understood.
    BadFilter(FilterFault),
    /// A filter in which a value was chosen.
    Chosen {
        /// Its text.
        text: String,
    },
    /// Rows.
    Rows(Vec<Row>),
    /// The order is in force, unless it was cancelled: then it is that of time.
    Sorted {
        /// Whether it was cancelled.
        cancelled: bool,
    },
    /// The values of a column.
    Grouped(Groups),
    /// Rows as text.
    Copied {
        /// The text.
        text: String,
        /// Events in it.
        events: u64,
    },
    /// Payload fields that no event seen has; `None` when not enough was looked at yet: ask again.
    Hints(Option<Vec<FilterFault>>),
    /// The timeline; `counts` travels as the attachment.
    Lanes(Lanes),
    /// One event.
    Details(Box<Details>),
    /// The event found, with its position in the view.
    Stepped {
        /// The event and its position, `None` when there is no further.
        found: Option<(EventIndex, u64)>,
    },
    /// Position in the view of an event, or of the first after it when it is filtered out.
    Located {
        /// The position.
        position: u64,
        /// Whether the event itself is in the view.
        exact: bool,
    },
    /// Events counted.
    Counted {
        /// How many.
        events: u64,
    },
    /// Statistics of a range.
    Measured(Box<RangeStats>),
    /// The activities around an event; `None` when it has no activity.
    ActivityTree(Option<Box<ActivityTree>>),
    /// Spans.
    Spans(Spans),
    /// Values of a facet, most frequent first.
    Facet(Vec<FacetValue>),
    /// Completions: what replaces the bytes `from..cursor`.
    Completions {
        /// Start of the replaced part.
        from: u32,
        /// Candidates, best first.
        candidates: Vec<String>,
    },
    /// Dispatch sessions.
    Insights(Insights),
    /// The export; the attachment is a `Blob`.
    Exported {
        /// A name to save it under.
        file_name: String,
        /// Events written.
        events: u64,
        /// Whether it was cancelled.
        cancelled: bool,
    },
}

/// A schema file that is loaded.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct LoadedSchema {
    /// Its number; numbers are not used again.
    pub id: u32,
    /// What it is.
    pub info: SchemaFileInfo,
}

/// An error on its way to the page, which translates `code` and adds the offset.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Failure {
    /// `ErrorKind::code`.
    pub code: String,
    /// Absolute byte offset in the file.
    pub offset: Option<u64>,
    /// English phrase with the particulars.
    pub message: String,
}

impl From<etlens_parser::Error> for Failure {
    fn from(error: etlens_parser::Error) -> Self {
        Self {
            code: error.kind().code().to_owned(),
            offset: error.offset(),
            message: error.message().to_owned(),
        }
    }
}

/// What is wrong with a filter, and where.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct FilterFault {
    /// A stable name of the fault, a key of the locale files (`filter-unknown-field`, …).
    pub code: String,
    /// First offending byte.
    pub start: u32,
    /// One past the last.
    pub end: u32,
    /// 1-based column in characters of `start`, for the message.
    pub column: u32,
    /// The offending word, or what was expected.
    pub argument: String,
    /// A correction, when one suggests itself; empty otherwise.
    pub suggestion: String,
}
