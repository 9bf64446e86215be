//! Filter text to tree: operator precedence by binding power (`or` 1, `and` and mere
//! neighbourhood 2, `not` 3).

use super::ast::{Expr, Op, Test, Value};
use super::fault::{FilterFault, Parsed};
use super::field::{Field, FieldType, level_number, nearest_field, nearest_level};
use super::instant::Instant;
use super::lexer::{Lexer, RawValue, Spanned, Token};
use super::pattern::{Pattern, parse_whole};
use crate::limits::{MAX_DEPTH, MAX_FILTER_BYTES};

/// Parses a filter text.
pub(super) fn parse(text: &str) -> Parsed<Expr> {
    if text.len() > MAX_FILTER_BYTES {
        let limit = MAX_FILTER_BYTES.to_string();
        return Err(FilterFault::new("filter-too-long", text, 0, text.len(), limit));
    }
    let mut parser = Parser { lexer: Lexer::new(text), depth: 0 };
    if parser.lexer.peek()?.item == Token::End {
        return Ok(Expr::All);
    }
    let expr = parser.expression(0, "")?;
    let next = parser.lexer.token()?;
    match next.item {
        Token::Close => Err(parser.fault("filter-paren-extra", &next, ")")),
        _ => Ok(expr),
    }
}

/// One of the parts of a filter that must all be true.
#[derive(Debug)]
pub(super) struct Part {
    pub expr: Expr,
    /// Where it is written, in bytes.
    pub start: usize,
    pub end: usize,
    /// Whether it is an `or` that no parentheses hold together.
    pub is_open: bool,
}

/// The parts of a filter text that must all be true, as they are written.
pub(super) fn parts(text: &str) -> Parsed<Vec<Part>> {
    let whole = parse(text)?;
    let mut parser = Parser { lexer: Lexer::new(text), depth: 0 };
    let mut parts = Vec::new();
    loop {
        let next = parser.lexer.peek()?;
        match next.item {
            Token::End => return Ok(parts),
            Token::Or => break,
            Token::And => drop(parser.lexer.token()?),
            _ => {
                let expr = parser.expression(AND_POWER, "")?;
                let (start, end) = (next.start, parser.lexer.position());
                parts.push(Part { expr, start, end, is_open: false });
            }
        }
    }
    Ok(vec![Part { expr: whole, start: 0, end: text.len(), is_open: true }])
}

struct Parser<'a> {
    lexer: Lexer<'a>,
    depth: usize,
}

const OR_POWER: u8 = 1;
const AND_POWER: u8 = 2;
const NOT_POWER: u8 = 3;

