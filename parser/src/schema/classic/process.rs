//! Processes, threads, images, the scheduler and the sampling profiler.

use std::sync::OnceLock;

use super::{Are, Class, Spec, Unknown, class, compile};
use crate::guid::Guid;
use crate::record::Record;
use crate::schema::layout::Layout;

pub(super) const PROCESS: Class =
    class(0x3d6f_a8d0, 0xfe05, 0x11d0, [0x9d, 0xda, 0x00, 0xc0, 0x4f, 0xd7, 0xba, 0x7c], "Process");
const THREAD: Class =
    class(0x3d6f_a8d1, 0xfe05, 0x11d0, [0x9d, 0xda, 0x00, 0xc0, 0x4f, 0xd7, 0xba, 0x7c], "Thread");
const IMAGE: Class =
    class(0x2cb1_5d1d, 0x5fc1, 0x11d2, [0xab, 0xe1, 0x00, 0xa0, 0xc9, 0x11, 0xf5, 0x18], "Image");
const PERF_INFO: Class = class(
    0xce1d_bfb4,
    0x137e,
    0x4da6,
    [0x87, 0xb0, 0x3f, 0x59, 0xaa, 0x10, 0x2c, 0xbc],
    "PerfInfo",
);
const STACK_WALK: Class = class(
    0xdef2_fe46,
    0x7bd6,
    0x4b80,
    [0xbd, 0x94, 0xf5, 0x7f, 0xe2, 0x0d, 0x0c, 0xe3],
    "StackWalk",
);
const ALPC: Class =
    class(0x45d8_cccd, 0x539f, 0x4b72, [0xa8, 0xb7, 0x5c, 0x68, 0x31, 0x42, 0x60, 0x9a], "ALPC");

const LIFE: &[(u8, &str)] =
    &[(1, "Start"), (2, "End"), (3, "DCStart"), (4, "DCEnd"), (39, "Defunct")];
const THREAD_LIFE: &[(u8, &str)] = &[(1, "Start"), (2, "End"), (3, "DCStart"), (4, "DCEnd")];
const IMAGE_LIFE: &[(u8, &str)] = &[(10, "Load"), (2, "Unload"), (3, "DCStart"), (4, "DCEnd")];

