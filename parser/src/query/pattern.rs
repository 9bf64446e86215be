//! Text to look for: case-insensitive, with `*` and `?` where they were not quoted.

use std::borrow::Cow;
use std::fmt;
use std::sync::Arc;

use memchr::memmem;
use regex_lite::{Regex, RegexBuilder};

use crate::decimal;
use crate::limits::MAX_REGEX_BYTES;

/// A text to look for.
#[derive(Clone)]
pub struct Pattern {
    text: String,
    quoted: bool,
    number: Option<Number>,
    matcher: Matcher,
}

/// A number written as text, exact when it is whole.
#[derive(Clone, Copy, Debug, PartialEq, PartialOrd)]
pub enum Number {
    /// A whole number of up to 64 bits, with or without sign.
    Whole(i128),
    /// A number with a fraction.
    Fraction(f64),
}

impl Number {
    /// Reads decimal, `0x` hexadecimal and decimal fractions; nothing may stand around them.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        if let Some(whole) = parse_whole(text) {
            return Some(Self::Whole(whole));
        }
        // What `f64` reads beyond digits, point, sign and exponent (`inf`, `NaN`) is a word here.
        let plain =
            text.bytes().all(|b| matches!(b, b'0'..=b'9' | b'.' | b'-' | b'+' | b'e' | b'E'))
                && text.bytes().any(|b| b.is_ascii_digit());
        if plain { decimal::parse(text).map(Self::Fraction) } else { None }
    }

    /// Compares by value, whole numbers exactly.
    #[must_use]
    pub fn compare(self, other: Self) -> Option<std::cmp::Ordering> {
        // Between a whole number and a fraction 53 bits are as exact as the fraction is.
        #[expect(clippy::cast_precision_loss, reason = "only beside a fraction")]
        let float = |n: Self| match n {
            Self::Whole(n) => n as f64,
            Self::Fraction(n) => n,
        };
        match (self, other) {
            (Self::Whole(a), Self::Whole(b)) => Some(a.cmp(&b)),
            (a, b) => float(a).partial_cmp(&float(b)),
        }
    }
}

/// Reads a whole number of up to 64 bits: decimal with a sign, or `0x` hexadecimal.
pub(super) fn parse_whole(text: &str) -> Option<i128> {
    if let Some(hex) = text.strip_prefix("0x").or_else(|| text.strip_prefix("0X")) {
        if !hex.starts_with(|c: char| c.is_ascii_hexdigit()) {
            return None;
        }
        return u64::from_str_radix(hex, 16).ok().map(i128::from);
    }
    let digits = text.strip_prefix('-').unwrap_or(text);
    if digits.is_empty() || digits.len() > 20 || !digits.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    text.parse().ok()
}

/// How to look for it, worked out once and shared by copies.
#[derive(Clone)]
enum Matcher {
    /// A plain text.
    Plain(Arc<Needle>),
    /// A text with `*` or `?`, folded, between two stars more.
    Wild(Arc<[char]>),
    /// A regular expression.
    Regex(Arc<Regex>),
}

/// A plain text, ready to be searched for.
struct Needle {
    /// The folded text.
    folded: String,
    /// Searches for `folded`.
    finder: memmem::Finder<'static>,
    /// Whether the text has no letters with case, so that its bytes can be searched as they are.
    caseless: bool,
}

impl Pattern {
    /// A text; unless `quoted`, `*` stands for anything and `?` for one character.
    #[must_use]
    pub fn new(text: impl Into<String>, quoted: bool) -> Self {
        let text = text.into();
        let wild = !quoted && text.contains(['*', '?']);
        let matcher = if wild {
            let folded = text.chars().flat_map(fold_char);
            Matcher::Wild(std::iter::once('*').chain(folded).chain(['*']).collect())
        } else {
            let folded = fold(&text).into_owned();
            let caseless = text
                .chars()
                .all(|c| c.to_lowercase().eq([c]) && c.to_uppercase().eq([c]) && c != '\u{130}');
            Matcher::Plain(Arc::new(Needle {
                finder: memmem::Finder::new(folded.as_bytes()).into_owned(),
                folded,
                caseless,
            }))
        };
        let number = if quoted { None } else { Number::parse(&text) };
        Self { text, quoted, number, matcher }
    }

