//! Over which stores the integration tests run once more, and which of them.

use std::process::Command;

/// Each module of `tests/it`, whether its tests are run over every combination, and why (not).
const MODULES: &[(&str, Again, &str)] = &[
    ("acceptance", Again::Everywhere, "what is acknowledged is stored, once"),
    (
        "analytics",
        Again::No,
        "reads a marketplace and keeps one question; turns has the state of agents over every store",
    ),
    ("bad_input", Again::Everywhere, "unknown and erased conversations are looked up"),
    ("browser", Again::No, "the pages and the protocols of a browser; resume has the same over every store"),
    ("cancels", Again::OwnProcess, "a cancel is taken first and stored afterwards"),
    ("client_ids", Again::Everywhere, "what the store knows of ids, and what it does not know yet"),
    ("columns", Again::No, "asks PostgreSQL itself"),
    ("context", Again::No, "the contract of the context runs over every combination by itself"),
    ("deaf", Again::No, "what a client costs that never reads; slow has the same over every store"),
    ("deploy", Again::No, "reads the files of the deployment"),
    ("drains", Again::Everywhere, "turns that are open when the server goes down, and a store that is slow then"),
    ("epochs", Again::No, "power losses of SQLite, which it names itself"),
    ("faults", Again::No, "each fault brings the database or the Redis that it needs"),
    ("figures", Again::Everywhere, "counts what was stored, and asks the store whether it answers"),
    ("heartbeats", Again::No, "pings and pongs, of which no store hears"),
    ("hostile", Again::No, "bounds of what clients ask, of which no store hears"),
    ("keywords", Again::No, "reads a sandbox and keeps nothing"),
    ("layers", Again::No, "reads the source"),
    ("model", Again::OwnProcess, "pieces of text, tools and cancels on their way into the store"),
    ("operator", Again::OwnProcess, "starts, restarts and kills"),
    ("pages", Again::No, "origins and headers, decided before any store is asked"),
    ("panics", Again::Everywhere, "an actor is rebuilt from what is stored"),
    ("pricing", Again::No, "reads a marketplace; turns has the state of agents over every store"),
    ("product", Again::No, "a sandbox and servers of their own; what is stored of workflows is tried by workflows"),
    ("real_model", Again::No, "a real model server; model has the same streams over every store"),
    ("restores", Again::No, "backups of SQLite, and a PostgreSQL that it names itself"),
    ("resume", Again::Everywhere, "positions, snapshots and replays are read from the store"),
    ("retention", Again::Everywhere, "sweeps and tombstones"),
    ("sandbox", Again::No, "the sandbox has no store"),
    ("seller", Again::No, "a sandbox and servers of their own; what is stored of workflows is tried by workflows"),
    ("slow", Again::Everywhere, "who is far behind reads from the store"),
    ("stores", Again::No, "names its database and its Redis itself"),
    ("streams", Again::No, "headers and comments of event streams; resume has their events over every store"),
    ("supervision", Again::Everywhere, "failures and switches of agents are stored"),
    ("support", Again::No, "no tests"),
    ("termination", Again::OwnProcess, "what was acknowledged is stored at the end"),
    ("tool_effects", Again::OwnProcess, "the ledger beside the log, and what is read of it after a kill"),
    ("tour", Again::No, "the same words over every store; turns and workflows have what is stored"),
    ("turns", Again::Everywhere, "turns, hand-overs, state and shared context"),
    ("workflows", Again::OwnProcess, "checkpoints and approvals beside the log, and what is read of them after a kill"),
];

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Again {
    No,
    /// Its servers are processes of their own, for which SQLite with memory is what every run has.
    OwnProcess,
    Everywhere,
}

/// A store and a context, as the tests' `TEST_STORE` and `TEST_CONTEXT` name them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Combination {
    store: &'static str,
    context: &'static str,
}

/// All but what the run of everything has: memory in the test's process, SQLite and memory in processes of their own.
pub(crate) const COMBINATIONS: &[Combination] = &[
    Combination { store: "memory", context: "redis" },
    Combination { store: "sqlite", context: "memory" },
    Combination { store: "sqlite", context: "redis" },
    Combination { store: "postgres", context: "memory" },
    Combination { store: "postgres", context: "redis" },
];

impl Combination {
    /// For the summary.
    pub(crate) fn name(self) -> String {
        format!("once more: {}, {}", self.store, self.context)
    }

    /// Tells the tests what to stand on, and which of them to leave out; for the end of a `cargo test … --`.
    pub(crate) fn apply(self, tests: &mut Command) -> &mut Command {
        for module in self.left_out() {
            tests.args(["--skip", &format!("{module}::")]);
        }
        tests.env("TEST_STORE", self.store).env("TEST_CONTEXT", self.context)
    }

    fn left_out(self) -> impl Iterator<Item = &'static str> {
        // A process of its own has no store in memory: it takes SQLite, which another combination has.
        let is_seen = self.store == "memory" || (self.store, self.context) == ("sqlite", "memory");
        MODULES.iter().filter_map(move |(module, again, _)| match again {
            Again::Everywhere => None,
            Again::OwnProcess if !is_seen => None,
            Again::OwnProcess | Again::No => Some(*module),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A module that nobody decided about would be left out, or run for nothing.
    #[test]
    fn the_table_names_each_module_of_the_tests() {
        let main = std::fs::read_to_string(crate::chores::workspace().unwrap().join("tests/it/main.rs")).unwrap();
        let there: Vec<_> = main.lines().filter_map(|line| line.strip_prefix("mod ")?.strip_suffix(';')).collect();
        let named: Vec<_> = MODULES.iter().map(|(module, ..)| *module).collect();
        assert_eq!(named, there);
    }

    #[track_caller]
    fn check(store: &'static str, context: &'static str, module: &str, is_left_out: bool) {
        let combination = Combination { store, context };
        assert_eq!(combination.left_out().any(|name| name == module), is_left_out, "{combination:?} {module}");
    }

    #[test]
    fn what_the_run_of_everything_has_is_not_repeated() {
        check("memory", "redis", "turns", false);
        check("memory", "redis", "operator", true);
        check("sqlite", "memory", "turns", false);
        check("sqlite", "memory", "operator", true);
        check("sqlite", "redis", "operator", false);
        check("postgres", "memory", "operator", false);
        check("postgres", "redis", "layers", true);
    }

    /// A module whose name ends like another's would be left out with it.
    #[test]
    fn no_module_is_left_out_by_the_name_of_another() {
        for combination in COMBINATIONS {
            let left_out: Vec<_> = combination.left_out().collect();
            for (module, ..) in MODULES.iter().filter(|(module, ..)| !left_out.contains(module)) {
                let caught = left_out.iter().find(|name| module.ends_with(*name));
                assert_eq!(caught, None, "{module} is left out with it");
            }
        }
    }
}
