//! Numbers that stand for something else: units, tenths, offsets.
//!
//! | declared | raw | shown |
//! |---|---|---|
//! | `u16 "Pressure" unit "hPa"` | 1013 | 1013 hPa |
//! | `u8 * 4 "Header length" unit "bytes"` | 5 | 20 bytes |
//! | `i16 / 10 "Temperature" unit "°C"` | 253 | 25.3 °C |
//! | `u8 - 40 "Coolant" unit "°C"` | 130 | 90 °C |
//! | `u16 * 5 / 100 + 900 "Sea level" unit "hPa"` | 2265 | 1013.25 hPa |
//!
//! The value is `number * FACTOR / DIVISOR ± OFFSET`, whatever the order that these are written in. With a divisor or
//! an offset it is a floating-point number, for `take`, filters and outputs alike; a factor alone leaves it a whole
//! one. There is one division, so 253 tenths are 25.3 and not 25.299999. Masks count before (`u16 & 0x0fff / 10`),
//! and so does a sign.
//!
//! What can go wrong:
//!
//! * What `take` gives is the value, in a type that has room for it: of a `u8 * 100` a `u16`.
//! * Factor, divisor and offset are whole numbers. A Fahrenheit sensor in tenths of kelvin needs more: `computed
//!   f64`.
//! * A special value (0x7fff for "no reading") would be shown as a reading. Look at the number first, by a field of
//!   the same name without scaling.
//! * Round in the info line only: `{:.1}`.

use prosector_sdk::prelude::*;

/// The dissector.
#[derive(Default)]
pub struct Engine;

protocol! {
    /// What an engine's controller measures.
    Engine = engine "ENGINE", "Engine status" {
        speed: u16                          "Speed" unit "rpm",
        header_length: u8 * 4               "Header length" unit "bytes",
        intake: i16 / 10                    "Intake" unit "°C",
        /// As it stands in the frame where no sensor is there.
        intake as INTAKE_RAW: i16           "Intake" = { 0x7fff "no sensor" },
        coolant: u8 - 40                    "Coolant" unit "°C",
        pressure: u16 le * 5 / 100 + 900    "Pressure" unit "hPa",
        lambda: u16 & 0x0fff / 1000         "Lambda",
        exhaust.raw: u16                    "Exhaust" unit "0.1 K" hidden,
        exhaust: computed f64               "Exhaust" unit "°F",
    }
    claims { udp.port = 7117 }
}

const NO_SENSOR: i16 = 0x7fff;

impl Dissector for Engine {
    fn dissect(&mut self, pdu: &mut Pdu<'_>) -> Step {
        let speed = pdu.take(SPEED)?;
        pdu.take(HEADER_LENGTH)?;
        if pdu.peek(INTAKE_RAW)? == NO_SENSOR {
            pdu.take(INTAKE_RAW)?;
            pdu.info(format_args!("{speed} rpm"));
        } else {
            let intake = pdu.take(INTAKE)?;
            pdu.info(format_args!("{speed} rpm, intake {intake:.0} °C"));
        }
        pdu.take(COOLANT)?;
        pdu.take(PRESSURE)?;
        pdu.take(LAMBDA)?;
        let (at, tenths) = (pdu.position(), pdu.take(EXHAUST_RAW)?);
        pdu.computed(EXHAUST, at..at + 2, fahrenheit(tenths));
        pdu.end_here();
        Ok(())
    }
}

/// Degrees Fahrenheit of tenths of kelvin.
fn fahrenheit(tenths: u16) -> f64 {
    (f64::from(tenths) * 18.0 - 45967.0) / 100.0
}

#[test]
fn readings() {
    check::<Engine>(
        "0bb8 05 00fd 82 d908 f3e8 1694",
        expect![[r#"
        Engine status, 3000 rpm, intake 25 °C
          Speed: 3000 rpm
          Header length: 20 bytes
          Intake: 25.3 °C
          Coolant: 90 °C
          Pressure: 1013.25 hPa
          Lambda: 1
          Exhaust: 580.73 °F
    "#]],
    );
}

#[test]
fn below_zero_and_no_sensor() {
    check::<Engine>(
        "0000 05 fff9 00 0000 0000 0000",
        expect![[r#"
        Engine status, 0 rpm, intake -1 °C
          Speed: 0 rpm
          Header length: 20 bytes
          Intake: -0.7 °C
          Coolant: -40 °C
          Pressure: 900 hPa
          Lambda: 0
          Exhaust: -459.67 °F
    "#]],
    );
    check::<Engine>(
        "0000 05 7fff 00 0000 0000 0000",
        expect![[r#"
        Engine status, 0 rpm
          Speed: 0 rpm
          Header length: 20 bytes
          Intake: no sensor (32767)
          Coolant: -40 °C
          Pressure: 900 hPa
          Lambda: 0
          Exhaust: -459.67 °F
    "#]],
    );
}

#[test]
fn cut_off_in_the_pressure() {
    check::<Engine>(
        "0bb8 05 00fd 82 d9",
        expect![[r#"
        Engine status, 3000 rpm, intake 25 °C
          Speed: 3000 rpm
          Header length: 20 bytes
          Intake: 25.3 °C
          Coolant: 90 °C
          [error] short: engine.pressure needs 2 bytes at offset 6, 1 are there
    "#]],
    );
}
