//! The application layer of BACnet (ANSI/ASHRAE Standard 135, section 20): headers of all PDUs, and who asks for whom.

use prosector_sdk::prelude::*;

/// The dissector.
#[derive(Default)]
pub struct Bacapp;

protocol! {
    /// Building Automation and Control Networks, the application layer.
    Bacapp = bacapp "BACnet-APDU", "Building Automation and Control Network APDU" {
        type: u8 & 0xf0             "APDU Type" = {
            0 "Confirmed-REQ", 1 "Unconfirmed-REQ", 2 "Simple-ACK", 3 "Complex-ACK", 4 "Segment-ACK", 5 "Error", 6 "Reject",
            7 "Abort",
        },
        segmented_request: bool & 0x08 "Segmented Request" = { 0 "Unsegmented", 1 "Segmented" },
        more_segments: bool & 0x04  "More Segments" = { 0 "Last one", 1 "More follow" },
        SA: bool & 0x02             "SA" = { 0 "Segmented response not accepted", 1 "Segmented response accepted" },
        response_segments: u8 & 0x70 "Max Response Segments accepted",
        max_adpu_size: u8 & 0x0f    "Size of Maximum ADPU accepted",
        invoke_id: u8               "Invoke ID",
        sequence_number: u8         "Sequence Number",
        window_size: u8             "Proposed Window Size",
        confirmed_service: u8       "Service Choice" = {
            0 "acknowledgeAlarm", 1 "confirmedCOVNotification", 2 "confirmedEventNotification", 3 "getAlarmSummary",
            4 "getEnrollmentSummary", 5 "subscribeCOV", 6 "atomicReadFile", 7 "atomicWriteFile", 8 "addListElement",
            9 "removeListElement", 10 "createObject", 11 "deleteObject", 12 "readProperty", 14 "readPropertyMultiple",
            15 "writeProperty", 16 "writePropertyMultiple", 17 "deviceCommunicationControl", 18 "confirmedPrivateTransfer",
            19 "confirmedTextMessage", 20 "reinitializeDevice", 26 "readRange", 28 "subscribeCOVProperty",
        },
        unconfirmed_service: u8     "Unconfirmed Service Choice" = {
            0 "i-Am", 1 "i-Have", 2 "unconfirmedCOVNotification", 3 "unconfirmedEventNotification",
            4 "unconfirmedPrivateTransfer", 5 "unconfirmedTextMessage", 6 "timeSynchronization", 7 "who-Has", 8 "who-Is",
            9 "utcTimeSynchronization", 10 "writeGroup",
        },
        context_tag_number: u8 & 0xf0 "Context Tag Number",
        tag_class: bool & 0x08      "Tag Class" = { 0 "Application Tag", 1 "Context Specific Tag" },
        LVT: computed u8            "Length Value Type",
        who_is.low_limit: computed u32 "Device Instance Range Low Limit",
        who_is.high_limit: computed u32 "Device Instance Range High Limit",
        data: bytes                 "Data",
    }
}

const WHO_IS: u8 = 8;

impl Dissector for Bacapp {
    fn dissect(&mut self, pdu: &mut Pdu<'_>) -> Step {
        let kind = pdu.peek(TYPE)?;
        pdu.info(format_args!("{}", Self::name(TYPE, kind)));
        match kind {
            0 => {
                pdu.show(TYPE)?;
                let segmented = pdu.show(SEGMENTED_REQUEST)?;
                pdu.show(MORE_SEGMENTS)?;
                pdu.take(SA)?;
                pdu.show(RESPONSE_SEGMENTS)?;
                pdu.take(MAX_ADPU_SIZE)?;
                pdu.take(INVOKE_ID)?;
                if segmented {
                    pdu.take(SEQUENCE_NUMBER)?;
                    pdu.take(WINDOW_SIZE)?;
                }
                pdu.take(CONFIRMED_SERVICE)?;
            }
            1 => {
                pdu.take(TYPE)?;
                if pdu.take(UNCONFIRMED_SERVICE)? == WHO_IS && pdu.wire_remaining() > 0 {
                    limit(pdu, WHO_IS_LOW_LIMIT)?;
                    limit(pdu, WHO_IS_HIGH_LIMIT)?;
                }
            }
            2 | 3 => {
                pdu.show(TYPE)?;
                let segmented = pdu.take(SEGMENTED_REQUEST)? && kind == 3;
                pdu.take(INVOKE_ID)?;
                if segmented {
                    pdu.take(SEQUENCE_NUMBER)?;
                    pdu.take(WINDOW_SIZE)?;
                }
                pdu.take(CONFIRMED_SERVICE)?;
            }
            5 => {
                pdu.take(TYPE)?;
                pdu.take(INVOKE_ID)?;
                pdu.take(CONFIRMED_SERVICE)?;
            }
            _ => {
                pdu.take(TYPE)?;
                pdu.take(INVOKE_ID)?;
            }
        }
        if pdu.wire_remaining() > 0 {
            pdu.take_bytes(DATA, pdu.wire_remaining())?;
        }
        Ok(())
    }
}

/// A tagged number.
fn limit(pdu: &mut Pdu<'_>, field: prosector_sdk::handle::Handle<prosector_sdk::handle::ComputedWord>) -> Step {
    let at = pdu.position();
    let len = pdu.rest().first().map_or(0, |tag| tag & 7);
    pdu.show(TAG_CLASS)?;
    pdu.take(CONTEXT_TAG_NUMBER)?;
    pdu.computed(LVT, at..at + 1, len);
    let rest = pdu.rest();
    pdu.skip(len.into())?;
    let value = rest.iter().take(len.into()).fold(0, |n, &byte| n << 8 | u64::from(byte));
    pdu.computed(field, at..pdu.position(), value);
    Ok(())
}

builtin!(Bacapp);

#[test]
fn who_is() {
    check::<Bacapp>(
        "10 08 0a1b59 1a1b59",
        expect![[r#"
        Building Automation and Control Network APDU, Unconfirmed-REQ
          APDU Type: Unconfirmed-REQ (1)
          Unconfirmed Service Choice: who-Is (8)
          Tag Class: Context Specific Tag
          Context Tag Number: 0
          Length Value Type: 2
          Device Instance Range Low Limit: 7001
          Tag Class: Context Specific Tag
          Context Tag Number: 1
          Length Value Type: 2
          Device Instance Range High Limit: 7001
    "#]],
    );
    check::<Bacapp>(
        "00 05 01 0c 0c00000001",
        expect![[r#"
            Building Automation and Control Network APDU, Confirmed-REQ
              APDU Type: Confirmed-REQ (0)
              Segmented Request: Unsegmented
              More Segments: Last one
              SA: Segmented response not accepted
              Max Response Segments accepted: 0
              Size of Maximum ADPU accepted: 5
              Invoke ID: 1
              Service Choice: readProperty (12)
              Data: 0c00000001
        "#]],
    );
    check::<Bacapp>(
        "10 08 0d1b",
        expect![[r#"
        Building Automation and Control Network APDU, Unconfirmed-REQ
          APDU Type: Unconfirmed-REQ (1)
          Unconfirmed Service Choice: who-Is (8)
          Tag Class: Context Specific Tag
          Context Tag Number: 0
          Length Value Type: 5
          [error] short: bytes needs 5 bytes at offset 3, 1 are there
    "#]],
    );
}
