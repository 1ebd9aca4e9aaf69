//! HSRP, Cisco's hot standby router protocol: version 0 (RFC 2281, section 5) with Cisco's advertisements, and version 2.

use crate::padded::take_padded;
use prosector_sdk::prelude::*;

/// The dissector.
#[derive(Default)]
pub struct Hsrp;

protocol! {
    /// Hot Standby Router Protocol.
    Hsrp = hsrp "HSRP", "Cisco Hot Standby Router Protocol" {
        version: u8                     "Version",
        opcode: u8                      "Op Code" = OPCODES,
        state: u8                       "State" = {
            0 "Initial", 1 "Learn", 2 "Listen", 4 "Speak", 8 "Standby", 16 "Active",
        },
        hellotime: u8                   "Hellotime" unit "s",
        holdtime: u8                    "Holdtime" unit "s",
        priority: u8                    "Priority",
        group: u8                       "Group",
        reserved: u8                    "Reserved",
        auth_data: str                  "Authentication Data",
        virt_ip: ipv4                   "Virtual IP Address",

        adv.tlvtype: u16                "Adv type" = { 1 "HSRP interface state", 2 "IP redundancy" },
        adv.tlvlength: u16              "Adv length",
        adv.state: u8                   "Adv state" = { 1 "Dormant", 2 "Passive", 3 "Active" },
        adv.reserved1: u8               "Adv reserved1",
        adv.activegrp: u16              "Adv active groups",
        adv.passivegrp: u16             "Adv passive groups",
        adv.reserved2: u32              "Adv reserved2",

        .hsrp2.version: u8              "Version",
        .hsrp2.opcode: u8               "Op Code" = OPCODES,
        .hsrp2.state: u8                "State" = {
            0 "Disabled", 1 "Init", 2 "Learn", 3 "Listen", 4 "Speak", 5 "Standby", 6 "Active",
        },
        .hsrp2.ipversion: u8            "IP Ver." = { 4 "IPv4", 6 "IPv6" },
        .hsrp2.group: u16               "Group",
        .hsrp2.identifier: mac          "Identifier",
        .hsrp2.priority: u32            "Priority",
        .hsrp2.hellotime: u32           "Hellotime" unit "ms",
        .hsrp2.holdtime: u32            "Holdtime" unit "ms",
        .hsrp2.virt_ip: ipv4            "Virtual IP Address",
        .hsrp2.virt_ip_v6: ipv6         "Virtual IPv6 Address",
        .hsrp2.active_groups: u16       "Active Groups",
        .hsrp2.passive_groups: u16      "Passive Groups",
        .hsrp2.auth_data: str           "Authentication Data",
        .hsrp2.md5_algorithm: u8        "MD5 Algorithm" = { 1 "MD5" },
        .hsrp2.md5_flags: u8 hex        "MD5 Flags",
        .hsrp2.md5_ip_address: ipv4     "Sender's IP Address",
        .hsrp2.md5_key_id: u32          "MD5 Key ID",
        .hsrp2.md5_auth_data: bytes[16] "MD5 Authentication Data",
    }
    claims { udp.port = [1985, 2029] }
}

value_names! { OPCODES { 0 "Hello", 1 "Coup", 2 "Resign", 3 "Advertise" } }

const ADVERTISE: u8 = 3;
const AUTH_LEN: usize = 8;

impl Dissector for Hsrp {
    fn dissect(&mut self, pdu: &mut Pdu<'_>) -> Step {
        // In version 2 everything is in TLVs, and the first bytes are type 1, length 40 or type 2, length 4.
        if matches!(pdu.rest(), [1, 40, 2, ..] | [2, 4, ..]) {
            return version_2(pdu);
        }
        pdu.take(VERSION)?;
        let opcode = pdu.take(OPCODE)?;
        let name = Self::name(OPCODE, opcode);
        if opcode == ADVERTISE {
            pdu.take(ADV_TLVTYPE)?;
            pdu.take(ADV_TLVLENGTH)?;
            let state = pdu.take(ADV_STATE)?;
            pdu.info(format_args!("{name} (state {})", Self::name(ADV_STATE, state)));
            pdu.take(ADV_RESERVED1)?;
            pdu.take(ADV_ACTIVEGRP)?;
            pdu.take(ADV_PASSIVEGRP)?;
            pdu.take(ADV_RESERVED2)?;
            return Ok(());
        }
        let state = pdu.take(STATE)?;
        pdu.info(format_args!("{name} (state {})", Self::name(STATE, state)));
        pdu.take(HELLOTIME)?;
        pdu.take(HOLDTIME)?;
        pdu.take(PRIORITY)?;
        pdu.take(GROUP)?;
        pdu.take(RESERVED)?;
        take_padded(pdu, AUTH_DATA, AUTH_LEN)?;
        pdu.take(VIRT_IP)?;
        Ok(())
    }
}

