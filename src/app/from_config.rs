//! From the typed config to what each part is started with.

use std::{num::NonZeroUsize, sync::Arc, time::Duration};

use secrecy::SecretString;

use super::{Options, PlugError, Services, agents};
use crate::{
    actors::{
        callers::CallerBounds, conversation::ConversationBounds, persistence::GroupBounds, policy::RestartPolicy,
        rate::Rate, retention::RetentionBounds, run::HistoryBounds, session::SessionBounds, topic::TailBounds,
    },
    agent::catalog::AgentSlot,
    clock::Clock,
    config::{Config, ConnectionKind, ConnectionUrl, Limits, Supervision},
    conversation,
    http::{HttpLimits, ServerOptions},
    routing::RouteRules,
};

impl Options {
    /// What the server is started with, as config says: for the binary, and for servers built into other programs.
    ///
    /// # Errors
    /// [`PlugError`]: an agent cannot be built.
    pub fn from_config(config: &Config, services: &Services, admin_token: SecretString) -> Result<Self, PlugError> {
        Ok(options(config, agents::plug(config, services)?, admin_token, services.clock()))
    }
}

fn options(config: &Config, agents: Vec<AgentSlot>, admin_token: SecretString, clock: Arc<dyn Clock>) -> Options {
    let limits = &config.limits;
    Options {
        server: ServerOptions {
            host: config.server.host.clone(),
            port: config.server.port,
            workers: config.server.workers,
            write_deadline: limits.write_deadline.0,
            head_timeout: limits.head_timeout.0,
            shutdown_timeout: Duration::from_secs(5),
        },
        cors_origins: config.server.cors_origins.clone(),
        agents,
        rules: RouteRules {
            fallback: config.routing.fallback.clone(),
            switch_margin: config.routing.switch_margin,
            waiting_margin: config.routing.waiting_margin,
        },
        admin_token,
        restarts: restarts(&config.supervision),
        conversations: conversations(limits),
        sessions: sessions(limits),
        callers: CallerBounds {
            calls: Rate { per_second: limits.calls_per_second_max, burst: limits.calls_burst_max },
            sessions_max: limits.sessions_per_caller_max,
        },
        http: http(limits),
        tail: TailBounds { ring_events_max: limits.ring_events_max, ring_bytes_max: limits.ring_bytes_max.0 },
        group: GroupBounds {
            commit_group_writes_max: limits.commit_group_writes_max,
            commit_interval_min: limits.commit_interval_min.0,
            ..GroupBounds::default()
        },
        store_shards: shards(config),
        history: HistoryBounds {
            history_messages_max: limits.history_messages_max,
            history_bytes_max: limits.history_bytes_max.0,
        },
        hand_over_ttl: config.context.hand_over_ttl.0,
        retention: RetentionBounds {
            events_max_age: config.retention.events_max_age.0,
            tombstones_max_age: config.retention.tombstones_max_age.0,
            sweep_interval: config.retention.sweep_interval.0,
            caches_max_age: config.context.cache_ttl.0,
        },
        drain_timeout: limits.drain_timeout.0,
        clock,
    }
}

/// SQLite has one writer; PostgreSQL commits on half of its connections and keeps the rest for reads.
fn shards(config: &Config) -> usize {
    match config.database.url.as_ref().map(ConnectionUrl::kind) {
        Some(ConnectionKind::Postgres) => (config.database.connections_max as usize / 2).max(1),
        _ => NonZeroUsize::MIN.get(),
    }
}

fn restarts(supervision: &Supervision) -> RestartPolicy {
    RestartPolicy {
        restarts_max: supervision.restarts_max as usize,
        restart_window: supervision.restart_window.0,
        backoff_min: supervision.backoff_min.0,
        backoff_max: supervision.backoff_max.0,
        quiet_period: supervision.quiet_period.0,
    }
}

fn conversations(limits: &Limits) -> ConversationBounds {
    ConversationBounds {
        core: conversation::Limits {
            turns_waiting_max: limits.turns_waiting_max,
            handoffs_max: limits.handoffs_max,
            tool_calls_max: u32::try_from(limits.tool_calls_max).unwrap_or(u32::MAX),
            output_bytes_max: limits.output_bytes_max.0,
            ..conversation::Limits::default()
        },
        conversation_idle: limits.conversation_idle.0,
        turn_time_max: limits.turn_time_max.0,
        run_credits_max: limits.run_credits_max,
        ..ConversationBounds::default()
    }
}

fn sessions(limits: &Limits) -> SessionBounds {
    SessionBounds {
        frame_bytes_max: limits.frame_bytes_max.0,
        subscribe_timeout: limits.subscribe_timeout.0,
        wait_for_conversation: limits.wait_for_conversation.0,
        write_deadline: limits.write_deadline.0,
        sessions_max: limits.sessions_max,
        messages: Rate { per_second: limits.messages_per_second_max, burst: limits.messages_burst_max },
        ..SessionBounds::default()
    }
}

fn http(limits: &Limits) -> HttpLimits {
    HttpLimits {
        content_bytes_max: limits.content_bytes_max.0,
        body_bytes_max: limits.body_bytes_max.0,
        body_timeout: limits.body_timeout.0,
        body_bytes_per_second_min: limits.body_bytes_per_second_min.0,
        frames: Rate { per_second: limits.frames_per_second_max, burst: limits.frames_burst_max },
        wait_time_max: limits.wait_time_max.0,
        websocket_ping_interval: limits.websocket_ping_interval.0,
        websocket_pong_timeout: limits.websocket_pong_timeout.0,
        sse_heartbeat: limits.sse_heartbeat.0,
        ..HttpLimits::default()
    }
}
