//! The agent that follows a graph: says, calls, asks and waits as [`crate::workflow`] works out, and stores after each step
//! where it is.
//!
//! A run goes on from the checkpoint: of this turn, where a crash cut the run before, or of an earlier one, where the
//! workflow waited for this message or decision. What a step said and called is stored together with the checkpoint after
//! it, so nothing is said twice and no call is made twice that the log knows of.
//!
//! ```text
//!  checkpoint ──► begin ──► work ──► perform each step ──► finish ──► stored together: what it said, the step, where it is
//!                             ▲                                            │
//!                             └────────────────────────────────────────────┘      nothing left to do: over, or it waits
//! ```

mod asks;
mod begin;
mod calls;
mod form;
pub mod library;
mod older;
mod perform;
mod questions;
mod run;
#[cfg(test)]
mod tests;
mod words;

use std::{
    collections::BTreeSet,
    sync::{Arc, atomic::AtomicBool},
};

use async_trait::async_trait;

pub use self::{
    library::{Library, Native, NativeCall, Reading},
    words::is_refusal,
};
use crate::{
    agent::{Agent, AgentCard, EventSink, Outcome, RunError, Turn},
    tools::ToolBox,
    workflow::{Definition, Graph, Problem, Surroundings},
};

/// An agent that follows a graph.
#[derive(Debug)]
pub struct WorkflowAgent {
    card: AgentCard,
    graph: Arc<Graph>,
    around: Surroundings,
    toolbox: ToolBox,
    library: Library,
    /// The graph is in the store, as far as this process knows.
    is_kept: AtomicBool,
}

impl WorkflowAgent {
    /// Checks the graph whole.
    ///
    /// # Errors
    /// Every [`Problem`] of the graph.
    pub fn new(
        card: AgentCard,
        definition: Definition,
        toolbox: ToolBox,
        library: Library,
        agents: BTreeSet<String>,
    ) -> Result<Self, Vec<Problem>> {
        let around = Surroundings {
            tools: toolbox.specs().map(|spec| spec.name.clone()).collect(),
            natives: library.natives().map(str::to_owned).collect(),
            readers: library.readers().map(str::to_owned).collect(),
            agents,
            has_model: library.asker().is_some(),
        };
        let graph = Arc::new(Graph::build(definition, &around)?);
        Ok(Self { card, graph, around, toolbox, library, is_kept: AtomicBool::new(false) })
    }
}

#[async_trait]
impl Agent for WorkflowAgent {
    fn card(&self) -> &AgentCard {
        &self.card
    }

    fn workflow(&self) -> Option<&Graph> {
        Some(&self.graph)
    }

    async fn run(&self, turn: Turn, sink: EventSink) -> Result<Outcome, RunError> {
        let begun = begin::begin(self, &turn, &sink).await?;
        run::Run::new(self, &turn, &sink, begun).go().await
    }
}
