//! Files: opened, unpacked, loaded.

use std::cell::RefCell;
use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom};
use std::path::Path;
use std::sync::Arc;

use flate2::read::{DeflateDecoder, MultiGzDecoder};

use super::schema_files::Schemas;
use crate::error::{Error, ErrorKind, Result};
use crate::formats::cab::Unpacker;
use crate::formats::container::{Member, Method, container, trace_member};
use crate::limits::MAX_UNPACKED_BYTES;
use crate::schema::loaded::Loaded;
use crate::source::ReadAt;
use crate::store::{Loader, Trace, folder_error};

/// Bytes given to the loader at once.
const CHUNK_BYTES: usize = 4 << 20;

/// A loaded file.
pub(super) struct Input {
    /// Name of the file in the archive, when it was in one.
    pub inner: Option<String>,
    pub source: Box<dyn ReadAt>,
    pub trace: Trace,
}

/// A file on disk.
struct OnDisk {
    file: RefCell<File>,
    len_bytes: u64,
}

impl ReadAt for OnDisk {
    fn len_bytes(&self) -> u64 {
        self.len_bytes
    }

    fn read_exact_at(&self, offset: u64, buffer: &mut [u8]) -> Result<()> {
        let mut file = self.file.borrow_mut();
        let read = file.seek(SeekFrom::Start(offset)).and_then(|_| file.read_exact(buffer));
        read.map_err(|error| {
            let kind = match error.kind() {
                io::ErrorKind::UnexpectedEof => ErrorKind::Truncated,
                _ => ErrorKind::Read,
            };
            Error::at(kind, offset, error.to_string())
        })
    }
}

/// Opens and loads a file.
pub(super) fn load(path: &Path, schemas: &Schemas) -> Result<Input> {
    let unreadable = |error: io::Error| Error::new(ErrorKind::Read, error.to_string());
    if path.is_dir() {
        return Err(folder_error());
    }
    let file = File::open(path).map_err(unreadable)?;
    let len_bytes = file.metadata().map_err(unreadable)?.len();
    let disk = OnDisk { file: RefCell::new(file), len_bytes };
    let mut head = [0; 4];
    let head_bytes = head.len().min(usize::try_from(len_bytes).unwrap_or(usize::MAX));
    let head = head.get_mut(..head_bytes).unwrap_or_default();
    disk.read_exact_at(0, head)?;
    let own_name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
    let (name, inner, source): (_, _, Box<dyn ReadAt>) = match container(head) {
        None => (own_name, None, Box::new(disk)),
        Some(_) => {
            let member = trace_member(&disk)?;
            let name = match member.file_name() {
                "" => own_name.trim_end_matches(".gz").to_owned(),
                name => name.to_owned(),
            };
            let inner = if member.name.is_empty() { name.clone() } else { member.name.clone() };
            (name, Some(inner), Box::new(unpack(&disk, &member)?))
        }
    };
    let trace = read(&name, source.as_ref(), &schemas.loaded)?;
    Ok(Input { inner, source, trace })
}

/// Gives a source to the loader, from its first byte to its last.
fn read(name: &str, source: &dyn ReadAt, schemas: &Arc<Loaded>) -> Result<Trace> {
    let len_bytes = source.len_bytes();
    let mut loader = Loader::new(name, len_bytes);
    loader.set_loaded(Arc::clone(schemas));
    let mut chunk = vec![0; CHUNK_BYTES];
    let mut offset = 0;
    while offset < len_bytes {
        let bytes = (len_bytes - offset).min(CHUNK_BYTES as u64);
        let part = chunk.get_mut(..bytes as usize).unwrap_or_default();
        source.read_exact_at(offset, part)?;
        loader.push(part)?;
        offset += bytes;
    }
    loader.finish()
}

/// A stretch of a source, as a stream.
struct Stream<'a> {
    source: &'a dyn ReadAt,
    offset: u64,
    end: u64,
}

impl Read for Stream<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let bytes = (self.end - self.offset).min(buffer.len() as u64);
        let part = buffer.get_mut(..bytes as usize).unwrap_or_default();
        self.source.read_exact_at(self.offset, part).map_err(io::Error::other)?;
        self.offset += bytes;
        Ok(part.len())
    }
}

/// Unpacks a member of a cabinet.
fn expand(source: &dyn ReadAt, member: &Member, bytes: &mut Vec<u8>) -> Result<usize> {
    if let Some(mut unpacker) = Unpacker::new(member) {
        while unpacker.step(source, bytes)? {}
    }
    Ok(bytes.len())
}

/// Unpacks a member. Of one that is damaged in the middle, what comes before is kept.
fn unpack(source: &dyn ReadAt, member: &Member) -> Result<Vec<u8>> {
    let end = member.offset.saturating_add(member.stored_bytes);
    let stream =
        io::BufReader::with_capacity(CHUNK_BYTES, Stream { source, offset: member.offset, end });
    let mut bytes = Vec::new();
    let limit = MAX_UNPACKED_BYTES + 1;
    let outcome = match member.method {
        Method::Stored => stream.take(limit).read_to_end(&mut bytes),
        Method::Deflate => DeflateDecoder::new(stream).take(limit).read_to_end(&mut bytes),
        Method::Gzip => MultiGzDecoder::new(stream).take(limit).read_to_end(&mut bytes),
        // A file of a cabinet is below 4 GiB.
        Method::Cabinet(_) => expand(source, member, &mut bytes).map_err(io::Error::other),
    };
    if bytes.len() as u64 > MAX_UNPACKED_BYTES {
        let message = format!("{} unpacks to more than {MAX_UNPACKED_BYTES} bytes", member.name);
        return Err(Error::at(ErrorKind::Limit, member.offset, message));
    }
    match outcome {
        Err(error) if bytes.is_empty() => {
            let message = format!("{} cannot be unpacked: {error}", member.name);
            Err(Error::at(ErrorKind::BadCompression, member.offset, message))
        }
        _ => Ok(bytes),
    }
}
