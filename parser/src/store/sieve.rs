//! What the bytes of a payload tell of a filter before they are decoded.
//!
//! A text that is looked for in fields that are texts must stand in the payload as it is, but for
//! the case of its letters. So a payload without it need not be decoded. Where that cannot be told
//! (numbers, names of values, parts of a message that only come together in it) it is decoded; where
//! fields are asked for by name, no further than those, and nothing else is made of the rest.

use super::trace::Trace;
use crate::query::{
    Expr, Field, Op, Pattern, Test, Value, fold, is_bare, is_by_place, is_name, leads_into,
};
use crate::record::Record;
use crate::schema::Recipe;
use crate::schema::decode::decode_some;
use crate::schema::insertions::substitute;
use crate::schema::layout::{Count, InType, Kind, Layout, LayoutField, OutType};
use crate::value::{self, SchemaSource};

/// Stands for an inserted value. No message holds it.
const INSERTED: char = '\u{1}';

/// What the text of a number, a time, a GUID or a truth value is made of, in lower case, and what
/// stands where a field is missing.
const OF_NUMBERS: &[u8] = b"0123456789abcdefxtzrulsn+-.:{}%";

/// What is known of a filter for the events of a key.
#[derive(Debug, Default)]
pub(super) struct Sieve {
    /// All pass.
    all: bool,
    /// What a payload must hold one of to pass, each in ASCII; without any, none passes.
    holds: Option<Vec<Vec<u8>>>,
    /// The fields that are asked for, where nothing else of the event is.
    pub asked: Option<Box<Asked>>,
}

/// Some fields of a layout.
#[derive(Debug)]
pub(super) struct Asked {
    layout: Layout,
    source: SchemaSource,
    /// Which of the top-level fields.
    wanted: Vec<bool>,
}

impl Sieve {
    /// For what is left of a filter for the events of the key that `record` has.
    pub fn new(trace: &Trace, record: &Record<'_>, expr: &Expr, locale: &str) -> Self {
        let recipe = trace.keys_are_exact().then(|| trace.schemas().recipe(record, locale));
        let Some(recipe) = recipe.flatten() else { return Self::default() };
        let asked = Asked::new(&recipe, expr).map(Box::new);
        let kind = KindOfEvent { constants: constants(&recipe), recipe };
        Self { all: kind.always(expr), holds: kind.needs(expr), asked }
    }

    /// What the key alone tells.
    pub fn of_all(&self) -> Option<bool> {
        let none = self.holds.as_ref().is_some_and(Vec::is_empty);
        (self.all || none).then_some(self.all)
    }

    /// Whether a payload must be decoded to know whether it passes.
    pub fn lets_through(&self, payload: &[u8]) -> bool {
        let may_hold = |all: &Vec<Vec<u8>>| all.iter().any(|stretch| holds(payload, stretch));
        self.holds.as_ref().is_none_or(may_hold)
    }
}

impl Asked {
    /// The fields that a filter asks for; `None` when it asks for more than fields by name.
    fn new(recipe: &Recipe<'_>, expr: &Expr) -> Option<Self> {
        let mut paths = Some(Vec::new());
        expr.visit_leaves(&mut |leaf| match leaf {
            Expr::Test(Test { field: Field::Payload(path), .. }) if !is_by_place(path) => {
                paths.iter_mut().for_each(|paths| paths.push(path.as_str()));
            }
            _ => paths = None,
        });
        Some(Self::of_paths(recipe, &paths?))
    }

    /// The field that a column shows of the events of the key that `record` has; `None` when it
    /// shows something else, or more is needed to know it.
    pub fn of_column(
        trace: &Trace,
        record: &Record<'_>,
        field: &Field,
        locale: &str,
    ) -> Option<Self> {
        let Field::Payload(path) = field else { return None };
        let recipe = trace.keys_are_exact().then(|| trace.schemas().recipe(record, locale))??;
        (!is_by_place(path)).then(|| Self::of_paths(&recipe, &[path]))
    }

    fn of_paths(recipe: &Recipe<'_>, paths: &[&str]) -> Self {
        let is_wanted = |field: &LayoutField| {
            paths.iter().any(|path| {
                let own = std::slice::from_ref(field);
                leads_into(path, &field.name)
                    || is_bare(path) && any_named(own, path, &mut |_| true)
            })
        };
        let mut wanted: Vec<bool> = recipe.layout.fields.iter().map(is_wanted).collect();
        wanted.truncate(wanted.iter().rposition(|wanted| *wanted).map_or(0, |last| last + 1));
        Self { layout: recipe.layout.clone(), source: recipe.source, wanted }
    }

