//! Mobile IPv6: the mobility header (RFC 6275, section 6) and the commoner of its options.

use crate::ip_protocols::IP_PROTOCOLS;
use prosector_sdk::prelude::*;

/// The dissector.
#[derive(Default)]
pub struct Mip6;

protocol! {
    /// Mobile IPv6.
    Mip6 = mipv6 "MIPv6", "Mobile IPv6" {
        .mip6.proto: u8                     "Payload protocol" = IP_PROTOCOLS,
        /// Without the first eight bytes.
        .mip6.hlen: u8                      "Header length" unit "× 8 bytes",
        .mip6.mhtype: u8                    "Mobility Header Type" = {
            0 "Binding Refresh Request", 1 "Home Test Init", 2 "Care-of Test Init", 3 "Home Test", 4 "Care-of Test",
            5 "Binding Update", 6 "Binding Acknowledgement", 7 "Binding Error", 8 "Fast Binding Update",
            9 "Fast Binding Acknowledgment", 10 "Fast Neighbor Advertisement", 11 "Experimental Mobility Header",
            12 "Home Agent Switch", 13 "Heartbeat", 14 "Handover Initiate", 15 "Handover Acknowledge",
            16 "Binding Revocation", 17 "Localized Routing Initiation", 18 "Localized Routing Acknowledgment",
        },
        .mip6.reserved: u8 hex              "Reserved",
        .mip6.csum: u16 hex                 "Checksum",
        .mip6.binding_refresh_request: bytes[2] "Binding Refresh Request",
        .mip6.hoti.cookie: u64 hex          "Home Init Cookie",
        .mip6.coti.cookie: u64 hex          "Care-of Init Cookie",
        .mip6.hot.nindex: u16               "Home Nonce Index",
        .mip6.hot.cookie: u64 hex           "Home Init Cookie",
        /// Of the care-of test, too.
        .mip6.hot.token: u64 hex            "Keygen Token",
        .mip6.cot.nindex: u16               "Care-of Nonce Index",
        .mip6.cot.cookie: u64 hex           "Care-of Init Cookie",
        .mip6.bu.seqnr: u16                 "Sequence number",
        .mip6.bu.a_flag: bool(u16) & 0x8000 "Acknowledge (A) flag",
        .mip6.bu.h_flag: bool(u16) & 0x4000 "Home Registration (H) flag",
        .mip6.bu.l_flag: bool(u16) & 0x2000 "Link-Local Compatibility (L) flag",
        .mip6.bu.k_flag: bool(u16) & 0x1000 "Key Management Compatibility (K) flag",
        .mip6.bu.m_flag: bool(u16) & 0x0800 "MAP Registration Compatibility (M) flag",
        .mip6.nemo.bu.r_flag: bool(u16) & 0x0400 "Mobile Router (R) flag",
        .mip6.bu.p_flag: bool(u16) & 0x0200 "Proxy Registration (P) flag",
        .mip6.bu.f_flag: bool(u16) & 0x0100 "Forcing UDP encapsulation (F) flag",
        .mip6.bu.t_flag: bool(u16) & 0x0080 "TLV-header format (T) flag",
        .mip6.bu.b_flag: bool(u16) & 0x0040 "Bulk-Binding-Update flag (B)",
        .mip6.bu.lifetime: u16              "Lifetime" unit "× 4 s",
        .mip6.ba.status: u8                 "Status" = {
            0 "Binding Update accepted", 1 "Accepted but prefix discovery necessary", 128 "Reason unspecified",
            129 "Administratively prohibited", 130 "Insufficient resources", 131 "Home registration not supported",
            132 "Not home subnet", 133 "Not home agent for this mobile node",
            134 "Duplicate Address Detection failed", 135 "Sequence number out of window",
            136 "Expired home nonce index", 137 "Expired care-of nonce index", 138 "Expired nonces",
            139 "Registration type change disallowed", 140 "Mobile Router Operation not permitted",
            141 "Invalid Prefix", 142 "Not Authorized for Prefix",
        },
        .mip6.ba.k_flag: bool(u8) & 0x80    "Key Management Compatibility (K) flag",
        .mip6.nemo.ba.r_flag: bool(u8) & 0x40 "Mobile Router (R) flag",
        .mip6.ba.p_flag: bool(u8) & 0x20    "Proxy Registration (P) flag",
        .mip6.ba.t_flag: bool(u8) & 0x10    "TLV-header format (T) flag",
        .mip6.ba.b_flag: bool(u8) & 0x08    "Bulk-Binding-Update flag (B)",
        .mip6.ba.seqnr: u16                 "Sequence number",
        .mip6.ba.lifetime: u16              "Lifetime" unit "× 4 s",
        .mip6.be.status: u8                 "Status" = {
            1 "Unknown binding for Home Address destination option", 2 "Unrecognized MH type value",
        },
        .mip6.be.haddr: ipv6                "Home Address",
        .mip6.mobility_opt: u8              "Mobility Option" = {
            0 "Pad1", 1 "PadN", 2 "Binding Refresh Advice", 3 "Alternate Care-of Address", 4 "Nonce Indices",
            5 "Authorization Data", 6 "Mobile Network Prefix Option", 8 "Mobile Node Identifier",
            22 "Home Network Prefix", 23 "Handoff Indicator", 24 "Access Technology Type", 27 "Timestamp",
        },
        .mip6.mobility_opt.len: u8          "Length",
        .mip6.padn: bytes                   "PadN",
        .mip6.bra.interval: u16             "Refresh interval",
        .mip6.acoa.acoa: ipv6               "Alternate care-of address",
        .mip6.ni.hni: u16                   "Home nonce index",
        .mip6.ni.cni: u16                   "Care-of nonce index",
        .mip6.bad.auth: bytes               "Authenticator",
        .mip6.mobility_opt.data: bytes      "Data",
    }
    // The second number is from drafts of it.
    claims { ip.proto = [135, 62] }
}

