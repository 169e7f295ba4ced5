//! The list of an owner's conversations has its index for itself.
//!
//! Without statistics PostgreSQL takes each condition on the owner for so selective that this index looked as good as the
//! unique one for finding a single conversation, and each find read all that the owner has. Finding by id says nothing of
//! the status, so it cannot use an index over some of them.

use sea_orm_migration::prelude::*;

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let all = Index::drop().name("conversations_tenant_owner_updated_at").table("conversations").to_owned();
        manager.drop_index(all).await?;
        let listed = Index::create()
            .name("conversations_listed")
            .table("conversations")
            .col("tenant")
            .col("owner")
            .col("updated_at")
            .col("id")
            .cond_where(Expr::col("status").ne("erased"))
            .to_owned();
        manager.create_index(listed).await
    }
}
