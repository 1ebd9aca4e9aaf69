//! OCI registries, as containers' images lie in (OCI Distribution Specification 1.1). A package is an artifact in the layout that
//! the CNCF has agreed on for WebAssembly, so that `wkg` and `oras` can fetch what is published here, and the other way round.

use crate::RegistryError;
use docker_credential::{CredentialRetrievalError, DockerCredential};
use futures_util::StreamExt;
use oci_client::client::{ClientConfig, ClientProtocol, Config, ImageLayer};
use oci_client::errors::OciDistributionError;
use oci_client::manifest::{OCI_IMAGE_MEDIA_TYPE, OciDescriptor, OciImageManifest};
use oci_client::secrets::RegistryAuth;
use oci_client::{Client, Reference};
use prosector_package::{MAX_PACKAGE, Package, PackageName, sha256};
use serde_json::json;
use std::collections::BTreeMap;
use std::net::IpAddr;
use std::time::Duration;
use tokio::runtime::Runtime;

/// The layout for WebAssembly (CNCF TAG Runtime, "Wasm OCI Artifact Layout").
const LAYER: &str = "application/wasm";
const CONFIG: &str = "application/vnd.wasm.config.v0+json";
/// How long a registry may take to be reached, and to send the next bytes.
const CONNECT: Duration = Duration::from_secs(10);
const READ: Duration = Duration::from_secs(30);
/// Tags or repositories that are listed, and how many are asked for at a time.
const MAX_LISTED: usize = 10_000;
const PAGE: usize = 1000;
/// Where a repository or tag must be named, but none is meant.
const ANY: &str = "any";

/// Repositories below a path of a host.
pub(crate) struct Oci {
    host: String,
    /// With a slash at the end, if it isn't empty.
    path: String,
    client: Client,
    auth: RegistryAuth,
    runtime: Runtime,
}

/// What a tag has: the one layer that is a component.
struct Layer {
    descriptor: OciDescriptor,
    sha256: String,
}

