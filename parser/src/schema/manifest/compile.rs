//! From the elements of a manifest to schemas of events.

use std::sync::Arc;

use super::{Data, EventDefinition, Map, Named, Provider, Strings, number};
use crate::limits::MAX_SCHEMA_TEXT_BYTES;
use crate::schema::event_schema::{EventSchema, Text, plain};
use crate::schema::layout::{
    Count, InType, Kind, Layout, LayoutField, Length, Maps, OutType, ValueMap,
};

impl Provider {
    /// The schemas of its events: id, version, schema. Its maps go into `maps`.
    #[must_use]
    pub fn schemas(&self, maps: &mut Maps) -> Vec<(u16, u8, EventSchema)> {
        let mut text_bytes = 0_usize;
        for map in &self.maps {
            let mut entries = Vec::new();
            for (value, message) in &map.entries {
                let text = text(message, &self.strings);
                text_bytes = text_bytes.saturating_add(text.bytes());
                if text_bytes > MAX_SCHEMA_TEXT_BYTES {
                    break;
                }
                entries.push((*value, text));
            }
            maps.set(self.guid, &map.name, ValueMap::localized(map.is_bitmap, &entries));
        }
        // Events share the layout of their template.
        let mut layouts: Map<&str, Arc<Layout>> = Map::default();
        for (name, fields) in self.templates.iter() {
            layouts.insert(name, Arc::new(self.layout(fields, maps)));
        }
        let mut schemas = Vec::new();
        for event in &self.events {
            let schema = self.schema(event, layouts.get(event.template.as_str()));
            text_bytes = text_bytes.saturating_add(schema.text_bytes());
            if text_bytes > MAX_SCHEMA_TEXT_BYTES {
                break;
            }
            schemas.push((event.id, event.version, schema));
        }
        schemas
    }

    fn schema(&self, event: &EventDefinition, layout: Option<&Arc<Layout>>) -> EventSchema {
        let shown = |named: Option<&Named>, name: &str| match named {
            Some(named) => named.shown.clone(),
            None => plain(name).into_owned(),
        };
        let opcode = self
            .opcodes
            .get(&(event.task.clone(), event.opcode.clone()))
            .or_else(|| self.opcodes.get(&(String::new(), event.opcode.clone())));
        let keywords = event.keywords.split_ascii_whitespace().map(|name| {
            let named = self.keywords.get(name);
            (named.map_or(0, |named| named.value), shown(named, name))
        });
        EventSchema {
            layout: layout.cloned().unwrap_or_default(),
            provider: self.name.clone(),
            event: event.symbol.clone(),
            task: shown(self.tasks.get(&event.task), &event.task),
            opcode: plain(&shown(opcode, &event.opcode)).into_owned(),
            channel: shown(self.channels.get(&event.channel), &event.channel),
            keywords: keywords.filter(|(_, name)| !name.is_empty()).collect(),
            message: if event.message.is_empty() {
                Text::None
            } else {
                text(&event.message, &self.strings)
            },
        }
    }

    fn layout(&self, fields: &[Data], maps: &mut Maps) -> Layout {
        let mut compile = Compile { provider: self, maps, slots: 0 };
        let fields = compile.fields(fields, &mut Vec::new());
        Layout { fields, slots: compile.slots }
    }
}

struct Compile<'a> {
    provider: &'a Provider,
    maps: &'a mut Maps,
    slots: u16,
}

impl Compile<'_> {
    /// `outer` are the fields already made of the structures around these.
    fn fields(&mut self, data: &[Data], outer: &mut Vec<Vec<LayoutField>>) -> Vec<LayoutField> {
        outer.push(Vec::new());
        for data in data {
            let field = self.field(data, outer);
            if let Some(fields) = outer.last_mut() {
                fields.push(field);
            }
        }
        outer.pop().unwrap_or_default()
    }

    fn field(&mut self, data: &Data, outer: &mut Vec<Vec<LayoutField>>) -> LayoutField {
        let in_type = InType::from_name(&data.in_type).unwrap_or(InType::Null);
        let out_type = OutType::from_name(&data.out_type);
        let mut field = LayoutField::scalar(data.name.clone().into(), in_type, out_type);
        if let Some(members) = &data.members {
            field.kind = Kind::Struct(self.fields(members, outer));
        } else if !data.map.is_empty() {
            field.map = Some(self.maps.id(self.provider.guid, &data.map));
        }
        field.length = match data.length.as_str() {
            "" => Length::Implied,
            text => match number(text) {
                Some(n) => Length::Fixed(u16::try_from(n).unwrap_or(u16::MAX)),
                None => self.slot(text, outer).map_or(Length::Fixed(0), Length::Slot),
            },
        };
        field.count = match data.count.as_str() {
            "" => Count::One,
            text => match number(text) {
                Some(n) => Count::Fixed(u16::try_from(n).unwrap_or(u16::MAX)),
                None => self.slot(text, outer).map_or(Count::Fixed(0), Count::Slot),
            },
        };
        field
    }

    /// The slot of an earlier field, in the innermost structure that has one of the name.
    fn slot(&mut self, name: &str, outer: &mut [Vec<LayoutField>]) -> Option<u16> {
        let field = outer
            .iter_mut()
            .rev()
            .find_map(|fields| fields.iter_mut().rev().find(|f| f.name == name))?;
        if field.keep.is_none() {
            field.keep = Some(self.slots);
            self.slots = self.slots.checked_add(1)?;
        }
        field.keep
    }
}

/// A text: literal, or `$(string.ID)` of the string table.
fn text(reference: &str, strings: &Strings) -> Text {
    let id = reference.trim().strip_prefix("$(string.").and_then(|rest| rest.strip_suffix(')'));
    let Some(id) = id else {
        return Text::Plain(reference.to_owned());
    };
    strings.get(id).map_or(Text::None, |texts| Text::Localized(Arc::clone(texts)))
}
