//! Who calls: the admin by token, a user by being on this machine.
//!
//! "On this machine" is more than a loopback peer: a proxy there, or a page whose name resolves to 127.0.0.1, would make
//! everybody local. So neither headers of a proxy nor a foreign `Host` pass without the token.

use std::future::{Ready, ready};

use actix_web::{FromRequest, HttpRequest, dev::Payload, http::header, web::Data};
use protocol::Code;
use secrecy::ExposeSecret;
use subtle::ConstantTimeEq;

use super::{hub::Hub, origin, problem::Problem};
use crate::store::Owner;

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
        ready(origin::check(request).and_then(|()| user(request)))
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

fn shows_admin_token(request: &HttpRequest) -> bool {
    let Some(hub) = request.app_data::<Data<Hub>>() else { return false };
    let shown = request.headers().get(header::AUTHORIZATION).and_then(|value| value.to_str().ok());
    let Some((scheme, token)) = shown.and_then(|value| value.split_once(' ')) else { return false };
    let expected = hub.admin_token.expose_secret().as_bytes();
    scheme.eq_ignore_ascii_case("bearer") && bool::from(token.trim().as_bytes().ct_eq(expected))
}
