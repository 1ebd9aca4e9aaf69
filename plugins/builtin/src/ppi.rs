//! Per-Packet Information (CACE Technologies, 2007): LINKTYPE_PPI. Before each frame a header with fields of type,
//! length and value, and with the link type of the frame.

use crate::flag_names::PRESENCE;
use crate::wlan_radio::{Ampdu, FROM_PPI, Ht, Radio};
use prosector_sdk::prelude::*;

/// The dissector.
#[derive(Default)]
pub struct Ppi;

protocol! {
    /// Per-Packet Information: what was known of a frame when it was captured.
    Ppi = ppi "PPI", "PPI Packet Header" {
        version: u8 "Version",
        length: u16 le "Header length" unit "bytes",
        dlt: u32 le "DLT",
        field: group "Field",
        field_type: u16 le "Field type" = {
            2 "802.11-Common", 3 "802.11n MAC Extensions", 4 "802.11n MAC+PHY Extensions", 5 "Spectrum-Map",
            6 "Process-Info", 7 "Capture-Info", 8 "Aggregation Extension", 9 "802.3 Extension", 30002 "GPS Tagging",
            30003 "Vector Tagging", 30004 "Harris", 30005 "Antenna Tagging", 0xffff "Reserved",
        },
        field_len: u16 le "Field length" unit "bytes",
        reserved: bytes "Data",
        flags: u8 hex "Flags" {
            alignment: 0x01 "Alignment" = { 0 "Not aligned", 1 "32-bit aligned" },
            reserved: hex 0xfe "Reserved",
        },
        "80211-common.tsft" as N80211_COMMON_TSFT: u64 le "TSFT",
        "80211-common.flags" as N80211_COMMON_FLAGS: u16 le hex "Flags" {
            "fcs" as N80211_COMMON_FLAGS_FCS: 0x0001 "FCS present flag" = PRESENCE,
            "tsft" as N80211_COMMON_FLAGS_TSFT: 0x0002 "TSFT flag" = { 0 "microseconds", 1 "milliseconds" },
            "fcs-invalid" as N80211_COMMON_FLAGS_FCS_INVALID: 0x0004 "FCS validity" = { 0 "Valid", 1 "Invalid" },
            "phy-err" as N80211_COMMON_FLAGS_PHY_ERR: 0x0008 "PHY error flag",
        },
        "80211-common.chan.flags" as N80211_COMMON_CHAN_FLAGS: u16 le hex "Channel flags" {
            "turbo" as N80211_COMMON_CHAN_FLAGS_TURBO: 0x0010 "Turbo",
            "cck" as N80211_COMMON_CHAN_FLAGS_CCK: 0x0020 "Complementary Code Keying (CCK)",
            "ofdm" as N80211_COMMON_CHAN_FLAGS_OFDM: 0x0040 "Orthogonal Frequency-Division Multiplexing (OFDM)",
            "2ghz" as N80211_COMMON_CHAN_FLAGS_2GHZ: 0x0080 "2 GHz spectrum",
            "5ghz" as N80211_COMMON_CHAN_FLAGS_5GHZ: 0x0100 "5 GHz spectrum",
            "passive" as N80211_COMMON_CHAN_FLAGS_PASSIVE: 0x0200 "Passive",
            "dynamic" as N80211_COMMON_CHAN_FLAGS_DYNAMIC: 0x0400 "Dynamic CCK-OFDM",
            "gfsk" as N80211_COMMON_CHAN_FLAGS_GFSK: 0x0800 "Gaussian Frequency Shift Keying (GFSK)",
        },
        "80211-common.rate" as N80211_COMMON_RATE: u16 le "Data rate",
        "80211-common.chan.freq" as N80211_COMMON_CHAN_FREQ: u16 le "Channel frequency",
        "80211-common.fhss.hopset" as N80211_COMMON_FHSS_HOPSET: u8 hex "FHSS hopset",
        "80211-common.fhss.pattern" as N80211_COMMON_FHSS_PATTERN: u8 hex "FHSS pattern",
        "80211-common.dbm.antsignal" as N80211_COMMON_DBM_ANTSIGNAL: i8 "dBm antenna signal",
        "80211-common.dbm.antnoise" as N80211_COMMON_DBM_ANTNOISE: i8 "dBm antenna noise",
        "80211n-mac.flags" as N80211N_MAC_FLAGS: u32 le hex "MAC flags" {
            "greenfield" as N80211N_MAC_FLAGS_GREENFIELD: 0x00000001 "Greenfield flag",
            "ht20_40" as N80211N_MAC_FLAGS_HT20_40: 0x00000002 "HT20/HT40 flag" = { 0 "HT20", 1 "HT40" },
            "rx.short_guard_interval" as N80211N_MAC_FLAGS_RX_SHORT_GUARD_INTERVAL: 0x00000004 "RX Short Guard Interval (SGI) flag",
            "rx.duplicate" as N80211N_MAC_FLAGS_RX_DUPLICATE: 0x00000008 "Duplicate RX flag",
            "agg" as N80211N_MAC_FLAGS_AGG: 0x00000010 "Aggregate flag",
            "more_agg" as N80211N_MAC_FLAGS_MORE_AGG: 0x00000020 "More aggregates flag",
            "delim_crc_error_after" as N80211N_MAC_FLAGS_DELIM_CRC_ERROR_AFTER: 0x00000040 "A-MPDU Delimiter CRC error after this frame flag",
        },
        "80211n-mac.ampdu_id" as N80211N_MAC_AMPDU_ID: u32 le hex "AMPDU-ID",
        "80211n-mac.num_delimiters" as N80211N_MAC_NUM_DELIMITERS: u8 "Num-Delimiters",
        "80211n-mac.reserved" as N80211N_MAC_RESERVED: u24 le hex "Reserved",
        "80211n-mac-phy.mcs" as N80211N_MAC_PHY_MCS: u8 "MCS",
        "80211n-mac-phy.num_streams" as N80211N_MAC_PHY_NUM_STREAMS: u8 "Number of spatial streams",
        "80211n-mac-phy.rssi.combined" as N80211N_MAC_PHY_RSSI_COMBINED: u8 "RSSI combined",
        "80211n-mac-phy.rssi.ant0ctl" as N80211N_MAC_PHY_RSSI_ANT0CTL: u8 "Antenna 0 control RSSI",
        "80211n-mac-phy.rssi.ant1ctl" as N80211N_MAC_PHY_RSSI_ANT1CTL: u8 "Antenna 1 control RSSI",
        "80211n-mac-phy.rssi.ant2ctl" as N80211N_MAC_PHY_RSSI_ANT2CTL: u8 "Antenna 2 control RSSI",
        "80211n-mac-phy.rssi.ant3ctl" as N80211N_MAC_PHY_RSSI_ANT3CTL: u8 "Antenna 3 control RSSI",
        "80211n-mac-phy.rssi.ant0ext" as N80211N_MAC_PHY_RSSI_ANT0EXT: u8 "Antenna 0 extension RSSI",
        "80211n-mac-phy.rssi.ant1ext" as N80211N_MAC_PHY_RSSI_ANT1EXT: u8 "Antenna 1 extension RSSI",
        "80211n-mac-phy.rssi.ant2ext" as N80211N_MAC_PHY_RSSI_ANT2EXT: u8 "Antenna 2 extension RSSI",
        "80211n-mac-phy.rssi.ant3ext" as N80211N_MAC_PHY_RSSI_ANT3EXT: u8 "Antenna 3 extension RSSI",
        "80211n-mac-phy.dbmant0.signal" as N80211N_MAC_PHY_DBMANT0_SIGNAL: i8 "dBm antenna 0 signal",
        "80211n-mac-phy.dbmant0.noise" as N80211N_MAC_PHY_DBMANT0_NOISE: i8 "dBm antenna 0 noise",
        "80211n-mac-phy.dbmant1.signal" as N80211N_MAC_PHY_DBMANT1_SIGNAL: i8 "dBm antenna 1 signal",
        "80211n-mac-phy.dbmant1.noise" as N80211N_MAC_PHY_DBMANT1_NOISE: i8 "dBm antenna 1 noise",
        "80211n-mac-phy.dbmant2.signal" as N80211N_MAC_PHY_DBMANT2_SIGNAL: i8 "dBm antenna 2 signal",
        "80211n-mac-phy.dbmant2.noise" as N80211N_MAC_PHY_DBMANT2_NOISE: i8 "dBm antenna 2 noise",
        "80211n-mac-phy.dbmant3.signal" as N80211N_MAC_PHY_DBMANT3_SIGNAL: i8 "dBm antenna 3 signal",
        "80211n-mac-phy.dbmant3.noise" as N80211N_MAC_PHY_DBMANT3_NOISE: i8 "dBm antenna 3 noise",
        "80211n-mac-phy.evm0" as N80211N_MAC_PHY_EVM0: u32 le "EVM-0",
        "80211n-mac-phy.evm1" as N80211N_MAC_PHY_EVM1: u32 le "EVM-1",
        "80211n-mac-phy.evm2" as N80211N_MAC_PHY_EVM2: u32 le "EVM-2",
        "80211n-mac-phy.evm3" as N80211N_MAC_PHY_EVM3: u32 le "EVM-3",
        "80211-mac-phy.ext-chan.freq" as N80211_MAC_PHY_EXT_CHAN_FREQ: u16 le "Extended channel frequency",
        "80211-mac-phy.ext-chan.flags" as N80211_MAC_PHY_EXT_CHAN_FLAGS: u16 le hex "Channel flags" {
            "turbo" as N80211_MAC_PHY_EXT_CHAN_FLAGS_TURBO: 0x0010 "Turbo",
            "cck" as N80211_MAC_PHY_EXT_CHAN_FLAGS_CCK: 0x0020 "Complementary Code Keying (CCK)",
            "ofdm" as N80211_MAC_PHY_EXT_CHAN_FLAGS_OFDM: 0x0040 "Orthogonal Frequency-Division Multiplexing (OFDM)",
            "2ghz" as N80211_MAC_PHY_EXT_CHAN_FLAGS_2GHZ: 0x0080 "2 GHz spectrum",
            "5ghz" as N80211_MAC_PHY_EXT_CHAN_FLAGS_5GHZ: 0x0100 "5 GHz spectrum",
            "passive" as N80211_MAC_PHY_EXT_CHAN_FLAGS_PASSIVE: 0x0200 "Passive",
            "dynamic" as N80211_MAC_PHY_EXT_CHAN_FLAGS_DYNAMIC: 0x0400 "Dynamic CCK-OFDM",
            "gfsk" as N80211_MAC_PHY_EXT_CHAN_FLAGS_GFSK: 0x0800 "Gaussian Frequency Shift Keying (GFSK)",
        },
    }
    claims { link = 192 }
    tables { LINK: "link", WLAN_RADIO: "@wlan_radio" }
}

