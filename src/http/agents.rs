//! The agents that a user may talk to.

use actix_web::{HttpResponse, get, web::Data};
use protocol::AgentId;
use serde::Serialize;

use super::{auth::User, hub::Hub, problem::Problem};
use crate::agent::catalog::{AgentSlot, AgentState};

/// An agent as users see it.
#[derive(Debug, Serialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct AgentView {
    /// Its id.
    pub id: AgentId,
    /// Its name for people.
    pub name: String,
    /// What it does.
    pub description: String,
    /// The version of its behaviour.
    pub version: String,
    /// Its kind.
    pub kind: String,
    /// Utterances that it answers well.
    pub examples: Vec<String>,
}

impl AgentView {
    pub(super) fn of(slot: &AgentSlot) -> Self {
        let card = slot.card();
        Self {
            id: slot.id().clone(),
            name: card.name.clone(),
            description: card.description.clone(),
            version: card.version.clone(),
            kind: card.kind.clone(),
            examples: card.examples.clone(),
        }
    }
}

/// The agents that answer at the moment.
#[utoipa::path(tag = "agents", responses((status = 200, body = Vec<AgentView>),
    (status = "default", description = "a problem", body = Problem)))]
#[get("/api/agents")]
pub(super) async fn list(_user: User, hub: Data<Hub>) -> HttpResponse {
    let running = hub.catalog.slots().filter(|slot| slot.state() == AgentState::Running);
    HttpResponse::Ok().json(running.map(|slot| AgentView::of(slot)).collect::<Vec<_>>())
}
