//! A model server for tests: OpenAI-compatible chat completions, scripted, with every fault that a real one was seen to
//! have.
//!
//! It speaks plain HTTP/1.1 over tokio's sockets and not a framework's, so that an answer can be cut at any byte.
//! `POST /v1/chat/completions` plays a [`Script`], streamed or as one body; `GET /v1/models` lists one model.
//!
//! # Example
//! ```
//! # tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(async {
//! use std::time::Duration;
//! use fakemodel::{FakeModel, Script};
//!
//! let model = FakeModel::start(vec![
//!     Script::status(429).retry_after("1"),
//!     Script::text("Hello there").tokens_every(Duration::from_millis(5)).usage(10, 2),
//! ])
//! .await;
//! model.when("weather", Script::tool_call("a", "look_outside", r#"{"city":"Minsk"}"#));
//! assert!(model.url().starts_with("http://127.0.0.1:"));
//! assert!(model.requests().is_empty() && model.dropped_clients().is_empty());
//! # });
//! ```

mod book;
mod chunk;
mod http;
pub mod pour;
mod script;
mod server;
mod steps;

#[cfg(test)]
mod tests;

pub use self::{book::Request, script::Script, server::FakeModel, steps::stamp};
