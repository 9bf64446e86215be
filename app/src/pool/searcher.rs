//! A helper's part in searching: the events of a share, read and decided.

use std::cell::{Cell, RefCell};
use std::collections::VecDeque;
use std::rc::Rc;
use std::sync::Arc;

use etlens_parser::schema::loaded::Loaded;
use etlens_parser::schema::schema_file::SchemaFile;
use etlens_parser::source::ReadAt as _;
use etlens_parser::store::{Briefing, Finds, Searcher, Share};
use js_sys::{Array, Uint8Array};
use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::spawn_local;

use super::messages::ToOwner;
use crate::worker::ahead::{AHEAD_BYTES, Ahead};
use crate::worker::file::FileSource;
use crate::worker::port;

/// The shares a helper was given.
#[derive(Default)]
pub struct Shares {
    search: RefCell<Option<Search>>,
    waiting: RefCell<VecDeque<Share>>,
    busy: Cell<bool>,
}

impl Shares {
    /// Begins a search with what the owner says.
    pub fn begin(&self, briefing: Briefing, schemas: &[String], attachment: Option<JsValue>) {
        *self.search.borrow_mut() = Search::new(briefing, schemas, attachment);
    }

    /// Takes a share, to be searched after those before it.
    pub fn take(self: &Rc<Self>, number: u32, attachment: Option<JsValue>) {
        let events: Option<Uint8Array> = attachment.and_then(|events| events.dyn_into().ok());
        let events = events.unwrap_or_default();
        let mut share = Share::with_room(number, events.length() as usize);
        events.copy_to(share.bytes_mut());
        self.waiting.borrow_mut().push_back(share);
        if !self.busy.replace(true) {
            let shares = Rc::clone(self);
            spawn_local(async move { shares.work().await });
        }
    }

    async fn work(&self) {
        let mut search = self.search.take();
        loop {
            let next = self.waiting.borrow_mut().pop_front();
            let Some(share) = next else { break };
            let finds = match &mut search {
                Some(search) => search.finds(&share).await,
                None => None,
            };
            let over = ToOwner::Over { stretch: share.number };
            port::post(&finds.map_or(over, ToOwner::Searched), None);
        }
        self.search.replace(search);
        self.busy.set(false);
    }
}

/// A search a helper takes part in.
struct Search {
    searcher: Searcher,
    source: FileSource,
    ahead: Ahead,
}

impl Search {
    /// Begins with what the owner says; `None` when that does not suffice. The owner then reads
    /// what is not searched.
    fn new(briefing: Briefing, schemas: &[String], attachment: Option<JsValue>) -> Option<Self> {
        let files = attachment?.dyn_into::<Array>().ok()?;
        let mut files = files.iter().map(|file| FileSource::new(file.dyn_into().ok()?).ok());
        let source = files.next()??;
        let mut loaded = Vec::new();
        for (name, file) in schemas.iter().zip(files) {
            let file = file?;
            let mut bytes = vec![0; file.len_bytes() as usize];
            file.read_exact_at(0, &mut bytes).ok()?;
            loaded.push(Arc::new(SchemaFile::read(name, &bytes).ok()?));
        }
        let searcher = Searcher::new(briefing, Arc::new(Loaded::link(loaded)))?;
        Some(Self { searcher, source, ahead: Ahead::default() })
    }

    /// What is found in a share; `None` when the file cannot be read.
    async fn finds(&mut self, share: &Share) -> Option<Finds> {
        let Self { searcher, source, ahead } = self;
        searcher.begin(share);
        loop {
            if let Some(range) = searcher.next_bytes(AHEAD_BYTES) {
                ahead.read(source.blob(), range, AHEAD_BYTES).await;
            }
            if let Some(finds) = searcher.step(&ahead.over(source), AHEAD_BYTES).ok()? {
                return Some(finds);
            }
        }
    }
}
