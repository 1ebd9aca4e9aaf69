//! OCI registries (OCI Distribution Specification 1.1) as places for plugin packages. A package is a component in the
//! layout that the CNCF has agreed on for WebAssembly: one layer `application/wasm`, so that `wkg` and `oras` fetch
//! what is published here, and the other way round.
//!
//! Everything blocks, and must not be called from within an async runtime. Only the types are `oci_client`'s:
//! it reads answers of any size into memory, panics at some, and sends passwords to token servers without TLS.

mod component;
mod credentials;
mod http;
mod names;

use credentials::Credentials;
use oci_client::Reference;
use oci_client::client::{Config, ImageLayer};
use oci_client::manifest::{OCI_IMAGE_MEDIA_TYPE, OciImageManifest};
use reqwest::header::{CONTENT_LENGTH, CONTENT_TYPE, LOCATION};
use reqwest::{StatusCode, Url, redirect};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::path::Path;
use std::time::Duration;
use tokio::runtime::Runtime;

/// The layout for WebAssembly (CNCF TAG Runtime, "Wasm OCI Artifact Layout").
const LAYER: &str = "application/wasm";
const CONFIG: &str = "application/vnd.wasm.config.v0+json";
/// The annotation for a layer's file.
const TITLE: &str = "org.opencontainers.image.title";
/// How long a registry may take to be reached, and to send the next bytes.
const CONNECT: Duration = Duration::from_secs(10);
const READ: Duration = Duration::from_secs(30);
/// What a registry must take when we publish, in bytes per second.
const SLOWEST: u64 = 30_000;
/// Tags or repositories that are listed.
const MAX_LISTED: usize = 10_000;
/// Registries may send smaller pages than what is asked for.
const MAX_PAGES: usize = 1000;
/// Manifests and pages of lists. The specification lets registries refuse larger manifests.
const MAX_ANSWER: u64 = 4 << 20;
/// Where a repository or tag must be named, but none is meant.
const ANY: &str = "any";
/// Everything that a tag may be, so that what is no package can be told by what it is.
const MANIFESTS: &str = concat!(
    "application/vnd.oci.image.manifest.v1+json, application/vnd.docker.distribution.manifest.v2+json, ",
    "application/vnd.oci.image.index.v1+json, application/vnd.docker.distribution.manifest.list.v2+json",
);

/// What was tried, where, and why it failed; one line.
#[derive(Debug)]
pub struct OciError(String);

impl fmt::Display for OciError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for OciError {}

/// The repositories below a path of a registry.
pub struct OciRegistry {
    /// With the port.
    host: String,
    /// With a slash at the end, if it isn't empty.
    path: String,
    plain: bool,
    /// Not only because the host is loopback.
    plain_http: bool,
    http: reqwest::Client,
    /// For requests with a body, which redirections would take elsewhere, and which take their time.
    upload: reqwest::Client,
    credentials: Credentials,
    runtime: Runtime,
}

/// What a tag has: the one layer that is a component.
struct Layer {
    sha256: String,
    size: u64,
}

impl OciRegistry {
    /// `location` is what stands behind `oci://`: `HOST[:PORT][/PATH]`. TLS, but plain HTTP where the host is loopback
    /// (localhost, 127.0.0.0/8, `[::1]`) or `plain_http` says so. Who logs in, the user's Docker configuration says.
    pub fn new(location: &str, plain_http: bool) -> Result<OciRegistry, OciError> {
        Self::with_docker_config(location, plain_http, credentials::docker_config().as_deref())
    }

