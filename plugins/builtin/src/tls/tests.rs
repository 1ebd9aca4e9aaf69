use super::*;
use prosector_sdk::declare::SettingValue;
use prosector_sdk::dissector::{Entry, Vector};
use prosector_sdk::pdu::{Sink, Slice, Want};
use prosector_sdk::testkit::{check_stream, parse_hex};
use std::collections::BTreeMap;

const CAPTURE: &[u8] = include_bytes!("../../../../tests/captures/tls/tls.pcap");
const KEYS: &str = include_str!("../../../../tests/captures/tls/keys.log");

/// The segments of the capture: port of the client, whether the server sends, bytes.
fn segments() -> Vec<(u16, bool, Vec<u8>)> {
    let (mut rest, mut segments) = (&CAPTURE[24..], Vec::new());
    while let Some((head, behind)) = rest.split_at_checked(16) {
        let len = u32::from_le_bytes(head[8..12].try_into().unwrap()) as usize;
        let (frame, behind) = behind.split_at(len);
        rest = behind;
        let ports = [34, 36].map(|at| u16::from_be_bytes([frame[at], frame[at + 1]]));
        segments.push((ports[0].max(ports[1]), ports[0] == 443, frame[54..].to_vec()));
    }
    segments
}

/// What each connection says when its records are opened with a key log, and how many diagnostics there are.
fn opened(keys: &str) -> (BTreeMap<u16, String>, usize) {
    let mut tls = Tls::default();
    let settings = Settings(vec![("keylog".into(), SettingValue::Text(keys.to_owned().into()))]);
    Dissector::configure(&mut tls, &settings).unwrap();
    let (mut pending, mut said) = (BTreeMap::<_, Vec<u8>>::new(), BTreeMap::<_, String>::new());
    let (want, mut diagnostics) = (Want::nothing(Tls::PROTOCOL.fields.len()), 0);
    for (port, reverse, bytes) in segments() {
        let buffer = pending.entry((port, reverse)).or_default();
        buffer.extend(bytes);
        while !buffer.is_empty() {
            let len = buffer.len() as u32;
            let context = 1 << 32 | if reverse { 443 << 16 | u64::from(port) } else { u64::from(port) << 16 | 443 };
            let flow = port.into();
            let slice = Slice { len, wire_len: len, stream: true, flow, reverse, context, ..Slice::default() };
            let mut sink = Sink::default();
            tls.run(Entry::Dissect, buffer, &[slice], &want, &mut sink).unwrap();
            if sink.answers[0].end > len {
                break;
            }
            diagnostics += usize::from(!sink.words.is_empty());
            for next in sink.next.iter().filter(|next| next.table == HTTP.0 || next.table == PORT.0) {
                let text = &sink.side[next.offset as usize..][..next.wire_len as usize];
                said.entry(port).or_default().push_str(&String::from_utf8_lossy(text));
            }
            buffer.drain(..sink.answers[0].end as usize);
        }
    }
    (said, diagnostics)
}

/// Ten connections of OpenSSL's: GCM, CCM, ChaCha20 and CBC up to TLS 1.2, and TLS 1.3.
#[test]
fn a_key_log_opens_connections() {
    let (said, diagnostics) = opened(KEYS);
    assert_eq!(diagnostics, 0);
    assert_eq!(said.len(), 10);
    for (port, text) in said {
        assert!(text.starts_with("GET /secret HTTP/1.1\r\n"), "{port}: {text}");
        assert!(text.ends_with("\r\n\r\nhidden"), "{port}: {text}");
    }
}

#[test]
fn a_key_log_of_others_is_told_once_a_connection() {
    let other = format!("CLIENT_RANDOM {} {}", "00".repeat(32), "00".repeat(48));
    assert_eq!(opened(&other), (BTreeMap::new(), 10));
    assert_eq!(opened(""), (BTreeMap::new(), 0), "nobody has asked for it");
}

/// A hello message of a client, in hexadecimal digits, without its record.
fn hello() -> String {
    let extensions = "0000 000e 000c 00 0009 6c6f63616c686f7374
        000a 0006 0004 0a0a 001d   000b 0002 01 00   000d 0006 0004 0403 0804
        0010 000e 000c 02 6832 08 687474702f312e31   002b 0005 04 3a3a 0304   0a0a 0000"
        .replace([' ', '\n'], "");
    let body = format!("0303 {} 00 0004 1301c02f 01 00 {:04x} {extensions}", "11".repeat(32), extensions.len() / 2,);
    let body = body.replace(' ', "");
    format!("01{:06x}{body}", body.len() / 2)
}

