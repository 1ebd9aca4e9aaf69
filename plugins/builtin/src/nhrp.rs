//! NHRP, the next hop resolution protocol (RFC 2332, section 5).

use crate::address_families::{ADDRESS_FAMILIES, IPV4};
use crate::checksum::{self, STATUS, UNVERIFIED};
use crate::ethertypes::ETHERTYPES;
use prosector_sdk::handle::{Handle, Variable};
use prosector_sdk::prelude::*;

/// The dissector.
#[derive(Default)]
pub struct Nhrp;

protocol! {
    /// Next Hop Resolution Protocol.
    Nhrp = nhrp "NHRP", "Next Hop Resolution Protocol" {
        hdr.afn: u16 hex                "Address Family Number" = ADDRESS_FAMILIES,
        hdr.pro.type: u16 hex           "Protocol Type (short form)" = ETHERTYPES,
        protocol_type: bytes[5]         "Protocol Type (long form)",
        hdr.hopcnt: u8                  "Hop Count",
        hdr.pktsz: u16                  "Packet Length",
        hdr.chksum: u16 hex             "NHRP Packet Checksum",
        hdr.chksum.status: computed u8  "NHRP Packet Checksum Status" = STATUS,
        hdr.extoff: u16                 "Extension Offset",
        hdr.version: u8                 "Version" = { 1 "NHRP - rfc2332" },
        hdr.op.type: u8                 "NHRP Packet Type" = {
            1 "NHRP Resolution Request", 2 "NHRP Resolution Reply", 3 "NHRP Registration Request",
            4 "NHRP Registration Reply", 5 "NHRP Purge Request", 6 "NHRP Purge Reply", 7 "NHRP Error Indication",
            8 "NHRP Traffic Indication",
        },
        hdr.shtl: u8                    "Source Address Type/Len" {
            type: uint 0x40             "Type" = ADDRESS_TYPES,
            len: 0x3f                   "Length",
        },
        hdr.sstl: u8                    "Source SubAddress Type/Len" {
            type: uint 0x40             "Type" = ADDRESS_TYPES,
            len: 0x3f                   "Length",
        },
        src.prot.len: u8                "Source Protocol Len",
        dst.prot.len: u8                "Destination Protocol Len",
        flags: u16 hex                  "Flags",
        flag.q: bool(u16) & 0x8000      "Is Router",
        flag.n: bool(u16) & 0x8000      "Expected Purge Reply",
        flag.a: bool(u16) & 0x4000      "Authoritative",
        flag.d: bool(u16) & 0x2000      "Stable Association",
        flag.u: bool(u16) & 0x1000      "Uniqueness Bit",
        flag.u as FLAG_U_REGISTRATION: bool(u16) & 0x8000 "Uniqueness Bit",
        flag.s: bool(u16) & 0x0800      "Stable Binding",
        flag.nat: bool(u16) & 0x0002    "Cisco NAT Supported",
        reqid: u32 hex                  "Request ID",
        err.code: u16                   "Error Code",
        err.offset: u16                 "Error Offset",
        src.nbma.addr: ipv4             "Source NBMA Address",
        src.nbma.addr_bytes: bytes      "Source NBMA Address",
        src.nbma.saddr: bytes           "Source NBMA Sub Address",
        src.prot.addr: ipv4             "Source Protocol Address",
        src.prot.addr_bytes: bytes      "Source Protocol Address",
        dst.prot.addr: ipv4             "Destination Protocol Address",
        dst.prot.addr_bytes: bytes      "Destination Protocol Address",

        cie: group                      "Client Information Entry",
        code: u8                        "Code" = {
            0 "Success", 4 "Administratively Prohibited", 5 "Insufficient Resources",
            12 "No Interworking Layer Address to NBMA Address Binding Exists",
            13 "Binding Exists But Is Not Unique",
            14 "Unique Internetworking Layer Address Already Registered",
        },
        prefix: u8                      "Prefix Length",
        unused: u16                     "Unused",
        mtu: u16                        "Max Transmission Unit",
        htime: u16                      "Holding Time (s)",
        cli.addr_tl: u8                 "Client Address Type/Len" {
            type: uint 0x40             "Type" = ADDRESS_TYPES,
            len: 0x3f                   "Length",
        },
        cli.saddr_tl: u8                "Client Sub Address Type/Len" {
            type: uint 0x40             "Type" = ADDRESS_TYPES,
            len: 0x3f                   "Length",
        },
        prot.len: u8                    "Client Protocol Length",
        pref: u8                        "CIE Preference Value",
        client.nbma.addr: ipv4          "Client NBMA Address",
        client.nbma.addr_bytes: bytes   "Client NBMA Address",
        client.nbma.saddr: bytes        "Client NBMA Sub Address",
        client.prot.addr: ipv4          "Client Protocol Address",
        client.prot.addr_bytes: bytes   "Client Protocol Address",

        ext: group                      "Extension",
        ext.c: bool(u16) & 0x8000       "Compulsory Flag",
        ext.type: u16 hex & 0x3fff      "Extension Type" = {
            0 "End of Extension", 3 "Responder Address Extension", 4 "Forward Transit NHS Record Extension",
            5 "Reverse Transit NHS Record Extension", 7 "NHRP Authentication Extension",
            8 "NHRP Vendor Private Extension", 9 "Cisco NAT Address Extension",
        },
        ext.len: u16                    "Extension length",
        auth_ext.reserved: u16          "Reserved",
        auth_ext.spi: u16               "SPI",
        auth_ext.src_addr: ipv4         "Source Address",
        auth_ext.src_addr_bytes: bytes  "Source Address",
        auth_ext.data: bytes            "Data",
        vendor_ext.id: u24 hex          "Vendor ID",
        vendor_ext.data: bytes          "Data",
        unknown_ext.value: bytes        "Extension Value",
    }
    claims { ip.proto = 54, gre.proto = 0x2001, llc.snap = 0x5e0003 }
    tables { ETHERTYPE: "ethertype" }
}

