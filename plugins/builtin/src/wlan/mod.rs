//! IEEE 802.11, the MAC frames of wireless LAN (IEEE Std 802.11-2020, clause 9): LINKTYPE_IEEE802_11, what Aruba's and
//! other tunnels carry, and what stands behind the capture headers that tell of the radio.
//!
//! What an unprotected data frame carries is LLC; what is encrypted is not decrypted. Frames of other protocol
//! versions and extension frames have other headers, of which only the version is read.

mod aggregate;
mod capabilities;
mod elements;
mod fields;
mod management;
pub(crate) mod rsn;
mod setup;
pub(crate) mod values;
mod vendor;

use crate::checksum::UNVERIFIED;
use fields::*;
use prosector_sdk::handle::Handle;
use prosector_sdk::prelude::*;
use std::fmt;

/// The dissector.
#[derive(Default)]
pub struct Wlan;

/// The context of a frame that ends in an FCS, as in table `link`.
pub(crate) const WITH_FCS: u64 = 1 + FCS_LEN as u64;
/// The context of a frame that has no FCS.
pub(crate) const WITHOUT_FCS: u64 = 1;
/// In the context: between header and body there is padding up to a multiple of four.
pub(crate) const PADDED: u64 = 1 << 63;

/// In the context: the frame is of the 2.4 GHz band.
pub(crate) const BAND_2GHZ: u64 = 1 << 62;

const FCS_LEN: usize = 4;
const TO_DS: u16 = 0x01;
const FROM_DS: u16 = 0x02;
const MORE_FRAGMENTS: u16 = 0x04;
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
        if control & 0x0300 != 0 {
            let version = pdu.show(OTHER_VERSION)?;
            pdu.info(format_args!("Unknown protocol version {version}"));
            return Ok(());
        }
        if kind == 3 || (kind, subtype) == (1, 6) {
            // Extensions have other fields in the same bits.
            pdu.hand_to(DATA);
            return Ok(());
        }
        let whole = kind << 4 | subtype;
        pdu.computed(FC_TYPE_SUBTYPE, 0..1, whole);
        pdu.take(FC)?;
        if fcs_len > 0 && pdu.data().len() >= end + FCS_LEN {
            pdu.show_at(FCS, end)?;
            pdu.computed(FCS_STATUS, end..end + FCS_LEN, UNVERIFIED);
        }
        pdu.info(format_args!("{}", Info { frame: pdu.data(), whole, control, fcs: fcs_len > 0 }));
        match kind {
            0 => management(pdu, control, end, context),
            1 => control_frame(pdu, subtype, end),
            _ => data(pdu, control, end, context & PADDED != 0),
        }
    }
}

/// The text of the info line.
struct Info<'a> {
    frame: &'a [u8],
    whole: u16,
    control: u16,
    fcs: bool,
}

impl fmt::Display for Info<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", Wlan::name(FC_TYPE_SUBTYPE, self.whole))?;
        if self.whole >> 4 != 1
            && let Some(&[low, high]) = self.frame.get(22..24)
        {
            let sequence = u16::from_le_bytes([low, high]);
            write!(f, ", SN={}, FN={}", sequence >> 4, sequence & 15)?;
        }
        f.write_str(", Flags=")?;
        for (bit, letter) in (0..8).rev().zip("opmPRMFT".chars()) {
            write!(f, "{}", if self.control >> bit & 1 != 0 { letter } else { '.' })?;
        }
        f.write_str(if self.fcs { "C" } else { "." })?;
        // The name of the network comes first in these, behind what is fixed.
        const BEACON: u16 = 8;
        let fixed = match self.whole {
            0 => 4,
            2 => 10,
            4 => 0,
            5 | BEACON => 12,
            _ => return Ok(()),
        };
        if matches!(self.whole, 5 | BEACON)
            && let Some(&[low, high]) = self.frame.get(32..34)
        {
            write!(f, ", BI={}", u16::from_le_bytes([low, high]))?;
        }
        match self.frame.get(24 + fixed..) {
            Some(&[0, 0, ..]) => f.write_str(", SSID=Wildcard (Broadcast)"),
            Some([0, len, rest @ ..]) => {
                let name = rest.get(..usize::from(*len)).unwrap_or_default();
                write!(f, ", SSID=\"{}\"", String::from_utf8_lossy(name))
            }
            _ => Ok(()),
        }
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

fn management(pdu: &mut Pdu<'_>, control: u16, end: usize, context: u64) -> Step {
    pdu.take(DURATION)?;
    address(pdu, 0, [RA, DA])?;
    address(pdu, 1, [TA, SA])?;
    address(pdu, 2, [BSSID])?;
    pdu.skip(18)?;
    pdu.show(FRAG)?;
    pdu.take(SEQ)?;
    if control & ORDER != 0 {
        ht_control(pdu)?;
    }
    if context & PADDED != 0 {
        pad(pdu)?;
    }
    let len = end.saturating_sub(pdu.position());
    if control & PROTECTED != 0 {
        return ciphertext(pdu, len);
    }
    pdu.within(FC, len, |pdu| management::body(pdu, control >> 12, context & BAND_2GHZ != 0))
}

fn pad(pdu: &mut Pdu<'_>) -> Step {
    pdu.skip(pdu.position().next_multiple_of(4) - pdu.position())
}

