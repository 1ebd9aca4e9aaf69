//! ONC RPC, remote procedure call (RFC 5531), over datagrams and over streams with record marking (section 11).
//!
//! What a call or reply carries goes to the program's own dissector, by its number; the context is [`Call`].

use crate::xdr::{self, Xdr};
use prosector_sdk::prelude::*;
use prosector_sdk::requests::Recent;

/// The dissector.
#[derive(Default)]
pub struct Rpc {
    flows: Flows<Recent<u32, Known>>,
}

value_names! {
    /// Authentication flavors (RFC 5531, section 8.2; RFC 2623).
    FLAVORS {
        0 "AUTH_NULL", 1 "AUTH_UNIX", 2 "AUTH_SHORT", 3 "AUTH_DES", 6 "RPCSEC_GSS", 390003 "RPCSEC_GSS_KRB5",
        390004 "RPCSEC_GSS_KRB5I", 390005 "RPCSEC_GSS_KRB5P",
    }
}

value_names! {
    /// Programs that are met most.
    PROGRAMS {
        100000 "Portmap", 100003 "NFS", 100005 "MOUNT", 100021 "NLM", 100024 "STAT", 100227 "NFSACL", 100232 "SADMIND",
    }
}

protocol! {
    /// Open Network Computing Remote Procedure Call (RFC 5531).
    Rpc = rpc "RPC", "Remote Procedure Call" {
        lastfrag: bool(u32) & 0x80000000    "Last Fragment",
        fraglen: u32 & 0x7fffffff           "Fragment Length",
        xid: u32 hex                        "XID",
        msgtyp: u32                         "Message Type" = { 0 "Call", 1 "Reply" },
        version: u32                        "RPC Version",
        program: u32                        "Program" = PROGRAMS,
        programversion: u32                 "Program Version",
        procedure: u32                      "Procedure",
        program as PROGRAM_OF: computed u32 "Program" = PROGRAMS,
        programversion as VERSION_OF: computed u32 "Program Version",
        procedure as PROCEDURE_OF: computed u32 "Procedure",
        replystat: u32                      "Reply State" = { 0 "accepted", 1 "denied" },
        repframe: computed u32              "Reply Frame",
        time: computed duration             "Time from request",
        auth.flavor: u32                    "Flavor" = FLAVORS,
        auth.length: u32                    "Length",
        auth.stamp: u32 hex                 "Stamp",
        opaque_length: u32                  "length",
        auth.machinename: str               "Machine Name",
        fill_bytes: bytes                   "fill bytes",
        auth.uid: u32                       "UID",
        auth.gid: u32                       "GID",
        authgss.data: bytes                 "Authentication data",
        state_accept: u32                   "Accept State" = {
            0 "RPC executed successfully", 1 "remote hasn't exported program",
            2 "remote can't support version #", 3 "program can't support procedure",
            4 "procedure can't decode params", 5 "system errors like memory allocation failure",
        },
        state_reject: u32                   "Reject State" = { 0 "RPC_MISMATCH", 1 "AUTH_ERROR" },
        state_auth: u32                     "Auth State",
        programversion.min: u32             "Program Version (Minimum)",
        programversion.max: u32             "Program Version (Maximum)",
    }
    claims { udp.port = 111, tcp.port = 111, udp.port = 2049, tcp.port = 2049 }
    tables { PROGRAM_TABLE: "rpc.program" }
    heuristics { udp.port, tcp.port }
    stateful
}

/// A call that was seen.
#[derive(Clone, Copy)]
struct Known {
    frame: u64,
    time: i64,
    program: u32,
    call: Call,
}

/// What the dissector of a program is told.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Call {
    pub(crate) version: u32,
    pub(crate) procedure: u32,
    pub(crate) reply: bool,
}

impl Call {
    fn to_context(self) -> u64 {
        u64::from(self.reply) << 63 | u64::from(self.version & 0x7fff_ffff) << 32 | u64::from(self.procedure)
    }

    /// For the info line.
    pub(crate) fn what(self) -> &'static str {
        if self.reply { "Reply" } else { "Call" }
    }

    pub(crate) fn from_context(context: u64) -> Call {
        Call { version: (context >> 32) as u32 & 0x7fff_ffff, procedure: context as u32, reply: context >> 63 != 0 }
    }
}

