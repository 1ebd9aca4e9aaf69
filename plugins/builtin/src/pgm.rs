//! PGM, Pragmatic General Multicast (RFC 3208, section 8).

use crate::checksum::{self, NOT_PRESENT, STATUS, UNVERIFIED};
use prosector_sdk::handle::Handle;
use prosector_sdk::prelude::*;

/// The dissector.
#[derive(Default)]
pub struct Pgm;

protocol! {
    /// Pragmatic General Multicast (RFC 3208).
    Pgm = pgm "PGM", "Pragmatic General Multicast" {
        hdr.sport: u16                  "Source Port",
        hdr.dport: u16                  "Destination Port",
        /// Source and destination, in this order.
        port: u16                       "Port" hidden,
        hdr.type: u8 hex                "Type" = {
            0x00 "SPM", 0x01 "POLL", 0x02 "POLR", 0x04 "ODATA", 0x05 "RDATA", 0x08 "NAK", 0x09 "NNAK", 0x0a "NCF",
            0x0c "SPMR", 0x0d "ACK",
        },
        hdr.opts: u8 hex                "Options" {
            opt: 0x01                   "Options" = PRESENT,
            netsig: 0x02                "Network Significant Options" = PRESENT,
            varlen: 0x40                "Variable length Parity Packet Option" = PRESENT,
            parity: 0x80                "Parity" = PRESENT,
        },
        hdr.cksum: u16 hex              "Checksum",
        hdr.cksum.status: computed u8   "Checksum Status" = STATUS,
        hdr.gsi: bytes[6]               "Global Source Identifier",
        hdr.tsdulen: u16                "Transport Service Data Unit Length",
        spm.sqn: u32 hex                "Sequence number",
        spm.trail: u32 hex              "Trailing Edge Sequence Number",
        spm.lead: u32 hex               "Leading Edge Sequence Number",
        spm.pathafi: u16                "Path NLA AFI" = FAMILIES,
        spm.res: u16 hex                "Reserved",
        spm.path.ipv4: ipv4             "Path NLA",
        spm.path.ipv6: ipv6             "Path NLA",
        data.sqn: u32 hex               "Data Packet Sequence Number",
        data.trail: u32 hex             "Trailing Edge Sequence Number",
        nak.sqn: u32 hex                "Requested Sequence Number",
        nak.srcafi: u16                 "Source NLA AFI" = FAMILIES,
        nak.srcres: u16 hex             "Reserved",
        nak.src.ipv4: ipv4              "Source NLA",
        nak.src.ipv6: ipv6              "Source NLA",
        nak.grpafi: u16                 "Multicast Group AFI" = FAMILIES,
        nak.grpres: u16 hex             "Reserved",
        nak.grp.ipv4: ipv4              "Multicast Group NLA",
        nak.grp.ipv6: ipv6              "Multicast Group NLA",
        option: group                   "Option",
        opts.type: u8 hex               "Type" = {
            0x00 "Length", 0x01 "Fragment", 0x02 "NakList", 0x03 "Join", 0x04 "NAK-BO-IVL", 0x05 "NAK-BO-RNG",
            0x07 "Redirect", 0x08 "ParityPrm", 0x09 "ParityGrp", 0x0a "CurrTGS", 0x0b "NbrUnreach", 0x0c "PathNLA",
            0x0d "Syn", 0x0e "Fin", 0x0f "Reset",
        },
        opts.len: u8                    "Length",
        opts.tlen: u16                  "Total Length",
    }
    claims { ip.proto = 113, udp.port = [3055, 3056] }
    tables { PORT_TABLE: "pgm.port" }
}

value_names! {
    /// Option flags.
    PRESENT { 0 "Not Present", 1 "Present" }
}

value_names! {
    /// Address families (IANA).
    FAMILIES { 1 "IPv4", 2 "IPv6" }
}

const OPTIONS_PRESENT: u8 = 1;

impl Dissector for Pgm {
    fn dissect(&mut self, pdu: &mut Pdu<'_>) -> Step {
        pdu.show(HDR_SPORT)?;
        let src = pdu.take(PORT)?;
        pdu.show(HDR_DPORT)?;
        let dst = pdu.take(PORT)?;
        let kind = pdu.take(HDR_TYPE)?;
        let flags = pdu.take(HDR_OPTS)?;
        let sum = pdu.take(HDR_CKSUM)?;
        if pdu.wants(HDR_CKSUM_STATUS) {
            let data = pdu.data();
            let status = match sum {
                0 => NOT_PRESENT,
                _ if data.len() < pdu.wire_len() || pdu.is_quoted() => UNVERIFIED,
                _ => checksum::plain(data),
            };
            pdu.computed(HDR_CKSUM_STATUS, 6..8, status);
        }
        pdu.take(HDR_GSI)?;
        pdu.take(HDR_TSDULEN)?;
        pdu.info(format_args!("{} {src} → {dst}", Self::name(HDR_TYPE, kind)));
        match kind {
            0x00 => {
                pdu.take(SPM_SQN)?;
                pdu.take(SPM_TRAIL)?;
                pdu.take(SPM_LEAD)?;
                address(pdu, SPM_PATHAFI, SPM_RES, SPM_PATH_IPV4, SPM_PATH_IPV6)?;
            }
            0x04 | 0x05 => {
                pdu.take(DATA_SQN)?;
                pdu.take(DATA_TRAIL)?;
            }
            0x08..=0x0a => {
                pdu.take(NAK_SQN)?;
                address(pdu, NAK_SRCAFI, NAK_SRCRES, NAK_SRC_IPV4, NAK_SRC_IPV6)?;
                address(pdu, NAK_GRPAFI, NAK_GRPRES, NAK_GRP_IPV4, NAK_GRP_IPV6)?;
            }
            _ => {}
        }
        if flags & OPTIONS_PRESENT != 0 {
            options(pdu)?;
        }
        if matches!(kind, 0x04 | 0x05) && pdu.wire_remaining() > 0 {
            pdu.hand_on(PORT_TABLE, [src.min(dst), src.max(dst)]);
        }
        Ok(())
    }
}

