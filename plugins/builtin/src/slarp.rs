//! SLARP, with which Cisco's serial links find their addresses and see whether they are alive (RFC 1547, section 4.3.1).

use prosector_sdk::prelude::*;

/// The dissector.
#[derive(Default)]
pub struct Slarp;

protocol! {
    /// Cisco Serial Link Address Resolution Protocol.
    Slarp = slarp "SLARP", "Cisco SLARP" {
        ptype: u32              "Packet type" = { 0 "Request", 1 "Reply", 2 "Line keepalive" },
        address: ipv4           "Address",
        netmask: ipv4           "Netmask",
        mysequence: u32         "Outgoing sequence number",
        yoursequence: u32       "Returned sequence number",
        /// All ones.
        reliability: u16 hex    "Reliability",
    }
    claims { chdlc.protocol = 0x8035 }
}

const KEEPALIVE: u32 = 2;

impl Dissector for Slarp {
    fn dissect(&mut self, pdu: &mut Pdu<'_>) -> Step {
        let kind = pdu.take(PTYPE)?;
        if kind == KEEPALIVE {
            let ours = pdu.take(MYSEQUENCE)?;
            let theirs = pdu.take(YOURSEQUENCE)?;
            pdu.info(format_args!("Line keepalive, outgoing sequence {ours}, returned sequence {theirs}"));
            pdu.take(RELIABILITY)?;
        } else {
            pdu.info(format_args!("{}", Self::name(PTYPE, kind)));
            pdu.take(ADDRESS)?;
            pdu.take(NETMASK)?;
        }
        Ok(())
    }
}

builtin!(Slarp);

#[test]
fn packets() {
    check::<Slarp>(
        "00000002 00000001 00000000 ffff",
        expect![[r#"
        Cisco SLARP, Line keepalive, outgoing sequence 1, returned sequence 0
          Packet type: Line keepalive (2)
          Outgoing sequence number: 1
          Returned sequence number: 0
          Reliability: 0xffff
    "#]],
    );
    check::<Slarp>(
        "00000001 0a000001 ffffff00",
        expect![[r#"
        Cisco SLARP, Reply
          Packet type: Reply (1)
          Address: 10.0.0.1
          Netmask: 255.255.255.0
    "#]],
    );
    check::<Slarp>(
        "00000002 00000001 00",
        expect![[r#"
        Cisco SLARP
          Packet type: Line keepalive (2)
          Outgoing sequence number: 1
          [error] short: slarp.yoursequence needs 4 bytes at offset 8, 1 are there
    "#]],
    );
}
