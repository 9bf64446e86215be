//! Text filters and groups skip payloads that cannot matter; what they find is what decoding every
//! payload finds.

use std::collections::{BTreeMap, BTreeSet};

use etlens_conformance::collect::{filtered, load};
use etlens_conformance::{Seeded, traces};
use etlens_parser::source::ReadAt;
use etlens_parser::store::{Grouping, Trace};
use etlens_parser::value::Value;
use etlens_parser::value_text::ValueText;
use etlens_synth::{sample, variants};

/// Filters made of pieces of what events of a trace say, in random case.
fn filters(trace: &Trace, file: &dyn ReadAt, count: usize) -> BTreeSet<String> {
    let mut random = Seeded::new(u64::from(trace.len()));
    let mut said: Vec<(String, String)> = Vec::new();
    let every = (trace.len() as usize / 200).max(1);
    let mut at = 0;
    trace
        .read_all(file, |_, seen| {
            at += 1;
            if at % every == 0 {
                said.push((String::new(), trace.message(seen, "en-us").text));
                for field in &seen.decoded.fields {
                    let is_text = matches!(field.value, Value::Text(_));
                    if is_text || random.below(4) == 0 {
                        said.push((field.name.clone(), ValueText(&field.value).to_string()));
                    }
                }
            }
            true
        })
        .expect("a readable file");
    let mut filters = BTreeSet::new();
    for _ in 0..count * 20 {
        let Some((name, text)) = said.get(random.below(said.len().max(1))) else { break };
        let letters: Vec<char> = text.chars().collect();
        let length = 2 + random.below(12);
        let from = random.below(letters.len().max(1));
        let piece: String = letters.iter().skip(from).take(length).collect();
        if piece.chars().count() < 2 || piece.contains(['"', '\n', '\r', '\0']) {
            continue;
        }
        let piece = match random.below(3) {
            0 => piece.to_uppercase(),
            1 => piece.to_lowercase(),
            _ => piece,
        };
        let plain = name.chars().all(|c| c.is_ascii_alphanumeric()) && !name.is_empty();
        let wild = |piece: &str| piece.chars().all(char::is_alphanumeric);
        filters.insert(match random.below(5) {
            0 if plain => format!("EventData.{name}:\"{piece}\""),
            1 if plain && wild(&piece) => format!("EventData.{name}:*{piece}* and pid:*"),
            2 if plain && wild(&piece) => format!("EventData.{name}={piece}"),
            3 => format!("message:\"{piece}\" or EventData.NoSuchField:\"{piece}\""),
            _ => format!("\"{piece}\""),
        });
        if filters.len() >= count {
            break;
        }
    }
    filters
}

fn check(name: &str, file: Vec<u8>, count: usize) -> usize {
    let trace = load(name, &file);
    let filters = filters(&trace, &file, count);
    let mut found = 0;
    for filter in &filters {
        let view = filtered(&trace, &file, filter);
        // What is denied twice and asks for messages is decided on the whole event, decoded.
        let whole = format!("not (not ({filter})) or message:* not message:*");
        let decoded = filtered(&trace, &file, &whole);
        assert!(
            view.events_from(0).eq(decoded.events_from(0)),
            "{name}: {filter} finds {}, not {}",
            view.shown(),
            decoded.shown()
        );
        found += usize::from(view.shown() > 0);
    }
    assert!(filters.is_empty() || found > 0, "{name}: what was said is found");
    filters.len()
}

#[test]
fn what_is_skipped_undecoded_would_not_have_passed() {
    let mut checked = 0;
    for corpus in traces() {
        checked += check(&corpus.file, corpus.read(), 16);
    }
    checked += check("sample", sample::build(), 60);
    for variant in variants::all() {
        if !load_fails(&variant.bytes) {
            checked += check(variant.name, variant.bytes, 10);
        }
    }
    println!("{checked} filters");
    assert!(checked > 60);
}

fn load_fails(file: &[u8]) -> bool {
    let mut loader = etlens_parser::store::Loader::new("", file.len() as u64);
    loader.push(file).is_err() || loader.finish().is_err()
}

/// A text as a row shows it.
fn one_line(text: &str) -> String {
    match text.contains(['\n', '\r', '\t']) {
        true => text.split_whitespace().collect::<Vec<_>>().join(" "),
        false => text.to_owned(),
    }
}

#[test]
fn messages_are_grouped_as_they_are_shown() {
    let mut files: Vec<_> = traces().iter().map(|c| (c.file.clone(), c.read())).collect();
    files.push(("sample".to_owned(), sample::build()));
    for (name, file) in files {
        let trace = load(&name, &file);
        let mut counts: BTreeMap<String, u64> = BTreeMap::new();
        let count = |text: String| *counts.entry(one_line(&text)).or_default() += 1;
        let mut count = count;
        trace
            .read_all(&file, |_, seen| {
                count(trace.message(seen, "en-us").text);
                true
            })
            .expect("a readable file");
        let mut grouping = Grouping::new(&trace, trace.all(), "message").expect("a column");
        let groups = loop {
            if let Some(groups) = grouping.step(&trace, &file, 1 << 20).expect("a readable file") {
                break groups;
            }
        };
        assert_eq!(groups.total, counts.len() as u64, "{name}");
        for group in groups.groups {
            assert_eq!(counts.get(&group.label), Some(&group.events), "{name}: {}", group.label);
        }
    }
}
