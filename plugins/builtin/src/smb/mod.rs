//! SMB 1, also called CIFS (MS-CIFS, with the extensions of MS-SMB).

mod commands;
mod tests;

use crate::windows::{NT_STATUS, filetime, guid, is_dcerpc, utf16};
use prosector_sdk::handle::{ComputedBytes, ComputedWord, Handle};
use prosector_sdk::prelude::*;
use prosector_sdk::requests::Recent;

/// The dissector.
#[derive(Default)]
pub struct Smb {
    flows: Flows<Connection>,
}

protocol! {
    /// Server Message Block, version 1 (MS-CIFS, MS-SMB).
    Smb = smb "SMB", "SMB (Server Message Block Protocol)" {
        server_component: u32 le hex         "Server Component",
        cmd: u8 hex                          "SMB Command" = {
            0 "Create Directory", 1 "Delete Directory", 2 "Open", 3 "Create", 4 "Close", 5 "Flush", 6 "Delete",
            7 "Rename", 8 "Query Information", 9 "Set Information", 10 "Read", 11 "Write", 12 "Lock Byte Range",
            13 "Unlock Byte Range", 14 "Create Temp", 15 "Create New", 16 "Check Directory", 17 "Process Exit",
            18 "Seek", 19 "Lock And Read", 20 "Write And Unlock", 21 "unknown-0x15", 22 "unknown-0x16",
            23 "unknown-0x17", 24 "unknown-0x18", 25 "unknown-0x19", 26 "Read Raw", 27 "Read MPX",
            28 "Read MPX Secondary", 29 "Write Raw", 30 "Write MPX", 31 "Write MPX Secondary", 32 "Write Complete",
            33 "Query Server (reserved)", 34 "Set Information2", 35 "Query Information2", 36 "Locking AndX",
            37 "Trans", 38 "Trans Secondary", 39 "IOCTL", 40 "IOCTL Secondary", 41 "Copy", 42 "Move", 43 "Echo",
            44 "Write And Close", 45 "Open AndX", 46 "Read AndX", 47 "Write AndX", 48 "New File Size (reserved)",
            49 "Close And Tree Disconnect", 50 "Trans2", 51 "Trans2 Secondary", 52 "Find Close2",
            53 "Find Notify Close", 112 "Tree Connect", 113 "Tree Disconnect", 114 "Negotiate Protocol",
            115 "Session Setup AndX", 116 "Logoff AndX", 117 "Tree Connect AndX", 128 "Query Information Disk",
            129 "Search", 130 "Find", 131 "Find Unique", 132 "Find Close", 160 "NT Trans", 161 "NT Trans Secondary",
            162 "NT Create AndX", 163 "unknown-0xA3", 164 "NT Cancel", 165 "NT Rename", 192 "Open Print File",
            193 "Write Print File", 194 "Close Print File", 195 "Get Print Queue", 208 "Send Single Block Message",
            209 "Send Broadcast Message", 210 "Forward User Name", 211 "Cancel Forward", 212 "Get Machine Name",
            213 "Send Start of Multi-block Message", 214 "Send End of Multi-block Message",
            215 "Send Text of Multi-block Message", 216 "SMBreadbulk", 217 "SMBwritebulk", 218 "SMBwritebulkdata",
            254 "SMBinvalid",
        },
        nt_status as NT_STATUS_FIELD: u32 le hex "NT Status" = NT_STATUS,
        error_class: u8 hex                  "Error Class" = {
            0x0 "Success", 0x1 "DOS Error", 0x2 "Server Error", 0x3 "Hardware Error",
            0x4 "Command Error - Not an SMB format command",
        },
        error_code: u16 le hex               "Error Code",
        reserved: bytes                      "Reserved",
        flags: u8 hex                        "Flags" {
            response: 0x80                   "Request/Response",
            notify: 0x40                     "Notify",
            oplock: 0x20                     "Oplocks",
            canon: 0x10                      "Canonicalized Pathnames",
            caseless: 0x8                    "Case Sensitivity",
            receive_buffer: 0x2              "Receive Buffer Posted",
            lock: 0x1                        "Lock and Read",
        },
        flags2: u16 le hex                   "Flags2" {
            string: 0x8000                   "Unicode Strings",
            nt_error: 0x4000                 "Error Code Type",
            roe: 0x2000                      "Execute-only Reads",
            dfs: 0x1000                      "Dfs",
            esn: 0x800                       "Extended Security Negotiation",
            reparse_path: 0x400              "Reparse Path",
            long_names_used: 0x40            "Long Names Used",
            sec_sig_required: 0x10           "Security Signatures Required",
            compressed: 0x8                  "Compressed",
            sec_sig: 0x4                     "Security Signatures",
            ea: 0x2                          "Extended Attributes",
            long_names_allowed: 0x1          "Long Names Allowed",
        },
        pid.high: u16 le                     "Process ID High",
        signature: bytes                     "Signature",
        tid: u16 le                          "Tree ID",
        path: computed str                   "Path",
        fid.mapped_in: computed u32          "Mapped in",
        pid: u16 le                          "Process ID",
        uid: u16 le                          "User ID",
        mid: u16 le                          "Multiplex ID",
        response_to: computed u32            "Response to",
        time: computed duration              "Time from request",
        wct: u8                              "Word Count (WCT)",
        bcc: u16 le                          "Byte Count (BCC)",
        andxoffset: u16 le                   "AndXOffset",
        padding: bytes                       "Padding",

        // Negotiation, sessions, trees
        buffer_format: u8                    "Buffer Format",
        dialect: str                         "Dialect",
        dialect.name: str                    "Name",
        dialect.index: u16 le                "Selected Index",
        sm: u8 hex                           "Security Mode" {
            mode: 0x1                        "Mode",
            password: 0x2                    "Password",
            signatures: 0x4                  "Signatures",
            sig_required: 0x8                "Sig Req",
        },
        max_mpx_count: u16 le                "Max Mpx Count",
        max_vcs: u16 le                      "Max VCs",
        max_bufsize: u32 le                  "Max Buffer Size",
        max_raw: u32 le                      "Max Raw Buffer",
        session_key: u32 le hex              "Session Key",
        server_cap: u32 le hex               "Capabilities" {
            raw_mode: 0x1                    "Raw Mode",
            mpx_mode: 0x2                    "MPX Mode",
            unicode: 0x4                     "Unicode",
            large_files: 0x8                 "Large Files",
            nt_smbs: 0x10                    "NT SMBs",
            rpc_remote_apis: 0x20            "RPC Remote APIs",
            nt_status: 0x40                  "NT Status Codes",
            level_2_oplocks: 0x80            "Level 2 Oplocks",
            lock_and_read: 0x100             "Lock and Read",
            nt_find: 0x200                   "NT Find",
            dfs: 0x1000                      "Dfs",
            infolevel_passthru: 0x2000       "Infolevel Passthru",
            large_readx: 0x4000              "Large ReadX",
            large_writex: 0x8000             "Large WriteX",
            lwio: 0x10000                    "LWIO",
            unix: 0x800000                   "UNIX",
            compressed_data: 0x2000000       "Compressed Data",
            dynamic_reauth: 0x20000000       "Dynamic Reauth",
            extended_security: 0x80000000    "Extended Security",
        },
        system.time: computed time_s         "System Time",
        server_timezone: i16 le              "Server Time Zone",
        challenge_length: u8 "Challenge Length",
        server_guid: computed uuid           "Server GUID",
        challenge: bytes                     "Challenge",
        server: computed str                 "Server",
        primary_domain: computed str         "Primary Domain",
        security_blob: bytes                 "Security Blob",
        security_blob_len: u16 le            "Security Blob Length",
        native_os: computed str              "Native OS",
        native_lanman: computed str          "Native LAN Manager",
        max_buf: u16 le                      "Max Buffer",
        vc: u16 le                           "VC Number",
        ansi_pwlen: u16 le                   "ANSI Password Length",
        unicode_pwlen: u16 le                "Unicode Password Length",
        ansi_password: bytes                 "ANSI Password",
        unicode_password: bytes              "Unicode Password",
        account: computed str                "Account",
        setup.action: u16 le hex             "Action" {
            guest: 0x1                       "Guest",
        },
        connect.flags: u16 le hex            "Flags" {
            dtid: 0x1                        "Disconnect TID",
            extendedsig: 0x4                 "Extended Signature",
            extendedresp: 0x8                "Extended Response",
        },
        pwlen: u16 le                        "Password Length",
        password: bytes                      "Password",
        path as REQUEST_PATH: computed str   "Path",
        service: computed str                "Service",
        connect.support: u16 le hex          "Optional Support" {
            search: 0x1                      "Search Bits",
            dfs: 0x2                         "In Dfs",
            cscmask: uint 0xc                "CSC Mask",
            uniqfilename: 0x10               "Unique File Name",
            extendedsig: 0x20                "Extended Signatures",
        },
        native_fs: computed str              "Native File System",
        echo.count: u16 le                   "Echo Count",
        echo.seq_num: u16 le                 "Echo Seq Num",
        echo.data: bytes                     "Echo Data",

        // Files
        fid: computed u16 hex                "FID",
        fid.opened_in: computed u32          "Opened in",
        fid.closed_in: computed u32          "Closed in",
        file: computed str                   "File Name",
        create.disposition: computed u32     "Disposition" = {
            0 "Supersede (supersede existing file (if it exists))", 1 "Open (if file exists open it, else fail)",
            2 "Create (if file exists fail, else create it)", 3 "Open If (if file exists open it, else create it)",
            4 "Overwrite (if file exists overwrite, else fail)",
            5 "Overwrite If (if file exists overwrite, else create it)",
        },
        file_name_len: u32 le                "File Name Len",
        rfid: u32 le hex                     "Root FID",
        alloc_size64: u64 le                 "Allocation Size",
        impersonation.level: u32 le          "Impersonation" = {
            0 "Anonymous", 1 "Identification", 2 "Impersonation", 3 "Delegation",
        },
        security.flags: u8 hex               "Security Flags" {
            context_tracking: 0x1            "Context Tracking",
            effective_only: 0x2              "Effective Only",
        },
        oplock.level: u8                     "Oplock level",
        create.action: u32 le                "Create action" = {
            0 "No action taken?", 1 "The file existed and was opened", 2 "The file did not exist but was created",
            3 "The file existed and was truncated",
            32769 "The file existed and was opened, and an OpLock was granted",
            32770 "The file did not exist but was created, and an OpLock was granted",
            32771 "The file existed and was truncated, and an OpLock was granted",
        },
        create.time: computed time_s         "Created",
        access.time as ACCESS_TIME: computed time_s "Last Access",
        last_write.time: computed time_s     "Last Write",
        change.time: computed time_s         "Change",
        end_of_file: u64 le                  "End Of File",
        file_type: u16 le                    "File Type" = {
            0 "Disk file or directory", 1 "Named pipe in byte mode", 2 "Named pipe in message mode",
            3 "Spooled printer", 4 "Character mode device", 65535 "Unknown file type",
        },
        ipc_state: u16 le hex                "IPC State" {
            nonblocking: 0x8000              "Nonblocking",
            endpoint: uint 0x4000            "Endpoint",
            pipe_type: uint 0xc00            "Pipe Type",
            read_mode: uint 0x300            "Read Mode",
            icount: uint 0xff                "Icount",
        },
        is_directory: u8                     "Is Directory",
        volume_guid: computed uuid           "Volume GUID",
        create.file_id_64b: u64 le hex       "Server unique 64-bit file ID",
        extra_byte_parameters: bytes         "Extra byte parameters",
        offset: u32 le                       "Offset",
        offset_high: u32 le                  "High Offset",
        maxcount_low: u16 le                 "Max Count Low",
        mincount: u16 le                     "Min Count",
        maxcount_high: u16 le                "Max Count High (multiply with 64K)",
        remaining: u16 le                    "Remaining",
        file.rw.offset: computed u64         "File Offset",
        file.rw.length: computed u32         "File RW Length",
        dcm: u16 le                          "Data Compaction Mode",
        data_len_low: u16 le                 "Data Length Low",
        data_len_high: u16 le                "Data Length High (multiply with 64K)",
        data_offset: u16 le                  "Data Offset",
        file_data: bytes                     "File Data",
        write.mode: u16 le hex               "Write Mode" {
            write_through: 0x1               "Write Through",
            return_remaining: 0x2            "Return Remaining",
            raw: 0x4                         "Write Raw",
            message_start: 0x8               "Message Start",
        },
        count_low: u16 le                    "Count Low",
        count_high: u16 le                   "Count High (multiply with 64K)",
        lock.type: u8 hex                    "Lock Type" {
            shared: 0x1                      "Shared",
            oplock_release: 0x2              "Oplock Break",
            change: 0x4                      "Change",
            cancel: 0x8                      "Cancel",
            large: 0x10                      "Large Files",
        },
        locking.oplock.level: u8             "Oplock Level",
        timeout: u32 le                      "Timeout",
        locking.num_unlocks: u16 le          "Number of Unlocks",
        locking.num_locks: u16 le            "Number of Locks",

        // Transactions
        tpc: u16 le                          "Total Parameter Count",
        tdc: u16 le                          "Total Data Count",
        mpc: u16 le                          "Max Parameter Count",
        mdc: u16 le                          "Max Data Count",
        msc: u8                              "Max Setup Count",
        transaction.flags: u16 le hex        "Flags" {
            dtid: 0x1                        "Disconnect TID",
            owt: 0x2                         "One Way Transaction",
        },
        pc: u16 le                           "Parameter Count",
        po: u16 le                           "Parameter Offset",
        dc: u16 le                           "Data Count",
        pd: u16 le                           "Parameter Displacement",
        data_disp: u16 le                    "Data Displacement",
        sc: u8                               "Setup Count",
        trans2.cmd: u16 le hex               "Subcommand" = {
            0 "OPEN2", 1 "FIND_FIRST2", 2 "FIND_NEXT2", 3 "QUERY_FS_INFO", 4 "SET_FS_INFO", 5 "QUERY_PATH_INFO",
            6 "SET_PATH_INFO", 7 "QUERY_FILE_INFO", 8 "SET_FILE_INFO", 9 "FSCTL", 10 "IOCTL2",
            11 "FIND_NOTIFY_FIRST", 12 "FIND_NOTIFY_NEXT", 13 "CREATE_DIRECTORY", 14 "SESSION_SETUP",
            15 "Unknown (0x0f)", 16 "GET_DFS_REFERRAL", 17 "REPORT_DFS_INCONSISTENCY",
        },
        trans2.cmd as TRANS2_CMD_OF: computed u16 hex "Subcommand",
        trans_name: computed str             "Transaction Name",
        trans_data: bytes                    "Data",
        trans_data.parameters: bytes         "Parameters",
        trans_data.setup_word: u16 le hex    "Setup Word",
        qpi_loi: computed u16                "Level of Interest",
        ea.error_offset: computed u32        "EA Error offset",
        unknown_data: bytes                  "Unknown Data",
        link_count: u32 le                   "Link Count",
        delete_pending: u8               "Delete Pending",
        index_number: u64 le hex             "Index Number",
        continuation_to: computed u32        "Continuation to",

        // What a file was opened with, shown wherever the file is met
        create_flags: computed u32 hex                  "Create Flags",
        nt.create.oplock as CREATE_FLAGS_OPLOCK: computed bool "Exclusive Oplock",
        nt.create.batch_oplock as CREATE_FLAGS_BATCH_OPLOCK: computed bool "Batch Oplock",
        nt.create.dir as CREATE_FLAGS_DIR: computed bool "Create Directory",
        nt.create.ext as CREATE_FLAGS_EXT: computed bool "Extended Response",
        access_mask: computed u32 hex                   "Access Mask",
        access.read as ACCESS_MASK_READ: computed bool  "Read",
        access.write as ACCESS_MASK_WRITE: computed bool "Write",
        access.append as ACCESS_MASK_APPEND: computed bool "Append",
        access.read_ea as ACCESS_MASK_READ_EA: computed bool "Read EA",
        access.write_ea as ACCESS_MASK_WRITE_EA: computed bool "Write EA",
        access.execute as ACCESS_MASK_EXECUTE: computed bool "Execute",
        access.delete_child as ACCESS_MASK_DELETE_CHILD: computed bool "Delete Child",
        access.read_attributes as ACCESS_MASK_READ_ATTRIBUTES: computed bool "Read Attributes",
        access.write_attributes as ACCESS_MASK_WRITE_ATTRIBUTES: computed bool "Write Attributes",
        access.delete as ACCESS_MASK_DELETE: computed bool "Delete",
        access.read_control as ACCESS_MASK_READ_CONTROL: computed bool "Read Control",
        access.write_dac as ACCESS_MASK_WRITE_DAC: computed bool "Write DAC",
        access.write_owner as ACCESS_MASK_WRITE_OWNER: computed bool "Write Owner",
        access.synchronize as ACCESS_MASK_SYNCHRONIZE: computed bool "Synchronize",
        access.system_security as ACCESS_MASK_SYSTEM_SECURITY: computed bool "System Security",
        access.maximum_allowed as ACCESS_MASK_MAXIMUM_ALLOWED: computed bool "Maximum Allowed",
        access.generic_all as ACCESS_MASK_GENERIC_ALL: computed bool "Generic All",
        access.generic_execute as ACCESS_MASK_GENERIC_EXECUTE: computed bool "Generic Execute",
        access.generic_write as ACCESS_MASK_GENERIC_WRITE: computed bool "Generic Write",
        access.generic_read as ACCESS_MASK_GENERIC_READ: computed bool "Generic Read",
        file_attribute: computed u32 hex                "File Attributes",
        file_attribute.read_only as FILE_ATTRIBUTE_READ_ONLY: computed bool "Read Only",
        file_attribute.hidden as FILE_ATTRIBUTE_HIDDEN: computed bool "Hidden",
        file_attribute.system as FILE_ATTRIBUTE_SYSTEM: computed bool "System",
        file_attribute.volume as FILE_ATTRIBUTE_VOLUME: computed bool "Volume ID",
        file_attribute.directory as FILE_ATTRIBUTE_DIRECTORY: computed bool "Directory",
        file_attribute.archive as FILE_ATTRIBUTE_ARCHIVE: computed bool "Archive",
        file_attribute.device as FILE_ATTRIBUTE_DEVICE: computed bool "Device",
        file_attribute.normal as FILE_ATTRIBUTE_NORMAL: computed bool "Normal",
        file_attribute.temporary as FILE_ATTRIBUTE_TEMPORARY: computed bool "Temporary",
        file_attribute.sparse as FILE_ATTRIBUTE_SPARSE: computed bool "Sparse",
        file_attribute.reparse as FILE_ATTRIBUTE_REPARSE: computed bool "Reparse Point",
        file_attribute.compressed as FILE_ATTRIBUTE_COMPRESSED: computed bool "Compressed",
        file_attribute.offline as FILE_ATTRIBUTE_OFFLINE: computed bool "Offline",
        file_attribute.not_content_indexed as FILE_ATTRIBUTE_NOT_CONTENT_INDEXED: computed bool "Content Indexed",
        file_attribute.encrypted as FILE_ATTRIBUTE_ENCRYPTED: computed bool "Encrypted",
        share_access: computed u32 hex                  "Share Access",
        share.access.read as SHARE_ACCESS_READ: computed bool "Read",
        share.access.write as SHARE_ACCESS_WRITE: computed bool "Write",
        share.access.delete as SHARE_ACCESS_DELETE: computed bool "Delete",
        create_options: computed u32 hex                "Create Options",
        nt.create_options.directory as CREATE_OPTIONS_DIRECTORY: computed bool "Directory",
        nt.create_options.write_through as CREATE_OPTIONS_WRITE_THROUGH: computed bool "Write Through",
        nt.create_options.sequential_only as CREATE_OPTIONS_SEQUENTIAL_ONLY: computed bool "Sequential Only",
        nt.create_options.intermediate_buffering as CREATE_OPTIONS_INTERMEDIATE_BUFFERING: computed bool "Intermediate Buffering",
        nt.create_options.sync_io_alert as CREATE_OPTIONS_SYNC_IO_ALERT: computed bool "Sync I/O Alert",
        nt.create_options.sync_io_nonalert as CREATE_OPTIONS_SYNC_IO_NONALERT: computed bool "Sync I/O Nonalert",
        nt.create_options.non_directory as CREATE_OPTIONS_NON_DIRECTORY: computed bool "Non-Directory",
        nt.create_options.create_tree_connection as CREATE_OPTIONS_CREATE_TREE_CONNECTION: computed bool "Create Tree Connection",
        nt.create_options.complete_if_oplocked as CREATE_OPTIONS_COMPLETE_IF_OPLOCKED: computed bool "Complete If Oplocked",
        nt.create_options.no_ea_knowledge as CREATE_OPTIONS_NO_EA_KNOWLEDGE: computed bool "No EA Knowledge",
        nt.create_options.eight_dot_three_only as CREATE_OPTIONS_EIGHT_DOT_THREE_ONLY: computed bool "8.3 Only",
        nt.create_options.random_access as CREATE_OPTIONS_RANDOM_ACCESS: computed bool "Random Access",
        nt.create_options.delete_on_close as CREATE_OPTIONS_DELETE_ON_CLOSE: computed bool "Delete On Close",
        nt.create_options.open_by_fileid as CREATE_OPTIONS_OPEN_BY_FILEID: computed bool "Open By FileID",
        nt.create_options.backup_intent as CREATE_OPTIONS_BACKUP_INTENT: computed bool "Backup Intent",
        nt.create_options.no_compression as CREATE_OPTIONS_NO_COMPRESSION: computed bool "No Compression",
        nt.create_options.reserve_opfilter as CREATE_OPTIONS_RESERVE_OPFILTER: computed bool "Reserve Opfilter",
        nt.create_options.open_reparse_point as CREATE_OPTIONS_OPEN_REPARSE_POINT: computed bool "Open Reparse Point",
        nt.create_options.open_no_recall as CREATE_OPTIONS_OPEN_NO_RECALL: computed bool "Open No Recall",
        nt.create_options.open_for_free_space_query as CREATE_OPTIONS_OPEN_FOR_FREE_SPACE_QUERY: computed bool "Open For Free Space query",
        .smb_pipe.function: u16 le hex       "Function" = {
            0x0001 "SetNmPHandState", 0x0011 "RawReadNmPipe", 0x0021 "QueryNmPHandState", 0x0022 "QueryNmPipeInfo",
            0x0023 "PeekNmPipe", 0x0026 "TransactNmPipe", 0x0031 "RawWriteNmPipe", 0x0053 "WaitNmPipe",
            0x0054 "CallNmPipe",
        },
        .smb_pipe.function as PIPE_FUNCTION_OF: computed u16 hex "Function",
    }
    claims { nbss.magic = 0xff534d42 }
    tables { GSS_API: "@gss-api", DCERPC: "@dcerpc", MAILSLOT: "@mailslot" }
    stateful
}

