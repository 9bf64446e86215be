//! The registry and the object manager.

use super::{Are, Class, Spec, class};

const REGISTRY: Class = class(
    0xae53_722e,
    0xc863,
    0x11d2,
    [0x86, 0x59, 0x00, 0xc0, 0x4f, 0xa3, 0x21, 0xa1],
    "Registry",
);

const OBJECT: Class =
    class(0x8949_7f50, 0xeffe, 0x4440, [0x8c, 0xf2, 0xce, 0x6b, 0x1c, 0xdc, 0xac, 0xa7], "Object");

const OPERATIONS: &[(u8, &str)] = &[
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
    (28, "SetSecurity"),
    (29, "QuerySecurity"),
];

pub(super) const SPECS: &[Spec] = &[
    Spec {
        class: REGISTRY,
        types: OPERATIONS,
        since: 0,
        fields: Are("Status:Pointer KeyHandle:Pointer ElapsedTime:Int64 KeyName:UnicodeString"),
    },
    Spec {
        class: REGISTRY,
        types: OPERATIONS,
        since: 1,
        fields: Are("Status:Pointer KeyHandle:Pointer ElapsedTime:Int64 Index:UInt32 \
             KeyName:UnicodeString"),
    },
    Spec {
        class: REGISTRY,
        types: OPERATIONS,
        since: 2,
        fields: Are("InitialTime:Int64 Status:NTStatus Index:UInt32 KeyHandle:Pointer \
             KeyName:UnicodeString"),
    },
    Spec {
        class: REGISTRY,
        types: &[(30, "TxRCommit"), (31, "TxRPrepare"), (32, "TxRRollback")],
        since: 0,
        fields: Are("TxrGUID:GUID Status:NTStatus UowCount:UInt32 OperationTime:UInt64 \
             Hive:UnicodeString"),
    },
    Spec {
        class: REGISTRY,
        types: &[(34, "Counters")],
        since: 0,
        fields: Are(
            "Counter1:UInt64 Counter2:UInt64 Counter3:UInt64 Counter4:UInt64 Counter5:UInt64 \
             Counter6:UInt64 Counter7:UInt64 Counter8:UInt64 Counter9:UInt64 Counter10:UInt64 \
             Counter11:UInt64",
        ),
    },
    Spec {
        class: REGISTRY,
        types: &[(35, "Config")],
        since: 0,
        fields: Are("CurrentControlSet:UInt32"),
    },
    Spec {
        class: REGISTRY,
        types: &[(36, "HiveInitialize")],
        since: 0,
        fields: Are("Hive:Pointer OperationType:UInt32 PoolTag:HexInt32 Size:UInt32 \
             FileName:UnicodeString"),
    },
    Spec {
        class: REGISTRY,
        types: &[(37, "HiveDestroy")],
        since: 0,
        fields: Are("Hive:Pointer FileName:UnicodeString Path:UnicodeString"),
    },
    Spec {
        class: REGISTRY,
        types: &[(38, "HiveLink")],
        since: 0,
        fields: Are("Hive:Pointer Path:UnicodeString"),
    },
    Spec {
        class: REGISTRY,
        types: &[(39, "HiveRundown")],
        since: 0,
        fields: Are("Size:UInt64 Hive:Pointer LoadedKeyCount:UInt32 FileName:UnicodeString \
             LinkPath:UnicodeString"),
    },
    Spec {
        class: REGISTRY,
        types: &[(40, "HiveDirty")],
        since: 0,
        fields: Are("Hive:Pointer LinkPath:UnicodeString DirtyReason:UInt32"),
    },
    Spec {
        class: REGISTRY,
        types: &[(48, "ChangeNotification")],
        since: 0,
        fields: Are("Notification:Pointer KeyHandle:Pointer Type:UInt8 WatchSubtree:UInt8 \
             Primary:UInt8"),
    },
    Spec {
        class: OBJECT,
        types: &[(32, "CreateHandle"), (33, "CloseHandle")],
        since: 0,
        fields: Are("Object:Pointer Handle:HexInt32 ObjectType:UInt16 ObjectName:UnicodeString?"),
    },
    Spec {
        class: OBJECT,
        types: &[(34, "DuplicateHandle")],
        since: 0,
        fields: Are("Object:Pointer SourceHandle:HexInt32 TargetHandle:HexInt32 \
             TargetProcessId:UInt32 ObjectType:UInt16"),
    },
    Spec {
        class: OBJECT,
        types: &[(36, "TypeDCStart"), (37, "TypeDCEnd")],
        since: 0,
        fields: Are("ObjectType:UInt16 Reserved:UInt16 TypeName:UnicodeString"),
    },
    Spec {
        class: OBJECT,
        types: &[(38, "HandleDCStart"), (39, "HandleDCEnd")],
        since: 0,
        fields: Are("Object:Pointer ProcessId:UInt32 Handle:HexInt32 ObjectType:UInt16 \
             ObjectName:UnicodeString?"),
    },
    Spec {
        class: OBJECT,
        types: &[(48, "CreateObject"), (49, "DeleteObject")],
        since: 0,
        fields: Are("Object:Pointer ObjectType:UInt16"),
    },
    Spec {
        class: OBJECT,
        types: &[(50, "ReferenceObject"), (51, "DereferenceObject")],
        since: 0,
        fields: Are("Object:Pointer Tag:HexInt32 Count:UInt32"),
    },
];
