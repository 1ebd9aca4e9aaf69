//! Extensions of ICMP messages (RFC 4884): objects with MPLS label stacks (RFC 4950), with what is known of an
//! interface (RFC 5837), or with the interface that an extended echo asks about (RFC 8335).

use super::*;
use prosector_sdk::handle::{Handle, Variable};

/// Status of a checksum of extensions that the sender left at zero.
const NOT_PRESENT: u8 = 3;

/// The extension structure (RFC 4884, section 7), up to the end of the message.
pub(super) fn all(pdu: &mut Pdu<'_>) -> Step {
    pdu.group(EXT, |pdu| {
        let start = pdu.position();
        let version = pdu.show(EXT_VERSION)?;
        pdu.take(EXT_RES)?;
        let checksum = pdu.take(EXT_CHECKSUM)?;
        if pdu.wants(EXT_CHECKSUM_STATUS) {
            let status = if checksum == 0 { NOT_PRESENT } else { status(pdu, start) };
            pdu.computed(EXT_CHECKSUM_STATUS, start + 2..start + 4, status);
        }
        // Version 1 is that of drafts; it has the same form.
        if !matches!(version, 1 | 2) {
            return Ok(());
        }
        while pdu.wire_remaining() >= 4 && pdu.group(EXT_OBJECT, object)? {}
        Ok(())
    })
}

/// One object (RFC 4884, section 7.1); says whether another one can follow.
fn object(pdu: &mut Pdu<'_>) -> Result<bool, Stop> {
    const LABELS: u8 = 1;
    const INFORMATION: u8 = 2;
    const IDENTIFICATION: u8 = 3;
    let start = pdu.position();
    let len = pdu.take(EXT_LENGTH)?;
    let class = pdu.take(EXT_CLASS)?;
    let Some(len) = len.checked_sub(4) else {
        pdu.diagnostic(
            Severity::Error,
            "bad-length",
            start..start + 2,
            format_args!("an object is at least 4 bytes long, not {len}"),
        );
        return Ok(false);
    };
    let ctype = pdu.show(EXT_CTYPE)?;
    if class == INFORMATION {
        pdu.show(INT_INFO_ROLE)?;
        pdu.show(INT_INFO_RESERVED)?;
        pdu.show(INT_INFO_IFINDEX)?;
        pdu.show(INT_INFO_IPADDR)?;
        pdu.show(INT_INFO_NAME_PRESENT)?;
        pdu.show(INT_INFO_MTU_PRESENT)?;
    }
    pdu.skip(1)?;
    let there = pdu.wire_remaining();
    if usize::from(len) > there {
        pdu.diagnostic(
            Severity::Error,
            "bad-length",
            start..start + 2,
            format_args!("an object of {len} bytes behind its header, but the message has only {there} left"),
        );
    }
    pdu.within(EXT_LENGTH, len.into(), |pdu| {
        match (class, ctype) {
            (LABELS, 1) => labels(pdu)?,
            (INFORMATION, _) => interface(pdu, ctype)?,
            (IDENTIFICATION, 1) => text(pdu, INT_IDENT_NAME, pdu.wire_remaining())?,
            (IDENTIFICATION, 2) => {
                pdu.take(INT_IDENT_INDEX)?;
            }
            (IDENTIFICATION, 3) => address(pdu)?,
            (IDENTIFICATION, _) => {}
            _ if pdu.wire_remaining() > 0 => {
                pdu.take_rest(EXT_DATA);
            }
            _ => {}
        }
        Ok(())
    })?;
    Ok(true)
}

/// A label stack (RFC 4950, section 3).
fn labels(pdu: &mut Pdu<'_>) -> Step {
    while pdu.wire_remaining() >= 4 {
        pdu.show(MPLS_LABEL)?;
        pdu.show(MPLS_EXP)?;
        pdu.take(MPLS_S)?;
        pdu.take(MPLS_TTL)?;
    }
    if pdu.wire_remaining() > 0 {
        pdu.take_rest(MPLS_DATA);
    }
    Ok(())
}

/// Sub-objects of interface information, as the bits of the C-Type say (RFC 5837, section 4.1).
fn interface(pdu: &mut Pdu<'_>, ctype: u8) -> Step {
    if ctype & 0x08 != 0 {
        pdu.take(INT_INFO_INDEX)?;
    }
    if ctype & 0x04 != 0 {
        let family = pdu.take(INT_INFO_AFI)?;
        pdu.take_bytes(RESERVED, 2)?;
        match family {
            1 => {
                pdu.take(INT_INFO_IPV4)?;
            }
            2 => {
                pdu.take(INT_INFO_IPV6)?;
            }
            _ => {
                // How long it is, and so where anything behind it begins, nobody can tell.
                pdu.take_rest(INT_INFO_IPUNKNOWN);
                return Ok(());
            }
        }
    }
    if ctype & 0x02 != 0 {
        let len = usize::from(pdu.take(INT_INFO_NAME_LENGTH)?);
        text(pdu, INT_INFO_NAME, len.saturating_sub(1))?;
    }
    if ctype & 0x01 != 0 {
        pdu.take(INT_INFO_MTU)?;
    }
    Ok(())
}

