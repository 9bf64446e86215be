//! The schema files that are loaded.

use super::dom::{El, el, sign_button};
use crate::protocol::LoadedSchema;
use crate::state::app::App;
use crate::state::format::count;
use crate::state::i18n::{Key, Plural, fill, locale_name, look_up, t};
use crate::state::{messages, schemas as action};

/// Providers named of one file; a library of Windows describes few.
const MAX_NAMED: usize = 3;

/// The list, while there is something in it.
pub fn schemas(app: App) -> Vec<El> {
    let files = app.schemas.get();
    if files.is_empty() {
        return Vec::new();
    }
    let items = files.into_iter().map(|file| item(app, file)).collect();
    let panel = el("section")
        .class("schemas")
        .test("schemas")
        .attr("aria-labelledby", "schemas-title")
        .child(el("h2").id("schemas-title").text(t(Key::Schemas)))
        .child(el("p").class("source").text(t(Key::SchemasKept)))
        .child(el("ul").class("issues").children(items));
    vec![panel]
}

fn item(app: App, file: LoadedSchema) -> El {
    let info = &file.info;
    let mut facts = vec![look_up("schema-kind", &info.kind).unwrap_or(&info.kind).to_owned()];
    facts.push(count(Plural::EventsDescribed, info.events));
    facts.extend(info.providers.iter().take(MAX_NAMED).cloned());
    if info.providers.len() > MAX_NAMED {
        facts.push(count(Plural::MoreProviders, (info.providers.len() - MAX_NAMED) as u64));
    }
    facts.extend(info.languages.iter().map(|tag| locale_name(tag).to_owned()));
    let problems = info.issues.iter().map(|issue| {
        let detail = el("span").attr("lang", "en").text(&issue.message);
        el("p").class("problem").text(&messages::issue(issue)).text(" ").child(detail)
    });
    let problems = problems.collect();
    let label = fill(Key::RemoveSchema, &[&info.name]);
    let name = el("p").child(el("code").text(&info.name));
    let facts = el("p").class("source").text(&facts.join(" · "));
    let remove = sign_button("✕", &label, move || action::remove(app, &file));
    el("li")
        .class("schema")
        .child(el("div").child(name).child(facts).children(problems))
        .child(remove.class("plain").test("remove-schema"))
}
