//! Builds `.etl` files for tests and for the bundled sample trace.
//!
//! Every offset and size here is written by hand from the description of the format; nothing is
//! shared with the parser, so a mistake in one is not hidden by the same mistake in the other.
//! What is built is what Windows' own session writer would leave on disk: a header buffer with
//! `TRACE_LOGFILE_HEADER`, then per-processor buffers in the order in which they filled up.
#![forbid(unsafe_code)]

pub mod activation;
pub mod big;
pub mod bytes;
pub mod cab;
pub mod compiled_manifest;
pub mod contoso;
pub mod damage;
pub mod extended;
pub mod guid;
pub mod kernel;
pub mod metadata;
pub mod program;
pub mod random;
pub mod record;
pub mod sample;
pub mod session;
pub mod time;
pub mod trace;
pub mod tracelogging;
pub mod variants;
pub mod wpp;
pub mod xpress;

pub use guid::{Guid, guid, guid_text};
pub use record::Record;
pub use session::{Clock, LogFile, Pointer};
pub use trace::TraceBuilder;
