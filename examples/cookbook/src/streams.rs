//! PDUs in a byte stream, as TCP carries them.
//!
//! A dissector that claims a `tcp.port` (or another table of streams, as `tls.port`) is called with bytes that begin
//! with a PDU. Where this ends it says; what is behind is its next call. Where bytes are missing it waits, and is
//! called anew, from the start of the PDU, when more have come. What was recorded in a call that waits is dropped, so
//! it is written as if everything were there.
//!
//! * **A header with a length**: `set_len(LEN, len)` says where the PDU ends, `wait_for(len)` leaves unless all of it
//!   is there. (`set_len` alone would do; `wait_for` spares reading what is thrown away, and what follows it sees a
//!   whole PDU.)
//! * **A delimiter**: `take_line`, `take_until`, `take_cstr` wait for theirs, for up to 64 KiB. `end_here` then ends
//!   the PDU.
//! * **Neither**: running off the end by `?` waits for just the field that doesn't fit. `wait_more` waits for one
//!   byte more, where only looking tells.
//!
//! The same dissector takes datagrams, where running off the end is an error: `pdu.is_stream()` tells, if it matters.
//!
//! What can go wrong:
//!
//! * Without `set_len` or `end_here` a PDU is everything that has arrived so far, and the cut into segments decides
//!   what is in it.
//! * A length that is less than its own header would put the next PDU inside this one. Nobody knows then where that
//!   begins; say so and take everything.
//! * A length that can't be (the magic number is wrong, 4 GiB) waits for long. `reject` says that this is no PDU of
//!   the protocol. Of a PDU of more than 4 MiB the host dissects what has come, and passes over the rest.
//! * `take_rest` fits always. A text of known length is taken by `take_bytes`, which says so if the stream (or the
//!   datagram) ends before it.
//! * State changes behind the last place that may wait, see the page on state.

use prosector_sdk::prelude::*;

mod framed {
    use super::*;

    /// The dissector.
    #[derive(Default)]
    pub struct Framed;

    protocol! {
        /// Messages behind a header that says how long they are.
        Framed = framed "FRAMED", "Framed messages" {
            magic: u16 hex              "Magic number",
            kind: u16                   "Kind" = { 1 "text", 2 "number" },
            /// These eight bytes count.
            len: u32                    "Length",
            text: str                   "Text",
            number: u32                 "Number",
            body: bytes                 "Body",
        }
        claims { tcp.port = 7120 }
    }

    const MAGIC_NUMBER: u16 = 0x4652;
    const HEADER: usize = 8;

    impl Dissector for Framed {
        fn dissect(&mut self, pdu: &mut Pdu<'_>) -> Step {
            if pdu.take(MAGIC)? != MAGIC_NUMBER {
                return pdu.reject();
            }
            let kind = pdu.take(KIND)?;
            let len = pdu.take(LEN)? as usize;
            if len < HEADER {
                pdu.diagnostic(Severity::Error, "bad-length", 4..8, format_args!("{len} is less than the header"));
                pdu.take_rest(BODY);
                return Ok(());
            }
            pdu.set_len(LEN, len);
            pdu.wait_for(len)?;
            let body = len - HEADER;
            pdu.info(format_args!("{}, {body} bytes", Self::name(KIND, kind)));
            match kind {
                1 => pdu.take_bytes(TEXT, body).map(drop),
                2 => pdu.take(NUMBER).map(drop),
                _ => pdu.take_bytes(BODY, body).map(drop),
            }
        }
    }
}

mod lines {
    use super::*;

    /// The dissector.
    #[derive(Default)]
    pub struct Chat;

    protocol! {
        /// Commands in lines; a text follows some of them, up to a line with nothing but a dot.
        Chat = chat "CHAT", "Chat lines" {
            command: str                "Command",
            text: str                   "Text",
        }
        claims { tcp.port = 7121 }
    }

    impl Dissector for Chat {
        fn dissect(&mut self, pdu: &mut Pdu<'_>) -> Step {
            let command = pdu.take_line(COMMAND)?;
            if command == b"SAY" {
                pdu.take_until(TEXT, b"\r\n.\r\n")?;
            }
            pdu.info(format_args!("{}", String::from_utf8_lossy(command.get(..40).unwrap_or(command))));
            pdu.end_here();
            Ok(())
        }
    }
}

pub use framed::Framed;
pub use lines::Chat;

#[test]
fn messages_and_segments_do_not_agree() {
    check_stream::<Framed>(
        &["4652 0001 0000000b 6f6b", "21 4652 0002 0000000c 00000007 46", "<4652 0003 00000008", "52 0001 00000009 78"],
        expect![[r#"
            segment 1
            waits for 11 bytes
            segment 2
            Framed messages, text, 3 bytes
              Magic number: 0x4652
              Kind: text (1)
              Length: 11
              Text: ok!
            Framed messages, number, 4 bytes
              Magic number: 0x4652
              Kind: number (2)
              Length: 12
              Number: 7
            waits for 2 bytes
            segment 3
            Framed messages, unknown, 0 bytes
              Magic number: 0x4652
              Kind: 3
              Length: 8
              Body: <none>
            segment 4
            Framed messages, text, 1 bytes
              Magic number: 0x4652
              Kind: text (1)
              Length: 9
              Text: x
        "#]],
    );
}

#[test]
fn lengths_that_cannot_be() {
    check_stream::<Framed>(
        &["4652 0001 00000003 6162"],
        expect![[r#"
        segment 1
        Framed messages
          Magic number: 0x4652
          Kind: text (1)
          Length: 3
          [error] bad-length: 3 is less than the header
          Body: 6162
    "#]],
    );
    check_stream::<Framed>(
        &["4652 0002 0000000a 0001"],
        expect![[r#"
        segment 1
        Framed messages, number, 2 bytes
          Magic number: 0x4652
          Kind: number (2)
          Length: 10
          [error] short: framed.number needs 4 bytes at offset 8, 2 are there (the end is set by framed.len)
    "#]],
    );
}

#[test]
fn no_message_at_all() {
    check_stream::<Framed>(
        &["47455420"],
        expect![[r#"
        segment 1
        rejected
    "#]],
    );
}

#[test]
fn the_stream_ends_too_early() {
    check_stream::<Framed>(
        &["4652 0001 0000000b 6f", "6b|"],
        expect![[r#"
            segment 1
            waits for 11 bytes
            segment 2
            Framed messages, text, 3 bytes
              Magic number: 0x4652
              Kind: text (1)
              Length: 11
              [error] short: framed.text needs 3 bytes at offset 8, 2 are there
        "#]],
    );
}

#[test]
fn in_a_datagram_nobody_waits() {
    check::<Framed>(
        "4652 0001 0000000b 6f6b",
        expect![[r#"
            Framed messages, text, 3 bytes
              Magic number: 0x4652
              Kind: text (1)
              Length: 11
              [error] short: framed.text needs 3 bytes at offset 8, 2 are there
        "#]],
    );
}

#[test]
fn lines_with_and_without_a_text() {
    check_stream::<Chat>(
        &["4a4f494e0d", "0a 5341590d0a 68690d0a 7468657265", "0d0a2e0d0a 515549540a", "515549|"],
        expect![[r#"
            segment 1
            waits for 6 bytes
            segment 2
            Chat lines, JOIN
              Command: JOIN
            waits for 15 bytes
            segment 3
            Chat lines, SAY
              Command: SAY
              Text: hi\r\nthere
            Chat lines, QUIT
              Command: QUIT
            segment 4
            Chat lines, QUI
              Command: QUI
        "#]],
    );
}
