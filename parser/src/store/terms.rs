//! Filter terms: the text that selects all events with a value.

use std::fmt::Display;

use super::keys::Key;
use crate::guid::Guid;

/// A value as the filter language writes it: bare where that is clear, quoted otherwise.
pub(crate) fn quoted(value: &str) -> String {
    let bare = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.' | '{' | '}');
    let first = value.chars().next();
    if first.is_some_and(|c| c != '-') && value.chars().all(bare) && !is_word(value) {
        return value.to_owned();
    }
    format!("\"{}\"", value.replace('"', "\"\""))
}

fn is_word(value: &str) -> bool {
    ["and", "or", "not"].iter().any(|word| value.eq_ignore_ascii_case(word))
}

/// `field:value`.
pub(crate) fn term(field: &str, value: impl Display) -> String {
    format!("{field}:{}", quoted(&value.to_string()))
}

/// The term for the provider of a key: its GUID, which is exact, else its name.
pub(super) fn provider(key: &Key) -> String {
    if !key.event.provider.is_zero() {
        return guid("provider", key.event.provider);
    }
    term("provider", &key.names.provider)
}

/// A term for a GUID.
pub(crate) fn guid(field: &str, value: Guid) -> String {
    format!("{field}:{value:#}")
}

/// The term for a level: by name where all agree on one.
pub(crate) fn level(level: u8) -> String {
    let name = match level {
        1 => "critical",
        2 => "error",
        3 => "warning",
        4 => "info",
        5 => "verbose",
        _ => return term("level", level),
    };
    term("level", name)
}

/// The term for a kind of event.
pub(super) fn event(key: &Key) -> String {
    let event = match key.event.kind.is_classic() || key.event.id == 0 {
        true => term("name", &key.names.event),
        false => term("id", key.event.id),
    };
    format!("{} and {event}", provider(key))
}
