//! PIM, protocol independent multicast: sparse mode (RFC 7761, section 4.9), with the messages of dense mode (RFC 3973),
//! of bidirectional trees (RFC 5015) and of the bootstrap mechanism (RFC 5059).

use crate::address_families::{ADDRESS_FAMILIES, IPV4, IPV6};
use crate::checksum::{self, STATUS, UNVERIFIED};
use prosector_sdk::handle::Handle;
use prosector_sdk::prelude::*;

/// The dissector.
#[derive(Default)]
pub struct Pim;

protocol! {
    /// Protocol independent multicast, version 2.
    Pim = pim "PIM", "Protocol Independent Multicast" {
        version: u8 & 0xf0                "Version",
        type: u8 & 0x0f                   "Type" = {
            0 "Hello", 1 "Register", 2 "Register-stop", 3 "Join/Prune", 4 "Bootstrap", 5 "Assert", 6 "Graft",
            7 "Graft-Ack", 8 "Candidate-RP-Advertisement", 9 "State-Refresh", 10 "DF election", 11 "ECMP redirect",
            12 "PFM source discovery",
        },
        res_bytes: bytes[1]               "Reserved byte(s)",
        df_elect.subtype: u8 & 0xf0       "DF Subtype" = { 1 "Offer", 2 "Winner", 3 "Backoff", 4 "Pass" },
        df_elect.rsvd: u8 & 0x0f          "DF reserved",
        /// In a Register message over the first eight bytes only.
        cksum: u16 hex                    "Checksum",
        cksum.status: computed u8         "Checksum Status" = STATUS,
        register_flag: u32 hex            "Flags" {
            border: 0x80000000            "Border",
            null_register: 0x40000000     "Null-Register",
        },
        ip_version: u8 & 0xf0             "IP Version" = { 0 "Dummy Header", 4 "IPv4", 6 "IPv6" },

        // Hello
        option: group                     "Option",
        optiontype: u16                   "Type" = {
            1 "Hold Time", 2 "LAN Prune Delay", 19 "DR Priority", 20 "Generation ID", 21 "State Refresh Capable",
            22 "Bidirectional Capable", 24 "Address List", 65001 "Address List (old)",
        },
        optionlength: u16                 "Length",
        optionvalue: bytes                "Unknown",
        t: bool(u8) & 0x80                "T",
        propagation_delay: u16 & 0x7fff   "Propagation Delay" unit "ms",
        override_interval: u16            "Override Interval" unit "ms",
        dr_priority: u32                  "DR Priority",
        generation_id: u32                "Generation ID",
        state_refresh_version: u8         "Version",
        state_refresh_interval: u8        "Interval" unit "s",
        state_refresh_reserved: u16       "Reserved",
        address_list: ipv4                "Address",
        address_list_ip6: ipv6            "Address",

        // What the others have
        holdtime: u16                     "Holdtime" unit "s" = { 0 "Goodbye", 65535 "Infinity" },
        upstream_neighbor: ipv4           "Upstream-neighbor",
        upstream_neighbor_ip6: ipv6       "Upstream-neighbor",
        numgroups: u8                     "Num Groups",
        /// Empty; one group with the sources that are joined and pruned follows.
        group_set: str                    "Group",
        numjoins: u16                     "Num Joins",
        numprunes: u16                    "Num Prunes",
        join_ip: ipv4                     "IP address",
        join_ip6: ipv6                    "IP address",
        prune_ip: ipv4                    "IP address",
        prune_ip6: ipv6                   "IP address",
        fragment_tag: u16 hex             "Fragment tag",
        hash_mask_len: u8                 "Hash mask len",
        bsr_priority: u8                  "BSR priority",
        bsr: ipv4                         "BSR",
        bsr_ip6: ipv6                     "BSR",
        rp_count: u8                      "RP count",
        frp_count: u8                     "FRP count",
        prefix_count: u8                  "Prefix-count",
        priority: u8                      "Priority",
        rp: ipv4                          "RP",
        rp_ip6: ipv6                      "RP",
        originator: ipv4                  "Originator",
        originator_ip6: ipv6              "Originator",
        rpt: bool(u8) & 0x80              "RP Tree",
        metric_pref: u32 & 0x7fffffff     "Metric Preference",
        metric: u32                       "Metric",
        ttl: u8                           "TTL",
        prune_indicator: bool(u8) & 0x80  "Prune indicator",
        prune_now: bool(u8) & 0x40        "Prune now",
        assert_override: bool(u8) & 0x20  "Assert override",
        interval: u8                      "Interval",
        bidir_offering_ip4: ipv4          "Offering IP",
        bidir_offering_ip6: ipv6          "Offering IP",
        bidir_off_metric_pref: u32        "Offering Metric Preference",
        bidir_off_metric: u32             "Offering Metric",
        bidir_offering_interval: u16      "Offering interval (ms)",
        bidir_winner_ip4: ipv4            "New Winner IP",
        bidir_winner_ip6: ipv6            "New Winner IP",
        bidir_win_metric_pref: u32        "Winner Metric Preference",
        bidir_win_metric: u32             "Winner Metric",

        // Encoded addresses (RFC 7761, section 4.9.1). What an address stands for is recorded before its parts.
        addr_address_family: u8           "Address Family" = ADDRESS_FAMILIES,
        addr_encoding_type: u8            "Encoding Type" = { 0 "Native", 1 "Native with Join Attribute" },
        unicast: ipv4                     "Unicast",
        unicast_ipv6: ipv6                "Unicast",
        group_addr.flags: u8 hex          "Flags" {
            b: 0x80                       "Bidirectional PIM",
            reserved: hex 0x7e            "Reserved",
            z: 0x01                       "Admin Scope Zone",
        },
        source_addr.flags: u8 hex         "Flags" {
            reserved: hex 0xf8            "Reserved",
            s: 0x04                       "Sparse",
            w: 0x02                       "WildCard",
            r: 0x01                       "Rendezvous Point Tree",
        },
        mask_len: u8                      "Masklen",
        group: ipv4                       "Group",
        group_ip6: ipv6                   "Group",
        source: ipv4                      "Source",
        source_ip6: ipv6                  "Source",
    }
    claims { ip.proto = 103 }
    tables { IP: "@ip", IPV6_TABLE: "@ipv6" }
}

