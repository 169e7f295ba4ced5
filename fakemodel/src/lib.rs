//! A model server for tests: OpenAI-compatible chat completions over Server-Sent Events, scripted, with every fault that
//! a real one was seen to have.
//!
//! It speaks plain HTTP/1.1 over tokio's sockets and not a framework's, so that an answer can be cut at any byte.
//!
//! # Example
//! ```
//! # tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(async {
//! use fakemodel::{FakeModel, Script};
//! let model = FakeModel::start(vec![Script::text("Hello there"), Script::status(500)]).await;
//! assert!(model.url().starts_with("http://127.0.0.1:"));
//! assert!(model.requests().is_empty());
//! # });
//! ```

mod http;
mod script;
mod server;

pub use self::{
    script::Script,
    server::{FakeModel, Request},
};
