//! What operators do: enable and disable agents, ask the router, look at the supervision tree and at who is live.

use actix_web::{
    HttpRequest, HttpResponse, get, post,
    web::{Data, Path, Payload},
};
use protocol::{AgentId, Code, ConversationId};
use serde::{Deserialize, Serialize};

use super::{agents::AgentView, auth::Admin, body, hub::Hub, problem::Problem};
use crate::{
    actors::{
        registry::ListLive,
        supervisor::{Level, SupervisorHandle},
    },
    agent::catalog::{AgentSlot, AgentState},
    store::{Found, Owner},
};

/// Live conversations that are listed.
const LIVE_LISTED_MAX: usize = 1000;

/// An agent as operators see it.
#[derive(Debug, Serialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct AdminAgentView {
    /// Its id.
    id: AgentId,
    /// Its name for people.
    name: String,
    /// What it does.
    description: String,
    /// The version of its behaviour.
    version: String,
    /// Its kind.
    kind: String,
    /// Utterances that it answers well.
    examples: Vec<String>,
    /// Whether it is wanted.
    enabled: bool,
    /// How it is.
    state: AgentState,
    /// Runs under way.
    runs_active: u64,
    /// Runs since the server started.
    runs_total: u64,
    /// Failed runs since the server started.
    failures: u64,
    /// How often it was built anew.
    restarts: u64,
    /// The operator's words about the last failure.
    last_error: Option<String>,
}

impl AdminAgentView {
    fn of(slot: &AgentSlot) -> Self {
        let AgentView { id, name, description, version, kind, examples } = AgentView::of(slot);
        let figures = slot.figures();
        Self {
            id,
            name,
            description,
            version,
            kind,
            examples,
            enabled: slot.is_enabled(),
            state: slot.state(),
            runs_active: figures.runs_active,
            runs_total: figures.runs_total,
            failures: figures.failures,
            restarts: figures.restarts,
            last_error: figures.last_error,
        }
    }
}

/// How to disable.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum DisableMode {
    /// Runs under way finish.
    #[default]
    Drain,
    /// Runs under way are cancelled.
    Now,
}

/// How to disable.
#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct DisableBody {
    /// `drain` where it is not said.
    #[serde(default)]
    mode: DisableMode,
}

/// A message to be routed, without running anything.
#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct RouteBody {
    /// The text.
    content: String,
    /// As if it came in this conversation; else as the first of a new one.
    #[schema(value_type = Option<Uuid>)]
    conversation_id: Option<ConversationId>,
}

/// A live conversation.
#[derive(Debug, Serialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct LiveView {
    conversation_id: ConversationId,
    tenant: String,
    sessions: usize,
}

/// The live conversations.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct LiveListView {
    /// At most 1,000 of them.
    items: Vec<LiveView>,
    /// How many there are.
    count: usize,
}

/// The supervision tree.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct TreeView {
    /// The levels, the root first.
    levels: Vec<Level>,
}

/// All agents, with their state and their counters.
#[utoipa::path(tag = "admin", security(("bearer" = [])), responses((status = 200, body = Vec<AdminAgentView>),
    (status = "default", description = "a problem", body = Problem)))]
#[get("/api/admin/agents")]
pub(super) async fn agents(_admin: Admin, hub: Data<Hub>) -> HttpResponse {
    HttpResponse::Ok().json(hub.catalog.slots().map(|slot| AdminAgentView::of(slot)).collect::<Vec<_>>())
}

/// One agent.
#[utoipa::path(params(("id" = String, Path)), tag = "admin", security(("bearer" = [])), responses(
    (status = 200, body = AdminAgentView), (status = "default", description = "a problem", body = Problem)))]
#[get("/api/admin/agents/{id}")]
pub(super) async fn agent(_admin: Admin, id: Path<String>, hub: Data<Hub>) -> Result<HttpResponse, Problem> {
    let slot = slot(&hub, &id)?;
    Ok(HttpResponse::Ok().json(AdminAgentView::of(slot)))
}

/// Lets an agent answer again, also out of quarantine. Kept over restarts.
#[utoipa::path(params(("id" = String, Path)), tag = "admin", security(("bearer" = [])), responses(
    (status = 200, body = AdminAgentView), (status = "default", description = "a problem", body = Problem)))]
#[post("/api/admin/agents/{id}/enable")]
pub(super) async fn enable(_admin: Admin, id: Path<String>, hub: Data<Hub>) -> Result<HttpResponse, Problem> {
    let slot = slot(&hub, &id)?;
    keep(&hub, slot.id(), true).await?;
    hub.agents.enable(slot.id());
    tracing::info!(agent_id = %slot.id(), "agent enabled");
    Ok(HttpResponse::Ok().json(AdminAgentView::of(slot)))
}

