//! Secrets are fetched, checked and never shown.

use std::path::Path;

use super::{
    super::{Config, Source, ToolKind},
    AGENTS, check, load,
};

const CANARY: &str = "canary-3f9a77c1e5";

fn write(folder: &Path, name: &str, text: &str, mode: u32) {
    let path = folder.join(name);
    std::fs::write(&path, text).unwrap();
    #[cfg(unix)]
    std::fs::set_permissions(&path, std::os::unix::fs::PermissionsExt::from_mode(mode)).unwrap();
    let _ = mode;
}

#[test]
fn a_secret_comes_from_the_environment_or_a_file() {
    let folder = tempfile::tempdir().unwrap();
    write(folder.path(), "key", &format!("{CANARY}\n"), 0o600);
    let text = format!(
        "admin: {{ token: env:TOKEN }}\nmodels: {{ a: {{ base_url: 'http://h', model: m, api_key: file:key, headers: {{ X-Project: p, Authorization: env:TOKEN }} }} }}\n{AGENTS}"
    );
    let environment = [("TOKEN".to_owned(), CANARY.to_owned())].into_iter();
    let loaded = Config::from_text(&text, Source::File(folder.path().join("c.yaml")), environment).unwrap();
    let model = &loaded.config.models["a"];
    assert_eq!(loaded.config.admin.token.as_ref().unwrap().expose(), CANARY);
    assert_eq!(model.api_key.as_ref().unwrap().expose(), CANARY);
    assert_eq!((model.headers["X-Project"].expose(), model.headers["Authorization"].expose()), ("p", CANARY));
    assert!(!format!("{loaded:?}").contains(CANARY));
}

#[test]
fn a_secret_in_the_file_is_an_error() {
    let rule = "so that the config can be shared";
    check(
        &format!("admin:\n  token: {CANARY}\n"),
        &[],
        &[&format!("c.yaml:2:10: `admin.token` must be env:NAME or file:PATH, {rule}")],
    );
    check(
        &format!("database: {{ url: 'postgres://u:{CANARY}@h/d' }}"),
        &[],
        &[&format!("c.yaml:1:18: `database.url` must be env:NAME or file:PATH, {rule}")],
    );
    check(
        &format!("models: {{ a: {{ base_url: 'http://h', model: m, headers: {{ X-Api-Key: {CANARY} }} }} }}"),
        &[],
        &[&format!("c.yaml:1:70: `models.a.headers.X-Api-Key` must be env:NAME or file:PATH, {rule}")],
    );
}

#[test]
fn each_tenant_of_a_marketplace_has_a_token_that_is_never_shown() {
    let text = format!(
        "tools: {{ wildberries_api: {{ token: env:ALL, tokens: {{ acme: env:ACME }}, operations: [sales] }} }}\n{AGENTS}"
    );
    let loaded = load(&text, &[("ALL", CANARY), ("ACME", "another-canary")]).unwrap();
    let ToolKind::Wildberries(tool) = &loaded.config.tools["wildberries_api"].kind else { panic!("{loaded:?}") };
    assert_eq!((tool.token.as_ref().unwrap().expose(), tool.tokens["acme"].expose()), (CANARY, "another-canary"));
    assert!(!format!("{loaded:?}").contains("canary"));
    check(
        &format!("tools: {{ wildberries_api: {{ tokens: {{ acme: {CANARY} }} }} }}"),
        &[],
        &[
            "c.yaml:1:45: `tools.wildberries_api.tokens.acme` must be env:NAME or file:PATH, so that the config can be shared",
        ],
    );
}

#[test]
fn the_environment_may_hold_the_secret_itself() {
    for token in [CANARY, "12345678901234567890", "*x: {[\"", "@a: b #c"] {
        let loaded = load(AGENTS, &[("SWITCHBOARD_ADMIN__TOKEN", token)]).unwrap();
        assert_eq!(loaded.config.admin.token.unwrap().expose(), token);
    }
    let by_reference = load(AGENTS, &[("SWITCHBOARD_ADMIN__TOKEN", "env:OTHER"), ("OTHER", CANARY)]).unwrap();
    assert_eq!(by_reference.config.admin.token.unwrap().expose(), CANARY);
}