    /// A regular expression, whose matches may lie anywhere. Letters of
    /// either case are the same, as everywhere.
    ///
    /// # Errors
    /// What is wrong with it, in English.
    pub fn regex(text: impl Into<String>, quoted: bool) -> Result<Self, String> {
        let text = text.into();
        // The engine folds ASCII; all else is folded here, as the texts it looks at will be.
        let mut folded = String::with_capacity(text.len());
        for c in text.chars() {
            if c.is_ascii() {
                folded.push(c);
            } else {
                folded.extend(fold_char(c));
            }
        }
        let regex = RegexBuilder::new(&folded)
            .case_insensitive(true)
            .size_limit(MAX_REGEX_BYTES)
            .build()
            .map_err(|error| error.to_string())?;
        Ok(Self { text, quoted, number: None, matcher: Matcher::Regex(Arc::new(regex)) })
    }

    /// The text as written, without its quotes.
    #[must_use]
    pub fn text(&self) -> &str {
        &self.text
    }

    /// The number it is, if it is one and was not quoted.
    #[must_use]
    pub fn number(&self) -> Option<Number> {
        self.number
    }

    /// Whether it was quoted: neither wildcard nor number.
    #[must_use]
    pub fn is_quoted(&self) -> bool {
        self.quoted
    }

    /// Whether it is `*`: anything that is there.
    #[must_use]
    pub fn is_any(&self) -> bool {
        !self.quoted && !self.text.is_empty() && self.text.bytes().all(|b| b == b'*')
    }

    /// Whether it is a regular expression.
    #[must_use]
    pub fn is_regex(&self) -> bool {
        matches!(self.matcher, Matcher::Regex(_))
    }

    /// Whether it has wildcards.
    #[must_use]
    pub fn is_wild(&self) -> bool {
        matches!(self.matcher, Matcher::Wild(_))
    }

    /// A stretch of letters that every text which contains it, or is it, has one after the other
    /// in ASCII, in upper or lower case: the longest. `None` where there is none of two letters at
    /// least, or where a number may be written in another way.
    #[must_use]
    pub(crate) fn stretch(&self) -> Option<&[u8]> {
        let plain = self.number.is_none() && !self.is_regex();
        let ends = |byte: &u8| {
            // Two letters have other lower cases than their own in ASCII: the Kelvin sign is a k,
            // and a capital I with a dot is an i with one.
            !byte.is_ascii()
                || matches!(byte, b'i' | b'I' | b'k' | b'K')
                || self.is_wild() && matches!(byte, b'*' | b'?')
        };
        let stretches = self.text.as_bytes().split(ends).filter(|part| plain && part.len() > 1);
        stretches.max_by_key(|part| part.len())
    }

    /// Whether `hay` contains it anywhere.
    #[must_use]
    pub fn is_in(&self, hay: &str) -> bool {
        match &self.matcher {
            Matcher::Plain(needle) => needle.is_in(hay),
            Matcher::Wild(pattern) => glob(pattern, &fold(hay)),
            Matcher::Regex(regex) => matches(regex, hay),
        }
    }

    /// What `:` means for a value of a field: contained; with wildcards, matched as a whole.
    #[must_use]
    pub fn fits(&self, value: &str) -> bool {
        match &self.matcher {
            Matcher::Plain(needle) => needle.is_in(value),
            Matcher::Wild(pattern) => glob(whole(pattern), &fold(value)),
            Matcher::Regex(regex) => matches(regex, value),
        }
    }

    /// What `=` means for a value of a field: the same text in any case; wildcards still count.
    #[must_use]
    pub fn equals(&self, value: &str) -> bool {
        match &self.matcher {
            Matcher::Plain(needle) if needle.caseless => needle.folded == value,
            Matcher::Plain(needle) => needle.folded == fold(value),
            Matcher::Wild(pattern) => glob(whole(pattern), &fold(value)),
            Matcher::Regex(regex) => matches(regex, value),
        }
    }
}

fn matches(regex: &Regex, hay: &str) -> bool {
    if hay.is_ascii() { regex.is_match(hay) } else { regex.is_match(&fold(hay)) }
}

