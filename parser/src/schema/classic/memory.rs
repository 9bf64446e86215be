//! Page faults, virtual memory, pools and heaps.

use super::{Are, Class, Spec, class};

pub(super) const PAGE_FAULT: Class = class(
    0x3d6f_a8d3,
    0xfe05,
    0x11d0,
    [0x9d, 0xda, 0x00, 0xc0, 0x4f, 0xd7, 0xba, 0x7c],
    "PageFault",
);
pub(super) const POOL: Class =
    class(0x0268_a8b6, 0x74fd, 0x4302, [0x9d, 0xd0, 0x6e, 0x8f, 0x17, 0x95, 0xc0, 0xcf], "Pool");
pub(super) const HEAP: Class =
    class(0x2229_62ab, 0x6180, 0x4b88, [0xa8, 0x25, 0x34, 0x6b, 0x75, 0xf2, 0xa2, 0x4a], "Heap");

pub(super) const SPECS: &[Spec] = &[
    Spec {
        class: PAGE_FAULT,
        types: &[
            (10, "TransitionFault"),
            (11, "DemandZeroFault"),
            (12, "CopyOnWrite"),
            (13, "GuardPageFault"),
            (14, "HardPageFault"),
            (15, "AccessViolation"),
        ],
        since: 0,
        fields: Are("VirtualAddress:Pointer ProgramCounter:Pointer"),
    },
    Spec {
        class: PAGE_FAULT,
        types: &[(32, "HardFault")],
        since: 0,
        fields: Are(
            "InitialTime:UInt64 ReadOffset:UInt64 VirtualAddress:Pointer FileObject:Pointer \
             TThreadId:UInt32 ByteCount:UInt32",
        ),
    },
    Spec {
        class: PAGE_FAULT,
        types: &[(98, "VirtualAlloc"), (99, "VirtualFree")],
        since: 0,
        fields: Are("BaseAddress:Pointer RegionSize:SizeT ProcessId:UInt32 Flags:HexInt32"),
    },
    Spec {
        class: PAGE_FAULT,
        types: &[(128, "VirtualAllocDCStart"), (129, "VirtualAllocDCEnd")],
        since: 0,
        fields: Are("BaseAddress:Pointer RegionSize:SizeT ProcessId:UInt32 Flags:HexInt32 \
             CommitSizeInBytes:SizeT"),
    },
    Spec {
        class: PAGE_FAULT,
        types: &[(127, "VirtualRotate")],
        since: 0,
        fields: Are("BaseAddress:Pointer SizeInBytes:SizeT"),
    },
    Spec {
        class: PAGE_FAULT,
        types: &[(134, "MemReset")],
        since: 0,
        fields: Are("BaseAddress:Pointer SizeInBytes:SizeT Flags:HexInt32"),
    },
    Spec {
        class: PAGE_FAULT,
        types: &[(100, "HRRundown")],
        since: 0,
        fields: Are("HeapHandle:Pointer HRFlags:HexInt32 HRPid:UInt32 HRRangeCount:UInt32 \
             Ranges:RestBinary?"),
    },
    Spec {
        class: PAGE_FAULT,
        types: &[(100, "HRRundown")],
        since: 3,
        fields: Are("HeapHandle:Pointer HRFlags:HexInt32 HRPid:UInt32 HRRangeCount:UInt32 \
             Reserved:UInt32 Ranges:RestBinary?"),
    },
    Spec {
        class: PAGE_FAULT,
        types: &[(100, "HRRundown")],
        since: 4,
        fields: Are("HeapHandle:Pointer HRFlags:HexInt32 HRPid:UInt32 HRRangeCount:UInt32 \
             HRHeapTag:UInt64 Ranges:RestBinary?"),
    },
    Spec {
        class: PAGE_FAULT,
        types: &[(101, "HRCreate")],
        since: 0,
        fields: Are("HeapHandle:Pointer FirstRangeSize:SizeT HRCreateFlags:HexInt32"),
    },
    Spec {
        class: PAGE_FAULT,
        types: &[(102, "HRReserve"), (103, "HRRelease")],
        since: 0,
        fields: Are("HeapHandle:Pointer HRAddress:Pointer HRSize:SizeT"),
    },
    Spec {
        class: PAGE_FAULT,
        types: &[(104, "HRDestroy")],
        since: 0,
        fields: Are("HeapHandle:Pointer"),
    },
    Spec {
        class: PAGE_FAULT,
        types: &[(105, "ImageLoadBacked")],
        since: 0,
        fields: Are("FileObject:Pointer DeviceChar:HexInt32 FileChar:HexInt16 LoadFlags:HexInt16"),
    },
    Spec {
        class: POOL,
        types: &[(32, "Alloc"), (34, "Free")],
        since: 0,
        fields: Are("Type:UInt32 Tag:HexInt32 NumberOfBytes:SizeT Entry:Pointer"),
    },
    Spec {
        class: POOL,
        types: &[(33, "SessionAlloc"), (35, "SessionFree")],
        since: 0,
        fields: Are("Type:UInt32 Tag:HexInt32 NumberOfBytes:SizeT Entry:Pointer SessionId:UInt32"),
    },
    Spec {
        class: HEAP,
        types: &[(32, "Create")],
        since: 0,
        fields: Are("HeapHandle:Pointer HeapFlags:HexInt32"),
    },
    Spec {
        class: HEAP,
        types: &[(33, "Alloc")],
        since: 0,
        fields: Are("HeapHandle:Pointer AllocSize:SizeT AllocAddress:Pointer SourceId:UInt32"),
    },
    Spec {
        class: HEAP,
        types: &[(34, "ReAlloc")],
        since: 0,
        fields: Are("HeapHandle:Pointer NewAllocAddress:Pointer OldAllocAddress:Pointer \
             NewAllocSize:SizeT OldAllocSize:SizeT SourceId:UInt32"),
    },
    Spec {
        class: HEAP,
        types: &[(36, "Free")],
        since: 0,
        fields: Are("HeapHandle:Pointer FreeAddress:Pointer SourceId:UInt32"),
    },
    Spec {
        class: HEAP,
        types: &[(37, "Expand")],
        since: 0,
        fields: Are(
            "HeapHandle:Pointer CommittedSize:SizeT CommitAddress:Pointer FreeSpace:SizeT \
             CommittedSpace:SizeT ReservedSpace:SizeT NoOfUCRs:UInt32",
        ),
    },
    Spec {
        class: HEAP,
        types: &[(38, "SnapShot")],
        since: 0,
        fields: Are("HeapHandle:Pointer FreeSpace:SizeT CommittedSpace:SizeT ReservedSpace:SizeT \
             HeapFlags:HexInt32"),
    },
    Spec {
        class: HEAP,
        types: &[(42, "Contract")],
        since: 0,
        fields: Are(
            "HeapHandle:Pointer DeCommittedSize:SizeT DeCommitAddress:Pointer FreeSpace:SizeT \
             CommittedSpace:SizeT ReservedSpace:SizeT NoOfUCRs:UInt32",
        ),
    },
    Spec {
        class: HEAP,
        types: &[(35, "Destroy"), (43, "Lock"), (44, "Unlock"), (45, "Validate"), (46, "Walk")],
        since: 0,
        fields: Are("HeapHandle:Pointer"),
    },
];
