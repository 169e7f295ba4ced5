//! What the tables are made of on PostgreSQL: documents that can be asked, ids that are ids, times with their zone.

use std::collections::BTreeMap;

use sea_orm::{ConnectionTrait, Database, Statement};
use switchboard::store::sql::{SqlOptions, SqlStore};

use crate::support::backing::OwnPostgres;

/// Each table, and its columns whose type is more than text, number or flag.
const TABLES: &[(&str, Columns)] = &[
    (
        "messages",
        Columns {
            uuid: "id conversation_id turn_id",
            jsonb: "tool_calls metadata",
            timestamptz: "created_at updated_at",
        },
    ),
    (
        "agent_interactions",
        Columns { uuid: "id conversation_id turn_id", jsonb: "state_snapshot", timestamptz: "created_at" },
    ),
    (
        "agent_conversation_data",
        Columns { uuid: "id conversation_id", jsonb: "data", timestamptz: "expires_at created_at updated_at" },
    ),
    ("conversations", Columns { uuid: "id public_id", jsonb: "metadata", timestamptz: "created_at updated_at" }),
    ("turns", Columns { uuid: "id conversation_id", jsonb: "", timestamptz: "created_at ended_at" }),
    ("events", Columns { uuid: "conversation_id", jsonb: "", timestamptz: "created_at" }),
    ("agent_switches", Columns { uuid: "", jsonb: "", timestamptz: "updated_at" }),
    (
        "tool_effects",
        Columns { uuid: "conversation_id turn_id run_id", jsonb: "", timestamptz: "created_at updated_at" },
    ),
    ("steers_taken", Columns { uuid: "conversation_id message_id", jsonb: "", timestamptz: "created_at" }),
    (
        "approvals",
        Columns {
            uuid: "id conversation_id turn_id turn_resolved",
            jsonb: "arguments",
            timestamptz: "expires_at created_at decided_at",
        },
    ),
    ("workflow_checkpoints", Columns { uuid: "conversation_id turn_id", jsonb: "", timestamptz: "updated_at" }),
    ("workflow_graphs", Columns { uuid: "", jsonb: "", timestamptz: "created_at" }),
];

/// The names of columns by their type.
struct Columns {
    uuid: &'static str,
    jsonb: &'static str,
    timestamptz: &'static str,
}

impl Columns {
    fn all(&self) -> impl Iterator<Item = (&'static str, &'static str)> {
        let types = [(self.uuid, "uuid"), (self.jsonb, "jsonb"), (self.timestamptz, "timestamp with time zone")];
        types.into_iter().flat_map(|(names, kind)| names.split_whitespace().map(move |name| (name, kind)))
    }
}

/// What every other column is.
const PLAIN: &[&str] = &["text", "character varying", "bigint", "boolean", "bytea"];

/// Table to column to type, as the database says.
async fn found(url: &str) -> BTreeMap<String, BTreeMap<String, String>> {
    let database = Database::connect(url).await.unwrap();
    let sql = "SELECT table_name::text, column_name::text, data_type::text FROM information_schema.columns \
               WHERE table_schema = 'public' AND table_name <> 'seaql_migrations'";
    let rows = database.query_all_raw(Statement::from_string(database.get_database_backend(), sql)).await.unwrap();
    let mut tables = BTreeMap::<_, BTreeMap<_, _>>::new();
    for row in rows {
        let [table, column, kind] = [0, 1, 2].map(|place| row.try_get_by_index::<String>(place).unwrap());
        tables.entry(table).or_default().insert(column, kind);
    }
    database.close().await.unwrap();
    tables
}

#[tokio::test]
async fn ids_documents_and_times_have_types_of_their_own() {
    let database = OwnPostgres::create();
    let store = SqlStore::connect(SqlOptions::new(database.url().into())).await.unwrap();
    let mut found = found(database.url()).await;
    for (table, columns) in TABLES {
        let mut left = found.remove(*table).unwrap_or_else(|| panic!("no table `{table}`"));
        for (column, kind) in columns.all() {
            assert_eq!(left.remove(column).as_deref(), Some(kind), "{table}.{column}");
        }
        for (column, kind) in left {
            assert!(PLAIN.contains(&kind.as_str()), "{table}.{column} is `{kind}`");
        }
    }
    assert!(found.is_empty(), "tables that nobody decided about: {found:?}");
    store.close().await;
}
