//! Tests of decoded payloads: finding a field by name or path, and comparing its value.

use std::cmp::Ordering;

use super::ast::{Op, Value as Wanted};
use super::eval::time_fits;
use super::field::Field as Name;
use super::instant::Instant;
use super::pattern::{Number, Pattern, fold};
use crate::value::{Field, Value};
use crate::value_text::ValueText;

/// Whether the text of any field, at any depth, contains the pattern.
pub(super) fn any_contains(fields: &[Field], pattern: &Pattern) -> bool {
    fields.iter().any(|field| contains(&field.value, pattern))
}

fn contains(value: &Value, pattern: &Pattern) -> bool {
    match value {
        Value::Struct(fields) => any_contains(fields, pattern),
        Value::Array(items) => items.iter().any(|item| contains(item, pattern)),
        leaf => with_text(leaf, |text| pattern.is_in(text)),
    }
}

/// Whether any field that `path` names passes. A name alone finds fields at any depth; a path
/// (`Items[3].Name`, `Items.Name`) is followed from the top, and `EventData[2]` is the third field. Names are compared in any case.
pub(super) fn any_fits(fields: &[Field], path: &str, op: Op, wanted: &Wanted) -> bool {
    if let Some((position, rest)) = position(path) {
        return fields.get(position).is_some_and(|field| follow(&field.value, rest, op, wanted));
    }
    fields.iter().any(|field| {
        if let Some(rest) = strip_name(path, &field.name)
            && follow(&field.value, rest, op, wanted)
        {
            return true;
        }
        // Only a bare name is looked for below.
        is_bare(path) && below(&field.value, path, op, wanted)
    })
}

/// Whether a path is the bare name of a field, which is looked for at any depth.
pub(crate) fn is_bare(path: &str) -> bool {
    !path.contains(['.', '['])
}

/// Whether a path begins with the place of a field instead of its name.
pub(crate) fn is_by_place(path: &str) -> bool {
    position(path).is_some()
}

/// Whether a path leads to a field of this name, or into it.
pub(crate) fn leads_into(path: &str, name: &str) -> bool {
    strip_name(path, name).is_some()
}

/// Whether a bare name is that of a field.
pub(crate) fn is_name(path: &str, name: &str) -> bool {
    strip_name(path, name).is_some_and(str::is_empty)
}

/// The first value that a path names, as filters understand paths; `None` when there is none.
#[must_use]
pub fn find<'f>(fields: &'f [Field], path: &str) -> Option<&'f Value> {
    if let Some((position, rest)) = position(path) {
        return walk(&fields.get(position)?.value, rest);
    }
    let own = fields.iter().find_map(|field| walk(&field.value, strip_name(path, &field.name)?));
    own.or_else(|| {
        let bare = is_bare(path);
        fields.iter().filter(|_| bare).find_map(|field| match &field.value {
            Value::Struct(fields) => find(fields, path),
            Value::Array(items) => items.iter().find_map(|item| match item {
                Value::Struct(fields) => find(fields, path),
                _ => None,
            }),
            _ => None,
        })
    })
}

/// The value at the rest of a path.
fn walk<'v>(value: &'v Value, path: &str) -> Option<&'v Value> {
    match value {
        _ if path.is_empty() => Some(value),
        Value::Array(items) => match path.strip_prefix('[').and_then(|p| p.split_once(']')) {
            Some((index, rest)) => walk(items.get(index.parse::<usize>().ok()?)?, rest),
            None => items.iter().find_map(|item| walk(item, path)),
        },
        Value::Struct(fields) => find(fields, path.strip_prefix('.').unwrap_or(path)),
        _ => None,
    }
}

/// The position in `EventData[2]` and the path after it: how fields without a name are called.
fn position(path: &str) -> Option<(usize, &str)> {
    let (root, rest) = path.split_once('[')?;
    let (index, rest) = rest.split_once(']')?;
    Some((index.parse().ok()?, rest)).filter(|_| Name::is_payload_root(root))
}

/// Looks for a bare name in the structures inside a value.
fn below(value: &Value, name: &str, op: Op, wanted: &Wanted) -> bool {
    match value {
        Value::Struct(fields) => any_fits(fields, name, op, wanted),
        Value::Array(items) => items.iter().any(|item| below(item, name, op, wanted)),
        _ => false,
    }
}