const FIXED: usize = 8;
const IEEE802_11: u32 = 105;
const COMMON: u16 = 2;
const MAC: u16 = 3;
const MAC_PHY: u16 = 4;

impl Dissector for Ppi {
    fn dissect(&mut self, pdu: &mut Pdu<'_>) -> Step {
        let len = pdu.data().get(2..4).map_or(0, |len| usize::from(u16::from_le_bytes([len[0], len[1]])));
        let link = pdu.data().get(4..8).map(|dlt| u32::from_le_bytes([dlt[0], dlt[1], dlt[2], dlt[3]]));
        if len >= FIXED && link == Some(IEEE802_11) {
            // From the first byte on.
            pdu.hand_to(WLAN_RADIO).context(FROM_PPI | len as u64);
        }
        pdu.take(VERSION)?;
        let aligned = pdu.take(FLAGS)? & 1 != 0;
        pdu.take(LENGTH)?;
        let link = pdu.take(DLT)?;
        if len < FIXED {
            pdu.diagnostic(Severity::Error, "bad-length", 2..4, format_args!("the header has at least {FIXED} bytes"));
            return Ok(());
        }
        pdu.within(LENGTH, len - FIXED, |pdu| {
            while pdu.wire_remaining() >= 4 {
                pdu.group(FIELD, field)?;
                if aligned {
                    pdu.skip((pdu.position().next_multiple_of(4) - pdu.position()).min(pdu.remaining()))?;
                }
            }
            Ok(())
        })?;
        if link != IEEE802_11 {
            pdu.hand_on(LINK, u64::from(link)).context(1);
        }
        Ok(())
    }
}

