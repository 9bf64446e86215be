//! What the page knows: the trace's state as signals, and pure modules for what can be computed
//! without a browser (`clock`, `columns`, `goto`, `lanes`, `link`, `rows`, `scroller`, `settings`,
//! `viewport`, `zooms`).

pub mod actions;
pub mod app;
pub mod arrange;
pub mod cells;
pub mod clock;
pub mod columns;
pub mod format;
pub mod frame;
pub mod goto;
pub mod history;
pub mod i18n;
pub mod lanes;
pub mod language;
pub mod link;
pub mod messages;
pub mod reactive;
pub mod requests;
pub mod rows;
pub mod schemas;
pub mod scroller;
pub mod settings;
pub mod viewport;
pub mod zooms;
