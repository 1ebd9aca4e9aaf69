use super::*;

/// The client's Initial packet of RFC 9001, appendix A.2, is 1200 bytes long; this is one with a PING, made the same way.
#[test]
fn an_initial_packet_is_opened() {
    let id = [1, 2, 3, 4, 5, 6, 7, 8];
    let content = [&[6, 0, 4, 1, 0, 0, 0][..], &[0; 20], &[1]].concat();
    let packet = initial::seal(&id, &content);
    let hex: String = packet.iter().map(|byte| format!("{byte:02x}")).collect();
    check::<Quic>(
        &hex,
        expect![[r#"
            QUIC IETF, Initial, DCID=0102030405060708, PKN: 2, CRYPTO, PADDING, PING
              Packet: Long Header (1)
                Header Form: Long Header (1)
                Fixed Bit: True
                Packet Type: Initial (0)
                Version: 1 (0x00000001)
                Destination Connection ID Length: 8
                Destination Connection ID: 0102030405060708
                Source Connection ID Length: 0
                [Connection Number: 0]
                Token Length: 0
                Length: 46
                [Packet Length: 64]
                Reserved: 0
                Packet Number Length: 2 bytes (1)
                Packet Number: 2
                Payload: 8a98d15a8d515ea869727b731b7df8905780ca30394b287b878a15e5a3b70c8705e53dd2166b35c52d60e9d6
                Frame: CRYPTO (0x0000000000000006)
                  [Frame Type: CRYPTO (0x0000000000000006)]
                  [Offset: 0]
                  [Length: 4]
                Frame: PADDING (0x0000000000000000)
                  [Frame Type: PADDING (0x0000000000000000)]
                  [Padding Length: 20]
                Frame: PING (0x0000000000000001)
                  [Frame Type: PING (0x0000000000000001)]
            → @tls [0] part 1: side bytes 30..34, Stream at 0
        "#]],
    );
}

#[test]
fn version_negotiation_and_retry() {
    check::<Quic>(
        "80 00000000 01 aa 00 00000001 6b3343cf",
        expect![[r#"
            QUIC IETF, Version Negotiation, DCID=aa
              Packet: Long Header (1)
                Header Form: Long Header (1)
                Unused: 0x00
                Version: Version Negotiation (0x00000000)
                Destination Connection ID Length: 1
                Destination Connection ID: aa
                Source Connection ID Length: 0
                Supported Version: 1 (0x00000001)
                Supported Version: 2 (0x6b3343cf)
                [Packet Length: 16]
        "#]],
    );
    check::<Quic>(
        "f0 00000001 00 01 bb 746f6b656e 000102030405060708090a0b0c0d0e0f",
        expect![[r#"
            QUIC IETF, Retry, SCID=bb
              Packet: Long Header (1)
                Header Form: Long Header (1)
                Packet Type: Retry (3)
                Version: 1 (0x00000001)
                Destination Connection ID Length: 0
                Source Connection ID Length: 1
                Source Connection ID: bb
                Retry Token: 746f6b656e
                Retry Integrity Tag: 000102030405060708090a0b0c0d0e0f
                Packet Length: 29
        "#]],
    );
}

#[test]
fn lengths_that_cannot_be() {
    check::<Quic>(
        "c0 00000001 08 aabb",
        expect![[r#"
            QUIC IETF
              Packet: Long Header (1)
                Header Form: Long Header (1)
                Fixed Bit: True
                Packet Type: Initial (0)
                Version: 1 (0x00000001)
                Destination Connection ID Length: 8
              [error] short: quic.dcid needs 8 bytes at offset 6, 2 are there
        "#]],
    );
    check::<Quic>(
        "c0 00000001 00 00 00 7fff 010203",
        expect![[r#"
            QUIC IETF, Initial
              Packet: Long Header (1)
                Header Form: Long Header (1)
                Fixed Bit: True
                Packet Type: Initial (0)
                Version: 1 (0x00000001)
                Destination Connection ID Length: 0
                Source Connection ID Length: 0
                [Connection Number: 0]
                Token Length: 0
                Length: 16383
                [Packet Length: 13]
                Remaining Payload: 010203
        "#]],
    );
}
