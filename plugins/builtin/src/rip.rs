//! RIP: version 1 (RFC 1058), version 2 (RFC 2453), and RIPng for IPv6 (RFC 2080).

use prosector_sdk::prelude::*;

/// The dissector.
#[derive(Default)]
pub struct Rip;

protocol! {
    /// Routing Information Protocol, RFC 2453.
    Rip = rip "RIP", "Routing Information Protocol" {
        command: u8             "Command" = COMMANDS,
        version: u8             "Version" = { 1 "RIPv1", 2 "RIPv2" },
        routing_domain: u16     "Routing Domain",
        entry: group            "Entry",
        family: u16             "Address Family" = { 0 "Unspecified", 2 "IP", 0xffff "Authentication" },
        route_tag: u16          "Route Tag",
        ip: ipv4                "IP Address",
        netmask: ipv4           "Netmask",
        next_hop: ipv4          "Next Hop",
        metric: u32             "Metric",
        auth.type: u16          "Authentication type"
            = { 1 "IP Route", 2 "Simple Password", 3 "Keyed Message Digest" },
        auth.passwd: str        "Password",
        authentication_data: bytes[16] "Authentication Data",
    }
    claims { udp.port = 520 }
}

value_names! {
    /// Kinds of messages.
    COMMANDS {
        1 "Request", 2 "Response", 3 "Traceon", 4 "Traceoff", 5 "Vendor specific (Sun)", 9 "Update Request",
        10 "Update Response", 11 "Update Acknowledge",
    }
}

const ENTRY_LEN: usize = 20;
const VERSION_1: u8 = 1;
const AUTHENTICATION: u16 = 0xffff;
const PASSWORD: u16 = 2;
const IP_FAMILY: u16 = 2;

impl Dissector for Rip {
    fn dissect(&mut self, pdu: &mut Pdu<'_>) -> Step {
        let command = pdu.take(COMMAND)?;
        let version = pdu.take(VERSION)?;
        pdu.info(format_args!("{}", Rip::name(COMMAND, command)));
        if version == VERSION_1 {
            pdu.skip(2)?;
        } else {
            pdu.take(ROUTING_DOMAIN)?;
        }
        while pdu.wire_remaining() >= ENTRY_LEN {
            pdu.group(ENTRY, |pdu| entry(pdu, version))?;
        }
        let rest = pdu.wire_remaining();
        if rest > 0 {
            let at = pdu.position();
            let text = format_args!("{rest} bytes, less than an entry's {ENTRY_LEN}");
            pdu.diagnostic(Severity::Warning, "bad-length", at..at + pdu.remaining(), text);
        }
        Ok(())
    }
}

/// RFC 2453, section 4; authentication: section 4.1 and RFC 4822.
fn entry(pdu: &mut Pdu<'_>, version: u8) -> Step {
    let family = pdu.take(FAMILY)?;
    if family == AUTHENTICATION {
        let kind = pdu.take(AUTH_TYPE)?;
        return if kind == PASSWORD {
            pdu.take_bytes(AUTH_PASSWD, 16).map(drop)
        } else {
            pdu.take(AUTHENTICATION_DATA).map(drop)
        };
    }
    if version == VERSION_1 {
        pdu.skip(2)?;
    } else {
        pdu.take(ROUTE_TAG)?;
    }
    // A request for everything has no address.
    if family == IP_FAMILY {
        pdu.take(IP)?;
    } else {
        pdu.skip(4)?;
    }
    if version == VERSION_1 {
        pdu.skip(8)?;
    } else {
        pdu.take(NETMASK)?;
        pdu.take(NEXT_HOP)?;
    }
    pdu.take(METRIC).map(drop)
}

builtin!(Rip);

/// RIP for IPv6.
mod ng {
    use prosector_sdk::prelude::*;

    /// The dissector.
    #[derive(Default)]
    pub struct Ripng;

    protocol! {
        /// RIP for IPv6, RFC 2080.
        Ripng = ripng "RIPng", "RIPng" {
            cmd: u8                 "Command" = { 1 "Request", 2 "Response" },
            version: u8             "Version",
            reserved: bytes[2]      "Reserved",
            rte: group              "Route Table Entry",
            rte.ipv6_prefix: ipv6   "IPv6 Prefix",
            rte.route_tag: u16 hex  "Route Tag",
            rte.prefix_length: u8   "Prefix Length",
            rte.metric: u8          "Metric",
        }
        claims { udp.port = 521 }
    }

    impl Dissector for Ripng {
        fn dissect(&mut self, pdu: &mut Pdu<'_>) -> Step {
            let command = pdu.take(CMD)?;
            let version = pdu.take(VERSION)?;
            pdu.info(format_args!("Command {}, Version {version}", Ripng::name(CMD, command)));
            pdu.take(RESERVED)?;
            while pdu.wire_remaining() > 0 {
                pdu.group(RTE, |pdu| {
                    pdu.take(RTE_IPV6_PREFIX)?;
                    pdu.take(RTE_ROUTE_TAG)?;
                    pdu.take(RTE_PREFIX_LENGTH)?;
                    pdu.take(RTE_METRIC).map(drop)
                })?;
            }
            Ok(())
        }
    }

    builtin!(Ripng);

    #[test]
    fn a_response() {
        check::<Ripng>(
            "02 01 0000 20010db8000000000000000000000000 0001 20 02 2001",
            expect![[r#"
                RIPng, Command Response, Version 1
                  Command: Response (2)
                  Version: 1
                  Reserved: 0000
                  Route Table Entry: 2001:db8::
                    IPv6 Prefix: 2001:db8::
                    Route Tag: 0x0001
                    Prefix Length: 32
                    Metric: 2
                  Route Table Entry
                  [error] short: ripng.rte.ipv6_prefix needs 16 bytes at offset 24, 2 are there
            "#]],
        );
    }
}

#[test]
fn versions() {
    check::<Rip>(
        "01 01 0000  0000 0000 00000000 00000000 00000000 00000010",
        expect![[r#"
            Routing Information Protocol, Request
              Command: Request (1)
              Version: RIPv1 (1)
              Entry: Unspecified (0)
                Address Family: Unspecified (0)
                Metric: 16
        "#]],
    );
    check::<Rip>(
        "02 02 0000  ffff 0002 70617373776f72640000000000000000
        0002 0007 c0000200 ffffff00 00000000 00000001  0002",
        expect![[r#"
            Routing Information Protocol, Response
              Command: Response (2)
              Version: RIPv2 (2)
              Routing Domain: 0
              Entry: Authentication (65535)
                Address Family: Authentication (65535)
                Authentication type: Simple Password (2)
                Password: password\u{0}\u{0}\u{0}\u{0}\u{0}\u{0}\u{0}\u{0}
              Entry: IP (2)
                Address Family: IP (2)
                Route Tag: 7
                IP Address: 192.0.2.0
                Netmask: 255.255.255.0
                Next Hop: 0.0.0.0
                Metric: 1
              [warning] bad-length: 2 bytes, less than an entry's 20
        "#]],
    );
}
