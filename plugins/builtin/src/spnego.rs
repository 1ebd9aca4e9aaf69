//! SPNEGO, which finds a mechanism for GSS-API (RFC 4178, with the hints of MS-SPNG), and the tokens that Kerberos has
//! in it (RFC 4121, section 4.2).

use crate::ber::{self, id};
use prosector_sdk::prelude::*;

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
            0x0001 "KRB5_AP_REQ", 0x0002 "KRB5_AP_REP", 0x0003 "KRB5_ERROR", 0x0004 "KRB5_TGT_REQ",
            0x0104 "KRB5_TGT_REP", 0x0404 "KRB_TOKEN_CFX_GetMic", 0x0405 "KRB_TOKEN_CFX_WRAP",
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
    ber::each(pdu, |pdu, header| {
        ber::element(pdu, |pdu, _| match header.number {
            0 => mechanisms(pdu),
            1 => ber::bits(pdu, REQ_FLAGS).map(drop),
            2 => {
                let at = pdu.position();
                with_token(pdu, |pdu| ber::octets(pdu, MECH_TOKEN).map(drop), at)
            }
            // MS-SPNG, section 2.2.1: [3] is what RFC 4178 has at [4] where a server speaks first.
            3 if ber::next_is(pdu, id::SEQUENCE) => ber::element(pdu, |pdu, _| hints(pdu)),
            3 | 4 => {
                let at = pdu.position();
                with_token(pdu, |pdu| ber::octets(pdu, MECH_LIST_MIC).map(drop), at)
            }
            _ => Ok(()),
        })
    })
}

fn mechanisms(pdu: &mut Pdu<'_>) -> Step {
    let at = pdu.position();
    let mut count = 0u32;
    ber::element(pdu, |pdu, _| {
        ber::each(pdu, |pdu, _| {
            count += 1;
            ber::oid(pdu, MECH_TYPE).map(drop)
        })
    })?;
    pdu.computed(MECH_TYPES, at..pdu.position(), count);
    Ok(())
}

fn hints(pdu: &mut Pdu<'_>) -> Step {
    ber::each(pdu, |pdu, header| {
        ber::element(pdu, |pdu, _| match header.number {
            0 => ber::octets(pdu, HINT_NAME).map(drop),
            1 => ber::octets(pdu, HINT_ADDRESS).map(drop),
            _ => Ok(()),
        })
    })
}

/// NegTokenResp, formerly NegTokenTarg (RFC 4178, section 4.2.2).
fn target(pdu: &mut Pdu<'_>, _: ber::Header) -> Step {
    pdu.info(format_args!("negTokenTarg"));
    ber::each(pdu, |pdu, header| {
        ber::element(pdu, |pdu, _| match header.number {
            0 => ber::integer(pdu, NEG_RESULT).map(drop),
            1 => ber::oid(pdu, SUPPORTED_MECH).map(drop),
            2 => {
                let at = pdu.position();
                with_token(pdu, |pdu| ber::octets(pdu, RESPONSE_TOKEN).map(drop), at)
            }
            3 => {
                let at = pdu.position();
                with_token(pdu, |pdu| ber::octets(pdu, MECH_LIST_MIC).map(drop), at)
            }
            _ => Ok(()),
        })
    })
}

/// Takes an octet string, and what it holds as a token.
fn with_token(pdu: &mut Pdu<'_>, take: impl FnOnce(&mut Pdu<'_>) -> Step, at: usize) -> Step {
    let inner = ber::Header::parse(pdu.rest());
    take(pdu)?;
    let Some(header) = inner else { return Ok(()) };
    let (start, end) = (at + header.head, at + header.head + header.len);
    // The cursor is behind the string, so the token is read from the bytes again.
    let bytes = pdu.data().get(start..end).unwrap_or_default();
    show_token(pdu, bytes, start)
}

/// A token of a mechanism without anything around it.
fn token(pdu: &mut Pdu<'_>) -> Step {
    let at = pdu.position();
    let bytes = pdu.rest();
    show_token(pdu, bytes, at)?;
    pdu.skip(pdu.remaining())
}

