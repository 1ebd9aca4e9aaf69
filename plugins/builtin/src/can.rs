//! CAN and CAN FD frames as Linux's SocketCAN gives them
//! (<https://www.tcpdump.org/linktypes/LINKTYPE_CAN_SOCKETCAN.html>, and `linux/can.h`).
//!
//! A word with the identifier and three flags, a length, and the data. The word is in network byte order under the link
//! type; in a cooked capture it is in the byte order of the host that captured, nearly always little-endian.

use prosector_sdk::prelude::*;

/// The dissector.
#[derive(Default)]
pub struct Can;

protocol! {
    /// Controller Area Network, with CAN FD.
    Can = can "CAN", "Controller Area Network" {
        /// 29 bits in extended frames, 11 in others.
        id: computed u32                      "CAN Message Identifier",
        flags.xtd: computed bool              "Extended Flag",
        flags.rtr: computed bool              "Remote Transmission Request Flag",
        flags.err: computed bool              "Error Message Flag",

        // Error frames, which no bus carries: the driver's reports
        err.tx_timeout: computed bool         "Transmit timeout",
        err.lostarb: computed bool            "Lost arbitration",
        err.ctrl: computed bool               "Controller problems",
        err.prot: computed bool               "Protocol violation",
        err.trx: computed bool                "Transceiver status",
        err.ack: computed bool                "No acknowledgement",
        err.busoff: computed bool             "Bus off",
        err.buserror: computed bool           "Bus error",
        err.restarted: computed bool          "Controller restarted",
        err.reserved: computed u32 hex        "Reserved",

        len: u8                               "Frame-Length",
        /// Whether the data went at the higher rate.
        .canfd.flags.brs: bool(u8) & 0x01     "Bit Rate Setting",
        .canfd.flags.esi: bool(u8) & 0x02     "Error State Indicator",
        reserved: bytes                       "Reserved",
        /// Bytes behind the data.
        padding: bytes                        "Padding",

        err.lostarb.bitnum: u8                "Lost arbitration in bit number",
        err.ctrl.rx_overflow: bool(u8) & 0x01 "RX buffer overflow",
        err.ctrl.tx_overflow: bool(u8) & 0x02 "TX buffer overflow",
        err.ctrl.rx_warning: bool(u8) & 0x04  "Reached warning level for RX errors",
        err.ctrl.tx_warning: bool(u8) & 0x08  "Reached warning level for TX errors",
        err.ctrl.rx_passive: bool(u8) & 0x10  "Reached error passive status RX",
        err.ctrl.tx_passive: bool(u8) & 0x20  "Reached error passive status TX",
        err.ctrl.active: bool(u8) & 0x40      "Recovered to error active state",
        err.prot.type.bit: bool(u8) & 0x01    "Single bit error",
        err.prot.type.form: bool(u8) & 0x02   "Frame format error",
        err.prot.type.stuff: bool(u8) & 0x04  "Bit stuffing error",
        err.prot.type.bit0: bool(u8) & 0x08   "Unable to send dominant bit",
        err.prot.type.bit1: bool(u8) & 0x10   "Unable to send recessive bit",
        err.prot.type.overload: bool(u8) & 0x20 "Bus overload",
        err.prot.type.active: bool(u8) & 0x40 "Active error announcement",
        err.prot.type.tx: bool(u8) & 0x80     "Error occurred on transmission",
        err.prot.location: u8                 "Protocol error location" = {
            0 "unspecified", 2 "ID bits 28 - 21 (SFF: 10 - 3)", 3 "start of frame", 4 "substitute RTR (SFF: RTR)",
            5 "identifier extension", 6 "ID bits 20 - 18 (SFF: 2 - 0)", 7 "ID bits 17-13", 8 "CRC sequence",
            9 "reserved bit 0", 10 "data section", 11 "data length code", 12 "RTR", 13 "reserved bit 1",
            14 "ID bits 4-0", 15 "ID bits 12-5", 18 "intermission", 24 "CRC delimiter", 25 "ACK slot",
            26 "end of frame", 27 "ACK delimiter",
        },
        err.trx.canh: u8 & 0x0f               "Transceiver CANH status" = WIRES,
        err.trx.canl: u8 & 0xf0               "Transceiver CANL status" = WIRES,
        /// As text, with the bytes apart.
        err.ctrl_specific: computed str       "Controller specific data",
    }
    claims { link = 227, sll.ltype = [12, 13] }
    tables { ID_TABLE: "can.id", DATA: "@data" }
}

value_names! {
    WIRES {
        0 "unspecified", 4 "no wire", 5 "short to BAT", 6 "short to VCC", 7 "short to GND", 8 "short to CANH",
    }
}

/// Position of the link type in the claims.
const NETWORK_ORDER: usize = 0;
const HEADER_LEN: usize = 8;
/// Data of a frame that is not CAN FD.
const CLASSIC_LEN: usize = 8;
const FD_FLAG: u8 = 0x04;

