//! The actors: thin shells that carry commands to pure decisions and their effects out into the world.

pub mod agent;
pub mod approvals;
pub mod arbiters;
pub mod callers;
pub mod client;
pub mod conversation;
pub mod figures;
pub mod guard;
mod health;
pub mod persistence;
pub mod policy;
pub mod rate;
pub mod registry;
pub mod retention;
pub mod router;
pub mod run;
pub mod session;
pub mod supervisor;
pub mod topic;
