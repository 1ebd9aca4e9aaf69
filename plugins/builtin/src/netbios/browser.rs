//! The browser protocol of Windows (MS-BRWS, section 2.2): who is in the network, and who keeps the list.

use prosector_sdk::handle::{ComputedBytes, Handle, Variable};
use prosector_sdk::prelude::*;

/// The dissector.
#[derive(Default)]
pub struct Browser;

protocol! {
    /// Who is in a network of Windows machines, and who keeps the list: MS-BRWS.
    Browser = browser "BROWSER", "Microsoft Windows Browser Protocol" {
        command: u8 hex                         "Command" = COMMANDS,
        update_count: u8                        "Update Count",
        period: u32 le                          "Update Periodicity" unit "ms",
        server: str                             "Host Name",
        windows_version: computed str           "Windows version",
        os_major: u8                            "OS Major Version",
        os_minor: u8                            "OS Minor Version",
        server_type: u32 le hex                 "Server Type" {
            workstation: 0x1                    "Workstation",
            server: 0x2                         "Server",
            sql: 0x4                            "SQL",
            domain_controller: 0x8              "Domain Controller",
            backup_controller: 0x10             "Backup Controller",
            time: 0x20                          "Time Source",
            apple: 0x40                         "Apple",
            novell: 0x80                        "Novell",
            member: 0x100                       "Member",
            print: 0x200                        "Print",
            dialin: 0x400                       "Dialin",
            xenix: 0x800                        "Xenix",
            ntw: 0x1000                         "NT Workstation",
            wfw: 0x2000                         "WfW",
            nts: 0x8000                         "NT Server",
            browser.potential: 0x10000          "Potential Browser",
            browser.backup: 0x20000             "Backup Browser",
            browser.master: 0x40000             "Master Browser",
            browser.domain_master: 0x80000      "Domain Master Browser",
            osf: 0x100000                       "OSF",
            vms: 0x200000                       "VMS",
            w95: 0x400000                       "Windows 95+",
            dfs: 0x800000                       "DFS",
            local: 0x40000000                   "Local",
            domainenum: 0x80000000              "Domain Enum",
        },
        proto_major: u8                         "Browser Protocol Major Version",
        proto_minor: u8                         "Browser Protocol Minor Version",
        sig: u16 le hex                         "Signature",
        mysterious_field: u32 le hex            "Mysterious Field",
        comment: str                            "Host Comment",
        mb_server: str                          "Master Browser Server Name",
        unused: u8 hex                          "Unused flags",
        response_computer_name: str             "Response Computer Name",
        election.version: u8                    "Election Version",
        election.criteria: u32 le hex           "Election Criteria",
        election.desire: u8 hex                 "Election Desire" {
            backup: 0x01                        "Backup",
            standby: 0x02                       "Standby",
            master: 0x04                        "Master",
            domain_master: 0x08                 "Domain Master",
            wins: 0x20                          "WINS",
            nt: 0x80                            "NT",
        },
        election.os: u8 hex                     "Election OS" {
            wfw: 0x01                           "WfW",
            ntw: 0x10                           "NT Workstation",
            nts: 0x20                           "NT Server",
        },
        uptime: u32 le                          "Uptime" unit "ms",
        backup.count: u8                        "Backup List Requested Count",
        backup.token: u32 le                    "Backup Request Token",
        backup.server: str                      "Backup Server",
        browser_to_promote: str                 "Browser to Promote",
        reset_cmd: u8 hex                       "ResetBrowserState Command" {
            demote: 0x01                        "Demote LMB",
            flush: 0x02                         "Flush Browse List",
            stop_lmb: 0x04                      "Stop Being LMB",
        },
    }
}

value_names! {
    /// Kinds of messages.
    COMMANDS {
        0x01 "Host Announcement", 0x02 "Request Announcement", 0x08 "Browser Election Request",
        0x09 "Get Backup List Request", 0x0a "Get Backup List Response", 0x0b "Become Backup Browser",
        0x0c "Domain/Workgroup Announcement", 0x0d "Master Announcement", 0x0e "Reset Browser State Announcement",
        0x0f "Local Master Announcement",
    }
}

const DOMAIN_ANNOUNCEMENT: u8 = 0x0c;

