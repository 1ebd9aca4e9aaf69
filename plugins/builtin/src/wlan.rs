//! IEEE 802.11, the MAC frames of wireless LAN (IEEE Std 802.11-2020, clause 9): LINKTYPE_IEEE802_11, and what
//! Aruba's and other tunnels carry.
//!
//! The header is read in full for management and data frames and for the common control frames. What an unprotected
//! data frame carries is LLC. The bodies of management frames are not read.

use crate::checksum::{STATUS, UNVERIFIED};
use prosector_sdk::handle::Handle;
use prosector_sdk::prelude::*;

/// The dissector.
#[derive(Default)]
pub struct Wlan;

protocol! {
    /// IEEE 802.11, wireless LAN.
    Wlan = wlan "802.11", "IEEE 802.11" {
        /// Subtype and type in one number, the type being the upper digit.
        fc.type_subtype: computed u16 hex  "Type/Subtype" = KINDS,
        fc: u16 hex                        "Frame Control Field" {
            version: uint 0x0300           "Version",
            type: 0x0c00                   "Type" = {
                0 "Management frame", 1 "Control frame", 2 "Data frame", 3 "Extension frame",
            },
            subtype: 0xf000                "Subtype",
            .flags: hex 0x00ff             "Flags",
            ds: hex 0x0003                 "DS status" = {
                0 "Not leaving DS or network is operating in AD-HOC mode",
                1 "Frame from STA to DS via an AP",
                2 "Frame from DS to a STA via AP",
                3 "WDS (AP to AP) or Mesh (MP to MP) Frame",
            },
            tods: 0x0001                   "To DS",
            fromds: 0x0002                 "From DS",
            frag: 0x0004                   "More Fragments",
            retry: 0x0008                  "Retry",
            pwrmgt: 0x0010                 "PWR MGT",
            moredata: 0x0020               "More Data",
            protected: 0x0040              "Protected flag",
            order: 0x0080                  "+HTC/Order flag",
        },
        duration: u16 le & 0x7fff          "Duration" unit "µs",
        ra: mac                            "Receiver address",
        ta: mac                            "Transmitter address",
        da: mac                            "Destination address" destination,
        sa: mac                            "Source address" source,
        bssid: mac                         "BSS Id",
        /// The station's, in frames between it and its access point.
        staa: mac                          "STA address",
        /// Every address.
        addr: mac                          "Hardware address" hidden,
        frag: u16 le & 0x000f              "Fragment number",
        seq: u16 le & 0xfff0               "Sequence number",
        qos: u16 le hex                    "Qos Control" {
            tid: 0x000f                    "TID",
            priority: 0x0007               "Priority",
            ack: hex 0x0060                "Ack Policy" = {
                0 "Normal Ack", 1 "No Ack", 2 "No explicit acknowledgment", 3 "Block Ack",
            },
        },
        qos.amsdupresent: bool(u16) le & 0x0080  "Payload Type" = { 0 "MSDU", 1 "A-MSDU" },
        /// From an access point: the service period ends.
        qos.eosp: bool(u16) le & 0x0010          "EOSP",
        qos.ps_buf_state: u16 le hex & 0xff00    "QAP PS Buffer State",
        /// From a station: says which of the two below follows.
        qos.bit4: bool(u16) le & 0x0010          "QoS bit 4",
        qos.txop_dur_req: u16 le & 0xff00        "TXOP Duration Requested",
        qos.queue_size: u16 le & 0xff00          "Queue Size",
        fcs: u32 le hex                    "Frame check sequence",
        fcs.status: computed u8            "FCS Status" = STATUS,
    }
    claims { link = 105, gre.proto = 0x8200..=0x83ff }
    tables { LLC: "@llc", DATA: "@data" }
}

