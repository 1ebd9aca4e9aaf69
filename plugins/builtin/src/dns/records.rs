//! The data of resource records, by type: RFC 1035, section 3.3, and the RFC named beside each later type.

use super::*;
use prosector_sdk::handle::{ComputedWord, Variable};

impl Message<'_, '_> {
    /// Reads the data of one record, up to the limit. Where there is none (RFC 2136 deletes with such records), there
    /// is nothing to read.
    pub(super) fn rdata(&mut self, pdu: &mut Pdu<'_>, kind: u16) -> Step {
        if pdu.wire_remaining() == 0 {
            return Ok(());
        }
        match kind {
            1 => drop(pdu.take(A)?),
            2 => self.name(pdu, NS)?,
            3 => self.name(pdu, MD)?,
            4 => self.name(pdu, MF)?,
            5 => self.name(pdu, CNAME)?,
            6 => {
                self.name(pdu, SOA_MNAME)?;
                self.name(pdu, SOA_RNAME)?;
                pdu.take(SOA_SERIAL_NUMBER)?;
                pdu.take(SOA_REFRESH_INTERVAL)?;
                pdu.take(SOA_RETRY_INTERVAL)?;
                pdu.take(SOA_EXPIRE_LIMIT)?;
                pdu.take(SOA_MINIMUM_TTL)?;
            }
            7 => self.name(pdu, MB)?,
            8 => self.name(pdu, MG)?,
            9 => self.name(pdu, MR)?,
            10 => rest(pdu, NULL)?,
            11 => {
                pdu.take(WKS_ADDRESS)?;
                pdu.take(WKS_PROTOCOL)?;
                while pdu.wire_remaining() > 0 {
                    if pdu.peek(WKS_BITS)? != 0 {
                        pdu.show(WKS_BITS)?;
                    }
                    pdu.skip(1)?;
                }
            }
            12 => self.name(pdu, PTR_DOMAIN_NAME)?,
            13 => {
                string(pdu, HINFO_CPU_LENGTH, HINFO_CPU)?;
                string(pdu, HINFO_OS_LENGTH, HINFO_OS)?;
            }
            14 => {
                self.name(pdu, MINFO_R)?;
                self.name(pdu, MINFO_E)?;
            }
            15 => {
                pdu.take(MX_PREFERENCE)?;
                self.name(pdu, MX_MAIL_EXCHANGE)?;
            }
            16 => {
                while pdu.wire_remaining() > 0 {
                    string(pdu, TXT_LENGTH, TXT)?;
                }
            }
            // RFC 1183
            17 => {
                self.name(pdu, RP_MAILBOX)?;
                self.name(pdu, RP_TXT_RR)?;
            }
            18 => {
                pdu.take(AFSDB_SUBTYPE)?;
                self.name(pdu, AFSDB_HOSTNAME)?;
            }
            19 => string(pdu, X25_LENGTH, X25_PSDN_ADDRESS)?,
            20 => {
                string(pdu, IDSN_LENGTH, IDSN_ADDRESS)?;
                if pdu.wire_remaining() > 0 {
                    string(pdu, IDSN_SA_LENGTH, IDSN_SA_ADDRESS)?;
                }
            }
            21 => {
                pdu.take(RT_SUBTYPE)?;
                self.name(pdu, RT_INTERMEDIATE_HOST)?;
            }
            // RFC 1706
            22 => rest(pdu, NSAP_RDATA)?,
            23 => self.name(pdu, NSAP_PTR_OWNER)?,
            // RFC 4034, section 3; SIG (RFC 2535) has the same form
            24 | 46 => {
                pdu.take(RRSIG_TYPE_COVERED)?;
                pdu.take(RRSIG_ALGORITHM)?;
                pdu.take(RRSIG_LABELS)?;
                pdu.take(RRSIG_ORIGINAL_TTL)?;
                pdu.take(RRSIG_SIGNATURE_EXPIRATION)?;
                pdu.take(RRSIG_SIGNATURE_INCEPTION)?;
                pdu.take(RRSIG_KEY_TAG)?;
                self.name(pdu, RRSIG_SIGNERS_NAME)?;
                rest(pdu, RRSIG_SIGNATURE)?;
            }
            25 => key(pdu)?,
            // RFC 2163
            26 => {
                pdu.take(PX_PREFERENCE)?;
                self.name(pdu, PX_MAP822)?;
                self.name(pdu, PX_MAP400)?;
            }
            // RFC 1712
            27 => {
                string(pdu, GPOS_LONGITUDE_LENGTH, GPOS_LONGITUDE)?;
                string(pdu, GPOS_LATITUDE_LENGTH, GPOS_LATITUDE)?;
                string(pdu, GPOS_ALTITUDE_LENGTH, GPOS_ALTITUDE)?;
            }
            // RFC 3596
            28 => drop(pdu.take(AAAA)?),
            29 => location(pdu)?,
            // RFC 2535, section 5.2
            30 => {
                self.name(pdu, NXT_NEXT_DOMAIN_NAME)?;
                let len = pdu.wire_remaining();
                bitmap(pdu, 0, len)?;
            }
            // RFC 2782
            33 => {
                pdu.take(SRV_PRIORITY)?;
                pdu.take(SRV_WEIGHT)?;
                pdu.take(SRV_PORT)?;
                self.name(pdu, SRV_TARGET)?;
            }
            // RFC 3403, section 4.1
            35 => {
                pdu.take(NAPTR_ORDER)?;
                pdu.take(NAPTR_PREFERENCE)?;
                string(pdu, NAPTR_FLAGS_LENGTH, NAPTR_FLAGS)?;
                string(pdu, NAPTR_SERVICE_LENGTH, NAPTR_SERVICE)?;
                string(pdu, NAPTR_REGEX_LENGTH, NAPTR_REGEX)?;
                let wanted = pdu.wants(NAPTR_REPLACEMENT);
                let (name, range) = self.read_name(pdu, NAPTR_REPLACEMENT, wanted)?;
                if name.is_known() {
                    pdu.computed(NAPTR_REPLACEMENT_LENGTH, range.clone(), name.len);
                    pdu.computed_bytes(NAPTR_REPLACEMENT, range, self.text);
                }
            }
            // RFC 2230
            36 => {
                pdu.take(KX_PREFERENCE)?;
                self.name(pdu, KX_KEY_EXCHANGE)?;
            }
            // RFC 4398
            37 => {
                pdu.take(CERT_TYPE)?;
                pdu.take(CERT_KEY_TAG)?;
                pdu.take(CERT_ALGORITHM)?;
                rest(pdu, CERT_CERTIFICATE)?;
            }
            38 => self.a6(pdu)?,
            // RFC 6672
            39 => self.name(pdu, DNAME)?,
            TYPE_OPT => self.options(pdu)?,
            42 => prefixes(pdu)?,
            // RFC 4034, section 5; RFC 7344; RFC 4431
            43 | 59 | 32769 => {
                pdu.take(DS_KEY_ID)?;
                pdu.take(DS_ALGORITHM)?;
                pdu.take(DS_DIGEST_TYPE)?;
                rest(pdu, DS_DIGEST)?;
            }
            // RFC 4255
            44 => {
                pdu.take(SSHFP_ALGORITHM)?;
                pdu.take(SSHFP_FINGERPRINT_TYPE)?;
                rest(pdu, SSHFP_FINGERPRINT)?;
            }
            // RFC 4025
            45 => {
                pdu.take(IPSECKEY_GATEWAY_PRECEDENCE)?;
                let gateway = pdu.take(IPSECKEY_GATEWAY_TYPE)?;
                pdu.take(IPSECKEY_GATEWAY_ALGORITHM)?;
                match gateway {
                    1 => drop(pdu.take(IPSECKEY_GATEWAY_IPV4)?),
                    2 => drop(pdu.take(IPSECKEY_GATEWAY_IPV6)?),
                    3 => self.name(pdu, IPSECKEY_GATEWAY_DNS)?,
                    _ => {}
                }
                rest(pdu, IPSECKEY_PUBLIC_KEY)?;
            }
            // RFC 4034, section 4
            47 => {
                self.name(pdu, NSEC_NEXT_DOMAIN_NAME)?;
                windows(pdu)?;
            }
            48 | 60 => dnskey(pdu)?,
            // RFC 4701
            49 => rest(pdu, DHCID_RDATA)?,
            // RFC 5155, section 3
            50 => {
                pdu.take(NSEC3_ALGO)?;
                pdu.take(NSEC3_FLAGS)?;
                pdu.take(NSEC3_ITERATIONS)?;
                salt(pdu)?;
                let len = pdu.take(NSEC3_HASH_LENGTH)?.into();
                let start = pdu.position();
                let hash = pdu.rest();
                pdu.skip(len)?;
                if pdu.wants(NSEC3_HASH_VALUE) {
                    base32hex(hash.get(..len).unwrap_or(hash), self.text);
                    pdu.computed_bytes(NSEC3_HASH_VALUE, start..pdu.position(), self.text);
                }
                windows(pdu)?;
            }
            // RFC 5155, section 4: its only flag means something in NSEC3 alone
            51 => {
                pdu.take(NSEC3_ALGO)?;
                pdu.peek(NSEC3_FLAGS)?;
                pdu.mark(NSEC3_FLAGS, pdu.position()..pdu.position() + 1);
                pdu.skip(1)?;
                pdu.take(NSEC3_ITERATIONS)?;
                salt(pdu)?;
            }
            // RFC 6698
            52 => {
                pdu.take(TLSA_CERTIFICATE_USAGE)?;
                pdu.take(TLSA_SELECTOR)?;
                pdu.take(TLSA_MATCHING_TYPE)?;
                rest(pdu, TLSA_CERTIFICATE_ASSOCIATION_DATA)?;
            }
            // RFC 8005, section 5
            55 => {
                let hit_len = pdu.take(HIP_HIT_LENGTH)?.into();
                pdu.take(HIP_HIT_PK_ALGO)?;
                let key_len = pdu.take(HIP_PK_LENGTH)?.into();
                pdu.take_bytes(HIP_HIT, hit_len)?;
                pdu.take_bytes(HIP_PK, key_len)?;
                while pdu.wire_remaining() > 0 {
                    self.name(pdu, HIP_RENDEZVOUS_SERVER)?;
                }
            }
            // RFC 7929
            61 => rest(pdu, OPENPGPKEY)?,
            // RFC 7477, section 2
            62 => {
                pdu.take(CSYNC_SOA)?;
                pdu.take(CSYNC_FLAGS)?;
                let map = pdu.position()..pdu.position() + pdu.remaining();
                pdu.mark(CSYNC_TYPE_BITMAP, map);
                windows(pdu)?;
            }
            // RFC 8976, section 2
            63 => {
                pdu.take(ZONEMD_SERIAL)?;
                pdu.take(ZONEMD_SCHEME)?;
                pdu.take(ZONEMD_HASH_ALGO)?;
                rest(pdu, ZONEMD_DIGEST)?;
            }
            // RFC 9460, section 2.2
            64 | 65 => {
                pdu.take(SVCB_SVCPRIORITY)?;
                self.name(pdu, SVCB_TARGETNAME)?;
                while pdu.wire_remaining() > 0 {
                    pdu.group(SVCB_SVCPARAM, service_parameter)?;
                }
            }
            // RFC 4408, section 3.1.1
            99 => {
                while pdu.wire_remaining() > 0 {
                    string(pdu, SPF_LENGTH, SPF)?;
                }
            }
            // RFC 6742, section 2
            104 => {
                pdu.take(ILNP_NID_PREFERENCE)?;
                pdu.take(ILNP_NID)?;
            }
            105 => {
                pdu.take(ILNP_L32_PREFERENCE)?;
                pdu.take(ILNP_L32)?;
            }
            106 => {
                pdu.take(ILNP_L64_PREFERENCE)?;
                pdu.take(ILNP_L64)?;
            }
            107 => {
                pdu.take(ILNP_LP_PREFERENCE)?;
                self.name(pdu, ILNP_LP)?;
            }
            // RFC 7043
            108 => drop(pdu.take(EUI48)?),
            109 => drop(pdu.take(EUI64)?),
            // RFC 2930, section 2
            249 => {
                self.name(pdu, TKEY_ALGO_NAME)?;
                pdu.take(TKEY_SIGNATURE_INCEPTION)?;
                pdu.take(TKEY_SIGNATURE_EXPIRATION)?;
                // RFC 3645, section 3.1.1
                const GSS_API_MODE: u16 = 3;
                let gss = pdu.take(TKEY_MODE)? == GSS_API_MODE && self.variant == Variant::Dns;
                pdu.take(TKEY_ERROR)?;
                let len = pdu.take(TKEY_KEY_SIZE)?.into();
                if len > 0 {
                    pdu.within(TKEY_KEY_SIZE, len, |pdu| {
                        if gss {
                            pdu.hand_to(GSS_API);
                        }
                        pdu.take_bytes(TKEY_KEY_DATA, len)
                    })?;
                }
                sized(pdu, TKEY_OTHER_SIZE, TKEY_OTHER_DATA)?;
            }
            // RFC 8945, section 4.2
            250 => {
                self.name(pdu, TSIG_ALGORITHM_NAME)?;
                pdu.take(TSIG_TIME_SIGNED)?;
                pdu.take(TSIG_FUDGE)?;
                sized(pdu, TSIG_MAC_SIZE, TSIG_MAC)?;
                pdu.take(TSIG_ORIGINAL_ID)?;
                pdu.take(TSIG_ERROR)?;
                sized(pdu, TSIG_OTHER_LEN, TSIG_OTHER_DATA)?;
            }
            257 => certification_authority(pdu)?,
            // [MS-DNSP], section 2.2.2.2.4
            65281 => {
                pdu.show(WINS_LOCAL_FLAG)?;
                pdu.skip(4)?;
                pdu.take(WINS_LOOKUP_TIMEOUT)?;
                pdu.take(WINS_CACHE_TIMEOUT)?;
                for _ in 0..pdu.take(WINS_NB_WINS_SERVERS)? {
                    pdu.take(WINS_WINS_SERVER)?;
                }
            }
            65282 => {
                pdu.take(WINSR_LOCAL_FLAG)?;
                pdu.take(WINSR_LOOKUP_TIMEOUT)?;
                pdu.take(WINSR_CACHE_TIMEOUT)?;
                self.name(pdu, WINSR_NAME_RESULT_DOMAIN)?;
            }
            // draft-bellis-dnsop-xpf
            65422 => {
                match pdu.take(XPF_IP_VERSION)? {
                    4 => {
                        pdu.take(XPF_PROTOCOL)?;
                        pdu.take(XPF_SOURCE_IPV4)?;
                        pdu.take(XPF_DESTINATION_IPV4)?;
                    }
                    6 => {
                        pdu.take(XPF_PROTOCOL)?;
                        pdu.take(XPF_SOURCE_IPV6)?;
                        pdu.take(XPF_DESTINATION_IPV6)?;
                    }
                    _ => return Ok(()),
                }
                pdu.take(XPF_SPORT)?;
                pdu.take(XPF_DPORT)?;
            }
            _ => rest(pdu, DATA)?,
        }
        Ok(())
    }

