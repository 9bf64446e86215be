//! The list of keys.

use leptos::html;
use leptos::prelude::*;

use crate::pwa;
use crate::state::app::App;
use crate::state::i18n::{Key, fill, t};

/// Keys and what they do, by where they work.
fn sections() -> [(Key, Vec<(&'static str, Key)>); 4] {
    [
        (
            Key::KeysEverywhere,
            vec![
                (".", Key::KeyNextMarked),
                (",", Key::KeyPrevMarked),
                ("e / E", Key::KeyErrors),
                ("/", Key::KeyFilter),
                ("t", Key::KeyTimeline),
                ("r", Key::KeyTable),
                ("d", Key::KeyDetails),
                ("o", Key::KeyOpen),
                ("Esc", Key::KeyCancel),
                ("?", Key::KeyHelp),
            ],
        ),
        (
            Key::KeysTimeline,
            vec![
                ("← →", Key::KeyPan),
                ("PgUp PgDn", Key::KeyPanFar),
                ("+ −  ↑ ↓", Key::KeyZoom),
                ("0", Key::KeyZoomAll),
                ("Home End", Key::KeyEnds),
                ("Shift ← →", Key::KeyStretch),
                ("[ ]", Key::KeyRange),
                ("z", Key::KeyZoomRange),
                ("Enter", Key::KeyFilterRange),
                ("Esc", Key::KeyClearRange),
            ],
        ),
        (
            Key::KeysTable,
            vec![
                ("↑ ↓", Key::KeyRow),
                ("PgUp PgDn", Key::KeyPage),
                ("Home End", Key::KeyFirstLast),
                ("Enter", Key::KeyDetails),
            ],
        ),
        (
            Key::MouseTitle,
            vec![
                ("⟳", Key::MouseWheel),
                ("⇧ ⟳", Key::MousePan),
                ("↔", Key::MouseDrag),
                ("⇧ ↔", Key::MouseShiftDrag),
                ("2×", Key::MouseDouble),
            ],
        ),
    ]
}

/// The dialog.
pub fn dialog(app: App) -> AnyView {
    let node = NodeRef::<html::Dialog>::new();
    Effect::new(move |_| {
        let Some(dialog) = node.get() else { return };
        if app.help.get() {
            if !dialog.open() {
                // The dialog is in the document and closed, so this does not fail.
                let _ = dialog.show_modal();
            }
        } else if dialog.open() {
            dialog.close();
        }
    });
    let sections: Vec<_> = sections()
        .into_iter()
        .map(|(title, keys)| {
            let keys: Vec<_> = keys
                .into_iter()
                .map(|(keys, what)| view! { <div><dt><kbd>{keys}</kbd></dt><dd>{t(what)}</dd></div> })
                .collect();
            view! { <section><h3>{t(title)}</h3><dl>{keys}</dl></section> }
        })
        .collect();
    let build = fill(Key::Build, &[&pwa::build().unwrap_or_default()]);
    view! {
        <dialog class="help" node_ref=node aria-labelledby="help-title"
            on:close=move |_| app.help.set(false)>
            <header>
                <h2 id="help-title">{t(Key::Keys)}</h2>
                <button class="plain" aria-label=t(Key::Close) title=t(Key::Close)
                    on:click=move |_| app.help.set(false)>"✕"</button>
            </header>
            <div class="columns">{sections}</div>
            <footer>
                <label>
                    <input type="checkbox"
                        prop:checked=move || app.settings.with(|settings| settings.single_keys)
                        on:change=move |event| app.set(|s| s.single_keys = event_target_checked(&event)) />
                    {t(Key::SingleKeys)}
                </label>
                <p class="source">{build}</p>
            </footer>
        </dialog>
    }
    .into_any()
}
