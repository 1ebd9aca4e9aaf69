//! IEEE 802.15.4, low-rate wireless networks (IEEE Std 802.15.4-2020, clause 7): LINKTYPE_IEEE802_15_4_WITHFCS and
//! _NOFCS. Numbers are little endian, addresses too.

use crate::checksum;
use prosector_sdk::handle::{ComputedWord, Handle};
use prosector_sdk::prelude::*;

/// The dissector.
#[derive(Default)]
pub struct Wpan;

protocol! {
    /// IEEE 802.15.4, low-rate wireless networks.
    Wpan = wpan "IEEE 802.15.4", "IEEE 802.15.4" {
        frame_length: computed u32 "Frame Length" unit "bytes",
        fcf: u16 le hex "Frame Control Field" {
            .frame_type: hex 0x0007 "Frame Type" = {
                0 "Beacon", 1 "Data", 2 "Ack", 3 "Command", 5 "Multipurpose", 6 "Fragment", 7 "Extended",
            },
            .security: 0x0008 "Security Enabled",
            .pending: 0x0010 "Frame Pending",
            .ack_request: 0x0020 "Acknowledge Request",
            .pan_id_compression: 0x0040 "PAN ID Compression",
            reserved: 0x0080 "Reserved",
            .seqno_suppression: 0x0100 "Sequence Number Suppression",
            .ie_present: 0x0200 "Information Elements Present",
            .dst_addr_mode: hex 0x0c00 "Destination Addressing Mode" = MODES,
            .version: 0x3000 "Frame Version" = {
                0 "IEEE Std 802.15.4-2003", 1 "IEEE Std 802.15.4-2006", 2 "IEEE Std 802.15.4-2015", 3 "Reserved",
            },
            .src_addr_mode: hex 0xc000 "Source Addressing Mode" = MODES,
        },
        seq_no: u8 "Sequence Number",
        dst_pan: u16 le hex "Destination PAN",
        dst16: u16 le hex "Destination" destination,
        dst64: computed eui64 "Destination" destination,
        src_pan: u16 le hex "Source PAN",
        src16: u16 le hex "Source" source,
        src64: computed eui64 "Extended Source" source,
        addr16: u16 le hex "Address" hidden,
        addr64: computed eui64 "Extended Address" hidden,
        header_ie: group "Header IE",
        header_ie_tlv: u16 le hex "IE Header" {
            .header_ie.type: uint 0x8000 "Type" = { 0 "Header", 1 "Payload" },
            .header_ie.id: hex 0x7f80 "Id" = { 0x7e "Header Termination 1", 0x7f "Header Termination 2" },
            .header_ie.length: 0x007f "Length",
        },
        header_ie.data: bytes "Data",
        superframe: u16 le hex "Superframe Specification" {
            .beacon_order: 0x000f "Beacon Interval",
            .superframe_order: 0x00f0 "Superframe Interval",
            .cap: 0x0f00 "Final CAP Slot",
            .battery_ext: 0x1000 "Battery Extension",
            .bcn_coord: 0x4000 "PAN Coordinator",
            .assoc_permit: 0x8000 "Association Permit",
        },
        gts.count: u8 & 0x07 "GTS Descriptor Count",
        gts.permit: bool & 0x80 "GTS Permit",
        pending16: u16 le hex "Address with pending data",
        pending64: computed eui64 "Address with pending data",
        cmd.id: u8 hex "Command Identifier" = {
            1 "Association Request", 2 "Association Response", 3 "Disassociation Notification", 4 "Data Request",
            5 "PAN ID Conflict", 6 "Orphan Notification", 7 "Beacon Request", 8 "Coordinator Realignment",
            9 "GTS Request",
        },
        /// Anything behind the addresses that is not read, and what is encrypted.
        payload_data as REST: bytes "Data",
        fcs: u16 le hex "FCS",
        fcs_ok: computed bool "FCS Valid",
    }
    claims { link = [195, 230], ethertype = 0x809a }
    tables { DATA: "@data" }
}

value_names! {
    MODES { 0 "None", 1 "Reserved", 2 "Short/16-bit", 3 "Long/64-bit" }
}

const FCS_LEN: usize = 2;
/// Position in the list of claims.
const NO_FCS: usize = 1;

const BEACON: u16 = 0;
const DATA_FRAME: u16 = 1;
const COMMAND: u16 = 3;
const RESERVED_MODE: u16 = 1;
const RESERVED_VERSION: u16 = 3;
const SHORT: u16 = 2;
const LONG: u16 = 3;

