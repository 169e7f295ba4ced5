//! An agent that fails harms nobody else, and comes back.

use std::time::Duration;

use reqwest::Method;
use serde_json::{Value, json};
use switchboard::{actors::policy::RestartPolicy, agent::catalog::AgentLimits};

use crate::support::{
    client::{new_id, said, types},
    embedded::{Embedded, three_agents},
    scripted::scripted,
};

async fn state_of(server: &Embedded, agent: &str) -> Value {
    server.admin(Method::GET, &format!("/api/admin/agents/{agent}"), None).await.expect(200)
}

#[tokio::test]
async fn a_panic_ends_its_run_with_one_error_and_the_next_message_works() {
    let server = Embedded::start();
    let id = new_id();
    let turn = server.say(&id, "beta say=half panic").await;
    assert_eq!((turn["status"].as_str(), turn["error"]["code"].as_str()), (Some("failed"), Some("agent_crashed")));
    assert!(!turn.to_string().contains("the script says panic"), "an internal text is shown: {turn}");
    let events = server.events(&id).await;
    assert_eq!(types(&events).iter().filter(|kind| **kind == "error").count(), 1);
    let whole = events.iter().find(|event| event["type"] == "message_complete").unwrap();
    assert_eq!((&whole["content"], &whole["status"]), (&json!("half"), &json!("interrupted")));
    assert_eq!(said(&server.say(&id, "say=well").await), "well");
    let agent = state_of(&server, "beta").await;
    assert_eq!((&agent["runsTotal"], &agent["failures"]), (&json!(2), &json!(1)));
    assert!(agent["lastError"].as_str().unwrap().contains("the script says panic"));
}

#[tokio::test]
async fn an_agent_that_keeps_failing_is_built_anew_then_quarantined_and_an_operator_brings_it_back() {
    let limits = AgentLimits { failure_streak_max: 2, ..AgentLimits::default() };
    let agents = vec![scripted("alpha", AgentLimits::default()), scripted("beta", limits)];
    let server = Embedded::with(agents, |options| {
        let quick = Duration::from_millis(20);
        options.restarts =
            RestartPolicy { restarts_max: 2, backoff_min: quick, backoff_max: quick, ..RestartPolicy::default() };
    });
    for _ in 0..2 {
        server.say(&new_id(), "beta panic").await;
    }
    tokio::time::sleep(Duration::from_millis(200)).await;
    assert_eq!(said(&server.say(&new_id(), "beta built").await), "built 2 times");
    let quarantined = async {
        while state_of(&server, "beta").await["state"] != "quarantined" {
            server.say(&new_id(), "beta panic").await;
        }
    };
    tokio::time::timeout(Duration::from_secs(20), quarantined).await.expect("a quarantine");
    let id = new_id();
    assert_eq!(said(&server.say(&id, "beta say=instead").await), "instead");
    let events = server.events(&id).await;
    let switch = events.iter().find(|event| event["type"] == "agent_switch").unwrap();
    assert_eq!((&switch["toAgent"], &switch["reason"]), (&json!("alpha"), &json!("agent_unavailable")));
    assert_eq!(switch["detail"], "BETA is out of order");
    server.admin(Method::POST, "/api/admin/agents/beta/enable", Some(json!({}))).await.expect(200);
    tokio::time::sleep(Duration::from_millis(200)).await;
    assert_eq!(state_of(&server, "beta").await["state"], "running");
    assert!(said(&server.say(&new_id(), "beta built").await).starts_with("built "));
    let tree = server.admin(Method::GET, "/api/admin/supervision", None).await.expect(200);
    let levels = tree["levels"].as_array().unwrap();
    assert_eq!(
        levels.iter().map(|level| level["name"].as_str().unwrap()).collect::<Vec<_>>(),
        ["root", "agents", "conversations"]
    );
    let beta = levels[1]["children"].as_array().unwrap().iter().find(|child| child["name"] == "beta").unwrap();
    assert!(beta["generation"].as_u64().unwrap() >= 4, "{beta}");
}

/// A model that is away for an hour must not cost its agent the place: building it anew mends nothing.
#[tokio::test]
async fn an_agent_whose_model_is_away_is_neither_built_anew_nor_quarantined() {
    let limits = AgentLimits { failure_streak_max: 2, ..AgentLimits::default() };
    let server = Embedded::with(vec![scripted("alpha", limits)], |_| {});
    for _ in 0..12 {
        assert_eq!(server.say(&new_id(), "decline").await["error"]["code"], "model_unavailable");
    }
    let agent = state_of(&server, "alpha").await;
    assert_eq!((&agent["state"], &agent["restarts"], &agent["failures"]), (&json!("running"), &json!(0), &json!(12)));
    assert_eq!(said(&server.say(&new_id(), "built").await), "built 1 times");
}

#[tokio::test]
async fn an_agent_that_panics_when_it_is_asked_whether_it_can_handle_a_message_harms_nobody() {
    let server = Embedded::start();
    let id = new_id();
    assert_eq!(said(&server.say(&id, "beta claim=panic say=all the same").await), "all");
    assert_eq!(server.events(&id).await[1]["toAgent"], "beta");
}

