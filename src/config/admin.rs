//! Who may administer.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::Secret;

/// Who may administer.
#[derive(Debug, Clone, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Admin {
    /// The bearer token of `/api/admin`, as `env:NAME` or `file:PATH`. Without it the server makes one at its first start and keeps it in the data folder.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Secret")]
    pub token: Option<Secret>,
}
