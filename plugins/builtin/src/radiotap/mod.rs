//! Radiotap, what was known of a frame of IEEE 802.11 when it was captured (<https://www.radiotap.org>):
//! LINKTYPE_IEEE802_11_RADIOTAP.
//!
//! A word of bits says which items follow; each has its own alignment and size, so an item that is not known ends the
//! reading. The frame is handed on whole, header included: `wlan_radio` draws its conclusions from it.

mod he;
mod items;
mod radio;

use crate::flag_names::{KNOWN, ON, PRESENCE};
use items::{Items, item};
pub(crate) use radio::radio;

use crate::wlan_radio::{FROM_RADIOTAP, ht_rate, six_digits, vht_rate};
use prosector_sdk::prelude::*;

/// The dissector.
#[derive(Default)]
pub struct Radiotap;

protocol! {
    /// The header that wireless captures have before each frame.
    Radiotap = radiotap "Radiotap", "Radiotap Header" {
        version: u8 "Header revision",
        pad: u8 "Header pad",
        length: u16 le "Header length",
        present: group "Present flags",
        /// A word of which only the uppermost bits are known.
        "present.word" as OTHER_WORD: u32 le hex "Present flags word" {
            .present.rtap_ns as OTHER_RTAP_NS: 0x20000000 "Radiotap NS next",
            .present.vendor_ns as OTHER_VENDOR_NS: 0x40000000 "Vendor NS next",
            .present.ext as OTHER_EXT: 0x80000000 "Ext" = PRESENCE,
        },
        /// As in the header, or computed from the MCS.
        datarate as RATE: computed f64 "Data Rate" unit "Mb/s",
        channel.freq: u16 le "Channel frequency" unit "MHz",
        fhss.hopset: u8 "FHSS Hop Set",
        fhss.pattern: u8 "FHSS Pattern",
        dbm_antsignal: i8 "Antenna signal" unit "dBm",
        dbm_antnoise: i8 "Antenna noise" unit "dBm",
        quality: u16 le "Signal Quality",
        txattenuation: u16 le "TX attenuation",
        db_txattenuation: u16 le "dB TX attenuation" unit "dB",
        txpower: i8 "Transmit power" unit "dBm",
        antenna: u8 "Antenna",
        db_antsignal: u8 "dB antenna signal" unit "dB",
        db_antnoise: u8 "dB antenna noise" unit "dB",
        data_retries: u8 "data retries",
        xchannel.freq: u16 le "Channel frequency" unit "MHz",
        xchannel.channel: u8 "Channel number",
        mcs: group "MCS information",
        ampdu: group "A-MPDU status",
        vht: group "VHT information",
        vht.user: group "User",
        "vht.datarate.0" as VHT_DATARATE_0: computed f64 "Data Rate" unit "Mb/s",
        "vht.datarate.1" as VHT_DATARATE_1: computed f64 "Data Rate" unit "Mb/s",
        "vht.datarate.2" as VHT_DATARATE_2: computed f64 "Data Rate" unit "Mb/s",
        "vht.datarate.3" as VHT_DATARATE_3: computed f64 "Data Rate" unit "Mb/s",
        timestamp: group "timestamp information",
        he: group "HE information",
        he_mu: group "HE-MU information",
        /// A vendor's own items: who it is, and how long they are.
        vendor_namespace: bytes "Vendor namespace",
        vendor_oui: u24 hex "Vendor OUI",
        vendor_subns: u8 "Vendor sub namespace",
        vendor_data_len: u16 le "Vendor data length" unit "bytes",
        tlv.type: u16 le "TLV type",
        tlv.datalen: u16 le "TLV datalen" unit "bytes",
        tlv.unknown_data: bytes "unknown TLV data",
        present.word: u32 le hex "Present flags word" {
            .present.tsft: 0x00000001 "TSFT" = PRESENCE,
            .present.flags: 0x00000002 "Flags" = PRESENCE,
            .present.rate: 0x00000004 "Rate" = PRESENCE,
            .present.channel: 0x00000008 "Channel" = PRESENCE,
            .present.fhss: 0x00000010 "FHSS" = PRESENCE,
            .present.dbm_antsignal: 0x00000020 "dBm Antenna Signal" = PRESENCE,
            .present.dbm_antnoise: 0x00000040 "dBm Antenna Noise" = PRESENCE,
            .present.lock_quality: 0x00000080 "Lock Quality" = PRESENCE,
            .present.tx_attenuation: 0x00000100 "TX Attenuation" = PRESENCE,
            .present.db_tx_attenuation: 0x00000200 "dB TX Attenuation" = PRESENCE,
            .present.dbm_tx_power: 0x00000400 "dBm TX Power" = PRESENCE,
            .present.antenna: 0x00000800 "Antenna" = PRESENCE,
            .present.db_antsignal: 0x00001000 "dB Antenna Signal" = PRESENCE,
            .present.db_antnoise: 0x00002000 "dB Antenna Noise" = PRESENCE,
            .present.rxflags: 0x00004000 "RX flags" = PRESENCE,
            .present.txflags: 0x00008000 "TX flags" = PRESENCE,
            .present.data_retries: 0x00020000 "data retries" = PRESENCE,
            .present.xchannel: 0x00040000 "Channel+" = PRESENCE,
            .present.mcs: 0x00080000 "MCS information" = PRESENCE,
            .present.ampdu: 0x00100000 "A-MPDU Status" = PRESENCE,
            .present.vht: 0x00200000 "VHT information" = PRESENCE,
            .present.timestamp: 0x00400000 "frame timestamp" = PRESENCE,
            .present.he: 0x00800000 "HE information" = PRESENCE,
            .present.he_mu: 0x01000000 "HE-MU information" = PRESENCE,
            ."present.0_length.psdu" as PRESENT_0_LENGTH_PSDU: 0x04000000 "0 Length PSDU",
            .present.l_sig: 0x08000000 "L-SIG" = PRESENCE,
            .present.tlv: 0x10000000 "TLVs" = PRESENCE,
            .present.rtap_ns: 0x20000000 "Radiotap NS next",
            .present.vendor_ns: 0x40000000 "Vendor NS next",
            .present.ext: 0x80000000 "Ext" = PRESENCE,
        },
        mactime: u64 le "MAC timestamp",
        flags: u8 hex "Flags" {
            cfp: 0x01 "CFP",
            preamble: 0x02 "Preamble" = { 0 "Long", 1 "Short" },
            wep: 0x04 "WEP",
            frag: 0x08 "Fragmentation",
            fcs: 0x10 "FCS at end",
            datapad: 0x20 "Data Pad",
            badfcs: 0x40 "Bad FCS",
            shortgi: 0x80 "Short GI",
        },
        channel.flags: u16 le hex "Channel flags" {
            turbo: 0x0010 "Turbo",
            "700mhz" as CHANNEL_FLAGS_700MHZ: 0x0001 "700 MHz spectrum",
            "800mhz" as CHANNEL_FLAGS_800MHZ: 0x0002 "800 MHz spectrum",
            "900mhz" as CHANNEL_FLAGS_900MHZ: 0x0004 "900 MHz spectrum",
            cck: 0x0020 "Complementary Code Keying (CCK)",
            ofdm: 0x0040 "Orthogonal Frequency-Division Multiplexing (OFDM)",
            "2ghz" as CHANNEL_FLAGS_2GHZ: 0x0080 "2 GHz spectrum",
            "5ghz" as CHANNEL_FLAGS_5GHZ: 0x0100 "5 GHz spectrum",
            passive: 0x0200 "Passive",
            dynamic: 0x0400 "Dynamic CCK-OFDM",
            gfsk: 0x0800 "Gaussian Frequency Shift Keying (GFSK)",
            gsm: 0x1000 "GSM (900MHz)",
            sturbo: 0x2000 "Static Turbo",
            half: 0x4000 "Half Rate Channel (10MHz Channel Width)",
            quarter: 0x8000 "Quarter Rate Channel (5MHz Channel Width)",
        },
        rxflags: u16 le hex "RX flags" {
            badplcp: 0x0002 "Bad PLCP",
        },
        txflags: u16 le hex "TX flags" {
            .rxflags.fail: 0x0001 "Fail",
            .rxflags.cts: 0x0002 "CTS",
            .rxflags.rts: 0x0004 "RTS/CTS",
            .rxflags.noack: 0x0008 "No ACK",
            .rxflags.noseqno: 0x0010 "Has Seqnum",
            .rxflags.order: 0x0020 "Order",
        },
        xchannel.flags: u32 le hex "Channel flags" {
            turbo: 0x00000010 "Turbo",
            cck: 0x00000020 "Complementary Code Keying (CCK)",
            ofdm: 0x00000040 "Orthogonal Frequency-Division Multiplexing (OFDM)",
            "2ghz" as XCHANNEL_FLAGS_2GHZ: 0x00000080 "2 GHz spectrum",
            "5ghz" as XCHANNEL_FLAGS_5GHZ: 0x00000100 "5 GHz spectrum",
            .channel.xtype.passive: 0x00000200 "Passive",
            dynamic: 0x00000400 "Dynamic CCK-OFDM",
            gfsk: 0x00000800 "Gaussian Frequency Shift Keying (GFSK)",
            gsm: 0x00001000 "GSM (900MHz)",
            sturbo: 0x00002000 "Static Turbo",
            half: 0x00004000 "Half Rate Channel (10MHz Channel Width)",
            quarter: 0x00008000 "Quarter Rate Channel (5MHz Channel Width)",
            ht20: 0x00010000 "HT Channel (20MHz Channel Width)",
            ht40u: 0x00020000 "HT Channel (40MHz Channel Width with Extension channel above)",
            ht40d: 0x00040000 "HT Channel (40MHz Channel Width with Extension channel below)",
        },
        mcs.known: u8 hex "Known MCS information" {
            .mcs.have_bw: 0x01 "Bandwidth" = PRESENCE,
            .mcs.have_index: 0x02 "MCS index" = PRESENCE,
            .mcs.have_gi: 0x04 "Guard interval" = PRESENCE,
            .mcs.have_format: 0x08 "Format" = PRESENCE,
            .mcs.have_fec: 0x10 "FEC type" = PRESENCE,
            .mcs.have_stbc: 0x20 "STBC streams" = PRESENCE,
            .mcs.have_ness: 0x40 "Number of extension spatial streams" = PRESENCE,
            .mcs.ness_bit1: uint 0x80 "Number of extension spatial streams bit 1",
        },
        mcs.bw: u8 & 0x3 "Bandwidth" = { 0 "20 MHz", 1 "40 MHz", 2 "20 MHz lower", 3 "20 MHz upper" },
        mcs.gi: u8 & 0x4 "Guard interval" = { 0 "long", 1 "short" },
        mcs.format: u8 & 0x8 "Format" = { 0 "mixed", 1 "greenfield" },
        mcs.fec: u8 & 0x10 "FEC type" = { 0 "BCC", 1 "LDPC" },
        mcs.stbc: u8 & 0x60 "STBC streams",
        mcs.ness_bit0: u8 & 0x80 "Number of extension spatial streams bit 0",
        mcs.index: u8 "MCS index",
        ampdu.reference: u32 le "A-MPDU reference number",
        ampdu.flags: u16 le hex "A-MPDU flags" {
            report_zerolen: 0x0001 "Driver reports 0-length subframes in this A-MPDU",
            is_zerolen: 0x0002 "This is a 0-length subframe",
            lastknown: 0x0004 "Last subframe of this A-MPDU is known",
            last: 0x0008 "This is the last subframe of this A-MPDU",
            delim_crc_error: 0x0010 "Delimiter CRC error on this subframe",
            eof: 0x0040 "EOF on this subframe",
            eof_known: 0x0080 "EOF of this A-MPDU is known",
        },
        ampdu.delim_crc: u8 hex "A-MPDU subframe delimiter CRC",
        vht.known: u16 le hex "Known VHT information" {
            .vht.have_stbc: 0x0001 "STBC" = PRESENCE,
            .vht.have_txop_ps: 0x0002 "TXOP_PS_NOT_ALLOWED" = PRESENCE,
            .vht.have_gi: 0x0004 "Guard interval" = PRESENCE,
            .vht.have_sgi_nsym_da: 0x0008 "SGI Nsym disambiguation" = PRESENCE,
            .vht.ldpc_extra: 0x0010 "LDPC extra OFDM symbol" = PRESENCE,
            .vht.have_beamformed: 0x0020 "Beamformed" = PRESENCE,
            .mcs.have_gid: 0x0080 "Group ID" = PRESENCE,
            .mcs.have_paid: 0x0100 "Partial AID" = PRESENCE,
        },
        vht.stbc: bool & 0x1 "STBC" = ON,
        vht.txop_ps: bool & 0x2 "TXOP_PS_NOT_ALLOWED",
        vht.gi: u8 & 0x4 "Guard interval" = { 0 "long", 1 "short" },
        vht.sgi_nsym_da: bool & 0x8 "SGI Nsym disambiguation",
        vht.beamformed: bool & 0x20 "Beamformed",
        vht.bw: u8 "Bandwidth" = {
            0 "20 MHz", 1 "40 MHz", 2 "20 MHz lower", 3 "20 MHz upper", 4 "80 MHz", 5 "40 MHz lower",
            6 "40 MHz upper", 7 "20 MHz, channel 1/4", 8 "20 MHz, channel 2/4", 9 "20 MHz, channel 3/4",
            10 "20 MHz, channel 4/4", 11 "160 MHz", 12 "80 MHz lower", 13 "80 MHz upper", 14 "40 MHz, channel 1/4",
            15 "40 MHz, channel 2/4", 16 "40 MHz, channel 3/4", 17 "40 MHz, channel 4/4", 18 "20 MHz, channel 1/8",
            19 "20 MHz, channel 2/8", 20 "20 MHz, channel 3/8", 21 "20 MHz, channel 4/8", 22 "20 MHz, channel 5/8",
            23 "20 MHz, channel 6/8", 24 "20 MHz, channel 7/8", 25 "20 MHz, channel 8/8",
        },
        "vht.mcs.0" as VHT_MCS_0: u8 & 0xf0 "MCS index 0",
        "vht.nss.0" as VHT_NSS_0: u8 & 0xf "Spatial streams 0",
        "vht.coding.0" as VHT_CODING_0: u8 & 0x1 "Coding 0" = { 0 "BCC", 1 "LDPC" },
        "vht.nsts.0" as VHT_NSTS_0: u8 "Space-time streams 0",
        "vht.mcs.1" as VHT_MCS_1: u8 & 0xf0 "MCS index 1",
        "vht.nss.1" as VHT_NSS_1: u8 & 0xf "Spatial streams 1",
        "vht.coding.1" as VHT_CODING_1: u8 & 0x2 "Coding 1" = { 0 "BCC", 1 "LDPC" },
        "vht.nsts.1" as VHT_NSTS_1: u8 "Space-time streams 1",
        "vht.mcs.2" as VHT_MCS_2: u8 & 0xf0 "MCS index 2",
        "vht.nss.2" as VHT_NSS_2: u8 & 0xf "Spatial streams 2",
        "vht.coding.2" as VHT_CODING_2: u8 & 0x4 "Coding 2" = { 0 "BCC", 1 "LDPC" },
        "vht.nsts.2" as VHT_NSTS_2: u8 "Space-time streams 2",
        "vht.mcs.3" as VHT_MCS_3: u8 & 0xf0 "MCS index 3",
        "vht.nss.3" as VHT_NSS_3: u8 & 0xf "Spatial streams 3",
        "vht.coding.3" as VHT_CODING_3: u8 & 0x8 "Coding 3" = { 0 "BCC", 1 "LDPC" },
        "vht.nsts.3" as VHT_NSTS_3: u8 "Space-time streams 3",
        vht.gid: u8 "Group Id",
        vht.paid: u16 le "Partial AID",
        timestamp.ts: u64 le "timestamp",
        timestamp.accuracy: u16 le "accuracy",
        timestamp.unit: u8 & 0xf "time unit" = { 0 "msec", 1 "usec", 2 "nsec" },
        timestamp.samplingpos: u8 & 0xf0 "sampling position" = {
            0 "first MPDU bit/symbol", 1 "signal acquisition", 2 "end of frame", 15 "undefined",
        },
        "timestamp.flags.32bit" as TIMESTAMP_FLAGS_32BIT: bool & 0x1 "32-bit counter",
        timestamp.flags.accuracy: bool & 0x2 "accuracy field" = PRESENCE,
        he.data_1: u16 le hex "HE Data 1" {
            ppdu_format: hex 0x0003 "PPDU Format" = { 0x0 "HE_SU", 0x1 "HE_EXT_SU", 0x2 "HE_MU", 0x3 "HE_TRIG" },
            bss_color_known: 0x0004 "BSS Color known" = KNOWN,
            beam_change_known: 0x0008 "Beam Change known" = KNOWN,
            ul_dl_known: 0x0010 "UL/DL known" = KNOWN,
            data_mcs_known: 0x0020 "data MCS known" = KNOWN,
            data_dcm_known: 0x0040 "data DCM known" = KNOWN,
            coding_known: 0x0080 "Coding known" = KNOWN,
            ldpc_extra_symbol_segment_known: 0x0100 "LDPC extra symbol segment known" = KNOWN,
            stbc_known: 0x0200 "STBC known" = KNOWN,
            spatial_reuse_1_known: 0x0400 "Spatial Reuse 1 known" = KNOWN,
            spatial_reuse_2_known: 0x0800 "Spatial Reuse 2 known" = KNOWN,
            spatial_reuse_3_known: 0x1000 "Spatial Reuse 3 known" = KNOWN,
            spatial_reuse_4_known: 0x2000 "Spatial Reuse 4 known" = KNOWN,
            data_bw_ru_allocation_known: 0x4000 "data BW/RU allocation known" = KNOWN,
            doppler_known: 0x8000 "Doppler known" = KNOWN,
        },
        he.data_2: u16 le hex "HE Data 2" {
            pri_sec_80_mhz_known: 0x0001 "pri/sec 80 MHz known",
            gi_known: 0x0002 "GI known" = KNOWN,
            num_ltf_symbols_known: 0x0004 "LTF symbols known" = KNOWN,
            pre_fec_padding_factor_known: 0x0008 "Pre-FEC Padding Factor known" = KNOWN,
            txbf_known: 0x0010 "TxBF known" = KNOWN,
            pe_disambiguity_known: 0x0020 "PE Disambiguity known" = KNOWN,
            txop_known: 0x0040 "TXOP known" = KNOWN,
            midamble_periodicity_known: 0x0080 "midamble periodicity known" = KNOWN,
            ru_allocation_offset: hex 0x3f00 "RU allocation offset",
            ru_allocation_offseti_known: 0x4000 "RU allocation offset known" = KNOWN,
            pri_sec_80_mhz: 0x8000 "pri/sec 80 MHz" = { 0 "primary", 1 "secondary" },
        },
        he.data_3.bss_color: u16 le hex & 0x3f "BSS Color",
        he.data_3.bss_color_unknown: u16 le hex & 0x3f "BSS Color unknown",
        he.data_3.beam_change: u16 le hex & 0x40 "Beam Change",
        he.data_3.beam_change_unknown: u16 le hex & 0x40 "Beam Change unknown",
        he.data_3.ul_dl: u16 le hex & 0x80 "UL/DL",
        he.data_3.ul_dl_unknown: u16 le hex & 0x80 "UL/DL unknown",
        he.data_3.data_mcs: u16 le hex & 0xf00 "data MCS",
        he.data_3.data_mcs_unknown: u16 le hex & 0xf00 "data MCS unknown",
        he.data_3.data_dcm: u16 le hex & 0x1000 "data DCM",
        he.data_3.data_dcm_unknown: u16 le hex & 0x1000 "data DCM unknown",
        he.data_3.coding: u16 le hex & 0x2000 "Coding" = { 0x0 "BCC", 0x1 "LDPC" },
        he.data_3.coding_unknown: u16 le hex & 0x2000 "Coding unknown",
        he.data_3.ldpc_extra_symbol_segment: u16 le hex & 0x4000 "LDPC extra symbol segment",
        he.data_3.ldpc_extra_symbol_segment_unknown: u16 le hex & 0x4000 "LDPC extra symbol segment unknown",
        he.data_3.stbc: u16 le hex & 0x8000 "STBC",
        he.data_3.stbc_unknown: u16 le hex & 0x8000 "STBC unknown",
        he.data_3: u16 le hex "HE Data 3",
        he.data_4.spatial_reuse: u16 le hex & 0xf "Spatial Reuse",
        he.data_4.spatial_reuse_unknown: u16 le hex & 0xf "Spatial Reuse unknown",
        he.data_4.spatial_reuse_1: u16 le hex & 0xf "Spatial Reuse 1",
        he.data_4.spatial_reuse_1_unknown: u16 le hex & 0xf "Spatial Reuse 1 unknown",
        he.data_4.spatial_reuse_2: u16 le hex & 0xf0 "Spatial Reuse 2",
        he.data_4.spatial_reuse_2_unknown: u16 le hex & 0xf0 "Spatial Reuse 2 unknown",
        he.data_4.spatial_reuse_3: u16 le hex & 0xf00 "Spatial Reuse 3",
        he.data_4.spatial_reuse_3_unknown: u16 le hex & 0xf00 "Spatial Reuse 3 unknown",
        he.data_4.spatial_reuse_4: u16 le hex & 0xf000 "Spatial Reuse 4",
        he.data_4.spatial_reuse_4_unknown: u16 le hex & 0xf000 "Spatial Reuse 4 unknown",
        he.data_4.sta_id_user: u16 le hex & 0x7ff0 "STA-ID of user data captured for",
        he.data_4: u16 le hex "HE Data 4",
        he.data_4.reserved_d4_fff0: u16 le hex & 0xfff0 "Reserved",
        he.data_4.reserved_d4_b15: u16 le hex & 0x8000 "Reserved",
        he.data_5.data_bw_ru_allocation: u16 le hex & 0xf "data Bandwidth/RU allocation",
        he.data_5.data_bw_ru_allocation_unknown: u16 le hex & 0xf "data Bandwidth/RU allocation unknown",
        he.data_5.gi: u16 le hex & 0x30 "GI" = { 0x0 "0.8us", 0x1 "1.6us", 0x2 "3.2us", 0x3 "reserved" },
        he.data_5.gi_unknown: u16 le hex & 0x30 "GI unknown",
        he.data_5.ltf_symbol_size: u16 le hex & 0xc0 "LTF symbol size" = {
            0x0 "unknown", 0x1 "1x", 0x2 "2x", 0x3 "4x",
        },
        he.data_5.ltf_symbol_size_unknown: u16 le hex & 0xc0 "LTF symbol size unknown",
        he.num_ltf_symbols: u16 le hex & 0x700 "LTF symbols" = {
            0x0 "1x", 0x1 "2x", 0x2 "4x", 0x3 "6x", 0x4 "8x", 0x5 "reserved", 0x6 "reserved", 0x7 "reserved",
        },
        he.num_ltf_symbols_unknown: u16 le hex & 0x700 "LTF symbols unknown",
        he.pre_fec_padding_factor: u16 le hex & 0x3000 "Pre-FEC Padding Factor",
        he.pre_fec_padding_factor_unknown: u16 le hex & 0x3000 "Pre-FEC Padding Factor unknown",
        he.txbf: u16 le hex & 0x4000 "TxBF",
        he.txbf_unknown: u16 le hex & 0x4000 "TxBF unknown",
        he.pe_disambiguity: u16 le hex & 0x8000 "PE Disambiguity",
        he.pe_disambiguity_unknown: u16 le hex & 0x8000 "PE Disambiguity unknown",
        he.data_5: u16 le hex "HE Data 5",
        he.data_5.reserved_d5_b11: u16 le hex & 0x800 "reserved",
        he.data_6.doppler_value: u16 le hex & 0x10 "Doppler value",
        he.data_6.doppler_value_unknown: u16 le hex & 0x10 "Doppler value unknown",
        he.data_6.txop_value: u16 le hex & 0x7f00 "TXOP value",
        he.data_6.txop_value_unknown: u16 le hex & 0x7f00 "TXOP value unknown",
        he.data_6.midamble_periodicity: u16 le hex & 0x8000 "midamble periodicity" = { 0x0 "10", 0x1 "20" },
        he.data_6.midamble_periodicity_unknown: u16 le hex & 0x8000 "midamble periodicity unknown",
        he.data_6: u16 le hex "HE Data 6",
        he.data_6.nsts: u16 le hex & 0xf "NSTS",
        he.data_6.reserved_d6_00e0: u16 le hex & 0xe0 "Reserved",
        he_mu.flags_1: u16 le hex "HE-MU Flags 1" {
            .he_mu.sig_b_mcs: hex 0x000f "SIG-B MCS (from SIG-A)",
            .he_mu.sig_b_mcs_known: 0x0010 "SIG-B MCS known" = KNOWN,
            .he_mu.sig_b_dcm: uint hex 0x0020 "SIG-B DCM (from SIG-A)",
            .he_mu.sig_b_dmc_known: 0x0040 "SIG-B DCM known" = KNOWN,
            .he_mu.chan2_center_26_tone_ru_bit_known: 0x0080 "Channel2 center 26-tone RU bit known" = KNOWN,
            .he_mu.chan1_rus_known: 0x0100 "Channel 1 RUs known" = KNOWN,
            .he_mu.chan2_rus_known: 0x0200 "Channel 2 RUs known" = KNOWN,
            .he_mu.chan1_center_26_tone_ru_bit_known: 0x1000 "Channel1 center 26-tone RU bit known" = KNOWN,
            .he_mu.chan1_center_26_tone_ru_value: uint hex 0x2000 "Channel1 center 26-tone RU value",
            .he_mu.sig_b_compression_known: 0x4000 "SIG-B compression known" = KNOWN,
            .he_mu.symbol_cnt_or_user_cnt_known: 0x8000 "# of HE-SIG-B Symbols/MU-MINO users known" = KNOWN,
        },
        he_mu.flags_2: u16 le hex "HE-MU Flags 2" {
            .he_mu.bw_from_sig_a: 0x0003 "bandwidth from Bandwidth field in SIG-A",
            .he_mu.bw_from_sig_a_known: 0x0004 "bandwidth from Bandwidth field in SIG-A known" = KNOWN,
            .he_mu.sig_b_compression: 0x0008 "SIG-B compression from SIG-A",
            .he_mu.sig_b_syms_or_mu_mimo_users: 0x00f0 "# of HE-SIG-B Symbols or # of MU-MIMO Users",
            .he_mu.preamble_puncturing: hex 0x0300 "preamble puncturing from Bandwidth field in HE-SIG-A",
            .he_mu.preamble_puncturing_known: 0x0400 "preamble puncturing from Bandwidth field in HE-SIG-A known" = KNOWN,
            .he_mu.chan2_center_26_tone_ru_value: uint hex 0x0800 "Chan2 Center 26 Tone RU Value",
            .he_mu.reserved_f2_b12_b15: hex 0xf000 "Reserved",
        },
        he_mu.chan1_rus_0_index: u8 "Chan1 RU[0] index",
        he_mu.chan1_rus_1_index: u8 "Chan1 RU[1] index",
        he_mu.chan1_rus_2_index: u8 "Chan1 RU[2] index",
        he_mu.chan1_rus_3_index: u8 "Chan1 RU[3] index",
        he_mu.chan2_rus_0_index: u8 "Chan2 RU[0] index",
        he_mu.chan2_rus_1_index: u8 "Chan2 RU[1] index",
        he_mu.chan2_rus_2_index: u8 "Chan2 RU[2] index",
        he_mu.chan2_rus_3_index: u8 "Chan2 RU[3] index",
        "0_len_psdu.type" as ZERO_LEN_PSDU_TYPE: u8 hex "Type",
        l_sig.data1: u16 le hex "Data1",
        l_sig.rate_known: bool(u16) le & 0x1 "rate known",
        l_sig.length_known: bool(u16) le & 0x2 "length known",
        l_sig.reserved: u16 le hex & 0xfffc "reserved",
        l_sig.data2: u16 le hex "Data2",
        l_sig.rate: u16 le & 0xf "rate",
        l_sig.length: u16 le & 0xfff0 "length",
    }
    claims { link = 127 }
    tables { WLAN_RADIO: "@wlan_radio" }
}

