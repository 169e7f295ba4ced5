//! One place and one account for all tools of the marketplace.

use super::{
    super::{Secret, Tool, ToolKind},
    AGENTS, load,
};

fn places(text: &str) -> (Vec<String>, Vec<String>) {
    let loaded = load(&format!("{text}\n{AGENTS}"), &[("ALL", "all"), ("OWN", "own")]).unwrap();
    let place = |tool: &Tool| {
        let ToolKind::Wildberries(tool) = &tool.kind else { panic!("{tool:?}") };
        let url = tool.base_url.clone().map_or("-".to_owned(), String::from);
        format!("{url} {}", tool.token.as_ref().map_or("-", Secret::expose))
    };
    let warnings = loaded.warnings.iter().map(ToString::to_string);
    (loaded.config.tools.values().map(place).collect(), warnings.collect())
}

#[test]
fn tools_that_name_no_place_take_that_of_the_deployment_and_a_token_goes_nowhere_else() {
    let two = "tools:\n  a: { kind: wildberries_api }\n  b: { kind: wildberries_api, token: env:OWN }\n";
    let played = format!("marketplace: {{ base_url: sandbox }}\n{two}");
    assert_eq!(places(&played), (vec!["sandbox -".into(), "- own".into()], vec![]));
    let real = format!("marketplace: {{ token: env:ALL }}\n{two}");
    assert_eq!(places(&real), (vec!["- all".into(), "- own".into()], vec![]));
    let elsewhere =
        "marketplace: { token: env:ALL }\ntools: { a: { kind: wildberries_api, base_url: 'http://127.0.0.1:1/' } }";
    let (found, warnings) = places(elsewhere);
    assert_eq!(found, ["http://127.0.0.1:1/ -"]);
    assert!(warnings[0].contains("`tools.a` has neither `token` nor `tokens`"), "{warnings:?}");
    let (_, warnings) = places("tools: { wildberries_api: }");
    assert!(warnings[0].contains("`marketplace` has none for it"), "{warnings:?}");
}
