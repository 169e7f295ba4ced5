//! Turns: order of events, policies, cancels, hand-overs, what an agent may know.

use reqwest::Method;
use serde_json::{Value, json};
use switchboard::agent::catalog::AgentLimits;

use crate::support::{
    client::{assert_dense, new_id, said, types},
    embedded::{Embedded, three_agents},
    scripted::{Gate, scripted},
};

/// Sends a message without waiting; answers its 202.
async fn send(server: &Embedded, conversation: &str, body: Value) -> Value {
    server.post(&format!("/api/conversations/{conversation}/messages"), body).await.expect(202)
}

async fn until_over(server: &Embedded, conversation: &str, turns: usize) -> Vec<Value> {
    for _ in 0..400 {
        let path = format!("/api/conversations/{conversation}/events?limit=10000");
        let answer = server.get(&path).await;
        let events = answer.body["items"].as_array().cloned().unwrap_or_default();
        if events.iter().filter(|event| event["type"] == "turn_end").count() >= turns {
            return events;
        }
        tokio::time::sleep(std::time::Duration::from_millis(25)).await;
    }
    panic!("{turns} turns did not end: {:?}", server.events(conversation).await);
}

#[tokio::test]
async fn a_turn_is_told_in_order_and_densely_numbered() {
    let server = Embedded::start();
    let id = new_id();
    let turn = server.say(&id, "say=Hello tool=1 say=there").await;
    assert_eq!(turn["status"], "completed");
    assert_eq!(said(&turn), "Hello\nthere");
    let events = server.events(&id).await;
    assert_dense(&events);
    let expected = [
        "message_accepted",
        "agent_switch",
        "agent_start",
        "content_chunk",
        "message_complete",
        "tool_execution",
        "content_chunk",
        "message_complete",
        "tool_result",
        "agent_complete",
        "turn_end",
    ];
    assert_eq!(types(&events), expected);
    assert_eq!(events[1]["fromAgent"], "none");
    assert_eq!(events[9]["finalState"], json!({ "done": true }));
    assert_eq!(events[9]["usage"]["toolCalls"], 1);
    assert_eq!(events[8]["isError"], true, "the script never says how its tool ended");
}

#[tokio::test]
async fn a_message_goes_to_the_agent_that_it_names_and_the_switch_is_seen() {
    let server = Embedded::start();
    let id = new_id();
    server.say(&id, "beta say=1").await;
    server.say(&id, "say=2").await;
    server.say(&id, "gamma say=3").await;
    let events = server.events(&id).await;
    let switches: Vec<_> = events.iter().filter(|event| event["type"] == "agent_switch").collect();
    let told: Vec<_> = switches
        .iter()
        .map(|event| {
            (
                event["fromAgent"].as_str().unwrap(),
                event["toAgent"].as_str().unwrap(),
                event["reason"].as_str().unwrap(),
            )
        })
        .collect();
    assert_eq!(told, [("none", "beta", "first_message"), ("beta", "gamma", "intent_change")]);
}

#[tokio::test]
async fn messages_that_come_meanwhile_wait_their_turn_and_the_ninth_is_refused() {
    let server = Embedded::start();
    let id = new_id();
    let gate = Gate::closed();
    send(&server, &id, json!({ "content": format!("{} say=0", gate.word()) })).await;
    for number in 1..=8 {
        send(&server, &id, json!({ "content": format!("say={number}") })).await;
    }
    let path = format!("/api/conversations/{id}/messages");
    server.post(&path, json!({ "content": "say=9" })).await.expect_problem(429, "busy");
    server.post(&path, json!({ "content": "say=9", "policy": "reject" })).await.expect_problem(409, "turn_running");
    gate.open();
    let events = until_over(&server, &id, 9).await;
    let chunks = events.iter().filter(|event| event["type"] == "content_chunk");
    let texts: Vec<_> = chunks.map(|event| event["content"].as_str().unwrap()).collect();
    assert_eq!(texts, ["0", "1", "2", "3", "4", "5", "6", "7", "8"]);
}

#[tokio::test]
async fn an_interrupt_ends_the_running_turn_and_goes_first() {
    let server = Embedded::start();
    let id = new_id();
    let running = send(&server, &id, json!({ "content": "say=long hang" })).await;
    send(&server, &id, json!({ "content": "say=waiting" })).await;
    send(&server, &id, json!({ "content": "say=urgent", "policy": "interrupt" })).await;
    let events = until_over(&server, &id, 3).await;
    let ends: Vec<_> = events.iter().filter(|event| event["type"] == "turn_end").collect();
    assert_eq!((&ends[0]["turnId"], ends[0]["status"].as_str()), (&running["turnId"], Some("cancelled")));
    let chunks: Vec<_> =
        events.iter().filter(|event| event["type"] == "content_chunk").map(|event| &event["content"]).collect();
    assert_eq!(chunks, ["long", "urgent", "waiting"]);
    assert_dense(&events);
}

