//! The tools that one agent was granted. Every call of every agent goes through here.

use std::{
    any::Any,
    collections::{HashMap, hash_map::Entry},
    fmt,
    panic::AssertUnwindSafe,
    sync::Arc,
    time::Duration,
};

use futures::FutureExt as _;
use jsonschema::Validator;
use serde_json::Value;
use tracing::warn;

use super::{
    Effect, Tool, ToolContext, ToolError, ToolSpec,
    answer::{self, ToolAnswer},
    schema,
};

/// The longest arguments that a call may have, in bytes of JSON.
pub const ARGUMENTS_BYTES_MAX: usize = 64 * 1024;
/// The longest text of a failure, in bytes.
const FAILURE_BYTES_MAX: usize = 2048;

/// A tool in an agent's hands, within bounds.
#[derive(Clone)]
pub struct Grant {
    /// The tool.
    pub tool: Arc<dyn Tool>,
    /// How long one call may take; a call's own [`ToolContext::time_max`] may make it shorter.
    pub time_max: Duration,
    /// The longest result that is kept, in bytes of JSON; what is longer is cut.
    pub result_bytes_max: usize,
}

impl fmt::Debug for Grant {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Grant")
            .field("tool", &self.tool.spec().name)
            .field("time_max", &self.time_max)
            .field("result_bytes_max", &self.result_bytes_max)
            .finish()
    }
}

/// Why tools cannot be granted as they are.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ToolBoxError {
    /// Models would refuse the name.
    #[error("`{0}` is not a tool's name: 1 to 64 of A-Z, a-z, 0-9, `_` and `-`")]
    BadName(String),
    /// Two tools cannot have one name.
    #[error("the tool `{0}` is granted twice")]
    Duplicate(String),
    /// The schema of the arguments cannot be held.
    #[error("the arguments of the tool `{tool}`: {reason}")]
    BadSchema {
        /// Which tool.
        tool: String,
        /// What is wrong with its schema.
        reason: String,
    },
}

/// The tools that an agent was granted. Cheap to clone.
#[derive(Clone, Default)]
pub struct ToolBox {
    inner: Arc<Inner>,
}

#[derive(Default)]
struct Inner {
    tools: Vec<Granted>,
    by_name: HashMap<String, usize>,
}

struct Granted {
    grant: Grant,
    spec: ToolSpec,
    arguments: Validator,
}

impl fmt::Debug for ToolBox {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.inner.tools.iter().map(|tool| &tool.grant)).finish()
    }
}

impl ToolBox {
    /// Grants these tools and compiles their schemas.
    ///
    /// # Errors
    /// [`ToolBoxError`] for the first tool with a bad name, a name that another one has, or a bad schema.
    pub fn new(grants: Vec<Grant>) -> Result<Self, ToolBoxError> {
        let mut inner = Inner::default();
        for grant in grants {
            inner.add(grant)?;
        }
        Ok(Self { inner: Arc::new(inner) })
    }

    /// No tools at all.
    pub fn empty() -> Self {
        Self::default()
    }

    /// What the tools say of themselves, in the order of the grants.
    pub fn specs(&self) -> impl Iterator<Item = &ToolSpec> {
        self.inner.tools.iter().map(|tool| &tool.spec)
    }

    /// What a call of this tool may change; none if it was not granted.
    pub fn effect(&self, name: &str) -> Option<Effect> {
        self.inner.get(name).map(|tool| tool.spec.effect)
    }

    /// Calls a tool: checks that it was granted and that the arguments fit its schema, keeps to the time-out, stops
    /// when the run is cancelled, and cuts a result that is too long. A tool that panics has failed, no more.
    ///
    /// # Errors
    /// A [`ToolError`] whose text is meant for the model and is at most a few kilobytes long.
    pub async fn call(&self, name: &str, arguments: Value, context: &ToolContext) -> Result<ToolAnswer, ToolError> {
        let granted = self.inner.get(name).ok_or_else(|| ToolError::Denied(shortened(name, 64)))?;
        schema::check(&granted.arguments, &arguments).map_err(ToolError::BadArguments)?;
        let result = granted.run(arguments, context).await.map_err(bounded)?;
        let clean = answer::scrubbed(result).map_err(|answer::TooDeep| {
            ToolError::Failed(format!(
                "the tool `{name}` answered with more than {} levels of nesting",
                answer::RESULT_LEVELS_MAX
            ))
        })?;
        Ok(answer::capped(clean, granted.grant.result_bytes_max))
    }
}

impl Inner {
    fn add(&mut self, grant: Grant) -> Result<(), ToolBoxError> {
        let spec = grant.tool.spec().clone();
        if !is_tool_name(&spec.name) {
            return Err(ToolBoxError::BadName(shortened(&spec.name, 80)));
        }
        let Entry::Vacant(place) = self.by_name.entry(spec.name.clone()) else {
            return Err(ToolBoxError::Duplicate(spec.name));
        };
        let arguments = schema::compile(&spec.parameters)
            .map_err(|reason| ToolBoxError::BadSchema { tool: spec.name.clone(), reason })?;
        place.insert(self.tools.len());
        self.tools.push(Granted { grant, spec, arguments });
        Ok(())
    }

    fn get(&self, name: &str) -> Option<&Granted> {
        self.by_name.get(name).and_then(|at| self.tools.get(*at))
    }
}

impl Granted {
    async fn run(&self, arguments: Value, context: &ToolContext) -> Result<Value, ToolError> {
        let time_max = self.grant.time_max.min(context.time_max);
        let context = ToolContext { time_max, ..context.clone() };
        let call = AssertUnwindSafe(async { self.grant.tool.call(arguments, &context).await }).catch_unwind();
        tokio::select! {
            biased;
            () = context.cancel.cancelled() => Err(ToolError::Cancelled),
            () = tokio::time::sleep(time_max) => Err(ToolError::TimedOut(time_max)),
            ended = call => ended.unwrap_or_else(|panic| Err(self.crashed(&*panic, &context))),
        }
    }

    /// The words of a panic are for the operator; the model learns that the tool failed.
    fn crashed(&self, panic: &(dyn Any + Send), context: &ToolContext) -> ToolError {
        let words =
            panic.downcast_ref::<&str>().copied().or_else(|| panic.downcast_ref::<String>().map(String::as_str));
        warn!(tool = self.spec.name, agent_id = %context.agent_id, call_id = %context.call_id, panic = words, "tool panicked");
        ToolError::Failed(format!("the tool `{}` failed unexpectedly", self.spec.name))
    }
}

fn is_tool_name(name: &str) -> bool {
    (1..=64).contains(&name.len()) && name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_' || b == b'-')
}

/// A tool's own words, kept short enough for a prompt.
fn bounded(error: ToolError) -> ToolError {
    match error {
        ToolError::Failed(words) => ToolError::Failed(shortened(&words, FAILURE_BYTES_MAX)),
        ToolError::BadArguments(words) => ToolError::BadArguments(shortened(&words, FAILURE_BYTES_MAX)),
        other => other,
    }
}

fn shortened(text: &str, bytes_max: usize) -> String {
    let kept = &text[..text.floor_char_boundary(bytes_max)];
    let clean = answer::without_nul(kept.to_owned());
    if kept.len() < text.len() { clean + "…" } else { clean }
}

#[cfg(test)]
#[path = "toolbox_tests.rs"]
mod tests;
