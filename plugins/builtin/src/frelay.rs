//! Frame relay (ITU-T Q.922, annex A) with multiprotocol encapsulation (RFC 2427) or Cisco's: LINKTYPE_FRELAY
//! (<https://www.tcpdump.org/linktypes.html>).
//!
//! An address of 2 to 4 bytes, each ending in a bit that tells the last. Behind it comes an unnumbered control byte
//! with a protocol number, or, in Cisco's encapsulation, an ethertype at once.

use crate::eth::Place;
use crate::ethertypes::ETHERTYPES;
use prosector_sdk::prelude::*;

/// The dissector.
#[derive(Default)]
pub struct Frelay;

protocol! {
    /// Frame relay.
    Frelay = fr "FR", "Frame Relay" {
        first_addr_octet: u8 hex       "First address octet" {
            .upper_dlci: hex 0xfc      "Upper DLCI",
            .cr: 0x02                  "CR" = { 0 "Response", 1 "Command" },
            .ea: 0x01                  "EA" = LAST_OCTET,
        },
        second_addr_octet: u8 hex      "Second address octet" {
            .second_dlci: hex 0xf0     "Second DLCI",
            .fecn: 0x08                "FECN",
            .becn: 0x04                "BECN",
            .de: 0x02                  "DE",
            .ea as SECOND_EA: 0x01     "EA" = LAST_OCTET,
        },
        third_addr_octet: u8 hex       "Third address octet" {
            .third_dlci: hex 0xfe      "Third DLCI",
            .ea as THIRD_EA: 0x01      "EA" = LAST_OCTET,
        },
        lower_dlci: u8 hex & 0xfc      "Lower DLCI",
        /// In place of the lower part of the DLCI.
        dlcore_control: u8 hex & 0xfc  "DL-CORE Control",
        dc: bool(u8) & 0x02            "DC" = { 0 "Control", 1 "DLCI Address" },
        ea as LAST_EA: bool(u8) & 0x01 "EA" = LAST_OCTET,
        /// The number of the virtual circuit, put together from its parts.
        dlci: computed u32             "DLCI",
        control: u8 hex                "Control Field" {
            u_modifier_cmd: hex 0xec   "Command" = { 0 "Unnumbered Information" },
            ftype: hex 0x03            "Frame type" = { 3 "Unnumbered frame" },
        },
        control as RESPONSE: u8 hex    "Control Field" {
            u_modifier_resp: hex 0xec  "Response" = { 0 "Unnumbered Information" },
            ftype as RESPONSE_FTYPE: hex 0x03    "Frame type" = { 3 "Unnumbered frame" },
        },
        control as NUMBERED: u16 le hex "Control Field" {
            n_r: 0xfe00                "N(R)",
            n_s: 0x00fe                "N(S)",
            ftype as NUMBERED_FTYPE: uint hex 0x0001 "Frame type" = { 0 "Information frame" },
        },
        /// Recorded only where it is set.
        control.p: bool(u16) le & 0x0100 "Poll",
        nlpid: u8 hex                  "NLPID" = {
            0x00 "NULL",
            0x08 "Q.933",
            0x09 "LMI",
            0x80 "SNAP",
            0x81 "CLNP",
            0x82 "ESIS",
            0x83 "ISIS",
            0x8e "IPv6",
            0xb0 "Data compression protocol",
            0xcc "IP",
            0xcf "PPP",
        },
        snap.oui: u24 hex              "Organization Code",
        snaptype: u16 hex              "Type" = ETHERTYPES,
        snap.pid: u16 hex              "Protocol ID",
        /// An ethertype, in Cisco's encapsulation.
        chdlctype: u16 hex             "Type" = ETHERTYPES,
    }
    claims { link = 107, gre.proto = 0x6559 }
    tables {
        NLPID_TABLE: "fr.nlpid", ETHERTYPE: "ethertype", SNAP: "llc.snap", DATA: "@data",
        IP: "@ip", IPV6: "@ipv6", ETH: "@eth",
    }
}

value_names! { LAST_OCTET { 0 "More Follows", 1 "Last Octet" } }

const UNNUMBERED_INFORMATION: u8 = 0x03;
const Q933: u8 = 0x08;
const SNAP_ID: u8 = 0x80;
const OSI: u16 = 0xfefe;

