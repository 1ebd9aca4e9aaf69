//! What is to be said of the radio of an IEEE 802.11 frame, whichever header the capture has before it: the physical
//! layer (IEEE Std 802.11-2020 and 802.11ax-2021), channel, rate, signal, and how long the frame was on air.
//!
//! The slice is the whole frame with its capture header; the context says which and how long.

use crate::flag_names::ON;
use crate::wlan::{BAND_2GHZ, PADDED, WITH_FCS, WITHOUT_FCS};
use prosector_sdk::prelude::*;

/// The dissector.
#[derive(Default)]
pub struct WlanRadio {
    /// When the frame before ended, by the capturing radio's clock.
    previous_end: Option<u64>,
}

protocol! {
    /// Properties of the radio of a wireless frame, put together from its capture header.
    WlanRadio = wlan_radio "802.11 Radio", "802.11 radio information" {
        phy: computed u8 "PHY type" = {
            1 "802.11 FHSS", 2 "802.11 IR", 3 "802.11 DSSS", 4 "802.11b (HR/DSSS)", 5 "802.11a (OFDM)",
            6 "802.11g (ERP)", 7 "802.11n (HT)", 8 "802.11ac (VHT)", 9 "802.11ad (DMG)", 10 "802.11ah (S1G)",
            11 "802.11ax (HE)",
        },
        short_preamble: computed bool "Short preamble",
        "11a.turbo_type" as TURBO_TYPE: computed u8 "Turbo type" = {
            0 "Non-turbo", 1 "Turbo", 2 "Dynamic turbo", 3 "Static turbo",
        },
        "11g.mode" as MODE: computed u8 "Proprietary mode" = { 0 "None", 1 "Super G" },
        "11n.mcs_index" as HT_MCS_INDEX: computed u8 "MCS index",
        "11n.bandwidth" as HT_BANDWIDTH: computed u8 "Bandwidth" = BANDWIDTHS,
        "11n.short_gi" as HT_SHORT_GI: computed bool "Short GI",
        "11n.greenfield" as HT_GREENFIELD: computed bool "Greenfield",
        "11n.fec" as HT_FEC: computed u8 "FEC" = { 0 "BCC", 1 "LDPC" },
        "11n.stbc_streams" as HT_STBC_STREAMS: computed u8 "Number of STBC streams",
        "11n.ness" as HT_NESS: computed u8 "Number of extension spatial streams",
        "11ac.stbc" as VHT_STBC: computed bool "STBC" = ON,
        .wlan_radio_11ac.txop_ps_not_allowed as TXOP_PS_NOT_ALLOWED: computed bool "TXOP_PS_NOT_ALLOWED",
        "11ac.short_gi" as VHT_SHORT_GI: computed bool "Short GI",
        "11ac.short_gi_nsym_disambig" as VHT_DISAMBIGUATION: computed bool "Short GI Nsym disambiguation",
        "11ac.ldpc_extra_ofdm_symbol" as VHT_EXTRA_SYMBOL: computed bool "LDPC extra OFDM symbol",
        "11ac.beamformed" as VHT_BEAMFORMED: computed bool "Beamformed",
        "11ac.bandwidth" as VHT_BANDWIDTH: computed u8 "Bandwidth" = BANDWIDTHS,
        "11ac.user" as VHT_USER: group "User",
        "11ac.nsts" as VHT_NSTS: computed u8 "Space-time streams",
        "11ac.mcs" as VHT_MCS: computed u8 "MCS index",
        "11ac.nss" as VHT_NSS: computed u8 "Spatial streams",
        "11ac.fec" as VHT_FEC: computed u8 "FEC" = { 0 "BCC", 1 "LDPC" },
        "11ac.gid" as VHT_GID: computed u8 "Group Id",
        "11ac.paid" as VHT_PAID: computed u16 "Partial AID",
        data_rate: computed f64 "Data rate" unit "Mb/s",
        channel: computed u8 "Channel",
        frequency: computed u16 "Frequency" unit "MHz",
        signal_db: computed u8 "Signal strength (dB)" unit "dB",
        signal_dbm: computed i8 "Signal strength (dBm)" unit "dBm",
        noise_db: computed u8 "Noise level (dB)" unit "dB",
        noise_dbm: computed i8 "Noise level (dBm)" unit "dBm",
        snr: computed i32 "Signal/noise ratio (dB)" unit "dB",
        timestamp: computed u64 "TSF timestamp",
        last_part_of_an_ampdu: computed bool "Last part of an A-MPDU",
        a_mpdu_delim_crc_error: computed bool "A-MPDU delimiter CRC error",
        a_mpdu_aggregate_id: computed u32 "A-MPDU aggregate ID",
        /// On air, from the first bit of the preamble.
        duration: computed u32 "Duration" unit "µs",
        preamble: computed u32 "Preamble" unit "µs",
        /// Since the end of the frame before.
        ifs: computed i64 "IFS" unit "µs" linked,
        /// The time stamp is taken to be that of the end.
        start_tsf: computed u64 "Start" unit "µs",
        end_tsf: computed u64 "End" unit "µs",
    }
    tables { WLAN: "@wlan" }
    stateful
}

