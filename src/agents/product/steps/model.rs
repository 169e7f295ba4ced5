//! Steps around the questions to a model: when one is asked, and what becomes of an answer or of none.
//!
//! The graph says with `asks_model` whether the agent has a model, so a run that waits keeps to the graph that it began with.

use serde_json::{Map, Value, json};

use super::At;
use crate::{
    agent::Turn,
    agents::product::{hear, write},
};

/// The model gave no answer that fits; its warning is in the log, and the path of the run shows this step. The rules and
/// templates go on alone.
pub(super) fn unheard(turn: &Turn) -> Map<String, Value> {
    Map::from_iter([
        ("heard".to_owned(), json!({})),
        ("written".to_owned(), Value::Null),
        ("silent".to_owned(), json!(turn.turn_id.0.to_string())),
    ])
}

impl At<'_> {
    /// Whether there is a model that did not fail in this turn: the seller waits for one failure, not for several.
    pub(super) fn asks_model(&self, turn: &Turn) -> bool {
        self.input.get("asks_model") == Some(&Value::Bool(true)) && self.text("silent") != turn.turn_id.0.to_string()
    }

    /// Asks what a message says; the answer comes back to `take` together with it.
    pub(super) fn extract(self, asked: &str, message: &str) -> Map<String, Value> {
        let prompt = hear::prompt(asked, message);
        let next =
            json!({ "step": "extract", "asked": asked, "said": message, "prompt": prompt, "heard": null, "notes": [] });
        self.wrote(next)
    }

    /// What the model wrote, if it keeps the rules.
    pub(super) fn keep_texts(mut self) -> Map<String, Value> {
        match self.state.get("written").filter(|written| !written.is_null()) {
            Some(written) => write::keep(&mut self.draft, &written.clone()),
            None => write::give_up(&mut self.draft),
        }
        // What was noted with the last message is told with the question that is still to come.
        self.wrote(json!({ "written": null, "prompt": null, "heard": null }))
    }
}
