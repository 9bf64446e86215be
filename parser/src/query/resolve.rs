//! What a filter leaves open until the trace is known: moments counted from its ends, and the
//! activities that transfers join.

use std::sync::Arc;

use super::Filter;
use super::ast::{Expr, Op, ProcessSpan, Test, Value};
use super::field::Field;
use crate::guid::Guid;

/// What a trace knows of itself.
pub trait TraceFacts {
    /// Times of the first and the last event.
    fn ends(&self) -> (i64, i64);
    /// All activities that transfers join with one, itself included.
    fn activity_tree(&self, activity: Guid) -> Vec<Guid>;
    /// The processes whose image names fit.
    fn processes(&self, _fits: &dyn Fn(&str) -> bool) -> Vec<ProcessSpan> {
        Vec::new()
    }
}

impl Filter {
    /// The same filter with nothing left open.
    #[must_use]
    pub fn resolved(&self, trace: &dyn TraceFacts) -> Self {
        Self { stage: self.stage, ..Self::from(expr(&self.expr, trace)) }
    }
}

fn expr(from: &Expr, trace: &dyn TraceFacts) -> Expr {
    match from {
        Expr::And(parts) => Expr::And(parts.iter().map(|part| expr(part, trace)).collect()),
        Expr::Or(parts) => Expr::Or(parts.iter().map(|part| expr(part, trace)).collect()),
        Expr::Not(inner) => Expr::Not(Box::new(expr(inner, trace))),
        Expr::Test(Test { field, op, values }) => {
            let values = values.iter().map(|of| value(field, *op, of, trace)).collect();
            Expr::Test(Test { field: field.clone(), op: *op, values })
        }
        Expr::All | Expr::Text(_) => from.clone(),
    }
}

fn value(field: &Field, op: Op, from: &Value, trace: &dyn TraceFacts) -> Value {
    let (first, last) = trace.ends();
    match from {
        Value::Time(time) => Value::Time(time.anchored(first, last)),
        Value::TimeRange(from, to) => {
            let anchored = |end: &Option<super::Instant>| end.map(|end| end.anchored(first, last));
            Value::TimeRange(anchored(from), anchored(to))
        }
        Value::Guid(guid) if *field == Field::ActivityTree => {
            let mut tree = trace.activity_tree(*guid);
            crate::sort::plain(&mut tree);
            Value::Guids(Arc::from(tree))
        }
        Value::Text(pattern) if *field == Field::Process => {
            let fits = |name: &str| match op {
                Op::Eq | Op::Ne => pattern.equals(name),
                _ => pattern.fits(name),
            };
            let mut spans = trace.processes(&fits);
            crate::sort::plain(&mut spans);
            Value::Processes(Arc::from(spans))
        }
        other => other.clone(),
    }
}
