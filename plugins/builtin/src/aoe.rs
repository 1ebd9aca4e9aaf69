//! AoE, ATA over Ethernet ("AoE (ATA over Ethernet)", revision 11, Coraid).

use prosector_sdk::prelude::*;
use std::collections::BTreeMap;

/// The dissector.
#[derive(Default)]
pub struct Aoe {
    /// Requests without an answer, by device and tag: Ethernet has no flows.
    open: BTreeMap<(u32, u32), Request>,
}

/// A request that was seen.
struct Request {
    frame: u64,
    time: i64,
    command: u8,
}

protocol! {
    /// ATA over Ethernet.
    Aoe = aoe "AoE", "ATAoverEthernet" {
        version: u8 & 0xf0              "Version",
        response: bool(u8) & 0x08       "Response flag" = { 0 "Request", 1 "Response" },
        flags_error: bool(u8) & 0x04    "Error flag" = { 0 "No error", 1 "Error" },
        error: u8                       "Error" = {
            1 "Unrecognized command code", 2 "Bad argument parameter", 3 "Device unavailable",
            4 "Config string present", 5 "Unsupported version", 6 "Target is reserved",
        },
        major: u16 hex                  "Major",
        minor: u8 hex                   "Minor",
        cmd: u8                         "Command" = {
            0 "Issue ATA Command", 1 "Query Config Information", 2 "MAC Mask List", 3 "Reserve / Release",
        },
        tag: u32 hex                    "Tag",
        aflags.e: bool(u8) & 0x40       "E" = { 0 "Normal command", 1 "LBA48 extended command" },
        aflags.d: bool(u8) & 0x10       "D",
        aflags.a: bool(u8) & 0x02       "A" = { 0 "synchronous write", 1 "ASYNCHRONOUS Write" },
        aflags.w: bool(u8) & 0x01       "W" = { 0 "No write to device", 1 "WRITE to the device" },
        err_feature: u8 hex             "Err/Feature",
        sector_count: u8                "Sector Count",
        ata.cmd: u8 hex                 "ATA Cmd" = ATA_COMMANDS,
        /// In a response: that of its request.
        ata.cmd as REQUEST_CMD: computed u8 hex "ATA Cmd" linked = ATA_COMMANDS,
        ata.status: u8 hex              "ATA Status",
        lba: u48 le hex                 "Lba",
        response_to: computed u32       "Response To" linked,
        time: computed duration         "Time from request" linked,
        config.buffers: u16             "Buffer Count",
        config.firmware: u16 hex        "Firmware Version",
        config.sectors: u8              "Sector Count",
        config.cmd: u8 & 0x0f           "Config Command" = {
            0 "Read", 1 "Test", 2 "Test prefix", 3 "Set", 4 "Force set",
        },
        config.length: u16              "Config String Length",
        config.string: bytes            "Config String",
    }
    claims { ethertype = 0x88a2 }
    tables { DATA: "@data" }
    stateful
}

value_names! {
    ATA_COMMANDS {
        0x00 "NOP", 0x08 "Atapi soft reset", 0x10 "Recalibrate", 0x20 "Read sectors (with retry)",
        0x21 "Read sectors (no retry)", 0x24 "Read ext", 0x25 "Read dma ext", 0x30 "Write sectors (with retry)",
        0x31 "Write sectors (no retry)", 0x34 "Write ext", 0x35 "Write dma ext", 0x40 "Read verify sectors (with retry)",
        0x90 "Execute device diagnostics", 0x91 "Initialize device parameters", 0xa0 "Atapi packet",
        0xa1 "Atapi identify device", 0xb0 "Smart", 0xc4 "Read multiple", 0xc5 "Write multiple",
        0xc6 "Set multiple mode", 0xc8 "Read dma (with retry)", 0xca "Write dma (with retry)", 0xe0 "Standby immediate",
        0xe1 "Idle immediate", 0xe5 "Check power mode", 0xe7 "Flush cache", 0xea "Flush cache ext",
        0xec "Identify Device", 0xef "Set features",
    }
}

/// Requests that are kept at most.
const KEPT: usize = 1000;
const ATA: u8 = 0;
const CONFIG: u8 = 1;

