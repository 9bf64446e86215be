//! The page without a trace: what it is for, and the ways in.

use leptos::prelude::*;

use super::keys::open_picker;
use crate::state::actions;
use crate::state::app::{App, Phase};
use crate::state::i18n::{Key, fill, t};

/// The start view.
pub fn start(app: App) -> AnyView {
    let waiting = move || {
        app.link.get().map(|link| {
            let text = fill(Key::LinkWaiting, &[&actions::wanted_file(&link)]);
            view! { <p class="start-link" data-testid="link-waiting">{text}</p> }
        })
    };
    let loading = move || app.phase.get() == Phase::Loading;
    view! {
        <section class="start" class:busy=loading>
            <svg class="start-mark" viewBox="0 0 64 64" aria-hidden="true">
                <path d="M4 46h8l6-24 8 34 8-46 8 40 6-14h12" />
                <path class="diamond" d="M34 2l7 8-7 8-7-8z" />
            </svg>
            <h1>{t(Key::StartTitle)}</h1>
            <p class="start-lead">{t(Key::StartLead)}</p>
            {waiting}
            <p class="start-ways">
                <button class="primary" on:click=move |_| open_picker()>{t(Key::ChooseFile)}</button>
                <button on:click=move |_| actions::open_sample(app)>{t(Key::TrySample)}</button>
            </p>
            <ul class="start-notes">
                <li>{t(Key::StartFormats)}</li>
                <li>{t(Key::StartPrivate)}</li>
                <li>{t(Key::StartMarked)}</li>
            </ul>
        </section>
    }
    .into_any()
}
