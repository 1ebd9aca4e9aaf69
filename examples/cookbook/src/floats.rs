//! Floating-point numbers.
//!
//! `f32` and `f64` are IEEE 754 numbers of 4 and 8 bytes, `le` where they are little-endian. `take` gives the Rust
//! type of that name. For other forms there is `computed f64`: read the bits as a number of their own, which may be
//! `hidden` since nobody needs to see it, work the value out, and record it for the same bytes. This page has the
//! half (IEEE 754 binary16) and the brain float (the upper half of an `f32`); a whole number that stands for a
//! fraction needs none of this, see the page on scaling.
//!
//! What can go wrong:
//!
//! * An `f32` is shown with as many digits as tell it from its neighbours, 0.1. As the `f64` that filters compare it is
//!   0.10000000149011612: ask for a range, not for equality.
//! * NaN and infinities are values like others and must not be a panic: no `as` that assumes a range, no index made
//!   from one.
//! * `computed` takes whatever number it is given, and only a float goes into a field of floats. `pdu.computed(FIELD,
//!   range, 25u8)` compiles and shows nonsense: write `25.0` or `f64::from(n)`.

use prosector_sdk::prelude::*;

/// The dissector.
#[derive(Default)]
pub struct Pose;

protocol! {
    /// Position of a vehicle, and how sure of it it is.
    Pose = pose "POSE", "Vehicle pose" {
        latitude: f64                   "Latitude" unit "°",
        longitude: f64                  "Longitude" unit "°",
        speed: f32 le                   "Speed" unit "m/s",
        /// Sign, 5 bits of exponent, 10 of fraction.
        heading.raw: u16 hex            "Heading, bits" hidden,
        heading: computed f64           "Heading" unit "rad",
        /// Sign, 8 bits of exponent, 7 of fraction.
        variance.raw: u16 hex           "Variance, bits" hidden,
        variance: computed f64          "Variance",
    }
    claims { udp.port = 7105 }
}

impl Dissector for Pose {
    fn dissect(&mut self, pdu: &mut Pdu<'_>) -> Step {
        let latitude = pdu.take(LATITUDE)?;
        let longitude = pdu.take(LONGITUDE)?;
        pdu.info(format_args!("{latitude:.5}° {longitude:.5}°"));
        if !(-90.0..=90.0).contains(&latitude) {
            pdu.diagnostic(Severity::Warning, "bad-latitude", 0..8, format_args!("not from -90° to 90°"));
        }
        pdu.take(SPEED)?;
        let (at, bits) = (pdu.position(), pdu.take(HEADING_RAW)?);
        pdu.computed(HEADING, at..at + 2, half(bits));
        let (at, bits) = (pdu.position(), pdu.take(VARIANCE_RAW)?);
        pdu.computed(VARIANCE, at..at + 2, f64::from(f32::from_bits(u32::from(bits) << 16)));
        pdu.end_here();
        Ok(())
    }
}

/// The value of a half (IEEE 754-2019, section 3.4).
fn half(bits: u16) -> f64 {
    let (exponent, fraction) = (i32::from(bits >> 10 & 0x1f), f64::from(bits & 0x3ff));
    let size = match exponent {
        0 => fraction * 2f64.powi(-24),
        0x1f if fraction == 0.0 => f64::INFINITY,
        0x1f => f64::NAN,
        _ => (1.0 + fraction / 1024.0) * 2f64.powi(exponent - 15),
    };
    if bits >> 15 == 0 { size } else { -size }
}

#[test]
fn halves() {
    assert_eq!([0x3c00, 0xc000, 0x0001, 0x7bff].map(half), [1.0, -2.0, 2f64.powi(-24), 65504.0]);
    assert!(half(0xfc00) == f64::NEG_INFINITY && half(0x7e00).is_nan());
}

#[test]
fn a_pose() {
    check::<Pose>(
        "404a428f5c28f5c3 c01e000000000000 cdcccc3d 3e00 3f80",
        expect![[r#"
            Vehicle pose, 52.52000° -7.50000°
              Latitude: 52.52 °
              Longitude: -7.5 °
              Speed: 0.1 m/s
              Heading: 1.5 rad
              Variance: 1
        "#]],
    );
}

#[test]
fn no_numbers_at_all() {
    check::<Pose>(
        "7ff8000000000000 7ff0000000000000 000080ff 7c00",
        expect![[r#"
        Vehicle pose, NaN° inf°
          Latitude: NaN °
          Longitude: inf °
          [warning] bad-latitude: not from -90° to 90°
          Speed: -inf m/s
          Heading: inf rad
          [error] short: pose.variance.raw needs 2 bytes at offset 22, 0 are there
    "#]],
    );
}
