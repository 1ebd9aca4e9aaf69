//! RPL, routing for low-power networks: messages (RFC 6550, section 6), metrics (RFC 6551), routes between any two
//! nodes (RFC 6997).

use super::*;
use prosector_sdk::handle::{Group, Handle};

value_names! {
    /// Codes of messages.
    CODES {
        0 "DODAG Information Solicitation", 1 "DODAG Information Object", 2 "Destination Advertisement Object",
        3 "Destination Advertisement Object Acknowledgment", 4 "P2P Discovery Reply Object",
        5 "P2P Discovery Reply Object Acknowledgement", 128 "Secure DODAG Information Solicitation",
        129 "Secure DODAG Information Object", 130 "Secure Destination Advertisement Object",
        131 "Secure Destination Advertisement Object Acknowledgment", 132 "P2P Secure Discovery Reply Object",
        133 "P2P Secure Discovery Reply Object Acknowledgement", 138 "Consistency Check",
    }
}

value_names! {
    /// Types of options.
    OPTION_TYPES {
        0 "1-byte padding", 1 "n-byte padding", 2 "DAG Metric container", 3 "Routing Information",
        4 "DODAG configuration", 5 "RPL Target", 6 "Transit Information", 7 "Solicited Information",
        8 "Prefix Information", 9 "RPL Target Descriptor", 10 "P2P Route Discovery",
    }
}

const SECURE: u8 = 0x80;
const DISCOVERY_REPLY: u8 = 4;
const DISCOVERY_REPLY_ACK: u8 = 5;

pub(super) fn message(pdu: &mut Pdu<'_>, code: u8) -> Step {
    if name_of(CODES, code.into()).is_none() {
        pdu.take_rest(DATA);
        return Ok(());
    }
    if code & SECURE != 0 {
        security(pdu)?;
    }
    match code & !SECURE {
        0 => {
            pdu.take(RPL_DIS_FLAGS)?;
            pdu.take_bytes(RESERVED, 1)?;
        }
        1 => {
            pdu.take(RPL_DIO_INSTANCE)?;
            pdu.take(RPL_DIO_VERSION)?;
            pdu.take(RPL_DIO_RANK)?;
            pdu.take(RPL_DIO_FLAG)?;
            pdu.take(RPL_DIO_DTSN)?;
            again(pdu, RPL_DIO_FLAG)?;
            pdu.take_bytes(RESERVED, 1)?;
            pdu.take(RPL_DIO_DAGID)?;
        }
        2 => {
            pdu.take(RPL_DAO_INSTANCE)?;
            let flags = pdu.take(RPL_DAO_FLAG)?;
            pdu.take_bytes(RESERVED, 1)?;
            pdu.take(RPL_DAO_SEQUENCE)?;
            if flags & 0x40 != 0 {
                pdu.take(RPL_DAO_DODAGID)?;
            }
        }
        3 => {
            pdu.take(RPL_DAOACK_INSTANCE)?;
            let flags = pdu.take(RPL_DAOACK_FLAG)?;
            pdu.take(RPL_DAOACK_SEQUENCE)?;
            pdu.take(RPL_DAOACK_STATUS)?;
            if flags & 0x80 != 0 {
                pdu.take(RPL_DAOACK_DODAGID)?;
            }
        }
        kind @ (DISCOVERY_REPLY | DISCOVERY_REPLY_ACK) => {
            pdu.take(RPL_P2P_DRO_INSTANCE)?;
            pdu.take(RPL_P2P_DRO_VERSION)?;
            pdu.take(if kind == DISCOVERY_REPLY { RPL_P2P_DRO_FLAG } else { RPL_P2P_DROACK_FLAG })?;
            pdu.take(RPL_P2P_DRO_DAGID)?;
            if kind == DISCOVERY_REPLY_ACK {
                return Ok(());
            }
        }
        _ => {
            pdu.take(RPL_CC_INSTANCE)?;
            pdu.take(RPL_CC_FLAG)?;
            pdu.take(RPL_CC_NONCE)?;
            pdu.take(RPL_CC_DODAGID)?;
            pdu.take(RPL_CC_DESTINATION_COUNTER)?;
        }
    }
    while pdu.wire_remaining() > 0 {
        pdu.group(OPT, |pdu| option(pdu, code & !SECURE))?;
    }
    Ok(())
}

