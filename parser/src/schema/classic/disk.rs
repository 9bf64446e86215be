//! Disks, files, page faults and the registry.

use super::{Are, Class, Spec, class};

const DISK_IO: Class =
    class(0x3d6f_a8d4, 0xfe05, 0x11d0, [0x9d, 0xda, 0x00, 0xc0, 0x4f, 0xd7, 0xba, 0x7c], "DiskIo");
const FILE_IO: Class =
    class(0x90cb_dc39, 0x4a3e, 0x11d1, [0x84, 0xf4, 0x00, 0x00, 0xf8, 0x04, 0x64, 0xe3], "FileIo");
const PAGE_FAULT: Class = class(
    0x3d6f_a8d3,
    0xfe05,
    0x11d0,
    [0x9d, 0xda, 0x00, 0xc0, 0x4f, 0xd7, 0xba, 0x7c],
    "PageFault",
);
const REGISTRY: Class = class(
    0xae53_722e,
    0xc863,
    0x11d2,
    [0x86, 0x59, 0x00, 0xc0, 0x4f, 0xa3, 0x21, 0xa1],
    "Registry",
);

const TRANSFER: &[(u8, &str)] = &[(10, "Read"), (11, "Write")];
const TRANSFER_INIT: &[(u8, &str)] = &[(12, "ReadInit"), (13, "WriteInit"), (15, "FlushInit")];
const SIMPLE: &[(u8, &str)] = &[(65, "Cleanup"), (66, "Close"), (73, "Flush")];
const READ_WRITE: &[(u8, &str)] = &[(67, "Read"), (68, "Write")];
const INFO: &[(u8, &str)] =
    &[(69, "SetInfo"), (70, "Delete"), (71, "Rename"), (74, "QueryInfo"), (75, "FSControl")];
const DIRECTORY: &[(u8, &str)] = &[(72, "DirEnum"), (77, "DirNotify")];

