//! The words of Switchboard's wire: ids, events, frames and codes.
//!
//! This crate knows serde and nothing else, so a client written in Rust can depend on it alone. Names on the wire are
//! for ever: `snake_case` for the values of `type`, `op` and `code`, `camelCase` for fields. A golden test holds each.

pub mod codes;
pub mod event;
pub mod frame;
pub mod ids;
pub mod time;

pub use codes::Code;
pub use event::{Envelope, Event};
pub use frame::{ClientFrame, FrameError, ServerFrame};
pub use ids::{AgentId, ApprovalId, ClientMessageId, ConversationId, Epoch, MessageId, RunId, Seq, ToolCallId, TurnId};
pub use time::Timestamp;
