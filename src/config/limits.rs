//! The bound of everything that could grow.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{ByteSize, HumanDuration};

/// The bound of everything that could grow, and the time that everything may take.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Limits {
    /// The largest WebSocket frame of a client. A larger one is rejected.
    #[schemars(extend("x-size" = { "min": "1KiB", "max": "1MiB" }))]
    pub frame_bytes_max: ByteSize,
    /// The longest text of one user message. At most `frame_bytes_max`.
    #[schemars(extend("x-size" = { "min": "1B", "max": "1MiB" }))]
    pub content_bytes_max: ByteSize,
    /// The largest body of an HTTP request. A larger one gets 413.
    #[schemars(extend("x-size" = { "min": "1KiB", "max": "16MiB" }))]
    pub body_bytes_max: ByteSize,
    /// Messages that may wait while a turn runs. One more is refused as `busy`.
    #[schemars(range(min = 0, max = 1000))]
    pub turns_waiting_max: usize,
    /// Events of one run that may wait for their commit. A slow disk then slows the agent, not the memory.
    #[schemars(range(min = 1, max = 65536))]
    pub run_credits_max: usize,
    /// Earlier messages that an agent is given. More cost more tokens of a model.
    #[schemars(range(min = 0, max = 10000))]
    pub history_messages_max: usize,
    /// The size of the earlier messages that an agent is given. The oldest are left out.
    #[schemars(extend("x-size" = { "min": "0B", "max": "16MiB" }))]
    pub history_bytes_max: ByteSize,
    /// How long an idle conversation stays in memory. Its next message brings it back from the database.
    #[schemars(extend("x-duration" = { "min": "1s", "max": "24h" }))]
    pub conversation_idle: HumanDuration,
    /// The time within which a WebSocket must subscribe. Then it is closed.
    #[schemars(extend("x-duration" = { "min": "100ms", "max": "5m" }))]
    pub subscribe_timeout: HumanDuration,
    /// How long a subscriber may wait for a conversation that does not exist yet. Then it is closed.
    #[schemars(extend("x-duration" = { "min": "0s", "max": "24h" }))]
    pub wait_for_conversation: HumanDuration,
    /// How long a client's socket may take no byte. Then it is closed; nobody else is slowed by it.
    #[schemars(extend("x-duration" = { "min": "1s", "max": "5m" }))]
    pub write_deadline: HumanDuration,
    /// Hand-overs between agents within one turn. One more ends the turn with `budget_handoffs`.
    #[schemars(range(min = 0, max = 100))]
    pub handoffs_max: usize,
    /// Tool calls within one run. One more ends the run with `budget_tool_calls`.
    #[schemars(range(min = 0, max = 1000))]
    pub tool_calls_max: usize,
    /// How often one run may make the same call with the same arguments. Once more ends it with `budget_repetition`.
    #[schemars(range(min = 1, max = 100))]
    pub tool_repetition_max: usize,
    /// Calls of the model within one run. One more ends the run with `budget_model_calls`.
    #[schemars(range(min = 1, max = 1000))]
    pub model_calls_max: usize,
    /// The text that one run may say. More ends the run with `budget_output`.
    #[schemars(extend("x-size" = { "min": "1KiB", "max": "64MiB" }))]
    pub output_bytes_max: ByteSize,
    /// The time that one turn may take, over all its agents. Then it ends with `budget_time`.
    #[schemars(extend("x-duration" = { "min": "1s", "max": "24h" }))]
    pub turn_time_max: HumanDuration,
    /// Runs of one agent at the same time. Further ones wait.
    #[schemars(range(min = 1, max = 100_000))]
    pub runs_concurrent_max: usize,
    /// Connections at the same time, WebSocket and SSE together. Each costs a file descriptor.
    #[schemars(range(min = 1, max = 1_000_000))]
    pub sessions_max: usize,
    /// Sessions of one caller at the same time. One caller cannot take all places; a caller is an address while there are no users.
    #[schemars(range(min = 1, max = 1_000_000))]
    pub sessions_per_caller_max: usize,
    /// Messages of one WebSocket a second, in the long run. More get `rate_limited`; who goes on all the same is closed with 4429.
    #[schemars(range(min = 1, max = 100_000))]
    pub messages_per_second_max: u32,
    /// Messages of one WebSocket at once, after a rest.
    #[schemars(range(min = 1, max = 100_000))]
    pub messages_burst_max: u32,
    /// Frames of one WebSocket a second, in the long run: pieces of messages, pings and pongs too. More close it with 4429.
    #[schemars(range(min = 1, max = 1_000_000))]
    pub frames_per_second_max: u32,
    /// Frames of one WebSocket at once, after a rest. A message in more pieces than this closes it.
    #[schemars(range(min = 1, max = 1_000_000))]
    pub frames_burst_max: u32,
    /// Calls of one caller a second, in the long run: requests of HTTP and commands of all its WebSockets. More get `rate_limited`, on HTTP with 429.
    #[schemars(range(min = 1, max = 1_000_000))]
    pub calls_per_second_max: u32,
    /// Calls of one caller at once, after a rest. Clients that all come back at once behind one address need as many.
    #[schemars(range(min = 1, max = 1_000_000))]
    pub calls_burst_max: u32,
    /// The longest that an HTTP request may wait for the end of its turn. Then it gets what is known so far.
    #[schemars(extend("x-duration" = { "min": "0s", "max": "10m" }))]
    pub wait_time_max: HumanDuration,
    /// Events of a live conversation that stay in memory for its sessions. Older ones are read from the database.
    #[schemars(range(min = 1, max = 65536))]
    pub ring_events_max: usize,
    /// The size of those events. Every live conversation may hold so much memory.
    #[schemars(extend("x-size" = { "min": "1KiB", "max": "64MiB" }))]
    pub ring_bytes_max: ByteSize,
    /// Writes that one commit may hold. More wait for the next one.
    #[schemars(range(min = 1, max = 10000))]
    pub commit_group_writes_max: usize,
    /// The least time from one commit to the next. More makes larger groups, which cost less, and every word so much later; nothing waits where the store is idle.
    #[schemars(extend("x-duration" = { "min": "0s", "max": "100ms" }))]
    pub commit_interval_min: HumanDuration,
    /// How long running turns may go on after a stop was asked for. Then they are cut and go on after the next start.
    #[schemars(extend("x-duration" = { "min": "0s", "max": "1h" }))]
    pub drain_timeout: HumanDuration,
    /// The time within which the head of an HTTP request must be whole. Then the connection is closed.
    #[schemars(extend("x-duration" = { "min": "100ms", "max": "5m" }))]
    pub head_timeout: HumanDuration,
    /// The time within which the body of an HTTP request must be whole, and a message of a WebSocket that came in part. Then the request is refused, the WebSocket closed.
    #[schemars(extend("x-duration" = { "min": "1s", "max": "5m" }))]
    pub body_timeout: HumanDuration,
    /// How many bytes of a body must come in a second, after the first 3 s. A slower one is refused; 0B takes any.
    #[schemars(extend("x-size" = { "min": "0B", "max": "1MiB" }))]
    pub body_bytes_per_second_min: ByteSize,
    /// How often a WebSocket is pinged. Longer than a proxy's own limit and the proxy closes it.
    #[schemars(extend("x-duration" = { "min": "1s", "max": "10m" }))]
    pub websocket_ping_interval: HumanDuration,
    /// The time to answer a ping. Then the WebSocket is closed. Below `websocket_ping_interval`.
    #[schemars(extend("x-duration" = { "min": "100ms", "max": "10m" }))]
    pub websocket_pong_timeout: HumanDuration,
    /// How often an idle SSE stream gets a comment, so that proxies keep it open.
    #[schemars(extend("x-duration" = { "min": "1s", "max": "10m" }))]
    pub sse_heartbeat: HumanDuration,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            frame_bytes_max: ByteSize::from_kib(64),
            content_bytes_max: ByteSize::from_kib(32),
            body_bytes_max: ByteSize::from_kib(256),
            turns_waiting_max: 8,
            run_credits_max: 256,
            history_messages_max: 50,
            history_bytes_max: ByteSize::from_kib(256),
            conversation_idle: HumanDuration::from_secs(60),
            subscribe_timeout: HumanDuration::from_secs(10),
            wait_for_conversation: HumanDuration::from_secs(10 * 60),
            write_deadline: HumanDuration::from_secs(10),
            handoffs_max: 8,
            tool_calls_max: 25,
            tool_repetition_max: 3,
            model_calls_max: 10,
            output_bytes_max: ByteSize::from_mib(1),
            turn_time_max: HumanDuration::from_secs(10 * 60),
            runs_concurrent_max: 64,
            sessions_max: 10_000,
            sessions_per_caller_max: 5_000,
            messages_per_second_max: 20,
            messages_burst_max: 40,
            frames_per_second_max: 200,
            frames_burst_max: 400,
            calls_per_second_max: 1_000,
            calls_burst_max: 2_000,
            wait_time_max: HumanDuration::from_secs(60),
            ring_events_max: 512,
            ring_bytes_max: ByteSize::from_kib(512),
            commit_group_writes_max: 512,
            commit_interval_min: HumanDuration::from_millis(1),
            drain_timeout: HumanDuration::from_secs(30),
            head_timeout: HumanDuration::from_secs(5),
            body_timeout: HumanDuration::from_secs(15),
            body_bytes_per_second_min: ByteSize(512),
            websocket_ping_interval: HumanDuration::from_secs(25),
            websocket_pong_timeout: HumanDuration::from_secs(8),
            sse_heartbeat: HumanDuration::from_secs(15),
        }
    }
}
