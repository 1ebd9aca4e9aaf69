//! GTP, the GPRS tunnelling protocol: user data of version 1 (3GPP TS 29.281, section 5), and signalling of version 1
//! (3GPP TS 29.060, section 7) and 0 (3GPP TS 09.60, section 7). GTP' (3GPP TS 32.295) has the same port as version 0.

mod elements;

use prosector_sdk::prelude::*;
use std::collections::BTreeMap;

/// The dissector.
#[derive(Default)]
pub struct Gtp {
    flows: Flows<BTreeMap<(u8, u16), (u64, i64)>>,
}

protocol! {
    /// GPRS tunnelling protocol, user data and signalling.
    Gtp = gtp "GTP", "GPRS Tunneling Protocol" {
        flags: u8 hex             "Flags" {
            version: 0xe0         "Version" = VERSIONS,
            payload: uint 0x10    "Protocol type" = { 0 "GTP'", 1 "GTP" },
            reserved: uint 0x08   "Reserved",
            e: 0x04               "Is Next Extension Header present?",
            s: 0x02               "Is Sequence Number present?",
            pn: 0x01              "Is N-PDU number present?",
        },
        flags as FLAGS_V0: u8 hex "Flags" {
            version as V0_VERSION: 0xe0 "Version" = VERSIONS,
            payload as V0_PAYLOAD: uint 0x10 "Protocol type" = { 0 "GTP'", 1 "GTP" },
            reserved as V0_RESERVED: 0x0e "Reserved",
            snn: 0x01             "Is SNDCP N-PDU included?",
        },
        message: u8 hex           "Message Type" = {
            1 "Echo request", 2 "Echo response", 3 "Version not supported", 4 "Node alive request",
            5 "Node alive response", 6 "Redirection request", 7 "Redirection response",
            16 "Create PDP context request", 17 "Create PDP context response", 18 "Update PDP context request",
            19 "Update PDP context response", 20 "Delete PDP context request", 21 "Delete PDP context response",
            22 "Initiate PDP Context Activation Request", 23 "Initiate PDP Context Activation Response",
            26 "Error indication", 27 "PDU notification request", 28 "PDU notification response",
            29 "PDU notification reject request", 30 "PDU notification reject response",
            31 "Supported extension header notification", 32 "Send routing information for GPRS request",
            33 "Send routing information for GPRS response", 34 "Failure report request",
            35 "Failure report response", 36 "Note MS GPRS present request", 37 "Note MS GPRS present response",
            48 "Identification request", 49 "Identification response", 50 "SGSN context request",
            51 "SGSN context response", 52 "SGSN context acknowledgement", 53 "Forward relocation request",
            54 "Forward relocation response", 55 "Forward relocation complete", 56 "Relocation cancel request",
            57 "Relocation cancel response", 58 "Forward SRNS context",
            59 "Forward relocation complete acknowledge", 60 "Forward SRNS context acknowledge",
            240 "Data record transfer request", 241 "Data record transfer response", 254 "End Marker", 255 "T-PDU",
        },
        length: u16               "Length",
        teid: u32 hex             "TEID",
        seq_number: u16 hex       "Sequence number",
        npdu_number: u8 hex       "N-PDU Number",
        flow_label: u16 hex       "Flow label",
        tid: computed str         "TID",
        ext_hdr: group            "Extension header",
        ext_hdr.next: u8 hex      "Next extension header type" = {
            0x00 "No more extension headers", 0x01 "MBMS support indication", 0x02 "MS Info Change Reporting support indication",
            0x40 "UDP Port number", 0x85 "PDU Session container", 0xc0 "PDCP PDU number", 0xc1 "Suspend Request",
            0xc2 "Suspend Response",
        },
        ext_hdr.length: u8        "Extension Header Length",
        ext_hdr.pdcpsn: u16       "PDCP Sequence Number",
        ext_hdr.udp_port: u16     "UDP Port",
        ext_hdr.data: bytes       "Data",
        response_to: computed u32 "Response To" linked,
        time: computed duration   "Time" linked,

        ie: group                 "Information element",
        ie_id: u8                 "Type" = elements::NAMES,
        cause: u8                 "Cause" = {
            0 "Request IMSI", 1 "Request IMEI", 2 "Request IMSI and IMEI", 3 "No identity needed", 4 "MS refuses",
            5 "MS is not GPRS responding", 128 "Request accepted", 192 "Non-existent", 193 "Invalid message format",
            194 "IMSI not known", 195 "MS is GPRS detached", 196 "MS is not GPRS responding", 197 "MS refuses",
            198 "Version not supported", 199 "No resource available", 200 "Service not supported",
            201 "Mandatory IE incorrect", 202 "Mandatory IE missing", 203 "Optional IE incorrect",
            204 "System failure", 205 "Roaming restriction", 206 "P-TMSI signature mismatch",
            207 "GPRS connection suspended", 208 "Authentication failure", 209 "User authentication failed",
            210 "Context not found", 211 "All PDP dynamic addresses are occupied", 212 "No memory is available",
            219 "Missing or unknown APN", 220 "Unknown PDP address or PDP type",
        },
        .e212.imsi: computed str  "IMSI",
        .e212.mcc: computed u16   "Mobile Country Code (MCC)",
        .e212.rai.mcc: computed u16 "Mobile Country Code (MCC)",
        .e212.rai.mnc: computed u16 "Mobile Network Code (MNC)",
        lac: u16                  "Location Area Code (LAC)",
        rai_rac: u8               "Routing Area Code (RAC)",
        reorder: bool(u8) & 0x01  "Reordering required",
        recovery: u8              "Recovery",
        sel_mode: u8 & 0x03       "Selection mode" = {
            0 "MS or network provided APN, subscribed verified", 1 "MS provided APN, subscription not verified",
            2 "Network provided APN, subscription not verified",
            3 "For future use (Network provided APN, subscription not verified",
        },
        teid_data: u32 hex        "TEID Data I",
        teid_cp: u32 hex          "TEID Control Plane",
        flow_ii: u16              "Flow Label Data II",
        flow_sig: u16 hex         "Flow label Signalling",
        nsapi: u8 & 0x0f          "NSAPI",
        chrg_char: u16            "Charging characteristics",
        chrg_id: u32 hex          "Charging ID",
        user_addr_pdp_org: u8 & 0x0f "PDP type organization" = { 0 "ETSI", 1 "IETF" },
        user_addr_pdp_type: u8 hex "PDP type number" = {
            0x00 "X.25", 0x01 "PPP", 0x02 "OSP:IHOSS", 0x21 "IPv4", 0x57 "IPv6", 0x8d "IPv4v6",
        },
        user_ipv4: ipv4           "End user address IPv4",
        user_ipv6: ipv6           "End user address IPv6",
        apn_length: u16           "APN length",
        apn: computed str         "APN",
        gsn_address_length: u16   "GSN address length",
        gsn_ipv4: ipv4            "GSN address IPv4",
        gsn_ipv6: ipv6            "GSN address IPv6",
        qos_umts_length: u16      "Length",
        qos_al_ret_priority: u8   "Allocation/Retention priority",
        qos_spare1: u8 & 0xc0     "Spare",
        qos_delay: u8 & 0x38      "QoS delay",
        qos_reliability: u8 & 0x07 "QoS reliability",
        qos_peak: u8 & 0xf0       "QoS peak",
        qos_spare2: u8 & 0x08     "Spare",
        qos_precedence: u8 & 0x07 "QoS precedence",
        qos_spare3: u8 & 0xe0     "Spare",
        qos_mean: u8 & 0x1f       "QoS mean",
        qos_traf_class: u8 & 0xe0 "Traffic class" = {
            1 "Conversational class", 2 "Streaming class", 3 "Interactive class", 4 "Background class",
        },
        qos_del_order: u8 & 0x18  "Delivery order",
        qos_del_err_sdu: u8 & 0x07 "Delivery of erroneous SDU",
        qos_max_sdu_size: u8      "Maximum SDU size",
        qos_max_ul: u8            "Maximum bit rate for uplink",
        qos_max_dl: u8            "Maximum bit rate for downlink",
        qos_res_ber: u8 & 0xf0    "Residual BER",
        qos_sdu_err_ratio: u8 & 0x0f "SDU Error ratio",
        qos_trans_delay: u8 & 0xfc "Transfer delay",
        qos_traf_handl_prio: u8 & 0x03 "Traffic handling priority",
        qos_guar_ul: u8           "Guaranteed bit rate for uplink",
        qos_guar_dl: u8           "Guaranteed bit rate for downlink",
        ext_length: u16           "Length",
        ext_rat_type: u8          "RAT Type" = {
            1 "UTRAN", 2 "GERAN", 3 "WLAN", 4 "GAN", 5 "HSPA Evolution", 6 "EUTRAN (WB-E-UTRAN)", 7 "Virtual",
            8 "EUTRAN-NB-IoT",
        },
        timezone: u8              "Timezone",
        timezone_dst: u8 & 0x03   "DST",
        ext_id: u16               "Extension identifier",
        ext_val: bytes            "Extension value",
        ie_length: u16            "Length",
        ie_data: bytes            "Data",
    }
    claims { udp.port = [2152, 3386, 2123] }
    tables { IP: "@ip", IPV6: "@ipv6", DATA: "@data", PPP_PROTOCOL: "ppp.protocol", PPP: "@ppp" }
    stateful
}