    /// An IPv6 address whose first bits are somewhere else (RFC 2874, section 3.1).
    fn a6(&mut self, pdu: &mut Pdu<'_>) -> Step {
        let prefix_len = pdu.take(A6_PREFIX_LEN)?;
        let len = (128usize.saturating_sub(prefix_len.into())).div_ceil(8);
        if len > 0 {
            let (start, bytes) = (pdu.position(), pdu.rest());
            pdu.skip(len).map_err(|stop| Stop { field: A6_ADDRESS_SUFFIX.id, ..stop })?;
            let mut address = [0; 16];
            for (to, from) in address.iter_mut().rev().zip(bytes.iter().take(len).rev()) {
                *to = *from;
            }
            pdu.computed_bytes(A6_ADDRESS_SUFFIX, start..pdu.position(), &address);
        }
        if prefix_len > 0 {
            self.name(pdu, A6_PREFIX_NAME)?;
        }
        Ok(())
    }
}

/// Everything up to the limit.
pub(super) fn rest(pdu: &mut Pdu<'_>, field: Handle<Variable>) -> Step {
    let len = pdu.wire_remaining();
    pdu.take_bytes(field, len)?;
    Ok(())
}

/// A `<character-string>`: a byte of length, then the text.
pub(super) fn string(pdu: &mut Pdu<'_>, length: Handle<u8>, text: Handle<Variable>) -> Step {
    let len = pdu.take(length)?.into();
    pdu.take_bytes(text, len)?;
    Ok(())
}

