//! The frames that Initial packets may have (RFC 9000, section 12.4). They were encrypted, so nothing of them is in the
//! packet's bytes.

use super::*;
use std::fmt;

/// Reads the number at the reader and records it.
fn number(pdu: &mut Pdu<'_>, reader: &mut Reader<'_>, field: Handle<ComputedWord>) -> Option<u64> {
    let value = reader.varint()?;
    let at = pdu.position();
    pdu.computed(field, at..at, value);
    Some(value)
}

/// Records the frames, and hands on what is in CRYPTO frames, each with its offset.
pub(super) fn read<'a>(pdu: &mut Pdu<'a>, content: &[u8], mut crypto: impl FnMut(&mut Pdu<'a>, u64, &[u8])) {
    let mut reader = Reader(content);
    while !reader.0.is_empty() {
        let mut is_good = false;
        let _ = pdu.group(FRAME, |pdu| {
            is_good = frame(pdu, &mut reader, &mut crypto).is_some();
            Ok(())
        });
        if !is_good {
            let at = pdu.position();
            pdu.diagnostic(
                Severity::Error,
                "bad-frame",
                at..at,
                format_args!("a frame is cut short, or of a kind that is not allowed here"),
            );
            return;
        }
    }
}

fn frame<'a>(
    pdu: &mut Pdu<'a>,
    reader: &mut Reader<'_>,
    crypto: &mut impl FnMut(&mut Pdu<'a>, u64, &[u8]),
) -> Option<()> {
    let at = pdu.position();
    match number(pdu, reader, FRAME_TYPE)? {
        0 => {
            let more = reader.0.iter().take_while(|&&byte| byte == 0).count();
            reader.bytes(more)?;
            pdu.computed(PADDING_LENGTH, at..at, 1 + more);
        }
        1 => {}
        kind @ (2 | 3) => {
            number(pdu, reader, ACK_LARGEST_ACKNOWLEDGED)?;
            number(pdu, reader, ACK_ACK_DELAY)?;
            let ranges = number(pdu, reader, ACK_ACK_RANGE_COUNT)?;
            number(pdu, reader, ACK_FIRST_ACK_RANGE)?;
            // Each takes two bytes, so the content ends them.
            for _ in 0..ranges {
                number(pdu, reader, ACK_GAP)?;
                number(pdu, reader, ACK_ACK_RANGE)?;
            }
            if kind == 3 {
                number(pdu, reader, ACK_ECT0_COUNT)?;
                number(pdu, reader, ACK_ECT1_COUNT)?;
                number(pdu, reader, ACK_ECN_CE_COUNT)?;
            }
        }
        6 => {
            let offset = number(pdu, reader, CRYPTO_OFFSET)?;
            let len = number(pdu, reader, CRYPTO_LENGTH)?;
            let data = reader.bytes(len as usize)?;
            crypto(pdu, offset, data);
        }
        kind @ (0x1c | 0x1d) => {
            let code = number(pdu, reader, if kind == 0x1c { CC_ERROR_CODE } else { CC_ERROR_CODE_APP })?;
            if kind == 0x1c {
                if (0x100..0x200).contains(&code) {
                    pdu.computed(CC_ERROR_CODE_TLS_ALERT, at..at, code & 0xff);
                }
                number(pdu, reader, CC_FRAME_TYPE)?;
            }
            let len = number(pdu, reader, CC_REASON_PHRASE_LENGTH)?;
            let reason = reader.bytes(len as usize)?;
            if !reason.is_empty() {
                pdu.computed_bytes(CC_REASON_PHRASE, at..at, reason);
            }
        }
        _ => return None,
    }
    Some(())
}

/// The names of frames, for the info line.
pub(super) struct Names<'a>(pub &'a [u8]);

impl fmt::Display for Names<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        const MAX: usize = 32;
        let (mut reader, mut first) = (Reader(self.0), true);
        for _ in 0..MAX {
            let Some(kind) = reader.varint() else { break };
            write!(f, "{}{}", if first { "" } else { ", " }, Quic::name(FRAME_TYPE, kind))?;
            first = false;
            let numbers = match kind {
                0 => {
                    let more = reader.0.iter().take_while(|&&byte| byte == 0).count();
                    reader.bytes(more);
                    0
                }
                2 | 3 => {
                    let ranges = (reader.varint(), reader.varint(), reader.varint()).2.unwrap_or(0);
                    1 + 2 * ranges.min(self.0.len() as u64) + if kind == 3 { 3 } else { 0 }
                }
                6 => {
                    let len = (reader.varint(), reader.varint()).1.unwrap_or(0);
                    reader.bytes(len as usize);
                    0
                }
                1 => 0,
                _ => break,
            };
            for _ in 0..numbers {
                reader.varint();
            }
        }
        Ok(())
    }
}
