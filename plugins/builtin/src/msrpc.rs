//! Interfaces of Windows over DCE/RPC of which the operation's name, the result and some parameters are shown: SAMR (MS-SAMR),
//! LSARPC (MS-LSAD), SVCCTL (MS-SCMR), SRVSVC (MS-SRVS), ATSVC (MS-TSCH), NETLOGON (MS-NRPC), DRSUAPI (MS-DRSR), and the
//! endpoint mapper (C706, appendix O).

use crate::dcerpc::{Stub, interface_key};
use crate::windows::{NT_STATUS, utf16};
use prosector_sdk::handle::{ComputedBytes, ComputedWord, Handle, Variable};
use prosector_sdk::prelude::*;
use prosector_sdk::requests::Recent;

value_names! {
    /// Results of functions of Windows (MS-ERREF, section 2.2).
    WERROR { 0 "WERR_OK", 5 "WERR_ACCESS_DENIED", 6 "WERR_INVALID_HANDLE", 87 "WERR_INVALID_PARAMETER" }
}

/// A parameter as NDR writes it (C706, chapter 14).
enum Parameter {
    /// A context handle (section 14.2.14.6), and what becomes of it.
    Context(Use, Handle<Variable>),
    /// What follows is the last thing in front of the result, and is a context handle.
    LastContext(Use, Handle<Variable>),
    /// A pointer to a text, which may be null (section 14.3.10).
    Pointer(Handle<ComputedBytes>),
    /// A text in UTF-16 (section 14.3.4.2).
    Text(Handle<ComputedBytes>),
    /// A pointer to a number, which may be null.
    WordPointer(Handle<u32>),
    Word(Handle<u32>),
    /// A number of two bytes, which what follows is aligned behind.
    Enum(Handle<u16>),
    Bytes(Handle<Variable>, usize),
    /// Read by a function, which says whether it could read all of it.
    Other(fn(&mut Pdu<'_>, Ndr) -> Result<bool, Stop>),
}
use Parameter::*;

#[derive(Clone, Copy, PartialEq)]
enum Use {
    Passes,
    Opens,
    Closes,
}
use Use::*;

/// Where parameters are.
#[derive(Clone, Copy, PartialEq)]
enum Direction {
    Request,
    Response,
}
use Direction::*;

/// Handles that are open, and the frame in which each was opened.
type Contexts = Recent<[u8; CONTEXT], u64>;

const CONTEXT: usize = 20;
const RESULT_LEN: usize = 4;

/// The fields that every interface has.
struct Common {
    open_frame: Handle<ComputedWord>,
    close_frame: Handle<ComputedWord>,
    stub_data: Handle<Variable>,
    result: Handle<u32>,
}

/// An interface: its names, its UUID, fields of its own (one of them is `RESULT`), parameters by operation and direction,
/// and what its operations are called.
macro_rules! interface {
    (
        $dissector:ident = $name:ident $short:tt, $title:tt, $uuid:literal
        { $($field:tt)* }
        $parameters:tt
        $operations:tt
        $($item:item)*
    ) => {
        /// The dissector.
        #[derive(Default)]
        pub struct $dissector {
            contexts: Flows<Contexts>,
        }

        const _: () = {
            protocol! {
                $dissector = $name $short, $title {
                    opnum: computed u16             "Operation" = $operations,
                    $($field)*
                    .dcerpc.nt.open_frame as OPEN_FRAME: computed u32 "Frame handle opened" linked,
                    .dcerpc.nt.close_frame as CLOSE_FRAME: computed u32 "Frame handle closed" linked,
                    .dcerpc.stub_data as STUB_DATA: bytes "Stub data",
                }
                claims { dcerpc.interface = interface_key($uuid) }
                stateful
            }

            $($item)*

            impl Dissector for $dissector {
                fn flow_end(&mut self, flow: u64) {
                    self.contexts.end(flow);
                }

                fn dissect(&mut self, pdu: &mut Pdu<'_>) -> Step {
                    const PARAMETERS: &[(u16, Direction, &[Parameter])] = &$parameters;
                    const COMMON: Common = Common {
                        open_frame: OPEN_FRAME,
                        close_frame: CLOSE_FRAME,
                        stub_data: STUB_DATA,
                        result: RESULT,
                    };
                    let stub = Stub::from_context(pdu.context());
                    pdu.computed(OPNUM, 0..0, stub.opnum);
                    let (direction, what) = match stub.response {
                        false => (Request, "request"),
                        true => (Response, "response"),
                    };
                    pdu.info(format_args!("{} {what}", $dissector::name(OPNUM, stub.opnum)));
                    let known = $dissector::PROTOCOL.fields.get(usize::from(OPNUM.id));
                    if !stub.encrypted && known.is_some_and(|f| name_of(&f.names, stub.opnum.into()).is_none()) {
                        pdu.take_rest(COMMON.stub_data);
                    }
                    let parameters = PARAMETERS.iter().find(|(opnum, d, _)| (*opnum, *d) == (stub.opnum, direction));
                    let parameters = parameters.map_or(&[][..], |(.., parameters)| parameters);
                    body(pdu, stub, parameters, self.contexts.of(pdu.flow()), &COMMON)
                }
            }

            builtin!($dissector);
        };
    };
}

/// The result of a function is a word behind everything else.
fn body(pdu: &mut Pdu<'_>, stub: Stub, parameters: &[Parameter], contexts: &mut Contexts, common: &Common) -> Step {
    if stub.encrypted || stub.big_endian || pdu.remaining() == 0 {
        return pdu.skip(pdu.remaining());
    }
    let end = (pdu.remaining() / 4 * 4).saturating_sub(RESULT_LEN);
    let ndr = Ndr { wide: stub.ndr64 };
    for parameter in parameters {
        let mut readable = true;
        match *parameter {
            Context(usage, field) => context(pdu, usage, field, contexts, common)?,
            LastContext(usage, field) => {
                pdu.skip(end.saturating_sub(CONTEXT))?;
                context(pdu, usage, field, contexts, common)?;
            }
            Pointer(field) => {
                if ndr.pointer(pdu)? {
                    ndr.text(pdu, field)?;
                }
            }
            Text(field) => ndr.text(pdu, field)?,
            WordPointer(field) => {
                if ndr.pointer(pdu)? {
                    pdu.take(field)?;
                }
            }
            Word(field) => {
                align(pdu, 4)?;
                pdu.take(field)?;
            }
            Enum(field) => {
                align(pdu, if ndr.wide { 4 } else { 2 })?;
                pdu.take(field)?;
            }
            Bytes(field, len) => drop(pdu.take_bytes(field, len)?),
            Other(read) => readable = read(pdu, ndr)?,
        }
        if !readable {
            break;
        }
    }
    if stub.response && pdu.position() <= end {
        pdu.skip(end - pdu.position())?;
        pdu.take(common.result)?;
    }
    pdu.skip(pdu.remaining())
}

fn context(pdu: &mut Pdu<'_>, usage: Use, field: Handle<Variable>, contexts: &mut Contexts, common: &Common) -> Step {
    let at = pdu.position();
    let handle: Option<[u8; CONTEXT]> = pdu.rest().first_chunk().copied();
    pdu.take_bytes(field, CONTEXT)?;
    // All zeros: none was opened, or it is closed now.
    let Some(handle) = handle.filter(|handle| *handle != [0; CONTEXT]) else { return Ok(()) };
    if usage == Opens {
        contexts.insert(handle, pdu.frame_number());
    }
    if let Some(&frame) = contexts.get(&handle) {
        pdu.computed(common.open_frame, at..at + CONTEXT, frame);
    }
    if usage == Closes {
        pdu.computed(common.close_frame, at..at + CONTEXT, pdu.frame_number());
        contexts.remove(&handle);
    }
    Ok(())
}

/// Moves to a multiple of so many bytes, counted from the start of the stub (C706, section 14.2.2).
fn align(pdu: &mut Pdu<'_>, to: usize) -> Step {
    pdu.skip(pdu.position().next_multiple_of(to) - pdu.position())
}

/// A number of four bytes that is no field.
fn word(pdu: &mut Pdu<'_>) -> Result<u32, Stop> {
    align(pdu, 4)?;
    let value = pdu.rest().first_chunk().map_or(0, |&bytes| u32::from_le_bytes(bytes));
    pdu.skip(4)?;
    Ok(value)
}

/// How data are represented.
#[derive(Clone, Copy)]
struct Ndr {
    /// Pointers and sizes have eight bytes (MS-RPCE, section 2.2.5).
    wide: bool,
}

impl Ndr {
    /// Bytes of a pointer or size.
    fn width(self) -> usize {
        if self.wide { 8 } else { 4 }
    }

    fn size(self, pdu: &mut Pdu<'_>) -> Result<usize, Stop> {
        align(pdu, self.width())?;
        let low = word(pdu)?;
        let high = if self.wide { word(pdu)? } else { 0 };
        Ok(if high == 0 { low as usize } else { usize::MAX })
    }

    /// Whether a pointer is not null.
    fn pointer(self, pdu: &mut Pdu<'_>) -> Result<bool, Stop> {
        self.size(pdu).map(|referent| referent != 0)
    }

    /// A text: how many characters it may have, where it begins, how many it has.
    fn text(self, pdu: &mut Pdu<'_>, field: Handle<ComputedBytes>) -> Step {
        self.size(pdu)?;
        self.size(pdu)?;
        let len = self.size(pdu)?.saturating_mul(2);
        let at = pdu.position();
        let bytes = pdu.rest();
        pdu.skip(len)?;
        pdu.computed_bytes(field, at..at + len, utf16(bytes.get(..len).unwrap_or_default()).as_bytes());
        Ok(())
    }
}

interface! {
    Samr = samr "SAMR", "SAMR (pidl)", 0x12345778_1234_abcd_ef00_0123456789ac
    { handle: bytes "Handle", domain_handle: bytes "Domain Handle", user_handle: bytes "User Handle", connect_handle: bytes "Connect Handle", samr_EnumDomains.connect_handle as ENUM_HANDLE: bytes "Connect Handle", status as RESULT: u32 le hex "Return code" = NT_STATUS, }
    [
        (1, Request, &[Context(Closes, HANDLE)]),
        (1, Response, &[Context(Passes, HANDLE)]),
        (3, Request, &[Context(Passes, HANDLE)]),
        (5, Request, &[Context(Passes, CONNECT_HANDLE)]),
        (6, Request, &[Context(Passes, ENUM_HANDLE)]),
        (7, Request, &[Context(Passes, CONNECT_HANDLE)]),
        (7, Response, &[Context(Opens, DOMAIN_HANDLE)]),
        (8, Request, &[Context(Passes, DOMAIN_HANDLE)]),
        (13, Request, &[Context(Passes, DOMAIN_HANDLE)]),
        (16, Request, &[Context(Passes, DOMAIN_HANDLE)]),
        (17, Request, &[Context(Passes, DOMAIN_HANDLE)]),
        (18, Request, &[Context(Passes, DOMAIN_HANDLE)]),
        (34, Request, &[Context(Passes, DOMAIN_HANDLE)]),
        (34, Response, &[Context(Opens, USER_HANDLE)]),
        (36, Request, &[Context(Passes, USER_HANDLE)]),
        (39, Request, &[Context(Passes, USER_HANDLE)]),
        (64, Response, &[LastContext(Opens, CONNECT_HANDLE)]),
    ]
    {
        0 "Connect", 1 "Close", 2 "SetSecurity", 3 "QuerySecurity", 4 "Shutdown", 5 "LookupDomain", 6 "EnumDomains",
        7 "OpenDomain", 8 "QueryDomainInfo", 9 "SetDomainInfo", 10 "CreateDomainGroup", 11 "EnumDomainGroups",
        12 "CreateUser", 13 "EnumDomainUsers", 14 "CreateDomAlias", 15 "EnumDomainAliases", 16 "GetAliasMembership",
        17 "LookupNames", 18 "LookupRids", 19 "OpenGroup", 20 "QueryGroupInfo", 21 "SetGroupInfo",
        22 "AddGroupMember", 23 "DeleteDomainGroup", 24 "DeleteGroupMember", 25 "QueryGroupMember",
        26 "SetMemberAttributesOfGroup", 27 "OpenAlias", 28 "QueryAliasInfo", 29 "SetAliasInfo",
        30 "DeleteDomAlias", 31 "AddAliasMember", 32 "DeleteAliasMember", 33 "GetMembersInAlias", 34 "OpenUser",
        35 "DeleteUser", 36 "QueryUserInfo", 37 "SetUserInfo", 38 "ChangePasswordUser", 39 "GetGroupsForUser",
        40 "QueryDisplayInfo", 41 "GetDisplayEnumerationIndex", 42 "TestPrivateFunctionsDomain",
        43 "TestPrivateFunctionsUser", 44 "GetUserPwInfo", 45 "RemoveMemberFromForeignDomain",
        46 "QueryDomainInfo2", 47 "QueryUserInfo2", 48 "QueryDisplayInfo2", 49 "GetDisplayEnumerationIndex2",
        50 "CreateUser2", 51 "QueryDisplayInfo3", 52 "AddMultipleMembersToAlias",
        53 "RemoveMultipleMembersFromAlias", 54 "OemChangePasswordUser2", 55 "ChangePasswordUser2",
        56 "GetDomPwInfo", 57 "Connect2", 58 "SetUserInfo2", 59 "SetBootKeyInformation", 60 "GetBootKeyInformation",
        61 "Connect3", 62 "Connect4", 63 "ChangePasswordUser3", 64 "Connect5", 65 "RidToSid", 66 "SetDsrmPassword",
        67 "ValidatePassword",
    }
}

interface! {
    Lsarpc = lsarpc "LSARPC", "Local Security Authority", 0x12345778_1234_abcd_ef00_0123456789ab
    {
        lsa_Close.handle: bytes                         "Handle",
        lsa_OpenPolicy.handle: bytes                    "Handle",
        lsa_OpenPolicy2.handle: bytes                   "Handle",
        lsa_QueryInfoPolicy.handle: bytes               "Handle",
        lsa_QueryInfoPolicy2.handle: bytes              "Handle",
        lsa_EnumTrustDom.handle: bytes                  "Handle",
        lsa_LookupNames.handle: bytes                   "Handle",
        lsa_LookupSids.handle: bytes                    "Handle",
        lsa_LookupNames2.handle: bytes                  "Handle",
        lsa_LookupSids2.handle: bytes                   "Handle",
        lsa_LookupNames3.handle: bytes                  "Handle",
        status as RESULT: u32 le hex                    "Return code" = NT_STATUS,
    }
    [
        (0, Request, &[Context(Closes, LSA_CLOSE_HANDLE)]),
        (0, Response, &[Context(Passes, LSA_CLOSE_HANDLE)]),
        (6, Response, &[Context(Opens, LSA_OPENPOLICY_HANDLE)]),
        (7, Request, &[Context(Passes, LSA_QUERYINFOPOLICY_HANDLE)]),
        (13, Request, &[Context(Passes, LSA_ENUMTRUSTDOM_HANDLE)]),
        (14, Request, &[Context(Passes, LSA_LOOKUPNAMES_HANDLE)]),
        (15, Request, &[Context(Passes, LSA_LOOKUPSIDS_HANDLE)]),
        (44, Response, &[Context(Opens, LSA_OPENPOLICY2_HANDLE)]),
        (46, Request, &[Context(Passes, LSA_QUERYINFOPOLICY2_HANDLE)]),
        (57, Request, &[Context(Passes, LSA_LOOKUPSIDS2_HANDLE)]),
        (58, Request, &[Context(Passes, LSA_LOOKUPNAMES2_HANDLE)]),
        (68, Request, &[Context(Passes, LSA_LOOKUPNAMES3_HANDLE)]),
    ]
    {
        0 "lsa_Close", 1 "lsa_Delete", 2 "lsa_EnumPrivs", 3 "lsa_QuerySecurity", 4 "lsa_SetSecObj",
        5 "lsa_ChangePassword", 6 "lsa_OpenPolicy", 7 "lsa_QueryInfoPolicy", 8 "lsa_SetInfoPolicy",
        9 "lsa_ClearAuditLog", 10 "lsa_CreateAccount", 11 "lsa_EnumAccounts", 12 "lsa_CreateTrustedDomain",
        13 "lsa_EnumTrustDom", 14 "lsa_LookupNames", 15 "lsa_LookupSids", 16 "lsa_CreateSecret",
        17 "lsa_OpenAccount", 18 "lsa_EnumPrivsAccount", 19 "lsa_AddPrivilegesToAccount",
        20 "lsa_RemovePrivilegesFromAccount", 21 "lsa_GetQuotasForAccount", 22 "lsa_SetQuotasForAccount",
        23 "lsa_GetSystemAccessAccount", 24 "lsa_SetSystemAccessAccount", 25 "lsa_OpenTrustedDomain",
        26 "lsa_QueryTrustedDomainInfo", 27 "lsa_SetInformationTrustedDomain", 28 "lsa_OpenSecret",
        29 "lsa_SetSecret", 30 "lsa_QuerySecret", 31 "lsa_LookupPrivValue", 32 "lsa_LookupPrivName",
        33 "lsa_LookupPrivDisplayName", 34 "lsa_DeleteObject", 35 "lsa_EnumAccountsWithUserRight",
        36 "lsa_EnumAccountRights", 37 "lsa_AddAccountRights", 38 "lsa_RemoveAccountRights",
        39 "lsa_QueryTrustedDomainInfoBySid", 40 "lsa_SetTrustedDomainInfo", 41 "lsa_DeleteTrustedDomain",
        42 "lsa_StorePrivateData", 43 "lsa_RetrievePrivateData", 44 "lsa_OpenPolicy2", 45 "lsa_GetUserName",
        46 "lsa_QueryInfoPolicy2", 47 "lsa_SetInfoPolicy2", 48 "lsa_QueryTrustedDomainInfoByName",
        49 "lsa_SetTrustedDomainInfoByName", 50 "lsa_EnumTrustedDomainsEx", 51 "lsa_CreateTrustedDomainEx",
        52 "lsa_CloseTrustedDomainEx", 53 "lsa_QueryDomainInformationPolicy", 54 "lsa_SetDomainInformationPolicy",
        55 "lsa_OpenTrustedDomainByName", 56 "lsa_TestCall", 57 "lsa_LookupSids2", 58 "lsa_LookupNames2",
        59 "lsa_CreateTrustedDomainEx2", 60 "lsa_CREDRWRITE", 61 "lsa_CREDRREAD", 62 "lsa_CREDRENUMERATE",
        63 "lsa_CREDRWRITEDOMAINCREDENTIALS", 64 "lsa_CREDRREADDOMAINCREDENTIALS", 65 "lsa_CREDRDELETE",
        66 "lsa_CREDRGETTARGETINFO", 67 "lsa_CREDRPROFILELOADED", 68 "lsa_LookupNames3",
        69 "lsa_CREDRGETSESSIONTYPES", 70 "lsa_LSARREGISTERAUDITEVENT", 71 "lsa_LSARGENAUDITEVENT",
        72 "lsa_LSARUNREGISTERAUDITEVENT", 73 "lsa_lsaRQueryForestTrustInformation",
        74 "lsa_LSARSETFORESTTRUSTINFORMATION", 75 "lsa_CREDRRENAME", 76 "lsa_LookupSids3", 77 "lsa_LookupNames4",
        78 "lsa_LSAROPENPOLICYSCE", 79 "lsa_LSARADTREGISTERSECURITYEVENTSOURCE",
        80 "lsa_LSARADTUNREGISTERSECURITYEVENTSOURCE", 81 "lsa_LSARADTREPORTSECURITYEVENT",
    }
}

interface! {
    Svcctl = svcctl "SVCCTL", "MSRPC Service Control", 0x367abb81_9844_35f1_ad32_98f038001003
    {
        hnd: bytes                              "Context Handle",
        machinename: computed str               "MachineName",
        database: computed str                  "Database",
        access_mask: u32 le hex                 "Access Mask" {
            .scm_rights_connect: 0x01                "Connect",
            .scm_rights_create_service: 0x02         "Create Service",
            .scm_rights_enumerate_service: 0x04      "Enumerate Service",
            .scm_rights_lock: 0x08                   "Lock",
            .scm_rights_query_lock_status: 0x10      "Query Lock Status",
            .scm_rights_modify_boot_config: 0x20     "Modify Boot Config",
        },
        // Of a service: other rights in the same bits.
        access_mask as SERVICE_ACCESS: u32 le hex           "Access Mask",
        servicename: computed str               "Service Name",
        rc as RESULT: u32 le hex                "Return code" = WERROR,
    }
    [
        (0, Request, &[Context(Closes, HND)]),
        (0, Response, &[Context(Passes, HND)]),
        (1, Request, &[Context(Passes, HND)]),
        (2, Request, &[Context(Passes, HND)]),
        (6, Request, &[Context(Passes, HND)]),
        (12, Response, &[LastContext(Opens, HND)]),
        (15, Request, &[Pointer(MACHINENAME), Pointer(DATABASE), Word(ACCESS_MASK)]),
        (15, Response, &[Context(Opens, HND)]),
        (16, Request, &[Context(Passes, HND), Text(SERVICENAME), Word(SERVICE_ACCESS)]),
        (16, Response, &[Context(Opens, HND)]),
        (19, Request, &[Context(Passes, HND)]),
    ]
    {
        0 "CloseServiceHandle", 1 "ControlService", 2 "DeleteService", 3 "LockServiceDatabase",
        4 "QueryServiceObjectSecurity", 5 "SetServiceObjectSecurity", 6 "QueryServiceStatus", 7 "SetServiceStatus",
        8 "UnlockServiceDatabase", 9 "NotifyBootConfigStatus", 10 "ScSetServiceBitsW", 11 "ChangeServiceConfigW",
        12 "CreateServiceW", 13 "EnumDependentServicesW", 14 "EnumServicesStatusW", 15 "OpenSCManagerW",
        16 "OpenServiceW", 17 "QueryServiceConfigW", 18 "QueryServiceLockStatusW", 19 "StartServiceW",
        20 "GetServiceDisplayNameW", 21 "GetServiceKeyNameW", 22 "ScSetServiceBitsA", 23 "ChangeServiceConfigA",
        24 "CreateServiceA", 25 "EnumDependentServicesA", 26 "EnumServicesStatusA", 27 "OpenSCManagerA",
        28 "OpenServiceA", 29 "QueryServiceConfigA", 30 "QueryServiceLockStatusA", 31 "StartServiceA",
        32 "GetServiceDisplayNameA", 33 "GetServiceKeyNameA", 34 "ScGetCurrentGroupStateW", 35 "EnumServiceGroupW",
        36 "ChangeServiceConfig2A", 37 "ChangeServiceConfig2W", 38 "QueryServiceConfig2A",
        39 "QueryServiceConfig2W", 40 "QueryServiceStatusEx", 41 "EnumServicesStatusExA",
        42 "EnumServicesStatusExW", 43 "ScSendTSMessage",
    }
}

/// Of which level a union of pointers is.
fn level(pdu: &mut Pdu<'_>, ndr: Ndr) -> Result<u32, Stop> {
    align(pdu, ndr.width())?;
    word(pdu)
}

/// The fields of a share.
struct Share {
    count: Handle<u32>,
    kind: Handle<u32>,
    name: Handle<ComputedBytes>,
    comment: Handle<ComputedBytes>,
}

impl Share {
    /// SHARE_INFO_1_CONTAINER (MS-SRVS, section 2.2.4.33).
    fn container(&self, pdu: &mut Pdu<'_>, ndr: Ndr) -> Result<bool, Stop> {
        let is_known = level(pdu, ndr)? == 1;
        if is_known && ndr.pointer(pdu)? {
            pdu.take(self.count)?;
            if ndr.pointer(pdu)? {
                let count = ndr.size(pdu)?;
                self.infos(pdu, ndr, count)?;
            }
        }
        Ok(is_known)
    }

    /// So many SHARE_INFO_1 (MS-SRVS, section 2.2.4.23): the pointers of all of them, then what they point to.
    fn infos(&self, pdu: &mut Pdu<'_>, ndr: Ndr, count: usize) -> Step {
        let (width, pointers) = (ndr.width(), pdu.rest());
        for _ in 0..count {
            ndr.size(pdu)?;
            pdu.take(self.kind)?;
            ndr.size(pdu)?;
        }
        for share in pointers.chunks_exact(3 * width).take(count) {
            for (at, field) in [(0, self.name), (2 * width, self.comment)] {
                if share.get(at..at + width).is_some_and(|pointer| pointer.iter().any(|&b| b != 0)) {
                    ndr.text(pdu, field)?;
                }
            }
        }
        Ok(())
    }
}

interface! {
    Srvsvc = srvsvc "SRVSVC", "Server Service", 0x4b324fc8_1670_01d3_1278_5a47bf6ee188
    {
        srvsvc_NetShareEnumAll.server_unc as SERVER_UNC: computed str   "Server Unc",
        srvsvc_NetShareEnumAll.level as LEVEL: u32 le                   "Level",
        srvsvc_NetShareCtr1.count as COUNT: u32 le                      "Count",
        srvsvc_NetShareInfo1.name as SHARE_NAME: computed str           "Name",
        srvsvc_NetShareInfo1.type as SHARE_TYPE: u32 le                 "Type" = {
            0 "STYPE_DISKTREE", 1 "STYPE_PRINTQ", 2 "STYPE_DEVICE", 3 "STYPE_IPC", 0x80000000 "STYPE_DISKTREE_HIDDEN",
            0x80000001 "STYPE_PRINTQ_HIDDEN", 0x80000002 "STYPE_DEVICE_HIDDEN", 0x80000003 "STYPE_IPC_HIDDEN",
        },
        srvsvc_NetShareInfo1.comment as SHARE_COMMENT: computed str     "Comment",
        srvsvc_NetShareEnumAll.max_buffer as MAX_BUFFER: u32 le         "Max Buffer",
        srvsvc_NetShareEnumAll.totalentries as TOTAL: u32 le            "Totalentries",
        srvsvc_NetShareEnumAll.resume_handle as RESUME: u32 le          "Resume Handle",
        srvsvc_NetSrvInfo101.platform_id as PLATFORM_ID: u32 le         "Platform Id" = {
            300 "PLATFORM_ID_DOS", 400 "PLATFORM_ID_OS2", 500 "PLATFORM_ID_NT", 600 "PLATFORM_ID_OSF",
            700 "PLATFORM_ID_VMS",
        },
        srvsvc_NetSrvInfo101.server_name as SERVER_NAME: computed str   "Server Name",
        srvsvc_NetSrvInfo101.version_major as VERSION_MAJOR: u32 le     "Version Major",
        srvsvc_NetSrvInfo101.version_minor as VERSION_MINOR: u32 le     "Version Minor",
        .browser.server_type: u32 le hex        "Server Type" {
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
        srvsvc_NetSrvInfo101.comment as SERVER_COMMENT: computed str    "Comment",
        werror as RESULT: u32 le hex                                    "Return code" = WERROR,
    }
    [
        (15, Request, &[
            Pointer(SERVER_UNC),
            // The structure that it begins has pointers in it.
            Other(|pdu, ndr| align(pdu, ndr.width()).map(|()| true)),
            Word(LEVEL),
            Other(|pdu, ndr| SHARE.container(pdu, ndr)),
            Word(MAX_BUFFER),
            WordPointer(RESUME),
        ]),
        (15, Response, &[
            Word(LEVEL),
            Other(|pdu, ndr| SHARE.container(pdu, ndr)),
            Word(TOTAL),
            WordPointer(RESUME),
        ]),
        (16, Response, &[Other(|pdu, ndr| {
            if level(pdu, ndr)? == 1 && ndr.pointer(pdu)? {
                SHARE.infos(pdu, ndr, 1)?;
            }
            Ok(true)
        })]),
        (21, Response, &[
            Other(|pdu, ndr| Ok(level(pdu, ndr)? == 101 && ndr.pointer(pdu)?)),
            Word(PLATFORM_ID),
            Other(|pdu, ndr| ndr.pointer(pdu)),
            Word(VERSION_MAJOR),
            Word(VERSION_MINOR),
            Word(BROWSER_SERVER_TYPE),
            Other(|pdu, ndr| ndr.pointer(pdu)),
            Text(SERVER_NAME),
            Text(SERVER_COMMENT),
        ]),
    ]
    {
        0 "NetCharDevEnum", 1 "NetCharDevGetInfo", 2 "NetCharDevControl", 3 "NetCharDevQEnum",
        4 "NetCharDevQGetInfo", 5 "NetCharDevQSetInfo", 6 "NetCharDevQPurge", 7 "NetCharDevQPurgeSelf",
        8 "NetConnEnum", 9 "NetFileEnum", 10 "NetFileGetInfo", 11 "NetFileClose", 12 "NetSessEnum", 13 "NetSessDel",
        14 "NetShareAdd", 15 "NetShareEnumAll", 16 "NetShareGetInfo", 17 "NetShareSetInfo", 18 "NetShareDel",
        19 "NetShareDelSticky", 20 "NetShareCheck", 21 "NetSrvGetInfo", 22 "NetSrvSetInfo", 23 "NetDiskEnum",
        24 "NetServerStatisticsGet", 25 "NetTransportAdd", 26 "NetTransportEnum", 27 "NetTransportDel",
        28 "NetRemoteTOD", 29 "NetSetServiceBits", 30 "NetPathType", 31 "NetPathCanonicalize", 32 "NetPathCompare",
        33 "NetNameValidate", 34 "NETRPRNAMECANONICALIZE", 35 "NetPRNameCompare", 36 "NetShareEnum",
        37 "NetShareDelStart", 38 "NetShareDelCommit", 39 "NetGetFileSecurity", 40 "NetSetFileSecurity",
        41 "NetServerTransportAddEx", 42 "NetServerSetServiceBitsEx", 43 "NETRDFSGETVERSION",
        44 "NETRDFSCREATELOCALPARTITION", 45 "NETRDFSDELETELOCALPARTITION", 46 "NETRDFSSETLOCALVOLUMESTATE",
        47 "NETRDFSSETSERVERINFO", 48 "NETRDFSCREATEEXITPOINT", 49 "NETRDFSDELETEEXITPOINT",
        50 "NETRDFSMODIFYPREFIX", 51 "NETRDFSFIXLOCALVOLUME", 52 "NETRDFSMANAGERREPORTSITEINFO",
        53 "NETRSERVERTRANSPORTDELEX",
    }

    const SHARE: Share = Share { count: COUNT, kind: SHARE_TYPE, name: SHARE_NAME, comment: SHARE_COMMENT };
}

interface! {
    Atsvc = atsvc "ATSVC", "Microsoft AT-Scheduler Service", 0x1ff70682_0a51_30e8_076d_740be8cee98b
    { status as RESULT: u32 le hex "Return code" = NT_STATUS, }
    []
    {
        0 "JobAdd", 1 "JobDel", 2 "JobEnum", 3 "JobGetInfo",
    }
}

interface! {
    Netlogon = netlogon "RPC_NETLOGON", "Microsoft Network Logon", 0x12345678_1234_abcd_ef00_01234567cffb
    {
        server as SERVER: computed str                  "Server",
        acct_name: computed str                         "Acct Name",
        sec_chan_type: u16 le                           "Sec Chan Type" = {
            2 "Workstation", 3 "Trusted DNS domain", 4 "Trusted domain", 6 "Backup domain controller", 7 "RODC",
        },
        computer_name: computed str                     "Computer Name",
        clientchallenge: bytes                          "Client Challenge",
        serverchallenge: bytes                          "Server Challenge",
        clientcred: bytes                               "Client Credential",
        servercred: bytes                               "Server Credential",
        .netlogon.neg_flags as NEG_FLAGS: u32 le hex    "Negotiation options" {
            .ntlmssp.neg_flags.na1: 0x1                 "Account lockout",
            .ntlmssp.neg_flags.na2: 0x2                 "NT3.5 BDC continuous update",
            .ntlmssp.neg_flags.na4: 0x4                 "RC4 encryption",
            .ntlmssp.neg_flags.na8: 0x8                 "Promotion count(deprecated)",
            .ntlmssp.neg_flags.na10: 0x10               "BDC handling Changelogs",
            .ntlmssp.neg_flags.na20: 0x20               "Restarting full DC sync",
            .ntlmssp.neg_flags.na40: 0x40               "Handle multiple SIDs",
            .ntlmssp.neg_flags.na80: 0x80               "DatabaseRedo call",
            .ntlmssp.neg_flags.na100: 0x100             "Refusal of password change",
            .ntlmssp.neg_flags.na200: 0x200             "SendToSam",
            .ntlmssp.neg_flags.na400: 0x400             "Generic pass-through",
            .ntlmssp.neg_flags.na800: 0x800             "Concurrent RPC",
            .ntlmssp.neg_flags.na1000: 0x1000           "Avoid replication account database",
            .ntlmssp.neg_flags.na2000: 0x2000           "Avoid replication Auth database",
            .ntlmssp.neg_flags.na4000: 0x4000           "Strong key",
            .ntlmssp.neg_flags.na8000: 0x8000           "Transitive trusts",
            .ntlmssp.neg_flags.na10000: 0x10000         "DNS trusts supported",
            .ntlmssp.neg_flags.na20000: 0x20000         "ServerPasswordSet2 supported",
            .ntlmssp.neg_flags.na40000: 0x40000         "GetDomainInfo supported",
            .ntlmssp.neg_flags.na80000: 0x80000         "Cross forest trust",
            .ntlmssp.neg_flags.na200000: 0x200000       "RODC pass-through",
            // Two of the names are those of two bits each.
            .ntlmssp.neg_flags.na100000: 0x1000000      "AES supported",
            .ntlmssp.neg_flags.na100000 as NEG_00100000: 0x100000 "Negotiate 0x00100000",
            .ntlmssp.neg_flags.na8000000: 0x40000000    "Authenticated RPC supported",
            .ntlmssp.neg_flags.na8000000 as NEG_RPC_LSASS: 0x20000000 "Authenticated RPC via lsass supported",
        },
        rc as RESULT: u32 le hex                        "Return code" = NT_STATUS,
    }
    [
        // MS-NRPC, sections 3.5.4.4.1 and 3.5.4.4.2
        (4, Request, &[Pointer(SERVER), Text(COMPUTER_NAME), Bytes(CLIENTCHALLENGE, 8)]),
        (4, Response, &[Bytes(SERVERCHALLENGE, 8)]),
        (15, Request, &[
            Pointer(SERVER),
            Text(ACCT_NAME),
            Enum(SEC_CHAN_TYPE),
            Text(COMPUTER_NAME),
            Bytes(CLIENTCRED, 8),
            Word(NEG_FLAGS),
        ]),
        (15, Response, &[Bytes(SERVERCRED, 8), Word(NEG_FLAGS)]),
        (26, Request, &[
            Pointer(SERVER),
            Text(ACCT_NAME),
            Enum(SEC_CHAN_TYPE),
            Text(COMPUTER_NAME),
            Bytes(CLIENTCRED, 8),
            Word(NEG_FLAGS),
        ]),
        (26, Response, &[Bytes(SERVERCRED, 8), Word(NEG_FLAGS)]),
    ]
    {
        0 "NetrLogonUasLogon", 1 "NetrLogonUasLogoff", 2 "NetrLogonSamLogon", 3 "NetrLogonSamLogoff",
        4 "NetrServerReqChallenge", 5 "NetrServerAuthenticate", 6 "NetrServerPasswordSet", 7 "NetrDatabaseDeltas",
        8 "NetrDatabaseSync", 9 "NetrAccountDeltas", 10 "NetrAccountSync", 11 "NetrGetDCName",
        12 "NetrLogonControl", 13 "NetrGetAnyDCName", 14 "NetrLogonControl2", 15 "NetrServerAuthenticate2",
        16 "NetrDatabaseSync2", 17 "NetrDatabaseRedo", 18 "NetrLogonControl2Ex", 19 "NetrEnumerateTrustedDomains",
        20 "DsrGetDcName", 21 "NetrLogonDummyRoutine1", 22 "NetrLogonSetServiceBits", 23 "NetrLogonGetTrustRid",
        24 "NetrLogonComputeServerDigest", 25 "NetrLogonComputeClientDigest", 26 "NetrServerAuthenticate3",
        27 "DsrGetDcNameEx", 28 "DsrGetSiteName", 29 "NetrLogonGetDomainInfo", 30 "NetrServerPasswordSet2",
        31 "NetrServerPasswordGet", 32 "NetrLogonSendToSam", 33 "DsrAddressToSiteNamesW", 34 "DsrGetDcNameEx2",
        35 "NetrLogonGetTimeServiceParentDomain", 36 "NetrEnumerateTrustedDomainsEx", 37 "DsrAddressToSiteNamesExW",
        38 "DsrGetDcSiteCoverageW", 39 "NetrLogonSamLogonEx", 40 "DsrEnumerateDomainTrusts",
        41 "DsrDeregisterDnsHostRecords", 42 "NetrServerTrustPasswordsGet", 43 "DsrGetForestTrustInformation",
        44 "NetrGetForestTrustInformation", 45 "NetrLogonSamLogonWithFlags", 46 "NetrServerGetTrustInfo",
    }
}

interface! {
    Drsuapi = drsuapi "DRSUAPI", "Active Directory Replication", 0xe3514235_4b06_11d1_ab04_00c04fc2dcd2
    { rc as RESULT: u32 le hex "Return code" = WERROR, }
    []
    {
        0 "DsBind", 1 "DsUnbind", 2 "DsReplicaSync", 3 "DsGetNCChanges", 4 "DsReplicaUpdateRefs",
        5 "DRSUAPI_REPLICA_ADD", 6 "DRSUAPI_REPLICA_DEL", 7 "DRSUAPI_REPLICA_MODIFY", 8 "DRSUAPI_VERIFY_NAMES",
        9 "DRSUAPI_GET_MEMBERSHIPS", 10 "DRSUAPI_INTER_DOMAIN_MOVE", 11 "DRSUAPI_GET_NT4_CHANGELOG",
        12 "DsCrackNames", 13 "DsWriteAccountSpn", 14 "DRSUAPI_REMOVE_DS_SERVER", 15 "DRSUAPI_REMOVE_DS_DOMAIN",
        16 "DsGetDomainControllerInfo", 17 "DsAddEntry", 18 "DRSUAPI_EXECUTE_KCC", 19 "DsReplicaGetInfo",
        20 "DRSUAPI_ADD_SID_HISTORY", 21 "DRSUAPI_GET_MEMBERSHIPS2", 22 "DRSUAPI_REPLICA_VERIFY_OBJECTS",
        23 "DRSUAPI_GET_OBJECT_EXISTENCE", 24 "DRSUAPI_QUERY_SITES_BY_COST",
    }
}

interface! {
    Epm = epm "EPM", "DCE/RPC Endpoint Mapper", 0xe1af8308_5d1f_11c9_91a4_08002b14a0fa
    { rc as RESULT: u32 le hex "Return code" = WERROR, }
    []
    {
        0 "Insert", 1 "Delete", 2 "Lookup", 3 "Map", 4 "LookupHandleFree", 5 "InqObject", 6 "MgmtDelete",
    }
}

#[test]
fn an_operation() {
    check::<Samr>(
        "00000000 00000000",
        expect![[r#"
            SAMR (pidl), Connect request
              [Operation: Connect (0)]
        "#]],
    );
}

#[test]
fn nothing() {
    check::<Epm>(
        "",
        expect![[r#"
            DCE/RPC Endpoint Mapper, Insert request
              [Operation: Insert (0)]
        "#]],
    );
}

/// Dissects a stub without authentication.
#[cfg(test)]
fn check_stub<D: Dissector>(
    opnum: u16,
    response: bool,
    ndr64: bool,
    hex: &str,
    expect: prosector_sdk::testkit::Expect,
) {
    let stub = Stub { opnum, response, big_endian: false, ndr64, encrypted: false };
    prosector_sdk::testkit::check_in_context::<D>(stub.to_context(), hex, expect);
}

#[test]
fn a_handle() {
    let handle = "00000000 0102030405060708090a0b0c0d0e0f10";
    check_stub::<Svcctl>(
        15,
        true,
        false,
        &format!("{handle} 00000000"),
        expect![[r#"
            MSRPC Service Control, OpenSCManagerW response
              [Operation: OpenSCManagerW (15)]
              Context Handle: 000000000102030405060708090a0b0c0d0e0f10
              Frame handle opened: 0
              Return code: WERR_OK (0x00000000)
        "#]],
    );
    check_stub::<Samr>(
        1,
        false,
        false,
        handle,
        expect![[r#"
            SAMR (pidl), Close request
              [Operation: Close (1)]
              Handle: 000000000102030405060708090a0b0c0d0e0f10
              Frame handle closed: 0
        "#]],
    );
    check_stub::<Samr>(
        64,
        true,
        false,
        &format!("01000000 01000000 03000000 00000000 {handle} 00000000"),
        expect![[r#"
            SAMR (pidl), Connect5 response
              [Operation: Connect5 (64)]
              Connect Handle: 000000000102030405060708090a0b0c0d0e0f10
              Frame handle opened: 0
              Return code: STATUS_SUCCESS (0x00000000)
        "#]],
    );
    check_stub::<Samr>(
        1,
        false,
        false,
        "00000000 0102",
        expect![[r#"
            SAMR (pidl), Close request
              [Operation: Close (1)]
              [error] short: samr.handle needs 20 bytes at offset 0, 6 are there
        "#]],
    );
}

#[test]
fn texts() {
    check_stub::<Svcctl>(
        15,
        false,
        false,
        "00000200 03000000 00000000 03000000 610062000000 0000  00000000 3f000f00",
        expect![[r#"
            MSRPC Service Control, OpenSCManagerW request
              [Operation: OpenSCManagerW (15)]
              MachineName: ab
              Access Mask: 0x000f003f
                .... .... .... .... .... .... .... ...1 = Connect: True
                .... .... .... .... .... .... .... ..1. = Create Service: True
                .... .... .... .... .... .... .... .1.. = Enumerate Service: True
                .... .... .... .... .... .... .... 1... = Lock: True
                .... .... .... .... .... .... ...1 .... = Query Lock Status: True
                .... .... .... .... .... .... ..1. .... = Modify Boot Config: True
        "#]],
    );
    check_stub::<Netlogon>(
        4,
        false,
        true,
        "0000000000000000 0200000000000000 0000000000000000 0200000000000000 61000000 0102030405060708",
        expect![[r#"
            Microsoft Network Logon, NetrServerReqChallenge request
              [Operation: NetrServerReqChallenge (4)]
              Computer Name: a
              Client Challenge: 0102030405060708
        "#]],
    );
    check_stub::<Svcctl>(
        15,
        false,
        false,
        "00000200 ffffffff 00000000 ffffffff 6100",
        expect![[r#"
            MSRPC Service Control, OpenSCManagerW request
              [Operation: OpenSCManagerW (15)]
              [error] short: bytes needs 4294967294 bytes at offset 16, 2 are there
        "#]],
    );
}

#[test]
fn shares() {
    let text = |c: char| format!("02000000 00000000 02000000 {:02x}000000", c as u32);
    let head = "01000000 01000000 04000200 01000000 08000200 01000000 0c000200 03000080 10000200";
    let tail = "01000000 00000000 00000000";
    check_stub::<Srvsvc>(
        15,
        true,
        false,
        &format!("{head} {} {} {tail}", text('a'), text('b')),
        expect![[r#"
            Server Service, NetShareEnumAll response
              [Operation: NetShareEnumAll (15)]
              Level: 1
              Count: 1
              Type: STYPE_IPC_HIDDEN (2147483651)
              Name: a
              Comment: b
              Totalentries: 1
              Return code: WERR_OK (0x00000000)
        "#]],
    );
    check_stub::<Srvsvc>(
        15,
        true,
        false,
        "01000000 01000000 04000200 ffffffff 08000200 ffffffff",
        expect![[r#"
            Server Service, NetShareEnumAll response
              [Operation: NetShareEnumAll (15)]
              Level: 1
              Count: 4294967295
              [error] short: bytes needs 4 bytes at offset 24, 0 are there
        "#]],
    );
}

#[test]
fn no_name_and_no_key() {
    check_stub::<Svcctl>(
        999,
        false,
        false,
        "01020304",
        expect![[r#"
            MSRPC Service Control, unknown request
              [Operation: 999]
              Stub data: 01020304
        "#]],
    );
    let stub = Stub { opnum: 0, response: true, big_endian: false, ndr64: false, encrypted: true };
    prosector_sdk::testkit::check_in_context::<Svcctl>(
        stub.to_context(),
        "01020304",
        expect![[r#"
            MSRPC Service Control, CloseServiceHandle response
              [Operation: CloseServiceHandle (0)]
        "#]],
    );
}
