//! Whole messages and the trees that come of them. Single records and options are tested beside their code.

use super::variants::{Llmnr, Mdns};
use super::*;
use prosector_sdk::dissector::{Entry, Vector};
use prosector_sdk::pdu::{Sink, Slice, Want};
use prosector_sdk::testkit::{parse_hex, write_layer};

/// The tree of a message that came by one of the claims.
fn claim_tree<D: Dissector>(claim: usize, hex: &str) -> String {
    let bytes = parse_hex(hex);
    let mut want = Want::nothing(D::PROTOCOL.fields.len());
    (0..D::PROTOCOL.fields.len() as u16).for_each(|field| want.insert(field));
    want.info = true;
    let len = bytes.len() as u32;
    let slice = Slice { len, wire_len: len, claim: claim as u16, ..Slice::default() };
    let mut sink = Sink::default();
    D::default().run(Entry::Dissect, &bytes, &[slice], &want, &mut sink).expect("built-in dissectors don't fault");
    let info = &sink.side[sink.answers[0].info_start as usize..][..sink.answers[0].info_len as usize];
    let mut tree = Vec::new();
    write_layer(D::PROTOCOL, &bytes, &sink.words, &sink.side, info, &mut tree);
    String::from_utf8_lossy(&tree).into_owned()
}

const QUERY: &str = "1234 0100 0001 0000 0000 0000  04 61636d65 04 74657374 00 0001 0001";

