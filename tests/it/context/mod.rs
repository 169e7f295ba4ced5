//! Shared context and agent state: one contract for every store, and what a Redis that misbehaves may cost.

mod contract;
mod erased;
mod expiry;
mod hand_over;
mod redis_outage;
mod settings;
mod subjects;
