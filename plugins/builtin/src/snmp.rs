//! SNMP: version 1 (RFC 1157), version 2c (RFC 1901, RFC 3416) and version 3 (RFC 3412, with the user-based security
//! model of RFC 3414). The messages are BER.

use crate::ber::{self, id};
use prosector_sdk::handle::{Handle, Variable};
use prosector_sdk::prelude::*;
use prosector_sdk::requests::{Recent, Sighting};

/// The dissector.
#[derive(Default)]
pub struct Snmp {
    requests: Flows<Recent<i64, Sighting>>,
}

protocol! {
    /// Simple Network Management Protocol, versions 1 to 3.
    Snmp = snmp "SNMP", "Simple Network Management Protocol" {
        version: u32                        "version" = VERSIONS,
        community: str                      "community",
        msgVersion: u32                     "msgVersion" = VERSIONS,
        msgID: u32                          "msgID",
        msgMaxSize: u32                     "msgMaxSize",
        msgFlags: bytes                     "msgFlags",
        v3.flags.report: bool & 0x04        "Reportable",
        v3.flags.crypt: bool & 0x02         "Encrypted",
        v3.flags.auth: bool & 0x01          "Authenticated",
        msgSecurityModel: u32               "msgSecurityModel" = { 0 "Any", 1 "V1", 2 "V2C", 3 "USM", 4 "TSM" },
        msgAuthoritativeEngineID: bytes     "msgAuthoritativeEngineID",
        engineid.conform: bool & 0x80       "Engine ID Conformance"
            = { 0 "RFC1910 (Non-SNMPv3)", 1 "RFC3411 (SNMPv3)" },
        engineid.enterprise: u32 & 0x7fffffff "Engine Enterprise ID",
        engineid.format: u8                 "Engine ID Format" = {
            1 "IPv4 address", 2 "IPv6 address", 3 "MAC address", 4 "Text, administratively assigned",
            5 "Octets, administratively assigned", 128..=255 "Reserved/Enterprise-specific",
        },
        engineid.ipv4: ipv4                 "Engine ID Data: IPv4 address",
        engineid.ipv6: ipv6                 "Engine ID Data: IPv6 address",
        engineid.mac: mac                   "Engine ID Data: MAC address",
        engineid.text: str                  "Engine ID Data: Text",
        engineid.data: bytes                "Engine ID Data",
        engineid.time: time_s(u32) le       "Engine ID Data: Creation Time",
        agentid_trailer: bytes              "AgentID Trailer",
        msgAuthoritativeEngineBoots: u32    "msgAuthoritativeEngineBoots",
        msgAuthoritativeEngineTime: u32     "msgAuthoritativeEngineTime",
        msgUserName: str                    "msgUserName",
        msgAuthenticationParameters: bytes  "msgAuthenticationParameters",
        msgPrivacyParameters: bytes         "msgPrivacyParameters",
        msgSecurityParameters: bytes        "msgSecurityParameters",
        msgData: computed u32               "msgData" = { 0 "plaintext", 1 "encryptedPDU" },
        contextEngineID: bytes              "contextEngineID",
        contextName: str                    "contextName",
        encryptedPDU: bytes                 "encryptedPDU",
        /// Number of the kind of PDU.
        data: computed u32                  "data" = PDUS,
        request_id: i32                     "request-id",
        error_status: u32                   "error-status" = ERRORS,
        error_index: u32                    "error-index",
        non_repeaters: u32                  "non-repeaters",
        max_repetitions: u32                "max-repetitions",
        enterprise: computed str            "enterprise",
        agent_addr: ipv4                    "agent-addr",
        generic_trap: u32                   "generic-trap" = {
            0 "coldStart", 1 "warmStart", 2 "linkDown", 3 "linkUp", 4 "authenticationFailure",
            5 "egpNeighborLoss", 6 "enterpriseSpecific",
        },
        specific_trap: i32                  "specific-trap",
        time_stamp: u32                     "time-stamp",
        /// How many there are.
        variable_bindings: computed u32     "variable-bindings",
        binding: group                      "Variable binding",
        name: computed str                  "Object Name",
        value.int: i64                      "Value (Integer32)",
        value.octets: bytes                 "Value (OctetString)",
        /// The name of a system (sysName of SNMPv2-MIB).
        "var-bind_str": str                 "Variable-binding-string",
        value.oid: computed str             "Value (OID)",
        value.null: none                    "Value (Null)",
        value.ipv4: ipv4                    "Value (IpAddress)",
        value.counter: u64                  "Value (Counter32)",
        value.g32: u64                      "Value (Gauge32)",
        value.timeticks: u64                "Value (Timeticks)",
        value.opaque: bytes                 "Value (Opaque)",
        value.unk: bytes                    "Value (Unknown)",
        noSuchObject: none                  "noSuchObject",
        noSuchInstance: none                "noSuchInstance",
        endOfMibView: none                  "endOfMibView",
        response_to: computed u32           "Response To" linked,
        time: computed duration             "Time" linked,
    }
    claims { udp.port = [161, 162] }
    stateful
}