/// Bytes after their number, where there are any.
fn sized(pdu: &mut Pdu<'_>, size: Handle<u16>, bytes: Handle<Variable>) -> Step {
    let len = pdu.take(size)?.into();
    if len > 0 {
        pdu.take_bytes(bytes, len)?;
    }
    Ok(())
}

/// RFC 2535, section 3.1
fn key(pdu: &mut Pdu<'_>) -> Step {
    let record = pdu.rest();
    let flags = pdu.peek(KEY_FLAGS)?;
    if flags >> 14 == 3 {
        // Without a key the other bits say nothing.
        let range = pdu.position()..pdu.position() + 2;
        pdu.mark(KEY_FLAGS, range.clone());
        pdu.mark(KEY_FLAGS_AUTHENTICATION, range.clone());
        pdu.mark(KEY_FLAGS_CONFIDENTIALITY, range);
        pdu.skip(2)?;
    } else {
        pdu.take(KEY_FLAGS)?;
    }
    pdu.take(KEY_PROTOCOL)?;
    let algorithm = pdu.take(KEY_ALGORITHM)?;
    key_tag(pdu, KEY_KEY_ID, record, algorithm);
    if pdu.wire_remaining() > 0 {
        rest(pdu, KEY_PUBLIC_KEY)?;
    }
    Ok(())
}

