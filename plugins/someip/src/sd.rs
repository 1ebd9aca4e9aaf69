//! The service discovery of SOME/IP (AUTOSAR PRS_SOMEIPServiceDiscoveryProtocol R22-11, section 4.1): who offers what,
//! looks for one or subscribes to its events, and at which addresses and ports, which are SOME/IP's from then on.

use prosector_sdk::prelude::*;

/// The dissector of service discovery.
#[derive(Default)]
pub struct Someipsd;

protocol! {
    /// SOME/IP service discovery: entries, and the options that they refer to.
    Someipsd = someipsd "SOME/IP-SD", "SOME/IP Service Discovery Protocol" {
        flags: u8 hex                           "Flags" {
            reboot: 0x80                        "Reboot Flag" = { 0 "Sessions rolled over", 1 "None rolled over" },
            unicast: 0x40                       "Unicast Flag" = { 0 "Not supported (deprecated)", 1 "Supported" },
            exp_init_events: 0x20               "Explicit Initial Events Flag" = { 0 "Not supported", 1 "Supported" },
        },
        reserved: u24 hex                       "Reserved",
        length_entriesarray: u32                "Length of Entries Array" unit "bytes",
        entries: group                          "Entries Array",
        entry: group                            "Entry",
        entry.type: u8 hex   "Type" = { 0 "Find Service", 1 "Offer Service", 6 "Subscribe", 7 "Subscribe Ack" },
        entry.index1: u8 hex                    "Index 1",
        entry.index2: u8 hex                    "Index 2",
        entry.numopt1: u8 hex & 0xf0            "Number of Opts 1",
        entry.numopt2: u8 hex & 0x0f            "Number of Opts 2",
        entry.optionsreferenced: computed str   "Options referenced",
        entry.serviceid: u16 hex                "Service ID",
        entry.instanceid: u16 hex               "Instance ID",
        entry.majorver: u8                      "Major Version",
        /// 0 takes back what the entry says.
        entry.ttl: u24                          "TTL" unit "s",
        entry.minorver: u32                     "Minor Version",
        entry.reserved: u8 hex                  "Reserved",
        entry.initialevents: bool(u8) & 0x80    "Initial Event Request",
        entry.reserved2: u8 hex & 0x70          "Reserved",
        entry.counter: u8 hex & 0x0f            "Counter",
        entry.eventgroupid: u16 hex             "Eventgroup ID",
        /// Service, instance and eventgroup in one number, by what the entry says of them.
        entry.findservice: computed u64 hex     "Find Service" hidden,
        entry.offerservice: computed u64 hex    "Offer Service" hidden,
        entry.stopofferservice: computed u64 hex "Stop Offer Service" hidden,
        entry.subscribeeventgroup: computed u64 hex "Subscribe Eventgroup" hidden,
        entry.stopsubscribeeventgroup: computed u64 hex "Stop Subscribe Eventgroup" hidden,
        entry.subscribeeventgroupack: computed u64 hex "Subscribe Eventgroup ACK" hidden,
        entry.subscribeeventgroupnack: computed u64 hex "Subscribe Eventgroup NACK" hidden,
        length_optionsarray: u32                "Length of Options Array" unit "bytes",
        options: group                          "Options Array",
        option: group                           "Option",
        option.length: u16                      "Length" unit "bytes",
        option.type: u8                         "Type" = {
            1 "Configuration", 2 "Load Balancing", 4 "IPv4 Endpoint", 6 "IPv6 Endpoint", 20 "IPv4 Multicast",
            22 "IPv6 Multicast", 36 "IPv4 SD Endpoint", 38 "IPv6 SD Endpoint",
        },
        option.reserved: bytes[1]               "Reserved",
        option.ipv4address: ipv4                "IPv4 Address",
        option.ipv6address: ipv6                "IPv6 Address",
        option.reserved2: bytes[1]              "Reserved 2",
        option.proto: u8                        "Protocol" = { 6 "TCP", 17 "UDP" },
        option.port: u16                        "Port",
        option.config_string: str               "Configuration String",
        option.config_string_element: str       "Configuration String Element",
        option.priority: u16                    "Priority",
        option.weight: u16                      "Weight",
        option.unknown_data: bytes              "Unknown Data",
    }
    claims { someip.messageid = 0xffff_8100 }
    tables { UDP: "udp.port" bound, TCP: "tcp.port" bound, SOMEIP: "@someip" bound }
    stateful
}

impl Dissector for Someipsd {
    fn dissect(&mut self, pdu: &mut Pdu<'_>) -> Step {
        pdu.take(FLAGS)?;
        pdu.take(RESERVED)?;
        let len = pdu.take(LENGTH_ENTRIESARRAY)? as usize;
        let mut said = Vec::new();
        let entries = pdu.group(ENTRIES, |pdu| {
            pdu.within(LENGTH_ENTRIESARRAY, len, |pdu| pdu.repeat(|pdu| pdu.group(ENTRY, |pdu| entry(pdu, &mut said))))
        });
        pdu.info(format_args!("{}", said.concat()));
        entries?;
        match pdu.take(LENGTH_OPTIONSARRAY)? as usize {
            0 => Ok(()),
            len => pdu.group(OPTIONS, |pdu| {
                pdu.within(LENGTH_OPTIONSARRAY, len, |pdu| pdu.repeat(|pdu| pdu.group(OPTION, option)))
            }),
        }
    }
}

