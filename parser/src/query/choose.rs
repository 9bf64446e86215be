//! Choosing values: a second value of a field widens what the first let through, a value chosen
//! again is taken away, and whatever else a person typed stays as it is written.

use serde::{Deserialize, Serialize};

use super::Filter;
use super::ast::{Expr, Op, Test, Value};
use super::fault::FilterFault;
use super::field::Field;
use super::{parser, xpath};

/// What is wanted of a value.
#[derive(Clone, Copy, Debug, Eq, PartialEq, Serialize, Deserialize)]
pub enum Choice {
    /// Its events beside those of other values chosen, or no longer so.
    Toggle,
    /// As [`Choice::Toggle`], but of several values that are chosen only this one.
    Only,
    /// Not its events, or no longer not.
    Not,
}

/// A filter with a value chosen in it; `term` selects the value's events. The parts that must all
/// be true are looked at one by one: where one of them only says which values of the same field are
/// wanted (or not), it is changed, else the term is added.
///
/// # Errors
/// What is wrong with the filter, or with the term.
pub fn choose(text: &str, term: &str, choice: Choice) -> Result<String, FilterFault> {
    let term = parser::parse(term)?;
    let text = match xpath::is_query(text) {
        true => Filter::parse(text)?.to_string(),
        false => text.to_owned(),
    };
    let parts = parser::parts(&text)?;
    let mut changed: Vec<Expr> = parts.iter().map(|part| part.expr.clone()).collect();
    let added = change(&mut changed, &term, choice);
    let mut written = String::new();
    let mut end = 0;
    for (part, new) in parts.iter().zip(&changed) {
        let between = text.get(end..part.start).unwrap_or_default();
        end = part.end;
        if *new == Expr::All {
            continue;
        }
        if !written.is_empty() {
            written.push_str(if between.is_empty() { " " } else { between });
        }
        let own = text.get(part.start..part.end).unwrap_or_default();
        match (*new == part.expr, part.is_open && added.is_some()) {
            (false, _) => written.push_str(&closed(new)),
            (true, true) => written.push_str(&format!("({own})")),
            (true, false) => written.push_str(own),
        }
    }
    if let Some(added) = added {
        written.push_str(if written.is_empty() { "" } else { " " });
        written.push_str(&closed(&added));
    }
    Ok(written)
}

/// As one part of a filter.
fn closed(expr: &Expr) -> String {
    match expr {
        Expr::And(_) | Expr::Or(_) => format!("({expr})"),
        _ => expr.to_string(),
    }
}

impl Filter {
    /// Whether a value is chosen (`true`), or its events are not wanted (`false`); `None` where the
    /// filter says neither. `term` selects the value's events.
    #[must_use]
    pub fn chosen(&self, term: &str) -> Option<bool> {
        let term = parser::parse(term).ok()?;
        let mut found = self.parts.iter().filter_map(|part| values(part, &term));
        found.find(|(_, values)| values.contains(&term)).map(|(wanted, _)| wanted)
    }
}

/// Chooses a value in the parts of a filter; what is to be added to them, if they do not say it
/// all. Parts that say nothing any more become [`Expr::All`].
fn change(parts: &mut [Expr], term: &Expr, choice: Choice) -> Option<Expr> {
    let wanted = choice != Choice::Not;
    // The opposite goes first.
    let mut others_stay = false;
    for part in parts.iter_mut() {
        others_stay |= take_out(part, term, !wanted) && *part != Expr::All;
    }
    // Of several values one went: without it there is nothing more to say.
    if !wanted && others_stay {
        return None;
    }
    let mut had = false;
    for part in parts.iter_mut() {
        match choice {
            Choice::Only
                if values(part, term).is_some_and(|(wanted, values)| {
                    wanted && values.len() > 1 && values.contains(term)
                }) =>
            {
                *part = term.clone();
                had = true;
            }
            _ => had |= take_out(part, term, wanted),
        }
    }
    if had || parts.iter_mut().any(|part| put_in(part, term, wanted)) {
        return None;
    }
    Some(if wanted { term.clone() } else { Expr::Not(Box::new(term.clone())) })
}

/// Takes a value out of those that a part wants, or does not; says whether it was there.
fn take_out(part: &mut Expr, term: &Expr, wanted: bool) -> bool {
    match values(part, term) {
        Some((is_wanted, mut values)) if is_wanted == wanted && values.contains(term) => {
            values.retain(|value| value != term);
            *part = join(values, wanted);
            true
        }
        _ => false,
    }
}

/// Puts a value beside those that a part wants, or does not; says whether it is such a part.
fn put_in(part: &mut Expr, term: &Expr, wanted: bool) -> bool {
    match values(part, term) {
        Some((is_wanted, mut values)) if is_wanted == wanted => {
            values.push(term.clone());
            *part = join(values, wanted);
            true
        }
        _ => false,
    }
}

