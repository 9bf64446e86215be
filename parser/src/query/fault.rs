//! What can be wrong with a filter text, said so that a person can mend it.

use std::fmt;

use crate::error::{Error, ErrorKind};

/// Why a filter text is not understood, and where.
///
/// `code` is a key of the locale files; [`Display`](fmt::Display) writes the English sentence.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct FilterFault {
    /// One of [`CODES`].
    pub code: &'static str,
    /// First offending byte of the text.
    pub start: u32,
    /// One past the last.
    pub end: u32,
    /// 1-based column of `start`, in characters.
    pub column: u32,
    /// The offending word, operator or limit, as the sentence of the code needs it.
    pub argument: String,
    /// A correction, when one suggests itself; empty otherwise.
    pub suggestion: String,
}

/// The parsers' result.
pub(super) type Parsed<T> = Result<T, FilterFault>;

/// Every code with its English sentence; `{}` stands for the argument.
pub const CODES: [(&str, &str); 21] = [
    ("filter-too-long", "The filter is longer than {} bytes."),
    ("filter-too-deep", "More than {} parentheses or “not” inside each other."),
    ("filter-quote-open", "This quotation mark is never closed."),
    ("filter-paren-open", "This parenthesis is never closed."),
    ("filter-paren-extra", "This closing parenthesis has no opening one."),
    ("filter-term-missing", "Something to look for is missing next to “{}”."),
    ("filter-field-missing", "There is no field name before “{}”."),
    ("filter-value-missing", "A value is missing for “{}”."),
    ("filter-number-expected", "“{}” is not a number."),
    ("filter-number-range", "“{}” is out of range for this field."),
    (
        "filter-level-unknown",
        "“{}” is not a level. Levels are critical, error, warning, info, verbose or a number.",
    ),
    ("filter-guid-expected", "“{}” is not a GUID."),
    ("filter-time-expected", "“{}” is not a time like 2026-01-02T03:04:05Z."),
    ("filter-flag-expected", "“{}” is neither true nor false."),
    ("filter-operator-unfit", "“{}” does not work with this field; use “:”, “=” or “!=”."),
    ("filter-set-operator", "A list of values works with “:”, “=” and “!=”, not with “{}”."),
    ("filter-range-reversed", "The range “{}” ends before it begins."),
    ("filter-field-unknown", "No event seen so far has a field “{}”."),
    ("filter-regex", "This regular expression cannot be read: {}."),
    ("filter-xpath-syntax", "This XPath query cannot be read from here: “{}”."),
    ("filter-xpath-unsupported", "“{}” of XPath queries is not supported."),
];

impl FilterFault {
    /// A fault of the bytes `start..end` of `text`.
    pub(super) fn new(
        code: &'static str,
        text: &str,
        start: usize,
        end: usize,
        argument: impl Into<String>,
    ) -> Self {
        let before = text.get(..start).unwrap_or(text);
        let narrow = |n: usize| u32::try_from(n).unwrap_or(u32::MAX);
        Self {
            code,
            start: narrow(start),
            end: narrow(end.max(start)),
            column: narrow(before.chars().count() + 1),
            argument: argument.into(),
            suggestion: String::new(),
        }
    }

    /// Adds a correction.
    pub(super) fn suggest(mut self, suggestion: Option<&str>) -> Self {
        if let Some(suggestion) = suggestion {
            suggestion.clone_into(&mut self.suggestion);
        }
        self
    }
}

impl fmt::Display for FilterFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sentence =
            CODES.iter().find(|(code, _)| *code == self.code).map_or(self.code, |(_, text)| *text);
        write!(f, "Column {}: {}", self.column, sentence.replace("{}", &self.argument))?;
        if !self.suggestion.is_empty() {
            write!(f, " Did you mean “{}”?", self.suggestion)?;
        }
        Ok(())
    }
}

impl std::error::Error for FilterFault {}

impl From<FilterFault> for Error {
    fn from(fault: FilterFault) -> Self {
        Self::new(ErrorKind::BadFilter, fault.to_string())
    }
}
