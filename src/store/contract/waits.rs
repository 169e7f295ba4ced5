//! Workflows: where they are, what they ask people, and the graphs that they follow.

use protocol::{ApprovalId, Event, RunId, Seq, TurnId, event::ApprovalDecision};
use serde_json::json;
use uuid::Uuid;

use super::support::*;
use crate::store::{ApprovalRecord, Checkpoint, CheckpointRecord, CheckpointStatus, Store, StoredEvent, Written};

fn approval(number: u128) -> ApprovalId {
    ApprovalId(Uuid::from_u128(number))
}

fn checkpoint(status: CheckpointStatus, progress: &str) -> Checkpoint {
    Checkpoint { status, version: "v1".into(), progress: progress.into() }
}

impl Writer {
    fn step(&mut self, turn: TurnId, of: &str, progress: &str) -> StoredEvent {
        let (agent_id, run_id) = (agent(of), RunId(Uuid::from_u128(1)));
        let step = Event::StepComplete { agent_id, run_id, node: "a".to_owned(), passed: Vec::new(), steps: 1 };
        self.event(Some(turn), step).with_checkpoint(checkpoint(CheckpointStatus::Running, progress))
    }

    fn asks(&mut self, turn: TurnId, number: u128) -> StoredEvent {
        let request = Event::ApprovalRequest {
            approval_id: approval(number),
            tool_call_id: "k".parse().unwrap(),
            tool_name: "publish".to_owned(),
            arguments: json!({ "card": u64::try_from(number).unwrap() }),
            arguments_hash: format!("hash {number}"),
            agent_id: agent("seller"),
            expires_at: at(60_000),
        };
        self.event(Some(turn), request).with_checkpoint(checkpoint(CheckpointStatus::Waiting, "{}"))
    }

    fn decides(&mut self, turn: TurnId, number: u128, decision: ApprovalDecision) -> StoredEvent {
        let (approval_id, agent_id, by) = (approval(number), agent("seller"), "local".to_owned());
        let comment = Some("yes".to_owned());
        self.event(Some(turn), Event::ApprovalResolved { approval_id, decision, by, agent_id, comment })
    }
}

pub(super) async fn the_latest_checkpoint_of_each_agent_is_kept(store: &dyn Store) {
    let mut writer = Writer::new(store).await;
    let turn = new_turn();
    let events =
        [writer.accepted(turn, "c1", "go"), writer.step(turn, "seller", "one"), writer.step(turn, "buyer", "other")];
    writer.append(store, events).await;
    // Two of one agent in one append.
    let events = [writer.step(turn, "seller", "two"), writer.step(turn, "seller", "three")];
    writer.append(store, events.clone()).await;
    assert_eq!(writer.append(store, events).await, Written::Appended { head: Seq(5) });
    let kept = |seq, progress| CheckpointRecord {
        turn_id: turn,
        seq: Seq(seq),
        checkpoint: checkpoint(CheckpointStatus::Running, progress),
    };
    assert_eq!(store.checkpoint(writer.id, &agent("seller")).await.unwrap(), Some(kept(5, "three")));
    assert_eq!(store.checkpoint(writer.id, &agent("buyer")).await.unwrap(), Some(kept(3, "other")));
    assert_eq!(store.checkpoint(writer.id, &agent("nobody")).await.unwrap(), None);
}

pub(super) async fn what_waits_for_a_person_comes_along(store: &dyn Store) {
    let mut writer = Writer::new(store).await;
    let turn = new_turn();
    let input = Event::InputRequest { agent_id: agent("buyer"), prompt: "?".to_owned(), fields: Vec::new() };
    let events = [
        writer.accepted(turn, "c1", "go"),
        writer.asks(turn, 1),
        writer.asks(turn, 2),
        writer.event(Some(turn), input).with_checkpoint(checkpoint(CheckpointStatus::Waiting, "{}")),
        writer.turn_end(turn),
    ];
    writer.append(store, events).await;
    let before = opened(open(store, &writer.key, false).await);
    assert_eq!(
        before.questions.iter().map(|question| question.approval_id).collect::<Vec<_>>(),
        [approval(1), approval(2)]
    );
    assert_eq!(before.questions[0].arguments_hash, "hash 1");
    assert_eq!(before.questions[0].expires_at, at(60_000));
    assert_eq!(before.awaiting, [agent("buyer"), agent("seller")].into());
    writer.fence = before.fence;
    let next = new_turn();
    let events = [writer.decides(next, 1, ApprovalDecision::Approved), writer.step(next, "seller", "on")];
    writer.append(store, events).await;
    let after = opened(open(store, &writer.key, false).await);
    assert_eq!(after.questions, before.questions[1..]);
    assert_eq!(after.awaiting, [agent("buyer")].into());
}

