//! Threads and the scheduler.

use super::{Are, Class, Spec, class};
use crate::guid::Guid;
use crate::value::{Decoded, Field, Value};

pub(super) const THREAD: Class =
    class(0x3d6f_a8d1, 0xfe05, 0x11d0, [0x9d, 0xda, 0x00, 0xc0, 0x4f, 0xd7, 0xba, 0x7c], "Thread");
const LIFE: &[(u8, &str)] = &[(1, "Start"), (2, "End"), (3, "DCStart"), (4, "DCEnd")];

/// `PERFINFO_LOG_TYPE_CONTEXTSWAP_BATCH`.
pub(super) const BATCH: u8 = 37;

pub(super) const SPECS: &[Spec] = &[
    Spec { class: THREAD, types: LIFE, since: 0, fields: Are("TThreadId:UInt32 ProcessId:UInt32") },
    // An end has the two ids only.
    Spec {
        class: THREAD,
        types: LIFE,
        since: 1,
        fields: Are("ProcessId:UInt32 TThreadId:UInt32 StackBase:Pointer? StackLimit:Pointer \
             UserStackBase:Pointer UserStackLimit:Pointer StartAddr:Pointer \
             Win32StartAddr:Pointer WaitMode:Int8"),
    },
    Spec {
        class: THREAD,
        types: LIFE,
        since: 2,
        fields: Are("ProcessId:UInt32 TThreadId:UInt32 StackBase:Pointer StackLimit:Pointer \
             UserStackBase:Pointer UserStackLimit:Pointer StartAddr:Pointer \
             Win32StartAddr:Pointer TebBase:Pointer SubProcessTag:UInt32"),
    },
    Spec {
        class: THREAD,
        types: LIFE,
        since: 3,
        fields: Are("ProcessId:UInt32 TThreadId:UInt32 StackBase:Pointer StackLimit:Pointer \
             UserStackBase:Pointer UserStackLimit:Pointer Affinity:Pointer \
             Win32StartAddr:Pointer TebBase:Pointer SubProcessTag:UInt32 BasePriority:UInt8 \
             PagePriority:UInt8 IoPriority:UInt8 ThreadFlags:UInt8 ThreadName:UnicodeString?"),
    },
    Spec {
        class: THREAD,
        types: &[(36, "CSwitch")],
        since: 0,
        fields: Are(
            "NewThreadId:UInt32 OldThreadId:UInt32 NewThreadPriority:Int8 OldThreadPriority:Int8 \
             NewThreadQuantum:Int8 OldThreadQuantum:Int8 OldThreadWaitReason:Int8 \
             OldThreadWaitMode:Int8 OldThreadState:Int8 OldThreadWaitIdealProcessor:Int8 \
             NewThreadWaitTime:UInt32?",
        ),
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
        types: &[(36, "CSwitch")],
        since: 3,
        fields: Are(
            "NewThreadId:UInt32 OldThreadId:UInt32 NewThreadPriority:Int8 OldThreadPriority:Int8 \
             PreviousCState:UInt8 SpareByte:Int8 OldThreadWaitReason:Int8 ThreadFlags:Int8 \
             OldThreadState:Int8 OldThreadWaitIdealProcessor:Int8 NewThreadWaitTime:UInt32 \
             Reserved:UInt32",
        ),
    },
    Spec {
        class: THREAD,
        types: &[(37, "CompCS")],
        since: 0,
        fields: Are("FirstTimeStamp:Int64 TidTable:UInt32[16] ThreadBasePriority:Int8[16] \
             Switches:RestBinary"),
    },
    Spec {
        class: THREAD,
        types: &[(50, "ReadyThread")],
        since: 0,
        fields: Are(
            "TThreadId:UInt32 AdjustReason:Int8 AdjustIncrement:Int8 Flag:Int8 Reserved:Int8",
        ),
    },
    Spec {
        class: THREAD,
        types: &[
            (48, "SetPriority"),
            (49, "SetBasePriority"),
            (51, "SetPagePriority"),
            (52, "SetIoPriority"),
        ],
        since: 3,
        fields: Are("ThreadId:UInt32 OldPriority:UInt8 NewPriority:UInt8 Reserved:UInt16"),
    },
    // Of Vista, which uses the numbers for processor reserves.
    Spec {
        class: THREAD,
        types: &[(48, "ReserveCreate")],
        since: 0,
        fields: Are(
            "Reserve:Pointer Period:UInt32 Budget:UInt32 ObjectFlags:UInt32 Processor:Int8",
        ),
    },
    Spec {
        class: THREAD,
        types: &[(49, "ReserveDelete")],
        since: 0,
        fields: Are("Reserve:Pointer"),
    },
    Spec {
        class: THREAD,
        types: &[(52, "ReserveJoinThread")],
        since: 0,
        fields: Are("Reserve:Pointer TThreadId:UInt32"),
    },
    Spec {
        class: THREAD,
        types: &[(41, "SpinLock")],
        since: 0,
        fields: Are(
            "SpinLockAddress:Pointer CallerAddress:Pointer AcquireTime:UInt64 ReleaseTime:UInt64 \
             WaitTimeInCycles:UInt32 SpinCount:UInt32 ThreadId:UInt32 InterruptCount:UInt32 \
             Irql:UInt8 AcquireDepth:UInt8 Flag:UInt8 Reserved:UInt8[5]",
        ),
    },
    Spec {
        class: THREAD,
        types: &[(53, "ThreadAffinity")],
        since: 0,
        fields: Are("Affinity:Pointer ThreadId:UInt32 Group:UInt16 Reserved:UInt16"),
    },
    Spec {
        class: THREAD,
        types: &[(57, "WorkerThread")],
        since: 0,
        fields: Are("TThreadId:UInt32 StartTime:UInt64 ThreadRoutine:Pointer"),
    },
    Spec {
        class: THREAD,
        types: &[(60, "AntiStarvationBoost")],
        since: 0,
        fields: Are("ThreadId:UInt32 ProcessorIndex:UInt16 Priority:UInt8 Reserved:UInt8"),
    },
    Spec {
        class: THREAD,
        types: &[(61, "ThreadMigration")],
        since: 0,
        fields: Are("ThreadId:UInt32 SourceProcessorIndex:UInt16 TargetProcessorIndex:UInt16 \
             Priority:UInt8 IdealProcessorAdjust:UInt8 OldIdealProcessorIndex:UInt16"),
    },
    Spec {
        class: THREAD,
        types: &[(62, "KernelQueueEnqueue")],
        since: 0,
        fields: Are("Entry:Pointer ThreadId:UInt32"),
    },
    Spec {
        class: THREAD,
        types: &[(63, "KernelQueueDequeue")],
        since: 0,
        fields: Are("ThreadId:UInt32 EntryCount:UInt32 Entries:Pointer[@EntryCount]"),
    },
    Spec {
        class: THREAD,
        types: &[(64, "WorkerThreadStart"), (65, "WorkerThreadStop")],
        since: 0,
        fields: Are("CallbackRoutine:Pointer"),
    },
    Spec {
        class: THREAD,
        types: &[(66, "AutoBoostSetFloor")],
        since: 0,
        fields: Are("Lock:Pointer ThreadId:UInt32 NewCpuPriorityFloor:UInt8 OldCpuPriority:UInt8 \
             IoPriorities:HexInt8 BoostFlags:HexInt8"),
    },
    Spec {
        class: THREAD,
        types: &[(67, "AutoBoostClearFloor")],
        since: 0,
        fields: Are("LockAddress:Pointer ThreadId:UInt32 BoostBitmap:HexInt32"),
    },
    Spec {
        class: THREAD,
        types: &[(68, "AutoBoostEntryExhaustion")],
        since: 0,
        fields: Are("LockAddress:Pointer ThreadId:UInt32"),
    },
    Spec {
        class: THREAD,
        types: &[(69, "SubProcessTagChanged")],
        since: 0,
        fields: Are("OldTag:HexInt32 NewTag:HexInt32"),
    },
    Spec {
        class: THREAD,
        types: &[(72, "SetName")],
        since: 2,
        fields: Are("ProcessId:UInt32 ThreadId:UInt32 ThreadName:UnicodeString"),
    },
];

