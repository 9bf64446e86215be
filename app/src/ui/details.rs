//! Everything about the selected event.

use etlens_parser::query::Choice;
use etlens_parser::value::SchemaSource;
use etlens_parser::view::{Details, MessageSource, Property, PropertyGroup};
use web_sys::KeyboardEvent;

use super::dom::{El, button, diamond, el, picture, sign_button};
use super::{dispatch, focus, hex};
use crate::state::app::App;
use crate::state::format::{bytes, number};
use crate::state::i18n::{Key, fill, locale_name, look_up, t};
use crate::state::{actions, arrange, columns};

/// The panel, once an event is selected.
pub fn details(app: App) -> Vec<El> {
    app.details.get().map(|details| panel(app, &details)).into_iter().collect()
}

fn panel(app: App, details: &Details) -> El {
    let row = &details.row;
    let time = row.time;
    let title = fill(Key::EventTitle, &[&row.id.to_string(), &row.name]);
    let mark =
        row.marked.then(|| el("p").class("why-marked").child(diamond()).text(t(Key::WhyMarked)));
    let header = el("header")
        .class(if row.marked { "marked-head" } else { "" })
        .child(el("h2").id("details-title").attr("tabindex", "-1").text(&title))
        .child(el("p").class("when").live_text(move || app.time_style().full(time)))
        .maybe(mark);
    let message = &details.message;
    let text = el("blockquote").class("text").test("detail-message").text(&message.text);
    let text = if message.locale.is_empty() { text } else { text.attr("lang", &message.locale) };
    let source = el("p").class("source").test("detail-message-source").text(&source_text(details));
    let copies = el("p")
        .class("copies")
        .child(copy_button(app, Key::CopyMessage, &message.text))
        .child(copy_button(app, Key::CopyJson, &details.json));
    let problem = (!details.problem.is_empty()).then(|| {
        let what = el("span").attr("lang", "en").text(&details.problem);
        el("p").class("problem").text(t(Key::Undecoded)).text(" ").child(what)
    });
    let panel = el("section")
        .class("details")
        .test("details")
        .attr("aria-labelledby", "details-title")
        .on("keydown", |event: &KeyboardEvent| {
            if event.key() == "Escape" {
                event.prevent_default();
                focus("event-table");
            }
        })
        .child(header)
        .child(text)
        .child(source)
        .child(copies)
        .maybe(details.dispatch.as_ref().map(|session| dispatch::card(app, session)))
        .child(el("p").class("source").test("schema-source").text(&schema_text(details)))
        .maybe(problem);
    [
        (PropertyGroup::System, Key::GroupSystem),
        (PropertyGroup::Writer, Key::GroupWriter),
        (PropertyGroup::EventData, Key::GroupEventData),
        (PropertyGroup::Extended, Key::GroupExtended),
        (PropertyGroup::Record, Key::GroupRecord),
    ]
    .into_iter()
    .fold(panel, |panel, (of, title)| panel.maybe(properties(app, details, of, t(title))))
    .maybe(stack(details))
    .maybe(raw(details))
}

fn copy_button(app: App, label: Key, text: &str) -> El {
    let text = text.to_owned();
    button(t(label), move || actions::copy(app, &text))
}

/// Where the message came from, and in which language.
fn source_text(details: &Details) -> String {
    let locale = details.message.locale.as_str();
    let name = locale_name(locale);
    let key = match details.message.source {
        MessageSource::File if locale.is_empty() => return t(Key::SourceFile).to_owned(),
        MessageSource::File => Key::SourceFileIn,
        MessageSource::Loaded if locale.is_empty() => {
            return fill(Key::SourceLoaded, &[&details.schema_file]);
        }
        MessageSource::Loaded => return fill(Key::SourceLoadedIn, &[&details.schema_file, name]),
        MessageSource::Catalog => Key::SourceCatalog,
        MessageSource::CatalogEnglish => return t(Key::SourceCatalogEnglish).to_owned(),
        MessageSource::Fields => return t(Key::SourceFields).to_owned(),
    };
    fill(key, &[name])
}

fn schema_text(details: &Details) -> String {
    let text = match details.schema {
        SchemaSource::None => t(Key::SchemaNone),
        SchemaSource::TraceLogging => t(Key::SchemaTraceLogging),
        SchemaSource::EventSource => t(Key::SchemaEventSource),
        SchemaSource::TraceEventInfo => t(Key::SchemaTraceEventInfo),
        SchemaSource::Loaded => &fill(Key::SchemaLoaded, &[&details.schema_file]),
        SchemaSource::Catalog => t(Key::SchemaCatalog),
        SchemaSource::Classic => t(Key::SchemaClassic),
        SchemaSource::Export => t(Key::SchemaExport),
        SchemaSource::StringOnly => t(Key::SchemaStringOnly),
    };
    match details.schema_version {
        Some(version) => {
            format!("{text} {}", fill(Key::SchemaOtherVersion, &[&version.to_string()]))
        }
        None => text.to_owned(),
    }
}

