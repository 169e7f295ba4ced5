//! What is to be done, and what came of it.

use std::time::Duration;

use serde_json::{Map, Value};

use super::{graph::NodeId, progress::Place};

/// A step that somebody has to do.
#[derive(Debug, Clone, PartialEq)]
pub struct Task {
    /// For [`super::Graph::finish`].
    pub place: Place,
    /// The step.
    pub node: NodeId,
    /// Steps that had been taken when the run came to it; the same after a crash, whatever branches beside it did meanwhile.
    pub since: u32,
    /// What.
    pub work: Work,
    /// What the step remembered when it began to wait; none where it does not wait.
    pub waits: Option<Value>,
    /// How long one try may take; none: as long as the run has.
    pub time_max: Option<Duration>,
    /// Tries that failed before.
    pub failed: u32,
}

/// What is to be done, with every expression worked out.
#[derive(Debug, Clone, PartialEq)]
pub enum Work {
    /// Say this.
    Say(String),
    /// Call a tool.
    Call(Call),
    /// Call a tool once the user has approved of this very call.
    Approve(Approve),
    /// Ask the model.
    Ask(Ask),
    /// Fill fields from what the user says.
    Collect(Form),
    /// Hand over to another agent.
    HandOff {
        /// Who.
        to: String,
        /// Why.
        reason: Option<String>,
        /// What is handed over.
        data: Map<String, Value>,
    },
    /// Call a function of the program.
    Native {
        /// Which.
        name: String,
        /// With what.
        input: Map<String, Value>,
        /// The state as it is.
        state: Map<String, Value>,
    },
}

/// A call of a tool.
#[derive(Debug, Clone, PartialEq)]
pub struct Call {
    /// The tool.
    pub tool: String,
    /// With what.
    pub arguments: Map<String, Value>,
    /// The key that the result is written to.
    pub into: Option<String>,
}

/// A call that needs an approval.
#[derive(Debug, Clone, PartialEq)]
pub struct Approve {
    /// The call.
    pub call: Call,
    /// What the user is told before.
    pub say: Option<String>,
    /// Whether a message in place of a decision takes the question back.
    pub withdraw: bool,
    /// How long the decision may take.
    pub expires: Duration,
}

/// A question to a model.
#[derive(Debug, Clone, PartialEq)]
pub struct Ask {
    /// What the model is told first.
    pub system: Option<String>,
    /// The question.
    pub prompt: String,
    /// What the answer must fit; none: it is text.
    pub schema: Option<Value>,
    /// The key that the answer is written to.
    pub into: Option<String>,
    /// Whether the user sees the text as it comes.
    pub show: bool,
}

/// A form.
#[derive(Debug, Clone, PartialEq)]
pub struct Form {
    /// In the order in which they are asked for.
    pub fields: Vec<FormField>,
    /// The function of the program that reads; none: by the schemas alone.
    pub reader: Option<String>,
}

/// A field of a form.
#[derive(Debug, Clone, PartialEq)]
pub struct FormField {
    /// The key of the state.
    pub name: String,
    /// What the user is asked.
    pub ask: String,
    /// What its values must fit.
    pub schema: Option<Value>,
    /// Whether the form is whole without it.
    pub optional: bool,
    /// What is there already.
    pub value: Value,
}

/// What came of a step.
#[derive(Debug, Clone, PartialEq)]
pub enum Done {
    /// It was done; these keys were written.
    Wrote(Vec<(String, Value)>),
    /// It waits for the user, and needs this to go on. What it has so far is written.
    Waits {
        /// What it needs to remember.
        remember: Value,
        /// Keys that were written already.
        wrote: Vec<(String, Value)>,
    },
    /// The user did not approve.
    Rejected(Failure),
    /// It failed.
    Failed {
        /// Why.
        failure: Failure,
        /// Whether another try may succeed.
        may_pass: bool,
    },
}

/// Why a step failed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Failure {
    /// A stable word, which conditions may look at.
    pub code: String,
    /// In words for people.
    pub message: String,
}

impl Failure {
    /// A failure.
    pub fn new(code: impl Into<String>, message: impl Into<String>) -> Self {
        Self { code: code.into(), message: message.into() }
    }
}

/// How a run goes on after a step.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Next {
    /// With what [`super::Graph::work`] says.
    On,
    /// With the same step, after this time.
    Again(Duration),
}

/// Why a run of a graph cannot go on.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Fault {
    /// A step failed, and nothing in the graph takes care of that.
    #[error("the step `{node}` failed: {}", failure.message)]
    Step {
        /// The step.
        node: NodeId,
        /// Why.
        failure: Failure,
    },
    /// It took too many steps.
    #[error("the workflow took {used} steps; the limit is {steps_max}")]
    Steps {
        /// The limit.
        steps_max: u32,
        /// What was used.
        used: u32,
    },
    /// Branches or graphs are nested too deeply.
    #[error("the workflow is nested more than {frames_max} deep, at `{node}`")]
    Depth {
        /// The step.
        node: NodeId,
        /// The limit.
        frames_max: usize,
    },
    /// The progress is of another graph, or of a step that is gone.
    #[error("the workflow was changed while it waited: {0}")]
    Changed(String),
}
