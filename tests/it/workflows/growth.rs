//! What a workflow of many steps costs in the database, by counts.

use sea_orm::{ConnectionTrait, Database, DatabaseConnection, Statement};

use crate::support::{
    client::new_id,
    server::{CONCIERGE, TestServer},
};

/// Says one word after the other, and remembers how many.
fn config(steps: u32) -> String {
    format!(
        "{CONCIERGE}
  - id: counter
    kind: workflow
    name: Counter
    intents: [count]
    workflow:
      type: graph
      start: tell
      steps_max: 100000
      publish: [told]
      state: {{ told: {{ default: 0, reduce: add }} }}
      nodes:
        tell: {{ say: '{{{{ told }}}}', then: next }}
        next: {{ set: {{ told: 1 }}, then: [ {{ when: 'told < {steps}', to: tell }}, {{ to: end }} ] }}
"
    )
}

async fn number(database: &DatabaseConnection, sql: &str) -> i64 {
    let sql = Statement::from_string(database.get_database_backend(), sql);
    database.query_one_raw(sql).await.unwrap().unwrap().try_get_by_index(0).unwrap()
}

/// Bytes of the log, and checkpoints, after a workflow of so many steps.
async fn after(steps: u32) -> (i64, i64) {
    let server = TestServer::with(&config(steps));
    let turn = server.say(&new_id(), "count").await;
    assert_eq!(turn["status"], "completed", "{turn}");
    let database = Database::connect(server.database_url()).await.unwrap();
    let bytes = number(&database, "SELECT CAST(SUM(LENGTH(body)) AS BIGINT) FROM events").await;
    let checkpoints = number(&database, "SELECT COUNT(*) FROM workflow_checkpoints").await;
    database.close().await.unwrap();
    (bytes, checkpoints)
}

#[tokio::test]
async fn the_log_grows_with_the_steps_and_the_checkpoint_does_not() {
    let (few, one) = after(100).await;
    let (many, still_one) = after(1_000).await;
    assert_eq!((one, still_one), (1, 1));
    let ratio = f64::from(i32::try_from(many).unwrap()) / f64::from(i32::try_from(few).unwrap());
    assert!((8.0..11.0).contains(&ratio), "{few} bytes after 100 steps, {many} after 1,000");
}
