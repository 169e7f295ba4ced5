//! The marketplace of this deployment: one place and one account for all tools that name none.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Config, MarketplaceUrl, Secret, ToolKind};

/// Where tools of the kind `wildberries_api` find the marketplace, and as whom. A tool that names a `base_url`, a `token` or
/// `tokens` of its own takes nothing from here, so no token goes to an address that it was not meant for.
#[derive(Debug, Clone, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Marketplace {
    /// `sandbox` for the marketplace that is played in this process, or an address in place of all of the marketplace's. Left out: the marketplace itself.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "MarketplaceUrl")]
    pub base_url: Option<MarketplaceUrl>,
    /// The token of the seller's account, as `env:NAME` or `file:PATH`, for all tenants that `tokens` does not name.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Secret")]
    pub token: Option<Secret>,
    /// The token of each tenant's account, as `env:NAME` or `file:PATH`.
    pub tokens: BTreeMap<String, Secret>,
}

/// The keys of a tool that say where and as whom. One of them, and the tool stands alone.
pub(super) const PLACE_KEYS: [&str; 3] = ["base_url", "token", "tokens"];

/// Gives the tools that name no place of their own the place of the deployment.
pub(super) fn hand_down(config: &mut Config) {
    let Marketplace { base_url, token, tokens } = &config.marketplace;
    for tool in config.tools.values_mut() {
        let ToolKind::Wildberries(tool) = &mut tool.kind else { continue };
        if tool.base_url.is_none() && tool.token.is_none() && tool.tokens.is_empty() {
            (tool.base_url, tool.token, tool.tokens) = (base_url.clone(), token.clone(), tokens.clone());
        }
    }
}