value_names! {
    KINDS {
        0x00 "Association Request",
        0x01 "Association Response",
        0x02 "Reassociation Request",
        0x03 "Reassociation Response",
        0x04 "Probe Request",
        0x05 "Probe Response",
        0x06 "Measurement Pilot",
        0x08 "Beacon frame",
        0x09 "ATIM",
        0x0a "Disassociate",
        0x0b "Authentication",
        0x0c "Deauthentication",
        0x0d "Action",
        0x0e "Action No Ack",
        0x12 "Trigger",
        0x14 "Beamforming Report Poll",
        0x15 "VHT/HE NDP Announcement",
        0x17 "Control Wrapper",
        0x18 "802.11 Block Ack Req",
        0x19 "802.11 Block Ack",
        0x1a "Power-Save poll",
        0x1b "Request-to-send",
        0x1c "Clear-to-send",
        0x1d "Acknowledgement",
        0x1e "CF-End (Control-frame)",
        0x1f "CF-End + CF-Ack (Control-frame)",
        0x20 "Data",
        0x21 "Data + CF-Ack",
        0x22 "Data + CF-Poll",
        0x23 "Data + CF-Ack + CF-Poll",
        0x24 "Null function (No data)",
        0x25 "Acknowledgement (No data)",
        0x26 "CF-Poll (No data)",
        0x27 "CF-Ack/Poll (No data)",
        0x28 "QoS Data",
        0x29 "QoS Data + CF-Acknowledgment",
        0x2a "QoS Data + CF-Poll",
        0x2b "QoS Data + CF-Ack + CF-Poll",
        0x2c "QoS Null function (No data)",
        0x2e "QoS CF-Poll (No Data)",
        0x2f "QoS CF-Ack + CF-Poll (No data)",
    }
}

/// The context of a frame that ends in an FCS, as in table `link`.
pub(crate) const WITH_FCS: u64 = 1 + FCS_LEN as u64;
/// In the context: between header and body there is padding up to a multiple of four.
pub(crate) const PADDED: u64 = 1 << 63;

const FCS_LEN: usize = 4;
const TO_DS: u16 = 1;
const FROM_DS: u16 = 2;
const PROTECTED: u16 = 0x40;
const ORDER: u16 = 0x80;

/// Where the addresses are.
const ADDRESSES: [usize; 4] = [4, 10, 16, 24];

impl Dissector for Wlan {
    fn dissect(&mut self, pdu: &mut Pdu<'_>) -> Step {
        let context = pdu.context();
        let fcs_len = if context & 0xff == WITH_FCS { FCS_LEN } else { 0 };
        let end = pdu.wire_len().saturating_sub(fcs_len);
        let control = pdu.peek(FC)?;
        let (kind, subtype) = (control >> 10 & 3, control >> 12);
        if control & 0x0300 != 0 || kind == 3 || (kind, subtype) == (1, 6) {
            // Other versions and extensions have other fields in the same bits.
            pdu.hand_to(DATA);
            return Ok(());
        }
        let whole = kind << 4 | subtype;
        pdu.computed(FC_TYPE_SUBTYPE, 0..1, whole);
        pdu.take(FC)?;
        pdu.info(format_args!("{}", Self::name(FC_TYPE_SUBTYPE, whole)));
        match kind {
            0 => management(pdu)?,
            1 => control_frame(pdu, subtype)?,
            _ => data(pdu, control, end, context & PADDED != 0)?,
        }
        let at = end;
        if fcs_len > 0 && pdu.data().len() >= at + FCS_LEN {
            pdu.show_at(FCS, at)?;
            pdu.computed(FCS_STATUS, at..at + FCS_LEN, UNVERIFIED);
        }
        Ok(())
    }
}

/// Records one of the addresses by all its names.
fn address<const N: usize>(pdu: &mut Pdu<'_>, number: usize, names: [Handle<[u8; 6]>; N]) -> Step {
    for name in names {
        pdu.show_at(name, ADDRESSES[number])?;
    }
    pdu.show_at(ADDR, ADDRESSES[number])?;
    Ok(())
}

fn management(pdu: &mut Pdu<'_>) -> Step {
    pdu.take(DURATION)?;
    address(pdu, 0, [RA, DA])?;
    address(pdu, 1, [TA, SA])?;
    address(pdu, 2, [BSSID])?;
    pdu.skip(18)?;
    pdu.show(FRAG)?;
    pdu.take(SEQ)?;
    Ok(())
}

fn control_frame(pdu: &mut Pdu<'_>, subtype: u16) -> Step {
    // The poll has an association number in place of the duration.
    const PS_POLL: u16 = 10;
    if subtype == PS_POLL {
        address(pdu, 0, [RA, BSSID])?;
        return address(pdu, 1, [TA]);
    }
    pdu.take(DURATION)?;
    address(pdu, 0, [RA])?;
    match subtype {
        8 | 9 | 11 => address(pdu, 1, [TA]),
        14 | 15 => address(pdu, 1, [BSSID]),
        _ => Ok(()),
    }
}

