//! Texts of the page, from `locales/*.tsv`: English through `build.rs`, any other language as the
//! file itself, which [`super::language`] loads when it is wanted.
//!
//! The page is rebuilt as a whole when its language changes, so a text is a plain `&'static str`
//! and costs no subscription.

use std::cell::{Cell, OnceCell};

include!(concat!(env!("OUT_DIR"), "/texts.rs"));

/// The locales of event texts, each with its own name. The page itself is written in English and
/// Korean; with any other locale it stays English while event texts follow.
pub const LOCALES: [(&str, &str); 14] = [
    ("en-us", "English"),
    ("ko-kr", "한국어"),
    ("ja-jp", "日本語"),
    ("zh-cn", "简体中文"),
    ("zh-tw", "繁體中文"),
    ("de-de", "Deutsch"),
    ("fr-fr", "Français"),
    ("es-es", "Español"),
    ("it-it", "Italiano"),
    ("pt-br", "Português (Brasil)"),
    ("ru-ru", "Русский"),
    ("cs-cz", "Čeština"),
    ("pl-pl", "Polski"),
    ("tr-tr", "Türkçe"),
];

/// A language the page is written in.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Language {
    /// English.
    En,
    /// Korean.
    Ko,
}

impl Language {
    /// The page's language for a locale of event texts.
    #[must_use]
    pub fn of_locale(locale: &str) -> Self {
        if locale.starts_with("ko") { Self::Ko } else { Self::En }
    }

    /// Value of the `lang` attribute, and the locale for `Intl`.
    #[must_use]
    pub const fn tag(self) -> &'static str {
        match self {
            Self::En => "en",
            Self::Ko => "ko",
        }
    }
}

/// The locale of [`LOCALES`] that serves a browser language best.
#[must_use]
pub fn nearest_locale(wanted: &str) -> Option<&'static str> {
    let wanted = wanted.to_ascii_lowercase();
    let tags = || LOCALES.iter().map(|(tag, _)| *tag);
    if let Some(exact) = tags().find(|tag| *tag == wanted) {
        return Some(exact);
    }
    let primary = wanted.split('-').next().unwrap_or_default();
    if primary == "zh" {
        let traditional = ["hant", "-hk", "-mo", "-tw"].iter().any(|part| wanted.contains(part));
        return Some(if traditional { "zh-tw" } else { "zh-cn" });
    }
    tags().find(|tag| tag.split('-').next() == Some(primary))
}

/// The name of a locale in its own language; the tag itself when it is not one of ours.
#[must_use]
pub fn locale_name(tag: &str) -> &str {
    LOCALES.iter().find(|(known, _)| *known == tag).map_or(tag, |(_, name)| name)
}

/// All texts of a language, each at its place. There are as many languages as the page is
/// written in, so they are kept for good.
type Texts = &'static [&'static str];

thread_local! {
    static LANGUAGE: Cell<Language> = const { Cell::new(Language::En) };
    static TEXTS: Cell<Texts> = Cell::new(english());
    static KOREAN: OnceCell<Texts> = const { OnceCell::new() };
}

/// The texts that are part of the program.
fn english() -> Texts {
    thread_local! {
        static ENGLISH: Texts = Vec::leak(ENGLISH_LINES.split('\n').map(text_of_line).collect());
    }
    ENGLISH.with(|texts| *texts)
}

/// A text as a file of texts writes it.
fn text_of_line(line: &'static str) -> &'static str {
    if line.contains("\\n") { String::leak(line.replace("\\n", "\n")) } else { line }
}

/// Takes the texts of a language from its file. `false` when they are not the texts of this
/// build, which a server may hand out in the middle of an upload.
pub fn add_language(language: Language, file: String) -> bool {
    let mut texts = Vec::with_capacity(COUNT);
    let mut one = "";
    for line in String::leak(file).lines().filter(|line| !line.starts_with("# ")) {
        let Some((key, text)) = line.split_once('\t') else { continue };
        let text = text_of_line(text);
        // A language without the form "one" says "other" in its place.
        if key.strip_suffix("#other").is_some_and(|stem| stem != one) {
            texts.push(text);
        }
        one = key.strip_suffix("#one").unwrap_or_default();
        texts.push(text);
    }
    let whole = texts.len() == COUNT;
    if whole && language == Language::Ko {
        // Loaded twice, the first stays.
        let _ = KOREAN.with(|known| known.set(Vec::leak(texts)));
    }
    whole
}

/// Whether the texts of a language are there.
#[must_use]
pub fn has(language: Language) -> bool {
    language == Language::En || KOREAN.with(|texts| texts.get().is_some())
}

/// Sets the language of all later texts; English while another's are not there.
pub fn set_language(language: Language) {
    let texts = match language {
        Language::En => None,
        Language::Ko => KOREAN.with(|texts| texts.get().copied()),
    };
    LANGUAGE.set(if texts.is_some() { language } else { Language::En });
    TEXTS.set(texts.unwrap_or_else(english));
}

/// The language in force.
#[must_use]
pub fn language() -> Language {
    LANGUAGE.get()
}

fn text_at(place: u16) -> &'static str {
    TEXTS.get().get(usize::from(place)).copied().unwrap_or_default()
}

