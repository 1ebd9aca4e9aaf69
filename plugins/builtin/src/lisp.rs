//! LISP, the locator/ID separation protocol: control messages (RFC 9301, section 5). Of these, registrations and
//! notifications are read to the end, others as far as their header.

use crate::address_families::{ADDRESS_FAMILIES, IPV4, IPV6};
use prosector_sdk::prelude::*;

/// The dissector.
#[derive(Default)]
pub struct Lisp;

protocol! {
    /// Locator/ID Separation Protocol, control messages.
    Lisp = lisp "LISP", "Locator/ID Separation Protocol" {
        type: u24 & 0xf00000                    "Type" = {
            0 "Reserved", 1 "Map-Request", 2 "Map-Reply", 3 "Map-Register", 4 "Map-Notify", 5 "Map-Notify-Ack",
            6 "Map-Referral", 7 "Info", 8 "Encapsulated Control Message",
        },
        mreg.flags.pmr: bool(u24) & 0x080000    "P bit (Proxy-Map-Reply)",
        mreg.flags.sec: bool(u24) & 0x040000    "S bit (LISP-SEC capable)",
        mreg.flags.xtrid: bool(u24) & 0x020000  "I bit (xTR-ID present)",
        mreg.flags.rtr: bool(u24) & 0x010000    "R bit (Built for an RTR)",
        mreg.res: u24 hex & 0x00fffe            "Reserved bits",
        mreg.flags.wmn: bool(u24) & 0x000001    "M bit (Want-Map-Notify)",
        mnot.flags.xtrid: bool(u24) & 0x080000  "I bit (xTR-ID present)",
        mnot.flags.rtr: bool(u24) & 0x040000    "R bit (Built for an RTR)",
        mnot.res: u24 hex & 0x03ffff            "Reserved bits",
        records: u8                             "Record Count",
        nonce: u64 hex                          "Nonce",
        keyid: u16 hex                          "Key ID",
        authlen: u16                            "Authentication Data Length",
        auth: bytes                             "Authentication Data",
        mapping: group                          "Mapping Record",
        mapping.ttl: u32                        "Record TTL",
        mapping.loccnt: u8                      "Locator Count",
        mapping.eid.masklen: u8                 "EID Mask Length",
        mapping.act: u16 & 0xe000               "Action" = {
            0 "No-Action", 1 "Natively-Forward", 2 "Send-Map-Request", 3 "Drop",
        },
        mapping.auth: bool(u16) & 0x1000        "Authoritative bit",
        mapping.res1: u16 hex & 0x07ff          "Reserved",
        mapping.res2: u16 hex & 0xf000          "Reserved",
        mapping.ver: u16 & 0x0fff               "Mapping Version",
        mapping.eid.afi: u16                    "EID Prefix AFI" = ADDRESS_FAMILIES,
        mapping.eid.ipv4: ipv4                  "EID Prefix",
        mapping.eid.ipv6: ipv6                  "EID Prefix",
        loc: group                              "Locator Record",
        loc.priority: u8                        "Priority",
        loc.weight: u8                          "Weight",
        loc.multicast_priority: u8              "Multicast Priority",
        loc.multicast_weight: u8                "Multicast Weight",
        loc.flags: u16 hex                      "Flags" {
            res: hex 0xfff8                     "Reserved",
            local: 0x0004                       "Local",
            probe: 0x0002                       "Probe",
            reach: 0x0001                       "Reachable",
        },
        loc.afi: u16                            "AFI" = ADDRESS_FAMILIES,
        loc.ipv4: ipv4                          "Locator",
        loc.ipv6: ipv6                          "Locator",
        xtrid: bytes[16]                        "xTR-ID",
        siteid: u64 hex                         "Site-ID",
    }
    claims { udp.port = 4342 }
    tables { DATA: "@data" }
}

const REGISTER: u32 = 3;
const NOTIFY: u32 = 4;
const NOTIFY_ACK: u32 = 5;

impl Dissector for Lisp {
    fn dissect(&mut self, pdu: &mut Pdu<'_>) -> Step {
        let kind = pdu.show(TYPE)?;
        pdu.info(format_args!("{}", Self::name(TYPE, kind)));
        let xtr = match kind {
            REGISTER => {
                pdu.show(MREG_FLAGS_PMR)?;
                pdu.show(MREG_FLAGS_SEC)?;
                let xtr = pdu.show(MREG_FLAGS_XTRID)?;
                pdu.show(MREG_FLAGS_RTR)?;
                pdu.show(MREG_RES)?;
                pdu.take(MREG_FLAGS_WMN)?;
                xtr
            }
            NOTIFY | NOTIFY_ACK => {
                let xtr = pdu.show(MNOT_FLAGS_XTRID)?;
                pdu.show(MNOT_FLAGS_RTR)?;
                pdu.take(MNOT_RES)?;
                xtr
            }
            _ => {
                pdu.skip(4)?;
                pdu.hand_to(DATA);
                return Ok(());
            }
        };
        let records = pdu.take(RECORDS)?;
        pdu.take(NONCE)?;
        pdu.take(KEYID)?;
        let len = usize::from(pdu.take(AUTHLEN)?);
        if len > 0 {
            pdu.take_bytes(AUTH, len)?;
        }
        for _ in 0..records {
            pdu.group(MAPPING, mapping)?;
        }
        if xtr {
            pdu.take(XTRID)?;
            pdu.take(SITEID)?;
        }
        if pdu.remaining() > 0 {
            pdu.hand_to(DATA);
        }
        Ok(())
    }
}

