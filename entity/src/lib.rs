//! The tables, one a file. SQLite and PostgreSQL hold the same ones.
//!
//! The log (`event`) is the truth. `message`, `agent_interaction` and `agent_conversation_data` have the columns that
//! other programs read (id, conversation, agent, role, content and so on) plus what the server needs to find them again:
//! tenant, turn and place in the log. Every row carries its tenant.

pub mod agent_conversation_data;
pub mod agent_interaction;
pub mod agent_switch;
pub mod approval;
pub mod conversation;
pub mod event;
pub mod message;
pub mod steer_taken;
pub mod tool_effect;
pub mod turn;
pub mod workflow_checkpoint;
pub mod workflow_graph;
