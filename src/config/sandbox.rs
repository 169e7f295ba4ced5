//! The marketplace that is played in this process.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::HumanDuration;

/// The marketplace that is played in this process, for tools whose `base_url` is `sandbox`. Where no tool has it, nothing is
/// started.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Sandbox {
    /// `false`: it is never started, and a tool that needs it cannot be built.
    pub enabled: bool,
    /// The TCP port on 127.0.0.1. 0 takes any free one.
    #[schemars(range(max = 65535))]
    pub port: u16,
    /// Decides the goods and the history of the shop: one seed and one day give one shop.
    #[schemars(range(max = 9_007_199_254_740_991_u64))]
    pub seed: u64,
    /// The pause between calls that it asks for, in percent of the marketplace's own; 0 is no limit.
    #[schemars(range(max = 1000))]
    pub limit_interval_percent: u32,
    /// How long cards and prices lie before it looks at them.
    #[schemars(extend("x-duration" = { "min": "0s", "max": "1h" }))]
    pub work_delay: HumanDuration,
}

impl Default for Sandbox {
    fn default() -> Self {
        Self { enabled: true, port: 0, seed: 1, limit_interval_percent: 1, work_delay: HumanDuration::from_secs(2) }
    }
}

/// What `base_url` of a tool says to be served by the sandbox of this process.
pub const SANDBOX: &str = "sandbox";
