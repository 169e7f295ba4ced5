//! Finding one conversation costs the same, however many its owner has, before a database has counted anything.

use super::*;
use crate::store::sql::{open::RAISE, reads::RECORD, statement::statement};

const MANY: &str = "INSERT INTO conversations (id, tenant, owner, public_id, status, epoch, first_seq, head, fence, \
     metadata, created_at, updated_at) SELECT gen_random_uuid(), 'default', 'local', gen_random_uuid(), 'open', 'e', 1, 0, \
     1, '{}', now(), now() FROM generate_series(1, 1000)";

#[tokio::test(flavor = "multi_thread")]
async fn one_of_many_is_found_by_its_id_where_postgresql_has_no_statistics() {
    let database = PostgresDatabase::create().await;
    let store = database.open().await;
    let direct = store.reader();
    direct.execute_unprepared("ALTER TABLE conversations SET (autovacuum_enabled = false)").await.unwrap();
    direct.execute_unprepared(MANY).await.unwrap();
    for sql in [RAISE, &format!("{RECORD} c.tenant = ? AND c.owner = ? AND c.public_id = ?")] {
        let values = ["default".into(), "local".into(), Uuid::from_u128(1).into()];
        let explain = statement(store.backend, &format!("EXPLAIN {sql}"), values);
        let lines = direct.query_all_raw(explain).await.unwrap();
        let plan: Vec<String> = lines.iter().map(|line| line.try_get_by_index(0).unwrap()).collect();
        let plan = plan.join("\n");
        assert!(plan.contains("conversations_tenant_owner_public_id"), "{sql}\n{plan}");
        assert!(!plan.contains("Filter: (public_id"), "{sql}\n{plan}");
    }
    drop(store);
    database.drop().await;
}
