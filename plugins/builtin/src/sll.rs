//! Linux cooked capture, what Linux gives for interfaces without a link layer of their own, or for all at once:
//! LINKTYPE_LINUX_SLL (<https://www.tcpdump.org/linktypes/LINKTYPE_LINUX_SLL.html>). Version 2, whose fields have the
//! same names, is read in [`crate::sll2`].

use crate::arp::HARDWARE_TYPES;
use crate::eth::{Place, padding};
use crate::ethertypes::ETHERTYPES;
use crate::{gre, sll2};
use prosector_sdk::prelude::*;

/// The dissector.
#[derive(Default)]
pub struct Sll;

protocol! {
    /// Linux cooked capture, versions 1 and 2.
    Sll = sll "SLL", "Linux cooked capture" {
        pkttype: u16                  "Packet type" = PACKET_TYPES,
        pkttype as PKTTYPE_V2: u8     "Packet type" = PACKET_TYPES,
        hatype: u16                   "Link-layer address type" = HARDWARE_TYPES,
        halen: u16                    "Link-layer address length",
        halen as HALEN_V2: u8         "Link-layer address length",
        /// Version 2 only.
        ifindex: u32                  "Interface index",
        src.eth: mac                  "Source" source,
        src.ipv4: ipv4                "Source" source,
        src.other: bytes              "Source" source,
        /// Bytes of the address field behind the address.
        unused: bytes                 "Unused",
        /// Linux's own number, where the protocol is no ethertype.
        ltype: u16 hex                "Protocol" = {
            0x0001 "Raw 802.3",
            0x0003 "Ethernet",
            0x0004 "802.2 LLC",
            0x0007 "PPP (HDLC)",
            0x000c "CAN",
            0x000d "CAN FD",
            0x0017 "IrDA LAP",
            0x00f5 "ISI",
            0x00f6 "IEEE 802.15.4",
        },
        /// Where the interface is a GRE tunnel.
        gretype: u16 hex              "Protocol" = gre::PROTOCOLS,
        etype: u16 hex                "Protocol" = ETHERTYPES,
        /// Bytes behind the payload that are not padding.
        trailer: bytes                "Trailer" trailer,
    }
    claims { link = [113, 276] }
    tables { LTYPE_TABLE: "sll.ltype", HATYPE_TABLE: "sll.hatype", GRE_PROTO: "gre.proto", ETHERTYPE: "ethertype" named }
}

value_names! {
    PACKET_TYPES {
        0 "Unicast to us",
        1 "Broadcast",
        2 "Multicast",
        3 "Unicast to another host",
        4 "Sent by us",
    }
}

/// Position of LINKTYPE_LINUX_SLL2 in the claims.
const V2: usize = 1;
/// Where the protocol stands.
const PROTOCOL_AT: usize = 14;
const ADDRESS_LEN: usize = 8;

impl Dissector for Sll {
    fn dissect(&mut self, pdu: &mut Pdu<'_>) -> Step {
        if pdu.claim() == Some(V2) {
            return sll2::dissect(pdu);
        }
        let kind = pdu.take(PKTTYPE)?;
        pdu.info(format_args!("{}", Self::name(PKTTYPE, kind)));
        let hardware = pdu.take(HATYPE)?;
        let address_len = pdu.take(HALEN)?;
        address(pdu, address_len.into())?;
        pdu.skip(2)?;
        payload(pdu, hardware, PROTOCOL_AT)
    }

    fn trailer(&mut self, pdu: &mut Pdu<'_>) -> Step {
        pdu.skip(padding(pdu, pdu.context() as u32 as usize))?;
        if pdu.remaining() > 0 {
            pdu.take_rest(TRAILER);
        }
        Ok(())
    }
}

/// The address field, of which the first `len` bytes are the address.
pub(crate) fn address(pdu: &mut Pdu<'_>, len: usize) -> Step {
    match len {
        0 => {}
        4 => drop(pdu.take(SRC_IPV4)?),
        6 => drop(pdu.take(SRC_ETH)?),
        _ => drop(pdu.take_bytes(SRC_OTHER, len.min(ADDRESS_LEN))?),
    }
    if len < ADDRESS_LEN {
        pdu.take_bytes(UNUSED, ADDRESS_LEN - len)?;
    }
    Ok(())
}

