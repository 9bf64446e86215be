//! The schema files of the user: kept while the worker lives, whatever trace is open.

use std::hash::Hasher as _;
use std::rc::Rc;
use std::sync::Arc;

use etlens_parser::limits::{DETECT_BYTES, MAX_SCHEMA_FILE_BYTES, MAX_SCHEMA_FILES};
use etlens_parser::schema::loaded::Loaded;
use etlens_parser::schema::schema_file::{SchemaFile, SchemaKind};
use etlens_parser::{Error, ErrorKind, Result};
use js_sys::Uint8Array;
use wasm_bindgen_futures::JsFuture;
use web_sys::Blob;

use super::file::{len_bytes, read_error};
use super::job::{Job, Kind};
use super::session::Stage;
use super::{Outcome, Worker};
use crate::protocol::{Answer, Failure, LoadedSchema};

/// The files that are loaded.
#[derive(Default)]
pub struct Schemas {
    files: Vec<Shelved>,
    last_id: u32,
    /// What they say together.
    pub linked: Arc<Loaded>,
}

struct Shelved {
    id: u32,
    /// Tells a file that is given again from another of the same name (`ko-KR\x.dll.mui`,
    /// `en-US\x.dll.mui`).
    hash: u64,
    file: Arc<SchemaFile>,
    /// Its bytes, for others to read.
    blob: Blob,
}

impl Schemas {
    fn add(&mut self, name: &str, blob: Blob, bytes: &[u8]) -> Result<()> {
        if self.files.len() >= MAX_SCHEMA_FILES {
            return Err(Error::new(ErrorKind::Limit, "There are too many schema files"));
        }
        let file = Arc::new(SchemaFile::read(name, bytes)?);
        let mut hasher = std::hash::DefaultHasher::new();
        hasher.write(bytes);
        let hash = hasher.finish();
        self.files.retain(|old| old.hash != hash || old.file.name() != name);
        self.last_id += 1;
        self.files.push(Shelved { id: self.last_id, hash, file, blob });
        Ok(())
    }

    fn link(&mut self) -> Arc<Loaded> {
        let files = self.files.iter().map(|shelved| Arc::clone(&shelved.file)).collect();
        self.linked = Arc::new(Loaded::link(files));
        Arc::clone(&self.linked)
    }

    /// The files with their names, in order.
    pub fn shelf(&self) -> impl Iterator<Item = (&str, &Blob)> {
        self.files.iter().map(|shelved| (shelved.file.name(), &shelved.blob))
    }

    fn list(&self) -> Vec<LoadedSchema> {
        let of = |shelved: &Shelved| LoadedSchema { id: shelved.id, info: shelved.file.info() };
        self.files.iter().map(of).collect()
    }
}

/// Whether a file describes events, by how it begins.
pub async fn describes_events(blob: &Blob) -> bool {
    let head = read(blob, DETECT_BYTES).await;
    head.is_ok_and(|head| SchemaKind::detect(&head).is_some())
}

/// The first bytes of a file, at most so many.
async fn read(blob: &Blob, limit: usize) -> Result<Vec<u8>> {
    let failed = |error| read_error(0, &error);
    let slice = blob.slice_with_f64_and_f64(0.0, limit as f64).map_err(failed)?;
    let bytes = JsFuture::from(slice.array_buffer()).await.map_err(failed)?;
    Ok(Uint8Array::new(&bytes).to_vec())
}

async fn read_whole(blob: &Blob) -> Result<Vec<u8>> {
    let head = read(blob, DETECT_BYTES).await?;
    if SchemaKind::detect(&head).is_none() {
        let what = "This file does not describe events";
        return Err(Error::at(ErrorKind::Unsupported, 0, what));
    }
    if len_bytes(blob) > MAX_SCHEMA_FILE_BYTES as u64 {
        return Err(Error::new(ErrorKind::Limit, "The file is too large for a schema file"));
    }
    read(blob, MAX_SCHEMA_FILE_BYTES).await
}

impl Worker {
    /// Takes schema files, and decodes what is open anew.
    pub(super) fn load_schemas(self: &Rc<Self>, request: u32, files: Vec<(Blob, String)>) {
        self.spawn(request, Kind::Filter, move |worker, job| async move {
            worker.take_schemas(&job, files).await
        });
    }

    /// Forgets a schema file.
    pub(super) fn remove_schema(self: &Rc<Self>, request: u32, id: u32) {
        self.session.borrow_mut().schemas.files.retain(|shelved| shelved.id != id);
        self.spawn(request, Kind::Filter, move |worker, job| async move {
            worker.apply_schemas(&job, Vec::new()).await
        });
    }

    pub(super) async fn take_schemas(&self, job: &Job, files: Vec<(Blob, String)>) -> Outcome {
        let mut refused = Vec::new();
        for (blob, name) in files {
            let taken = match read_whole(&blob).await {
                Ok(bytes) => self.session.borrow_mut().schemas.add(&name, blob, &bytes),
                Err(error) => Err(error),
            };
            if let Err(error) = taken {
                refused.push((name, Failure::from(error)));
            }
        }
        self.apply_schemas(job, refused).await
    }

    async fn apply_schemas(&self, job: &Job, refused: Vec<(String, Failure)>) -> Outcome {
        let selected = {
            let mut session = self.session.borrow_mut();
            let linked = session.schemas.link();
            session.opened.as_mut().and_then(|opened| {
                opened.forget_views();
                match &mut opened.stage {
                    // Its filter is applied as it grows.
                    Stage::Loading(loader) => {
                        loader.set_loaded(linked);
                        None
                    }
                    Stage::Loaded(trace) => {
                        trace.set_loaded(linked);
                        Some((opened.selection.filter.clone(), opened.selection.range))
                    }
                }
            })
        };
        if let Some((filter, range)) = selected {
            self.scan_in_steps(job, filter, range).await?;
        }
        let mut session = self.session.borrow_mut();
        let files = session.schemas.list();
        let opened = session.opened.as_mut().filter(|opened| !opened.stage.is_loading());
        let info = opened.map(|opened| Box::new(opened.stage.trace().info().clone()));
        Ok((Answer::Schemas { files, refused, info }, None))
    }
}
