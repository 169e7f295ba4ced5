//! What an operator sees: starting, stopping, restarting, and every reason not to start.

use std::{net::TcpListener, os::unix::net::UnixDatagram, time::Duration};

use fakemodel::{FakeModel, Script};
use reqwest::Method;
use serde_json::{Value, json};

use crate::support::{
    client::{assert_dense, new_id, said, types},
    server::{CONCIERGE, Starting, TestServer},
};

#[tokio::test]
async fn a_start_says_where_it_listens_who_answers_and_where_the_token_is() {
    let server = TestServer::with(CONCIERGE);
    let (listens, database) = ("listens on http://127.0.0.1:", server.database_name());
    for expected in [listens, "concierge", "pricing_agent", "data/admin-token", database, "ready"] {
        assert!(server.banner().contains(expected), "`{expected}` is not in\n{}", server.banner());
    }
    assert!(!server.banner().contains(&server.admin_token), "the token is printed");
    let answer = said(&server.say(&new_id(), "What can you do?").await);
    assert!(answer.contains("Pricing"), "{answer}");
    let answer = said(&server.say(&new_id(), "Что ты умеешь?").await);
    assert!(answer.chars().any(|c| ('а'..='я').contains(&c)), "{answer}");
}

#[tokio::test]
async fn a_conversation_is_still_there_after_a_restart_and_after_a_kill() {
    let mut server = TestServer::with(CONCIERGE);
    let id = new_id();
    server.say(&id, "cost 500, commission 15%, logistics 60, tax 6%").await;
    let before = server.events(&id).await;
    assert!(server.terminate().await.success());
    server.restart(None).await;
    assert_eq!(server.events(&id).await, before);
    let turn = server.say(&id, "margin 25%").await;
    assert_eq!(turn["status"], "completed", "{turn}");
    assert!(said(&turn).contains("1,037.04"), "the agent forgot what it knew: {}", said(&turn));
    let seen = server.events(&id).await;
    server.kill();
    server.restart(None).await;
    assert_eq!(server.events(&id).await, seen);
    assert_dense(&seen);
    let mut ws = server.ws_at(&format!("/api/ws/{id}?after={}", before.len())).await;
    assert_eq!(ws.op("subscribed", &mut Vec::new()).await["recovered"], true);
    assert_eq!(ws.until("turn_end").await, seen[before.len()..]);
}

#[tokio::test]
async fn a_turn_whose_server_is_killed_at_each_recovery_is_given_up_after_three_and_the_next_is_answered() {
    let model = FakeModel::start(Vec::new()).await;
    model.when("poison", Script::text("late").first_byte_after(Duration::from_hours(1)));
    model.when("harmless", Script::text("fine"));
    let mut server = TestServer::with(&format!(
        "{CONCIERGE}  - {{ id: talker, kind: model, model: fake, intents: [talk] }}
models:
  fake: {{ base_url: '{}', model: m, retries_max: 0, first_byte_timeout: 1h, call_timeout: 1h }}
",
        model.url()
    ));
    let id = new_id();
    let path = format!("/api/conversations/{id}/messages");
    server.post(&path, json!({ "content": "talk poison" })).await.expect(202);
    server.post(&path, json!({ "content": "talk harmless" })).await.expect(202);
    for run in 1..=4 {
        let mut ws = server.ws_at(&format!("/api/ws/{id}?after=0")).await;
        for _ in 0..run {
            ws.until("agent_start").await;
        }
        server.kill();
        server.restart(None).await;
    }
    let mut ws = server.ws_at(&format!("/api/ws/{id}?after=0")).await;
    let given_up = ws.until("turn_end").await;
    let end = given_up.last().unwrap();
    assert_eq!((&end["status"], &end["runs"]), (&json!("failed"), &json!(4)), "{given_up:?}");
    let error = given_up.iter().find(|event| event["type"] == "error").unwrap();
    assert_eq!(error["code"], "recovery_exhausted", "{error}");
    let cut = given_up.iter().filter(|event| event["status"] == "interrupted");
    assert_eq!(cut.filter(|event| event["type"] == "agent_complete").count(), 4, "{given_up:?}");
    assert_eq!(ws.until("turn_end").await.last().unwrap()["status"], "completed");
    assert_dense(&server.events(&id).await);
}

