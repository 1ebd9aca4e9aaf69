//! SPNEGO, which finds a mechanism for GSS-API (RFC 4178, with the hints of MS-SPNG), and the tokens that Kerberos has
//! in it (RFC 4121, section 4.2).

use crate::ber::{self, id};
use crate::gssapi;
use prosector_sdk::handle::{Handle, Variable};
use prosector_sdk::prelude::*;
use std::ops::Range;

/// The dissector.
#[derive(Default)]
pub struct Spnego;

protocol! {
    /// Simple Protected Negotiation (RFC 4178).
    Spnego = spnego "SPNEGO", "Simple Protected Negotiation" {
        "mechTypes" as MECH_TYPES: computed u32         "mechTypes",
        "MechType" as MECH_TYPE: computed str           "MechType",
        "reqFlags" as REQ_FLAGS: bytes                  "reqFlags",
        "mechToken" as MECH_TOKEN: bytes                "mechToken",
        "mechListMIC" as MECH_LIST_MIC: bytes           "mechListMIC",
        "hintName" as HINT_NAME: str                    "hintName",
        "hintAddress" as HINT_ADDRESS: bytes            "hintAddress",
        "negResult" as NEG_RESULT: u32         "negResult" = {
            0 "accept-completed", 1 "accept-incomplete", 2 "reject", 3 "request-mic",
        },
        "supportedMech" as SUPPORTED_MECH: computed str "supportedMech",
        "responseToken" as RESPONSE_TOKEN: bytes        "responseToken",
        krb5.blob: bytes                                "krb5_blob",
        krb5_oid: computed str                          "KRB5 OID",
        krb5.tok_id: u16 le hex                         "krb5_tok_id" = {
            0x0001 "KRB5_AP_REQ", 0x0002 "KRB5_AP_REP", 0x0003 "KRB5_ERROR", 0x0004 "KERB_TGT_REQUEST",
            0x0104 "KERB_TGT_REPLY", 0x0404 "KRB_TOKEN_CFX_GetMic", 0x0405 "KRB_TOKEN_CFX_WRAP",
        },
        krb5.cfx_flags: u8 hex                          "krb5_cfx_flags" {
            .krb5.send_by_acceptor: 0x01                "SendByAcceptor",
            .krb5.sealed: 0x02                          "Sealed",
            .krb5.acceptor_subkey: 0x04                 "AcceptorSubkey",
        },
        krb5.filler: bytes                              "krb5_filler",
        krb5.cfx_ec: u16                                "krb5_cfx_ec",
        krb5.cfx_rrc: u16                               "krb5_cfx_rrc",
        krb5.cfx_seq: u64                               "krb5_cfx_seq",
        krb5.sgn_cksum: bytes                           "krb5_sgn_cksum",
    }
    tables { KERBEROS: "@kerberos", NTLMSSP: "@ntlmssp" }
}

impl Dissector for Spnego {
    fn dissect(&mut self, pdu: &mut Pdu<'_>) -> Step {
        const INIT: u8 = id::constructed(0);
        const TARGET: u8 = id::constructed(1);
        match pdu.rest().first().copied() {
            Some(INIT) => ber::element(pdu, |pdu, _| ber::element(pdu, init)),
            Some(TARGET) => ber::element(pdu, |pdu, _| ber::element(pdu, target)),
            _ => token(pdu),
        }
    }
}

/// NegTokenInit (RFC 4178, section 4.2.1).
fn init(pdu: &mut Pdu<'_>, _: ber::Header) -> Step {
    pdu.info(format_args!("negTokenInit"));
    ber::each(pdu, |pdu, header| match header.number {
        0 => ber::counted(pdu, MECH_TYPES, |pdu| ber::oid(pdu, MECH_TYPE).map(drop)),
        1 => ber::bits(pdu, REQ_FLAGS).map(drop),
        2 => octets(pdu, MECH_TOKEN),
        // MS-SPNG, section 2.2.1: [3] is what RFC 4178 has at [4] where a server speaks first.
        3 if ber::next_is(pdu, id::SEQUENCE) => ber::element(pdu, hints),
        3 | 4 => octets(pdu, MECH_LIST_MIC),
        _ => Ok(()),
    })
}

