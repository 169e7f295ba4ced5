//! Redis as a cache that several processes share. Its loss costs time and nothing else.
//!
//! Each document is one string, `VERSION:JSON`, under `switchboard:v1:TENANT:CONVERSATION:AGENT` (`_shared` for the
//! shared one and `_hand_over:FROM:TO` for what one agent hands to another: no agent's id begins with `_`). One that has
//! an end is `VERSION@END:JSON`, with the end in milliseconds since 1970, and Redis keeps it no longer than that. A script writes it, so that an older version never replaces a newer one
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
use protocol::Timestamp;
use redis::{
    Client, RedisError, RedisResult, Script,
    aio::{ConnectionManager, ConnectionManagerConfig},
};
use secrecy::{ExposeSecret, SecretString};
use tokio::time::Instant;
use tracing::{info, warn};
use uuid::Uuid;

use super::{
    ContextKey, ContextScope, Entry, Versioned,
    breaker::{Breaker, Change, Pass},
    cached::Cache,
};

/// Keys: the document, the set. Values: how the document is named in the set, its version, what is stored, for how many
/// milliseconds, `newest` where a newer version must stay, and for how many milliseconds the set must stay.
const PUT: &str = r"
if redis.call('TYPE', KEYS[1]).ok ~= 'string' then
    redis.call('DEL', KEYS[1])
elseif ARGV[5] == 'newest' then
    local present = string.match(redis.call('GET', KEYS[1]), '^(%d+)[:@]')
    if present and #present < 16 and tonumber(present) > tonumber(ARGV[2]) then return 0 end
end
if redis.call('TYPE', KEYS[2]).ok ~= 'set' then redis.call('DEL', KEYS[2]) end
redis.call('SADD', KEYS[2], ARGV[1])
if redis.call('PTTL', KEYS[2]) < tonumber(ARGV[6]) then redis.call('PEXPIRE', KEYS[2], ARGV[6]) end
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

/// How long a connection may take to come about. No call waits for it longer than for an answer.
const CONNECT_TIME_MAX: Duration = Duration::from_secs(5);

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
    connection: Mutex<Connection>,
    put: Script,
    forget: Script,
    settings: RedisSettings,
    breaker: Breaker,
    failures: AtomicU64,
}

struct Connection {
    manager: ConnectionManager,
    made_at: Instant,
    /// Something came over it.
    is_made: bool,
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
        self.lock().manager.clone()
    }

    fn lock(&self) -> MutexGuard<'_, Connection> {
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

    /// Whether the connection is still on its way. A call gives up before it is there where Redis is slow, the next one
    /// finds it further: whoever began anew each time would never get there.
    fn is_on_its_way(&self) -> bool {
        let connection = self.lock();
        !connection.is_made && connection.made_at.elapsed() < CONNECT_TIME_MAX
    }

    async fn write(&self, key: &ContextKey, entry: &Entry, now: Timestamp, which_stays: &str) {
        let Some(text) = text(entry) else { return };
        let time_to_live = self.settings.time_to_live;
        let stays = entry.time_left(now).map_or(time_to_live, |left| left.min(time_to_live));
        let mut connection = self.connection();
        let mut call = self.put.prepare_invoke();
        let (begin, end) = (prefix(&key.tenant, key.conversation), scope(key));
        call.key(format!("{begin}{end}")).key(format!("{begin}{KEYS}"));
        call.arg(end)
            .arg(entry.document.version)
            .arg(text)
            .arg(millis(stays))
            .arg(which_stays)
            .arg(millis(time_to_live));
        // Whether a newer version was there changes nothing.
        let _: Option<i64> = self.ask(call.invoke_async(&mut connection)).await;
    }

    /// Asks Redis once, if the breaker lets it, within the time-out.
    async fn ask<T>(&self, call: impl Future<Output = RedisResult<T>>) -> Option<T> {
        let pass = self.breaker.admit()?;
        match tokio::time::timeout(self.settings.response_timeout, call).await {
            Ok(Ok(answer)) => {
                self.note_success(&pass);
                return Some(answer);
            }
            Ok(Err(error)) if is_about_the_value(&error) => self.note_success(&pass),
            Ok(Err(error)) => {
                self.connect_anew();
                self.note_failure(&pass, &words(&error));
            }
            Err(_) => {
                if !self.is_on_its_way() {
                    self.connect_anew();
                }
                let time_max = self.settings.response_timeout.as_millis();
                self.note_failure(&pass, &format!("no answer within {time_max} ms (`context.redis_timeout`)"));
            }
        }
        None
    }

    fn note_success(&self, pass: &Pass) {
        self.lock().is_made = true;
        if self.breaker.succeeded(pass) == Some(Change::Closed) {
            info!(failures = self.failures(), "redis answers again, the context is cached");
        }
    }

    fn note_failure(&self, pass: &Pass, error: &str) {
        self.failures.fetch_add(1, Ordering::Relaxed);
        if self.breaker.failed(pass) == Some(Change::Opened) {
            warn!(error, "redis does not answer, the context is read from the database");
        }
    }
}