const XDR: Xdr = Xdr { length: OPAQUE_LENGTH, fill: FILL_BYTES };

const CALL: u32 = 0;
const REPLY: u32 = 1;
const VERSION_2: u32 = 2;

impl Dissector for Rpc {
    fn flow_end(&mut self, flow: u64) {
        self.flows.end(flow);
    }

    fn probe(&self, pdu: &mut Pdu<'_>) -> Verdict {
        let rest = pdu.rest();
        // With record marking, or without.
        let marked = rest.get(4..).is_some_and(is_call) && rest.first().is_some_and(|b| b & 0x80 != 0);
        if is_call(rest) || marked { Verdict::Certain } else { Verdict::NotMine }
    }

    fn dissect(&mut self, pdu: &mut Pdu<'_>) -> Step {
        let calls = self.flows.of(pdu.flow());
        if !pdu.is_stream() {
            let known = |xid| calls.get(&xid).is_some();
            return match (word(pdu.rest(), 0), word(pdu.rest(), 4)) {
                (Some(_), Some(CALL)) if is_call(pdu.rest()) => message(pdu, calls),
                (Some(xid), Some(REPLY)) if known(xid) => message(pdu, calls),
                (Some(mark), _) if mark >> 31 == 1 && pdu.rest().len() > 12 => record(pdu, calls),
                _ => pdu.reject(),
            };
        }
        let mut first = true;
        // As many records as are there make one layer.
        while first || pdu.remaining() > 0 {
            let Some(mark) = word(pdu.rest(), 0) else {
                if first {
                    pdu.wait_for(4)?;
                }
                break;
            };
            let whole = 4 + (mark & 0x7fff_ffff) as usize;
            const MOST: usize = 1 << 26;
            if first && (whole > MOST || word(pdu.rest(), 8).is_some_and(|kind| kind > REPLY)) {
                return pdu.reject();
            }
            if pdu.rest().len() < whole {
                if first {
                    pdu.wait_for(whole)?;
                }
                break;
            }
            first = false;
            record(pdu, calls)?;
        }
        pdu.end_here();
        Ok(())
    }
}

/// The number at `at`.
fn word(bytes: &[u8], at: usize) -> Option<u32> {
    bytes.get(at..)?.first_chunk().map(|&b| u32::from_be_bytes(b))
}

fn is_call(bytes: &[u8]) -> bool {
    word(bytes, 4) == Some(CALL)
        && word(bytes, 8) == Some(VERSION_2)
        && word(bytes, 12).is_some_and(|program| (100_000..0x6000_0000).contains(&program))
        && word(bytes, 16).is_some_and(|version| version < 16)
        && word(bytes, 20).is_some_and(|procedure| procedure < 100)
}

/// RFC 5531, section 11.
fn record(pdu: &mut Pdu<'_>, calls: &mut Recent<u32, Known>) -> Step {
    pdu.show(LASTFRAG)?;
    let len = pdu.take(FRAGLEN)?;
    pdu.within(FRAGLEN, len as usize, |pdu| message(pdu, calls))
}

