//! What the load is put on.

use clap::ValueEnum;

use crate::floor::{FloorKind, Synchronous};

/// A server under load.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Target {
    /// Forwards each upstream chunk to a WebSocket, nothing else.
    F1,
    /// Also writes each event as a row; sends before the commit (NORMAL).
    F2,
    /// Sends after the commit, with NORMAL.
    F3Normal,
    /// Sends after the commit, with FULL.
    F3Full,
    /// Switchboard on SQLite, `synchronous: normal`.
    SqliteNormal,
    /// Switchboard on SQLite, `synchronous: full`.
    SqliteFull,
    /// Switchboard on PostgreSQL.
    Postgres,
}

/// What kind of process a target is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// A floor of this crate.
    Floor(FloorKind, Synchronous),
    /// Switchboard on SQLite.
    Sqlite(Synchronous),
    /// Switchboard on PostgreSQL.
    Postgres,
}

impl Target {
    /// Its name in tables.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::F1 => "F1",
            Self::F2 => "F2",
            Self::F3Normal => "F3 NORMAL",
            Self::F3Full => "F3 FULL",
            Self::SqliteNormal => "ours, SQLite NORMAL",
            Self::SqliteFull => "ours, SQLite FULL",
            Self::Postgres => "ours, PostgreSQL",
        }
    }

    pub(crate) fn kind(self) -> Kind {
        match self {
            Self::F1 => Kind::Floor(FloorKind::F1, Synchronous::Normal),
            Self::F2 => Kind::Floor(FloorKind::F2, Synchronous::Normal),
            Self::F3Normal => Kind::Floor(FloorKind::F3, Synchronous::Normal),
            Self::F3Full => Kind::Floor(FloorKind::F3, Synchronous::Full),
            Self::SqliteNormal => Kind::Sqlite(Synchronous::Normal),
            Self::SqliteFull => Kind::Sqlite(Synchronous::Full),
            Self::Postgres => Kind::Postgres,
        }
    }

    /// F1, F2, and F3 with the same promise: PostgreSQL waits for its disk, as FULL does. None for a floor.
    pub(crate) fn floors(self) -> Option<[Self; 3]> {
        match self {
            Self::SqliteNormal => Some([Self::F1, Self::F2, Self::F3Normal]),
            Self::SqliteFull | Self::Postgres => Some([Self::F1, Self::F2, Self::F3Full]),
            _ => None,
        }
    }

    pub(crate) fn is_ours(self) -> bool {
        !matches!(self.kind(), Kind::Floor(..))
    }
}
