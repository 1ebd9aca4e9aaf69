#![cfg(test)]

use super::*;
use prosector_sdk::testkit::check;

#[test]
fn a_checksum() {
    assert_eq!(crc32(b"123456789"), 0xcbf4_3926);
}

#[test]
fn a_version_of_which_nothing_is_known() {
    check::<Nfs>(
        "00000000",
        expect![[r#"
        Network File System, V0 NULL Call
          Program Version: 0
          V4 Procedure: NULL (0)
    "#]],
    );
}
