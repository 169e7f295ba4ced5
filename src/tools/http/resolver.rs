//! Names to addresses, checked: what is connected to is exactly what was checked.
//!
//! The HTTP client asks this resolver and connects to what it answers. There is no second look-up between the check and
//! the connection, so a name that changes its address in between gains nothing.

use std::{
    io,
    net::{IpAddr, SocketAddr},
    sync::Arc,
};

use async_trait::async_trait;
use reqwest::dns::{Addrs, Name, Resolve, Resolving};

use super::address::{AddressRefused, AddressRules};

/// Finds the addresses of a host.
#[async_trait]
pub trait Resolver: Send + Sync + std::fmt::Debug + 'static {
    /// All addresses of a host.
    ///
    /// # Errors
    /// An [`io::Error`] when the name is unknown or nobody answers.
    async fn resolve(&self, host: &str) -> io::Result<Vec<IpAddr>>;
}

/// Asks the machine's own resolver.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemResolver;

#[async_trait]
impl Resolver for SystemResolver {
    async fn resolve(&self, host: &str) -> io::Result<Vec<IpAddr>> {
        Ok(tokio::net::lookup_host((host, 0)).await?.map(|address| address.ip()).collect())
    }
}

/// A resolver that answers only with addresses that may be connected to. One that may not refuses the whole host: a
/// name that mixes public and inner addresses is an attack or a mistake.
#[derive(Debug, Clone)]
pub(super) struct GuardedResolver {
    pub(super) inner: Arc<dyn Resolver>,
    pub(super) rules: Arc<AddressRules>,
}

impl Resolve for GuardedResolver {
    fn resolve(&self, name: Name) -> Resolving {
        let guard = self.clone();
        Box::pin(async move {
            let addresses = guard.inner.resolve(name.as_str()).await?;
            addresses.iter().try_for_each(|address| guard.rules.check(*address))?;
            // Port 0 stands for the port of the URL.
            let sockets = addresses.into_iter().map(|address| SocketAddr::new(address, 0));
            Ok(Box::new(sockets) as Addrs)
        })
    }
}

/// The refusal that made a request fail, if one did.
pub(super) fn refusal_in(error: &reqwest::Error) -> Option<AddressRefused> {
    let mut next: Option<&(dyn std::error::Error + 'static)> = Some(error);
    while let Some(error) = next {
        if let Some(refused) = error.downcast_ref::<AddressRefused>() {
            return Some(*refused);
        }
        next = error.source();
    }
    None
}