    /// These fields of an event, as far as it has them.
    pub fn decode(&self, trace: &Trace, record: &Record<'_>) -> Vec<value::Field> {
        let (pointer_bytes, maps) =
            (record.kind.pointer_bytes(), trace.schemas().maps(self.source));
        decode_some(&self.layout, &self.wanted, record.payload, pointer_bytes, maps)
    }
}

/// What all events of a key show in a column, where that is the same: a message without values, or
/// nothing.
pub(super) fn same_for_all(
    trace: &Trace,
    record: &Record<'_>,
    field: &Field,
    locale: &str,
) -> Option<String> {
    let recipe = trace.keys_are_exact().then(|| trace.schemas().recipe(record, locale))??;
    match field {
        Field::Message => {
            recipe.message?;
            Some(skeleton(&recipe)).filter(|text| !text.contains(INSERTED))
        }
        Field::Payload(path) => {
            let is_missing =
                is_bare(path) && !any_named(&recipe.layout.fields, path, &mut |_| true);
            is_missing.then(String::new)
        }
        _ => None,
    }
}

/// What all events of a key have in common.
struct KindOfEvent<'a> {
    recipe: Recipe<'a>,
    /// The parts of the message that are the same for all.
    constants: Vec<String>,
}

/// What stands before, between and after the values in a message.
fn constants(recipe: &Recipe<'_>) -> Vec<String> {
    skeleton(recipe).split(INSERTED).map(|part| fold(part).into_owned()).collect()
}

/// A message with [`INSERTED`] for each value.
fn skeleton(recipe: &Recipe<'_>) -> String {
    let fields = &recipe.layout.fields;
    match recipe.message {
        Some((text, _)) => substitute(text, |number| {
            fields.get(number.checked_sub(1)?).map(|_| INSERTED.to_string())
        }),
        // Without a message of its own an event shows its fields.
        None => {
            let of_field = |field: &LayoutField| match &*field.name {
                "" => format!("{INSERTED}, "),
                name => format!("{name}={INSERTED}, "),
            };
            fields.iter().map(of_field).collect()
        }
    }
}

impl KindOfEvent<'_> {
    /// Whether all pass, because what is looked for is in the message whatever its values are.
    fn always(&self, expr: &Expr) -> bool {
        let in_message = |pattern: &Pattern| {
            self.recipe.message.is_some()
                && !pattern.is_regex()
                && self.constants.iter().any(|part| pattern.is_in(part))
        };
        match expr {
            Expr::And(parts) => parts.iter().all(|part| self.always(part)),
            Expr::Or(parts) => parts.iter().any(|part| self.always(part)),
            Expr::Text(pattern) => in_message(pattern),
            _ => false,
        }
    }

    /// What a payload must hold one of to pass; `None` when that cannot be told.
    fn needs(&self, expr: &Expr) -> Option<Vec<Vec<u8>>> {
        match expr {
            Expr::And(parts) => parts.iter().find_map(|part| self.needs(part)),
            Expr::Or(parts) => {
                let parts: Option<Vec<_>> = parts.iter().map(|part| self.needs(part)).collect();
                Some(parts?.concat())
            }
            Expr::Text(pattern) => self.in_any_text(pattern).map(|stretch| vec![stretch]),
            // There is no such field.
            Expr::Test(Test { field: Field::Payload(path), op, .. })
                if is_bare(path)
                    && !matches!(op, Op::Ne | Op::NotMatch)
                    && !any_named(&self.recipe.layout.fields, path, &mut |_| true) =>
            {
                Some(Vec::new())
            }
            Expr::Test(Test { field, op: Op::Has | Op::Eq, values }) => {
                let stretches = values.iter().map(|value| match (field, value) {
                    (Field::Message, Value::Text(pattern)) => self.in_any_text(pattern),
                    (Field::Payload(path), Value::Text(pattern)) if is_bare(path) => {
                        let fields = &self.recipe.layout.fields;
                        let told = !any_named(fields, path, &mut |field| !is_text(field));
                        pattern.stretch().filter(|_| told).map(<[u8]>::to_ascii_lowercase)
                    }
                    _ => None,
                });
                stretches.collect()
            }
            Expr::All | Expr::Not(_) | Expr::Test(_) => None,
        }
    }

    /// What must stand in a text of the payload for a pattern to be in any value or the message.
    fn in_any_text(&self, pattern: &Pattern) -> Option<Vec<u8>> {
        let stretch = pattern.stretch()?.to_ascii_lowercase();
        let beyond_numbers = stretch.iter().any(|byte| !OF_NUMBERS.contains(byte));
        let fields = &self.recipe.layout.fields;
        let told = fields.iter().all(|field| is_text(field) || is_number(field) && beyond_numbers);
        // It must not come about by what stands around a value.
        let apart = self.constants.iter().enumerate().all(|(at, part)| {
            let part = part.as_bytes();
            let joins = |length: usize| {
                let (head, tail) = stretch.split_at(length);
                part.ends_with(head) || part.starts_with(tail)
            };
            let at_an_end = at == 0 || at + 1 == self.constants.len();
            !(1..stretch.len()).any(joins)
                && memchr::memmem::find(part, &stretch).is_none()
                && (at_an_end || !part.is_empty())
                && (part.is_empty() || memchr::memmem::find(&stretch, part).is_none())
        });
        (told && apart).then_some(stretch)
    }
}

