//! The properties of the process and the thread that wrote an event.

use super::details::Properties;
use super::trace::Trace;
use crate::query;
use crate::status::{Status, StatusKind};
use crate::system::{Process, account};
use crate::time::iso8601;
use crate::view::{EventIndex, PropertyGroup};

impl Properties {
    /// What the trace tells of the process and the thread at the time of an event.
    pub(super) fn writer(&mut self, trace: &Trace, event: EventIndex) {
        let (_, tid) = trace.thread(event);
        let time = trace.time(event);
        if let Some(process) = trace.process(event) {
            self.process(trace, process, time);
        }
        let thread = tid.and_then(|tid| trace.system().thread(tid, time));
        if let Some(thread) = thread.filter(|thread| !thread.name.is_empty()) {
            self.written("Thread.Name", "UnicodeString", thread.name.to_string(), String::new());
        }
    }

    fn process(&mut self, trace: &Trace, process: &Process, time: i64) {
        if !process.name.is_empty() {
            let filter = query::term("process", &process.name);
            self.written("Process.Name", "UnicodeString", process.name.to_string(), filter);
        }
        let path = trace.system().dos_path(&process.image);
        let path = path.unwrap_or_else(|| process.image.to_string());
        let parent = process.parent.map(|parent| {
            let known = trace.system().process(parent, time).filter(|known| !known.name.is_empty());
            known.map_or_else(|| parent.to_string(), |known| format!("{} ({parent})", known.name))
        });
        let user = match account(&process.user) {
            Some(name) => format!("{name} ({})", process.user),
            None => process.user.to_string(),
        };
        let moment = |time: i64| match time {
            i64::MIN | i64::MAX => String::new(),
            time => iso8601(time),
        };
        let start = process.created.unwrap_or(process.start);
        let status = process.exit_status.map(|value| {
            // Programs end with numbers of their own, so that the names of small ones mislead.
            let status = Status { value, kind: StatusKind::NtStatus };
            if value >> 30 == 3 { status.to_string() } else { format!("{value:#x}") }
        });
        for (name, type_name, text) in [
            ("Process.Image", "UnicodeString", path),
            ("Process.CommandLine", "UnicodeString", process.command_line.to_string()),
            ("Process.Package", "UnicodeString", process.package.to_string()),
            ("Process.Parent", "UInt32", parent.unwrap_or_default()),
            (
                "Process.Session",
                "UInt32",
                process.session.map(|n| n.to_string()).unwrap_or_default(),
            ),
            ("Process.User", "SID", user),
            ("Process.Start", "FILETIME", moment(start)),
            ("Process.End", "FILETIME", moment(process.end)),
            ("Process.ExitStatus", "HexInt32", status.unwrap_or_default()),
        ] {
            if !text.is_empty() {
                self.written(name, type_name, text, String::new());
            }
        }
    }

    fn written(&mut self, name: &str, type_name: &str, text: String, filter: String) {
        self.add(PropertyGroup::Writer, name, type_name, text, String::new(), filter);
    }
}
