//! The list of keys.

use wasm_bindgen::JsCast;
use web_sys::{Event, HtmlDialogElement, HtmlInputElement};

use super::dom::{El, el, sign_button};
use crate::pwa;
use crate::state::app::App;
use crate::state::i18n::{Key, fill, t};
use crate::state::reactive::effect;

/// Keys and what they do, by where they work.
fn sections() -> [(Key, Vec<(&'static str, Key)>); 5] {
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
                ("W S A D", Key::KeyWasd),
                ("0", Key::KeyZoomAll),
                ("⌫  ⇧ ⌫", Key::KeyZoomBack),
                ("g", Key::KeyGoto),
                ("Home End", Key::KeyEnds),
                ("Shift ← →", Key::KeyStretch),
                ("[ ]", Key::KeyRange),
                ("⇧ A  ⇧ B", Key::KeyCursors),
                ("z", Key::KeyZoomRange),
                ("Enter", Key::KeyFilterRange),
                ("Esc", Key::KeyClearRange),
                ("Alt ↑ ↓", Key::KeyLaneMove),
            ],
        ),
        (
            Key::KeysTable,
            vec![
                ("↑ ↓", Key::KeyRow),
                ("Shift ↑ ↓", Key::KeyPick),
                ("Ctrl C", Key::KeyCopy),
                ("PgUp PgDn", Key::KeyPage),
                ("Home End", Key::KeyFirstLast),
                ("Enter", Key::KeyDetails),
            ],
        ),
        (
            Key::KeysHeads,
            vec![
                ("← →", Key::KeyHead),
                ("Enter", Key::KeySort),
                ("Shift ← →", Key::KeyWidth),
                ("Ctrl ← →", Key::KeyMove),
                ("Del", Key::KeyRemove),
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
                ("Alt", Key::MouseAltClick),
                ("Alt ⟳", Key::MouseAltWheel),
            ],
        ),
    ]
}

/// The dialog.
pub fn dialog(app: App) -> El {
    let columns =
        sections().into_iter().fold(el("div").class("columns"), |columns, (title, keys)| {
            let list = keys.into_iter().fold(el("dl"), |list, (keys, what)| {
                let keys = el("dt").child(el("kbd").text(keys));
                list.child(el("div").child(keys).child(el("dd").text(t(what))))
            });
            columns.child(el("section").child(el("h3").text(t(title))).child(list))
        });
    let close = move || app.help.set(false);
    let header = el("header")
        .child(el("h2").id("help-title").text(t(Key::Keys)))
        .child(sign_button("✕", t(Key::Close), close).class("plain"));
    let check = el("input").attr("type", "checkbox").on("change", move |event: &Event| {
        let input = event.target().map(JsCast::unchecked_into::<HtmlInputElement>);
        app.set(|settings| settings.single_keys = input.is_some_and(|input| input.checked()));
    });
    let input: HtmlInputElement = check.cast();
    effect(move || input.set_checked(app.settings.with(|settings| settings.single_keys)));
    let build = fill(Key::Build, &[&pwa::build().unwrap_or_default()]);
    let footer = el("footer")
        .child(el("label").child(check).text(t(Key::SingleKeys)))
        .child(el("p").class("source").text(&build));
    let dialog = el("dialog")
        .class("help")
        .attr("aria-labelledby", "help-title")
        .on("close", move |_: &Event| close())
        .child(header)
        .child(columns)
        .child(footer);
    let node: HtmlDialogElement = dialog.cast();
    effect(move || match (app.help.get(), node.open()) {
        // The dialog is in the document and closed, so this does not fail.
        (true, false) => super::drop_result(node.show_modal()),
        (false, true) => node.close(),
        _ => {}
    });
    dialog
}
