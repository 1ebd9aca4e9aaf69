#![cfg(test)]

use super::*;
use prosector_sdk::testkit::check;

fn header(cmd: &str, flags: &str) -> String {
    format!("ff534d42 {cmd} 00000000 {flags} 01c8 0000 0000000000000000 0000 0100 0200 0300 0400")
}

#[test]
fn a_negotiation() {
    check::<Smb>(
        &(header("72", "08") + "00 0c00 02 4e54204c4d20302e3132 00"),
        expect![[r#"
        SMB (Server Message Block Protocol), Negotiate Protocol Request
          Server Component: 0x424d53ff
          SMB Command: Negotiate Protocol (0x72)
          NT Status: STATUS_SUCCESS (0x00000000)
          Flags: 0x08
            0... .... = Request/Response: False
            .0.. .... = Notify: False
            ..0. .... = Oplocks: False
            ...0 .... = Canonicalized Pathnames: False
            .... 1... = Case Sensitivity: True
            .... ..0. = Receive Buffer Posted: False
            .... ...0 = Lock and Read: False
          Flags2: 0xc801
            1... .... .... .... = Unicode Strings: True
            .1.. .... .... .... = Error Code Type: True
            ..0. .... .... .... = Execute-only Reads: False
            ...0 .... .... .... = Dfs: False
            .... 1... .... .... = Extended Security Negotiation: True
            .... .0.. .... .... = Reparse Path: False
            .... .... .0.. .... = Long Names Used: False
            .... .... ...0 .... = Security Signatures Required: False
            .... .... .... 0... = Compressed: False
            .... .... .... .0.. = Security Signatures: False
            .... .... .... ..0. = Extended Attributes: False
            .... .... .... ...1 = Long Names Allowed: True
          Process ID High: 0
          Signature: 0000000000000000
          Reserved: 0000
          Tree ID: 1
          Process ID: 2
          User ID: 3
          Multiplex ID: 4
          Word Count (WCT): 0
          Byte Count (BCC): 12
          Buffer Format: 2
          Dialect: NT LM 0.12
          Name: NT LM 0.12
    "#]],
    );
}

#[test]
fn an_open_file() {
    let body = "18 ff 00 0000 00 0600 16000000 00000000 9f010200 0000000000000000 00000000 03000000 01000000 00000000
                02000000 00 0900 00 5c0061006200 0000";
    check::<Smb>(
        &(header("a2", "18") + body),
        expect![[r#"
            SMB (Server Message Block Protocol), NT Create AndX Request, Path: \ab
              Server Component: 0x424d53ff
              SMB Command: NT Create AndX (0xa2)
              NT Status: STATUS_SUCCESS (0x00000000)
              Flags: 0x18
                0... .... = Request/Response: False
                .0.. .... = Notify: False
                ..0. .... = Oplocks: False
                ...1 .... = Canonicalized Pathnames: True
                .... 1... = Case Sensitivity: True
                .... ..0. = Receive Buffer Posted: False
                .... ...0 = Lock and Read: False
              Flags2: 0xc801
                1... .... .... .... = Unicode Strings: True
                .1.. .... .... .... = Error Code Type: True
                ..0. .... .... .... = Execute-only Reads: False
                ...0 .... .... .... = Dfs: False
                .... 1... .... .... = Extended Security Negotiation: True
                .... .0.. .... .... = Reparse Path: False
                .... .... .0.. .... = Long Names Used: False
                .... .... ...0 .... = Security Signatures Required: False
                .... .... .... 0... = Compressed: False
                .... .... .... .0.. = Security Signatures: False
                .... .... .... ..0. = Extended Attributes: False
                .... .... .... ...1 = Long Names Allowed: True
              Process ID High: 0
              Signature: 0000000000000000
              Reserved: 0000
              Tree ID: 1
              Process ID: 2
              User ID: 3
              Multiplex ID: 4
              Word Count (WCT): 24
              SMB Command: 0xff
              Reserved: 00
              AndXOffset: 0
              Reserved: 00
              File Name Len: 6
              [Create Flags: 0x00000016]
              [Exclusive Oplock: True]
              [Batch Oplock: True]
              [Create Directory: False]
              [Extended Response: True]
              Root FID: 0x00000000
              [Access Mask: 0x0002019f]
              [Read: True]
              [Write: True]
              [Append: True]
              [Read EA: True]
              [Write EA: True]
              [Execute: False]
              [Delete Child: False]
              [Read Attributes: True]
              [Write Attributes: True]
              [Delete: False]
              [Read Control: True]
              [Write DAC: False]
              [Write Owner: False]
              [Synchronize: False]
              [System Security: False]
              [Maximum Allowed: False]
              [Generic All: False]
              [Generic Execute: False]
              [Generic Write: False]
              [Generic Read: False]
              Allocation Size: 0
              [File Attributes: 0x00000000]
              [Read Only: False]
              [Hidden: False]
              [System: False]
              [Volume ID: False]
              [Directory: False]
              [Archive: False]
              [Device: False]
              [Normal: False]
              [Temporary: False]
              [Sparse: False]
              [Reparse Point: False]
              [Compressed: False]
              [Offline: False]
              [Content Indexed: False]
              [Encrypted: False]
              [Share Access: 0x00000003]
              [Read: True]
              [Write: True]
              [Delete: False]
              Disposition: Open (if file exists open it, else fail) (1)
              [Create Options: 0x00000000]
              [Directory: False]
              [Write Through: False]
              [Sequential Only: False]
              [Intermediate Buffering: False]
              [Sync I/O Alert: False]
              [Sync I/O Nonalert: False]
              [Non-Directory: False]
              [Create Tree Connection: False]
              [Complete If Oplocked: False]
              [No EA Knowledge: False]
              [8.3 Only: False]
              [Random Access: False]
              [Delete On Close: False]
              [Open By FileID: False]
              [Backup Intent: False]
              [No Compression: False]
              [Reserve Opfilter: False]
              [Open Reparse Point: False]
              [Open No Recall: False]
              [Open For Free Space query: False]
              Impersonation: Impersonation (2)
              Security Flags: 0x00
                .... ...0 = Context Tracking: False
                .... ..0. = Effective Only: False
              Byte Count (BCC): 9
              File Name: \ab
        "#]],
    );
}

#[test]
fn two_commands() {
    let body = "08 2f 00 3300 0240 00 00 00000000 0000 0000 0000  02 ff 00 0000 0000";
    check::<Smb>(
        &(header("24", "18") + body),
        expect![[r#"
            SMB (Server Message Block Protocol), Locking AndX Request
              Server Component: 0x424d53ff
              SMB Command: Locking AndX (0x24)
              NT Status: STATUS_SUCCESS (0x00000000)
              Flags: 0x18
                0... .... = Request/Response: False
                .0.. .... = Notify: False
                ..0. .... = Oplocks: False
                ...1 .... = Canonicalized Pathnames: True
                .... 1... = Case Sensitivity: True
                .... ..0. = Receive Buffer Posted: False
                .... ...0 = Lock and Read: False
              Flags2: 0xc801
                1... .... .... .... = Unicode Strings: True
                .1.. .... .... .... = Error Code Type: True
                ..0. .... .... .... = Execute-only Reads: False
                ...0 .... .... .... = Dfs: False
                .... 1... .... .... = Extended Security Negotiation: True
                .... .0.. .... .... = Reparse Path: False
                .... .... .0.. .... = Long Names Used: False
                .... .... ...0 .... = Security Signatures Required: False
                .... .... .... 0... = Compressed: False
                .... .... .... .0.. = Security Signatures: False
                .... .... .... ..0. = Extended Attributes: False
                .... .... .... ...1 = Long Names Allowed: True
              Process ID High: 0
              Signature: 0000000000000000
              Reserved: 0000
              Tree ID: 1
              Process ID: 2
              User ID: 3
              Multiplex ID: 4
              Word Count (WCT): 8
              SMB Command: Write AndX (0x2f)
              Reserved: 00
              AndXOffset: 51
              [FID: 0x4002]
              Lock Type: 0x00
                .... ...0 = Shared: False
                .... ..0. = Oplock Break: False
                .... .0.. = Change: False
                .... 0... = Cancel: False
                ...0 .... = Large Files: False
              Oplock Level: 0
              Timeout: 0
              Number of Unlocks: 0
              Number of Locks: 0
              Byte Count (BCC): 0
              Word Count (WCT): 2
              SMB Command: 0xff
              Reserved: 00
              AndXOffset: 0
              [error] short: bytes needs 2 bytes at offset 56, 0 are there (the end is set by smb.wct)
        "#]],
    );
}

#[test]
fn counts_that_lie() {
    check::<Smb>(
        &(header("75", "18") + "04 ff 00 0000 0800 ffff ffff 00"),
        expect![[r#"
        SMB (Server Message Block Protocol), Tree Connect AndX Request
          Server Component: 0x424d53ff
          SMB Command: Tree Connect AndX (0x75)
          NT Status: STATUS_SUCCESS (0x00000000)
          Flags: 0x18
            0... .... = Request/Response: False
            .0.. .... = Notify: False
            ..0. .... = Oplocks: False
            ...1 .... = Canonicalized Pathnames: True
            .... 1... = Case Sensitivity: True
            .... ..0. = Receive Buffer Posted: False
            .... ...0 = Lock and Read: False
          Flags2: 0xc801
            1... .... .... .... = Unicode Strings: True
            .1.. .... .... .... = Error Code Type: True
            ..0. .... .... .... = Execute-only Reads: False
            ...0 .... .... .... = Dfs: False
            .... 1... .... .... = Extended Security Negotiation: True
            .... .0.. .... .... = Reparse Path: False
            .... .... .0.. .... = Long Names Used: False
            .... .... ...0 .... = Security Signatures Required: False
            .... .... .... 0... = Compressed: False
            .... .... .... .0.. = Security Signatures: False
            .... .... .... ..0. = Extended Attributes: False
            .... .... .... ...1 = Long Names Allowed: True
          Process ID High: 0
          Signature: 0000000000000000
          Reserved: 0000
          Tree ID: 1
          Process ID: 2
          User ID: 3
          Multiplex ID: 4
          Word Count (WCT): 4
          SMB Command: 0xff
          Reserved: 00
          AndXOffset: 0
          Flags: 0x0008
            .... .... .... ...0 = Disconnect TID: False
            .... .... .... .0.. = Extended Signature: False
            .... .... .... 1... = Extended Response: True
          Password Length: 65535
          Byte Count (BCC): 65535
          [error] short: smb.password needs 65535 bytes at offset 43, 1 are there
    "#]],
    );
    check::<Smb>(
        &(header("25", "18") + "10 0000"),
        expect![[r#"
        SMB (Server Message Block Protocol), Trans Request
          Server Component: 0x424d53ff
          SMB Command: Trans (0x25)
          NT Status: STATUS_SUCCESS (0x00000000)
          Flags: 0x18
            0... .... = Request/Response: False
            .0.. .... = Notify: False
            ..0. .... = Oplocks: False
            ...1 .... = Canonicalized Pathnames: True
            .... 1... = Case Sensitivity: True
            .... ..0. = Receive Buffer Posted: False
            .... ...0 = Lock and Read: False
          Flags2: 0xc801
            1... .... .... .... = Unicode Strings: True
            .1.. .... .... .... = Error Code Type: True
            ..0. .... .... .... = Execute-only Reads: False
            ...0 .... .... .... = Dfs: False
            .... 1... .... .... = Extended Security Negotiation: True
            .... .0.. .... .... = Reparse Path: False
            .... .... .0.. .... = Long Names Used: False
            .... .... ...0 .... = Security Signatures Required: False
            .... .... .... 0... = Compressed: False
            .... .... .... .0.. = Security Signatures: False
            .... .... .... ..0. = Extended Attributes: False
            .... .... .... ...1 = Long Names Allowed: True
          Process ID High: 0
          Signature: 0000000000000000
          Reserved: 0000
          Tree ID: 1
          Process ID: 2
          User ID: 3
          Multiplex ID: 4
          Word Count (WCT): 16
          Total Parameter Count: 0
          [error] short: smb.tdc needs 2 bytes at offset 35, 0 are there
    "#]],
    );
}

#[test]
fn more_of_a_transaction() {
    check::<Smb>(
        &(header("33", "08") + "09 0300 0200 0300 3600 0000 0200 3a00 0000 ffff 0700 00 616263 00 6465"),
        expect![[r#"
            SMB (Server Message Block Protocol), Trans2 Secondary Request
              Server Component: 0x424d53ff
              SMB Command: Trans2 Secondary (0x33)
              NT Status: STATUS_SUCCESS (0x00000000)
              Flags: 0x08
                0... .... = Request/Response: False
                .0.. .... = Notify: False
                ..0. .... = Oplocks: False
                ...0 .... = Canonicalized Pathnames: False
                .... 1... = Case Sensitivity: True
                .... ..0. = Receive Buffer Posted: False
                .... ...0 = Lock and Read: False
              Flags2: 0xc801
                1... .... .... .... = Unicode Strings: True
                .1.. .... .... .... = Error Code Type: True
                ..0. .... .... .... = Execute-only Reads: False
                ...0 .... .... .... = Dfs: False
                .... 1... .... .... = Extended Security Negotiation: True
                .... .0.. .... .... = Reparse Path: False
                .... .... .0.. .... = Long Names Used: False
                .... .... ...0 .... = Security Signatures Required: False
                .... .... .... 0... = Compressed: False
                .... .... .... .0.. = Security Signatures: False
                .... .... .... ..0. = Extended Attributes: False
                .... .... .... ...1 = Long Names Allowed: True
              Process ID High: 0
              Signature: 0000000000000000
              Reserved: 0000
              Tree ID: 1
              Process ID: 2
              User ID: 3
              Multiplex ID: 4
              Word Count (WCT): 9
              Total Parameter Count: 3
              Total Data Count: 2
              Parameter Count: 3
              Parameter Offset: 54
              Parameter Displacement: 0
              Data Count: 2
              Data Offset: 58
              Data Displacement: 0
              [FID: 0xffff]
              Byte Count (BCC): 7
              Padding: 00
              Parameters: 616263
              Padding: 00
              Data: 6465
        "#]],
    );
}

#[test]
fn a_read() {
    check::<Smb>(
        &(header("2e", "08") + "0c ff 00 0000 0140 00000000 0010 0010 00000000 0010 00000000 0000"),
        expect![[r#"
            SMB (Server Message Block Protocol), Read AndX Request
              Server Component: 0x424d53ff
              SMB Command: Read AndX (0x2e)
              NT Status: STATUS_SUCCESS (0x00000000)
              Flags: 0x08
                0... .... = Request/Response: False
                .0.. .... = Notify: False
                ..0. .... = Oplocks: False
                ...0 .... = Canonicalized Pathnames: False
                .... 1... = Case Sensitivity: True
                .... ..0. = Receive Buffer Posted: False
                .... ...0 = Lock and Read: False
              Flags2: 0xc801
                1... .... .... .... = Unicode Strings: True
                .1.. .... .... .... = Error Code Type: True
                ..0. .... .... .... = Execute-only Reads: False
                ...0 .... .... .... = Dfs: False
                .... 1... .... .... = Extended Security Negotiation: True
                .... .0.. .... .... = Reparse Path: False
                .... .... .0.. .... = Long Names Used: False
                .... .... ...0 .... = Security Signatures Required: False
                .... .... .... 0... = Compressed: False
                .... .... .... .0.. = Security Signatures: False
                .... .... .... ..0. = Extended Attributes: False
                .... .... .... ...1 = Long Names Allowed: True
              Process ID High: 0
              Signature: 0000000000000000
              Reserved: 0000
              Tree ID: 1
              Process ID: 2
              User ID: 3
              Multiplex ID: 4
              Word Count (WCT): 12
              SMB Command: 0xff
              Reserved: 00
              AndXOffset: 0
              [FID: 0x4001]
              Offset: 0
              Max Count Low: 4096
              Min Count: 4096
              Max Count High (multiply with 64K): 0
              Remaining: 4096
              High Offset: 0
              [File Offset: 0]
              [File RW Length: 4096]
              Byte Count (BCC): 0
        "#]],
    );
}
