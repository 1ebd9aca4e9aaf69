use super::*;

#[test]
fn a_syn_with_the_usual_options() {
    check::<Tcp>(
        "c822 01bb 00000007 00000000 a002 ffff 1234 0000
         02 04 05b4  04 02  08 0a 00000001 00000000  01  03 03 07",
        expect![[r#"
            Transmission Control Protocol, 51234 → 443 [SYN] Seq=7 Win=65535 Len=0 MSS=1460 SACK_PERM TSval=1 TSecr=0 WS=128
              Source Port: 51234
              Destination Port: 443
              TCP Segment Len: 0 bytes
              Sequence Number (raw): 7
              Acknowledgment number (raw): 0
              Header Length: 40 bytes
              Flags: 0x002
                .... 000. .... .... = Reserved: Not set
                .... ...0 .... .... = Accurate ECN: Not set
                .... .... 0... .... = Congestion Window Reduced: Not set
                .... .... .0.. .... = ECN-Echo: Not set
                .... .... ..0. .... = Urgent: Not set
                .... .... ...0 .... = Acknowledgment: Not set
                .... .... .... 0... = Push: Not set
                .... .... .... .0.. = Reset: Not set
                .... .... .... ..1. = Syn: Set
                .... .... .... ...0 = Fin: Not set
              TCP Flags: ··········S·
              Window: 65535
              Checksum: 0x1234
              Checksum Status: Unverified (2)
              Urgent Pointer: 0
              Options: 020405b40402080a000000010000000001030307
              TCP Option: Maximum Segment Size (2)
                Kind: Maximum Segment Size (2)
                Length: 4
                MSS Value: 1460 bytes
              TCP Option: SACK Permitted (4)
                Kind: SACK Permitted (4)
                Length: 2
              TCP Option: Time Stamp Option (8)
                Kind: Time Stamp Option (8)
                Length: 10
                Timestamp value: 1
                Timestamp echo reply: 0
              TCP Option: No-Operation (1)
                Kind: No-Operation (1)
              TCP Option: Window Scale (3)
                Kind: Window Scale (3)
                Length: 3
                Shift count: 7
                Multiplier: 128
            → tcp.port [443, 51234]: bytes 40..40
        "#]],
    );
}

#[test]
fn payload_and_urgent_data() {
    check::<Tcp>(
        "01bb c822 00000007 00000008 5038 0200 1234 0003  616263",
        expect![[r#"
            Transmission Control Protocol, 443 → 51234 [PSH, ACK, URG] Seq=7 Ack=8 Win=512 Urg=3 Len=3
              Source Port: 443
              Destination Port: 51234
              TCP Segment Len: 3 bytes
              Sequence Number (raw): 7
              Acknowledgment number (raw): 8
              Header Length: 20 bytes
              Flags: 0x038
                .... 000. .... .... = Reserved: Not set
                .... ...0 .... .... = Accurate ECN: Not set
                .... .... 0... .... = Congestion Window Reduced: Not set
                .... .... .0.. .... = ECN-Echo: Not set
                .... .... ..1. .... = Urgent: Set
                .... .... ...1 .... = Acknowledgment: Set
                .... .... .... 1... = Push: Set
                .... .... .... .0.. = Reset: Not set
                .... .... .... ..0. = Syn: Not set
                .... .... .... ...0 = Fin: Not set
              TCP Flags: ······UAP···
              Window: 512
              Checksum: 0x1234
              Checksum Status: Unverified (2)
              Urgent Pointer: 3
              TCP payload: 616263
            → tcp.port [443, 51234]: bytes 20..23
        "#]],
    );
}

#[test]
fn a_reset_with_its_reason() {
    check::<Tcp>(
        "01bb c822 00000007 00000000 5004 0000 1234 0000  676f6e6500",
        expect![[r#"
            Transmission Control Protocol, 443 → 51234 [RST] Seq=7 Win=0 Len=5
              Source Port: 443
              Destination Port: 51234
              TCP Segment Len: 5 bytes
              Sequence Number (raw): 7
              Acknowledgment number (raw): 0
              Header Length: 20 bytes
              Flags: 0x004
                .... 000. .... .... = Reserved: Not set
                .... ...0 .... .... = Accurate ECN: Not set
                .... .... 0... .... = Congestion Window Reduced: Not set
                .... .... .0.. .... = ECN-Echo: Not set
                .... .... ..0. .... = Urgent: Not set
                .... .... ...0 .... = Acknowledgment: Not set
                .... .... .... 0... = Push: Not set
                .... .... .... .1.. = Reset: Set
                .... .... .... ..0. = Syn: Not set
                .... .... .... ...0 = Fin: Not set
              TCP Flags: ·········R··
              Window: 0
              Checksum: 0x1234
              Checksum Status: Unverified (2)
              Urgent Pointer: 0
              Reset cause: gone
            → tcp.port [443, 51234]: bytes 20..20
        "#]],
    );
}

#[test]
fn sack_fast_open_and_accurate_ecn() {
    check::<Tcp>(
        "01bb c822 00000007 00000008 f110 0200 1234 0000
         05 0a 0000000a 00000014  22 06 01020304  22 02  ac 08 000001 000002  fe 06 f989 0506  fd 06 1234 5678 0000",
        expect![[r#"
            Transmission Control Protocol, 443 → 51234 [ACK, AE] Seq=7 Ack=8 Win=512 Len=0 SLE=10 SRE=20
              Source Port: 443
              Destination Port: 51234
              TCP Segment Len: 0 bytes
              Sequence Number (raw): 7
              Acknowledgment number (raw): 8
              Header Length: 60 bytes
              Flags: 0x110
                .... 000. .... .... = Reserved: Not set
                .... ...1 .... .... = Accurate ECN: Set
                .... .... 0... .... = Congestion Window Reduced: Not set
                .... .... .0.. .... = ECN-Echo: Not set
                .... .... ..0. .... = Urgent: Not set
                .... .... ...1 .... = Acknowledgment: Set
                .... .... .... 0... = Push: Not set
                .... .... .... .0.. = Reset: Not set
                .... .... .... ..0. = Syn: Not set
                .... .... .... ...0 = Fin: Not set
              TCP Flags: ···A···A····
              Window: 512
              Checksum: 0x1234
              Checksum Status: Unverified (2)
              Urgent Pointer: 0
              Options: 050a0000000a000000142206010203042202ac08000001000002fe06f9890506fd06123456780000
              TCP Option: SACK (5)
                Kind: SACK (5)
                Length: 10
                TCP SACK Left Edge: 10
                TCP SACK Right Edge: 20
                TCP SACK Count: 1
              TCP Option: TCP Fast Open Cookie (34)
                Kind: TCP Fast Open Cookie (34)
                Length: 6
                Fast Open Cookie: 01020304
              TCP Option: TCP Fast Open Cookie (34)
                Kind: TCP Fast Open Cookie (34)
                Length: 2
                Fast Open Cookie Request
              TCP Option: Accurate ECN Order 0 (172)
                Kind: Accurate ECN Order 0 (172)
                Length: 8
                Accurate ECN Echo ECT(0) Byte Counter: 1
                Accurate ECN Echo CE Byte Counter: 2
              TCP Option: RFC3692-style Experiment 2 (254)
                Kind: RFC3692-style Experiment 2 (254)
                Length: 6
                Experiment Identifier: Fast Open (0xf989)
                Fast Open Cookie: 0506
              TCP Option: RFC3692-style Experiment 1 (253)
                Kind: RFC3692-style Experiment 1 (253)
                Length: 6
                Experiment Identifier: 0x1234
                Data: 5678
              TCP Option: End of Option List (0)
                Kind: End of Option List (0)
              TCP Option: End of Option List (0)
                Kind: End of Option List (0)
            → tcp.port [443, 51234]: bytes 60..60
        "#]],
    );
}

#[test]
fn signatures_timeouts_and_old_options() {
    check::<Tcp>(
        "01bb c822 00000007 00000008 f010 0200 1234 0000
         1d 08 01 02 aabbccdd  1c 04 8005  1b 08 01 02 00000014  06 06 00000001  0b 06 00000002  14 04 c0 01  55 04 0102",
        expect![[r#"
            Transmission Control Protocol, 443 → 51234 [ACK] Seq=7 Ack=8 Win=512 Len=0
              Source Port: 443
              Destination Port: 51234
              TCP Segment Len: 0 bytes
              Sequence Number (raw): 7
              Acknowledgment number (raw): 8
              Header Length: 60 bytes
              Flags: 0x010
                .... 000. .... .... = Reserved: Not set
                .... ...0 .... .... = Accurate ECN: Not set
                .... .... 0... .... = Congestion Window Reduced: Not set
                .... .... .0.. .... = ECN-Echo: Not set
                .... .... ..0. .... = Urgent: Not set
                .... .... ...1 .... = Acknowledgment: Set
                .... .... .... 0... = Push: Not set
                .... .... .... .0.. = Reset: Not set
                .... .... .... ..0. = Syn: Not set
                .... .... .... ...0 = Fin: Not set
              TCP Flags: ·······A····
              Window: 512
              Checksum: 0x1234
              Checksum Status: Unverified (2)
              Urgent Pointer: 0
              Options: 1d080102aabbccdd1c0480051b080102000000140606000000010b06000000021404c00155040102
              TCP Option: The TCP Authentication Option (29)
                Kind: The TCP Authentication Option (29)
                Length: 8
                AO KeyID: 1
                AO RNextKeyID: 2
                AO MAC: aabbccdd
              TCP Option: User Timeout Option (28)
                Kind: User Timeout Option (28)
                Length: 4
                Granularity: Minutes
                User Timeout: 5
              TCP Option: Quick-Start Response (27)
                Kind: Quick-Start Response (27)
                Length: 8
                QS Rate: 80 Kbit/s (1)
                QS TTL Diff: 2
              TCP Option: Echo (6)
                Kind: Echo (6)
                Length: 6
                TCP Echo Option: 1
              TCP Option: CC (11)
                Kind: CC (11)
                Length: 6
                TCP CC Option: 2
              TCP Option: SCPS Capabilities (20)
                Kind: SCPS Capabilities (20)
                Length: 4
                TCP SCPS Capabilities Vector: 0xc0
                  1... .... = Partial Reliability Capable (BETS): Set
                  .1.. .... = Short Form SNACK Capable (SNACK1): Set
                  ..0. .... = Long Form SNACK Capable (SNACK2): Not set
                  ...0 .... = Lossless Header Compression (COMP): Not set
                  .... 0... = Network Layer Timestamp (NLTS): Not set
                  .... .000 = Reserved: 0
                Connection ID: 1
              TCP Option
                Kind: 85
                Length: 4
                Payload: 0102
            → tcp.port [443, 51234]: bytes 60..60
        "#]],
    );
    check::<Tcp>(
        "01bb c822 00000007 00000008 b010 0200 1234 0000
         13 12 000102030405060708090a0b0c0d0e0f  15 06 0001 0002",
        expect![[r#"
            Transmission Control Protocol, 443 → 51234 [ACK] Seq=7 Ack=8 Win=512 Len=0
              Source Port: 443
              Destination Port: 51234
              TCP Segment Len: 0 bytes
              Sequence Number (raw): 7
              Acknowledgment number (raw): 8
              Header Length: 44 bytes
              Flags: 0x010
                .... 000. .... .... = Reserved: Not set
                .... ...0 .... .... = Accurate ECN: Not set
                .... .... 0... .... = Congestion Window Reduced: Not set
                .... .... .0.. .... = ECN-Echo: Not set
                .... .... ..0. .... = Urgent: Not set
                .... .... ...1 .... = Acknowledgment: Set
                .... .... .... 0... = Push: Not set
                .... .... .... .0.. = Reset: Not set
                .... .... .... ..0. = Syn: Not set
                .... .... .... ...0 = Fin: Not set
              TCP Flags: ·······A····
              Window: 512
              Checksum: 0x1234
              Checksum Status: Unverified (2)
              Urgent Pointer: 0
              Options: 1312000102030405060708090a0b0c0d0e0f150600010002
              TCP Option: MD5 Signature Option (19)
                Kind: MD5 Signature Option (19)
                Length: 18
                MD5 digest: 000102030405060708090a0b0c0d0e0f
              TCP Option: Selective Negative Acknowledgements (21)
                Kind: Selective Negative Acknowledgements (21)
                Length: 6
                TCP SNACK Offset: 1
                TCP SNACK Size: 2
            → tcp.port [443, 51234]: bytes 44..44
        "#]],
    );
}

#[test]
fn multipath_handshakes() {
    check::<Tcp>(
        "01bb c822 00000007 00000008 e010 0200 1234 0000
         1e 0c 00 81 0102030405060708  1e 18 01 a1 0102030405060708 090a0b0c0d0e0f10 0005 beef",
        expect![[r#"
            Transmission Control Protocol, 443 → 51234 [ACK] Seq=7 Ack=8 Win=512 Len=0
              Source Port: 443
              Destination Port: 51234
              TCP Segment Len: 0 bytes
              Sequence Number (raw): 7
              Acknowledgment number (raw): 8
              Header Length: 56 bytes
              Flags: 0x010
                .... 000. .... .... = Reserved: Not set
                .... ...0 .... .... = Accurate ECN: Not set
                .... .... 0... .... = Congestion Window Reduced: Not set
                .... .... .0.. .... = ECN-Echo: Not set
                .... .... ..0. .... = Urgent: Not set
                .... .... ...1 .... = Acknowledgment: Set
                .... .... .... 0... = Push: Not set
                .... .... .... .0.. = Reset: Not set
                .... .... .... ..0. = Syn: Not set
                .... .... .... ...0 = Fin: Not set
              TCP Flags: ·······A····
              Window: 512
              Checksum: 0x1234
              Checksum Status: Unverified (2)
              Urgent Pointer: 0
              Options: 1e0c008101020304050607081e1801a10102030405060708090a0b0c0d0e0f100005beef
              TCP Option: Multipath TCP (30)
                Kind: Multipath TCP (30)
                Length: 12
                Multipath TCP subtype: Multipath Capable (0)
                Multipath TCP version: 0
                Multipath TCP flags: 0x81
                  1... .... = Checksum required: 1
                  .0.. .... = Extensibility: 0
                  .... ...1 = Use HMAC-SHA1: 1
                  ..00 000. = Reserved: 0x00
                Sender's Key: 72623859790382856
              TCP Option: Multipath TCP (30)
                Kind: Multipath TCP (30)
                Length: 24
                Multipath TCP subtype: Multipath Capable (0)
                Multipath TCP version: 1
                Multipath TCP flags: 0xa1
                  1... .... = Checksum required: 1
                  .0.. .... = Extensibility: 0
                  ..1. .... = Do not attempt to establish new subflows to this address and port: 1
                  .... ...1 = Use HMAC-SHA256: 1
                  ...0 000. = Reserved: 0x0
                Sender's Key: 72623859790382856
                Receiver's Key: 651345242494996240
                Data-level Length: 5 bytes
                Checksum: 0xbeef
            → tcp.port [443, 51234]: bytes 56..56
        "#]],
    );
    check::<Tcp>(
        "01bb c822 00000007 00000008 c010 0200 1234 0000
         1e 0c 11 02 00000001 00000002  1e 10 10 03 0102030405060708 00000002",
        expect![[r#"
            Transmission Control Protocol, 443 → 51234 [ACK] Seq=7 Ack=8 Win=512 Len=0
              Source Port: 443
              Destination Port: 51234
              TCP Segment Len: 0 bytes
              Sequence Number (raw): 7
              Acknowledgment number (raw): 8
              Header Length: 48 bytes
              Flags: 0x010
                .... 000. .... .... = Reserved: Not set
                .... ...0 .... .... = Accurate ECN: Not set
                .... .... 0... .... = Congestion Window Reduced: Not set
                .... .... .0.. .... = ECN-Echo: Not set
                .... .... ..0. .... = Urgent: Not set
                .... .... ...1 .... = Acknowledgment: Set
                .... .... .... 0... = Push: Not set
                .... .... .... .0.. = Reset: Not set
                .... .... .... ..0. = Syn: Not set
                .... .... .... ...0 = Fin: Not set
              TCP Flags: ·······A····
              Window: 512
              Checksum: 0x1234
              Checksum Status: Unverified (2)
              Urgent Pointer: 0
              Options: 1e0c110200000001000000021e101003010203040506070800000002
              TCP Option: Multipath TCP (30)
                Kind: Multipath TCP (30)
                Length: 12
                Multipath TCP subtype: Join Connection (1)
                Multipath TCP flags: 0x11
                  .... ...1 = Backup flag: 1
                Address ID: 2
                Receiver's Token: 1
                Sender's Random Number: 2
              TCP Option: Multipath TCP (30)
                Kind: Multipath TCP (30)
                Length: 16
                Multipath TCP subtype: Join Connection (1)
                Multipath TCP flags: 0x10
                  .... ...0 = Backup flag: 0
                Address ID: 3
                Sender's Truncated HMAC: 72623859790382856
                Sender's Random Number: 2
            → tcp.port [443, 51234]: bytes 48..48
        "#]],
    );
    check::<Tcp>(
        "01bb c822 00000007 00000008 b010 0200 1234 0000  1e 18 10 00 0102030405060708090a0b0c0d0e0f1011121314",
        expect![[r#"
            Transmission Control Protocol, 443 → 51234 [ACK] Seq=7 Ack=8 Win=512 Len=0
              Source Port: 443
              Destination Port: 51234
              TCP Segment Len: 0 bytes
              Sequence Number (raw): 7
              Acknowledgment number (raw): 8
              Header Length: 44 bytes
              Flags: 0x010
                .... 000. .... .... = Reserved: Not set
                .... ...0 .... .... = Accurate ECN: Not set
                .... .... 0... .... = Congestion Window Reduced: Not set
                .... .... .0.. .... = ECN-Echo: Not set
                .... .... ..0. .... = Urgent: Not set
                .... .... ...1 .... = Acknowledgment: Set
                .... .... .... 0... = Push: Not set
                .... .... .... .0.. = Reset: Not set
                .... .... .... ..0. = Syn: Not set
                .... .... .... ...0 = Fin: Not set
              TCP Flags: ·······A····
              Window: 512
              Checksum: 0x1234
              Checksum Status: Unverified (2)
              Urgent Pointer: 0
              Options: 1e1810000102030405060708090a0b0c0d0e0f1011121314
              TCP Option: Multipath TCP (30)
                Kind: Multipath TCP (30)
                Length: 24
                Multipath TCP subtype: Join Connection (1)
                Reserved: 0x000
                Sender's HMAC: 0102030405060708090a0b0c0d0e0f1011121314
            → tcp.port [443, 51234]: bytes 44..44
        "#]],
    );
}

#[test]
fn multipath_data() {
    check::<Tcp>(
        "01bb c822 00000007 00000008 f010 0200 1234 0000
         1e 14 20 05 00000001 00000002 00000003 0004 beef  1e 14 20 0e 0000000000000002 00000003 0004 0000",
        expect![[r#"
            Transmission Control Protocol, 443 → 51234 [ACK] Seq=7 Ack=8 Win=512 Len=0
              Source Port: 443
              Destination Port: 51234
              TCP Segment Len: 0 bytes
              Sequence Number (raw): 7
              Acknowledgment number (raw): 8
              Header Length: 60 bytes
              Flags: 0x010
                .... 000. .... .... = Reserved: Not set
                .... ...0 .... .... = Accurate ECN: Not set
                .... .... 0... .... = Congestion Window Reduced: Not set
                .... .... .0.. .... = ECN-Echo: Not set
                .... .... ..0. .... = Urgent: Not set
                .... .... ...1 .... = Acknowledgment: Set
                .... .... .... 0... = Push: Not set
                .... .... .... .0.. = Reset: Not set
                .... .... .... ..0. = Syn: Not set
                .... .... .... ...0 = Fin: Not set
              TCP Flags: ·······A····
              Window: 512
              Checksum: 0x1234
              Checksum Status: Unverified (2)
              Urgent Pointer: 0
              Options: 1e1420050000000100000002000000030004beef1e14200e00000000000000020000000300040000
              TCP Option: Multipath TCP (30)
                Kind: Multipath TCP (30)
                Length: 20
                Multipath TCP subtype: Data Sequence Signal (2)
                Multipath TCP flags: 0x05
                  ...0 .... = DATA_FIN: 0
                  .... 0... = Data Sequence Number is 8 octets: 0
                  .... .1.. = Data Sequence Number, Subflow Sequence Number, Data-level Length, Checksum present: 1
                  .... ..0. = Data ACK is 8 octets: 0
                  .... ...1 = Data ACK is present: 1
                Original MPTCP Data ACK: 1
                Data Sequence Number: 2
                Subflow Sequence Number: 3
                Data-level Length: 4 bytes
                Checksum: 0xbeef
              TCP Option: Multipath TCP (30)
                Kind: Multipath TCP (30)
                Length: 20
                Multipath TCP subtype: Data Sequence Signal (2)
                Multipath TCP flags: 0x0e
                  ...0 .... = DATA_FIN: 0
                  .... 1... = Data Sequence Number is 8 octets: 1
                  .... .1.. = Data Sequence Number, Subflow Sequence Number, Data-level Length, Checksum present: 1
                  .... ..1. = Data ACK is 8 octets: 1
                  .... ...0 = Data ACK is present: 0
                Data Sequence Number: 2
                Subflow Sequence Number: 3
                Data-level Length: 4 bytes
                Checksum: 0x0000
            → tcp.port [443, 51234]: bytes 60..60
        "#]],
    );
}

#[test]
fn multipath_addresses() {
    check::<Tcp>(
        "01bb c822 00000007 00000008 f010 0200 1234 0000
         1e 0a 34 05 0a000001 1234  1e 12 31 05 0a000001 1234 0102030405060708  1e 05 40 01 02  1e 04 51 03  00 0000",
        expect![[r#"
            Transmission Control Protocol, 443 → 51234 [ACK] Seq=7 Ack=8 Win=512 Len=0
              Source Port: 443
              Destination Port: 51234
              TCP Segment Len: 0 bytes
              Sequence Number (raw): 7
              Acknowledgment number (raw): 8
              Header Length: 60 bytes
              Flags: 0x010
                .... 000. .... .... = Reserved: Not set
                .... ...0 .... .... = Accurate ECN: Not set
                .... .... 0... .... = Congestion Window Reduced: Not set
                .... .... .0.. .... = ECN-Echo: Not set
                .... .... ..0. .... = Urgent: Not set
                .... .... ...1 .... = Acknowledgment: Set
                .... .... .... 0... = Push: Not set
                .... .... .... .0.. = Reset: Not set
                .... .... .... ..0. = Syn: Not set
                .... .... .... ...0 = Fin: Not set
              TCP Flags: ·······A····
              Window: 512
              Checksum: 0x1234
              Checksum Status: Unverified (2)
              Urgent Pointer: 0
              Options: 1e0a34050a00000112341e1231050a000001123401020304050607081e054001021e045103000000
              TCP Option: Multipath TCP (30)
                Kind: Multipath TCP (30)
                Length: 10
                Multipath TCP subtype: Add Address (3)
                IP version: 4
                Address ID: 5
                Advertised IPv4 Address: 10.0.0.1
                Advertised port: 4660
              TCP Option: Multipath TCP (30)
                Kind: Multipath TCP (30)
                Length: 18
                Multipath TCP subtype: Add Address (3)
                Echo: 1
                Address ID: 5
                Advertised IPv4 Address: 10.0.0.1
                Advertised port: 4660
                Truncated HMAC: 72623859790382856
              TCP Option: Multipath TCP (30)
                Kind: Multipath TCP (30)
                Length: 5
                Multipath TCP subtype: Remove Address (4)
                Address ID: 1
                Address ID: 2
              TCP Option: Multipath TCP (30)
                Kind: Multipath TCP (30)
                Length: 4
                Multipath TCP subtype: Change Subflow Priority (5)
                Multipath TCP flags: 0x51
                  .... ...1 = Backup flag: 1
                Address ID: 3
              TCP Option: End of Option List (0)
                Kind: End of Option List (0)
              TCP Option: End of Option List (0)
                Kind: End of Option List (0)
              TCP Option: End of Option List (0)
                Kind: End of Option List (0)
            → tcp.port [443, 51234]: bytes 60..60
        "#]],
    );
    check::<Tcp>(
        "01bb c822 00000007 00000008 f010 0200 1234 0000
         1e 14 30 06 20010db8000000000000000000000001  1e 04 83 05  1e 0c 60 00 0000000000000001  01 00 0000",
        expect![[r#"
            Transmission Control Protocol, 443 → 51234 [ACK] Seq=7 Ack=8 Win=512 Len=0
              Source Port: 443
              Destination Port: 51234
              TCP Segment Len: 0 bytes
              Sequence Number (raw): 7
              Acknowledgment number (raw): 8
              Header Length: 60 bytes
              Flags: 0x010
                .... 000. .... .... = Reserved: Not set
                .... ...0 .... .... = Accurate ECN: Not set
                .... .... 0... .... = Congestion Window Reduced: Not set
                .... .... .0.. .... = ECN-Echo: Not set
                .... .... ..0. .... = Urgent: Not set
                .... .... ...1 .... = Acknowledgment: Set
                .... .... .... 0... = Push: Not set
                .... .... .... .0.. = Reset: Not set
                .... .... .... ..0. = Syn: Not set
                .... .... .... ...0 = Fin: Not set
              TCP Flags: ·······A····
              Window: 512
              Checksum: 0x1234
              Checksum Status: Unverified (2)
              Urgent Pointer: 0
              Options: 1e14300620010db80000000000000000000000011e0483051e0c6000000000000000000101000000
              TCP Option: Multipath TCP (30)
                Kind: Multipath TCP (30)
                Length: 20
                Multipath TCP subtype: Add Address (3)
                Echo: 0
                Address ID: 6
                Advertised IPv6 Address: 2001:db8::1
              TCP Option: Multipath TCP (30)
                Kind: Multipath TCP (30)
                Length: 4
                Multipath TCP subtype: TCP Reset (8)
                Multipath TCP flags: 0x83
                  .... 0... = Flag U: Not set
                  .... .0.. = Flag V: Not set
                  .... ..1. = Flag W: Set
                  .... ...1 = Transient: Set
                TCPRST Reason: Unacceptable performance (0x05)
              TCP Option: Multipath TCP (30)
                Kind: Multipath TCP (30)
                Length: 12
                Multipath TCP subtype: TCP Fallback (6)
                Reserved: 0x000
                Data Sequence Number: 1
              TCP Option: No-Operation (1)
                Kind: No-Operation (1)
              TCP Option: End of Option List (0)
                Kind: End of Option List (0)
              TCP Option: End of Option List (0)
                Kind: End of Option List (0)
              TCP Option: End of Option List (0)
                Kind: End of Option List (0)
            → tcp.port [443, 51234]: bytes 60..60
        "#]],
    );
}

#[test]
fn options_that_are_wrong() {
    check::<Tcp>(
        "01bb c822 00000007 00000008 7010 0200 1234 0000  02 03 05 01  02 09 05b4",
        expect![[r#"
            Transmission Control Protocol, 443 → 51234 [ACK] Seq=7 Ack=8 Win=512 Len=0
              Source Port: 443
              Destination Port: 51234
              TCP Segment Len: 0 bytes
              Sequence Number (raw): 7
              Acknowledgment number (raw): 8
              Header Length: 28 bytes
              Flags: 0x010
                .... 000. .... .... = Reserved: Not set
                .... ...0 .... .... = Accurate ECN: Not set
                .... .... 0... .... = Congestion Window Reduced: Not set
                .... .... .0.. .... = ECN-Echo: Not set
                .... .... ..0. .... = Urgent: Not set
                .... .... ...1 .... = Acknowledgment: Set
                .... .... .... 0... = Push: Not set
                .... .... .... .0.. = Reset: Not set
                .... .... .... ..0. = Syn: Not set
                .... .... .... ...0 = Fin: Not set
              TCP Flags: ·······A····
              Window: 512
              Checksum: 0x1234
              Checksum Status: Unverified (2)
              Urgent Pointer: 0
              Options: 02030501020905b4
              TCP Option: Maximum Segment Size (2)
                Kind: Maximum Segment Size (2)
                Length: 3
                [warning] bad-option: option 2 has 3 bytes instead of 4
              TCP Option: No-Operation (1)
                Kind: No-Operation (1)
              [warning] bad-option: option 2 goes past the end of the header
            → tcp.port [443, 51234]: bytes 28..28
        "#]],
    );
    check::<Tcp>(
        "01bb c822 00000007 00000008 6010 0200 1234 0000  00 00 ff 00",
        expect![[r#"
            Transmission Control Protocol, 443 → 51234 [ACK] Seq=7 Ack=8 Win=512 Len=0
              Source Port: 443
              Destination Port: 51234
              TCP Segment Len: 0 bytes
              Sequence Number (raw): 7
              Acknowledgment number (raw): 8
              Header Length: 24 bytes
              Flags: 0x010
                .... 000. .... .... = Reserved: Not set
                .... ...0 .... .... = Accurate ECN: Not set
                .... .... 0... .... = Congestion Window Reduced: Not set
                .... .... .0.. .... = ECN-Echo: Not set
                .... .... ..0. .... = Urgent: Not set
                .... .... ...1 .... = Acknowledgment: Set
                .... .... .... 0... = Push: Not set
                .... .... .... .0.. = Reset: Not set
                .... .... .... ..0. = Syn: Not set
                .... .... .... ...0 = Fin: Not set
              TCP Flags: ·······A····
              Window: 512
              Checksum: 0x1234
              Checksum Status: Unverified (2)
              Urgent Pointer: 0
              Options: 0000ff00
              TCP Option: End of Option List (0)
                Kind: End of Option List (0)
              TCP Option: End of Option List (0)
                Kind: End of Option List (0)
              [warning] bad-padding: not zero behind the end of the options
            → tcp.port [443, 51234]: bytes 24..24
        "#]],
    );
}

#[test]
fn cut_in_an_option() {
    check::<Tcp>(
        "01bb c822 00000007 00000008 8010 0200 1234 0000  01 01 08 0a 00000001 00",
        expect![[r#"
            Transmission Control Protocol, 443 → 51234 [ACK] Seq=7 Ack=8 Win=512 Len=0
              Source Port: 443
              Destination Port: 51234
              Sequence Number (raw): 7
              Acknowledgment number (raw): 8
              Header Length: 32 bytes
              Flags: 0x010
                .... 000. .... .... = Reserved: Not set
                .... ...0 .... .... = Accurate ECN: Not set
                .... .... 0... .... = Congestion Window Reduced: Not set
                .... .... .0.. .... = ECN-Echo: Not set
                .... .... ..0. .... = Urgent: Not set
                .... .... ...1 .... = Acknowledgment: Set
                .... .... .... 0... = Push: Not set
                .... .... .... .0.. = Reset: Not set
                .... .... .... ..0. = Syn: Not set
                .... .... .... ...0 = Fin: Not set
              TCP Flags: ·······A····
              Window: 512
              Checksum: 0x1234
              Checksum Status: Unverified (2)
              Urgent Pointer: 0
              Options: 0101080a0000000100
              TCP Option: No-Operation (1)
                Kind: No-Operation (1)
              TCP Option: No-Operation (1)
                Kind: No-Operation (1)
              [warning] bad-option: option 8 goes past the end of the header
              [error] short: bytes needs 3 bytes at offset 29, 0 are there
        "#]],
    );
}

#[test]
fn a_header_that_cannot_be() {
    check::<Tcp>(
        "01bb c822 00000007 00000008 4010 0200 1234 0000",
        expect![[r#"
        Transmission Control Protocol, 443 → 51234 Seq=7, bogus TCP header length (16)
          Source Port: 443
          Destination Port: 51234
          TCP Segment Len: 4 bytes
          Sequence Number (raw): 7
          Acknowledgment number (raw): 8
          Header Length: 16 bytes
          [error] bad-header-length: 16 bytes, less than 20
    "#]],
    );
}
