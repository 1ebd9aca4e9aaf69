//! Against Debian's registry, and against servers by hand that do what a registry doesn't.

mod support;

use prosector_oci::OciRegistry;
use prosector_package::sha256;
use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use support::Server;
use tempfile::TempDir;

const LIMIT: u64 = 10 << 20;
const WRONG_LOGIN: &str = "YWRhOmxvb2tpbmctZ2xhc3M=";

fn acme() -> Vec<u8> {
    let file = concat!(env!("CARGO_MANIFEST_DIR"), "/../../tests/fixtures/plugins/v0.1/acme.wasm");
    std::fs::read(file).expect("the component")
}

/// Another component: with a custom section behind.
fn other() -> Vec<u8> {
    let mut bytes = acme();
    bytes.extend_from_slice(&[0, 3, 1, b'x', 7]);
    bytes
}

/// Without anybody's Docker configuration.
fn open(location: &str) -> OciRegistry {
    OciRegistry::with_docker_config(location, false, None).expect("a registry")
}

fn pull(registry: &OciRegistry, repository: &str, tag: &str) -> Result<Vec<u8>, String> {
    one_line(registry.pull(repository, tag, LIMIT, &mut |_, _| {}))
}

fn one_line<T>(result: Result<T, prosector_oci::OciError>) -> Result<T, String> {
    let result = result.map_err(|e| e.to_string());
    if let Err(text) = &result {
        assert!(!text.contains(char::is_control), "{text:?}");
    }
    result
}

#[track_caller]
fn assert_refused<T: std::fmt::Debug>(result: Result<T, String>, expected: &[&str]) {
    let text = result.expect_err("refused");
    for part in expected {
        assert!(text.contains(part), "{text:?} has no {part:?}");
    }
}

/// A Docker configuration.
fn docker(host: &str, entry: &str) -> TempDir {
    let folder = tempfile::tempdir().expect("a folder");
    let config = format!("{{\"auths\": {{\"{host}\": {entry}}}}}");
    std::fs::write(folder.path().join("config.json"), config).expect("a file");
    folder
}

