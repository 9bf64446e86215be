//! Statistics of the range selected on the timeline.

use std::cell::Cell;
use std::rc::Rc;
use std::sync::Arc;

use etlens_parser::query::Choice;
use etlens_parser::view::{FacetValue, RangeStats, TimeRange};

use super::dom::{El, button, diamond, el};
use super::set_style;
use crate::protocol::{Answer, Request};
use crate::state::actions;
use crate::state::app::App;
use crate::state::clock::{SECOND, duration};
use crate::state::format::{count, number, rate};
use crate::state::i18n::{Key, Plural, fill, t};
use crate::state::reactive::effect;
use crate::state::requests;

/// The panel; empty while nothing is selected.
pub fn panel(app: App) -> El {
    follow(app);
    el("section")
        .class("range-panel")
        .test("range-stats")
        .attr("aria-labelledby", "range-title")
        .live_bare("hidden", move || app.selection.get().is_none())
        .child(el("h2").id("range-title").text(t(Key::SelectedRange)))
        .live(move || tools(app))
        .live(move || app.stats.get().map(|stats| body(app, &stats)).unwrap_or_default())
}

/// Counts the selected range anew when it, or what passes the filter, changes.
fn follow(app: App) {
    let asked = Rc::new(Cell::new(None::<(TimeRange, u32)>));
    effect(move || {
        let wanted = app.selection.get().map(|range| (range, app.lanes.get()));
        if wanted == asked.get() {
            return;
        }
        asked.set(wanted);
        let Some((range, _)) = wanted else { return app.stats.set_if_new(None) };
        let asked = Rc::clone(&asked);
        requests::ask(Request::Measure { range }, move |answer, _| {
            if let Answer::Measured(stats) = answer
                && asked.get() == wanted
            {
                app.stats.set(Some(Arc::new(*stats)));
            }
        });
    });
}

fn tools(app: App) -> Vec<El> {
    let Some(range) = app.selection.get() else { return Vec::new() };
    let style = app.time_style();
    let from = el("span").text(&style.label(range.start, 7));
    let long = el("b").text(&duration(range.duration()));
    let title = el("p").class("range-when").child(from).text(" + ").child(long);
    let zoom = button(t(Key::ZoomRange), move || actions::zoom_to_selection(app));
    let filter = button(t(Key::FilterRange), move || actions::set_range(app, Some(range)));
    let clear = button(t(Key::ClearRangeShort), move || app.selection.set(None));
    let tools = el("div").class("row").child(zoom).child(filter).child(clear);
    vec![title, tools]
}

fn body(app: App, stats: &RangeStats) -> Vec<El> {
    let seconds = stats.range.duration().max(1) as f64 / SECOND as f64;
    let mut figures = vec![
        (t(Key::RangeEvents), el("span").test("range-events").text(&number(stats.events))),
        (t(Key::RangeRate), el("span").text(&rate(stats.events as f64 / seconds))),
        (t(Key::RangeErrors), el("span").text(&number(stats.errors))),
        (t(Key::RangeMarked), el("span").child(diamond()).text(&number(stats.marked))),
    ];
    let style = app.time_style_now();
    for (name, found) in [(Key::RangeFirst, stats.first), (Key::RangeLast, stats.last)] {
        if let Some((event, time)) = found {
            let go = button(&style.label(time, 7), move || actions::select(app, event, None, true));
            figures.push((t(name), go.class("link")));
        }
    }
    if let Some(gap) = stats.gap {
        let text = fill(
            Key::RangeGapAt,
            &[&duration(gap.end.saturating_sub(gap.start)), &style.label(gap.start, 3)],
        );
        let go = button(&text, move || actions::select(app, gap.before, None, true));
        figures.push((t(Key::RangeGap), go.class("link")));
    }
    let list = figures.into_iter().fold(el("dl").class("figures"), |list, (name, value)| {
        let figure = el("div").class("figure some");
        list.child(figure.child(el("dt").text(name)).child(el("dd").child(value)))
    });
    let mut parts = vec![list];
    if stats.events > 0 {
        parts.push(el("h3").text(t(Key::RangeLevels)));
        parts.push(bars(app, &stats.levels, stats.events));
        parts.push(el("h3").text(&count(Plural::RangeKinds, stats.kinds)));
        parts.push(bars(app, &stats.top, stats.events));
    }
    parts
}

/// Values with their counts and shares; each filters to itself.
fn bars(app: App, values: &[FacetValue], total: u64) -> El {
    values.iter().fold(el("ul").class("shares"), |list, value| {
        let filter = value.filter.clone();
        let bar = el("div").attr("aria-hidden", "true");
        // Hundredths of a percent: printing fractions takes more code than this panel.
        let part = u128::from(value.events) * 10_000 / u128::from(total.max(1));
        set_style(bar.node(), "width", &format!("{}.{:02}%", part / 100, part % 100));
        let go = button("", move || actions::choose(app, &filter, Choice::Only))
            .attr("title", &fill(Key::FilterToLane, &[&value.label]))
            .child(el("span").class("name").text(&value.label))
            .child(el("b").text(&number(value.events)));
        list.child(el("li").child(go).child(bar))
    })
}