/// Whether a part wants some values like that of `term`, or does not want them, and which; `None`
/// for a part that says something else.
fn values(part: &Expr, term: &Expr) -> Option<(bool, Vec<Expr>)> {
    let (wanted, part) = match part {
        Expr::Not(inner) => (false, inner.as_ref().clone()),
        Expr::Test(Test { field, op: Op::Ne, values }) => {
            let (field, values) = (field.clone(), values.clone());
            (false, Expr::Test(Test { field, op: Op::Eq, values }))
        }
        part => (true, part.clone()),
    };
    let mut found = Vec::new();
    split(part, &tests(term)?, &mut found).then_some((wanted, found))
}

/// Each of the values that an expression lets through; says whether it is nothing but those.
fn split(expr: Expr, of: &[&Test], found: &mut Vec<Expr>) -> bool {
    if let Expr::Or(parts) = expr {
        return parts.into_iter().all(|part| split(part, of, found));
    }
    let is_like = tests(&expr).is_some_and(|own| {
        // Events are known by provider and id (or name), threads by process and thread: the last
        // says which, what comes before narrows it.
        let like = |a: &&Test, b: &&Test| {
            let is_event = |field: &Field| matches!(field, Field::Id | Field::Name);
            a.field == b.field || (of.len() > 1 && is_event(&a.field) && is_event(&b.field))
        };
        let last = own.last().zip(of.last()).is_some_and(|(a, b)| like(a, b));
        last && own.iter().all(|a| of.iter().any(|b| like(a, b)))
    });
    if !is_like {
        return false;
    }
    let (mut head, last) = match expr {
        Expr::And(mut parts) => match parts.pop() {
            Some(last) => (parts, last),
            None => return false,
        },
        one => (Vec::new(), one),
    };
    if let Expr::Test(Test { field, op, values }) = last {
        for value in values {
            head.push(Expr::Test(Test { field: field.clone(), op, values: vec![value] }));
            found.push(Expr::and(head.clone()));
            head.pop();
        }
    }
    true
}

/// The tests of which a term consists; `None` where it is something else, or says what is not, or
/// only that there is a value.
fn tests(term: &Expr) -> Option<Vec<&Test>> {
    let parts = match term {
        Expr::And(parts) => parts.as_slice(),
        one => std::slice::from_ref(one),
    };
    let mut tests = Vec::with_capacity(parts.len());
    for part in parts {
        match part {
            Expr::Test(test)
                if !matches!(test.op, Op::Ne | Op::NotMatch)
                    && !test.values.contains(&Value::Any) =>
            {
                tests.push(test);
            }
            _ => return None,
        }
    }
    Some(tests)
}

/// Any of these values, or none of them.
fn join(values: Vec<Expr>, wanted: bool) -> Expr {
    let mut joined: Vec<Expr> = Vec::new();
    for mut value in values {
        if !joined.iter_mut().any(|other| merge(other, &mut value)) {
            joined.push(value);
        }
    }
    match (joined.is_empty(), wanted) {
        (true, _) => Expr::All,
        (_, true) => Expr::or(joined),
        (_, false) => Expr::Not(Box::new(Expr::or(joined))),
    }
}

