//! Values that are never printed, and addresses that may carry a password.

use std::{borrow::Cow, fmt};

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// A secret, already fetched from where the config refers to. Neither `Debug` nor `Serialize` shows it.
#[derive(Debug, Clone)]
pub struct Secret(SecretString);

impl Secret {
    /// Wraps a secret.
    pub fn new(text: impl Into<String>) -> Self {
        Self(SecretString::from(text.into()))
    }

    /// The secret itself: for the one call that needs it.
    pub fn expose(&self) -> &str {
        self.0.expose_secret()
    }
}

impl<'de> Deserialize<'de> for Secret {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        String::deserialize(from).map(Self::new)
    }
}

impl Serialize for Secret {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.serialize_str("(secret)")
    }
}

impl JsonSchema for Secret {
    fn inline_schema() -> bool {
        true
    }
    fn schema_name() -> Cow<'static, str> {
        "Secret".into()
    }
    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": "string", "pattern": "^(env|file):.+$", "x-secret": "reference" })
    }
}

/// The address of a database or a cache. Its user and password are never printed.
#[derive(Debug, Clone)]
pub struct ConnectionUrl {
    kind: ConnectionKind,
    url: Secret,
}

/// What a [`ConnectionUrl`] leads to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ConnectionKind {
    /// `memory:`: inside this process.
    Memory,
    /// `redis://` or `rediss://`.
    Redis,
    /// `sqlite://`: a file.
    Sqlite,
    /// `postgres://` or `postgresql://`.
    Postgres,
}

impl ConnectionKind {
    /// What the scheme of an address leads to; none if it is unknown.
    pub fn of(url: &str) -> Option<Self> {
        if url == "memory:" {
            return Some(Self::Memory);
        }
        let (scheme, rest) = url.split_once("://")?;
        let kind = match scheme {
            "redis" | "rediss" => Self::Redis,
            "sqlite" => Self::Sqlite,
            "postgres" | "postgresql" => Self::Postgres,
            _ => return None,
        };
        (!rest.is_empty()).then_some(kind)
    }
}

impl ConnectionUrl {
    /// Reads an address; none if its scheme is unknown or nothing follows it.
    pub fn new(url: impl Into<String>) -> Option<Self> {
        let url = url.into();
        Some(Self { kind: ConnectionKind::of(&url)?, url: Secret::new(url) })
    }

    /// Inside this process.
    pub fn memory() -> Self {
        Self { kind: ConnectionKind::Memory, url: Secret::new("memory:") }
    }

    /// What it leads to.
    pub fn kind(&self) -> ConnectionKind {
        self.kind
    }

    /// The address itself, password included: for the one call that connects.
    pub fn expose(&self) -> &str {
        self.url.expose()
    }
}

impl fmt::Display for ConnectionUrl {
    /// Without user, password and query.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&without_credentials(self.expose()))
    }
}

/// An address with its user, password and query left out.
pub(super) fn without_credentials(url: &str) -> String {
    let bare = url.split(['?', '#']).next().unwrap_or_default();
    match (bare.split_once("://"), bare.rsplit_once('@')) {
        (Some((scheme, _)), Some((_, host))) => format!("{scheme}://{host}"),
        _ => bare.to_owned(),
    }
}

impl<'de> Deserialize<'de> for ConnectionUrl {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        Self::new(String::deserialize(from)?).ok_or_else(|| serde::de::Error::custom("unknown scheme"))
    }
}

impl Serialize for ConnectionUrl {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.collect_str(self)
    }
}

impl JsonSchema for ConnectionUrl {
    fn inline_schema() -> bool {
        true
    }
    fn schema_name() -> Cow<'static, str> {
        "ConnectionUrl".into()
    }
    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": "string", "minLength": 1, "x-secret": "url" })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_is_shown_by_nothing() {
        let secret = Secret::new("canary-7");
        assert!(!format!("{secret:?}").contains("canary"));
        assert!(!serde_json::to_string(&secret).unwrap().contains("canary"));
        let url = ConnectionUrl::new("postgres://u:canary-7@db:5432/app?password=canary-7").unwrap();
        assert!(!format!("{url:?} {url}").contains("canary"));
        assert_eq!(url.to_string(), "postgres://db:5432/app");
        assert_eq!(ConnectionUrl::new("postgres://u:p@ss@db/app").unwrap().to_string(), "postgres://db/app");
    }

    #[test]
    fn knows_what_an_address_leads_to() {
        for (url, kind) in [
            ("memory:", Some(ConnectionKind::Memory)),
            ("redis://h", Some(ConnectionKind::Redis)),
            ("rediss://h:1/0", Some(ConnectionKind::Redis)),
            ("sqlite://a.db", Some(ConnectionKind::Sqlite)),
            ("postgresql://h/d", Some(ConnectionKind::Postgres)),
            ("mysql://h/d", None),
            ("sqlite:a.db", None),
            ("sqlite://", None),
            ("", None),
        ] {
            assert_eq!(ConnectionKind::of(url), kind, "{url}");
        }
    }
}
