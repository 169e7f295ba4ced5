//! Each rule, with the place and the words of its error.

use super::{check, check_whole};

#[test]
fn names_an_unknown_key_and_the_nearest() {
    check("server:\n  prot: 8080\n", &[], &["c.yaml:2:3: unknown key `server.prot`; did you mean `port`?"]);
    check("sever:\n  port: 1\n", &[], &["c.yaml:1:1: unknown key `sever`; did you mean `server`?"]);
    check(
        "server:\n  colour: red\n",
        &[],
        &["c.yaml:2:3: unknown key `server.colour`; allowed here: `cors_origins`, `host`, `port`, `workers`"],
    );
}

#[test]
fn names_the_range_of_a_number() {
    check(
        "server: { port: 70000 }",
        &[],
        &["c.yaml:1:17: `server.port` must be a whole number between 0 and 65535, got `70000`"],
    );
    check(
        "server: { port: -1 }",
        &[],
        &["c.yaml:1:17: `server.port` must be a whole number between 0 and 65535, got `-1`"],
    );
    check(
        "server: { port: 80.0 }",
        &[],
        &["c.yaml:1:17: `server.port` must be a whole number between 0 and 65535, got `80.0`"],
    );
    check(
        "server: { port: 80.5 }",
        &[],
        &["c.yaml:1:17: `server.port` must be a whole number between 0 and 65535, got `80.5`"],
    );
    check(
        "server: { workers: 0 }",
        &[],
        &["c.yaml:1:20: `server.workers` must be a whole number between 1 and 256, got `0`"],
    );
}

#[test]
fn names_the_type() {
    check(
        "server: { port: lots }",
        &[],
        &["c.yaml:1:17: `server.port` must be a whole number between 0 and 65535, got `lots`"],
    );
    check("server: []", &[], &["c.yaml:1:9: `server` must be a mapping of keys and values, got a list"]);
    check(
        "limits:\n  drain_timeout: 30\n",
        &[],
        &[
            "c.yaml:2:18: `limits.drain_timeout` must be a duration like `500ms`, `30s`, `5m` or `1h`, between 0s and 1h, got `30`",
        ],
    );
    check_whole(
        "agents:\n  - id: concierge\n    kind: concierge\n    version: 1.0\n",
        &[],
        &["c.yaml:4:14: `agents[0].version` must be a text between 1 and 50 characters, got `1.0`"],
    );
    check_whole(
        "agents:\n  - id: concierge\n    kind: concierge\n    enabled: maybe\n",
        &[],
        &["c.yaml:4:14: `agents[0].enabled` must be `true` or `false`, got `maybe`"],
    );
    check_whole(
        "- a\n- b\n",
        &[],
        &[
            "c.yaml: `agents` is missing; it must be a list of at least one agent",
            "c.yaml:1:1: `the config` must be a mapping of keys and values, got a list",
        ],
    );
}

#[test]
fn names_the_range_of_durations_and_sizes() {
    check(
        "limits: { drain_timeout: 2h }",
        &[],
        &[
            "c.yaml:1:26: `limits.drain_timeout` must be a duration like `500ms`, `30s`, `5m` or `1h`, between 0s and 1h, got `2h`",
        ],
    );
    check(
        "limits: { frame_bytes_max: 100 }",
        &[],
        &[
            "c.yaml:1:28: `limits.frame_bytes_max` must be a size like `64KiB` or `1MiB`, or a number of bytes, between 1KiB and 1MiB, got `100`",
            "c.yaml:1:28: `limits.content_bytes_max` must be at most `limits.frame_bytes_max`, which is `100`, got `32KiB`",
        ],
    );
    check(
        "limits: { frame_bytes_max: 64kb }",
        &[],
        &[
            "c.yaml:1:28: `limits.frame_bytes_max` must be a size like `64KiB` or `1MiB`, or a number of bytes, between 1KiB and 1MiB, got `64kb`",
        ],
    );
}

#[test]
fn names_the_words_of_a_choice() {
    check(
        "database: { synchronous: maybe }",
        &[],
        &["c.yaml:1:26: `database.synchronous` must be one of `full`, `normal`, got `maybe`"],
    );
    check_whole(
        "agents:\n  - id: concierge\n    kind: oracle\n",
        &[],
        &[
            "c.yaml:3:11: `agents[0].kind` must be one of `model`, `pricing`, `concierge`, `workflow`, `analytics`, got `oracle`",
        ],
    );
}

