//! What the trace lost, and what could not be read or decoded of it.

use std::sync::Arc;

use etlens_parser::view::TraceInfo;
use leptos::prelude::*;

use crate::state::app::App;
use crate::state::format::{bytes, number};
use crate::state::i18n::{Key, fill, t};
use crate::state::messages;

/// The panel.
pub fn lost(app: App) -> AnyView {
    let body = move || app.info.get().map(body);
    view! {
        <section class="lost" data-testid="lost" aria-labelledby="lost-title">
            <h2 id="lost-title">{t(Key::Lost)}</h2>
            {body}
        </section>
    }
    .into_any()
}

fn body(info: Arc<TraceInfo>) -> AnyView {
    let lost = &info.lost;
    let complete =
        lost.events == 0 && lost.buffers == 0 && lost.skipped_bytes == 0 && lost.issue_count == 0;
    let summary = complete.then(|| view! { <p>{t(Key::LostNothing)}</p> });
    let figures: Vec<_> = [
        (Key::LostEvents, number(lost.events), lost.events),
        (Key::LostBuffers, number(lost.buffers), lost.buffers),
        (Key::LostBytes, bytes(lost.skipped_bytes), lost.skipped_bytes),
        (Key::LostUndecoded, number(lost.undecoded), lost.undecoded),
    ]
    .into_iter()
    .map(|(key, text, value)| {
        view! { <div class="figure" class:some={value > 0}><dt>{t(key)}</dt><dd>{text}</dd></div> }
    })
    .collect();
    let issues: Vec<_> = lost
        .issues
        .iter()
        .map(|issue| {
            view! {
                <li>
                    <p>{messages::issue(issue)}</p>
                    <p class="detail" lang="en">{issue.message.clone()}</p>
                </li>
            }
        })
        .collect();
    let more = (lost.issue_count > issues.len() as u64).then(|| {
        let left = lost.issue_count - issues.len() as u64;
        view! { <p class="source">{fill(Key::IssuesLeftOut, &[&number(left)])}</p> }
    });
    let clock = (!info.clock.is_empty())
        .then(|| view! { <p class="source">{fill(Key::ClockIs, &[&info.clock])}</p> });
    view! {
        {summary}
        <dl class="figures">{figures}</dl>
        <ol class="issues">{issues}</ol>
        {more}
        {clock}
    }
    .into_any()
}
