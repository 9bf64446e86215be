//! What a person can do: each action writes the state and asks the worker.

use std::cell::{Cell, RefCell};
use std::collections::VecDeque;
use std::rc::Rc;
use std::sync::Arc;

use etlens_parser::Guid;
use etlens_parser::query::Choice;
use etlens_parser::view::{EventIndex, TimeRange, TraceInfo};
use leptos::prelude::set_timeout;
use wasm_bindgen::{JsCast, JsValue};
use web_sys::File;

use super::app::{App, Notice, Phase, Work, WorkKind};
use super::columns::Sort;
use super::format::{bytes, count};
use super::i18n::{Key, Language, Plural, fill, has, set_language, t};
use super::lanes::Arrangements;
use super::language::with_texts;
use super::link::Link;
use super::requests::{self, News};
use super::zooms::Zooms;
use super::{arrange, columns, frame, messages, schemas, viewport};
use crate::protocol::{Answer, Failure, Request, StepTo};

/// A filter that is in force within this time was never seen going on: to say so would cost a frame.
const FILTER_SHOWN_MS: u64 = 100;
/// Steps that wait at most: beyond, a key is held down.
const MOST_STEPS: usize = 16;

thread_local! {
    /// The file shown, to open it again after the worker died.
    static FILE: RefCell<Option<File>> = const { RefCell::new(None) };
    /// The language chosen last.
    static LOCALE: Cell<&'static str> = const { Cell::new("") };
    /// Counts traces and filters, so that answers of earlier ones are told apart.
    static OPENING: Cell<u32> = const { Cell::new(0) };
    static FILTERING: Cell<u32> = const { Cell::new(0) };
    /// The filter without an answer; 0 for none.
    static AWAITED: Cell<u32> = const { Cell::new(0) };
    /// Steps asked for; the first is on its way.
    static STEPS: RefCell<VecDeque<(bool, StepTo)>> = const { RefCell::new(VecDeque::new()) };
    static SELECTING: Cell<u32> = const { Cell::new(0) };
    /// Whether the visible range follows the growing trace.
    static FOLLOWING: Cell<bool> = const { Cell::new(true) };
    /// What was visible before.
    static ZOOMS: RefCell<Zooms> = RefCell::default();
    /// Whether what is shown still belongs to the trace before the one being opened.
    static OUTGOING: Cell<bool> = const { Cell::new(false) };
}

fn next(counter: &'static std::thread::LocalKey<Cell<u32>>) -> u32 {
    counter.set(counter.get().wrapping_add(1));
    counter.get()
}

/// Starts the worker and listens to it.
pub fn start(app: App) {
    requests::start(move |news| match news {
        News::Progress(progress) => {
            let current = app.work.get_untracked().filter(|w| w.request == progress.request);
            let Some(work) = current else { return };
            app.work.set(Some(Work {
                done_bytes: progress.done_bytes,
                total_bytes: progress.total_bytes,
                events: progress.events,
                elapsed_ms: progress.elapsed_ms,
                ..work
            }));
            if let (WorkKind::Opening, Some(info)) = (work.kind, progress.info) {
                show(app, *info);
            }
        }
        News::Died(message) => {
            close(app);
            app.schemas.set(Vec::new());
            STEPS.take();
            app.phase.set(Phase::Error);
            let retry = FILE.with_borrow(Option::is_some);
            tell(app, || t(Key::WorkerDied).to_owned(), message, retry);
        }
    });
}

/// Tells something until it is dismissed, in whichever language the page is.
pub fn tell(app: App, text: impl Fn() -> String + 'static, detail: String, retry: bool) {
    let told = text();
    app.telling.set(Some((told.clone(), Rc::new(text))));
    app.notice.set(Some(Notice { text: told, detail, retry }));
}

/// Forgets the trace.
fn close(app: App) {
    app.work.set(None);
    AWAITED.set(0);
    app.notice.set(None);
    app.info.set(None);
    app.details.set(None);
    app.insights.set(None);
    app.event.set(None);
    app.position.set(None);
    app.visible.set(None);
    ZOOMS.take();
    app.zooms.set((false, false));
    app.arrangements.update(Arrangements::clear);
    app.cursors.set([None; 2]);
    app.spans.set(None);
    app.goto.set(false);
    app.selection.set(None);
    app.range.set(None);
    app.fault.set(None);
    app.hints.set(Vec::new());
    app.anchor.set(None);
    app.grouped.set(None);
    app.groups.set(None);
    app.filter.set(String::new());
    app.draft.set(String::new());
    app.aliases.set(Vec::new());
    app.shown.set(0);
    app.marked.set(0);
    refresh(app, true);
}

