//! Serves the small model in the foreground, for a person who tries the server with it.

use std::{
    io::{Read, Write},
    net::{Ipv4Addr, TcpListener, TcpStream},
    process::{ExitCode, Stdio},
    time::Duration,
};

use anyhow::{Context, Result, bail};

use super::Model;
use crate::{
    group::{Group, Stop},
    interrupt::Interrupt,
    servers::{READY_WITHIN, tied},
    stopwatch::{pause, wait_until},
};

impl Model {
    /// Serves on this port of the loopback until somebody asks this process to end.
    pub(crate) fn serve(&self, port: u16, interrupt: &Interrupt) -> Result<ExitCode> {
        // Only asks: without it, a server that was there before would be taken for ours.
        TcpListener::bind((Ipv4Addr::LOCALHOST, port))
            .with_context(|| format!("port {port} can't be had: choose another with `--port`"))?;
        let mut command = tied(self.python(), None, "TERM");
        command.args(self.arguments()).args(["--port", &port.to_string()]).stdin(Stdio::null()).stdout(Stdio::null());
        let mut group = Group::spawn(&mut command, Stop::TermFirst).context("can't start the small model")?;
        wait_until(READY_WITHIN, || interrupt.is_set() || !matches!(group.poll(), Ok(None)) || answers(port));
        if answers(port) {
            println!("{}", welcome(port));
        } else if !interrupt.is_set() {
            bail!("the small model does not answer on port {port}; its own words are above");
        }
        while !interrupt.is_set() {
            if let Some(status) = group.poll()? {
                bail!("the small model ended by itself: {status}; its own words are above");
            }
            pause();
        }
        Ok(ExitCode::SUCCESS)
    }
}

/// Whether a model server on this port of the loopback has loaded its weights.
pub(crate) fn answers(port: u16) -> bool {
    healthy(port).unwrap_or(false)
}

fn healthy(port: u16) -> std::io::Result<bool> {
    let mut stream = TcpStream::connect((Ipv4Addr::LOCALHOST, port))?;
    stream.set_read_timeout(Some(Duration::from_secs(1)))?;
    stream.write_all(b"GET /health HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n")?;
    let mut status = [0; 12];
    stream.read_exact(&mut status)?;
    Ok(&status == b"HTTP/1.1 200")
}

fn welcome(port: u16) -> String {
    format!(
        r#"
SmolLM2-135M-Instruct answers on http://127.0.0.1:{port}/v1: quick, English only, and often wrong.
Put this into config.yaml, each part under the key that is there already:

models:
  small:
    base_url: "http://127.0.0.1:{port}/v1"
    model: smollm2
    tool_mode: json

agents:
  - id: small_talk
    kind: model
    model: small
    name: Small talk
    description: Talks about anything.
    intents: [hello, talk, tell]
    system_prompt: "You are {{{{ agent.name }}}}. Answer in a few sentences."
    output_tokens_max: 300

Then start the server in another terminal: `cargo run --release`. Ctrl-C here ends the model."#
    )
}
