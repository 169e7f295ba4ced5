//! What the sweep of old events and tombstones finds its work by.

use sea_orm_migration::{prelude::*, schema::boolean};

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let kept = Table::alter().table("turns").add_column(boolean("log_kept").default(true)).to_owned();
        manager.alter_table(kept).await?;
        let trimmable = Index::create()
            .name("turns_log_kept")
            .table("turns")
            .col("ended_at")
            .cond_where(Expr::col("log_kept").eq(true))
            .to_owned();
        manager.create_index(trimmable).await?;
        let tombstones = Index::create()
            .name("conversations_erased")
            .table("conversations")
            .col("updated_at")
            .cond_where(Expr::col("status").eq("erased"))
            .to_owned();
        manager.create_index(tombstones).await
    }
}
