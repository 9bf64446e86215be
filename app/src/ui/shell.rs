//! The frame of the page: bar, notices, work area, status line.

use std::sync::Arc;

use etlens_parser::view::TraceInfo;
use leptos::html;
use leptos::prelude::*;
use wasm_bindgen::JsCast;
use web_sys::{HtmlElement, KeyboardEvent, PointerEvent};

use super::{
    details, dispatch, drop, filter, focus, help, lost, set_style, start, table, timeline,
};
use crate::pwa;
use crate::state::app::{App, Phase, Work, WorkKind};
use crate::state::clock::{SECOND, Zone, duration};
use crate::state::format::{bytes, count, percent};
use crate::state::i18n::{Key, LOCALES, Plural, fill, t};
use crate::state::settings::{PANEL_WIDTHS, TIMELINE_HEIGHTS, Theme};
use crate::state::{actions, app, history};

/// The whole page.
pub fn page(app: App) -> AnyView {
    let has_trace = Memo::new(move |_| {
        let events = app.info.with(|info| info.as_ref().map(|info| info.events));
        app.phase.get() == Phase::Ready || events.unwrap_or(0) > 0
    });
    let main = move || if has_trace.get() { work_area(app) } else { start::start(app) };
    view! {
        <div class="app" data-testid="drop-zone">
            {bar(app)}
            <main>
                {notice(app)}
                {main}
            </main>
            {status(app)}
            {help::dialog(app)}
            <div class="veil" aria-hidden="true"><p>{t(Key::DropHere)}</p></div>
        </div>
    }
    .into_any()
}

fn bar(app: App) -> AnyView {
    let has_trace = move || app.phase.get() == Phase::Ready;
    view! {
        <header class="bar">
            <span class="brand" aria-hidden="true"><i class="diamond"></i>"ETLens"</span>
            <label class="button open" title=t(Key::OpenTitle)>
                <input type="file" multiple id="open-file" data-testid="open-file" class="unseen"
                    on:change=move |event| {
                        let files = drop::chosen(&event);
                        actions::open_files(app, &files);
                    } />
                <span>{t(Key::Open)}</span>
            </label>
            <button data-testid="open-sample" on:click=move |_| actions::open_sample(app)>
                {t(Key::Sample)}
            </button>
            <div class="facts">{move || app.info.get().map(facts)}</div>
            <div class="tools" class:idle=move || !has_trace()>
                <button data-testid="share" disabled=move || !has_trace() title=t(Key::ShareTitle)
                    on:click=move |_| actions::copy(app, &history::address(app))>
                    {t(Key::Share)}
                </button>
                {export_menu(app)}
            </div>
            {choices(app)}
        </header>
    }
    .into_any()
}

/// Name and key figures of the trace.
fn facts(info: Arc<TraceInfo>) -> AnyView {
    let mut parts = vec![info.format.clone(), bytes(info.file_bytes)];
    parts.push(count(Plural::Events, info.events));
    parts.extend(info.range.map(|range| duration(range.duration() - 1)));
    for part in [&info.session, &info.computer, &info.os] {
        if !part.is_empty() {
            parts.push(part.clone());
        }
    }
    let facts: Vec<_> = parts.into_iter().map(|part| view! { <li>{part}</li> }).collect();
    let title = info.file_name.clone();
    view! {
        <h1 title=title>{info.file_name.clone()}</h1>
        <ul>{facts}</ul>
    }
    .into_any()
}

fn export_menu(app: App) -> AnyView {
    let menu = NodeRef::<html::Details>::new();
    let items: Vec<_> = [("jsonl", "JSON Lines"), ("json", "JSON"), ("csv", "CSV")]
        .into_iter()
        .map(|(format, name)| {
            let choose = move |_| {
                if let Some(menu) = menu.get_untracked() {
                    menu.set_open(false);
                }
                actions::export(app, format);
            };
            view! { <button on:click=choose>{name}</button> }
        })
        .collect();
    view! {
        <details class="menu" node_ref=menu>
            <summary class="button">{t(Key::Export)}</summary>
            <div class="menu-items" role="group" aria-label=t(Key::ExportTitle)>
                <p>{t(Key::ExportTitle)}</p>
                {items}
            </div>
        </details>
    }
    .into_any()
}

/// A labelled choice; labels and values of the options, and the chosen value.
fn choice(
    label: &'static str,
    test_id: &'static str,
    options: Vec<(&'static str, &'static str)>,
    chosen: Signal<&'static str>,
    choose: Box<dyn Fn(String)>,
) -> AnyView {
    let localized = test_id == "language";
    let options: Vec<_> = options
        .into_iter()
        .map(|(value, text)| {
            let lang = localized.then_some(value);
            view! { <option value=value lang=lang selected=move || chosen.get() == value>{text}</option> }
        })
        .collect();
    view! {
        <label class="choice">
            <span class="unseen">{label}</span>
            <select id=test_id data-testid=test_id title=label
                on:change=move |event| choose(event_target_value(&event))
                prop:value=move || chosen.get()>
                {options}
            </select>
        </label>
    }
    .into_any()
}

