//! Schema files of every kind: programs, message formats, packs, manifests.

use std::sync::Arc;

use etlens_parser::Guid;
use etlens_parser::record::{HeaderKind, Record};
use etlens_parser::schema::Schemas;
use etlens_parser::schema::loaded::Loaded;
use etlens_parser::schema::schema_file::SchemaFile;
use etlens_synth::{contoso, wpp};

use crate::schema::{decode, record};

/// Names under which the same bytes are loaded: a program and its texts are told by name.
const NAMES: [&str; 2] = ["contoso.dll", "contoso.dll.mui"];

/// `data`: a schema file. It never fails but by an error; whatever it describes decodes whatever
/// payload; and a pack of it says the same again.
pub fn schema_files(data: &[u8]) {
    let files = NAMES.iter().filter_map(|name| SchemaFile::read(name, data).ok());
    let files: Vec<Arc<SchemaFile>> = files.map(Arc::new).collect();
    for file in &files {
        let info = file.info();
        assert_eq!(info.name, file.name());
        for issue in info.issues {
            assert!(!issue.message.is_empty());
        }
    }
    let mut schemas = Schemas::new();
    schemas.set_loaded(Arc::new(Loaded::link(files)));
    let payload: Vec<u8> = data.iter().rev().take(64).copied().collect();
    let pack = schemas.pack("x.etl", &|_| true);
    let json = pack.to_json();
    for provider in [contoso::PROVIDER, wpp::DISK].map(Guid) {
        for id in [10, 11, 16, 17] {
            for version in [0, 2, 3] {
                let event = record(HeaderKind::Event64, &[], &payload);
                decode(&schemas, &Record { provider, id, version, ..event });
            }
            let message = record(HeaderKind::Message, &[], &payload);
            decode(&schemas, &Record { provider, id, flags: 0x40, ..message });
        }
    }
    let again = SchemaFile::read("pack.json", json.as_bytes()).expect("our own pack");
    let mut elsewhere = Schemas::new();
    elsewhere.set_loaded(Arc::new(Loaded::link(vec![Arc::new(again)])));
    assert_eq!(elsewhere.pack("x.etl", &|_| true).event_count(), pack.event_count());
}
