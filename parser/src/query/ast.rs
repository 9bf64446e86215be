//! A filter as a tree, and how it is written: what is printed parses to the same tree.

use std::fmt;
use std::sync::Arc;

use super::field::{Field, FieldType, LEVELS};
use super::instant::Instant;
use super::pattern::Pattern;
use crate::guid::Guid;

/// A filter or a part of one.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Expr {
    /// Everything.
    All,
    /// All of these; never nested directly, never fewer than two.
    And(Vec<Expr>),
    /// One of these at least; never nested directly, never fewer than two.
    Or(Vec<Expr>),
    /// Not this.
    Not(Box<Expr>),
    /// A text in message, names or payload.
    Text(Pattern),
    /// A field compared with a value.
    Test(Test),
}

/// A field compared with a value or several.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Test {
    /// What is looked at.
    pub field: Field,
    /// How it is compared.
    pub op: Op,
    /// With what: one value, or with [`Op::Has`], [`Op::Eq`] and [`Op::Ne`] any of several.
    pub values: Vec<Value>,
}

/// How a field is compared.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Op {
    /// `:`: contains (texts), is (everything else), shares a bit (keyword masks).
    Has,
    /// `=`: is.
    Eq,
    /// `!=`: is not; also true of events without the field.
    Ne,
    /// `<`.
    Lt,
    /// `<=`.
    Le,
    /// `>`.
    Gt,
    /// `>=`.
    Ge,
    /// `~`: the text matches a regular expression.
    Match,
    /// `!~`: it does not; also true of events without the field.
    NotMatch,
}

impl Op {
    /// As written.
    #[must_use]
    pub const fn symbol(self) -> &'static str {
        match self {
            Self::Has => ":",
            Self::Eq => "=",
            Self::Ne => "!=",
            Self::Lt => "<",
            Self::Le => "<=",
            Self::Gt => ">",
            Self::Ge => ">=",
            Self::Match => "~",
            Self::NotMatch => "!~",
        }
    }

    /// Whether a regular expression follows.
    #[must_use]
    pub const fn is_match(self) -> bool {
        matches!(self, Self::Match | Self::NotMatch)
    }

    /// Whether it compares sizes, which needs numbers, levels or times.
    #[must_use]
    pub const fn is_order(self) -> bool {
        matches!(self, Self::Lt | Self::Le | Self::Gt | Self::Ge)
    }
}

/// What a field is compared with.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Value {
    /// `*`: anything, as long as it is there.
    Any,
    /// A number.
    Number(i128),
    /// Numbers from .. to, both included; an open end is `None`.
    Range(Option<i128>, Option<i128>),
    /// A text; in the payload also a number as written.
    Text(Pattern),
    /// A GUID.
    Guid(Guid),
    /// One of these, sorted: what an activity tree comes to in a trace. Never written.
    Guids(Arc<[Guid]>),
    /// Processes with the times their ids are theirs, sorted: what a process name comes to in a
    /// trace. Never written.
    Processes(Arc<[ProcessSpan]>),
    /// A time.
    Time(Instant),
    /// Times from .. to, both included.
    TimeRange(Option<Instant>, Option<Instant>),
    /// True or false.
    Flag(bool),
}

/// A process id, and the first and last instant (FILETIME) it means a process.
pub type ProcessSpan = (u32, i64, i64);

impl Expr {
    /// All of `parts`.
    #[must_use]
    pub fn and(parts: Vec<Self>) -> Self {
        let mut flat = Vec::with_capacity(parts.len());
        for part in parts {
            match part {
                Self::All => {}
                Self::And(inner) => flat.extend(inner),
                other => flat.push(other),
            }
        }
        match flat.len() {
            0 => Self::All,
            1 => flat.pop().unwrap_or(Self::All),
            _ => Self::And(flat),
        }
    }

    /// Any of `parts`; of none, everything (a filter that says nothing hides nothing).
    #[must_use]
    pub fn or(parts: Vec<Self>) -> Self {
        let mut flat = Vec::with_capacity(parts.len());
        for part in parts {
            match part {
                Self::All => return Self::All,
                Self::Or(inner) => flat.extend(inner),
                other => flat.push(other),
            }
        }
        match flat.len() {
            0 => Self::All,
            1 => flat.pop().unwrap_or(Self::All),
            _ => Self::Or(flat),
        }
    }

