//! Turns `locales/*.tsv` into `texts.rs`: one enum of keys, and the texts of the first language.
//! The page loads the file of another when it is wanted (`state/language.rs`).
//!
//! A key that the code uses and a file lacks does not compile; a key that one language has and
//! another lacks, or whose order or placeholders differ, stops the build and is named.

// The list of what fails in a browser is not for a program that runs while building.
#![allow(clippy::disallowed_macros, clippy::disallowed_methods)]

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::Path;
use std::{env, fs};

/// The languages the page itself is written in; the first is the reference.
const LANGUAGES: [&str; 2] = ["en", "ko"];

/// Forms of a counted text. A language lists those its plural rules know; `other` always.
const FORMS: [&str; 2] = ["one", "other"];

type Texts = BTreeMap<String, String>;

fn main() {
    let folder = Path::new(&env::var("CARGO_MANIFEST_DIR").expect("cargo sets it")).join("locales");
    println!("cargo::rerun-if-changed={}", folder.display());
    let tables = LANGUAGES.map(|name| read(&folder, name));
    check(&tables);
    let [(order, reference), ..] = &tables;
    let out = Path::new(&env::var("OUT_DIR").expect("cargo sets it")).join("texts.rs");
    fs::write(out, write_rust(order, reference)).expect("OUT_DIR can be written");
}

/// Reads `key TAB text` lines; `#` begins a comment, `\n` in a text is a line break.
///
/// The keys in the order of the file, and the texts.
fn read(folder: &Path, name: &str) -> (Vec<String>, Texts) {
    let path = folder.join(format!("{name}.tsv"));
    let text = fs::read_to_string(&path).unwrap_or_else(|e| panic!("{}: {e}", path.display()));
    let (mut order, mut texts) = (Vec::new(), Texts::new());
    for (number, line) in text.lines().enumerate() {
        if line.is_empty() || line.starts_with("# ") {
            continue;
        }
        let place = format!("{}:{}", path.display(), number + 1);
        let (key, value) =
            line.split_once('\t').unwrap_or_else(|| panic!("{place}: no tab between key and text"));
        let old = texts.insert(key.to_owned(), value.replace("\\n", "\n"));
        assert!(old.is_none(), "{place}: {key} is there twice");
        order.push(key.to_owned());
    }
    (order, texts)
}

/// The `{0}`, `{1}` … of a text, sorted.
fn placeholders(text: &str) -> Vec<char> {
    let mut found: Vec<char> =
        text.match_indices('{').filter_map(|(at, _)| text[at + 1..].chars().next()).collect();
    found.sort_unstable();
    found.dedup();
    found
}

/// Only the first language is part of the program; another is told apart by the order of its
/// lines alone, so it must be that of the first.
fn check(tables: &[(Vec<String>, Texts); LANGUAGES.len()]) {
    let [(order, reference), others @ ..] = tables;
    for (language, (own_order, own)) in LANGUAGES.iter().skip(1).zip(others) {
        let needed = |key: &&String| own.contains_key(*key) || !key.ends_with("#one");
        let mut lines = own_order.iter();
        for key in order.iter().filter(needed) {
            let line = lines.next();
            assert_eq!(line, Some(key), "locales/{language}.tsv: not the order of the first");
            assert_eq!(
                placeholders(&reference[key]),
                placeholders(&own[key]),
                "locales/{language}.tsv: {key}: placeholders differ"
            );
        }
        assert_eq!(lines.next(), None, "locales/{language}.tsv: unknown");
    }
    for key in order.iter().filter(|key| key.contains('#')) {
        let known = FORMS.iter().any(|form| key.ends_with(&format!("#{form}")));
        assert!(known, "locales: {key}: there is no such form");
    }
    for pair in order.windows(2) {
        let one = pair[0].strip_suffix("#one");
        let follows = one.is_none_or(|stem| pair[1] == format!("{stem}#other"));
        assert!(follows, "locales: {} is not followed by its other form", pair[0]);
    }
}

/// `open-file` → `OpenFile`.
fn variant(key: &str) -> String {
    key.split('-')
        .map(|word| {
            let mut chars = word.chars();
            chars.next().map_or_else(String::new, |c| c.to_uppercase().chain(chars).collect())
        })
        .collect()
}

/// Where each text stands: a text that counts has two places, the second that of "other".
fn places(order: &[String]) -> BTreeMap<&str, usize> {
    let mut places = BTreeMap::new();
    let mut next = 0;
    for key in order.iter().filter(|key| !key.ends_with("#one")) {
        places.insert(key.strip_suffix("#other").unwrap_or(key), next);
        next += if key.contains('#') { FORMS.len() } else { 1 };
    }
    places
}

fn write_rust(order: &[String], reference: &Texts) -> String {
    let mut out = String::from("// Generated from locales/*.tsv.\n");
    let places = places(order);
    let count = |key: &str| reference.contains_key(&format!("{key}#other"));
    let mut list = |head: &str, wanted: &dyn Fn(&str) -> bool| {
        let _ = writeln!(out, "{head} {{");
        for (key, place) in places.iter().filter(|(key, _)| wanted(key)) {
            let text = reference.get(*key).or_else(|| reference.get(&format!("{key}#other")));
            let _ = writeln!(out, "    /// {text:?}\n    {} = {place},", variant(key));
        }
        out.push_str("}\n");
    };
    let derived = "#[derive(Clone, Copy)]\n#[repr(u16)]\npub enum";
    list(&format!("/// A text of the page.\n{derived} Key"), &|key| {
        !key.contains('.') && !count(key)
    });
    list(&format!("/// A text that counts something.\n{derived} Plural"), &count);
    let looked_up: Vec<_> = places.iter().filter(|(key, _)| key.contains('.')).collect();
    let _ = writeln!(out, "const LOOKED_UP: [(&str, u16); {}] = {looked_up:?};", looked_up.len());
    let mut lines: Vec<String> = Vec::new();
    for key in order {
        let text = reference[key].replace('\n', "\\n");
        // A language without the form "one" says "other" in its place.
        let one = key.strip_suffix("#other").map(|stem| format!("{stem}#one"));
        if one.is_some_and(|one| !reference.contains_key(&one)) {
            lines.push(text.clone());
        }
        lines.push(text);
    }
    let _ = writeln!(out, "const COUNT: usize = {};", lines.len());
    let _ = writeln!(out, "const ENGLISH_LINES: &str = {:?};", lines.join("\n"));
    out
}
