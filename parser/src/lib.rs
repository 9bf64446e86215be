//! Reads Windows event traces (`.etl`) and their exports.
//!
//! Bytes go one way: `formats`/`etl` yield [`record::Record`]s, `schema` and `catalog` know what
//! payloads and events mean, `store` keeps columns, `query` selects, `insight` explains,
//! `export` writes, [`view`] is what callers see. The crate does no I/O, has no clock and never
//! panics on input: it takes bytes or a [`source::ReadAt`].
#![forbid(unsafe_code)]
#![deny(missing_docs)]

pub mod catalog;
#[cfg(feature = "cli")]
pub mod cli;
pub mod cursor;
mod decimal;
mod encoding;
pub mod error;
pub mod etl;
pub mod export;
pub mod formats;
pub mod guid;
pub mod insight;
pub mod limits;
mod map;
pub mod query;
pub mod record;
pub mod schema;
mod sort;
pub mod source;
pub mod status;
pub mod store;
pub mod system;
pub mod text;
pub mod time;
pub mod value;
pub mod value_text;
pub mod view;
pub mod xca;

pub use error::{Error, ErrorKind, Issue, Result};
pub use guid::Guid;
