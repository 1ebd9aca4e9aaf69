#![cfg(test)]

use super::*;
use prosector_sdk::testkit::check;

/// A header, as far as the flags, and the rest of it with zeros.
fn header(status: &str, cmd: &str, flags: &str) -> String {
    format!("fe534d42 4000 0100 {status} {cmd} 0100 {flags} 00000000 0700000000000000 fffe0000 01000000")
        + &"00".repeat(8 + 16)
}

#[test]
fn a_tree_connect() {
    let body = "0900 0000 4800 0e00 5c005c0061005c0049005000 4300";
    check::<Smb2>(
        &(header("00000000", "0300", "00000000") + body),
        expect![[r#"
        SMB2 (Server Message Block Protocol version 2), Tree Connect Request Tree: \\a\IPC
          ProtocolId: 0xfe534d42
          Header Length: 64
          Credit Charge: 1
          Channel Sequence: 0
          Reserved: 0000
          Command: Tree Connect (3)
          Credits requested: 1
          Flags: 0x00000000
            .... .... .... .... .... .... .... ...0 = Response: False
            .... .... .... .... .... .... .... ..0. = Async command: False
            .... .... .... .... .... .... .... .0.. = Chained: False
            .... .... .... .... .... .... .... 0... = Signing: False
            .... .... .... .... .... .... .000 .... = Priority: False
            ...0 .... .... .... .... .... .... .... = DFS operation: False
            ..0. .... .... .... .... .... .... .... = Replay operation: False
          Chain Offset: 0x00000000
          Message ID: 7
          Process Id: 0x0000feff
          Tree Id: 0x00000001
          Session Id: 0x0000000000000000
          Signature: 00000000000000000000000000000000
          StructureSize: 0x0009
            0000 0000 0000 100. = Fixed Part Length: 4
            .... .... .... ...1 = Dynamic Part: True
          Flags: 0x0000
            .... .... .... ...0 = Cluster Reconnect: False
            .... .... .... ..0. = Redirect To Owner: False
            .... .... .... .0.. = Extension Present: False
            0000 0000 0000 0... = Reserved: 0x0000
          Blob Offset: 0x00000048
          Blob Length: 14
          Tree: \\a\IPC
    "#]],
    );
}

#[test]
fn a_create_with_a_context() {
    let body = "3900 00 ff 02000000 0000000000000000 0000000000000000 89001200 80000000 07000000 01000000 40000000
                7800 0400 80000000 18000000 61006200 00000000
                00000000 1000 0400 0000 0000 00000000 4d784163 00000000";
    check::<Smb2>(
        &(header("00000000", "0500", "00000000") + body),
        expect![[r#"
        SMB2 (Server Message Block Protocol version 2), Create Request File: ab
          ProtocolId: 0xfe534d42
          Header Length: 64
          Credit Charge: 1
          Channel Sequence: 0
          Reserved: 0000
          Command: Create (5)
          Credits requested: 1
          Flags: 0x00000000
            .... .... .... .... .... .... .... ...0 = Response: False
            .... .... .... .... .... .... .... ..0. = Async command: False
            .... .... .... .... .... .... .... .0.. = Chained: False
            .... .... .... .... .... .... .... 0... = Signing: False
            .... .... .... .... .... .... .000 .... = Priority: False
            ...0 .... .... .... .... .... .... .... = DFS operation: False
            ..0. .... .... .... .... .... .... .... = Replay operation: False
          Chain Offset: 0x00000000
          Message ID: 7
          Process Id: 0x0000feff
          Tree Id: 0x00000001
          Session Id: 0x0000000000000000
          Signature: 00000000000000000000000000000000
          StructureSize: 0x0039
            0000 0000 0011 100. = Fixed Part Length: 28
            .... .... .... ...1 = Dynamic Part: True
          Oplock: Lease (0xff)
          Impersonation level: Impersonation (2)
          Create Flags: 0x0000000000000000
          Reserved: 0000000000000000
          Access Mask: 0x00120089
            .... .... .... .... .... .... .... ...1 = Read: True
            .... .... .... .... .... .... .... ..0. = Write: False
            .... .... .... .... .... .... .... .0.. = Append: False
            .... .... .... .... .... .... .... 1... = Read EA: True
            .... .... .... .... .... .... ...0 .... = Write EA: False
            .... .... .... .... .... .... ..0. .... = Execute: False
            .... .... .... .... .... .... .0.. .... = Delete Child: False
            .... .... .... .... .... .... 1... .... = Read Attributes: True
            .... .... .... .... .... ...0 .... .... = Write Attributes: False
            .... .... .... ...0 .... .... .... .... = Delete: False
            .... .... .... ..1. .... .... .... .... = Read Control: True
            .... .... .... .0.. .... .... .... .... = Write DAC: False
            .... .... .... 0... .... .... .... .... = Write Owner: False
            .... .... ...1 .... .... .... .... .... = Synchronize: True
            .... ...0 .... .... .... .... .... .... = System Security: False
            .... ..0. .... .... .... .... .... .... = Maximum Allowed: False
            ...0 .... .... .... .... .... .... .... = Generic All: False
            ..0. .... .... .... .... .... .... .... = Generic Execute: False
            .0.. .... .... .... .... .... .... .... = Generic Write: False
            0... .... .... .... .... .... .... .... = Generic Read: False
          File Attributes: 0x00000080
            .... .... .... .... .... .... .... ...0 = Read Only: False
            .... .... .... .... .... .... .... ..0. = Hidden: False
            .... .... .... .... .... .... .... .0.. = System: False
            .... .... .... .... .... .... ...0 .... = Directory: False
            .... .... .... .... .... .... ..0. .... = Requires archived: False
            .... .... .... .... .... .... 1... .... = Normal: True
            .... .... .... .... .... ...0 .... .... = Temporary: False
            .... .... .... .... .... ..0. .... .... = Sparse: False
            .... .... .... .... .... .0.. .... .... = Reparse Point: False
            .... .... .... .... .... 0... .... .... = Compressed: False
            .... .... .... .... ...0 .... .... .... = Offline: False
            .... .... .... .... ..0. .... .... .... = Not Content Indexed: False
            .... .... .... .... .0.. .... .... .... = Encrypted: False
            .... .... .... .... 0... .... .... .... = Integrity Stream: False
            .... .... .... ..0. .... .... .... .... = No Scrub Data: False
          Share Access: 0x00000007
            .... .... .... .... .... .... .... ...1 = Read: True
            .... .... .... .... .... .... .... ..1. = Write: True
            .... .... .... .... .... .... .... .1.. = Delete: True
          Disposition: Open (if file exists open it, else fail) (1)
          Create Options: 0x00000040
            .... .... .... .... .... .... .... ...0 = Directory: False
            .... .... .... .... .... .... .... ..0. = Write Through: False
            .... .... .... .... .... .... .... .0.. = Sequential Only: False
            .... .... .... .... .... .... .... 0... = Intermediate Buffering: False
            .... .... .... .... .... .... ...0 .... = Sync I/O Alert: False
            .... .... .... .... .... .... ..0. .... = Sync I/O Nonalert: False
            .... .... .... .... .... .... .1.. .... = Non-Directory: True
            .... .... .... .... .... .... 0... .... = Create Tree Connection: False
            .... .... .... .... .... ...0 .... .... = Complete If Oplocked: False
            .... .... .... .... .... ..0. .... .... = No EA Knowledge: False
            .... .... .... .... .... .0.. .... .... = 8.3 Only: False
            .... .... .... .... .... 0... .... .... = Random Access: False
            .... .... .... .... ...0 .... .... .... = Delete On Close: False
            .... .... .... .... ..0. .... .... .... = Open By FileID: False
            .... .... .... .... .0.. .... .... .... = Backup Intent: False
            .... .... .... .... 0... .... .... .... = No Compression: False
            .... .... ...0 .... .... .... .... .... = Reserve Opfilter: False
            .... .... ..0. .... .... .... .... .... = Open Reparse Point: False
            .... .... .0.. .... .... .... .... .... = Open No Recall: False
            .... .... 0... .... .... .... .... .... = Open For Free Space query: False
          Blob Offset: 0x00000078
          Blob Length: 4
          Blob Offset: 0x00000080
          Blob Length: 24
          Filename: ab
          Chain Offset: 0x00000000
          Blob Offset: 0x00000010
          Blob Length: 4
          Blob Offset: 0x00000000
          Blob Length: 0
          Tag: MxAc
    "#]],
    );
}

#[test]
fn an_error() {
    check::<Smb2>(
        &(header("340000c0", "0500", "01000000") + "0900 00 00 00000000 00"),
        expect![[r#"
        SMB2 (Server Message Block Protocol version 2), Create Response, Error: STATUS_OBJECT_NAME_NOT_FOUND
          ProtocolId: 0xfe534d42
          Header Length: 64
          Credit Charge: 1
          NT Status: STATUS_OBJECT_NAME_NOT_FOUND (0xc0000034)
          Command: Create (5)
          Credits granted: 1
          Flags: 0x00000001
            .... .... .... .... .... .... .... ...1 = Response: True
            .... .... .... .... .... .... .... ..0. = Async command: False
            .... .... .... .... .... .... .... .0.. = Chained: False
            .... .... .... .... .... .... .... 0... = Signing: False
            .... .... .... .... .... .... .000 .... = Priority: False
            ...0 .... .... .... .... .... .... .... = DFS operation: False
            ..0. .... .... .... .... .... .... .... = Replay operation: False
          Chain Offset: 0x00000000
          Message ID: 7
          Process Id: 0x0000feff
          Tree Id: 0x00000001
          Session Id: 0x0000000000000000
          Signature: 00000000000000000000000000000000
          StructureSize: 0x0009
            0000 0000 0000 100. = Fixed Part Length: 4
            .... .... .... ...1 = Dynamic Part: True
          Error Context Count: 0
          Reserved: 0x00
          Byte Count: 0
          Error Data: 00
    "#]],
    );
}

#[test]
fn an_encrypted_message() {
    let head = "fd534d42 000102030405060708090a0b0c0d0e0f 00112233445566778899000000000000 04000000 0000 0100";
    check::<Smb2>(
        &format!("{head} 0700000000000000 deadbeef"),
        expect![[r#"
        SMB2 (Server Message Block Protocol version 2), Encrypted SMB3
          ProtocolId: 0xfd534d42
          Signature: 000102030405060708090a0b0c0d0e0f
          Nonce: 00112233445566778899000000000000
          Message size: 4
          Reserved: 0000
          Flags: 0x0001
            .... .... .... ...1 = Encrypted: True
          Session Id: 0x0000000000000007
          Data: deadbeef
    "#]],
    );
}

#[test]
fn offsets_that_lie() {
    check::<Smb2>(
        &(header("00000000", "0300", "00000000") + "0900 0000 0100 ffff 5c00"),
        expect![[r#"
        SMB2 (Server Message Block Protocol version 2), Tree Connect Request
          ProtocolId: 0xfe534d42
          Header Length: 64
          Credit Charge: 1
          Channel Sequence: 0
          Reserved: 0000
          Command: Tree Connect (3)
          Credits requested: 1
          Flags: 0x00000000
            .... .... .... .... .... .... .... ...0 = Response: False
            .... .... .... .... .... .... .... ..0. = Async command: False
            .... .... .... .... .... .... .... .0.. = Chained: False
            .... .... .... .... .... .... .... 0... = Signing: False
            .... .... .... .... .... .... .000 .... = Priority: False
            ...0 .... .... .... .... .... .... .... = DFS operation: False
            ..0. .... .... .... .... .... .... .... = Replay operation: False
          Chain Offset: 0x00000000
          Message ID: 7
          Process Id: 0x0000feff
          Tree Id: 0x00000001
          Session Id: 0x0000000000000000
          Signature: 00000000000000000000000000000000
          StructureSize: 0x0009
            0000 0000 0000 100. = Fixed Part Length: 4
            .... .... .... ...1 = Dynamic Part: True
          Flags: 0x0000
            .... .... .... ...0 = Cluster Reconnect: False
            .... .... .... ..0. = Redirect To Owner: False
            .... .... .... .0.. = Extension Present: False
            0000 0000 0000 0... = Reserved: 0x0000
          Blob Offset: 0x00000001
          Blob Length: 65535
    "#]],
    );
    check::<Smb2>(
        &(header("00000000", "0b00", "00000000") + "3900 0000 17c01100"),
        expect![[r#"
            SMB2 (Server Message Block Protocol version 2), Ioctl Request
              ProtocolId: 0xfe534d42
              Header Length: 64
              Credit Charge: 1
              Channel Sequence: 0
              Reserved: 0000
              Command: Ioctl (11)
              Credits requested: 1
              Flags: 0x00000000
                .... .... .... .... .... .... .... ...0 = Response: False
                .... .... .... .... .... .... .... ..0. = Async command: False
                .... .... .... .... .... .... .... .0.. = Chained: False
                .... .... .... .... .... .... .... 0... = Signing: False
                .... .... .... .... .... .... .000 .... = Priority: False
                ...0 .... .... .... .... .... .... .... = DFS operation: False
                ..0. .... .... .... .... .... .... .... = Replay operation: False
              Chain Offset: 0x00000000
              Message ID: 7
              Process Id: 0x0000feff
              Tree Id: 0x00000001
              Session Id: 0x0000000000000000
              Signature: 00000000000000000000000000000000
              StructureSize: 0x0039
                0000 0000 0011 100. = Fixed Part Length: 28
                .... .... .... ...1 = Dynamic Part: True
              Reserved: 0000
              Function: 0x0011c017
                0000 0000 0001 0001 .... .... .... .... = Device: 0x0011
                .... .... .... .... 11.. .... .... .... = Access: 0x3
                .... .... .... .... ..00 0000 0001 01.. = Function: 0x005
                .... .... .... .... .... .... .... ..11 = Method: 0x3
              [error] short: bytes needs 16 bytes at offset 72, 0 are there (the end is set by smb2.chain_offset)
        "#]],
    );
}

#[test]
fn a_lock() {
    let file = "0102030405060708 090a0b0c0d0e0f10";
    let body = format!("3000 0100 00000000 {file} 0000000000000000 ffffffffffffffff 12000000 00000000");
    check::<Smb2>(
        &(header("00000000", "0a00", "00000000") + &body),
        expect![[r#"
        SMB2 (Server Message Block Protocol version 2), Lock Request
          ProtocolId: 0xfe534d42
          Header Length: 64
          Credit Charge: 1
          Channel Sequence: 0
          Reserved: 0000
          Command: Lock (10)
          Credits requested: 1
          Flags: 0x00000000
            .... .... .... .... .... .... .... ...0 = Response: False
            .... .... .... .... .... .... .... ..0. = Async command: False
            .... .... .... .... .... .... .... .0.. = Chained: False
            .... .... .... .... .... .... .... 0... = Signing: False
            .... .... .... .... .... .... .000 .... = Priority: False
            ...0 .... .... .... .... .... .... .... = DFS operation: False
            ..0. .... .... .... .... .... .... .... = Replay operation: False
          Chain Offset: 0x00000000
          Message ID: 7
          Process Id: 0x0000feff
          Tree Id: 0x00000001
          Session Id: 0x0000000000000000
          Signature: 00000000000000000000000000000000
          StructureSize: 0x0030
            0000 0000 0011 000. = Fixed Part Length: 24
            .... .... .... ...0 = Dynamic Part: False
          Lock Count: 1
          Reserved: 00000000
          File Id: 04030201-0605-0807-090a-0b0c0d0e0f10
          File Offset: 0
          Length: 18446744073709551615
          Flags: 0x00000012
            .... .... .... .... .... .... .... ...0 = Shared: False
            .... .... .... .... .... .... .... ..1. = Exclusive: True
            .... .... .... .... .... .... .... .0.. = Unlock: False
            .... .... .... .... .... .... ...1 .... = Fail Immediately: True
          Reserved: 00000000
    "#]],
    );
}

#[test]
fn a_compressed_message() {
    check::<Smb2>(
        "fc534d42 0c000000  0000 0100 04000000 fe534d42  0400 0000 08000000 00 000000 08000000",
        expect![[r#"
            SMB2 (Server Message Block Protocol version 2), Compressed SMB3
              ProtocolId: 0xfc534d42
              OriginalSize: 12
              CompressionAlgorithm: None (0x0000)
              Flags: Chained (0x0001)
              Length: 0x00000004
              CompressedData: fe534d42
              CompressionAlgorithm: Pattern_V1 (0x0004)
              Flags: None (0x0000)
              Length: 0x00000008
              CompressedData: 0000000008000000
            → @smb2 [0]: side bytes 15..27
        "#]],
    );
    check::<Smb2>(
        "fc534d42 ffffffff  0100 0000 ffffffff 61",
        expect![[r#"
        SMB2 (Server Message Block Protocol version 2), Compressed SMB3
          ProtocolId: 0xfc534d42
          OriginalSize: 4294967295
          CompressionAlgorithm: LZNT1 (0x0001)
          Flags: None (0x0000)
          Offset: 0xffffffff
          CompressedData: 61
    "#]],
    );
}

#[test]
fn referrals() {
    let entry = "0300 1200 0000 0200 58020000 1200 0000 0000";
    let out = format!("0000 0100 02000000 {entry} 5c004100 0000");
    let body = format!("3100 0000 94010600 {} 00000000 00000000 70000000 20000000 00000000 00000000", "ff".repeat(16));
    check::<Smb2>(
        &(header("00000000", "0b00", "01000000") + &body + &out),
        expect![[r#"
            SMB2 (Server Message Block Protocol version 2), Ioctl Response
              ProtocolId: 0xfe534d42
              Header Length: 64
              Credit Charge: 1
              NT Status: STATUS_SUCCESS (0x00000000)
              Command: Ioctl (11)
              Credits granted: 1
              Flags: 0x00000001
                .... .... .... .... .... .... .... ...1 = Response: True
                .... .... .... .... .... .... .... ..0. = Async command: False
                .... .... .... .... .... .... .... .0.. = Chained: False
                .... .... .... .... .... .... .... 0... = Signing: False
                .... .... .... .... .... .... .000 .... = Priority: False
                ...0 .... .... .... .... .... .... .... = DFS operation: False
                ..0. .... .... .... .... .... .... .... = Replay operation: False
              Chain Offset: 0x00000000
              Message ID: 7
              Process Id: 0x0000feff
              Tree Id: 0x00000001
              Session Id: 0x0000000000000000
              Signature: 00000000000000000000000000000000
              StructureSize: 0x0031
                0000 0000 0011 000. = Fixed Part Length: 24
                .... .... .... ...1 = Dynamic Part: True
              Reserved: 0000
              Function: 0x00060194
                0000 0000 0000 0110 .... .... .... .... = Device: 0x0006
                .... .... .... .... 00.. .... .... .... = Access: 0x0
                .... .... .... .... ..00 0001 1001 01.. = Function: 0x065
                .... .... .... .... .... .... .... ..00 = Method: 0x0
              File Id: ffffffff-ffff-ffff-ffff-ffffffffffff
              Flags: 0x00000000
              Reserved: 00000000
              Blob Offset: 0x00000000
              Blob Length: 0
              Blob Offset: 0x00000070
              Blob Length: 32
              Path Consumed: 0
              Num Referrals: 1
              Flags: 0x0002
                .... .... .... ..1. = Hold Storage: True
                .... .... .... ...0 = Fielding: False
              Padding: 0000
              Version: 3
              Size: 18
              Server Type: Non-root targets returned (0)
              Flags: 0x0002
                .... .... .... ..1. = NameListReferral: True
                .... .... .... .0.. = TargetSetBoundary: False
              TTL: 600 s
              Domain Offset: 18
              Number of Expanded Names: 0
              Expanded Names Offset: 0
              Domain Name: \A
        "#]],
    );
}
