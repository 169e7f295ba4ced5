//! HTTP, WebSocket and SSE: the border where input is parsed once and errors get their stable codes.

pub mod admin;
pub mod agents;
pub mod auth;
pub mod body;
pub mod connection;
pub mod conversations;
pub mod graphs;
pub mod health;
pub mod history;
pub mod hub;
pub mod metrics;
pub mod openapi;
pub mod origin;
pub mod problem;
pub mod server;
pub mod sse;
pub mod wait;
pub mod ws;

pub use self::{
    hub::{HttpLimits, Hub},
    openapi::document,
    problem::Problem,
    server::{ServerOptions, Serving, bind},
};
