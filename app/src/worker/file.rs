//! A file of the browser as a source of bytes: pieces of it are read when asked for, and some are
//! kept, because rows that stand together lie together.

use std::cell::RefCell;
use std::ops::Range;

use etlens_parser::source::ReadAt;
use etlens_parser::{Error, ErrorKind, Result};
use js_sys::{Array, Uint8Array};
use web_sys::{Blob, FileReaderSync};

/// Read where nothing near was read lately: one read costs as much whatever its size, up to this.
const LEAST_BYTES: u64 = 64 << 10;
/// Read where something near was: reading goes on there, and 1 MiB costs as much as a few reads.
const BLOCK_BYTES: u64 = 1 << 20;
/// Kept at most: a screen of rows touches a piece or two, or as many as it has rows.
const KEPT_BYTES: u64 = 8 << 20;

/// Random access to a `File` or `Blob`, only in a worker.
pub struct FileSource {
    blob: Blob,
    len_bytes: u64,
    reader: FileReaderSync,
    /// Most recently used last.
    pieces: RefCell<Vec<Piece>>,
}

/// A part of the file in memory.
struct Piece {
    offset: u64,
    bytes: Vec<u8>,
}

impl Piece {
    fn range(&self) -> Range<u64> {
        self.offset..self.offset + self.bytes.len() as u64
    }

    fn is_near(&self, offset: u64) -> bool {
        let Range { start, end } = self.range();
        (start.saturating_sub(BLOCK_BYTES)..=end + BLOCK_BYTES).contains(&offset)
    }
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
        Ok(Self { blob, len_bytes, reader, pieces: RefCell::default() })
    }

    /// The file.
    pub fn blob(&self) -> &Blob {
        &self.blob
    }

    /// Reads what is not kept of some ranges, in one go, which takes less than to read one after the
    /// other. What cannot be read fails when it is asked for.
    pub fn fetch(&self, ranges: &[Range<u64>]) {
        let mut pieces = self.pieces.borrow_mut();
        let (slices, mut missing, mut total) = (Array::new(), Vec::new(), 0);
        for Range { start, end } in ranges {
            let is_kept = pieces.iter().any(|piece| {
                let kept = piece.range();
                kept.start <= *start && kept.end >= *end
            });
            let slice = self.blob.slice_with_f64_and_f64(*start as f64, *end as f64);
            if let Ok(slice) = slice
                && !is_kept
                && total + (end - start) <= KEPT_BYTES
            {
                slices.push(&slice);
                missing.push(*start..*end);
                total += end - start;
            }
        }
        // A single one is read as well when it is asked for.
        let Some(1..) = missing.len().checked_sub(1) else { return };
        let whole = Blob::new_with_blob_sequence(&slices);
        let Ok(bytes) = whole.and_then(|whole| self.reader.read_as_array_buffer(&whole)) else {
            return;
        };
        let (bytes, mut at) = (Uint8Array::new(&bytes), 0);
        for Range { start, end } in missing {
            let part = bytes.subarray(at, at + (end - start) as u32);
            if u64::from(part.length()) == end - start {
                pieces.push(Piece { offset: start, bytes: part.to_vec() });
            }
            at += (end - start) as u32;
        }
        forget_oldest(&mut pieces);
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

    /// Reads a piece that holds an offset, and so many bytes after it at least unless another piece
    /// begins before.
    fn piece(&self, offset: u64, bytes: u64, kept: &[Piece]) -> Result<Piece> {
        let (start, length) = if kept.iter().any(|piece| piece.is_near(offset)) {
            (offset / BLOCK_BYTES * BLOCK_BYTES, BLOCK_BYTES)
        } else {
            (offset, bytes.max(LEAST_BYTES))
        };
        let mut bytes = vec![0; (self.len_bytes - start).min(length) as usize];
        self.slice(start, &mut bytes)?;
        Ok(Piece { offset: start, bytes })
    }
}

/// Forgets the pieces that were not used for longest, where they are too many.
fn forget_oldest(pieces: &mut Vec<Piece>) {
    let mut total: u64 = pieces.iter().map(|piece| piece.bytes.len() as u64).sum();
    let excess = pieces.iter().take_while(|piece| {
        let is_excess = total > KEPT_BYTES;
        total -= piece.bytes.len() as u64;
        is_excess
    });
    let excess = excess.count();
    pieces.drain(..excess);
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
        let mut pieces = self.pieces.borrow_mut();
        let (mut at, mut rest) = (offset, buffer);
        while at < end {
            let piece = match pieces.iter().position(|piece| piece.range().contains(&at)) {
                Some(kept) => pieces.remove(kept),
                None => self.piece(at, end - at, &pieces)?,
            };
            let held = piece.bytes.get((at - piece.offset) as usize..).unwrap_or_default();
            let here = held.len().min(rest.len());
            let (part, after) = rest.split_at_mut(here);
            part.copy_from_slice(held.get(..here).unwrap_or_default());
            (at, rest) = (at + here as u64, after);
            pieces.push(piece);
        }
        forget_oldest(&mut pieces);
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
