//! Redis as a cache that several processes share. Its loss costs time and nothing else.
//!
//! Each document is one string, `VERSION:JSON`, under `switchboard:v1:TENANT:CONVERSATION:AGENT` (`_shared` for the
//! shared one: no agent's id begins with `_`). A script writes it, so that an older version never replaces a newer one
//! whatever the order of arrival. What is not of this form is treated as absent and written over.
//!
//! The same script notes the document in a set of the conversation, `switchboard:v1:TENANT:CONVERSATION:_keys`, which
//! stays at least as long: so a conversation that is erased is forgotten with the documents of all agents, also of those
//! that are not plugged in any more. Where Redis may evict, that set may go before the documents do; then those that this
//! process has not seen stay until their time to live is over.

use std::{
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use async_trait::async_trait;
use redis::{
    Client, RedisError, RedisResult, Script,
    aio::{ConnectionManager, ConnectionManagerConfig},
};
use secrecy::{ExposeSecret, SecretString};
use tracing::{info, warn};
use uuid::Uuid;

use super::{
    ContextKey, ContextScope, Versioned,
    breaker::{Breaker, Change, Pass},
    cached::Cache,
};

/// Keys: the document, the set. Values: how the document is named in the set, its version, what is stored, for how many
/// milliseconds, and `newest` where a newer version must stay.
const PUT: &str = r"
if redis.call('TYPE', KEYS[1]).ok ~= 'string' then
    redis.call('DEL', KEYS[1])
elseif ARGV[5] == 'newest' then
    local present = string.match(redis.call('GET', KEYS[1]), '^(%d+):')
    if present and #present < 16 and tonumber(present) > tonumber(ARGV[2]) then return 0 end
end
if redis.call('TYPE', KEYS[2]).ok ~= 'set' then redis.call('DEL', KEYS[2]) end
redis.call('SADD', KEYS[2], ARGV[1])
if redis.call('PTTL', KEYS[2]) < tonumber(ARGV[4]) then redis.call('PEXPIRE', KEYS[2], ARGV[4]) end
redis.call('SET', KEYS[1], ARGV[3], 'PX', ARGV[4])
return 1
";

/// Key: the set. Values: how names of documents begin, and the ends of those that are known beside the set.
const FORGET: &str = r"
if redis.call('TYPE', KEYS[1]).ok == 'set' then
    for _, scope in ipairs(redis.call('SMEMBERS', KEYS[1])) do redis.call('DEL', ARGV[1] .. scope) end
end
redis.call('DEL', KEYS[1])
for at = 2, #ARGV do redis.call('DEL', ARGV[1] .. ARGV[at]) end
return 1
";

/// How Redis is used.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RedisSettings {
    /// How long a document stays after its last write.
    pub time_to_live: Duration,
    /// How long one call may take, the connection included.
    pub response_timeout: Duration,
}

impl Default for RedisSettings {
    fn default() -> Self {
        Self { time_to_live: Duration::from_hours(1), response_timeout: Duration::from_millis(200) }
    }
}

/// Redis cannot be used as configured. Never says the URL, which may hold a password.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`context.url` is not a Redis URL like redis://host:6379/0: {0}")]
pub struct RedisUrlError(String);

/// A [`Cache`] in Redis.
pub struct RedisCache {
    client: Client,
    connection: Mutex<ConnectionManager>,
    put: Script,
    forget: Script,
    settings: RedisSettings,
    breaker: Breaker,
    failures: AtomicU64,
}

impl std::fmt::Debug for RedisCache {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("RedisCache").field("failures", &self.failures()).finish_non_exhaustive()
    }
}

impl RedisCache {
    /// Uses the server at `url`. Connects with the first call, so it does not matter whether Redis is there yet; must be
    /// called inside the runtime that it shall use.
    ///
    /// # Errors
    /// [`RedisUrlError`] where `url` is none.
    pub fn new(url: &SecretString, settings: RedisSettings) -> Result<Self, RedisUrlError> {
        let wrong = |error: RedisError| RedisUrlError(error.category().to_owned());
        let client = Client::open(url.expose_secret()).map_err(wrong)?;
        let connection = Mutex::new(connect(&client, &settings).map_err(wrong)?);
        Ok(Self {
            client,
            connection,
            put: Script::new(PUT),
            forget: Script::new(FORGET),
            settings,
            breaker: Breaker::default(),
            failures: AtomicU64::new(0),
        })
    }

    /// How many calls failed so far. Calls that the breaker kept back are none.
    pub fn failures(&self) -> u64 {
        self.failures.load(Ordering::Relaxed)
    }

    fn connection(&self) -> ConnectionManager {
        self.lock().clone()
    }

    fn lock(&self) -> MutexGuard<'_, ConnectionManager> {
        // A panic cannot leave half a connection.
        self.connection.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The manager keeps a connection that is silent, or that leads to a server which was demoted: only a new one finds
    /// whoever has taken over.
    fn connect_anew(&self) {
        if let Ok(connection) = connect(&self.client, &self.settings) {
            *self.lock() = connection;
        }
    }

    fn time_to_live_ms(&self) -> u64 {
        u64::try_from(self.settings.time_to_live.as_millis()).unwrap_or(u64::MAX)
    }

    async fn write(&self, key: &ContextKey, document: &Versioned, which_stays: &str) {
        let Ok(json) = serde_json::to_string(&document.value) else { return };
        let mut connection = self.connection();
        let mut call = self.put.prepare_invoke();
        let (begin, end) = (prefix(&key.tenant, key.conversation), scope(key));
        call.key(format!("{begin}{end}")).key(format!("{begin}{KEYS}"));
        call.arg(end).arg(document.version).arg(format!("{}:{json}", document.version));
        call.arg(self.time_to_live_ms()).arg(which_stays);
        // Whether a newer version was there changes nothing.
        let _: Option<i64> = self.ask(call.invoke_async(&mut connection)).await;
    }

