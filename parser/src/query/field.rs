//! The names a filter may test: header fields with their aliases, and payload fields.

use std::fmt;

use super::pattern::fold;

/// What a test looks at. Header fields are known to every event; any other name is a field of
/// the payload.
#[derive(Clone, Debug, Eq, Hash, PartialEq)]
pub enum Field {
    /// Event id.
    Id,
    /// Version of the event.
    Version,
    /// Level, by name or number.
    Level,
    /// Provider, by name or GUID.
    Provider,
    /// Event name.
    Name,
    /// Task, by number or name.
    Task,
    /// Opcode, by number or name.
    Opcode,
    /// Channel, by number or name.
    Channel,
    /// Keywords, by mask or name.
    Keyword,
    /// Process id.
    Pid,
    /// Process, by the name of its image at the time, or by id.
    Process,
    /// Thread id.
    Tid,
    /// Processor.
    Cpu,
    /// Activity id.
    Activity,
    /// Activity id, with all activities that transfers join it with.
    ActivityTree,
    /// Related activity id.
    Related,
    /// Time.
    Time,
    /// Record header, as `HeaderKind::name` prints it.
    Kind,
    /// Whether the event is marked (4031 `DispatchSessionFailed`).
    Marked,
    /// The rendered message.
    Message,
    /// Computer the event is of.
    Computer,
    /// Security identifier of the user.
    User,
    /// A field of the payload, by name or by path (`Items[3].Name`).
    Payload(String),
}

/// How the values of a field are written and compared.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum FieldType {
    /// A number up to a maximum.
    Number(u64),
    /// A level number or name.
    Level,
    /// A number up to a maximum, or a name.
    NumberOrName(u64),
    /// A mask, or a name.
    Keyword,
    /// Text.
    Text,
    /// A GUID or part of a name.
    Provider,
    /// A GUID.
    Guid,
    /// A time.
    Time,
    /// True or false.
    Flag,
    /// Whatever the payload holds.
    Payload,
}

/// At which stage a test can be decided.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub enum Stage {
    /// Once per event key.
    Key,
    /// From the columns of a row.
    Row,
    /// Only from the event read again: payload, message, extended items.
    Payload,
}

/// Header fields with the name printed and every other name understood, all lower case. The
/// aliases are what Windows' schema, `Get-WinEvent` and common tools call them.
const NAMES: [(Field, &str, &[&str]); 22] = [
    (Field::Id, "id", &["eventid", "event.id", "event_id"]),
    (Field::Version, "version", &["eventversion"]),
    (Field::Level, "level", &["severity", "leveldisplayname"]),
    (
        Field::Provider,
        "provider",
        &["providername", "providerguid", "providerid", "provider_name", "provider_guid", "source"],
    ),
    (Field::Name, "name", &["event", "eventname", "event_name", "symbol"]),
    (Field::Task, "task", &["taskname", "taskdisplayname"]),
    (Field::Opcode, "opcode", &["opcodename", "opcodedisplayname"]),
    (Field::Channel, "channel", &["logname", "log"]),
    (Field::Keyword, "keyword", &["keywords", "keywordsdisplaynames"]),
    (Field::Pid, "pid", &["processid", "process_id"]),
    (Field::Process, "process", &["process.name", "process-name"]),
    (Field::Tid, "tid", &["threadid", "thread_id", "thread"]),
    (Field::Cpu, "cpu", &["processorid", "processor", "processornumber"]),
    (Field::Activity, "activity", &["activityid", "activity_id"]),
    (Field::ActivityTree, "activity-tree", &["activitytree", "activity_tree", "tree"]),
    (Field::Related, "related", &["relatedactivityid", "relatedactivity", "related_activity_id"]),
    (Field::Time, "time", &["timecreated", "timestamp", "systemtime"]),
    (Field::Kind, "kind", &["header", "headertype"]),
    (Field::Marked, "marked", &["mark"]),
    (Field::Message, "message", &["msg"]),
    (Field::Computer, "computer", &["computername", "machinename"]),
    (Field::User, "user", &["userid", "sid", "security"]),
];

/// Prefixes that say "of the payload".
const PAYLOAD_PREFIXES: [&str; 4] = ["eventdata.", "userdata.", "payload.", "data."];

/// Prefixes that say "of the header", as the XML of an event nests it.
const HEADER_PREFIXES: [&str; 1] = ["system."];

impl Field {
    /// The field a name means, in any case; a name of no header field is one of the payload.
    #[must_use]
    pub fn named(name: &str) -> Self {
        let lower = name.to_ascii_lowercase();
        for prefix in PAYLOAD_PREFIXES {
            if lower.starts_with(prefix) && name.len() > prefix.len() {
                return Self::Payload(name.get(prefix.len()..).unwrap_or(name).to_owned());
            }
        }
        let bare = HEADER_PREFIXES.iter().find_map(|p| lower.strip_prefix(p)).unwrap_or(&lower);
        Self::header(bare).unwrap_or_else(|| Self::Payload(name.to_owned()))
    }

    /// Whether a name stands for the payload itself, as in `EventData[2]`.
    pub(super) fn is_payload_root(name: &str) -> bool {
        ["EventData", "UserData", "payload"].iter().any(|root| root.eq_ignore_ascii_case(name))
    }

    /// The header field of a lower-case name or alias.
    fn header(lower: &str) -> Option<Self> {
        NAMES
            .iter()
            .find(|(_, name, aliases)| *name == lower || aliases.contains(&lower))
            .map(|(field, ..)| field.clone())
    }

