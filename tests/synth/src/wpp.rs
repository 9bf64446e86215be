//! WPP messages, and the `.tmf` file that says what they mean.

use crate::bytes::Put;
use crate::guid::{Guid, guid};
use crate::record::Message;
use crate::session::{LogFile, Pointer};
use crate::time::SECOND;
use crate::trace::TraceBuilder;

/// The message GUID of `disk.c`.
pub const DISK: Guid = guid("3b1f6d0a-52c9-4f7e-9d1b-08c7a5e4f213");

/// `3b1f6d0a-….tmf`, as tracepdb writes it.
pub const TMF: &str = "// PDB:  c:\\build\\contoso.pdb\r\n\
// PDB:  Last Updated :2024-3-2:10:20:30:400 (UTC) [tracepdb]\r\n\
3b1f6d0a-52c9-4f7e-9d1b-08c7a5e4f213 contoso // SRC=disk.c MJ= MN=\r\n\
#typev disk_c258 10 \"%0[%!FUNC!] %10!s! is at %11!p!, 0x%12!08x! bytes, %13!d!%% (%14!s!)\" //   LEVEL=TRACE_LEVEL_INFORMATION FLAGS=Io FUNC=DiskRead\r\n\
{\r\n\
Name, ItemPWString -- 10\r\n\
Buffer, ItemPtr -- 11\r\n\
Length, ItemLong -- 12\r\n\
Share * 100, ItemLong -- 13\r\n\
State, ItemListLong(Idle,Busy,Gone) -- 14\r\n\
}\r\n\
#typev disk_c300 11 \"%0name %10!s!, path %11!s!, flags %12!s!\" //   LEVEL=TRACE_LEVEL_ERROR FLAGS=Io FUNC=DiskOpen\r\n\
{\r\n\
Name, ItemString -- 10\r\n\
Path, ItemWString -- 11\r\n\
Flags, ItemSetByte(Read,Write) -- 12\r\n\
}\r\n";

fn message(number: u16, pointer: Pointer, payload: Vec<u8>) -> Message {
    Message {
        number,
        sequence: Some(7),
        guid: Some(DISK),
        stamped: true,
        thread: Some((0x1001, 0x1000)),
        pointer,
        payload,
        ..Message::default()
    }
}

/// A message 10 of a 64- or 32-bit driver.
#[must_use]
pub fn read(pointer: Pointer) -> Message {
    let mut payload = Vec::new();
    payload.put_u16(8);
    payload.put_utf16("disk");
    if pointer == Pointer::P64 {
        payload.put_u64(0xffff_8000_0000_1230);
    } else {
        payload.put_u32(0x8a4b_1230);
    }
    payload.put_u32(0x200);
    payload.put_u32(-5_i32 as u32);
    payload.put_u32(1);
    message(10, pointer, payload)
}

/// Read, of 64 and of 32 bit; opened; one whose number no file has.
#[must_use]
pub fn trace() -> TraceBuilder {
    let log = LogFile::default();
    let start = log.start_time;
    let mut trace = TraceBuilder::new(log);
    trace.push_at(0, start + SECOND, &read(Pointer::P64));
    trace.push_at(0, start + 2 * SECOND, &read(Pointer::P32));
    let mut open = Vec::new();
    open.put_ansi_z("disk");
    open.put_utf16z("C:\\disk");
    open.put_u8(3);
    trace.push_at(0, start + 3 * SECOND, &message(11, Pointer::P64, open));
    trace.push_at(0, start + 4 * SECOND, &message(99, Pointer::P64, vec![1, 2, 3]));
    trace
}
