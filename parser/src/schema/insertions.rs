//! Message texts: what stands in place of `%1` (FormatMessage and the manifest's messages).

/// Puts values into a message. `value` gives the text of the nth top-level field, from 1.
///
/// Understood are `%1`…`%999` with an optional format `%1!s!` (types are known, so the format is
/// not needed), `%n` line end, `%t` tab, `%r` carriage return, `%b` blank, `%0` end of the text,
/// and `%` before anything else, which stands for itself. An insertion without a field stays
/// as it is written: a reader sees what is missing.
#[must_use]
pub fn substitute(text: &str, mut value: impl FnMut(usize) -> Option<String>) -> String {
    substitute_with(text, |number, _| value(number))
}

/// The same, where the value is asked for with its format, without the exclamation marks.
#[must_use]
pub fn substitute_with(
    text: &str,
    mut value: impl FnMut(usize, Option<&str>) -> Option<String>,
) -> String {
    let mut out = String::with_capacity(text.len() + 32);
    let mut rest = text;
    while let Some(at) = rest.find('%') {
        let (before, from) = rest.split_at(at);
        out.push_str(before);
        let after = from.get(1..).unwrap_or_default();
        let digits = after.bytes().take(3).take_while(u8::is_ascii_digit).count();
        let Some(first) = after.chars().next() else {
            out.push('%');
            return out;
        };
        if digits == 0 {
            match first {
                'n' => out.push('\n'),
                't' => out.push('\t'),
                'r' => out.push('\r'),
                'b' => out.push(' '),
                other => out.push(other),
            }
            rest = after.get(first.len_utf8()..).unwrap_or_default();
            continue;
        }
        let (number, mut tail) = after.split_at(digits);
        let number: usize = number.parse().unwrap_or_default();
        if number == 0 {
            return out;
        }
        // A format between exclamation marks; one without an end is text.
        let mut spec = None;
        if let Some((format, after)) = tail.strip_prefix('!').and_then(|tail| tail.split_once('!'))
            && is_format(format)
        {
            (spec, tail) = (Some(format), after);
        }
        match value(number, spec) {
            Some(text) => out.push_str(&text),
            None => {
                out.push('%');
                out.push_str(after.get(..digits).unwrap_or_default());
            }
        }
        rest = tail;
    }
    out.push_str(rest);
    out
}

/// Whether this can be a printf format (`s`, `08x`, `-10.3lf`), as opposed to the text between
/// two exclamation marks of a sentence.
fn is_format(text: &str) -> bool {
    let conversion = text.trim_start_matches(|c: char| "-+ #0123456789.*".contains(c));
    !conversion.is_empty()
        && conversion.len() <= 4
        && conversion.bytes().all(|b| b"hlwIS64sdiuxXpcfegLS".contains(&b))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn insertions_follow_format_message() {
        let put = |text| substitute(text, |n| ["a", "b"].get(n - 1).map(|s| (*s).to_owned()));
        assert_eq!(put("%1 and %2."), "a and b.");
        assert_eq!(put("%1!s!, %2!08x!"), "a, b");
        assert_eq!(put("100%% of %1%nnext%tline"), "100% of a\nnext\tline");
        assert_eq!(put("%3 is missing"), "%3 is missing");
        assert_eq!(put("ends%0 here"), "ends");
        assert_eq!(put("wow %1! really!"), "wow a! really!");
        assert_eq!(put("%"), "%");
        assert_eq!(put("50%. %!"), "50. !");
        assert_eq!(put("%1%2"), "ab");
    }
}
