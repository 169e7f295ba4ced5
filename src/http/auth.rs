//! Who calls: the admin by token, a user by being on this machine until keys are configured.

use std::future::{Ready, ready};

use actix_web::{FromRequest, HttpRequest, dev::Payload, http::header, web::Data};
use protocol::Code;
use secrecy::ExposeSecret;
use subtle::ConstantTimeEq;

use super::{hub::Hub, problem::Problem};
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
        let is_local = request.peer_addr().is_some_and(|peer| peer.ip().to_canonical().is_loopback());
        let answer = if is_local || shows_admin_token(request) {
            Ok(Self(Owner::local()))
        } else {
            let detail = "callers from other machines need `Authorization: Bearer` with the admin token";
            Err(Problem::new(Code::Unauthorized, detail))
        };
        ready(answer)
    }
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
