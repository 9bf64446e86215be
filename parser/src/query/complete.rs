//! What may be typed next in a filter: field names, level names, and values of the trace at hand.

use super::ast::Op;
use super::field::{Field, FieldType, LEVELS};
use super::lexer::{Lexer, Token};
use super::pattern::fold;

/// Candidates offered at most: a list a person still reads.
const MAX_CANDIDATES: usize = 24;

/// Levels offered, one name each.
const LEVEL_NAMES: usize = 6;

/// What the trace at hand has to offer.
pub trait Completions {
    /// Values of a header field as texts, most frequent first: names where the field has names,
    /// numbers in decimal, GUIDs in braces.
    fn values(&self, field: &Field) -> Vec<String>;
    /// Names of payload fields.
    fn payload_fields(&self) -> Vec<String>;
}

/// Candidates for a place in a filter text.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Completed {
    /// The candidates replace the bytes from here to the cursor.
    pub from: usize,
    /// Texts to put there, best first.
    pub candidates: Vec<String>,
}

/// Where in a filter the cursor stands.
enum Place {
    /// At a term, which may begin with a field name.
    Term,
    /// At a value of a field.
    Value(Field),
    /// Where nothing can be offered.
    Nowhere,
}

/// What may replace the word before `cursor` (a byte offset).
#[must_use]
pub fn complete(text: &str, cursor: usize, trace: &dyn Completions) -> Completed {
    let text = text.get(..cursor).unwrap_or(text);
    let (place, from) = place(text);
    let word = text.get(from..).unwrap_or_default();
    let typed = fold(word.trim_start_matches('"')).into_owned();
    let candidates = match place {
        Place::Nowhere => Vec::new(),
        Place::Term => terms(&typed, trace),
        Place::Value(field) => {
            let values = match field.field_type() {
                FieldType::Level => {
                    LEVELS.iter().take(LEVEL_NAMES).map(|(name, _)| (*name).to_owned()).collect()
                }
                FieldType::Flag => vec!["true".to_owned(), "false".to_owned()],
                _ => trace.values(&field),
            };
            let best = rank(values.iter().map(String::as_str), &typed);
            best.into_iter().map(quoted).collect()
        }
    };
    Completed { from, candidates }
}

/// Goes through the terms up to the cursor: where it stands, and where the word there begins.
fn place(text: &str) -> (Place, usize) {
    let mut lexer = Lexer::new(text);
    loop {
        let token = match lexer.token() {
            Ok(token) => token,
            // A phrase that is still open, or an operator without a field.
            Err(_) => return (Place::Nowhere, text.len()),
        };
        let field = match token.item {
            Token::End => return (Place::Term, text.len()),
            // Nobody completes a regular expression.
            Token::Match | Token::Field { op: Op::Match | Op::NotMatch, .. } => match lexer.regex()
            {
                Ok(regex) if regex.end < text.len() => continue,
                _ => return (Place::Nowhere, text.len()),
            },
            Token::Field { name, quoted: true, .. } => Field::Payload(name),
            Token::Field { name, .. } => Field::named(&name),
            Token::Word(_) | Token::And | Token::Or | Token::Not if token.end == text.len() => {
                return (Place::Term, token.start);
            }
            _ => continue,
        };
        lexer.skip_space();
        let in_list = lexer.take("(");
        loop {
            lexer.skip_space();
            let start = lexer.position();
            match lexer.value(in_list) {
                Ok(value) if value.end < text.len() => {}
                // It ends at the cursor, or its quotation mark is still open.
                _ => return (Place::Value(field), start),
            }
            if !in_list {
                break;
            }
            lexer.skip_space();
            let closed = !lexer.take(",") && lexer.take(")");
            if closed || lexer.position() == start {
                break;
            }
        }
    }
}