const CREATE_FLAGS_BITS: &[(u32, Handle<ComputedWord>)] =
    &[(0x2, CREATE_FLAGS_OPLOCK), (0x4, CREATE_FLAGS_BATCH_OPLOCK), (0x8, CREATE_FLAGS_DIR), (0x10, CREATE_FLAGS_EXT)];
const ACCESS_MASK_BITS: &[(u32, Handle<ComputedWord>)] = &[
    (0x1, ACCESS_MASK_READ),
    (0x2, ACCESS_MASK_WRITE),
    (0x4, ACCESS_MASK_APPEND),
    (0x8, ACCESS_MASK_READ_EA),
    (0x10, ACCESS_MASK_WRITE_EA),
    (0x20, ACCESS_MASK_EXECUTE),
    (0x40, ACCESS_MASK_DELETE_CHILD),
    (0x80, ACCESS_MASK_READ_ATTRIBUTES),
    (0x100, ACCESS_MASK_WRITE_ATTRIBUTES),
    (0x10000, ACCESS_MASK_DELETE),
    (0x20000, ACCESS_MASK_READ_CONTROL),
    (0x40000, ACCESS_MASK_WRITE_DAC),
    (0x80000, ACCESS_MASK_WRITE_OWNER),
    (0x100000, ACCESS_MASK_SYNCHRONIZE),
    (0x1000000, ACCESS_MASK_SYSTEM_SECURITY),
    (0x2000000, ACCESS_MASK_MAXIMUM_ALLOWED),
    (0x10000000, ACCESS_MASK_GENERIC_ALL),
    (0x20000000, ACCESS_MASK_GENERIC_EXECUTE),
    (0x40000000, ACCESS_MASK_GENERIC_WRITE),
    (0x80000000, ACCESS_MASK_GENERIC_READ),
];
const FILE_ATTRIBUTE_BITS: &[(u32, Handle<ComputedWord>)] = &[
    (0x1, FILE_ATTRIBUTE_READ_ONLY),
    (0x2, FILE_ATTRIBUTE_HIDDEN),
    (0x4, FILE_ATTRIBUTE_SYSTEM),
    (0x8, FILE_ATTRIBUTE_VOLUME),
    (0x10, FILE_ATTRIBUTE_DIRECTORY),
    (0x20, FILE_ATTRIBUTE_ARCHIVE),
    (0x40, FILE_ATTRIBUTE_DEVICE),
    (0x80, FILE_ATTRIBUTE_NORMAL),
    (0x100, FILE_ATTRIBUTE_TEMPORARY),
    (0x200, FILE_ATTRIBUTE_SPARSE),
    (0x400, FILE_ATTRIBUTE_REPARSE),
    (0x800, FILE_ATTRIBUTE_COMPRESSED),
    (0x1000, FILE_ATTRIBUTE_OFFLINE),
    (0x2000, FILE_ATTRIBUTE_NOT_CONTENT_INDEXED),
    (0x4000, FILE_ATTRIBUTE_ENCRYPTED),
];
const SHARE_ACCESS_BITS: &[(u32, Handle<ComputedWord>)] =
    &[(0x1, SHARE_ACCESS_READ), (0x2, SHARE_ACCESS_WRITE), (0x4, SHARE_ACCESS_DELETE)];
