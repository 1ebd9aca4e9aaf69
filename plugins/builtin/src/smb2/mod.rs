//! SMB 2 and 3, the file sharing of Windows (MS-SMB2).

mod bodies;
mod compression;
mod contexts;
mod info;
mod tests;

use crate::windows::{NT_STATUS, filetime, guid, is_dcerpc, utf16};
use prosector_sdk::handle::{ComputedBytes, ComputedWord, Handle};
use prosector_sdk::prelude::*;
use prosector_sdk::requests::Recent;
use sha2::{Digest, Sha512};

/// The dissector.
#[derive(Default)]
pub struct Smb2 {
    flows: Flows<Connection>,
}

protocol! {
    /// Server Message Block, versions 2 and 3 (MS-SMB2).
    Smb2 = smb2 "SMB2", "SMB2 (Server Message Block Protocol version 2)" {
        protocol_id: u32 hex                 "ProtocolId",
        header_len: u16 le                   "Header Length",
        header.comp_transform.original_size as COMP_ORIGINAL_SIZE: u32 le "OriginalSize",
        header.comp_transform.comp_alg as COMP_ALGORITHM: u16 le hex "CompressionAlgorithm" = {
            0x0 "None", 0x1 "LZNT1", 0x2 "LZ77", 0x3 "LZ77+Huffman", 0x4 "Pattern_V1",
        },
        header.comp_transform.flags as COMP_FLAGS: u16 le hex "Flags" = { 0x0 "None", 0x1 "Chained" },
        header.comp_transform.offset as COMP_OFFSET: u32 le hex "Offset",
        header.comp_transform.length as COMP_LENGTH: u32 le hex "Length",
        header.comp_transform.orig_payload_size as COMP_PAYLOAD_SIZE: u32 le "OriginalPayloadSize",
        header.comp_transform.data as COMP_DATA: bytes "CompressedData",
        credit.charge: u16 le                "Credit Charge",
        channel_sequence: u16 le             "Channel Sequence",
        reserved: bytes                      "Reserved",
        nt_status as NT_STATUS_FIELD: u32 le hex                "NT Status" = NT_STATUS,
        cmd: u16 le                          "Command" = {
            0 "Negotiate Protocol", 1 "Session Setup", 2 "Session Logoff", 3 "Tree Connect", 4 "Tree Disconnect",
            5 "Create", 6 "Close", 7 "Flush", 8 "Read", 9 "Write", 10 "Lock", 11 "Ioctl", 12 "Cancel",
            13 "KeepAlive", 14 "Find", 15 "Notify", 16 "GetInfo", 17 "SetInfo", 18 "Break", 19 "unknown-0x13",
            20 "unknown-0x14", 21 "unknown-0x15", 22 "unknown-0x16", 23 "unknown-0x17", 24 "unknown-0x18",
            25 "unknown-0x19", 26 "unknown-0x1A", 27 "unknown-0x1B", 28 "unknown-0x1C", 29 "unknown-0x1D",
            30 "unknown-0x1E", 31 "unknown-0x1F", 32 "unknown-0x20", 33 "unknown-0x21", 34 "unknown-0x22",
            35 "unknown-0x23", 36 "unknown-0x24", 37 "unknown-0x25", 38 "unknown-0x26", 39 "unknown-0x27",
            40 "unknown-0x28", 41 "unknown-0x29", 42 "unknown-0x2A", 43 "unknown-0x2B", 44 "unknown-0x2C",
            45 "unknown-0x2D", 46 "unknown-0x2E", 47 "unknown-0x2F", 48 "unknown-0x30", 49 "unknown-0x31",
            50 "unknown-0x32", 51 "unknown-0x33", 52 "unknown-0x34", 53 "unknown-0x35", 54 "unknown-0x36",
            55 "unknown-0x37", 56 "unknown-0x38", 57 "unknown-0x39", 58 "unknown-0x3A", 59 "unknown-0x3B",
            60 "unknown-0x3C", 61 "unknown-0x3D", 62 "unknown-0x3E", 63 "unknown-0x3F", 64 "unknown-0x40",
            65 "unknown-0x41", 66 "unknown-0x42", 67 "unknown-0x43", 68 "unknown-0x44", 69 "unknown-0x45",
            70 "unknown-0x46", 71 "unknown-0x47", 72 "unknown-0x48", 73 "unknown-0x49", 74 "unknown-0x4A",
            75 "unknown-0x4B", 76 "unknown-0x4C", 77 "unknown-0x4D", 78 "unknown-0x4E", 79 "unknown-0x4F",
            80 "unknown-0x50", 81 "unknown-0x51", 82 "unknown-0x52", 83 "unknown-0x53", 84 "unknown-0x54",
            85 "unknown-0x55", 86 "unknown-0x56", 87 "unknown-0x57", 88 "unknown-0x58", 89 "unknown-0x59",
            90 "unknown-0x5A", 91 "unknown-0x5B", 92 "unknown-0x5C", 93 "unknown-0x5D", 94 "unknown-0x5E",
            95 "unknown-0x5F", 96 "unknown-0x60", 97 "unknown-0x61", 98 "unknown-0x62", 99 "unknown-0x63",
            100 "unknown-0x64", 101 "unknown-0x65", 102 "unknown-0x66", 103 "unknown-0x67", 104 "unknown-0x68",
            105 "unknown-0x69", 106 "unknown-0x6A", 107 "unknown-0x6B", 108 "unknown-0x6C", 109 "unknown-0x6D",
            110 "unknown-0x6E", 111 "unknown-0x6F", 112 "unknown-0x70", 113 "unknown-0x71", 114 "unknown-0x72",
            115 "unknown-0x73", 116 "unknown-0x74", 117 "unknown-0x75", 118 "unknown-0x76", 119 "unknown-0x77",
            120 "unknown-0x78", 121 "unknown-0x79", 122 "unknown-0x7A", 123 "unknown-0x7B", 124 "unknown-0x7C",
            125 "unknown-0x7D", 126 "unknown-0x7E", 127 "unknown-0x7F", 128 "unknown-0x80", 129 "unknown-0x81",
            130 "unknown-0x82", 131 "unknown-0x83", 132 "unknown-0x84", 133 "unknown-0x85", 134 "unknown-0x86",
            135 "unknown-0x87", 136 "unknown-0x88", 137 "unknown-0x89", 138 "unknown-0x8A", 139 "unknown-0x8B",
            140 "unknown-0x8C", 141 "unknown-0x8D", 142 "unknown-0x8E", 143 "unknown-0x8F", 144 "unknown-0x90",
            145 "unknown-0x91", 146 "unknown-0x92", 147 "unknown-0x93", 148 "unknown-0x94", 149 "unknown-0x95",
            150 "unknown-0x96", 151 "unknown-0x97", 152 "unknown-0x98", 153 "unknown-0x99", 154 "unknown-0x9A",
            155 "unknown-0x9B", 156 "unknown-0x9C", 157 "unknown-0x9D", 158 "unknown-0x9E", 159 "unknown-0x9F",
            160 "unknown-0xA0", 161 "unknown-0xA1", 162 "unknown-0xA2", 163 "unknown-0xA3", 164 "unknown-0xA4",
            165 "unknown-0xA5", 166 "unknown-0xA6", 167 "unknown-0xA7", 168 "unknown-0xA8", 169 "unknown-0xA9",
            170 "unknown-0xAA", 171 "unknown-0xAB", 172 "unknown-0xAC", 173 "unknown-0xAD", 174 "unknown-0xAE",
            175 "unknown-0xAF", 176 "unknown-0xB0", 177 "unknown-0xB1", 178 "unknown-0xB2", 179 "unknown-0xB3",
            180 "unknown-0xB4", 181 "unknown-0xB5", 182 "unknown-0xB6", 183 "unknown-0xB7", 184 "unknown-0xB8",
            185 "unknown-0xB9", 186 "unknown-0xBA", 187 "unknown-0xBB", 188 "unknown-0xBC", 189 "unknown-0xBD",
            190 "unknown-0xBE", 191 "unknown-0xBF", 192 "unknown-0xC0", 193 "unknown-0xC1", 194 "unknown-0xC2",
            195 "unknown-0xC3", 196 "unknown-0xC4", 197 "unknown-0xC5", 198 "unknown-0xC6", 199 "unknown-0xC7",
            200 "unknown-0xC8", 201 "unknown-0xC9", 202 "unknown-0xCA", 203 "unknown-0xCB", 204 "unknown-0xCC",
            205 "unknown-0xCD", 206 "unknown-0xCE", 207 "unknown-0xCF", 208 "unknown-0xD0", 209 "unknown-0xD1",
            210 "unknown-0xD2", 211 "unknown-0xD3", 212 "unknown-0xD4", 213 "unknown-0xD5", 214 "unknown-0xD6",
            215 "unknown-0xD7", 216 "unknown-0xD8", 217 "unknown-0xD9", 218 "unknown-0xDA", 219 "unknown-0xDB",
            220 "unknown-0xDC", 221 "unknown-0xDD", 222 "unknown-0xDE", 223 "unknown-0xDF", 224 "unknown-0xE0",
            225 "unknown-0xE1", 226 "unknown-0xE2", 227 "unknown-0xE3", 228 "unknown-0xE4", 229 "unknown-0xE5",
            230 "unknown-0xE6", 231 "unknown-0xE7", 232 "unknown-0xE8", 233 "unknown-0xE9", 234 "unknown-0xEA",
            235 "unknown-0xEB", 236 "unknown-0xEC", 237 "unknown-0xED", 238 "unknown-0xEE", 239 "unknown-0xEF",
            240 "unknown-0xF0", 241 "unknown-0xF1", 242 "unknown-0xF2", 243 "unknown-0xF3", 244 "unknown-0xF4",
            245 "unknown-0xF5", 246 "unknown-0xF6", 247 "unknown-0xF7", 248 "unknown-0xF8", 249 "unknown-0xF9",
            250 "unknown-0xFA", 251 "unknown-0xFB", 252 "unknown-0xFC", 253 "unknown-0xFD", 254 "unknown-0xFE",
            255 "unknown-0xFF",
        },
        credits.requested: u16 le            "Credits requested",
        credits.granted: u16 le              "Credits granted",
        flags: u32 le hex                    "Flags" {
            response: 0x1                    "Response",
            async: 0x2                       "Async command",
            chained: 0x4                     "Chained",
            signature: 0x8                   "Signing",
            priority_mask: bool 0x70         "Priority",
            dfs: 0x10000000                  "DFS operation",
            replay: 0x20000000               "Replay operation",
        },
        flags as BODY_FLAGS: u32 le hex      "Flags",
        chain_offset: u32 le hex             "Chain Offset",
        msg_id: u64 le                       "Message ID",
        pid: u32 le hex                      "Process Id",
        tid: u32 le hex                      "Tree Id",
        aid: u64 le hex                      "Async Id",
        tree: computed str                   "Tree",
        share_type as SHARE_TYPE: u8 hex     "Share Type" = { 0x1 "Physical disk", 0x2 "Named pipe", 0x3 "Printer" },
        share_type as TREE_TYPE: computed u8 hex "Share Type" = { 0x1 "Physical disk", 0x2 "Named pipe", 0x3 "Printer" },
        tcon_frame: computed u32             "Connected in Frame",
        sesid: u64 le hex                    "Session Id",
        acct: computed str                   "Account",
        domain: computed str                 "Domain",
        host: computed str                   "Host",
        auth_frame: computed u32             "Authenticated in Frame",
        signature: bytes                     "Signature",
        response_to: computed u32            "Response to",
        time: computed duration              "Time from request",
        preauth_hash: computed bytes         "Preauth Hash",

        buffer_code: u16 le hex              "StructureSize" {
            length: uint 0xfffe              "Fixed Part Length",
            dynamic: 0x1                     "Dynamic Part",
        },

        olb.offset as OLB_OFFSET: computed u32 hex "Blob Offset",

        olb.length as OLB_LENGTH: computed u32 "Blob Length",
        error.context_count: u8              "Error Context Count",
        error.reserved: u8 hex               "Reserved",
        error.byte_count: u32 le             "Byte Count",
        error.data: bytes                    "Error Data",

        // Negotiate, session setup, tree connect
        dialect: u16 le hex                  "Dialect" = {
            0x202 "SMB 2.0.2", 0x210 "SMB 2.1", 0x2ff "SMB2 wildcard", 0x222 "SMB 2.2.2 (deprecated; should be 3.0)",
            0x224 "SMB 2.2.4 (deprecated; should be 3.0)", 0x300 "SMB 3.0", 0x302 "SMB 3.0.2",
            0x310 "SMB 3.1.0 (deprecated; should be 3.1.1)", 0x311 "SMB 3.1.1",
        },
        dialect_count: u16 le                "Dialect count",
        sec_mode: u8 hex                     "Security mode" {
            sign_enabled: 0x1                "Signing enabled",
            sign_required: 0x2               "Signing required",
        },
        capabilities: u32 le hex             "Capabilities" {
            dfs: 0x1                         "DFS",
            leasing: 0x2                     "LEASING",
            large_mtu: 0x4                   "LARGE MTU",
            multi_channel: 0x8               "MULTI CHANNEL",
            persistent_handles: 0x10         "PERSISTENT HANDLES",
            directory_leasing: 0x20          "DIRECTORY LEASING",
            encryption: 0x40                 "ENCRYPTION",
        },
        client_guid: computed uuid           "Client Guid",
        server_guid: computed uuid           "Server Guid",
        max_trans_size: u32 le               "Max Transaction Size",
        max_read_size: u32 le                "Max Read Size",
        max_write_size: u32 le               "Max Write Size",
        current_time: computed time_s        "Current Time",
        boot_time: computed time_s           "Boot Time",
        negotiate_context.offset: u32 le hex "NegotiateContextOffset",
        negotiate_context.count: u16 le      "NegotiateContextCount",
        negotiate_context.type: u16 le hex   "Type" = {
            0x1 "SMB2_PREAUTH_INTEGRITY_CAPABILITIES", 0x2 "SMB2_ENCRYPTION_CAPABILITIES",
            0x3 "SMB2_COMPRESSION_CAPABILITIES", 0x5 "SMB2_NETNAME_NEGOTIATE_CONTEXT_ID",
            0x6 "SMB2_TRANSPORT_CAPABILITIES", 0x7 "SMB2_RDMA_TRANSFORM_CAPABILITIES",
            0x8 "SMB2_SIGNING_CAPABILITIES", 0x100 "SMB2_POSIX_EXTENSIONS_CAPABILITIES",
        },
        negotiate_context.data_length: u16 le "DataLength",
        negotiate_context.hash_alg_count: u16 le "HashAlgorithmCount",
        negotiate_context.hash_algorithm: u16 le hex "HashAlgorithm" = { 0x1 "SHA-512" },
        negotiate_context.salt_length: u16 le "SaltLength",
        negotiate_context.salt: bytes        "Salt",
        negotiate_context.cipher_count: u16 le "CipherCount",
        negotiate_context.cipher_id: u16 le hex "CipherId" = {
            0x1 "AES-128-CCM", 0x2 "AES-128-GCM", 0x3 "AES-256-CCM", 0x4 "AES-256-GCM",
        },
        negotiate_context.comp_alg_count: u16 le "CompressionAlgorithmCount",
        negotiate_context.comp_alg_id: u16 le hex "CompressionAlgorithmId" = {
            0x0 "None", 0x1 "LZNT1", 0x2 "LZ77", 0x3 "LZ77+Huffman", 0x4 "Pattern_V1",
        },
        negotiate_context.comp_alg_flags: u32 le hex "Flags" {
            chained: 0x1                     "Chained",
            reserved: uint hex 0xfffffffe    "Reserved",
        },
        negotiate_context.netname: computed str "Netname",
        negotiate_context.signing_alg_count: u16 le "SigningAlgorithmCount",
        negotiate_context.signing_id: u16 le hex "SigningAlgorithmId" = { 0x0 "HMAC-SHA256", 0x1 "AES-CMAC", 0x2 "AES-GMAC" },
        negotiate_context.posix_reserved: bytes "POSIX Reserved",
        security_blob: bytes                 "Security Blob",
        ses_req_flags: u8                    "Flags" {
            session_binding: 0x1             "Session Binding Request",
        },
        channel: u32 le hex                  "Channel" = {
            0x0 "None", 0x1 "RDMA V1", 0x2 "RDMA V1_INVALIDATE", 0x3 "RDMA TRANSFORM",
        },
        previous_sesid: u64 le hex           "Previous Session Id",
        session_flags: u16 le hex            "Session Flags" {
            .ses_flags.guest: 0x1            "Guest",
            .ses_flags.null: 0x2             "Null",
            .ses_flags.encrypt: 0x4          "Encrypt",
        },
        tc.flags: u16 le hex                 "Flags" {
            .tc.cluster_reconnect: 0x1       "Cluster Reconnect",
            .tc.redirect_to_owner: 0x2       "Redirect To Owner",
            .tc.extension_present: 0x4       "Extension Present",
            .tc.reserved: uint hex 0xfff8    "Reserved",
        },
        tree as TREE_PATH: computed str      "Tree",
        share_flags: u32 le hex              "Share flags" {
            dfs: 0x1                         "DFS",
            dfs_root: 0x2                    "DFS root",
            restrict_exclusive_opens: 0x100  "Restrict exclusive opens",
            force_shared_delete: 0x200       "Force shared delete",
            allow_namespace_caching: 0x400   "Allow namespace caching",
            access_based_dir_enum: 0x800     "Access based directory enum",
            force_levelii_oplock: 0x1000     "Force level II oplock",
            enable_hash_v1: 0x2000           "Enable hash V1",
            enable_hash_v2: 0x4000           "Enable hash V2",
            encrypt_data: 0x8000             "Encrypted data required",
            identity_remoting: 0x40000       "Identity Remoting",
            compress_data: 0x100000          "Compressed IO",
        },
        share.caching: computed u32 hex      "Caching policy",
        share_caps: u32 le hex               "Share Capabilities" {
            dfs: 0x8                         "DFS",
            continuous_availability: 0x10    "CONTINUOUS AVAILABILITY",
            scaleout: 0x20                   "SCALEOUT",
            cluster: 0x40                    "CLUSTER",
            assymetric: 0x80                 "ASSYMETRIC",
            redirect_to_owner: 0x100         "REDIRECT_TO_OWNER",
        },

        // Create, close
        create.oplock: u8 hex                "Oplock" = {
            0x0 "No oplock", 0x1 "Level2 oplock", 0x8 "Exclusive oplock", 0x9 "Batch oplock", 0xff "Lease",
        },
        impersonation.level: u32 le          "Impersonation level" = {
            0 "Anonymous", 1 "Identification", 2 "Impersonation", 3 "Delegation",
        },
        create_flags: u64 le hex             "Create Flags",
        file_attribute: u32 le hex           "File Attributes" {
            read_only: 0x1                   "Read Only",
            hidden: 0x2                      "Hidden",
            system: 0x4                      "System",
            directory: 0x10                  "Directory",
            archive: 0x20                    "Requires archived",
            normal: 0x80                     "Normal",
            temporary: 0x100                 "Temporary",
            sparse: 0x200                    "Sparse",
            reparse: 0x400                   "Reparse Point",
            compressed: 0x800                "Compressed",
            offline: 0x1000                  "Offline",
            not_content_indexed: 0x2000      "Not Content Indexed",
            encrypted: 0x4000                "Encrypted",
            integrity_stream: 0x8000         "Integrity Stream",
            no_scrub_data: 0x20000           "No Scrub Data",
        },
        create.disposition: u32 le           "Disposition" = {
            0 "Supersede (supersede existing file (if it exists))", 1 "Open (if file exists open it, else fail)",
            2 "Create (if file exists fail, else create it)", 3 "Open If (if file exists open it, else create it)",
            4 "Overwrite (if file exists overwrite, else fail)",
            5 "Overwrite If (if file exists overwrite, else create it)",
        },
        filename: computed str               "Filename",
        create.rep_flags: u8 hex             "Response Flags" {
            reparse_point: 0x1               "ReparsePoint",
        },
        create.action: u32 le                "Create Action" = {
            0 "No action taken?", 1 "The file existed and was opened", 2 "The file did not exist but was created",
            3 "The file existed and was truncated",
            32769 "The file existed and was opened, and an OpLock was granted",
            32770 "The file did not exist but was created, and an OpLock was granted",
            32771 "The file existed and was truncated, and an OpLock was granted",
        },
        create.time: computed time_s         "Create",
        last_access.time: computed time_s    "Last Access",
        last_write.time: computed time_s     "Last Write",
        last_change.time: computed time_s    "Last Change",
        allocation_size: u64 le              "Allocation Size",
        eof: u64 le                          "End Of File",
        fid: computed uuid                   "File Id",
        .dcerpc.nt.open_frame as OPEN_FRAME: computed u32 "Frame handle opened",
        .dcerpc.nt.close_frame as CLOSE_FRAME: computed u32 "Frame handle closed",
        create.chain_offset: u32 le hex      "Chain Offset",
        tag: str                             "Tag",
        mxac_status: u32 le hex              "Query Status",
        qfid_fid: bytes                      "Opaque File ID",
        dhnq_buffer_reserved: u64 le hex     "Reserved",
        dh2x.timeout: u32 le                 "Timeout",
        dh2x.flags: u32 le hex               "Flags",
        dh2x.reserved: u64 le hex            "Reserved",
        dh2x.create_guid: computed uuid      "Create Guid",
        lease.lease_key: computed uuid       "Lease Key",
        lease.lease_state: u32 le hex        "Lease State" {
            read_caching: 0x1                "Read Caching",
            handle_caching: 0x2              "Handle Caching",
            write_caching: 0x4               "Write Caching",
        },
        lease.lease_flags: u32 le hex        "Lease Flags" {
            .lease.lease_state.break_ack_required: 0x1 "Break Ack Required",
            .lease.lease_state.break_in_progress: 0x2 "Break In Progress",
            .lease.lease_state.parent_lease_key_set: 0x4 "Parent Lease Key Set",
        },
        lease.lease_duration: u64 le hex     "Lease Duration",
        lease.parent_lease_key: computed uuid "Parent Lease Key",
        lease.lease_oplock: u16 le hex       "Lease Epoch",
        lease.lease_reserved: u16 le hex     "Lease Reserved",
        aapl.command_code: u32 le            "Command code",
        aapl.reserved: u32 le hex            "Reserved",
        aapl.query_bitmask: u64 le hex       "Query bitmask" {
            .aapl.bitmask.server_caps: 0x1   "Server capabilities",
            .aapl.bitmask.volume_caps: 0x2   "Volume capabilities",
            .aapl.bitmask.model_info: 0x4    "Model information",
        },
        aapl.caps: u64 le hex                "Client/Server capabilities" {
            supports_read_dir_addr: 0x1      "Supports READDIRATTR",
            supports_osx_copyfile: 0x2       "Supports macOS copyfile",
            unix_based: 0x4                  "UNIX-based",
            .aapl.supports_nfs_ace: 0x8      "Supports NFS ACE",
        },
        close.flags: u16 le hex              "Close Flags" {
            .close.pq_attrib: 0x1            "PostQuery Attrib",
        },

        // Read, write, lock, ioctl
        read_padding: u8 hex                 "Padding",
        read_flags: u8 hex                   "Flags" {
            unbuffered: 0x1                  "Unbuffered",
            compressed: 0x2                  "Compressed",
        },
        read_length: u32 le                  "Read Length",
        file_offset: u64 le                  "File Offset",
        min_count: u32 le                    "Min Count",
        remaining_bytes: u32 le              "Remaining Bytes",
        read_remaining: u32 le               "Read Remaining",
        read.blob: bytes                     "Info",
        write_data: bytes                    "Write Data",
        data_offset: u16 le hex              "Data Offset",
        write_length: u32 le                 "Write Length",
        write.flags: u32 le hex              "Write Flags" {
            write_through: 0x1               "Write through",
            unbuffered: 0x2                  "Unbuffered",
        },
        write.count: u32 le                  "Write Count",
        write.remaining: u32 le              "Write Remaining",
        channel_info_offset: u16 le          "Channel Info Offset",
        channel_info_length: u16 le          "Channel Info Length",
        lock_count: u16 le                   "Lock Count",
        lock_length: u64 le                  "Length",
        lock_flags: u32 le hex               "Flags" {
            shared: 0x1                      "Shared",
            exclusive: 0x2                   "Exclusive",
            unlock: 0x4                      "Unlock",
            fail_immediately: 0x10           "Fail Immediately",
        },
        ioctl.function: u32 le hex           "Function" {
            device: uint hex 0xffff0000      "Device",
            access: uint hex 0xc000          "Access",
            function: uint hex 0x3ffc        "Function",
            method: uint hex 0x3             "Method",
        },
        max_ioctl_in_size: u32 le            "Max Ioctl In Size",
        max_ioctl_out_size: u32 le           "Max Ioctl Out Size",
        ioctl.flags: u32 le hex              "Flags" {
            .ioctl.is_fsctl: 0x1             "Is FSCTL",
        },
        fsctl.wait.timeout: i64 le           "Timeout",
        fsctl.wait.name: computed str        "Name",
        ioctl.network_interfaces.next_offset: u32 le hex "Next Offset",
        ioctl.network_interfaces.index: u32 le "Interface Index",
        ioctl.network_interfaces.capabilities: u32 le hex "Interface Cababilities" {
            rss: 0x1                         "RSS",
            rdma: 0x2                        "RDMA",
        },
        ioctl.network_interfaces.rss_queue_count: u32 le "RSS Queue Count",
        ioctl.network_interfaces.link_speed: u64 le "Link Speed",
        windows.sockaddr.family: u16 le      "Socket Family",
        windows.sockaddr.port: u16 le        "Socket Port",
        windows.sockaddr.in.addr as SOCKADDR_IN: ipv4 "Socket IPv4",
        windows.sockaddr.in6.flow_info: u32 le hex "IPv6 Flow Info",
        windows.sockaddr.in6.addr: ipv6      "Socket IPv6",
        windows.sockaddr.in6.scope_id: u32 le "IPv6 Scope ID",

        // Find, notify, information
        find.infolevel: u32 le               "Info Level" = {
            1 "SMB2_FIND_DIRECTORY_INFO", 2 "SMB2_FIND_FULL_DIRECTORY_INFO", 3 "SMB2_FIND_BOTH_DIRECTORY_INFO",
            4 "SMB2_FIND_INDEX_SPECIFIED", 12 "SMB2_FIND_NAME_INFO", 37 "SMB2_FIND_ID_BOTH_DIRECTORY_INFO",
            38 "SMB2_FIND_ID_FULL_DIRECTORY_INFO", 100 "SMB2_FIND_POSIX_INFO",
        },
        find.infolevel as FIND_INFOLEVEL_OF: computed u32 "Info Level" = {
            1 "SMB2_FIND_DIRECTORY_INFO", 2 "SMB2_FIND_FULL_DIRECTORY_INFO", 3 "SMB2_FIND_BOTH_DIRECTORY_INFO",
            4 "SMB2_FIND_INDEX_SPECIFIED", 12 "SMB2_FIND_NAME_INFO", 37 "SMB2_FIND_ID_BOTH_DIRECTORY_INFO",
            38 "SMB2_FIND_ID_FULL_DIRECTORY_INFO", 100 "SMB2_FIND_POSIX_INFO",
        },
        find.flags: u8 hex                   "Find Flags" {
            .find.restart_scans: 0x1         "Restart Scans",
            .find.single_entry: 0x2          "Single Entry",
            .find.index_specified: 0x4       "Index Specified",
            .find.reopen: 0x10               "Reopen",
        },
        file_index: u32 le hex               "File Index",
        output_buffer_len: u32 le            "Output Buffer Length",
        find.pattern: computed str           "Search Pattern",
        find.info_blob: bytes                "Info",
        next_offset: u32 le                  "Next Offset",
        filename.len: u32 le                 "Filename Length",
        ea_size: u32 le                      "EA Size",
        short_name_len: u8                   "Short Name Length",
        shortname: computed str              "Short Name",
        file_id: u64 le hex                  "File Id",
        notify.flags: u16 le hex             "Notify Flags" {
            .notify.watch_tree: 0x1          "Watch Tree",
        },
        class: u8 hex                        "Class" = {
            0x1 "FILE_INFO", 0x2 "FS_INFO", 0x3 "SEC_INFO", 0x4 "QUOTA_INFO",
        },
        class as CLASS_OF: computed u8 hex   "Class" = {
            0x1 "FILE_INFO", 0x2 "FS_INFO", 0x3 "SEC_INFO", 0x4 "QUOTA_INFO",
        },
        file_info.infolevel: u8 hex          "InfoLevel" = {
            4 "SMB2_FILE_BASIC_INFO", 5 "SMB2_FILE_STANDARD_INFO", 6 "SMB2_FILE_INTERNAL_INFO",
            7 "SMB2_FILE_EA_INFO", 8 "SMB2_FILE_ACCESS_INFO", 10 "SMB2_FILE_RENAME_INFO",
            13 "SMB2_FILE_DISPOSITION_INFO", 14 "SMB2_FILE_POSITION_INFO", 15 "SMB2_FILE_FULL_EA_INFO",
            16 "SMB2_FILE_MODE_INFO", 17 "SMB2_FILE_ALIGNMENT_INFO", 18 "SMB2_FILE_ALL_INFO",
            19 "SMB2_FILE_ALLOCATION_INFO", 20 "SMB2_FILE_ENDOFFILE_INFO", 21 "SMB2_FILE_ALTERNATE_NAME_INFO",
            22 "SMB2_FILE_STREAM_INFO", 23 "SMB2_FILE_PIPE_INFO", 28 "SMB2_FILE_COMPRESSION_INFO",
            34 "SMB2_FILE_NETWORK_OPEN_INFO", 35 "SMB2_FILE_ATTRIBUTE_TAG_INFO", 48 "SMB2_FILE_NORMALIZED_NAME_INFO",
            100 "SMB2_FILE_POSIX_INFO",
        },
        file_info.infolevel as FILE_LEVEL_OF: computed u8 hex "InfoLevel" = {
            4 "SMB2_FILE_BASIC_INFO", 5 "SMB2_FILE_STANDARD_INFO", 6 "SMB2_FILE_INTERNAL_INFO",
            7 "SMB2_FILE_EA_INFO", 8 "SMB2_FILE_ACCESS_INFO", 10 "SMB2_FILE_RENAME_INFO",
            13 "SMB2_FILE_DISPOSITION_INFO", 14 "SMB2_FILE_POSITION_INFO", 15 "SMB2_FILE_FULL_EA_INFO",
            16 "SMB2_FILE_MODE_INFO", 17 "SMB2_FILE_ALIGNMENT_INFO", 18 "SMB2_FILE_ALL_INFO",
            19 "SMB2_FILE_ALLOCATION_INFO", 20 "SMB2_FILE_ENDOFFILE_INFO", 21 "SMB2_FILE_ALTERNATE_NAME_INFO",
            22 "SMB2_FILE_STREAM_INFO", 23 "SMB2_FILE_PIPE_INFO", 28 "SMB2_FILE_COMPRESSION_INFO",
            34 "SMB2_FILE_NETWORK_OPEN_INFO", 35 "SMB2_FILE_ATTRIBUTE_TAG_INFO", 48 "SMB2_FILE_NORMALIZED_NAME_INFO",
            100 "SMB2_FILE_POSIX_INFO",
        },
        fs_info.infolevel: u8 hex            "InfoLevel" = {
            1 "FileFsVolumeInformation", 2 "FileFsLabelInformation", 3 "FileFsSizeInformation",
            4 "FileFsDeviceInformation", 5 "FileFsAttributeInformation", 6 "FileFsControlInformation",
            7 "FileFsFullSizeInformation", 8 "FileFsObjectIdInformation", 9 "FileFsDriverPathInformation",
            10 "FileFsVolumeFlagsInformation", 11 "FileFsSectorSizeInformation",
        },
        fs_info.infolevel as FS_LEVEL_OF: computed u8 hex "InfoLevel" = {
            1 "FileFsVolumeInformation", 2 "FileFsLabelInformation", 3 "FileFsSizeInformation",
            4 "FileFsDeviceInformation", 5 "FileFsAttributeInformation", 6 "FileFsControlInformation",
            7 "FileFsFullSizeInformation", 8 "FileFsObjectIdInformation", 9 "FileFsDriverPathInformation",
            10 "FileFsVolumeFlagsInformation", 11 "FileFsSectorSizeInformation",
        },
        sec_info.infolevel: u8 hex           "InfoLevel",
        sec_info.infolevel as SEC_LEVEL_OF: computed u8 hex "InfoLevel",
        max_response_size: u32 le            "Max Response Size",
        getinfo_input_offset: u16 le hex     "Getinfo Input Offset",
        getinfo_input_size: u32 le           "Getinfo Input Size",
        getsetinfo_additional: u32 le hex    "Additional Info",
        getsetinfo_additionals: u32 le hex   "Additional Info" {
            .getsetinfo_additional_secinfo.owner: 0x1 "Owner",
            .getsetinfo_additional_secinfo.group: 0x2 "Group",
            .getsetinfo_additional_secinfo.dacl: 0x4 "DACL",
            .getsetinfo_additional_secinfo.sacl: 0x8 "SACL",
            .getsetinfo_additional_secinfo.label: 0x10 "Integrity label",
            .getsetinfo_additional_secinfo.attribute: 0x20 "Resource attribute",
            .getsetinfo_additional_secinfo.scope: 0x40 "Central access policy",
            .getsetinfo_additional_secinfo.backup: 0x10000 "Backup operation",
        },
        getinfo_flags: u32 le hex            "Flags",
        setinfo_size: u32 le                 "Setinfo Size",
        setinfo_offset: u16 le hex           "Setinfo Offset",
        setinfo_reserved: u16 le             "Reserved",
        disposition.delete_on_close: bool & 0x1 "Delete on close",
        nlinks: u32 le                       "Number of Links",
        delete_pending: u8                   "Delete Pending",
        is_directory: u8                     "Is Directory",
        position_info: u64 le                "Position Information",
        mode_info: u32 le hex                "Mode Information" {
            .mode.file_write_through: uint hex 0x2 "FILE_WRITE_THROUGH",
            .mode.file_sequential_only: uint hex 0x4 "FILE_SEQUENTIAL_ONLY",
            .mode.file_no_intermediate_buffering: uint hex 0x8 "FILE_NO_INTERMEDIATE_BUFFERING",
            .mode.file_synchronous_io_alert: uint hex 0x10 "FILE_SYNCHRONOUS_IO_ALERT",
            .mode.file_synchronous_io_nonalert: uint hex 0x20 "FILE_SYNCHRONOUS_IO_NONALERT",
            .mode.file_delete_on_close: uint hex 0x1000 "FILE_DELETE_ON_CLOSE",
        },
        alignment_info: u32 le hex           "Alignment Information",
        unknown: bytes                       "Unknown",

        // The encrypted form (MS-SMB2, section 2.2.41)
        header.transform.signature: bytes    "Signature",
        header.transform.nonce: bytes        "Nonce",
        header.transform.msg_size: u32 le    "Message size",
        header.transform.reserved: bytes     "Reserved",
        header.transform.flags: u16 le hex   "Flags" {
            encrypted: 0x1                   "Encrypted",
        },
        header.transform.enc_data: bytes     "Data",

        // Named as in SMB
        .smb.access_mask: u32 le hex         "Access Mask" {
            .smb.access.read: 0x1            "Read",
            .smb.access.write: 0x2           "Write",
            .smb.access.append: 0x4          "Append",
            .smb.access.read_ea: 0x8         "Read EA",
            .smb.access.write_ea: 0x10       "Write EA",
            .smb.access.execute: 0x20        "Execute",
            .smb.access.delete_child: 0x40   "Delete Child",
            .smb.access.read_attributes: 0x80 "Read Attributes",
            .smb.access.write_attributes: 0x100 "Write Attributes",
            .smb.access.delete: 0x10000      "Delete",
            .smb.access.read_control: 0x20000 "Read Control",
            .smb.access.write_dac: 0x40000   "Write DAC",
            .smb.access.write_owner: 0x80000 "Write Owner",
            .smb.access.synchronize: 0x100000 "Synchronize",
            .smb.access.system_security: 0x1000000 "System Security",
            .smb.access.maximum_allowed: 0x2000000 "Maximum Allowed",
            .smb.access.generic_all: 0x10000000 "Generic All",
            .smb.access.generic_execute: 0x20000000 "Generic Execute",
            .smb.access.generic_write: 0x40000000 "Generic Write",
            .smb.access.generic_read: 0x80000000 "Generic Read",
        },
        .smb.share_access: u32 le hex        "Share Access" {
            .smb.share.access.read: 0x1      "Read",
            .smb.share.access.write: 0x2     "Write",
            .smb.share.access.delete: 0x4    "Delete",
        },
        .smb.create_options: u32 le hex      "Create Options" {
            .smb.nt.create_options.directory: 0x1 "Directory",
            .smb.nt.create_options.write_through: 0x2 "Write Through",
            .smb.nt.create_options.sequential_only: 0x4 "Sequential Only",
            .smb.nt.create_options.intermediate_buffering: 0x8 "Intermediate Buffering",
            .smb.nt.create_options.sync_io_alert: 0x10 "Sync I/O Alert",
            .smb.nt.create_options.sync_io_nonalert: 0x20 "Sync I/O Nonalert",
            .smb.nt.create_options.non_directory: 0x40 "Non-Directory",
            .smb.nt.create_options.create_tree_connection: 0x80 "Create Tree Connection",
            .smb.nt.create_options.complete_if_oplocked: 0x100 "Complete If Oplocked",
            .smb.nt.create_options.no_ea_knowledge: 0x200 "No EA Knowledge",
            .smb.nt.create_options.eight_dot_three_only: 0x400 "8.3 Only",
            .smb.nt.create_options.random_access: 0x800 "Random Access",
            .smb.nt.create_options.delete_on_close: 0x1000 "Delete On Close",
            .smb.nt.create_options.open_by_fileid: 0x2000 "Open By FileID",
            .smb.nt.create_options.backup_intent: 0x4000 "Backup Intent",
            .smb.nt.create_options.no_compression: 0x8000 "No Compression",
            .smb.nt.create_options.reserve_opfilter: 0x100000 "Reserve Opfilter",
            .smb.nt.create_options.open_reparse_point: 0x200000 "Open Reparse Point",
            .smb.nt.create_options.open_no_recall: 0x400000 "Open No Recall",
            .smb.nt.create_options.open_for_free_space_query: 0x800000 "Open For Free Space query",
        },
        .smb.alloc_size64: u64 le            "Allocation Size",
        .smb.end_of_file: u64 le             "End Of File",
        .smb.link_count: u32 le              "Link Count",
        .smb.delete_pending: u8          "Delete Pending",
        .smb.is_directory: u8                "Is Directory",
        .smb.free_alloc_units: u64 le        "Free Units",
        .smb.fs_sector_per_unit: u32 le      "Sectors/Unit",
        .smb.fs_bytes_per_sector: u32 le     "Bytes per Sector",
        .smb.next_entry_offset: u32 le       "Next Entry Offset",
        .smb.stream_name_len: u32 le         "Stream Name Length",
        .smb.stream_size: u64 le             "Stream Size",
        .smb.stream_name: computed str       "Stream Name",
        .smb.fs_attr: u32 le hex             "FS Attributes" {
            css: 0x1                         "Case Sensitive Search",
            cpn: 0x2                         "Case Preserving",
            uod: 0x4                         "Unicode On Disk",
            pacls: 0x8                       "Persistent ACLs",
            fc: 0x10                         "Compression",
            vq: 0x20                         "Volume Quotas",
            ssf: 0x40                        "Sparse Files",
            srp: 0x80                        "Reparse Points",
            srs: 0x100                       "Remote Storage",
            sla: 0x4000                      "LFN APIs",
            vis: 0x8000                      "Volume Is Compressed",
            soids: 0x10000                   "Supports OIDs",
            se: 0x20000                      "Supports Encryption",
            ns: 0x40000                      "Named Streams",
            rov: 0x80000                     "Read Only Volume",
            swo: 0x100000                    "Sequential Write Once",
            st: 0x200000                     "Transactions",
            shl: 0x400000                    "Hard Links",
            sis: 0x4000000                   "Integrity Streams",
            sbr: 0x8000000                   "Block Refcounting",
            ssv: 0x10000000                  "Sparse VDL",
        },
        .smb.fs_max_name_len: u32 le         "Max name length",
        .smb.fs_name.len: u32 le             "Label Length",
        .smb.fs_name: computed str           "FS Name",
        .smb.nt.notify.completion_filter: u32 le hex "Completion Filter" {
            .smb.nt.notify.file_name: 0x1    "File Name Change",
            .smb.nt.notify.dir_name: 0x2     "Directory Name Change",
            .smb.nt.notify.attributes: 0x4   "Attribute Change",
            .smb.nt.notify.size: 0x8         "Size Change",
            .smb.nt.notify.last_write: 0x10  "Last Write Change",
            .smb.nt.notify.last_access: 0x20 "Last Access Change",
            .smb.nt.notify.creation: 0x40    "Created Change",
            .smb.nt.notify.ea: 0x80          "EA Change",
            .smb.nt.notify.security: 0x100   "Security Change",
            .smb.nt.notify.stream_name: 0x200 "Stream Name Change",
            .smb.nt.notify.stream_size: 0x400 "Stream Size Change",
            .smb.nt.notify.stream_write: 0x800 "Stream Write",
        },
        .smb.max_referral_level: u16 le      "Max Referral Level",
        .smb.file: computed str              "File Name",
        .smb.padding: bytes                  "Padding",
        .smb.dfs.path_consumed as DFS_PATH_CONSUMED: u16 le "Path Consumed",
        .smb.dfs.num_referrals as DFS_NUM_REFERRALS: u16 le "Num Referrals",
        .smb.dfs.flags as DFS_FLAGS: u16 le hex "Flags" {
            server_hold_storage: 0x2         "Hold Storage",
            fielding: 0x1                    "Fielding",
        },
        .smb.dfs.referral.version as DFS_REFERRAL_VERSION: u16 le "Version",
        .smb.dfs.referral.size as DFS_REFERRAL_SIZE: u16 le "Size",
        .smb.dfs.referral.server.type as DFS_REFERRAL_SERVER_TYPE: u16 le "Server Type"
            = { 0 "Non-root targets returned", 1 "Root targets returned" },
        .smb.dfs.referral.flags as DFS_REFERRAL_FLAGS: u16 le hex "Flags" {
            name_list_referral: 0x2          "NameListReferral",
            target_set_boundary: 0x4         "TargetSetBoundary",
        },
        .smb.dfs.referral.proximity as DFS_REFERRAL_PROXIMITY: u32 le "Proximity" unit "s",
        .smb.dfs.referral.ttl as DFS_REFERRAL_TTL: u32 le "TTL" unit "s",
        .smb.dfs.referral.domain_offset as DFS_REFERRAL_DOMAIN_OFFSET: u16 le "Domain Offset",
        .smb.dfs.referral.number_of_expnames as DFS_REFERRAL_NUMBER_OF_EXPNAMES: u16 le "Number of Expanded Names",
        .smb.dfs.referral.expnames_offset as DFS_REFERRAL_EXPNAMES_OFFSET: u16 le "Expanded Names Offset",
        .smb.dfs.referral.domain_name as DFS_REFERRAL_DOMAIN_NAME: computed str "Domain Name",
        .smb.dfs.referral.expname as DFS_REFERRAL_EXPNAME: computed str "Expanded Name",
        .smb.dfs.referral.path_offset as DFS_REFERRAL_PATH_OFFSET: u16 le "Path Offset",
        .smb.dfs.referral.alt_path_offset as DFS_REFERRAL_ALT_PATH_OFFSET: u16 le "Alt Path Offset",
        .smb.dfs.referral.node_offset as DFS_REFERRAL_NODE_OFFSET: u16 le "Node Offset",
        .smb.dfs.referral.path as DFS_REFERRAL_PATH: computed str "Path",
        .smb.dfs.referral.alt_path as DFS_REFERRAL_ALT_PATH: computed str "Alt Path",
        .smb.dfs.referral.node as DFS_REFERRAL_NODE: computed str "Node",
    }
    claims { nbss.magic = [0xfe534d42, 0xfd534d42, 0xfc534d42] }
    tables { GSS_API: "@gss-api", DCERPC: "@dcerpc", SELF: "@smb2" }
    stateful
}

