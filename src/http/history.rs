//! Reading the past: lists of conversations, messages and interactions, and the log itself.

use actix_web::{
    HttpResponse, get,
    web::{Data, Path, Query},
};
use bytes::Bytes;
use protocol::{Code, ConversationId, Epoch, Seq};
use serde::{Deserialize, Serialize};

use super::{auth::User, conversations::not_found, hub::Hub, problem::Problem};
use crate::{
    actors::session::{Start, start_at},
    store::{
        ConversationRecord, EventPage, Found, InternalId, Page, PageRequest,
        view::{ConversationView, InteractionView, MessageView},
    },
};

/// Items of a page without a `limit`.
const LIMIT_DEFAULT: u32 = 50;
/// Items of a page at most.
const LIMIT_MAX: u32 = 500;
/// Events of a page at most.
const EVENTS_MAX: usize = 10_000;
/// Bytes of events in a page (one event more may go over).
const EVENTS_BYTES_MAX: usize = 8 * 1024 * 1024;

/// Which page.
#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
pub struct PageQuery {
    /// The `next` of the page before.
    cursor: Option<String>,
    /// How many: 50, at most 500.
    limit: Option<u32>,
}

/// Which events.
#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
pub struct EventsQuery {
    /// The last event that the caller has.
    #[param(value_type = Option<u64>)]
    after: Option<Seq>,
    /// The history that `after` counts in.
    #[param(value_type = Option<String>)]
    epoch: Option<Epoch>,
    /// How many: 50, at most 10,000.
    limit: Option<usize>,
}

/// A page of a list.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct PageView<T> {
    /// In the order of the list.
    items: Vec<T>,
    /// Where the next page begins; `null` at the end.
    next: Option<String>,
}

impl PageQuery {
    fn request(self) -> Result<PageRequest, Problem> {
        let limit = self.limit.unwrap_or(LIMIT_DEFAULT);
        if !(1..=LIMIT_MAX).contains(&limit) {
            return Err(Problem::field(format!("`limit` must be between 1 and {LIMIT_MAX}, got `{limit}`")));
        }
        Ok(PageRequest { cursor: self.cursor, limit })
    }
}

fn view<T, V: From<T>>(page: Page<T>) -> PageView<V> {
    PageView { items: page.items.into_iter().map(Into::into).collect(), next: page.next }
}

pub(super) async fn located(
    hub: &Hub,
    user: User,
    id: ConversationId,
) -> Result<(InternalId, ConversationRecord), Problem> {
    let key = hub.key(user.0, id);
    match hub.client.on_io(move |store| async move { store.conversation(&key).await }).await? {
        Found::Here(here) => Ok(here),
        Found::NotFound => Err(not_found()),
        Found::Erased => Err(Problem::new(Code::Erased, "the conversation was erased")),
    }
}

/// The caller's conversations, newest first.
#[utoipa::path(params(PageQuery), tag = "history", responses(
    (status = 200, body = PageView<ConversationView>), (status = "default", description = "a problem", body = Problem)))]
#[get("/api/conversations")]
pub(super) async fn conversations(
    user: User,
    query: Query<PageQuery>,
    hub: Data<Hub>,
) -> Result<HttpResponse, Problem> {
    let page = query.into_inner().request()?;
    let list = hub.client.on_io(move |store| async move { store.conversations(&user.0, &page).await }).await?;
    Ok(HttpResponse::Ok().json(view::<_, ConversationView>(list)))
}

/// The messages of a conversation, oldest first.
#[utoipa::path(params(("id" = Uuid, Path), PageQuery), tag = "history", responses(
    (status = 200, body = PageView<MessageView>), (status = "default", description = "a problem", body = Problem)))]
#[get("/api/conversations/{id}/messages")]
pub(super) async fn messages(
    user: User,
    id: Path<ConversationId>,
    query: Query<PageQuery>,
    hub: Data<Hub>,
) -> Result<HttpResponse, Problem> {
    let page = query.into_inner().request()?;
    let (internal, _) = located(&hub, user, *id).await?;
    let list = hub.client.on_io(move |store| async move { store.messages(internal, &page).await }).await?;
    Ok(HttpResponse::Ok().json(view::<_, MessageView>(list)))
}

