//! NFS, the network file system, versions 2 (RFC 1094) and 3 (RFC 1813).

mod tests;
mod version2;
mod version3;
mod version4;

use crate::rpc::Call;
use crate::xdr::{FileHandle, Xdr};
use prosector_sdk::handle::{ComputedWord, Handle, Variable};
use prosector_sdk::prelude::*;

/// The dissector.
#[derive(Default)]
pub struct Nfs;

value_names! {
    /// Operations of version 4 (RFC 8881, section 16.2.3; RFC 7862, section 15).
    OPERATIONS {
        3 "ACCESS", 4 "CLOSE", 5 "COMMIT", 6 "CREATE", 7 "DELEGPURGE", 8 "DELEGRETURN", 9 "GETATTR", 10 "GETFH", 11
        "LINK", 12 "LOCK", 13 "LOCKT", 14 "LOCKU", 15 "LOOKUP", 16 "LOOKUPP", 17 "NVERIFY", 18 "OPEN", 19
        "OPENATTR", 20 "OPEN_CONFIRM", 21 "OPEN_DOWNGRADE", 22 "PUTFH", 23 "PUTPUBFH", 24 "PUTROOTFH", 25 "READ", 26
        "READDIR", 27 "READLINK", 28 "REMOVE", 29 "RENAME", 30 "RENEW", 31 "RESTOREFH", 32 "SAVEFH", 33 "SECINFO",
        34 "SETATTR", 35 "SETCLIENTID", 36 "SETCLIENTID_CONFIRM", 37 "VERIFY", 38 "WRITE", 39 "RELEASE_LOCKOWNER",
        40 "BACKCHANNEL_CTL", 41 "BIND_CONN_TO_SESSION", 42 "EXCHANGE_ID", 43 "CREATE_SESSION", 44
        "DESTROY_SESSION", 45 "FREE_STATEID", 46 "GET_DIR_DELEGATION", 47 "GETDEVINFO", 48 "GETDEVLIST", 49
        "LAYOUTCOMMIT", 50 "LAYOUTGET", 51 "LAYOUTRETURN", 52 "SECINFO_NO_NAME", 53 "SEQUENCE", 54 "SET_SSV", 55
        "TEST_STATEID", 56 "WANT_DELEG", 57 "DESTROY_CLIENTID", 58 "RECLAIM_COMPLETE", 59 "ALLOCATE", 60 "COPY", 61
        "COPY_NOTIFY", 62 "DEALLOCATE", 63 "IO_ADVISE", 64 "LAYOUTERROR", 65 "LAYOUTSTATS", 66 "OFFLOAD_CANCEL", 67
        "OFFLOAD_STATUS", 68 "READ_PLUS", 69 "SEEK", 70 "WRITE_SAME", 71 "CLONE", 72 "GETXATTR", 73 "SETXATTR", 74
        "LISTXATTRS", 75 "REMOVEXATTR", 10044 "ILLEGAL",
    }
}

