//! The rules as data. A new folder or a new exception is a line here, with its reason.

/// Which layer a part of the tree belongs to; the longest matching place counts. Lower may not name higher.
pub(super) const LAYERS: &[(&str, Layer)] = &[
    ("protocol", Layer::Words),
    ("entity", Layer::Words),
    ("migration", Layer::Words),
    ("clock", Layer::Core),
    ("chaos", Layer::Core),
    ("conversation", Layer::Core),
    ("routing", Layer::Core),
    ("workflow", Layer::Core),
    ("units", Layer::Core),
    ("json_schema", Layer::Core),
    ("config", Layer::Ports),
    ("agent", Layer::Ports),
    ("tools", Layer::Ports),
    ("store", Layer::Ports),
    ("context", Layer::Ports),
    ("agents", Layer::Adapters),
    ("tools::calculator", Layer::Adapters),
    ("tools::http", Layer::Adapters),
    ("tools::wildberries", Layer::Adapters),
    ("tools::image_analysis", Layer::Adapters),
    ("tools::keyword_research", Layer::Adapters),
    ("store::sql", Layer::Adapters),
    ("context::sql", Layer::Adapters),
    ("context::redis", Layer::Adapters),
    ("actors", Layer::Actors),
    ("http", Layer::Http),
    ("telemetry", Layer::App),
    ("app", Layer::App),
    ("cli", Layer::App),
    ("main", Layer::App),
    ("lib", Layer::App),
];

/// From the bottom to the top.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Layer {
    /// The crates that everything stands on.
    Words,
    /// Pure: no actor, no clock, no network.
    Core,
    /// Traits, with their in-memory twins; typed configuration.
    Ports,
    /// The only code that does network or SQL.
    Adapters,
    /// Whoever owns state and takes turns.
    Actors,
    /// What clients see.
    Http,
    /// The wiring.
    App,
}

/// Names that only some places may use.
pub(super) struct Reserved {
    /// The beginning of a path.
    pub(super) names: &'static [&'static str],
    /// The places that may use it; what lies below them may too.
    pub(super) places: &'static [&'static str],
    /// Why.
    pub(super) reason: &'static str,
}

pub(super) const RESERVED: &[Reserved] = &[
    Reserved {
        names: &["actix", "actix_rt", "actix_web", "actix_http", "actix_web_lab"],
        places: &["actors", "http", "app", "main"],
        reason: "actix stays inside actors/ and http/, so that it can be replaced",
    },
    Reserved {
        names: &["sea_orm", "sea_orm_migration", "entity", "migration"],
        places: &["store::sql", "context::sql", "app", "entity", "migration"],
        reason: "only the SQL adapters know the tables",
    },
    Reserved { names: &["redis"], places: &["context::redis", "app"], reason: "Redis is a cache behind one adapter" },
    Reserved {
        names: &["reqwest"],
        places: &["agents", "tools::http", "tools::wildberries", "app"],
        reason: "only adapters do network, so that everything else is tested without",
    },
    Reserved {
        names: &["std::time::Instant", "std::time::SystemTime", "chrono::Utc::now", "chrono::Local", "Utc::now"],
        places: &["clock"],
        reason: "the time comes from clock::Clock (wall) or tokio::time (durations), which tests can hold",
    },
];

/// Where an `Envelope` may be built, which is what gives an event its `seq`.
pub(super) const SEQ_PLACES: &[&str] = &["conversation", "protocol"];

/// What only tests build: it may name what it tests, and make events of its own.
pub(super) const TEST_PLACES: &[&str] = &["tests/", "src/store/contract"];

/// Longer files have more than one subject.
pub(super) const LINES_MAX: usize = 450;
