//! Teredo: IPv6 in UDP through NATs (RFC 4380, section 5.1.1), behind an authentication or an origin header or both.

use prosector_sdk::prelude::*;

/// The dissector.
#[derive(Default)]
pub struct Teredo;

protocol! {
    /// Teredo, IPv6 over UDP tunneling.
    Teredo = teredo "Teredo", "Teredo IPv6 over UDP tunneling" {
        auth: group              "Teredo Authentication header",
        auth.idlen: u8           "Client identifier length",
        auth.aulen: u8           "Authentication value length",
        auth.id: bytes           "Client identifier",
        auth.value: bytes        "Authentication value",
        auth.nonce: bytes[8]     "Nonce value",
        auth.conf: bytes[1]      "Confirmation byte",
        orig: group              "Teredo Origin Indication header",
        /// As the server saw it. All bits are inverted on the wire.
        orig.port: computed u16  "Origin UDP port",
        orig.addr: computed ipv4 "Origin IPv4 address",
    }
    claims { udp.port = 3544 }
    tables { IPV6: "@ipv6", DATA: "@data" }
}

impl Dissector for Teredo {
    fn dissect(&mut self, pdu: &mut Pdu<'_>) -> Step {
        if pdu.rest().starts_with(&[0, 1]) {
            pdu.group(AUTH, authentication)?;
        }
        if pdu.rest().starts_with(&[0, 0]) {
            pdu.group(ORIG, origin)?;
        }
        pdu.hand_to(if pdu.rest().first().is_some_and(|first| first >> 4 == 6) { IPV6 } else { DATA });
        Ok(())
    }
}

fn authentication(pdu: &mut Pdu<'_>) -> Step {
    pdu.skip(2)?;
    let id_len = pdu.take(AUTH_IDLEN)?;
    let value_len = pdu.take(AUTH_AULEN)?;
    if id_len > 0 {
        pdu.take_bytes(AUTH_ID, id_len.into())?;
    }
    if value_len > 0 {
        pdu.take_bytes(AUTH_VALUE, value_len.into())?;
    }
    pdu.take(AUTH_NONCE)?;
    pdu.take(AUTH_CONF)?;
    Ok(())
}

fn origin(pdu: &mut Pdu<'_>) -> Step {
    let at = pdu.position();
    let header = pdu.rest().first_chunk::<8>().copied();
    pdu.skip(8)?;
    if let Some([_, _, port @ .., a, b, c, d]) = header {
        pdu.computed(ORIG_PORT, at + 2..at + 4, !u16::from_be_bytes(port));
        pdu.computed(ORIG_ADDR, at + 4..at + 8, u32::from_be_bytes([!a, !b, !c, !d]));
    }
    Ok(())
}

builtin!(Teredo);

#[test]
fn both_headers() {
    check::<Teredo>(
        "0001 00 00 0102030405060708 00  0000 f0c7 3ffffffe 60",
        expect![[r#"
            Teredo IPv6 over UDP tunneling
              Teredo Authentication header
                Client identifier length: 0
                Authentication value length: 0
                Nonce value: 0102030405060708
                Confirmation byte: 00
              Teredo Origin Indication header: 192.0.0.1
                Origin UDP port: 3896
                Origin IPv4 address: 192.0.0.1
            → @ipv6 [0]: bytes 21..22
        "#]],
    );
    check::<Teredo>(
        "0001 02 01 6162 ff 0102030405060708 00  60",
        expect![[r#"
            Teredo IPv6 over UDP tunneling
              Teredo Authentication header
                Client identifier length: 2
                Authentication value length: 1
                Client identifier: 6162
                Authentication value: ff
                Nonce value: 0102030405060708
                Confirmation byte: 00
            → @ipv6 [0]: bytes 16..17
        "#]],
    );
    check::<Teredo>(
        "0000 f0c7 3f",
        expect![[r#"
            Teredo IPv6 over UDP tunneling
              Teredo Origin Indication header
              [error] short: bytes needs 8 bytes at offset 0, 5 are there
        "#]],
    );
}
