//! The system administration daemon of Solaris, a program of ONC RPC. Its procedures are not public.

use crate::rpc::Call;
use prosector_sdk::prelude::*;

/// The dissector.
#[derive(Default)]
pub struct Sadmind;

protocol! {
    /// System administration daemon of Solaris.
    Sadmind = sadmind "SADMIND", "SADMIND" {
        .rpc.programversion as VERSION: computed u32 "Program Version",
        .rpc.procedure as PROCEDURE: computed u32 "Procedure",
    }
    claims { rpc.program = 100232 }
}

impl Dissector for Sadmind {
    fn dissect(&mut self, pdu: &mut Pdu<'_>) -> Step {
        let call @ Call { version, procedure, .. } = Call::from_context(pdu.context());
        pdu.computed(VERSION, 0..0, version);
        pdu.computed(PROCEDURE, 0..0, procedure);
        pdu.info(format_args!("V{version} proc-{procedure} {}", call.what()));
        pdu.skip(pdu.remaining())
    }
}

builtin!(Sadmind);

#[test]
fn a_call() {
    check::<Sadmind>(
        "",
        expect![[r#"
            SADMIND, V0 proc-0 Call
              [Program Version: 0]
              [Procedure: 0]
        "#]],
    );
}