fn address(
    pdu: &mut Pdu<'_>,
    family: Handle<u16>,
    reserved: Handle<u16>,
    ipv4: Handle<[u8; 4]>,
    ipv6: Handle<[u8; 16]>,
) -> Step {
    let kind = pdu.take(family)?;
    pdu.take(reserved)?;
    match kind {
        1 => pdu.take(ipv4).map(drop),
        2 => pdu.take(ipv6).map(drop),
        _ => Ok(()),
    }
}

/// Options (RFC 3208, section 9.1): the first says how long all are, the last has the highest bit of its type set.
fn options(pdu: &mut Pdu<'_>) -> Step {
    const LAST: u8 = 0x80;
    loop {
        let last = pdu.group(OPTION, |pdu| {
            let at = pdu.position();
            let kind = pdu.take(OPTS_TYPE)?;
            let len = usize::from(pdu.take(OPTS_LEN)?);
            if len < 2 {
                pdu.diagnostic(Severity::Error, "bad-length", at + 1..at + 2, format_args!("{len} bytes"));
                return Ok(true);
            }
            pdu.within(OPTS_LEN, len - 2, |pdu| {
                if kind & !LAST == 0 && len == 4 {
                    pdu.take(OPTS_TLEN)?;
                }
                pdu.skip(pdu.remaining())
            })?;
            Ok(kind & LAST != 0)
        })?;
        if last || pdu.wire_remaining() == 0 {
            return Ok(());
        }
    }
}

builtin!(Pgm);

#[test]
fn a_source_path_message() {
    check::<Pgm>(
        "3408 15bb 00 00 0000 010203040506 0000  00000001 00000002 00000003 0001 0000 0a000001",
        expect![[r#"
            Pragmatic General Multicast, SPM 13320 → 5563
              Source Port: 13320
              Destination Port: 5563
              Type: SPM (0x00)
              Options: 0x00
                .... ...0 = Options: Not Present
                .... ..0. = Network Significant Options: Not Present
                .0.. .... = Variable length Parity Packet Option: Not Present
                0... .... = Parity: Not Present
              Checksum: 0x0000
              Checksum Status: Not present (3)
              Global Source Identifier: 010203040506
              Transport Service Data Unit Length: 0
              Sequence number: 0x00000001
              Trailing Edge Sequence Number: 0x00000002
              Leading Edge Sequence Number: 0x00000003
              Path NLA AFI: IPv4 (1)
              Reserved: 0x0000
              Path NLA: 10.0.0.1
        "#]],
    );
}

#[test]
fn data_with_options_and_one_without_length() {
    check::<Pgm>(
        "3408 15bb 04 01 0000 010203040506 0002  00000001 00000002  00 04 000c 83 08 00 00 00000001  6869",
        expect![[r#"
            Pragmatic General Multicast, ODATA 13320 → 5563
              Source Port: 13320
              Destination Port: 5563
              Type: ODATA (0x04)
              Options: 0x01
                .... ...1 = Options: Present
                .... ..0. = Network Significant Options: Not Present
                .0.. .... = Variable length Parity Packet Option: Not Present
                0... .... = Parity: Not Present
              Checksum: 0x0000
              Checksum Status: Not present (3)
              Global Source Identifier: 010203040506
              Transport Service Data Unit Length: 2
              Data Packet Sequence Number: 0x00000001
              Trailing Edge Sequence Number: 0x00000002
              Option: Length (0x00)
                Type: Length (0x00)
                Length: 4
                Total Length: 12
              Option
                Type: 0x83
                Length: 8
            → pgm.port [5563, 13320]: bytes 36..38
        "#]],
    );
    check::<Pgm>(
        "3408 15bb 04 01 0000 010203040506 0002  00000001 00000002  00 00 000c",
        expect![[r#"
            Pragmatic General Multicast, ODATA 13320 → 5563
              Source Port: 13320
              Destination Port: 5563
              Type: ODATA (0x04)
              Options: 0x01
                .... ...1 = Options: Present
                .... ..0. = Network Significant Options: Not Present
                .0.. .... = Variable length Parity Packet Option: Not Present
                0... .... = Parity: Not Present
              Checksum: 0x0000
              Checksum Status: Not present (3)
              Global Source Identifier: 010203040506
              Transport Service Data Unit Length: 2
              Data Packet Sequence Number: 0x00000001
              Trailing Edge Sequence Number: 0x00000002
              Option: Length (0x00)
                Type: Length (0x00)
                Length: 0
                [error] bad-length: 0 bytes
            → pgm.port [5563, 13320]: bytes 26..28
        "#]],
    );
}