#[test]
fn there_and_back() {
    let Some(server) = Server::start(false) else { return };
    let registry = open(&format!("{}/plugins", server.address()));
    let (one, two) = (acme(), other());
    assert_eq!(registry.tags("weather-team/acme").unwrap(), [""; 0]);
    assert_eq!(registry.digest("weather-team/acme", "0.1.0").unwrap(), None);
    let missing = "weather-team/acme:0.1.0: it is not there";
    assert_refused(pull(&registry, "weather-team/acme", "0.1.0"), &["cannot fetch oci://127.0.0.1:", missing]);

    let annotations = BTreeMap::from([("org.opencontainers.image.licenses".to_owned(), "MIT".to_owned())]);
    registry.push("weather-team/acme", "0.1.0", &one, &annotations).unwrap();
    registry.push("weather-team/acme", "0.2.0", &two, &BTreeMap::new()).unwrap();
    assert_eq!(registry.tags("weather-team/acme").unwrap(), ["0.1.0", "0.2.0"]);
    let digest = |tag| registry.digest("weather-team/acme", tag).unwrap();
    assert_eq!(digest("0.1.0"), Some((sha256(&one), one.len() as u64)));
    assert_eq!(digest("0.2.0"), Some((sha256(&two), two.len() as u64)));
    assert_eq!(digest("0.3.0"), None);
    assert_refused(pull(&registry, "weather-team/acme", "0.3.0"), &["it is not there"]);

    let mut seen = Vec::new();
    let pulled = registry.pull("weather-team/acme", "0.1.0", one.len() as u64, &mut |now, all| seen.push((now, all)));
    assert!(pulled.unwrap() == one);
    assert_eq!(seen.last(), Some(&(one.len() as u64, one.len() as u64)));
    assert!(seen.is_sorted());
    let small = registry.pull("weather-team/acme", "0.1.0", 1000, &mut |_, _| panic!("nothing is fetched"));
    assert_refused(one_line(small), &["it has 71965 bytes, 1000 are allowed"]);

    // Another client finds what it expects, and the same is the same.
    let manifest = get(&server.address(), "/v2/plugins/weather-team/acme/manifests/0.1.0");
    let (_, manifest) = manifest.split_once("\r\n\r\n").unwrap();
    let json: serde_json::Value = serde_json::from_str(manifest).unwrap();
    assert_eq!(json["mediaType"], "application/vnd.oci.image.manifest.v1+json");
    assert_eq!(json["config"]["mediaType"], "application/vnd.wasm.config.v0+json");
    assert_eq!(json["layers"][0]["mediaType"], "application/wasm");
    assert_eq!(json["layers"][0]["annotations"]["org.opencontainers.image.title"], "acme.wasm");
    assert_eq!(json["annotations"]["org.opencontainers.image.licenses"], "MIT");
    let config = json["config"]["digest"].as_str().unwrap().strip_prefix("sha256:").unwrap();
    let config: serde_json::Value = serde_json::from_slice(&std::fs::read(server.blob(config)).unwrap()).unwrap();
    assert_eq!(config["layerDigests"][0], format!("sha256:{}", sha256(&one)));
    assert_eq!(config["component"]["exports"], serde_json::json!(["prosector:plugin/dissector@0.1.0"]));

    registry.push("weather-team/acme", "0.1.0", &two, &BTreeMap::new()).unwrap();
    assert_eq!(digest("0.1.0"), Some((sha256(&two), two.len() as u64)));
    assert!(pull(&registry, "weather-team/acme", "0.1.0").unwrap() == two);

    // Neither a module nor anything else, and nothing under names that lead elsewhere.
    let push = |repository, tag, bytes: &[u8]| one_line(registry.push(repository, tag, bytes, &BTreeMap::new()));
    assert_refused(
        push("acme", "1.0.0", b"\0asm\x01\0\0\0"),
        &["cannot publish", "/plugins/acme:1.0.0: not a WebAssembly component"],
    );
    assert_refused(push("acme", "1.0.0", &one[..one.len() - 1]), &["not a WebAssembly component"]);
    assert_refused(push("../acme", "1.0.0", &one), &["not a repository's name"]);
    assert_refused(push("acme", "1.0.0+x", &one), &["not a tag"]);
}

#[test]
fn catalog() {
    let Some(server) = Server::start(false) else { return };
    let below = open(&format!("{}/plugins", server.address()));
    assert_eq!(below.repositories().unwrap(), [""; 0]);
    let all = open(&server.address());
    below.push("weather-team/acme", "0.1.0", &acme(), &BTreeMap::new()).unwrap();
    below.push("door", "0.1.0", &acme(), &BTreeMap::new()).unwrap();
    all.push("pluginsnot/other", "0.1.0", &acme(), &BTreeMap::new()).unwrap();
    assert_eq!(below.repositories().unwrap(), ["door", "weather-team/acme"]);
    assert_eq!(all.repositories().unwrap(), ["plugins/door", "plugins/weather-team/acme", "pluginsnot/other"]);
}

#[test]
fn tampered() {
    let Some(server) = Server::start(false) else { return };
    let registry = open(&server.address());
    let mut bytes = acme();
    registry.push("acme", "0.1.0", &bytes, &BTreeMap::new()).unwrap();
    let file = server.blob(&sha256(&bytes));
    bytes[1000] ^= 1;
    std::fs::write(&file, &bytes).unwrap();
    let said = format!("their SHA-256 is {}", sha256(&bytes));
    assert_refused(pull(&registry, "acme", "0.1.0"), &["its bytes are not those of its manifest", &said]);
    std::fs::write(&file, &bytes[..1000]).unwrap();
    assert_refused(pull(&registry, "acme", "0.1.0"), &["only 1000 of its 71965 bytes came"]);
    bytes.push(0);
    std::fs::write(&file, &bytes).unwrap();
    assert_refused(pull(&registry, "acme", "0.1.0"), &["more bytes come than the 71965"]);
    std::fs::remove_file(&file).unwrap();
    assert_refused(pull(&registry, "acme", "0.1.0"), &["its manifest is there, its bytes are not"]);
}

