//! Slow protocols (IEEE Std 802.3, annex 57A): link aggregation control and its markers (IEEE Std 802.1AX, clause 6).

use prosector_sdk::prelude::*;

/// The dissector of the subtype.
#[derive(Default)]
pub struct Slow;

protocol! {
    /// Slow protocols: what subtype says.
    Slow = slow "Slow Protocols", "Slow Protocols" {
        subtype: u8 hex                     "Slow Protocols subtype" = {
            1 "LACP", 2 "Marker Protocol", 3 "OAM", 10 "Organization Specific Slow Protocol",
        },
    }
    claims { ethertype = 0x8809 }
    tables { SUBTYPE_TABLE: "slow.subtype" }
}

impl Dissector for Slow {
    fn dissect(&mut self, pdu: &mut Pdu<'_>) -> Step {
        let subtype = pdu.take(SUBTYPE)?;
        pdu.info(format_args!("{}", Self::name(SUBTYPE, subtype)));
        pdu.hand_on(SUBTYPE_TABLE, subtype);
        Ok(())
    }
}

builtin!(Slow);

/// Link aggregation control.
mod lacp {
    use super::*;

    /// The dissector.
    #[derive(Default)]
    pub struct Lacp;

    protocol! {
        /// Link Aggregation Control Protocol.
        Lacp = lacp "LACP", "Link Aggregation Control Protocol" {
            version: u8 hex                 "LACP Version",
            tlv_type: u8 hex                "TLV Type" = {
                0 "Terminator", 1 "Actor Information", 2 "Partner Information", 3 "Collector Information",
            },
            tlv_length: u8 hex              "TLV Length",
            actor.sys_priority: u16         "Actor System Priority",
            actor.sysid: mac                "Actor System ID",
            actor.key: u16                  "Actor Key",
            actor.port_priority: u16        "Actor Port Priority",
            actor.port: u16                 "Actor Port",
            actor.state: u8 hex             "Actor State" {
                activity: 0x01              "LACP Activity" = { 0 "Passive", 1 "Active" },
                timeout: 0x02               "LACP Timeout" = { 0 "Long Timeout", 1 "Short Timeout" },
                aggregation: 0x04           "Aggregation" = { 0 "Individual", 1 "Aggregatable" },
                synchronization: 0x08       "Synchronization" = { 0 "Out of Sync", 1 "In Sync" },
                collecting: 0x10            "Collecting" = { 0 "Disabled", 1 "Enabled" },
                distributing: 0x20          "Distributing" = { 0 "Disabled", 1 "Enabled" },
                defaulted: 0x40             "Defaulted",
                expired: 0x80               "Expired",
            },
            actor.state_str: computed str   "Actor State Flags",
            actor.reserved: bytes[3]        "Reserved",
            partner.sys_priority: u16       "Partner System Priority",
            partner.sysid: mac              "Partner System",
            partner.key: u16                "Partner Key",
            partner.port_priority: u16      "Partner Port Priority",
            partner.port: u16               "Partner Port",
            partner.state: u8 hex           "Partner State" {
                activity: 0x01              "LACP Activity" = { 0 "Passive", 1 "Active" },
                timeout: 0x02               "LACP Timeout" = { 0 "Long Timeout", 1 "Short Timeout" },
                aggregation: 0x04           "Aggregation" = { 0 "Individual", 1 "Aggregatable" },
                synchronization: 0x08       "Synchronization" = { 0 "Out of Sync", 1 "In Sync" },
                collecting: 0x10            "Collecting" = { 0 "Disabled", 1 "Enabled" },
                distributing: 0x20          "Distributing" = { 0 "Disabled", 1 "Enabled" },
                defaulted: 0x40             "Defaulted",
                expired: 0x80               "Expired",
            },
            partner.state_str: computed str "Partner State Flags",
            partner.reserved: bytes[3]      "Reserved",
            collector.max_delay: u16        "Collector Max Delay",
            coll_reserved: bytes[12]        "Reserved",
            pad: bytes                      "Pad",
            vendor: bytes                   "Unknown vendor",
        }
        claims { slow.subtype = 1 }
    }

