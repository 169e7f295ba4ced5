//! Whether and when to try again: a function of the failure, the try and the time that is left.

use std::time::Duration;

use super::error::CallError;

/// How patient to be.
#[derive(Debug, Clone, Copy)]
pub(super) struct RetryRules {
    pub retries_max: u32,
    pub backoff_min: Duration,
    pub backoff_max: Duration,
}

/// The wait before the next try; none when there is no next. `tried` counts the retries so far, `jitter` is between 0 and
/// 1. Nothing is tried again once text was shown: it would stand there twice.
pub(super) fn wait_before_next(
    error: &CallError,
    tried: u32,
    text_shown: bool,
    left: Duration,
    jitter: f64,
    rules: &RetryRules,
) -> Option<Duration> {
    if text_shown || tried >= rules.retries_max || !error.is_passing() {
        return None;
    }
    let backoff = rules.backoff_min.saturating_mul(1 << tried.min(16)).min(rules.backoff_max);
    let wait = match error {
        // What the server asks for is waited in full, or not at all: coming earlier only makes it worse.
        CallError::Status { retry_after: Some(asked), .. } if *asked > rules.backoff_max => return None,
        CallError::Status { retry_after: Some(asked), .. } => (*asked).max(rules.backoff_min),
        _ => backoff.mul_f64(0.5 + jitter.clamp(0.0, 1.0) / 2.0),
    };
    (wait < left).then_some(wait)
}

/// Reads `Retry-After`: seconds, or a date of HTTP. `now_millis` is the time in milliseconds since 1970.
pub(super) fn retry_after(value: &str, now_millis: i64) -> Option<Duration> {
    if let Ok(seconds) = value.trim().parse::<u64>() {
        return Some(Duration::from_secs(seconds));
    }
    let at = chrono::DateTime::parse_from_rfc2822(value.trim()).ok()?.timestamp_millis();
    Some(Duration::from_millis(u64::try_from(at - now_millis).unwrap_or(0)))
}

#[cfg(test)]
mod tests {
    use super::*;

    const RULES: RetryRules =
        RetryRules { retries_max: 2, backoff_min: Duration::from_millis(500), backoff_max: Duration::from_secs(20) };

    fn status(status: u16, retry_after: Option<u64>) -> CallError {
        CallError::Status { status, retry_after: retry_after.map(Duration::from_secs), body: String::new() }
    }

    #[track_caller]
    fn check(error: &CallError, tried: u32, shown: bool, left_secs: u64, expected_millis: Option<u64>) {
        let wait = wait_before_next(error, tried, shown, Duration::from_secs(left_secs), 1.0, &RULES);
        assert_eq!(wait, expected_millis.map(Duration::from_millis), "{error}");
    }

    #[test]
    fn passing_failures_are_tried_again_with_growing_waits_within_the_time_left() {
        check(&status(503, None), 0, false, 60, Some(500));
        check(&status(503, None), 1, false, 60, Some(1000));
        check(&status(503, None), 2, false, 60, None);
        check(&status(429, Some(3)), 0, false, 60, Some(3000));
        check(&status(429, Some(21)), 0, false, 60, None);
        check(&status(429, Some(15)), 0, false, 10, None);
        check(&status(429, Some(0)), 0, false, 60, Some(500));
        check(&status(400, None), 0, false, 60, None);
        check(&CallError::Unreachable(String::new()), 0, false, 60, Some(500));
        check(&CallError::Broken(String::new()), 0, true, 60, None);
        check(&CallError::Protocol(String::new()), 0, false, 60, None);
    }

    #[test]
    fn retry_after_is_seconds_or_a_date() {
        assert_eq!(retry_after("7", 0), Some(Duration::from_secs(7)));
        let date = "Wed, 21 Oct 2015 07:28:00 GMT";
        assert_eq!(retry_after(date, 1_445_412_475_000), Some(Duration::from_secs(5)));
        assert_eq!(retry_after(date, 1_445_412_485_000), Some(Duration::ZERO));
        assert_eq!(retry_after("soon", 0), None);
    }
}