/// Takes the values of a term into another that differs in nothing else; says whether it could.
fn merge(into: &mut Expr, from: &mut Expr) -> bool {
    match (into, from) {
        (Expr::Test(into), Expr::Test(from)) => {
            // A comma ends a value of a list.
            let fits = |value: &Value| {
                !matches!(value, Value::Text(pattern)
                if !pattern.is_quoted() && pattern.text().contains(','))
            };
            let same = into.field == from.field && into.op == from.op;
            let can = same
                && matches!(into.op, Op::Has | Op::Eq)
                && into.values.iter().chain(&from.values).all(fits);
            if can {
                into.values.append(&mut from.values);
            }
            can
        }
        (Expr::And(into), Expr::And(from)) => {
            match (into.split_last_mut(), from.split_last_mut()) {
                (Some((into, head)), Some((from, other))) => head == other && merge(into, from),
                _ => false,
            }
        }
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn toggled(text: &str, term: &str) -> String {
        choose(text, term, Choice::Toggle).expect(text)
    }

    fn without(text: &str, term: &str) -> String {
        choose(text, term, Choice::Not).expect(text)
    }

    #[test]
    fn a_second_value_widens_and_the_same_again_goes() {
        let one = toggled("", "provider=\"A b\"");
        assert_eq!(one, "provider=\"A b\"");
        let two = toggled(&one, "provider=C");
        assert_eq!(two, "provider=(\"A b\",C)");
        assert_eq!(toggled(&two, "provider=\"A b\""), "provider=C");
        assert_eq!(toggled("provider=C", "provider=C"), "");
        // Where what was typed is no list, the value stands beside it.
        assert_eq!(toggled("level<=error", "level:warning"), "(level<=error or level:warning)");
        assert_eq!(toggled("name:a,b", "name=c"), "(name:a,b or name=c)");
        assert_eq!(toggled("name:a,b", "name:c"), "(name:a,b or name:c)");
        assert_eq!(
            toggled("level:error or level:warning", "level:info"),
            "level:(error,warning,info)"
        );
    }

    #[test]
    fn what_else_was_typed_stays_as_it_is_written() {
        for (text, term, chosen) in [
            ("  ID:4031 pid:7  -word", "pid:8", "ID:4031 pid:(7,8)  -word"),
            ("pid:0x7 && word", "pid:7", "word"),
            ("a (pid:7) b", "pid:7", "a b"),
            ("pid:7 and a", "tid:9", "pid:7 and a tid:9"),
            ("pid:(7)(a or b)", "pid:8", "pid:(7,8) (a or b)"),
            ("id:4031 or pid:7", "pid:8", "(id:4031 or pid:7) pid:8"),
            ("(id:4031 or pid:7)", "pid:8", "(id:4031 or pid:7) pid:8"),
            ("activity:*", "pid:8", "activity:* pid:8"),
            ("pid:*", "pid:8", "pid:* pid:8"),
            ("*[System[EventID=4031]]", "pid:8", "id=4031 pid:8"),
        ] {
            assert_eq!(toggled(text, term), chosen, "{term} in {text}");
        }
    }

    #[test]
    fn values_not_wanted_are_collected_too() {
        let one = without("word", "level:verbose");
        assert_eq!(one, "word not level:verbose");
        let two = without(&one, "level:info");
        assert_eq!(two, "word not level:(verbose,info)");
        assert_eq!(without(&two, "level:verbose"), "word not level:info");
        assert_eq!(without("level:(error,info)", "level:info"), "level:error");
        assert_eq!(without("level:error", "level:error"), "not level:error");
        assert_eq!(toggled("not level:error", "level:error"), "level:error");
        assert_eq!(toggled("not level:error", "level:info"), "not level:error level:info");
        assert_eq!(without("pid!=7", "pid=8"), "not pid=(7,8)");
    }

    #[test]
    fn only_one_of_several() {
        let only = |text, term| choose(text, term, Choice::Only).expect(text);
        assert_eq!(only("pid:(7,8) a", "pid:8"), "pid:8 a");
        assert_eq!(only("pid:8 a", "pid:8"), "a");
        assert_eq!(only("pid:7 a", "pid:8"), "pid:(7,8) a");
    }

    #[test]
    fn events_and_threads_have_two_fields() {
        let one = toggled("", "provider=A and id:5");
        assert_eq!(one, "(provider=A and id:5)");
        let two = toggled(&one, "provider=A and id:6");
        assert_eq!(two, "(provider=A and id:(5,6))");
        let three = toggled(&two, "provider=B and name=x");
        assert_eq!(three, "(provider=A and id:(5,6) or provider=B and name=x)");
        let last = toggled(&toggled(&three, "provider=A and id:5"), "provider=A and id:6");
        assert_eq!(last, "(provider=B and name=x)");
        assert_eq!(toggled("id:7", "provider=A and id:5"), "(id:7 or provider=A and id:5)");
        assert_eq!(toggled("(pid:1 and tid:2)", "pid:1 and tid:3"), "(pid:1 and tid:(2,3))");
        assert_eq!(
            toggled("provider=A", "provider=A and id:5"),
            "provider=A (provider=A and id:5)"
        );
        assert_eq!(without("", "provider=A and id:5"), "not (provider=A and id:5)");
    }

    #[test]
    fn what_is_chosen_is_known_from_the_filter() {
        let filter: Filter =
            "level:(error,warning) not pid:7 (provider=A and id:5)".parse().expect("a filter");
        assert_eq!(filter.chosen("level:error"), Some(true));
        assert_eq!(filter.chosen("level:info"), None);
        assert_eq!(filter.chosen("pid:7"), Some(false));
        assert_eq!(filter.chosen("provider=A and id:5"), Some(true));
        assert_eq!(filter.chosen("provider=A"), None);
    }

    #[test]
    fn what_is_not_understood_is_said() {
        assert!(choose("(", "pid:8", Choice::Toggle).is_err());
        assert!(choose("", "pid:", Choice::Toggle).is_err());
    }
}