/// A byte that goes by the name of flags, although none of those are in it.
fn again(pdu: &mut Pdu<'_>, flags: Handle<u8>) -> Step {
    let at = pdu.position();
    pdu.skip(1)?;
    pdu.mark(flags, at..at + 1);
    Ok(())
}

/// The security section (RFC 6550, section 6.1).
fn security(pdu: &mut Pdu<'_>) -> Step {
    pdu.take(RPL_SECURE_FLAG)?;
    pdu.take(RPL_SECURE_ALGORITHM)?;
    let mode = pdu.peek(RPL_SECURE_KIM)?;
    let level = pdu.peek(RPL_SECURE_LVL)?;
    let at = pdu.position();
    pdu.mark(RPL_SECURE_FLAG, at..at + 1);
    pdu.show(RPL_SECURE_KIM)?;
    pdu.show(RPL_SECURE_LVL)?;
    pdu.take(RPL_SECURE_RSV)?;
    again(pdu, RPL_SECURE_FLAG)?;
    pdu.take(RPL_SECURE_COUNTER)?;
    // Figure 10: mode 3 signs; its odd levels encrypt too, with a group's key.
    let (source, index) = match (mode, level % 2) {
        (0, _) => (false, true),
        (2, _) | (3, 1) => (true, true),
        _ => (false, false),
    };
    if source {
        pdu.take(RPL_SECURE_KEY_SOURCE)?;
    }
    if index {
        pdu.take(RPL_SECURE_KEY_INDEX)?;
    }
    Ok(())
}

fn option(pdu: &mut Pdu<'_>, message: u8) -> Step {
    let kind = pdu.take(RPL_OPT_TYPE)?;
    if kind == 0 {
        return Ok(());
    }
    let len = pdu.take(RPL_OPT_LENGTH)?.into();
    let end = pdu.position() + len;
    pdu.within(RPL_OPT_LENGTH, len, |pdu| {
        body(pdu, kind, len, message)?;
        if pdu.position() < end {
            pdu.take_bytes(UNKNOWN_DATA, end - pdu.position())?;
        }
        Ok(())
    })
}

/// An option behind its length: `len` bytes, which are there unless the message ends before.
fn body(pdu: &mut Pdu<'_>, kind: u8, len: usize, message: u8) -> Step {
    match kind {
        1 => blank(pdu, RPL_OPT_PADN, len)?,
        2 => {
            while pdu.wire_remaining() > 0 {
                metric(pdu)?;
            }
        }
        3 => {
            pdu.take(RPL_OPT_ROUTE_PREFIX_LENGTH)?;
            pdu.take(RPL_OPT_ROUTE_FLAG)?;
            pdu.take(RPL_OPT_ROUTE_LIFETIME)?;
            prefix(pdu, RPL_OPT_ROUTE_PREFIX, len.saturating_sub(6))?;
        }
        4 => {
            pdu.take(RPL_OPT_CONFIG_FLAG)?;
            pdu.take(RPL_OPT_CONFIG_INTERVAL_DOUBLE)?;
            pdu.take(RPL_OPT_CONFIG_INTERVAL_MIN)?;
            pdu.take(RPL_OPT_CONFIG_REDUNDANCY)?;
            pdu.take(RPL_OPT_CONFIG_MAX_RANK_INC)?;
            pdu.take(RPL_OPT_CONFIG_MIN_HOP_RANK_INC)?;
            pdu.take(RPL_OPT_CONFIG_OCP)?;
            pdu.take(RPL_OPT_CONFIG_RSV)?;
            pdu.take(RPL_OPT_CONFIG_DEF_LIFETIME)?;
            pdu.take(RPL_OPT_CONFIG_LIFETIME_UNIT)?;
        }
        5 => {
            blank(pdu, RPL_OPT_TARGET_FLAG, 1)?;
            pdu.take(RPL_OPT_TARGET_PREFIX_LENGTH)?;
            prefix(pdu, RPL_OPT_TARGET_PREFIX, len.saturating_sub(2))?;
        }
        6 => {
            pdu.take(RPL_OPT_TRANSIT_FLAG)?;
            pdu.take(RPL_OPT_TRANSIT_PATHCTL)?;
            pdu.take(RPL_OPT_TRANSIT_PATHSEQ)?;
            pdu.take(RPL_OPT_TRANSIT_PATHLIFETIME)?;
            if pdu.wire_remaining() > 0 {
                pdu.take(RPL_OPT_TRANSIT_PARENT)?;
            }
        }
        7 => {
            pdu.take(RPL_OPT_SOLICITED_INSTANCE)?;
            pdu.take(RPL_OPT_SOLICITED_FLAG)?;
            pdu.take(RPL_OPT_SOLICITED_DODAGID)?;
            pdu.take(RPL_OPT_SOLICITED_VERSION)?;
        }
        8 => {
            pdu.take(RPL_OPT_PREFIX_LENGTH)?;
            pdu.take(RPL_OPT_PREFIX_FLAG)?;
            pdu.take(RPL_OPT_PREFIX_VALID_LIFETIME)?;
            pdu.take(RPL_OPT_PREFIX_PREFERRED_LIFETIME)?;
            blank(pdu, RPL_OPT_RESERVED, 4)?;
            pdu.take(RPL_OPT_PREFIX)?;
        }
        9 => {
            pdu.take(RPL_OPT_TARGETDESC_DESCRIPTOR)?;
        }
        10 => route_discovery(pdu, message)?,
        _ => {
            pdu.take_bytes(DATA, len)?;
        }
    }
    Ok(())
}

