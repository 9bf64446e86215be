//! What else the kernel and its user-mode library log: calls between processes, power, thread
//! pools, locks, the debugger.

use super::{Are, Class, Spec, class};

const ALPC: Class =
    class(0x45d8_cccd, 0x539f, 0x4b72, [0xa8, 0xb7, 0x5c, 0x68, 0x31, 0x42, 0x60, 0x9a], "ALPC");

const UMS: Class =
    class(0x9aec_974b, 0x5b8e, 0x4118, [0x9b, 0x92, 0x31, 0x86, 0xd8, 0x00, 0x2c, 0xe5], "UMS");
pub(super) const POWER: Class =
    class(0xe434_45e0, 0x0903, 0x48c3, [0xb8, 0x78, 0xff, 0x0f, 0xcc, 0xeb, 0xdd, 0x04], "Power");
const THREAD_POOL: Class = class(
    0xc861_d0e2,
    0xa2c1,
    0x4d36,
    [0x9f, 0x9c, 0x97, 0x0b, 0xab, 0x94, 0x3a, 0x12],
    "ThreadPool",
);
const CRIT_SEC: Class =
    class(0x3ac6_6736, 0xcc59, 0x4cff, [0x81, 0x15, 0x8d, 0xf5, 0x0e, 0x39, 0x81, 0x6b], "CritSec");
const DBG_PRINT: Class = class(
    0x1397_6d09,
    0xa327,
    0x438c,
    [0x95, 0x0b, 0x7f, 0x03, 0x19, 0x28, 0x15, 0xc7],
    "DbgPrint",
);
const MMCSS: Class =
    class(0xf8f1_0121, 0xb617, 0x4a56, [0x86, 0x8b, 0x9d, 0xf1, 0xb2, 0x7f, 0xe3, 0x2c], "MMCSS");

pub(super) const SPECS: &[Spec] = &[
    Spec {
        class: ALPC,
        types: &[(33, "SendMessage"), (34, "ReceiveMessage"), (35, "WaitForReply")],
        since: 0,
        fields: Are("MessageID:UInt32"),
    },
    Spec {
        class: ALPC,
        types: &[(36, "WaitForNewMessage")],
        since: 0,
        fields: Are("IsServerPort:UInt32 PortName:AnsiString"),
    },
    Spec { class: ALPC, types: &[(37, "Unwait")], since: 0, fields: Are("Status:NTStatus") },
    Spec {
        class: UMS,
        types: &[(32, "DirectedSwitchStart"), (33, "DirectedSwitchEnd")],
        since: 0,
        fields: Are("ProcessId:UInt32 ScheduledThreadId:UInt32 PrimaryThreadId:UInt32 \
             SwitchFlags:HexInt32"),
    },
    Spec {
        class: UMS,
        types: &[(34, "ScheduledPark")],
        since: 0,
        fields: Are("ProcessId:UInt32 ScheduledThreadId:UInt32 ParkFlags:HexInt32"),
    },
    Spec {
        class: UMS,
        types: &[(35, "Disassociate")],
        since: 0,
        fields: Are("ProcessId:UInt32 ScheduledThreadId:UInt32 PrimaryThreadId:UInt32 \
             UmsApcControlFlags:HexInt32 Status:NTStatus"),
    },
    Spec {
        class: UMS,
        types: &[(36, "ContextSwitch")],
        since: 0,
        fields: Are("ScheduledThreadId:UInt32 SwitchCount:UInt32 KernelYieldCount:UInt32 \
             MixedYieldCount:UInt32 YieldCount:UInt32"),
    },
    Spec {
        class: POWER,
        types: &[(60, "IdleExitLatency")],
        since: 0,
        fields: Are("PlatformState:UInt32 ProcessorState:UInt32 ReturnLatency:UInt32 \
             TotalLatency:UInt32"),
    },
    Spec {
        class: THREAD_POOL,
        types: &[(32, "CBEnqueue"), (34, "CBStart")],
        since: 0,
        fields: Are(
            "PoolId:Pointer TaskId:Pointer CallbackFunction:Pointer CallbackContext:Pointer \
             SubProcessTag:Pointer",
        ),
    },
    Spec {
        class: THREAD_POOL,
        types: &[(33, "CBDequeue"), (35, "CBStop")],
        since: 0,
        fields: Are("TaskId:Pointer"),
    },
    Spec {
        class: THREAD_POOL,
        types: &[(36, "CBCancel")],
        since: 0,
        fields: Are("TaskId:Pointer CancelCount:UInt32"),
    },
    Spec {
        class: THREAD_POOL,
        types: &[(37, "PoolCreate"), (38, "PoolClose")],
        since: 0,
        fields: Are("PoolId:Pointer"),
    },
    Spec {
        class: THREAD_POOL,
        types: &[(39, "ThreadMinSet"), (40, "ThreadMaxSet")],
        since: 0,
        fields: Are("PoolId:Pointer ThreadNum:UInt32"),
    },
    Spec {
        class: CRIT_SEC,
        types: &[(34, "Collision")],
        since: 0,
        fields: Are("LockCount:UInt32 SpinCount:UInt32 OwningThread:Pointer CritSecAddr:Pointer"),
    },
    Spec {
        class: CRIT_SEC,
        types: &[(35, "Initialize")],
        since: 0,
        fields: Are("SpinCount:Pointer CritSecAddr:Pointer"),
    },
    Spec {
        class: DBG_PRINT,
        types: &[(32, "DebugPrint")],
        since: 0,
        fields: Are("Component:UInt32 Level:UInt32 Message:AnsiString"),
    },
    Spec {
        class: MMCSS,
        types: &[(34, "MMCSSEvent")],
        since: 0,
        fields: Are("ScheduledPID:UInt32 ScheduledTID:UInt32 SchedulingPriority:UInt32 \
             TaskIndex:UInt32"),
    },
    Spec { class: MMCSS, types: &[(35, "Wakeup")], since: 0, fields: Are("Reason:HexInt32") },
    Spec {
        class: MMCSS,
        types: &[(32, "Start"), (33, "Stop"), (36, "Sleep"), (37, "")],
        since: 0,
        fields: Are(""),
    },
];
