//! The only place of this crate that asks the clock or waits for it.
#![expect(
    clippy::disallowed_methods,
    clippy::disallowed_types,
    reason = "a chore has no runtime whose clock could be held"
)]

use std::{
    fmt,
    time::{Duration, Instant},
};

/// Measures how long something takes.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Stopwatch(Instant);

impl Stopwatch {
    pub(crate) fn start() -> Self {
        Self(Instant::now())
    }

    pub(crate) fn elapsed(self) -> Duration {
        self.0.elapsed()
    }
}

/// Waits until `ready` says yes, asking every 50 ms. Answers whether it did within `at_most`.
pub(crate) fn wait_until(at_most: Duration, mut ready: impl FnMut() -> bool) -> bool {
    let watch = Stopwatch::start();
    while !ready() {
        if watch.elapsed() > at_most {
            return false;
        }
        pause();
    }
    true
}

/// One turn of a waiting loop.
pub(crate) fn pause() {
    std::thread::sleep(Duration::from_millis(50));
}

/// Shows a duration as people read it: `0.4 s`, `12.3 s`, `2 min 05 s`.
pub(crate) struct Shown(pub(crate) Duration);

impl fmt::Display for Shown {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let seconds = self.0.as_secs();
        let text = if seconds < 60 {
            format!("{:.1} s", self.0.as_secs_f64())
        } else {
            format!("{} min {:02} s", seconds / 60, seconds % 60)
        };
        f.pad(&text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(millis: u64, shown: &str) {
        assert_eq!(Shown(Duration::from_millis(millis)).to_string(), shown);
    }

    #[test]
    fn durations_read_like_a_person_says_them() {
        check(412, "0.4 s");
        check(12_340, "12.3 s");
        check(125_000, "2 min 05 s");
    }

    #[test]
    fn waiting_gives_up() {
        assert!(!wait_until(Duration::from_millis(1), || false));
        assert!(wait_until(Duration::ZERO, || true));
    }
}