fn version_2(pdu: &mut Pdu<'_>) -> Step {
    while pdu.remaining() > 0 {
        let kind = pdu.rest().first().copied().unwrap_or(0);
        pdu.skip(1)?;
        let len = usize::from(pdu.rest().first().copied().unwrap_or(0));
        pdu.skip(1)?;
        pdu.within(HSRP2_VERSION, len, |pdu| match (kind, len) {
            (1, 40) => group_state(pdu),
            (2, 4) => {
                pdu.take(HSRP2_ACTIVE_GROUPS)?;
                pdu.take(HSRP2_PASSIVE_GROUPS)?;
                pdu.info(format_args!("Interface State TLV"));
                Ok(())
            }
            (3, _) => {
                take_padded(pdu, HSRP2_AUTH_DATA, len)?;
                Ok(())
            }
            (4, 28) => {
                pdu.take(HSRP2_MD5_ALGORITHM)?;
                pdu.skip(1)?;
                pdu.take(HSRP2_MD5_FLAGS)?;
                pdu.skip(1)?;
                pdu.take(HSRP2_MD5_IP_ADDRESS)?;
                pdu.take(HSRP2_MD5_KEY_ID)?;
                pdu.take(HSRP2_MD5_AUTH_DATA)?;
                Ok(())
            }
            _ => Ok(()),
        })?;
    }
    Ok(())
}

fn group_state(pdu: &mut Pdu<'_>) -> Step {
    pdu.take(HSRP2_VERSION)?;
    let opcode = pdu.take(HSRP2_OPCODE)?;
    let state = pdu.take(HSRP2_STATE)?;
    pdu.info(format_args!("{} (state {})", Hsrp::name(HSRP2_OPCODE, opcode), Hsrp::name(HSRP2_STATE, state)));
    let ip_version = pdu.take(HSRP2_IPVERSION)?;
    pdu.take(HSRP2_GROUP)?;
    pdu.take(HSRP2_IDENTIFIER)?;
    pdu.take(HSRP2_PRIORITY)?;
    pdu.take(HSRP2_HELLOTIME)?;
    pdu.take(HSRP2_HOLDTIME)?;
    if ip_version == 6 {
        pdu.take(HSRP2_VIRT_IP_V6)?;
    } else {
        pdu.take(HSRP2_VIRT_IP)?;
    }
    Ok(())
}

builtin!(Hsrp);

#[test]
fn version_0() {
    check::<Hsrp>(
        "00 00 10 03 0a 64 01 00 636973636f000000 0a000001",
        expect![[r#"
        Cisco Hot Standby Router Protocol, Hello (state Active)
          Version: 0
          Op Code: Hello (0)
          State: Active (16)
          Hellotime: 3 s
          Holdtime: 10 s
          Priority: 100
          Group: 1
          Reserved: 0
          Authentication Data: cisco
          Virtual IP Address: 10.0.0.1
    "#]],
    );
    check::<Hsrp>(
        "00 03 0001 000a 03 00 0001 0000 00000000",
        expect![[r#"
        Cisco Hot Standby Router Protocol, Advertise (state Active)
          Version: 0
          Op Code: Advertise (3)
          Adv type: HSRP interface state (1)
          Adv length: 10
          Adv state: Active (3)
          Adv reserved1: 0
          Adv active groups: 1
          Adv passive groups: 0
          Adv reserved2: 0
    "#]],
    );
    check::<Hsrp>(
        "00 00 10 03 0a 64",
        expect![[r#"
        Cisco Hot Standby Router Protocol, Hello (state Active)
          Version: 0
          Op Code: Hello (0)
          State: Active (16)
          Hellotime: 3 s
          Holdtime: 10 s
          Priority: 100
          [error] short: hsrp.group needs 1 bytes at offset 6, 0 are there
    "#]],
    );
}

#[test]
fn version_two() {
    check::<Hsrp>(
        "01 28 02 00 06 04 0001 020000000001 00000064 00000bb8 00002710 0a000001 000000000000000000000000
         03 08 636973636f000000",
        expect![[r#"
            Cisco Hot Standby Router Protocol, Hello (state Active)
              Version: 2
              Op Code: Hello (0)
              State: Active (6)
              IP Ver.: IPv4 (4)
              Group: 1
              Identifier: 02:00:00:00:00:01
              Priority: 100
              Hellotime: 3000 ms
              Holdtime: 10000 ms
              Virtual IP Address: 10.0.0.1
              Authentication Data: cisco
        "#]],
    );
    check::<Hsrp>(
        "01 28 02 00 06 04 0001 0200",
        expect![[r#"
        Cisco Hot Standby Router Protocol, Hello (state Active)
          Version: 2
          Op Code: Hello (0)
          State: Active (6)
          IP Ver.: IPv4 (4)
          Group: 1
          [error] short: hsrp2.identifier needs 6 bytes at offset 8, 2 are there
    "#]],
    );
}