/// The name of a way to write times.
fn zone_text(zone: Zone) -> &'static str {
    match zone {
        Zone::Local => t(Key::ZoneLocal),
        Zone::Utc => t(Key::ZoneUtc),
        Zone::Recorder => t(Key::ZoneRecorder),
        Zone::Relative => t(Key::ZoneRelative),
    }
}

fn theme_text(theme: Theme) -> &'static str {
    match theme {
        Theme::System => t(Key::ThemeSystem),
        Theme::Light => t(Key::ThemeLight),
        Theme::Dark => t(Key::ThemeDark),
    }
}

fn choices(app: App) -> AnyView {
    let zone = choice(
        t(Key::TimeZone),
        "zone",
        Zone::ALL.map(|zone| (zone.name(), zone_text(zone))).to_vec(),
        Signal::derive(move || app.settings.with(|settings| settings.zone.name())),
        Box::new(move |name| app.set(|s| s.zone = Zone::from_name(&name).unwrap_or_default())),
    );
    let theme = choice(
        t(Key::Theme),
        "theme",
        Theme::ALL.map(|theme| (theme.name(), theme_text(theme))).to_vec(),
        Signal::derive(move || app.settings.with(|settings| settings.theme.name())),
        Box::new(move |name| app.set(|s| s.theme = Theme::from_name(&name).unwrap_or_default())),
    );
    let language = choice(
        t(Key::Language),
        "language",
        LOCALES.to_vec(),
        Signal::derive(move || app.locale.get()),
        Box::new(move |tag| {
            if let Some(locale) = app::known_locale(&tag) {
                actions::set_locale(app, locale);
                // The page may be built anew: stay where the person was.
                request_animation_frame(|| focus("language"));
            }
        }),
    );
    view! {
        <div class="choices">
            {zone}
            {theme}
            {language}
            <button class="help-button" data-testid="help" title=t(Key::HelpTitle)
                aria-label=t(Key::HelpTitle) on:click=move |_| app.help.set(true)>"?"</button>
        </div>
    }
    .into_any()
}

/// What must be told, until dismissed.
fn notice(app: App) -> AnyView {
    let error = move || {
        app.notice.get().map(|notice| {
            let detail = (!notice.detail.is_empty())
                .then(|| view! { <p class="detail" lang="en">{notice.detail}</p> });
            let retry = notice.retry.then(|| {
                view! { <button on:click=move |_| actions::reopen(app)>{t(Key::OpenAgain)}</button> }
            });
            view! {
                <div class="notice" role="alert" data-testid="error">
                    <i class="sign" aria-hidden="true">"!"</i>
                    <div><p>{notice.text}</p>{detail}</div>
                    {retry}
                    <button class="plain" aria-label=t(Key::Dismiss) title=t(Key::Dismiss)
                        on:click=move |_| app.notice.set(None)>"✕"</button>
                </div>
            }
        })
    };
    let update = move || {
        app.update.get().then(|| {
            view! {
                <div class="notice calm" role="status">
                    <div><p>{t(Key::UpdateReady)}</p></div>
                    <button on:click=move |_| pwa::apply_update()>{t(Key::Reload)}</button>
                    <button class="plain" aria-label=t(Key::Dismiss) title=t(Key::Dismiss)
                        on:click=move |_| app.update.set(false)>"✕"</button>
                </div>
            }
        })
    };
    view! { {update}{error} }.into_any()
}

/// The trace: filter, timeline, table, panel.
fn work_area(app: App) -> AnyView {
    let area = NodeRef::<html::Div>::new();
    Effect::new(move |_| {
        let (height, width) = app.settings.with(|s| (s.timeline_px, s.panel_px));
        if let Some(area) = area.get() {
            set_style(&area, "--timeline", &format!("{height}px"));
            set_style(&area, "--panel", &format!("{width}px"));
        }
    });
    let height = splitter(
        app,
        t(Key::ResizeTimeline),
        false,
        TIMELINE_HEIGHTS,
        Signal::derive(move || app.settings.with(|s| s.timeline_px)),
        Box::new(move |px| app.set(|s| s.timeline_px = px)),
    );
    let width = splitter(
        app,
        t(Key::ResizePanel),
        true,
        PANEL_WIDTHS,
        Signal::derive(move || app.settings.with(|s| s.panel_px)),
        Box::new(move |px| app.set(|s| s.panel_px = px)),
    );
    view! {
        <div class="area" node_ref=area>
            {filter::bar(app)}
            {timeline::timeline(app)}
            {height}
            <div class="below">
                {table::table(app)}
                {width}
                <section class="panel" aria-label=t(Key::Panel)>
                    {details::details(app)}
                    {dispatch::insights(app)}
                    {lost::lost(app)}
                </section>
            </div>
        </div>
    }
    .into_any()
}

