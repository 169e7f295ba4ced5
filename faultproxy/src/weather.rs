//! What can happen to bytes.

use std::time::Duration;

/// How the bytes of all connections fare, both ways.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Weather {
    /// They get through.
    #[default]
    Clear,
    /// Each piece is so much later.
    Latency(Duration),
    /// One at a time.
    OneByte,
    /// They vanish, and nobody is told until it is over; then the connection is closed.
    Blackhole,
    /// Whoever is sent to next is told that the other side has finished; the other way stays open.
    HalfClose,
    /// The connection is reset with the next byte.
    Reset,
    /// Each connection is closed after so many bytes one way.
    CutAfter(usize),
    /// Every connection is closed, and whoever comes is turned away.
    Gone,
}

impl Weather {
    /// One word for a report.
    pub fn word(self) -> &'static str {
        match self {
            Self::Clear => "clear",
            Self::Latency(_) => "latency",
            Self::OneByte => "one_byte",
            Self::Blackhole => "blackhole",
            Self::HalfClose => "half_close",
            Self::Reset => "reset",
            Self::CutAfter(_) => "cut_after",
            Self::Gone => "gone",
        }
    }
}

/// Which way bytes go.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Way {
    /// From the client.
    ToServer,
    /// To the client.
    ToClient,
}

/// What happens to one connection at a certain byte.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum End {
    /// Both sides see it closed.
    Cut,
    /// Nothing comes any more, either way, and nobody is told.
    Silence,
}
