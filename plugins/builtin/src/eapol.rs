//! EAP over LAN (IEEE Std 802.1X-2020, clause 11), and the keys that stations and access points agree on with it (IEEE
//! Std 802.11-2020, clause 12.7.2).

use crate::flag_names::SUPPORTED;
use crate::wlan::rsn;
use crate::wlan::values::{AKM_SUITES, AKMS, CIPHER_SUITES, CIPHERS, KDES, OUIS, REPLAY_COUNTERS};
use prosector_sdk::prelude::*;

/// The dissector.
#[derive(Default)]
pub struct Eapol;

protocol! {
    /// EAP over LAN: who may use a port of a LAN, and with which keys.
    Eapol = eapol "EAPOL", "802.1X Authentication" {
        version: u8 "Version" = { 1 "802.1X-2001", 2 "802.1X-2004", 3 "802.1X-2010" },
        type: u8 "Type" = TYPES,
        len: u16 "Length",
        keydes.type: u8 "Key Descriptor Type" = {
            1 "RC4 Descriptor", 2 "EAPOL RSN Key", 254 "EAPOL WPA Key",
        },
        keydes.key_len: u16 "Key Length",
        keydes.replay_counter: u64 "Replay Counter",
        keydes.key_iv: bytes "Key IV",
        keydes.key_index: u8 hex "Key Index" {
            type: 0x80 "Type" = { 0 "Broadcast", 1 "Unicast" },
            number: 0x7f "Number",
        },
        keydes.key_signature: bytes "Key Signature",
        keydes.key: bytes "Key",
        keydes.body: bytes "Key Descriptor Body",

        // What 802.11 makes of the key descriptor.
        /// Which message of the handshake, from the flags.
        .wlan_rsna_eapol.keydes.msgnr as MSGNR: computed u8 "Message number",
        .wlan_rsna_eapol.keydes.key_info as KEY_INFO: u16 hex "Key Information" {
            keydes_version as KEYDES_VERSION: 0x0007 "Key Descriptor Version" = {
                1 "RC4 Cipher, HMAC-MD5 MIC", 2 "AES Cipher, HMAC-SHA1 MIC", 3 "AES Cipher, AES-128-CMAC MIC",
            },
            key_type as KEY_TYPE: 0x0008 "Key Type" = { 0 "Group Key", 1 "Pairwise Key" },
            key_index as KEY_INFO_INDEX: 0x0030 "Key Index",
            install as INSTALL: 0x0040 "Install",
            key_ack as KEY_ACK: 0x0080 "Key ACK",
            key_mic as KEY_MIC: 0x0100 "Key MIC",
            secure as SECURE: 0x0200 "Secure",
            error as ERROR: 0x0400 "Error",
            request as REQUEST: 0x0800 "Request",
            encrypted_key_data as ENCRYPTED_KEY_DATA: 0x1000 "Encrypted Key Data",
            smk_message as SMK_MESSAGE: 0x2000 "SMK Message",
        },
        .wlan_rsna_eapol.keydes.nonce as NONCE: bytes "WPA Key Nonce",
        .wlan_rsna_eapol.keydes.rsc as RSC: bytes "WPA Key RSC",
        .wlan_rsna_eapol.keydes.id as KEY_ID: bytes "WPA Key ID",
        .wlan_rsna_eapol.keydes.mic as MIC: bytes "WPA Key MIC",
        .wlan_rsna_eapol.keydes.data_len as DATA_LEN: u16 "WPA Key Data Length",
        .wlan_rsna_eapol.keydes.data as KEY_DATA: bytes "WPA Key Data",

        // Elements in key data that is not encrypted.
        .wlan.tag as TAG: group "Tag",
        .wlan.tag.number as TAG_NUMBER: u8 "Tag Number" = { 48 "RSN Information", 221 "Vendor Specific" },
        .wlan.tag.length as TAG_LENGTH: u8 "Tag length",
        .wlan.tag.oui as TAG_OUI: u24 hex "OUI" = OUIS,
        .wlan.tag.vendor.oui.type as TAG_OUI_TYPE: u8 "Vendor Specific OUI Type",
        .wlan.rsn.ie.kde.data_type as KDE_TYPE: u8 "Data Type" = KDES,
        .wlan.rsn.ie.pmkid as KDE_PMKID: bytes "PMKID",
        .wlan.tag.data as TAG_DATA: bytes "Tag Data",
        .wlan.rsn.version as RSN_VERSION: u16 le "RSN Version",
        .wlan.rsn.gcs as RSN_GCS: u32 hex "Group Cipher Suite" = CIPHER_SUITES,
        .wlan.rsn.gcs.oui as RSN_GCS_OUI: u24 hex "Group Cipher Suite OUI" = OUIS,
        .wlan.rsn.gcs.type as RSN_GCS_TYPE: u8 "Group Cipher Suite type" = CIPHERS,
        .wlan.rsn.pcs.count as RSN_PCS_COUNT: u16 le "Pairwise Cipher Suite Count",
        .wlan.rsn.pcs as RSN_PCS: u32 hex "Pairwise Cipher Suite" = CIPHER_SUITES,
        .wlan.rsn.pcs.oui as RSN_PCS_OUI: u24 hex "Pairwise Cipher Suite OUI" = OUIS,
        .wlan.rsn.pcs.type as RSN_PCS_TYPE: u8 "Pairwise Cipher Suite type" = CIPHERS,
        .wlan.rsn.akms.count as RSN_AKMS_COUNT: u16 le "Auth Key Management (AKM) Suite Count",
        .wlan.rsn.akms as RSN_AKMS: u32 hex "Auth Key Management (AKM) Suite" = AKM_SUITES,
        .wlan.rsn.akms.oui as RSN_AKMS_OUI: u24 hex "Auth Key Management (AKM) OUI" = OUIS,
        .wlan.rsn.akms.type as RSN_AKMS_TYPE: u8 "Auth Key Management (AKM) type" = AKMS,
        .wlan.rsn.capabilities as RSN_CAPABILITIES: u16 le hex "RSN Capabilities" {
            preauth as RSN_PREAUTH: 0x0001 "RSN Pre-Auth capabilities" = SUPPORTED,
            no_pairwise as RSN_NO_PAIRWISE: 0x0002 "RSN No Pairwise capabilities" = { 0 "Can support WEP default key 0 simultaneously with pairwise key", 1 "Cannot support WEP default key 0 simultaneously with pairwise key" },
            ptksa_replay_counter as RSN_PTKSA: hex 0x000c "RSN PTKSA Replay Counter capabilities" = REPLAY_COUNTERS,
            gtksa_replay_counter as RSN_GTKSA: hex 0x0030 "RSN GTKSA Replay Counter capabilities" = REPLAY_COUNTERS,
            mfpr as RSN_MFPR: 0x0040 "Management Frame Protection Required",
            mfpc as RSN_MFPC: 0x0080 "Management Frame Protection Capable",
            jmr as RSN_JMR: 0x0100 "Joint Multi-band RSNA",
            peerkey as RSN_PEERKEY: 0x0200 "PeerKey Enabled",
            extended_key_id_iaf as RSN_EXTENDED_KEY_ID: 0x2000 "Extended Key ID for Individually Addressed Frames" = SUPPORTED,
        },
        .wlan.rsn.pmkid.count as RSN_PMKID_COUNT: u16 le "PMKID Count",
        .wlan.pmkid.akms as RSN_PMKID: bytes "PMKID",
        .wlan.rsn.gmcs as RSN_GMCS: u32 hex "Group Management Cipher Suite" = CIPHER_SUITES,
        .wlan.rsn.gmcs.oui as RSN_GMCS_OUI: u24 hex "Group Management Cipher Suite OUI" = OUIS,
        .wlan.rsn.gmcs.type as RSN_GMCS_TYPE: u8 "Group Management Cipher Suite type" = CIPHERS,
    }
    claims { ethertype = 0x888e }
    tables { EAP: "@eap", MKA: "@mka" }
}

