//! Asking a registry: who asks, and what its answers mean.

use crate::credentials::Credentials;
use crate::{CONNECT, MAX_ANSWER, OciRegistry, READ, SLOWEST, names};
use oci_client::Reference;
use reqwest::header::{ACCEPT, CONTENT_TYPE, LINK, WWW_AUTHENTICATE};
use reqwest::{RequestBuilder, Response, StatusCode, Url};
use serde_json::Value;
use std::time::Duration;

impl OciRegistry {
    /// The token that requests of a scope need, if any (Docker's token authentication, and its OAuth2 for identity
    /// tokens).
    pub(crate) async fn login(&self, reference: &Reference, scope: &str) -> Result<Option<String>, String> {
        let response = self.http.get(self.registry_url(reference, "")?).send().await.map_err(|e| self.transport(e))?;
        let mut challenges =
            response.headers().get_all(WWW_AUTHENTICATE).iter().filter_map(|header| header.to_str().ok());
        let asked =
            challenges.find_map(|challenge| Some((parameter(challenge, "realm")?, parameter(challenge, "service"))));
        let Some((realm, service)) = asked else {
            return match self.credentials {
                Credentials::Identity(_) => {
                    Err(format!("{} takes no identity token, which Docker's configuration has for it", self.host))
                }
                _ => Ok(None),
            };
        };
        let mut realm: Url = realm.parse().map_err(|_| format!("{} names no good token server", self.host))?;
        if !matches!(self.credentials, Credentials::Anonymous) && !self.is_confidential(&realm) {
            return Err(format!("{} has a token server without TLS, where passwords must not go", self.host));
        }
        let service = service.map(|service| ("service", service));
        let query = service.into_iter().chain([("scope", scope)]);
        let request = match &self.credentials {
            Credentials::Identity(identity) => {
                let form = [("grant_type", "refresh_token"), ("client_id", "prosector"), ("refresh_token", identity)];
                // An address's query is encoded as a form is.
                let form = Url::parse_with_params("http://form/", query.chain(form)).map_err(|e| e.to_string())?;
                let post = self.upload.post(realm).header(CONTENT_TYPE, "application/x-www-form-urlencoded");
                post.timeout(READ).body(form.query().unwrap_or_default().to_owned())
            }
            other => {
                realm.query_pairs_mut().extend_pairs(query);
                let get = self.http.get(realm);
                match other {
                    Credentials::Password(user, password) => get.basic_auth(user, Some(password)),
                    _ => get,
                }
            }
        };
        let response = request.send().await.map_err(|e| self.transport(e))?;
        let status = response.status();
        // What it says of a failure is not shown: it may be about the secret.
        match status {
            StatusCode::OK => {}
            StatusCode::BAD_REQUEST | StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN => {
                return Err(self.unauthorized());
            }
            _ => return Err(format!("the token server of {} answers {status}", self.host)),
        }
        let answer: Value = serde_json::from_slice(&self.body(response, MAX_ANSWER).await?).unwrap_or_default();
        let token = answer["access_token"].as_str().or(answer["token"].as_str());
        // Goes into a header.
        let token = token.filter(|token| !token.is_empty() && token.bytes().all(|b| b.is_ascii_graphic()));
        token
            .map(|token| Some(token.to_owned()))
            .ok_or_else(|| format!("the token server of {} gives no token", self.host))
    }

    /// Whether nobody on the way reads what is sent there, or the user has said that they may.
    fn is_confidential(&self, url: &Url) -> bool {
        url.scheme() == "https" || self.plain_http || url.host_str().is_some_and(names::is_loopback)
    }

    fn authorized(&self, request: RequestBuilder, token: Option<&str>) -> RequestBuilder {
        match (token, &self.credentials) {
            (Some(token), _) => request.bearer_auth(token),
            (None, Credentials::Password(user, password)) => request.basic_auth(user, Some(password)),
            _ => request,
        }
    }

    /// Sends some bytes; the answer has the status that is expected.
    pub(crate) async fn send(
        &self,
        reference: &Reference,
        request: RequestBuilder,
        bytes: Vec<u8>,
        token: Option<&str>,
        expected: StatusCode,
    ) -> Result<Response, String> {
        // Of the whole request: while we send, nothing comes.
        let length = bytes.len() as u64;
        let time = READ + Duration::from_secs(length / SLOWEST);
        let too_slow = |e: reqwest::Error| match e.is_timeout() && !e.is_connect() {
            true => format!("{} did not take {length} bytes within {} seconds", self.host, time.as_secs()),
            false => self.transport(e),
        };
        let (client, request) = request.timeout(time).build_split();
        let request = request.map_err(|e| self.transport(e))?;
        // A registry may have uploads go elsewhere, but not our password.
        let ours = request.url().origin() == self.registry_url(reference, "")?.origin();
        let request = RequestBuilder::from_parts(client, request);
        let request = if ours { self.authorized(request, token) } else { request };
        let response = request.body(bytes).send().await.map_err(too_slow)?;
        let status = response.status();
        match status {
            _ if status == expected => Ok(response),
            StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN => Err(self.unauthorized()),
            _ => {
                let body = self.body(response, MAX_ANSWER).await.unwrap_or_default();
                Err(self.said(status, &body))
            }
        }
    }