impl Dissector for Wpan {
    fn dissect(&mut self, pdu: &mut Pdu<'_>) -> Step {
        let len = pdu.wire_len();
        let fcs_len = if pdu.claim() == Some(NO_FCS) || len < 3 { 0 } else { FCS_LEN };
        let end = len - fcs_len;
        pdu.computed(FRAME_LENGTH, 0..0, end);
        let control = pdu.take(FCF)?;
        pdu.info(format_args!("{}", Self::name(FRAME_TYPE, control & 7)));
        if control & 0x0100 == 0 {
            pdu.take(SEQ_NO)?;
        }
        let (kind, version) = (control & 7, control >> 12 & 3);
        if version == RESERVED_VERSION || [control >> 10 & 3, control >> 14].contains(&RESERVED_MODE) {
            let text = format_args!("a frame version or an addressing mode that is reserved");
            pdu.diagnostic(Severity::Error, "reserved", 0..2, text);
            return Ok(());
        }
        addresses(pdu, control)?;
        if fcs_len > 0 && pdu.data().len() == len {
            pdu.show_at(FCS, end)?;
            let (frame, fcs) = pdu.data().split_at(end);
            pdu.computed(FCS_OK, end..len, crc(frame).to_le_bytes() == fcs);
        }
        let left = end.saturating_sub(pdu.position());
        let secured = control & 0x0008 != 0;
        pdu.within(FCF, left, |pdu| {
            if version == 2 && control & 0x0200 != 0 {
                header_elements(pdu)?;
            }
            match kind {
                _ if pdu.wire_remaining() == 0 => {}
                _ if secured => drop(pdu.take_rest(REST)),
                BEACON if version < 2 => beacon(pdu)?,
                COMMAND => {
                    pdu.take(CMD_ID)?;
                    pdu.take_rest(REST);
                }
                DATA_FRAME => drop(pdu.hand_to(DATA)),
                _ => drop(pdu.take_rest(REST)),
            }
            Ok(())
        })
    }
}

fn drop<T>(_: T) {}

/// The check of a frame begins with 0 (clause 7.2.11).
fn crc(bytes: &[u8]) -> u16 {
    checksum::crc16(0, bytes)
}

fn addresses(pdu: &mut Pdu<'_>, control: u16) -> Step {
    let (destination, source) = (control >> 10 & 3, control >> 14);
    let (has_destination, has_source) = (destination >= SHORT, source >= SHORT);
    let compressed = control & 0x0040 != 0;
    // Which PANs are written (table 7-2); before 2015 it was simpler.
    let (destination_pan, source_pan) = if control >> 12 & 3 < 2 {
        (has_destination, has_source && !(compressed && has_destination))
    } else {
        match (has_destination, has_source) {
            (false, false) => (compressed, false),
            (true, false) => (!compressed, false),
            (false, true) => (false, !compressed),
            (true, true) if destination == LONG && source == LONG => (!compressed, false),
            (true, true) => (true, !compressed),
        }
    };
    if destination_pan {
        pdu.take(DST_PAN)?;
    }
    address(pdu, destination, DST16, DST64)?;
    if source_pan {
        pdu.take(SRC_PAN)?;
    }
    address(pdu, source, SRC16, SRC64)
}

fn address(pdu: &mut Pdu<'_>, mode: u16, short: Handle<u16>, long: Handle<ComputedWord>) -> Step {
    match mode {
        SHORT => {
            pdu.show(ADDR16)?;
            pdu.take(short)?;
        }
        LONG => {
            let at = pdu.position();
            let value = long_address(pdu)?;
            pdu.computed(ADDR64, at..at + 8, value);
            pdu.computed(long, at..at + 8, value);
        }
        _ => {}
    }
    Ok(())
}

fn long_address(pdu: &mut Pdu<'_>) -> Result<u64, Stop> {
    let bytes = pdu.rest().first_chunk().copied().unwrap_or_default();
    pdu.skip(8)?;
    Ok(u64::from_le_bytes(bytes))
}

/// Up to the end, or up to an element that says that they end.
fn header_elements(pdu: &mut Pdu<'_>) -> Step {
    while pdu.wire_remaining() >= 2 {
        let head = pdu.peek(HEADER_IE_TLV)?;
        pdu.group(HEADER_IE, |pdu| {
            pdu.take(HEADER_IE_TLV)?;
            pdu.take_bytes(HEADER_IE_DATA, (head & 0x7f).into())?;
            Ok(())
        })?;
        if matches!(head >> 7 & 0xff, 0x7e | 0x7f) {
            break;
        }
    }
    Ok(())
}

