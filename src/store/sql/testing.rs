//! Databases for tests: a SQLite file in a folder of its own, a PostgreSQL database of its own.

use sea_orm::sqlx::{AssertSqlSafe, Connection, Executor, PgConnection};
use tempfile::TempDir;
use uuid::Uuid;

use super::{ConnectError, SqlOptions, SqlStore};

/// The test runner starts PostgreSQL and says here where.
const URL_VARIABLE: &str = "TEST_DATABASE_URL";

pub(crate) fn options(url: &str) -> SqlOptions {
    SqlOptions { connections_max: 4, ..SqlOptions::new(url.to_owned().into()) }
}

/// A SQLite file that goes with its folder.
#[derive(Debug)]
pub(crate) struct SqliteFile(pub(crate) TempDir);

impl SqliteFile {
    pub(crate) fn new() -> Self {
        Self(TempDir::new().unwrap())
    }

    pub(crate) fn options(&self) -> SqlOptions {
        options(&format!("sqlite://{}/test.sqlite", self.0.path().display()))
    }

    pub(crate) async fn open(&self) -> SqlStore {
        self.try_open().await.unwrap()
    }

    pub(crate) async fn try_open(&self) -> Result<SqlStore, ConnectError> {
        SqlStore::connect(self.options()).await
    }
}

/// A PostgreSQL database of one test.
#[derive(Debug)]
pub(crate) struct PostgresDatabase {
    server: String,
    name: String,
}

impl PostgresDatabase {
    pub(crate) async fn create() -> Self {
        let Ok(server) = std::env::var(URL_VARIABLE) else {
            panic!("{URL_VARIABLE} is not set: run `cargo xtask test`, which starts PostgreSQL");
        };
        let name = format!("test_{}", Uuid::new_v4().simple());
        run(&server, &format!("CREATE DATABASE {name} TEMPLATE template0 ENCODING 'UTF8'")).await;
        Self { server, name }
    }

    pub(crate) fn url(&self) -> String {
        let (base, query) = self.server.split_once('?').map_or((self.server.as_str(), None), |(a, b)| (a, Some(b)));
        let (host, _) = base.rsplit_once('/').expect("a database URL ends with the name of a database");
        query.map_or_else(|| format!("{host}/{}", self.name), |query| format!("{host}/{}?{query}", self.name))
    }

    pub(crate) async fn open(&self) -> SqlStore {
        SqlStore::connect(options(&self.url())).await.unwrap()
    }

    /// Takes every row out of the tables of conversations: quicker than another database.
    pub(crate) async fn empty(&self) {
        let tables = "conversations, turns, events, messages, agent_interactions, agent_conversation_data";
        run(&self.url(), &format!("TRUNCATE {tables} CASCADE")).await;
    }

    /// Ends every connection to it, as a restart of the server would.
    pub(crate) async fn cut(&self) {
        let sql = format!("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{}'", self.name);
        run(&self.server, &sql).await;
    }

    pub(crate) async fn drop(self) {
        run(&self.server, &format!("DROP DATABASE {} WITH (FORCE)", self.name)).await;
    }
}

async fn run(url: &str, sql: &str) {
    let mut connection = PgConnection::connect(url).await.unwrap();
    connection.execute(AssertSqlSafe(sql.to_owned())).await.unwrap();
    connection.close().await.unwrap();
}
