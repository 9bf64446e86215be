//! Everything about the selected event.

use std::sync::Arc;

use etlens_parser::value::SchemaSource;
use etlens_parser::view::{Details, MessageSource, Property, PropertyGroup};
use leptos::prelude::*;
use web_sys::KeyboardEvent;

use super::{dispatch, focus, hex};
use crate::state::actions;
use crate::state::app::App;
use crate::state::format::{bytes, number};
use crate::state::i18n::{Key, fill, locale_name, look_up, t};

/// The panel, once an event is selected.
pub fn details(app: App) -> AnyView {
    let shown = move || app.details.get().map(|details| panel(app, details));
    view! { {shown} }.into_any()
}

fn panel(app: App, details: Arc<Details>) -> AnyView {
    let row = &details.row;
    let leave = move |event: KeyboardEvent| {
        if event.key() == "Escape" {
            event.prevent_default();
            focus("event-table");
        }
    };
    let time = row.time;
    let title = fill(Key::EventTitle, &[&row.id.to_string(), &row.name]);
    let mark = row.marked.then(|| {
        view! {
            <p class="why-marked"><i class="diamond" aria-hidden="true"></i>{t(Key::WhyMarked)}</p>
        }
    });
    let dispatch = details.dispatch.as_ref().map(|session| dispatch::card(app, session));
    let problem = (!details.problem.is_empty()).then(|| {
        view! { <p class="problem">{t(Key::Undecoded)} " " <span lang="en">{details.problem.clone()}</span></p> }
    });
    let json = StoredValue::new(details.json.clone());
    let message = StoredValue::new(details.message.text.clone());
    let groups: Vec<AnyView> = [
        (PropertyGroup::System, Key::GroupSystem),
        (PropertyGroup::EventData, Key::GroupEventData),
        (PropertyGroup::Extended, Key::GroupExtended),
        (PropertyGroup::Record, Key::GroupRecord),
    ]
    .into_iter()
    .map(|(group, title)| properties(app, &details, group, t(title)))
    .collect();
    let locale = details.message.locale.clone();
    let lang = (!locale.is_empty()).then(|| locale.clone());
    view! {
        <section class="details" data-testid="details" aria-labelledby="details-title" on:keydown=leave>
            <header class:marked-head=row.marked>
                <h2 id="details-title" tabindex="-1">{title}</h2>
                <p class="when">{move || app.time_style().full(time)}</p>
                {mark}
            </header>
            <blockquote class="text" data-testid="detail-message" lang=lang>
                {details.message.text.clone()}
            </blockquote>
            <p class="source" data-testid="detail-message-source">
                {source_text(details.message.source, &locale)}
            </p>
            <p class="copies">
                <button on:click=move |_| message.with_value(|text| actions::copy(app, text))>
                    {t(Key::CopyMessage)}
                </button>
                <button on:click=move |_| json.with_value(|text| actions::copy(app, text))>
                    {t(Key::CopyJson)}
                </button>
            </p>
            {dispatch}
            <p class="source">{schema_text(details.schema)}</p>
            {problem}
            {groups}
            {stack(&details)}
            {raw(&details)}
        </section>
    }
    .into_any()
}

/// Where the message came from, and in which language.
fn source_text(source: MessageSource, locale: &str) -> String {
    let name = locale_name(locale);
    let key = match source {
        MessageSource::File if locale.is_empty() => return t(Key::SourceFile).to_owned(),
        MessageSource::File => Key::SourceFileIn,
        MessageSource::Loaded => Key::SourceLoaded,
        MessageSource::Catalog => Key::SourceCatalog,
        MessageSource::CatalogEnglish => return t(Key::SourceCatalogEnglish).to_owned(),
        MessageSource::Fields => return t(Key::SourceFields).to_owned(),
    };
    fill(key, &[name])
}

