//! A private Redis: nothing on disk, on loopback only.

use std::{
    io::{Read, Write},
    net::{Ipv4Addr, TcpStream},
    path::Path,
    time::Duration,
};

use anyhow::Result;

use super::{Launch, Server, tied};
use crate::{group::Stop, interrupt::Interrupt};

/// Starts it and waits for its first answer.
pub(super) fn start(program: &Path, folder: &Path, interrupt: &Interrupt) -> Result<Server> {
    let log = folder.join("redis.log");
    let command = |port: u16| {
        let mut command = tied(program, None, "TERM");
        command.args(["--port", &port.to_string(), "--bind", "127.0.0.1", "--save", "", "--appendonly", "no"]);
        // Each server of a test takes one for itself.
        command.args(["--databases", "1024", "--dir"]).arg(folder);
        command
    };
    let ready = |port| answers(port).unwrap_or(false);
    let launch =
        Launch { name: "Redis", stop: Stop::TermFirst, log: &log, command: &command, ready: &ready, interrupt };
    let (group, port) = launch.run()?;
    Ok(Server { group, variable: "TEST_REDIS_URL", url: format!("redis://127.0.0.1:{port}/") })
}

fn answers(port: u16) -> std::io::Result<bool> {
    let mut stream = TcpStream::connect((Ipv4Addr::LOCALHOST, port))?;
    stream.set_read_timeout(Some(Duration::from_secs(1)))?;
    stream.write_all(b"PING\r\n")?;
    let mut answer = [0; 5];
    stream.read_exact(&mut answer)?;
    Ok(&answer == b"+PONG")
}