fn mapping(pdu: &mut Pdu<'_>) -> Step {
    pdu.take(MAPPING_TTL)?;
    let locators = pdu.take(MAPPING_LOCCNT)?;
    pdu.take(MAPPING_EID_MASKLEN)?;
    pdu.show(MAPPING_ACT)?;
    pdu.show(MAPPING_AUTH)?;
    pdu.take(MAPPING_RES1)?;
    pdu.show(MAPPING_RES2)?;
    pdu.take(MAPPING_VER)?;
    match pdu.take(MAPPING_EID_AFI)? {
        IPV4 => drop(pdu.take(MAPPING_EID_IPV4)?),
        IPV6 => drop(pdu.take(MAPPING_EID_IPV6)?),
        family => return unknown(pdu, family),
    }
    for _ in 0..locators {
        pdu.group(LOC, locator)?;
    }
    Ok(())
}

fn locator(pdu: &mut Pdu<'_>) -> Step {
    pdu.take(LOC_PRIORITY)?;
    pdu.take(LOC_WEIGHT)?;
    pdu.take(LOC_MULTICAST_PRIORITY)?;
    pdu.take(LOC_MULTICAST_WEIGHT)?;
    pdu.take(LOC_FLAGS)?;
    match pdu.take(LOC_AFI)? {
        IPV4 => drop(pdu.take(LOC_IPV4)?),
        IPV6 => drop(pdu.take(LOC_IPV6)?),
        family => return unknown(pdu, family),
    }
    Ok(())
}

/// Where an address of unknown length begins, reading ends.
fn unknown(pdu: &mut Pdu<'_>, family: u16) -> Step {
    let at = pdu.position();
    let text = format_args!("an address of family {family} here has no known length");
    pdu.diagnostic(Severity::Note, "unknown-family", at - 2..at, text);
    pdu.skip(pdu.remaining())
}

builtin!(Lisp);

#[test]
fn a_registration() {
    check::<Lisp>(
        "300001 01 0102030405060708 0001 0004 aabbccdd
         000005a0 01 20 1000 0000 0001 0a000001  01 64 ff 00 0005 0001 14000001",
        expect![[r#"
            Locator/ID Separation Protocol, Map-Register
              Type: Map-Register (3)
              P bit (Proxy-Map-Reply): False
              S bit (LISP-SEC capable): False
              I bit (xTR-ID present): False
              R bit (Built for an RTR): False
              Reserved bits: 0x0000
              M bit (Want-Map-Notify): True
              Record Count: 1
              Nonce: 0x0102030405060708
              Key ID: 0x0001
              Authentication Data Length: 4
              Authentication Data: aabbccdd
              Mapping Record: No-Action (0)
                Record TTL: 1440
                Locator Count: 1
                EID Mask Length: 32
                Action: No-Action (0)
                Authoritative bit: True
                Reserved: 0x000
                Reserved: 0x0
                Mapping Version: 0
                EID Prefix AFI: IPv4 (1)
                EID Prefix: 10.0.0.1
                Locator Record: IPv4 (1)
                  Priority: 1
                  Weight: 100
                  Multicast Priority: 255
                  Multicast Weight: 0
                  Flags: 0x0005
                    0000 0000 0000 0... = Reserved: 0x0000
                    .... .... .... .1.. = Local: True
                    .... .... .... ..0. = Probe: False
                    .... .... .... ...1 = Reachable: True
                  AFI: IPv4 (1)
                  Locator: 20.0.0.1
        "#]],
    );
    check::<Lisp>(
        "400001 01 0102030405060708 0001 0000 000005a0 01 20 1000 0000 0009 0a000001",
        expect![[r#"
            Locator/ID Separation Protocol, Map-Notify
              Type: Map-Notify (4)
              I bit (xTR-ID present): False
              R bit (Built for an RTR): False
              Reserved bits: 0x00001
              Record Count: 1
              Nonce: 0x0102030405060708
              Key ID: 0x0001
              Authentication Data Length: 0
              Mapping Record: No-Action (0)
                Record TTL: 1440
                Locator Count: 1
                EID Mask Length: 32
                Action: No-Action (0)
                Authoritative bit: True
                Reserved: 0x000
                Reserved: 0x0
                Mapping Version: 0
                EID Prefix AFI: F.69 (Telex) (9)
                [note] unknown-family: an address of family 9 here has no known length
        "#]],
    );
    check::<Lisp>(
        "400001 01 0102030405060708 0001 ffff aabb",
        expect![[r#"
            Locator/ID Separation Protocol, Map-Notify
              Type: Map-Notify (4)
              I bit (xTR-ID present): False
              R bit (Built for an RTR): False
              Reserved bits: 0x00001
              Record Count: 1
              Nonce: 0x0102030405060708
              Key ID: 0x0001
              Authentication Data Length: 65535
              [error] short: lisp.auth needs 65535 bytes at offset 16, 2 are there
        "#]],
    );
}