fn hints(pdu: &mut Pdu<'_>, _: ber::Header) -> Step {
    ber::each(pdu, |pdu, header| match header.number {
        0 => ber::octets(pdu, HINT_NAME).map(drop),
        1 => ber::octets(pdu, HINT_ADDRESS).map(drop),
        _ => Ok(()),
    })
}

/// NegTokenResp, formerly NegTokenTarg (RFC 4178, section 4.2.2).
fn target(pdu: &mut Pdu<'_>, _: ber::Header) -> Step {
    pdu.info(format_args!("negTokenTarg"));
    ber::each(pdu, |pdu, header| match header.number {
        0 => ber::integer(pdu, NEG_RESULT).map(drop),
        1 => ber::oid(pdu, SUPPORTED_MECH).map(drop),
        2 => octets(pdu, RESPONSE_TOKEN),
        3 => octets(pdu, MECH_LIST_MIC),
        _ => Ok(()),
    })
}

/// An octet string with a token in it.
fn octets(pdu: &mut Pdu<'_>, field: Handle<Variable>) -> Step {
    ber::element(pdu, |pdu, _| {
        pdu.mark(field, here(pdu));
        token(pdu)
    })
}

/// From the cursor to the limit, as far as it was captured.
fn here(pdu: &Pdu<'_>) -> Range<usize> {
    pdu.position()..pdu.position() + pdu.remaining()
}

/// Kerberos' mechanisms: 1.2.840.113554.1.2.2, .3 for user-to-user, and the wrong one of Windows 2000.
const KERBEROS_OIDS: [&[u8]; 3] = [
    &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x12, 1, 2, 2],
    &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x12, 1, 2, 2, 3],
    &[0x2a, 0x86, 0x48, 0x82, 0xf7, 0x12, 1, 2, 2],
];

/// A token of a mechanism, up to the limit.
fn token(pdu: &mut Pdu<'_>) -> Step {
    const NTLM: &[u8] = b"NTLMSSP\0";
    const NTLM_VERIFIER: [u8; 4] = [1, 0, 0, 0];
    const AP_REQ: u8 = id::application(14);
    const AP_REP: u8 = id::application(15);
    const ERROR: u8 = id::application(30);
    const FRAMED: u8 = id::application(0);
    match *pdu.rest() {
        ref bytes if bytes.starts_with(NTLM) || bytes.len() == 16 && bytes.starts_with(&NTLM_VERIFIER) => {
            pdu.hand_to(NTLMSSP);
        }
        [AP_REQ | AP_REP | ERROR, ..] => {
            pdu.mark(KRB5_BLOB, here(pdu));
            pdu.hand_to(KERBEROS);
        }
        [FRAMED, ..] if gssapi::mechanism(pdu.rest()).is_some_and(|oid| KERBEROS_OIDS.contains(&oid)) => {
            pdu.mark(KRB5_BLOB, here(pdu));
            return ber::element(pdu, |pdu, _| {
                ber::oid(pdu, KRB5_OID)?;
                if pdu.take(KRB5_TOK_ID)? >> 8 == 0 {
                    pdu.hand_to(KERBEROS);
                }
                Ok(())
            });
        }
        [kind @ 4..=5, 4, _, ..] if pdu.remaining() >= 16 => return per_message(pdu, kind == 5),
        _ => {}
    }
    pdu.skip(pdu.remaining())
}

