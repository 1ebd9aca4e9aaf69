//! SSDP (UPnP Device Architecture 2.0, section 1): messages in the format of HTTP, each in a datagram.

use prosector_sdk::prelude::*;

/// The dissector.
#[derive(Default)]
pub struct Ssdp;

protocol! {
    /// Simple Service Discovery Protocol.
    Ssdp = ssdp "SSDP", "Simple Service Discovery Protocol" {}
    claims { udp.port = 1900 }
    tables { HTTP: "@http" }
}

impl Dissector for Ssdp {
    fn dissect(&mut self, pdu: &mut Pdu<'_>) -> Step {
        let line = pdu.peek_line()?;
        pdu.info(format_args!("{}", crate::lines::show(line)));
        pdu.hand_to(HTTP);
        Ok(())
    }
}

builtin!(Ssdp);

#[test]
fn a_search() {
    check::<Ssdp>(
        "4d2d534541524348202a20485454502f312e310d0a0d0a",
        expect![[r#"
        Simple Service Discovery Protocol, M-SEARCH * HTTP/1.1
        → @http [0]: bytes 0..23
    "#]],
    );
}