impl Needle {
    fn is_in(&self, hay: &str) -> bool {
        if self.caseless {
            return self.finder.find(hay.as_bytes()).is_some();
        }
        let Some(&first) = self.folded.as_bytes().first() else { return true };
        if !hay.is_ascii() {
            return self.finder.find(fold(hay).as_bytes()).is_some();
        }
        if !self.folded.is_ascii() {
            return false;
        }
        // ASCII in ASCII: jump to the first letter in either case, then compare in place.
        let (hay, needle) = (hay.as_bytes(), self.folded.as_bytes());
        memchr::memchr2_iter(first, first.to_ascii_uppercase(), hay).any(|at| {
            hay.get(at..at + needle.len()).is_some_and(|part| part.eq_ignore_ascii_case(needle))
        })
    }
}

/// Case folding: each character's lower case on its own, so that a part of a text folds the same
/// as inside the whole.
pub(crate) fn fold(text: &str) -> Cow<'_, str> {
    if text.is_ascii() {
        if text.bytes().any(|b| b.is_ascii_uppercase()) {
            return Cow::Owned(text.to_ascii_lowercase());
        }
        return Cow::Borrowed(text);
    }
    Cow::Owned(text.chars().flat_map(fold_char).collect())
}

fn fold_char(c: char) -> impl Iterator<Item = char> {
    // A final sigma is a sigma.
    let c = if c == 'ς' { 'σ' } else { c };
    c.to_lowercase()
}

/// A wildcard pattern without the stars that let it match anywhere.
fn whole(pattern: &[char]) -> &[char] {
    pattern.get(1..pattern.len().saturating_sub(1)).unwrap_or_default()
}

/// Whether a folded text matches a folded pattern as a whole. Linear but for one backtracking
/// point: the last `*`.
fn glob(pattern: &[char], text: &str) -> bool {
    let mut at = 0;
    let mut rest = text.chars();
    let mut retry: Option<(usize, std::str::Chars<'_>)> = None;
    loop {
        let here = rest.clone();
        match (pattern.get(at), rest.next()) {
            (Some('*'), _) => {
                at += 1;
                rest = here.clone();
                retry = Some((at, here));
            }
            (None, None) => return true,
            (Some(&p), Some(c)) if p == '?' || p == c => at += 1,
            _ => {
                // The last star takes one character more.
                let Some((after_star, from)) = &mut retry else { return false };
                if from.next().is_none() {
                    return false;
                }
                at = *after_star;
                rest = from.clone();
            }
        }
    }
}

impl PartialEq for Pattern {
    fn eq(&self, other: &Self) -> bool {
        self.text == other.text
            && self.quoted == other.quoted
            && self.is_regex() == other.is_regex()
    }
}

impl Eq for Pattern {}

impl fmt::Debug for Pattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.quoted { write!(f, "{:?}", self.text) } else { f.write_str(&self.text) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn case_does_not_matter_in_any_script() {
        for (needle, hay) in [
            ("dispatch", "Session DISPATCH failed"),
            ("FAILED", "dispatch failed."),
            ("디스패치", "세션을 디스패치하지 못했습니다."),
            ("ÉCHEC", "Échec de la répartition"),
            ("ошибка", "ОШИБКА"),
            ("σ", "ΟΔΥΣΣΕΥΣ"),
        ] {
            assert!(Pattern::new(needle, true).is_in(hay), "{needle} in {hay}");
        }
        assert!(!Pattern::new("dispatched", true).is_in("dispatch"));
        assert!(!Pattern::new("é", true).is_in("plain"));
    }

    #[test]
    fn wildcards_match_the_whole_value() {
        let star = Pattern::new("Dispatch*ed", false);
        assert!(star.fits("dispatchSessionFailed"));
        assert!(!star.fits("dispatchSessionFailed!"));
        assert!(star.is_in("the DispatchSessionFailed event"));
        assert!(Pattern::new("a?c", false).equals("ABC"));
        assert!(!Pattern::new("a?c", false).equals("AC"));
        assert!(Pattern::new("*", false).fits(""));
        assert!(Pattern::new("*a*b*a", false).fits("xaabbaba"));
        assert!(!Pattern::new("a*b*c", false).fits("abcbd"));
        assert!(Pattern::new("a*c", true).is_in("xa*cx"), "a quoted star is a star");
        assert!(!Pattern::new("a*c", true).is_in("abc"));
    }
}
