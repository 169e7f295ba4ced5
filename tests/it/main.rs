//! What a client, an operator or an agent author sees, tried from outside.

// `cfg(test)` says nothing new here; clippy goes by it when it lets the helpers of tests unwrap.
#[cfg(test)]
mod context;
#[cfg(test)]
mod layers;
#[cfg(test)]
mod support;
