//! Becoming the writer: raise the fence, read what is needed, go on with what was under way.

use std::collections::{HashMap, VecDeque};

use actix::{AsyncContext, Context};
use protocol::{Code, Epoch, Event, Seq};
use uuid::Uuid;

use super::{
    ConversationActor, Phase,
    give::{Answered, Ask, Give},
    live::Live,
};
use crate::{
    actors::{figures::Share, persistence::WriteOutcome},
    chaos::{self, Bug, Point},
    conversation::{CancelTarget, Command, ConversationState, Note, Recent, Reply, Snapshot, Status},
    store::{ConversationStatus, InternalId, NewConversation, Opened, Write, Written},
};

impl ConversationActor {
    pub(super) fn open(&mut self, may_create: bool, ctx: &mut Context<Self>) {
        self.phase = Phase::Opening { may_create };
        let metadata = self.waiting.iter().find_map(|give| match &give.ask {
            Ask::Create { metadata } => Some(metadata.clone()),
            _ => None,
        });
        let create = may_create.then(|| NewConversation {
            id: InternalId(Uuid::now_v7()),
            epoch: new_epoch(),
            metadata: metadata.unwrap_or_default(),
        });
        let write = Write::Open { key: self.key.clone(), create, now: self.parts.clock.now() };
        self.submit(write, ctx);
    }

    pub(super) fn submit(&mut self, write: Write, ctx: &mut Context<Self>) {
        self.ticket += 1;
        self.parts.persistence.submit(&self.key, write, self.ticket, ctx.address().recipient());
    }

    /// The store's answer to [`ConversationActor::open`].
    pub(super) fn opened(&mut self, may_create: bool, outcome: WriteOutcome, ctx: &mut Context<Self>) {
        match outcome {
            WriteOutcome::Lost => self.open(may_create, ctx),
            WriteOutcome::Written(Written::Opened(opened)) => self.go_live(*opened, ctx),
            WriteOutcome::Written(Written::NotFound) => self.not_found(ctx),
            WriteOutcome::Written(Written::Erased) => self.gone(Code::Erased),
            WriteOutcome::Written(other) => {
                tracing::error!(conversation = %self.key.id, ?other, "the store gave another answer than asked for");
                self.gone(Code::Internal);
            }
            WriteOutcome::Damaged(why) => {
                tracing::error!(conversation = %self.key.id, why, "the conversation cannot be read");
                self.gone(Code::Internal);
            }
        }
    }

    fn not_found(&mut self, ctx: &mut Context<Self>) {
        let (create, refuse) = self.waiting.drain(..).partition(|give| give.ask.creates());
        let refuse: VecDeque<_> = refuse;
        self.waiting = create;
        for give in refuse {
            self.refuse_unmade(give);
        }
        if self.waiting.is_empty() {
            self.phase = Phase::Unopened;
        } else {
            self.open(true, ctx);
        }
    }

    /// A cancel by the client's id may be ahead of the message that makes the conversation: it is kept.
    fn refuse_unmade(&mut self, give: Give) {
        let answer = match give.ask {
            Ask::Cancel(CancelTarget::Message(client)) => {
                self.early_cancels.keep(client, self.parts.clock.now());
                Ok(Answered { reply: Reply::CancelKept, epoch: new_epoch(), head: Seq::ZERO, created: false })
            }
            _ => Err(Code::NotFound.into()),
        };
        give.reply.send(answer).ok();
    }

    pub(super) fn gone(&mut self, code: Code) {
        self.phase = Phase::Gone(code);
        for give in self.waiting.drain(..) {
            give.reply.send(Err(code.into())).ok();
        }
    }

    fn go_live(&mut self, opened: Opened, ctx: &mut Context<Self>) {
        if !opened.replay.is_empty() {
            chaos::at(Point::BeforeRecovery);
        }
        let state = rebuild(&opened).with_early_cancels(std::mem::take(&mut self.early_cancels));
        self.topic.begin_at(state.head(), opened.record.status == ConversationStatus::Ended);
        self.phase = Phase::Live(Box::new(Live {
            id: opened.id,
            fence: opened.fence,
            epoch: opened.record.epoch,
            created: opened.created,
            stored: state.head(),
            state,
            pending: Vec::new(),
            pending_credits: Vec::new(),
            in_flight: None,
            deferred: VecDeque::new(),
            runs: HashMap::new(),
            deadline: None,
            turns_waiting: Share::of(&self.parts.figures.turns_waiting),
            looking_up: None,
            erasing: Vec::new(),
        }));
        self.carry_out(Command::Recover, None, ctx);
        self.give_waiting(ctx);
        self.settle(ctx);
    }
}

/// The state as the store's answer tells it.
fn rebuild(opened: &Opened) -> ConversationState {
    let record = &opened.record;
    let mut state = ConversationState::from_snapshot(Snapshot {
        conversation_id: record.conversation_id,
        status: match record.status {
            ConversationStatus::Open => Status::Open,
            ConversationStatus::Ended => Status::Ended,
        },
        head: record.head,
        current_agent: record.current_agent.clone(),
        recent: Recent::new(opened.recent.clone(), opened.recent_is_all),
        questions: opened.questions.clone(),
        awaiting: opened.awaiting.clone(),
    });
    let ledger: HashMap<_, _> =
        opened.effects.iter().map(|line| ((line.turn_id, &line.call_id), Note::Effect(line.note.clone()))).collect();
    let mut taken = HashMap::<_, Vec<_>>::new();
    for (seq, message_id) in &opened.taken {
        taken.entry(*seq).or_default().push(*message_id);
    }
    for envelope in &opened.replay {
        let call = match &envelope.event {
            Event::ToolExecution { tool_call_id, .. } | Event::ToolResult { tool_call_id, .. } => Some(tool_call_id),
            _ => None,
        };
        let note = envelope.turn_id.zip(call).and_then(|call| ledger.get(&call));
        if chaos::plants(Bug::RecoverFinished) && matches!(envelope.event, Event::TurnEnd { .. }) {
            let mut harmless = envelope.clone();
            harmless.event = Event::ContextUpdated { version: 0, changed: Vec::new() };
            state.apply(&harmless, None, &[]);
        } else {
            state.apply(envelope, note, taken.get(&envelope.seq).map_or(&[], Vec::as_slice));
        }
    }
    debug_assert!(state.head() == record.head || record.head == Seq::ZERO, "the replay ends at the head");
    state
}

fn new_epoch() -> Epoch {
    let text = Uuid::new_v4().simple().to_string();
    #[expect(clippy::expect_used, reason = "16 hexadecimal digits are an epoch")]
    text[..16].parse().expect("16 hexadecimal digits are an epoch")
}
