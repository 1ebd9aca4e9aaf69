#![cfg(test)]

use super::*;
use crate::checksum::crc32;
use prosector_sdk::declare::Protocol;
use prosector_sdk::dissector::Declared;
use prosector_sdk::testkit::check;

#[test]
fn a_checksum() {
    assert_eq!(crc32(b"123456789"), 0xcbf4_3926);
}

#[test]
fn a_version_of_which_nothing_is_known() {
    check::<Nfs>(
        "00000000",
        expect![[r#"
            Network File System, V0 NULL Call
              [Program Version: 0]
              [V4 Procedure: NULL (0)]
        "#]],
    );
}

/// The body of a compound procedure of version 4; that it is one, and whether a reply, the call's header would say.
#[derive(Default)]
struct Compound<const REPLY: bool>;

impl<const REPLY: bool> Declared for Compound<REPLY> {
    const PROTOCOL: &'static Protocol = Nfs::PROTOCOL;
}

impl<const REPLY: bool> Dissector for Compound<REPLY> {
    fn dissect(&mut self, pdu: &mut Pdu<'_>) -> Step {
        version4::body(pdu, Call { version: 4, procedure: 1, reply: REPLY })
    }
}

#[test]
fn a_list_of_operations() {
    check::<Compound<false>>(
        "00000001 61000000 00000001 00000004
         00000035 000102030405060708090a0b0c0d0e0f 00000001 00000000 00000000 00000001
         00000016 00000004 01020304
         00000026 00000001 0102030405060708090a0b0c 0000000000000000 00000002 00000002 68690000
         00000009 00000002 00000018 00100000",
        expect![[r#"
            Network File System, V4 WRITE Call
              length: 1
              Tag: a
              fill bytes: 000000
              minorversion: 1
              Operations: 4
              Operation: SEQUENCE (53)
                Opcode: SEQUENCE (53)
                sessionid: 000102030405060708090a0b0c0d0e0f
                seqid: 0x00000001
                slot id: 0
                high slot id: 0
                cache this?: True
              Operation: PUTFH (22)
                Opcode: PUTFH (22)
                length: 4
                FileHandle: 01020304
                hash (CRC-32): 0xb63cfbcd
              Operation: WRITE (38)
                Opcode: WRITE (38)
                StateID: 000000010102030405060708090a0b0c
                StateID Hash: 0xe27f
                StateID seqid: 1
                StateID Other: 0102030405060708090a0b0c
                StateID Other hash: 0x925fc655
                offset: 0
                stable_how4: FILE_SYNC4 (2)
                Write length: 2
                length: 2
                Data: 6869
                fill bytes: 0000
              Operation: GETATTR (9)
                Opcode: GETATTR (9)
                Attr count: 2
                Attr mask: 0x00000018
                attr: 3
                attr: 4
                Attr count: 1
                Attr mask: 0x00100000
                attr: 52
              [Main Opcode: WRITE (38)]
        "#]],
    );
    check::<Compound<true>>(
        "00000000 00000000 00000002
         00000003 00000000 0000002d 0000000d
         00000009 00000000 00000001 00000018 00000010 0000000000000001 0000000000001000",
        expect![[r#"
            Network File System, V4 ACCESS Reply
              Status: 0
              Status: NFS4_OK (0)
              length: 0
              Operations: 2
              Operation: ACCESS (3)
                Opcode: ACCESS (3)
                Status: 0
                Status: NFS4_OK (0)
                Supported types (of requested): 0x2d
                0x001 READ: True
                0x004 MODIFY: True
                0x008 EXTEND: True
                0x020 EXECUTE: True
                Access rights (of requested): 0x0d
                0x001 READ: True
                0x004 MODIFY: True
                0x008 EXTEND: True
                0x020 EXECUTE: False
              Operation: GETATTR (9)
                Opcode: GETATTR (9)
                Status: 0
                Status: NFS4_OK (0)
                Attr count: 2
                Attr mask: 0x00000018
                attr: 3
                changeid: 1
                attr: 4
                size: 4096
              [Main Opcode: ACCESS (3)]
        "#]],
    );
}

#[test]
fn lists_that_end_early() {
    // An operation of which nothing is known; more attributes than there is room for; a failure.
    check::<Compound<false>>(
        "00000000 00000002 00000002 0000000c 00000001",
        expect![[r#"
            Network File System, V4 LOCK Call
              length: 0
              minorversion: 2
              Operations: 2
              Operation: LOCK (12)
                Opcode: LOCK (12)
              [Main Opcode: LOCK (12)]
        "#]],
    );
    check::<Compound<true>>(
        "00000000 00000000 00000001 00000009 00000000 00000001 00000018 00000008 0000000000000001",
        expect![[r#"
            Network File System, V4 GETATTR Reply
              Status: 0
              Status: NFS4_OK (0)
              length: 0
              Operations: 1
              Operation: GETATTR (9)
                Opcode: GETATTR (9)
                Status: 0
                Status: NFS4_OK (0)
                Attr count: 2
                Attr mask: 0x00000018
                attr: 3
                changeid: 1
                attr: 4
              [Main Opcode: GETATTR (9)]
              [error] short: nfs.fattr4.size needs 8 bytes at offset 40, 0 are there (the end is set by nfs.operation)
        "#]],
    );
    check::<Compound<true>>(
        "00000046 00000000 00000001 00000016 00000046",
        expect![[r#"
            Network File System, V4 PUTFH Reply
              Status: 70
              Status: NFS4ERR_STALE (70)
              length: 0
              Operations: 1
              Operation: PUTFH (22)
                Opcode: PUTFH (22)
                Status: 70
                Status: NFS4ERR_STALE (70)
              [Main Opcode: PUTFH (22)]
        "#]],
    );
    check::<Compound<true>>(
        "00000000 00000000 ffffffff 00000009 00000000 ffffffff",
        expect![[r#"
            Network File System, V4 GETATTR Reply
              Status: 0
              Status: NFS4_OK (0)
              length: 0
              Operations: 4294967295
              Operation: GETATTR (9)
                Opcode: GETATTR (9)
                Status: 0
                Status: NFS4_OK (0)
              [Main Opcode: GETATTR (9)]
              [error] short: bytes needs 4 bytes at offset 24, 0 are there
        "#]],
    );
}

/// What is to be set in version 2.
#[derive(Default)]
struct Settable;

impl Declared for Settable {
    const PROTOCOL: &'static Protocol = Nfs::PROTOCOL;
}

impl Dissector for Settable {
    fn dissect(&mut self, pdu: &mut Pdu<'_>) -> Step {
        version2::settable(pdu)
    }
}

#[test]
fn all_ones_set_nothing() {
    let ones = "ff".repeat(4);
    check::<Settable>(
        &format!("{ones} 00000001 {ones} {ones} {ones} {ones} 00000002 00000003"),
        expect![[r#"
        Network File System
          mode: 4294967295
          uid: 1
          gid: 4294967295
          size: 4294967295
          seconds: 2
          micro seconds: 3
          mtime: Jan  1, 1970 00:00:02.000003000 UTC
    "#]],
    );
}
