//! Checksums: verifying them, and saying what became of it.
//!
//! The checksum is a field like any other; what became of verifying it is a second one, computed, by custom
//! `checksum.status` with the names of `checksum::STATUS`. `pdu.checksum(STATUS, range, holds)` records it, with the
//! diagnostic `bad-checksum` where it does not hold. `holds` is an `Option`: `None` says that nobody knows, and shows
//! as *Unverified*.
//!
//! What is cheap and always right may be verified always. Else a setting switches it on, by custom `check_checksum`,
//! off by default: a sender's own captures are full of checksums that its network card fills in later.
//!
//! [`prosector_sdk::checksum`] has the Internet checksum, the CRC of Ethernet, CRCs of 16 bits for any polynomial,
//! and Fletcher's as OSI has it. For all others there is the crate `crc`.
//!
//! What can go wrong:
//!
//! * Not every byte may have been captured. `pdu.data().get(range)` is `None` then, which is just the answer that
//!   `checksum` wants.
//! * In a quotation (`pdu.is_quoted()`, as in ICMP errors) routers may have changed the bytes. Don't verify there.
//! * The checksum itself: does it count as zeros, or is it left out, or is the result over everything a constant (0
//!   for the Internet checksum)?
//! * A verification behind `pdu.wants(STATUS)` gives no diagnostic to whoever looks for diagnostics only. The setting
//!   is enough.
//! * Its order of bytes is a matter of its own: CRCs on serial lines are often little-endian in protocols that are
//!   not.

use prosector_sdk::checksum::{self, crc16, internet};
use prosector_sdk::prelude::*;

/// The dissector.
#[derive(Default)]
pub struct Telegram {
    check_checksum: bool,
}

protocol! {
    /// A telegram of a serial line, packed into datagrams.
    Telegram = telegram "TELEGRAM", "Serial telegram" {
        line: u16                           "Line",
        len: u16                            "Length of data",
        /// Internet checksum of the six bytes of the header.
        header_checksum: u16 hex            "Header checksum",
        header_checksum.status: computed u8 "Header checksum status" = checksum::STATUS,
        data: bytes                         "Data",
        /// CRC-16 of Modbus over the data.
        checksum: u16 le hex                "Checksum",
        checksum.status: computed u8        "Checksum status" = checksum::STATUS,
    }
    claims { udp.port = 7113 }
    settings { check_checksum: bool = false "Verify the checksum of the data" }
}

const HEADER: usize = 6;

impl Dissector for Telegram {
    fn configure(&mut self, settings: &Settings) -> Result<(), String> {
        self.check_checksum = settings.is_on("check_checksum");
        Ok(())
    }

    fn dissect(&mut self, pdu: &mut Pdu<'_>) -> Step {
        let line = pdu.take(LINE)?;
        let len = usize::from(pdu.take(LEN)?);
        pdu.info(format_args!("line {line}, {len} bytes"));
        pdu.take(HEADER_CHECKSUM)?;
        let holds = pdu.data().get(..HEADER).map(|header| internet(header) == 0);
        pdu.checksum(HEADER_CHECKSUM_STATUS, 4..HEADER, holds);
        let data = pdu.take_bytes(DATA, len)?;
        let (at, sum) = (pdu.position(), pdu.take(CHECKSUM)?);
        let verify = self.check_checksum && !pdu.is_quoted();
        pdu.checksum(CHECKSUM_STATUS, at..at + 2, verify.then(|| crc16(0xa001, 0xffff, data) == sum));
        pdu.end_here();
        Ok(())
    }
}

#[cfg(test)]
use prosector_sdk::testkit::{check_cut, check_with};

#[test]
fn nobody_asked() {
    check::<Telegram>(
        "0007 0009 ffef 313233343536373839 374b",
        expect![[r#"
        Serial telegram, line 7, 9 bytes
          Line: 7
          Length of data: 9
          Header checksum: 0xffef
          Header checksum status: Good (1)
          Data: 313233343536373839
          Checksum: 0x4b37
          Checksum status: Unverified (2)
    "#]],
    );
}

#[test]
fn verified() {
    let setting = [("check_checksum", "true")];
    check_with::<Telegram>(
        &setting,
        "0007 0009 ffef 313233343536373839 374b",
        expect![[r#"
        Serial telegram, line 7, 9 bytes
          Line: 7
          Length of data: 9
          Header checksum: 0xffef
          Header checksum status: Good (1)
          Data: 313233343536373839
          Checksum: 0x4b37
          Checksum status: Good (1)
    "#]],
    );
    check_with::<Telegram>(
        &setting,
        "0007 0009 ffef 313233343536373838 374b",
        expect![[r#"
        Serial telegram, line 7, 9 bytes
          Line: 7
          Length of data: 9
          Header checksum: 0xffef
          Header checksum status: Good (1)
          Data: 313233343536373838
          Checksum: 0x4b37
          Checksum status: Bad (0)
          [error] bad-checksum: the checksum does not hold
    "#]],
    );
}

#[test]
fn a_header_that_does_not_hold() {
    check::<Telegram>(
        "0007 0001 ffef 31 0000",
        expect![[r#"
        Serial telegram, line 7, 1 bytes
          Line: 7
          Length of data: 1
          Header checksum: 0xffef
          Header checksum status: Bad (0)
          [error] bad-checksum: the checksum does not hold
          Data: 31
          Checksum: 0x0000
          Checksum status: Unverified (2)
    "#]],
    );
}

#[test]
fn cut_by_the_capture() {
    check_cut::<Telegram>(
        8,
        "0007 0009 ffef 313233",
        expect![[r#"
        Serial telegram, line 7, 9 bytes
          Line: 7
          Length of data: 9
          Header checksum: 0xffef
          Header checksum status: Good (1)
          [note] cut: telegram.data needs 9 bytes at offset 6, 3 were captured
    "#]],
    );
}