/// Whether a bare name finds a field, at any depth, of which something holds.
fn any_named(
    fields: &[LayoutField],
    name: &str,
    holds: &mut dyn FnMut(&LayoutField) -> bool,
) -> bool {
    fields.iter().any(|field| {
        let inside = match &field.kind {
            Kind::Struct(members) => members.as_slice(),
            Kind::Scalar(..) => &[],
        };
        is_name(name, &field.name) && holds(field) || any_named(inside, name, holds)
    })
}

/// Whether a field's text stands in the payload as it is.
fn is_text(field: &LayoutField) -> bool {
    matches!(field.kind, Kind::Scalar(in_type, _) if in_type.is_string())
        && field.count == Count::One
        && field.map.is_none()
}

/// Whether a field's text is a number, a time, a GUID or a truth value.
fn is_number(field: &LayoutField) -> bool {
    let Kind::Scalar(in_type, out) = field.kind else { return false };
    let plain = matches!(
        out,
        OutType::Default
            | OutType::Hex
            | OutType::Signed
            | OutType::Unsigned
            | OutType::Boolean
            | OutType::DateTime
    );
    let number = matches!(
        in_type,
        InType::Int8
            | InType::UInt8
            | InType::Int16
            | InType::UInt16
            | InType::Int32
            | InType::UInt32
            | InType::Int64
            | InType::UInt64
            | InType::HexInt32
            | InType::HexInt64
            | InType::Boolean
            | InType::Pointer
            | InType::SizeT
            | InType::Guid
            | InType::Filetime
    );
    plain && number && field.count == Count::One && field.map.is_none()
}

/// Whether ASCII letters stand in bytes, in either case, a byte or a UTF-16 unit each.
fn holds(bytes: &[u8], stretch: &[u8]) -> bool {
    let Some(&first) = stretch.first() else { return true };
    memchr::memchr2_iter(first, first.to_ascii_uppercase(), bytes).any(|at| {
        let rest = bytes.get(at..).unwrap_or_default();
        let narrow = rest.get(..stretch.len());
        let (units, _) = rest.as_chunks::<2>();
        let same =
            |([low, high], byte): (&[u8; 2], &u8)| *high == 0 && low.eq_ignore_ascii_case(byte);
        narrow.is_some_and(|part| part.eq_ignore_ascii_case(stretch))
            || units.get(..stretch.len()).is_some_and(|units| units.iter().zip(stretch).all(same))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn letters_are_found_in_both_widths_and_cases() {
        let wide = |text: &str| text.encode_utf16().flat_map(u16::to_le_bytes).collect::<Vec<_>>();
        for hay in [b"a /LM/Root x".to_vec(), wide("\u{ac00}/lm/rOOt"), wide("//LM/ROOT")] {
            assert!(holds(&hay, b"/lm/root"), "{hay:?}");
            let odd = [&[0], hay.as_slice()].concat();
            assert!(holds(&odd, b"/lm/root"), "at an odd offset");
            assert!(!holds(hay.get(..hay.len() - 3).expect("long"), b"/lm/root x"));
        }
        assert!(!holds(&wide("/lm\u{6d00}root"), b"/lm/root"));
        assert!(!holds(b"", b"ab"));
    }

    #[test]
    fn only_letters_that_fold_in_one_way_are_looked_for() {
        let stretch = |text: &str, quoted| {
            let pattern = Pattern::new(text, quoted);
            pattern.stretch().map(|part| String::from_utf8(part.to_vec()).expect("ASCII"))
        };
        assert_eq!(stretch("timeout", false).as_deref(), Some("meout"), "İ folds to an i");
        assert_eq!(stretch("Kelvin \u{212a}", true).as_deref(), Some("elv"), "so does its sign");
        assert_eq!(stretch("ab*cde?f", false).as_deref(), Some("cde"));
        assert_eq!(stretch("ab*cde?f", true).as_deref(), Some("ab*cde?f"));
        assert_eq!(stretch("0x10", false), None, "a number is written in several ways");
        assert_eq!(stretch("0x10", true).as_deref(), Some("0x10"));
        assert_eq!(stretch("시간", true), None);
    }
}