value_names! {
    /// Versions, as they are numbered in messages.
    VERSIONS { 0 "version-1", 1 "v2c", 2 "v2u", 3 "snmpv3" }
}

value_names! {
    /// Kinds of PDUs (RFC 3416, section 3).
    PDUS {
        0 "get-request", 1 "get-next-request", 2 "get-response", 3 "set-request", 4 "trap", 5 "getBulkRequest",
        6 "informRequest", 7 "sNMPv2-Trap", 8 "report",
    }
}

value_names! {
    /// Errors (RFC 3416, section 3).
    ERRORS {
        0 "noError", 1 "tooBig", 2 "noSuchName", 3 "badValue", 4 "readOnly", 5 "genErr", 6 "noAccess", 7 "wrongType",
        8 "wrongLength", 9 "wrongEncoding", 10 "wrongValue", 11 "noCreation", 12 "inconsistentValue",
        13 "resourceUnavailable", 14 "commitFailed", 15 "undoFailed", 16 "authorizationError", 17 "notWritable",
        18 "inconsistentName",
    }
}

/// The class of the tags of PDUs.
const CONTEXT: u8 = 2;
const VERSION_3: i64 = 3;
const RESPONSE: u32 = 2;
const TRAP_V1: u32 = 4;
const BULK: u32 = 5;
/// 1.3.6.1.2.1.1.5.0
const SYS_NAME: &[u8] = &[0x2b, 6, 1, 2, 1, 1, 5, 0];
const NET_SNMP: u32 = 8072;

impl Dissector for Snmp {
    fn dissect(&mut self, pdu: &mut Pdu<'_>) -> Step {
        if !ber::next_is(pdu, id::SEQUENCE) {
            return pdu.reject();
        }
        ber::element(pdu, |pdu, _| {
            let version = ber::peek(pdu).and_then(|h| pdu.rest().get(h.head..h.head.saturating_add(h.len)));
            if version.map(ber::number) == Some(VERSION_3) {
                ber::integer(pdu, MSGVERSION)?;
                return self.version3(pdu);
            }
            ber::integer(pdu, VERSION)?;
            ber::octets(pdu, COMMUNITY)?;
            self.pdu(pdu)
        })
    }

    fn flow_end(&mut self, flow: u64) {
        self.requests.end(flow);
    }
}

impl Snmp {
    /// RFC 3412, section 6.
    fn version3(&mut self, pdu: &mut Pdu<'_>) -> Step {
        let mut encrypted = false;
        let mut model = 0;
        ber::element(pdu, |pdu, _| {
            ber::integer(pdu, MSGID)?;
            ber::integer(pdu, MSGMAXSIZE)?;
            let (range, flags) = ber::contents(pdu)?;
            pdu.mark(MSGFLAGS, range.clone());
            if let Some(bits) = flags.first() {
                encrypted = bits & 2 != 0;
                for flag in [V3_FLAGS_REPORT, V3_FLAGS_CRYPT, V3_FLAGS_AUTH] {
                    pdu.mark(flag, range.start..range.start + 1);
                }
            }
            model = ber::integer(pdu, MSGSECURITYMODEL)?;
            Ok(())
        })?;
        const USER_BASED: i64 = 3;
        if model == USER_BASED {
            ber::element(pdu, |pdu, _| ber::element(pdu, |pdu, _| user_based(pdu)))?;
        } else {
            ber::octets(pdu, MSGSECURITYPARAMETERS)?;
        }
        let at = pdu.position();
        pdu.computed(MSGDATA, at..at, u32::from(encrypted));
        if encrypted {
            pdu.info(format_args!("encryptedPDU: privKey Unknown"));
            return ber::octets(pdu, ENCRYPTEDPDU).map(drop);
        }
        ber::element(pdu, |pdu, _| {
            engine_id(pdu, CONTEXTENGINEID)?;
            ber::octets(pdu, CONTEXTNAME)?;
            self.pdu(pdu)
        })
    }

