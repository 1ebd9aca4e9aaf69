//! NFSACL, access control lists beside NFS version 3, as Solaris and Linux have them. There is no specification; the lists are those
//! of POSIX 1003.1e.

use crate::rpc::Call;
use crate::xdr::{self, FileHandle};
use prosector_sdk::handle::Handle;
use prosector_sdk::prelude::*;

/// The dissector.
#[derive(Default)]
pub struct Nfsacl;

protocol! {
    /// Access control lists of NFS.
    Nfsacl = nfsacl "NFSACL", "NFSACL" {
        .rpc.programversion as VERSION: computed u32 "Program Version",
        procedure_v2: computed u32          "V2 Procedure" = {
            0 "NULL", 1 "GETACL", 2 "SETACL", 3 "GETATTR", 4 "ACCESS",
        },
        procedure_v3: computed u32          "V3 Procedure" = { 0 "NULL", 1 "GETACL", 2 "SETACL" },
        .nfs.status as STATUS: u32          "Status",
        .nfs.fh.length: u32                 "length",
        .nfs.fh.hash: computed u32 hex      "hash (CRC-32)",
        .nfs.fhandle: bytes                 "FileHandle",
        .nfs.attributes_follow: u32         "attributes_follow",
        mask: u32 hex                       "Mask" {
            acl_entry: 0x1                  "ACL entry",
            acl_count: 0x2                  "ACL count",
            default_acl_entry: 0x4          "Default ACL entry",
            default_acl_count: 0x8          "Default ACL count",
        },
        aclcnt: u32                         "ACL count",
        dfaclcnt: u32                       "Default ACL count",
        aclent: group                       "ACL Entry",
        aclent.type: u32                    "Type",
        aclent.uid: u32                     "UID",
        aclent.perm: u32                    "Permissions" {
            read: 0x4                       "READ",
            write: 0x2                      "WRITE",
            exec: 0x1                       "EXEC",
        },
    }
    claims { rpc.program = 100227 }
}

const GETACL: u32 = 1;
const SETACL: u32 = 2;
/// Attributes of version 3 (RFC 1813, section 2.6), which NFS shows.
const ATTRIBUTES: usize = 84;

const FILE: FileHandle = FileHandle { length: NFS_FH_LENGTH, bytes: NFS_FHANDLE, hash: NFS_FH_HASH };

impl Dissector for Nfsacl {
    fn dissect(&mut self, pdu: &mut Pdu<'_>) -> Step {
        let call @ Call { version, procedure, reply } = Call::from_context(pdu.context());
        pdu.computed(VERSION, 0..0, version);
        let field = if version == 2 { PROCEDURE_V2 } else { PROCEDURE_V3 };
        pdu.computed(field, 0..0, procedure);
        pdu.info(format_args!("V{version} {} {}", Nfsacl::name(field, procedure), call.what()));
        if version != 3 || !matches!(procedure, GETACL | SETACL) {
            return Ok(());
        }
        if !reply {
            FILE.take(pdu)?;
        } else {
            let status = pdu.take(STATUS)?;
            if pdu.take(NFS_ATTRIBUTES_FOLLOW)? != 0 {
                pdu.skip(ATTRIBUTES)?;
            }
            if status != 0 || procedure == SETACL {
                return Ok(());
            }
        }
        pdu.take(MASK)?;
        if reply || procedure == SETACL {
            entries(pdu, ACLCNT)?;
            entries(pdu, DFACLCNT)?;
        }
        Ok(())
    }
}

/// How many entries the list has, then those that were asked for.
fn entries(pdu: &mut Pdu<'_>, count: Handle<u32>) -> Step {
    pdu.take(count)?;
    for _ in 0..xdr::word(pdu)? {
        pdu.group(ACLENT, |pdu| {
            pdu.take(ACLENT_TYPE)?;
            pdu.take(ACLENT_UID)?;
            pdu.take(ACLENT_PERM).map(drop)
        })?;
    }
    Ok(())
}

builtin!(Nfsacl);

#[test]
fn without_arguments() {
    check::<Nfsacl>(
        "",
        expect![[r#"
            NFSACL, V0 NULL Call
              [Program Version: 0]
              [V3 Procedure: NULL (0)]
        "#]],
    );
}
