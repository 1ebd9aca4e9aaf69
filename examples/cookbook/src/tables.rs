//! A table of one's own: what a protocol carries is dissected by whoever claims it.
//!
//! A table needs no declaration but its name, by custom the protocol's and the field's that the key is in:
//! `bus.device`. Whoever says `claims { bus.device = 7 }`, in this plugin or in another one, has what is handed on
//! under that key; users bind keys by `-d bus.device==7,NAME` without anybody's doing. `tables { DEVICE: "bus.device"
//! }` makes the handle that `hand_on(DEVICE, key)` takes. It hands on everything between cursor and limit, so from
//! inside `within` just that part.
//!
//! Two keys, `hand_on(DEVICE, [first, second])`, are looked up in this order: the special one, then the general one.
//! What nobody claims is shown as data. `"@name"` is a table with one dissector in it, for what can't be anything
//! else; `hand_to(NAME)` needs no key.
//!
//! What the inner dissector has to know of the outer header goes with it as one number, the `context`.
//!
//! What can go wrong:
//!
//! * Keys are numbers of 64 bits. Two numbers (vendor and kind) are put into one, far enough apart that they can't
//!   meet.
//! * Claim in a table of one's own, too, instead of a `match` that calls functions: only so users and other plugins
//!   can replace a part.
//! * What was handed on belongs to the inner dissector. Don't read on behind it, unless `within` or `len` set an end.
//! * Tests of one dissector show what it hands on, not what becomes of it.

use prosector_sdk::prelude::*;

/// The key of a vendor's own device: above all general ones.
const fn of_vendor(vendor: u16, device: u16) -> u64 {
    1 << 32 | (vendor as u64) << 16 | device as u64
}

mod bus {
    use super::*;

    /// The dissector.
    #[derive(Default)]
    pub struct Bus;

    protocol! {
        /// A field bus: several devices' data in one telegram.
        Bus = bus "BUS", "Field bus" {
            cycle: u16                  "Cycle",
            slot: group                 "Slot",
            slot.vendor: u16 hex        "Vendor",
            slot.device: u16            "Device" = { 7 "thermometer", 8 "valve" },
            slot.len: u8                "Length",
        }
        claims { udp.port = 7122 }
        tables { DEVICE: "bus.device" }
    }

    impl Dissector for Bus {
        fn dissect(&mut self, pdu: &mut Pdu<'_>) -> Step {
            let cycle = pdu.take(CYCLE)?;
            pdu.info(format_args!("cycle {cycle}"));
            pdu.repeat(|pdu| {
                pdu.group(SLOT, |pdu| {
                    let vendor = pdu.take(SLOT_VENDOR)?;
                    let device = pdu.take(SLOT_DEVICE)?;
                    let len = pdu.take(SLOT_LEN)?.into();
                    pdu.within(SLOT_LEN, len, |pdu| {
                        pdu.hand_on(DEVICE, [of_vendor(vendor, device), device.into()]).context(cycle.into());
                        // Says so if the slot is longer than what is left.
                        pdu.skip(len)
                    })
                })
            })
        }
    }
}

mod thermometer {
    use super::*;

    /// The dissector.
    #[derive(Default)]
    pub struct Thermometer;

    protocol! {
        /// A thermometer on the field bus, of any vendor.
        Thermometer = thermometer "THERMOMETER", "Thermometer" {
            temperature: i16 / 10       "Temperature" unit "°C",
        }
        claims { bus.device = 7 }
    }

    impl Dissector for Thermometer {
        fn dissect(&mut self, pdu: &mut Pdu<'_>) -> Step {
            let temperature = pdu.take(TEMPERATURE)?;
            pdu.info(format_args!("{temperature} °C in cycle {}", pdu.context()));
            pdu.end_here();
            Ok(())
        }
    }
}

mod pyrometer {
    use super::*;

    /// A struct will do where there is nothing to decide.
    #[derive(Layout)]
    #[layout(pyrometer "PYROMETER", "Pyrometer"
        claims { bus.device = of_vendor(0x00ac, 7) }
        info "{temperature} °C, emissivity {emissivity}")]
    pub struct Pyrometer {
        #[field("Temperature" unit "°C")]
        temperature: u16,
        #[field(u8 / 100 "Emissivity")]
        emissivity: f64,
    }
}

pub use bus::Bus;
pub use pyrometer::Pyrometer;
pub use thermometer::Thermometer;

#[cfg(test)]
use prosector_sdk::testkit::check_in_context;

#[test]
fn the_bus() {
    check::<Bus>(
        "0102  0001 0007 02 00fd  00ac 0007 03 05dc5f",
        expect![[r#"
        Field bus, cycle 258
          Cycle: 258
          Slot: thermometer (7)
            Vendor: 0x0001
            Device: thermometer (7)
            Length: 2
          Slot: thermometer (7)
            Vendor: 0x00ac
            Device: thermometer (7)
            Length: 3
        → bus.device [4295032839, 7]: bytes 7..9
        → bus.device [4306239495, 7]: bytes 14..17
    "#]],
    );
}

#[test]
fn the_devices() {
    check_in_context::<Thermometer>(
        258,
        "00fd",
        expect![[r#"
        Thermometer, 25.3 °C in cycle 258
          Temperature: 25.3 °C
    "#]],
    );
    check::<Pyrometer>(
        "05dc5f",
        expect![[r#"
        Pyrometer, 1500 °C, emissivity 0.95
          Temperature: 1500 °C
          Emissivity: 0.95
    "#]],
    );
}

#[test]
fn a_slot_over_the_end() {
    check::<Bus>(
        "0102  0001 0007 09 00fd",
        expect![[r#"
        Field bus, cycle 258
          Cycle: 258
          Slot: thermometer (7)
            Vendor: 0x0001
            Device: thermometer (7)
            Length: 9
          [error] short: bytes needs 9 bytes at offset 7, 2 are there
        → bus.device [4295032839, 7]: bytes 7..9
    "#]],
    );
}