const CREATE_OPTIONS_BITS: &[(u32, Handle<ComputedWord>)] = &[
    (0x1, CREATE_OPTIONS_DIRECTORY),
    (0x2, CREATE_OPTIONS_WRITE_THROUGH),
    (0x4, CREATE_OPTIONS_SEQUENTIAL_ONLY),
    (0x8, CREATE_OPTIONS_INTERMEDIATE_BUFFERING),
    (0x10, CREATE_OPTIONS_SYNC_IO_ALERT),
    (0x20, CREATE_OPTIONS_SYNC_IO_NONALERT),
    (0x40, CREATE_OPTIONS_NON_DIRECTORY),
    (0x80, CREATE_OPTIONS_CREATE_TREE_CONNECTION),
    (0x100, CREATE_OPTIONS_COMPLETE_IF_OPLOCKED),
    (0x200, CREATE_OPTIONS_NO_EA_KNOWLEDGE),
    (0x400, CREATE_OPTIONS_EIGHT_DOT_THREE_ONLY),
    (0x800, CREATE_OPTIONS_RANDOM_ACCESS),
    (0x1000, CREATE_OPTIONS_DELETE_ON_CLOSE),
    (0x2000, CREATE_OPTIONS_OPEN_BY_FILEID),
    (0x4000, CREATE_OPTIONS_BACKUP_INTENT),
    (0x8000, CREATE_OPTIONS_NO_COMPRESSION),
    (0x100000, CREATE_OPTIONS_RESERVE_OPFILTER),
    (0x200000, CREATE_OPTIONS_OPEN_REPARSE_POINT),
    (0x400000, CREATE_OPTIONS_OPEN_NO_RECALL),
    (0x800000, CREATE_OPTIONS_OPEN_FOR_FREE_SPACE_QUERY),
];

