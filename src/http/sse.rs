//! Server-Sent Events: the log as an event stream that a browser resumes by itself.

use std::{sync::Arc, task::Poll, time::Duration};

use actix::{Actor, Addr};
use actix_web::{
    HttpRequest, HttpResponse, HttpResponseBuilder, get,
    http::header,
    web::{Data, Path, Query},
};
use bytes::{BufMut, Bytes, BytesMut};
use futures::Stream;
use protocol::{ConversationId, Epoch, Seq};
use serde::Deserialize;

use super::{auth::User, connection, hub::Hub, problem::Problem, ws::admit};
use crate::{
    actors::session::{Hangup, Join, Kind, Outgoing, Outlet, OutletReader, SessionActor},
    store::{ConversationKey, ConversationStatus, Found},
};

/// Where to begin.
#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
pub struct StreamQuery {
    /// The last event that the client has; `Last-Event-ID` beats it.
    #[param(value_type = Option<u64>)]
    after: Option<Seq>,
    /// The history that `after` counts in.
    #[param(value_type = Option<String>)]
    epoch: Option<Epoch>,
}

/// Follows a conversation as an event stream. `id` is `epoch:seq`; events are unnamed, a gap is a named `reset`.
#[utoipa::path(params(("id" = Uuid, Path), StreamQuery,
        ("Last-Event-ID" = Option<String>, Header, description = "`epoch:seq` of the last event received")),
    tag = "streams", responses((status = 200, description = "the stream; where it cannot be had now (`draining`, `busy`, \
        `rate_limited`, `storage_unavailable`) and `Accept` names `text/event-stream`: one that says when to come back, and \
        ends", content_type = "text/event-stream"),
    (status = 204, description = "the conversation is over and the client has all of it"),
    (status = "default", description = "a problem", body = Problem)))]
#[get("/api/stream/{id}")]
pub(super) async fn open(
    user: Result<User, Problem>,
    id: Path<ConversationId>,
    query: Query<StreamQuery>,
    request: HttpRequest,
    hub: Data<Hub>,
) -> Result<HttpResponse, Problem> {
    let opened = match user {
        Ok(User(owner)) => follow(hub.key(owner, *id), query.into_inner(), &request, &hub).await,
        Err(problem) => Err(problem),
    };
    opened.or_else(|problem| {
        if problem.will_pass() && asks_for_events(&request) { Ok(come_again(&hub, &problem)) } else { Err(problem) }
    })
}

/// An `EventSource` gives up for good on every status but 200, and comes back by itself after a stream that ends. So what
/// will pass is told to it as a stream: when to come back, and why.
fn come_again(hub: &Hub, problem: &Problem) -> HttpResponse {
    let (retry, why) = (hub.sessions.reconnect_after_ms(), problem.to_string().replace(['\r', '\n'], " "));
    event_stream().body(format!("retry: {retry}\n: {why}\n\n"))
}

/// Whether the client says by name that it takes event streams, as an `EventSource` does. `*/*` is everybody else.
fn asks_for_events(request: &HttpRequest) -> bool {
    let accepted = request.headers().get_all(header::ACCEPT).filter_map(|value| value.to_str().ok());
    let mut kinds = accepted.flat_map(|value| value.split(',')).filter_map(|range| range.split(';').next());
    kinds.any(|kind| kind.trim().eq_ignore_ascii_case("text/event-stream"))
}

fn event_stream() -> HttpResponseBuilder {
    let mut response = HttpResponse::Ok();
    response.insert_header((header::CONTENT_TYPE, "text/event-stream; charset=utf-8"));
    response.insert_header((header::CACHE_CONTROL, "no-cache, no-transform"));
    response.insert_header(("X-Accel-Buffering", "no"));
    response
}

