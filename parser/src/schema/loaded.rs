//! All that the schema files of the user say together.

use std::sync::Arc;

use super::{EventKey, Map};
use crate::guid::Guid;
use crate::limits::MAX_KEYS;
use crate::schema::event_schema::{EventSchema, Text};
use crate::schema::layout::Maps;
use crate::schema::manifest::Manifest;
use crate::schema::pack::{Described, Pack};
use crate::schema::resources::Resources;
use crate::schema::resources::wevt::TableOf;
use crate::schema::schema_file::{Content, SchemaFile};
use crate::schema::tmf::Tmf;

/// One event that a file describes.
#[derive(Debug)]
pub(super) struct LoadedSchema {
    pub schema: EventSchema,
    /// Which of the files.
    file: usize,
}

/// The schema files of the user, linked: a message may stand in another file than its event.
/// Where two files describe one event the later one counts.
#[derive(Debug, Default)]
pub struct Loaded {
    schemas: Vec<LoadedSchema>,
    events: Map<EventKey, usize>,
    /// Classic events: class, type, version.
    classes: Map<(Guid, u8, u8), usize>,
    /// WPP: message GUID and number.
    messages: Map<(Guid, u16), usize>,
    /// The versions known of an event.
    versions: Map<(Guid, u16), Vec<u8>>,
    providers: Map<Guid, String>,
    pub(super) maps: Maps,
    files: Vec<Arc<SchemaFile>>,
}

impl Loaded {
    /// Links files, in the order in which they were loaded.
    #[must_use]
    pub fn link(files: Vec<Arc<SchemaFile>>) -> Self {
        let mut loaded = Self::default();
        for (number, file) in files.iter().enumerate() {
            match &file.content {
                Content::Manifest(manifest) => loaded.add_manifest(manifest, number),
                Content::Pack(pack) => loaded.add_pack(pack, number),
                Content::Tmf(tmf) => loaded.add_tmf(tmf, number),
                Content::Resources(resources) => {
                    let tables = tables_for(&files, file.name());
                    for provider in &resources.providers {
                        loaded.name_provider(provider.guid, &provider.name(&tables));
                        for (id, version, schema) in provider.schemas(&tables, &mut loaded.maps) {
                            loaded.add_event((provider.guid, id, version), schema, number);
                        }
                    }
                }
            }
        }
        loaded.files = files;
        loaded
    }

    /// The files, in the order in which they were loaded.
    #[must_use]
    pub fn files(&self) -> &[Arc<SchemaFile>] {
        &self.files
    }

    /// The schema of an event.
    pub(super) fn event(&self, key: EventKey) -> Option<&LoadedSchema> {
        self.events.get(&key).and_then(|&at| self.schemas.get(at))
    }

    /// The schema of a classic event.
    pub(super) fn class(&self, key: (Guid, u8, u8)) -> Option<&LoadedSchema> {
        self.classes.get(&key).and_then(|&at| self.schemas.get(at))
    }

    /// The schema of a WPP message.
    pub(super) fn message(&self, key: (Guid, u16)) -> Option<&LoadedSchema> {
        self.messages.get(&key).and_then(|&at| self.schemas.get(at))
    }

    /// The events that are described, in no order.
    pub(super) fn event_keys(&self) -> impl Iterator<Item = EventKey> {
        self.events.keys().copied()
    }

    /// The classic events that are described, in no order.
    pub(super) fn class_keys(&self) -> impl Iterator<Item = (Guid, u8, u8)> {
        self.classes.keys().copied()
    }

    /// The WPP messages that are described, in no order.
    pub(super) fn message_keys(&self) -> impl Iterator<Item = (Guid, u16)> {
        self.messages.keys().copied()
    }

    /// The versions known of an event.
    pub(super) fn versions(&self, provider: Guid, id: u16) -> &[u8] {
        self.versions.get(&(provider, id)).map_or(&[], Vec::as_slice)
    }

    /// The name of a provider.
    pub(super) fn provider_name(&self, provider: Guid) -> Option<&str> {
        self.providers.get(&provider).map(String::as_str)
    }

    /// The name of the file that describes an event.
    pub(super) fn file_name(&self, schema: &LoadedSchema) -> &str {
        self.files.get(schema.file).map_or("", |file| file.name())
    }

    fn add_manifest(&mut self, manifest: &Manifest, file: usize) {
        for provider in &manifest.providers {
            self.name_provider(provider.guid, &provider.name);
            for (id, version, schema) in provider.schemas(&mut self.maps) {
                self.add_event((provider.guid, id, version), schema, file);
            }
        }
    }

