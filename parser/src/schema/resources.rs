//! Programs and libraries of Windows (`.exe`, `.dll`, `.sys`, and `.mui` with the texts of one
//! language): the compiled manifests and message tables among their resources.

mod language;
mod message_table;
mod pe;
#[cfg(test)]
mod tests;
pub(super) mod wevt;

use self::message_table::Messages;
use self::wevt::Provider;
use crate::error::{Error, ErrorKind, Issue, Result};

/// What a program says about events.
#[derive(Debug, Default)]
pub struct Resources {
    pub(super) providers: Vec<Provider>,
    /// Message tables with their languages; an empty tag is a neutral one.
    pub(super) tables: Vec<(String, Messages)>,
}

impl Resources {
    /// Reads a program. Damage is reported to `issues`; the rest is given.
    ///
    /// # Errors
    /// [`ErrorKind::BadSchema`] when this is no program, or one that says nothing about events.
    pub fn parse(file: &[u8], issues: &mut Vec<Issue>) -> Result<Self> {
        let mut parsed = Self::default();
        for resource in pe::resources(file, issues)? {
            match resource.kind {
                // Each language may hold it again: the same one.
                pe::Kind::WevtTemplate => {
                    let known = !parsed.providers.is_empty();
                    let mut providers = wevt::parse(resource.data, resource.offset, issues);
                    if known {
                        providers
                            .retain(|new| !parsed.providers.iter().any(|p| p.guid == new.guid));
                    }
                    parsed.providers.append(&mut providers);
                }
                pe::Kind::MessageTable => {
                    let messages = message_table::parse(resource.data, resource.offset, issues);
                    parsed.tables.push((language::tag(resource.language), messages));
                }
            }
        }
        if parsed.providers.is_empty() && parsed.tables.is_empty() {
            let what = "The program holds neither a manifest nor messages";
            return Err(Error::new(ErrorKind::BadSchema, what));
        }
        Ok(parsed)
    }

    /// How many events (and versions of events) are described.
    #[must_use]
    pub fn event_count(&self) -> u64 {
        self.providers.iter().map(Provider::event_count).sum()
    }

    /// Names, else GUIDs, of the providers.
    #[must_use]
    pub fn provider_names(&self) -> Vec<String> {
        let tables: Vec<(&str, &Messages)> =
            self.tables.iter().map(|(language, table)| (language.as_str(), table)).collect();
        let name = |provider: &Provider| match provider.name(&tables) {
            name if name.is_empty() => format!("{:#}", provider.guid),
            name => name,
        };
        self.providers.iter().map(name).collect()
    }

    /// The languages of its messages, sorted.
    #[must_use]
    pub fn languages(&self) -> Vec<String> {
        let mut tags: Vec<String> = self.tables.iter().map(|(tag, _)| tag.clone()).collect();
        crate::sort::plain(&mut tags);
        tags.dedup();
        tags.retain(|tag| !tag.is_empty());
        tags
    }
}
