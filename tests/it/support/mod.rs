//! What several tests need: servers, folders, addresses.

pub(crate) mod backing;
pub(crate) mod browser;
pub(crate) mod client;
pub(crate) mod embedded;
pub(crate) mod faulty;
pub(crate) mod kills;
pub(crate) mod played;
pub(crate) mod raw;
pub(crate) mod real_model;
pub(crate) mod redis;
pub(crate) mod scripted;
pub(crate) mod server;
pub(crate) mod shop;
pub(crate) mod sql;

/// A variable that `cargo xtask test` sets. A test that needs it and does not find it fails: a skipped test looks green.
#[track_caller]
pub(crate) fn required(variable: &str) -> String {
    std::env::var(variable)
        .unwrap_or_else(|_| panic!("{variable} is not set: run `cargo xtask test`, or `cargo xtask servers` beside"))
}
