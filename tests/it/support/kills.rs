//! A server that is killed after every step of a turn.

use std::collections::BTreeSet;

use super::{client::WsClient, server::TestServer};

/// Events after which the server is killed.
const KILLED_AFTER: [&str; 6] =
    ["message_accepted", "agent_start", "step_complete", "tool_execution", "tool_result", "approval_resolved"];

/// What was killed so far.
#[derive(Debug, Default)]
pub(crate) struct Kills {
    /// Each moment once: what a crash repeats is no moment of its own.
    pub(crate) moments: BTreeSet<String>,
    /// The last event that was seen.
    seen: u64,
}

impl Kills {
    /// Reads until the end of the turn. After each event of [`KILLED_AFTER`] the server is killed and started again, once
    /// for each.
    pub(crate) async fn until_turn_end(&mut self, server: &mut TestServer, id: &str, ws: &mut WsClient) {
        loop {
            let event = ws.next().await;
            if event["op"].is_string() {
                continue;
            }
            self.seen = event["seq"].as_u64().unwrap();
            let kind = event["type"].as_str().unwrap();
            if kind == "turn_end" {
                return;
            }
            // What tells a step from the others of its turn, and is the same when a crash repeats it.
            let parts = ["turnId", "node", "steps", "toolName", "arguments"].map(|key| event[key].to_string());
            if KILLED_AFTER.contains(&kind) && self.moments.insert(format!("{kind} {}", parts.join(" "))) {
                server.kill();
                server.restart(None).await;
                *ws = server.ws(id).await;
                ws.subscribe(Some(self.seen)).await;
            }
        }
    }
}
