//! Errors as sentences: the one place where a code from the parser or the worker becomes what a
//! person reads.

use etlens_parser::error::Issue;

use super::format::{bytes, number};
use super::i18n::{Key, fill, look_up, substitute, t};
use crate::protocol::{Failure, FilterFault};

/// One sentence for an error code.
fn sentence(code: &str) -> &'static str {
    look_up("error", code).unwrap_or_else(|| t(Key::ErrorOther))
}

/// `offset 0x1a40 (6,720)`.
#[must_use]
pub fn place(offset: u64) -> String {
    fill(Key::AtOffset, &[&format!("{offset:#x}"), &number(offset)])
}

/// A failed request: sentence and place.
#[must_use]
pub fn failure(failure: &Failure) -> String {
    let mut text = sentence(&failure.code).to_owned();
    if let Some(offset) = failure.offset {
        text.push(' ');
        text.push_str(&place(offset));
    }
    text
}

/// A damage met while reading: sentence, place and what it cost.
#[must_use]
pub fn issue(issue: &Issue) -> String {
    let mut text = format!("{} {}", sentence(issue.kind.code()), place(issue.offset));
    if issue.skipped_bytes > 0 {
        text.push(' ');
        text.push_str(&fill(Key::Skipped, &[&bytes(issue.skipped_bytes)]));
    }
    text
}

/// What is wrong with a filter, beginning with the column.
#[must_use]
pub fn fault(fault: &FilterFault) -> String {
    let code = fault.code.strip_prefix("filter-").unwrap_or(&fault.code);
    let template = look_up("fault", code).unwrap_or_else(|| t(Key::FaultOther));
    let text = substitute(template, &[&fault.argument]);
    fill(Key::AtColumn, &[&fault.column.to_string(), &text])
}
