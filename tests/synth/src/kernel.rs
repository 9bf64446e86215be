//! Payloads of kernel events.

use crate::bytes::Put;
use crate::extended::sid_bytes;
use crate::record::System;
use crate::session::Pointer;

/// Group of process events.
pub const GROUP_PROCESS: u8 = 3;

/// What a process event (version 4) says.
#[derive(Clone, Debug)]
pub struct Process {
    /// Process id.
    pub pid: u32,
    /// Parent's process id.
    pub parent: u32,
    /// Terminal session.
    pub session: u32,
    /// Exit code.
    pub exit: i32,
    /// Last sub-authorities of the user's SID below `S-1-5`.
    pub user: Vec<u32>,
    /// Image file name, without a path.
    pub image: String,
    /// Command line.
    pub command_line: String,
}

/// Types of process events.
pub mod process_type {
    /// The process began.
    pub const START: u8 = 1;
    /// The process ended.
    pub const END: u8 = 2;
    /// The process ran when the session began.
    pub const DC_START: u8 = 3;
    /// The process ran when the session ended.
    pub const DC_END: u8 = 4;
}

/// A process event of version 4.
#[must_use]
pub fn process(pointer: Pointer, event_type: u8, writer: (u32, u32), process: &Process) -> System {
    let mut out = Vec::new();
    // UniqueProcessKey: made up, but constant for a process.
    let key = 0xffff_8000_0000_0000_u64 | u64::from(process.pid) << 12;
    pointer.put(&mut out, key);
    out.put_u32(process.pid);
    out.put_u32(process.parent);
    out.put_u32(process.session);
    out.put_u32(process.exit as u32);
    pointer.put(&mut out, 0x1_0000_0000 | u64::from(process.pid) << 12); // DirectoryTableBase
    out.put_u32(0); // Flags
    // TOKEN_USER: a pointer (nonzero says that a SID follows) and attributes, then the SID.
    pointer.put(&mut out, key | 0x30);
    pointer.put(&mut out, 0);
    out.put_bytes(&sid_bytes(5, &process.user));
    out.put_ansi_z(&process.image);
    out.put_utf16z(&process.command_line);
    out.put_utf16z(""); // package
    out.put_utf16z(""); // application id
    System {
        pointer,
        version: 4,
        event_type,
        group: GROUP_PROCESS,
        pid: writer.0,
        tid: writer.1,
        payload: out,
        ..System::default()
    }
}
