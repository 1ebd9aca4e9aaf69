//! WebSocket (RFC 6455): frames of text, bytes or control behind an HTTP upgrade. What the client sends is masked.

use crate::media;
use prosector_sdk::prelude::*;

/// The dissector.
#[derive(Default)]
pub struct Websocket;

protocol! {
    /// WebSocket (RFC 6455).
    Websocket = websocket "WebSocket", "WebSocket" {
        fin: bool(u8) & 0x80                "Fin",
        rsv: u8 hex & 0x70                  "Reserved",
        opcode: u8 & 0x0f                   "Opcode" = {
            0 "Continuation", 1 "Text", 2 "Binary", 8 "Connection Close", 9 "Ping", 10 "Pong",
        },
        mask: bool(u8) & 0x80               "Mask",
        payload_length: u8 & 0x7f           "Payload length",
        payload_length_ext_16: u16          "Extended Payload length (16 bits)",
        payload_length_ext_64: u64          "Extended Payload length (64 bits)",
        masking_key: bytes[4]               "Masking-Key",
        payload.close.status_code: computed u16 "Status code" = {
            1000 "Normal Closure", 1001 "Going Away", 1002 "Protocol error", 1003 "Unsupported Data",
            1004 "---Reserved----", 1005 "No Status Rcvd", 1006 "Abnormal Closure", 1007 "Invalid frame payload data",
            1008 "Policy Violation", 1009 "Message Too Big", 1010 "Mandatory Ext.", 1011 "Internal Server",
            1015 "TLS handshake",
        },
        payload.close.reason: computed str  "Reason",
        payload.ping: computed bytes        "Ping",
        payload.pong: computed bytes        "Pong",
    }
    tables { MEDIA_TYPE: "media_type", DATA: "@data" }
}

const CONTINUATION: u8 = 0;
const TEXT: u8 = 1;
const BINARY: u8 = 2;
const CLOSE: u8 = 8;
const PING: u8 = 9;
const PONG: u8 = 10;

impl Dissector for Websocket {
    fn dissect(&mut self, pdu: &mut Pdu<'_>) -> Step {
        pdu.show(FIN)?;
        let is_packed = pdu.show(RSV)? & 4 != 0;
        let opcode = pdu.take(OPCODE)?;
        let is_masked = pdu.show(MASK)?;
        let len = match pdu.take(PAYLOAD_LENGTH)? {
            126 => pdu.take(PAYLOAD_LENGTH_EXT_16)?.into(),
            127 => pdu.take(PAYLOAD_LENGTH_EXT_64)?,
            len => len.into(),
        };
        let key = if is_masked { pdu.take(MASKING_KEY)? } else { [0; 4] };
        let len = len.min(u32::MAX.into()) as usize;
        pdu.info(format_args!("WebSocket {}", Self::name(OPCODE, opcode)));
        let start = pdu.position();
        pdu.wait_for(start.saturating_add(len))?;
        pdu.set_len(PAYLOAD_LENGTH, start.saturating_add(len));
        if pdu.remaining() == 0 {
            return Ok(());
        }
        let range = start..start + pdu.remaining();
        let payload: Vec<u8> = pdu.rest().iter().zip(key.iter().cycle()).map(|(byte, mask)| byte ^ mask).collect();
        match opcode {
            CLOSE => {
                let (code, reason) = payload.split_at(payload.len().min(2));
                if let Ok(code) = <[u8; 2]>::try_from(code) {
                    pdu.computed(PAYLOAD_CLOSE_STATUS_CODE, range.start..range.start + 2, u16::from_be_bytes(code));
                    if !reason.is_empty() {
                        pdu.computed_bytes(PAYLOAD_CLOSE_REASON, range.start + 2..range.end, reason);
                    }
                }
            }
            PING => pdu.computed_bytes(PAYLOAD_PING, range, &payload),
            PONG => pdu.computed_bytes(PAYLOAD_PONG, range, &payload),
            // Packed with permessage-deflate (RFC 7692), it is no text.
            TEXT if !is_packed => {
                pdu.hand_on_bytes(MEDIA_TYPE, media::key(b"text/plain"), &payload);
            }
            CONTINUATION | TEXT | BINARY => {
                pdu.hand_on_bytes(DATA, 0u64, &payload);
            }
            _ => {}
        }
        Ok(())
    }
}

builtin!(Websocket);

#[test]
fn masked_text_and_a_close() {
    check_stream::<Websocket>(
        &["8185 01020304 696e6f68", "6e 8802 03e8"],
        expect![[r#"
            segment 1
            waits for 11 bytes
            segment 2
            WebSocket, WebSocket Text
              Fin: True
              Reserved: 0x0
              Opcode: Text (1)
              Mask: True
              Payload length: 5
              Masking-Key: 01020304
            → media_type [2234085431400891109]: side bytes 14..19
            WebSocket, WebSocket Connection Close
              Fin: True
              Reserved: 0x0
              Opcode: Connection Close (8)
              Mask: False
              Payload length: 2
              Status code: Normal Closure (1000)
        "#]],
    );
}

#[test]
fn a_length_that_cannot_be() {
    check::<Websocket>(
        "827f ffffffffffffffff 00",
        expect![[r#"
            WebSocket, WebSocket Binary
              Fin: True
              Reserved: 0x0
              Opcode: Binary (2)
              Mask: False
              Payload length: 127
              Extended Payload length (64 bits): 18446744073709551615
            → @data [0]: side bytes 16..17
        "#]],
    );
}
