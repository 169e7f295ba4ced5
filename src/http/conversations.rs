//! Conversations: make one, send a message, stop a turn, end, erase.

use actix_web::{
    HttpRequest, HttpResponse, delete, get, post,
    web::{Data, Path, Payload, Query},
};
use protocol::{
    ApprovalId, ClientMessageId, Code, ConversationId,
    event::{ApprovalDecision, JsonObject, Policy},
    frame::{Approve, Cancel},
};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::{auth::User, body, hub::Hub, problem::Problem, wait};
use crate::{
    actors::{
        approvals::DecisionAnswer,
        client::{CancelAnswer, Incoming, MessageAnswer},
        session::target_of,
    },
    store::{ConversationKey, Found, view::ConversationView},
};

/// A conversation to be made.
#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct NewConversationBody {
    /// Its name; the server makes one where none is given.
    #[schema(value_type = Option<Uuid>)]
    conversation_id: Option<ConversationId>,
    /// Kept with it, never read by the server.
    #[schema(value_type = Option<Object>)]
    metadata: Option<JsonObject>,
}

/// A message of the user.
#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct NewMessageBody {
    /// The text.
    content: String,
    /// Makes sending it again safe. Without it (and without `Idempotency-Key`) a message that is sent again is another one.
    #[schema(value_type = Option<String>)]
    client_message_id: Option<ClientMessageId>,
    /// What happens if a turn runs.
    policy: Option<Policy>,
    /// Kept with it, never read by the server.
    #[schema(value_type = Option<Object>)]
    metadata: Option<JsonObject>,
}

/// Whether to wait for the answer.
#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
pub struct WaitQuery {
    /// Answer with the whole turn once it ended (200), or as without it (202) after a minute.
    #[serde(default)]
    wait: bool,
}

/// A decision about a tool call.
#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct DecisionBody {
    /// The answer.
    decision: ApprovalDecision,
    /// The arguments that were shown.
    arguments_hash: String,
    /// A word for the record.
    comment: Option<String>,
}

/// A conversation that is over.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct EndAnswer {
    /// Always `ended`.
    status: &'static str,
}

/// Makes a conversation, or answers the one that has this id already.
#[utoipa::path(request_body = NewConversationBody, tag = "conversations", responses(
    (status = 201, description = "made", body = ConversationView),
    (status = 200, description = "it existed", body = ConversationView),
    (status = "default", description = "a problem", body = Problem)))]
#[post("/api/conversations")]
pub(super) async fn create(
    user: User,
    request: HttpRequest,
    body: Payload,
    hub: Data<Hub>,
) -> Result<HttpResponse, Problem> {
    let body: NewConversationBody = body::read(&request, body, &hub.limits).await?;
    let id = body.conversation_id.unwrap_or_else(|| ConversationId(Uuid::now_v7()));
    let key = hub.key(user.0, id);
    let known = find(&hub, &key).await?;
    let answered = hub.asker().create(&key, body.metadata.unwrap_or_default()).await?;
    let view = find(&hub, &key).await?.ok_or_else(|| Problem::internal("a conversation vanished when it was made"))?;
    let mut response = if known.is_none() && answered.created { HttpResponse::Created() } else { HttpResponse::Ok() };
    Ok(response.insert_header(("Location", format!("/api/conversations/{id}"))).json(view))
}

/// The caller's conversation, if it exists.
///
/// # Errors
/// `erased`, or that the store cannot be read.
pub(super) async fn find(hub: &Hub, key: &ConversationKey) -> Result<Option<ConversationView>, Problem> {
    let key = key.clone();
    match hub.client.on_io(move |store| async move { store.conversation(&key).await }).await? {
        Found::Here((_, record)) => Ok(Some(record.into())),
        Found::NotFound => Ok(None),
        Found::Erased => Err(Problem::new(Code::Erased, "the conversation was erased")),
    }
}

/// One conversation.
#[utoipa::path(params(("id" = Uuid, Path)), tag = "conversations", responses(
    (status = 200, body = ConversationView), (status = "default", description = "a problem", body = Problem)))]
#[get("/api/conversations/{id}")]
pub(super) async fn get_one(user: User, id: Path<ConversationId>, hub: Data<Hub>) -> Result<HttpResponse, Problem> {
    let view = find(&hub, &hub.key(user.0, *id)).await?;
    view.map(|view| HttpResponse::Ok().json(view)).ok_or_else(not_found)
}

/// Sends a message. The first one makes the conversation.
#[utoipa::path(params(("id" = Uuid, Path), WaitQuery,
        ("Idempotency-Key" = Option<String>, Header, description = "serves as `clientMessageId`")),
    request_body = NewMessageBody, tag = "conversations", responses(
    (status = 202, description = "accepted: it is stored and will be answered", body = MessageAnswer),
    (status = 200, description = "with `wait=true`: the turn is over", body = wait::TurnView),
    (status = "default", description = "a problem", body = Problem)))]