const MAGIC: &[u8] = b"\xffSMB";
const FLAGS2_UNICODE: u16 = 0x8000;
const FLAGS2_NT_STATUS: u16 = 0x4000;
const NO_ANDX: u8 = 0xff;

/// What is known of a connection.
#[derive(Default)]
struct Connection {
    requests: Recent<(u16, u16), Request>,
    trees: Recent<u16, Tree>,
    files: Recent<u16, File>,
}

/// An open request, found again by process and multiplex identifier.
#[derive(Clone, Default)]
struct Request {
    frame: u64,
    time: i64,
    /// The path of a tree connect.
    path: String,
    /// The file that it is about.
    fid: Option<u16>,
    /// What an open said.
    file: File,
    /// Offset and length of a read or write.
    range: Option<(u64, u32)>,
    /// Subcommand of a transaction.
    trans2: Option<u16>,
    pipe: Option<u16>,
    level: Option<u16>,
    query: String,
}

#[derive(Clone, Default)]
struct Tree {
    path: String,
    frame: u64,
}

#[derive(Clone, Default)]
struct File {
    name: String,
    frame: u64,
    closed: Option<u64>,
    flags: u32,
    access: u32,
    attributes: u32,
    share: u32,
    options: u32,
    disposition: u32,
}

/// One message, while it is read.
struct Message<'c> {
    connection: &'c mut Connection,
    base: usize,
    response: bool,
    unicode: bool,
    tid: u16,
    request: Request,
}