/// Rows and lanes must be fetched anew; `wrong` ones may not be drawn meanwhile.
pub fn refresh(app: App, wrong: bool) {
    app.rows.update(|(generation, was_wrong)| {
        *generation = generation.wrapping_add(1);
        *was_wrong = wrong;
    });
    app.lanes.update(|generation| *generation = generation.wrapping_add(1));
}

/// Opens the trace among the files given, and takes those that describe events as schemas; says
/// which were left out.
pub fn open_files(app: App, files: &[File]) {
    let (trace, others) = schemas::sort(files);
    if let Some(trace) = &trace {
        FILE.set(Some(trace.clone()));
        let locale = app.locale.get_untracked().to_owned();
        begin(app, Request::Open { locale }, Some(trace.clone()), trace.name());
    }
    if !others.is_empty() {
        let opened = trace.map(|trace| trace.name());
        schemas::load(app, others, opened);
    }
}

/// Opens the bundled sample.
pub fn open_sample(app: App) {
    FILE.take();
    let locale = app.locale.get_untracked().to_owned();
    begin(app, Request::OpenSample { locale }, None, t(Key::Sample).to_owned());
}

/// Opens the last file again.
pub fn reopen(app: App) {
    match FILE.with_borrow(Clone::clone) {
        Some(file) => open_files(app, &[vec![file], schemas::kept()].concat()),
        None => open_sample(app),
    }
}

/// What was dropped is no file.
pub fn refuse_folder(app: App) {
    let failure = Failure { code: "folder".into(), offset: None, message: String::new() };
    fail(app, &failure);
}

fn begin(app: App, request: Request, file: Option<File>, name: String) {
    STEPS.take();
    // The trace before stays until there is something of the new one to show: a file that cannot
    // be opened takes nothing away.
    OUTGOING.set(true);
    app.notice.set(None);
    app.help.set(false);
    app.phase.set(Phase::Loading);
    app.say(move || fill(Key::Opening, &[&name]));
    let this = next(&OPENING);
    next(&FILTERING);
    let then = move |answer, _| {
        if this != OPENING.get() {
            return;
        }
        app.work.set(None);
        match answer {
            Answer::Opened { info, cancelled } => opened(app, *info, cancelled),
            // The file describes events: the trace before it stays.
            Answer::Schemas { files, refused, info } => {
                OUTGOING.set(false);
                if let Some(file) = FILE.take() {
                    schemas::keep(file);
                }
                app.phase.set(if info.is_some() { Phase::Ready } else { Phase::Empty });
                app.said.set(String::new());
                schemas::loaded(app, files, &refused, info);
            }
            Answer::Failed(failure) => fail(app, &failure),
            _ => {}
        }
    };
    let request = requests::send(request, file.as_ref().map(AsRef::as_ref), Box::new(then));
    app.work.set(Some(Work::new(WorkKind::Opening, request)));
}

/// Tells that something failed.
pub fn fail(app: App, failure: &Failure) {
    if app.phase.get_untracked() == Phase::Loading {
        let kept = OUTGOING.replace(false) && app.info.with_untracked(Option::is_some);
        if !kept {
            close(app);
        }
        app.phase.set(if kept { Phase::Ready } else { Phase::Error });
    } else if app.info.with_untracked(Option::is_none) {
        app.phase.set(Phase::Error);
    }
    let (failure, detail) = (failure.clone(), failure.message.clone());
    tell(app, move || messages::failure(&failure), detail, false);
    app.say(String::new);
}

/// Shows what is known of the trace so far.
fn show(app: App, info: TraceInfo) {
    if OUTGOING.replace(false) {
        let notice = app.notice.get_untracked();
        let work = app.work.get_untracked();
        close(app);
        FOLLOWING.set(true);
        app.notice.set(notice);
        app.work.set(work);
    }
    if app.filter.with_untracked(String::is_empty) && app.range.get_untracked().is_none() {
        app.shown.set(info.events);
        app.marked.set(info.marked);
    }
    if FOLLOWING.get() {
        app.visible.set(info.range);
    }
    app.info.set(Some(Arc::new(info)));
    refresh(app, false);
}

