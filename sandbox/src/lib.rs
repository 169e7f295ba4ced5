//! The marketplace's seller API, served from a small shop in memory.
//!
//! There is no public test environment for cards, prices and reports, so this is one: paths, fields, envelopes, limits
//! and refusals follow the published description, cards and prices are looked at some time after they were accepted, and
//! faults can be scripted. All hosts of the real service are one address here.
//!
//! # Example
//! ```
//! # actix_web::rt::System::new().block_on(async {
//! use std::sync::Arc;
//! use sandbox::{Fault, FaultRule, Sandbox, SandboxOptions};
//!
//! let sandbox = Sandbox::start(SandboxOptions::new(Arc::new(|| chrono::DateTime::UNIX_EPOCH))).await.unwrap();
//! assert!(sandbox.base_url().starts_with("http://127.0.0.1:"));
//! sandbox.shop().add_faults(vec![FaultRule::new("/content/v2/cards/upload", 1, Fault::CutAfter)]).unwrap();
//! assert_eq!(sandbox.shop().state()["cards"].as_array().unwrap().len(), 20);
//! sandbox.stop().await;
//! # });
//! ```

mod calls;
mod catalog;
mod faults;
mod http;
mod limits;
mod options;
mod seed;
mod server;
mod shop;

pub use self::{
    faults::{Fault, FaultError, FaultRule},
    options::{Bounds, Now, SandboxOptions},
    server::{Running, Sandbox, ShopHandle, StartError},
};