/// Kerberos' mechanisms: 1.2.840.113554.1.2.2, .3 for user-to-user, and the wrong one of Windows 2000.
const KERBEROS_OIDS: [&[u8]; 3] = [
    &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x12, 1, 2, 2],
    &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x12, 1, 2, 2, 3],
    &[0x2a, 0x86, 0x48, 0x82, 0xf7, 0x12, 1, 2, 2],
];

fn show_token(pdu: &mut Pdu<'_>, bytes: &[u8], at: usize) -> Step {
    let end = at + bytes.len();
    const NTLM_VERIFIER: [u8; 4] = [1, 0, 0, 0];
    const AP_REQ: u8 = id::application(14);
    const AP_REP: u8 = id::application(15);
    const ERROR: u8 = id::application(30);
    const FRAMED: u8 = id::application(0);
    match *bytes {
        _ if bytes.starts_with(b"NTLMSSP\0") || bytes.len() == 16 && bytes.starts_with(&NTLM_VERIFIER) => {
            pdu.hand_on_bytes(NTLMSSP, 0u64, bytes);
        }
        [AP_REQ | AP_REP | ERROR, ..] => {
            pdu.mark(KRB5_BLOB, at..end);
            pdu.hand_on_bytes(KERBEROS, 0u64, bytes);
        }
        [FRAMED, ..] => {
            let Some((oid, body)) = framed(bytes) else { return Ok(()) };
            if !KERBEROS_OIDS.contains(&oid) {
                return Ok(());
            }
            pdu.mark(KRB5_BLOB, at..end);
            pdu.computed_bytes(KRB5_OID, at..at, ber::oid_text(oid).as_bytes());
            let body_at = end - body.len();
            if body.len() >= 2 {
                pdu.show_at(KRB5_TOK_ID, body_at)?;
            }
            if let [1..=3, 0, message @ ..] = body {
                pdu.hand_on_bytes(KERBEROS, 0u64, message);
            }
        }
        // RFC 4121, sections 4.2.6.1 and 4.2.6.2: a message's checksum, or a message that is wrapped.
        [kind @ 4..=5, 4, _, ..] if bytes.len() >= 16 => {
            pdu.mark(KRB5_BLOB, at..end);
            pdu.show_at(KRB5_TOK_ID, at)?;
            pdu.show_at(KRB5_CFX_FLAGS, at + 2)?;
            if kind == 5 {
                pdu.mark(KRB5_FILLER, at + 3..at + 4);
                pdu.show_at(KRB5_CFX_EC, at + 4)?;
                pdu.show_at(KRB5_CFX_RRC, at + 6)?;
            } else {
                pdu.mark(KRB5_FILLER, at + 3..at + 8);
            }
            pdu.show_at(KRB5_CFX_SEQ, at + 8)?;
            pdu.mark(KRB5_SGN_CKSUM, at + 16..end);
        }
        _ => {}
    }
    Ok(())
}

/// The mechanism and what is inside of a token that GSS-API frames.
fn framed(bytes: &[u8]) -> Option<(&[u8], &[u8])> {
    let outer = ber::Header::parse(bytes)?;
    let inner = bytes.get(outer.head..)?;
    let oid = ber::Header::parse(inner).filter(|header| header.id == id::OID)?;
    Some((inner.get(oid.head..oid.head + oid.len)?, inner.get(oid.head + oid.len..)?))
}

builtin!(Spnego);

#[test]
fn an_offer() {
    check::<Spnego>(
        "a0 28 30 26 a00e 300c 060a2b06010401823702020a a2 14 0412 4e544c4d53535000 01000000 01020304 0506",
        expect![[r#"
            Simple Protected Negotiation, negTokenInit
              MechType: 0.1.311.2
              [error] short: bytes needs 1 bytes at offset 20, 0 are there
        "#]],
    );
}

#[test]
fn an_answer() {
    check::<Spnego>(
        "a1 1a 30 18 a003 0a0101 a10b 06092a864886f712010202 a204 0402 0000",
        expect![[r#"
        Simple Protected Negotiation, negTokenTarg
          [error] short: bytes needs 2 bytes at offset 8, 1 are there
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