#[test]
fn password() {
    let Some(server) = Server::start(true) else { return };
    let host = server.address();
    let open = |folder: Option<&TempDir>| {
        OciRegistry::with_docker_config(&format!("{host}/plugins"), false, folder.map(TempDir::path)).unwrap()
    };
    let login = format!("`docker login {host}`");
    let right = docker(&host, &format!("{{\"auth\": \"{}\"}}", support::LOGIN));
    let right = open(Some(&right));
    right.push("acme", "0.1.0", &acme(), &BTreeMap::new()).unwrap();
    assert!(pull(&right, "acme", "0.1.0").unwrap() == acme());
    assert_eq!(right.tags("acme").unwrap(), ["0.1.0"]);
    assert_eq!(right.tags("nothing").unwrap(), [""; 0]);
    assert_eq!(right.repositories().unwrap(), ["acme"]);

    let wrong = docker(&host, &format!("{{\"auth\": \"{WRONG_LOGIN}\"}}"));
    let elsewhere = docker("registry.example.org", &format!("{{\"auth\": \"{}\"}}", support::LOGIN));
    let identity = docker(&host, "{\"identitytoken\": \"looking-glass\"}");
    for (folder, said) in [
        (Some(&wrong), "refuses this user or password"),
        (Some(&elsewhere), "wants a user and a password"),
        (Some(&identity), "takes no identity token"),
        (None, "wants a user and a password"),
    ] {
        let registry = open(folder);
        let check = |result: Result<(), String>| {
            let text = result.unwrap_err();
            assert!(text.contains(said) && text.contains(&host), "{text}");
            assert!(said.contains("identity") || text.contains(&login), "{text}");
            assert!(!text.contains("looking-glass") && !text.contains(WRONG_LOGIN), "{text}");
        };
        check(pull(&registry, "acme", "0.1.0").map(drop));
        check(one_line(registry.tags("acme")).map(drop));
        check(one_line(registry.digest("acme", "0.1.0")).map(drop));
        check(one_line(registry.push("acme", "0.2.0", &acme(), &BTreeMap::new())));
        check(one_line(registry.repositories()).map(drop));
    }
    assert_eq!(right.tags("acme").unwrap(), ["0.1.0"]);
}

#[test]
fn unreadable_configuration() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("config.json"), "{\"auths\": {\"host\": {\"auth\": \"c2VjcmV0\"").unwrap();
    let failed = OciRegistry::with_docker_config("host", false, Some(folder.path()));
    assert_refused(one_line(failed).map(drop), &["cannot use oci://host: ", "config.json"]);
    let none = OciRegistry::with_docker_config("host", false, Some(&folder.path().join("none")));
    assert!(none.is_ok());
}

#[test]
fn gone() {
    let Some(mut server) = Server::start(false) else { return };
    let registry = open(&server.address());
    registry.push("acme", "0.1.0", &acme(), &BTreeMap::new()).unwrap();
    server.stop();
    // With what is left of the connection, and with a new one.
    for _ in 0..2 {
        let text = pull(&registry, "acme", "0.1.0").unwrap_err();
        assert!(text.contains("can't be reached") || text.contains("broke off"), "{text}");
        assert!(one_line(registry.push("acme", "0.1.0", &acme(), &BTreeMap::new())).is_err());
        let text = one_line(registry.repositories()).unwrap_err();
        assert!(!text.contains("many public"), "{text}");
    }
    assert_refused(pull(&registry, "acme", "0.1.0"), &[" can't be reached: Connection refused"]);
}

/// A request: its first line, and all of its head and body.
#[derive(Clone, Debug)]
struct Request {
    line: String,
    all: String,
}