/// The rest of a path after a field's whole name.
fn strip_name<'p>(path: &'p str, name: &str) -> Option<&'p str> {
    let head = path.get(..name.len())?;
    let rest = path.get(name.len()..)?;
    let ends = rest.is_empty() || rest.starts_with(['.', '[']);
    let same = head.eq_ignore_ascii_case(name) || fold(head) == fold(name);
    (ends && same && !name.is_empty()).then_some(rest)
}

/// Follows the rest of a path into a value and tests what it finds.
fn follow(value: &Value, path: &str, op: Op, wanted: &Wanted) -> bool {
    if path.is_empty() {
        return match value {
            Value::Array(items) => items.iter().any(|item| follow(item, "", op, wanted)),
            Value::Struct(fields) => fields.iter().any(|f| follow(&f.value, "", op, wanted)),
            leaf => fits(leaf, op, wanted),
        };
    }
    match value {
        Value::Array(items) => {
            let Some((index, rest)) = path.strip_prefix('[').and_then(|p| p.split_once(']')) else {
                return items.iter().any(|item| follow(item, path, op, wanted));
            };
            let item = index.parse::<usize>().ok().and_then(|index| items.get(index));
            item.is_some_and(|item| follow(item, rest, op, wanted))
        }
        Value::Struct(fields) => {
            let inner = path.strip_prefix('.').unwrap_or(path);
            any_fits(fields, inner, op, wanted)
        }
        _ => false,
    }
}

/// Tests a value that has no parts.
fn fits(actual: &Value, op: Op, wanted: &Wanted) -> bool {
    match wanted {
        Wanted::Any => *actual != Value::Null,
        Wanted::Range(from, to) => number_of(actual).is_some_and(|number| {
            let at_least =
                |end: &i128| number.compare(Number::Whole(*end)).is_some_and(Ordering::is_ge);
            let at_most =
                |end: &i128| number.compare(Number::Whole(*end)).is_some_and(Ordering::is_le);
            from.as_ref().is_none_or(at_least) && to.as_ref().is_none_or(at_most)
        }),
        Wanted::Time(_) => time_of(actual).is_some_and(|time| time_fits(op, wanted, time)),
        Wanted::Text(pattern) => {
            if let (Some(wanted), Some(actual)) = (pattern.number(), number_of(actual)) {
                return actual.compare(wanted).is_some_and(|order| match op {
                    Op::Has | Op::Eq => order.is_eq(),
                    Op::Ne => order.is_ne(),
                    Op::Lt => order.is_lt(),
                    Op::Le => order.is_le(),
                    Op::Gt => order.is_gt(),
                    Op::Ge => order.is_ge(),
                    Op::Match | Op::NotMatch => false,
                });
            }
            match op {
                Op::Eq => with_text(actual, |text| pattern.equals(text)),
                Op::Has | Op::Match => with_text(actual, |text| pattern.fits(text)),
                _ => false,
            }
        }
        _ => false,
    }
}

/// The number a value is; texts that are numbers count, as exports write numbers so.
fn number_of(value: &Value) -> Option<Number> {
    Some(match value {
        Value::Bool(flag) => Number::Whole((*flag).into()),
        Value::Int(n) => Number::Whole((*n).into()),
        Value::UInt(n) | Value::Hex(n) | Value::Named { value: n, .. } => {
            Number::Whole((*n).into())
        }
        Value::Status(status) => Number::Whole(status.value.into()),
        Value::Float(n) => Number::Fraction((*n).into()),
        Value::Double(n) => Number::Fraction(*n),
        Value::Text(text) => return Number::parse(text),
        _ => return None,
    })
}

/// The time a value is, as FILETIME.
fn time_of(value: &Value) -> Option<i64> {
    match value {
        Value::Filetime(time) => Some(*time),
        Value::Text(text) => Instant::parse(text).map(|time| time.start),
        other => with_text(other, |text| Instant::parse(text).map(|time| time.start)),
    }
}

/// Calls `look` with the text of a value without parts, as it is shown; of a named number also
/// the number.
fn with_text<R>(value: &Value, look: impl FnOnce(&str) -> R) -> R {
    match value {
        Value::Text(text) | Value::Sid(text) | Value::Address(text) => look(text),
        Value::Null => look(""),
        Value::Named { value, name } => look(&format!("{name} ({value})")),
        other => look(&ValueText(other).to_string()),
    }
}
