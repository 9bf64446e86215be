//! Numbers, sizes and dates in the page's language, by the browser's `Intl`.

use std::cell::RefCell;
use std::fmt::Write as _;

use js_sys::{Array, Date, Function, Intl, Object, Reflect};
use wasm_bindgen::JsValue;

use super::clock::{Zone, civil, date_time, push_date, push_time_of_day, relative, unix_ms};
use super::i18n::{Language, Plural, counted, language};

fn options(pairs: &[(&str, JsValue)]) -> Object {
    let object = Object::new();
    for (name, value) in pairs {
        // Setting a property of a fresh object does not fail.
        let _ = Reflect::set(&object, &JsValue::from_str(name), value);
    }
    object
}

fn locales() -> Array {
    Array::of1(&JsValue::from_str(language().tag()))
}

/// What writes numbers and tells plural forms in a language. Making one takes the browser a
/// hundred times as long as using it, and the timeline uses them in every frame.
struct Writers {
    language: Language,
    number: Function,
    /// Three significant digits.
    short: Function,
    plural: Intl::PluralRules,
}

thread_local! {
    static WRITERS: RefCell<Option<Writers>> = const { RefCell::new(None) };
}

fn with_writers<R>(run: impl FnOnce(&Writers) -> R) -> R {
    WRITERS.with_borrow_mut(|writers| {
        if writers.as_ref().is_some_and(|writers| writers.language != language()) {
            *writers = None;
        }
        run(writers.get_or_insert_with(|| Writers {
            language: language(),
            number: Intl::NumberFormat::new(&locales(), &Object::new()).format(),
            short: Intl::NumberFormat::new(
                &locales(),
                &options(&[("maximumSignificantDigits", 3.into())]),
            )
            .format(),
            plural: Intl::PluralRules::new(&locales(), &Object::new()),
        }))
    })
}

/// Makes ready what writes numbers. The first takes a browser some 30 ms, which a person who has opened
/// a file need not wait for.
pub fn prepare() {
    with_writers(|_| ());
}

fn call(format: &Function, value: f64) -> String {
    let text = format.call1(&JsValue::UNDEFINED, &JsValue::from_f64(value));
    text.ok().and_then(|text| text.as_string()).unwrap_or_default()
}

fn number_format(value: f64, options: &Object) -> String {
    call(&Intl::NumberFormat::new(&locales(), options).format(), value)
}

/// A whole number with the language's separators.
#[must_use]
pub fn number(value: u64) -> String {
    match value {
        ..1_000 => value.to_string(),
        _ => with_writers(|writers| call(&writers.number, value as f64)),
    }
}

/// A rate per second, with three significant digits.
#[must_use]
pub fn rate(per_second: f64) -> String {
    let text = with_writers(|writers| call(&writers.short, per_second));
    format!("{text}\u{202f}/s")
}

/// A share as a percentage.
#[must_use]
pub fn percent(share: f64) -> String {
    number_format(share, &options(&[("style", "percent".into())]))
}

/// A size in bytes, kilobytes … of 1024, with three significant digits.
#[must_use]
pub fn bytes(value: u64) -> String {
    const UNITS: [&str; 5] = ["KiB", "MiB", "GiB", "TiB", "PiB"];
    if value < 1024 {
        return counted(Plural::Bytes, is_one(value), &[&number(value)]);
    }
    let mut scaled = value as f64 / 1024.0;
    let mut unit = 0;
    while scaled >= 1000.0 && unit + 1 < UNITS.len() {
        scaled /= 1024.0;
        unit += 1;
    }
    let mut text = with_writers(|writers| call(&writers.short, scaled));
    text.push('\u{a0}');
    text.push_str(UNITS[unit]);
    text
}

/// Whether the plural rules of the page's language put a number in the form "one".
#[must_use]
pub fn is_one(value: u64) -> bool {
    with_writers(|writers| writers.plural.select(value as f64) == "one")
}

/// A text that counts something, with the number as printed in the language.
#[must_use]
pub fn count(key: Plural, value: u64) -> String {
    count_with(key, value, &[])
}

/// [`count`] with further arguments, from `{1}` on.
#[must_use]
pub fn count_with(key: Plural, value: u64, more: &[&str]) -> String {
    let printed = number(value);
    let mut arguments = vec![printed.as_str()];
    arguments.extend_from_slice(more);
    counted(key, is_one(value), &arguments)
}

/// How times are written, and against what.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct TimeStyle {
    /// Zone.
    pub zone: Zone,
    /// Minutes the recorder's zone lies east of UTC.
    pub recorder_offset: i32,
    /// First event of the trace.
    pub start: i64,
    /// Whether the trace reaches over midnight, so that a time of day does not tell the day.
    pub several_days: bool,
}

impl TimeStyle {
    /// Minutes east of UTC at a moment (summer time changes within a trace).
    #[must_use]
    pub fn offset(&self, time: i64) -> i32 {
        match self.zone {
            Zone::Local => {
                -(Date::new(&JsValue::from_f64(unix_ms(time))).get_timezone_offset() as i32)
            }
            Zone::Recorder => self.recorder_offset,
            Zone::Utc | Zone::Relative => 0,
        }
    }

    /// A time in the table, whole.
    #[must_use]
    pub fn cell(&self, time: i64) -> String {
        self.label(time, 7)
    }

    /// A time with `digits` of the fraction of a second.
    #[must_use]
    pub fn label(&self, time: i64, digits: u32) -> String {
        if self.zone == Zone::Relative {
            return relative(time.saturating_sub(self.start), digits);
        }
        let civil = civil(time, self.offset(time));
        let mut out = String::with_capacity(27);
        if self.several_days {
            push_date(&mut out, &civil);
            out.push(' ');
        }
        push_time_of_day(&mut out, civil.of_day, digits);
        out
    }

    /// Date and time, whole, with the zone.
    #[must_use]
    pub fn full(&self, time: i64) -> String {
        let offset = self.offset(time);
        let mut out = date_time(time, offset, 7);
        if offset == 0 {
            out.push('Z');
        } else {
            let minutes = offset.unsigned_abs();
            let sign = if offset < 0 { '-' } else { '+' };
            let _ = write!(out, "{sign}{:02}:{:02}", minutes / 60, minutes % 60);
        }
        out
    }

    /// The day in words, for summaries.
    #[must_use]
    pub fn day(&self, time: i64) -> String {
        let shifted = unix_ms(time) + f64::from(self.offset(time)) * 60_000.0;
        let style = options(&[("dateStyle", "long".into()), ("timeZone", "UTC".into())]);
        let format = Intl::DateTimeFormat::new(&locales(), &style);
        format
            .format()
            .call1(&JsValue::UNDEFINED, &JsValue::from_f64(shifted))
            .ok()
            .and_then(|text| text.as_string())
            .unwrap_or_default()
    }
}
