//! The languages event texts exist in, and which of them suits a reader.

use super::table;

/// Locale tags of the built-in texts; the first, English, has all of them.
pub const LOCALES: [&str; 14] = [
    "en-us", "ko-kr", "ja-jp", "zh-cn", "zh-tw", "de-de", "fr-fr", "es-es", "it-it", "pt-br",
    "ru-ru", "cs-cz", "pl-pl", "tr-tr",
];

/// The locale that suits a language tag of a browser or of Windows best: `ko` and `ko-KR` give
/// `ko-kr`, `zh-Hant` and `zh-HK` give `zh-tw`, `en-GB` gives `en-us`, and so does what is not
/// known. Case and `_` for `-` do not matter.
#[must_use]
pub fn best_locale(tag: &str) -> &'static str {
    let mut parts = tag.trim().split(['-', '_']);
    let language = parts.next().unwrap_or_default();
    if language.eq_ignore_ascii_case("zh") {
        // Script and region say which characters are read; mainland's without either.
        let traditional = parts.any(|part| {
            ["hant", "tw", "hk", "mo", "cht"].iter().any(|sign| part.eq_ignore_ascii_case(sign))
        });
        return if traditional { "zh-tw" } else { "zh-cn" };
    }
    known(language).unwrap_or(LOCALES[0])
}

/// The locale of a language other than Chinese.
fn known(language: &str) -> Option<&'static str> {
    LOCALES.into_iter().find(|locale| {
        locale.split('-').next().is_some_and(|known| known.eq_ignore_ascii_case(language))
    })
}

/// Position of a locale in the tables, English for one they lack, and whether they have its
/// language.
pub(super) fn table_index(locale: &str) -> (usize, bool) {
    // Mostly it is one of ours, and it is asked for every event.
    if let Some(at) = table::LOCALES.iter().position(|tag| tag.eq_ignore_ascii_case(locale)) {
        return (at, true);
    }
    let language = locale.trim().split(['-', '_']).next().unwrap_or_default();
    let best = best_locale(locale);
    let at = table::LOCALES.iter().position(|tag| *tag == best).unwrap_or(0);
    (at, known(language).is_some())
}
