//! ISAKMP: the key exchange of IPsec, IKE version 1 (RFC 2408, RFC 2409) and IKEv2 (RFC 7296).
//!
//! A header, and then payloads, each of which says of what type the next one is. What is encrypted is not read.

mod names;
mod v1;
mod v2;
mod vendors;

use names::*;
use prosector_sdk::prelude::*;
use prosector_sdk::requests::Recent;

/// The dissector.
#[derive(Default)]
pub struct Isakmp {
    /// What was agreed on, by the initiator's SPI: behind NAT it goes on with other ports.
    ciphers: Recent<[u8; 8], u16>,
}

protocol! {
    /// Internet Security Association and Key Management Protocol, with IKE and IKEv2.
    Isakmp = isakmp "ISAKMP", "Internet Security Association and Key Management Protocol" {
        ispi: bytes[8]                          "Initiator SPI",
        rspi: bytes[8]                          "Responder SPI",
        nextpayload: u8                         "Next payload" = PAYLOADS,
        version: u8 hex                         "Version" = { 0x10 "1.0", 0x20 "2.0" } {
            .mjver: hex 0xf0                    "MjVer",
            .mnver: hex 0x0f                    "MnVer",
        },
        exchangetype: u8                        "Exchange type" = EXCHANGES,
        flags: u8 hex                           "Flags",
        flag_e: bool(u8) & 0x01                 "Encryption" = { 0 "Not encrypted", 1 "Encrypted" },
        flag_c: bool(u8) & 0x02                 "Commit" = { 0 "No commit", 1 "Commit" },
        flag_a: bool(u8) & 0x04                 "Authentication" = { 0 "No authentication", 1 "Authentication" },
        flag_i: bool(u8) & 0x08                 "Initiator" = { 0 "Responder", 1 "Initiator" },
        flag_v: bool(u8) & 0x10                 "Version" = { 0 "No higher version", 1 "A higher version enabled" },
        flag_r: bool(u8) & 0x20                 "Response" = { 0 "Request", 1 "Response" },
        messageid: u32 hex                      "Message ID",
        length: u32                             "Length",
        typepayload: computed u8                "Payload" = PAYLOADS,
        payload: group                          "Payload",
        criticalpayload: bool(u8) & 0x80        "Critical Bit" = { 0 "Not critical", 1 "Critical" },
        reserved7: u8 hex & 0x7f                "Reserved",
        reserved: bytes                         "Reserved",
        payloadlength: u16                      "Payload length",
        datapayload: bytes                      "Data Payload",
        extradata: bytes                        "Extra data",

        // Security associations
        sa.doi: u32                             "Domain of interpretation" = DOMAINS,
        sa.situation: bytes                     "Situation",
        sa.situation.identity_only: bool(u32) & 0x01 "Identity Only",
        sa.situation.secrecy: bool(u32) & 0x02  "Secrecy",
        sa.situation.integrity: bool(u32) & 0x04 "Integrity",
        prop.number: u8                         "Proposal number",
        prop.protoid: u8                        "Protocol ID" = PROTOCOLS_V1,
        prop.protoid as PROP_PROTOID_V2: u8     "Protocol ID" = PROTOCOLS_V2,
        spisize: u8                             "SPI Size",
        prop.transforms: u8                     "Proposal transforms",
        spi: bytes                              "SPI",
        trans.number: u8                        "Transform number",
        trans.id: u8                            "Transform ID",
        ike.attr: group                         "IKE Attribute",
        ike.attr.format: bool(u16) & 0x8000     "Format" = FORMATS,
        ike.attr.type: u16 & 0x7fff             "Type" = IKE_ATTRIBUTES,
        ike.attr.length: u16                    "Length",
        ike.attr.value: bytes                   "Value",
        ike.attr.encryption_algorithm: u16      "Encryption Algorithm" = ENCRYPTIONS,
        ike.attr.hash_algorithm: u16            "HASH Algorithm" = HASHES,
        ike.attr.authentication_method: u16     "Authentication Method" = AUTHENTICATIONS,
        ike.attr.group_description: u16         "Group Description" = GROUPS,
        ike.attr.life_type: u16                 "Life Type" = { 1 "Seconds", 2 "Kilobytes" },
        ike.attr.life_duration: computed u64    "Life Duration",
        ike.attr.key_length: u16                "Key Length",
        ipsec.attr: group                       "IPsec Attribute",
        ipsec.attr.format: bool(u16) & 0x8000   "Format" = FORMATS,
        ipsec.attr.type: u16 & 0x7fff           "Type" = IPSEC_ATTRIBUTES,
        ipsec.attr.length: u16                  "Length",
        ipsec.attr.value: bytes                 "Value",
        tf.type: u8                             "Transform Type" = TRANSFORMS,
        tf.id.encr: u16                         "Transform ID (ENCR)" = TF_ENCR,
        tf.id.prf: u16                          "Transform ID (PRF)" = TF_PRF,
        tf.id.integ: u16                        "Transform ID (INTEG)" = TF_INTEG,
        tf.id.dh: u16                           "Transform ID (D-H)" = GROUPS,
        tf.id.esn: u16                          "Transform ID (ESN)" = {
            0 "No Extended Sequence Numbers", 1 "Extended Sequence Numbers",
        },
        tf.id: u16                              "Transform ID",
        ike2.attr: group                        "Transform Attribute",
        ike2.attr.format: bool(u16) & 0x8000    "Format" = FORMATS,
        ike2.attr.type: u16 & 0x7fff            "Type" = { 14 "Key Length" },
        ike2.attr.length: u16                   "Length",
        ike2.attr.value: bytes                  "Value",
        ike2.attr.key_length: u16               "Key Length",

        // The others
        key_exchange.dh_group: u16              "DH Group #" = GROUPS,
        key_exchange.data: bytes                "Key Exchange Data",
        id.type: u8                             "ID type" = IDENTITIES,
        id.protoid: u8                          "Protocol ID",
        id.port: u16                            "Port",
        id.data.ipv4_addr: ipv4                 "ID_IPV4_ADDR",
        id.data.fqdn: str                       "ID_FQDN",
        id.data.user_fqdn: str                  "ID_FQDN",
        /// The address, then the mask.
        id.data.ipv4_subnet: ipv4               "ID_IPV4_SUBNET",
        id.data.ipv4_range_start: ipv4          "ID_IPV4_RANGE (Start)",
        id.data.ipv4_range_end: ipv4            "ID_IPV4_RANGE (End)",
        id.data.ipv6_addr: ipv6                 "ID_IPV6_ADDR",
        id.data.ipv6_subnet: ipv6               "ID_IPV6_ADDR_SUBNET",
        id.data.ipv6_range_start: ipv6          "ID_IPV6_ADDR_RANGE (Start)",
        id.data.ipv6_range_end: ipv6            "ID_IPV6_ADDR_RANGE (End)",
        id.data.key_id: bytes                   "ID_KEY_ID",
        id.data: bytes                          "Identification Data",
        cert.encoding: u8                       "Certificate Encoding" = CERTIFICATES,
        cert.data: bytes                        "Certificate Data",
        certreq.type: u8                        "Certificate Type" = CERTIFICATES,
        ike.certreq.authority: bytes            "Certificate Authority Data",
        hash: bytes                             "Hash DATA",
        sig: bytes                              "Signature DATA",
        auth.method: u8                         "Authentication Method" = AUTH_METHODS,
        auth.data: bytes                        "Authentication Data",
        nonce: bytes                            "Nonce DATA",
        notify.doi: u32                         "Domain of interpretation" = DOMAINS,
        notify.protoid: u8                      "Protocol ID" = PROTOCOLS_V1,
        notify.protoid as NOTIFY_PROTOID_V2: u8 "Protocol ID" = PROTOCOLS_V2,
        notify.msgtype: u16                     "Notify Message Type" = NOTIFICATIONS_V1,
        notify.msgtype as NOTIFY_MSGTYPE_V2: u16 "Notify Message Type" = NOTIFICATIONS_V2,
        notify.data: bytes                      "Notification DATA",
        notify.data as NO_NOTIFY_DATA: computed str "Notification DATA",
        notify.data.accepted_dh_group: u16      "Accepted DH group number",
        notify.data.dpd.are_you_there: u32      "DPD ARE-YOU-THERE sequence",
        notify.data.dpd.are_you_there_ack: u32  "DPD ARE-YOU-THERE-ACK sequence",
        notify.data.signature_hash_algorithms: u16 "Supported Signature Hash Algorithm" = SIGNATURE_HASHES,
        notify.data.redirect.gw_ident.type: u8  "Gateway Identity Type" = { 1 "IPv4", 2 "IPv6", 3 "FQDN" },
        notify.data.redirect.gw_ident.len: u8   "Gateway Identity Length",
        notify.data.redirect.new_resp_gw_ident.ipv4: ipv4 "New Responder Gateway Identity (IPv4)",
        notify.data.redirect.new_resp_gw_ident.ipv6: ipv6 "New Responder Gateway Identity (IPv6)",
        notify.data.redirect.new_resp_gw_ident.fqdn: str "New Responder Gateway Identity (FQDN)",
        notify.data.redirect.nonce_data: bytes  "Redirect Nonce Data",
        delete.doi: u32                         "Domain of interpretation" = DOMAINS,
        delete.protoid: u8                      "Protocol ID" = PROTOCOLS_V1,
        delete.protoid as DELETE_PROTOID_V2: u8 "Protocol ID" = PROTOCOLS_V2,
        num.spis: u16                           "Number of SPIs",
        delete.spi: bytes                       "Delete SPI",
        vid_bytes: bytes                        "Vendor ID",
        vid_string: computed str                "Vendor ID",
        vid.cisco_unity.major: u8               "CISCO-UNITY Major version",
        vid.cisco_unity.minor: u8               "CISCO-UNITY Minor version",
        ike.nat_hash: bytes                     "HASH of the address and port",
        ike.nat_original_address_ipv4: ipv4     "NAT Original IPv4 Address",
        ike.nat_original_address_ipv6: ipv6     "NAT Original IPv6 Address",
        ts.number: u8                           "Number of Traffic Selectors",
        ts.type: u8                             "Traffic Selector Type" = {
            7 "TS_IPV4_ADDR_RANGE", 8 "TS_IPV6_ADDR_RANGE", 9 "TS_FC_ADDR_RANGE",
        },
        ts.protoid: u8                          "Protocol ID",
        ts.selector_length: u16                 "Selector Length",
        ts.start_port: u16                      "Start Port",
        ts.end_port: u16                        "End Port",
        ts.start_ipv4: ipv4                     "Starting Addr",
        ts.end_ipv4: ipv4                       "Ending Addr",
        ts.start_ipv6: ipv6                     "Starting Addr",
        ts.end_ipv6: ipv6                       "Ending Addr",
        frag.number: u16                        "Fragment Number",
        frag.total: u16                         "Total Fragments",
        /// With the initialization vector where it is not known what was agreed on.
        enc.data: bytes                         "Encrypted Data",
        enc.iv: bytes                           "Initialization Vector",
    }
    claims { udp.port = 500, tcp.port = 500 }
    stateful
}

