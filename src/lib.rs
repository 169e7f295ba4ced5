//! Switchboard: many agents share one conversation, and the user feels one assistant.
//!
//! The layers, from the bottom: `protocol` (a crate), the pure core (`conversation`, `routing`), the ports (`agent`,
//! `tools`, `store`, `context`) with their adapters, the actors, HTTP, and `app`, which wires them. A lower one never
//! names a higher one; `tests/it/layers` reads every `use` line. ARCHITECTURE.md tells the rest.

pub mod actors;
pub mod agent;
pub mod agents;
pub mod app;
pub mod chaos;
pub mod cli;
pub mod clock;
pub mod config;
pub mod context;
pub mod conversation;
pub mod http;
pub mod json_schema;
pub mod routing;
pub mod store;
pub mod telemetry;
pub mod tools;
pub mod units;
pub mod workflow;
