//! The bytes of a file as the browser hands them over, piece by piece.

use js_sys::{ArrayBuffer, Object, Promise, Reflect, Uint8Array};
use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::JsFuture;
use web_sys::{
    Blob, ReadableStreamByobReader, ReadableStreamDefaultReader, ReadableStreamReadResult,
};

/// The browser fills as much of it as it has at hand.
const PIECE_BYTES: u32 = 1 << 20;
/// But so much at least, where it can be told: each piece costs some work whatever its size.
const LEAST_PIECE_BYTES: u32 = PIECE_BYTES / 2;

#[wasm_bindgen]
extern "C" {
    /// `ReadableStreamBYOBReader`, with an option of its `read` that is newer than web-sys.
    type ByobReader;

    #[wasm_bindgen(method)]
    fn read(this: &ByobReader, view: &Uint8Array, options: &Object) -> Promise;
}

/// A part of a file on its way. The browser reads a little ahead, and no further until that is taken.
pub struct Stream {
    reader: Reader,
    /// The piece that came last, and what was left of longer ones: clearing it would cost as much
    /// as filling it.
    piece: Vec<u8>,
    piece_bytes: usize,
}

enum Reader {
    /// Fills the same buffer again and again: on Chromium nearly twice as fast as any other way.
    Byob { reader: ByobReader, buffer: Option<ArrayBuffer>, options: Object },
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
        let reader = match ReadableStreamByobReader::new(&stream) {
            Ok(reader) => {
                let options = Object::new();
                Reflect::set(&options, &"min".into(), &LEAST_PIECE_BYTES.into())?;
                Reader::Byob { reader: reader.unchecked_into(), buffer: None, options }
            }
            Err(_) => Reader::Default(ReadableStreamDefaultReader::new(&stream)?),
        };
        Ok(Self { reader, piece: Vec::new(), piece_bytes: 0 })
    }

    /// The bytes that came last; none before [`Stream::next`].
    pub fn bytes(&self) -> &[u8] {
        self.piece.get(..self.piece_bytes).unwrap_or_default()
    }

    /// Waits for the next bytes; `false` when there are no more.
    ///
    /// # Errors
    /// What the browser says, mostly because the file was changed or is gone.
    pub async fn next(&mut self) -> Result<bool, JsValue> {
        self.piece_bytes = 0;
        let read = match &mut self.reader {
            Reader::Byob { reader, buffer, options } => {
                let buffer = buffer.take().unwrap_or_else(|| ArrayBuffer::new(PIECE_BYTES));
                reader.read(&Uint8Array::new(&buffer), options)
            }
            Reader::Default(reader) => reader.read(),
        };
        let read: ReadableStreamReadResult = JsFuture::from(read).await?.unchecked_into();
        // The last bytes may come with the word that they are the last.
        let Ok(bytes) = read.get_value().dyn_into::<Uint8Array>() else { return Ok(false) };
        self.piece_bytes = bytes.length() as usize;
        if self.piece_bytes == 0 {
            return Ok(false);
        }
        if self.piece.len() < self.piece_bytes {
            self.piece.resize(self.piece_bytes, 0);
        }
        if let Some(piece) = self.piece.get_mut(..self.piece_bytes) {
            bytes.copy_to(piece);
        }
        if let Reader::Byob { buffer, .. } = &mut self.reader {
            *buffer = Some(bytes.buffer());
        }
        Ok(true)
    }
}
