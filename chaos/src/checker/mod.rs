//! The judge: reads what clients saw, what is stored and what the tool did, and names each broken promise.
//!
//! It shares no code with the server. It knows the names on the wire and those of the tables, and nothing else, so that a
//! mistake of the server cannot hide behind the same mistake here.

mod clients;
pub mod evidence;
mod log;
mod outside;
#[cfg(test)]
mod tests;

use std::fmt;

use serde::{Deserialize, Serialize};

use self::evidence::Evidence;

/// What must hold after every run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Invariant {
    /// Every message that was acknowledged is stored exactly once, where the acknowledgement says.
    I1,
    /// The log is dense from its first event to its head.
    I2,
    /// What any client saw at a place is stored there, byte for byte.
    I3,
    /// No client misses an event, and none comes out of order.
    I4,
    /// Each run ends once, each turn ends once, and everything that was opened is closed before.
    I5,
    /// A tool that counts every call is called at most once for a call, a repeatable one always with the same key.
    I6,
    /// No secret stands in a frame, a log or the database.
    I9,
    /// After a storm without a kill the server holds no more than before.
    I10,
    /// Once the faults are over, everything comes to its end in time.
    I11,
    /// Without faults, messages are answered.
    I12,
}

impl fmt::Display for Invariant {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self:?}")
    }
}

/// A broken promise.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Violation {
    /// Which.
    pub invariant: Invariant,
    /// Where and how.
    pub what: String,
}

impl fmt::Display for Violation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.invariant, self.what)
    }
}

/// What is found on the way.
#[derive(Debug, Default)]
struct Findings(Vec<Violation>);

impl Findings {
    fn add(&mut self, invariant: Invariant, what: String) {
        self.0.push(Violation { invariant, what });
    }
}

/// Every promise that this run broke.
pub fn check(evidence: &Evidence) -> Vec<Violation> {
    let mut findings = Findings::default();
    log::check(evidence, &mut findings);
    clients::check(evidence, &mut findings);
    outside::check(evidence, &mut findings);
    findings.0
}
