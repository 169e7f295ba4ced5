//! The scripted model: a message says in words what is to be answered, so that an answer depends on its message alone.

use std::time::Duration;

use anyhow::Result;
use fakemodel::{FakeModel, Request, Script};
use serde_json::{Value, json};

/// A model whose tool calls go to this address.
///
/// # Errors
/// Where there is no free port.
pub async fn start(ledger_url: String) -> Result<FakeModel> {
    Ok(FakeModel::start_on(0, move |request| answer(request, &ledger_url)).await?)
}

fn answer(request: &Request, ledger_url: &str) -> Script {
    let said = request.last_user_message();
    let number = |key: &str| word(said, key).and_then(|number| number.parse().ok()).unwrap_or(1);
    let tag = word(said, "tag=").unwrap_or("nobody");
    let method = match word(said, "tool=") {
        Some("once") => "POST",
        Some("keyed") => "PUT",
        _ => "",
    };
    if method.is_empty() || has_result(request) {
        return text(number("words=")).tokens_every(Duration::from_millis(number("every=")));
    }
    let tool = if method == "POST" { "once" } else { "keyed" };
    let arguments = json!({ "url": format!("{ledger_url}/{tool}"), "method": method, "body": tag });
    Script::tool_call(&format!("call-{tag}"), tool, &arguments.to_string())
}

fn text(words: u64) -> Script {
    let words: Vec<String> = (0..words).map(|word| format!("word{word}")).collect();
    Script::text(&words.join(" "))
}

fn word<'a>(said: &'a str, key: &str) -> Option<&'a str> {
    said.split_whitespace().find_map(|word| word.strip_prefix(key))
}

/// Whether the tool was called after the last word of the user.
fn has_result(request: &Request) -> bool {
    let messages = request.body["messages"].as_array().map_or(&[] as &[Value], Vec::as_slice);
    let after_user = messages.iter().rev().take_while(|message| message["role"] != "user");
    after_user.into_iter().any(|message| message["role"] == "tool")
}
