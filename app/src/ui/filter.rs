//! The filter bar: the text with completions and faults at their place, the range, the counts,
//! and the steps from one 4031 to the next.

use std::cell::Cell;
use std::time::Duration;

use leptos::html;
use leptos::prelude::*;
use web_sys::{HtmlInputElement, KeyboardEvent};

use crate::protocol::{Answer, FilterFault, Request, StepTo};
use crate::state::app::App;
use crate::state::clock::duration;
use crate::state::format::{count, number};
use crate::state::i18n::{Key, Plural, fill, t};
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

/// The bar.
pub fn bar(app: App) -> AnyView {
    view! {
        <div class="filterbar" role="search" aria-label=t(Key::Filter)>
            {input(app)}
            {range_chip(app)}
            {counts(app)}
            {marked(app)}
        </div>
        {fault(app)}
    }
    .into_any()
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

fn complete(input: &HtmlInputElement, completions: RwSignal<Completions>) {
    let text = input.value();
    let cursor = cursor(input, &text);
    let request = Request::Complete { text, cursor: u32::try_from(cursor).unwrap_or(u32::MAX) };
    requests::ask(request, move |answer, _| {
        if let Answer::Completions { from, candidates } = answer {
            completions.set(Completions {
                from: from as usize,
                to: cursor,
                candidates,
                active: None,
            });
        }
    });
}

fn input(app: App) -> AnyView {
    let field = NodeRef::<html::Input>::new();
    let completions = RwSignal::new(Completions::default());
    let open = Memo::new(move |_| completions.with(|c| !c.candidates.is_empty()));
    let close = move || completions.set(Completions::default());

    let accept = move |index: usize| {
        let Completions { from, to, candidates, .. } = completions.get_untracked();
        let text = app.draft.get_untracked();
        let (Some(head), Some(tail)) = (text.get(..from), text.get(to..)) else { return };
        let Some(candidate) = candidates.get(index) else { return };
        let units = head.encode_utf16().count() + candidate.encode_utf16().count();
        let new = format!("{head}{candidate}{tail}");
        close();
        app.draft.set(new.clone());
        if let Some(field) = field.get_untracked() {
            field.set_value(&new);
            let at = u32::try_from(units).unwrap_or(u32::MAX);
            // The place is within the text just set, and the field is there.
            let _ = field.set_selection_range(at, at);
            let _ = field.focus();
        }
        apply_soon(app);
    };

    let typed = move |_| {
        let Some(field) = field.get_untracked() else { return };
        app.draft.set(field.value());
        if field.value().is_empty() {
            close();
        } else {
            complete(&field, completions);
        }
        apply_soon(app);
    };

    let key = move |event: KeyboardEvent| {
        if event.is_composing() {
            return;
        }
        let list = completions.get_untracked();
        let (length, active) = (list.candidates.len(), list.active);
        let go = |index: Option<usize>| completions.update(|c| c.active = index);
        match event.key().as_str() {
            "ArrowDown" if length == 0 => {
                if let Some(field) = field.get_untracked() {
                    complete(&field, completions);
                }
            }
            "ArrowDown" => go(Some(active.map_or(0, |i| (i + 1) % length))),
            "ArrowUp" if length > 0 => {
                go(Some(active.map_or(length - 1, |i| (i + length - 1) % length)));
            }
            "Enter" | "Tab" if active.is_some() => accept(active.unwrap_or_default()),
            "Enter" => {
                close();
                apply(app);
            }
            "Escape" if length > 0 => close(),
            "Escape" if !app.draft.get_untracked().is_empty() => {
                app.draft.set(String::new());
                apply(app);
            }
            _ => return,
        }
        event.prevent_default();
    };

    let options = move || {
        let list = completions.get();
        let active = list.active;
        let items: Vec<_> = list
            .candidates
            .into_iter()
            .enumerate()
            .map(|(index, text)| {
                view! {
                    <li role="option" id=format!("completion-{index}")
                        aria-selected=if active == Some(index) { "true" } else { "false" }
                        on:pointerdown=move |event| {
                            event.prevent_default();
                            accept(index);
                        }>{text}</li>
                }
            })
            .collect();
        items
    };
    view! {
        <div class="combo">
            <svg class="lens" viewBox="0 0 16 16" aria-hidden="true">
                <circle cx="7" cy="7" r="4.5" /><path d="M10.5 10.5L14 14" />
            </svg>
            <input type="text" id="filter" data-testid="filter" node_ref=field role="combobox"
                autocomplete="off" autocapitalize="off" spellcheck="false"
                aria-label=t(Key::Filter) placeholder=t(Key::FilterHint)
                aria-autocomplete="list" aria-controls="completions"
                aria-expanded=move || if open.get() { "true" } else { "false" }
                aria-activedescendant=move || {
                    completions.with(|c| c.active.map(|index| format!("completion-{index}")))
                }
                aria-invalid=move || app.fault.with(|f| if f.is_some() { "true" } else { "false" })
                aria-describedby="filter-fault"
                prop:value=move || app.draft.get()
                on:input=typed on:keydown=key on:blur=move |_| close() />
            <ul id="completions" class="completions" role="listbox" aria-label=t(Key::Completions)
                hidden=move || !open.get()>{options}</ul>
            <button class="plain clear" hidden=move || app.draft.with(String::is_empty)
                aria-label=t(Key::ClearFilter) title=t(Key::ClearFilter)
                on:click=move |_| actions::replace_filter(app, "")>"✕"</button>
        </div>
    }
    .into_any()
}

/// The range that the table is cut to.
fn range_chip(app: App) -> AnyView {
    let chip = move || {
        app.range.get().map(|range| {
            let style = app.time_style();
            let text =
                fill(Key::RangeChip, &[&style.label(range.start, 3), &duration(range.duration())]);
            view! {
                <span class="chip" data-testid="range">
                    {text}
                    <button class="plain" aria-label=t(Key::LiftRange) title=t(Key::LiftRange)
                        on:click=move |_| actions::set_range(app, None)>"✕"</button>
                </span>
            }
        })
    };
    view! { {chip} }.into_any()
}

fn counts(app: App) -> AnyView {
    let total = move || app.info.with(|info| info.as_ref().map_or(0, |info| info.events));
    let text = move || {
        let (shown, total) = (app.shown.get(), total());
        if shown == total {
            count(Plural::Events, total)
        } else {
            fill(Key::ShownOf, &[&number(shown), &count(Plural::Events, total)])
        }
    };
    view! {
        <span class="counts" data-testid="event-count" data-total=move || total().to_string()
            data-shown=move || app.shown.get().to_string()>{text}</span>
    }
    .into_any()
}

/// Steps from one 4031 to the next.
fn marked(app: App) -> AnyView {
    let none = move || app.marked.get() == 0;
    view! {
        <div class="marked" role="group" aria-label=t(Key::MarkedGroup) class:none=none>
            <button data-testid="prev-marked" disabled=none title=t(Key::PrevMarked)
                aria-label=t(Key::PrevMarked)
                on:click=move |_| actions::step(app, false, StepTo::Marked)>"‹"</button>
            <span class="marked-count" title=t(Key::MarkedTitle)>
                <i class="diamond" aria-hidden="true"></i>
                {move || count(Plural::Marked, app.marked.get())}
            </span>
            <button data-testid="next-marked" disabled=none title=t(Key::NextMarked)
                aria-label=t(Key::NextMarked)
                on:click=move |_| actions::step(app, true, StepTo::Marked)>"›"</button>
        </div>
    }
    .into_any()
}

/// What is wrong with the text, under its place.
fn fault(app: App) -> AnyView {
    let shown = move || app.fault.get().map(|fault| fault_view(app, fault));
    view! {
        <div id="filter-fault" class="fault" data-testid="filter-error" aria-live="polite"
            hidden=move || app.fault.with(Option::is_none)>{shown}</div>
    }
    .into_any()
}

fn fault_view(app: App, fault: FilterFault) -> AnyView {
    let text = app.draft.get_untracked();
    let start = (fault.start as usize).min(text.len());
    let end = (fault.end as usize).clamp(start, text.len());
    let part = |from: usize, to: usize| text.get(from..to).unwrap_or_default().to_owned();
    let (before, bad, after) = (part(0, start), part(start, end), part(end, text.len()));
    // A fault at the end has no text of its own: the mark stands on a space.
    let bad = if bad.is_empty() { "\u{a0}".to_owned() } else { bad };
    let suggestion = (!fault.suggestion.is_empty()).then(|| {
        let (new, label) =
            (format!("{before}{}{after}", fault.suggestion), fault.suggestion.clone());
        view! {
            <button on:click=move |_| actions::replace_filter(app, &new)>
                {fill(Key::DidYouMean, &[&label])}
            </button>
        }
    });
    view! {
        <code aria-hidden="true">{before}<mark>{bad}</mark>{after}</code>
        <p>{messages::fault(&fault)}</p>
        {suggestion}
    }
    .into_any()
}
