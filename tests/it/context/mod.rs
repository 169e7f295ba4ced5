//! Shared context and agent state: one contract for every store, and what a Redis that misbehaves may cost.

mod contract;
mod expiry;
mod redis_outage;
mod subjects;
