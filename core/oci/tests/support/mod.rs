//! Debian's `docker-registry` on loopback, for tests of several crates. `std` and `tempfile` only.
#![allow(dead_code, missing_docs)] // No test uses all of it.

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

/// Who may log in where [`Server::start`] is asked for a password; as Docker's configuration has it, [`LOGIN`].
pub const USER: &str = "ada";
pub const PASSWORD: &str = "wonderland-7";
pub const LOGIN: &str = "YWRhOndvbmRlcmxhbmQtNw==";
/// `htpasswd -B`, of few rounds.
const HTPASSWD: &str = "ada:$2b$05$CIVZxtJLmeQWoLL57h4z1eEW8.3qrElXidrQzD2juD5.Hi23V.tV2\n";
const START: Duration = Duration::from_secs(20);

/// A registry that is stopped when it is dropped; what it keeps goes with it.
pub struct Server {
    child: Child,
    port: u16,
    storage: PathBuf,
    _folder: tempfile::TempDir,
}

impl Server {
    /// `None`, and a line that says so, where `docker-registry` is not installed.
    pub fn start(password: bool) -> Option<Server> {
        let program = ["/usr/bin/docker-registry", "/usr/local/bin/docker-registry"];
        let Some(program) = program.into_iter().find(|program| Path::new(program).exists()) else {
            println!("skipped: docker-registry is not installed");
            return None;
        };
        // Somebody else may take the free port before the registry does.
        let server = (0..5).find_map(|_| Server::try_start(program, password));
        Some(server.expect("docker-registry does not start"))
    }

    fn try_start(program: &str, password: bool) -> Option<Server> {
        let folder = tempfile::tempdir().expect("a folder");
        let storage = folder.path().join("storage");
        let port = TcpListener::bind("127.0.0.1:0").expect("a port").local_addr().expect("a port").port();
        let mut config = format!(
            "version: 0.1\nstorage: {{filesystem: {{rootdirectory: {}}}}}\nhttp: {{addr: '127.0.0.1:{port}'}}\n",
            storage.display()
        );
        if password {
            let file = folder.path().join("htpasswd");
            std::fs::write(&file, HTPASSWD).expect("a file");
            config += &format!("auth: {{htpasswd: {{realm: test, path: {}}}}}\n", file.display());
        }
        let file = folder.path().join("config.yml");
        std::fs::write(&file, config).expect("a file");
        let mut command = Command::new(program);
        command.arg("serve").arg(file).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        let child = command.spawn().expect("docker-registry");
        let mut server = Server { child, port, storage, _folder: folder };
        let begun = Instant::now();
        while begun.elapsed() < START {
            if server.child.try_wait().expect("a child").is_some() {
                return None;
            }
            if server.answers() {
                return Some(server);
            }
            std::thread::sleep(Duration::from_millis(20));
        }
        None
    }

    fn answers(&self) -> bool {
        let ask = || {
            let mut stream = TcpStream::connect(("127.0.0.1", self.port))?;
            stream.set_read_timeout(Some(Duration::from_secs(2)))?;
            stream.write_all(b"GET /v2/ HTTP/1.0\r\n\r\n")?;
            let mut answer = [0; 12];
            stream.read_exact(&mut answer).map(|()| answer)
        };
        // With a password it refuses, and runs.
        ask().is_ok_and(|answer| answer.ends_with(b" 200") || answer.ends_with(b" 401"))
    }

    /// "127.0.0.1:PORT".
    pub fn address(&self) -> String {
        format!("127.0.0.1:{}", self.port)
    }

    /// The folder of all it keeps.
    pub fn storage(&self) -> &Path {
        &self.storage
    }

    /// The file of a blob, by its SHA-256.
    pub fn blob(&self, sha256: &str) -> PathBuf {
        self.storage.join("docker/registry/v2/blobs/sha256").join(&sha256[..2]).join(sha256).join("data")
    }

    pub fn stop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.stop();
    }
}
