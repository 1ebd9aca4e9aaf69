//! The header that Juniper's routers put before the frames they capture: LINKTYPE_JUNIPER_ETHER
//! (<https://www.tcpdump.org/linktypes.html>).
//!
//! `MGC`, flags, and extensions that say where a frame was captured, each a type, a length and a little-endian value.

use crate::eth::Place;
use prosector_sdk::handle::{ComputedWord, Handle};
use prosector_sdk::prelude::*;

/// The dissector.
#[derive(Default)]
pub struct Juniper;

protocol! {
    /// Juniper's header for captured frames.
    Juniper = juniper "Juniper", "Juniper Ethernet" {
        "magic-number" as MAGIC_NUMBER: u24 hex "Magic Number",
        direction: u8 hex & 0x01    "Direction" = { 0 "Out", 1 "In" },
        l2hdr: u8 hex & 0x02        "L2 header presence" = { 0 "Present", 1 "Not-Present" },
        ext_total_len: u16          "Extension(s) Total length",
        ext.ifd: computed u32       "Device Interface Index",
        ext.ifl: computed u32       "Logical Interface Index",
        ext.unit: computed u32      "Logical Unit Number",
        ext.ifmt: computed u16      "Device Media Type" = {
            1 "Ethernet", 2 "ATM", 3 "ATM with SDU", 4 "Frame relay", 5 "PPP", 6 "Cisco HDLC",
        },
        ext.ifle: computed u16      "Logical Interface Encapsulation" = { 14 "Ethernet" },
    }
    claims { link = 178 }
    tables { ETH: "@eth", DATA: "@data" }
}

/// `MGC`.
const MAGIC: u32 = 0x4d_4743;
const HAS_EXTENSIONS: u8 = 0x80;
const NO_LINK_LAYER: u8 = 0x02;

impl Dissector for Juniper {
    fn dissect(&mut self, pdu: &mut Pdu<'_>) -> Step {
        if pdu.peek(MAGIC_NUMBER)? != MAGIC {
            pdu.hand_to(DATA);
            return Ok(());
        }
        pdu.take(MAGIC_NUMBER)?;
        let flags = pdu.rest().first().copied().unwrap_or(0);
        pdu.show(DIRECTION)?;
        pdu.take(L2HDR)?;
        if flags & HAS_EXTENSIONS != 0 {
            let len = pdu.take(EXT_TOTAL_LEN)?.into();
            pdu.within(EXT_TOTAL_LEN, len, |pdu| {
                while pdu.wire_remaining() > 0 {
                    extension(pdu)?;
                }
                Ok(())
            })?;
        }
        if flags & NO_LINK_LAYER != 0 {
            pdu.hand_to(DATA);
        } else {
            pdu.hand_to(ETH).context(Place::TUNNEL.0);
        }
        Ok(())
    }
}

fn extension(pdu: &mut Pdu<'_>) -> Step {
    let [kind, len] = pdu.rest().first_chunk().copied().unwrap_or_default();
    pdu.skip(2)?;
    let (at, bytes, len) = (pdu.position(), pdu.rest(), usize::from(len));
    pdu.skip(len)?;
    let field: Handle<ComputedWord> = match kind {
        1 => EXT_IFD,
        3 => EXT_IFMT,
        4 => EXT_IFL,
        5 => EXT_UNIT,
        6 => EXT_IFLE,
        _ => return Ok(()),
    };
    let value = bytes.iter().take(len.min(4)).rev().fold(0, |value, &byte| value << 8 | u32::from(byte));
    pdu.computed(field, at..at + len, value);
    Ok(())
}

builtin!(Juniper);

#[test]
fn extensions_and_a_frame() {
    check::<Juniper>(
        "4d4743 81 000d 030101 06010e 0102 8a00 050105 ffffffffffff",
        expect![[r#"
            Juniper Ethernet
              Magic Number: 0x4d4743
              Direction: In (0x1)
              L2 header presence: Present (0x0)
              Extension(s) Total length: 13
              Device Media Type: Ethernet (1)
              Logical Interface Encapsulation: Ethernet (14)
              Device Interface Index: 138
              Logical Unit Number: 5
            → @eth [0]: bytes 19..25
        "#]],
    );
    check::<Juniper>(
        "4d4743 82 0003 070101 45",
        expect![[r#"
            Juniper Ethernet
              Magic Number: 0x4d4743
              Direction: Out (0x0)
              L2 header presence: Not-Present (0x1)
              Extension(s) Total length: 3
            → @data [0]: bytes 9..10
        "#]],
    );
}

#[test]
fn lengths_that_lie() {
    check::<Juniper>(
        "4d4743 80 0004 01090102",
        expect![[r#"
            Juniper Ethernet
              Magic Number: 0x4d4743
              Direction: Out (0x0)
              L2 header presence: Present (0x0)
              Extension(s) Total length: 4
              [error] short: bytes needs 9 bytes at offset 8, 2 are there (the end is set by juniper.ext_total_len)
        "#]],
    );
    check::<Juniper>(
        "4d4744 80 0004",
        expect![[r#"
        Juniper Ethernet
        → @data [0]: bytes 0..6
    "#]],
    );
}
