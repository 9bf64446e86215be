//! The frame of the page: bar, notices, work area, status line.

use std::cell::Cell;
use std::rc::Rc;

use etlens_parser::view::TraceInfo;
use leptos::prelude::request_animation_frame;
use wasm_bindgen::JsCast;
use web_sys::{
    Event, HtmlElement, HtmlProgressElement, HtmlSelectElement, KeyboardEvent, PointerEvent,
};

use super::dom::{El, button, diamond, el, menu, sign_button};
use super::{
    activities, details, dispatch, drop, facets, filter, focus, help, lost, range, schemas,
    set_style, spans, start, table, timeline,
};
use crate::pwa;
use crate::state::app::{App, Notice, Phase, Work, WorkKind};
use crate::state::clock::{SECOND, Zone, duration};
use crate::state::format::{bytes, count, percent};
use crate::state::i18n::{Key, LOCALES, Plural, fill, t};
use crate::state::reactive::{condition, effect};
use crate::state::settings::{PANEL_WIDTHS, TIMELINE_HEIGHTS, Theme};
use crate::state::{actions, app, history};

/// The whole page.
pub fn page(app: App) -> El {
    let has_trace = condition(move || {
        let events = app.info.with(|info| info.as_ref().map(|info| info.events));
        app.phase.get() == Phase::Ready || events.unwrap_or(0) > 0
    });
    let main = el("main")
        .live(move || notices(app))
        .live(move || vec![if has_trace.get() { work_area(app) } else { start::start(app) }]);
    let veil = el("div").class("veil").attr("aria-hidden", "true");
    el("div")
        .class("app")
        .test("drop-zone")
        .child(bar(app))
        .child(main)
        .child(status(app))
        .child(help::dialog(app))
        .child(veil.child(el("p").text(t(Key::DropHere))))
}

fn bar(app: App) -> El {
    let ready = condition(move || app.phase.get() == Phase::Ready);
    let input = el("input")
        .attr("type", "file")
        .attr("multiple", "")
        .id("open-file")
        .test("open-file")
        .class("unseen")
        .on("change", move |event: &Event| actions::open_files(app, &drop::chosen(event)));
    let open = el("label").class("button open").attr("title", t(Key::OpenTitle));
    let share = button(t(Key::Share), move || actions::copy(app, &history::address(app)));
    let tools = el("div")
        .class("tools")
        .live_class("idle", move || !ready.get())
        .child(share.test("share").attr("title", t(Key::ShareTitle)))
        .child(export_menu(app));
    el("header")
        .class("bar")
        .child(
            el("span").class("brand").attr("aria-hidden", "true").child(diamond()).text("ETLens"),
        )
        .child(open.child(input).child(el("span").text(t(Key::Open))))
        .child(button(t(Key::Sample), move || actions::open_sample(app)).test("open-sample"))
        .child(
            el("div")
                .class("facts")
                .live(move || app.info.get().map(|info| facts(&info)).unwrap_or_default()),
        )
        .child(tools)
        .child(choices(app))
}

/// Name and key figures of the trace.
fn facts(info: &TraceInfo) -> Vec<El> {
    let mut parts = vec![info.format.clone(), bytes(info.file_bytes)];
    parts.push(count(Plural::Events, info.events));
    parts.extend(info.range.map(|range| duration(range.duration() - 1)));
    for part in [&info.session, &info.computer, &info.os] {
        if !part.is_empty() {
            parts.push(part.clone());
        }
    }
    let list = parts.iter().fold(el("ul"), |list, part| list.child(el("li").text(part)));
    vec![el("h1").attr("title", &info.file_name).text(&info.file_name), list]
}

fn export_menu(app: App) -> El {
    let formats = [("jsonl", "JSON Lines"), ("json", "JSON"), ("csv", "CSV")];
    let entries = formats
        .into_iter()
        .map(|(format, name)| button(name, move || actions::export(app, format)))
        .collect();
    menu(t(Key::Export), t(Key::ExportTitle), true, entries)
}

