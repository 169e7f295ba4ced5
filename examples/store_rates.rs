//! How fast the store commits. `cargo run --release --example store_rates -- sqlite:///tmp/rates.sqlite`, or a
//! `postgres://` URL of an empty database.
//!
//! Each round is a group of appends, one a conversation, as the persistence actor makes them under load: commits, rows
//! of the log and events a second, for several group sizes.

use std::{error::Error, io::Write as _, sync::Arc, time::Duration};

use protocol::{
    AgentId, ConversationId, Envelope, Event, MessageId, Seq, Timestamp, TurnId,
    event::{JsonObject, MessageStatus},
};
use switchboard::store::{
    ConversationKey, Fence, InternalId, NewConversation, Owner, Store, StoredEvent, Write, Written,
    sql::{SqlOptions, SqlStore, Synchronous},
};
use tokio::time::Instant;
use uuid::Uuid;

/// Events of one append: what one poll of a model's socket brings, and the message at its end.
const EVENTS_PER_APPEND: usize = 8;
/// How long each group size is tried.
const TRIED_FOR: Duration = Duration::from_secs(3);

struct Writer {
    key: ConversationKey,
    id: InternalId,
    fence: Fence,
    head: u64,
    turn: TurnId,
}

impl Writer {
    fn event(&mut self, event: Event) -> Result<StoredEvent, Box<dyn Error>> {
        self.head += 1;
        let (seq, conversation_id, turn_id) = (Seq(self.head), self.key.id, Some(self.turn));
        let at = Timestamp::from_millis(1_795_437_919_031);
        Ok(StoredEvent::new(Envelope { seq, event, conversation_id, turn_id, at }, None)?)
    }

    fn append(&mut self, agent: &AgentId) -> Result<Write, Box<dyn Error>> {
        let message_id = MessageId(Uuid::now_v7());
        let words = "about twenty bytes! ";
        let mut events = Vec::with_capacity(EVENTS_PER_APPEND);
        for _ in 1..EVENTS_PER_APPEND {
            events.push(self.event(Event::ContentChunk {
                content: words.into(),
                agent_id: agent.clone(),
                message_id,
            })?);
        }
        let (content, status) = (words.repeat(EVENTS_PER_APPEND - 1), MessageStatus::Complete);
        events.push(self.event(Event::MessageComplete { message_id, agent_id: agent.clone(), content, status })?);
        Ok(Write::Append { conversation: self.id, fence: self.fence, events: events.into() })
    }
}

async fn writers(store: &SqlStore, count: usize) -> Result<Vec<Writer>, Box<dyn Error>> {
    let mut writers = Vec::with_capacity(count);
    for _ in 0..count {
        let key = ConversationKey { owner: Owner::local(), id: ConversationId(Uuid::new_v4()) };
        let create =
            NewConversation { id: InternalId(Uuid::now_v7()), epoch: "e".parse()?, metadata: JsonObject::new() };
        let open = Write::Open { key: key.clone(), create: Some(create), now: Timestamp::from_millis(0) };
        let Some(Written::Opened(opened)) = store.commit(&[open]).await?.pop() else { return Err("not opened".into()) };
        writers.push(Writer { key, id: opened.id, fence: opened.fence, head: 0, turn: TurnId(Uuid::now_v7()) });
    }
    Ok(writers)
}

async fn rate(store: &Arc<SqlStore>, size: usize) -> Result<String, Box<dyn Error>> {
    let agent: AgentId = "a".parse()?;
    let mut writers = writers(store, size).await?;
    let (start, mut commits) = (Instant::now(), 0_u32);
    while start.elapsed() < TRIED_FOR {
        let group = writers.iter_mut().map(|writer| writer.append(&agent)).collect::<Result<Vec<_>, _>>()?;
        let answers = store.commit(&group).await?;
        if !answers.iter().all(|answer| matches!(answer, Written::Appended { .. })) {
            return Err(format!("{answers:?}").into());
        }
        commits += 1;
    }
    let commits_per_s = f64::from(commits) / start.elapsed().as_secs_f64();
    let appends_per_s = commits_per_s * f64::from(u32::try_from(size)?);
    let events_per_s = appends_per_s * f64::from(u32::try_from(EVENTS_PER_APPEND)?);
    Ok(format!("{size:>5} | {commits_per_s:>9.0} | {appends_per_s:>9.0} | {events_per_s:>9.0}"))
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let url = std::env::args().nth(1).ok_or("usage: store_rates URL [normal]")?;
    let synchronous =
        if std::env::args().nth(2).as_deref() == Some("normal") { Synchronous::Normal } else { Synchronous::Full };
    let options = SqlOptions { synchronous, connections_max: 4, ..SqlOptions::new(url.into()) };
    let store = Arc::new(SqlStore::connect(options).await?);
    let mut out = std::io::stdout();
    writeln!(out, "group | commits/s | appends/s |  events/s")?;
    for size in [1, 8, 32, 128, 256] {
        writeln!(out, "{}", rate(&store, size).await?)?;
    }
    store.close().await;
    Ok(())
}