/// A server by hand: what it answers, byte by byte, is the test's; the connection is closed then.
fn serve(answer: impl Fn(&Request, &str) -> Vec<u8> + Send + 'static) -> (String, Arc<Mutex<Vec<Request>>>) {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let address = listener.local_addr().expect("a port").to_string();
    let requests: Arc<Mutex<Vec<Request>>> = Arc::default();
    let (host, seen) = (address.clone(), requests.clone());
    // Ends with the test's process.
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let mut stream = BufReader::new(stream.expect("a connection"));
            let (mut line, mut all, mut length) = (String::new(), String::new(), 0);
            if stream.read_line(&mut line).is_err() {
                continue;
            }
            loop {
                let mut header = String::new();
                if stream.read_line(&mut header).is_err() || header.trim().is_empty() {
                    break;
                }
                if let Some(value) = header.to_lowercase().strip_prefix("content-length:") {
                    length = value.trim().parse().expect("a number");
                }
                all += &header;
            }
            let mut body = vec![0; length];
            stream.read_exact(&mut body).expect("a body");
            all += &String::from_utf8_lossy(&body);
            let request = Request { line, all };
            let answer = answer(&request, &host);
            seen.lock().expect("no panic").push(request);
            // Who is refused may have gone.
            let _ = stream.get_mut().write_all(&answer);
        }
    });
    (address, requests)
}

fn answer(status: &str, headers: &str, body: &[u8]) -> Vec<u8> {
    let head = format!("HTTP/1.1 {status}\r\nConnection: close\r\nContent-Length: {}\r\n{headers}\r\n", body.len());
    [head.as_bytes(), body].concat()
}

fn manifest(layers: &str) -> Vec<u8> {
    let config = "{\"mediaType\": \"application/vnd.oci.empty.v1+json\", \"size\": 2, \"digest\": \"sha256:0\"}";
    answer("200 OK", "", format!("{{\"schemaVersion\": 2, \"config\": {config}, \"layers\": [{layers}]}}").as_bytes())
}

fn layer(bytes: &[u8]) -> String {
    let (size, digest) = (bytes.len(), sha256(bytes));
    format!("{{\"mediaType\": \"application/wasm\", \"size\": {size}, \"digest\": \"sha256:{digest}\"}}")
}

fn get(address: &str, path: &str) -> String {
    let mut stream = TcpStream::connect(address).expect("a connection");
    let accept = "application/vnd.oci.image.manifest.v1+json";
    write!(stream, "GET {path} HTTP/1.0\r\nAccept: {accept}\r\n\r\n").expect("a request");
    let mut answer = String::new();
    stream.read_to_string(&mut answer).expect("an answer");
    answer
}

/// Pulls where the blob's whole answer is this.
fn pull_blob(blob: Vec<u8>) -> (Result<Vec<u8>, String>, u64) {
    let (address, _) = serve(move |request, _| match &request.line {
        line if line.contains("/manifests/") => manifest(&layer(&acme())),
        line if line.contains("/blobs/") => blob.clone(),
        _ => answer("200 OK", "", b"{}"),
    });
    let mut most = 0;
    let registry = open(&address);
    let pulled = registry.pull("acme", "0.1.0", LIMIT, &mut |now, _| most = now);
    (one_line(pulled), most)
}

#[test]
fn breaks_off() {
    let acme = acme();
    let whole = answer("200 OK", "", &acme);
    assert!(pull_blob(whole.clone()).0.unwrap() == acme);
    let half = whole[..whole.len() / 2].to_vec();
    assert_refused(pull_blob(half).0, &["the transfer from or to 127.0.0.1:", " broke off"]);
    // Where the end of the connection is the only end.
    let half = [b"HTTP/1.1 200 OK\r\n\r\n", &acme[..30_000]].concat();
    assert_refused(pull_blob(half).0, &["only 30000 of its 71965 bytes came"]);
    assert_refused(pull_blob(b"HTTP/1.1 200 OK\r\n".to_vec()).0, &["broke off"]);
    assert_refused(pull_blob(Vec::new()).0, &["broke off"]);
}

