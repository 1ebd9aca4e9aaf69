//! Options (RFC 9293, section 3.2; the others where they are read).

use super::*;
use prosector_sdk::handle::{Handle, Variable};

/// What a segment acknowledges.
#[derive(Clone, Copy)]
pub(super) struct Acked {
    pub ack: u32,
    /// Numbers are relative to this one.
    pub base: u32,
}

/// What an option begins with: END and NOP are nothing else, all others go on with a length.
pub(super) mod kind {
    pub const END: u8 = 0;
    pub const NOP: u8 = 1;
    pub const MSS: u8 = 2;
    pub const WINDOW_SCALE: u8 = 3;
    pub const SACK_PERMITTED: u8 = 4;
    pub const SACK: u8 = 5;
    pub const ECHO: u8 = 6;
    pub const ECHO_REPLY: u8 = 7;
    pub const TIME_STAMPS: u8 = 8;
    pub const CC: u8 = 11;
    pub const CC_NEW: u8 = 12;
    pub const CC_ECHO: u8 = 13;
    pub const MD5: u8 = 19;
    pub const SCPS: u8 = 20;
    pub const SNACK: u8 = 21;
    pub const QUICK_START: u8 = 27;
    pub const USER_TIMEOUT: u8 = 28;
    pub const AUTHENTICATION: u8 = 29;
    pub const MPTCP: u8 = 30;
    pub const FAST_OPEN: u8 = 34;
    pub const ACCURATE_ECN_0: u8 = 172;
    pub const ACCURATE_ECN_1: u8 = 174;
    pub const EXPERIMENT_1: u8 = 253;
    pub const EXPERIMENT_2: u8 = 254;
}

/// Experiments that got an option kind of their own later.
mod experiment {
    pub const ACCURATE_ECN_0: u16 = 0xacc0;
    pub const ACCURATE_ECN_1: u16 = 0xacc1;
    pub const FAST_OPEN: u16 = 0xf989;
}

/// Reads options up to the limit.
/// `acked` is what the segment acknowledges, and the number that acknowledged ones are relative to.
pub(super) fn read(pdu: &mut Pdu<'_>, acked: Acked) -> Step {
    while pdu.wire_remaining() > 0 {
        let at = pdu.position();
        let kind = pdu.peek(OPTION_KIND)?;
        if kind > kind::NOP
            && let Some(problem) = bad_length(pdu)
        {
            pdu.diagnostic(Severity::Warning, "bad-option", at..at + 1, format_args!("option {kind} {problem}"));
            return Ok(());
        }
        pdu.group(OPTION, |pdu| {
            pdu.take(OPTION_KIND)?;
            if kind <= kind::NOP {
                return Ok(());
            }
            let len = usize::from(pdu.take(OPTION_LEN)?).saturating_sub(2);
            pdu.within(OPTION_LEN, len, |pdu| body(pdu, kind, len, acked))
        })?;
        // Zeros behind the end are more ends; nothing else is to be looked at.
        if kind == kind::END && pdu.rest().first().is_some_and(|&next| next != kind::END) {
            let text = format_args!("not zero behind the end of the options");
            pdu.diagnostic(Severity::Warning, "bad-padding", at + 1..at + 1 + pdu.remaining(), text);
            return Ok(());
        }
    }
    Ok(())
}

