//! Turns `locales/*.tsv` into `texts.rs`: one enum of keys, one table per language.
//!
//! A key that the code uses and a file lacks does not compile; a key that one language has and
//! another lacks, or whose placeholders differ, stops the build with the line to look at.

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
    let tables: Vec<Texts> = LANGUAGES.iter().map(|name| read(&folder, name)).collect();
    check(&tables);
    let out = Path::new(&env::var("OUT_DIR").expect("cargo sets it")).join("texts.rs");
    fs::write(out, write_rust(&tables)).expect("OUT_DIR can be written");
}

/// Reads `key TAB text` lines; `#` begins a comment, `\n` in a text is a line break.
fn read(folder: &Path, name: &str) -> Texts {
    let path = folder.join(format!("{name}.tsv"));
    let text = fs::read_to_string(&path).unwrap_or_else(|e| panic!("{}: {e}", path.display()));
    let mut texts = Texts::new();
    for (number, line) in text.lines().enumerate() {
        if line.is_empty() || line.starts_with("# ") {
            continue;
        }
        let place = format!("{}:{}", path.display(), number + 1);
        let (key, value) =
            line.split_once('\t').unwrap_or_else(|| panic!("{place}: no tab between key and text"));
        let old = texts.insert(key.to_owned(), value.replace("\\n", "\n"));
        assert!(old.is_none(), "{place}: {key} is there twice");
    }
    texts
}

/// The `{0}`, `{1}` … of a text, sorted.
fn placeholders(text: &str) -> Vec<char> {
    let mut found: Vec<char> =
        text.match_indices('{').filter_map(|(at, _)| text[at + 1..].chars().next()).collect();
    found.sort_unstable();
    found.dedup();
    found
}

fn check(tables: &[Texts]) {
    let reference = &tables[0];
    for (language, table) in LANGUAGES.iter().zip(tables).skip(1) {
        for (key, text) in reference {
            let optional = key.ends_with("#one");
            match table.get(key) {
                Some(own) => assert_eq!(
                    placeholders(text),
                    placeholders(own),
                    "locales/{language}.tsv: {key}: placeholders differ"
                ),
                None => assert!(optional, "locales/{language}.tsv: {key} is missing"),
            }
        }
        for key in table.keys() {
            assert!(reference.contains_key(key), "locales/{language}.tsv: {key} is unknown");
        }
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

fn write_rust(tables: &[Texts]) -> String {
    let mut out = String::from("// Generated from locales/*.tsv.\n");
    let plain: Vec<&String> = tables[0].keys().filter(|key| !key.contains(['.', '#'])).collect();
    let counted: Vec<&str> =
        tables[0].keys().filter_map(|key| key.strip_suffix("#other")).collect();
    let looked_up: Vec<&String> = tables[0].keys().filter(|key| key.contains('.')).collect();

    out.push_str("/// A text of the page.\n#[derive(Clone, Copy)]\npub enum Key {\n");
    for key in &plain {
        let _ = writeln!(out, "    /// {:?}\n    {},", tables[0][*key], variant(key));
    }
    out.push_str(
        "}\n/// A text that counts something.\n#[derive(Clone, Copy)]\npub enum Plural {\n",
    );
    for key in &counted {
        let text = &tables[0][&format!("{key}#other")];
        let _ = writeln!(out, "    /// {text:?}\n    {},", variant(key));
    }
    out.push_str("}\n");
    let _ = writeln!(out, "const TEXTS: [[&str; {}]; {}] = [", plain.len(), LANGUAGES.len());
    for table in tables {
        let _ = writeln!(out, "{:?},", plain.iter().map(|k| &table[*k]).collect::<Vec<_>>());
    }
    out.push_str("];\n");
    let _ = writeln!(
        out,
        "const COUNTED: [[[&str; {}]; {}]; {}] = [",
        FORMS.len(),
        counted.len(),
        LANGUAGES.len()
    );
    for table in tables {
        let forms = |key: &&str| {
            FORMS.map(|form| {
                table.get(&format!("{key}#{form}")).unwrap_or(&table[&format!("{key}#other")])
            })
        };
        let _ = writeln!(out, "{:?},", counted.iter().map(forms).collect::<Vec<_>>());
    }
    out.push_str("];\n");
    let _ = writeln!(
        out,
        "const LOOKED_UP: [(&str, [&str; {}]); {}] = [",
        LANGUAGES.len(),
        looked_up.len()
    );
    for key in looked_up {
        let texts: Vec<&String> = tables.iter().map(|table| &table[key]).collect();
        let _ = writeln!(out, "({key:?}, {texts:?}),");
    }
    out.push_str("];\n");
    out
}
