//! ES-IS, the OSI routing exchange between end and intermediate systems (ISO 9542).

use prosector_sdk::prelude::*;

/// The dissector.
#[derive(Default)]
pub struct Esis;

protocol! {
    /// End System to Intermediate System routing exchange (ISO 9542).
    Esis = esis "ESIS", "ISO 9542 ESIS Routeing Information Exchange Protocol" {
        nlpi: u8 hex                            "Network Layer Protocol Identifier",
        length: u8                              "PDU Length",
        ver: u8                                 "Version",
        res: u8                                 "Reserved(==0)",
        type: u8 & 0x1f                         "PDU Type" = {
            2 "ES HELLO", 4 "IS HELLO", 6 "RD REQUEST",
        },
        htime: u16                              "Holding Time" unit "s",
        chksum: u16 hex                         "Checksum",
        chksum.status: computed u8              "Checksum Status" = crate::checksum::STATUS,
        number_of_source_addresses: u8          "Number of Source Addresses (SA, Format: NSAP)",
        sal: u8                                 "Source Address Length",
        sa: bytes                               "Source Address",
        netl: u8                                "Network Entity Title Length",
        net: bytes                              "Network Entity Title",
        dal: u8                                 "Destination Address Length",
        da: bytes                               "Destination Address",
        bsnpal: u8                              "Better Subnetwork Point of Attachment Length",
        bsnpa: bytes                            "Better Subnetwork Point of Attachment",
    }
    claims { osi.nlpid = 0x82, fr.nlpid = 0x82 }
}

const HEADER: usize = 9;
const ES_HELLO: u8 = 2;
const IS_HELLO: u8 = 4;
const REDIRECT: u8 = 6;

impl Dissector for Esis {
    fn dissect(&mut self, pdu: &mut Pdu<'_>) -> Step {
        pdu.take(NLPI)?;
        let len = usize::from(pdu.take(LENGTH)?);
        pdu.take(VER)?;
        pdu.take(RES)?;
        let kind = pdu.take(TYPE)?;
        pdu.info(format_args!("{}", Self::name(TYPE, kind)));
        pdu.take(HTIME)?;
        let sum = pdu.take(CHKSUM)?;
        if pdu.wants(CHKSUM_STATUS) {
            let status = match pdu.data().get(..len) {
                _ if sum == 0 => crate::checksum::NOT_PRESENT,
                Some(data) => crate::checksum::fletcher(data),
                None => crate::checksum::UNVERIFIED,
            };
            pdu.computed(CHKSUM_STATUS, 7..9, status);
        }
        pdu.within(LENGTH, len.saturating_sub(HEADER), |pdu| match kind {
            ES_HELLO => {
                for _ in 0..pdu.take(NUMBER_OF_SOURCE_ADDRESSES)? {
                    let len = pdu.take(SAL)?.into();
                    pdu.take_bytes(SA, len)?;
                }
                Ok(())
            }
            IS_HELLO => {
                let len = pdu.take(NETL)?.into();
                pdu.take_bytes(NET, len)?;
                Ok(())
            }
            REDIRECT => {
                let len = pdu.take(DAL)?.into();
                pdu.take_bytes(DA, len)?;
                let len = pdu.take(BSNPAL)?.into();
                pdu.take_bytes(BSNPA, len)?;
                let len = usize::from(pdu.take(NETL)?);
                if len > 0 {
                    pdu.take_bytes(NET, len)?;
                }
                Ok(())
            }
            _ => Ok(()),
        })
    }
}

builtin!(Esis);

#[test]
fn hellos() {
    check::<Esis>(
        "82 10 01 00 04 001e 0000  06 490001020304",
        expect![[r#"
        ISO 9542 ESIS Routeing Information Exchange Protocol, IS HELLO
          Network Layer Protocol Identifier: 0x82
          PDU Length: 16
          Version: 1
          Reserved(==0): 0
          PDU Type: IS HELLO (4)
          Holding Time: 30 s
          Checksum: 0x0000
          Checksum Status: Not present (3)
          Network Entity Title Length: 6
          Network Entity Title: 490001020304
    "#]],
    );
    check::<Esis>(
        "82 0f 01 00 02 001e 0000  01 04 49000102",
        expect![[r#"
        ISO 9542 ESIS Routeing Information Exchange Protocol, ES HELLO
          Network Layer Protocol Identifier: 0x82
          PDU Length: 15
          Version: 1
          Reserved(==0): 0
          PDU Type: ES HELLO (2)
          Holding Time: 30 s
          Checksum: 0x0000
          Checksum Status: Not present (3)
          Number of Source Addresses (SA, Format: NSAP): 1
          Source Address Length: 4
          Source Address: 49000102
    "#]],
    );
}

#[test]
fn a_redirect_whose_address_is_too_long() {
    check::<Esis>(
        "82 0d 01 00 06 001e 0000  09 490001",
        expect![[r#"
        ISO 9542 ESIS Routeing Information Exchange Protocol, RD REQUEST
          Network Layer Protocol Identifier: 0x82
          PDU Length: 13
          Version: 1
          Reserved(==0): 0
          PDU Type: RD REQUEST (6)
          Holding Time: 30 s
          Checksum: 0x0000
          Checksum Status: Not present (3)
          Destination Address Length: 9
          [error] short: esis.da needs 9 bytes at offset 10, 3 are there (the end is set by esis.length)
    "#]],
    );
}
