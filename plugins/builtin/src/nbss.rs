//! The session service of NetBIOS over TCP (RFC 1002, section 4.3), and what is left of it in front of SMB over port 445
//! (MS-SMB2, section 2.1).

use prosector_sdk::prelude::*;

/// The dissector.
#[derive(Default)]
pub struct Nbss;

protocol! {
    /// NetBIOS Session Service.
    Nbss = nbss "NBSS", "NetBIOS Session Service" {
        type: u8 hex                "Message Type" = {
            0x00 "Session message", 0x81 "Session request", 0x82 "Positive session response",
            0x83 "Negative session response", 0x84 "Retarget session response", 0x85 "Session keep-alive",
        },
        flags: u8 hex               "Flags" {
            e: 0x01                 "Extend" = { 0 "Add 0 to length", 1 "Add 65536 to length" },
        },
        length: u24                 "Length",
        /// With the bit of the flags in front.
        length as LENGTH_17: computed u32 "Length",
        called_name: computed str   "Called Name",
        calling_name: computed str  "Calling Name",
        error_code: u8 hex          "Error Code" = {
            0x80 "Not listening on called name", 0x81 "Not listening for calling name", 0x82 "Called name not present",
            0x83 "Called name present, but insufficient resources", 0x8f "Unspecified error",
        },
        retarget_ip_address: ipv4   "Retarget IP address",
        retarget_port: u16          "Retarget port",
        continuation_data: bytes    "Continuation data",
    }
    claims { tcp.port = [139, 445] }
    tables { MAGIC: "nbss.magic" }
}

const HEADER: usize = 4;
const PORT_DIRECT: u64 = 445;

impl Dissector for Nbss {
    fn dissect(&mut self, pdu: &mut Pdu<'_>) -> Step {
        let kind = pdu.peek(TYPE)?;
        pdu.wait_for(HEADER)?;
        // SMB has all of the length on either port.
        let direct = [pdu.context() >> 16 & 0xffff, pdu.context() & 0xffff].contains(&PORT_DIRECT)
            || pdu.rest().get(5..8) == Some(b"SMB");
        let valid = match *pdu.rest() {
            [0, ..] if direct => true,
            [0x81..=0x85, 0, 0, _, ..] => true,
            [0, flags, ..] => flags & 0xfe == 0,
            _ => false,
        };
        if !valid {
            pdu.take_rest(CONTINUATION_DATA);
            pdu.info(format_args!("NBSS Continuation Message"));
            return Ok(());
        }
        pdu.take(TYPE)?;
        let len = if direct {
            pdu.take(LENGTH)?
        } else {
            let flags = u32::from(pdu.take(FLAGS)?);
            let len = pdu.rest().first_chunk().map_or(0, |&b| u32::from(u16::from_be_bytes(b))) | (flags & 1) << 16;
            pdu.skip(2)?;
            pdu.computed(LENGTH_17, 1..HEADER, len);
            len
        };
        pdu.set_len(LENGTH, HEADER + len as usize);
        pdu.wait_for(HEADER + len as usize)?;
        pdu.info(format_args!("{}", Nbss::name(TYPE, kind)));
        match kind {
            0 => {
                if let Some(&magic) = pdu.rest().first_chunk() {
                    pdu.hand_on(MAGIC, u32::from_be_bytes(magic));
                } else if pdu.remaining() > 0 {
                    pdu.take_rest(CONTINUATION_DATA);
                }
            }
            0x81 => {
                for field in [CALLED_NAME, CALLING_NAME] {
                    let at = pdu.position();
                    let name = name(pdu.rest());
                    pdu.skip(34)?;
                    pdu.computed_bytes(field, at..at + 34, name.as_bytes());
                }
            }
            0x83 => {
                pdu.take(ERROR_CODE)?;
            }
            0x84 => {
                pdu.take(RETARGET_IP_ADDRESS)?;
                pdu.take(RETARGET_PORT)?;
            }
            _ => {}
        }
        Ok(())
    }
}

/// A name in the first-level encoding (RFC 1001, section 14.1): 16 characters in 32 letters. The last says what it is for.
fn name(bytes: &[u8]) -> String {
    let half = |b: u8| b.wrapping_sub(b'A') & 15;
    let name: Vec<u8> =
        bytes.get(1..33).unwrap_or_default().chunks_exact(2).map(|c| half(c[0]) << 4 | half(c[1])).collect();
    let (text, kind) = name.split_at(name.len().min(15));
    let text = String::from_utf8_lossy(text);
    format!("{}<{:02x}>", text.trim_end(), kind.first().copied().unwrap_or(0))
}

builtin!(Nbss);

#[test]
fn a_session_request() {
    let called = "20 4648454a454f4341434143414341434143414341434143414341434143414341 00";
    let calling = "20 4648454a454f4341434143414341434143414341434143414341434143414141 00";
    check::<Nbss>(
        &format!("81 00 0044 {called} {calling}"),
        expect![[r#"
            NetBIOS Session Service, Session request
              Message Type: Session request (0x81)
              Flags: 0x00
                .... ...0 = Extend: Add 0 to length
              Length: 68
              Called Name: WIN<20>
              Calling Name: WIN<00>
        "#]],
    );
}

#[test]
fn messages() {
    check::<Nbss>(
        "00 00 0005 fe534d42 00",
        expect![[r#"
        NetBIOS Session Service, Session message
          Message Type: Session message (0x00)
          Length: 5
        → nbss.magic [4266872130]: bytes 4..9
    "#]],
    );
    check::<Nbss>(
        "83 00 0001 82",
        expect![[r#"
            NetBIOS Session Service, Negative session response
              Message Type: Negative session response (0x83)
              Flags: 0x00
                .... ...0 = Extend: Add 0 to length
              Length: 1
              Error Code: Called name not present (0x82)
        "#]],
    );
    check::<Nbss>(
        "85 00 0000",
        expect![[r#"
            NetBIOS Session Service, Session keep-alive
              Message Type: Session keep-alive (0x85)
              Flags: 0x00
                .... ...0 = Extend: Add 0 to length
              Length: 0
        "#]],
    );
    check::<Nbss>(
        "41 42 4344",
        expect![[r#"
        NetBIOS Session Service, NBSS Continuation Message
          Continuation data: 41424344
    "#]],
    );
}

#[test]
fn less_than_the_length_says() {
    check::<Nbss>(
        "84 00 0006 0a00",
        expect![[r#"
            NetBIOS Session Service, Retarget session response
              Message Type: Retarget session response (0x84)
              Flags: 0x00
                .... ...0 = Extend: Add 0 to length
              Length: 6
              [error] short: nbss.retarget_ip_address needs 4 bytes at offset 4, 2 are there
        "#]],
    );
}
