//! NTP: version 4 (RFC 5905), with extension fields (RFC 7822); control messages (RFC 9327, mode 6); the header of the
//! private messages of ntpd (mode 7).

use prosector_sdk::prelude::*;

/// The dissector.
#[derive(Default)]
pub struct Ntp;

protocol! {
    /// Network Time Protocol, RFC 5905.
    Ntp = ntp "NTP", "Network Time Protocol" {
        flags: u8 hex                       "Flags",
        flags.li: u8 & 0xc0                 "Leap Indicator" = LEAPS,
        flags.vn: u8 & 0x38                 "Version number" = {
            0 "reserved", 1 "NTP Version 1", 2 "NTP Version 2", 3 "NTP Version 3", 4 "NTP Version 4", 5..=7 "reserved",
        },
        flags.mode: u8 & 0x07               "Mode" = MODES,
        stratum: u8                         "Peer Clock Stratum" = {
            0 "unspecified or invalid", 1 "primary reference", 2..=15 "secondary reference", 16 "unsynchronized",
            17..=255 "reserved",
        },
        /// Power of two, in seconds.
        ppoll: u8                           "Peer Polling Interval",
        /// Power of two, in seconds, signed.
        precision: u8                       "Peer Clock Precision",
        /// In units of 1/65536 s.
        rootdelay: u32                      "Root Delay",
        /// In units of 1/65536 s.
        rootdispersion: u32                 "Root Dispersion",
        refid: bytes[4]                     "Reference ID",
        reftime: time_ntp                   "Reference Timestamp",
        reftime as REFTIME_UNKNOWN: computed str "Reference Timestamp",
        org: time_ntp                       "Origin Timestamp",
        org as ORG_UNKNOWN: computed str "Origin Timestamp",
        rec: time_ntp                       "Receive Timestamp",
        rec as REC_UNKNOWN: computed str "Receive Timestamp",
        xmt: time_ntp                       "Transmit Timestamp",
        xmt as XMT_UNKNOWN: computed str "Transmit Timestamp",
        ext: group                          "Extension",
        ext.type: u16 hex                   "Field Type",
        ext.length: u16                     "Length",
        ext.value: bytes                    "Value",
        keyid: bytes[4]                     "Key ID",
        mac: bytes                          "Message Authentication Code",

        ctrl.flags2: u8 hex                 "Flags 2",
        ctrl.flags2.r: u8 & 0x80            "Response bit" = { 0 "Request", 1 "Response" },
        ctrl.flags2.error: u8 & 0x40        "Error bit",
        ctrl.flags2.more: u8 & 0x20         "More bit",
        ctrl.flags2.opcode: u8 & 0x1f       "Opcode" = OPCODES,
        ctrl.sequence: u16                  "Sequence",
        ctrl.status: u16 hex                "Status",
        ctrl.err_status: u16 & 0xff00       "Error Status Word" = {
            0 "unspecified", 1 "authentication failure", 2 "invalid message length or format", 3 "invalid opcode",
            4 "unknown association identifier", 5 "unknown variable name", 6 "invalid variable value",
            7 "administratively prohibited",
        },
        ctrl.sys_status.li: u16 & 0xc000    "Leap Indicator" = LEAPS,
        ctrl.sys_status.clksrc: u16 & 0x3f00 "Clock Source" = {
            0 "unspecified or unknown", 1 "Calibrated atomic clock (e.g. HP 5061)",
            2 "VLF (band 4) or LF (band 5) radio (e.g. OMEGA, WWVB)", 3 "HF (band 7) radio (e.g. CHU, MSF, WWV/H)",
            4 "UHF (band 9) satellite (e.g. GOES, GPS)", 5 "local net (e.g. DCN, TSP, DTS)", 6 "UDP/NTP",
            7 "UDP/TIME", 8 "eyeball-and-wristwatch", 9 "telephone modem (e.g. NIST)",
        },
        ctrl.sys_status.count: u16 & 0x00f0 "System Event Counter",
        ctrl.sys_status.code: u16 & 0x000f  "System Event Code" = {
            0 "unspecified", 1 "frequency correction (drift) file not available", 2 "frequency correction started (frequency stepped)",
            3 "spike detected and ignored, starting stepout timer", 4 "frequency training started",
            5 "clock synchronized", 6 "system restart", 7 "panic stop (required step greater than panic threshold)",
            8 "no system peer", 9 "leap second insertion/deletion armed for the of the current month",
            10 "leap second disarmed", 11 "leap second inserted or deleted", 12 "clock stepped (stepout timer expired)",
            13 "kernel loop discipline status changed", 14 "leapseconds table loaded from file",
            15 "leapseconds table outdated, updated file needed",
        },
        ctrl.peer_status.config: bool(u16) & 0x8000 "Peer Status" = { 0 "not configured", 1 "configured" },
        ctrl.peer_status.authenable: bool(u16) & 0x4000 "Peer Status" = { 0 "authentication disabled", 1 "authentication enabled" },
        ctrl.peer_status.authentic: bool(u16) & 0x2000 "Peer Status" = { 0 "authentication not okay", 1 "authentication okay" },
        ctrl.peer_status.reach: bool(u16) & 0x1000 "Peer Status" = { 0 "reachability not okay", 1 "reachability okay" },
        ctrl.peer_status.bcast: bool(u16) & 0x0800 "Peer Status broadcast association",
        ctrl.peer_status.selection: u16 & 0x0700 "Peer Selection",
        ctrl.peer_status.count: u16 & 0x00f0 "Peer Event Counter",
        ctrl.peer_status.code: u16 & 0x000f "Peer Event Code",
        ctrl.associd: u16                   "AssociationID",
        ctrl.offset: u16                    "Offset",
        ctrl.count: u16                     "Count",
        ctrl.data: bytes                    "Data",

        priv.flags.r: u8 & 0x80             "Response bit" = { 0 "Request", 1 "Response" },
        priv.flags.more: u8 & 0x40          "More bit",
        priv.auth_seq: u8                   "Auth, sequence",
        priv.auth: u8 & 0x80                "Auth bit",
        priv.seq: u8 & 0x7f                 "Sequence number",
        priv.impl: u8                       "Implementation" = { 0 "UNIV", 2 "XNTPD_OLD (pre-IPv6)", 3 "XNTPD" },
        priv.reqcode: u8                    "Request code" = REQUESTS,
        priv.err: u8 hex & 0xf0             "Err" = {
            0 "No error", 1 "Incompatible implementation number", 2 "Unimplemented request code", 3 "Format error",
            4 "No data available", 7 "Authentication failure (e.g. no permission)",
        },
        priv.numitems: u16 & 0x0fff         "Number of data items",
        priv.reserved: u8 hex & 0xf0        "Reserved",
        priv.itemsize: u16 & 0x0fff         "Size of data item",
        /// The items of a private message, as they come.
        priv.data: bytes                    "Data",
    }
    claims { udp.port = 123 }
}

