//! IPX, Novell's internetwork packet exchange ("IPX Router Specification", Novell, section 1).

use prosector_sdk::prelude::*;

/// The dissector.
#[derive(Default)]
pub struct Ipx;

protocol! {
    /// Internetwork Packet eXchange.
    Ipx = ipx "IPX", "Internetwork Packet eXchange" {
        /// All ones: there is none.
        checksum: u16 hex               "Checksum",
        len: u16                        "Length" unit "bytes",
        hops: u8                        "Transport Control (Hops)",
        packet_type: u8 hex             "Packet Type" = {
            0x00 "IPX", 0x01 "RIP", 0x02 "Echo", 0x03 "Error", 0x04 "PEP", 0x05 "SPX", 0x11 "NCP",
            0x14 "NetBIOS Broadcast",
        },
        /// Network and node.
        dst: computed str               "Destination Address",
        dst.net: u32 hex                "Destination Network",
        dst.node: mac                   "Destination Node" destination,
        dst.socket: u16 hex             "Destination Socket" = SOCKETS,
        src: computed str               "Source Address",
        src.net: u32 hex                "Source Network",
        src.node: mac                   "Source Node" source,
        src.socket: u16 hex             "Source Socket" = SOCKETS,
        net: u32 hex                    "Source or Destination Network" hidden,
        node: mac                       "Source or Destination Node" hidden,
        socket: u16 hex                 "Source or Destination Socket" hidden = SOCKETS,
        /// The destination, then the source.
        addr: computed str              "Src/Dst Address" hidden,
    }
    claims { ethertype = 0x8137, llc.dsap = [0xe0, 0x10], ppp.protocol = 0x002b, udp.port = 213 }
    tables { SOCKET_TABLE: "ipx.socket", PACKET_TYPE_TABLE: "ipx.packet_type" }
}

value_names! {
    SOCKETS {
        0x0002 "CISCO PING", 0x0451 "NCP", 0x0452 "SAP", 0x0453 "RIP", 0x0455 "NetBIOS", 0x0456 "Diagnostic",
        0x0457 "Serialization", 0x0550 "NWLink SMB Server", 0x0551 "NWLink SMB Name Query",
        0x0552 "NWLink SMB Redirector", 0x0553 "NWLink SMB Mailslot Datagram", 0x0554 "NWLink SMB Messenger",
        0x0555 "NWLink SMB Browse", 0x85be "Cisco EIGRP for IPX", 0x9001 "NetWare Link Services Protocol",
        0x9004 "IPX WAN", 0x900f "SNMP Agent", 0x9010 "SNMP Sink", 0x9086 "Novell PING",
    }
}

const HEADER: usize = 30;
const SPX: u8 = 5;

impl Dissector for Ipx {
    fn dissect(&mut self, pdu: &mut Pdu<'_>) -> Step {
        pdu.take(CHECKSUM)?;
        let len = usize::from(pdu.take(LEN)?);
        pdu.take(HOPS)?;
        let kind = pdu.take(PACKET_TYPE)?;
        pdu.info(format_args!("{}", Self::name(PACKET_TYPE, kind)));
        address(pdu, DST)?;
        pdu.show(DST_NET)?;
        pdu.take(NET)?;
        pdu.show(DST_NODE)?;
        pdu.take(NODE)?;
        pdu.show(DST_SOCKET)?;
        let to = pdu.take(SOCKET)?;
        address(pdu, SRC)?;
        pdu.show(SRC_NET)?;
        pdu.take(NET)?;
        pdu.show(SRC_NODE)?;
        pdu.take(NODE)?;
        pdu.show(SRC_SOCKET)?;
        let from = pdu.take(SOCKET)?;
        pdu.set_len(LEN, len.max(HEADER));
        if kind == SPX {
            pdu.hand_on(PACKET_TYPE_TABLE, kind).addresses(18, 6, 12);
        } else {
            pdu.hand_on(SOCKET_TABLE, [to, from]).addresses(18, 6, 12);
        }
        Ok(())
    }
}

/// The address at the cursor as text: network, dot, node.
fn address(pdu: &mut Pdu<'_>, field: prosector_sdk::handle::Handle<prosector_sdk::handle::ComputedBytes>) -> Step {
    const LEN: usize = 10;
    let at = pdu.position();
    if (pdu.wants(field) || pdu.wants(ADDR))
        && let Some(&[a, b, c, d, e, f, g, h, i, j]) = pdu.rest().first_chunk()
    {
        let net = u32::from_be_bytes([a, b, c, d]);
        let text = format!("{net:08x}.{e:02x}{f:02x}{g:02x}{h:02x}{i:02x}{j:02x}");
        pdu.computed_bytes(field, at..at + LEN, text.as_bytes());
        pdu.computed_bytes(ADDR, at..at + LEN, text.as_bytes());
    }
    Ok(())
}

builtin!(Ipx);

#[test]
fn a_packet() {
    check::<Ipx>(
        "ffff 0022 00 04 00000001 020000000001 0451 00000002 020000000002 4003 01020304 0000",
        expect![[r#"
            Internetwork Packet eXchange, Src: 02:00:00:00:00:02, Dst: 02:00:00:00:00:01, PEP
              Checksum: 0xffff
              Length: 34 bytes
              Transport Control (Hops): 0
              Packet Type: PEP (0x04)
              Destination Address: 00000001.020000000001
              Destination Network: 0x00000001
              Destination Node: 02:00:00:00:00:01
              Destination Socket: NCP (0x0451)
              Source Address: 00000002.020000000002
              Source Network: 0x00000002
              Source Node: 02:00:00:00:00:02
              Source Socket: 0x4003
            → ipx.socket [1105, 16387]: bytes 30..34
        "#]],
    );
    check::<Ipx>(
        "ffff 0022 00 04 00000001 0200",
        expect![[r#"
        Internetwork Packet eXchange, PEP
          Checksum: 0xffff
          Length: 34 bytes
          Transport Control (Hops): 0
          Packet Type: PEP (0x04)
          Destination Network: 0x00000001
          [error] short: ipx.dst.node needs 6 bytes at offset 10, 2 are there
    "#]],
    );
}
