//! Extensible Authentication Protocol (RFC 3748), EAP-TLS and its kin (RFC 5216, section 3; RFC 5281, section 9.1).

use prosector_sdk::prelude::*;

/// The dissector.
#[derive(Default)]
pub struct Eap;

protocol! {
    /// Extensible Authentication Protocol: a frame for methods to prove who one is.
    Eap = eap "EAP", "Extensible Authentication Protocol" {
        code: u8 "Code" = {
            1 "Request", 2 "Response", 3 "Success", 4 "Failure", 5 "Initiate", 6 "Finish",
        },
        id: u8 "Id",
        len: u16 "Length",
        type: u8 "Type" = METHODS,
        identity: str "Identity",
        notification: str "Notification",
        /// Methods that the peer would rather use; 0: none.
        desired_type: u8 "Desired Auth Type" = METHODS,
        md5.value_size: u8 "EAP-MD5 Value-Size",
        md5.value: bytes "EAP-MD5 Value",
        md5.extra_data: bytes "EAP-MD5 Extra Data",
        tls.flags: u8 hex "EAP-TLS Flags" {
            len_included: 0x80 "Length Included",
            more_fragments: 0x40 "More Fragments",
            start: 0x20 "Start",
        },
        /// Of the methods that have versions: TTLS, PEAP, FAST, TEAP.
        tls.flags.version: u8 & 0x07 "Version",
        tls.len: u32 "EAP-TLS Length",
        tls.fragment: bytes "EAP-TLS Fragment",
        ext.vendor_id: u24 hex "EAP-EXT Vendor Id",
        ext.vendor_type: u32 hex "EAP-EXT Vendor Type",
        data: bytes "EAP Data",
    }
    tables { TLS: "@tls" }
}

value_names! {
    METHODS {
        1 "Identity",
        2 "Notification",
        3 "Legacy Nak (Response Only)",
        4 "MD5-Challenge EAP (EAP-MD5-CHALLENGE)",
        5 "One-Time Password EAP (EAP-OTP)",
        6 "Generic Token Card EAP (EAP-GTC)",
        13 "TLS EAP (EAP-TLS)",
        17 "Cisco Wireless EAP / Lightweight EAP (EAP-LEAP)",
        18 "GSM Subscriber Identity Modules EAP (EAP-SIM)",
        21 "Tunneled TLS EAP (EAP-TTLS)",
        23 "UMTS Authentication and Key Agreement EAP (EAP-AKA)",
        25 "Protected EAP (EAP-PEAP)",
        26 "MS-EAP-Authentication (EAP-MS-AUTH)",
        43 "Flexible Authentication via Secure Tunneling EAP (EAP-FAST)",
        47 "Pre-Shared Key EAP (EAP-PSK)",
        49 "Internet Key Exchange v2 EAP (EAP-IKEv2)",
        50 "EAP-AKA'",
        52 "Password EAP (EAP-PWD)",
        55 "Tunnel EAP (TEAP)",
        254 "Expanded Type",
        255 "Experimental",
    }
}

const HEADER: usize = 4;

impl Dissector for Eap {
    fn dissect(&mut self, pdu: &mut Pdu<'_>) -> Step {
        let code = pdu.take(CODE)?;
        pdu.take(ID)?;
        let len = usize::from(pdu.take(LEN)?);
        pdu.info(format_args!("{}", Self::name(CODE, code)));
        if len < HEADER {
            let text = format_args!("{len} bytes, less than the header's {HEADER}");
            pdu.diagnostic(Severity::Error, "bad-length", 2..4, text);
            return Ok(());
        }
        pdu.set_len(LEN, len);
        if !matches!(code, 1 | 2) || pdu.wire_remaining() == 0 {
            return Ok(());
        }
        let method = pdu.take(TYPE)?;
        pdu.info(format_args!("{}, {}", Self::name(CODE, code), Self::name(TYPE, method)));
        if pdu.wire_remaining() > 0 {
            body(pdu, method)?;
        }
        Ok(())
    }
}

