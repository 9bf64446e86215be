//! How a value is written as text: in rows, messages, the details panel and text filters.

use std::fmt::{self, Write as _};

use crate::value::{Field, Value};

/// Writes a value. Text is written as it is, numbers in decimal, `Hex` as `0x…`, GUIDs in braces,
/// times as ISO 8601, status codes with their names, bytes as hexadecimal digits, arrays as `[a, b]`, structures as
/// `{name=a, name=b}`, a named integer by its name.
#[derive(Clone, Copy, Debug)]
pub struct ValueText<'a>(pub &'a Value);

impl fmt::Display for ValueText<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            Value::Null => f.write_str("null"),
            Value::Bool(b) => write!(f, "{b}"),
            Value::Int(n) => write!(f, "{n}"),
            Value::UInt(n) => write!(f, "{n}"),
            Value::Hex(n) => write!(f, "{n:#x}"),
            Value::Status(status) => write!(f, "{status}"),
            Value::Float(x) => write!(f, "{x}"),
            Value::Double(x) => write!(f, "{x}"),
            Value::Text(text) | Value::Sid(text) | Value::Address(text) => f.write_str(text),
            Value::Guid(guid) => write!(f, "{guid:#}"),
            Value::Filetime(time) => f.write_str(&crate::time::iso8601(*time)),
            Value::SystemTime(words) => system_time(f, words),
            Value::Binary(bytes) => bytes.iter().try_for_each(|byte| write!(f, "{byte:02X}")),
            Value::Named { name, .. } => f.write_str(name),
            Value::Struct(fields) => {
                f.write_char('{')?;
                write!(f, "{}", FieldsText(fields))?;
                f.write_char('}')
            }
            Value::Array(values) => {
                f.write_char('[')?;
                for (i, value) in values.iter().enumerate() {
                    if i > 0 {
                        f.write_str(", ")?;
                    }
                    write!(f, "{}", ValueText(value))?;
                }
                f.write_char(']')
            }
        }
    }
}

/// Writes fields as `name=value, name=value`; a field without a name as its value.
#[derive(Clone, Copy, Debug)]
pub struct FieldsText<'a>(pub &'a [Field]);

impl fmt::Display for FieldsText<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (i, field) in self.0.iter().enumerate() {
            if i > 0 {
                f.write_str(", ")?;
            }
            if !field.name.is_empty() {
                write!(f, "{}=", field.name)?;
            }
            write!(f, "{}", ValueText(&field.value))?;
        }
        Ok(())
    }
}

/// A SYSTEMTIME has no zone, so none is written.
fn system_time(f: &mut fmt::Formatter<'_>, words: &[u16; 8]) -> fmt::Result {
    let [year, month, _, day, hour, minute, second, ms] = words;
    write!(f, "{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}.{ms:03}")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(value: &Value) -> String {
        ValueText(value).to_string()
    }

    #[test]
    fn values_are_written_as_people_know_them() {
        assert_eq!(text(&Value::Int(-3)), "-3");
        assert_eq!(text(&Value::UInt(u64::MAX)), "18446744073709551615");
        assert_eq!(text(&Value::Hex(0x1b0)), "0x1b0");
        assert_eq!(text(&Value::Double(0.1)), "0.1");
        assert_eq!(text(&Value::Binary(vec![0, 0xab])), "00AB");
        assert_eq!(text(&Value::Named { value: 1, name: "Start".into() }), "Start");
        assert_eq!(
            text(&Value::SystemTime([2021, 9, 4, 9, 14, 59, 35, 31])),
            "2021-09-09T14:59:35.031"
        );
        // 100 ns since 1601; 11644473600 s to 1970.
        assert_eq!(text(&Value::Filetime(116_444_736_000_000_000)), "1970-01-01T00:00:00.0000000Z");
        let field = |name: &str, value| Field {
            name: name.into(),
            type_name: String::new(),
            value,
            bytes: 0..0,
        };
        let inner = Value::Struct(vec![field("a", Value::Bool(true)), field("", Value::Null)]);
        assert_eq!(text(&Value::Array(vec![inner, Value::UInt(7)])), "[{a=true, null}, 7]");
    }
}