fn message(pdu: &mut Pdu<'_>, calls: &mut Recent<u32, Known>) -> Step {
    let base = pdu.position();
    let xid = pdu.take(XID)?;
    match pdu.take(MSGTYP)? {
        CALL => {
            pdu.take(VERSION)?;
            let program = pdu.take(PROGRAM)?;
            let version = pdu.take(PROGRAMVERSION)?;
            let procedure = pdu.take(PROCEDURE)?;
            pdu.info(format_args!("V{version} proc-{procedure} Call (XID 0x{xid:08x})"));
            let call = Call { version, procedure, reply: false };
            calls.insert(xid, Known { frame: pdu.frame_number(), time: pdu.time(), program, call });
            authentication(pdu)?;
            authentication(pdu)?;
            pdu.hand_on(PROGRAM_TABLE, program).context(call.to_context()).even_empty();
        }
        REPLY => {
            let known = calls.get(&xid).copied();
            if let Some(Known { program, call, .. }) = known {
                pdu.computed(PROGRAM_OF, base..base, program);
                pdu.computed(VERSION_OF, base..base, call.version);
                pdu.computed(PROCEDURE_OF, base..base, call.procedure);
            }
            pdu.info(format_args!("Reply (XID 0x{xid:08x})"));
            let denied = pdu.take(REPLYSTAT)? != 0;
            if let Some(known) = known {
                pdu.computed(REPFRAME, base..base, known.frame);
                pdu.computed(TIME, base..base, pdu.time().saturating_sub(known.time));
            }
            if denied {
                const AUTH_ERROR: u32 = 1;
                return if pdu.take(STATE_REJECT)? == AUTH_ERROR {
                    pdu.take(STATE_AUTH).map(drop)
                } else {
                    pdu.take(PROGRAMVERSION_MIN)?;
                    pdu.take(PROGRAMVERSION_MAX).map(drop)
                };
            }
            authentication(pdu)?;
            match (pdu.take(STATE_ACCEPT)?, known) {
                (0, Some(Known { program, call, .. })) => {
                    let call = Call { reply: true, ..call };
                    pdu.hand_on(PROGRAM_TABLE, program).context(call.to_context()).even_empty();
                }
                (2, _) => {
                    pdu.take(PROGRAMVERSION_MIN)?;
                    pdu.take(PROGRAMVERSION_MAX)?;
                }
                _ => {}
            }
        }
        _ => {}
    }
    pdu.skip(pdu.remaining())
}

/// Credentials or a verifier (RFC 5531, section 8.2; appendix A for those of Unix).
fn authentication(pdu: &mut Pdu<'_>) -> Step {
    const UNIX: u32 = 1;
    let flavor = pdu.take(AUTH_FLAVOR)?;
    let len = pdu.take(AUTH_LENGTH)? as usize;
    pdu.within(AUTH_LENGTH, len.next_multiple_of(4), |pdu| {
        if flavor != UNIX || len == 0 {
            if len > 0 {
                pdu.take_bytes(AUTHGSS_DATA, len)?;
            }
            return Ok(());
        }
        pdu.take(AUTH_STAMP)?;
        XDR.opaque(pdu, AUTH_MACHINENAME)?;
        pdu.take(AUTH_UID)?;
        pdu.take(AUTH_GID)?;
        for _ in 0..xdr::word(pdu)? {
            pdu.take(AUTH_GID)?;
        }
        Ok(())
    })
}

builtin!(Rpc);

#[test]
fn a_call_with_credentials() {
    check::<Rpc>(
        "00000007 00000000 00000002 000186a5 00000003 00000001
         00000001 00000018 00000009 00000001 61000000 00000000 00000001 00000000  00000000 00000000 00000001 2f000000",
        expect![[r#"
            Remote Procedure Call, V3 proc-1 Call (XID 0x00000007)
              XID: 0x00000007
              Message Type: Call (0)
              RPC Version: 2
              Program: MOUNT (100005)
              Program Version: 3
              Procedure: 1
              Flavor: AUTH_UNIX (1)
              Length: 24
              Stamp: 0x00000009
              length: 1
              Machine Name: a
              fill bytes: 000000
              UID: 0
              GID: 1
              Flavor: AUTH_NULL (0)
              Length: 0
            → rpc.program [100005]: bytes 64..72, EvenEmpty at 0
        "#]],
    );
}

#[test]
fn a_record_in_two_segments() {
    check_stream::<Rpc>(
        &["80000028 00000007 00000000 00000002 000186a0", "00000002 00000000 00000000 00000000 00000000 00000000"],
        expect![[r#"
            segment 1
            waits for 44 bytes
            segment 2
            Remote Procedure Call, V2 proc-0 Call (XID 0x00000007)
              Last Fragment: True
              Fragment Length: 40
              XID: 0x00000007
              Message Type: Call (0)
              RPC Version: 2
              Program: Portmap (100000)
              Program Version: 2
              Procedure: 0
              Flavor: AUTH_NULL (0)
              Length: 0
              Flavor: AUTH_NULL (0)
              Length: 0
            → rpc.program [100000]: bytes 44..44, EvenEmpty at 0
        "#]],
    );
}

#[test]
fn it_is_no_call() {
    check::<Rpc>(
        "00000007 00000000 00000003",
        expect![[r#"
        rejected
    "#]],
    );
}
