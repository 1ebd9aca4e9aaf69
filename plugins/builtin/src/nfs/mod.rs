//! NFS, the network file system, versions 2 (RFC 1094) and 3 (RFC 1813).

mod tests;
mod version2;
mod version3;

use crate::rpc::Call;
use prosector_sdk::handle::{ComputedWord, Handle, Variable};
use prosector_sdk::prelude::*;

/// The dissector.
#[derive(Default)]
pub struct Nfs;

protocol! {
    /// Network File System (RFC 1094, RFC 1813).
    Nfs = nfs "NFS", "Network File System" {
        .rpc.programversion as VERSION: computed u32 "Program Version",
        .rpc.opaque_length: u32              "length",
        .rpc.fill_bytes: bytes               "fill bytes",
        .rpc.value_follows: bool(u32)        "Value Follows",
        // Which version and procedure
        procedure_v2: computed u32           "V2 Procedure" = {
            0 "NULL", 1 "GETATTR", 2 "SETATTR", 3 "ROOT", 4 "LOOKUP", 5 "READLINK", 6 "READ", 7 "WRITECACHE",
            8 "WRITE", 9 "CREATE", 10 "REMOVE", 11 "RENAME", 12 "LINK", 13 "SYMLINK", 14 "MKDIR", 15 "RMDIR",
            16 "READDIR", 17 "STATFS",
        },
        procedure_v3: computed u32           "V3 Procedure" = {
            0 "NULL", 1 "GETATTR", 2 "SETATTR", 3 "LOOKUP", 4 "ACCESS", 5 "READLINK", 6 "READ", 7 "WRITE",
            8 "CREATE", 9 "MKDIR", 10 "SYMLINK", 11 "MKNOD", 12 "REMOVE", 13 "RMDIR", 14 "RENAME", 15 "LINK",
            16 "READDIR", 17 "READDIRPLUS", 18 "FSSTAT", 19 "FSINFO", 20 "PATHCONF", 21 "COMMIT",
        },
        procedure_v4: computed u32           "V4 Procedure" = { 0 "NULL", 1 "COMPOUND" },
        status as STATUS: u32                "Status",
        status2: u32                         "Status",
        status3: u32                         "Status",

        fh.length: u32                       "length",
        fh.hash: computed u32 hex            "hash (CRC-32)",
        fhandle: bytes                       "FileHandle",
        name: str                            "Name",
        attributes_follow: u32               "attributes_follow",
        handle_follow: u32                   "handle_follow",

        // Attributes of version 3
        fattr3.type: u32                     "Type" = {
            1 "Regular File", 2 "Directory", 3 "Block Special Device", 4 "Character Special Device",
            5 "Symbolic Link", 6 "Socket", 7 "Named Pipe",
        },
        mode3: u32                      "Mode" {
            xoth: 0x1                        "S_IXOTH",
            woth: 0x2                        "S_IWOTH",
            roth: 0x4                        "S_IROTH",
            xgrp: 0x8                        "S_IXGRP",
            wgrp: 0x10                       "S_IWGRP",
            rgrp: 0x20                       "S_IRGRP",
            xusr: 0x40                       "S_IXUSR",
            wusr: 0x80                       "S_IWUSR",
            rusr: 0x100                      "S_IRUSR",
            sticky: 0x200                    "S_ISVTX",
            sgid: 0x400                      "S_ISGID",
            suid: 0x800                      "S_ISUID",
        },
        fattr3.nlink: u32                    "nlink",
        fattr3.uid: u32                      "uid",
        fattr3.gid: u32                      "gid",
        fattr3.size: u64                     "size",
        fattr3.used: u64                     "used",
        specdata1: u32                       "specdata1",
        specdata2: u32                       "specdata2",
        fattr3.fsid: u64 hex                 "fsid",
        fattr3.fileid: u64                   "fileid",
        atime: computed time_s               "atime",
        atime.sec: u32                       "seconds",
        atime.nsec: u32                      "nano seconds",
        atime.usec: u32                      "micro seconds",
        mtime: computed time_s               "mtime",
        mtime.sec: u32                       "seconds",
        mtime.nsec: u32                      "nano seconds",
        mtime.usec: u32                      "micro seconds",
        ctime: computed time_s               "ctime",
        ctime.sec: u32                       "seconds",
        ctime.nsec: u32                      "nano seconds",
        ctime.usec: u32                      "micro seconds",
        dtime: computed duration             "time delta",
        dtime.sec: u32                       "seconds",
        dtime.nsec: u32                      "nano seconds",
        wcc_attr.size: u64                   "size",
        set_it: u32                          "set_it",
        gid3: u32                            "gid",
        uid3: u32                            "uid",
        set_size: u64                        "size",
        sattrguard3: u32                     "check",

        // Attributes of version 2
        ftype: u32                           "type",
        mode: u32                       "mode" {
            exec_other: 0x1                  "Execute permission for others",
            write_other: 0x2                 "Write permission for others",
            read_other: 0x4                  "Read permission for others",
            exec_group: 0x8                  "Execute permission for group",
            write_group: 0x10                "Write permission for group",
            read_group: 0x20                 "Read permission for group",
            exec_owner: 0x40                 "Execute permission for owner",
            write_owner: 0x80                "Write permission for owner",
            read_owner: 0x100                "Read permission for owner",
            save_swap_text: 0x200            "Save swapped text even after use",
            set_group_id: 0x400              "Set group id on exec",
            set_user_id: 0x800               "Set user id on exec",
            name: uint 0xe000                "Name",
        },
        fattr.nlink: u32                     "nlink",
        fattr.uid: u32                       "uid",
        fattr.gid: u32                       "gid",
        fattr.size: u32                      "size",
        fattr.blocksize: u32                 "blocksize",
        fattr.rdev: u32                      "rdev",
        fattr.blocks: u32                    "blocks",
        fattr.fsid: u32 hex                  "fsid",
        fattr.fileid: u32                    "fileid",

        // Procedures
        access_check: u8 hex                 "Check access",
        access_rights: u8 hex                "Access rights (of requested)",
        readlink.data: str                   "Data",
        offset3: u64                         "offset",
        count3: u32                          "count",
        read.eof: bool(u32)                       "EOF",
        data: bytes                          "Data",
        write.stable: u32                    "Stable",
        write.committed: u32                 "Committed",
        verifier: bytes                      "Verifier",
        createmode: u32                      "Create Mode",
        symlink.to: str                      "To",
        cookie3: u64                         "cookie",
        count3_dircount: u32                 "dircount",
        count3_maxcount: u32                 "maxcount",
        readdir.entry3.fileid: u64           "File ID",
        readdir.entry3.name: str             "Name",
        readdir.entry3.cookie: u64           "Cookie",
        readdirplus.entry.fileid: u64        "File ID",
        readdirplus.entry.name: str          "Name",
        readdirplus.entry.cookie: u64        "Cookie",
        readdir.eof: u32                     "EOF",
        fsstat3_resok.tbytes: u64            "Total bytes",
        fsstat3_resok.fbytes: u64            "Free bytes",
        fsstat3_resok.abytes: u64            "Available free bytes",
        fsstat3_resok.tfiles: u64            "Total file slots",
        fsstat3_resok.ffiles: u64            "Free file slots",
        fsstat3_resok.afiles: u64            "Available free file slots",
        fsstat.invarsec: u32                 "invarsec",
        fsinfo.rtmax: u32                    "rtmax",
        fsinfo.rtpref: u32                   "rtpref",
        fsinfo.rtmult: u32                   "rtmult",
        fsinfo.wtmax: u32                    "wtmax",
        fsinfo.wtpref: u32                   "wtpref",
        fsinfo.wtmult: u32                   "wtmult",
        fsinfo.dtpref: u32                   "dtpref",
        fsinfo.maxfilesize: u64              "maxfilesize",
        fsinfo.properties: u32 hex           "Properties" {
            hardlinks: 0x1                   "File System supports hard links",
            symlinks: 0x2                    "File System supports symbolic links",
            pathconf: 0x8                    "PATHCONF",
            setattr: 0x10                    "SETATTR can set time on server",
        },
        pathconf.linkmax: u32                "linkmax",
        pathconf.name_max: u32               "name_max",
        pathconf.no_trunc: bool(u32)              "no_trunc",
        pathconf.chown_restricted: bool(u32)      "chown_restricted",
        pathconf.case_insensitive: bool(u32)      "case_insensitive",
        pathconf.case_preserving: bool(u32)       "case_preserving",
        read.offset: u32                     "Offset",
        read.count: u32                      "Count",
        read.totalcount: u32                 "Total Count",
        write.beginoffset: u32               "Begin Offset",
        write.offset: u32                    "Offset",
        write.totalcount: u32                "Total Count",
        readdir.cookie: u32                  "Cookie",
        readdir.count: u32                   "Count",
        readdir.entry.fileid: u32            "File ID",
        readdir.entry.name: str              "Name",
        readdir.entry.cookie: u32            "Cookie",
        statfs.tsize: u32                    "Transfer Size",
        statfs.bsize: u32                    "Block Size",
        statfs.blocks: u32                   "Total Blocks",
        statfs.bfree: u32                    "Free Blocks",
        statfs.bavail: u32                   "Available Blocks",

    }
    claims { rpc.program = 100003 }
}

