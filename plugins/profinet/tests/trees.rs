//! Single frames against the trees that are expected of them.

use prosector_profinet::{PnDcp, PnRt};
use prosector_sdk::prelude::*;
use prosector_sdk::testkit::check_cut;

#[test]
fn a_cyclic_frame() {
    check::<PnRt>(
        "8001 0102030405060708 0080 35 00",
        expect![[r#"
        PROFINET Real-Time Protocol, RTC1 unicast, ID: 0x8001, Len: 8, Cycle: 128 (Valid,Primary,Ok,Run)
          FrameID: RTC1 unicast (0x8001)
          CycleCounter: 128
          DataStatus: 0x35
            0... .... = Ignore: Evaluate (0x0)
            .0.. .... = Reserved: 0x0
            ..1. .... = StationProblemIndicator: Ok (0x1)
            ...1 .... = ProviderState: Run (0x1)
            .... 0... = Reserved: 0x0
            .... .1.. = DataValid: Valid (0x1)
            .... ..0. = Redundancy: False
            .... ...1 = State: Primary (0x1)
          TransferStatus: OK (0)
        → pn_rt.frame_id [32769]: bytes 2..10
    "#]],
    );
    check_cut::<PnRt>(
        6,
        "8001 0102030405060708",
        expect![[r#"
        PROFINET Real-Time Protocol, RTC1 unicast, ID: 0x8001, Len: 14
          FrameID: RTC1 unicast (0x8001)
          [note] cut: pn_rt.cycle_counter needs 2 bytes at offset 12, 0 were captured
    "#]],
    );
}

#[test]
fn a_fragment() {
    check::<PnRt>(
        "ff80 01 82 0102030405060708",
        expect![[r#"
        PROFINET Real-Time Protocol, Fragment, ID: 0xff80, Len: 10
          FrameID: Fragment (0xff80)
          PROFINET Fragment
            FragDataLength: 1
            FragStatus: More fragments follow (0x1)
              MoreFollows: More fragments follow (0x1)
              Reserved: 0x0
              FragmentNumber (zero based): 2
        → pn_rt.frame_id [65408]: bytes 4..12
    "#]],
    );
}

#[test]
fn frames_that_end_too_early() {
    check::<PnRt>(
        "80",
        expect![[r#"
        PROFINET Real-Time Protocol
          [error] short: pn_rt.frame_id needs 2 bytes at offset 0, 1 are there
    "#]],
    );
    check::<PnRt>(
        "8001 0080",
        expect![[r#"
        PROFINET Real-Time Protocol, RTC1 unicast, ID: 0x8001, Len: 2
          FrameID: RTC1 unicast (0x8001)
          CycleCounter: 128
          [error] short: pn_rt.ds needs 1 bytes at offset 4, 0 are there
    "#]],
    );
    check::<PnRt>(
        "ff81 01",
        expect![[r#"
        PROFINET Real-Time Protocol, Fragment, ID: 0xff81, Len: 1
          FrameID: Fragment (0xff81)
          PROFINET Fragment
            FragDataLength: 1
            FragStatus
          [error] short: pn_rt.frag_status.more_follows needs 1 bytes at offset 3, 0 are there
    "#]],
    );
}

#[test]
fn a_device_is_found() {
    check::<PnDcp>(
        "05 00 01020304 0001 000a  02 02 0005 70756d7031 00",
        expect![[r#"
        PROFINET DCP, Identify Request, Xid: 0x1020304, pump1
          ServiceID: Identify (5)
          ServiceType: Request (0)
          Xid: 0x01020304
          ResponseDelay: 1
          DCPDataLength: 10
          Block: Device properties (2)
            Option: Device properties (2)
            Suboption: Name of Station (2)
            DCPBlockLength: 5
            NameOfStation: pump1
    "#]],
    );
    check::<PnDcp>(
        "05 01 01020304 0000 0028  02 02 0007 0000 70756d7031 00  02 03 0006 0000 1234 0001  01 02 000e 0081 c0000207 ffffff00 c0000201",
        expect![[r#"
            PROFINET DCP, Identify Response, Xid: 0x1020304, pump1
              ServiceID: Identify (5)
              ServiceType: Response (1)
              Xid: 0x01020304
              Reserved: 0
              DCPDataLength: 40
              Block: Device properties (2)
                Option: Device properties (2)
                Suboption: Name of Station (2)
                DCPBlockLength: 7
                BlockInfo: 0
                NameOfStation: pump1
              Block: Device properties (2)
                Option: Device properties (2)
                Suboption: Device ID (3)
                DCPBlockLength: 6
                BlockInfo: 0
                VendorID: 0x1234
                DeviceID: 0x0001
              Block: IP (1)
                Option: IP (1)
                Suboption: IP parameter (2)
                DCPBlockLength: 14
                BlockInfo: IP set, address conflict detected (129)
                IPaddress: 192.0.2.7
                Subnetmask: 255.255.255.0
                StandardGateway: 192.0.2.1
        "#]],
    );
}

#[test]
fn a_device_is_named() {
    check::<PnDcp>(
        "04 00 01020304 0000 000c  02 02 0007 0001 70756d7031 00",
        expect![[r#"
        PROFINET DCP, Set Request, Xid: 0x1020304, pump1
          ServiceID: Set (4)
          ServiceType: Request (0)
          Xid: 0x01020304
          Reserved: 0
          DCPDataLength: 12
          Block: Device properties (2)
            Option: Device properties (2)
            Suboption: Name of Station (2)
            DCPBlockLength: 7
            BlockQualifier: Save the value (1)
            NameOfStation: pump1
    "#]],
    );
    check::<PnDcp>(
        "04 01 01020304 0000 0008  05 04 0003 02 02 06 00",
        expect![[r#"
            PROFINET DCP, Set Response, Xid: 0x1020304
              ServiceID: Set (4)
              ServiceType: Response (1)
              Xid: 0x01020304
              Reserved: 0
              DCPDataLength: 8
              Block: Control (5)
                Option: Control (5)
                Suboption: Response (4)
                DCPBlockLength: 3
                Option: Device properties (2)
                Suboption: Name of Station (2)
                BlockError: In operation, set not possible (6)
        "#]],
    );
}

#[test]
fn what_a_device_has() {
    check::<PnDcp>(
        "03 00 01020304 0000 0004  02 02 01 02",
        expect![[r#"
        PROFINET DCP, Get Request, Xid: 0x1020304
          ServiceID: Get (3)
          ServiceType: Request (0)
          Xid: 0x01020304
          Reserved: 0
          DCPDataLength: 4
          Option: Device properties (2)
          Suboption: Name of Station (2)
          Option: IP (1)
          Suboption: IP parameter (2)
    "#]],
    );
    check::<PnDcp>(
        "03 01 01020304 0000 0012  02 05 0006 0000 01 02 06 01  02 0a 0004 0000 0015",
        expect![[r#"
        PROFINET DCP, Get Response, Xid: 0x1020304
          ServiceID: Get (3)
          ServiceType: Response (1)
          Xid: 0x01020304
          Reserved: 0
          DCPDataLength: 18
          Block: Device properties (2)
            Option: Device properties (2)
            Suboption: Device Options (5)
            DCPBlockLength: 6
            BlockInfo: 0
            Option: IP (1)
            Suboption: IP parameter (2)
            Option: Device Initiative (6)
            Suboption: Device Initiative (1)
          Block: Device properties (2)
            Option: Device properties (2)
            Suboption: RSI Properties (10)
            DCPBlockLength: 4
            BlockInfo: 0
            RsiPropertiesValue: 0x0015
              .... .... .... ...1 = IP Stack: True
              .... .... .... ..0. = CLRPC Interface: False
              .... .... .... .1.. = RSI AR Interface: True
              .... .... .... 0... = RSI AR Read Implicit Interface: False
              .... .... ...1 .... = RSI CIM Interface: True
              .... .... ..0. .... = RSI CIM Read Implicit Interface: False
              0000 0000 00.. .... = Reserved: 0x000
    "#]],
    );
    check::<PnDcp>(
        "06 00 01020304 0000 0014  03 3d 0008 0000 3d 04 00 616263  06 01 0004 0000 0001",
        expect![[r#"
        PROFINET DCP, Hello Request, Xid: 0x1020304
          ServiceID: Hello (6)
          ServiceType: Request (0)
          Xid: 0x01020304
          Reserved: 0
          DCPDataLength: 20
          Block: DHCP (3)
            Option: DHCP (3)
            Suboption: Client identifier (61)
            DCPBlockLength: 8
            BlockInfo: 0
            Option-Code: 61
            DHCP Parameter Length: 0x04
            DHCP Parameter Data: 0x00
            Client ID: abc
          Block: Device Initiative (6)
            Option: Device Initiative (6)
            Suboption: Device Initiative (1)
            DCPBlockLength: 4
            BlockInfo: 0
            DeviceInitiativeValue: Hello after power on (1)
    "#]],
    );
}

#[test]
fn lengths_that_lie() {
    check::<PnDcp>(
        "05 01 01020304 0000 0040  02 02 0006 0000 70756d70",
        expect![[r#"
        PROFINET DCP, Identify Response, Xid: 0x1020304, pump
          ServiceID: Identify (5)
          ServiceType: Response (1)
          Xid: 0x01020304
          Reserved: 0
          DCPDataLength: 64
          [error] bad-length: 64 bytes, but there are 10
          Block: Device properties (2)
            Option: Device properties (2)
            Suboption: Name of Station (2)
            DCPBlockLength: 6
            BlockInfo: 0
            NameOfStation: pump
    "#]],
    );
    check::<PnDcp>(
        "05 01 01020304 0000 000a  02 02 0032 0000 70756d70",
        expect![[r#"
        PROFINET DCP, Identify Response, Xid: 0x1020304
          ServiceID: Identify (5)
          ServiceType: Response (1)
          Xid: 0x01020304
          Reserved: 0
          DCPDataLength: 10
          Block: Device properties (2)
            Option: Device properties (2)
            Suboption: Name of Station (2)
            DCPBlockLength: 50
            BlockInfo: 0
          [error] short: pn_dcp.suboption_device_nameofstation needs 48 bytes at offset 16, 4 are there
    "#]],
    );
    check::<PnDcp>(
        "05 01 01020304 0000 0004  02 02 0001 00",
        expect![[r#"
        PROFINET DCP, Identify Response, Xid: 0x1020304
          ServiceID: Identify (5)
          ServiceType: Response (1)
          Xid: 0x01020304
          Reserved: 0
          DCPDataLength: 4
          Block: Device properties (2)
            Option: Device properties (2)
            Suboption: Name of Station (2)
            DCPBlockLength: 1
          [error] short: pn_dcp.block_info needs 2 bytes at offset 14, 0 are there (the end is set by pn_dcp.data_length)
    "#]],
    );
    check::<PnDcp>(
        "05 01 01020304 0000 0008  01 02 0004 0001 c000",
        expect![[r#"
        PROFINET DCP, Identify Response, Xid: 0x1020304
          ServiceID: Identify (5)
          ServiceType: Response (1)
          Xid: 0x01020304
          Reserved: 0
          DCPDataLength: 8
          Block: IP (1)
            Option: IP (1)
            Suboption: IP parameter (2)
            DCPBlockLength: 4
            BlockInfo: IP set (1)
          [error] short: pn_dcp.suboption_ip_ip needs 4 bytes at offset 16, 2 are there (the end is set by pn_dcp.block_length)
    "#]],
    );
    check::<PnDcp>(
        "04 00 01020304 0000 0004  05 01 0000",
        expect![[r#"
        PROFINET DCP, Set Request, Xid: 0x1020304
          ServiceID: Set (4)
          ServiceType: Request (0)
          Xid: 0x01020304
          Reserved: 0
          DCPDataLength: 4
          Block: Control (5)
            Option: Control (5)
            Suboption: Start transaction (1)
            DCPBlockLength: 0
    "#]],
    );
    check::<PnDcp>(
        "03 00 01020304 0000 0003  02 02 01",
        expect![[r#"
        PROFINET DCP, Get Request, Xid: 0x1020304
          ServiceID: Get (3)
          ServiceType: Request (0)
          Xid: 0x01020304
          Reserved: 0
          DCPDataLength: 3
          Option: Device properties (2)
          Suboption: Name of Station (2)
          Option: IP (1)
          [error] short: pn_dcp.suboption_ip needs 1 bytes at offset 13, 0 are there
    "#]],
    );
}
