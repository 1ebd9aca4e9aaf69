//! What the protocols of Windows have in common: texts, times, UUIDs, status codes.

use prosector_sdk::take::Encoding;
use prosector_sdk::value_names;

/// UTF-16, little-endian, as UTF-8, up to the first zero character.
pub(crate) fn utf16(bytes: &[u8]) -> String {
    Encoding::Utf16Le.decode(bytes)
}

/// A FILETIME, 100 ns since 1601 (MS-DTYP, section 2.3.3), as nanoseconds since 1970. 0 says that there is no time.
pub(crate) fn filetime(time: u64) -> i64 {
    const FROM_1601_TO_1970: i128 = 116_444_736_000_000_000;
    if time == 0 {
        return 0;
    }
    ((time as i128 - FROM_1601_TO_1970) * 100).clamp(i64::MIN as i128, i64::MAX as i128) as i64
}

/// A GUID whose first three numbers are little-endian (MS-DTYP, section 2.3.4.2), as RFC 9562 writes it.
pub(crate) fn guid(bytes: &[u8; 16]) -> [u8; 16] {
    let [a, b, c, d, e, f, g, h, rest @ ..] = *bytes;
    let mut out = [d, c, b, a, f, e, h, g, 0, 0, 0, 0, 0, 0, 0, 0];
    out[8..].copy_from_slice(&rest);
    out
}

/// Whether bytes look like a connection-oriented DCE/RPC PDU (C706, section 12.6.3.1).
pub(crate) fn is_dcerpc(data: &[u8]) -> bool {
    let [5, 0 | 1, kind, _, order, 0, ..] = *data else { return false };
    data.len() >= 16 && kind <= 19 && order & !0x11 == 0
}

value_names! {
    /// NTSTATUS (MS-ERREF, section 2.3.1): those that are met most.
    NT_STATUS {
        0x00000000 "STATUS_SUCCESS", 0x00000103 "STATUS_PENDING", 0x0000010b "STATUS_NOTIFY_CLEANUP",
        0x0000010c "STATUS_NOTIFY_ENUM_DIR", 0x80000005 "STATUS_BUFFER_OVERFLOW", 0x80000006 "STATUS_NO_MORE_FILES",
        0x8000002d "STATUS_STOPPED_ON_SYMLINK", 0xc0000002 "STATUS_NOT_IMPLEMENTED",
        0xc0000003 "STATUS_INVALID_INFO_CLASS", 0xc0000004 "STATUS_INFO_LENGTH_MISMATCH",
        0xc0000008 "STATUS_INVALID_HANDLE", 0xc000000d "STATUS_INVALID_PARAMETER", 0xc000000e "STATUS_NO_SUCH_DEVICE",
        0xc000000f "STATUS_NO_SUCH_FILE", 0xc0000010 "STATUS_INVALID_DEVICE_REQUEST", 0xc0000011 "STATUS_END_OF_FILE",
        0xc0000016 "STATUS_MORE_PROCESSING_REQUIRED", 0xc0000017 "STATUS_NO_MEMORY",
        0xc0000022 "STATUS_ACCESS_DENIED", 0xc0000023 "STATUS_BUFFER_TOO_SMALL",
        0xc0000033 "STATUS_OBJECT_NAME_INVALID", 0xc0000034 "STATUS_OBJECT_NAME_NOT_FOUND",
        0xc0000035 "STATUS_OBJECT_NAME_COLLISION", 0xc0000039 "STATUS_OBJECT_PATH_INVALID",
        0xc000003a "STATUS_OBJECT_PATH_NOT_FOUND", 0xc000003b "STATUS_OBJECT_PATH_SYNTAX_BAD",
        0xc0000043 "STATUS_SHARING_VIOLATION", 0xc000004f "STATUS_EAS_NOT_SUPPORTED",
        0xc0000054 "STATUS_FILE_LOCK_CONFLICT", 0xc0000055 "STATUS_LOCK_NOT_GRANTED",
        0xc0000056 "STATUS_DELETE_PENDING", 0xc0000061 "STATUS_PRIVILEGE_NOT_HELD",
        0xc000006a "STATUS_WRONG_PASSWORD", 0xc000006d "STATUS_LOGON_FAILURE",
        0xc000006e "STATUS_ACCOUNT_RESTRICTION", 0xc000006f "STATUS_INVALID_LOGON_HOURS",
        0xc0000071 "STATUS_PASSWORD_EXPIRED", 0xc0000072 "STATUS_ACCOUNT_DISABLED",
        0xc000009a "STATUS_INSUFFICIENT_RESOURCES", 0xc00000ac "STATUS_PIPE_NOT_AVAILABLE",
        0xc00000ae "STATUS_PIPE_BUSY", 0xc00000af "STATUS_ILLEGAL_FUNCTION", 0xc00000b0 "STATUS_PIPE_DISCONNECTED",
        0xc00000b1 "STATUS_PIPE_CLOSING", 0xc00000b2 "STATUS_PIPE_CONNECTED", 0xc00000b3 "STATUS_PIPE_LISTENING",
        0xc00000b5 "STATUS_IO_TIMEOUT", 0xc00000ba "STATUS_FILE_IS_A_DIRECTORY", 0xc00000bb "STATUS_NOT_SUPPORTED",
        0xc00000bd "STATUS_DUPLICATE_NAME", 0xc00000be "STATUS_BAD_NETWORK_PATH", 0xc00000bf "STATUS_NETWORK_BUSY",
        0xc00000c9 "STATUS_NETWORK_NAME_DELETED", 0xc00000ca "STATUS_NETWORK_ACCESS_DENIED",
        0xc00000cb "STATUS_BAD_DEVICE_TYPE", 0xc00000cc "STATUS_BAD_NETWORK_NAME",
        0xc00000d0 "STATUS_REQUEST_NOT_ACCEPTED", 0xc0000101 "STATUS_DIRECTORY_NOT_EMPTY",
        0xc0000103 "STATUS_NOT_A_DIRECTORY", 0xc0000120 "STATUS_CANCELLED", 0xc0000121 "STATUS_CANNOT_DELETE",
        0xc0000123 "STATUS_FILE_DELETED", 0xc0000128 "STATUS_FILE_CLOSED", 0xc000019c "STATUS_FS_DRIVER_REQUIRED",
        0xc0000203 "STATUS_USER_SESSION_DELETED", 0xc0000205 "STATUS_INSUFF_SERVER_RESOURCES",
        0xc0000225 "STATUS_NOT_FOUND", 0xc0000257 "STATUS_PATH_NOT_COVERED",
        0xc000035c "STATUS_NETWORK_SESSION_EXPIRED",
    }
}

#[test]
fn helpers() {
    assert_eq!(utf16(b"a\0b\0\0\0c\0"), "ab");
    assert_eq!(filetime(116_444_736_000_000_010), 1000);
    assert_eq!(guid(&[4, 3, 2, 1, 6, 5, 8, 7, 9, 10, 11, 12, 13, 14, 15, 16])[..8], [1, 2, 3, 4, 5, 6, 7, 8]);
}
