//! BFD, bidirectional forwarding detection (RFC 5880, section 4), single hop (RFC 5881), multihop (RFC 5883), on the
//! links of an aggregation (RFC 7130), and seamless (RFC 7881).

use prosector_sdk::prelude::*;

/// The dissector.
#[derive(Default)]
pub struct Bfd;

protocol! {
    /// Bidirectional Forwarding Detection.
    Bfd = bfd "BFD Control", "BFD Control message" {
        version: u8 & 0xe0              "Protocol Version",
        diag: u8 hex & 0x1f             "Diagnostic Code" = {
            0 "No Diagnostic", 1 "Control Detection Time Expired", 2 "Echo Function Failed",
            3 "Neighbor Signaled Session Down", 4 "Forwarding Plane Reset", 5 "Path Down",
            6 "Concatenated Path Down", 7 "Administratively Down", 8 "Reverse Concatenated Path Down",
            9 "Mis-Connectivity Defect",
        },
        sta: u8 hex & 0xc0              "Session State" = { 0 "AdminDown", 1 "Down", 2 "Init", 3 "Up" },
        /// With the bits of the state.
        flags: u8 hex                   "Message Flags" {
            p: 0x20                     "Poll",
            f: 0x10                     "Final",
            c: 0x08                     "Control Plane Independent",
            a: 0x04                     "Authentication Present",
            d: 0x02                     "Demand",
            m: 0x01                     "Multipoint",
        },
        /// Version 0 has a bit for whether the other side is heard in place of a state.
        flags as FLAGS_V0: u8 hex       "Message Flags" {
            h: 0x80                     "I hear you",
            d as V0_D: 0x40             "Demand",
            p as V0_P: 0x20             "Poll",
            f as V0_F: 0x10             "Final",
        },
        detect_time_multiplier: u8      "Detect Time Multiplier",
        message_length: u8              "Message Length" unit "bytes",
        my_discriminator: u32 hex       "My Discriminator",
        your_discriminator: u32 hex     "Your Discriminator",
        desired_min_tx_interval: u32    "Desired Min TX Interval" unit "µs",
        required_min_rx_interval: u32   "Required Min RX Interval" unit "µs",
        required_min_echo_interval: u32 "Required Min Echo Interval" unit "µs",
        auth.type: u8                   "Authentication Type" = {
            1 "Simple Password", 2 "Keyed MD5", 3 "Meticulous Keyed MD5", 4 "Keyed SHA1",
            5 "Meticulous Keyed SHA1",
        },
        auth.len: u8                    "Authentication Length" unit "bytes",
        auth.key: u8                    "Authentication Key ID",
        auth.password: str              "Password",
        auth.seq_num: u32 hex           "Sequence Number",
        checksum: bytes                 "Checksum",
    }
    claims { udp.port = [3784, 4784, 6784, 7784], pwach.channel = 0x0007 }
}

const AUTHENTICATION: u8 = 0x04;
const PASSWORD: u8 = 1;
const AUTH_HEADER: usize = 3;

impl Dissector for Bfd {
    fn dissect(&mut self, pdu: &mut Pdu<'_>) -> Step {
        let version = pdu.show(VERSION)?;
        let diag = pdu.take(DIAG)?;
        let mut flags = 0;
        let mut state = 0;
        if version == 0 {
            pdu.take(FLAGS_V0)?;
        } else {
            state = pdu.show(STA)?;
            flags = pdu.take(FLAGS)?;
        }
        pdu.info(format_args!(
            "Diag: {}, State: {}, Flags: 0x{flags:02x}",
            Self::name(DIAG, diag),
            Self::name(STA, state)
        ));
        pdu.take(DETECT_TIME_MULTIPLIER)?;
        let len = usize::from(pdu.take(MESSAGE_LENGTH)?);
        pdu.set_len(MESSAGE_LENGTH, len.max(pdu.position()));
        pdu.take(MY_DISCRIMINATOR)?;
        pdu.take(YOUR_DISCRIMINATOR)?;
        pdu.take(DESIRED_MIN_TX_INTERVAL)?;
        pdu.take(REQUIRED_MIN_RX_INTERVAL)?;
        pdu.take(REQUIRED_MIN_ECHO_INTERVAL)?;
        if flags & AUTHENTICATION == 0 {
            return Ok(());
        }
        let kind = pdu.take(AUTH_TYPE)?;
        let len = usize::from(pdu.take(AUTH_LEN)?);
        pdu.take(AUTH_KEY)?;
        pdu.within(AUTH_LEN, len.saturating_sub(AUTH_HEADER), |pdu| {
            if kind == PASSWORD {
                pdu.take_rest(AUTH_PASSWORD);
                return Ok(());
            }
            pdu.skip(1)?;
            pdu.take(AUTH_SEQ_NUM)?;
            pdu.take_rest(CHECKSUM);
            Ok(())
        })
    }
}

