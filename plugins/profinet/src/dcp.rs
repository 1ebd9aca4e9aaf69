//! DCP, by which PROFINET devices are found, named and given addresses (IEC 61158-6-10, section 4.3).

use prosector_sdk::handle::Handle;
use prosector_sdk::prelude::*;

/// The dissector of DCP.
#[derive(Default)]
pub struct PnDcp;

protocol! {
    /// PROFINET Discovery and Configuration Protocol.
    PnDcp = pn_dcp "PN-DCP", "PROFINET DCP" {
        service_id: u8                          "ServiceID" = { 3 "Get", 4 "Set", 5 "Identify", 6 "Hello" },
        service_type: u8                        "ServiceType" = { 0 "Request", 1 "Response", 5 "Not supported" },
        xid: u32 hex                            "Xid",
        response_delay: u16                     "ResponseDelay",
        reserved8: u8                           "Reserved",
        reserved16: u16                         "Reserved",
        data_length: u16                        "DCPDataLength",
        block: group                            "Block",
        option: u8                              "Option" = OPTIONS,
        suboption_ip: u8                        "Suboption" = { 1 "MAC address", 2 "IP parameter", 3 "Full IP suite" },
        suboption_device: u8                    "Suboption" = {
            1 "Type of Station", 2 "Name of Station", 3 "Device ID", 4 "Device Role", 5 "Device Options", 6 "Alias",
            7 "Device Instance", 8 "OEM Device ID", 10 "RSI Properties",
        },
        suboption_dhcp: u8                      "Suboption" = {
            12 "Host name", 43 "Vendor specific", 54 "Server identifier", 55 "Parameter request list", 60 "Class",
            61 "Client identifier", 81 "Domain name", 97 "UUID of the client", 255 "DHCP for address resolution",
        },
        suboption_control: u8                   "Suboption" = {
            1 "Start transaction", 2 "End transaction", 3 "Signal", 4 "Response", 5 "Reset settings", 6 "Reset device",
        },
        suboption_deviceinitiative: u8          "Suboption" = { 1 "Device Initiative" },
        suboption_tsn: u8 "Suboption" = { 1 "TSN Domain Name", 2 "NME Manager", 3 "NME Parameters", 4 "NME Agent" },
        suboption_all: u8                       "Suboption" = { 255 "All" },
        suboption_manuf: u8                     "Suboption",
        block_length: u16                       "DCPBlockLength",
        block_info: u16                         "BlockInfo",
        suboption_ip_block_info: u16            "BlockInfo" = {
            0 "IP not set", 1 "IP set", 2 "IP set by DHCP", 128 "IP not set, address conflict detected",
            129 "IP set, address conflict detected", 130 "IP set by DHCP, address conflict detected",
        },
        block_qualifier: u16                    "BlockQualifier" = { 0 "Use the value for now", 1 "Save the value" },
        block_qualifier_reset: u16              "BlockQualifier" = {
            0 "Default", 2..=3 "Reset application data", 4..=5 "Reset communication parameter",
            6..=7 "Reset engineering parameter", 8..=9 "Resets all stored data", 16..=17 "Reset to factory values",
            18..=19 "Reset and restore data",
        },
        block_error: u8                         "BlockError" = {
            0 "Ok", 1 "Option unsupported", 2 "Suboption unsupported or no data set", 3 "Suboption not set",
            4 "Resource error", 5 "Set not possible by local reasons", 6 "In operation, set not possible",
        },
        suboption_ip_mac_address: mac           "MAC Address",
        suboption_ip_ip: ipv4                   "IPaddress",
        suboption_ip_subnetmask: ipv4           "Subnetmask",
        suboption_ip_standard_gateway: ipv4     "StandardGateway",
        suboption_ip_dns: ipv4                  "DNSServer",
        suboption_device_devicevendorvalue: str "DeviceVendorValue",
        suboption_device_nameofstation: str     "NameOfStation",
        suboption_vendor_id: u16 hex            "VendorID",
        suboption_device_id: u16 hex            "DeviceID",
        suboption_device_role: u8 hex           "DeviceRoleDetails",
        suboption_device_aliasname: str         "AliasName",
        suboption_device_instance: u8 hex       "DeviceInstance",
        suboption_device_oem_ven_id: u16 hex    "OEMVendorID",
        suboption_device_oem_dev_id: u16 hex    "OEMDeviceID",
        suboption_device_rsi_properties_value as RSI: u16 hex "RsiPropertiesValue" {
            bit0: 0x01                          "IP Stack",
            bit1: 0x02                          "CLRPC Interface",
            bit2: 0x04                          "RSI AR Interface",
            bit3: 0x08                          "RSI AR Read Implicit Interface",
            bit4: 0x10                          "RSI CIM Interface",
            bit5: 0x20                          "RSI CIM Read Implicit Interface",
            otherbits: hex 0xffc0               "Reserved",
        },
        suboption_dhcp_option_code: u8          "Option-Code",
        suboption_dhcp_parameter_length: u8 hex "DHCP Parameter Length",
        suboption_dhcp_parameter_data: u8 hex   "DHCP Parameter Data",
        suboption_dhcp_client_id: str           "Client ID",
        suboption_control_option: u8            "Option" = OPTIONS,
        suboption_control_signal_value: u16 hex "SignalValue" = { 0x100 "Flash Once" },
        deviceinitiative_value: u16             "DeviceInitiativeValue" = { 0 "No hello", 1 "Hello after power on" },
        suboption_tsn_nme_prio: u16             "NMEPrio",
        suboption_tsn_nme_parameter_uuid: uuid  "NMEParameterUUID",
        suboption_tsn_nme_agent: uuid           "NMEAgent",
    }
    claims { pn_rt.frame_id = 0xfefc..=0xfeff }
}