value_names! {
    TYPES {
        0 "EAP Packet",
        1 "Start",
        2 "Logoff",
        3 "Key",
        4 "Encapsulated ASF Alert",
        5 "MKA",
        6 "Announcement (Generic)",
        7 "Announcement (Specific)",
        8 "Announcement Request",
    }
}

const RSN: rsn::Fields = rsn::Fields {
    version: RSN_VERSION,
    group: (RSN_GCS, RSN_GCS_OUI, RSN_GCS_TYPE),
    pairwise_count: RSN_PCS_COUNT,
    pairwise: (RSN_PCS, RSN_PCS_OUI, RSN_PCS_TYPE),
    akm_count: RSN_AKMS_COUNT,
    akm: (RSN_AKMS, RSN_AKMS_OUI, RSN_AKMS_TYPE),
    capabilities: RSN_CAPABILITIES,
    pmkid_count: RSN_PMKID_COUNT,
    pmkid: RSN_PMKID,
    group_management: (RSN_GMCS, RSN_GMCS_OUI, RSN_GMCS_TYPE),
};

const HEADER: usize = 4;

impl Dissector for Eapol {
    fn dissect(&mut self, pdu: &mut Pdu<'_>) -> Step {
        pdu.take(VERSION)?;
        let kind = pdu.take(TYPE)?;
        let len = usize::from(pdu.take(LEN)?);
        pdu.set_len(LEN, HEADER + len);
        pdu.info(format_args!("{}", Self::name(TYPE, kind)));
        match kind {
            0 if len > 0 => drop(pdu.hand_to(EAP)),
            3 => key(pdu)?,
            5 if len > 0 => drop(pdu.hand_to(MKA)),
            _ => {}
        }
        Ok(())
    }
}

