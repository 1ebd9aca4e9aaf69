//! Options of EDNS (RFC 6891, section 6.1.2), and the TLVs of stateful operations (RFC 8490, section 5.4).

use super::records::rest;
use super::*;

impl Message<'_, '_> {
    /// The options of an OPT record.
    pub(super) fn options(&mut self, pdu: &mut Pdu<'_>) -> Step {
        while pdu.wire_remaining() > 0 {
            pdu.group(OPT, |pdu| self.option(pdu))?;
        }
        Ok(())
    }

    fn option(&mut self, pdu: &mut Pdu<'_>) -> Step {
        let code = pdu.take(OPT_CODE)?;
        let len = pdu.take(OPT_LEN)?.into();
        if pdu.remaining() < len {
            pdu.take_bytes(OPT_DATA, len)?;
        }
        pdu.mark(OPT_DATA, pdu.position()..pdu.position() + len);
        contained(pdu, OPT_LEN, len, |pdu| {
            match code {
                // RFC 6975
                5..=7 => {
                    let field = [OPT_DAU, OPT_DHU, OPT_N3U][code as usize - 5];
                    while pdu.wire_remaining() > 0 {
                        pdu.take(field)?;
                    }
                }
                // RFC 7871; the other code was its first, experimental one
                8 | 20730 => {
                    let family = pdu.take(OPT_CLIENT_FAMILY)?;
                    pdu.take(OPT_CLIENT_NETMASK)?;
                    pdu.take(OPT_CLIENT_SCOPE)?;
                    let (start, len) = (pdu.position(), pdu.remaining());
                    match family {
                        1 => pdu.mark(OPT_CLIENT_ADDR4, start..start + len.min(4)),
                        2 => pdu.mark(OPT_CLIENT_ADDR6, start..start + len.min(16)),
                        _ => rest(pdu, OPT_CLIENT_ADDR)?,
                    }
                }
                // RFC 7873
                10 => {
                    pdu.take(OPT_COOKIE_CLIENT)?;
                    rest(pdu, OPT_COOKIE_SERVER)?;
                }
                // RFC 7828: empty in a query
                11 if pdu.wire_remaining() > 0 => drop(pdu.take(OPT_EDNS_TCP_KEEPALIVE_TIMEOUT)?),
                // RFC 7830
                12 => rest(pdu, OPT_PADDING)?,
                // RFC 7901
                13 => self.name(pdu, OPT_CHAIN_FQDN)?,
                // RFC 8914
                15 => {
                    pdu.take(OPT_EXT_ERROR_INFO_CODE)?;
                    if pdu.wire_remaining() > 0 {
                        rest(pdu, OPT_EXT_ERROR_EXTRA_TEXT)?;
                    }
                }
                _ => {}
            }
            Ok(())
        })
    }
}

/// What a stateful operation has instead of records.
pub(super) fn stateful(pdu: &mut Pdu<'_>) -> Step {
    while pdu.wire_remaining() > 0 {
        pdu.group(DSO_TLV, |pdu| {
            let kind = pdu.take(DSO_TLV_TYPE)?;
            let len = pdu.take(DSO_TLV_LENGTH)?.into();
            contained(pdu, DSO_TLV_LENGTH, len, |pdu| {
                match kind {
                    1 => {
                        pdu.take(DSO_TLV_KEEPALIVE_INACTIVITY)?;
                        pdu.take(DSO_TLV_KEEPALIVE_INTERVAL)?;
                    }
                    2 => drop(pdu.take(DSO_TLV_RETRYDELAY_RETRYDELAY)?),
                    3 => rest(pdu, DSO_TLV_ENCPAD_PADDING)?,
                    _ => rest(pdu, DSO_TLV_DATA)?,
                }
                Ok(())
            })
        })?;
    }
    Ok(())
}

#[cfg(test)]
use super::records::record_tree;