const MAGIC: u32 = 0xfe53_4d42;
const MAGIC_ENCRYPTED: u32 = 0xfd53_4d42;
const HEADER: usize = 64;
/// No file yet: the one that a command before it in the same message opens.
const NO_FID: [u8; 16] = [0xff; 16];
const SHARE_PIPE: u8 = 2;

const NEGOTIATE: u16 = 0;
const SESSION_SETUP: u16 = 1;
const MORE_PROCESSING_REQUIRED: u32 = 0xc000_0016;

/// What is known of a connection.
#[derive(Default)]
struct Connection {
    requests: Recent<u64, Request>,
    sessions: Recent<u64, Session>,
    /// By session and tree.
    trees: Recent<(u64, u32), Tree>,
    files: Recent<[u8; 16], File>,
    /// MS-SMB2, section 3.2.5.2: of the negotiation, and of it and the session setup that is going on.
    negotiated_hash: Option<[u8; 64]>,
    preauth_hash: Option<[u8; 64]>,
}

/// An open request.
#[derive(Clone, Default)]
struct Request {
    frame: u64,
    time: i64,
    cmd: u16,
    /// The path of a tree connect, the name of a create.
    name: String,
    /// Of information that is asked for: its class and level.
    class: u8,
    level: u8,
}

#[derive(Clone, Default)]
struct Session {
    account: String,
    domain: String,
    host: String,
    frame: u64,
}