impl Dissector for Smb {
    fn flow_end(&mut self, flow: u64) {
        self.flows.end(flow);
    }

    fn dissect(&mut self, pdu: &mut Pdu<'_>) -> Step {
        if !pdu.rest().starts_with(MAGIC) {
            return pdu.reject();
        }
        let connection = self.flows.of(pdu.flow());
        let base = pdu.position();
        pdu.take(SERVER_COMPONENT)?;
        let cmd = pdu.take(CMD)?;
        let response = number_at(pdu, base + 9, 1) & 0x80 != 0;
        let flags2 = number_at(pdu, base + 10, 2) as u16;
        if flags2 & FLAGS2_NT_STATUS != 0 {
            let status = pdu.take(NT_STATUS_FIELD)?;
            describe(pdu, cmd, response);
            if status != 0 {
                pdu.info(format_args!(
                    "{} Response, Error: {}",
                    Smb::name(CMD, cmd),
                    Smb::name(NT_STATUS_FIELD, status)
                ));
            }
        } else {
            pdu.take(ERROR_CLASS)?;
            pdu.take_bytes(RESERVED, 1)?;
            pdu.take(ERROR_CODE)?;
            describe(pdu, cmd, response);
        }
        pdu.take(FLAGS)?;
        pdu.take(FLAGS2)?;
        pdu.take(PID_HIGH)?;
        pdu.take_bytes(SIGNATURE, 8)?;
        pdu.take_bytes(RESERVED, 2)?;
        let at = pdu.position();
        let tid = pdu.take(TID)?;
        let key = (number_at(pdu, base + 26, 2) as u16, number_at(pdu, base + 30, 2) as u16);
        let continued = !response && cmd == commands::TRANSACTION2_SECONDARY;
        let request = match connection.requests.get(&key) {
            Some(request) if continued => {
                pdu.computed(CONTINUATION_TO, base..base, request.frame);
                request.clone()
            }
            _ if !response => Request { frame: pdu.frame_number(), time: pdu.time(), ..Request::default() },
            Some(request) => request.clone(),
            None => Request::default(),
        };
        if response && cmd == commands::TREE_CONNECT_ANDX && !request.path.is_empty() {
            connection.trees.insert(tid, Tree { path: request.path.clone(), frame: pdu.frame_number() });
        }
        if let Some(tree) = connection.trees.get(&tid) {
            text(pdu, PATH, at..at + 2, &tree.path);
            pdu.computed(FID_MAPPED_IN, at..at + 2, tree.frame);
        }
        pdu.take(PID)?;
        pdu.take(UID)?;
        pdu.take(MID)?;
        if response && request.frame > 0 {
            pdu.computed(RESPONSE_TO, base..base, request.frame);
            pdu.computed(TIME, base..base, pdu.time().saturating_sub(request.time));
        }
        let unicode = flags2 & FLAGS2_UNICODE != 0;
        let mut m = Message { connection, base, response, unicode, tid, request };
        let outcome = chain(pdu, &mut m, cmd);
        let request = std::mem::take(&mut m.request);
        // MS-CIFS, sections 2.2.4.33.2, 2.2.4.39.2 and 2.2.4.46.2: only these are answered more than once.
        if !response {
            connection.requests.insert(key, request);
        } else if !matches!(cmd, commands::ECHO | commands::TRANSACTION | commands::TRANSACTION2) {
            connection.requests.remove(&key);
        }
        outcome
    }
}