fn opened(app: App, info: TraceInfo, cancelled: bool) {
    let fingerprint = info.fingerprint;
    let name = info.file_name.clone();
    show(app, info.clone());
    app.phase.set(Phase::Ready);
    let events = info.events;
    let marked = info.marked;
    let file_name = info.file_name.clone();
    app.say(move || {
        let opened = fill(Key::Opened, &[&file_name, &count(Plural::Events, events)]);
        format!("{opened} {}", count(Plural::MarkedFound, marked))
    });
    if cancelled {
        let text = move || fill(Key::OpeningCancelled, &[&count(Plural::Events, events)]);
        tell(app, text, String::new(), false);
    } else if let Some(issue) = info.lost.issues.first().cloned() {
        let more = info.lost.issue_count - 1;
        let detail = issue.message.clone();
        let text = move || {
            let mut text = messages::issue(&issue);
            if more > 0 {
                text.push(' ');
                text.push_str(&count(Plural::MoreIssues, more));
            }
            format!("{text} {}", t(Key::RestIsShown))
        };
        tell(app, text, detail, false);
    }
    ask_insights(app);
    let link = app.link.get_untracked();
    app.link.set(None);
    match link {
        Some(link) if link.fingerprint.is_none() || link.fingerprint == fingerprint => {
            restore(app, &link);
        }
        Some(link) => {
            let text = move || fill(Key::LinkMismatch, &[&wanted_file(&link), &name]);
            tell(app, text, String::new(), false);
        }
        None if !app.sort.with_untracked(Sort::is_usual) => {
            arrange::resort(app, move || rows_changed(app));
        }
        None => {}
    }
}

/// Name and size of the file a link belongs to.
#[must_use]
pub fn wanted_file(link: &Link) -> String {
    let size = link.fingerprint.map(|print| bytes(print.len_bytes)).unwrap_or_default();
    match (link.name.is_empty(), size.is_empty()) {
        (true, _) => size,
        (false, true) => link.name.clone(),
        (false, false) => format!("{} ({size})", link.name),
    }
}

/// Brings back the view of a link on the trace it belongs to.
pub fn restore(app: App, link: &Link) {
    if app.phase.get_untracked() != Phase::Ready {
        return;
    }
    let bounds = app.bounds();
    app.set(|settings| settings.group = link.group);
    app.arrangements
        .update(|all| all.change(link.group, |lanes| lanes.layout = link.lanes.clone()));
    app.cursors.set_if_new(link.cursors);
    if let (Some(bounds), Some(visible)) = (bounds, link.visible) {
        FOLLOWING.set(false);
        app.visible.set(Some(viewport::clamp(visible, bounds)));
    } else {
        app.visible.set(bounds);
    }
    if !link.columns.is_empty() {
        arrange::show_columns(app, columns::parse(&link.columns));
    }
    app.sort.set(Sort::parse(&link.sort));
    app.grouped.set((!link.grouped.is_empty()).then(|| link.grouped.clone()));
    app.draft.set(link.filter.clone());
    set_filter(app, link.filter.clone(), link.range);
    match link.event {
        Some(event) => select(app, event, None, false),
        None => unselect(app),
    }
}

fn unselect(app: App) {
    next(&SELECTING);
    app.event.set(None);
    app.position.set(None);
    app.details.set(None);
}

/// Stops what goes on.
pub fn cancel(app: App) {
    if app.work.get_untracked().is_some() {
        requests::ask(Request::Cancel, |_, _| {});
        app.say(|| t(Key::Cancelling).to_owned());
    }
}