impl Dissector for Frelay {
    fn dissect(&mut self, pdu: &mut Pdu<'_>) -> Step {
        let Some((dlci, response)) = address(pdu)? else {
            pdu.diagnostic(Severity::Error, "bad-address", 0..1, format_args!("an address has at least two bytes"));
            pdu.hand_to(DATA);
            return Ok(());
        };
        let end = pdu.position();
        pdu.computed(DLCI, 0..end, dlci);
        pdu.info(format_args!("DLCI {dlci}"));
        if pdu.peek(CONTROL)? == UNNUMBERED_INFORMATION {
            pdu.take(if response { RESPONSE } else { CONTROL })?;
            return multiprotocol(pdu);
        }
        let kind = pdu.peek(CHDLCTYPE)?;
        if dlci == 0 || !(name_of(ETHERTYPES, kind.into()).is_some() || matches!(kind, 0x2000 | OSI)) {
            // Neither encapsulation. Numbered frames that carry information have an even control field.
            let nlpid = pdu.rest().get(2).copied().unwrap_or(0);
            let known = name_of(&Self::PROTOCOL.fields[NLPID.id as usize].names, nlpid.into()).is_some();
            if pdu.peek(CONTROL)? & 1 != 0 || !(known || dlci == 0) {
                pdu.hand_to(DATA);
                return Ok(());
            }
            if pdu.peek(CONTROL_P)? {
                pdu.show(CONTROL_P)?;
            }
            pdu.take(NUMBERED)?;
            let nlpid = pdu.peek(NLPID)?;
            pdu.hand_on(NLPID_TABLE, nlpid);
            return Ok(());
        }
        pdu.take(CHDLCTYPE)?;
        match kind {
            0x6558 => pdu.hand_to(ETH).context(Place::TUNNEL.0),
            _ => pdu.hand_on(ETHERTYPE, kind).context(Place::TUNNEL.0),
        };
        Ok(())
    }
}

/// The number of the circuit and the bit that Wireshark takes for a response; nothing where the first byte is the last.
fn address(pdu: &mut Pdu<'_>) -> Result<Option<(u32, bool)>, Stop> {
    const LAST: u8 = 1;
    let first = pdu.peek(FIRST_ADDR_OCTET)?;
    if first & LAST != 0 {
        return Ok(None);
    }
    pdu.take(FIRST_ADDR_OCTET)?;
    let response = first & 2 != 0;
    let second = pdu.take(SECOND_ADDR_OCTET)?;
    let mut dlci = u32::from(first >> 2) << 4 | u32::from(second >> 4);
    if second & LAST != 0 {
        return Ok(Some((dlci, response)));
    }
    if pdu.peek(THIRD_ADDR_OCTET)? & LAST == 0 {
        dlci = dlci << 7 | u32::from(pdu.take(THIRD_ADDR_OCTET)? >> 1);
        // No address is longer; what comes before the last byte says nothing.
        while pdu.peek(THIRD_ADDR_OCTET)? & LAST == 0 {
            pdu.skip(1)?;
        }
    }
    if pdu.peek(DC)? {
        pdu.show(DLCORE_CONTROL)?;
    } else {
        dlci = dlci << 6 | u32::from(pdu.show(LOWER_DLCI)?);
    }
    pdu.show(DC)?;
    pdu.take(LAST_EA)?;
    Ok(Some((dlci, response)))
}

/// RFC 2427, from the protocol number on.
fn multiprotocol(pdu: &mut Pdu<'_>) -> Step {
    const BRIDGED: u32 = 0x0080c2;
    let mut nlpid = pdu.peek(NLPID)?;
    if nlpid == 0 {
        // Padding.
        pdu.take(NLPID)?;
        nlpid = pdu.peek(NLPID)?;
    }
    // These numbers are the first byte of the protocols themselves.
    if matches!(nlpid, Q933 | 0x81..=0x83) {
        if nlpid != Q933 {
            pdu.show(NLPID)?;
        }
        pdu.hand_on(NLPID_TABLE, nlpid);
        return Ok(());
    }
    pdu.take(NLPID)?;
    match nlpid {
        0xcc => drop(pdu.hand_to(IP)),
        0x8e => drop(pdu.hand_to(IPV6)),
        SNAP_ID => {
            let oui = pdu.take(SNAP_OUI)?;
            if oui == 0 {
                let kind = pdu.take(SNAPTYPE)?;
                pdu.hand_on(ETHERTYPE, kind).context(Place::TUNNEL.0);
                return Ok(());
            }
            let pid = pdu.take(SNAP_PID)?;
            match (oui, pid) {
                (BRIDGED, 1) => pdu.hand_to(ETH).context(Place::TUNNEL_WITH_FCS.0),
                (BRIDGED, 7) => pdu.hand_to(ETH).context(Place::TUNNEL.0),
                _ => pdu.hand_on(SNAP, oui << 16 | u32::from(pid)),
            };
        }
        _ => drop(pdu.hand_on(NLPID_TABLE, nlpid)),
    }
    Ok(())
}

builtin!(Frelay);

