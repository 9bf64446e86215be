//! Asks Windows (TDH, the trace data helper) how the events of a trace are laid out and worded:
//! on the machine that recorded it, or one with the same providers installed. Elsewhere this crate
//! is empty.
//!
//! `etw-reader` walks the trace (`open_trace`, which is `OpenTrace` and `ProcessTrace`); what it
//! would say of payloads is not used. For each kind of event TDH is asked once, and what it
//! answers is given on as bytes: `TRACE_EVENT_INFO` and `EVENT_MAP_INFO` are what the engine reads
//! from merged traces anyway, so one decoder serves both.
#![cfg(windows)]
#![deny(missing_docs)]

use std::collections::HashSet;
use std::io;
use std::ops::Deref as _;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;

use windows::Win32::Foundation::ERROR_INSUFFICIENT_BUFFER;
use windows::Win32::System::Diagnostics::Etw;
use windows::core::{GUID, PCWSTR};

/// Bytes of one answer that are believed: an event has at most 64 KiB, and its description is not
/// much larger.
const MAX_ANSWER_BYTES: u32 = 16 << 20;

/// `EVENT_HEADER_FLAG_TRACE_MESSAGE`: WPP, which TDH knows nothing of without a .tmf file.
const FLAG_TRACE_MESSAGE: u16 = 8;
/// `EVENT_HEADER_FLAG_CLASSIC_HEADER`: the type is the opcode, there is no id.
const FLAG_CLASSIC: u16 = 0x100;
/// `EVENT_HEADER_EXT_TYPE_EVENT_SCHEMA_TL`: the event brings its own description along.
const EXT_SCHEMA_TL: u16 = 11;
/// Where properties begin in a `TRACE_EVENT_INFO`, and how large each is.
const HEADER_BYTES: usize = 0x70;
const PROPERTY_BYTES: usize = 24;
/// Decoding sources of an answer that are of use: a manifest, or a MOF class.
const SOURCES: [u32; 2] = [0, 1];

/// What Windows knows of the events of a trace.
#[derive(Debug, Default)]
pub struct Descriptions {
    /// A `TRACE_EVENT_INFO` for each kind of event.
    pub events: Vec<Vec<u8>>,
    /// The GUID of a provider (16 bytes) and an `EVENT_MAP_INFO`.
    pub maps: Vec<Vec<u8>>,
    /// Kinds of events Windows knows nothing of.
    pub unknown: u64,
}

/// Asks about every kind of event in a trace.
///
/// # Errors
/// What Windows says when it cannot read the trace.
pub fn describe(path: &Path) -> io::Result<Descriptions> {
    // OpenTrace reports a missing file as success of an empty trace.
    std::fs::metadata(path)?;
    let mut asked = HashSet::new();
    let mut maps_asked = HashSet::new();
    let mut found = Descriptions::default();
    etw_reader::open_trace(path, |event| {
        // A panic must not unwind into Windows. What follows has none, and if it had one, this
        // event alone would stay undescribed.
        let _ = catch_unwind(AssertUnwindSafe(|| {
            let record: &Etw::EVENT_RECORD = event.deref();
            let header = &record.EventHeader;
            if header.Flags & FLAG_TRACE_MESSAGE != 0 || describes_itself(record) {
                return;
            }
            let descriptor = &header.EventDescriptor;
            let is_classic = header.Flags & FLAG_CLASSIC != 0;
            let number = if is_classic { descriptor.Opcode.into() } else { descriptor.Id };
            let provider = header.ProviderId.to_u128();
            if !asked.insert((provider, is_classic, number, descriptor.Version)) {
                return;
            }
            let info = event_info(record)
                .filter(|info| u32_at(info, 48).is_some_and(|source| SOURCES.contains(&source)));
            let Some(info) = info else {
                found.unknown += 1;
                return;
            };
            for name in map_names(&info) {
                if maps_asked.insert((provider, name.clone()))
                    && let Some(map) = map_info(record, &name)
                {
                    found.maps.push([&guid_bytes(&header.ProviderId)[..], &map].concat());
                }
            }
            found.events.push(info);
        }));
    })?;
    Ok(found)
}

