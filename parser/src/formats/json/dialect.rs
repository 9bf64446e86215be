//! How a dialect says where in its objects each fact stands. The dialects themselves are in
//! `dialects`; paths are member names joined by `/`, tried in order.

use super::dialects::DIALECTS;
use super::tape::Json;

/// Member paths, the first that exists counts.
pub(super) type Paths = &'static [&'static str];

/// How the numbers of a time are meant when they do not say it themselves.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum TimeUnit {
    /// By size: seconds, milliseconds, microseconds, nanoseconds since 1970 or a FILETIME.
    BySize,
    /// Ticks of an unknown clock, taken for 100 ns.
    Ticks,
}

/// Where the payload stands, and in which shape.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Payload {
    /// Our own ordered list of `[name, type, value]`.
    Triples(&'static str),
    /// An object of names and values.
    Map(&'static str),
    /// `EventData` or `UserData` as JSON: attributes and unnamed `Data` among the names.
    Xml(&'static str),
    /// Values without names, in order: `[{"Value":…},…]` or `[…]`.
    Positional(&'static str),
    /// `ProcessingErrorData`: the bytes of a payload that its writer could not decode.
    Undecoded(&'static str),
    /// An array of objects of one or more names each.
    Maps(&'static str),
    /// A string that holds JSON: `{"EventData":{"Data":[{"@Name":…,"#text":…}]}}` or an object.
    JsonText(&'static str),
    /// A string that is the whole payload: XML, or text.
    Text(&'static str),
    /// Every member that is nothing else.
    Rest,
}

/// One way to write events as JSON.
#[derive(Debug)]
pub(super) struct Dialect {
    /// What `TraceInfo::format` says.
    pub(super) name: &'static str,
    /// An object is of the dialect when all paths of one of these sets exist.
    pub(super) signatures: &'static [Paths],
    pub(super) time: Paths,
    pub(super) time_unit: TimeUnit,
    pub(super) provider: Paths,
    pub(super) provider_guid: Paths,
    pub(super) id: Paths,
    pub(super) version: Paths,
    pub(super) level: Paths,
    pub(super) task: Paths,
    pub(super) task_name: Paths,
    pub(super) opcode: Paths,
    pub(super) opcode_name: Paths,
    pub(super) event_name: Paths,
    pub(super) keywords: Paths,
    pub(super) keyword_names: Paths,
    pub(super) channel: Paths,
    pub(super) channel_number: Paths,
    pub(super) pid: Paths,
    pub(super) tid: Paths,
    pub(super) cpu: Paths,
    pub(super) activity: Paths,
    pub(super) related: Paths,
    pub(super) computer: Paths,
    pub(super) sid: Paths,
    pub(super) record_id: Paths,
    pub(super) message: Paths,
    pub(super) culture: Paths,
    pub(super) flags: Paths,
    pub(super) property: Paths,
    pub(super) kernel_time: Paths,
    pub(super) user_time: Paths,
    pub(super) stack: Paths,
    /// Why the payload was not fully decoded by whoever wrote it.
    pub(super) problem: Paths,
    /// The first that exists is the payload.
    pub(super) payload: &'static [Payload],
    /// Members that are neither a fact above nor payload; shown as they are.
    pub(super) extra: Paths,
    /// Members that are not shown.
    pub(super) ignored: Paths,
}

/// A dialect that says nothing.
pub(super) const NOTHING: Dialect = Dialect {
    name: "",
    signatures: &[],
    time: &[],
    time_unit: TimeUnit::BySize,
    provider: &[],
    provider_guid: &[],
    id: &[],
    version: &[],
    level: &[],
    task: &[],
    task_name: &[],
    opcode: &[],
    opcode_name: &[],
    event_name: &[],
    keywords: &[],
    keyword_names: &[],
    channel: &[],
    channel_number: &[],
    pid: &[],
    tid: &[],
    cpu: &[],
    activity: &[],
    related: &[],
    computer: &[],
    sid: &[],
    record_id: &[],
    message: &[],
    culture: &[],
    flags: &[],
    property: &[],
    kernel_time: &[],
    user_time: &[],
    stack: &[],
    problem: &[],
    payload: &[],
    extra: &[],
    ignored: &[],
};

impl Dialect {
    /// Whether an object is an event of this dialect.
    pub(super) fn fits(&self, object: Json<'_>) -> bool {
        let exists = |path: &&str| object.path(path).is_some();
        self.signatures.iter().any(|paths| paths.iter().all(exists))
    }

    /// The paths that are facts, for telling what else there is.
    pub(super) fn facts(&self) -> impl Iterator<Item = &'static str> {
        [
            self.time,
            self.provider,
            self.provider_guid,
            self.id,
            self.version,
            self.level,
            self.task,
            self.task_name,
            self.opcode,
            self.opcode_name,
            self.event_name,
            self.keywords,
            self.keyword_names,
            self.channel,
            self.channel_number,
            self.pid,
            self.tid,
            self.cpu,
            self.activity,
            self.related,
            self.computer,
            self.sid,
            self.record_id,
            self.message,
            self.culture,
            self.flags,
            self.property,
            self.kernel_time,
            self.user_time,
            self.stack,
            self.problem,
            self.ignored,
        ]
        .into_iter()
        .flatten()
        .copied()
    }
}

/// The dialect of an object; `likely` is tried first.
pub(super) fn of(object: Json<'_>, likely: Option<&'static Dialect>) -> Option<&'static Dialect> {
    let likely = likely.filter(|dialect| dialect.fits(object));
    likely.or_else(|| DIALECTS.iter().find(|dialect| dialect.fits(object)))
}

/// JSON that is known but holds no events: what it is recognised by, and what to say.
const FOREIGN: &[(&[&str], &str)] = &[
    (&["traceEvents"], "This is a Chrome trace: open it in Perfetto or chrome://tracing"),
    (&["ph", "name"], "This is a Chrome trace: open it in Perfetto or chrome://tracing"),
    (&["ph", "ts"], "This is a Chrome trace: open it in Perfetto or chrome://tracing"),
    (&["$schema", "profiles"], "This is a speedscope profile: open it in speedscope"),
    (&["$schema", "shared"], "This is a speedscope profile: open it in speedscope"),
    (&["meta/interval"], "This is a Firefox profile: open it in the Firefox Profiler"),
    (
        &["meta/preprocessedProfileVersion"],
        "This is a Firefox profile: open it in the Firefox Profiler",
    ),
    (&["SourceETLFileName"], "This is an extract of ETWAnalyzer: it holds sums, no events"),
    (&["resourceLogs"], "These are OpenTelemetry logs, not an export of Windows events"),
    (&["RuleTitle", "Level"], "These are alerts of Hayabusa, not an export of events"),
];

/// What an object is that is no event, when it is known.
pub(super) fn foreign(object: Json<'_>) -> Option<&'static str> {
    let fits = |paths: &[&str]| paths.iter().all(|path| object.path(path).is_some());
    FOREIGN.iter().find(|(paths, _)| fits(paths)).map(|(_, what)| *what)
}
