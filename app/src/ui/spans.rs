//! The longest spans: what took longest between its start and its stop.

use std::cell::Cell;
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use etlens_parser::view::{SpanBar, SpanRow, Spans, SpansRequest};
use leptos::prelude::{TimeoutHandle, set_timeout_with_handle};
use web_sys::{Event, HtmlDetailsElement};

use super::dom::{El, button, el};
use crate::protocol::{Answer, Request};
use crate::state::app::App;
use crate::state::clock::duration;
use crate::state::format::{count, count_with, number};
use crate::state::i18n::{Key, Plural, fill, t};
use crate::state::reactive::{State, effect};
use crate::state::{actions, requests};

/// Spans listed.
const LONGEST: u32 = 25;
/// How long the view must rest before its spans are listed anew.
const REST: Duration = Duration::from_millis(200);

/// What to call a kind of span.
pub fn kind_name(row: &SpanRow) -> &str {
    match row.label.as_str() {
        "dispatch-sessions" => t(Key::Sessions),
        label => label,
    }
}

/// The panel. What it lists is asked for while it is open.
pub fn panel(app: App) -> El {
    let open = State::new(false);
    follow(app, open);
    let details = el("details").class("spans").test("spans");
    let node: HtmlDetailsElement = details.cast();
    details
        .on("toggle", move |_: &Event| open.set_if_new(node.open()))
        .child(el("summary").child(el("h2").text(t(Key::SpansTitle))))
        .live(move || app.spans.get().map(|spans| body(app, &spans)).unwrap_or_default())
}

/// Asks for the spans of the selected range, else of what is visible, once that rests.
fn follow(app: App, open: State<bool>) {
    let waiting = Rc::new(Cell::new(None::<TimeoutHandle>));
    effect(move || {
        let range = app.selection.get().or(app.visible.get());
        app.lanes.track();
        let range = range.filter(|_| open.get());
        if let Some(waiting) = waiting.take() {
            waiting.clear();
        }
        let Some(range) = range else { return };
        let request = SpansRequest { range, pixels: 1, longest: LONGEST };
        let ask = move || {
            requests::ask(Request::Spans(request), move |answer, _| {
                if let Answer::Spans(spans) = answer {
                    app.spans.set(Some(Arc::new(spans)));
                }
            });
        };
        waiting.set(set_timeout_with_handle(ask, REST).ok());
    });
}

fn body(app: App, spans: &Spans) -> Vec<El> {
    let total: u64 = spans.rows.iter().map(|row| row.spans).sum();
    if total == 0 {
        return vec![el("p").class("source").text(t(Key::NoSpans))];
    }
    let open: u64 = spans.rows.iter().map(|row| row.open).sum();
    let mut facts = vec![count_with(Plural::SpansSeen, total, &[&number(spans.rows.len() as u64)])];
    if open > 0 {
        facts.push(count(Plural::SpansOpen, open));
    }
    if spans.unstarted > 0 {
        facts.push(count(Plural::SpansUnstarted, spans.unstarted));
    }
    if spans.full {
        facts.push(t(Key::SpansFull).to_owned());
    }
    let lanes = button(t(Key::SpansAsLanes), move || {
        app.set(|settings| settings.group = etlens_parser::view::LaneGroup::Span);
    });
    let rows = spans.longest.iter().map(|bar| row(app, spans, bar)).collect();
    let head = [Key::SpanName, Key::SpanDuration, Key::SpanStart]
        .into_iter()
        .fold(el("tr"), |head, key| head.child(el("th").attr("scope", "col").text(t(key))));
    let table = el("table")
        .class("span-table")
        .child(el("thead").child(head))
        .child(el("tbody").children(rows));
    vec![el("p").class("source").text(&facts.join(" ")), lanes, table]
}

fn row(app: App, spans: &Spans, bar: &SpanBar) -> El {
    let name = spans.rows.get(bar.kind as usize).map(kind_name).unwrap_or_default();
    let first = bar.first;
    let go = button(name, move || actions::select(app, first, None, true)).class("link");
    let failed = bar.failed.then(|| el("span").class("failed").text(t(Key::SpanFailed)));
    let took = duration(bar.end.saturating_sub(bar.start));
    let (start, end) = (bar.start, bar.end);
    let see = fill(Key::SpanSee, &[name, &took]);
    let see = button(&took, move || actions::see_around(app, start, end))
        .class("link")
        .label(&see)
        .attr("title", &see);
    el("tr")
        .live_attr("aria-current", move || {
            (app.event.get() == Some(first)).then(|| "true".to_owned())
        })
        .child(el("td").child(go).maybe(failed))
        .child(el("td").class("num").child(see))
        .child(el("td").class("num").live_text(move || app.time_style().label(start, 3)))
}
