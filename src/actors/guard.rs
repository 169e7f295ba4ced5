//! The future that an actor runs in: it survives the actor's panics and brings it back.
//!
//! `actix::Supervisor` does not restart after a panic and keeps the old struct. A guard polls the actor's context inside
//! `catch_unwind`; after a failure it waits as the policy says, then restarts the context: the `Addr` stays the same, queued
//! messages are kept and only the poisonous one is lost (its sender sees a closed mailbox). `restarting` builds the actor
//! anew from its parts, so no torn state survives. Because the actor is dropped outside the unwinding, a second panic in
//! a `Drop` does not abort the process.

use std::{
    any::Any,
    future::Future,
    panic::{AssertUnwindSafe, catch_unwind},
    pin::Pin,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
    task::{Context as TaskContext, Poll},
};

use actix::{
    Actor, Addr, ArbiterHandle, Context, Supervised,
    dev::{AsyncContextParts, ContextFut, channel::channel},
};
use tokio::{sync::Notify, time::Instant};

use super::{
    policy::{RestartHistory, RestartPolicy, Verdict},
    supervisor::{ChildEvent, ChildId, Lifetime, SupervisorHandle},
};

/// How a child lives and what it is called.
#[derive(Debug, Clone)]
pub struct ChildSpec {
    /// Its name in the supervision tree.
    pub name: String,
    /// Whether it comes back.
    pub lifetime: Lifetime,
    /// How often.
    pub policy: RestartPolicy,
    /// Messages that wait at most where the sender uses `try_send`.
    pub mailbox_messages_max: usize,
    /// Who is told when it is given up.
    pub on_give_up: OnGiveUp,
}

/// Called when a child was given up; by default nobody is.
#[derive(Clone, Default)]
pub struct OnGiveUp(Option<Arc<dyn Fn() + Send + Sync>>);

impl OnGiveUp {
    /// Calls this.
    pub fn call(what: impl Fn() + Send + Sync + 'static) -> Self {
        Self(Some(Arc::new(what)))
    }
}

impl std::fmt::Debug for OnGiveUp {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("OnGiveUp").field(&self.0.is_some()).finish()
    }
}

/// How an actor says why it stops. Without a word, a stop is a failure.
#[derive(Debug, Clone, Default)]
pub struct Leave(Arc<Mutex<Option<Leaving>>>);

#[derive(Debug)]
enum Leaving {
    ForGood,
    Failed(String),
}

impl Leave {
    /// It is done; it does not come back. Stop the context next.
    pub fn for_good(&self) {
        self.set(Leaving::ForGood);
    }

    /// It cannot go on as it is; it is built anew. Stop the context next.
    pub fn failed(&self, why: impl Into<String>) {
        self.set(Leaving::Failed(why.into()));
    }

    fn set(&self, leaving: Leaving) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(leaving);
    }

    fn take(&self) -> Option<Leaving> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).take()
    }
}

/// Brings a quarantined child back.
#[derive(Debug, Clone, Default)]
pub struct Revive(Arc<Notify>);

impl Revive {
    /// Restarts the child if it is given up; else the next time it would be, it is restarted once more.
    pub fn revive(&self) {
        self.0.notify_one();
    }
}

/// A child that was started.
#[derive(Debug)]
pub struct Child<A: Actor> {
    /// Its address: the same over restarts.
    pub addr: Addr<A>,
    /// Brings it back after it was given up.
    pub revive: Revive,
}

/// Starts an actor under a supervisor, on an arbiter.
pub fn start<A>(
    arbiter: &ArbiterHandle,
    supervisor: &SupervisorHandle,
    spec: ChildSpec,
    make: impl FnOnce(Leave) -> A + Send + 'static,
) -> Child<A>
where
    A: Supervised + Actor<Context = Context<A>>,
{
    let (sender, receiver) = channel(spec.mailbox_messages_max);
    let revive = Revive::default();
    let (theirs, supervisor) = (revive.clone(), supervisor.clone());
    arbiter.spawn_fn(move || {
        let leave = Leave::default();
        let id = supervisor.started(&spec.name, spec.lifetime);
        let actor = make(leave.clone());
        let context = Box::pin(Context::with_receiver(receiver).into_future(actor));
        let (history, phase) = (RestartHistory::default(), Phase::Running);
        actix_rt::spawn(Guard { id, context, leave, spec, history, phase, supervisor, revive: theirs });
    });
    Child { addr: Addr::new(sender), revive }
}

enum Phase {
    Running,
    Waiting(Pin<Box<tokio::time::Sleep>>),
    GivenUp(Pin<Box<dyn Future<Output = ()>>>),
}