fn describe(pdu: &mut Pdu<'_>, cmd: u8, response: bool) {
    pdu.info(format_args!("{} {}", Smb::name(CMD, cmd), if response { "Response" } else { "Request" }));
}

/// The commands of a message, each of which says where the next one begins (MS-CIFS, section 2.2.3.4).
fn chain(pdu: &mut Pdu<'_>, m: &mut Message<'_>, mut cmd: u8) -> Step {
    loop {
        let next = commands::command(pdu, m, cmd)?;
        let Some((next, offset)) = next else { return Ok(()) };
        let start = m.base + usize::from(offset);
        if next == NO_ANDX || start < pdu.position() || pdu.remaining() == 0 {
            return Ok(());
        }
        pdu.skip(start - pdu.position())?;
        cmd = next;
    }
}

/// A text that is there only if it isn't empty.
fn text(pdu: &mut Pdu<'_>, field: Handle<ComputedBytes>, range: std::ops::Range<usize>, text: &str) {
    if !text.is_empty() {
        pdu.computed_bytes(field, range, text.as_bytes());
    }
}

fn number_at(pdu: &Pdu<'_>, at: usize, n: usize) -> u64 {
    let bytes = pdu.data().get(at..).unwrap_or_default();
    bytes.iter().take(n).rev().fold(0, |v, &b| v << 8 | u64::from(b))
}