#[derive(Clone, Default)]
struct Tree {
    path: String,
    kind: u8,
    frame: u64,
}

#[derive(Clone, Default)]
struct File {
    name: String,
    frame: u64,
}

/// One command of a message, while it is read.
struct Command<'c> {
    connection: &'c mut Connection,
    /// Where its header begins, which offsets count from.
    base: usize,
    response: bool,
    session: u64,
    tree: u32,
    /// In a response what was asked; in a request what is being asked.
    request: Request,
    /// The kind of the share, 0 where that is not known.
    share: u8,
}

impl Dissector for Smb2 {
    fn flow_end(&mut self, flow: u64) {
        self.flows.end(flow);
    }

    fn dissect(&mut self, pdu: &mut Pdu<'_>) -> Step {
        let magic = pdu.peek(PROTOCOL_ID)?;
        match magic {
            MAGIC => {}
            MAGIC_ENCRYPTED => return encrypted(pdu, self.flows.of(pdu.flow())),
            _ => return compressed(pdu),
        }
        let connection = self.flows.of(pdu.flow());
        // MS-SMB2, section 2.2: commands of one message, each with a header, one behind the other.
        loop {
            let base = pdu.position();
            let next = number_at(pdu, base + 20, 4) as usize;
            let len = if next == 0 { pdu.wire_remaining() } else { next };
            pdu.within(CHAIN_OFFSET, len, |pdu| command(pdu, connection))?;
            if next < HEADER || pdu.remaining() < HEADER || pdu.peek(PROTOCOL_ID)? != MAGIC {
                return Ok(());
            }
        }
    }
}

