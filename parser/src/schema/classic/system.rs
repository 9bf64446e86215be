//! What the kernel logger writes about the machine at the end of a trace.

use super::{Are, Class, Spec, class};

const SYSTEM_CONFIG: Class = class(
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
             HighestUserAddress:HexInt64 ProcessorArchitecture:UInt16 ProcessorLevel:UInt16 \
             ProcessorRevision:HexInt16 NxEnabled:UInt8 PaeEnabled:UInt8 MemorySpeed:UInt32"),
    },
    Spec {
        class: SYSTEM_CONFIG,
        types: &[(11, "PhyDisk")],
        since: 2,
        fields: Are("DiskNumber:UInt32 BytesPerSector:UInt32 SectorsPerTrack:UInt32 \
             TracksPerCylinder:UInt32 Cylinders:UInt64 SCSIPort:UInt32 SCSIPath:UInt32 \
             SCSITarget:UInt32 SCSILun:UInt32 Manufacturer:UnicodeString(256) \
             PartitionCount:UInt32 WriteCacheEnabled:UInt8 Pad:UInt8 \
             BootDriveLetter:UnicodeString(3) Spare:UnicodeString(2)"),
    },
    Spec {
        class: SYSTEM_CONFIG,
        types: &[(12, "LogDisk")],
        since: 2,
        fields: Are("StartOffset:UInt64 PartitionSize:UInt64 DiskNumber:UInt32 Size:UInt32 \
             DriveType:UInt32 DriveLetterString:UnicodeString(4) Pad1:UInt32 \
             PartitionNumber:UInt32 SectorsPerCluster:UInt32 BytesPerSector:UInt32 Pad2:UInt32 \
             NumberOfFreeClusters:Int64 TotalNumberOfClusters:Int64 FileSystem:UnicodeString(16) \
             VolumeExt:UInt32 Pad3:UInt32"),
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
        since: 2,
        fields: Are(
            "S1:UInt8 S2:UInt8 S3:UInt8 S4:UInt8 S5:UInt8 Pad1:UInt8 Pad2:UInt8 Pad3:UInt8",
        ),
    },
    Spec {
        class: SYSTEM_CONFIG,
        types: &[(17, "Network")],
        since: 2,
        fields: Are("TcbTablePartitions:UInt32 MaxHashTableSize:UInt32 MaxUserPort:UInt32 \
             TcpTimedWaitDelay:UInt32"),
    },
    Spec {
        class: SYSTEM_CONFIG,
        types: &[(18, "OpticalDisk")],
        since: 2,
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
        since: 3,
        fields: Are("IRQAffinity:HexInt64 IRQGroup:UInt16 Reserved:UInt16 IRQNum:UInt32 \
             DeviceDescriptionLen:UInt32 DeviceDescription:UnicodeString"),
    },
    Spec {
        class: SYSTEM_CONFIG,
        types: &[(22, "PnP")],
        since: 2,
        fields: Are("IDLength:UInt32 DescriptionLength:UInt32 FriendlyNameLength:UInt32 \
             DeviceID:UnicodeString DeviceDescription:UnicodeString FriendlyName:UnicodeString"),
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
        since: 2,
        fields: Are("TargetId:UInt32 DeviceType:UInt32 DeviceTimingMode:UInt32 \
             LocationInformationLen:UInt32 LocationInformation:UnicodeString"),
    },
    Spec {
        class: SYSTEM_CONFIG,
        types: &[(25, "Platform")],
        since: 2,
        fields: Are("SystemManufacturer:UnicodeString SystemProductName:UnicodeString \
             BiosDate:UnicodeString BiosVersion:UnicodeString"),
    },
    Spec {
        class: SYSTEM_CONFIG,
        types: &[(28, "DPI")],
        since: 2,
        fields: Are("MachineDPI:UInt32 UserDPI:UInt32"),
    },
];
