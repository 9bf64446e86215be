//! Every bound of the crate, each with its reason. Input is hostile until proven otherwise: a
//! count read from a file is compared with one of these before memory is spent on it.

/// Largest `WMI_BUFFER_HEADER.BufferSize` believed. Windows documents 16 MiB as the maximum
/// buffer of a session (log version 2.0); real traces stay at or below 1 MiB.
pub const MAX_BUFFER_BYTES: u32 = 16 << 20;

/// Smallest believable buffer: its own header.
pub const MIN_BUFFER_BYTES: u32 = 0x48;

/// Issues kept with their text; more are only counted. A person reads a dozen.
pub const MAX_ISSUES: usize = 1_000;

/// Bytes of a payload sent to the hex view. Larger payloads are cut there and the cut is said.
pub const MAX_HEX_BYTES: usize = 64 << 10;

/// Fields of one event, arrays expanded. An event is at most 64 KiB, so more is nonsense.
pub const MAX_FIELDS: usize = 65_536;

/// Nesting of structures in a payload or a JSON event.
pub const MAX_DEPTH: usize = 64;

/// Distinct event keys (provider, id, version, …) of one trace. TraceLogging makes one per
/// metadata blob; the busiest real trace seen has about ten thousand. 20 bits in the columns.
pub const MAX_KEYS: usize = 1 << 20;

/// Event keys whose lines an export prepares, some kilobytes each. The events of further keys are
/// written the slower way.
pub const MAX_EXPORT_RECIPES: usize = 1 << 14;

/// Most failed dispatch sessions listed in the insights panel.
pub const MAX_FAILED_SESSIONS: usize = 10_000;

/// Dispatch sessions followed at once, and faults waiting for theirs. The service queues 100
/// connections per address by default; beyond this the longest silent are taken as ended.
pub const MAX_OPEN_SESSIONS: usize = 1 << 17;

/// Events listed of one dispatch session. A whole one has about ten.
pub const MAX_SESSION_STEPS: usize = 64;

/// Troubles of the activation service (WAS gone, registration refused) remembered as context of
/// failed sessions.
pub const MAX_SERVICE_TROUBLES: usize = 1 << 16;

/// Of these, listed beside one failed session.
pub const MAX_NEARBY_TROUBLES: usize = 16;

/// Pixel columns of one timeline request: an 8K screen.
pub const MAX_PIXELS: u32 = 8_192;

/// Lanes of the timeline; what is beyond is merged into the last. A person scrolls through some
/// dozens, and each costs counts per block of events.
pub const MAX_LANES: u32 = 64;

/// Rows of one table request: several screens.
pub const MAX_ROWS: u32 = 4_096;

/// Room for the different values of a column that is sorted or grouped by, in bytes of text. Ten
/// million different texts of a short line fit, and a browser's memory holds it twice.
pub const MAX_COLUMN_BYTES: usize = 256 << 20;

/// Groups shown at most: beyond, nobody reads them, and their number is said.
pub const MAX_GROUPS: usize = 1_000;

/// Memory a compiled regular expression of a filter may take: repetitions of repetitions grow
/// without bound, and a page of text compiles to a tenth of this.
pub const MAX_REGEX_BYTES: usize = 1 << 20;

/// Length of a filter text in bytes.
pub const MAX_FILTER_BYTES: usize = 16 << 10;

/// Bytes of one JSON event. `Get-WinEvent` writes script blocks of some 100 KB.
pub const MAX_JSON_EVENT_BYTES: usize = 16 << 20;

/// Bytes of JSON read a second time in search of the next event after a damaged one, per file.
/// Each damage costs at most one [`MAX_JSON_EVENT_BYTES`]; beyond this, damaged events are skipped
/// whole, so that a hostile file costs a second or two, not hours.
pub const MAX_JSON_RESCAN_BYTES: u64 = 1 << 30;

/// Bytes of one EventSource manifest, all chunks together (the format allows 65,535 chunks).
pub const MAX_MANIFEST_BYTES: usize = 16 << 20;

/// Bytes read before a format is decided.
pub const DETECT_BYTES: usize = 64 << 10;

/// Cells (lanes × classes × pixels) of one timeline answer: 64 MiB of counts. A screen needs
/// a fiftieth of it.
pub const MAX_LANE_COUNTS: usize = 16 << 20;