value_names! {
    VERSIONS { 0 "GTP release 97/98 version", 1 "GTP release 99 version", 2 "GTPv2-C" }
}

const END_MARKER: u8 = 0xfe;
const T_PDU: u8 = 0xff;
/// Bytes that the length does not count.
const HEADER_V1: usize = 8;
const HEADER_V0: usize = 20;
/// Requests that are kept for a flow at most.
const KEPT: usize = 1000;

impl Dissector for Gtp {
    fn dissect(&mut self, pdu: &mut Pdu<'_>) -> Step {
        match pdu.peek(FLAGS)? >> 4 {
            1 => self.version_0(pdu),
            3 => self.version_1(pdu),
            // Of another version, or GTP', or nothing of the kind.
            _ => {
                pdu.hand_to(DATA);
                Ok(())
            }
        }
    }

    fn flow_end(&mut self, flow: u64) {
        self.flows.end(flow);
    }
}

impl Gtp {
    fn version_1(&mut self, pdu: &mut Pdu<'_>) -> Step {
        let flags = pdu.take(FLAGS)?;
        let message = pdu.take(MESSAGE)?;
        let len = usize::from(pdu.take(LENGTH)?);
        pdu.set_len(LENGTH, HEADER_V1 + len);
        let teid = pdu.take(TEID)?;
        pdu.info(format_args!("{} (TEID 0x{teid:08x})", Self::name(MESSAGE, message)));
        // If one of the three is there, so are the bytes of all.
        if flags & 7 != 0 {
            let sequence = optional(pdu, flags)?;
            if let Some(sequence) = sequence.filter(|_| message < END_MARKER) {
                self.link(pdu, message, sequence);
            }
        }
        if message >= END_MARKER { payload(pdu, message) } else { elements::all(pdu, false) }
    }

