//! The client: whose token, when a request may go, and what follows from its answer.

use std::{collections::BTreeMap, fmt, sync::Arc, time::Duration};

use bytes::Bytes;
use chrono::NaiveDate;
use protocol::Timestamp;
use serde::de::DeserializeOwned;
use tokio::time::Instant;
use tracing::debug;

use super::{
    check,
    error::WildberriesError,
    family::Family,
    pace::{Pacer, TokenKey},
    reply,
    transport::{Reply, Request, SendError, Transport},
};
use crate::{clock::Clock, config::Secret};

/// So many times in a row a request may be answered 429 before it is given up, whatever the waits.
const RATE_TRIES_MAX: u32 = 5;

/// Whose token is used.
#[derive(Debug, Clone, Default)]
pub struct Tokens {
    /// Of each tenant.
    pub by_tenant: BTreeMap<String, Secret>,
    /// Of every other tenant.
    pub for_others: Option<Secret>,
}

impl Tokens {
    fn of(&self, tenant: &str) -> Option<&Secret> {
        self.by_tenant.get(tenant).or(self.for_others.as_ref())
    }
}

/// The bounds of a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CallLimits {
    /// One request, from its sending to the end of its answer.
    pub request_time_max: Duration,
    /// All waits of one request: for its turn, after 429, between tries.
    pub wait_max: Duration,
    /// How often a read is tried again after 5xx, silence or a connection that broke off.
    pub retries_max: u32,
    /// The wait before the first retry; it doubles each time.
    pub backoff_min: Duration,
    /// How long is looked for a card that was sent before it counts as not arrived.
    pub settle_time_max: Duration,
}

impl Default for CallLimits {
    fn default() -> Self {
        Self {
            request_time_max: Duration::from_secs(20),
            wait_max: Duration::from_secs(20),
            retries_max: 2,
            backoff_min: Duration::from_millis(500),
            settle_time_max: Duration::from_secs(20),
        }
    }
}

/// The marketplace, for all tenants. Cheap to clone.
#[derive(Debug, Clone)]
pub struct WildberriesClient(Arc<Inner>);

struct Inner {
    transport: Arc<dyn Transport>,
    tokens: Tokens,
    limits: CallLimits,
    pacer: Arc<Pacer>,
    clock: Arc<dyn Clock>,
}

impl fmt::Debug for Inner {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("WildberriesClient").field("limits", &self.limits).finish_non_exhaustive()
    }
}

impl WildberriesClient {
    /// A client over a transport. Clients of one process share the `pacer`, since the marketplace counts by account.
    pub fn new(
        transport: Arc<dyn Transport>,
        tokens: Tokens,
        limits: CallLimits,
        pacer: Arc<Pacer>,
        clock: Arc<dyn Clock>,
    ) -> Self {
        Self(Arc::new(Inner { transport, tokens, limits, pacer, clock }))
    }

    /// The shop of a tenant.
    ///
    /// # Errors
    /// [`WildberriesError::NoToken`].
    pub fn shop(&self, tenant: &str) -> Result<Shop, WildberriesError> {
        let token = self.0.tokens.of(tenant).ok_or_else(|| WildberriesError::NoToken(tenant.into()))?.clone();
        let key = *blake3::hash(token.expose().as_bytes()).as_bytes();
        Ok(Shop { client: self.clone(), token, key, deadline: None })
    }
}

/// What a request may do, which decides what becomes of one without an answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Sort {
    /// Changes nothing: it is tried again.
    Read,
    /// Changes something: whether it did is then not known.
    Change {
        /// How the caller finds out.
        next: &'static str,
    },
}

/// The marketplace as one seller sees it.
#[derive(Debug, Clone)]
pub struct Shop {
    client: WildberriesClient,
    token: Secret,
    key: TokenKey,
    deadline: Option<Instant>,
}

impl Shop {
    /// The same, with an end to all waits: by then there is an answer or an error, but for the request under way.
    #[must_use]
    pub fn until(self, deadline: Instant) -> Self {
        Self { deadline: Some(deadline), ..self }
    }

    pub(super) fn limits(&self) -> CallLimits {
        self.client.0.limits
    }

    pub(super) fn now(&self) -> Timestamp {
        self.client.0.clock.now()
    }

    /// The day in Moscow, by whose days the marketplace counts.
    pub fn today(&self) -> NaiveDate {
        check::today(self.now())
    }