#[test]
fn multiprotocol_encapsulation() {
    check::<Frelay>(
        "1841 03 cc 45",
        expect![[r#"
            Frame Relay, DLCI 100
              First address octet: 0x18
                0001 10.. = Upper DLCI: 0x06
                .... ..0. = CR: Response
                .... ...0 = EA: More Follows
              Second address octet: 0x41
                0100 .... = Second DLCI: 0x4
                .... 0... = FECN: False
                .... .0.. = BECN: False
                .... ..0. = DE: False
                .... ...1 = EA: Last Octet
              DLCI: 100
              Control Field: 0x03
                000. 00.. = Command: Unnumbered Information (0x00)
                .... ..11 = Frame type: Unnumbered frame (0x3)
              NLPID: IP (0xcc)
            → @ip [0]: bytes 4..5
        "#]],
    );
    check::<Frelay>(
        "1a41 03 00 80 000000 0806 00",
        expect![[r#"
            Frame Relay, DLCI 100
              First address octet: 0x1a
                0001 10.. = Upper DLCI: 0x06
                .... ..1. = CR: Command
                .... ...0 = EA: More Follows
              Second address octet: 0x41
                0100 .... = Second DLCI: 0x4
                .... 0... = FECN: False
                .... .0.. = BECN: False
                .... ..0. = DE: False
                .... ...1 = EA: Last Octet
              DLCI: 100
              Control Field: 0x03
                000. 00.. = Response: Unnumbered Information (0x00)
                .... ..11 = Frame type: Unnumbered frame (0x3)
              NLPID: NULL (0x00)
              NLPID: SNAP (0x80)
              Organization Code: 0x000000
              Type: ARP (0x0806)
            → ethertype [2054]: bytes 10..11
        "#]],
    );
}

#[test]
fn cisco_encapsulation() {
    check::<Frelay>(
        "18404205 0800 45",
        expect![[r#"
            Frame Relay, DLCI 821313
              First address octet: 0x18
                0001 10.. = Upper DLCI: 0x06
                .... ..0. = CR: Response
                .... ...0 = EA: More Follows
              Second address octet: 0x40
                0100 .... = Second DLCI: 0x4
                .... 0... = FECN: False
                .... .0.. = BECN: False
                .... ..0. = DE: False
                .... ...0 = EA: More Follows
              Third address octet: 0x42
                0100 001. = Third DLCI: 0x21
                .... ...0 = EA: More Follows
              Lower DLCI: 0x01
              DC: Control
              EA: Last Octet
              DLCI: 821313
              Type: IPv4 (0x0800)
            → ethertype [2048]: bytes 6..7
        "#]],
    );
    check::<Frelay>(
        "184041 0800 45",
        expect![[r#"
            Frame Relay, DLCI 6416
              First address octet: 0x18
                0001 10.. = Upper DLCI: 0x06
                .... ..0. = CR: Response
                .... ...0 = EA: More Follows
              Second address octet: 0x40
                0100 .... = Second DLCI: 0x4
                .... 0... = FECN: False
                .... .0.. = BECN: False
                .... ..0. = DE: False
                .... ...0 = EA: More Follows
              Lower DLCI: 0x10
              DC: Control
              EA: Last Octet
              DLCI: 6416
              Type: IPv4 (0x0800)
            → ethertype [2048]: bytes 5..6
        "#]],
    );
}

#[test]
fn others_and_cut_short() {
    check::<Frelay>(
        "1841 7003",
        expect![[r#"
            Frame Relay, DLCI 100
              First address octet: 0x18
                0001 10.. = Upper DLCI: 0x06
                .... ..0. = CR: Response
                .... ...0 = EA: More Follows
              Second address octet: 0x41
                0100 .... = Second DLCI: 0x4
                .... 0... = FECN: False
                .... .0.. = BECN: False
                .... ..0. = DE: False
                .... ...1 = EA: Last Octet
              DLCI: 100
              Poll: True
              Control Field: 0x0370
                0000 001. .... .... = N(R): 1
                .... .... 0111 000. = N(S): 56
                .... .... .... ...0 = Frame type: Information frame (0x0)
              [error] short: fr.nlpid needs 1 bytes at offset 4, 0 are there
        "#]],
    );
    check::<Frelay>(
        "19 0800",
        expect![[r#"
        Frame Relay
          [error] bad-address: an address has at least two bytes
        → @data [0]: bytes 0..3
    "#]],
    );
    check::<Frelay>(
        "1841 03 80 0000",
        expect![[r#"
            Frame Relay, DLCI 100
              First address octet: 0x18
                0001 10.. = Upper DLCI: 0x06
                .... ..0. = CR: Response
                .... ...0 = EA: More Follows
              Second address octet: 0x41
                0100 .... = Second DLCI: 0x4
                .... 0... = FECN: False
                .... .0.. = BECN: False
                .... ..0. = DE: False
                .... ...1 = EA: Last Octet
              DLCI: 100
              Control Field: 0x03
                000. 00.. = Command: Unnumbered Information (0x00)
                .... ..11 = Frame type: Unnumbered frame (0x3)
              NLPID: SNAP (0x80)
              [error] short: fr.snap.oui needs 3 bytes at offset 4, 2 are there
        "#]],
    );
}
