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
//! - C5: the chunks of a message concatenated are its `message_complete.content`.
//! - C6: what a run says after its end, or under another run's id, changes nothing.
//! - C7: nothing follows `conversation_end`.
//! - C8: replaying the events gives the state that produced them.

mod accept;
mod command;
mod content;
mod draft;
mod output;
mod recent;
mod recover;
pub mod run;
mod state;
mod stop;
mod turn;

#[cfg(test)]
mod tests;

pub use self::{
    command::{
        Assignment, CancelTarget, Command, Decision, Effect, Limits, NewMessage, Numbered, Rejection, Reply, Route,
        RouteAsk, RunOrder, TurnMessage,
    },
    content::{ContentError, check_content},
    draft::{Env, IdSource, RandomIds},
    recent::{Accepted, Recent, body_hash},
    state::{ConversationState, Snapshot, Status},
};
