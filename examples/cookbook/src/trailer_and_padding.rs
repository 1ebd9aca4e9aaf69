//! What lies behind: padding, trailers, and where a PDU ends.
//!
//! A slice may be longer than the PDU in it. Who knows says where it ends:
//!
//! * `set_len(LEN, len)`: a field has said so. It limits reading as well.
//! * `end_here()`: nothing follows the last field.
//!
//! What is behind goes back to the protocol around, which may have a use for it: so Ethernet learns which bytes are
//! padding, although only IP knows. Without either, a PDU is all of its slice.
//!
//! A trailer of one's own behind a payload is read in one of two ways:
//!
//! * The header tells how long the payload is, or the trailer has a fixed length and stands at the end of the PDU:
//!   hand on the payload with `len`, `skip` it, and read the trailer. `Crate` below does.
//! * Only the payload knows where it ends: declare the fields as `trailer`, and read them in [`Dissector::trailer`],
//!   which gets what the payload has left. `pdu.context()` has, in its low 32 bits, how many bytes are before it.
//!   `Belt` below does.
//!
//! What can go wrong:
//!
//! * `trailer` is not called where the payload took all of it, as data that nobody claims does. If that must not be,
//!   the first way is the right one.
//! * A PDU in a datagram that claims to be longer than it is: `set_len` changes nothing then. The field that doesn't
//!   fit says so.
//! * Padding up to a boundary is counted from the start of the PDU, or of the header around it? `next_multiple_of` is
//!   right for the former only.
//! * Padding that nobody looks at is `skip`ped; where it matters what is in it, it is a field.

use prosector_sdk::prelude::*;

mod packed {
    use super::*;

    /// The dissector.
    #[derive(Default)]
    pub struct Crate;

    protocol! {
        /// A payload, padding up to a multiple of four bytes, and a seal.
        Crate = crate "CRATE", "Crate" {
            len: u16                    "Length of payload",
            kind: u16 hex               "Type",
            padding: bytes              "Padding",
            seal: u32 hex               "Seal",
        }
        claims { udp.port = 7127 }
        tables { ETHERTYPE: "ethertype" }
    }

    impl Dissector for Crate {
        fn dissect(&mut self, pdu: &mut Pdu<'_>) -> Step {
            let len = usize::from(pdu.take(LEN)?);
            let kind = pdu.take(KIND)?;
            pdu.info(format_args!("{len} bytes"));
            pdu.hand_on(ETHERTYPE, kind).len(len);
            pdu.skip(len)?;
            let padding = pdu.position().next_multiple_of(4) - pdu.position();
            if padding > 0 {
                pdu.take_bytes(PADDING, padding)?;
            }
            pdu.take(SEAL)?;
            pdu.end_here();
            Ok(())
        }
    }
}

mod belt {
    use super::*;

    /// The dissector.
    #[derive(Default)]
    pub struct Belt;

    protocol! {
        /// What a conveyor belt puts around a frame: a header, and a trailer at the end.
        Belt = belt "BELT", "Conveyor belt" {
            belt: u16                   "Belt",
            kind: u16 hex               "Type",
            padding: bytes              "Padding" trailer,
            place: u16                  "Place" trailer,
            /// How many bytes of the belt are before the trailer.
            before: computed u32        "Bytes before" trailer,
        }
        claims { link = 147 }
        tables { ETHERTYPE: "ethertype" }
    }

    /// The last two bytes are the place, whatever is padding before.
    const PLACE_LEN: usize = 2;

    impl Dissector for Belt {
        fn dissect(&mut self, pdu: &mut Pdu<'_>) -> Step {
            let belt = pdu.take(BELT)?;
            let kind = pdu.take(KIND)?;
            pdu.info(format_args!("belt {belt}"));
            pdu.hand_on(ETHERTYPE, kind);
            Ok(())
        }

        fn trailer(&mut self, pdu: &mut Pdu<'_>) -> Step {
            pdu.computed(BEFORE, 0..0, pdu.context() as u32);
            let padding = pdu.wire_remaining().saturating_sub(PLACE_LEN);
            if padding > 0 {
                pdu.take_bytes(PADDING, padding)?;
            }
            pdu.take(PLACE)?;
            Ok(())
        }
    }
}

pub use belt::Belt;
pub use packed::Crate;

#[cfg(test)]
use prosector_sdk::testkit::check_trailer;

#[test]
fn a_crate() {
    check::<Crate>(
        "0006 0800 450000060000 0000 c0ffee00 ffff",
        expect![[r#"
        Crate, 6 bytes
          Length of payload: 6
          Type: 0x0800
          Padding: 0000
          Seal: 0xc0ffee00
        → ethertype [2048]: bytes 4..10
    "#]],
    );
    check::<Crate>(
        "0004 0800 45000006 c0ffee00",
        expect![[r#"
        Crate, 4 bytes
          Length of payload: 4
          Type: 0x0800
          Seal: 0xc0ffee00
        → ethertype [2048]: bytes 4..8
    "#]],
    );
}

#[test]
fn a_crate_shorter_than_its_payload() {
    check::<Crate>(
        "0006 0800 4500",
        expect![[r#"
        Crate, 6 bytes
          Length of payload: 6
          Type: 0x0800
          [error] short: bytes needs 6 bytes at offset 4, 2 are there
        → ethertype [2048]: bytes 4..6
    "#]],
    );
}

#[test]
fn a_belt() {
    check::<Belt>(
        "0003 0800 45000014 000000 0009",
        expect![[r#"
        Conveyor belt, belt 3
          Belt: 3
          Type: 0x0800
        → ethertype [2048]: bytes 4..13
    "#]],
    );
    check_trailer::<Belt>(
        24,
        "000000 0009",
        expect![[r#"
            trailer
              [Bytes before: 24]
              Padding: 000000
              Place: 9
        "#]],
    );
}

#[test]
fn half_a_trailer() {
    check_trailer::<Belt>(
        24,
        "00",
        expect![[r#"
            trailer
              [Bytes before: 24]
              [error] short: belt.place needs 2 bytes at offset 0, 1 are there
        "#]],
    );
}