value_names! {
    /// Leap indicators.
    LEAPS {
        0 "no warning", 1 "last minute of the day has 61 seconds", 2 "last minute of the day has 59 seconds",
        3 "unknown (clock unsynchronized)",
    }
}

value_names! {
    /// Modes (RFC 5905, section 7.3).
    MODES {
        0 "reserved", 1 "symmetric active", 2 "symmetric passive", 3 "client", 4 "server", 5 "broadcast",
        6 "reserved for NTP control message", 7 "reserved for private use",
    }
}

value_names! {
    /// Control messages (RFC 9327, section 2).
    OPCODES {
        0 "UNSPEC", 1 "read status", 2 "read variables", 3 "write variables", 4 "read clock variables",
        5 "write clock variables", 6 "set trap address/port", 7 "asynchronous message",
        8 "runtime configuration", 9 "export configuration to file", 10 "retrieve MRU (mrulist)",
        11 "ordered list", 12 "request client-specific nonce", 31 "unset trap address/port",
    }
}

value_names! {
    /// Private requests of ntpd.
    REQUESTS {
        0 "PEER_LIST", 1 "PEER_LIST_SUM", 2 "PEER_INFO", 3 "PEER_STATS", 4 "SYS_INFO", 5 "SYS_STATS", 6 "IO_STATS",
        7 "MEM_STATS", 8 "LOOP_INFO", 9 "TIMER_STATS", 10 "CONFIG", 11 "UNCONFIG", 12 "SET_SYS_FLAG",
        13 "CLR_SYS_FLAG", 16 "GET_RESTRICT", 17 "RESADDFLAGS", 18 "RESSUBFLAGS", 19 "UNRESTRICT",
        20 "MON_GETLIST", 21 "RESET_STATS", 22 "RESET_PEER", 23 "REREAD_KEYS", 26 "TRUSTKEY", 27 "UNTRUSTKEY",
        28 "AUTHINFO", 29 "TRAPS", 30 "ADD_TRAP", 31 "CLR_TRAP", 32 "REQUEST_KEY", 33 "CONTROL_KEY",
        34 "GET_CTLSTATS", 36 "GET_CLOCKINFO", 37 "SET_CLKFUDGE", 38 "GET_KERNEL", 39 "GET_CLKBUGINFO",
        42 "MON_GETLIST_1", 44 "IF_STATS", 45 "IF_RELOAD",
    }
}

