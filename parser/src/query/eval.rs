//! Evaluation in three stages, each deciding what it can: once per event key, then from the
//! columns of a row, then from the event read again.

use super::Filter;
use super::ast::{Expr, Op, Test, Value};
use super::field::{Field, Stage};
use super::pattern::Pattern;
use super::payload;
use crate::guid::Guid;
use crate::value;

/// What all events of one key have in common.
#[derive(Clone, Copy, Debug)]
pub struct KeyFacts<'a> {
    /// Event id.
    pub id: u32,
    /// Version.
    pub version: u8,
    /// Level number.
    pub level: u8,
    /// Opcode number.
    pub opcode: u8,
    /// Task number.
    pub task: u16,
    /// Channel number.
    pub channel: u8,
    /// Keyword mask.
    pub keywords: u64,
    /// Provider, or the class of a classic record.
    pub provider: Guid,
    /// Its name; empty when unknown.
    pub provider_name: &'a str,
    /// Event name; empty when unknown.
    pub event_name: &'a str,
    /// Task name; empty when unknown.
    pub task_name: &'a str,
    /// Opcode name; empty when unknown.
    pub opcode_name: &'a str,
    /// Channel name; empty when unknown.
    pub channel_name: &'a str,
    /// Names of the keywords set.
    pub keyword_names: &'a [String],
    /// Name of the record header (`HeaderKind::name`).
    pub kind: &'static str,
    /// Whether events of this key are marked.
    pub marked: bool,
}

/// The columns of one event.
#[derive(Clone, Copy, Debug)]
pub struct RowFacts {
    /// Process id, when the record says it.
    pub pid: Option<u32>,
    /// Thread id, when the record says it.
    pub tid: Option<u32>,
    /// Processor.
    pub cpu: u16,
    /// Activity id, zero for none.
    pub activity: Guid,
    /// FILETIME.
    pub time: i64,
}

/// What only the event itself tells. Each is asked for only when a filter needs it.
pub trait PayloadFacts {
    /// The decoded payload.
    fn fields(&self) -> &[value::Field];
    /// The rendered message; may be empty.
    fn message(&self) -> &str;
    /// Related activity id.
    fn related(&self) -> Option<Guid> {
        None
    }
    /// Computer name; empty when unknown.
    fn computer(&self) -> &str {
        ""
    }
    /// User's security identifier; empty when unknown.
    fn user(&self) -> &str {
        ""
    }
}

/// What is left of a filter once the key of an event is known.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Residual {
    /// Every event of the key passes.
    Yes,
    /// None does.
    No,
    /// It depends on this, which tests rows and payloads only.
    Depends(Expr),
}

impl Filter {
    /// Decides the filter for all events of a key, as far as the key tells.
    #[must_use]
    pub fn for_key(&self, key: &KeyFacts<'_>) -> Residual {
        reduce(self.expr(), key)
    }

    /// Decides a single event, with everything at hand.
    #[must_use]
    pub fn matches(&self, key: &KeyFacts<'_>, row: &RowFacts, payload: &dyn PayloadFacts) -> bool {
        self.for_key(key).matches(row, payload)
    }
}

impl Residual {
    /// Decides one event with its payload.
    #[must_use]
    pub fn matches(&self, row: &RowFacts, payload: &dyn PayloadFacts) -> bool {
        match self {
            Self::Yes => true,
            Self::No => false,
            Self::Depends(expr) => evaluate(expr, row, payload),
        }
    }

    /// Whether some event of the key may have to be read again.
    #[must_use]
    pub fn needs_payload(&self) -> bool {
        matches!(self, Self::Depends(expr) if stage(expr) == Stage::Payload)
    }
}

impl Expr {
    /// Decides a part of a filter for all events of a key.
    pub(crate) fn for_key(&self, key: &KeyFacts<'_>) -> Residual {
        reduce(self, key)
    }
}

impl Test {
    /// Whether the columns of an event decide it, and its key does not.
    pub(crate) fn is_of_row(&self) -> bool {
        self.field.stage() == Stage::Row
    }

    /// Decides a test of columns for one event.
    #[inline(never)]
    pub(crate) fn holds(&self, row: &RowFacts) -> bool {
        test_row(self, row)
    }
}

/// The latest stage a tree needs.
pub(super) fn stage(expr: &Expr) -> Stage {
    let mut latest = Stage::Key;
    expr.visit_leaves(&mut |leaf| {
        latest = latest.max(match leaf {
            Expr::Test(test) => test.field.stage(),
            _ => Stage::Payload,
        });
    });
    latest
}

