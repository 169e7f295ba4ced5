//! The product agent: from the first words about a product to its card on the marketplace, without a model.
//!
//! Its graph is [`crate::workflow::named::Named::Product`]; here are the functions that it names. All thinking is pure and
//! works on one [`draft::Draft`]: [`facts`] and [`money`] read, [`dialogue`] decides what an answer changes and what is missing,
//! [`compose`] writes, [`rules`] judge, [`repair`] reads what the marketplace says. [`steps`] alone reads and writes documents.

pub mod card;
pub mod category;
pub mod charcs;
pub mod compose;
pub mod dialogue;
pub mod draft;
pub mod facts;
pub mod glossary;
pub mod money;
pub mod picks;
pub mod rejections;
pub mod repair;
pub mod rules;
mod steps;
mod words;
pub mod yes_no;

pub use self::steps::library;
