//! An A-MSDU, several MSDUs in the body of one frame (IEEE Std 802.11-2020, clause 9.3.2.2.2).

use prosector_sdk::prelude::*;

/// The dissector.
#[derive(Default)]
pub struct WlanAggregate;

protocol! {
    /// The MSDUs that share a frame of IEEE 802.11.
    WlanAggregate = wlan_aggregate "802.11 Aggregate", "IEEE 802.11 Aggregate MSDU" {
        .wlan_aggregate.a_mdsu.subframe as SUBFRAME: group "A-MSDU Subframe",
        .wlan.da as DA: mac "Destination address" destination,
        .wlan.sa as SA: mac "Source address" source,
        a_mdsu.length as LENGTH: u16 "A-MSDU Length" unit "bytes",
    }
    tables { LLC: "@llc" }
}

const HEADER: usize = 14;

impl Dissector for WlanAggregate {
    fn dissect(&mut self, pdu: &mut Pdu<'_>) -> Step {
        let mut count = 0;
        while pdu.wire_remaining() >= HEADER {
            pdu.group(SUBFRAME, |pdu| {
                pdu.take(DA)?;
                pdu.take(SA)?;
                let len = usize::from(pdu.take(LENGTH)?);
                let here = len.min(pdu.wire_remaining());
                pdu.hand_to(LLC).len(here);
                pdu.skip(len)
            })?;
            count += 1;
            // All but the last are padded.
            let pad = pdu.position().next_multiple_of(4) - pdu.position();
            pdu.skip(pad.min(pdu.remaining()))?;
        }
        pdu.info(format_args!("{count} subframes"));
        Ok(())
    }
}

builtin!(WlanAggregate);

#[test]
fn two_subframes() {
    check::<WlanAggregate>(
        "020000000001 020000000002 0006 aaaa03000000  020000000001 020000000003 0002 aaaa",
        expect![[r#"
            IEEE 802.11 Aggregate MSDU, Src: 02:00:00:00:00:02, Dst: 02:00:00:00:00:01, 2 subframes
              A-MSDU Subframe: 02:00:00:00:00:01
                Destination address: 02:00:00:00:00:01
                Source address: 02:00:00:00:00:02
                A-MSDU Length: 6 bytes
              A-MSDU Subframe: 02:00:00:00:00:01
                Destination address: 02:00:00:00:00:01
                Source address: 02:00:00:00:00:03
                A-MSDU Length: 2 bytes
            → @llc [0]: bytes 14..20
            → @llc [0]: bytes 34..36
        "#]],
    );
}

#[test]
fn a_length_that_is_too_large() {
    check::<WlanAggregate>(
        "020000000001 020000000002 0009 aaaa03",
        expect![[r#"
            IEEE 802.11 Aggregate MSDU, Src: 02:00:00:00:00:02, Dst: 02:00:00:00:00:01
              A-MSDU Subframe: 02:00:00:00:00:01
                Destination address: 02:00:00:00:00:01
                Source address: 02:00:00:00:00:02
                A-MSDU Length: 9 bytes
              [error] short: bytes needs 9 bytes at offset 14, 3 are there
            → @llc [0]: bytes 14..17
        "#]],
    );
}
