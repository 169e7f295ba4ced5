//! Who calls: the admin by token, a user by being on this machine.
//!
//! "On this machine" is more than a loopback peer: a proxy there, or a page whose name resolves to 127.0.0.1, would make
//! everybody local. So neither headers of a proxy nor a foreign `Host` pass without the token.

use std::{
    future::{Ready, ready},
    net::{IpAddr, Ipv4Addr},
    sync::Arc,
};

use actix_web::{FromRequest, HttpRequest, dev::Payload, http::header, web::Data};
use protocol::Code;
use secrecy::ExposeSecret;
use subtle::ConstantTimeEq;

use super::{hub::Hub, origin, problem::Problem};
use crate::{
    actors::callers::{Caller, Callers},
    store::Owner,
};

/// A caller of the user endpoints, and whose conversations these are.
#[derive(Debug, Clone)]
pub struct User(pub Owner);

/// A caller who showed the admin token.
#[derive(Debug, Clone, Copy)]
pub struct Admin;

impl FromRequest for User {
    type Error = Problem;
    type Future = Ready<Result<Self, Problem>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        ready(origin::check(request).and_then(|()| user(request)).and_then(|user| counted(request, user)))
    }
}

fn user(request: &HttpRequest) -> Result<User, Problem> {
    if shows_admin_token(request) {
        return Ok(User(Owner::local()));
    }
    let why = match request.peer_addr() {
        Some(peer) if !peer.ip().to_canonical().is_loopback() => "callers from other machines need",
        _ if origin::is_forwarded(request) => "callers that come through a proxy need",
        _ if !origin::host_is_local(request) => {
            "call this server by an address or as `localhost`; by another name you need"
        }
        _ => return Ok(User(Owner::local())),
    };
    Err(Problem::new(Code::Unauthorized, format!("{why} `Authorization: Bearer` with the admin token")))
}

impl FromRequest for Admin {
    type Error = Problem;
    type Future = Ready<Result<Self, Problem>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        ready(if shows_admin_token(request) {
            Ok(Self)
        } else {
            let detail = "send `Authorization: Bearer TOKEN`; the server printed at its start where the admin token is";
            Err(Problem::new(Code::Unauthorized, detail))
        })
    }
}

/// Refuses a caller that asks too much.
fn counted(request: &HttpRequest, user: User) -> Result<User, Problem> {
    let Some(hub) = request.app_data::<Data<Hub>>() else { return Ok(user) };
    match caller(request, &hub.callers).call() {
        Ok(()) => Ok(user),
        Err(_at_most_a_second) => {
            let detail = "this caller asks more than `limits.calls_per_second_max`; ask again in a second";
            Err(Problem::new(Code::RateLimited, detail))
        }
    }
}

/// Whose request this is. Who shows the token may be a proxy, which is believed whom it asks for.
pub(super) fn caller(request: &HttpRequest, callers: &Arc<Callers>) -> Caller {
    let peer = request.peer_addr().map_or(IpAddr::V4(Ipv4Addr::UNSPECIFIED), |peer| peer.ip());
    let behind = shows_admin_token(request).then(|| origin::forwarded_for(request)).flatten();
    callers.at(behind.unwrap_or(peer))
}

fn shows_admin_token(request: &HttpRequest) -> bool {
    let Some(hub) = request.app_data::<Data<Hub>>() else { return false };
    let shown = request.headers().get(header::AUTHORIZATION).and_then(|value| value.to_str().ok());
    let Some((scheme, token)) = shown.and_then(|value| value.split_once(' ')) else { return false };
    let expected = hub.admin_token.expose_secret().as_bytes();
    scheme.eq_ignore_ascii_case("bearer") && bool::from(token.trim().as_bytes().ct_eq(expected))
}
