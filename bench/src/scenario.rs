//! What load there is.

use std::time::Duration;

use clap::ValueEnum;

/// A row of the table.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Scenario {
    /// From the start of the process until it is ready: on a new database and on an existing one.
    #[value(name = "start")]
    Start,
    /// 16 conversations, 200 tokens each, as fast as they go.
    #[value(name = "16x200")]
    Flood,
    /// 100 conversations, 100 tokens each, one every 20 ms.
    #[value(name = "100x100")]
    Steady,
    /// 1,000 conversations, 100 tokens each, one every 20 ms, started over one second.
    #[value(name = "1000x100")]
    Crowd,
    /// 5,000 WebSockets whose conversations are idle: first in memory, then put away.
    #[value(name = "idle")]
    Idle,
    /// Cancels of answers that are under way, while others talk: until the model's socket is closed.
    #[value(name = "cancel")]
    Cancel,
    /// 1,000 conversations with turns under way, over WebSockets; `kill -9`, a start, and all come back at once.
    #[value(name = "restart")]
    Restart,
    /// 5,000 WebSockets that come back at once to a server that runs, each with something missing.
    #[value(name = "storm")]
    Storm,
    /// 16 conversations of 8 s at 200 tokens a second, without and with 50 clients that follow them and never read.
    #[value(name = "deaf")]
    Deaf,
    /// 500 workflows of 20 steps without a model, side by side.
    #[value(name = "workflow")]
    Workflow,
}

/// Conversations that talk at the same time, again and again.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Plan {
    /// How many in a round.
    pub(crate) conversations: usize,
    /// Tokens of each answer.
    pub(crate) tokens: u64,
    /// Between two tokens of an answer.
    pub(crate) gap: Duration,
    /// Within this time the conversations of a round begin, evenly.
    pub(crate) start_over: Duration,
}

impl Scenario {
    /// Its name in tables and on the command line.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Start => "start",
            Self::Flood => "16x200",
            Self::Steady => "100x100",
            Self::Crowd => "1000x100",
            Self::Idle => "idle",
            Self::Cancel => "cancel",
            Self::Restart => "restart",
            Self::Storm => "storm",
            Self::Deaf => "deaf",
            Self::Workflow => "workflow",
        }
    }

    /// What it is, for the head of its table.
    pub(crate) fn title(self) -> &'static str {
        match self {
            Self::Start => "start: from the start of the process until /readyz answers 200, median",
            Self::Flood => "16 conversations × 200 tokens at 0 ms",
            Self::Steady => "100 conversations × 100 tokens at 20 ms",
            Self::Crowd => "1,000 conversations × 100 tokens at 20 ms, started over 1 s",
            Self::Cancel => {
                "cancel: from the sending of a cancel until the model sees the end of its socket, while others talk"
            }
            Self::Restart => "restart: from the kill -9 until each of the conversations goes on at its client",
            Self::Storm => "storm: from the moment at which all come back until each has what it missed",
            Self::Deaf => {
                "deaf: 16 conversations × 1,600 tokens at 5 ms, without and with clients that never read, in turn"
            }
            Self::Workflow => "workflow: runs of 20 steps without a model, each step with its checkpoint, all at once",
            Self::Idle => "idle WebSockets: with their conversations in memory, and after those were put away",
        }
    }

    /// Its rounds; none where it has none.
    pub(crate) fn plan(self) -> Option<Plan> {
        let plan = |conversations, tokens, gap_ms, start_ms| Plan {
            conversations,
            tokens,
            gap: Duration::from_millis(gap_ms),
            start_over: Duration::from_millis(start_ms),
        };
        match self {
            Self::Start | Self::Idle | Self::Cancel | Self::Restart | Self::Storm | Self::Workflow => None,
            Self::Flood => Some(plan(16, 200, 0, 0)),
            Self::Deaf => Some(plan(16, 1600, 5, 5)),
            // Not all in the same millisecond: a model does not answer a hundred people in step.
            Self::Steady => Some(plan(100, 100, 20, 20)),
            Self::Crowd => Some(plan(1000, 100, 20, 1000)),
        }
    }
}
