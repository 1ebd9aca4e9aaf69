//! AYIYA, Anything In Anything: tunnels through NAT (draft-massar-v6ops-ayiya-02, section 3).

use crate::ip_protocols::IP_PROTOCOLS;
use prosector_sdk::prelude::*;

/// The dissector.
#[derive(Default)]
pub struct Ayiya;

protocol! {
    /// Anything in anything.
    Ayiya = ayiya "AYIYA", "Anything in Anything Protocol" {
        /// The exponent of two of the length in bytes.
        idlen: u8 hex & 0xf0        "Identity field length",
        idtype: u8 hex & 0x0f       "Identity field type" = { 0 "None", 1 "Integer", 2 "ASCII string" },
        siglen: u8 hex & 0xf0       "Signature Length" unit "× 4 bytes",
        hashmethod: u8 hex & 0x0f   "Hash method" = { 0 "No hash", 1 "MD5", 2 "SHA1" },
        authmethod: u8 hex & 0xf0   "Authentication method" = {
            0 "No authentication", 1 "Hash using a Shared Secret", 2 "Hash using a public/private key method",
        },
        opcode: u8 hex & 0x0f       "Operation Code" = {
            0 "No Operation / Heartbeat", 1 "Forward", 2 "Echo Request", 3 "Echo Request and Forward",
            4 "Echo Response", 5 "MOTD", 6 "Query Request", 7 "Query Response",
        },
        nextheader: u8 hex          "Next Header" = IP_PROTOCOLS,
        epoch: time_s               "Epoch",
        identity: bytes             "Identity",
        signature: bytes            "Signature",
    }
    claims { udp.port = 5072 }
    tables { PROTO: "ip.proto" }
}

const FORWARD: u8 = 1;
const ECHO_REQUEST_AND_FORWARD: u8 = 3;

impl Dissector for Ayiya {
    fn dissect(&mut self, pdu: &mut Pdu<'_>) -> Step {
        let id_len = 1 << pdu.show(IDLEN)?;
        pdu.take(IDTYPE)?;
        let signature_len = 4 * usize::from(pdu.show(SIGLEN)?);
        pdu.take(HASHMETHOD)?;
        pdu.show(AUTHMETHOD)?;
        let opcode = pdu.take(OPCODE)?;
        let next = pdu.take(NEXTHEADER)?;
        pdu.info(format_args!("{}", Self::name(OPCODE, opcode)));
        pdu.take(EPOCH)?;
        pdu.take_bytes(IDENTITY, id_len)?;
        pdu.take_bytes(SIGNATURE, signature_len)?;
        if matches!(opcode, FORWARD | ECHO_REQUEST_AND_FORWARD) {
            pdu.hand_on(PROTO, next);
        }
        Ok(())
    }
}

builtin!(Ayiya);

#[test]
fn a_packet() {
    check::<Ayiya>(
        "21 11 11 29 00000001 20010db8 01020304 60",
        expect![[r#"
            Anything in Anything Protocol, Forward
              Identity field length: 0x2
              Identity field type: Integer (0x1)
              Signature Length: 0x1 × 4 bytes
              Hash method: MD5 (0x1)
              Authentication method: Hash using a Shared Secret (0x1)
              Operation Code: Forward (0x1)
              Next Header: IPv6 (0x29)
              Epoch: Jan  1, 1970 00:00:01.000000000 UTC
              Identity: 20010db8
              Signature: 01020304
            → ip.proto [41]: bytes 16..17
        "#]],
    );
    check::<Ayiya>(
        "41 52 11 29 00000001 2001",
        expect![[r#"
            Anything in Anything Protocol, Forward
              Identity field length: 0x4
              Identity field type: Integer (0x1)
              Signature Length: 0x5 × 4 bytes
              Hash method: SHA1 (0x2)
              Authentication method: Hash using a Shared Secret (0x1)
              Operation Code: Forward (0x1)
              Next Header: IPv6 (0x29)
              Epoch: Jan  1, 1970 00:00:01.000000000 UTC
              [error] short: ayiya.identity needs 16 bytes at offset 8, 2 are there
        "#]],
    );
}
