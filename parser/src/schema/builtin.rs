//! Built-in layouts of some events of manifest-based providers: those that tell of processes,
//! threads and images where nothing else in a trace does.
//!
//! The fields are those of the manifests Windows registers (Microsoft-Windows-Kernel-Process) and
//! of `ClrEtwAll.man` (.NET).

use std::sync::OnceLock;

use super::classic::compile;
use super::decode::decode as walk;
use super::layout::{Layout, Maps};
use crate::guid::Guid;
use crate::record::{HeaderKind, Record};
use crate::value::{Decoded, SchemaSource};

/// Microsoft-Windows-Kernel-Process.
pub const KERNEL_PROCESS: Guid =
    Guid::from_parts(0x22fb_2cd6, 0x0e7b, 0x422b, [0xa0, 0xc7, 0x2f, 0xad, 0x1f, 0xd0, 0xe7, 0x16]);
/// Microsoft-Windows-DotNETRuntime.
const DOTNET: Guid =
    Guid::from_parts(0xe13c_0d23, 0xccbc, 0x4e12, [0x93, 0x1b, 0xd9, 0xcc, 0x2e, 0xee, 0x27, 0xe4]);
/// Microsoft-Windows-DotNETRuntimeRundown.
const DOTNET_RUNDOWN: Guid =
    Guid::from_parts(0xa669_021c, 0xc450, 0x4609, [0xa0, 0x35, 0x5a, 0xf5, 0x9a, 0xf4, 0xdf, 0x18]);

/// `RuntimeInformationStart`, `RuntimeInformationDCStart`.
pub const RUNTIME_START: u16 = 187;

/// Whether a provider is a .NET runtime.
#[must_use]
pub fn is_runtime(provider: Guid) -> bool {
    provider == DOTNET || provider == DOTNET_RUNDOWN
}

/// An event from a version on.
pub(crate) struct BuiltinEvent {
    provider: Guid,
    id: u16,
    since: u8,
    /// Symbol of the manifest.
    pub name: &'static str,
    /// In the notation of [`compile`].
    fields: &'static str,
}

const fn event(
    provider: Guid,
    id: u16,
    since: u8,
    name: &'static str,
    fields: &'static str,
) -> BuiltinEvent {
    BuiltinEvent { provider, id, since, name, fields }
}

const STARTED_THREAD: &str = "ProcessID:UInt32 ThreadID:UInt32 StackBase:Pointer \
     StackLimit:Pointer UserStackBase:Pointer UserStackLimit:Pointer StartAddr:Pointer \
     Win32StartAddr:Pointer TebBase:Pointer SubProcessTag:UInt32?";
const ENDED_THREAD: &str = "ProcessID:UInt32 ThreadID:UInt32 StackBase:Pointer \
     StackLimit:Pointer UserStackBase:Pointer UserStackLimit:Pointer StartAddr:Pointer \
     Win32StartAddr:Pointer TebBase:Pointer SubProcessTag:UInt32? CycleTime:UInt64?";
const IMAGE: &str = "ImageBase:Pointer ImageSize:Pointer ProcessID:UInt32 ImageCheckSum:UInt32 \
     TimeDateStamp:UInt32 DefaultBase:Pointer ImageName:UnicodeString";
const PRIORITY: &str = "ProcessID:UInt32 ThreadID:UInt32 OldPriority:UInt8 NewPriority:UInt8";
const RUNTIME: &str = "ClrInstanceID:UInt16 Sku:UInt16 BclMajorVersion:UInt16 \
     BclMinorVersion:UInt16 BclBuildNumber:UInt16 BclQfeNumber:UInt16 VMMajorVersion:UInt16 \
     VMMinorVersion:UInt16 VMBuildNumber:UInt16 VMQfeNumber:UInt16 StartupFlags:HexInt32 \
     StartupMode:UInt8 CommandLine:UnicodeString ComObjectGuid:GUID \
     RuntimeDllPath:UnicodeString?";
const SEQUENCED: &str = "ProcessID:UInt32 ProcessSequenceNumber:UInt64 CreateTime:FILETIME \
     ParentProcessID:UInt32 ParentProcessSequenceNumber:UInt64 SessionID:UInt32 Flags:HexInt32 \
     ProcessTokenElevationType:UInt32 ProcessTokenIsElevated:UInt32 MandatoryLabel:SID \
     ImageName:UnicodeString ImageChecksum:HexInt32 TimeDateStamp:UInt32 \
     PackageFullName:UnicodeString PackageRelativeAppId:UnicodeString";
const CREATED: &str = "ProcessID:UInt32 CreateTime:FILETIME ParentProcessID:UInt32 \
     SessionID:UInt32 ImageName:UnicodeString";

