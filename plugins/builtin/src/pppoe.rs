//! PPPoE, PPP over Ethernet (RFC 2516, section 4): finding a server, and the session.

use crate::eth::Place;
use prosector_sdk::prelude::*;

/// The dissector of sessions.
#[derive(Default)]
pub struct Session;

protocol! {
    /// PPP-over-Ethernet Session.
    Session = pppoes "PPPoES", "PPP-over-Ethernet Session" {
        .pppoe.version: u8 & 0xf0           "Version",
        .pppoe.type: u8 & 0x0f              "Type",
        .pppoe.code: u8 hex                 "Code" = CODES,
        .pppoe.session_id: u16 hex          "Session ID",
        .pppoe.payload_length: u16          "Payload Length",
    }
    claims { ethertype = 0x8864 }
    tables { PPP: "@ppp" }
}

value_names! {
    CODES {
        0x00 "Session Data",
        0x07 "Active Discovery Offer (PADO)",
        0x09 "Active Discovery Initiation (PADI)",
        0x0a "Active Discovery Session-Grant (PADG)",
        0x0b "Active Discovery Session-Credit Resp.(PADC)",
        0x0c "Active Discovery Quality (PADQ)",
        0x19 "Active Discovery Request (PADR)",
        0x65 "Active Discovery Session-confirmation (PADS)",
        0xa7 "Active Discovery Terminate (PADT)",
        0xd3 "Active Discovery Message (PADM)",
        0xd4 "Active Discovery Network (PADN)",
    }
}

const HEADER: usize = 6;

impl Dissector for Session {
    fn dissect(&mut self, pdu: &mut Pdu<'_>) -> Step {
        pdu.show(PPPOE_VERSION)?;
        pdu.take(PPPOE_TYPE)?;
        pdu.take(PPPOE_CODE)?;
        let session = pdu.take(PPPOE_SESSION_ID)?;
        pdu.info(format_args!("Session 0x{session:04x}"));
        let len = usize::from(pdu.take(PPPOE_PAYLOAD_LENGTH)?);
        pdu.set_len(PPPOE_PAYLOAD_LENGTH, HEADER + len);
        pdu.hand_to(PPP).context(Place::TUNNEL.0);
        Ok(())
    }
}

builtin!(Session);

/// Finding a server.
mod discovery {
    use super::{CODES, HEADER};
    use prosector_sdk::prelude::*;

    /// The dissector.
    #[derive(Default)]
    pub struct Discovery;

    protocol! {
        /// PPP-over-Ethernet Discovery.
        Discovery = pppoed "PPPoED", "PPP-over-Ethernet Discovery" {
            .pppoe.version: u8 & 0xf0           "Version",
            .pppoe.type: u8 & 0x0f              "Type",
            .pppoe.code: u8 hex                 "Code" = CODES,
            .pppoe.session_id: u16 hex          "Session ID",
            .pppoe.payload_length: u16          "Payload Length",
            tags.service_name: str              "Service-Name",
            tags.ac_name: str                   "AC-Name",
            tags.host_uniq: bytes               "Host-Uniq",
            tags.ac_cookie: bytes               "AC-Cookie",
            tags.vendor_id: u32                 "Vendor id",
            tags.vendor_unspecified: bytes      "Vendor unspecified",
            tags.relay_session_id: bytes        "Relay-Session-Id",
            tags.hurl: bytes                    "HURL",
            tags.motm: bytes                    "MOTM",
            tags.max_payload: bytes             "PPP-Max-Payload",
            tags.service_name_error: str        "Service-Name-Error",
            tags.ac_system_error: str           "AC-System-Error",
            tags.generic_error: str             "Generic-Error",
            tag: u16 hex                        "Tag",
            tag_length: u16                     "Tag Length",
            tag.unknown_data: bytes             "Unknown Data",
        }
        claims { ethertype = 0x8863 }
    }

    const VENDOR: u16 = 0x0105;

