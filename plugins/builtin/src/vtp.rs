//! VTP, with which Cisco's switches tell each other their VLANs ("Understand VLAN Trunk Protocol", Cisco, document 10558).

use crate::padded::take_padded;
use prosector_sdk::prelude::*;

/// The dissector.
#[derive(Default)]
pub struct Vtp;

protocol! {
    /// VLAN Trunking Protocol.
    Vtp = vtp "VTP", "VLAN Trunking Protocol" {
        version: u8 hex                         "Version",
        code: u8 hex                            "Code" = {
            1 "Summary Advertisement", 2 "Subset Advertisement", 3 "Advertisement Request", 4 "Join/Prune Message",
        },
        followers: u8                           "Followers",
        seq_num: u8                             "Sequence Number",
        reserved: bytes                         "Reserved",
        md_len: u8                              "Management Domain Length",
        md: str                                 "Management Domain",
        conf_rev_num: u32                       "Configuration Revision Number",
        upd_id: ipv4                            "Updater Identity",
        upd_ts: str                             "Update Timestamp",
        md5_digest: bytes                       "MD5 Digest",
        start_value: u16 hex                    "Start Value",
        pruning.first: u16                      "First VLAN ID",
        pruning.last: u16                       "Last VLAN ID",
        vlan_info: group                        "VLAN Information",
        vlan_info.len: u8                       "VLAN Information Length",
        vlan_info.status: u8 hex                "Status" {
            vlan_susp: 0x01                     "VLAN suspended",
        },
        vlan_info.vlan_type: u8 hex             "VLAN Type" = {
            1 "Ethernet", 2 "FDDI", 3 "TrCRF", 4 "FDDI-net", 5 "TrBRF",
        },
        vlan_info.vlan_name_len: u8             "VLAN Name Length",
        vlan_info.isl_vlan_id: u16 hex          "ISL VLAN ID",
        vlan_info.mtu_size: u16                 "MTU Size",
        "vlan_info.802_10_index": u32 hex       "802.10 Index",
        vlan_info.vlan_name: str                "VLAN Name",
        vlan_info.data: bytes                   "Data",
    }
    claims { llc.snap = 0x0c2003 }
}

const DOMAIN_LEN: usize = 32;
const TIME_LEN: usize = 12;
const DIGEST_LEN: usize = 16;
/// Of a VLAN, up to its name.
const VLAN_HEADER: usize = 12;

impl Dissector for Vtp {
    fn dissect(&mut self, pdu: &mut Pdu<'_>) -> Step {
        pdu.take(VERSION)?;
        let code = pdu.take(CODE)?;
        pdu.info(format_args!("{}", Self::name(CODE, code)));
        match code {
            1 => drop(pdu.take(FOLLOWERS)?),
            2 => drop(pdu.take(SEQ_NUM)?),
            _ => drop(pdu.take_bytes(RESERVED, 1)?),
        }
        pdu.take(MD_LEN)?;
        take_padded(pdu, MD, DOMAIN_LEN)?;
        match code {
            1 => {
                pdu.take(CONF_REV_NUM)?;
                pdu.take(UPD_ID)?;
                pdu.take_bytes(UPD_TS, TIME_LEN)?;
                pdu.take_bytes(MD5_DIGEST, DIGEST_LEN)?;
            }
            2 => {
                pdu.take(CONF_REV_NUM)?;
                while pdu.remaining() > 0 {
                    pdu.group(VLAN_INFO, vlan)?;
                }
            }
            3 => drop(pdu.take(START_VALUE)?),
            4 => {
                pdu.take(PRUNING_FIRST)?;
                pdu.take(PRUNING_LAST)?;
            }
            _ => {}
        }
        Ok(())
    }
}

fn vlan(pdu: &mut Pdu<'_>) -> Step {
    let len = usize::from(pdu.take(VLAN_INFO_LEN)?);
    pdu.within(VLAN_INFO_LEN, len.saturating_sub(1), |pdu| {
        pdu.take(VLAN_INFO_STATUS)?;
        pdu.take(VLAN_INFO_VLAN_TYPE)?;
        let name = usize::from(pdu.take(VLAN_INFO_VLAN_NAME_LEN)?);
        pdu.take(VLAN_INFO_ISL_VLAN_ID)?;
        pdu.take(VLAN_INFO_MTU_SIZE)?;
        pdu.take(VLAN_INFO_802_10_INDEX)?;
        pdu.take_bytes(VLAN_INFO_VLAN_NAME, name)?;
        // The name is padded to four bytes.
        let padding = (VLAN_HEADER + name).next_multiple_of(4) - (VLAN_HEADER + name);
        pdu.skip(padding.min(pdu.remaining()))?;
        if pdu.remaining() > 0 {
            pdu.take_rest(VLAN_INFO_DATA);
        }
        Ok(())
    })
}

builtin!(Vtp);

#[test]
fn advertisements() {
    let domain = format!("03 4c6162 {}", "00".repeat(29));
    check::<Vtp>(
        &format!("01 01 01 {domain} 00000003 0a000001 393330333031303030303030 {}", "11".repeat(16)),
        expect![[r#"
            VLAN Trunking Protocol, Summary Advertisement
              Version: 0x01
              Code: Summary Advertisement (0x01)
              Followers: 1
              Management Domain Length: 3
              Management Domain: Lab
              Configuration Revision Number: 3
              Updater Identity: 10.0.0.1
              Update Timestamp: 930301000000
              MD5 Digest: 11111111111111111111111111111111
        "#]],
    );
    check::<Vtp>(
        &format!("01 02 01 {domain} 00000003 14 00 01 07 0001 05dc 000186a1 64656661756c7400"),
        expect![[r#"
            VLAN Trunking Protocol, Subset Advertisement
              Version: 0x01
              Code: Subset Advertisement (0x02)
              Sequence Number: 1
              Management Domain Length: 3
              Management Domain: Lab
              Configuration Revision Number: 3
              VLAN Information: Ethernet (0x01)
                VLAN Information Length: 20
                Status: 0x00
                  .... ...0 = VLAN suspended: False
                VLAN Type: Ethernet (0x01)
                VLAN Name Length: 7
                ISL VLAN ID: 0x0001
                MTU Size: 1500
                802.10 Index: 0x000186a1
                VLAN Name: default
        "#]],
    );
    check::<Vtp>(
        &format!("01 02 01 {domain} 00000003 00 00 01"),
        expect![[r#"
        VLAN Trunking Protocol, Subset Advertisement
          Version: 0x01
          Code: Subset Advertisement (0x02)
          Sequence Number: 1
          Management Domain Length: 3
          Management Domain: Lab
          Configuration Revision Number: 3
          VLAN Information
            VLAN Information Length: 0
          [error] short: vtp.vlan_info.status needs 1 bytes at offset 41, 0 are there (the end is set by vtp.vlan_info.len)
    "#]],
    );
}
