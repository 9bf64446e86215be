//! Filter terms: the text that selects all events with a value.

use std::fmt::Display;

use super::keys::Key;
use crate::guid::Guid;
use crate::query;
use crate::schema::classic;

/// `field:value` for a value that needs no quotes: a number, a mask.
pub(super) fn term(field: &str, value: impl Display) -> String {
    format!("{field}:{value}")
}

/// A term for a GUID.
pub(super) fn guid(field: &str, value: Guid) -> String {
    format!("{field}:{value:#}")
}

/// The term for the provider of a key: its name where it has one (else its GUID stands there).
pub(super) fn provider(key: &Key) -> String {
    match key.names.provider.as_str() {
        "" => guid("provider", key.event.provider),
        name => query::term("provider", name),
    }
}

/// What to call the provider of a key where providers are told apart, and the term for it: all
/// classes of the kernel share one name, so each is called by its own.
pub(super) fn provider_label(key: &Key) -> (String, String) {
    let class = match key.event.kind.is_classic() {
        true => classic::class_name(key.event.provider),
        false => None,
    };
    match class {
        Some(class) if key.names.provider == classic::KERNEL => {
            (format!("Kernel/{class}"), guid("provider", key.event.provider))
        }
        _ => (key.names.provider.clone(), provider(key)),
    }
}

/// The term for a kind of event.
pub(super) fn event(key: &Key) -> String {
    let event = match key.event.kind.is_classic() || key.event.id == 0 {
        true => query::term("name", &key.names.event),
        false => term("id", key.event.id),
    };
    format!("{} and {event}", provider(key))
}

/// The term for a level: by name where all agree on one.
pub(super) fn level(level: u8) -> String {
    match level {
        1 => "level:critical".to_owned(),
        2 => "level:error".to_owned(),
        3 => "level:warning".to_owned(),
        4 => "level:info".to_owned(),
        5 => "level:verbose".to_owned(),
        _ => term("level", level),
    }
}
