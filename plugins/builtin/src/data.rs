//! Data: bytes that no other dissector takes.

use prosector_sdk::prelude::*;

/// The dissector.
#[derive(Default)]
pub struct Data;

protocol! {
    /// Bytes that no dissector claims.
    Data = data "Data", "Data" {
        data: bytes           "Data",
        len: computed u32     "Length",
    }
}

impl Dissector for Data {
    fn dissect(&mut self, pdu: &mut Pdu<'_>) -> Step {
        let len = pdu.wire_len();
        pdu.take_rest(DATA);
        pdu.computed(LEN, 0..0, len);
        pdu.info(format_args!("{len} bytes"));
        Ok(())
    }
}

builtin!(Data);

#[test]
fn three_bytes() {
    check::<Data>(
        "01 02 03",
        expect![[r#"
            Data, 3 bytes
              Data: 010203
              [Length: 3]
        "#]],
    );
}