impl Oci {
    /// `location` is what stands behind `oci://`. Without TLS only where the host is this machine, or it was said so.
    pub fn open(location: &str, plain_http: bool) -> Result<Oci, RegistryError> {
        let (host, path) = location.split_once('/').unwrap_or((location, ""));
        let path = path.trim_end_matches('/');
        let wrong = || RegistryError::new(format!("oci://{location}: expected oci://HOST[:PORT][/PATH]"));
        let is_host = |c: char| c.is_ascii_alphanumeric() || ".-:[]".contains(c);
        // A repository is made of parts like those of a package's name.
        let is_path = path.is_empty() || path.split('/').all(|part| PackageName::new(None, part).is_ok());
        if host.is_empty() || !host.chars().all(is_host) || !is_path {
            return Err(wrong());
        }
        let path = if path.is_empty() { String::new() } else { format!("{path}/") };
        let plain = plain_http || is_loopback(host);
        // Several versions of rustls's engines may be linked in; the one that is asked for first stays.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let config = ClientConfig {
            protocol: if plain { ClientProtocol::Http } else { ClientProtocol::Https },
            connect_timeout: Some(CONNECT),
            read_timeout: Some(READ),
            platform_resolver: None,
            user_agent: concat!("prosector/", env!("CARGO_PKG_VERSION")),
            ..ClientConfig::default()
        };
        let client = Client::try_from(config).map_err(|e| RegistryError::new(format!("oci://{location}: {e}")))?;
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().map_err(RegistryError::new)?;
        Ok(Oci { auth: credentials(host)?, host: host.to_owned(), path, client, runtime })
    }

    fn reference(&self, repository: &str, tag: &str) -> Reference {
        Reference::with_tag(self.host.clone(), format!("{}{repository}", self.path), tag.to_owned())
    }

    /// What went wrong, in people's words.
    fn error(&self, reference: &Reference, e: &OciDistributionError) -> RegistryError {
        use OciDistributionError::{AuthenticationFailure, RequestError, ServerError, UnauthorizedError};
        let host = &self.host;
        let text = match e {
            AuthenticationFailure(_) | UnauthorizedError { .. } => self.unauthorized(),
            ServerError { code: 401 | 403, .. } => self.unauthorized(),
            OciDistributionError::RegistryError { envelope, .. } => {
                let said: Vec<String> =
                    envelope.errors.iter().map(|e| format!("{:?}: {}", e.code, e.message)).collect();
                match said.iter().any(|text| text.starts_with("Unauthorized") || text.starts_with("Denied")) {
                    true => self.unauthorized(),
                    false => said.join(", "),
                }
            }
            RequestError(e) if e.is_connect() => format!("{host} can't be reached: {}", innermost(e)),
            RequestError(e) if e.is_timeout() => format!("{host} does not answer"),
            RequestError(e) => format!("the transfer broke off: {}", innermost(e)),
            other => innermost(other),
        };
        let shown = reference.to_string().replace(&format!("{ANY}:{ANY}"), "").replace(&format!(":{ANY}"), "");
        RegistryError::new(format!("oci://{shown}: {text}"))
    }

    fn unauthorized(&self) -> String {
        let host = &self.host;
        match self.auth {
            RegistryAuth::Anonymous => format!("{host} wants a user and a password; `docker login {host}` keeps them"),
            _ => format!("{host} refuses this user or password; `docker login {host}` changes them"),
        }
    }

    /// The tags of a repository; one that isn't there has none.
    pub fn tags(&self, repository: &str) -> Result<Vec<String>, RegistryError> {
        let reference = self.reference(repository, ANY);
        let mut tags: Vec<String> = Vec::new();
        while tags.len() < MAX_LISTED {
            let page = self.client.list_tags(&reference, &self.auth, Some(PAGE), tags.last().map(String::as_str));
            let page = match self.runtime.block_on(page) {
                Ok(page) => page.tags,
                Err(e) if is_missing(&e) => break,
                Err(e) => return Err(self.error(&reference, &e)),
            };
            // Some registries give everything at once, whatever was asked for, and again.
            let before = tags.len();
            tags.extend(page.into_iter().filter(|tag| !tag.is_empty()));
            tags.sort();
            tags.dedup();
            if tags.len() < before + PAGE {
                break;
            }
        }
        Ok(tags)
    }

    fn layer(&self, reference: &Reference) -> Result<Option<Layer>, RegistryError> {
        let manifest = self.runtime.block_on(self.client.pull_image_manifest(reference, &self.auth));
        let OciImageManifest { layers, .. } = match manifest {
            Ok((manifest, _)) => manifest,
            Err(e) if is_missing(&e) => return Ok(None),
            Err(e) => return Err(self.error(reference, &e)),
        };
        let is_ours = |layer: &OciDescriptor| layer.media_type == LAYER;
        let wrong = |text: &str| Err(RegistryError::new(format!("oci://{reference}: {text}")));
        let descriptor = match <[OciDescriptor; 1]>::try_from(layers) {
            Ok([layer]) if is_ours(&layer) => layer,
            Ok([layer]) => return wrong(&format!("no package: what it has is {}, not {LAYER}", layer.media_type)),
            Err(layers) => return wrong(&format!("no package: it has {} layers, a package has one", layers.len())),
        };
        let digest = descriptor.digest.strip_prefix("sha256:").filter(|hex| hex.len() == 64);
        let Some(digest) = digest.map(str::to_owned) else { return wrong("its digest is no SHA-256") };
        Ok(Some(Layer { descriptor, sha256: digest }))
    }

    /// The SHA-256 of what a tag has; `None` where there is no such tag.
    pub fn digest(&self, repository: &str, tag: &str) -> Result<Option<String>, RegistryError> {
        Ok(self.layer(&self.reference(repository, tag))?.map(|layer| layer.sha256))
    }

    /// Fetches what a tag has, all of it or an error.
    pub fn pull(
        &self,
        repository: &str,
        tag: &str,
        progress: &mut dyn FnMut(u64, u64),
    ) -> Result<Vec<u8>, RegistryError> {
        let reference = self.reference(repository, tag);
        let wrong = |text: String| RegistryError::new(format!("oci://{reference}: {text}"));
        let Layer { descriptor, sha256: digest } =
            self.layer(&reference)?.ok_or_else(|| wrong("there is no such package".into()))?;
        let size = u64::try_from(descriptor.size).unwrap_or(0);
        if size > MAX_PACKAGE {
            return Err(wrong(format!("it has {size} bytes; a package may have {MAX_PACKAGE}")));
        }
        let mut bytes = Vec::new();
        self.runtime.block_on(async {
            let mut blob =
                self.client.pull_blob_stream(&reference, &descriptor).await.map_err(|e| self.error(&reference, &e))?;
            while let Some(part) = blob.stream.next().await {
                bytes
                    .extend_from_slice(&part.map_err(|e| wrong(format!("the transfer broke off: {}", innermost(&e))))?);
                if bytes.len() as u64 > size {
                    return Err(wrong(format!("more came than the {size} bytes that were announced")));
                }
                progress(bytes.len() as u64, size);
            }
            Ok(())
        })?;
        match sha256(&bytes) {
            is if is == digest => Ok(bytes),
            is => Err(wrong(format!("its SHA-256 is {is}, the registry says {digest}"))),
        }
    }

    /// Publishes a package under a tag, in place of what was there.
    pub fn push(
        &self,
        repository: &str,
        tag: &str,
        package: &Package<'_>,
        annotations: BTreeMap<String, String>,
    ) -> Result<(), RegistryError> {
        let reference = self.reference(repository, tag);
        // Whenever it is published, the same package is the same artifact.
        let config = json!({
            "architecture": "wasm",
            "os": "wasip2",
            "layerDigests": [format!("sha256:{}", sha256(package.bytes))],
            "component": { "exports": package.exports, "imports": package.imports },
            "created": "1970-01-01T00:00:00Z",
        });
        let config = Config::new(config.to_string(), CONFIG.into(), None);
        // The name that `oras pull` gives the file.
        let title = format!("{}-{tag}.wasm", package.name()?.plugin());
        let title = BTreeMap::from([("org.opencontainers.image.title".to_owned(), title)]);
        let layer = ImageLayer::new(package.bytes.to_vec(), LAYER.into(), Some(title));
        let layers = [layer];
        let manifest = OciImageManifest {
            media_type: Some(OCI_IMAGE_MEDIA_TYPE.into()),
            ..OciImageManifest::build(&layers, &config, Some(annotations))
        };
        let pushed = self.client.push(&reference, &layers, config, &self.auth, Some(manifest));
        self.runtime.block_on(pushed).map(drop).map_err(|e| self.error(&reference, &e))
    }

    /// The repositories below the path, where the registry tells.
    pub fn repositories(&self) -> Result<Vec<String>, RegistryError> {
        let reference = self.reference(ANY, ANY);
        let mut all: Vec<String> = Vec::new();
        while all.len() < MAX_LISTED {
            let page = self.client.catalog(&reference, &self.auth, Some(PAGE), all.last().map(String::as_str));
            let page = self.runtime.block_on(page).map_err(|e| match e {
                OciDistributionError::RequestError(_) => self.error(&reference, &e),
                _ => RegistryError::new(format!(
                    "oci://{}: it does not tell what it has, as many registries; packages can be installed by their names",
                    self.host
                )),
            })?;
            let before = all.len();
            all.extend(page.repositories);
            all.sort();
            all.dedup();
            if all.len() < before + PAGE {
                break;
            }
        }
        Ok(all.iter().filter_map(|name| name.strip_prefix(&self.path)).map(str::to_owned).collect())
    }
}

