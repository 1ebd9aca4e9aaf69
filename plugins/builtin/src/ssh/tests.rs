use super::Ssh;
use prosector_sdk::prelude::*;
use prosector_sdk::testkit::check_stream;

/// A packet with `payload`, filled up to eight bytes.
fn packet(payload: &[u8]) -> String {
    let padding = 4 + (8 - (payload.len() + 9) % 8) % 8;
    let mut bytes = ((1 + payload.len() + padding) as u32).to_be_bytes().to_vec();
    bytes.push(padding as u8);
    bytes.extend_from_slice(payload);
    bytes.resize(bytes.len() + padding, 0);
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn text(line: &str) -> String {
    line.bytes().map(|byte| format!("{byte:02x}")).collect()
}

fn init(method: &str) -> String {
    let mut payload = vec![20];
    payload.extend_from_slice(&[7; 16]);
    for list in
        [method, "ssh-ed25519", "aes128-ctr", "aes256-ctr", "hmac-sha2-256", "hmac-sha1", "none", "zlib", "", ""]
    {
        payload.extend_from_slice(&(list.len() as u32).to_be_bytes());
        payload.extend_from_slice(list.as_bytes());
    }
    payload.extend_from_slice(&[0; 5]);
    packet(&payload)
}

#[test]
fn a_key_exchange() {
    let hello = text("SSH-2.0-here\r\n") + &init("curve25519-sha256")[..20];
    let key = packet(&[&[30, 0, 0, 0, 4][..], b"abcd"].concat()) + &packet(&[21]) + "0102030405";
    check_stream::<Ssh>(
        &[
            &hello,
            &init("curve25519-sha256")[20..],
            &("<".to_owned()
                + &text("you are welcome\r\nSSH-2.0-there\n")
                + &init("ecdh-sha2-nistp256,curve25519-sha256")),
            &key,
            "060708",
        ],
        expect![[r#"
            segment 1
            SSH Protocol, Client: Protocol (SSH-2.0-here)
              Protocol: SSH-2.0-here
              [Direction: client-to-server]
            waits for 152 bytes
            segment 2
            SSH Protocol, Client: Key Exchange Init
              Packet: Key Exchange Init (20)
                Packet Length: 148
                Padding Length: 7
                Message Code: Key Exchange Init (20)
                Cookie: 07070707070707070707070707070707
                kex_algorithms length: 17
                kex_algorithms string: curve25519-sha256
                server_host_key_algorithms length: 11
                server_host_key_algorithms string: ssh-ed25519
                encryption_algorithms_client_to_server length: 10
                encryption_algorithms_client_to_server string: aes128-ctr
                encryption_algorithms_server_to_client length: 10
                encryption_algorithms_server_to_client string: aes256-ctr
                mac_algorithms_client_to_server length: 13
                mac_algorithms_client_to_server string: hmac-sha2-256
                mac_algorithms_server_to_client length: 9
                mac_algorithms_server_to_client string: hmac-sha1
                compression_algorithms_client_to_server length: 4
                compression_algorithms_client_to_server string: none
                compression_algorithms_server_to_client length: 4
                compression_algorithms_server_to_client string: zlib
                languages_client_to_server length: 0
                languages_server_to_client length: 0
                First KEX Packet Follows: 0
                Reserved: 00000000
                [hasshAlgorithms: curve25519-sha256;aes128-ctr;hmac-sha2-256;none]
                [hassh: e97d07603350d1111ec2b64bf25413c9]
                Padding String: 00000000000000
                [Sequence number: 0]
              [Direction: client-to-server]
            segment 3
            SSH Protocol, Server: you are welcome
              Banner: you are welcome
            SSH Protocol, Server: Key Exchange Init
              Protocol: SSH-2.0-there
              Packet: Key Exchange Init (20)
                Packet Length: 164
                Padding Length: 4
                Message Code: Key Exchange Init (20)
                Cookie: 07070707070707070707070707070707
                kex_algorithms length: 36
                kex_algorithms string: ecdh-sha2-nistp256,curve25519-sha256
                server_host_key_algorithms length: 11
                server_host_key_algorithms string: ssh-ed25519
                encryption_algorithms_client_to_server length: 10
                encryption_algorithms_client_to_server string: aes128-ctr
                encryption_algorithms_server_to_client length: 10
                encryption_algorithms_server_to_client string: aes256-ctr
                mac_algorithms_client_to_server length: 13
                mac_algorithms_client_to_server string: hmac-sha2-256
                mac_algorithms_server_to_client length: 9
                mac_algorithms_server_to_client string: hmac-sha1
                compression_algorithms_client_to_server length: 4
                compression_algorithms_client_to_server string: none
                compression_algorithms_server_to_client length: 4
                compression_algorithms_server_to_client string: zlib
                languages_client_to_server length: 0
                languages_server_to_client length: 0
                First KEX Packet Follows: 0
                Reserved: 00000000
                [hasshServerAlgorithms: ecdh-sha2-nistp256,curve25519-sha256;aes256-ctr;hmac-sha1;zlib]
                [hasshServer: c01e429c16dc89fc920b49872e2d9252]
                Padding String: 00000000
                [Sequence number: 0]
              [Direction: server-to-client]
            segment 4
            SSH Protocol, Client: Elliptic Curve Diffie-Hellman Key Exchange Init
              Packet: Key Exchange Init (30)
                Packet Length: 20
                Padding Length: 10
                Message Code: Key Exchange Init (30)
                ECDH client's ephemeral public key length: 4
                ECDH client's ephemeral public key (Q_C): 61626364
                Padding String: 00000000000000000000
                [Sequence number: 1]
              Packet: New Keys (21)
                Packet Length: 12
                Padding Length: 10
                Message Code: New Keys (21)
                Padding String: 00000000000000000000
                [Sequence number: 2]
              Packet Length (encrypted): 01020304
              Encrypted Packet: 05
              [Direction: client-to-server]
            segment 5
            SSH Protocol, Client: Encrypted packet (len=3)
              Encrypted Packet: 060708
              [Direction: client-to-server]
        "#]],
    );
}

#[test]
fn lengths_that_cannot_be() {
    check_stream::<Ssh>(
        &[
            &text("SSH-2.0-here\n"),
            "7fffffff 00",
            &("<".to_owned() + &text("SSH-1.5-there\n")),
            "<00000005 000000 02 01020304|",
        ],
        expect![[r#"
            segment 1
            SSH Protocol, Client: Protocol (SSH-2.0-here)
              Protocol: SSH-2.0-here
              [Direction: client-to-server]
            segment 2
            SSH Protocol, Client: Encrypted packet (len=5)
              [error] bad-length: 2147483647 bytes are too many
              Packet Length (encrypted): 7fffffff
              Encrypted Packet: 00
              [Direction: client-to-server]
            segment 3
            SSH Protocol, Server: Protocol (SSH-1.5-there)
              Protocol: SSH-1.5-there
              [Direction: server-to-client]
            segment 4
            SSH Protocol, Server: Public Key
              Packet: Public Key (2)
                Packet Length: 5
                Padding Length: 3
                Message Code: Public Key (2)
                Payload: 01020304
              [Direction: server-to-client]
        "#]],
    );
}
