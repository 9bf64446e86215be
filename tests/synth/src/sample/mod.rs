//! The bundled sample: ten minutes of a busy net.tcp host, with every way a dispatch session is
//! known to fail. Nothing in it is real: names are of `contoso.example`, times are made up.

mod host;
mod orders;
mod story;

use std::collections::BTreeMap;

use crate::guid::Guid;
use crate::session::LogFile;
use crate::trace::TraceBuilder;

/// A session that did not succeed, as the builder planned it.
#[derive(Clone, Debug)]
pub struct Failed {
    /// Its activity id.
    pub activity: Guid,
    /// What became of it.
    pub verdict: &'static str,
    /// The address the client asked for.
    pub via: String,
}

/// What was put into the sample.
#[derive(Clone, Debug, Default)]
pub struct Truth {
    /// Records, the log header and its neighbours included.
    pub records: u64,
    /// Events 4031.
    pub marked: u64,
    /// Dispatch sessions.
    pub sessions: u64,
    /// Sessions by verdict (the stable names of the viewer).
    pub verdicts: BTreeMap<&'static str, u64>,
    /// Sessions that did not succeed, in the order in which they were received.
    pub failed: Vec<Failed>,
    /// Events by provider and id.
    pub by_event: BTreeMap<(Guid, u16), u64>,
    /// Events 4022 with hresult 0.
    pub benign_unregister: u64,
    /// Events by level.
    pub by_level: BTreeMap<u8, u64>,
    /// Events by process id of their header.
    pub by_pid: BTreeMap<u32, u64>,
    /// Time of the log header, FILETIME.
    pub start: i64,
    /// Time of the last event, FILETIME.
    pub end: i64,
    /// Times of the 4031 events, in order, FILETIME.
    pub marked_times: Vec<i64>,
}

impl Truth {
    /// As one JSON object, for tests that are not written in Rust.
    #[must_use]
    pub fn to_json(&self) -> String {
        let list = |items: Vec<String>| items.join(",");
        let verdicts = list(self.verdicts.iter().map(|(k, n)| format!("\"{k}\":{n}")).collect());
        let events = list(
            self.by_event
                .iter()
                .map(|((guid, id), n)| format!("\"{}:{id}\":{n}", crate::guid_text(guid)))
                .collect(),
        );
        let levels = list(self.by_level.iter().map(|(k, n)| format!("\"{k}\":{n}")).collect());
        let pids = list(self.by_pid.iter().map(|(k, n)| format!("\"{k}\":{n}")).collect());
        // FILETIMEs are beyond what a JSON number keeps, so they are text.
        let times = list(self.marked_times.iter().map(|t| format!("\"{t}\"")).collect());
        format!(
            "{{\"records\":{},\"marked\":{},\"sessions\":{},\"benign_unregister\":{},\
             \"start\":\"{}\",\"end\":\"{}\",\"verdicts\":{{{verdicts}}},\"by_level\":{{{levels}}},\"by_pid\":{{{pids}}},\
             \"by_event\":{{{events}}},\"marked_times\":[{times}]}}",
            self.records, self.marked, self.sessions, self.benign_unregister, self.start, self.end,
        )
    }
}

/// The sample, as the page bundles it.
#[must_use]
pub fn build() -> Vec<u8> {
    trace(5).0.build()
}

/// The sample compressed, as a merge would leave it.
#[must_use]
pub fn build_compressed() -> Vec<u8> {
    let mut trace = trace(5).0;
    trace.log.compressed = true;
    trace.build()
}

/// What the sample holds.
#[must_use]
pub fn truth() -> Truth {
    trace(5).1
}

/// The same ten minutes recorded at a lower level: 4 lacks all Verbose events.
///
/// `truth.verdicts` is only meaningful at level 5.
#[must_use]
pub fn trace(max_level: u8) -> (TraceBuilder, Truth) {
    let log = log_file();
    let mut host = host::Host::new(log.start_time);
    story::tell(&mut host);
    host.into_trace(log, max_level)
}

/// A Windows Server 2022 in Seoul, four processors, 10 MHz performance counter.
fn log_file() -> LogFile {
    let start_time = crate::time::filetime((2026, 3, 17), (0, 14, 5), 1_234_567);
    let mut build_lab = b"20348.1.amd64fre.fe_release.210507-1500".to_vec();
    build_lab.push(0);
    LogFile {
        clock: crate::session::Clock::Qpc { frequency: 10_000_000, start: 5_184_733_051_907 },
        buffer_bytes: 32 << 10,
        processors: 4,
        os: (10, 0, 20_348),
        start_time,
        boot_time: start_time - 5_184_733_051_907 - 31_000_000,
        cpu_mhz: 2_594,
        mode: 0x0200_0001, // sequential, system logger: kernel events beside those of providers
        maximum_file_mib: 512,
        logger_name: "net.tcp dispatch".into(),
        log_file_name: r"C:\PerfLogs\Admin\net.tcp dispatch.etl".into(),
        writer: (7_316, 7_320),
        first_sequence: 0,
        header_records: vec![
            (5, [[0_u8; 32].as_slice(), &[0x3e, 0, 0, 0]].concat()), // group masks, kernel version
            (66, build_lab),
        ],
        short_saved_offset: true,
        ..LogFile::default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_bytes_every_time_and_small_enough_to_bundle() {
        let sample = build();
        assert_eq!(sample, build());
        assert!(sample.len() < 3 << 19, "{} bytes", sample.len());
    }

    #[test]
    fn every_path_of_failure_is_in_it() {
        let truth = truth();
        for verdict in [
            "succeeded",
            "socket-duplication-failed",
            "pipe-duplication-failed",
            "worker-not-told",
            "endpoint-not-found",
            "endpoint-unavailable",
            "queue-full",
            "never-dispatched",
            "never-answered",
        ] {
            assert!(truth.verdicts.contains_key(verdict), "{verdict}");
        }
        assert_eq!(truth.verdicts.values().sum::<u64>(), truth.sessions);
        assert!(truth.sessions > 300, "a busy host: {}", truth.sessions);
        for id in [4002, 4010, 4012, 4014, 4016, 4022, 4025, 4027, 4032, 57394, 57404, 57410] {
            assert!(truth.by_event.contains_key(&(crate::activation::SMSVCHOST, id)), "{id}");
        }
    }
}