const CONTROL: u8 = 6;
const PRIVATE: u8 = 7;
/// RFC 7822, section 7.5: no shorter extension field; what is shorter is a message authentication code.
const MIN_EXTENSION: u16 = 16;
/// Key and code of the longest message authentication code in use.
const MAX_MAC: usize = 24;

impl Dissector for Ntp {
    fn dissect(&mut self, pdu: &mut Pdu<'_>) -> Step {
        let (version, mode) = (pdu.peek(FLAGS_VN)?, pdu.peek(FLAGS_MODE)?);
        pdu.show(FLAGS)?;
        match mode {
            PRIVATE => {
                pdu.info(format_args!("NTP Version {version}, private"));
                private(pdu)
            }
            _ => {
                pdu.show(FLAGS_LI)?;
                pdu.show(FLAGS_VN)?;
                pdu.take(FLAGS_MODE)?;
                if mode == CONTROL {
                    pdu.info(format_args!("NTP Version {version}, control"));
                    return control(pdu);
                }
                pdu.info(format_args!("NTP Version {version}, {}", Ntp::name(FLAGS_MODE, mode)));
                time(pdu, version)
            }
        }
    }
}

fn time(pdu: &mut Pdu<'_>, version: u8) -> Step {
    pdu.take(STRATUM)?;
    pdu.take(PPOLL)?;
    pdu.take(PRECISION)?;
    pdu.take(ROOTDELAY)?;
    pdu.take(ROOTDISPERSION)?;
    pdu.take(REFID)?;
    let unknown = [REFTIME_UNKNOWN, ORG_UNKNOWN, REC_UNKNOWN, XMT_UNKNOWN];
    for (stamp, unknown) in [REFTIME, ORG, REC, XMT].into_iter().zip(unknown) {
        // RFC 5905, section 6: 0 stands for a time that is not known.
        if pdu.peek(stamp)? == 0 {
            let at = pdu.position();
            pdu.computed_bytes(unknown, at..at + 8, b"NULL");
            pdu.skip(8)?;
        } else {
            pdu.take(stamp)?;
        }
    }
    // They are an addition to version 4 (RFC 7822); before that all that follows is key and code.
    while version >= 4 && pdu.wire_remaining() > MAX_MAC {
        pdu.group(EXT, |pdu| {
            pdu.take(EXT_TYPE)?;
            let len = pdu.take(EXT_LENGTH)?;
            if len < MIN_EXTENSION {
                let at = pdu.position();
                let text = format_args!("{len} bytes, less than {MIN_EXTENSION}");
                pdu.diagnostic(Severity::Error, "bad-length", at - 2..at, text);
            }
            pdu.take_bytes(EXT_VALUE, usize::from(len).saturating_sub(4)).map(drop)
        })?;
    }
    if pdu.wire_remaining() >= 4 {
        pdu.take(KEYID)?;
        if pdu.remaining() > 0 {
            pdu.take_rest(MAC);
        }
    }
    Ok(())
}