/// A number of `n` bytes, little-endian, that is no field by itself.
fn number(pdu: &mut Pdu<'_>, n: usize) -> Result<u64, Stop> {
    let value = number_at(pdu, pdu.position(), n);
    pdu.skip(n)?;
    Ok(value)
}

fn time(pdu: &mut Pdu<'_>, field: Handle<ComputedWord>) -> Step {
    let at = pdu.position();
    let value = number(pdu, 8)?;
    pdu.computed(field, at..at + 8, filetime(value));
    Ok(())
}

/// A number and what its bits mean.
fn bits(pdu: &mut Pdu<'_>, whole: Handle<ComputedWord>, parts: &[(u32, Handle<ComputedWord>)], at: usize, value: u32) {
    pdu.computed(whole, at..at, value);
    for (mask, field) in parts {
        pdu.computed(*field, at..at, value & mask != 0);
    }
}

impl Message<'_> {
    /// A text of the message's character set, up to its zero; in UTF-16 at an even offset.
    fn string(&self, pdu: &mut Pdu<'_>, field: Handle<ComputedBytes>) -> Result<String, Stop> {
        if !self.unicode {
            return ascii(pdu, field);
        }
        if (pdu.position() - self.base) % 2 == 1 && pdu.remaining() > 0 {
            pdu.skip(1)?;
        }
        unicode(pdu, field)
    }

    /// Takes a file identifier and shows what is known of the file.
    fn fid(&mut self, pdu: &mut Pdu<'_>) -> Result<u16, Stop> {
        let at = pdu.position();
        let fid = number(pdu, 2)? as u16;
        self.request.fid = Some(fid);
        self.show_file(pdu, fid, at);
        Ok(fid)
    }

    fn show_file(&self, pdu: &mut Pdu<'_>, fid: u16, at: usize) {
        pdu.computed(FID, at..at, fid);
        let Some(file) = self.connection.files.get(&fid) else { return };
        pdu.computed(FID_OPENED_IN, at..at, file.frame);
        if let Some(closed) = file.closed {
            pdu.computed(FID_CLOSED_IN, at..at, closed);
        }
        text(pdu, FILE, at..at, &file.name);
        file.show(pdu, at);
    }
}