#[test]
fn client_subnet_and_cookie() {
    expect![[r#"
        Option: CSUBNET - Client subnet (8)
          Option Code: CSUBNET - Client subnet (8)
          Option Length: 7
          Option Data: 00011800c00002
          Family: IPv4 (1)
          Source Netmask: 24
          Scope Netmask: 0
          Client Subnet: 192.0.2.0
        Option: CSUBNET - Client subnet (8)
          Option Code: CSUBNET - Client subnet (8)
          Option Length: 8
          Option Data: 0002200020010db8
          Family: IPv6 (2)
          Source Netmask: 32
          Scope Netmask: 0
          Client Subnet: 2001:db8::
    "#]]
    .assert_eq(&record_tree(41, "0008 0007 0001 18 00 c00002  0008 0008 0002 20 00 20010db8"));
    expect![[r#"
        Option: COOKIE (10)
          Option Code: COOKIE (10)
          Option Length: 8
          Option Data: 0001020304050607
          Client Cookie: 0001020304050607
          Server Cookie: <none>
        Option: COOKIE (10)
          Option Code: COOKIE (10)
          Option Length: 16
          Option Data: 000102030405060708090a0b0c0d0e0f
          Client Cookie: 0001020304050607
          Server Cookie: 08090a0b0c0d0e0f
    "#]]
    .assert_eq(&record_tree(41, "000a 0008 0001020304050607  000a 0010 0001020304050607 08090a0b0c0d0e0f"));
}

#[test]
fn other_options() {
    expect![[r#"
        Option: NSID - Name Server Identifier (3)
          Option Code: NSID - Name Server Identifier (3)
          Option Length: 4
          Option Data: 6e733031
        Option: DAU - DNSSEC Algorithm Understood (RFC6975) (5)
          Option Code: DAU - DNSSEC Algorithm Understood (RFC6975) (5)
          Option Length: 2
          Option Data: 080d
          DAU: RSA/SHA-256 (8)
          DAU: ECDSA Curve P-256 with SHA-256 (13)
        Option: EDNS TCP Keepalive (11)
          Option Code: EDNS TCP Keepalive (11)
          Option Length: 2
          Option Data: 04d2
          Timeout: 1234
        Option: EDNS TCP Keepalive (11)
          Option Code: EDNS TCP Keepalive (11)
          Option Length: 0
          Option Data: <none>
    "#]]
    .assert_eq(&record_tree(41, "0003 0004 6e733031  0005 0002 080d  000b 0002 04d2  000b 0000"));
    expect![[r#"
        Option: PADDING (12)
          Option Code: PADDING (12)
          Option Length: 3
          Option Data: 000000
          Padding: 000000
        Option: CHAIN (13)
          Option Code: CHAIN (13)
          Option Length: 3
          Option Data: 016100
          Closest Trust Point: a
        Option: Extended DNS Error (15)
          Option Code: Extended DNS Error (15)
          Option Length: 6
          Option Data: 001274657874
          Info Code: Prohibited (18)
          Extra Text: text
    "#]]
    .assert_eq(&record_tree(41, "000c 0003 000000  000d 0003 016100  000f 0006 0012 74657874"));
}

#[test]
fn options_that_do_not_fit() {
    expect![[r#"
        Option: CSUBNET - Client subnet (8)
          Option Code: CSUBNET - Client subnet (8)
          Option Length: 3
          Option Data: 000118
          Family: IPv4 (1)
          Source Netmask: 24
          [error] bad-length: dns.opt.client.scope needs 1 bytes, 0 are left
        Option: Extended DNS Error (15)
          Option Code: Extended DNS Error (15)
          Option Length: 2
          Option Data: 0007
          Info Code: Signature Expired (7)
    "#]]
    .assert_eq(&record_tree(41, "0008 0003 0001 18  000f 0002 0007"));
    expect![[r#"
        Option: NSID - Name Server Identifier (3)
          Option Code: NSID - Name Server Identifier (3)
          Option Length: 9
        [error] bad-length: dns.opt.data needs 9 bytes, 2 are left
    "#]]
    .assert_eq(&record_tree(41, "0003 0009 6e73"));
}

#[test]
fn keepalive_of_a_session() {
    check::<Dns>(
        "1234 3000 0000 0000 0000 0000  0001 0008 00003a98 0000ea60  0003 0002 0000",
        expect![[r#"
            Domain Name System, DNS Stateful operations (DSO) 0x1234
              Transaction ID: 0x1234
              Flags: 0x3000
                0... .... .... .... = Response: Message is a query
                .011 0... .... .... = Opcode: DNS Stateful operations (DSO) (6)
                .... ..0. .... .... = Truncated: Message is not truncated
                .... ...0 .... .... = Recursion desired: Don't do query recursively
                .... .... .0.. .... = Z: reserved (0)
                .... .... ...0 .... = Non-authenticated data: Unacceptable
              Questions: 0
              Answer RRs: 0
              Authority RRs: 0
              Additional RRs: 0
              DNS Stateful Operation
                DSO TLV: Keep Alive (1)
                  Type: Keep Alive (1)
                  Length: 8
                  Inactivity Timeout: 15000 ms
                  Keepalive Interval: 60000 ms
                DSO TLV: Encryption Padding (3)
                  Type: Encryption Padding (3)
                  Length: 2
                  Padding: 0000
        "#]],
    );
}