value_names! {
    BANDWIDTHS {
        0 "20 MHz",
        1 "40 MHz",
        2 "20 MHz + 20 MHz lower",
        3 "20 MHz + 20 MHz upper",
        4 "80 MHz",
        5 "40 MHz + 40 MHz lower",
        6 "40 MHz + 40 MHz upper",
        7 "20 MHz, channel 1/4",
        8 "20 MHz, channel 2/4",
        9 "20 MHz, channel 3/4",
        10 "20 MHz, channel 4/4",
        11 "160 MHz",
        12 "80 MHz + 80 MHz lower",
        13 "80 MHz + 80 MHz upper",
    }
}

/// In the context, above the header's length: which header it is.
pub(crate) const FROM_RADIOTAP: u64 = 1 << 32;
/// See [`FROM_RADIOTAP`].
pub(crate) const FROM_PPI: u64 = 2 << 32;

const CHANNEL_CCK: u32 = 0x0020;
const CHANNEL_OFDM: u32 = 0x0040;
const CHANNEL_2GHZ: u32 = 0x0080;
const CHANNEL_5GHZ: u32 = 0x0100;
const CHANNEL_DYNAMIC: u32 = 0x0400;
const CHANNEL_GFSK: u32 = 0x0800;

/// What a capture header says. Nothing in it is computed.
#[derive(Debug, Default)]
pub(crate) struct Radio {
    /// The frame ends in its FCS.
    pub fcs: bool,
    /// Between the frame's header and its body there is padding up to a multiple of four.
    pub padded: bool,
    /// Time stamp of the MAC, in microseconds.
    pub tsf: Option<u64>,
    pub short_preamble: Option<bool>,
    /// In Mb/s.
    pub rate: Option<f64>,
    pub channel: Option<u8>,
    /// In MHz.
    pub frequency: Option<u16>,
    /// As in radiotap.
    channel_flags: Option<u32>,
    pub hopping: bool,
    pub signal_dbm: Option<i8>,
    pub noise_dbm: Option<i8>,
    pub signal_db: Option<u8>,
    pub noise_db: Option<u8>,
    pub ht: Option<Ht>,
    pub vht: Option<Vht>,
    /// The outer one: it was HE.
    pub he: Option<Option<HeRate>>,
    pub ampdu: Option<Ampdu>,
}

/// IEEE 802.11n.
#[derive(Debug, Default)]
pub(crate) struct Ht {
    pub mcs: Option<u8>,
    /// As in [`BANDWIDTHS`].
    pub bandwidth: Option<u8>,
    pub short_gi: Option<bool>,
    pub greenfield: Option<bool>,
    pub ldpc: Option<bool>,
    pub stbc: Option<u8>,
    /// Extension spatial streams.
    pub extension: Option<u8>,
}

