//! PostgreSQL databases of the test's own.

use async_trait::async_trait;
use entity::conversation;
use protocol::{Timestamp, event::JsonObject};
use sea_orm::{
    ActiveValue::Set, ConnectionTrait, Database, DatabaseConnection, DbErr, EntityTrait, sea_query::OnConflict,
};
use switchboard::context::{ContextError, ContextKey, ContextStore, Entry, sql::SqlContext};
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

/// A conversation without a past, as tables name it: documents are kept for those alone that exist.
pub(crate) async fn make_conversation(database: &DatabaseConnection, tenant: &str, id: Uuid) {
    let now = Timestamp::from_millis(1_795_437_919_000).to_datetime();
    let row = conversation::ActiveModel {
        id: Set(id),
        tenant: Set(tenant.to_owned()),
        owner: Set("local".to_owned()),
        public_id: Set(id),
        status: Set("open".to_owned()),
        current_agent: Set(None),
        epoch: Set("e".to_owned()),
        first_seq: Set(1),
        head: Set(0),
        fence: Set(1),
        lease_owner: Set(None),
        metadata: Set(serde_json::json!({})),
        created_at: Set(now),
        updated_at: Set(now),
    };
    // Of several that make it at once one does, whichever index the others meet.
    let made = conversation::Entity::insert(row).on_conflict(OnConflict::new().do_nothing().to_owned());
    match made.exec_without_returning(database).await {
        Ok(_) | Err(DbErr::RecordNotInserted) => {}
        Err(error) => panic!("{error}"),
    }
}

/// The context of a database whose conversations are made when something is first written to them.
#[derive(Debug)]
pub(crate) struct Furnished {
    pub(crate) truth: SqlContext,
    pub(crate) database: DatabaseConnection,
}

#[async_trait]
impl ContextStore for Furnished {
    async fn read(&self, key: &ContextKey) -> Result<Entry, ContextError> {
        self.truth.read(key).await
    }

    async fn write(
        &self,
        key: &ContextKey,
        at: u64,
        value: JsonObject,
        end: Option<Timestamp>,
    ) -> Result<u64, ContextError> {
        make_conversation(&self.database, &key.tenant, key.conversation).await;
        self.truth.write(key, at, value, end).await
    }
}
