//! What the trace lost, and what could not be read or decoded of it.

use etlens_parser::view::{Loss, TraceInfo};

use super::dom::{El, button, el};
use crate::state::actions;
use crate::state::app::{App, Phase};
use crate::state::format::{bytes, number};
use crate::state::i18n::{Key, fill, look_up, substitute, t};
use crate::state::messages;

/// The panel.
pub fn lost(app: App) -> El {
    el("section")
        .class("lost")
        .test("lost")
        .attr("aria-labelledby", "lost-title")
        .child(el("h2").id("lost-title").text(t(Key::Lost)))
        .live(move || {
            let whole = app.phase.get() == Phase::Ready;
            app.info.get().map(|info| body(app, &info, whole)).unwrap_or_default()
        })
}

/// `whole` says whether all of the file has been looked at.
fn body(app: App, info: &TraceInfo, whole: bool) -> Vec<El> {
    let lost = &info.lost;
    let mut parts = Vec::new();
    let nothing = lost.events == 0
        && lost.buffers == 0
        && lost.skipped_bytes == 0
        && lost.issue_count == 0
        && info.losses.is_empty();
    if whole && nothing {
        parts.push(el("p").text(t(Key::LostNothing)));
    }
    let figures = [
        (Key::LostEvents, number(lost.events), lost.events),
        (Key::LostBuffers, number(lost.buffers), lost.buffers),
        (Key::LostBytes, bytes(lost.skipped_bytes), lost.skipped_bytes),
        (Key::LostUndecoded, number(lost.undecoded), lost.undecoded),
    ];
    parts.push(figures.into_iter().fold(el("dl").class("figures"), |list, (key, text, value)| {
        let class = if value > 0 { "figure some" } else { "figure" };
        let figure = el("div").class(class);
        list.child(figure.child(el("dt").text(t(key))).child(el("dd").text(&text)))
    }));
    if !info.losses.is_empty() {
        parts.push(el("h3").text(t(Key::Losses)));
        let list = el("ol").class("issues").test("losses");
        parts.push(info.losses.iter().fold(list, |list, loss| list.child(place(app, *loss))));
    }
    if !lost.issues.is_empty() {
        parts.push(lost.issues.iter().fold(el("ol").class("issues"), |list, issue| {
            let detail = el("p").class("detail").attr("lang", "en").text(&issue.message);
            list.child(el("li").child(el("p").text(&messages::issue(issue))).child(detail))
        }));
    }
    let left_out = lost.issue_count.saturating_sub(lost.issues.len() as u64);
    if left_out > 0 {
        let text = fill(Key::IssuesLeftOut, &[&number(left_out)]);
        parts.push(el("p").class("source").text(&text));
    }
    if !info.clock.is_empty() {
        let word = |word: &str| word.parse().map_or_else(|_| word.to_owned(), number);
        let clock: Vec<String> = info.clock.split(' ').map(word).collect();
        parts.push(el("p").class("source").text(&fill(Key::ClockIs, &[&clock.join(" ")])));
    }
    parts
}

/// A place where something is missing, with the way there.
fn place(app: App, loss: Loss) -> El {
    let cause = look_up("loss", loss.cause.code()).unwrap_or_default();
    let cause = substitute(cause, &[&number(loss.count)]);
    let range = loss.range;
    let span = move || {
        let style = app.time_style();
        let (start, end) = (style.full(range.start), style.full(range.end - 1));
        let cpu = loss.cpu.map(|cpu| format!(", {}", fill(Key::LossCpu, &[&cpu.to_string()])));
        format!("{}{}", fill(Key::LossSpan, &[&start, &end]), cpu.unwrap_or_default())
    };
    let go = button(t(Key::LossGo), move || actions::seek(app, range.start));
    let label = format!("{}: {cause}", t(Key::LossGo));
    el("li")
        .attr("data-cause", loss.cause.code())
        .child(el("p").text(&cause))
        .child(el("p").class("detail").live_text(span))
        .child(go.attr("aria-label", &label))
}
