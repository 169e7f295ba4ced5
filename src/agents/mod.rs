//! The kinds of agents that come with the server.

pub mod analytics;
pub mod concierge;
pub mod language;
pub mod marketplace;
pub mod model;
pub mod pricing;
pub mod product;
pub mod workflow;
