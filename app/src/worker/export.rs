//! Writing the filtered events as a file. The parts become blobs as they are made, which browsers
//! keep outside of the worker's memory.

use std::cell::RefCell;
use std::rc::Rc;

use etlens_parser::export::{Export, Format, Text};
use etlens_parser::{Error, ErrorKind, Result};
use js_sys::{Array, Uint8Array};
use web_sys::{Blob, BlobPropertyBag};

use super::Outcome;
use super::ahead::Ahead;
use super::job::{Job, Stop};
use super::session::{Opened, Session};
use crate::protocol::Answer;

/// Events written between two looks at the clock.
const STEP_EVENTS: u32 = 500;
/// Steps for which the file is read ahead.
const STEPS_AHEAD: u32 = 128;
/// Text gathered before it becomes a part of the file.
const PART_BYTES: usize = 4 << 20;

/// Writes the events that the filter leaves now; a filter set meanwhile does not matter.
pub async fn export(session: &RefCell<Session>, job: &Rc<Job>, format: &str) -> Outcome {
    let format: Format = format.parse()?;
    let (mut export, file_name) = {
        let mut session = session.borrow_mut();
        let locale = session.locale.clone();
        let (trace, view, _) = session.opened()?.parts()?;
        let file_name = format!("{}.{}", trace.info().file_name, format.extension());
        (Export::new(view, format, &locale, None), file_name)
    };
    let mut parts = Parts::new(media_type(format));
    let mut text = Text::default();
    let mut ahead = Ahead::default();
    for step in 0_u32.. {
        if step.is_multiple_of(STEPS_AHEAD) {
            let next = {
                let mut session = session.borrow_mut();
                let Opened { stage, source, .. } = session.opened()?;
                let next = export.next_bytes(stage.trace(), STEPS_AHEAD * STEP_EVENTS);
                next.map(|range| (source.blob().clone(), range))
            };
            if let Some((file, range)) = next {
                ahead.read(&file, range, u64::MAX).await;
            }
            // Meanwhile much may have changed.
            if job.stopped() == Stop::Replaced {
                return Ok((Answer::Done, None));
            }
        }
        let done = {
            let mut session = session.borrow_mut();
            let Opened { stage, source, .. } = session.opened()?;
            export.step(stage.trace(), &ahead.over(source), STEP_EVENTS, &mut text)?
        };
        if done || text.as_bytes().len() >= PART_BYTES {
            parts.add(text.as_bytes())?;
            text.clear();
        }
        if done {
            break;
        }
        job.progress(export.written(), export.total(), export.written());
        if !job.breathe().await {
            if job.stopped() == Stop::Replaced {
                return Ok((Answer::Done, None));
            }
            export.stop();
        }
    }
    let cancelled = job.stopped() == Stop::Cancelled;
    let answer = Answer::Exported { file_name, events: export.written(), cancelled };
    Ok((answer, Some(parts.whole()?.into())))
}

const fn media_type(format: Format) -> &'static str {
    match format {
        Format::Jsonl => "application/x-ndjson",
        Format::Json => "application/json",
        Format::Csv => "text/csv",
        Format::Xml => "application/xml",
    }
}

/// The file so far: blobs, put together without copying them.
struct Parts {
    blobs: Array,
    options: BlobPropertyBag,
}

impl Parts {
    fn new(media_type: &str) -> Self {
        let options = BlobPropertyBag::new();
        options.set_type(media_type);
        Self { blobs: Array::new(), options }
    }

    fn add(&mut self, text: &[u8]) -> Result<()> {
        let bytes = Array::of1(&Uint8Array::from(text));
        let blob = Blob::new_with_u8_array_sequence(&bytes).map_err(|_| no_room())?;
        self.blobs.push(&blob);
        Ok(())
    }

    fn whole(self) -> Result<Blob> {
        Blob::new_with_blob_sequence_and_options(&self.blobs, &self.options).map_err(|_| no_room())
    }
}

fn no_room() -> Error {
    Error::new(ErrorKind::Limit, "The browser has no room for the export")
}
