//! The filter bar: the text with completions and faults at their place, the range, the counts,
//! and the steps from one 4031 to the next.

use std::cell::Cell;
use std::rc::Rc;
use std::time::Duration;

use leptos::prelude::{TimeoutHandle, set_timeout_with_handle};
use web_sys::{Event, HtmlInputElement, KeyboardEvent};

use super::dom::{El, button, diamond, el, picture, sign_button};
use crate::protocol::{Answer, FilterFault, Request, StepTo};
use crate::state::app::App;
use crate::state::clock::duration;
use crate::state::format::{count, number};
use crate::state::i18n::{Key, Plural, fill, t};
use crate::state::reactive::{State, condition, effect};
use crate::state::{actions, messages, requests};

/// How long typing must rest before a filter is put in force.
const REST: Duration = Duration::from_millis(180);

thread_local! {
    static PENDING: Cell<Option<TimeoutHandle>> = const { Cell::new(None) };
}

/// Completions at the cursor.
#[derive(Clone, Debug, Default, PartialEq)]
struct Completions {
    /// First replaced byte.
    from: usize,
    /// One past the last, where the cursor was.
    to: usize,
    candidates: Vec<String>,
    /// The one the arrow keys are on.
    active: Option<usize>,
}

/// The bar, and below it what is wrong with the text in it.
pub fn bar(app: App) -> Vec<El> {
    let bar = el("div")
        .class("filterbar")
        .attr("role", "search")
        .label(t(Key::Filter))
        .child(input(app))
        .live(move || range_chip(app))
        .child(counts(app))
        .child(marked(app));
    vec![bar, fault(app), hints(app)]
}

fn apply(app: App) {
    if let Some(pending) = PENDING.take() {
        pending.clear();
    }
    let text = app.draft.get_untracked();
    if text != app.filter.get_untracked() || app.fault.with_untracked(Option::is_some) {
        actions::set_filter(app, text, app.range.get_untracked());
    }
}

fn apply_soon(app: App) {
    if let Some(pending) = PENDING.take() {
        pending.clear();
    }
    let handle = set_timeout_with_handle(
        move || {
            PENDING.set(None);
            apply(app);
        },
        REST,
    );
    PENDING.set(handle.ok());
}

/// The cursor of the input as a byte offset of its text; the browser counts UTF-16 units.
fn cursor(input: &HtmlInputElement, text: &str) -> usize {
    let units = input.selection_start().ok().flatten().unwrap_or(u32::MAX) as usize;
    let mut seen = 0;
    for (offset, c) in text.char_indices() {
        if seen >= units {
            return offset;
        }
        seen += c.len_utf16();
    }
    text.len()
}

/// What the input and its list share.
#[derive(Clone)]
struct Field {
    app: App,
    node: HtmlInputElement,
    completions: State<Completions>,
    /// Changes when an answer on its way is no longer wanted.
    asked: Rc<Cell<u32>>,
}

impl Field {
    fn close(&self) {
        self.ask_anew();
        self.completions.set_if_new(Completions::default());
    }

    fn ask_anew(&self) -> u32 {
        self.asked.set(self.asked.get().wrapping_add(1));
        self.asked.get()
    }

    /// Asks for completions of what is typed.
    fn complete(&self) {
        let text = self.node.value();
        let cursor = cursor(&self.node, &text);
        let request = Request::Complete { text, cursor: u32::try_from(cursor).unwrap_or(u32::MAX) };
        let (asked, completions, mine) =
            (Rc::clone(&self.asked), self.completions, self.ask_anew());
        requests::ask(request, move |answer, _| {
            if let Answer::Completions { from, candidates } = answer
                && asked.get() == mine
            {
                completions.set(Completions {
                    from: from as usize,
                    to: cursor,
                    candidates,
                    active: None,
                });
            }
        });
    }

    /// Takes a completion in.
    fn accept(&self, index: usize) {
        let Completions { from, to, candidates, .. } = self.completions.get_untracked();
        let text = self.app.draft.get_untracked();
        let (Some(head), Some(tail)) = (text.get(..from), text.get(to..)) else { return };
        let Some(candidate) = candidates.get(index) else { return };
        let units = head.encode_utf16().count() + candidate.encode_utf16().count();
        let new = format!("{head}{candidate}{tail}");
        self.close();
        self.node.set_value(&new);
        self.app.draft.set(new);
        let at = u32::try_from(units).unwrap_or(u32::MAX);
        // The place is within the text just set, and the field is there.
        super::drop_result(self.node.set_selection_range(at, at));
        super::drop_result(self.node.focus());
        apply_soon(self.app);
    }

