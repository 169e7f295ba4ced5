//! Places where the chaos kit ends the process or plants a bug, so that it can show that nothing is lost and that its
//! checker sees what is.
//!
//! All of it is behind the cargo features `chaos` and `planted_bugs`, which no release has: without them [`at`] and
//! [`plants`] are empty and the compiler takes them out.

/// A named place on the way of a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Point {
    /// Everything was told to the database but the COMMIT.
    BeforeCommit,
    /// The database has answered, and nobody else knows.
    AfterCommit,
    /// A command is stored and its sender was not answered.
    BeforeAck,
    /// Events are stored and no client has seen them.
    BeforePublish,
    /// The call of a tool is stored and the tool was not called.
    BeforeTool,
    /// The tool has answered and its result is not stored.
    AfterTool,
    /// A conversation with an open turn has a new writer, which has decided nothing.
    BeforeRecovery,
    /// What was cut is closed, but not stored.
    RecoveryDecided,
    /// It is stored, and the next run has not begun.
    RecoveryStored,
}

/// A mistake that the checker of the chaos kit must see.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Bug {
    /// A message is acknowledged while its commit is under way.
    AckBeforeCommit,
    /// Events are shown while their commit is under way.
    SendBeforeCommit,
    /// A client that resumes misses one event.
    OffByOneResume,
    /// A turn that had ended is taken up again.
    RecoverFinished,
    /// A tool is called twice for one call.
    CallToolTwice,
    /// Nothing is synced: SQLite's `synchronous: off`. A `kill -9` does not show it, a power loss does.
    NoFsync,
}

/// Ends the process here, if the environment asks for it.
#[cfg(not(feature = "chaos"))]
#[inline]
pub fn at(_: Point) {}

/// The boot of the machine that the environment pretends: none.
#[cfg(not(feature = "chaos"))]
#[inline]
pub fn boot_id() -> Option<String> {
    None
}

/// Whether this bug is planted: never.
#[cfg(not(feature = "planted_bugs"))]
#[inline]
pub fn plants(_: Bug) -> bool {
    false
}

#[cfg(feature = "chaos")]
pub use self::armed::{at, boot_id};
#[cfg(feature = "planted_bugs")]
pub use self::planted::plants;

#[cfg(feature = "chaos")]
mod armed {
    //! `CHAOS_POINT=NAME=ACTION@N`: what happens when a point is reached for the n-th time.

    use std::{
        sync::{
            LazyLock,
            atomic::{AtomicU64, Ordering},
        },
        time::Duration,
    };

    use super::Point;

    /// What is said of the commit that a late kill holds up, before the kill: long enough for an answer to get out.
    const LATE: Duration = Duration::from_millis(150);

    #[derive(Debug, Clone, Copy)]
    enum Action {
        Kill,
        LateKill,
        Panic,
    }

    struct Armed {
        point: Point,
        action: Action,
        on: u64,
        reached: AtomicU64,
    }

    static ARMED: LazyLock<Option<Armed>> = LazyLock::new(|| {
        let asked = std::env::var("CHAOS_POINT").ok()?;
        let armed = parsed(&asked);
        if armed.is_none() {
            // A run whose fault is misspelt would prove nothing.
            tracing::error!(asked, "CHAOS_POINT must be NAME=kill|late_kill|panic@N");
            std::process::exit(2);
        }
        armed
    });

    fn parsed(asked: &str) -> Option<Armed> {
        let (name, rest) = asked.split_once('=')?;
        let (action, on) = rest.split_once('@')?;
        let point = match name {
            "before_commit" => Point::BeforeCommit,
            "after_commit" => Point::AfterCommit,
            "before_ack" => Point::BeforeAck,
            "before_publish" => Point::BeforePublish,
            "before_tool" => Point::BeforeTool,
            "after_tool" => Point::AfterTool,
            "before_recovery" => Point::BeforeRecovery,
            "recovery_decided" => Point::RecoveryDecided,
            "recovery_stored" => Point::RecoveryStored,
            _ => return None,
        };
        let action = match action {
            "kill" => Action::Kill,
            "late_kill" => Action::LateKill,
            "panic" => Action::Panic,
            _ => return None,
        };
        Some(Armed { point, action, on: on.parse().ok()?, reached: AtomicU64::new(0) })
    }

    /// Ends the process here, if the environment asks for it.
    pub fn at(point: Point) {
        let Some(armed) = ARMED.as_ref().filter(|armed| armed.point == point) else { return };
        if armed.reached.fetch_add(1, Ordering::SeqCst) + 1 == armed.on {
            tracing::warn!(?point, action = ?armed.action, "a fail point was reached");
            armed.action.take();
        }
    }

    /// `CHAOS_BOOT_ID`: another one after each power loss that is played.
    pub fn boot_id() -> Option<String> {
        std::env::var("CHAOS_BOOT_ID").ok()
    }

    impl Action {
        #[expect(clippy::disallowed_methods, reason = "a stall of the thread is what a late kill asks for")]
        #[expect(clippy::panic, reason = "a panic at this place is a fault to be survived")]
        fn take(self) {
            match self {
                Self::Kill => kill(),
                Self::LateKill => {
                    std::thread::sleep(LATE);
                    kill();
                }
                Self::Panic => std::panic::panic_any("a fail point"),
            }
        }
    }

    /// As `kill -9` does: nothing is flushed, nobody is told.
    fn kill() {
        rustix::process::kill_process(rustix::process::getpid(), rustix::process::Signal::KILL).ok();
    }
}

#[cfg(feature = "planted_bugs")]
mod planted {
    //! `CHAOS_BUG=NAME`.

    use std::sync::LazyLock;

    use super::Bug;

    static PLANTED: LazyLock<Option<Bug>> = LazyLock::new(|| {
        let asked = std::env::var("CHAOS_BUG").ok()?;
        let bug = match asked.as_str() {
            "ack_before_commit" => Bug::AckBeforeCommit,
            "send_before_commit" => Bug::SendBeforeCommit,
            "off_by_one_resume" => Bug::OffByOneResume,
            "recover_finished" => Bug::RecoverFinished,
            "call_tool_twice" => Bug::CallToolTwice,
            "no_fsync" => Bug::NoFsync,
            _ => {
                tracing::error!(asked, "CHAOS_BUG names no bug");
                std::process::exit(2);
            }
        };
        Some(bug)
    });

    /// Whether this bug is planted.
    pub fn plants(bug: Bug) -> bool {
        *PLANTED == Some(bug)
    }
}
