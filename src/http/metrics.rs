//! The figures, in the text format of OpenMetrics that Prometheus reads.

use std::{
    sync::atomic::{AtomicU64, Ordering},
    time::Duration,
};

use actix_web::{HttpResponse, get, web::Data};
use prometheus_client::{
    encoding::{EncodeLabelSet, text::encode},
    metrics::{counter::Counter, family::Family, gauge::Gauge, info::Info},
    registry::{Registry, Unit},
};

use super::{hub::Hub, problem::Problem};
use crate::{actors::registry::ListLive, agent::catalog::AgentState};

const CONTENT_TYPE: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";

/// How long the store is waited for. Prometheus gives up after 10 s; what comes later is told the next time.
const STORE_TIME_MAX: Duration = Duration::from_secs(2);

/// Which agent.
#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct AgentLabels {
    agent: String,
}

/// Figures in the text format of OpenMetrics.
#[utoipa::path(tag = "health", responses((status = 200, description = "OpenMetrics 1.0.0", body = String)))]
#[get("/metrics")]
pub(super) async fn metrics(hub: Data<Hub>) -> Result<HttpResponse, Problem> {
    tokio::time::timeout(STORE_TIME_MAX, hub.ask_store()).await.ok();
    let live = hub.registry.send(ListLive(0)).await.map_or(0, |live| live.count);
    let mut registry = Registry::with_prefix("switchboard");
    counted(&mut registry, &hub);
    standing(&mut registry, &hub, live);
    agents(&mut registry, &hub);
    process(&mut registry);
    let mut text = String::new();
    encode(&mut text, &registry).map_err(|error| Problem::internal(&error.to_string()))?;
    Ok(HttpResponse::Ok().content_type(CONTENT_TYPE).body(text))
}

/// What the actors count as it happens.
fn counted(registry: &mut Registry, hub: &Hub) {
    let figures = hub.figures.clone();
    registry.register("events", "events that were stored", figures.events);
    registry.register("turns", "turns that ended", figures.turns);
    registry.register_with_unit("turn", "how long turns took", Unit::Seconds, figures.turn_seconds);
    registry.register_with_unit("commit", "how long group commits took", Unit::Seconds, figures.commit_seconds);
    registry.register("commits", "group commits", figures.commits);
    registry.register("commit_failures", "group commits that failed and were tried again", figures.commit_failures);
    registry.register("writes", "writes that were committed", figures.writes);
    registry.register("writes_waiting", "writes that wait for their commit", figures.writes_waiting);
    let busy = figures.conversations_busy;
    registry.register("conversations_busy", "conversations with a turn that is not over", busy);
    registry.register("turns_waiting", "turns that wait behind the one under way", figures.turns_waiting);
    registry.register("actor_restarts", "actors built anew after a failure", figures.actor_restarts);
    let copy = |count: &AtomicU64| counter(count.load(Ordering::Relaxed));
    registry.register("sweeps", "sweeps of what is not kept any more", copy(&hub.swept.sweeps));
    registry.register("sweep_failures", "sweeps that failed", copy(&hub.swept.failures));
    registry.register("swept_event_rows", "rows of the log that were let go of", copy(&hub.swept.event_rows));
    if let Some(failures) = hub.client.context.cache_failures() {
        registry.register("redis_failures", "calls of Redis that failed; the database answered", counter(failures));
    }
}

/// How things stand at the moment.
fn standing(registry: &mut Registry, hub: &Hub, live: usize) {
    let sessions = hub.sessions.count.load(Ordering::Relaxed);
    registry.register("sessions", "open sessions", gauge(sessions as u64));
    registry.register("conversations_live", "conversations in memory", gauge(live as u64));
    let available = hub.persistence.health().is_available();
    registry.register("store_available", "1 while the store takes writes", gauge(u64::from(available)));
    registry.register("draining", "1 while the server goes down", gauge(u64::from(hub.is_draining())));
    registry.register("build", "what runs here", Info::new([("version", env!("CARGO_PKG_VERSION"))]));
}

fn agents(registry: &mut Registry, hub: &Hub) {
    let [active, waiting, up] = [(); 3].map(|()| Family::<AgentLabels, Gauge>::default());
    let [runs, failures, restarts] = [(); 3].map(|()| Family::<AgentLabels, Counter>::default());
    for slot in hub.catalog.slots() {
        let (labels, figures) = (AgentLabels { agent: slot.id().to_string() }, slot.figures());
        active.get_or_create(&labels).set(signed(figures.runs_active.saturating_sub(figures.runs_waiting)));
        waiting.get_or_create(&labels).set(signed(figures.runs_waiting));
        up.get_or_create(&labels).set(i64::from(slot.state() == AgentState::Running));
        runs.get_or_create(&labels).inc_by(figures.runs_total);
        failures.get_or_create(&labels).inc_by(figures.failures);
        restarts.get_or_create(&labels).inc_by(figures.restarts);
    }
    registry.register("agent_runs_active", "runs under way", active);
    registry.register("agent_runs_waiting", "runs that wait until another one ends", waiting);
    registry.register("agent_up", "1 while it answers", up);
    registry.register("agent_runs", "runs begun", runs);
    registry.register("agent_failures", "runs that failed", failures);
    registry.register("agent_restarts", "times built anew", restarts);
}

/// What the system says of this process, where it is Linux.
fn process(registry: &mut Registry) {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let resident =
        status.lines().find_map(|line| line.strip_prefix("VmRSS:")?.trim().strip_suffix(" kB")?.parse().ok());
    if let Some(kibibytes) = resident.map(|kibibytes: u64| kibibytes.saturating_mul(1024)) {
        registry.register_with_unit("process_resident_memory", "memory in use", Unit::Bytes, gauge(kibibytes));
    }
    if let Ok(open) = std::fs::read_dir("/proc/self/fd") {
        registry.register("process_open_fds", "open file descriptors", gauge(open.count() as u64));
    }
}

fn counter(count: u64) -> Counter {
    let counter = Counter::default();
    counter.inc_by(count);
    counter
}

fn gauge(value: u64) -> Gauge {
    let gauge = Gauge::<i64>::default();
    gauge.set(signed(value));
    gauge
}

fn signed(value: u64) -> i64 {
    i64::try_from(value).unwrap_or(i64::MAX)
}
