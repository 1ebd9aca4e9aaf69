//! Who logs in: what the user's Docker configuration has for a host.

use docker_credential::CredentialRetrievalError::{HelperFailure, NoCredentialConfigured};
use docker_credential::DockerCredential;
use std::fs::File;
use std::io::{BufReader, ErrorKind};
use std::path::{Path, PathBuf};

// No Debug: it has secrets.
pub(crate) enum Credentials {
    Anonymous,
    Password(String, String),
    /// Is changed for a token at the registry's token server.
    Identity(String),
}

/// Docker's folder, as Docker finds it.
pub(crate) fn docker_config() -> Option<PathBuf> {
    let folder = std::env::var_os("DOCKER_CONFIG").filter(|folder| !folder.is_empty());
    folder.map(PathBuf::from).or_else(|| Some(std::env::home_dir()?.join(".docker")))
}

impl Credentials {
    pub(crate) fn find(host: &str, folder: Option<&Path>) -> Result<Credentials, String> {
        let Some(file) = folder.map(|folder| folder.join("config.json")) else { return Ok(Credentials::Anonymous) };
        let open = match File::open(&file) {
            Ok(open) => open,
            Err(e) if matches!(e.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory) => {
                return Ok(Credentials::Anonymous);
            }
            Err(e) => return Err(format!("{}: {e}", file.display())),
        };
        // Docker Hub's have a name of their own.
        let server = if host == "docker.io" { "https://index.docker.io/v1/" } else { host };
        match docker_credential::get_credential_from_reader(BufReader::new(open), server) {
            Ok(DockerCredential::UsernamePassword(user, password)) => Ok(Credentials::Password(user, password)),
            Ok(DockerCredential::IdentityToken(token)) => Ok(Credentials::Identity(token)),
            Err(NoCredentialConfigured) => Ok(Credentials::Anonymous),
            // How every helper says that it has none.
            Err(HelperFailure { stdout, stderr, .. })
                if [&stdout, &stderr].iter().any(|said| said.contains("credentials not found")) =>
            {
                Ok(Credentials::Anonymous)
            }
            // What it printed may be a secret.
            Err(HelperFailure { helper, .. }) => {
                Err(format!("{}: the credential helper `{helper}` failed", file.display()))
            }
            Err(e) => Err(format!("{}: {e}", file.display())),
        }
    }
}
