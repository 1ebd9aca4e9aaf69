//! FDDI, fiber distributed data interface (ISO 9314-2): LINKTYPE_FDDI
//! (<https://www.tcpdump.org/linktypes.html>).
//!
//! A frame control byte, two addresses, then LLC. On the fiber the bits of each address byte go the other way round,
//! and captures hold them like that; the fields have them in the order of Ethernet.

use prosector_sdk::prelude::*;

/// The dissector.
#[derive(Default)]
pub struct Fddi;

protocol! {
    /// Fiber distributed data interface.
    Fddi = fddi "FDDI", "Fiber Distributed Data Interface" {
        fc: u8 hex                "Frame Control" {
            clf: hex 0xf0         "Class/Length/Format" = {
                0x0 "Void",
                0x4 "SMT",
                0x5 "Async LLC",
                0x6 "Implementor Async",
                0x8 "Nonrestricted Token",
                0xc "MAC",
                0xd "Sync LLC",
                0xe "Implementor Sync",
            },
        },
        /// Only of asynchronous LLC frames.
        fc.prio: u8 & 0x07        "Priority",
        /// With the bits of each byte in the order of Ethernet; recorded twice, as Wireshark does.
        dst: computed mac         "Destination" destination,
        src: computed mac         "Source" source,
        /// The destination twice, then the source twice.
        addr: computed mac        "Source or Destination Address" hidden,
    }
    claims { link = 10 }
    tables { LLC: "@llc", DATA: "@data" }
}

const ASYNC_LLC: u8 = 0x5;
const SYNC_LLC: u8 = 0xd;

impl Dissector for Fddi {
    fn dissect(&mut self, pdu: &mut Pdu<'_>) -> Step {
        let control = pdu.show(FC)?;
        let class = control >> 4;
        if class == ASYNC_LLC {
            pdu.show(FC_PRIO)?;
        }
        pdu.skip(1)?;
        pdu.info(format_args!("{}", Self::name(FC_CLF, class)));
        for field in [DST, SRC] {
            let at = pdu.position();
            let bytes = pdu.rest().first_chunk::<6>().copied();
            pdu.skip(6)?;
            let swapped = bytes.unwrap_or_default().map(u8::reverse_bits);
            for _ in 0..2 {
                pdu.computed(field, at..at + 6, swapped);
                pdu.computed(ADDR, at..at + 6, swapped);
            }
        }
        pdu.hand_to(if matches!(class, ASYNC_LLC | SYNC_LLC) { LLC } else { DATA });
        Ok(())
    }
}

builtin!(Fddi);

#[test]
fn an_llc_frame() {
    check::<Fddi>(
        "50 400000000001 800000000080 aaaa03",
        expect![[r#"
            Fiber Distributed Data Interface, Src: 01:00:00:00:00:01, Dst: 02:00:00:00:00:80, Async LLC
              Frame Control: 0x50
                0101 .... = Class/Length/Format: Async LLC (0x5)
              Priority: 0
              Destination: 02:00:00:00:00:80
              Destination: 02:00:00:00:00:80
              Source: 01:00:00:00:00:01
              Source: 01:00:00:00:00:01
            → @llc [0]: bytes 13..16
        "#]],
    );
}

#[test]
fn others_and_cut_short() {
    check::<Fddi>(
        "41 ffffffffffff 800000000080 0101",
        expect![[r#"
            Fiber Distributed Data Interface, Src: 01:00:00:00:00:01, Dst: ff:ff:ff:ff:ff:ff, SMT
              Frame Control: 0x41
                0100 .... = Class/Length/Format: SMT (0x4)
              Destination: ff:ff:ff:ff:ff:ff
              Destination: ff:ff:ff:ff:ff:ff
              Source: 01:00:00:00:00:01
              Source: 01:00:00:00:00:01
            → @data [0]: bytes 13..15
        "#]],
    );
    check::<Fddi>(
        "50 400000000001 8000",
        expect![[r#"
            Fiber Distributed Data Interface, Dst: 02:00:00:00:00:80, Async LLC
              Frame Control: 0x50
                0101 .... = Class/Length/Format: Async LLC (0x5)
              Priority: 0
              Destination: 02:00:00:00:00:80
              Destination: 02:00:00:00:00:80
              [error] short: bytes needs 6 bytes at offset 7, 2 are there
        "#]],
    );
}