/// The protocol, which stands at `at`, and what the cursor is at.
pub(crate) fn payload(pdu: &mut Pdu<'_>, hardware: u16, at: usize) -> Step {
    const GRE: u16 = 778;
    const GRE_IPV6: u16 = 823;
    const NETLINK: u16 = 824;

    let place = Place(pdu.context()).payload(pdu.position());
    let protocol = pdu.data().get(at..).and_then(|bytes| bytes.first_chunk());
    let protocol = protocol.map_or(0, |&bytes| u16::from_be_bytes(bytes));
    if hardware == NETLINK {
        pdu.show_at(LTYPE, at)?;
        pdu.hand_on(HATYPE_TABLE, hardware);
    } else if protocol <= 1536 {
        pdu.show_at(LTYPE, at)?;
        pdu.hand_on(LTYPE_TABLE, protocol).context(place.0);
    } else if matches!(hardware, GRE | GRE_IPV6) {
        pdu.show_at(GRETYPE, at)?;
        let table = if gre::is_ethertype(protocol) { ETHERTYPE } else { GRE_PROTO };
        pdu.hand_on(table, protocol).context(Place::TUNNEL.0);
    } else {
        pdu.show_at(ETYPE, at)?;
        pdu.hand_on(ETHERTYPE, protocol).context(place.0);
    }
    Ok(())
}

builtin!(Sll);

#[test]
fn an_ethernet_address() {
    check::<Sll>(
        "0004 0001 0006 020000000001 0000 0800  45",
        expect![[r#"
            Linux cooked capture, Src: 02:00:00:00:00:01, Sent by us
              Packet type: Sent by us (4)
              Link-layer address type: Ethernet (1)
              Link-layer address length: 6
              Source: 02:00:00:00:00:01
              Unused: 0000
              Protocol: IPv4 (0x0800)
            → ethertype [2048]: bytes 16..17
        "#]],
    );
}

#[test]
fn other_addresses() {
    check::<Sll>(
        "0000 0200 0004 0a000001 00000000 86dd  60",
        expect![[r#"
            Linux cooked capture, Src: 10.0.0.1, Unicast to us
              Packet type: Unicast to us (0)
              Link-layer address type: PPP (512)
              Link-layer address length: 4
              Source: 10.0.0.1
              Unused: 00000000
              Protocol: IPv6 (0x86dd)
            → ethertype [34525]: bytes 16..17
        "#]],
    );
    check::<Sll>(
        "0000 fffe 0000 0000000000000000 000c  01",
        expect![[r#"
            Linux cooked capture, Unicast to us
              Packet type: Unicast to us (0)
              Link-layer address type: zero header length (65534)
              Link-layer address length: 0
              Unused: 0000000000000000
              Protocol: CAN (0x000c)
            → sll.ltype [12]: bytes 16..17
        "#]],
    );
    check::<Sll>(
        "0001 0020 0014 0102030405060708 0806",
        expect![[r#"
            Linux cooked capture, Src: 0102030405060708, Broadcast
              Packet type: Broadcast (1)
              Link-layer address type: InfiniBand (32)
              Link-layer address length: 20
              Source: 0102030405060708
              Protocol: ARP (0x0806)
            → ethertype [2054]: bytes 16..16
        "#]],
    );
}

#[test]
fn a_gre_interface() {
    check::<Sll>(
        "0000 030a 0004 0a000001 00000000 0800  45",
        expect![[r#"
            Linux cooked capture, Src: 10.0.0.1, Unicast to us
              Packet type: Unicast to us (0)
              Link-layer address type: GRE over IP (778)
              Link-layer address length: 4
              Source: 10.0.0.1
              Unused: 00000000
              Protocol: IP (0x0800)
            → ethertype [2048]: bytes 16..17
        "#]],
    );
    check::<Sll>(
        "0000 030a 0004 0a000001 00000000 88be  10",
        expect![[r#"
            Linux cooked capture, Src: 10.0.0.1, Unicast to us
              Packet type: Unicast to us (0)
              Link-layer address type: GRE over IP (778)
              Link-layer address length: 4
              Source: 10.0.0.1
              Unused: 00000000
              Protocol: ERSPAN (0x88be)
            → gre.proto [35006]: bytes 16..17
        "#]],
    );
}

#[test]
fn cut_short() {
    check::<Sll>(
        "0000 0001 0006 020000000001 0000",
        expect![[r#"
            Linux cooked capture, Src: 02:00:00:00:00:01, Unicast to us
              Packet type: Unicast to us (0)
              Link-layer address type: Ethernet (1)
              Link-layer address length: 6
              Source: 02:00:00:00:00:01
              Unused: 0000
              [error] short: bytes needs 2 bytes at offset 14, 0 are there
        "#]],
    );
}