impl Dissector for Aoe {
    fn dissect(&mut self, pdu: &mut Pdu<'_>) -> Step {
        if pdu.show(VERSION)? != 1 {
            return pdu.skip(1);
        }
        let response = pdu.show(RESPONSE)?;
        let error = pdu.take(FLAGS_ERROR)?;
        if error {
            pdu.take(ERROR)?;
        } else {
            pdu.skip(1)?;
        }
        let device = u32::from(pdu.take(MAJOR)?) << 8 | u32::from(pdu.take(MINOR)?);
        let command = pdu.take(CMD)?;
        let tag = pdu.take(TAG)?;
        let direction = if response { "Response" } else { "Request" };
        pdu.info(format_args!("{} {direction}", Self::name(CMD, command)));
        match command {
            ATA => self.ata(pdu, response, (device, tag)),
            CONFIG => {
                pdu.take(CONFIG_BUFFERS)?;
                pdu.take(CONFIG_FIRMWARE)?;
                pdu.take(CONFIG_SECTORS)?;
                pdu.take(CONFIG_CMD)?;
                let len = usize::from(pdu.take(CONFIG_LENGTH)?);
                if len > 0 {
                    pdu.take_bytes(CONFIG_STRING, len)?;
                }
                Ok(())
            }
            _ => Ok(()),
        }
    }
}

impl Aoe {
    fn ata(&mut self, pdu: &mut Pdu<'_>, response: bool, key: (u32, u32)) -> Step {
        let at = pdu.position();
        let extended = pdu.show(AFLAGS_E)?;
        if extended {
            pdu.show(AFLAGS_D)?;
        }
        let write = pdu.show(AFLAGS_W)?;
        if write {
            pdu.show(AFLAGS_A)?;
        }
        pdu.skip(1)?;
        pdu.take(ERR_FEATURE)?;
        pdu.take(SECTOR_COUNT)?;
        let open = &mut self.open;
        if response {
            pdu.take(ATA_STATUS)?;
            if let Some(request) = open.remove(&key) {
                pdu.computed(RESPONSE_TO, at..at, request.frame);
                pdu.computed(TIME, at..at, pdu.time() - request.time);
                pdu.computed(REQUEST_CMD, at..at, request.command);
            }
        } else {
            let command = pdu.take(ATA_CMD)?;
            if open.len() >= KEPT {
                open.clear();
            }
            open.insert(key, Request { frame: pdu.frame_number(), time: pdu.time(), command });
        }
        pdu.take(LBA)?;
        pdu.skip(2)?;
        // Data goes one way: to the device in writing requests, from it in the answers of others.
        if pdu.remaining() > 0 && write != response {
            pdu.hand_to(DATA);
        }
        Ok(())
    }
}

builtin!(Aoe);

#[test]
fn a_read() {
    check::<Aoe>(
        "10 00 0014 00 00 00000007 40 00 02 24 0e0000000000 0000",
        expect![[r#"
        ATAoverEthernet, Issue ATA Command Request
          Version: 1
          Response flag: Request
          Error flag: No error
          Major: 0x0014
          Minor: 0x00
          Command: Issue ATA Command (0)
          Tag: 0x00000007
          E: LBA48 extended command
          D: False
          W: No write to device
          Err/Feature: 0x00
          Sector Count: 2
          ATA Cmd: Read ext (0x24)
          Lba: 0x00000000000e
    "#]],
    );
    check::<Aoe>(
        "18 00 0014 00 00 00000007 40 00 00 40 0e0000000000 0000 aabb",
        expect![[r#"
        ATAoverEthernet, Issue ATA Command Response
          Version: 1
          Response flag: Response
          Error flag: No error
          Major: 0x0014
          Minor: 0x00
          Command: Issue ATA Command (0)
          Tag: 0x00000007
          E: LBA48 extended command
          D: False
          W: No write to device
          Err/Feature: 0x00
          Sector Count: 0
          ATA Status: 0x40
          Lba: 0x00000000000e
        → @data [0]: bytes 22..24
    "#]],
    );
}

#[test]
fn configuration_and_others() {
    check::<Aoe>(
        "10 00 ffff ff 01 00000000 0010 0001 02 10 0002 6162",
        expect![[r#"
        ATAoverEthernet, Query Config Information Request
          Version: 1
          Response flag: Request
          Error flag: No error
          Major: 0xffff
          Minor: 0xff
          Command: Query Config Information (1)
          Tag: 0x00000000
          Buffer Count: 16
          Firmware Version: 0x0001
          Sector Count: 2
          Config Command: Read (0)
          Config String Length: 2
          Config String: 6162
    "#]],
    );
    check::<Aoe>(
        "20 00 ffff",
        expect![[r#"
        ATAoverEthernet
          Version: 2
    "#]],
    );
    check::<Aoe>(
        "10 00 0014 00 00 00000007 40 00",
        expect![[r#"
        ATAoverEthernet, Issue ATA Command Request
          Version: 1
          Response flag: Request
          Error flag: No error
          Major: 0x0014
          Minor: 0x00
          Command: Issue ATA Command (0)
          Tag: 0x00000007
          E: LBA48 extended command
          D: False
          W: No write to device
          Err/Feature: 0x00
          [error] short: aoe.sector_count needs 1 bytes at offset 12, 0 are there
    "#]],
    );
}
