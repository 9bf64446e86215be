//! Types whose classes Windows does not publish: what the kernel writes is known from its header
//! of the logger (ntwmi.h, as System Informer republishes it), which names the structure of each.
//!
//! Left out, so shown as bytes: structures that pad differently in 32 and 64 bit (read-ahead and
//! logged streams of Cc, kernel memory use), those whose size grew unannounced (working sets of
//! types 60, 74, 125 and 126 of PageFault), those on which that header and the kernel disagree
//! (types 114 and 115 of PageFault, interprocessor interrupts), and those whose types it does not
//! number (Job, Wnf).

use super::memory::{HEAP, PAGE_FAULT, POOL};
use super::perf_info::PERF_INFO;
use super::services::POWER;
use super::{Are, Class, Spec, class};

const CC: Class =
    class(0x7687_a439, 0xf752, 0x45b8, [0xb7, 0x41, 0x32, 0x1a, 0xec, 0x0f, 0x8d, 0xf9], "Cc");

const fn hooks(class: Class, types: &'static [(u8, &'static str)], fields: &'static str) -> Spec {
    Spec { class, types, since: 0, fields: Are(fields) }
}

pub(super) const SPECS: &[Spec] = &[
    hooks(
        PAGE_FAULT,
        &[(71, "MemorySnapLite"), (112, "MemInfo")],
        "ZeroPageCount:SizeT FreePageCount:SizeT ModifiedPageCount:SizeT \
         ModifiedNoWritePageCount:SizeT BadPageCount:SizeT PageCountByPriority:SizeT[8] \
         RepurposedPagesByPriority:SizeT[8] ModifiedPageCountPageFile:SizeT",
    ),
    hooks(
        PAGE_FAULT,
        &[
            (70, "TrimSession"),
            (75, "SessionCreate"),
            (76, "SessionDCEnd"),
            (77, "SessionDCStart"),
            (78, "SessionDelete"),
        ],
        "UniqueSessionId:Pointer SessionId:UInt32",
    ),
    hooks(
        PAGE_FAULT,
        &[
            (72, "PFMappedSectionRundown"),
            (73, "PFMappedSectionCreate"),
            (79, "PFMappedSectionDelete"),
        ],
        "RangeBase:Pointer RangeEnd:Pointer CreatingProcessId:UInt32",
    ),
    hooks(
        PAGE_FAULT,
        &[(135, "PFMappedSectionObjectCreate"), (136, "PFMappedSectionObjectDelete")],
        "SectionObject:Pointer RangeBase:Pointer",
    ),
    // Use in the lowest four bits of the description, a key in the next 48.
    hooks(
        PAGE_FAULT,
        &[
            (116, "CompressedPage"),
            (117, "PageInMemoryActive"),
            (118, "PageAccess"),
            (119, "PageRelease"),
            (120, "PageRangeAccess"),
            (121, "PageRangeRelease"),
            (130, "PageAccessEx"),
            (131, "RemoveFromWS"),
            (132, "WSShareableRundown"),
            (133, "InMemoryActiveRundown"),
        ],
        "Description:HexInt64 VirtualAddress:Pointer PageCount:SizeT",
    ),
    hooks(
        PAGE_FAULT,
        &[(122, "PageCombine")],
        "StatType:UInt32 PagesScanned:UInt32 PagesCombined:UInt32",
    ),
    hooks(
        POOL,
        &[
            (36, "AddPoolPage"),
            (37, "AddPoolPageSession"),
            (38, "BigPoolPage"),
            (39, "BigPoolPageSession"),
            (40, "SnapDCStart"),
            (41, "SnapDCEnd"),
            (42, "BigSnapDCStart"),
            (43, "BigSnapDCEnd"),
            (44, "SessionSnapDCStart"),
            (45, "SessionSnapDCEnd"),
            (46, "SessionBigSnapDCStart"),
            (47, "SessionBigSnapDCEnd"),
        ],
        "Type:UInt32 Tag:HexInt32 NumberOfBytes:SizeT Entry:Pointer",
    ),
    hooks(
        HEAP,
        &[
            (47, "SubSegmentAlloc"),
            (48, "SubSegmentFree"),
            (49, "SubSegmentAllocCache"),
            (50, "SubSegmentFreeCache"),
        ],
        "HeapHandle:Pointer SubSegment:Pointer SubSegmentSize:SizeT BlockSize:SizeT",
    ),
    hooks(
        HEAP,
        &[(51, "Commit"), (52, "Decommit")],
        "HeapHandle:Pointer Block:Pointer Size:SizeT Caller:UInt32",
    ),
    hooks(
        HEAP,
        &[(53, "SubSegmentInit")],
        "HeapHandle:Pointer SubSegment:Pointer BlockSize:SizeT BlockCount:SizeT AffinityIndex:UInt32",
    ),
    hooks(HEAP, &[(54, "AffinityEnable")], "HeapHandle:Pointer BucketIndex:UInt32"),
    hooks(HEAP, &[(56, "SubSegmentActivated")], "HeapHandle:Pointer SubSegment:Pointer"),
    hooks(
        HEAP,
        &[(57, "AffinityAssign")],
        "HeapHandle:Pointer SubSegment:Pointer SlotIndex:UInt32",
    ),
    hooks(
        HEAP,
        &[(58, "ReuseThresholdActivated")],
        "HeapHandle:Pointer SubSegment:Pointer BucketIndex:UInt32",
    ),
    hooks(PERF_INFO, &[(36, "AsyncMark"), (136, "CapComment")], "Message:AnsiString"),
    hooks(
        PERF_INFO,
        &[(71, "SampleProfNmi")],
        "InstructionPointer:Pointer ThreadId:UInt32 Count:UInt16 Reserved:UInt16?",
    ),
    hooks(
        PERF_INFO,
        &[(77, "ResourceConfigStart"), (78, "ResourceConfigEnd")],
        "ReleaseSamplingRate:UInt32 ContentionSamplingRate:UInt32 NumberOfExcessiveTimeouts:UInt32",
    ),
    hooks(PERF_INFO, &[(79, "ClockInterrupt")], "InterruptTime:UInt64 Flags:HexInt16"),
    hooks(PERF_INFO, &[(80, "TimerExpirationStart")], "InterruptTime:UInt64"),
    hooks(
        PERF_INFO,
        &[(81, "TimerExpiration")],
        "ExpectedDueTime:UInt64 TimerAddress:Pointer DeferredRoutine:Pointer EncodedDelay:UInt8?",
    ),
    // A one-shot timer has no period.
    hooks(
        PERF_INFO,
        &[(82, "TimerSetPeriodic"), (83, "TimerSetOneShot"), (84, "TimerSetThread")],
        "ExpectedDueTime:UInt64 TimerAddress:Pointer TargetProcessorGroup:UInt16 \
         TargetProcessorIndex:UInt8 Flags:HexInt8 Period:UInt32? EncodedDelay:UInt8?",
    ),
    hooks(PERF_INFO, &[(85, "TimerCancel")], "TimerAddress:Pointer"),
    hooks(PERF_INFO, &[(88, "ClockTimeUpdate")], "InterruptTime:UInt64 ClockOwner:UInt32"),
    hooks(
        PERF_INFO,
        &[(90, "ClockConfiguration")],
        "KnownType:UInt32 Capabilities:HexInt32 DisableReason:UInt32",
    ),
    hooks(
        PERF_INFO,
        &[(99, "CpuCacheFlush")],
        "Address:Pointer Bytes:SizeT Clean:UInt8 FullFlush:UInt8 Rectangle:UInt8",
    ),
    hooks(
        PERF_INFO,
        &[(100, "DpcEnqueue")],
        "Key:Pointer DpcQueueDepth:Int32 DpcCount:UInt32 TargetProcessorIndex:UInt32 \
         Importance:UInt8",
    ),
    hooks(PERF_INFO, &[(101, "DpcExecution")], "DpcRoutine:Pointer Key:Pointer"),
    hooks(
        PERF_INFO,
        &[(109, "ShouldYieldProcessor")],
        "YieldReason:UInt32 DpcWatchdogCount:UInt32 DpcTimeCount:UInt32",
    ),
    hooks(
        POWER,
        &[(34, "SetPowerAction")],
        "Trigger:Pointer PowerAction:UInt32 LightestState:UInt32",
    ),
    hooks(POWER, &[(35, "SetPowerActionRet")], "Trigger:Pointer Status:NTStatus"),
    hooks(
        POWER,
        &[(36, "SetDevicesState")],
        "SystemState:UInt32 Waking:UInt8 Shutdown:UInt8 IrpMinor:UInt8",
    ),
    hooks(POWER, &[(37, "SetDevicesStateRet"), (41, "SessionCalloutRet")], "Status:NTStatus"),
    hooks(
        POWER,
        &[(38, "NotifyDevice")],
        "Irp:Pointer DriverStart:Pointer OrderLevel:UInt8 MajorFunction:UInt8 MinorFunction:UInt8 \
         Padding:UInt8 Type:UInt32 State:UInt32 DeviceNameLength:UInt32 DeviceName:UnicodeString",
    ),
    hooks(POWER, &[(39, "NotifyDeviceComplete")], "Irp:Pointer Status:NTStatus"),
    hooks(
        POWER,
        &[(40, "SessionCallout")],
        "SystemAction:UInt32 MinSystemState:UInt32 Flags:HexInt32 PowerStateTask:UInt32",
    ),
    hooks(POWER, &[(48, "PreSleep")], "PerformanceCounter:UInt64 PerformanceFrequency:UInt64"),
    hooks(POWER, &[(49, "PostSleep"), (50, "CalibratedPerfCounter")], "PerformanceCounter:UInt64"),
    hooks(
        POWER,
        &[(51, "PerfStateChange"), (52, "ThrottleStateChange")],
        "Type:UInt32 NewState:UInt32 OldState:UInt32 Result:NTStatus Processors:HexInt64",
    ),
    hooks(POWER, &[(53, "IdleStateChange")], "NewState:UInt32 OldState:UInt32 Processors:HexInt64"),
    hooks(
        POWER,
        &[(54, "ThermalConstraint")],
        "Constraint:UInt32 Padding:UInt32 Processors:HexInt64",
    ),
    hooks(POWER, &[(55, "SignalResumeUI"), (56, "SignalVideoOn")], ""),
    hooks(
        POWER,
        &[(57, "IdleStateEnter"), (59, "PlatformIdleStateEnter"), (63, "CoordinatedIdleEnter")],
        "State:UInt32 Properties:HexInt16 ExpectedWakeReason:UInt8 Reserved:UInt8 \
         ExpectedDuration:UInt64",
    ),
    hooks(
        POWER,
        &[(58, "IdleStateExit"), (64, "CoordinatedIdleExit")],
        "State:UInt32 Status:UInt32",
    ),
    hooks(
        POWER,
        &[(61, "IdleProcessorSelection"), (62, "IdlePlatformSelection")],
        "SelectedState:UInt32 VetoedStates:UInt32 VetoReason:HexInt32[@VetoedStates]",
    ),
    hooks(
        CC,
        &[(0, "WorkItemEnqueue"), (4, "WriteBehind")],
        "WorkItemKey:Pointer FileObjectKey:Pointer QueueType:UInt8 WorkItemType:UInt8 \
         Requeue:UInt8 Reserved:UInt8",
    ),
    hooks(CC, &[(1, "WorkItemDequeue"), (2, "WorkItemComplete")], "WorkItemKey:Pointer"),
    hooks(
        CC,
        &[(5, "LazyWriteScan")],
        "WorkItemKey:Pointer ReasonForFlush:HexInt32 PagesToWrite:UInt32 TotalDirtyPages:SizeT \
         AvailablePages:SizeT DirtyPageThreshold:SizeT NumberOfMappedVacbs:SizeT \
         TopDirtyPageThreshold:SizeT BottomDirtyPageThreshold:SizeT AverageAvailablePages:SizeT \
         AverageDirtyPages:SizeT ConsecutiveWorklessLazywriteScans:SizeT",
    ),
    hooks(
        CC,
        &[(6, "CanIWriteFail")],
        "FileObjectKey:Pointer TotalDirtyPages:SizeT DirtyPageThreshold:SizeT BytesToWrite:UInt32",
    ),
    hooks(
        CC,
        &[(9, "FlushCache")],
        "WorkItemKey:Pointer FileObjectKey:Pointer Offset:UInt64 Length:UInt32 \
         SharedCacheMapFlags:HexInt32 Flags:HexInt32 Reserved:UInt32",
    ),
    hooks(
        CC,
        &[(10, "FlushSection")],
        "WorkItemKey:Pointer FileObjectKey:Pointer Offset:UInt64 Length:UInt32 \
         MmFlushFlags:HexInt32",
    ),
    hooks(
        CC,
        &[(14, "ExtraWriteBehindThread")],
        "ThreadAction:UInt32 ActiveExtraWBThreads:UInt32 TotalDirtyPages:SizeT \
         DirtyPageThreshold:SizeT AvailablePages:SizeT",
    ),
];
