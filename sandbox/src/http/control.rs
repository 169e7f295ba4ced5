//! The sandbox's own calls, which the marketplace does not have: its state, and faults. They need no token.

use actix_web::{HttpRequest, HttpResponse, web::Payload};
use serde_json::json;

use super::{Front, answers, body};
use crate::faults::FaultRule;

pub(super) async fn serve(request: &HttpRequest, payload: Payload, front: &Front) -> HttpResponse {
    match (request.method().as_str(), request.path()) {
        ("GET", "/sandbox/state") => HttpResponse::Ok().json(front.shop.state()),
        ("POST", "/sandbox/faults") => add(payload, front).await,
        ("DELETE", "/sandbox/faults") => {
            front.shop.clear_faults();
            HttpResponse::NoContent().finish()
        }
        _ => {
            let known = "GET /sandbox/state, POST and DELETE /sandbox/faults";
            HttpResponse::NotFound().json(json!({ "error": format!("no such call; there are {known}") }))
        }
    }
}

/// One rule, or a list of them.
async fn add(payload: Payload, front: &Front) -> HttpResponse {
    let body = match body::small(payload).await {
        Ok(body) => body,
        Err(refusal) => return answers::respond(refusal, 0),
    };
    let rules = if body.trim_ascii_start().starts_with(b"[") {
        serde_json::from_slice::<Vec<FaultRule>>(&body)
    } else {
        serde_json::from_slice::<FaultRule>(&body).map(|rule| vec![rule])
    };
    let added = rules.map_err(|error| error.to_string());
    match added.and_then(|rules| front.shop.add_faults(rules).map_err(|error| error.to_string())) {
        Ok(()) => HttpResponse::NoContent().finish(),
        Err(error) => HttpResponse::BadRequest().json(json!({ "error": error })),
    }
}