/// Replaces what the key decides.
fn reduce(expr: &Expr, key: &KeyFacts<'_>) -> Residual {
    match expr {
        Expr::All => Residual::Yes,
        Expr::And(parts) => {
            let mut left = Vec::new();
            for part in parts {
                match reduce(part, key) {
                    Residual::Yes => {}
                    Residual::No => return Residual::No,
                    Residual::Depends(rest) => left.push(rest),
                }
            }
            if left.is_empty() { Residual::Yes } else { Residual::Depends(Expr::and(left)) }
        }
        Expr::Or(parts) => {
            let mut left = Vec::new();
            for part in parts {
                match reduce(part, key) {
                    Residual::Yes => return Residual::Yes,
                    Residual::No => {}
                    Residual::Depends(rest) => left.push(rest),
                }
            }
            if left.is_empty() { Residual::No } else { Residual::Depends(Expr::or(left)) }
        }
        Expr::Not(inner) => match reduce(inner, key) {
            Residual::Yes => Residual::No,
            Residual::No => Residual::Yes,
            Residual::Depends(rest) => Residual::Depends(Expr::Not(Box::new(rest))),
        },
        Expr::Text(pattern) => {
            if text_in_key(pattern, key) {
                Residual::Yes
            } else {
                Residual::Depends(expr.clone())
            }
        }
        Expr::Test(test) if test.field.stage() == Stage::Key => {
            if test_key(test, key) {
                Residual::Yes
            } else {
                Residual::No
            }
        }
        Expr::Test(_) => Residual::Depends(expr.clone()),
    }
}

/// A word is looked for in the names, and a number is an event id too.
fn text_in_key(pattern: &Pattern, key: &KeyFacts<'_>) -> bool {
    let names = [key.event_name, key.provider_name, key.task_name, key.opcode_name];
    names.iter().any(|name| !name.is_empty() && pattern.is_in(name))
        || (!pattern.is_quoted() && pattern.text().parse() == Ok(key.id))
}

fn evaluate(expr: &Expr, row: &RowFacts, payload: &dyn PayloadFacts) -> bool {
    match expr {
        Expr::All => true,
        Expr::And(parts) => parts.iter().all(|part| evaluate(part, row, payload)),
        Expr::Or(parts) => parts.iter().any(|part| evaluate(part, row, payload)),
        Expr::Not(inner) => !evaluate(inner, row, payload),
        Expr::Text(pattern) => {
            pattern.is_in(payload.message()) || payload::any_contains(payload.fields(), pattern)
        }
        Expr::Test(test) => match test.field.stage() {
            Stage::Row => test_row(test, row),
            Stage::Payload => test_payload(test, payload),
            // `reduce` leaves none of these.
            Stage::Key => false,
        },
    }
}

/// Runs a test that `one` decides for a single value: any of several, `!=` reversed.
fn any(test: &Test, one: impl Fn(Op, &Value) -> bool) -> bool {
    match test.op {
        Op::NotMatch => !test.values.iter().any(|value| one(Op::Match, value)),
        Op::Ne => !test.values.iter().any(|value| one(Op::Eq, value)),
        op => test.values.iter().any(|value| one(op, value)),
    }
}

fn test_key(test: &Test, key: &KeyFacts<'_>) -> bool {
    any(test, |op, value| match &test.field {
        Field::Id => number(op, value, key.id.into()),
        Field::Version => number(op, value, key.version.into()),
        Field::Level => level(op, value, key.level),
        Field::Task => number_or_name(op, value, key.task.into(), key.task_name),
        Field::Opcode => number_or_name(op, value, key.opcode.into(), key.opcode_name),
        Field::Channel => number_or_name(op, value, key.channel.into(), key.channel_name),
        Field::Keyword => keyword(op, value, key),
        Field::Provider => match value {
            Value::Guid(guid) => key.provider == *guid,
            Value::Text(pattern) if op == Op::Eq => pattern.equals(key.provider_name),
            Value::Text(pattern) => {
                (!key.provider_name.is_empty() && pattern.fits(key.provider_name))
                    || pattern.fits(&format!("{:#}", key.provider))
            }
            Value::Any => !key.provider.is_zero() || !key.provider_name.is_empty(),
            _ => false,
        },
        Field::Name => text(op, value, key.event_name),
        Field::Kind => text(op, value, key.kind),
        Field::Marked => match value {
            Value::Flag(flag) => *flag == key.marked,
            _ => key.marked,
        },
        _ => false,
    })
}

fn test_row(test: &Test, row: &RowFacts) -> bool {
    any(test, |op, value| match &test.field {
        Field::Pid => row.pid.is_some_and(|pid| number(op, value, pid.into())),
        Field::Process => process(op, value, row),
        Field::Tid => row.tid.is_some_and(|tid| number(op, value, tid.into())),
        Field::Cpu => number(op, value, row.cpu.into()),
        Field::Activity | Field::ActivityTree => guid(value, row.activity),
        Field::Time => time(op, value, row.time),
        _ => false,
    })
}

