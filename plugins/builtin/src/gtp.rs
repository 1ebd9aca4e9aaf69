//! GTP-U, the GPRS tunnelling protocol for user data, version 1 (3GPP TS 29.281, section 5).

use prosector_sdk::prelude::*;

/// The dissector.
#[derive(Default)]
pub struct Gtp;

protocol! {
    /// GPRS tunnelling protocol, user plane.
    Gtp = gtp "GTP", "GPRS Tunneling Protocol" {
        flags: u8 hex             "Flags" {
            version: 0xe0         "Version" = { 0 "GTP release 97/98 version", 1 "GTP release 99 version" },
            payload: uint 0x10    "Protocol type" = { 0 "GTP'", 1 "GTP" },
            reserved: uint 0x08   "Reserved",
            e: 0x04               "Is Next Extension Header present?",
            s: 0x02               "Is Sequence Number present?",
            pn: 0x01              "Is N-PDU number present?",
        },
        message: u8 hex           "Message Type" = {
            1 "Echo request", 2 "Echo response", 26 "Error indication",
            31 "Supported extension header notification", 254 "End Marker", 255 "T-PDU",
        },
        length: u16               "Length",
        teid: u32 hex             "TEID",
        seq_number: u16 hex       "Sequence number",
        npdu_number: u8 hex       "N-PDU Number",
    }
    claims { udp.port = [2152, 3386] }
    tables { IP: "@ip", IPV6: "@ipv6", DATA: "@data" }
}

const T_PDU: u8 = 0xff;

impl Dissector for Gtp {
    fn dissect(&mut self, pdu: &mut Pdu<'_>) -> Step {
        let flags = pdu.peek(FLAGS)?;
        if flags >> 4 == 1 {
            return version_0(pdu);
        }
        if flags >> 4 != 3 {
            // Of another version, or GTP', or nothing of the kind.
            pdu.hand_to(DATA);
            return Ok(());
        }
        pdu.take(FLAGS)?;
        let message = pdu.take(MESSAGE)?;
        pdu.take(LENGTH)?;
        let teid = pdu.take(TEID)?;
        pdu.info(format_args!("{} (TEID 0x{teid:08x})", Self::name(MESSAGE, message)));
        // If one of the three is there, so are the bytes of all.
        if flags & 7 != 0 {
            optional(pdu, flags)?;
        }
        payload(pdu, message);
        Ok(())
    }
}

fn payload(pdu: &mut Pdu<'_>, message: u8) {
    pdu.hand_to(match *pdu.rest() {
        [0x45..=0x4f, ..] if message == T_PDU => IP,
        [0x60..=0x6f, ..] if message == T_PDU => IPV6,
        _ => DATA,
    });
}

/// The header of 3GPP TS 09.60, section 6: flags, message, length, sequence number, then flow label, N-PDU number,
/// three spare bytes and the tunnel's id of eight.
fn version_0(pdu: &mut Pdu<'_>) -> Step {
    pdu.skip(1)?;
    let message = pdu.take(MESSAGE)?;
    pdu.take(LENGTH)?;
    pdu.take(SEQ_NUMBER)?;
    pdu.info(format_args!("{}", Gtp::name(MESSAGE, message)));
    pdu.skip(2 + 1 + 3 + 8)?;
    payload(pdu, message);
    Ok(())
}

fn optional(pdu: &mut Pdu<'_>, flags: u8) -> Step {
    if flags & 2 != 0 {
        pdu.take(SEQ_NUMBER).map(drop)?
    } else {
        pdu.skip(2)?
    }
    if flags & 1 != 0 {
        pdu.take(NPDU_NUMBER).map(drop)?
    } else {
        pdu.skip(1)?
    }
    let mut next = pdu.rest().first().copied().unwrap_or(0);
    pdu.skip(1)?;
    // An extension header begins with its length in units of four bytes and ends with the type of the next one.
    while flags & 4 != 0 && next != 0 {
        let len = 4 * usize::from(pdu.rest().first().copied().unwrap_or(0));
        if len == 0 {
            break;
        }
        next = pdu.rest().get(len - 1).copied().unwrap_or(0);
        pdu.skip(len)?;
    }
    Ok(())
}

builtin!(Gtp);

#[test]
fn packets() {
    check::<Gtp>(
        "30 ff 0001 00000007 45",
        expect![[r#"
            GPRS Tunneling Protocol, T-PDU (TEID 0x00000007)
              Flags: 0x30
                001. .... = Version: GTP release 99 version (1)
                ...1 .... = Protocol type: GTP (1)
                .... 0... = Reserved: 0
                .... .0.. = Is Next Extension Header present?: False
                .... ..0. = Is Sequence Number present?: False
                .... ...0 = Is N-PDU number present?: False
              Message Type: T-PDU (0xff)
              Length: 1
              TEID: 0x00000007
            → @ip [0]: bytes 8..9
        "#]],
    );
    check::<Gtp>(
        "36 ff 0009 00000007 0005 00 c0  01 0904 00  60",
        expect![[r#"
            GPRS Tunneling Protocol, T-PDU (TEID 0x00000007)
              Flags: 0x36
                001. .... = Version: GTP release 99 version (1)
                ...1 .... = Protocol type: GTP (1)
                .... 0... = Reserved: 0
                .... .1.. = Is Next Extension Header present?: True
                .... ..1. = Is Sequence Number present?: True
                .... ...0 = Is N-PDU number present?: False
              Message Type: T-PDU (0xff)
              Length: 9
              TEID: 0x00000007
              Sequence number: 0x0005
            → @ipv6 [0]: bytes 16..17
        "#]],
    );
}

#[test]
fn others() {
    check::<Gtp>(
        "32 01 0004 00000000 0001 00 00",
        expect![[r#"
            GPRS Tunneling Protocol, Echo request (TEID 0x00000000)
              Flags: 0x32
                001. .... = Version: GTP release 99 version (1)
                ...1 .... = Protocol type: GTP (1)
                .... 0... = Reserved: 0
                .... .0.. = Is Next Extension Header present?: False
                .... ..1. = Is Sequence Number present?: True
                .... ...0 = Is N-PDU number present?: False
              Message Type: Echo request (0x01)
              Length: 4
              TEID: 0x00000000
              Sequence number: 0x0001
            → @data [0]: bytes 12..12
        "#]],
    );
    check::<Gtp>(
        "48 20 0004",
        expect![[r#"
            GPRS Tunneling Protocol
            → @data [0]: bytes 0..4
        "#]],
    );
    check::<Gtp>(
        "34 ff 0008 00000007 0000 00 85  02 00",
        expect![[r#"
            GPRS Tunneling Protocol, T-PDU (TEID 0x00000007)
              Flags: 0x34
                001. .... = Version: GTP release 99 version (1)
                ...1 .... = Protocol type: GTP (1)
                .... 0... = Reserved: 0
                .... .1.. = Is Next Extension Header present?: True
                .... ..0. = Is Sequence Number present?: False
                .... ...0 = Is N-PDU number present?: False
              Message Type: T-PDU (0xff)
              Length: 8
              TEID: 0x00000007
              [error] short: bytes needs 8 bytes at offset 12, 2 are there
        "#]],
    );
}
