//! What the trace itself and the tools that merge traces write.

use std::sync::OnceLock;

use super::{Are, Class, Spec, Unknown, class, compile};
use crate::limits::MAX_WINSAT_BYTES;
use crate::record::Record;
use crate::schema::layout::Layout;
use crate::schema::trace_event_info;
use crate::text::utf16le_to_string;
use crate::value::{Decoded, Field, Value};
use crate::xca::lznt1;

pub(super) const EVENT_TRACE: Class = class(
    0x68fd_d900,
    0x4a3e,
    0x11d1,
    [0x84, 0xf4, 0x00, 0x00, 0xf8, 0x04, 0x64, 0xe3],
    "EventTrace",
);
pub(super) const LOST_EVENT: Class = class(
    0x6a39_9ae0,
    0x4bc6,
    0x4de9,
    [0x87, 0x0b, 0x36, 0x57, 0xf8, 0x94, 0x7e, 0x7e],
    "RT_LostEvent",
);
const META_DATA: Class = (trace_event_info::CLASS, "MetaData");
pub(super) const IMAGE_ID: Class =
    class(0xb3e6_75d7, 0x2554, 0x4f18, [0x83, 0x0b, 0x27, 0x62, 0x73, 0x25, 0x60, 0xde], "ImageId");
pub(super) const SYS_CONFIG_EX: Class = class(
    0x9b79_ee91,
    0xb5fd,
    0x41c0,
    [0xa2, 0x43, 0x42, 0x48, 0xe2, 0x66, 0xe9, 0xd0],
    "SysConfigEx",
);
/// Results of the Windows System Assessment Tool, which WPR adds.
pub(super) const WINSAT: Class =
    class(0xed54_dff8, 0xc409, 0x4cf6, [0xbf, 0x83, 0x05, 0xe1, 0xe6, 0x1a, 0x09, 0xc4], "WinSAT");
const PERF_TRACK: Class = class(
    0xbf6e_f1cb,
    0x89b5,
    0x490a,
    [0x80, 0xac, 0xb1, 0x80, 0xcf, 0xbc, 0xff, 0x0f],
    "PerfTrackMetaData",
);

const PARTITION_INFO: u8 = 80;

/// Classes that merging adds.
pub(super) const MERGED: [Class; 5] = [META_DATA, IMAGE_ID, SYS_CONFIG_EX, WINSAT, PERF_TRACK];