fn test_payload(test: &Test, facts: &dyn PayloadFacts) -> bool {
    any(test, |op, value| match &test.field {
        Field::Related => facts.related().is_some_and(|related| guid(value, related)),
        Field::Message => text(op, value, facts.message()),
        Field::Computer => text(op, value, facts.computer()),
        Field::User => text(op, value, facts.user()),
        Field::Payload(path) => payload::any_fits(facts.fields(), path, op, value),
        _ => false,
    })
}

/// A name has become the processes of that name in the trace.
fn process(op: Op, value: &Value, row: &RowFacts) -> bool {
    let Some(pid) = row.pid else { return false };
    match value {
        Value::Processes(spans) => {
            let first = spans.partition_point(|span| span.0 < pid);
            let of_pid = spans.get(first..).unwrap_or_default().iter();
            of_pid
                .take_while(|span| span.0 == pid)
                .any(|(_, start, end)| *start <= row.time && row.time <= *end)
        }
        Value::Text(_) => false,
        _ => number(op, value, pid.into()),
    }
}

fn number(op: Op, value: &Value, actual: i128) -> bool {
    match value {
        Value::Any => true,
        Value::Range(from, to) => {
            from.is_none_or(|from| from <= actual) && to.is_none_or(|to| actual <= to)
        }
        Value::Number(wanted) => match op {
            Op::Has | Op::Eq => actual == *wanted,
            Op::Ne => actual != *wanted,
            Op::Lt => actual < *wanted,
            Op::Le => actual <= *wanted,
            Op::Gt => actual > *wanted,
            Op::Ge => actual >= *wanted,
            Op::Match | Op::NotMatch => false,
        },
        // Only of a regular expression.
        Value::Text(pattern) => pattern.fits(&actual.to_string()),
        _ => false,
    }
}

/// Lower numbers are more severe. Level 0 (`LogAlways`) has no severity: `<`, `<=` and ranges
/// open below leave it out; it is found by its number or name only.
fn level(op: Op, value: &Value, actual: u8) -> bool {
    let open_below = matches!(op, Op::Lt | Op::Le) || matches!(value, Value::Range(None, _));
    if open_below && actual == 0 {
        return false;
    }
    number(op, value, actual.into())
}

fn number_or_name(op: Op, value: &Value, actual: i128, name: &str) -> bool {
    match value {
        Value::Text(_) => text(op, value, name),
        _ => number(op, value, actual),
    }
}

fn keyword(op: Op, value: &Value, key: &KeyFacts<'_>) -> bool {
    match value {
        Value::Any => key.keywords != 0,
        Value::Number(mask) => {
            let actual = i128::from(key.keywords);
            if op == Op::Has && *mask != 0 { actual & mask != 0 } else { actual == *mask }
        }
        _ => key.keyword_names.iter().any(|name| text(op, value, name)),
    }
}

/// A text that is empty is one the event does not have.
fn text(op: Op, value: &Value, actual: &str) -> bool {
    match value {
        Value::Any => !actual.is_empty(),
        Value::Text(pattern) if op == Op::Eq => pattern.equals(actual),
        Value::Text(pattern) => !actual.is_empty() && pattern.fits(actual),
        _ => false,
    }
}

fn guid(value: &Value, actual: Guid) -> bool {
    match value {
        Value::Any => !actual.is_zero(),
        Value::Guid(guid) => *guid == actual,
        Value::Guids(guids) => guids.binary_search(&actual).is_ok(),
        Value::Text(pattern) => !actual.is_zero() && pattern.fits(&format!("{actual:#}")),
        _ => false,
    }
}

/// A time stands for all it covers: `time>2026-01-02` begins where that day ends.
fn time(op: Op, value: &Value, actual: i64) -> bool {
    match value {
        Value::Any => true,
        Value::TimeRange(from, to) => {
            from.is_none_or(|from| from.start <= actual) && to.is_none_or(|to| actual < to.end())
        }
        Value::Time(wanted) => {
            let before_end = actual < wanted.end();
            match op {
                Op::Has | Op::Eq => wanted.start <= actual && before_end,
                Op::Ne => actual < wanted.start || !before_end,
                Op::Lt => actual < wanted.start,
                Op::Le => before_end,
                Op::Gt => !before_end,
                Op::Ge => actual >= wanted.start,
                Op::Match | Op::NotMatch => false,
            }
        }
        _ => false,
    }
}

/// [`time`] for payload values.
pub(super) fn time_fits(op: Op, value: &Value, actual: i64) -> bool {
    time(op, value, actual)
}
