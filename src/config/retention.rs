//! What is kept, and for how long.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::HumanDuration;

/// What is kept, and for how long.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Retention {
    /// How long the events of a turn are kept after its end. Its messages stay; a client whose position is older gets a snapshot.
    #[schemars(extend("x-duration" = { "min": "1s", "max": "36500d" }))]
    pub events_max_age: HumanDuration,
    /// How long an erased conversation answers `erased`. Its id can be used again after that.
    #[schemars(extend("x-duration" = { "min": "1s", "max": "36500d" }))]
    pub tombstones_max_age: HumanDuration,
    /// How often is looked for what is not kept any more.
    #[schemars(extend("x-duration" = { "min": "1s", "max": "24h" }))]
    pub sweep_interval: HumanDuration,
}

impl Default for Retention {
    fn default() -> Self {
        Self {
            events_max_age: HumanDuration::from_secs(7 * 24 * 3600),
            tombstones_max_age: HumanDuration::from_secs(30 * 24 * 3600),
            sweep_interval: HumanDuration::from_secs(600),
        }
    }
}