fn drop<T>(_: T) {}

fn key(pdu: &mut Pdu<'_>) -> Step {
    const RC4: u8 = 1;
    const RSN: u8 = 2;
    const WPA: u8 = 254;
    match pdu.take(KEYDES_TYPE)? {
        RC4 => {
            let len = usize::from(pdu.take(KEYDES_KEY_LEN)?);
            pdu.take(KEYDES_REPLAY_COUNTER)?;
            pdu.take_bytes(KEYDES_KEY_IV, 16)?;
            pdu.take(KEYDES_KEY_INDEX)?;
            pdu.take_bytes(KEYDES_KEY_SIGNATURE, 16)?;
            if pdu.wire_remaining() > 0 {
                pdu.take_bytes(KEYDES_KEY, len)?;
            }
            Ok(())
        }
        RSN | WPA => rsna_key(pdu),
        _ => {
            pdu.take_rest(KEYDES_BODY);
            Ok(())
        }
    }
}

/// The key descriptor of IEEE 802.11 (clause 12.7.2).
fn rsna_key(pdu: &mut Pdu<'_>) -> Step {
    const PAIRWISE: u16 = 0x0008;
    const ACK: u16 = 0x0080;
    const MIC_SET: u16 = 0x0100;
    const SECURE_SET: u16 = 0x0200;
    const ENCRYPTED: u16 = 0x1000;

    let at = pdu.position();
    let info = pdu.peek(KEY_INFO)?;
    // The 4-way handshake (clause 12.7.6) or, where the key is of a group, the two messages of clause 12.7.7.
    let data_len_at = at + 2 + 2 + 8 + 32 + 16 + 8 + 8;
    let mic_len = mic_len(pdu.wire_len().saturating_sub(data_len_at), pdu.data().get(data_len_at..).unwrap_or(&[]));
    let data_len =
        pdu.data().get(data_len_at + mic_len..).and_then(|len| len.first_chunk()).map(|l| u16::from_be_bytes(*l));
    let number = match (info & PAIRWISE != 0, info & ACK != 0, info & MIC_SET != 0) {
        (true, true, false) => 1,
        (true, true, true) => 3,
        (true, false, _) if info & SECURE_SET != 0 || data_len == Some(0) => 4,
        (true, false, _) => 2,
        (false, true, _) => 1,
        (false, false, _) => 2,
    };
    pdu.computed(MSGNR, at..at + 2, number);
    pdu.take(KEY_INFO)?;
    let handshake = if info & PAIRWISE != 0 { 4 } else { 2 };
    pdu.info(format_args!("Key (Message {number} of {handshake})"));
    pdu.take(KEYDES_KEY_LEN)?;
    pdu.take(KEYDES_REPLAY_COUNTER)?;
    pdu.take_bytes(NONCE, 32)?;
    pdu.take_bytes(KEYDES_KEY_IV, 16)?;
    pdu.take_bytes(RSC, 8)?;
    pdu.take_bytes(KEY_ID, 8)?;
    pdu.take_bytes(MIC, mic_len)?;
    let len = usize::from(pdu.take(DATA_LEN)?);
    if len == 0 {
        return Ok(());
    }
    if info & ENCRYPTED != 0 {
        pdu.take_bytes(KEY_DATA, len)?;
        return Ok(());
    }
    let start = pdu.position();
    pdu.mark(KEY_DATA, start..start + len.min(pdu.remaining()));
    pdu.within(DATA_LEN, len, |pdu| {
        while pdu.wire_remaining() >= 2 {
            pdu.group(TAG, element)?;
        }
        Ok(())
    })
}

