//! What was measured, for people and for machines.

mod deaf;
mod machine;
mod stepped;
mod table;

use serde::{Serialize, Serializer};

pub(crate) use self::{
    deaf::Deaf,
    machine::{Machine, Measured},
    stepped::Stepped,
    table::table,
};
use crate::{load::Rounds, scenario::Scenario, stats::Spread, target::Target};

/// A whole run.
#[derive(Debug, Serialize)]
pub(crate) struct Report {
    pub(crate) machine: Machine,
    pub(crate) rows: Vec<Row>,
}

impl Report {
    /// Every token came once and in order.
    pub(crate) fn is_faultless(&self) -> bool {
        self.rows.iter().all(|row| match &row.figures {
            Figures::Talked(talked) => talked.failed == 0,
            Figures::Timed(timed) => timed.failed == 0,
            Figures::Deaf(deaf) => deaf.failed == 0,
            Figures::Stepped(stepped) => stepped.turn.failed == 0,
            Figures::Start(_) | Figures::Idle(_) => true,
        })
    }
}

/// One scenario on one server.
#[derive(Debug, Serialize)]
pub(crate) struct Row {
    #[serde(serialize_with = "scenario_name")]
    pub(crate) scenario: Scenario,
    #[serde(serialize_with = "target_name")]
    pub(crate) target: Target,
    #[serde(flatten)]
    pub(crate) figures: Figures,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde's signature")]
fn scenario_name<S: Serializer>(scenario: &Scenario, to: S) -> Result<S::Ok, S::Error> {
    to.serialize_str(scenario.name())
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde's signature")]
fn target_name<S: Serializer>(target: &Target, to: S) -> Result<S::Ok, S::Error> {
    to.serialize_str(target.name())
}

/// The figures of a row.
#[derive(Debug, Serialize)]
#[serde(untagged)]
pub(crate) enum Figures {
    Talked(Talked),
    Start(Start),
    Idle(Idle),
    Timed(Timed),
    Deaf(Deaf),
    Stepped(Stepped),
}

/// Of something that happened often, each time with its own duration.
#[derive(Debug, Default, Serialize)]
pub(crate) struct Timed {
    /// How often.
    pub(crate) count: usize,
    pub(crate) ms: Option<Spread>,
    /// How often it went wrong: something was lost, doubled, changed or late beyond measure.
    pub(crate) failed: usize,
    pub(crate) faults: Vec<String>,
}

/// Faults that are kept in words; all are counted.
const FAULTS_KEPT_MAX: usize = 5;

impl Timed {
    /// Of microseconds.
    pub(crate) fn of(each: Vec<anyhow::Result<u64>>) -> Self {
        let (mut micros, mut timed) = (Vec::new(), Self::default());
        for one in each {
            match one {
                Ok(one) => micros.push(one),
                Err(fault) => {
                    timed.failed += 1;
                    if timed.faults.len() < FAULTS_KEPT_MAX {
                        timed.faults.push(format!("{fault:#}"));
                    }
                }
            }
        }
        Self { count: micros.len(), ms: Spread::millis(micros), ..timed }
    }
}

/// Of rounds of conversations. Milliseconds, KiB.
#[derive(Debug, Serialize)]
pub(crate) struct Talked {
    pub(crate) rounds: u64,
    pub(crate) tokens: u64,
    pub(crate) seconds: f64,
    pub(crate) tokens_per_second: f64,
    /// Events of all kinds that came, as often as a client got one.
    pub(crate) events_per_second: f64,
    /// Events that carried them, with those around them.
    pub(crate) events_per_token: f64,
    /// CPU milliseconds of the server for 1,000 tokens.
    pub(crate) cpu_ms_per_1000: f64,
    /// The same of the model and the load together, the warm-up included.
    pub(crate) others_cpu_ms_per_1000: f64,
    /// Cores that everything else on the machine kept busy meanwhile, PostgreSQL included. Much of it spoils the figures.
    pub(crate) foreign_cores: f64,
    pub(crate) first_token_ms: Option<Spread>,
    pub(crate) added_ms: Option<Spread>,
    pub(crate) rss_start_kib: u64,
    pub(crate) rss_peak_kib: u64,
    /// Conversations of all rounds that had a fault.
    pub(crate) failed: u64,
    pub(crate) faults: Vec<String>,
}

/// With whom a server shared the machine while it talked.
#[derive(Debug)]
pub(crate) struct Shared {
    /// CPU of the model and the load.
    pub(crate) others_cpu_seconds: f64,
    pub(crate) foreign_cores: f64,
}

impl Talked {
    #[expect(clippy::cast_precision_loss, reason = "counts of a run are far below 2^52")]
    pub(crate) fn of(rounds: Rounds, rss_start_kib: u64, shared: &Shared) -> Self {
        let tokens = rounds.tokens.max(1) as f64;
        // The warm-up is one round more.
        let others_tokens = tokens * (rounds.count + 1) as f64 / rounds.count.max(1) as f64;
        Self {
            rounds: rounds.count,
            tokens: rounds.tokens,
            seconds: rounds.seconds,
            tokens_per_second: rounds.tokens as f64 / rounds.seconds.max(f64::EPSILON),
            events_per_second: rounds.events as f64 / rounds.seconds.max(f64::EPSILON),
            events_per_token: rounds.events as f64 / tokens,
            cpu_ms_per_1000: rounds.cpu_seconds * 1e6 / tokens,
            others_cpu_ms_per_1000: shared.others_cpu_seconds * 1e6 / others_tokens,
            foreign_cores: shared.foreign_cores,
            first_token_ms: Spread::millis(rounds.first_micros),
            added_ms: Spread::millis(rounds.late_micros),
            rss_start_kib,
            rss_peak_kib: rounds.rss_peak_kib,
            failed: rounds.failed,
            faults: rounds.faults,
        }
    }
}

/// Of starts.
#[derive(Debug, Serialize)]
pub(crate) struct Start {
    pub(crate) new_database_ms: f64,
    /// The median of five.
    pub(crate) existing_database_ms: f64,
    pub(crate) rss_kib: u64,
}

/// Of idle sessions.
#[derive(Debug, Serialize)]
pub(crate) struct Idle {
    pub(crate) sessions: usize,
    pub(crate) rss_start_kib: u64,
    /// After each conversation said one token; all of them were in memory before and after it was read.
    pub(crate) rss_live_kib: u64,
    /// When none of them was in memory any more; their WebSockets were open. A floor keeps no conversation.
    pub(crate) rss_put_away_kib: u64,
}

impl Idle {
    /// KiB of each session over the start.
    #[expect(clippy::cast_precision_loss, reason = "KiB of a process are far below 2^52")]
    pub(crate) fn kib_per_session(&self, rss_kib: u64) -> f64 {
        rss_kib.saturating_sub(self.rss_start_kib) as f64 / self.sessions.max(1) as f64
    }
}
