//! The environment over the file.

use super::{super::Place, check, check_whole, load};

const WHOLE: &str = "server: { port: 1 }\nmodels: { My-Model: { base_url: 'http://h', model: m } }\nagents:\n  - { id: concierge, kind: concierge, intents: [a] }\n  - { id: big_one, kind: pricing }\n";

#[test]
fn the_environment_wins_over_the_file() {
    let config = load(
        WHOLE,
        &[
            ("SWITCHBOARD_SERVER__PORT", "9000"),
            ("SWITCHBOARD_SERVER__CORS_ORIGINS", "[https://a.b]"),
            ("SWITCHBOARD_LIMITS__FRAME_BYTES_MAX", "128KiB"),
            ("SWITCHBOARD_LIMITS__BODY_BYTES_MAX", "2048"),
            ("SWITCHBOARD_MODELS__MY_MODEL__MODEL", "1.5"),
            ("SWITCHBOARD_AGENTS__BIG_ONE__ENABLED", "false"),
            ("SWITCHBOARD_AGENTS__0__VERSION", "2.0"),
            ("SWITCHBOARD_DATABASE__URL", "postgres://u:p@h/d"),
            ("SWITCHBOARD_CONTEXT__URL", "memory:"),
            ("SWITCHBOARD_TOOLS__CALCULATOR__TIMEOUT", "1s"),
        ],
    )
    .unwrap()
    .config;
    assert_eq!(config.server.port, 9000);
    assert_eq!(config.server.cors_origins, ["https://a.b"]);
    assert_eq!(config.limits.frame_bytes_max.get(), 131_072);
    assert_eq!(config.limits.body_bytes_max.get(), 2048);
    assert_eq!(config.models["My-Model"].model, "1.5");
    assert!(config.agents[0].enabled && !config.agents[1].enabled);
    assert_eq!(config.agents[0].version, "2.0");
    assert_eq!(config.database.url.unwrap().to_string(), "postgres://h/d");
    assert_eq!(config.tools["calculator"].timeout.to_string(), "1s");
}

#[test]
fn a_wrong_override_is_told_by_its_name() {
    check(
        "",
        &[("SWITCHBOARD_SERVER__PORT", "70000")],
        &[
            "environment SWITCHBOARD_SERVER__PORT: `server.port` must be a whole number between 0 and 65535, got `70000`",
        ],
    );
    check(
        "",
        &[("SWITCHBOARD_SERVER__PROT", "1")],
        &["environment SWITCHBOARD_SERVER__PROT: unknown key `server.prot`; did you mean `port`?"],
    );
    check(
        "",
        &[("SWITCHBOARD_SERVER__", "1")],
        &["environment SWITCHBOARD_SERVER__: leads nowhere: a name between `__` is empty"],
    );
    check(
        "",
        &[("SWITCHBOARD_SERVER__PORT__X", "1"), ("SWITCHBOARD_SERVER__PORT", "1")],
        &["environment SWITCHBOARD_SERVER__PORT__X: leads nowhere: there is nothing under the plain value before `X`"],
    );
    check(
        "",
        &[("SWITCHBOARD_AGENTS__NOBODY__ENABLED", "true")],
        &[
            "environment SWITCHBOARD_AGENTS__NOBODY__ENABLED: leads nowhere: the list has 1 items and none is named `nobody`",
        ],
    );
    check(
        "",
        &[("SWITCHBOARD_SERVER__CORS_ORIGINS", "[a")],
        &["environment SWITCHBOARD_SERVER__CORS_ORIGINS: not readable as YAML: unclosed bracket '['"],
    );
}

#[test]
fn what_is_not_ours_or_empty_is_left_alone() {
    check(
        "",
        &[
            ("SWITCHBOARD_CONFIG", "x"),
            ("SWITCHBOARD_PORT", "tcp://10.0.0.1:80"),
            ("OTHER__X", "1"),
            ("SWITCHBOARD_SERVER__PORT", ""),
        ],
        &[],
    );
}

#[test]
fn an_override_repairs_the_file() {
    check_whole(&WHOLE.replace("port: 1", "port: 70000"), &[("SWITCHBOARD_SERVER__PORT", "1")], &[]);
}

#[test]
fn a_finding_knows_its_variable() {
    let errors = load(WHOLE, &[("SWITCHBOARD_SERVER__PORT", "x")]).unwrap_err();
    assert_eq!(errors.findings()[0].place, Place::Environment("SWITCHBOARD_SERVER__PORT".into()));
}
