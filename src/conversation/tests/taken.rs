//! Messages that a run took into account, and what a crash makes of them: each is answered, and by itself none leads to a
//! tool being called twice.

use std::collections::HashMap;

use protocol::{Event, MessageId, RunId, Seq, event::RunStatus};

use super::harness::check;
use crate::conversation::{Numbered, RunOrder, run::Step};

/// Knows what runs took, as a run itself would, and says where a message is offered once more that must not be.
#[derive(Debug, Default)]
pub(super) struct Taken {
    /// By whom, and where the log ended then.
    by: HashMap<MessageId, (RunId, Seq)>,
}

impl Taken {
    pub(super) fn take(&mut self, message: MessageId, run: RunId, head: Seq) {
        self.by.entry(message).or_insert((run, head));
    }

    /// Only what something that is stored came after counts: of the rest nobody saw anything.
    pub(super) fn crash(&mut self, head: Seq) {
        self.by.retain(|_, (_, at)| *at < head);
    }

    /// A run that begins is offered what nobody took, and, where nothing was called, what the run took that a crash cut. What
    /// such a run took is told at its place otherwise.
    pub(super) fn check(&mut self, order: &RunOrder, log: &[Numbered]) {
        for offered in order.steers.iter().chain([&order.message]) {
            let Some((run, _)) = self.by.get(&offered.id) else { continue };
            assert!(was_cut(*run, log), "a message is offered once more after the run that took it ended: {order:?}");
            assert!(order.steps.is_empty(), "a message is offered after the calls that were made for it: {order:?}");
            self.by.remove(&offered.id);
        }
        for step in &order.steps {
            let Step::Heard { message_id, .. } = step else { continue };
            let by = self.by.get(message_id).map(|(run, _)| *run);
            assert!(by.is_some_and(|run| was_cut(run, log)), "a message is told that nobody took: {order:?}");
        }
    }
}

fn was_cut(run: RunId, log: &[Numbered]) -> bool {
    let is_end = |numbered: &Numbered| {
        matches!(&numbered.envelope.event, Event::AgentComplete { run_id, status: RunStatus::Interrupted, .. }
            if *run_id == run)
    };
    log.iter().any(is_end)
}

#[test]
fn a_steer_that_the_agent_before_took_is_not_offered_to_the_next() {
    check(
        "auto steerable+replays: a | user: hi | tool: k buy + result: k | user steer: also | taken: m2
         tool: x sell + result: x + hand: b | crash",
        "...
         12 t1 agent_complete b run2 interrupted
         > route t1 again b
         13 t1 agent_start b run3
         > start run3 b m1 attempt=2 from=a: skip=m1 before=13",
    );
}

#[test]
fn a_run_for_a_message_left_over_is_for_the_same_one_after_a_crash() {
    check(
        "auto steerable: a | user: hi | user steer: two | user steer: three | taken: m2 | done | crash",
        "...
         8 t1 agent_complete a run2 interrupted
         > route t1 again a
         9 t1 agent_start a run3
         > start run3 a m3 attempt=2 skip=m3 before=9",
    );
}

#[test]
fn a_run_that_used_no_tool_begins_again_with_what_it_had_taken() {
    check(
        "auto steerable: a | user: hi | user steer: two | user steer: three | taken: m2 | say: He | crash",
        "...
         8 t1 agent_complete a run1 interrupted
         > route t1 again a
         9 t1 agent_start a run2
         > start run2 a m1 attempt=2 steers=m2,m3 skip=m1,m2,m3,m4 before=9",
    );
}

#[test]
fn what_was_taken_is_told_at_its_place_and_the_rest_is_offered() {
    check(
        "auto steerable+replays: a | user: hi | tool: k buy + result: k | user steer: two | user steer: three
         taken: m2 | tool: x sell + result: x | crash",
        "...
         > start run2 a m1 attempt=2 steers=m3 steps=k,^m2,x skip=m1,m3,m2 before=11",
    );
    // A message is closed when its run takes the next one.
    check(
        "auto steerable+replays: a | user: hi | user steer: two | say: He | taken: m2 + message_end
         tool: x sell + result: x | crash",
        "...
         > start run2 a m1 attempt=2 steps=m3,^m2,x skip=m1,m3,m2 before=10",
    );
}

#[test]
fn a_steer_after_which_nothing_was_stored_is_offered_again() {
    check(
        "auto steerable+replays: a | user: hi | tool: k buy + result: k | user steer: two | taken: m2 | crash",
        "...
         > start run2 a m1 attempt=2 steers=m2 steps=k skip=m1,m2 before=8",
    );
}

#[test]
fn a_call_for_a_steer_that_may_happen_only_once_is_not_made_again() {
    check(
        "auto steerable+replays: a | user: hi | user steer: also | taken: m2 | tool: k buy | crash",
        "...
         7 t1 agent_complete a run1 interrupted
         8 t1 error tool_outcome_unknown router
         9 t1 turn_end failed runs=1",
    );
}

#[test]
fn a_message_taken_twice_over_crashes_is_told_where_it_was_taken_last() {
    check(
        "auto steerable+replays: a | user: hi | user steer: two | taken: m2 | say: He | crash
         tool: k buy + result: k + taken: m2 + tool: x sell + result: x | crash",
        "...
         > start run3 a m1 attempt=3 steps=k,^m2,x skip=m1,m3,m2 before=14",
    );
}