/// Bytes that only have to be there.
fn blank(pdu: &mut Pdu<'_>, field: Handle<Group>, len: usize) -> Step {
    let at = pdu.position();
    pdu.skip(len)?;
    pdu.mark(field, at..at + len);
    Ok(())
}

/// The first bytes of an address: as many as the option has left, 16 at most.
fn prefix(pdu: &mut Pdu<'_>, field: Handle<[u8; 16]>, left: usize) -> Step {
    let (at, len) = (pdu.position(), left.min(16));
    pdu.skip(len)?;
    if len > 0 {
        pdu.mark(field, at..at + len);
    }
    Ok(())
}

/// One metric or constraint (RFC 6551, section 2.1).
fn metric(pdu: &mut Pdu<'_>) -> Step {
    const CONSTRAINT: u16 = 0x0200;
    let kind = pdu.take(RPL_OPT_METRIC_TYPE)?;
    let flags = pdu.take(RPL_OPT_METRIC_FLAGS)?;
    let len = pdu.take(RPL_OPT_METRIC_LENGTH)?.into();
    pdu.within(RPL_OPT_METRIC_LENGTH, len, |pdu| {
        match kind {
            1 => {
                pdu.take(RPL_OPT_METRIC_NSA_OBJECT)?;
                while pdu.wire_remaining() > 0 {
                    pdu.show(RPL_OPT_METRIC_NSA_OBJECT_OPTTLV_OBJECT)?;
                    pdu.take(RPL_OPT_METRIC_NSA_OBJECT_OPTTLV_OBJECT_TYPE)?;
                    let len = pdu.take(RPL_OPT_METRIC_NSA_OBJECT_OPTTLV_OBJECT_LENGTH)?;
                    pdu.take_bytes(RPL_OPT_METRIC_NSA_OBJECT_OPTTLV_OBJECT_DATA, len.into())?;
                }
            }
            2 => {
                while pdu.wire_remaining() > 0 {
                    pdu.take(RPL_OPT_METRIC_NE_OBJECT)?;
                }
            }
            3 => {
                pdu.take(RPL_OPT_METRIC_HP_OBJECT)?;
            }
            4 => {
                while pdu.wire_remaining() > 0 {
                    pdu.take(RPL_OPT_METRIC_LT_OBJECT_LT)?;
                }
            }
            5 => {
                while pdu.wire_remaining() > 0 {
                    pdu.take(RPL_OPT_METRIC_LL_OBJECT_LL)?;
                }
            }
            6 => {
                pdu.take(RPL_OPT_METRIC_LQL_OBJECT_RES)?;
                while pdu.wire_remaining() > 0 {
                    pdu.take(RPL_OPT_METRIC_LQL_OBJECT)?;
                }
            }
            7 => {
                while pdu.wire_remaining() > 0 {
                    pdu.take(RPL_OPT_METRIC_ETX_OBJECT_ETX)?;
                }
            }
            8 => {
                pdu.take(RPL_OPT_METRIC_LC_OBJECT_RES)?;
                while pdu.wire_remaining() > 0 {
                    pdu.group(RPL_OPT_METRIC_LC_OBJECT, |pdu| link_color(pdu, flags & CONSTRAINT != 0))?;
                }
            }
            _ => {}
        }
        Ok(())
    })
}

