//! Through which tool of the marketplace keywords are learnt.

use super::{
    WildberriesOperation,
    error::{Finding, Rule},
    references::dangling,
    schema::list,
    tree::{KeyPath, Node},
};

/// What is read of the marketplace for keywords.
const NEEDED: [WildberriesOperation; 2] = [WildberriesOperation::CardsList, WildberriesOperation::SearchTexts];

/// The tool must be there, be one of the marketplace, and be allowed to read what keywords come from.
pub(super) fn check(root: &Node, named: &Node, path: &KeyPath, findings: &mut Vec<Finding>) {
    let Some(name) = named.text() else { return };
    let Some(tool) = root.get("tools").and_then(|tools| tools.get(name)) else {
        dangling(root, "tools", named, path, findings);
        return;
    };
    if let Some(why) = unfit(tool, name) {
        let rule = Rule::UnfitTool { key: path.to_string(), value: name.to_owned(), why };
        findings.push(Finding::new(named.place.clone(), rule));
    }
}

fn unfit(tool: &Node, name: &str) -> Option<String> {
    let kind = tool.text_of("kind")?;
    if kind != "wildberries_api" {
        return Some(format!("which is of the kind `{kind}`; name a tool of the kind `wildberries_api`"));
    }
    // Left out, it may do everything that only reads.
    let allowed: Vec<&str> = tool.get("operations")?.items().iter().filter_map(Node::text).collect();
    let lacking: Vec<&str> =
        NEEDED.iter().map(|operation| operation.as_str()).filter(|it| !allowed.contains(it)).collect();
    let those = if lacking.len() == 1 { "the operation" } else { "the operations" };
    let all = list(&lacking);
    (!lacking.is_empty())
        .then(|| format!("which lacks {those} {all}; add to `tools.{name}.operations`, or name another tool"))
}