/// Puts a filter in force, or says what is wrong with it.
pub fn set_filter(app: App, text: String, range: Option<TimeRange>) {
    let this = next(&FILTERING);
    let request = Request::Filter { text: text.clone(), range };
    AWAITED.set(this);
    let then = move |answer, _| {
        if this != FILTERING.get() {
            return;
        }
        AWAITED.set(0);
        if app.work.get_untracked().is_some_and(|work| work.kind == WorkKind::Filtering) {
            app.work.set(None);
        }
        match answer {
            Answer::Filtered { shown, marked, cancelled } => {
                app.fault.set(None);
                app.filter.set(text);
                app.range.set(range);
                app.hints.set_if_new(Vec::new());
                let show = move || {
                    app.shown.set(shown);
                    app.marked.set(marked);
                    rows_changed(app);
                    app.say(move || {
                        let said = count(Plural::EventsShown, shown);
                        if cancelled { format!("{said} {}", t(Key::SearchCancelled)) } else { said }
                    });
                };
                // The new rows are shown in the order chosen from the first.
                match app.sort.with_untracked(Sort::is_usual) {
                    true => show(),
                    false => arrange::resort(app, show),
                }
                // What is to be seen is asked for first: by views that follow the state, which
                // they do once this is done.
                wasm_bindgen_futures::spawn_local(async move {
                    if this == FILTERING.get() {
                        ask_hints(app);
                        arrange::regroup(app);
                    }
                });
            }
            Answer::BadFilter(fault) => app.fault.set(Some(fault)),
            Answer::Failed(failure) => fail(app, &failure),
            _ => {}
        }
    };
    let request = requests::ask(request, then);
    let tell = move || {
        if this == AWAITED.get() && this == FILTERING.get() {
            app.work.set(Some(Work::new(WorkKind::Filtering, request)));
        }
    };
    // An earlier one may be told of still.
    match app.work.get_untracked().filter(|work| work.kind == WorkKind::Filtering) {
        Some(_) => tell(),
        None => set_timeout(tell, std::time::Duration::from_millis(FILTER_SHOWN_MS)),
    }
}

/// The rows are others, or in another order.
pub fn rows_changed(app: App) {
    app.anchor.set(None);
    refresh(app, true);
    locate(app);
}

/// Asks what may be misspelt in the filter in force, until that is known.
fn ask_hints(app: App) {
    let text = app.filter.get_untracked();
    if text.is_empty() {
        return;
    }
    let this = FILTERING.get();
    requests::ask(Request::Hints { text }, move |answer, _| match answer {
        _ if this != FILTERING.get() || app.phase.get_untracked() != Phase::Ready => {}
        Answer::Hints(Some(hints)) => app.hints.set_if_new(hints),
        Answer::Hints(None) => ask_hints(app),
        _ => {}
    });
}

/// Chooses a value in the filter; `term` selects its events.
pub fn choose(app: App, term: &str, choice: Choice) {
    choose_in(app, app.draft.get_untracked(), term.to_owned(), choice);
}

fn choose_in(app: App, text: String, term: String, choice: Choice) {
    let request = Request::Choose { text: text.clone(), term: term.clone(), choice };
    requests::ask(request, move |answer, _| match answer {
        Answer::Chosen { text } => replace_filter(app, &text),
        // What is being typed is not understood yet: that in force is.
        Answer::BadFilter(_) => {
            let in_force = app.filter.get_untracked();
            if text != in_force {
                choose_in(app, in_force, term, choice);
            }
        }
        _ => {}
    });
}

/// Replaces the filter.
pub fn replace_filter(app: App, text: &str) {
    app.draft.set(text.to_owned());
    set_filter(app, text.to_owned(), app.range.get_untracked());
}

/// Only events of a range; `None` lifts it.
pub fn set_range(app: App, range: Option<TimeRange>) {
    app.selection.set(None);
    set_filter(app, app.filter.get_untracked(), range);
}

/// Where the selected event stands in the filtered view.
fn locate(app: App) {
    let Some(event) = app.event.get_untracked() else { return };
    requests::ask(Request::Locate { event }, move |answer, _| {
        if let Answer::Located { position, exact } = answer
            && app.event.get_untracked() == Some(event)
        {
            app.position.set(Some((position, exact)));
        }
    });
}

/// Selects an event and fetches its details. `reveal` moves the timeline to it.
pub fn select(app: App, event: EventIndex, position: Option<u64>, reveal: bool) {
    let this = next(&SELECTING);
    app.event.set(Some(event));
    match position {
        Some(position) => app.position.set(Some((position, true))),
        None => locate(app),
    }
    requests::ask(Request::Details { event }, move |answer, _| {
        if this != SELECTING.get() {
            return;
        }
        match answer {
            Answer::Details(details) => {
                let time = details.row.time;
                app.details.set(Some(Arc::new(*details)));
                if reveal
                    && let (Some(visible), Some(bounds)) =
                        (app.visible.get_untracked(), app.bounds())
                {
                    see(app, viewport::reveal(visible, time, bounds));
                }
            }
            Answer::Failed(failure) => {
                app.details.set(None);
                fail(app, &failure);
            }
            _ => {}
        }
    });
}

