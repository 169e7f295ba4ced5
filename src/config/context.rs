//! Where agents keep what they know of a conversation.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{ByteSize, ConnectionUrl, HumanDuration};

/// Where agents keep what they know of a conversation.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Context {
    /// `memory:` inside this process, `redis://…` or `rediss://…` (TLS) shared by several. The database holds the truth either way.
    #[schemars(
        extend("x-schemes" = ["memory", "redis"]),
        extend("x-expected" = "`memory:`, `redis://…`, `rediss://…`, `env:NAME` or `file:PATH`")
    )]
    pub url: ConnectionUrl,
    /// The largest value that an agent may keep under one key.
    #[schemars(extend("x-size" = { "min": "1KiB", "max": "16MiB" }))]
    pub entry_bytes_max: ByteSize,
    /// How long an unused entry stays in the cache. It is read from the database again after that: nothing is lost.
    #[schemars(extend("x-duration" = { "min": "1s", "max": "366d" }))]
    pub cache_ttl: HumanDuration,
    /// How long what one agent hands to another can be read, unless it is taken before.
    #[schemars(extend("x-duration" = { "min": "1s", "max": "366d" }))]
    pub hand_over_ttl: HumanDuration,
}

impl Default for Context {
    fn default() -> Self {
        Self {
            url: ConnectionUrl::memory(),
            entry_bytes_max: ByteSize::from_kib(256),
            cache_ttl: HumanDuration::from_secs(24 * 3600),
            hand_over_ttl: HumanDuration::from_secs(3600),
        }
    }
}
