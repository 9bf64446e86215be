//! A filter that reads payloads finds the same whether the owner of the trace reads them or others
//! help, whoever reads what, and though they learn of the trace only what it tells them.

use std::collections::BTreeSet;
use std::sync::Arc;

use etlens_conformance::collect::load;
use etlens_conformance::{Seeded, traces};
use etlens_parser::query::Filter;
use etlens_parser::schema::loaded::Loaded;
use etlens_parser::schema::schema_file::SchemaFile;
use etlens_parser::source::ReadAt;
use etlens_parser::store::{Briefing, Finds, Loader, Searcher, Share, Trace, View};
use etlens_parser::value::Value;
use etlens_parser::value_text::ValueText;
use etlens_synth::big::{self, Shape};
use etlens_synth::{sample, variants, wpp};
use serde::Serialize;
use serde::de::DeserializeOwned;

/// Filters of every kind that looks at payloads, made of what a trace says.
fn filters(trace: &Trace, file: &dyn ReadAt, count: usize) -> BTreeSet<String> {
    let mut random = Seeded::new(u64::from(trace.len()) + 1);
    let mut said: Vec<(String, Value, u32)> = Vec::new();
    let every = (trace.len() as usize / 100).max(1);
    let mut at = 0;
    trace
        .read_all(file, |event, seen| {
            at += 1;
            if at % every == 0 {
                let pid = trace.thread(event).0.unwrap_or(0);
                let text = trace.message(seen, "en-us").text;
                said.push((String::new(), Value::Text(text), pid));
                let fields = seen.decoded.fields.iter();
                said.extend(fields.map(|field| (field.name.clone(), field.value.clone(), pid)));
            }
            true
        })
        .expect("a readable file");
    let fixed = [
        "related:*",
        "computer:*",
        "user:*",
        "not EventData.NoSuchField:*",
        "message~\"\\d+\"",
        "EventData[0]:*",
        "EventData.Time>=2000-01-01",
    ];
    let mut filters: BTreeSet<String> = fixed.map(str::to_owned).into();
    for _ in 0..count * 20 {
        let Some((name, value, pid)) = said.get(random.below(said.len().max(1))) else { break };
        let text = ValueText(value).to_string();
        let letters: Vec<char> = text.chars().collect();
        let from = random.below(letters.len().max(1));
        let piece: String = letters.iter().skip(from).take(2 + random.below(9)).collect();
        let plain = name.chars().all(|c| c.is_ascii_alphanumeric()) && !name.is_empty();
        if piece.is_empty() || piece.contains(['"', '\n', '\r', '\0']) {
            continue;
        }
        let number = matches!(value, Value::Int(_) | Value::UInt(_) | Value::Hex(_));
        let letters = piece.chars().all(|c| c.is_ascii_alphanumeric());
        filters.insert(match random.below(12) {
            0 if plain && number => format!("EventData.{name}:{text}"),
            1 if plain && number => format!("EventData.{name}>={text}"),
            2 if plain && number => format!("EventData.{name}!={text} level<=5"),
            3 if plain && number => format!("EventData.{name}:1..{text}"),
            4 if plain => format!("EventData.{name}:\"{piece}\""),
            5 if plain && letters => format!("EventData.{name}~{piece}$"),
            6 if plain => format!("pid:{pid} or EventData.{name}:\"{piece}\""),
            7 if letters => format!("~{piece}.?"),
            8 => format!("not \"{piece}\""),
            9 => format!("pid:{pid} \"{piece}\""),
            10 => format!("(pid:{pid} or \"{piece}\") message:\"{piece}\""),
            _ => format!("\"{piece}\""),
        });
        if filters.len() >= count + fixed.len() {
            break;
        }
    }
    filters
}

/// What crosses between workers.
fn sent<T: Serialize + DeserializeOwned>(what: &T) -> T {
    let bytes = postcard::to_allocvec(what).expect("it can be written");
    postcard::from_bytes(&bytes).expect("it can be read")
}

fn alone(trace: &Trace, file: &dyn ReadAt, filter: &Filter) -> View {
    let mut scan = trace.scan(filter.clone(), None);
    scan.step(trace, file, u64::MAX).expect("readable").unwrap_or_else(|| {
        loop {
            if let Some(view) = scan.step(trace, file, u64::MAX).expect("a readable file") {
                break view;
            }
        }
    })
}

/// Searches a share, in steps of some bytes.
fn search(other: &mut Searcher, file: &dyn ReadAt, share: &Share) -> Finds {
    other.begin(share);
    loop {
        if let Some(finds) = other.step(file, 100_000).expect("a readable file") {
            return finds;
        }
    }
}

