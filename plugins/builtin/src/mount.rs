//! MOUNT, which gives the first file handle of NFS (RFC 1094, appendix A; RFC 1813, appendix I).

use crate::rpc::Call;
use crate::xdr::{FileHandle, Xdr};
use prosector_sdk::prelude::*;

/// The dissector.
#[derive(Default)]
pub struct Mount;

value_names! {
    /// Procedures.
    PROCEDURES { 0 "NULL", 1 "MNT", 2 "DUMP", 3 "UMNT", 4 "UMNTALL", 5 "EXPORT", 6 "EXPORTALL", 7 "PATHCONF" }
}

protocol! {
    /// Mount service of NFS (RFC 1813, appendix I).
    Mount = mount "MOUNT", "Mount Service" {
        .rpc.programversion as VERSION: computed u32 "Program Version",
        procedure_v1: computed u32          "V1 Procedure" = PROCEDURES,
        procedure_v2: computed u32          "V2 Procedure" = PROCEDURES,
        procedure_v3: computed u32          "V3 Procedure" = PROCEDURES,
        .rpc.opaque_length: u32             "length",
        .rpc.fill_bytes: bytes              "fill bytes",
        path: str                           "Path",
        status: u32                         "Status" = {
            0 "OK", 1 "EPERM", 2 "ENOENT", 5 "EIO", 13 "EACCES", 20 "ENOTDIR", 22 "EINVAL", 63 "ENAMETOOLONG",
            10004 "ENOTSUPP", 10006 "ESERVERFAULT",
        },
        .nfs.fh.length: u32                 "length",
        .nfs.fh.hash: computed u32 hex      "hash (CRC-32)",
        .nfs.fhandle: bytes                 "FileHandle",
        flavors: u32                        "Flavors",
        flavor: u32                         "Flavor" = { 0 "AUTH_NULL", 1 "AUTH_UNIX", 6 "RPCSEC_GSS" },
    }
    claims { rpc.program = 100005 }
}

const XDR: Xdr = Xdr { length: RPC_OPAQUE_LENGTH, fill: RPC_FILL_BYTES };

const FILE: FileHandle = FileHandle { length: NFS_FH_LENGTH, bytes: NFS_FHANDLE, hash: NFS_FH_HASH };

impl Dissector for Mount {
    fn dissect(&mut self, pdu: &mut Pdu<'_>) -> Step {
        let call @ Call { version, procedure, reply } = Call::from_context(pdu.context());
        pdu.computed(VERSION, 0..0, version);
        let field = match version {
            1 => PROCEDURE_V1,
            2 => PROCEDURE_V2,
            _ => PROCEDURE_V3,
        };
        pdu.computed(field, 0..0, procedure);
        pdu.info(format_args!("V{version} {} {}", Mount::name(field, procedure), call.what()));
        match (procedure, reply) {
            (1 | 3, false) => XDR.opaque(pdu, PATH).map(drop),
            (1, true) => {
                if pdu.take(STATUS)? != 0 {
                    return Ok(());
                }
                // The handle of version 1 and 2 always has 32 bytes.
                let len = if version >= 3 { pdu.take(NFS_FH_LENGTH)? as usize } else { 32 };
                FILE.take_fixed(pdu, len)?;
                if version >= 3 {
                    for _ in 0..pdu.take(FLAVORS)? {
                        pdu.take(FLAVOR)?;
                    }
                }
                Ok(())
            }
            _ => Ok(()),
        }
    }
}

builtin!(Mount);

#[test]
fn nothing() {
    check::<Mount>(
        "",
        expect![[r#"
            Mount Service, V0 NULL Call
              [Program Version: 0]
              [V3 Procedure: NULL (0)]
        "#]],
    );
}