pub(super) const SPECS: &[Spec] = &[
    Spec {
        class: DISK_IO,
        types: TRANSFER,
        since: 2,
        fields: Are("DiskNumber:UInt32 IrpFlags:HexInt32 TransferSize:UInt32 Reserved:UInt32 \
             ByteOffset:Int64 FileObject:Pointer Irp:Pointer HighResResponseTime:UInt64 \
             IssuingThreadId:UInt32?"),
    },
    Spec {
        class: DISK_IO,
        types: &[(14, "FlushBuffers")],
        since: 2,
        fields: Are("DiskNumber:UInt32 IrpFlags:HexInt32 HighResResponseTime:UInt64 Irp:Pointer \
             IssuingThreadId:UInt32?"),
    },
    Spec {
        class: DISK_IO,
        types: TRANSFER_INIT,
        since: 2,
        fields: Are("Irp:Pointer IssuingThreadId:UInt32?"),
    },
    Spec {
        class: FILE_IO,
        types: &[(0, "Name"), (32, "FileCreate"), (35, "FileDelete"), (36, "FileRundown")],
        since: 0,
        fields: Are("FileObject:Pointer FileName:UnicodeString"),
    },
    Spec {
        class: FILE_IO,
        types: &[(64, "Create")],
        since: 2,
        fields: Are("IrpPtr:Pointer TTID:Pointer FileObject:Pointer CreateOptions:HexInt32 \
             FileAttributes:HexInt32 ShareAccess:HexInt32 OpenPath:UnicodeString"),
    },
    Spec {
        class: FILE_IO,
        types: &[(64, "Create")],
        since: 3,
        fields: Are("IrpPtr:Pointer FileObject:Pointer TTID:UInt32 CreateOptions:HexInt32 \
             FileAttributes:HexInt32 ShareAccess:HexInt32 OpenPath:UnicodeString"),
    },
    Spec {
        class: FILE_IO,
        types: SIMPLE,
        since: 2,
        fields: Are("IrpPtr:Pointer TTID:Pointer FileObject:Pointer FileKey:Pointer"),
    },
    Spec {
        class: FILE_IO,
        types: SIMPLE,
        since: 3,
        fields: Are("IrpPtr:Pointer FileObject:Pointer FileKey:Pointer TTID:UInt32"),
    },
    Spec {
        class: FILE_IO,
        types: READ_WRITE,
        since: 2,
        fields: Are(
            "Offset:UInt64 IrpPtr:Pointer TTID:Pointer FileObject:Pointer FileKey:Pointer \
             IoSize:UInt32 IoFlags:HexInt32",
        ),
    },
    Spec {
        class: FILE_IO,
        types: READ_WRITE,
        since: 3,
        fields: Are("Offset:UInt64 IrpPtr:Pointer FileObject:Pointer FileKey:Pointer TTID:UInt32 \
             IoSize:UInt32 IoFlags:HexInt32"),
    },
    Spec {
        class: FILE_IO,
        types: INFO,
        since: 2,
        fields: Are(
            "IrpPtr:Pointer TTID:Pointer FileObject:Pointer FileKey:Pointer ExtraInfo:Pointer \
             InfoClass:UInt32",
        ),
    },
    Spec {
        class: FILE_IO,
        types: INFO,
        since: 3,
        fields: Are(
            "IrpPtr:Pointer FileObject:Pointer FileKey:Pointer ExtraInfo:Pointer TTID:UInt32 \
             InfoClass:UInt32",
        ),
    },
    Spec {
        class: FILE_IO,
        types: DIRECTORY,
        since: 2,
        fields: Are(
            "IrpPtr:Pointer TTID:Pointer FileObject:Pointer FileKey:Pointer Length:UInt32 \
             InfoClass:UInt32 FileIndex:UInt32 FileName:UnicodeString",
        ),
    },
    Spec {
        class: FILE_IO,
        types: DIRECTORY,
        since: 3,
        fields: Are("IrpPtr:Pointer FileObject:Pointer FileKey:Pointer TTID:UInt32 Length:UInt32 \
             InfoClass:UInt32 FileIndex:UInt32 FileName:UnicodeString"),
    },
    Spec {
        class: FILE_IO,
        types: &[(76, "OperationEnd")],
        since: 2,
        fields: Are("IrpPtr:Pointer ExtraInfo:Pointer NtStatus:NTStatus"),
    },
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
        since: 2,
        fields: Are("VirtualAddress:Pointer ProgramCounter:Pointer"),
    },
    Spec {
        class: PAGE_FAULT,
        types: &[(32, "HardFault")],
        since: 2,
        fields: Are(
            "InitialTime:UInt64 ReadOffset:UInt64 VirtualAddress:Pointer FileObject:Pointer \
             TThreadId:UInt32 ByteCount:UInt32",
        ),
    },
    Spec {
        class: PAGE_FAULT,
        types: &[(98, "VirtualAlloc"), (99, "VirtualFree")],
        since: 2,
        fields: Are("BaseAddress:Pointer RegionSize:SizeT ProcessId:UInt32 Flags:HexInt32"),
    },
    Spec {
        class: PAGE_FAULT,
        types: &[(105, "ImageLoadBacked")],
        since: 2,
        fields: Are(
            "FileObject:Pointer DeviceCharacteristics:HexInt32 FileCharacteristics:HexInt16 \
             ImageLoadFlags:HexInt16",
        ),
    },
    Spec {
        class: REGISTRY,
        types: &[
            (10, "Create"),
            (11, "Open"),
            (12, "Delete"),
            (13, "Query"),
            (14, "SetValue"),
            (15, "DeleteValue"),
            (16, "QueryValue"),
            (17, "EnumerateKey"),
            (18, "EnumerateValueKey"),
            (19, "QueryMultipleValue"),
            (20, "SetInformation"),
            (21, "Flush"),
            (22, "KCBCreate"),
            (23, "KCBDelete"),
            (24, "KCBRundownBegin"),
            (25, "KCBRundownEnd"),
            (26, "Virtualize"),
            (27, "Close"),
        ],
        since: 2,
        fields: Are("InitialTime:Int64 Status:NTStatus Index:UInt32 KeyHandle:Pointer \
             KeyName:UnicodeString"),
    },
];
