//! Cuts a filter text into words, phrases and operators. What a character means depends on where
//! it stands (`:` ends a field name but belongs to a time), so the parser asks for what it
//! expects.

use super::ast::Op;
use super::fault::{FilterFault, Parsed};
use super::field::{is_identifier, is_operator_word};

/// What stands at the beginning of a term, or between terms.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Token {
    /// `(`
    Open,
    /// `)`
    Close,
    /// `and`, `&&`
    And,
    /// `or`, `||`
    Or,
    /// `not`, `!`, `-`
    Not,
    /// `~` before a regular expression that is looked for anywhere.
    Match,
    /// A name followed by an operator.
    Field {
        /// The name, without quotes.
        name: String,
        /// Whether it was quoted.
        quoted: bool,
        /// The operator.
        op: Op,
    },
    /// A word.
    Word(String),
    /// A quoted phrase, without its quotes.
    Phrase(String),
    /// The end of the text.
    End,
}

/// A piece of the text with its place in bytes.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Spanned<T> {
    pub(super) item: T,
    pub(super) start: usize,
    pub(super) end: usize,
}

/// A value as written.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct RawValue {
    pub(super) text: String,
    pub(super) quoted: bool,
}

#[derive(Clone)]
pub(super) struct Lexer<'a> {
    text: &'a str,
    at: usize,
}

impl<'a> Lexer<'a> {
    pub(super) fn new(text: &'a str) -> Self {
        Self { text, at: 0 }
    }

