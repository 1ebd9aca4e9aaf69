//! Ethernet: Ethernet II and IEEE 802.3 frames (IEEE Std 802.3, clauses 3.1 and 3.2).
//!
//! Two addresses, then a type (Ethernet II) or the length of an LLC PDU (802.3). Behind the payload may come padding
//! up to the shortest frame length, what a tap appended, and the frame check sequence.

use crate::checksum::{BAD, GOOD, STATUS, UNVERIFIED, crc32};
use crate::ethertypes::ETHERTYPES;
use prosector_sdk::handle::Handle;
use prosector_sdk::prelude::*;

/// The dissector.
#[derive(Default)]
pub struct Eth {
    check_fcs: bool,
}

protocol! {
    /// Ethernet II and IEEE 802.3 frames.
    Eth = eth "Ethernet", "Ethernet" {
        dst: mac                              "Destination" destination {
            lg: 0x020000000000                "LG bit" = LG_NAMES,
            ig: 0x010000000000                "IG bit" = IG_NAMES,
        },
        src: mac                              "Source" source {
            lg: 0x020000000000                "LG bit" = LG_NAMES,
            ig: 0x010000000000                "IG bit" = IG_NAMES,
        },
        /// The destination, then the source.
        addr: mac                             "Address" hidden,
        /// Whether an address is locally administered.
        lg: bool(u48) & 0x020000000000        "LG bit" hidden = LG_NAMES,
        /// Whether an address stands for a group.
        ig: bool(u48) & 0x010000000000        "IG bit" hidden = IG_NAMES,
        type: u16 hex                         "Type" = ETHERTYPES,
        /// Bytes of LLC PDU that follow.
        len: u16                              "Length",
        /// Neither a length (up to 1500) nor a type (from 1536 on).
        invalid_lentype: u16 hex              "Invalid length/type",
        /// Zeros that fill the frame up to 60 bytes.
        padding: bytes                        "Padding" trailer,
        /// Bytes behind the payload that are neither padding nor FCS.
        trailer: bytes                        "Trailer" trailer,
        /// Where the capture doesn't say whether there is one, a guess by the length of the frame.
        fcs: u32 hex                          "Frame check sequence" trailer,
        fcs.status: computed u8               "FCS Status" trailer = STATUS,
    }
    claims { link = 1, ethertype = 0x6558, sll.ltype = 3, ip.proto = 143 }
    tables { ETHERTYPE: "ethertype" named, LLC: "@llc", IPX: "@ipx", CFP: "@cfp", ISL: "@isl" }
    settings { check_fcs: bool = false "Verify the FCS where the capture says that there is one" }
}

value_names! {
    LG_NAMES {
        0 "Globally unique address (factory default)",
        1 "Locally administered address (this is NOT the factory default)",
    }
}

value_names! {
    IG_NAMES { 0 "Individual address (unicast)", 1 "Group address (multicast/broadcast)" }
}

const HEADER_LEN: usize = 14;
const FCS_LEN: usize = 4;
/// Length of the shortest frame, without its FCS.
const SHORTEST: usize = 60;

/// Where a slice lies in its frame: Ethernet's context, and what it passes on with an ethertype.
///
/// The low byte is as in table `link`: 0 where nobody knows whether an FCS ends the slice, else 1 + its length. Above
/// it is the number of bytes that the frame has before the slice.
#[derive(Clone, Copy)]
pub(crate) struct Place(pub(crate) u64);

impl Place {
    /// In a tunnel a frame goes without FCS. It is so far from the start of the outer frame that nothing is padding.
    pub(crate) const TUNNEL: Place = Place(1 | (SHORTEST as u64) << 8);

    /// The few tunnels that keep the FCS.
    pub(crate) const TUNNEL_WITH_FCS: Place = Place((1 + FCS_LEN as u64) | (SHORTEST as u64) << 8);

    /// Bytes of the frame before the slice.
    pub(crate) fn before(self) -> usize {
        (self.0 as u32 >> 8) as usize
    }

    /// The place of a payload that begins `header_len` bytes after this one and excludes the FCS.
    pub(crate) fn payload(self, header_len: usize) -> Place {
        Place(1 | ((self.before() + header_len) as u64) << 8)
    }

