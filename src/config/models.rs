//! The language models that agents may use.

use std::{borrow::Cow, collections::BTreeMap, fmt, str::FromStr};

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use url::Url;

use super::{HumanDuration, Secret};

/// A language model behind an OpenAI-compatible address: OpenAI, Ollama, vLLM, llama.cpp.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Model {
    /// Where its API begins, up to and with `/v1`: `https://api.openai.com/v1`, `http://127.0.0.1:11434/v1`.
    pub base_url: HttpUrl,
    /// The name that the address knows the model by.
    #[schemars(length(min = 1, max = 200))]
    pub model: String,
    /// The key, as `env:NAME` or `file:PATH`. Leave it out where the address needs none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Secret")]
    pub api_key: Option<Secret>,
    /// Further headers of each call. A value may be `env:NAME` or `file:PATH`; one that is a credential must be.
    #[serde(default)]
    #[schemars(
        schema_with = "headers_schema",
        extend("propertyNames" = { "pattern": "^[A-Za-z0-9!#$%&'*+.^_`|~-]{1,100}$", "x-expected": "a header name like `X-Project`" })
    )]
    pub headers: BTreeMap<String, Secret>,
    /// The time to reach the address, TLS included.
    #[serde(default = "default_connect_timeout")]
    #[schemars(extend("x-duration" = { "min": "10ms", "max": "5m" }))]
    pub connect_timeout: HumanDuration,
    /// The time from the request to the first byte of the answer. A model that must be loaded first needs more.
    #[serde(default = "default_first_byte_timeout")]
    #[schemars(extend("x-duration" = { "min": "10ms", "max": "1h" }))]
    pub first_byte_timeout: HumanDuration,
    /// The longest silence within an answer.
    #[serde(default = "default_chunk_timeout")]
    #[schemars(extend("x-duration" = { "min": "10ms", "max": "1h" }))]
    pub chunk_timeout: HumanDuration,
    /// The time that one call may take in all.
    #[serde(default = "default_call_timeout")]
    #[schemars(extend("x-duration" = { "min": "10ms", "max": "24h" }))]
    pub call_timeout: HumanDuration,
    /// How often a call is tried again after a failure that may pass (429, 5xx, no connection). 0: never.
    #[serde(default = "default_retries_max")]
    #[schemars(range(min = 0, max = 20))]
    pub retries_max: u32,
    /// The wait before the first retry; it doubles each time. `Retry-After` of the answer goes first.
    #[serde(default = "default_retry_backoff_min")]
    #[schemars(extend("x-duration" = { "min": "1ms", "max": "1h" }))]
    pub retry_backoff_min: HumanDuration,
    /// The longest wait before a retry, that of `Retry-After` included.
    #[serde(default = "default_retry_backoff_max")]
    #[schemars(extend("x-duration" = { "min": "1ms", "max": "1h" }))]
    pub retry_backoff_max: HumanDuration,
    /// How the model calls tools.
    #[serde(default)]
    pub tool_mode: ToolMode,
}

/// How a model calls tools.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[schemars(inline)]
pub enum ToolMode {
    /// By the API's own `tools` and `tool_calls`.
    #[default]
    Native,
    /// For models without those: the answer is asked for as JSON of a given shape, which says either words or a call.
    /// Where an agent has tools, its words are then shown when they are whole, not as they come.
    Json,
}

fn default_connect_timeout() -> HumanDuration {
    HumanDuration::from_secs(5)
}
fn default_first_byte_timeout() -> HumanDuration {
    HumanDuration::from_secs(30)
}
fn default_chunk_timeout() -> HumanDuration {
    HumanDuration::from_secs(30)
}
fn default_call_timeout() -> HumanDuration {
    HumanDuration::from_secs(120)
}
fn default_retries_max() -> u32 {
    2
}
fn default_retry_backoff_min() -> HumanDuration {
    HumanDuration::from_millis(500)
}
fn default_retry_backoff_max() -> HumanDuration {
    HumanDuration::from_secs(20)
}

/// Header values are secrets to us, but the schema must let a plain one pass.
fn headers_schema(_: &mut SchemaGenerator) -> Schema {
    json_schema!({
        "type": "object",
        "additionalProperties": { "type": "string", "minLength": 1, "maxLength": 8192, "x-secret": "header" }
    })
}

/// An `http://` or `https://` address without user and password.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HttpUrl(Url);

/// Why a text is no [`HttpUrl`].
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum HttpUrlError {
    /// Not an address.
    #[error("not an address: {0}")]
    Malformed(String),
    /// Neither http nor https.
    #[error("the scheme must be `http` or `https`")]
    Scheme,
    /// It has a user or a password.
    #[error("it must not hold a user or a password; use `api_key` or `headers`")]
    Credentials,
    /// It has a query or a fragment.
    #[error("it must not have a query or a fragment; paths are added at its end")]
    Query,
}

impl HttpUrl {
    /// The address.
    pub fn as_url(&self) -> &Url {
        &self.0
    }
}

impl FromStr for HttpUrl {
    type Err = HttpUrlError;

    fn from_str(text: &str) -> Result<Self, HttpUrlError> {
        let url = Url::parse(text).map_err(|error| HttpUrlError::Malformed(error.to_string()))?;
        if !matches!(url.scheme(), "http" | "https") {
            return Err(HttpUrlError::Scheme);
        }
        if !url.username().is_empty() || url.password().is_some() {
            return Err(HttpUrlError::Credentials);
        }
        if url.query().is_some() || url.fragment().is_some() {
            return Err(HttpUrlError::Query);
        }
        Ok(Self(url))
    }
}

impl fmt::Display for HttpUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl<'de> Deserialize<'de> for HttpUrl {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        String::deserialize(from)?.parse().map_err(serde::de::Error::custom)
    }
}

impl Serialize for HttpUrl {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.collect_str(self)
    }
}

impl JsonSchema for HttpUrl {
    fn inline_schema() -> bool {
        true
    }
    fn schema_name() -> Cow<'static, str> {
        "HttpUrl".into()
    }
    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "type": "string",
            "pattern": "^https?://.+$",
            "x-http-url": true,
            "x-expected": "an address that begins with `http://` or `https://`"
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, error: Option<&str>) {
        let found = text.parse::<HttpUrl>().err().map(|error| error.to_string());
        assert_eq!(found.is_some(), error.is_some(), "{text}: {found:?}");
        assert!(found.unwrap_or_default().contains(error.unwrap_or_default()), "{text}");
    }

    #[test]
    fn takes_plain_http_addresses_alone() {
        check("http://127.0.0.1:11434/v1", None);
        check("https://api.openai.com/v1", None);
        check("ftp://host/v1", Some("`http` or `https`"));
        check("https://me:pw@host/v1", Some("user or a password"));
        check("https://host/v1?key=1", Some("query"));
        check("https://", Some("not an address"));
        check("api.openai.com", Some("not an address"));
    }
}
