//! The bytes of a file as the browser hands them over, piece by piece.

use js_sys::{ArrayBuffer, Uint8Array};
use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::JsFuture;
use web_sys::{
    Blob, ReadableStreamByobReader, ReadableStreamDefaultReader, ReadableStreamReadResult,
};

/// The browser fills as much of it as it has at hand.
const PIECE_BYTES: u32 = 1 << 20;

/// A part of a file on its way. The browser reads a little ahead, and no further until that is taken.
pub struct Stream(Reader);

enum Reader {
    /// Fills the same buffer again and again: on Chromium nearly twice as fast as any other way.
    Byob(ReadableStreamByobReader, Option<ArrayBuffer>),
    /// Gives new buffers: for browsers that cannot fill one.
    Default(ReadableStreamDefaultReader),
}

impl Stream {
    /// Begins to read the bytes from `from` to before `until`.
    ///
    /// # Errors
    /// What the browser says.
    pub fn new(file: &Blob, from: u64, until: u64) -> Result<Self, JsValue> {
        let stream = file.slice_with_f64_and_f64(from as f64, until as f64)?.stream();
        Ok(Self(match ReadableStreamByobReader::new(&stream) {
            Ok(reader) => Reader::Byob(reader, None),
            Err(_) => Reader::Default(ReadableStreamDefaultReader::new(&stream)?),
        }))
    }

    /// The next bytes, written to `piece`; `false` when there are no more.
    ///
    /// # Errors
    /// What the browser says, mostly because the file was changed or is gone.
    pub async fn next(&mut self, piece: &mut Vec<u8>) -> Result<bool, JsValue> {
        let read = match &mut self.0 {
            Reader::Byob(reader, buffer) => {
                let buffer = buffer.take().unwrap_or_else(|| ArrayBuffer::new(PIECE_BYTES));
                reader.read_with_array_buffer_view(&Uint8Array::new(&buffer))
            }
            Reader::Default(reader) => reader.read(),
        };
        let read: ReadableStreamReadResult = JsFuture::from(read).await?.unchecked_into();
        if read.get_done().unwrap_or(true) {
            return Ok(false);
        }
        let bytes: Uint8Array = read.get_value().unchecked_into();
        piece.resize(bytes.length() as usize, 0);
        bytes.copy_to(piece);
        if let Reader::Byob(_, buffer) = &mut self.0 {
            *buffer = Some(bytes.buffer());
        }
        Ok(true)
    }
}