#[test]
fn a_reference_that_leads_nowhere_is_told() {
    check("admin: { token: env:NOBODY }", &[], &["c.yaml:1:17: `admin.token` refers to env:NOBODY, which is not set"]);
    check(
        "admin: { token: env:EMPTY }",
        &[("EMPTY", "")],
        &["c.yaml:1:17: `admin.token` refers to env:EMPTY, which is empty"],
    );
    check(
        "admin: { token: file:/nowhere/at/all }",
        &[],
        &["c.yaml:1:17: `admin.token` refers to file:/nowhere/at/all, which cannot be read: entity not found"],
    );
    check("admin: { token: file:/ }", &[], &["c.yaml:1:17: `admin.token` refers to file:/, which is not a file"]);
    check(
        "admin: { token: env:T }",
        &[("T", "a\nb")],
        &[
            "c.yaml:1:17: `admin.token` must be printable ASCII, since it travels in a header, got a value that is not shown",
        ],
    );
}

#[cfg(unix)]
#[test]
fn a_secret_that_everybody_may_read_is_an_error() {
    let folder = tempfile::tempdir().unwrap();
    write(folder.path(), "open", CANARY, 0o644);
    write(folder.path(), "group", CANARY, 0o640);
    let load = |file: &str| {
        let text = format!("admin: {{ token: file:{file} }}\n{AGENTS}");
        Config::from_text(&text, Source::File(folder.path().join("c.yaml")), std::iter::empty())
    };
    let error = load("open").unwrap_err().to_string();
    assert!(
        error.ends_with("`admin.token` refers to file:open, which every user may read (mode 0644): chmod 600 it"),
        "{error}"
    );
    assert!(load("group").is_ok());
}

#[test]
fn an_address_must_have_a_scheme_that_fits() {
    check(
        "database: { url: 'mysql://h/d' }",
        &[],
        &[
            "c.yaml:1:18: `database.url` must be `sqlite://PATH`, `postgres://…`, `env:NAME` or `file:PATH`, got an address that begins with `mysql:`",
        ],
    );
    check(
        "context: { url: 'sqlite://x' }",
        &[],
        &[
            "c.yaml:1:17: `context.url` must be `memory:`, `redis://…`, `rediss://…`, `env:NAME` or `file:PATH`, got an address that begins with `sqlite:`",
        ],
    );
}

#[test]
fn no_report_prints_a_secret() {
    for text in [
        format!("admin:\n  token: {CANARY}\n  other: 1\n"),
        format!("admin:\n  tokken: {CANARY}\n"),
        format!("admin:\n  token: |\n    {CANARY}\n    {CANARY}\n"),
        format!("admin:\n  token: [{CANARY}]\n"),
        format!("admin: {{ token: '{CANARY}', x: 1 }}\n"),
        format!("admin: {CANARY}\n"),
        format!("admin: [{{ {CANARY}: {CANARY} }}]\n"),
        format!("models: {{ a: {CANARY} }}\n"),
        format!("database: {{ url: 'mysql://u:{CANARY}@h' }}\n"),
        format!("models: {{ a: {{ base_url: 'ftp://u:{CANARY}@h', model: m }} }}\n"),
        format!(
            "models: {{ a: {{ base_url: 'http://u:{CANARY}@h', model: m, api_key: {CANARY}, headers: {{ Cookie: {CANARY} }} }} }}\n"
        ),
        format!("secrets: &s {CANARY}\nadmin: {{ token: *s }}\n"),
        format!("admin: {{ token: {CANARY}\n"),
        format!("admin:\n  token: \"{CANARY}\n"),
        format!("admin:\n  token: {CANARY}: x: y\n"),
        format!("admin:\n  token: !x {CANARY}\n"),
    ] {
        let errors = load(&format!("{text}{AGENTS}"), &[("SWITCHBOARD_ADMIN__TOKENN", CANARY)]).unwrap_err();
        for shown in [errors.to_string(), errors.render(false), errors.render(true), format!("{errors:?}")] {
            assert!(!shown.contains(CANARY), "{text}{shown}");
        }
    }
}

#[test]
fn a_short_token_is_warned_of() {
    let loaded = load(AGENTS, &[("SWITCHBOARD_ADMIN__TOKEN", "abc")]).unwrap();
    assert_eq!(
        loaded.warnings[0].line("c.yaml"),
        "environment SWITCHBOARD_ADMIN__TOKEN: `admin.token` is shorter than 16 characters and could be guessed"
    );
}
