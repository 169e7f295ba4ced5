//! The PostgreSQL server under Switchboard: how safe it is set, and a new database for each run.

use anyhow::{Context, Result};
use sea_orm::{ConnectOptions, ConnectionTrait, Database, DatabaseConnection, DbBackend, Statement};
use url::Url;

/// A server on which databases may be made and dropped.
#[derive(Debug)]
pub(crate) struct Postgres {
    url: Url,
    connection: DatabaseConnection,
    made: Vec<String>,
}

impl Postgres {
    pub(crate) async fn connect(url: &str) -> Result<Self> {
        let parsed = Url::parse(url).context("`--postgres` must be an address like postgres://HOST/NAME")?;
        let mut options = ConnectOptions::new(url);
        options.max_connections(1).sqlx_logging(false);
        let connection = Database::connect(options).await.context("PostgreSQL at `--postgres`")?;
        Ok(Self { url: parsed, connection, made: Vec::new() })
    }

    /// What its commits wait for, in its own words.
    pub(crate) async fn safety(&self) -> Result<String> {
        let mut words = Vec::new();
        for name in ["server_version", "fsync", "synchronous_commit", "full_page_writes", "wal_sync_method"] {
            let statement = Statement::from_string(DbBackend::Postgres, format!("SHOW {name}"));
            let row = self.connection.query_one_raw(statement).await?.context("SHOW answers one row")?;
            words.push(format!("{name} {}", row.try_get_by_index::<String>(0)?));
        }
        Ok(words.join(", "))
    }

    /// Makes an empty database; its address.
    pub(crate) async fn fresh(&mut self) -> Result<String> {
        let name = format!("switchboard_bench_{}_{}", std::process::id(), self.made.len());
        self.connection.execute_unprepared(&format!("CREATE DATABASE {name}")).await?;
        self.made.push(name.clone());
        let mut url = self.url.clone();
        url.set_path(&name);
        Ok(url.into())
    }

    /// Drops what was made.
    pub(crate) async fn clean(self) -> Result<()> {
        for name in &self.made {
            self.connection.execute_unprepared(&format!("DROP DATABASE IF EXISTS {name} WITH (FORCE)")).await?;
        }
        Ok(self.connection.close().await?)
    }
}
