//! The seller's side of the Wildberries marketplace: a typed client for agents, and a tool for models and workflows.
//!
//! Two layers. [`WildberriesClient`] gives a [`Shop`] for a tenant, whose methods are the calls of the marketplace: they check
//! what they are asked before anything is sent, wait for their turn, read limits and errors, and never make a card twice.
//! [`WildberriesTool`] is one tool over them with a list of allowed operations.
//!
//! The tool is of one kind with a list of operations, not one for each call: an operator registers it under several names
//! (`wildberries_read`, `wildberries_prices`) and grants an agent what it needs, and a model reads a few tools instead of two
//! dozen. What a tool may change is what the most dangerous of its operations may.

mod answers_content;
mod answers_reports;
mod answers_trade;
mod cards;
mod check;
mod client;
mod error;
mod family;
mod media;
mod money;
mod operation;
mod pace;
mod prices;
mod problems;
mod publish;
mod queries;
mod read;
mod reply;
mod reports;
mod statistics;
mod tool;
mod transport;

#[cfg(test)]
mod tests;

pub use self::{
    answers_content::*,
    answers_reports::*,
    answers_trade::*,
    cards::*,
    check::{DISCOUNT_MAX, Given, PRICE_MAX, Period},
    client::{CallLimits, Shop, Tokens, WildberriesClient},
    error::{ArgumentCode, WildberriesError},
    family::{Family, Host, Pace},
    media::{BarcodesQuery, MediaFile, MediaSave, PICTURE_BYTES_MAX, VIDEO_BYTES_MAX},
    operation::Operation,
    pace::Pacer,
    prices::{PriceChange, PriceOutcome, PriceUpload},
    problems::{Problem, ProblemRule},
    publish::{CardName, CardResult, UploadOutcome},
    queries::*,
    reports::*,
    statistics::Rows,
    tool::WildberriesTool,
    transport::{Body, HttpTransport, Reply, Request, SendError, Transport},
};