/// A labelled choice among values with their texts. `localized` texts are in the language that
/// their value names.
pub fn choice(
    label: &str,
    name: &str,
    options: &[(&str, &str)],
    localized: bool,
    chosen: impl Fn() -> &'static str + 'static,
    choose: impl Fn(&str) + 'static,
) -> El {
    let select = options.iter().fold(el("select"), |select, (value, text)| {
        let option = el("option").attr("value", value).text(text);
        select.child(if localized { option.attr("lang", value) } else { option })
    });
    let node: HtmlSelectElement = select.cast();
    let shown = node.clone();
    effect(move || shown.set_value(chosen()));
    let select = select
        .id(name)
        .test(name)
        .attr("title", label)
        .on("change", move |_: &Event| choose(&node.value()));
    el("label").class("choice").child(el("span").class("unseen").text(label)).child(select)
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

fn choices(app: App) -> El {
    let zones = Zone::ALL.map(|zone| (zone.name(), zone_text(zone)));
    let zone = choice(
        t(Key::TimeZone),
        "zone",
        &zones,
        false,
        move || app.settings.with(|settings| settings.zone.name()),
        move |name| app.set(|s| s.zone = Zone::from_name(name).unwrap_or_default()),
    );
    let themes = Theme::ALL.map(|theme| (theme.name(), theme_text(theme)));
    let theme = choice(
        t(Key::Theme),
        "theme",
        &themes,
        false,
        move || app.settings.with(|settings| settings.theme.name()),
        move |name| app.set(|s| s.theme = Theme::from_name(name).unwrap_or_default()),
    );
    let language = choice(
        t(Key::Language),
        "language",
        &LOCALES,
        true,
        move || app.locale.get(),
        move |tag| {
            if let Some(locale) = app::known_locale(tag) {
                actions::set_locale(app, locale);
                // The page may be built anew: stay where the person was.
                request_animation_frame(|| focus("language"));
            }
        },
    );
    let help = sign_button("?", t(Key::HelpTitle), move || app.help.set(true));
    el("div")
        .class("choices")
        .child(zone)
        .child(theme)
        .child(language)
        .child(help.class("help-button").test("help"))
}

/// What must be told, until dismissed.
fn notices(app: App) -> Vec<El> {
    let mut notices = Vec::new();
    if app.update.get() {
        let reload = button(t(Key::Reload), pwa::apply_update);
        let text = el("div").child(el("p").text(t(Key::UpdateReady)));
        let dismiss = sign_button("✕", t(Key::Dismiss), move || app.update.set(false));
        let notice = el("div").class("notice calm").attr("role", "status");
        notices.push(notice.child(text).child(reload).child(dismiss.class("plain")));
    }
    if let Some(Notice { text, detail, retry }) = app.notice.get() {
        let sign = el("i").class("sign").attr("aria-hidden", "true").text("!");
        let detail =
            (!detail.is_empty()).then(|| el("p").class("detail").attr("lang", "en").text(&detail));
        let retry = retry.then(|| button(t(Key::OpenAgain), move || actions::reopen(app)));
        let dismiss = sign_button("✕", t(Key::Dismiss), move || app.notice.set(None));
        let notice = el("div")
            .class("notice")
            .attr("role", "alert")
            .test("error")
            .child(sign)
            .child(el("div").child(el("p").text(&text)).maybe(detail))
            .maybe(retry)
            .child(dismiss.class("plain"));
        notices.push(notice);
    }
    notices
}

/// The trace: filter, timeline, table, panel.
fn work_area(app: App) -> El {
    let height = splitter(
        t(Key::ResizeTimeline),
        false,
        TIMELINE_HEIGHTS,
        move || app.settings.with(|settings| settings.timeline_px),
        move |px| app.set(|settings| settings.timeline_px = px),
    );
    let width = splitter(
        t(Key::ResizePanel),
        true,
        PANEL_WIDTHS,
        move || app.settings.with(|settings| settings.panel_px),
        move |px| app.set(|settings| settings.panel_px = px),
    );
    let panel = el("section")
        .class("panel")
        .label(t(Key::Panel))
        .child(range::panel(app))
        .live(move || details::details(app))
        .child(activities::panel(app))
        .child(dispatch::insights(app))
        .child(spans::panel(app))
        .live(move || schemas::schemas(app))
        .child(lost::lost(app));
    let area = el("div")
        .class("area")
        .children(filter::bar(app))
        .child(timeline::timeline(app))
        .child(height)
        .child(
            el("div")
                .class("below")
                .child(facets::facets(app))
                .child(table::table(app))
                .child(width)
                .child(panel),
        );
    let node = area.node().clone();
    effect(move || {
        let (height, width) = app.settings.with(|s| (s.timeline_px, s.panel_px));
        set_style(&node, "--timeline", &format!("{height}px"));
        set_style(&node, "--panel", &format!("{width}px"));
    });
    area
}

/// A bar to drag, or to move with the arrow keys, between two parts of the page. `upright` bars
/// stand left of the part they size, others lie below it.
fn splitter(
    label: &str,
    upright: bool,
    [least, usual, most]: [u32; 3],
    size: impl Fn() -> u32 + Copy + 'static,
    resize: impl Fn(u32) + Copy + 'static,
) -> El {
    let to = move |px: i32| resize(u32::try_from(px).unwrap_or(0).clamp(least, most));
    let now = move || i32::try_from(leptos::prelude::untrack(size)).unwrap_or(i32::MAX);
    let along =
        move |event: &PointerEvent| if upright { -event.client_x() } else { event.client_y() };
    // Where the drag began, and the size then.
    let grip = Rc::new(Cell::new(None::<(i32, i32)>));
    let (held, moved, released) = (Rc::clone(&grip), Rc::clone(&grip), grip);
    let down = move |event: &PointerEvent| {
        if let Some(bar) = event.current_target() {
            // Fails only for a pointer that is gone already.
            let bar: HtmlElement = bar.unchecked_into();
            super::drop_result(bar.set_pointer_capture(event.pointer_id()));
        }
        held.set(Some((along(event), now())));
        event.prevent_default();
    };
    let key = move |event: &KeyboardEvent| {
        let (more, less) =
            if upright { ("ArrowLeft", "ArrowRight") } else { ("ArrowDown", "ArrowUp") };
        match event.key().as_str() {
            key if key == more => to(now() + 20),
            key if key == less => to(now() - 20),
            "Home" => resize(least),
            "End" => resize(most),
            "Enter" => resize(usual),
            _ => return,
        }
        event.prevent_default();
    };
    el("div")
        .class(if upright { "splitter upright" } else { "splitter" })
        .attr("role", "separator")
        .attr("tabindex", "0")
        .label(label)
        .attr("title", label)
        .attr("aria-orientation", if upright { "vertical" } else { "horizontal" })
        .attr("aria-valuemin", &least.to_string())
        .attr("aria-valuemax", &most.to_string())
        .live_attr("aria-valuenow", move || Some(size().to_string()))
        .on("pointerdown", down)
        .on("pointermove", move |event: &PointerEvent| {
            if let Some((from, old)) = moved.get() {
                to(old + along(event) - from);
            }
        })
        .on("lostpointercapture", move |_: &Event| released.set(None))
        .on("dblclick", move |_: &Event| resize(usual))
        .on("keydown", key)
}

/// The status line: what happened last, and how far a long request has come.
fn status(app: App) -> El {
    let text = move || {
        let said = app.said.get();
        if !said.is_empty() {
            return said;
        }
        let key = match app.phase.get() {
            Phase::Empty => Key::StatusEmpty,
            Phase::Loading => Key::StatusLoading,
            Phase::Ready => Key::StatusReady,
            Phase::Error => Key::StatusError,
        };
        t(key).to_owned()
    };
    // Short work is over before it could be read.
    let shown = condition(move || {
        let long = |kind| matches!(kind, WorkKind::Opening | WorkKind::Exporting);
        app.work.get().is_some_and(|w| long(w.kind) || w.elapsed_ms > 200.0)
    });
    let line = el("p")
        .attr("role", "status")
        .test("status")
        .live_attr("data-state", move || Some(app.phase.get().name().to_owned()))
        .live_text(text);
    el("footer")
        .class("status")
        .child(line)
        .live(move || if shown.get() { vec![work(app)] } else { Vec::new() })
}

fn work(app: App) -> El {
    let bar = el("progress").attr("max", "1").label(t(Key::Progress));
    let node: HtmlProgressElement = bar.cast();
    effect(move || {
        if let Some(work) = app.work.get().filter(|work| work.total_bytes > 0) {
            node.set_value(work.done_bytes as f64 / work.total_bytes as f64);
        }
    });
    let text = el("span").test("progress");
    el("div")
        .class("work")
        .child(bar)
        .child(text.live_text(move || app.work.get().map(work_text).unwrap_or_default()))
        .child(button(t(Key::Cancel), move || actions::cancel(app)).test("cancel"))
}

/// `120 MiB of 1 GiB · 12 % · 340,000 events · 250 MiB/s · 3 s left`.
fn work_text(work: Work) -> String {
    let what = match work.kind {
        WorkKind::Opening => Key::WorkOpening,
        WorkKind::Filtering => Key::WorkFiltering,
        WorkKind::Exporting => Key::WorkExporting,
        WorkKind::Sorting => Key::WorkSorting,
        WorkKind::Grouping => Key::WorkGrouping,
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
