//! A real browser: the client of the first design works unchanged, resumes by itself, and stops at the end.

use serde_json::{Value, json};

use crate::support::{browser::Browser, client::new_id, embedded::Embedded};

/// The client as the first design has it (its types left out), with the page's callbacks collecting what they get.
const CLIENT: &str = r"
class MultiAgentStreamingClient {
  constructor(log) { this.eventSource = null; this.currentAgent = null; this.log = log; }
  async startConversation(conversationId) {
    this.eventSource = new EventSource(`/api/stream/${conversationId}`);
    this.eventSource.onmessage = (event) => {
      const agentEvent = JSON.parse(event.data);
      this.handleAgentEvent(agentEvent);
    };
  }
  handleAgentEvent(event) {
    switch (event.type) {
      case 'agent_start': this.onAgentStart(event.agentId, event.agentName); break;
      case 'agent_switch': this.onAgentSwitch(event.fromAgent, event.toAgent, event.reason); break;
      case 'content_chunk': this.onContentChunk(event.content, event.agentId); break;
      case 'tool_execution': this.onToolExecution(event.toolName, event.agentId); break;
      case 'error': this.onError(event.error, event.agentId); break;
      case 'turn_end': this.onTurnEnd(); break;
    }
  }
  onAgentStart(agentId, agentName) { this.currentAgent = agentId; this.log.push(`start ${agentName}`); }
  onAgentSwitch(from, to, reason) { this.log.push(`switch ${from} ${to} ${reason}`); this.currentAgent = to; }
  onContentChunk(content, agentId) { this.log.push(`chunk ${agentId} ${content}`); }
  onToolExecution(name, agentId) { this.log.push(`tool ${name} ${agentId}`); }
  onError(error, agentId) { this.log.push(`error ${agentId}`); }
  onTurnEnd() {}
}
";

#[tokio::test]
async fn the_first_designs_client_works_unchanged_in_a_browser() {
    let server = Embedded::start();
    let browser = Browser::start().await;
    browser.go(&format!("{}/healthz", server.url)).await;
    let script = format!(
        r"{CLIENT}
        const [id, done] = arguments, log = [], client = new MultiAgentStreamingClient(log);
        let turns = 0;
        const say = content => fetch(`/api/conversations/${{id}}/messages`, {{
          method: 'POST', headers: {{ 'content-type': 'application/json' }}, body: JSON.stringify({{ content }}) }});
        client.onTurnEnd = () => {{ if (++turns === 3) done(log); }};
        // The stream is opened before the conversation exists.
        client.startConversation(id).then(() => say('beta say=Hello tool=1')).then(() => say('gamma say=there')).then(() => say('panic'));
        "
    );
    let log = browser.run(&script, &[json!(new_id())]).await;
    let expected = [
        "switch none beta first_message",
        "start BETA",
        "chunk beta Hello",
        "tool hammer beta",
        "switch beta gamma intent_change",
        "start GAMMA",
        "chunk gamma there",
        "start GAMMA",
        "error gamma",
    ];
    assert_eq!(log, json!(expected));
}

#[tokio::test]
async fn a_browser_resumes_an_event_stream_by_itself_and_stops_at_the_end() {
    let server = Embedded::start();
    let browser = Browser::start().await;
    browser.go(&format!("{}/healthz", server.url)).await;
    let id = new_id();
    server.say(&id, "say=1").await;
    let script = r"
        const [id, done] = arguments, seen = [];
        const source = new EventSource(`/api/stream/${id}`);
        source.onmessage = event => {
          seen.push(JSON.parse(event.data).seq);
          if (JSON.parse(event.data).type === 'conversation_end') setTimeout(() => done([seen, source.readyState]), 5000);
          if (seen.length === 3) fetch(`/api/conversations/${id}/end`, { method: 'POST' });
        };";
    let answer = browser.run(script, &[json!(id)]).await;
    let seqs: Vec<u64> = answer[0].as_array().unwrap().iter().filter_map(Value::as_u64).collect();
    let expected: Vec<u64> = (1..=server.events(&id).await.len() as u64).collect();
    assert_eq!(seqs, expected, "each event once, also over the reconnect");
    assert_eq!(answer[1], json!(2), "the browser was told by 204 that it need not come again");
}

#[tokio::test]
async fn a_page_talks_over_a_websocket() {
    let server = Embedded::start();
    let browser = Browser::start().await;
    browser.go(&format!("{}/healthz", server.url)).await;
    let script = r"
        const [id, done] = arguments, ops = [];
        const socket = new WebSocket(`ws://${location.host}/api/ws/${id}`);
        const send = frame => socket.send(JSON.stringify(frame));
        socket.onopen = () => { send({ op: 'subscribe' }); send({ op: 'message', clientMessageId: 'm', content: 'say=hi', ref: 7 }); };
        socket.onmessage = ({ data }) => {
          const frame = JSON.parse(data);
          ops.push(frame.op ?? frame.type);
          if (frame.type === 'turn_end') done([ops, frame.status]);
        };";
    let answer = browser.run(script, &[json!(new_id())]).await;
    let ops: Vec<&str> = answer[0].as_array().unwrap().iter().filter_map(Value::as_str).collect();
    assert!(ops.contains(&"ack") && ops.contains(&"subscribed") && ops.contains(&"content_chunk"), "{ops:?}");
    assert_eq!(answer[1], "completed");
}
