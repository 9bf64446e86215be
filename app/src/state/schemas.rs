//! Files that describe events: which of the files given they are, and which are loaded. They are
//! kept by the worker, for as long as the page is open.

use std::cell::RefCell;

use etlens_parser::view::TraceInfo;
use js_sys::Array;
use web_sys::File;

use super::actions::{decoded_anew, tell};
use super::app::App;
use super::format::count;
use super::i18n::{Key, Plural, fill};
use super::{messages, requests};
use crate::protocol::{Answer, Failure, LoadedSchema, Request};

thread_local! {
    /// The files that were loaded, for a new worker when this one dies.
    static FILES: RefCell<Vec<File>> = const { RefCell::new(Vec::new()) };
}

/// Endings of files that describe events, and nothing else.
const SCHEMAS: [&str; 6] = [".man", ".dll", ".exe", ".mui", ".sys", ".tmf"];
/// Endings of files that are traces, whatever else is given with them.
const TRACES: [&str; 6] = [".etl", ".etlgz", ".gz", ".zip", ".jsonl", ".ndjson"];

fn ends_with(file: &File, endings: &[&str]) -> bool {
    let name = file.name().to_ascii_lowercase();
    endings.iter().any(|ending| name.ends_with(ending))
}

/// The trace among files, if any, and the others. What an ending does not tell (`.json` may be
/// events or a schema pack) the worker finds out.
pub fn sort(files: &[File]) -> (Option<File>, Vec<File>) {
    let (schemas, mut others): (Vec<_>, Vec<_>) =
        files.iter().cloned().partition(|file| ends_with(file, &SCHEMAS));
    let trace = others.iter().position(|file| ends_with(file, &TRACES)).unwrap_or(0);
    let trace = (!others.is_empty()).then(|| others.remove(trace));
    (trace, [schemas, others].concat())
}

/// Files of schemas to load again.
pub fn kept() -> Vec<File> {
    FILES.with_borrow(Clone::clone)
}

/// Remembers a file that was loaded.
pub fn keep(file: File) {
    FILES.with_borrow_mut(|kept| kept.push(file));
}

/// Loads files as schemas. `opened` is the name of the trace that was given with them.
pub fn load(app: App, files: Vec<File>, opened: Option<String>) {
    let list: Array = files.iter().collect();
    let then = move |answer, _| match answer {
        Answer::Schemas { files: now, refused, info } => {
            FILES.with_borrow_mut(|kept| {
                let is_refused = |file: &File| refused.iter().any(|(name, _)| *name == file.name());
                kept.extend(files.into_iter().filter(|file| !is_refused(file)));
            });
            loaded(app, now, &refused, info);
            // What is no schema was meant as a second trace.
            let traces = refused.iter().filter(|(_, failure)| failure.code == "unsupported");
            let traces: Vec<&str> = traces.map(|(name, _)| name.as_str()).collect();
            if let (Some(opened), false) = (opened, traces.is_empty()) {
                let traces = traces.join(", ");
                let text = move || fill(Key::OneAtATime, &[&opened, &traces]);
                tell(app, text, String::new(), false);
            }
        }
        Answer::Failed(failure) => {
            let detail = failure.message.clone();
            tell(app, move || messages::failure(&failure), detail, false);
        }
        _ => {}
    };
    requests::send(Request::LoadSchemas, Some(list.as_ref()), Box::new(then));
}

/// Forgets a schema file.
pub fn remove(app: App, schema: &LoadedSchema) {
    let name = schema.info.name.clone();
    requests::ask(Request::RemoveSchema { id: schema.id }, move |answer, _| {
        if let Answer::Schemas { files, refused, info } = answer {
            FILES.with_borrow_mut(|kept| {
                if let Some(at) = kept.iter().position(|file| file.name() == name) {
                    kept.remove(at);
                }
            });
            loaded(app, files, &refused, info);
        }
    });
}

/// Shows what is loaded now, and the trace as it is decoded with it.
pub fn loaded(
    app: App,
    files: Vec<LoadedSchema>,
    refused: &[(String, Failure)],
    info: Option<Box<TraceInfo>>,
) {
    let loaded = files.len() as u64;
    app.schemas.set(files);
    if let Some(info) = info {
        decoded_anew(app, *info);
    }
    app.say(move || count(Plural::SchemasLoaded, loaded));
    if let Some((name, failure)) = refused.first() {
        let (name, detail) = (name.clone(), failure.message.clone());
        let failure = failure.clone();
        let text = move || fill(Key::SchemaRefused, &[&name, &messages::failure(&failure)]);
        tell(app, text, detail, false);
    }
}
