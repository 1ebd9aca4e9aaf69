use super::*;

const COMPONENT: &[u8] = b"\0asm\x0d\0\x01\0";
const PCAP: &[u8] = b"\xd4\xc3\xb2\xa1\x02\0\x04\0\0\0\0\0\0\0\0\0\0\0\x04\0\x01\0\0\0";

fn about() -> About<'static> {
    let manifest = Manifest {
        name: "weather-team/acme".into(),
        version: "0.1.0".into(),
        license: "MIT".into(),
        ..Manifest::default()
    };
    let sample = Sample { name: "one.pcap".into(), capture: PCAP.into(), expected: "frame 1\n".into() };
    About { manifest, readme: Some("# Weather".into()), samples: vec![sample] }
}

fn key() -> (SecretKey, PublicKey) {
    let (secret, public) = keygen(None).expect("a key");
    (SecretKey::parse(&secret, None).expect("a key"), PublicKey::parse(&public).expect("a key"))
}

fn trust(key: &PublicKey, packages: &[&str]) -> Trust {
    let packages = packages.iter().map(|text| text.parse().expect("a pattern")).collect();
    Trust { keys: vec![TrustedKey { key: key.clone(), name: "Ada".into(), packages }] }
}

/// A section of one's own, behind everything.
fn with(package: &[u8], name: &str, data: &[u8]) -> Vec<u8> {
    let mut out = package.to_vec();
    CustomSection { name: name.into(), data: data.into() }.append_to_component(&mut out);
    out
}

fn refused(bytes: &[u8]) -> String {
    Package::read(bytes).expect_err("it is wrong").to_string()
}

#[test]
fn what_was_put_in_comes_out_once() {
    let packed = describe(COMPONENT, &about()).expect("a component");
    assert_eq!(Package::read(&packed).expect("a package").about, about());
    assert_eq!(packed, describe(&packed, &about()).expect("a component"), "the same parts give the same bytes");
    let second = About { readme: None, samples: Vec::new(), ..about() };
    let again = describe(&packed, &second).expect("a component");
    assert_eq!(Package::read(&again).expect("a package").about, second);
    assert!(Package::read(&packed[..packed.len() - 1]).is_err());
}

#[test]
fn other_files_are_refused_by_what_they_are() {
    assert!(refused(b"#!/bin/sh\n").starts_with("a script, which is never taken"));
    assert!(refused(b"\x7fELF\x02\x01\x01\0").starts_with("compiled code, which is never taken"));
    assert!(refused(b"\0asm\x01\0\0\0").starts_with("a core module"));
    assert!(refused(b"PK\x03\x04").starts_with("not a WebAssembly component"));
    assert!(refused(b"").starts_with("not a WebAssembly component"));
}

#[test]
fn sections_that_are_wrong_are_refused() {
    let packed = describe(COMPONENT, &about()).expect("a component");
    let capture = |name: &str, data: &[u8]| refused(&with(&packed, &format!("prosector:capture/{name}"), data));
    for name in
        ["../one.pcap", "/one.pcap", "a/b.pcap", ".pcap", "one.pcap.gz", "o\u{43d}e.pcap", "one", "a\\b.pcap", ""]
    {
        assert!(capture(name, PCAP).contains("can't be the name of a capture"), "{name}");
    }
    assert!(capture(&format!("{}.pcap", "a".repeat(100)), PCAP).contains("can't be the name of a capture"));
    assert_eq!(capture("one.pcap", PCAP), "prosector:capture/one.pcap is there twice");
    assert_eq!(capture("two.pcap", PCAP), "nothing says what two.pcap must give");
    assert!(capture("two.pcap", b"\x1f\x8b\x08\0").contains("aren't compressed"));
    assert!(capture("two.pcap", &vec![0; MAX_SAMPLE_BYTES]).contains("more than 16 MiB"));
    let other = |name: &str, data: &[u8]| refused(&with(&packed, name, data));
    assert_eq!(other("prosector:expected/two.pcap", b""), "it says what two.pcap must give, which isn't there");
    assert_eq!(other("prosector:script", b""), "it has a section \"prosector:script\", which is unknown here");
    assert_eq!(other("prosector:manifest", b"{}"), "prosector:manifest is there twice");
    let bare = |name: &str, data: &[u8]| refused(&with(COMPONENT, name, data));
    assert!(bare("prosector:manifest", b"{").starts_with("its manifest is broken: "));
    assert!(bare("prosector:manifest", b"{\"form\":2}").starts_with("its manifest has form 2"));
    assert!(bare("prosector:manifest", &vec![b' '; MAX_TEXT + 1]).ends_with("bytes; 1048576 are allowed"));
    assert_eq!(bare("prosector:readme", b"\xff"), "its README is not a text in UTF-8");
    assert!(refused(&[COMPONENT, &[0, 1, 0].repeat(20_000)].concat()).contains("more than 10000 sections"));
    // A length that nothing is there for.
    assert!(refused(&[COMPONENT, b"\x00\xff\xff\xff\xff\x0f"].concat()).contains("broken off"));
}