    /// The names completions offer, in the order to offer them.
    pub fn header_names() -> impl Iterator<Item = &'static str> {
        NAMES.iter().map(|(_, name, _)| *name)
    }

    /// The name a header field is printed with, or the payload field's own.
    #[must_use]
    pub fn name(&self) -> &str {
        match self {
            Self::Payload(name) => name,
            header => {
                NAMES.iter().find(|(field, ..)| field == header).map_or("", |(_, name, _)| *name)
            }
        }
    }

    /// When a test of this field can be decided.
    #[must_use]
    pub fn stage(&self) -> Stage {
        match self {
            Self::Pid
            | Self::Process
            | Self::Tid
            | Self::Cpu
            | Self::Activity
            | Self::ActivityTree
            | Self::Time => Stage::Row,
            Self::Related | Self::Message | Self::Computer | Self::User | Self::Payload(_) => {
                Stage::Payload
            }
            _ => Stage::Key,
        }
    }

    pub(super) fn field_type(&self) -> FieldType {
        match self {
            Self::Id | Self::Pid | Self::Tid => FieldType::Number(u32::MAX.into()),
            Self::Version => FieldType::Number(u8::MAX.into()),
            Self::Cpu => FieldType::Number(u16::MAX.into()),
            Self::Level => FieldType::Level,
            Self::Task => FieldType::NumberOrName(u16::MAX.into()),
            Self::Process => FieldType::NumberOrName(u32::MAX.into()),
            Self::Opcode | Self::Channel => FieldType::NumberOrName(u8::MAX.into()),
            Self::Keyword => FieldType::Keyword,
            Self::Name | Self::Kind | Self::Message | Self::Computer | Self::User => {
                FieldType::Text
            }
            Self::Provider => FieldType::Provider,
            Self::Activity | Self::ActivityTree | Self::Related => FieldType::Guid,
            Self::Time => FieldType::Time,
            Self::Marked => FieldType::Flag,
            Self::Payload(_) => FieldType::Payload,
        }
    }
}

impl fmt::Display for Field {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self::Payload(name) = self else { return f.write_str(self.name()) };
        if !is_identifier(name) {
            return write!(f, "\"{}\"", name.replace('"', "\"\""));
        }
        // A payload field called like a header field, or like an operator, says where it lives.
        if is_operator_word(name) || Self::named(name) != *self {
            f.write_str("EventData.")?;
        }
        f.write_str(name)
    }
}

/// Whether a name can stand before an operator without quotes.
pub(super) fn is_identifier(name: &str) -> bool {
    name.starts_with(|c: char| c.is_alphabetic() || matches!(c, '_' | '@' | '#'))
        && name.chars().all(|c| {
            c.is_alphanumeric() || matches!(c, '_' | '.' | '-' | '[' | ']' | '/' | '@' | '#')
        })
}

/// Whether a word is `and`, `or` or `not`.
pub(super) fn is_operator_word(word: &str) -> bool {
    ["and", "or", "not"].iter().any(|op| word.eq_ignore_ascii_case(op))
}

/// Level names with their numbers; the first of a number is the one printed.
pub(super) const LEVELS: [(&str, u8); 11] = [
    ("logalways", 0),
    ("critical", 1),
    ("error", 2),
    ("warning", 3),
    ("info", 4),
    ("verbose", 5),
    ("information", 4),
    ("informational", 4),
    ("warn", 3),
    ("fatal", 1),
    ("debug", 5),
];

/// The number of a level name, in any case.
pub(super) fn level_number(name: &str) -> Option<u8> {
    LEVELS.iter().find(|(n, _)| n.eq_ignore_ascii_case(name)).map(|(_, number)| *number)
}

/// The header field name nearest to a misspelt one.
pub(super) fn nearest_field(name: &str) -> Option<&'static str> {
    let all = NAMES.iter().flat_map(|(_, name, aliases)| {
        std::iter::once((*name, *name)).chain(aliases.iter().map(|alias| (*alias, *name)))
    });
    nearest(name, all)
}

/// The level name nearest to a misspelt one.
pub(super) fn nearest_level(name: &str) -> Option<&'static str> {
    nearest(name, LEVELS.iter().map(|(n, _)| (*n, *n)))
}

/// Of pairs (spelling, what to suggest), the suggestion whose spelling is nearest: at most one
/// slip in short words, two in longer ones.
pub(super) fn nearest<'a>(
    word: &str,
    candidates: impl Iterator<Item = (&'a str, &'a str)>,
) -> Option<&'a str> {
    let word: Vec<char> = fold(word).chars().take(40).collect();
    let allowed = match word.len() {
        0..=2 => return None,
        3..=4 => 1,
        _ => 2,
    };
    candidates
        .map(|(spelling, suggestion)| {
            let spelling: Vec<char> = fold(spelling).chars().take(40).collect();
            (edit_distance(&word, &spelling), suggestion)
        })
        .filter(|(distance, _)| *distance <= allowed)
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, suggestion)| suggestion)
}

/// Insertions, deletions, substitutions and swaps of neighbours between two words.
fn edit_distance(a: &[char], b: &[char]) -> usize {
    let mut before: Vec<usize> = Vec::new();
    let mut previous: Vec<usize> = (0..=b.len()).collect();
    for (i, &x) in a.iter().enumerate() {
        let mut current = vec![i + 1];
        for (j, &y) in b.iter().enumerate() {
            let mut best =
                (previous[j] + usize::from(x != y)).min(previous[j + 1] + 1).min(current[j] + 1);
            if i > 0 && j > 0 && x == b[j - 1] && y == a[i - 1] {
                best = best.min(before[j - 1] + 1);
            }
            current.push(best);
        }
        before = std::mem::replace(&mut previous, current);
    }
    previous.last().copied().unwrap_or(0)
}
