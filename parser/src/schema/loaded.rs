//! All that the schema files of the user say together.

use std::sync::Arc;

use super::{EventKey, Map};
use crate::guid::Guid;
use crate::limits::MAX_KEYS;
use crate::schema::event_schema::{EventSchema, Text};
use crate::schema::layout::Maps;
use crate::schema::manifest::Manifest;
use crate::schema::schema_file::{Content, SchemaFile};

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
            return;
        }
        if self.schemas.len() >= MAX_KEYS {
            return;
        }
        self.events.insert(key, self.schemas.len());
        self.versions.entry((key.0, key.1)).or_default().push(key.2);
        self.schemas.push(LoadedSchema { schema, file });
    }
}
