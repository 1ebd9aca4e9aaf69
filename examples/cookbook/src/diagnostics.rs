//! Diagnostics: saying what is wrong, how wrong, and where.
//!
//! What doesn't fit is said without anybody's doing, with the field, the bytes that it needs, and who set the limit:
//! `short` where the frame lies, `cut` where the capture has less than was on the wire. All else the dissector says:
//! `pdu.diagnostic(severity, code, range, text)`.
//!
//! | severity | for |
//! |---|---|
//! | `Error` | the bytes break the protocol's rules |
//! | `Warning` | unusual, perhaps wrong |
//! | `Note` | worth knowing; nothing is wrong |
//!
//! The *code* is a fixed short name that people filter and count by (`_ws.expert.code == "bad-length"`, `prosector
//! stats --diagnostics`); what differs from frame to frame goes into the text. The *range* is what a viewer marks:
//! the bytes that are wrong, not the whole PDU. It stands where it is said: in a group, below that group's heading.
//!
//! What can go wrong:
//!
//! * After an error, go on where the rest can still be read, and leave where it can't: with `return Ok(())`, as it
//!   has been said.
//! * In a loop, the same error a thousand times is noise: say it once, or end the loop.
//! * `short`, `cut` and `fault` are the host's codes.
//! * It may be said only of what the frame itself shows. What comes from other frames is a `linked` field, or a field
//!   of a stateful protocol.
//! * Nothing that is said may depend on what is wanted: not behind `wants`.

use prosector_sdk::prelude::*;

/// The dissector.
#[derive(Default)]
pub struct Valve;

protocol! {
    /// Commands for valves.
    Valve = valve "VALVE", "Valve commands" {
        version: u8                     "Version",
        count: u8                       "Commands",
        command: group                  "Command",
        command.valve: u8               "Valve",
        command.kind: u8                "Kind" = { 1 "set", 2 "shut", 3 "flush" },
        command.opening: u8             "Opening" unit "%",
        command.reserved: u8 hex        "Reserved",
    }
    claims { udp.port = 7125 }
}

const FLUSH: u8 = 3;

impl Dissector for Valve {
    fn dissect(&mut self, pdu: &mut Pdu<'_>) -> Step {
        let version = pdu.take(VERSION)?;
        if version != 1 {
            // Another version may look altogether different.
            let text = format_args!("version {version} is not known");
            pdu.diagnostic(Severity::Warning, "bad-version", 0..1, text);
            return Ok(());
        }
        let count = pdu.take(COUNT)?;
        pdu.info(format_args!("{count} commands"));
        if count == 0 {
            pdu.diagnostic(Severity::Note, "no-commands", 1..2, format_args!("it commands nothing"));
        }
        let mut reserved = None;
        for _ in 0..count {
            pdu.group(COMMAND, |pdu| {
                pdu.take(COMMAND_VALVE)?;
                let (at, kind) = (pdu.position(), pdu.take(COMMAND_KIND)?);
                if kind == FLUSH {
                    pdu.diagnostic(Severity::Note, "obsolete", at..at + 1, format_args!("flushing is done by setting"));
                }
                let (at, opening) = (pdu.position(), pdu.take(COMMAND_OPENING)?);
                if opening > 100 {
                    let text = format_args!("{opening} % is more than open");
                    pdu.diagnostic(Severity::Error, "bad-opening", at..at + 1, text);
                }
                let at = pdu.position();
                if pdu.take(COMMAND_RESERVED)? != 0 {
                    reserved.get_or_insert(at);
                }
                Ok(())
            })?;
        }
        // Of all commands together, at the first of them.
        if let Some(at) = reserved {
            pdu.diagnostic(Severity::Warning, "reserved", at..at + 1, format_args!("reserved bytes are to be zero"));
        }
        pdu.end_here();
        Ok(())
    }
}

#[cfg(test)]
use prosector_sdk::testkit::check_cut;

#[test]
fn everything_that_may_be_said() {
    check::<Valve>(
        "01 03  05 01 65 00  06 03 00 01  07 02 00 01",
        expect![[r#"
        Valve commands, 3 commands
          Version: 1
          Commands: 3
          Command: set (1)
            Valve: 5
            Kind: set (1)
            Opening: 101 %
            [error] bad-opening: 101 % is more than open
            Reserved: 0x00
          Command: flush (3)
            Valve: 6
            Kind: flush (3)
            [note] obsolete: flushing is done by setting
            Opening: 0 %
            Reserved: 0x01
          Command: shut (2)
            Valve: 7
            Kind: shut (2)
            Opening: 0 %
            Reserved: 0x01
          [warning] reserved: reserved bytes are to be zero
    "#]],
    );
    check::<Valve>(
        "01 00",
        expect![[r#"
        Valve commands, 0 commands
          Version: 1
          Commands: 0
          [note] no-commands: it commands nothing
    "#]],
    );
}

#[test]
fn another_version() {
    check::<Valve>(
        "02 03 05",
        expect![[r#"
        Valve commands
          Version: 2
          [warning] bad-version: version 2 is not known
    "#]],
    );
}

#[test]
fn short_and_cut() {
    check::<Valve>(
        "01 02  05 01 32 00  06",
        expect![[r#"
        Valve commands, 2 commands
          Version: 1
          Commands: 2
          Command: set (1)
            Valve: 5
            Kind: set (1)
            Opening: 50 %
            Reserved: 0x00
          Command
            Valve: 6
          [error] short: valve.command.kind needs 1 bytes at offset 7, 0 are there
    "#]],
    );
    check_cut::<Valve>(
        3,
        "01 02  05 01 32 00  06",
        expect![[r#"
        Valve commands, 2 commands
          Version: 1
          Commands: 2
          Command: set (1)
            Valve: 5
            Kind: set (1)
            Opening: 50 %
            Reserved: 0x00
          Command
            Valve: 6
          [note] cut: valve.command.kind needs 1 bytes at offset 7, 0 were captured
    "#]],
    );
}