builtin!(Bfd);

#[test]
fn a_message() {
    check::<Bfd>(
        "20 c8 03 18 00000001 00000002 000186a0 000186a0 00000000",
        expect![[r#"
            BFD Control message, Diag: No Diagnostic, State: Up, Flags: 0xc8
              Protocol Version: 1
              Diagnostic Code: No Diagnostic (0x00)
              Session State: Up (0x3)
              Message Flags: 0xc8
                ..0. .... = Poll: False
                ...0 .... = Final: False
                .... 1... = Control Plane Independent: True
                .... .0.. = Authentication Present: False
                .... ..0. = Demand: False
                .... ...0 = Multipoint: False
              Detect Time Multiplier: 3
              Message Length: 24 bytes
              My Discriminator: 0x00000001
              Your Discriminator: 0x00000002
              Desired Min TX Interval: 100000 µs
              Required Min RX Interval: 100000 µs
              Required Min Echo Interval: 0 µs
        "#]],
    );
}

#[test]
fn authentication() {
    check::<Bfd>(
        "20 44 03 21 00000001 00000002 000186a0 000186a0 00000000 01 09 02 736563726574",
        expect![[r#"
            BFD Control message, Diag: No Diagnostic, State: Down, Flags: 0x44
              Protocol Version: 1
              Diagnostic Code: No Diagnostic (0x00)
              Session State: Down (0x1)
              Message Flags: 0x44
                ..0. .... = Poll: False
                ...0 .... = Final: False
                .... 0... = Control Plane Independent: False
                .... .1.. = Authentication Present: True
                .... ..0. = Demand: False
                .... ...0 = Multipoint: False
              Detect Time Multiplier: 3
              Message Length: 33 bytes
              My Discriminator: 0x00000001
              Your Discriminator: 0x00000002
              Desired Min TX Interval: 100000 µs
              Required Min RX Interval: 100000 µs
              Required Min Echo Interval: 0 µs
              Authentication Type: Simple Password (1)
              Authentication Length: 9 bytes
              Authentication Key ID: 2
              Password: secret
        "#]],
    );
    check::<Bfd>(
        "20 44 03 30 00000001 00000002 000186a0 000186a0 00000000
         02 18 02 00 00000005 000102030405060708090a0b0c0d0e0f",
        expect![[r#"
            BFD Control message, Diag: No Diagnostic, State: Down, Flags: 0x44
              Protocol Version: 1
              Diagnostic Code: No Diagnostic (0x00)
              Session State: Down (0x1)
              Message Flags: 0x44
                ..0. .... = Poll: False
                ...0 .... = Final: False
                .... 0... = Control Plane Independent: False
                .... .1.. = Authentication Present: True
                .... ..0. = Demand: False
                .... ...0 = Multipoint: False
              Detect Time Multiplier: 3
              Message Length: 48 bytes
              My Discriminator: 0x00000001
              Your Discriminator: 0x00000002
              Desired Min TX Interval: 100000 µs
              Required Min RX Interval: 100000 µs
              Required Min Echo Interval: 0 µs
              Authentication Type: Keyed MD5 (2)
              Authentication Length: 24 bytes
              Authentication Key ID: 2
              Sequence Number: 0x00000005
              Checksum: 000102030405060708090a0b0c0d0e0f
        "#]],
    );
}

#[test]
fn too_short() {
    check::<Bfd>(
        "20 44 03 0c 00000001 00000002 000186a0 000186a0 00000000",
        expect![[r#"
            BFD Control message, Diag: No Diagnostic, State: Down, Flags: 0x44
              Protocol Version: 1
              Diagnostic Code: No Diagnostic (0x00)
              Session State: Down (0x1)
              Message Flags: 0x44
                ..0. .... = Poll: False
                ...0 .... = Final: False
                .... 0... = Control Plane Independent: False
                .... .1.. = Authentication Present: True
                .... ..0. = Demand: False
                .... ...0 = Multipoint: False
              Detect Time Multiplier: 3
              Message Length: 12 bytes
              My Discriminator: 0x00000001
              Your Discriminator: 0x00000002
              [error] short: bfd.desired_min_tx_interval needs 4 bytes at offset 12, 0 are there (the end is set by bfd.message_length)
        "#]],
    );
}
