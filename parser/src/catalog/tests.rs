//! The tables against the collected facts, and the rules that use them.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use super::*;

/// The collected facts, `None` (said on the terminal) where they are not checked out; in CI they
/// must be.
fn facts(file: &str) -> Option<Vec<Vec<String>>> {
    let path: PathBuf = Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../../shared")).join(file);
    let Ok(text) = std::fs::read_to_string(&path) else {
        assert!(std::env::var_os("CI").is_none_or(|ci| ci != "true"), "no {}", path.display());
        eprintln!("skipped: no corpus");
        return None;
    };
    let rows = text.lines().skip(1);
    Some(rows.map(|line| line.split('\t').map(str::to_owned).collect()).collect())
}

fn number(cell: &str) -> u64 {
    let first = cell.split(' ').next().expect("a number");
    match first.strip_prefix("0x") {
        Some(hex) => u64::from_str_radix(hex, 16).expect("hexadecimal"),
        None => first.parse().expect("decimal"),
    }
}

fn second(cell: &str) -> Option<&str> {
    cell.split_once(' ').map(|(_, name)| name)
}

fn descriptor(event: &CatalogEvent) -> Descriptor {
    let e = event;
    (e.id, e.version, e.channel, e.level, e.opcode, e.task, e.keywords)
}

#[test]
fn every_event_is_what_the_manifest_says() {
    let Some(rows) = facts("catalog/events.tsv") else { return };
    assert_eq!(EVENTS.len(), 481);
    assert_eq!(rows.len(), EVENTS.len());
    for row in rows {
        let id = number(&row[0]) as u16;
        let event = event_any_task(id).expect("the event");
        assert_eq!(u64::from(event.version), number(&row[1]), "{id}");
        assert_eq!(event.symbol, row[2], "{id}");
        assert_eq!(u64::from(event.level), number(&row[3]), "{id}");
        assert_eq!(u64::from(event.opcode), number(&row[4]), "{id}");
        assert_eq!(opcode_name(event.task, event.opcode), second(&row[4]), "{id}");
        assert_eq!(u64::from(event.task), number(&row[5]), "{id}");
        assert_eq!(task_name(event.task), second(&row[5]), "{id}");
        assert_eq!(event.keywords, number(&row[7]), "{id}");
        let keywords: BTreeSet<&str> = row[8].split_whitespace().collect();
        assert_eq!(keyword_names(event.keywords).collect::<BTreeSet<_>>(), keywords, "{id}");
        assert_eq!(u64::from(event.channel), number(&row[9]), "{id}");
        assert_eq!(channel_name(event.channel), second(&row[9]), "{id}");
        let fields: Vec<String> =
            event.fields.iter().map(|f| format!("{}:{}", f.name, f.in_type.name())).collect();
        assert_eq!(fields.join(" "), row[11], "{id}");
    }
}

#[test]
fn every_task_and_opcode_has_its_name() {
    let Some(tasks) = facts("catalog/tasks.tsv") else { return };
    for row in tasks {
        assert_eq!(task_name(number(&row[0]) as u16), Some(row[1].as_str()));
    }
    for row in facts("catalog/opcodes.tsv").expect("checked out with the rest") {
        let (task, opcode) = (number(&row[0]) as u16, number(&row[2]) as u8);
        assert_eq!(opcode_name(task, opcode), Some(row[3].as_str()), "{task} {opcode}");
    }
    assert_eq!(task_name(2499), None);
    assert_eq!(opcode_name(TASK_ACTIVATION_DISPATCH_SESSION, 1), Some("Start"));
    assert_eq!(opcode_name(TASK_ACTIVATION_DISPATCH_SESSION, 17), None);
}

