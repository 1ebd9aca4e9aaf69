//! Parts that are there in some PDUs only.
//!
//! Three things tell whether a part is there:
//!
//! * A bit. Each part of a number with flags is a field of its own, so `peek` asks for it by name; `take` of the
//!   number then records all of them. No mask needs to be written twice.
//! * A type. A `match` on it; what nobody knows shows as bytes.
//! * The length. Newer versions have added fields at the end, which are there if `wire_remaining` has room for them.
//!
//! What can go wrong:
//!
//! * A part that isn't there is no zero. Record nothing: filters and columns tell absent from 0.
//! * Where the protocol says what an absent part stands for, that value may be recorded as `computed`, from no bytes
//!   (`0..0`). Trees show it in brackets.
//! * Ask `wire_remaining`, not `remaining`, what is there: the latter counts what the capture has, and a capture that
//!   cuts frames off would look like an older version.
//! * Bits that nobody knows may stand for parts that nobody can skip. If the protocol says that they do, end there.

use prosector_sdk::prelude::*;

/// The dissector.
#[derive(Default)]
pub struct Parcel;

protocol! {
    /// A parcel was scanned.
    Parcel = parcel "PARCEL", "Parcel scan" {
        parcel: u32                     "Parcel",
        has: u8 hex                     "Parts" {
            weight: 0x01                "Weight",
            place: 0x02                 "Place",
            more: hex 0xfc              "Unknown parts",
        },
        weight: u16                     "Weight" unit "g",
        place.kind: u8                  "Kind of place" = { 1 "depot", 2 "van", 3 "position" },
        place.depot: u16                "Depot",
        place.van: str[4]               "Van",
        place.latitude: i32 / 1000000   "Latitude" unit "°",
        place.longitude: i32 / 1000000  "Longitude" unit "°",
        place.unknown: bytes            "Place",
        /// Since version 2 of the protocol. Before, everybody scanned by hand.
        scanner: u8                     "Scanner" = SCANNERS,
        scanner as SCANNER_BY_DEFAULT: computed u8 "Scanner" = SCANNERS,
    }
    claims { udp.port = 7112 }
}

value_names! {
    /// Kinds of scanners.
    SCANNERS { 0 "by hand", 1 "gate", 2 "belt" }
}

impl Dissector for Parcel {
    fn dissect(&mut self, pdu: &mut Pdu<'_>) -> Step {
        let parcel = pdu.take(PARCEL)?;
        pdu.info(format_args!("parcel {parcel}"));
        let (has_weight, has_place, more) = (pdu.peek(HAS_WEIGHT)?, pdu.peek(HAS_PLACE)?, pdu.peek(HAS_MORE)?);
        pdu.take(HAS)?;
        if has_weight {
            pdu.take(WEIGHT)?;
        }
        if has_place {
            match pdu.take(PLACE_KIND)? {
                1 => pdu.take(PLACE_DEPOT).map(drop)?,
                2 => pdu.take(PLACE_VAN).map(drop)?,
                3 => {
                    pdu.take(PLACE_LATITUDE)?;
                    pdu.take(PLACE_LONGITUDE)?;
                }
                // How long it is only its kind tells.
                _ => {
                    pdu.take_rest(PLACE_UNKNOWN);
                    return Ok(());
                }
            }
        }
        if more != 0 {
            let text = format_args!("parts that are not known; what follows can't be read");
            pdu.diagnostic(Severity::Warning, "unknown-part", 4..5, text);
            return Ok(());
        }
        if pdu.wire_remaining() > 0 {
            pdu.take(SCANNER)?;
        } else {
            pdu.computed(SCANNER_BY_DEFAULT, 0..0, 0u8);
        }
        pdu.end_here();
        Ok(())
    }
}

#[test]
fn with_and_without() {
    check::<Parcel>(
        "00bc614e 00",
        expect![[r#"
        Parcel scan, parcel 12345678
          Parcel: 12345678
          Parts: 0x00
            .... ...0 = Weight: False
            .... ..0. = Place: False
            0000 00.. = Unknown parts: 0x00
          [Scanner: by hand (0)]
    "#]],
    );
    check::<Parcel>(
        "00bc614e 03 04d2 03 03216440 00ccf9e8 01",
        expect![[r#"
        Parcel scan, parcel 12345678
          Parcel: 12345678
          Parts: 0x03
            .... ...1 = Weight: True
            .... ..1. = Place: True
            0000 00.. = Unknown parts: 0x00
          Weight: 1234 g
          Kind of place: position (3)
          Latitude: 52.52 °
          Longitude: 13.43332 °
          Scanner: gate (1)
    "#]],
    );
}

#[test]
fn a_kind_of_place_that_nobody_knows() {
    check::<Parcel>(
        "00bc614e 02 07 0102",
        expect![[r#"
        Parcel scan, parcel 12345678
          Parcel: 12345678
          Parts: 0x02
            .... ...0 = Weight: False
            .... ..1. = Place: True
            0000 00.. = Unknown parts: 0x00
          Kind of place: 7
          Place: 0102
    "#]],
    );
}

#[test]
fn a_part_that_nobody_knows() {
    check::<Parcel>(
        "00bc614e 05 04d2 ffff",
        expect![[r#"
        Parcel scan, parcel 12345678
          Parcel: 12345678
          Parts: 0x05
            .... ...1 = Weight: True
            .... ..0. = Place: False
            0000 01.. = Unknown parts: 0x01
          Weight: 1234 g
          [warning] unknown-part: parts that are not known; what follows can't be read
    "#]],
    );
}

#[test]
fn the_part_does_not_fit() {
    check::<Parcel>(
        "00bc614e 02 02 5641",
        expect![[r#"
        Parcel scan, parcel 12345678
          Parcel: 12345678
          Parts: 0x02
            .... ...0 = Weight: False
            .... ..1. = Place: True
            0000 00.. = Unknown parts: 0x00
          Kind of place: van (2)
          [error] short: parcel.place.van needs 4 bytes at offset 6, 2 are there
    "#]],
    );
}
