//! The WebSocket: frames in, frames and events out.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use actix::{Actor, Addr};
use actix_web::{
    HttpRequest, HttpResponse, get,
    web::{Data, Path, Payload, Query},
};
use actix_ws::{AggregatedMessage, AggregatedMessageStream, CloseCode, CloseReason, ProtocolError, Session};
use futures::StreamExt;
use protocol::{Code, ConversationId, Epoch, Seq, ServerFrame, frame::close};
use serde::Deserialize;

use super::{auth::User, connection, hub::Hub, problem::Problem};
use crate::actors::session::{Hangup, Inbound, Join, Kind, Outgoing, Outlet, OutletReader, SessionActor};

/// A `subscribe` in the URL.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SubscribeQuery {
    after: Option<Seq>,
    epoch: Option<Epoch>,
}

/// Where the WebSockets are.
pub(super) const PATH: &str = "/api/ws/{id}";

/// Opens a WebSocket on a conversation.
#[get("/api/ws/{id}")]
pub(super) async fn open(
    user: User,
    id: Path<ConversationId>,
    query: Query<SubscribeQuery>,
    request: HttpRequest,
    body: Payload,
    hub: Data<Hub>,
) -> Result<HttpResponse, actix_web::Error> {
    admit(&hub)?;
    let (response, socket, stream) = actix_ws::handle(&request, body)?;
    let read_max = hub.limits.frame_bytes_read_max;
    let stream = stream.max_frame_size(read_max).aggregate_continuations().max_continuation_size(read_max);
    let (outlet, reader) = Outlet::new();
    let query = query.into_inner();
    let in_url = query.after.is_some() || query.epoch.is_some();
    let join = in_url.then_some(Join { after: query.after, epoch: query.epoch, reference: None });
    let key = hub.key(user.0, *id);
    let cut = connection::cut(&request);
    let session = SessionActor::new(hub.sessions.clone(), key, Kind::WebSocket, outlet, cut, join).start();
    let pulse = Arc::new(AtomicBool::new(true));
    let cut = connection::cut(&request);
    let write = write(socket.clone(), reader, Arc::clone(&pulse), hub.limits.websocket_ping_interval);
    let pong_timeout = hub.limits.websocket_pong_timeout;
    let theirs = session.clone();
    actix_web::rt::spawn(async move {
        write.await;
        theirs.do_send(Hangup);
        // A peer that is gone answers no close; its socket must not stay.
        tokio::time::sleep(pong_timeout).await;
        cut();
    });
    actix_web::rt::spawn(read(socket, stream, session, pulse));
    Ok(response)
}

/// Refuses a session that may not begin.
///
/// # Errors
/// `draining` or `busy`.
pub(super) fn admit(hub: &Hub) -> Result<(), Problem> {
    if hub.is_draining() {
        return Err(Problem::new(Code::Draining, "the server goes down; connect to the next one"));
    }
    if !hub.sessions.has_room() {
        return Err(Problem::new(Code::Busy, "there are `limits.sessions_max` sessions already; connect again later"));
    }
    Ok(())
}

/// Reads frames and hands them over one at a time: a session that is busy slows its own client down.
async fn read(
    mut socket: Session,
    mut stream: AggregatedMessageStream,
    session: Addr<SessionActor>,
    pulse: Arc<AtomicBool>,
) {
    while let Some(message) = stream.next().await {
        pulse.store(true, Ordering::Relaxed);
        let inbound = match message {
            Ok(AggregatedMessage::Text(text)) => Inbound::Text(text.to_string()),
            Ok(AggregatedMessage::Binary(_)) => Inbound::Binary,
            Ok(AggregatedMessage::Ping(bytes)) => {
                if socket.pong(&bytes).await.is_err() {
                    break;
                }
                continue;
            }
            Ok(AggregatedMessage::Pong(_)) => continue,
            Ok(AggregatedMessage::Close(_)) => break,
            Err(ProtocolError::Overflow) => Inbound::Broken(close::TOO_LARGE, "a frame is over 1 MiB".to_owned()),
            Err(error) => Inbound::Broken(close::BAD_REQUEST, error.to_string()),
        };
        let is_last = matches!(inbound, Inbound::Broken(..));
        if session.send(inbound).await.is_err() || is_last {
            break;
        }
    }
    session.do_send(Hangup);
}

/// Writes what the session hands out, and pings a client that is silent.
async fn write(mut socket: Session, mut reader: OutletReader, pulse: Arc<AtomicBool>, ping_interval: Duration) {
    let mut pings = tokio::time::interval(ping_interval);
    pings.tick().await;
    loop {
        let outgoing = tokio::select! {
            outgoing = reader.next() => outgoing,
            _ = pings.tick() => {
                // Nothing came since the last ping, not even its pong.
                if !pulse.swap(false, Ordering::Relaxed) || socket.ping(b"").await.is_err() {
                    break;
                }
                continue;
            }
        };
        let Some(outgoing) = outgoing else { break };
        match write_one(&mut socket, outgoing).await {
            Ok(None) => {}
            Ok(Some(reason)) => {
                socket.close(Some(reason)).await.ok();
                return;
            }
            Err(_closed) => return,
        }
    }
    socket.close(Some(CloseCode::Away.into())).await.ok();
}

async fn write_one(socket: &mut Session, outgoing: Outgoing) -> Result<Option<CloseReason>, actix_ws::Closed> {
    match outgoing {
        Outgoing::Events { events, .. } => {
            for (_, body) in events {
                socket.text(body.as_ref()).await?;
            }
        }
        Outgoing::Frame(text) => socket.text(text).await?,
        Outgoing::Draining { reconnect_after_ms } => {
            let frame = ServerFrame::Draining { reconnect_after_ms };
            socket.text(serde_json::to_string(&frame).unwrap_or_default()).await?;
        }
        // Only event streams get these.
        Outgoing::Reset(_) => {}
        Outgoing::Close { code, reason } => {
            return Ok(Some(CloseReason { code: CloseCode::Other(code), description: Some(reason) }));
        }
    }
    Ok(None)
}