impl File {
    fn show(&self, pdu: &mut Pdu<'_>, at: usize) {
        bits(pdu, CREATE_FLAGS, CREATE_FLAGS_BITS, at, self.flags);
        bits(pdu, ACCESS_MASK, ACCESS_MASK_BITS, at, self.access);
        bits(pdu, FILE_ATTRIBUTE, FILE_ATTRIBUTE_BITS, at, self.attributes);
        bits(pdu, SHARE_ACCESS, SHARE_ACCESS_BITS, at, self.share);
        bits(pdu, CREATE_OPTIONS, CREATE_OPTIONS_BITS, at, self.options);
        pdu.computed(CREATE_DISPOSITION, at..at, self.disposition);
    }
}

fn unicode(pdu: &mut Pdu<'_>, field: Handle<ComputedBytes>) -> Result<String, Stop> {
    let at = pdu.position();
    let rest = pdu.rest();
    let len = rest.chunks_exact(2).position(|c| c == [0, 0]).map_or(rest.len(), |n| 2 * n + 2);
    let value = utf16(rest.get(..len).unwrap_or_default());
    pdu.skip(len)?;
    text(pdu, field, at..at + len, &value);
    Ok(value)
}

fn ascii(pdu: &mut Pdu<'_>, field: Handle<ComputedBytes>) -> Result<String, Stop> {
    let at = pdu.position();
    let rest = pdu.rest();
    let len = rest.iter().position(|&b| b == 0).map_or(rest.len(), |n| n + 1);
    let bytes = rest.get(..len).unwrap_or_default();
    let value = String::from_utf8_lossy(bytes.strip_suffix(b"\0").unwrap_or(bytes)).into_owned();
    pdu.skip(len)?;
    text(pdu, field, at..at + len, &value);
    Ok(value)
}

builtin!(Smb);