/// The header of one command, and its body.
fn command(pdu: &mut Pdu<'_>, connection: &mut Connection) -> Step {
    let base = pdu.position();
    pdu.take(PROTOCOL_ID)?;
    pdu.take(HEADER_LEN)?;
    pdu.take(CREDIT_CHARGE)?;
    let flags = number_at(pdu, base + 16, 4);
    let (response, is_async) = (flags & 1 != 0, flags & 2 != 0);
    let mut status = 0;
    if response {
        status = pdu.take(NT_STATUS_FIELD)?;
    } else {
        pdu.take(CHANNEL_SEQUENCE)?;
        pdu.take_bytes(RESERVED, 2)?;
    }
    let cmd = pdu.take(CMD)?;
    pdu.take(if response { CREDITS_GRANTED } else { CREDITS_REQUESTED })?;
    pdu.take(FLAGS)?;
    pdu.take(CHAIN_OFFSET)?;
    let id = pdu.take(MSG_ID)?;
    let session = number_at(pdu, base + 40, 8);
    let mut tree = 0;
    let mut share = 0;
    if is_async {
        pdu.take(AID)?;
    } else {
        pdu.take(PID)?;
        let at = pdu.position();
        tree = pdu.take(TID)?;
        if let Some(known) = connection.trees.get(&(session, tree)) {
            text(pdu, TREE, at..at + 4, &known.path);
            pdu.computed(TREE_TYPE, at..at, known.kind);
            pdu.computed(TCON_FRAME, at..at, known.frame);
            share = known.kind;
        }
    }
    session_id(pdu, connection)?;
    pdu.take_bytes(SIGNATURE, 16)?;
    let request = match connection.requests.get(&id) {
        _ if !response => Request { frame: pdu.frame_number(), time: pdu.time(), cmd, ..Request::default() },
        Some(request) if request.cmd == cmd => {
            pdu.computed(RESPONSE_TO, base..base, request.frame);
            pdu.computed(TIME, base..base, pdu.time().saturating_sub(request.time));
            request.clone()
        }
        _ => Request { cmd, ..Request::default() },
    };
    let direction = if response { "Response" } else { "Request" };
    match status {
        0 => pdu.info(format_args!("{} {direction}", Smb2::name(CMD, cmd))),
        _ => pdu.info(format_args!(
            "{} {direction}, Error: {}",
            Smb2::name(CMD, cmd),
            Smb2::name(NT_STATUS_FIELD, status)
        )),
    }
    preauth(pdu, connection, session, cmd, response, status);
    let mut c = Command { connection, base, response, session, tree, request, share };
    let outcome = bodies::body(pdu, &mut c, cmd, status);
    // A request that waits gets an interim response first (MS-SMB2, section 3.3.4.2).
    const PENDING: u32 = 0x103;
    let request = std::mem::take(&mut c.request);
    if !response {
        connection.requests.insert(id, request);
    } else if status != PENDING {
        connection.requests.remove(&id);
    }
    outcome
}