#[test]
fn query() {
    check::<Dns>(
        QUERY,
        expect![[r#"
            Domain Name System, Standard query 0x1234 A acme.test
              Transaction ID: 0x1234
              Flags: 0x0100
                0... .... .... .... = Response: Message is a query
                .000 0... .... .... = Opcode: Standard query (0)
                .... ..0. .... .... = Truncated: Message is not truncated
                .... ...1 .... .... = Recursion desired: Do query recursively
                .... .... .0.. .... = Z: reserved (0)
                .... .... ...0 .... = Non-authenticated data: Unacceptable
              Questions: 1
              Answer RRs: 0
              Authority RRs: 0
              Additional RRs: 0
              Query: A (Host Address) (1)
                Name: acme.test
                Name Length: 9
                Label Count: 2
                Type: A (Host Address) (1)
                Class: IN (0x0001)
        "#]],
    );
}

#[test]
fn response_with_compressed_names() {
    let question = "04 61636d65 04 74657374 00 0001 0001";
    let cname = "c00c 0005 0001 0000003c 0006  03 777777 c00c";
    let address = "c027 0001 0001 0000003c 0004  c0000201";
    check::<Dns>(
        &format!("1234 85a0 0001 0002 0000 0000 {question} {cname} {address}"),
        expect![[r#"
            Domain Name System, Standard query response 0x1234 A acme.test CNAME www.acme.test A 192.0.2.1
              Transaction ID: 0x1234
              Flags: 0x85a0
                1... .... .... .... = Response: Message is a response
                .000 0... .... .... = Opcode: Standard query (0)
                .... .1.. .... .... = Authoritative: Server is an authority for domain
                .... ..0. .... .... = Truncated: Message is not truncated
                .... ...1 .... .... = Recursion desired: Do query recursively
                .... .... 1... .... = Recursion available: Server can do recursive queries
                .... .... .0.. .... = Z: reserved (0)
                .... .... ..1. .... = Answer authenticated: Answer/authority portion was authenticated by the server
                .... .... ...0 .... = Non-authenticated data: Unacceptable
                .... .... .... 0000 = Reply code: No error (0)
              [Unsolicited: True]
              Questions: 1
              Answer RRs: 2
              Authority RRs: 0
              Additional RRs: 0
              Query: A (Host Address) (1)
                Name: acme.test
                Name Length: 9
                Label Count: 2
                Type: A (Host Address) (1)
                Class: IN (0x0001)
              Answer: CNAME (Canonical NAME for an alias) (5)
                Name: acme.test
                Type: CNAME (Canonical NAME for an alias) (5)
                Class: IN (0x0001)
                Time to live: 60 s
                Data length: 6
                CNAME: www.acme.test
              Answer: A (Host Address) (1)
                Name: www.acme.test
                Type: A (Host Address) (1)
                Class: IN (0x0001)
                Time to live: 60 s
                Data length: 4
                Address: 192.0.2.1
        "#]],
    );
}

#[test]
fn no_such_name() {
    let soa = "c00c 0006 0001 00000e10 001d  01 6d c00c 02 686d c00c  00000001 00001c20 00000e10 00093a80 00000e10";
    check::<Dns>(
        &format!("1234 8183 0001 0000 0001 0000  04 61636d65 04 74657374 00 001c 0001 {soa}"),
        expect![[r#"
            Domain Name System, Standard query response 0x1234 No such name AAAA acme.test SOA m.acme.test
              Transaction ID: 0x1234
              Flags: 0x8183
                1... .... .... .... = Response: Message is a response
                .000 0... .... .... = Opcode: Standard query (0)
                .... .0.. .... .... = Authoritative: Server is not an authority for domain
                .... ..0. .... .... = Truncated: Message is not truncated
                .... ...1 .... .... = Recursion desired: Do query recursively
                .... .... 1... .... = Recursion available: Server can do recursive queries
                .... .... .0.. .... = Z: reserved (0)
                .... .... ..0. .... = Answer authenticated: Answer/authority portion was not authenticated by the server
                .... .... ...0 .... = Non-authenticated data: Unacceptable
                .... .... .... 0011 = Reply code: No such name (3)
              [Unsolicited: True]
              Questions: 1
              Answer RRs: 0
              Authority RRs: 1
              Additional RRs: 0
              Query: AAAA (IPv6 Address) (28)
                Name: acme.test
                Name Length: 9
                Label Count: 2
                Type: AAAA (IPv6 Address) (28)
                Class: IN (0x0001)
              Authoritative nameserver: SOA (Start Of a zone of Authority) (6)
                Name: acme.test
                Type: SOA (Start Of a zone of Authority) (6)
                Class: IN (0x0001)
                Time to live: 3600 s
                Data length: 29
                Primary name server: m.acme.test
                Responsible authority's mailbox: hm.acme.test
                Serial Number: 1
                Refresh Interval: 7200 s
                Retry Interval: 3600 s
                Expire limit: 604800 s
                Minimum TTL: 3600 s
        "#]],
    );
}

#[test]
fn service_record_has_a_name_in_three_parts() {
    let owner = "04 5f736970 04 5f756470 04 61636d65 04 74657374 00";
    let service = format!("{owner} 0021 0001 0000003c 000c  000a 0014 13c4 03 736970 c016");
    check::<Dns>(
        &format!("1234 8400 0000 0001 0000 0000 {service}"),
        expect![[r#"
            Domain Name System, Standard query response 0x1234 SRV 10 20 5060 sip.acme.test
              Transaction ID: 0x1234
              Flags: 0x8400
                1... .... .... .... = Response: Message is a response
                .000 0... .... .... = Opcode: Standard query (0)
                .... .1.. .... .... = Authoritative: Server is an authority for domain
                .... ..0. .... .... = Truncated: Message is not truncated
                .... ...0 .... .... = Recursion desired: Don't do query recursively
                .... .... 0... .... = Recursion available: Server can't do recursive queries
                .... .... .0.. .... = Z: reserved (0)
                .... .... ..0. .... = Answer authenticated: Answer/authority portion was not authenticated by the server
                .... .... ...0 .... = Non-authenticated data: Unacceptable
                .... .... .... 0000 = Reply code: No error (0)
              [Unsolicited: True]
              Questions: 0
              Answer RRs: 1
              Authority RRs: 0
              Additional RRs: 0
              Answer: SRV (Server Selection) (33)
                Service: _sip
                Protocol: _udp
                Name: acme.test
                Type: SRV (Server Selection) (33)
                Class: IN (0x0001)
                Time to live: 60 s
                Data length: 12
                Priority: 10
                Weight: 20
                Port: 5060
                Target: sip.acme.test
        "#]],
    );
}

#[test]
fn update() {
    let delete = "03 6f6c64 c00c 0001 00ff 00000000 0000";
    let add = "03 6e6577 c00c 0001 0001 0000003c 0004  c0000202";
    check::<Dns>(
        &format!("1234 2800 0001 0000 0002 0000  04 61636d65 04 74657374 00 0006 0001 {delete} {add}"),
        expect![[r#"
            Domain Name System, Dynamic update 0x1234 SOA acme.test A A 192.0.2.2
              Transaction ID: 0x1234
              Flags: 0x2800
                0... .... .... .... = Response: Message is a query
                .010 1... .... .... = Opcode: Dynamic update (5)
                .... ..0. .... .... = Truncated: Message is not truncated
                .... ...0 .... .... = Recursion desired: Don't do query recursively
                .... .... .0.. .... = Z: reserved (0)
                .... .... ...0 .... = Non-authenticated data: Unacceptable
              Zones: 1
              Prerequisites: 0
              Updates: 2
              Additional RRs: 0
              Zone: SOA (Start Of a zone of Authority) (6)
                Name: acme.test
                Name Length: 9
                Label Count: 2
                Type: SOA (Start Of a zone of Authority) (6)
                Class: IN (0x0001)
              Update: A (Host Address) (1)
                Name: old.acme.test
                Type: A (Host Address) (1)
                Class: ANY (0x00ff)
                Time to live: 0 s
                Data length: 0
              Update: A (Host Address) (1)
                Name: new.acme.test
                Type: A (Host Address) (1)
                Class: IN (0x0001)
                Time to live: 60 s
                Data length: 4
                Address: 192.0.2.2
        "#]],
    );
}

#[test]
fn multicast() {
    let question = "04 61636d65 05 6c6f63616c 00 001c 8001";
    let known = "c00c 0001 8001 00000078 0004  c0000203";
    let edns = "00 0029 85a0 00001194 0000";
    expect![[r#"
        Multicast Domain Name System, Standard query 0x0000 AAAA acme.local, "QU" question A, cache flush 192.0.2.3 OPT, cache flush
          Transaction ID: 0x0000
          Flags: 0x0000
            0... .... .... .... = Response: Message is a query
            .000 0... .... .... = Opcode: Standard query (0)
            .... ..0. .... .... = Truncated: Message is not truncated
            .... ...0 .... .... = Recursion desired: Don't do query recursively
            .... .... .0.. .... = Z: reserved (0)
            .... .... ...0 .... = Non-authenticated data: Unacceptable
          Questions: 1
          Answer RRs: 1
          Authority RRs: 0
          Additional RRs: 1
          Query: AAAA (IPv6 Address) (28)
            Name: acme.local
            Name Length: 10
            Label Count: 2
            Type: AAAA (IPv6 Address) (28)
            Class: IN (0x0001)
            "QU" question: True
          Answer: A (Host Address) (1)
            Name: acme.local
            Type: A (Host Address) (1)
            Class: IN (0x0001)
            Cache flush: True
            Time to live: 120 s
            Data length: 4
            Address: 192.0.2.3
          Additional record: OPT (41)
            Name: <Root>
            Type: OPT (41)
            UDP payload size: 0x05a0
            Cache flush: True
            Higher bits in extended RCODE: 0x00
            EDNS0 version: 0
            Z: 0x1194
              0... .... .... .... = DO bit: Cannot handle DNSSEC security RRs
              .001 0001 1001 0100 = Reserved: 0x1194
            Data length: 0
    "#]]
        .assert_eq(&claim_tree::<Mdns>(0, &format!("0000 0000 0001 0001 0000 0001 {question} {known} {edns}")));
}

#[test]
fn link_local() {
    let question = "04 61636d65 00 0001 0001";
    expect![[r#"
        Link-local Multicast Name Resolution, Standard query response 0x0007 A acme
          Transaction ID: 0x0007
          Flags: 0x8500
            1... .... .... .... = Response: Message is a response
            .000 0... .... .... = Opcode: Standard query (0)
            .... .1.. .... .... = Conflict: The name is not considered unique
            .... ..0. .... .... = Truncated: Message is not truncated
            .... ...1 .... .... = Tentative: Tentative
            .... .... .... 0000 = Reply code: No error (0)
          [Unsolicited: True]
          Questions: 1
          Answer RRs: 0
          Authority RRs: 0
          Additional RRs: 0
          Query: A (Host Address) (1)
            Name: acme
            Name Length: 4
            Label Count: 1
            Type: A (Host Address) (1)
            Class: IN (0x0001)
    "#]]
    .assert_eq(&claim_tree::<Llmnr>(0, &format!("0007 8500 0001 0000 0000 0000 {question}")));
}

#[test]
fn a_message_that_is_shorter_than_its_header() {
    expect![[r#"
        Domain Name System, Standard query 0x1234
          Length: 5
          Transaction ID: 0x1234
          Flags: 0x0100
            0... .... .... .... = Response: Message is a query
            .000 0... .... .... = Opcode: Standard query (0)
            .... ..0. .... .... = Truncated: Message is not truncated
            .... ...1 .... .... = Recursion desired: Do query recursively
            .... .... .0.. .... = Z: reserved (0)
            .... .... ...0 .... = Non-authenticated data: Unacceptable
          [error] short: dns.count.queries needs 2 bytes at offset 6, 1 are there
    "#]]
    .assert_eq(&claim_tree::<Dns>(claim::TCP, "0005 1234 0100 00"));
}

#[test]
fn cut_short() {
    check::<Dns>(
        "1234 0100 0001 0000 0000 0000  04 61636d65 04 7465",
        expect![[r#"
        Domain Name System, Standard query 0x1234
          Transaction ID: 0x1234
          Flags: 0x0100
            0... .... .... .... = Response: Message is a query
            .000 0... .... .... = Opcode: Standard query (0)
            .... ..0. .... .... = Truncated: Message is not truncated
            .... ...1 .... .... = Recursion desired: Do query recursively
            .... .... .0.. .... = Z: reserved (0)
            .... .... ...0 .... = Non-authenticated data: Unacceptable
          Questions: 1
          Answer RRs: 0
          Authority RRs: 0
          Additional RRs: 0
          Query
          [error] short: dns.qry.name needs 10 bytes at offset 12, 8 are there
    "#]],
    );
}

#[test]
fn a_record_longer_than_the_message() {
    check::<Dns>(
        "1234 8180 0000 0001 0000 0000  00 0010 0001 0000003c 0010  03 616263",
        expect![[r#"
            Domain Name System, Standard query response 0x1234 TXT
              Transaction ID: 0x1234
              Flags: 0x8180
                1... .... .... .... = Response: Message is a response
                .000 0... .... .... = Opcode: Standard query (0)
                .... .0.. .... .... = Authoritative: Server is not an authority for domain
                .... ..0. .... .... = Truncated: Message is not truncated
                .... ...1 .... .... = Recursion desired: Do query recursively
                .... .... 1... .... = Recursion available: Server can do recursive queries
                .... .... .0.. .... = Z: reserved (0)
                .... .... ..0. .... = Answer authenticated: Answer/authority portion was not authenticated by the server
                .... .... ...0 .... = Non-authenticated data: Unacceptable
                .... .... .... 0000 = Reply code: No error (0)
              [Unsolicited: True]
              Questions: 0
              Answer RRs: 1
              Authority RRs: 0
              Additional RRs: 0
              Answer: TXT (Text strings) (16)
                Name: <Root>
                Type: TXT (Text strings) (16)
                Class: IN (0x0001)
                Time to live: 60 s
                Data length: 16
                TXT Length: 3
                TXT: abc
              [error] short: bytes needs 12 bytes at offset 27, 0 are there
        "#]],
    );
}

#[test]
fn a_bad_record_does_not_hide_the_next() {
    let short = "00 0001 0001 0000003c 0003  c00002";
    let good = "00 0001 0001 0000003c 0004  c0000204";
    check::<Dns>(
        &format!("1234 8180 0000 0002 0000 0000 {short} {good}"),
        expect![[r#"
            Domain Name System, Standard query response 0x1234 A A 192.0.2.4
              Transaction ID: 0x1234
              Flags: 0x8180
                1... .... .... .... = Response: Message is a response
                .000 0... .... .... = Opcode: Standard query (0)
                .... .0.. .... .... = Authoritative: Server is not an authority for domain
                .... ..0. .... .... = Truncated: Message is not truncated
                .... ...1 .... .... = Recursion desired: Do query recursively
                .... .... 1... .... = Recursion available: Server can do recursive queries
                .... .... .0.. .... = Z: reserved (0)
                .... .... ..0. .... = Answer authenticated: Answer/authority portion was not authenticated by the server
                .... .... ...0 .... = Non-authenticated data: Unacceptable
                .... .... .... 0000 = Reply code: No error (0)
              [Unsolicited: True]
              Questions: 0
              Answer RRs: 2
              Authority RRs: 0
              Additional RRs: 0
              Answer: A (Host Address) (1)
                Name: <Root>
                Type: A (Host Address) (1)
                Class: IN (0x0001)
                Time to live: 60 s
                Data length: 3
                [error] bad-length: dns.a needs 4 bytes, 3 are left
              Answer: A (Host Address) (1)
                Name: <Root>
                Type: A (Host Address) (1)
                Class: IN (0x0001)
                Time to live: 60 s
                Data length: 4
                Address: 192.0.2.4
        "#]],
    );
}

#[test]
fn bad_names() {
    let tail = "0001 0001";
    let names = format!("c00c {tail} c100 {tail} 41 {tail}");
    check::<Dns>(
        &format!("1234 0100 0003 0000 0000 0000 {names}"),
        expect![[r#"
            Domain Name System, Standard query 0x1234 A <Name contains a pointer that loops>
              Transaction ID: 0x1234
              Flags: 0x0100
                0... .... .... .... = Response: Message is a query
                .000 0... .... .... = Opcode: Standard query (0)
                .... ..0. .... .... = Truncated: Message is not truncated
                .... ...1 .... .... = Recursion desired: Do query recursively
                .... .... .0.. .... = Z: reserved (0)
                .... .... ...0 .... = Non-authenticated data: Unacceptable
              Questions: 3
              Answer RRs: 0
              Authority RRs: 0
              Additional RRs: 0
              Query: A (Host Address) (1)
                [error] pointer-loop: the pointers of this name lead in a circle
                Name: <Name contains a pointer that loops>
                Name Length: 36
                Label Count: 1
                Type: A (Host Address) (1)
                Class: IN (0x0001)
              Query: A (Host Address) (1)
                [error] bad-pointer: a pointer of this name leads out of the message
                Type: A (Host Address) (1)
                Class: IN (0x0001)
              Query
                [error] bad-label: this name has a label of a kind that is no longer used
              [error] short: dns.qry.type needs 2 bytes at offset 29, 0 are there
        "#]],
    );
}

#[test]
fn bytes_behind_the_message() {
    check::<Dns>(
        &format!("{QUERY} 00000000"),
        expect![[r#"
            Domain Name System, Standard query 0x1234 A acme.test
              Transaction ID: 0x1234
              Flags: 0x0100
                0... .... .... .... = Response: Message is a query
                .000 0... .... .... = Opcode: Standard query (0)
                .... ..0. .... .... = Truncated: Message is not truncated
                .... ...1 .... .... = Recursion desired: Do query recursively
                .... .... .0.. .... = Z: reserved (0)
                .... .... ...0 .... = Non-authenticated data: Unacceptable
              Questions: 1
              Answer RRs: 0
              Authority RRs: 0
              Additional RRs: 0
              Query: A (Host Address) (1)
                Name: acme.test
                Name Length: 9
                Label Count: 2
                Type: A (Host Address) (1)
                Class: IN (0x0001)
              [Extraneous Data Length: 4]
              Extraneous Data Bytes: 00000000
        "#]],
    );
}
