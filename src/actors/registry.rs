//! Who is live: from a conversation's key to its actor.
//!
//! Rebuilt empty after a failure: conversations that were live go on under the fence they have until another one is
//! started for the same key and raises it; then the old one is refused by the store and stops.
//!
//! A conversation whose actor fell too often is left alone for a while and woken then, so that a turn that was open finds
//! its end though nobody asks.

use std::{collections::HashMap, sync::Arc};

use actix::{Actor, Addr, AsyncContext, Context, Handler, Message, MessageResult, Supervised};

use tokio::sync::oneshot;

use super::{
    conversation::{Ask, ConversationActor, ConversationParts, Give},
    guard::{self, ChildSpec, Leave, OnGiveUp},
    policy::RestartPolicy,
    supervisor::Lifetime,
    topic::Topic,
};
use crate::store::ConversationKey;

/// A live conversation.
#[derive(Debug, Clone)]
pub struct Located {
    /// Its actor.
    pub addr: Addr<ConversationActor>,
    /// Its topic.
    pub topic: Arc<Topic>,
}

/// The actor of a conversation, started if it is not live. The caller knows that the conversation exists or may be made.
#[derive(Debug, Message)]
#[rtype(result = "Located")]
pub struct Locate(pub ConversationKey);

/// The actor of a conversation if it is live; none is started. Whoever has a live one need not ask the store whether the
/// conversation exists.
#[derive(Debug, Message)]
#[rtype(result = "Option<Located>")]
pub struct Find(pub ConversationKey);

/// An idle conversation asks to be put away: `true` if it is and must stop; `false` if it is not the live one.
#[derive(Debug, Message)]
#[rtype(result = "bool")]
pub struct PutAway {
    /// Which.
    pub key: ConversationKey,
    /// Which actor of it.
    pub incarnation: u64,
}

/// The live conversations, at most this many.
#[derive(Debug, Message)]
#[rtype(result = "LiveList")]
pub struct ListLive(pub usize);

/// Some of the live conversations, and how many there are.
#[derive(Debug, Clone)]
pub struct LiveList {
    /// Key and number of readers.
    pub some: Vec<(ConversationKey, usize)>,
    /// How many.
    pub count: usize,
}

/// The actor of a conversation fell too often and is gone.
#[derive(Debug, Message)]
#[rtype(result = "()")]
struct GivenUp {
    key: ConversationKey,
    incarnation: u64,
}

struct Live {
    addr: Addr<ConversationActor>,
    topic: Arc<Topic>,
    incarnation: u64,
    /// How often its actors were given up.
    given_up: u32,
}

/// Keeps the map.
pub struct ConversationRegistry {
    parts: ConversationParts,
    leave: Leave,
    policy: RestartPolicy,
    live: HashMap<ConversationKey, Live>,
    incarnations: u64,
}

impl std::fmt::Debug for ConversationRegistry {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ConversationRegistry").field("live", &self.live.len()).finish_non_exhaustive()
    }
}

impl ConversationRegistry {
    /// An empty registry that starts conversations from `parts`.
    pub fn new(parts: ConversationParts, policy: RestartPolicy, leave: Leave) -> Self {
        Self { parts, leave, policy, live: HashMap::new(), incarnations: 0 }
    }

    fn find(&self, key: &ConversationKey) -> Option<Located> {
        let live = self.live.get(key).filter(|live| live.addr.connected())?;
        Some(Located { addr: live.addr.clone(), topic: Arc::clone(&live.topic) })
    }

    fn start(&mut self, key: &ConversationKey) -> Located {
        self.incarnations += 1;
        let incarnation = self.incarnations;
        let topic = self.parts.topics.get(key);
        let spec = ChildSpec {
            name: format!("conversation {}", key.id),
            lifetime: Lifetime::Transient,
            policy: self.policy.clone(),
            mailbox_messages_max: 64,
            on_give_up: self.tell_of(key, incarnation),
        };
        let (parts, theirs, tail) = (self.parts.clone(), key.clone(), Arc::clone(&topic));
        let arbiter = parts.arbiters.of(key).clone();
        let supervisor = parts.supervisor.clone();
        let make = move |leave| ConversationActor::new(parts, theirs, tail, incarnation, leave);
        let addr = guard::start(&arbiter, &supervisor, spec, make).addr;
        let given_up = self.live.get(key).map_or(0, |live| live.given_up);
        self.live.insert(key.clone(), Live { addr: addr.clone(), topic: Arc::clone(&topic), incarnation, given_up });
        Located { addr, topic }
    }

    fn tell_of(&self, key: &ConversationKey, incarnation: u64) -> OnGiveUp {
        let (key, registry) = (key.clone(), Arc::clone(&self.parts.registry));
        OnGiveUp::call(move || {
            if let Some(registry) = registry.get() {
                registry.do_send(GivenUp { key: key.clone(), incarnation });
            }
        })
    }

    /// Unless somebody asked for it in between.
    fn wake(&mut self, key: &ConversationKey, incarnation: u64) {
        if self.live.get(key).is_some_and(|live| live.incarnation == incarnation) {
            let (reply, _nobody_waits) = oneshot::channel();
            self.start(key).addr.do_send(Give { ask: Ask::Wake, reply });
        }
    }
}

impl Actor for ConversationRegistry {
    type Context = Context<Self>;
}

impl Supervised for ConversationRegistry {
    fn restarting(&mut self, _: &mut Self::Context) {
        let incarnations = self.incarnations;
        *self = Self::new(self.parts.clone(), self.policy.clone(), self.leave.clone());
        self.incarnations = incarnations;
    }
}

impl Handler<Locate> for ConversationRegistry {
    type Result = MessageResult<Locate>;

    fn handle(&mut self, locate: Locate, _: &mut Self::Context) -> Self::Result {
        let located = self.find(&locate.0);
        MessageResult(located.unwrap_or_else(|| self.start(&locate.0)))
    }
}

impl Handler<Find> for ConversationRegistry {
    type Result = MessageResult<Find>;

    fn handle(&mut self, find: Find, _: &mut Self::Context) -> Self::Result {
        MessageResult(self.find(&find.0))
    }
}

impl Handler<GivenUp> for ConversationRegistry {
    type Result = ();

    fn handle(&mut self, GivenUp { key, incarnation }: GivenUp, ctx: &mut Self::Context) {
        let Some(live) = self.live.get_mut(&key).filter(|live| live.incarnation == incarnation) else { return };
        live.given_up = live.given_up.saturating_add(1);
        let after = self.policy.wake_after(live.given_up);
        tracing::warn!(conversation = %key.id, after_ms = after.as_millis(), "a conversation was given up, waking it later");
        ctx.run_later(after, move |registry, _| registry.wake(&key, incarnation));
    }
}

impl Handler<PutAway> for ConversationRegistry {
    type Result = bool;

    fn handle(&mut self, away: PutAway, _: &mut Self::Context) -> bool {
        let is_live = self.live.get(&away.key).is_some_and(|live| live.incarnation == away.incarnation);
        if is_live {
            self.live.remove(&away.key);
        }
        is_live
    }
}

impl Handler<ListLive> for ConversationRegistry {
    type Result = MessageResult<ListLive>;

    fn handle(&mut self, list: ListLive, _: &mut Self::Context) -> Self::Result {
        let some = self.live.iter().take(list.0).map(|(key, live)| (key.clone(), live.topic.readers())).collect();
        MessageResult(LiveList { some, count: self.live.len() })
    }
}
