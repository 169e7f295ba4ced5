//! The load: conversations that are opened, talk once, and are read to the end of their turn.

mod bare;
mod check;
mod read;
mod rounds;
mod sse;
mod ws;

pub(crate) use self::{
    bare::{Bare, bare},
    rounds::{Load, Rounds, idle, run},
    ws::Socket,
};
