//! Asking a registry: who asks, and what its answers mean.

use crate::credentials::Credentials;
use crate::{CONNECT, MAX_ANSWER, OciRegistry, READ, names};
use oci_client::errors::OciDistributionError;
use oci_client::token_cache::{RegistryToken, RegistryTokenType};
use oci_client::{Reference, RegistryOperation};
use reqwest::header::{ACCEPT, CONTENT_TYPE, LINK, WWW_AUTHENTICATE};
use reqwest::{Response, StatusCode, Url};
use serde_json::Value;

impl OciRegistry {
    /// The token that requests for a repository need, if any.
    pub(crate) async fn login(
        &self,
        reference: &Reference,
        operation: RegistryOperation,
    ) -> Result<Option<String>, String> {
        match &self.credentials {
            Credentials::Identity(identity) => {
                let token = self.exchange(identity, reference, operation).await?;
                // Where pushes find it.
                let kept = RegistryTokenType::Bearer(RegistryToken::Token { token: token.clone() });
                self.client.tokens.insert(reference, operation, kept).await;
                Ok(Some(token))
            }
            other => self.client.auth(reference, &other.auth(), operation).await.map_err(|e| self.reason(e)),
        }
    }

    /// Gives a registry's token server an identity token for one that is good for a repository (Docker's OAuth2).
    async fn exchange(
        &self,
        identity: &str,
        reference: &Reference,
        operation: RegistryOperation,
    ) -> Result<String, String> {
        let response = self.http.get(self.registry_url(reference, "")?).send().await.map_err(|e| self.transport(e))?;
        let header = response.headers().get(WWW_AUTHENTICATE).and_then(|header| header.to_str().ok()).unwrap_or("");
        let (Some(realm), service) = (parameter(header, "realm"), parameter(header, "service").unwrap_or_default())
        else {
            return Err(format!("{} takes no identity token, which Docker's configuration has for it", self.host));
        };
        let actions = if operation == RegistryOperation::Push { "pull,push" } else { "pull" };
        let scope = format!("repository:{}:{actions}", reference.repository());
        let form = [
            ("grant_type", "refresh_token"),
            ("client_id", "prosector"),
            ("service", service),
            ("scope", &scope),
            ("refresh_token", identity),
        ];
        // An address's query is encoded as a form is.
        let form = Url::parse_with_params("http://form/", form).map_err(|e| e.to_string())?;
        let post = self.http.post(realm).header(CONTENT_TYPE, "application/x-www-form-urlencoded");
        let post = post.body(form.query().unwrap_or_default().to_owned());
        let response = post.send().await.map_err(|e| self.transport(e))?;
        if response.status().is_client_error() {
            return Err(self.unauthorized());
        }
        let answer: Value = serde_json::from_slice(&self.body(response, MAX_ANSWER).await?).unwrap_or_default();
        let token = answer["access_token"].as_str().or(answer["token"].as_str());
        token.map(str::to_owned).ok_or_else(|| format!("the token server of {} gives no token", self.host))
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
        let request = match (token, &self.credentials) {
            (Some(token), _) => request.bearer_auth(token),
            (None, Credentials::Password(user, password)) => request.basic_auth(user, Some(password)),
            _ => request,
        };
        let response = request.send().await.map_err(|e| self.transport(e))?;
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

    /// What `oci_client` says of logins and pushes, in people's words.
    pub(crate) fn reason(&self, e: OciDistributionError) -> String {
        use oci_client::errors::OciErrorCode::{Denied, Unauthorized};
        match e {
            OciDistributionError::AuthenticationFailure(_)
            | OciDistributionError::UnauthorizedError { .. }
            | OciDistributionError::ServerError { code: 401 | 403, .. } => self.unauthorized(),
            OciDistributionError::RegistryError { envelope, .. } => {
                if envelope.errors.iter().any(|e| matches!(e.code, Unauthorized | Denied)) {
                    return self.unauthorized();
                }
                let said: Vec<String> =
                    envelope.errors.iter().map(|e| format!("{:?}: {}", e.code, e.message)).collect();
                format!("{} answers {}", self.host, said.join(", "))
            }
            OciDistributionError::ServerError { code, message, .. } => {
                self.said(StatusCode::from_u16(code).unwrap_or_default(), message.as_bytes())
            }
            OciDistributionError::RequestError(e) => self.transport(e),
            // Its own words have what could not be read, which is the token.
            OciDistributionError::RegistryTokenDecodeError(_) => {
                format!("the token server of {} gives no token", self.host)
            }
            other => innermost(&other),
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
