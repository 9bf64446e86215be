//! ETLens in the browser: the page and the worker share this library.
//!
//! `ui` draws, `state` holds view state, `protocol` is what page and worker say to each other
//! (`wire` how it travels), `client` and `pwa` are the page's ways to the worker and to the
//! system, `worker` owns the trace, `pool` helps it.
pub mod client;
pub mod pool;
pub mod protocol;
pub mod pwa;
pub mod state;
pub mod ui;
pub mod wire;
pub mod worker;
