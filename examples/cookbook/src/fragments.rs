//! PDUs in pieces that say where they belong.
//!
//! `hand_on(TABLE, key).fragment(id, offset, more)` says that these bytes lie at `offset` of the PDU that the sender
//! calls `id`, and whether more follow. The host keeps them, in whatever order they come, and hands the whole to
//! whoever owns the key, in the frame that completes it. Until then a piece is shown as data. The dissector itself
//! keeps nothing and is not `stateful`.
//!
//! Pieces of one PDU have the same id, direction of a conversation, table and key (of two keys, the first).
//!
//! What can go wrong:
//!
//! * Without a conversation nothing is put together. Above UDP or TCP there is one; a protocol on Ethernet says who
//!   talks to whom, by `addresses(from, to, len)`, where the addresses lie in it.
//! * A piece must end where its bytes end. On Ethernet short frames are filled up, and the padding would become a
//!   part of the whole: hand on the length that the header tells.
//! * Offsets are in bytes, as `usize`; many protocols count units of eight.
//! * A PDU in one piece (offset 0, nothing follows) is handed on as it is. `fragment` does that too, but a plain
//!   `hand_on` costs less.
//! * Where only the first piece tells what the PDU is, its kind can't be the key: hand on to one dissector (`@name`)
//!   that reads it from the whole.
//! * Bytes that come twice count once, the first ones. A length that doesn't agree is a diagnostic, `bad-fragment`.
//!   After a minute it is begun anew, as ids come again; a PDU has a megabyte at most.
//! * Pieces without offsets, one behind the other, are a stream: see the page on streams.

use prosector_sdk::prelude::*;

mod cell {
    use super::*;

    /// The dissector.
    #[derive(Default)]
    pub struct Cell;

    protocol! {
        /// Messages in cells, on Ethernet.
        Cell = cell "CELL", "Cells" {
            src: u8                     "From" source,
            dst: u8                     "To" destination,
            kind: u8                    "Kind",
            id: u16 hex                 "Message",
            place: u16 hex              "Place" {
                more: 0x8000            "More follow",
                /// In units of four bytes.
                offset: 0x7fff * 4      "Offset" unit "bytes",
            },
            /// Of the piece alone.
            len: u8                     "Length" unit "bytes",
        }
        claims { ethertype = 0x88b6 }
        tables { KIND_TABLE: "cell.kind" }
    }

    impl Dissector for Cell {
        fn dissect(&mut self, pdu: &mut Pdu<'_>) -> Step {
            let src = pdu.take(SRC)?;
            let dst = pdu.take(DST)?;
            let kind = pdu.take(KIND)?;
            let id = pdu.take(ID)?;
            let more = pdu.peek(PLACE_MORE)?;
            let offset = 4 * usize::from(pdu.take(PLACE)? & 0x7fff);
            let len = usize::from(pdu.take(LEN)?);
            pdu.info(format_args!("{src} → {dst} message {id:#06x} at {offset}{}", if more { ", more" } else { "" }));
            let next = pdu.hand_on(KIND_TABLE, kind).len(len).addresses(0, 1, 1);
            if more || offset > 0 {
                next.fragment(id.into(), offset, more);
            }
            // Says so if the piece is longer than what is there.
            pdu.skip(len)?;
            pdu.end_here();
            Ok(())
        }
    }
}

mod letter {
    use super::*;

    /// What the messages of one kind are.
    #[derive(Layout)]
    #[layout(letter "LETTER", "Letter" claims { cell.kind = 1 } info "{subject}: {text}")]
    pub struct Letter {
        #[field("Subject")]
        subject: u16,
        #[field(str "Text")]
        text: Rest,
    }
}

pub use cell::Cell;
pub use letter::Letter;

#[test]
fn pieces() {
    check::<Cell>(
        "01 02 01 0007 8000 04 00056162 0000",
        expect![[r#"
        Cells, Src: 1, Dst: 2, 1 → 2 message 0x0007 at 0, more
          From: 1
          To: 2
          Kind: 1
          Message: 0x0007
          Place: 0x8000
            1... .... .... .... = More follow: True
            .000 0000 0000 0000 = Offset: 0 bytes
          Length: 4 bytes
        → cell.kind [1] part 7: bytes 8..12, Fragment at 0
    "#]],
    );
    check::<Cell>(
        "01 02 01 0007 0001 02 6364",
        expect![[r#"
        Cells, Src: 1, Dst: 2, 1 → 2 message 0x0007 at 4
          From: 1
          To: 2
          Kind: 1
          Message: 0x0007
          Place: 0x0001
            0... .... .... .... = More follow: False
            .000 0000 0000 0001 = Offset: 4 bytes
          Length: 2 bytes
        → cell.kind [1] part 7: bytes 8..10, LastFragment at 4
    "#]],
    );
}

#[test]
fn in_one_piece() {
    check::<Cell>(
        "01 02 01 0008 0000 05 0005616263",
        expect![[r#"
        Cells, Src: 1, Dst: 2, 1 → 2 message 0x0008 at 0
          From: 1
          To: 2
          Kind: 1
          Message: 0x0008
          Place: 0x0000
            0... .... .... .... = More follow: False
            .000 0000 0000 0000 = Offset: 0 bytes
          Length: 5 bytes
        → cell.kind [1]: bytes 8..13
    "#]],
    );
    check::<Letter>(
        "0005616263",
        expect![[r#"
        Letter, 5: abc
          Subject: 5
          Text: abc
    "#]],
    );
}

#[test]
fn too_short() {
    check::<Cell>(
        "01 02 01 0007 8000 09 0005",
        expect![[r#"
        Cells, Src: 1, Dst: 2, 1 → 2 message 0x0007 at 0, more
          From: 1
          To: 2
          Kind: 1
          Message: 0x0007
          Place: 0x8000
            1... .... .... .... = More follow: True
            .000 0000 0000 0000 = Offset: 0 bytes
          Length: 9 bytes
          [error] short: bytes needs 9 bytes at offset 8, 2 are there
        → cell.kind [1] part 7: bytes 8..10, Fragment at 0
    "#]],
    );
    check::<Cell>(
        "01 02 01 0007 80",
        expect![[r#"
        Cells, Src: 1, Dst: 2
          From: 1
          To: 2
          Kind: 1
          Message: 0x0007
          [error] short: cell.place.more needs 2 bytes at offset 5, 1 are there
    "#]],
    );
}
