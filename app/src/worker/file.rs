//! A file of the browser as a source of bytes: slices of it are read when asked for, and a few
//! blocks are kept, because rows that stand together lie together.

use std::cell::RefCell;

use etlens_parser::source::ReadAt;
use etlens_parser::{Error, ErrorKind, Result};
use js_sys::Uint8Array;
use web_sys::{Blob, FileReaderSync};

/// One read costs about 0.2 ms whatever its size; 1 MiB costs as much again.
const BLOCK_BYTES: u64 = 1 << 20;
/// Blocks kept: a screen of rows touches a block or two, a text export or a scan one at a time.
const BLOCKS_KEPT: usize = 8;

/// Random access to a `File` or `Blob`, only in a worker.
pub struct FileSource {
    blob: Blob,
    len_bytes: u64,
    reader: FileReaderSync,
    /// Most recently used last.
    blocks: RefCell<Vec<Block>>,
}

struct Block {
    number: u64,
    bytes: Vec<u8>,
}

impl FileSource {
    /// Reads from a file.
    ///
    /// # Errors
    /// [`ErrorKind::Read`] outside of a worker.
    pub fn new(blob: Blob) -> Result<Self> {
        let reader = FileReaderSync::new()
            .map_err(|_| Error::new(ErrorKind::Read, "This browser cannot read files here"))?;
        let len_bytes = len_bytes(&blob);
        Ok(Self { blob, len_bytes, reader, blocks: RefCell::default() })
    }

    /// The file.
    pub fn blob(&self) -> &Blob {
        &self.blob
    }

    /// Reads a slice that lies within the file.
    fn slice(&self, offset: u64, buffer: &mut [u8]) -> Result<()> {
        let end = offset + buffer.len() as u64;
        let read = self
            .blob
            .slice_with_f64_and_f64(offset as f64, end as f64)
            .and_then(|slice| self.reader.read_as_array_buffer(&slice));
        let bytes = read.map_err(|error| read_error(offset, &error))?;
        let bytes = Uint8Array::new(&bytes);
        if bytes.length() as usize != buffer.len() {
            return Err(Error::at(ErrorKind::Read, offset, "The file has become shorter"));
        }
        bytes.copy_to(buffer);
        Ok(())
    }

    /// Copies from a block, which is read unless it is kept.
    fn copy_from_block(&self, number: u64, from: u64, buffer: &mut [u8]) -> Result<()> {
        let mut blocks = self.blocks.borrow_mut();
        let block = match blocks.iter().position(|block| block.number == number) {
            Some(at) => blocks.remove(at),
            None => {
                let start = number * BLOCK_BYTES;
                // Take over the memory of the block that must go.
                let mut bytes = match blocks.len() {
                    BLOCKS_KEPT => blocks.remove(0).bytes,
                    _ => Vec::new(),
                };
                bytes.resize((self.len_bytes - start).min(BLOCK_BYTES) as usize, 0);
                self.slice(start, &mut bytes)?;
                Block { number, bytes }
            }
        };
        let from = from as usize;
        let part = block.bytes.get(from..from + buffer.len());
        buffer.copy_from_slice(part.ok_or_else(|| past_the_end(number * BLOCK_BYTES))?);
        blocks.push(block);
        Ok(())
    }
}

impl ReadAt for FileSource {
    fn len_bytes(&self) -> u64 {
        self.len_bytes
    }

    fn read_exact_at(&self, offset: u64, buffer: &mut [u8]) -> Result<()> {
        let end = offset.checked_add(buffer.len() as u64).filter(|end| *end <= self.len_bytes);
        let Some(end) = end else { return Err(past_the_end(offset)) };
        if buffer.len() as u64 >= BLOCK_BYTES {
            return self.slice(offset, buffer);
        }
        let (mut at, mut rest) = (offset, buffer);
        while at < end {
            let (number, from) = (at / BLOCK_BYTES, at % BLOCK_BYTES);
            let here = (BLOCK_BYTES - from).min(end - at);
            let (part, after) = rest.split_at_mut(here as usize);
            self.copy_from_block(number, from, part)?;
            (at, rest) = (at + here, after);
        }
        Ok(())
    }
}

/// The size of a file; browsers give whole numbers below 2^53.
pub fn len_bytes(blob: &Blob) -> u64 {
    blob.size() as u64
}

/// What a failed read means.
pub fn read_error(offset: u64, error: &wasm_bindgen::JsValue) -> Error {
    let said = js_sys::Reflect::get(error, &"message".into()).ok().and_then(|m| m.as_string());
    let phrase = match said {
        Some(said) => format!("The browser could not read the file: {said}"),
        None => "The browser could not read the file".to_owned(),
    };
    Error::at(ErrorKind::Read, offset, phrase)
}

fn past_the_end(offset: u64) -> Error {
    Error::at(ErrorKind::Truncated, offset, "Read past the end")
}
