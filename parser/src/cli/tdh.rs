//! `--tdh`: what the providers installed on this Windows say of the events of a trace.

use std::path::Path;

use crate::schema::pack::Pack;

/// A schema pack of a trace, as Windows describes its events, and how many kinds of events it
/// knows nothing of. In words when it cannot be had.
#[cfg(windows)]
pub(super) fn pack(path: &Path) -> Result<(Pack, u64), String> {
    let found = etlens_tdh::describe(path).map_err(|error| error.to_string())?;
    let mut schemas = crate::schema::Schemas::new();
    for map in &found.maps {
        schemas.learn_map_info(map);
    }
    for info in &found.events {
        schemas.learn_event_info(info);
    }
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    Ok((schemas.pack(&name, &|_| true), found.unknown))
}

/// Windows alone can be asked.
#[cfg(not(windows))]
pub(super) fn pack(_: &Path) -> Result<(Pack, u64), String> {
    Err("--tdh asks Windows what it knows of the events, so it works on Windows only; a schema \
         pack made there decodes them here (--schema)"
        .to_owned())
}
