//! What happens to an agent that fails.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::HumanDuration;

/// What happens to an agent that fails.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Supervision {
    /// More restarts than this within `restart_window` and the agent is quarantined until an operator brings it back.
    #[schemars(range(min = 0, max = 1000))]
    pub restarts_max: u32,
    /// The time over which restarts are counted.
    #[schemars(extend("x-duration" = { "min": "1s", "max": "24h" }))]
    pub restart_window: HumanDuration,
    /// The wait before the first restart; it doubles with each further one. At most `backoff_max`.
    #[schemars(extend("x-duration" = { "min": "1ms", "max": "1h" }))]
    pub backoff_min: HumanDuration,
    /// The longest wait before a restart.
    #[schemars(extend("x-duration" = { "min": "1ms", "max": "1h" }))]
    pub backoff_max: HumanDuration,
    /// After so long without a failure the wait begins at `backoff_min` again.
    #[schemars(extend("x-duration" = { "min": "1s", "max": "24h" }))]
    pub quiet_period: HumanDuration,
    /// So many failed runs in a row restart the agent.
    #[schemars(range(min = 1, max = 1000))]
    pub failure_streak_max: u32,
}

impl Default for Supervision {
    fn default() -> Self {
        Self {
            restarts_max: 5,
            restart_window: HumanDuration::from_secs(30),
            backoff_min: HumanDuration::from_millis(100),
            backoff_max: HumanDuration::from_secs(30),
            quiet_period: HumanDuration::from_secs(60),
            failure_streak_max: 5,
        }
    }
}