fn control(pdu: &mut Pdu<'_>) -> Step {
    pdu.show(CTRL_FLAGS2)?;
    let is_response = pdu.show(CTRL_FLAGS2_R)? != 0;
    let is_error = pdu.show(CTRL_FLAGS2_ERROR)? != 0;
    pdu.show(CTRL_FLAGS2_MORE)?;
    let opcode = pdu.take(CTRL_FLAGS2_OPCODE)?;
    pdu.take(CTRL_SEQUENCE)?;
    let associated = pdu.rest().get(2..4).is_some_and(|id| id != [0, 0]);
    // What the status word says depends on what is asked (RFC 9327, section 3).
    if is_error {
        pdu.show(CTRL_ERR_STATUS)?;
    } else if is_response && matches!(opcode, 1..=3) && associated {
        for bit in [
            CTRL_PEER_STATUS_CONFIG,
            CTRL_PEER_STATUS_AUTHENABLE,
            CTRL_PEER_STATUS_AUTHENTIC,
            CTRL_PEER_STATUS_REACH,
            CTRL_PEER_STATUS_BCAST,
        ] {
            pdu.show(bit)?;
        }
        for part in [CTRL_PEER_STATUS_SELECTION, CTRL_PEER_STATUS_COUNT, CTRL_PEER_STATUS_CODE] {
            pdu.show(part)?;
        }
    } else if is_response && matches!(opcode, 1..=3) {
        for part in [CTRL_SYS_STATUS_LI, CTRL_SYS_STATUS_CLKSRC, CTRL_SYS_STATUS_COUNT, CTRL_SYS_STATUS_CODE] {
            pdu.show(part)?;
        }
    }
    pdu.take(CTRL_STATUS)?;
    pdu.take(CTRL_ASSOCID)?;
    pdu.take(CTRL_OFFSET)?;
    let count = pdu.take(CTRL_COUNT)?;
    if count > 0 {
        pdu.take_bytes(CTRL_DATA, count.into())?;
        pdu.skip((count.wrapping_neg() % 4).into())?;
    }
    if pdu.remaining() >= 4 {
        pdu.take(KEYID)?;
        pdu.take_rest(MAC);
    }
    Ok(())
}

fn private(pdu: &mut Pdu<'_>) -> Step {
    pdu.show(PRIV_FLAGS_R)?;
    pdu.show(PRIV_FLAGS_MORE)?;
    pdu.show(FLAGS_VN)?;
    pdu.take(FLAGS_MODE)?;
    pdu.show(PRIV_AUTH_SEQ)?;
    pdu.show(PRIV_AUTH)?;
    pdu.take(PRIV_SEQ)?;
    pdu.take(PRIV_IMPL)?;
    pdu.take(PRIV_REQCODE)?;
    pdu.show(PRIV_ERR)?;
    pdu.take(PRIV_NUMITEMS)?;
    pdu.show(PRIV_RESERVED)?;
    pdu.take(PRIV_ITEMSIZE)?;
    if pdu.remaining() > 0 {
        pdu.take_rest(PRIV_DATA);
    }
    Ok(())
}

builtin!(Ntp);

