//! What docs/workflows.md shows is so.

use switchboard::cli::{self, Exit, GraphOptions, Reader};

use super::{find, follow, say, words};
use crate::support::{client::new_id, server::TestServer, shop::Shop};

const DOCS: &str = include_str!("../../../docs/workflows.md");

/// The blocks of YAML, in order: first the whole example, then graphs that stand alone.
fn examples() -> Vec<&'static str> {
    let blocks = DOCS.split("```yaml\n").skip(1);
    blocks.map(|block| block.split("```").next().unwrap()).collect()
}

#[tokio::test]
async fn the_example_is_a_whole_config_and_talks_as_it_is_shown() {
    let shop = Shop::open(true).await;
    let host = format!("127.0.0.1:{}", shop.port());
    let config = examples()[0]
        .replace("https://shop.example.com", &format!("http://{host}"))
        .replace("[shop.example.com]", &format!("['{host}'], private_addresses_allowed: [127.0.0.0/8]"));
    let server = TestServer::with(&config);
    let id = new_id();
    let mut ws = follow(&server, &id).await;
    let shown = |line: &str| assert!(DOCS.contains(&format!("< {line}\n")), "{line}");
    for (message, answer) in [
        ("restock", "How many did you sell last month?"),
        ("40", "How many are left?"),
        ("15", "I would order 25. Shall I?"),
    ] {
        let events = say(&mut ws, message).await;
        assert_eq!(words(&events), [answer]);
        shown(answer);
        if message == "15" {
            let question = find(&events, "approval_request");
            let path = format!("/api/conversations/{id}/approvals/{}", question["approvalId"].as_str().unwrap());
            let body = serde_json::json!({ "decision": "approved", "argumentsHash": question["argumentsHash"] });
            server.post(&path, body).await.expect(202);
        }
    }
    assert_eq!(words(&ws.until("turn_end").await), ["Ordered 25."]);
    shown("Ordered 25.");
    assert_eq!(shop.orders().len(), 1);
}

#[test]
fn every_example_can_be_drawn() {
    let folder = tempfile::tempdir().unwrap();
    let examples = examples();
    assert!(examples.len() > 4, "{}", examples.len());
    for example in examples {
        let path = folder.path().join("example.yaml");
        std::fs::write(&path, example).unwrap();
        let options = GraphOptions { file: Some(path), agent: None };
        let (mut out, mut told) = (Vec::new(), Vec::new());
        let exit = cli::run_graph(&options, std::iter::empty(), Reader::Pipe, &mut out, &mut told).unwrap();
        assert_eq!(exit, Exit::Done, "{example}\n{}", String::from_utf8_lossy(&told));
    }
}

#[test]
fn every_kind_of_step_has_an_example() {
    let text = examples().concat();
    for kind in
        ["say", "set", "tool", "approve", "model", "collect", "handoff", "native", "parallel", "graph", "on_error"]
    {
        assert!(text.contains(&format!("{kind}: ")) || text.contains(&format!("{kind}:\n")), "{kind}");
    }
}
