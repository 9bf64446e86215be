//! Opening: the file is read once from its head to its end, several slices ahead, and goes into
//! the loader; what there is can be looked at meanwhile.

use std::cell::RefCell;
use std::rc::Rc;
use std::sync::Arc;

use etlens_parser::formats::container::container;
use etlens_parser::limits::DETECT_BYTES;
use etlens_parser::source::ReadAt as _;
use etlens_parser::store::{Loader, folder_error};
use etlens_parser::{Error, ErrorKind, Issue, Result};
use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::JsFuture;
use web_sys::{Blob, Response};

use super::file::{FileSource, len_bytes};
use super::job::{Job, Stop};
use super::reading::{End, Reading};
use super::session::{Opened, Selection, Session, Stage};
use super::unpack::unpack;
use super::{Outcome, port};
use crate::protocol::Answer;

/// Opens a file, or the trace within an archive.
///
/// The trace before it stays until it is clear that this file can be read. The fingerprint is
/// that of the trace itself, so that a link made with the archive also fits the unpacked file.
pub async fn open(session: &RefCell<Session>, job: &Rc<Job>, blob: Blob, name: &str) -> Outcome {
    let archive = FileSource::new(blob)?;
    if archive.len_bytes() == 0 {
        // A folder may have no size either, but cannot be read.
        let read = JsFuture::from(archive.blob().array_buffer()).await;
        return Err(read.map_or_else(|_| folder_error(), |_| empty()));
    }
    let mut head = vec![0; archive.len_bytes().min(DETECT_BYTES as u64) as usize];
    if let Err(error) = archive.read_exact_at(0, &mut head) {
        return Err(if looks_like_folder(archive.blob(), name) { folder_error() } else { error });
    }
    let (source, name) = match container(&head) {
        None => (archive, name.to_owned()),
        Some(_) => match unpack(job, &archive, name).await? {
            Some(unpacked) => (FileSource::new(unpacked.blob)?, unpacked.file_name),
            // Stopped before there was anything to show.
            None if job.stopped() == Stop::Replaced => return Ok((Answer::Done, None)),
            None => return stopped(session),
        },
    };
    read(session, job, source, &name).await
}

async fn read(
    session: &RefCell<Session>,
    job: &Rc<Job>,
    source: FileSource,
    name: &str,
) -> Outcome {
    let mut reading = Reading::new(session, job, source, name);
    let broken = match reading.read().await? {
        End::Over => None,
        End::Broken(issue) => Some(issue),
    };
    finish(session, job, reading.into_fresh(), broken)
}

/// Makes the trace of what was read.
fn finish(
    session: &RefCell<Session>,
    job: &Job,
    fresh: Option<(Box<Loader>, FileSource)>,
    broken: Option<Issue>,
) -> Outcome {
    if job.stopped() == Stop::Replaced {
        return Ok((Answer::Done, None));
    }
    let mut session = session.borrow_mut();
    let (mut loader, source, selection) = match fresh {
        Some((mut loader, source)) => {
            loader.set_loaded(Arc::clone(&session.schemas.linked));
            (loader, source, Selection::default())
        }
        None => match session.opened.take() {
            Some(Opened { stage: Stage::Loading(loader), source, selection, .. }) => {
                (loader, source, selection)
            }
            _ => return Err(Error::new(ErrorKind::OutOfRange, "The trace was closed")),
        },
    };
    if let Some(issue) = broken {
        loader.report(issue);
    }
    let trace = Box::new(loader.finish()?);
    trace.set_locale(&session.locale);
    let info = trace.info().clone();
    // Events came and changed places since the view was made.
    let selection = Selection { view: None, order: None, ..selection };
    session.opened = Some(Opened::new(Stage::Loaded(trace), source, selection));
    let info = Box::new(info);
    Ok((Answer::Opened { info, cancelled: job.stopped() == Stop::Cancelled }, None))
}

/// The answer of an opening that showed nothing yet: what was there before is still there.
fn stopped(session: &RefCell<Session>) -> Outcome {
    match session.borrow_mut().opened.as_mut().map(|opened| &mut opened.stage) {
        Some(stage) => {
            let info = Box::new(stage.trace().info().clone());
            Ok((Answer::Opened { info, cancelled: true }, None))
        }
        None => Err(Error::new(ErrorKind::Read, "Stopped before anything was read")),
    }
}

/// Loads a file of the page's own origin.
pub async fn fetch(name: &str) -> Result<Blob> {
    let failed = || Error::new(ErrorKind::Read, format!("{name} could not be loaded"));
    let scope = port::scope().ok_or_else(failed)?;
    let response = JsFuture::from(scope.fetch_with_str(&format!("./{name}"))).await;
    let response: Response = response.map_err(|_| failed())?.unchecked_into();
    if !response.ok() {
        return Err(failed());
    }
    let blob = response.blob().map_err(|_| failed())?;
    JsFuture::from(blob).await.map(JsCast::unchecked_into).map_err(|_| failed())
}

/// Browsers hand over a dropped folder as a file without a type, whose size is that of its
/// directory entry, and which cannot be read.
fn looks_like_folder(blob: &Blob, name: &str) -> bool {
    blob.type_().is_empty() && (!name.contains('.') || len_bytes(blob).is_multiple_of(4096))
}

fn empty() -> Error {
    Error::at(ErrorKind::Empty, 0, "The file is empty")
}
