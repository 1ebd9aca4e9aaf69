use super::*;

#[test]
fn rate_and_signal() {
    check::<Radiotap>(
        "0000 0f00 2e000000  10 02 6c09 a000 c4 0000",
        expect![[r#"
            Radiotap Header
              Header revision: 0
              Header pad: 0
              Header length: 15
              Present flags
                Present flags word: 0x0000002e
                  .... .... .... .... .... .... .... ...0 = TSFT: Absent
                  .... .... .... .... .... .... .... ..1. = Flags: Present
                  .... .... .... .... .... .... .... .1.. = Rate: Present
                  .... .... .... .... .... .... .... 1... = Channel: Present
                  .... .... .... .... .... .... ...0 .... = FHSS: Absent
                  .... .... .... .... .... .... ..1. .... = dBm Antenna Signal: Present
                  .... .... .... .... .... .... .0.. .... = dBm Antenna Noise: Absent
                  .... .... .... .... .... .... 0... .... = Lock Quality: Absent
                  .... .... .... .... .... ...0 .... .... = TX Attenuation: Absent
                  .... .... .... .... .... ..0. .... .... = dB TX Attenuation: Absent
                  .... .... .... .... .... .0.. .... .... = dBm TX Power: Absent
                  .... .... .... .... .... 0... .... .... = Antenna: Absent
                  .... .... .... .... ...0 .... .... .... = dB Antenna Signal: Absent
                  .... .... .... .... ..0. .... .... .... = dB Antenna Noise: Absent
                  .... .... .... .... .0.. .... .... .... = RX flags: Absent
                  .... .... .... .... 0... .... .... .... = TX flags: Absent
                  .... .... .... ..0. .... .... .... .... = data retries: Absent
                  .... .... .... .0.. .... .... .... .... = Channel+: Absent
                  .... .... .... 0... .... .... .... .... = MCS information: Absent
                  .... .... ...0 .... .... .... .... .... = A-MPDU Status: Absent
                  .... .... ..0. .... .... .... .... .... = VHT information: Absent
                  .... .... .0.. .... .... .... .... .... = frame timestamp: Absent
                  .... .... 0... .... .... .... .... .... = HE information: Absent
                  .... ...0 .... .... .... .... .... .... = HE-MU information: Absent
                  .... .0.. .... .... .... .... .... .... = 0 Length PSDU: False
                  .... 0... .... .... .... .... .... .... = L-SIG: Absent
                  ...0 .... .... .... .... .... .... .... = TLVs: Absent
                  ..0. .... .... .... .... .... .... .... = Radiotap NS next: False
                  .0.. .... .... .... .... .... .... .... = Vendor NS next: False
                  0... .... .... .... .... .... .... .... = Ext: Absent
              Flags: 0x10
                .... ...0 = CFP: False
                .... ..0. = Preamble: Long
                .... .0.. = WEP: False
                .... 0... = Fragmentation: False
                ...1 .... = FCS at end: True
                ..0. .... = Data Pad: False
                .0.. .... = Bad FCS: False
                0... .... = Short GI: False
              Data Rate: 1 Mb/s
              Channel frequency: 2412 MHz
              Channel flags: 0x00a0
                .... .... ...0 .... = Turbo: False
                .... .... .... ...0 = 700 MHz spectrum: False
                .... .... .... ..0. = 800 MHz spectrum: False
                .... .... .... .0.. = 900 MHz spectrum: False
                .... .... ..1. .... = Complementary Code Keying (CCK): True
                .... .... .0.. .... = Orthogonal Frequency-Division Multiplexing (OFDM): False
                .... .... 1... .... = 2 GHz spectrum: True
                .... ...0 .... .... = 5 GHz spectrum: False
                .... ..0. .... .... = Passive: False
                .... .0.. .... .... = Dynamic CCK-OFDM: False
                .... 0... .... .... = Gaussian Frequency Shift Keying (GFSK): False
                ...0 .... .... .... = GSM (900MHz): False
                ..0. .... .... .... = Static Turbo: False
                .0.. .... .... .... = Half Rate Channel (10MHz Channel Width): False
                0... .... .... .... = Quarter Rate Channel (5MHz Channel Width): False
              Antenna signal: -60 dBm
            → @wlan_radio [0]: bytes 0..17
        "#]],
    );
}

#[test]
fn mcs_behind_a_time_stamp() {
    check::<Radiotap>(
        "0000 1300 01000800  0102030405060708 07 01 07  d400",
        expect![[r#"
            Radiotap Header
              Header revision: 0
              Header pad: 0
              Header length: 19
              Present flags
                Present flags word: 0x00080001
                  .... .... .... .... .... .... .... ...1 = TSFT: Present
                  .... .... .... .... .... .... .... ..0. = Flags: Absent
                  .... .... .... .... .... .... .... .0.. = Rate: Absent
                  .... .... .... .... .... .... .... 0... = Channel: Absent
                  .... .... .... .... .... .... ...0 .... = FHSS: Absent
                  .... .... .... .... .... .... ..0. .... = dBm Antenna Signal: Absent
                  .... .... .... .... .... .... .0.. .... = dBm Antenna Noise: Absent
                  .... .... .... .... .... .... 0... .... = Lock Quality: Absent
                  .... .... .... .... .... ...0 .... .... = TX Attenuation: Absent
                  .... .... .... .... .... ..0. .... .... = dB TX Attenuation: Absent
                  .... .... .... .... .... .0.. .... .... = dBm TX Power: Absent
                  .... .... .... .... .... 0... .... .... = Antenna: Absent
                  .... .... .... .... ...0 .... .... .... = dB Antenna Signal: Absent
                  .... .... .... .... ..0. .... .... .... = dB Antenna Noise: Absent
                  .... .... .... .... .0.. .... .... .... = RX flags: Absent
                  .... .... .... .... 0... .... .... .... = TX flags: Absent
                  .... .... .... ..0. .... .... .... .... = data retries: Absent
                  .... .... .... .0.. .... .... .... .... = Channel+: Absent
                  .... .... .... 1... .... .... .... .... = MCS information: Present
                  .... .... ...0 .... .... .... .... .... = A-MPDU Status: Absent
                  .... .... ..0. .... .... .... .... .... = VHT information: Absent
                  .... .... .0.. .... .... .... .... .... = frame timestamp: Absent
                  .... .... 0... .... .... .... .... .... = HE information: Absent
                  .... ...0 .... .... .... .... .... .... = HE-MU information: Absent
                  .... .0.. .... .... .... .... .... .... = 0 Length PSDU: False
                  .... 0... .... .... .... .... .... .... = L-SIG: Absent
                  ...0 .... .... .... .... .... .... .... = TLVs: Absent
                  ..0. .... .... .... .... .... .... .... = Radiotap NS next: False
                  .0.. .... .... .... .... .... .... .... = Vendor NS next: False
                  0... .... .... .... .... .... .... .... = Ext: Absent
              MAC timestamp: 578437695752307201
              MCS information: 40 MHz (1)
                Known MCS information: 0x07
                  .... ...1 = Bandwidth: Present
                  .... ..1. = MCS index: Present
                  .... .1.. = Guard interval: Present
                  .... 0... = Format: Absent
                  ...0 .... = FEC type: Absent
                  ..0. .... = STBC streams: Absent
                  .0.. .... = Number of extension spatial streams: Absent
                  0... .... = Number of extension spatial streams bit 1: 0
                Bandwidth: 40 MHz (1)
                Guard interval: long (0)
                MCS index: 7
                Data Rate: 135 Mb/s
            → @wlan_radio [0]: bytes 0..21
        "#]],
    );
}

#[test]
fn vht_and_a_vendor() {
    check::<Radiotap>(
        "0000 2200 00002040  4400 00 04 79 00 00 00 00 00 0000  00037f 01 0400 01020304",
        expect![[r#"
            Radiotap Header
              Header revision: 0
              Header pad: 0
              Header length: 34
              Present flags
                Present flags word: 0x40200000
                  .... .... .... .... .... .... .... ...0 = TSFT: Absent
                  .... .... .... .... .... .... .... ..0. = Flags: Absent
                  .... .... .... .... .... .... .... .0.. = Rate: Absent
                  .... .... .... .... .... .... .... 0... = Channel: Absent
                  .... .... .... .... .... .... ...0 .... = FHSS: Absent
                  .... .... .... .... .... .... ..0. .... = dBm Antenna Signal: Absent
                  .... .... .... .... .... .... .0.. .... = dBm Antenna Noise: Absent
                  .... .... .... .... .... .... 0... .... = Lock Quality: Absent
                  .... .... .... .... .... ...0 .... .... = TX Attenuation: Absent
                  .... .... .... .... .... ..0. .... .... = dB TX Attenuation: Absent
                  .... .... .... .... .... .0.. .... .... = dBm TX Power: Absent
                  .... .... .... .... .... 0... .... .... = Antenna: Absent
                  .... .... .... .... ...0 .... .... .... = dB Antenna Signal: Absent
                  .... .... .... .... ..0. .... .... .... = dB Antenna Noise: Absent
                  .... .... .... .... .0.. .... .... .... = RX flags: Absent
                  .... .... .... .... 0... .... .... .... = TX flags: Absent
                  .... .... .... ..0. .... .... .... .... = data retries: Absent
                  .... .... .... .0.. .... .... .... .... = Channel+: Absent
                  .... .... .... 0... .... .... .... .... = MCS information: Absent
                  .... .... ...0 .... .... .... .... .... = A-MPDU Status: Absent
                  .... .... ..1. .... .... .... .... .... = VHT information: Present
                  .... .... .0.. .... .... .... .... .... = frame timestamp: Absent
                  .... .... 0... .... .... .... .... .... = HE information: Absent
                  .... ...0 .... .... .... .... .... .... = HE-MU information: Absent
                  .... .0.. .... .... .... .... .... .... = 0 Length PSDU: False
                  .... 0... .... .... .... .... .... .... = L-SIG: Absent
                  ...0 .... .... .... .... .... .... .... = TLVs: Absent
                  ..0. .... .... .... .... .... .... .... = Radiotap NS next: False
                  .1.. .... .... .... .... .... .... .... = Vendor NS next: True
                  0... .... .... .... .... .... .... .... = Ext: Absent
              VHT information: long (0)
                Known VHT information: 0x0044
                  .... .... .... ...0 = STBC: Absent
                  .... .... .... ..0. = TXOP_PS_NOT_ALLOWED: Absent
                  .... .... .... .1.. = Guard interval: Present
                  .... .... .... 0... = SGI Nsym disambiguation: Absent
                  .... .... ...0 .... = LDPC extra OFDM symbol: Absent
                  .... .... ..0. .... = Beamformed: Absent
                  .... .... 0... .... = Group ID: Absent
                  .... ...0 .... .... = Partial AID: Absent
                Guard interval: long (0)
                Bandwidth: 80 MHz (4)
                User: BCC (0)
                  MCS index 0: 7
                  Spatial streams 0: 9
                  Coding 0: BCC (0)
                  Data Rate: 2632.5 Mb/s
              Vendor namespace: 00037f01040001020304
              Vendor OUI: 0x00037f
              Vendor sub namespace: 1
              Vendor data length: 4 bytes
            → @wlan_radio [0]: bytes 0..30
        "#]],
    );
}

#[test]
fn two_antennas() {
    check::<Radiotap>(
        "0000 1600 200000a0 200800a0 20080000  c4 c3 01 c2 02",
        expect![[r#"
            Radiotap Header
              Header revision: 0
              Header pad: 0
              Header length: 22
              Present flags
                Present flags word: 0xa0000020
                  .... .... .... .... .... .... .... ...0 = TSFT: Absent
                  .... .... .... .... .... .... .... ..0. = Flags: Absent
                  .... .... .... .... .... .... .... .0.. = Rate: Absent
                  .... .... .... .... .... .... .... 0... = Channel: Absent
                  .... .... .... .... .... .... ...0 .... = FHSS: Absent
                  .... .... .... .... .... .... ..1. .... = dBm Antenna Signal: Present
                  .... .... .... .... .... .... .0.. .... = dBm Antenna Noise: Absent
                  .... .... .... .... .... .... 0... .... = Lock Quality: Absent
                  .... .... .... .... .... ...0 .... .... = TX Attenuation: Absent
                  .... .... .... .... .... ..0. .... .... = dB TX Attenuation: Absent
                  .... .... .... .... .... .0.. .... .... = dBm TX Power: Absent
                  .... .... .... .... .... 0... .... .... = Antenna: Absent
                  .... .... .... .... ...0 .... .... .... = dB Antenna Signal: Absent
                  .... .... .... .... ..0. .... .... .... = dB Antenna Noise: Absent
                  .... .... .... .... .0.. .... .... .... = RX flags: Absent
                  .... .... .... .... 0... .... .... .... = TX flags: Absent
                  .... .... .... ..0. .... .... .... .... = data retries: Absent
                  .... .... .... .0.. .... .... .... .... = Channel+: Absent
                  .... .... .... 0... .... .... .... .... = MCS information: Absent
                  .... .... ...0 .... .... .... .... .... = A-MPDU Status: Absent
                  .... .... ..0. .... .... .... .... .... = VHT information: Absent
                  .... .... .0.. .... .... .... .... .... = frame timestamp: Absent
                  .... .... 0... .... .... .... .... .... = HE information: Absent
                  .... ...0 .... .... .... .... .... .... = HE-MU information: Absent
                  .... .0.. .... .... .... .... .... .... = 0 Length PSDU: False
                  .... 0... .... .... .... .... .... .... = L-SIG: Absent
                  ...0 .... .... .... .... .... .... .... = TLVs: Absent
                  ..1. .... .... .... .... .... .... .... = Radiotap NS next: True
                  .0.. .... .... .... .... .... .... .... = Vendor NS next: False
                  1... .... .... .... .... .... .... .... = Ext: Present
                Present flags word: 0xa0000820
                  .... .... .... .... .... .... .... ...0 = TSFT: Absent
                  .... .... .... .... .... .... .... ..0. = Flags: Absent
                  .... .... .... .... .... .... .... .0.. = Rate: Absent
                  .... .... .... .... .... .... .... 0... = Channel: Absent
                  .... .... .... .... .... .... ...0 .... = FHSS: Absent
                  .... .... .... .... .... .... ..1. .... = dBm Antenna Signal: Present
                  .... .... .... .... .... .... .0.. .... = dBm Antenna Noise: Absent
                  .... .... .... .... .... .... 0... .... = Lock Quality: Absent
                  .... .... .... .... .... ...0 .... .... = TX Attenuation: Absent
                  .... .... .... .... .... ..0. .... .... = dB TX Attenuation: Absent
                  .... .... .... .... .... .0.. .... .... = dBm TX Power: Absent
                  .... .... .... .... .... 1... .... .... = Antenna: Present
                  .... .... .... .... ...0 .... .... .... = dB Antenna Signal: Absent
                  .... .... .... .... ..0. .... .... .... = dB Antenna Noise: Absent
                  .... .... .... .... .0.. .... .... .... = RX flags: Absent
                  .... .... .... .... 0... .... .... .... = TX flags: Absent
                  .... .... .... ..0. .... .... .... .... = data retries: Absent
                  .... .... .... .0.. .... .... .... .... = Channel+: Absent
                  .... .... .... 0... .... .... .... .... = MCS information: Absent
                  .... .... ...0 .... .... .... .... .... = A-MPDU Status: Absent
                  .... .... ..0. .... .... .... .... .... = VHT information: Absent
                  .... .... .0.. .... .... .... .... .... = frame timestamp: Absent
                  .... .... 0... .... .... .... .... .... = HE information: Absent
                  .... ...0 .... .... .... .... .... .... = HE-MU information: Absent
                  .... .0.. .... .... .... .... .... .... = 0 Length PSDU: False
                  .... 0... .... .... .... .... .... .... = L-SIG: Absent
                  ...0 .... .... .... .... .... .... .... = TLVs: Absent
                  ..1. .... .... .... .... .... .... .... = Radiotap NS next: True
                  .0.. .... .... .... .... .... .... .... = Vendor NS next: False
                  1... .... .... .... .... .... .... .... = Ext: Present
                Present flags word: 0x00000820
                  .... .... .... .... .... .... .... ...0 = TSFT: Absent
                  .... .... .... .... .... .... .... ..0. = Flags: Absent
                  .... .... .... .... .... .... .... .0.. = Rate: Absent
                  .... .... .... .... .... .... .... 0... = Channel: Absent
                  .... .... .... .... .... .... ...0 .... = FHSS: Absent
                  .... .... .... .... .... .... ..1. .... = dBm Antenna Signal: Present
                  .... .... .... .... .... .... .0.. .... = dBm Antenna Noise: Absent
                  .... .... .... .... .... .... 0... .... = Lock Quality: Absent
                  .... .... .... .... .... ...0 .... .... = TX Attenuation: Absent
                  .... .... .... .... .... ..0. .... .... = dB TX Attenuation: Absent
                  .... .... .... .... .... .0.. .... .... = dBm TX Power: Absent
                  .... .... .... .... .... 1... .... .... = Antenna: Present
                  .... .... .... .... ...0 .... .... .... = dB Antenna Signal: Absent
                  .... .... .... .... ..0. .... .... .... = dB Antenna Noise: Absent
                  .... .... .... .... .0.. .... .... .... = RX flags: Absent
                  .... .... .... .... 0... .... .... .... = TX flags: Absent
                  .... .... .... ..0. .... .... .... .... = data retries: Absent
                  .... .... .... .0.. .... .... .... .... = Channel+: Absent
                  .... .... .... 0... .... .... .... .... = MCS information: Absent
                  .... .... ...0 .... .... .... .... .... = A-MPDU Status: Absent
                  .... .... ..0. .... .... .... .... .... = VHT information: Absent
                  .... .... .0.. .... .... .... .... .... = frame timestamp: Absent
                  .... .... 0... .... .... .... .... .... = HE information: Absent
                  .... ...0 .... .... .... .... .... .... = HE-MU information: Absent
                  .... .0.. .... .... .... .... .... .... = 0 Length PSDU: False
                  .... 0... .... .... .... .... .... .... = L-SIG: Absent
                  ...0 .... .... .... .... .... .... .... = TLVs: Absent
                  ..0. .... .... .... .... .... .... .... = Radiotap NS next: False
                  .0.. .... .... .... .... .... .... .... = Vendor NS next: False
                  0... .... .... .... .... .... .... .... = Ext: Absent
              Antenna signal: -60 dBm
              Antenna signal: -61 dBm
              Antenna: 1
              Antenna signal: -62 dBm
              Antenna: 2
            → @wlan_radio [0]: bytes 0..21
        "#]],
    );
}

#[test]
fn malformed() {
    check::<Radiotap>(
        "0000 0400 00000000 d400",
        expect![[r#"
        Radiotap Header
          Header revision: 0
          Header pad: 0
          Header length: 4
          [error] bad-length: the header has at least 8 bytes
    "#]],
    );
    check::<Radiotap>(
        "0000 0900 02",
        expect![[r#"
        Radiotap Header
          Header revision: 0
          Header pad: 0
          Header length: 9
          Present flags
        → @wlan_radio [0]: bytes 0..5
    "#]],
    );
    check::<Radiotap>(
        "0000 0900 01000000 0102",
        expect![[r#"
            Radiotap Header
              Header revision: 0
              Header pad: 0
              Header length: 9
              Present flags
                Present flags word: 0x00000001
                  .... .... .... .... .... .... .... ...1 = TSFT: Present
                  .... .... .... .... .... .... .... ..0. = Flags: Absent
                  .... .... .... .... .... .... .... .0.. = Rate: Absent
                  .... .... .... .... .... .... .... 0... = Channel: Absent
                  .... .... .... .... .... .... ...0 .... = FHSS: Absent
                  .... .... .... .... .... .... ..0. .... = dBm Antenna Signal: Absent
                  .... .... .... .... .... .... .0.. .... = dBm Antenna Noise: Absent
                  .... .... .... .... .... .... 0... .... = Lock Quality: Absent
                  .... .... .... .... .... ...0 .... .... = TX Attenuation: Absent
                  .... .... .... .... .... ..0. .... .... = dB TX Attenuation: Absent
                  .... .... .... .... .... .0.. .... .... = dBm TX Power: Absent
                  .... .... .... .... .... 0... .... .... = Antenna: Absent
                  .... .... .... .... ...0 .... .... .... = dB Antenna Signal: Absent
                  .... .... .... .... ..0. .... .... .... = dB Antenna Noise: Absent
                  .... .... .... .... .0.. .... .... .... = RX flags: Absent
                  .... .... .... .... 0... .... .... .... = TX flags: Absent
                  .... .... .... ..0. .... .... .... .... = data retries: Absent
                  .... .... .... .0.. .... .... .... .... = Channel+: Absent
                  .... .... .... 0... .... .... .... .... = MCS information: Absent
                  .... .... ...0 .... .... .... .... .... = A-MPDU Status: Absent
                  .... .... ..0. .... .... .... .... .... = VHT information: Absent
                  .... .... .0.. .... .... .... .... .... = frame timestamp: Absent
                  .... .... 0... .... .... .... .... .... = HE information: Absent
                  .... ...0 .... .... .... .... .... .... = HE-MU information: Absent
                  .... .0.. .... .... .... .... .... .... = 0 Length PSDU: False
                  .... 0... .... .... .... .... .... .... = L-SIG: Absent
                  ...0 .... .... .... .... .... .... .... = TLVs: Absent
                  ..0. .... .... .... .... .... .... .... = Radiotap NS next: False
                  .0.. .... .... .... .... .... .... .... = Vendor NS next: False
                  0... .... .... .... .... .... .... .... = Ext: Absent
              [error] short: radiotap.mactime needs 8 bytes at offset 8, 1 are there (the end is set by radiotap.length)
            → @wlan_radio [0]: bytes 0..10
        "#]],
    );
}