/// IEEE 802.11ac.
#[derive(Debug, Default)]
pub(crate) struct Vht {
    pub stbc: Option<bool>,
    pub txop_ps_not_allowed: bool,
    pub short_gi: Option<bool>,
    pub disambiguation: Option<bool>,
    pub extra_symbol: Option<bool>,
    pub beamformed: Option<bool>,
    /// As in [`BANDWIDTHS`].
    pub bandwidth: Option<u8>,
    /// MCS, number of streams (0: no such user), LDPC.
    pub users: [(u8, u8, bool); 4],
    pub group: Option<u8>,
    pub partial_aid: Option<u16>,
}

/// What the rate of IEEE 802.11ax follows from.
#[derive(Debug)]
pub(crate) struct HeRate {
    pub mcs: u8,
    pub dual_carrier: bool,
    /// Bandwidth or resource unit, as in radiotap.
    pub allocation: u8,
    pub gi: u8,
    pub streams: u8,
}

/// The aggregate that the frame is of.
#[derive(Debug)]
pub(crate) struct Ampdu {
    pub reference: u32,
    /// As in radiotap.
    pub flags: u32,
}

impl Radio {
    pub fn set_channel_flags(&mut self, flags: u32) {
        self.channel_flags.get_or_insert(flags);
    }

    fn phy(&self) -> Option<u8> {
        let flags = self.channel_flags.unwrap_or(0);
        let has = |bits: u32| flags & bits == bits;
        let is_dsss = self.rate.is_some_and(|rate| [1.0, 2.0, 5.5, 11.0].contains(&rate));
        Some(match () {
            _ if self.he.is_some() => 11,
            _ if self.vht.is_some() => 8,
            _ if self.ht.is_some() => 7,
            _ if self.hopping || has(CHANNEL_GFSK) => 1,
            _ if has(CHANNEL_2GHZ | CHANNEL_CCK) => 4,
            _ if has(CHANNEL_2GHZ) && flags & (CHANNEL_OFDM | CHANNEL_DYNAMIC) != 0 => {
                if is_dsss {
                    4
                } else {
                    6
                }
            }
            _ if has(CHANNEL_5GHZ | CHANNEL_OFDM) => 5,
            _ if has(CHANNEL_2GHZ) => 3,
            _ if is_dsss => 4,
            _ => return None,
        })
    }

    fn rate(&self) -> Option<f64> {
        if let Some(Some(he)) = &self.he {
            return he_rate(he);
        }
        if let Some(vht) = &self.vht {
            let (mcs, streams, _) = *vht.users.iter().find(|user| user.1 > 0)?;
            return vht_rate(mcs, streams, vht.bandwidth?, vht.short_gi?);
        }
        self.rate.or_else(|| {
            let ht = self.ht.as_ref()?;
            ht_rate(ht.mcs?, ht.bandwidth? == 1, ht.short_gi?)
        })
    }
}

/// The channel of a centre frequency (IEEE Std 802.11-2020, clauses 15.4, 17.3 and 27.3.23).
fn channel(frequency: u16) -> Option<u8> {
    let number = match frequency {
        2484 => 14,
        2412..=2472 => (frequency - 2407) / 5,
        4910..=4980 => (frequency - 4000) / 5,
        5005..=5900 => (frequency - 5000) / 5,
        5955..=7115 => (frequency - 5950) / 5,
        _ => return None,
    };
    u8::try_from(number).ok()
}

/// Bits per subcarrier and coding rate, by MCS.
const MCS: [(f64, f64); 12] = [
    (1.0, 1.0 / 2.0),
    (2.0, 1.0 / 2.0),
    (2.0, 3.0 / 4.0),
    (4.0, 1.0 / 2.0),
    (4.0, 3.0 / 4.0),
    (6.0, 2.0 / 3.0),
    (6.0, 3.0 / 4.0),
    (6.0, 5.0 / 6.0),
    (8.0, 3.0 / 4.0),
    (8.0, 5.0 / 6.0),
    (10.0, 3.0 / 4.0),
    (10.0, 5.0 / 6.0),
];