/// A link color and how often it occurs; in a constraint, whether links of it are to be used or avoided.
fn link_color(pdu: &mut Pdu<'_>, constraint: bool) -> Step {
    pdu.show(RPL_OPT_METRIC_LC_OBJECT_LC)?;
    if constraint {
        pdu.show(RPL_OPT_METRIC_LC_OBJECT_RESERVED)?;
        pdu.take(RPL_OPT_METRIC_LC_OBJECT_FLAG_I)?;
    } else {
        pdu.take(RPL_OPT_METRIC_LC_OBJECT_COUNTER)?;
    }
    Ok(())
}

/// The discovery of a route to one node (RFC 6997, section 7).
fn route_discovery(pdu: &mut Pdu<'_>, message: u8) -> Step {
    let at = pdu.position();
    pdu.show(RPL_OPT_ROUTEDISCOVERY_FLAG_REPLY)?;
    pdu.show(RPL_OPT_ROUTEDISCOVERY_FLAG_HOPBYHOP)?;
    pdu.show(RPL_OPT_ROUTEDISCOVERY_FLAG_NUMOFROUTES)?;
    let left_out = pdu.take(RPL_OPT_ROUTEDISCOVERY_FLAG_COMPR)?;
    pdu.mark(RPL_OPT_ROUTEDISCOVERY_FLAG, at..at + 1);
    pdu.show(RPL_OPT_ROUTEDISCOVERY_LIFETIME)?;
    pdu.take(if message == DISCOVERY_REPLY { RPL_OPT_ROUTEDISCOVERY_NH } else { RPL_OPT_ROUTEDISCOVERY_MAXRANK })?;
    let len = 16 - usize::from(left_out & 15);
    let at = pdu.position();
    pdu.skip(len)?;
    pdu.mark(RPL_OPT_ROUTEDISCOVERY_TARGETADDR, at..at + len);
    pdu.group(RPL_OPT_ROUTEDISCOVERY_ADDR_VEC, |pdu| {
        while pdu.wire_remaining() >= len {
            let at = pdu.position();
            pdu.skip(len)?;
            pdu.mark(RPL_OPT_ROUTEDISCOVERY_ADDRVEC_ADDR, at..at + len);
        }
        Ok(())
    })
}

