//! PostgreSQL databases of the test's own.

use sea_orm::{ConnectionTrait, Database};
use uuid::Uuid;

use super::required;

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
