//! Information elements of signalling messages (3GPP TS 29.060, section 7.7; 3GPP TS 09.60, section 7.9). Types up to 127
//! have a length that is known from the type, the others say theirs.

use super::*;

value_names! {
    /// Types of elements.
    NAMES {
        1 "Cause", 2 "IMSI", 3 "Routing Area Identity", 4 "Temporary Logical Link Identity", 5 "Packet TMSI",
        6 "Quality of Service", 8 "Reordering required", 9 "Authentication triplet", 11 "MAP cause",
        12 "P-TMSI signature", 13 "MS validated", 14 "Recovery", 15 "Selection mode",
        16 "TEID Data I / Flow Label Data I", 17 "TEID Control Plane / Flow Label Signalling",
        18 "TEID Data II / Flow Label Data II", 19 "Teardown indication", 20 "NSAPI", 21 "RANAP cause",
        22 "RAB context", 23 "Radio Priority SMS", 24 "Radio Priority", 25 "Packet Flow ID",
        26 "Charging characteristics", 27 "Trace Reference", 28 "Trace Type", 29 "MS not reachable reason",
        126 "Packet Transfer Command", 127 "Charging ID", 128 "End user address", 129 "MM Context",
        130 "PDP Context", 131 "Access Point Name", 132 "Protocol configuration options", 133 "GSN address",
        134 "MSISDN", 135 "Quality of Service", 136 "Authentication quintuplet", 137 "Traffic Flow Template",
        138 "Target Identification", 139 "UTRAN Transparent Container", 140 "RAB Setup Information",
        141 "Extension Header Type List", 142 "Trigger Id", 143 "OMC Identity", 144 "RAN Transparent Container",
        145 "PDP Context Prioritization", 146 "Additional RAB Setup Information", 147 "SGSN Number",
        148 "Common Flags", 149 "APN Restriction", 150 "Radio Priority LCS", 151 "RAT Type",
        152 "User Location Information", 153 "MS Time Zone", 154 "IMEI(SV)", 155 "CAMEL Charging Information Container",
        156 "MBMS UE Context", 157 "Temporary Mobile Group Identity", 158 "RIM Routing Address",
        159 "MBMS Protocol Configuration Options", 160 "MBMS Service Area", 161 "Source RNC PDCP context info",
        162 "Additional Trace Info", 163 "Hop Counter", 164 "Selected PLMN ID", 165 "MBMS Session Identifier",
        166 "MBMS 2G/3G Indicator", 167 "Enhanced NSAPI", 168 "MBMS Session Duration",
        169 "Additional MBMS Trace Info", 170 "MBMS Session Repetition Number", 171 "MBMS Time To Data Transfer",
        173 "BSS Container", 174 "Cell Identification", 175 "PDU Numbers", 176 "BSSGP Cause",
        177 "Required MBMS Bearer Capabilities", 178 "RIM Routing Address Discriminator", 179 "List of set-up PFCs",
        180 "PS Handover XID Parameters", 181 "MS Info Change Reporting Action", 182 "Direct Tunnel Flags",
        183 "Correlation-ID", 184 "Bearer Control Mode", 191 "Evolved Allocation/Retention Priority I",
        193 "User CSG Information", 194 "CSG ID", 198 "Aggregate Maximum Bit Rate (AMBR)",
        239 "Charging Gateway address (recommended)", 251 "Charging Gateway address", 255 "Private Extension",
    }
}

/// Lengths of the elements that don't say theirs, in version 1; the same in version 0 but for [`length`].
const LENGTHS: &[(u8, usize)] = &[
    (1, 1),
    (2, 8),
    (3, 6),
    (4, 4),
    (5, 4),
    (6, 3),
    (8, 1),
    (9, 28),
    (11, 1),
    (12, 3),
    (13, 1),
    (14, 1),
    (15, 1),
    (16, 4),
    (17, 4),
    (18, 5),
    (19, 1),
    (20, 1),
    (21, 1),
    (22, 1),
    (23, 1),
    (24, 1),
    (25, 2),
    (26, 2),
    (27, 2),
    (28, 2),
    (29, 1),
    (127, 4),
];