/// The address of an interface (RFC 8335, section 2.1).
fn address(pdu: &mut Pdu<'_>) -> Step {
    let family = pdu.take(INT_IDENT_AFI)?;
    pdu.take(INT_IDENT_ADDR_LENGTH)?;
    pdu.take_bytes(INT_IDENT_RESERVED, 1)?;
    match family {
        1 => {
            pdu.take(INT_IDENT_IPV4)?;
        }
        2 => {
            pdu.take(INT_IDENT_IPV6)?;
        }
        _ => {
            pdu.take_rest(INT_IDENT_ADDRESS);
        }
    }
    Ok(())
}

/// A text of `len` bytes that is filled up with zeros.
fn text(pdu: &mut Pdu<'_>, field: Handle<Variable>, len: usize) -> Step {
    let shown = pdu.rest().iter().take(len).take_while(|b| **b != 0).count();
    pdu.take_bytes(field, shown)?;
    pdu.skip(len - shown)
}

#[test]
fn expired_with_labels_and_interface() {
    check::<Icmp>(
        "0b 00 e922 00 07 0000  4500001c00010000401166ce0a0000010a000002 03e807d0001e0000
         20 00 af05  0008 01 01 0001710a  001c 02 0f 0000000f 0001 0000 0a000001 08 65746830000000 000005dc",
        expect![[r#"
            Internet Control Message Protocol, Time-to-live exceeded (Time to live exceeded in transit)
              Type: Time-to-live exceeded (11)
              Code: 0
              Checksum: 0xe922
              Checksum Status: Good (1)
              Unused: 00
              Length: 7
              Length of original datagram: 28 bytes
              Unused: 0000
              ICMP Multi-Part Extensions: Good (1)
                Version: 2
                Reserved: 0x000
                Checksum: 0xaf05
                Checksum Status: Good (1)
                Object: MPLS Label Stack Class (1)
                  Length: 8
                  Class: MPLS Label Stack Class (1)
                  C-Type: 1
                  Label: 23
                  Experimental: 0
                  Stack bit: True
                  Time to live: 10
                Object: Interface Information Object (2)
                  Length: 28
                  Class: Interface Information Object (2)
                  C-Type: 15
                  Interface Role: IP interface upon which datagram arrived (0)
                  Reserved: 0
                  ifIndex: True
                  IP Address: Present
                  Interface Name: Present
                  MTU: Present
                  Interface Index: 15
                  Address Family Identifier: IPv4 (1)
                  Reserved: 0000
                  Source: 10.0.0.1
                  Name Length: 8
                  Name: eth0
                  Maximum Transmission Unit: 1500
            → @ip [0]: bytes 8..36
        "#]],
    );
}

#[test]
fn an_object_shorter_than_its_header() {
    check::<Icmp>(
        "0b 00 c81e 00 07 0000  4500001c00010000401166ce0a0000010a000002 03e807d0001e0000  20000000 0003 01 01 00",
        expect![[r#"
            Internet Control Message Protocol, Time-to-live exceeded (Time to live exceeded in transit)
              Type: Time-to-live exceeded (11)
              Code: 0
              Checksum: 0xc81e
              Checksum Status: Good (1)
              Unused: 00
              Length: 7
              Length of original datagram: 28 bytes
              Unused: 0000
              ICMP Multi-Part Extensions: Not present (3)
                Version: 2
                Reserved: 0x000
                Checksum: 0x0000
                Checksum Status: Not present (3)
                Object: MPLS Label Stack Class (1)
                  Length: 3
                  Class: MPLS Label Stack Class (1)
                  [error] bad-length: an object is at least 4 bytes long, not 3
            → @ip [0]: bytes 8..36
        "#]],
    );
}

#[test]
fn an_object_longer_than_the_message() {
    check::<Icmp>(
        "2a 00 0000 0009 01 01  20 00 0000  0020 09 01 0102",
        expect![[r#"
            Internet Control Message Protocol, Extended Echo request (No error)
              Type: Extended Echo request (42)
              Code: 0
              Checksum: 0x0000
              Checksum Status: Bad (0)
              Identifier (BE): 9
              Identifier (LE): 2304
              Sequence Number: 1
              Reserved: 0x00
              Local bit: True
              ICMP Multi-Part Extensions: Not present (3)
                Version: 2
                Reserved: 0x000
                Checksum: 0x0000
                Checksum Status: Not present (3)
                Object
                  Length: 32
                  Class: 9
                  C-Type: 1
                  [error] bad-length: an object of 28 bytes behind its header, but the message has only 2 left
                  Data: 0102
        "#]],
    );
}

#[test]
fn extended_echo_names_an_interface_by_address() {
    check::<Icmp>(
        "2a 00 d4f5 0009 01 01  20 00 ceed  000c 03 03 0001 04 00 0a000002",
        expect![[r#"
            Internet Control Message Protocol, Extended Echo request (No error)
              Type: Extended Echo request (42)
              Code: 0
              Checksum: 0xd4f5
              Checksum Status: Good (1)
              Identifier (BE): 9
              Identifier (LE): 2304
              Sequence Number: 1
              Reserved: 0x00
              Local bit: True
              ICMP Multi-Part Extensions: Good (1)
                Version: 2
                Reserved: 0x000
                Checksum: 0xceed
                Checksum Status: Good (1)
                Object: Interface Identification Object (3)
                  Length: 12
                  Class: Interface Identification Object (3)
                  C-Type: 3
                  Address Family Identifier: IPv4 (1)
                  Address Length: 4
                  Reserved: 00
                  Address: 10.0.0.2
        "#]],
    );
}
