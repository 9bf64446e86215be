//! What `tests/bench/index.mjs` calls in node.

use wasm_bindgen::prelude::wasm_bindgen;

use crate::{Index, checksum};

/// [`Index`] for JavaScript. The slices it is given are copied into the module's memory.
#[wasm_bindgen]
#[derive(Debug)]
pub struct WasmIndex {
    index: Index,
}

#[wasm_bindgen]
impl WasmIndex {
    /// Begins a file of `file_bytes`.
    #[wasm_bindgen(constructor)]
    #[must_use]
    pub fn new(file_bytes: f64) -> Self {
        Self { index: Index::begin(file_bytes as u64) }
    }

    /// Takes the next slice of the file.
    pub fn push(&mut self, slice: &[u8]) {
        self.index.take(slice);
    }

    /// Ends the file: how many records there were.
    #[must_use]
    pub fn finish(self) -> f64 {
        self.index.end().records as f64
    }
}

/// [`checksum`] for JavaScript.
#[wasm_bindgen]
#[must_use]
pub fn floor(slice: &[u8]) -> u64 {
    checksum(slice)
}
