//! Names of values.
//!
//! Behind a title, `= { 1 "hello", 2..=9 "data" }` names values and ranges of values. A list that several fields
//! share is a constant of its own, made with `value_names!`; a `pub` one is for other files too. Trees show `hello
//! (1)`, filters take the name for the value (`ticket.status == open`), and `Self::name(FIELD, value)` puts it into
//! the info line, looked up when the line is written.
//!
//! Numbers, flags and computed numbers can have names; texts, addresses and times can't.
//!
//! What can go wrong:
//!
//! * The first entry that fits counts, so single values stand before the ranges that they lie in.
//! * A list is a constant as the fields' handles are, and must be called something else than they.
//! * A value without a name shows as the number, and `Self::name` says `unknown`. Where the number matters in the
//!   info line, write both.
//! * Don't name what is merely likely. A list that ends with `_ "reserved"` in the specification ends without it
//!   here, unless the specification has the range.
//! * Names of booleans are those of 0 and 1.
//! * `name_of(LIST, value)` is for names that depend on something else, as the same code means different things to a
//!   client and a server: record the name as `computed str`, or have two fields and take the one that fits.

use prosector_sdk::prelude::*;

/// The dissector.
#[derive(Default)]
pub struct Ticket;

value_names! {
    /// What has become of a ticket; replies have the same codes.
    pub STATES { 0 "open", 1 "in work", 2 "done", 0x10..=0x1f "refused", 0xff "lost" }
}

value_names! {
    /// Codes of a client.
    ASKS { 1 "create", 2 "look up", 3 "close" }
}

value_names! {
    /// The same codes of a server.
    SAYS { 1 "created", 2 "here it is", 3 "closed", 4..=9 "failed" }
}

protocol! {
    /// Tickets of a help desk.
    Ticket = ticket "TICKET", "Help desk ticket" {
        reply: bool                     "Reply" = { 0 "from the client", 1 "from the server" },
        code: u8                        "Code" = ASKS,
        code as CODE_OF_REPLY: u8       "Code" = SAYS,
        number: u32                     "Ticket",
        status: u8                      "Status" = STATES,
        before: u8                      "Status before" = STATES,
        priority: u8 hex                "Priority" = {
            0x00 "none", 0x80 "normal", 0x81..=0xff "high", 0x01..=0x7f "low",
        },
        desk: u16                       "Desk",
        desk.kind: computed str         "Kind of desk",
    }
    claims { udp.port = 7116 }
}

value_names! {
    /// Desks are numbered by what they do.
    DESKS { 0..=999 "reception", 1000..=1999 "workshop" }
}

impl Dissector for Ticket {
    fn dissect(&mut self, pdu: &mut Pdu<'_>) -> Step {
        let field = if pdu.take(REPLY)? { CODE_OF_REPLY } else { CODE };
        let code = pdu.take(field)?;
        let number = pdu.take(NUMBER)?;
        pdu.info(format_args!("{} {number}", Self::name(field, code)));
        let status = pdu.take(STATUS)?;
        pdu.info(format_args!("{} {number}, {} ({status})", Self::name(field, code), Self::name(STATUS, status)));
        pdu.take(BEFORE)?;
        pdu.take(PRIORITY)?;
        let (at, desk) = (pdu.position(), pdu.take(DESK)?);
        if let Some(kind) = name_of(DESKS, desk.into()) {
            pdu.computed_bytes(DESK_KIND, at..at + 2, kind.as_bytes());
        }
        pdu.end_here();
        Ok(())
    }
}

#[test]
fn both_sides() {
    check::<Ticket>(
        "00 02 00000007 00 00 80 03e7",
        expect![[r#"
        Help desk ticket, look up 7, open (0)
          Reply: from the client
          Code: look up (2)
          Ticket: 7
          Status: open (0)
          Status before: open (0)
          Priority: normal (0x80)
          Desk: 999
          Kind of desk: reception
    "#]],
    );
    check::<Ticket>(
        "01 02 00000007 12 01 90 03e8",
        expect![[r#"
        Help desk ticket, here it is 7, refused (18)
          Reply: from the server
          Code: here it is (2)
          Ticket: 7
          Status: refused (18)
          Status before: in work (1)
          Priority: high (0x90)
          Desk: 1000
          Kind of desk: workshop
    "#]],
    );
}

#[test]
fn values_without_names() {
    check::<Ticket>(
        "01 63 00000007 42 ff 00 ffff",
        expect![[r#"
        Help desk ticket, unknown 7, unknown (66)
          Reply: from the server
          Code: 99
          Ticket: 7
          Status: 66
          Status before: lost (255)
          Priority: none (0x00)
          Desk: 65535
    "#]],
    );
}

#[test]
fn cut_off_before_the_status() {
    check::<Ticket>(
        "00 01 00000007",
        expect![[r#"
        Help desk ticket, create 7
          Reply: from the client
          Code: create (1)
          Ticket: 7
          [error] short: ticket.status needs 1 bytes at offset 6, 0 are there
    "#]],
    );
}