/// A titled part that can be folded.
fn group(title: &str, open: bool, content: Vec<El>) -> El {
    let group = el("details").class("group");
    let group = if open { group.attr("open", "") } else { group };
    group.child(el("summary").child(el("h3").text(title))).children(content)
}

fn properties(app: App, details: &Details, of: PropertyGroup, title: &str) -> Option<El> {
    let properties = details.properties.iter().filter(|property| property.group == of);
    let rows: Vec<El> = properties.map(|property| property_row(app, property)).collect();
    (!rows.is_empty()).then(|| group(title, true, vec![el("dl").children(rows)]))
}

fn property_row(app: App, property: &Property) -> El {
    let Property { name, type_name, text, hex, filter, depth, .. } = property;
    // `EventData.AppDomain` stands under "Payload", so its own name says enough there.
    let short = ["EventData.", "Process."].iter().find_map(|group| name.strip_prefix(group));
    let short = short.unwrap_or(name);
    let label = look_up("field", name).filter(|label| *label != short);
    let label = label.map(|label| el("span").class("label").text(label));
    let hex = (!hex.is_empty() && hex != text).then(|| el("span").class("hex").text(hex));
    let mut acts = el("dd").class("acts");
    if !filter.is_empty() {
        let terms = [
            ("+", "include", Key::Include, Choice::Only),
            ("−", "exclude", Key::Exclude, Choice::Not),
        ];
        for (sign, name, key, choice) in terms {
            let term = filter.clone();
            let act = move || actions::choose(app, &term, choice);
            let button = sign_button(sign, &fill(key, &[short, text]), act);
            acts = acts.child(button.class("plain").test(name));
        }
    }
    let copied = text.clone();
    let copy = sign_button("", &fill(Key::CopyValue, &[short]), move || {
        actions::copy(app, &copied);
    });
    if let Some(column) = columns::of_property(name) {
        let (column, shown) = (column.to_owned(), column.to_owned());
        let toggle = move || arrange::toggle_column(app, &column);
        let label = fill(Key::ShowColumn, &[short]);
        let pressed = move || app.columns.with(|all| all.iter().any(|c| c.name == shown));
        let button = sign_button("⊞", &label, toggle).live_flag("aria-pressed", pressed);
        acts = acts.child(button.class("plain").test("as-column"));
    }
    let class = match depth {
        0 => "property",
        1 => "property deep1",
        2 => "property deep2",
        _ => "property deep3",
    };
    let value = el("dd")
        .child(el("span").class("value").text(text))
        .maybe(hex)
        .child(el("span").class("type").text(type_name));
    el("div")
        .class(class)
        .attr("data-field", name)
        .child(el("dt").maybe(label).child(el("code").text(short)))
        .child(value)
        .child(acts.child(copy.class("plain").child(copy_sign())))
}

/// Two sheets. No character for it is in every font.
fn copy_sign() -> El {
    let sheets = "M5.5 5.5h8v8h-8zM10.5 5.5v-3h-8v8h3";
    picture("icon", "0 0 16 16", &[("", sheets)])
}

fn stack(details: &Details) -> Option<El> {
    let frames = details.stack.iter().fold(el("ol").class("stack"), |list, frame| {
        let address = format!("{:#018x}", frame.address);
        let text = match frame.module.as_str() {
            "" => address,
            module => format!("{address}  {module}+{:#x}", frame.offset),
        };
        list.child(el("li").text(&text))
    });
    (!details.stack.is_empty()).then(|| group(t(Key::Stack), false, vec![frames]))
}

fn raw(details: &Details) -> Option<El> {
    if details.raw.is_empty() {
        return None;
    }
    let mut content = Vec::new();
    if details.raw_bytes > details.raw.len() as u64 {
        let text = fill(Key::RawCut, &[&number(details.raw.len() as u64)]);
        content.push(el("p").class("source").text(&text));
    }
    let dump = el("pre").class("dump").attr("tabindex", "0").label(t(Key::RawLabel));
    content.push(dump.text(&hex::dump(&details.raw)));
    // Where nothing else tells what the payload holds, its bytes are shown at once.
    let open = details.schema == SchemaSource::None || !details.problem.is_empty();
    Some(group(&fill(Key::RawBytes, &[&bytes(details.raw_bytes)]), open, content))
}