fn field(pdu: &mut Pdu<'_>) -> Step {
    let kind = pdu.take(FIELD_TYPE)?;
    let len = usize::from(pdu.take(FIELD_LEN)?);
    pdu.within(FIELD_LEN, len, |pdu| match kind {
        COMMON => common(pdu),
        MAC => {
            mac(pdu)?;
            pdu.take(N80211N_MAC_NUM_DELIMITERS)?;
            pdu.take(N80211N_MAC_RESERVED)?;
            Ok(())
        }
        MAC_PHY => mac_phy(pdu),
        _ => {
            pdu.take_rest(RESERVED);
            Ok(())
        }
    })
}

fn common(pdu: &mut Pdu<'_>) -> Step {
    pdu.take(N80211_COMMON_TSFT)?;
    pdu.take(N80211_COMMON_FLAGS)?;
    pdu.take(N80211_COMMON_RATE)?;
    pdu.take(N80211_COMMON_CHAN_FREQ)?;
    pdu.take(N80211_COMMON_CHAN_FLAGS)?;
    pdu.take(N80211_COMMON_FHSS_HOPSET)?;
    pdu.take(N80211_COMMON_FHSS_PATTERN)?;
    pdu.take(N80211_COMMON_DBM_ANTSIGNAL)?;
    pdu.take(N80211_COMMON_DBM_ANTNOISE)?;
    Ok(())
}

