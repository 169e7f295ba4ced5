//! The door: who may come in, how much may be brought, which fault strikes; then the call, and its answer.

mod answers;
mod body;
mod control;

use std::{any::Any, collections::BTreeMap, net::Shutdown, ops::ControlFlow, os::fd::AsFd, time::Duration};

use actix_web::{
    HttpMessage, HttpRequest, HttpResponse,
    dev::Extensions,
    http::header::AUTHORIZATION,
    rt::net::TcpStream,
    web::{Data, Payload, Query},
};
use chrono::{DateTime, TimeDelta, Utc};
use secrecy::{ExposeSecret, SecretString};
use subtle::ConstantTimeEq;

use self::answers::{gateway, too_many};
use crate::{
    calls::{self, Answer, Call, Request},
    faults::Fault,
    limits::Pass,
    options::Bounds,
    server::ShopHandle,
    shop::MediaFile,
};

/// What every request meets.
pub(crate) struct Front {
    pub(crate) shop: ShopHandle,
    pub(crate) token: Option<SecretString>,
    pub(crate) bounds: Bounds,
}

/// The connection's socket, so that a fault can close it without an answer.
struct Socket(std::net::TcpStream);

/// Keeps a second handle of each connection.
pub(crate) fn keep_socket(connection: &dyn Any, extensions: &mut Extensions) {
    let Some(stream) = connection.downcast_ref::<TcpStream>() else { return };
    if let Ok(fd) = stream.as_fd().try_clone_to_owned() {
        extensions.insert(Socket(fd.into()));
    }
}

/// Answers whatever comes.
pub(crate) async fn serve(request: HttpRequest, payload: Payload, front: Data<Front>) -> HttpResponse {
    if request.path().starts_with("/sandbox/") {
        return control::serve(&request, payload, &front).await;
    }
    let now = front.shop.now();
    let Some(call) = Call::find(request.method().as_str(), request.path()) else {
        return gateway(
            404,
            "path not found",
            "there is no such call; its method and path are as in the description",
            now,
        );
    };
    let token = token_of(&request);
    let (fault, remaining) = match front.enter(call, request.path(), token, now) {
        ControlFlow::Continue(entered) => entered,
        ControlFlow::Break(refusal) => return refusal,
    };
    let (body, file) = match body::read(&request, payload, call, &front.bounds).await {
        Ok(read) => read,
        Err(refusal) => return answers::respond(refusal, remaining),
    };
    let query = Query::<BTreeMap<String, String>>::from_query(request.query_string());
    let query = query.map(Query::into_inner).unwrap_or_default();
    let brought = Brought { call, query: &query, body: &body, file: file.as_ref() };
    let answer = front.act(&brought, fault.as_ref(), now);
    leave(&request, answer, remaining, fault).await
}

struct Brought<'a> {
    call: Call,
    query: &'a BTreeMap<String, String>,
    body: &'a [u8],
    file: Option<&'a MediaFile>,
}

fn token_of(request: &HttpRequest) -> &str {
    let header = request.headers().get(AUTHORIZATION).and_then(|value| value.to_str().ok()).unwrap_or_default();
    header.strip_prefix("Bearer ").unwrap_or(header)
}

impl Front {
    /// Lets a call in, with the fault that will strike it later and what is left of its limit.
    fn enter(
        &self,
        call: Call,
        path: &str,
        token: &str,
        now: DateTime<Utc>,
    ) -> ControlFlow<HttpResponse, (Option<Fault>, u32)> {
        let mut shop = self.shop.lock();
        let fault = shop.faults.strike(path, token);
        let count = shop.calls.entry(call.path().to_owned()).or_default();
        count.requests += 1;
        count.faults += u64::from(fault.is_some());
        match fault {
            Some(Fault::Unauthorized) => return ControlFlow::Break(unauthorized(now)),
            Some(Fault::TooManyRequests { retry_seconds }) => {
                return ControlFlow::Break(too_many(retry_seconds, 1, retry_seconds, now));
            }
            Some(Fault::Status { status }) => {
                return ControlFlow::Break(gateway(status, "internal error", "a scripted fault", now));
            }
            _ => {}
        }
        if !self.knows(token) {
            return ControlFlow::Break(unauthorized(now));
        }
        match shop.limits.pass(token, call.category(), now) {
            Pass::Go { remaining } => ControlFlow::Continue((fault, remaining)),
            Pass::Wait { retry, limit, reset } => {
                shop.calls.entry(call.path().to_owned()).or_default().limited += 1;
                ControlFlow::Break(too_many(retry, limit, reset, now))
            }
        }
    }

    fn knows(&self, token: &str) -> bool {
        match &self.token {
            Some(known) => known.expose_secret().as_bytes().ct_eq(token.as_bytes()).into(),
            None => !token.is_empty(),
        }
    }

    /// Does the call. What it changes at once is counted here, what it queues when that is done.
    fn act(&self, brought: &Brought<'_>, fault: Option<&Fault>, now: DateTime<Utc>) -> Answer {
        let mut shop = self.shop.settled();
        let work_delay = match fault {
            Some(Fault::WorkDelay { millis }) => i64::try_from(*millis).ok().and_then(TimeDelta::try_milliseconds),
            _ => None,
        };
        let Brought { call, query, body, file } = *brought;
        let answer = calls::answer(&mut shop, &Request { call, query, body, file, now, work_delay });
        if matches!(call, Call::MediaSave | Call::MediaFile) && answer.status == 200 {
            shop.calls.entry(call.path().to_owned()).or_default().effects += 1;
        }
        answer
    }
}

/// Sends the answer, late or not at all if a fault says so.
async fn leave(request: &HttpRequest, answer: Answer, remaining: u32, fault: Option<Fault>) -> HttpResponse {
    match fault {
        Some(Fault::Slow { millis }) => tokio::time::sleep(Duration::from_millis(millis)).await,
        Some(Fault::CutAfter) => cut(request),
        _ => {}
    }
    answers::respond(answer, remaining)
}

/// Closes the connection under the answer.
fn cut(request: &HttpRequest) {
    if let Some(Socket(socket)) = request.conn_data::<Socket>() {
        // A client that has gone by itself has lost the answer too.
        socket.shutdown(Shutdown::Both).ok();
    }
}

fn unauthorized(now: DateTime<Utc>) -> HttpResponse {
    gateway(401, "unauthorized", "token problem; token is malformed: token contains an invalid number of segments", now)
}

/// The value of a header, if it is text.
fn header<'a>(request: &'a HttpRequest, name: &str) -> Option<&'a str> {
    HttpMessage::headers(request).get(name).and_then(|value| value.to_str().ok())
}
