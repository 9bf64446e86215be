//! The facets: the values of the header fields under the filter, each to include or exclude.

use std::cell::Cell;
use std::rc::Rc;

use etlens_parser::query::Choice;
use etlens_parser::view::FacetValue;
use leptos::prelude::untrack;
use web_sys::{Event, HtmlDetailsElement, MouseEvent};

use super::dom::{El, button, el, sign_button};
use super::keep_focus;
use crate::protocol::{Answer, Request};
use crate::state::app::App;
use crate::state::format::number;
use crate::state::i18n::{Key, fill, t};
use crate::state::reactive::{State, effect};
use crate::state::{actions, requests};

/// Fields with a section each.
const FIELDS: [(&str, Key); 7] = [
    ("provider", Key::ColumnProvider),
    ("event", Key::ColumnName),
    ("level", Key::ColumnLevel),
    ("pid", Key::ColumnPid),
    ("tid", Key::ColumnTid),
    ("activity", Key::ColumnActivity),
    ("keyword", Key::ColumnKeyword),
];

/// Values shown of a field until more are wished.
const FEW: usize = 8;
/// Values asked for.
const MOST: u32 = 500;

/// One section.
#[derive(Clone)]
struct Section {
    field: &'static str,
    title: Key,
    details: HtmlDetailsElement,
    values: State<Vec<FacetValue>>,
    /// Whether all values are shown.
    all: State<bool>,
}

/// The panel.
pub fn facets(app: App) -> El {
    let shown = move || app.settings.with(|settings| settings.facets);
    let panel = el("aside").class("facets").test("facets").label(t(Key::Facets));
    let close = sign_button("✕", t(Key::Close), move || app.set(|s| s.facets = false));
    let head = el("header").child(el("h2").text(t(Key::Facets))).child(close.class("plain"));
    let mut panel = panel.child(head).live_bare("hidden", move || !shown());
    let mut sections = Vec::new();
    for (index, (field, title)) in FIELDS.into_iter().enumerate() {
        let details = el("details").attr("data-facet", field);
        let details = if index < 3 { details.attr("open", "") } else { details };
        let (values, all) = (State::new(Vec::new()), State::new(false));
        let section = Section { field, title, details: details.cast(), values, all };
        let body = section.clone();
        panel = panel.child(
            details
                .child(el("summary").text(t(title)))
                .child(el("ul").live(move || body.view(app)))
                .on("toggle", move |_: &Event| refresh_soon(app)),
        );
        sections.push(section);
    }
    let sections: Rc<[Section]> = sections.into();
    ASK.set(Some(Rc::new(move || refresh(app, &sections))));
    effect(move || {
        app.rows.track();
        app.locale.track();
        if shown() {
            refresh_soon(app);
        }
    });
    panel
}

type Refresh = Rc<dyn Fn()>;

thread_local! {
    /// Asks for the values of the open sections.
    static ASK: Cell<Option<Refresh>> = const { Cell::new(None) };
    /// Whether they are being asked for, and whether they must be once more.
    static BUSY: Cell<(bool, bool)> = const { Cell::new((false, false)) };
}

/// Asks for values, after those that are on their way.
fn refresh_soon(app: App) {
    if !untrack(|| app.settings.with(|settings| settings.facets)) {
        return;
    }
    if BUSY.get().0 {
        BUSY.set((true, true));
        return;
    }
    BUSY.set((true, false));
    if let Some(ask) = ASK.take() {
        ASK.set(Some(Rc::clone(&ask)));
        ask();
    }
}

/// Asks for one section after the other, so that the worker answers others in between.
fn refresh(app: App, sections: &Rc<[Section]>) {
    ask_from(app, Rc::clone(sections), 0);
}

fn ask_from(app: App, sections: Rc<[Section]>, index: usize) {
    let Some((at, section)) =
        sections.iter().enumerate().skip(index).find(|(_, section)| section.details.open())
    else {
        let (_, again) = BUSY.replace((false, false));
        if again {
            refresh_soon(app);
        }
        return;
    };
    let values = section.values;
    let request = Request::Facet { field: section.field.to_owned(), limit: MOST };
    requests::ask(request, move |answer, _| {
        if let Answer::Facet(new) = answer {
            values.set_if_new(new);
        }
        ask_from(app, sections, at + 1);
    });
}

impl Section {
    fn view(&self, app: App) -> Vec<El> {
        let all = self.all.get();
        let values = self.values.get();
        let few = if all { values.len() } else { FEW };
        // Those chosen are always shown.
        let shown = values.iter().enumerate();
        let shown = shown.filter(|(place, value)| *place < few || value.chosen.is_some());
        let mut items: Vec<El> = shown.map(|(_, value)| self.value(app, value)).collect();
        keep_focus("data-term");
        if values.len() > items.len() {
            let state = self.all;
            let text = fill(Key::FacetMore, &[&number((values.len() - items.len()) as u64)]);
            items.push(el("li").child(button(&text, move || state.set(true)).class("link")));
        }
        items
    }

    fn value(&self, app: App, value: &FacetValue) -> El {
        let FacetValue { label, filter, events, chosen } = value;
        let line = el("li").attr("data-value", label).attr("data-term", filter);
        let count = el("span").class("count").text(&number(*events));
        let name = el("span").class("value").text(label);
        if filter.is_empty() {
            return line.child(name).child(count);
        }
        let names = [t(self.title), label.as_str()];
        let (term, other) = (filter.clone(), filter.clone());
        let pressed = |holds: bool| if holds { "true" } else { "false" };
        let include = el("button")
            .class("link")
            .attr("title", &fill(Key::Include, &names))
            .attr("aria-pressed", pressed(*chosen == Some(true)))
            .child(name)
            .child(count)
            .on("click", move |event: &MouseEvent| {
                let choice = if event.shift_key() { Choice::Not } else { Choice::Toggle };
                actions::choose(app, &term, choice);
            });
        let exclude = sign_button("−", &fill(Key::Exclude, &names), move || {
            actions::choose(app, &other, Choice::Not);
        });
        let exclude = exclude.attr("aria-pressed", pressed(*chosen == Some(false)));
        line.child(include.test("facet-include"))
            .child(exclude.class("plain").test("facet-exclude"))
    }
}
