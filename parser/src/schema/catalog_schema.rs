//! Schemas of the built-in catalog.

use std::sync::OnceLock;

use crate::catalog::{self, CatalogEvent};
use crate::guid::Guid;
use crate::record::{HeaderKind, Record};
use crate::schema::layout::{InType, Layout, LayoutField, OutType};

/// Whether a provider is known to write the catalog's events.
#[must_use]
pub fn is_known_catalog_provider(provider: Guid) -> bool {
    provider == catalog::PROVIDER || provider == catalog::SMSVCHOST
}

/// The name of a provider that is known to write the catalog's events.
#[must_use]
pub fn provider_name(provider: Guid) -> Option<&'static str> {
    match provider {
        _ if provider == catalog::PROVIDER => Some(catalog::PROVIDER_NAME),
        _ if provider == catalog::SMSVCHOST => Some(catalog::SMSVCHOST_NAME),
        _ => None,
    }
}

/// The catalog's event of a record, its task included: ids collide inside the provider. Exports
/// may have left the task out.
#[must_use]
pub fn event(record: &Record<'_>) -> Option<&'static CatalogEvent> {
    if record.kind == HeaderKind::Export && record.task == 0 {
        return catalog::event_any_task(record.id);
    }
    catalog::event(record.id, record.version, record.task)
}

/// The payload of an event of the catalog.
#[must_use]
pub fn layout(event: &CatalogEvent) -> Option<&'static Layout> {
    static LAYOUTS: OnceLock<Vec<Layout>> = OnceLock::new();
    let layouts = LAYOUTS.get_or_init(|| catalog::EVENTS.iter().map(compile).collect());
    layouts.get(catalog::place(event.id)?)
}

fn compile(event: &CatalogEvent) -> Layout {
    let fields = event.fields.iter().map(|field| {
        let in_type = match field.in_type {
            catalog::InType::UnicodeString => InType::UnicodeString,
            catalog::InType::Guid => InType::Guid,
            catalog::InType::Int32 => InType::Int32,
            catalog::InType::Int64 => InType::Int64,
            catalog::InType::UInt64 => InType::UInt64,
            catalog::InType::UInt8 => InType::UInt8,
            catalog::InType::Filetime => InType::Filetime,
        };
        LayoutField::scalar(field.name.into(), in_type, OutType::Default)
    });
    Layout { fields: fields.collect(), slots: 0 }
}
