//! ACME telemetry: one header, then `n` readings, big-endian, directly on Ethernet.

use prosector_sdk::prelude::*;

/// The dissector.
#[derive(Default)]
pub struct Acme;

protocol! {
    /// ACME telemetry: a fixed header and `n` readings; the example protocol of prosector.
    Acme = acme "ACME telemetry" {
        version: u8                "Version",
        type: u8                   "Type"      = { 1 "hello", 2 "data", 3 "alarm", 4 "bye" },
        flags: u16 hex             "Flags",
        seq: u32                   "Sequence number",
        ts: u64                    "Sent"      unit "ns",
        n: u16                     "Readings",
        tlv: group                 "Reading",
        tlv.id: u16                "Id",
        tlv.value: u32             "Value",
        sum: computed u64          "Sum of values",
    }
    claims { ethertype = 0x88b5 }
}

impl Dissector for Acme {
    fn dissect(&mut self, pdu: &mut Pdu<'_>) -> Step {
        pdu.take(VERSION)?;
        let kind = pdu.take(TYPE)?;
        pdu.take(FLAGS)?;
        let seq = pdu.take(SEQ)?;
        pdu.take(TS)?;
        let n = pdu.take(N)?;
        pdu.info(format_args!("{} seq {seq}, {n} readings", Self::name(TYPE, kind)));
        let (mut sum, start) = (0u64, pdu.position());
        for _ in 0..n {
            pdu.group(TLV, |pdu| {
                pdu.take(TLV_ID)?;
                sum += u64::from(pdu.take(TLV_VALUE)?);
                Ok(())
            })?;
        }
        pdu.computed(SUM, start..pdu.position(), sum);
        pdu.set_len(N, pdu.position());
        Ok(())
    }
}

export!(Acme);

#[test]
fn two_readings() {
    check::<Acme>(
        "01 02 8000 00000007 0000018bcfe56800 0002  0001 0000002a  0002 00000001",
        expect![[r#"
            ACME telemetry, data seq 7, 2 readings
              Version: 1
              Type: data (2)
              Flags: 0x8000
              Sequence number: 7
              Sent: 1700000000000 ns
              Readings: 2
              Reading
                Id: 1
                Value: 42
              Reading
                Id: 2
                Value: 1
              Sum of values: 43
        "#]],
    );
}

#[test]
fn a_reading_is_missing() {
    check::<Acme>(
        "01 02 8000 00000007 0000018bcfe56800 0002  0001 0000002a  0002 00",
        expect![[r#"
        ACME telemetry, data seq 7, 2 readings
          Version: 1
          Type: data (2)
          Flags: 0x8000
          Sequence number: 7
          Sent: 1700000000000 ns
          Readings: 2
          Reading
            Id: 1
            Value: 42
          Reading
            Id: 2
          [error] short: acme.tlv.value needs 4 bytes at offset 26, 1 are there
    "#]],
    );
}