/// Goes to the next or previous event of a kind, from the end to the beginning again.
pub fn step(app: App, forward: bool, what: StepTo) {
    // A step begins where the one before it ends: it waits for that.
    let waits = STEPS.with_borrow_mut(|steps| {
        if steps.len() < MOST_STEPS {
            steps.push_back((forward, what));
        }
        steps.len() > 1
    });
    if !waits {
        next_step(app);
    }
}

fn next_step(app: App) {
    if let Some((forward, what)) = STEPS.with_borrow(|steps| steps.front().copied()) {
        step_from(app, app.event.get_untracked(), forward, what);
    }
}

/// A step is done: the next one that waits begins.
fn stepped(app: App) {
    STEPS.with_borrow_mut(VecDeque::pop_front);
    next_step(app);
}

fn step_from(app: App, from: Option<EventIndex>, forward: bool, what: StepTo) {
    requests::ask(Request::Step { from, forward, what }, move |answer, _| match answer {
        Answer::Stepped { found: Some((event, position)) } => {
            app.say(move || count(Plural::AtRow, position + 1));
            select(app, event, Some(position), true);
            stepped(app);
        }
        Answer::Stepped { found: None } if from.is_some() => step_from(app, None, forward, what),
        Answer::Stepped { found: None } => {
            let key = match what {
                StepTo::Marked => Key::NoMarked,
                StepTo::Error => Key::NoErrors,
                StepTo::Any => Key::NoEvents,
            };
            app.say(move || t(key).to_owned());
            stepped(app);
        }
        _ => stepped(app),
    });
}

/// Selects the first event at or after an instant.
pub fn seek(app: App, time: i64) {
    requests::ask(Request::Seek { time }, move |answer, _| {
        if let Answer::Stepped { found: Some((event, position)) } = answer {
            select(app, event, Some(position), false);
        }
    });
}

/// Shows a part of the timeline; what was visible can be gone back to.
pub fn see(app: App, visible: TimeRange) {
    if let Some(old) = app.visible.get_untracked().filter(|old| *old != visible) {
        ZOOMS.with_borrow_mut(|zooms| zooms.leave(old, frame::now()));
    }
    show_range(app, visible);
}

/// Shows the selected range, and ends the selection.
pub fn zoom_to_selection(app: App) {
    if let (Some(range), Some(bounds)) = (app.selection.get_untracked(), app.bounds()) {
        app.selection.set(None);
        see(app, viewport::clamp(range, bounds));
    }
}

/// Shows a stretch of time with some room at both ends.
pub fn see_around(app: App, start: i64, end: i64) {
    if let Some(bounds) = app.bounds() {
        let room = end.saturating_sub(start) / 8 + 1;
        let range = TimeRange { start: start.saturating_sub(room), end: end.saturating_add(room) };
        see(app, viewport::clamp(range, bounds));
    }
}

/// Goes back to what was visible before, or forth again.
pub fn zoom_back(app: App, forth: bool) {
    let Some(current) = app.visible.get_untracked() else { return };
    let range = ZOOMS.with_borrow_mut(|zooms| zooms.step(current, forth));
    match range.zip(app.bounds()) {
        Some((range, bounds)) => show_range(app, viewport::clamp(range, bounds)),
        None => app.say(|| t(Key::NoZoomBack).to_owned()),
    }
}

fn show_range(app: App, visible: TimeRange) {
    FOLLOWING.set(app.bounds() == Some(visible));
    app.zooms.set_if_new(ZOOMS.with_borrow(Zooms::can));
    app.visible.set_if_new(Some(visible));
}

/// Changes the language of event texts, and of the page where it is written in it.
pub fn set_locale(app: App, locale: &'static str) {
    app.set(|settings| settings.locale = locale.to_owned());
    apply_locale(app, locale);
}

/// [`set_locale`] without remembering it, for a link that brings its own.
pub fn apply_locale(app: App, locale: &'static str) {
    LOCALE.set(locale);
    if app.locale.get_untracked() == locale {
        return;
    }
    let language = Language::of_locale(locale);
    with_texts(language, move || {
        // While the texts were loaded, another language may have been chosen.
        if LOCALE.get() != locale {
            return;
        }
        app.locale.set(locale);
        set_language(language);
        if !has(language) {
            tell(app, || t(Key::NoTexts).to_owned(), String::new(), false);
        }
        app.say_again();
        translate_events(app, locale);
    });
}

