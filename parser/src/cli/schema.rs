//! `etlens schema`: which kinds of events a trace has, and what their payloads hold.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io::{self, Write};

use serde_json::{Value, json};

use super::args::Schema;
use super::input::load;
use super::schema_files::Schemas;
use super::{EXIT_DAMAGED, EXIT_FAILED, EXIT_FINE, say, tell_damage};
use crate::value::{Field, SchemaSource};

/// What is known of one kind of event.
struct Layout {
    provider: String,
    name: String,
    source: SchemaSource,
    fields: Vec<(String, String)>,
}

/// Runs the command.
pub(super) fn run(
    asked: &Schema,
    schemas: &Schemas,
    out: &mut dyn Write,
    err: &mut dyn Write,
) -> io::Result<u8> {
    let Schema { file, json, pack, .. } = asked;
    let name = file.display().to_string();
    let mut layouts = BTreeMap::new();
    let loaded = load(file, schemas).and_then(|input| {
        let trace = &input.trace;
        let mut missing = trace.keys().len();
        let mut seen_keys = vec![false; missing];
        trace.read_all(input.source.as_ref(), |event, seen| {
            let id = trace.key_id(event) as usize;
            if let (Some(known), Some(key)) = (seen_keys.get_mut(id), trace.key(event))
                && !std::mem::replace(known, true)
            {
                missing -= 1;
                let numbers = &key.event;
                let guid = numbers.provider.to_string();
                let place = (guid, numbers.id, numbers.version, numbers.opcode);
                let fields = seen.decoded.fields.iter();
                let fields =
                    fields.map(|Field { name, type_name, .. }| (name.clone(), type_name.clone()));
                layouts.entry(place).or_insert_with(|| Layout {
                    provider: key.names.provider.clone(),
                    name: key.names.event.clone(),
                    source: seen.decoded.source,
                    fields: fields.collect(),
                });
            }
            missing > 0
        })?;
        Ok(input)
    });
    let input = match loaded {
        Ok(input) => input,
        Err(error) => {
            say(err, format_args!("{name}: {error}"));
            return Ok(EXIT_FAILED);
        }
    };
    if let Some(path) = pack {
        let providers: BTreeSet<_> =
            input.trace.keys().iter().map(|key| key.event.provider).collect();
        let trace = &input.trace.info().file_name;
        let pack = input.trace.schemas().pack(trace, &|guid| providers.contains(&guid));
        if let Err(error) = fs::write(path, pack.to_json()) {
            say(err, format_args!("{}: {error}", path.display()));
            return Ok(EXIT_FAILED);
        }
        let damaged = tell_damage(&input.trace, &name, err) || schemas.damaged;
        return Ok(if damaged { EXIT_DAMAGED } else { EXIT_FINE });
    }
    let mut unknown = 0;
    for ((guid, id, version, opcode), layout) in &layouts {
        unknown += u64::from(layout.source == SchemaSource::None);
        if *json {
            let fields = layout.fields.iter();
            let fields: Vec<Value> =
                fields.map(|(name, of)| json!({"name": name, "type": of})).collect();
            let line = json!({
                "provider": guid,
                "provider_name": layout.provider,
                "id": id,
                "version": version,
                "opcode": opcode,
                "name": layout.name,
                "schema": format!("{:?}", layout.source),
                "fields": fields,
            });
            writeln!(out, "{line}")?;
            continue;
        }
        let fields = layout.fields.iter().map(|(name, of)| format!("{name} {of}"));
        let fields = fields.collect::<Vec<_>>().join(", ");
        writeln!(
            out,
            "{} {} (id {id} version {version} opcode {opcode}) {:?}: {fields}",
            layout.provider, layout.name, layout.source
        )?;
    }
    let damaged = tell_damage(&input.trace, &name, err) || schemas.damaged;
    if unknown > 0 {
        say(err, format_args!("{name}: {unknown} kinds of events have no known schema"));
    }
    Ok(if damaged || unknown > 0 { EXIT_DAMAGED } else { EXIT_FINE })
}