impl Dissector for Nfs {
    fn dissect(&mut self, pdu: &mut Pdu<'_>) -> Step {
        let call = Call::from_context(pdu.context());
        pdu.computed(VERSION, 0..0, call.version);
        let field = match call.version {
            2 => PROCEDURE_V2,
            3 => PROCEDURE_V3,
            _ => PROCEDURE_V4,
        };
        pdu.computed(field, 0..0, call.procedure);
        let what = if call.reply { "Reply" } else { "Call" };
        pdu.info(format_args!("V{} {} {what}", call.version, Nfs::name(field, call.procedure)));
        match call.version {
            2 => version2::body(pdu, call),
            3 => version3::body(pdu, call),
            _ => Ok(()),
        }
    }
}

/// CRC-32 (ISO 3309), by which file handles are told apart at a glance.
pub(crate) fn crc32(bytes: &[u8]) -> u32 {
    const POLYNOMIAL: u32 = 0xedb8_8320;
    !bytes.iter().fold(!0u32, |crc, &b| {
        (0..8).fold(crc ^ u32::from(b), |crc, _| if crc & 1 == 0 { crc >> 1 } else { crc >> 1 ^ POLYNOMIAL })
    })
}

/// Bytes that fill up the last word of `len` bytes (RFC 4506, section 3).
fn fill(len: usize) -> usize {
    len.next_multiple_of(4).saturating_sub(len)
}