/// Replaces the packed switches of a batch by what they say, when that accounts for each byte.
///
/// A switch is 2, 4, 4 or 8 bytes, as its lowest two bits say: from the idle thread soon after the
/// one before, from the idle thread, from a thread in short, from a thread in full
/// (`PERFINFO_CCSWAP` of ntwmi.h, described by Chappell).
pub(super) fn unpack_switches(class: Guid, opcode: u8, decoded: &mut Decoded) {
    if class != THREAD.0 || opcode != BATCH {
        return;
    }
    let [_, threads, priorities, switches] = decoded.fields.as_mut_slice() else { return };
    let (Value::Array(threads), Value::Array(priorities), Value::Binary(bytes)) =
        (&threads.value, &priorities.value, &switches.value)
    else {
        return;
    };
    let Some(list) = parse_switches(bytes, threads, priorities) else { return };
    switches.value = Value::Array(list);
    "Struct[]".clone_into(&mut switches.type_name);
}

fn parse_switches(bytes: &[u8], threads: &[Value], priorities: &[Value]) -> Option<Vec<Value>> {
    let mut rest = bytes;
    let mut list = Vec::new();
    while let Some(&first) = rest.first() {
        let short = u64::from(u16::from_le_bytes(*rest.first_chunk()?));
        let kind = first & 3;
        if kind == 0 {
            list.push(switch(short >> 2, Value::UInt(0), None, None, None));
            rest = rest.get(2..)?;
            continue;
        }
        let word = u64::from(u32::from_le_bytes(*rest.first_chunk()?));
        let thread = |index: u64| threads.get(usize::try_from(index).ok()?).cloned();
        rest = rest.get(4..)?;
        match kind {
            1 => list.push(switch(word >> 2, Value::UInt(0), None, None, None)),
            2 => {
                let index = word >> 2 & 15;
                let base = match priorities.get(usize::try_from(index).ok()?)? {
                    Value::Int(base) => *base,
                    _ => return None,
                };
                let priority = base + i64::try_from(word >> 6 & 7).ok()?;
                let state = Some(word >> 9 & 63);
                list.push(switch(word >> 15, thread(index)?, Some(priority), state, None));
            }
            _ => {
                let more = u64::from(u32::from_le_bytes(*rest.first_chunk()?));
                rest = rest.get(4..)?;
                let priority = i64::try_from(more >> 10 & 31).ok();
                let (state, wait) = (Some(more >> 4 & 63), Some(more >> 15));
                list.push(switch(word >> 2, thread(more & 15)?, priority, state, wait));
            }
        }
    }
    Some(list)
}