    /// The last moment of a wait that may take `time_max`.
    pub(super) fn latest(&self, time_max: Duration) -> Instant {
        let latest = Instant::now() + time_max;
        self.deadline.map_or(latest, |deadline| deadline.min(latest))
    }

    /// Asks, and reads the answer as JSON of this shape.
    pub(super) async fn ask<T: DeserializeOwned>(
        &self,
        family: Family,
        sort: Sort,
        request: Request,
    ) -> Result<T, WildberriesError> {
        let answer = match self.exchange(family, sort, &request).await {
            Ok(body) => reply::json(&request, &body),
            Err(error) => Err(error),
        };
        answer.map_err(|error| match (sort, error) {
            // It was taken and answered, and the answer says nothing.
            (
                Sort::Change { next },
                error @ (WildberriesError::NotUnderstood { .. } | WildberriesError::TooLarge { .. }),
            ) => WildberriesError::Lost { why: error.to_string(), next },
            (_, error) => error,
        })
    }

    /// Asks until there is an answer or no more is tried.
    pub(super) async fn exchange(
        &self,
        family: Family,
        sort: Sort,
        request: &Request,
    ) -> Result<Bytes, WildberriesError> {
        let (inner, latest) = (&self.client.0, self.latest(self.limits().wait_max));
        let (mut tries, mut refusals) = (0, 0);
        loop {
            self.turn(family, latest).await?;
            let sending = inner.transport.send(request, &self.token);
            let sent = tokio::time::timeout(inner.limits.request_time_max, sending).await;
            let failure = match sent {
                Ok(Ok(Reply { status: 429, retry_after, .. })) => {
                    inner.pacer.close(self.key, family, retry_after);
                    refusals += 1;
                    if refusals >= RATE_TRIES_MAX {
                        self.turn(family, Instant::now()).await?;
                    }
                    continue;
                }
                Ok(Ok(reply)) if reply.status < 500 => return reply::judged(request, reply),
                other => failure_of(other)?,
            };
            tries += 1;
            debug!(path = request.path, tries, why = failure.why, "the marketplace did not answer");
            self.go_on(sort, failure, tries, latest).await?;
        }
    }

    /// Waits for a place among the requests of this kind.
    async fn turn(&self, family: Family, latest: Instant) -> Result<(), WildberriesError> {
        let pacer = &self.client.0.pacer;
        loop {
            let at = pacer.reserve(self.key, family, latest).map_err(|at| self.too_many(family, at))?;
            tokio::time::sleep_until(at).await;
            if !pacer.is_closed(self.key, family) {
                return Ok(());
            }
        }
    }

    fn too_many(&self, family: Family, at: Instant) -> WildberriesError {
        // Whole seconds, rounded up: who comes at that time must not come too early.
        let secs = at.saturating_duration_since(Instant::now()).as_secs() + 1;
        let millis = i64::try_from(secs.saturating_mul(1000)).unwrap_or(i64::MAX);
        let at = Timestamp::from_millis(self.now().as_millis().saturating_add(millis));
        WildberriesError::RateLimited { family: family.name(), at }
    }

    /// After a failure: waits where another try is allowed.
    async fn go_on(&self, sort: Sort, failure: Failure, tries: u32, latest: Instant) -> Result<(), WildberriesError> {
        if let (Sort::Change { next }, true) = (sort, failure.may_have_arrived) {
            return Err(WildberriesError::Lost { why: failure.why, next });
        }
        let limits = self.limits();
        let pause = limits.backoff_min.saturating_mul(1 << (tries - 1).min(16));
        let again = Instant::now() + pause;
        if tries > limits.retries_max || again > latest {
            return Err(WildberriesError::Unavailable { why: failure.why, tries });
        }
        tokio::time::sleep_until(again).await;
        Ok(())
    }
}

/// A try without an answer that counts.
struct Failure {
    why: String,
    may_have_arrived: bool,
}

fn failure_of(
    sent: Result<Result<Reply, SendError>, tokio::time::error::Elapsed>,
) -> Result<Failure, WildberriesError> {
    let (why, may_have_arrived) = match sent {
        Ok(Ok(reply)) => (format!("it answers {}", reply.status), true),
        Ok(Err(SendError::TooLarge(bytes_max))) => return Err(WildberriesError::TooLarge { bytes_max }),
        Ok(Err(error)) => (error.to_string(), error != SendError::NotSent),
        Err(_) => ("it was silent for too long".to_owned(), true),
    };
    Ok(Failure { why, may_have_arrived })
}