#[test]
fn the_failed_dispatch_is_known() {
    let failed = event(DISPATCH_SESSION_FAILED, 0, TASK_ACTIVATION_DISPATCH_SESSION)
        .expect("the event the viewer is about");
    assert_eq!(failed.symbol, "DispatchSessionFailed");
    assert_eq!(failed.level, 2);
    assert_eq!(failed.fields, [CatalogField { name: "AppDomain", in_type: InType::UnicodeString }]);
    assert_eq!(PROVIDER.to_string(), "c651f5f6-1c0d-492e-8ae1-b4efd7c9d503");
    assert_eq!(SMSVCHOST.to_string(), "f18839f5-27ff-4e66-bd2d-639b768cf18b");
}

#[test]
fn ids_that_collide_inside_the_provider_are_told_apart_by_task() {
    assert_eq!(
        event(4801, 0, 2529).map(|e| e.symbol),
        Some("DiscoveryClientInClientChannelFailedToClose")
    );
    assert_eq!(
        event(4802, 0, 2529).map(|e| e.symbol),
        Some("DiscoveryClientProtocolExceptionSuppressed")
    );
    // The byte stream encoder's events of the same ids, and one that is in no manifest.
    assert_eq!(event(4801, 0, 2555), None);
    assert_eq!(event(4802, 0, 2555), None);
    assert_eq!(event(4800, 0, 0), None);
    assert_eq!(event(4031, 1, 2500), None, "another version may have another layout");
    assert_eq!(event(65534, 0, 65534), None);
}

#[test]
fn a_provider_that_writes_catalog_events_fits() {
    let dispatch =
        [4001, 4008, 4030, 4031].map(|id| descriptor(event_any_task(id).expect("in the catalog")));
    assert!(fits(dispatch));
    assert!(fits([dispatch[3]]), "a trace of errors alone holds nothing but 4031");
    let infrastructure =
        [57394, 57410].map(|id| descriptor(event_any_task(id).expect("in the catalog")));
    assert!(fits(infrastructure));
    assert!(!fits([infrastructure[0]]), "one event without a task is too little");
    let byte_stream = (4801, 0, 19, 5, 1, 2555, 0x1000_0000_0000_1000);
    let manifest = (65534, 1, 0, 0, 254, 65534, 0x00ff_ffff_ffff_ffff);
    assert!(fits(dispatch.into_iter().chain([byte_stream, manifest])));
    assert!(fits(EVENTS.iter().map(descriptor)));
}

#[test]
fn a_provider_of_other_events_does_not_fit() {
    assert!(!fits([]));
    let failed = descriptor(event_any_task(4031).expect("in the catalog"));
    // Each of the seven numbers is needed.
    let (id, version, channel, level, opcode, task, keywords) = failed;
    for other in [
        (id, 1, channel, level, opcode, task, keywords),
        (id, version, 16, level, opcode, task, keywords),
        (id, version, channel, 4, opcode, task, keywords),
        (id, version, channel, level, 1, task, keywords),
        (id, version, channel, level, opcode, 0, keywords),
        (id, version, channel, level, opcode, task, keywords | 1),
    ] {
        assert!(!fits([other]), "{other:?}");
        assert!(!fits([failed, other]), "one contradiction is enough: {other:?}");
    }
    assert!(!fits([failed, (1, 0, 16, 4, 0, 1, 0), (2, 0, 16, 4, 0, 2, 0)]), "mostly unknown");
}

#[test]
fn no_provider_of_the_real_traces_fits() {
    let Some(rows) = facts("corpus/truth.tsv") else { return };
    // The counts tell provider, id, version and opcode; the rest is set as the catalog has it,
    // which makes a false match likelier than it is.
    let mut providers = std::collections::BTreeMap::<String, BTreeSet<Descriptor>>::new();
    for row in rows {
        let (id, version, opcode) =
            (number(&row[3]) as u16, number(&row[4]) as u8, number(&row[5]) as u8);
        let descriptor = match event_any_task(id) {
            Some(e) => (id, version, e.channel, e.level, opcode, e.task, e.keywords),
            None => (id, version, 0, 0, opcode, 0, 0),
        };
        providers.entry(row[2].clone()).or_default().insert(descriptor);
    }
    assert!(providers.len() > 10);
    for (provider, descriptors) in providers {
        if provider != PROVIDER.to_string() {
            assert!(!fits(descriptors), "{provider} is taken for the catalog's");
        }
    }
}