value_names! {
    /// What blocks are about.
    OPTIONS {
        1 "IP", 2 "Device properties", 3 "DHCP", 5 "Control", 6 "Device Initiative", 7 "TSN Domain",
        128..=254 "Manufacturer specific", 255 "All Selector",
    }
}

const HEADER: usize = 10;
const GET: u8 = 3;
const SET: u8 = 4;
const IDENTIFY: u8 = 5;
const HELLO: u8 = 6;

impl Dissector for PnDcp {
    fn dissect(&mut self, pdu: &mut Pdu<'_>) -> Step {
        let service = pdu.take(SERVICE_ID)?;
        let kind = pdu.take(SERVICE_TYPE)?;
        let is_request = kind == 0;
        let xid = pdu.take(XID)?;
        pdu.take(if is_request && service == IDENTIFY { RESPONSE_DELAY } else { RESERVED16 })?;
        let len = usize::from(pdu.take(DATA_LENGTH)?);
        let there = pdu.wire_remaining();
        if len > there {
            let text = format_args!("{len} bytes, but there are {there}");
            pdu.diagnostic(Severity::Error, "bad-length", 8..HEADER, text);
        }
        pdu.set_len(DATA_LENGTH, HEADER + len);
        let mut about = String::new();
        let blocks = pdu.repeat(|pdu| match (service, kind) {
            (GET, 0) => selector(pdu, OPTION).map(drop),
            (GET | SET | IDENTIFY | HELLO, 0 | 1 | 5) => block(pdu, service, is_request, &mut about),
            _ => Ok(()),
        });
        let (service, kind) = (Self::name(SERVICE_ID, service), Self::name(SERVICE_TYPE, kind));
        pdu.info(format_args!("{service} {kind}, Xid: 0x{xid:x}{about}"));
        blocks
    }
}

/// An option and its suboption, each of which has a field of its own.
fn selector(pdu: &mut Pdu<'_>, option: Handle<u8>) -> Result<(u8, u8), Stop> {
    let option = pdu.take(option)?;
    let suboption = match option {
        1 => SUBOPTION_IP,
        2 => SUBOPTION_DEVICE,
        3 => SUBOPTION_DHCP,
        5 => SUBOPTION_CONTROL,
        6 => SUBOPTION_DEVICEINITIATIVE,
        7 => SUBOPTION_TSN,
        255 => SUBOPTION_ALL,
        _ => SUBOPTION_MANUF,
    };
    Ok((option, pdu.take(suboption)?))
}