    fn fcs_len(self) -> Option<usize> {
        (self.0 as u8 as usize).checked_sub(1)
    }
}

/// How many of the bytes behind a payload are padding: the zeros that fill the frame up to [`SHORTEST`]. The cursor
/// stands `before` bytes after the start of the frame.
pub(crate) fn padding(pdu: &Pdu<'_>, before: usize) -> usize {
    let len = SHORTEST.saturating_sub(before);
    let zeros = pdu.rest().iter().take(len).all(|&byte| byte == 0);
    if zeros && len <= pdu.wire_remaining() { len } else { 0 }
}

/// One of the two addresses. Inlined, so that each handle is a constant where it is used.
#[inline(always)]
fn address(pdu: &mut Pdu<'_>, field: Handle<[u8; 6]>) -> Step {
    pdu.show(field)?;
    pdu.show(LG)?;
    pdu.show(IG)?;
    pdu.take(ADDR)?;
    Ok(())
}

impl Dissector for Eth {
    fn configure(&mut self, settings: &Settings) -> Result<(), String> {
        self.check_fcs = settings.is_on("check_fcs");
        Ok(())
    }

    fn dissect(&mut self, pdu: &mut Pdu<'_>) -> Step {
        let place = Place(pdu.context());
        if is_isl(pdu.data()) {
            pdu.hand_to(ISL).context(place.0);
            return Ok(());
        }
        // FabricPath has an outer header of its own in place of Ethernet's.
        if pdu.data().get(12..14) == Some(&[0x89, 0x03]) {
            pdu.hand_to(CFP).context(place.0);
            return Ok(());
        }
        address(pdu, DST)?;
        address(pdu, SRC)?;
        let fcs_len = place.fcs_len().unwrap_or(0);
        let end = pdu.wire_len().saturating_sub(fcs_len).max(HEADER_LEN);
        match pdu.peek(TYPE)? {
            1..=1500 => ieee_802_3(pdu, place, end)?,
            kind @ 1501..1536 => {
                pdu.take(INVALID_LENTYPE)?;
                pdu.info(format_args!("invalid length/type 0x{kind:04x}"));
                pdu.hand_on(ETHERTYPE, kind);
                return Ok(());
            }
            kind => {
                pdu.take(TYPE)?;
                pdu.info(format_args!("{} (0x{kind:04x})", Self::name(TYPE, kind)));
                pdu.hand_on(ETHERTYPE, kind).len(end - HEADER_LEN).context(place.payload(HEADER_LEN).0);
            }
        }
        if fcs_len == FCS_LEN { self.fcs(pdu, end) } else { Ok(()) }
    }

    fn trailer(&mut self, pdu: &mut Pdu<'_>) -> Step {
        tail(pdu, Place(pdu.context() >> 32), pdu.context() as u32 as usize)
    }
}

/// Cisco ISL puts its own header before the frame. It looks like 802.3 and has these bytes where the address is.
fn is_isl(frame: &[u8]) -> bool {
    matches!(frame.first_chunk(), Some(&[0x01 | 0x0c, 0, 0x0c, 0, 0, _, _, _, _, _, _, _, high, low])
        if u16::from_be_bytes([high, low]) <= 1500)
}

/// From the length on. The frame without its FCS is `end` bytes long.
fn ieee_802_3(pdu: &mut Pdu<'_>, place: Place, end: usize) -> Step {
    let len = pdu.take(LEN)?;
    let room = end - HEADER_LEN;
    if usize::from(len) > room {
        let range = HEADER_LEN - 2..HEADER_LEN;
        pdu.diagnostic(Severity::Error, "bad-length", range, format_args!("only {room} bytes follow"));
    }
    pdu.info(format_args!("IEEE 802.3, length {len}"));
    let payload = room.min(len.into());
    // Novell's "raw 802.3" is IPX without LLC. It begins with a checksum that is never used.
    let raw = pdu.rest().starts_with(&[0xff, 0xff]);
    pdu.hand_to(if raw { IPX } else { LLC }).len(payload);
    if pdu.remaining() <= payload {
        return Ok(());
    }
    pdu.skip(payload)?;
    pdu.within(LEN, room - payload, |pdu| tail(pdu, place, HEADER_LEN + payload))
}

