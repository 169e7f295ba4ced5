//! The load: conversations that are opened, talk once, and are read to the end of their turn.

mod bare;
mod cancel;
mod check;
mod deaf;
mod follower;
mod read;
mod resume;
mod rounds;
mod sse;
mod steps;
mod ws;

pub(crate) use self::{
    bare::{Bare, bare},
    cancel::cancels,
    deaf::{Deafness, deafness},
    resume::{away, come_back, compare, talking},
    rounds::{Load, Rounds, idle, run},
    steps::{Steps, walks},
    ws::Socket,
};