fn body(pdu: &mut Pdu<'_>, method: u8) -> Step {
    const TLS_METHOD: u8 = 13;
    const TTLS: u8 = 21;
    match method {
        1 => {
            pdu.take_rest(IDENTITY);
        }
        2 => {
            pdu.take_rest(NOTIFICATION);
        }
        3 => {
            while pdu.wire_remaining() > 0 {
                pdu.take(DESIRED_TYPE)?;
            }
        }
        4 => {
            let len = usize::from(pdu.take(MD5_VALUE_SIZE)?);
            pdu.take_bytes(MD5_VALUE, len)?;
            if pdu.wire_remaining() > 0 {
                pdu.take_rest(MD5_EXTRA_DATA);
            }
        }
        TLS_METHOD | TTLS | 25 | 43 | 55 => tls(pdu, method != TLS_METHOD)?,
        254 => {
            pdu.take(EXT_VENDOR_ID)?;
            pdu.take(EXT_VENDOR_TYPE)?;
            pdu.take_rest(DATA);
        }
        _ => {
            pdu.take_rest(DATA);
        }
    }
    Ok(())
}

/// What is in one piece goes on to TLS.
fn tls(pdu: &mut Pdu<'_>, has_version: bool) -> Step {
    const LENGTH: u8 = 0x80;
    const MORE: u8 = 0x40;
    if has_version {
        pdu.show(TLS_FLAGS_VERSION)?;
    }
    let flags = pdu.take(TLS_FLAGS)?;
    let whole = if flags & LENGTH != 0 { Some(pdu.take(TLS_LEN)? as usize) } else { None };
    let here = pdu.wire_remaining();
    if here == 0 {
        return Ok(());
    }
    // A handshake or another record begins what is not the rest of fragments.
    let is_record = pdu.rest().first().is_some_and(|kind| (20..=24).contains(kind));
    if flags & MORE != 0 || whole.is_some_and(|whole| whole != here) || !is_record {
        pdu.take_rest(TLS_FRAGMENT);
    } else {
        pdu.hand_to(TLS);
    }
    Ok(())
}

builtin!(Eap);

#[test]
fn an_identity() {
    check::<Eap>(
        "02 07 000a 01 616c696365",
        expect![[r#"
        Extensible Authentication Protocol, Response, Identity
          Code: Response (2)
          Id: 7
          Length: 10
          Type: Identity (1)
          Identity: alice
    "#]],
    );
}

#[test]
fn md5_and_a_name() {
    check::<Eap>(
        "01 08 000a 04 02 abcd 7879",
        expect![[r#"
        Extensible Authentication Protocol, Request, MD5-Challenge EAP (EAP-MD5-CHALLENGE)
          Code: Request (1)
          Id: 8
          Length: 10
          Type: MD5-Challenge EAP (EAP-MD5-CHALLENGE) (4)
          EAP-MD5 Value-Size: 2
          EAP-MD5 Value: abcd
          EAP-MD5 Extra Data: 7879
    "#]],
    );
}

#[test]
fn the_start_of_ttls_and_a_lying_length() {
    check::<Eap>(
        "01 09 0006 15 20",
        expect![[r#"
        Extensible Authentication Protocol, Request, Tunneled TLS EAP (EAP-TTLS)
          Code: Request (1)
          Id: 9
          Length: 6
          Type: Tunneled TLS EAP (EAP-TTLS) (21)
          Version: 0
          EAP-TLS Flags: 0x20
            0... .... = Length Included: False
            .0.. .... = More Fragments: False
            ..1. .... = Start: True
    "#]],
    );
    check::<Eap>(
        "01 09 0003 15 20",
        expect![[r#"
        Extensible Authentication Protocol, Request
          Code: Request (1)
          Id: 9
          Length: 3
          [error] bad-length: 3 bytes, less than the header's 4
    "#]],
    );
}
