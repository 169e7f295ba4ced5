//! The small language model for all tests; one that a test may kill or crowd, it starts itself.

use std::path::Path;

use anyhow::Result;

use super::{Launch, Server, tied};
use crate::{
    group::Stop,
    interrupt::Interrupt,
    model::{Model, answers},
};

/// Starts it and waits until its weights are loaded.
pub(super) fn start(model: &Model, folder: &Path, interrupt: &Interrupt) -> Result<Server> {
    let log = folder.join("model.log");
    let command = |port: u16| {
        let mut command = tied(model.python(), None, "TERM");
        command.args(model.arguments()).args(["--port", &port.to_string()]);
        command
    };
    let launch = Launch {
        name: "the small model",
        stop: Stop::TermFirst,
        log: &log,
        command: &command,
        ready: &answers,
        interrupt,
    };
    let (group, port) = launch.run()?;
    Ok(Server { group, variable: "TEST_MODEL_URL", url: format!("http://127.0.0.1:{port}/v1") })
}