impl Dissector for Mip6 {
    fn dissect(&mut self, pdu: &mut Pdu<'_>) -> Step {
        pdu.take(MIP6_PROTO)?;
        let len = 8 + 8 * usize::from(pdu.take(MIP6_HLEN)?);
        pdu.set_len(MIP6_HLEN, len);
        let kind = pdu.take(MIP6_MHTYPE)?;
        pdu.info(format_args!("{}", Self::name(MIP6_MHTYPE, kind)));
        pdu.take(MIP6_RESERVED)?;
        pdu.take(MIP6_CSUM)?;
        match kind {
            0 => drop(pdu.take(MIP6_BINDING_REFRESH_REQUEST)?),
            1 | 2 => {
                pdu.skip(2)?;
                pdu.take(if kind == 1 { MIP6_HOTI_COOKIE } else { MIP6_COTI_COOKIE })?;
            }
            3 | 4 => {
                pdu.take(if kind == 3 { MIP6_HOT_NINDEX } else { MIP6_COT_NINDEX })?;
                pdu.take(if kind == 3 { MIP6_HOT_COOKIE } else { MIP6_COT_COOKIE })?;
                pdu.take(MIP6_HOT_TOKEN)?;
            }
            5 => {
                pdu.take(MIP6_BU_SEQNR)?;
                for flag in [
                    MIP6_BU_A_FLAG,
                    MIP6_BU_H_FLAG,
                    MIP6_BU_L_FLAG,
                    MIP6_BU_K_FLAG,
                    MIP6_BU_M_FLAG,
                    MIP6_NEMO_BU_R_FLAG,
                    MIP6_BU_P_FLAG,
                    MIP6_BU_F_FLAG,
                    MIP6_BU_T_FLAG,
                    MIP6_BU_B_FLAG,
                ] {
                    pdu.show(flag)?;
                }
                pdu.skip(2)?;
                pdu.take(MIP6_BU_LIFETIME)?;
            }
            6 => {
                pdu.take(MIP6_BA_STATUS)?;
                for flag in [MIP6_BA_K_FLAG, MIP6_NEMO_BA_R_FLAG, MIP6_BA_P_FLAG, MIP6_BA_T_FLAG, MIP6_BA_B_FLAG] {
                    pdu.show(flag)?;
                }
                pdu.skip(1)?;
                pdu.take(MIP6_BA_SEQNR)?;
                pdu.take(MIP6_BA_LIFETIME)?;
            }
            7 => {
                pdu.take(MIP6_BE_STATUS)?;
                pdu.skip(1)?;
                pdu.take(MIP6_BE_HADDR)?;
            }
            _ => return Ok(()),
        }
        while pdu.remaining() > 0 {
            option(pdu)?;
        }
        Ok(())
    }
}