#[tokio::test]
async fn a_disabled_agent_stays_disabled_over_a_restart() {
    let mut server = TestServer::with(CONCIERGE);
    server.admin(Method::POST, "/api/admin/agents/pricing_agent/disable", None).await.expect(200);
    server.restart(None).await;
    let agent = server.admin(Method::GET, "/api/admin/agents/pricing_agent", None).await.expect(200);
    assert_eq!((&agent["enabled"], &agent["state"]), (&json!(false), &json!("disabled")));
    let id = new_id();
    server.say(&id, "What price gives a 25% margin?").await;
    let events = server.events(&id).await;
    assert_eq!((&events[1]["toAgent"], &events[1]["reason"]), (&json!("concierge"), &json!("agent_disabled")));
    server.admin(Method::POST, "/api/admin/agents/pricing_agent/enable", None).await.expect(200);
    server.say(&id, "What price gives a 25% margin?").await;
    assert_eq!(types(&server.events(&id).await).iter().filter(|kind| **kind == "agent_switch").count(), 2);
}

#[tokio::test]
async fn a_termination_closes_sockets_with_a_hint_and_exits_0() {
    let mut server = TestServer::with(CONCIERGE);
    let id = new_id();
    server.say(&id, "hello").await;
    let mut ws = server.ws(&id).await;
    ws.subscribe(None).await;
    ws.until("turn_end").await;
    assert!(server.terminate().await.success(), "{}", server.log());
    let draining = ws.op("draining", &mut Vec::new()).await;
    assert!(draining["reconnectAfterMs"].as_u64().unwrap() > 0);
    assert_eq!(u16::from(ws.closed().await.unwrap().code), 4012);
}

#[tokio::test]
async fn a_service_manager_is_told_when_it_is_ready_and_when_it_stops() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("notify");
    let manager = UnixDatagram::bind(&path).unwrap();
    manager.set_read_timeout(Some(Duration::from_secs(10))).unwrap();
    let heard = || {
        let mut bytes = [0; 256];
        let length = manager.recv(&mut bytes).unwrap();
        String::from_utf8_lossy(&bytes[..length]).trim().to_owned()
    };
    let mut server = Starting::with(CONCIERGE).env("NOTIFY_SOCKET", path.to_str().unwrap()).start();
    assert_eq!(heard(), "READY=1");
    assert!(server.terminate().await.success(), "{}", server.log());
    assert_eq!(heard(), "STOPPING=1");
}

#[tokio::test]
async fn a_log_of_a_failed_run_names_conversation_turn_run_and_agent() {
    let config = format!(
        "{CONCIERGE}  - {{ id: away, kind: model, model: nowhere, intents: [away] }}\nmodels:\n  nowhere: {{ base_url: 'http://127.0.0.1:1/v1', model: m, retries_max: 0 }}\n"
    );
    let server = TestServer::with(&config);
    let id = new_id();
    let turn = server.say(&id, "away").await;
    assert_eq!(turn["error"]["code"], "model_unavailable", "{turn}");
    let log = server.log();
    let line = log.lines().find(|line| line.contains("run failed")).unwrap();
    let line: Value = serde_json::from_str(line).unwrap();
    assert_eq!((&line["span"]["conversation"], &line["span"]["agent_id"]), (&json!(id), &json!("away")), "{line}");
    assert_eq!(line["span"]["turn_id"], turn["turnId"], "{line}");
    assert_eq!(line["fields"]["correlation_id"], turn["error"]["correlationId"], "{line}");
    assert!(line["span"]["run_id"].is_string() && !log.contains("\"away\",\"content"), "{line}");
}

#[tokio::test]
async fn a_port_in_use_is_named() {
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = taken.local_addr().unwrap().port();
    let config = CONCIERGE.replace("port: 0", &format!("port: {port}"));
    let (status, said) = Starting::with(&config).fail();
    assert!(!status.success());
    assert!(said.contains(&format!("127.0.0.1:{port}")) && said.contains("server.port"), "{said}");
}

#[tokio::test]
async fn the_environment_wins_over_the_file() {
    let config = CONCIERGE.replace("port: 0", "port: 1");
    let server = Starting::with(&config)
        .env("SWITCHBOARD_SERVER__PORT", "0")
        .env("SWITCHBOARD_ADMIN__TOKEN", "a-token-from-the-environment")
        .start();
    let bearer = [("authorization", "Bearer a-token-from-the-environment")];
    server.call(Method::GET, "/api/admin/agents", None, &bearer).await.expect(200);
    assert!(!server.log().contains("a-token-from-the-environment"));
    let (_, said) = Starting::with(CONCIERGE).env("SWITCHBOARD_SERVER__PROT", "0").fail();
    assert!(said.contains("SWITCHBOARD_SERVER__PROT"), "{said}");
}