#[test]
fn the_failed_dispatch_is_worded_as_reviewed_in_each_language() {
    let Some(rows) = facts("catalog/event-4031.tsv") else { return };
    assert_eq!(rows.len(), LOCALES.len());
    for row in rows {
        assert!(LOCALES.contains(&row[0].as_str()), "{}", row[0]);
        assert_eq!(message(4031, &row[0]), Some((row[1].as_str(), true)));
    }
}

/// The numbers `n` of the insertions `%n` of a message.
fn insertions(text: &str) -> BTreeSet<u32> {
    let after = text.split('%').skip(1);
    let digits = after.map(|rest| rest.split(|c: char| !c.is_ascii_digit()).next());
    digits.map(|d| d.expect("a first part").parse().expect("a number after %")).collect()
}

#[test]
fn messages_insert_the_fields_the_manifest_inserts() {
    let Some(rows) = facts("catalog/events.tsv") else { return };
    for row in rows {
        let id = number(&row[0]) as u16;
        let expected = insertions(&row[16]);
        for locale in LOCALES {
            let (text, exact) = message(id, locale).expect("each event has an English message");
            assert_eq!(insertions(text), expected, "{id} {locale} (own: {exact}): {text}");
        }
        assert!(message(id, "en-us").expect("checked above").1, "{id}");
    }
}

#[test]
fn what_happens_around_a_dispatch_is_told_in_each_language() {
    let activation =
        EVENTS.iter().filter(|e| keyword_names(e.keywords).any(|k| k == "ActivationServices"));
    let activation: Vec<u16> = activation.map(|event| event.id).collect();
    assert_eq!(activation.len(), 31);
    let neighbours = [499, 3346, 3558, 3559, 3561, 4035, 4801, 4802, 57394, 57404, 57410];
    for locale in LOCALES {
        let mut texts = BTreeSet::new();
        for &id in activation.iter().chain(&neighbours) {
            let (text, exact) = message(id, locale).expect("a message");
            assert!(exact, "{id} is missing in {locale}");
            assert!(texts.insert(text), "{id} reads like another event in {locale}: {text}");
        }
    }
}

#[test]
fn an_event_without_a_translation_is_told_in_english() {
    let (text, exact) = message(215, "ko-kr").expect("a message");
    assert_eq!(message(215, "en-us"), Some((text, true)));
    assert!(!exact);
}

#[test]
fn levels_are_named_in_each_language() {
    assert_eq!(level_name(2, "en-us"), "Error");
    assert_eq!(level_name(2, "ko"), "오류");
    assert_eq!(level_name(6, "ko"), "");
    for locale in LOCALES {
        let names: BTreeSet<_> = (0..6).map(|level| level_name(level, locale)).collect();
        assert_eq!(names.len(), 6, "{locale}: a name twice");
        assert!(!names.contains(""), "{locale}");
    }
}

#[test]
fn a_reader_gets_the_nearest_language() {
    for (tag, locale) in [
        ("ko", "ko-kr"),
        ("ko-KR", "ko-kr"),
        ("en-GB", "en-us"),
        ("pt", "pt-br"),
        ("pt-PT", "pt-br"),
        ("de_AT", "de-de"),
        ("zh", "zh-cn"),
        ("zh-CN", "zh-cn"),
        ("zh-Hans-SG", "zh-cn"),
        ("zh-Hant", "zh-tw"),
        ("zh-HK", "zh-tw"),
        ("ZH-tw", "zh-tw"),
        ("sv-SE", "en-us"),
        ("", "en-us"),
    ] {
        assert_eq!(best_locale(tag), locale, "{tag}");
    }
    assert!(message(4031, "en-GB").expect("a message").1);
    assert!(!message(4031, "sv-SE").expect("a message").1, "English is not what was asked for");
    assert_eq!(message(4800, "en-us"), None);
}
