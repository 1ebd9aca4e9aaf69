//! IP over InfiniBand (RFC 4391, section 6), with the global routing header or what Linux puts in its place:
//! LINKTYPE_IPOIB (<https://www.tcpdump.org/linktypes.html>).

use crate::eth::Place;
use crate::ethertypes::ETHERTYPES;
use prosector_sdk::prelude::*;

/// The dissector.
#[derive(Default)]
pub struct Ipoib;

protocol! {
    /// IP over InfiniBand.
    Ipoib = ipoib "IPoIB", "IP over Infiniband" {
        /// Where there is no routing header: only the destination is known.
        daddr: group                        "Destination address",
        daddr.qpn: u24 hex                  "Destination QPN",
        grh: group                          "Global Route Header",
        grh.ipver: u8 & 0xf0                "IP Version",
        grh.tclass: u16 & 0x0ff0            "Traffic Class",
        grh.flowlabel: u32 & 0x000fffff     "Flow Label",
        grh.sqpn: u24 hex                   "Source QPN",
        grh.sgid: ipv6                      "Source GID" source,
        dgid: ipv6                          "Destination GID" destination,
        type: u16 hex                       "Type" = ETHERTYPES,
        reserved: u16 hex                   "Reserved",
    }
    claims { link = 242 }
    tables { ETHERTYPE: "ethertype" }
}

/// A routing header begins as IPv6 does; without one there may be anything in its place.
const VERSION: u8 = 6;
/// Where the destination address is: 4 bytes with the queue pair, and the GID.
const DESTINATION_AT: usize = 20;

impl Dissector for Ipoib {
    fn dissect(&mut self, pdu: &mut Pdu<'_>) -> Step {
        let routed = pdu.rest().first().is_some_and(|byte| byte >> 4 == VERSION);
        if !routed {
            pdu.skip(DESTINATION_AT)?;
            pdu.group(DADDR, |pdu| {
                pdu.skip(1)?;
                pdu.take(DADDR_QPN)?;
                pdu.take(DGID)
            })?;
        } else {
            pdu.group(GRH, |pdu| {
                pdu.show(GRH_IPVER)?;
                pdu.show(GRH_TCLASS)?;
                pdu.take(GRH_FLOWLABEL)?;
                pdu.skip(1)?;
                pdu.take(GRH_SQPN)?;
                pdu.take(GRH_SGID)?;
                pdu.take(DGID)
            })?;
        }
        let kind = pdu.take(TYPE)?;
        pdu.take(RESERVED)?;
        pdu.info(format_args!("{}", Self::name(TYPE, kind)));
        pdu.hand_on(ETHERTYPE, kind).context(Place::TUNNEL.0);
        Ok(())
    }
}

builtin!(Ipoib);

#[test]
fn without_a_routing_header() {
    let zeros = "00".repeat(20);
    check::<Ipoib>(
        &format!("{zeros} 00000123 fe800000000000000000000000000001 0800 0000 45"),
        expect![[r#"
            IP over Infiniband, Dst: fe80::1, IPv4
              Destination address: fe80::1
                Destination QPN: 0x000123
                Destination GID: fe80::1
              Type: IPv4 (0x0800)
              Reserved: 0x0000
            → ethertype [2048]: bytes 44..45
        "#]],
    );
}

#[test]
fn with_a_routing_header() {
    check::<Ipoib>(
        "61234567 00000042 fe800000000000000000000000000001 ff120000000000000000000000000001 0806 0000 00",
        expect![[r#"
            IP over Infiniband, Src: fe80::1, Dst: ff12::1, ARP
              Global Route Header: fe80::1
                IP Version: 6
                Traffic Class: 18
                Flow Label: 214375
                Source QPN: 0x000042
                Source GID: fe80::1
                Destination GID: ff12::1
              Type: ARP (0x0806)
              Reserved: 0x0000
            → ethertype [2054]: bytes 44..45
        "#]],
    );
    check::<Ipoib>(
        "61234567 00000042 fe80",
        expect![[r#"
        IP over Infiniband
          Global Route Header
            IP Version: 6
            Traffic Class: 18
            Flow Label: 214375
            Source QPN: 0x000042
          [error] short: ipoib.grh.sgid needs 16 bytes at offset 8, 2 are there
    "#]],
    );
}
