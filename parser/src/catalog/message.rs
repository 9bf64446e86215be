//! Texts of events and levels.

use super::locale::table_index;
use super::table;

/// The message of an event in a locale, with `%1`, `%2`, … for its fields (1 is the first), and
/// whether it is in the language asked for (`true`) or in English because that language lacks it
/// (`false`). `None` when there is no message in any language.
///
/// The locale is matched as [`super::best_locale`] does. Ask [`super::event`] first whether the
/// event is the catalog's at all.
#[must_use]
pub fn message(id: u16, locale: &str) -> Option<(&'static str, bool)> {
    let find = |at: usize| {
        let texts = *table::TEXTS.get(at)?;
        let found = texts.binary_search_by_key(&id, |row| row.0).ok()?;
        texts.get(found).map(|row| row.1)
    };
    let (wanted, exact) = table_index(locale);
    find(wanted).map(|text| (text, exact)).or_else(|| find(0).map(|text| (text, false)))
}

/// Name of a level, 0 to 5, in a locale; empty for other levels, which belong to their provider.
#[must_use]
pub fn level_name(level: u8, locale: &str) -> &'static str {
    table::LEVELS
        .get(table_index(locale).0)
        .and_then(|names| names.get(usize::from(level)))
        .copied()
        .unwrap_or_default()
}
