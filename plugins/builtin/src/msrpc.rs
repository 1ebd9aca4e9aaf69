//! Interfaces of Windows over DCE/RPC of which the operation's name and the result are shown: SAMR (MS-SAMR), LSARPC (MS-LSAD),
//! SVCCTL (MS-SCMR), SRVSVC (MS-SRVS), ATSVC (MS-TSCH), NETLOGON (MS-NRPC), DRSUAPI (MS-DRSR), and the endpoint mapper
//! (C706, appendix O).

use crate::dcerpc::{Stub, interface_key};
use crate::windows::NT_STATUS;
use prosector_sdk::handle::{Handle, Variable};
use prosector_sdk::prelude::*;

value_names! {
    /// Results of functions of Windows (MS-ERREF, section 2.2).
    WERROR { 0 "WERR_OK", 5 "WERR_ACCESS_DENIED", 6 "WERR_INVALID_HANDLE", 87 "WERR_INVALID_PARAMETER" }
}

/// An interface: its names, its UUID, fields of its own, where a handle is the first thing of a request or the last of a
/// response, and what its operations are called.
macro_rules! interface {
    (
        $dissector:ident = $name:ident $short:tt, $title:tt, $uuid:literal
        { $($field:tt)* }
        $handles:tt
        $operations:tt
    ) => {
        /// The dissector.
        #[derive(Default)]
        pub struct $dissector;

        const _: () = {
            protocol! {
                $dissector = $name $short, $title {
                    opnum: computed u16             "Operation" = $operations,
                    $($field)*
                }
                claims { dcerpc.interface = interface_key($uuid) }
            }

            impl Dissector for $dissector {
                fn dissect(&mut self, pdu: &mut Pdu<'_>) -> Step {
                    let stub = Stub::from_context(pdu.context());
                    pdu.computed(OPNUM, 0..0, stub.opnum);
                    let what = if stub.response { "response" } else { "request" };
                    pdu.info(format_args!("{} {what}", $dissector::name(OPNUM, stub.opnum)));
                    let handles: &[(u16, bool, Handle<Variable>)] = &$handles;
                    let handle = handles.iter().find(|h| (h.0, h.1) == (stub.opnum, stub.response)).map(|h| h.2);
                    let result = $dissector::PROTOCOL.fields.iter().position(|f| f.title == RESULT_TITLE);
                    body(pdu, stub, handle, result)
                }
            }

            builtin!($dissector);
        };
    };
}

/// What the result of a function is called.
const RESULT_TITLE: &str = "Return code";

/// Handles have 20 bytes (C706, section 14.2.14.6). The result of a function is a word behind everything else.
fn body(pdu: &mut Pdu<'_>, stub: Stub, handle: Option<Handle<Variable>>, result: Option<usize>) -> Step {
    const HANDLE: usize = 20;
    const RESULT: usize = 4;
    let end = if stub.response { (pdu.remaining() / 4 * 4).saturating_sub(RESULT) } else { HANDLE };
    if let Some(field) = handle
        && let Some(start) = end.checked_sub(HANDLE)
    {
        pdu.skip(start)?;
        pdu.take_bytes(field, HANDLE)?;
    }
    if let Some(id) = result
        && stub.response
        && !stub.big_endian
        && pdu.remaining() >= RESULT
    {
        pdu.skip(end.saturating_sub(pdu.position()))?;
        let result: Handle<u32> = Handle {
            id: id as u16,
            width: 4,
            little_endian: true,
            mask: 0,
            scale: 1,
            parts: 0,
            value: std::marker::PhantomData,
        };
        pdu.take(result)?;
    }
    pdu.skip(pdu.remaining())
}

interface! {
    Samr = samr "SAMR", "SAMR (pidl)", 0x12345778_1234_abcd_ef00_0123456789ac
    { handle: bytes "Handle", domain_handle: bytes "Domain Handle", connect_handle: bytes "Connect Handle", status as RESULT: u32 le hex "Return code" = NT_STATUS, }
    [(1, false, HANDLE), (1, true, HANDLE), (3, false, HANDLE), (5, false, CONNECT_HANDLE), (7, false, CONNECT_HANDLE),
        (64, true, CONNECT_HANDLE), (7, true, DOMAIN_HANDLE), (8, false, DOMAIN_HANDLE), (13, false, DOMAIN_HANDLE),
        (16, false, DOMAIN_HANDLE), (17, false, DOMAIN_HANDLE), (18, false, DOMAIN_HANDLE), (34, false, DOMAIN_HANDLE)]
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
    { status as RESULT: u32 le hex "Return code" = NT_STATUS, }
    []
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
    { hnd: bytes "Context Handle", }
    [(0, false, HND), (0, true, HND), (15, true, HND), (16, false, HND), (16, true, HND)]
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

interface! {
    Srvsvc = srvsvc "SRVSVC", "Server Service", 0x4b324fc8_1670_01d3_1278_5a47bf6ee188
    { werror as RESULT: u32 le hex "Return code" = WERROR, }
    []
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
    { rc as RESULT: u32 le hex "Return code" = NT_STATUS, }
    []
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
          Operation: Connect (0)
    "#]],
    );
}

#[test]
fn nothing() {
    check::<Epm>(
        "",
        expect![[r#"
        DCE/RPC Endpoint Mapper, Insert request
          Operation: Insert (0)
    "#]],
    );
}