    /// Asks Redis once, if the breaker lets it, within the time-out.
    async fn ask<T>(&self, call: impl Future<Output = RedisResult<T>>) -> Option<T> {
        let pass = self.breaker.admit()?;
        let error = match tokio::time::timeout(self.settings.response_timeout, call).await {
            Ok(Ok(answer)) => {
                self.note_success(&pass);
                return Some(answer);
            }
            Ok(Err(error)) if is_about_the_value(&error) => {
                self.note_success(&pass);
                return None;
            }
            Ok(Err(error)) => error.category().to_owned(),
            Err(_) => format!("no answer within {} ms", self.settings.response_timeout.as_millis()),
        };
        self.note_failure(&pass, &error);
        None
    }

    fn note_success(&self, pass: &Pass) {
        if self.breaker.succeeded(pass) == Some(Change::Closed) {
            info!(failures = self.failures(), "redis answers again, the context is cached");
        }
    }

    fn note_failure(&self, pass: &Pass, error: &str) {
        self.failures.fetch_add(1, Ordering::Relaxed);
        self.connect_anew();
        if self.breaker.failed(pass) == Some(Change::Opened) {
            warn!(error, "redis does not answer, the context is read from the database");
        }
    }
}

#[async_trait]
impl Cache for RedisCache {
    async fn get(&self, key: &ContextKey) -> Option<Versioned> {
        let mut connection = self.connection();
        let name = name(key);
        let mut command = redis::cmd("GET");
        let bytes: Option<Vec<u8>> = self.ask(command.arg(name).query_async(&mut connection)).await?;
        parse(&bytes?)
    }

    async fn put(&self, key: &ContextKey, document: &Versioned) {
        self.write(key, document, "newest").await;
    }

    async fn replace(&self, key: &ContextKey, document: &Versioned) {
        self.write(key, document, "this").await;
    }

    async fn remove(&self, key: &ContextKey) {
        let mut connection = self.connection();
        let mut command = redis::cmd("DEL");
        command.arg(name(key));
        self.ask(command.exec_async(&mut connection)).await;
    }

    async fn forget(&self, tenant: &Arc<str>, conversation: Uuid, known: &[ContextKey]) -> bool {
        let mut connection = self.connection();
        let begin = prefix(tenant, conversation);
        let mut call = self.forget.prepare_invoke();
        call.key(format!("{begin}{KEYS}")).arg(begin).arg(known.iter().map(scope).collect::<Vec<_>>());
        let done: Option<i64> = self.ask(call.invoke_async(&mut connection)).await;
        done.is_some()
    }
}

/// Connects with the first call.
fn connect(client: &Client, settings: &RedisSettings) -> RedisResult<ConnectionManager> {
    let config = ConnectionManagerConfig::new()
        .set_connection_timeout(Some(settings.response_timeout))
        .set_response_timeout(Some(settings.response_timeout))
        // The breaker decides when to try again.
        .set_number_of_retries(0);
    ConnectionManager::new_lazy_with_config(client.clone(), config)
}

/// Redis is well, but what stands under our key is of another type.
fn is_about_the_value(error: &RedisError) -> bool {
    error.code() == Some("WRONGTYPE") || matches!(error.kind(), redis::ErrorKind::UnexpectedReturnType)
}

/// The set of a conversation's documents.
const KEYS: &str = "_keys";

fn prefix(tenant: &str, conversation: Uuid) -> String {
    format!("switchboard:v1:{tenant}:{conversation}:")
}

fn scope(key: &ContextKey) -> String {
    match &key.scope {
        ContextScope::Shared => "_shared".to_owned(),
        ContextScope::Agent(agent) => agent.to_string(),
    }
}

fn name(key: &ContextKey) -> String {
    prefix(&key.tenant, key.conversation) + &scope(key)
}

fn parse(bytes: &[u8]) -> Option<Versioned> {
    let (version, json) = std::str::from_utf8(bytes).ok()?.split_once(':')?;
    Some(Versioned { version: version.parse().ok()?, value: serde_json::from_str(json).ok()? })
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;

    #[test]
    fn keys_carry_tenant_conversation_and_agent() {
        let key = |scope| ContextKey { tenant: "acme".into(), conversation: Uuid::from_u128(1), scope };
        assert_eq!(
            name(&key(ContextScope::Shared)),
            "switchboard:v1:acme:00000000-0000-0000-0000-000000000001:_shared"
        );
        let agent = ContextScope::Agent("shared".parse().unwrap());
        assert_eq!(name(&key(agent)), "switchboard:v1:acme:00000000-0000-0000-0000-000000000001:shared");
    }

    #[track_caller]
    fn check(bytes: &[u8], version: Option<u64>) {
        assert_eq!(parse(bytes).map(|document| document.version), version);
    }

    #[test]
    fn what_is_not_ours_counts_as_absent() {
        check(br#"7:{"a":"b:c"}"#, Some(7));
        check(b"7:[]", None);
        check(b"-1:{}", None);
        check(b"{}", None);
        check(b"", None);
        check(&[0xff, 0xfe], None);
    }

    #[tokio::test]
    async fn a_wrong_url_is_refused_without_repeating_it() {
        let wrong = SecretString::from("http://user:secret@host");
        let error = RedisCache::new(&wrong, RedisSettings::default()).unwrap_err();
        assert!(!error.to_string().contains("secret"), "{error}");
    }
}