/// Asks again for the texts of the language chosen, where they could not be had.
pub fn retry_language(app: App) {
    let locale = app.locale.get_untracked();
    let language = Language::of_locale(locale);
    if has(language) {
        return;
    }
    with_texts(language, move || {
        // While the texts were loaded, another language may have been chosen.
        if !has(language) || app.locale.get_untracked() != locale {
            return;
        }
        let missing = t(Key::NoTexts);
        let is_told =
            |notice: &Option<Notice>| notice.as_ref().is_some_and(|notice| notice.text == missing);
        if app.notice.with_untracked(is_told) {
            app.notice.set(None);
        }
        set_language(language);
        app.locale.set(locale);
        app.say_again();
    });
}

/// Lets the worker say events in another language, and shows them anew.
fn translate_events(app: App, locale: &str) {
    requests::ask(Request::Locale { locale: locale.to_owned() }, move |_, _| {
        refresh(app, false);
        if let Some(event) = app.event.get_untracked() {
            select(app, event, app.position.get_untracked().map(|(position, _)| position), false);
        }
    });
}

/// Decodes a provider with the built-in catalog, or stops to.
pub fn decode_with_catalog(app: App, provider: Guid, on: bool) {
    requests::ask(Request::DecodeWithCatalog { provider, on }, move |answer, _| {
        if let Answer::Opened { info, .. } = answer {
            app.aliases.update(|aliases| {
                aliases.retain(|known| *known != provider);
                if on {
                    aliases.push(provider);
                }
            });
            decoded_anew(app, *info);
        }
    });
}

/// Names, marks and messages of the trace have changed.
pub(super) fn decoded_anew(app: App, info: TraceInfo) {
    show(app, info);
    ask_insights(app);
    set_filter(app, app.filter.get_untracked(), app.range.get_untracked());
    if let Some(event) = app.event.get_untracked() {
        select(app, event, None, false);
    }
}

fn ask_insights(app: App) {
    let this = OPENING.get();
    requests::ask(Request::Insights, move |answer, _| {
        if let Answer::Insights(insights) = answer
            && this == OPENING.get()
        {
            app.insights.set(Some(Arc::new(insights)));
        }
    });
}

/// Writes the filtered events to a file and hands it to the browser.
pub fn export(app: App, format: &str) {
    let request = Request::Export { format: format.to_owned() };
    let then = move |answer, blob: JsValue| {
        app.work.set(None);
        match answer {
            Answer::Exported { file_name, events, cancelled } => {
                let key = if cancelled { Key::ExportCancelled } else { Key::Exported };
                if !cancelled {
                    save(&blob, &file_name);
                }
                app.say(move || fill(key, &[&count(Plural::Events, events), &file_name]));
            }
            Answer::Failed(failure) => fail(app, &failure),
            _ => {}
        }
    };
    let request = requests::ask(request, then);
    app.work.set(Some(Work::new(WorkKind::Exporting, request)));
}

/// Lets the browser save a blob under a name.
fn save(blob: &JsValue, name: &str) {
    let Some(blob) = blob.dyn_ref::<web_sys::Blob>() else { return };
    let Ok(address) = web_sys::Url::create_object_url_with_blob(blob) else { return };
    let anchor = web_sys::window()
        .and_then(|window| window.document())
        .and_then(|document| document.create_element("a").ok())
        .and_then(|element| element.dyn_into::<web_sys::HtmlAnchorElement>().ok());
    if let Some(anchor) = anchor {
        anchor.set_href(&address);
        anchor.set_download(name);
        anchor.click();
    }
    // The download has its own hold on the blob once the click is handled.
    set_timeout(
        move || {
            let _ = web_sys::Url::revoke_object_url(&address);
        },
        std::time::Duration::from_secs(60),
    );
}

/// Puts text on the clipboard and says so.
pub fn copy(app: App, text: &str) {
    copy_saying(app, text, || t(Key::Copied).to_owned());
}

/// [`copy`], with what to say when it is done.
pub fn copy_saying(app: App, text: &str, said: impl Fn() -> String + 'static) {
    let Some(window) = web_sys::window() else { return };
    let done = window.navigator().clipboard().write_text(text);
    wasm_bindgen_futures::spawn_local(async move {
        match wasm_bindgen_futures::JsFuture::from(done).await {
            Ok(_) => app.say(said),
            Err(_) => app.say(|| t(Key::NotCopied).to_owned()),
        }
    });
}