impl Dissector for Browser {
    fn dissect(&mut self, pdu: &mut Pdu<'_>) -> Step {
        let command = pdu.take(COMMAND)?;
        if let Some(name) = name_of(COMMANDS, command.into()) {
            pdu.info(format_args!("{name}"));
        }
        match command {
            0x01 | DOMAIN_ANNOUNCEMENT | 0x0f => announcement(pdu, command),
            0x02 => {
                pdu.take(UNUSED)?;
                text(pdu, RESPONSE_COMPUTER_NAME).map(drop)
            }
            0x08 => {
                pdu.take(ELECTION_VERSION)?;
                let at = pdu.position();
                pdu.take(ELECTION_CRITERIA)?;
                pdu.show_at(ELECTION_DESIRE, at)?;
                pdu.show_at(ELECTION_OS, at + 3)?;
                pdu.take(UPTIME)?;
                pdu.skip(4)?;
                text(pdu, SERVER).map(drop)
            }
            0x09 => {
                pdu.take(BACKUP_COUNT)?;
                pdu.take(BACKUP_TOKEN).map(drop)
            }
            0x0a => {
                let count = pdu.take(BACKUP_COUNT)?;
                pdu.take(BACKUP_TOKEN)?;
                for _ in 0..count {
                    text(pdu, BACKUP_SERVER)?;
                }
                Ok(())
            }
            0x0b => text(pdu, BROWSER_TO_PROMOTE).map(drop),
            0x0d => text(pdu, MB_SERVER).map(drop),
            0x0e => pdu.take(RESET_CMD).map(drop),
            _ => Ok(()),
        }
    }
}

fn announcement(pdu: &mut Pdu<'_>, command: u8) -> Step {
    pdu.take(UPDATE_COUNT)?;
    pdu.take(PERIOD)?;
    let (at, bytes) = (pdu.position(), pdu.rest());
    pdu.skip(16)?;
    let name = bytes.get(..16).unwrap_or_default();
    let name = name.split(|&b| b == 0).next().unwrap_or_default();
    pdu.mark(SERVER, at..at + name.len());
    if let Some(title) = name_of(COMMANDS, command.into()) {
        pdu.info(format_args!("{title} {}", String::from_utf8_lossy(name)));
    }
    if let [major, minor, ..] = *pdu.rest() {
        windows_version(pdu, WINDOWS_VERSION, major, minor);
    }
    pdu.take(OS_MAJOR)?;
    pdu.take(OS_MINOR)?;
    pdu.take(SERVER_TYPE)?;
    if command == DOMAIN_ANNOUNCEMENT {
        pdu.take(MYSTERIOUS_FIELD)?;
        return text(pdu, MB_SERVER).map(drop);
    }
    pdu.take(PROTO_MAJOR)?;
    pdu.take(PROTO_MINOR)?;
    pdu.take(SIG)?;
    text(pdu, COMMENT).map(drop)
}

/// Which Windows has this version number, where that is known.
fn windows_version(pdu: &mut Pdu<'_>, field: Handle<ComputedBytes>, major: u8, minor: u8) {
    let name = match (major, minor) {
        (4, 0) => "Windows NT 4.0",
        (5, 0) => "Windows 2000",
        (5, 1) => "Windows XP",
        (5, 2) => "Windows Server 2003",
        (6, 0) => "Windows Vista or Windows Server 2008",
        (6, 1) => "Windows 7 or Windows Server 2008 R2",
        (6, 2) => "Windows 8 or Windows Server 2012",
        (6, 3) => "Windows 8.1 or Windows Server 2012 R2",
        (10, 0) => "Windows 10",
        _ => return,
    };
    let at = pdu.position();
    pdu.computed_bytes(field, at..at + 2, name.as_bytes());
}

/// Takes text up to a zero byte or the limit, and the zero byte.
fn text<'a>(pdu: &mut Pdu<'a>, field: Handle<Variable>) -> Result<&'a [u8], Stop> {
    let rest = pdu.rest();
    let len = rest.iter().position(|&b| b == 0).unwrap_or(rest.len());
    let bytes = pdu.take_bytes(field, len)?;
    pdu.skip(usize::from(pdu.remaining() > 0))?;
    Ok(bytes)
}

builtin!(Browser);