    fn typed(&self) {
        self.app.draft.set(self.node.value());
        if self.node.value().is_empty() {
            self.close();
        } else {
            self.complete();
        }
        apply_soon(self.app);
    }

    /// Handles a key; says whether it was of use.
    fn key(&self, key: &str) -> bool {
        let list = self.completions.get_untracked();
        let (length, active) = (list.candidates.len(), list.active);
        let go = |index: usize| self.completions.update(|c| c.active = Some(index));
        match key {
            "ArrowDown" if length == 0 => self.complete(),
            "ArrowDown" => go(active.map_or(0, |i| (i + 1) % length)),
            "ArrowUp" if length > 0 => go(active.map_or(length - 1, |i| (i + length - 1) % length)),
            "Enter" | "Tab" if active.is_some() => self.accept(active.unwrap_or_default()),
            "Enter" => {
                self.close();
                apply(self.app);
            }
            "Escape" if length > 0 => self.close(),
            "Escape" if !self.app.draft.with_untracked(String::is_empty) => {
                self.app.draft.set(String::new());
                apply(self.app);
            }
            _ => return false,
        }
        true
    }

    /// The list's entries.
    fn options(&self) -> Vec<El> {
        let Completions { candidates, active, .. } = self.completions.get();
        let options = candidates.iter().enumerate().map(|(index, text)| {
            let field = self.clone();
            el("li")
                .attr("role", "option")
                .id(&format!("completion-{index}"))
                .attr("aria-selected", if active == Some(index) { "true" } else { "false" })
                .text(text)
                .on("pointerdown", move |event: &Event| {
                    // The focus stays in the input.
                    event.prevent_default();
                    field.accept(index);
                })
        });
        options.collect()
    }
}

fn input(app: App) -> El {
    let completions = State::new(Completions::default());
    let open = condition(move || completions.with(|c| !c.candidates.is_empty()));
    let input = el("input").attr("type", "text").id("filter").test("filter");
    let field = Field { app, node: input.cast(), completions, asked: Rc::default() };
    let (typed, keyed, left, listed) = (field.clone(), field.clone(), field.clone(), field.clone());
    effect(move || {
        let text = app.draft.get();
        // Setting the same text would move the cursor.
        if field.node.value() != text {
            field.node.set_value(&text);
        }
    });
    let fixed = [
        ("role", "combobox"),
        ("autocomplete", "off"),
        ("autocapitalize", "off"),
        ("spellcheck", "false"),
        ("aria-label", t(Key::Filter)),
        ("placeholder", t(Key::FilterHint)),
        ("aria-autocomplete", "list"),
        ("aria-controls", "completions"),
        ("aria-describedby", "filter-fault"),
    ];
    let input = fixed
        .into_iter()
        .fold(input, |input, (name, value)| input.attr(name, value))
        .live_flag("aria-expanded", move || open.get())
        .live_attr("aria-activedescendant", move || {
            completions.with(|c| c.active.map(|index| format!("completion-{index}")))
        })
        .live_flag("aria-invalid", move || app.fault.with(Option::is_some))
        .on("input", move |_: &Event| typed.typed())
        .on("blur", move |_: &Event| left.close())
        .on("keydown", move |event: &KeyboardEvent| {
            if !event.is_composing() && keyed.key(&event.key()) {
                event.prevent_default();
            }
        });
    let list = el("ul")
        .id("completions")
        .class("completions")
        .attr("role", "listbox")
        .label(t(Key::Completions))
        .live_bare("hidden", move || !open.get())
        .live(move || listed.options());
    let clear = sign_button("✕", t(Key::ClearFilter), move || actions::replace_filter(app, ""))
        .class("plain clear")
        .live_bare("hidden", move || app.draft.with(String::is_empty));
    let lens = picture(
        "lens",
        "0 0 16 16",
        &[("", "M7 2.5a4.5 4.5 0 1 0 0 9a4.5 4.5 0 1 0 0-9M10.5 10.5L14 14")],
    );
    el("div").class("combo").child(lens).child(input).child(list).child(clear)
}