const EXTENDED: u32 = 0x8000_0000;
const REMOTE: u32 = 0x4000_0000;
const ERROR: u32 = 0x2000_0000;
const LOST_ARBITRATION: u32 = 0x0002;
const CONTROLLER: u32 = 0x0004;
const VIOLATION: u32 = 0x0008;
const TRANSCEIVER: u32 = 0x0010;

impl Dissector for Can {
    fn dissect(&mut self, pdu: &mut Pdu<'_>) -> Step {
        let bytes = pdu.rest().first_chunk().copied().unwrap_or_default();
        pdu.skip(4)?;
        let network_order = pdu.claim().unwrap_or(NETWORK_ORDER) == NETWORK_ORDER;
        let word = if network_order { u32::from_be_bytes(bytes) } else { u32::from_le_bytes(bytes) };
        if word & ERROR != 0 {
            return error(pdu, word);
        }
        let extended = word & EXTENDED != 0;
        let id = word & if extended { 0x1fff_ffff } else { 0x7ff };
        pdu.computed(ID, 0..4, id);
        pdu.computed(FLAGS_XTD, 0..4, extended);
        pdu.computed(FLAGS_RTR, 0..4, word & REMOTE != 0);
        pdu.computed(FLAGS_ERR, 0..4, false);
        let len = usize::from(pdu.take(LEN)?);
        let prefix = if extended { "Ext. ID" } else { "ID" };
        pdu.info(format_args!("{prefix}: {id} (0x{id:x}), Length: {len}"));
        let fd = len > CLASSIC_LEN || pdu.rest().first().is_some_and(|flags| flags & FD_FLAG != 0);
        if fd {
            pdu.show(CANFD_FLAGS_BRS)?;
            pdu.show(CANFD_FLAGS_ESI)?;
            pdu.skip(1)?;
        }
        pdu.take_bytes(RESERVED, HEADER_LEN - pdu.position())?;
        // A remote frame asks for data and should bring none.
        match word & REMOTE {
            0 => pdu.hand_on(ID_TABLE, word & EXTENDED | id).len(len),
            _ => pdu.hand_to(DATA).len(len),
        };
        if pdu.remaining() > len {
            pdu.skip(len)?;
            pdu.take_rest(PADDING);
        }
        Ok(())
    }
}

/// An error frame, behind its word, which has one bit for each class of error (`linux/can/error.h`).
fn error(pdu: &mut Pdu<'_>, word: u32) -> Step {
    let classes =
        [ERR_TX_TIMEOUT, ERR_LOSTARB, ERR_CTRL, ERR_PROT, ERR_TRX, ERR_ACK, ERR_BUSOFF, ERR_BUSERROR, ERR_RESTARTED];
    pdu.computed(FLAGS_ERR, 0..4, true);
    for (bit, field) in classes.into_iter().enumerate() {
        pdu.computed(field, 0..4, word >> bit & 1);
    }
    pdu.computed(ERR_RESERVED, 0..4, word >> classes.len() & 0xfffff);
    let len = usize::from(pdu.take(LEN)?);
    pdu.info(format_args!("Error frame, classes 0x{:03x}", word & 0x1ff));
    pdu.take_bytes(RESERVED, HEADER_LEN - 5)?;
    if len != CLASSIC_LEN {
        let text = format_args!("{len} bytes, but an error frame has {CLASSIC_LEN}");
        pdu.diagnostic(Severity::Error, "bad-length", 4..5, text);
        return Ok(());
    }
    let at = pdu.position();
    if word & LOST_ARBITRATION != 0 {
        pdu.show_at(ERR_LOSTARB_BITNUM, at)?;
    }
    if word & CONTROLLER != 0 {
        for field in [
            ERR_CTRL_RX_OVERFLOW,
            ERR_CTRL_TX_OVERFLOW,
            ERR_CTRL_RX_WARNING,
            ERR_CTRL_TX_WARNING,
            ERR_CTRL_RX_PASSIVE,
            ERR_CTRL_TX_PASSIVE,
            ERR_CTRL_ACTIVE,
        ] {
            pdu.show_at(field, at + 1)?;
        }
    }
    if word & VIOLATION != 0 {
        for field in [
            ERR_PROT_TYPE_BIT,
            ERR_PROT_TYPE_FORM,
            ERR_PROT_TYPE_STUFF,
            ERR_PROT_TYPE_BIT0,
            ERR_PROT_TYPE_BIT1,
            ERR_PROT_TYPE_OVERLOAD,
            ERR_PROT_TYPE_ACTIVE,
            ERR_PROT_TYPE_TX,
        ] {
            pdu.show_at(field, at + 2)?;
        }
        pdu.show_at(ERR_PROT_LOCATION, at + 3)?;
    }
    if word & TRANSCEIVER != 0 {
        pdu.show_at(ERR_TRX_CANH, at + 4)?;
        pdu.show_at(ERR_TRX_CANL, at + 4)?;
    }
    pdu.skip(5)?;
    if pdu.wants(ERR_CTRL_SPECIFIC)
        && let Some([a, b, c]) = pdu.rest().first_chunk()
    {
        let text = format!("{a:02x} {b:02x} {c:02x}");
        pdu.computed_bytes(ERR_CTRL_SPECIFIC, at + 5..at + 8, text.as_bytes());
    }
    pdu.skip(3)
}

