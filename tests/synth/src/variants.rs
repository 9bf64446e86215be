//! The built files the end-to-end tests drop, and what they hold.

use crate::sample;

/// Files by name.
#[must_use]
pub fn files() -> Vec<(&'static str, Vec<u8>)> {
    vec![("sample.etl", sample::build())]
}

/// What they hold, as JSON.
#[must_use]
pub fn truth_json() -> String {
    sample::truth().to_json()
}