/// The range that the table is cut to.
fn range_chip(app: App) -> Vec<El> {
    let Some(range) = app.range.get() else { return Vec::new() };
    let start = app.time_style().label(range.start, 3);
    let text = fill(Key::RangeChip, &[&start, &duration(range.duration())]);
    let lift = sign_button("✕", t(Key::LiftRange), move || actions::set_range(app, None));
    vec![el("span").class("chip").test("range").text(&text).child(lift.class("plain"))]
}

fn counts(app: App) -> El {
    let total = move || app.info.with(|info| info.as_ref().map_or(0, |info| info.events));
    el("span")
        .class("counts")
        .test("event-count")
        .live_attr("data-total", move || Some(total().to_string()))
        .live_attr("data-shown", move || Some(app.shown.get().to_string()))
        .live_text(move || {
            let (shown, total) = (app.shown.get(), total());
            let all = count(Plural::Events, total);
            if shown == total { all } else { fill(Key::ShownOf, &[&number(shown), &all]) }
        })
}

/// Steps from one 4031 to the next.
fn marked(app: App) -> El {
    let none = move || app.marked.get() == 0;
    let step = |sign, key, forward| {
        sign_button(sign, t(key), move || actions::step(app, forward, StepTo::Marked))
            .live_bare("disabled", none)
    };
    let count = el("span")
        .class("marked-count")
        .attr("title", t(Key::MarkedTitle))
        .child(diamond())
        .live_text(move || count(Plural::Marked, app.marked.get()));
    el("div")
        .class("marked")
        .attr("role", "group")
        .label(t(Key::MarkedGroup))
        .live_class("none", none)
        .child(step("‹", Key::PrevMarked, false).test("prev-marked"))
        .child(count)
        .child(step("›", Key::NextMarked, true).test("next-marked"))
}

/// What is wrong with the text, under its place.
fn fault(app: App) -> El {
    el("div")
        .id("filter-fault")
        .class("fault")
        .test("filter-error")
        .attr("aria-live", "polite")
        .live_bare("hidden", move || app.fault.with(Option::is_none))
        .live(move || app.fault.get().map(|fault| fault_view(app, &fault)).unwrap_or_default())
}

/// What may be misspelt in a filter that is in force.
fn hints(app: App) -> El {
    let one = move |hint: &FilterFault| {
        let line = el("p").text(&messages::fault(hint)).text(" ");
        let suggestion = (!hint.suggestion.is_empty()).then(|| suggestion(app, hint));
        line.maybe(suggestion)
    };
    el("div")
        .class("fault hints")
        .test("filter-hints")
        .attr("role", "status")
        .live_bare("hidden", move || app.hints.with(Vec::is_empty))
        .live(move || app.hints.with(|hints| hints.iter().map(one).collect()))
}

/// Puts the correction of a fault into the filter.
fn suggestion(app: App, fault: &FilterFault) -> El {
    let label = fill(Key::DidYouMean, &[&fault.suggestion]);
    let (start, end) = (fault.start as usize, fault.end as usize);
    let word = fault.suggestion.clone();
    button(&label, move || {
        let text = app.draft.get_untracked();
        let (head, tail) =
            (text.get(..start).unwrap_or_default(), text.get(end..).unwrap_or_default());
        actions::replace_filter(app, &format!("{head}{word}{tail}"));
    })
}

fn fault_view(app: App, fault: &FilterFault) -> Vec<El> {
    let text = app.draft.get_untracked();
    let start = (fault.start as usize).min(text.len());
    let end = (fault.end as usize).clamp(start, text.len());
    let part = |from: usize, to: usize| text.get(from..to).unwrap_or_default();
    let (before, bad, after) = (part(0, start), part(start, end), part(end, text.len()));
    // A fault at the end has no text of its own: the mark stands on a space.
    let mark = el("mark").text(if bad.is_empty() { "\u{a0}" } else { bad });
    let code = el("code").attr("aria-hidden", "true").text(before).child(mark).text(after);
    let mut parts = vec![code, el("p").text(&messages::fault(fault))];
    if !fault.suggestion.is_empty() {
        parts.push(suggestion(app, fault));
    }
    parts
}