/// Takes the session, and shows what is known of it.
fn session_id(pdu: &mut Pdu<'_>, connection: &Connection) -> Step {
    let at = pdu.position();
    let session = pdu.take(SESID)?;
    if let Some(known) = connection.sessions.get(&session) {
        text(pdu, ACCT, at..at, &known.account);
        text(pdu, DOMAIN, at..at, &known.domain);
        text(pdu, HOST, at..at, &known.host);
        pdu.computed(AUTH_FRAME, at..at, known.frame);
    }
    Ok(())
}

/// Everything that was said up to the end of the session setup goes into a hash (MS-SMB2, section 3.1.4.4.1).
fn preauth(pdu: &mut Pdu<'_>, connection: &mut Connection, session: u64, cmd: u16, response: bool, status: u32) {
    if !matches!(cmd, NEGOTIATE | SESSION_SETUP) {
        return;
    }
    if cmd == NEGOTIATE && !response {
        connection.preauth_hash = Some([0; 64]);
    }
    // MS-SMB2, section 3.2.5.3: every session begins with the hash of the negotiation.
    if cmd == SESSION_SETUP && !response && session == 0 {
        connection.preauth_hash = connection.negotiated_hash;
    }
    let Some(hash) = &mut connection.preauth_hash else { return };
    // The last answer comes when the hash has been used.
    if !(cmd == SESSION_SETUP && response && status != MORE_PROCESSING_REQUIRED) {
        let mut sha = Sha512::new();
        sha.update(&hash[..]);
        sha.update(pdu.data());
        hash.copy_from_slice(&sha.finalize());
    }
    if cmd == NEGOTIATE {
        connection.negotiated_hash = Some(*hash);
    }
    let at = pdu.position();
    pdu.computed_bytes(PREAUTH_HASH, at..at, &hash[..]);
}

