//! PKTAP, what macOS captures on several interfaces at once (LINKTYPE_PKTAP; `bsd/net/pktap.h` of Darwin): a header of the
//! interface and the process, then a frame of the link type that the header names. Numbers are in the byte order of the host,
//! which is little-endian.

use crate::padded::take_padded;
use prosector_sdk::prelude::*;

/// The dissector.
#[derive(Default)]
pub struct Pktap;

protocol! {
    /// PKTAP packet header.
    Pktap = pktap "PKTAP", "PKTAP packet header" {
        hdrlen: u32 le          "Header length",
        rectype: u32 le         "Record type" = { 0 "None", 1 "Packet" },
        dlt: u32 le             "DLT",
        ifname: str             "Interface name",
        flags: u32 le hex       "Flags",
        pfamily: u32 le         "Protocol family",
        llhdrlen: u32 le        "Link-layer header length",
        lltrlrlen: u32 le       "Link-layer trailer length",
        pid: u32 le             "Process ID",
        cmdname: str            "Command name",
        svc_class: u32 le       "Service class",
        iftype: u16 le          "Interface type",
        ifunit: u16 le          "Interface unit",
        epid: u32 le            "Effective process ID",
        ecmdname: str           "Effective command name",
    }
    claims { link = [258, 149] }
    tables { LINK: "link" }
}

const INTERFACE_LEN: usize = 24;
const COMMAND_LEN: usize = 20;
const HEADER: usize = 108;

impl Dissector for Pktap {
    fn dissect(&mut self, pdu: &mut Pdu<'_>) -> Step {
        let len = pdu.take(HDRLEN)? as usize;
        pdu.take(RECTYPE)?;
        let link = pdu.take(DLT)?;
        let interface = take_padded(pdu, IFNAME, INTERFACE_LEN)?;
        pdu.info(format_args!("{}", interface.escape_ascii()));
        pdu.take(FLAGS)?;
        pdu.take(PFAMILY)?;
        pdu.take(LLHDRLEN)?;
        pdu.take(LLTRLRLEN)?;
        pdu.take(PID)?;
        take_padded(pdu, CMDNAME, COMMAND_LEN)?;
        pdu.take(SVC_CLASS)?;
        pdu.take(IFTYPE)?;
        pdu.take(IFUNIT)?;
        pdu.take(EPID)?;
        take_padded(pdu, ECMDNAME, COMMAND_LEN)?;
        pdu.skip(len.saturating_sub(HEADER))?;
        pdu.hand_on(LINK, link);
        Ok(())
    }
}

builtin!(Pktap);

#[test]
fn a_header() {
    let name = |text: &str, len: usize| format!("{text}{}", "00".repeat(len - text.len() / 2));
    let header = format!(
        "6c000000 01000000 01000000 {} 02000000 02000000 0e000000 00000000 00020000 {} 00000000 0000 0000 ffffffff {}",
        name("656e30", 24),
        name("6c73", 20),
        name("", 20)
    );
    check::<Pktap>(
        &format!("{header} 0102"),
        expect![[r#"
        PKTAP packet header, en0
          Header length: 108
          Record type: Packet (1)
          DLT: 1
          Interface name: en0
          Flags: 0x00000002
          Protocol family: 2
          Link-layer header length: 14
          Link-layer trailer length: 0
          Process ID: 512
          Command name: ls
          Service class: 0
          Interface type: 0
          Interface unit: 0
          Effective process ID: 4294967295
          Effective command name: 
        → link [1]: bytes 108..110
    "#]],
    );
    check::<Pktap>(
        "6c000000 01000000 01000000 656e",
        expect![[r#"
        PKTAP packet header
          Header length: 108
          Record type: Packet (1)
          DLT: 1
          [error] short: pktap.ifname needs 24 bytes at offset 12, 2 are there
    "#]],
    );
}
