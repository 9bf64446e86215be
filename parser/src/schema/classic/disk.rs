//! Disks and files.

use super::{Are, Class, Spec, class};

const DISK_IO: Class =
    class(0x3d6f_a8d4, 0xfe05, 0x11d0, [0x9d, 0xda, 0x00, 0xc0, 0x4f, 0xd7, 0xba, 0x7c], "DiskIo");
const FILE_IO: Class =
    class(0x90cb_dc39, 0x4a3e, 0x11d1, [0x84, 0xf4, 0x00, 0x00, 0xf8, 0x04, 0x64, 0xe3], "FileIo");
const SPLIT_IO: Class =
    class(0xd837_ca92, 0x12b9, 0x44a5, [0xad, 0x6a, 0x3a, 0x65, 0xb3, 0x57, 0x8a, 0xa8], "SplitIo");

const TRANSFER: &[(u8, &str)] =
    &[(10, "Read"), (11, "Write"), (55, "OpticalRead"), (56, "OpticalWrite")];
const TRANSFER_INIT: &[(u8, &str)] = &[
    (12, "ReadInit"),
    (13, "WriteInit"),
    (15, "FlushInit"),
    (58, "OpticalReadInit"),
    (59, "OpticalWriteInit"),
    (60, "OpticalFlushInit"),
];
const SIMPLE: &[(u8, &str)] = &[(65, "Cleanup"), (66, "Close"), (73, "Flush")];
const READ_WRITE: &[(u8, &str)] = &[(67, "Read"), (68, "Write")];
const INFO: &[(u8, &str)] =
    &[(69, "SetInfo"), (70, "Delete"), (71, "Rename"), (74, "QueryInfo"), (75, "FSControl")];
const DIRECTORY: &[(u8, &str)] = &[(72, "DirEnum"), (77, "DirNotify")];

pub(super) const SPECS: &[Spec] = &[
    Spec {
        class: DISK_IO,
        types: TRANSFER,
        since: 0,
        fields: Are("DiskNumber:UInt32 IrpFlags:HexInt32 TransferSize:UInt32 Reserved:UInt32 \
             ByteOffset:Int64 FileObject:Pointer"),
    },
    Spec {
        class: DISK_IO,
        types: TRANSFER,
        since: 1,
        fields: Are("DiskNumber:UInt32 IrpFlags:HexInt32 TransferSize:UInt32 ResponseTime:UInt32 \
             ByteOffset:Int64 FileObject:Pointer HighResResponseTime:UInt64"),
    },
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
        types: &[(14, "FlushBuffers"), (57, "OpticalFlushBuffers")],
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
        class: DISK_IO,
        types: &[(34, "DrvMjFnCall")],
        since: 0,
        fields: Are("UniqMatchId:UInt32 RoutineAddr:Pointer Irp:Pointer MajorFunction:UInt32 \
             MinorFunction:UInt32 FileObject:Pointer"),
    },
    Spec {
        class: DISK_IO,
        types: &[(34, "DrvMjFnCall")],
        since: 2,
        fields: Are(
            "MajorFunction:UInt32 MinorFunction:UInt32 RoutineAddr:Pointer FileObject:Pointer \
             Irp:Pointer UniqMatchId:UInt32",
        ),
    },
    Spec {
        class: DISK_IO,
        types: &[(35, "DrvMjFnRet")],
        since: 0,
        fields: Are("UniqMatchId:UInt32 Irp:Pointer"),
    },
    Spec {
        class: DISK_IO,
        types: &[(35, "DrvMjFnRet")],
        since: 2,
        fields: Are("Irp:Pointer UniqMatchId:UInt32"),
    },
    Spec {
        class: DISK_IO,
        types: &[(37, "DrvComplRout")],
        since: 0,
        fields: Are("Routine:Pointer IrpPtr:Pointer UniqMatchId:UInt32"),
    },
    Spec {
        class: DISK_IO,
        types: &[(52, "DrvComplReq")],
        since: 0,
        fields: Are("RoutineAddr:Pointer Irp:Pointer UniqMatchId:UInt32"),
    },
    Spec {
        class: DISK_IO,
        types: &[(53, "DrvComplReqRet")],
        since: 0,
        fields: Are("Irp:Pointer UniqMatchId:UInt32"),
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
        class: FILE_IO,
        types: &[(79, "DeletePath"), (80, "RenamePath"), (81, "SetLinkPath")],
        since: 3,
        fields: Are(
            "IrpPtr:Pointer FileObject:Pointer FileKey:Pointer ExtraInfo:Pointer TTID:UInt32 \
             InfoClass:UInt32 FileName:UnicodeString",
        ),
    },
    Spec {
        class: FILE_IO,
        types: &[(37, "MapFile"), (38, "UnMapFile"), (39, "MapFileDCStart"), (40, "MapFileDCEnd")],
        since: 2,
        fields: Are("ViewBase:Pointer FileObject:Pointer MiscInfo:HexInt64 ViewSize:SizeT \
             ProcessId:UInt32"),
    },
    Spec {
        class: FILE_IO,
        types: &[(96, "FltPreOpInit"), (97, "FltPostOpInit")],
        since: 0,
        fields: Are("RoutineAddr:Pointer FileObject:Pointer FileContext:Pointer IrpPtr:Pointer \
             CallbackDataPtr:Pointer MajorFunction:UInt32"),
    },
    Spec {
        class: FILE_IO,
        types: &[(98, "FltPreOpCompletion"), (99, "FltPostOpCompletion")],
        since: 0,
        fields: Are("InitialTime:UInt64 RoutineAddr:Pointer FileObject:Pointer \
             FileContext:Pointer IrpPtr:Pointer CallbackDataPtr:Pointer MajorFunction:UInt32"),
    },
    Spec {
        class: FILE_IO,
        types: &[(100, "FltPreOpFailure"), (101, "FltPostOpFailure")],
        since: 0,
        fields: Are("RoutineAddr:Pointer FileObject:Pointer FileContext:Pointer IrpPtr:Pointer \
             CallbackDataPtr:Pointer MajorFunction:UInt32 Status:NTStatus"),
    },
    Spec {
        class: SPLIT_IO,
        types: &[(32, "VolMgr")],
        since: 0,
        fields: Are("ParentIrp:Pointer ChildIrp:Pointer"),
    },
];
