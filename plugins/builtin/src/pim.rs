//! PIM, protocol independent multicast (RFC 7761, section 4.9): the header, and the packets in Register messages.

use crate::checksum::{self, STATUS, UNVERIFIED};
use prosector_sdk::prelude::*;

/// The dissector.
#[derive(Default)]
pub struct Pim;

protocol! {
    /// Protocol independent multicast, version 2.
    Pim = pim "PIM", "Protocol Independent Multicast" {
        version: u8 & 0xf0                "Version",
        type: u8 & 0x0f                   "Type" = {
            0 "Hello", 1 "Register", 2 "Register-stop", 3 "Join/Prune", 4 "Bootstrap", 5 "Assert", 6 "Graft",
            7 "Graft-Ack", 8 "Candidate-RP-Advertisement", 9 "State-Refresh", 10 "DF election",
        },
        res_bytes: bytes[1]               "Reserved byte(s)",
        df_elect.subtype: u8 & 0xf0       "DF Subtype" = { 1 "Offer", 2 "Winner", 3 "Backoff", 4 "Pass" },
        df_elect.rsvd: u8 & 0x0f          "DF reserved",
        /// In a Register message over the first eight bytes only.
        cksum: u16 hex                    "Checksum",
        cksum.status: computed u8         "Checksum Status" = STATUS,
        register_flag: u32 hex            "Flags" {
            border: 0x80000000            "Border",
            null_register: 0x40000000     "Null-Register",
        },
        ip_version: u8 & 0xf0             "IP Version" = { 0 "Dummy Header", 4 "IPv4", 6 "IPv6" },
    }
    claims { ip.proto = 103 }
    tables { IP: "@ip", IPV6: "@ipv6" }
}

const REGISTER: u8 = 1;
const DF_ELECTION: u8 = 10;
const PROTOCOL_NUMBER: u8 = 103;

impl Dissector for Pim {
    fn dissect(&mut self, pdu: &mut Pdu<'_>) -> Step {
        pdu.show(VERSION)?;
        let kind = pdu.take(TYPE)?;
        pdu.info(format_args!("{}", Self::name(TYPE, kind)));
        if kind == DF_ELECTION {
            pdu.show(DF_ELECT_SUBTYPE)?;
            pdu.take(DF_ELECT_RSVD)?;
        } else {
            pdu.take(RES_BYTES)?;
        }
        pdu.take(CKSUM)?;
        if pdu.wants(CKSUM_STATUS) {
            let len = if kind == REGISTER { 8 } else { pdu.wire_len() };
            let status = pdu.data().get(..len).map_or(UNVERIFIED, |data| match pdu.context() >> 32 & 1 {
                0 => checksum::plain(data),
                _ => checksum::with_pseudo_header(pdu.context(), PROTOCOL_NUMBER, data),
            });
            pdu.computed(CKSUM_STATUS, 2..4, status);
        }
        if kind == REGISTER {
            pdu.take(REGISTER_FLAG)?;
            match pdu.show(IP_VERSION)? {
                4 => drop(pdu.hand_to(IP)),
                6 => drop(pdu.hand_to(IPV6)),
                _ => (),
            }
        }
        Ok(())
    }
}

builtin!(Pim);

#[test]
fn messages() {
    check::<Pim>(
        "21 00 deff 00000000 45",
        expect![[r#"
            Protocol Independent Multicast, Register
              Version: 2
              Type: Register (1)
              Reserved byte(s): 00
              Checksum: 0xdeff
              Checksum Status: Good (1)
              Flags: 0x00000000
                0... .... .... .... .... .... .... .... = Border: False
                .0.. .... .... .... .... .... .... .... = Null-Register: False
              IP Version: IPv4 (4)
            → @ip [0]: bytes 8..9
        "#]],
    );
    check::<Pim>(
        "20 00 0000",
        expect![[r#"
            Protocol Independent Multicast, Hello
              Version: 2
              Type: Hello (0)
              Reserved byte(s): 00
              Checksum: 0x0000
              Checksum Status: Bad (0)
        "#]],
    );
    check::<Pim>(
        "2a 10 0000 01",
        expect![[r#"
            Protocol Independent Multicast, DF election
              Version: 2
              Type: DF election (10)
              DF Subtype: Offer (1)
              DF reserved: 0
              Checksum: 0x0000
              Checksum Status: Bad (0)
        "#]],
    );
    check::<Pim>(
        "21 00 de",
        expect![[r#"
            Protocol Independent Multicast, Register
              Version: 2
              Type: Register (1)
              Reserved byte(s): 00
              [error] short: pim.cksum needs 2 bytes at offset 2, 1 are there
        "#]],
    );
}