/// The MIC has 16 bytes, or 24 under the AKMs of 192 bits; nothing here says which. The length behind it does.
fn mic_len(left: usize, bytes: &[u8]) -> usize {
    let fits = |len: usize| {
        let data_len = bytes.get(len..).and_then(|rest| rest.first_chunk()).map(|l| u16::from_be_bytes(*l));
        data_len.is_some_and(|data| len + 2 + usize::from(data) == left)
    };
    if !fits(16) && fits(24) { 24 } else { 16 }
}

/// An element or a key data encapsulation, which looks like a vendor's element (clause 12.7.2).
fn element(pdu: &mut Pdu<'_>) -> Step {
    const RSN_ELEMENT: u8 = 48;
    const VENDOR: u8 = 221;
    const IEEE_802_11: u32 = 0x00_0fac;
    const PMKID: u8 = 4;

    let number = pdu.take(TAG_NUMBER)?;
    let len = usize::from(pdu.take(TAG_LENGTH)?);
    pdu.within(TAG_LENGTH, len, |pdu| {
        match number {
            RSN_ELEMENT => return rsn::read(pdu, &RSN),
            VENDOR if len > 4 => {
                let oui = pdu.take(TAG_OUI)?;
                let kind = pdu.show(TAG_OUI_TYPE)?;
                if oui == IEEE_802_11 {
                    pdu.show(KDE_TYPE)?;
                }
                pdu.skip(1)?;
                if (oui, kind) == (IEEE_802_11, PMKID) {
                    pdu.take_rest(KDE_PMKID);
                }
            }
            _ => drop(pdu.take_rest(TAG_DATA)),
        }
        Ok(())
    })
}

builtin!(Eapol);