    /// With another folder for Docker's configuration, or none.
    #[doc(hidden)]
    pub fn with_docker_config(
        location: &str,
        plain_http: bool,
        folder: Option<&Path>,
    ) -> Result<OciRegistry, OciError> {
        let (host, path) = names::location(location).map_err(OciError)?;
        let error = |reason: String| OciError(format!("cannot use oci://{host}: {reason}"));
        let plain = plain_http || names::is_loopback(&host);
        // Fails where one is installed already, which is as good.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let client = || {
            // A registry with TLS can't send us elsewhere without.
            let client = reqwest::Client::builder().https_only(!plain).connect_timeout(CONNECT);
            client.user_agent(concat!("prosector/", env!("CARGO_PKG_VERSION")))
        };
        let http = client().read_timeout(READ).build().map_err(|e| error(e.to_string()))?;
        let upload = client().redirect(redirect::Policy::none()).build().map_err(|e| error(e.to_string()))?;
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
        let runtime = runtime.map_err(|e| error(e.to_string()))?;
        let credentials = Credentials::find(&host, folder).map_err(error)?;
        Ok(OciRegistry { host, path, plain, plain_http, http, upload, credentials, runtime })
    }

    /// The tags of a repository below the location, sorted; a repository that isn't there has none. More than 10,000
    /// are an error.
    pub fn tags(&self, repository: &str) -> Result<Vec<String>, OciError> {
        let failed = |reason| self.error("list the tags of", repository, None, reason);
        let reference = self.reference(repository, ANY).map_err(failed)?;
        let url = self.url(&reference, "tags/list?n=1000").map_err(failed)?;
        let tags =
            self.runtime.block_on(self.list(&reference, url, "tags", &scope(&reference, "pull"))).map_err(failed)?;
        Ok(tags.unwrap_or_default())
    }

    /// The SHA-256 (hex) and the size in bytes of the Wasm layer that a tag has; `None` where the tag isn't there.
    pub fn digest(&self, repository: &str, tag: &str) -> Result<Option<(String, u64)>, OciError> {
        let layer = self.reference(repository, tag).and_then(|reference| {
            self.runtime.block_on(async {
                let token = self.login(&reference, &scope(&reference, "pull")).await?;
                self.layer(&reference, token.as_deref()).await
            })
        });
        let layer = layer.map_err(|reason| self.error("look up", repository, Some(tag), reason))?;
        Ok(layer.map(|layer| (layer.sha256, layer.size)))
    }

    /// Fetches the layer of a tag, all of it or an error: at most `limit` bytes, and those that the manifest names by
    /// their SHA-256. `progress` is told the bytes so far, and the bytes in all.
    pub fn pull(
        &self,
        repository: &str,
        tag: &str,
        limit: u64,
        progress: &mut dyn FnMut(u64, u64),
    ) -> Result<Vec<u8>, OciError> {
        let bytes = self
            .reference(repository, tag)
            .and_then(|reference| self.runtime.block_on(self.fetch(&reference, limit, progress)));
        bytes.map_err(|reason| self.error("fetch", repository, Some(tag), reason))
    }

    /// Publishes a component under a tag, in place of what was there: who must not replace anything asks
    /// [`Self::digest`] before. The annotations go to the manifest. The tag changes last, so that a push that breaks
    /// off changes nothing.
    pub fn push(
        &self,
        repository: &str,
        tag: &str,
        component: &[u8],
        annotations: &BTreeMap<String, String>,
    ) -> Result<(), OciError> {
        let pushed = self.reference(repository, tag).and_then(|reference| {
            let config = Config::new(component::config(component)?.to_string(), CONFIG.into(), None);
            // Without a file's name, `oras pull` writes none.
            let name = reference.repository().rsplit('/').next().unwrap_or(ANY);
            let title = BTreeMap::from([(TITLE.to_owned(), format!("{name}.wasm"))]);
            let layers = [ImageLayer::new(component.to_vec(), LAYER.into(), Some(title))];
            let annotations = (!annotations.is_empty()).then(|| annotations.clone());
            let manifest = OciImageManifest {
                media_type: Some(OCI_IMAGE_MEDIA_TYPE.into()),
                ..OciImageManifest::build(&layers, &config, annotations)
            };
            let manifest_json = serde_json::to_vec(&manifest).map_err(|e| e.to_string())?;
            let [layer] = &manifest.layers[..] else { return Err("its manifest has not one layer".into()) };
            self.runtime.block_on(async {
                let token = self.login(&reference, &scope(&reference, "pull,push")).await?;
                let token = token.as_deref();
                self.put_blob(&reference, component.to_vec(), &layer.digest, token).await?;
                self.put_blob(&reference, config.data.to_vec(), &manifest.config.digest, token).await?;
                let url = self.url(&reference, &format!("manifests/{tag}"))?;
                let put = self.upload.put(url).header(CONTENT_TYPE, OCI_IMAGE_MEDIA_TYPE);
                self.send(&reference, put, manifest_json, token, StatusCode::CREATED).await.map(drop)
            })
        });
        pushed.map_err(|reason| self.error("publish", repository, Some(tag), reason))
    }

    /// All repositories below the location, by their names below it, sorted. Many public registries don't tell; more
    /// than 10,000 in the whole registry are an error.
    pub fn repositories(&self) -> Result<Vec<String>, OciError> {
        let reference = Reference::with_tag(self.host.clone(), ANY.into(), ANY.into());
        let all = self.registry_url(&reference, "_catalog?n=1000").and_then(|url| {
            self.runtime.block_on(async {
                let reason = match self.list(&reference, url, "repositories", "registry:catalog:*").await {
                    Ok(Some(all)) => return Ok(all),
                    Ok(None) => "there is no list".to_owned(),
                    Err(reason) => reason,
                };
                match self.is_registry(&reference).await {
                    Ok(true) => Err(format!("{reason} (many public registries do not tell what they have)")),
                    _ => Err(reason),
                }
            })
        });
        let all = all.map_err(|reason| self.error("list the repositories of", "", None, reason))?;
        Ok(all.iter().filter_map(|name| name.strip_prefix(&self.path)).map(str::to_owned).collect())
    }

    /// A repository as people write it.
    fn place(&self, repository: &str) -> String {
        format!("{}/{}{repository}", self.host, self.path).trim_end_matches('/').to_owned()
    }

    fn error(&self, tried: &str, repository: &str, tag: Option<&str>, reason: String) -> OciError {
        let tag = tag.map(|tag| format!(":{tag}")).unwrap_or_default();
        OciError(names::one_line(&format!("cannot {tried} oci://{}{tag}: {reason}", self.place(repository))))
    }

    fn reference(&self, repository: &str, tag: &str) -> Result<Reference, String> {
        let repository = format!("{}{repository}", self.path);
        // Neither may lead elsewhere in an address.
        if !names::is_repository(&repository) {
            return Err("not a repository's name: its parts have a-z, 0-9 and .-_ between them".into());
        }
        if !names::is_tag(tag) {
            return Err("not a tag: it has up to 128 of A-Z, a-z, 0-9 and ._-, and no . or - first".into());
        }
        Ok(Reference::with_tag(self.host.clone(), repository, tag.to_owned()))
    }

    fn registry_url(&self, reference: &Reference, rest: &str) -> Result<Url, String> {
        let scheme = if self.plain { "http" } else { "https" };
        let url = format!("{scheme}://{}/v2/{rest}", reference.resolve_registry());
        url.parse().map_err(|e| format!("not an address: {e}"))
    }

    fn url(&self, reference: &Reference, rest: &str) -> Result<Url, String> {
        self.registry_url(reference, &format!("{}/{rest}", reference.repository()))
    }

    /// All pages of a list; `None` where it isn't there.
    async fn list(
        &self,
        reference: &Reference,
        first: Url,
        key: &str,
        scope: &str,
    ) -> Result<Option<Vec<String>>, String> {
        let token = self.login(reference, scope).await?;
        let mut all = BTreeSet::new();
        let mut url = first;
        for _ in 0..MAX_PAGES {
            let Some(response) = self.get(reference, url.clone(), "application/json", token.as_deref()).await? else {
                return Ok(None);
            };
            let next = http::next_page(&response, &url);
            let page: Value = serde_json::from_slice(&self.body(response, MAX_ANSWER).await?)
                .map_err(|_| format!("{} does not answer as a registry", self.host))?;
            // Without any, some say null.
            let page = page[key].as_array().into_iter().flatten().filter_map(Value::as_str);
            all.extend(page.filter(|name| !name.is_empty()).map(str::to_owned));
            if all.len() > MAX_LISTED {
                break;
            }
            match next {
                Some(next) => url = next,
                None => return Ok(Some(all.into_iter().collect())),
            }
        }
        Err(format!("there are more than {MAX_LISTED}, or the list has no end"))
    }

    async fn layer(&self, reference: &Reference, token: Option<&str>) -> Result<Option<Layer>, String> {
        let tag = reference.tag().unwrap_or(ANY);
        let url = self.url(reference, &format!("manifests/{tag}"))?;
        let Some(response) = self.get(reference, url, MANIFESTS, token).await? else { return Ok(None) };
        let manifest: Value = serde_json::from_slice(&self.body(response, MAX_ANSWER).await?)
            .map_err(|_| format!("{} does not answer as a registry", self.host))?;
        if manifest["manifests"].is_array() {
            return Err("not a package: an index of several artifacts".into());
        }
        // Whatever the config is: `oras push` with a file of this type makes a package as well.
        let layer = match manifest["layers"].as_array().map(Vec::as_slice) {
            Some([layer]) => layer,
            layers => {
                return Err(format!(
                    "not a package: it has {} layers, a package has one",
                    layers.map_or(0, <[_]>::len)
                ));
            }
        };
        let media_type = layer["mediaType"].as_str().unwrap_or("nothing");
        if media_type != LAYER {
            return Err(format!("not a package: its layer is {media_type}, a package's is {LAYER}"));
        }
        let is_hex = |hex: &&str| hex.len() == 64 && hex.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'));
        let sha256 = layer["digest"].as_str().and_then(|digest| digest.strip_prefix("sha256:")).filter(is_hex);
        match (sha256, layer["size"].as_u64()) {
            (Some(sha256), Some(size)) => Ok(Some(Layer { sha256: sha256.to_owned(), size })),
            _ => Err("its manifest has no SHA-256 or no size of the layer".into()),
        }
    }

    /// Uploads what a manifest names, in the one way that all registries must know: POST, then PUT.
    async fn put_blob(
        &self,
        reference: &Reference,
        bytes: Vec<u8>,
        digest: &str,
        token: Option<&str>,
    ) -> Result<(), String> {
        let url = self.url(reference, "blobs/uploads/")?;
        // Some refuse to guess it.
        let begin = self.upload.post(url.clone()).header(CONTENT_LENGTH, 0);
        let begun = self.send(reference, begin, Vec::new(), token, StatusCode::ACCEPTED).await?;
        let to = begun.headers().get(LOCATION).and_then(|to| to.to_str().ok());
        let to = to.and_then(|to| url.join(to).ok());
        let mut to = to.ok_or_else(|| format!("{} does not say where to upload", self.host))?;
        to.query_pairs_mut().append_pair("digest", digest);
        let put = self.upload.put(to).header(CONTENT_TYPE, "application/octet-stream");
        self.send(reference, put, bytes, token, StatusCode::CREATED).await.map(drop)
    }

    async fn fetch(
        &self,
        reference: &Reference,
        limit: u64,
        progress: &mut dyn FnMut(u64, u64),
    ) -> Result<Vec<u8>, String> {
        let token = self.login(reference, &scope(reference, "pull")).await?;
        let layer = self.layer(reference, token.as_deref()).await?;
        let Layer { sha256, size } = layer.ok_or("it is not there")?;
        if size > limit {
            return Err(format!("it has {size} bytes, {limit} are allowed"));
        }
        let url = self.url(reference, &format!("blobs/sha256:{sha256}"))?;
        let response = self.get(reference, url, "*/*", token.as_deref()).await?;
        let mut response = response.ok_or("its manifest is there, its bytes are not")?;
        let mut bytes = Vec::new();
        while let Some(part) = response.chunk().await.map_err(|e| self.transport(e))? {
            if (bytes.len() + part.len()) as u64 > size {
                return Err(format!("more bytes come than the {size} that its manifest says"));
            }
            bytes.extend_from_slice(&part);
            progress(bytes.len() as u64, size);
        }
        if (bytes.len() as u64) < size {
            return Err(format!("only {} of its {size} bytes came", bytes.len()));
        }
        let is = prosector_package::sha256(&bytes);
        if is != sha256 {
            return Err(format!("its bytes are not those of its manifest: their SHA-256 is {is}, not {sha256}"));
        }
        Ok(bytes)
    }

    /// Whether a registry is there at all: a "not found" of any web server is no answer about packages.
    async fn is_registry(&self, reference: &Reference) -> Result<bool, String> {
        let url = self.registry_url(reference, "")?;
        let status = self.http.get(url).send().await.map_err(|e| self.transport(e))?.status();
        Ok(matches!(status, StatusCode::OK | StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN))
    }
}

/// What a token is for (Docker's "Token Scope Documentation").
fn scope(reference: &Reference, actions: &str) -> String {
    format!("repository:{}:{actions}", reference.repository())
}
