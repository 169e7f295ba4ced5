//! From the arguments of a call to a request that may be made.

use reqwest::{
    Method, Url,
    header::{HeaderMap, HeaderName, HeaderValue},
};
use serde_json::Value;

use super::{
    address::AddressRules,
    failure::HttpFailure,
    hosts::{self, HostPattern},
};

/// The longest URL, in bytes.
pub(super) const URL_BYTES_MAX: usize = 2048;
/// The headers that a call may set. None of them carries credentials or changes where the request goes.
pub(super) const HEADERS_ALLOWED: [&str; 5] =
    ["accept", "accept-language", "content-type", "if-modified-since", "if-none-match"];

/// A request on its way, possibly after some redirects.
#[derive(Debug, Clone)]
pub(super) struct HttpRequest {
    pub(super) method: Method,
    pub(super) url: Url,
    pub(super) headers: HeaderMap,
    pub(super) body: Option<String>,
}

/// Where a tool may go, and how.
#[derive(Debug)]
pub(super) struct Border {
    pub(super) hosts: Vec<HostPattern>,
    /// Never empty.
    pub(super) methods: Vec<Method>,
    pub(super) addresses: std::sync::Arc<AddressRules>,
}

impl Border {
    /// Reads the arguments; the request still has to be checked, as every hop has.
    pub(super) fn request(&self, arguments: &Value) -> Result<HttpRequest, HttpFailure> {
        let text = |key: &str| arguments.get(key).and_then(Value::as_str);
        let url = parsed(text("url").unwrap_or_default())?;
        let method = match text("method") {
            Some(name) => self.methods.iter().find(|method| method.as_str() == name).cloned(),
            None => self.methods.first().cloned(),
        };
        let method = method.ok_or_else(|| self.method_refused(text("method").unwrap_or("GET")))?;
        let body = text("body").map(str::to_owned);
        if body.is_some() && !takes_body(&method) {
            return Err(HttpFailure::BodyNotAllowed(method.to_string()));
        }
        let headers = arguments.get("headers").and_then(Value::as_object);
        let headers =
            headers.into_iter().flatten().map(|(name, value)| header(name, value.as_str().unwrap_or_default()));
        Ok(HttpRequest { method, url, headers: headers.collect::<Result<_, _>>()?, body })
    }

    /// Checks everything that can be known before the name of the host is looked up.
    pub(super) fn check(&self, request: &HttpRequest) -> Result<(), HttpFailure> {
        let HttpRequest { method, url, .. } = request;
        if !matches!(url.scheme(), "http" | "https") {
            return Err(HttpFailure::BadScheme);
        }
        if !url.username().is_empty() || url.password().is_some() {
            return Err(HttpFailure::Userinfo);
        }
        if !self.methods.contains(method) {
            return Err(self.method_refused(method.as_str()));
        }
        let host = url.host_str().unwrap_or_default().to_owned();
        if !self.hosts.iter().any(|pattern| pattern.matches(url)) {
            return Err(HttpFailure::HostNotAllowed(with_port(host, url)));
        }
        // The client does not ask its resolver about an address, so it is judged here.
        match hosts::literal_address(url).map(|address| self.addresses.check(address)) {
            Some(Err(refused)) => Err(HttpFailure::AddressNotAllowed { host, refused }),
            _ => Ok(()),
        }
    }

    fn method_refused(&self, method: &str) -> HttpFailure {
        let allowed = self.methods.iter().map(Method::as_str).collect::<Vec<_>>().join(", ");
        HttpFailure::BadMethod { method: method.chars().take(20).collect(), allowed }
    }
}

/// A plain GET of an address; it still has to be checked.
pub(super) fn get(url: &str) -> Result<HttpRequest, HttpFailure> {
    Ok(HttpRequest { method: Method::GET, url: parsed(url)?, headers: HeaderMap::new(), body: None })
}

/// What a redirect makes of a request. Writing goes nowhere but where it was sent.
pub(super) fn redirected(request: &HttpRequest, status: u16, location: &str) -> Result<HttpRequest, HttpFailure> {
    refuse_odd_characters(location).map_err(|_| HttpFailure::BadRedirect("its address is malformed"))?;
    let url = request.url.join(location).map_err(|_| HttpFailure::BadRedirect("its address is malformed"))?;
    if request.url.scheme() == "https" && url.scheme() == "http" {
        return Err(HttpFailure::BadRedirect("from https to http"));
    }
    let mut next = HttpRequest { url, ..request.clone() };
    let becomes_get = status == 303 || (matches!(status, 301 | 302) && request.method == Method::POST);
    if becomes_get && request.method != Method::HEAD {
        next.method = Method::GET;
        next.body = None;
        next.headers.remove(reqwest::header::CONTENT_TYPE);
    }
    if takes_body(&next.method) && next.url.origin() != request.url.origin() {
        return Err(HttpFailure::BadRedirect("what is written would go to another host"));
    }
    Ok(next)
}

/// Whether requests of this method may change something.
pub(super) fn takes_body(method: &Method) -> bool {
    !matches!(*method, Method::GET | Method::HEAD)
}

fn parsed(text: &str) -> Result<Url, HttpFailure> {
    if text.len() > URL_BYTES_MAX {
        return Err(HttpFailure::BadUrl(format!("it is longer than {URL_BYTES_MAX} bytes")));
    }
    refuse_odd_characters(text)?;
    let mut url = Url::parse(text).map_err(|error| HttpFailure::BadUrl(error.to_string()))?;
    url.set_fragment(None);
    Ok(url)
}

/// Refuses what one parser of URLs reads differently from another.
fn refuse_odd_characters(text: &str) -> Result<(), HttpFailure> {
    match text.chars().find(|c| c.is_whitespace() || c.is_control() || *c == '\\') {
        Some(odd) => Err(HttpFailure::BadUrl(format!("it holds the character {odd:?}"))),
        None => Ok(()),
    }
}

fn header(name: &str, value: &str) -> Result<(HeaderName, HeaderValue), HttpFailure> {
    let lower = name.to_ascii_lowercase();
    let refused = || HttpFailure::BadHeader(name.chars().take(64).collect());
    let known = HEADERS_ALLOWED.into_iter().find(|allowed| *allowed == lower).ok_or_else(refused)?;
    let value = HeaderValue::from_str(value).map_err(|_| HttpFailure::BadHeaderValue(known.to_owned()))?;
    Ok((HeaderName::from_static(known), value))
}

fn with_port(host: String, url: &Url) -> String {
    url.port().map_or_else(|| host.clone(), |port| format!("{host}:{port}"))
}
