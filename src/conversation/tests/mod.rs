//! Tests of the core: scripts with the events that must follow, and a simulation.

mod accepting;
mod checker;
mod dice;
mod harness;
mod history;
mod ledger;
mod recovery;
mod render;
mod routing;
mod runs;
mod simulation;
mod steer;
mod stop;
mod taken;
mod waits;
mod world;
