//! UDP (RFC 768) and UDP-Lite (RFC 3828), which has the reach of the checksum where UDP has the length.

use crate::checksum::{self, UNVERIFIED};
use crate::ports::conversation;
use prosector_sdk::prelude::*;

/// The dissector.
#[derive(Default)]
pub struct Udp {
    check_checksum: bool,
    /// The numbers of the conversations.
    flows: Flows<Option<u32>>,
    /// How many there have been.
    streams: u32,
}

protocol! {
    /// User Datagram Protocol (RFC 768), and UDP-Lite (RFC 3828).
    Udp = udp "UDP", "User Datagram Protocol" {
        srcport: u16                    "Source Port",
        dstport: u16                    "Destination Port",
        /// Source and destination, in this order.
        port: u16                       "Source or Destination Port" hidden,
        length: u16                     "Length" unit "bytes",
        /// How many bytes the checksum of UDP-Lite covers; 0 means all of them.
        checksum_coverage: u16          "Checksum coverage" unit "bytes",
        /// UDP-Lite has no field for it: it ends where the IP packet ends.
        length as LITE_LENGTH: computed u32 "Length" unit "bytes",
        checksum: u16 hex               "Checksum",
        checksum.status: computed u8    "Checksum Status" = {
            0 "Bad", 1 "Good", 2 "Unverified", 3 "Not present", 4 "Illegal",
        },
        payload: bytes                  "Payload",
        /// Conversations, counted from 0 as they show.
        stream: computed u32            "Stream index" linked,
    }
    claims { ip.proto = [17, 136] }
    tables { PORT_TABLE: "udp.port" }
    settings { check_checksum: bool = false "Verify the checksum" }
    stateful
}

const HEADER: usize = 8;
/// Without a checksum (0), which IPv4 allows.
const NOT_PRESENT: u8 = 3;
/// Without a checksum where one must be: over IPv6 (RFC 8200, section 8.1), and in UDP-Lite.
const ILLEGAL: u8 = 4;

impl Dissector for Udp {
    fn configure(&mut self, settings: &Settings) -> Result<(), String> {
        self.check_checksum = settings.is_on("check_checksum");
        Ok(())
    }

    fn dissect(&mut self, pdu: &mut Pdu<'_>) -> Step {
        let lite = pdu.claim() == Some(1);
        let ipv6 = pdu.context() >> 32 & 1 != 0;
        pdu.show(SRCPORT)?;
        let src = pdu.take(PORT)?;
        pdu.show(DSTPORT)?;
        let dst = pdu.take(PORT)?;
        let covered = if lite { coverage(pdu)? } else { length(pdu, ipv6)? };
        let Some(covered) = covered else {
            pdu.info(format_args!("{src} → {dst} [bad length]"));
            return Ok(());
        };
        pdu.info(format_args!("{src} → {dst} Len={}", pdu.wire_len().saturating_sub(HEADER)));
        let sum = pdu.take(CHECKSUM)?;
        if pdu.wants(CHECKSUM_STATUS) {
            let data = pdu.data();
            let status = match sum {
                0 if lite || ipv6 => ILLEGAL,
                0 => NOT_PRESENT,
                _ if !self.check_checksum || pdu.is_quoted() || covered < pdu.wire_len() || data.len() < covered => {
                    UNVERIFIED
                }
                _ => checksum::with_pseudo_header(pdu.context(), if lite { 136 } else { 17 }, data),
            };
            pdu.computed(CHECKSUM_STATUS, 6..HEADER, status);
        }
        if pdu.remaining() > 0 {
            pdu.mark(PAYLOAD, pdu.position()..pdu.position() + pdu.remaining());
        }
        if pdu.flow() != 0 {
            let (part, _) = conversation(pdu, src, dst);
            let stream = *self.flows.of_part(pdu.flow(), part).get_or_insert_with(|| {
                self.streams += 1;
                self.streams - 1
            });
            pdu.computed(STREAM, 0..0, stream);
        }
        let ports = 1 << 32 | u64::from(src) << 16 | u64::from(dst);
        pdu.hand_on(PORT_TABLE, [src.min(dst), src.max(dst)]).ports(0, 2, 2).context(ports);
        Ok(())
    }
}

