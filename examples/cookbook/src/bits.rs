//! Fields that are no whole bytes.
//!
//! * Some bits of one number: declare the number as wide as it is, across as many bytes as it has, and its bits as
//!   parts of it: `name: MASK "Title"`. A part is a number, or true or false where it has one bit; `bool`, `uint`,
//!   `hex` before the mask say otherwise. `take` of the number records all its parts, which trees show with a picture
//!   of their bits (up to four bytes); `peek(PART)` gives one of them, masked and shifted down.
//! * Bits that have nothing in common but the byte: fields with a mask of their own, `u8 & 0xf0`. `show` reads the
//!   one without moving, `take` the last one.
//! * Bits with a sign: a field `i16 & 0x0fff`. Parts have no sign.
//! * Bits that lie where earlier ones have left off, as in a row of samples of 12 bits: `computed`, from the bytes
//!   that they lie in.
//!
//! What can go wrong:
//!
//! * Masks are masks of the number, after its byte order is undone.
//! * Whether bits are counted from the top or from the bottom differs between specifications: RFCs call the top bit
//!   0.
//! * Bits without a part stay invisible, and where they are reserved somebody will want to see them: give them a
//!   part.

use prosector_sdk::prelude::*;

/// The dissector.
#[derive(Default)]
pub struct Sonar;

protocol! {
    /// Echoes that a sonar has heard.
    Sonar = sonar "SONAR", "Sonar echoes" {
        version: u8 & 0xf0              "Version",
        /// Rows of samples.
        rows: u8 & 0x0f                 "Rows",
        /// 2 bits, 10 bits and 12 bits, over three bytes.
        beam: u24 hex                   "Beam" {
            mode: 0xc00000              "Mode" = { 0 "idle", 1 "ping", 2 "chirp" },
            gain: 0x3ff000              "Gain",
            pulse: 0x000fff             "Pulse",
        },
        muted: bool(u16) & 0x8000       "Muted",
        reserved: u16 hex & 0x7000      "Reserved",
        tilt: i16 & 0x0fff              "Tilt" unit "°",
        sample: computed u16            "Sample",
    }
    claims { udp.port = 7114 }
}

/// Samples in a row, and bits in a sample.
const ROW: usize = 4;
const SAMPLE_BITS: usize = 12;

impl Dissector for Sonar {
    fn dissect(&mut self, pdu: &mut Pdu<'_>) -> Step {
        pdu.show(VERSION)?;
        let rows = usize::from(pdu.take(ROWS)?);
        let mode = pdu.peek(BEAM_MODE)?;
        pdu.info(format_args!("{}, {rows} rows", Self::name(BEAM_MODE, mode)));
        pdu.take(BEAM)?;
        pdu.show(MUTED)?;
        pdu.show(RESERVED)?;
        pdu.take(TILT)?;
        let start = pdu.position();
        pdu.skip((rows * ROW * SAMPLE_BITS).div_ceil(8))?;
        for sample in 0..rows * ROW {
            let (first, end) = (8 * start + sample * SAMPLE_BITS, 8 * start + (sample + 1) * SAMPLE_BITS);
            let value = bits(pdu.data(), first, SAMPLE_BITS);
            pdu.computed(SAMPLE, first / 8..end.div_ceil(8), value);
        }
        pdu.end_here();
        Ok(())
    }
}

/// The number in `count` bits, up to 57, which begin `first` bits behind the start. What is not there counts as zero.
fn bits(bytes: &[u8], first: usize, count: usize) -> u64 {
    let (from, to) = (first / 8, (first + count).div_ceil(8));
    let number = (from..to).fold(0, |number, at| number << 8 | u64::from(bytes.get(at).copied().unwrap_or(0)));
    number >> (8 * to - first - count) & ((1 << count) - 1)
}

#[test]
fn bits_anywhere() {
    assert_eq!(bits(&[0xab, 0xcd, 0xef], 0, 12), 0xabc);
    assert_eq!(bits(&[0xab, 0xcd, 0xef], 12, 12), 0xdef);
    assert_eq!(bits(&[0xab, 0xcd, 0xef], 7, 3), 0b111);
    assert_eq!(bits(&[0xab], 4, 12), 0xb00);
}

#[test]
fn one_row() {
    check::<Sonar>(
        "31 801064 8ffb 001002 7ffabc",
        expect![[r#"
        Sonar echoes, chirp, 1 rows
          Version: 3
          Rows: 1
          Beam: 0x801064
            10.. .... .... .... .... .... = Mode: chirp (2)
            ..00 0000 0001 .... .... .... = Gain: 1
            .... .... .... 0000 0110 0100 = Pulse: 100
          Muted: True
          Reserved: 0x0
          Tilt: -5 °
          Sample: 1
          Sample: 2
          Sample: 2047
          Sample: 2748
    "#]],
    );
}

#[test]
fn a_row_is_missing() {
    check::<Sonar>(
        "32 401064 0005 001002 7ffabc",
        expect![[r#"
        Sonar echoes, ping, 2 rows
          Version: 3
          Rows: 2
          Beam: 0x401064
            01.. .... .... .... .... .... = Mode: ping (1)
            ..00 0000 0001 .... .... .... = Gain: 1
            .... .... .... 0000 0110 0100 = Pulse: 100
          Muted: False
          Reserved: 0x0
          Tilt: 5 °
          [error] short: bytes needs 12 bytes at offset 6, 6 are there
    "#]],
    );
}
