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
    /// How long a question to the agent's model may take, retries included, before the step goes on without; 1s to 1h.
    pub model_timeout: HumanDuration,
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
            model_timeout: HumanDuration::from_secs(60),
            marketplace: "wildberries_api".to_owned(),
            keywords: "keyword_research".to_owned(),
            images: "image_analysis".to_owned(),
        }
    }
}

/// The bounds of both times of [`NamedConfig`], in seconds.
const TIMEOUT_SECS: (u64, u64) = (1, 60 * 60);

impl NamedConfig {
    /// What the config says, checked.
    ///
    /// # Errors
    /// The key, where one is to blame, and what is wrong with it.
    pub fn read(config: &Map<String, Value>) -> Result<Self, (Option<&'static str>, String)> {
        let read: Self = serde_path_to_error::deserialize(Value::Object(config.clone())).map_err(|error| {
            let path = error.path().to_string();
            let key =
                ["timeout", "model_timeout", "marketplace", "keywords", "images"].into_iter().find(|key| *key == path);
            (key, error.inner().to_string())
        })?;
        let is_out = |time: &HumanDuration| !(TIMEOUT_SECS.0..=TIMEOUT_SECS.1).contains(&time.get().as_secs());
        let times = [("timeout", read.timeout), ("model_timeout", read.model_timeout)];
        match times.into_iter().find(|(_, time)| is_out(time)) {
            Some((key, time)) => Err((Some(key), format!("`{key}` is {time}; it must be between 1s and 1h"))),
            None => Ok(read),
        }
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
                "unheard",
                "keep_texts",
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

    /// The graph with these tools, with a model or without. What an agent may do without is left out where it is not there.
    ///
    /// # Errors
    /// What cannot be read of the source; a test reads it.
    pub fn definition(
        self,
        config: &NamedConfig,
        granted: &BTreeSet<String>,
        has_model: bool,
    ) -> Result<Definition, String> {
        let text = match self {
            Self::Product => include_str!("product.yaml"),
        };
        let json: Value = serde_saphyr::from_str(text).map_err(|error| error.to_string())?;
        let mut graph: Definition = serde_json::from_value(json).map_err(|error| error.to_string())?;
        for node in graph.nodes.values_mut() {
            settle(node, config, granted);
            settle_model(node, config, has_model);
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

/// Tells the functions whether there is a model. Without one nobody goes to the nodes that ask it, and they ask nothing.
fn settle_model(node: &mut definition::Node, config: &NamedConfig, has_model: bool) {
    if let Some(asks) = node.native.as_mut().and_then(|native| native.input.get_mut("asks_model")) {
        *asks = has_model.into();
    }
    let Some(model) = &mut node.model else { return };
    if has_model {
        node.timeout = Some(config.model_timeout);
        return;
    }
    let into = model.into.take().into_iter();
    *node = definition::Node {
        set: Some(into.map(|key| (key, Value::Object(Map::new()))).collect()),
        then: node.then.take(),
        on_error: node.on_error.take(),
        ..definition::Node::default()
    };
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
                for has_model in [true, false] {
                    let around = Surroundings { has_model, ..around(named, tools) };
                    let graph = named.definition(&NamedConfig::default(), &around.tools, has_model).unwrap();
                    let problems = Graph::build(graph, &around).err().unwrap_or_default();
                    assert_eq!(problems, [], "{} with {tools:?}, model: {has_model}", named.word());
                }
            }
        }
    }

    #[test]
    fn a_graph_without_its_marketplace_says_which_tool_is_missing() {
        let around = around(Named::Product, &[]);
        let graph = Named::Product.definition(&NamedConfig::default(), &around.tools, false).unwrap();
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
        check(json!({ "model_timeout": "10ms" }), "Some(\"model_timeout\") `model_timeout` is 10ms");
        check(json!({ "timeout": "soon" }), "timeout");
        check(json!({ "timout": "2m" }), "unknown field `timout`");
    }
}