value_names! { ADDRESS_TYPES { 0 "NSAP format", 1 "Native E.164 format" } }

const RESOLUTION: [u8; 2] = [1, 2];
const REGISTRATION: [u8; 2] = [3, 4];
const PURGE: [u8; 2] = [5, 6];
const ERROR: u8 = 7;
const TRAFFIC: u8 = 8;
const FIXED: usize = 20;
const LEN_MASK: u8 = 0x3f;

impl Dissector for Nhrp {
    fn dissect(&mut self, pdu: &mut Pdu<'_>) -> Step {
        let family = pdu.take(HDR_AFN)?;
        let protocol = pdu.take(HDR_PRO_TYPE)?;
        pdu.take(PROTOCOL_TYPE)?;
        pdu.take(HDR_HOPCNT)?;
        let len = usize::from(pdu.take(HDR_PKTSZ)?);
        pdu.set_len(HDR_PKTSZ, len.max(FIXED));
        pdu.take(HDR_CHKSUM)?;
        if pdu.wants(HDR_CHKSUM_STATUS) {
            let status = pdu.data().get(..len).map_or(UNVERIFIED, checksum::plain);
            pdu.computed(HDR_CHKSUM_STATUS, 12..14, status);
        }
        let extensions = usize::from(pdu.take(HDR_EXTOFF)?);
        pdu.take(HDR_VERSION)?;
        let kind = pdu.take(HDR_OP_TYPE)?;
        pdu.info(format_args!("{}", Self::name(HDR_OP_TYPE, kind)));
        let lens = (usize::from(pdu.take(HDR_SHTL)? & LEN_MASK), usize::from(pdu.take(HDR_SSTL)? & LEN_MASK));
        let at = pdu.position();
        let mandatory = if extensions == 0 { pdu.wire_remaining() } else { extensions.saturating_sub(at) };
        pdu.within(HDR_EXTOFF, mandatory, |pdu| body(pdu, kind, protocol, lens))?;
        if extensions > 0 {
            let mut more = true;
            while more && pdu.remaining() > 0 {
                more = pdu.group(EXT, |pdu| extension(pdu, family, lens.0))?;
            }
        }
        Ok(())
    }
}

/// The mandatory part.
fn body(pdu: &mut Pdu<'_>, kind: u8, protocol: u16, lens: (usize, usize)) -> Step {
    let source = usize::from(pdu.take(SRC_PROT_LEN)?);
    let destination = usize::from(pdu.take(DST_PROT_LEN)?);
    if kind == ERROR || kind == TRAFFIC {
        pdu.take(UNUSED)?;
        pdu.take(ERR_CODE)?;
        pdu.take(ERR_OFFSET)?;
    } else {
        flags(pdu, kind)?;
        pdu.take(REQID)?;
    }
    address(pdu, SRC_NBMA_ADDR, SRC_NBMA_ADDR_BYTES, lens.0)?;
    if lens.1 > 0 {
        pdu.take_bytes(SRC_NBMA_SADDR, lens.1)?;
    }
    address(pdu, SRC_PROT_ADDR, SRC_PROT_ADDR_BYTES, source)?;
    address(pdu, DST_PROT_ADDR, DST_PROT_ADDR_BYTES, destination)?;
    if kind == ERROR || kind == TRAFFIC {
        pdu.hand_on(ETHERTYPE, protocol).quoted();
        return Ok(());
    }
    while pdu.remaining() > 0 {
        client(pdu)?;
    }
    Ok(())
}