fn beacon(pdu: &mut Pdu<'_>) -> Step {
    pdu.take(SUPERFRAME)?;
    let slots = pdu.show(GTS_COUNT)?;
    pdu.take(GTS_PERMIT)?;
    if slots > 0 {
        // The directions, then the descriptors.
        pdu.skip(1 + 3 * usize::from(slots))?;
    }
    let pending = pdu.rest().first().copied().unwrap_or(0);
    pdu.skip(1)?;
    for _ in 0..pending & 7 {
        pdu.take(PENDING16)?;
    }
    for _ in 0..pending >> 4 & 7 {
        let at = pdu.position();
        let value = long_address(pdu)?;
        pdu.computed(PENDING64, at..at + 8, value);
    }
    if pdu.wire_remaining() > 0 {
        pdu.hand_to(DATA);
    }
    Ok(())
}

builtin!(Wpan);

#[test]
fn an_acknowledgement() {
    assert_eq!(crc(b"123456789"), 0x2189);
    check::<Wpan>(
        "0200 2a 0000",
        expect![[r#"
            IEEE 802.15.4, Ack
              [Frame Length: 3 bytes]
              Frame Control Field: 0x0002
                .... .... .... .010 = Frame Type: Ack (0x2)
                .... .... .... 0... = Security Enabled: False
                .... .... ...0 .... = Frame Pending: False
                .... .... ..0. .... = Acknowledge Request: False
                .... .... .0.. .... = PAN ID Compression: False
                .... .... 0... .... = Reserved: False
                .... ...0 .... .... = Sequence Number Suppression: False
                .... ..0. .... .... = Information Elements Present: False
                .... 00.. .... .... = Destination Addressing Mode: None (0x0)
                ..00 .... .... .... = Frame Version: IEEE Std 802.15.4-2003 (0)
                00.. .... .... .... = Source Addressing Mode: None (0x0)
              Sequence Number: 42
              FCS: 0x0000
              FCS Valid: False
        "#]],
    );
}

#[test]
fn data_with_both_sizes_of_address() {
    check::<Wpan>(
        "41d8 01 3412 ffff 0102030405060708 616263 0000",
        expect![[r#"
            IEEE 802.15.4, Src: 08:07:06:05:04:03:02:01, Dst: 0xffff, Data
              [Frame Length: 18 bytes]
              Frame Control Field: 0xd841
                .... .... .... .001 = Frame Type: Data (0x1)
                .... .... .... 0... = Security Enabled: False
                .... .... ...0 .... = Frame Pending: False
                .... .... ..0. .... = Acknowledge Request: False
                .... .... .1.. .... = PAN ID Compression: True
                .... .... 0... .... = Reserved: False
                .... ...0 .... .... = Sequence Number Suppression: False
                .... ..0. .... .... = Information Elements Present: False
                .... 10.. .... .... = Destination Addressing Mode: Short/16-bit (0x2)
                ..01 .... .... .... = Frame Version: IEEE Std 802.15.4-2006 (1)
                11.. .... .... .... = Source Addressing Mode: Long/64-bit (0x3)
              Sequence Number: 1
              Destination PAN: 0x1234
              Destination: 0xffff
              Extended Source: 08:07:06:05:04:03:02:01
              FCS: 0x0000
              FCS Valid: False
            → @data [0]: bytes 15..18
        "#]],
    );
}

#[test]
fn an_address_is_cut() {
    check::<Wpan>(
        "01cc 01 3412 0102",
        expect![[r#"
            IEEE 802.15.4, Data
              [Frame Length: 5 bytes]
              Frame Control Field: 0xcc01
                .... .... .... .001 = Frame Type: Data (0x1)
                .... .... .... 0... = Security Enabled: False
                .... .... ...0 .... = Frame Pending: False
                .... .... ..0. .... = Acknowledge Request: False
                .... .... .0.. .... = PAN ID Compression: False
                .... .... 0... .... = Reserved: False
                .... ...0 .... .... = Sequence Number Suppression: False
                .... ..0. .... .... = Information Elements Present: False
                .... 11.. .... .... = Destination Addressing Mode: Long/64-bit (0x3)
                ..00 .... .... .... = Frame Version: IEEE Std 802.15.4-2003 (0)
                11.. .... .... .... = Source Addressing Mode: Long/64-bit (0x3)
              Sequence Number: 1
              Destination PAN: 0x1234
              [error] short: bytes needs 8 bytes at offset 5, 2 are there
        "#]],
    );
}
