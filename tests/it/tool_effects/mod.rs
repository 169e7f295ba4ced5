//! What a tool does outside: never before it is stored that it will be called, and after a crash not more often than it may.

mod intent;
mod killed;