const FIXED: usize = 8;

impl Dissector for Radiotap {
    fn dissect(&mut self, pdu: &mut Pdu<'_>) -> Step {
        let len = usize::from(pdu.data().get(2..4).map_or(0, |len| u16::from_le_bytes([len[0], len[1]])));
        if len >= FIXED {
            // From the first byte on.
            pdu.hand_to(WLAN_RADIO).context(FROM_RADIOTAP | len as u64);
        }
        let version = pdu.take(VERSION)?;
        pdu.take(PAD)?;
        pdu.take(LENGTH)?;
        if len < FIXED {
            let text = format_args!("the header has at least {FIXED} bytes");
            pdu.diagnostic(Severity::Error, "bad-length", 2..4, text);
            return Ok(());
        }
        if version != 0 {
            pdu.diagnostic(Severity::Warning, "version", 0..1, format_args!("only version 0 is known"));
            return Ok(());
        }
        pdu.within(LENGTH, len - 4, |pdu| {
            let header = pdu.data().get(..len).unwrap_or(pdu.data());
            let items = Items::new(header);
            pdu.group(PRESENT, |pdu| {
                for namespace in items.namespaces() {
                    if namespace == items::Namespace::Radiotap {
                        pdu.take(PRESENT_WORD)?;
                    } else {
                        pdu.take(OTHER_WORD)?;
                    }
                }
                Ok(())
            })?;
            for (number, at) in items {
                pdu.skip(at.saturating_sub(pdu.position()))?;
                read(pdu, number)?;
            }
            Ok(())
        })
    }
}

