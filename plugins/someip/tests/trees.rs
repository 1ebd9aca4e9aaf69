//! Single messages against the trees that are expected of them. What is found by what service discovery says is in the captures.

use prosector_sdk::prelude::*;
use prosector_someip::{Someip, Someipsd};

/// One entry that refers to two runs of options, without its last line.
const OFFER: &str = "01 00 02 21 1234 0001 01 000003";

#[test]
fn messages_in_a_datagram() {
    check::<Someip>(
        "1234 0001 0000000a 0101 0001 01 01 00 00 6869  1234 8001 00000008 0000 0002 01 01 02 00",
        expect![[r#"
            SOME/IP Protocol, Service ID: 0x1234, Method ID: 0x0001, Length: 10
              Service ID: 0x1234
              Method ID: 0x0001
              Length: 10 bytes
              Client ID: 0x0101
              Session ID: 0x0001
              SOME/IP Version: 0x01
              Interface Version: 0x01
              Message Type: Request (0x00)
                .0.. .... = Message Type Ack Flag: False
                ..0. .... = Message Type TP Flag: False
              Return Code: Ok (0x00)
              Payload: 6869
            → someip.messageid [305397761]: bytes 16..18
            → @someip [0]: bytes 18..34
        "#]],
    );
}

#[test]
fn a_segment() {
    check::<Someip>(
        "1234 8002 0000000f 0000 0001 01 01 22 00 00000021 616263",
        expect![[r#"
        SOME/IP Protocol, Service ID: 0x1234, Method ID: 0x8002, Length: 15
          Service ID: 0x1234
          Method ID: 0x8002
          Length: 15 bytes
          Client ID: 0x0000
          Session ID: 0x0001
          SOME/IP Version: 0x01
          Interface Version: 0x01
          Message Type: Segment of a notification (0x22)
            .0.. .... = Message Type Ack Flag: False
            ..1. .... = Message Type TP Flag: True
          Return Code: Ok (0x00)
          SOME/IP-TP: 00000021616263
          Offset: 32 bytes
          Flags: 0x1
            .... 000. = Reserved: 0x0
            .... ...1 = More Segments: True
          Payload: 616263
        → someip.messageid [305430530] part 65570: bytes 20..23, Fragment at 32
    "#]],
    );
}

#[test]
fn lengths_that_lie() {
    check::<Someip>(
        "1234 0001 00000007 0101 0001 01 01 00 00 6869",
        expect![[r#"
            SOME/IP Protocol, Service ID: 0x1234, Method ID: 0x0001, Length: 7
              Service ID: 0x1234
              Method ID: 0x0001
              Length: 7 bytes
              [error] bad-length: 7, less than the header's rest
        "#]],
    );
    check::<Someip>(
        "1234 0001 0000000b 0101 0001 01 01 00 00 6869",
        expect![[r#"
        SOME/IP Protocol, Service ID: 0x1234, Method ID: 0x0001, Length: 11
          Service ID: 0x1234
          Method ID: 0x0001
          Length: 11 bytes
          Client ID: 0x0101
          Session ID: 0x0001
          SOME/IP Version: 0x01
          Interface Version: 0x01
          Message Type: Request (0x00)
            .0.. .... = Message Type Ack Flag: False
            ..0. .... = Message Type TP Flag: False
          Return Code: Ok (0x00)
          Payload: 6869
          [error] short: someip.payload needs 3 bytes at offset 16, 2 are there
        → someip.messageid [305397761]: bytes 16..18
    "#]],
    );
    check::<Someip>(
        "1234 0001 ffffffff 0101 0001 01 01 00",
        expect![[r#"
        SOME/IP Protocol, Service ID: 0x1234, Method ID: 0x0001, Length: 4294967295
          Service ID: 0x1234
          Method ID: 0x0001
          Length: 4294967295 bytes
          Client ID: 0x0101
          Session ID: 0x0001
          SOME/IP Version: 0x01
          Interface Version: 0x01
          Message Type: Request (0x00)
            .0.. .... = Message Type Ack Flag: False
            ..0. .... = Message Type TP Flag: False
          [error] short: someip.returncode needs 1 bytes at offset 15, 0 are there
    "#]],
    );
    check::<Someip>(
        "1234 8002 0000000a 0000 0001 01 01 22 00 0000",
        expect![[r#"
        SOME/IP Protocol, Service ID: 0x1234, Method ID: 0x8002, Length: 10
          Service ID: 0x1234
          Method ID: 0x8002
          Length: 10 bytes
          Client ID: 0x0000
          Session ID: 0x0001
          SOME/IP Version: 0x01
          Interface Version: 0x01
          Message Type: Segment of a notification (0x22)
            .0.. .... = Message Type Ack Flag: False
            ..1. .... = Message Type TP Flag: True
          Return Code: Ok (0x00)
          SOME/IP-TP: 0000
          [error] short: someip.tp.offset needs 4 bytes at offset 16, 2 are there (the end is set by someip.length)
    "#]],
    );
}

#[test]
fn another_version() {
    check::<Someip>(
        "1234 0001 00000008 0101 0001 09 01 00 00",
        expect![[r#"
        SOME/IP Protocol, Service ID: 0x1234, Method ID: 0x0001, Length: 8
          Service ID: 0x1234
          Method ID: 0x0001
          Length: 8 bytes
          Client ID: 0x0101
          Session ID: 0x0001
          SOME/IP Version: 0x09
          [warning] bad-version: version 9 is not known
          Interface Version: 0x01
          Message Type: Request (0x00)
            .0.. .... = Message Type Ack Flag: False
            ..0. .... = Message Type TP Flag: False
          Return Code: Ok (0x00)
    "#]],
    );
}

#[test]
fn a_stream() {
    check_stream::<Someip>(
        &["1234 0001 0000000a 0101 0001 01", "01 00 00 6869 1234 0002", "00000008 0101 0002 01 01 80 00"],
        expect![[r#"
            segment 1
            waits for 16 bytes
            segment 2
            SOME/IP Protocol, Service ID: 0x1234, Method ID: 0x0001, Length: 10
              Service ID: 0x1234
              Method ID: 0x0001
              Length: 10 bytes
              Client ID: 0x0101
              Session ID: 0x0001
              SOME/IP Version: 0x01
              Interface Version: 0x01
              Message Type: Request (0x00)
                .0.. .... = Message Type Ack Flag: False
                ..0. .... = Message Type TP Flag: False
              Return Code: Ok (0x00)
              Payload: 6869
            → someip.messageid [305397761]: bytes 16..18
            waits for 16 bytes
            segment 3
            SOME/IP Protocol, Service ID: 0x1234, Method ID: 0x0002, Length: 8
              Service ID: 0x1234
              Method ID: 0x0002
              Length: 8 bytes
              Client ID: 0x0101
              Session ID: 0x0002
              SOME/IP Version: 0x01
              Interface Version: 0x01
              Message Type: Response (0x80)
                .0.. .... = Message Type Ack Flag: False
                ..0. .... = Message Type TP Flag: False
              Return Code: Ok (0x00)
        "#]],
    );
    check_stream::<Someip>(
        &["4745 5420 2f20 4854 5450 2f31 2e31 0d0a"],
        expect![[r#"
        segment 1
        rejected
    "#]],
    );
}

#[test]
fn entries_and_options() {
    check::<Someipsd>(
        &format!("c0 000000 00000020 {OFFER} 00000007 06 00 00 00 1234 0001 01 000000 00 91 0005
            00000029 0009 04 00 c0000202 00 11 772d  0009 01 00 03 613d62 02 6364 00  0005 02 00 0001 0002  0003 77 00 6869"),
        expect![[r#"
            SOME/IP Service Discovery Protocol, [Offer][StopSubscribe]
              Flags: 0xc0
                1... .... = Reboot Flag: None rolled over
                .1.. .... = Unicast Flag: Supported
                ..0. .... = Explicit Initial Events Flag: Not supported
              Reserved: 0x000000
              Length of Entries Array: 32 bytes
              Entries Array
                Entry: Offer Service (0x01)
                  Type: Offer Service (0x01)
                  Index 1: 0x00
                  Index 2: 0x02
                  Number of Opts 1: 0x2
                  Number of Opts 2: 0x1
                  Options referenced: 0-1,2-2
                  Service ID: 0x1234
                  Instance ID: 0x0001
                  Major Version: 1
                  TTL: 3 s
                  Minor Version: 7
                Entry: Subscribe (0x06)
                  Type: Subscribe (0x06)
                  Index 1: 0x00
                  Index 2: 0x00
                  Number of Opts 1: 0x0
                  Number of Opts 2: 0x0
                  Options referenced: None
                  Service ID: 0x1234
                  Instance ID: 0x0001
                  Major Version: 1
                  TTL: 0 s
                  Reserved: 0x00
                  Initial Event Request: True
                  Reserved: 0x1
                  Counter: 0x1
                  Eventgroup ID: 0x0005
              Length of Options Array: 41 bytes
              Options Array
                Option: IPv4 Endpoint (4)
                  Length: 9 bytes
                  Type: IPv4 Endpoint (4)
                  Reserved: 00
                  IPv4 Address: 192.0.2.2
                  Reserved 2: 00
                  Protocol: UDP (17)
                  Port: 30509
                Option: Configuration (1)
                  Length: 9 bytes
                  Type: Configuration (1)
                  Reserved: 00
                  Configuration String: \u{3}a=b\u{2}cd\u{0}
                  Configuration String Element: a=b
                  Configuration String Element: cd
                Option: Load Balancing (2)
                  Length: 5 bytes
                  Type: Load Balancing (2)
                  Reserved: 00
                  Priority: 1
                  Weight: 2
                Option
                  Length: 3 bytes
                  Type: 119
                  Reserved: 00
                  Unknown Data: 6869
            → udp.port 30509 of [192, 0, 2, 2] is for @someip
        "#]],
    );
}

#[test]
fn discovery_that_lies() {
    check::<Someipsd>(
        &format!("c0 000000 00000011 {OFFER} 00000007 06"),
        expect![[r#"
        SOME/IP Service Discovery Protocol, [Offer]
          Flags: 0xc0
            1... .... = Reboot Flag: None rolled over
            .1.. .... = Unicast Flag: Supported
            ..0. .... = Explicit Initial Events Flag: Not supported
          Reserved: 0x000000
          Length of Entries Array: 17 bytes
          Entries Array
            Entry: Offer Service (0x01)
              Type: Offer Service (0x01)
              Index 1: 0x00
              Index 2: 0x02
              Number of Opts 1: 0x2
              Number of Opts 2: 0x1
              Options referenced: 0-1,2-2
              Service ID: 0x1234
              Instance ID: 0x0001
              Major Version: 1
              TTL: 3 s
              Minor Version: 7
            Entry: Subscribe (0x06)
              Type: Subscribe (0x06)
          [error] short: someipsd.entry.index1 needs 1 bytes at offset 25, 0 are there (the end is set by someipsd.length_entriesarray)
    "#]],
    );
    check::<Someipsd>(
        &format!("c0 000000 00000020 {OFFER} 00000007 00000000"),
        expect![[r#"
        SOME/IP Service Discovery Protocol, [Offer]
          Flags: 0xc0
            1... .... = Reboot Flag: None rolled over
            .1.. .... = Unicast Flag: Supported
            ..0. .... = Explicit Initial Events Flag: Not supported
          Reserved: 0x000000
          Length of Entries Array: 32 bytes
          Entries Array
            Entry: Offer Service (0x01)
              Type: Offer Service (0x01)
              Index 1: 0x00
              Index 2: 0x02
              Number of Opts 1: 0x2
              Number of Opts 2: 0x1
              Options referenced: 0-1,2-2
              Service ID: 0x1234
              Instance ID: 0x0001
              Major Version: 1
              TTL: 3 s
              Minor Version: 7
            Entry: Find Service (0x00)
              Type: Find Service (0x00)
              Index 1: 0x00
              Index 2: 0x00
              Number of Opts 1: 0x0
              Number of Opts 2: 0x0
              Options referenced: None
          [error] short: someipsd.entry.serviceid needs 2 bytes at offset 28, 0 are there
    "#]],
    );
    check::<Someipsd>(
        &format!("c0 000000 00000010 {OFFER} 00000007 0000000a 0000 04 0009 04 00 c000"),
        expect![[r#"
        SOME/IP Service Discovery Protocol, [Offer]
          Flags: 0xc0
            1... .... = Reboot Flag: None rolled over
            .1.. .... = Unicast Flag: Supported
            ..0. .... = Explicit Initial Events Flag: Not supported
          Reserved: 0x000000
          Length of Entries Array: 16 bytes
          Entries Array
            Entry: Offer Service (0x01)
              Type: Offer Service (0x01)
              Index 1: 0x00
              Index 2: 0x02
              Number of Opts 1: 0x2
              Number of Opts 2: 0x1
              Options referenced: 0-1,2-2
              Service ID: 0x1234
              Instance ID: 0x0001
              Major Version: 1
              TTL: 3 s
              Minor Version: 7
          Length of Options Array: 10 bytes
          Options Array
            Option: IPv4 Endpoint (4)
              Length: 0 bytes
              Type: IPv4 Endpoint (4)
          [error] short: someipsd.option.reserved needs 1 bytes at offset 31, 0 are there (the end is set by someipsd.option.length)
    "#]],
    );
    check::<Someipsd>(
        "c0 000000 00000000 00000008 0005 01 00 09 616263",
        expect![[r#"
        SOME/IP Service Discovery Protocol
          Flags: 0xc0
            1... .... = Reboot Flag: None rolled over
            .1.. .... = Unicast Flag: Supported
            ..0. .... = Explicit Initial Events Flag: Not supported
          Reserved: 0x000000
          Length of Entries Array: 0 bytes
          Entries Array
          Length of Options Array: 8 bytes
          Options Array
            Option: Configuration (1)
              Length: 5 bytes
              Type: Configuration (1)
              Reserved: 00
              Configuration String: \tabc
          [error] short: someipsd.option.config_string_element needs 9 bytes at offset 17, 3 are there (the end is set by someipsd.option.length)
    "#]],
    );
    check::<Someipsd>(
        "c0 000000 00000000 00000003 ffff 02",
        expect![[r#"
        SOME/IP Service Discovery Protocol
          Flags: 0xc0
            1... .... = Reboot Flag: None rolled over
            .1.. .... = Unicast Flag: Supported
            ..0. .... = Explicit Initial Events Flag: Not supported
          Reserved: 0x000000
          Length of Entries Array: 0 bytes
          Entries Array
          Length of Options Array: 3 bytes
          Options Array
            Option: Load Balancing (2)
              Length: 65535 bytes
              Type: Load Balancing (2)
          [error] short: someipsd.option.reserved needs 1 bytes at offset 15, 0 are there (the end is set by someipsd.length_optionsarray)
    "#]],
    );
}