    /// A good answer; `None` where there is nothing.
    pub(crate) async fn get(
        &self,
        reference: &Reference,
        url: Url,
        accept: &str,
        token: Option<&str>,
    ) -> Result<Option<Response>, String> {
        let request = self.http.get(url).header(ACCEPT, accept);
        let response = self.authorized(request, token).send().await.map_err(|e| self.transport(e))?;
        let status = response.status();
        match status {
            StatusCode::OK => Ok(Some(response)),
            StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN => Err(self.unauthorized()),
            StatusCode::NOT_FOUND if self.is_registry(reference).await? => Ok(None),
            StatusCode::NOT_FOUND => Err(format!("{} is not an OCI registry", self.host)),
            _ => {
                let body = self.body(response, MAX_ANSWER).await.unwrap_or_default();
                Err(self.said(status, &body))
            }
        }
    }

    /// The body of an answer, if it isn't larger.
    pub(crate) async fn body(&self, mut response: Response, limit: u64) -> Result<Vec<u8>, String> {
        let mut body = Vec::new();
        while let Some(part) = response.chunk().await.map_err(|e| self.transport(e))? {
            if (body.len() + part.len()) as u64 > limit {
                return Err(format!("{} answers with more than {limit} bytes", self.host));
            }
            body.extend_from_slice(&part);
        }
        Ok(body)
    }

    pub(crate) fn unauthorized(&self) -> String {
        let host = &self.host;
        match self.credentials {
            // Some say so of what isn't there as well.
            Credentials::Anonymous => format!("{host} wants a user and a password; `docker login {host}` keeps them"),
            _ => format!(
                "{host} refuses this user or password, or does not allow it; `docker login {host}` changes them"
            ),
        }
    }

    /// What a registry says about a failure.
    fn said(&self, status: StatusCode, body: &[u8]) -> String {
        let body: Value = serde_json::from_slice(body).unwrap_or_default();
        let errors = body["errors"].as_array().into_iter().flatten();
        let said: Vec<String> = errors
            .map(|error| [&error["code"], &error["message"]].map(|text| text.as_str().unwrap_or("")).join(": "))
            .collect();
        format!("{} answers {status} {}", self.host, said.join(", ")).trim_end().to_owned()
    }

    /// Why there was no answer, or not all of it. The address stays out of it: it may have a token.
    pub(crate) fn transport(&self, e: reqwest::Error) -> String {
        // After a redirection another one.
        let host = e.url().and_then(|url| {
            let port = url.port().map(|port| format!(":{port}")).unwrap_or_default();
            url.host_str().map(|host| format!("{host}{port}"))
        });
        let host = host.unwrap_or_else(|| self.host.clone());
        let (connect, timeout) = (e.is_connect(), e.is_timeout());
        match innermost(&e.without_url()) {
            _ if connect && timeout => format!("{host} can't be reached within {} seconds", CONNECT.as_secs()),
            _ if timeout => format!("{host} sent nothing for {} seconds", READ.as_secs()),
            cause if connect => format!("{host} can't be reached: {cause}"),
            cause => format!("the transfer from or to {host} broke off: {cause}"),
        }
    }
}

/// The next page of a list. Only of the same registry: the request will have our token.
pub(crate) fn next_page(response: &Response, url: &Url) -> Option<Url> {
    let links = response.headers().get_all(LINK).iter().filter_map(|header| header.to_str().ok());
    let next = links.flat_map(|header| header.split(',')).find_map(|link| {
        let (target, parameters) = link.trim().strip_prefix('<')?.split_once('>')?;
        let is_next = |parameter: &str| matches!(parameter.trim(), "rel=\"next\"" | "rel=next");
        parameters.split(';').any(is_next).then_some(target)
    })?;
    url.join(next).ok().filter(|next| next.origin() == url.origin())
}

/// Of a challenge, like `Bearer realm="https://…",service="…"`.
fn parameter<'a>(challenge: &'a str, name: &str) -> Option<&'a str> {
    let parameters = challenge.strip_prefix("Bearer ").or(challenge.strip_prefix("bearer "))?;
    parameters.split(',').find_map(|parameter| {
        let (key, value) = parameter.trim().split_once('=')?;
        key.eq_ignore_ascii_case(name).then(|| value.trim_matches('"'))
    })
}

/// What is at the bottom of an error: the rest names layers of libraries.
fn innermost(e: &dyn std::error::Error) -> String {
    let mut e = e;
    while let Some(source) = e.source() {
        e = source;
    }
    names::one_line(&e.to_string())
}