pub(super) const SPECS: &[Spec] = &[
    Spec {
        class: EVENT_TRACE,
        types: &[(0, "Header")],
        since: 0,
        fields: Are("BufferSize:UInt32 MajorVersion:UInt8 MinorVersion:UInt8 SubVersion:UInt8 \
             SubMinorVersion:UInt8 ProviderVersion:UInt32 NumberOfProcessors:UInt32 \
             EndTime:FILETIME TimerResolution:UInt32 MaxFileSize:UInt32 LogFileMode:HexInt32 \
             BuffersWritten:UInt32 StartBuffers:UInt32 PointerSize:UInt32 EventsLost:UInt32 \
             CPUSpeed:UInt32 LoggerNamePointer:Pointer LogFileNamePointer:Pointer \
             TimeZone:{ Bias:Int32 StandardName:UnicodeString(32) StandardDate:SYSTEMTIME \
             StandardBias:Int32 DaylightName:UnicodeString(32) DaylightDate:SYSTEMTIME \
             DaylightBias:Int32 } Padding:UInt32 BootTime:FILETIME PerfFreq:Int64 \
             StartTime:FILETIME ReservedFlags:HexInt32 BuffersLost:UInt32 \
             SessionName:UnicodeString? LogFileName:UnicodeString?"),
    },
    Spec {
        class: EVENT_TRACE,
        types: &[(5, "Extension"), (32, "EndExtension")],
        since: 0,
        fields: Are(
            "GroupMask1:HexInt32 GroupMask2:HexInt32 GroupMask3:HexInt32 GroupMask4:HexInt32 \
             GroupMask5:HexInt32 GroupMask6:HexInt32 GroupMask7:HexInt32 GroupMask8:HexInt32 \
             KernelEventVersion:UInt32?",
        ),
    },
    Spec { class: EVENT_TRACE, types: &[(8, "RundownComplete")], since: 0, fields: Are("") },
    Spec {
        class: EVENT_TRACE,
        types: &[(64, "DbgIdRSDS")],
        since: 0,
        fields: Are("GuidSig:GUID Age:UInt32 PdbName:AnsiString"),
    },
    Spec {
        class: EVENT_TRACE,
        types: &[(66, "BuildInfo")],
        since: 0,
        fields: Are("BuildString:AnsiString"),
    },
    Spec {
        class: EVENT_TRACE,
        types: &[(PARTITION_INFO, "PartitionInfoExtension")],
        since: 0,
        fields: Are(
            "EventVersion:UInt16 Reserved:UInt16 PartitionType:UInt32 QpcOffsetFromRoot:Int64 \
             PartitionId:GUID ParentId:GUID",
        ),
    },
    Spec {
        class: EVENT_TRACE,
        types: &[(67, "ProviderBinaryPath")],
        since: 0,
        fields: Are("GuidCount:UInt32 Guids:GUID[@GuidCount] BinaryPath:UnicodeString"),
    },
    Spec {
        class: EVENT_TRACE,
        types: &[(82, "LastDroppedTimes")],
        since: 0,
        fields: Are("TimeStampCount:UInt32 Padding:UInt32 TimeStamp:Int64[@TimeStampCount]"),
    },
    Spec {
        class: LOST_EVENT,
        types: &[(32, "LostEvent"), (33, "LostBuffer"), (34, "LostFile")],
        since: 0,
        fields: Are(""),
    },
    Spec {
        class: META_DATA,
        types: &[(32, "EventInfo")],
        since: 0,
        fields: Are(
            "ProviderGuid:GUID EventGuid:GUID Id:UInt16 Version:UInt8 Channel:UInt8 Level:UInt8 \
             Opcode:UInt8 Task:UInt16 Keyword:HexInt64 DecodingSource:UInt32 \
             ProviderNameOffset:UInt32 LevelNameOffset:UInt32 ChannelNameOffset:UInt32 \
             KeywordsNameOffset:UInt32 TaskNameOffset:UInt32 OpcodeNameOffset:UInt32 \
             EventMessageOffset:UInt32 ProviderMessageOffset:UInt32 BinaryXMLOffset:UInt32 \
             BinaryXMLSize:UInt32 EventNameOffset:UInt32 EventAttributesOffset:UInt32 \
             PropertyCount:UInt32 TopLevelPropertyCount:UInt32 Flags:HexInt32 \
             Properties:{ Flags:HexInt32 NameOffset:UInt32 InType:UInt16 OutType:UInt16 \
             MapNameOffset:UInt32 Count:UInt16 Length:UInt16 Tags:HexInt32 }[@PropertyCount] \
             Strings:RestBinary",
        ),
    },
    Spec {
        class: META_DATA,
        types: &[(33, "EventMapInfo")],
        since: 0,
        fields: Are("ProviderGuid:GUID NameOffset:UInt32 Flag:HexInt32 EntryCount:UInt32 \
             MapEntryValueType:UInt32 Entries:{ NameOffset:UInt32 Value:UInt32 }[@EntryCount] \
             Strings:RestBinary"),
    },
    Spec {
        class: IMAGE_ID,
        types: &[(0, "Info")],
        since: 0,
        fields: Are("ImageBase:Pointer ImageSize:SizeT ProcessId:UInt32 TimeDateStamp:UInt32 \
             OriginalFileName:UnicodeString"),
    },
    Spec {
        class: IMAGE_ID,
        types: &[(36, "DbgIdRSDS"), (37, "DbgIdILRSDS")],
        since: 0,
        fields: Are(
            "ImageBase:Pointer ProcessId:UInt32 GuidSig:GUID Age:UInt32 PdbFileName:AnsiString",
        ),
    },
    Spec {
        class: IMAGE_ID,
        types: &[(32, "None")],
        since: 0,
        fields: Are("ImageBase:Pointer ProcessId:UInt32"),
    },
    Spec {
        class: IMAGE_ID,
        types: &[(64, "FileVersion")],
        since: 0,
        fields: Are("ImageSize:UInt32 TimeDateStamp:UInt32 OrigFileName:UnicodeString \
             FileDescription:UnicodeString FileVersion:UnicodeString BinFileVersion:UnicodeString \
             VerLanguage:UnicodeString ProductName:UnicodeString CompanyName:UnicodeString \
             ProductVersion:UnicodeString FileId:UnicodeString ProgramId:UnicodeString"),
    },
    Spec {
        class: SYS_CONFIG_EX,
        types: &[(32, "BuildInfo")],
        since: 0,
        fields: Are("InstallDate:FILETIME BuildLab:UnicodeString ProductName:UnicodeString"),
    },
    Spec {
        class: SYS_CONFIG_EX,
        types: &[(33, "SystemPaths")],
        since: 0,
        fields: Are("SystemDirectory:UnicodeString SystemWindowsDirectory:UnicodeString"),
    },
    Spec {
        class: SYS_CONFIG_EX,
        types: &[(34, "UnknownVolume")],
        since: 0,
        fields: Are("NtPath:UnicodeString"),
    },
    Spec {
        class: SYS_CONFIG_EX,
        types: &[(35, "VolumeMapping")],
        since: 0,
        fields: Are("NtPath:UnicodeString DosPath:UnicodeString"),
    },
    // Inferred: the first eight bytes are the version of Windows as file versions are stored, its
    // build that of the log header in each trace seen.
    Spec {
        class: SYS_CONFIG_EX,
        types: &[(37, "WindowsVersion")],
        since: 0,
        fields: Are("Revision:UInt16 BuildNumber:UInt16 MinorVersion:UInt16 MajorVersion:UInt16 \
             Flags:HexInt32 Reserved:UInt32"),
    },
    // MIB_IF_ROW2 of netioapi.h.
    Spec {
        class: SYS_CONFIG_EX,
        types: &[(36, "NetworkInterface")],
        since: 0,
        fields: Are("InterfaceLuid:HexInt64 InterfaceIndex:UInt32 InterfaceGuid:GUID \
             Alias:UnicodeString(257) Description:UnicodeString(257) \
             PhysicalAddressLength:UInt32 PhysicalAddress:Binary(32) \
             PermanentPhysicalAddress:Binary(32) Mtu:UInt32 Type:UInt32 TunnelType:UInt32 \
             MediaType:UInt32 PhysicalMediumType:UInt32 AccessType:UInt32 DirectionType:UInt32 \
             InterfaceAndOperStatusFlags:HexInt32 OperStatus:UInt32 AdminStatus:UInt32 \
             MediaConnectState:UInt32 NetworkGuid:GUID ConnectionType:UInt32 Padding:UInt32 \
             TransmitLinkSpeed:UInt64 ReceiveLinkSpeed:UInt64 InOctets:UInt64 \
             InUcastPkts:UInt64 InNUcastPkts:UInt64 InDiscards:UInt64 InErrors:UInt64 \
             InUnknownProtos:UInt64 InUcastOctets:UInt64 InMulticastOctets:UInt64 \
             InBroadcastOctets:UInt64 OutOctets:UInt64 OutUcastPkts:UInt64 \
             OutNUcastPkts:UInt64 OutDiscards:UInt64 OutErrors:UInt64 OutUcastOctets:UInt64 \
             OutMulticastOctets:UInt64 OutBroadcastOctets:UInt64 OutQLen:UInt64"),
    },
    Spec {
        class: WINSAT,
        types: &[(33, "WinSPR"), (35, "Metrics"), (37, "SystemConfig")],
        since: 0,
        fields: Are("State:UInt32 UncompressedSize:UInt32 Xml:RestBinary"),
    },
    Spec { class: PERF_TRACK, types: &[], since: 0, fields: Unknown },
];