fn length(kind: u8, version_0: bool) -> Option<usize> {
    match kind {
        16 | 17 if version_0 => Some(2),
        18 if version_0 => Some(4),
        _ => LENGTHS.iter().find(|(k, _)| *k == kind).map(|&(_, len)| len),
    }
}

/// All elements of a message.
pub(super) fn all(pdu: &mut Pdu<'_>, version_0: bool) -> Step {
    while pdu.remaining() > 0 {
        let more = pdu.group(IE, |pdu| {
            let kind = pdu.take(IE_ID)?;
            if kind >= 128 {
                return variable(pdu, kind).map(|()| true);
            }
            let Some(len) = length(kind, version_0) else {
                let at = pdu.position();
                let text = format_args!("nobody knows how long element {kind} is");
                pdu.diagnostic(Severity::Error, "unknown-element", at - 1..at, text);
                return Ok(false);
            };
            pdu.within(IE_ID, len, |pdu| fixed(pdu, kind, version_0))?;
            Ok(true)
        })?;
        if !more {
            break;
        }
    }
    Ok(())
}

fn fixed(pdu: &mut Pdu<'_>, kind: u8, version_0: bool) -> Step {
    match kind {
        1 => drop(pdu.take(CAUSE)?),
        2 => {
            let at = pdu.position();
            let digits = bcd(pdu.rest());
            pdu.computed_bytes(E212_IMSI, at..at + pdu.remaining(), digits.as_bytes());
            // How many of the digits behind it are the network's depends on the country.
            if let Some(Ok(country)) = digits.get(..3).map(str::parse::<u16>) {
                pdu.computed(E212_MCC, at..at + 2, country);
            }
        }
        3 => {
            network(pdu)?;
            pdu.take(LAC)?;
            pdu.take(RAI_RAC)?;
        }
        6 => qos(pdu)?,
        8 => drop(pdu.take(REORDER)?),
        14 => drop(pdu.take(RECOVERY)?),
        15 => drop(pdu.take(SEL_MODE)?),
        16 if version_0 => drop(pdu.take(FLOW_II)?),
        17 if version_0 => drop(pdu.take(FLOW_SIG)?),
        16 => drop(pdu.take(TEID_DATA)?),
        17 => drop(pdu.take(TEID_CP)?),
        20 => drop(pdu.take(NSAPI)?),
        26 => drop(pdu.take(CHRG_CHAR)?),
        127 => drop(pdu.take(CHRG_ID)?),
        _ => drop(pdu.take_rest(IE_DATA)),
    }
    Ok(())
}

/// Country and network (3GPP TS 24.008, section 10.5.5.15): the network's third digit, which may be missing, stands in between.
fn network(pdu: &mut Pdu<'_>) -> Step {
    let at = pdu.position();
    let digits = pdu
        .rest()
        .get(..3)
        .map(|bytes| bytes.iter().flat_map(|b| [b & 0xf, b >> 4]).map(u16::from).collect::<Vec<_>>());
    pdu.skip(3)?;
    if let Some([a, b, c, third, d, e]) = digits.as_deref() {
        let two = d * 10 + e;
        pdu.computed(E212_RAI_MCC, at..at + 2, a * 100 + b * 10 + c);
        pdu.computed(E212_RAI_MNC, at + 1..at + 3, if *third == 0xf { two } else { two * 10 + third });
    }
    Ok(())
}

/// Digits in halves of bytes, the lower half first, filled up with ones.
fn bcd(bytes: &[u8]) -> String {
    let mut digits = digits(bytes);
    digits.truncate(digits.find(|digit: char| !digit.is_ascii_digit()).unwrap_or(digits.len()));
    digits
}

/// The halves of bytes, the lower half first.
pub(super) fn digits(bytes: &[u8]) -> String {
    let halves = bytes.iter().flat_map(|byte| [byte & 0xf, byte >> 4]);
    halves.filter_map(|half| char::from_digit(half.into(), 16)).collect()
}