#[test]
fn announcements() {
    check::<Browser>(
        "01 03 c0d40100 41434d45000000000000000000000000 05 01 03100100 0f 01 55aa 6869 00",
        expect![[r#"
            Microsoft Windows Browser Protocol, Host Announcement ACME
              Command: Host Announcement (0x01)
              Update Count: 3
              Update Periodicity: 120000 ms
              Host Name: ACME
              Windows version: Windows XP
              OS Major Version: 5
              OS Minor Version: 1
              Server Type: 0x00011003
                .... .... .... .... .... .... .... ...1 = Workstation: True
                .... .... .... .... .... .... .... ..1. = Server: True
                .... .... .... .... .... .... .... .0.. = SQL: False
                .... .... .... .... .... .... .... 0... = Domain Controller: False
                .... .... .... .... .... .... ...0 .... = Backup Controller: False
                .... .... .... .... .... .... ..0. .... = Time Source: False
                .... .... .... .... .... .... .0.. .... = Apple: False
                .... .... .... .... .... .... 0... .... = Novell: False
                .... .... .... .... .... ...0 .... .... = Member: False
                .... .... .... .... .... ..0. .... .... = Print: False
                .... .... .... .... .... .0.. .... .... = Dialin: False
                .... .... .... .... .... 0... .... .... = Xenix: False
                .... .... .... .... ...1 .... .... .... = NT Workstation: True
                .... .... .... .... ..0. .... .... .... = WfW: False
                .... .... .... .... 0... .... .... .... = NT Server: False
                .... .... .... ...1 .... .... .... .... = Potential Browser: True
                .... .... .... ..0. .... .... .... .... = Backup Browser: False
                .... .... .... .0.. .... .... .... .... = Master Browser: False
                .... .... .... 0... .... .... .... .... = Domain Master Browser: False
                .... .... ...0 .... .... .... .... .... = OSF: False
                .... .... ..0. .... .... .... .... .... = VMS: False
                .... .... .0.. .... .... .... .... .... = Windows 95+: False
                .... .... 0... .... .... .... .... .... = DFS: False
                .0.. .... .... .... .... .... .... .... = Local: False
                0... .... .... .... .... .... .... .... = Domain Enum: False
              Browser Protocol Major Version: 15
              Browser Protocol Minor Version: 1
              Signature: 0xaa55
              Host Comment: hi
        "#]],
    );
    check::<Browser>(
        "0c 00 a0bb0d00 41434d45000000000000000000000000 03 0a 00100080 12345678 41424300",
        expect![[r#"
            Microsoft Windows Browser Protocol, Domain/Workgroup Announcement ACME
              Command: Domain/Workgroup Announcement (0x0c)
              Update Count: 0
              Update Periodicity: 900000 ms
              Host Name: ACME
              OS Major Version: 3
              OS Minor Version: 10
              Server Type: 0x80001000
                .... .... .... .... .... .... .... ...0 = Workstation: False
                .... .... .... .... .... .... .... ..0. = Server: False
                .... .... .... .... .... .... .... .0.. = SQL: False
                .... .... .... .... .... .... .... 0... = Domain Controller: False
                .... .... .... .... .... .... ...0 .... = Backup Controller: False
                .... .... .... .... .... .... ..0. .... = Time Source: False
                .... .... .... .... .... .... .0.. .... = Apple: False
                .... .... .... .... .... .... 0... .... = Novell: False
                .... .... .... .... .... ...0 .... .... = Member: False
                .... .... .... .... .... ..0. .... .... = Print: False
                .... .... .... .... .... .0.. .... .... = Dialin: False
                .... .... .... .... .... 0... .... .... = Xenix: False
                .... .... .... .... ...1 .... .... .... = NT Workstation: True
                .... .... .... .... ..0. .... .... .... = WfW: False
                .... .... .... .... 0... .... .... .... = NT Server: False
                .... .... .... ...0 .... .... .... .... = Potential Browser: False
                .... .... .... ..0. .... .... .... .... = Backup Browser: False
                .... .... .... .0.. .... .... .... .... = Master Browser: False
                .... .... .... 0... .... .... .... .... = Domain Master Browser: False
                .... .... ...0 .... .... .... .... .... = OSF: False
                .... .... ..0. .... .... .... .... .... = VMS: False
                .... .... .0.. .... .... .... .... .... = Windows 95+: False
                .... .... 0... .... .... .... .... .... = DFS: False
                .0.. .... .... .... .... .... .... .... = Local: False
                1... .... .... .... .... .... .... .... = Domain Enum: True
              Mysterious Field: 0x78563412
              Master Browser Server Name: ABC
        "#]],
    );
}

#[test]
fn an_election_and_a_cut_one() {
    check::<Browser>(
        "08 01 1b0f0120 e8030000 00000000 41424300",
        expect![[r#"
        Microsoft Windows Browser Protocol, Browser Election Request
          Command: Browser Election Request (0x08)
          Election Version: 1
          Election Criteria: 0x20010f1b
          Election Desire: 0x1b
            .... ...1 = Backup: True
            .... ..1. = Standby: True
            .... .0.. = Master: False
            .... 1... = Domain Master: True
            ..0. .... = WINS: False
            0... .... = NT: False
          Election OS: 0x20
            .... ...0 = WfW: False
            ...0 .... = NT Workstation: False
            ..1. .... = NT Server: True
          Uptime: 1000 ms
          Host Name: ABC
    "#]],
    );
    check::<Browser>(
        "08 01 1b0f",
        expect![[r#"
        Microsoft Windows Browser Protocol, Browser Election Request
          Command: Browser Election Request (0x08)
          Election Version: 1
          [error] short: browser.election.criteria needs 4 bytes at offset 2, 2 are there
    "#]],
    );
}
