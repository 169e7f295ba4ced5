//! The tables, one a file.

pub mod agent_conversation_data;
