//! Traces of any size, written as a stream: for measurements and for tests of cancelling.

use std::io::{self, Write};
use std::str::FromStr;

use crate::activation::{Arg, SMSVCHOST, event};
use crate::bytes::Put;
use crate::extended::{provider_traits, schema_tl};
use crate::guid::{Guid, ZERO, guid};
use crate::random::Random;
use crate::record::{Event, PerfInfo, Record, System};
use crate::session::{LogFile, Pointer, SessionWriter, Written};
use crate::tracelogging::{Blob, in_type};

/// What a big trace is made of.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Shape {
    /// Events of the activation service, decoded with the catalog; one in a thousand is 4031.
    Manifest,
    /// TraceLogging events, each with its metadata.
    TraceLogging,
    /// Context switches and samples.
    Kernel,
    /// All of them.
    Mixed,
    /// Context switches and samples, and halfway through one single 4031.
    Needle,
}

/// A trace whose end is written, but not yet its header.
#[derive(Debug)]
pub struct Big<W> {
    /// Where it was written.
    pub out: W,
    /// What must replace its first bytes.
    pub header: Vec<u8>,
    /// How much was written.
    pub written: Written,
    /// How many of the events are 4031.
    pub marked: u64,
}

impl FromStr for Shape {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        match text {
            "manifest" => Ok(Self::Manifest),
            "tracelogging" => Ok(Self::TraceLogging),
            "kernel" => Ok(Self::Kernel),
            "mixed" => Ok(Self::Mixed),
            "needle" => Ok(Self::Needle),
            _ => Err(()),
        }
    }
}

const CPUS: i64 = 8;
const TELEMETRY: Guid = guid("3f1c9a52-6b7e-4d43-8a55-90be2c1f77d1");

/// Writes at least `bytes` bytes.
///
/// # Errors
/// When the output fails.
pub fn write<W: Write>(out: W, shape: Shape, bytes: u64) -> io::Result<Big<W>> {
    // A rate of about 200,000 events a second, as a busy kernel trace has.
    let log = LogFile {
        processors: CPUS as u32,
        end_time: LogFile::default().start_time + (bytes / 100 * 50) as i64,
        logger_name: "Big".into(),
        ..LogFile::default()
    };
    let buffer_bytes = u64::from(log.buffer_bytes);
    let mut ticks = log.start_ticks();
    let mut session = SessionWriter::new(out, log)?;
    let mut make = Maker::new();
    let mut written_bytes = buffer_bytes;
    while written_bytes < bytes {
        ticks += make.random.between(10, 90);
        let cpu = make.random.between(0, CPUS) as u16;
        let record = match shape {
            Shape::Needle if make.marked == 0 && written_bytes >= bytes / 2 => make.needle(ticks),
            _ => make.record(shape, ticks),
        };
        session.push(cpu, ticks, &record)?;
        written_bytes += record.len().next_multiple_of(8) as u64;
    }
    let (out, header, written) = session.finish()?;
    Ok(Big { out, header, written, marked: make.marked })
}

/// The same in memory, for tests.
///
/// # Errors
/// Those of [`write`], of which memory has none.
pub fn build(shape: Shape, bytes: u64) -> io::Result<Vec<u8>> {
    let Big { mut out, header, .. } = write(Vec::new(), shape, bytes)?;
    if let Some(start) = out.get_mut(..header.len()) {
        start.copy_from_slice(&header);
    }
    Ok(out)
}

struct Maker {
    random: Random,
    activities: Vec<Guid>,
    blobs: Vec<Vec<u8>>,
    count: u64,
    marked: u64,
}

impl Maker {
    fn new() -> Self {
        let mut random = Random::new(1 << 30);
        let activities = (0..5_000).map(|_| random.guid()).collect();
        let blobs = (0..40)
            .map(|i| {
                Blob::new(0, &format!("Operation{i}"))
                    .field("Duration", in_type::U32, 0)
                    .field("Target", in_type::UTF16Z, 0)
                    .field("Result", in_type::HEX32, 15)
                    .build()
            })
            .collect();
        Self { random, activities, blobs, count: 0, marked: 0 }
    }