#[test]
fn names_what_is_missing() {
    check_whole("", &[], &["c.yaml: `agents` is missing; it must be a list of at least one agent"]);
    check_whole("agents: []", &[], &["c.yaml:1:1: `agents` is missing; it must be a list of at least one agent"]);
    check_whole(
        "agents:\n  - id: concierge\n",
        &[],
        &[
            "c.yaml:2:5: `agents[0].kind` is missing; it must be one of `model`, `pricing`, `concierge`, `workflow`, `analytics`",
        ],
    );
    check(
        "models:\n  local:\n    model: x\n",
        &[],
        &[
            "c.yaml:3:5: `models.local.base_url` is missing; it must be an address that begins with `http://` or `https://`",
        ],
    );
    check(
        "tools:\n  weather:\n    timeout: 1s\n",
        &[],
        &[
            "c.yaml:2:3: `tools.weather.kind` is missing; it must be one of `calculator`, `http`, `image_analysis`, `keyword_research`, `wildberries_api`",
        ],
    );
}

#[test]
fn names_where_a_dangling_reference_could_lead() {
    let agent = "models: { a: { base_url: 'http://h/v1', model: m } }\nagents:\n  - { id: concierge, kind: concierge }\n  - id: x\n    kind: model\n    model: b\n    tools: [{ name: calc }]\n";
    check_whole(
        agent,
        &[],
        &[
            "c.yaml:6:12: `agents[1].model` is `b`, but `models` has only `a`",
            "c.yaml:7:21: `agents[1].tools[0].name` is `calc`, but `tools` is empty",
        ],
    );
    check(
        "routing: { fallback: nobody }",
        &[],
        &["c.yaml:1:22: `routing.fallback` is `nobody`, but `agents` has only `concierge`"],
    );
    check_whole(
        "agents:\n  - { id: a, kind: pricing }\n",
        &[],
        &["c.yaml:1:1: `routing.fallback` is `concierge`, but `agents` has only `a`"],
    );
    check_whole(
        "agents:\n  - { id: concierge, kind: concierge }\n  - { id: m, kind: model }\n",
        &[],
        &["c.yaml:3:5: `agents[1].model` is missing; it must be a key of `models`"],
    );
}

#[test]
fn an_id_is_well_formed_and_unique_and_not_reserved() {
    check_whole(
        "agents:\n  - { id: concierge, kind: concierge }\n  - { id: concierge, kind: pricing }\n  - { id: router, kind: pricing }\n  - { id: Big One, kind: pricing }\n",
        &[],
        &[
            "c.yaml:3:11: `agents[1].id` is `concierge`, which `agents[0].id` is already; ids are unique",
            "c.yaml:4:11: `agents[2].id` is `router`, which is the server's own; take another id",
            "c.yaml:5:11: `agents[3].id` must be an agent id: 1 to 50 of a-z, 0-9, `_`, `-`, a letter first, got `Big One`",
        ],
    );
    check(
        "models:\n  my model: { base_url: 'http://h', model: m }\n",
        &[],
        &["c.yaml:2:3: `models` must be keyed by a name of 1 to 64 of A-Z, a-z, 0-9, `_`, `-`, `.`, got `my model`"],
    );
}

#[test]
fn a_key_of_another_kind_has_no_meaning() {
    check(
        "tools:\n  calculator:\n    methods: [GET]\n",
        &[],
        &["c.yaml:3:5: `tools.calculator.methods` has no meaning for the kind `calculator`; only `http` has it"],
    );
    check(
        "tools:\n  http:\n    hosts_allowed: [h]\n    operations: [sales]\n",
        &[],
        &["c.yaml:4:5: `tools.http.operations` has no meaning for the kind `http`; only `wildberries_api` has it"],
    );
    check(
        "tools:\n  wildberries_api:\n    effect: pure\n    token: env:T\n",
        &[("T", "t")],
        &[
            "c.yaml:3:5: `tools.wildberries_api.effect` has no meaning for the kind `wildberries_api`; only `http` has it",
        ],
    );
    check(
        "tools:\n  keyword_research:\n    hosts_allowed: [a.example]\n  image_analysis: { max_size: 64MB, effect: pure }\n",
        &[],
        &[
            "c.yaml:3:5: `tools.keyword_research.hosts_allowed` has no meaning for the kind `keyword_research`; only `http` and `image_analysis` have it",
            "c.yaml:4:31: `tools.image_analysis.max_size` must be a size like `64KiB` or `1MiB`, or a number of bytes, between 1KiB and 32MB, got `64MB`",
            "c.yaml:4:37: `tools.image_analysis.effect` has no meaning for the kind `image_analysis`; only `http` has it",
        ],
    );
    check_whole(
        "agents:\n  - id: concierge\n    kind: concierge\n    model: x\n",
        &[],
        &["c.yaml:4:5: `agents[0].model` has no meaning for the kind `concierge`; only `model` has it"],
    );
}