#[post("/api/conversations/{id}/messages")]
pub(super) async fn send(
    user: User,
    id: Path<ConversationId>,
    query: Query<WaitQuery>,
    request: HttpRequest,
    body: Payload,
    hub: Data<Hub>,
) -> Result<HttpResponse, Problem> {
    let body: NewMessageBody = body::read(&request, body, &hub.limits).await?;
    let key = hub.key(user.0, *id);
    let incoming = Incoming {
        client_message_id: client_id(&request, body.client_message_id)?,
        content: body.content,
        policy: body.policy,
        metadata: body.metadata.unwrap_or_default(),
    };
    let answer = hub.asker().message(&key, incoming).await?;
    if query.wait
        && let Some(turn) = wait::for_turn(&hub, &key, &answer).await?
    {
        return Ok(HttpResponse::Ok().json(turn));
    }
    Ok(HttpResponse::Accepted().json(answer))
}

fn client_id(request: &HttpRequest, in_body: Option<ClientMessageId>) -> Result<ClientMessageId, Problem> {
    let header = request.headers().get("Idempotency-Key").map(|value| value.to_str().unwrap_or_default());
    let in_header = header.map(str::parse::<ClientMessageId>).transpose();
    let in_header = in_header.map_err(|error| Problem::field(format!("in `Idempotency-Key`: {error}")))?;
    match (in_body, in_header) {
        (Some(body), Some(header)) if body != header => {
            Err(Problem::field("`clientMessageId` and `Idempotency-Key` differ; send one of them"))
        }
        (Some(id), _) | (None, Some(id)) => Ok(id),
        (None, None) => {
            let made = Uuid::now_v7().to_string();
            made.parse().map_err(|_| Problem::internal("a UUID is a client message id"))
        }
    }
}

/// Stops a turn at any moment.
#[utoipa::path(params(("id" = Uuid, Path)), request_body = Cancel, tag = "conversations", responses(
    (status = 202, description = "cancelled, or kept until the message comes", body = CancelAnswer),
    (status = 200, description = "the turn had ended before", body = CancelAnswer),
    (status = "default", description = "a problem", body = Problem)))]
#[post("/api/conversations/{id}/cancel")]
pub(super) async fn cancel(
    user: User,
    id: Path<ConversationId>,
    request: HttpRequest,
    body: Payload,
    hub: Data<Hub>,
) -> Result<HttpResponse, Problem> {
    let body: Cancel = body::read(&request, body, &hub.limits).await?;
    let answer = hub.asker().cancel(&hub.key(user.0, *id), target_of(body)?).await?;
    let mut response = if answer.was_over { HttpResponse::Ok() } else { HttpResponse::Accepted() };
    Ok(response.json(answer))
}

/// Decides about a tool call.
#[utoipa::path(params(("id" = Uuid, Path), ("approvalId" = Uuid, Path)), request_body = DecisionBody,
    tag = "conversations", responses(
    (status = 202, body = DecisionAnswer), (status = 200, body = DecisionAnswer, description = "decided so before"),
    (status = "default", description = "a problem", body = Problem)))]
#[post("/api/conversations/{id}/approvals/{approvalId}")]
pub(super) async fn decide(
    user: User,
    ids: Path<(ConversationId, ApprovalId)>,
    request: HttpRequest,
    body: Payload,
    hub: Data<Hub>,
) -> Result<HttpResponse, Problem> {
    let (id, approval_id) = ids.into_inner();
    let DecisionBody { decision, arguments_hash, comment } = body::read(&request, body, &hub.limits).await?;
    let approve = Approve { approval_id, decision, arguments_hash, comment };
    let answer = hub.asker().decide(&hub.key(user.0, id), approve).await?;
    let mut response = if answer.duplicate { HttpResponse::Ok() } else { HttpResponse::Accepted() };
    Ok(response.json(answer))
}

/// Ends a conversation: open turns are cancelled, nothing follows.
#[utoipa::path(params(("id" = Uuid, Path)), tag = "conversations", responses(
    (status = 200, body = EndAnswer), (status = "default", description = "a problem", body = Problem)))]
#[post("/api/conversations/{id}/end")]
pub(super) async fn end(user: User, id: Path<ConversationId>, hub: Data<Hub>) -> Result<HttpResponse, Problem> {
    hub.asker().end(&hub.key(user.0, *id)).await?;
    Ok(HttpResponse::Ok().json(EndAnswer { status: "ended" }))
}

/// Erases a conversation everywhere.
#[utoipa::path(params(("id" = Uuid, Path)), tag = "conversations", responses(
    (status = 204, description = "erased"), (status = "default", description = "a problem", body = Problem)))]
#[delete("/api/conversations/{id}")]
pub(super) async fn erase(user: User, id: Path<ConversationId>, hub: Data<Hub>) -> Result<HttpResponse, Problem> {
    hub.asker().erase(&hub.key(user.0, *id)).await?;
    Ok(HttpResponse::NoContent().finish())
}

pub(super) fn not_found() -> Problem {
    Problem::new(Code::NotFound, "there is no such conversation")
}