/// Searches with two others, of whom some shares come late, in any order, or not at all.
fn helped(
    trace: &Trace,
    file: &dyn ReadAt,
    filter: &Filter,
    rows: u32,
    random: &mut Seeded,
) -> Option<View> {
    let loaded = || Arc::clone(trace.schemas().loaded());
    let mut scan = trace.scan(filter.clone(), None);
    let briefing: Briefing = sent(&scan.brief(trace)?);
    let mut others = [0, 1].map(|_| Searcher::new(briefing.clone(), loaded()).expect("a briefing"));
    let mut waiting: Vec<Finds> = Vec::new();
    loop {
        for other in &mut others {
            let Some(share) = scan.lend(trace, rows) else { continue };
            let mut taken = Share::with_room(share.number, share.bytes().len());
            taken.bytes_mut().copy_from_slice(share.bytes());
            match random.below(5) {
                0 => scan.take_back(share.number),
                _ => waiting.push(sent(&search(other, file, &taken))),
            }
        }
        // Now and then something is read here.
        if (random.below(3) == 0 || waiting.is_empty())
            && let Some(view) = scan.step(trace, file, 4096).expect("a readable file")
        {
            assert!(waiting.is_empty(), "what is lent out is waited for");
            assert_eq!(view.shown(), scan.matches());
            return Some(view);
        }
        if !waiting.is_empty() && random.below(2) == 0 {
            let finds = waiting.swap_remove(random.below(waiting.len()));
            scan.accept(&finds);
        }
    }
}

/// How many filters were searched with help, and how many could not be.
fn check(name: &str, trace: &Trace, file: &dyn ReadAt, count: usize) -> (usize, usize) {
    let mut random = Seeded::new(7);
    let (mut shared, mut refused) = (0, 0);
    for text in filters(trace, file, count) {
        let Ok(filter) = Filter::parse(&text) else { continue };
        let one = alone(trace, file, &filter);
        // What asks for messages too is decided on the whole event, decoded.
        let whole = format!("not (not ({text})) or message:* not message:*");
        let decoded = alone(trace, file, &Filter::parse(&whole).expect("a filter"));
        let same = one.events_from(0).eq(decoded.events_from(0));
        assert!(same, "{name}: {text}: {}, not {}", one.shown(), decoded.shown());
        for rows in [64, 1 << 17] {
            match helped(trace, file, &filter, rows, &mut random) {
                Some(several) => {
                    let same = one.events_from(0).eq(several.events_from(0));
                    assert!(same, "{name}: {text}: {} and {}", one.shown(), several.shown());
                    assert_eq!(one.marked(), several.marked(), "{name}: {text}");
                    shared += 1;
                }
                None => refused += 1,
            }
        }
    }
    (shared, refused)
}

#[test]
fn others_find_what_the_owner_finds() {
    let mut all = (0, 0);
    let mut add = |(shared, refused): (usize, usize)| {
        all.0 += shared;
        all.1 += refused;
    };
    for corpus in traces() {
        let file = corpus.read();
        let trace = load(&corpus.file, &file);
        let found = check(&corpus.file, &trace, &file, 6);
        assert!(trace.is_empty() || found.0 > 0, "{}: {found:?}", corpus.file);
        add(found);
    }
    for variant in variants::all() {
        let mut loader = Loader::new("", variant.bytes.len() as u64);
        let pushed = loader.push(&variant.bytes);
        if let (Ok(()), Ok(trace)) = (pushed, loader.finish()) {
            add(check(variant.name, &trace, &variant.bytes, 8));
        }
    }
    let file = sample::build();
    add(check("sample", &load("sample", &file), &file, 40));
    for shape in [Shape::Manifest, Shape::TraceLogging, Shape::Kernel] {
        let file = big::build(shape, 1 << 20).expect("memory");
        add(check("big", &load("big", &file), &file, 12));
    }
    println!("{} searches with help, {} without", all.0, all.1);
    assert!(all.0 > 10 * all.1, "nearly every filter: {all:?}");
}

#[test]
fn others_know_what_the_user_loaded() {
    let file = wpp::trace().build();
    let mut trace = load("wpp", &file);
    let tmf = SchemaFile::read("disk.tmf", wpp::TMF.as_bytes()).expect("a schema file");
    trace.set_loaded(Arc::new(Loaded::link(vec![Arc::new(tmf)])));
    let mut random = Seeded::new(3);
    for (text, count) in [("\"DiskRead\"", 2), ("Path:disk", 1), ("message:contoso", 0)] {
        let filter = Filter::parse(text).expect("a filter");
        let view = helped(&trace, &file, &filter, 64, &mut random).expect("a search");
        assert_eq!(view.shown(), count, "{text}");
    }
}