/// A message that is encrypted (MS-SMB2, section 2.2.41).
fn encrypted(pdu: &mut Pdu<'_>, connection: &Connection) -> Step {
    pdu.info(format_args!("Encrypted SMB3"));
    pdu.take(PROTOCOL_ID)?;
    pdu.take_bytes(HEADER_TRANSFORM_SIGNATURE, 16)?;
    pdu.take_bytes(HEADER_TRANSFORM_NONCE, 16)?;
    let len = pdu.take(HEADER_TRANSFORM_MSG_SIZE)?;
    pdu.take_bytes(HEADER_TRANSFORM_RESERVED, 2)?;
    pdu.take(HEADER_TRANSFORM_FLAGS)?;
    session_id(pdu, connection)?;
    pdu.within(HEADER_TRANSFORM_MSG_SIZE, len as usize, |pdu| {
        pdu.take_rest(HEADER_TRANSFORM_ENC_DATA);
        Ok(())
    })
}

/// A message that is compressed (MS-SMB2, section 2.2.42), as a whole or each part in its own way.
fn compressed(pdu: &mut Pdu<'_>) -> Step {
    const CHAINED: u64 = 1;
    pdu.info(format_args!("Compressed SMB3"));
    let is_chained = number_at(pdu, 10, 2) & CHAINED != 0;
    pdu.take(PROTOCOL_ID)?;
    pdu.take(COMP_ORIGINAL_SIZE)?;
    if is_chained {
        while pdu.remaining() > 0 {
            let algorithm = pdu.take(COMP_ALGORITHM)?;
            pdu.take(COMP_FLAGS)?;
            let len = pdu.take(COMP_LENGTH)? as usize;
            pdu.within(COMP_LENGTH, len, |pdu| {
                if compression::says_size(algorithm) {
                    pdu.take(COMP_PAYLOAD_SIZE)?;
                }
                pdu.take_rest(COMP_DATA);
                Ok(())
            })?;
        }
    } else {
        pdu.take(COMP_ALGORITHM)?;
        pdu.take(COMP_FLAGS)?;
        pdu.take(COMP_OFFSET)?;
        pdu.take_rest(COMP_DATA);
    }
    // Nothing is compressed twice.
    if let Some(message) = compression::decompress(pdu.data())
        && message.starts_with(&MAGIC.to_be_bytes())
    {
        pdu.hand_on_bytes(SELF, 0u64, &message);
    }
    Ok(())
}

