#![cfg(test)]

use super::*;
use prosector_sdk::testkit::{check, check_stream, probe};

#[test]
fn a_bind_and_its_answer() {
    check::<Dcerpc>(
        "05 00 0b 03 10000000 4800 0000 01000000 d016 d016 00000000 01 000000
         0000 01 00 78573412 3412 cdab ef00 0123456789ac 0100 0000 045d888a eb1c c911 9fe8 08002b104860 02000000",
        expect![[r#"
            Distributed Computing Environment / Remote Procedure Call (DCE/RPC), Bind: call_id: 1, 1 context items: SAMR V1
              Version: 5
              Version (minor): 0
              Packet type: Bind (11)
              Packet Flags: 0x03
                .... ...1 = First Frag: True
                .... ..1. = Last Frag: True
                .... .0.. = Cancel Pending: False
                .... 0... = Reserved: False
                ...0 .... = Multiplex: False
                ..0. .... = Did Not Execute: False
                .0.. .... = Maybe: False
                0... .... = Object: False
              Byte order: Little-endian (1)
              Character: ASCII (0)
              Floating-point: IEEE (0)
              Data Representation: 10000000
              Frag Length: 72
              Auth Length: 0
              Call ID: 1
              Max Xmit Frag: 5840
              Max Recv Frag: 5840
              Assoc Group: 0x00000000
              Num Ctx Items: 1
              Context ID: 0
              Num Trans Items: 1
              Interface UUID: 12345778-1234-abcd-ef00-0123456789ac
              Interface Ver: 1
              Interface Ver Minor: 0
              ID: 8a885d04-1ceb-11c9-9fe8-08002b104860
              ver: 2
        "#]],
    );
    check::<Dcerpc>(
        "05 00 0c 03 10000000 4400 0000 01000000 d016 d016 34120000 0400 31333500 0000 01 000000
         0000 0000 045d888a eb1c c911 9fe8 08002b104860 02000000",
        expect![[r#"
            Distributed Computing Environment / Remote Procedure Call (DCE/RPC), Bind_ack: call_id: 1, max_xmit: 5840 max_recv: 5840, 1 results
              Version: 5
              Version (minor): 0
              Packet type: Bind_ack (12)
              Packet Flags: 0x03
                .... ...1 = First Frag: True
                .... ..1. = Last Frag: True
                .... .0.. = Cancel Pending: False
                .... 0... = Reserved: False
                ...0 .... = Multiplex: False
                ..0. .... = Did Not Execute: False
                .0.. .... = Maybe: False
                0... .... = Object: False
              Byte order: Little-endian (1)
              Character: ASCII (0)
              Floating-point: IEEE (0)
              Data Representation: 10000000
              Frag Length: 68
              Auth Length: 0
              Call ID: 1
              Max Xmit Frag: 5840
              Max Recv Frag: 5840
              Assoc Group: 0x00001234
              Scndry Addr len: 4
              Scndry Addr: 135
              Num results: 1
              Ack result: Acceptance (0)
              Transfer Syntax: 8a885d04-1ceb-11c9-9fe8-08002b104860
              Syntax ver: 2
        "#]],
    );
}

#[test]
fn a_call_with_a_verifier() {
    check::<Dcerpc>(
        "05 00 00 03 10000000 3400 0c00 02000000 08000000 0000 0500 0102030405060708
         0a 05 04 00 00000000 01000000 000102030405060708090a0b",
        expect![[r#"
            Distributed Computing Environment / Remote Procedure Call (DCE/RPC), Request: call_id: 2
              Version: 5
              Version (minor): 0
              Packet type: Request (0)
              Packet Flags: 0x03
                .... ...1 = First Frag: True
                .... ..1. = Last Frag: True
                .... .0.. = Cancel Pending: False
                .... 0... = Reserved: False
                ...0 .... = Multiplex: False
                ..0. .... = Did Not Execute: False
                .0.. .... = Maybe: False
                0... .... = Object: False
              Byte order: Little-endian (1)
              Character: ASCII (0)
              Floating-point: IEEE (0)
              Data Representation: 10000000
              Frag Length: 52
              Auth Length: 12
              Call ID: 2
              Alloc hint: 8
              Context ID: 0
              Opnum: 5
              Stub data: 01020304
              Auth Padding: 05060708
              Auth type: NTLMSSP (10)
              Auth level: Packet integrity (5)
              Auth pad len: 4
              Auth Rsrvd: 0
              Auth Context ID: 0
            → dcerpc.auth_type [10]: bytes 40..52
        "#]],
    );
}

#[test]
fn a_call_in_two_segments() {
    check_stream::<Dcerpc>(
        &["05 00 00 03 10000000 1c00 0000 02000000", "04000000 0000 0500 01020304"],
        expect![[r#"
        segment 1
        waits for 28 bytes
        segment 2
        Distributed Computing Environment / Remote Procedure Call (DCE/RPC), Request: call_id: 2
          Version: 5
          Version (minor): 0
          Packet type: Request (0)
          Packet Flags: 0x03
            .... ...1 = First Frag: True
            .... ..1. = Last Frag: True
            .... .0.. = Cancel Pending: False
            .... 0... = Reserved: False
            ...0 .... = Multiplex: False
            ..0. .... = Did Not Execute: False
            .0.. .... = Maybe: False
            0... .... = Object: False
          Byte order: Little-endian (1)
          Character: ASCII (0)
          Floating-point: IEEE (0)
          Data Representation: 10000000
          Frag Length: 28
          Auth Length: 0
          Call ID: 2
          Alloc hint: 4
          Context ID: 0
          Opnum: 5
          Stub data: 01020304
    "#]],
    );
}

#[test]
fn a_datagram() {
    let header = "04 00 00 00 100000 00".to_owned() + &"00".repeat(72);
    check::<Dcerpc>(
        &header,
        expect![[r#"
            Distributed Computing Environment / Remote Procedure Call (DCE/RPC), Request: seq: 0, opnum: 0
              Version: 4
              Packet type: Request (0)
              Flags1: 0x00
              Flags2: 0x00
              Byte order: Little-endian (1)
              Character: ASCII (0)
              Floating-point: IEEE (0)
              Data Representation: 100000
              Serial High: 0x00
              Object: 00000000-0000-0000-0000-000000000000
              Interface: 00000000-0000-0000-0000-000000000000
              Activity: 00000000-0000-0000-0000-000000000000
              Server boot time: Jan  1, 1970 00:00:00.000000000 UTC
              Interface Ver: 0
              Sequence num: 0
              Opnum: 0
              Interface Hint: 0x0000
              Activity Hint: 0x0000
              Fragment len: 0
              Fragment num: 0
              Auth proto: 0
              Serial Low: 0x00
              [Unknown DCERPC interface id: True]
        "#]],
    );
    assert_eq!(probe::<Dcerpc>(&prosector_sdk::testkit::parse_hex(&header)), Verdict::Maybe);
    assert_eq!(probe::<Dcerpc>(b"\x05\x01\x00\x01\xc0\xa8\x01\x01\0\0\0\0\0\0\0\0\0\0"), Verdict::NotMine);
}

#[test]
fn lengths_that_lie() {
    check::<Dcerpc>(
        "05 00 0b 03 10000000 ffff ffff 01000000 d016",
        expect![[r#"
        Distributed Computing Environment / Remote Procedure Call (DCE/RPC), Bind: call_id: 1
          Version: 5
          Version (minor): 0
          Packet type: Bind (11)
          Packet Flags: 0x03
            .... ...1 = First Frag: True
            .... ..1. = Last Frag: True
            .... .0.. = Cancel Pending: False
            .... 0... = Reserved: False
            ...0 .... = Multiplex: False
            ..0. .... = Did Not Execute: False
            .0.. .... = Maybe: False
            0... .... = Object: False
          Byte order: Little-endian (1)
          Character: ASCII (0)
          Floating-point: IEEE (0)
          Data Representation: 10000000
          Frag Length: 65535
          Auth Length: 65535
          Call ID: 1
          Max Xmit Frag: 5840
          [error] short: bytes needs 2 bytes at offset 18, 0 are there (the end is set by dcerpc.cn_frag_len)
    "#]],
    );
    check::<Dcerpc>(
        "05 00 0b 03 10000000 0100 0000 01000000 d016",
        expect![[r#"
        rejected
    "#]],
    );
}

#[test]
fn a_secure_channel() {
    let auth = "44060000 00000000  00000000 15000000 41 00 016203636f6d00 015a00";
    check::<Dcerpc>(
        &format!("05000b03 10000000 3800 1400 01000000 d016d016 00000000 00000000 {auth}"),
        expect![[r#"
        Distributed Computing Environment / Remote Procedure Call (DCE/RPC), Bind: call_id: 1
          Version: 5
          Version (minor): 0
          Packet type: Bind (11)
          Packet Flags: 0x03
            .... ...1 = First Frag: True
            .... ..1. = Last Frag: True
            .... .0.. = Cancel Pending: False
            .... 0... = Reserved: False
            ...0 .... = Multiplex: False
            ..0. .... = Did Not Execute: False
            .0.. .... = Maybe: False
            0... .... = Object: False
          Byte order: Little-endian (1)
          Character: ASCII (0)
          Floating-point: IEEE (0)
          Data Representation: 10000000
          Frag Length: 56
          Auth Length: 20
          Call ID: 1
          Max Xmit Frag: 5840
          Max Recv Frag: 5840
          Assoc Group: 0x00000000
          Num Ctx Items: 0
          Auth type: NETLOGON Secure Channel (68)
          Auth level: Packet privacy (6)
          Auth pad len: 0
          Auth Rsrvd: 0
          Auth Context ID: 0
          Message Type: Request (0x00000000)
          Message Flags: 0x00000015
            .... .... .... .... .... .... .... ...1 = NetBios Domain: True
            .... .... .... .... .... .... .... ..0. = NetBios Host: False
            .... .... .... .... .... .... .... .1.. = DNS Domain: True
            .... .... .... .... .... .... .... 0... = DNS Host: False
            .... .... .... .... .... .... ...1 .... = NetBios Host(UTF8): True
          NetBios Domain: A
          DNS Domain: b.com
          NetBios Host(UTF8): Z
    "#]],
    );
    let auth = "44060000 00000000  13001a00 ffff0000 0102030405060708 1112131415161718 2122232425262728";
    check::<Dcerpc>(
        &format!("05000003 10000000 4000 2000 01000000 00000000 00000f00 {auth}"),
        expect![[r#"
        Distributed Computing Environment / Remote Procedure Call (DCE/RPC), Request: call_id: 1
          Version: 5
          Version (minor): 0
          Packet type: Request (0)
          Packet Flags: 0x03
            .... ...1 = First Frag: True
            .... ..1. = Last Frag: True
            .... .0.. = Cancel Pending: False
            .... 0... = Reserved: False
            ...0 .... = Multiplex: False
            ..0. .... = Did Not Execute: False
            .0.. .... = Maybe: False
            0... .... = Object: False
          Byte order: Little-endian (1)
          Character: ASCII (0)
          Floating-point: IEEE (0)
          Data Representation: 10000000
          Frag Length: 64
          Auth Length: 32
          Call ID: 1
          Alloc hint: 0
          Context ID: 0
          Opnum: 15
          Auth type: NETLOGON Secure Channel (68)
          Auth level: Packet privacy (6)
          Auth pad len: 0
          Auth Rsrvd: 0
          Auth Context ID: 0
          Sign algorithm: HMAC-SHA256 (0x0013)
          Seal algorithm: AES-128 (0x001a)
          Flags: 0000
          Sequence No: 0102030405060708
          Packet Digest: 1112131415161718
          Nonce: 2122232425262728
    "#]],
    );
}
