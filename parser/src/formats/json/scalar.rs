//! The many ways exports write a number, a time, a GUID or a level.

use std::borrow::Cow;

use super::dialect::TimeUnit;
use super::tape::{Json, Kind};
use crate::guid::Guid;
use crate::time::parse_iso8601;

/// FILETIME of 1970-01-01.
const UNIX_EPOCH: i64 = 116_444_736_000_000_000;

/// The value itself: some writers wrap it with its attributes or its name.
pub(super) fn bare(json: Json<'_>) -> Json<'_> {
    if json.kind() != Kind::Object {
        return json;
    }
    let inner = ["#text", "Value", "value"].iter().find_map(|name| json.get(name));
    inner.unwrap_or(json)
}

/// The text of a string, or the source of a number or literal; nothing for null and the rest.
pub(super) fn text(json: Json<'_>) -> Option<Cow<'_, str>> {
    let json = bare(json);
    match json.kind() {
        Kind::Text => json.as_text(),
        Kind::Number | Kind::Bool => Some(Cow::Borrowed(json.source())),
        _ => None,
    }
}

/// A whole number, exact to 64 bits: a number, decimal or `0x` text.
pub(super) fn whole(json: Json<'_>) -> Option<i128> {
    let text = text(json)?;
    let text = text.trim();
    if let Some(hex) = text.strip_prefix("0x").or_else(|| text.strip_prefix("0X")) {
        let digits = hex.len() <= 16 && hex.bytes().all(|b| b.is_ascii_hexdigit());
        return if digits { i128::from_str_radix(hex, 16).ok() } else { None };
    }
    if text.len() <= 21 { text.parse().ok() } else { None }
}

/// A number that fits its field.
pub(super) fn number<T: TryFrom<i128>>(json: Json<'_>) -> Option<T> {
    T::try_from(whole(json)?).ok()
}

/// A process or thread id; −1 and its unsigned form are what Windows writes for none.
pub(super) fn process_id(json: Json<'_>) -> Option<u32> {
    number(json).filter(|id| *id != u32::MAX)
}

/// A keyword mask: .NET writes it as a signed number.
pub(super) fn keywords(json: Json<'_>) -> Option<u64> {
    let whole = whole(json)?;
    u64::try_from(whole).ok().or_else(|| i64::try_from(whole).ok().map(i64::cast_unsigned))
}

/// An event id; `InstanceId` has severity and facility above the low 16 bits.
pub(super) fn event_id(json: Json<'_>, path: &str) -> Option<u32> {
    let id: u32 = number(json)?;
    Some(if path == "InstanceId" { id & 0xffff } else { id })
}

/// A level by number or by the names tools write.
pub(super) fn level(json: Json<'_>) -> Option<u8> {
    if let Some(level) = number(json) {
        return Some(level);
    }
    let name = text(json)?.to_ascii_lowercase();
    Some(match name.as_str() {
        "logalways" | "audit_success" | "audit_failure" => 0,
        "critical" | "fatal" => 1,
        "error" => 2,
        "warning" | "warn" => 3,
        "information" | "informational" | "info" => 4,
        "verbose" | "debug" => 5,
        _ => return None,
    })
}

/// A GUID as text, or as Go writes its structure.
pub(super) fn guid(json: Json<'_>) -> Option<Guid> {
    if json.kind() == Kind::Object {
        let mut d4 = [0; 8];
        for (byte, item) in d4.iter_mut().zip(json.get("Data4")?.items()) {
            *byte = number(item)?;
        }
        let (d1, d2, d3) = (json.get("Data1")?, json.get("Data2")?, json.get("Data3")?);
        return Some(Guid::from_parts(number(d1)?, number(d2)?, number(d3)?, d4));
    }
    text(json)?.parse().ok()
}

/// A security identifier: text, or the object PowerShell makes of it.
pub(super) fn sid(json: Json<'_>) -> Option<Cow<'_, str>> {
    text(json).filter(|sid| !sid.is_empty())
}

/// A time as FILETIME.
pub(super) fn time(json: Json<'_>, unit: TimeUnit) -> Option<i64> {
    let text = text(json)?;
    let text = text.trim();
    if let Some(date) = text.strip_prefix("/Date(") {
        // Milliseconds since 1970, UTC; an offset behind them only says how to show them.
        let digits = date.strip_prefix('-').unwrap_or(date);
        let length = digits.bytes().take_while(u8::is_ascii_digit).count();
        let length = length + date.len() - digits.len();
        let milliseconds: i64 = date.get(..length)?.parse().ok()?;
        return milliseconds.checked_mul(10_000)?.checked_add(UNIX_EPOCH);
    }
    if let Some(time) = parse_iso8601(text) {
        return Some(time);
    }
    // `2024-01-01 12:00:00 +0000`
    if let Some((time, zone)) = text.rsplit_once(' ')
        && zone.starts_with(['+', '-'])
    {
        return parse_iso8601(&format!("{time}{zone}"));
    }
    numeric_time(text, unit)
}

fn numeric_time(text: &str, unit: TimeUnit) -> Option<i64> {
    let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
    let whole: i64 = whole.parse().ok()?;
    if unit == TimeUnit::Ticks {
        return Some(whole);
    }
    if !fraction.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    // The orders of magnitude of times from 1973 to 2500 do not overlap: by number of digits.
    let (multiply, divide) = match whole.unsigned_abs().checked_ilog10().unwrap_or(0) + 1 {
        ..12 => (10_000_000, 1),
        12..15 => (10_000, 1),
        15..18 => (10, 1),
        18 if whole < 300_000_000_000_000_000 => return Some(whole),
        _ => (1, 100),
    };
    let since = whole.checked_mul(multiply)? / divide;
    // Up to seven digits of what follows the point, in units of 100 ns.
    let mut unit = multiply;
    let mut rest = 0;
    for digit in fraction.bytes().take(7) {
        unit /= 10;
        rest += i64::from(digit - b'0') * unit;
    }
    since.checked_add(rest)?.checked_add(UNIX_EPOCH)
}

#[cfg(test)]
mod tests {
    use super::super::tape::Tape;
    use super::*;

    fn with<R>(text: &str, look: impl FnOnce(Json<'_>) -> R) -> R {
        let mut tape = Tape::default();
        look(tape.read(text, false).expect("JSON"))
    }

    #[test]
    fn times_in_every_form() {
        let unix = |seconds: i64, ticks: i64| Some(UNIX_EPOCH + seconds * 10_000_000 + ticks);
        let read = |text: &str| with(text, |json| time(json, TimeUnit::BySize));
        assert_eq!(read(r#""\/Date(1595374458918)\/""#), unix(1_595_374_458, 9_180_000));
        assert_eq!(read(r#""/Date(1595374458918+0200)/""#), unix(1_595_374_458, 9_180_000));
        assert_eq!(
            read(r#"{"value":"\/Date(1595374458918)\/","DisplayHint":2,"DateTime":"Tuesday"}"#),
            unix(1_595_374_458, 9_180_000)
        );
        // 2022-05-20T07:01:30Z is 1653030090.
        assert_eq!(read(r#""2022-05-20T03:01:30.2834368-04:00""#), unix(1_653_030_090, 2_834_368));
        assert_eq!(read(r#""2022-05-20 07:01:30 +0000""#), unix(1_653_030_090, 0));
        assert_eq!(read(r#""2022-05-20 07:01:30Z""#), unix(1_653_030_090, 0));
        assert_eq!(read("1653030090.25"), unix(1_653_030_090, 2_500_000));
        assert_eq!(read("1653030090283"), unix(1_653_030_090, 2_830_000));
        assert_eq!(read("1653030090283436"), unix(1_653_030_090, 2_834_360));
        assert_eq!(read("\"1653030090283436800\""), unix(1_653_030_090, 2_834_368));
        assert_eq!(read("132975036902834368"), Some(132_975_036_902_834_368));
        assert_eq!(with("12345", |json| time(json, TimeUnit::Ticks)), Some(12345));
        for bad in ["null", "\"\"", "\"yesterday\"", "{}", "[]", "true", "\"/Date()/\""] {
            assert_eq!(read(bad), None, "{bad}");
        }
    }

    #[test]
    fn numbers_keep_all_their_bits() {
        let read = |text: &str| with(text, keywords);
        assert_eq!(read("-9223372036854775808"), Some(0x8000_0000_0000_0000));
        assert_eq!(read("9223372036854775810"), Some(0x8000_0000_0000_0002));
        assert_eq!(read("\"9223372036854775840\""), Some(0x8000_0000_0000_0020));
        assert_eq!(read("\"0x2000000000000800\""), Some(0x2000_0000_0000_0800));
        assert_eq!(read("{\"Value\":18446744073709551615,\"Name\":\"\"}"), Some(u64::MAX));
        assert_eq!(read("[\"Classic\"]"), None);
        assert_eq!(with("4294967295", process_id), None);
        assert_eq!(with("-1", process_id), None);
        assert_eq!(with("\"852\"", process_id), Some(852));
        assert_eq!(with("\"Informational\"", level), Some(4));
        assert_eq!(with("{\"Value\":2,\"Name\":\"Error\"}", level), Some(2));
        assert_eq!(with("1073748860", |json| event_id(json, "InstanceId")), Some(7036));
    }

    #[test]
    fn guids_as_text_and_as_structure() {
        let wanted = "c651f5f6-1c0d-492e-8ae1-b4efd7c9d503".parse().ok();
        let go = "{\"Data1\":3327260150,\"Data2\":7181,\"Data3\":18734,\
                  \"Data4\":[138,225,180,239,215,201,213,3]}";
        for text in [
            "\"c651f5f6-1c0d-492e-8ae1-b4efd7c9d503\"",
            "\"{C651F5F6-1C0D-492E-8AE1-B4EFD7C9D503}\"",
            go,
        ] {
            assert_eq!(with(text, guid), wanted, "{text}");
        }
    }
}