    impl Dissector for Lacp {
        fn dissect(&mut self, pdu: &mut Pdu<'_>) -> Step {
            pdu.take(VERSION)?;
            let (mut actor, mut partner) = ([0; 6], [0; 6]);
            while pdu.remaining() > 0 {
                let kind = pdu.take(TLV_TYPE)?;
                let at = pdu.position();
                let len = usize::from(pdu.take(TLV_LENGTH)?);
                let data = match len.checked_sub(2) {
                    Some(data) if kind != 0 => data,
                    _ => {
                        if kind != 0 {
                            let text = format_args!("{len} bytes, less than 2");
                            pdu.diagnostic(Severity::Error, "bad-length", at..at + 1, text);
                        }
                        break;
                    }
                };
                pdu.within(TLV_LENGTH, data, |pdu| {
                    match kind {
                        1 => {
                            pdu.take(ACTOR_SYS_PRIORITY)?;
                            actor = pdu.take(ACTOR_SYSID)?;
                            pdu.take(ACTOR_KEY)?;
                            pdu.take(ACTOR_PORT_PRIORITY)?;
                            pdu.take(ACTOR_PORT)?;
                            let state = pdu.take(ACTOR_STATE)?;
                            let at = pdu.position();
                            pdu.computed_bytes(ACTOR_STATE_STR, at - 1..at, &letters(state));
                            pdu.take(ACTOR_RESERVED)?;
                        }
                        2 => {
                            pdu.take(PARTNER_SYS_PRIORITY)?;
                            partner = pdu.take(PARTNER_SYSID)?;
                            pdu.take(PARTNER_KEY)?;
                            pdu.take(PARTNER_PORT_PRIORITY)?;
                            pdu.take(PARTNER_PORT)?;
                            let state = pdu.take(PARTNER_STATE)?;
                            let at = pdu.position();
                            pdu.computed_bytes(PARTNER_STATE_STR, at - 1..at, &letters(state));
                            pdu.take(PARTNER_RESERVED)?;
                        }
                        3 => {
                            pdu.take(COLLECTOR_MAX_DELAY)?;
                            pdu.take(COLL_RESERVED)?;
                        }
                        _ => drop(pdu.take_rest(VENDOR)),
                    }
                    Ok(())
                })?;
            }
            if pdu.remaining() > 0 {
                pdu.take_rest(PAD);
            }
            pdu.info(format_args!("ACTOR {} PARTNER {}", Mac(actor), Mac(partner)));
            Ok(())
        }
    }

    /// One letter for each bit of a state that is set, from the highest, with an asterisk for the others.
    fn letters(state: u8) -> [u8; 8] {
        std::array::from_fn(|i| if state & 0x80 >> i != 0 { b"EFDCSGSA"[i] } else { b'*' })
    }

    /// An address as it is written.
    struct Mac([u8; 6]);