#[test]
fn sends_more() {
    let more = [acme(), vec![0; 5 << 20]].concat();
    let head: &[u8] = b"HTTP/1.1 200 OK\r\n\r\n";
    for blob in [answer("200 OK", "", &more), [head, &more].concat()] {
        let (pulled, most) = pull_blob(blob);
        assert_refused(pulled, &["more bytes come than the 71965 that its manifest says"]);
        assert!(most <= 71965);
    }
}

#[test]
fn not_a_package() {
    let layers = |layers: &str| {
        let manifest = manifest(layers);
        answer_all(manifest)
    };
    let wasm = layer(&acme());
    let tar = wasm.replace("application/wasm", "application/vnd.oci.image.layer.v1.tar");
    assert_refused(layers(&format!("{wasm}, {wasm}")), &["not a package: it has 2 layers"]);
    assert_refused(layers(""), &["not a package: it has 0 layers"]);
    assert_refused(layers(&tar), &["its layer is application/vnd.oci.image.layer.v1.tar"]);
    assert_refused(layers(&wasm.replace("sha256:", "sha512:")), &["no SHA-256"]);
    assert_refused(layers(&wasm.replace("sha256:", "sha256:../")), &["no SHA-256"]);
    assert_refused(layers(&wasm.replace("71965", "-1")), &["no size"]);
    assert_refused(layers(&wasm.replace("71965", "99999999")), &["it has 99999999 bytes, 10485760 are allowed"]);
    assert_refused(layers(&wasm.replace("application/wasm", "a\\nb\\u001b")), &["its layer is a b , a package's"]);
    let index = answer("200 OK", "", b"{\"schemaVersion\": 2, \"manifests\": []}");
    assert_refused(answer_all(index), &["not a package: an index of several artifacts"]);
    assert_refused(answer_all(answer("200 OK", "", b"<html>")), &["does not answer as a registry"]);
    assert_refused(answer_all(answer("404 Not Found", "", b"<html>")), &["is not an OCI registry"]);
    let busy = b"{\"errors\": [{\"code\": \"TOOMANYREQUESTS\", \"message\": \"slow\\ndown\"}]}";
    let busy = answer("429 Too Many Requests", "", busy);
    assert_refused(answer_all(busy), &["answers 429 Too Many Requests TOOMANYREQUESTS: slow down"]);
    // Never read to its end.
    let endless = answer("200 OK", "", &vec![b' '; 6 << 20]);
    assert_refused(answer_all(endless), &["answers with more than 4194304 bytes"]);
}

/// Pulls where every answer is this.
fn answer_all(all: Vec<u8>) -> Result<Vec<u8>, String> {
    // Logging in reads an answer's head only.
    let (address, _) =
        serve(move |request, _| match request.line.contains("GET /v2/ ") && !all.starts_with(b"HTTP/1.1 404") {
            true => answer("200 OK", "", b"{}"),
            false => all.clone(),
        });
    pull(&open(&address), "acme", "0.1.0")
}

#[test]
fn pages() {
    let (address, requests) = serve(|request, _| {
        let page = |link: &str, tags: &str| answer("200 OK", link, format!("{{\"tags\": [{tags}]}}").as_bytes());
        match request.line.split(' ').nth(1).expect("a path") {
            "/v2/" => answer("200 OK", "", b"{}"),
            "/v2/acme/tags/list?n=1000" => page("Link: </v2/acme/tags/list?last=b>; rel=\"next\"\r\n", "\"b\", \"a\""),
            "/v2/acme/tags/list?last=b" => page("Link: <http://127.0.0.1:9/v2/>; rel=\"next\"\r\n", "\"c\""),
            "/v2/null/tags/list?n=1000" => answer("200 OK", "", b"{\"name\": \"null\", \"tags\": null}"),
            path if path.starts_with("/v2/endless/") => {
                let number: u32 = path.split_once("last=").map_or(0, |(_, last)| last.parse().expect("a number"));
                let tags: Vec<String> = (number..number + 1000).map(|n| format!("\"{n}\"")).collect();
                let link = format!("Link: </v2/endless/tags/list?last={}>; rel=next\r\n", number + 1000);
                page(&link, &tags.join(","))
            }
            _ => answer("405 Method Not Allowed", "", b""),
        }
    });
    let registry = open(&address);
    // The third page, which is elsewhere, is not asked for.
    assert_eq!(registry.tags("acme").unwrap(), ["a", "b", "c"]);
    assert_eq!(registry.tags("null").unwrap(), [""; 0]);
    assert_refused(one_line(registry.tags("endless")), &["more than 10000"]);
    let asked = requests.lock().unwrap().iter().filter(|request| request.line.contains("endless")).count();
    assert_eq!(asked, 11);
    assert_refused(one_line(registry.repositories()), &["405 Method Not Allowed (many public registries", &address]);
}

