//! The WebSocket: frames in, frames and events out.

mod incoming;
mod outgoing;

use std::{cell::Cell, rc::Rc};

use actix::{Actor, AsyncContext};
use actix_http::ws::handshake;
use actix_web::{
    HttpRequest, HttpResponse,
    body::{BodyStream, MessageBody},
    get,
    web::{Data, Path, Payload, Query},
};
use protocol::{Code, ConversationId, Epoch, Seq};
use serde::Deserialize;

use self::{
    incoming::{Incoming, Patience},
    outgoing::{Farewell, Frames, Heart},
};
use super::{
    auth::{User, caller},
    connection,
    hub::Hub,
    problem::Problem,
};
use crate::actors::{
    callers::Seat,
    session::{Join, Kind, Outlet, SessionActor},
};

/// A `subscribe` in the URL.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SubscribeQuery {
    after: Option<Seq>,
    epoch: Option<Epoch>,
}

/// Where the WebSockets are.
pub(super) const PATH: &str = "/api/ws/{id}";

/// Whether something came from the client since the last look. It begins as if something had.
#[derive(Debug, Clone)]
struct Pulse(Rc<Cell<bool>>);

impl Default for Pulse {
    fn default() -> Self {
        Self(Rc::new(Cell::new(true)))
    }
}

impl Pulse {
    fn beat(&self) {
        self.0.set(true);
    }

    fn take(&self) -> bool {
        self.0.replace(false)
    }
}

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
    let seat = admit(&hub, &request)?;
    let mut response = handshake(request.head())?;
    let (outlet, reader) = Outlet::new();
    let query = query.into_inner();
    let in_url = query.after.is_some() || query.epoch.is_some();
    let join = in_url.then_some(Join { after: query.after, epoch: query.epoch, reference: None });
    let key = hub.key(user.0, *id);
    let cut = connection::cut(&request);
    let pulse = Pulse::default();
    let patience = Patience {
        message_bytes_max: hub.limits.frame_bytes_read_max,
        frames: hub.limits.frames,
        message_time_max: hub.limits.body_timeout,
    };
    let incoming = Incoming::new(body, patience, pulse.clone());
    let session = SessionActor::create(|ctx| {
        ctx.add_stream(incoming);
        SessionActor::new(hub.sessions.clone(), key, Kind::WebSocket, outlet, cut, seat, join)
    });
    let farewell =
        Farewell { session, cut: Some(connection::cut(&request)), patience: hub.limits.websocket_pong_timeout };
    let heart = Heart::new(pulse, hub.limits.websocket_ping_interval, hub.limits.websocket_pong_timeout);
    let frames = Frames::new(reader, heart, farewell);
    Ok(response.message_body(BodyStream::new(frames).boxed())?.into())
}

/// A place for a session, unless it may not begin.
///
/// # Errors
/// `draining` or `busy`.
pub(super) fn admit(hub: &Hub, request: &HttpRequest) -> Result<Seat, Problem> {
    if hub.is_draining() {
        return Err(Problem::new(Code::Draining, "the server goes down; connect to the next one"));
    }
    if !hub.sessions.has_room() {
        return Err(Problem::new(Code::Busy, "there are `limits.sessions_max` sessions already; connect again later"));
    }
    caller(request, &hub.callers).seat().ok_or_else(|| {
        let detail =
            "this caller has `limits.sessions_per_caller_max` sessions already; close one, or connect again later";
        Problem::new(Code::Busy, detail)
    })
}
