//! Files that describe events, as people have them, told by their content.

use crate::encoding::{Encoding, decode};
use crate::error::{Error, ErrorKind, Issue, Result};
use crate::limits::{DETECT_BYTES, MAX_ISSUES, MAX_SCHEMA_FILE_BYTES};
use crate::schema::manifest::{self, Manifest};
use crate::schema::pack::Pack;
use crate::schema::resources::Resources;
use crate::schema::tmf::Tmf;
use crate::view::SchemaFileInfo;

/// What a schema file is.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum SchemaKind {
    /// An instrumentation manifest (`.man`, XML).
    Manifest,
    /// A program or library with a compiled manifest or messages (`.dll`, `.exe`, `.mui`).
    Resources,
    /// A schema pack (JSON).
    Pack,
    /// Trace message formats of WPP (`.tmf`).
    Tmf,
}

impl SchemaKind {
    /// A stable name for locale files and messages.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::Manifest => "manifest",
            Self::Resources => "resources",
            Self::Pack => "pack",
            Self::Tmf => "tmf",
        }
    }

    /// The kind by the first `limits::DETECT_BYTES` of a file; `None` when it describes no
    /// events.
    #[must_use]
    pub fn detect(head: &[u8]) -> Option<Self> {
        if head.starts_with(b"MZ") {
            return Some(Self::Resources);
        }
        let text = decode(Encoding::detect(head), head);
        let text = String::from_utf8_lossy(&text);
        let text = text.trim_start_matches('\u{feff}').trim_start();
        if text.starts_with('<') && text.contains("instrumentationManifest") {
            return Some(Self::Manifest);
        }
        if text.starts_with('{') && text.contains("\"etlens_schema_pack\"") {
            return Some(Self::Pack);
        }
        if text.starts_with("// PDB:") || text.contains("\n#typev ") {
            return Some(Self::Tmf);
        }
        None
    }
}

/// What a schema file holds.
#[derive(Debug)]
pub(super) enum Content {
    Manifest(Manifest),
    Resources(Resources),
    Pack(Box<Pack>),
    Tmf(Tmf),
}

/// A schema file that was read.
#[derive(Debug)]
pub struct SchemaFile {
    name: String,
    pub(super) content: Content,
    issues: Vec<Issue>,
}

impl SchemaFile {
    /// Reads a file of a name, which is shown to people and tells which `.mui` belongs to which
    /// `.dll`. What is damaged in it is an issue of [`SchemaFile::info`]; the rest is used.
    ///
    /// # Errors
    /// [`ErrorKind::Unsupported`] when it is no schema file, [`ErrorKind::Limit`] when it is
    /// larger than `limits::MAX_SCHEMA_FILE_BYTES`; `BadText` or `BadSchema` when nothing of it
    /// can be used.
    pub fn read(name: &str, bytes: &[u8]) -> Result<Self> {
        if bytes.len() > MAX_SCHEMA_FILE_BYTES {
            return Err(Error::new(ErrorKind::Limit, "The file is too large for a schema file"));
        }
        let text = || {
            let text = decode(Encoding::detect(bytes), bytes);
            String::from_utf8_lossy(&text).into_owned()
        };
        let mut issues = Vec::new();
        let content = match SchemaKind::detect(bytes.get(..DETECT_BYTES).unwrap_or(bytes)) {
            Some(SchemaKind::Manifest) => Content::Manifest(manifest::parse(&text())?),
            Some(SchemaKind::Resources) => {
                Content::Resources(Resources::parse(bytes, &mut issues)?)
            }
            Some(SchemaKind::Pack) => Content::Pack(Box::new(Pack::parse(&text())?)),
            Some(SchemaKind::Tmf) => Content::Tmf(Tmf::parse(&text(), &mut issues)?),
            None => {
                let what = "This file does not describe events";
                return Err(Error::at(ErrorKind::Unsupported, 0, what));
            }
        };
        issues.truncate(MAX_ISSUES);
        Ok(Self { name: name.to_owned(), content, issues })
    }

    /// Its name.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// What it is.
    #[must_use]
    pub const fn kind(&self) -> SchemaKind {
        match &self.content {
            Content::Manifest(_) => SchemaKind::Manifest,
            Content::Resources(_) => SchemaKind::Resources,
            Content::Pack(_) => SchemaKind::Pack,
            Content::Tmf(_) => SchemaKind::Tmf,
        }
    }

    /// What it holds, for people.
    #[must_use]
    pub fn info(&self) -> SchemaFileInfo {
        let (providers, events, languages) = match &self.content {
            Content::Manifest(manifest) => (
                manifest.providers.iter().map(|provider| provider.name.clone()).collect(),
                manifest.providers.iter().map(manifest::Provider::event_count).sum(),
                manifest.languages(),
            ),
            Content::Resources(resources) => {
                (resources.provider_names(), resources.event_count(), resources.languages())
            }
            Content::Pack(pack) => (pack.provider_names(), pack.event_count(), pack.languages()),
            Content::Tmf(tmf) => (tmf.components(), tmf.messages.len() as u64, Vec::new()),
        };
        SchemaFileInfo {
            name: self.name.clone(),
            kind: self.kind().code().to_owned(),
            providers,
            events,
            languages,
            issues: self.issues.clone(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MAN: &str = "<?xml version='1.0' encoding='utf-16'?><instrumentationManifest>\
        <provider name='Kontoso-Grüße' guid='{11111111-2222-3333-4444-555555555555}'><events>\
        <event value='1' message='$(string.A)'/></events></provider>\
        <localization><resources culture='ko-KR'><stringTable><string id='A' value='안녕'/>\
        </stringTable></resources></localization></instrumentationManifest>";

    #[test]
    fn a_manifest_is_read_in_every_encoding_tools_save_it_in() {
        let utf16 = |order: fn(u16) -> [u8; 2], mark: bool| {
            let mark = mark.then_some(0xfeff);
            mark.into_iter().chain(MAN.encode_utf16()).flat_map(order).collect::<Vec<u8>>()
        };
        let with_mark = [b"\xef\xbb\xbf", MAN.as_bytes()].concat();
        for bytes in [
            MAN.as_bytes().to_vec(),
            with_mark,
            utf16(u16::to_le_bytes, true),
            utf16(u16::to_be_bytes, true),
            utf16(u16::to_le_bytes, false),
        ] {
            let info = SchemaFile::read("k.man", &bytes).expect("a manifest").info();
            assert_eq!(info.providers, ["Kontoso-Grüße"]);
            assert_eq!((info.events, info.languages), (1, vec!["ko-kr".to_owned()]));
        }
    }

    #[test]
    fn what_is_no_schema_file_is_said() {
        for bytes in [&b"{\"Event\":1}"[..], b"", b"<Events><Event/></Events>", b"\xff\xfe"] {
            let error = SchemaFile::read("x", bytes).expect_err("no schema");
            assert_eq!(error.kind(), ErrorKind::Unsupported);
        }
    }
}
