//! Addresses and ids.
//!
//! `mac`, `eui64`, `ipv4`, `ipv6` and `uuid` are types of their own: filters know networks (`enrol.gateway4 ==
//! 192.0.2.0/24`), and everything writes them as one does. `source` and `destination` behind the title make a field
//! what the summary calls so, in place of the addresses of the layers around it; leave that to protocols that are
//! networks themselves.
//!
//! `uuid le` is the GUID of Windows, whose first three numbers are little-endian. Addresses stand in the order that they
//! are written in; where a protocol turns them round, as IEEE 802.15.4 does with EUI-64, `take_raw` gives the bytes, and what
//! they are in order is recorded as `computed`.
//!
//! A prefix has as many bytes as its length in bits needs. `mark` gives it a field of an address type all the same;
//! the bytes that are not there count as zeros.
//!
//! What can go wrong:
//!
//! * `mark` needs bytes that are there: `skip` over them first, which leaves where they are not.
//! * A length in bits comes from the frame. More than 32 or 128 is wrong, and says nothing of how many bytes follow.
//! * An address whose kind is in the frame (4 or 6) is one field for each kind, as DNS has `a` and `aaaa`.

use prosector_sdk::prelude::*;

/// The dissector.
#[derive(Default)]
pub struct Enrol;

protocol! {
    /// A device joins and says who and where it is.
    Enrol = enrol "ENROL", "Device enrolment" {
        device: uuid                    "Device",
        vendor: uuid le                 "Vendor",
        mac: mac                        "MAC address",
        radio: eui64                    "Radio address",
        parent: computed eui64          "Parent",
        gateway4: ipv4                  "Gateway",
        gateway6: ipv6                  "Gateway",
        route: group                    "Route",
        route.family: u8                "Family" = { 4 "IPv4", 6 "IPv6" },
        route.len: u8                   "Length of prefix" unit "bits",
        route.prefix4: ipv4             "Prefix",
        route.prefix6: ipv6             "Prefix",
    }
    claims { udp.port = 7109 }
}

impl Dissector for Enrol {
    fn dissect(&mut self, pdu: &mut Pdu<'_>) -> Step {
        pdu.take(DEVICE)?;
        pdu.take(VENDOR)?;
        pdu.take(MAC)?;
        pdu.take(RADIO)?;
        let (at, parent) = (pdu.position(), pdu.take_raw(PARENT, 8)?);
        let parent = parent.iter().rev().fold(0u64, |number, &byte| number << 8 | u64::from(byte));
        pdu.computed(PARENT, at..at + 8, parent);
        let [a, b, c, d] = pdu.take(GATEWAY4)?;
        pdu.info(format_args!("gateway {a}.{b}.{c}.{d}"));
        pdu.take(GATEWAY6)?;
        pdu.repeat(|pdu| pdu.group(ROUTE, route))
    }
}

/// A prefix: its family, its length in bits, and as many bytes as that needs.
fn route(pdu: &mut Pdu<'_>) -> Step {
    let family = pdu.take(ROUTE_FAMILY)?;
    let bits = usize::from(pdu.take(ROUTE_LEN)?);
    let (at, len) = (pdu.position(), bits.div_ceil(8));
    match (family, bits) {
        (4, 0..=32) => {
            pdu.skip(len)?;
            pdu.mark(ROUTE_PREFIX4, at..at + len);
        }
        (6, 0..=128) => {
            pdu.skip(len)?;
            pdu.mark(ROUTE_PREFIX6, at..at + len);
        }
        _ => {
            pdu.diagnostic(Severity::Error, "bad-prefix", at - 2..at, format_args!("no prefix of a known family"));
            pdu.skip(pdu.wire_remaining())?;
        }
    }
    Ok(())
}

#[test]
fn an_enrolment() {
    check::<Enrol>(
        "6ba7b8109dad11d180b400c04fd430c8 10b8a76bad9dd11180b400c04fd430c8 02005e000001 02005efffe000001
         010000feff5e0002 c0000201 20010db8000000000000000000000001  04 18 c00002  06 20 20010db8  04 00",
        expect![[r#"
            Device enrolment, gateway 192.0.2.1
              Device: 6ba7b810-9dad-11d1-80b4-00c04fd430c8
              Vendor: 6ba7b810-9dad-11d1-80b4-00c04fd430c8
              MAC address: 02:00:5e:00:00:01
              Radio address: 02:00:5e:ff:fe:00:00:01
              Parent: 02:00:5e:ff:fe:00:00:01
              Gateway: 192.0.2.1
              Gateway: 2001:db8::1
              Route: IPv4 (4)
                Family: IPv4 (4)
                Length of prefix: 24 bits
                Prefix: 192.0.2.0
              Route: IPv6 (6)
                Family: IPv6 (6)
                Length of prefix: 32 bits
                Prefix: 2001:db8::
              Route: IPv4 (4)
                Family: IPv4 (4)
                Length of prefix: 0 bits
                Prefix: 0.0.0.0
        "#]],
    );
}

#[test]
fn a_prefix_too_long() {
    check::<Enrol>(
        "6ba7b8109dad11d180b400c04fd430c8 10b8a76bad9dd11180b400c04fd430c8 02005e000001 02005efffe000001
         010000feff5e0002 c0000201 20010db8000000000000000000000001  04 21 c0000280 00",
        expect![[r#"
            Device enrolment, gateway 192.0.2.1
              Device: 6ba7b810-9dad-11d1-80b4-00c04fd430c8
              Vendor: 6ba7b810-9dad-11d1-80b4-00c04fd430c8
              MAC address: 02:00:5e:00:00:01
              Radio address: 02:00:5e:ff:fe:00:00:01
              Parent: 02:00:5e:ff:fe:00:00:01
              Gateway: 192.0.2.1
              Gateway: 2001:db8::1
              Route: IPv4 (4)
                Family: IPv4 (4)
                Length of prefix: 33 bits
                [error] bad-prefix: no prefix of a known family
        "#]],
    );
}