/// A registry whose tokens come from a token server, as most public ones have it.
#[test]
fn tokens() {
    let (address, requests) = serve(|request, host| {
        let all = request.all.to_lowercase();
        let token = answer("200 OK", "", b"{\"access_token\": \"good-for-now\"}");
        match request.line.split(' ').nth(1).expect("a path") {
            path if path.starts_with("/token") => {
                let password = all.contains(&format!("authorization: basic {}", support::LOGIN.to_lowercase()));
                let anonymous = !all.contains("authorization:") && path.contains("repository%3aopen%3apull");
                let identity =
                    all.contains("grant_type=refresh_token") && all.contains("refresh_token=looking+glass%2f1");
                match password || identity || anonymous || path.to_lowercase().contains("%3aopen%3a") {
                    true => token,
                    false => answer("401 Unauthorized", "", b"{\"details\": \"incorrect looking-glass\"}"),
                }
            }
            _ if all.contains("authorization: bearer good-for-now") => match &request.line {
                line if line.contains("/tags/list") => answer("200 OK", "", b"{\"tags\": [\"1.0.0\"]}"),
                line if line.contains("POST") => answer("202 Accepted", "Location: /upload\r\n", b""),
                line if line.contains("PATCH") => answer("202 Accepted", "Location: /upload\r\n", b""),
                _ => answer("201 Created", "Location: /there\r\n", b""),
            },
            _ => {
                let realm =
                    format!("Bearer realm=\"http://{host}/token\",service=\"a registry\",scope=\"x:pull,push\"");
                answer("401 Unauthorized", &format!("WWW-Authenticate: {realm}\r\n"), b"{}")
            }
        }
    });
    let open =
        |folder: Option<&TempDir>| OciRegistry::with_docker_config(&address, false, folder.map(TempDir::path)).unwrap();
    assert_eq!(open(None).tags("open").unwrap(), ["1.0.0"]);
    assert_refused(one_line(open(None).tags("closed")), &["wants a user and a password", "docker login"]);
    let right = docker(&address, &format!("{{\"auth\": \"{}\"}}", support::LOGIN));
    assert_eq!(open(Some(&right)).tags("closed").unwrap(), ["1.0.0"]);
    open(Some(&right)).push("closed", "2.0.0", &acme(), &BTreeMap::new()).unwrap();
    let wrong = docker(&address, &format!("{{\"auth\": \"{WRONG_LOGIN}\"}}"));
    let text = one_line(open(Some(&wrong)).tags("closed")).unwrap_err();
    assert!(text.contains("refuses this user or password") && !text.contains("looking-glass"), "{text}");

    let identity = docker(&address, "{\"identitytoken\": \"looking glass/1\"}");
    assert_eq!(open(Some(&identity)).tags("closed").unwrap(), ["1.0.0"]);
    open(Some(&identity)).push("closed", "2.0.0", &acme(), &BTreeMap::new()).unwrap();
    let used = docker(&address, "{\"identitytoken\": \"looking-glass/2\"}");
    let text = one_line(open(Some(&used)).tags("closed")).unwrap_err();
    assert!(text.contains("refuses this user or password") && !text.contains("looking-glass"), "{text}");
    // What is kept goes to the token server only.
    let sent = requests.lock().unwrap();
    let elsewhere = sent.iter().filter(|request| !request.line.contains(" /token"));
    assert!(elsewhere.clone().count() > 10);
    for request in elsewhere {
        assert!(!request.all.contains("Basic") && !request.all.contains("looking"), "{request:?}");
    }
}