    /// The header of 3GPP TS 09.60, section 6.
    fn version_0(&mut self, pdu: &mut Pdu<'_>) -> Step {
        pdu.take(FLAGS_V0)?;
        let message = pdu.take(MESSAGE)?;
        let len = usize::from(pdu.take(LENGTH)?);
        pdu.set_len(LENGTH, HEADER_V0 + len);
        let sequence = pdu.take(SEQ_NUMBER)?;
        pdu.info(format_args!("{}", Self::name(MESSAGE, message)));
        pdu.take(FLOW_LABEL)?;
        pdu.skip(1 + 3)?;
        let (at, digits) = (pdu.position(), elements::digits(pdu.rest().get(..8).unwrap_or_default()));
        pdu.skip(8)?;
        pdu.computed_bytes(TID, at..at + 8, digits.as_bytes());
        if message == T_PDU {
            return payload(pdu, message);
        }
        self.link(pdu, message, sequence);
        elements::all(pdu, true)
    }

    /// Answers follow their requests by number: 17 answers 16. Only the lowest ones have it the other way round.
    fn link(&mut self, pdu: &mut Pdu<'_>, message: u8, sequence: u16) {
        let answers = match message {
            2 | 5 | 7 => Some(message - 1),
            17 | 19 | 21 | 23 | 28 | 30 | 33 | 35 | 37 | 49 | 51 | 54 | 57 | 241 => Some(message - 1),
            _ => None,
        };
        let open = self.flows.of(pdu.flow());
        match answers {
            Some(request) => {
                if let Some((frame, time)) = open.remove(&(request, sequence)) {
                    pdu.computed(RESPONSE_TO, 0..0, frame);
                    pdu.computed(TIME, 0..0, pdu.time() - time);
                }
            }
            None => {
                if open.len() >= KEPT {
                    open.clear();
                }
                open.insert((message, sequence), (pdu.frame_number(), pdu.time()));
            }
        }
    }
}