#[test]
fn values_that_do_not_fit_together_are_told() {
    check(
        "supervision:\n  backoff_min: 10s\n  backoff_max: 5s\n",
        &[],
        &["c.yaml:2:16: `supervision.backoff_min` must be at most `supervision.backoff_max`, which is `5s`, got `10s`"],
    );
    // Given up before there is a connection, a commit would blame the wrong thing.
    check(
        "database:\n  acquire_timeout: 30s\n",
        &[],
        &[
            "c.yaml:2:20: `database.acquire_timeout` must be less than `database.commit_timeout`, which is `20s`, got `30s`",
        ],
    );
    check(
        "limits: { websocket_pong_timeout: 25s }",
        &[],
        &[
            "c.yaml:1:35: `limits.websocket_pong_timeout` must be less than `limits.websocket_ping_interval`, which is `25s`, got `25s`",
        ],
    );
    check(
        "models:\n  a: { base_url: 'http://h', model: m, call_timeout: 10s }\n",
        &[],
        &[
            "c.yaml:2:54: `models.a.first_byte_timeout` must be at most `models.a.call_timeout`, which is `10s`, got `30s`",
        ],
    );
}

#[test]
fn blank_intents_and_broken_addresses_are_told() {
    check_whole(
        "agents:\n  - id: concierge\n    kind: concierge\n    intents: [help, '  ']\n",
        &[],
        &["c.yaml:4:21: `agents[0].intents[1]` must be a text of 1 to 200 characters that is not blank, got `  `"],
    );
    check(
        "models: { a: { base_url: 'ftp://h', model: m } }",
        &[],
        &[
            "c.yaml:1:26: `models.a.base_url` must be an address that begins with `http://` or `https://`, got `ftp://h`",
        ],
    );
    check(
        "tools: { http: { hosts_allowed: ['https://x.y/z'], private_addresses_allowed: [10.0.0.0/99] } }",
        &[],
        &[
            "c.yaml:1:34: `tools.http.hosts_allowed[0]` must be a host in lower case like `api.example.com`, `*.example.com` or `api.example.com:8443`, without scheme and path, got `https://x.y/z`",
            "c.yaml:1:80: `tools.http.private_addresses_allowed[0]` must be a range of addresses like `10.1.0.0/16` or `fd00::/8`, got `10.0.0.0/99`",
        ],
    );
    check(
        "server: { cors_origins: ['*'] }",
        &[],
        &[
            "c.yaml:1:26: `server.cors_origins[0]` must be an origin like `https://app.example.com`, without a path, got `*`",
        ],
    );
    check(
        "server: { host: \"a\\0b\" }",
        &[],
        &[
            "c.yaml:1:17: `server.host` must be an address or a host name like `127.0.0.1`, `::1` or `localhost`, got `a b`",
        ],
    );
}

#[test]
fn a_prompt_must_be_a_template() {
    check_whole(
        "models: { a: { base_url: 'http://h', model: m } }\nagents:\n  - { id: concierge, kind: concierge }\n  - id: x\n    kind: model\n    model: a\n    system_prompt: 'Hi {{ name'\n",
        &[],
        &[
            "c.yaml:7:20: `agents[1].system_prompt` is not a template: unexpected end of input, expected end of variable block, in its line 1",
        ],
    );
}

#[test]
fn a_key_that_stands_twice_is_told_with_its_first_line() {
    check(
        "server:\n  port: 1\n  port: 2\nserver: {}\n",
        &[],
        &[
            "c.yaml:3:3: `server.port` is set twice; the first time in line 2",
            "c.yaml:4:1: `server` is set twice; the first time in line 1",
        ],
    );
}

#[test]
fn several_are_told_at_once_in_the_order_of_the_file() {
    let text = "server:\n  port: 70000\n  hots: x\nadmin:\n  token: 12345678\nlimits:\n  sessions_max: many\nrouting:\n  fallback: nobody\n";
    check(
        text,
        &[("SWITCHBOARD_SERVER__WORKERS", "none"), ("SWITCHBOARD_A__B", "1")],
        &[
            "c.yaml:2:9: `server.port` must be a whole number between 0 and 65535, got `70000`",
            "c.yaml:3:3: unknown key `server.hots`; did you mean `host`?",
            "c.yaml:5:10: `admin.token` must be env:NAME or file:PATH, got a value that is not shown",
            "c.yaml:7:17: `limits.sessions_max` must be a whole number between 1 and 1000000, got `many`",
            "c.yaml:9:13: `routing.fallback` is `nobody`, but `agents` has only `concierge`",
            "environment SWITCHBOARD_A__B: unknown key `a`; allowed here: `admin`, `agents`, `context`, `database`, `limits`, `marketplace`, `models`, `retention`, `routing`, `sandbox`, `server`, `supervision`, `tools`",
            "environment SWITCHBOARD_SERVER__WORKERS: `server.workers` must be a whole number between 1 and 256, got `none`",
        ],
    );
}

