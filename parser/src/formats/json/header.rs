//! The header of an exported event, by the paths of its dialect.

use std::borrow::Cow;

use super::dialect::Dialect;
use super::scalar;
use super::tape::Json;
use crate::catalog::{self, CatalogEvent};
use crate::formats::TextEvent;
use crate::guid::Guid;
use crate::record::{Extended, HeaderKind, Record, UNKNOWN_ID};

/// The first value of some paths that `read` can make sense of.
pub(super) fn first<'t, T>(
    object: Json<'t>,
    paths: &[&str],
    read: impl Fn(Json<'t>) -> Option<T>,
) -> Option<T> {
    paths.iter().find_map(|path| object.path(path).and_then(&read))
}

fn name<'t>(object: Json<'t>, paths: &[&str]) -> Cow<'t, str> {
    let text = |json| scalar::text(json).filter(|text| !text.is_empty());
    first(object, paths, text).unwrap_or_default()
}

/// A name where a number was expected: some writers put names into number fields.
fn name_not_number<'t>(name: Cow<'t, str>) -> Cow<'t, str> {
    if name.bytes().all(|b| b.is_ascii_digit()) { Cow::Borrowed("") } else { name }
}

/// The provider's GUID; exports that only name the catalog's provider get its GUID.
fn provider(object: Json<'_>, dialect: &Dialect, name: &str) -> Guid {
    let guid = first(object, dialect.provider_guid, scalar::guid).unwrap_or_default();
    if guid.is_zero() && name.eq_ignore_ascii_case(catalog::PROVIDER_NAME) {
        return catalog::PROVIDER;
    }
    guid
}

/// The catalog's event, when an export is of one of its providers.
pub(super) fn catalog_event(
    provider: Guid,
    id: u32,
    version: Option<u8>,
    task: Option<u16>,
) -> Option<&'static CatalogEvent> {
    if provider != catalog::PROVIDER && provider != catalog::SMSVCHOST {
        return None;
    }
    let id = u16::try_from(id).ok()?;
    match task {
        Some(task) => catalog::event(id, version.unwrap_or(0), task),
        None => catalog::event_any_task(id),
    }
}

/// Reads the header. `text` is the event's text, `offset` its place; `fallback_time` is the
/// FILETIME of an event that does not say its own. The flag tells whether it did.
pub(super) fn read<'t>(
    object: Json<'t>,
    dialect: &Dialect,
    text: &'t str,
    offset: u64,
    fallback_time: i64,
) -> (TextEvent<'t>, bool) {
    let provider_name = name(object, dialect.provider);
    let provider = provider(object, dialect, &provider_name);
    let id = dialect
        .id
        .iter()
        .find_map(|path| object.path(path).and_then(|json| scalar::event_id(json, path)))
        .unwrap_or(0);
    let version = first(object, dialect.version, scalar::number);
    let task = first(object, dialect.task, scalar::number);
    let known = catalog_event(provider, id, version, task);
    let time = first(object, dialect.time, |json| scalar::time(json, dialect.time_unit));
    let guid = |paths| first(object, paths, scalar::guid).unwrap_or_default();
    let process_id = |paths| first(object, paths, scalar::process_id).unwrap_or(UNKNOWN_ID);
    let record = Record {
        offset,
        kind: HeaderKind::Export,
        ticks: time.unwrap_or(fallback_time),
        pid: process_id(dialect.pid),
        tid: process_id(dialect.tid),
        cpu: first(object, dialect.cpu, scalar::number).unwrap_or(0),
        provider,
        id: u16::try_from(id).unwrap_or(u16::MAX),
        version: version.unwrap_or(0),
        channel: first(object, dialect.channel_number, scalar::number)
            .or(known.map(|event| event.channel))
            .unwrap_or(0),
        // What an export leaves out, the catalog knows of its own events.
        level: first(object, dialect.level, scalar::level)
            .or(known.map(|event| event.level))
            .unwrap_or(0),
        opcode: first(object, dialect.opcode, scalar::number)
            .or(known.map(|event| event.opcode))
            .unwrap_or(0),
        task: task.or(known.map(|event| event.task)).unwrap_or(0),
        keywords: first(object, dialect.keywords, scalar::keywords)
            .or(known.map(|event| event.keywords))
            .unwrap_or(0),
        flags: first(object, dialect.flags, scalar::number).unwrap_or(0),
        property: first(object, dialect.property, scalar::number).unwrap_or(0),
        kernel_time: first(object, dialect.kernel_time, scalar::number).unwrap_or(0),
        user_time: first(object, dialect.user_time, scalar::number).unwrap_or(0),
        activity: guid(dialect.activity),
        extended: Extended::default(),
        raw: text.as_bytes(),
        payload: &[],
    };
    let mut event = TextEvent {
        id,
        provider: provider_name,
        event: name(object, dialect.event_name),
        task: name_not_number(name(object, dialect.task_name)),
        opcode: name_not_number(name(object, dialect.opcode_name)),
        channel: name(object, dialect.channel),
        computer: name(object, dialect.computer),
        related: guid(dialect.related),
        record,
    };
    let fill = |name: &mut Cow<'t, str>, known: Option<&'static str>| {
        if name.is_empty() {
            *name = Cow::Borrowed(known.unwrap_or_default());
        }
    };
    if let Some(known) = known {
        fill(&mut event.event, Some(known.symbol));
        fill(&mut event.task, catalog::task_name(known.task));
        fill(&mut event.opcode, catalog::opcode_name(known.task, known.opcode));
        fill(&mut event.channel, catalog::channel_name(known.channel));
        let provider = if provider == catalog::SMSVCHOST {
            catalog::SMSVCHOST_NAME
        } else {
            catalog::PROVIDER_NAME
        };
        fill(&mut event.provider, Some(provider));
    }
    (event, time.is_some())
}
