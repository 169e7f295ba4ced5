//! Clients as they are in the world: they follow, say things, send again what was not answered, leave and resume.

mod poll;
mod say;
mod sse;
mod ws;

use std::{sync::Arc, time::Duration};

use tokio::task::JoinSet;
use uuid::Uuid;

use crate::{
    plan::{ClientPlan, Kind, Talk},
    world::{Diary, World},
};

/// A connection on which nothing came for so long is left for another one.
const IDLE_MAX: Duration = Duration::from_secs(2);
/// Before something is tried again.
const RETRY_AFTER: Duration = Duration::from_millis(80);
/// How often a client leaves by itself.
const LEAVES_MAX: usize = 4;

/// One client at work.
#[derive(Debug, Clone)]
struct Client {
    world: Arc<World>,
    diary: Diary,
    talk: Uuid,
    plan: ClientPlan,
}

/// Starts all clients of these conversations; answers their diaries.
pub fn start(world: &Arc<World>, talks: &[Talk], running: &mut JoinSet<()>) -> Vec<Diary> {
    let mut diaries = Vec::new();
    for talk in talks {
        for plan in &talk.clients {
            let name = format!("client {} ({:?})", plan.number, plan.kind);
            let diary = Diary::new(name, talk.id);
            diaries.push(diary.clone());
            let client = Client { world: Arc::clone(world), diary, talk: talk.id, plan: plan.clone() };
            client.spawn(running);
        }
    }
    diaries
}

impl Client {
    fn spawn(self, tasks: &mut JoinSet<()>) {
        match self.plan.kind {
            Kind::WebSocket => {
                tasks.spawn(ws::live(self));
            }
            Kind::Sse => {
                tasks.spawn(say::all(self.clone()));
                tasks.spawn(sse::follow(self));
            }
            Kind::Poll => {
                tasks.spawn(say::all(self.clone()));
                tasks.spawn(poll::follow(self));
            }
        }
    }

    /// Whether it leaves a connection on which so many events came, having left so often before.
    fn leaves(&self, events: usize, left: usize) -> bool {
        left < LEAVES_MAX && self.plan.leaves_after.is_some_and(|after| events >= after)
    }
}