/// The header of each request that has the credentials, by the path.
fn authorizations(requests: &Mutex<Vec<Request>>) -> Vec<String> {
    let requests = requests.lock().unwrap();
    let authorized = requests.iter().filter(|request| request.all.to_lowercase().contains("authorization:"));
    authorized.map(|request| request.line.split(' ').nth(1).expect("a path").to_owned()).collect()
}

#[test]
fn redirected() {
    let (other, elsewhere) = serve(|request, _| match request.line.contains("/blob") {
        true => answer("200 OK", "", &acme()),
        false => manifest(&layer(&acme())),
    });
    for challenge in ["Basic realm=\"x\"", "Bearer realm=\"http://HOST/token\",service=\"x\""] {
        let other = other.clone();
        let (address, requests) = serve(move |request, host| match &request.line {
            line if line.contains(" /token") => answer("200 OK", "", b"{\"token\": \"good-for-now\"}"),
            _ if !request.all.contains("authorization:") => {
                let challenge = format!("WWW-Authenticate: {}\r\n", challenge.replace("HOST", host));
                answer("401 Unauthorized", &challenge, b"{}")
            }
            line if line.contains("/manifests/") => {
                answer("307 Temporary Redirect", &format!("Location: http://{other}/manifest\r\n"), b"")
            }
            _ => answer("302 Found", &format!("Location: http://{other}/blob\r\n"), b""),
        });
        let folder = docker(&address, &format!("{{\"auth\": \"{}\"}}", support::LOGIN));
        let registry = OciRegistry::with_docker_config(&address, false, Some(folder.path())).unwrap();
        assert!(pull(&registry, "acme", "0.1.0").unwrap() == acme());
        assert!(authorizations(&requests).len() >= 2);
    }
    assert_eq!(elsewhere.lock().unwrap().len(), 4);
    assert_eq!(authorizations(&elsewhere), [""; 0]);

    let again =
        |_: &Request, host: &str| answer("307 Temporary Redirect", &format!("Location: http://{host}/\r\n"), b"");
    assert_refused(pull(&open(&serve(again).0), "acme", "0.1.0"), &["too many redirects"]);
}

/// A registry that names this token server, and wants a token for everything; with a password, and with an identity
/// token.
fn with_token_server(realm: &'static str, token: Vec<u8>) -> Vec<(OciRegistry, Arc<Mutex<Vec<Request>>>)> {
    let entries = [format!("{{\"auth\": \"{}\"}}", support::LOGIN), "{\"identitytoken\": \"looking-glass\"}".into()];
    let open = |entry: &String| {
        let token = token.clone();
        let (address, requests) = serve(move |request, host| match request.line.contains(" /token") {
            true => token.clone(),
            false => {
                let realm = realm.replace("HOST", host);
                let challenge = format!("WWW-Authenticate: Bearer realm=\"{realm}\",service=\"x\"\r\n");
                answer("401 Unauthorized", &challenge, b"{}")
            }
        });
        let folder = docker(&address, entry);
        (OciRegistry::with_docker_config(&address, false, Some(folder.path())).unwrap(), requests)
    };
    entries.iter().map(open).collect()
}

