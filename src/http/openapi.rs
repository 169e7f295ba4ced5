//! The OpenAPI document, made from the handlers.

use std::sync::LazyLock;

use utoipa::{
    Modify, OpenApi,
    openapi::security::{Http, HttpAuthScheme, SecurityScheme},
};

use super::{admin, agents, conversations, graphs, health, history, metrics, sse, ws};

#[derive(OpenApi)]
#[openapi(
    info(title = "Switchboard", description = "Many agents share one conversation, and the user feels one assistant. \
        The WebSocket at `/api/ws/{id}` is described in docs/wire.md."),
    paths(
        conversations::create, conversations::get_one, conversations::send, conversations::cancel,
        conversations::decide, conversations::end, conversations::erase,
        history::conversations, history::messages, history::interactions, history::events,
        sse::open, agents::list,
        admin::agents, admin::agent, graphs::graph, admin::enable, admin::disable, admin::route, admin::supervision,
        admin::conversations, health::live, health::ready, metrics::metrics,
    ),
    modifiers(&Bearer)
)]
struct Document;

struct Bearer;

impl Modify for Bearer {
    fn modify(&self, document: &mut utoipa::openapi::OpenApi) {
        let components = document.components.get_or_insert_default();
        components.add_security_scheme("bearer", SecurityScheme::Http(Http::new(HttpAuthScheme::Bearer)));
    }
}

/// The OpenAPI document of this server.
pub fn document() -> utoipa::openapi::OpenApi {
    Document::openapi()
}

/// The methods of an address, in the form of the document (`/api/conversations/{id}`); none where it is not there.
pub fn methods(path: &str) -> Vec<&'static str> {
    static DOCUMENT: LazyLock<utoipa::openapi::OpenApi> = LazyLock::new(document);
    let Some(item) = DOCUMENT.paths.paths.get(path) else {
        // The only address that OpenAPI cannot describe.
        return if path == ws::PATH { vec!["GET"] } else { Vec::new() };
    };
    [("GET", &item.get), ("POST", &item.post), ("DELETE", &item.delete)]
        .into_iter()
        .filter_map(|(method, operation)| operation.as_ref().map(|_| method))
        .collect()
}
