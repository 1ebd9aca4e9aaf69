//! CCP, with which PPP agrees on compression (RFC 1962), and the options of BSD compress (RFC 1977), of Magnalink
//! (RFC 1975), of Deflate (RFC 1979) and of Microsoft (RFC 2118, RFC 3078).

use super::control::{CODES, Fields, nothing, packet};
use prosector_sdk::prelude::*;

/// The dissector.
#[derive(Default)]
pub struct Ccp;

protocol! {
    /// PPP Compression Control Protocol.
    Ccp = ccp "PPP CCP", "PPP Compression Control Protocol" {
        .ppp.code: u8                   "Code" = CODES,
        .ppp.identifier: u8             "Identifier",
        .ppp.length: u16                "Length",
        .ppp.data: bytes                "Data",
        opt: group                      "Option",
        opt.type: u8                    "Type" = {
            0 "OUI", 1 "Predictor type 1", 2 "Predictor type 2", 3 "Puddle Jumper", 16 "Hewlett-Packard PPC",
            17 "Stac Electronics LZS", 18 "Microsoft PPE/PPC", 19 "Gandalf FZA", 20 "V.42bis compression",
            21 "BSD LZW Compress", 23 "LZS-DCP", 24 "MVRCA (Magnalink)", 26 "Deflate", 27 "V.44/X3.229",
        },
        opt.length: u8                  "Length",
        opt.supported_bits: u32 hex     "Supported Bits" {
            h: 0x01000000               "H" = { 0 "Stateless mode OFF", 1 "Stateless mode ON" },
            m: 0x00000080               "M" = { 0 "56-bit encryption OFF", 1 "56-bit encryption ON" },
            s: 0x00000040               "S" = { 0 "128-bit encryption OFF", 1 "128-bit encryption ON" },
            l: 0x00000020               "L" = { 0 "40-bit encryption OFF", 1 "40-bit encryption ON" },
            d: 0x00000010               "D" = {
                0 "Obsolete (should ALWAYS be 0)", 1 "Obsolete (should NOT be 1)",
            },
            c: 0x00000001               "C" = {
                0 "No desire to negotiate MPPC", 1 "Desire to negotiate MPPC",
            },
        },
        opt.vd: u8 hex                  "Vers/Dict" {
            vers: 0xe0                  "Vers",
            dict: 0x1f                  "Dict",
        },
        opt.fe: u8 & 0xc0               "Features",
        opt.p: bool(u8) & 0x20          "Packet by Packet flag" = { 0 "Disabled", 1 "Enabled" },
        opt.History as MVRCA_HISTORY: u8 & 0x1f "History",
        opt.contexts: u8                "# Contexts",
        /// As the logarithm of the size, less 8.
        opt.window: u8 & 0xf0           "Window",
        opt.method: u8 & 0x0f           "Method" = { 8 "zlib compression" },
        opt.mbz: u8 & 0xfc              "MBZ",
        opt.chk: u8 & 0x03              "Chk" = { 0 "sequence number check method" },
        opt.data: bytes                 "Data",
    }
    claims { ppp.protocol = 0x80fd, ethertype = 0x80fd }
}

const FIELDS: Fields = Fields {
    code: PPP_CODE,
    identifier: PPP_IDENTIFIER,
    length: PPP_LENGTH,
    data: PPP_DATA,
    option: OPT,
    option_type: OPT_TYPE,
    option_length: OPT_LENGTH,
};

impl Dissector for Ccp {
    fn dissect(&mut self, pdu: &mut Pdu<'_>) -> Step {
        packet(pdu, &FIELDS, option, nothing)
    }
}

fn option(pdu: &mut Pdu<'_>, kind: u8, _: usize) -> Step {
    match kind {
        18 => drop(pdu.take(OPT_SUPPORTED_BITS)?),
        21 => drop(pdu.take(OPT_VD)?),
        24 => {
            pdu.show(OPT_FE)?;
            pdu.show(OPT_P)?;
            pdu.take(MVRCA_HISTORY)?;
            pdu.take(OPT_CONTEXTS)?;
        }
        26 => {
            pdu.show(OPT_WINDOW)?;
            pdu.take(OPT_METHOD)?;
            pdu.show(OPT_MBZ)?;
            pdu.take(OPT_CHK)?;
        }
        _ => {}
    }
    if pdu.remaining() > 0 {
        pdu.take_rest(OPT_DATA);
    }
    Ok(())
}

builtin!(Ccp);

#[test]
fn a_request() {
    check::<Ccp>(
        "01 01 0015 1a 04 7800 18 04 7800 15 03 2f 12 06 01000060",
        expect![[r#"
            PPP Compression Control Protocol, Configuration Request
              Code: Configuration Request (1)
              Identifier: 1
              Length: 21
              Option: Deflate (26)
                Type: Deflate (26)
                Length: 4
                Window: 7
                Method: zlib compression (8)
                MBZ: 0
                Chk: sequence number check method (0)
              Option: MVRCA (Magnalink) (24)
                Type: MVRCA (Magnalink) (24)
                Length: 4
                Features: 1
                Packet by Packet flag: Enabled
                History: 24
                # Contexts: 0
              Option: BSD LZW Compress (21)
                Type: BSD LZW Compress (21)
                Length: 3
                Vers/Dict: 0x2f
                  001. .... = Vers: 1
                  ...0 1111 = Dict: 15
              Option: Microsoft PPE/PPC (18)
                Type: Microsoft PPE/PPC (18)
                Length: 6
                Supported Bits: 0x01000060
                  .... ...1 .... .... .... .... .... .... = H: Stateless mode ON
                  .... .... .... .... .... .... 0... .... = M: 56-bit encryption OFF
                  .... .... .... .... .... .... .1.. .... = S: 128-bit encryption ON
                  .... .... .... .... .... .... ..1. .... = L: 40-bit encryption ON
                  .... .... .... .... .... .... ...0 .... = D: Obsolete (should ALWAYS be 0)
                  .... .... .... .... .... .... .... ...0 = C: No desire to negotiate MPPC
        "#]],
    );
    check::<Ccp>(
        "01 01 0008 12 04 0100",
        expect![[r#"
            PPP Compression Control Protocol, Configuration Request
              Code: Configuration Request (1)
              Identifier: 1
              Length: 8
              Option: Microsoft PPE/PPC (18)
                Type: Microsoft PPE/PPC (18)
                Length: 4
              [error] short: ccp.opt.supported_bits needs 4 bytes at offset 6, 2 are there (the end is set by ccp.opt.length)
        "#]],
    );
}