fn payload(pdu: &mut Pdu<'_>, message: u8) -> Step {
    if pdu.wire_remaining() > 0 {
        pdu.hand_to(match *pdu.rest() {
            [0x45..=0x4f, ..] if message == T_PDU => IP,
            [0x60..=0x6f, ..] if message == T_PDU => IPV6,
            [0xff, 0x03, ..] if message == T_PDU => PPP,
            _ => DATA,
        });
    }
    Ok(())
}

/// Sequence number, N-PDU number, extension headers. Returns the sequence number, if there is one.
fn optional(pdu: &mut Pdu<'_>, flags: u8) -> Result<Option<u16>, Stop> {
    const PDCP: u8 = 0xc0;
    const UDP_PORT: u8 = 0x40;
    let mut sequence = None;
    if flags & 2 != 0 {
        sequence = Some(pdu.take(SEQ_NUMBER)?);
    } else {
        pdu.skip(2)?;
    }
    if flags & 1 != 0 {
        pdu.take(NPDU_NUMBER)?;
    } else {
        pdu.skip(1)?;
    }
    if flags & 4 == 0 {
        pdu.skip(1)?;
        return Ok(sequence);
    }
    let mut kind = pdu.take(EXT_HDR_NEXT)?;
    // An extension header begins with its length in units of four bytes and ends with the type of the next one.
    while kind != 0 {
        kind = pdu.group(EXT_HDR, |pdu| {
            let at = pdu.position();
            let len = 4 * usize::from(pdu.take(EXT_HDR_LENGTH)?);
            let Some(data) = len.checked_sub(2) else {
                pdu.diagnostic(Severity::Error, "bad-length", at..at + 1, format_args!("no bytes at all"));
                return Ok(0);
            };
            match kind {
                PDCP if data == 2 => drop(pdu.take(EXT_HDR_PDCPSN)?),
                UDP_PORT if data == 2 => drop(pdu.take(EXT_HDR_UDP_PORT)?),
                _ => drop(pdu.take_bytes(EXT_HDR_DATA, data)?),
            }
            pdu.take(EXT_HDR_NEXT)
        })?;
    }
    Ok(sequence)
}

builtin!(Gtp);

