//! PROFINET real-time frames (IEC 61158-6-10): what one is, its first two bytes tell; cyclic ones end with
//! a status. What finds and names devices by such frames is in `dcp.rs`.

use prosector_sdk::prelude::*;

mod dcp;
pub use dcp::PnDcp;

/// The dissector of real-time frames.
#[derive(Default)]
pub struct PnRt;

protocol! {
    /// PROFINET real-time frames.
    PnRt = pn_rt "PN-RT", "PROFINET Real-Time Protocol" {
        frame_id: u16 hex                       "FrameID" = {
            0x0020..=0x0021 "Sync with follow up", 0x0080..=0x0081 "Sync without follow up", 0x0100..=0x06ff "RTC3",
            0x0700..=0x0fff "RTC3, redundant", 0x8000..=0xbbff "RTC1 unicast", 0xbc00..=0xbfff "RTC1 multicast",
            0xc000..=0xf7ff "RTC1 unicast (legacy) or UDP", 0xf800..=0xfbff "RTC1 multicast (legacy) or UDP",
            0xfc01 "Alarm, high priority", 0xfe01 "Alarm, low priority", 0xfe02 "Remote Service Interface",
            0xfefc "DCP hello", 0xfefd "DCP get or set", 0xfefe "DCP identify request", 0xfeff "DCP identify response",
            0xff00..=0xff01 "PTCP announce", 0xff20..=0xff21 "PTCP follow up", 0xff40..=0xff43 "PTCP delay",
            0xff80..=0xff8f "Fragment", 0x0000..=0xffff "Reserved",
        },
        cycle_counter: u16                      "CycleCounter",
        ds: u8 hex                              "DataStatus" {
            .ds_ignore: uint hex 0x80           "Ignore" = { 0 "Evaluate", 1 "Ignore" },
            .ds_Reserved_2: uint hex 0x40       "Reserved",
            .ds_ok: uint hex 0x20               "StationProblemIndicator" = { 0 "Problem", 1 "Ok" },
            .ds_operate: uint hex 0x10          "ProviderState" = { 0 "Stop", 1 "Run" },
            .ds_res3: uint hex 0x08             "Reserved",
            .ds_valid: uint hex 0x04            "DataValid" = { 0 "Invalid", 1 "Valid" },
            .ds_redundancy: 0x02                "Redundancy",
            .ds_primary: uint hex 0x01          "State" = { 0 "Backup", 1 "Primary" },
        },
        transfer_status: u8                     "TransferStatus" = { 0 "OK", 1..=255 "Ignore this frame" },
        frag: group                             "PROFINET Fragment",
        frag_data_length: u8                    "FragDataLength",
        frag_status: group                      "FragStatus",
        frag_status.more_follows: u8 hex & 0x80 "MoreFollows" = { 0 "Last fragment", 1 "More fragments follow" },
        frag_status.error: u8 hex & 0x40        "Reserved",
        frag_status.fragment_number: u8 & 0x3f  "FragmentNumber (zero based)",
    }
    claims { ethertype = 0x8892, udp.port = 0x8892 }
    tables { FRAMES: "pn_rt.frame_id" }
}

impl Dissector for PnRt {
    fn dissect(&mut self, pdu: &mut Pdu<'_>) -> Step {
        let id = pdu.take(FRAME_ID)?;
        let name = Self::name(FRAME_ID, id);
        let mut len = pdu.wire_remaining();
        pdu.info(format_args!("{name}, ID: 0x{id:04x}, Len: {len}"));
        if let 0x0100..=0x0fff | 0x8000..=0xfbff = id {
            let status = pdu.wire_len().saturating_sub(4).max(pdu.position());
            len = status - pdu.position();
            let cycle = pdu.show_at(CYCLE_COUNTER, status)?;
            let data = pdu.show_at(DS, status + 2)?;
            pdu.show_at(TRANSFER_STATUS, status + 3)?;
            let bits = [(DS_VALID, 0x04), (DS_PRIMARY, 0x01), (DS_OK, 0x20), (DS_OPERATE, 0x10)];
            let [valid, primary, ok, run] = bits.map(|(field, bit)| Self::name(field, u8::from(data & bit != 0)));
            pdu.info(format_args!("{name}, ID: 0x{id:04x}, Len: {len}, Cycle: {cycle} ({valid},{primary},{ok},{run})"));
        }
        if let 0xff80..=0xff8f = id {
            pdu.group(FRAG, |pdu| {
                pdu.take(FRAG_DATA_LENGTH)?;
                pdu.group(FRAG_STATUS, |pdu| {
                    pdu.show(FRAG_STATUS_MORE_FOLLOWS)?;
                    pdu.show(FRAG_STATUS_ERROR)?;
                    pdu.take(FRAG_STATUS_FRAGMENT_NUMBER)
                })
            })?;
        }
        pdu.hand_on(FRAMES, id).len(len);
        Ok(())
    }
}

builtin!(PnRt);
export!(PnRt, PnDcp);