#[tokio::test]
async fn a_steering_message_joins_the_turn_of_an_agent_that_takes_it() {
    let server = Embedded::start();
    let id = new_id();
    let first = send(&server, &id, json!({ "content": "say=working steer" })).await;
    let joined = send(&server, &id, json!({ "content": "to_the_left", "policy": "steer" })).await;
    assert_eq!(first["turnId"], joined["turnId"]);
    let events = until_over(&server, &id, 1).await;
    let text: String = events
        .iter()
        .filter_map(|event| event["content"].as_str().filter(|_| event["type"] == "content_chunk"))
        .collect();
    assert_eq!(text, "workingsteered by to_the_left");
}

#[tokio::test]
async fn a_cancel_is_taken_while_running_waiting_finished_and_before_its_message() {
    let server = Embedded::start();
    let id = new_id();
    let cancel = format!("/api/conversations/{id}/cancel");
    server.post(&cancel, json!({ "clientMessageId": "early" })).await.expect(202);
    let early = send(&server, &id, json!({ "content": "say=never", "clientMessageId": "early" })).await;
    let running = send(&server, &id, json!({ "content": "say=some hang" })).await;
    let waiting = send(&server, &id, json!({ "content": "say=never" })).await;
    server.post(&cancel, json!({ "turnId": waiting["turnId"] })).await.expect(202);
    assert_eq!(server.post(&cancel, json!({ "turnId": running["turnId"] })).await.expect(202)["status"], "cancelled");
    let events = until_over(&server, &id, 3).await;
    assert!(types(&events).iter().filter(|kind| **kind == "agent_start").count() <= 1);
    assert!(!events.iter().any(|event| event["content"] == "never" && event["type"] == "content_chunk"));
    let again = server.post(&cancel, json!({ "turnId": early["turnId"] })).await.expect(200);
    assert_eq!(again["status"], "cancelled");
    server.post(&cancel, json!({ "turnId": new_id() })).await.expect_problem(404, "not_found");
    server.post(&cancel, json!({})).await.expect_problem(400, "invalid_field");
}

#[tokio::test]
async fn a_cancel_waits_for_nothing_that_the_store_is_asked() {
    let server = Embedded::start();
    let id = new_id();
    let cancel = format!("/api/conversations/{id}/cancel");
    // More than are remembered, so that the store is asked whether a message is a duplicate.
    for number in 0..300 {
        let path = format!("/api/conversations/{id}/messages?wait=true");
        server.post(&path, json!({ "content": "x", "clientMessageId": format!("m{number}") })).await.expect(200);
    }
    let running = send(&server, &id, json!({ "content": "hang" })).await;
    let before = server.store.looked_up();
    server.store.stall_look_ups(true);
    let (api, path) = (server.api(), format!("/api/conversations/{id}/messages"));
    let next = tokio::spawn(async move { api.post(&path, json!({ "content": "say=fine" })).await });
    server.store.until_looked_up(before + 1).await;
    let cancelled = server.post(&cancel, json!({ "turnId": running["turnId"] })).await.expect(202);
    assert_eq!(cancelled["status"], "cancelled");
    server.store.stall_look_ups(false);
    let next = next.await.unwrap().expect(202);
    let events = until_over(&server, &id, 302).await;
    assert_eq!(events.last().unwrap()["turnId"], next["turnId"]);
}

#[tokio::test]
async fn a_cancel_between_two_runs_ends_the_turn_and_the_second_never_runs() {
    let mut agents = three_agents();
    let one_at_a_time = AgentLimits { runs_concurrent_max: 1, ..AgentLimits::default() };
    agents[2] = scripted("gamma", one_at_a_time);
    let server = Embedded::with(agents, |_| {});
    let (held, id) = (new_id(), new_id());
    let holder = send(&server, &held, json!({ "content": "gamma hang" })).await;
    server.until_metric("switchboard_agent_runs_active{agent=\"gamma\"}", 1).await;
    let turn = send(&server, &id, json!({ "content": "beta handover=gamma say=never" })).await;
    server.until_metric("switchboard_agent_runs_waiting{agent=\"gamma\"}", 1).await;
    let cancel = format!("/api/conversations/{id}/cancel");
    server.post(&cancel, json!({ "turnId": turn["turnId"] })).await.expect(202);
    let events = until_over(&server, &id, 1).await;
    assert_eq!((&events.last().unwrap()["status"], &events.last().unwrap()["runs"]), (&json!("cancelled"), &json!(2)));
    assert!(!types(&events).contains(&"content_chunk"), "{events:?}");
    server.until_metric("switchboard_agent_runs_waiting{agent=\"gamma\"}", 0).await;
    let cancel = format!("/api/conversations/{held}/cancel");
    server.post(&cancel, json!({ "turnId": holder["turnId"] })).await.expect(202);
    server.say(&id, "gamma say=free").await;
}