/// A text.
#[must_use]
pub fn t(key: Key) -> &'static str {
    text_at(key as u16)
}

/// A text with `{0}`, `{1}` … replaced.
#[must_use]
pub fn fill(key: Key, arguments: &[&str]) -> String {
    substitute(t(key), arguments)
}

/// A text that counts; `{0}` is the number as printed. `one` says whether the language's plural
/// rules put the number in the form "one".
#[must_use]
pub fn counted(key: Plural, one: bool, arguments: &[&str]) -> String {
    substitute(text_at(key as u16 + u16::from(!one)), arguments)
}

/// A text whose key is made of data (`error.truncated`, `field.EventID`).
#[must_use]
pub fn look_up(group: &str, name: &str) -> Option<&'static str> {
    let order = |key: &str| {
        key.split_once('.').map_or(std::cmp::Ordering::Less, |(g, n)| (g, n).cmp(&(group, name)))
    };
    LOOKED_UP.iter().find(|(key, _)| order(key).is_eq()).map(|(_, place)| text_at(*place))
}

/// Replaces `{0}`, `{1}` … once each, without reading the arguments as templates.
#[must_use]
pub fn substitute(template: &str, arguments: &[&str]) -> String {
    let mut out = String::with_capacity(template.len() + 16);
    let mut rest = template;
    while let Some((before, after)) = rest.split_once('{') {
        out.push_str(before);
        let argument = after.split_once('}').and_then(|(number, tail)| {
            Some((*arguments.get(number.parse::<usize>().ok()?)?, tail))
        });
        match argument {
            Some((text, tail)) => {
                out.push_str(text);
                rest = tail;
            }
            None => {
                out.push('{');
                rest = after;
            }
        }
    }
    out.push_str(rest);
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn arguments_are_put_in_and_never_read_as_templates() {
        assert_eq!(substitute("{0} of {1}", &["{1}", "b"]), "{1} of b");
        assert_eq!(substitute("a { b {9}", &["x"]), "a { b {9}");
    }

    #[test]
    fn browser_languages_find_their_locale() {
        assert_eq!(nearest_locale("ko"), Some("ko-kr"));
        assert_eq!(nearest_locale("zh-Hant-HK"), Some("zh-tw"));
        assert_eq!(nearest_locale("zh"), Some("zh-cn"));
        assert_eq!(nearest_locale("de-AT"), Some("de-de"));
        assert_eq!(nearest_locale("sw"), None);
    }

    #[test]
    fn texts_follow_the_language() {
        set_language(Language::Ko);
        assert_eq!(language(), Language::En, "not loaded yet");
        assert!(!add_language(Language::Ko, "open\t열기".to_owned()), "texts of another build");
        assert!(add_language(Language::Ko, include_str!("../../locales/ko.tsv").to_owned()));
        set_language(Language::Ko);
        let korean = t(Key::Language);
        assert_eq!(counted(Plural::Events, true, &["1"]), counted(Plural::Events, false, &["1"]));
        set_language(Language::En);
        assert_eq!(counted(Plural::Events, true, &["1"]), "1 event");
        assert_eq!(counted(Plural::Events, false, &["2"]), "2 events");
        assert_ne!(korean, t(Key::Language));
        assert_eq!(look_up("error", "no-such-code"), None);
        assert!(look_up("error", "truncated").is_some());
    }
}
