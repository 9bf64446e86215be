//! Events of the Application Server-Applications provider, as the activation service and the
//! worker processes write them. Only what the sample trace uses, typed by hand from the manifest's
//! facts: id, channel, level, opcode, task, keywords (channel bit included). Every version is 0.

use crate::bytes::Put;
use crate::guid::{Guid, guid};
use crate::record::Event;

/// `Microsoft-Windows-Application Server-Applications`: services and worker processes.
pub const PROVIDER: Guid = guid("c651f5f6-1c0d-492e-8ae1-b4efd7c9d503");
/// The id `SMSvcHost.exe.config` gives the activation service, with the same events.
pub const SMSVCHOST: Guid = guid("f18839f5-27ff-4e66-bd2d-639b768cf18b");

const OPERATIONAL: u64 = 0x4000_0000_0000_0000;
const ANALYTIC: u64 = 0x2000_0000_0000_0000;
const DEBUG: u64 = 0x1000_0000_0000_0000;

/// `(id, channel, level, opcode, task, keywords)`.
type Row = (u16, u8, u8, u8, u16, u64);

#[rustfmt::skip]
const EVENTS: &[Row] = &[
    (205, 18, 4, 53, 2533, ANALYTIC | 0x8_0004),
    (206, 18, 4, 0, 0, ANALYTIC | 0x8_0004),
    (213, 18, 0, 1, 2578, ANALYTIC | 0xe_0001),
    (214, 18, 4, 54, 2533, ANALYTIC | 0xe_0004),
    (215, 18, 4, 2, 2599, ANALYTIC | 0x8_0400),
    (216, 18, 4, 2, 2600, ANALYTIC | 0x8_0400),
    (217, 19, 4, 20, 2514, DEBUG | 0x8_0004),
    (219, 18, 2, 0, 2533, ANALYTIC | 0xe_0004),
    (222, 18, 3, 0, 2533, ANALYTIC | 0xe_0004),
    (501, 19, 4, 1, 2579, DEBUG | 0x80),
    (502, 19, 4, 2, 2579, DEBUG | 0x80),
    (503, 19, 4, 1, 2581, DEBUG | 0x80),
    (504, 19, 4, 2, 2581, DEBUG | 0x80),
    (505, 19, 4, 1, 2580, DEBUG | 0x80),
    (506, 19, 4, 2, 2580, DEBUG | 0x80),
    (507, 19, 4, 1, 2546, DEBUG | 0x80),
    (508, 19, 4, 2, 2546, DEBUG | 0x80),
    (509, 18, 4, 1, 2583, ANALYTIC | 0x1),
    (510, 18, 4, 2, 2583, ANALYTIC | 0x1),
    (3346, 19, 2, 0, 2519, DEBUG | 0x1000),
    (3358, 19, 5, 0, 2501, DEBUG | 0x800),
    (3364, 18, 5, 1, 2502, ANALYTIC | 0x800),
    (3365, 18, 5, 2, 2502, ANALYTIC | 0x800),
    (3366, 18, 2, 0, 2502, ANALYTIC | 0x800),
    (3558, 18, 4, 1, 2575, ANALYTIC | 0x80),
    (3559, 18, 4, 2, 2575, ANALYTIC | 0x80),
    (3561, 17, 2, 0, 0, OPERATIONAL | 0x80),
    (4001, 18, 5, 240, 2500, ANALYTIC | 0x800),
    (4002, 18, 1, 0, 2603, ANALYTIC | 0x800),
    (4003, 18, 2, 0, 2505, ANALYTIC | 0x800),
    (4008, 18, 5, 1, 2500, ANALYTIC | 0x800),
    (4010, 18, 3, 0, 2500, ANALYTIC | 0x800),
    (4011, 18, 5, 1, 2557, ANALYTIC | 0x800),
    (4012, 18, 2, 0, 2557, ANALYTIC | 0x800),
    (4013, 18, 5, 2, 2557, ANALYTIC | 0x800),
    (4014, 18, 2, 0, 2557, ANALYTIC | 0x800),
    (4015, 18, 4, 0, 2557, ANALYTIC | 0x800),
    (4016, 18, 2, 0, 2500, ANALYTIC | 0x800),
    (4019, 18, 5, 2, 2500, ANALYTIC | 0x800),
    (4020, 18, 5, 1, 2506, ANALYTIC | 0x800),
    (4021, 18, 5, 2, 2506, ANALYTIC | 0x800),
    (4022, 18, 2, 0, 2603, ANALYTIC | 0x800),
    (4023, 18, 4, 2, 2603, ANALYTIC | 0x800),
    (4024, 18, 2, 2, 2603, ANALYTIC | 0x800),
    (4025, 18, 2, 0, 2603, ANALYTIC | 0x800),
    (4026, 18, 5, 132, 2603, ANALYTIC | 0x800),
    (4027, 18, 5, 133, 2603, ANALYTIC | 0x800),
    (4028, 18, 5, 1, 2503, ANALYTIC | 0x800),
    (4029, 18, 5, 2, 2503, ANALYTIC | 0x800),
    (4030, 18, 4, 2, 2500, ANALYTIC | 0x800),
    (4031, 18, 2, 0, 2500, ANALYTIC | 0x800),
    (4032, 18, 1, 0, 2603, ANALYTIC | 0x800),
    (4033, 19, 5, 1, 2504, DEBUG | 0x800),
    (4034, 19, 5, 2, 2504, DEBUG | 0x800),
    (4035, 19, 5, 0, 2560, DEBUG | 0x40_0000),
    (57394, 18, 4, 0, 0, ANALYTIC | 0x1_0000),
    (57404, 18, 3, 0, 0, ANALYTIC | 0x1_0000),
    (57410, 18, 3, 0, 0, ANALYTIC | 0x1_0000),
];

/// A value of a payload.
#[derive(Clone, Copy, Debug)]
pub enum Arg<'a> {
    /// `win:UnicodeString`.
    Text(&'a str),
    /// `win:Int32`.
    Int32(i32),
    /// `win:Int64`.
    Int64(i64),
    /// `win:UInt8`.
    UInt8(u8),
}

/// An event with its descriptor filled in and its payload laid out.
///
/// # Panics
/// When the table above has no such event.
#[must_use]
pub fn event(
    provider: &Guid,
    id: u16,
    (pid, tid): (u32, u32),
    activity: &Guid,
    args: &[Arg<'_>],
) -> Event {
    let row = EVENTS.iter().find(|row| row.0 == id).expect("an event of the table");
    let &(id, channel, level, opcode, task, keywords) = row;
    let mut payload = Vec::new();
    for arg in args {
        match *arg {
            Arg::Text(text) => payload.put_utf16z(text),
            Arg::Int32(number) => payload.put_u32(number as u32),
            Arg::Int64(number) => payload.put_i64(number),
            Arg::UInt8(number) => payload.put_u8(number),
        }
    }
    Event {
        provider: *provider,
        id,
        channel,
        level,
        opcode,
        task,
        keywords,
        pid,
        tid,
        activity: *activity,
        payload,
        ..Event::default()
    }
}
