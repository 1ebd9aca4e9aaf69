//! Portmapper and rpcbind, which know the ports of the other programs (RFC 1833).

use crate::rpc::Call;
use crate::xdr::Xdr;
use prosector_sdk::prelude::*;

/// The dissector.
#[derive(Default)]
pub struct Portmap;

protocol! {
    /// Portmap and rpcbind (RFC 1833).
    Portmap = portmap "Portmap", "Portmap" {
        .rpc.programversion as VERSION: computed u32 "Program Version",
        procedure_v1: computed u32          "V1 Procedure",
        procedure_v2: computed u32          "V2 Procedure" = {
            0 "NULL", 1 "SET", 2 "UNSET", 3 "GETPORT", 4 "DUMP", 5 "CALLIT",
        },
        procedure_v3: computed u32          "V3 Procedure" = {
            0 "NULL", 1 "SET", 2 "UNSET", 3 "GETADDR", 4 "DUMP", 5 "CALLIT", 6 "GETTIME", 7 "UADDR2TADDR",
            8 "TADDR2UADDR",
        },
        procedure_v4: computed u32          "V4 Procedure",
        prog: u32                           "Program",
        version as VERS: u32                "Version",
        proto: u32                          "Protocol" = { 6 "TCP", 17 "UDP" },
        port: u32                           "Port",
        answer: bool(u32)                   "Answer",
        .rpc.value_follows: bool(u32)       "Value Follows",
        rpcb.prog: u32                      "Program",
        rpcb.version: u32                   "Version",
        .rpc.opaque_length: u32             "length",
        rpcb.netid: str                     "Network Id",
        rpcb.addr: str                      "Universal Address",
        rpcb.owner: str                     "Owner of this Service",
        uaddr: str                          "Universal Address",
        .rpc.fill_bytes: bytes              "fill bytes",
    }
    claims { rpc.program = 100000 }
}

const XDR: Xdr = Xdr { length: RPC_OPAQUE_LENGTH, fill: RPC_FILL_BYTES };

impl Dissector for Portmap {
    fn dissect(&mut self, pdu: &mut Pdu<'_>) -> Step {
        let call @ Call { version, procedure, reply } = Call::from_context(pdu.context());
        pdu.computed(VERSION, 0..0, version);
        let field = match version {
            1 => PROCEDURE_V1,
            2 => PROCEDURE_V2,
            3 => PROCEDURE_V3,
            _ => PROCEDURE_V4,
        };
        pdu.computed(field, 0..0, procedure);
        pdu.info(format_args!("V{version} {} {}", Portmap::name(field, procedure), call.what()));
        match (version, procedure, reply) {
            (..=2, 1..=3, false) => mapping(pdu),
            (..=2, 3, true) => pdu.take(PORT).map(drop),
            (..=2, 1 | 2, true) => pdu.take(ANSWER).map(drop),
            (..=2, 4, true) => {
                while pdu.take(RPC_VALUE_FOLLOWS)? {
                    mapping(pdu)?;
                }
                Ok(())
            }
            (3.., 1..=3, false) => bound(pdu),
            (3.., 3, true) => XDR.opaque(pdu, UADDR).map(drop),
            (3.., 4, true) => {
                while pdu.take(RPC_VALUE_FOLLOWS)? {
                    bound(pdu)?;
                }
                Ok(())
            }
            _ => Ok(()),
        }
    }
}

fn mapping(pdu: &mut Pdu<'_>) -> Step {
    pdu.take(PROG)?;
    pdu.take(VERS)?;
    pdu.take(PROTO)?;
    pdu.take(PORT).map(drop)
}

fn bound(pdu: &mut Pdu<'_>) -> Step {
    pdu.take(RPCB_PROG)?;
    pdu.take(RPCB_VERSION)?;
    XDR.opaque(pdu, RPCB_NETID)?;
    XDR.opaque(pdu, RPCB_ADDR)?;
    XDR.opaque(pdu, RPCB_OWNER).map(drop)
}

builtin!(Portmap);

#[test]
fn too_short() {
    check::<Portmap>(
        "000186a3",
        expect![[r#"
            Portmap, V0 unknown Call
              [Program Version: 0]
              [V4 Procedure: 0]
        "#]],
    );
}
