//! The pure core of a conversation: what follows from a command, with no actor, clock or I/O inside.
//!
//! [`ConversationState::handle`] takes a [`Command`] and an [`Env`] (time, ids, limits) and answers a [`Decision`]: events
//! with their place in the log, and effects for the shell to carry out. Every event is also applied by the one function
//! that rebuilds a state from stored events, so a crash, a takeover and a test go the same way.
//!
//! Invariants, checked by the simulation in `tests`:
//! - C1: `seq` is dense; only `Draft::emit` assigns it.
//! - C2: one run at a time, one open turn at a time.
//! - C3: each run has exactly one terminal event, each accepted turn exactly one `turn_end`.
//! - C4: each opened message gets its `message_complete` and each tool call its `tool_result` before the run's terminal.
//!   The id of a call is good for one call within a turn; that no other turn has it is for the agent to see to.
//! - C5: the chunks of a message concatenated are its `message_complete.content`.
//! - C6: what a run says after its end, or under another run's id, changes nothing.
//! - C7: nothing follows `conversation_end`.
//! - C8: replaying the events, each tool call with its line of the ledger, gives the state that produced them, but for what
//!   is lost with the process: early cancels, whether the run takes steers, the steers that it took since the last event, and
//!   the order of those that wait after an interrupt.
//! - C9: a call that is not idempotent is never made again; one that is has the same key each time; a call whose result is
//!   in the log is never made again.

mod accept;
mod approvals;
mod command;
mod content;
mod draft;
mod early;
mod note;
mod open_turn;
mod output;
mod recent;
mod recover;
pub mod run;
mod state;
mod steps;
mod stop;
mod turn;
mod waits;

#[cfg(test)]
mod tests;

pub use self::{
    approvals::{Decide, Question},
    command::{
        Assignment, CancelTarget, Command, Decision, Effect, Limits, NewMessage, Numbered, Rejection, Reply, Route,
        RouteAsk, RunOrder, TurnMessage,
    },
    content::{ContentError, check_content},
    draft::{Env, IdSource, RandomIds},
    early::EarlyCancels,
    note::{Checkpoint, CheckpointStatus, EffectNote, EffectStatus, Note, arguments_hash},
    recent::{Accepted, Recent, body_hash},
    state::{ConversationState, Snapshot, Status},
};