    fn pdu(&mut self, pdu: &mut Pdu<'_>) -> Step {
        let at = pdu.position();
        ber::element(pdu, |pdu, header| {
            let kind = header.number;
            if header.class() != CONTEXT || name_of(PDUS, kind.into()).is_none() {
                pdu.diagnostic(Severity::Error, "bad-pdu", at..at + header.head, format_args!("there is no such PDU"));
                return Ok(());
            }
            pdu.computed(DATA, at..at + header.head, kind);
            if kind == TRAP_V1 {
                ber::oid(pdu, ENTERPRISE)?;
                ber::octets(pdu, AGENT_ADDR)?;
                ber::integer(pdu, GENERIC_TRAP)?;
                ber::integer(pdu, SPECIFIC_TRAP)?;
                ber::integer(pdu, TIME_STAMP)?;
            } else {
                let request = ber::integer(pdu, REQUEST_ID)?;
                let [first, second] =
                    if kind == BULK { [NON_REPEATERS, MAX_REPETITIONS] } else { [ERROR_STATUS, ERROR_INDEX] };
                ber::integer(pdu, first)?;
                ber::integer(pdu, second)?;
                self.link(pdu, kind, request);
            }
            let name = name_of(PDUS, kind.into()).unwrap_or("unknown");
            let first = first_name(pdu.rest()).unwrap_or_default();
            pdu.info(format_args!("{name} {first}"));
            bindings(pdu)
        })
    }

    fn link(&mut self, pdu: &mut Pdu<'_>, kind: u32, request: i64) {
        let now = Sighting::of(pdu);
        let requests = self.requests.of(pdu.flow());
        match kind {
            0 | 1 | 3 | BULK | 6 => {
                requests.insert(request, now);
            }
            RESPONSE => {
                if let Some(sent) = requests.get(&request) {
                    pdu.computed(RESPONSE_TO, 0..0, sent.frame);
                    pdu.computed(TIME, 0..0, now.time.saturating_sub(sent.time));
                }
            }
            _ => {}
        }
    }
}

/// RFC 3414, section 2.4.
fn user_based(pdu: &mut Pdu<'_>) -> Step {
    engine_id(pdu, MSGAUTHORITATIVEENGINEID)?;
    ber::integer(pdu, MSGAUTHORITATIVEENGINEBOOTS)?;
    ber::integer(pdu, MSGAUTHORITATIVEENGINETIME)?;
    ber::octets(pdu, MSGUSERNAME)?;
    ber::octets(pdu, MSGAUTHENTICATIONPARAMETERS)?;
    ber::octets(pdu, MSGPRIVACYPARAMETERS)?;
    Ok(())
}

/// RFC 3411, section 5, SnmpEngineID.
fn engine_id(pdu: &mut Pdu<'_>, field: Handle<Variable>) -> Step {
    ber::element(pdu, |pdu, _| {
        let at = pdu.position();
        pdu.mark(field, at..at + pdu.remaining());
        if pdu.remaining() < 5 {
            return Ok(());
        }
        let conforms = pdu.show(ENGINEID_CONFORM)?;
        let enterprise = pdu.take(ENGINEID_ENTERPRISE)?;
        if !conforms {
            pdu.take_rest(AGENTID_TRAILER);
            return Ok(());
        }
        let format = pdu.take(ENGINEID_FORMAT)?;
        match (format, pdu.remaining()) {
            (_, 0) => {}
            (1, 4) => drop(pdu.take(ENGINEID_IPV4)?),
            (2, 16) => drop(pdu.take(ENGINEID_IPV6)?),
            (3, 6) => drop(pdu.take(ENGINEID_MAC)?),
            (4, _) => drop(pdu.take_rest(ENGINEID_TEXT)),
            (128, 8) if enterprise == NET_SNMP => {
                pdu.take_bytes(ENGINEID_DATA, 4)?;
                let at = pdu.position();
                pdu.mark(ENGINEID_TIME, at..at + 4);
            }
            _ => drop(pdu.take_rest(ENGINEID_DATA)),
        }
        Ok(())
    })
}

fn bindings(pdu: &mut Pdu<'_>) -> Step {
    ber::counted(pdu, VARIABLE_BINDINGS, |pdu| {
        pdu.group(BINDING, |pdu| {
            ber::element(pdu, |pdu, _| {
                let name = ber::oid(pdu, NAME)?;
                value(pdu, name)
            })
        })
    })
}

/// The name in the first of some variable bindings.
fn first_name(mut bytes: &[u8]) -> Option<String> {
    for _ in 0..2 {
        bytes = bytes.get(ber::Header::parse(bytes)?.head..)?;
    }
    let header = ber::Header::parse(bytes)?;
    Some(ber::oid_text(bytes.get(header.head..header.head.checked_add(header.len)?)?))
}

