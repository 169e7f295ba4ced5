//! What a client, an operator or an agent author sees, tried from outside.

// `cfg(test)` says nothing new here; clippy goes by it when it lets the helpers of tests unwrap.
#[cfg(test)]
mod acceptance;
#[cfg(test)]
mod analytics;
#[cfg(test)]
mod bad_input;
#[cfg(test)]
mod browser;
#[cfg(test)]
mod cancels;
mod client_ids;
#[cfg(test)]
mod columns;
#[cfg(test)]
mod context;
#[cfg(test)]
mod deaf;
#[cfg(test)]
mod deploy;
#[cfg(test)]
mod drains;
#[cfg(test)]
mod epochs;
#[cfg(test)]
mod faults;
#[cfg(test)]
mod figures;
#[cfg(test)]
mod heartbeats;
#[cfg(test)]
mod hostile;
#[cfg(test)]
mod keywords;
#[cfg(test)]
mod layers;
#[cfg(test)]
mod model;
#[cfg(test)]
mod operator;
mod pages;
#[cfg(test)]
mod panics;
#[cfg(test)]
mod pricing;
#[cfg(test)]
mod product;
#[cfg(test)]
mod real_model;
#[cfg(test)]
mod restores;
#[cfg(test)]
mod resume;
mod retention;
#[cfg(test)]
mod sandbox;
#[cfg(test)]
mod seller;
#[cfg(test)]
mod slow;
mod stores;
#[cfg(test)]
mod streams;
#[cfg(test)]
mod supervision;
#[cfg(test)]
mod support;
#[cfg(test)]
mod termination;
#[cfg(test)]
mod tool_effects;
#[cfg(test)]
mod tour;
#[cfg(test)]
mod turns;
#[cfg(test)]
mod workflows;