/// Files of a .zip. Collections of logs hold some thousands.
pub const MAX_ZIP_MEMBERS: u64 = 1 << 20;

/// Bytes of the directory of a .zip: some 100 per file.
pub const MAX_ZIP_DIRECTORY_BYTES: u64 = 256 << 20;

/// Bytes a member of an archive may unpack to where it goes to disk (the browser): what event
/// locators reach.
pub const MAX_UNPACKED_TO_DISK_BYTES: u64 = 32 << 30;

/// Inflated buffers kept for showing records again: 256 of the usual 64 KiB.
pub const BUFFER_CACHE_BYTES: usize = 16 << 20;

/// Inflated size of a WinSAT report believed. Real ones are below 100 KB.
pub const MAX_WINSAT_BYTES: usize = 4 << 20;

/// Bytes a member of an archive may unpack to where it is held in memory (the command line
/// tool). Traces of this size are not sent around packed.
pub const MAX_UNPACKED_BYTES: u64 = 8 << 30;

/// Entries of a bitmap that names the bits of a value; each value is held against all of them.
pub const MAX_BITMAP_ENTRIES: usize = 256;

/// Bytes of names and texts that the events of one manifest may come to: references let a small
/// manifest say large things often. The largest real one comes to some 4 MB.
pub const MAX_SCHEMA_TEXT_BYTES: usize = 64 << 20;

/// Fields of one template of a manifest. Real ones have some dozens.
pub const MAX_TEMPLATE_FIELDS: usize = 4_096;

/// Times that processes, threads and images (each) are seen to come, go or be there. A day of a busy
/// server comes to some 100,000 each.
pub const MAX_SYSTEM_SIGHTS: usize = 1 << 19;

/// Bytes of distinct image paths, command lines and other texts of processes and threads.
pub const MAX_SYSTEM_TEXT_BYTES: usize = 32 << 20;

/// Places of losses listed. A person reads a dozen; the timeline marks some hundred.
pub const MAX_LOSSES: usize = 1_000;

/// Stack records read in search of those of one event, and of one stack's definition: they follow
/// their event closely, and definitions come in bulk.
pub const MAX_STACK_READS: usize = 4_096;

/// Rows after an event among which its stacks are looked for: some seconds of a busy machine.
pub const MAX_STACK_ROWS: u32 = 1 << 20;

/// Volume mappings of a trace: a machine has a dozen.
pub const MAX_VOLUMES: usize = 1_024;

/// How many bytes each byte of a file may inflate to, on average. Real traces reach 30; an event of
/// 64 KiB of the same byte reaches a thousand. What grows more is made to fill memory or time.
pub const MAX_INFLATED_PER_BYTE: u64 = 1_024;

/// What may be inflated before that average is asked for.
pub const MAX_INFLATED_AT_FIRST_BYTES: u64 = 64 << 20;

/// Bytes of one schema file the user loads. The largest libraries of Windows with a manifest in
/// them have some 40 MB.
pub const MAX_SCHEMA_FILE_BYTES: usize = 128 << 20;

/// Entries in the directory of a program's resources. The largest libraries have some ten thousand.
pub const MAX_RESOURCE_ENTRIES: usize = 1 << 17;

/// Sections of a program. Real ones have a dozen.
pub const MAX_SECTIONS: usize = 96;

/// Schema files loaded at once: a folder of .tmf files holds some thousands.
pub const MAX_SCHEMA_FILES: usize = 1 << 14;

/// Bytes of schemas in a trace that are kept as they are, for those who help to search it. Merged
/// traces have some MB; with more than this nobody helps.
pub const MAX_TAUGHT_BYTES: usize = 64 << 20;

/// Spans kept, 12 bytes each. Beyond this the earliest are kept, and the page says so.
pub const MAX_SPANS: usize = 4 << 20;

/// Starts that wait for their stop.
pub const MAX_OPEN_SPANS: usize = 1 << 20;

/// Bars of one kind of span in one answer: more than fit side by side on a wide screen.
pub const MAX_SPAN_BARS: usize = 4_096;

/// Longest spans listed: a person reads the first dozens.
pub const MAX_LONGEST_SPANS: u32 = 500;

/// Activities listed of one tree: the part around the one that is looked at.
pub const MAX_TREE_ACTIVITIES: usize = 200;