#[test]
fn a_section_whose_lines_are_all_commented_out_is_its_default() {
    check("server:\n  # port: 1\nadmin:\ndatabase: ~\nmodels:\ntools:\n  calculator:\n", &[], &[]);
}

#[test]
fn what_is_not_yaml_is_told_with_its_place() {
    for (text, line) in [
        ("server: {port: 1\n", "c.yaml:1:9: not readable as YAML: unclosed bracket '{'"),
        (
            "server:\n\tport: 1\n",
            "c.yaml:2:2: not readable as YAML: tabs disallowed within this context (block indentation)",
        ),
        ("a: *nobody\n", "c.yaml:1:4: not readable as YAML: alias references unknown anchor"),
        ("a: 1\n---\nb: 2\n", "c.yaml:2:1: not readable as YAML: more than 1 document"),
        ("a: !secret b\n", "c.yaml:1:12: not readable as YAML: unsupported tag"),
        ("a: .nan\n", "c.yaml:1:4: not readable as YAML: a number must be finite"),
        ("a: b: c\n", "c.yaml:1:5: not readable as YAML: mapping values are not allowed in this context"),
        ("? [a]\n: b\n", "c.yaml:1:3: not readable as YAML: a key must be a text"),
        ("~: b\n", "c.yaml:1:1: not readable as YAML: a key must be a text"),
    ] {
        check_whole(text, &[], &[line]);
    }
}

#[test]
fn thousands_of_errors_are_cut_and_told_quickly() {
    let keys = (0..5_000).map(|key| format!("k{key}: 1")).collect::<Vec<_>>().join("\n");
    let errors = super::load(&keys, &[]).unwrap_err();
    assert_eq!(errors.findings().len(), 201);
    assert_eq!(errors.findings()[200].rule.to_string(), "4801 further findings are not shown");
}

#[test]
fn a_tool_is_granted_once() {
    check_whole(
        "tools: { calculator: }\nagents:\n  - id: concierge\n    kind: concierge\n    tools: [{ name: calculator }, { name: calculator }]\n",
        &[],
        &[
            "c.yaml:5:43: `agents[0].tools[1].name` is `calculator`, which `agents[0].tools[0].name` is already; ids are unique",
        ],
    );
}

#[test]
fn bombs_are_refused() {
    let mut bomb = String::from("a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n");
    for level in 1..9 {
        let inner = vec![format!("*a{}", level - 1); 10].join(", ");
        bomb.extend([format!("a{level}: &a{level} [{inner}]\n")]);
    }
    let deep = format!("a: {}{}", "[".repeat(5000), "]".repeat(5000));
    let wide = format!("a: [{}]", "1,".repeat(200_000));
    for text in [bomb, deep, wide] {
        let errors = super::load(&text, &[]).unwrap_err();
        assert_eq!(errors.findings().len(), 1, "{errors}");
        assert_eq!(errors.findings()[0].rule.code(), "syntax", "{errors}");
    }
    let long = format!("# {}\n", "x".repeat(1024 * 1024));
    check_whole(&long, &[], &["c.yaml: is larger than 1048576 bytes"]);
}

#[test]
fn a_workflow_may_name_a_model_for_its_steps() {
    let agent = |keys: &str| {
        let graph = "workflow: { type: graph, start: a, nodes: { a: { model: { prompt: hi } } } }";
        format!(
            "agents: [{{ id: concierge, kind: concierge }}, {{ id: w, kind: workflow, {keys}\n  {graph} }}]\n\
             models: {{ m: {{ base_url: 'http://localhost/v1', model: x }} }}\n"
        )
    };
    check_whole(&agent("model: m, temperature: 0,"), &[], &[]);
    check_whole(
        &agent(""),
        &[],
        &["c.yaml:2:59: `agents[1].workflow.nodes.a.model`: the agent has no model: give it one with the key `model`"],
    );
    check_whole(
        &agent("model: n, system_prompt: hi,"),
        &[],
        &[
            "c.yaml:1:78: `agents[1].model` is `n`, but `models` has only `m`",
            "c.yaml:1:81: `agents[1].system_prompt` has no meaning for the kind `workflow`; only `model` has it",
        ],
    );
}