pub(super) async fn a_decision_is_kept_and_the_first_one_counts(store: &dyn Store) {
    let mut writer = Writer::new(store).await;
    let (turn, next) = (new_turn(), new_turn());
    let events = [writer.accepted(turn, "c1", "go"), writer.asks(turn, 5), writer.asks(turn, 6), writer.turn_end(turn)];
    writer.append(store, events).await;
    let open = ApprovalRecord {
        approval_id: approval(5),
        agent_id: agent("seller"),
        call_id: "k".parse().unwrap(),
        tool_name: "publish".to_owned(),
        arguments: json!({ "card": 5 }),
        arguments_hash: "hash 5".to_owned(),
        expires_at: at(60_000),
        decision: None,
        turn_resolved: None,
    };
    assert_eq!(store.approval(writer.id, approval(5)).await.unwrap().as_ref(), Some(&open));
    assert_eq!(store.approval(writer.id, approval(9)).await.unwrap(), None);
    let stranger = Writer::new(store).await;
    assert_eq!(store.approval(stranger.id, approval(5)).await.unwrap(), None, "of another conversation");
    for (turn, decision) in [(next, ApprovalDecision::Rejected), (new_turn(), ApprovalDecision::Approved)] {
        let events = [writer.decides(turn, 5, decision)];
        writer.append(store, events).await;
        let decided =
            ApprovalRecord { decision: Some(ApprovalDecision::Rejected), turn_resolved: Some(next), ..open.clone() };
        assert_eq!(store.approval(writer.id, approval(5)).await.unwrap(), Some(decided));
    }
}

pub(super) async fn a_decision_opens_a_turn(store: &dyn Store) {
    let mut writer = Writer::new(store).await;
    let (turn, next) = (new_turn(), new_turn());
    let events = [writer.accepted(turn, "c1", "go"), writer.asks(turn, 7), writer.turn_end(turn)];
    writer.append(store, events).await;
    assert_eq!(store.unfinished().await.unwrap(), []);
    let events = [writer.decides(next, 7, ApprovalDecision::Approved)];
    writer.append(store, events).await;
    assert_eq!(store.unfinished().await.unwrap(), [writer.key.clone()]);
    let going_on = opened(open(store, &writer.key, false).await);
    assert_eq!(going_on.record.open_turn, Some(next));
    assert_eq!(going_on.replay.iter().map(|event| event.seq).collect::<Vec<_>>(), [Seq(4)]);
    writer.fence = going_on.fence;
    let events = [writer.started(next), writer.turn_end(next)];
    writer.append(store, events).await;
    let over = store.turn(writer.id, next).await.unwrap().unwrap();
    assert_eq!((over.seq_accepted, over.seq_end), (Seq(4), Some(Seq(6))));
}

pub(super) async fn what_waits_goes_with_its_conversation(store: &dyn Store) {
    let mut writer = Writer::new(store).await;
    let turn = new_turn();
    let events = [writer.accepted(turn, "c1", "go"), writer.asks(turn, 8), writer.step(turn, "buyer", "secret")];
    writer.append(store, events).await;
    assert_eq!(one(store, writer.erase()).await, Written::Erased);
    assert_eq!(store.checkpoint(writer.id, &agent("buyer")).await.unwrap(), None);
    assert_eq!(store.approval(writer.id, approval(8)).await.unwrap(), None);
}

pub(super) async fn a_graph_is_kept_under_its_version(store: &dyn Store) {
    assert_eq!(store.graph("v1").await.unwrap(), None);
    for definition in ["first", "later"] {
        store.keep_graph("v1", definition, at(1)).await.unwrap();
        assert_eq!(store.graph("v1").await.unwrap().as_deref(), Some("first"));
    }
    assert_eq!(store.graph("v2").await.unwrap(), None);
}