fn is_loopback(host: &str) -> bool {
    let name = match host.rsplit_once(':') {
        Some((name, port)) if port.bytes().all(|b| b.is_ascii_digit()) => name,
        _ => host,
    };
    let address = name.trim_start_matches('[').trim_end_matches(']');
    name == "localhost" || address.parse::<IpAddr>().is_ok_and(|address| address.is_loopback())
}

/// What the user's Docker configuration has for a host.
fn credentials(host: &str) -> Result<RegistryAuth, RegistryError> {
    match docker_credential::get_credential(host) {
        Ok(DockerCredential::UsernamePassword(user, password)) => Ok(RegistryAuth::Basic(user, password)),
        Ok(DockerCredential::IdentityToken(token)) => Ok(RegistryAuth::Bearer(token)),
        Err(
            CredentialRetrievalError::ConfigNotFound
            | CredentialRetrievalError::ConfigReadError
            | CredentialRetrievalError::NoCredentialConfigured,
        ) => Ok(RegistryAuth::Anonymous),
        Err(e) => Err(RegistryError::new(format!("oci://{host}: its credentials in Docker's configuration: {e}"))),
    }
}

fn is_missing(e: &OciDistributionError) -> bool {
    match e {
        OciDistributionError::ImageManifestNotFoundError(_) | OciDistributionError::ServerError { code: 404, .. } => {
            true
        }
        OciDistributionError::RegistryError { envelope, .. } => envelope.errors.iter().any(|e| {
            use oci_client::errors::OciErrorCode::{ManifestUnknown, NameUnknown, NotFound};
            matches!(e.code, ManifestUnknown | NameUnknown | NotFound)
        }),
        _ => false,
    }
}

/// What is at the bottom of an error: the rest names layers of libraries.
fn innermost(e: &dyn std::error::Error) -> String {
    let mut e = e;
    while let Some(source) = e.source() {
        e = source;
    }
    e.to_string()
}