/// Keeps an agent from new runs: `drain` lets running turns finish, `now` cancels them. Kept over restarts.
#[utoipa::path(params(("id" = String, Path)), request_body = DisableBody, tag = "admin", security(("bearer" = [])),
    responses((status = 200, body = AdminAgentView), (status = "default", description = "a problem", body = Problem)))]
#[post("/api/admin/agents/{id}/disable")]
pub(super) async fn disable(
    _admin: Admin,
    id: Path<String>,
    request: HttpRequest,
    body: Payload,
    hub: Data<Hub>,
) -> Result<HttpResponse, Problem> {
    let body: DisableBody = body::read(&request, body, &hub.limits).await?;
    let slot = slot(&hub, &id)?;
    keep(&hub, slot.id(), false).await?;
    hub.agents.disable(slot.id(), body.mode == DisableMode::Now);
    tracing::info!(agent_id = %slot.id(), mode = ?body.mode, "agent disabled");
    Ok(HttpResponse::Ok().json(AdminAgentView::of(slot)))
}

/// Who would answer, and why; nothing is run.
#[utoipa::path(request_body = RouteBody, tag = "admin", security(("bearer" = [])), responses(
    (status = 200, description = "`{chosen, reason, candidates: [{id, score, priority, skipped?}]}`"),
    (status = "default", description = "a problem", body = Problem)))]
#[post("/api/admin/route")]
pub(super) async fn route(
    _admin: Admin,
    request: HttpRequest,
    body: Payload,
    hub: Data<Hub>,
) -> Result<HttpResponse, Problem> {
    let body: RouteBody = body::read(&request, body, &hub.limits).await?;
    let current = match body.conversation_id {
        None => None,
        Some(id) => current_agent(&hub, id).await?,
    };
    Ok(HttpResponse::Ok().json(hub.router.explain(&body.content, current.as_ref())))
}

/// The supervision tree: who lives, how often it fell, who was given up.
#[utoipa::path(tag = "admin", security(("bearer" = [])), responses((status = 200, body = TreeView),
    (status = "default", description = "a problem", body = Problem)))]
#[get("/api/admin/supervision")]
pub(super) async fn supervision(_admin: Admin, hub: Data<Hub>) -> Result<HttpResponse, Problem> {
    let levels = futures::future::try_join_all(hub.supervisors.iter().map(SupervisorHandle::level)).await;
    let levels = levels.map_err(|error| Problem::internal(&error.to_string()))?;
    Ok(HttpResponse::Ok().json(TreeView { levels }))
}

/// The conversations that are live in memory.
#[utoipa::path(tag = "admin", security(("bearer" = [])), responses((status = 200, body = LiveListView),
    (status = "default", description = "a problem", body = Problem)))]
#[get("/api/admin/conversations")]
pub(super) async fn conversations(_admin: Admin, hub: Data<Hub>) -> Result<HttpResponse, Problem> {
    let live =
        hub.registry.send(ListLive(LIVE_LISTED_MAX)).await.map_err(|error| Problem::internal(&error.to_string()))?;
    let view = |(key, sessions): (crate::store::ConversationKey, usize)| LiveView {
        conversation_id: key.id,
        tenant: key.owner.tenant.to_string(),
        sessions,
    };
    Ok(HttpResponse::Ok().json(LiveListView { items: live.some.into_iter().map(view).collect(), count: live.count }))
}

pub(super) fn slot<'a>(hub: &'a Hub, id: &str) -> Result<&'a AgentSlot, Problem> {
    let slot = id.parse().ok().and_then(|id| hub.catalog.get(&id));
    slot.map(AsRef::as_ref).ok_or_else(|| {
        let shown: String = id.chars().take(50).collect();
        let known: Vec<_> = hub.catalog.slots().map(|slot| slot.id().to_string()).collect();
        Problem::new(Code::NotFound, format!("there is no agent `{shown}`; the agents are {}", known.join(", ")))
    })
}

async fn keep(hub: &Hub, id: &AgentId, enabled: bool) -> Result<(), Problem> {
    let (id, now) = (id.clone(), hub.clock.now());
    Ok(hub.client.on_io(move |store| async move { store.set_agent_switch(&id, enabled, now).await }).await?)
}

async fn current_agent(hub: &Hub, id: ConversationId) -> Result<Option<AgentId>, Problem> {
    let key = hub.key(Owner::local(), id);
    match hub.client.on_io(move |store| async move { store.conversation(&key).await }).await? {
        Found::Here((_, record)) => Ok(record.current_agent),
        Found::NotFound => Err(super::conversations::not_found()),
        Found::Erased => Err(Problem::new(Code::Erased, "the conversation was erased")),
    }
}