/// A text that is there only if it isn't empty.
fn text(pdu: &mut Pdu<'_>, field: Handle<ComputedBytes>, range: std::ops::Range<usize>, text: &str) {
    if !text.is_empty() {
        pdu.computed_bytes(field, range, text.as_bytes());
    }
}

/// A text in UTF-16 of `len` bytes.
fn take_text(pdu: &mut Pdu<'_>, field: Handle<ComputedBytes>, len: usize) -> Result<String, Stop> {
    let at = pdu.position();
    let value = utf16(pdu.rest().get(..len).unwrap_or_default());
    pdu.skip(len)?;
    text(pdu, field, at..at + len, &value);
    Ok(value)
}

fn time(pdu: &mut Pdu<'_>, field: Handle<ComputedWord>) -> Step {
    let at = pdu.position();
    let value = number(pdu, 8)?;
    pdu.computed(field, at..at + 8, filetime(value));
    Ok(())
}

fn uuid(pdu: &mut Pdu<'_>, field: Handle<ComputedBytes>) -> Result<[u8; 16], Stop> {
    let at = pdu.position();
    let bytes: [u8; 16] = pdu.rest().first_chunk().copied().unwrap_or_default();
    pdu.skip(16)?;
    pdu.computed_bytes(field, at..at + 16, &guid(&bytes));
    Ok(bytes)
}