value_names! {
    /// What came of an operation of version 4 (RFC 8881, section 15.1).
    STATUS_4 {
        0 "NFS4_OK", 1 "NFS4ERR_PERM", 2 "NFS4ERR_NOENT", 5 "NFS4ERR_IO", 6 "NFS4ERR_NXIO", 13 "NFS4ERR_ACCESS", 17
        "NFS4ERR_EXIST", 18 "NFS4ERR_XDEV", 20 "NFS4ERR_NOTDIR", 21 "NFS4ERR_ISDIR", 22 "NFS4ERR_INVAL", 27
        "NFS4ERR_FBIG", 28 "NFS4ERR_NOSPC", 30 "NFS4ERR_ROFS", 31 "NFS4ERR_MLINK", 63 "NFS4ERR_NAMETOOLONG", 66
        "NFS4ERR_NOTEMPTY", 69 "NFS4ERR_DQUOT", 70 "NFS4ERR_STALE", 10001 "NFS4ERR_BADHANDLE", 10003
        "NFS4ERR_BAD_COOKIE", 10004 "NFS4ERR_NOTSUPP", 10005 "NFS4ERR_TOOSMALL", 10006 "NFS4ERR_SERVERFAULT", 10007
        "NFS4ERR_BADTYPE", 10008 "NFS4ERR_DELAY", 10009 "NFS4ERR_SAME", 10010 "NFS4ERR_DENIED", 10011
        "NFS4ERR_EXPIRED", 10012 "NFS4ERR_LOCKED", 10013 "NFS4ERR_GRACE", 10014 "NFS4ERR_FHEXPIRED", 10015
        "NFS4ERR_SHARE_DENIED", 10016 "NFS4ERR_WRONGSEC", 10017 "NFS4ERR_CLID_INUSE", 10018 "NFS4ERR_RESOURCE",
        10019 "NFS4ERR_MOVED", 10020 "NFS4ERR_NOFILEHANDLE", 10021 "NFS4ERR_MINOR_VERS_MISMATCH", 10022
        "NFS4ERR_STALE_CLIENTID", 10023 "NFS4ERR_STALE_STATEID", 10024 "NFS4ERR_OLD_STATEID", 10025
        "NFS4ERR_BAD_STATEID", 10026 "NFS4ERR_BAD_SEQID", 10027 "NFS4ERR_NOT_SAME", 10028 "NFS4ERR_LOCK_RANGE",
        10029 "NFS4ERR_SYMLINK", 10030 "NFS4ERR_READDIR_NOSPC", 10031 "NFS4ERR_LEASE_MOVED", 10032
        "NFS4ERR_ATTRNOTSUPP", 10033 "NFS4ERR_NO_GRACE", 10034 "NFS4ERR_RECLAIM_BAD", 10035
        "NFS4ERR_RECLAIM_CONFLICT", 10036 "NFS4ERR_BADXDR", 10037 "NFS4ERR_LOCKS_HELD", 10038 "NFS4ERR_OPENMODE",
        10039 "NFS4ERR_BADOWNER", 10040 "NFS4ERR_BADCHAR", 10041 "NFS4ERR_BADNAME", 10042 "NFS4ERR_BAD_RANGE", 10043
        "NFS4ERR_LOCK_NOTSUPP", 10044 "NFS4ERR_OP_ILLEGAL", 10045 "NFS4ERR_DEADLOCK", 10046 "NFS4ERR_FILE_OPEN",
        10047 "NFS4ERR_ADMIN_REVOKED", 10048 "NFS4ERR_CB_PATH_DOWN", 10049 "NFS4ERR_BADIOMODE", 10050
        "NFS4ERR_BADLAYOUT", 10051 "NFS4ERR_BAD_SESSION_DIGEST", 10052 "NFS4ERR_BADSESSION", 10053
        "NFS4ERR_BADSLOT", 10054 "NFS4ERR_COMPLETE_ALREADY", 10055 "NFS4ERR_CONN_NOT_BOUND_TO_SESSION", 10056
        "NFS4ERR_DELEG_ALREADY_WANTED", 10057 "NFS4ERR_DIRDELEG_UNAVAIL", 10058 "NFS4ERR_LAYOUTTRYLATER", 10059
        "NFS4ERR_LAYOUTUNAVAILABLE", 10060 "NFS4ERR_NOMATCHING_LAYOUT", 10061 "NFS4ERR_RECALLCONFLICT", 10062
        "NFS4ERR_UNKNOWN_LAYOUTTYPE", 10063 "NFS4ERR_SEQ_MISORDERED", 10064 "NFS4ERR_SEQUENCE_POS", 10065
        "NFS4ERR_REQ_TOO_BIG", 10066 "NFS4ERR_REP_TOO_BIG", 10067 "NFS4ERR_REP_TOO_BIG_TO_CACHE", 10068
        "NFS4ERR_RETRY_UNCACHED_REP", 10069 "NFS4ERR_UNSAFE_COMPOUND", 10070 "NFS4ERR_TOO_MANY_OPS", 10071
        "NFS4ERR_OP_NOT_IN_SESSION", 10072 "NFS4ERR_HASH_ALG_UNSUPP", 10073 "NFS4ERR_CONN_BINDING_NOT_ENFORCED",
        10074 "NFS4ERR_CLIENTID_BUSY", 10075 "NFS4ERR_PNFS_IO_HOLE", 10076 "NFS4ERR_SEQ_FALSE_RETRY", 10077
        "NFS4ERR_BAD_HIGH_SLOT", 10078 "NFS4ERR_DEADSESSION", 10079 "NFS4ERR_ENCR_ALG_UNSUPP", 10080
        "NFS4ERR_PNFS_NO_LAYOUT", 10081 "NFS4ERR_NOT_ONLY_OP", 10082 "NFS4ERR_WRONG_CRED", 10083
        "NFS4ERR_WRONG_TYPE", 10084 "NFS4ERR_DIRDELEG_UNAVAIL", 10085 "NFS4ERR_REJECT_DELEG", 10086
        "NFS4ERR_RETURNCONFLICT", 10087 "NFS4ERR_DELEG_REVOKED", 10088 "NFS4ERR_PARTNER_NOTSUPP", 10089
        "NFS4ERR_PARTNER_NO_AUTH", 10090 "NFS4ERR_UNION_NOTSUPP", 10091 "NFS4ERR_OFFLOAD_DENIED", 10092
        "NFS4ERR_WRONG_LFS", 10093 "NFS4ERR_BADLABEL", 10094 "NFS4ERR_OFFLOAD_NO_REQS", 10095 "NFS4ERR_NOXATTR",
        10096 "NFS4ERR_XATTR2BIG",
    }
}

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
        /// Where it is not to be set.
        mode as NO_MODE: u32                 "mode",
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

        // Access, bit by bit: only what was asked for
        access_read: computed bool           "0x001 READ",
        access_lookup: computed bool         "0x002 LOOKUP",
        access_modify: computed bool         "0x004 MODIFY",
        access_extend: computed bool         "0x008 EXTEND",
        access_delete: computed bool         "0x010 DELETE",
        access_execute: computed bool        "0x020 EXECUTE",
        access_supported: u8 hex             "Supported types (of requested)",
        access_supp_read: computed bool      "0x001 READ",
        access_supp_lookup: computed bool    "0x002 LOOKUP",
        access_supp_modify: computed bool    "0x004 MODIFY",
        access_supp_extend: computed bool    "0x008 EXTEND",
        access_supp_delete: computed bool    "0x010 DELETE",
        access_supp_execute: computed bool   "0x020 EXECUTE",

        // Version 4
        .rpc.array.len: u32                  "num",
        tag: str                             "Tag",
        minorversion: u32                    "minorversion",
        ops.count: u32                       "Operations",
        opcode: u32                          "Opcode" = OPERATIONS,
        main_opcode: computed u32            "Main Opcode" = OPERATIONS,
        nfsstat4: u32                        "Status" = STATUS_4,
        operation: group                     "Operation",
        seqid: u32 hex                       "seqid",
        session_id4: bytes[16]               "sessionid",
        slotid: u32                          "slot id",
        high_slotid: u32                     "high slot id",
        target_high_slotid: u32              "target high slot id",
        cachethis4: bool(u32)                "cache this?",
        sequence.flags: u32 hex              "status flags" {
            cb_path_down: 0x1                "SEQ4_STATUS_CB_PATH_DOWN",
            cb_gss_contexts_expiring: 0x2    "SEQ4_STATUS_CB_GSS_CONTEXTS_EXPIRING",
            cb_gss_contexts_expired: 0x4     "SEQ4_STATUS_CB_GSS_CONTEXTS_EXPIRED",
            expired_all_state_revoked: 0x8   "SEQ4_STATUS_EXPIRED_ALL_STATE_REVOKED",
            expired_some_state_revoked: 0x10 "SEQ4_STATUS_EXPIRED_SOME_STATE_REVOKED",
            admin_state_revoked: 0x20        "SEQ4_STATUS_ADMIN_STATE_REVOKED",
            recallable_state_revoked: 0x40   "SEQ4_STATUS_RECALLABLE_STATE_REVOKED",
            lease_moved: 0x80                "SEQ4_STATUS_LEASE_MOVED",
            restart_reclaim_needed: 0x100    "SEQ4_STATUS_RESTART_RECLAIM_NEEDED",
            cb_path_down_session: 0x200      "SEQ4_STATUS_CB_PATH_DOWN_SESSION",
            backchannel_fault: 0x400         "SEQ4_STATUS_BACKCHANNEL_FAULT",
            devid_changed: 0x800             "SEQ4_STATUS_DEVID_CHANGED",
            devid_deleted: 0x1000            "SEQ4_STATUS_DEVID_DELETED",
        },
        clientid: u64 hex                    "clientid",
        verifier4: u64 hex                   "verifier",
        exchange_id.call_flags: u32 hex      "flags" {
            .exchange_id.flags.moved_refer as ASKS_MOVED_REFER: 0x1 "EXCHGID4_FLAG_SUPP_MOVED_REFER",
            .exchange_id.flags.moved_migr as ASKS_MOVED_MIGR: 0x2 "EXCHGID4_FLAG_SUPP_MOVED_MIGR",
            .exchange_id.flags.bind_princ as ASKS_BIND_PRINC: 0x100 "EXCHGID4_FLAG_BIND_PRINC_STATEID",
            .exchange_id.flags.non_pnfs as ASKS_NON_PNFS: 0x1_0000 "EXCHGID4_FLAG_USE_NON_PNFS",
            .exchange_id.flags.pnfs_mds as ASKS_PNFS_MDS: 0x2_0000 "EXCHGID4_FLAG_USE_PNFS_MDS",
            .exchange_id.flags.pnfs_ds as ASKS_PNFS_DS: 0x4_0000 "EXCHGID4_FLAG_USE_PNFS_DS",
            .exchange_id.flags.confirmed_rec_a as ASKS_REC_A: 0x4000_0000 "EXCHGID4_FLAG_UPD_CONFIRMED_REC_A",
            .exchange_id.flags.confirmed_r as ASKS_R: 0x8000_0000 "EXCHGID4_FLAG_CONFIRMED_R",
        },
        exchange_id.reply_flags: u32 hex     "flags" {
            .exchange_id.flags.moved_refer as SAYS_MOVED_REFER: 0x1 "EXCHGID4_FLAG_SUPP_MOVED_REFER",
            .exchange_id.flags.moved_migr as SAYS_MOVED_MIGR: 0x2 "EXCHGID4_FLAG_SUPP_MOVED_MIGR",
            .exchange_id.flags.bind_princ as SAYS_BIND_PRINC: 0x100 "EXCHGID4_FLAG_BIND_PRINC_STATEID",
            .exchange_id.flags.non_pnfs as SAYS_NON_PNFS: 0x1_0000 "EXCHGID4_FLAG_USE_NON_PNFS",
            .exchange_id.flags.pnfs_mds as SAYS_PNFS_MDS: 0x2_0000 "EXCHGID4_FLAG_USE_PNFS_MDS",
            .exchange_id.flags.pnfs_ds as SAYS_PNFS_DS: 0x4_0000 "EXCHGID4_FLAG_USE_PNFS_DS",
            .exchange_id.flags.confirmed_rec_a as SAYS_REC_A: 0x4000_0000 "EXCHGID4_FLAG_UPD_CONFIRMED_REC_A",
            .exchange_id.flags.confirmed_r as SAYS_R: 0x8000_0000 "EXCHGID4_FLAG_CONFIRMED_R",
        },
        exchange_id.state_protect: u32       "eia_state_protect" = { 0 "SP4_NONE", 1 "SP4_MACH_CRED", 2 "SP4_SSV" },
        nii_domain4: str                     "Implementor DNS domain name(nii_domain)",
        nii_name4: str                       "Implementation product name(nii_name)",
        nfstime4.seconds: u64                "seconds",
        nfstime4.nseconds: u32               "nseconds",
        minorid4: u64                        "minor ID",
        majorid4: bytes                      "major ID",
        scope: bytes                         "server scope",
        create_session_flags: u32 hex        "csa_flags" {
            .create_session.flags.persist: 0x1 "CREATE_SESSION4_FLAG_PERSIST",
            .create_session.flags.conn_back_chan: 0x2 "CREATE_SESSION4_FLAG_CONN_BACK_CHAN",
            .create_session.flags.conn_rdma: 0x4 "CREATE_SESSION4_FLAG_CONN_RDMA",
        },
        padsize4: u32                        "hdr pad size",
        maxreqsize4: u32                     "max req size",
        maxrespsize4: u32                    "max resp size",
        maxrespsizecached4: u32              "max resp size cached",
        maxops4: u32                         "max ops",
        maxreqs4: u32                        "max reqs",
        cb_program: u32 hex                  "cb_program",
        flavor4: u32                         "flavor",
        stamp4: u32                          "stamp",
        machinename4: str                    "machine name",
        uid4: u32                            "uid",
        gid4: u32                            "gid",
        reclaim_one_fs4: bool(u32)           "reclaim one fs?",
        secinfo.style: u32                   "Secinfo Style" = {
            0 "SECINFO_STYLE4_CURRENT_FH", 1 "SECINFO_STYLE4_PARENT",
        },
        secinfo.flavor: u32                  "flavor" = { 0 "AUTH_NULL", 1 "AUTH_UNIX", 6 "RPCSEC_GSS" },
        secinfo.flavor_info.rpcsec_gss_info.oid: bytes "oid",
        secinfo.flavor_info.rpcsec_gss_info.qop: u32 "qop",
        secinfo.rpcsec_gss_info.service: u32 "service" = {
            1 "rpcsec_gss_svc_none", 2 "rpcsec_gss_svc_integrity", 3 "rpcsec_gss_svc_privacy",
        },
        pathname.component: str              "Name",
        stateid: bytes[16]                   "StateID",
        stateid.hash: computed u16 hex       "StateID Hash",
        stateid.seqid: u32                   "StateID seqid",
        stateid.other: bytes[12]             "StateID Other",
        stateid.other_hash: computed u32 hex "StateID Other hash",
        offset4: u64                         "offset",
        length4: u64                         "length",
        minlength4: u64                      "min length",
        count4: u32                          "count",
        maxcount: u32                        "maxcount",
        eof: u32                             "eof",
        read.data_length: u32                "Read length",
        write.data_length: u32               "Write length",
        stable_how4: u32                     "stable_how4" = { 0 "UNSTABLE4", 1 "DATA_SYNC4", 2 "FILE_SYNC4" },
        open4.share_access: u32              "share_access",
        open4.share_deny: u32                "share_deny",
        open_owner4: bytes                   "owner",
        open.opentype: u32                   "Open Type" = { 0 "OPEN4_NOCREATE", 1 "OPEN4_CREATE" },
        createmode4: u32                     "Create Mode" = {
            0 "UNCHECKED4", 1 "GUARDED4", 2 "EXCLUSIVE4", 3 "EXCLUSIVE4_1",
        },
        open.claim_type: u32                 "Claim Type" = {
            0 "CLAIM_NULL", 1 "CLAIM_PREVIOUS", 2 "CLAIM_DELEGATE_CUR", 3 "CLAIM_DELEGATE_PREV", 4 "CLAIM_FH",
            5 "CLAIM_DELEG_CUR_FH", 6 "CLAIM_DELEG_CUR_PREV",
        },
        open_rflags: u32 hex                 "result flags" {
            confirm: 0x2                     "confirm",
            locktype_posix: 0x4              "locktype posix",
            preserve_unlinked: 0x8           "preserve unlinked",
            may_notify_lock: 0x20            "may notify lock",
        },
        open.delegation_type: u32            "Delegation Type" = {
            0 "OPEN_DELEGATE_NONE", 1 "OPEN_DELEGATE_READ", 2 "OPEN_DELEGATE_WRITE", 3 "OPEN_DELEGATE_NONE_EXT",
        },
        recall: bool(u32)                    "Recall",
        open.limit_by: u32                   "Space Limit" = { 1 "NFS_LIMIT_SIZE", 2 "NFS_LIMIT_BLOCKS" },
        filesize: u64                        "filesize",
        change_info.atomic: bool(u32)        "Atomic",
        changeid4.before: u64                "changeid (before)",
        changeid4.after: u64                 "changeid (after)",
        acetype4: u32                        "acetype" = { 0 "Access_Allowed", 1 "Access_Denied", 2 "System_Audit", 3 "System_Alarm" },
        aceflags4: u32 hex                   "ACE flags" {
            .aceflag4.file_inherit: 0x1      "File_Inherit",
            .aceflag4.dir_inherit: 0x2       "Directory_Inherit",
            .aceflag4.no_prop_inherit: 0x4   "No_Propagate_Inherit",
            .aceflag4.inherit_only: 0x8      "Inherit_Only",
            .aceflag4.successful_access: 0x10 "Successful_Access",
            .aceflag4.failed_access: 0x20    "Failed_access",
            .aceflag4.id_group: 0x40         "Identifier_Group",
            .aceflag4.inherited_ace: 0x80    "Inherited_ACE",
        },
        acemask4: u32 hex                    "ACE mask",
        ace_perm4: computed u32 hex          "perm",
        layoutavail: bool(u32)               "layout available?",
        layouttype: u32                      "layout type" = {
            1 "LAYOUT4_NFSV4_1_FILES", 2 "LAYOUT4_OSD2_OBJECTS", 3 "LAYOUT4_BLOCK_VOLUME", 4 "LAYOUT4_FLEX_FILES",
            5 "LAYOUT4_SCSI",
        },
        iomode: u32                          "IO mode" = { 1 "IOMODE_READ", 2 "IOMODE_RW", 3 "IOMODE_ANY" },
        retclose4: bool(u32)                 "return on close?",
        deviceid: bytes[16]                  "device ID",
        nfl_util: u32 hex                    "nfl_util",
        nfl_util.stripe_size: computed u32   "stripe size",
        nfl_util.commit_thru_mds: computed u32 "commit thru mds",
        nfl_util.dense: computed u32         "dense layout",
        nfl_first_stripe_index: u32          "first stripe to use index",
        nfl_fhs: u32 hex                     "file handles",
        layout: bytes                        "layout",
        notify_mask: u32 hex                 "notify_mask",
        notify_type: computed u32            "notify_type",
        deviceidx: u32                       "device index",
        devinfo: bytes                       "dev info",
        r_netid: str                         "r_netid",
        r_addr: str                          "r_addr",
        reclaim4: bool(u32)                  "reclaim",
        returntype: u32                      "return type" = { 1 "RETURN_FILE", 2 "RETURN_FSID", 3 "RETURN_ALL" },
        lrf_body_content: bytes              "lrf_body_content",

        // Attributes of version 4
        attr_count: computed u32             "Attr count",
        attr_mask: u32 hex                   "Attr mask",
        attr: computed u32                   "attr",
        nfs_ftype4: u32                      "ftype4" = {
            1 "NF4REG", 2 "NF4DIR", 3 "NF4BLK", 4 "NF4CHR", 5 "NF4LNK", 6 "NF4SOCK", 7 "NF4FIFO", 8 "NF4ATTRDIR",
            9 "NF4NAMEDATTR",
        },
        fattr4_fh_expire_type: u32 hex       "fattr4_fh_expire_type",
        changeid4: u64                       "changeid",
        fattr4.size: u64                     "size",
        fattr4_link_support: bool(u32)       "fattr4_link_support",
        fattr4_symlink_support: bool(u32)    "fattr4_symlink_support",
        fattr4_named_attr: bool(u32)         "fattr4_named_attr",
        fsid4.major: u64                     "fsid4.major",
        fsid4.minor: u64                     "fsid4.minor",
        fattr4_unique_handles: bool(u32)     "fattr4_unique_handles",
        fattr4.lease_time: u32               "lease_time",
        fattr4.aclsupport: u32               "aclsupport" {
            allow_acl: 0x1                   "ALLOW",
            deny_acl: 0x2                    "DENY",
            audit_acl: 0x4                   "AUDIT",
            alarm_acl: 0x8                   "ALARM",
        },
        fattr4_archive: bool(u32)            "fattr4_archive",
        fattr4_cansettime: bool(u32)         "fattr4_cansettime",
        fattr4_case_insensitive: bool(u32)   "fattr4_case_insensitive",
        fattr4_case_preserving: bool(u32)    "fattr4_case_preserving",
        fattr4_chown_restricted: bool(u32)   "fattr4_chown_restricted",
        fattr4.fileid: u64                   "fileid",
        fattr4.files_avail: u64              "files_avail",
        fattr4.files_free: u64               "files_free",
        fattr4.files_total: u64              "files_total",
        fattr4_hidden: bool(u32)             "fattr4_hidden",
        fattr4_homogeneous: bool(u32)        "fattr4_homogeneous",
        fattr4.maxfilesize: u64              "maxfilesize",
        fattr4.maxlink: u32                  "maxlink",
        fattr4.maxname: u32                  "maxname",
        fattr4.maxread: u64                  "maxread",
        fattr4.maxwrite: u64                 "maxwrite",
        fattr4_mimetype: str                 "fattr4_mimetype",
        fattr4_no_trunc: bool(u32)           "fattr4_no_trunc",
        fattr4.numlinks: u32                 "numlinks",
        fattr4_owner: str                    "fattr4_owner",
        fattr4_owner_group: str              "fattr4_owner_group",
        fattr4.quota_hard: u64               "quota_hard",
        fattr4.quota_soft: u64               "quota_soft",
        fattr4.quota_used: u64               "quota_used",
        fattr4.space_avail: u64              "space_avail",
        fattr4.space_free: u64               "space_free",
        fattr4.space_total: u64              "space_total",
        fattr4.space_used: u64               "space_used",
        fattr4_system: bool(u32)             "fattr4_system",
        fattr4.mounted_on_fileid: u64 hex    "fileid",
        fattr4.layout_blksize: u32           "blksize",
        fattr4.threshold_item.mask_count: u32 "number of masks",
        fattr4.threshold_item.hint_mask: u32 hex "hint mask",
        fattr4.threshold_item.hint_count: computed u32 "hint",
        fattr4.threshold_item.hint: computed u32 "hint" = {
            0 "Read_Size", 1 "Write_Size", 2 "Read_IO_Size", 3 "Write_IO_Size",
        },
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
        pdu.info(format_args!("V{} {} {}", call.version, Nfs::name(field, call.procedure), call.what()));
        match call.version {
            2 => version2::body(pdu, call),
            3 => version3::body(pdu, call),
            4 => version4::body(pdu, call),
            _ => Ok(()),
        }
    }
}

