//! The configuration of the server under test.

/// A model as an agent with two tools: one where every call counts, one that may be repeated with its key.
pub(super) fn of(model_url: &str, ledger_url: &str) -> String {
    let host = ledger_url.trim_start_matches("http://");
    let tool = |method: &str| {
        format!(
            "{{ kind: http, hosts_allowed: ['{host}'], private_addresses_allowed: [127.0.0.0/8], methods: [{method}] }}"
        )
    };
    format!(
        "server: {{ port: 0 }}
admin: {{ token: 'env:ADMIN_TOKEN' }}
limits: {{ drain_timeout: 1s }}
database: {{ acquire_timeout: 2s, statement_timeout: 1s, commit_timeout: 3s, connections_max: 4 }}
supervision: {{ restarts_max: 1000 }}
models:
  fake: {{ base_url: '{model_url}', model: m, api_key: 'env:MODEL_KEY' }}
tools:
  once: {}
  keyed: {}
agents:
  - {{ id: concierge, kind: concierge, name: Concierge, description: Says who can help. }}
  - {{ id: talker, kind: model, model: fake, intents: [talk], tools: [{{ name: once }}, {{ name: keyed }}] }}
",
        tool("POST"),
        tool("PUT"),
    )
}
