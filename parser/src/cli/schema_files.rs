//! `--schema`: the files and folders that describe what a trace does not.

use std::fs::{self, File};
use std::io::{self, Read as _, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::say;
use crate::error::{Error, ErrorKind, Result};
use crate::limits::{DETECT_BYTES, MAX_SCHEMA_FILE_BYTES, MAX_SCHEMA_FILES};
use crate::schema::loaded::Loaded;
use crate::schema::schema_file::{SchemaFile, SchemaKind};

/// Folders in folders that are looked into: `.mui` files lie in one per language.
const MAX_FOLDERS_DEEP: usize = 4;

/// What `--schema` gave.
pub(super) struct Schemas {
    pub loaded: Arc<Loaded>,
    /// Whether something in them could not be used; it was said.
    pub damaged: bool,
}

/// Reads the files, and in folders those that describe events. `None` when one that was named
/// cannot be used; it was said.
pub(super) fn load(paths: &[PathBuf], err: &mut dyn Write) -> Option<Schemas> {
    let mut files = Vec::new();
    let mut damaged = false;
    for path in paths {
        let read = if path.is_dir() {
            let mut found = Vec::new();
            in_folder(path, 0, &mut found).map(|()| {
                for path in found {
                    match read(&path) {
                        Ok(file) => files.push(Arc::new(file)),
                        Err(error) => {
                            say(err, format_args!("{}: {error}", path.display()));
                            damaged = true;
                        }
                    }
                }
            })
        } else {
            read(path).map(|file| files.push(Arc::new(file)))
        };
        if let Err(error) = read {
            say(err, format_args!("{}: {error}", path.display()));
            return None;
        }
    }
    for file in &files {
        for issue in file.info().issues {
            let (name, message, offset) = (file.name(), &issue.message, issue.offset);
            say(err, format_args!("{name}: {message} (at offset {offset:#x})"));
            damaged = true;
        }
    }
    Some(Schemas { loaded: Arc::new(Loaded::link(files)), damaged })
}

fn unreadable(error: &io::Error) -> Error {
    Error::new(ErrorKind::Read, error.to_string())
}

fn read(path: &Path) -> Result<SchemaFile> {
    let file = File::open(path).map_err(|error| unreadable(&error))?;
    let mut bytes = Vec::new();
    let limit = MAX_SCHEMA_FILE_BYTES as u64 + 1;
    file.take(limit).read_to_end(&mut bytes).map_err(|error| unreadable(&error))?;
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    SchemaFile::read(&name, &bytes)
}

/// The schema files of a folder, by name, so that each run loads them in the same order.
fn in_folder(folder: &Path, depth: usize, found: &mut Vec<PathBuf>) -> Result<()> {
    let entries = fs::read_dir(folder).map_err(|error| unreadable(&error))?;
    let mut paths: Vec<PathBuf> = entries.flatten().map(|entry| entry.path()).collect();
    paths.sort_unstable();
    for path in paths {
        if found.len() >= MAX_SCHEMA_FILES {
            let message = format!("More than {MAX_SCHEMA_FILES} schema files");
            return Err(Error::new(ErrorKind::Limit, message));
        }
        if path.is_dir() {
            if depth < MAX_FOLDERS_DEEP {
                in_folder(&path, depth + 1, found)?;
            }
        } else if describes_events(&path) {
            found.push(path);
        }
    }
    Ok(())
}

fn describes_events(path: &Path) -> bool {
    let mut head = Vec::new();
    let read = File::open(path).and_then(|f| f.take(DETECT_BYTES as u64).read_to_end(&mut head));
    read.is_ok() && SchemaKind::detect(&head).is_some()
}
