//! What the kernel logger writes about the machine at the end of a trace.

use std::sync::OnceLock;

use super::{Are, Class, Spec, class, compile};
use crate::record::Record;
use crate::schema::layout::Layout;

pub(super) const SYSTEM_CONFIG: Class = class(
    0x0185_3a65,
    0x418f,
    0x4f36,
    [0xae, 0xfc, 0xdc, 0x0f, 0x1d, 0x2f, 0xd2, 0x35],
    "SystemConfig",
);

pub(super) const SPECS: &[Spec] = &[
    Spec {
        class: SYSTEM_CONFIG,
        types: &[(10, "CPU")],
        since: 0,
        fields: Are("MHz:UInt32 NumberOfProcessors:UInt32 MemSize:UInt32 PageSize:UInt32 \
             AllocationGranularity:UInt32 ComputerName:UnicodeString(256) \
             DomainName:UnicodeString(132) HyperThreadingFlag:Pointer"),
    },
    Spec {
        class: SYSTEM_CONFIG,
        types: &[(10, "CPU")],
        since: 2,
        fields: Are("MHz:UInt32 NumberOfProcessors:UInt32 MemSize:UInt32 PageSize:UInt32 \
             AllocationGranularity:UInt32 ComputerName:UnicodeString(256) \
             DomainName:UnicodeString(134) HyperThreadingFlag:Pointer"),
    },
    Spec {
        class: SYSTEM_CONFIG,
        types: &[(10, "CPU")],
        since: 3,
        fields: Are("MHz:UInt32 NumberOfProcessors:UInt32 MemSize:UInt32 PageSize:UInt32 \
             AllocationGranularity:UInt32 ComputerName:UnicodeString(256) \
             DomainName:UnicodeString(134) HyperThreadingFlag:Pointer \
             HighestUserAddress:Pointer ProcessorArchitecture:UInt16 ProcessorLevel:UInt16 \
             ProcessorRevision:HexInt16 PaeEnabled:UInt8 NxEnabled:UInt8 MemorySpeed:UInt32"),
    },
    Spec {
        class: SYSTEM_CONFIG,
        types: &[(11, "PhyDisk")],
        since: 0,
        fields: Are("DiskNumber:UInt32 BytesPerSector:UInt32 SectorsPerTrack:UInt32 \
             TracksPerCylinder:UInt32 Cylinders:UInt64 SCSIPort:UInt32 SCSIPath:UInt32 \
             SCSITarget:UInt32 SCSILun:UInt32 Manufacturer:UnicodeString(256) \
             PartitionCount:UInt32 WriteCacheEnabled:UInt8 Pad:UInt8 \
             BootDriveLetter:UnicodeString(3) Spare:UnicodeString(2)"),
    },
    Spec {
        class: SYSTEM_CONFIG,
        types: &[(12, "LogDisk")],
        since: 0,
        fields: Are("StartOffset:UInt64 PartitionSize:UInt64 DiskNumber:UInt32 Size:UInt32 \
             DriveType:UInt32 DriveLetterString:UnicodeString(4) Pad1:UInt32 \
             PartitionNumber:UInt32 SectorsPerCluster:UInt32 BytesPerSector:UInt32 Pad2:UInt32 \
             NumberOfFreeClusters:Int64 TotalNumberOfClusters:Int64 FileSystem:UnicodeString(16) \
             VolumeExt:UInt32 Pad3:UInt32?"),
    },
    Spec {
        class: SYSTEM_CONFIG,
        types: &[(13, "NIC")],
        since: 0,
        fields: Are("NICName:UnicodeString(256) Index:UInt32 PhysicalAddrLen:UInt32 \
             PhysicalAddr:Binary(16) Size:UInt32 IpAddress:IPv4 SubnetMask:IPv4 DhcpServer:IPv4 \
             Gateway:IPv4 PrimaryWinsServer:IPv4 SecondaryWinsServer:IPv4 DnsServer1:IPv4 \
             DnsServer2:IPv4 DnsServer3:IPv4 DnsServer4:IPv4 Data:UInt32"),
    },
    Spec {
        class: SYSTEM_CONFIG,
        types: &[(13, "NIC")],
        since: 2,
        fields: Are(
            "PhysicalAddr:UInt64 PhysicalAddrLen:UInt32 Ipv4Index:UInt32 Ipv6Index:UInt32 \
             NICDescription:UnicodeString IpAddresses:UnicodeString \
             DnsServerAddresses:UnicodeString",
        ),
    },
    Spec {
        class: SYSTEM_CONFIG,
        types: &[(14, "Video")],
        since: 0,
        fields: Are("MemorySize:UInt32 XResolution:UInt32 YResolution:UInt32 BitsPerPixel:UInt32 \
             VRefresh:UInt32 ChipType:UnicodeString(256) DACType:UnicodeString(256) \
             AdapterString:UnicodeString(256) BiosString:UnicodeString(256) \
             DeviceId:UnicodeString(256) StateFlags:HexInt32"),
    },
    Spec {
        class: SYSTEM_CONFIG,
        types: &[(15, "Services")],
        since: 0,
        fields: Are("ServiceName:UnicodeString(34) DisplayName:UnicodeString(256) \
             ProcessName:UnicodeString(34) ProcessId:UInt32"),
    },
    Spec {
        class: SYSTEM_CONFIG,
        types: &[(15, "Services")],
        since: 2,
        fields: Are(
            "ProcessId:UInt32 ServiceState:UInt32 SubProcessTag:UInt32 ServiceName:UnicodeString \
             DisplayName:UnicodeString ProcessName:UnicodeString",
        ),
    },
    Spec {
        class: SYSTEM_CONFIG,
        types: &[(15, "Services")],
        since: 3,
        fields: Are(
            "ProcessId:UInt32 ServiceState:UInt32 SubProcessTag:UInt32 ServiceName:UnicodeString \
             DisplayName:UnicodeString ProcessName:UnicodeString LoadOrderGroup:UnicodeString \
             SvchostGroup:UnicodeString",
        ),
    },
    Spec {
        class: SYSTEM_CONFIG,
        types: &[(16, "Power")],
        since: 0,
        fields: Are(
            "S1:UInt8 S2:UInt8 S3:UInt8 S4:UInt8 S5:UInt8 Pad1:UInt8 Pad2:UInt8 Pad3:UInt8",
        ),
    },
    Spec {
        class: SYSTEM_CONFIG,
        types: &[(17, "Network")],
        since: 0,
        fields: Are("TcbTablePartitions:UInt32 MaxHashTableSize:UInt32 MaxUserPort:UInt32 \
             TcpTimedWaitDelay:UInt32"),
    },
    Spec {
        class: SYSTEM_CONFIG,
        types: &[(18, "OpticalDisk")],
        since: 0,
        fields: Are("DiskNumber:UInt16 BusType:UInt16 DeviceType:UInt16 MediaType:UInt16 \
             StartingOffset:UInt64 Size:UInt64 NumberOfFreeBlocks:UInt64 \
             TotalNumberOfBlocks:UInt64 NextWritableAddress:UInt64 NumberOfSessions:UInt32 \
             NumberOfTracks:UInt32 BytesPerSector:UInt32 DiscStatus:UInt16 \
             LastSessionStatus:UInt16 DriveLetter:UnicodeString FileSystemName:UnicodeString \
             DeviceName:AnsiString ManufacturerName:AnsiString"),
    },
    Spec {
        class: SYSTEM_CONFIG,
        types: &[(21, "IRQ")],
        since: 0,
        fields: Are("IRQAffinity:HexInt64 IRQNum:UInt32 DeviceDescriptionLen:UInt32 \
             DeviceDescription:UnicodeString"),
    },
    Spec {
        class: SYSTEM_CONFIG,
        types: &[(21, "IRQ")],
        since: 3,
        fields: Are("IRQAffinity:HexInt64 IRQGroup:UInt16 Reserved:UInt16 IRQNum:UInt32 \
             DeviceDescriptionLen:UInt32 DeviceDescription:UnicodeString"),
    },
    Spec {
        class: SYSTEM_CONFIG,
        types: &[(22, "PnP")],
        since: 0,
        fields: Are("IDLength:UInt32 DescriptionLength:UInt32 FriendlyNameLength:UInt32 \
             DeviceID:UnicodeString DeviceDescription:UnicodeString FriendlyName:UnicodeString"),
    },
    Spec {
        class: SYSTEM_CONFIG,
        types: &[(22, "PnP")],
        since: 3,
        fields: Are("IDLength:UInt32 DescriptionLength:UInt32 FriendlyNameLength:UInt32 \
             DeviceID:UnicodeString DeviceDescription:UnicodeString FriendlyName:UnicodeString \
             PdoName:UnicodeString"),
    },
    Spec {
        class: SYSTEM_CONFIG,
        types: &[(22, "PnP")],
        since: 4,
        fields: Are("ClassGuid:GUID UpperFiltersCount:UInt32 LowerFiltersCount:UInt32 \
             DeviceID:UnicodeString DeviceDescription:UnicodeString FriendlyName:UnicodeString \
             PdoName:UnicodeString ServiceName:UnicodeString \
             UpperFilters:UnicodeString[@UpperFiltersCount] \
             LowerFilters:UnicodeString[@LowerFiltersCount]"),
    },
    Spec {
        class: SYSTEM_CONFIG,
        types: &[(22, "PnP")],
        since: 5,
        fields: Are("ClassGuid:GUID UpperFiltersCount:UInt32 LowerFiltersCount:UInt32 \
             DevStatus:HexInt32 DevProblem:UInt32 DeviceID:UnicodeString \
             DeviceDescription:UnicodeString FriendlyName:UnicodeString PdoName:UnicodeString \
             ServiceName:UnicodeString UpperFilters:UnicodeString[@UpperFiltersCount] \
             LowerFilters:UnicodeString[@LowerFiltersCount]"),
    },
    Spec {
        class: SYSTEM_CONFIG,
        types: &[(23, "IDEChannel")],
        since: 0,
        fields: Are("TargetId:UInt32 DeviceType:UInt32 DeviceTimingMode:UInt32 \
             LocationInformationLen:UInt32 LocationInformation:UnicodeString"),
    },
    Spec {
        class: SYSTEM_CONFIG,
        types: &[(25, "Platform")],
        since: 0,
        fields: Are("SystemManufacturer:UnicodeString SystemProductName:UnicodeString \
             BiosDate:UnicodeString BiosVersion:UnicodeString"),
    },
    Spec {
        class: SYSTEM_CONFIG,
        types: &[(28, "DPI")],
        since: 0,
        fields: Are("MachineDPI:UInt32 UserDPI:UInt32"),
    },
    Spec {
        class: SYSTEM_CONFIG,
        types: &[(24, "NumaNode")],
        since: 0,
        fields: Are("NodeCount:UInt32 NodeMap:HexInt64[@NodeCount]"),
    },
    Spec {
        class: SYSTEM_CONFIG,
        types: &[(26, "ProcessorGroup")],
        since: 0,
        fields: Are("GroupCount:UInt32 Affinity:Pointer[@GroupCount]"),
    },
    Spec {
        class: SYSTEM_CONFIG,
        types: &[(27, "ProcessorNumber")],
        since: 0,
        fields: Are("ProcessorCount:UInt32 ProcessorNumber:HexInt32[@ProcessorCount]"),
    },
    Spec {
        class: SYSTEM_CONFIG,
        types: &[(29, "CodeIntegrity")],
        since: 0,
        fields: Are("CodeIntegrityInfo:HexInt32"),
    },
    Spec {
        class: SYSTEM_CONFIG,
        types: &[(30, "TelemetryInfo")],
        since: 0,
        fields: Are("MachineId:GUID"),
    },
    Spec {
        class: SYSTEM_CONFIG,
        types: &[(31, "Defrag")],
        since: 0,
        fields: Are("AlignmentClusters:UInt64 AvgFreeSpaceSize:UInt64 ClustersPerSlab:UInt64 \
             FragmentedDirectoryExtents:UInt64 FragmentedExtents:UInt64 FreeSpaceCount:UInt64 \
             LargestFreeSpaceSize:UInt64 LastRunActualPurgeClusters:UInt64 \
             LastRunClustersTrimmed:UInt64 LastRunFullDefragTime:UInt64 LastRunTime:UInt64 \
             MFTSize:UInt64 TotalClusters:UInt64 TotalUsedClusters:UInt64 \
             AvgFragmentsPerFile:UInt32 BytesPerCluster:UInt32 DirectoryCount:UInt32 \
             FragmentedDirectories:UInt32 FragmentedFiles:UInt32 FragmentedSpace:UInt32 \
             HardwareIssue:UInt32 InUseMFTRecords:UInt32 InUseSlabs:UInt32 \
             LastRunActualPurgeSlabs:UInt32 LastRunInitialBackedSlabs:UInt32 \
             LastRunPercentFragmentation:UInt32 LastRunPinnedSlabs:UInt32 \
             LastRunPotentialPurgeSlabs:UInt32 LastRunSpaceInefficientSlabs:UInt32 \
             LastRunTrimmedSlabs:UInt32 LastRunUnknownEvictFailSlabs:UInt32 \
             LastRunVolsnapPinnedSlabs:UInt32 MFTFragmentCount:UInt32 MovableFiles:UInt32 \
             TotalMFTRecords:UInt32 TotalSlabs:UInt32 UnmovableFiles:UInt32 VolumeId:GUID \
             VolumePathNames:UnicodeString"),
    },
    Spec {
        class: SYSTEM_CONFIG,
        types: &[(32, "MobilePlatform")],
        since: 0,
        fields: Are("BootLoaderVersion:UnicodeString FirmwareRevision:UnicodeString \
             FriendlyName:UnicodeString HardwareRevision:UnicodeString \
             Manufacturer:UnicodeString ManufacturerDisplayName:UnicodeString \
             ManufacturerModelName:UnicodeString MobileOperatorDisplayName:UnicodeString \
             MobileOperatorName:UnicodeString ModelName:UnicodeString \
             RadioHardwareRevision:UnicodeString RadioSoftwareRevision:UnicodeString \
             ROMVersion:UnicodeString SOCVersion:UnicodeString HardwareVariant:UnicodeString"),
    },
    Spec {
        class: SYSTEM_CONFIG,
        types: &[(32, "MobilePlatform")],
        since: 3,
        fields: Are("DeviceManufacturer:UnicodeString \
             DeviceManufacturerDisplayName:UnicodeString DeviceModel:UnicodeString \
             DeviceModelDisplayName:UnicodeString MobileOperator:UnicodeString \
             MobileOperatorDisplayName:UnicodeString HardwareVersion:UnicodeString \
             SocVersion:UnicodeString RadioHardwareVersion:UnicodeString \
             RadioSoftwareVersion:UnicodeString BspVersion:UnicodeString \
             OemSoftwareVersion:UnicodeString"),
    },
    Spec {
        class: SYSTEM_CONFIG,
        types: &[(32, "MobilePlatform")],
        since: 4,
        fields: Are("DeviceManufacturer:UnicodeString \
             DeviceManufacturerDisplayName:UnicodeString DeviceModel:UnicodeString \
             DeviceModelDisplayName:UnicodeString MobileOperator:UnicodeString \
             SocVersion:UnicodeString BspVersion:UnicodeString"),
    },
    Spec {
        class: SYSTEM_CONFIG,
        types: &[(33, "DeviceFamily")],
        since: 0,
        fields: Are("UAPInfo:UInt64 DeviceFamily:UInt32 DeviceForm:UInt32"),
    },
    Spec {
        class: SYSTEM_CONFIG,
        types: &[(34, "FlightIds")],
        since: 0,
        fields: Are("UpdateId:UnicodeString FlightIdList:UnicodeString"),
    },
    Spec {
        class: SYSTEM_CONFIG,
        types: &[(35, "Processors")],
        since: 0,
        fields: Are("ProcessorIndex:UInt32 FeatureSet:HexInt32 ProcessorSpeed:UInt32 \
             ProcessorName:UnicodeString(64) VendorIdentifier:UnicodeString(16) \
             ProcessorIdentifier:UnicodeString(128)"),
    },
    Spec {
        class: SYSTEM_CONFIG,
        types: &[(36, "Virtualization")],
        since: 0,
        fields: Are("VbsEnabled:UInt8 HvciEnabled:UInt8 HyperVisorEnabled:UInt8 Reserved:UInt8"),
    },
    Spec {
        class: SYSTEM_CONFIG,
        types: &[(37, "Boot")],
        since: 0,
        fields: Are("BootFlags:HexInt64 FirmwareType:UInt32 SecureBootEnabled:UInt8 \
             SecureBootCapable:UInt8 Reserved1:UInt8 Reserved2:UInt8"),
    },
];

/// The layout of a list of masks that are aligned although Windows' class leaves no room for it.
pub(super) fn aligned_masks(record: &Record<'_>) -> Option<&'static Layout> {
    static LAYOUT: OnceLock<Layout> = OnceLock::new();
    let is_list = record.provider == SYSTEM_CONFIG.0 && matches!(record.opcode, 24 | 26);
    let [count, padding, masks] = [0, 4, 8].map(|at| record.payload.get(at..));
    let count = u64::from(u32::from_le_bytes(*count?.first_chunk()?));
    let is_aligned = is_list
        && record.kind.pointer_bytes() == 8
        && padding?.first_chunk::<4>() == Some(&[0; 4])
        && masks?.len() as u64 == count * 8;
    is_aligned.then(|| {
        LAYOUT.get_or_init(|| compile("Count:UInt32 Padding:UInt32 Masks:HexInt64[@Count]"))
    })
}
