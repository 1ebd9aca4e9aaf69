//! The info line, and values that are dear to compute.
//!
//! `pdu.info(format_args!(…))` says in one line what the PDU is about; a later call replaces it. It is formatted only
//! if somebody wants it, so what it shows is to be worked out while it is written: `Self::name(FIELD, value)` looks a
//! name up then, and `fmt::from_fn` does the same for anything else.
//!
//! A computed field that costs more than a few instructions stands behind `pdu.wants(FIELD)`. A run that prints two
//! columns of other protocols wants none of it.
//!
//! What can go wrong:
//!
//! * Set the line as soon as it can be said, and again when more is known. What is broken afterwards then has one all
//!   the same.
//! * No `format!` and no `String` beside it: they are made for every frame, wanted or not.
//! * The line must not say less because a field isn't wanted: what it shows is not behind `wants`.
//! * Reading may not depend on `wants`: whether a field is wanted must change nothing about any other.
//! * Texts from the frame are cut to a length, and decoded by `from_utf8_lossy`. Line ends and other control
//!   characters are escaped by the outputs.
//! * No title of the protocol, no addresses: both stand beside it already.

use prosector_sdk::prelude::*;
use std::fmt;

/// The dissector.
#[derive(Default)]
pub struct Photo;

protocol! {
    /// Blocks of pictures, sent one by one.
    Photo = photo "PHOTO", "Picture blocks" {
        type: u8                        "Type" = { 1 "begin", 2 "block", 3 "end" },
        picture: u16                    "Picture",
        name: str                       "File name",
        number: u16                     "Block",
        data: bytes                     "Data",
        /// From 0 (all the same) to 8 (as good as random).
        data.entropy: computed f64      "Entropy" unit "bits/byte",
        missing: u16                    "Missing block",
    }
    claims { udp.port = 7126 }
}

impl Dissector for Photo {
    fn dissect(&mut self, pdu: &mut Pdu<'_>) -> Step {
        let kind = pdu.take(TYPE)?;
        let picture = pdu.take(PICTURE)?;
        pdu.info(format_args!("{} of {picture}", Self::name(TYPE, kind)));
        match kind {
            1 => {
                let name = pdu.take_rest(NAME);
                let short = name.get(..32).unwrap_or(name);
                pdu.info(format_args!("begin of {picture}, {}", String::from_utf8_lossy(short)));
            }
            2 => {
                let number = pdu.take(NUMBER)?;
                pdu.info(format_args!("block {number} of {picture}, {} bytes", pdu.wire_remaining()));
                let at = pdu.position();
                let data = pdu.take_rest(DATA);
                if pdu.wants(DATA_ENTROPY) {
                    pdu.computed(DATA_ENTROPY, at..at + data.len(), entropy(data));
                }
            }
            3 => {
                let missing = pdu.rest();
                pdu.info(format_args!("end of {picture}{}", listed(missing)));
                pdu.repeat(|pdu| pdu.take(MISSING).map(drop))?;
            }
            _ => {}
        }
        Ok(())
    }
}

/// How many bits each byte says, by how often each value comes.
fn entropy(data: &[u8]) -> f64 {
    let mut counts = [0u32; 256];
    data.iter().for_each(|&byte| counts[usize::from(byte)] += 1);
    let shares = counts.iter().filter(|&&count| count > 0).map(|&count| f64::from(count) / data.len() as f64);
    shares.map(|share| share * (1.0 / share).log2()).sum()
}

/// The first numbers of a list, and how many more there are.
fn listed(bytes: &[u8]) -> impl fmt::Display {
    const SHOWN: usize = 3;
    fmt::from_fn(move |f| {
        let (numbers, _) = bytes.as_chunks::<2>();
        for (at, &number) in numbers.iter().take(SHOWN).enumerate() {
            write!(f, "{} {}", if at == 0 { ", without" } else { "," }, u16::from_be_bytes(number))?;
        }
        match numbers.len().saturating_sub(SHOWN) {
            0 => Ok(()),
            more => write!(f, " and {more} more"),
        }
    })
}

#[test]
fn lines() {
    check::<Photo>(
        "01 0007 6361740a2e6a7067",
        expect![[r#"
        Picture blocks, begin of 7, cat\n.jpg
          Type: begin (1)
          Picture: 7
          File name: cat\n.jpg
    "#]],
    );
    check::<Photo>(
        "02 0007 0001 00ff00ff",
        expect![[r#"
        Picture blocks, block 1 of 7, 4 bytes
          Type: block (2)
          Picture: 7
          Block: 1
          Data: 00ff00ff
          Entropy: 1 bits/byte
    "#]],
    );
    check::<Photo>(
        "03 0007",
        expect![[r#"
        Picture blocks, end of 7
          Type: end (3)
          Picture: 7
    "#]],
    );
    check::<Photo>(
        "03 0007 0001 0002 0005 0008 0009",
        expect![[r#"
        Picture blocks, end of 7, without 1, 2, 5 and 2 more
          Type: end (3)
          Picture: 7
          Missing block: 1
          Missing block: 2
          Missing block: 5
          Missing block: 8
          Missing block: 9
    "#]],
    );
}

#[test]
fn what_is_broken_has_a_line_all_the_same() {
    check::<Photo>(
        "02 0007 00",
        expect![[r#"
        Picture blocks, block of 7
          Type: block (2)
          Picture: 7
          [error] short: photo.number needs 2 bytes at offset 3, 1 are there
    "#]],
    );
}