#[async_trait]
impl Cache for RedisCache {
    async fn get(&self, key: &ContextKey) -> Option<Entry> {
        let mut connection = self.connection();
        let name = name(key);
        let mut command = redis::cmd("GET");
        let bytes: Option<Vec<u8>> = self.ask(command.arg(name).query_async(&mut connection)).await?;
        parse(&bytes?)
    }

    async fn put(&self, key: &ContextKey, entry: &Entry, now: Timestamp) {
        self.write(key, entry, now, "newest").await;
    }

    async fn replace(&self, key: &ContextKey, entry: &Entry, now: Timestamp) {
        self.write(key, entry, now, "this").await;
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

    fn failures(&self) -> Option<u64> {
        Some(Self::failures(self))
    }
}

/// Connects with the first call.
fn connect(client: &Client, settings: &RedisSettings) -> RedisResult<Connection> {
    let config = ConnectionManagerConfig::new()
        .set_connection_timeout(Some(CONNECT_TIME_MAX))
        .set_response_timeout(Some(settings.response_timeout))
        // The breaker decides when to try again.
        .set_number_of_retries(0);
    let manager = ConnectionManager::new_lazy_with_config(client.clone(), config)?;
    Ok(Connection { manager, made_at: Instant::now(), is_made: false })
}

/// An error for the operator: its kind, and what the system or Redis calls it. Its further words may repeat what was sent.
fn words(error: &RedisError) -> String {
    let source = std::error::Error::source(error).and_then(|source| source.downcast_ref::<std::io::Error>());
    let cause = source.map(|source| source.kind().to_string()).or_else(|| error.code().map(str::to_owned));
    match cause {
        Some(cause) => format!("{}: {cause}", error.category()),
        None => error.category().to_owned(),
    }
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
        ContextScope::Document { agent, name } => format!("_document:{agent}:{name}"),
        ContextScope::HandOver { from, to } => format!("_hand_over:{from}:{to}"),
    }
}

fn name(key: &ContextKey) -> String {
    prefix(&key.tenant, key.conversation) + &scope(key)
}

/// Redis takes no time of 0.
fn millis(time: Duration) -> u64 {
    u64::try_from(time.as_millis()).unwrap_or(u64::MAX).max(1)
}

fn text(entry: &Entry) -> Option<String> {
    let Entry { document: Versioned { version, value }, expires_at } = entry;
    let json = serde_json::to_string(value).ok()?;
    Some(expires_at.map_or_else(|| format!("{version}:{json}"), |end| format!("{version}@{}:{json}", end.as_millis())))
}

fn parse(bytes: &[u8]) -> Option<Entry> {
    let (head, json) = std::str::from_utf8(bytes).ok()?.split_once(':')?;
    let (version, end) = head.split_once('@').map_or((head, None), |(version, end)| (version, Some(end)));
    let expires_at = match end {
        Some(end) => Some(Timestamp::from_millis(end.parse().ok()?)),
        None => None,
    };
    let document = Versioned { version: version.parse().ok()?, value: serde_json::from_str(json).ok()? };
    Some(Entry { document, expires_at })
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
        let draft = ContextScope::Document { agent: "a".parse().unwrap(), name: "draft" };
        assert_eq!(name(&key(draft)), "switchboard:v1:acme:00000000-0000-0000-0000-000000000001:_document:a:draft");
        let hand_over = ContextScope::HandOver { from: "a".parse().unwrap(), to: "b".parse().unwrap() };
        assert_eq!(name(&key(hand_over)), "switchboard:v1:acme:00000000-0000-0000-0000-000000000001:_hand_over:a:b");
    }

    #[track_caller]
    fn check(bytes: &[u8], version: Option<u64>) {
        assert_eq!(parse(bytes).map(|entry| entry.document.version), version);
    }

    #[test]
    fn an_entry_comes_back_with_its_end() {
        let value = serde_json::from_str(r#"{"a":"1@2:3"}"#).unwrap();
        let document = Versioned { version: 7, value };
        for expires_at in [None, Some(Timestamp::from_millis(1_800_000_000_000))] {
            let entry = Entry { document: document.clone(), expires_at };
            assert_eq!(parse(text(&entry).unwrap().as_bytes()), Some(entry));
        }
    }

    #[test]
    fn what_is_not_ours_counts_as_absent() {
        check(br#"7:{"a":"b:c"}"#, Some(7));
        check(br#"7@8:{"a":"b:c"}"#, Some(7));
        check(b"7:[]", None);
        check(b"7@:{}", None);
        check(b"@8:{}", None);
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
