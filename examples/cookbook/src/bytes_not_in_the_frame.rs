//! Bytes that no frame has as they stand: unpacked, decoded, decrypted, put together.
//!
//! * `hand_on_bytes(TABLE, key, &bytes)` hands them to another dissector, as `hand_on` does with bytes of the frame.
//! * `computed_bytes(FIELD, range, &bytes)` records them as the value of a field, `computed bytes` or `computed str`,
//!   for the range that they were made from.
//!
//! What can go wrong:
//!
//! * A few bytes may stand for very many. Whoever unpacks bounds what comes out, and says that there was more. The
//!   host takes 512 MiB of a batch of frames, and of a plugin no more than its limit (1 MiB for a PDU, `bytes` in
//!   `plugins.toml`).
//! * What can't be unpacked is still there: hand on what was good up to there, or show the packed bytes.
//! * Offsets in what was unpacked are not those of the frame. The inner dissector counts from its own start, and
//!   needs to know nothing of this one.
//! * Work that is done for one field stands behind `wants`. Work for a hand-on is always done: the one who wants it
//!   isn't known.
//! * For what comes in pieces with offsets there is `fragment`, and the host puts it together; see the page on
//!   fragments.

use prosector_sdk::prelude::*;

/// The dissector.
#[derive(Default)]
pub struct Fax;

protocol! {
    /// Pages in runs of equal bytes, and a title that was turned by thirteen letters.
    Fax = fax "FAX", "Fax pages" {
        kind: u8                        "Kind",
        title.len: u8                   "Length of title",
        title.turned: str               "Title, turned",
        title: computed str             "Title",
        len: u16                        "Length of runs",
        /// How many, and which byte.
        runs: bytes                     "Runs",
        unpacked: computed u32          "Length unpacked" unit "bytes",
    }
    claims { udp.port = 7128 }
    tables { PAGE: "fax.kind" }
}

/// A page has no more bytes.
const MAX_PAGE: usize = 64 << 10;

impl Dissector for Fax {
    fn dissect(&mut self, pdu: &mut Pdu<'_>) -> Step {
        let kind = pdu.take(KIND)?;
        let len = usize::from(pdu.take(TITLE_LEN)?);
        let (at, turned) = (pdu.position(), pdu.take_bytes(TITLE_TURNED, len)?);
        if pdu.wants(TITLE) {
            let title: Vec<u8> = turned.iter().map(|&letter| turn(letter)).collect();
            pdu.computed_bytes(TITLE, at..at + len, &title);
        }
        let len = usize::from(pdu.take(LEN)?);
        let (at, runs) = (pdu.position(), pdu.take_bytes(RUNS, len)?);
        let (page, whole) = unpack(runs);
        if !whole {
            let text = format_args!("the runs break off, or are more than {MAX_PAGE} bytes");
            pdu.diagnostic(Severity::Error, "bad-runs", at..at + len, text);
        }
        pdu.computed(UNPACKED, at..at + len, page.len());
        pdu.info(format_args!("{} bytes", page.len()));
        pdu.hand_on_bytes(PAGE, kind, &page);
        pdu.end_here();
        Ok(())
    }
}

/// A letter, thirteen on in the alphabet.
fn turn(letter: u8) -> u8 {
    match letter {
        b'a'..=b'm' | b'A'..=b'M' => letter + 13,
        b'n'..=b'z' | b'N'..=b'Z' => letter - 13,
        _ => letter,
    }
}

/// What runs stand for, and whether that is all.
fn unpack(runs: &[u8]) -> (Vec<u8>, bool) {
    let (pairs, rest) = runs.as_chunks::<2>();
    let mut page = Vec::new();
    for &[count, byte] in pairs {
        if page.len() + usize::from(count) > MAX_PAGE {
            return (page, false);
        }
        page.extend(std::iter::repeat_n(byte, count.into()));
    }
    (page, rest.is_empty())
}

#[test]
fn runs() {
    assert_eq!(unpack(&[3, b'a', 0, b'b', 1, b'c']), (b"aaac".to_vec(), true));
    assert_eq!(unpack(&[3, b'a', 7]), (b"aaa".to_vec(), false));
    let (page, whole) = unpack(&[255, 0].repeat(1000));
    assert!(page.len() <= MAX_PAGE && !whole);
}

#[test]
fn a_page() {
    check::<Fax>(
        "02 05 75727979 62 0006 03ff 1000 01ff",
        expect![[r#"
            Fax pages, 20 bytes
              Kind: 2
              Length of title: 5
              Title, turned: uryyb
              Title: hello
              Length of runs: 6
              Runs: 03ff100001ff
              Length unpacked: 20 bytes
            → fax.kind [2]: side bytes 13..33
        "#]],
    );
}

#[test]
fn runs_that_break_off() {
    check::<Fax>(
        "02 01 6e 0003 03ff 10",
        expect![[r#"
            Fax pages, 3 bytes
              Kind: 2
              Length of title: 1
              Title, turned: n
              Title: a
              Length of runs: 3
              Runs: 03ff10
              [error] bad-runs: the runs break off, or are more than 65536 bytes
              Length unpacked: 3 bytes
            → fax.kind [2]: side bytes 64..67
        "#]],
    );
}

#[test]
fn runs_over_the_end() {
    check::<Fax>(
        "02 01 6e 0008 03ff",
        expect![[r#"
            Fax pages
              Kind: 2
              Length of title: 1
              Title, turned: n
              Title: a
              Length of runs: 8
              [error] short: fax.runs needs 8 bytes at offset 5, 2 are there
        "#]],
    );
}
