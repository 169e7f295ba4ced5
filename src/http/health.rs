//! Liveness, readiness and a few figures for Prometheus.

use std::{
    fmt::Write,
    sync::atomic::{AtomicU64, Ordering},
};

use actix_web::{HttpResponse, get, route, web::Data};
use serde::Serialize;

use super::hub::Hub;
use crate::agent::catalog::AgentState;

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
    let stored = hub.client.on_io(|store| async move { store.ping().await }).await;
    let status = match stored {
        _ if hub.is_draining() => "draining",
        Err(_) => "storage_unavailable",
        Ok(()) if !hub.persistence.health().is_available() => "storage_unavailable",
        Ok(()) => "ok",
    };
    let mut response = if status == "ok" { HttpResponse::Ok() } else { HttpResponse::ServiceUnavailable() };
    response.json(HealthView { status })
}

/// Figures in Prometheus' text format.
#[utoipa::path(tag = "health", responses((status = 200, description = "text format 0.0.4", body = String)))]
#[get("/metrics")]
pub(super) async fn metrics(hub: Data<Hub>) -> HttpResponse {
    HttpResponse::Ok().content_type("text/plain; version=0.0.4").body(figures(&hub))
}

fn figures(hub: &Hub) -> String {
    let mut text = String::new();
    let (commits, writes) = hub.persistence.health().totals();
    let sessions = hub.sessions.count.load(Ordering::Relaxed);
    figure(&mut text, "sessions", "gauge", "open sessions", &[(String::new(), sessions as u64)]);
    figure(&mut text, "commits_total", "counter", "group commits", &[(String::new(), commits)]);
    figure(&mut text, "writes_total", "counter", "writes that were committed", &[(String::new(), writes)]);
    let swept = |count: &AtomicU64| [(String::new(), count.load(Ordering::Relaxed))];
    figure(&mut text, "sweeps_total", "counter", "sweeps of what is not kept", &swept(&hub.swept.sweeps));
    figure(&mut text, "sweep_failures_total", "counter", "sweeps that failed", &swept(&hub.swept.failures));
    figure(&mut text, "swept_event_rows_total", "counter", "rows of the log let go of", &swept(&hub.swept.event_rows));
    let agents: Vec<_> = hub.catalog.slots().map(|slot| (slot.id(), slot.figures(), slot.state())).collect();
    let label = |id: &protocol::AgentId| format!("{{agent=\"{id}\"}}");
    let rows = |pick: &dyn Fn(&crate::agent::catalog::AgentFigures) -> u64| -> Vec<(String, u64)> {
        agents.iter().map(|(id, figures, _)| (label(id), pick(figures))).collect()
    };
    figure(&mut text, "agent_runs_active", "gauge", "runs under way", &rows(&|figures| figures.runs_active));
    figure(&mut text, "agent_runs_total", "counter", "runs begun", &rows(&|figures| figures.runs_total));
    figure(&mut text, "agent_failures_total", "counter", "runs that failed", &rows(&|figures| figures.failures));
    figure(&mut text, "agent_restarts_total", "counter", "times built anew", &rows(&|figures| figures.restarts));
    let up: Vec<_> =
        agents.iter().map(|(id, _, state)| (label(id), u64::from(*state == AgentState::Running))).collect();
    figure(&mut text, "agent_up", "gauge", "1 while it answers", &up);
    text
}

fn figure(text: &mut String, name: &str, kind: &str, help: &str, rows: &[(String, u64)]) {
    // Writing to a String cannot fail.
    writeln!(text, "# HELP switchboard_{name} {help}\n# TYPE switchboard_{name} {kind}").ok();
    for (labels, value) in rows {
        writeln!(text, "switchboard_{name}{labels} {value}").ok();
    }
}