    fn name_provider(&mut self, provider: Guid, name: &str) {
        if !name.is_empty() {
            self.providers.entry(provider).or_insert_with(|| name.to_owned());
        }
    }

    fn add_event(&mut self, key: EventKey, mut schema: EventSchema, file: usize) {
        super::mend_clr_stack(key.0, key.1, &mut schema.layout);
        if let Some(&at) = self.events.get(&key) {
            if let Some(known) = self.schemas.get_mut(at) {
                // A file without the texts does not take those of another away.
                if schema.message == Text::None {
                    schema.message = std::mem::take(&mut known.schema.message);
                }
                *known = LoadedSchema { schema, file };
            }
        } else if let Some(at) = self.push(schema, file) {
            self.events.insert(key, at);
            self.versions.entry((key.0, key.1)).or_default().push(key.2);
        }
    }

    /// Adds a schema; 0 to [`MAX_KEYS`] of them fit.
    fn push(&mut self, schema: EventSchema, file: usize) -> Option<usize> {
        (self.schemas.len() < MAX_KEYS).then(|| {
            self.schemas.push(LoadedSchema { schema, file });
            self.schemas.len() - 1
        })
    }

    fn add_message(&mut self, key: (Guid, u16), schema: EventSchema, file: usize) {
        if let Some(at) = self.push(schema, file) {
            self.messages.insert(key, at);
        }
    }

    fn add_tmf(&mut self, tmf: &Tmf, file: usize) {
        for message in &tmf.messages {
            self.name_provider(message.guid, &message.component);
            let schema = message.schema(&mut self.maps);
            self.add_message((message.guid, message.number), schema, file);
        }
    }

    fn add_pack(&mut self, pack: &Pack, file: usize) {
        for (provider, name) in pack.names() {
            self.name_provider(provider, name);
        }
        for (described, schema) in pack.schemas(&mut self.maps) {
            match described {
                Described::Event(key) => self.add_event(key, schema, file),
                Described::Class(key) => {
                    if let Some(at) = self.push(schema, file) {
                        self.classes.insert(key, at);
                    }
                }
                Described::Message(key) => self.add_message(key, schema, file),
            }
        }
    }
}

/// The name of a program, as its `.mui` files have it: `ko-KR\\x.dll.mui` belongs to `x.dll`. Of two
/// files of one name browsers and shells make `x.dll (1).mui`, or `x.dll.mui (1)`.
fn program(name: &str) -> String {
    let mut name = name.to_ascii_lowercase();
    if let Some(at) = name.rfind(" (")
        && let Some(digits) =
            name.get(at + 2..).map(|r| r.bytes().take_while(u8::is_ascii_digit).count())
        && digits > 0
        && name.get(at + 2 + digits..).is_some_and(|rest| rest.starts_with(')'))
    {
        name.replace_range(at..at + 3 + digits, "");
    }
    name.strip_suffix(".mui").map(str::to_owned).unwrap_or(name)
}

/// The messages of a program: its own, those of its `.mui` files, and where there is none, those of
/// files that hold nothing but messages (`messageFileName` may be another file).
fn tables_for<'a>(files: &'a [Arc<SchemaFile>], name: &str) -> Vec<TableOf<'a>> {
    let name = program(name);
    let all = files.iter().filter_map(|file| match &file.content {
        Content::Resources(resources) => Some((program(file.name()), resources)),
        _ => None,
    });
    let all: Vec<_> = all.collect();
    let tables = |wanted: &dyn Fn(&str, &Resources) -> bool| {
        let of = all.iter().filter(|(of, resources)| wanted(of, resources));
        let tables = of.flat_map(|(_, resources)| &resources.tables);
        tables.map(|(language, table)| (language.as_str(), table)).collect::<Vec<_>>()
    };
    let own = tables(&|of, _| of == name);
    if own.is_empty() { tables(&|_, resources| resources.providers.is_empty()) } else { own }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn language_files_belong_to_the_program_of_their_name() {
        for name in ["x.dll", "X.DLL.mui", "x.dll (1).mui", "x.dll.mui (12)", "x (2).dll"] {
            assert_eq!(program(name), "x.dll", "{name}");
        }
        assert_eq!(program("x (copy).dll.mui"), "x (copy).dll");
        assert_eq!(program("x (1"), "x (1");
    }
}