fn entry(pdu: &mut Pdu<'_>, said: &mut Vec<&str>) -> Step {
    const LEN: usize = 16;
    let start = pdu.position();
    let kind = pdu.take(ENTRY_TYPE)?;
    if kind >= 8 {
        return pdu.skip(LEN - 1);
    }
    let (first, second) = (pdu.take(ENTRY_INDEX1)?, pdu.take(ENTRY_INDEX2)?);
    let runs = [(first, pdu.show(ENTRY_NUMOPT1)?), (second, pdu.take(ENTRY_NUMOPT2)?)].into_iter();
    if pdu.wants(ENTRY_OPTIONSREFERENCED) {
        let runs = runs.filter(|&(_, count)| count > 0);
        let runs = runs.map(|(from, count)| format!("{from}-{}", u16::from(from) + u16::from(count) - 1));
        let runs = runs.reduce(|one, other| format!("{one},{other}")).unwrap_or("None".to_owned());
        pdu.computed_bytes(ENTRY_OPTIONSREFERENCED, start + 1..start + 4, runs.as_bytes());
    }
    let (service, instance) = (pdu.take(ENTRY_SERVICEID)?, pdu.take(ENTRY_INSTANCEID)?);
    pdu.take(ENTRY_MAJORVER)?;
    let takes_back = pdu.take(ENTRY_TTL)? == 0;
    let eventgroup = if kind < 4 {
        pdu.take(ENTRY_MINORVER).map(|_| 0)?
    } else {
        pdu.take(ENTRY_RESERVED)?;
        pdu.show(ENTRY_INITIALEVENTS)?;
        pdu.show(ENTRY_RESERVED2)?;
        pdu.take(ENTRY_COUNTER)?;
        pdu.take(ENTRY_EVENTGROUPID)?.into()
    };
    let (short, field) = match (kind, takes_back) {
        (0, false) => ("[Find]", ENTRY_FINDSERVICE),
        (1, false) => ("[Offer]", ENTRY_OFFERSERVICE),
        (1, true) => ("[StopOffer]", ENTRY_STOPOFFERSERVICE),
        (6, false) => ("[Subscribe]", ENTRY_SUBSCRIBEEVENTGROUP),
        (6, true) => ("[StopSubscribe]", ENTRY_STOPSUBSCRIBEEVENTGROUP),
        (7, false) => ("[SubscribeAck]", ENTRY_SUBSCRIBEEVENTGROUPACK),
        (7, true) => ("[SubscribeNack]", ENTRY_SUBSCRIBEEVENTGROUPNACK),
        _ => return Ok(()),
    };
    pdu.computed(field, start..start + LEN, u64::from(service) << 32 | u64::from(instance) << 16 | eventgroup);
    said.retain(|it| *it != short);
    said.push(short);
    Ok(())
}

fn option(pdu: &mut Pdu<'_>) -> Step {
    // The length doesn't count itself and the type.
    let len = pdu.take(OPTION_LENGTH)?.into();
    let kind = pdu.take(OPTION_TYPE)?;
    pdu.within(OPTION_LENGTH, len, |pdu| {
        pdu.take(OPTION_RESERVED)?;
        match kind {
            1 => configuration(pdu),
            2 => pdu.take(OPTION_PRIORITY).and_then(|_| pdu.take(OPTION_WEIGHT)).map(drop),
            4 | 20 | 36 => pdu.take(OPTION_IPV4ADDRESS).and_then(|address| port(pdu, &address)),
            6 | 22 | 38 => pdu.take(OPTION_IPV6ADDRESS).and_then(|address| port(pdu, &address)),
            _ if pdu.wire_remaining() > 0 => pdu.take_bytes(OPTION_UNKNOWN_DATA, len - 1).map(drop),
            _ => Ok(()),
        }
    })
}

/// Texts, each behind its length, up to one of length 0 (RFC 6763, section 6.1).
fn configuration(pdu: &mut Pdu<'_>) -> Step {
    pdu.mark(OPTION_CONFIG_STRING, pdu.position()..pdu.position() + pdu.remaining());
    while let Some(&len @ 1..) = pdu.rest().first() {
        pdu.skip(1)?;
        pdu.take_bytes(OPTION_CONFIG_STRING_ELEMENT, len.into())?;
    }
    Ok(())
}

/// The port of an address, which is SOME/IP's from now on, as the multicast groups of events are.
fn port(pdu: &mut Pdu<'_>, address: &[u8]) -> Step {
    pdu.take(OPTION_RESERVED2)?;
    let (protocol, port) = (pdu.take(OPTION_PROTO)?, pdu.take(OPTION_PORT)?);
    pdu.expect(if protocol == 6 { TCP } else { UDP }, address, port, SOMEIP);
    Ok(())
}

builtin!(Someipsd);