    pub(super) fn text(&self) -> &'a str {
        self.text
    }

    pub(super) fn position(&self) -> usize {
        self.at
    }

    fn rest(&self) -> &'a str {
        self.text.get(self.at..).unwrap_or_default()
    }

    pub(super) fn skip_space(&mut self) {
        self.at = self.text.len() - self.rest().trim_start().len();
    }

    /// Steps over `what` if it stands here.
    pub(super) fn take(&mut self, what: &str) -> bool {
        let found = self.rest().starts_with(what);
        if found {
            self.at += what.len();
        }
        found
    }

    pub(super) fn fault(
        &self,
        code: &'static str,
        start: usize,
        end: usize,
        argument: impl Into<String>,
    ) -> FilterFault {
        FilterFault::new(code, self.text, start, end, argument)
    }

    /// The next token, without taking it.
    pub(super) fn peek(&self) -> Parsed<Spanned<Token>> {
        self.clone().token()
    }

    /// The next token.
    pub(super) fn token(&mut self) -> Parsed<Spanned<Token>> {
        self.skip_space();
        let start = self.at;
        let item = self.token_here()?;
        Ok(Spanned { item, start, end: self.at })
    }

    fn token_here(&mut self) -> Parsed<Token> {
        let mut ahead = self.rest().chars();
        let (first, second) = (ahead.next(), ahead.next());
        let Some(first) = first else { return Ok(Token::End) };
        for (symbol, token) in
            [("(", Token::Open), (")", Token::Close), ("&&", Token::And), ("||", Token::Or)]
        {
            if self.take(symbol) {
                return Ok(token);
            }
        }
        if first == '"' {
            let phrase = self.quoted()?;
            return Ok(match self.operator() {
                Some(op) => Token::Field { name: phrase, quoted: true, op },
                None => Token::Phrase(phrase),
            });
        }
        let start = self.at;
        if self.take("~") {
            return Ok(Token::Match);
        }
        if let Some(op) = self.operator() {
            return Err(self.fault("filter-field-missing", start, self.at, op.symbol()));
        }
        if matches!(first, '!' | '-') && second.is_some_and(|c| !c.is_whitespace() && c != ')') {
            self.at += 1;
            return Ok(Token::Not);
        }
        // A word: a field name if an operator follows, else everything up to the next space.
        let name_bytes = self.rest().find(|c: char| ends_word(c) || ":=<>!~".contains(c));
        let name = self.rest().get(..name_bytes.unwrap_or(self.rest().len())).unwrap_or_default();
        if is_identifier(name) {
            self.at += name.len();
            if !self.is_address(name)
                && let Some(op) = self.operator()
            {
                return Ok(Token::Field { name: name.to_owned(), quoted: false, op });
            }
            self.at = start;
        }
        let word_bytes = self.rest().find(ends_word).unwrap_or(self.rest().len());
        let word = self.rest().get(..word_bytes).unwrap_or_default();
        self.at += word.len();
        Ok(match word {
            _ if !is_operator_word(word) => Token::Word(word.to_owned()),
            _ if word.eq_ignore_ascii_case("and") => Token::And,
            _ if word.eq_ignore_ascii_case("or") => Token::Or,
            _ => Token::Not,
        })
    }

    /// Whether `name` before a colon here is the scheme of an address (`net.tcp://…`) or a drive
    /// (`C:\…`), not a field.
    fn is_address(&self, name: &str) -> bool {
        self.rest().starts_with("://") || (name.len() == 1 && self.rest().starts_with(":\\"))
    }

    /// An operator, with space before it allowed; only `~` must follow its field at once, as it
    /// also begins a term of its own.
    fn operator(&mut self) -> Option<Op> {
        let before = self.at;
        self.skip_space();
        if self.at > before && self.rest().starts_with('~') {
            self.at = before;
            return None;
        }
        // As other search boxes write an order; before anything but a number the sign is text.
        let is_order = self.rest().strip_prefix(':').is_some_and(|rest| {
            let rest = rest.strip_prefix(['<', '>']).unwrap_or_default();
            rest.starts_with(|c: char| c == '=' || c.is_ascii_digit())
        });
        if is_order {
            self.at += 1;
        }
        for (symbol, op) in [
            (":", Op::Has),
            ("<=", Op::Le),
            (">=", Op::Ge),
            ("!=", Op::Ne),
            ("!~", Op::NotMatch),
            ("<>", Op::Ne),
            ("==", Op::Eq),
            ("=~", Op::Match),
            ("~", Op::Match),
            ("=", Op::Eq),
            ("<", Op::Lt),
            (">", Op::Gt),
        ] {
            if self.take(symbol) {
                return Some(op);
            }
        }
        self.at = before;
        None
    }

    /// A value: a quoted text, or everything up to a space, a parenthesis or, in a list, a comma.
    /// Empty when there is none.
    pub(super) fn value(&mut self, in_list: bool) -> Parsed<Spanned<RawValue>> {
        self.skip_space();
        let start = self.at;
        let item = if self.rest().starts_with('"') {
            RawValue { text: self.quoted()?, quoted: true }
        } else {
            let ends = |c: char| ends_word(c) || (in_list && c == ',');
            let bytes = self.rest().find(ends).unwrap_or(self.rest().len());
            let text = self.rest().get(..bytes).unwrap_or_default().to_owned();
            self.at += bytes;
            RawValue { text, quoted: false }
        };
        Ok(Spanned { item, start, end: self.at })
    }

    /// A regular expression: a quoted text, or everything up to a space or a parenthesis that it
    /// did not open itself.
    pub(super) fn regex(&mut self) -> Parsed<Spanned<RawValue>> {
        self.skip_space();
        let start = self.at;
        if self.rest().starts_with('"') {
            return self.value(false);
        }
        let (mut depth, mut in_class, mut escaped) = (0_usize, false, false);
        let end = self.rest().find(|c: char| {
            if c.is_whitespace() {
                return true;
            }
            match c {
                _ if escaped => escaped = false,
                '\\' => escaped = true,
                '[' => in_class = true,
                ']' => in_class = false,
                '(' if !in_class => depth += 1,
                ')' if !in_class && depth == 0 => return true,
                ')' if !in_class => depth -= 1,
                _ => {}
            }
            false
        });
        let bytes = end.unwrap_or(self.rest().len());
        let text = self.rest().get(..bytes).unwrap_or_default().to_owned();
        self.at += bytes;
        Ok(Spanned { item: RawValue { text, quoted: false }, start, end: self.at })
    }

    /// A quoted text; `""` inside is a quotation mark, a backslash is only a backslash (paths).
    fn quoted(&mut self) -> Parsed<String> {
        let start = self.at;
        self.at += 1;
        let mut text = String::new();
        loop {
            let Some(length) = self.rest().find('"') else {
                return Err(self.fault("filter-quote-open", start, self.text.len(), "\""));
            };
            text.push_str(self.rest().get(..length).unwrap_or_default());
            self.at += length + 1;
            if !self.take("\"") {
                return Ok(text);
            }
            text.push('"');
        }
    }
}

fn ends_word(c: char) -> bool {
    c.is_whitespace() || matches!(c, '(' | ')' | '"')
}
