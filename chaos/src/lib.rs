//! The chaos kit: a seed decides a load, a database and faults; a real server is started, killed and starved; and a checker
//! that knows nothing of its code compares what clients saw with what is stored and with what tools did.
//!
//! [`plan`] is pure: the same seed gives the same plan. [`run`] carries a plan out, [`checker`] judges, [`report`] keeps
//! what came of it. What the machine does in between is not decided by the seed: a run that failed is likely, not sure, to
//! fail again.

pub mod batch;
pub mod checker;
pub mod client;
pub mod cluster;
pub mod database;
pub mod disk;
pub mod faults;
pub mod held;
pub mod ledger;
pub mod model;
pub mod plan;
pub mod planted;
pub mod power;
pub mod redis;
pub mod report;
pub mod rest;
pub mod run;
pub mod server;
pub mod world;