#[tokio::test]
async fn a_broken_config_is_told_as_a_whole_before_anything_starts() {
    let config = "server:\n  port: 70000\n  hots: x\nrouting:\n  fallback: nobody\nagents:\n  - id: concierge\n    kind: wizard\n";
    let (status, said) = Starting::with(config).fail();
    assert_eq!(status.code(), Some(2), "{said}");
    for expected in ["config.yaml:2", "70000", "hots", "wizard"] {
        assert!(said.contains(expected), "`{expected}` is not in\n{said}");
    }
}

#[tokio::test]
async fn a_data_folder_that_another_process_holds_is_named() {
    let server = TestServer::with(CONCIERGE);
    let data = server.data();
    let (status, said) = Starting::with(CONCIERGE).data(data.to_str().unwrap()).fail();
    assert_eq!(status.code(), Some(73), "{said}");
    assert!(said.contains("held by another running switchboard"), "{said}");
}

#[tokio::test]
async fn a_place_that_cannot_be_written_is_named() {
    let (status, said) = Starting::with(CONCIERGE).data("/proc/switchboard").fail();
    assert_eq!(status.code(), Some(73), "{said}");
    assert!(said.contains("/proc/switchboard") && said.contains("--data"), "{said}");
    let (status, said) =
        Starting::with(CONCIERGE).env("SWITCHBOARD_DATABASE__URL", "sqlite:///proc/switchboard.sqlite").fail();
    assert_eq!(status.code(), Some(69), "{said}");
    assert!(said.contains("database.url"), "{said}");
}

#[tokio::test]
async fn health_metrics_and_documentation_are_served() {
    let server = TestServer::with(CONCIERGE);
    server.say(&new_id(), "hello").await;
    assert_eq!(server.get("/healthz").await.expect(200)["status"], "ok");
    assert_eq!(server.get("/readyz").await.expect(200)["status"], "ok");
    let metrics = server.get("/metrics").await.expect(200);
    for line in [
        "switchboard_agent_runs_total{agent=\"concierge\"} 1",
        "switchboard_turns_total{status=\"completed\"} 1",
        "switchboard_turn_seconds_count 1",
        "switchboard_writes_waiting 0",
        "switchboard_turns_waiting 0",
        "switchboard_agent_runs_waiting{agent=\"concierge\"} 0",
        "switchboard_actor_restarts_total{actor=\"persistence\"} 0",
        "switchboard_actor_restarts_total{actor=\"registry\"} 0",
        "switchboard_store_available 1",
        "switchboard_conversations_live 1",
        "switchboard_agent_up{agent=\"pricing_agent\"} 1",
        "# TYPE switchboard_commit_seconds histogram",
        "# UNIT switchboard_process_resident_memory_bytes bytes",
    ] {
        assert!(metrics.as_str().unwrap().lines().any(|found| found == line), "{line}: {metrics}");
    }
    let document = server.get("/openapi.json").await.expect(200);
    for path in ["/api/conversations/{id}/messages", "/api/stream/{id}", "/api/admin/agents/{id}/disable"] {
        assert!(document["paths"][path].is_object(), "{path}");
    }
    assert_eq!(server.get("/docs/").await.status, 200);
    let agents = server.get("/api/agents").await.expect(200);
    assert_eq!(agents[1]["id"], "pricing_agent");
}

#[tokio::test]
async fn a_turn_that_was_cut_by_a_kill_is_found_and_answered() {
    // A model that takes its time: the kill comes in the middle of its answer.
    let model = fakemodel::FakeModel::start(vec![
        fakemodel::Script::text("one two three four five six seven eight").tokens_every(Duration::from_millis(200)),
        fakemodel::Script::text("whole"),
    ])
    .await;
    let config = format!(
        "{CONCIERGE}  - id: talker\n    kind: model\n    model: fake\n    intents: [talk]\nmodels:\n  fake: {{ base_url: \"{}\", model: m }}\n",
        model.url()
    );
    let mut server = TestServer::with(&config);
    let id = new_id();
    let path = format!("/api/conversations/{id}/messages");
    server.post(&path, json!({ "content": "talk to me" })).await.expect(202);
    let mut ws = server.ws(&id).await;
    ws.subscribe(None).await;
    ws.until("content_chunk").await;
    server.kill();
    server.restart(None).await;
    let mut ws = server.ws(&id).await;
    ws.subscribe(None).await;
    let events = ws.until("turn_end").await;
    assert_dense(&events);
    assert_eq!(events.last().unwrap()["status"], "completed");
    let closed: Vec<_> = events
        .iter()
        .filter(|event| event["type"] == "message_complete")
        .map(|event| event["status"].as_str().unwrap())
        .collect();
    assert_eq!(closed, ["interrupted", "complete"]);
    assert_eq!(events.last().unwrap()["runs"], 2);
}