    /// Calls `visit` for every test and text of the tree.
    pub fn visit_leaves<'a>(&'a self, visit: &mut dyn FnMut(&'a Self)) {
        match self {
            Self::All => {}
            Self::And(parts) | Self::Or(parts) => {
                parts.iter().for_each(|part| part.visit_leaves(visit));
            }
            Self::Not(inner) => inner.visit_leaves(visit),
            leaf @ (Self::Text(_) | Self::Test(_)) => visit(leaf),
        }
    }
}

impl fmt::Display for Expr {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let list = |f: &mut fmt::Formatter<'_>, parts: &[Self], word: &str| {
            for (i, part) in parts.iter().enumerate() {
                if i > 0 {
                    f.write_str(word)?;
                }
                // `and` binds more than `or`.
                if matches!((self, part), (Self::And(_), Self::Or(_))) {
                    write!(f, "({part})")?;
                } else {
                    write!(f, "{part}")?;
                }
            }
            Ok(())
        };
        match self {
            Self::All => Ok(()),
            Self::And(parts) => list(f, parts, " and "),
            Self::Or(parts) => list(f, parts, " or "),
            Self::Not(inner) if matches!(**inner, Self::And(_) | Self::Or(_)) => {
                write!(f, "not ({inner})")
            }
            Self::Not(inner) => write!(f, "not {inner}"),
            Self::Text(pattern) => {
                f.write_str(if pattern.is_regex() { "~" } else { "" })?;
                write_text(f, pattern)
            }
            Self::Test(test) => write!(f, "{test}"),
        }
    }
}

impl fmt::Display for Test {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}{}", self.field, self.op.symbol())?;
        if let [value] = self.values.as_slice() {
            // Without the space, `= =x` would read as `== x`, `a: <=x` as `a<=x`, and `c: \x` or
            // `a: //x` as one word.
            let longer = matches!(value, Value::Text(pattern)
                if !pattern.is_quoted() && pattern.text().starts_with(['=', '<', '>', '~', '\\', '/']));
            f.write_str(if longer { " " } else { "" })?;
            return value.write(f, &self.field);
        }
        f.write_str("(")?;
        for (i, value) in self.values.iter().enumerate() {
            if i > 0 {
                f.write_str(",")?;
            }
            value.write(f, &self.field)?;
        }
        f.write_str(")")
    }
}

impl Value {
    fn write(&self, f: &mut fmt::Formatter<'_>, field: &Field) -> fmt::Result {
        let number = |f: &mut fmt::Formatter<'_>, number: &i128| match field.field_type() {
            FieldType::Keyword => write!(f, "{number:#x}"),
            FieldType::Level => {
                match LEVELS.iter().find(|(_, level)| i128::from(*level) == *number) {
                    Some((name, _)) => f.write_str(name),
                    None => write!(f, "{number}"),
                }
            }
            _ => write!(f, "{number}"),
        };
        match self {
            Self::Any => f.write_str("*"),
            Self::Number(n) => number(f, n),
            Self::Range(from, to) => {
                from.iter().try_for_each(|n| number(f, n))?;
                f.write_str("..")?;
                to.iter().try_for_each(|n| number(f, n))
            }
            Self::Text(pattern) => write_text(f, pattern),
            Self::Guid(guid) => write!(f, "{guid:#}"),
            Self::Processes(spans) => spans.iter().try_for_each(|span| write!(f, "{} ", span.0)),
            Self::Guids(guids) => guids.iter().try_for_each(|guid| write!(f, "{guid:#} ")),
            Self::Time(time) => write!(f, "{time}"),
            Self::TimeRange(from, to) => {
                from.iter().try_for_each(|time| write!(f, "{time}"))?;
                f.write_str("..")?;
                to.iter().try_for_each(|time| write!(f, "{time}"))
            }
            Self::Flag(flag) => write!(f, "{flag}"),
        }
    }
}

fn write_text(f: &mut fmt::Formatter<'_>, pattern: &Pattern) -> fmt::Result {
    if pattern.is_quoted() {
        write!(f, "\"{}\"", pattern.text().replace('"', "\"\""))
    } else {
        f.write_str(pattern.text())
    }
}