value_names! { DOMAINS { 0 "ISAKMP", 1 "IPSEC", 2 "GDOI" } }
value_names! { FORMATS { 0 "Type/Length/Value (TLV)", 1 "Type/Value (TV)" } }

const IKE_SA_INIT: u8 = 34;
const HEADER: usize = 28;
const PAYLOAD_HEADER: usize = 4;
const ENCRYPTED: u8 = 0x01;
/// Of version 2 (RFC 7296, section 3.1).
const INITIATOR: u8 = 0x08;
const RESPONSE: u8 = 0x20;

impl Dissector for Isakmp {
    fn dissect(&mut self, pdu: &mut Pdu<'_>) -> Step {
        let initiator = pdu.take(ISPI)?;
        pdu.take(RSPI)?;
        let next = pdu.take(NEXTPAYLOAD)?;
        let version = pdu.take(VERSION)? >> 4;
        let exchange = pdu.take(EXCHANGETYPE)?;
        let flags = pdu.show(FLAGS)?;
        if version == 1 {
            pdu.show(FLAG_E)?;
            pdu.show(FLAG_C)?;
            pdu.take(FLAG_A)?;
        } else {
            pdu.show(FLAG_I)?;
            pdu.show(FLAG_V)?;
            pdu.take(FLAG_R)?;
        }
        let id = pdu.take(MESSAGEID)?;
        let name = Self::name(EXCHANGETYPE, exchange);
        if version == 1 {
            pdu.info(format_args!("{name}"));
        } else {
            let who = if flags & INITIATOR != 0 { "Initiator" } else { "Responder" };
            let what = if flags & RESPONSE != 0 { "Response" } else { "Request" };
            pdu.info(format_args!("{name} MID={id:02} {who} {what}"));
        }
        let len = pdu.take(LENGTH)? as usize;
        if len < HEADER {
            let text = format_args!("{len} bytes, less than the header's {HEADER}");
            pdu.diagnostic(Severity::Error, "bad-length", HEADER - 4..HEADER, text);
            return Ok(());
        }
        pdu.set_len(LENGTH, len);
        if version == 1 && flags & ENCRYPTED != 0 {
            if pdu.remaining() > 0 {
                pdu.take_rest(ENC_DATA);
            }
            return Ok(());
        }
        if version == 1 {
            payloads(pdu, next, &v1::payload, true)?;
        } else {
            if exchange == IKE_SA_INIT
                && flags & RESPONSE != 0
                && let Some(cipher) = v2::cipher(next, pdu.rest())
            {
                self.ciphers.insert(initiator, cipher);
            }
            let iv = self.ciphers.get(&initiator).and_then(|cipher| v2::iv_len(*cipher));
            payloads(pdu, next, &|pdu, kind, _| v2::payload(pdu, kind, iv), false)?;
        }
        if pdu.remaining() > 0 {
            pdu.take_rest(EXTRADATA);
        }
        Ok(())
    }
}

