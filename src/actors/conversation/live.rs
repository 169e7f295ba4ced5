//! What a conversation's actor holds while it is the writer.

use std::{
    collections::{HashMap, VecDeque},
    sync::Arc,
};

use actix::SpawnHandle;
use protocol::{ClientMessageId, Epoch, RunId, Seq, TurnId};
use tokio::sync::oneshot;

use super::give::{Answer, Answered, Refusal};
use crate::{
    actors::figures::Share,
    agent::sink::RunPipe,
    chaos::{self, Bug},
    conversation::{ConversationState, Effect, Reply},
    store::{Fence, InternalId, StoredEvent},
};

/// Something that waits until its events are stored.
pub(super) enum Deferred {
    /// An effect to carry out.
    Effect(Effect),
    /// An answer to send.
    Reply(oneshot::Sender<Answer>, Reply),
    /// A refusal that depends on nothing being stored, sent in order.
    Refusal(oneshot::Sender<Answer>, Refusal),
}

/// The write under way.
pub(super) struct InFlight {
    pub events: Arc<[StoredEvent]>,
    /// To be given back to runs when it is stored.
    pub credits: Vec<(Arc<RunPipe>, usize)>,
}

/// A run under way. Dropping it stops the run.
pub(super) struct LiveRun {
    pub pipe: Arc<RunPipe>,
    /// Its bell rang while a write was under way.
    pub ready: bool,
}

impl Drop for LiveRun {
    fn drop(&mut self) {
        self.pipe.cancel();
    }
}

/// What the writer of a conversation holds.
pub(super) struct Live {
    pub id: InternalId,
    pub fence: Fence,
    pub epoch: Epoch,
    /// The conversation was made when it was opened.
    pub created: bool,
    pub state: ConversationState,
    /// The newest event that is stored.
    pub stored: Seq,
    /// Decided, not yet on its way to the store.
    pub pending: Vec<StoredEvent>,
    pub pending_credits: Vec<(Arc<RunPipe>, usize)>,
    pub in_flight: Option<InFlight>,
    /// In the order of the seq that each waits for.
    pub deferred: VecDeque<(Seq, Deferred)>,
    pub runs: HashMap<RunId, LiveRun>,
    /// The turn whose deadline is set, and its timer.
    pub deadline: Option<(TurnId, SpawnHandle)>,
    /// How many of its turns wait, for whoever watches.
    pub turns_waiting: Share,
    /// The store is asked about this client id; other commands wait.
    pub looking_up: Option<ClientMessageId>,
    /// Being erased: where the answers go.
    pub erasing: Vec<oneshot::Sender<Answer>>,
}

impl Live {
    pub(super) fn has_nothing_to_do(&self) -> bool {
        self.state.is_idle()
            && self.pending.is_empty()
            && self.in_flight.is_none()
            && self.deferred.is_empty()
            && self.runs.is_empty()
            && self.looking_up.is_none()
            && self.erasing.is_empty()
    }

    /// Sends an answer once everything that was decided so far is stored.
    pub(super) fn answer_when_stored(&mut self, to: oneshot::Sender<Answer>, reply: Reply) {
        if chaos::plants(Bug::AckBeforeCommit) {
            to.send(Ok(self.answered(reply))).ok();
            return;
        }
        self.defer(Deferred::Reply(to, reply));
    }

    /// Does something once everything that was decided so far is stored; at once if it is.
    pub(super) fn defer(&mut self, deferred: Deferred) {
        self.deferred.push_back((self.state.head(), deferred));
    }

    /// What need not wait any longer.
    pub(super) fn due(&mut self) -> Option<Deferred> {
        let is_due = self.deferred.front().is_some_and(|(seq, _)| *seq <= self.stored);
        if is_due { self.deferred.pop_front().map(|(_, deferred)| deferred) } else { None }
    }

    pub(super) fn answered(&self, reply: Reply) -> Answered {
        Answered { reply, epoch: self.epoch.clone(), head: self.stored, created: self.created }
    }
}
