//! OpenAI's chat completions as they travel; lenient in what is read, because every server differs a little.

use serde::Deserialize;
use serde_json::{Value, json};

use crate::tools::ToolSpec;

/// One piece of a stream.
#[derive(Debug, Default, Deserialize)]
pub(super) struct Chunk {
    #[serde(default)]
    pub choices: Vec<Choice>,
    #[serde(default)]
    pub usage: Option<TokenUsage>,
    #[serde(default)]
    pub error: Option<Value>,
}

#[derive(Debug, Default, Deserialize)]
pub(super) struct Choice {
    #[serde(default)]
    pub delta: Delta,
    #[serde(default)]
    pub finish_reason: Option<String>,
}

#[derive(Debug, Default, Deserialize)]
pub(super) struct Delta {
    #[serde(default)]
    pub content: Option<String>,
    #[serde(default)]
    pub refusal: Option<String>,
    #[serde(default)]
    pub tool_calls: Option<Vec<CallDelta>>,
}

#[derive(Debug, Default, Deserialize)]
pub(super) struct CallDelta {
    #[serde(default)]
    pub index: Option<usize>,
    #[serde(default)]
    pub id: Option<String>,
    #[serde(default)]
    pub function: Option<FunctionDelta>,
}

#[derive(Debug, Default, Deserialize)]
pub(super) struct FunctionDelta {
    #[serde(default)]
    pub name: Option<String>,
    #[serde(default)]
    pub arguments: Option<String>,
}

#[derive(Debug, Default, Clone, Copy, Deserialize)]
pub(super) struct TokenUsage {
    #[serde(default)]
    pub prompt_tokens: u64,
    #[serde(default)]
    pub completion_tokens: u64,
}

/// A function that the model may call.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Function {
    pub name: String,
    pub description: String,
    /// The JSON Schema of its arguments.
    pub parameters: Value,
}

impl From<&ToolSpec> for Function {
    fn from(spec: &ToolSpec) -> Self {
        let ToolSpec { name, description, parameters, .. } = spec;
        Self { name: name.clone(), description: description.clone(), parameters: parameters.clone() }
    }
}

/// How functions are told to the model.
#[derive(Debug)]
pub(super) enum Offer {
    /// In the API's own field.
    Tools(Value),
    /// As the shape that its answer must have.
    ResponseFormat(Value),
    /// There are none.
    Nothing,
}

/// Functions in the API's own field.
pub(super) fn native(functions: &[Function]) -> Offer {
    if functions.is_empty() {
        return Offer::Nothing;
    }
    Offer::Tools(functions.iter().map(|one| {
        let Function { name, description, parameters } = one;
        json!({ "type": "function", "function": { "name": name, "description": description, "parameters": parameters } })
    }).collect())
}

/// How a model answers.
#[derive(Debug, Clone, Copy)]
pub(super) struct Tuning {
    /// None is the model's own default.
    pub temperature: Option<f64>,
    /// None is the model's own default.
    pub output_tokens_max: Option<u32>,
}

/// The body of one call.
pub(super) fn request(model: &str, config: Tuning, messages: &[Value], offer: &Offer) -> Value {
    let mut body = json!({
        "model": model,
        "messages": messages,
        "stream": true,
        "stream_options": { "include_usage": true },
    });
    if let Some(temperature) = config.temperature {
        body["temperature"] = json!(temperature);
    }
    if let Some(tokens) = config.output_tokens_max {
        body["max_tokens"] = json!(tokens);
    }
    match offer {
        Offer::Tools(tools) => body["tools"] = tools.clone(),
        Offer::ResponseFormat(format) => body["response_format"] = format.clone(),
        Offer::Nothing => {}
    }
    body
}
