//! Solaris IP observability: LINKTYPE_IPNET (<https://www.tcpdump.org/linktypes/LINKTYPE_IPNET.html>).

use prosector_sdk::prelude::*;

/// The dissector.
#[derive(Default)]
pub struct Ipnet;

protocol! {
    /// What Solaris captures on its IP layer.
    Ipnet = ipnet "IPNET", "Solaris IPNET" {
        version: u8       "Header version",
        family: u8        "Address family" = { 2 "Solaris AF_INET", 26 "Solaris AF_INET6" },
        htype: u16        "Hook type" = { 0 "Inbound", 1 "Outbound", 2 "Local" },
        pktlen: u32       "Data length",
        ifindex: u32      "Interface index",
        grifindex: u32    "Group interface index",
        zsrc: u32         "Source Zone ID",
        zdst: u32         "Destination Zone ID",
    }
    claims { link = 226 }
    tables { IP: "@ip", IPV6: "@ipv6", DATA: "@data" }
}

impl Dissector for Ipnet {
    fn dissect(&mut self, pdu: &mut Pdu<'_>) -> Step {
        pdu.take(VERSION)?;
        let family = pdu.take(FAMILY)?;
        let hook = pdu.take(HTYPE)?;
        for field in [PKTLEN, IFINDEX, GRIFINDEX, ZSRC, ZDST] {
            pdu.take(field)?;
        }
        pdu.info(format_args!("{}", Self::name(HTYPE, hook)));
        pdu.hand_to(match family {
            2 => IP,
            26 => IPV6,
            _ => DATA,
        });
        Ok(())
    }
}

builtin!(Ipnet);

#[test]
fn ipv4() {
    check::<Ipnet>(
        "01 02 0001 00000014 00000002 00000000 00000005 00000006 45",
        expect![[r#"
        Solaris IPNET, Outbound
          Header version: 1
          Address family: Solaris AF_INET (2)
          Hook type: Outbound (1)
          Data length: 20
          Interface index: 2
          Group interface index: 0
          Source Zone ID: 5
          Destination Zone ID: 6
        → @ip [0]: bytes 24..25
    "#]],
    );
}

#[test]
fn others_and_cut_short() {
    check::<Ipnet>(
        "01 1a 0000 00000014 00000002 00000000 00000005 00000006 60",
        expect![[r#"
        Solaris IPNET, Inbound
          Header version: 1
          Address family: Solaris AF_INET6 (26)
          Hook type: Inbound (0)
          Data length: 20
          Interface index: 2
          Group interface index: 0
          Source Zone ID: 5
          Destination Zone ID: 6
        → @ipv6 [0]: bytes 24..25
    "#]],
    );
    check::<Ipnet>(
        "01 02 0000 0000",
        expect![[r#"
        Solaris IPNET
          Header version: 1
          Address family: Solaris AF_INET (2)
          Hook type: Inbound (0)
          [error] short: ipnet.pktlen needs 4 bytes at offset 4, 2 are there
    "#]],
    );
}
