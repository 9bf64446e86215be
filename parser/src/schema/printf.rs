//! printf formats of WPP messages (`%10!08x!`), applied to decoded values.

use crate::value::{Field, Value};
use crate::value_text::ValueText;

/// Longest width or precision that is followed.
const MAX_WIDTH: usize = 256;

/// A format between exclamation marks: flags, width, precision, size, conversion.
#[derive(Clone, Copy, Debug, Default)]
struct Spec {
    left: bool,
    plus: bool,
    zero: bool,
    alternate: bool,
    width: usize,
    precision: Option<usize>,
    conversion: char,
}

impl Spec {
    fn parse(text: &str) -> Self {
        let mut spec = Self { conversion: 's', ..Self::default() };
        let mut rest = text.chars().peekable();
        while let Some(flag) = rest.next_if(|c| "-+ #0".contains(*c)) {
            match flag {
                '-' => spec.left = true,
                '+' => spec.plus = true,
                '0' => spec.zero = true,
                '#' => spec.alternate = true,
                _ => {}
            }
        }
        let mut number = || {
            let mut number = None;
            while let Some(digit) = rest.next_if(char::is_ascii_digit) {
                let digit = digit.to_digit(10).unwrap_or_default() as usize;
                number = Some((number.unwrap_or(0) * 10 + digit).min(MAX_WIDTH));
            }
            number
        };
        spec.width = number().unwrap_or(0);
        if rest.next_if_eq(&'.').is_some() {
            let mut precision = 0;
            while let Some(digit) = rest.next_if(char::is_ascii_digit) {
                let digit = digit.to_digit(10).unwrap_or_default() as usize;
                precision = (precision * 10 + digit).min(MAX_WIDTH);
            }
            spec.precision = Some(precision);
        }
        // The size (`I64`, `ll`, `w`) is that of the value; the conversion is the last letter.
        spec.conversion = rest.last().unwrap_or('s');
        spec
    }

    /// A text in its width.
    fn pad(self, text: &str) -> String {
        let missing = self.width.saturating_sub(text.chars().count());
        let blanks = " ".repeat(missing);
        if self.left { format!("{text}{blanks}") } else { format!("{blanks}{text}") }
    }

    /// Digits after a sign, filled up with zeros as asked.
    fn number(self, sign: &str, digits: &str) -> String {
        let least = match self.precision {
            Some(precision) => precision,
            None if self.zero && !self.left => self.width.saturating_sub(sign.len()),
            None => 0,
        };
        self.pad(&format!("{sign}{digits:0>least$}"))
    }
}

/// The bits of an integer, in as many bytes as its field has.
fn bits(field: &Field) -> Option<u64> {
    let bytes = field.bytes.end.saturating_sub(field.bytes.start).clamp(1, 8);
    let number = match &field.value {
        Value::UInt(n) | Value::Hex(n) | Value::Named { value: n, .. } => *n,
        Value::Int(n) => n.cast_unsigned(),
        Value::Bool(b) => u64::from(*b),
        Value::Filetime(time) => time.cast_unsigned(),
        _ => return None,
    };
    Some(number & (u64::MAX >> (64 - 8 * bytes)))
}

/// The same with its sign.
fn signed(field: &Field, bits: u64) -> i64 {
    let bytes = field.bytes.end.saturating_sub(field.bytes.start).clamp(1, 8);
    let shift = 64 - 8 * bytes;
    (bits << shift).cast_signed() >> shift
}

/// Writes a value as a format says; without one as it is usually written.
pub(super) fn format(spec: Option<&str>, field: &Field, pointer_bytes: u8) -> String {
    let text = || ValueText(&field.value).to_string();
    let Some(spec) = spec.map(Spec::parse) else { return text() };
    if let (Value::Float(_) | Value::Double(_), 'f' | 'e' | 'g' | 'E' | 'G') =
        (&field.value, spec.conversion)
    {
        let number = match field.value {
            Value::Float(x) => f64::from(x),
            Value::Double(x) => x,
            _ => 0.0,
        };
        let precision = spec.precision.unwrap_or(6);
        return spec.pad(&match spec.conversion {
            'f' => format!("{number:.precision$}"),
            'e' | 'E' => format!("{number:.precision$e}"),
            _ => number.to_string(),
        });
    }
    let Some(bits) = bits(field) else {
        let text = text();
        let cut: String = text.chars().take(spec.precision.unwrap_or(usize::MAX)).collect();
        return spec.pad(&cut);
    };
    match spec.conversion {
        'd' | 'i' => {
            let number = signed(field, bits);
            let sign = if number < 0 {
                "-"
            } else if spec.plus {
                "+"
            } else {
                ""
            };
            spec.number(sign, &number.unsigned_abs().to_string())
        }
        'u' => spec.number("", &bits.to_string()),
        'x' => spec.number(if spec.alternate { "0x" } else { "" }, &format!("{bits:x}")),
        'X' => spec.number(if spec.alternate { "0X" } else { "" }, &format!("{bits:X}")),
        'o' => spec.number("", &format!("{bits:o}")),
        'c' | 'C' => {
            let c = u32::try_from(bits).ok().and_then(char::from_u32);
            spec.pad(&c.unwrap_or(char::REPLACEMENT_CHARACTER).to_string())
        }
        // As wide as a pointer, as the kernel's debug output writes it.
        'p' => format!("{bits:0>width$X}", width = 2 * usize::from(pointer_bytes)),
        _ => spec.pad(&text()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn field(value: Value, bytes: u32) -> Field {
        Field { name: String::new(), type_name: String::new(), value, bytes: 8..8 + bytes }
    }

    #[test]
    fn numbers_and_texts_follow_printf() {
        let int = |n: i64, bytes| field(Value::Int(n), bytes);
        for (spec, field, expected) in [
            ("d", int(-1, 4), "-1"),
            ("u", int(-1, 4), "4294967295"),
            ("x", int(-1, 4), "ffffffff"),
            ("08x", int(0x1b, 4), "0000001b"),
            ("#x", int(0x1b, 4), "0x1b"),
            ("4.4x", int(1, 4), "0001"),
            ("4.4x", int(0x12abc, 4), "12abc"),
            ("08I64X", int(0xfe00, 8), "0000FE00"),
            ("5d", int(42, 4), "   42"),
            ("-5d", int(42, 4), "42   "),
            ("05d", int(-42, 4), "-0042"),
            ("+d", int(42, 2), "+42"),
            ("o", int(8, 4), "10"),
            ("c", field(Value::UInt(43), 1), "+"),
            ("p", field(Value::Hex(0x1234), 8), "0000000000001234"),
            ("s", field(Value::Text("QEMU CFG".into()), 9), "QEMU CFG"),
            (".4s", field(Value::Text("QEMU CFG".into()), 9), "QEMU"),
            ("10s", field(Value::Text("disk".into()), 5), "      disk"),
            ("s", field(Value::Named { value: 2, name: "Gone".into() }, 4), "Gone"),
            ("d", field(Value::Named { value: 2, name: "Gone".into() }, 4), "2"),
            (".2f", field(Value::Double(1.005), 8), "1.00"),
        ] {
            assert_eq!(format(Some(spec), &field, 8), expected, "{spec}");
        }
        assert_eq!(format(Some("p"), &field(Value::Hex(0x1f), 4), 4), "0000001F");
        assert_eq!(format(None, &int(7, 4), 8), "7");
        assert!(format(Some("999999999999d"), &int(7, 4), 8).len() <= MAX_WIDTH);
    }
}
