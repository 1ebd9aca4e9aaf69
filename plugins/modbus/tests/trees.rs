//! Single PDUs against the trees that are expected of them. Requests and responses that belong together are in the captures.

use prosector_modbus::{Mbtcp, Modbus};
use prosector_sdk::prelude::*;
use prosector_sdk::testkit::{check_cut, check_in_context};

/// Ports of a request, as TCP and UDP pass them on.
const TO_SERVER: u64 = 40000 << 16 | 502;
/// What Modbus is told of a request: that it is one, of transaction 1, to unit 7.
const REQUEST: u64 = 1 << 63 | 1 << 8 | 7;

#[test]
fn a_header_and_what_is_none() {
    check_in_context::<Mbtcp>(
        TO_SERVER,
        "0001 0000 0006 0a 01 0000 0001",
        expect![[r#"
        Modbus/TCP, Query: Trans: 1; Unit: 10
          Transaction Identifier: 1
          Protocol Identifier: 0
          Length: 6
          Unit Identifier: 10
        → @modbus [0]: bytes 7..12
    "#]],
    );
    check_in_context::<Mbtcp>(
        1502 << 16 | 40000,
        "0001 0000 0005 0a 03 02 0007",
        expect![[r#"
        Modbus/TCP, Response: Trans: 1; Unit: 10
          Transaction Identifier: 1
          Protocol Identifier: 0
          Length: 5
          Unit Identifier: 10
        → @modbus [0]: bytes 7..11
    "#]],
    );
    check::<Mbtcp>(
        "4745 5420 2f20",
        expect![[r#"
        rejected
    "#]],
    );
    check::<Mbtcp>(
        "0001 0000 0001 0a",
        expect![[r#"
        rejected
    "#]],
    );
}

#[test]
fn a_length_that_lies() {
    check::<Mbtcp>(
        "0001 0000 0006 0a 01",
        expect![[r#"
        Modbus/TCP, Response: Trans: 1; Unit: 10
          Transaction Identifier: 1
          Protocol Identifier: 0
          Length: 6
          [error] bad-length: 12 bytes with the header, but there are 8
          Unit Identifier: 10
        → @modbus [0]: bytes 7..8
    "#]],
    );
    check_cut::<Mbtcp>(
        4,
        "0001 0000 0006 0a 01",
        expect![[r#"
        Modbus/TCP, Response: Trans: 1; Unit: 10
          Transaction Identifier: 1
          Protocol Identifier: 0
          Length: 6
          Unit Identifier: 10
        → @modbus [0]: bytes 7..12
    "#]],
    );
}

#[test]
fn a_stream() {
    check_stream::<Mbtcp>(
        &["0001 0000 0006 0a 03 0000 00", "01 0002 0000", "0003 0a 83 02"],
        expect![[r#"
        segment 1
        waits for 12 bytes
        segment 2
        Modbus/TCP, Response: Trans: 1; Unit: 10
          Transaction Identifier: 1
          Protocol Identifier: 0
          Length: 6
          Unit Identifier: 10
        → @modbus [0]: bytes 7..12
        waits for 6 bytes
        segment 3
        Modbus/TCP, Response: Trans: 2; Unit: 10
          Transaction Identifier: 2
          Protocol Identifier: 0
          Length: 3
          Unit Identifier: 10
        → @modbus [0]: bytes 7..9
    "#]],
    );
}

#[test]
fn requests() {
    check_in_context::<Modbus>(
        REQUEST,
        "05 00ac ff00",
        expect![[r#"
        Modbus, Query: Write Single Coil
          Function Code: Write Single Coil (5)
          Reference Number: 172
          Padding: 0x00
          Data: ff00
    "#]],
    );
    check_in_context::<Modbus>(
        REQUEST,
        "10 0001 0002 04 000a 0102",
        expect![[r#"
        Modbus, Query: Write Multiple Registers
          Function Code: Write Multiple Registers (16)
          Reference Number: 1
          Word Count: 2
          Byte Count: 4
          Register Number: 1
          Register Value (UINT16): 10
          Register Number: 2
          Register Value (UINT16): 258
    "#]],
    );
    check_in_context::<Modbus>(
        REQUEST,
        "17 0003 0006 000e 0001 02 00ff",
        expect![[r#"
        Modbus, Query: Read Write Register
          Function Code: Read Write Register (23)
          Read Reference Number: 3
          Read Word Count: 6
          Write Reference Number: 14
          Write Word Count: 1
          Byte Count: 2
          Register Number: 14
          Register Value (UINT16): 255
    "#]],
    );
    check_in_context::<Modbus>(
        REQUEST,
        "2b 0e 01 00",
        expect![[r#"
        Modbus, Query: Encapsulated Interface Transport
          Function Code: Encapsulated Interface Transport (43)
          MEI type: Read Device Identification (14)
          Read Device ID: Basic Identification (1)
          Object ID: VendorName (0)
    "#]],
    );
}

#[test]
fn answers() {
    check::<Modbus>(
        "03 04 0009 0018",
        expect![[r#"
        Modbus, Response: Read Holding Registers
          Function Code: Read Holding Registers (3)
          Byte Count: 4
          Register Number: 0
          Register Value (UINT16): 9
          Register Number: 1
          Register Value (UINT16): 24
    "#]],
    );
    check::<Modbus>(
        "01 01 05",
        expect![[r#"
        Modbus, Response: Read Coils
          Function Code: Read Coils (1)
          Byte Count: 1
          Bit Number: 0
          Bit Value: True
          Bit Number: 1
          Bit Value: False
          Bit Number: 2
          Bit Value: True
          Bit Number: 3
          Bit Value: False
          Bit Number: 4
          Bit Value: False
          Bit Number: 5
          Bit Value: False
          Bit Number: 6
          Bit Value: False
          Bit Number: 7
          Bit Value: False
    "#]],
    );
    check::<Modbus>(
        "83 02",
        expect![[r#"
        Modbus, Response: Read Holding Registers: Illegal data address
          Function Code: Read Holding Registers (3)
          Exception Code: Illegal data address (2)
    "#]],
    );
    check::<Modbus>(
        "2b 0e 01 83 00 00 02 00 02 6869 80 01 ff",
        expect![[r#"
        Modbus, Response: Encapsulated Interface Transport
          Function Code: Encapsulated Interface Transport (43)
          MEI type: Read Device Identification (14)
          Read Device ID: Basic Identification (1)
          Conformity Level: 0x83
          More Follows: 0x00
          Next Object ID: 0
          Number of Objects: 2
          Object ID: VendorName (0)
          Object length: 2
          Object String Value: hi
          Object ID: 128
          Object length: 1
          Object Value: ff
    "#]],
    );
    check::<Modbus>(
        "0c 08 0000 0108 0121 2000",
        expect![[r#"
        Modbus, Response: Get Comm. Event Log
          Function Code: Get Comm. Event Log (12)
          Byte Count: 8
          Status: 0x0000
          Event Count: 264
          Message Count: 289
          Event: 32
          Event: Restart (0)
    "#]],
    );
    check::<Modbus>(
        "14 06 05 06 0dfe 0020",
        expect![[r#"
        Modbus, Response: Read File Record
          Function Code: Read File Record (20)
          Byte Count: 6
          Byte Count: 5
          Reference Type: 6
          Data: 0dfe0020
    "#]],
    );
}

#[test]
fn counts_over_the_end() {
    check::<Modbus>(
        "03 06 0009 00",
        expect![[r#"
        Modbus, Response: Read Holding Registers
          Function Code: Read Holding Registers (3)
          Byte Count: 6
          Register Number: 0
          Register Value (UINT16): 9
          Register Number: 1
          [error] short: modbus.regval_uint16 needs 2 bytes at offset 4, 1 are there
    "#]],
    );
    check::<Modbus>(
        "01 03 05",
        expect![[r#"
        Modbus, Response: Read Coils
          Function Code: Read Coils (1)
          Byte Count: 3
          Bit Number: 0
          Bit Value: True
          Bit Number: 1
          Bit Value: False
          Bit Number: 2
          Bit Value: True
          Bit Number: 3
          Bit Value: False
          Bit Number: 4
          Bit Value: False
          Bit Number: 5
          Bit Value: False
          Bit Number: 6
          Bit Value: False
          Bit Number: 7
          Bit Value: False
          [error] short: bytes needs 3 bytes at offset 2, 1 are there
    "#]],
    );
    check::<Modbus>(
        "14 09 05 06 0dfe",
        expect![[r#"
        Modbus, Response: Read File Record
          Function Code: Read File Record (20)
          Byte Count: 9
          Byte Count: 5
          Reference Type: 6
          [error] short: modbus.data needs 4 bytes at offset 4, 2 are there
    "#]],
    );
    check::<Modbus>(
        "2b 0e 01 83 00 00 01 00 09 6869",
        expect![[r#"
        Modbus, Response: Encapsulated Interface Transport
          Function Code: Encapsulated Interface Transport (43)
          MEI type: Read Device Identification (14)
          Read Device ID: Basic Identification (1)
          Conformity Level: 0x83
          More Follows: 0x00
          Next Object ID: 0
          Number of Objects: 1
          Object ID: VendorName (0)
          Object length: 9
          [error] short: modbus.object_str_value needs 9 bytes at offset 9, 2 are there
    "#]],
    );
}
