//! Where the server listens.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Where the server listens and who may call it from a browser.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Server {
    /// The address to listen on. `127.0.0.1` reaches this machine alone; `0.0.0.0` or `::` every network: then put TLS in front.
    #[schemars(
        regex(pattern = "^[A-Za-z0-9.:_-]{1,253}$"),
        extend("x-expected" = "an address or a host name like `127.0.0.1`, `::1` or `localhost`")
    )]
    pub host: String,
    /// The TCP port. 0 takes any free one and prints it.
    #[schemars(range(min = 0, max = 65535))]
    pub port: u16,
    /// Threads that read and write sockets. More than the cores gain nothing.
    #[schemars(range(min = 1, max = 256))]
    pub workers: usize,
    /// Web pages, by exact origin, whose scripts may call the API. Empty: pages of the server's own origin alone.
    #[schemars(
        length(max = 100),
        extend("items" = {
            "type": "string",
            "pattern": "^https?://[A-Za-z0-9.-]+(:[0-9]{1,5})?$",
            "x-expected": "an origin like `https://app.example.com`, without a path"
        })
    )]
    pub cors_origins: Vec<String>,
}

impl Default for Server {
    fn default() -> Self {
        Self { host: "127.0.0.1".into(), port: 8080, workers: 2, cors_origins: Vec::new() }
    }
}
