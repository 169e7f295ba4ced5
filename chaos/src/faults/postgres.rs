//! What is done to a PostgreSQL of the run's own.

use std::time::Duration;

use anyhow::{Context, Result};
use faultproxy::Proxy;

use super::Stage;
use crate::{
    cluster::Cluster,
    database::OwnPostgres,
    plan::{Database, Outage, Plan},
    run::Options,
};

/// A database behind its proxy: of a cluster of the run's own where the plan fails it, or of the server that all share.
pub(super) async fn start(plan: &Plan, options: &Options) -> Result<(Option<(OwnPostgres, Proxy)>, Option<Cluster>)> {
    if plan.database != Database::Postgres {
        return Ok((None, None));
    }
    let shared = options.postgres.as_ref().filter(|_| !plan.has_outage());
    let (url, cluster) = if let Some(url) = shared {
        (url.clone(), None)
    } else {
        let template = options.template.as_ref().context("a plan with an outage needs `initdb`")?;
        let cluster = Cluster::start(template).await?;
        (cluster.url(), Some(cluster))
    };
    let own = OwnPostgres::create(&url).await?;
    let proxy = Proxy::start()?;
    proxy.lead_to(own.address()?);
    Ok((Some((own, proxy)), cluster))
}

impl Stage {
    /// The database fails so, for a while, and is there again afterwards.
    pub(super) async fn postgres_fails(&mut self, outage: Outage, span: Duration) -> Result<()> {
        let missing = "the plan has an outage, and no cluster of its own";
        let cluster = self.cluster.as_mut().context(missing)?;
        match outage {
            Outage::Kill => cluster.kill().await?,
            Outage::Stop => cluster.stop().await?,
            Outage::Freeze => cluster.freeze().await?,
        }
        self.go_on(span).await?;
        let cluster = self.cluster.as_mut().context(missing)?;
        if outage == Outage::Freeze {
            return cluster.thaw().await;
        }
        cluster.revive().await?;
        if let Some((own, proxy)) = &mut self.database {
            own.move_to(&cluster.url());
            proxy.lead_to(own.address()?);
        }
        Ok(())
    }
}