fn mac(pdu: &mut Pdu<'_>) -> Step {
    pdu.take(N80211N_MAC_FLAGS)?;
    pdu.take(N80211N_MAC_AMPDU_ID)?;
    Ok(())
}

fn mac_phy(pdu: &mut Pdu<'_>) -> Step {
    mac(pdu)?;
    for field in [
        N80211N_MAC_NUM_DELIMITERS,
        N80211N_MAC_PHY_MCS,
        N80211N_MAC_PHY_NUM_STREAMS,
        N80211N_MAC_PHY_RSSI_COMBINED,
        N80211N_MAC_PHY_RSSI_ANT0CTL,
        N80211N_MAC_PHY_RSSI_ANT1CTL,
        N80211N_MAC_PHY_RSSI_ANT2CTL,
        N80211N_MAC_PHY_RSSI_ANT3CTL,
        N80211N_MAC_PHY_RSSI_ANT0EXT,
        N80211N_MAC_PHY_RSSI_ANT1EXT,
        N80211N_MAC_PHY_RSSI_ANT2EXT,
        N80211N_MAC_PHY_RSSI_ANT3EXT,
    ] {
        pdu.take(field)?;
    }
    pdu.take(N80211_MAC_PHY_EXT_CHAN_FREQ)?;
    pdu.take(N80211_MAC_PHY_EXT_CHAN_FLAGS)?;
    for field in [
        N80211N_MAC_PHY_DBMANT0_SIGNAL,
        N80211N_MAC_PHY_DBMANT0_NOISE,
        N80211N_MAC_PHY_DBMANT1_SIGNAL,
        N80211N_MAC_PHY_DBMANT1_NOISE,
        N80211N_MAC_PHY_DBMANT2_SIGNAL,
        N80211N_MAC_PHY_DBMANT2_NOISE,
        N80211N_MAC_PHY_DBMANT3_SIGNAL,
        N80211N_MAC_PHY_DBMANT3_NOISE,
    ] {
        pdu.take(field)?;
    }
    for field in [N80211N_MAC_PHY_EVM0, N80211N_MAC_PHY_EVM1, N80211N_MAC_PHY_EVM2, N80211N_MAC_PHY_EVM3] {
        pdu.take(field)?;
    }
    Ok(())
}

/// What a whole header says of the radio.
pub(crate) fn radio(header: &[u8]) -> Radio {
    let mut radio = Radio::default();
    let aligned = header.get(1).is_some_and(|flags| flags & 1 != 0);
    let mut at = FIXED;
    while let Some(&[k0, k1, l0, l1]) = header.get(at..).and_then(|rest| rest.first_chunk()) {
        let len = usize::from(u16::from_le_bytes([l0, l1]));
        let value = header.get(at + 4..).unwrap_or_default();
        let value = value.get(..len).unwrap_or(value);
        match u16::from_le_bytes([k0, k1]) {
            COMMON => drop(from_common(&mut radio, value)),
            MAC | MAC_PHY => drop(from_mac(&mut radio, value)),
            _ => {}
        }
        at += 4 + if aligned { len.next_multiple_of(4) } else { len };
    }
    radio
}