/// What lies behind a payload that ends `before` bytes after the start of the PDU.
fn tail(pdu: &mut Pdu<'_>, place: Place, before: usize) -> Step {
    let len = before + pdu.wire_remaining();
    let padding = padding(pdu, place.before() + before);
    if padding > 0 {
        pdu.take_bytes(PADDING, padding)?;
    }
    // A frame of this length needs no padding, so there must be another reason for bytes behind its payload.
    let guess = place.fcs_len().is_none() && len >= SHORTEST + FCS_LEN && pdu.wire_remaining() >= FCS_LEN;
    let trailer = pdu.wire_remaining() - if guess { FCS_LEN } else { 0 };
    if trailer > 0 && pdu.remaining() > 0 {
        pdu.take_bytes(TRAILER, trailer.min(pdu.remaining()))?;
    }
    if guess && pdu.remaining() >= FCS_LEN {
        let at = pdu.position();
        pdu.take(FCS)?;
        pdu.computed(FCS_STATUS, at..at + FCS_LEN, UNVERIFIED);
    }
    Ok(())
}

impl Eth {
    /// The FCS at offset `at`, if it was captured.
    fn fcs(&self, pdu: &mut Pdu<'_>, at: usize) -> Step {
        let Some((frame, fcs)) = pdu.data().split_at_checked(at).filter(|(_, fcs)| fcs.len() == FCS_LEN) else {
            return Ok(());
        };
        pdu.show_at(FCS, at)?;
        if pdu.wants(FCS_STATUS) {
            let status = match self.check_fcs {
                false => UNVERIFIED,
                true if crc32(frame).to_le_bytes() == fcs => GOOD,
                true => BAD,
            };
            pdu.computed(FCS_STATUS, at..at + FCS_LEN, status);
        }
        Ok(())
    }
}

builtin!(Eth);

