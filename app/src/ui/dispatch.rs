//! Dispatch sessions: what became of one, and of all.

use std::sync::Arc;

use etlens_parser::view::{DispatchSession, DispatchVerdict, EventIndex, Insights};
use leptos::prelude::*;

use crate::state::actions;
use crate::state::app::App;
use crate::state::clock::{duration, relative};
use crate::state::format::{count, number};
use crate::state::i18n::{Key, Plural, fill, look_up, t};

/// Failed sessions listed at first; a button shows the rest.
const FIRST: usize = 12;

fn verdict_text(group: &str, verdict: DispatchVerdict) -> &'static str {
    look_up(group, verdict.code()).unwrap_or_else(|| verdict.code())
}

/// A button that goes to an event.
fn go(app: App, event: EventIndex, text: String) -> AnyView {
    view! {
        <button class="link" on:click=move |_| actions::select(app, event, None, true)>{text}</button>
    }
    .into_any()
}

/// The dispatch session of the selected event: verdict, what it means, its steps.
pub fn card(app: App, session: &DispatchSession) -> AnyView {
    let failed = session.verdict != DispatchVerdict::Succeeded;
    let start = session.start;
    let steps: Vec<_> = session
        .events
        .iter()
        .map(|step| {
            let event = step.event;
            let text = format!("{} {}", step.id, step.name);
            let outcome = event == session.outcome;
            view! {
                <li class:outcome=outcome
                    aria-current=move || (app.event.get() == Some(event)).then_some("true")>
                    <span class="offset">{relative(step.time.saturating_sub(start), 6)}</span>
                    {go(app, event, text)}
                </li>
            }
        })
        .collect();
    let via = (!session.via.is_empty()).then(|| view! { <p class="via">{session.via.clone()}</p> });
    let exception = (!session.exception.is_empty()).then(|| {
        view! { <pre class="exception" tabindex="0" aria-label=t(Key::Exception)>{session.exception.clone()}</pre> }
    });
    let took = duration(session.end.saturating_sub(session.start));
    view! {
        <section class="session" class:failed=failed aria-label=t(Key::Session)>
            <h3><i class="verdict" aria-hidden="true"></i>{verdict_text("verdict", session.verdict)}</h3>
            {via}
            <p>{verdict_text("why", session.verdict)}</p>
            <p class="remedy">{verdict_text("remedy", session.verdict)}</p>
            {exception}
            <p class="source">{fill(Key::SessionSpan, &[&number(session.events.len() as u64), &took])}</p>
            <ol class="steps">{steps}</ol>
        </section>
    }
    .into_any()
}

/// All dispatch sessions of the trace.
pub fn insights(app: App) -> AnyView {
    let body = move || app.insights.get().map(|insights| overview(app, insights));
    view! {
        <section class="insights" data-testid="insights" aria-labelledby="insights-title">
            <h2 id="insights-title">{t(Key::Sessions)}</h2>
            {body}
        </section>
    }
    .into_any()
}

fn overview(app: App, insights: Arc<Insights>) -> AnyView {
    let candidates = app.info.with_untracked(|info| {
        info.as_ref().map(|info| info.catalog_candidates.clone()).unwrap_or_default()
    });
    let offers: Vec<_> = candidates
        .into_iter()
        .chain(app.aliases.get_untracked())
        .map(|provider| {
            let on = !app.aliases.with_untracked(|aliases| aliases.contains(&provider));
            let (text, act) = if on {
                (Key::CatalogOffer, Key::CatalogOn)
            } else {
                (Key::CatalogInUse, Key::CatalogOff)
            };
            view! {
                <div class="offer">
                    <p>{fill(text, &[&format!("{provider:#}")])}</p>
                    <button data-testid="decode-with-catalog"
                        on:click=move |_| actions::decode_with_catalog(app, provider, on)>
                        {t(act)}
                    </button>
                </div>
            }
        })
        .collect();
    if insights.sessions == 0 && insights.failed.is_empty() {
        return view! { {offers}<p class="source">{t(Key::NoSessions)}</p> }.into_any();
    }
    let verdicts: Vec<_> = insights
        .verdicts
        .iter()
        .map(|(verdict, n)| {
            let failed = *verdict != DispatchVerdict::Succeeded;
            view! {
                <li class:failed=failed title=verdict_text("why", *verdict)>
                    <i class="verdict" aria-hidden="true"></i>
                    <span>{verdict_text("verdict", *verdict)}</span>
                    <b>{number(*n)}</b>
                </li>
            }
        })
        .collect();
    let below = insights
        .recorded_below_verbose
        .then(|| view! { <p class="hint">{t(Key::BelowVerbose)}</p> });
    let benign = (insights.benign_unregister > 0).then(|| {
        view! { <p class="source">{count(Plural::BenignUnregister, insights.benign_unregister)}</p> }
    });
    let sessions = count(Plural::SessionsSeen, insights.sessions);
    view! {
        {offers}
        <p>{sessions}</p>
        {below}
        <ul class="verdicts">{verdicts}</ul>
        {benign}
        {failed_list(app, insights)}
    }
    .into_any()
}

fn failed_list(app: App, insights: Arc<Insights>) -> AnyView {
    if insights.failed.is_empty() {
        return ().into_any();
    }
    let all = RwSignal::new(false);
    let total = insights.failed.len();
    let list = move || {
        let most = if all.get() { usize::MAX } else { FIRST };
        let items: Vec<AnyView> =
            insights.failed.iter().take(most).map(|session| failed_row(app, session)).collect();
        items
    };
    let more = move || {
        (!all.get() && total > FIRST).then(|| {
            view! {
                <button on:click=move |_| all.set(true)>
                    {count(Plural::ShowAllFailed, total as u64)}
                </button>
            }
        })
    };
    view! {
        <h3>{count(Plural::FailedSessions, total as u64)}</h3>
        <ol class="failed-list">{list}</ol>
        {more}
    }
    .into_any()
}

fn failed_row(app: App, session: &DispatchSession) -> AnyView {
    let event = session.outcome;
    let time = session.events.iter().find(|s| s.event == event).map_or(session.end, |s| s.time);
    let via =
        if session.via.is_empty() { t(Key::ViaUnknown).to_owned() } else { session.via.clone() };
    view! {
        <li aria-current=move || (app.event.get() == Some(event)).then_some("true")>
            <button class="failed-session" on:click=move |_| actions::select(app, event, None, true)>
                <span class="time">{move || app.time_style().label(time, 3)}</span>
                <span class="name">{verdict_text("verdict", session.verdict)}</span>
                <span class="via">{via}</span>
            </button>
        </li>
    }
    .into_any()
}