fn from_common(radio: &mut Radio, value: &[u8]) -> Option<()> {
    const INVALID: i8 = -128;
    let u16_at = |at: usize| Some(u16::from_le_bytes(*value.get(at..)?.first_chunk()?));
    let flags = u16_at(8)?;
    radio.fcs = flags & 1 != 0;
    let unit = if flags & 2 != 0 { 1000 } else { 1 };
    radio.tsf = Some(u64::from_le_bytes(*value.first_chunk()?).saturating_mul(unit)).filter(|tsf| *tsf > 0);
    radio.rate = Some(f64::from(u16_at(10)?) / 2.0).filter(|rate| *rate > 0.0);
    radio.frequency = Some(u16_at(12)?).filter(|frequency| *frequency > 0);
    radio.set_channel_flags(u16_at(14)?.into());
    radio.signal_dbm = Some(*value.get(18)? as i8).filter(|signal| *signal != INVALID);
    radio.noise_dbm = Some(*value.get(19)? as i8).filter(|noise| *noise != INVALID);
    Some(())
}

fn from_mac(radio: &mut Radio, value: &[u8]) -> Option<()> {
    const AGGREGATE: u32 = 0x10;
    let flags = u32::from_le_bytes(*value.first_chunk()?);
    radio.ht = Some(Ht {
        mcs: value.get(9).copied().filter(|_| value.len() > 12),
        bandwidth: Some((flags >> 1 & 1) as u8),
        short_gi: Some(flags & 4 != 0),
        greenfield: Some(flags & 1 != 0),
        ..Ht::default()
    });
    if flags & AGGREGATE != 0 {
        let reference = u32::from_le_bytes(*value.get(4..)?.first_chunk()?);
        radio.ampdu = Some(Ampdu { reference, flags: if flags & 0x20 == 0 { 8 } else { 0 } });
    }
    Some(())
}

builtin!(Ppi);

#[test]
fn a_beacon_with_common_information() {
    check::<Ppi>(
        "00 00 2000 69000000  0200 1400 0100000000000000 0100 0200 6c09 a000 00 00 c4 a0  8000",
        expect![[r#"
            PPI Packet Header
              Version: 0
              Flags: 0x00
                .... ...0 = Alignment: Not aligned
                0000 000. = Reserved: 0x00
              Header length: 32 bytes
              DLT: 105
              Field: 802.11-Common (2)
                Field type: 802.11-Common (2)
                Field length: 20 bytes
                TSFT: 1
                Flags: 0x0001
                  .... .... .... ...1 = FCS present flag: Present
                  .... .... .... ..0. = TSFT flag: microseconds
                  .... .... .... .0.. = FCS validity: Valid
                  .... .... .... 0... = PHY error flag: False
                Data rate: 2
                Channel frequency: 2412
                Channel flags: 0x00a0
                  .... .... ...0 .... = Turbo: False
                  .... .... ..1. .... = Complementary Code Keying (CCK): True
                  .... .... .0.. .... = Orthogonal Frequency-Division Multiplexing (OFDM): False
                  .... .... 1... .... = 2 GHz spectrum: True
                  .... ...0 .... .... = 5 GHz spectrum: False
                  .... ..0. .... .... = Passive: False
                  .... .0.. .... .... = Dynamic CCK-OFDM: False
                  .... 0... .... .... = Gaussian Frequency Shift Keying (GFSK): False
                FHSS hopset: 0x00
                FHSS pattern: 0x00
                dBm antenna signal: -60
                dBm antenna noise: -96
            → @wlan_radio [0]: bytes 0..34
        "#]],
    );
}

#[test]
fn a_field_that_is_too_long() {
    check::<Ppi>(
        "00 00 1000 01000000  0500 2000 00000000",
        expect![[r#"
            PPI Packet Header
              Version: 0
              Flags: 0x00
                .... ...0 = Alignment: Not aligned
                0000 000. = Reserved: 0x00
              Header length: 16 bytes
              DLT: 1
              Field: Spectrum-Map (5)
                Field type: Spectrum-Map (5)
                Field length: 32 bytes
                Data: 00000000
            → link [1]: bytes 16..16
        "#]],
    );
}
