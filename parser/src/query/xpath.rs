//! Event Viewer's queries pasted into the filter bar: a `QueryList`, or the XPath of one.
//!
//! Windows knows a small part of XPath 1.0 (learn.microsoft.com, "Consuming Events", Event
//! Selection): paths over `System`, `EventData` and `UserData`, comparisons, `and`, `or`, and the
//! functions `band` and `timediff`. That part is turned into a filter tree.

use std::borrow::Cow;

use super::ast::{Expr, Op, Test, Value};
use super::fault::{FilterFault, Parsed};
use super::field::{Field, FieldType, level_number};
use super::instant::{Anchor, Instant};
use super::pattern::{Pattern, parse_whole};
use crate::limits::MAX_DEPTH;

/// Whether a filter text is a query of Event Viewer.
pub(super) fn is_query(text: &str) -> bool {
    let text = text.trim_start();
    ["<QueryList", "<Query", "<Select", "*[", "Event[", "Event/"]
        .iter()
        .any(|start| text.get(..start.len()).is_some_and(|t| t.eq_ignore_ascii_case(start)))
}

/// Turns a query into a tree.
pub(super) fn parse(text: &str) -> Parsed<Expr> {
    if !text.trim_start().starts_with('<') {
        return select(text, text, 0);
    }
    let (mut selected, mut suppressed) = (Vec::new(), Vec::new());
    let mut at = 0;
    while let Some(open) = find(text, at, "<") {
        let rest = text.get(open..).unwrap_or_default();
        let Some(tag_bytes) = rest.find('>') else {
            return Err(syntax(text, open));
        };
        let tag = rest.get(..=tag_bytes).unwrap_or_default();
        let body = open + tag.len();
        let name = tag.trim_start_matches('<').split(|c: char| !c.is_ascii_alphanumeric()).next();
        at = body;
        let (list, end) = match name {
            Some("Select") => (&mut selected, "</Select"),
            Some("Suppress") => (&mut suppressed, "</Suppress"),
            _ => continue,
        };
        let Some(close) = find(text, body, end) else { return Err(syntax(text, open)) };
        let source = text.get(body..close).unwrap_or_default();
        // The path says which log to ask; here it is the trace that is open.
        list.push(select(&unescape(source), text, body)?);
        at = close;
    }
    if selected.is_empty() && suppressed.is_empty() {
        return Err(syntax(text, 0));
    }
    let mut all = vec![Expr::or(selected)];
    all.extend(suppressed.into_iter().map(|expr| Expr::Not(Box::new(expr))));
    Ok(Expr::and(all))
}

fn find(text: &str, from: usize, what: &str) -> Option<usize> {
    Some(from + text.get(from..)?.find(what)?)
}

/// The five entities of XML, and characters by number.
fn unescape(text: &str) -> Cow<'_, str> {
    if !text.contains('&') {
        return Cow::Borrowed(text);
    }
    let mut plain = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('&') {
        plain.push_str(before);
        let (name, behind) = after.split_once(';').unwrap_or(("", after));
        let known = match name {
            "lt" => Some('<'),
            "gt" => Some('>'),
            "amp" => Some('&'),
            "quot" => Some('"'),
            "apos" => Some('\''),
            number => number.strip_prefix('#').and_then(|digits| {
                let hex = digits.strip_prefix(['x', 'X']);
                let code =
                    hex.map_or_else(|| digits.parse().ok(), |h| u32::from_str_radix(h, 16).ok());
                char::from_u32(code?)
            }),
        };
        match known {
            Some(character) => {
                plain.push(character);
                rest = behind;
            }
            None => {
                plain.push('&');
                rest = after;
            }
        }
    }
    plain.push_str(rest);
    Cow::Owned(plain)
}

fn syntax(text: &str, at: usize) -> FilterFault {
    let word: String = text.get(at..).unwrap_or_default().chars().take(20).collect();
    FilterFault::new("filter-xpath-syntax", text, at, text.len(), word)
}