const HELLO: u8 = 0;
const REGISTER: u8 = 1;
const REGISTER_STOP: u8 = 2;
const JOIN_PRUNE: u8 = 3;
const BOOTSTRAP: u8 = 4;
const ASSERT: u8 = 5;
const GRAFT: u8 = 6;
const GRAFT_ACK: u8 = 7;
const CANDIDATE: u8 = 8;
const STATE_REFRESH: u8 = 9;
const DF_ELECTION: u8 = 10;
const PROTOCOL_NUMBER: u8 = 103;

impl Dissector for Pim {
    fn dissect(&mut self, pdu: &mut Pdu<'_>) -> Step {
        pdu.show(VERSION)?;
        let kind = pdu.take(TYPE)?;
        pdu.info(format_args!("{}", Self::name(TYPE, kind)));
        let mut subtype = 0;
        if kind == DF_ELECTION {
            subtype = pdu.show(DF_ELECT_SUBTYPE)?;
            pdu.take(DF_ELECT_RSVD)?;
        } else {
            pdu.take(RES_BYTES)?;
        }
        pdu.take(CKSUM)?;
        if pdu.wants(CKSUM_STATUS) {
            let len = if kind == REGISTER { 8 } else { pdu.wire_len() };
            let status = pdu.data().get(..len).map_or(UNVERIFIED, |data| match pdu.context() >> 32 & 1 {
                0 => checksum::plain(data),
                _ => checksum::with_pseudo_header(pdu.context(), PROTOCOL_NUMBER, data),
            });
            pdu.computed(CKSUM_STATUS, 2..4, status);
        }
        match kind {
            HELLO => hello(pdu),
            REGISTER => register(pdu),
            REGISTER_STOP => {
                group(pdu)?;
                unicast(pdu, SOURCE, SOURCE_IP6)
            }
            JOIN_PRUNE | GRAFT | GRAFT_ACK => join_prune(pdu),
            BOOTSTRAP => bootstrap(pdu),
            ASSERT => {
                group(pdu)?;
                unicast(pdu, SOURCE, SOURCE_IP6)?;
                metrics(pdu)
            }
            CANDIDATE => {
                let groups = pdu.take(PREFIX_COUNT)?;
                pdu.take(PRIORITY)?;
                pdu.take(HOLDTIME)?;
                unicast(pdu, RP, RP_IP6)?;
                (0..groups).try_for_each(|_| group(pdu))
            }
            STATE_REFRESH => state_refresh(pdu),
            DF_ELECTION => df_election(pdu, subtype),
            _ => Ok(()),
        }
    }
}

