//! Finds the corpus, reads its truth tables and opens its archives.
//!
//! The corpus lies beside the project and belongs to its publishers; nothing of it is copied. Tests
//! that need it say so and pass when it is absent, except where `CI=true`: there it must be.

pub mod collect;
pub mod tool;

use std::io::Read as _;
use std::path::PathBuf;

/// The folder of the corpus, if it is there.
///
/// # Panics
/// When it is absent and the environment says `CI=true`.
#[must_use]
pub fn corpus() -> Option<PathBuf> {
    let folder = PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../../../shared/corpus"));
    if folder.join("files.tsv").is_file() {
        return Some(folder);
    }
    assert!(std::env::var("CI").as_deref() != Ok("true"), "the corpus must be there in CI");
    println!("skipped: no corpus");
    None
}

/// One trace of the corpus.
#[derive(Clone, Debug)]
pub struct Trace {
    /// File name in `etl/`.
    pub file: String,
    /// Name inside the archive; empty for plain files.
    pub inner: String,
    /// Length of the trace itself.
    pub bytes: u64,
    /// Records in it.
    pub records: u64,
}

/// The traces that `files.tsv` lists; none without the corpus.
///
/// # Panics
/// When the table cannot be read.
#[must_use]
pub fn traces() -> Vec<Trace> {
    let Some(folder) = corpus() else { return Vec::new() };
    rows(&folder.join("files.tsv"))
        .into_iter()
        .map(|row| Trace {
            file: row[0].clone(),
            inner: row[1].clone(),
            bytes: row[2].parse().expect("a length"),
            records: row[4].parse().expect("a count"),
        })
        .collect()
}

/// Records of one kind in one trace, as at least two independent readers count them.
#[derive(Clone, Debug)]
pub struct TruthRow {
    /// Provider or class GUID, lower case without braces.
    pub provider: String,
    /// Event id; 0 for classic records.
    pub id: u16,
    /// Version.
    pub version: u8,
    /// Opcode; the type of classic records.
    pub opcode: u8,
    /// How many.
    pub count: u64,
}

/// The rows of `truth.tsv` about one trace.
///
/// # Panics
/// When the table cannot be read.
#[must_use]
pub fn truth(trace: &Trace) -> Vec<TruthRow> {
    let Some(folder) = corpus() else { return Vec::new() };
    rows(&folder.join("truth.tsv"))
        .into_iter()
        .filter(|row| row[0] == trace.file && row[1] == trace.inner)
        .map(|row| TruthRow {
            provider: row[2].clone(),
            id: row[3].parse().expect("an id"),
            version: row[4].parse().expect("a version"),
            opcode: row[5].parse().expect("an opcode"),
            count: row[6].parse().expect("a count"),
        })
        .collect()
}

/// The cells of a table with a heading.
fn rows(path: &std::path::Path) -> Vec<Vec<String>> {
    let text = std::fs::read_to_string(path).expect("the table can be read");
    let split = |line: &str| line.split('\t').map(str::to_owned).collect();
    text.lines().skip(1).filter(|line| !line.is_empty()).map(split).collect()
}

impl Trace {
    /// The bytes of the trace, out of its archive if it is in one.
    ///
    /// # Panics
    /// When the file cannot be read.
    #[must_use]
    pub fn read(&self) -> Vec<u8> {
        let folder = corpus().expect("a trace of the corpus");
        let file = std::fs::read(folder.join("etl").join(&self.file)).expect("the trace");
        let bytes = if self.inner.is_empty() {
            file
        } else if self.file.ends_with(".gz") {
            let mut bytes = Vec::new();
            flate2::read::GzDecoder::new(file.as_slice()).read_to_end(&mut bytes).expect("gzip");
            bytes
        } else {
            zip_member(&file, &self.inner).expect("the member of the archive")
        };
        assert_eq!(bytes.len() as u64, self.bytes, "{}: as files.tsv says", self.file);
        bytes
    }

    /// What Windows' own decoder prints for this trace, if the corpus has it.
    #[must_use]
    pub fn baseline(&self) -> Option<String> {
        let name = self.file.strip_suffix(".etl.zip")?;
        let path = corpus()?.join("expected").join(format!("{name}.baseline.txt"));
        std::fs::read_to_string(path).ok()
    }
}

/// One file of a .zip (APPNOTE.TXT: end record, directory, local header), stored or deflated.
fn zip_member(zip: &[u8], name: &str) -> Option<Vec<u8>> {
    let u16_at = |at: usize| Some(u16::from_le_bytes(*zip.get(at..)?.first_chunk()?));
    let u32_at = |at: usize| Some(u32::from_le_bytes(*zip.get(at..)?.first_chunk()?) as usize);
    let end = zip.windows(4).rposition(|window| window == b"PK\x05\x06")?;
    let mut at = u32_at(end + 16)?;
    for _ in 0..u16_at(end + 10)? {
        let (method, packed_bytes) = (u16_at(at + 10)?, u32_at(at + 20)?);
        let name_bytes = usize::from(u16_at(at + 28)?);
        let local = u32_at(at + 42)?;
        if zip.get(at + 46..at + 46 + name_bytes)? == name.as_bytes() {
            let data =
                local + 30 + usize::from(u16_at(local + 26)?) + usize::from(u16_at(local + 28)?);
            let packed = zip.get(data..data + packed_bytes)?;
            if method == 0 {
                return Some(packed.to_vec());
            }
            let mut bytes = Vec::new();
            flate2::read::DeflateDecoder::new(packed).read_to_end(&mut bytes).ok()?;
            return Some(bytes);
        }
        at += 46 + name_bytes + usize::from(u16_at(at + 30)?) + usize::from(u16_at(at + 32)?);
    }
    None
}

/// Numbers that look random and are the same in each run (splitmix64).
#[derive(Clone, Debug)]
pub struct Seeded(u64);

impl Seeded {
    /// The numbers of a seed.
    #[must_use]
    pub const fn new(seed: u64) -> Self {
        Self(seed)
    }

    /// The next number.
    pub fn next_u64(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ mixed >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ mixed >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ mixed >> 31
    }

    /// A number below `end`, which is not 0.
    pub fn below(&mut self, end: usize) -> usize {
        (self.next_u64() % end as u64) as usize
    }
}
