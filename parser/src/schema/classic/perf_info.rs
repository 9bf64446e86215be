//! The sampling profiler, interrupts, timers and stacks.

use super::{Are, Class, Spec, class};

pub(super) const PERF_INFO: Class = class(
    0xce1d_bfb4,
    0x137e,
    0x4da6,
    [0x87, 0xb0, 0x3f, 0x59, 0xaa, 0x10, 0x2c, 0xbc],
    "PerfInfo",
);
pub(super) const STACK_WALK: Class = class(
    0xdef2_fe46,
    0x7bd6,
    0x4b80,
    [0xbd, 0x94, 0xf5, 0x7f, 0xe2, 0x0d, 0x0c, 0xe3],
    "StackWalk",
);
pub(super) const SPECS: &[Spec] = &[
    Spec {
        class: PERF_INFO,
        types: &[(34, "Mark")],
        since: 0,
        fields: Are("Message:AnsiString Padding:RestBinary?"),
    },
    Spec {
        class: PERF_INFO,
        types: &[(46, "SampleProf")],
        since: 0,
        fields: Are("InstructionPointer:Pointer ThreadId:UInt32 Count:UInt16 Reserved:UInt16?"),
    },
    Spec {
        class: PERF_INFO,
        types: &[(47, "PmcCounterProf")],
        since: 0,
        fields: Are(
            "InstructionPointer:Pointer ThreadId:UInt32 ProfileSource:UInt16 Reserved:UInt16",
        ),
    },
    Spec {
        class: PERF_INFO,
        types: &[(48, "PmcCounterConfig")],
        since: 0,
        fields: Are("CounterCount:UInt32 CounterName:UnicodeString[@CounterCount]"),
    },
    Spec {
        class: PERF_INFO,
        types: &[(49, "PmcCounterCorruption")],
        since: 0,
        fields: Are("ProcessorNumber:UInt32 CounterCount:UInt32 CounterStatus:RestBinary?"),
    },
    Spec {
        class: PERF_INFO,
        types: &[(50, "ISR-MSI")],
        since: 0,
        fields: Are("InitialTime:UInt64 Routine:Pointer ReturnValue:UInt8 Vector:UInt16 \
             Reserved:UInt8 MessageNumber:UInt32"),
    },
    Spec {
        class: PERF_INFO,
        types: &[(51, "SysClEnter")],
        since: 0,
        fields: Are("SysCallAddress:Pointer"),
    },
    Spec {
        class: PERF_INFO,
        types: &[(52, "SysClExit")],
        since: 0,
        fields: Are("SysCallNtStatus:NTStatus"),
    },
    Spec { class: PERF_INFO, types: &[(58, "DebuggerEnabled")], since: 0, fields: Are("") },
    Spec {
        class: PERF_INFO,
        types: &[(66, "ThreadedDPC"), (68, "DPC"), (69, "TimerDPC"), (70, "IoTimer")],
        since: 0,
        fields: Are("InitialTime:UInt64 Routine:Pointer"),
    },
    Spec {
        class: PERF_INFO,
        types: &[(67, "ISR"), (95, "ISR-Passive")],
        since: 0,
        fields: Are("InitialTime:UInt64 Routine:Pointer ReturnValue:UInt32"),
    },
    Spec {
        class: PERF_INFO,
        types: &[(67, "ISR"), (95, "ISR-Passive")],
        since: 2,
        fields: Are("InitialTime:UInt64 Routine:Pointer ReturnValue:UInt8 Vector:UInt16 \
             Reserved:UInt8"),
    },
    Spec {
        class: PERF_INFO,
        types: &[(72, "SetInterval"), (73, "CollectionStart"), (74, "CollectionEnd")],
        since: 0,
        fields: Are(
            "Source:UInt32 NewInterval:UInt32 OldInterval:UInt32 SourceName:UnicodeString?",
        ),
    },
    Spec {
        class: PERF_INFO,
        types: &[(75, "SpinLockConfigStart"), (76, "SpinLockConfigEnd")],
        since: 0,
        fields: Are("SpinLockSpinThreshold:UInt32 SpinLockContentionSampleRate:UInt32 \
             SpinLockAcquireSampleRate:UInt32 SpinLockHoldThreshold:UInt32?"),
    },
    Spec {
        class: PERF_INFO,
        types: &[(92, "ISR-Unexpected")],
        since: 0,
        fields: Are("Vector:UInt16"),
    },
    Spec {
        class: PERF_INFO,
        types: &[(93, "IoStartTimer"), (94, "IoStopTimer")],
        since: 0,
        fields: Are("DeviceObject:Pointer TimerRoutine:Pointer"),
    },
    Spec {
        class: PERF_INFO,
        types: &[(96, "WdfISR"), (97, "WdfPassiveISR"), (98, "WdfDPC"), (103, "WdfWorkItem")],
        since: 0,
        fields: Are("Routine:Pointer"),
    },
    Spec {
        class: PERF_INFO,
        types: &[(104, "SetKTimer2"), (105, "ExpireKTimer2")],
        since: 0,
        fields: Are("DueTime:UInt64 MaximumDueTime:UInt64 Period:UInt64 Timer:Pointer \
             Callback:Pointer CallbackContext:Pointer TimerFlags:HexInt8"),
    },
    Spec {
        class: PERF_INFO,
        types: &[(106, "CancelKTimer2")],
        since: 0,
        fields: Are("Timer:Pointer"),
    },
    Spec {
        class: PERF_INFO,
        types: &[(107, "DisableKTimer2")],
        since: 0,
        fields: Are("Timer:Pointer DisableCallback:Pointer DisableContext:Pointer \
             TimerFlags:HexInt8"),
    },
    Spec {
        class: PERF_INFO,
        types: &[(108, "FinalizeKTimer2")],
        since: 0,
        fields: Are("Timer:Pointer DisableCallback:Pointer DisableContext:Pointer"),
    },
    Spec {
        class: PERF_INFO,
        types: &[(114, "Hypercall")],
        since: 0,
        fields: Are("CallCode:UInt32 IsFast:UInt8 IsNested:UInt8"),
    },
    Spec {
        class: STACK_WALK,
        types: &[(32, "Stack")],
        since: 0,
        fields: Are("EventTimeStamp:UInt64 StackProcess:UInt32 StackThread:UInt32 Stack:Pointer[]"),
    },
    Spec {
        class: STACK_WALK,
        types: &[(34, "KeyCreate"), (35, "KeyDelete"), (36, "KeyRundown")],
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
];
