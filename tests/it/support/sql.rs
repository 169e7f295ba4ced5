//! Databases of the test's own, with all tables.

use sea_orm::{ConnectOptions, ConnectionTrait, Database, DatabaseConnection};
use tempfile::TempDir;
use uuid::Uuid;

use super::required;

/// An SQLite file in a folder that ends with the guard. One connection, because SQLite has one writer.
pub(crate) async fn sqlite() -> (DatabaseConnection, TempDir) {
    let folder = tempfile::tempdir().unwrap();
    let url = format!("sqlite://{}?mode=rwc", folder.path().join("test.sqlite").display());
    let database = Database::connect(ConnectOptions::new(url).max_connections(1).to_owned()).await.unwrap();
    make_tables(&database).await;
    (database, folder)
}

/// A PostgreSQL database that no other test sees. It ends with the server.
pub(crate) async fn postgres() -> DatabaseConnection {
    let options = ConnectOptions::new(empty_postgres().await).max_connections(5).to_owned();
    let database = Database::connect(options).await.unwrap();
    make_tables(&database).await;
    database
}

/// The address of an empty PostgreSQL database that no other test sees. It ends with the server.
pub(crate) async fn empty_postgres() -> String {
    let url = required("TEST_DATABASE_URL");
    let (server, _) = url.rsplit_once('/').unwrap();
    let name = format!("test_{}", Uuid::new_v4().simple());
    let admin = Database::connect(&url).await.unwrap();
    admin.execute_unprepared(&format!("CREATE DATABASE {name}")).await.unwrap();
    admin.close().await.unwrap();
    format!("{server}/{name}")
}

/// Takes a database away, whoever uses it still.
pub(crate) async fn drop_postgres(url: &str) {
    let (_, name) = url.rsplit_once('/').unwrap();
    let admin = Database::connect(required("TEST_DATABASE_URL")).await.unwrap();
    admin.execute_unprepared(&format!("DROP DATABASE {name} WITH (FORCE)")).await.unwrap();
    admin.close().await.unwrap();
}

async fn make_tables(database: &DatabaseConnection) {
    migration::migrate(database).await.unwrap();
}
