//! Workflows: a typed graph of steps that goes on from its last step after a crash, a restart or a week.
//!
//! This is the pure part. A [`Definition`] is what was written, in YAML or in Rust; [`Graph::build`] checks all of it and
//! makes a [`Graph`]. A [`Progress`] says where a run of the graph is, as a document that can be stored. [`Graph::work`]
//! says what is to be done next, [`Graph::finish`] takes what came of it. Neither waits, reads a clock or touches anything
//! outside, so a run can be tried, replayed and simulated as data.
//!
//! ```text
//!  Definition ──build──► Graph          Progress ──work──► what to do: say, call, ask, …
//!                  │                        ▲                   │
//!                  └─► every Problem        └──────finish◄──────┘   what came of it
//! ```

mod advance;
mod build;
pub mod definition;
pub mod expression;
mod graph;
mod mermaid;
pub mod named;
mod prepare;
pub mod problem;
pub mod progress;
mod reach;
mod reduce;
#[cfg(test)]
mod tests;
pub mod work;

pub use self::{
    build::Surroundings,
    definition::Definition,
    graph::{Graph, NodeId},
    problem::Problem,
    progress::Progress,
};