const EVENTS: [BuiltinEvent; 19] = [
    event(KERNEL_PROCESS, 1, 0, "ProcessStart", CREATED),
    event(
        KERNEL_PROCESS,
        1,
        1,
        "ProcessStart",
        "ProcessID:UInt32 CreateTime:FILETIME ParentProcessID:UInt32 SessionID:UInt32 \
         Flags:HexInt32 ImageName:UnicodeString",
    ),
    event(
        KERNEL_PROCESS,
        1,
        2,
        "ProcessStart",
        "ProcessID:UInt32 CreateTime:FILETIME ParentProcessID:UInt32 SessionID:UInt32 \
         Flags:HexInt32 ImageName:UnicodeString ImageChecksum:HexInt32 TimeDateStamp:UInt32 \
         PackageFullName:UnicodeString PackageRelativeAppId:UnicodeString",
    ),
    event(KERNEL_PROCESS, 1, 3, "ProcessStart", SEQUENCED),
    event(
        KERNEL_PROCESS,
        2,
        0,
        "ProcessStop",
        "ProcessID:UInt32 CreateTime:FILETIME ExitTime:FILETIME ExitCode:UInt32 \
         TokenElevationType:UInt32 HandleCount:UInt32 CommitCharge:UInt64 CommitPeak:UInt64 \
         ImageName:AnsiString",
    ),
    event(
        KERNEL_PROCESS,
        2,
        1,
        "ProcessStop",
        "ProcessID:UInt32 CreateTime:FILETIME ExitTime:FILETIME ExitCode:UInt32 \
         TokenElevationType:UInt32 HandleCount:UInt32 CommitCharge:UInt64 CommitPeak:UInt64 \
         CPUCycleCount:UInt64 ReadOperationCount:UInt32 WriteOperationCount:UInt32 \
         ReadTransferKiloBytes:UInt32 WriteTransferKiloBytes:UInt32 HardFaultCount:UInt32 \
         ImageName:AnsiString",
    ),
    event(
        KERNEL_PROCESS,
        2,
        2,
        "ProcessStop",
        "ProcessID:UInt32 ProcessSequenceNumber:UInt64 CreateTime:FILETIME ExitTime:FILETIME \
         ExitCode:UInt32 TokenElevationType:UInt32 HandleCount:UInt32 CommitCharge:UInt64 \
         CommitPeak:UInt64 CPUCycleCount:UInt64 ReadOperationCount:UInt32 \
         WriteOperationCount:UInt32 ReadTransferKiloBytes:UInt32 WriteTransferKiloBytes:UInt32 \
         HardFaultCount:UInt32 ImageName:AnsiString",
    ),
    event(KERNEL_PROCESS, 3, 0, "ThreadStart", STARTED_THREAD),
    event(KERNEL_PROCESS, 4, 0, "ThreadStop", ENDED_THREAD),
    event(KERNEL_PROCESS, 5, 0, "ImageLoad", IMAGE),
    event(KERNEL_PROCESS, 6, 0, "ImageUnload", IMAGE),
    event(KERNEL_PROCESS, 7, 0, "CpuBasePriorityChange", PRIORITY),
    event(KERNEL_PROCESS, 8, 0, "CpuPriorityChange", PRIORITY),
    event(KERNEL_PROCESS, 9, 0, "PagePriorityChange", PRIORITY),
    event(KERNEL_PROCESS, 10, 0, "IoPriorityChange", PRIORITY),
    event(KERNEL_PROCESS, 15, 0, "ProcessRundown", CREATED),
    event(KERNEL_PROCESS, 15, 1, "ProcessRundown", SEQUENCED),
    event(DOTNET, RUNTIME_START, 0, "RuntimeInformationStart", RUNTIME),
    event(DOTNET_RUNDOWN, RUNTIME_START, 0, "RuntimeInformationDCStart", RUNTIME),
];

/// The event of a provider that is built in: the newest version that is not newer.
pub(super) fn find(
    provider: Guid,
    id: u16,
    version: u8,
) -> Option<(&'static BuiltinEvent, &'static Layout)> {
    static LAYOUTS: OnceLock<Vec<Layout>> = OnceLock::new();
    let fits = |event: &BuiltinEvent| {
        (event.provider, event.id) == (provider, id) && event.since <= version
    };
    let at = EVENTS.iter().rposition(fits)?;
    let layouts = LAYOUTS.get_or_init(|| EVENTS.iter().map(|e| compile(e.fields)).collect());
    Some((EVENTS.get(at)?, layouts.get(at)?))
}

/// Decodes an event that is built in, whatever else describes it.
#[must_use]
pub fn decode(record: &Record<'_>) -> Option<Decoded> {
    if !matches!(record.kind, HeaderKind::Event32 | HeaderKind::Event64) {
        return None;
    }
    let (_, layout) = find(record.provider, record.id, record.version)?;
    let pointer_bytes = record.kind.pointer_bytes();
    Some(walk(layout, record.payload, pointer_bytes, &Maps::default(), SchemaSource::Catalog))
}