/// Reads one item, which begins at the cursor.
fn read(pdu: &mut Pdu<'_>, number: u8) -> Step {
    match number {
        item::TSFT => drop(pdu.take(MACTIME)?),
        item::FLAGS => drop(pdu.take(FLAGS)?),
        item::RATE => {
            let at = pdu.position();
            let rate = pdu.rest().first().copied().unwrap_or(0);
            pdu.skip(1)?;
            pdu.computed(RATE, at..at + 1, f64::from(rate) / 2.0);
        }
        item::CHANNEL => {
            pdu.take(CHANNEL_FREQ)?;
            pdu.take(CHANNEL_FLAGS)?;
        }
        item::FHSS => {
            pdu.take(FHSS_HOPSET)?;
            pdu.take(FHSS_PATTERN)?;
        }
        item::DBM_SIGNAL => drop(pdu.take(DBM_ANTSIGNAL)?),
        item::DBM_NOISE => drop(pdu.take(DBM_ANTNOISE)?),
        item::QUALITY => drop(pdu.take(QUALITY)?),
        item::TX_ATTENUATION => drop(pdu.take(TXATTENUATION)?),
        item::DB_TX_ATTENUATION => drop(pdu.take(DB_TXATTENUATION)?),
        item::TX_POWER => drop(pdu.take(TXPOWER)?),
        item::ANTENNA => drop(pdu.take(ANTENNA)?),
        item::DB_SIGNAL => drop(pdu.take(DB_ANTSIGNAL)?),
        item::DB_NOISE => drop(pdu.take(DB_ANTNOISE)?),
        item::RX_FLAGS => drop(pdu.take(RXFLAGS)?),
        item::TX_FLAGS => drop(pdu.take(TXFLAGS)?),
        item::DATA_RETRIES => drop(pdu.take(DATA_RETRIES)?),
        item::XCHANNEL => {
            pdu.take(XCHANNEL_FLAGS)?;
            pdu.take(XCHANNEL_FREQ)?;
            pdu.take(XCHANNEL_CHANNEL)?;
        }
        item::MCS => pdu.group(MCS, mcs)?,
        item::AMPDU => pdu.group(AMPDU, |pdu| {
            const CRC_KNOWN: u16 = 0x20;
            pdu.take(AMPDU_REFERENCE)?;
            if pdu.take(AMPDU_FLAGS)? & CRC_KNOWN != 0 {
                pdu.show(AMPDU_DELIM_CRC)?;
            }
            Ok(())
        })?,
        item::VHT => pdu.group(VHT, vht)?,
        item::TIMESTAMP => pdu.group(TIMESTAMP, |pdu| {
            pdu.take(TIMESTAMP_TS)?;
            pdu.take(TIMESTAMP_ACCURACY)?;
            pdu.show(TIMESTAMP_UNIT)?;
            pdu.show(TIMESTAMP_SAMPLINGPOS)?;
            pdu.skip(1)?;
            pdu.show(TIMESTAMP_FLAGS_32BIT)?;
            pdu.show(TIMESTAMP_FLAGS_ACCURACY)?;
            Ok(())
        })?,
        item::HE => pdu.group(HE, he::he)?,
        item::HE_MU => pdu.group(HE_MU, he::he_mu)?,
        item::ZERO_LENGTH_PSDU => drop(pdu.take(ZERO_LEN_PSDU_TYPE)?),
        item::L_SIG => he::l_sig(pdu)?,
        item::TLVS => tlvs(pdu)?,
        item::VENDOR => vendor(pdu)?,
        _ => {}
    }
    Ok(())
}