impl Parser<'_> {
    fn fault<T>(
        &self,
        code: &'static str,
        at: &Spanned<T>,
        argument: impl Into<String>,
    ) -> FilterFault {
        self.lexer.fault(code, at.start, at.end, argument)
    }

    /// A chain of terms whose operators bind at least as much as `power`. `after` is what stood
    /// before, for the fault when nothing follows.
    fn expression(&mut self, power: u8, after: &str) -> Parsed<Expr> {
        let mut left = self.term(after)?;
        loop {
            let next = self.lexer.peek()?;
            let (operator_power, word) = match next.item {
                Token::End | Token::Close => return Ok(left),
                Token::Or => (OR_POWER, true),
                Token::And => (AND_POWER, true),
                _ => (AND_POWER, false),
            };
            if operator_power <= power {
                return Ok(left);
            }
            let after = if word {
                self.lexer.token()?;
                self.lexer.text().get(next.start..next.end).unwrap_or_default()
            } else {
                ""
            };
            let right = self.expression(operator_power, after)?;
            left = match (left, operator_power) {
                // The common long chain grows in place.
                (Expr::Or(mut parts), OR_POWER) if !matches!(right, Expr::Or(_) | Expr::All) => {
                    parts.push(right);
                    Expr::Or(parts)
                }
                (Expr::And(mut parts), AND_POWER) if !matches!(right, Expr::And(_) | Expr::All) => {
                    parts.push(right);
                    Expr::And(parts)
                }
                (left, OR_POWER) => Expr::or(vec![left, right]),
                (left, _) => Expr::and(vec![left, right]),
            };
        }
    }

    fn term(&mut self, after: &str) -> Parsed<Expr> {
        let token = self.lexer.token()?;
        match token.item {
            Token::Open => {
                self.deeper(token.start, token.end)?;
                let inner = self.expression(0, "(")?;
                self.depth -= 1;
                match self.lexer.token()?.item {
                    Token::Close => Ok(inner),
                    _ => Err(self.lexer.fault("filter-paren-open", token.start, token.end, "(")),
                }
            }
            Token::Not => {
                self.deeper(token.start, token.end)?;
                let word = self.lexer.text().get(token.start..token.end).unwrap_or_default();
                let inner = self.expression(NOT_POWER, word)?;
                self.depth -= 1;
                Ok(Expr::Not(Box::new(inner)))
            }
            Token::Field { ref name, quoted, op } => {
                let field = if quoted { Field::Payload(name.clone()) } else { Field::named(name) };
                self.test(field, op, &token)
            }
            Token::Match => {
                let raw = self.lexer.regex()?;
                Ok(Expr::Text(self.regex(&raw, &token)?))
            }
            Token::Word(word) => Ok(Expr::Text(Pattern::new(word, false))),
            Token::Phrase(phrase) => Ok(Expr::Text(Pattern::new(phrase, true))),
            Token::And | Token::Or | Token::Close | Token::End => {
                let found = self.lexer.text().get(token.start..token.end).unwrap_or_default();
                if token.item == Token::Close && after.is_empty() {
                    return Err(self.fault("filter-paren-extra", &token, ")"));
                }
                let argument = if after.is_empty() { found } else { after };
                Err(self.fault("filter-term-missing", &token, argument))
            }
        }
    }

    fn deeper(&mut self, start: usize, end: usize) -> Parsed<()> {
        self.depth += 1;
        if self.depth > MAX_DEPTH {
            return Err(self.lexer.fault("filter-too-deep", start, end, MAX_DEPTH.to_string()));
        }
        Ok(())
    }

    /// A regular expression.
    fn regex(&self, raw: &Spanned<RawValue>, token: &Spanned<Token>) -> Parsed<Pattern> {
        let RawValue { text, quoted } = &raw.item;
        if text.is_empty() && !quoted {
            return Err(self.fault("filter-value-missing", token, "~"));
        }
        Pattern::regex(text.as_str(), *quoted)
            .map_err(|wrong| self.fault("filter-regex", raw, wrong))
    }

    /// The values after a field and its operator.
    fn test(&mut self, field: Field, op: Op, token: &Spanned<Token>) -> Parsed<Expr> {
        if op.is_match() {
            if matches!(field.field_type(), FieldType::Time | FieldType::Flag | FieldType::Level) {
                return Err(self.fault("filter-operator-unfit", token, op.symbol()));
            }
            let raw = self.lexer.regex()?;
            let values = vec![Value::Text(self.regex(&raw, token)?)];
            return Ok(Expr::Test(Test { field, op, values }));
        }
        self.lexer.skip_space();
        let open = self.lexer.position();
        let mut values = Vec::new();
        if self.lexer.take("(") {
            if op.is_order() {
                return Err(self.lexer.fault("filter-set-operator", open, open + 1, op.symbol()));
            }
            loop {
                let raw = self.lexer.value(true)?;
                values.push(self.value(&field, op, &raw, token)?);
                self.lexer.skip_space();
                // Spaces separate as well as commas.
                self.lexer.take(",");
                self.lexer.skip_space();
                if self.lexer.take(")") {
                    break;
                }
                if self.lexer.position() == self.lexer.text().len() {
                    return Err(self.lexer.fault("filter-paren-open", open, open + 1, "("));
                }
            }
        } else {
            let raw = self.lexer.value(false)?;
            values.push(self.value(&field, op, &raw, token)?);
        }
        Ok(Expr::Test(Test { field, op, values }))
    }

    /// One value in the type its field has.
    fn value(
        &self,
        field: &Field,
        op: Op,
        raw: &Spanned<RawValue>,
        token: &Spanned<Token>,
    ) -> Parsed<Value> {
        let RawValue { text, quoted } = &raw.item;
        if text.is_empty() && !quoted {
            let end = raw.end.max(token.end);
            let name = self.lexer.text().get(token.start..token.end).unwrap_or_default();
            return Err(self.lexer.fault("filter-value-missing", token.start, end, name.trim()));
        }
        let field_type = field.field_type();
        let unfit =
            || self.lexer.fault("filter-operator-unfit", token.start, token.end, op.symbol());
        if op.is_order()
            && matches!(
                field_type,
                FieldType::Text
                    | FieldType::Provider
                    | FieldType::Guid
                    | FieldType::Flag
                    | FieldType::Keyword
            )
        {
            return Err(unfit());
        }
        let pattern = || Pattern::new(text.as_str(), *quoted);
        if pattern().is_any() {
            return if op.is_order() { Err(unfit()) } else { Ok(Value::Any) };
        }
        match field_type {
            FieldType::Number(max) => {
                self.number_or_range(raw, op, &|part| self.bounded(part, max))
            }
            FieldType::Level => {
                self.number_or_range(raw, op, &|part| match level_number(&part.item.text) {
                    Some(level) => Ok(level.into()),
                    None if parse_whole(&part.item.text).is_some() => {
                        self.bounded(part, u8::MAX.into())
                    }
                    None => {
                        let word = part.item.text.as_str();
                        let fault = self.fault("filter-level-unknown", part, word);
                        Err(fault.suggest(nearest_level(word)))
                    }
                })
            }
            FieldType::NumberOrName(max) => {
                let begins_number = text.starts_with(|c: char| c.is_ascii_digit() || c == '.');
                if op.is_order() || (!quoted && begins_number && is_numeric(text)) {
                    return self.number_or_range(raw, op, &|part| self.bounded(part, max));
                }
                Ok(Value::Text(pattern()))
            }
            FieldType::Keyword => match parse_whole(text) {
                Some(_) if !quoted => Ok(Value::Number(self.bounded(raw, u64::MAX)?)),
                _ => Ok(Value::Text(pattern())),
            },
            FieldType::Text => Ok(Value::Text(pattern())),
            FieldType::Provider => {
                Ok(text.parse().map_or_else(|_| Value::Text(pattern()), Value::Guid))
            }
            FieldType::Guid => match text.parse() {
                Ok(guid) => Ok(Value::Guid(guid)),
                Err(_) => Err(self.fault("filter-guid-expected", raw, text.as_str())),
            },
            FieldType::Time => self.time_or_range(raw, op),
            FieldType::Flag => match text.to_ascii_lowercase().as_str() {
                "true" | "yes" | "1" => Ok(Value::Flag(true)),
                "false" | "no" | "0" => Ok(Value::Flag(false)),
                _ => Err(self.fault("filter-flag-expected", raw, text.as_str())),
            },
            FieldType::Payload if op.is_order() => {
                if pattern().number().is_some() {
                    return Ok(Value::Text(pattern()));
                }
                if let Some(time) = Instant::parse(text) {
                    return Ok(Value::Time(time));
                }
                let fault = self.fault("filter-number-expected", raw, text.as_str());
                Err(fault.suggest(nearest_field(field.name())))
            }
            FieldType::Payload => match text.split_once("..") {
                Some((from, to)) if !quoted && is_range(from, to) => {
                    self.number_or_range(raw, op, &|part| {
                        parse_whole(&part.item.text).ok_or_else(|| {
                            self.fault("filter-number-expected", part, part.item.text.as_str())
                        })
                    })
                }
                _ => Ok(Value::Text(pattern())),
            },
        }
    }

    /// A whole number from 0 to `max`.
    fn bounded(&self, raw: &Spanned<RawValue>, max: u64) -> Parsed<i128> {
        let text = raw.item.text.as_str();
        match parse_whole(text) {
            Some(number) if (0..=i128::from(max)).contains(&number) => Ok(number),
            Some(_) => Err(self.fault("filter-number-range", raw, text)),
            None => {
                let digits = !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
                let code = if digits { "filter-number-range" } else { "filter-number-expected" };
                Err(self.fault(code, raw, text))
            }
        }
    }

    fn number_or_range(
        &self,
        raw: &Spanned<RawValue>,
        op: Op,
        read: &dyn Fn(&Spanned<RawValue>) -> Parsed<i128>,
    ) -> Parsed<Value> {
        let Some((from, to)) = self.range(raw, op)? else { return read(raw).map(Value::Number) };
        let from = from.map(|part| read(&part)).transpose()?;
        let to = to.map(|part| read(&part)).transpose()?;
        if from.zip(to).is_some_and(|(from, to)| from > to) {
            return Err(self.fault("filter-range-reversed", raw, raw.item.text.as_str()));
        }
        Ok(Value::Range(from, to))
    }

    fn time_or_range(&self, raw: &Spanned<RawValue>, op: Op) -> Parsed<Value> {
        let read = |part: &Spanned<RawValue>| {
            Instant::parse(&part.item.text)
                .or_else(|| Instant::parse_offset(&part.item.text))
                .ok_or_else(|| self.fault("filter-time-expected", part, part.item.text.as_str()))
        };
        let Some((from, to)) = self.range(raw, op)? else { return read(raw).map(Value::Time) };
        let from = from.map(|part| read(&part)).transpose()?;
        let to = to.map(|part| read(&part)).transpose()?;
        // How moments counted from different ends lie is known with the trace only.
        let reversed =
            |(from, to): (Instant, Instant)| from.anchor == to.anchor && from.start >= to.end();
        if from.zip(to).is_some_and(reversed) {
            return Err(self.fault("filter-range-reversed", raw, raw.item.text.as_str()));
        }
        Ok(Value::TimeRange(from, to))
    }

    /// The two ends of `from..to`, or nothing when it is no range. One end may be left open.
    #[expect(clippy::type_complexity, reason = "two optional ends of an optional range")]
    fn range(
        &self,
        raw: &Spanned<RawValue>,
        op: Op,
    ) -> Parsed<Option<(Option<Spanned<RawValue>>, Option<Spanned<RawValue>>)>> {
        let text = raw.item.text.as_str();
        let Some((from, to)) = text.split_once("..") else { return Ok(None) };
        if op.is_order() {
            return Err(self.fault("filter-set-operator", raw, op.symbol()));
        }
        if from.is_empty() && to.is_empty() {
            return Err(self.fault("filter-number-expected", raw, text));
        }
        let part = |part: &str, start: usize| {
            (!part.is_empty()).then(|| Spanned {
                item: RawValue { text: part.to_owned(), quoted: raw.item.quoted },
                start,
                end: start + part.len(),
            })
        };
        let first = part(from, raw.start);
        let last = part(to, raw.end.saturating_sub(to.len()));
        Ok(Some((first, last)))
    }
}

/// Whether a text is a number or a range of numbers.
fn is_numeric(text: &str) -> bool {
    match text.split_once("..") {
        Some((from, to)) => is_range(from, to),
        None => parse_whole(text).is_some(),
    }
}

/// Whether these are the ends of a range of numbers, one of which may be open.
fn is_range(from: &str, to: &str) -> bool {
    let end = |text: &str| text.is_empty() || parse_whole(text).is_some();
    end(from) && end(to) && !(from.is_empty() && to.is_empty())
}