#[test]
fn information_object() {
    check::<Icmpv6>(
        "9b 01 1234 1e f0 0100 90 05 00 00 20010db8000000000000000000000001
         02 0c 07 0000 02 0080  03 0200 02 0007
         04 0e 08 08 0c 0a 0100 0200 0001 00 1e 003c
         00",
        expect![[r#"
            Internet Control Message Protocol v6, RPL Control (DODAG Information Object)
              Type: RPL Control (155)
              Code: 1
              Checksum: 0x1234
              Checksum Status: Unverified (2)
              RPLInstanceID: 30
              Version: 240
              Rank: 256
              Flags: 0x90
                1... .... = Grounded (G): True
                .0.. .... = Zero: False
                ..01 0... = Mode of Operation (MOP): Storing Mode of Operation with no multicast support (0x2)
                .... .000 = DODAG Preference: 0
              Destination Advertisement Trigger Sequence Number (DTSN): 5
              Flags: 0x00
              Reserved: 00
              DODAGID: 2001:db8::1
              ICMPv6 Option: DAG Metric container (2)
                Type: DAG Metric container (2)
                Length: 12
                Routing Metric/Constraint Type: Link ETX (7)
                Flags: 0x0000
                  0000 0... .... .... = Reserved Flags: 0x00
                  .... .0.. .... .... = Flag P: Not set
                  .... ..0. .... .... = Flag C: Not set
                  .... ...0 .... .... = Flag O: Not set
                  .... .... 0... .... = Flag R: Not set
                  .... .... .000 .... = A Field: 0x0
                  .... .... .... 0000 = Precedence field: 0x0
                Metric Length: 2
                ETX: 128
                Routing Metric/Constraint Type: Hop Count (3)
                Flags: 0x0200
                  0000 0... .... .... = Reserved Flags: 0x00
                  .... .0.. .... .... = Flag P: Not set
                  .... ..1. .... .... = Flag C: Set
                  .... ...0 .... .... = Flag O: Not set
                  .... .... 0... .... = Flag R: Not set
                  .... .... .000 .... = A Field: 0x0
                  .... .... .... 0000 = Precedence field: 0x0
                Metric Length: 2
                Hop Count Object: 0x0007
                  0000 .... .... .... = Reserved field: 0x0
                  .... 0000 .... .... = Flags: 0x0
                  .... .... 0000 0111 = Hop Count: 7
              ICMPv6 Option: DODAG configuration (4)
                Type: DODAG configuration (4)
                Length: 14
                Flag: 0x08
                  0000 .... = Reserved: 0
                  .... 1... = Authentication Enabled: Set
                  .... .000 = Path Control Size: 0
                DIOIntervalDoublings: 8
                DIOIntervalMin: 12
                DIORedundancyConstant: 10
                MaxRankInc: 256
                MinHopRankInc: 512
                OCP (Objective Code Point): 1
                Reserved: 0
                Default Lifetime: 30
                Lifetime Unit: 60
              ICMPv6 Option: 1-byte padding (0)
                Type: 1-byte padding (0)
        "#]],
    );
}

#[test]
fn advertisement_object() {
    check::<Icmpv6>(
        "9b 02 1234 1e c0 00 09 20010db8000000000000000000000001
         05 0a 00 40 20010db800010000
         06 14 00 40 02 1e 20010db8000000000000000000000002",
        expect![[r#"
            Internet Control Message Protocol v6, RPL Control (Destination Advertisement Object)
              Type: RPL Control (155)
              Code: 2
              Checksum: 0x1234
              Checksum Status: Unverified (2)
              RPLInstanceID: 30
              Flags: 0xc0
                1... .... = DAO-ACK Request (K): True
                .1.. .... = DODAGID Present (D): True
                ..00 0000 = Reserved: 0
              Reserved: 00
              DAO Sequence: 9
              DODAGID: 2001:db8::1
              ICMPv6 Option: RPL Target (5)
                Type: RPL Target (5)
                Length: 10
                Reserved
                Target Length: 64
                Target: 2001:db8:1::
              ICMPv6 Option: Transit Information (6)
                Type: Transit Information (6)
                Length: 20
                Flags: 0x00
                  0... .... = External: Not set
                  .000 0000 = Reserved: 0
                Path Control: 64
                Path Sequence: 2
                Path Lifetime: 30
                Parent Address: 2001:db8::2
        "#]],
    );
}

#[test]
fn a_secured_message_with_a_group_key() {
    check::<Icmpv6>(
        "9b 80 1234 80 00 81 00 00000001 0102030405060708 09  00 00",
        expect![[r#"
            Internet Control Message Protocol v6, RPL Control (Secure DODAG Information Solicitation)
              Type: RPL Control (155)
              Code: 128
              Checksum: 0x1234
              Checksum Status: Unverified (2)
              Flags: 0x80
                1... .... = Counter is Time (T): True
                .000 0000 = Reserved: 0
              Algorithm: Encryption: CCM with AES-128 / Signature: RSA with SHA-256 (0)
              Flags: 0x81
              Key Identifier Mode (KIM): 2
              Security Level (LVL): 1
              Reserved: 0
              Flags: 0x00
              Counter: 1
              Key Source: 0102030405060708
              Key Index: 9
              Flags: 0
              Reserved: 00
        "#]],
    );
}

#[test]
fn a_target_is_cut_short() {
    check::<Icmpv6>(
        "9b 02 1234 1e 00 00 09  05 12 00 80 20010db8",
        expect![[r#"
            Internet Control Message Protocol v6, RPL Control (Destination Advertisement Object)
              Type: RPL Control (155)
              Code: 2
              Checksum: 0x1234
              Checksum Status: Unverified (2)
              RPLInstanceID: 30
              Flags: 0x00
                0... .... = DAO-ACK Request (K): False
                .0.. .... = DODAGID Present (D): False
                ..00 0000 = Reserved: 0
              Reserved: 00
              DAO Sequence: 9
              ICMPv6 Option: RPL Target (5)
                Type: RPL Target (5)
                Length: 18
                Reserved
                Target Length: 128
              [error] short: bytes needs 16 bytes at offset 12, 4 are there
        "#]],
    );
}