    fn record(&mut self, shape: Shape, ticks: i64) -> Vec<u8> {
        self.count += 1;
        match shape {
            Shape::Manifest => self.activation().to_bytes(ticks),
            Shape::TraceLogging => self.telemetry().to_bytes(ticks),
            Shape::Kernel | Shape::Needle => self.kernel(ticks),
            Shape::Mixed => match self.random.between(0, 4) {
                0 => self.activation().to_bytes(ticks),
                1 => self.telemetry().to_bytes(ticks),
                _ => self.kernel(ticks),
            },
        }
    }

    fn needle(&mut self, ticks: i64) -> Vec<u8> {
        self.count = self.count.next_multiple_of(1_000);
        self.activation().to_bytes(ticks)
    }

    fn activation(&mut self) -> Event {
        let id = match self.count % 1_000 {
            0 => {
                self.marked += 1;
                4031
            }
            n => [4001, 4033, 4034, 4035, 4008, 4019, 4030][n as usize % 7],
        };
        let activity = *self.random.pick(&self.activities);
        let tid = 2_544 + 4 * self.random.between(0, 16) as u32;
        let via = Arg::Text("net.tcp://orders.contoso.example:808/Orders/OrderService.svc");
        let domain = Arg::Text("SMSvcHost.exe");
        let waiting = Arg::Int32(self.random.between(0, 9) as i32);
        match id {
            4001 => event(&SMSVCHOST, id, (2_540, tid), &activity, &[via, domain]),
            4035 => {
                event(&SMSVCHOST, id, (2_540, tid), &activity, &[waiting, Arg::Int32(100), domain])
            }
            _ => event(&SMSVCHOST, id, (2_540, tid), &activity, &[domain]),
        }
    }

    fn telemetry(&mut self) -> Event {
        let mut payload = Vec::new();
        payload.put_u32(self.random.between(1, 90_000) as u32);
        let target: &str = self.random.pick::<&str>(&["cache", "database", "queue", "store"]);
        payload.put_utf16z(target);
        payload.put_u32(if self.random.one_in(50) { 0x8000_4005 } else { 0 });
        let blob = self.random.pick(&self.blobs).clone();
        Event {
            provider: TELEMETRY,
            channel: 11,
            level: if self.random.one_in(400) { 2 } else { 4 },
            keywords: 1 << 46,
            pid: 6_100,
            tid: 6_104 + 4 * self.random.between(0, 30) as u32,
            activity: ZERO,
            payload,
            ..Event::default()
        }
        .with(provider_traits("Contoso.Telemetry", None))
        .with(schema_tl(blob))
    }

    /// A context switch (Thread, type 36) or a sample (PerfInfo, type 46).
    fn kernel(&mut self, ticks: i64) -> Vec<u8> {
        let mut payload = Vec::new();
        let thread = 4 * self.random.between(1, 900) as u32;
        if self.random.one_in(3) {
            payload.put_u64(0xffff_f800_0000_0000 | self.random.bits() & 0xff_ffff);
            payload.put_u32(thread);
            payload.put_u32(1);
            let sample = PerfInfo {
                version: 2,
                event_type: 46,
                group: 0x0f,
                payload,
                ..PerfInfo::default()
            };
            return sample.to_bytes(ticks);
        }
        payload.put_u32(thread);
        payload.put_u32(4 * self.random.between(0, 900) as u32);
        payload.put_bytes(&[8, 9, 0, 0, 5, 1, 5, 0]);
        payload.put_u32(1);
        payload.put_u32(0);
        if self.random.one_in(200) {
            let system = System {
                pointer: Pointer::P64,
                version: 4,
                event_type: 36,
                group: 5,
                pid: 4,
                tid: thread,
                payload,
                ..System::default()
            };
            return system.to_bytes(ticks);
        }
        PerfInfo { version: 4, event_type: 36, group: 5, payload, ..PerfInfo::default() }
            .to_bytes(ticks)
    }
}
