//! The fake model as a program, for load tests and for trying things by hand.
//!
//! `fakemodel [--port N]`. A request says in its last user message what it wants: `tokens=200 every_ms=20`.

use std::{io::Write, time::Duration};

use fakemodel::{FakeModel, Request, Script};

/// Tokens of an answer, where the message does not say.
const TOKENS: u64 = 100;
/// The most tokens of an answer: each takes some memory.
const TOKENS_MAX: u64 = 100_000;

#[tokio::main]
async fn main() -> std::io::Result<()> {
    let model = FakeModel::start_on(port()?, answer).await?;
    writeln!(std::io::stdout(), "listening on {}", model.url())?;
    tokio::signal::ctrl_c().await
}

fn port() -> std::io::Result<u16> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let wrong = || std::io::Error::other("usage: fakemodel [--port N], where N is 0 (a free port) to 65535");
    match arguments.as_slice() {
        [] => Ok(0),
        [flag, port] if flag == "--port" => port.parse().map_err(|_| wrong()),
        _ => Err(wrong()),
    }
}

fn answer(request: &Request) -> Script {
    let said = request.last_user_message();
    let tokens = number(said, "tokens=").unwrap_or(TOKENS).min(TOKENS_MAX);
    Script::stamped_tokens(tokens).tokens_every(Duration::from_millis(number(said, "every_ms=").unwrap_or(0)))
}

fn number(said: &str, key: &str) -> Option<u64> {
    said.split_whitespace().find_map(|word| word.strip_prefix(key)?.parse().ok())
}
