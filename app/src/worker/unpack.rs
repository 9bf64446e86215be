//! Archives: the member to open becomes a `Blob`, which browsers keep outside of the worker's
//! memory, on disk when it is large.

use std::cell::Cell;
use std::rc::Rc;

use etlens_parser::formats::cab::Unpacker;
use etlens_parser::formats::container::{Member, Method, trace_member};
use etlens_parser::limits::MAX_UNPACKED_TO_DISK_BYTES;
use etlens_parser::{Error, ErrorKind, Result};
use js_sys::{Array, Function, Object, Reflect, Uint8Array};
use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::JsFuture;
use web_sys::{Blob, ReadableStream, Response};

use super::file::{FileSource, read_error};
use super::job::{Job, Stop};

#[wasm_bindgen]
extern "C" {
    // Unstable in web-sys.
    type DecompressionStream;
    #[wasm_bindgen(constructor, catch)]
    fn new(format: &str) -> Result<DecompressionStream, JsValue>;

    type TransformStream;
    #[wasm_bindgen(constructor, catch)]
    fn new(transformer: &Object) -> Result<TransformStream, JsValue>;

    type PipedStream;
    #[wasm_bindgen(method, catch, js_name = pipeThrough)]
    fn pipe_through(this: &PipedStream, pair: &JsValue) -> Result<ReadableStream, JsValue>;

    type Controller;
    #[wasm_bindgen(method)]
    fn enqueue(this: &Controller, chunk: &JsValue);
    #[wasm_bindgen(method)]
    fn error(this: &Controller, reason: &JsValue);
}

/// A trace taken out of an archive.
pub struct Unpacked {
    /// The trace.
    pub blob: Blob,
    /// Its name in the archive.
    pub file_name: String,
}

/// Takes the trace out of an archive. `None` when it was stopped.
pub async fn unpack(job: &Rc<Job>, archive: &FileSource, name: &str) -> Result<Option<Unpacked>> {
    let member = trace_member(archive)?;
    let file_name = match member.file_name() {
        // gzip need not say a name: the archive's without its ending.
        "" => strip_ending(name, ".gz").to_owned(),
        inner => inner.to_owned(),
    };
    let start = member.offset as f64;
    let end = (member.offset + member.stored_bytes) as f64;
    let stored = archive
        .blob()
        .slice_with_f64_and_f64(start, end)
        .map_err(|error| read_error(member.offset, &error))?;
    let blob = match member.method {
        Method::Stored => stored,
        Method::Deflate | Method::Gzip => match inflate(job, &stored, &member).await {
            Ok(blob) => blob,
            Err(_) if job.stopped() != Stop::No => return Ok(None),
            Err(error) => return Err(error),
        },
        Method::Cabinet(_) => match expand(job, archive, &member).await? {
            Some(blob) => blob,
            None => return Ok(None),
        },
    };
    Ok(Some(Unpacked { blob, file_name }))
}

/// Unpacked bytes that are given to the browser at once.
const PART_BYTES: usize = 8 << 20;

/// Takes a file out of a cabinet, which browsers cannot unpack. `None` when it was stopped. Of one
/// that is damaged in the middle, what comes before is kept.
async fn expand(job: &Rc<Job>, archive: &FileSource, member: &Member) -> Result<Option<Blob>> {
    let Some(mut unpacker) = Unpacker::new(member) else { return Ok(None) };
    let (parts, mut part, mut done) = (Array::new(), Vec::new(), 0_u64);
    let total = member.bytes.unwrap_or_default();
    let mut outcome = Ok(true);
    while matches!(outcome, Ok(true)) {
        let before = part.len();
        outcome = unpacker.step(archive, &mut part);
        done += (part.len() - before) as u64;
        if part.len() >= PART_BYTES || !matches!(outcome, Ok(true)) {
            parts.push(&Uint8Array::from(part.as_slice()));
            part.clear();
        }
        if !job.breathe().await {
            return Ok(None);
        }
        job.progress(done, total, 0);
    }
    match outcome {
        Err(error) if done == 0 => Err(error),
        _ => Blob::new_with_u8_array_sequence(&parts)
            .map(Some)
            .map_err(|error| read_error(member.offset, &error)),
    }
}

async fn inflate(job: &Rc<Job>, stored: &Blob, member: &Member) -> Result<Blob> {
    let format = if member.method == Method::Gzip { "gzip" } else { "deflate-raw" };
    let failed = |error: &JsValue| {
        let said = Reflect::get(error, &"message".into()).ok().and_then(|m| m.as_string());
        let message = format!("The archive cannot be unpacked: {}", said.unwrap_or_default());
        Error::at(ErrorKind::BadCompression, member.offset, message)
    };
    let beyond = Rc::new(Cell::new(false));
    let limit = member.bytes.unwrap_or(MAX_UNPACKED_TO_DISK_BYTES).min(MAX_UNPACKED_TO_DISK_BYTES);
    let meter = meter(job, limit, &beyond);
    let stream = async {
        let inflater = DecompressionStream::new(format)?;
        let plain = stored.stream().unchecked_into::<PipedStream>().pipe_through(&inflater)?;
        let transform = TransformStream::new(&meter.transformer)?;
        let metered = plain.unchecked_into::<PipedStream>().pipe_through(&transform)?;
        let response = Response::new_with_opt_readable_stream(Some(&metered))?;
        JsFuture::from(response.blob()?).await
    };
    match stream.await {
        Ok(blob) => Ok(blob.unchecked_into()),
        Err(_) if beyond.get() => {
            let message = format!("The archive unpacks to more than the {limit} bytes it may have");
            Err(Error::at(ErrorKind::Limit, member.offset, message))
        }
        Err(error) => Err(failed(&error)),
    }
}

struct Meter {
    transformer: Object,
    _transform: Closure<dyn FnMut(Uint8Array, Controller)>,
}

/// Passes bytes on, counts them, and breaks off when stopped or beyond the limit.
fn meter(job: &Rc<Job>, limit: u64, beyond: &Rc<Cell<bool>>) -> Meter {
    let (job, beyond, mut done) = (Rc::clone(job), Rc::clone(beyond), 0_u64);
    let transform = Closure::<dyn FnMut(Uint8Array, Controller)>::new(
        move |chunk: Uint8Array, controller: Controller| {
            done += u64::from(chunk.length());
            beyond.set(done > limit);
            if beyond.get() || job.stopped() != Stop::No {
                controller.error(&JsValue::from_str("stopped"));
            } else {
                controller.enqueue(&chunk);
                job.progress(done, limit.max(done), 0);
            }
        },
    );
    let transformer = Object::new();
    let function: &Function = transform.as_ref().unchecked_ref();
    // Setting a member of a plain object does not fail.
    let _ = Reflect::set(&transformer, &"transform".into(), function);
    Meter { transformer, _transform: transform }
}

/// A name without an ending, whatever its case.
fn strip_ending<'a>(name: &'a str, ending: &str) -> &'a str {
    match name.len().checked_sub(ending.len()).and_then(|at| name.split_at_checked(at)) {
        Some((stem, end)) if end.eq_ignore_ascii_case(ending) => stem,
        _ => name,
    }
}