fn hello(pdu: &mut Pdu<'_>) -> Step {
    while pdu.remaining() > 0 {
        pdu.group(OPTION, |pdu| {
            let kind = pdu.take(OPTIONTYPE)?;
            let len = usize::from(pdu.take(OPTIONLENGTH)?);
            pdu.within(OPTIONLENGTH, len, |pdu| match (kind, len) {
                (1, 2) => pdu.take(HOLDTIME).map(drop),
                (2, 4) => {
                    pdu.show(T)?;
                    pdu.take(PROPAGATION_DELAY)?;
                    pdu.take(OVERRIDE_INTERVAL).map(drop)
                }
                (19, 4) => pdu.take(DR_PRIORITY).map(drop),
                (20, 4) => pdu.take(GENERATION_ID).map(drop),
                (21, 4) => {
                    pdu.take(STATE_REFRESH_VERSION)?;
                    pdu.take(STATE_REFRESH_INTERVAL)?;
                    pdu.take(STATE_REFRESH_RESERVED).map(drop)
                }
                (24 | 65001, _) => {
                    while pdu.remaining() > 0 {
                        unicast(pdu, ADDRESS_LIST, ADDRESS_LIST_IP6)?;
                    }
                    Ok(())
                }
                (_, 0) => Ok(()),
                _ => pdu.take_bytes(OPTIONVALUE, len).map(drop),
            })
        })?;
    }
    Ok(())
}

fn register(pdu: &mut Pdu<'_>) -> Step {
    pdu.take(REGISTER_FLAG)?;
    match pdu.show(IP_VERSION)? {
        4 => drop(pdu.hand_to(IP)),
        6 => drop(pdu.hand_to(IPV6_TABLE)),
        _ => (),
    }
    Ok(())
}

fn join_prune(pdu: &mut Pdu<'_>) -> Step {
    unicast(pdu, UPSTREAM_NEIGHBOR, UPSTREAM_NEIGHBOR_IP6)?;
    pdu.take(RES_BYTES)?;
    let groups = pdu.take(NUMGROUPS)?;
    pdu.take(HOLDTIME)?;
    for _ in 0..groups {
        let at = pdu.position();
        pdu.mark(GROUP_SET, at..at);
        group(pdu)?;
        let joins = pdu.take(NUMJOINS)?;
        let prunes = pdu.take(NUMPRUNES)?;
        for _ in 0..joins {
            source(pdu, JOIN_IP, JOIN_IP6)?;
        }
        for _ in 0..prunes {
            source(pdu, PRUNE_IP, PRUNE_IP6)?;
        }
    }
    Ok(())
}

fn bootstrap(pdu: &mut Pdu<'_>) -> Step {
    pdu.take(FRAGMENT_TAG)?;
    pdu.take(HASH_MASK_LEN)?;
    pdu.take(BSR_PRIORITY)?;
    unicast(pdu, BSR, BSR_IP6)?;
    while pdu.remaining() > 0 {
        group(pdu)?;
        pdu.take(RP_COUNT)?;
        let points = pdu.take(FRP_COUNT)?;
        pdu.skip(2)?;
        for _ in 0..points {
            unicast(pdu, RP, RP_IP6)?;
            pdu.take(HOLDTIME)?;
            pdu.take(PRIORITY)?;
            pdu.take(RES_BYTES)?;
        }
    }
    Ok(())
}

/// RFC 3973, section 4.7.10.
fn state_refresh(pdu: &mut Pdu<'_>) -> Step {
    group(pdu)?;
    unicast(pdu, SOURCE, SOURCE_IP6)?;
    unicast(pdu, ORIGINATOR, ORIGINATOR_IP6)?;
    metrics(pdu)?;
    pdu.take(MASK_LEN)?;
    pdu.take(TTL)?;
    pdu.show(PRUNE_INDICATOR)?;
    pdu.show(PRUNE_NOW)?;
    pdu.take(ASSERT_OVERRIDE)?;
    pdu.take(INTERVAL)?;
    Ok(())
}

/// RFC 5015, section 3.7.
fn df_election(pdu: &mut Pdu<'_>, subtype: u8) -> Step {
    const BACKOFF: u8 = 3;
    const PASS: u8 = 4;
    unicast(pdu, RP, RP_IP6)?;
    pdu.take(METRIC_PREF)?;
    pdu.take(METRIC)?;
    if subtype == BACKOFF {
        unicast(pdu, BIDIR_OFFERING_IP4, BIDIR_OFFERING_IP6)?;
        pdu.take(BIDIR_OFF_METRIC_PREF)?;
        pdu.take(BIDIR_OFF_METRIC)?;
        pdu.take(BIDIR_OFFERING_INTERVAL)?;
    } else if subtype == PASS {
        unicast(pdu, BIDIR_WINNER_IP4, BIDIR_WINNER_IP6)?;
        pdu.take(BIDIR_WIN_METRIC_PREF)?;
        pdu.take(BIDIR_WIN_METRIC)?;
    }
    Ok(())
}