/// RFC 4034, section 2
fn dnskey(pdu: &mut Pdu<'_>) -> Step {
    let record = pdu.rest();
    pdu.take(DNSKEY_FLAGS)?;
    pdu.take(DNSKEY_PROTOCOL)?;
    let algorithm = pdu.take(DNSKEY_ALGORITHM)?;
    key_tag(pdu, DNSKEY_KEY_ID, record, algorithm);
    rest(pdu, DNSKEY_PUBLIC_KEY)
}

/// RFC 4034, appendix B; B.1 is for the oldest algorithm, RSA/MD5.
fn key_tag(pdu: &mut Pdu<'_>, field: Handle<ComputedWord>, record: &[u8], algorithm: u8) {
    if !pdu.wants(field) || pdu.remaining() < pdu.wire_remaining() {
        return;
    }
    let tag = match (algorithm, record) {
        (1, [.., high, low, _]) => u16::from_be_bytes([*high, *low]),
        _ => {
            let words = record.chunks(2).map(|pair| (pair[0] as u32) << 8 | pair.get(1).copied().unwrap_or(0) as u32);
            let sum: u32 = words.sum();
            (sum + (sum >> 16)) as u16
        }
    };
    let start = pdu.position() - (record.len() - pdu.remaining());
    pdu.computed(field, start..start + record.len(), tag);
}

/// RFC 1876, section 2
fn location(pdu: &mut Pdu<'_>) -> Step {
    if pdu.peek(LOC_VERSION)? != 0 {
        pdu.show(LOC_VERSION)?;
        return rest(pdu, LOC_UNKNOWN_DATA);
    }
    pdu.take(LOC_VERSION)?;
    pdu.take(LOC_SIZE)?;
    pdu.take(LOC_HORIZONTAL_PRECISION)?;
    pdu.take(LOC_VERTICAL_PRECISION)?;
    pdu.take(LOC_LATITUDE)?;
    pdu.take(LOC_LONGITUDE)?;
    pdu.take(LOC_ALTITUDE)?;
    Ok(())
}