    impl std::fmt::Display for Mac {
        fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
            let [a, b, c, d, e, g] = self.0;
            write!(f, "{a:02x}:{b:02x}:{c:02x}:{d:02x}:{e:02x}:{g:02x}")
        }
    }

    builtin!(Lacp);

    #[test]
    fn a_message() {
        check::<Lacp>(
            "01 01 14 8000 020000000001 0011 8000 0016 3d 000000 02 14 8000 020000000002 000d 8000 0019 45 000000
             03 10 8000 000000000000000000000000 00 00 0000",
            expect![[r#"
                Link Aggregation Control Protocol, ACTOR 02:00:00:00:00:01 PARTNER 02:00:00:00:00:02
                  LACP Version: 0x01
                  TLV Type: Actor Information (0x01)
                  TLV Length: 0x14
                  Actor System Priority: 32768
                  Actor System ID: 02:00:00:00:00:01
                  Actor Key: 17
                  Actor Port Priority: 32768
                  Actor Port: 22
                  Actor State: 0x3d
                    .... ...1 = LACP Activity: Active
                    .... ..0. = LACP Timeout: Long Timeout
                    .... .1.. = Aggregation: Aggregatable
                    .... 1... = Synchronization: In Sync
                    ...1 .... = Collecting: Enabled
                    ..1. .... = Distributing: Enabled
                    .0.. .... = Defaulted: False
                    0... .... = Expired: False
                  Actor State Flags: **DCSG*A
                  Reserved: 000000
                  TLV Type: Partner Information (0x02)
                  TLV Length: 0x14
                  Partner System Priority: 32768
                  Partner System: 02:00:00:00:00:02
                  Partner Key: 13
                  Partner Port Priority: 32768
                  Partner Port: 25
                  Partner State: 0x45
                    .... ...1 = LACP Activity: Active
                    .... ..0. = LACP Timeout: Long Timeout
                    .... .1.. = Aggregation: Aggregatable
                    .... 0... = Synchronization: Out of Sync
                    ...0 .... = Collecting: Disabled
                    ..0. .... = Distributing: Disabled
                    .1.. .... = Defaulted: True
                    0... .... = Expired: False
                  Partner State Flags: *F***G*A
                  Reserved: 000000
                  TLV Type: Collector Information (0x03)
                  TLV Length: 0x10
                  Collector Max Delay: 32768
                  Reserved: 000000000000000000000000
                  TLV Type: Terminator (0x00)
                  TLV Length: 0x00
                  Pad: 0000
            "#]],
        );
        check::<Lacp>(
            "01 01 01 8000",
            expect![[r#"
            Link Aggregation Control Protocol, ACTOR 00:00:00:00:00:00 PARTNER 00:00:00:00:00:00
              LACP Version: 0x01
              TLV Type: Actor Information (0x01)
              TLV Length: 0x01
              [error] bad-length: 1 bytes, less than 2
              Pad: 8000
        "#]],
        );
        check::<Lacp>(
            "01 01 08 8000 0200",
            expect![[r#"
            Link Aggregation Control Protocol
              LACP Version: 0x01
              TLV Type: Actor Information (0x01)
              TLV Length: 0x08
              Actor System Priority: 32768
              [error] short: lacp.actor.sysid needs 6 bytes at offset 5, 2 are there
        "#]],
        );
    }
}

/// The marker protocol.
mod marker {
    use super::*;

    /// The dissector.
    #[derive(Default)]
    pub struct Marker;

    protocol! {
        /// Link Aggregation Marker Protocol.
        Marker = marker "MARKER", "Link Aggregation Marker Protocol" {
            version: u8 hex                 "Version Number",
            tlvType: u8 hex                 "TLV Type" = {
                0 "Marker Terminator", 1 "Marker Information", 2 "Marker Response Information",
            },
            tlvLen: u8 hex                  "TLV Length",
            requesterPort: u16              "Requester Port",
            requesterSystem: mac            "Requester System",
            requesterTransId: u32           "Requester Transaction ID",
            requesterPad: u16               "Requester Pad",
            reserved: bytes                 "Reserved",
        }
        claims { slow.subtype = 2 }
    }

    impl Dissector for Marker {
        fn dissect(&mut self, pdu: &mut Pdu<'_>) -> Step {
            pdu.take(VERSION)?;
            let kind = pdu.take(TLVTYPE)?;
            pdu.info(format_args!("{}", Self::name(TLVTYPE, kind)));
            pdu.take(TLVLEN)?;
            pdu.take(REQUESTERPORT)?;
            pdu.take(REQUESTERSYSTEM)?;
            pdu.take(REQUESTERTRANSID)?;
            pdu.take(REQUESTERPAD)?;
            pdu.take(TLVTYPE)?;
            pdu.take(TLVLEN)?;
            if pdu.remaining() > 0 {
                pdu.take_rest(RESERVED);
            }
            Ok(())
        }
    }

    builtin!(Marker);

    #[test]
    fn a_marker() {
        check::<Marker>(
            "01 01 10 0016 020000000001 00000007 0000 00 00 0000",
            expect![[r#"
            Link Aggregation Marker Protocol, Marker Information
              Version Number: 0x01
              TLV Type: Marker Information (0x01)
              TLV Length: 0x10
              Requester Port: 22
              Requester System: 02:00:00:00:00:01
              Requester Transaction ID: 7
              Requester Pad: 0
              TLV Type: Marker Terminator (0x00)
              TLV Length: 0x00
              Reserved: 0000
        "#]],
        );
        check::<Marker>(
            "01 01 10 0016 0200",
            expect![[r#"
            Link Aggregation Marker Protocol, Marker Information
              Version Number: 0x01
              TLV Type: Marker Information (0x01)
              TLV Length: 0x10
              Requester Port: 22
              [error] short: marker.requesterSystem needs 6 bytes at offset 5, 2 are there
        "#]],
        );
    }
}

#[test]
fn the_subtype() {
    check::<Slow>(
        "01 01",
        expect![[r#"
        Slow Protocols, LACP
          Slow Protocols subtype: LACP (0x01)
        → slow.subtype [1]: bytes 1..2
    "#]],
    );
}