/// Field names, operators, and whole terms for the names of events.
fn terms(typed: &str, trace: &dyn Completions) -> Vec<String> {
    let payload = trace.payload_fields();
    let payload: Vec<String> =
        payload.into_iter().map(|name| Field::Payload(name).to_string()).collect();
    let mut names: Vec<&str> = Field::header_names().collect();
    names.extend(payload.iter().map(String::as_str));
    let fields = rank(names.into_iter(), typed).into_iter().map(|name| format!("{name}:"));
    let operators = ["and", "or", "not"].into_iter().filter(|word| word.starts_with(typed));
    let mut candidates: Vec<String> = fields.collect();
    if typed.is_empty() {
        candidates.truncate(MAX_CANDIDATES);
        return candidates;
    }
    candidates.extend(operators.map(str::to_owned));
    for field in [Field::Name, Field::Provider] {
        let values = trace.values(&field);
        let best = rank(values.iter().map(String::as_str), typed).into_iter().take(8);
        candidates.extend(best.map(|value| format!("{field}={}", quoted(value))));
    }
    candidates.truncate(MAX_CANDIDATES);
    candidates
}

/// Those that begin with what was typed, then those that contain it, each in the order given.
fn rank<'v>(values: impl Iterator<Item = &'v str>, typed: &str) -> Vec<&'v str> {
    let (mut first, mut later) = (Vec::new(), Vec::new());
    for value in values.filter(|value| !value.is_empty()) {
        match fold(value).find(typed) {
            Some(0) => first.push(value),
            Some(_) => later.push(value),
            None => {}
        }
    }
    first.append(&mut later);
    first.truncate(MAX_CANDIDATES);
    first
}

/// A value as it must be written.
pub(super) fn quoted(value: &str) -> String {
    let plain = !value.is_empty()
        && value.chars().all(|c| c.is_alphanumeric() || "/._-{}\\@:+".contains(c))
        && !value.contains("..");
    if plain { value.to_owned() } else { format!("\"{}\"", value.replace('"', "\"\"")) }
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Sample;

    impl Completions for Sample {
        fn values(&self, field: &Field) -> Vec<String> {
            let values: &[&str] = match field {
                Field::Id => &["4031", "4008", "4001"],
                Field::Name => &["DispatchSessionStart", "DispatchSessionFailed", "Via Changed"],
                Field::Provider => &["SMSvcHost", "Application Server"],
                _ => &[],
            };
            values.iter().map(|value| (*value).to_owned()).collect()
        }

        fn payload_fields(&self) -> Vec<String> {
            vec!["AppDomain".to_owned(), "Id".to_owned()]
        }
    }

    fn at_end(text: &str) -> (usize, Vec<String>) {
        let completed = complete(text, text.len(), &Sample);
        (completed.from, completed.candidates)
    }

    #[test]
    fn offers_what_fits_the_place() {
        assert_eq!(at_end("id:40"), (3, vec!["4031".into(), "4008".into(), "4001".into()]));
        assert_eq!(at_end("id:(4031, 4008, 400"), (16, vec!["4008".into(), "4001".into()]));
        assert_eq!(at_end("id:4031 and level<=e"), (19, vec!["error".into(), "verbose".into()]));
        assert_eq!(at_end("marked:"), (7, vec!["true".into(), "false".into()]));
        assert_eq!(at_end("name:failed"), (5, vec!["DispatchSessionFailed".into()]));
        assert_eq!(at_end("name:\"via"), (5, vec!["\"Via Changed\"".into()]));
        assert_eq!(at_end("provider:app"), (9, vec!["\"Application Server\"".into()]));
        assert_eq!(at_end("appd"), (0, vec!["AppDomain:".into()]));
        assert_eq!(at_end("x (not act"), (7, vec!["activity:".into(), "activity-tree:".into()]));
        assert_eq!(at_end("name~fa").1, Vec::<String>::new());
        assert_eq!(at_end("name~fa ~b lev").1, ["level:"]);
        assert_eq!(at_end("lev").1, ["level:"]);
        assert_eq!(at_end("dispatchsessionf").1, ["name=DispatchSessionFailed"]);
        assert!(at_end("eventdata.i").1.contains(&"EventData.Id:".to_owned()));
        assert!(at_end("id:4031 ").1.contains(&"level:".to_owned()));
        assert!(at_end("id:4031 o").1.contains(&"or".to_owned()));
        assert_eq!(at_end("an \"open phrase").1, Vec::<String>::new());
        assert_eq!(complete("level:er and id:1", 8, &Sample).candidates, ["error", "verbose"]);
        assert_eq!(complete("한", 1, &Sample).from, 0, "a cursor inside a character does no harm");
    }
}