/// Address prefixes (RFC 3123, section 4).
fn prefixes(pdu: &mut Pdu<'_>) -> Step {
    while pdu.wire_remaining() > 0 {
        let family = pdu.take(APL_ADDRESS_FAMILY)?;
        pdu.take(APL_CODED_PREFIX)?;
        pdu.show(APL_NEGATION)?;
        let len = pdu.take(APL_AFDLENGTH)?.into();
        let start = pdu.position();
        pdu.skip(len)?;
        match family {
            1 => pdu.mark(APL_AFDPART_IPV4, start..start + len.min(4)),
            2 => pdu.mark(APL_AFDPART_IPV6, start..start + len.min(16)),
            _ => pdu.mark(APL_AFDPART_DATA, start..start + len),
        }
    }
    Ok(())
}

/// Types in windows of 256 each (RFC 4034, section 4.1.2).
fn windows(pdu: &mut Pdu<'_>) -> Step {
    while pdu.wire_remaining() > 0 {
        let header = pdu.rest();
        pdu.skip(2)?;
        if let [window, len, ..] = *header {
            bitmap(pdu, (window as u16) << 8, len.into())?;
        }
    }
    Ok(())
}

/// One bit for every type from `first` on, the highest bit of the first byte first.
fn bitmap(pdu: &mut Pdu<'_>, first: u16, len: usize) -> Step {
    let (start, bytes) = (pdu.position(), pdu.rest());
    pdu.skip(len)?;
    if pdu.wants(BITMAP_TYPE) {
        for (i, byte) in bytes.iter().take(len).enumerate() {
            for bit in (0..8usize).filter(|bit| byte << bit & 0x80 != 0) {
                pdu.computed(BITMAP_TYPE, start + i..start + i + 1, first as usize + i * 8 + bit);
            }
        }
    }
    Ok(())
}

fn salt(pdu: &mut Pdu<'_>) -> Step {
    let len = pdu.take(NSEC3_SALT_LENGTH)?.into();
    pdu.take_bytes(NSEC3_SALT_VALUE, len)?;
    Ok(())
}

/// RFC 4648, section 7, in lower case and without padding, as RFC 5155 wants it.
fn base32hex(bytes: &[u8], text: &mut Vec<u8>) {
    text.clear();
    let (mut bits, mut count) = (0u32, 0);
    for &byte in bytes {
        bits = bits << 8 | byte as u32;
        count += 8;
        while count >= 5 {
            count -= 5;
            text.push(b"0123456789abcdefghijklmnopqrstuv"[(bits >> count & 31) as usize]);
        }
    }
    if count > 0 {
        text.push(b"0123456789abcdefghijklmnopqrstuv"[(bits << (5 - count) & 31) as usize]);
    }
}

/// One SvcParam (RFC 9460, sections 2.2 and 7).
fn service_parameter(pdu: &mut Pdu<'_>) -> Step {
    let key = pdu.take(SVCB_SVCPARAM_KEY)?;
    let len = pdu.take(SVCB_SVCPARAM_VALUE_LENGTH)?.into();
    contained(pdu, SVCB_SVCPARAM_VALUE_LENGTH, len, |pdu| {
        while pdu.wire_remaining() > 0 {
            match key {
                0 => drop(pdu.take(SVCB_SVCPARAM_MANDATORY_KEY)?),
                1 => string(pdu, SVCB_SVCPARAM_ALPN_LENGTH, SVCB_SVCPARAM_ALPN)?,
                3 => return pdu.take(SVCB_SVCPARAM_PORT).map(drop),
                4 => drop(pdu.take(SVCB_SVCPARAM_IPV4HINT_IP)?),
                5 => rest(pdu, SVCB_SVCPARAM_ECHCONFIG)?,
                6 => drop(pdu.take(SVCB_SVCPARAM_IPV6HINT_IP)?),
                32769 => rest(pdu, SVCB_SVCPARAM_ODOHCONFIG)?,
                _ => rest(pdu, SVCB_SVCPARAM_VALUE)?,
            }
        }
        Ok(())
    })
}

/// RFC 8659, section 4.1
fn certification_authority(pdu: &mut Pdu<'_>) -> Step {
    pdu.take(CAA_FLAGS)?;
    let len = pdu.take(CAA_TAG_LENGTH)?.into();
    let tag = pdu.take_bytes(CAA_TAG, len)?;
    let value = pdu.position()..pdu.position() + pdu.remaining();
    let property = match &tag.to_ascii_lowercase()[..] {
        b"issue" => CAA_ISSUE,
        b"issuewild" => CAA_ISSUEWILD,
        b"iodef" => CAA_IODEF,
        _ => CAA_UNKNOWN,
    };
    pdu.mark(property, value);
    rest(pdu, CAA_VALUE)
}