#[test]
fn packets() {
    check::<Gtp>(
        "30 ff 0001 00000007 45",
        expect![[r#"
            GPRS Tunneling Protocol, T-PDU (TEID 0x00000007)
              Flags: 0x30
                001. .... = Version: GTP release 99 version (1)
                ...1 .... = Protocol type: GTP (1)
                .... 0... = Reserved: 0
                .... .0.. = Is Next Extension Header present?: False
                .... ..0. = Is Sequence Number present?: False
                .... ...0 = Is N-PDU number present?: False
              Message Type: T-PDU (0xff)
              Length: 1
              TEID: 0x00000007
            → @ip [0]: bytes 8..9
        "#]],
    );
    check::<Gtp>(
        "36 ff 0009 00000007 0005 00 c0  01 0904 00  60",
        expect![[r#"
            GPRS Tunneling Protocol, T-PDU (TEID 0x00000007)
              Flags: 0x36
                001. .... = Version: GTP release 99 version (1)
                ...1 .... = Protocol type: GTP (1)
                .... 0... = Reserved: 0
                .... .1.. = Is Next Extension Header present?: True
                .... ..1. = Is Sequence Number present?: True
                .... ...0 = Is N-PDU number present?: False
              Message Type: T-PDU (0xff)
              Length: 9
              TEID: 0x00000007
              Sequence number: 0x0005
              Next extension header type: PDCP PDU number (0xc0)
              Extension header: No more extension headers (0x00)
                Extension Header Length: 1
                PDCP Sequence Number: 2308
                Next extension header type: No more extension headers (0x00)
            → @ipv6 [0]: bytes 16..17
        "#]],
    );
}

#[test]
fn others() {
    check::<Gtp>(
        "32 01 0004 00000000 0001 00 00",
        expect![[r#"
            GPRS Tunneling Protocol, Echo request (TEID 0x00000000)
              Flags: 0x32
                001. .... = Version: GTP release 99 version (1)
                ...1 .... = Protocol type: GTP (1)
                .... 0... = Reserved: 0
                .... .0.. = Is Next Extension Header present?: False
                .... ..1. = Is Sequence Number present?: True
                .... ...0 = Is N-PDU number present?: False
              Message Type: Echo request (0x01)
              Length: 4
              TEID: 0x00000000
              Sequence number: 0x0001
        "#]],
    );
    check::<Gtp>(
        "48 20 0004",
        expect![[r#"
            GPRS Tunneling Protocol
            → @data [0]: bytes 0..4
        "#]],
    );
    check::<Gtp>(
        "34 ff 0008 00000007 0000 00 85  02 00",
        expect![[r#"
            GPRS Tunneling Protocol, T-PDU (TEID 0x00000007)
              Flags: 0x34
                001. .... = Version: GTP release 99 version (1)
                ...1 .... = Protocol type: GTP (1)
                .... 0... = Reserved: 0
                .... .1.. = Is Next Extension Header present?: True
                .... ..0. = Is Sequence Number present?: False
                .... ...0 = Is N-PDU number present?: False
              Message Type: T-PDU (0xff)
              Length: 8
              TEID: 0x00000007
              Next extension header type: PDU Session container (0x85)
              Extension header
                Extension Header Length: 2
              [error] short: gtp.ext_hdr.data needs 6 bytes at offset 13, 1 are there
        "#]],
    );
}

#[test]
fn signalling() {
    check::<Gtp>(
        "32 10 002e 00000000 0007 00 00  02 2143658709214365 0e 05 10 00000001 14 05 80 0002 f1 21
         83 0004 03 617069 84 000b 80 8021 07 01010007 030300 85 0004 0a000001",
        expect![[r#"
            GPRS Tunneling Protocol, Create PDP context request (TEID 0x00000000)
              Flags: 0x32
                001. .... = Version: GTP release 99 version (1)
                ...1 .... = Protocol type: GTP (1)
                .... 0... = Reserved: 0
                .... .0.. = Is Next Extension Header present?: False
                .... ..1. = Is Sequence Number present?: True
                .... ...0 = Is N-PDU number present?: False
              Message Type: Create PDP context request (0x10)
              Length: 46
              TEID: 0x00000000
              Sequence number: 0x0007
              Information element: IMSI (2)
                Type: IMSI (2)
                IMSI: 1234567890123456
                Mobile Country Code (MCC): 123
              Information element: Recovery (14)
                Type: Recovery (14)
                Recovery: 5
              Information element: TEID Data I / Flow Label Data I (16)
                Type: TEID Data I / Flow Label Data I (16)
                TEID Data I: 0x00000001
              Information element: NSAPI (20)
                Type: NSAPI (20)
                NSAPI: 5
              Information element: End user address (128)
                Type: End user address (128)
                Length: 2
                PDP type organization: IETF (1)
                PDP type number: IPv4 (0x21)
              Information element: Access Point Name (131)
                Type: Access Point Name (131)
                APN length: 4
                APN: api
              Information element: Protocol configuration options (132)
                Type: Protocol configuration options (132)
                Length: 11
              [error] short: bytes needs 7 bytes at offset 49, 5 are there (the end is set by gtp.length)
            → ppp.protocol [32801]: bytes 49..54
        "#]],
    );
    check::<Gtp>(
        "32 01 0006 00000000 0007 00 00  07 00",
        expect![[r#"
        GPRS Tunneling Protocol, Echo request (TEID 0x00000000)
          Flags: 0x32
            001. .... = Version: GTP release 99 version (1)
            ...1 .... = Protocol type: GTP (1)
            .... 0... = Reserved: 0
            .... .0.. = Is Next Extension Header present?: False
            .... ..1. = Is Sequence Number present?: True
            .... ...0 = Is N-PDU number present?: False
          Message Type: Echo request (0x01)
          Length: 6
          TEID: 0x00000000
          Sequence number: 0x0007
          Information element
            Type: 7
            [error] unknown-element: nobody knows how long element 7 is
    "#]],
    );
    check::<Gtp>(
        "1e 01 0002 0007 0000 ff ffffff 0102030405060708 0e 05",
        expect![[r#"
            GPRS Tunneling Protocol, Echo request
              Flags: 0x1e
                000. .... = Version: GTP release 97/98 version (0)
                ...1 .... = Protocol type: GTP (1)
                .... 111. = Reserved: 7
                .... ...0 = Is SNDCP N-PDU included?: False
              Message Type: Echo request (0x01)
              Length: 2
              Sequence number: 0x0007
              Flow label: 0x0000
              TID: 1020304050607080
              Information element: Recovery (14)
                Type: Recovery (14)
                Recovery: 5
        "#]],
    );
}

#[test]
fn extension_headers() {
    check::<Gtp>(
        "34 ff 0008 00000007 0000 00 c0 01 0102 00",
        expect![[r#"
            GPRS Tunneling Protocol, T-PDU (TEID 0x00000007)
              Flags: 0x34
                001. .... = Version: GTP release 99 version (1)
                ...1 .... = Protocol type: GTP (1)
                .... 0... = Reserved: 0
                .... .1.. = Is Next Extension Header present?: True
                .... ..0. = Is Sequence Number present?: False
                .... ...0 = Is N-PDU number present?: False
              Message Type: T-PDU (0xff)
              Length: 8
              TEID: 0x00000007
              Next extension header type: PDCP PDU number (0xc0)
              Extension header: No more extension headers (0x00)
                Extension Header Length: 1
                PDCP Sequence Number: 258
                Next extension header type: No more extension headers (0x00)
        "#]],
    );
    check::<Gtp>(
        "34 ff 0008 00000007 0000 00 c0 00 0102 00",
        expect![[r#"
        GPRS Tunneling Protocol, T-PDU (TEID 0x00000007)
          Flags: 0x34
            001. .... = Version: GTP release 99 version (1)
            ...1 .... = Protocol type: GTP (1)
            .... 0... = Reserved: 0
            .... .1.. = Is Next Extension Header present?: True
            .... ..0. = Is Sequence Number present?: False
            .... ...0 = Is N-PDU number present?: False
          Message Type: T-PDU (0xff)
          Length: 8
          TEID: 0x00000007
          Next extension header type: PDCP PDU number (0xc0)
          Extension header
            Extension Header Length: 0
            [error] bad-length: no bytes at all
        → @data [0]: bytes 13..16
    "#]],
    );
}