#[test]
fn start() {
    check::<Eapol>(
        "02 01 0000",
        expect![[r#"
        802.1X Authentication, Start
          Version: 802.1X-2004 (2)
          Type: Start (1)
          Length: 0
    "#]],
    );
}

#[test]
fn the_second_message_with_an_rsn_element() {
    let nonce = "11".repeat(32);
    let zeros = "00".repeat(32);
    let mic = "22".repeat(16);
    check::<Eapol>(
        &format!(
            "02 03 0075 02 010a 0000 0000000000000001 {nonce} {zeros} {mic} 0016
             3014 0100 000fac04 0100 000fac04 0100 000fac02 0000"
        ),
        expect![[r#"
            802.1X Authentication, Key (Message 2 of 4)
              Version: 802.1X-2004 (2)
              Type: Key (3)
              Length: 117
              Key Descriptor Type: EAPOL RSN Key (2)
              Message number: 2
              Key Information: 0x010a
                .... .... .... .010 = Key Descriptor Version: AES Cipher, HMAC-SHA1 MIC (2)
                .... .... .... 1... = Key Type: Pairwise Key
                .... .... ..00 .... = Key Index: 0
                .... .... .0.. .... = Install: False
                .... .... 0... .... = Key ACK: False
                .... ...1 .... .... = Key MIC: True
                .... ..0. .... .... = Secure: False
                .... .0.. .... .... = Error: False
                .... 0... .... .... = Request: False
                ...0 .... .... .... = Encrypted Key Data: False
                ..0. .... .... .... = SMK Message: False
              Key Length: 0
              Replay Counter: 1
              WPA Key Nonce: 1111111111111111111111111111111111111111111111111111111111111111
              Key IV: 00000000000000000000000000000000
              WPA Key RSC: 0000000000000000
              WPA Key ID: 0000000000000000
              WPA Key MIC: 22222222222222222222222222222222
              WPA Key Data Length: 22
              WPA Key Data: 30140100000fac040100000fac040100000fac020000
              Tag: RSN Information (48)
                Tag Number: RSN Information (48)
                Tag length: 20
                RSN Version: 1
                Group Cipher Suite: 00:0f:ac (IEEE 802.11) AES (CCM) (0x000fac04)
                Group Cipher Suite OUI: IEEE 802.11 (0x000fac)
                Group Cipher Suite type: AES (CCM) (4)
                Pairwise Cipher Suite Count: 1
                Pairwise Cipher Suite: 00:0f:ac (IEEE 802.11) AES (CCM) (0x000fac04)
                Pairwise Cipher Suite OUI: IEEE 802.11 (0x000fac)
                Pairwise Cipher Suite type: AES (CCM) (4)
                Auth Key Management (AKM) Suite Count: 1
                Auth Key Management (AKM) Suite: 00:0f:ac (IEEE 802.11) PSK (0x000fac02)
                Auth Key Management (AKM) OUI: IEEE 802.11 (0x000fac)
                Auth Key Management (AKM) type: PSK (2)
                RSN Capabilities: 0x0000
                  .... .... .... ...0 = RSN Pre-Auth capabilities: Not supported
                  .... .... .... ..0. = RSN No Pairwise capabilities: Can support WEP default key 0 simultaneously with pairwise key
                  .... .... .... 00.. = RSN PTKSA Replay Counter capabilities: 1 replay counter per PTKSA/GTKSA/STAKeySA (0x0)
                  .... .... ..00 .... = RSN GTKSA Replay Counter capabilities: 1 replay counter per PTKSA/GTKSA/STAKeySA (0x0)
                  .... .... .0.. .... = Management Frame Protection Required: False
                  .... .... 0... .... = Management Frame Protection Capable: False
                  .... ...0 .... .... = Joint Multi-band RSNA: False
                  .... ..0. .... .... = PeerKey Enabled: False
                  ..0. .... .... .... = Extended Key ID for Individually Addressed Frames: Not supported
        "#]],
    );
}

#[test]
fn key_data_that_is_not_there() {
    let zeros = "00".repeat(90);
    check::<Eapol>(
        &format!("02 03 0075 02 008a {zeros} 0016 dd14"),
        expect![[r#"
            802.1X Authentication, Key (Message 1 of 4)
              Version: 802.1X-2004 (2)
              Type: Key (3)
              Length: 117
              Key Descriptor Type: EAPOL RSN Key (2)
              Message number: 1
              Key Information: 0x008a
                .... .... .... .010 = Key Descriptor Version: AES Cipher, HMAC-SHA1 MIC (2)
                .... .... .... 1... = Key Type: Pairwise Key
                .... .... ..00 .... = Key Index: 0
                .... .... .0.. .... = Install: False
                .... .... 1... .... = Key ACK: True
                .... ...0 .... .... = Key MIC: False
                .... ..0. .... .... = Secure: False
                .... .0.. .... .... = Error: False
                .... 0... .... .... = Request: False
                ...0 .... .... .... = Encrypted Key Data: False
                ..0. .... .... .... = SMK Message: False
              Key Length: 0
              Replay Counter: 0
              WPA Key Nonce: 0000000000000000000000000000000000000000000000000000000000000000
              Key IV: 00000000000000000000000000000000
              WPA Key RSC: 0000000000000000
              WPA Key ID: 0000000000000000
              WPA Key MIC: 00000000000000000000000000000000
              WPA Key Data Length: 22
              WPA Key Data: dd14
              Tag: Vendor Specific (221)
                Tag Number: Vendor Specific (221)
                Tag length: 20
              [error] short: wlan.tag.oui needs 3 bytes at offset 101, 0 are there
        "#]],
    );
}
