//! What the control protocols of PPP share (RFC 1661, sections 5 and 6): code, identifier, length, and in most of them a
//! list of options.

use prosector_sdk::declare::name_of;
use prosector_sdk::handle::{Group, Handle, Variable};
use prosector_sdk::prelude::*;

value_names! {
    CODES {
        0 "Vendor Specific",
        1 "Configuration Request",
        2 "Configuration Ack",
        3 "Configuration Nak",
        4 "Configuration Reject",
        5 "Termination Request",
        6 "Termination Ack",
        7 "Code Reject",
        8 "Protocol Reject",
        9 "Echo Request",
        10 "Echo Reply",
        11 "Discard Request",
        12 "Identification",
        13 "Time Remaining",
        14 "Reset Request",
        15 "Reset Ack",
    }
}

/// The fields of one control protocol.
pub(super) struct Fields {
    pub(super) code: Handle<u8>,
    pub(super) identifier: Handle<u8>,
    pub(super) length: Handle<u16>,
    pub(super) data: Handle<Variable>,
    pub(super) option: Handle<Group>,
    pub(super) option_type: Handle<u8>,
    pub(super) option_length: Handle<u8>,
}

/// Bytes up to the length and with it.
const HEADER: usize = 4;
const OPTION_HEADER: usize = 2;

/// Reads a packet. `option` gets the type and the length of an option's data; `other` reads what is behind the header
/// where codes mean something that not every protocol has, and says whether it has.
pub(super) fn packet(
    pdu: &mut Pdu<'_>,
    fields: &Fields,
    mut option: impl FnMut(&mut Pdu<'_>, u8, usize) -> Step,
    other: impl FnOnce(&mut Pdu<'_>, u8) -> Result<bool, Stop>,
) -> Step {
    let code = pdu.take(fields.code)?;
    pdu.info(format_args!("{}", name_of(CODES, code.into()).unwrap_or("Unknown")));
    pdu.take(fields.identifier)?;
    let len = usize::from(pdu.take(fields.length)?);
    if len < HEADER {
        pdu.diagnostic(Severity::Error, "bad-length", 2..4, format_args!("{len} bytes, less than {HEADER}"));
        return Ok(());
    }
    pdu.set_len(fields.length, len);
    if (1..=4).contains(&code) {
        while pdu.remaining() > 0 {
            let more = pdu.group(fields.option, |pdu| {
                let kind = pdu.take(fields.option_type)?;
                let at = pdu.position();
                let len = usize::from(pdu.take(fields.option_length)?);
                let Some(data) = len.checked_sub(OPTION_HEADER) else {
                    let text = format_args!("{len} bytes, less than {OPTION_HEADER}");
                    pdu.diagnostic(Severity::Error, "bad-length", at..at + 1, text);
                    return Ok(false);
                };
                pdu.within(fields.option_length, data, |pdu| option(pdu, kind, data))?;
                Ok(true)
            })?;
            if !more {
                break;
            }
        }
    } else if !other(pdu, code)? && pdu.remaining() > 0 {
        pdu.take_rest(fields.data);
    }
    Ok(())
}

/// For protocols without codes of their own.
pub(super) fn nothing(_: &mut Pdu<'_>, _: u8) -> Result<bool, Stop> {
    Ok(false)
}
