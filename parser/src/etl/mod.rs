//! Event trace log files (`.etl`): nothing but buffers, one after another, each with a header and
//! records.
//!
//! [`Reader`] takes the file in chunks of any size and gives each record once, in file order, with
//! a [`Locator`](crate::record::Locator). [`File`] finds a record again. Damage never stops
//! either: what cannot be read is reported with its place and its size, and reading goes on at the
//! next record or buffer that makes sense. docs/FORMATS.md says what is known of the format.

mod accounting;
mod buffer;
mod cache;
mod event;
mod file;
mod group;
mod header;
mod kept;
pub mod raw;
mod reader;
mod walk;

pub use accounting::{Accounting, Losses};
pub use cache::BufferCache;
pub use file::{File, Scan};
pub use group::class_of;
pub use header::LogHeader;
pub(crate) use kept::KeptRecord;
pub use reader::{Known, Part, Reader};

/// Whether a file that begins with `head` (some hundred bytes) is an event trace log.
///
/// The format has no magic number; what it does have is a buffer header that makes sense followed
/// by the marker of the log header's record.
#[must_use]
pub fn is_etl(head: &[u8]) -> bool {
    buffer::begins_with_log_header(head)
}