fn flags(pdu: &mut Pdu<'_>, kind: u8) -> Step {
    pdu.show(FLAGS)?;
    if RESOLUTION.contains(&kind) {
        for flag in [FLAG_Q, FLAG_A, FLAG_D, FLAG_U, FLAG_S] {
            pdu.show(flag)?;
        }
    } else if REGISTRATION.contains(&kind) {
        pdu.show(FLAG_U_REGISTRATION)?;
    } else if PURGE.contains(&kind) {
        pdu.show(FLAG_N)?;
        return pdu.skip(2);
    }
    pdu.take(FLAG_NAT)?;
    Ok(())
}

/// An address: an IPv4 address, if it is as long as one.
fn address(pdu: &mut Pdu<'_>, ipv4: Handle<[u8; 4]>, bytes: Handle<Variable>, len: usize) -> Step {
    match len {
        0 => {}
        4 => drop(pdu.take(ipv4)?),
        _ => drop(pdu.take_bytes(bytes, len)?),
    }
    Ok(())
}

fn client(pdu: &mut Pdu<'_>) -> Step {
    pdu.group(CIE, |pdu| {
        pdu.take(CODE)?;
        pdu.take(PREFIX)?;
        pdu.take(UNUSED)?;
        pdu.take(MTU)?;
        pdu.take(HTIME)?;
        let nbma = usize::from(pdu.take(CLI_ADDR_TL)? & LEN_MASK);
        let sub = usize::from(pdu.take(CLI_SADDR_TL)? & LEN_MASK);
        let protocol = usize::from(pdu.take(PROT_LEN)?);
        pdu.take(PREF)?;
        address(pdu, CLIENT_NBMA_ADDR, CLIENT_NBMA_ADDR_BYTES, nbma)?;
        if sub > 0 {
            pdu.take_bytes(CLIENT_NBMA_SADDR, sub)?;
        }
        address(pdu, CLIENT_PROT_ADDR, CLIENT_PROT_ADDR_BYTES, protocol)
    })
}

/// An extension; whether another one may follow.
fn extension(pdu: &mut Pdu<'_>, family: u16, source_len: usize) -> Result<bool, Stop> {
    pdu.show(EXT_C)?;
    let kind = pdu.take(EXT_TYPE)?;
    let len = usize::from(pdu.take(EXT_LEN)?);
    pdu.within(EXT_LEN, len, |pdu| {
        match (kind, len) {
            (_, 0) => {}
            (3 | 4 | 5 | 9, _) => {
                while pdu.remaining() > 0 {
                    client(pdu)?;
                }
            }
            (7, _) => {
                pdu.take(AUTH_EXT_RESERVED)?;
                pdu.take(AUTH_EXT_SPI)?;
                if family == IPV4 && source_len == 4 {
                    pdu.take(AUTH_EXT_SRC_ADDR)?;
                } else if source_len > 0 {
                    pdu.take_bytes(AUTH_EXT_SRC_ADDR_BYTES, source_len)?;
                }
                if pdu.remaining() > 0 {
                    pdu.take_rest(AUTH_EXT_DATA);
                }
            }
            (8, _) => {
                pdu.take(VENDOR_EXT_ID)?;
                pdu.take_rest(VENDOR_EXT_DATA);
            }
            _ => drop(pdu.take_rest(UNKNOWN_EXT_VALUE)),
        }
        Ok(kind != 0)
    })
}

builtin!(Nhrp);