/// A message's checksum, or what stands before a message that is wrapped (RFC 4121, sections 4.2.6.1 and 4.2.6.2).
fn per_message(pdu: &mut Pdu<'_>, wrapped: bool) -> Step {
    pdu.mark(KRB5_BLOB, here(pdu));
    pdu.take(KRB5_TOK_ID)?;
    pdu.take(KRB5_CFX_FLAGS)?;
    if wrapped {
        pdu.take_bytes(KRB5_FILLER, 1)?;
        pdu.take(KRB5_CFX_EC)?;
        pdu.take(KRB5_CFX_RRC)?;
    } else {
        pdu.take_bytes(KRB5_FILLER, 5)?;
    }
    pdu.take(KRB5_CFX_SEQ)?;
    if pdu.remaining() > 0 {
        pdu.take_rest(KRB5_SGN_CKSUM);
    }
    Ok(())
}

builtin!(Spnego);

#[test]
fn an_offer() {
    check::<Spnego>(
        "a0 28 30 26 a00e 300c 060a2b06010401823702020a a2 14 0412 4e544c4d53535000 01000000 010203040506",
        expect![[r#"
            Simple Protected Negotiation, negTokenInit
              mechTypes: 1
              MechType: 1.3.6.1.4.1.311.2.2.10
              mechToken: 4e544c4d5353500001000000010203040506
            → @ntlmssp [0]: bytes 24..42
        "#]],
    );
}

#[test]
fn an_answer() {
    check::<Spnego>(
        "a1 1a 30 18 a003 0a0101 a10b 06092a864886f712010202 a204 0402 0000",
        expect![[r#"
            Simple Protected Negotiation, negTokenTarg
              negResult: accept-incomplete (1)
              supportedMech: 1.2.840.113554.1.2.2
              responseToken: 0000
        "#]],
    );
}

#[test]
fn a_checksum_of_kerberos() {
    check::<Spnego>(
        "0404 04 ffffffffff 0000000000000007 0102030405060708090a0b0c",
        expect![[r#"
        Simple Protected Negotiation
          krb5_blob: 040404ffffffffff00000000000000070102030405060708090a0b0c
          krb5_tok_id: KRB_TOKEN_CFX_GetMic (0x0404)
          krb5_cfx_flags: 0x04
            .... ...0 = SendByAcceptor: False
            .... ..0. = Sealed: False
            .... .1.. = AcceptorSubkey: True
          krb5_filler: ffffffffff
          krb5_cfx_seq: 7
          krb5_sgn_cksum: 0102030405060708090a0b0c
    "#]],
    );
}

#[test]
fn lengths_that_lie() {
    check::<Spnego>(
        "a1 7f 30 7f a003 0a01",
        expect![[r#"
        Simple Protected Negotiation, negTokenTarg
          [error] short: bytes needs 1 bytes at offset 8, 0 are there
    "#]],
    );
    check::<Spnego>(
        "60 7f 06 7f 2a",
        expect![[r#"
        Simple Protected Negotiation
    "#]],
    );
}

#[test]
fn a_request_for_a_ticket_of_the_server() {
    let request = "30 0e a003 020105 a103 020110 a302 1b00";
    check::<Spnego>(
        &format!("60 1e 060a 2a864886f71201020203 0400 {request}"),
        expect![[r#"
            Simple Protected Negotiation
              krb5_blob: 601e060a2a864886f712010202030400300ea003020105a103020110a3021b00
              KRB5 OID: 1.2.840.113554.1.2.2.3
              krb5_tok_id: KERB_TGT_REQUEST (0x0004)
            → @kerberos [0]: bytes 16..32
        "#]],
    );
}

#[test]
fn a_message_that_is_wrapped() {
    check::<Spnego>(
        "0504 06 ff 0004 0004 0000000000000007 01020304",
        expect![[r#"
        Simple Protected Negotiation
          krb5_blob: 050406ff00040004000000000000000701020304
          krb5_tok_id: KRB_TOKEN_CFX_WRAP (0x0405)
          krb5_cfx_flags: 0x06
            .... ...0 = SendByAcceptor: False
            .... ..1. = Sealed: True
            .... .1.. = AcceptorSubkey: True
          krb5_filler: ff
          krb5_cfx_ec: 4
          krb5_cfx_rrc: 4
          krb5_cfx_seq: 7
          krb5_sgn_cksum: 01020304
    "#]],
    );
}