/// A symbol with its guard interval, in microseconds.
fn symbol(short_gi: bool) -> f64 {
    if short_gi { 3.6 } else { 4.0 }
}

/// Data bits of a symbol in HT; only where all streams are modulated alike.
fn ht_bits(mcs: u8, is_40: bool) -> Option<f64> {
    if mcs == 32 {
        return Some(24.0);
    }
    let (bits, coding) = MCS[usize::from(mcs & 7)];
    (mcs < 32).then(|| f64::from(mcs / 8 + 1) * bits * coding * if is_40 { 108.0 } else { 52.0 })
}

/// The rate in Mb/s of an MCS of HT.
pub(crate) fn ht_rate(mcs: u8, is_40: bool, short_gi: bool) -> Option<f64> {
    Some(ht_bits(mcs, is_40)? / symbol(short_gi))
}

fn vht_bits(mcs: u8, streams: u8, bandwidth: u8) -> Option<f64> {
    let subcarriers = match bandwidth {
        0 | 2 | 3 | 7..=10 | 18..=25 => 52.0,
        1 | 5 | 6 | 14..=17 => 108.0,
        4 | 12 | 13 => 234.0,
        11 => 468.0,
        _ => return None,
    };
    let (bits, coding) = *MCS[..10].get(usize::from(mcs))?;
    Some(f64::from(streams) * bits * coding * subcarriers)
}

/// The rate in Mb/s of an MCS of VHT.
pub(crate) fn vht_rate(mcs: u8, streams: u8, bandwidth: u8, short_gi: bool) -> Option<f64> {
    Some(vht_bits(mcs, streams, bandwidth)? / symbol(short_gi))
}

/// The rate in Mb/s of HE, to a tenth.
fn he_rate(he: &HeRate) -> Option<f64> {
    let subcarriers = *[234.0, 468.0, 980.0, 1960.0, 24.0, 48.0, 102.0, 234.0, 468.0, 980.0, 1960.0]
        .get(usize::from(he.allocation))?;
    let symbol = 12.8 + [0.8, 1.6, 3.2].get(usize::from(he.gi))?;
    let (bits, coding) = *MCS.get(usize::from(he.mcs))?;
    let carriers = if he.dual_carrier { 0.5 } else { 1.0 };
    Some((subcarriers * bits * coding * carriers * f64::from(he.streams) / symbol * 10.0).round() / 10.0)
}

/// Rounds to the six digits that a rate is shown with.
pub(crate) fn six_digits(rate: f64) -> f64 {
    let unit = match rate {
        1000.0.. => 1e2,
        100.0.. => 1e3,
        10.0.. => 1e4,
        _ => 1e5,
    };
    (rate * unit).round() / unit
}