pub(super) const SPECS: &[Spec] = &[
    Spec {
        class: PROCESS,
        types: LIFE,
        since: 1,
        fields: Are("PageDirectoryBase:Pointer ProcessId:UInt32 ParentId:UInt32 SessionId:UInt32 \
             ExitStatus:Int32 UserSID:WbemSid ImageFileName:AnsiString"),
    },
    Spec {
        class: PROCESS,
        types: LIFE,
        since: 2,
        fields: Are("UniqueProcessKey:Pointer ProcessId:UInt32 ParentId:UInt32 SessionId:UInt32 \
             ExitStatus:Int32 UserSID:WbemSid ImageFileName:AnsiString CommandLine:UnicodeString"),
    },
    Spec {
        class: PROCESS,
        types: LIFE,
        since: 3,
        fields: Are("UniqueProcessKey:Pointer ProcessId:UInt32 ParentId:UInt32 SessionId:UInt32 \
             ExitStatus:Int32 DirectoryTableBase:Pointer UserSID:WbemSid ImageFileName:AnsiString \
             CommandLine:UnicodeString"),
    },
    Spec {
        class: PROCESS,
        types: LIFE,
        since: 4,
        fields: Are("UniqueProcessKey:Pointer ProcessId:UInt32 ParentId:UInt32 SessionId:UInt32 \
             ExitStatus:Int32 DirectoryTableBase:Pointer Flags:HexInt32 UserSID:WbemSid \
             ImageFileName:AnsiString CommandLine:UnicodeString PackageFullName:UnicodeString \
             ApplicationId:UnicodeString ExitTime:FILETIME?"),
    },
    Spec { class: PROCESS, types: &[(11, "Terminate")], since: 0, fields: Are("ProcessId:UInt32") },
    Spec {
        class: PROCESS,
        types: &[(32, "PerfCtr"), (33, "PerfCtrRundown")],
        since: 2,
        fields: Are("ProcessId:UInt32 PageFaultCount:UInt32 HandleCount:UInt32 Reserved:UInt32 \
             PeakVirtualSize:SizeT PeakWorkingSetSize:SizeT PeakPagefileUsage:SizeT \
             QuotaPeakPagedPoolUsage:SizeT QuotaPeakNonPagedPoolUsage:SizeT VirtualSize:SizeT \
             WorkingSetSize:SizeT PagefileUsage:SizeT QuotaPagedPoolUsage:SizeT \
             QuotaNonPagedPoolUsage:SizeT PrivatePageCount:SizeT"),
    },
    Spec {
        class: THREAD,
        types: THREAD_LIFE,
        since: 1,
        fields: Are("ProcessId:UInt32 TThreadId:UInt32 StackBase:Pointer StackLimit:Pointer \
             UserStackBase:Pointer UserStackLimit:Pointer StartAddr:Pointer \
             Win32StartAddr:Pointer WaitMode:Int8"),
    },
    Spec {
        class: THREAD,
        types: THREAD_LIFE,
        since: 2,
        fields: Are("ProcessId:UInt32 TThreadId:UInt32 StackBase:Pointer StackLimit:Pointer \
             UserStackBase:Pointer UserStackLimit:Pointer StartAddr:Pointer \
             Win32StartAddr:Pointer TebBase:Pointer SubProcessTag:UInt32"),
    },
    Spec {
        class: THREAD,
        types: THREAD_LIFE,
        since: 3,
        fields: Are("ProcessId:UInt32 TThreadId:UInt32 StackBase:Pointer StackLimit:Pointer \
             UserStackBase:Pointer UserStackLimit:Pointer Affinity:Pointer \
             Win32StartAddr:Pointer TebBase:Pointer SubProcessTag:UInt32 BasePriority:UInt8 \
             PagePriority:UInt8 IoPriority:UInt8 ThreadFlags:UInt8 ThreadName:UnicodeString?"),
    },
    Spec {
        class: THREAD,
        types: &[(36, "CSwitch")],
        since: 2,
        fields: Are(
            "NewThreadId:UInt32 OldThreadId:UInt32 NewThreadPriority:Int8 OldThreadPriority:Int8 \
             PreviousCState:UInt8 SpareByte:Int8 OldThreadWaitReason:Int8 OldThreadWaitMode:Int8 \
             OldThreadState:Int8 OldThreadWaitIdealProcessor:Int8 NewThreadWaitTime:UInt32 \
             Reserved:UInt32",
        ),
    },
    Spec {
        class: THREAD,
        types: &[(50, "ReadyThread")],
        since: 2,
        fields: Are(
            "TThreadId:UInt32 AdjustReason:Int8 AdjustIncrement:Int8 Flag:Int8 Reserved:Int8",
        ),
    },
    Spec {
        class: THREAD,
        types: &[(48, "SetPriority"), (49, "SetBasePriority")],
        since: 3,
        fields: Are("ThreadId:UInt32 OldPriority:UInt8 NewPriority:UInt8 Reserved:UInt16"),
    },
    Spec {
        class: THREAD,
        types: &[(72, "SetName")],
        since: 2,
        fields: Are("ProcessId:UInt32 ThreadId:UInt32 ThreadName:UnicodeString"),
    },
    Spec { class: THREAD, types: &[(37, "CompCS")], since: 0, fields: Unknown },
    Spec {
        class: IMAGE,
        types: IMAGE_LIFE,
        since: 0,
        fields: Are("ImageBase:Pointer ImageSize:UInt32 FileName:UnicodeString"),
    },
    Spec {
        class: IMAGE,
        types: IMAGE_LIFE,
        since: 1,
        fields: Are("ImageBase:Pointer ImageSize:SizeT ProcessId:UInt32 FileName:UnicodeString"),
    },
    Spec {
        class: IMAGE,
        types: IMAGE_LIFE,
        since: 2,
        fields: Are("ImageBase:Pointer ImageSize:SizeT ProcessId:UInt32 ImageCheckSum:HexInt32 \
             TimeDateStamp:UInt32 Reserved0:UInt32 DefaultBase:Pointer Reserved1:UInt32 \
             Reserved2:UInt32 Reserved3:UInt32 Reserved4:UInt32 FileName:UnicodeString"),
    },
    Spec {
        class: IMAGE,
        types: IMAGE_LIFE,
        since: 3,
        fields: Are("ImageBase:Pointer ImageSize:SizeT ProcessId:UInt32 ImageCheckSum:HexInt32 \
             TimeDateStamp:UInt32 SignatureLevel:UInt8 SignatureType:UInt8 Reserved0:UInt16 \
             DefaultBase:Pointer Reserved1:UInt32 Reserved2:UInt32 Reserved3:UInt32 \
             Reserved4:UInt32 FileName:UnicodeString"),
    },
    Spec { class: IMAGE, types: &[(33, "KernelBase")], since: 0, fields: Are("ImageBase:Pointer") },
    Spec {
        class: IMAGE,
        types: &[(34, "HypercallPage")],
        since: 0,
        fields: Are("HypercallPageVa:Pointer"),
    },
    Spec {
        class: PERF_INFO,
        types: &[(46, "SampleProf")],
        since: 2,
        fields: Are("InstructionPointer:Pointer ThreadId:UInt32 Count:UInt16 Reserved:UInt16"),
    },
    Spec {
        class: PERF_INFO,
        types: &[(47, "PmcCounterProf")],
        since: 2,
        fields: Are(
            "InstructionPointer:Pointer ThreadId:UInt32 ProfileSource:UInt16 Reserved:UInt16",
        ),
    },
    Spec {
        class: PERF_INFO,
        types: &[(72, "SetInterval"), (73, "CollectionStart"), (74, "CollectionEnd")],
        since: 2,
        fields: Are(
            "Source:UInt32 NewInterval:UInt32 OldInterval:UInt32 SourceName:UnicodeString?",
        ),
    },
    Spec {
        class: PERF_INFO,
        types: &[(51, "SysClEnter")],
        since: 2,
        fields: Are("SysCallAddress:Pointer"),
    },
    Spec {
        class: PERF_INFO,
        types: &[(52, "SysClExit")],
        since: 2,
        fields: Are("SysCallNtStatus:NTStatus"),
    },
    Spec {
        class: PERF_INFO,
        types: &[(66, "ThreadedDPC"), (68, "DPC"), (69, "TimerDPC")],
        since: 2,
        fields: Are("InitialTime:UInt64 Routine:Pointer"),
    },
    // What follows the routine has changed its widths: it is shown as bytes.
    Spec {
        class: PERF_INFO,
        types: &[(67, "ISR")],
        since: 2,
        fields: Are("InitialTime:UInt64 Routine:Pointer ReturnValue:UInt8"),
    },
    Spec {
        class: STACK_WALK,
        types: &[(32, "Stack")],
        since: 0,
        fields: Are("EventTimeStamp:UInt64 StackProcess:UInt32 StackThread:UInt32 Stack:Pointer[]"),
    },
    Spec {
        class: STACK_WALK,
        types: &[(35, "KeyDelete"), (36, "KeyRundown")],
        since: 0,
        fields: Are("StackKey:Pointer Stack:Pointer[]"),
    },
    Spec {
        class: STACK_WALK,
        types: &[(37, "KeyKernel"), (38, "KeyUser")],
        since: 0,
        fields: Are(
            "EventTimeStamp:UInt64 StackProcess:UInt32 StackThread:UInt32 StackKey:Pointer",
        ),
    },
    Spec {
        class: ALPC,
        types: &[(33, "SendMessage"), (34, "ReceiveMessage"), (35, "WaitForReply")],
        since: 2,
        fields: Are("MessageID:UInt32"),
    },
    Spec {
        class: ALPC,
        types: &[(36, "WaitForNewMessage")],
        since: 2,
        fields: Are("IsServerPort:UInt32 PortName:AnsiString"),
    },
    Spec { class: ALPC, types: &[(37, "Unwait")], since: 2, fields: Are("Status:NTStatus") },
];

/// The layout of an image record of version 0 that a 32-bit process logged anew: its header says
/// 32 bits, its address has 64. Then the size, read as if the address had 32, is zero.
pub(super) fn widened_image(
    class: Guid,
    since: u8,
    record: &Record<'_>,
) -> Option<&'static Layout> {
    static LAYOUT: OnceLock<Layout> = OnceLock::new();
    let size_is_zero = record.payload.get(4..8).is_some_and(|size| size == [0; 4]);
    let is_widened = class == IMAGE.0
        && since == 0
        && record.kind.pointer_bytes() == 4
        && IMAGE_LIFE.iter().any(|(opcode, _)| *opcode == record.opcode)
        && size_is_zero
        && record.payload.len() > 12;
    is_widened.then(|| {
        LAYOUT.get_or_init(|| compile("ImageBase:HexInt64 ImageSize:UInt32 FileName:UnicodeString"))
    })
}