/// A data frame, which ends at `end` without its FCS.
fn data(pdu: &mut Pdu<'_>, control: u16, end: usize, padded: bool) -> Step {
    const QOS_FRAME: u16 = 8;
    const NO_DATA: u16 = 4;
    const CF_POLL: u16 = 2;

    let subtype = control >> 12;
    let direction = control & (TO_DS | FROM_DS);
    pdu.take(DURATION)?;
    match direction {
        0 => {
            address(pdu, 0, [RA, DA])?;
            address(pdu, 1, [TA, SA])?;
            address(pdu, 2, [BSSID])?;
        }
        TO_DS => {
            address(pdu, 0, [RA, BSSID])?;
            address(pdu, 1, [TA, SA, STAA])?;
            address(pdu, 2, [DA])?;
        }
        FROM_DS => {
            address(pdu, 0, [RA, DA, STAA])?;
            address(pdu, 1, [TA, BSSID])?;
            address(pdu, 2, [SA])?;
        }
        _ => {
            address(pdu, 0, [RA])?;
            address(pdu, 1, [TA])?;
            address(pdu, 3, [SA])?;
            address(pdu, 2, [DA])?;
        }
    }
    pdu.skip(18)?;
    pdu.show(FRAG)?;
    pdu.take(SEQ)?;
    if direction == TO_DS | FROM_DS {
        pdu.skip(6)?;
    }
    let mut aggregated = false;
    if subtype & QOS_FRAME != 0 {
        let qos = pdu.show(QOS)?;
        if subtype & NO_DATA == 0 {
            aggregated = pdu.show(QOS_AMSDUPRESENT)?;
        }
        if direction & FROM_DS != 0 {
            pdu.show(QOS_EOSP)?;
            if subtype & CF_POLL == 0 {
                pdu.show(QOS_PS_BUF_STATE)?;
            }
        } else {
            pdu.show(QOS_BIT4)?;
            pdu.show(if qos & 0x10 == 0 { QOS_TXOP_DUR_REQ } else { QOS_QUEUE_SIZE })?;
        }
        pdu.skip(2)?;
        if control & ORDER != 0 {
            // HT control.
            pdu.skip(4)?;
        }
    }
    if padded {
        pdu.skip(pdu.position().next_multiple_of(4) - pdu.position())?;
    }
    let len = end.saturating_sub(pdu.position());
    if subtype & NO_DATA != 0 || len == 0 {
        return Ok(());
    }
    if control & PROTECTED != 0 {
        return ciphertext(pdu, len);
    }
    pdu.hand_to(if aggregated { DATA } else { LLC }).len(len);
    Ok(())
}

/// What is behind the initialization vector, whose fourth byte says whether it is the long one (8 bytes, TKIP, CCMP)
/// or that of WEP, which also has a check value at the end.
fn ciphertext(pdu: &mut Pdu<'_>, len: usize) -> Step {
    let long = pdu.rest().get(3).is_some_and(|byte| byte & 0x20 != 0);
    let (before, after) = if long { (8, 0) } else { (4, 4) };
    pdu.skip(before)?;
    pdu.hand_to(DATA).len(len.saturating_sub(before + after));
    Ok(())
}

builtin!(Wlan);