/// How long a frame of `len` bytes and its preamble are on air, in microseconds.
fn duration(radio: &Radio, phy: u8, len: usize) -> Option<(f64, f64)> {
    // Service and tail bits of OFDM.
    const AROUND: f64 = 16.0 + 6.0;
    let bits = len as f64 * 8.0;
    match phy {
        3 | 4 => {
            // Without a word of it, the short one (clause 16.2.2).
            let preamble = if radio.short_preamble == Some(false) { 192.0 } else { 96.0 };
            Some(((bits / radio.rate?).ceil(), preamble))
        }
        5 | 6 => Some((((bits + AROUND) / (radio.rate? * 4.0)).ceil() * 4.0, 20.0)),
        7 => {
            let ht = radio.ht.as_ref()?;
            let per_symbol = ht_bits(ht.mcs?, ht.bandwidth? == 1)?;
            let stbc = ht.stbc.unwrap_or(0);
            let long_training = |streams: u8| if streams == 3 { 4 } else { streams };
            let streams = ht.mcs? / 8 + 1 + stbc;
            let training = long_training(streams) + long_training(ht.extension.unwrap_or(0));
            let legacy = if ht.greenfield == Some(true) { 20.0 } else { 32.0 };
            // Under STBC symbols come in pairs (clause 19.3.11.8).
            let pair = if stbc > 0 { 2.0 } else { 1.0 };
            let symbols = ((bits + AROUND) / (per_symbol * pair)).ceil() * pair;
            Some(((symbols * symbol(ht.short_gi?)).round(), legacy + 4.0 * f64::from(training)))
        }
        8 => {
            let vht = radio.vht.as_ref()?;
            let (mcs, streams, _) = *vht.users.iter().find(|user| user.1 > 0)?;
            let stbc = vht.stbc == Some(true);
            let streams_on_air = streams * if stbc { 2 } else { 1 };
            let training = if streams_on_air == 1 { 1 } else { streams_on_air.next_multiple_of(2) };
            let symbols = ((bits + AROUND) / vht_bits(mcs, streams, vht.bandwidth?)?).ceil();
            // L-STF, L-LTF and L-SIG; VHT-SIG-A, VHT-STF, the training fields, VHT-SIG-B (clause 21.3.2).
            Some(((symbols * symbol(vht.short_gi?)).round(), 20.0 + 8.0 + 4.0 + 4.0 * f64::from(training) + 4.0))
        }
        _ => None,
    }
}

impl Dissector for WlanRadio {
    fn dissect(&mut self, pdu: &mut Pdu<'_>) -> Step {
        let context = pdu.context();
        let header_len = (context & 0xffff) as usize;
        let header = pdu.data().get(..header_len).unwrap_or(pdu.data());
        let radio = match context & !0xffff {
            FROM_RADIOTAP => crate::radiotap::radio(header),
            FROM_PPI => crate::ppi::radio(header),
            _ => Radio::default(),
        };
        let span = show(pdu, &radio, pdu.wire_len().saturating_sub(header_len));
        if let Some((start, end)) = span
            && let Some(previous) = self.previous_end.replace(end)
        {
            pdu.computed(IFS, 0..0, start.wrapping_sub(previous) as i64);
        }
        pdu.skip(header_len)?;
        let fcs = if radio.fcs { WITH_FCS } else { WITHOUT_FCS };
        let padded = if radio.padded { PADDED } else { 0 };
        let band =
            if radio.frequency.is_some_and(|frequency| (2400..2500).contains(&frequency)) { BAND_2GHZ } else { 0 };
        pdu.hand_to(WLAN).context(fcs | padded | band);
        Ok(())
    }
}