builtin!(Can);

#[test]
fn a_frame() {
    check::<Can>(
        "00000123 02 000000 aabb",
        expect![[r#"
        Controller Area Network, ID: 291 (0x123), Length: 2
          CAN Message Identifier: 291
          Extended Flag: False
          Remote Transmission Request Flag: False
          Error Message Flag: False
          Frame-Length: 2
          Reserved: 000000
        → can.id [291]: bytes 8..10
    "#]],
    );
    check::<Can>(
        "98daf110 03 000000 023e00 5555",
        expect![[r#"
        Controller Area Network, Ext. ID: 417001744 (0x18daf110), Length: 3
          CAN Message Identifier: 417001744
          Extended Flag: True
          Remote Transmission Request Flag: False
          Error Message Flag: False
          Frame-Length: 3
          Reserved: 000000
          Padding: 5555
        → can.id [2564485392]: bytes 8..11
    "#]],
    );
}

#[test]
fn an_fd_frame() {
    check::<Can>(
        "00000123 0c 05 0000 000102030405060708090a0b",
        expect![[r#"
        Controller Area Network, ID: 291 (0x123), Length: 12
          CAN Message Identifier: 291
          Extended Flag: False
          Remote Transmission Request Flag: False
          Error Message Flag: False
          Frame-Length: 12
          Bit Rate Setting: True
          Error State Indicator: False
          Reserved: 0000
        → can.id [291]: bytes 8..20
    "#]],
    );
}

#[test]
fn error_frames() {
    check::<Can>(
        "2000001e 08 000000 00 04 02 08 40 000102",
        expect![[r#"
        Controller Area Network, Error frame, classes 0x01e
          Error Message Flag: True
          Transmit timeout: False
          Lost arbitration: True
          Controller problems: True
          Protocol violation: True
          Transceiver status: True
          No acknowledgement: False
          Bus off: False
          Bus error: False
          Controller restarted: False
          Reserved: 0x00000000
          Frame-Length: 8
          Reserved: 000000
          Lost arbitration in bit number: 0
          RX buffer overflow: False
          TX buffer overflow: False
          Reached warning level for RX errors: True
          Reached warning level for TX errors: False
          Reached error passive status RX: False
          Reached error passive status TX: False
          Recovered to error active state: False
          Single bit error: False
          Frame format error: True
          Bit stuffing error: False
          Unable to send dominant bit: False
          Unable to send recessive bit: False
          Bus overload: False
          Active error announcement: False
          Error occurred on transmission: False
          Protocol error location: CRC sequence (8)
          Transceiver CANH status: unspecified (0)
          Transceiver CANL status: no wire (4)
          Controller specific data: 00 01 02
    "#]],
    );
    check::<Can>(
        "20000004 02 000000 0004",
        expect![[r#"
        Controller Area Network, Error frame, classes 0x004
          Error Message Flag: True
          Transmit timeout: False
          Lost arbitration: False
          Controller problems: True
          Protocol violation: False
          Transceiver status: False
          No acknowledgement: False
          Bus off: False
          Bus error: False
          Controller restarted: False
          Reserved: 0x00000000
          Frame-Length: 2
          Reserved: 000000
          [error] bad-length: 2 bytes, but an error frame has 8
    "#]],
    );
    check::<Can>(
        "20000004 08 000000 0004",
        expect![[r#"
        Controller Area Network, Error frame, classes 0x004
          Error Message Flag: True
          Transmit timeout: False
          Lost arbitration: False
          Controller problems: True
          Protocol violation: False
          Transceiver status: False
          No acknowledgement: False
          Bus off: False
          Bus error: False
          Controller restarted: False
          Reserved: 0x00000000
          Frame-Length: 8
          Reserved: 000000
          RX buffer overflow: False
          TX buffer overflow: False
          Reached warning level for RX errors: True
          Reached warning level for TX errors: False
          Reached error passive status RX: False
          Reached error passive status TX: False
          Recovered to error active state: False
          [error] short: bytes needs 5 bytes at offset 8, 2 are there
    "#]],
    );
}

#[test]
fn cut_short() {
    check::<Can>(
        "0000",
        expect![[r#"
        Controller Area Network
          [error] short: bytes needs 4 bytes at offset 0, 2 are there
    "#]],
    );
}
