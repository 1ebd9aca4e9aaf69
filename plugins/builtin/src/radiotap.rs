//! Radiotap, what was known of a frame of IEEE 802.11 when it was captured (<https://www.radiotap.org>):
//! LINKTYPE_IEEE802_11_RADIOTAP. Of its fields only those are read that say how the frame is to be read.

use crate::wlan::{PADDED, WITH_FCS};
use prosector_sdk::prelude::*;

/// The dissector.
#[derive(Default)]
pub struct Radiotap;

protocol! {
    /// The header that wireless captures have before each frame.
    Radiotap = radiotap "Radiotap", "Radiotap Header" {
        version: u8       "Header revision",
        pad: u8           "Header pad",
        length: u16 le    "Header length",
    }
    claims { link = 127 }
    tables { WLAN: "@wlan" }
}

impl Dissector for Radiotap {
    fn dissect(&mut self, pdu: &mut Pdu<'_>) -> Step {
        pdu.take(VERSION)?;
        pdu.take(PAD)?;
        let len = usize::from(pdu.take(LENGTH)?);
        if len < 8 {
            let text = format_args!("the header has at least 8 bytes");
            pdu.diagnostic(Severity::Error, "bad-length", 2..4, text);
            return Ok(());
        }
        let flags = pdu.data().get(..len).and_then(flags).unwrap_or(0);
        pdu.skip(len - 4)?;
        let fcs = if flags & 0x10 != 0 { WITH_FCS } else { 1 };
        let padded = if flags & 0x20 != 0 { PADDED } else { 0 };
        pdu.hand_to(WLAN).context(fcs | padded);
        Ok(())
    }
}

/// The field named flags, which can only have the time stamp before it.
fn flags(header: &[u8]) -> Option<u8> {
    const TIME_STAMP: u8 = 1;
    const FLAGS: u8 = 2;
    const MORE: u8 = 0x80;

    let present = header.get(4..)?;
    let words = present.chunks_exact(4).position(|word| word[3] & MORE == 0)? + 1;
    let start = 4 + words * 4;
    match present.first()? {
        first if first & FLAGS == 0 => None,
        first if first & TIME_STAMP == 0 => header.get(start).copied(),
        _ => header.get(start.next_multiple_of(8) + 8).copied(),
    }
}

builtin!(Radiotap);

#[test]
fn an_fcs() {
    assert_eq!(flags(&[0, 0, 9, 0, 2, 0, 0, 0, 0x10]), Some(0x10));
    let mut header = [0; 25];
    (header[4], header[7], header[24]) = (3, 0x80, 0x20);
    assert_eq!(flags(&header), Some(0x20));
    check::<Radiotap>(
        "0000 0900 02000000 10 d400",
        expect![[r#"
        Radiotap Header
          Header revision: 0
          Header pad: 0
          Header length: 9
        → @wlan [0]: bytes 9..11
    "#]],
    );
}

#[test]
fn without_flags() {
    check::<Radiotap>(
        "0000 0800 00000000 d400",
        expect![[r#"
        Radiotap Header
          Header revision: 0
          Header pad: 0
          Header length: 8
        → @wlan [0]: bytes 8..10
    "#]],
    );
}

#[test]
fn malformed() {
    check::<Radiotap>(
        "0000 0400 00000000 d400",
        expect![[r#"
        Radiotap Header
          Header revision: 0
          Header pad: 0
          Header length: 4
          [error] bad-length: the header has at least 8 bytes
    "#]],
    );
    check::<Radiotap>(
        "0000 0900 02",
        expect![[r#"
        Radiotap Header
          Header revision: 0
          Header pad: 0
          Header length: 9
          [error] short: bytes needs 5 bytes at offset 4, 1 are there
    "#]],
    );
}
