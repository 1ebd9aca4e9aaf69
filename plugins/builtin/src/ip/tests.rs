use super::*;

#[test]
fn udp_inside() {
    check::<Ip>(
        "45 b8 001c 1234 4000 40 11 7c8f 0a000001 0a000002  0035 cfc7 0008 0000",
        expect![[r#"
            Internet Protocol Version 4, Src: 10.0.0.1, Dst: 10.0.0.2, UDP (17)
              Version: 4
              Header Length: 20 bytes
              Differentiated Services Field: 0xb8
                1011 10.. = Differentiated Services Codepoint: Expedited Forwarding (46)
                .... ..00 = Explicit Congestion Notification: Not ECN-Capable Transport (0)
              Total Length: 28 bytes
              Identification: 0x1234
              Flags: 0x2
                0... .... = Reserved bit: Not set
                .1.. .... = Don't fragment: Set
                ..0. .... = More fragments: Not set
              Fragment Offset: 0 × 8 bytes
              Time to Live: 64
              Protocol: UDP (17)
              Header Checksum: 0x7c8f
              Header checksum status: Unverified (2)
              Source Address: 10.0.0.1
              Destination Address: 10.0.0.2
            → ip.proto [17]: bytes 20..28
        "#]],
    );
}

#[test]
fn a_fragment_ends_before_its_padding() {
    check::<Ip>(
        "45 00 0018 0007 20b9 40 06 0000 0a000001 0a000002  01020304 0000",
        expect![[r#"
            Internet Protocol Version 4, Src: 10.0.0.1, Dst: 10.0.0.2, Fragmented IP protocol (proto=TCP (6), off=1480, ID=0007)
              Version: 4
              Header Length: 20 bytes
              Differentiated Services Field: 0x00
                0000 00.. = Differentiated Services Codepoint: Default (0)
                .... ..00 = Explicit Congestion Notification: Not ECN-Capable Transport (0)
              Total Length: 24 bytes
              Identification: 0x0007
              Flags: 0x1
                0... .... = Reserved bit: Not set
                .0.. .... = Don't fragment: Not set
                ..1. .... = More fragments: Set
              Fragment Offset: 185 × 8 bytes
              Time to Live: 64
              Protocol: TCP (6)
              Header Checksum: 0x0000
              Header checksum status: Unverified (2)
              Source Address: 10.0.0.1
              Destination Address: 10.0.0.2
            → ip.proto [6] part 7: bytes 20..24, Fragment at 1480
        "#]],
    );
}

#[test]
fn length_left_to_the_network_card() {
    check::<Ip>(
        "45 00 0000 0007 0000 40 06 0000 0a000001 0a000002  01020304",
        expect![[r#"
            Internet Protocol Version 4, Src: 10.0.0.1, Dst: 10.0.0.2, TCP (6)
              Version: 4
              Header Length: 20 bytes
              Differentiated Services Field: 0x00
                0000 00.. = Differentiated Services Codepoint: Default (0)
                .... ..00 = Explicit Congestion Notification: Not ECN-Capable Transport (0)
              Total Length: 24 bytes
              Identification: 0x0007
              Flags: 0x0
                0... .... = Reserved bit: Not set
                .0.. .... = Don't fragment: Not set
                ..0. .... = More fragments: Not set
              Fragment Offset: 0 × 8 bytes
              Time to Live: 64
              Protocol: TCP (6)
              Header Checksum: 0x0000
              Header checksum status: Unverified (2)
              Source Address: 10.0.0.1
              Destination Address: 10.0.0.2
            → ip.proto [6]: bytes 20..24
        "#]],
    );
}

#[test]
fn a_source_route_with_one_hop_to_go() {
    check::<Ip>(
        "49 00 0024 0007 0000 40 63 0000 0a000001 0a000002  83 0f 08 0a000003 0a000004 0a000005  00",
        expect![[r#"
            Internet Protocol Version 4, Src: 10.0.0.1, Dst: 10.0.0.5, any private encryption scheme (99)
              Version: 4
              Header Length: 36 bytes
              Differentiated Services Field: 0x00
                0000 00.. = Differentiated Services Codepoint: Default (0)
                .... ..00 = Explicit Congestion Notification: Not ECN-Capable Transport (0)
              Total Length: 36 bytes
              Identification: 0x0007
              Flags: 0x0
                0... .... = Reserved bit: Not set
                .0.. .... = Don't fragment: Not set
                ..0. .... = More fragments: Not set
              Fragment Offset: 0 × 8 bytes
              Time to Live: 64
              Protocol: any private encryption scheme (99)
              Header Checksum: 0x0000
              Header checksum status: Unverified (2)
              Source Address: 10.0.0.1
              Current Route: 10.0.0.2
              Option: 10.0.0.3
                Type: 131
                  1... .... = Copy on fragmentation: Yes
                  .00. .... = Class: Control (0)
                  ...0 0011 = Number: Loose source route (3)
                Length: 15
                Pointer: 8
                Recorded Route: 10.0.0.3
                Source Route: 10.0.0.4
                Destination Address: 10.0.0.5
              Option
                Type: 0
                  0... .... = Copy on fragmentation: No
                  .00. .... = Class: Control (0)
                  ...0 0000 = Number: End of Option List (EOL) (0)
            → ip.proto [99]: bytes 36..36
        "#]],
    );
}

#[test]
fn recorded_route_time_stamps_and_router_alert() {
    check::<Ip>(
        "4d 00 0034 0007 0000 40 63 0000 0a000001 0a000002
         07 0b 08 0a000003 00000000  01  44 0c 0d 11 0a000004 00000064  94 04 0000  00 000000",
        expect![[r#"
            Internet Protocol Version 4, Src: 10.0.0.1, Dst: 10.0.0.2, any private encryption scheme (99)
              Version: 4
              Header Length: 52 bytes
              Differentiated Services Field: 0x00
                0000 00.. = Differentiated Services Codepoint: Default (0)
                .... ..00 = Explicit Congestion Notification: Not ECN-Capable Transport (0)
              Total Length: 52 bytes
              Identification: 0x0007
              Flags: 0x0
                0... .... = Reserved bit: Not set
                .0.. .... = Don't fragment: Not set
                ..0. .... = More fragments: Not set
              Fragment Offset: 0 × 8 bytes
              Time to Live: 64
              Protocol: any private encryption scheme (99)
              Header Checksum: 0x0000
              Header checksum status: Unverified (2)
              Source Address: 10.0.0.1
              Destination Address: 10.0.0.2
              Option: 10.0.0.3
                Type: 7
                  0... .... = Copy on fragmentation: No
                  .00. .... = Class: Control (0)
                  ...0 0111 = Number: Record route (7)
                Length: 11
                Pointer: 8
                Recorded Route: 10.0.0.3
                Empty Route: 0.0.0.0
              Option
                Type: 1
                  0... .... = Copy on fragmentation: No
                  .00. .... = Class: Control (0)
                  ...0 0001 = Number: No-Operation (NOP) (1)
              Option: Time stamp and address (0x1)
                Type: 68
                  0... .... = Copy on fragmentation: No
                  .10. .... = Class: Debugging and measurement (2)
                  ...0 0100 = Number: Time stamp (4)
                Length: 12
                Pointer: 13
                Overflow: 1
                Flag: Time stamp and address (0x1)
                Address: 10.0.0.4
                Time stamp: 100 ms
              Option: Router shall examine packet (0)
                Type: 148
                  1... .... = Copy on fragmentation: Yes
                  .00. .... = Class: Control (0)
                  ...1 0100 = Number: Router Alert (20)
                Length: 4
                Router Alert: Router shall examine packet (0)
              Option
                Type: 0
                  0... .... = Copy on fragmentation: No
                  .00. .... = Class: Control (0)
                  ...0 0000 = Number: End of Option List (EOL) (0)
            → ip.proto [99]: bytes 52..52
        "#]],
    );
}

#[test]
fn security_options() {
    check::<Ip>(
        "4e 00 0038 0007 0000 40 63 0000 0a000001 0a000002
         82 04 ab 81  82 05 3d 81 02  85 04 01 ff  86 14 00000001 01 06 00 05 8101  02 08 00 05 0007 0009 00 000000",
        expect![[r#"
            Internet Protocol Version 4, Src: 10.0.0.1, Dst: 10.0.0.2, any private encryption scheme (99)
              Version: 4
              Header Length: 56 bytes
              Differentiated Services Field: 0x00
                0000 00.. = Differentiated Services Codepoint: Default (0)
                .... ..00 = Explicit Congestion Notification: Not ECN-Capable Transport (0)
              Total Length: 56 bytes
              Identification: 0x0007
              Flags: 0x0
                0... .... = Reserved bit: Not set
                .0.. .... = Don't fragment: Not set
                ..0. .... = More fragments: Not set
              Fragment Offset: 0 × 8 bytes
              Time to Live: 64
              Protocol: any private encryption scheme (99)
              Header Checksum: 0x0000
              Header checksum status: Unverified (2)
              Source Address: 10.0.0.1
              Destination Address: 10.0.0.2
              Option: Unclassified (0xab)
                Type: 130
                  1... .... = Copy on fragmentation: Yes
                  .00. .... = Class: Control (0)
                  ...0 0010 = Number: Security (2)
                Length: 4
                Classification Level: Unclassified (0xab)
                Protection Authority Flags: 0x81
                  1... .... = GENSER: Datagram protected in accordance with its rules
                  .0.. .... = SIOP-ESI: Datagram not protected in accordance with its rules
                  ..0. .... = SCI: Datagram not protected in accordance with its rules
                  ...0 .... = NSA: Datagram not protected in accordance with its rules
                  .... 0... = DOE: Datagram not protected in accordance with its rules
                  .... .00. = Unassigned: 0x0
                  .... ...1 = Field Termination Indicator: Additional octet present
                [warning] bad-option: the flags end elsewhere than the option
              Option: Top secret (0x3d)
                Type: 130
                  1... .... = Copy on fragmentation: Yes
                  .00. .... = Class: Control (0)
                  ...0 0010 = Number: Security (2)
                Length: 5
                Classification Level: Top secret (0x3d)
                Protection Authority Flags: 0x81
                  1... .... = GENSER: Datagram protected in accordance with its rules
                  .0.. .... = SIOP-ESI: Datagram not protected in accordance with its rules
                  ..0. .... = SCI: Datagram not protected in accordance with its rules
                  ...0 .... = NSA: Datagram not protected in accordance with its rules
                  .... 0... = DOE: Datagram not protected in accordance with its rules
                  .... .00. = Unassigned: 0x0
                  .... ...1 = Field Termination Indicator: Additional octet present
                Protection Authority Flags: 0x02
                  0000 001. = Unassigned: 0x01
                  .... ...0 = Field Termination Indicator: Final octet
              Option
                Type: 133
                  1... .... = Copy on fragmentation: Yes
                  .00. .... = Class: Control (0)
                  ...0 0101 = Number: Extended security (5)
                Length: 4
                Additional Security Info Format Code: 0x01
                Additional Security Info: ff
              Option: Restrictive Category Bitmap (1)
                Type: 134
                  1... .... = Copy on fragmentation: Yes
                  .00. .... = Class: Control (0)
                  ...0 0110 = Number: Commercial IP security option (6)
                Length: 20
                DOI: 1
                Tag Type: Restrictive Category Bitmap (1)
                Sensitivity Level: 5
                Categories: 0,7,15
                Tag Type: Enumerated Categories (2)
                Sensitivity Level: 5
                Categories: 7,9
              Option
                Type: 0
                  0... .... = Copy on fragmentation: No
                  .00. .... = Class: Control (0)
                  ...0 0000 = Number: End of Option List (EOL) (0)
            → ip.proto [99]: bytes 56..56
        "#]],
    );
}

#[test]
fn quick_start_traceroute_stream_and_mtu() {
    check::<Ip>(
        "4d 00 0034 0007 0000 40 63 0000 0a000001 0a000002
         19 08 08 30 00000014  52 0c 0001 0002 0003 0a000001  88 04 0005  0b 04 05dc  1e 04 0000",
        expect![[r#"
            Internet Protocol Version 4, Src: 10.0.0.1, Dst: 10.0.0.2, any private encryption scheme (99)
              Version: 4
              Header Length: 52 bytes
              Differentiated Services Field: 0x00
                0000 00.. = Differentiated Services Codepoint: Default (0)
                .... ..00 = Explicit Congestion Notification: Not ECN-Capable Transport (0)
              Total Length: 52 bytes
              Identification: 0x0007
              Flags: 0x0
                0... .... = Reserved bit: Not set
                .0.. .... = Don't fragment: Not set
                ..0. .... = More fragments: Not set
              Fragment Offset: 0 × 8 bytes
              Time to Live: 64
              Protocol: any private encryption scheme (99)
              Header Checksum: 0x0000
              Header checksum status: Unverified (2)
              Source Address: 10.0.0.1
              Destination Address: 10.0.0.2
              Option: Rate request (0)
                Type: 25
                  0... .... = Copy on fragmentation: No
                  .00. .... = Class: Control (0)
                  ...1 1001 = Number: Quick-Start (25)
                Length: 8
                Function: Rate request (0)
                Rate: 10.24 Mbit/s (8)
                QS TTL: 48
                TTL Diff: 16
                QS Nonce: 0x00000005
                  .... .... .... .... .... .... .... ..00 = Reserved: 0x0
              Option: 10.0.0.1
                Type: 82
                  0... .... = Copy on fragmentation: No
                  .10. .... = Class: Debugging and measurement (2)
                  ...1 0010 = Number: Traceroute (18)
                Length: 12
                ID Number: 1
                Outbound Hop Count: 2
                Return Hop Count: 3
                Originator IP Address: 10.0.0.1
              Option
                Type: 136
                  1... .... = Copy on fragmentation: Yes
                  .00. .... = Class: Control (0)
                  ...0 1000 = Number: Stream identifier (8)
                Length: 4
                Stream Identifier: 5
              Option
                Type: 11
                  0... .... = Copy on fragmentation: No
                  .00. .... = Class: Control (0)
                  ...0 1011 = Number: MTU probe (11)
                Length: 4
                MTU: 1500
              Option
                Type: 30
                  0... .... = Copy on fragmentation: No
                  .00. .... = Class: Control (0)
                  ...1 1110 = Number: RFC 3692-style experiment (30)
                Length: 4
            → ip.proto [99]: bytes 52..52
        "#]],
    );
}

#[test]
fn options_that_are_wrong() {
    check::<Ip>(
        "48 00 0020 0007 0000 40 63 0000 0a000001 0a000002  94 03 00  07 07 06 00000000 94 09",
        expect![[r#"
            Internet Protocol Version 4, Src: 10.0.0.1, Dst: 10.0.0.2, any private encryption scheme (99)
              Version: 4
              Header Length: 32 bytes
              Differentiated Services Field: 0x00
                0000 00.. = Differentiated Services Codepoint: Default (0)
                .... ..00 = Explicit Congestion Notification: Not ECN-Capable Transport (0)
              Total Length: 32 bytes
              Identification: 0x0007
              Flags: 0x0
                0... .... = Reserved bit: Not set
                .0.. .... = Don't fragment: Not set
                ..0. .... = More fragments: Not set
              Fragment Offset: 0 × 8 bytes
              Time to Live: 64
              Protocol: any private encryption scheme (99)
              Header Checksum: 0x0000
              Header checksum status: Unverified (2)
              Source Address: 10.0.0.1
              Destination Address: 10.0.0.2
              Option
                Type: 148
                  1... .... = Copy on fragmentation: Yes
                  .00. .... = Class: Control (0)
                  ...1 0100 = Number: Router Alert (20)
                Length: 3
                [warning] bad-option: 3 bytes instead of 4
              Option
                Type: 7
                  0... .... = Copy on fragmentation: No
                  .00. .... = Class: Control (0)
                  ...0 0111 = Number: Record route (7)
                Length: 7
                Pointer: 6
                [warning] bad-pointer: 6 is not where an address is
              [warning] bad-option: option 148 goes past the end of the header
            → ip.proto [99]: bytes 32..32
        "#]],
    );
}

#[test]
fn cut_after_the_source() {
    check::<Ip>(
        "45 00 001c 1234 4000 40 11 7c8f 0a000001 0a00",
        expect![[r#"
            Internet Protocol Version 4, Src: 10.0.0.1
              Version: 4
              Header Length: 20 bytes
              Differentiated Services Field: 0x00
                0000 00.. = Differentiated Services Codepoint: Default (0)
                .... ..00 = Explicit Congestion Notification: Not ECN-Capable Transport (0)
              Total Length: 28 bytes
              [warning] bad-length: 28 bytes, but there are 18
              Identification: 0x1234
              Flags: 0x2
                0... .... = Reserved bit: Not set
                .1.. .... = Don't fragment: Set
                ..0. .... = More fragments: Not set
              Fragment Offset: 0 × 8 bytes
              Time to Live: 64
              Protocol: UDP (17)
              Header Checksum: 0x7c8f
              Header checksum status: Unverified (2)
              Source Address: 10.0.0.1
              [error] short: ip.dst needs 4 bytes at offset 16, 2 are there
        "#]],
    );
}

#[test]
fn headers_that_cannot_be() {
    check::<Ip>(
        "44 00 0014 1234 4000 40 11 7c8f 0a000001 0a000002",
        expect![[r#"
        Internet Protocol Version 4, Bogus IP header length (16, must be at least 20)
          Version: 4
          Header Length: 16 bytes
          [error] bad-header-length: 16 bytes, less than 20
    "#]],
    );
    check::<Ip>(
        "46 00 0014 1234 4000 40 11 7c8f 0a000001 0a000002 00000000",
        expect![[r#"
        Internet Protocol Version 4, Bogus IP length (20, less than header length 24)
          Version: 4
          Header Length: 24 bytes
          Differentiated Services Field: 0x00
            0000 00.. = Differentiated Services Codepoint: Default (0)
            .... ..00 = Explicit Congestion Notification: Not ECN-Capable Transport (0)
          Total Length: 20 bytes
          [error] bad-length: 20 bytes, less than the header's 24
    "#]],
    );
    check::<Ip>(
        "60 00 0000",
        expect![[r#"
        Internet Protocol Version 4, Bogus IP version 6
          Version: 6
          [error] bad-version: version 6
        → @ipv6 [0]: bytes 0..4
    "#]],
    );
}
