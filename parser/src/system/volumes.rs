//! Which drive letters stand for which paths of the object manager.

use super::Fields;
use crate::limits::MAX_VOLUMES;

#[derive(Clone, Debug, Default)]
pub(super) struct Volumes {
    /// Path of the object manager and path with a drive letter, both with a backslash at the end.
    mappings: Vec<(String, String)>,
}

impl Volumes {
    pub fn see(&mut self, fields: &Fields<'_>) {
        if let Some(folder) = fields.text("SystemWindowsDirectory") {
            self.add(r"\SystemRoot\", folder);
        }
        let Some(nt) = fields.text("NtPath") else { return };
        // `\??\` stands for nothing: what follows begins with a drive letter.
        match fields.text("DosPath") {
            Some(dos) => self.add(nt, dos),
            None if nt == r"\??\" => self.add(nt, ""),
            None => {}
        }
    }

    fn add(&mut self, nt: &str, dos: &str) {
        let with_end = |path: &str| match path {
            "" => String::new(),
            path if path.ends_with('\\') => path.to_owned(),
            path => format!("{path}\\"),
        };
        let mapping = (with_end(nt), with_end(dos));
        let is_known = self.mappings.iter().any(|(known, _)| *known == mapping.0);
        if self.mappings.len() < MAX_VOLUMES && !is_known && nt.starts_with('\\') {
            self.mappings.push(mapping);
        }
    }

    pub fn dos_path(&self, path: &str) -> Option<String> {
        if !path.starts_with('\\') {
            return None;
        }
        let begins = |nt: &str| path.get(..nt.len()).is_some_and(|s| s.eq_ignore_ascii_case(nt));
        let (nt, dos) =
            self.mappings.iter().filter(|(nt, _)| begins(nt)).max_by_key(|m| m.0.len())?;
        Some(format!("{dos}{}", path.get(nt.len()..)?))
    }
}
