//! What graphs call by name: functions of the program.

use std::{collections::BTreeMap, fmt, sync::Arc};

use async_trait::async_trait;
use serde_json::{Map, Value};

use crate::{
    agent::Turn,
    agents::model::Asker,
    workflow::work::{Failure, FormField},
};

/// A step in Rust. It may read, compute and keep state of the agent's own; what changes the world is for tools, whose calls
/// are in the ledger. After a crash it may be called again for the same step.
///
/// It may be called in a graph of an older version, where a run waited while the program was updated. A key that such a
/// graph's state lacks may be written with the `default` that it has in today's graph: that is left out. Any other value of it
/// fails the step, so it is written only where [`NativeCall::state`] has the key, or where the run must not go on without it.
#[async_trait]
pub trait Native: Send + Sync + 'static {
    /// Answers the keys of the state that it writes.
    ///
    /// # Errors
    /// A [`Failure`], which the graph may take care of.
    async fn call(&self, call: NativeCall<'_>) -> Result<Map<String, Value>, Failure>;
}

/// What a [`Native`] knows.
#[derive(Debug)]
pub struct NativeCall<'a> {
    /// What the node hands over.
    pub input: Map<String, Value>,
    /// The state.
    pub state: Map<String, Value>,
    /// What expressions see as `user`.
    pub user: &'a Value,
    /// The turn.
    pub turn: &'a Turn,
}

/// What a reader of forms knows.
#[derive(Debug, Clone, Copy)]
pub struct Reading<'a> {
    /// What the user wrote.
    pub message: &'a str,
    /// The field that was asked for; none where nothing was asked yet.
    pub asked: Option<&'a str>,
    /// All fields, with what is there.
    pub fields: &'a [FormField],
}

/// Reads fields out of what a user wrote. Pure.
pub type Reader = fn(&Reading<'_>) -> Map<String, Value>;

/// Functions by name, and the model that steps ask. Cheap to clone.
#[derive(Clone, Default)]
pub struct Library {
    natives: BTreeMap<&'static str, Arc<dyn Native>>,
    readers: BTreeMap<&'static str, Reader>,
    asker: Option<Arc<Asker>>,
}

impl fmt::Debug for Library {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Library")
            .field("natives", &self.natives.keys())
            .field("readers", &self.readers.keys())
            .field("asker", &self.asker)
            .finish()
    }
}

impl Library {
    /// With this function.
    #[must_use]
    pub fn with_native(mut self, name: &'static str, native: impl Native) -> Self {
        self.natives.insert(name, Arc::new(native));
        self
    }

    /// With this reader of forms.
    #[must_use]
    pub fn with_reader(mut self, name: &'static str, reader: Reader) -> Self {
        self.readers.insert(name, reader);
        self
    }

    /// With this model for the steps that ask one; none: there are none.
    #[must_use]
    pub fn with_model(mut self, asker: Option<Arc<Asker>>) -> Self {
        self.asker = asker;
        self
    }

    /// The model that steps ask.
    pub fn asker(&self) -> Option<&Arc<Asker>> {
        self.asker.as_ref()
    }

    /// The names of the functions.
    pub fn natives(&self) -> impl Iterator<Item = &str> {
        self.natives.keys().copied()
    }

    /// The names of the readers.
    pub fn readers(&self) -> impl Iterator<Item = &str> {
        self.readers.keys().copied()
    }

    pub(super) fn native(&self, name: &str) -> Option<&Arc<dyn Native>> {
        self.natives.get(name)
    }

    pub(super) fn reader(&self, name: &str) -> Option<Reader> {
        self.readers.get(name).copied()
    }
}
