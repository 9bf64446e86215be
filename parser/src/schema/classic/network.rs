//! TCP and UDP of the kernel logger.

use super::{Are, Class, Spec, class};

const TCP_IP: Class =
    class(0x9a28_0ac0, 0xc8e0, 0x11d1, [0x84, 0xe2, 0x00, 0xc0, 0x4f, 0xb9, 0x98, 0xa2], "TcpIp");
const UDP_IP: Class =
    class(0xbf3a_50c5, 0xa9c9, 0x4988, [0xa0, 0x05, 0x2d, 0xf0, 0xb7, 0xc8, 0x0f, 0x80], "UdpIp");

pub(super) const SPECS: &[Spec] = &[
    Spec {
        class: TCP_IP,
        types: &[(10, "SendIPV4")],
        since: 2,
        fields: Are(
            "PID:UInt32 size:UInt32 daddr:IPv4 saddr:IPv4 dport:Port sport:Port startime:UInt32 \
             endtime:UInt32 seqnum:UInt32 connid:Pointer",
        ),
    },
    Spec {
        class: TCP_IP,
        types: &[
            (11, "RecvIPV4"),
            (13, "DisconnectIPV4"),
            (14, "RetransmitIPV4"),
            (16, "ReconnectIPV4"),
            (18, "TCPCopyIPV4"),
        ],
        since: 2,
        fields: Are(
            "PID:UInt32 size:UInt32 daddr:IPv4 saddr:IPv4 dport:Port sport:Port seqnum:UInt32 \
             connid:Pointer",
        ),
    },
    Spec {
        class: TCP_IP,
        types: &[(12, "ConnectIPV4"), (15, "AcceptIPV4")],
        since: 2,
        fields: Are(
            "PID:UInt32 size:UInt32 daddr:IPv4 saddr:IPv4 dport:Port sport:Port mss:UInt16 \
             sackopt:UInt16 tsopt:UInt16 wsopt:UInt16 rcvwin:UInt32 rcvwinscale:Int16 \
             sndwinscale:Int16 seqnum:UInt32 connid:Pointer",
        ),
    },
    Spec {
        class: TCP_IP,
        types: &[(26, "SendIPV6")],
        since: 2,
        fields: Are(
            "PID:UInt32 size:UInt32 daddr:IPv6 saddr:IPv6 dport:Port sport:Port startime:UInt32 \
             endtime:UInt32 seqnum:UInt32 connid:Pointer",
        ),
    },
    Spec {
        class: TCP_IP,
        types: &[
            (27, "RecvIPV6"),
            (29, "DisconnectIPV6"),
            (30, "RetransmitIPV6"),
            (32, "ReconnectIPV6"),
            (34, "TCPCopyIPV6"),
        ],
        since: 2,
        fields: Are(
            "PID:UInt32 size:UInt32 daddr:IPv6 saddr:IPv6 dport:Port sport:Port seqnum:UInt32 \
             connid:Pointer",
        ),
    },
    Spec {
        class: TCP_IP,
        types: &[(28, "ConnectIPV6"), (31, "AcceptIPV6")],
        since: 2,
        fields: Are(
            "PID:UInt32 size:UInt32 daddr:IPv6 saddr:IPv6 dport:Port sport:Port mss:UInt16 \
             sackopt:UInt16 tsopt:UInt16 wsopt:UInt16 rcvwin:UInt32 rcvwinscale:Int16 \
             sndwinscale:Int16 seqnum:UInt32 connid:Pointer",
        ),
    },
    Spec {
        class: TCP_IP,
        types: &[(17, "Fail")],
        since: 2,
        fields: Are("Proto:UInt16 FailureCode:UInt16"),
    },
    Spec { class: TCP_IP, types: &[(17, "Fail")], since: 1, fields: Are("Proto:UInt32") },
    Spec {
        class: TCP_IP,
        types: &[
            (10, "Send"),
            (11, "Recv"),
            (12, "Connect"),
            (13, "Disconnect"),
            (14, "Retransmit"),
            (15, "Accept"),
        ],
        since: 0,
        fields: Are("daddr:IPv4 saddr:IPv4 dport:Port sport:Port size:UInt32 PID:UInt32"),
    },
    Spec {
        class: TCP_IP,
        types: &[(10, "Send")],
        since: 1,
        fields: Are(
            "PID:UInt32 size:UInt32 daddr:IPv4 saddr:IPv4 dport:Port sport:Port startime:UInt32 \
             endtime:UInt32 connid:Pointer seqnum:UInt32",
        ),
    },
    Spec {
        class: TCP_IP,
        types: &[
            (11, "Recv"),
            (13, "Disconnect"),
            (14, "Retransmit"),
            (16, "Reconnect"),
            (18, "TCPCopy"),
            (19, "ARPCopy"),
            (20, "FullACK"),
            (21, "PartACK"),
            (22, "DupACK"),
        ],
        since: 1,
        fields: Are(
            "PID:UInt32 size:UInt32 daddr:IPv4 saddr:IPv4 dport:Port sport:Port connid:Pointer \
             seqnum:UInt32",
        ),
    },
    Spec {
        class: TCP_IP,
        types: &[(12, "Connect"), (15, "Accept")],
        since: 1,
        fields: Are(
            "PID:UInt32 size:UInt32 daddr:IPv4 saddr:IPv4 dport:Port sport:Port mss:UInt16 \
             sackopt:UInt16 tsopt:UInt16 wsopt:UInt16 rcvwin:UInt32 rcvwinscale:Int16 \
             sndwinscale:Int16 connid:Pointer seqnum:UInt32",
        ),
    },
    Spec {
        class: UDP_IP,
        types: &[(10, "SendIPV4"), (11, "RecvIPV4")],
        since: 2,
        fields: Are(
            "PID:UInt32 size:UInt32 daddr:IPv4 saddr:IPv4 dport:Port sport:Port seqnum:UInt32 \
             connid:Pointer",
        ),
    },
    Spec {
        class: UDP_IP,
        types: &[(26, "SendIPV6"), (27, "RecvIPV6")],
        since: 2,
        fields: Are(
            "PID:UInt32 size:UInt32 daddr:IPv6 saddr:IPv6 dport:Port sport:Port seqnum:UInt32 \
             connid:Pointer",
        ),
    },
    Spec {
        class: UDP_IP,
        types: &[(17, "Fail")],
        since: 0,
        fields: Are("Proto:UInt16 FailureCode:UInt16"),
    },
    Spec {
        class: UDP_IP,
        types: &[(10, "Send"), (11, "Recv")],
        since: 0,
        fields: Are("context:Pointer saddr:IPv4 sport:Port size:UInt16 daddr:IPv4 dport:Port \
             dsize:UInt16"),
    },
    Spec {
        class: UDP_IP,
        types: &[(10, "Send"), (11, "Recv")],
        since: 1,
        fields: Are("PID:UInt32 size:UInt32 daddr:IPv4 saddr:IPv4 dport:Port sport:Port"),
    },
];