/// A file handle of `len` bytes.
fn handle(pdu: &mut Pdu<'_>, len: usize) -> Step {
    let at = pdu.position();
    let bytes = pdu.take_bytes(FHANDLE, len)?;
    if pdu.wants(FH_HASH) {
        pdu.computed(FH_HASH, at..at + len, crc32(bytes));
    }
    pdu.skip(fill(len))
}

/// Bytes with their length before them.
fn opaque(pdu: &mut Pdu<'_>, field: Handle<Variable>) -> Step {
    let len = pdu.take(RPC_OPAQUE_LENGTH)? as usize;
    if len > 0 {
        pdu.take_bytes(field, len)?;
    }
    if fill(len) > 0 {
        pdu.take_bytes(RPC_FILL_BYTES, fill(len))?;
    }
    Ok(())
}

/// A time: seconds, then what is below them, in units of so many nanoseconds.
fn time(pdu: &mut Pdu<'_>, whole: Handle<ComputedWord>, sec: Handle<u32>, below: Handle<u32>, unit: u64) -> Step {
    let at = pdu.position();
    let seconds = u64::from(pdu.peek(sec)?);
    pdu.take(sec)?;
    let rest = u64::from(pdu.take(below)?);
    pdu.computed(whole, at..at + 8, seconds * 1_000_000_000 + rest * unit);
    Ok(())
}

builtin!(Nfs);
