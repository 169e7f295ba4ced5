//! The graph of an agent as a picture, with the way that a run of it took.

use std::collections::BTreeSet;

use actix_web::{
    HttpRequest, HttpResponse, get,
    http::header::ACCEPT,
    web::{Data, Path, Query},
};
use protocol::{AgentId, Code, ConversationId, Envelope, Event, Seq, event::RunStatus};
use serde::{Deserialize, Serialize};

use super::{
    admin::slot,
    auth::{Admin, User},
    conversations::not_found,
    history::located,
    hub::Hub,
    problem::Problem,
};
use crate::store::{Found, Owner};

/// The latest events of a conversation in which the way of a run is looked for.
const EVENTS_MAX: u64 = 10_000;
/// Events that are read at once.
const PAGE_EVENTS_MAX: usize = 1_000;
/// Bytes of events that are read at once (one event more may go over).
const PAGE_BYTES_MAX: usize = 4 * 1024 * 1024;

/// What is marked in the picture.
#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
pub struct GraphQuery {
    /// Marks the steps that the agent's latest run in this conversation took.
    #[param(value_type = Option<String>)]
    conversation: Option<ConversationId>,
}

/// The graph of an agent.
#[derive(Debug, Serialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct GraphView {
    /// Whose.
    #[schema(value_type = String)]
    agent_id: AgentId,
    /// Tells graphs apart: new runs follow this one.
    version: String,
    /// A flow chart in the language of Mermaid.
    mermaid: String,
    /// Every step.
    nodes: Vec<NodeView>,
}

/// A step of a graph.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct NodeView {
    /// Its name; of a graph within, `GRAPH/STEP`.
    id: String,
    /// What it does: `say`, `set`, `tool` and so on.
    kind: &'static str,
    /// Whether the run took it.
    visited: bool,
}

/// The graph that an agent follows: Mermaid as `text/plain`, or JSON where `Accept` asks for it.
#[utoipa::path(params(("id" = String, Path), GraphQuery), tag = "admin", security(("bearer" = [])), responses(
    (status = 200, description = "the graph; Mermaid alone as `text/plain` unless `Accept` names `application/json`",
        content((GraphView = "application/json"), (String = "text/plain"))),
    (status = 404, description = "`not_found`: there is no such agent or conversation, or the agent follows no graph", body = Problem),
    (status = "default", description = "a problem", body = Problem)))]