#[tokio::test]
async fn an_agent_hands_over_and_a_circle_of_hand_overs_ends_the_turn() {
    let server = Embedded::start();
    let id = new_id();
    let turn = server.say(&id, "beta say=hello handover=gamma").await;
    assert_eq!(turn["status"], "failed", "gamma reads the same script and hands over to itself");
    assert_eq!(turn["error"]["code"], "budget_handoffs");
    let events = server.events(&id).await;
    let handed = events.iter().find(|event| event["reason"] == "handoff").unwrap();
    assert_eq!((&handed["fromAgent"], &handed["toAgent"]), (&json!("beta"), &json!("gamma")));
    assert_eq!(handed["detail"], "as the script says");
}

#[tokio::test]
async fn an_agent_knows_the_past_but_not_the_messages_that_still_wait() {
    let server = Embedded::start();
    let id = new_id();
    send(&server, &id, json!({ "content": "sleep=200 say=one" })).await;
    send(&server, &id, json!({ "content": "past" })).await;
    send(&server, &id, json!({ "content": "say=three" })).await;
    let events = until_over(&server, &id, 3).await;
    let told =
        events.iter().find(|event| event["content"].as_str().is_some_and(|text| text.starts_with("user:"))).unwrap();
    assert_eq!(told["content"], "user:sleep=200 say=one|assistant:one");
}

#[tokio::test]
async fn an_agents_state_is_its_own_and_the_shared_context_is_everybodys() {
    let server = Embedded::start();
    let (id, other) = (new_id(), new_id());
    server.say(&id, "beta remember=mine share=beta").await;
    let own = said(&server.say(&id, "beta recall").await);
    assert_eq!(own, r#"own {"what":"mine"} shared {"from":"beta"}"#);
    assert_eq!(said(&server.say(&id, "gamma recall").await), r#"own {} shared {"from":"beta"}"#);
    assert_eq!(said(&server.say(&other, "beta recall").await), "own {} shared {}");
    let events = server.events(&id).await;
    let updated = events.iter().find(|event| event["type"] == "context_updated").unwrap();
    assert_eq!((&updated["version"], &updated["changed"]), (&json!(1), &json!(["from"])));
}

#[tokio::test]
async fn an_ended_conversation_takes_nothing_and_an_erased_one_is_gone() {
    let server = Embedded::start();
    let id = new_id();
    send(&server, &id, json!({ "content": "hang" })).await;
    let end = format!("/api/conversations/{id}/end");
    server.post(&end, json!({})).await.expect(200);
    server.post(&end, json!({})).await.expect(200);
    let events = server.events(&id).await;
    assert_eq!(types(&events)[types(&events).len() - 2..], ["turn_end", "conversation_end"]);
    let messages = format!("/api/conversations/{id}/messages");
    server.post(&messages, json!({ "content": "hello" })).await.expect_problem(409, "conversation_ended");
    let path = format!("/api/conversations/{id}");
    server.call(Method::DELETE, &path, None, &[]).await.expect(204);
    server.call(Method::DELETE, &path, None, &[]).await.expect(204);
    server.get(&path).await.expect_problem(410, "erased");
    server.post(&messages, json!({ "content": "hello" })).await.expect_problem(410, "erased");
    server.get(&format!("/api/conversations/{}", new_id())).await.expect_problem(404, "not_found");
}

#[tokio::test]
async fn two_who_erase_at_once_both_hear_that_it_is_done() {
    let server = Embedded::start();
    for _ in 0..20 {
        let id = new_id();
        server.say(&id, "say=1").await;
        let path = format!("/api/conversations/{id}");
        let erase = || server.call(reqwest::Method::DELETE, &path, None, &[]);
        let (one, two) = tokio::join!(erase(), erase());
        one.expect(204);
        two.expect(204);
    }
}

#[tokio::test]
async fn a_server_that_goes_down_lets_the_turn_end_and_takes_no_other() {
    let server = Embedded::start();
    let id = new_id();
    server.post("/api/conversations", json!({ "conversationId": id })).await.expect(201);
    let mut ws = server.ws(&id).await;
    ws.subscribe(None).await;
    let gate = Gate::closed();
    ws.send(json!({ "op": "message", "clientMessageId": "a", "content": format!("{} say=done", gate.word()) })).await;
    ws.op("ack", &mut Vec::new()).await;
    let api = server.api();
    let stop = std::thread::spawn(move || drop(server));
    while api.get("/readyz").await.status != 503 {
        tokio::time::sleep(std::time::Duration::from_millis(10)).await;
    }
    ws.send(json!({ "op": "message", "clientMessageId": "b", "content": "say=too late" })).await;
    let mut seen = Vec::new();
    let reject = ws.op("reject", &mut seen).await;
    assert_eq!(reject["code"], "draining", "{reject}");
    gate.open();
    while seen.last().is_none_or(|event: &Value| event["type"] != "turn_end") {
        seen.push(ws.next().await);
    }
    assert_eq!(seen.last().unwrap()["status"], "completed");
    ws.op("draining", &mut Vec::new()).await;
    stop.join().unwrap();
}
