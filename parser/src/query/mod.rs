//! The filter language: text to tree and back, evaluation and completion. docs/FILTERS.md
//! describes it for users.
//!
//! ```
//! # use etlens_parser::query::Filter;
//! let filter: Filter = "id:4031 and level<=error".parse()?;
//! assert_eq!(filter.to_string(), "id:4031 and level<=error");
//! assert!(!filter.needs_payload());
//! # Ok::<(), etlens_parser::query::FilterFault>(())
//! ```

mod ast;
mod choose;
mod complete;
mod eval;
mod fault;
mod field;
mod instant;
mod lexer;
mod parser;
mod pattern;
mod payload;
mod resolve;
mod xpath;

use std::fmt;
use std::str::FromStr;

pub use ast::{Expr, Op, ProcessSpan, Test, Value};
pub use choose::{Choice, choose};
pub use complete::{Completed, Completions, complete};
pub use eval::{KeyFacts, PayloadFacts, Residual, RowFacts};
pub use fault::{CODES, FilterFault};
pub use field::{Field, Stage};
pub use instant::{Anchor, Instant};
pub(crate) use pattern::fold;
pub use pattern::{Number, Pattern};
pub use payload::find;
pub(crate) use payload::{is_bare, is_by_place, is_name, leads_into};
pub use resolve::TraceFacts;

/// A filter: a tree that decides events.
#[derive(Clone, Debug)]
pub struct Filter {
    expr: Expr,
    /// What must all be true, as written: what parentheses hold together is one of them.
    parts: Vec<Expr>,
    stage: Stage,
}

impl Filter {
    /// The filter that passes everything.
    #[must_use]
    pub fn all() -> Self {
        Self::from(Expr::All)
    }

    /// Parses a filter text, or a query of Event Viewer (XPath or `QueryList`).
    ///
    /// # Errors
    /// What is wrong, and where.
    pub fn parse(text: &str) -> Result<Self, FilterFault> {
        if xpath::is_query(text) {
            return xpath::parse(text).map(Self::from);
        }
        let parts = parser::parts(text)?.into_iter().map(|part| part.expr);
        Ok(Self::of(parts.collect()))
    }

    fn of(parts: Vec<Expr>) -> Self {
        let expr = Expr::and(parts.clone());
        Self { stage: eval::stage(&expr), expr, parts }
    }

    /// The tree.
    #[must_use]
    pub fn expr(&self) -> &Expr {
        &self.expr
    }

    /// Whether it passes everything.
    #[must_use]
    pub fn is_all(&self) -> bool {
        self.expr == Expr::All
    }

    /// The latest stage at which events are decided.
    #[must_use]
    pub fn stage(&self) -> Stage {
        self.stage
    }

    /// Whether some events may have to be read again to decide them.
    #[must_use]
    pub fn needs_payload(&self) -> bool {
        self.stage == Stage::Payload
    }

    /// Whether the rendered message is looked at, which costs more than the fields.
    #[must_use]
    pub fn needs_message(&self) -> bool {
        let mut needed = false;
        self.expr.visit_leaves(&mut |leaf| {
            needed |= match leaf {
                Expr::Test(test) => test.field == Field::Message,
                _ => true,
            };
        });
        needed
    }

    /// Whether it tests fields of payloads by name.
    #[must_use]
    pub fn names_payload_fields(&self) -> bool {
        let mut any = false;
        self.expr.visit_leaves(&mut |leaf| {
            any |= matches!(leaf, Expr::Test(Test { field: Field::Payload(_), .. }));
        });
        any
    }

    /// The filter without the parts that only say which values a column may have (as
    /// [`Field::named`], or `event`): what other values it could have is counted so.
    #[must_use]
    pub fn without_column(&self, column: &str) -> Self {
        let field = Field::named(column);
        let is_own = |part: &&Expr| {
            let (mut own, mut any) = (true, false);
            part.visit_leaves(&mut |leaf| {
                let Expr::Test(Test { field: of, .. }) = leaf else { return own = false };
                let is = match column {
                    "event" => matches!(of, Field::Id | Field::Name),
                    _ => *of == field,
                };
                any |= is;
                // Events are chosen by provider and id.
                own &= is || (column == "event" && *of == Field::Provider);
            });
            own && any
        };
        Self::of(self.parts.iter().filter(|part| !is_own(part)).cloned().collect())
    }

    /// Payload fields the filter names that are none of `fields`: likely misspelt. The filter
    /// still runs; these are hints.
    #[must_use]
    pub fn hints(&self, text: &str, fields: &[String]) -> Vec<FilterFault> {
        let mut hints = Vec::new();
        let known = |path: &str| {
            let name = path.split(['.', '[']).next().unwrap_or_default();
            let by_place = path.len() > name.len() && Field::is_payload_root(name);
            by_place || fields.iter().any(|field| fold(field) == fold(name))
        };
        self.expr.visit_leaves(&mut |leaf| {
            let Expr::Test(Test { field: Field::Payload(name), .. }) = leaf else { return };
            if !known(name) {
                let start = text.find(name.as_str()).unwrap_or(0);
                let end = (start + name.len()).min(text.len());
                let hint = FilterFault::new("filter-field-unknown", text, start, end, name);
                let own = fields.iter().map(|field| (field.as_str(), field.as_str()));
                let near = field::nearest(name, own).or_else(|| field::nearest_field(name));
                hints.push(hint.suggest(near));
            }
        });
        hints
    }
}

impl From<Expr> for Filter {
    fn from(expr: Expr) -> Self {
        Self::of(match expr {
            Expr::And(parts) => parts,
            one => vec![one],
        })
    }
}

/// How a filter is written makes no difference.
impl PartialEq for Filter {
    fn eq(&self, other: &Self) -> bool {
        self.expr == other.expr
    }
}

impl Eq for Filter {}

impl FromStr for Filter {
    type Err = FilterFault;

    fn from_str(text: &str) -> Result<Self, FilterFault> {
        Self::parse(text)
    }
}

impl fmt::Display for Filter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let printed = self.expr.to_string();
        // Words like `event[a` would be read as a query of Event Viewer.
        if xpath::is_query(&printed) { write!(f, "({printed})") } else { f.write_str(&printed) }
    }
}

/// A term that includes exactly the events with this text in a field: `AppDomain="x y"`.
/// `field` is a name as the details panel shows it (`EventID`, `EventData.AppDomain`).
#[must_use]
pub fn term(field: &str, value: &str) -> String {
    let field = Field::named(field);
    let text = complete::quoted(value);
    format!("{field}={text}")
}

#[cfg(test)]
mod tests;