fn option(pdu: &mut Pdu<'_>) -> Step {
    let kind = pdu.take(MIP6_MOBILITY_OPT)?;
    if kind == 0 {
        return Ok(());
    }
    let len = usize::from(pdu.take(MIP6_MOBILITY_OPT_LEN)?);
    match (kind, len) {
        (1, 1..) => drop(pdu.take_bytes(MIP6_PADN, len)?),
        (2, 2) => drop(pdu.take(MIP6_BRA_INTERVAL)?),
        (3, 16) => drop(pdu.take(MIP6_ACOA_ACOA)?),
        (4, 4) => {
            pdu.take(MIP6_NI_HNI)?;
            pdu.take(MIP6_NI_CNI)?;
        }
        (5, _) => drop(pdu.take_bytes(MIP6_BAD_AUTH, len)?),
        (_, 0) => {}
        _ => drop(pdu.take_bytes(MIP6_MOBILITY_OPT_DATA, len)?),
    }
    Ok(())
}

builtin!(Mip6);

#[test]
fn an_update_with_options() {
    check::<Mip6>(
        "3b 02 05 00 1234 0001 c000 0e10 01 00 04 04 0001 0002 00 00",
        expect![[r#"
        Mobile IPv6, Binding Update
          Payload protocol: No Next Header for IPv6 (59)
          Header length: 2 × 8 bytes
          Mobility Header Type: Binding Update (5)
          Reserved: 0x00
          Checksum: 0x1234
          Sequence number: 1
          Acknowledge (A) flag: True
          Home Registration (H) flag: True
          Link-Local Compatibility (L) flag: False
          Key Management Compatibility (K) flag: False
          MAP Registration Compatibility (M) flag: False
          Mobile Router (R) flag: False
          Proxy Registration (P) flag: False
          Forcing UDP encapsulation (F) flag: False
          TLV-header format (T) flag: False
          Bulk-Binding-Update flag (B): False
          Lifetime: 3600 × 4 s
          Mobility Option: PadN (1)
          Length: 0
          Mobility Option: Nonce Indices (4)
          Length: 4
          Home nonce index: 1
          Care-of nonce index: 2
          Mobility Option: Pad1 (0)
          Mobility Option: Pad1 (0)
    "#]],
    );
}

#[test]
fn other_messages() {
    check::<Mip6>(
        "3b 01 06 00 1234 00 80 0001 0e10 01 02 0000",
        expect![[r#"
        Mobile IPv6, Binding Acknowledgement
          Payload protocol: No Next Header for IPv6 (59)
          Header length: 1 × 8 bytes
          Mobility Header Type: Binding Acknowledgement (6)
          Reserved: 0x00
          Checksum: 0x1234
          Status: Binding Update accepted (0)
          Key Management Compatibility (K) flag: True
          Mobile Router (R) flag: False
          Proxy Registration (P) flag: False
          TLV-header format (T) flag: False
          Bulk-Binding-Update flag (B): False
          Sequence number: 1
          Lifetime: 3600 × 4 s
          Mobility Option: PadN (1)
          Length: 2
          PadN: 0000
    "#]],
    );
    check::<Mip6>(
        "3b 02 03 00 1234 0001 0102030405060708 1112131415161718",
        expect![[r#"
        Mobile IPv6, Home Test
          Payload protocol: No Next Header for IPv6 (59)
          Header length: 2 × 8 bytes
          Mobility Header Type: Home Test (3)
          Reserved: 0x00
          Checksum: 0x1234
          Home Nonce Index: 1
          Home Init Cookie: 0x0102030405060708
          Keygen Token: 0x1112131415161718
    "#]],
    );
    check::<Mip6>(
        "3b 02 07 00 1234 01 00 20010db8",
        expect![[r#"
        Mobile IPv6, Binding Error
          Payload protocol: No Next Header for IPv6 (59)
          Header length: 2 × 8 bytes
          Mobility Header Type: Binding Error (7)
          Reserved: 0x00
          Checksum: 0x1234
          Status: Unknown binding for Home Address destination option (1)
          [error] short: mip6.be.haddr needs 16 bytes at offset 8, 4 are there
    "#]],
    );
}
