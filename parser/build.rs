//! Turns the tables of `src/catalog` into Rust statics, so that they are checked when the crate
//! is built and cost no parsing when it runs.
// The list of what fails in a browser is not for a program that runs while building.
#![allow(clippy::disallowed_macros, clippy::disallowed_methods)]

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::{env, fs};

/// The locales, in the order of every table by locale; the first is the fallback.
const LOCALES: [&str; 14] = [
    "en-us", "ko-kr", "ja-jp", "zh-cn", "zh-tw", "de-de", "fr-fr", "es-es", "it-it", "pt-br",
    "ru-ru", "cs-cz", "pl-pl", "tr-tr",
];

fn main() {
    let tables =
        PathBuf::from(env::var_os("CARGO_MANIFEST_DIR").expect("set by cargo")).join("src/catalog");
    println!("cargo::rerun-if-changed=build.rs");
    println!("cargo::rerun-if-changed=src/catalog");
    let mut out = String::new();
    events(&tables, &mut out);
    names(&tables, &mut out);
    messages(&tables, &mut out);
    let target = PathBuf::from(env::var_os("OUT_DIR").expect("set by cargo")).join("catalog.rs");
    fs::write(target, out).expect("the output folder is writable");
}

/// The rows of a table: tab-separated cells, `#` begins a line about the table itself.
fn rows(path: &Path) -> Vec<Vec<String>> {
    let text = fs::read_to_string(path).unwrap_or_else(|e| panic!("{}: {e}", path.display()));
    text.lines()
        .filter(|line| !line.is_empty() && !line.starts_with('#'))
        .map(|line| line.split('\t').map(str::to_owned).collect())
        .collect()
}

/// `FIELDS_n` for each template and `EVENTS`, ordered by id.
fn events(tables: &Path, out: &mut String) {
    let mut templates = BTreeMap::new();
    for (n, row) in rows(&tables.join("templates.tsv")).into_iter().enumerate() {
        let [name, fields] = <[String; 2]>::try_from(row).expect("templates.tsv: two columns");
        writeln!(out, "static FIELDS_{n}: &[CatalogField] = &[").expect("text");
        for field in fields.split(' ') {
            let (name, in_type) = field.split_once(':').expect("name:inType");
            let in_type = match in_type {
                "UnicodeString" => "UnicodeString",
                "Int32" => "Int32",
                "Int64" => "Int64",
                "UInt64" => "UInt64",
                "UInt8" => "UInt8",
                "GUID" => "Guid",
                "FILETIME" => "Filetime",
                other => panic!("templates.tsv: unknown type {other}"),
            };
            writeln!(out, "CatalogField {{ name: {name:?}, in_type: InType::{in_type} }},")
                .expect("text");
        }
        out.push_str("];\n");
        assert!(templates.insert(name.clone(), n).is_none(), "templates.tsv: {name} twice");
    }
    out.push_str("static EVENT_TABLE: &[CatalogEvent] = &[\n");
    let mut last = -1;
    for row in rows(&tables.join("events.tsv")) {
        let [id, version, symbol, level, opcode, task, keywords, channel, template] =
            <[String; 9]>::try_from(row).expect("events.tsv: nine columns");
        let number: i32 = id.parse().expect("events.tsv: an id");
        assert!(number > last, "events.tsv: {id} is out of order");
        last = number;
        let fields = templates.get(&template).expect("events.tsv: a known template");
        writeln!(
            out,
            "CatalogEvent {{ id: {id}, version: {version}, symbol: {symbol:?}, level: {level}, \
             opcode: {opcode}, task: {task}, keywords: {keywords}, channel: {channel}, \
             fields: FIELDS_{fields} }},"
        )
        .expect("text");
    }
    out.push_str("];\n");
}

/// `TASK_NAMES`, `OPCODE_NAMES`, `KEYWORD_NAMES` and `CHANNEL_NAMES`.
fn names(tables: &Path, out: &mut String) {
    let mut table = |file: &str, name: &str, row_type: &str, numbers: usize| {
        writeln!(out, "static {name}: &[{row_type}] = &[").expect("text");
        for row in rows(&tables.join(file)) {
            let cells: Vec<String> = row
                .iter()
                .enumerate()
                .map(|(i, cell)| if i < numbers { cell.clone() } else { format!("{cell:?}") })
                .collect();
            writeln!(out, "({}),", cells.join(", ")).expect("text");
        }
        out.push_str("];\n");
    };
    table("tasks.tsv", "TASK_NAMES", "(u16, &str)", 1);
    table("opcodes.tsv", "OPCODE_NAMES", "(u16, u8, &str)", 2);
    table("keywords.tsv", "KEYWORD_NAMES", "(u64, &str, &str)", 1);
    table("channels.tsv", "CHANNEL_NAMES", "(u8, u64, &str)", 2);
}

/// `LOCALE_TAGS`, `LEVEL_NAMES` and `MESSAGES`, each in the order of [`LOCALES`].
fn messages(tables: &Path, out: &mut String) {
    writeln!(out, "static LOCALE_TAGS: [&str; {}] = {LOCALES:?};", LOCALES.len()).expect("text");
    let levels: BTreeMap<String, Vec<String>> = rows(&tables.join("messages/levels.tsv"))
        .into_iter()
        .map(|mut row| (row.remove(0), row))
        .collect();
    writeln!(out, "static LEVEL_NAMES: [[&str; 6]; {}] = [", LOCALES.len()).expect("text");
    for locale in LOCALES {
        let names = levels.get(locale).unwrap_or_else(|| panic!("levels.tsv lacks {locale}"));
        assert_eq!(names.len(), 6, "levels.tsv: {locale}");
        writeln!(out, "{names:?},").expect("text");
    }
    out.push_str("];\n");
    writeln!(out, "static MESSAGES: [&[(u16, &str)]; {}] = [", LOCALES.len()).expect("text");
    for locale in LOCALES {
        out.push_str("&[\n");
        let mut last = -1;
        for row in rows(&tables.join("messages").join(locale).with_extension("tsv")) {
            let [id, text] = <[String; 2]>::try_from(row).expect("messages: two columns");
            let number: i32 = id.parse().expect("messages: an id");
            assert!(number > last, "messages {locale}: {id} is out of order");
            last = number;
            writeln!(out, "({id}, {text:?}),").expect("text");
        }
        out.push_str("],\n");
    }
    out.push_str("];\n");
}