struct Guard<A: Supervised + Actor<Context = Context<A>>> {
    id: ChildId,
    context: Pin<Box<ContextFut<A, Context<A>>>>,
    leave: Leave,
    spec: ChildSpec,
    history: RestartHistory,
    phase: Phase,
    supervisor: SupervisorHandle,
    revive: Revive,
}

impl<A: Supervised + Actor<Context = Context<A>>> Future for Guard<A> {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, cx: &mut TaskContext<'_>) -> Poll<()> {
        loop {
            let step = match &mut self.phase {
                Phase::Running => self.poll_actor(cx),
                Phase::Waiting(sleep) => sleep.as_mut().poll(cx).map(|()| self.restart()),
                Phase::GivenUp(revived) => revived.as_mut().poll(cx).map(|()| {
                    self.history.forgive();
                    self.restart()
                }),
            };
            match step {
                Poll::Pending => return Poll::Pending,
                Poll::Ready(Step::Go) => {}
                Poll::Ready(Step::Done) => return Poll::Ready(()),
            }
        }
    }
}

enum Step {
    Go,
    Done,
}

impl<A: Supervised + Actor<Context = Context<A>>> Guard<A> {
    fn poll_actor(&mut self, cx: &mut TaskContext<'_>) -> Poll<Step> {
        let polled = catch_unwind(AssertUnwindSafe(|| self.context.as_mut().poll(cx)));
        let why = match polled {
            Ok(Poll::Pending) => return Poll::Pending,
            Ok(Poll::Ready(())) => match self.leave.take() {
                Some(Leaving::ForGood) => return Poll::Ready(self.done()),
                Some(Leaving::Failed(why)) => why,
                None => "stopped without a word".to_owned(),
            },
            Err(panic) => format!("panicked: {}", panic_text(panic.as_ref())),
        };
        Poll::Ready(self.failed(why))
    }

    fn restart(&mut self) -> Step {
        self.phase = Phase::Running;
        match catch_unwind(AssertUnwindSafe(|| self.context.restart())) {
            Ok(true) => {
                self.supervisor.report(self.id, ChildEvent::Restarted);
                Step::Go
            }
            Ok(false) => self.done(),
            Err(panic) => self.failed(format!("panicked while it was built: {}", panic_text(panic.as_ref()))),
        }
    }

    fn failed(&mut self, why: String) -> Step {
        let nobody_cares = !self.context.ctx().parts().connected();
        if nobody_cares || self.spec.lifetime == Lifetime::Temporary {
            return self.done();
        }
        match self.history.on_failure(Instant::now(), jitter(), &self.spec.policy) {
            Verdict::Restart { after } => {
                tracing::warn!(child = self.spec.name, why, after_ms = after.as_millis(), "actor failed, restarting");
                self.supervisor.report(self.id, ChildEvent::Failed { why });
                self.phase = Phase::Waiting(Box::pin(tokio::time::sleep(after)));
                Step::Go
            }
            Verdict::GiveUp => self.give_up(why),
        }
    }

    fn give_up(&mut self, why: String) -> Step {
        tracing::error!(child = self.spec.name, why, "actor failed too often, given up");
        self.supervisor.report(self.id, ChildEvent::GaveUp { why });
        if let OnGiveUp(Some(tell)) = &self.spec.on_give_up {
            tell();
        }
        if self.spec.lifetime == Lifetime::Permanent {
            let revive = self.revive.clone();
            self.phase = Phase::GivenUp(Box::pin(async move { revive.0.notified().await }));
            Step::Go
        } else {
            self.done()
        }
    }

    fn done(&mut self) -> Step {
        self.supervisor.report(self.id, ChildEvent::Left);
        Step::Done
    }
}

/// Between 0 and 1, different for each call.
fn jitter() -> f64 {
    static CALLS: AtomicU64 = AtomicU64::new(0);
    // Multiplying by the golden ratio spreads consecutive numbers evenly over the range (Knuth, TAOCP 3, 6.4).
    let spread = CALLS.fetch_add(1, Ordering::Relaxed).wrapping_mul(0x9E37_79B9_7F4A_7C15);
    f64::from(u32::try_from(spread >> 32).unwrap_or(0)) / f64::from(u32::MAX)
}

/// The words of a panic.
pub fn panic_text(panic: &(dyn Any + Send)) -> String {
    let text = panic.downcast_ref::<&str>().map(ToString::to_string);
    text.or_else(|| panic.downcast_ref::<String>().cloned()).unwrap_or_else(|| "no text".to_owned())
}