fn metrics(pdu: &mut Pdu<'_>) -> Step {
    pdu.show(RPT)?;
    pdu.take(METRIC_PREF)?;
    pdu.take(METRIC)?;
    Ok(())
}

type Addresses = (Handle<[u8; 4]>, Handle<[u8; 16]>);

/// An encoded address: family and encoding, what `middle` reads, and the address. It is recorded as `whole` first,
/// `skip` bytes from here, and as `part` last.
fn encoded(
    pdu: &mut Pdu<'_>,
    whole: Addresses,
    part: Addresses,
    skip: usize,
    middle: impl FnOnce(&mut Pdu<'_>) -> Step,
) -> Step {
    let (at, family) = (pdu.position(), u16::from(pdu.peek(ADDR_ADDRESS_FAMILY)?));
    match family {
        IPV4 => drop(pdu.show_at(whole.0, at + skip)?),
        IPV6 => drop(pdu.show_at(whole.1, at + skip)?),
        _ => {
            let text = format_args!("an address of family {family} here has no known length");
            pdu.diagnostic(Severity::Error, "bad-family", at..at + 1, text);
            return pdu.skip(pdu.remaining());
        }
    }
    pdu.take(ADDR_ADDRESS_FAMILY)?;
    pdu.take(ADDR_ENCODING_TYPE)?;
    middle(pdu)?;
    if family == IPV4 { pdu.take(part.0).map(drop) } else { pdu.take(part.1).map(drop) }
}

fn unicast(pdu: &mut Pdu<'_>, v4: Handle<[u8; 4]>, v6: Handle<[u8; 16]>) -> Step {
    encoded(pdu, (v4, v6), (UNICAST, UNICAST_IPV6), 2, |_| Ok(()))
}

fn group(pdu: &mut Pdu<'_>) -> Step {
    encoded(pdu, (GROUP, GROUP_IP6), (GROUP, GROUP_IP6), 4, |pdu| {
        pdu.take(GROUP_ADDR_FLAGS)?;
        pdu.take(MASK_LEN).map(drop)
    })
}

fn source(pdu: &mut Pdu<'_>, v4: Handle<[u8; 4]>, v6: Handle<[u8; 16]>) -> Step {
    encoded(pdu, (v4, v6), (SOURCE, SOURCE_IP6), 4, |pdu| {
        pdu.take(SOURCE_ADDR_FLAGS)?;
        pdu.take(MASK_LEN).map(drop)
    })
}

builtin!(Pim);

#[test]
fn messages() {
    check::<Pim>(
        "21 00 deff 00000000 45",
        expect![[r#"
            Protocol Independent Multicast, Register
              Version: 2
              Type: Register (1)
              Reserved byte(s): 00
              Checksum: 0xdeff
              Checksum Status: Good (1)
              Flags: 0x00000000
                0... .... .... .... .... .... .... .... = Border: False
                .0.. .... .... .... .... .... .... .... = Null-Register: False
              IP Version: IPv4 (4)
            → @ip [0]: bytes 8..9
        "#]],
    );
    check::<Pim>(
        "20 00 0000",
        expect![[r#"
            Protocol Independent Multicast, Hello
              Version: 2
              Type: Hello (0)
              Reserved byte(s): 00
              Checksum: 0x0000
              Checksum Status: Bad (0)
        "#]],
    );
    check::<Pim>(
        "2a 10 0000 01",
        expect![[r#"
            Protocol Independent Multicast, DF election
              Version: 2
              Type: DF election (10)
              DF Subtype: Offer (1)
              DF reserved: 0
              Checksum: 0x0000
              Checksum Status: Bad (0)
              [error] short: pim.rp needs 4 bytes at offset 6, 0 are there
        "#]],
    );
    check::<Pim>(
        "21 00 de",
        expect![[r#"
            Protocol Independent Multicast, Register
              Version: 2
              Type: Register (1)
              Reserved byte(s): 00
              [error] short: pim.cksum needs 2 bytes at offset 2, 1 are there
        "#]],
    );
}

#[test]
fn a_hello() {
    check::<Pim>(
        "20 00 0000 0001 0002 0069 0013 0004 00000001 0018 0006 0100 0a000001 1234 0001 aa",
        expect![[r#"
            Protocol Independent Multicast, Hello
              Version: 2
              Type: Hello (0)
              Reserved byte(s): 00
              Checksum: 0x0000
              Checksum Status: Bad (0)
              Option: Hold Time (1)
                Type: Hold Time (1)
                Length: 2
                Holdtime: 105 s
              Option: DR Priority (19)
                Type: DR Priority (19)
                Length: 4
                DR Priority: 1
              Option: Address List (24)
                Type: Address List (24)
                Length: 6
                Address: 10.0.0.1
                Address Family: IPv4 (1)
                Encoding Type: Native (0)
                Unicast: 10.0.0.1
              Option
                Type: 4660
                Length: 1
                Unknown: aa
        "#]],
    );
}

#[test]
fn a_join() {
    check::<Pim>(
        "23 00 0000 0100 0a000001 00 01 00d2 0100 00 20 e1000001 0001 0001 0100 04 20 0a000002 0100 07 20 0a000003",
        expect![[r#"
            Protocol Independent Multicast, Join/Prune
              Version: 2
              Type: Join/Prune (3)
              Reserved byte(s): 00
              Checksum: 0x0000
              Checksum Status: Bad (0)
              Upstream-neighbor: 10.0.0.1
              Address Family: IPv4 (1)
              Encoding Type: Native (0)
              Unicast: 10.0.0.1
              Reserved byte(s): 00
              Num Groups: 1
              Holdtime: 210 s
              Group: 
              Group: 225.0.0.1
              Address Family: IPv4 (1)
              Encoding Type: Native (0)
              Flags: 0x00
                0... .... = Bidirectional PIM: False
                .000 000. = Reserved: 0x00
                .... ...0 = Admin Scope Zone: False
              Masklen: 32
              Group: 225.0.0.1
              Num Joins: 1
              Num Prunes: 1
              IP address: 10.0.0.2
              Address Family: IPv4 (1)
              Encoding Type: Native (0)
              Flags: 0x04
                0000 0... = Reserved: 0x00
                .... .1.. = Sparse: True
                .... ..0. = WildCard: False
                .... ...0 = Rendezvous Point Tree: False
              Masklen: 32
              Source: 10.0.0.2
              IP address: 10.0.0.3
              Address Family: IPv4 (1)
              Encoding Type: Native (0)
              Flags: 0x07
                0000 0... = Reserved: 0x00
                .... .1.. = Sparse: True
                .... ..1. = WildCard: True
                .... ...1 = Rendezvous Point Tree: True
              Masklen: 32
              Source: 10.0.0.3
        "#]],
    );
}

#[test]
fn a_bootstrap() {
    check::<Pim>(
        "24 00 0000 0001 1e 40 0100 0a000001 0100 00 04 e0000000 01 01 0000 0100 0a000002 0096 c0 00",
        expect![[r#"
            Protocol Independent Multicast, Bootstrap
              Version: 2
              Type: Bootstrap (4)
              Reserved byte(s): 00
              Checksum: 0x0000
              Checksum Status: Bad (0)
              Fragment tag: 0x0001
              Hash mask len: 30
              BSR priority: 64
              BSR: 10.0.0.1
              Address Family: IPv4 (1)
              Encoding Type: Native (0)
              Unicast: 10.0.0.1
              Group: 224.0.0.0
              Address Family: IPv4 (1)
              Encoding Type: Native (0)
              Flags: 0x00
                0... .... = Bidirectional PIM: False
                .000 000. = Reserved: 0x00
                .... ...0 = Admin Scope Zone: False
              Masklen: 4
              Group: 224.0.0.0
              RP count: 1
              FRP count: 1
              RP: 10.0.0.2
              Address Family: IPv4 (1)
              Encoding Type: Native (0)
              Unicast: 10.0.0.2
              Holdtime: 150 s
              Priority: 192
              Reserved byte(s): 00
        "#]],
    );
    check::<Pim>(
        "24 00 0000 0001 1e 40 0900 0a000001",
        expect![[r#"
        Protocol Independent Multicast, Bootstrap
          Version: 2
          Type: Bootstrap (4)
          Reserved byte(s): 00
          Checksum: 0x0000
          Checksum Status: Bad (0)
          Fragment tag: 0x0001
          Hash mask len: 30
          BSR priority: 64
          [error] bad-family: an address of family 9 here has no known length
    "#]],
    );
}