#[test]
fn a_client_and_a_code() {
    let body = "00000000 00000000 00000000 0000000000000000 0000000000000000 0000000000000000";
    check::<Ntp>(
        &format!("23 00 06 ec {body} e5f00000 80000000"),
        expect![[r#"
            Network Time Protocol, NTP Version 4, client
              Flags: 0x23
              Leap Indicator: no warning (0)
              Version number: NTP Version 4 (4)
              Mode: client (3)
              Peer Clock Stratum: unspecified or invalid (0)
              Peer Polling Interval: 6
              Peer Clock Precision: 236
              Root Delay: 0
              Root Dispersion: 0
              Reference ID: 00000000
              Reference Timestamp: NULL
              Origin Timestamp: NULL
              Receive Timestamp: NULL
              Transmit Timestamp: Mar 31, 2022 10:25:04.500000000 UTC
        "#]],
    );
    check::<Ntp>(
        &format!("24 01 06 ec {body} e5f00000 80000000 00000001 {}", "ab".repeat(16)),
        expect![[r#"
            Network Time Protocol, NTP Version 4, server
              Flags: 0x24
              Leap Indicator: no warning (0)
              Version number: NTP Version 4 (4)
              Mode: server (4)
              Peer Clock Stratum: primary reference (1)
              Peer Polling Interval: 6
              Peer Clock Precision: 236
              Root Delay: 0
              Root Dispersion: 0
              Reference ID: 00000000
              Reference Timestamp: NULL
              Origin Timestamp: NULL
              Receive Timestamp: NULL
              Transmit Timestamp: Mar 31, 2022 10:25:04.500000000 UTC
              Key ID: 00000001
              Message Authentication Code: abababababababababababababababab
        "#]],
    );
}

#[test]
fn control_and_private() {
    check::<Ntp>(
        "16 82 0001 0618 0000 0000 0003 613d3100",
        expect![[r#"
        Network Time Protocol, NTP Version 2, control
          Flags: 0x16
          Leap Indicator: no warning (0)
          Version number: NTP Version 2 (2)
          Mode: reserved for NTP control message (6)
          Flags 2: 0x82
          Response bit: Response (1)
          Error bit: 0
          More bit: 0
          Opcode: read variables (2)
          Sequence: 1
          Leap Indicator: no warning (0)
          Clock Source: UDP/NTP (6)
          System Event Counter: 1
          System Event Code: no system peer (8)
          Status: 0x0618
          AssociationID: 0
          Offset: 0
          Count: 3
          Data: 613d31
    "#]],
    );
    check::<Ntp>(
        "97 00 03 1c 0001 0004 01020304",
        expect![[r#"
            Network Time Protocol, NTP Version 2, private
              Flags: 0x97
              Response bit: Response (1)
              More bit: 0
              Version number: NTP Version 2 (2)
              Mode: reserved for private use (7)
              Auth, sequence: 0
              Auth bit: 0
              Sequence number: 0
              Implementation: XNTPD (3)
              Request code: AUTHINFO (28)
              Err: No error (0x0)
              Number of data items: 1
              Reserved: 0x0
              Size of data item: 4
              Data: 01020304
        "#]],
    );
}

#[test]
fn an_extension_that_is_too_long() {
    let body = "00000000 00000000 00000000 0000000000000000 0000000000000000 0000000000000000 e5f0000080000000";
    check::<Ntp>(
        &format!("23 00 06 ec {body} 0104 0100 {}", "00".repeat(24)),
        expect![[r#"
            Network Time Protocol, NTP Version 4, client
              Flags: 0x23
              Leap Indicator: no warning (0)
              Version number: NTP Version 4 (4)
              Mode: client (3)
              Peer Clock Stratum: unspecified or invalid (0)
              Peer Polling Interval: 6
              Peer Clock Precision: 236
              Root Delay: 0
              Root Dispersion: 0
              Reference ID: 00000000
              Reference Timestamp: NULL
              Origin Timestamp: NULL
              Receive Timestamp: NULL
              Transmit Timestamp: Mar 31, 2022 10:25:04.500000000 UTC
              Extension
                Field Type: 0x0104
                Length: 256
              [error] short: ntp.ext.value needs 252 bytes at offset 52, 24 are there
        "#]],
    );
}

#[test]
fn a_long_code_before_version_4() {
    let body = "00000000 00000000 00000000 0000000000000000 0000000000000000 0000000000000000 e5f0000080000000";
    check::<Ntp>(
        &format!("13 00 06 ec {body} 00000007 {}", "cd".repeat(32)),
        expect![[r#"
        Network Time Protocol, NTP Version 2, client
          Flags: 0x13
          Leap Indicator: no warning (0)
          Version number: NTP Version 2 (2)
          Mode: client (3)
          Peer Clock Stratum: unspecified or invalid (0)
          Peer Polling Interval: 6
          Peer Clock Precision: 236
          Root Delay: 0
          Root Dispersion: 0
          Reference ID: 00000000
          Reference Timestamp: NULL
          Origin Timestamp: NULL
          Receive Timestamp: NULL
          Transmit Timestamp: Mar 31, 2022 10:25:04.500000000 UTC
          Key ID: 00000007
          Message Authentication Code: cdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcd
    "#]],
    );
}
