//! Scripted faults: what goes wrong, for which call, and how often.

use serde::{Deserialize, Serialize};

/// What goes wrong.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case", deny_unknown_fields)]
pub enum Fault {
    /// 429, with this time to wait. Nothing is done.
    TooManyRequests {
        /// `X-Ratelimit-Retry`, in seconds.
        retry_seconds: u32,
    },
    /// 401. Nothing is done.
    Unauthorized,
    /// This status, 500 to 599. Nothing is done.
    Status {
        /// The status.
        status: u16,
    },
    /// The call is done and answered this much later; at most a minute.
    Slow {
        /// In milliseconds.
        millis: u64,
    },
    /// The call is done, and the connection is closed without a byte of the answer.
    CutAfter,
    /// The next card that is looked at is rejected with this message; `call` and `token` say nothing about it.
    RejectCard {
        /// As `errors` of `cards/error/list` shows it.
        error: String,
    },
    /// What this call puts into the queue lies there so long instead of the usual time.
    WorkDelay {
        /// In milliseconds.
        millis: u64,
    },
}

/// A fault, and when it strikes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FaultRule {
    /// Only calls whose path begins with this; all if it is empty.
    #[serde(default)]
    pub call: String,
    /// Only calls with this token; all if there is none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub token: Option<String>,
    /// How often it strikes before it is gone.
    #[serde(default = "once")]
    pub times: u32,
    /// What goes wrong.
    pub fault: Fault,
}

const fn once() -> u32 {
    1
}

impl FaultRule {
    /// Strikes each call whose path begins with `call`, `times` times.
    pub fn new(call: &str, times: u32, fault: Fault) -> Self {
        Self { call: call.to_owned(), token: None, times, fault }
    }
}

/// Why a rule was not taken.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum FaultError {
    /// There are too many.
    #[error("{count} rules of faults: at most {max} at a time; clear them with DELETE /sandbox/faults")]
    TooMany {
        /// With the new ones.
        count: usize,
        /// The bound.
        max: usize,
    },
    /// A status that the fault is not for.
    #[error("status: {0} is not between 500 and 599; use too_many_requests or unauthorized for the others")]
    Status(u16),
    /// A pause that is too long.
    #[error("millis: {0} is more than a minute (60000)")]
    Slow(u64),
}

const SLOW_MILLIS_MAX: u64 = 60_000;

/// The rules that have not struck often enough yet, the oldest first.
#[derive(Debug, Default)]
pub(crate) struct Faults(Vec<FaultRule>);

impl Faults {
    pub(crate) fn add(&mut self, rules: Vec<FaultRule>, max: usize) -> Result<(), FaultError> {
        let count = self.0.len() + rules.len();
        if count > max {
            return Err(FaultError::TooMany { count, max });
        }
        rules.iter().try_for_each(|rule| check(&rule.fault))?;
        self.0.extend(rules.into_iter().filter(|rule| rule.times > 0));
        Ok(())
    }

    pub(crate) fn clear(&mut self) {
        self.0.clear();
    }

    pub(crate) fn rules(&self) -> &[FaultRule] {
        &self.0
    }

    /// The fault that strikes this call, if one does; it is used up by that.
    pub(crate) fn strike(&mut self, path: &str, token: &str) -> Option<Fault> {
        self.take(|rule| {
            !matches!(rule.fault, Fault::RejectCard { .. })
                && path.starts_with(&rule.call)
                && rule.token.as_deref().is_none_or(|wanted| wanted == token)
        })
    }

    /// What the next card is rejected with, if anything.
    pub(crate) fn reject_card(&mut self) -> Option<String> {
        match self.take(|rule| matches!(rule.fault, Fault::RejectCard { .. }))? {
            Fault::RejectCard { error } => Some(error),
            _ => None,
        }
    }

    fn take(&mut self, strikes: impl Fn(&FaultRule) -> bool) -> Option<Fault> {
        let at = self.0.iter().position(strikes)?;
        self.0[at].times -= 1;
        let fault = self.0[at].fault.clone();
        if self.0[at].times == 0 {
            self.0.remove(at);
        }
        Some(fault)
    }
}

fn check(fault: &Fault) -> Result<(), FaultError> {
    match fault {
        Fault::Status { status } if !(500..600).contains(status) => Err(FaultError::Status(*status)),
        Fault::Slow { millis } if *millis > SLOW_MILLIS_MAX => Err(FaultError::Slow(*millis)),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fault_strikes_its_call_as_often_as_it_says() {
        let mut faults = Faults::default();
        faults.add(vec![FaultRule::new("/content/v2/cards", 2, Fault::Unauthorized)], 9).unwrap();
        assert_eq!(faults.strike("/api/v1/tariffs/box", "t"), None);
        assert_eq!(faults.strike("/content/v2/cards/upload", "t"), Some(Fault::Unauthorized));
        assert_eq!(faults.strike("/content/v2/cards/limits", "t"), Some(Fault::Unauthorized));
        assert_eq!(faults.strike("/content/v2/cards/limits", "t"), None);
    }

    #[test]
    fn a_fault_for_one_token_leaves_the_others_alone() {
        let mut faults = Faults::default();
        let rule = FaultRule { token: Some("a".to_owned()), ..FaultRule::new("", 1, Fault::CutAfter) };
        faults.add(vec![rule], 9).unwrap();
        assert_eq!(faults.strike("/x", "b"), None);
        assert_eq!(faults.strike("/x", "a"), Some(Fault::CutAfter));
    }

    #[test]
    fn a_rule_that_means_nothing_is_refused_whole() {
        let refused = |fault, error| {
            let mut faults = Faults::default();
            let rules = vec![FaultRule::new("", 1, Fault::CutAfter), FaultRule::new("", 1, fault)];
            assert_eq!(faults.add(rules, 9), Err(error));
            assert!(faults.rules().is_empty());
        };
        refused(Fault::Status { status: 200 }, FaultError::Status(200));
        refused(Fault::Slow { millis: 60_001 }, FaultError::Slow(60_001));
        let many = vec![FaultRule::new("", 1, Fault::CutAfter); 3];
        assert_eq!(Faults::default().add(many, 2), Err(FaultError::TooMany { count: 3, max: 2 }));
    }
}
