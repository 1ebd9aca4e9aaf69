//! RDP, the remote desktop protocol ([MS-RDPBCGR]): what is negotiated while the transport connection is made (section
//! 2.2.1.1 and 2.2.1.2).

use prosector_sdk::prelude::*;

/// The dissector.
#[derive(Default)]
pub struct Rdp;

protocol! {
    /// Remote Desktop Protocol.
    Rdp = rdp "RDP", "Remote Desktop Protocol" {
        rt_cookie: str                          "Routing Token/Cookie",
        neg_type: u8 hex                        "Type" = {
            1 "RDP Negotiation Request", 2 "RDP Negotiation Response", 3 "RDP Negotiation Failure",
            6 "RDP Correlation Info",
        },
        negReq.flags: u8 hex                    "Flags" {
            restricted_admin_mode_req: 0x01     "Restricted admin mode required",
            correlation_info_present: 0x08      "Correlation info present",
        },
        negRsp.flags: u8 hex                    "Flags" {
            extended_client_data_supported: 0x01 "Extended Client Data Blocks supported",
            dynvc_gfx_protocol_supported: 0x02  "Graphics Pipeline Extension Protocol supported",
            restricted_admin_mode_supported: 0x08 "Restricted admin mode supported",
            restricted_authentication_mode_supported: 0x10 "Restricted Authentication mode supported",
        },
        neg_length: u16 le                      "Length",
        negReq.requestedProtocols: u32 le hex   "requestedProtocols" {
            ssl: 0x01                           "TLS security supported",
            hybrid: 0x02                        "CredSSP supported",
            rdstls: 0x04                        "RDSTLS supported",
            hybrid_ex: 0x08                     "CredSSP with Early User Authorization Result PDU supported",
        },
        negReq.selectedProtocol: u32 le hex     "selectedProtocol" = {
            0 "Standard RDP Security", 1 "TLS", 2 "CredSSP", 4 "RDSTLS", 8 "CredSSP with Early User Authorization",
        },
        negFailure.failureCode: u32 le hex      "failureCode" = {
            1 "TLS required by server", 2 "TLS not allowed by server", 3 "TLS certificate not on server",
            4 "Inconsistent flags", 5 "CredSSP required by server", 6 "TLS with certificate required by server",
        },
        correlationInfo.flags: u8 hex           "Flags",
        correlationInfo.correlationId: bytes[16] "correlationId",
    }
}

const REQUEST: u8 = 1;
const RESPONSE: u8 = 2;
const FAILURE: u8 = 3;
const CORRELATION: u8 = 6;

impl Dissector for Rdp {
    fn dissect(&mut self, pdu: &mut Pdu<'_>) -> Step {
        pdu.info(format_args!("Negotiate"));
        // Text for load balancers may come first, up to a line end.
        if pdu.rest().first().is_some_and(u8::is_ascii_alphabetic) {
            pdu.take_line(RT_COOKIE)?;
        }
        while pdu.wire_remaining() > 0 {
            match pdu.take(NEG_TYPE)? {
                REQUEST => {
                    pdu.take(NEGREQ_FLAGS)?;
                    pdu.take(NEG_LENGTH)?;
                    pdu.take(NEGREQ_REQUESTEDPROTOCOLS)?;
                }
                RESPONSE => {
                    pdu.take(NEGRSP_FLAGS)?;
                    pdu.take(NEG_LENGTH)?;
                    pdu.take(NEGREQ_SELECTEDPROTOCOL)?;
                }
                FAILURE => {
                    pdu.skip(1)?;
                    pdu.take(NEG_LENGTH)?;
                    pdu.take(NEGFAILURE_FAILURECODE)?;
                }
                CORRELATION => {
                    pdu.take(CORRELATIONINFO_FLAGS)?;
                    pdu.take(NEG_LENGTH)?;
                    pdu.take(CORRELATIONINFO_CORRELATIONID)?;
                    pdu.skip(16)?;
                }
                _ => return Ok(()),
            }
        }
        Ok(())
    }
}

builtin!(Rdp);

#[test]
fn negotiations() {
    check::<Rdp>(
        "436f6f6b69653a206d73747368617368 3d610d0a 01 00 0800 03000000",
        expect![[r#"
        Remote Desktop Protocol, Negotiate
          Routing Token/Cookie: Cookie: mstshash=a
          Type: RDP Negotiation Request (0x01)
          Flags: 0x00
            .... ...0 = Restricted admin mode required: False
            .... 0... = Correlation info present: False
          Length: 8
          requestedProtocols: 0x00000003
            .... .... .... .... .... .... .... ...1 = TLS security supported: True
            .... .... .... .... .... .... .... ..1. = CredSSP supported: True
            .... .... .... .... .... .... .... .0.. = RDSTLS supported: False
            .... .... .... .... .... .... .... 0... = CredSSP with Early User Authorization Result PDU supported: False
    "#]],
    );
    check::<Rdp>(
        "02 1f 0800 08000000",
        expect![[r#"
        Remote Desktop Protocol, Negotiate
          Type: RDP Negotiation Response (0x02)
          Flags: 0x1f
            .... ...1 = Extended Client Data Blocks supported: True
            .... ..1. = Graphics Pipeline Extension Protocol supported: True
            .... 1... = Restricted admin mode supported: True
            ...1 .... = Restricted Authentication mode supported: True
          Length: 8
          selectedProtocol: CredSSP with Early User Authorization (0x00000008)
    "#]],
    );
    check::<Rdp>(
        "03 00 0800 0500",
        expect![[r#"
        Remote Desktop Protocol, Negotiate
          Type: RDP Negotiation Failure (0x03)
          Length: 8
          [error] short: rdp.negFailure.failureCode needs 4 bytes at offset 4, 2 are there
    "#]],
    );
}
