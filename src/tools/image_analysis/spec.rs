//! What an image tool says of itself.

use serde_json::{Value, json};

use super::{ImageAnalysisConfig, rules::PHOTOS_MAX};
use crate::tools::{Effect, ToolSpec};

/// The longest link, in bytes: what the http tool takes too.
const URL_BYTES_MAX: usize = 2048;
/// How many hosts the description names.
const HOSTS_NAMED_MAX: usize = 20;

pub(super) fn spec(name: &str, config: &ImageAnalysisConfig) -> ToolSpec {
    ToolSpec {
        name: name.to_owned(),
        description: config.description.clone().unwrap_or_else(|| description(config)),
        parameters: parameters(),
        effect: Effect::Pure,
    }
}

fn description(config: &ImageAnalysisConfig) -> String {
    let hosts = &config.downloads.hosts_allowed;
    let mut named: Vec<String> = hosts.iter().take(HOSTS_NAMED_MAX).map(ToString::to_string).collect();
    match hosts.len() - named.len() {
        0 if named.is_empty() => named.push("none, so send `data`".into()),
        0 => {}
        more => named.push(format!("{more} more")),
    }
    format!(
        "Measures the photos of a product card: format, size, ratio, sharpness, exposure, background, and which of them \
         look the same. Answers with `measures` and `findings` (code, value, rule, next step) for each image, or with \
         why it could not be read; `accepted` says whether the marketplace would take it. Files of up to {} bytes; \
         hosts of links: {}.",
        config.downloads.bytes_max,
        named.join(", ")
    )
}

fn parameters() -> Value {
    let link = json!({"type": "string", "minLength": 1, "maxLength": URL_BYTES_MAX, "description": "http or https"});
    json!({
        "type": "object",
        "description": "Exactly one of `url`, `urls` and `data`",
        "properties": {
            "url": link,
            "urls": {
                "type": "array",
                "items": link,
                "minItems": 1,
                "maxItems": PHOTOS_MAX,
                "description": "The photos of one card, in their order",
            },
            "data": {"type": "string", "description": "One file as base64, or as a `data:` address"},
        },
        "additionalProperties": false,
    })
}
