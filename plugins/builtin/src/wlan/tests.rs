use super::*;

#[test]
fn data_to_the_access_point() {
    check::<Wlan>(
        "8801 2c00 020000000001 020000000002 020000000003 1000 1001 aaaa03 000000 0800 45",
        expect![[r#"
            IEEE 802.11, Src: 02:00:00:00:00:02, Dst: 02:00:00:00:00:03, QoS Data, SN=1, FN=0, Flags=.......T.
              Type/Subtype: QoS Data (0x0028)
              Frame Control Field: 0x8801
                .... ..00 .... .... = Version: 0
                .... 10.. .... .... = Type: Data frame (2)
                1000 .... .... .... = Subtype: 8
                .... .... 0000 0001 = Flags: 0x01
                .... .... .... ..01 = DS status: Frame from STA to DS via an AP (0x1)
                .... .... .... ...1 = To DS: Frame is entering DS
                .... .... .... ..0. = From DS: Frame is not exiting DS
                .... .... .... .0.. = More Fragments: False
                .... .... .... 0... = Retry: False
                .... .... ...0 .... = PWR MGT: STA will stay up
                .... .... ..0. .... = More Data: No data buffered
                .... .... .0.. .... = Protected flag: Data is not protected
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
                .... .... .... .000 = Priority: Best Effort (0)
                .... .... .00. .... = Ack Policy: Normal Ack (0x0)
              Payload Type: MSDU
              QoS bit 4: Bits 8 to 15 are the queue size
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
            IEEE 802.11, Src: 02:00:00:00:00:04, Dst: 02:00:00:00:00:03, Data, SN=1, FN=0, Flags=......FT.
              Type/Subtype: Data (0x0020)
              Frame Control Field: 0x0803
                .... ..00 .... .... = Version: 0
                .... 10.. .... .... = Type: Data frame (2)
                0000 .... .... .... = Subtype: 0
                .... .... 0000 0011 = Flags: 0x03
                .... .... .... ..11 = DS status: WDS (AP to AP) or Mesh (MP to MP) Frame (0x3)
                .... .... .... ...1 = To DS: Frame is entering DS
                .... .... .... ..1. = From DS: Frame is exiting DS
                .... .... .... .0.. = More Fragments: False
                .... .... .... 0... = Retry: False
                .... .... ...0 .... = PWR MGT: STA will stay up
                .... .... ..0. .... = More Data: No data buffered
                .... .... .0.. .... = Protected flag: Data is not protected
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
            IEEE 802.11, Src: 02:00:00:00:00:03, Dst: 02:00:00:00:00:01, QoS Data, SN=1, FN=0, Flags=op....F..
              Type/Subtype: QoS Data (0x0028)
              Frame Control Field: 0x88c2
                .... ..00 .... .... = Version: 0
                .... 10.. .... .... = Type: Data frame (2)
                1000 .... .... .... = Subtype: 8
                .... .... 1100 0010 = Flags: 0xc2
                .... .... .... ..10 = DS status: Frame from DS to a STA via AP (0x2)
                .... .... .... ...0 = To DS: Frame is not entering DS
                .... .... .... ..1. = From DS: Frame is exiting DS
                .... .... .... .0.. = More Fragments: False
                .... .... .... 0... = Retry: False
                .... .... ...0 .... = PWR MGT: STA will stay up
                .... .... ..0. .... = More Data: No data buffered
                .... .... .1.. .... = Protected flag: Data is protected
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
                .... .... .... .000 = Priority: Best Effort (0)
                .... .... .00. .... = Ack Policy: Normal Ack (0x0)
              Payload Type: MSDU
              EOSP: End of service period
              QAP PS Buffer State: 0x01
              Buffer State Indicated: False
              HT Control (+HTC): 0x00000000
                .... .... .... .... .... .... .... ...0 = VHT: False
              Key Index: 0
              CCMP Ext. Initialization Vector: 0x000000000001
            → @data [0]: bytes 38..40
        "#]],
    );
}

#[test]
fn without_data() {
    check::<Wlan>(
        "8000 2c00 ffffffffffff 020000000002 020000000002 2300 0000",
        expect![[r#"
            IEEE 802.11, Src: 02:00:00:00:00:02, Dst: ff:ff:ff:ff:ff:ff, Beacon frame, SN=2, FN=3, Flags=.........
              Type/Subtype: Beacon frame (0x0008)
              Frame Control Field: 0x8000
                .... ..00 .... .... = Version: 0
                .... 00.. .... .... = Type: Management frame (0)
                1000 .... .... .... = Subtype: 8
                .... .... 0000 0000 = Flags: 0x00
                .... .... .... ..00 = DS status: Not leaving DS or network is operating in AD-HOC mode (0x0)
                .... .... .... ...0 = To DS: Frame is not entering DS
                .... .... .... ..0. = From DS: Frame is not exiting DS
                .... .... .... .0.. = More Fragments: False
                .... .... .... 0... = Retry: False
                .... .... ...0 .... = PWR MGT: STA will stay up
                .... .... ..0. .... = More Data: No data buffered
                .... .... .0.. .... = Protected flag: Data is not protected
                .... .... 0... .... = +HTC/Order flag: False
              Duration: 44 µs
              Receiver address: ff:ff:ff:ff:ff:ff
              Destination address: ff:ff:ff:ff:ff:ff
              Transmitter address: 02:00:00:00:00:02
              Source address: 02:00:00:00:00:02
              BSS Id: 02:00:00:00:00:02
              Fragment number: 3
              Sequence number: 2
              [error] short: wlan.fixed.timestamp needs 8 bytes at offset 24, 2 are there (the end is set by wlan.fc)
        "#]],
    );
    check::<Wlan>(
        "d400 2c00 020000000001",
        expect![[r#"
            IEEE 802.11, Acknowledgement, Flags=.........
              Type/Subtype: Acknowledgement (0x001d)
              Frame Control Field: 0xd400
                .... ..00 .... .... = Version: 0
                .... 01.. .... .... = Type: Control frame (1)
                1101 .... .... .... = Subtype: 13
                .... .... 0000 0000 = Flags: 0x00
                .... .... .... ..00 = DS status: Not leaving DS or network is operating in AD-HOC mode (0x0)
                .... .... .... ...0 = To DS: Frame is not entering DS
                .... .... .... ..0. = From DS: Frame is not exiting DS
                .... .... .... .0.. = More Fragments: False
                .... .... .... 0... = Retry: False
                .... .... ...0 .... = PWR MGT: STA will stay up
                .... .... ..0. .... = More Data: No data buffered
                .... .... .0.. .... = Protected flag: Data is not protected
                .... .... 0... .... = +HTC/Order flag: False
              Duration: 44 µs
              Receiver address: 02:00:00:00:00:01
        "#]],
    );
    check::<Wlan>(
        "a400 01c0 020000000001 020000000002",
        expect![[r#"
            IEEE 802.11, Power-Save poll, Flags=.........
              Type/Subtype: Power-Save poll (0x001a)
              Frame Control Field: 0xa400
                .... ..00 .... .... = Version: 0
                .... 01.. .... .... = Type: Control frame (1)
                1010 .... .... .... = Subtype: 10
                .... .... 0000 0000 = Flags: 0x00
                .... .... .... ..00 = DS status: Not leaving DS or network is operating in AD-HOC mode (0x0)
                .... .... .... ...0 = To DS: Frame is not entering DS
                .... .... .... ..0. = From DS: Frame is not exiting DS
                .... .... .... .0.. = More Fragments: False
                .... .... .... 0... = Retry: False
                .... .... ...0 .... = PWR MGT: STA will stay up
                .... .... ..0. .... = More Data: No data buffered
                .... .... .0.. .... = Protected flag: Data is not protected
                .... .... 0... .... = +HTC/Order flag: False
              Association ID: 0x0001
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
            IEEE 802.11, QoS Data, Flags=.......T.
              Type/Subtype: QoS Data (0x0028)
              Frame Control Field: 0x8801
                .... ..00 .... .... = Version: 0
                .... 10.. .... .... = Type: Data frame (2)
                1000 .... .... .... = Subtype: 8
                .... .... 0000 0001 = Flags: 0x01
                .... .... .... ..01 = DS status: Frame from STA to DS via an AP (0x1)
                .... .... .... ...1 = To DS: Frame is entering DS
                .... .... .... ..0. = From DS: Frame is not exiting DS
                .... .... .... .0.. = More Fragments: False
                .... .... .... 0... = Retry: False
                .... .... ...0 .... = PWR MGT: STA will stay up
                .... .... ..0. .... = More Data: No data buffered
                .... .... .0.. .... = Protected flag: Data is not protected
                .... .... 0... .... = +HTC/Order flag: False
              Duration: 44 µs
              Receiver address: 02:00:00:00:00:01
              BSS Id: 02:00:00:00:00:01
              [error] short: wlan.ta needs 6 bytes at offset 10, 2 are there
        "#]],
    );
}

#[test]
fn a_beacon() {
    check::<Wlan>(
        "8000 0000 ffffffffffff 020000000001 020000000001 2000
         0102030405060708 6400 1100  00 03 616263  01 02 8296  03 01 06  05 04 00 02 00 06
         30 14 0100 000fac04 0100 000fac04 0100 000fac02 0c00  dd 07 0050f2 02 00 01 80",
        expect![[r#"
            IEEE 802.11, Src: 02:00:00:00:00:01, Dst: ff:ff:ff:ff:ff:ff, Beacon frame, SN=2, FN=0, Flags=........., BI=100, SSID="abc"
              Type/Subtype: Beacon frame (0x0008)
              Frame Control Field: 0x8000
                .... ..00 .... .... = Version: 0
                .... 00.. .... .... = Type: Management frame (0)
                1000 .... .... .... = Subtype: 8
                .... .... 0000 0000 = Flags: 0x00
                .... .... .... ..00 = DS status: Not leaving DS or network is operating in AD-HOC mode (0x0)
                .... .... .... ...0 = To DS: Frame is not entering DS
                .... .... .... ..0. = From DS: Frame is not exiting DS
                .... .... .... .0.. = More Fragments: False
                .... .... .... 0... = Retry: False
                .... .... ...0 .... = PWR MGT: STA will stay up
                .... .... ..0. .... = More Data: No data buffered
                .... .... .0.. .... = Protected flag: Data is not protected
                .... .... 0... .... = +HTC/Order flag: False
              Duration: 0 µs
              Receiver address: ff:ff:ff:ff:ff:ff
              Destination address: ff:ff:ff:ff:ff:ff
              Transmitter address: 02:00:00:00:00:01
              Source address: 02:00:00:00:00:01
              BSS Id: 02:00:00:00:00:01
              Fragment number: 0
              Sequence number: 2
              Timestamp: 578437695752307201
              Beacon Interval: 100 TU
              Capabilities Information: 0x0011
                .... .... .... ...1 = ESS capabilities: Transmitter is an AP
                .... .... .... ..0. = IBSS status: Transmitter belongs to a BSS
                .... .... .... .0.. = Reserved: 0
                .... .... .... 0... = Reserved: 0
                .... .... ...1 .... = Privacy: Data confidentiality required
                .... .... ..0. .... = Short Preamble: Not allowed
                .... .... .0.. .... = Reserved: 0
                .... .... 0... .... = Reserved: 0
                .... ...0 .... .... = Spectrum Management: Not implemented
                .... ..0. .... .... = QoS: Not implemented
                .... .0.. .... .... = Short Slot Time: Not in use
                .... 0... .... .... = Automatic Power Save Delivery: Not implemented
                ...0 .... .... .... = Radio Measurement: Not implemented
                ..0. .... .... .... = EPD: Not implemented
                .0.. .... .... .... = Reserved: 0
                0... .... .... .... = Reserved: 0
              Tag: SSID parameter set (0)
                Tag Number: SSID parameter set (0)
                Tag length: 3
                SSID: 616263
                SSID as text: abc
              Tag: Supported Rates (1)
                Tag Number: Supported Rates (1)
                Tag length: 2
                Supported Rates: 1(B) Mbit/s (0x82)
                Supported Rates: 11(B) Mbit/s (0x96)
              Tag: DS Parameter set (3)
                Tag Number: DS Parameter set (3)
                Tag length: 1
                Current Channel: 6
              Tag: Traffic Indication Map (TIM) (5)
                Tag Number: Traffic Indication Map (TIM) (5)
                Tag length: 4
                DTIM count: 0
                DTIM period: 2
                Bitmap control: 0x00
                  .... ...0 = Multicast: False
                  0000 000. = Bitmap Offset: 0x00
                Partial Virtual Bitmap: 06
                Association ID: 0x0001
                Association ID: 0x0002
              Tag: RSN Information (48)
                Tag Number: RSN Information (48)
                Tag length: 20
                RSN Version: 1
                Group Cipher Suite: 00:0f:ac (IEEE 802.11) AES (CCM) (0x000fac04)
                Group Cipher Suite OUI: IEEE 802.11 (0x000fac)
                Group Cipher Suite type: AES (CCM) (4)
                Pairwise Cipher Suite Count: 1
                Pairwise Cipher Suite: 00:0f:ac (IEEE 802.11) AES (CCM) (0x000fac04)
                Pairwise Cipher Suite OUI: IEEE 802.11 (0x000fac)
                Pairwise Cipher Suite type: AES (CCM) (4)
                Auth Key Management (AKM) Suite Count: 1
                Auth Key Management (AKM) Suite: 00:0f:ac (IEEE 802.11) PSK (0x000fac02)
                Auth Key Management (AKM) OUI: IEEE 802.11 (0x000fac)
                Auth Key Management (AKM) type: PSK (2)
                RSN Capabilities: 0x000c
                  .... .... .... ...0 = RSN Pre-Auth capabilities: Not supported
                  .... .... .... ..0. = RSN No Pairwise capabilities: Can support WEP default key 0 simultaneously with pairwise key
                  .... .... .... 11.. = RSN PTKSA Replay Counter capabilities: 16 replay counters per PTKSA/GTKSA/STAKeySA (0x3)
                  .... .... ..00 .... = RSN GTKSA Replay Counter capabilities: 1 replay counter per PTKSA/GTKSA/STAKeySA (0x0)
                  .... .... .0.. .... = Management Frame Protection Required: False
                  .... .... 0... .... = Management Frame Protection Capable: False
                  .... ...0 .... .... = Joint Multi-band RSNA: False
                  .... ..0. .... .... = PeerKey Enabled: False
                  ..0. .... .... .... = Extended Key ID for Individually Addressed Frames: Not supported
              Tag: Vendor Specific (221)
                Tag Number: Vendor Specific (221)
                Tag length: 7
                OUI: Microsoft (0x0050f2)
                Vendor Specific OUI Type: 2
                Type: WMM/WME (0x02)
                WME Subtype: Information Element (0)
                WME Version: 1
                WME QoS Info: 0x80
                  1... .... = U-APSD: Enabled
                  .... 0000 = Parameter Set Count: 0x0
                  .000 .... = Reserved: 0x0
        "#]],
    );
}

#[test]
fn elements_that_are_too_short() {
    check::<Wlan>(
        "4000 0000 ffffffffffff 020000000001 ffffffffffff 3000  2d 02 ef11  00 01 61  01 04 82",
        expect![[r#"
            IEEE 802.11, Src: 02:00:00:00:00:01, Dst: ff:ff:ff:ff:ff:ff, Probe Request, SN=3, FN=0, Flags=.........
              Type/Subtype: Probe Request (0x0004)
              Frame Control Field: 0x4000
                .... ..00 .... .... = Version: 0
                .... 00.. .... .... = Type: Management frame (0)
                0100 .... .... .... = Subtype: 4
                .... .... 0000 0000 = Flags: 0x00
                .... .... .... ..00 = DS status: Not leaving DS or network is operating in AD-HOC mode (0x0)
                .... .... .... ...0 = To DS: Frame is not entering DS
                .... .... .... ..0. = From DS: Frame is not exiting DS
                .... .... .... .0.. = More Fragments: False
                .... .... .... 0... = Retry: False
                .... .... ...0 .... = PWR MGT: STA will stay up
                .... .... ..0. .... = More Data: No data buffered
                .... .... .0.. .... = Protected flag: Data is not protected
                .... .... 0... .... = +HTC/Order flag: False
              Duration: 0 µs
              Receiver address: ff:ff:ff:ff:ff:ff
              Destination address: ff:ff:ff:ff:ff:ff
              Transmitter address: 02:00:00:00:00:01
              Source address: 02:00:00:00:00:01
              BSS Id: ff:ff:ff:ff:ff:ff
              Fragment number: 0
              Sequence number: 3
              Tag: HT Capabilities (802.11n D1.10) (45)
                Tag Number: HT Capabilities (802.11n D1.10) (45)
                Tag length: 2
                HT Capabilities Info: 0x11ef
                  .... .... .... ...1 = HT LDPC coding capability: Receiving LDPC coded packets supported
                  .... .... .... ..1. = HT Support channel width: 20 MHz and 40 MHz operation
                  .... .... .... 11.. = HT SM Power Save: SM Power Save disabled (0x3)
                  .... .... ...0 .... = HT Green Field: Not able to receive PPDUs with Green Field preamble
                  .... .... ..1. .... = HT Short GI for 20MHz: Supported
                  .... .... .1.. .... = HT Short GI for 40MHz: Supported
                  .... .... 1... .... = HT Tx STBC: Supported
                  .... ..01 .... .... = HT Rx STBC: Rx support of one spatial stream (0x1)
                  .... .0.. .... .... = HT Delayed Block ACK: Not supported
                  .... 0... .... .... = HT Max A-MSDU length: 3839 bytes
                  ...1 .... .... .... = HT DSSS/CCK mode in 40MHz: Will/can use DSSS/CCK in 40 MHz
                  ..0. .... .... .... = HT PSMP Support: Not supported
                  .0.. .... .... .... = HT Forty MHz Intolerant: 40 MHz transmissions unrestricted/allowed
                  0... .... .... .... = HT L-SIG TXOP Protection support: Not supported
                [error] short-element: 2 bytes are too few for what this is
              Tag: SSID parameter set (0)
                Tag Number: SSID parameter set (0)
                Tag length: 1
                SSID: 61
                SSID as text: a
              Tag: Supported Rates (1)
                Tag Number: Supported Rates (1)
                Tag length: 4
                Supported Rates: 1(B) Mbit/s (0x82)
        "#]],
    );
}

#[test]
fn ciphertexts() {
    check::<Wlan>(
        "0841 2c00 020000000001 020000000002 020000000003 1000  010203 40 aabb 11223344",
        expect![[r#"
            IEEE 802.11, Src: 02:00:00:00:00:02, Dst: 02:00:00:00:00:03, Data, SN=1, FN=0, Flags=.p.....T.
              Type/Subtype: Data (0x0020)
              Frame Control Field: 0x0841
                .... ..00 .... .... = Version: 0
                .... 10.. .... .... = Type: Data frame (2)
                0000 .... .... .... = Subtype: 0
                .... .... 0100 0001 = Flags: 0x41
                .... .... .... ..01 = DS status: Frame from STA to DS via an AP (0x1)
                .... .... .... ...1 = To DS: Frame is entering DS
                .... .... .... ..0. = From DS: Frame is not exiting DS
                .... .... .... .0.. = More Fragments: False
                .... .... .... 0... = Retry: False
                .... .... ...0 .... = PWR MGT: STA will stay up
                .... .... ..0. .... = More Data: No data buffered
                .... .... .1.. .... = Protected flag: Data is protected
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
              Initialization Vector: 0x010203
              Key Index: 1
              WEP ICV: 0x11223344
            → @data [0]: bytes 28..30
        "#]],
    );
    check::<Wlan>(
        "0841 2c00 020000000001 020000000002 020000000003 1000  012102 20 03040506 aabb",
        expect![[r#"
            IEEE 802.11, Src: 02:00:00:00:00:02, Dst: 02:00:00:00:00:03, Data, SN=1, FN=0, Flags=.p.....T.
              Type/Subtype: Data (0x0020)
              Frame Control Field: 0x0841
                .... ..00 .... .... = Version: 0
                .... 10.. .... .... = Type: Data frame (2)
                0000 .... .... .... = Subtype: 0
                .... .... 0100 0001 = Flags: 0x41
                .... .... .... ..01 = DS status: Frame from STA to DS via an AP (0x1)
                .... .... .... ...1 = To DS: Frame is entering DS
                .... .... .... ..0. = From DS: Frame is not exiting DS
                .... .... .... .0.. = More Fragments: False
                .... .... .... 0... = Retry: False
                .... .... ...0 .... = PWR MGT: STA will stay up
                .... .... ..0. .... = More Data: No data buffered
                .... .... .1.. .... = Protected flag: Data is protected
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
              Key Index: 0
              TKIP Ext. Initialization Vector: 0x060504030102
            → @data [0]: bytes 32..34
        "#]],
    );
}

#[test]
fn a_block_ack_is_set_up() {
    check::<Wlan>(
        "d000 0000 020000000001 020000000002 020000000001 1000  03 00 01 0310 0000 1000",
        expect![[r#"
            IEEE 802.11, Src: 02:00:00:00:00:02, Dst: 02:00:00:00:00:01, Action, SN=1, FN=0, Flags=.........
              Type/Subtype: Action (0x000d)
              Frame Control Field: 0xd000
                .... ..00 .... .... = Version: 0
                .... 00.. .... .... = Type: Management frame (0)
                1101 .... .... .... = Subtype: 13
                .... .... 0000 0000 = Flags: 0x00
                .... .... .... ..00 = DS status: Not leaving DS or network is operating in AD-HOC mode (0x0)
                .... .... .... ...0 = To DS: Frame is not entering DS
                .... .... .... ..0. = From DS: Frame is not exiting DS
                .... .... .... .0.. = More Fragments: False
                .... .... .... 0... = Retry: False
                .... .... ...0 .... = PWR MGT: STA will stay up
                .... .... ..0. .... = More Data: No data buffered
                .... .... .0.. .... = Protected flag: Data is not protected
                .... .... 0... .... = +HTC/Order flag: False
              Duration: 0 µs
              Receiver address: 02:00:00:00:00:01
              Destination address: 02:00:00:00:00:01
              Transmitter address: 02:00:00:00:00:02
              Source address: 02:00:00:00:00:02
              BSS Id: 02:00:00:00:00:01
              Fragment number: 0
              Sequence number: 1
              Category code: Block Ack (3)
              Action code: Add Block Ack Request (0x00)
              Dialog token: 0x01
              Block Ack Parameters: 0x1003
                .... .... .... ...1 = A-MSDUs: Permitted in QoS data MPDUs
                .... .... .... ..1. = Block Ack Policy: Immediate Block Ack
                .... .... ..00 00.. = Traffic Identifier: 0x0
                0001 0000 00.. .... = Number of Buffers (1 Buffer = 2304 Bytes): 64
              Block Ack Timeout: 0x0000
              Block Ack Starting Sequence Control (SSC): 0x0010
                0000 0000 0001 .... = Starting Sequence Number: 1
        "#]],
    );
}