/// Records everything. Returns when the frame began and ended, where that is known.
fn show(pdu: &mut Pdu<'_>, radio: &Radio, len: usize) -> Option<(u64, u64)> {
    macro_rules! maybe {
        ($($field:ident: $value:expr),* $(,)?) => {$(
            if let Some(value) = $value {
                pdu.computed($field, 0..0, value);
            }
        )*};
    }
    let phy = radio.phy();
    maybe!(PHY: phy);
    match phy {
        Some(4) => maybe!(SHORT_PREAMBLE: radio.short_preamble),
        Some(5) => pdu.computed(TURBO_TYPE, 0..0, 0u8),
        Some(6) => pdu.computed(MODE, 0..0, 0u8),
        _ => {}
    }
    if let Some(ht) = &radio.ht {
        maybe!(
            HT_MCS_INDEX: ht.mcs,
            HT_BANDWIDTH: ht.bandwidth,
            HT_SHORT_GI: ht.short_gi,
            HT_GREENFIELD: ht.greenfield,
            HT_FEC: ht.ldpc,
            HT_STBC_STREAMS: ht.stbc,
            HT_NESS: ht.extension,
        );
    }
    if let Some(vht) = &radio.vht {
        maybe!(
            VHT_STBC: vht.stbc,
            TXOP_PS_NOT_ALLOWED: Some(vht.txop_ps_not_allowed),
            VHT_SHORT_GI: vht.short_gi,
            VHT_DISAMBIGUATION: vht.disambiguation,
            VHT_EXTRA_SYMBOL: vht.extra_symbol,
            VHT_BEAMFORMED: vht.beamformed,
            VHT_BANDWIDTH: vht.bandwidth,
        );
        for &(mcs, streams, ldpc) in vht.users.iter().filter(|user| user.1 > 0) {
            // Nothing in it can fail.
            let _ = pdu.group(VHT_USER, |pdu| {
                if let Some(stbc) = vht.stbc {
                    pdu.computed(VHT_NSTS, 0..0, streams << u8::from(stbc));
                }
                pdu.computed(VHT_MCS, 0..0, mcs);
                pdu.computed(VHT_NSS, 0..0, streams);
                pdu.computed(VHT_FEC, 0..0, ldpc);
                Ok(())
            });
        }
        maybe!(VHT_GID: vht.group, VHT_PAID: vht.partial_aid);
    }
    maybe!(
        DATA_RATE: radio.rate().map(six_digits),
        CHANNEL: radio.channel.or_else(|| channel(radio.frequency?)),
        FREQUENCY: radio.frequency,
        SIGNAL_DB: radio.signal_db,
        SIGNAL_DBM: radio.signal_dbm,
        NOISE_DB: radio.noise_db,
        NOISE_DBM: radio.noise_dbm,
    );
    if let (Some(signal), Some(noise)) = (radio.signal_dbm, radio.noise_dbm) {
        pdu.computed(SNR, 0..0, i32::from(signal) - i32::from(noise));
    }
    maybe!(TIMESTAMP: radio.tsf);
    if let Some(ampdu) = &radio.ampdu {
        pdu.computed(LAST_PART_OF_AN_AMPDU, 0..0, ampdu.flags & 0x08 != 0);
        pdu.computed(A_MPDU_DELIM_CRC_ERROR, 0..0, ampdu.flags & 0x10 != 0);
        pdu.computed(A_MPDU_AGGREGATE_ID, 0..0, ampdu.reference);
    }
    let (body, preamble) = duration(radio, phy?, len)?;
    let duration = (body + preamble) as u64;
    pdu.computed(DURATION, 0..0, duration);
    pdu.computed(PREAMBLE, 0..0, preamble as u64);
    let end = radio.tsf?;
    let start = end.saturating_sub(duration);
    pdu.computed(START_TSF, 0..0, start);
    pdu.computed(END_TSF, 0..0, end);
    Some((start, end))
}

builtin!(WlanRadio);

#[test]
fn rates() {
    assert_eq!(ht_rate(7, false, false), Some(65.0));
    assert_eq!(ht_rate(15, true, true), Some(300.0));
    assert_eq!(ht_rate(33, true, true), None);
    assert_eq!(vht_rate(9, 1, 4, true).map(six_digits), Some(433.333));
    assert_eq!(vht_rate(9, 1, 99, true), None);
    let he = HeRate { mcs: 11, dual_carrier: false, allocation: 2, gi: 0, streams: 1 };
    assert_eq!(he_rate(&he), Some(600.5));
}

#[test]
fn channels() {
    assert_eq!([2412, 2484, 5180, 5955, 3000].map(channel), [Some(1), Some(14), Some(36), Some(1), None]);
}

#[test]
fn durations() {
    let radio = |rate: f64, flags: u32| {
        let mut radio = Radio { rate: Some(rate), short_preamble: Some(false), ..Radio::default() };
        radio.set_channel_flags(flags);
        radio
    };
    // 14 bytes at 1 Mb/s behind a long preamble; 100 bytes at 54 Mb/s are four symbols.
    assert_eq!(duration(&radio(1.0, 0xa0), 4, 14), Some((112.0, 192.0)));
    assert_eq!(duration(&radio(54.0, 0xc0), 6, 100), Some((16.0, 20.0)));
}