/// A value (RFC 3416, section 3); the tags beyond the universal ones are of RFC 2578, section 2.
fn value(pdu: &mut Pdu<'_>, name: &[u8]) -> Step {
    let Some(&tag) = pdu.rest().first() else { return Ok(()) };
    match tag {
        id::INTEGER => drop(ber::integer(pdu, VALUE_INT)?),
        id::OCTET_STRING => {
            let (range, bytes) = ber::contents(pdu)?;
            pdu.mark(VALUE_OCTETS, range.clone());
            if name == SYS_NAME && !bytes.is_empty() {
                pdu.mark(VAR_BIND_STR, range);
            }
        }
        id::OID => drop(ber::oid(pdu, VALUE_OID)?),
        id::NULL => drop(ber::octets(pdu, VALUE_NULL)?),
        0x40 => drop(ber::octets(pdu, VALUE_IPV4)?),
        0x41 | 0x46 => drop(ber::octets(pdu, VALUE_COUNTER)?),
        0x42 => drop(ber::octets(pdu, VALUE_G32)?),
        0x43 => drop(ber::octets(pdu, VALUE_TIMETICKS)?),
        0x44 => drop(ber::octets(pdu, VALUE_OPAQUE)?),
        0x80 => drop(ber::octets(pdu, NOSUCHOBJECT)?),
        0x81 => drop(ber::octets(pdu, NOSUCHINSTANCE)?),
        0x82 => drop(ber::octets(pdu, ENDOFMIBVIEW)?),
        _ => drop(ber::octets(pdu, VALUE_UNK)?),
    }
    Ok(())
}

builtin!(Snmp);

#[test]
fn versions_1_and_2c() {
    use ber::tlv;
    let bindings = tlv("30", &[&tlv("30", &["0608 2b06010201010500 0500"])]);
    let request = tlv("a0", &["02012a 020100 020100", &bindings]);
    check::<Snmp>(
        &tlv("30", &["020101 0406 7075626c6963", &request]),
        expect![[r#"
            Simple Network Management Protocol, get-request 1.3.6.1.2.1.1.5.0
              version: v2c (1)
              community: public
              data: get-request (0)
              request-id: 42
              error-status: noError (0)
              error-index: 0
              variable-bindings: 1
              Variable binding: 1.3.6.1.2.1.1.5.0
                Object Name: 1.3.6.1.2.1.1.5.0
                Value (Null)
        "#]],
    );
    let bindings = tlv("30", &[&tlv("30", &["0608 2b06010201010500 0404 61636d65"])]);
    let trap = tlv("a4", &["0603 2b0601 4004 c0000205 020106 020107 430108", &bindings]);
    check::<Snmp>(
        &tlv("30", &["020100 0406 7075626c6963", &trap]),
        expect![[r#"
            Simple Network Management Protocol, trap 1.3.6.1.2.1.1.5.0
              version: version-1 (0)
              community: public
              data: trap (4)
              enterprise: 1.3.6.1
              agent-addr: 192.0.2.5
              generic-trap: enterpriseSpecific (6)
              specific-trap: 7
              time-stamp: 8
              variable-bindings: 1
              Variable binding: 1.3.6.1.2.1.1.5.0
                Object Name: 1.3.6.1.2.1.1.5.0
                Value (OctetString): 61636d65
                Variable-binding-string: acme
        "#]],
    );
}

#[test]
fn version_3() {
    use ber::tlv;
    let engine = "040d 80001f8880 01020304 00000060";
    let security = tlv("30", &[engine, "020101 020102 0402 6d65 0400 0400"]);
    let pdu = tlv("a8", &["020101 020100 020100 3000"]);
    let message = tlv(
        "30",
        &[
            "020103",
            &tlv("30", &["020101 02020800 040104 020103"]),
            &tlv("04", &[&security]),
            &tlv("30", &["0400 0400", &pdu]),
        ],
    );
    check::<Snmp>(
        &message,
        expect![[r#"
            Simple Network Management Protocol, report 
              msgVersion: snmpv3 (3)
              msgID: 1
              msgMaxSize: 2048
              msgFlags: 04
              Reportable: True
              Encrypted: False
              Authenticated: False
              msgSecurityModel: USM (3)
              msgAuthoritativeEngineID: 80001f88800102030400000060
              Engine ID Conformance: RFC3411 (SNMPv3)
              Engine Enterprise ID: 8072
              Engine ID Format: Reserved/Enterprise-specific (128)
              Engine ID Data: 01020304
              Engine ID Data: Creation Time: Jan 14, 2021 08:25:36.000000000 UTC
              msgAuthoritativeEngineBoots: 1
              msgAuthoritativeEngineTime: 2
              msgUserName: me
              msgAuthenticationParameters: <none>
              msgPrivacyParameters: <none>
              [msgData: plaintext (0)]
              contextEngineID: <none>
              contextName: 
              data: report (8)
              request-id: 1
              error-status: noError (0)
              error-index: 0
              variable-bindings: 0
        "#]],
    );
}

#[test]
fn a_length_that_is_too_long() {
    check::<Snmp>(
        "30 7f 020101 0406 7075",
        expect![[r#"
        Simple Network Management Protocol
          version: v2c (1)
          [error] short: bytes needs 6 bytes at offset 7, 2 are there
    "#]],
    );
}
