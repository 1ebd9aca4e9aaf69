//! The fields that certificates and OCSP responses have, under whatever protocol they come.

/// Declares a protocol whose first fields are those of certificates and of OCSP, so that their handles are the same for
/// every protocol declared so. The names are those of the modules that define them (X.509, X.520, RFC 5280, RFC 6960).
macro_rules! certificate_protocol {
    ({ $($head:tt)* } { $($own:tt)* } $($rest:tt)*) => {
        prosector_sdk::protocol! {
            $($head)* {
                .x509af.version as VERSION_OF_CERTIFICATE: computed u8 "version" = { 0 "v1", 1 "v2", 2 "v3" },
                .x509af.serialNumber as SERIAL: bytes   "serialNumber",
                .x509af.algorithm.id as ALGORITHM: computed str "Algorithm Id",
                .x509af.utcTime as UTC_TIME: computed str "utcTime",
                .x509af.generalizedTime as GENERALIZED_TIME: computed time_ns "generalizedTime",
                .x509af.subjectPublicKey as PUBLIC_KEY: bytes "subjectPublicKey",
                .x509af.extensions as EXTENSIONS_COUNT: computed u32 "extensions",
                .x509af.extension.id as EXTENSION_ID: computed str "Extension Id",
                .x509af.critical as CRITICAL: bool      "critical",
                .x509af.encrypted as CERTIFICATE_SIGNATURE: bytes "encrypted",

                .x509if.rdnSequence as NAME: computed u32 "rdnSequence" unit "items",
                .x509if.id as ATTRIBUTE: computed str   "Object Id",
                .x509sat.CountryName as COUNTRY: str    "CountryName",
                .x509sat.DirectoryString as DIRECTORY_STRING: computed u32 "DirectoryString" = {
                    0 "teletexString", 1 "printableString", 2 "universalString", 3 "bmpString", 4 "uTF8String",
                },
                .x509sat.teletexString as TELETEX_STRING: str "teletexString",
                .x509sat.printableString as PRINTABLE_STRING: str "printableString",
                .x509sat.universalString as UNIVERSAL_STRING: bytes "universalString",
                .x509sat.bmpString as BMP_STRING: computed str "bmpString",
                .x509sat.uTF8String as UTF8_STRING: str "uTF8String",
                .x509sat.IA5String as IA5_STRING: str   "IA5String",

                .x509ce.SubjectKeyIdentifier as SUBJECT_KEY: bytes "SubjectKeyIdentifier",
                .x509ce.KeyUsage as KEY_USAGE: bytes    "KeyUsage",
                .x509ce.GeneralNames as GENERAL_NAMES: computed u32 "GeneralNames" unit "items",
                .x509ce.GeneralName as GENERAL_NAME: computed u32 "GeneralName" = {
                    0 "otherName", 1 "rfc822Name", 2 "dNSName", 3 "x400Address", 4 "directoryName", 5 "ediPartyName",
                    6 "uniformResourceIdentifier", 7 "iPAddress", 8 "registeredID",
                },
                .x509ce.rfc822Name as RFC822_NAME: str  "rfc822Name",
                .x509ce.dNSName as DNS_NAME: str        "dNSName",
                .x509ce.uniformResourceIdentifier as URI: str "uniformResourceIdentifier",
                .x509ce.iPAddress as IP_ADDRESS: bytes  "iPAddress",
                .x509ce.IPAddress.ipv4 as IP_ADDRESS_4: ipv4 "iPAddress",
                .x509ce.IPAddress.ipv6 as IP_ADDRESS_6: ipv6 "iPAddress",
                .x509ce.registeredID as REGISTERED_ID: computed str "registeredID",
                .x509ce.cA as IS_AUTHORITY: bool        "cA",
                .x509ce.pathLenConstraint as PATH_LEN: computed u64 "pathLenConstraint",
                .x509ce.CRLDistPointsSyntax as DISTRIBUTION_POINTS: computed u32 "CRLDistPointsSyntax" unit "items",
                .x509ce.CertificatePoliciesSyntax as POLICIES: computed u32 "CertificatePoliciesSyntax" unit "items",
                .x509ce.policyIdentifier as POLICY: computed str "policyIdentifier",
                .x509ce.policyQualifiers as QUALIFIERS: computed u32 "policyQualifiers" unit "items",
                .x509ce.keyIdentifier as AUTHORITY_KEY: bytes "keyIdentifier",
                .x509ce.KeyPurposeIDs as PURPOSES: computed u32 "KeyPurposeIDs" unit "items",
                .x509ce.KeyPurposeId as PURPOSE: computed str "KeyPurposeId",

                .pkix1explicit.DirectoryString as STATEMENT: str "DirectoryString",
                .pkix1implicit.AuthorityInfoAccessSyntax as ACCESS: computed u32 "AuthorityInfoAccessSyntax" unit "items",
                .pkix1implicit.accessMethod as ACCESS_METHOD: computed str "accessMethod",
                .pkix1implicit.accessLocation as ACCESS_LOCATION: computed u32 "accessLocation",
                .pkix1implicit.organization as ORGANIZATION: computed u32 "organization" = crate::x509::TEXTS,
                .pkix1implicit.noticeNumbers as NOTICE_NUMBERS: computed u32 "noticeNumbers" unit "items",
                .pkix1implicit.noticeNumbers_item as NOTICE_NUMBER: computed i32 "noticeNumbers item",
                .pkix1implicit.explicitText as EXPLICIT_TEXT: computed u32 "explicitText" = crate::x509::TEXTS,
                .pkix1implicit.ia5String as NOTICE_IA5: str "ia5String",
                .pkix1implicit.visibleString as NOTICE_VISIBLE: str "visibleString",
                .pkix1implicit.bmpString as NOTICE_BMP: bytes "bmpString",
                .pkix1implicit.utf8String as NOTICE_UTF8: str "utf8String",

                .ns_cert_exts.CertType as NETSCAPE_TYPE: bytes "CertType",
                .ns_cert_exts.BaseUrl as NETSCAPE_BASE: str "BaseUrl",
                .ns_cert_exts.RevocationUrl as NETSCAPE_REVOCATION: str "RevocationUrl",
                .ns_cert_exts.CaRevocationUrl as NETSCAPE_CA_REVOCATION: str "CaRevocationUrl",
                .ns_cert_exts.CaPolicyUrl as NETSCAPE_POLICY: str "CaPolicyUrl",
                .ns_cert_exts.SslServerName as NETSCAPE_SERVER: str "SslServerName",
                .ns_cert_exts.Comment as NETSCAPE_COMMENT: str "Comment",

                .ocsp.requestList as REQUESTS: computed u32 "requestList" unit "items",
                .ocsp.requestExtensions as REQUEST_EXTENSIONS: computed u32 "requestExtensions" unit "items",
                .ocsp.responseStatus as RESPONSE_STATUS: computed u32 "responseStatus" = {
                    0 "successful", 1 "malformedRequest", 2 "internalError", 3 "tryLater", 5 "sigRequired",
                    6 "unauthorized",
                },
                .ocsp.responseType.id as RESPONSE_TYPE: computed str "ResponseType Id",
                .ocsp.responderID as RESPONDER: computed u32 "responderID" = { 1 "byName", 2 "byKey" },
                .ocsp.byName as BY_NAME: computed u32   "byName" = { 0 "rdnSequence" },
                .ocsp.byKey as BY_KEY: bytes            "byKey",
                .ocsp.producedAt as PRODUCED_AT: computed time_ns "producedAt",
                .ocsp.responses as RESPONSES: computed u32 "responses" unit "items",
                .ocsp.issuerNameHash as ISSUER_NAME_HASH: bytes "issuerNameHash",
                .ocsp.issuerKeyHash as ISSUER_KEY_HASH: bytes "issuerKeyHash",
                .ocsp.serialNumber as STATUS_SERIAL: bytes "serialNumber",
                .ocsp.certStatus as CERT_STATUS: computed u32 "certStatus" = { 0 "good", 1 "revoked", 2 "unknown" },
                .ocsp.revocationTime as REVOCATION_TIME: computed time_ns "revocationTime",
                .ocsp.revocationReason as REVOCATION_REASON: computed u32 "revocationReason",
                .ocsp.thisUpdate as THIS_UPDATE: computed time_ns "thisUpdate",
                .ocsp.nextUpdate as NEXT_UPDATE: computed time_ns "nextUpdate",
                .ocsp.ReOcspNonce as NONCE: bytes       "ReOcspNonce",
                .ocsp.signature as RESPONSE_SIGNATURE: bytes "signature",
                .ocsp.certs as RESPONSE_CERTS: computed u32 "certs" unit "items",
                $($own)*
            }
            $($rest)*
        }
    };
}
pub(crate) use certificate_protocol;
