//! Processes and the images they load.

use std::sync::OnceLock;

use super::{Are, Class, Spec, class, compile};
use crate::guid::Guid;
use crate::record::Record;
use crate::schema::layout::Layout;

pub(super) const PROCESS: Class =
    class(0x3d6f_a8d0, 0xfe05, 0x11d0, [0x9d, 0xda, 0x00, 0xc0, 0x4f, 0xd7, 0xba, 0x7c], "Process");
pub(super) const IMAGE: Class =
    class(0x2cb1_5d1d, 0x5fc1, 0x11d2, [0xab, 0xe1, 0x00, 0xa0, 0xc9, 0x11, 0xf5, 0x18], "Image");
const LIFE: &[(u8, &str)] =
    &[(1, "Start"), (2, "End"), (3, "DCStart"), (4, "DCEnd"), (39, "Defunct")];
const IMAGE_LIFE: &[(u8, &str)] = &[(10, "Load"), (2, "Unload"), (3, "DCStart"), (4, "DCEnd")];

/// References to objects of a process; Windows' class does not name the types.
const REFERENCES: &[(u8, &str)] = &[
    (48, ""),
    (49, ""),
    (50, ""),
    (51, ""),
    (52, ""),
    (64, ""),
    (65, ""),
    (66, ""),
    (67, ""),
    (68, ""),
    (80, ""),
    (81, ""),
    (82, ""),
    (83, ""),
    (84, ""),
];

/// Steps of the image loader; Windows' class does not name the types.
const LOADER: &[(u8, &str)] =
    &[(128, ""), (129, ""), (130, ""), (131, ""), (132, ""), (133, ""), (134, ""), (135, "")];
const LOADER_OF_IMAGE: &[(u8, &str)] =
    &[(144, ""), (145, ""), (146, ""), (147, ""), (148, ""), (149, ""), (150, "")];
const LOADER_CODED: &[(u8, &str)] = &[
    (160, ""),
    (161, ""),
    (162, ""),
    (163, ""),
    (164, ""),
    (165, ""),
    (166, ""),
    (167, ""),
    (168, ""),
    (169, ""),
    (170, ""),
    (171, ""),
    (172, ""),
    (173, ""),
    (174, ""),
    (208, ""),
    (209, ""),
    (210, ""),
    (211, ""),
];

pub(super) const SPECS: &[Spec] = &[
    Spec {
        class: PROCESS,
        types: LIFE,
        since: 0,
        fields: Are("ProcessId:Pointer ParentId:Pointer UserSID:WbemSid ImageFileName:AnsiString"),
    },
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
        since: 0,
        fields: Are("ProcessId:UInt32 PageFaultCount:UInt32 HandleCount:UInt32 Reserved:UInt32 \
             PeakVirtualSize:SizeT PeakWorkingSetSize:SizeT PeakPagefileUsage:SizeT \
             QuotaPeakPagedPoolUsage:SizeT QuotaPeakNonPagedPoolUsage:SizeT VirtualSize:SizeT \
             WorkingSetSize:SizeT PagefileUsage:SizeT QuotaPagedPoolUsage:SizeT \
             QuotaNonPagedPoolUsage:SizeT PrivatePageCount:SizeT"),
    },
    Spec {
        class: PROCESS,
        types: &[(35, "InSwap")],
        since: 0,
        fields: Are("DirectoryTableBase:Pointer ProcessId:UInt32"),
    },
    Spec {
        class: PROCESS,
        types: REFERENCES,
        since: 0,
        fields: Are("Object:Pointer Tag:Pointer ProcessId:UInt32 Count:UInt32"),
    },
    Spec {
        class: PROCESS,
        types: &[(96, ""), (97, ""), (98, ""), (99, "")],
        since: 0,
        fields: Are("Object:Pointer"),
    },
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
    Spec { class: IMAGE, types: LOADER, since: 0, fields: Are("") },
    Spec { class: IMAGE, types: LOADER_OF_IMAGE, since: 0, fields: Are("BaseAddress:HexInt64") },
    Spec {
        class: IMAGE,
        types: LOADER_CODED,
        since: 0,
        fields: Are("BaseAddress:HexInt64 ErrorOpcode:HexInt8 Code:Int8 String:UnicodeString"),
    },
    Spec {
        class: IMAGE,
        types: &[(176, "NewDll"), (177, "NewDll")],
        since: 0,
        fields: Are("NewDllBaseAddress:Pointer ParentDllBaseAddress:Pointer LoadReason:HexInt32 \
             FilePath:UnicodeString"),
    },
    Spec {
        class: IMAGE,
        types: &[(192, ""), (193, "")],
        since: 0,
        fields: Are("BaseAddress:HexInt64 ErrorOpcode:HexInt8 Code:Int8 String1:UnicodeString \
             String2:UnicodeString"),
    },
    Spec {
        class: IMAGE,
        types: &[(212, "DllSearchResults")],
        since: 0,
        fields: Are("LdrLoadFlags:HexInt32 LdrSearchFlags:HexInt32 SearchInfo:HexInt32 \
             LoadReason:HexInt32 FullDllName:UnicodeString"),
    },
    Spec {
        class: IMAGE,
        types: &[(213, "PathSearchResults")],
        since: 0,
        fields: Are("SearchInfo:HexInt32 Cwd:UnicodeString AppDir:UnicodeString \
             DllDir:UnicodeString DllLoadDir:UnicodeString"),
    },
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
