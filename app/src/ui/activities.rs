//! The activities around the selected event: what transfers join with its own.

use std::sync::Arc;

use etlens_parser::view::{ActivityNode, ActivityTree};

use super::dom::{El, button, diamond, el};
use super::set_style;
use crate::protocol::{Answer, Request};
use crate::state::app::App;
use crate::state::format::{count, count_with, number};
use crate::state::i18n::{Key, Plural, fill, t};
use crate::state::reactive::{State, effect};
use crate::state::{actions, requests};

/// Indentation of a level of the tree, and the deepest that is still indented.
const INDENT_PX: u16 = 12;
const DEEPEST: u16 = 12;

type Shown = State<Option<Arc<ActivityTree>>>;

/// The panel; hidden while the selected event has no related activity.
pub fn panel(app: App) -> El {
    let shown: Shown = State::new(None);
    effect(move || {
        let details = app.details.get();
        let event = details.filter(|d| d.row.activity.is_some()).map(|details| details.row.event);
        let Some(event) = event else { return shown.set_if_new(None) };
        requests::ask(Request::ActivityTree { event }, move |answer, _| {
            let still = app.event.get_untracked() == Some(event);
            if let Answer::ActivityTree(tree) = answer
                && still
            {
                let tree = tree.filter(|tree| tree.activities > 1);
                shown.set_if_new(tree.map(|tree| Arc::new(*tree)));
            }
        });
    });
    el("section")
        .class("activities")
        .test("activities")
        .attr("aria-labelledby", "activities-title")
        .live_bare("hidden", move || shown.with(Option::is_none))
        .child(el("h2").id("activities-title").text(t(Key::ActivitiesTitle)))
        .live(move || shown.get().map(|tree| body(app, &tree)).unwrap_or_default())
}

fn body(app: App, tree: &ActivityTree) -> Vec<El> {
    let events = count(Plural::Events, tree.events);
    let text = count_with(Plural::ActivitiesSeen, tree.activities, &[&events]);
    let filter = tree.filter.clone();
    let all = button(t(Key::ActivitiesAll), move || actions::replace_filter(app, &filter));
    let list = tree.nodes.iter().fold(el("ul").class("tree"), |list, node| {
        list.child(entry(app, node, node.activity == tree.own))
    });
    let left_out = tree.activities.saturating_sub(tree.nodes.len() as u64);
    let rest = (left_out > 0)
        .then(|| el("p").class("source").text(&fill(Key::IssuesLeftOut, &[&number(left_out)])));
    let mut parts = vec![el("p").class("source").text(&text), all, list];
    parts.extend(rest);
    parts
}

fn entry(app: App, node: &ActivityNode, own: bool) -> El {
    let short: String = format!("{}", node.activity).chars().take(8).collect();
    let filter = node.filter.clone();
    let title = fill(Key::FilterToLane, &[&format!("{:#}", node.activity)]);
    let only = button(&short, move || actions::replace_filter(app, &filter))
        .class("link mono")
        .attr("title", &title)
        .label(&title);
    let label = if node.label.is_empty() { t(Key::ActivityUnseen) } else { &node.label };
    let name = match node.first {
        Some(first) => button(label, move || actions::select(app, first, None, true)).class("link"),
        None => el("span").class("source").text(label),
    };
    let marked = (node.marked > 0)
        .then(|| el("span").class("lane-marked").child(diamond()).text(&number(node.marked)));
    let errors = (node.errors > 0)
        .then(|| el("span").class("failed").text(&count(Plural::TipErrors, node.errors)));
    let item = el("li").child(only).child(name).maybe(marked).maybe(errors);
    let item = item.child(el("span").class("lane-count").text(&number(node.events)));
    let indent = node.depth.min(DEEPEST) * INDENT_PX;
    set_style(item.node(), "padding-inline-start", &format!("{indent}px"));
    let item = item.attr("data-depth", &node.depth.to_string());
    if own { item.attr("aria-current", "true") } else { item }
}