    impl Dissector for Discovery {
        fn dissect(&mut self, pdu: &mut Pdu<'_>) -> Step {
            pdu.show(PPPOE_VERSION)?;
            pdu.take(PPPOE_TYPE)?;
            let code = pdu.take(PPPOE_CODE)?;
            pdu.info(format_args!("{}", Self::name(PPPOE_CODE, code)));
            pdu.take(PPPOE_SESSION_ID)?;
            let len = usize::from(pdu.take(PPPOE_PAYLOAD_LENGTH)?);
            pdu.set_len(PPPOE_PAYLOAD_LENGTH, HEADER + len);
            while pdu.remaining() > 0 {
                tag(pdu)?;
            }
            Ok(())
        }
    }

    /// RFC 2516, appendix A, and RFC 4638.
    fn tag(pdu: &mut Pdu<'_>) -> Step {
        let tag = pdu.peek(TAG)?;
        let field = match tag {
            0x0101 => TAGS_SERVICE_NAME,
            0x0102 => TAGS_AC_NAME,
            0x0103 => TAGS_HOST_UNIQ,
            0x0104 => TAGS_AC_COOKIE,
            0x0110 => TAGS_RELAY_SESSION_ID,
            0x0111 => TAGS_HURL,
            0x0112 => TAGS_MOTM,
            0x0120 => TAGS_MAX_PAYLOAD,
            0x0201 => TAGS_SERVICE_NAME_ERROR,
            0x0202 => TAGS_AC_SYSTEM_ERROR,
            0x0203 => TAGS_GENERIC_ERROR,
            0x0000 | VENDOR => TAGS_VENDOR_UNSPECIFIED,
            _ => {
                pdu.take(TAG)?;
                let len = pdu.take(TAG_LENGTH)?;
                pdu.take_bytes(TAG_UNKNOWN_DATA, len.into())?;
                return Ok(());
            }
        };
        pdu.skip(2)?;
        let mut len = usize::from(pdu.peek(TAG_LENGTH)?);
        pdu.skip(2)?;
        if tag == VENDOR && len >= 4 {
            pdu.take(TAGS_VENDOR_ID)?;
            len -= 4;
        }
        if len > 0 {
            pdu.take_bytes(field, len)?;
        }
        Ok(())
    }

    builtin!(Discovery);

    #[test]
    fn an_initiation() {
        check::<Discovery>(
            "11 09 0000 0010 0101 0000 0103 0002 0102 0105 0002 aabb",
            expect![[r#"
            PPP-over-Ethernet Discovery, Active Discovery Initiation (PADI)
              Version: 1
              Type: 1
              Code: Active Discovery Initiation (PADI) (0x09)
              Session ID: 0x0000
              Payload Length: 16
              Host-Uniq: 0102
              Vendor unspecified: aabb
        "#]],
        );
        check::<Discovery>(
            "11 09 0000 0008 0103 0010 01020304",
            expect![[r#"
            PPP-over-Ethernet Discovery, Active Discovery Initiation (PADI)
              Version: 1
              Type: 1
              Code: Active Discovery Initiation (PADI) (0x09)
              Session ID: 0x0000
              Payload Length: 8
              [error] short: pppoed.tags.host_uniq needs 16 bytes at offset 10, 4 are there
        "#]],
        );
    }
}

#[test]
fn a_session() {
    check::<Session>(
        "11 00 0007 0004 c021 0101 0000",
        expect![[r#"
        PPP-over-Ethernet Session, Session 0x0007
          Version: 1
          Type: 1
          Code: Session Data (0x00)
          Session ID: 0x0007
          Payload Length: 4
        → @ppp [0]: bytes 6..10
    "#]],
    );
    check::<Session>(
        "11 00 0007 00",
        expect![[r#"
        PPP-over-Ethernet Session, Session 0x0007
          Version: 1
          Type: 1
          Code: Session Data (0x00)
          Session ID: 0x0007
          [error] short: pppoe.payload_length needs 2 bytes at offset 4, 1 are there
    "#]],
    );
}