/// What the tree of a message shows of the data of its only record.
#[cfg(test)]
pub(super) fn record_tree(kind: u16, rdata: &str) -> String {
    use prosector_sdk::testkit::{parse_hex, tree};

    let rdata = parse_hex(rdata);
    let mut message = parse_hex("1234 8400 0000 0001 0000 0000  01 61 00");
    message.extend(kind.to_be_bytes());
    message.extend([0, 1, 0, 0, 0, 60]);
    message.extend((rdata.len() as u16).to_be_bytes());
    message.extend(rdata);
    let tree = tree::<Dns>(&message);
    let (_, shown) = tree.split_once("Data length: ").expect("every record has that");
    // Behind the length, and without the indent of an answer.
    shown.lines().skip(1).map(|line| format!("{}\n", line.strip_prefix("    ").unwrap_or(line))).collect()
}

#[test]
fn exchange() {
    expect![[r#"
            Preference: 10
            Mail Exchange: mx.a
    "#]]
    .assert_eq(&record_tree(15, "000a 02 6d78 c00c"));
    expect![[r#"
            Order: 1
            Preference: 2
            Flags Length: 1
            Flags: u
            Service Length: 3
            Service: sip
            Regex Length: 0
            Regex: 
            Replacement Length: 1
            Replacement: a
    "#]]
    .assert_eq(&record_tree(35, "0001 0002 01 75 03 736970 00 c00c"));
}

#[test]
fn texts() {
    expect![[r#"
            CPU Length: 3
            CPU: CPU
            OS Length: 2
            OS: OS
    "#]]
    .assert_eq(&record_tree(13, "03 435055 02 4f53"));
    expect![[r#"
            TXT Length: 5
            TXT: hello
            TXT Length: 0
            TXT: 
            TXT Length: 2
            TXT: é
    "#]]
    .assert_eq(&record_tree(16, "05 68656c6c6f 00 02 c3a9"));
    expect![[r#"
            TXT Length: 5
            [error] bad-length: dns.txt needs 5 bytes, 2 are left
    "#]]
    .assert_eq(&record_tree(16, "05 6865"));
}

#[test]
fn well_known_services() {
    expect![[r#"
            Address: 192.0.2.5
            Protocol: TCP (6)
            Bits: 0x40
    "#]]
    .assert_eq(&record_tree(11, "c0000205 06 00 00 00 40"));
}

#[test]
fn signatures() {
    let times = "00000e10 65920080 64f13e00";
    expect![[r#"
            Type Covered: A (Host Address) (1)
            Algorithm: RSA/SHA-256 (8)
            Labels: 2
            Original TTL: 3600 s
            Signature Expiration: Jan  1, 2024 00:00:00.000000000 UTC
            Signature Inception: Sep  1, 2023 01:27:28.000000000 UTC
            Key Tag: 12345
            Signer's name: a
            Signature: 0badcafe
    "#]]
    .assert_eq(&record_tree(46, &format!("0001 08 02 {times} 3039 c00c 0badcafe")));
    expect![[r#"
            Key id: 0x3039
            Algorithm: RSA/SHA-256 (8)
            Digest Type: SHA-256 (2)
            Digest: 0badcafe
    "#]]
    .assert_eq(&record_tree(43, "3039 08 02 0badcafe"));
    expect![[r#"
            Next Domain Name: a
            RR type in bit map: A (Host Address) (1)
            RR type in bit map: RRSIG (Resource Record Signature) (46)
            RR type in bit map: NSEC (Next Secure) (47)
            RR type in bit map: CAA (Certification Authority Restriction) (257)
    "#]]
    .assert_eq(&record_tree(47, "c00c 0006 400000000003 01 01 40"));
    expect![[r#"
            Flags: 0x0101
              .... ...1 .... .... = Zone Key: This is the zone key for specified zone
              .... .... 0... .... = Key Revoked: No
              .... .... .... ...1 = Key Signing Key: Yes
              0000 000. .000 000. = Reserved: 0x0000
            Protocol: 3
            Algorithm: RSA/SHA-256 (8)
            Key id: 1803
            Public Key: 03010001
    "#]]
    .assert_eq(&record_tree(48, "0101 03 08 03010001"));
    // The key of RSA/MD5: the tag is made of the key's last bytes alone.
    expect![[r#"
            Flags: 0x4200
              0... .... .... .... = Key allowed for authentication: Allowed
              .1.. .... .... .... = Key allowed for confidentiality: Not Allowed
              ..0. .... .... .... = Key required: Required
              .... .0.. .... .... = Key is associated with a user: No
              .... ..1. .... .... = Key is associated with the named entity: Yes
              .... .... 0... .... = Key use with IPSEC: Invalid
              .... .... .0.. .... = Key use with MIME security multiparts: Invalid
              .... .... .... 0000 = Signatory: 0
            Protocol: 3
            Algorithm: RSA/MD5 (1)
            Key ID: 25187
            Public Key: 0301000161626364
    "#]]
    .assert_eq(&record_tree(25, "4200 03 01 0301000161626364"));
    expect![[r#"
            Flags: 0xc000
              1... .... .... .... = Key allowed for authentication: Not Allowed
              .1.. .... .... .... = Key allowed for confidentiality: Not Allowed
            Protocol: 3
            Algorithm: RSA/MD5 (1)
            Key ID: 3
    "#]]
    .assert_eq(&record_tree(25, "c000 03 01"));
    expect![[r#"
            Hash algorithm: SHA-1 (1)
            NSEC3 flags: 1
              .... ...1 = NSEC3 Opt-out flag: Additional insecure delegations allowed
            NSEC3 iterations: 10
            Salt length: 2
            Salt value: abcd
            Hash length: 5
            Next hashed owner: d1imor3f
            RR type in bit map: A (Host Address) (1)
    "#]]
    .assert_eq(&record_tree(50, "01 01 000a 02 abcd 05 68656c6c6f 00 01 40"));
    expect![[r#"
            Hash algorithm: SHA-1 (1)
            NSEC3 flags: 0
            NSEC3 iterations: 10
            Salt length: 0
            Salt value: <none>
    "#]]
    .assert_eq(&record_tree(51, "01 00 000a 00"));
    let tsig = "0000 65920080 012c 0004 0badcafe 1234 0012 0006 000065920081";
    expect![[r#"
            Algorithm Name: hmac
            Time Signed: Jan  1, 2024 00:00:00.000000000 UTC
            Fudge: 300 s
            MAC Size: 4
            MAC: 0badcafe
            Original Id: 4660
            Error: Signature out of time window (18)
            Other Len: 6
            Other Data: 000065920081
    "#]]
    .assert_eq(&record_tree(250, &format!("04 686d6163 00 {tsig}")));
    expect![[r#"
        Algorithm name: gss
        Signature Inception: Jan  1, 2024 00:00:00.000000000 UTC
        Signature Expiration: Jan  1, 2024 18:12:16.000000000 UTC
        Mode: GSSAPI (3)
        Error: No error (0)
        Key Size: 2
        Key Data: abcd
        Other Size: 0
        → @gss-api [0]: bytes 44..46
    "#]]
    .assert_eq(&record_tree(249, "03 677373 00 65920080 65930080 0003 0000 0002 abcd 0000"));
}

#[test]
fn certificates() {
    expect![[r#"
            Certificate Usage: Domain-issued certificate (DANE-EE) (3)
            Selector: SubjectPublicKeyInfo (SPKI) (1)
            Matching Type: 256 bit hash by SHA2 (SHA2-256) (1)
            Certificate Association Data: 0badcafe
    "#]]
    .assert_eq(&record_tree(52, "03 01 01 0badcafe"));
    expect![[r#"
            Algorithm: Ed25519 (4)
            Fingerprint type: SHA256 (2)
            Fingerprint: 0badcafe
    "#]]
    .assert_eq(&record_tree(44, "04 02 0badcafe"));
    expect![[r#"
            Gateway Precedence: 10
            Gateway Type: DNS Gateway (3)
            Gateway Algorithm: RSA (2)
            DNS Gateway: a
            Public Key: 0badcafe
    "#]]
    .assert_eq(&record_tree(45, "0a 03 02 c00c 0badcafe"));
    expect![[r#"
            CAA Flags: 0x80
              1... .... = Issuer Critical: Critical
            Tag length: 5
            Tag: issue
            Issue: acme.test
            Value: acme.test
    "#]]
    .assert_eq(&record_tree(257, "80 05 6973737565 61636d652e74657374"));
    expect![[r#"
            CAA Flags: 0x00
              0... .... = Issuer Critical: Not critical
            Tag length: 3
            Tag: xxx
            Unknown tag: 
            Value: 
    "#]]
    .assert_eq(&record_tree(257, "00 03 787878"));
    expect![[r#"
            Type: PKIX (1)
            Key Tag: 0x3039
            Algorithm: RSA/SHA-256 (8)
            Certificate (or CRL): 0badcafe
    "#]]
    .assert_eq(&record_tree(37, "0001 3039 08 0badcafe"));
    expect![[r#"
            HIT length: 4
            PK algorithm: RSA (2)
            PK length: 3
            Host Identity Tag: 0badcafe
            HIP Public Key: 010203
            Rendezvous Server: a
    "#]]
    .assert_eq(&record_tree(55, "04 02 0003 0badcafe 010203 c00c"));
}

#[test]
fn services() {
    let alpn = "0001 0006 02 6832 02 6833";
    let hints = "0004 0008 c0000206 c0000207  0006 0010 20010db8000000000000000000000001";
    expect![[r#"
        SvcPriority: 1
        TargetName: <Root>
        SvcParam: mandatory (0)
          SvcParamKey: mandatory (0)
          SvcParamValue length: 4
          Mandatory key: alpn (1)
          Mandatory key: ipv4hint (4)
        SvcParam: alpn (1)
          SvcParamKey: alpn (1)
          SvcParamValue length: 6
          ALPN length: 2
          ALPN: h2
          ALPN length: 2
          ALPN: h3
        SvcParam: no-default-alpn (2)
          SvcParamKey: no-default-alpn (2)
          SvcParamValue length: 0
        SvcParam: port (3)
          SvcParamKey: port (3)
          SvcParamValue length: 2
          Port: 443
        SvcParam: ipv4hint (4)
          SvcParamKey: ipv4hint (4)
          SvcParamValue length: 8
          IP: 192.0.2.6
          IP: 192.0.2.7
        SvcParam: ipv6hint (6)
          SvcParamKey: ipv6hint (6)
          SvcParamValue length: 16
          IP: 2001:db8::1
    "#]]
    .assert_eq(&record_tree(65, &format!("0001 00 0000 0004 00010004 {alpn} 0002 0000 0003 0002 01bb {hints}")));
    expect![[r#"
            SvcPriority: 0
            TargetName: a
    "#]]
    .assert_eq(&record_tree(64, "0000 c00c"));
    expect![[r#"
        SvcPriority: 1
        TargetName: <Root>
        SvcParam: alpn (1)
          SvcParamKey: alpn (1)
          SvcParamValue length: 3
          ALPN length: 5
          [error] bad-length: dns.svcb.svcparam.alpn needs 5 bytes, 2 are left
        SvcParam: port (3)
          SvcParamKey: port (3)
          SvcParamValue length: 2
          Port: 443
    "#]]
    .assert_eq(&record_tree(65, "0001 00 0001 0003 056832 0003 0002 01bb"));
}

#[test]
fn places_and_addresses() {
    expect![[r#"
            Version: 0
            Size: 18
            Horizontal Precision: 22
            Vertical Precision: 19
            Latitude: 2151083648
            Longitude: 2140292352
            Altitude: 10000042
    "#]]
    .assert_eq(&record_tree(29, "00 12 16 13 8036ee80 7f924500 009896aa"));
    expect![[r#"
            Version: 1
            Unknown data: 0112
    "#]]
    .assert_eq(&record_tree(29, "01 12"));
    expect![[r#"
            Prefix len: 64
            Address Suffix: ::1
            Prefix name: a
    "#]]
    .assert_eq(&record_tree(38, "40 0000000000000001 c00c"));
    expect![[r#"
            Address Family: IPv4 (1)
            Prefix Length: 24
            Negation Flag: No (0)
            Address Length: 3
            Address: 192.0.2.0
            Address Family: IPv6 (2)
            Prefix Length: 32
            Negation Flag: Yes (!)
            Address Length: 4
            Address: 2001:db8::
            Address Family: 3
            Prefix Length: 8
            Negation Flag: No (0)
            Address Length: 1
            Address: ff
    "#]]
    .assert_eq(&record_tree(42, "0001 18 03 c00002 0002 20 84 20010db8 0003 08 01 ff"));
    expect![[r#"
            IP Version: IPv4 (4)
            Protocol: UDP (17)
            IPv4 Source: 192.0.2.8
            IPv4 Destination: 192.0.2.9
            Source port: 12345
            Destination port: 53
    "#]]
    .assert_eq(&record_tree(65422, "04 11 c0000208 c0000209 3039 0035"));
    expect![[r#"
            EUI48 Address: 00:00:5e:00:53:01
    "#]]
    .assert_eq(&record_tree(108, "00005e005301"));
    expect![[r#"
            Preference: 10
            Locator32: 192.0.2.10
    "#]]
    .assert_eq(&record_tree(105, "000a c000020a"));
}

#[test]
fn replication() {
    expect![[r#"
            SOA: 66
            Flags: 0x0003
              .... .... .... ...1 = immediate: True
              .... .... .... ..1. = soaminimum: True
            Type Bitmap: 000460000008
            RR type in bit map: A (Host Address) (1)
            RR type in bit map: NS (authoritative Name Server) (2)
            RR type in bit map: AAAA (IPv6 Address) (28)
    "#]]
    .assert_eq(&record_tree(62, "00000042 0003 0004 60000008"));
    expect![[r#"
            Serial: 2018074188
            Scheme: SIMPLE (1)
            Hash Algorithm: SHA-384 (1)
            Digest: 0badcafe
    "#]]
    .assert_eq(&record_tree(63, "78495e4c 01 01 0badcafe"));
    expect![[r#"
            Local Flag: True
            Lookup timeout: 5 s
            Cache timeout: 900 s
            Number of WINS servers: 1
            WINS Server Address: 192.0.2.11
    "#]]
    .assert_eq(&record_tree(65281, "00000001 00000005 00000384 00000001 c000020b"));
}

#[test]
fn unknown_type() {
    expect![[r#"
            Data: 0badcafe
    "#]]
    .assert_eq(&record_tree(999, "0badcafe"));
}

/// Whatever its data is, no record makes the dissector panic or read on for ever.
#[test]
fn every_type_with_any_data() {
    for kind in (0..=300).chain(32768..32772).chain(65280..65440) {
        for (len, byte) in (0..40usize).flat_map(|len| [0u8, 1, 3, 0x40, 0xc0, 0xff].map(|byte| (len, byte))) {
            let mut message = vec![0x12, 0x34, 0x84, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0];
            message.extend((kind as u16).to_be_bytes());
            message.extend([0, 1, 0, 0, 0, 60, 0, len as u8]);
            message.resize(message.len() + len, byte);
            prosector_sdk::testkit::tree::<Dns>(&message);
        }
    }
}
