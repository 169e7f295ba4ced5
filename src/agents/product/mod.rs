//! The product agent: from the first words about a product to its card on the marketplace, without a model or with one.
//!
//! Its graph is [`crate::workflow::named::Named::Product`]; here are the functions that it names. All thinking is pure and
//! works on one [`draft::Draft`]: [`facts`] and [`money`] read, [`dialogue`] decides what an answer changes and what is missing,
//! [`compose`] writes, [`rules`] judge, [`repair`] reads what the marketplace says. Where the agent has a model, nodes of the
//! graph ask it; [`hear`] and [`write`] say what, and what of its answers is believed. [`steps`] alone reads and writes documents.

pub mod card;
pub mod category;
pub mod charcs;
pub mod compose;
pub mod dialogue;
pub mod draft;
pub mod facts;
pub mod glossary;
pub mod hear;
pub mod material;
pub mod money;
pub mod naming;
pub mod photos;
pub mod picks;
pub mod rejections;
pub mod repair;
pub mod rules;
mod steps;
mod words;
pub mod write;
pub mod yes_no;

pub use self::steps::library;