fn control_frame(pdu: &mut Pdu<'_>, subtype: u16, end: usize) -> Step {
    const BLOCK_ACK_REQUEST: u16 = 8;
    const BLOCK_ACK: u16 = 9;
    const PS_POLL: u16 = 10;
    // The poll has an association number in place of the duration.
    if subtype == PS_POLL {
        pdu.take(POLL_AID)?;
        address(pdu, 0, [RA, BSSID])?;
        return address(pdu, 1, [TA]);
    }
    pdu.take(DURATION)?;
    address(pdu, 0, [RA])?;
    match subtype {
        BLOCK_ACK_REQUEST | BLOCK_ACK => {
            address(pdu, 1, [TA])?;
            pdu.skip(12)?;
            block_ack(pdu, subtype == BLOCK_ACK, end)
        }
        11 => address(pdu, 1, [TA]),
        14 | 15 => address(pdu, 1, [BSSID]),
        _ => Ok(()),
    }
}

/// The common forms, basic and compressed; the rest is left alone.
fn block_ack(pdu: &mut Pdu<'_>, is_answer: bool, end: usize) -> Step {
    let control = pdu.take(BA_CONTROL)?;
    if matches!(control >> 1 & 15, 0 | 2) {
        pdu.take(FIXED_SSC)?;
        if is_answer {
            pdu.take_bytes(BA_BM, end.saturating_sub(pdu.position()))?;
        }
    }
    Ok(())
}

fn ht_control(pdu: &mut Pdu<'_>) -> Step {
    let control = pdu.show(HTC)?;
    if control & 1 != 0 && pdu.show(HTC_HE)? {
        pdu.show(HTC_HE_A_CONTROL_CTRL_ID)?;
    }
    pdu.skip(4)
}

/// A data frame, which ends at `end` without its FCS.
fn data(pdu: &mut Pdu<'_>, control: u16, end: usize, padded: bool) -> Step {
    const QOS_FRAME: u16 = 8;
    const NO_DATA: u16 = 4;

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
    let is_fragment = pdu.show(FRAG)? != 0 || control & MORE_FRAGMENTS != 0;
    pdu.take(SEQ)?;
    if direction == TO_DS | FROM_DS {
        pdu.skip(6)?;
    }
    let mut aggregated = false;
    if subtype & QOS_FRAME != 0 {
        aggregated = qos(pdu, direction & FROM_DS != 0, subtype & NO_DATA == 0)?;
        if control & ORDER != 0 {
            ht_control(pdu)?;
        }
    }
    if padded {
        pad(pdu)?;
    }
    let len = end.saturating_sub(pdu.position());
    if subtype & NO_DATA != 0 || len == 0 {
        return Ok(());
    }
    if control & PROTECTED != 0 {
        return ciphertext(pdu, len);
    }
    let next = match (is_fragment, aggregated) {
        (true, _) => DATA,
        (_, true) => AGGREGATE,
        _ => LLC,
    };
    pdu.hand_to(next).len(len);
    Ok(())
}

/// Reads the QoS control. Returns whether the body is an A-MSDU.
fn qos(pdu: &mut Pdu<'_>, from_ds: bool, has_data: bool) -> Result<bool, Stop> {
    let qos = pdu.show(QOS)?;
    let aggregated = has_data && pdu.show(QOS_AMSDUPRESENT)?;
    if from_ds {
        pdu.show(QOS_EOSP)?;
        pdu.show(QOS_PS_BUF_STATE)?;
        if pdu.show(QOS_BUF_STATE_INDICATED)? {
            pdu.show(QOS_HIGHEST_PRI_BUF_AC)?;
            pdu.show(QOS_QAP_BUF_LOAD)?;
        }
    } else {
        pdu.show(QOS_BIT4)?;
        pdu.show(if qos & 0x10 == 0 { QOS_TXOP_DUR_REQ } else { QOS_QUEUE_SIZE })?;
    }
    pdu.skip(2)?;
    Ok(aggregated)
}

/// A body of `len` bytes that is encrypted. The fourth byte says whether the initialization vector is the long one of
/// TKIP, CCMP and GCMP (8 bytes; clauses 12.5.2 to 12.5.5) or that of WEP, which also has a check value at the end.
fn ciphertext(pdu: &mut Pdu<'_>, len: usize) -> Step {
    const CHECK: usize = 4;
    let start = pdu.position();
    let Some(&[b0, b1, b2, key]) = pdu.rest().first_chunk() else {
        return pdu.skip(4);
    };
    let mut left = len;
    if key & 0x20 == 0 {
        pdu.take(WEP_IV)?;
        pdu.take(WEP_KEY)?;
        left = left.saturating_sub(4);
        if left >= CHECK && pdu.data().len() >= start + len {
            pdu.show_at(WEP_ICV, start + len - CHECK)?;
        }
        left = left.saturating_sub(CHECK);
    } else {
        // TKIP repeats the first byte in the second, with one bit set and one not.
        let (field, low) = if b1 == (b0 | 0x20) & 0x7f { (TKIP_EXTIV, [b0, b2]) } else { (CCMP_EXTIV, [b1, b0]) };
        pdu.skip(3)?;
        pdu.take(WEP_KEY)?;
        let Some(&[p2, p3, p4, p5]) = pdu.rest().first_chunk() else {
            return pdu.skip(4);
        };
        if pdu.wants(field) {
            let text = format!("0x{p5:02X}{p4:02X}{p3:02X}{p2:02X}{:02X}{:02X}", low[0], low[1]);
            pdu.computed_bytes(field, start..start + 8, text.as_bytes());
        }
        pdu.skip(4)?;
        left = left.saturating_sub(8);
    }
    if left > 0 {
        pdu.hand_to(DATA).len(left);
    }
    Ok(())
}

builtin!(Wlan);

#[cfg(test)]
mod tests;
