//! The remote shell of BSD: a port for errors, two user names and a command, each ended by a NUL, then what the program reads
//! and writes.

use prosector_sdk::prelude::*;

/// The dissector.
#[derive(Default)]
pub struct Rsh;

protocol! {
    /// Remote Shell.
    Rsh = rsh "RSH", "Remote Shell" {
        client_server_data: bytes       "Client -> Server Data",
        server_client_data: bytes       "Server -> Client Data",
    }
    claims { tcp.port = 514 }
}

impl Dissector for Rsh {
    fn dissect(&mut self, pdu: &mut Pdu<'_>) -> Step {
        let is_server = crate::lines::is_from_server(pdu, &[514]);
        pdu.info(format_args!("{}", if is_server { "Server -> Client data" } else { "Client -> Server data" }));
        pdu.take_rest(if is_server { SERVER_CLIENT_DATA } else { CLIENT_SERVER_DATA });
        Ok(())
    }
}

builtin!(Rsh);

#[test]
fn a_command() {
    check::<Rsh>(
        "30006100620063",
        expect![[r#"
        Remote Shell, Client -> Server data
          Client -> Server Data: 30006100620063
    "#]],
    );
}