/// Which agents answered, why, and how it went, oldest first.
#[utoipa::path(params(("id" = Uuid, Path), PageQuery), tag = "history", responses(
    (status = 200, body = PageView<InteractionView>), (status = "default", description = "a problem", body = Problem)))]
#[get("/api/conversations/{id}/interactions")]
pub(super) async fn interactions(
    user: User,
    id: Path<ConversationId>,
    query: Query<PageQuery>,
    hub: Data<Hub>,
) -> Result<HttpResponse, Problem> {
    let page = query.into_inner().request()?;
    let (internal, _) = located(&hub, user, *id).await?;
    let list = hub.client.on_io(move |store| async move { store.interactions(internal, &page).await }).await?;
    Ok(HttpResponse::Ok().json(view::<_, InteractionView>(list)))
}

/// The log itself: stored events right after a position, as their exact bytes.
#[utoipa::path(params(("id" = Uuid, Path), EventsQuery), tag = "history", responses(
    (status = 200, description = "`{epoch, firstSeq, head, items, next}`"),
    (status = 410, description = "`expired`, `epoch_mismatch` or `future`: the position cannot be resumed", body = Problem),
    (status = "default", description = "a problem", body = Problem)))]
#[get("/api/conversations/{id}/events")]
pub(super) async fn events(
    user: User,
    id: Path<ConversationId>,
    query: Query<EventsQuery>,
    hub: Data<Hub>,
) -> Result<HttpResponse, Problem> {
    let limit = query.limit.unwrap_or(LIMIT_DEFAULT as usize);
    if !(1..=EVENTS_MAX).contains(&limit) {
        return Err(Problem::field(format!("`limit` must be between 1 and {EVENTS_MAX}, got `{limit}`")));
    }
    let (internal, record) = located(&hub, user, *id).await?;
    let after = position(&query, &record)?;
    let read =
        hub.client.on_io(move |store| async move { store.events(internal, after, limit, EVENTS_BYTES_MAX).await });
    match read.await? {
        Found::Here(page) => {
            // Between the two looks the log may have been trimmed, or begun anew.
            let now = ConversationRecord { first_seq: page.first_seq, head: page.head, ..record };
            let asked = EventsQuery { after: Some(after), epoch: Some(now.epoch.clone()), limit: None };
            position(&asked, &ConversationRecord { epoch: page.epoch.clone(), ..now })?;
            Ok(HttpResponse::Ok().content_type("application/json").body(page_json(&page)))
        }
        Found::NotFound => Err(not_found()),
        Found::Erased => Err(Problem::new(Code::Erased, "the conversation was erased")),
    }
}

/// The event after which a page begins.
///
/// # Errors
/// That the position cannot be resumed.
fn position(query: &EventsQuery, record: &ConversationRecord) -> Result<Seq, Problem> {
    match start_at(query.after, query.epoch.as_ref(), record) {
        Start::After(after) => Ok(after),
        Start::Gap(gap) => {
            let detail = format!(
                "the position cannot be resumed; events {} to {} of epoch {} are kept",
                record.first_seq, record.head, record.epoch
            );
            Err(Problem::new(gap.code(), detail))
        }
    }
}

/// The page as JSON around the stored bytes, which are not parsed again.
fn page_json(page: &EventPage) -> Bytes {
    let last = page.events.last().map(|(seq, _)| *seq);
    let next = last.filter(|last| *last < page.head).map_or_else(|| "null".to_owned(), |last| last.to_string());
    let items: Vec<&str> = page.events.iter().map(|(_, body)| body.as_ref()).collect();
    Bytes::from(format!(
        r#"{{"epoch":"{}","firstSeq":{},"head":{},"items":[{}],"next":{next}}}"#,
        page.epoch,
        page.first_seq,
        page.head,
        items.join(",")
    ))
}
