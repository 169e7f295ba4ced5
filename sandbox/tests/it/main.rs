//! The sandbox over real HTTP: every call, every refusal, every fault.

// `cfg(test)` says nothing new here; clippy goes by it when it lets the helpers of tests unwrap.
#[cfg(test)]
mod cards;
#[cfg(test)]
mod content;
#[cfg(test)]
mod faults;
#[cfg(test)]
mod kit;
#[cfg(test)]
mod limits;
#[cfg(test)]
mod media;
#[cfg(test)]
mod prices;
#[cfg(test)]
mod reports;