#[test]
fn a_client_hello() {
    let hello = hello();
    check::<Tls>(
        &format!("16 0301 {:04x} {hello}", hello.len() / 2),
        expect![[r#"
            Transport Layer Security, Client Hello (SNI=localhost)
              Record Layer: Handshake (22)
                Content Type: Handshake (22)
                Version: TLS 1.0 (0x0301)
                Length: 124
                Handshake Protocol: Client Hello (1)
                  Handshake Type: Client Hello (1)
                  Length: 120
                  Version: TLS 1.2 (0x0303)
                  Random: 1111111111111111111111111111111111111111111111111111111111111111
                  GMT Unix Time: Jan 28, 1979 00:25:53.000000000 UTC
                  Random Bytes: 11111111111111111111111111111111111111111111111111111111
                  Session ID Length: 0
                  Cipher Suites Length: 4
                  Cipher Suite: TLS_AES_128_GCM_SHA256 (0x1301)
                  Cipher Suite: TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256 (0xc02f)
                  Compression Methods Length: 1
                  Compression Method: null (0)
                  Extensions Length: 75
                  Extension: server_name (0)
                    Type: server_name (0)
                    Length: 14
                    Server Name list length: 12
                    Server Name Type: host_name (0)
                    Server Name length: 9
                    Server Name: localhost
                  Extension: supported_groups (10)
                    Type: supported_groups (10)
                    Length: 6
                    Supported Groups List Length: 4
                    Supported Group: Reserved (GREASE) (0x0a0a)
                    Supported Group: x25519 (0x001d)
                  Extension: ec_point_formats (11)
                    Type: ec_point_formats (11)
                    Length: 2
                    EC point formats Length: 1
                    EC point format: uncompressed (0)
                  Extension: signature_algorithms (13)
                    Type: signature_algorithms (13)
                    Length: 6
                    Signature Hash Algorithms Length: 4
                    Signature Algorithm: ecdsa_secp256r1_sha256 (0x0403)
                      0000 0100 .... .... = Signature Hash Algorithm Hash: SHA256 (4)
                      .... .... 0000 0011 = Signature Hash Algorithm Signature: ECDSA (3)
                    Signature Algorithm: rsa_pss_rsae_sha256 (0x0804)
                      0000 1000 .... .... = Signature Hash Algorithm Hash: 8
                      .... .... 0000 0100 = Signature Hash Algorithm Signature: SM2 (4)
                  Extension: application_layer_protocol_negotiation (16)
                    Type: application_layer_protocol_negotiation (16)
                    Length: 14
                    ALPN Extension Length: 12
                    ALPN string length: 2
                    ALPN Next Protocol: h2
                    ALPN string length: 8
                    ALPN Next Protocol: http/1.1
                  Extension: supported_versions (43)
                    Type: supported_versions (43)
                    Length: 5
                    Supported Versions length: 4
                    Supported Version: Reserved (GREASE) (0x3a3a)
                    Supported Version: TLS 1.3 (0x0304)
                  Extension: Reserved (GREASE) (2570)
                    Type: Reserved (GREASE) (2570)
                    Length: 0
                    Data: <none>
                  [JA3 Fullstring: 771,4865-49199,0-10-11-13-16-43,29,0]
                  [JA3: e857756ff458633748388d5dc1486381]
                  [JA4: t13d0206h2_c1929292aa6b_fb71836bce29]
                  [JA4_r: t13d0206h2_1301,c02f_000a,000b,000d,002b_0403,0804]
        "#]],
    );
}

#[test]
fn a_message_in_two_records_and_three_segments() {
    let hello = hello();
    let (first, second) = hello.split_at(100);
    let first = format!("16 0301 {:04x} {first}", first.len() / 2).replace(' ', "");
    let second = format!("16 0301 {:04x} {second}", second.len() / 2).replace(' ', "");
    check_stream::<Tls>(
        &[&first[..8], &(first[8..].to_owned() + &second[..20]), &(second[20..].to_owned() + "14 0303 0001 01"), "ff"],
        expect![[r#"
            segment 1
            waits for 5 bytes
            segment 2
            Transport Layer Security, Client Hello
              Record Layer: Handshake (22)
                Content Type: Handshake (22)
                Version: TLS 1.0 (0x0301)
                Length: 50
            waits for 79 bytes
            segment 3
            Transport Layer Security, Client Hello
              Record Layer: Handshake (22)
                Content Type: Handshake (22)
                Version: TLS 1.0 (0x0301)
                Length: 74
            → @tls [0]: side bytes 0..124
            Transport Layer Security, Change Cipher Spec
              Record Layer: Change Cipher Spec (20)
                Content Type: Change Cipher Spec (20)
                Version: TLS 1.2 (0x0303)
                Length: 1
                Change Cipher Spec Message
            segment 4
            rejected
        "#]],
    );
}

#[test]
fn alerts_data_and_a_heartbeat_that_bleeds() {
    check::<Tls>(
        "15 0303 0002 0228  17 0303 0003 010203  18 0302 0003 01 4000",
        expect![[r#"
            Transport Layer Security, Alert (Level: Fatal, Description: Handshake Failure), Application Data, Heartbeat Request
              Record Layer: Alert (21)
                Content Type: Alert (21)
                Version: TLS 1.2 (0x0303)
                Length: 2
                Alert Message: Fatal (2)
                  Level: Fatal (2)
                  Description: Handshake Failure (40)
              Record Layer: Application Data (23)
                Content Type: Application Data (23)
                Version: TLS 1.2 (0x0303)
                Length: 3
                Encrypted Application Data: 010203
              Record Layer: Heartbeat (24)
                Content Type: Heartbeat (24)
                Version: TLS 1.1 (0x0302)
                Length: 3
                Heartbeat Message: Request (1)
                  Type: Request (1)
                  Payload Length: 16384
                  [error] bad-length: 16384 bytes of payload, but there are 0
                  Payload: <none>
        "#]],
    );
}

#[test]
fn a_hello_of_ssl_2() {
    check::<Tls>(
        "801c 01 0002 0003 0000 0010 0700c0 00112233445566778899aabbccddeeff",
        expect![[r#"
            Transport Layer Security, Client Hello
              Record Layer: SSL 2.0 (0x0002)
                [Version: SSL 2.0 (0x0002)]
                Length: 28
                Handshake Message Type: Client Hello (1)
                Version: SSL 2.0 (0x0002)
                Cipher Spec Length: 3
                Session ID Length: 0
                Challenge Length: 16
                Cipher Spec: SSL2_DES_192_EDE3_CBC_WITH_MD5 (0x0700c0)
                Challenge: 00112233445566778899aabbccddeeff
        "#]],
    );
}

#[test]
fn lengths_that_cannot_be() {
    // The extensions are longer than the message.
    let hello = format!("01 00002d 0303 {} 00 0002 1301 01 00 00ff 0000", "22".repeat(32)).replace(' ', "");
    check::<Tls>(
        &format!("16 0301 {:04x} {hello}", hello.len() / 2),
        expect![[r#"
            Transport Layer Security, Client Hello
              Record Layer: Handshake (22)
                Content Type: Handshake (22)
                Version: TLS 1.0 (0x0301)
                Length: 49
                Handshake Protocol: Client Hello (1)
                  Handshake Type: Client Hello (1)
                  Length: 45
                  Version: TLS 1.2 (0x0303)
                  Random: 2222222222222222222222222222222222222222222222222222222222222222
                  GMT Unix Time: Feb 24, 1988 00:51:46.000000000 UTC
                  Random Bytes: 22222222222222222222222222222222222222222222222222222222
                  Session ID Length: 0
                  Cipher Suites Length: 2
                  Cipher Suite: TLS_AES_128_GCM_SHA256 (0x1301)
                  Compression Methods Length: 1
                  Compression Method: null (0)
                  Extensions Length: 255
                  Extension: server_name (0)
                    Type: server_name (0)
                  [error] bad-length: 2 more bytes are needed, 0 are left
        "#]],
    );
    check::<Tls>(
        "16 0301 0010 0100",
        expect![[r#"
            Transport Layer Security, Client Hello
              Record Layer: Handshake (22)
                Content Type: Handshake (22)
                Version: TLS 1.0 (0x0301)
                Length: 16
              [error] short: bytes needs 14 bytes at offset 7, 0 are there
        "#]],
    );
}

#[test]
fn fingerprints() {
    let bytes = parse_hex(&hello());
    let hello = hello::Hello::client(&bytes[4..], false).unwrap();
    assert_eq!(fingerprint::ja3(&hello), "771,4865-49199,0-10-11-13-16-43,29,0");
    assert_eq!(fingerprint::ja4(&hello, 't').1, "t13d0206h2_1301,c02f_000a,000b,000d,002b_0403,0804",);
}
