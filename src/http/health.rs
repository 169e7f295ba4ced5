//! Liveness and readiness.

use actix_web::{HttpResponse, route, web::Data};
use serde::Serialize;

use super::hub::Hub;

/// How the server is.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct HealthView {
    /// `ok`, or what is wrong.
    status: &'static str,
}

/// The process lives.
#[utoipa::path(get, path = "/healthz", tag = "health", responses((status = 200, body = HealthView)))]
#[route("/healthz", method = "GET", method = "HEAD")]
pub(super) async fn live() -> HttpResponse {
    HttpResponse::Ok().json(HealthView { status: "ok" })
}

/// It takes messages: the store answers and the server is not going down.
#[utoipa::path(get, path = "/readyz", tag = "health", responses((status = 200, body = HealthView), (status = 503, body = HealthView)))]
#[route("/readyz", method = "GET", method = "HEAD")]
pub(super) async fn ready(hub: Data<Hub>) -> HttpResponse {
    let status = match hub.ask_store().await {
        _ if hub.is_draining() => "draining",
        Err(_) => "storage_unavailable",
        Ok(()) if !hub.persistence.health().is_available() => "storage_unavailable",
        Ok(()) => "ok",
    };
    let mut response = if status == "ok" { HttpResponse::Ok() } else { HttpResponse::ServiceUnavailable() };
    response.json(HealthView { status })
}
