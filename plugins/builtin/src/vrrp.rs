//! VRRP, the virtual router redundancy protocol: version 2 (RFC 3768, section 5) and 3 (RFC 5798, section 5).

use crate::checksum::{self, STATUS};
use crate::padded::take_padded;
use prosector_sdk::prelude::*;

/// The dissector.
#[derive(Default)]
pub struct Vrrp;

protocol! {
    /// Virtual Router Redundancy Protocol.
    Vrrp = vrrp "VRRP", "Virtual Router Redundancy Protocol" {
        typever: u8                     "VRRP message version and type" {
            .version: 0xf0              "VRRP protocol version",
            .type: 0x0f                 "VRRP packet type" = { 1 "Advertisement" },
        },
        virt_rtr_id: u8                 "Virtual Rtr ID",
        prio: u8                        "Priority" = {
            0 "Current Master has stopped participating in VRRP",
            1..=99 "Non-default backup priority",
            100 "Default priority for a backup VRRP router",
            101..=254 "Non-default backup priority",
            255 "This VRRP router owns the virtual router's IP address(es)",
        },
        addr_count: u8                  "Addr Count",
        auth_type: u8                   "Auth Type" = {
            0 "No Authentication",
            1 "Simple Text Authentication [RFC 2338] / Reserved [RFC 3768]",
            2 "IP Authentication Header [RFC 2338] / Reserved [RFC 3768]",
            254 "Cisco VRRP MD5 authentication",
        },
        adver_int: u8                   "Adver Int" unit "s",
        reserved_mbz: u8 & 0xf0         "Reserved",
        short_adver_int: u16 & 0x0fff   "Adver Int" unit "cs",
        checksum: u16 hex               "Checksum",
        checksum.status: computed u8    "Checksum Status" = STATUS,
        ip_addr: ipv4                   "IP Address",
        ipv6_addr: ipv6                 "IPv6 Address",
        auth_string: str                "Authentication String",
        md5_auth_data: bytes            "MD5 Authentication Data",
    }
    claims { ip.proto = 112 }
}

const PROTOCOL_NUMBER: u8 = 112;
const SIMPLE_TEXT: u8 = 1;
const MD5: u8 = 254;

impl Dissector for Vrrp {
    fn dissect(&mut self, pdu: &mut Pdu<'_>) -> Step {
        let version = pdu.take(TYPEVER)? >> 4;
        pdu.info(format_args!("Announcement (v{version})"));
        pdu.take(VIRT_RTR_ID)?;
        pdu.take(PRIO)?;
        let addresses = pdu.take(ADDR_COUNT)?;
        let mut authentication = 0;
        if version == 3 {
            pdu.show(RESERVED_MBZ)?;
            pdu.take(SHORT_ADVER_INT)?;
        } else {
            authentication = pdu.take(AUTH_TYPE)?;
            pdu.take(ADVER_INT)?;
        }
        pdu.take(CHECKSUM)?;
        let ipv6 = pdu.context() >> 32 & 1 == 1;
        if pdu.wants(CHECKSUM_STATUS) {
            let data = pdu.data();
            let status = match data.len() < pdu.wire_len() {
                true => checksum::UNVERIFIED,
                // RFC 5798, section 5.2.8: version 3 has the pseudo header, over IPv4 too.
                false if version == 3 || ipv6 => checksum::with_pseudo_header(pdu.context(), PROTOCOL_NUMBER, data),
                false => checksum::plain(data),
            };
            pdu.computed(CHECKSUM_STATUS, 6..8, status);
        }
        for _ in 0..addresses {
            if ipv6 {
                pdu.take(IPV6_ADDR)?;
            } else {
                pdu.take(IP_ADDR)?;
            }
        }
        match authentication {
            SIMPLE_TEXT => drop(take_padded(pdu, AUTH_STRING, 8)?),
            MD5 => drop(pdu.take_bytes(MD5_AUTH_DATA, 16)?),
            _ => {}
        }
        Ok(())
    }
}

builtin!(Vrrp);

#[test]
fn version_2() {
    check::<Vrrp>(
        "21 01 64 01 01 01 0000 0a000001 7365637265740000",
        expect![[r#"
        Virtual Router Redundancy Protocol, Announcement (v2)
          VRRP message version and type: 33
            0010 .... = VRRP protocol version: 2
            .... 0001 = VRRP packet type: Advertisement (1)
          Virtual Rtr ID: 1
          Priority: Default priority for a backup VRRP router (100)
          Addr Count: 1
          Auth Type: Simple Text Authentication [RFC 2338] / Reserved [RFC 3768] (1)
          Adver Int: 1 s
          Checksum: 0x0000
          Checksum Status: Bad (0)
          IP Address: 10.0.0.1
          Authentication String: secret
    "#]],
    );
    check::<Vrrp>(
        "21 01 64 02 00 01 0000 0a000001 0a00",
        expect![[r#"
        Virtual Router Redundancy Protocol, Announcement (v2)
          VRRP message version and type: 33
            0010 .... = VRRP protocol version: 2
            .... 0001 = VRRP packet type: Advertisement (1)
          Virtual Rtr ID: 1
          Priority: Default priority for a backup VRRP router (100)
          Addr Count: 2
          Auth Type: No Authentication (0)
          Adver Int: 1 s
          Checksum: 0x0000
          Checksum Status: Bad (0)
          IP Address: 10.0.0.1
          [error] short: vrrp.ip_addr needs 4 bytes at offset 12, 2 are there
    "#]],
    );
}

#[test]
fn version_3() {
    check::<Vrrp>(
        "31 2a ff 01 03e8 0000 0a000001",
        expect![[r#"
        Virtual Router Redundancy Protocol, Announcement (v3)
          VRRP message version and type: 49
            0011 .... = VRRP protocol version: 3
            .... 0001 = VRRP packet type: Advertisement (1)
          Virtual Rtr ID: 42
          Priority: This VRRP router owns the virtual router's IP address(es) (255)
          Addr Count: 1
          Reserved: 0
          Adver Int: 1000 cs
          Checksum: 0x0000
          Checksum Status: Unverified (2)
          IP Address: 10.0.0.1
    "#]],
    );
}