/// What is wrong with the length of the option at the cursor, as far as it was captured.
fn bad_length(pdu: &Pdu<'_>) -> Option<&'static str> {
    match pdu.rest() {
        [_, 0..2, ..] => Some("has a length below 2"),
        &[_, len, ..] if usize::from(len) > pdu.wire_remaining() => Some("goes past the end of the header"),
        [_] if pdu.wire_remaining() == 1 => Some("has no length"),
        _ => None,
    }
}

/// Reads the `len` bytes behind kind and length.
fn body(pdu: &mut Pdu<'_>, kind: u8, len: usize, acked: Acked) -> Step {
    let right = match kind {
        kind::SACK_PERMITTED => 0,
        kind::WINDOW_SCALE => 1,
        kind::MSS | kind::SCPS | kind::USER_TIMEOUT => 2,
        kind::ECHO | kind::ECHO_REPLY | kind::CC | kind::CC_NEW | kind::CC_ECHO | kind::SNACK => 4,
        kind::QUICK_START => 6,
        kind::TIME_STAMPS => 8,
        kind::MD5 => 16,
        kind::AUTHENTICATION | kind::EXPERIMENT_1 | kind::EXPERIMENT_2 => len.max(2),
        kind::SACK => len.max(8) / 8 * 8,
        kind::ACCURATE_ECN_0 | kind::ACCURATE_ECN_1 => len / 3 * 3,
        _ => len,
    };
    let at = pdu.position();
    if len != right {
        let text = format_args!("option {kind} has {} bytes instead of {}", len + 2, right + 2);
        pdu.diagnostic(Severity::Warning, "bad-option", at - 1..at, text);
        if !matches!(kind, kind::SACK | kind::SCPS) {
            return Ok(());
        }
    }
    match kind {
        kind::MSS => pdu.take(OPTIONS_MSS_VAL).map(drop),
        // RFC 7323, section 2.
        kind::WINDOW_SCALE => {
            let shift = pdu.take(OPTIONS_WSCALE_SHIFT)?;
            pdu.computed(OPTIONS_WSCALE_MULTIPLIER, at..at + 1, 1u16 << shift.min(14));
            Ok(())
        }
        kind::SACK_PERMITTED => Ok(()),
        // RFC 2018.
        kind::SACK => {
            let captured = pdu.remaining();
            for (block, edges) in pdu.rest().as_chunks::<4>().0.as_chunks::<2>().0.iter().enumerate() {
                let [left, right] = edges.map(u32::from_be_bytes);
                // A block below what is acknowledged came twice (RFC 2883, section 4).
                let twice = block == 0 && (left.wrapping_sub(acked.ack) as i32) < 0;
                let (le, re) = match twice {
                    true => (OPTIONS_SACK_DSACK_LE, OPTIONS_SACK_DSACK_RE),
                    false => (OPTIONS_SACK_LE, OPTIONS_SACK_RE),
                };
                let at = at + 8 * block;
                pdu.computed(le, at..at + 4, left.wrapping_sub(acked.base));
                pdu.computed(re, at + 4..at + 8, right.wrapping_sub(acked.base));
            }
            pdu.computed(OPTIONS_SACK_COUNT, at..at + captured, len / 8);
            pdu.skip(len)
        }
        // RFC 1072.
        kind::ECHO | kind::ECHO_REPLY => pdu.take(OPTIONS_ECHO_VALUE).map(drop),
        // RFC 7323, section 3.
        kind::TIME_STAMPS => {
            pdu.take(OPTIONS_TIMESTAMP_TSVAL)?;
            pdu.take(OPTIONS_TIMESTAMP_TSECR).map(drop)
        }
        // RFC 1644.
        kind::CC | kind::CC_NEW | kind::CC_ECHO => pdu.take(OPTIONS_CC_VALUE).map(drop),
        // RFC 2385.
        kind::MD5 => pdu.take(OPTIONS_MD5_DIGEST).map(drop),
        // CCSDS 714.0-B-2, section 3.2.3.
        kind::SCPS if len >= 2 => {
            pdu.take(OPTIONS_SCPS_VECTOR)?;
            pdu.take(OPTIONS_SCPS_BINDING).map(drop)
        }
        kind::SNACK => {
            pdu.take(OPTIONS_SNACK_OFFSET)?;
            pdu.take(OPTIONS_SNACK_SIZE).map(drop)
        }
        // RFC 4782, section 4.1.
        kind::QUICK_START => {
            pdu.take(OPTIONS_QS_RATE)?;
            pdu.take(OPTIONS_QS_TTL_DIFF).map(drop)
        }
        // RFC 5482.
        kind::USER_TIMEOUT => {
            pdu.show(OPTIONS_USER_TO_GRANULARITY)?;
            pdu.take(OPTIONS_USER_TO_VAL).map(drop)
        }
        // RFC 5925.
        kind::AUTHENTICATION => {
            pdu.take(OPTIONS_AO_KEYID)?;
            pdu.take(OPTIONS_AO_RNEXTKEYID)?;
            bytes(pdu, OPTIONS_AO_MAC)
        }
        kind::MPTCP => mptcp::read(pdu, len),
        kind::FAST_OPEN => fast_open(pdu, at),
        kind::ACCURATE_ECN_0 => accurate_ecn(pdu, false),
        kind::ACCURATE_ECN_1 => accurate_ecn(pdu, true),
        // RFC 6994.
        kind::EXPERIMENT_1 | kind::EXPERIMENT_2 => match pdu.take(OPTIONS_EXPERIMENTAL_EXID)? {
            experiment::FAST_OPEN => fast_open(pdu, at),
            experiment::ACCURATE_ECN_0 => accurate_ecn(pdu, false),
            experiment::ACCURATE_ECN_1 => accurate_ecn(pdu, true),
            _ => bytes(pdu, OPTIONS_EXPERIMENTAL_DATA),
        },
        _ => bytes(pdu, OPTIONS_UNKNOWN_PAYLOAD),
    }
}

/// RFC 7413, section 4.1.1: a client without a cookie asks for one. `at` is where the option's own bytes begin.
fn fast_open(pdu: &mut Pdu<'_>, at: usize) -> Step {
    if pdu.wire_remaining() == 0 {
        pdu.mark(OPTIONS_TFO_REQUEST, at..pdu.position());
    }
    bytes(pdu, OPTIONS_TFO_COOKIE)
}

/// RFC 9768, section 3.2.3: as many of three counters as there is room for, in either order.
fn accurate_ecn(pdu: &mut Pdu<'_>, reversed: bool) -> Step {
    let mut counters = [OPTIONS_ACC_ECN_EE0B, OPTIONS_ACC_ECN_ECEB, OPTIONS_ACC_ECN_EE1B];
    if reversed {
        counters.reverse();
    }
    let len = pdu.wire_remaining();
    counters.into_iter().take(len / 3).try_for_each(|counter| pdu.take(counter).map(drop))
}

/// Takes what is left of the option, if there is something.
fn bytes(pdu: &mut Pdu<'_>, field: Handle<Variable>) -> Step {
    match pdu.wire_remaining() {
        0 => Ok(()),
        len => pdu.take_bytes(field, len).map(drop),
    }
}
