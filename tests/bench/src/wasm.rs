//! What `tests/e2e/index-pass.mjs` calls in Chromium.

use wasm_bindgen::JsValue;
use wasm_bindgen::prelude::wasm_bindgen;

use crate::{Index, SLICE_BYTES};

/// [`Index`] for JavaScript. The slices it is given are copied into the module's memory.
#[wasm_bindgen]
#[derive(Debug)]
pub struct WasmIndex {
    index: Index,
    slice: Vec<u8>,
}

#[wasm_bindgen]
impl WasmIndex {
    /// Begins a file of `file_bytes`.
    #[wasm_bindgen(constructor)]
    #[must_use]
    pub fn new(file_bytes: f64) -> Self {
        Self { index: Index::begin(file_bytes as u64), slice: vec![0; SLICE_BYTES] }
    }

    /// Takes the next slice of the file.
    pub fn push(&mut self, slice: &[u8]) {
        self.index.take(slice);
    }

    /// Where in [`module_memory`] a slice can be put for [`WasmIndex::push_in_place`].
    #[must_use]
    pub fn place(&self) -> usize {
        self.slice.as_ptr() as usize
    }

    /// Takes the next `length` bytes of the file, which lie at [`WasmIndex::place`].
    pub fn push_in_place(&mut self, length: usize) {
        self.index.take(self.slice.get(..length).unwrap_or_default());
    }

    /// Ends the file: how many records there were.
    #[must_use]
    pub fn finish(self) -> f64 {
        self.index.end().records as f64
    }
}

/// The module's memory.
#[wasm_bindgen]
#[must_use]
pub fn module_memory() -> JsValue {
    wasm_bindgen::memory()
}