fn schema_text(source: SchemaSource) -> &'static str {
    match source {
        SchemaSource::None => t(Key::SchemaNone),
        SchemaSource::TraceLogging => t(Key::SchemaTraceLogging),
        SchemaSource::EventSource => t(Key::SchemaEventSource),
        SchemaSource::TraceEventInfo => t(Key::SchemaTraceEventInfo),
        SchemaSource::Loaded => t(Key::SchemaLoaded),
        SchemaSource::Catalog => t(Key::SchemaCatalog),
        SchemaSource::Classic => t(Key::SchemaClassic),
        SchemaSource::Export => t(Key::SchemaExport),
        SchemaSource::StringOnly => t(Key::SchemaStringOnly),
    }
}

fn properties(app: App, details: &Details, group: PropertyGroup, title: &'static str) -> AnyView {
    let rows: Vec<AnyView> = details
        .properties
        .iter()
        .filter(|property| property.group == group)
        .map(|property| property_row(app, property))
        .collect();
    if rows.is_empty() {
        return ().into_any();
    }
    view! {
        <details class="group" open>
            <summary><h3>{title}</h3></summary>
            <dl>{rows}</dl>
        </details>
    }
    .into_any()
}

fn property_row(app: App, property: &Property) -> AnyView {
    let Property { name, type_name, text, hex, filter, depth, .. } = property.clone();
    // `EventData.AppDomain` stands under "Payload", so its own name says enough there.
    let short = name.strip_prefix("EventData.").unwrap_or(&name).to_owned();
    let label = look_up("field", &name).filter(|label| *label != short).map(|label| {
        view! { <span class="label">{label}</span> }
    });
    let hex = (!hex.is_empty() && hex != text).then(|| view! { <span class="hex">{hex}</span> });
    let copied = StoredValue::new(text.clone());
    let terms = (!filter.is_empty()).then(|| {
        let term = StoredValue::new(filter);
        let include = fill(Key::Include, &[&short, &text]);
        let exclude = fill(Key::Exclude, &[&short, &text]);
        view! {
            <button class="plain" title=include.clone() aria-label=include data-testid="include"
                on:click=move |_| term.with_value(|term| actions::add_term(app, term, false))>"+"</button>
            <button class="plain" title=exclude.clone() aria-label=exclude data-testid="exclude"
                on:click=move |_| term.with_value(|term| actions::add_term(app, term, true))>"−"</button>
        }
    });
    let copy_label = fill(Key::CopyValue, &[&short]);
    let indent = ["", "deep1", "deep2", "deep3"][usize::from(depth.min(3))];
    view! {
        <div class=format!("property {indent}") data-field=name>
            <dt>{label}<code>{short}</code></dt>
            <dd>
                <span class="value">{text}</span>{hex}
                <span class="type">{type_name}</span>
            </dd>
            <dd class="acts">
                {terms}
                <button class="plain" title=copy_label.clone() aria-label=copy_label
                    on:click=move |_| copied.with_value(|text| actions::copy(app, text))>"⧉"</button>
            </dd>
        </div>
    }
    .into_any()
}

fn stack(details: &Details) -> AnyView {
    if details.stack.is_empty() {
        return ().into_any();
    }
    let frames: Vec<_> = details
        .stack
        .iter()
        .map(|address| view! { <li>{format!("{address:#018x}")}</li> })
        .collect();
    view! {
        <details class="group">
            <summary><h3>{t(Key::Stack)}</h3></summary>
            <ol class="stack">{frames}</ol>
        </details>
    }
    .into_any()
}

fn raw(details: &Details) -> AnyView {
    if details.raw.is_empty() {
        return ().into_any();
    }
    let title = fill(Key::RawBytes, &[&bytes(details.raw_bytes)]);
    let cut = (details.raw_bytes > details.raw.len() as u64).then(|| {
        view! { <p class="source">{fill(Key::RawCut, &[&number(details.raw.len() as u64)])}</p> }
    });
    // Where nothing else tells what the payload holds, its bytes are shown at once.
    let open = details.schema == SchemaSource::None || !details.problem.is_empty();
    view! {
        <details class="group" open=open>
            <summary><h3>{title}</h3></summary>
            {cut}
            <pre class="dump" tabindex="0" aria-label=t(Key::RawLabel)>{hex::dump(&details.raw)}</pre>
        </details>
    }
    .into_any()
}
