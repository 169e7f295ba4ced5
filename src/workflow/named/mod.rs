//! Graphs of the program that the config names: what each is made of, and what may be set of it.
//!
//! Their functions are in [`crate::agents`], above this; a test there sees to it that they are the ones named here.

use std::collections::BTreeSet;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::{Definition, definition};
use crate::units::HumanDuration;

/// A graph of the program.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Named {
    /// Makes a card of the marketplace.
    Product,
}

/// What may be set of a graph of the program.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct NamedConfig {
    /// How long one step may take; 1s to 1h.
    pub timeout: HumanDuration,
    /// The granted tool of the kind `wildberries_api`.
    pub marketplace: String,
    /// The granted tool of the kind `keyword_research`; without a grant keywords come from the words of the card alone.
    pub keywords: String,
    /// The granted tool of the kind `image_analysis`; without a grant photos are not looked at.
    pub images: String,
}

impl Default for NamedConfig {
    fn default() -> Self {
        Self {
            timeout: HumanDuration::from_secs(300),
            marketplace: "wildberries_api".to_owned(),
            keywords: "keyword_research".to_owned(),
            images: "image_analysis".to_owned(),
        }
    }
}

/// The bounds of [`NamedConfig::timeout`], in seconds.
const TIMEOUT_SECS: (u64, u64) = (1, 60 * 60);

impl NamedConfig {
    /// What the config says, checked.
    ///
    /// # Errors
    /// The key, where one is to blame, and what is wrong with it.
    pub fn read(config: &Map<String, Value>) -> Result<Self, (Option<&'static str>, String)> {
        let read: Self = serde_path_to_error::deserialize(Value::Object(config.clone())).map_err(|error| {
            let path = error.path().to_string();
            let key = ["timeout", "marketplace", "keywords", "images"].into_iter().find(|key| *key == path);
            (key, error.inner().to_string())
        })?;
        let secs = read.timeout.get().as_secs();
        if (TIMEOUT_SECS.0..=TIMEOUT_SECS.1).contains(&secs) {
            return Ok(read);
        }
        Err((Some("timeout"), format!("`timeout` is {}; it must be between 1s and 1h", read.timeout)))
    }
}

impl Named {
    /// All of them.
    pub const ALL: [Self; 1] = [Self::Product];

    /// The word of the config.
    pub fn word(self) -> &'static str {
        match self {
            Self::Product => "product_workflow",
        }
    }

    /// The graph of this name.
    pub fn of(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|named| named.word() == word)
    }

    /// Its functions.
    pub fn natives(self) -> BTreeSet<String> {
        let names: &[&str] = match self {
            Self::Product => &[
                "recall",
                "plan",
                "take",
                "choose",
                "fit",
                "keep_keywords",
                "keep_photos",
                "seal",
                "not_published",
                "sent",
                "judge",
                "no_media",
                "done",
                "trouble",
            ],
        };
        names.iter().map(|name| (*name).to_owned()).collect()
    }

    /// Its readers of forms.
    pub fn readers(self) -> BTreeSet<String> {
        match self {
            Self::Product => BTreeSet::from(["answer".to_owned()]),
        }
    }

    /// The graph with these tools. What an agent may do without is left out where it was not granted.
    ///
    /// # Errors
    /// What cannot be read of the source; a test reads it.
    pub fn definition(self, config: &NamedConfig, granted: &BTreeSet<String>) -> Result<Definition, String> {
        let text = match self {
            Self::Product => include_str!("product.yaml"),
        };
        let json: Value = serde_saphyr::from_str(text).map_err(|error| error.to_string())?;
        let mut graph: Definition = serde_json::from_value(json).map_err(|error| error.to_string())?;
        for node in graph.nodes.values_mut() {
            settle(node, config, granted);
        }
        Ok(graph)
    }
}

/// Puts the tools of the config into the place of those of the source.
fn settle(node: &mut definition::Node, config: &NamedConfig, granted: &BTreeSet<String>) {
    let name = |word: &str| match word {
        "keyword_research" => (config.keywords.clone(), true),
        "image_analysis" => (config.images.clone(), true),
        _ => (config.marketplace.clone(), false),
    };
    if let Some(approve) = &mut node.approve {
        approve.tool = name(&approve.tool).0;
    }
    let Some(tool) = &mut node.tool else { return };
    let (named, may_lack) = name(&tool.name);
    if may_lack && !granted.contains(&named) {
        let into = tool.into.take().into_iter();
        *node = definition::Node {
            set: Some(into.map(|key| (key, Value::Null)).collect()),
            then: node.then.take(),
            on_error: node.on_error.take(),
            ..definition::Node::default()
        };
        return;
    }
    tool.name = named;
    node.timeout = node.timeout.or(Some(config.timeout));
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::workflow::{Graph, Surroundings};

    fn around(named: Named, tools: &[&str]) -> Surroundings {
        Surroundings {
            tools: tools.iter().map(ToString::to_string).collect(),
            natives: named.natives(),
            readers: named.readers(),
            ..Surroundings::default()
        }
    }

    #[test]
    fn every_graph_is_whole_with_all_its_tools_and_with_those_that_it_needs() {
        for named in Named::ALL {
            for tools in [&["wildberries_api", "keyword_research", "image_analysis"][..], &["wildberries_api"]] {
                let around = around(named, tools);
                let graph = named.definition(&NamedConfig::default(), &around.tools).unwrap();
                let problems = Graph::build(graph, &around).err().unwrap_or_default();
                assert_eq!(problems, [], "{} with {tools:?}", named.word());
            }
        }
    }

    #[test]
    fn a_graph_without_its_marketplace_says_which_tool_is_missing() {
        let around = around(Named::Product, &[]);
        let graph = Named::Product.definition(&NamedConfig::default(), &around.tools).unwrap();
        let problems = Graph::build(graph, &around).unwrap_err();
        assert!(
            problems[0].to_string().contains("`wildberries_api` is no tool that the agent was granted"),
            "{problems:?}"
        );
    }

    #[track_caller]
    fn check(config: Value, expected: &str) {
        let read = NamedConfig::read(config.as_object().unwrap());
        let words = read.map_or_else(|(key, words)| format!("{key:?} {words}"), |read| read.timeout.to_string());
        assert!(words.contains(expected), "{config}: {words}");
    }

    #[test]
    fn the_config_of_a_graph_is_checked() {
        check(json!({}), "5m");
        check(json!({ "timeout": "2m" }), "2m");
        check(json!({ "timeout": "2h" }), "between 1s and 1h");
        check(json!({ "timeout": "soon" }), "timeout");
        check(json!({ "timout": "2m" }), "unknown field `timout`");
    }
}