fn test(field: Field, op: Op, value: Value) -> Expr {
    Expr::Test(Test { field, op, values: vec![value] })
}

/// One XPath. Faults point into `whole`, of which the XPath begins at `base`.
fn select(xpath: &str, whole: &str, base: usize) -> Parsed<Expr> {
    let mut query = Query { text: xpath, at: 0, whole, base, depth: 0 };
    query.space();
    if !query.take("*") && !query.take("Event") {
        return Err(query.syntax());
    }
    let mut parts = Vec::new();
    loop {
        query.space();
        if query.at == xpath.len() {
            return Ok(Expr::and(parts));
        }
        // `Event/System[…]` is `*[System[…]]`.
        parts.push(if query.take("/") {
            query.step(&Context::Event)?
        } else {
            query.predicate(&Context::Event)?
        });
    }
}

/// The element inside which a path is read.
#[derive(Clone, Debug, PartialEq)]
enum Context {
    /// `Event`.
    Event,
    /// `System`.
    System,
    /// A child of `System`, whose attributes are facts.
    Of(&'static str),
    /// `EventData`, or an element of `UserData`.
    Data,
}

struct Query<'q> {
    text: &'q str,
    at: usize,
    whole: &'q str,
    base: usize,
    depth: usize,
}

/// Elements of `System` whose text is a fact.
const ELEMENTS: [(&str, Field); 8] = [
    ("EventID", Field::Id),
    ("Version", Field::Version),
    ("Level", Field::Level),
    ("Task", Field::Task),
    ("Opcode", Field::Opcode),
    ("Keywords", Field::Keyword),
    ("Channel", Field::Channel),
    ("Computer", Field::Computer),
];

/// Elements of `System` whose attributes are facts.
const ATTRIBUTES: [(&str, &str, Field); 9] = [
    ("Provider", "Name", Field::Provider),
    ("Provider", "Guid", Field::Provider),
    ("TimeCreated", "SystemTime", Field::Time),
    ("Correlation", "ActivityID", Field::Activity),
    ("Correlation", "RelatedActivityID", Field::Related),
    ("Execution", "ProcessID", Field::Pid),
    ("Execution", "ThreadID", Field::Tid),
    ("Execution", "ProcessorID", Field::Cpu),
    ("Security", "UserID", Field::User),
];

