//! Reading an event again: the reader's directory of the file, behind one door for all formats.

use std::ops::Range;

use crate::error::{Error, ErrorKind, Result};
use crate::etl;
use crate::formats::{TextBody, json};
use crate::record::{Locator, Record};
use crate::source::ReadAt;
use crate::value::Decoded;

/// One event, read again and decoded.
#[derive(Clone, Copy, Debug)]
pub struct Seen<'a> {
    /// The record as in the file.
    pub record: &'a Record<'a>,
    /// Its payload.
    pub decoded: &'a Decoded,
    /// What an export says beyond that; `None` in an .etl.
    pub body: Option<&'a TextBody>,
}

/// Where the events of a file are.
#[derive(Clone, Debug, Default)]
pub(super) enum Directory {
    /// Nothing was read yet.
    #[default]
    Empty,
    Etl(etl::File),
    Json(json::File),
}

/// What was read last, so that neighbours come cheap.
#[derive(Debug, Default)]
pub(super) struct Cache {
    etl: etl::BufferCache,
    json: json::TextCache,
}

impl Directory {
    /// Where the bytes lie that reading an event again takes; `None` where they are kept, or that is
    /// not known.
    pub fn bytes_of(&self, cache: &Cache, locator: Locator) -> Option<Range<u64>> {
        let Self::Etl(file) = self else { return None };
        file.extent(locator).filter(|_| cache.etl.holding(locator.0).is_none())
    }

    /// Reads the event of a locator again: its record, and what an export says beyond it.
    ///
    /// Not generic: what finds a record is too much code to have once for each asker.
    pub fn with_event(
        &self,
        source: &dyn ReadAt,
        cache: &mut Cache,
        locator: Locator,
        f: &mut dyn FnMut(&Record<'_>, Option<&TextBody>),
    ) -> Result<()> {
        match self {
            Self::Empty => Err(Error::new(ErrorKind::OutOfRange, "No file has been read")),
            Self::Etl(file) => {
                file.with_record(source, &mut cache.etl, locator, |record| f(record, None))
            }
            Self::Json(file) => file.with_event(source, &mut cache.json, locator, |event, body| {
                f(&event.record, Some(body));
            }),
        }
    }
}