#[test]
fn data_to_the_access_point() {
    check::<Wlan>(
        "8801 2c00 020000000001 020000000002 020000000003 1000 1001 aaaa03 000000 0800 45",
        expect![[r#"
            IEEE 802.11, QoS Data
              Type/Subtype: QoS Data (0x0028)
              Frame Control Field: 0x8801
                .... ..00 .... .... = Version: 0
                .... 10.. .... .... = Type: Data frame (2)
                1000 .... .... .... = Subtype: 8
                .... .... 0000 0001 = Flags: 0x0001
                .... .... .... ..01 = DS status: Frame from STA to DS via an AP (0x0001)
                .... .... .... ...1 = To DS: True
                .... .... .... ..0. = From DS: False
                .... .... .... .0.. = More Fragments: False
                .... .... .... 0... = Retry: False
                .... .... ...0 .... = PWR MGT: False
                .... .... ..0. .... = More Data: False
                .... .... .0.. .... = Protected flag: False
                .... .... 0... .... = +HTC/Order flag: False
              Duration: 44 µs
              Receiver address: 02:00:00:00:00:01
              BSS Id: 02:00:00:00:00:01
              Transmitter address: 02:00:00:00:00:02
              Source address: 02:00:00:00:00:02
              STA address: 02:00:00:00:00:02
              Destination address: 02:00:00:00:00:03
              Fragment number: 0
              Sequence number: 1
              Qos Control: 0x0110
                .... .... .... 0000 = TID: 0
                .... .... .... .000 = Priority: 0
                .... .... .00. .... = Ack Policy: Normal Ack (0x0000)
              Payload Type: MSDU
              QoS bit 4: True
              Queue Size: 1
            → @llc [0]: bytes 26..35
        "#]],
    );
}

#[test]
fn data_between_access_points() {
    check::<Wlan>(
        "0803 2c00 020000000001 020000000002 020000000003 1000 020000000004 aaaa03 000000 0800 45",
        expect![[r#"
            IEEE 802.11, Data
              Type/Subtype: Data (0x0020)
              Frame Control Field: 0x0803
                .... ..00 .... .... = Version: 0
                .... 10.. .... .... = Type: Data frame (2)
                0000 .... .... .... = Subtype: 0
                .... .... 0000 0011 = Flags: 0x0003
                .... .... .... ..11 = DS status: WDS (AP to AP) or Mesh (MP to MP) Frame (0x0003)
                .... .... .... ...1 = To DS: True
                .... .... .... ..1. = From DS: True
                .... .... .... .0.. = More Fragments: False
                .... .... .... 0... = Retry: False
                .... .... ...0 .... = PWR MGT: False
                .... .... ..0. .... = More Data: False
                .... .... .0.. .... = Protected flag: False
                .... .... 0... .... = +HTC/Order flag: False
              Duration: 44 µs
              Receiver address: 02:00:00:00:00:01
              Transmitter address: 02:00:00:00:00:02
              Source address: 02:00:00:00:00:04
              Destination address: 02:00:00:00:00:03
              Fragment number: 0
              Sequence number: 1
            → @llc [0]: bytes 30..39
        "#]],
    );
}

#[test]
fn with_ht_control_and_protected() {
    check::<Wlan>(
        "88c2 2c00 020000000001 020000000002 020000000003 1000 1001 00000000 01000020 00000000 1111",
        expect![[r#"
            IEEE 802.11, QoS Data
              Type/Subtype: QoS Data (0x0028)
              Frame Control Field: 0x88c2
                .... ..00 .... .... = Version: 0
                .... 10.. .... .... = Type: Data frame (2)
                1000 .... .... .... = Subtype: 8
                .... .... 1100 0010 = Flags: 0x00c2
                .... .... .... ..10 = DS status: Frame from DS to a STA via AP (0x0002)
                .... .... .... ...0 = To DS: False
                .... .... .... ..1. = From DS: True
                .... .... .... .0.. = More Fragments: False
                .... .... .... 0... = Retry: False
                .... .... ...0 .... = PWR MGT: False
                .... .... ..0. .... = More Data: False
                .... .... .1.. .... = Protected flag: True
                .... .... 1... .... = +HTC/Order flag: True
              Duration: 44 µs
              Receiver address: 02:00:00:00:00:01
              Destination address: 02:00:00:00:00:01
              STA address: 02:00:00:00:00:01
              Transmitter address: 02:00:00:00:00:02
              BSS Id: 02:00:00:00:00:02
              Source address: 02:00:00:00:00:03
              Fragment number: 0
              Sequence number: 1
              Qos Control: 0x0110
                .... .... .... 0000 = TID: 0
                .... .... .... .000 = Priority: 0
                .... .... .00. .... = Ack Policy: Normal Ack (0x0000)
              Payload Type: MSDU
              EOSP: True
              QAP PS Buffer State: 0x0001
            → @data [0]: bytes 38..40
        "#]],
    );
}

#[test]
fn without_data() {
    check::<Wlan>(
        "8000 2c00 ffffffffffff 020000000002 020000000002 2300 0000",
        expect![[r#"
        IEEE 802.11, Beacon frame
          Type/Subtype: Beacon frame (0x0008)
          Frame Control Field: 0x8000
            .... ..00 .... .... = Version: 0
            .... 00.. .... .... = Type: Management frame (0)
            1000 .... .... .... = Subtype: 8
            .... .... 0000 0000 = Flags: 0x0000
            .... .... .... ..00 = DS status: Not leaving DS or network is operating in AD-HOC mode (0x0000)
            .... .... .... ...0 = To DS: False
            .... .... .... ..0. = From DS: False
            .... .... .... .0.. = More Fragments: False
            .... .... .... 0... = Retry: False
            .... .... ...0 .... = PWR MGT: False
            .... .... ..0. .... = More Data: False
            .... .... .0.. .... = Protected flag: False
            .... .... 0... .... = +HTC/Order flag: False
          Duration: 44 µs
          Receiver address: ff:ff:ff:ff:ff:ff
          Destination address: ff:ff:ff:ff:ff:ff
          Transmitter address: 02:00:00:00:00:02
          Source address: 02:00:00:00:00:02
          BSS Id: 02:00:00:00:00:02
          Fragment number: 3
          Sequence number: 2
    "#]],
    );
    check::<Wlan>(
        "d400 2c00 020000000001",
        expect![[r#"
        IEEE 802.11, Acknowledgement
          Type/Subtype: Acknowledgement (0x001d)
          Frame Control Field: 0xd400
            .... ..00 .... .... = Version: 0
            .... 01.. .... .... = Type: Control frame (1)
            1101 .... .... .... = Subtype: 13
            .... .... 0000 0000 = Flags: 0x0000
            .... .... .... ..00 = DS status: Not leaving DS or network is operating in AD-HOC mode (0x0000)
            .... .... .... ...0 = To DS: False
            .... .... .... ..0. = From DS: False
            .... .... .... .0.. = More Fragments: False
            .... .... .... 0... = Retry: False
            .... .... ...0 .... = PWR MGT: False
            .... .... ..0. .... = More Data: False
            .... .... .0.. .... = Protected flag: False
            .... .... 0... .... = +HTC/Order flag: False
          Duration: 44 µs
          Receiver address: 02:00:00:00:00:01
    "#]],
    );
    check::<Wlan>(
        "a400 01c0 020000000001 020000000002",
        expect![[r#"
        IEEE 802.11, Power-Save poll
          Type/Subtype: Power-Save poll (0x001a)
          Frame Control Field: 0xa400
            .... ..00 .... .... = Version: 0
            .... 01.. .... .... = Type: Control frame (1)
            1010 .... .... .... = Subtype: 10
            .... .... 0000 0000 = Flags: 0x0000
            .... .... .... ..00 = DS status: Not leaving DS or network is operating in AD-HOC mode (0x0000)
            .... .... .... ...0 = To DS: False
            .... .... .... ..0. = From DS: False
            .... .... .... .0.. = More Fragments: False
            .... .... .... 0... = Retry: False
            .... .... ...0 .... = PWR MGT: False
            .... .... ..0. .... = More Data: False
            .... .... .0.. .... = Protected flag: False
            .... .... 0... .... = +HTC/Order flag: False
          Receiver address: 02:00:00:00:00:01
          BSS Id: 02:00:00:00:00:01
          Transmitter address: 02:00:00:00:00:02
    "#]],
    );
}

#[test]
fn cut_short() {
    check::<Wlan>(
        "8801 2c00 020000000001 0200",
        expect![[r#"
        IEEE 802.11, QoS Data
          Type/Subtype: QoS Data (0x0028)
          Frame Control Field: 0x8801
            .... ..00 .... .... = Version: 0
            .... 10.. .... .... = Type: Data frame (2)
            1000 .... .... .... = Subtype: 8
            .... .... 0000 0001 = Flags: 0x0001
            .... .... .... ..01 = DS status: Frame from STA to DS via an AP (0x0001)
            .... .... .... ...1 = To DS: True
            .... .... .... ..0. = From DS: False
            .... .... .... .0.. = More Fragments: False
            .... .... .... 0... = Retry: False
            .... .... ...0 .... = PWR MGT: False
            .... .... ..0. .... = More Data: False
            .... .... .0.. .... = Protected flag: False
            .... .... 0... .... = +HTC/Order flag: False
          Duration: 44 µs
          Receiver address: 02:00:00:00:00:01
          BSS Id: 02:00:00:00:00:01
          [error] short: wlan.ta needs 6 bytes at offset 10, 2 are there
    "#]],
    );
}