#[tokio::test]
async fn an_agent_over_its_time_is_stopped_and_told() {
    let limits = AgentLimits { execution_time_max: Duration::from_millis(300), ..AgentLimits::default() };
    let agents = vec![scripted("alpha", limits)];
    let server = Embedded::with(agents, |_| {});
    let turn = server.say(&new_id(), "say=begin hang").await;
    assert_eq!(turn["error"]["code"], "agent_timeout");
    let turn = server.say(&new_id(), "tool=hang").await;
    assert_eq!(turn["error"]["code"], "agent_timeout");
}

#[tokio::test]
async fn an_endless_answer_stops_at_its_budget() {
    let server = Embedded::start();
    let turn = server.say(&new_id(), "flood").await;
    assert_eq!(turn["error"]["code"], "budget_output");
    assert_eq!(said(&server.say(&new_id(), "say=fine").await), "fine");
}

#[tokio::test]
async fn a_disabled_agent_is_skipped_and_the_reason_says_so() {
    let server = Embedded::start();
    let id = new_id();
    server.say(&id, "beta say=1").await;
    server.admin(Method::POST, "/api/admin/agents/beta/disable", Some(json!({ "mode": "drain" }))).await.expect(200);
    assert_eq!(state_of(&server, "beta").await["state"], "disabled");
    server.say(&id, "beta say=2").await;
    let events = server.events(&id).await;
    let last = events.iter().rfind(|event| event["type"] == "agent_switch").unwrap();
    assert_eq!((&last["toAgent"], &last["reason"]), (&json!("alpha"), &json!("agent_disabled")));
    server.admin(Method::POST, "/api/admin/agents/beta/enable", None).await.expect(200);
    server.say(&id, "beta say=3").await;
    let events = server.events(&id).await;
    assert_eq!(events.iter().rfind(|event| event["type"] == "agent_switch").unwrap()["toAgent"], "beta");
}

#[tokio::test]
async fn draining_lets_a_run_finish_and_now_cancels_it() {
    let server = Embedded::start();
    let (drained, cut) = (new_id(), new_id());
    let body = json!({ "content": "beta say=begun sleep=1500 say=finished" });
    server.post(&format!("/api/conversations/{drained}/messages"), body).await.expect(202);
    let mut ws = server.ws(&drained).await;
    ws.subscribe(None).await;
    ws.until("content_chunk").await;
    server.admin(Method::POST, "/api/admin/agents/beta/disable", None).await.expect(200);
    assert_eq!(state_of(&server, "beta").await["state"], "draining");
    assert_eq!(ws.until("turn_end").await.last().unwrap()["status"], "completed");
    let body = json!({ "content": "gamma say=half hang" });
    server.post(&format!("/api/conversations/{cut}/messages"), body).await.expect(202);
    let mut ws = server.ws(&cut).await;
    ws.subscribe(None).await;
    ws.until("content_chunk").await;
    let now = json!({ "mode": "now" });
    server.admin(Method::POST, "/api/admin/agents/gamma/disable", Some(now)).await.expect(200);
    assert_eq!(ws.until("turn_end").await.last().unwrap()["status"], "cancelled");
}

#[tokio::test]
async fn nobody_to_answer_is_an_error_that_says_so() {
    let server = Embedded::start();
    for agent in ["alpha", "beta", "gamma"] {
        server.admin(Method::POST, &format!("/api/admin/agents/{agent}/disable"), None).await.expect(200);
    }
    let turn = server.say(&new_id(), "say=1").await;
    assert_eq!((turn["status"].as_str(), turn["error"]["code"].as_str()), (Some("failed"), Some("no_agent")));
}

#[tokio::test]
async fn a_hundred_conversations_do_not_notice_one_that_fails() {
    let server = std::sync::Arc::new(Embedded::with(three_agents(), |_| {}));
    let mut tasks = tokio::task::JoinSet::new();
    for number in 0..100 {
        let server = std::sync::Arc::clone(&server);
        tasks.spawn(async move {
            let script = if number % 10 == 0 { "beta panic" } else { "gamma count=20" };
            (number, server.say(&new_id(), script).await)
        });
    }
    while let Some(done) = tasks.join_next().await {
        let (number, turn) = done.unwrap();
        let expected = if number % 10 == 0 { "failed" } else { "completed" };
        assert_eq!(turn["status"], expected, "{turn}");
    }
}

#[tokio::test]
async fn a_route_is_explained_and_nothing_is_run() {
    let server = Embedded::start();
    let answer =
        server.admin(Method::POST, "/api/admin/route", Some(json!({ "content": "beta please" }))).await.expect(200);
    assert_eq!((&answer["chosen"], &answer["reason"]), (&json!("beta"), &json!("first_message")));
    assert_eq!(answer["candidates"][0], json!({ "id": "beta", "score": 10, "priority": 0 }));
    assert_eq!(state_of(&server, "beta").await["runsTotal"], 0);
}
