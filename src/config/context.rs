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
    /// How long an entry stays in Redis after its last write; reads do not extend it, and `memory:` has no such time. It is read from the database again after that: nothing is lost.
    #[schemars(extend("x-duration" = { "min": "1s", "max": "366d" }))]
    pub cache_ttl: HumanDuration,
    /// How long one call may wait for Redis before it is passed by and the database is asked. Not used with `memory:`.
    #[schemars(extend("x-duration" = { "min": "10ms", "max": "10s" }))]
    pub redis_timeout: HumanDuration,
    /// What the entries in this process may take with `memory:`; those that were not used the longest go first. Not used with Redis.
    #[schemars(extend("x-size" = { "min": "64KiB", "max": "64GiB" }))]
    pub cache_bytes_max: ByteSize,
    /// How many entries this process knows the version of, at about 150 bytes each. Any other is read from the database, whatever the cache has.
    #[schemars(range(min = 100, max = 10_000_000))]
    pub cache_entries_max: usize,
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
            redis_timeout: HumanDuration::from_millis(200),
            cache_bytes_max: ByteSize::from_mib(16),
            cache_entries_max: 10_000,
            hand_over_ttl: HumanDuration::from_secs(3600),
        }
    }
}
