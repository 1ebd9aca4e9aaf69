//! Options of IPv4 (RFC 791, section 3.1; the others where they are read).

use super::*;
use std::fmt::{self, Write};

/// What begins with the option's type: END and NOP are nothing else, all others go on with a length.
mod kind {
    pub const END: u8 = 0;
    pub const NOP: u8 = 1;
    pub const RECORD_ROUTE: u8 = 7;
    pub const MTU_PROBE: u8 = 11;
    pub const MTU_REPLY: u8 = 12;
    pub const QUICK_START: u8 = 25;
    pub const TIME_STAMP: u8 = 68;
    pub const TRACEROUTE: u8 = 82;
    pub const SECURITY: u8 = 130;
    pub const LOOSE_ROUTE: u8 = 131;
    pub const EXTENDED_SECURITY: u8 = 133;
    pub const CIPSO: u8 = 134;
    pub const STREAM: u8 = 136;
    pub const STRICT_ROUTE: u8 = 137;
    pub const ROUTER_ALERT: u8 = 148;
}

/// Reads options up to the limit.
pub(super) fn read(pdu: &mut Pdu<'_>, ttl: u8) -> Step {
    while pdu.wire_remaining() > 0 {
        let at = pdu.position();
        let kind = pdu.peek(OPT_TYPE)?;
        if kind > kind::NOP
            && let Some(problem) = bad_length(pdu)
        {
            pdu.diagnostic(Severity::Warning, "bad-option", at..at + 1, format_args!("option {kind} {problem}"));
            return Ok(());
        }
        pdu.group(OPT, |pdu| {
            pdu.take(OPT_TYPE)?;
            if kind <= kind::NOP {
                return Ok(());
            }
            let len = usize::from(pdu.take(OPT_LEN)?);
            pdu.within(OPT_LEN, len.saturating_sub(2), |pdu| body(pdu, kind, len, ttl))
        })?;
        if kind == kind::END {
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

/// Reads what stands behind type and length. What is missing in an option doesn't end the packet.
fn body(pdu: &mut Pdu<'_>, kind: u8, len: usize, ttl: u8) -> Step {
    let at = pdu.position() - 2;
    let fixed = match kind {
        kind::ROUTER_ALERT | kind::STREAM | kind::MTU_PROBE | kind::MTU_REPLY => 4,
        kind::QUICK_START => 8,
        kind::TRACEROUTE => 12,
        _ => len,
    };
    let least = match kind {
        kind::RECORD_ROUTE | kind::LOOSE_ROUTE | kind::STRICT_ROUTE => 3,
        kind::SECURITY | kind::EXTENDED_SECURITY => 3,
        kind::TIME_STAMP => 4,
        kind::CIPSO => 6,
        _ => fixed,
    };
    if len != fixed {
        pdu.diagnostic(Severity::Warning, "bad-option", at..at + 2, format_args!("{len} bytes instead of {fixed}"));
    }
    if len < least {
        return Ok(());
    }
    match kind {
        kind::RECORD_ROUTE | kind::LOOSE_ROUTE | kind::STRICT_ROUTE => route(pdu, kind, len),
        kind::TIME_STAMP => time_stamps(pdu),
        kind::ROUTER_ALERT => pdu.take(OPT_RA).map(drop),
        kind::STREAM => pdu.take(OPT_SID).map(drop),
        // RFC 1063.
        kind::MTU_PROBE | kind::MTU_REPLY => pdu.take(OPT_MTU).map(drop),
        // RFC 1393.
        kind::TRACEROUTE => {
            pdu.take(OPT_ID_NUMBER)?;
            pdu.take(OPT_OHC)?;
            pdu.take(OPT_RHC)?;
            pdu.take(OPT_ORIGINATOR).map(drop)
        }
        kind::QUICK_START => quick_start(pdu, ttl),
        kind::SECURITY if len == 11 => {
            pdu.take(OPT_SEC_RFC791_SEC)?;
            pdu.take(OPT_SEC_RFC791_COMP)?;
            pdu.take(OPT_SEC_RFC791_HR)?;
            pdu.take(OPT_SEC_RFC791_TCC).map(drop)
        }
        kind::SECURITY => basic_security(pdu),
        // RFC 1108, section 3.
        kind::EXTENDED_SECURITY => {
            pdu.take(OPT_EXT_SEC_ADD_SEC_INFO_FORMAT_CODE)?;
            match pdu.wire_remaining() {
                0 => Ok(()),
                n => pdu.take_bytes(OPT_EXT_SEC_ADD_SEC_INFO, n).map(drop),
            }
        }
        kind::CIPSO => cipso(pdu),
        _ => Ok(()),
    }
}

/// Where a packet with a source route that is not yet used up is to end: the last address of the route.
pub(super) fn final_destination(mut options: &[u8]) -> Option<[u8; 4]> {
    loop {
        let &[kind, ref rest @ ..] = options else { return None };
        options = match kind {
            kind::END => return None,
            kind::NOP => rest,
            _ => {
                let len = usize::from(*rest.first()?);
                let option = options.get(..len).filter(|_| len >= 2)?;
                if matches!(kind, kind::LOOSE_ROUTE | kind::STRICT_ROUTE) {
                    let &[_, _, ptr, ref addresses @ ..] = option else { return None };
                    let pending = ptr >= 4 && ptr % 4 == 0 && usize::from(ptr) + 3 <= len;
                    return pending.then(|| addresses.as_chunks().0.last().copied()).flatten();
                }
                &options[len..]
            }
        }
    }
}

/// A pointer, then addresses; those before the pointer are where the packet has been.
fn route(pdu: &mut Pdu<'_>, kind: u8, len: usize) -> Step {
    let at = pdu.position();
    let ptr = usize::from(pdu.take(OPT_PTR)?);
    if ptr < 4 || ptr % 4 != 0 {
        pdu.diagnostic(Severity::Warning, "bad-pointer", at..at + 1, format_args!("{ptr} is not where an address is"));
        return Ok(());
    }
    let first = pdu.position();
    while pdu.wire_remaining() >= 4 {
        let here = pdu.position() - first + 4;
        let last = pdu.wire_remaining() < 8;
        if here < ptr {
            pdu.take(REC_RT)?;
        } else if kind == kind::RECORD_ROUTE {
            pdu.take(EMPTY_RT)?;
        } else if last && ptr + 3 <= len {
            pdu.show(DST)?;
            pdu.take(ADDR)?;
        } else {
            pdu.take(SRC_RT)?;
        }
    }
    Ok(())
}

fn time_stamps(pdu: &mut Pdu<'_>) -> Step {
    pdu.take(OPT_PTR)?;
    pdu.show(OPT_OVERFLOW)?;
    let flag = pdu.take(OPT_FLAG)?;
    match flag {
        0 => {
            while pdu.wire_remaining() >= 4 {
                pdu.take(OPT_TIME_STAMP)?;
            }
        }
        1 | 3 => {
            while pdu.wire_remaining() >= 8 {
                pdu.take(OPT_TIME_STAMP_ADDR)?;
                pdu.take(OPT_TIME_STAMP)?;
            }
        }
        _ => {}
    }
    Ok(())
}

/// RFC 4782, section 3.1.
fn quick_start(pdu: &mut Pdu<'_>, ttl: u8) -> Step {
    let function = pdu.show(OPT_QS_FUNC)?;
    pdu.take(OPT_QS_RATE)?;
    let at = pdu.position();
    if function == 0 {
        let qs_ttl = pdu.take(OPT_QS_TTL)?;
        pdu.computed(OPT_QS_TTL_DIFF, at..at + 1, ttl.wrapping_sub(qs_ttl));
    } else {
        pdu.take(OPT_QS_UNUSED)?;
    }
    pdu.take(OPT_QS_NONCE).map(drop)
}

/// RFC 1108, section 2: octets of flags, each of which says whether another one follows.
fn basic_security(pdu: &mut Pdu<'_>) -> Step {
    pdu.take(OPT_SEC_CL)?;
    if pdu.wire_remaining() == 0 {
        return Ok(());
    }
    let mut flags = pdu.take(OPT_SEC_PROT_AUTH_FLAGS)?;
    while flags & 1 != 0 && pdu.wire_remaining() > 0 {
        flags = pdu.take(SEC_MORE_FLAGS)?;
    }
    if flags & 1 != 0 || pdu.wire_remaining() > 0 {
        let at = pdu.position();
        pdu.diagnostic(
            Severity::Warning,
            "bad-option",
            at..at,
            format_args!("the flags end elsewhere than the option"),
        );
    }
    Ok(())
}

/// Commercial IP Security Option (FIPS 188): a domain of interpretation, then tags.
fn cipso(pdu: &mut Pdu<'_>) -> Step {
    pdu.take(CIPSO_DOI)?;
    while pdu.wire_remaining() >= 2 {
        let kind = pdu.take(CIPSO_TAG_TYPE)?;
        let len = pdu.rest().first().map_or(0, |&len| usize::from(len));
        pdu.skip(1)?;
        if len < 2 || len - 2 > pdu.wire_remaining() {
            let at = pdu.position() - 1;
            pdu.diagnostic(Severity::Warning, "bad-option", at..at + 1, format_args!("a tag of {len} bytes"));
            return Ok(());
        }
        pdu.within(OPT_LEN, len - 2, |pdu| {
            if !matches!(kind, 1 | 2 | 5) || len < 4 {
                return match len - 2 {
                    0 => Ok(()),
                    n => pdu.take_bytes(CIPSO_TAG_DATA, n).map(drop),
                };
            }
            pdu.skip(1)?;
            pdu.take(CIPSO_SENSITIVITY_LEVEL)?;
            let start = pdu.position();
            let bytes = pdu.rest();
            if pdu.wants(CIPSO_CATEGORIES) && !bytes.is_empty() {
                pdu.computed_bytes(CIPSO_CATEGORIES, start..start + bytes.len(), categories(kind, bytes).as_bytes());
            }
            Ok(())
        })?;
    }
    Ok(())
}

/// `1,4,7` or `10-20,3-0`, whichever way the tag lists them.
fn categories(kind: u8, bytes: &[u8]) -> String {
    let mut text = String::new();
    let mut add = |category: fmt::Arguments<'_>| {
        // Writing into a string can't fail.
        let _ = write!(text, "{category},");
    };
    let numbers = bytes.as_chunks().0.iter().map(|&pair| u16::from_be_bytes(pair));
    match kind {
        1 => {
            let bits = bytes.iter().enumerate().flat_map(|(i, byte)| (0..8).map(move |bit| (8 * i + bit, byte << bit)));
            bits.filter(|(_, byte)| byte & 0x80 != 0).for_each(|(n, _)| add(format_args!("{n}")));
        }
        2 => numbers.for_each(|n| add(format_args!("{n}"))),
        // Top and bottom in turn; the very last bottom is 0 where it is left out.
        _ => {
            let mut numbers = numbers;
            while let Some(top) = numbers.next() {
                add(format_args!("{top}-{}", numbers.next().unwrap_or(0)));
            }
        }
    }
    text.pop();
    text
}