fn variable(pdu: &mut Pdu<'_>, kind: u8) -> Step {
    let field = match kind {
        131 => APN_LENGTH,
        133 => GSN_ADDRESS_LENGTH,
        135 => QOS_UMTS_LENGTH,
        151 => EXT_LENGTH,
        _ => IE_LENGTH,
    };
    let len = usize::from(pdu.take(field)?);
    pdu.within(field, len, |pdu| {
        match (kind, len) {
            (128, 2..) => {
                pdu.take(USER_ADDR_PDP_ORG)?;
                pdu.take(USER_ADDR_PDP_TYPE)?;
                match pdu.wire_remaining() {
                    4 => drop(pdu.take(USER_IPV4)?),
                    16 => drop(pdu.take(USER_IPV6)?),
                    _ => {}
                }
            }
            (131, _) => {
                let at = pdu.position();
                pdu.computed_bytes(APN, at..at + pdu.remaining(), &name(pdu.rest()));
            }
            (132, _) => configuration(pdu)?,
            (133, 4) => drop(pdu.take(GSN_IPV4)?),
            (133, 16) => drop(pdu.take(GSN_IPV6)?),
            (135, 4..) => {
                pdu.take(QOS_AL_RET_PRIORITY)?;
                qos(pdu)?;
            }
            (151, _) => drop(pdu.take(EXT_RAT_TYPE)?),
            (153, _) => {
                pdu.take(TIMEZONE)?;
                pdu.take(TIMEZONE_DST)?;
            }
            (255, _) => {
                pdu.take(EXT_ID)?;
                pdu.take_rest(EXT_VAL);
            }
            (_, 0) => {}
            _ => drop(pdu.take_rest(IE_DATA)),
        }
        Ok(())
    })
}

/// Labels, each behind its length, joined by dots.
fn name(mut rest: &[u8]) -> Vec<u8> {
    let mut name = Vec::new();
    while let Some((&len, behind)) = rest.split_first() {
        let Some((label, next)) = behind.split_at_checked(len.into()) else { break };
        if !name.is_empty() {
            name.push(b'.');
        }
        name.extend_from_slice(label);
        rest = next;
    }
    name
}

/// Protocol configuration options (3GPP TS 24.008, section 10.5.6.3): packets of PPP protocols, and containers of others.
fn configuration(pdu: &mut Pdu<'_>) -> Step {
    const FIRST_PPP: u16 = 0x8000;
    pdu.skip(1)?;
    while pdu.remaining() >= 3 {
        let [high, low, len] = pdu.rest().first_chunk().copied().unwrap_or_default();
        pdu.skip(3)?;
        let (protocol, len) = (u16::from_be_bytes([high, low]), usize::from(len));
        if protocol >= FIRST_PPP && len > 0 {
            pdu.hand_on(PPP_PROTOCOL, protocol).len(len).detail();
        }
        pdu.skip(len)?;
    }
    Ok(())
}

/// Quality of service (3GPP TS 24.008, section 10.5.6.5), as much of it as there is.
fn qos(pdu: &mut Pdu<'_>) -> Step {
    let bytes: [&[_]; 11] = [
        &[QOS_SPARE1, QOS_DELAY, QOS_RELIABILITY],
        &[QOS_PEAK, QOS_SPARE2, QOS_PRECEDENCE],
        &[QOS_SPARE3, QOS_MEAN],
        &[QOS_TRAF_CLASS, QOS_DEL_ORDER, QOS_DEL_ERR_SDU],
        &[QOS_MAX_SDU_SIZE],
        &[QOS_MAX_UL],
        &[QOS_MAX_DL],
        &[QOS_RES_BER, QOS_SDU_ERR_RATIO],
        &[QOS_TRANS_DELAY, QOS_TRAF_HANDL_PRIO],
        &[QOS_GUAR_UL],
        &[QOS_GUAR_DL],
    ];
    for fields in bytes {
        if pdu.remaining() == 0 {
            break;
        }
        for &field in fields {
            pdu.show(field)?;
        }
        pdu.skip(1)?;
    }
    Ok(())
}