/// A bar to drag, or to move with the arrow keys, between two parts of the page. `upright` bars
/// stand left of the part they size, others lie below it.
fn splitter(
    app: App,
    label: &'static str,
    upright: bool,
    [least, usual, most]: [u32; 3],
    size: Signal<u32>,
    resize: Box<dyn Fn(u32)>,
) -> AnyView {
    let _ = app;
    let resize = StoredValue::new_local(resize);
    let to = move |px: f64| {
        let px = px.clamp(f64::from(least), f64::from(most)) as u32;
        resize.with_value(|resize| resize(px));
    };
    let grip = RwSignal::new(None::<(f64, f64)>);
    let along = move |event: &PointerEvent| {
        f64::from(if upright { -event.client_x() } else { event.client_y() })
    };
    let down = move |event: PointerEvent| {
        if let Some(bar) = event.current_target().and_then(|t| t.dyn_into::<HtmlElement>().ok()) {
            // Fails only for a pointer that is gone already.
            let _ = bar.set_pointer_capture(event.pointer_id());
        }
        grip.set(Some((along(&event), f64::from(size.get_untracked()))));
        event.prevent_default();
    };
    let moved = move |event: PointerEvent| {
        if let Some((from, old)) = grip.get_untracked() {
            to(old + along(&event) - from);
        }
    };
    let key = move |event: KeyboardEvent| {
        let now = f64::from(size.get_untracked());
        let more = if upright { "ArrowLeft" } else { "ArrowDown" };
        let less = if upright { "ArrowRight" } else { "ArrowUp" };
        match event.key().as_str() {
            key if key == more => to(now + 20.0),
            key if key == less => to(now - 20.0),
            "Home" => to(f64::from(least)),
            "End" => to(f64::from(most)),
            "Enter" => to(f64::from(usual)),
            _ => return,
        }
        event.prevent_default();
    };
    view! {
        <div class="splitter" class:upright=upright role="separator" tabindex="0" aria-label=label
            title=label aria-orientation=if upright { "vertical" } else { "horizontal" }
            aria-valuemin=least.to_string() aria-valuemax=most.to_string()
            aria-valuenow=move || size.get().to_string()
            on:pointerdown=down on:pointermove=moved
            on:pointerup=move |_| grip.set(None) on:pointercancel=move |_| grip.set(None)
            on:dblclick=move |_| to(f64::from(usual)) on:keydown=key></div>
    }
    .into_any()
}

/// The status line: what happened last, and how far a long request has come.
fn status(app: App) -> AnyView {
    let text = move || {
        let said = app.said.get();
        if !said.is_empty() {
            return said;
        }
        match app.phase.get() {
            Phase::Empty => t(Key::StatusEmpty).to_owned(),
            Phase::Loading => t(Key::StatusLoading).to_owned(),
            Phase::Ready => t(Key::StatusReady).to_owned(),
            Phase::Error => t(Key::StatusError).to_owned(),
        }
    };
    // Short work is over before it could be read.
    let shown = Memo::new(move |_| {
        app.work.get().is_some_and(|w| w.kind != WorkKind::Filtering || w.elapsed_ms > 200.0)
    });
    let bar = NodeRef::<html::Progress>::new();
    Effect::new(move |_| {
        if let (Some(bar), Some(work)) = (bar.get(), app.work.get())
            && work.total_bytes > 0
        {
            bar.set_value(work.done_bytes as f64 / work.total_bytes as f64);
        }
    });
    let work = move || {
        shown.get().then(|| {
            view! {
                <div class="work">
                    <progress node_ref=bar max="1" aria-label=t(Key::Progress)></progress>
                    <span data-testid="progress">{move || app.work.get().map(work_text)}</span>
                    <button data-testid="cancel" on:click=move |_| actions::cancel(app)>
                        {t(Key::Cancel)}
                    </button>
                </div>
            }
        })
    };
    view! {
        <footer class="status">
            <p role="status" data-testid="status" data-state=move || app.phase.get().name()>{text}</p>
            {work}
        </footer>
    }
    .into_any()
}

/// `120 MiB of 1 GiB · 12 % · 340,000 events · 250 MiB/s · 3 s left`.
fn work_text(work: Work) -> String {
    let what = match work.kind {
        WorkKind::Opening => Key::WorkOpening,
        WorkKind::Filtering => Key::WorkFiltering,
        WorkKind::Exporting => Key::WorkExporting,
    };
    let mut parts = vec![t(what).to_owned()];
    if work.total_bytes > 0 {
        parts.push(fill(Key::DoneOf, &[&bytes(work.done_bytes), &bytes(work.total_bytes)]));
        parts.push(percent(work.done_bytes as f64 / work.total_bytes as f64));
    }
    if work.events > 0 {
        parts.push(count(Plural::Events, work.events));
    }
    let seconds = work.elapsed_ms / 1000.0;
    if seconds > 0.2 && work.done_bytes > 0 {
        let speed = work.done_bytes as f64 / seconds;
        parts.push(fill(Key::PerSecond, &[&bytes(speed as u64)]));
        let left = work.total_bytes.saturating_sub(work.done_bytes) as f64 / speed;
        let whole_seconds = (left.ceil() as i64).saturating_mul(SECOND);
        parts.push(fill(Key::TimeLeft, &[&duration(whole_seconds)]));
    }
    parts.join(" · ")
}
