//! Processes and threads of real traces, against what Windows' own reader shows for each event.

use std::collections::{BTreeMap, BTreeSet};

use etlens_conformance::collect::{filtered, load};
use etlens_conformance::traces;
use etlens_parser::store::Trace;

/// Of an `EVENT` line: milliseconds, processor, length of the payload; process, thread, name of the
/// process (without its extension; empty when unknown).
type Line = (At, Writer);
type At = (String, u16, usize);
type Writer = (i64, i64, String);

fn parse_line(line: &str) -> Option<Line> {
    let (milliseconds, rest) = line.strip_prefix("EVENT ")?.split_once(": ")?;
    // PerfView shows the thread that begins, not the one that wrote so; of flushes a wrong number.
    if rest.starts_with("Windows Kernel/Thread/") || rest.contains("/FlushBuffers ") {
        return None;
    }
    let value = |name: &str| {
        let (_, after) = rest.split_once(&format!(" {name}="))?;
        Some(after.split_once(';')?.0)
    };
    let at = (
        milliseconds.replace(',', ""),
        value("ProceNum")?.parse().ok()?,
        value("DataLen")?.parse().ok()?,
    );
    let name = value("PName")?;
    let name = if name.starts_with("Process(") { "" } else { name };
    Some((at, (value("PID")?.parse().ok()?, value("TID")?.parse().ok()?, name.to_owned())))
}

/// What ETLens says of every event at a time, processor and length.
fn said(trace: &Trace, file: &[u8]) -> BTreeMap<At, BTreeSet<Writer>> {
    let start = trace.time(0);
    let mut said: BTreeMap<_, BTreeSet<_>> = BTreeMap::new();
    let source = file.to_vec();
    trace
        .read_all(&source, |event, seen| {
            let (pid, tid) = trace.thread(event);
            let id = |id: Option<u32>| id.map_or(-1, i64::from);
            let name = trace.process(event).map(|process| process.name.to_string());
            let name = name.unwrap_or_default();
            let name = name.strip_suffix(".exe").unwrap_or(&name).to_owned();
            // The printed milliseconds are rounded from finer ticks than 100 ns.
            let tenths = trace.time(event) - start;
            for tenths in tenths - 5..=tenths + 5 {
                let time = format!("{}.{:03}", tenths / 10_000, tenths % 10_000 / 10);
                let at = (time, trace.cpu(event), seen.record.payload.len());
                said.entry(at).or_default().insert((id(pid), id(tid), name.clone()));
            }
            true
        })
        .expect("a readable file");
    said
}

#[test]
fn processes_are_those_that_windows_reader_names() {
    for corpus in traces() {
        let Some(baseline) = corpus.baseline() else { continue };
        let file = corpus.read();
        let trace = load(&corpus.file, &file);
        let said = said(&trace, &file);
        let (mut compared, mut wrong) = (0, Vec::new());
        for (at, (pid, tid, name)) in baseline.lines().filter_map(parse_line) {
            // Where PerfView knows neither, nor need we.
            if pid < 0 && tid < 0 {
                continue;
            }
            let Some(candidates) = said.get(&at) else { continue };
            compared += 1;
            // PerfView shows the process that a rundown speaks of, not the one that wrote it.
            let agrees = |(our_pid, our_tid, our_name): &Writer| {
                let is_pid = pid < 0 || *our_pid == pid;
                let by_header = tid < 0 && *our_tid >= 0;
                (is_pid || *our_tid == tid || by_header)
                    && (tid < 0 || *our_tid == tid)
                    && (name.is_empty() || !is_pid || *our_name == name)
            };
            if !candidates.iter().any(agrees) {
                wrong.push(format!("{at:?}: {pid} {tid} {name}, but {candidates:?}"));
            }
        }
        println!("{}: {compared} compared", corpus.file);
        assert!(wrong.is_empty(), "{}: {:#?}", corpus.file, wrong);
        assert!(compared * 10 >= baseline.matches("\nEVENT ").count() * 8, "{}", corpus.file);
    }
}

#[test]
fn a_filter_by_process_name_selects_the_events_of_its_processes() {
    for corpus in traces() {
        let file = corpus.read();
        let trace = load(&corpus.file, &file);
        let mut by_name: BTreeMap<String, u64> = BTreeMap::new();
        for event in 0..trace.len() {
            if let Some(process) = trace.process(event) {
                *by_name.entry(process.name.to_string()).or_default() += 1;
            }
        }
        by_name.remove("");
        println!("{}: {} named processes", corpus.file, by_name.len());
        for (name, events) in by_name.iter().take(5) {
            let view = filtered(&trace, &file, &format!("process=\"{name}\""));
            assert_eq!(view.shown(), *events, "{}: {name}", corpus.file);
            let rest = filtered(&trace, &file, &format!("not process=\"{name}\""));
            assert_eq!(view.shown() + rest.shown(), u64::from(trace.len()));
        }
    }
}