/// Whether a record carries its own description (TraceLogging).
fn describes_itself(record: &Etw::EVENT_RECORD) -> bool {
    if record.ExtendedData.is_null() {
        return false;
    }
    let count = usize::from(record.ExtendedDataCount);
    // SAFETY: ProcessTrace gives a pointer to as many items as it says, valid during the callback.
    let items = unsafe { std::slice::from_raw_parts(record.ExtendedData, count) };
    items.iter().any(|item| item.ExtType == EXT_SCHEMA_TL)
}

/// The `TRACE_EVENT_INFO` of a record.
fn event_info(record: &Etw::EVENT_RECORD) -> Option<Vec<u8>> {
    answer(|buffer: Option<*mut Etw::TRACE_EVENT_INFO>, bytes| {
        // SAFETY: the record is valid during the callback; the buffer has `bytes` bytes, and is
        // none where TDH is only asked how many it needs.
        unsafe { Etw::TdhGetEventInformation(record, None, buffer, bytes) }
    })
}

/// The `EVENT_MAP_INFO` of a map of a record's provider. `name` ends with a zero.
fn map_info(record: &Etw::EVENT_RECORD, name: &[u16]) -> Option<Vec<u8>> {
    answer(|buffer: Option<*mut Etw::EVENT_MAP_INFO>, bytes| {
        // SAFETY: as in `event_info`; the name ends with a zero and outlives the call.
        unsafe { Etw::TdhGetEventMapInformation(record, PCWSTR(name.as_ptr()), buffer, bytes) }
    })
}

/// Asks how large an answer is, then for the answer.
fn answer<T>(ask: impl Fn(Option<*mut T>, *mut u32) -> u32) -> Option<Vec<u8>> {
    let mut bytes = 0_u32;
    let status = ask(None, &raw mut bytes);
    if status != ERROR_INSUFFICIENT_BUFFER.0 || bytes == 0 || bytes > MAX_ANSWER_BYTES {
        return None;
    }
    // The structures hold nothing wider than 8 bytes, so this is aligned as they need it.
    let mut buffer = vec![0_u64; (bytes as usize).div_ceil(8)];
    if ask(Some(buffer.as_mut_ptr().cast()), &raw mut bytes) != 0 {
        return None;
    }
    let mut answer: Vec<u8> = buffer.iter().flat_map(|word| word.to_ne_bytes()).collect();
    answer.truncate(bytes as usize);
    Some(answer)
}

fn u32_at(bytes: &[u8], at: usize) -> Option<u32> {
    Some(u32::from_le_bytes(*bytes.get(at..)?.first_chunk()?))
}

/// Names of the maps that the properties of a `TRACE_EVENT_INFO` refer to, each with its zero.
fn map_names(info: &[u8]) -> Vec<Vec<u16>> {
    let count = u32_at(info, 100).unwrap_or_default() as usize;
    let properties = info.get(HEADER_BYTES..).unwrap_or_default().chunks_exact(PROPERTY_BYTES);
    let offset = |property: &[u8]| {
        let is_struct = u32_at(property, 0)? & 1 != 0;
        u32_at(property, 12).filter(|&offset| offset != 0 && !is_struct)
    };
    let name = |offset: u32| {
        let units = info.get(offset as usize..)?.chunks_exact(2);
        let units = units.map(|unit| u16::from_le_bytes([unit[0], unit[1]]));
        let mut name: Vec<u16> = units.take_while(|unit| *unit != 0).collect();
        name.push(0);
        Some(name)
    };
    properties.take(count).filter_map(offset).filter_map(name).collect()
}

/// A GUID as it lies in memory.
fn guid_bytes(guid: &GUID) -> [u8; 16] {
    let mut bytes = [0; 16];
    bytes[..4].copy_from_slice(&guid.data1.to_le_bytes());
    bytes[4..6].copy_from_slice(&guid.data2.to_le_bytes());
    bytes[6..8].copy_from_slice(&guid.data3.to_le_bytes());
    bytes[8..].copy_from_slice(&guid.data4);
    bytes
}
