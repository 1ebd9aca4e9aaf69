use super::*;

#[test]
fn udp_inside() {
    check::<Ipv6>(
        "60 b12345 0008 11 40  20010db8000000000000000000000001 20010db8000000000000000000000002
         0035 cfc7 0008 1234",
        expect![[r#"
            Internet Protocol Version 6, Src: 2001:db8::1, Dst: 2001:db8::2, UDP (17)
              Version: 6
              Traffic Class: 0x0b
                .... 0000 10.. .... .... .... .... .... = Differentiated Services Codepoint: 2
                .... .... ..11 .... .... .... .... .... = Explicit Congestion Notification: Congestion Experienced (3)
              Flow Label: 0x12345
              Payload Length: 8 bytes
              Next Header: UDP (17)
              Hop Limit: 64
              Source Address: 2001:db8::1
              Destination Address: 2001:db8::2
            → ip.proto [17]: bytes 40..48
        "#]],
    );
}

#[test]
fn what_is_in_addresses() {
    check::<Ipv6>(
        "60000000 0000 3b 40  200201020304000502005efffe005301 20010000c0000201000012345678abcd",
        expect![[r#"
            Internet Protocol Version 6, Src: 2002:102:304:5:200:5eff:fe00:5301, Dst: 2001:0:c000:201:0:1234:5678:abcd, No Next Header for IPv6 (59)
              Version: 6
              Traffic Class: 0x00
                .... 0000 00.. .... .... .... .... .... = Differentiated Services Codepoint: Default (0)
                .... .... ..00 .... .... .... .... .... = Explicit Congestion Notification: Not ECN-Capable Transport (0)
              Flow Label: 0x00000
              Payload Length: 0 bytes
              Next Header: No Next Header for IPv6 (59)
              Hop Limit: 64
              Source Address: 2002:102:304:5:200:5eff:fe00:5301
              Destination Address: 2001:0:c000:201:0:1234:5678:abcd
              Source 6to4 Gateway IPv4: 1.2.3.4
              Source 6to4 SLA ID: 5
              Source SLAAC MAC: 00:00:5e:00:53:01
              Destination Teredo Server IPv4: 192.0.2.1
              Destination Teredo Port: 60875
              Destination Teredo Client IPv4: 169.135.84.50
            → @data [0]: bytes 40..40
        "#]],
    );
    check::<Ipv6>(
        "60000000 0000 3b 40  0064ff9b0000000000000000c0000201 fe8000000000000000005efec0000202",
        expect![[r#"
            Internet Protocol Version 6, Src: 64:ff9b::c000:201, Dst: fe80::5efe:c000:202, No Next Header for IPv6 (59)
              Version: 6
              Traffic Class: 0x00
                .... 0000 00.. .... .... .... .... .... = Differentiated Services Codepoint: Default (0)
                .... .... ..00 .... .... .... .... .... = Explicit Congestion Notification: Not ECN-Capable Transport (0)
              Flow Label: 0x00000
              Payload Length: 0 bytes
              Next Header: No Next Header for IPv6 (59)
              Hop Limit: 64
              Source Address: 64:ff9b::c000:201
              Destination Address: fe80::5efe:c000:202
              Source Embedded IPv4: 192.0.2.1
              Destination ISATAP IPv4: 192.0.2.2
            → @data [0]: bytes 40..40
        "#]],
    );
}

#[test]
fn hop_by_hop_and_destination_options() {
    check::<Ipv6>(
        "60 b12345 0038 00 40  20010db8000000000000000000000001 20010db8000000000000000000000002
         3c 02  05 02 0000  c2 04 00010000  30 04 05dc 05dd  00  01 03 000000
         3a 03  01 00  c9 10 20010db8000000000000000000000003  04 01 05  63 04 80 01 0002  00",
        expect![[r#"
            Internet Protocol Version 6, Src: 2001:db8::1, Dst: 2001:db8::2, ICMPv6 (58)
              Version: 6
              Traffic Class: 0x0b
                .... 0000 10.. .... .... .... .... .... = Differentiated Services Codepoint: 2
                .... .... ..11 .... .... .... .... .... = Explicit Congestion Notification: Congestion Experienced (3)
              Flow Label: 0x12345
              Payload Length: 56 bytes
              Next Header: IPv6 Hop-by-Hop Option (0)
              Hop Limit: 64
              Source Address: 2001:db8::1
              Destination Address: 2001:db8::2
              IPv6 Hop-by-Hop Option: Destination Options for IPv6 (60)
                Next Header: Destination Options for IPv6 (60)
                Length: 2 × 8 bytes, without the first 8
                Length: 24 bytes
                IPv6 Option: Router Alert (0x05)
                  Type: Router Alert (0x05)
                    00.. .... = Action: Skip and continue (0)
                    ..0. .... = May Change: No
                    ...0 0101 = Low-Order Bits: 0x05
                  Length: 2
                  Router Alert: MLD (0)
                IPv6 Option: Jumbo Payload (0xc2)
                  Type: Jumbo Payload (0xc2)
                    11.. .... = Action: Discard and send ICMP if not multicast (3)
                    ..0. .... = May Change: No
                    ...0 0010 = Low-Order Bits: 0x02
                  Length: 4
                  Payload Length: 65536 bytes
                IPv6 Option: Path MTU Option (0x30)
                  Type: Path MTU Option (0x30)
                    00.. .... = Action: Skip and continue (0)
                    ..1. .... = May Change: Yes
                    ...1 0000 = Low-Order Bits: 0x10
                  Length: 4
                  Minimum Reported PMTU: 1500 bytes
                  Return Minimum PMTU: 1500 bytes
                  Return Flag: True
                IPv6 Option: Pad1 (0x00)
                  Type: Pad1 (0x00)
                  Pad1
                IPv6 Option: PadN (0x01)
                  Type: PadN (0x01)
                    00.. .... = Action: Skip and continue (0)
                    ..0. .... = May Change: No
                    ...0 0001 = Low-Order Bits: 0x01
                  Length: 3
                  PadN: 000000
              Destination Options for IPv6: ICMPv6 (58)
                Next Header: ICMPv6 (58)
                Length: 3 × 8 bytes, without the first 8
                Length: 32 bytes
                IPv6 Option: PadN (0x01)
                  Type: PadN (0x01)
                    00.. .... = Action: Skip and continue (0)
                    ..0. .... = May Change: No
                    ...0 0001 = Low-Order Bits: 0x01
                  Length: 0
                  PadN: <none>
                IPv6 Option: Home Address (0xc9)
                  Type: Home Address (0xc9)
                    11.. .... = Action: Discard and send ICMP if not multicast (3)
                    ..0. .... = May Change: No
                    ...0 1001 = Low-Order Bits: 0x09
                  Length: 16
                  MIPv6 Home Address: 2001:db8::3
                IPv6 Option: Tunnel Encapsulation Limit (0x04)
                  Type: Tunnel Encapsulation Limit (0x04)
                    00.. .... = Action: Skip and continue (0)
                    ..0. .... = May Change: No
                    ...0 0100 = Low-Order Bits: 0x04
                  Length: 1
                  Tunnel Encapsulation Limit: 5
                IPv6 Option: RPL Option (0x63)
                  Type: RPL Option (0x63)
                    01.. .... = Action: Discard (1)
                    ..1. .... = May Change: Yes
                    ...0 0011 = Low-Order Bits: 0x03
                  Length: 4
                  Flag: 0x80
                    1... .... = Down: True
                    .0.. .... = Rank Error: False
                    ..0. .... = Forwarding Error: False
                    ...0 0000 = Reserved: 0x00
                  RPLInstanceID: 0x01
                  Sender Rank: 0x0002
                IPv6 Option: Pad1 (0x00)
                  Type: Pad1 (0x00)
                  Pad1
            → ip.proto [58]: bytes 96..96
        "#]],
    );
}

#[test]
fn rare_options() {
    check::<Ipv6>(
        "60 b12345 0050 00 40  20010db8000000000000000000000001 20010db8000000000000000000000002
         3b 09  0f 0a 01 02 0003 0004 0005 0006  26 06 08 40 00000014  07 0c 00000001 01 05 abcd 80000000
         08 04 00 010203  08 03 11 0102  08 02 81 02  6d 04 70 01 0203  8b 04 01020304  8c 04 03 616263
         ee 03 70 0102  1e 01 ff  7a 01 ff",
        expect![[r#"
            Internet Protocol Version 6, Src: 2001:db8::1, Dst: 2001:db8::2, No Next Header for IPv6 (59)
              Version: 6
              Traffic Class: 0x0b
                .... 0000 10.. .... .... .... .... .... = Differentiated Services Codepoint: 2
                .... .... ..11 .... .... .... .... .... = Explicit Congestion Notification: Congestion Experienced (3)
              Flow Label: 0x12345
              Payload Length: 80 bytes
              Next Header: IPv6 Hop-by-Hop Option (0)
              Hop Limit: 64
              Source Address: 2001:db8::1
              Destination Address: 2001:db8::2
              IPv6 Hop-by-Hop Option: No Next Header for IPv6 (59)
                Next Header: No Next Header for IPv6 (59)
                Length: 9 × 8 bytes, without the first 8
                Length: 80 bytes
                IPv6 Option: Performance and Diagnostic Metrics (0x0f)
                  Type: Performance and Diagnostic Metrics (0x0f)
                    00.. .... = Action: Skip and continue (0)
                    ..0. .... = May Change: No
                    ...0 1111 = Low-Order Bits: 0x0f
                  Length: 10
                  Scale DTLR: 1
                  Scale DTLS: 2
                  PSN This Packet: 3
                  PSN Last Received: 4
                  Delta Time Last Received: 5
                  Delta Time Last Sent: 6
                IPv6 Option: Quick-Start (0x26)
                  Type: Quick-Start (0x26)
                    00.. .... = Action: Skip and continue (0)
                    ..1. .... = May Change: Yes
                    ...0 0110 = Low-Order Bits: 0x06
                  Length: 6
                  Function: Rate request (0)
                  Rate: 10.24 Mbit/s (8)
                  QS TTL: 64
                  QS Nonce: 0x00000005
                    .... .... .... .... .... .... .... ..00 = Reserved: 0x0
                IPv6 Option: CALIPSO (0x07)
                  Type: CALIPSO (0x07)
                    00.. .... = Action: Skip and continue (0)
                    ..0. .... = May Change: No
                    ...0 0111 = Low-Order Bits: 0x07
                  Length: 12
                  CALIPSO Domain of Interpretation: 1
                  Compartment Length: 1 × 4 bytes
                  Sensitivity Level: 5
                  Checksum: 0xabcd
                  Compartment Bitmap: 80000000
                IPv6 Option: SMF_DPD (0x08)
                  Type: SMF_DPD (0x08)
                    00.. .... = Action: Skip and continue (0)
                    ..0. .... = May Change: No
                    ...0 1000 = Low-Order Bits: 0x08
                  Length: 4
                  H-bit: False
                  TaggerID Type: NULL (0)
                  TaggerID Length: 0 bytes, without the first
                  Identifier: 010203
                IPv6 Option: SMF_DPD (0x08)
                  Type: SMF_DPD (0x08)
                    00.. .... = Action: Skip and continue (0)
                    ..0. .... = May Change: No
                    ...0 1000 = Low-Order Bits: 0x08
                  Length: 3
                  H-bit: False
                  TaggerID Type: DEFAULT (1)
                  TaggerID Length: 1 bytes, without the first
                  TaggerID: 0102
                IPv6 Option: SMF_DPD (0x08)
                  Type: SMF_DPD (0x08)
                    00.. .... = Action: Skip and continue (0)
                    ..0. .... = May Change: No
                    ...0 1000 = Low-Order Bits: 0x08
                  Length: 2
                  H-bit: True
                  Hash Assist Value: 8102
                IPv6 Option: MPL Option (0x6d)
                  Type: MPL Option (0x6d)
                    01.. .... = Action: Discard (1)
                    ..1. .... = May Change: Yes
                    ...0 1101 = Low-Order Bits: 0x0d
                  Length: 4
                  Flag: 0x70
                    01.. .... = Seed ID Length: 16-bit unsigned integer (1)
                    ..1. .... = Largest Sequence: True
                    ...1 .... = Version: True
                    .... 0000 = Reserved: 0x0
                  Sequence: 0x01
                  Seed ID: 0203
                IPv6 Option: ILNP Nonce (0x8b)
                  Type: ILNP Nonce (0x8b)
                    10.. .... = Action: Discard and send ICMP Parameter Problem (2)
                    ..0. .... = May Change: No
                    ...0 1011 = Low-Order Bits: 0x0b
                  Length: 4
                  ILNP Nonce: 01020304
                IPv6 Option: Line-Identification Option (0x8c)
                  Type: Line-Identification Option (0x8c)
                    10.. .... = Action: Discard and send ICMP Parameter Problem (2)
                    ..0. .... = May Change: No
                    ...0 1100 = Low-Order Bits: 0x0c
                  Length: 4
                  LineIDLen: 3
                  Line ID: abc
                IPv6 Option: IP_DFF (0xee)
                  Type: IP_DFF (0xee)
                    11.. .... = Action: Discard and send ICMP if not multicast (3)
                    ..1. .... = May Change: Yes
                    ...0 1110 = Low-Order Bits: 0x0e
                  Length: 3
                  Flags: 0x70
                    01.. .... = Version (VER): 1
                    ..1. .... = Duplicate (DUP): True
                    ...1 .... = Return (RET): True
                    .... 0000 = Reserved: 0x0
                  Sequence Number: 258
                IPv6 Option: Experimental (0x1E) (0x1e)
                  Type: Experimental (0x1E) (0x1e)
                    00.. .... = Action: Skip and continue (0)
                    ..0. .... = May Change: No
                    ...1 1110 = Low-Order Bits: 0x1e
                  Length: 1
                  Experimental Option: ff
                IPv6 Option
                  Type: 0x7a
                    01.. .... = Action: Discard (1)
                    ..1. .... = May Change: Yes
                    ...1 1010 = Low-Order Bits: 0x1a
                  Length: 1
                  Unknown Option Payload: ff
            → @data [0]: bytes 120..120
        "#]],
    );
}

#[test]
fn a_jumbogram() {
    check::<Ipv6>(
        "60 b12345 0000 00 40  20010db8000000000000000000000001 20010db8000000000000000000000002
         3b 00  c2 04 0000000a  0102 0304",
        expect![[r#"
            Internet Protocol Version 6, Src: 2001:db8::1, Dst: 2001:db8::2, No Next Header for IPv6 (59)
              Version: 6
              Traffic Class: 0x0b
                .... 0000 10.. .... .... .... .... .... = Differentiated Services Codepoint: 2
                .... .... ..11 .... .... .... .... .... = Explicit Congestion Notification: Congestion Experienced (3)
              Flow Label: 0x12345
              Payload Length: 0 bytes
              Next Header: IPv6 Hop-by-Hop Option (0)
              Hop Limit: 64
              Source Address: 2001:db8::1
              Destination Address: 2001:db8::2
              IPv6 Hop-by-Hop Option: No Next Header for IPv6 (59)
                Next Header: No Next Header for IPv6 (59)
                Length: 0 × 8 bytes, without the first 8
                Length: 8 bytes
                IPv6 Option: Jumbo Payload (0xc2)
                  Type: Jumbo Payload (0xc2)
                    11.. .... = Action: Discard and send ICMP if not multicast (3)
                    ..0. .... = May Change: No
                    ...0 0010 = Low-Order Bits: 0x02
                  Length: 4
                  Payload Length: 10 bytes
            → @data [0]: bytes 48..50
        "#]],
    );
}

#[test]
fn routing_headers() {
    check::<Ipv6>(
        "60 b12345 0028 2b 40  20010db8000000000000000000000001 20010db8000000000000000000000002
         3b 04 00 01 00000000  20010db8000000000000000000000003 20010db8000000000000000000000004",
        expect![[r#"
            Internet Protocol Version 6, Src: 2001:db8::1, Dst: 2001:db8::2, No Next Header for IPv6 (59)
              Version: 6
              Traffic Class: 0x0b
                .... 0000 10.. .... .... .... .... .... = Differentiated Services Codepoint: 2
                .... .... ..11 .... .... .... .... .... = Explicit Congestion Notification: Congestion Experienced (3)
              Flow Label: 0x12345
              Payload Length: 40 bytes
              Next Header: Routing Header for IPv6 (43)
              Hop Limit: 64
              Source Address: 2001:db8::1
              Destination Address: 2001:db8::2
              Routing Header for IPv6: No Next Header for IPv6 (59)
                Next Header: No Next Header for IPv6 (59)
                Length: 4 × 8 bytes, without the first 8
                Length: 40 bytes
                Type: Source Route (0)
                Segments Left: 1
                Reserved: 00000000
                Address: 2001:db8::3
                Address: 2001:db8::4
            → @data [0]: bytes 80..80
        "#]],
    );
    check::<Ipv6>(
        "60 b12345 0018 2b 40  20010db8000000000000000000000001 20010db8000000000000000000000002
         3b 02 02 01 00000000  20010db8000000000000000000000003",
        expect![[r#"
            Internet Protocol Version 6, Src: 2001:db8::1, Dst: 2001:db8::2, No Next Header for IPv6 (59)
              Version: 6
              Traffic Class: 0x0b
                .... 0000 10.. .... .... .... .... .... = Differentiated Services Codepoint: 2
                .... .... ..11 .... .... .... .... .... = Explicit Congestion Notification: Congestion Experienced (3)
              Flow Label: 0x12345
              Payload Length: 24 bytes
              Next Header: Routing Header for IPv6 (43)
              Hop Limit: 64
              Source Address: 2001:db8::1
              Destination Address: 2001:db8::2
              Routing Header for IPv6: No Next Header for IPv6 (59)
                Next Header: No Next Header for IPv6 (59)
                Length: 2 × 8 bytes, without the first 8
                Length: 24 bytes
                Type: Type 2 Routing (2)
                Segments Left: 1
                Reserved: 00000000
                Home Address: 2001:db8::3
            → @data [0]: bytes 64..64
        "#]],
    );
    check::<Ipv6>(
        "60 b12345 0018 2b 40  20010db8000000000000000000000001 20010db8000000000000000000000002
         3b 02 03 02 8c 400000  0000000000000003 00000004 00000000",
        expect![[r#"
            Internet Protocol Version 6, Src: 2001:db8::1, Dst: 2001:db8::2, No Next Header for IPv6 (59)
              Version: 6
              Traffic Class: 0x0b
                .... 0000 10.. .... .... .... .... .... = Differentiated Services Codepoint: 2
                .... .... ..11 .... .... .... .... .... = Explicit Congestion Notification: Congestion Experienced (3)
              Flow Label: 0x12345
              Payload Length: 24 bytes
              Next Header: Routing Header for IPv6 (43)
              Hop Limit: 64
              Source Address: 2001:db8::1
              Destination Address: 2001:db8::2
              Routing Header for IPv6: No Next Header for IPv6 (59)
                Next Header: No Next Header for IPv6 (59)
                Length: 2 × 8 bytes, without the first 8
                Length: 24 bytes
                Type: RPL Source Route (3)
                Segments Left: 2
                Compressed Internal Octets (CmprI): 8
                  .... 1100 .... .... .... .... .... .... = Compressed Final Octets (CmprE): 12
                  .... .... 0100 .... .... .... .... .... = Padding Bytes: 4
                  .... .... .... 0000 0000 0000 0000 0000 = Reserved: 0
                Total Address Count: 2
                Address: 0000000000000003
                Full Address: 2001:db8::3
                Address: 00000004
                Full Address: 2001:db8::4
            → @data [0]: bytes 64..64
        "#]],
    );
    check::<Ipv6>(
        "60 b12345 0028 2b 40  20010db8000000000000000000000001 20010db8000000000000000000000002
         3b 04 04 01 01 08 abcd  20010db8000000000000000000000003 20010db8000000000000000000000004",
        expect![[r#"
            Internet Protocol Version 6, Src: 2001:db8::1, Dst: 2001:db8::2, No Next Header for IPv6 (59)
              Version: 6
              Traffic Class: 0x0b
                .... 0000 10.. .... .... .... .... .... = Differentiated Services Codepoint: 2
                .... .... ..11 .... .... .... .... .... = Explicit Congestion Notification: Congestion Experienced (3)
              Flow Label: 0x12345
              Payload Length: 40 bytes
              Next Header: Routing Header for IPv6 (43)
              Hop Limit: 64
              Source Address: 2001:db8::1
              Destination Address: 2001:db8::2
              Routing Header for IPv6: No Next Header for IPv6 (59)
                Next Header: No Next Header for IPv6 (59)
                Length: 4 × 8 bytes, without the first 8
                Length: 40 bytes
                Type: Segment Routing (4)
                Segments Left: 1
                Last Entry: 1
                Flags: 0x08
                Tag: abcd
                Address: 2001:db8::3
                Address: 2001:db8::4
            → @data [0]: bytes 80..80
        "#]],
    );
    check::<Ipv6>(
        "60 b12345 0018 2b 40  20010db8000000000000000000000001 20010db8000000000000000000000002
         2b 00 05 01 0001 0002  2b 00 06 01 00000003  3b 00 ff 00 01020304",
        expect![[r#"
            Internet Protocol Version 6, Src: 2001:db8::1, Dst: 2001:db8::2, No Next Header for IPv6 (59)
              Version: 6
              Traffic Class: 0x0b
                .... 0000 10.. .... .... .... .... .... = Differentiated Services Codepoint: 2
                .... .... ..11 .... .... .... .... .... = Explicit Congestion Notification: Congestion Experienced (3)
              Flow Label: 0x12345
              Payload Length: 24 bytes
              Next Header: Routing Header for IPv6 (43)
              Hop Limit: 64
              Source Address: 2001:db8::1
              Destination Address: 2001:db8::2
              Routing Header for IPv6: Routing Header for IPv6 (43)
                Next Header: Routing Header for IPv6 (43)
                Length: 0 × 8 bytes, without the first 8
                Length: 8 bytes
                Type: Compact Routing Header 16 (5)
                Segments Left: 1
                Segment ID: 1
                Segment ID: 2
              Routing Header for IPv6: Routing Header for IPv6 (43)
                Next Header: Routing Header for IPv6 (43)
                Length: 0 × 8 bytes, without the first 8
                Length: 8 bytes
                Type: Compact Routing Header 32 (6)
                Segments Left: 1
                Segment ID: 3
              Routing Header for IPv6: No Next Header for IPv6 (59)
                Next Header: No Next Header for IPv6 (59)
                Length: 0 × 8 bytes, without the first 8
                Length: 8 bytes
                Type: 255
                Segments Left: 0
                Type-Specific Data: 01020304
            → @data [0]: bytes 64..64
        "#]],
    );
}

#[test]
fn a_fragment() {
    check::<Ipv6>(
        "60 b12345 000c 2c 40  20010db8000000000000000000000001 20010db8000000000000000000000002
         11 00 0009 0000abcd  01020304",
        expect![[r#"
            Internet Protocol Version 6, Src: 2001:db8::1, Dst: 2001:db8::2, IPv6 fragment (off=8 more=y ident=0x0000abcd nxt=17)
              Version: 6
              Traffic Class: 0x0b
                .... 0000 10.. .... .... .... .... .... = Differentiated Services Codepoint: 2
                .... .... ..11 .... .... .... .... .... = Explicit Congestion Notification: Congestion Experienced (3)
              Flow Label: 0x12345
              Payload Length: 12 bytes
              Next Header: Fragment Header for IPv6 (44)
              Hop Limit: 64
              Source Address: 2001:db8::1
              Destination Address: 2001:db8::2
              Fragment Header for IPv6: UDP (17)
                Next header: UDP (17)
                Reserved octet: 0x00
                Offset: 1 × 8 bytes
                  .... .... .... .00. = Reserved bits: 0
                  .... .... .... ...1 = More Fragments: Yes
                Identification: 0x0000abcd
            → ip.proto [17] part 43981: bytes 48..52, Fragment at 8
        "#]],
    );
}

#[test]
fn options_that_are_wrong() {
    check::<Ipv6>(
        "60 b12345 0008 3c 40  20010db8000000000000000000000001 20010db8000000000000000000000002
         3b 00  05 01 00  04 09 01",
        expect![[r#"
            Internet Protocol Version 6, Src: 2001:db8::1, Dst: 2001:db8::2, No Next Header for IPv6 (59)
              Version: 6
              Traffic Class: 0x0b
                .... 0000 10.. .... .... .... .... .... = Differentiated Services Codepoint: 2
                .... .... ..11 .... .... .... .... .... = Explicit Congestion Notification: Congestion Experienced (3)
              Flow Label: 0x12345
              Payload Length: 8 bytes
              Next Header: Destination Options for IPv6 (60)
              Hop Limit: 64
              Source Address: 2001:db8::1
              Destination Address: 2001:db8::2
              Destination Options for IPv6: No Next Header for IPv6 (59)
                Next Header: No Next Header for IPv6 (59)
                Length: 0 × 8 bytes, without the first 8
                Length: 8 bytes
                IPv6 Option: Router Alert (0x05)
                  Type: Router Alert (0x05)
                    00.. .... = Action: Skip and continue (0)
                    ..0. .... = May Change: No
                    ...0 0101 = Low-Order Bits: 0x05
                  Length: 1
                  [error] bad-option: option 0x05 has 1 bytes instead of 2
                  Unknown Data: 00
                IPv6 Option: Tunnel Encapsulation Limit (0x04)
                  Type: Tunnel Encapsulation Limit (0x04)
                    00.. .... = Action: Skip and continue (0)
                    ..0. .... = May Change: No
                    ...0 0100 = Low-Order Bits: 0x04
                  Length: 9
                  [error] bad-option: 9 bytes, but the header ends after 1
                  Tunnel Encapsulation Limit: 1
            → @data [0]: bytes 48..48
        "#]],
    );
}

#[test]
fn a_header_longer_than_the_packet() {
    check::<Ipv6>(
        "60 b12345 0008 3c 40  20010db8000000000000000000000001 20010db8000000000000000000000002
         3b 05  01 04 00000000",
        expect![[r#"
            Internet Protocol Version 6, Src: 2001:db8::1, Dst: 2001:db8::2, Destination Options for IPv6 (60)
              Version: 6
              Traffic Class: 0x0b
                .... 0000 10.. .... .... .... .... .... = Differentiated Services Codepoint: 2
                .... .... ..11 .... .... .... .... .... = Explicit Congestion Notification: Congestion Experienced (3)
              Flow Label: 0x12345
              Payload Length: 8 bytes
              Next Header: Destination Options for IPv6 (60)
              Hop Limit: 64
              Source Address: 2001:db8::1
              Destination Address: 2001:db8::2
              Destination Options for IPv6: No Next Header for IPv6 (59)
                Next Header: No Next Header for IPv6 (59)
                Length: 5 × 8 bytes, without the first 8
                Length: 48 bytes
                IPv6 Option: PadN (0x01)
                  Type: PadN (0x01)
                    00.. .... = Action: Skip and continue (0)
                    ..0. .... = May Change: No
                    ...0 0001 = Low-Order Bits: 0x01
                  Length: 4
                  PadN: 00000000
              [error] short: bytes needs 40 bytes at offset 48, 0 are there
        "#]],
    );
}

#[test]
fn cut_in_the_source() {
    check::<Ipv6>(
        "6000 0000 0008 11 40  20010db8",
        expect![[r#"
            Internet Protocol Version 6
              Version: 6
              Traffic Class: 0x00
                .... 0000 00.. .... .... .... .... .... = Differentiated Services Codepoint: Default (0)
                .... .... ..00 .... .... .... .... .... = Explicit Congestion Notification: Not ECN-Capable Transport (0)
              Flow Label: 0x00000
              Payload Length: 8 bytes
              Next Header: UDP (17)
              Hop Limit: 64
              [warning] bad-length: 8 bytes, but there are 0
              [error] short: ipv6.src needs 16 bytes at offset 8, 4 are there
        "#]],
    );
}

#[test]
fn another_version() {
    check::<Ipv6>(
        "5000 0000",
        expect![[r#"
        Internet Protocol Version 6, Bogus IP version 5
          Version: 5
          [error] bad-version: version 5
        → @data [0]: bytes 0..4
    "#]],
    );
}