/// The layout of partition information of its second version, which names partitions by strings.
pub(super) fn named_partition(record: &Record<'_>) -> Option<&'static Layout> {
    static LAYOUT: OnceLock<Layout> = OnceLock::new();
    let is_named = record.provider == EVENT_TRACE.0
        && record.opcode == PARTITION_INFO
        && record.payload.first_chunk().is_some_and(|v| u16::from_le_bytes(*v) >= 2);
    is_named.then(|| {
        LAYOUT.get_or_init(|| {
            compile(
                "EventVersion:UInt16 Reserved:UInt16 PartitionType:UInt32 \
                 QpcOffsetFromRoot:Int64 PartitionId:UnicodeString ParentId:UnicodeString",
            )
        })
    })
}

/// Replaces the compressed bytes of a WinSAT record by the XML they hold.
pub(super) fn inflate_winsat(decoded: &mut Decoded) {
    let [state, size, Field { value, type_name, .. }] = decoded.fields.as_mut_slice() else {
        return;
    };
    let (Value::UInt(1), Value::UInt(size), Value::Binary(bytes)) =
        (&state.value, &size.value, &*value)
    else {
        return;
    };
    let Some(size) = usize::try_from(*size).ok().filter(|&size| size <= MAX_WINSAT_BYTES) else {
        decoded.problem = Some("the XML of WinSAT is too large".to_owned());
        return;
    };
    let mut xml = Vec::new();
    if !lznt1::decompress(bytes, size, &mut xml).complete {
        decoded.problem = Some("the XML of WinSAT is cut off".to_owned());
    }
    *value = Value::Text(utf16le_to_string(&xml).trim_end_matches('\0').to_owned());
    "UnicodeString".clone_into(type_name);
}
