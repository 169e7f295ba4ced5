//! What the steps of one run spend on questions to a model, together.

use std::{
    sync::atomic::{AtomicU32, AtomicU64, AtomicUsize, Ordering},
    time::Duration,
};

use protocol::{Code, event::Usage};
use tokio::{
    sync::{Mutex, MutexGuard},
    time::Instant,
};

use super::error::over_budget;
use crate::agent::RunError;

/// What one run spent on questions, over all its steps, also those that go side by side.
#[derive(Debug)]
pub struct Spending {
    pub(super) until: Instant,
    model_calls: AtomicU32,
    output_bytes: AtomicUsize,
    input_tokens: AtomicU64,
    output_tokens: AtomicU64,
    speaks: Mutex<()>,
}

impl Spending {
    /// Nothing yet, in a run of which so much time is left.
    pub fn new(left: Duration) -> Self {
        Self {
            until: Instant::now() + left,
            model_calls: AtomicU32::default(),
            output_bytes: AtomicUsize::default(),
            input_tokens: AtomicU64::default(),
            output_tokens: AtomicU64::default(),
            speaks: Mutex::default(),
        }
    }

    /// One answer at a time is shown as it comes: others wait for this.
    pub async fn speaks(&self) -> MutexGuard<'_, ()> {
        self.speaks.lock().await
    }

    /// What the models said that it cost.
    pub fn usage(&self) -> Usage {
        let read = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
        Usage { input_tokens: read(&self.input_tokens), output_tokens: read(&self.output_tokens), ..Usage::default() }
    }

    pub(super) fn count_call(&self, cap: u32) -> Result<(), RunError> {
        let used = self.model_calls.fetch_add(1, Ordering::Relaxed).saturating_add(1);
        if used <= cap {
            return Ok(());
        }
        let name = "limits.model_calls_max";
        Err(over_budget(Code::BudgetModelCalls, "calls of the model", name, used.into(), cap.into()))
    }

    pub(super) fn count_output(&self, bytes: usize, cap: usize) -> Result<(), RunError> {
        let used = self.output_bytes.fetch_add(bytes, Ordering::Relaxed).saturating_add(bytes);
        if used <= cap {
            return Ok(());
        }
        Err(over_budget(Code::BudgetOutput, "bytes of text", "limits.output_bytes_max", used as u64, cap as u64))
    }

    pub(super) fn count_tokens(&self, usage: &Usage) {
        self.input_tokens.fetch_add(usage.input_tokens, Ordering::Relaxed);
        self.output_tokens.fetch_add(usage.output_tokens, Ordering::Relaxed);
    }
}