/// Reads what one payload, of a type and with this many bytes behind its header, holds.
type Read<'a> = &'a dyn Fn(&mut Pdu<'_>, u8, usize) -> Step;

/// Payloads up to the one that says that none follows.
fn payloads(pdu: &mut Pdu<'_>, mut kind: u8, read: Read<'_>, first_version: bool) -> Step {
    /// Behind an encrypted payload, whose next one is inside.
    const LAST: [u8; 2] = [46, 53];
    while kind != 0 && pdu.remaining() > 0 {
        let next = pdu.group(PAYLOAD, |pdu| {
            let at = pdu.position();
            pdu.computed(TYPEPAYLOAD, at..at, kind);
            let next = pdu.take(NEXTPAYLOAD)?;
            // Proposals and transforms are the same in both versions.
            if first_version || matches!(kind, 2 | 3) {
                pdu.take_bytes(RESERVED, 1)?;
            } else {
                pdu.show(CRITICALPAYLOAD)?;
                pdu.take(RESERVED7)?;
            }
            let len = usize::from(pdu.take(PAYLOADLENGTH)?);
            let Some(data) = len.checked_sub(PAYLOAD_HEADER) else {
                let text = format_args!("{len} bytes, less than {PAYLOAD_HEADER}");
                pdu.diagnostic(Severity::Error, "bad-length", at + 2..at + 4, text);
                return Ok(0);
            };
            pdu.within(PAYLOADLENGTH, data, |pdu| read(pdu, kind, data))?;
            Ok(if LAST.contains(&kind) && !first_version { 0 } else { next })
        })?;
        kind = next;
    }
    Ok(())
}

/// What identifies a peer. The cursor stands behind the type and what goes with it.
fn identity(pdu: &mut Pdu<'_>, kind: u8) -> Step {
    match kind {
        1 => drop(pdu.take(ID_DATA_IPV4_ADDR)?),
        2 => drop(pdu.take_rest(ID_DATA_FQDN)),
        3 => drop(pdu.take_rest(ID_DATA_USER_FQDN)),
        4 => {
            pdu.take(ID_DATA_IPV4_SUBNET)?;
            pdu.take(ID_DATA_IPV4_SUBNET)?;
        }
        5 => drop(pdu.take(ID_DATA_IPV6_ADDR)?),
        6 => {
            pdu.take(ID_DATA_IPV6_SUBNET)?;
            pdu.take(ID_DATA_IPV6_SUBNET)?;
        }
        7 => {
            pdu.take(ID_DATA_IPV4_RANGE_START)?;
            pdu.take(ID_DATA_IPV4_RANGE_END)?;
        }
        8 => {
            pdu.take(ID_DATA_IPV6_RANGE_START)?;
            pdu.take(ID_DATA_IPV6_RANGE_END)?;
        }
        11 => drop(pdu.take_rest(ID_DATA_KEY_ID)),
        _ => drop(pdu.take_rest(ID_DATA)),
    }
    Ok(())
}

/// The data of a notification, as a whole; where there is none Wireshark says so.
fn notification(pdu: &mut Pdu<'_>) {
    let at = pdu.position();
    match pdu.remaining() {
        0 => pdu.computed_bytes(NO_NOTIFY_DATA, at..at, b"<MISSING>"),
        len => pdu.mark(NOTIFY_DATA, at..at + len),
    }
}

fn vendor(pdu: &mut Pdu<'_>) -> Step {
    let at = pdu.position();
    let id = pdu.take_rest(VID_BYTES);
    pdu.computed_bytes(VID_STRING, at..at + id.len(), vendors::name(id).unwrap_or("Unknown Vendor ID").as_bytes());
    if id.starts_with(&vendors::CISCO_UNITY) && id.len() >= 16 {
        pdu.show_at(VID_CISCO_UNITY_MAJOR, at + 14)?;
        pdu.show_at(VID_CISCO_UNITY_MINOR, at + 15)?;
    }
    Ok(())
}

builtin!(Isakmp);

#[test]
fn main_mode() {
    check::<Isakmp>(
        "0102030405060708 0000000000000000 01 10 02 00 00000000 00000060
         0d 00 0030 00000001 00000001  00 00 0024 01 01 00 01  00 00 001c 01 01 0000 8001 0007 800b 0001
         000c 0004 00015180 8003 0001
         00 00 0014 4a131c81070358455c5728f20e95452f",
        expect![[r#"
            Internet Security Association and Key Management Protocol, Identity Protection (Main Mode)
              Initiator SPI: 0102030405060708
              Responder SPI: 0000000000000000
              Next payload: Security Association (1)
              Version: 1.0 (0x10)
                0001 .... = MjVer: 0x1
                .... 0000 = MnVer: 0x0
              Exchange type: Identity Protection (Main Mode) (2)
              Flags: 0x00
              Encryption: Not encrypted
              Commit: No commit
              Authentication: No authentication
              Message ID: 0x00000000
              Length: 96
              Payload: Security Association (1)
                [Payload: Security Association (1)]
                Next payload: Vendor ID (13)
                Reserved: 00
                Payload length: 48
                Domain of interpretation: IPSEC (1)
                Situation: 00000001
                Identity Only: True
                Secrecy: False
                Integrity: False
                Payload: Proposal (2)
                  [Payload: Proposal (2)]
                  Next payload: NONE / No Next Payload (0)
                  Reserved: 00
                  Payload length: 36
                  Proposal number: 1
                  Protocol ID: ISAKMP (1)
                  SPI Size: 0
                  Proposal transforms: 1
                  Payload: Transform (3)
                    [Payload: Transform (3)]
                    Next payload: NONE / No Next Payload (0)
                    Reserved: 00
                    Payload length: 28
                    Transform number: 1
                    Transform ID: 1
                    Reserved: 0000
                    IKE Attribute: Encryption-Algorithm (1)
                      Format: Type/Value (TV)
                      Type: Encryption-Algorithm (1)
                      Value: 0007
                      Encryption Algorithm: AES-CBC (7)
                    IKE Attribute: Life-Type (11)
                      Format: Type/Value (TV)
                      Type: Life-Type (11)
                      Value: 0001
                      Life Type: Seconds (1)
                    IKE Attribute: Life-Duration (12)
                      Format: Type/Length/Value (TLV)
                      Type: Life-Duration (12)
                      Length: 4
                      Value: 00015180
                      Life Duration: 86400
                    IKE Attribute: Authentication-Method (3)
                      Format: Type/Value (TV)
                      Type: Authentication-Method (3)
                      Value: 0001
                      Authentication Method: Pre-shared key (1)
              Payload: Vendor ID (13)
                [Payload: Vendor ID (13)]
                Next payload: NONE / No Next Payload (0)
                Reserved: 00
                Payload length: 20
                Vendor ID: 4a131c81070358455c5728f20e95452f
                Vendor ID: RFC 3947 Negotiation of NAT-Traversal in the IKE
        "#]],
    );
}

#[test]
fn ikev2() {
    check::<Isakmp>(
        "0102030405060708 0000000000000000 21 20 22 08 00000000 00000065
         22 00 001c  00 00 0018 01 01 00 01  00 00 0010 01 00 0014 800e 0100 0000
         28 00 000a 0013 0000 aabb  29 00 0006 ccdd
         2b 00 0008 00 00 402e  00 00 000b 0a0b0c0d0e0f10
         0000000000",
        expect![[r#"
            Internet Security Association and Key Management Protocol, IKE_SA_INIT MID=00 Initiator Request
              Initiator SPI: 0102030405060708
              Responder SPI: 0000000000000000
              Next payload: Security Association (33)
              Version: 2.0 (0x20)
                0010 .... = MjVer: 0x2
                .... 0000 = MnVer: 0x0
              Exchange type: IKE_SA_INIT (34)
              Flags: 0x08
              Initiator: Initiator
              Version: No higher version
              Response: Request
              Message ID: 0x00000000
              Length: 101
              Payload: Security Association (33)
                [Payload: Security Association (33)]
                Next payload: Key Exchange (34)
                Critical Bit: Not critical
                Reserved: 0x00
                Payload length: 28
                Payload: Proposal (2)
                  [Payload: Proposal (2)]
                  Next payload: NONE / No Next Payload (0)
                  Reserved: 00
                  Payload length: 24
                  Proposal number: 1
                  Protocol ID: IKE (1)
                  SPI Size: 0
                  Proposal transforms: 1
                  Payload: Transform (3)
                    [Payload: Transform (3)]
                    Next payload: NONE / No Next Payload (0)
                    Reserved: 00
                    Payload length: 16
                    Transform Type: Encryption Algorithm (ENCR) (1)
                    Reserved: 00
                    Transform ID (ENCR): AES-GCM with a 16 octet ICV (20)
                    Transform Attribute: Key Length (14)
                      Format: Type/Value (TV)
                      Type: Key Length (14)
                      Value: 0100
                      Key Length: 256
                    Transform Attribute
                      Format: Type/Length/Value (TLV)
                      Type: 0
                      Length: 10240
              [error] short: isakmp.ike2.attr.value needs 10240 bytes at offset 56, 0 are there (the end is set by isakmp.payloadlength)
        "#]],
    );
}

#[test]
fn encrypted() {
    check::<Isakmp>(
        "0102030405060708 1112131415161718 2e 20 23 20 00000001 00000028 23 00 000c 0102030405060708",
        expect![[r#"
            Internet Security Association and Key Management Protocol, IKE_AUTH MID=01 Responder Response
              Initiator SPI: 0102030405060708
              Responder SPI: 1112131415161718
              Next payload: Encrypted and Authenticated (46)
              Version: 2.0 (0x20)
                0010 .... = MjVer: 0x2
                .... 0000 = MnVer: 0x0
              Exchange type: IKE_AUTH (35)
              Flags: 0x20
              Initiator: Responder
              Version: No higher version
              Response: Response
              Message ID: 0x00000001
              Length: 40
              Payload: Encrypted and Authenticated (46)
                [Payload: Encrypted and Authenticated (46)]
                Next payload: Identification - Initiator (35)
                Critical Bit: Not critical
                Reserved: 0x00
                Payload length: 12
                Encrypted Data: 0102030405060708
        "#]],
    );
    check::<Isakmp>(
        "0102030405060708 1112131415161718 05 10 02 01 00000000 00000020 01020304",
        expect![[r#"
            Internet Security Association and Key Management Protocol, Identity Protection (Main Mode)
              Initiator SPI: 0102030405060708
              Responder SPI: 1112131415161718
              Next payload: Identification (5)
              Version: 1.0 (0x10)
                0001 .... = MjVer: 0x1
                .... 0000 = MnVer: 0x0
              Exchange type: Identity Protection (Main Mode) (2)
              Flags: 0x01
              Encryption: Encrypted
              Commit: No commit
              Authentication: No authentication
              Message ID: 0x00000000
              Length: 32
              Encrypted Data: 01020304
        "#]],
    );
}

#[test]
fn lengths_that_cannot_be() {
    check::<Isakmp>(
        "0102030405060708 1112131415161718 05 10 02 00 00000000 00000010",
        expect![[r#"
            Internet Security Association and Key Management Protocol, Identity Protection (Main Mode)
              Initiator SPI: 0102030405060708
              Responder SPI: 1112131415161718
              Next payload: Identification (5)
              Version: 1.0 (0x10)
                0001 .... = MjVer: 0x1
                .... 0000 = MnVer: 0x0
              Exchange type: Identity Protection (Main Mode) (2)
              Flags: 0x00
              Encryption: Not encrypted
              Commit: No commit
              Authentication: No authentication
              Message ID: 0x00000000
              Length: 16
              [error] bad-length: 16 bytes, less than the header's 28
        "#]],
    );
    check::<Isakmp>(
        "0102030405060708 1112131415161718 0a 10 02 00 00000000 00000020 0a 00 0003",
        expect![[r#"
            Internet Security Association and Key Management Protocol, Identity Protection (Main Mode)
              Initiator SPI: 0102030405060708
              Responder SPI: 1112131415161718
              Next payload: Nonce (10)
              Version: 1.0 (0x10)
                0001 .... = MjVer: 0x1
                .... 0000 = MnVer: 0x0
              Exchange type: Identity Protection (Main Mode) (2)
              Flags: 0x00
              Encryption: Not encrypted
              Commit: No commit
              Authentication: No authentication
              Message ID: 0x00000000
              Length: 32
              Payload: Nonce (10)
                [Payload: Nonce (10)]
                Next payload: Nonce (10)
                Reserved: 00
                Payload length: 3
                [error] bad-length: 3 bytes, less than 4
        "#]],
    );
    check::<Isakmp>(
        "0102030405060708 1112131415161718 0a 10 02 00 00000000 00000022 0a 00 0013 0102",
        expect![[r#"
            Internet Security Association and Key Management Protocol, Identity Protection (Main Mode)
              Initiator SPI: 0102030405060708
              Responder SPI: 1112131415161718
              Next payload: Nonce (10)
              Version: 1.0 (0x10)
                0001 .... = MjVer: 0x1
                .... 0000 = MnVer: 0x0
              Exchange type: Identity Protection (Main Mode) (2)
              Flags: 0x00
              Encryption: Not encrypted
              Commit: No commit
              Authentication: No authentication
              Message ID: 0x00000000
              Length: 34
              Payload: Nonce (10)
                [Payload: Nonce (10)]
                Next payload: Nonce (10)
                Reserved: 00
                Payload length: 19
                Nonce DATA: 0102
        "#]],
    );
}