#[test]
fn ethernet_ii() {
    check::<Eth>(
        "01005e000001 020000000001 0800  45",
        expect![[r#"
            Ethernet, Src: 02:00:00:00:00:01, Dst: 01:00:5e:00:00:01, IPv4 (0x0800)
              Destination: 01:00:5e:00:00:01
                LG bit: Globally unique address (factory default)
                IG bit: Group address (multicast/broadcast)
              Source: 02:00:00:00:00:01
                LG bit: Locally administered address (this is NOT the factory default)
                IG bit: Individual address (unicast)
              Type: IPv4 (0x0800)
            → ethertype [2048]: bytes 14..15
        "#]],
    );
}

#[test]
fn ieee_802_3_with_padding() {
    let llc = "0180c2000000 00000c000001 0026 424203 ";
    check::<Eth>(
        &format!("{llc} {} {}", "11".repeat(35), "00".repeat(8)),
        expect![[r#"
            Ethernet, Src: 00:00:0c:00:00:01, Dst: 01:80:c2:00:00:00, IEEE 802.3, length 38
              Destination: 01:80:c2:00:00:00
                LG bit: Globally unique address (factory default)
                IG bit: Group address (multicast/broadcast)
              Source: 00:00:0c:00:00:01
                LG bit: Globally unique address (factory default)
                IG bit: Individual address (unicast)
              Length: 38
              Padding: 0000000000000000
            → @llc [0]: bytes 14..52
        "#]],
    );
}

#[test]
fn ieee_802_3_with_a_trailer() {
    let llc = "0180c2000000 00000c000001 0003 424203";
    check::<Eth>(
        &format!("{llc} {} aabb 01020304", "00".repeat(43)),
        expect![[r#"
            Ethernet, Src: 00:00:0c:00:00:01, Dst: 01:80:c2:00:00:00, IEEE 802.3, length 3
              Destination: 01:80:c2:00:00:00
                LG bit: Globally unique address (factory default)
                IG bit: Group address (multicast/broadcast)
              Source: 00:00:0c:00:00:01
                LG bit: Globally unique address (factory default)
                IG bit: Individual address (unicast)
              Length: 3
              Padding: 00000000000000000000000000000000000000000000000000000000000000000000000000000000000000
              Trailer: aabb
              Frame check sequence: 0x01020304
              FCS Status: Unverified (2)
            → @llc [0]: bytes 14..17
        "#]],
    );
}

#[test]
fn ieee_802_3_that_is_too_short() {
    check::<Eth>(
        "0180c2000000 00000c000001 0026 424203",
        expect![[r#"
            Ethernet, Src: 00:00:0c:00:00:01, Dst: 01:80:c2:00:00:00, IEEE 802.3, length 38
              Destination: 01:80:c2:00:00:00
                LG bit: Globally unique address (factory default)
                IG bit: Group address (multicast/broadcast)
              Source: 00:00:0c:00:00:01
                LG bit: Globally unique address (factory default)
                IG bit: Individual address (unicast)
              Length: 38
              [error] bad-length: only 3 bytes follow
            → @llc [0]: bytes 14..17
        "#]],
    );
}

#[test]
fn raw_802_3() {
    check::<Eth>(
        "ffffffffffff 00000c000001 0004 ffff 0022",
        expect![[r#"
            Ethernet, Src: 00:00:0c:00:00:01, Dst: ff:ff:ff:ff:ff:ff, IEEE 802.3, length 4
              Destination: ff:ff:ff:ff:ff:ff
                LG bit: Locally administered address (this is NOT the factory default)
                IG bit: Group address (multicast/broadcast)
              Source: 00:00:0c:00:00:01
                LG bit: Globally unique address (factory default)
                IG bit: Individual address (unicast)
              Length: 4
            → @ipx [0]: bytes 14..18
        "#]],
    );
}

#[test]
fn isl() {
    check::<Eth>(
        "01000c000001 00000c000001 0004 aaaa 0300",
        expect![[r#"
            Ethernet
            → @isl [0]: bytes 0..18
        "#]],
    );
}

#[test]
fn neither_type_nor_length() {
    check::<Eth>(
        "ffffffffffff 00000c000001 05dd 01",
        expect![[r#"
            Ethernet, Src: 00:00:0c:00:00:01, Dst: ff:ff:ff:ff:ff:ff, invalid length/type 0x05dd
              Destination: ff:ff:ff:ff:ff:ff
                LG bit: Locally administered address (this is NOT the factory default)
                IG bit: Group address (multicast/broadcast)
              Source: 00:00:0c:00:00:01
                LG bit: Globally unique address (factory default)
                IG bit: Individual address (unicast)
              Invalid length/type: 0x05dd
            → ethertype [1501]: bytes 14..15
        "#]],
    );
}

#[test]
fn cut_short() {
    check::<Eth>(
        "ffffffffffff 00000c",
        expect![[r#"
            Ethernet, Dst: ff:ff:ff:ff:ff:ff
              Destination: ff:ff:ff:ff:ff:ff
                LG bit: Locally administered address (this is NOT the factory default)
                IG bit: Group address (multicast/broadcast)
              [error] short: eth.src needs 6 bytes at offset 6, 3 are there
        "#]],
    );
}

/// Dissects a frame of which the capture says that it ends in an FCS.
#[cfg(test)]
fn fcs_status(frame: &[u8]) -> Option<u64> {
    use prosector_sdk::pdu::{Sink, Slice, Want};
    let mut want = Want::nothing(Eth::PROTOCOL.fields.len());
    want.insert(FCS_STATUS.id);
    let len = frame.len() as u32;
    let slice = Slice { len, wire_len: len, context: 1 + FCS_LEN as u64, ..Slice::default() };
    let mut sink = Sink::default();
    let mut pdu = Pdu::new(frame, slice, &want, &mut sink);
    let outcome = Eth { check_fcs: true }.dissect(&mut pdu);
    pdu.finish(outcome);
    sink.words.get(1).copied()
}

#[test]
fn the_fcs_is_verified() {
    // The check value of this CRC: 0xcbf43926 for the digits from 1 to 9.
    assert_eq!(crc32(b"123456789"), 0xcbf4_3926);
    let mut frame = vec![0; SHORTEST];
    frame[12] = 8;
    frame.extend(crc32(&frame).to_le_bytes());
    assert_eq!(fcs_status(&frame), Some(GOOD.into()));
    frame[0] ^= 1;
    assert_eq!(fcs_status(&frame), Some(BAD.into()));
    frame.truncate(HEADER_LEN + FCS_LEN);
    assert_eq!(fcs_status(&frame), Some(BAD.into()));
    frame.truncate(HEADER_LEN + FCS_LEN - 1);
    assert_eq!(fcs_status(&frame), None);
}
