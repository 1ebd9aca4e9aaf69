//! COTP, the connection-oriented transport protocol of OSI (ISO/IEC 8073, ITU-T X.224; RFC 905).
//!
//! A message that is parted over several data units is put together before it is handed on.

use prosector_sdk::prelude::*;

/// The dissector.
#[derive(Default)]
pub struct Cotp {
    /// The beginnings of messages, one for each direction.
    unfinished: Flows<[Vec<u8>; 2]>,
}

protocol! {
    /// Connection-oriented transport protocol, ISO 8073 and X.224.
    Cotp = cotp "COTP", "ISO 8073/X.224 COTP Connection-Oriented Transport Protocol" {
        li: u8                                  "Length",
        type: u8 hex & 0xf0                     "PDU Type" = {
            0x01 "ED Expedited Data", 0x02 "EA Expedited Data Acknowledgement", 0x05 "RJ Reject",
            0x06 "AK Data Acknowledgement", 0x07 "ER TPDU Error", 0x08 "DR Disconnect Request",
            0x0c "DC Disconnect Confirm", 0x0d "CC Connect Confirm", 0x0e "CR Connect Request", 0x0f "DT Data",
        },
        destref: u16 hex                        "Destination reference",
        /// In class 0 and 1 data units have none; it counts as 0.
        destref as NO_DESTREF: computed u16 hex "Destination reference",
        srcref: u16 hex                         "Source reference",
        class: u8 & 0xf0                        "Class",
        opts.extended_formats: bool & 0x02      "Extended formats",
        opts.no_explicit_flow_control: bool & 0x01 "No explicit flow control",
        cause: u8                               "Cause" = {
            0 "Reason not specified", 1 "Congestion at TSAP", 2 "Session entity not attached to TSAP",
            3 "Address unknown", 128 "Normal disconnect", 129 "Remote transport entity congestion",
            130 "Connection negotiation failed", 131 "Duplicate source reference", 132 "Mismatched references",
            133 "Protocol error", 135 "Reference overflow", 136 "Connection request refused", 138 "Header or parameter length invalid",
        },
        reject_cause: u8                        "Reject cause" = {
            0 "Reason not specified", 1 "Invalid parameter code", 2 "Invalid TPDU type", 3 "Invalid parameter value",
        },
        "tpdu-number": u8 hex & 0x7f            "TPDU number",
        eot: bool & 0x80                        "Last data unit",
        "next-tpdu-number": u8 hex              "Your TPDU number",
        parameter: group                        "Parameter",
        parameter_code: u8 hex                  "Parameter code" = {
            0x08 "ATN extended checksum", 0x85 "ack-time", 0x86 "residual error rate", 0x87 "priority", 0x88 "transit delay",
            0x89 "throughput", 0x8a "sequence number", 0x8b "reassignment", 0x8c "flow control confirmation",
            0xc0 "tpdu-size", 0xc1 "src-tsap", 0xc2 "dst-tsap", 0xc3 "checksum", 0xc4 "version number",
            0xc5 "protection parameter", 0xc6 "additional options", 0xc7 "alternative protocol classes",
            0xe0 "additional information", 0xf0 "preferred maximum TPDU size", 0xf2 "inactivity timer",
        },
        parameter_length: u8                    "Parameter length",
        parameter_value: bytes                  "Parameter value",
        tpdu_size: computed u32                 "TPDU size",
        "src-tsap": str                         "Source TSAP",
        "src-tsap-bytes": bytes                 "Source TSAP",
        "dst-tsap": str                         "Destination TSAP",
        "dst-tsap-bytes": bytes                 "Destination TSAP",
        vp_version_nr: u8                       "Version",
    }
    tables { RDP: "@rdp", USERS: "cotp.data" }
    stateful
}

const EXPEDITED: u8 = 0x1;
const REJECT: u8 = 0x5;
const ACKNOWLEDGEMENT: u8 = 0x6;
const ERROR: u8 = 0x7;
const DISCONNECT_REQUEST: u8 = 0x8;
const DISCONNECT_CONFIRM: u8 = 0xc;
const CONNECT_CONFIRM: u8 = 0xd;
const CONNECT_REQUEST: u8 = 0xe;
const DATA: u8 = 0xf;

/// The longest message that is put together.
const MAX_MESSAGE: usize = 1 << 20;

impl Dissector for Cotp {
    fn dissect(&mut self, pdu: &mut Pdu<'_>) -> Step {
        let len = usize::from(pdu.take(LI)?);
        let kind = pdu.peek(TYPE)?;
        pdu.info(format_args!("{}", Self::name(TYPE, kind)));
        let mut last = true;
        pdu.within(LI, len, |pdu| {
            pdu.take(TYPE)?;
            match kind {
                CONNECT_REQUEST | CONNECT_CONFIRM => {
                    pdu.take(DESTREF)?;
                    pdu.take(SRCREF)?;
                    pdu.show(CLASS)?;
                    pdu.show(OPTS_EXTENDED_FORMATS)?;
                    pdu.take(OPTS_NO_EXPLICIT_FLOW_CONTROL)?;
                    // Remote desktops put a routing token, and a negotiation, where parameters belong.
                    if matches!(pdu.rest(), [0x01..=0x03 | b'C', ..]) {
                        pdu.hand_to(RDP);
                        return Ok(());
                    }
                    parameters(pdu)
                }
                DISCONNECT_REQUEST => {
                    pdu.take(DESTREF)?;
                    pdu.take(SRCREF)?;
                    pdu.take(CAUSE)?;
                    parameters(pdu)
                }
                DISCONNECT_CONFIRM => {
                    pdu.take(DESTREF)?;
                    pdu.take(SRCREF)?;
                    parameters(pdu)
                }
                // Two bytes in classes 0 and 1, where the network keeps the order; a reference more in others.
                DATA | EXPEDITED => {
                    if len == 2 {
                        let at = pdu.position();
                        pdu.computed(NO_DESTREF, at..at, 0u16);
                    } else {
                        pdu.take(DESTREF)?;
                    }
                    pdu.show(TPDU_NUMBER)?;
                    last = pdu.take(EOT)?;
                    parameters(pdu)
                }
                ACKNOWLEDGEMENT | REJECT => {
                    pdu.take(DESTREF)?;
                    pdu.take(NEXT_TPDU_NUMBER)?;
                    parameters(pdu)
                }
                ERROR => {
                    pdu.take(DESTREF)?;
                    pdu.take(REJECT_CAUSE)?;
                    parameters(pdu)
                }
                _ => Ok(()),
            }
        })?;
        if matches!(kind, DATA | EXPEDITED) && pdu.wire_remaining() > 0 {
            self.data(pdu, last);
        }
        Ok(())
    }