#[get("/api/admin/agents/{id}/graph")]
pub(super) async fn graph(
    _admin: Admin,
    id: Path<String>,
    query: Query<GraphQuery>,
    request: HttpRequest,
    hub: Data<Hub>,
) -> Result<HttpResponse, Problem> {
    let slot = slot(&hub, &id)?;
    let agent = slot.agent();
    let Some(graph) = agent.workflow() else { return Err(no_graph(&hub, slot.id())) };
    let visited = match query.conversation {
        Some(conversation) => visited(&hub, conversation, slot.id()).await?,
        None => BTreeSet::new(),
    };
    let mermaid = graph.mermaid(&visited);
    if !wants_json(&request) {
        return Ok(HttpResponse::Ok().content_type("text/plain; charset=utf-8").body(mermaid));
    }
    let node = |(id, kind): (String, &'static str)| NodeView { visited: visited.contains(&id), id, kind };
    let nodes = graph.nodes().into_iter().map(node).collect();
    let view = GraphView { agent_id: slot.id().clone(), version: graph.version().to_owned(), mermaid, nodes };
    Ok(HttpResponse::Ok().json(view))
}

fn no_graph(hub: &Hub, id: &AgentId) -> Problem {
    let with_one = hub.catalog.slots().filter(|slot| slot.agent().workflow().is_some());
    let known: Vec<String> = with_one.map(|slot| slot.id().to_string()).collect();
    let known =
        if known.is_empty() { "no agent does".to_owned() } else { format!("those that do: {}", known.join(", ")) };
    Problem::new(Code::NotFound, format!("the agent `{id}` follows no graph; {known}"))
}

fn wants_json(request: &HttpRequest) -> bool {
    let accept = request.headers().get(ACCEPT).and_then(|value| value.to_str().ok()).unwrap_or_default();
    accept.split(',').any(|one| one.split(';').next().is_some_and(|kind| kind.trim() == "application/json"))
}

async fn visited(hub: &Hub, id: ConversationId, agent: &AgentId) -> Result<BTreeSet<String>, Problem> {
    let (internal, record) = located(hub, User(Owner::local()), id).await?;
    let mut after = Seq(record.head.0.saturating_sub(EVENTS_MAX)).max(record.first_seq.previous());
    let mut way = Way::default();
    while after < record.head {
        let read = hub
            .client
            .on_io(move |store| async move { store.events(internal, after, PAGE_EVENTS_MAX, PAGE_BYTES_MAX).await });
        let page = match read.await? {
            Found::Here(page) => page,
            Found::NotFound => return Err(not_found()),
            Found::Erased => return Err(Problem::new(Code::Erased, "the conversation was erased")),
        };
        let Some((last, _)) = page.events.last() else { break };
        after = *last;
        for (seq, body) in &page.events {
            let envelope: Envelope = serde_json::from_str(body)
                .map_err(|error| Problem::internal(&format!("event {seq} cannot be read: {error}")))?;
            way.take(envelope.event, agent);
        }
    }
    Ok(way.steps)
}

/// The steps of the latest run of an agent's graph, over all the turns that it took.
#[derive(Debug, Default)]
struct Way {
    steps: BTreeSet<String>,
    /// The run has ended: the next one begins anew.
    is_over: bool,
}

impl Way {
    fn take(&mut self, event: Event, agent: &AgentId) {
        match event {
            Event::AgentStart { agent_id, .. } if agent_id == *agent && self.is_over => *self = Self::default(),
            Event::StepComplete { agent_id, node, passed, .. } if agent_id == *agent => {
                self.steps.extend(passed);
                self.steps.insert(node);
            }
            // After a wait or a crash the same run of the graph goes on.
            Event::AgentComplete { agent_id, status, .. } if agent_id == *agent => {
                self.is_over = !matches!(status, RunStatus::Waiting | RunStatus::Interrupted);
            }
            Event::Error { agent_id, run_id: Some(_), .. } if agent_id == agent.as_str() => self.is_over = true,
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    const RUN: &str = "01a208cc-16b0-7005-9e0a-3b1d7c5f2a10";

    fn begins(agent: &str) -> Value {
        json!({ "type": "agent_start", "agentId": agent, "agentName": "A", "agentVersion": "1", "runId": RUN })
    }

    fn step(agent: &str, node: &str, passed: &[&str]) -> Value {
        json!({ "type": "step_complete", "agentId": agent, "runId": RUN, "node": node, "passed": passed, "steps": 1 })
    }

    fn ends(status: &str) -> Value {
        json!({ "type": "agent_complete", "agentId": "a", "runId": RUN, "status": status, "finalState": {},
                "usage": { "inputTokens": 0, "outputTokens": 0, "modelCalls": 0, "toolCalls": 0, "milliseconds": 0 } })
    }

    #[track_caller]
    fn check(events: &[Value], expected: &[&str]) {
        let (agent, mut way) = ("a".parse().unwrap(), Way::default());
        for event in events {
            way.take(serde_json::from_value(event.clone()).unwrap(), &agent);
        }
        assert_eq!(way.steps.iter().collect::<Vec<_>>(), expected);
    }

    #[test]
    fn a_run_that_waits_or_was_cut_goes_on_and_one_that_ended_does_not() {
        let first = [begins("a"), step("a", "x", &["w"]), step("b", "other", &[])];
        for (status, expected) in [
            ("waiting", &["w", "x", "y"][..]),
            ("interrupted", &["w", "x", "y"]),
            ("completed", &["y"]),
            ("cancelled", &["y"]),
        ] {
            let rest = [ends(status), begins("a"), step("a", "y", &[])];
            check(&[&first[..], &rest[..]].concat(), expected);
        }
        check(&first, &["w", "x"]);
        check(&[], &[]);
    }

    #[test]
    fn a_run_that_failed_is_shown_until_the_next_one_begins() {
        let error = json!({ "type": "error", "error": "no", "code": "workflow_failed", "agentId": "a", "runId": RUN,
                            "retryable": false, "correlationId": "c" });
        let failed = [begins("a"), step("a", "x", &[]), error];
        check(&failed, &["x"]);
        check(&[&failed[..], &[begins("a")][..]].concat(), &[]);
    }
}