#[test]
fn a_registration() {
    check::<Nhrp>(
        "0001 0800 0000000000 ff 0048 0000 0034 01 03 04 00 04 04 8002 00000015 64010002 0a000003 0a000001
         00 20 0000 05dc 1c20 00 00 00 00  8003 0000 8007 0008 0000 0001 6369 7363 8000 0000",
        expect![[r#"
            Next Hop Resolution Protocol, NHRP Registration Request
              Address Family Number: IPv4 (0x0001)
              Protocol Type (short form): IPv4 (0x0800)
              Protocol Type (long form): 0000000000
              Hop Count: 255
              Packet Length: 72
              NHRP Packet Checksum: 0x0000
              NHRP Packet Checksum Status: Bad (0)
              Extension Offset: 52
              Version: NHRP - rfc2332 (1)
              NHRP Packet Type: NHRP Registration Request (3)
              Source Address Type/Len: 4
                .0.. .... = Type: NSAP format (0)
                ..00 0100 = Length: 4
              Source SubAddress Type/Len: 0
                .0.. .... = Type: NSAP format (0)
                ..00 0000 = Length: 0
              Source Protocol Len: 4
              Destination Protocol Len: 4
              Flags: 0x8002
              Uniqueness Bit: True
              Cisco NAT Supported: True
              Request ID: 0x00000015
              Source NBMA Address: 100.1.0.2
              Source Protocol Address: 10.0.0.3
              Destination Protocol Address: 10.0.0.1
              Client Information Entry: Success (0)
                Code: Success (0)
                Prefix Length: 32
                Unused: 0
                Max Transmission Unit: 1500
                Holding Time (s): 7200
                Client Address Type/Len: 0
                  .0.. .... = Type: NSAP format (0)
                  ..00 0000 = Length: 0
                Client Sub Address Type/Len: 0
                  .0.. .... = Type: NSAP format (0)
                  ..00 0000 = Length: 0
                Client Protocol Length: 0
                CIE Preference Value: 0
              Extension: Responder Address Extension (0x0003)
                Compulsory Flag: True
                Extension Type: Responder Address Extension (0x0003)
                Extension length: 0
              Extension: NHRP Authentication Extension (0x0007)
                Compulsory Flag: True
                Extension Type: NHRP Authentication Extension (0x0007)
                Extension length: 8
                Reserved: 0
                SPI: 1
                Source Address: 99.105.115.99
              Extension: End of Extension (0x0000)
                Compulsory Flag: True
                Extension Type: End of Extension (0x0000)
                Extension length: 0
        "#]],
    );
}

#[test]
fn lengths_that_cannot_be() {
    check::<Nhrp>(
        "0001 0800 0000000000 ff 0004 0000 0034 01 03 04 00 04 04",
        expect![[r#"
        Next Hop Resolution Protocol, NHRP Registration Request
          Address Family Number: IPv4 (0x0001)
          Protocol Type (short form): IPv4 (0x0800)
          Protocol Type (long form): 0000000000
          Hop Count: 255
          Packet Length: 4
          NHRP Packet Checksum: 0x0000
          NHRP Packet Checksum Status: Bad (0)
          Extension Offset: 52
          Version: NHRP - rfc2332 (1)
          NHRP Packet Type: NHRP Registration Request (3)
          Source Address Type/Len: 4
            .0.. .... = Type: NSAP format (0)
            ..00 0100 = Length: 4
          Source SubAddress Type/Len: 0
            .0.. .... = Type: NSAP format (0)
            ..00 0000 = Length: 0
          [error] short: nhrp.src.prot.len needs 1 bytes at offset 20, 0 are there (the end is set by nhrp.hdr.pktsz)
    "#]],
    );
    check::<Nhrp>(
        "0001 0800 0000000000 ff 0024 0000 0000 01 01 04 00 04 04 5000 00000015 64010002 0a00",
        expect![[r#"
            Next Hop Resolution Protocol, NHRP Resolution Request
              Address Family Number: IPv4 (0x0001)
              Protocol Type (short form): IPv4 (0x0800)
              Protocol Type (long form): 0000000000
              Hop Count: 255
              Packet Length: 36
              NHRP Packet Checksum: 0x0000
              NHRP Packet Checksum Status: Unverified (2)
              Extension Offset: 0
              Version: NHRP - rfc2332 (1)
              NHRP Packet Type: NHRP Resolution Request (1)
              Source Address Type/Len: 4
                .0.. .... = Type: NSAP format (0)
                ..00 0100 = Length: 4
              Source SubAddress Type/Len: 0
                .0.. .... = Type: NSAP format (0)
                ..00 0000 = Length: 0
              Source Protocol Len: 4
              Destination Protocol Len: 4
              Flags: 0x5000
              Is Router: False
              Authoritative: True
              Stable Association: False
              Uniqueness Bit: True
              Stable Binding: False
              Cisco NAT Supported: False
              Request ID: 0x00000015
              Source NBMA Address: 100.1.0.2
              [error] short: nhrp.src.prot.addr needs 4 bytes at offset 32, 2 are there (the end is set by nhrp.hdr.extoff)
        "#]],
    );
}
