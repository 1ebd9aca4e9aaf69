//! ERSPAN, what a Cisco switch mirrors: Ethernet frames in GRE (draft-foschiano-erspan-03, section 4), of type I without
//! header, II, and III.

use crate::eth::Place;
use prosector_sdk::prelude::*;

/// The dissector.
#[derive(Default)]
pub struct Erspan;

protocol! {
    /// Encapsulated remote switch packet analysis.
    Erspan = erspan "ERSPAN", "Encapsulated Remote Switch Packet ANalysis" {
        version: u16 & 0xf000               "Version" = { 1 "Type II", 2 "Type III" },
        vlan: u16 & 0x0fff                  "Vlan",
        cos: u16 & 0xe000                   "COS",
        /// In type II.
        encap: u16 & 0x1800                 "Encap" = {
            0 "Originally without VLAN tag", 1 "Originally ISL encapsulated", 2 "Originally 802.1Q encapsulated",
            3 "VLAN tag preserved in frame",
        },
        /// In type III.
        bso: u16 & 0x1800                   "Bad/Short/Oversized" = {
            0 "Good or unknown integrity", 1 "Short frame", 2 "Oversized frame", 3 "Bad frame",
        },
        truncated: u16 & 0x0400             "Truncated" = { 0 "Not truncated", 1 "Truncated" },
        spanid: u16 & 0x03ff                "SpanID",
        reserved: u32 & 0xfff00000          "Reserved",
        index: u32 & 0x000fffff             "Index",
        timestamp: u32                      "Timestamp",
        sgt: u16                            "Security Group Tag",
        p: u16 & 0x8000                     "Has Ethernet PDU",
        ft: u16 & 0x7c00                    "Frame Type" = { 0 "Ethernet", 2 "IP" },
        hw: u16 & 0x03f0                    "Hardware ID",
        direction: bool(u16) & 0x0008       "Direction" = { 0 "Ingress", 1 "Egress" },
        gra: u16 & 0x0006                   "Timestamp granularity" = {
            0 "100 microseconds", 1 "100 nanoseconds", 2 "IEEE 1588", 3 "Custom granularity",
        },
        o: u16 & 0x0001                     "Optional Sub headers",
        platid: u32 & 0xfc000000            "Platform ID",
        pid3.rsvd1: u32 & 0x03ffc000        "Reserved",
        pid3.port_index: u32 & 0x00003fff   "Port ID/Index",
        pid3.timestamp: u32                 "Upper 32-bit Timestamp",
    }
    claims { gre.proto = [0x88be, 0x22eb] }
    tables { ETH: "@eth", IP: "@ip", DATA: "@data" }
}

/// GRE's flag that a sequence number is there; GRE's flags are the context.
const HAS_SEQUENCE_NUMBER: u64 = 0x1000;
/// Position in the claims.
const TYPE_III: usize = 1;
const IP_FRAMES: u16 = 2;

impl Dissector for Erspan {
    fn dissect(&mut self, pdu: &mut Pdu<'_>) -> Step {
        if pdu.claim() == Some(TYPE_III) {
            return type_iii(pdu);
        }
        if pdu.context() & HAS_SEQUENCE_NUMBER != 0 {
            if span(pdu, ENCAP)? != 1 {
                pdu.hand_to(DATA);
                return Ok(());
            }
            pdu.show(RESERVED)?;
            pdu.take(INDEX)?;
        } else {
            pdu.info(format_args!("Type I"));
        }
        pdu.hand_to(ETH).context(Place::TUNNEL.0);
        Ok(())
    }
}

/// The first four bytes; `middle` is what the types differ in. Returns the version.
fn span(pdu: &mut Pdu<'_>, middle: prosector_sdk::handle::Handle<u16>) -> Result<u16, Stop> {
    let version = pdu.show(VERSION)?;
    pdu.take(VLAN)?;
    pdu.show(COS)?;
    pdu.show(middle)?;
    pdu.show(TRUNCATED)?;
    let id = pdu.take(SPANID)?;
    pdu.info(format_args!("{}, SpanID {id}", Erspan::name(VERSION, version)));
    Ok(version)
}

fn type_iii(pdu: &mut Pdu<'_>) -> Step {
    if span(pdu, BSO)? != 2 {
        pdu.hand_to(DATA);
        return Ok(());
    }
    pdu.take(TIMESTAMP)?;
    pdu.take(SGT)?;
    pdu.show(P)?;
    let frames = pdu.show(FT)?;
    pdu.show(HW)?;
    pdu.show(DIRECTION)?;
    pdu.show(GRA)?;
    if pdu.take(O)? != 0 {
        // Eight bytes whose layout is the platform's.
        if pdu.show(PLATID)? == 3 {
            pdu.show(PID3_RSVD1)?;
            pdu.take(PID3_PORT_INDEX)?;
            pdu.take(PID3_TIMESTAMP)?;
        } else {
            pdu.skip(8)?;
        }
    }
    match frames {
        0 => pdu.hand_to(ETH).context(Place::TUNNEL.0),
        IP_FRAMES => pdu.hand_to(IP),
        _ => pdu.hand_to(DATA),
    };
    Ok(())
}

builtin!(Erspan);

/// How many fields are recorded of bytes that GRE hands on with this claim and these flags.
#[cfg(test)]
fn fields(bytes: &[u8], claim: u16, flags: u64) -> usize {
    use prosector_sdk::pdu::{Sink, Slice, Want};
    let mut want = Want::nothing(Erspan::PROTOCOL.fields.len());
    (0..Erspan::PROTOCOL.fields.len() as u16).for_each(|field| want.insert(field));
    let len = bytes.len() as u32;
    let slice = Slice { len, wire_len: len, context: flags, claim, ..Slice::default() };
    let mut sink = Sink::default();
    let mut pdu = Pdu::new(bytes, slice, &want, &mut sink);
    let outcome = Erspan.dissect(&mut pdu);
    pdu.finish(outcome);
    sink.words.len()
}

#[test]
fn types_ii_and_iii() {
    let ii = [0x10, 0x17, 0x08, 0x64, 0, 0, 0, 1, 0xff];
    assert_eq!(fields(&ii, 0, HAS_SEQUENCE_NUMBER), 8);
    assert_eq!(fields(&ii, 0, 0), 0);
    let iii = [0x20, 0x14, 0, 0, 0, 0, 0x14, 0x58, 0, 0, 0x80, 0x31, 0x0c, 0, 0, 3, 0, 0, 0, 1, 0xff];
    assert_eq!(fields(&iii, 1, HAS_SEQUENCE_NUMBER), 18);
}

#[test]
fn type_i() {
    check::<Erspan>(
        "ffffffffffff",
        expect![[r#"
            Encapsulated Remote Switch Packet ANalysis, Type I
            → @eth [0]: bytes 0..6
        "#]],
    );
}
