//! ETLens in the browser: the page and the worker share this library.
//!
//! `ui` draws, `state` holds view state, `protocol` is what page and worker say to each other,
//! `worker` owns the trace.
pub mod protocol;