#[test]
fn a_signature_is_the_signers_and_for_what_it_may_be() {
    let packed = describe(COMPONENT, &about()).expect("a component");
    let (secret, public) = key();
    let signed = sign(&packed, &secret).expect("signed");
    let package = Package::read(&signed).expect("a package");
    assert_eq!(package.about, about());
    let signature = package.signature.clone().expect("a signature");
    assert_eq!(signature.key_id(), public.id());
    signature.verify(&signed, &public).expect("it is right");
    for names in ["weather-team/acme", "weather-team/*", "*"] {
        let verdict = trust(&public, &["other", names]).check(Policy::Required, &package).expect("trusted");
        assert_eq!(verdict, Verdict::Signed { by: "Ada".into(), key: public.to_string() });
    }
    let id = public.id();
    for names in ["acme", "weather/*", "weather-team/acm"] {
        let error = trust(&public, &[names]).check(Policy::Required, &package).expect_err("not trusted");
        assert_eq!(
            error.to_string(),
            format!("it is signed with key {id} (Ada), which is not trusted for weather-team/acme")
        );
    }
    let (_, other) = key();
    let text = format!("it is signed with key {id}, which is not trusted");
    assert_eq!(trust(&other, &["*"]).check(Policy::Required, &package).expect_err("not trusted").to_string(), text);
    let warned = trust(&other, &["*"]).check(Policy::Warn, &package);
    assert_eq!(warned, Ok(Verdict::Passed(Some(text))));
    assert_eq!(trust(&other, &["*"]).check(Policy::Off, &package), Ok(Verdict::Passed(None)));
    // Without a signature, and signed again by somebody else.
    let bare = Package::read(&packed).expect("a package");
    assert_eq!(trust(&public, &["*"]).check(Policy::Required, &bare).expect_err("no").to_string(), "it is not signed");
    let (mallory, _) = key();
    let again = sign(&signed, &mallory).expect("signed");
    let again = Package::read(&again).expect("a package");
    assert!(trust(&public, &["*"]).check(Policy::Required, &again).is_err());
}

#[test]
fn no_byte_of_a_signed_package_can_be_changed() {
    let (secret, public) = key();
    let signed = sign(&describe(COMPONENT, &about()).expect("a component"), &secret).expect("signed");
    let trust = trust(&public, &["*"]);
    let accepted = |bytes: &[u8]| {
        Package::read(bytes)
            .is_ok_and(|p| trust.check(Policy::Required, &p).is_ok_and(|v| matches!(v, Verdict::Signed { .. })))
    };
    assert!(accepted(&signed));
    for at in 0..signed.len() {
        for bit in 0..8 {
            let mut changed = signed.clone();
            changed[at] ^= 1 << bit;
            assert!(!accepted(&changed), "bit {bit} of byte {at}");
        }
    }
    for end in 0..signed.len() {
        assert!(!accepted(&signed[..end]), "cut at {end}");
    }
    assert!(!accepted(&with(&signed, "note", b"more")));
}

#[test]
fn keys_with_a_password_need_it() {
    let (secret, public) = keygen(Some("swordfish")).expect("a key");
    assert!(SecretKey::is_encrypted(&secret));
    assert!(SecretKey::parse(&secret, None).is_err());
    assert!(SecretKey::parse(&secret, Some("wrong")).is_err());
    let key = SecretKey::parse(&secret, Some("swordfish")).expect("the password");
    let signed = sign(&describe(COMPONENT, &about()).expect("a component"), &key).expect("signed");
    let package = Package::read(&signed).expect("a package");
    let public = PublicKey::parse(&public).expect("a key");
    package.signature.expect("a signature").verify(&signed, &public).expect("it is right");
    assert!(PublicKey::parse("RWQ").is_err() && PublicKey::parse("").is_err());
}

#[test]
fn a_lock_comes_back_as_it_was_written() {
    let mut lock = Lock::default();
    for (name, signer) in [("weather-team/door", None), ("acme", Some("RWQ".to_owned()))] {
        lock.put(Locked {
            name: name.parse().expect("a name"),
            version: "0.1.0".parse().expect("a version"),
            source: "file:///srv/plugins".into(),
            sha256: sha256(name.as_bytes()),
            signer,
        });
    }
    let text = lock.to_text();
    assert_eq!(Lock::parse(&text), Ok(lock));
    let wrong = |old: &str, new: &str| Lock::parse(&text.replacen(old, new, 1)).expect_err(new).to_string();
    assert!(wrong("form = 1", "form = 2").contains("form 2"));
    assert!(wrong("sha256 = \"", "sha256 = \"0").contains("is no digest"));
    assert!(wrong("name = \"acme\"", "name = \"door\"").contains("door is there twice"));
    assert!(wrong("name = \"acme\"", "name = \"../x\"").contains("no package name"));
    assert!(wrong("source", "origin").contains("not a lock file"));
}