fn drop<T>(_: T) {}

/// HT: what is known, then the values; only those that are known mean anything.
fn mcs(pdu: &mut Pdu<'_>) -> Step {
    const BW: u8 = 0x01;
    const INDEX: u8 = 0x02;
    const GI: u8 = 0x04;

    let known = pdu.take(MCS_KNOWN)?;
    let flags = pdu.rest().first().copied().unwrap_or(0);
    for (bit, field) in [(BW, MCS_BW), (GI, MCS_GI), (0x08, MCS_FORMAT), (0x10, MCS_FEC), (0x20, MCS_STBC)] {
        if known & bit != 0 {
            pdu.show(field)?;
        }
    }
    if known & 0x40 != 0 {
        pdu.show(MCS_NESS_BIT0)?;
    }
    pdu.skip(1)?;
    let at = pdu.position();
    let index = if known & INDEX != 0 { pdu.show(MCS_INDEX)? } else { 0 };
    if known & (BW | INDEX | GI) == BW | INDEX | GI
        && let Some(rate) = ht_rate(index, flags & 3 == 1, flags & 4 != 0)
    {
        pdu.computed(RATE, at..at + 1, six_digits(rate));
    }
    Ok(())
}

/// VHT, of up to four users.
fn vht(pdu: &mut Pdu<'_>) -> Step {
    const GI: u16 = 0x04;
    const BW: u16 = 0x40;

    let known = pdu.take(VHT_KNOWN)?;
    let flags = pdu.rest().first().copied().unwrap_or(0);
    for (bit, field) in [(0x01, VHT_STBC), (0x02, VHT_TXOP_PS), (0x08, VHT_SGI_NSYM_DA), (0x20, VHT_BEAMFORMED)] {
        if known & bit != 0 {
            pdu.show(field)?;
        }
    }
    if known & GI != 0 {
        pdu.show(VHT_GI)?;
    }
    pdu.skip(1)?;
    let bandwidth = if known & BW != 0 { pdu.show(VHT_BW)? } else { 0 };
    pdu.skip(1)?;
    let (users, coding) = (pdu.position(), pdu.position() + 4);
    let fields = [
        (VHT_MCS_0, VHT_NSS_0, VHT_CODING_0, VHT_DATARATE_0),
        (VHT_MCS_1, VHT_NSS_1, VHT_CODING_1, VHT_DATARATE_1),
        (VHT_MCS_2, VHT_NSS_2, VHT_CODING_2, VHT_DATARATE_2),
        (VHT_MCS_3, VHT_NSS_3, VHT_CODING_3, VHT_DATARATE_3),
    ];
    for (at, (mcs, nss, fec, rate)) in (users..).zip(fields) {
        if pdu.rest().first().is_some_and(|user| user & 0x0f != 0) {
            pdu.group(VHT_USER, |pdu| {
                let (mcs, nss) = (pdu.show(mcs)?, pdu.show(nss)?);
                pdu.show_at(fec, coding)?;
                if known & (GI | BW) == GI | BW
                    && let Some(value) = vht_rate(mcs, nss, bandwidth, flags & 4 != 0)
                {
                    pdu.computed(rate, at..at + 1, six_digits(value));
                }
                Ok(())
            })?;
        }
        pdu.skip(1)?;
    }
    pdu.skip(1)?;
    if known & 0x80 != 0 {
        pdu.show(VHT_GID)?;
    }
    pdu.skip(1)?;
    if known & 0x100 != 0 {
        pdu.show(VHT_PAID)?;
    }
    pdu.skip(2)
}

/// What the later items are made of: type, length, value, padded to four bytes.
fn tlvs(pdu: &mut Pdu<'_>) -> Step {
    while pdu.remaining() >= 4 {
        pdu.take(TLV_TYPE)?;
        let len = usize::from(pdu.take(TLV_DATALEN)?);
        pdu.take_bytes(TLV_UNKNOWN_DATA, len)?;
        pdu.skip((len.next_multiple_of(4) - len).min(pdu.remaining()))?;
    }
    Ok(())
}

fn vendor(pdu: &mut Pdu<'_>) -> Step {
    let start = pdu.position();
    let len = pdu.rest().get(4..6).map_or(0, |len| usize::from(u16::from_le_bytes([len[0], len[1]])));
    if pdu.remaining() >= 6 + len {
        pdu.mark(VENDOR_NAMESPACE, start..start + 6 + len);
    }
    pdu.take(VENDOR_OUI)?;
    pdu.take(VENDOR_SUBNS)?;
    pdu.take(VENDOR_DATA_LEN)?;
    pdu.skip(len)
}

builtin!(Radiotap);

#[cfg(test)]
mod tests;
