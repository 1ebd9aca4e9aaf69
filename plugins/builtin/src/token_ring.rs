//! Token Ring (IEEE Std 802.5), with source routing.

use prosector_sdk::prelude::*;

/// The dissector.
#[derive(Default)]
pub struct TokenRing;

protocol! {
    /// Token Ring, IEEE 802.5.
    TokenRing = tr "Token-Ring", "Token-Ring" {
        ac: u8 hex                      "Access Control" {
            .priority: 0xe0             "Priority",
            .frame: 0x10                "Frame" = { 0 "Token", 1 "Frame" },
            .monitor_cnt: uint 0x08     "Monitor Count",
            .priority_reservation: 0x07 "Priority Reservation",
        },
        fc: u8 hex                      "Frame Control" {
            .frame_type: 0xc0           "Frame Type" = { 0 "MAC", 1 "LLC", 2 "Reserved" },
            .frame_pcf: 0x0f            "Frame PCF" = {
                0 "Normal buffer", 1 "Express buffer", 2 "Purge", 3 "Claim Token", 4 "Beacon",
                5 "Active Monitor Present", 6 "Standby Monitor Present",
            },
        },
        dst: mac                        "Destination" destination,
        /// With the bit that says that a route follows, cleared.
        src: computed mac               "Source" source,
        sr: computed bool               "Source Routed",
        /// The destination, then the source.
        addr: mac                       "Source or Destination Address" hidden,
        rif.bytes: u8 & 0x1f            "RIF Bytes",
        broadcast: u8 & 0xe0            "Broadcast Type",
        max_frame_size: u8 & 0x70       "Maximum Frame Size",
        direction: u8 & 0x80            "Direction" = { 0 "From originating station", 1 "To originating station" },
        rif: bytes                      "Ring-Bridge Pairs",
    }
    claims { link = 6 }
    tables { LLC: "@llc", DATA: "@data" }
}

const LLC_FRAME: u8 = 1;
const ROUTED: u8 = 0x80;

impl Dissector for TokenRing {
    fn dissect(&mut self, pdu: &mut Pdu<'_>) -> Step {
        pdu.take(AC)?;
        let kind = pdu.take(FC)? >> 6;
        pdu.show(DST)?;
        pdu.take(ADDR)?;
        let at = pdu.position();
        let mut source: [u8; 6] = pdu.peek(ADDR)?;
        let routed = source[0] & ROUTED != 0;
        source[0] &= !ROUTED;
        pdu.computed(SRC, at..at + 6, source);
        pdu.computed(SR, at..at + 1, routed);
        pdu.take(ADDR)?;
        pdu.info(format_args!("Token-Ring {}", Self::name(FRAME_TYPE, kind)));
        if routed {
            pdu.show(BROADCAST)?;
            let len = usize::from(pdu.take(RIF_BYTES)?);
            pdu.show(MAX_FRAME_SIZE)?;
            pdu.take(DIRECTION)?;
            if len > 2 {
                pdu.take_bytes(RIF, len - 2)?;
            }
        }
        pdu.hand_to(if kind == LLC_FRAME { LLC } else { DATA });
        Ok(())
    }
}

builtin!(TokenRing);

#[test]
fn frames() {
    check::<TokenRing>(
        "10 40 020000000001 020000000002 aaaa03",
        expect![[r#"
            Token-Ring, Src: 02:00:00:00:00:02, Dst: 02:00:00:00:00:01, Token-Ring LLC
              Access Control: 0x10
                000. .... = Priority: 0
                ...1 .... = Frame: Frame
                .... 0... = Monitor Count: 0
                .... .000 = Priority Reservation: 0
              Frame Control: 0x40
                01.. .... = Frame Type: LLC (1)
                .... 0000 = Frame PCF: Normal buffer (0)
              Destination: 02:00:00:00:00:01
              Source: 02:00:00:00:00:02
              Source Routed: False
            → @llc [0]: bytes 14..17
        "#]],
    );
    check::<TokenRing>(
        "10 40 020000000001 820000000002 06 30 0011 0020 aaaa03",
        expect![[r#"
            Token-Ring, Src: 02:00:00:00:00:02, Dst: 02:00:00:00:00:01, Token-Ring LLC
              Access Control: 0x10
                000. .... = Priority: 0
                ...1 .... = Frame: Frame
                .... 0... = Monitor Count: 0
                .... .000 = Priority Reservation: 0
              Frame Control: 0x40
                01.. .... = Frame Type: LLC (1)
                .... 0000 = Frame PCF: Normal buffer (0)
              Destination: 02:00:00:00:00:01
              Source: 02:00:00:00:00:02
              Source Routed: True
              Broadcast Type: 0
              RIF Bytes: 6
              Maximum Frame Size: 3
              Direction: From originating station (0)
              Ring-Bridge Pairs: 00110020
            → @llc [0]: bytes 20..23
        "#]],
    );
    check::<TokenRing>(
        "10 40 020000000001 820000000002 1f 30 0011",
        expect![[r#"
            Token-Ring, Src: 02:00:00:00:00:02, Dst: 02:00:00:00:00:01, Token-Ring LLC
              Access Control: 0x10
                000. .... = Priority: 0
                ...1 .... = Frame: Frame
                .... 0... = Monitor Count: 0
                .... .000 = Priority Reservation: 0
              Frame Control: 0x40
                01.. .... = Frame Type: LLC (1)
                .... 0000 = Frame PCF: Normal buffer (0)
              Destination: 02:00:00:00:00:01
              Source: 02:00:00:00:00:02
              Source Routed: True
              Broadcast Type: 0
              RIF Bytes: 31
              Maximum Frame Size: 3
              Direction: From originating station (0)
              [error] short: tr.rif needs 29 bytes at offset 16, 2 are there
        "#]],
    );
}