const FILE: FileHandle = FileHandle { length: FH_LENGTH, bytes: FHANDLE, hash: FH_HASH };

/// Text or bytes with their length before them.
fn opaque(pdu: &mut Pdu<'_>, field: Handle<Variable>) -> Step {
    const XDR: Xdr = Xdr { length: RPC_OPAQUE_LENGTH, fill: RPC_FILL_BYTES };
    XDR.opaque(pdu, field).map(drop)
}

/// Rights to a file (RFC 1813, section 3.3.4; RFC 8881, section 18.1), of which the low byte is shown. Bits that nobody
/// asked for are not.
fn access(
    pdu: &mut Pdu<'_>,
    field: Handle<u8>,
    bits: &[Handle<ComputedWord>; 6],
    asked: Option<u8>,
) -> Result<u8, Stop> {
    pdu.skip(3)?;
    let at = pdu.position();
    let rights = pdu.take(field)?;
    for (i, &bit) in bits.iter().enumerate() {
        if asked.unwrap_or(rights) >> i & 1 != 0 {
            pdu.computed(bit, at..at + 1, rights >> i & 1 != 0);
        }
    }
    Ok(rights)
}

const RIGHTS: [Handle<ComputedWord>; 6] =
    [ACCESS_READ, ACCESS_LOOKUP, ACCESS_MODIFY, ACCESS_EXTEND, ACCESS_DELETE, ACCESS_EXECUTE];

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