/// A number of `n` bytes, little-endian, that is no field by itself.
fn number(pdu: &mut Pdu<'_>, n: usize) -> Result<u64, Stop> {
    let value = pdu.rest().iter().take(n).rev().fold(0, |v, &b| v << 8 | u64::from(b));
    pdu.skip(n)?;
    Ok(value)
}

/// The same, anywhere; 0 where there are no bytes.
fn number_at(pdu: &Pdu<'_>, at: usize, n: usize) -> u64 {
    let bytes = pdu.data().get(at..).unwrap_or_default();
    bytes.iter().take(n).rev().fold(0, |v, &b| v << 8 | u64::from(b))
}

/// Offset and length of a part that lies behind the fixed part of a body: numbers of so many bytes.
fn place(pdu: &mut Pdu<'_>, offset_bytes: usize, len_bytes: usize) -> Result<(usize, usize), Stop> {
    let at = pdu.position();
    let offset = number(pdu, offset_bytes)?;
    pdu.computed(OLB_OFFSET, at..at + offset_bytes, offset);
    let at = pdu.position();
    let len = number(pdu, len_bytes)?;
    pdu.computed(OLB_LENGTH, at..at + len_bytes, len);
    Ok((offset as usize, len as usize))
}

impl Command<'_> {
    /// Reads the part at `(offset, len)`, if it lies ahead and isn't empty.
    fn part(
        &mut self,
        pdu: &mut Pdu<'_>,
        (offset, len): (usize, usize),
        read: impl FnOnce(&mut Pdu<'_>, &mut Self) -> Step,
    ) -> Step {
        let start = self.base + offset;
        if len == 0 || start < pdu.position() {
            return Ok(());
        }
        pdu.skip(start - pdu.position())?;
        pdu.within(OLB_LENGTH, len, |pdu| read(pdu, self))
    }

    /// Reads a file identifier.
    fn fid(&mut self, pdu: &mut Pdu<'_>) -> Result<[u8; 16], Stop> {
        let at = pdu.position();
        let fid = uuid(pdu, FID)?;
        if let Some(file) = self.connection.files.get(&fid) {
            pdu.computed(OPEN_FRAME, at..at + 16, file.frame);
            let name = file.name.clone();
            if !name.is_empty() {
                pdu.info(format_args!(
                    "{} {} File: {name}",
                    Smb2::name(CMD, self.request.cmd),
                    if self.response { "Response" } else { "Request" }
                ));
            }
        }
        Ok(fid)
    }

    /// Hands what is written to or read from a pipe to DCE/RPC. Each pipe is a conversation of its own.
    fn pipe(&mut self, pdu: &mut Pdu<'_>, fid: [u8; 16]) {
        if matches!(self.share, 0 | SHARE_PIPE) && is_dcerpc(pdu.rest()) {
            let fid = u128::from_be_bytes(fid);
            pdu.hand_to(DCERPC).part((fid >> 64) as u64 ^ fid as u64);
        }
    }
}

builtin!(Smb2);