impl<'q> Query<'q> {
    fn rest(&self) -> &'q str {
        self.text.get(self.at..).unwrap_or_default()
    }

    fn space(&mut self) {
        self.at = self.text.len() - self.rest().trim_start().len();
    }

    fn take(&mut self, what: &str) -> bool {
        self.space();
        let found = self.rest().starts_with(what);
        self.at += if found { what.len() } else { 0 };
        found
    }

    /// Takes a word such as `and`.
    fn take_word(&mut self, word: &str) -> bool {
        self.space();
        let before = self.at;
        if self.name() == word {
            return true;
        }
        self.at = before;
        false
    }

    fn name(&mut self) -> &'q str {
        self.space();
        let rest = self.rest();
        let bytes = rest.find(|c: char| !c.is_alphanumeric() && !matches!(c, '_' | '-' | '.'));
        let name = rest.get(..bytes.unwrap_or(rest.len())).unwrap_or_default();
        self.at += name.len();
        name
    }

    fn fault(&self, code: &'static str, from: usize, argument: impl Into<String>) -> FilterFault {
        let start = (self.base + from).min(self.whole.len());
        let end = (self.base + self.at).clamp(start, self.whole.len());
        FilterFault::new(code, self.whole, start, end, argument)
    }

    fn syntax(&self) -> FilterFault {
        let word: String = self.rest().chars().take(20).collect();
        let mut fault = self.fault("filter-xpath-syntax", self.at, word);
        fault.end = u32::try_from(self.whole.len()).unwrap_or(u32::MAX).max(fault.start);
        fault
    }

    fn unsupported(&self, from: usize) -> FilterFault {
        let what = self.text.get(from..self.at).unwrap_or_default().trim();
        self.fault("filter-xpath-unsupported", from, what)
    }

    fn expect(&mut self, what: &str) -> Parsed<()> {
        if self.take(what) { Ok(()) } else { Err(self.syntax()) }
    }

    fn predicate(&mut self, context: &Context) -> Parsed<Expr> {
        self.expect("[")?;
        let expr = self.alternatives(context)?;
        self.expect("]")?;
        Ok(expr)
    }

    fn alternatives(&mut self, context: &Context) -> Parsed<Expr> {
        self.depth += 1;
        if self.depth > MAX_DEPTH {
            return Err(self.fault("filter-too-deep", self.at, MAX_DEPTH.to_string()));
        }
        let mut any = Vec::new();
        loop {
            let mut all = vec![self.term(context)?];
            while self.take_word("and") {
                all.push(self.term(context)?);
            }
            any.push(Expr::and(all));
            if !self.take_word("or") {
                self.depth -= 1;
                return Ok(Expr::or(any));
            }
        }
    }

    fn term(&mut self, context: &Context) -> Parsed<Expr> {
        self.space();
        let start = self.at;
        if self.take("(") {
            let expr = self.alternatives(context)?;
            self.expect(")")?;
            return Ok(expr);
        }
        if self.take_word("not") {
            self.expect("(")?;
            let expr = self.alternatives(context)?;
            self.expect(")")?;
            return Ok(Expr::Not(Box::new(expr)));
        }
        if self.take_word("band") {
            return self.band();
        }
        if self.take_word("timediff") {
            return self.timediff(context, start);
        }
        for function in ["position", "contains", "starts-with"] {
            if self.take_word(function) {
                return Err(self.unsupported(start));
            }
        }
        if self.take("@") {
            return self.attribute(context, start);
        }
        self.step(context)
    }

    /// `band(Keywords,0x800)`: some of these bits are set.
    fn band(&mut self) -> Parsed<Expr> {
        self.expect("(")?;
        let start = self.at;
        let field = match self.name() {
            "Keywords" => Field::Keyword,
            _ => return Err(self.unsupported(start)),
        };
        self.expect(",")?;
        self.space();
        let from = self.at;
        let mask = parse_whole(self.name());
        let mask = mask.ok_or_else(|| {
            self.fault(
                "filter-number-expected",
                from,
                self.text.get(from..self.at).unwrap_or_default(),
            )
        })?;
        self.expect(")")?;
        // `band(…) != 0` says the same.
        if self.take("!=") || self.take(">") {
            self.expect("0")?;
        }
        Ok(test(field, Op::Has, Value::Number(mask)))
    }

    /// `timediff(@SystemTime) <= 3600000`: not longer ago than so many milliseconds. A recorded
    /// trace has no *now*: its last event stands for it.
    fn timediff(&mut self, context: &Context, start: usize) -> Parsed<Expr> {
        self.expect("(")?;
        if *context != Context::Of("TimeCreated") || !self.take("@SystemTime") {
            return Err(self.unsupported(start));
        }
        self.expect(")")?;
        // The longer ago, the earlier.
        let op = match self.operator() {
            Some(Op::Lt) => Op::Gt,
            Some(Op::Le) => Op::Ge,
            Some(Op::Gt) => Op::Lt,
            Some(Op::Ge) => Op::Le,
            _ => return Err(self.unsupported(start)),
        };
        let from = self.at;
        let milliseconds = self.literal()?.0;
        let units = milliseconds.parse::<i64>().ok().and_then(|ms| ms.checked_mul(-10_000));
        let Some(units) = units.filter(|units| *units <= 0) else {
            return Err(self.fault("filter-number-expected", from, milliseconds));
        };
        let time = Instant { start: units, width: 1, anchor: Anchor::End };
        Ok(test(Field::Time, op, Value::Time(time)))
    }

    /// An element, with its predicates, the path below it, or what its text is compared with.
    fn step(&mut self, context: &Context) -> Parsed<Expr> {
        self.space();
        let start = self.at;
        let name = self.name();
        let inside = match (context, name) {
            (_, "") => return Err(self.syntax()),
            (Context::Event, "System") => Context::System,
            (Context::Event, "EventData" | "UserData") => Context::Data,
            (Context::System, "EventRecordID") => return Err(self.unsupported(start)),
            (Context::System, name) => {
                if let Some((_, field)) = ELEMENTS.iter().find(|(element, _)| *element == name) {
                    return self.compare(field.clone(), start);
                }
                match ATTRIBUTES.iter().find(|(element, ..)| *element == name) {
                    Some((element, ..)) => Context::Of(element),
                    None => return Err(self.unsupported(start)),
                }
            }
            (Context::Data, "Data") => return self.data(start),
            // Elements of UserData carry their values as text.
            (Context::Data, name) => {
                if matches!(self.rest().trim_start().chars().next(), Some('[' | '/')) {
                    Context::Data
                } else {
                    return self.compare(Field::Payload(name.to_owned()), start);
                }
            }
            _ => return Err(self.unsupported(start)),
        };
        let mut parts = Vec::new();
        loop {
            self.space();
            if self.rest().starts_with('[') {
                parts.push(self.predicate(&inside)?);
            } else if self.take("/") {
                self.space();
                let start = self.at;
                parts.push(if self.take("@") {
                    self.attribute(&inside, start)?
                } else {
                    self.step(&inside)?
                });
            } else {
                break;
            }
        }
        if parts.is_empty() {
            return Err(self.syntax());
        }
        Ok(Expr::and(parts))
    }

    /// `Data[@Name='x']='y'`, `Data[@Name='x' and .='y']`, `Data='y'` of any field, and
    /// `Data[@Name='x']` of one that is there.
    fn data(&mut self, start: usize) -> Parsed<Expr> {
        let mut name = None;
        let mut closed = true;
        if self.take("[") {
            if self.take("@") {
                if self.name() != "Name" || !self.take("=") {
                    return Err(self.unsupported(start));
                }
                name = Some(self.literal()?.0);
                closed = self.take("]");
                if !closed && !self.take_word("and") {
                    return Err(self.syntax());
                }
            } else {
                closed = false;
            }
            if !closed && !self.take(".") && !self.take("text()") {
                self.name();
                return Err(self.unsupported(start));
            }
        }
        let op = self.operator();
        let wanted = op.map(|_| self.literal()).transpose()?;
        if !closed {
            self.expect("]")?;
        }
        match (name, op.zip(wanted)) {
            (Some(name), Some((op, (text, quoted)))) => {
                // Numbers stand in quotes there, and are compared as numbers.
                let pattern = Pattern::new(&*text, quoted && parse_whole(&text).is_none());
                Ok(test(Field::Payload(name), op, Value::Text(pattern)))
            }
            (Some(name), None) => Ok(test(Field::Payload(name), Op::Has, Value::Any)),
            (None, Some((Op::Eq, (text, _)))) => Ok(Expr::Text(Pattern::new(text, true))),
            (None, Some((Op::Ne, (text, _)))) => {
                Ok(Expr::Not(Box::new(Expr::Text(Pattern::new(text, true)))))
            }
            (None, _) => Err(self.unsupported(start)),
        }
    }

    fn attribute(&mut self, context: &Context, start: usize) -> Parsed<Expr> {
        let name = self.name();
        let Context::Of(element) = context else { return Err(self.unsupported(start)) };
        let known =
            ATTRIBUTES.iter().find(|(of, attribute, _)| of == element && *attribute == name);
        match known {
            Some((.., field)) => self.compare(field.clone(), start),
            None => Err(self.unsupported(start)),
        }
    }

    fn operator(&mut self) -> Option<Op> {
        self.space();
        [
            ("!=", Op::Ne),
            ("<=", Op::Le),
            (">=", Op::Ge),
            ("=", Op::Eq),
            ("<", Op::Lt),
            (">", Op::Gt),
        ]
        .into_iter()
        .find(|(symbol, _)| self.take(symbol))
        .map(|(_, op)| op)
    }

    /// A quoted text, or a number; whether it was quoted.
    fn literal(&mut self) -> Parsed<(String, bool)> {
        self.space();
        let Some(first) = self.rest().chars().next() else { return Err(self.syntax()) };
        if matches!(first, '\'' | '"') {
            let inner = self.rest().get(1..).unwrap_or_default();
            let Some(length) = inner.find(first) else { return Err(self.syntax()) };
            self.at += length + 2;
            return Ok((inner.get(..length).unwrap_or_default().to_owned(), true));
        }
        let from = self.at;
        let sign = if self.take("-") { "-" } else { "" };
        let word = self.name();
        if word.is_empty() {
            self.at = from;
            return Err(self.syntax());
        }
        Ok((format!("{sign}{word}"), false))
    }

    /// What stands after a fact of the header; alone, that it is there.
    fn compare(&mut self, field: Field, start: usize) -> Parsed<Expr> {
        let Some(op) = self.operator() else { return Ok(test(field, Op::Has, Value::Any)) };
        self.space();
        let from = self.at;
        let (text, _) = self.literal()?;
        let wrong = |query: &Self, code| Err(query.fault(code, from, text.as_str()));
        let value = match field.field_type() {
            FieldType::Number(max) | FieldType::NumberOrName(max) => match parse_whole(&text) {
                Some(number) if (0..=i128::from(max)).contains(&number) => Value::Number(number),
                Some(_) => return wrong(self, "filter-number-range"),
                None if matches!(field, Field::Channel) => Value::Text(Pattern::new(&*text, true)),
                None => return wrong(self, "filter-number-expected"),
            },
            FieldType::Level => {
                let number = parse_whole(&text).or_else(|| level_number(&text).map(i128::from));
                match number.filter(|level| (0..=255).contains(level)) {
                    Some(level) => Value::Number(level),
                    None => return wrong(self, "filter-level-unknown"),
                }
            }
            FieldType::Keyword => match parse_whole(&text) {
                Some(mask) if i64::try_from(mask).is_ok_and(|mask| mask < 0) => {
                    Value::Number(mask + (1 << 64))
                }
                Some(mask) => Value::Number(mask),
                None => return wrong(self, "filter-number-expected"),
            },
            FieldType::Time => match Instant::parse(&text) {
                Some(time) => Value::Time(time),
                None => return wrong(self, "filter-time-expected"),
            },
            FieldType::Guid => match text.parse() {
                Ok(guid) => Value::Guid(guid),
                Err(_) => return wrong(self, "filter-guid-expected"),
            },
            FieldType::Provider => {
                text.parse().map_or_else(|_| Value::Text(Pattern::new(&*text, true)), Value::Guid)
            }
            FieldType::Text | FieldType::Flag | FieldType::Payload => {
                let quoted = parse_whole(&text).is_none();
                Value::Text(Pattern::new(&*text, quoted))
            }
        };
        let comparable = matches!(
            field.field_type(),
            FieldType::Number(_)
                | FieldType::NumberOrName(_)
                | FieldType::Level
                | FieldType::Time
                | FieldType::Payload
        );
        if op.is_order()
            && (!comparable || matches!((&field, &value), (Field::Channel, Value::Text(_))))
        {
            return Err(self.unsupported(start));
        }
        // In XPath numbers are only numbers: level 0 is less than 2.
        if let (Field::Level, Op::Lt | Op::Le, Value::Number(level)) = (&field, op, &value) {
            let last = if op == Op::Lt { level - 1 } else { *level };
            return Ok(test(Field::Level, Op::Has, Value::Range(Some(0), Some(last))));
        }
        Ok(test(field, op, value))
    }
}