fn block(pdu: &mut Pdu<'_>, service: u8, is_request: bool, about: &mut String) -> Step {
    let start = pdu.position();
    pdu.group(BLOCK, |pdu| {
        let (option, suboption) = selector(pdu, OPTION)?;
        let len = pdu.take(BLOCK_LENGTH)?.into();
        let end = pdu.position() + len;
        pdu.within(BLOCK_LENGTH, len, |pdu| {
            let info = if (option, suboption) == (1, 2) { SUBOPTION_IP_BLOCK_INFO } else { BLOCK_INFO };
            match (service, is_request) {
                _ if matches!(option, 5 | 128..=255) => {}
                (SET, true) => drop(pdu.take(BLOCK_QUALIFIER)?),
                (GET | IDENTIFY, false) | (HELLO, true) => drop(pdu.take(info)?),
                _ => {}
            }
            content(pdu, option, suboption, end, about)
        })
    })?;
    // Blocks begin at even offsets.
    if (pdu.position() - start) % 2 == 1 && pdu.wire_remaining() > 0 { pdu.skip(1) } else { Ok(()) }
}

/// What is behind the block's information; `end` is where the block says that it ends.
fn content(pdu: &mut Pdu<'_>, option: u8, suboption: u8, end: usize, about: &mut String) -> Step {
    let rest = end.saturating_sub(pdu.position());
    let fields: &[Handle<u16>] = match (option, suboption) {
        (2, 3) => &[SUBOPTION_VENDOR_ID, SUBOPTION_DEVICE_ID],
        (2, 8) => &[SUBOPTION_DEVICE_OEM_VEN_ID, SUBOPTION_DEVICE_OEM_DEV_ID],
        (2, 10) => &[RSI],
        // Without anything in it, it is erroneous, but a block.
        (5, _) if rest == 0 => return Ok(()),
        (5, 1 | 2) => &[BLOCK_QUALIFIER],
        (5, 3) => &[BLOCK_QUALIFIER, SUBOPTION_CONTROL_SIGNAL_VALUE],
        (5, 5 | 6) => &[BLOCK_QUALIFIER_RESET],
        (6, 1) => &[DEVICEINITIATIVE_VALUE],
        (7, 2) => &[SUBOPTION_TSN_NME_PRIO],
        _ => &[],
    };
    fields.iter().try_for_each(|&field| pdu.take(field).map(drop))?;
    match (option, suboption) {
        (1, 1) => drop(pdu.take(SUBOPTION_IP_MAC_ADDRESS)?),
        (1, 2 | 3) => {
            for field in [SUBOPTION_IP_IP, SUBOPTION_IP_SUBNETMASK, SUBOPTION_IP_STANDARD_GATEWAY] {
                pdu.take(field)?;
            }
            pdu.repeat(|pdu| pdu.take(SUBOPTION_IP_DNS).map(drop))?;
        }
        (2, 1) => drop(pdu.take_bytes(SUBOPTION_DEVICE_DEVICEVENDORVALUE, rest)?),
        (2, 2) => {
            let name = pdu.take_bytes(SUBOPTION_DEVICE_NAMEOFSTATION, rest)?;
            *about += &format!(", {}", String::from_utf8_lossy(name));
        }
        (2, 4) => drop(pdu.take(SUBOPTION_DEVICE_ROLE).and_then(|_| pdu.take(RESERVED8))?),
        (2, 5) => pdu.repeat(|pdu| selector(pdu, OPTION).map(drop))?,
        (2, 6) => drop(pdu.take_bytes(SUBOPTION_DEVICE_ALIASNAME, rest)?),
        (2, 7) => pdu.repeat(|pdu| pdu.take(SUBOPTION_DEVICE_INSTANCE).map(drop))?,
        (3, 61 | 255) => {
            pdu.take(SUBOPTION_DHCP_OPTION_CODE)?;
            let len = usize::from(pdu.take(SUBOPTION_DHCP_PARAMETER_LENGTH)?);
            if len > 0 {
                pdu.take(SUBOPTION_DHCP_PARAMETER_DATA)?;
            }
            if len > 1 {
                pdu.take_bytes(SUBOPTION_DHCP_CLIENT_ID, len - 1)?;
            }
        }
        (5, 4) => drop(selector(pdu, SUBOPTION_CONTROL_OPTION).and_then(|_| pdu.take(BLOCK_ERROR))?),
        (7, 3) => drop(pdu.take(SUBOPTION_TSN_NME_PARAMETER_UUID)?),
        (7, 4) => drop(pdu.take(SUBOPTION_TSN_NME_AGENT)?),
        _ => {}
    }
    Ok(())
}

builtin!(PnDcp);