async fn follow(
    key: ConversationKey,
    query: StreamQuery,
    request: &HttpRequest,
    hub: &Hub,
) -> Result<HttpResponse, Problem> {
    let seat = admit(hub, request)?;
    let join = position(request, query)?;
    let read = key.clone();
    match hub.client.on_io(move |store| async move { store.conversation(&read).await }).await? {
        Found::Erased => return Err(Problem::new(protocol::Code::Erased, "the conversation was erased")),
        Found::Here((_, record)) if record.status == ConversationStatus::Ended => {
            let has_all = join.after.is_some_and(|after| after >= record.head);
            if has_all && join.epoch.as_ref().is_none_or(|epoch| *epoch == record.epoch) {
                return Ok(HttpResponse::NoContent().finish());
            }
        }
        Found::Here(_) | Found::NotFound => {}
    }
    let (outlet, reader) = Outlet::new();
    let cut = connection::cut(request);
    let session = SessionActor::new(hub.sessions.clone(), key, Kind::Sse, outlet, cut, seat, Some(join)).start();
    let stream = stream(reader, hub.limits.sse_heartbeat, OnClose(session));
    Ok(event_stream().streaming(while_open(stream, connection::is_closed(request))))
}

fn position(request: &HttpRequest, query: StreamQuery) -> Result<Join, Problem> {
    let Some(last) = request.headers().get("Last-Event-ID") else {
        return Ok(Join { after: query.after, epoch: query.epoch, reference: None });
    };
    let text = last.to_str().unwrap_or_default();
    let parsed = text.rsplit_once(':').and_then(|(epoch, seq)| Some((epoch.parse().ok()?, seq.parse().ok()?)));
    let Some((epoch, seq)) = parsed else {
        return Err(Problem::field(format!("`Last-Event-ID` must be `epoch:seq`, got `{text}`")));
    };
    Ok(Join { after: Some(Seq(seq)), epoch: Some(epoch), reference: None })
}

/// Tells the session that its client is gone, when the response is dropped.
struct OnClose(Addr<SessionActor>);

impl Drop for OnClose {
    fn drop(&mut self) {
        self.0.do_send(Hangup);
    }
}

fn stream(
    reader: OutletReader,
    heartbeat: Duration,
    on_close: OnClose,
) -> impl Stream<Item = Result<Bytes, std::convert::Infallible>> {
    // The first comment opens the stream in the browser before there is an event.
    let first = Some(Bytes::from_static(b": open\n\n"));
    futures::stream::unfold((first, reader, on_close), move |(first, mut reader, on_close)| async move {
        let bytes = match first {
            Some(bytes) => bytes,
            None => match tokio::time::timeout(heartbeat, reader.next()).await {
                Err(_quiet) => Bytes::from_static(b": heartbeat\n\n"),
                Ok(None | Some(Outgoing::Close { .. })) => return None,
                Ok(Some(outgoing)) => framed(outgoing),
            },
        };
        Some((Ok(bytes), (None, reader, on_close)))
    })
}

/// Ends a stream whose client has closed. A response that is being sent goes on by itself when its client closes, and finds
/// out with the second heartbeat that nobody takes: so long its session would count against its caller. The end of what a
/// client sends wakes the connection, which asks its response for more: then is the moment to look.
fn while_open<T>(stream: impl Stream<Item = T>, is_closed: impl Fn() -> bool) -> impl Stream<Item = T> {
    let mut stream = Box::pin(stream);
    futures::stream::poll_fn(move |context| match stream.as_mut().poll_next(context) {
        Poll::Pending if is_closed() => Poll::Ready(None),
        polled => polled,
    })
}

fn framed(outgoing: Outgoing) -> Bytes {
    match outgoing {
        Outgoing::Events { epoch, events } => batch(&epoch, &events),
        Outgoing::Reset(reset) => {
            let data = serde_json::to_string(&reset).unwrap_or_default();
            Bytes::from(format!("event: reset\nid: {}:{}\ndata: {data}\n\n", reset.epoch, reset.head))
        }
        Outgoing::Draining { reconnect_after_ms } => Bytes::from(format!("retry: {reconnect_after_ms}\n\n")),
        // An event stream has no frames; its end is the end of the response.
        Outgoing::Frame(_) | Outgoing::Pong(_) | Outgoing::Close { .. } => Bytes::new(),
    }
}

/// One write for the whole batch.
fn batch(epoch: &Epoch, events: &[(Seq, Arc<str>)]) -> Bytes {
    let bytes: usize = events.iter().map(|(_, body)| body.len() + 64).sum();
    let mut text = BytesMut::with_capacity(bytes);
    for (seq, body) in events {
        text.put_slice(format!("id: {epoch}:{seq}\ndata: ").as_bytes());
        text.put_slice(body.as_bytes());
        text.put_slice(b"\n\n");
    }
    text.freeze()
}
