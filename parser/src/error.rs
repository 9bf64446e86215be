//! The one error type of the crate.
//!
//! An [`Error`] is a word: a boxed kind, the absolute file offset where it happened, and a short
//! English phrase. The page does not show that phrase: it translates [`ErrorKind::code`] through
//! its locale files and adds the offset, so the kinds are the vocabulary both sides share.

use std::fmt;

use serde::{Deserialize, Serialize};

/// What went wrong, coarse enough to translate and to act on.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd, Serialize, Deserialize)]
#[non_exhaustive]
pub enum ErrorKind {
    /// The file has no bytes.
    Empty,
    /// What was dropped is a folder, not a file.
    Folder,
    /// Nothing in the first bytes is of a format this crate knows.
    NotATrace,
    /// The format is known but not one this crate reads (the phrase names it).
    Unsupported,
    /// The file ends in the middle of something.
    Truncated,
    /// A trace buffer's header cannot be right.
    BadBuffer,
    /// A record's header or size cannot be right.
    BadRecord,
    /// Compressed bytes that do not inflate to what they promise.
    BadCompression,
    /// Text that is not well formed (JSON, XML, CSV), or not of the encoding it claims.
    BadText,
    /// A payload that does not fit the schema it names.
    BadPayload,
    /// A schema (manifest, metadata record) that cannot be understood.
    BadSchema,
    /// A count or size beyond what `limits` allows.
    Limit,
    /// The source of bytes failed (disk, browser, permissions).
    Read,
    /// A filter that cannot be understood.
    BadFilter,
    /// The caller asked for something that does not exist (a row past the end).
    OutOfRange,
}

impl ErrorKind {
    /// A stable lower-case name, used in locale files, JSON output and messages between threads.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::Empty => "empty",
            Self::Folder => "folder",
            Self::NotATrace => "not-a-trace",
            Self::Unsupported => "unsupported",
            Self::Truncated => "truncated",
            Self::BadBuffer => "bad-buffer",
            Self::BadRecord => "bad-record",
            Self::BadCompression => "bad-compression",
            Self::BadText => "bad-text",
            Self::BadPayload => "bad-payload",
            Self::BadSchema => "bad-schema",
            Self::Limit => "limit",
            Self::Read => "read",
            Self::BadFilter => "bad-filter",
            Self::OutOfRange => "out-of-range",
        }
    }
}

/// An error of this crate: kind, place and phrase.
#[derive(Clone)]
pub struct Error(Box<Inner>);

#[derive(Clone)]
struct Inner {
    kind: ErrorKind,
    offset: Option<u64>,
    message: String,
}

/// The result of anything here that can fail.
pub type Result<T, E = Error> = std::result::Result<T, E>;

impl Error {
    /// An error at an absolute byte offset of the file.
    #[cold]
    pub fn at(kind: ErrorKind, offset: u64, message: impl Into<String>) -> Self {
        Self(Box::new(Inner { kind, offset: Some(offset), message: message.into() }))
    }

    /// An error that belongs to no single place.
    #[cold]
    pub fn new(kind: ErrorKind, message: impl Into<String>) -> Self {
        Self(Box::new(Inner { kind, offset: None, message: message.into() }))
    }

    /// What went wrong.
    #[must_use]
    pub fn kind(&self) -> ErrorKind {
        self.0.kind
    }

    /// Where, as an absolute byte offset of the file.
    #[must_use]
    pub fn offset(&self) -> Option<u64> {
        self.0.offset
    }

    /// The English phrase, without the offset.
    #[must_use]
    pub fn message(&self) -> &str {
        &self.0.message
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0.message)?;
        match self.0.offset {
            Some(offset) => write!(f, " (at offset {offset:#x})"),
            None => Ok(()),
        }
    }
}

impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {self}", self.0.kind.code())
    }
}

impl std::error::Error for Error {}

/// Something a reader met, reported and stepped over; the rest of the file was still read.
///
/// `skipped_bytes` of all issues together with the bytes of all records and known padding account
/// for the whole file.
#[derive(Clone, Debug, Eq, PartialEq, Serialize, Deserialize)]
pub struct Issue {
    /// What went wrong.
    pub kind: ErrorKind,
    /// Absolute file offset where it begins.
    pub offset: u64,
    /// How many bytes of the file could not be read because of it.
    pub skipped_bytes: u64,
    /// One English phrase.
    pub message: String,
}

impl Issue {
    /// Makes an issue of an error, with what it cost.
    #[must_use]
    pub fn from_error(error: &Error, skipped_bytes: u64) -> Self {
        Self {
            kind: error.kind(),
            offset: error.offset().unwrap_or(0),
            skipped_bytes,
            message: error.message().to_owned(),
        }
    }
}