/// One switch away from a thread; the idle thread has the id 0.
fn switch(
    delta: u64,
    thread: Value,
    priority: Option<i64>,
    state: Option<u64>,
    wait: Option<u64>,
) -> Value {
    let known = [
        ("TimeDelta", Some(Value::UInt(delta)), "UInt32"),
        ("OldThreadId", Some(thread), "UInt32"),
        ("OldThreadPriority", priority.map(Value::Int), "Int8"),
        ("OldThreadStateWr", state.map(Value::UInt), "UInt8"),
        ("NewThreadWaitTime", wait.map(Value::UInt), "UInt32"),
    ];
    let fields = known.into_iter().filter_map(|(name, value, type_name)| {
        let (name, type_name) = (name.to_owned(), type_name.to_owned());
        value.map(|value| Field { name, type_name, value, bytes: 0..0 })
    });
    Value::Struct(fields.collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_batch_of_switches_is_unpacked() {
        let threads: Vec<Value> = (100..116).map(Value::UInt).collect();
        let priorities: Vec<Value> = (0..16).map(|_| Value::Int(8)).collect();
        // Idle, 5 ticks later; idle, 70,000 later; thread 2 in short, priority +3, state 6, 9
        // later; thread 15 in full, priority 12, state 45, 1,000 later, waited 77.
        let mut bytes = (5_u16 << 2).to_le_bytes().to_vec();
        bytes.extend((70_000_u32 << 2 | 1).to_le_bytes());
        bytes.extend((9_u32 << 15 | 6 << 9 | 3 << 6 | 2 << 2 | 2).to_le_bytes());
        bytes.extend((1_000_u32 << 2 | 3).to_le_bytes());
        bytes.extend((77_u32 << 15 | 12 << 10 | 45 << 4 | 15).to_le_bytes());
        let list = parse_switches(&bytes, &threads, &priorities).expect("four switches");
        let text = crate::value_text::ValueText(&Value::Array(list)).to_string();
        assert_eq!(
            text,
            "[{TimeDelta=5, OldThreadId=0}, {TimeDelta=70000, OldThreadId=0}, {TimeDelta=9, \
             OldThreadId=102, OldThreadPriority=11, OldThreadStateWr=6}, {TimeDelta=1000, \
             OldThreadId=115, OldThreadPriority=12, OldThreadStateWr=45, NewThreadWaitTime=77}]"
        );
        assert_eq!(parse_switches(&bytes[..bytes.len() - 1], &threads, &priorities), None);
    }
}