    fn flow_end(&mut self, flow: u64) {
        self.unfinished.end(flow);
    }
}

impl Cotp {
    fn data(&mut self, pdu: &mut Pdu<'_>, last: bool) {
        let begun = &mut self.unfinished.of(pdu.flow())[usize::from(pdu.is_reverse())];
        if last && begun.is_empty() {
            pdu.hand_on(USERS, 0u8);
            return;
        }
        if begun.len() + pdu.remaining() > MAX_MESSAGE {
            begun.clear();
        }
        begun.extend_from_slice(pdu.rest());
        if last {
            pdu.hand_on_bytes(USERS, 0u8, begun);
            begun.clear();
        }
    }
}

fn parameters(pdu: &mut Pdu<'_>) -> Step {
    while pdu.wire_remaining() > 0 {
        pdu.group(PARAMETER, |pdu| {
            let code = pdu.take(PARAMETER_CODE)?;
            let len = usize::from(pdu.take(PARAMETER_LENGTH)?);
            pdu.within(PARAMETER_LENGTH, len, |pdu| {
                let at = pdu.position();
                match (code, pdu.rest().first()) {
                    (0xc0, Some(&log)) if len == 1 && log < 16 => pdu.computed(TPDU_SIZE, at..at + 1, 1u32 << log),
                    (0xc1, _) => tsap(pdu, SRC_TSAP, SRC_TSAP_BYTES)?,
                    (0xc2, _) => tsap(pdu, DST_TSAP, DST_TSAP_BYTES)?,
                    (0xc4, _) if len == 1 => drop(pdu.take(VP_VERSION_NR)?),
                    _ if len > 0 => drop(pdu.take_bytes(PARAMETER_VALUE, len)?),
                    _ => {}
                }
                Ok(())
            })
        })?;
    }
    Ok(())
}

/// Selectors are text or not.
fn tsap(
    pdu: &mut Pdu<'_>,
    text: prosector_sdk::handle::Handle<prosector_sdk::handle::Variable>,
    bytes: prosector_sdk::handle::Handle<prosector_sdk::handle::Variable>,
) -> Step {
    let is_text = pdu.rest().iter().all(u8::is_ascii_graphic);
    pdu.take_bytes(if is_text { text } else { bytes }, pdu.wire_remaining())?;
    Ok(())
}

builtin!(Cotp);

#[test]
fn a_connection() {
    check::<Cotp>(
        "11 e0 0000 0001 00 c0010a c1020100 c2020102",
        expect![[r#"
            ISO 8073/X.224 COTP Connection-Oriented Transport Protocol, CR Connect Request
              Length: 17
              PDU Type: CR Connect Request (0xe)
              Destination reference: 0x0000
              Source reference: 0x0001
              Class: 0
              Extended formats: False
              No explicit flow control: False
              Parameter: tpdu-size (0xc0)
                Parameter code: tpdu-size (0xc0)
                Parameter length: 1
                TPDU size: 1024
              Parameter: src-tsap (0xc1)
                Parameter code: src-tsap (0xc1)
                Parameter length: 2
                Source TSAP: 0100
              Parameter: dst-tsap (0xc2)
                Parameter code: dst-tsap (0xc2)
                Parameter length: 2
                Destination TSAP: 0102
        "#]],
    );
    check::<Cotp>(
        "02 f0 80 32",
        expect![[r#"
            ISO 8073/X.224 COTP Connection-Oriented Transport Protocol, DT Data
              Length: 2
              PDU Type: DT Data (0xf)
              [Destination reference: 0x0000]
              TPDU number: 0x00
              Last data unit: True
            → cotp.data [0]: bytes 3..4
        "#]],
    );
    check::<Cotp>(
        "06 80 0001 0002 80",
        expect![[r#"
            ISO 8073/X.224 COTP Connection-Oriented Transport Protocol, DR Disconnect Request
              Length: 6
              PDU Type: DR Disconnect Request (0x8)
              Destination reference: 0x0001
              Source reference: 0x0002
              Cause: Normal disconnect (128)
        "#]],
    );
}

#[test]
fn a_length_over_the_end() {
    check::<Cotp>(
        "09 e0 0000 0001 00 c002",
        expect![[r#"
            ISO 8073/X.224 COTP Connection-Oriented Transport Protocol, CR Connect Request
              Length: 9
              PDU Type: CR Connect Request (0xe)
              Destination reference: 0x0000
              Source reference: 0x0001
              Class: 0
              Extended formats: False
              No explicit flow control: False
              Parameter: tpdu-size (0xc0)
                Parameter code: tpdu-size (0xc0)
                Parameter length: 2
              [error] short: cotp.parameter_value needs 2 bytes at offset 9, 0 are there
        "#]],
    );
}