#[test]
fn token_servers() {
    let here = "http://HOST/token";
    let good = answer("200 OK", "", b"{\"token\": \"good-for-now\"}");
    let gone = answer("307 Temporary Redirect", "Location: http://HOST/elsewhere\r\n", b"");
    for (realm, token, said) in [
        // Neither asked for nor looked up.
        ("http://tokens.example.org/token", good.clone(), "a token server without TLS, where passwords must not go"),
        ("token", good, "names no good token server"),
        (here, answer("200 OK", "", &vec![b' '; 6 << 20]), "answers with more than 4194304 bytes"),
        (here, answer("200 OK", "", b"{\"token\": \"a\\nb\"}"), "gives no token"),
        (here, answer("200 OK", "", b"{\"token\": \"\"}"), "gives no token"),
        (here, answer("200 OK", "", b"looking-glass"), "gives no token"),
        (here, answer("503 Busy", "", b"looking-glass"), "answers 503 Service Unavailable"),
    ] {
        for (registry, _) in with_token_server(realm, token.clone()) {
            for refused in [
                pull(&registry, "acme", "0.1.0").map(drop),
                one_line(registry.push("acme", "0.1.0", &acme(), &BTreeMap::new())),
            ] {
                let text = refused.unwrap_err();
                assert!(text.contains(said) && !text.contains("looking-glass"), "{text}");
            }
        }
    }
    // A redirection would take the body along.
    let [_, (registry, requests)] = &with_token_server(here, gone)[..] else { panic!("two") };
    assert_refused(pull(registry, "acme", "0.1.0"), &["answers 307 Temporary Redirect"]);
    assert!(!requests.lock().unwrap().iter().any(|request| request.line.contains("elsewhere")));
}

#[test]
fn uploads() {
    let (other, elsewhere) = serve(|_, _| answer("201 Created", "", b""));
    let push = |begun: Vec<u8>| {
        let (address, requests) = serve(move |request, _| match request.line.split(' ').next() {
            Some("GET") => answer("200 OK", "", b"{}"),
            Some("POST") => begun.clone(),
            _ => answer("201 Created", "", b""),
        });
        let folder = docker(&address, &format!("{{\"auth\": \"{}\"}}", support::LOGIN));
        let registry = OciRegistry::with_docker_config(&address, false, Some(folder.path())).unwrap();
        (one_line(registry.push("acme", "0.1.0", &acme(), &BTreeMap::new())), requests)
    };
    let begun = |to: &str| answer("202 Accepted", &format!("Location: {to}\r\n"), b"");
    // What the registry has in the address stays there; relative to where it was asked.
    let (pushed, requests) = push(begun("session?state=a%2Fb"));
    pushed.unwrap();
    let digest = sha256(&acme());
    let expected = format!("PUT /v2/acme/blobs/uploads/session?state=a%2Fb&digest=sha256%3A{digest} ");
    assert!(requests.lock().unwrap().iter().any(|request| request.line.starts_with(&expected)));
    assert!(requests.lock().unwrap().last().unwrap().line.starts_with("PUT /v2/acme/manifests/0.1.0 "));
    let is_begun = |request: &&Request| request.line.starts_with("POST");
    for begun in requests.lock().unwrap().iter().filter(is_begun) {
        assert_eq!(begun.all.to_lowercase().matches("content-length: 0\r\n").count(), 1);
    }

    let (pushed, requests) = push(begun(&format!("http://{other}/session")));
    pushed.unwrap();
    assert_eq!(elsewhere.lock().unwrap().len(), 2);
    assert_eq!(authorizations(&elsewhere), [""; 0]);
    assert_eq!(authorizations(&requests).len(), 3);

    assert_refused(push(begun("http://[")).0, &["cannot publish oci://127.0.0.1:", "does not say where to upload"]);
    assert_refused(push(answer("202 Accepted", "", b"")).0, &["does not say where to upload"]);
    assert_refused(push(begun("ftp://127.0.0.1/x")).0, &["URL scheme is not allowed"]);
    assert_refused(push(answer("200 OK", "", b"")).0, &["answers 200 OK"]);
    assert_refused(
        push(answer("307 Temporary Redirect", "Location: /\r\n", b"")).0,
        &["answers 307 Temporary Redirect"],
    );
    assert_refused(push(answer("500 No", "", &vec![b' '; 6 << 20])).0, &["answers 500 Internal Server Error"]);
}
