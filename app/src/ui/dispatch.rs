//! Dispatch sessions: what became of one, and of all.

use etlens_parser::view::{DispatchSession, DispatchVerdict, EventIndex, Insights};

use super::dom::{El, button, el};
use crate::state::actions;
use crate::state::app::App;
use crate::state::clock::{duration, relative};
use crate::state::format::{count, count_with, number};
use crate::state::i18n::{Key, Plural, fill, look_up, t};
use crate::state::reactive::State;

/// Failed sessions listed at first; a button shows the rest.
const FIRST: usize = 12;

fn verdict_text(group: &str, verdict: DispatchVerdict) -> &'static str {
    look_up(group, verdict.code()).unwrap_or_else(|| verdict.code())
}

/// The sign of a verdict: a disc when all went well, a diamond when not.
fn sign() -> El {
    el("i").class("verdict").attr("aria-hidden", "true")
}

fn paragraph(class: &str, text: &str) -> El {
    el("p").class(class).text(text)
}

/// An entry of a list that stands out while its event is selected.
fn entry(app: App, event: EventIndex) -> El {
    el("li").live_attr("aria-current", move || {
        (app.event.get() == Some(event)).then(|| "true".to_owned())
    })
}

/// The dispatch session of the selected event: verdict, what it means, its steps.
pub fn card(app: App, session: &DispatchSession) -> El {
    let failed = session.verdict != DispatchVerdict::Succeeded;
    let steps = session.events.iter().fold(el("ol").class("steps"), |steps, step| {
        let event = step.event;
        let go = button(&format!("{} {}", step.id, step.name), move || {
            actions::select(app, event, None, true);
        });
        let class = if event == session.outcome { "outcome" } else { "" };
        let offset = relative(step.time.saturating_sub(session.start), 6);
        let offset = el("span").class("offset").text(&offset);
        steps.child(entry(app, event).class(class).child(offset).child(go.class("link")))
    });
    let exception = (!session.exception.is_empty()).then(|| {
        let text = el("pre").class("exception").attr("tabindex", "0").label(t(Key::Exception));
        text.text(&session.exception)
    });
    let took = duration(session.end.saturating_sub(session.start));
    let span = count_with(Plural::SessionSpan, session.events.len() as u64, &[&took]);
    let via = (!session.via.is_empty()).then(|| paragraph("via", &session.via));
    el("section")
        .class(if failed { "session failed" } else { "session" })
        .label(t(Key::Session))
        .child(el("h3").child(sign()).text(verdict_text("verdict", session.verdict)))
        .maybe(via)
        .child(paragraph("", verdict_text("why", session.verdict)))
        .child(paragraph("remedy", verdict_text("remedy", session.verdict)))
        .maybe(exception)
        .child(paragraph("source", &span))
        .child(steps)
}

/// All dispatch sessions of the trace.
pub fn insights(app: App) -> El {
    let body = move || {
        let insights = app.insights.get();
        insights.map_or_else(
            || vec![paragraph("source", t(Key::LookingForSessions))],
            |insights| overview(app, &insights),
        )
    };
    el("section")
        .class("insights")
        .test("insights")
        .attr("aria-labelledby", "insights-title")
        .live_attr("aria-busy", move || {
            app.insights.with(Option::is_none).then(|| "true".to_owned())
        })
        .child(el("h2").id("insights-title").text(t(Key::Sessions)))
        .live(body)
}

fn overview(app: App, insights: &Insights) -> Vec<El> {
    let mut parts = offers(app);
    if insights.sessions == 0 && insights.failed.is_empty() {
        parts.push(paragraph("source", t(Key::NoSessions)));
        return parts;
    }
    parts.push(paragraph("", &count(Plural::SessionsSeen, insights.sessions)));
    if insights.recorded_below_verbose {
        parts.push(paragraph("hint", t(Key::BelowVerbose)));
    }
    let verdicts =
        insights.verdicts.iter().fold(el("ul").class("verdicts"), |list, (verdict, n)| {
            let class = if *verdict == DispatchVerdict::Succeeded { "" } else { "failed" };
            let entry = el("li").class(class).attr("title", verdict_text("why", *verdict));
            let name = el("span").text(verdict_text("verdict", *verdict));
            list.child(entry.child(sign()).child(name).child(el("b").text(&number(*n))))
        });
    parts.push(verdicts);
    if insights.benign_unregister > 0 {
        let text = count(Plural::BenignUnregister, insights.benign_unregister);
        parts.push(paragraph("source", &text));
    }
    if !insights.failed.is_empty() {
        let total = insights.failed.len() as u64;
        parts.push(el("h3").text(&count(Plural::FailedSessions, total)));
        parts.push(failed_list(app));
    }
    parts
}

/// Offers to decode providers that speak the catalog under an id of their own.
fn offers(app: App) -> Vec<El> {
    let info = app.info.get_untracked();
    let candidates = info.map(|info| info.catalog_candidates.clone()).unwrap_or_default();
    let aliases = app.aliases.get_untracked();
    let offers = candidates.iter().chain(&aliases).map(|&provider| {
        let on = !aliases.contains(&provider);
        let (text, act) = if on {
            (Key::CatalogOffer, Key::CatalogOn)
        } else {
            (Key::CatalogInUse, Key::CatalogOff)
        };
        let act = button(t(act), move || actions::decode_with_catalog(app, provider, on));
        el("div")
            .class("offer")
            .child(paragraph("", &fill(text, &[&format!("{provider:#}")])))
            .child(act.test("decode-with-catalog"))
    });
    offers.collect()
}

fn failed_list(app: App) -> El {
    let all = State::new(false);
    let list = move || {
        let Some(insights) = app.insights.get_untracked() else { return Vec::new() };
        let total = insights.failed.len();
        let most = if all.get() { total } else { total.min(FIRST) };
        let rows = insights.failed.iter().take(most).map(|session| failed_row(app, session));
        let mut list = vec![el("ol").class("failed-list").children(rows.collect())];
        if most < total {
            let text = count(Plural::ShowAllFailed, total as u64);
            list.push(button(&text, move || all.set(true)));
        }
        list
    };
    el("div").live(list)
}

fn failed_row(app: App, session: &DispatchSession) -> El {
    let event = session.outcome;
    let time = session.events.iter().find(|s| s.event == event).map_or(session.end, |s| s.time);
    let via = if session.via.is_empty() { t(Key::ViaUnknown) } else { &session.via };
    let part = |class: &str| el("span").class(class);
    let go = button("", move || actions::select(app, event, None, true))
        .class("failed-session")
        .child(part("time").live_text(move || app.time_style().label(time, 3)))
        .child(part("name").text(verdict_text("verdict", session.verdict)))
        .child(part("via").text(via));
    entry(app, event).child(go)
}