/// Reads the length and ends the datagram there. Returns how many bytes the checksum covers; `None` if the length
/// can't be right.
#[inline(always)]
fn length(pdu: &mut Pdu<'_>, ipv6: bool) -> Result<Option<usize>, Stop> {
    let len = usize::from(pdu.take(LENGTH)?);
    // Over IPv6, 0 stands for a jumbogram (RFC 2675, section 4).
    if len < HEADER && !(len == 0 && ipv6) {
        pdu.diagnostic(
            Severity::Error,
            "bad-length",
            4..6,
            format_args!("{len} bytes, less than the header's {HEADER}"),
        );
        return Ok(None);
    }
    if len > pdu.wire_len() {
        let wire_len = pdu.wire_len();
        pdu.diagnostic(Severity::Warning, "bad-length", 4..6, format_args!("{len} bytes, but there are {wire_len}"));
    } else if len > 0 {
        pdu.set_len(LENGTH, len);
    }
    Ok(Some(pdu.wire_len()))
}

/// Reads the checksum coverage of UDP-Lite. Returns how many bytes the checksum covers.
fn coverage(pdu: &mut Pdu<'_>) -> Result<Option<usize>, Stop> {
    let (coverage, len) = (usize::from(pdu.take(CHECKSUM_COVERAGE)?), pdu.wire_len());
    if coverage != 0 && !(HEADER..=len).contains(&coverage) {
        let text = format_args!("{coverage} bytes, which is neither 0 nor {HEADER} to {len}");
        pdu.diagnostic(Severity::Error, "bad-coverage", 4..6, text);
    }
    pdu.computed(LITE_LENGTH, 4..6, len);
    Ok(Some(if coverage == 0 { len } else { coverage }))
}

builtin!(Udp);

#[test]
fn a_datagram_and_padding() {
    check::<Udp>(
        "0035 cfc7 000b 1234  616263 0000",
        expect![[r#"
        User Datagram Protocol, 53 → 53191 Len=3
          Source Port: 53
          Destination Port: 53191
          Length: 11 bytes
          Checksum: 0x1234
          Checksum Status: Unverified (2)
          Payload: 616263
        → udp.port [53, 53191]: bytes 8..11
    "#]],
    );
}

#[test]
fn no_checksum() {
    check::<Udp>(
        "cfc7 0035 0008 0000",
        expect![[r#"
        User Datagram Protocol, 53191 → 53 Len=0
          Source Port: 53191
          Destination Port: 53
          Length: 8 bytes
          Checksum: 0x0000
          Checksum Status: Not present (3)
        → udp.port [53, 53191]: bytes 8..8
    "#]],
    );
}

#[test]
fn lengths_that_cannot_be() {
    check::<Udp>(
        "0035 cfc7 0007 1234  616263",
        expect![[r#"
        User Datagram Protocol, 53 → 53191 [bad length]
          Source Port: 53
          Destination Port: 53191
          Length: 7 bytes
          [error] bad-length: 7 bytes, less than the header's 8
    "#]],
    );
    check::<Udp>(
        "0035 cfc7 0010 1234  616263",
        expect![[r#"
        User Datagram Protocol, 53 → 53191 Len=3
          Source Port: 53
          Destination Port: 53191
          Length: 16 bytes
          [warning] bad-length: 16 bytes, but there are 11
          Checksum: 0x1234
          Checksum Status: Unverified (2)
          Payload: 616263
        → udp.port [53, 53191]: bytes 8..11
    "#]],
    );
}

#[test]
fn cut_in_the_length() {
    check::<Udp>(
        "0035 cfc7 00",
        expect![[r#"
        User Datagram Protocol
          Source Port: 53
          Destination Port: 53191
          [error] short: udp.length needs 2 bytes at offset 4, 1 are there
    "#]],
    );
}
